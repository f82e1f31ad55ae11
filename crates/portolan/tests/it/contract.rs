//! What the API promises beyond its document: addresses of what is made, 404 for what is not there, clear refusals.

use serde_json::{Value, json};

use crate::support::{http::Client, portal::Portal};

#[test]
fn what_is_made_has_an_address_and_what_is_not_there_is_not_found() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    for (path, body, address) in [
        (
            "/entities",
            json!({"kind": "component", "name": "Till", "owner": "basket", "about": {"type": "service", "lifecycle": "production"}}),
            "/api/v1/entities/component/default/till",
        ),
        ("/teams", json!({"slug": "tills", "name": "Tills"}), "/api/v1/teams/tills"),
        (
            "/people",
            json!({"handle": "ada", "name": "Ada", "email": "ada@fairhaven.example"}),
            "/api/v1/people/ada",
        ),
        ("/changes", json!({"entity": "till", "environment": "test", "version": "1"}), "/api/v1/changes/"),
    ] {
        let made = admin.json("POST", &format!("/api/v1{path}"), &body);
        assert_eq!(made.status, 201, "{path}: {}", made.body);
        assert!(made.location().starts_with(address), "{path}: {}", made.location());
        assert_eq!(admin.get(made.location()).status, 200, "{path}");
    }
    for path in [
        "/teams/nowhere/hand-over",
        "/entities/component/default/never/history",
        "/entities/component/default/never",
    ] {
        assert_eq!(admin.get(&format!("/api/v1{path}")).status, 404, "{path}");
    }
    let hand_over = json!({"owner": "basket"});
    assert_eq!(admin.json("POST", "/api/v1/teams/nowhere/hand-over", &hand_over).status, 404);
    assert_eq!(admin.json("POST", "/api/v1/teams/nowhere/confirmation", &json!({})).status, 404);
    let mut noor = portal.signed_in("noor.vandenberg");
    for page in [
        "/teams/nowhere/hand-over",
        "/activity?subject=component:default/never",
        "/activity?subject=team:nowhere",
    ] {
        assert_eq!(noor.get(page).status, 404, "{page}");
    }
    for page in
        ["/activity?subject=component:default/till", "/activity?subject=component:default/till&verb=team."]
    {
        assert_eq!(noor.get(page).status, 200, "{page}");
    }
    let unknown =
        admin.json("PUT", "/api/v1/entities/component/default/till/ownership", &json!({"owner": "nowhere"}));
    assert_eq!(unknown.status, 422);
    assert!(unknown.body.contains(r#""field":"owner""#), "{}", unknown.body);
}

#[test]
fn layers_that_need_a_reason_are_added_and_ended_with_one() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    let layer = |name: &str, person: &str| json!({"name": name, "hand_off": "2027-01-04T09:00", "every": 1, "unit": "weeks", "participants": [person]});
    let with_reason = |mut body: Value, reason: &str| {
        body["reason"] = json!(reason);
        body
    };
    let schedule = json!({"team": "basket", "slug": "tills", "name": "Tills", "purpose": "on-call", "time_zone": "UTC",
        "layers": [with_reason(layer("First", "imke.sorensen"), "We are few")]});
    let made = admin.json("POST", "/api/v1/schedules", &schedule);
    assert_eq!(made.status, 201, "{}", made.body);
    let layers = "/api/v1/schedules/tills/layers";
    let bare = admin.json("POST", layers, &layer("Second", "zoe.vandam"));
    assert_eq!(bare.status, 422, "{}", bare.body);
    assert!(bare.body.contains(r#""field":"reason""#), "{}", bare.body);
    let added = admin.json("POST", layers, &with_reason(layer("Second", "zoe.vandam"), "Until spring"));
    assert_eq!(added.status, 201, "{}", added.body);
    let all: Value = serde_json::from_str(&added.body).unwrap();
    let second = all["items"].as_array().unwrap().iter().find(|layer| layer["name"] == "Second").unwrap();
    let address = format!("{layers}/{}", second["id"].as_str().unwrap());
    let bare = admin.send("DELETE", &address, &[], b"");
    assert!(bare.status == 422 && bare.body.contains(r#""field":"reason""#), "{}", bare.body);
    let ended = admin.send("DELETE", &format!("{address}?reason=Zoe+has+left"), &[], b"");
    assert_eq!(ended.status, 204, "{}", ended.body);
    let kept = admin.get("/api/v1/activity?subject=schedule:tills").body;
    for reason in ["We are few", "Until spring", "Zoe has left"] {
        assert!(kept.contains(reason), "{reason} is not in {kept}");
    }
}

#[test]
fn settings_are_replaced_as_a_whole() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    let refused = admin.json("PUT", "/api/v1/settings", &json!({}));
    assert_eq!(refused.status, 422);
    let problems: Value = serde_json::from_str(&refused.body).unwrap();
    let fields: Vec<_> =
        problems["problems"].as_array().unwrap().iter().map(|p| p["field"].clone()).collect();
    assert_eq!(fields.len(), 11, "{fields:?}");
    assert_eq!(fields[..3], ["usage_names_days", "confirm_after_days", "confirm_asks_a_month"]);
    let all = json!({"usage_names_days": 30, "confirm_after_days": null, "confirm_asks_a_month": 2, "load_good_one_in": 8,
        "load_least_one_in": 3, "load_pages_good": 1, "load_pages_most": 4, "load_false_alarms_most": 25, "load_essential_warn": 30, "load_essential_alarm": 45,
        "cost_centre_annotation": "example.org/cost-centre"});
    let turned = admin.json("PUT", "/api/v1/settings", &all);
    assert_eq!(serde_json::from_str::<Value>(&turned.body).unwrap(), all);
    let mut reader = portal.with_token("imke.sorensen", "write");
    assert_eq!(reader.json("PUT", "/api/v1/settings", &all).status, 403);
}

#[test]
fn words_with_a_nul_find_nothing_rather_than_everything() {
    let portal = Portal::demo();
    let (mut token, mut imke) =
        (portal.with_token("imke.sorensen", "read"), portal.signed_in("imke.sorensen"));
    for q in ["%00", "check%00out"] {
        for list in ["search", "entities", "people", "teams"] {
            let answer = token.get(&format!("/api/v1/{list}?q={q}"));
            assert_eq!(answer.status, 422, "{list}: {}", answer.body);
            assert!(answer.body.contains("NUL"), "{list}: {}", answer.body);
        }
        for page in ["/search", "/search/quick", "/search/people", "/catalog", "/people"] {
            assert_eq!(imke.get(&format!("{page}?q={q}")).status, 422, "{page}");
        }
    }
}

#[test]
fn the_tag_of_an_entity_changes_with_what_others_say_of_it() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    for body in [
        json!({"kind": "system", "name": "tills", "owner": "basket", "about": {"domain": "money"}}),
        json!({"kind": "component", "name": "till", "owner": "basket", "about": {"type": "service", "lifecycle": "production", "system": "tills"}}),
    ] {
        let made = admin.json("POST", "/api/v1/entities", &body);
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let till = "/api/v1/entities/component/default/till";
    let tag = admin.get(till).header("etag").expect("a tag").to_owned();
    let ask = |admin: &mut Client| admin.send("GET", till, &[("If-None-Match", &tag)], b"");
    assert_eq!(ask(&mut admin).status, 304);
    let moved = admin.json("PATCH", "/api/v1/entities/system/default/tills", &json!({"domain": "shop"}));
    assert_eq!(moved.status, 200, "{}", moved.body);
    let again = ask(&mut admin);
    assert_eq!(again.status, 200);
    assert!(again.body.contains("domain:default/shop"), "{}", again.body);
}
