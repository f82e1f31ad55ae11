//! Delivers what waits for one recipient: takes it, sends it, notes what came of that.

use std::time::Duration;

use portolan_connect::{
    Undelivered,
    smtp::{Letter, Mailer},
    webhook,
};
use portolan_domain::{
    Error, Result,
    notify::{self, Bundle, Destination, Taken},
    work,
};

use super::{Job, kinds::Ended};

/// What is there is noted once the database is back, if it is back soon: else it is sent again.
const NOTING: u32 = 20;
const BETWEEN: Duration = Duration::from_secs(1);

pub(super) async fn run(job: Job) -> Result<Ended> {
    let mut first = true;
    loop {
        let key = job.tools.portal.sealing_key.as_ref();
        let taken = notify::take(&mut job.call().await?.cx(), &job.claim, key, first).await?;
        let bundle = match taken {
            Taken::Nothing => return Ok(Ended::Done),
            Taken::NotBefore(at) => {
                work::postpone(&mut job.call().await?.cx(), &job.claim, at).await?;
                return Ok(Ended::PutOff);
            }
            Taken::Message(bundle) => bundle,
        };
        first = false;
        let sent = send(&job, &bundle).await;
        count(&bundle, &sent);
        let several = bundle.notices.len() > 1;
        let ended = match sent {
            Err(Undelivered::Lasting(_)) if several => one_by_one(&job, &bundle).await?,
            sent => settle(&job, &bundle, sent).await?,
        };
        if matches!(ended, Ended::PutOff) || !bundle.more {
            return Ok(ended);
        }
    }
}

/// Notes what came of sending a message: it is there, it never will be, or the job is put off.
async fn settle(job: &Job, bundle: &Bundle, sent: Result<(), Undelivered>) -> Result<Ended> {
    match sent {
        Ok(()) => noted(move || note(job, bundle)).await?,
        Err(Undelivered::Lasting(why)) => {
            notify::failed(&mut job.call().await?.cx(), &job.claim, bundle, &why).await?;
        }
        Err(Undelivered::Passing(why)) => {
            notify::not_now(&mut job.call().await?.cx(), &job.claim, bundle, &why).await?;
            return Ok(Ended::PutOff);
        }
    }
    Ok(Ended::Done)
}

/// Refused letters of their own, one after the other, from which on it is the recipient and not what is in them.
const REFUSED: usize = 3;

/// A message of several things was refused for good, perhaps for one of them: each is sent by itself.
async fn one_by_one(job: &Job, bundle: &Bundle) -> Result<Ended> {
    let (mut refused, mut taken) = (0, false);
    let mut why = String::new();
    for single in bundle.singly() {
        let sent = if refused >= REFUSED && !taken {
            Err(Undelivered::Lasting(why.clone()))
        } else {
            let sent = send(job, &single).await;
            count(&single, &sent);
            sent
        };
        match &sent {
            Ok(()) => taken = true,
            Err(Undelivered::Lasting(reason)) => {
                refused += 1;
                why.clone_from(reason);
            }
            Err(Undelivered::Passing(_)) => {}
        }
        if let Ended::PutOff = settle(job, &single, sent).await? {
            return Ok(Ended::PutOff);
        }
    }
    Ok(Ended::Done)
}

async fn send(job: &Job, bundle: &Bundle) -> Result<(), Undelivered> {
    let portal = &job.tools.portal;
    let now = portal.clock.now();
    let Destination::Email { name, address } = &bundle.to else {
        return webhook::send(&job.tools.outside, bundle, &portal.base_url, now).await;
    };
    let ends = [bundle.notices.first(), bundle.notices.last()]
        .map(|n| n.map_or_else(String::new, |n| n.id.to_string()));
    let letter = Letter {
        name: name.as_deref(),
        address,
        subject: &bundle.subject(),
        text: &bundle.text(&portal.base_url),
        html: None,
        stop: None,
        id: &ends.join("."),
        at: now,
    };
    mailer(job)?.send(&letter).await
}

/// What hands letters over.
pub(super) fn mailer(job: &Job) -> Result<&Mailer, Undelivered> {
    job.tools.mailer.as_ref().ok_or_else(|| {
        Undelivered::Lasting("no mail server is set; the operator sets PORTOLAN_SMTP_URL".into())
    })
}

async fn note(job: &Job, bundle: &Bundle) -> Result<()> {
    notify::delivered(&mut job.call().await?.cx(), bundle).await
}

/// Notes what came of a message, also if the database is away for a moment.
pub(super) async fn noted<T, F: Future<Output = Result<T>>>(note: impl Fn() -> F) -> Result<T> {
    for _ in 1..NOTING {
        match note().await {
            Err(Error::Unavailable(_) | Error::Database(_)) => tokio::time::sleep(BETWEEN).await,
            other => return other,
        }
    }
    note().await
}

/// What became of a message, in a word.
pub(super) fn outcome(sent: &Result<(), Undelivered>) -> &'static str {
    match sent {
        Ok(()) => "delivered",
        Err(Undelivered::Passing(_)) => "passing",
        Err(Undelivered::Lasting(_)) => "lasting",
    }
}

fn count(bundle: &Bundle, sent: &Result<(), Undelivered>) {
    let channel = match bundle.to {
        Destination::Email { .. } => "email",
        Destination::Standard { .. } => "standard",
        Destination::Slack { .. } => "slack",
    };
    let outcome = outcome(sent);
    metrics::counter!("messages_total", "channel" => channel, "outcome" => outcome).increment(1);
    metrics::counter!("notices_total", "channel" => channel, "outcome" => outcome)
        .increment(bundle.notices.len() as u64);
}
