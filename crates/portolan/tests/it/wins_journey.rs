//! A whole cycle of wins and challenges, as four people live it in a browser: an engineer jots, a lead hands up, a director
//! chooses, rewrites and merges, a vice president publishes; and the letter that comes of it.

use portolan_domain::{
    Call,
    people::{self, NewPerson, NewTeam},
    wins::{self, NewMember, NewPlan},
};
use serde_json::json;

use crate::support::{
    browser::{Browser, Driver, ENTER},
    http::{Answer, Client},
    mail::{MailServer, Mood},
    page::{Form, form_to, forms},
    portal::Portal,
};

const FROM: &str = "Portolan <portal@fairhaven.example>";

/// Fairhaven above Commerce above Basket and Ledger, each with its lead; Eva is in Basket, Ruth reads. The cycle began today.
pub(crate) async fn company(mut call: Call) {
    let cx = &mut call.cx();
    for (handle, name) in [
        ("vera", "Vera Vos"),
        ("dirk", "Dirk Dam"),
        ("lena", "Lena Lund"),
        ("wout", "Wout Smit"),
        ("eva", "Eva Eik"),
        ("ruth", "Ruth Rood"),
    ] {
        let email = format!("{handle}@fairhaven.example");
        let new = NewPerson { handle: handle.into(), name: name.into(), email, ..NewPerson::default() };
        people::create_person(cx, new).await.expect("a person");
    }
    for (slug, name, lead, parent) in [
        ("fairhaven", "Fairhaven", "vera", None),
        ("commerce", "Commerce", "dirk", Some("fairhaven")),
        ("basket", "Basket", "lena", Some("commerce")),
        ("ledger", "Ledger", "wout", Some("commerce")),
    ] {
        let new = NewTeam {
            slug: slug.into(),
            name: name.into(),
            lead: Some(lead.into()),
            parent: parent.map(str::to_owned),
            ..NewTeam::default()
        };
        people::create_team(cx, new).await.expect("a team");
        people::add_member(cx, slug, lead, None).await.expect("a member");
        if slug == "basket" {
            people::add_member(cx, slug, "eva", None).await.expect("a member");
        }
    }
    let today = portolan_domain::Clock::system().now().to_zoned(jiff::tz::TimeZone::UTC).date();
    wins::create_plan(cx, &NewPlan::usual("Every two weeks", "fairhaven", today, "UTC"))
        .await
        .expect("a plan");
    wins::turn(cx).await.expect("a cycle");
    let list = wins::create_list(cx, "fairhaven", "Stakeholders").await.expect("a list");
    wins::add_to_list(cx, list.id, &NewMember::Person("ruth".into())).await.expect("a reader");
}

/// Ten entries that wait in Basket: seven wins and three challenges.
pub(crate) fn ten_wait(portal: &Portal) {
    let mut eva = portal.signed_in("eva");
    for n in 1..=10 {
        let kind = if n <= 7 { "win" } else { "challenge" };
        let page = eva.get(&format!("/wins/jot?kind={kind}"));
        let form = form_to(&page.body, "/wins/jot")
            .fill("summary", &format!("What happened, number {n}"))
            .fill("situation", "It was slow.")
            .fill("action", "We made it faster.")
            .fill("result", "It takes less time.")
            .fill("numbers", "p95: 3.8 -> 1.9 s");
        let kept = eva.post("/wins/jot", &form.fields());
        assert_eq!(kept.status, 303, "{}", kept.body);
        assert!(eva.get(kept.location()).body.contains("p95: 3.8 → 1.9 s"));
    }
}

async fn jot(browser: &Browser, line: &str, result: &str) {
    browser.open("/wins/jot").await;
    browser.fill("In one line", line).await;
    browser.fill("Result", result).await;
    browser.press("Keep it").await;
    browser.sees("It waits in Basket").await;
}

#[tokio::test]
async fn four_people_bring_a_cycle_from_a_jotted_line_to_a_letter() {
    let mail = MailServer::start(Mood::Good);
    let portal = Portal::empty_with(&[("PORTOLAN_SMTP_URL", &mail.url()), ("PORTOLAN_MAIL_FROM", FROM)]);
    portal.as_system(company);
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;

    // an engineer keeps what happened
    browser.act_as(&portal, "eva").await;
    jot(&browser, "Checkout is twice as fast on phones", "From 3.8 s to 1.9 s at the 95th percentile").await;
    jot(&browser, "Six teams left the old checkout", "It can be switched off").await;
    jot(&browser, "The tea kitchen has new cups", "12 cups").await;
    browser.open("/wins/mine").await;
    browser.sees("Six teams left the old checkout").await;

    // her lead takes it in, leaves one out of the way of others, and hands up
    browser.act_as(&portal, "lena").await;
    browser.open("/wins/write").await;
    browser.arrives_at("/wins/updates/").await;
    browser.sees("From the team").await;
    browser.press("Take all in").await;
    browser.sees("3 of at most 4").await;
    let stays = "const e = [...document.querySelectorAll('[data-entry]')].find((e) => e.querySelector('textarea').value.startsWith('The tea'));
        e.querySelector('select[name^=sensitivity]').value = 'team';";
    browser.script(stays, &[]).await;
    browser.press("Hand to Commerce").await;
    browser.sees("Handed up").await;

    // the director lifts both by keys, makes one of them in other words, and hands up; Ledger keeps nobody back
    browser.act_as(&portal, "dirk").await;
    browser.open("/wins/write").await;
    browser.arrives_at("/wins/updates/").await;
    browser.press("Choose from below").await;
    browser.sees("Checkout is twice as fast on phones").await;
    let seen = browser.text().await;
    assert!(!seen.contains("tea kitchen"), "what stays in the team went up: {seen}");
    assert!(seen.contains("Ledger"), "whoever handed up nothing is named: {seen}");
    browser.keys("jx").await;
    browser.keys("2").await;
    browser.keys(ENTER).await;
    browser.sees("2 taken in.").await;
    browser
        .script("for (const box of document.querySelectorAll('input[name=join]')) box.checked = true;", &[])
        .await;
    browser.press("Make one of the ticked lines").await;
    browser.sees("1 of at most 4 wins").await;
    browser.fill("In one line", "Buying on a phone takes half the time").await;
    browser.fill("Result", "1.9 s instead of 3.8 s, and the old checkout can be switched off.").await;
    browser.press("Hand to Fairhaven").await;
    browser.sees("Handed up").await;

    // at the top it is lifted once more and published
    browser.act_as(&portal, "vera").await;
    browser.open("/wins/write").await;
    browser.arrives_at("/wins/updates/").await;
    browser.press("Choose from below").await;
    browser.sees("Buying on a phone takes half the time").await;
    browser.keys("jx").await;
    browser.keys(ENTER).await;
    browser.sees("1 of at most 4 wins").await;
    // where it came from can be followed down to what was jotted
    browser.open("/wins/write").await;
    browser.arrives_at("/wins/updates/").await;
    browser.press("Where it came from: Buying on a phone takes half the time").await;
    browser.sees("Six teams left the old checkout").await;
    browser.open("/wins/write").await;
    browser.arrives_at("/wins/updates/").await;
    browser.press("Ready to publish").await;
    browser.sees("It is published by itself on its day").await;
    browser.press("Publish it").await;
    browser.sees("Once published it never changes").await;
    browser.sees("by the list Stakeholders").await;
    browser.press("Publish it now").await;
    browser.arrives_at("/wins/fairhaven/").await;
    browser.sees("Buying on a phone takes half the time").await;
    let publication = browser.path().await;
    browser.close().await;

    // whoever is on the list reads it as a letter
    let letters = mail.until(|letters| {
        letters.iter().any(|l| l.to == "ruth@fairhaven.example" && l.text.contains("Buying on a phone"))
    });
    let letter = letters
        .iter()
        .find(|l| l.to == "ruth@fairhaven.example" && l.text.contains("Buying on a phone"))
        .expect("hers");
    assert!(
        letter.html.as_deref().unwrap_or_default().contains("Buying on a phone takes half the time"),
        "the other form says it too: {:?}",
        letter.html
    );
    let subject = letter.header("subject").unwrap_or_default();
    assert!(subject.contains("Fairhaven"), "{subject}");
    assert!(letter.text.contains("1.9 s instead of 3.8 s"), "{}", letter.text);
    let address = publication.split(['?', '#']).next().unwrap_or_default();
    assert!(
        letter.text.contains(&format!("{}{address}", portal.url())),
        "{address} is not linked: {}",
        letter.text
    );
    assert!(letter.text.contains("/wins/stop/"), "there is no way out: {}", letter.text);
    assert!(!letter.text.contains("tea kitchen"), "{}", letter.text);
    let her_own: Vec<_> = letters.iter().filter(|l| l.to == "eva@fairhaven.example").collect();
    assert!(
        her_own.iter().any(|l| l.text.contains("Buying on a phone takes half the time")),
        "whoever wrote it is told what was lifted, and in which words: {letters:#?}"
    );
}

#[tokio::test]
async fn a_manager_with_ten_entries_hands_up_in_fewer_than_twenty_presses() {
    let portal = Portal::empty();
    portal.as_system(company);
    ten_wait(&portal);
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    browser.act_as(&portal, "lena").await;
    let mut presses = 1; // the address, or the link on the first page
    browser.open("/wins/write").await;
    browser.arrives_at("/wins/updates/").await;
    for n in [1, 2, 3, 4, 8, 9] {
        let box_of = "const label = [...document.querySelectorAll('label')].find((l) => l.textContent === arguments[0]); label.control.click(); return label.control.checked;";
        let ticked = browser.script(box_of, &[json!(format!("What happened, number {n}"))]).await;
        assert_eq!(ticked, json!(true));
        presses += 1;
    }
    browser.press("Hand to Commerce").await;
    presses += 1;
    browser.sees("Handed up").await;
    let seen = browser.text().await;
    assert!(seen.contains("What happened, number 4") && seen.contains("What happened, number 9"), "{seen}");
    assert!(presses < 20, "{presses} presses");
    browser.close().await;
}

/// Lena, the page on which she writes her update, and ten entries that wait for it.
fn of_ten() -> (Portal, Client, String) {
    let portal = Portal::empty();
    portal.as_system(company);
    ten_wait(&portal);
    let mut lena = portal.signed_in("lena");
    let write = lena.get("/wins/write").location().to_owned();
    (portal, lena, write)
}

/// What stands in a field of a form.
fn value(form: &Form, name: &str) -> String {
    let field = form.fields.iter().find(|(known, _)| known == name);
    field.unwrap_or_else(|| panic!("no field {name}")).1.trim().to_owned()
}

/// Presses one of the buttons of the form of an update, with these fields filled in anew.
fn act(client: &mut Client, page: &str, verb: &str, more: &[(&str, &str)]) -> Answer {
    let shown = client.get(page);
    assert_eq!(shown.status, 200, "{}", shown.body);
    let mut form = form_to(&shown.body, page).press("do", verb);
    for (name, value) in more {
        form.fields.retain(|(n, _)| n != name || *name == "pick");
        form.fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    client.post(page, &form.fields())
}

#[test]
fn what_is_wrong_with_an_update_stands_at_its_field() {
    let (_portal, mut lena, write) = of_ten();
    assert_eq!(act(&mut lena, &write, "take-all", &[]).status, 303);
    let form = form_to(&lena.get(&write).body, &write);
    let order = value(&form, "order");
    let first = order.split(' ').next().expect("an entry").to_owned();
    let refused = act(&mut lena, &write, "limits", &[("most_wins", "many")]);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("href=\"#f-most_wins\""), "{}", refused.body);
    assert!(refused.body.contains("aria-describedby=\"e-most_wins\""), "{}", refused.body);
    let refused = act(&mut lena, &write, "delegate", &[("delegate", "nobody.here")]);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("aria-describedby=\"h-delegate e-delegate\""), "{}", refused.body);
    // an entry keeps its line: without one it is refused at its field, and what else was typed is kept
    let line = format!("summary-{first}");
    let result = format!("result-{first}");
    let refused = act(&mut lena, &write, "submit", &[(&line, " "), (&result, "Typed beside it")]);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("Win 1, in one line: is needed: say it in a line"), "{}", refused.body);
    assert!(refused.body.contains(&format!("href=\"#f-{line}\"")), "{}", refused.body);
    assert!(
        refused.body.contains(&format!("aria-invalid=\"true\" aria-describedby=\"e-{line}\"")),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("Typed beside it"), "{}", refused.body);
    assert!(lena.get(&write).body.contains("What happened, number 7"), "the stored one stands");
    // and a figure holds a digit
    let numbers = format!("numbers-{first}");
    let refused = act(&mut lena, &write, "save", &[(&numbers, "p95: 3.8 -> 1.9 s\nmuch better")]);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("Win 1, the numbers, entry 2: needs digits"), "{}", refused.body);
    assert!(refused.body.contains("much better"), "{}", refused.body);
    // a text that is too long is refused at its field, and nothing else that was typed is lost
    let situation = format!("situation-{first}");
    let long = "long ".repeat(2000);
    let refused = act(&mut lena, &write, "save", &[(&situation, &long), (&line, "Kept words")]);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains(&format!("id=\"e-{situation}\"")), "{}", refused.body);
    assert!(refused.body.contains("Kept words"), "{}", refused.body);
}

#[test]
fn an_update_is_written_and_handed_up_without_script() {
    let (portal, mut lena, write) = of_ten();
    // nothing is not handed up: the page offers to say so, or to choose
    let refused = act(&mut lena, &write, "submit", &[]);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("Say that nothing major happened"), "{}", refused.body);
    assert!(refused.body.contains("href=\"#team\""), "{}", refused.body);
    // of more than the caps hold as much is taken in as fits, and the rest is told of
    assert!(refused.body.contains("Take in the first 6 that fit"), "{}", refused.body);
    assert_eq!(act(&mut lena, &write, "take-all", &[]).status, 303);
    let shown = lena.get(&write).body;
    assert!(shown.contains("6 taken in, 4 stayed."), "{shown}");
    assert!(shown.contains("This update may hand up 4 wins and 2 challenges."), "{shown}");
    assert_eq!(act(&mut lena, &write, "limits", &[("most_wins", "7"), ("most_challenges", "3")]).status, 303);
    assert_eq!(act(&mut lena, &write, "take-all", &[]).status, 303);
    // a new entry that is sent twice is there once
    let anew = form_to(&lena.get(&write).body, &write);
    assert!(!anew.fields.iter().any(|(name, _)| name == "summary-win"), "there is no room for one");
    assert_eq!(act(&mut lena, &write, "limits", &[("most_wins", "8")]).status, 303);
    let anew = form_to(&lena.get(&write).body, &write).fill("summary-win", "Said once").press("do", "save");
    for _ in 0..2 {
        assert_eq!(lena.post(&write, &anew.fields()).status, 303);
    }
    let shown = lena.get(&write).body;
    assert!(shown.contains("8 of at most 8"), "{shown}");
    // what is typed is kept whatever is pressed, and a step moves an entry
    let shown = lena.get(&write).body;
    let form = form_to(&shown, &write);
    let order = value(&form, "order");
    let first = order.split(' ').next().expect("an entry").to_owned();
    let moved =
        act(&mut lena, &write, &format!("down:{first}"), &[(&format!("summary-{first}"), "In other words")]);
    assert_eq!(moved.status, 303, "{}", moved.body);
    let now = form_to(&lena.get(&write).body, &write);
    assert_eq!(value(&now, &format!("summary-{first}")), "In other words");
    assert_eq!(value(&now, "order").split(' ').nth(1), Some(first.as_str()));
    // what was changed here and there is told, and nothing typed is lost
    let mut again = lena.get(&write);
    let stale = form_to(&again.body, &write).fill(&format!("summary-{first}"), "Mine").press("do", "save");
    let theirs = form_to(&again.body, &write).fill(&format!("summary-{first}"), "Theirs").press("do", "save");
    assert_eq!(lena.post(&write, &theirs.fields()).status, 303);
    again = lena.post(&write, &stale.fields());
    assert_eq!(again.status, 409, "{}", again.body);
    assert!(again.body.contains("they wrote “Theirs”; yours is kept below: “Mine”"), "{}", again.body);
    let up = act(&mut lena, &write, "submit", &[]);
    assert_eq!((up.status, up.location()), (303, write.as_str()), "{}", up.body);
    assert!(lena.get(&write).body.contains("Take it back"));

    // and chosen from
    let mut dirk = portal.signed_in("dirk");
    let choose = format!("{}/choose", dirk.get("/wins/write").location());
    let shown = dirk.get(&choose).body;
    let offered: Vec<String> = shown
        .match_indices("name=\"pick\" value=\"")
        .map(|(at, m)| shown[at + m.len()..][..36].to_owned())
        .collect();
    assert_eq!(offered.len(), 11, "{shown}");
    let lifted = act(&mut dirk, &choose, "lift", &[("pick", &offered[0]), ("pick", &offered[1])]);
    assert_eq!(lifted.status, 303, "{}", lifted.body);
    let shown = dirk.get(&choose).body;
    assert!(shown.contains("As Basket wrote it"), "{shown}");
    // the level below is fixed while something was made of it
    let page = lena.get(&write).body;
    assert!(!page.contains("value=\"recall\"") && page.contains("has chosen from it already"), "{page}");
    assert_eq!(lena.post(&write, &[("csrf", &csrf(&page)), ("do", "recall")]).status, 409);
}

/// What is typed in a page that was open before the update was handed up is not lost.
#[test]
fn what_was_typed_for_an_update_that_was_handed_up_meanwhile_is_kept() {
    let (portal, mut lena, write) = of_ten();
    assert_eq!(act(&mut lena, &write, "take-all", &[]).status, 303);
    let open = form_to(&lena.get(&write).body, &write);
    let order = value(&open, "order");
    let (first, second) = order.split_once(' ').map(|(a, rest)| (a, &rest[..36])).expect("entries");
    let typed = open
        .fill(&format!("result-{first}"), "Typed <b>late</b>")
        .fill(&format!("summary-{second}"), "In words of the other page")
        .press("do", "submit");
    assert_eq!(act(&mut lena, &write, "submit", &[]).status, 303);
    let refused = lena.post(&write, &typed.fields());
    assert_eq!(refused.status, 409, "{}", refused.body);
    for words in [
        "What you typed is not in it.",
        "Typed &#60;b&#62;late",
        "Win 1, result",
        "In words of the other page",
        "Take it back and put this in",
    ] {
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    assert!(!refused.body.contains("Win 3, result"), "what was not typed is not told");
    let resumes = |form: &Form| form.buttons.iter().any(|button| button.value == "resume");
    let again = forms(&refused.body).into_iter().find(resumes).expect("a way on").press("do", "resume");
    let resumed = lena.post(&write, &again.fields());
    assert_eq!((resumed.status, resumed.location()), (303, write.as_str()), "{}", resumed.body);
    let now = form_to(&lena.get(&write).body, &write);
    assert_eq!(value(&now, &format!("result-{first}")), "Typed <b>late</b>");
    assert_eq!(value(&now, &format!("summary-{second}")), "In words of the other page");

    // what was saved with the press that handed it up is not told as lost when the form comes once more
    assert_eq!(act(&mut lena, &write, "limits", &[("most_wins", "5")]).status, 303);
    let anew = form_to(&lena.get(&write).body, &write).fill("summary-win", "Said once").press("do", "submit");
    assert_eq!(lena.post(&write, &anew.fields()).status, 303);
    let again = lena.post(&write, &anew.fields());
    assert_eq!(again.status, 409, "{}", again.body);
    assert!(!again.body.contains("What you typed is not in it"), "{}", again.body);
    // what cannot be saved takes nothing back
    let long = "long ".repeat(2000);
    let late = anew.fill(&format!("situation-{first}"), &long);
    let refused = lena.post(&write, &late.fields());
    let again = forms(&refused.body).into_iter().find(resumes).expect("a way on").press("do", "resume");
    let refused = lena.post(&write, &again.fields());
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains(&format!("id=\"e-situation-{first}\"")), "{}", refused.body);
    assert!(lena.get(&write).body.contains("value=\"recall\""), "it is handed up still");

    // where it cannot be taken back any more, it stands there to be copied
    let mut dirk = portal.signed_in("dirk");
    let choose = format!("{}/choose", dirk.get("/wins/write").location());
    let page = dirk.get(&choose).body;
    let at = page.find("name=\"pick\" value=\"").expect("an offer") + 19;
    assert_eq!(act(&mut dirk, &choose, "lift", &[("pick", &page[at..at + 36])]).status, 303);
    let typed = typed.fill(&format!("result-{first}"), "Typed later still");
    let refused = lena.post(&write, &typed.fields());
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("Typed later still"), "{}", refused.body);
    assert!(refused.body.contains("it stands below until you leave this page"), "{}", refused.body);
    assert!(!refused.body.contains("value=\"resume\"") && !refused.body.contains("value=\"recall\""));
    assert!(refused.body.contains("Commerce has chosen from it already"), "{}", refused.body);
}

/// A quiet cycle with entries in it asks before it puts them back.
#[test]
fn a_quiet_cycle_asks_before_it_puts_entries_back() {
    let (_portal, mut lena, write) = of_ten();
    assert_eq!(act(&mut lena, &write, "take-all", &[]).status, 303);
    let refused = act(&mut lena, &write, "quiet", &[("intro", "A word of mine")]);
    assert_eq!(refused.status, 409, "{}", refused.body);
    for words in ["6 entries are in it", "The word above the entries is handed up with it.", "A word of mine"]
    {
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    let form = form_to(&refused.body, &write).press("do", "quiet-back");
    assert_eq!(lena.post(&write, &form.fields()).status, 303);
    let shown = lena.get(&write).body;
    assert!(shown.contains("A quiet cycle") && shown.contains("What happened, number 4"), "{shown}");
    // nothing in it: one press
    assert_eq!(act(&mut lena, &write, "recall", &[]).status, 303);
    assert_eq!(act(&mut lena, &write, "quiet", &[]).status, 303);
}

fn csrf(page: &str) -> String {
    let at = page.find("name=\"csrf\" value=\"").expect("a token") + 19;
    page[at..].split('"').next().expect("its end").to_owned()
}
