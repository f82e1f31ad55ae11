//! Deployment webhooks end to end: an admin makes a hook, the code host delivers, the service's page says what runs.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{
    http::{Answer, Client},
    portal::Portal,
};

/// A portal that knows one service by its repository, and a hook of a code host.
struct Hook {
    portal: Portal,
    admin: Client,
    path: String,
    secret: String,
}

impl Hook {
    fn new(kind: &str) -> Self {
        let portal = Portal::empty();
        portal.make_admin("ada");
        let mut admin = portal.with_token("ada", "admin");
        let service = json!({
            "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
            "metadata": { "name": "checkout", "annotations": { (format!("{kind}.com/project-slug")): "shop/checkout" } },
            "spec": { "type": "service", "lifecycle": "production", "owner": "guests" },
        });
        let applied = admin.json("POST", "/api/v1/catalog/apply", &service);
        assert_eq!(applied.status, 200, "{}", applied.body);
        let made = admin.json("POST", "/api/v1/integrations", &json!({ "kind": kind, "name": "shop" }));
        assert_eq!(made.status, 201, "{}", made.body);
        let made: Value = serde_json::from_str(&made.body).expect("JSON");
        let text = |field: &str| made[field].as_str().expect("text").to_owned();
        let path = text("url")[text("url").find("/api/").expect("a path")..].to_owned();
        Self { portal, admin, path, secret: text("secret") }
    }

    /// What the code host delivers; nobody is signed in.
    fn delivered(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        let json = [("Content-Type", "application/json")];
        self.portal.stranger().send("POST", &self.path, &[&json, headers].concat(), body.as_bytes())
    }

    fn changes(&mut self) -> Vec<Value> {
        let answer = self.admin.get("/api/v1/changes?entity=component:default/checkout");
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        body["items"].as_array().expect("a list").clone()
    }

    fn page(&self) -> String {
        self.portal.signed_in("ada").get("/catalog/component/default/checkout").body
    }
}

fn gitlab(status: &str) -> String {
    json!({
        "object_kind": "deployment", "status": status, "status_changed_at": "2026-11-19 09:44:00 +0100",
        "deployment_id": 15, "deployable_url": "https://gitlab.example/shop/checkout/-/jobs/796", "environment": "production",
        "project": { "path_with_namespace": "Shop/checkout" }, "user": { "username": "ana" }, "ref": "v4.2.0",
        "commit_url": "https://gitlab.example/shop/checkout/-/commit/279484c09fbe69ededfced8c1bb6e6d24616b468",
        "commit_title": "Retry budget",
    })
    .to_string()
}

#[test]
fn a_deployment_of_gitlab_begins_and_ends_as_one_change() {
    let mut hook = Hook::new("gitlab");
    let (event, secret) = (("X-Gitlab-Event", "Deployment Hook"), hook.secret.clone());
    let token = ("X-Gitlab-Token", secret.as_str());

    for headers in [&[event][..], &[event, ("X-Gitlab-Token", "guessed")]] {
        assert_eq!(hook.delivered(headers, &gitlab("success")).status, 401, "{headers:?}");
    }
    let push = hook.delivered(&[("X-Gitlab-Event", "Push Hook"), token], "{}");
    assert!(push.status == 200 && push.body.contains("nothing: only Deployment Hook"), "{}", push.body);
    assert_eq!(hook.delivered(&[event, token], "{").status, 422);
    let waiting = hook.delivered(&[event, token], &gitlab("created"));
    assert!(waiting.status == 200 && waiting.body.contains("has not begun"), "{}", waiting.body);
    assert!(hook.changes().is_empty());

    let begun = hook.delivered(&[event, token], &gitlab("running"));
    assert!(begun.status == 200 && begun.body.contains("component:default/checkout"), "{}", begun.body);
    assert_eq!(hook.changes()[0]["status"], "running");
    for _ in 0..2 {
        // delivered again, as code hosts do when in doubt
        assert_eq!(hook.delivered(&[event, token], &gitlab("success")).status, 200);
    }
    let changes = hook.changes();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(
        [&changes[0]["status"], &changes[0]["version"], &changes[0]["told_by"], &changes[0]["deployed_by"]],
        ["succeeded", "v4.2.0", "gitlab", "ana"]
    );
    let page = hook.page();
    assert!(page.contains("v4.2.0") && page.contains("Retry budget"), "{page}");

    // closed: the secret that was right opens nothing any more
    let key = hook.path.split('/').nth(4).expect("a key").to_owned();
    assert_eq!(hook.admin.json("DELETE", &format!("/api/v1/integrations/{key}"), &Value::Null).status, 204);
    assert_eq!(hook.delivered(&[event, token], &gitlab("failed")).status, 404);
    assert_eq!(hook.changes()[0]["status"], "succeeded");
}

#[test]
fn a_deployment_of_github_is_taken_by_its_signature_alone() {
    let mut hook = Hook::new("github");
    let body = json!({
        "deployment": { "id": 7, "sha": "279484c09fbe69ededfced8c1bb6e6d24616b468", "ref": "v4.2.0", "environment": "production", "creator": { "login": "ana" } },
        "deployment_status": { "state": "success", "environment": "production", "created_at": "2026-11-19T08:44:00Z" },
        "repository": { "full_name": "shop/checkout" },
    })
    .to_string();
    let signed = |secret: &str, body: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(body.as_bytes());
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    let event = ("X-GitHub-Event", "deployment_status");
    let (right, wrong) = (signed(&hook.secret, &body), signed("guessed", &body));
    assert_eq!(hook.delivered(&[event], &body).status, 401);
    assert_eq!(hook.delivered(&[event, ("X-Hub-Signature-256", &wrong)], &body).status, 401);
    let changed = body.replace("v4.2.0", "v6.6.6");
    assert_eq!(hook.delivered(&[event, ("X-Hub-Signature-256", &right)], &changed).status, 401);
    assert!(hook.changes().is_empty());

    let taken = hook.delivered(&[event, ("X-Hub-Signature-256", &right)], &body);
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(hook.changes()[0]["version"], "v4.2.0");
    assert!(hook.page().contains("v4.2.0"));
}
