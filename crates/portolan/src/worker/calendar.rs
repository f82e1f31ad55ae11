//! Asks for somebody's calendar, every hour for as long as there is one.

use portolan_connect::fetch::{self, Fetched, Seen};
use portolan_domain::{Result, rota, work};

use super::{Job, kinds::Ended};

pub(super) async fn run(job: Job) -> Result<Ended> {
    let key = job.tools.portal.sealing_key.as_ref();
    let Some(ask) = rota::to_ask(&mut job.call().await?.cx(), &job.claim.payload, key).await? else {
        return Ok(Ended::Done);
    };
    let (etag, modified) = ask.seen.clone();
    let answer = fetch::calendar(&job.tools.outside, &ask.address, &Seen { etag, modified }).await;
    let mut call = job.call().await?;
    let cx = &mut call.cx();
    match answer {
        Ok(Fetched::Unchanged) => rota::calendar_unchanged(cx, &ask).await?,
        Ok(Fetched::Calendar(text, seen)) => {
            rota::calendar_read(cx, &ask, text, (seen.etag, seen.modified)).await?;
        }
        Err(why) => rota::calendar_failed(cx, &ask, &why.to_string()).await?,
    }
    let next = cx.now() + rota::EVERY;
    work::postpone(cx, &job.claim, next).await?;
    Ok(Ended::PutOff)
}
