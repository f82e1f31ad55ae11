//! Statements that read incidents.

use jiff::Timestamp;
use sqlx::types::Json;

use super::super::{Affected, Filter, Incident, NoticedBy, SloSaw, State, read::Mine};
use crate::{Cx, EntityId, IncidentId, PageId, PersonId, Result, TeamId, people::PersonName};

/// An incident as selected by [`incidents`].
struct Row {
    id: IncidentId,
    number: i64,
    team_id: TeamId,
    team: String,
    team_name: String,
    title: String,
    severity: i16,
    state: State,
    affected: Json<Vec<Affected>>,
    noticed_by: NoticedBy,
    slo_saw: SloSaw,
    page_id: Option<PageId>,
    page: Option<i64>,
    link: Option<String>,
    began_at: jiff_sqlx::Timestamp,
    opened_by: Option<PersonId>,
    opener_handle: Option<String>,
    opener_name: Option<String>,
    opener_active: Option<bool>,
    opened_at: jiff_sqlx::Timestamp,
    mitigated_at: Option<jiff_sqlx::Timestamp>,
    ended_at: Option<jiff_sqlx::Timestamp>,
    status_text: String,
    status_at: Option<jiff_sqlx::Timestamp>,
    happened: String,
    helped: String,
    reviewed_at: Option<jiff_sqlx::Timestamp>,
    version: i64,
    updated_at: jiff_sqlx::Timestamp,
}

/// `incidents!(rest, arguments…)` is the checked statement that selects incidents `i`; all parts are literals.
macro_rules! incidents {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT i.id AS "id: IncidentId", i.number, i.team_id AS "team_id: TeamId", t.slug AS team, t.name AS team_name, i.title,
                      i.severity, i.state AS "state: State",
                      (SELECT coalesce(jsonb_agg(jsonb_build_object('entity_ref', e.ref, 'title', coalesce(e.title, e.name), 'tier', e.tier)
                               ORDER BY coalesce(e.tier, 9), e.ref), '[]')
                       FROM incident_entity ie JOIN entity e ON e.id = ie.entity_id WHERE ie.incident_id = i.id) AS "affected!: Json<Vec<Affected>>",
                      i.noticed_by AS "noticed_by: NoticedBy", i.slo_saw AS "slo_saw: SloSaw", i.page_id AS "page_id: PageId", g.number AS "page?", i.link, i.began_at,
                      p.id AS "opened_by?: PersonId", p.handle AS "opener_handle?", p.name AS "opener_name?", p.active AS "opener_active?",
                      i.opened_at, i.mitigated_at, i.ended_at, i.status_text, i.status_at, i.happened, i.helped, i.reviewed_at,
                      i.version, i.updated_at
               FROM incident i JOIN team t ON t.id = i.team_id LEFT JOIN person p ON p.id = i.opened_by
                    LEFT JOIN page g ON g.id = i.page_id "#
                + $rest
            $(, $argument)*
        )
    };
}

impl From<Row> for Incident {
    fn from(r: Row) -> Self {
        let opener = r.opened_by.zip(r.opener_handle).zip(r.opener_name).zip(r.opener_active);
        Self {
            id: r.id,
            number: r.number,
            team_id: r.team_id,
            team: r.team,
            team_name: r.team_name,
            title: r.title,
            severity: r.severity,
            state: r.state,
            affected: r.affected.0,
            noticed_by: r.noticed_by,
            slo_saw: r.slo_saw,
            page_id: r.page_id,
            page: r.page,
            link: r.link,
            began_at: r.began_at.to_jiff(),
            opened_by: opener.map(|(((id, handle), name), active)| PersonName { id, handle, name, active }),
            opened_at: r.opened_at.to_jiff(),
            mitigated_at: r.mitigated_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_at: r.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            status_text: r.status_text,
            status_at: r.status_at.map(jiff_sqlx::Timestamp::to_jiff),
            happened: r.happened,
            helped: r.helped,
            reviewed_at: r.reviewed_at.map(jiff_sqlx::Timestamp::to_jiff),
            version: r.version,
            updated_at: r.updated_at.to_jiff(),
        }
    }
}

pub(in super::super) async fn get(cx: &mut Cx<'_>, number: i64) -> Result<Option<Incident>> {
    Ok(incidents!("WHERE i.number = $1", number).fetch_optional(cx.conn()).await?.map(Incident::from))
}

pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    f: &Filter,
    mine: Option<&Mine>,
    after: Option<(Timestamp, i64)>,
    rows: i64,
) -> Result<Vec<Incident>> {
    let (teams, person) = mine.map(|m| (m.teams.as_slice(), m.person)).unzip();
    let (at, number) = after.map_or((None, None), |(at, n)| (Some(jiff_sqlx::Timestamp::from(at)), Some(n)));
    let found = incidents!(
        "WHERE ($1::text IS NULL OR lower(t.slug) = lower($1))
           AND ($2::text IS NULL OR EXISTS (SELECT FROM incident_entity ie JOIN entity e ON e.id = ie.entity_id
                    WHERE ie.incident_id = i.id AND e.ref = lower($2)))
           AND ($3::text IS NULL OR i.state = $3) AND ($4::smallint IS NULL OR i.severity <= $4)
           AND (NOT $5::boolean OR i.ended_at IS NULL)
           AND ($6::timestamptz IS NULL OR i.ended_at IS NULL OR i.ended_at >= $6) AND ($7::timestamptz IS NULL OR i.began_at < $7)
           AND ($8::timestamptz IS NULL OR (i.began_at, i.number) < ($8, $9::bigint))
           AND ($11::uuid IS NULL OR i.page_id = $11) AND ($12::uuid[] IS NULL OR i.team_id = ANY($12)
                OR EXISTS (SELECT FROM incident_role r WHERE r.incident_id = i.id AND r.person_id = $13 AND r.until_at IS NULL))
         ORDER BY i.began_at DESC, i.number DESC LIMIT $10",
        f.team.as_deref(),
        f.entity.as_deref(),
        f.state.map(State::as_str),
        f.severity,
        f.lasting,
        f.since.map(jiff_sqlx::Timestamp::from) as _,
        f.until.map(jiff_sqlx::Timestamp::from) as _,
        at as _,
        number,
        rows,
        f.page as Option<PageId>,
        teams,
        person as Option<PersonId>,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Incident::from).collect())
}

pub(in super::super) async fn count(cx: &mut Cx<'_>, f: &Filter, mine: Option<&Mine>) -> Result<i64> {
    let (teams, person) = mine.map(|m| (m.teams.as_slice(), m.person)).unzip();
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM incident i JOIN team t ON t.id = i.team_id
           WHERE ($1::text IS NULL OR lower(t.slug) = lower($1))
             AND ($2::text IS NULL OR EXISTS (SELECT FROM incident_entity ie JOIN entity e ON e.id = ie.entity_id
                      WHERE ie.incident_id = i.id AND e.ref = lower($2)))
             AND ($3::text IS NULL OR i.state = $3) AND ($4::smallint IS NULL OR i.severity <= $4)
             AND (NOT $5::boolean OR i.ended_at IS NULL)
             AND ($6::timestamptz IS NULL OR i.ended_at IS NULL OR i.ended_at >= $6) AND ($7::timestamptz IS NULL OR i.began_at < $7)
             AND ($8::uuid IS NULL OR i.page_id = $8) AND ($9::uuid[] IS NULL OR i.team_id = ANY($9)
                  OR EXISTS (SELECT FROM incident_role r WHERE r.incident_id = i.id AND r.person_id = $10 AND r.until_at IS NULL))"#,
        f.team.as_deref(),
        f.entity.as_deref(),
        f.state.map(State::as_str),
        f.severity,
        f.lasting,
        f.since.map(jiff_sqlx::Timestamp::from) as _,
        f.until.map(jiff_sqlx::Timestamp::from) as _,
        f.page as Option<PageId>,
        teams,
        person as Option<PersonId>,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Those that last, of these teams or with a role of this person: those with a role first, then the worst.
pub(in super::super) async fn lasting_of(cx: &mut Cx<'_>, mine: &Mine, rows: i64) -> Result<Vec<Incident>> {
    let found = incidents!(
        "LEFT JOIN LATERAL (SELECT true AS held FROM incident_role r WHERE r.incident_id = i.id AND r.person_id = $2 AND r.until_at IS NULL LIMIT 1) mine ON true
         WHERE i.ended_at IS NULL AND (i.team_id = ANY($1) OR mine.held)
         ORDER BY mine.held NULLS LAST, i.severity, i.began_at DESC, i.number DESC LIMIT $3",
        &mine.teams,
        mine.person as PersonId,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Incident::from).collect())
}

/// Which of these declare objectives, by name.
pub(in super::super) async fn with_objectives(cx: &mut Cx<'_>, entities: &[EntityId]) -> Result<Vec<String>> {
    let keys: Vec<_> = entities.iter().map(|e| e.0).collect();
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(title, name) AS "name!" FROM entity WHERE id = ANY($1) AND slos <> '[]' ORDER BY coalesce(tier, 9), ref"#,
        &keys,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Those that last on any of these, or were over less than a day ago.
pub(in super::super) async fn lasting_on(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    most: i64,
) -> Result<Vec<Incident>> {
    let keys: Vec<_> = entities.iter().map(|e| e.0).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let found = incidents!(
        "WHERE (i.ended_at IS NULL OR i.ended_at > $2::timestamptz - interval '1 day')
           AND EXISTS (SELECT FROM incident_entity ie WHERE ie.incident_id = i.id AND ie.entity_id = ANY($1))
         ORDER BY i.began_at DESC, i.number DESC LIMIT $3",
        &keys,
        now as _,
        most,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Incident::from).collect())
}
