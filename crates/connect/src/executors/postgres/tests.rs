//! On a real server: what is made, found again, refused, and taken away.

use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::{
    Server,
    create::{self, Wanted},
    manage,
    session::Session,
};
use crate::executors::{
    Attempt, EXECUTORS, Ended, Failed, Fault,
    input::Input,
    keep::tests::{after, noting},
    log::tests::attempt_with,
    named,
};

fn server() -> Server {
    let url = std::env::var("DATABASE_URL")
        .expect("DATABASE_URL names the Postgres to test on; `make test` sets it");
    Server::new("main", &url).expect("a server")
}

fn given(input: Value) -> Attempt {
    attempt_with(input, |equipment| equipment.postgres.push(server())).0
}

/// A name that no other test has.
fn fresh() -> String {
    format!("t-{}", Uuid::now_v7().simple())
}

fn made(ended: Result<Ended, Failed>) -> (serde_json::Map<String, Value>, String) {
    match ended {
        Ok(Ended::Done { outputs, secrets, .. }) => (outputs, secrets["url"].clone()),
        other => panic!("{other:?}"),
    }
}

async fn connect(server: &Server, user: &str, database: &str) -> Result<Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config.host(server.host()).port(server.port).user(user).dbname(database);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// How many databases and roles there are by a name.
async fn count(name: &str) -> (i64, i64) {
    let admin = connect(&server(), "portolan", "postgres").await.expect("the admin");
    let row = admin
        .query_one(
            "SELECT (SELECT count(*) FROM pg_database WHERE datname = $1), (SELECT count(*) FROM pg_roles WHERE rolname = $1)",
            &[&name],
        )
        .await
        .expect("counted");
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_database_is_made_and_used_and_closed_to_others() {
    let (name, other) = (fresh(), fresh());
    let input =
        json!({ "name": name, "maxConnections": 3, "sizeMb": 500, "extensions": ["citext", "pgcrypto"] });
    let attempt = given(input);
    let (outputs, url) = made(create::run(attempt.clone()).await);
    let database = name.replace('-', "_");
    assert_eq!((&outputs["database"], &outputs["user"]), (&json!(database), &json!(database)));
    assert!(url.starts_with(&format!("postgres://{database}:")), "{url}");

    let client = connect(&server(), &database, &database).await.expect("the user comes in");
    client
        .batch_execute("CREATE TABLE basket (id uuid DEFAULT gen_random_uuid(), item citext); INSERT INTO basket (item) VALUES ('Milk')")
        .await
        .expect("it is the user's own");
    let found = client.query_one("SELECT count(*) FROM basket WHERE item = 'milk'", &[]).await.expect("rows");
    assert_eq!(found.get::<_, i64>(0), 1);
    for may_not in ["CREATE ROLE x", "CREATE DATABASE x", "COMMENT ON ROLE CURRENT_USER IS 'mine'"] {
        assert!(client.batch_execute(may_not).await.is_err(), "{may_not}");
    }
    let (_second, _third) = (
        connect(&server(), &database, &database).await.expect("a second"),
        connect(&server(), &database, &database).await.expect("a third"),
    );
    let fourth = connect(&server(), &database, &database).await.expect_err("the limit");
    assert!(
        fourth.to_string().contains("too many connections")
            || fourth.as_db_error().is_some_and(|e| e.code().code() == "53300"),
        "{fourth}"
    );

    let neighbour = given(json!({ "name": other }));
    made(create::run(neighbour.clone()).await);
    let stranger = connect(&server(), &other.replace('-', "_"), &database).await.expect_err("closed");
    assert_eq!(stranger.as_db_error().map(|e| e.code().code()), Some("42501"));

    create::undo(Attempt { effect: None, ..attempt }).await.expect("undone, though somebody is in it");
    create::undo(neighbour).await.expect("undone");
    assert_eq!((count(&database).await, count(&other.replace('-', "_")).await), ((0, 0), (0, 0)));
}

#[tokio::test]
async fn whoever_dies_in_the_middle_is_finished_or_undone_and_nothing_is_made_twice() {
    let server = server();
    for (died_after, undo) in (0..4).flat_map(|step| [(step, false), (step, true)]) {
        let name = fresh();
        let attempt = given(json!({ "name": name, "extensions": ["hstore"] }));
        let wanted = Wanted::of(Input(&attempt.input)).expect("fine");
        {
            let admin = Session::open(&server, None).await.expect("the admin");
            admin.hold(&wanted.name).await.expect("held");
            if died_after > 0 {
                create::make_role(&admin, &attempt, &wanted).await.expect("a role");
            }
            if died_after > 1 {
                create::make_database(&admin, &attempt, &wanted).await.expect("a database");
            }
            if died_after > 2 {
                create::furnish(&admin, &attempt.log, &wanted).await.expect("furnished");
            }
        }
        let name = wanted.name.as_str();
        if !undo {
            let (_, first) = made(create::run(attempt.clone()).await);
            let (_, second) = made(create::run(attempt.clone()).await);
            assert_ne!(first, second, "what nobody may have got is not handed out again");
            assert_eq!(count(name).await, (1, 1));
            connect(&server, name, name).await.expect("the user comes in");
        }
        create::undo(attempt.clone()).await.expect("undone");
        assert_eq!(count(name).await, (0, 0), "after {died_after}");
        create::undo(attempt).await.expect("twice is as once");
    }
}

#[tokio::test]
async fn of_two_at_once_one_makes_it_and_a_name_that_is_taken_is_refused() {
    let name = fresh();
    let (mine, theirs) = (given(json!({ "name": name })), given(json!({ "name": name })));
    let (one, two) = tokio::join!(create::run(mine.clone()), create::run(theirs.clone()));
    let refused = [&one, &two].into_iter().filter_map(|ended| ended.as_ref().err()).collect::<Vec<_>>();
    assert_eq!(refused.len(), 1, "{one:?} {two:?}");
    assert!(refused[0].fault == Fault::Input && refused[0].why.contains("is there already"), "{refused:?}");
    let (winner, loser) = if one.is_ok() { (mine, theirs) } else { (theirs, mine) };
    create::undo(loser).await.expect("nothing of its own");
    assert_eq!(count(&name.replace('-', "_")).await, (1, 1), "the other's stands");
    let (same, again) = tokio::join!(create::run(winner.clone()), create::run(winner.clone()));
    assert!(same.is_ok() && again.is_ok(), "{same:?} {again:?}");
    assert_eq!(count(&name.replace('-', "_")).await, (1, 1));
    create::undo(winner).await.expect("undone");
}

#[tokio::test]
async fn what_the_portal_did_not_make_is_not_touched() {
    let (server, name) = (server(), fresh().replace('-', "_"));
    let admin = connect(&server, "portolan", "postgres").await.expect("the admin");
    admin.batch_execute(&format!("CREATE ROLE {name} LOGIN")).await.expect("a role by hand");
    let attempt = given(json!({ "name": name, "database": name, "maxConnections": 5 }));
    for (what, ended) in [
        ("made", create::run(attempt.clone()).await),
        ("rotated", manage::rotate(attempt.clone()).await),
        ("limited", manage::limits(attempt.clone()).await),
        ("dropped", manage::drop(attempt.clone()).await),
    ] {
        assert!(ended.is_err_and(|failed| !failed.again), "{what}");
    }
    create::undo(attempt.clone()).await.expect("nothing to undo");
    assert_eq!(count(&name).await, (0, 1));
    admin.batch_execute(&format!("DROP ROLE {name}")).await.expect("gone");
    assert_eq!(manage::drop(attempt).await, Ok(Ended::done()), "what is gone is as it should be");
}

#[tokio::test]
async fn passwords_and_limits_change_and_it_is_dropped() {
    let (server, name) = (server(), fresh());
    let (outputs, first) = made(create::run(given(json!({ "name": name, "sizeMb": 100 }))).await);
    let database = outputs["database"].as_str().expect("a name").to_owned();
    let meant = json!({ "server": "main", "database": database, "user": database, "maxConnections": 1, "sizeMb": 200 });
    let stored = async || -> (String, String) {
        let admin = connect(&server, "portolan", "postgres").await.expect("the admin");
        let row = admin
            .query_one(
                "SELECT rolpassword, shobj_description(oid, 'pg_authid') FROM pg_authid WHERE rolname = $1",
                &[&database],
            )
            .await
            .expect("a role");
        (row.get(0), row.get(1))
    };
    let before = stored().await;
    let (_, second) = made(manage::rotate(given(meant.clone())).await);
    assert_ne!(first, second);
    let after = stored().await;
    assert!(
        before.0 != after.0 && after.0.starts_with("SCRAM-SHA-256$") && after.1.contains("100 MB"),
        "{after:?}"
    );
    manage::limits(given(meant.clone())).await.expect("changed");
    assert!(stored().await.1.contains("200 MB"));
    let _one = connect(&server, &database, &database).await.expect("one");
    assert!(connect(&server, &database, &database).await.is_err(), "and no more");
    manage::drop(given(meant.clone())).await.expect("dropped");
    manage::drop(given(meant.clone())).await.expect("dropped again");
    assert_eq!(count(&database).await, (0, 0));
    let gone = manage::rotate(given(meant)).await.expect_err("it is gone");
    assert!(gone.fault == Fault::Platform && gone.why.contains(&database), "{gone:?}");
}

/// An action is done to the very thing that it belongs to, and to no other that the portal made.
#[tokio::test]
async fn an_action_touches_nothing_that_another_request_made() {
    let name = fresh();
    let mine = given(json!({ "name": name, "database": name.replace('-', "_"), "maxConnections": 5 }));
    made(create::run(mine.clone()).await);
    let mut theirs = mine.clone();
    theirs.job.maker = Uuid::now_v7();
    let (theirs, noted) = noting(theirs);
    for (what, ended) in [
        ("rotated", manage::rotate(theirs.clone()).await),
        ("limited", manage::limits(theirs.clone()).await),
        ("dropped", manage::drop(theirs.clone()).await),
    ] {
        let failed = ended.expect_err(what);
        assert!(!failed.again && failed.why.contains("made as this"), "{what}: {failed:?}");
    }
    assert!(noted.lock().expect("kept").is_none(), "and nothing was begun, so nothing is left");
    let (own, noted) = noting(mine.clone());
    manage::rotate(own.clone()).await.expect("its own");
    let stays = super::ROTATE.take_back(after(&own, &noted)).await.expect_err("no way back");
    assert!(stays.why.contains("password was changed"), "{stays:?}");
    manage::drop(own).await.expect("its own");
    assert_eq!(count(&name.replace('-', "_")).await, (0, 0));
}

#[tokio::test]
async fn hostile_names_and_wishes_never_reach_the_server() {
    for name in [
        "a\"; DROP DATABASE portolan; --",
        "a'; --",
        "ördern",
        "template1",
        "a\0b",
        &"x".repeat(64),
        "",
        "pg_x",
    ] {
        let attempt = given(json!({ "name": name }));
        let failed = create::run(attempt.clone()).await.expect_err(name);
        assert!(!failed.again, "{name}: {failed:?}");
        assert_eq!(create::undo(attempt).await, Ok(Ended::done()), "{name}");
    }
    for wish in [
        json!({ "name": "x", "extensions": ["plpython3u"] }),
        json!({ "name": "x", "extensions": ["citext\"; DROP ROLE portolan; --"] }),
        json!({ "name": "x", "maxConnections": "5; DROP ROLE portolan" }),
        json!({ "name": "x", "maxConnections": 100_000 }),
        json!({ "name": ["x"] }),
        json!({ "name": "x", "server": "other" }),
    ] {
        assert!(create::run(given(wish.clone())).await.is_err_and(|failed| !failed.again), "{wish}");
    }
    // a word that Postgres keeps is a name like others
    let attempt = given(json!({ "name": "user" }));
    made(create::run(attempt.clone()).await);
    connect(&server(), "user", "user").await.expect("it comes in");
    create::undo(attempt).await.expect("undone");
    assert_eq!(count("user").await, (0, 0));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_tried_again_and_its_password_is_not_told() {
    let closed =
        Server::new("main", "postgres://admin:hunter2@127.0.0.1:1/x?sslmode=disable").expect("a server");
    let (attempt, lines) = attempt_with(json!({ "name": "x" }), |equipment| equipment.postgres.push(closed));
    let failed = create::run(attempt.clone()).await.expect_err("nobody is there");
    assert!(failed.again && failed.fault == Fault::Outside, "{failed:?}");
    assert!(!format!("{failed:?} {attempt:?}").contains("hunter2"));
    assert!(lines.take().is_empty(), "nothing was begun");
}

#[test]
fn offerings_are_told_what_is_wrong_before_anything_runs() {
    assert!(EXECUTORS.iter().filter(|e| e.name.starts_with("postgres.")).count() == 4);
    let check = named("postgres.database").expect("there").check;
    assert_eq!(
        check(&json!({ "name": "${{ params.name }}", "extensions": ["citext", "${{ params.x }}"] })),
        [""; 0]
    );
    let wrong = check(&json!({ "size": 7, "extensions": ["adminpack"] }));
    assert!(wrong.len() == 3 && wrong[2].contains("adminpack"), "{wrong:?}");
}
