//! What waits for somebody stands on their home, with the press it waits for; a page leads to its incident and back.

use super::Visitor;
use crate::support::portal::Portal;

#[test]
fn a_page_waits_on_home_until_somebody_is_on_it_and_says_what_it_was() {
    let portal = Portal::demo();
    let mut imke = Visitor::new(portal.signed_in("imke.sorensen"));
    let mut maya = Visitor::new(portal.signed_in("maya.chen"));
    let page = raised(&mut imke);
    let number = page.trim_start_matches("/pages/").to_owned();
    imke.submits(&page, &format!("{page}/reassignment"), &[("person", "maya.chen")], &page);

    maya.sees("/", "1 page waits for you");
    maya.sees("/", "Nobody is on it</b>: <a href=\"");
    maya.submits("/", &format!("{page}/acknowledgement"), &[], &page);
    maya.sees("/", &format!("Go on with it<span class=\"out\">: page {number}"));
    let second = maya.client.get("/").body;
    assert!(!second.contains("/acknowledgement"), "somebody is on it: {second}");
    maya.sees(&page, "If nobody answers");

    maya.submits(&page, &format!("{page}/resolution"), &[("note", "Rolled back")], &page);
    maya.presses_on_home(&format!("{page}/judgement"), ("judgement", "real-impact"));
    let home = maya.client.get("/").body;
    assert!(!home.contains(&format!("{page}/")), "nothing of it waits any more: {home}");
}

/// What it opens from, by number and by key, is filled in; and both name each other.
#[test]
fn an_incident_is_opened_from_a_page() {
    let portal = Portal::demo();
    let mut imke = Visitor::new(portal.signed_in("imke.sorensen"));
    let page = raised(&mut imke);
    let number = page.trim_start_matches("/pages/").to_owned();
    let new = format!("/incidents/new?page={number}");
    imke.sees(&page, &format!("href=\"{new}\""));
    let form = imke.form(&new, "/incidents/new");
    let value = |name: &str| form.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned());
    assert_eq!(value("title").as_deref(), Some("Carts are empty"));
    assert_eq!(value("affected").as_deref(), Some("component:default/checkout-api"));
    assert_eq!(value("severity").as_deref(), Some("1"), "an outage is critical");
    assert_eq!(
        value("slo_saw").as_deref(),
        Some("unknown"),
        "objectives are declared, and nobody has looked yet"
    );
    let opened = imke.send(&form);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let incident = opened.location().to_owned();
    imke.sees(&incident, &format!("<a href=\"{page}\">Page {number}</a>"));
    imke.sees(&page, &format!("<a href=\"{incident}\">Look at it</a>"));
    let shown = imke.client.get(&page).body;
    assert!(!shown.contains("Open an incident"), "one lasts: {shown}");
    imke.sees("/", "Others were told nothing yet.");

    let mut api = portal.with_token("imke.sorensen", "write");
    let key = api.get(&format!("/api/v1/pages/{number}")).body;
    let key: serde_json::Value = serde_json::from_str(&key).expect("JSON");
    let mut lasts: i64 = incident.trim_start_matches("/incidents/").parse().expect("a number");
    for page in [key["id"].clone(), serde_json::json!(number.parse::<i64>().expect("a number"))] {
        let body = serde_json::json!({ "page": page, "noticed_by": "alert", "slo_saw": "yes" });
        let twice = api.json("POST", "/api/v1/incidents", &body);
        assert!(twice.status == 409 && twice.body.contains(&format!("incident {lasts} ")), "{}", twice.body);
        let over = serde_json::json!({ "move": "end" });
        let ended = api.json("POST", &format!("/api/v1/incidents/{lasts}/moves"), &over);
        assert_eq!(ended.status, 200, "{}", ended.body);
        let opened = api.json("POST", "/api/v1/incidents", &body);
        assert_eq!(opened.status, 201, "{}", opened.body);
        let told: serde_json::Value = serde_json::from_str(&opened.body).expect("JSON");
        lasts = told["number"].as_i64().expect("its number");
        assert!(opened.body.contains("Carts are empty"), "{}", opened.body);
        assert!(opened.body.contains(&format!("\"page_number\":{number}")), "{}", opened.body);
    }
    let of_it = api.get(&format!("/api/v1/incidents?page={number}")).body;
    assert!(of_it.contains("\"total\":3"), "{of_it}");
    let unknown = serde_json::json!({ "page": 99_999, "noticed_by": "alert", "slo_saw": "yes" });
    let refused = api.json("POST", "/api/v1/incidents", &unknown);
    assert!(refused.status == 422 && refused.body.contains("there is no page"), "{}", refused.body);
    assert_eq!(imke.client.get("/incidents/new?page=99999").status, 404);
}

/// A page of checkout-api that Imke raises.
fn raised(imke: &mut Visitor) -> String {
    let from = "/pages/new?entity=component:default/checkout-api";
    let new = [("summary", "Carts are empty"), ("impact", "Every shop"), ("environment", "production")];
    let form = imke.form_with(from, "/pages/new", &new).press("how_bad", "outage");
    let paged = imke.send(&form);
    assert_eq!(paged.status, 303, "{}", paged.body);
    paged.location().to_owned()
}

impl Visitor {
    fn presses_on_home(&mut self, action: &str, button: (&str, &str)) {
        let form = self.form("/", action).press(button.0, button.1);
        let answer = self.send(&form);
        assert_eq!((answer.status, answer.location()), (303, "/"), "{action}: {}", answer.body);
    }
}
