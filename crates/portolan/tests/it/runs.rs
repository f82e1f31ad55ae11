//! Runs of real things by real processes: a database that can be used, a worker that dies at every point, two replicas that
//! share five hundred requests.

use std::{
    collections::BTreeSet,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::support::{
    database::{Database, apart},
    http::Client,
    portal::Portal,
    process::{create_token, portolan, stdout},
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

/// An offering of which nothing is left outside, for how runs are shared.
fn waiting_offering() -> Value {
    json!({
        "apiVersion": "portolan.dev/v1", "kind": "Offering", "metadata": { "name": "nothing" },
        "spec": {
            "owner": "harbour", "stage": "general", "experience": "call-an-api", "sharing": "shared-code",
            "steps": [{ "id": "wait", "uses": "wait", "with": { "seconds": 0 } }],
        },
    })
}

/// A portal with the harbour, Mia in it, and its offerings.
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
        make("/api/v1/offerings", &database_offering());
        make("/api/v1/offerings", &waiting_offering());
        let mia = portal.with_token("mia", "write");
        Self { portal, mia }
    }
}

fn body(answer: &crate::support::http::Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// The request, once it is in this state.
fn until(client: &mut Client, number: &Value, state: &str) -> Value {
    let began = Instant::now();
    loop {
        let request = body(&client.get(&format!("/api/v1/provisioning-requests/{number}")), 200);
        if request["state"] == state {
            return request;
        }
        assert!(began.elapsed() < PATIENCE, "request {number} is not {state} but {request:#}");
        sleep(Duration::from_millis(100));
    }
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

/// The process dies at each point of a run, also in the middle of a step: the next one ends it, and there is one database.
#[test]
fn a_worker_that_dies_anywhere_makes_nothing_twice() {
    let points = [
        "run.before-turn",
        "run.begun",
        "run.done",
        "run.told",
        "postgres.role-made",
        "postgres.database-made",
    ];
    scope(|threads| {
        for point in points {
            threads.spawn(move || dies_at(point));
        }
    });
}

fn dies_at(point: &str) {
    let target = Database::new();
    let server = main_server(&target);
    let settings = [("PORTOLAN_PROVISION_POSTGRES", server.as_str())];
    let mut harbour = Harbour::new(&[settings[0], ("PORTOLAN_FAULT_POINT", point)]);
    let name = unique("fault");
    let token = create_token("mia", "write", &["--database-url", harbour.portal.database_url()]);
    // it may die before it answers: that it was asked for is written all the same
    let asked = portolan()
        .args(["request", "database", "-p", &format!("name={name}"), "--url", harbour.portal.url()])
        .env("PORTOLAN_TOKEN", &token)
        .output();
    assert!(asked.is_ok(), "{point}: the program runs");
    let status = harbour.portal.process().wait();
    assert!(!status.success(), "{point}: it died");
    let heir = harbour.portal.replica(&settings);
    let mut mia = Client::with_token(&heir.url, &token);
    let request = until(&mut mia, &json!(1), "succeeded");
    assert_eq!(databases(&target.url, &name), std::slice::from_ref(&name), "{point}: one database");
    let id = request["resource"].as_str().expect("its key");
    let shown = body(&mia.json("POST", &format!("/api/v1/resources/{id}/credentials"), &json!({})), 200);
    assert!(
        gets_in(shown["items"][0]["value"].as_str().expect("an address")),
        "{point}: the credentials are those of now"
    );
}

/// Five hundred requests at once, two replicas: each runs exactly once.
#[test]
fn two_replicas_share_what_is_asked_for() {
    const REQUESTS: usize = 500;
    let mut harbour = Harbour::new(&[]);
    let other = harbour.portal.replica(&[]);
    let token = create_token("mia", "write", &["--database-url", harbour.portal.database_url()]);
    let urls = [harbour.portal.url().to_owned(), other.url.clone()];
    let began = Instant::now();
    let numbers: BTreeSet<i64> = scope(|threads| {
        let askers: Vec<_> = (0..4)
            .map(|n| {
                let (url, token) = (urls[n % 2].clone(), token.clone());
                threads.spawn(move || {
                    let mut mia = Client::with_token(&url, &token);
                    let ask = |_| {
                        let asked = mia.json(
                            "POST",
                            "/api/v1/provisioning-requests",
                            &json!({ "offering": "nothing" }),
                        );
                        body(&asked, 201)["number"].as_i64().expect("a number")
                    };
                    (0..REQUESTS / 4).map(ask).collect::<Vec<_>>()
                })
            })
            .collect();
        askers.into_iter().flat_map(|asker| asker.join().expect("numbers")).collect()
    });
    assert_eq!(numbers.len(), REQUESTS);
    loop {
        let open = body(&harbour.mia.get("/api/v1/provisioning-requests?state=succeeded&limit=1"), 200);
        if open["total"] == REQUESTS {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{open}");
        sleep(Duration::from_millis(200));
    }
    // each made one thing and took one attempt
    let made = body(&harbour.mia.get("/api/v1/resources?limit=1"), 200);
    assert_eq!(made["total"], REQUESTS);
    for number in numbers.iter().step_by(50) {
        let request = body(&harbour.mia.get(&format!("/api/v1/provisioning-requests/{number}")), 200);
        assert_eq!(request["steps"][0]["attempts"], 1, "{request:#}");
    }
}
