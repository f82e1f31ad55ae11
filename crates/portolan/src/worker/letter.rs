//! Sends what was published to one reader, and notes what came of it.

use std::time::Duration;

use portolan_connect::{Undelivered, smtp};
use portolan_domain::{
    Error, Result,
    wins::{self, Addendum, Letter, LetterJob},
    work,
};
use portolan_web::letters;
use serde::Deserialize;

use super::{Job, kinds::Ended};

/// A letter that was taken is noted once the database is back, if it is back soon: else it is sent again.
const NOTING: u32 = 20;
const BETWEEN: Duration = Duration::from_secs(1);

pub(super) async fn run(job: Job) -> Result<Ended> {
    let which = LetterJob::deserialize(&job.claim.payload)
        .map_err(|error| Error::invalid("payload", format!("is not what this kind of job takes: {error}")))?;
    let Some(letter) = wins::letter(&mut job.call().await?.cx(), &which).await? else {
        return Ok(Ended::Done);
    };
    let sent = send(&job, &letter).await;
    let outcome = match &sent {
        Ok(()) => "delivered",
        Err(Undelivered::Passing(_)) => "passing",
        Err(Undelivered::Lasting(_)) => "lasting",
    };
    metrics::counter!("messages_total", "channel" => "wins", "outcome" => outcome).increment(1);
    let failed = match sent {
        Ok(()) => None,
        Err(Undelivered::Passing(why)) if job.claim.attempt < job.claim.max_attempts => {
            return Err(Error::Unavailable(why));
        }
        Err(Undelivered::Passing(why) | Undelivered::Lasting(why)) => Some(why),
    };
    for _ in 1..NOTING {
        match note(&job, &which, failed.as_deref()).await {
            Err(Error::Unavailable(_) | Error::Database(_)) => tokio::time::sleep(BETWEEN).await,
            other => return other,
        }
    }
    note(&job, &which, failed.as_deref()).await
}

/// Notes what came of it in one transaction with the end of the job.
async fn note(job: &Job, which: &LetterJob, failed: Option<&str>) -> Result<Ended> {
    let mut call = job.call().await?;
    call.cx()
        .atomically(async |cx| {
            match failed {
                None => wins::letter_sent(cx, which).await?,
                Some(why) => wins::letter_failed(cx, which, why).await?,
            }
            work::finish(cx, &job.claim).await
        })
        .await?;
    Ok(Ended::InItsTransaction)
}

async fn send(job: &Job, letter: &Letter) -> Result<(), Undelivered> {
    let portal = &job.tools.portal;
    let Some(mailer) = &job.tools.mailer else {
        return Err(Undelivered::Lasting(
            "no mail server is set; the operator sets PORTOLAN_SMTP_URL".into(),
        ));
    };
    let stop = letter.stop.as_ref().map(|path| format!("{}{path}", portal.base_url));
    let written = smtp::Letter {
        name: letter.to_name.as_deref(),
        address: &letter.to,
        subject: &letter.subject,
        text: &text(letter, &portal.base_url),
        html: Some(&letters::html(letter, &portal.base_url)),
        stop: stop.as_deref(),
        id: &format!("wins.{}", job.claim.id),
        at: portal.clock.now(),
    };
    mailer.send(&written).await
}

/// The letter as plain text: what was said afterwards first, then what was published, then why they get it.
fn text(letter: &Letter, base_url: &str) -> String {
    let mut text: String = letter.addenda.iter().map(|one| added(one, letter.outside)).collect();
    text += letter.document.text(base_url).trim_end();
    text += "\n\n-- \n";
    text += &letter.reason;
    if let Some(stop) = &letter.stop {
        text += &format!("\nTo get no more of these: {base_url}{stop}");
    }
    text + "\n"
}

/// What was said afterwards. Those outside read it without names of people, as all else.
fn added(addendum: &Addendum, outside: bool) -> String {
    let day = addendum.at.strftime("%Y-%m-%d");
    let by = addendum.by.as_ref().filter(|_| !outside);
    let by = by.map_or_else(String::new, |person| format!(" by {}", person.name));
    format!("Added on {day}{by}:\n\n{}\n\n", addendum.text.trim())
}
