//! The durable queue: nothing is lost, nothing is done by two, and what fails says why.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, ToSpan};
use portolan_domain::{
    Error,
    work::{self, Claim, NewJob, Retried, Room},
};
use portolan_testkit::Bed;
use serde_json::json;
use sqlx::{PgPool, postgres::PgListener};

const LEASE: SignedDuration = SignedDuration::from_secs(30);

async fn ask(bed: &Bed, job: NewJob) {
    work::enqueue(&mut bed.as_system().await.cx(), job).await.unwrap();
}

async fn claim(bed: &Bed, kind: &'static str, jobs: i64) -> Vec<Claim> {
    work::claim(&mut bed.as_system().await.cx(), &[Room { kind, jobs }], LEASE).await.unwrap()
}

async fn one(bed: &Bed) -> Claim {
    let mut claims = claim(bed, "tell", 10).await;
    assert_eq!(claims.len(), 1);
    claims.remove(0)
}

fn is_lost<T: std::fmt::Debug>(outcome: &Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Conflict(why)) if why.contains("another worker")), "{outcome:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn work_is_asked_for_with_what_makes_it_necessary_or_not_at_all(pool: PgPool) {
    let mut ear = PgListener::connect_with(&pool).await.unwrap();
    ear.listen("work").await.unwrap();
    let bed = Bed::new(pool);
    let undone: Result<(), _> = bed
        .as_system()
        .await
        .cx()
        .atomically(async |cx| {
            work::enqueue(cx, NewJob::new("tell", json!({}))).await?;
            Err(Error::Conflict("no".into()))
        })
        .await;
    assert!(undone.is_err());
    assert!(claim(&bed, "tell", 10).await.is_empty(), "undone with its transaction");

    ask(&bed, NewJob::new("tell", json!({ "whom": "imke" }))).await;
    assert_eq!(ear.recv().await.unwrap().channel(), "work", "workers are woken");
    let job = one(&bed).await;
    assert_eq!((job.attempt, job.payload["whom"].as_str()), (1, Some("imke")));
    assert!(claim(&bed, "tell", 10).await.is_empty(), "somebody has it");
    work::finish(&mut bed.as_system().await.cx(), &job).await.unwrap();
    bed.wait(1.hour());
    assert!(claim(&bed, "tell", 10).await.is_empty(), "done once and for all");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn workers_that_come_at_once_share_what_is_there(pool: PgPool) {
    let bed = Bed::new(pool);
    let jobs = (0..200).map(|n| NewJob::new("tell", n)).collect();
    work::enqueue_all(&mut bed.as_system().await.cx(), jobs).await.unwrap();
    let worker = async || {
        let mut mine = Vec::new();
        loop {
            let claims = claim(&bed, "tell", 7).await;
            if claims.is_empty() {
                return mine;
            }
            assert!(claims.len() <= 7, "no more than there is room for");
            mine.extend(claims.into_iter().map(|c| c.payload.as_i64().unwrap()));
        }
    };
    let (a, b, c, d) = tokio::join!(worker(), worker(), worker(), worker());
    let all: Vec<_> = [a, b, c, d].concat();
    assert_eq!(all.len(), 200, "nothing is taken by two");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 200, "nothing is left");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_lost_the_lease_can_end_nothing(pool: PgPool) {
    let bed = Bed::new(pool);
    ask(&bed, NewJob::new("tell", json!({}))).await;
    let slow = one(&bed).await;
    bed.wait(20.seconds());
    work::extend(&mut bed.as_system().await.cx(), &slow, LEASE).await.unwrap();
    bed.wait(20.seconds());
    assert!(claim(&bed, "tell", 1).await.is_empty(), "it said that it is still at it");
    bed.wait(11.seconds());
    let next = one(&bed).await;
    assert_eq!(next.attempt, 2, "taken over");

    let mut call = bed.as_system().await;
    let cx = &mut call.cx();
    is_lost(&work::extend(cx, &slow, LEASE).await);
    is_lost(&work::hold(cx, &slow).await);
    is_lost(&work::retry(cx, &slow, "late").await);
    is_lost(&work::postpone(cx, &slow, bed.now()).await);
    is_lost(&work::bury(cx, &slow, "late").await);
    is_lost(&work::finish(cx, &slow).await);
    work::finish(cx, &next).await.unwrap();
    is_lost(&work::finish(cx, &next).await);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_fails_waits_longer_each_time_and_is_dead_at_last_with_its_reason(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    ask(&bed, NewJob::new("tell", json!({})).attempts(3)).await;
    let mut waits = Vec::new();
    let last = loop {
        let job = one(&bed).await;
        let mut call = bed.as_system().await;
        match work::retry(&mut call.cx(), &job, "no answer").await.unwrap() {
            Retried::Dead => break job,
            Retried::At(at) => {
                waits.push(at.duration_since(bed.now()).as_secs_f64());
                assert!(claim(&bed, "tell", 1).await.is_empty(), "not before its time");
                assert_eq!(work::next_due(&mut call.cx(), &["tell"]).await.unwrap(), Some(at));
                bed.wait(1.minute());
            }
        }
    };
    assert_eq!(last.attempt, 3);
    assert!(
        waits.len() == 2 && (3.7..6.3).contains(&waits[0]) && (7.4..12.6).contains(&waits[1]),
        "{waits:?}"
    );
    let (outcome, error): (String, String) =
        sqlx::query_as("SELECT outcome, error FROM job").fetch_one(&pool).await.unwrap();
    assert_eq!((outcome.as_str(), error.as_str()), ("dead", "no answer"));
    let standing = work::standing(&mut bed.as_system().await.cx()).await.unwrap();
    assert_eq!((standing[0].unfinished, standing[0].dead), (0, 1));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_asked_for_once_is_there_once_and_runs_again_if_asked_for_meanwhile(pool: PgPool) {
    let bed = Bed::new(pool);
    let job = || NewJob::new("tell", json!({})).once("imke");
    ask(&bed, job().at(bed.now() + 1.hour())).await;
    assert!(claim(&bed, "tell", 9).await.is_empty());
    ask(&bed, job()).await;
    ask(&bed, job().at(bed.now() + 1.hour())).await;
    let first = one(&bed).await;

    // it may have looked before this was asked for
    ask(&bed, job()).await;
    assert!(claim(&bed, "tell", 9).await.is_empty(), "but two never work on it at once");
    work::finish(&mut bed.as_system().await.cx(), &first).await.unwrap();
    let again = one(&bed).await;
    assert_eq!((again.id, again.attempt), (first.id, 1));

    // whoever asks does not shorten a wait
    let later = bed.now() + 5.minutes();
    work::postpone(&mut bed.as_system().await.cx(), &again, later).await.unwrap();
    ask(&bed, job()).await;
    assert!(claim(&bed, "tell", 9).await.is_empty());
    bed.wait(5.minutes());
    let third = one(&bed).await;
    assert_eq!(third.attempt, 1, "being put off is no failure");
    work::finish(&mut bed.as_system().await.cx(), &third).await.unwrap();
    assert!(claim(&bed, "tell", 9).await.is_empty());
    ask(&bed, job()).await;
    assert_ne!(one(&bed).await.id, first.id, "what is finished is asked for anew");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_ask_that_is_not_through_yet_is_seen_by_whoever_finishes(pool: PgPool) {
    let bed = Bed::new(pool);
    let job = || NewJob::new("tell", json!({})).once("imke");
    ask(&bed, job()).await;
    let claim = one(&bed).await;
    let asking = async {
        let mut call = bed.as_system().await;
        let mut cx = call.cx();
        let slow = cx.atomically(async |cx| {
            work::enqueue(cx, job()).await?;
            tokio::time::sleep(Duration::from_millis(400)).await;
            Ok(())
        });
        slow.await.unwrap();
    };
    let finishing = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        work::finish(&mut bed.as_system().await.cx(), &claim).await.unwrap();
        began.elapsed()
    };
    let ((), waited) = tokio::join!(asking, finishing);
    assert!(waited > Duration::from_millis(200), "it waits for the one who asks: {waited:?}");
    one(&bed).await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_job_that_kills_its_worker_is_not_tried_for_ever_and_old_jobs_go(pool: PgPool) {
    let bed = Bed::new(pool);
    ask(&bed, NewJob::new("tell", json!({})).attempts(2)).await;
    for _ in 0..2 {
        one(&bed).await;
        bed.wait(31.seconds());
    }
    assert!(claim(&bed, "tell", 1).await.is_empty());
    let mut call = bed.as_system().await;
    assert_eq!(work::next_due(&mut call.cx(), &["tell"]).await.unwrap(), None, "nobody waits for it");
    assert_eq!(work::sweep(&mut call.cx()).await.unwrap(), 1);
    assert_eq!(work::standing(&mut call.cx()).await.unwrap()[0].dead, 1);
    drop(call);
    ask(&bed, NewJob::new("tell", json!({}))).await;
    work::finish(&mut bed.as_system().await.cx(), &one(&bed).await).await.unwrap();
    bed.wait((4 * 24).hours());
    assert_eq!(work::sweep(&mut bed.as_system().await.cx()).await.unwrap(), 1, "what is done goes first");
    bed.wait((90 * 24).hours());
    assert_eq!(work::sweep(&mut bed.as_system().await.cx()).await.unwrap(), 1);
}
