//! Statements that read requests.

use jiff::{Timestamp, civil::Date};
use sqlx::types::Json;

use super::super::{Category, Counts, Event, EventKind, Filter, Promise, Request, State, Urgency};
use crate::{
    Cx, PageId, PersonId, Result, SupportEventId, SupportRequestId, TeamId, levels::Impact,
    people::PersonName,
};

/// A request as selected by [`requests`].
struct Row {
    id: SupportRequestId,
    number: i64,
    team_id: TeamId,
    team: String,
    team_name: String,
    entity_ref: Option<String>,
    entity_title: Option<String>,
    tier: Option<i16>,
    title: String,
    environment: String,
    impact: Impact,
    tried: String,
    wanted: String,
    links: Vec<String>,
    page_id: Option<PageId>,
    category: Category,
    level: i16,
    first_answer_minutes: i32,
    next_answer_minutes: i32,
    state: State,
    assignee_id: Option<PersonId>,
    assignee_handle: Option<String>,
    assignee_name: Option<String>,
    assignee_active: Option<bool>,
    asker_id: PersonId,
    asker_handle: String,
    asker_name: String,
    asker_active: bool,
    asked_at: jiff_sqlx::Timestamp,
    due_at: Option<jiff_sqlx::Timestamp>,
    first_answered_at: Option<jiff_sqlx::Timestamp>,
    first_answer_in_time: Option<bool>,
    closed_at: Option<jiff_sqlx::Timestamp>,
    updated_at: jiff_sqlx::Timestamp,
}

/// `requests!(rest, arguments…)` is the checked statement that selects requests `r`; all parts are literals.
macro_rules! requests {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT r.id AS "id: SupportRequestId", r.number, r.team_id AS "team_id: TeamId", t.slug AS team, t.name AS team_name,
                      r.entity_ref, coalesce(e.title, e.name) AS "entity_title?", e.tier AS "tier?", r.title, r.environment,
                      r.impact AS "impact: Impact", r.tried, r.wanted, r.links, r.page_id AS "page_id: PageId", r.category AS "category: Category", r.level,
                      r.first_answer_minutes, r.next_answer_minutes, r.state AS "state: State",
                      p.id AS "assignee_id?: PersonId", p.handle AS "assignee_handle?", p.name AS "assignee_name?", p.active AS "assignee_active?",
                      a.id AS "asker_id: PersonId", a.handle AS asker_handle, a.name AS asker_name, a.active AS asker_active,
                      r.asked_at, r.due_at, r.first_answered_at, r.first_answer_in_time, r.closed_at, r.updated_at
               FROM support_request r JOIN team t ON t.id = r.team_id JOIN person a ON a.id = r.asked_by
                    LEFT JOIN entity e ON e.id = r.entity_id LEFT JOIN person p ON p.id = r.assignee_id "#
                + $rest
            $(, $argument)*
        )
    };
}

impl From<Row> for Request {
    fn from(r: Row) -> Self {
        let assignee = r.assignee_id.zip(r.assignee_handle).zip(r.assignee_name).zip(r.assignee_active);
        Self {
            id: r.id,
            number: r.number,
            team_id: r.team_id,
            team: r.team,
            team_name: r.team_name,
            entity_ref: r.entity_ref,
            entity_title: r.entity_title,
            tier: r.tier,
            title: r.title,
            environment: r.environment,
            impact: r.impact,
            tried: r.tried,
            wanted: r.wanted,
            links: r.links,
            page_id: r.page_id,
            category: r.category,
            urgency: Urgency::from_rank(r.level),
            promise: Promise {
                first_answer_minutes: r.first_answer_minutes,
                next_answer_minutes: r.next_answer_minutes,
            },
            state: r.state,
            assignee: assignee.map(|(((id, handle), name), active)| PersonName { id, handle, name, active }),
            asked_by: PersonName {
                id: r.asker_id,
                handle: r.asker_handle,
                name: r.asker_name,
                active: r.asker_active,
            },
            asked_at: r.asked_at.to_jiff(),
            due_at: r.due_at.map(jiff_sqlx::Timestamp::to_jiff),
            first_answered_at: r.first_answered_at.map(jiff_sqlx::Timestamp::to_jiff),
            first_answer_in_time: r.first_answer_in_time,
            closed_at: r.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
            updated_at: r.updated_at.to_jiff(),
        }
    }
}

fn all(rows: Vec<Row>) -> Vec<Request> {
    rows.into_iter().map(Request::from).collect()
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, number: i64) -> Result<Option<Request>> {
    Ok(requests!("WHERE r.number = $1", number).fetch_optional(cx.conn()).await?.map(Request::from))
}

/// Open requests of a team, most urgent first, then by when a word is owed; what owes none comes last.
pub(in super::super) async fn open(
    cx: &mut Cx<'_>,
    team: TeamId,
    states: &[String],
    after: Option<(i16, Option<Timestamp>, i64)>,
    rows: i64,
) -> Result<Vec<Request>> {
    let (level, due, number) =
        after.map_or((None, None, None), |(level, due, number)| (Some(level), due, Some(number)));
    let due = due.map(jiff_sqlx::Timestamp::from);
    let found = requests!(
        "WHERE r.team_id = $1 AND r.closed_at IS NULL AND r.state = ANY($2)
           AND ($3::smallint IS NULL OR (r.level, coalesce(r.due_at, timestamptz '9999-01-01Z'), r.number)
                > ($3, coalesce($4::timestamptz, timestamptz '9999-01-01Z'), $5::bigint))
         ORDER BY r.level, coalesce(r.due_at, timestamptz '9999-01-01Z'), r.number LIMIT $6",
        team as TeamId,
        states,
        level,
        due as _,
        number,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(found))
}

/// Open requests that wait for a person's word: theirs, and nobody's of teams whose support shift they have now.
pub(in super::super) async fn on(cx: &mut Cx<'_>, person: PersonId, rows: i64) -> Result<Vec<Request>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let found = requests!(
        "WHERE r.closed_at IS NULL AND r.state <> 'waiting-for-requester'
           AND (r.assignee_id = $1 OR (r.assignee_id IS NULL AND r.team_id IN (
               SELECT s.team_id FROM shift f JOIN schedule s ON s.id = f.schedule_id AND s.purpose = 'support' AND s.closed_at IS NULL
               WHERE f.person_id = $1 AND f.holder = 'person' AND f.cancelled_at IS NULL AND f.starts_at <= $2 AND f.ends_at > $2)))
         ORDER BY r.level, coalesce(r.due_at, timestamptz '9999-01-01Z'), r.number LIMIT $3",
        person as PersonId,
        now as _,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(found))
}

/// Closed requests of a team, newest first.
pub(in super::super) async fn closed(
    cx: &mut Cx<'_>,
    team: TeamId,
    after: Option<(Timestamp, i64)>,
    rows: i64,
) -> Result<Vec<Request>> {
    let (at, number) = after.map_or((None, None), |(at, n)| (Some(jiff_sqlx::Timestamp::from(at)), Some(n)));
    let found = requests!(
        "WHERE r.team_id = $1 AND r.closed_at IS NOT NULL AND ($2::timestamptz IS NULL OR (r.closed_at, r.number) < ($2, $3::bigint))
         ORDER BY r.closed_at DESC, r.number DESC LIMIT $4",
        team as TeamId,
        at as _,
        number,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(found))
}

pub(in super::super) async fn count_states(cx: &mut Cx<'_>, team: TeamId, states: &[String]) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM support_request WHERE team_id = $1 AND state = ANY($2)"#,
        team as TeamId,
        states,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    f: &Filter,
    asked_by: Option<PersonId>,
    given_to: Option<PersonId>,
    after: Option<i64>,
    rows: i64,
) -> Result<Vec<Request>> {
    let found = requests!(
        "WHERE ($1::text IS NULL OR lower(t.slug) = lower($1)) AND ($2::text IS NULL OR r.entity_ref = lower($2))
           AND ($3::text IS NULL OR r.state = $3) AND ($4::text IS NULL OR r.category = $4)
           AND ($5::uuid IS NULL OR r.asked_by = $5) AND ($6::uuid IS NULL OR r.assignee_id = $6)
           AND (NOT $7::boolean OR r.closed_at IS NULL) AND ($8::bigint IS NULL OR r.number < $8)
         ORDER BY r.number DESC LIMIT $9",
        f.team.as_deref(),
        f.entity.as_deref(),
        f.state.map(State::as_str),
        f.category.map(Category::as_str),
        asked_by as Option<PersonId>,
        given_to as Option<PersonId>,
        f.open,
        after,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(all(found))
}

pub(in super::super) async fn count(
    cx: &mut Cx<'_>,
    f: &Filter,
    asked_by: Option<PersonId>,
    given_to: Option<PersonId>,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM support_request r JOIN team t ON t.id = r.team_id
           WHERE ($1::text IS NULL OR lower(t.slug) = lower($1)) AND ($2::text IS NULL OR r.entity_ref = lower($2))
             AND ($3::text IS NULL OR r.state = $3) AND ($4::text IS NULL OR r.category = $4)
             AND ($5::uuid IS NULL OR r.asked_by = $5) AND ($6::uuid IS NULL OR r.assignee_id = $6)
             AND (NOT $7::boolean OR r.closed_at IS NULL)"#,
        f.team.as_deref(),
        f.entity.as_deref(),
        f.state.map(State::as_str),
        f.category.map(Category::as_str),
        asked_by as Option<PersonId>,
        given_to as Option<PersonId>,
        f.open,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// How much there is in the queues of teams that were ever asked.
pub(in super::super) async fn counts(cx: &mut Cx<'_>, teams: &[TeamId]) -> Result<Vec<(TeamId, Counts)>> {
    let teams: Vec<_> = teams.iter().map(|t| t.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT team_id AS "team: TeamId", count(*) FILTER (WHERE state IN ('waiting', 'reopened')) AS "waiting!",
                  count(*) FILTER (WHERE state IN ('with-someone', 'waiting-for-requester')) AS "with_someone!",
                  count(*) FILTER (WHERE due_at < $2) AS "overdue!",
                  count(*) FILTER (WHERE closed_at IS NULL AND assignee_id IS NULL) AS "nobodys!"
           FROM support_request WHERE team_id = ANY($1) GROUP BY team_id"#,
        &teams,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    let counts = rows.into_iter().map(|r| {
        let (waiting, with_someone, overdue, nobodys) = (r.waiting, r.with_someone, r.overdue, r.nobodys);
        (r.team, Counts { waiting, with_someone, overdue, nobodys })
    });
    Ok(counts.collect())
}

pub(in super::super) async fn events(
    cx: &mut Cx<'_>,
    request: SupportRequestId,
    most: i64,
) -> Result<Vec<Event>> {
    let rows = sqlx::query!(
        r#"SELECT v.id AS "id: SupportEventId", v.at, v.kind AS "kind: EventKind", v.text,
                  a.id AS "author_id?: PersonId", a.handle AS "author_handle?", a.name AS "author_name?", a.active AS "author_active?",
                  p.id AS "to_id?: PersonId", p.handle AS "to_handle?", p.name AS "to_name?", p.active AS "to_active?"
           FROM support_event v LEFT JOIN person a ON a.id = v.author_id LEFT JOIN person p ON p.id = v.to_id
           WHERE v.request_id = $1 ORDER BY v.at, v.id LIMIT $2"#,
        request as SupportRequestId,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    let name = |id: Option<PersonId>, handle: Option<String>, name: Option<String>, active: Option<bool>| {
        Some(PersonName { id: id?, handle: handle?, name: name?, active: active? })
    };
    Ok(rows
        .into_iter()
        .map(|r| Event {
            id: r.id,
            at: r.at.to_jiff(),
            kind: r.kind,
            author: name(r.author_id, r.author_handle, r.author_name, r.author_active),
            to: name(r.to_id, r.to_handle, r.to_name, r.to_active),
            text: r.text,
        })
        .collect())
}

/// What happened to a request, as far as its clock needs it.
pub(in super::super) async fn kinds(
    cx: &mut Cx<'_>,
    request: SupportRequestId,
) -> Result<Vec<(Timestamp, EventKind)>> {
    let rows = sqlx::query!(
        r#"SELECT at, kind AS "kind: EventKind" FROM support_event WHERE request_id = $1 ORDER BY at, id"#,
        request as SupportRequestId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.at.to_jiff(), r.kind)).collect())
}

/// An open request, as far as reckoning its target needs it.
pub(in super::super) struct Owing {
    pub(in super::super) id: SupportRequestId,
    pub(in super::super) number: i64,
    pub(in super::super) team: TeamId,
    pub(in super::super) promise: Promise,
    pub(in super::super) due_at: Option<Timestamp>,
    pub(in super::super) updated_at: Timestamp,
    pub(in super::super) events: Vec<(Timestamp, EventKind)>,
}

/// Open requests behind a number, with what happened to them.
pub(in super::super) async fn owing(cx: &mut Cx<'_>, after: i64, most: i64) -> Result<Vec<Owing>> {
    let rows = sqlx::query!(
        r#"SELECT r.id AS "id: SupportRequestId", r.number, r.team_id AS "team: TeamId", r.first_answer_minutes, r.next_answer_minutes,
                  r.due_at, r.updated_at,
                  (SELECT coalesce(jsonb_agg(jsonb_build_array(to_char(v.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), v.kind)
                           ORDER BY v.at, v.id), '[]')
                   FROM support_event v WHERE v.request_id = r.id) AS "events!: Json<Vec<(Timestamp, EventKind)>>"
           FROM support_request r WHERE r.number > $1 AND r.closed_at IS NULL ORDER BY r.number LIMIT $2"#,
        after,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Owing {
            id: r.id,
            number: r.number,
            team: r.team,
            promise: Promise {
                first_answer_minutes: r.first_answer_minutes,
                next_answer_minutes: r.next_answer_minutes,
            },
            due_at: r.due_at.map(jiff_sqlx::Timestamp::to_jiff),
            updated_at: r.updated_at.to_jiff(),
            events: r.events.0,
        })
        .collect())
}

/// How many requests a team got between two instants, by week of a zone and category.
pub(in super::super) async fn per_week(
    cx: &mut Cx<'_>,
    team: TeamId,
    from: Timestamp,
    until: Timestamp,
    zone: &str,
) -> Result<Vec<(Date, Category, i64)>> {
    let (from, until) = (jiff_sqlx::Timestamp::from(from), jiff_sqlx::Timestamp::from(until));
    let rows = sqlx::query!(
        r#"SELECT to_char(date_trunc('week', asked_at AT TIME ZONE $4), 'YYYY-MM-DD') AS "monday!",
                  category AS "category: Category", count(*) AS "n!"
           FROM support_request WHERE team_id = $1 AND asked_at >= $2 AND asked_at < $3 GROUP BY 1, 2"#,
        team as TeamId,
        from as _,
        until as _,
        zone,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|r| Some((r.monday.parse().ok()?, r.category, r.n))).collect())
}

pub(in super::super) async fn last_answer(
    cx: &mut Cx<'_>,
    team: TeamId,
) -> Result<Option<(Timestamp, Option<PersonId>, Timestamp)>> {
    let row = sqlx::query!(
        r#"SELECT first_answered_at AS "at!", first_answered_by AS "by: PersonId", asked_at FROM support_request
           WHERE team_id = $1 AND first_answered_at IS NOT NULL ORDER BY first_answered_at DESC LIMIT 1"#,
        team as TeamId,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| (r.at.to_jiff(), r.by, r.asked_at.to_jiff())))
}
