//! Calendars of people and the absences read of them.

use jiff::Timestamp;

use super::super::away::{Away, AwayCalendar, Stored};
use crate::{Cx, PersonId, Result};

pub(in super::super) async fn away_calendar(
    cx: &mut Cx<'_>,
    person: PersonId,
) -> Result<Option<AwayCalendar>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"SELECT host, set_at, asked_at, read_at, error,
                  (SELECT count(*) FROM away_span s WHERE s.person_id = c.person_id AND s.ends_at > $2) AS "absences!"
           FROM away_calendar c WHERE person_id = $1"#,
        person as PersonId,
        now as _
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| AwayCalendar {
        host: r.host,
        set_at: r.set_at.to_jiff(),
        asked_at: r.asked_at.map(jiff_sqlx::Timestamp::to_jiff),
        read_at: r.read_at.map(jiff_sqlx::Timestamp::to_jiff),
        error: r.error,
        absences: r.absences,
    }))
}

/// What was read of another address before goes with it.
pub(in super::super) async fn put_away_calendar(
    cx: &mut Cx<'_>,
    person: PersonId,
    host: &str,
    sealed: &[u8],
) -> Result<()> {
    remove_away_calendar(cx, person).await?;
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO away_calendar (person_id, host, address_sealed, set_at) VALUES ($1, $2, $3, $4)",
        person as PersonId,
        host,
        sealed,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn remove_away_calendar(
    cx: &mut Cx<'_>,
    person: PersonId,
) -> Result<Option<String>> {
    let gone = sqlx::query_scalar!(
        "DELETE FROM away_calendar WHERE person_id = $1 RETURNING host",
        person as PersonId
    );
    Ok(gone.fetch_optional(cx.conn()).await?)
}

pub(in super::super) async fn calendar_to_ask(cx: &mut Cx<'_>, person: PersonId) -> Result<Option<Stored>> {
    let row = sqlx::query!(
        "SELECT c.address_sealed, c.etag, c.modified, c.read_at, c.set_at, p.time_zone
         FROM away_calendar c JOIN person p ON p.id = c.person_id WHERE c.person_id = $1 AND p.active",
        person as PersonId
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Stored {
        sealed: r.address_sealed,
        etag: r.etag,
        modified: r.modified,
        read_at: r.read_at.map(jiff_sqlx::Timestamp::to_jiff),
        time_zone: r.time_zone,
        set_at: r.set_at.to_jiff(),
    }))
}

pub(in super::super) async fn calendar_asked(
    cx: &mut Cx<'_>,
    person: PersonId,
    set_at: Timestamp,
    error: Option<&str>,
) -> Result<()> {
    let (now, set_at) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(set_at));
    sqlx::query!(
        "UPDATE away_calendar SET asked_at = $3, error = $4 WHERE person_id = $1 AND set_at = $2",
        person as PersonId,
        set_at as _,
        now as _,
        error
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Whether the address is still the one that was given then.
pub(in super::super) async fn calendar_read(
    cx: &mut Cx<'_>,
    person: PersonId,
    set_at: Timestamp,
    (etag, modified): &(Option<String>, Option<String>),
) -> Result<bool> {
    let (now, set_at) = (jiff_sqlx::Timestamp::from(cx.now()), jiff_sqlx::Timestamp::from(set_at));
    let noted = sqlx::query!(
        "UPDATE away_calendar SET asked_at = $3, read_at = $3, error = NULL, etag = $4, modified = $5 WHERE person_id = $1 AND set_at = $2",
        person as PersonId,
        set_at as _,
        now as _,
        etag.as_deref(),
        modified.as_deref()
    );
    Ok(noted.execute(cx.conn()).await?.rows_affected() > 0)
}

/// What is over stays, for the history of shifts; what is to come is replaced.
pub(in super::super) async fn put_away(
    cx: &mut Cx<'_>,
    person: PersonId,
    spans: &[(Timestamp, Timestamp)],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let starts: Vec<_> = spans.iter().map(|(start, _)| jiff_sqlx::Timestamp::from(*start)).collect();
    let ends: Vec<_> = spans.iter().map(|(_, end)| jiff_sqlx::Timestamp::from(*end)).collect();
    sqlx::query!("DELETE FROM away_span WHERE person_id = $1 AND ends_at > $2", person as PersonId, now as _)
        .execute(cx.conn())
        .await?;
    sqlx::query!(
        "INSERT INTO away_span (person_id, starts_at, ends_at)
         SELECT c.person_id, s.starts_at, s.ends_at FROM unnest($2::timestamptz[], $3::timestamptz[]) AS s (starts_at, ends_at)
         JOIN away_calendar c ON c.person_id = $1
         ON CONFLICT (person_id, starts_at) DO UPDATE SET ends_at = excluded.ends_at",
        person as PersonId,
        &starts as _,
        &ends as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn away(
    cx: &mut Cx<'_>,
    people: &[PersonId],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Away>> {
    let people: Vec<_> = people.iter().map(|p| p.0).collect();
    let (from, to) = (jiff_sqlx::Timestamp::from(from), jiff_sqlx::Timestamp::from(to));
    let rows = sqlx::query!(
        r#"SELECT person_id AS "person: PersonId", starts_at, ends_at FROM away_span
           WHERE person_id = ANY($1) AND starts_at < $3 AND ends_at > $2 ORDER BY starts_at, person_id LIMIT 10000"#,
        &people,
        from as _,
        to as _
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Away { person: r.person, start: r.starts_at.to_jiff(), end: r.ends_at.to_jiff() })
        .collect())
}

pub(in super::super) async fn calendars_not_asked_since(
    cx: &mut Cx<'_>,
    before: Timestamp,
) -> Result<Vec<(PersonId, Timestamp)>> {
    let before = jiff_sqlx::Timestamp::from(before);
    let rows = sqlx::query!(
        r#"SELECT c.person_id AS "id: PersonId", c.set_at FROM away_calendar c JOIN person p ON p.id = c.person_id
           WHERE p.active AND coalesce(c.asked_at, c.set_at) < $1 ORDER BY c.person_id LIMIT 10000"#,
        before as _
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.set_at.to_jiff())).collect())
}
