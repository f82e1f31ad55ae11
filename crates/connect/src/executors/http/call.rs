//! One exchange with another system, through the guarded way out.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::{answer::Answer, wish::Call};
use crate::{
    Undelivered,
    executors::{Attempt, Failed, Hidden},
    guard, webhook,
};

/// As much of an answer as is read.
const MOST: usize = 1 << 20;

/// What came of an exchange that is no answer to work with.
#[derive(Debug)]
pub(super) enum Went {
    /// It wants to be asked later, and says when.
    Later(Duration),
    /// It was certainly not taken: refused, or never sent.
    NotTaken(Failed),
    /// It failed, and whether it was taken is not known.
    Wrong(Failed),
}

impl Went {
    /// How long it wants to be left alone, or why it failed.
    pub(super) fn failed(self) -> Result<Duration, Failed> {
        match self {
            Self::Later(after) => Ok(after),
            Self::NotTaken(failed) | Self::Wrong(failed) => Err(failed),
        }
    }
}

impl From<Failed> for Went {
    fn from(failed: Failed) -> Self {
        Self::NotTaken(failed)
    }
}

/// Makes a call by this id, signed if a secret is named.
pub(super) async fn make(
    attempt: &Attempt,
    call: &Call,
    id: &str,
    callback: Option<&str>,
) -> Result<Answer, Went> {
    let body = call.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut request = attempt
        .equipment
        .outside
        .request(call.method.clone(), call.url.as_str())
        .map_err(not_sent)?
        .header(ACCEPT, "application/json, application/problem+json, */*;q=0.1")
        .header("idempotency-key", id);
    if call.body.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    if let Some(callback) = callback {
        request = request.header("portolan-callback", callback);
    }
    if let Some(secret) = call.secret.as_ref().map(Hidden::reveal) {
        let at = attempt.equipment.clock.now();
        let signature = webhook::sign(secret, id, at, body.as_bytes()).ok_or_else(|| {
            Failed::platform(
                "The secret to sign with is none.",
                "The operator writes it as whsec_ and base64.",
            )
        })?;
        request = request
            .header("webhook-id", id)
            .header("webhook-timestamp", at.as_second().to_string())
            .header("webhook-signature", signature);
    }
    // those of the offering last: they take the place of ours where both say something
    request = request.headers(call.headers.clone());
    let response = request.body(body).send().await.map_err(|error| {
        let went = if error.is_connect() { not_sent } else { unreached };
        went(guard::failure(error))
    })?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = guard::body(response, MOST).await.map_err(unreached)?;
    Ok(Answer::new(status, &headers, &body))
}

fn not_sent(why: Undelivered) -> Went {
    Went::NotTaken(told(why))
}

fn unreached(why: Undelivered) -> Went {
    Went::Wrong(told(why))
}

fn told(why: Undelivered) -> Failed {
    match why {
        Undelivered::Passing(why) => Failed::outside(
            format!("The other system did not take the call: {why}."),
            "It is called again. If it stays so, whoever runs that system looks after it.",
        ),
        Undelivered::Lasting(why) => Failed::platform(
            format!("The other system cannot be called: {why}."),
            "The offering's team corrects the address, or the portal's operator lets it be asked.",
        ),
    }
}
