//! The process dies at each point of a run, also in the middle of a step: the next one ends it, and nothing is there twice.

use std::{collections::BTreeSet, fs, path::Path, process::Command, thread::scope, time::Duration};

use serde_json::json;

use super::{
    Harbour, body, database_offering, databases, dies_at, gets_in, main_server, offering, unique, until,
};
use crate::support::{
    database::Database,
    example::{Example, SECRET},
    other::{Other, Reply},
};

#[test]
fn a_worker_that_dies_anywhere_makes_no_database_twice() {
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
            threads.spawn(move || database_at(point));
        }
    });
}

fn database_at(point: &str) {
    let target = Database::new();
    let (server, name) = (main_server(&target), unique("fault"));
    let mut heir = dies_at(point, &database_offering(), &name, &[("PORTOLAN_PROVISION_POSTGRES", &server)]);
    let request = until(&mut heir.mia, &json!(1), "succeeded");
    assert_eq!(databases(&target.url, &name), std::slice::from_ref(&name), "{point}: one database");
    let id = request["resource"].as_str().expect("its key");
    let shown = body(&heir.mia.json("POST", &format!("/api/v1/resources/{id}/credentials"), &json!({})), 200);
    let url = shown["items"][0]["value"].as_str().expect("an address");
    assert!(gets_in(url), "{point}: the credentials are those of now");
}

/// A database is made and the step behind it fails: whoever undoes it dies too.
#[test]
fn a_worker_that_dies_while_it_undoes_leaves_nothing() {
    scope(|threads| {
        for point in ["undo.begun", "undo.done", "undo.told"] {
            threads.spawn(move || undone_at(point));
        }
    });
}

fn undone_at(point: &str) {
    let target = Database::new();
    let (server, name) = (main_server(&target), unique("undo"));
    let mut breaks = offering(
        "breaks",
        &json!([
            { "id": "make", "uses": "postgres.database", "with": { "server": "main", "name": "${{ params.name }}" } },
            { "id": "no", "uses": "http.request", "attempts": 1, "with": { "url": "http://169.254.169.254/", "undo": "nothing" } },
        ]),
    );
    breaks["spec"]["onFailure"] = json!("undo");
    let mut heir = dies_at(point, &breaks, &name, &[("PORTOLAN_PROVISION_POSTGRES", &server)]);
    let request = until(&mut heir.mia, &json!(1), "failed");
    assert_eq!(request["left_over"], json!(false), "{point}: {request:#}");
    assert!(databases(&target.url, &name).is_empty(), "{point}");
}

#[test]
fn a_repository_is_made_and_pushed_to_once() {
    scope(|threads| {
        for point in ["git.repository-begun", "git.repository-made", "git.pushed"] {
            threads.spawn(move || repository_at(point));
        }
    });
}

fn repository_at(point: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let scaffold = offering(
        "repository",
        &json!([{ "id": "make", "uses": "git.scaffold", "with": {
            "do": [{ "write": { "path": "README.md", "content": "# ${{ params.name }}\n" } }],
            "createRepository": { "provider": "folder", "repository": "repositories/${{ params.name }}.git" },
        } }]),
    );
    let folders = format!("repositories={}", folder.path().display());
    let mut heir = dies_at(point, &scaffold, "slots", &[("PORTOLAN_PROVISION_FOLDERS", &folders)]);
    until(&mut heir.mia, &json!(1), "succeeded");
    let made: Vec<_> =
        fs::read_dir(folder.path()).expect("it").map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(made, ["slots.git"], "{point}");
    assert_eq!(commits(&folder.path().join("slots.git")), "1", "{point}");
}

fn commits(repository: &Path) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "rev-list", "--count", "--all"]).current_dir(repository);
    String::from_utf8(git.output().expect("git").stdout).expect("text").trim().to_owned()
}

#[test]
fn what_another_system_was_asked_for_is_asked_for_once() {
    let example = Example::start();
    let namespace = offering(
        "namespace",
        &json!([{ "id": "make", "uses": "http.request", "with": {
            "url": format!("{}/namespaces", example.url), "secret": "example",
            "body": { "name": "${{ params.name }}", "team": "harbour", "quota": 2 },
            "poll": { "until": { "pointer": "/status", "values": ["ready"] }, "everySeconds": 1 },
            "undo": { "url": format!("{}/namespaces/${{{{ params.name }}}}", example.url) },
        } }]),
    );
    let secrets = format!("example={SECRET}");
    let settings = [("PORTOLAN_PROVISION_SECRETS", secrets.as_str()), ("PORTOLAN_FETCH_ALLOW", "127.0.0.1")];
    let mut heir = dies_at("http.sent", &namespace, "till", &settings);
    // it takes a repeat of the same call for one, and refuses every other of that name
    until(&mut heir.mia, &json!(1), "succeeded");
}

/// The database goes away in the middle of a run and lets nobody in for seconds.
#[test]
fn a_run_outlives_its_database() {
    let other = Other::start(|call, before| match call.method.as_str() {
        "POST" => Reply::Says(202, json!({ "id": 7 }).to_string()),
        _ if before < 8 => Reply::Says(200, json!({ "status": "making" }).to_string()),
        _ => Reply::Says(200, json!({ "status": "ready" }).to_string()),
    });
    let mut harbour = Harbour::new(&[("PORTOLAN_FETCH_ALLOW", "127.0.0.1")]);
    let poll = json!({ "url": other.url("/things/7"), "until": { "pointer": "/status", "value": "ready" }, "everySeconds": 1 });
    harbour.offer(&offering(
        "thing",
        &json!([{ "id": "make", "uses": "http.request", "with": { "url": other.url("/things"), "outputs": { "id": "/id" }, "poll": poll, "undo": "nothing" } }]),
    ));
    let number = harbour.ask("thing", "till");
    while other.calls("POST").is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    harbour.portal.lose_its_database_for(Duration::from_secs(5));
    let request = until(&mut harbour.mia, &number, "succeeded");
    let keys: BTreeSet<_> = other.calls("POST").iter().map(|call| call.id().to_owned()).collect();
    assert_eq!(keys.len(), 1, "it is one thing, however often it was asked for: {request:#}");
}
