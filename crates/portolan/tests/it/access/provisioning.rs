//! Who may do what with offerings, requests and what was made. Ada, the admin, asks for everything here, for the harbour; the
//! harbour's own offering is decided by its members, which is Mia.

use serde_json::{Value, json};

use super::{Caller, Cells, Row, Scene, anybody, owners, readers, text};

/// Owners, and whoever asked: also Ada's token that only writes.
const fn near(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "403", answer, answer, answer, answer, answer]
}

/// Members of the offering's team alone, and of them nobody who asked.
const fn deciders(answer: &'static str) -> Cells<9> {
    ["401", "403", "403", "403", answer, "403", "403", "403", "403"]
}

const OFFERING: &str = r#"{"apiVersion":"portolan.dev/v1","kind":"Offering","metadata":{"name":"matrix-{n}"},"spec":{"owner":"harbour","stage":"general","experience":"call-an-api","sharing":"shared-code","steps":[{"id":"wait","uses":"wait","with":{"seconds":0}}]}}"#;

pub(super) const API: &[Row<9>] = &[
    ("GET", "/api/v1/offerings", "/api/v1/offerings", "", readers("200")),
    ("POST", "/api/v1/offerings", "/api/v1/offerings", OFFERING, owners("201")),
    ("GET", "/api/v1/offerings/{name}", "/api/v1/offerings/{offer}", "", readers("200")),
    (
        "POST",
        "/api/v1/offerings/{name}/check",
        "/api/v1/offerings/{offer}/check",
        r#"{"team":"harbour"}"#,
        readers("200"),
    ),
    ("GET", "/api/v1/provisioning-requests", "/api/v1/provisioning-requests", "", readers("200")),
    (
        "POST",
        "/api/v1/provisioning-requests",
        "/api/v1/provisioning-requests",
        r#"{"offering":"{offer}","team":"harbour"}"#,
        // who is not of the team is told so as a problem of the field
        ["401", "403", "403", "422", "201", "201", "201", "422", "201"],
    ),
    (
        "GET",
        "/api/v1/provisioning-requests/{number}",
        "/api/v1/provisioning-requests/{waits}",
        "",
        readers("200"),
    ),
    (
        "POST",
        "/api/v1/provisioning-requests/{number}/approval",
        "/api/v1/provisioning-requests/{waits}/approval",
        "{}",
        deciders("200"),
    ),
    (
        "POST",
        "/api/v1/provisioning-requests/{number}/refusal",
        "/api/v1/provisioning-requests/{waits}/refusal",
        r#"{"note":"no"}"#,
        deciders("200"),
    ),
    (
        "POST",
        "/api/v1/provisioning-requests/{number}/delegation",
        "/api/v1/provisioning-requests/{waits}/delegation",
        r#"{"to":"lou"}"#,
        deciders("200"),
    ),
    (
        "POST",
        "/api/v1/provisioning-requests/{number}/cancellation",
        "/api/v1/provisioning-requests/{waits}/cancellation",
        "{}",
        near("200"),
    ),
    // they may, and there is nothing to try again, to undo or to judge
    (
        "POST",
        "/api/v1/provisioning-requests/{number}/retry",
        "/api/v1/provisioning-requests/{waits}/retry",
        "",
        near("409"),
    ),
    (
        "POST",
        "/api/v1/provisioning-requests/{number}/undoing",
        "/api/v1/provisioning-requests/{waits}/undoing",
        "",
        near("409"),
    ),
    (
        "PUT",
        "/api/v1/provisioning-requests/{number}/satisfaction",
        "/api/v1/provisioning-requests/{waits}/satisfaction",
        r#"{"satisfaction":5}"#,
        near("409"),
    ),
    (
        "POST",
        "/api/v1/provisioning-requests/{number}/support-request",
        "/api/v1/provisioning-requests/{waits}/support-request",
        "",
        near("200"),
    ),
    (
        "GET",
        "/api/v1/provisioning-requests/{number}/log",
        "/api/v1/provisioning-requests/{waits}/log",
        "",
        readers("200"),
    ),
    // anybody may write one down; it is seen by whoever wrote it, which is Ada
    (
        "POST",
        "/api/v1/provisioning-drafts",
        "/api/v1/provisioning-drafts",
        r#"{"offering":"{offer}","team":"harbour"}"#,
        ["401", "403", "403", "201", "201", "201", "201", "201", "201"],
    ),
    (
        "PUT",
        "/api/v1/provisioning-drafts/{number}",
        "/api/v1/provisioning-drafts/{draft}",
        r#"{"offering":"drafted","team":"harbour","reason":"again"}"#,
        ["401", "403", "403", "404", "404", "404", "404", "200", "200"],
    ),
    (
        "POST",
        "/api/v1/provisioning-drafts/{number}/submission",
        "/api/v1/provisioning-drafts/{draft}/submission",
        "{}",
        // who is not of the team is told so as a problem of the field
        ["401", "404", "403", "404", "404", "404", "404", "422", "200"],
    ),
    (
        "DELETE",
        "/api/v1/provisioning-drafts/{number}",
        "/api/v1/provisioning-drafts/{draft}",
        "",
        ["401", "403", "403", "404", "404", "404", "404", "204", "204"],
    ),
    // of one that is over: the stream ends at once
    (
        "GET",
        "/api/v1/provisioning-requests/{number}/events",
        "/api/v1/provisioning-requests/{tookback}/events",
        "",
        readers("200"),
    ),
    ("GET", "/api/v1/resources", "/api/v1/resources", "", readers("200")),
    ("GET", "/api/v1/resources/{id}", "/api/v1/resources/{had}", "", readers("200")),
    (
        "POST",
        "/api/v1/resources/{id}/actions/{name}",
        "/api/v1/resources/{had}/actions/touch",
        "{}",
        owners("201"),
    ),
    (
        "POST",
        "/api/v1/resources/{id}/actions/{name}/check",
        "/api/v1/resources/{had}/actions/touch/check",
        "{}",
        readers("200"),
    ),
    ("POST", "/api/v1/resources/{id}/renewal", "/api/v1/resources/{had}/renewal", "", owners("200")),
    ("GET", "/api/v1/resources/{id}/credentials", "/api/v1/resources/{had}/credentials", "", readers("200")),
    ("GET", "/api/v1/resources/{id}/states", "/api/v1/resources/{had}/states", "", readers("200")),
    // there is no such state
    (
        "POST",
        "/api/v1/resources/{id}/states/{state}/restoration",
        "/api/v1/resources/{had}/states/{nothing}/restoration",
        r#"{"version":1}"#,
        owners("404"),
    ),
    (
        "POST",
        "/api/v1/resources/{id}/states/{state}/export",
        "/api/v1/resources/{had}/states/{nothing}/export",
        "",
        owners("404"),
    ),
    (
        "GET",
        "/api/v1/resources/{id}/takeover",
        "/api/v1/resources/{had}/takeover",
        "",
        ["401", "403", "403", "403", "200", "200", "200", "403", "200"],
    ),
    // it has none; they are the team's own, and no admin's
    (
        "POST",
        "/api/v1/resources/{id}/credentials",
        "/api/v1/resources/{had}/credentials",
        "",
        ["401", "403", "403", "403", "409", "409", "409", "403", "403"],
    ),
    ("GET", "/api/v1/waivers", "/api/v1/waivers", "", readers("200")),
    (
        "POST",
        "/api/v1/waivers",
        "/api/v1/waivers",
        r#"{"offering":"{offer}","guardrail":"never","team":"harbour","reason":"the matrix","ends_on":"{someday}"}"#,
        owners("201"),
    ),
    ("POST", "/api/v1/waivers/{id}/approval", "/api/v1/waivers/{waiver}/approval", "{}", WAIVERS),
    ("POST", "/api/v1/waivers/{id}/refusal", "/api/v1/waivers/{waiver}/refusal", r#"{"note":"no"}"#, WAIVERS),
    ("DELETE", "/api/v1/waivers/{id}", "/api/v1/waivers/{waiver}", "", owners("200")),
    // the secret in the address is the credential
    (
        "POST",
        "/api/v1/provisioning-callbacks/{step}/{secret}",
        "/api/v1/provisioning-callbacks/{nothing}/x",
        "{}",
        anybody("404"),
    ),
];

/// The offering's team, but not Ada, who asked.
const WAIVERS: Cells<9> = ["401", "403", "403", "403", "200", "200", "200", "403", "403"];

impl Scene {
    /// An offering of the harbour that its members decide on if they are asked to.
    fn offering(&self, name: String) -> String {
        let rule = json!({ "name": "never", "ensure": "true", "otherwise": "deny", "message": "-" });
        let word =
            json!({ "name": "word", "when": "params.ask", "because": "asked to", "by": ["offering-team"] });
        let ask =
            json!({ "type": "object", "properties": { "ask": { "type": "boolean", "default": false } } });
        let step = json!([{ "id": "wait", "uses": "wait", "with": { "seconds": 0 } }]);
        let document = json!({
            "apiVersion": "portolan.dev/v1", "kind": "Offering", "metadata": { "name": name },
            "spec": {
                "owner": "harbour", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
                "parameters": ask, "guardrails": [rule], "approvals": [word], "steps": step,
                "expiry": { "reviewAfterDays": 30 }, "actions": [{ "name": "touch", "title": "Touch", "steps": step }],
            },
        });
        self.make("/api/v1/offerings", &document);
        name
    }

    /// Makes what a word in a request about self-service stands for.
    pub(super) fn made_by_itself(&self, word: &str, n: &str, mine: &mut Caller) -> String {
        match word {
            "offer" => self.offering(format!("offer-{n}")),
            "waits" => {
                let offering = self.made("offer", mine);
                let new = json!({ "offering": offering, "team": "harbour", "params": { "ask": true } });
                self.make("/api/v1/provisioning-requests", &new)["number"].to_string()
            }
            "draft" => {
                let new = json!({ "offering": self.offering("drafted".into()), "team": "harbour" });
                self.make("/api/v1/provisioning-drafts", &new)["number"].to_string()
            }
            "tookback" => {
                let number = self.made("waits", mine);
                let path = format!("/api/v1/provisioning-requests/{number}/cancellation");
                assert_eq!(self.admin.borrow_mut().json("POST", &path, &json!({})).status, 200);
                number
            }
            "had" => {
                let offering = self.made("offer", mine);
                let new = json!({ "offering": offering, "team": "harbour" });
                let number = self.make("/api/v1/provisioning-requests", &new)["number"].to_string();
                let path = format!("/api/v1/provisioning-requests/{number}");
                for _ in 0..300 {
                    let answer = self.admin.borrow_mut().get(&path);
                    let request: Value = serde_json::from_str(&answer.body).expect("JSON");
                    if request["state"] == "succeeded" {
                        return text(&request["resource"]);
                    }
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
                panic!("request {number} does not end")
            }
            "waiver" => {
                let offering = self.made("offer", mine);
                let ends = self.made("someday", mine);
                let new = json!({ "offering": offering, "guardrail": "never", "team": "harbour", "reason": n, "ends_on": ends });
                text(&self.make("/api/v1/waivers", &new)["id"])
            }
            "someday" => {
                let now = uuid::Uuid::now_v7().get_timestamp().expect("a time").to_unix().0;
                let then =
                    jiff::Timestamp::from_second(i64::try_from(now).expect("seconds") + 10 * 24 * 3600);
                then.expect("an instant").strftime("%Y-%m-%d").to_string()
            }
            _ => panic!("{{{word}}} is not known"),
        }
    }
}
