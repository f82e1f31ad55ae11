//! Statements of actions.

use jiff::civil::Date;

use super::super::{Action, ActionFilter, ActionState};
use crate::{ActionId, Cx, Error, IncidentId, PersonId, Result, TeamId};

struct Row {
    id: ActionId,
    team_id: TeamId,
    team: String,
    team_name: String,
    incident: Option<i64>,
    title: String,
    owner_id: Option<PersonId>,
    owner: Option<String>,
    owner_name: Option<String>,
    due_on: jiff_sqlx::Date,
    alert_rule: Option<String>,
    state: ActionState,
    outcome: String,
    created_at: jiff_sqlx::Timestamp,
    closed_at: Option<jiff_sqlx::Timestamp>,
}

/// `actions!(rest, arguments…)` is the checked statement that selects actions `a`; all parts are literals.
macro_rules! actions {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT a.id AS "id: ActionId", a.team_id AS "team_id: TeamId", t.slug AS team, t.name AS team_name, i.number AS "incident?", a.title,
                      a.owner_id AS "owner_id: PersonId", p.handle AS "owner?", p.name AS "owner_name?", a.due_on AS "due_on: jiff_sqlx::Date", a.alert_rule,
                      a.state AS "state: ActionState", a.outcome, a.created_at, a.closed_at
               FROM action a JOIN team t ON t.id = a.team_id LEFT JOIN incident i ON i.id = a.incident_id
                    LEFT JOIN person p ON p.id = a.owner_id "#
                + $rest
            $(, $argument)*
        )
    };
}

impl From<Row> for Action {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            team: r.team,
            team_name: r.team_name,
            incident: r.incident,
            title: r.title,
            owner: r.owner,
            owner_name: r.owner_name,
            due_on: r.due_on.to_jiff(),
            alert_rule: r.alert_rule,
            state: r.state,
            outcome: r.outcome,
            created_at: r.created_at.to_jiff(),
            closed_at: r.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// An action, whose team's it is, and who promised it.
pub(in super::super) async fn action(
    cx: &mut Cx<'_>,
    id: ActionId,
) -> Result<Option<(Action, TeamId, Option<PersonId>)>> {
    let row = actions!("WHERE a.id = $1", id as ActionId).fetch_optional(cx.conn()).await?;
    Ok(row.map(|r| {
        let (team, owner) = (r.team_id, r.owner_id);
        (r.into(), team, owner)
    }))
}

pub(in super::super) async fn actions(
    cx: &mut Cx<'_>,
    f: &ActionFilter,
    mine: Option<PersonId>,
    after: Option<(Date, ActionId)>,
    rows: i64,
) -> Result<Vec<Action>> {
    let (due, id) = after.unzip();
    let found = actions!(
        "WHERE ($1::text IS NULL OR lower(t.slug) = lower($1)) AND ($2::bigint IS NULL OR i.number = $2)
           AND ($3::text IS NULL OR a.state = $3) AND ($4::uuid IS NULL OR a.owner_id = $4)
           AND ($5::date IS NULL OR (a.due_on, a.id) > ($5, $6::uuid)) AND (NOT $8 OR a.alert_rule IS NOT NULL)
         ORDER BY a.due_on, a.id LIMIT $7",
        f.team.as_deref(),
        f.incident,
        f.state.map(ActionState::as_str),
        mine as Option<PersonId>,
        due.map(jiff_sqlx::Date::from) as _,
        id as Option<ActionId>,
        rows,
        f.rules,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Action::from).collect())
}

pub(in super::super) async fn count_actions(
    cx: &mut Cx<'_>,
    f: &ActionFilter,
    mine: Option<PersonId>,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM action a JOIN team t ON t.id = a.team_id LEFT JOIN incident i ON i.id = a.incident_id
           WHERE ($1::text IS NULL OR lower(t.slug) = lower($1)) AND ($2::bigint IS NULL OR i.number = $2)
             AND ($3::text IS NULL OR a.state = $3) AND ($4::uuid IS NULL OR a.owner_id = $4) AND (NOT $5 OR a.alert_rule IS NOT NULL)"#,
        f.team.as_deref(),
        f.incident,
        f.state.map(ActionState::as_str),
        mine as Option<PersonId>,
        f.rules,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Open actions that a person promised until a day, those due first.
pub(in super::super) async fn due_of(
    cx: &mut Cx<'_>,
    person: PersonId,
    until: Date,
    rows: i64,
) -> Result<Vec<Action>> {
    let found = actions!(
        "WHERE a.owner_id = $1 AND a.state = 'open' AND a.due_on <= $2 ORDER BY a.due_on, a.id LIMIT $3",
        person as PersonId,
        jiff_sqlx::Date::from(until) as _,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Action::from).collect())
}

/// Whose team's these actions are, and who promised them.
pub(in super::super) async fn whose_actions(
    cx: &mut Cx<'_>,
    ids: &[ActionId],
) -> Result<Vec<(ActionId, TeamId, Option<PersonId>)>> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT id AS "id: ActionId", team_id AS "team: TeamId", owner_id AS "owner: PersonId" FROM action WHERE id = ANY($1)"#,
        &keys,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.team, r.owner)).collect())
}

/// An action that is about to be written.
pub(in super::super) struct NewRow<'n> {
    pub(in super::super) team: TeamId,
    pub(in super::super) incident: Option<IncidentId>,
    pub(in super::super) title: &'n str,
    pub(in super::super) owner: Option<PersonId>,
    pub(in super::super) due_on: Date,
    pub(in super::super) rule: Option<&'n str>,
}

pub(in super::super) async fn insert_action(cx: &mut Cx<'_>, id: ActionId, new: &NewRow<'_>) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let due_on = jiff_sqlx::Date::from(new.due_on);
    sqlx::query!(
        "INSERT INTO action (id, team_id, incident_id, title, owner_id, due_on, created_by, created_at, alert_rule)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id as ActionId,
        new.team as TeamId,
        new.incident as Option<IncidentId>,
        new.title,
        new.owner as Option<PersonId>,
        due_on as _,
        by as Option<PersonId>,
        now as _,
        new.rule,
    )
    .execute(cx.conn())
    .await
    .map_err(promised_already)?;
    Ok(())
}

/// Somebody mends the rule already.
fn promised_already(error: sqlx::Error) -> Error {
    match Error::constraint(&error) {
        Some("action_alert_rule_key") => Error::Conflict(
            "somebody mends this alert rule already; look at the open actions of the team".into(),
        ),
        _ => error.into(),
    }
}

pub(in super::super) async fn lock_action(cx: &mut Cx<'_>, id: ActionId) -> Result<()> {
    sqlx::query!("SELECT FROM action WHERE id = $1 FOR UPDATE", id as ActionId).execute(cx.conn()).await?;
    Ok(())
}

/// How an action stands after a change.
pub(in super::super) struct ActionChange {
    pub(in super::super) owner: Option<PersonId>,
    pub(in super::super) due_on: Date,
    pub(in super::super) state: ActionState,
    pub(in super::super) outcome: String,
}

pub(in super::super) async fn update_action(
    cx: &mut Cx<'_>,
    id: ActionId,
    change: &ActionChange,
) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let due_on = jiff_sqlx::Date::from(change.due_on);
    sqlx::query!(
        "UPDATE action SET owner_id = $2, due_on = $3, state = $4, outcome = $5,
                closed_at = CASE WHEN $4 = 'open' THEN NULL ELSE coalesce(closed_at, $6) END,
                closed_by = CASE WHEN $4 = 'open' THEN NULL ELSE coalesce(closed_by, $7::uuid) END
         WHERE id = $1",
        id as ActionId,
        change.owner as Option<PersonId>,
        due_on as _,
        change.state.as_str(),
        &change.outcome,
        now as _,
        by as Option<PersonId>,
    )
    .execute(cx.conn())
    .await
    .map_err(promised_already)?;
    Ok(())
}
