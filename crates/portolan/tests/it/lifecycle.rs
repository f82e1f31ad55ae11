//! Starting, stopping and surviving, with real processes.

use std::{
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Output,
    str::FromStr,
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use crate::support::{
    database::Database,
    process::{
        Process, client, create_admin, create_token, data_folder, listens_on_tcp, processes_in, run, stderr,
        stdout,
    },
};

/// A refused start is one sentence on standard error, a code that says so, and no panic.
fn assert_refused(output: &Output, sentence: &str) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(sentence), "it does not say {sentence:?}: {said}");
    assert!(!said.contains("panicked") && !said.contains("backtrace"), "{said}");
    let complaints = said.lines().filter(|line| line.starts_with("portolan: ")).count();
    assert_eq!(complaints, 1, "{said}");
}

fn serve(flags: &[&str]) -> Output {
    run([&["serve", "--listen", "127.0.0.1:0"], flags].concat())
}

fn create_person(folder: &Path, handle: &str) -> Output {
    create_admin(handle, &["--data-dir", folder.to_str().expect("text")])
}

async fn connect(folder: &Path) -> PgConnection {
    let options = PgConnectOptions::new_without_pgpass()
        .socket(folder.join("run"))
        .username("portolan")
        .database("portolan");
    options.connect().await.expect("a connection")
}

#[tokio::test]
async fn a_cold_start_is_ready_tells_how_to_set_up_and_opens_no_port_of_the_database() {
    let data = data_folder();
    let portal = Process::on_folder(data.path(), &[]);
    assert_eq!(portal.status("/healthz").await, 200);
    assert_eq!(portal.status("/readyz").await, 200);

    let metrics = client().get(format!("{}/metrics", portal.url)).send().await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains(r#"http_requests_total{method="GET",route="/readyz",status="200"} 1"#),
        "{metrics}"
    );
    assert!(metrics.contains("db_pool_connections"), "{metrics}");

    let cluster = processes_in(&data.path().join("pg"));
    assert!(!cluster.is_empty());
    assert!(listens_on_tcp(portal.pid()), "the portal itself listens, so the check can see it");
    assert!(cluster.into_iter().all(|pid| !listens_on_tcp(pid)));

    assert!(portal.stop().success());
    assert!(processes_in(&data.path().join("pg")).is_empty(), "the cluster stops with it");
}

#[tokio::test]
async fn users_of_other_databases_come_in_with_their_passwords_and_not_into_ours() {
    let data = data_folder();
    let come = async |password: &str, database: &str| {
        let options = PgConnectOptions::new_without_pgpass().socket(data.path().join("run"));
        options.username("basket").password(password).database(database).connect().await.is_ok()
    };
    let portal = Process::on_folder(data.path(), &[]);
    let mut admin = connect(data.path()).await;
    for statement in ["CREATE ROLE basket LOGIN PASSWORD 'right'", "CREATE DATABASE basket OWNER basket"] {
        sqlx::query(statement).execute(&mut admin).await.unwrap();
    }
    drop(admin);
    assert!(come("right", "basket").await && !come("wrong", "basket").await);
    for ours in ["portolan", "postgres", "template1"] {
        assert!(!come("right", ours).await, "{ours}");
    }
    assert!(portal.stop().success());

    // a cluster of an earlier version let everybody in who came as far as its socket
    let rules = data.path().join("pg/pg_hba.conf");
    fs::write(&rules, "local all all trust\n").unwrap();
    let portal = Process::on_folder(data.path(), &[]);
    assert!(
        come("right", "basket").await && !come("wrong", "basket").await && !come("right", "portolan").await
    );
    assert!(portal.stop().success());
}

#[test]
fn a_second_start_on_the_same_folder_is_refused() {
    let data = data_folder();
    let first = Process::on_folder(data.path(), &[]);
    let refused = serve(&["--data-dir", data.path().to_str().unwrap()]);
    assert_refused(
        &refused,
        &format!("another Portolan (process {}) already uses the data folder", first.pid()),
    );
}

#[test]
fn a_port_in_use_is_refused() {
    let data = data_folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = run(["serve", "--listen", &address, "--data-dir", data.path().to_str().unwrap()]);
    assert_refused(&refused, &format!("cannot listen on {address}: stop what uses that port"));
}

#[test]
fn an_unwritable_folder_a_long_path_and_an_old_postgres_are_refused() {
    assert_refused(
        &serve(&["--data-dir", "/proc/portolan"]),
        "cannot write to the data folder /proc/portolan",
    );

    let data = data_folder();
    let long = data.path().join("x".repeat(100));
    assert_refused(&serve(&["--data-dir", long.to_str().unwrap()]), "too long for a unix socket");

    let old = data.path().join("old");
    fs::create_dir(&old).unwrap();
    for program in ["postgres", "initdb"] {
        fs::write(old.join(program), "#!/bin/sh\necho 'postgres (PostgreSQL) 13.16'\n").unwrap();
        fs::set_permissions(old.join(program), Permissions::from_mode(0o755)).unwrap();
    }
    let settings = data.path().join("settings.env");
    fs::write(&settings, format!("PORTOLAN_POSTGRES_BIN={}\n", old.display())).unwrap();
    let flags = ["--data-dir", data.path().to_str().unwrap(), "--settings", settings.to_str().unwrap()];
    assert_refused(&serve(&flags), "is too old: install version 14 or later");
}

#[test]
fn bad_settings_are_refused_with_their_key() {
    assert_refused(&serve(&["--database-url", "mysql://x"]), "--database-url must be a Postgres address");
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    assert_refused(
        &serve(&["--database-url", nowhere]),
        "cannot connect to the database; check DATABASE_URL",
    );
}

#[tokio::test]
async fn a_request_in_flight_finishes_before_the_end() {
    let data = data_folder();
    let mut portal = Process::on_folder(data.path(), &[]);
    let mut connection = connect(data.path()).await;
    let mut lock = connection.begin().await.unwrap();
    sqlx::query("LOCK TABLE _sqlx_migrations IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();

    let slow = tokio::spawn(client().get(format!("{}/readyz", portal.url)).send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    portal.signal(Signal::SIGTERM);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(client().get(format!("{}/healthz", portal.url)).send().await.is_err(), "it takes no new request");
    lock.rollback().await.unwrap();

    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    assert!(portal.wait().success());
}

#[tokio::test]
async fn killing_the_whole_tree_loses_nothing() {
    let data = data_folder();
    let mut portal = Process::on_folder(data.path(), &[]);
    assert!(create_person(data.path(), "imke").status.success());
    portal.signal(Signal::SIGKILL);
    for pid in processes_in(&data.path().canonicalize().unwrap().join("pg")) {
        let _ = kill(pid, Signal::SIGKILL);
    }
    portal.wait();

    let portal = Process::on_folder(data.path(), &[]);
    assert_eq!(portal.status("/readyz").await, 200);
    let again = create_person(data.path(), "imke");
    assert!(
        !again.status.success() && stderr(&again).contains("handle"),
        "imke is still there: {}",
        stderr(&again)
    );
}

#[tokio::test]
async fn a_killed_portal_takes_its_cluster_along_and_a_killed_cluster_comes_back() {
    let data = data_folder();
    let mut portal = Process::on_folder(data.path(), &[]);
    portal.signal(Signal::SIGKILL);
    portal.wait();
    let portal = Process::on_folder(data.path(), &[]);
    portal.until_ready().await;

    let postmaster = fs::read_to_string(data.path().join("pg/postmaster.pid")).unwrap();
    let postmaster = nix::unistd::Pid::from_raw(postmaster.lines().next().unwrap().parse().unwrap());
    kill(postmaster, Signal::SIGKILL).unwrap();
    let began = Instant::now();
    while !portal.log().contains("starting it again") {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", portal.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    portal.until_ready().await;
}

#[test]
fn a_first_start_that_died_half_way_is_begun_again() {
    let data = data_folder();
    fs::create_dir(data.path().join("pg.new")).unwrap();
    fs::write(data.path().join("pg.new/PG_VERSION"), "9\n").unwrap();
    drop(Process::on_folder(data.path(), &[]));
    assert!(data.path().join("pg/PG_VERSION").is_file() && !data.path().join("pg.new").exists());
}

#[test]
fn admin_works_beside_a_running_portal_and_alone() {
    let data = data_folder();
    let folder = data.path().to_str().unwrap().to_owned();
    let alone = create_person(data.path(), "imke");
    assert!(alone.status.success(), "{}", stderr(&alone));
    assert!(stdout(&alone).starts_with("http://127.0.0.1:8080/sign-in/"), "{}", stdout(&alone));

    let _portal = Process::on_folder(data.path(), &[]);
    let token = create_token("imke", "write", &["--data-dir", &folder]);
    assert!(token.starts_with("ptl_") && token.lines().count() == 1, "the token and nothing else");
    assert_eq!(stdout(&run(["migrate", "--data-dir", &folder])), "nothing to do: the database is current");
}

#[tokio::test]
async fn two_replicas_may_start_at_once_on_an_empty_database() {
    let given = Database::new();
    let flags = ["--database-url", given.url.as_str()];
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Process::start(&flags));
        let other = scope.spawn(|| Process::start(&flags));
        (one.join().unwrap(), other.join().unwrap())
    });
    one.until_ready().await;
    other.until_ready().await;
    assert!(one.stop().success() && other.stop().success());
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let given = Database::new();
    let migrated = run(["migrate", "--database-url", &given.url]);
    assert!(stdout(&migrated).starts_with("applied "), "{}", stderr(&migrated));
    let mut connection =
        PgConnection::connect_with(&PgConnectOptions::from_str(&given.url).unwrap()).await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (9999, 'later', now(), true, '', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();

    let sentence = "the database is newer than this Portolan (it has migration 9999";
    assert_refused(&serve(&["--database-url", &given.url]), sentence);
    assert_refused(&run(["migrate", "--database-url", &given.url]), sentence);
}
