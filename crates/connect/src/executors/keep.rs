//! What a step writes down before it does what could not be told afterwards: whoever undoes it, or tries it again, knows that
//! it was at it, whoever died when.

use std::{fmt, pin::Pin, sync::Arc};

use serde_json::Value;

use super::Failed;

type Writing = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Where a step writes down its effect while it is at work. Cheap to clone.
#[derive(Clone)]
pub struct Keep(Arc<dyn Fn(Value) -> Writing + Send + Sync>);

impl Keep {
    /// Writes it so; whether that was done.
    pub fn new<F: Future<Output = bool> + Send + 'static>(
        write: impl Fn(Value) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |effect| Box::pin(write(effect))))
    }

    /// Writes it down; not to be gone on without it.
    pub(super) async fn note(&self, effect: Value) -> Result<(), Failed> {
        if (self.0)(effect).await {
            return Ok(());
        }
        Err(Failed::platform(
            "The portal could not write down what the step was about to do, so it was not done.",
            "It is tried again. If it stays so, the portal's operator looks at its database.",
        )
        .once_more())
    }
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep(..)")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{future::ready, sync::Mutex};

    use serde_json::json;

    use super::*;
    use crate::executors::{Attempt, log::tests::attempt, postgres};

    /// What was written down last.
    pub(crate) type Noted = Arc<Mutex<Option<Value>>>;

    /// The same attempt, with what it writes down.
    pub(crate) fn noting(attempt: Attempt) -> (Attempt, Noted) {
        let noted = Noted::default();
        let inside = Arc::clone(&noted);
        let keep = Keep::new(move |effect| {
            *inside.lock().expect("kept") = Some(effect);
            ready(true)
        });
        (Attempt { keep, ..attempt }, noted)
    }

    /// The same attempt as whoever comes after it has it.
    pub(crate) fn after(attempt: &Attempt, noted: &Noted) -> Attempt {
        Attempt { effect: noted.lock().expect("kept").clone(), ..attempt.clone() }
    }

    #[tokio::test]
    async fn nothing_is_done_that_cannot_be_written_down() {
        let failed = Keep::new(|_| ready(false)).note(json!(1)).await.expect_err("not written");
        assert!(failed.again && failed.why.contains("was not done"), "{failed:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_undone_is_said_of_what_was_begun_alone() {
        let (never_begun, _lines) = attempt(json!({}));
        assert!(postgres::ROTATE.take_back(never_begun.clone()).await.is_ok());
        let begun = Attempt { effect: Some(json!({ "begun": true })), ..never_begun };
        let stays = postgres::ROTATE.take_back(begun).await.expect_err("it stays");
        assert!(!stays.again && stays.why.contains("password"), "{stays:?}");
    }
}
