//! The bed a test lies in: a portal with a clock that the test moves.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{Span, Timestamp};
use portolan_domain::{
    Actor, Call, Clock, Db, Portal, Scope, Via, live,
    people::{Callers, Person},
    usage,
};
use sqlx::PgPool;

/// When tests begin, in seconds: 2026-11-21, ten past three at night.
pub const MIDNIGHT_CALL: i64 = 1_795_230_600;

/// A portal over a test's database.
#[derive(Debug, Clone)]
pub struct Bed {
    portal: Arc<Portal>,
    seconds: Arc<AtomicI64>,
}

impl Bed {
    /// A portal as it stands on a company's server: no demo sign-in.
    pub fn new(pool: PgPool) -> Self {
        Self::with(pool, |_| {})
    }

    /// A portal with other settings.
    pub fn with(pool: PgPool, change: impl FnOnce(&mut Portal)) -> Self {
        let seconds = Arc::new(AtomicI64::new(MIDNIGHT_CALL));
        let hand = seconds.clone();
        let (usage, _) = usage::Recorder::new(100);
        let mut portal = Portal {
            db: Db::new(pool),
            clock: Clock::from_fn(move || {
                Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap_or_default()
            }),
            callers: Callers::default(),
            usage,
            base_url: "http://127.0.0.1:8080".into(),
            organisation: "Fairhaven".into(),
            demo_sign_in: false,
            live: live::Hub::default(),
            mail_from: None,
            sealing_key: None,
            executors: portolan_domain::provisioning::Executors::default(),
        };
        change(&mut portal);
        Self { portal: Arc::new(portal), seconds }
    }

    /// The portal.
    pub fn portal(&self) -> &Arc<Portal> {
        &self.portal
    }

    /// The instant it is.
    pub fn now(&self) -> Timestamp {
        self.portal.clock.now()
    }

    /// Lets time pass.
    pub fn wait(&self, span: Span) {
        let later = self.now() + span;
        self.seconds.store(later.as_second(), Ordering::Relaxed);
    }

    /// A call of anybody.
    ///
    /// # Panics
    /// If the database has no connection.
    pub async fn call(&self, actor: Actor) -> Call {
        self.portal.call(actor).await.expect("a connection")
    }

    /// A call of Portolan itself, which may do everything.
    pub async fn as_system(&self) -> Call {
        self.call(Actor::system()).await
    }

    /// A call of nobody known.
    pub async fn as_stranger(&self) -> Call {
        self.call(Actor::stranger(Via::Page)).await
    }

    /// A call of a person in a browser.
    pub async fn as_person(&self, person: &Person) -> Call {
        self.call(Actor::person(person, Scope::Admin, Via::Page)).await
    }

    /// A call of a person's token.
    pub async fn as_token(&self, person: &Person, scope: Scope) -> Call {
        self.call(Actor::person(person, scope, Via::Api)).await
    }
}
