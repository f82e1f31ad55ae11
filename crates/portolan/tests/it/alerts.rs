//! Alerts from outside, end to end: a team makes an integration, tools tell their alerts, people see pages and act on them.

use serde_json::{Value, json};

use crate::support::{
    http::{Answer, Client},
    page::form_to,
    portal::Portal,
};

/// A portal in which Ada, who leads Basket, owns checkout.
struct Shop {
    portal: Portal,
    ada: Client,
}

impl Shop {
    fn new() -> Self {
        let portal = Portal::empty();
        portal.make_admin("ada");
        let mut ada = portal.with_token("ada", "admin");
        let made =
            ada.json("POST", "/api/v1/teams", &json!({ "slug": "basket", "name": "Basket", "lead": "ada" }));
        assert_eq!(made.status, 201, "{}", made.body);
        let service = json!({ "kind": "component", "name": "checkout", "owner": "basket", "about": { "type": "service", "lifecycle": "production" } });
        assert_eq!(ada.json("POST", "/api/v1/entities", &service).status, 201);
        Self { portal, ada }
    }

    /// The path of a new integration of Basket's.
    fn integration(&mut self, kind: &str) -> String {
        let new = json!({ "team": "basket", "kind": kind, "name": kind });
        let made = self.ada.json("POST", "/api/v1/alert-integrations", &new);
        assert_eq!((made.status, made.header("cache-control")), (201, Some("no-store")), "{}", made.body);
        let url = read(&made)["url"].as_str().expect("an address").to_owned();
        url[url.find("/api/").expect("a path")..].to_owned()
    }

    /// Tells something; nobody is signed in.
    fn tell(&self, path: &str, body: &str) -> Answer {
        self.portal.stranger().send("POST", path, &[("Content-Type", "application/json")], body.as_bytes())
    }

    fn pages(&mut self) -> Vec<Value> {
        let answer = self.ada.get("/api/v1/pages");
        assert_eq!(answer.status, 200, "{}", answer.body);
        read(&answer)["items"].as_array().expect("a list").clone()
    }
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body))
}

fn alertmanager(status: &str, truncated: u64) -> String {
    json!({
        "version": "4", "groupKey": "{}:{alertname=\"Slow\"}", "truncatedAlerts": truncated, "status": status, "receiver": "portolan",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am", "notification_reason": "x",
        "alerts": [{ "status": status, "labels": { "alertname": "Slow", "service": "checkout", "severity": "critical" },
            "annotations": { "summary": "Payments wait 4 s" }, "startsAt": "2026-11-19T01:55:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://prom.example/graph", "fingerprint": "bb1b6e2f4d5c7a90" }],
    })
    .to_string()
}

#[test]
fn an_alertmanager_opens_a_page_and_closes_it() {
    let mut shop = Shop::new();
    let path = shop.integration("alertmanager");
    let first = shop.tell(&path, &alertmanager("firing", 0));
    assert_eq!((first.status, &read(&first)["fired"]), (200, &json!(1)), "{}", first.body);
    for _ in 0..3 {
        assert_eq!(read(&shop.tell(&path, &alertmanager("firing", 0)))["repeated"], 1);
    }
    assert_eq!(read(&shop.tell(&path, &alertmanager("resolved", 9)))["closed"], 0, "it was cut");
    let pages = shop.pages();
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert_eq!(
        [&pages[0]["state"], &pages[0]["entity"], &pages[0]["summary"], &pages[0]["times_told"]],
        [&json!("open"), &json!("component:default/checkout"), &json!("Payments wait 4 s"), &json!(4)]
    );
    assert_eq!(read(&shop.tell(&path, &alertmanager("resolved", 0)))["closed"], 1);
    assert_eq!(shop.pages()[0]["state"], "resolved");
}

#[test]
fn what_cannot_be_read_is_answered_so_that_it_is_not_sent_again() {
    let mut shop = Shop::new();
    let path = shop.integration("alertmanager");
    for body in ["", "{", "[]", r#"{"text":"FIRING"}"#, r#"{"version":"4","groupKey":"x"}"#] {
        let refused = shop.tell(&path, body);
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    }
    let custom = shop.tell(&path, r#"{"text":"FIRING"}"#);
    assert!(custom.body.contains("take `payload` out"), "{}", custom.body);
    let listed = read(&shop.ada.get("/api/v1/alert-integrations?team=basket"));
    assert!(
        listed["items"][0]["last_refusal"].as_str().is_some_and(|why| why.contains("payload")),
        "{listed}"
    );
    for wrong in [
        path.replace("/alertmanager", "/alerts"),
        path.replace("pta_", "pta_x"),
        "/api/v1/integrations/x/alerts".into(),
    ] {
        assert_eq!(shop.tell(&wrong, &alertmanager("firing", 0)).status, 404, "{wrong}");
    }
    let big = format!(r#"{{"routing_key":"{}"}}"#, "x".repeat(600 * 1024));
    let pagerduty = shop.integration("pagerduty");
    assert_eq!(shop.tell(&pagerduty, &big).status, 413);
    assert!(shop.pages().is_empty());
    // closed, it opens nothing
    let id = listed["items"][0]["id"].as_str().expect("a key").to_owned();
    assert_eq!(
        shop.ada.json("DELETE", &format!("/api/v1/alert-integrations/{id}"), &Value::Null).status,
        204
    );
    assert_eq!(shop.tell(&path, &alertmanager("firing", 0)).status, 404);
}

#[test]
fn a_line_of_json_and_the_events_of_pagerduty_do_the_same() {
    let mut shop = Shop::new();
    let path = shop.integration("generic");
    let told = |status: &str| {
        json!({ "dedup_key": "disk", "status": status, "summary": "Disk is full", "service": "checkout" })
            .to_string()
    };
    assert_eq!(shop.tell(&path, &told("firing")).status, 200);
    assert_eq!(shop.tell(&path, &told("acknowledged")).status, 200);
    assert_eq!(shop.pages()[0]["state"], "acknowledged");
    assert_eq!(read(&shop.tell(&path, &told("resolved")))["closed"], 1);

    let path = shop.integration("pagerduty");
    let trigger = json!({ "routing_key": "R", "event_action": "trigger", "payload": { "summary": "CPU", "source": "web-7", "severity": "critical" } });
    let made = shop.tell(&path, &trigger.to_string());
    assert_eq!((made.status, &read(&made)["status"]), (202, &json!("success")), "{}", made.body);
    let key = read(&made)["dedup_key"].clone();
    let resolve = json!({ "routing_key": "R", "event_action": "resolve", "dedup_key": key });
    assert_eq!(shop.tell(&path, &resolve.to_string()).status, 202);
    assert!(shop.pages().iter().all(|page| page["state"] == "resolved"), "{:?}", shop.pages());
}

#[test]
fn a_page_is_acknowledged_resolved_and_judged_with_forms() {
    let mut shop = Shop::new();
    let path = shop.integration("generic");
    let told =
        json!({ "dedup_key": "disk", "status": "firing", "summary": "Disk is full", "service": "checkout" });
    let number = read(&shop.tell(&path, &told.to_string()))["opened"][0].to_string();
    let page = format!("/pages/{number}");
    let mut ada = shop.portal.signed_in("ada");
    let service = ada.get("/catalog/component/default/checkout").body;
    assert!(service.contains("Disk is full") && service.contains(&page), "{service}");
    let list = ada.get("/pages");
    assert!(list.body.contains("1 page waits for somebody"), "{}", list.body);
    let press = form_to(&list.body, &format!("{page}/acknowledgement"));
    assert_eq!(
        ada.post(&press.action, &press.fields()).location(),
        "/pages",
        "back to the list it was pressed on"
    );
    let again = ada.post(&press.action, &press.fields());
    assert_eq!(again.status, 303, "pressed twice");
    let view = ada.get(&page).body;
    assert!(view.contains("Somebody is on it") && view.contains("Somebody else"), "{view}");
    let note = form_to(&view, &format!("{page}/notes")).fill("text", "the old logs");
    assert_eq!(ada.post(&note.action, &note.fields()).location(), page);
    let over = form_to(&view, &format!("{page}/resolution")).fill("note", "deleted them");
    assert_eq!(ada.post(&over.action, &over.fields()).status, 303);
    let list = ada.get("/pages?show=unjudged").body;
    let judge = form_to(&list, &format!("{page}/judgement"));
    let fields = [judge.fields(), vec![("judgement", "real-impact")]].concat();
    assert_eq!(ada.post(&judge.action, &fields).location(), "/pages?show=unjudged");
    let view = ada.get(&page).body;
    for words in ["Real impact", "the old logs", "deleted them", "Judged: real impact"] {
        assert!(view.contains(words), "{words:?} is not in {view}");
    }
    let unknown = ada.get("/pages/99999");
    assert_eq!(unknown.status, 404);
}

#[test]
fn a_policy_and_an_integration_are_made_with_forms() {
    let shop = Shop::new();
    let mut ada = shop.portal.signed_in("ada");
    let form = form_to(&ada.get("/teams/basket/policies/new").body, "")
        .fill("slug", "basket")
        .fill("name", "Basket");
    let wrong = form.clone().fill("kind-1", "person").fill("name-1", "nobody-here");
    let refused = ada.post("/teams/basket/policies/new", &wrong.fields());
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Steps, entry 2, person: names no person"), "{}", refused.body);
    let made = ada.post("/teams/basket/policies/new", &form.fields());
    assert_eq!(made.location(), "/teams/basket/paging", "{}", made.body);
    let shown = ada.get("/teams/basket/paging").body;
    assert!(
        shown.contains("Whoever is on call for Basket") && shown.contains("Whoever leads Basket"),
        "{shown}"
    );
    let edit = form_to(&ada.get("/escalation-policies/basket").body, "").fill("repeats", "3");
    assert_eq!(ada.post("/escalation-policies/basket", &edit.fields()).status, 303);
    let stale = ada.post("/escalation-policies/basket", &edit.fields());
    assert_eq!(stale.status, 409, "two who edit do not overwrite each other");

    let form = form_to(&ada.get("/teams/basket/integrations").body, "/teams/basket/integrations")
        .fill("name", "Prometheus");
    let made = ada.post("/teams/basket/integrations", &form.fields());
    assert!(made.status == 201 && made.body.contains("/api/v1/integrations/pta_"), "{}", made.body);
    assert!(!ada.get("/teams/basket/integrations").body.contains("pta_"), "the key is shown once");
    let page = ada.get("/teams/basket/integrations").body;
    let at = page.find("/alert-integrations/").expect("a link");
    let one = page[at..].split('"').next().expect("its end").to_owned();
    let edit = form_to(&ada.get(&one).body, "").fill("routes", "app\ndb resource");
    assert_eq!(ada.post(&one, &edit.fields()).location(), "/teams/basket/integrations");
    assert!(ada.get(&one).body.contains("db resource default"), "{}", ada.get(&one).body);
}
