//! Forms as a browser without script sends them: what is wrong is told in the words beside the fields, nothing typed is
//! lost, and nobody overwrites anybody unknowingly.

use serde_json::json;

use crate::support::{page::form_to, portal::Portal};

#[test]
fn the_title_of_a_service_stands_below_its_name() {
    let portal = Portal::demo();
    let (mut imke, mut admin) =
        (portal.signed_in("imke.sorensen"), portal.with_token("noor.vandenberg", "admin"));
    let new = json!({"kind": "component", "name": "till-2", "owner": "basket", "about": {"type": "service", "lifecycle": "production", "title": "The till by the door"}});
    let made = admin.json("POST", "/api/v1/entities", &new);
    assert_eq!(made.status, 201, "{}", made.body);
    let shown = imke.get("/catalog/component/default/till-2").body;
    assert!(shown.contains(r#"<p class="second">The till by the door</p>"#), "{shown}");
}

#[test]
fn a_form_that_was_overtaken_says_what_changed_and_can_be_saved_again() {
    let portal = Portal::demo();
    let (mut imke, mut admin) =
        (portal.signed_in("imke.sorensen"), portal.with_token("noor.vandenberg", "admin"));
    let new = json!({"kind": "component", "name": "till", "owner": "basket",
        "about": {"type": "service", "lifecycle": "production", "description": "Takes coins.", "tags": ["cash"]}});
    let made = admin.json("POST", "/api/v1/entities", &new);
    assert_eq!(
        (made.status, made.location()),
        (201, "/api/v1/entities/component/default/till"),
        "{}",
        made.body
    );

    let path = "/catalog/component/default/till";
    let edit = format!("{path}/edit");
    let open = imke.get(&edit);
    let form =
        form_to(&open.body, &edit).fill("description", "Takes coins and notes.").fill("contact", "#till");
    let theirs = json!({"description": "Takes cash.", "tags": ["cash", "till"]});
    assert_eq!(admin.json("PATCH", "/api/v1/entities/component/default/till", &theirs).status, 200);

    let refused = imke.post(&edit, &form.fields());
    assert_eq!(refused.status, 409, "{}", refused.body);
    for words in [
        "Somebody else changed this",
        "<b>Description</b>: they wrote “Takes cash.”; yours is kept below: “Takes coins and notes.”",
        "<b>Tags</b>: they wrote “cash, till”; it is taken over below",
    ] {
        assert!(refused.body.contains(words), "{words:?} is not in {}", refused.body);
    }
    let again = form_to(&refused.body, &edit);
    let value = |name: &str| again.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned());
    assert_eq!(value("description").as_deref(), Some("Takes coins and notes."));
    assert_eq!((value("tags").as_deref(), value("contact").as_deref()), (Some("cash, till"), Some("#till")));

    assert_eq!(imke.post(&edit, &again.fields()).status, 303, "saved again, knowingly");
    let now = admin.get("/api/v1/entities/component/default/till").body;
    assert!(
        now.contains("Takes coins and notes.") && now.contains("\"till\"") && now.contains("#till"),
        "{now}"
    );

    // the same for a team and for a person
    let mut noor = portal.signed_in("noor.vandenberg");
    for (page, field, api) in [
        ("/teams/basket/edit", "purpose", "/api/v1/teams/basket"),
        ("/people/zoe.vandam/edit", "phone", "/api/v1/people/zoe.vandam"),
    ] {
        let form = form_to(&noor.get(page).body, "");
        let changed = json!({ "email": "elsewhere@fairhaven.example" });
        let answer = admin.json("PATCH", api, &changed);
        if answer.status == 422 {
            continue; // the demo's descriptors give the field
        }
        let form = if form.fields.iter().any(|(n, _)| n == field) { form.fill(field, "1") } else { form };
        let refused = noor.post(page, &form.fields());
        assert_eq!(refused.status, 409, "{page}");
        assert!(refused.body.contains("<b>E-mail</b>: they wrote “elsewhere@fairhaven.example”"), "{page}");
        let again = form_to(&refused.body, "");
        assert_eq!(noor.post(page, &again.fields()).status, 303, "{page}");
    }
}

#[test]
fn a_holiday_calendar_that_was_overtaken_can_be_saved_again() {
    let portal = Portal::demo();
    let (mut imke, mut admin) =
        (portal.signed_in("imke.sorensen"), portal.with_token("noor.vandenberg", "admin"));
    let new = json!({"team": "basket", "name": "Company days", "days": [{"day": "2027-03-01", "name": "Founders"}]});
    let made = admin.json("POST", "/api/v1/holiday-calendars", &new);
    assert_eq!(made.status, 201, "{}", made.body);
    let api = made.location().to_owned();
    let page = api.trim_start_matches("/api/v1").to_owned();
    let form = form_to(&imke.get(&page).body, &page).fill("name", "Days off");
    let theirs = json!({"name": "Company days", "days": [{"day": "2027-03-02", "name": "Founders"}]});
    assert_eq!(admin.json("PUT", &api, &theirs).status, 200);

    let refused = imke.post(&page, &form.fields());
    assert_eq!(refused.status, 409, "{}", refused.body);
    let told = "<b>Days</b>: they wrote “2027-03-02 Founders”; it is taken over below";
    assert!(refused.body.contains(told), "{}", refused.body);
    let again = form_to(&refused.body, &page);
    assert_eq!(imke.post(&page, &again.fields()).status, 303, "saved again, knowingly");
    let now = admin.get(&api).body;
    assert!(now.contains("Days off") && now.contains("2027-03-02"), "{now}");
}

#[test]
fn what_is_wrong_is_told_in_the_words_of_the_form() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let form = form_to(&imke.get("/catalog/register").body, "/catalog/register");
    let form = form.fill("name", "-x-").fill("owner", "basket").fill("depends_on", "fee").fill("tier", "1");
    let refused = imke.post("/catalog/register", &form.fields());
    assert_eq!(refused.status, 422);
    for words in [
        "2 things need mending",
        "<a href=\"#f-name\">Name: must have",
        "<a href=\"#f-depends_on\">It needs, entry 1: must say",
    ] {
        assert!(refused.body.contains(words), "{words:?} is not in {}", refused.body);
    }
}

#[test]
fn a_person_is_named_as_people_name_them() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let members = "/teams/basket/members";
    let page = imke.get("/teams/basket").body;
    assert!(page.contains("<option value=\"zoe.vandam\">Zoë van Dam</option>"), "{page}");
    let form = form_to(&page, members);
    let nobody = imke.post(members, &form.clone().fill("person", "Zoe van Damm").fields());
    assert_eq!(nobody.status, 422);
    assert!(nobody.body.contains("Who: names nobody") && nobody.body.contains("Zoë van Dam (zoe.vandam)"));
    assert_eq!(imke.post(members, &form.fill("person", "Zoë van Dam").fields()).status, 303);
    assert!(imke.get("/search/people?q=zoe+van").body.contains("value=\"zoe.vandam\""));
    assert!(imke.get("/teams/new").body.contains("list=\"l-lead\""));
}

#[test]
fn an_empty_portal_says_where_the_way_in_was_printed() {
    let portal = Portal::empty();
    let mut stranger = portal.stranger();
    assert_eq!(stranger.get("/").location(), "/sign-in");
    let page = stranger.get("/sign-in").body;
    assert!(page.contains("Nobody is here yet.") && page.contains("portolan admin person create"), "{page}");
    let form = form_to(&page, "/sign-in").fill("account", "a").fill("password", "b");
    assert!(stranger.post("/sign-in", &form.fields()).body.contains("Nobody is here yet."));

    let link = portal.set_up_path();
    let form = form_to(&stranger.get(&link).body, "").fill("name", "Ada").fill("handle", "ada");
    let form = form.fill("email", "ada@fairhaven.example").fill("password", "four plain words here");
    assert_eq!(stranger.post(&link, &form.fields()).status, 303);
    assert!(!portal.stranger().get("/sign-in").body.contains("Nobody is here yet."));
}

#[test]
fn a_time_that_comes_twice_is_refused_with_both_readings_and_either_can_be_typed() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let page = "/schedules/basket-primary/override";
    let form = form_to(&imke.get(page).body, page);
    let refused = imke.post(page, &form.fill("start", "2027-10-31T02:30").fill("end", "").fields());
    assert_eq!(refused.status, 422, "{}", refused.body);
    for words in [
        "Comes twice on that day in Europe/Amsterdam, because the clocks go back: write 2027-10-31T02:30+02:00 or 2027-10-31T02:30+01:00",
        r#"type="text" value="2027-10-31T02:30""#,
        r##"<a href="#f-end">Until: is needed</a>"##,
    ] {
        assert!(refused.body.contains(words), "{words:?} is not in {}", refused.body);
    }
    let again = form_to(&refused.body, page)
        .fill("start", "2027-10-31T02:30+01:00")
        .fill("end", "2027-10-31T02:30+02:00");
    let backwards = imke.post(page, &again.fields());
    assert!(backwards.body.contains("after the start"), "the later reading is later: {}", backwards.body);
}

#[test]
fn turns_are_moved_by_buttons_and_looked_at_before_they_are_saved() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let schedule = imke.get("/schedules/basket-primary").body;
    let at = schedule.find("/schedules/basket-primary/layers/0").expect("a layer");
    let page = schedule[at..].split('"').next().expect("its end").to_owned();
    let named = |body: &str| -> Vec<String> {
        let fields = form_to(body, "").fields;
        fields.into_iter().filter(|(n, v)| n == "participants" && !v.is_empty()).map(|(_, v)| v).collect()
    };
    let before = imke.get(&page).body;
    let order = named(&before);
    let press = |body: &str, act: &str| {
        let mut form = form_to(body, "");
        form.fields.push(("act".into(), act.into()));
        form
    };
    let moved = imke.post(&page, &press(&before, "down:0").fields());
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(named(&moved.body)[..2], [order[1].clone(), order[0].clone()]);
    let looked = imke.post(&page, &press(&moved.body, "preview").fields());
    assert!(looked.body.contains("What this changes") && looked.body.contains("Will be"), "{}", looked.body);
    assert!(looked.body.contains("Over half a year: "), "it says how far it looked: {}", looked.body);
    assert_eq!(named(&imke.get(&page).body), order, "looking saves nothing");
    let form = press(&looked.body, "save").fill("reason", "They asked for it.");
    let saved = imke.post(&page, &form.fields());
    assert_eq!((saved.status, saved.location()), (303, "/schedules/basket-primary"), "{}", saved.body);
    assert_eq!(named(&imke.get(&page).body)[0], order[1]);
}

#[test]
fn an_alert_rule_is_given_to_somebody_changed_and_done() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let (load, rules) = ("/teams/basket/load", "/teams/basket/alert-rules");
    let open = imke.get(&format!("{load}?rule=Disk+%3Cfull%3E")).body;
    assert!(open.contains("Who mends Disk &#60;full&#62;"), "{open}");
    let form = form_to(&open, rules);
    let refused =
        imke.post(rules, &form.clone().fill("owner", "nobody.here").fill("due_on", "soon").fields());
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("<a href=\"#f-due_on\">By: is needed"), "{}", refused.body);
    assert!(refused.body.contains("value=\"nobody.here\""), "what was typed stays");
    let given = form.fill("owner", "maya.chen").fill("due_on", "2027-01-15");
    assert_eq!(imke.post(rules, &given.fields()).location(), load);
    assert_eq!(imke.post(rules, &given.fields()).status, 409, "somebody mends it already");

    let shown = imke.get(load).body;
    assert!(
        shown.contains("Maya Chen, by Fri 15 Jan") || shown.contains("Maya Chen, by 15 Jan 2027"),
        "{shown}"
    );
    let again = form_to(&imke.get(&format!("{load}?rule=Disk+%3Cfull%3E")).body, rules);
    let value = |name: &str| again.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    assert_eq!(
        (value("owner").as_deref(), value("due_on").as_deref()),
        (Some("maya.chen"), Some("2027-01-15"))
    );
    assert_eq!(imke.post(rules, &again.clone().fill("due_on", "2027-02-01").fields()).status, 303);
    assert!(imke.get("/actions?team=basket").body.contains("Mend the alert rule Disk &#60;full&#62;"));

    let shown = imke.get(load).body;
    let at = shown.find("/actions/0").expect("a way to say that it is done");
    let action = shown[at..].split('"').next().expect("its end").to_owned();
    let mut done = form_to(&shown, &action);
    done.fields.push(("state".into(), "done".into()));
    assert_eq!(imke.post(&action, &done.fields()).location(), load);
    let row = "class=\"rulename\">Disk &#60;full&#62;";
    assert!(shown.contains(row), "{shown}");
    assert!(!imke.get(load).body.contains(row), "it opened no page, and nobody mends it");
}

/// The pickers of the form offer what is there; whoever types something else is told so at the field, also where it is folded
/// away, and what was typed stays, but for what is secret.
#[test]
fn what_a_form_of_self_service_names_has_to_be_there() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let document = json!({
        "apiVersion": "portolan.dev/v1", "kind": "Offering", "metadata": { "name": "picky", "title": "Picky" },
        "spec": {
            "owner": "basket", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
            "parameters": { "type": "object", "required": ["who"], "properties": {
                "who": { "type": "string", "x-picker": "owner", "title": "Who looks after it" },
                "store": { "type": "string", "x-picker": "entity", "x-kinds": ["resource"] },
                "place": { "type": "string", "x-picker": "environment", "x-group": "advanced" },
                "code": { "type": "string", "x-picker": "repository", "x-hosts": ["git.fairhaven.example"], "x-group": "advanced" },
                "pin": { "type": "string", "x-secret": true },
            } },
            "steps": [{ "id": "wait", "uses": "wait", "with": { "seconds": 0 } }],
        },
    });
    let mut api = portal.with_token("imke.sorensen", "write");
    let written = api.json("POST", "/api/v1/offerings", &document);
    assert_eq!(written.status, 201, "{}", written.body);

    let page = "/provision/picky";
    let form = form_to(&imke.get(page).body, page).press("do", "ask");
    let wrong = form
        .clone()
        .fill("p-who", "nobody")
        .fill("p-store", "checkout-api")
        .fill("p-place", "moon")
        .fill("p-code", "https://evil.example/a/b")
        .fill("p-pin", "s3cret-pin");
    let refused = imke.post(page, &wrong.fields());
    assert_eq!(refused.status, 422, "{}", refused.body);
    for words in [
        "4 things need mending",
        "<a href=\"#f-p-who\">Who looks after it: is not known here: there is no team &#34;nobody&#34;",
        "<a href=\"#f-p-store\">Store: is not in the catalog: there is no resource:default/checkout-api",
        "<a href=\"#f-p-place\">Place: must be one of production, staging",
        "<a href=\"#f-p-code\">Code: must be at git.fairhaven.example, and evil.example is not",
        "<details class=\"more\" open>",
        "value=\"moon\"",
    ] {
        assert!(refused.body.contains(words), "{words:?} is not in {}", refused.body);
    }
    assert!(!refused.body.contains("s3cret-pin"), "a secret is shown again");
    let kind = imke
        .post(page, &form.clone().fill("p-who", "ledger").fill("p-store", "component:checkout-api").fields());
    assert!(kind.body.contains("must be of the kind resource"), "{}", kind.body);
    // the API says the same
    let new = json!({ "offering": "picky", "params": { "who": "nobody", "store": "orders-db" } });
    let told = api.json("POST", "/api/v1/provisioning-requests", &new);
    assert!(
        told.status == 422 && told.body.contains("params.who") && !told.body.contains("params.store"),
        "{}",
        told.body
    );
    let good = form.fill("p-who", "ledger").fill("p-store", "orders-db").fill("p-place", "staging");
    let asked = imke.post(page, &good.fill("p-code", "git.fairhaven.example/shop/till").fields());
    assert_eq!(asked.status, 303, "{}", asked.body);
}

/// An admin is in few teams and may ask for all of them.
#[test]
fn an_admin_asks_for_any_team() {
    let portal = Portal::demo();
    let mut noor = portal.signed_in("noor.vandenberg");
    let form = noor.get("/provision/postgres-database").body;
    for team in ["basket", "ledger", "data-platform"] {
        assert!(form.contains(&format!("<option value=\"{team}\"")), "{team} is not in {form}");
    }
    let mut imke = portal.signed_in("imke.sorensen");
    assert!(!imke.get("/provision/postgres-database").body.contains("<option value=\"ledger\""));
}
