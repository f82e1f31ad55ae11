//! What shifts follow from.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;

use super::{
    super::{Cover, CoverKind, Layer, LayerRecord, Plan, Rotation, Schedule, Unit},
    schedule::windows_of,
};
use crate::{CoverId, Cx, LayerId, PersonId, Result, RotationId, ScheduleId, SwapId};

/// The plan of a schedule, as far as it matters from `since` on.
pub(crate) async fn plan(cx: &mut Cx<'_>, schedule: &Schedule, since: Timestamp) -> Result<Plan> {
    let layers = layers(cx, schedule.id, since).await?;
    let covers = covers(cx, schedule.id, since).await?;
    let mut named: Vec<PersonId> = layers
        .iter()
        .flat_map(|l| &l.rotations)
        .flat_map(|(_, r)| r.participants.iter().copied().flatten())
        .chain(covers.iter().filter_map(|c| match c.what {
            CoverKind::Replace { by, .. } | CoverKind::Add(by) => Some(by),
            CoverKind::Nobody => None,
        }))
        .collect();
    named.sort_unstable();
    named.dedup();
    Ok(Plan {
        zone: schedule.zone(),
        coverage: schedule.coverage.clone(),
        layers: layers
            .into_iter()
            .map(|l| Layer {
                id: l.id,
                priority: l.priority,
                rotations: l.rotations.into_iter().map(|(_, rotation)| rotation).collect(),
            })
            .collect(),
        covers,
        left: left(cx, &named).await?,
    })
}

/// Layers of a schedule with the versions of their rotations that end after `since`, lowest first.
pub(crate) async fn layers(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    since: Timestamp,
) -> Result<Vec<LayerRecord>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = sqlx::query!(
        r#"SELECT l.id AS "id: LayerId", l.name, l.priority, r.id AS "rotation_id?: RotationId", r.valid_from AS "valid_from?", r.valid_until,
                  r.time_zone, r.anchor AS "anchor?: jiff_sqlx::DateTime", r.every AS "every?", r.unit AS "unit?: Unit", r.only_active_days AS "only_active_days?",
                  r.restrictions AS "restrictions?", r.participants AS "participants?", r.first_turn AS "first_turn?"
           FROM schedule_layer l
                LEFT JOIN rotation r ON r.layer_id = l.id AND (r.valid_until IS NULL OR r.valid_until > greatest($2, r.valid_from))
           WHERE l.schedule_id = $1 ORDER BY l.priority, l.created_at, l.id, r.valid_from LIMIT 2000"#,
        schedule as ScheduleId,
        since as _,
    )
    .fetch_all(cx.conn())
    .await?;
    let mut layers: Vec<LayerRecord> = Vec::new();
    for r in rows {
        if layers.last().is_none_or(|last| last.id != r.id) {
            layers.push(LayerRecord { id: r.id, name: r.name, priority: r.priority, rotations: Vec::new() });
        }
        let Some((id, from)) = r.rotation_id.zip(r.valid_from) else { continue };
        let rotation = Rotation {
            from: from.to_jiff(),
            until: r.valid_until.map(jiff_sqlx::Timestamp::to_jiff),
            zone: r.time_zone.and_then(|name| TimeZone::get(&name).ok()),
            anchor: r.anchor.map(jiff_sqlx::DateTime::to_jiff).unwrap_or_default(),
            every: r.every.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
            unit: r.unit.unwrap_or(Unit::Weeks),
            only_active_days: r.only_active_days.unwrap_or_default(),
            restrictions: r.restrictions.map(windows_of).unwrap_or_default(),
            participants: r
                .participants
                .unwrap_or_default()
                .into_iter()
                .map(|person| Some(PersonId(person)).filter(|p| !p.0.is_nil()))
                .collect(),
            first: r.first_turn.and_then(|n| usize::try_from(n).ok()).unwrap_or_default(),
        };
        if let Some(layer) = layers.last_mut() {
            layer.rotations.push((id, rotation));
        }
    }
    Ok(layers)
}

/// Covers that end after `since`, in the order in which they were decided.
async fn covers(cx: &mut Cx<'_>, schedule: ScheduleId, since: Timestamp) -> Result<Vec<Cover>> {
    let since = jiff_sqlx::Timestamp::from(since);
    let rows = sqlx::query!(
        r#"SELECT id AS "id: CoverId", out_person_id AS "out_person: PersonId", by_person_id AS "by_person: PersonId", starts_at, ends_at,
                  swap_id AS "swap_id: SwapId"
           FROM cover WHERE schedule_id = $1 AND ends_at > $2 AND withdrawn_at IS NULL ORDER BY decided_at, id LIMIT 5000"#,
        schedule as ScheduleId,
        since as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Cover {
            id: r.id,
            start: r.starts_at.to_jiff(),
            end: r.ends_at.to_jiff(),
            what: match (r.out_person, r.by_person) {
                (Some(out), Some(by)) => CoverKind::Replace { out, by },
                (None, Some(by)) => CoverKind::Add(by),
                (_, None) => CoverKind::Nobody,
            },
            swap: r.swap_id.is_some(),
        })
        .collect())
}

/// Those of `people` who were deactivated, and since when.
async fn left(cx: &mut Cx<'_>, people: &[PersonId]) -> Result<BTreeMap<PersonId, Timestamp>> {
    if people.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys: Vec<Uuid> = people.iter().map(|p| p.0).collect();
    let rows = sqlx::query!(
        r#"SELECT id AS "id: PersonId", inactive_since AS "since!" FROM person WHERE id = ANY($1) AND inactive_since IS NOT NULL"#,
        &keys
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.since.to_jiff())).collect())
}

pub(crate) async fn insert_layer(
    cx: &mut Cx<'_>,
    schedule: ScheduleId,
    id: LayerId,
    name: &str,
    priority: i32,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO schedule_layer (id, schedule_id, name, priority, created_at) VALUES ($1, $2, $3, $4, $5)",
        id as LayerId,
        schedule as ScheduleId,
        name,
        priority,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn update_layer(cx: &mut Cx<'_>, id: LayerId, name: &str, priority: i32) -> Result<()> {
    sqlx::query!(
        "UPDATE schedule_layer SET name = $2, priority = $3 WHERE id = $1",
        id as LayerId,
        name,
        priority
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Ends the versions of a layer at an instant: those in force there stop, those to come never begin.
pub(crate) async fn end_rotations(cx: &mut Cx<'_>, layer: LayerId, at: Timestamp) -> Result<()> {
    let at = jiff_sqlx::Timestamp::from(at);
    sqlx::query!(
        "UPDATE rotation SET valid_until = greatest($2, valid_from) WHERE layer_id = $1 AND (valid_until IS NULL OR valid_until > $2)",
        layer as LayerId,
        at as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn insert_rotation(cx: &mut Cx<'_>, layer: LayerId, r: &Rotation) -> Result<()> {
    let (now, by) = (jiff_sqlx::Timestamp::from(cx.now()), cx.actor().person);
    let participants: Vec<Uuid> = r.participants.iter().map(|p| p.map_or(Uuid::nil(), |p| p.0)).collect();
    sqlx::query!(
        "INSERT INTO rotation (id, layer_id, valid_from, valid_until, anchor, every, unit, only_active_days, restrictions, participants, first_turn, created_at, created_by, time_zone)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        RotationId::new() as RotationId,
        layer as LayerId,
        jiff_sqlx::Timestamp::from(r.from) as _,
        r.until.map(jiff_sqlx::Timestamp::from) as _,
        jiff_sqlx::DateTime::from(r.anchor) as _,
        i32::try_from(r.every).unwrap_or(i32::MAX),
        r.unit.as_str(),
        r.only_active_days,
        serde_json::to_value(&r.restrictions).unwrap_or_default(),
        &participants,
        i32::try_from(r.first).unwrap_or_default(),
        now as _,
        by as Option<PersonId>,
        r.zone.as_ref().and_then(TimeZone::iana_name),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
