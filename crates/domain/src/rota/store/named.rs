//! What is to come and names a person.

use super::super::{NamedIn, ScheduleName};
use crate::{Cx, PersonId, Result, ScheduleId, TeamId, people::TeamName};

pub(crate) async fn named_in(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<NamedIn>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"WITH named (schedule_id) AS (
               SELECT l.schedule_id FROM rotation r JOIN schedule_layer l ON l.id = r.layer_id
               WHERE r.participants @> ARRAY[$1]::uuid[] AND (r.valid_until IS NULL OR r.valid_until > $2)
               UNION SELECT schedule_id FROM shift WHERE person_id = $1 AND ends_at > $2 AND cancelled_at IS NULL
               UNION SELECT schedule_id FROM cover WHERE by_person_id = $1 AND ends_at > $2 AND withdrawn_at IS NULL
               UNION SELECT schedule_id FROM swap WHERE $1 IN (asker_id, asked_id, taken_by) AND ends_at > $2 AND withdrawn_at IS NULL)
           SELECT s.id AS "id: ScheduleId", s.slug, s.name, t.id AS "team_id: TeamId", t.slug AS team_slug, t.name AS team_name,
                  ARRAY(SELECT DISTINCT l.name FROM rotation r JOIN schedule_layer l ON l.id = r.layer_id
                        WHERE l.schedule_id = s.id AND r.participants @> ARRAY[$1]::uuid[] AND (r.valid_until IS NULL OR r.valid_until > $2)
                        ORDER BY 1) AS "layers!: Vec<String>",
                  f.n AS "shifts!", f.first AS "first?",
                  (SELECT count(*) FROM cover WHERE schedule_id = s.id AND by_person_id = $1 AND ends_at > $2 AND withdrawn_at IS NULL) AS "overrides!",
                  (SELECT count(*) FROM swap WHERE schedule_id = s.id AND $1 IN (asker_id, asked_id, taken_by) AND ends_at > $2 AND withdrawn_at IS NULL) AS "swaps!"
           FROM named JOIN schedule s ON s.id = named.schedule_id JOIN team t ON t.id = s.team_id
                CROSS JOIN LATERAL (SELECT count(*) AS n, min(starts_at) AS first FROM shift
                    WHERE schedule_id = s.id AND person_id = $1 AND ends_at > $2 AND cancelled_at IS NULL) f
           WHERE s.closed_at IS NULL ORDER BY lower(s.name), s.id LIMIT 200"#,
        person as PersonId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| NamedIn {
            schedule: ScheduleName { id: r.id, slug: r.slug, name: r.name },
            team: TeamName { id: r.team_id, slug: r.team_slug, name: r.team_name },
            layers: r.layers,
            shifts: r.shifts,
            first_shift: r.first.map(jiff_sqlx::Timestamp::to_jiff),
            overrides: r.overrides,
            swaps: r.swaps,
        })
        .collect())
}
