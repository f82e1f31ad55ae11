//! The forms of self-service, from writing an offering to looking after what was made.

use std::{thread, time::Instant};

use super::{Company, Visitor};
use crate::support::{page::forms, process::PATIENCE};

const DOCUMENT: &str = r#"apiVersion: portolan.dev/v1
kind: Offering
metadata: { name: till, title: Till, description: Takes coins. }
spec:
  owner: basket
  stage: general
  experience: push-code
  sharing: managed-service
  parameters:
    type: object
    required: [name]
    properties:
      name: { title: Name, type: string, pattern: "^[a-z-]+$" }
      pin: { title: Pin, type: string, x-secret: true, x-group: advanced }
  guardrails:
    - { name: short, ensure: size(params.name) < 12, otherwise: deny, message: "Choose a shorter name.", parameter: name }
  approvals:
    - { name: word, when: params.name == 'asked', because: tills are few, by: [offering-team] }
  steps:
    - { id: wait, title: Wait a moment, uses: wait, with: { seconds: 0 } }
  outputs:
    - { name: key, title: Key, value: "key-of-${{ params.name }}", secret: true }
  expiry: { reviewAfterDays: 30 }
  actions:
    - { name: touch, title: Touch it, steps: [{ id: wait, uses: wait, with: { seconds: 0 } }] }
"#;

/// Where its forms went.
pub(super) fn walk() -> Vec<String> {
    let company = Company::new();
    let (mut imke, mut lena) = (company.visitor("imke"), company.visitor("lena"));
    offers(&mut imke);
    keeps(&mut lena);
    decides(&company, &mut imke, &mut lena);
    has(&mut lena);
    mends(&mut imke, &mut lena);
    waives(&mut imke, &mut lena);
    imke.sent.into_iter().chain(lena.sent).collect()
}

impl Visitor {
    /// Asks for a till of this name; the request's page.
    fn asks(&mut self, name: &str) -> String {
        let answer =
            self.fills("/provision/till", "/provision/till", &[("p-name", name), ("team", "ledger")]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.location().to_owned()
    }

    fn waits_for(&mut self, page: &str, words: &str) {
        let began = Instant::now();
        loop {
            let shown = self.client.get(page).body;
            if shown.contains(words) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{page} never has {words:?}: {shown}");
            thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

fn offers(imke: &mut Visitor) {
    let wrong = DOCUMENT.replace("uses: wait", "uses: magic");
    let refused = imke.fills("/provision/new", "/provision/new", &[("document", &wrong)]);
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("magic") && refused.body.contains("is no executor here"),
        "{}",
        refused.body
    );
    let several = DOCUMENT
        .replace("[offering-team]", "['team:tils', 'person:imk']")
        .replace("uses: wait", "uses: magic");
    // whoever looks before they write is told the same
    for (slip, said) in [
        (
            DOCUMENT.replace("size(params.name)", "size(params.nmae)"),
            "knows no params.nmae; params has name, pin",
        ),
        (
            DOCUMENT.replace("key-of-${{ params.name }}", "${{ steps.wiat.key }}"),
            "knows no steps.wiat; steps has wait",
        ),
        (DOCUMENT.replace("size(params.name) < 12", "\"size(params['nmae']) < 12\""), "knows no params.nmae"),
        (DOCUMENT.replace("params.name == 'asked'", "team.slg == 'till'"), "knows no team.slg"),
        (DOCUMENT.replace("  stage:", "  operatedBy: nobody\n  stage:"), "there is no team"),
        // all that is wrong is told at once
        (several.clone(), "is no executor here"),
        (several.clone(), "there is no team &#34;tils&#34;"),
        (several.clone(), "there is no active person &#34;imk&#34;"),
    ] {
        let form = imke.form_with("/provision/new", "/provision/new", &[("document", &slip)]);
        let looked = imke.send(&form.press("do", "check"));
        assert!(looked.status == 200 && looked.body.contains(said), "{said}: {}", looked.body);
    }
    imke.submits("/provision/new", "/provision/new", &[("document", DOCUMENT)], "/provision/till/about");
    imke.sees("/provision/till/about", "<b>Stops:</b> Choose a shorter name.");
    imke.sees("/provision/till/about", "Somebody of basket, within 3 days");
    let edit = "/provision/till/edit";
    imke.submits(
        edit,
        edit,
        &[("document", &DOCUMENT.replace("Takes coins", "Takes notes"))],
        "/provision/till/about",
    );
    imke.sees("/provision/till/about", "Takes notes");
    imke.sees("/provision", "Till");
}

fn keeps(lena: &mut Visitor) {
    // what is wrong is told at the field, and what was typed is kept, but for what is secret
    let refused = lena.fills(
        "/provision/till",
        "/provision/till",
        &[("p-name", "Too_Loud"), ("team", "ledger"), ("p-pin", "s3cret-pin"), ("environment", "staging")],
    );
    assert_eq!(refused.status, 422, "{}", refused.body);
    for words in
        ["<a href=\"#f-p-name\">Name: must be ", "value=\"Too_Loud\"", "value=\"staging\"", "id=\"e-p-name\""]
    {
        assert!(refused.body.contains(words), "{words:?} is not in {}", refused.body);
    }
    assert!(!refused.body.contains("s3cret-pin"), "a secret is shown again");
    let stopped = lena.fills(
        "/provision/till",
        "/provision/till",
        &[("p-name", "far-too-long-a-name"), ("team", "ledger")],
    );
    assert!(stopped.status == 422 && stopped.body.contains("Choose a shorter name."), "{}", stopped.body);
    // what is stopped can be checked again, and that it need not hold can be asked for
    let stopped = forms(&stopped.body).into_iter().find(|form| form.action == "/provision/till").expect("it");
    assert_eq!((stopped.buttons[0].name.as_str(), stopped.buttons[0].value.as_str()), ("do", "check"));
    let again = lena.send(&stopped.press("do", "check"));
    assert!(
        again.status == 200 && again.body.contains("guardrail=short#new\">Ask for a waiver</a>"),
        "{}",
        again.body
    );
    // looking changes nothing
    let form =
        lena.form_with("/provision/till", "/provision/till", &[("p-name", "asked")]).press("do", "check");
    let looked = lena.send(&form);
    assert!(looked.status == 200 && looked.body.contains("Needs 1 approval"), "{}", looked.body);
    lena.sees("/provision/requests", "You asked for nothing yet.");
    // a draft
    let form =
        lena.form_with("/provision/till", "/provision/till", &[("p-name", "later")]).press("do", "draft");
    let draft = lena.send(&form).location().to_owned();
    lena.sees(&draft, "Draft");
    lena.submits(&draft, &format!("{draft}/discarding"), &[], "/provision/requests");
}

fn decides(company: &Company, imke: &mut Visitor, lena: &mut Visitor) {
    let first = lena.asks("asked");
    imke.sees("/", "Your word");
    imke.sees("/provision/requests?tab=waiting", "tills are few");
    let decision = format!("{first}/decision");
    let form = imke.form(&first, &decision).press("agreed", "no");
    let refused = imke.send(&form);
    assert!(refused.status == 422 && refused.body.contains("A word to them"), "{}", refused.body);
    let mut maya = company.visitor("maya");
    imke.submits(&first, &format!("{first}/delegation"), &[("to", "maya")], &first);
    let form = maya.form(&first, &decision).press("agreed", "yes");
    assert_eq!(maya.send(&form).status, 303);
    let second = lena.asks("asked");
    let help = lena.form(&second, &format!("{second}/support"));
    assert!(lena.send(&help).location().starts_with("/support/requests/"));
    lena.submits(&second, &format!("{second}/cancellation"), &[("reason", "by mistake")], &second);
    lena.sees(&second, "Cancelled");
}

fn has(lena: &mut Visitor) {
    let request = lena.asks("mine");
    lena.waits_for(&request, "How was it?");
    let form = lena.form(&request, &format!("{request}/rating")).press("satisfaction", "4");
    let rated = lena.send(&form);
    assert_eq!((rated.status, rated.location()), (303, request.as_str()), "{}", rated.body);
    let shown = lena.client.get(&request).body;
    let at = shown.find("/provision/resources/").expect("a resource");
    let resource = shown[at..].split('"').next().expect("its end").to_owned();
    let reveal = format!("{resource}/credentials");
    let form = lena.form(&resource, &reveal);
    let revealed = lena.send(&form);
    assert!(revealed.body.contains("key-of-mine"), "{}", revealed.body);
    assert_eq!(revealed.header("cache-control"), Some("no-store"));
    let again = lena.send(&form);
    assert!(again.status == 409 && !again.body.contains("key-of-mine"), "{}", again.body);
    lena.sees(&resource, "was shown to");
    lena.submits(&resource, &format!("{resource}/renewal"), &[], &resource);
    let action = format!("{resource}/actions/touch");
    let done = lena.fills(&action, &action, &[("reason", "to see")]);
    assert_eq!(done.status, 303, "{}", done.body);
    lena.sees("/provision/resources", "2 things");
    // by its title, wherever it is named
    for page in ["/provision/requests", &resource, done.location()] {
        lena.sees(page, "Touch it: mine");
    }
}

/// What failed is tried again by whoever asked, and given up by the offering's team; each is a press on its page.
fn mends(imke: &mut Visitor, lena: &mut Visitor) {
    let step = "uses: http.request, with: { url: \"http://127.0.0.1:9/till\" }, attempts: 1 }";
    let broken = DOCUMENT.replace("name: till, title: Till", "name: broken, title: Broken").replacen(
        "uses: wait, with: { seconds: 0 } }",
        step,
        1,
    );
    imke.submits("/provision/new", "/provision/new", &[("document", &broken)], "/provision/broken/about");
    let page = "/provision/broken";
    let answer = lena.fills(page, page, &[("p-name", "mine"), ("team", "ledger")]);
    let request = answer.location().to_owned();
    lena.waits_for(&request, "It needs somebody");
    lena.submits(&request, &format!("{request}/retry"), &[], &request);
    lena.waits_for(&request, "has it tried again");
    imke.waits_for(&request, "It needs somebody");
    imke.submits(&request, &format!("{request}/undoing"), &[], &request);
    imke.waits_for(&request, "Failed</span>");
    let shown = lena.client.get(&request).body;
    assert!(!shown.contains("It is there") && shown.contains("What was wrong"), "{shown}");
}

fn waives(imke: &mut Visitor, lena: &mut Visitor) {
    let page = "/provision/waivers";
    let soon = (portolan_domain::Clock::system().now() + jiff::SignedDuration::from_hours(240)).to_string();
    let day = soon.split('T').next().expect("a day");
    let asked = [
        ("offering", "till"),
        ("guardrail", "short"),
        ("team", "ledger"),
        ("reason", "Long names"),
        ("ends_on", day),
    ];
    lena.submits("/provision/waivers?offering=till&guardrail=short", page, &asked, page);
    let last: jiff::civil::Date = day.parse().expect("a day");
    lena.sees(page, &last.strftime("%-d %b").to_string());
    let decision = imke.action(page, "/provision/waivers/", "/decision");
    imke.presses(page, &decision, ("granted", "yes"), page);
    lena.sees(page, "Granted");
    let end = lena.action(page, "/provision/waivers/", "/end");
    lena.submits(page, &end, &[], page);
}
