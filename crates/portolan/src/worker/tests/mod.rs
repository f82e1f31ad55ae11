//! The worker on a real queue: what it does with jobs that end well, badly, twice or not at all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::ToSpan;
use portolan_connect::{executors::Equipment, guard::Outside};
use portolan_domain::{
    Error,
    work::{self, NewJob, Standing},
};
use portolan_testkit::Bed;
use serde_json::json;
use sqlx::PgPool;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::{
    Pulse, Tools, Worker,
    kinds::{Ended, Kind, SHORT, inside},
};

static AT_ONCE: AtomicUsize = AtomicUsize::new(0);
static MOST_AT_ONCE: AtomicUsize = AtomicUsize::new(0);

const KINDS: &[Kind] = &[
    // leaves a trace in its transaction; asked to, it breaks after that
    Kind {
        name: "trace",
        at_once: 4,
        longest: SHORT,
        act: |job| {
            let attempt = job.claim.attempt;
            Box::pin(inside(job, async move |cx, breaks: i32| {
                work::enqueue(cx, NewJob::new("left", attempt)).await?;
                if attempt <= breaks { Err(Error::Conflict("it broke".into())) } else { Ok(()) }
            }))
        },
    },
    Kind {
        name: "panic",
        at_once: 4,
        longest: SHORT,
        act: |_| Box::pin(async { panic!("a handler panics") }),
    },
    Kind {
        name: "slow",
        at_once: 3,
        longest: SHORT,
        act: |_| {
            Box::pin(async {
                MOST_AT_ONCE.fetch_max(AT_ONCE.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(200)).await;
                AT_ONCE.fetch_sub(1, Ordering::SeqCst);
                Ok(Ended::Done)
            })
        },
    },
    Kind {
        name: "hang",
        at_once: 1,
        longest: Duration::from_millis(50),
        act: |_| Box::pin(std::future::pending()),
    },
];

/// A worker on a test's queue.
struct Running {
    bed: Bed,
    wake: Arc<Notify>,
    pulse: Arc<Pulse>,
    stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Running {
    fn start(bed: &Bed) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let outside = Outside::new(Vec::new()).unwrap();
        let equipment = Arc::new(Equipment::new(outside.clone(), bed.portal().clock.clone()));
        let tools = Arc::new(Tools {
            portal: Arc::clone(bed.portal()),
            mailer: None,
            outside,
            equipment,
            own_address: String::new(),
        });
        let (wake, pulse, (stop, stopped)) =
            (Arc::new(Notify::new()), Arc::new(Pulse::stopped()), watch::channel(false));
        let worker = Worker::new(tools, KINDS, Arc::clone(&wake), Arc::clone(&pulse));
        let worker = tokio::spawn(worker.run(stopped));
        Self { bed: bed.clone(), wake, pulse, stop, worker }
    }

    async fn ask(&self, job: NewJob) {
        work::enqueue(&mut self.bed.as_system().await.cx(), job).await.unwrap();
        self.wake.notify_one();
    }

    /// Waits until the queue stands so.
    async fn until(&self, what: impl Fn(&[Standing]) -> bool) {
        for _ in 0..200 {
            let standing = work::standing(&mut self.bed.as_system().await.cx()).await.unwrap();
            if what(&standing) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?}", work::standing(&mut self.bed.as_system().await.cx()).await);
    }

    /// Waits until so many attempts at the one job of a kind are over and it waits for the next: while one is being made, it is not due
    /// either.
    async fn failed(&self, pool: &PgPool, kind: &str, attempts: i32) {
        for _ in 0..200 {
            let over = sqlx::query_scalar("SELECT attempts FROM job WHERE kind = $1 AND lease IS NULL")
                .bind(kind)
                .fetch_optional(pool)
                .await
                .unwrap();
            if over == Some(attempts) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{kind}: no end of attempt {attempts}");
    }
}

fn of<'s>(standing: &'s [Standing], kind: &str) -> Option<&'s Standing> {
    standing.iter().find(|one| one.kind == kind)
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_all_in_the_database_happens_once_however_often_it_breaks(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let running = Running::start(&bed);
    running.ask(NewJob::new("trace", 2)).await;
    for attempt in 1..=2 {
        running.failed(&pool, "trace", attempt).await;
        bed.wait(1.minute());
        running.wake.notify_one();
    }
    running.until(|all| of(all, "trace").is_none()).await;
    let left: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT payload FROM job WHERE kind = 'left'").fetch_all(&pool).await.unwrap();
    assert_eq!(left, [json!(3)], "only the attempt that went well left a trace");
    assert!(!running.pulse.is_still(), "each look moved the pulse");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_panic_and_a_payload_of_another_shape_are_failures_like_others(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let running = Running::start(&bed);
    running.ask(NewJob::new("panic", json!({})).attempts(1)).await;
    running.ask(NewJob::new("trace", "no number").attempts(1)).await;
    running.ask(NewJob::new("hang", json!({})).attempts(1)).await;
    running
        .until(|all| {
            ["panic", "trace", "hang"].iter().all(|kind| of(all, kind).is_some_and(|one| one.dead == 1))
        })
        .await;
    let why: Vec<String> =
        sqlx::query_scalar("SELECT error FROM job ORDER BY kind").fetch_all(&pool).await.unwrap();
    assert!(why[0].contains("hung") && why[1].contains("panicked"), "{why:?}");
    assert!(why[2].contains("is not what this kind of job takes"), "{why:?}");
    running.ask(NewJob::new("trace", 0)).await;
    running.until(|all| of(all, "left").is_some()).await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn no_more_run_at_once_than_there_is_room_and_those_that_run_finish(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let jobs = (0..9).map(|n| NewJob::new("slow", n)).collect();
    work::enqueue_all(&mut bed.as_system().await.cx(), jobs).await.unwrap();
    let running = Running::start(&bed);
    running.until(|all| of(all, "slow").is_some_and(|one| one.unfinished < 9)).await;
    running.stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), running.worker).await.unwrap().unwrap();
    assert_eq!(MOST_AT_ONCE.load(Ordering::SeqCst), 3);
    assert_eq!(AT_ONCE.load(Ordering::SeqCst), 0, "none was cut off");
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM job WHERE lease IS NOT NULL")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(held, 0, "and none is held");
}
