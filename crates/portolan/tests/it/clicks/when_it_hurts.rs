//! The forms of on-call, pages, incidents and support, at Fairhaven.

use super::Visitor;
use crate::support::{page::forms, portal::Portal};

const SERVICE: &str = "/catalog/component/default/checkout-api";

/// Where their forms went.
pub(super) fn walk() -> Vec<String> {
    let portal = Portal::demo();
    let mut imke = Visitor::new(portal.signed_in("imke.sorensen"));
    schedules(&mut imke);
    swaps(&portal, &mut imke);
    calendars(&mut imke);
    imke.sent.extend(leaver(&portal));
    alerts(&mut imke);
    pages(&portal, &mut imke);
    incidents(&mut imke);
    support(&portal, &mut imke);
    imke.sent
}

impl Visitor {
    /// Looks at what an edit would change, and saves it from there.
    fn looks_and_saves(&mut self, page: &str, filled: &[(&str, &str)], leads_to: &str) {
        let form = self.form_with(page, page, filled).press("act", "preview");
        let shown = self.send(&form);
        assert!(shown.status == 200 && shown.body.contains("What this changes"), "{page}: {}", shown.body);
        let form = forms(&shown.body).into_iter().find(|f| f.buttons.iter().any(|b| b.value == "save"));
        let mut form = form.unwrap_or_else(|| panic!("{page} cannot be saved: {}", shown.body));
        page.clone_into(&mut form.action);
        let saved = self.send(&form.fill("reason", "We are few until spring").press("act", "save"));
        assert_eq!((saved.status, saved.location()), (303, leads_to), "{page}: {}", saved.body);
    }

    /// Presses a button of a form.
    pub(super) fn presses(&mut self, page: &str, action: &str, button: (&str, &str), leads_to: &str) {
        let form = self.form(page, action).press(button.0, button.1);
        let answer = self.send(&form);
        let path = answer.location().split(['?', '#']).next().unwrap_or_default();
        assert_eq!((answer.status, path), (303, leads_to), "{action}: {}", answer.body);
    }
}

fn schedules(imke: &mut Visitor) {
    let new = [
        ("team", "basket"),
        ("name", "Basket nights"),
        ("slug", "basket-nights"),
        ("time_zone", "Europe/Amsterdam"),
        ("participants", "imke.sorensen"),
        ("every", "1"),
        ("hand_off", "2026-01-05T09:00"),
        ("reason", "Only until there is a second one"),
    ];
    let form = imke.form_with("/schedules/new", "/schedules/new", &new).press("act", "save");
    let made = imke.send(&form);
    let home = "/schedules/basket-nights";
    assert_eq!((made.status, made.location()), (303, home), "{}", made.body);
    imke.looks_and_saves(&format!("{home}/edit"), &[("description", "Whoever is awake")], home);
    imke.sees(home, "Whoever is awake");

    let layer = [
        ("name", "Weekends"),
        ("participants", "maya.chen"),
        ("every", "1"),
        ("hand_off", "2026-01-05T09:00"),
    ];
    imke.looks_and_saves(&format!("{home}/layers/new"), &layer, home);
    imke.sees(home, "Weekends");
    let link = imke.client.get(home).body;
    let at = link.rfind(&format!("href=\"{home}/layers/")).expect("a layer") + 6;
    let layer = link[at..].split('"').next().expect("its address").to_owned();
    imke.looks_and_saves(&layer, &[("participants", "priya.nair"), ("effective", "now")], home);
    imke.sees(home, "Priya Nair");
    let removal = format!("{layer}/removal");
    let mute = imke.fills(&layer, &removal, &[]);
    assert!(mute.status == 422 && mute.body.contains("say why it has to be so"), "{}", mute.body);
    imke.submits(&layer, &removal, &[("reason", "Until there is a second one")], home);

    let take = format!("{home}/override");
    let day = [
        ("kind", "add"),
        ("out", ""),
        ("by", "priya.nair"),
        ("start", "2030-05-01T09:00"),
        ("end", "2030-05-02T09:00"),
    ];
    imke.submits(&take, &take, &day, home);
    let back = imke.action(home, &format!("{home}/overrides/"), "/withdrawal");
    imke.submits(home, &back, &[], home);
    imke.submits(&format!("{home}/edit"), &format!("{home}/closing"), &[], home);
    imke.sees(home, "Closed");
}

fn swaps(portal: &Portal, imke: &mut Visitor) {
    let mut maya = Visitor::new(portal.signed_in("maya.chen"));
    let home = "/schedules/basket-primary";
    let mine = maya.client.get("/oncall/mine").body;
    let ask = format!("{home}/swap");
    let links: Vec<_> = mine.match_indices(&format!("href=\"{ask}?")).map(|(at, _)| at + 6).collect();
    // the last one there: nobody has arranged anything about it yet
    let at = *links.last().expect("a shift of hers");
    let link = mine[at..].split('"').next().expect("its address").replace("&#38;", "&").replace("&amp;", "&");
    for _ in 0..2 {
        maya.submits(&link, &ask, &[("note", "A concert")], home);
        let withdrawal = maya.action("/oncall/mine", "/swaps/", "/withdrawal");
        maya.submits("/oncall/mine", &withdrawal, &[], home);
    }
    maya.submits(&link, &ask, &[("asked", "imke.sorensen"), ("note", "A concert")], home);
    let taking = imke.action("/oncall/mine", "/swaps/", "/taking");
    imke.submits("/oncall/mine", &taking, &[], home);
    imke.sees("/oncall/mine", "Swap for Maya Chen");
    let giving = imke.action("/oncall/mine", "/swaps/", "/return");
    imke.submits("/oncall/mine", &giving, &[], home);
    imke.sent.extend(maya.sent);
}

fn calendars(imke: &mut Visitor) {
    let made = imke.shown("/oncall/calendars", "/oncall/calendars", &[("schedule", "basket-primary")]);
    assert!(made.contains("/api/v1/calendars/ptc_") && made.contains("webcal://"), "{made}");
    let revoke = imke.action("/oncall/calendars", "/oncall/calendars/", "/revocation");
    imke.submits("/oncall/calendars", &revoke, &[], "/oncall/calendars");
    let away = [("address", "https://calendar.example.org/imke.ics")];
    imke.submits("/account", "/account/calendar", &away, "/account");
    imke.submits("/account", "/account/calendar/removal", &[], "/account");

    let new = [
        ("name", "The Netherlands"),
        ("team", "basket"),
        ("days", "2026-12-25 Christmas Day\n2027-04-27 King's Day"),
        (
            "ics",
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:20270505\nSUMMARY:Liberation Day\nEND:VEVENT\nEND:VCALENDAR",
        ),
    ];
    imke.submits("/holiday-calendars/new", "/holiday-calendars/new", &new, "/holiday-calendars");
    let list = imke.client.get("/holiday-calendars").body;
    let row = list.split("<tr>").skip(1).find(|row| row.contains("The Netherlands")).expect("the calendar");
    let at = row.find("/holiday-calendars/").expect("its address");
    let calendar = row[at..].split('"').next().expect("its end").to_owned();
    imke.sees(&calendar, "2027-05-05 Liberation Day");
    let wrong = imke.fills(&calendar, &calendar, &[("days", "25 December")]);
    assert!(wrong.status == 422 && wrong.body.contains("is no day"), "{}", wrong.body);
    imke.submits(&calendar, &calendar, &[("days", "2026-12-26 Boxing Day")], "/holiday-calendars");
    imke.submits(&calendar, &format!("{calendar}/deletion"), &[], "/holiday-calendars");
}

fn leaver(portal: &Portal) -> Vec<String> {
    let mut noor = Visitor::new(portal.signed_in("noor.vandenberg"));
    let page = "/people/nils.dekker/rota";
    let nobody = noor.fills(page, page, &[("by", "nobody.at.all")]);
    assert_eq!(nobody.status, 422, "{}", nobody.body);
    noor.looks_and_saves(page, &[("by", "ana.prats")], page);
    noor.sees(page, "Nothing to come names them.");
    noor.sent
}

fn alerts(imke: &mut Visitor) {
    let team = "/teams/basket/paging";
    let new = "/teams/basket/policies/new";
    let steps = [
        ("slug", "till"),
        ("name", "Till"),
        ("kind-0", "person"),
        ("name-0", "maya.chen"),
        ("minutes-0", "5"),
    ];
    imke.submits(new, new, &steps, team);
    let policy = "/escalation-policies/till";
    imke.submits(policy, policy, &[("name", "The till")], team);
    imke.sees(policy, "The till");
    let paging = format!("{SERVICE}/paging");
    imke.submits(&paging, &format!("{paging}/policy"), &[("policy", "till")], &paging);
    imke.submits(policy, &format!("{policy}/closing"), &[], team);
    imke.submits(team, &format!("{team}/related"), &[("related_team", "ledger")], team);

    let tomorrow = portolan_domain::Clock::system().now() + jiff::SignedDuration::from_hours(24);
    let until = tomorrow.strftime("%Y-%m-%dT12:00").to_string();
    let window = [("until", until.as_str()), ("reason", "A new rack")];
    imke.submits(&paging, &format!("{paging}/maintenance"), &window, &paging);
    let end = imke.action("/maintenance", "/maintenance/", "/end");
    imke.submits("/maintenance", &end, &[], "/maintenance");

    let page = "/teams/basket/integrations";
    let made = imke.shown(page, page, &[("kind", "generic"), ("name", "Probe")]);
    assert!(made.contains("/api/v1/integrations/"), "{made}");
    let closing = imke.action(page, "/alert-integrations/", "/closing");
    let one = closing.trim_end_matches("/closing").to_owned();
    imke.submits(&one, &one, &[("routes", "app")], page);
    imke.submits(page, &closing, &[], page);

    let page = "/teams/basket/webhooks";
    let new = [("name", "Room"), ("url", "https://chat.example.org/hook")];
    imke.shown(page, page, &new);
    let test = imke.action(page, &format!("{page}/"), "/test");
    imke.submits(page, &test, &[], page);
    imke.submits(page, &test.replace("/test", "/closing"), &[], page);
}

fn pages(portal: &Portal, imke: &mut Visitor) {
    let from = "/pages/new?entity=component:default/checkout-api";
    let new = [
        ("summary", "Carts are empty"),
        ("impact", "Every shop, since three"),
        ("environment", "production"),
    ];
    let unsaid = imke.fills(from, "/pages/new", &new);
    assert!(unsaid.status == 422 && unsaid.body.contains("Carts are empty"), "{}", unsaid.body);
    let form = imke.form_with(from, "/pages/new", &new).press("how_bad", "outage");
    let paged = imke.send(&form);
    assert_eq!(paged.status, 303, "{}", paged.body);
    let page = paged.location().to_owned();
    imke.submits(&page, &format!("{page}/notes"), &[("text", "It began with the release")], &page);
    imke.submits(&page, &format!("{page}/reassignment"), &[("person", "maya.chen")], &page);
    let bring = imke.form(&page, &format!("{page}/reassignment")).fill("person", "priya.nair");
    let answer = imke.send(&bring.press_to(&format!("{page}/responders")));
    assert_eq!((answer.status, answer.location()), (303, page.as_str()), "{}", answer.body);
    let mut maya = Visitor::new(portal.signed_in("maya.chen"));
    maya.submits(&page, &format!("{page}/acknowledgement"), &[], &page);
    let second = imke.client.get(&page).body;
    assert!(!second.contains("/acknowledgement"), "somebody is on it: {second}");
    maya.submits(&page, &format!("{page}/resolution"), &[("note", "Rolled back")], &page);
    maya.presses(&page, &format!("{page}/judgement"), ("judgement", "real-impact"), &page);
    maya.sees(&page, "Real impact");
    imke.sent.extend(maya.sent);
}

fn incidents(imke: &mut Visitor) {
    let new =
        [("title", "Carts are lost"), ("affected", "checkout-api"), ("severity", "2"), ("slo_saw", "no")];
    let opened = imke.fills("/incidents/new", "/incidents/new", &new);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let home = opened.location().to_owned();
    let sub = |part: &str| format!("{home}/{part}");
    imke.submits(&sub("edit"), &sub("edit"), &[("title", "Carts are emptied")], &home);
    imke.sees(&home, "Carts are emptied");
    imke.submits(&home, &sub("notes"), &[("text", "The **cache** was cold")], &home);
    imke.submits(&home, &sub("roles"), &[("person", "maya.chen")], &home);
    let end = imke.action(&home, &sub("roles/"), "/end");
    imke.submits(&home, &end, &[], &home);
    imke.submits(&home, &sub("review"), &[("happened", "A release emptied them")], &home);
    imke.submits(&home, &sub("actions"), &[("title", "Warm the cache"), ("due_on", "2030-01-01")], &home);
    let done = imke.action(&home, "/actions/", "");
    imke.submits(&home, &done, &[], &home);
    imke.submits(&home, &sub("seen-before"), &[("before", "1")], &home);
    let moves = imke.forms(&home).into_iter().find(|form| form.action == sub("moves")).expect("a move");
    let moved = imke.send(&moves);
    assert_eq!((moved.status, moved.location()), (303, home.as_str()), "{}", moved.body);

    imke.submits(SERVICE, &format!("{SERVICE}/failure-modes"), &[("name", "A cold cache")], SERVICE);
    imke.sees(SERVICE, "A cold cache");
    let retire = imke.action(SERVICE, &format!("{SERVICE}/failure-modes/"), "/retirement");
    imke.submits(SERVICE, &retire, &[], SERVICE);
}

fn support(portal: &Portal, imke: &mut Visitor) {
    let new = [("title", "Where are the logs?"), ("team", "runtime"), ("category", "platform-use")];
    let asked = imke.fills("/support/new", "/support/new", &new);
    assert_eq!(asked.status, 303, "{}", asked.body);
    let home = asked.location().to_owned();
    let sub = |part: &str| format!("{home}/{part}");
    imke.submits(&home, &sub("messages"), &[("text", "Those of last night")], &home);
    let mut yusuf = Visitor::new(portal.signed_in("yusuf.demir"));
    yusuf.submits(&home, &sub("assignment"), &[("take", "yes")], &home);
    yusuf.submits(&home, &sub("category"), &[("category", "bug")], &home);
    yusuf.submits(&home, &sub("messages"), &[("text", "In the usual place")], &home);
    imke.submits(&home, &sub("closing"), &[], &home);
    imke.submits(&home, &sub("reopening"), &[("text", "They are not there")], &home);
    let levels = "/support/teams/runtime/levels";
    yusuf.submits(levels, levels, &[("first_answer_tier_0", "30 min")], levels);
    yusuf.submits(levels, &format!("{levels}/reset"), &[], levels);
    let notes = "/support/teams/runtime/notes";
    yusuf.submits(notes, notes, &[("text", "Logs are asked for every week")], notes);
    imke.sent.extend(yusuf.sent);
}
