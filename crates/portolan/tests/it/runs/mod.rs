//! Runs of real things by real processes: a database that can be used, a worker that dies at every point, other systems that
//! answer late, twice or never, two replicas that share five hundred requests.

mod faults;
mod many;
mod outside;
mod with_terraform;

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::support::{
    database::{Database, apart},
    http::Client,
    portal::Portal,
    process::{Process, create_token, portolan, stdout},
};

/// The longest that a run takes here: the lease of a worker that died has to end first.
const PATIENCE: Duration = Duration::from_mins(2);

/// An offering of the harbour that makes a database on the server `main`, and can take it away.
fn database_offering() -> Value {
    let outputs = |id: &str| {
        json!([
            { "name": "database", "value": format!("${{{{ steps.{id}.database }}}}") },
            { "name": "user", "value": format!("${{{{ steps.{id}.user }}}}") },
            { "name": "url", "title": "Address", "value": format!("${{{{ steps.{id}.url }}}}"), "secret": true },
        ])
    };
    json!({
        "apiVersion": "portolan.dev/v1", "kind": "Offering", "metadata": { "name": "database", "title": "Database" },
        "spec": {
            "owner": "harbour", "stage": "general", "experience": "call-an-api", "sharing": "packaged-service",
            "makes": { "kind": "resource", "type": "database", "name": "${{ params.name }}-db" },
            "parameters": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
            "steps": [
                { "id": "make", "uses": "postgres.database", "with": { "server": "main", "name": "${{ params.name }}" } },
                { "id": "settle", "uses": "wait", "with": { "seconds": 0 } },
            ],
            "outputs": outputs("make"),
            "actions": [
                { "name": "remove", "title": "Remove", "effect": "remove",
                  "steps": [{ "id": "drop", "uses": "postgres.drop", "with": { "server": "main", "database": "${{ resource.outputs.database }}" } }] },
            ],
        },
    })
}

/// An offering of the harbour with these steps, for which a name is given.
fn offering(name: &str, steps: &Value) -> Value {
    json!({
        "apiVersion": "portolan.dev/v1", "kind": "Offering", "metadata": { "name": name },
        "spec": {
            "owner": "harbour", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
            "parameters": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
            "steps": steps,
        },
    })
}

/// A portal with the harbour, and Mia in it.
struct Harbour {
    portal: Portal,
    mia: Client,
}

impl Harbour {
    fn new(settings: &[(&str, &str)]) -> Self {
        let portal = Portal::empty_with(settings);
        portal.make_admin("ada");
        let mut ada = portal.with_token("ada", "admin");
        let mut make = |path: &str, body: &Value| {
            let answer = ada.json("POST", path, body);
            assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        };
        make("/api/v1/people", &json!({ "handle": "mia", "name": "Mia", "email": "mia@example.org" }));
        make("/api/v1/teams", &json!({ "slug": "harbour", "name": "Harbour" }));
        make("/api/v1/teams/harbour/members", &json!({ "person": "mia" }));
        let mia = portal.with_token("mia", "write");
        Self { portal, mia }
    }

    /// Another offering of the harbour.
    fn offer(&self, offering: &Value) {
        let answer = self.portal.with_token("ada", "admin").json("POST", "/api/v1/offerings", offering);
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    /// Mia asks for something; its number.
    fn ask(&mut self, offering: &str, name: &str) -> Value {
        let asked = json!({ "offering": offering, "params": { "name": name } });
        body(&self.mia.json("POST", "/api/v1/provisioning-requests", &asked), 201)["number"].clone()
    }
}

/// The replica that took over what another one died at.
struct Heir {
    mia: Client,
    /// Where it is.
    _process: Process,
    _harbour: Harbour,
}

/// Mia asks for something, and whoever does it dies at this point.
fn dies_at(point: &str, offering: &Value, name: &str, settings: &[(&str, &str)]) -> Heir {
    let mut harbour = Harbour::new(&[settings, &[("PORTOLAN_FAULT_POINT", point)]].concat());
    harbour.offer(offering);
    let token = create_token("mia", "write", &["--database-url", harbour.portal.database_url()]);
    let offered = offering["metadata"]["name"].as_str().expect("a name");
    // it may die before it answers: that it was asked for is written all the same
    let asked = portolan()
        .args(["request", offered, "-p", &format!("name={name}"), "--url", harbour.portal.url()])
        .env("PORTOLAN_TOKEN", &token)
        .output();
    assert!(asked.is_ok(), "{point}: the program runs");
    let status = harbour.portal.process().wait();
    assert!(!status.success(), "{point}: it died");
    let process = harbour.portal.replica(settings);
    let mia = Client::with_token(&process.url, &token);
    Heir { mia, _process: process, _harbour: harbour }
}

fn body(answer: &crate::support::http::Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// The request, once it is in this state.
fn until(client: &mut Client, number: &Value, state: &str) -> Value {
    let began = Instant::now();
    loop {
        let request = look(client, number);
        if request["state"] == state {
            return request;
        }
        assert!(began.elapsed() < PATIENCE, "request {number} is not {state} but {request:#}");
        sleep(Duration::from_millis(100));
    }
}

fn look(client: &mut Client, number: &Value) -> Value {
    body(&client.get(&format!("/api/v1/provisioning-requests/{number}")), 200)
}

/// Names of databases on the server that begin so.
fn databases(url: &str, prefix: &str) -> Vec<String> {
    let (url, like) = (url.to_owned(), format!("{prefix}%"));
    apart(async move {
        let mut connection = PgConnection::connect(&url).await.expect("the server");
        sqlx::query_scalar::<_, String>(
            "SELECT datname::text FROM pg_database WHERE datname LIKE $1 ORDER BY 1",
        )
        .bind(like)
        .fetch_all(&mut connection)
        .await
        .expect("names")
    })
}

/// Whether somebody gets in with this address.
fn gets_in(url: &str) -> bool {
    let url = url.to_owned();
    apart(async move { PgConnection::connect(&url).await.is_ok() })
}

/// A name that no other test has.
fn unique(word: &str) -> String {
    let id = uuid::Uuid::now_v7().simple().to_string();
    format!("{word}_{}", &id[id.len() - 10..])
}

fn main_server(database: &Database) -> String {
    format!("main={}", database.url)
}

#[test]
fn from_a_terminal_to_a_database_that_can_be_used_and_is_gone_again() {
    let target = Database::new();
    let mut harbour = Harbour::new(&[("PORTOLAN_PROVISION_POSTGRES", &main_server(&target))]);
    harbour.offer(&database_offering());
    let name = unique("till");
    let began = Instant::now();
    let token = create_token("mia", "write", &["--database-url", harbour.portal.database_url()]);
    let asked = portolan()
        .args(["request", "database", "-p", &format!("name={name}"), "--wait", "--url", harbour.portal.url()])
        .env("PORTOLAN_TOKEN", token)
        .output()
        .expect("the program runs");
    let told = stdout(&asked);
    assert!(asked.status.success(), "{told} {asked:?}");
    assert!(told.contains(&format!("database={name}")), "{told}");
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "a database takes less than a minute: {:?}",
        began.elapsed()
    );
    let id = told.lines().find_map(|l| l.strip_prefix("resource=")).expect("its key").to_owned();
    let shown =
        body(&harbour.mia.json("POST", &format!("/api/v1/resources/{id}/credentials"), &json!({})), 200);
    let url = shown["items"][0]["value"].as_str().expect("an address").to_owned();
    assert!(gets_in(&url), "the credentials work");
    assert!(!told.contains(&url), "and were not printed");
    let log = harbour.mia.get("/api/v1/provisioning-requests/1/log").body;
    let password = url
        .split_once(':')
        .and_then(|(_, rest)| rest.split_once(':'))
        .and_then(|(_, rest)| rest.split_once('@'));
    assert!(!log.contains(password.expect("a password").0), "nor logged: {log}");
    assert_eq!(
        harbour.mia.json("POST", &format!("/api/v1/resources/{id}/credentials"), &json!({})).status,
        409,
        "once"
    );
    let taken = harbour.mia.json(
        "POST",
        "/api/v1/provisioning-requests",
        &json!({ "offering": "database", "params": { "name": name } }),
    );
    assert_eq!(taken.status, 422, "a name is had once: {}", taken.body);
    let gone =
        body(&harbour.mia.json("POST", &format!("/api/v1/resources/{id}/actions/remove"), &json!({})), 201);
    until(&mut harbour.mia, &gone["number"], "succeeded");
    assert!(databases(&target.url, &name).is_empty());
    assert!(!gets_in(&url));
}

/// What is refused is told as a refusal, on every way: exit code, words, and nothing written.
#[test]
fn a_refusal_never_looks_like_a_success() {
    let target = Database::new();
    let harbour = Harbour::new(&[("PORTOLAN_PROVISION_POSTGRES", &main_server(&target))]);
    harbour.offer(&database_offering());
    let token = create_token("mia", "write", &["--database-url", harbour.portal.database_url()]);
    let ask = |more: &[&str]| {
        let asked = portolan()
            .args(["request", "database", "--wait", "--url", harbour.portal.url()])
            .args(more)
            .env("PORTOLAN_TOKEN", &token)
            .output()
            .expect("the program runs");
        (asked.status.code(), String::from_utf8_lossy(&asked.stderr).into_owned() + &stdout(&asked))
    };
    let (code, told) = ask(&[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("params.name is needed"), "{told}");
    // what the schema takes and the server cannot: an input error, undone, failed
    let (code, told) = ask(&["-p", "name=a\"; DROP ROLE portolan"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("failed because of what you asked for"), "{told}");
}
