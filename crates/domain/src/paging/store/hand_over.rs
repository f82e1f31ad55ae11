//! SQL of the notes at the change of a shift.

use jiff::Timestamp;

use super::super::hand_over::HandOver;
use crate::{
    Cx, HandOverId, Limit, PersonId, Result, ScheduleId, TeamId,
    people::{PersonName, TeamName},
    rota::ScheduleName,
};

/// `notes!(from, rest, arguments…)` is the checked statement that selects notes `h` of what `from` names, with who comes as
/// the shifts are now; all parts are literals.
macro_rules! notes {
    ($from:literal, $rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT h.id AS "id!: HandOverId", s.id AS "schedule_id!: ScheduleId", s.slug AS "schedule_slug!", s.name AS "schedule_name!",
                      s.time_zone AS "time_zone!", t.id AS "team_id!: TeamId", t.slug AS "team_slug!", t.name AS "team_name!", h.at AS "at!",
                      h.since AS "since!", f.id AS "from_id!: PersonId", f.handle AS "from_handle!", f.name AS "from_name!", f.active AS "from_active!",
                      n.id AS "to_id?: PersonId", n.handle AS "to_handle?", n.name AS "to_name?", n.active AS "to_active?",
                      h.body AS "body!", h.version AS "version!", h.published_at AS "published_at?"
               FROM "#
                + $from
                + r#" JOIN schedule s ON s.id = h.schedule_id JOIN team t ON t.id = s.team_id JOIN person f ON f.id = h.from_id
                    LEFT JOIN LATERAL (SELECT x.person_id FROM shift x
                        WHERE x.schedule_id = h.schedule_id AND x.cancelled_at IS NULL AND x.holder = 'person' AND x.person_id <> h.from_id
                          AND x.starts_at <= h.at AND x.ends_at > h.at ORDER BY x.starts_at DESC, x.id LIMIT 1) next ON true
                    LEFT JOIN person n ON n.id = next.person_id "#
                + $rest
            $(, $argument)*
        )
    };
}

struct Row {
    id: HandOverId,
    schedule_id: ScheduleId,
    schedule_slug: String,
    schedule_name: String,
    time_zone: String,
    team_id: TeamId,
    team_slug: String,
    team_name: String,
    at: jiff_sqlx::Timestamp,
    since: jiff_sqlx::Timestamp,
    from_id: PersonId,
    from_handle: String,
    from_name: String,
    from_active: bool,
    to_id: Option<PersonId>,
    to_handle: Option<String>,
    to_name: Option<String>,
    to_active: Option<bool>,
    body: String,
    version: i64,
    published_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for HandOver {
    fn from(r: Row) -> Self {
        let to = r.to_id.zip(r.to_handle).zip(r.to_name).zip(r.to_active);
        Self {
            id: r.id,
            schedule: ScheduleName { id: r.schedule_id, slug: r.schedule_slug, name: r.schedule_name },
            time_zone: r.time_zone,
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            at: r.at.to_jiff(),
            since: r.since.to_jiff(),
            from: PersonName {
                id: r.from_id,
                handle: r.from_handle,
                name: r.from_name,
                active: r.from_active,
            },
            to: to.map(|(((id, handle), name), active)| PersonName { id, handle, name, active }),
            body: r.body,
            version: r.version,
            published_at: r.published_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// A note just prepared.
pub(in super::super) struct Made {
    pub(in super::super) id: HandOverId,
    pub(in super::super) from: PersonId,
    pub(in super::super) at: jiff_sqlx::Timestamp,
    pub(in super::super) schedule: String,
    pub(in super::super) time_zone: String,
}

/// Prepares the notes of shifts of on-call that end in this span and are followed by somebody else; at most 200 at a
/// time.
pub(in super::super) async fn prepare(
    cx: &mut Cx<'_>,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<Made>> {
    let (since, until) = (jiff_sqlx::Timestamp::from(since), jiff_sqlx::Timestamp::from(until));
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_as!(
        Made,
        r#"WITH ending AS (
               SELECT x.schedule_id, x.person_id, x.starts_at, x.ends_at, s.name, s.time_zone
               FROM shift x JOIN schedule s ON s.id = x.schedule_id AND s.purpose = 'on-call'
               WHERE x.cancelled_at IS NULL AND x.holder = 'person' AND x.ends_at > $1 AND x.ends_at <= $2 AND x.starts_at <= $3
                 AND NOT EXISTS (SELECT FROM shift y WHERE y.schedule_id = x.schedule_id AND y.cancelled_at IS NULL AND y.holder = 'person'
                                 AND y.person_id = x.person_id AND y.id <> x.id AND y.starts_at <= x.ends_at AND y.ends_at > x.ends_at)
                 AND NOT EXISTS (SELECT FROM hand_over h WHERE h.schedule_id = x.schedule_id AND h.at = x.ends_at AND h.from_id = x.person_id)
               ORDER BY x.ends_at, x.id LIMIT 200),
           made AS (
               INSERT INTO hand_over (id, schedule_id, at, since, from_id, body, created_at, updated_at)
               SELECT gen_random_uuid(), schedule_id, ends_at, min(starts_at), person_id, '', $3, $3 FROM ending GROUP BY schedule_id, ends_at, person_id
               ON CONFLICT ON CONSTRAINT hand_over_once DO NOTHING RETURNING id, schedule_id, at, from_id)
           SELECT m.id AS "id: HandOverId", m.from_id AS "from: PersonId", m.at, s.name AS schedule, s.time_zone
           FROM made m JOIN schedule s ON s.id = m.schedule_id"#,
        since as _,
        until as _,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, id: HandOverId) -> Result<Option<HandOver>> {
    let found = notes!("hand_over h", "WHERE h.id = $1", id as HandOverId);
    Ok(found.fetch_optional(cx.conn()).await?.map(HandOver::from))
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    team: Option<TeamId>,
    after: Option<(Timestamp, HandOverId)>,
    limit: Limit,
) -> Result<Vec<HandOver>> {
    let (after_at, after_id) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let rows = notes!(
        "hand_over h",
        "WHERE ($1::uuid IS NULL OR s.team_id = $1)
           AND (h.at, h.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
         ORDER BY h.at DESC, h.id DESC LIMIT $4",
        team as Option<TeamId>,
        after_at as _,
        after_id as Option<HandOverId>,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(HandOver::from).collect())
}

/// The notes that a person writes or is written to. The few that can be are found and put in order first, so that who comes
/// is looked up for a page of them, and not for all notes there are.
pub(in super::super) async fn list_of(
    cx: &mut Cx<'_>,
    person: PersonId,
    team: Option<TeamId>,
    after: Option<(Timestamp, HandOverId)>,
    limit: Limit,
) -> Result<Vec<HandOver>> {
    let (after_at, after_id) =
        after.map_or((None, None), |(at, id)| (Some(jiff_sqlx::Timestamp::from(at)), Some(id)));
    let rows = notes!(
        "(SELECT * FROM hand_over WHERE id IN (SELECT id FROM hand_over WHERE from_id = $1 UNION ALL
                SELECT o.id FROM shift x JOIN hand_over o ON o.schedule_id = x.schedule_id AND o.at >= x.starts_at AND o.at < x.ends_at
                WHERE x.person_id = $1 AND x.cancelled_at IS NULL AND x.holder = 'person')
              ORDER BY at DESC, id DESC) h",
        "WHERE (h.from_id = $1 OR n.id = $1) AND ($2::uuid IS NULL OR s.team_id = $2)
           AND (h.at, h.id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
         ORDER BY h.at DESC, h.id DESC LIMIT $5",
        person as PersonId,
        team as Option<TeamId>,
        after_at as _,
        after_id as Option<HandOverId>,
        limit.probe(),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(HandOver::from).collect())
}

/// How many notes there are, up to `most`: all, or those that [`list_of`] looks through.
pub(in super::super) async fn count(
    cx: &mut Cx<'_>,
    team: Option<TeamId>,
    mine: Option<PersonId>,
    most: i64,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM (SELECT FROM hand_over h JOIN schedule s ON s.id = h.schedule_id
           WHERE ($1::uuid IS NULL OR s.team_id = $1)
             AND ($2::uuid IS NULL OR h.id IN (SELECT id FROM hand_over WHERE from_id = $2 UNION ALL
                  SELECT o.id FROM shift x JOIN hand_over o ON o.schedule_id = x.schedule_id AND o.at >= x.starts_at AND o.at < x.ends_at
                  WHERE x.person_id = $2 AND x.cancelled_at IS NULL AND x.holder = 'person')) LIMIT $3) h"#,
        team as Option<TeamId>,
        mine as Option<PersonId>,
        most,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// The notes of changes in this span that a person writes or is written to (at most 20).
pub(in super::super) async fn around(
    cx: &mut Cx<'_>,
    person: PersonId,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<HandOver>> {
    let (since, until) = (jiff_sqlx::Timestamp::from(since), jiff_sqlx::Timestamp::from(until));
    let rows = notes!(
        "(SELECT * FROM hand_over WHERE at > $2 AND at <= $3 AND id IN (SELECT id FROM hand_over WHERE from_id = $1 AND at > $2 UNION ALL
                SELECT o.id FROM shift x JOIN hand_over o ON o.schedule_id = x.schedule_id AND o.at >= x.starts_at AND o.at < x.ends_at
                WHERE x.person_id = $1 AND x.cancelled_at IS NULL AND x.holder = 'person' AND x.ends_at > $2)
              ORDER BY at DESC, id DESC) h",
        "WHERE (h.from_id = $1 OR n.id = $1) ORDER BY h.at DESC, h.id DESC LIMIT 20",
        person as PersonId,
        since as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(HandOver::from).collect())
}

pub(in super::super) async fn write(
    cx: &mut Cx<'_>,
    id: HandOverId,
    body: &str,
    publish: bool,
    version: Option<i64>,
) -> Result<u64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let done = sqlx::query!(
        "UPDATE hand_over SET body = $2, version = version + 1, updated_at = $3,
                published_at = CASE WHEN $4 THEN coalesce(published_at, $3) ELSE published_at END
         WHERE id = $1 AND ($5::bigint IS NULL OR version = $5)",
        id as HandOverId,
        body,
        now as _,
        publish,
        version,
    );
    Ok(done.execute(cx.conn()).await?.rows_affected())
}
