//! SQL of the activity log.

use super::{Act, Activity, Changed, Filter};
use crate::{ActivityId, Cx, EntityId, PersonId, Result, Via};
use sqlx::types::Json;

pub(super) async fn insert(cx: &mut Cx<'_>, acts: &[Act]) -> Result<()> {
    let ids: Vec<_> = acts.iter().map(|_| ActivityId::new().0).collect();
    let verbs: Vec<_> = acts.iter().map(|a| a.verb.to_owned()).collect();
    let subjects: Vec<_> = acts.iter().map(|a| a.subject.clone()).collect();
    let entities: Vec<_> = acts.iter().map(|a| a.entity_id.map(|e| e.0)).collect();
    let changes: Vec<_> = acts.iter().map(|a| serde_json::to_value(&a.changes).unwrap_or_default()).collect();
    let notes: Vec<_> = acts.iter().map(|a| a.note.clone()).collect();
    let near: Vec<_> = acts.iter().map(|a| a.near.map(|team| team.0)).collect();
    let (actor_id, actor, via) = (cx.actor().person, cx.actor().handle.clone(), cx.actor().via);
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO activity (id, at, actor_id, actor, via, verb, subject, entity_id, changes, note, near_team_id)
         SELECT id, $1, $2, $3, $4, verb, subject, entity_id, changes, note, near
         FROM unnest($5::uuid[], $6::text[], $7::text[], $8::uuid[], $9::jsonb[], $10::text[], $11::uuid[])
              AS a (id, verb, subject, entity_id, changes, note, near)",
        now as _,
        actor_id as Option<PersonId>,
        &actor,
        via.as_str(),
        &ids,
        &verbs,
        &subjects,
        &entities as &[Option<uuid::Uuid>],
        &changes,
        &notes,
        &near as &[Option<uuid::Uuid>],
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// `told!([query macro, its type], cx, select, rest, arguments…)` is the checked statement over the acts that are told to the actor; arguments begin
/// at `$4`. All parts are literals.
macro_rules! told {
    ([$query:ident $(, $row:ty)?], $cx:expr, $select:tt, $rest:tt $(, $argument:expr)* $(,)?) => {{
        let (me, admin) = ($cx.actor().person, $cx.admin().is_ok());
        let now = jiff_sqlx::Timestamp::from($cx.now());
        sqlx::$query!(
            $($row,)?
            $select
                + " FROM activity
                    WHERE (near_team_id IS NULL OR $1 OR actor_id = $2
                           OR near_team_id IN (SELECT c.team_id FROM wins_chain($2, $3) c)) "
                + $rest,
            admin,
            me as Option<PersonId>,
            now as _
            $(, $argument)*
        )
    }};
}

/// `activities!(cx, rest, arguments…)` selects acts.
macro_rules! activities {
    ($cx:expr, $rest:tt $(, $argument:expr)* $(,)?) => {
        told!(
            [query_as, Row], $cx,
            r#"SELECT id AS "id: ActivityId", at, actor_id AS "actor_id: PersonId", actor, via AS "via: Via", verb, subject,
                      entity_id AS "entity_id: EntityId", changes AS "changes: Json<Vec<Changed>>", note"#,
            $rest
            $(, $argument)*
        )
    };
}

/// An act as selected by [`activities`].
struct Row {
    id: ActivityId,
    at: jiff_sqlx::Timestamp,
    actor_id: Option<PersonId>,
    actor: String,
    via: Via,
    verb: String,
    subject: String,
    entity_id: Option<EntityId>,
    changes: Json<Vec<Changed>>,
    note: String,
}

impl From<Row> for Activity {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            at: r.at.to_jiff(),
            actor_id: r.actor_id,
            actor: r.actor,
            via: r.via,
            verb: r.verb,
            subject: r.subject,
            entity_id: r.entity_id,
            changes: r.changes.0,
            note: r.note,
        }
    }
}

/// On one subject: a statement of its own, whose plan is kept.
pub(super) async fn latest(cx: &mut Cx<'_>, subject: &str, rows: i64) -> Result<Vec<Activity>> {
    let found = activities!(cx, "AND subject = $4 ORDER BY id DESC LIMIT $5", subject, rows)
        .fetch_all(cx.conn())
        .await?;
    Ok(found.into_iter().map(Activity::from).collect())
}

pub(super) async fn list(
    cx: &mut Cx<'_>,
    f: &Filter,
    after: Option<ActivityId>,
    rows: i64,
) -> Result<Vec<Activity>> {
    let found = activities!(
        cx,
        "AND ($4::text IS NULL OR subject = $4) AND ($5::uuid IS NULL OR actor_id = $5)
           AND ($6::text IS NULL OR verb LIKE $6 || '%') AND ($7::text IS NULL OR via = $7)
           AND ($8::uuid IS NULL OR id < $8)
         ORDER BY id DESC LIMIT $9",
        f.subject.as_deref(),
        f.actor as Option<PersonId>,
        f.verb.as_deref(),
        f.via.map(Via::as_str),
        after as Option<ActivityId>,
        rows,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(found.into_iter().map(Activity::from).collect())
}

/// How many there are; `most` if there are more.
pub(super) async fn count(cx: &mut Cx<'_>, f: &Filter, most: i64) -> Result<i64> {
    Ok(told!(
        [query_scalar],
        cx,
        r#"SELECT count(*) AS "n!" FROM (SELECT"#,
        "AND ($4::text IS NULL OR subject = $4) AND ($5::uuid IS NULL OR actor_id = $5)
           AND ($6::text IS NULL OR verb LIKE $6 || '%') AND ($7::text IS NULL OR via = $7) LIMIT $8) a",
        f.subject.as_deref(),
        f.actor as Option<PersonId>,
        f.verb.as_deref(),
        f.via.map(Via::as_str),
        most,
    )
    .fetch_one(cx.conn())
    .await?)
}
