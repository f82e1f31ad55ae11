//! SQL of the notices.

use jiff::Timestamp;

use super::super::{
    About, EndpointFormat, Notice, Recipient, State, Told,
    deliver::{Outcome, Stored, Trouble, Waiting},
};
use crate::{Cx, NoticeId, PersonId, Result, WebhookEndpointId};

/// Writes notices to people, mailboxes and webhooks; a team was resolved before.
pub(crate) async fn insert(cx: &mut Cx<'_>, notices: &[Notice]) -> Result<Vec<NoticeId>> {
    let ids: Vec<_> = notices.iter().map(|_| NoticeId::new()).collect();
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let people: Vec<_> =
        notices.iter().map(|n| if let Recipient::Person(id) = &n.to { Some(id.0) } else { None }).collect();
    let emails: Vec<_> = notices
        .iter()
        .map(|n| if let Recipient::Email(at) = &n.to { Some(at.clone()) } else { None })
        .collect();
    let endpoints: Vec<_> =
        notices.iter().map(|n| if let Recipient::Endpoint(id) = &n.to { Some(id.0) } else { None }).collect();
    let text = |of: fn(&Notice) -> &str| notices.iter().map(|n| of(n).to_owned()).collect::<Vec<_>>();
    let about_ids: Vec<_> = notices.iter().map(|n| n.about.id).collect();
    let settled: Vec<_> = notices.iter().map(|n| n.settled.map(str::to_owned)).collect();
    let until: Vec<_> = notices.iter().map(|n| jiff_sqlx::Timestamp::from(cx.now() + n.patience)).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO notice (id, person_id, email, endpoint_id, event, subject, body, link, reason, about_kind, about_id, settled_kind, give_up_at, created_at)
         SELECT n.*, $14 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
             $10::text[], $11::uuid[], $12::text[], $13::timestamptz[]) AS n",
        &keys,
        &people as &[Option<uuid::Uuid>],
        &emails as &[Option<String>],
        &endpoints as &[Option<uuid::Uuid>],
        &text(|n| n.event),
        &text(|n| &n.subject),
        &text(|n| &n.text),
        &text(|n| &n.link),
        &text(|n| &n.reason),
        &text(|n| &n.about.kind),
        &about_ids,
        &settled as &[Option<String>],
        &until as _,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(ids)
}

/// The recipients of these notices, each with the instant of the last message that the next one keeps its distance from.
pub(crate) async fn recipients(
    cx: &mut Cx<'_>,
    ids: &[NoticeId],
) -> Result<Vec<(String, Option<Timestamp>)>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT r.recipient AS "recipient!", CASE WHEN e.format IS DISTINCT FROM 'standard' THEN
                  (SELECT settled_at FROM notice l WHERE l.recipient = r.recipient AND l.state = 'delivered' ORDER BY settled_at DESC LIMIT 1) END AS last_sent
           FROM (SELECT DISTINCT recipient, endpoint_id FROM notice WHERE id = ANY($1)) r LEFT JOIN webhook_endpoint e ON e.id = r.endpoint_id"#,
        &ids
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.recipient, r.last_sent.map(jiff_sqlx::Timestamp::to_jiff))).collect())
}

/// What is needed to send to a recipient, from the text that a job has for it.
pub(crate) async fn destination(cx: &mut Cx<'_>, recipient: &str) -> Result<Stored> {
    let (kind, rest) = recipient.split_once(':').unwrap_or_default();
    let id = rest.parse::<uuid::Uuid>().unwrap_or_default();
    Ok(match kind {
        "person" => sqlx::query!("SELECT name, email, active FROM person WHERE id = $1", id)
            .fetch_optional(cx.conn())
            .await?
            .map_or(Stored::Gone, |p| Stored::Person { name: p.name, email: p.email, active: p.active }),
        "endpoint" => sqlx::query!(
            r#"SELECT format AS "format: EndpointFormat", url_sealed, secret_sealed, revoked_at IS NULL AS "open!" FROM webhook_endpoint WHERE id = $1"#,
            id
        )
        .fetch_optional(cx.conn())
        .await?
        .map_or(Stored::Gone, |e| Stored::Endpoint {
            id: WebhookEndpointId(id),
            format: e.format,
            url: e.url_sealed,
            secret: e.secret_sealed,
            open: e.open,
        }),
        "email" => Stored::Mailbox(rest.to_owned()),
        _ => Stored::Gone,
    })
}

pub(crate) async fn last_sent(cx: &mut Cx<'_>, recipient: &str) -> Result<Option<Timestamp>> {
    let last = sqlx::query_scalar!(
        "SELECT settled_at FROM notice WHERE recipient = $1 AND state = 'delivered' ORDER BY settled_at DESC LIMIT 1",
        recipient
    );
    Ok(last.fetch_optional(cx.conn()).await?.flatten().map(jiff_sqlx::Timestamp::to_jiff))
}

pub(crate) async fn waiting(cx: &mut Cx<'_>, recipient: &str, most: i64) -> Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: NoticeId", event, subject, body, link, reason, about_kind, about_id, attempts, created_at
           FROM notice WHERE recipient = $1 AND state = 'pending' ORDER BY id LIMIT $2"#,
        recipient,
        most
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Waiting {
            id: r.id,
            event: r.event,
            subject: r.subject,
            text: r.body,
            link: r.link,
            reason: r.reason,
            about: About { kind: r.about_kind, id: r.about_id },
            attempts: r.attempts,
            created_at: r.created_at.to_jiff(),
        })
        .collect())
}

/// `settle!(set and where, arguments…)` is the checked statement that settles notices; all parts are literals.
macro_rules! settle {
    ($cx:expr, $rest:tt $(, $argument:expr)* $(,)?) => {{
        let rows = sqlx::query!(
            r#"UPDATE notice SET "# + $rest + r#" AND state = 'pending'
               RETURNING id AS "id: NoticeId", settled_kind, about_kind, about_id, state AS "state: State", error"#
            $(, $argument)*
        )
        .fetch_all($cx.conn())
        .await?;
        let outcome = rows.into_iter().map(|r| Outcome {
            id: r.id,
            kind: r.settled_kind,
            about: About { kind: r.about_kind, id: r.about_id },
            state: r.state,
            error: r.error,
        });
        Ok(outcome.collect())
    }};
}

pub(crate) async fn delivered(cx: &mut Cx<'_>, ids: &[NoticeId], sent_to: &str) -> Result<Vec<Outcome>> {
    let (ids, now) = (keys(ids), jiff_sqlx::Timestamp::from(cx.now()));
    settle!(
        cx,
        "state = 'delivered', attempts = attempts + 1, error = NULL, sent_to = $2, settled_at = $3 WHERE id = ANY($1)",
        &ids,
        sent_to,
        now as _
    )
}

pub(crate) async fn failed(cx: &mut Cx<'_>, ids: &[NoticeId], reason: &str) -> Result<Vec<Outcome>> {
    let (ids, now) = (keys(ids), jiff_sqlx::Timestamp::from(cx.now()));
    settle!(
        cx,
        "state = 'failed', attempts = attempts + 1, error = $2, settled_at = $3 WHERE id = ANY($1)",
        &ids,
        reason,
        now as _
    )
}

pub(crate) async fn fail_recipient(cx: &mut Cx<'_>, recipient: &str, reason: &str) -> Result<Vec<Outcome>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    settle!(
        cx,
        "state = 'failed', error = $2, settled_at = $3 WHERE recipient = $1",
        recipient,
        reason,
        now as _
    )
}

/// Those whose patience ends before the next attempt.
pub(crate) async fn give_up(cx: &mut Cx<'_>, ids: &[NoticeId], next: Timestamp) -> Result<Vec<Outcome>> {
    let (ids, next) = (keys(ids), jiff_sqlx::Timestamp::from(next));
    let now = jiff_sqlx::Timestamp::from(cx.now());
    settle!(
        cx,
        "state = 'failed', settled_at = $3 WHERE id = ANY($1) AND give_up_at <= $2",
        &ids,
        next as _,
        now as _
    )
}

/// Those whose patience ended a while ago, and nobody noticed.
pub(crate) async fn overdue(cx: &mut Cx<'_>) -> Result<Vec<Outcome>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    settle!(
        cx,
        "state = 'failed', error = coalesce(error, 'delivery broke; the log of the portal says why'), settled_at = $1
         WHERE give_up_at < $1::timestamptz - interval '10 minutes'",
        now as _
    )
}

pub(crate) async fn told_then(cx: &mut Cx<'_>) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE notice SET state = 'delivered', settled_at = created_at WHERE state = 'pending'"
    );
    Ok(done.execute(cx.conn()).await?.rows_affected())
}

pub(crate) async fn tried(cx: &mut Cx<'_>, ids: &[NoticeId], reason: &str) -> Result<()> {
    let ids = keys(ids);
    sqlx::query!(
        "UPDATE notice SET attempts = attempts + 1, error = $2 WHERE id = ANY($1) AND state = 'pending'",
        &ids,
        reason
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Recipients for whom something waits and nobody is about to deliver it.
pub(crate) async fn stranded(cx: &mut Cx<'_>) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT n.recipient AS "recipient!" FROM notice n WHERE n.state = 'pending'
           AND NOT EXISTS (SELECT FROM job j WHERE j.kind IN ('notify.mail', 'notify.webhook') AND j.dedup_key = n.recipient AND j.finished_at IS NULL) LIMIT 1000"#
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(crate) async fn forget(cx: &mut Cx<'_>, before: Timestamp) -> Result<u64> {
    let before = jiff_sqlx::Timestamp::from(before);
    let gone = sqlx::query!("DELETE FROM notice WHERE state <> 'pending' AND settled_at < $1", before as _);
    Ok(gone.execute(cx.conn()).await?.rows_affected())
}

pub(crate) async fn trouble(cx: &mut Cx<'_>) -> Result<Trouble> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_as!(
        Trouble,
        r#"SELECT (SELECT count(*) FROM notice WHERE state = 'pending' AND attempts > 0) AS "retried!",
                  count(*) AS "failed!", (array_agg(error ORDER BY settled_at DESC))[1] AS last_error
           FROM notice WHERE state = 'failed' AND settled_at > $1::timestamptz - interval '24 hours'"#,
        now as _
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(crate) async fn about(cx: &mut Cx<'_>, about: &About) -> Result<Vec<Told>> {
    read(cx, Some(about), None).await
}

pub(crate) async fn one(cx: &mut Cx<'_>, id: NoticeId) -> Result<Option<Told>> {
    Ok(read(cx, None, Some(id)).await?.pop())
}

async fn read(cx: &mut Cx<'_>, about: Option<&About>, id: Option<NoticeId>) -> Result<Vec<Told>> {
    let (kind, about) = (about.map(|a| a.kind.as_str()), about.map(|a| a.id));
    let rows = sqlx::query!(
        r#"SELECT n.id AS "id: NoticeId", n.person_id AS "person_id: PersonId", n.endpoint_id AS "endpoint_id: WebhookEndpointId",
                  coalesce(p.name, e.name, n.email, '') AS "to!", n.event, n.subject, n.state AS "state: State", n.attempts, n.error, n.sent_to,
                  n.created_at, n.settled_at
           FROM notice n LEFT JOIN person p ON p.id = n.person_id LEFT JOIN webhook_endpoint e ON e.id = n.endpoint_id
           WHERE (n.about_kind = $1 AND n.about_id = $2) OR n.id = $3 ORDER BY n.id DESC LIMIT 200"#,
        kind,
        about,
        id as Option<NoticeId>,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .rev()
        .map(|r| Told {
            id: r.id,
            person_id: r.person_id,
            endpoint_id: r.endpoint_id,
            to: r.to,
            event: r.event,
            subject: r.subject,
            state: r.state,
            attempts: r.attempts,
            error: r.error,
            sent_to: r.sent_to,
            created_at: r.created_at.to_jiff(),
            settled_at: r.settled_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect())
}

fn keys(ids: &[NoticeId]) -> Vec<uuid::Uuid> {
    ids.iter().map(|id| id.0).collect()
}
