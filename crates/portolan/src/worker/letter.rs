//! Sends what was published to one reader, and notes what came of it.

use portolan_connect::{Undelivered, smtp};
use portolan_domain::{
    Error, Result,
    wins::{self, Letter, LetterJob},
    work,
};
use portolan_web::letters;

use super::{
    Job, deliver,
    kinds::{self, Ended},
};

pub(super) async fn run(job: Job) -> Result<Ended> {
    let which: LetterJob = kinds::payload(&job)?;
    let organisation = &job.tools.portal.organisation;
    let Some(letter) = wins::letter(&mut job.call().await?.cx(), &which, organisation).await? else {
        return Ok(Ended::Done);
    };
    let sent = send(&job, &letter).await;
    metrics::counter!("messages_total", "channel" => "wins", "outcome" => deliver::outcome(&sent))
        .increment(1);
    let failed = match sent {
        Ok(()) => None,
        Err(Undelivered::Passing(why)) if job.claim.attempt < job.claim.max_attempts => {
            return Err(Error::Unavailable(why));
        }
        Err(Undelivered::Passing(why) | Undelivered::Lasting(why)) => Some(why),
    };
    let (job, which, failed) = (&job, &which, failed.as_deref());
    deliver::noted(move || note(job, which, failed)).await
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
    let stop = letter.stop.as_ref().map(|path| format!("{}{path}", portal.base_url));
    let written = smtp::Letter {
        name: letter.to_name.as_deref(),
        address: &letter.to,
        subject: &letter.subject,
        text: &letter.text(&portal.base_url),
        html: Some(&letters::html(letter, &portal.base_url)),
        stop: stop.as_deref(),
        id: &format!("wins.{}", job.claim.id),
        at: portal.clock.now(),
    };
    deliver::mailer(job)?.send(&written).await
}
