//! Since when people take part in schedules.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Cx, PersonId, Result, ScheduleId};

/// Since when each of these people takes part in each of these schedules: since a rotation first named them, or since their
/// first shift.
pub(crate) async fn joined(
    cx: &mut Cx<'_>,
    schedules: &[ScheduleId],
    people: &[PersonId],
) -> Result<BTreeMap<(PersonId, ScheduleId), Timestamp>> {
    let schedules: Vec<Uuid> = schedules.iter().map(|s| s.0).collect();
    let people: Vec<Uuid> = people.iter().map(|p| p.0).collect();
    let rows = sqlx::query!(
        r#"SELECT x.person_id AS "person!: PersonId", x.schedule_id AS "schedule!: ScheduleId", min(x.at) AS "at!"
           FROM (SELECT p.id AS person_id, l.schedule_id, r.valid_from AS at
                 FROM schedule_layer l JOIN rotation r ON r.layer_id = l.id CROSS JOIN LATERAL unnest(r.participants) AS p (id)
                 WHERE l.schedule_id = ANY($1) AND p.id = ANY($2) AND (r.valid_until IS NULL OR r.valid_until > r.valid_from)
                 UNION ALL
                 SELECT person_id, schedule_id, starts_at FROM shift
                 WHERE schedule_id = ANY($1) AND person_id = ANY($2) AND cancelled_at IS NULL AND holder = 'person') x
           GROUP BY 1, 2"#,
        &schedules,
        &people,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| ((r.person, r.schedule), r.at.to_jiff())).collect())
}
