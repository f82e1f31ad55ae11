//! SQL of the queue.

use jiff::Timestamp;

use super::{Claim, NewJob, Room, Standing};
use crate::{Cx, JobId, Result};

/// One statement for all. A job with a key that is unfinished is locked by it, so that a worker who is about to finish
/// it waits, and sees that it was asked for again.
pub(super) async fn insert(cx: &mut Cx<'_>, jobs: &[NewJob]) -> Result<()> {
    let ids: Vec<_> = jobs.iter().map(|_| JobId::new().0).collect();
    let kinds: Vec<_> = jobs.iter().map(|j| j.kind.to_string()).collect();
    let payloads: Vec<_> = jobs.iter().map(|j| j.payload.clone()).collect();
    let keys: Vec<_> = jobs.iter().map(|j| j.key.clone()).collect();
    let due: Vec<_> = jobs.iter().map(|j| jiff_sqlx::Timestamp::from(j.due_at.unwrap_or(cx.now()))).collect();
    let attempts: Vec<_> = jobs.iter().map(|j| j.attempts).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO job (id, kind, payload, dedup_key, due_at, max_attempts, created_at)
         SELECT id, kind, payload, key, due_at, max_attempts, $1
         FROM unnest($2::uuid[], $3::text[], $4::jsonb[], $5::text[], $6::timestamptz[], $7::int[])
              AS j (id, kind, payload, key, due_at, max_attempts)
         ON CONFLICT (kind, dedup_key) WHERE finished_at IS NULL DO UPDATE SET
             due_at = CASE WHEN job.lease IS NULL THEN greatest(least(job.due_at, excluded.due_at), job.held_until) ELSE job.due_at END,
             again_at = CASE WHEN job.lease IS NULL THEN NULL ELSE least(job.again_at, excluded.due_at) END",
        now as _,
        &ids,
        &kinds,
        &payloads,
        &keys as &[Option<String>],
        &due as _,
        &attempts,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(super) async fn claim(cx: &mut Cx<'_>, rooms: &[Room], until: Timestamp) -> Result<Vec<Claim>> {
    let kinds: Vec<_> = rooms.iter().map(|r| r.kind.to_owned()).collect();
    let jobs: Vec<_> = rooms.iter().map(|r| r.jobs).collect();
    let (now, until) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(until));
    Ok(sqlx::query_as!(
        Claim,
        r#"UPDATE job SET lease = gen_random_uuid(), due_at = $4, attempts = job.attempts + 1
           FROM unnest($1::text[], $2::bigint[]) AS room (kind, jobs) CROSS JOIN LATERAL (
               SELECT j.id FROM job j
               WHERE j.kind = room.kind AND j.finished_at IS NULL AND j.due_at <= $3 AND j.attempts < j.max_attempts
               ORDER BY j.due_at LIMIT room.jobs FOR UPDATE SKIP LOCKED) AS due
           WHERE job.id = due.id
           RETURNING job.id AS "id: JobId", job.lease AS "lease!", job.kind, job.payload, job.attempts AS attempt, job.max_attempts"#,
        &kinds,
        &jobs,
        now as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Locks the job for this transaction, if the lease is still the last one.
pub(super) async fn hold(cx: &mut Cx<'_>, claim: &Claim) -> Result<u64> {
    let held = sqlx::query!(
        "SELECT id FROM job WHERE id = $1 AND lease = $2 FOR UPDATE",
        claim.id as JobId,
        claim.lease
    );
    Ok(u64::from(held.fetch_optional(cx.conn()).await?.is_some()))
}

pub(super) async fn extend(cx: &mut Cx<'_>, claim: &Claim, until: Timestamp) -> Result<u64> {
    let until = jiff_sqlx::Timestamp::from(until);
    let done = sqlx::query!(
        "UPDATE job SET due_at = $3 WHERE id = $1 AND lease = $2",
        claim.id as JobId,
        claim.lease,
        until as _
    );
    Ok(done.execute(cx.conn()).await?.rows_affected())
}

/// Done, unless it was asked for again meanwhile: then it waits for its next run.
pub(super) async fn finish(cx: &mut Cx<'_>, claim: &Claim) -> Result<u64> {
    end(cx, claim, "done", None).await
}

pub(super) async fn bury(cx: &mut Cx<'_>, claim: &Claim, error: &str) -> Result<u64> {
    end(cx, claim, "dead", Some(error)).await
}

async fn end(cx: &mut Cx<'_>, claim: &Claim, outcome: &str, error: Option<&str>) -> Result<u64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let done = sqlx::query!(
        "UPDATE job SET lease = NULL, error = $4, again_at = NULL, held_until = NULL,
             due_at = coalesce(again_at, due_at),
             attempts = CASE WHEN again_at IS NULL THEN attempts ELSE 0 END,
             finished_at = CASE WHEN again_at IS NULL THEN $5::timestamptz END,
             outcome = CASE WHEN again_at IS NULL THEN $3 END
         WHERE id = $1 AND lease = $2",
        claim.id as JobId,
        claim.lease,
        outcome,
        error,
        now as _,
    );
    Ok(done.execute(cx.conn()).await?.rows_affected())
}

/// Back to those that wait; whoever asked for it meanwhile, or does later, has it earlier.
pub(super) async fn rest(cx: &mut Cx<'_>, claim: &Claim, until: Timestamp) -> Result<u64> {
    let until = jiff_sqlx::Timestamp::from(until);
    let done = sqlx::query!(
        "UPDATE job SET lease = NULL, due_at = least(again_at, $3), held_until = NULL, again_at = NULL, error = NULL, attempts = 0
         WHERE id = $1 AND lease = $2",
        claim.id as JobId,
        claim.lease,
        until as _,
    );
    Ok(done.execute(cx.conn()).await?.rows_affected())
}

/// Back to those that wait: after a failure, or (without an error) put off with its attempts anew.
pub(super) async fn put_back(
    cx: &mut Cx<'_>,
    claim: &Claim,
    at: Timestamp,
    error: Option<&str>,
) -> Result<u64> {
    let at = jiff_sqlx::Timestamp::from(at);
    let done = sqlx::query!(
        "UPDATE job SET lease = NULL, due_at = $3, held_until = $3, again_at = NULL, error = $4,
             attempts = CASE WHEN $4::text IS NULL THEN 0 ELSE attempts END
         WHERE id = $1 AND lease = $2",
        claim.id as JobId,
        claim.lease,
        at as _,
        error,
    );
    Ok(done.execute(cx.conn()).await?.rows_affected())
}

pub(super) async fn next_due(cx: &mut Cx<'_>, kinds: &[&str]) -> Result<Option<Timestamp>> {
    let kinds: Vec<_> = kinds.iter().map(|k| (*k).to_owned()).collect();
    let due = sqlx::query_scalar!(
        "SELECT min(due.at) FROM unnest($1::text[]) AS k (kind) CROSS JOIN LATERAL (
             SELECT due_at AS at FROM job WHERE job.kind = k.kind AND finished_at IS NULL AND attempts < max_attempts ORDER BY due_at LIMIT 1) AS due",
        &kinds
    );
    Ok(due.fetch_one(cx.conn()).await?.map(jiff_sqlx::Timestamp::to_jiff))
}

pub(super) async fn standing(cx: &mut Cx<'_>) -> Result<Vec<Standing>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT kind, count(*) FILTER (WHERE finished_at IS NULL) AS "unfinished!",
                  min(due_at) FILTER (WHERE finished_at IS NULL AND due_at <= $1) AS oldest_due,
                  count(*) FILTER (WHERE outcome = 'dead') AS "dead!"
           FROM job WHERE finished_at IS NULL OR outcome = 'dead' GROUP BY kind ORDER BY kind"#,
        now as _
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Standing {
            kind: r.kind,
            unfinished: r.unfinished,
            oldest_due: r.oldest_due.map(jiff_sqlx::Timestamp::to_jiff),
            dead: r.dead,
        })
        .collect())
}

pub(super) async fn bury_abandoned(cx: &mut Cx<'_>, error: &str) -> Result<u64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let done = sqlx::query!(
        "UPDATE job SET lease = NULL, finished_at = $1, outcome = 'dead', error = $2
         WHERE finished_at IS NULL AND due_at <= $1 AND attempts >= max_attempts",
        now as _,
        error
    );
    Ok(done.execute(cx.conn()).await?.rows_affected())
}

pub(super) async fn forget(cx: &mut Cx<'_>, done: Timestamp, dead: Timestamp) -> Result<u64> {
    let (done, dead) = (jiff_sqlx::Timestamp::from(done), jiff_sqlx::Timestamp::from(dead));
    let gone = sqlx::query!(
        "DELETE FROM job WHERE (outcome = 'done' AND finished_at < $1) OR (outcome = 'dead' AND finished_at < $2)",
        done as _,
        dead as _
    );
    Ok(gone.execute(cx.conn()).await?.rows_affected())
}
