//! Terraform's states over HTTP: who comes in, locks, versions, bounds.

use base64::{Engine, engine::general_purpose::STANDARD};
use portolan_domain::{provisioning::state_password, sealing::SealingKey};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    database::Database,
    http::{Answer, Client},
    process::Process,
};

struct Backend {
    client: Client,
    id: Uuid,
    authorization: String,
}

impl Backend {
    fn new(portal: &Process, id: Uuid) -> Self {
        let password = state_password(&SealingKey::new([10; 32]), id);
        Self::showing(portal, id, &format!("portolan:{password}"))
    }

    fn showing(portal: &Process, id: Uuid, login: &str) -> Self {
        let authorization = format!("Basic {}", STANDARD.encode(login));
        Self { client: Client::new(&portal.url), id, authorization }
    }

    fn send(&mut self, method: &str, rest: &str, body: &str) -> Answer {
        let path = format!("/api/v1/executors/terraform/state/{}{rest}", self.id);
        let headers = [("authorization", self.authorization.as_str()), ("content-type", "application/json")];
        self.client.send(method, &path, &headers, body.as_bytes())
    }

    fn lock(&mut self, by: Uuid, turn: i64, lock: &str) -> Answer {
        let info =
            json!({ "ID": lock, "Operation": "OperationTypeApply", "Who": "root@machine", "Info": "" });
        self.send("POST", &format!("/lock?by={by}&turn={turn}"), &info.to_string())
    }
}

#[test]
fn a_state_is_kept_under_its_lock_and_opens_with_its_own_password() {
    let database = Database::new();
    let key = "0a".repeat(32);
    let portal = Process::start_with(&["--database-url", &database.url], &[("PORTOLAN_SECRET_KEY", &key)]);
    let (id, step, other) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let mut terraform = Backend::new(&portal, id);
    assert_eq!(terraform.send("GET", "", "").status, 204, "nothing was made yet");

    assert_eq!(terraform.lock(step, 7, "one").status, 200);
    let held = terraform.lock(other, 9, "two");
    assert_eq!(held.status, 423, "{}", held.body);
    let info: Value = serde_json::from_str(&held.body).unwrap();
    assert_eq!((&info["ID"], &info["Who"]), (&json!("one"), &json!("root@machine")), "as Terraform said it");
    for (lock, status) in [("?ID=two", 423), ("", 423), ("?ID=one", 200)] {
        assert_eq!(
            terraform.send("POST", lock, r#"{"serial":1,"secret":"t0p-s3cret"}"#).status,
            status,
            "{lock}"
        );
    }
    assert_eq!(terraform.send("GET", "", "").body, r#"{"serial":1,"secret":"t0p-s3cret"}"#);

    // the step died with its lock, and is tried again; whoever it was before can do no more
    assert_eq!(terraform.lock(step, 8, "three").status, 200);
    let former = terraform.lock(step, 7, "four");
    assert!(former.status == 423 && former.body.contains("three"), "{}", former.body);
    assert_eq!(terraform.send("POST", "?ID=one", r#"{"serial":2}"#).status, 423);
    assert_eq!(terraform.send("DELETE", "/lock", r#"{"ID":"one"}"#).status, 423);
    assert_eq!(terraform.send("DELETE", "/lock", r#"{"ID":"three"}"#).status, 200);
    assert_eq!(terraform.send("DELETE", "/lock", r#"{"ID":"three"}"#).status, 200, "let go already");
    assert_eq!(terraform.send("POST", "?ID=three", r#"{"serial":2}"#).status, 423, "and lost");
    assert_eq!(terraform.lock(step, 7, "five").status, 423, "also when its heir is done");
    assert_eq!(terraform.lock(other, 1, "six").status, 200, "and it is anybody else's then");
    assert_eq!(terraform.send("DELETE", "/lock", r#"{"ID":"six"}"#).status, 200);

    let mut neighbour = Backend::new(&portal, other);
    assert_eq!(neighbour.send("GET", "", "").status, 204);
    let password = state_password(&SealingKey::new([10; 32]), other);
    for login in [
        format!("portolan:{password}"),
        "portolan:".into(),
        ":".into(),
        format!("admin:{password}"),
        "portolan:zz".into(),
    ] {
        let mut wrong = Backend::showing(&portal, id, &login);
        for (method, rest) in [("GET", ""), ("POST", ""), ("DELETE", ""), ("DELETE", "/lock")] {
            assert_eq!(wrong.send(method, rest, r#"{"ID":"x"}"#).status, 401, "{method} {login}");
        }
    }
    for wrong in ["[]", "x", ""] {
        assert_eq!(neighbour.send("POST", "", wrong).status, 422, "{wrong}");
        assert_eq!(neighbour.send("POST", &format!("/lock?by={step}&turn=9"), wrong).status, 422, "{wrong}");
    }
    assert_eq!(neighbour.send("POST", "", &format!("{{\"x\":\"{}\"}}", "x".repeat(10 << 20))).status, 413);
    assert_eq!(terraform.send("DELETE", "", "").status, 200);
    assert_eq!(terraform.send("GET", "", "").status, 204, "forgotten");
    assert!(!portal.log().contains("t0p-s3cret"), "{}", portal.log());
}

#[test]
fn without_a_key_no_state_is_kept_and_that_is_said() {
    let database = Database::new();
    let portal = Process::start(&["--database-url", &database.url]);
    let answer = Backend::new(&portal, Uuid::now_v7()).send("GET", "", "");
    assert!(answer.status == 503 && answer.body.contains("PORTOLAN_SECRET_KEY"), "{}", answer.body);
}
