//! What both faces and the worker share: the database, the clock, who is known, and a few settings.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    Actor, Call, Db, Result, live, people::Callers, provisioning::Executors, sealing::SealingKey, usage,
};

/// The running portal. Cheap to clone through its `Arc`.
#[derive(Debug)]
pub struct Portal {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Who a cookie or token stands for, remembered for seconds.
    pub callers: Callers,
    /// Where usage events go.
    pub usage: usage::Recorder,
    /// Public address of the portal, without a slash at the end; links in e-mails and the one-line `curl` use it.
    pub base_url: String,
    /// Name of the organisation, beside the brand.
    pub organisation: String,
    /// Whether the sign-in page offers the demo personas: only ever true on a loopback address.
    pub demo_sign_in: bool,
    /// What open pages hear of at once.
    pub live: live::Hub,
    /// The address that e-mail is sent from; none if no mail server is set, and nobody is told anything by e-mail.
    pub mail_from: Option<String>,
    /// Key that seals secrets at rest; none when an external database is used without one.
    pub sealing_key: Option<SealingKey>,
    /// What steps of offerings can be done by.
    pub executors: Executors,
}

impl Portal {
    /// A call of `actor`, now.
    pub async fn call(&self, actor: Actor) -> Result<Call> {
        self.db.call(actor, self.clock.now()).await
    }
}

/// Where `now` comes from: the system at the edge, a fixed instant in tests.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that a test moves.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The instant.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
