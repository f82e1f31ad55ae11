//! Operational reviews as people and programs meet them, at Fairhaven.

use jiff::{ToSpan, tz::TimeZone};
use portolan_domain::{Clock, support::Week};
use serde_json::{Value, json};

use crate::support::{http::Client, page::form_to, portal::Portal};

fn read(client: &mut Client, path: &str) -> Value {
    let answer = client.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// The week that runs where Basket is.
fn running() -> Week {
    let zone = TimeZone::get("Europe/Amsterdam").expect("a zone");
    Week::of(Clock::system().now(), &zone)
}

#[test]
fn a_program_reads_a_week_freezes_it_and_reads_the_same_for_ever() {
    let portal = Portal::demo();
    let mut imke = portal.with_token("imke.sorensen", "write");
    let last = running().before(1);
    let live = read(&mut imke, "/api/v1/operational-reviews?team=basket");
    assert_eq!((&live["week"], &live["team"]["slug"]), (&json!(last.to_string()), &json!("basket")));
    assert!(live["pages"]["counts"]["total"].as_i64().expect("a number") > 0, "{live}");
    assert_eq!(live["pages"]["list"]["more"], 0);

    let new = json!({ "team": "basket", "week": last.to_string(), "note": "As it was." });
    let made = imke.json("POST", "/api/v1/operational-reviews", &new);
    assert_eq!(
        (made.status, made.location()),
        (201, "/api/v1/operational-reviews/basket/3"),
        "{}",
        made.body
    );
    let page = &live["pages"]["list"]["items"][0];
    let judged = format!("/api/v1/pages/{}/judgement", page["number"]);
    let verdict = if page["judgement"] == "duplicate" { "no-impact" } else { "duplicate" };
    assert_eq!(imke.json("PUT", &judged, &json!({ "judgement": verdict })).status, 200, "{judged}");
    let frozen = read(&mut imke, "/api/v1/operational-reviews/basket/3");
    assert_eq!(frozen["review"]["pages"], live["pages"], "judged later");
    assert_ne!(read(&mut imke, "/api/v1/operational-reviews?team=basket")["pages"], live["pages"]);
    assert_eq!(
        (&frozen["note"], &frozen["frozen_by"]["handle"]),
        (&json!("As it was."), &json!("imke.sorensen"))
    );

    let list = read(&mut imke, &format!("/api/v1/operational-reviews/basket?week={last}&limit=1"));
    assert_eq!((&list["items"][0]["number"], &list["total"]), (&json!(3), &json!(2)));
    for (path, status) in [
        ("/api/v1/operational-reviews?team=basket&week=2026-47", 422),
        ("/api/v1/operational-reviews?team=ledger", 403),
        ("/api/v1/operational-reviews/ledger/1", 403),
        ("/api/v1/operational-reviews/basket/99", 404),
        ("/api/v1/organisation-review?month=2026-13", 422),
    ] {
        assert_eq!(imke.get(path).status, status, "{path}");
    }
}

#[test]
fn a_week_is_looked_at_frozen_and_printed_from_its_page() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let page = format!("/teams/basket/review?week={}", running());
    let shown = imke.get(&page).body;
    assert!(shown.contains("This week is not over."), "{shown}");
    assert!(!shown.contains("rel=\"next\""), "no way to a week that has not begun");
    let form = form_to(&shown, "/teams/basket/reviews");
    let refused = imke.post("/teams/basket/reviews", &form.fields());
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("What is to be said of the week: is needed")
            && refused.body.contains("is not over, so say why"),
        "{}",
        refused.body
    );
    let form = form_to(&refused.body, "/teams/basket/reviews").fill("note", "Imke is away on Monday.");
    let frozen = imke.post("/teams/basket/reviews", &form.fields());
    assert_eq!((frozen.status, frozen.location()), (303, "/teams/basket/reviews/3"), "{}", frozen.body);
    let snapshot = imke.get("/teams/basket/reviews/3").body;
    assert!(snapshot.contains("Imke is away on Monday.") && snapshot.contains("before the week was over"));
    assert_eq!(imke.get("/teams/basket/reviews/3x").status, 404);

    let ahead = imke.get(&format!("/teams/basket/review?week={}", running().next()));
    assert_eq!(ahead.status, 422, "{}", ahead.body);
    let empty = imke.get("/teams/basket/review?week=2026-W02").body;
    for calm in [
        "A quiet week",
        "Nothing paged the team.",
        "Nobody asked for anything",
        "Nothing went to production.",
    ] {
        assert!(empty.contains(calm), "{calm:?} is not in {empty}");
    }
    assert!(empty.contains("rel=\"next\""), "and on to the next one");
}

#[test]
fn a_month_tells_what_stands_out_and_never_of_a_person() {
    let portal = Portal::demo();
    let mut sanne = portal.signed_in("sanne.hoekstra");
    let shown = sanne.get("/reviews").body;
    assert!(shown.contains("What stands out in"), "{shown}");
    let told = shown
        .split("id=\"teams\"")
        .nth(1)
        .and_then(|rest| rest.split("id=\"incidents\"").next())
        .expect("teams");
    assert!(!told.contains("/people/"), "{told}");
    let ahead = Clock::system().now().to_zoned(TimeZone::UTC).date() + 40.days();
    assert_eq!(sanne.get(&format!("/reviews?month={}", ahead.strftime("%Y-%m"))).status, 422);
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    let month = read(&mut admin, "/api/v1/organisation-review");
    let names: Vec<_> = month["teams"]["items"]
        .as_array()
        .expect("teams")
        .iter()
        .map(|t| t["team"]["name"].as_str().expect("a name").to_lowercase())
        .collect();
    assert!(names.is_sorted(), "by name: {names:?}");
    assert!(month["looked_at"].as_i64().expect("a number") >= 12);
}
