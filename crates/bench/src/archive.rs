//! A year of wins and challenges of each team, written straight into the database: by the portal's own ways a year takes a year.

use anyhow::Result;
use sqlx::PgConnection;

use crate::generate::Catalog;

/// Cycles of a year.
const CYCLES: i32 = 26;
/// Entries that a team hands up in a cycle.
const ENTRIES: i32 = 3;

/// Fills the archive: for everyone to read. Returns how many entries it holds.
pub(crate) async fn fill(connection: &mut PgConnection, catalog: &Catalog) -> Result<u64> {
    sqlx::query(
        "INSERT INTO wins_plan (id, name, root_team_id, weeks, anchor, time_zone, publish_at, paused, created_at, updated_at)
         SELECT gen_random_uuid(), 'Bench', min(id::text)::uuid, 2, '2025-01-06', 'UTC', 'fri 09:00', true, now(), now() FROM team",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO wins_cycle (id, plan_id, slug, starts_on, ends_on, opens_at, publish_at, published_at)
         SELECT gen_random_uuid(), p.id, to_char(day, 'IYYY-\"w\"IW'), day::date, day::date + 13, day,
                day + interval '18 days', day + interval '18 days'
         FROM wins_plan p, generate_series(0, $1 - 1) n, LATERAL (SELECT p.anchor + n * interval '14 days' AS day) d",
    )
    .bind(CYCLES)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO wins_update (id, cycle_id, team_id, level, due_at, most_wins, most_challenges, most_words, audience, state,
                                  submitted_at)
         SELECT gen_random_uuid(), c.id, t.id, 0, c.publish_at, 4, 2, 120, 'everyone', 'published', c.publish_at
         FROM wins_cycle c, team t WHERE t.slug = ANY($1)",
    )
    .bind(&catalog.teams)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO wins_publication (id, update_id, team_id, audience, document, hash, published_at)
         SELECT gen_random_uuid(), id, team_id, audience, '{}', ''::bytea, submitted_at FROM wins_update",
    )
    .execute(&mut *connection)
    .await?;
    let written = sqlx::query(
        "INSERT INTO wins_entry (id, team_id, update_id, place, kind, summary, result, sensitivity, publication_id, created_at,
                                 updated_at)
         SELECT gen_random_uuid(), u.team_id, u.id, n, CASE n WHEN 3 THEN 'challenge' ELSE 'win' END,
                initcap(replace(name, '-', ' ')) || ' answers in half the time', 'Requests of ' || name || ' are quicker.',
                'publish', p.id, u.submitted_at, u.submitted_at
         FROM (SELECT u.*, row_number() OVER (ORDER BY id) AS nth FROM wins_update u) u
              JOIN wins_publication p ON p.update_id = u.id, generate_series(1, $1) n,
              LATERAL (SELECT ($2::text[])[1 + (u.nth * 3 + n) % cardinality($2::text[])] AS name) named",
    )
    .bind(ENTRIES)
    .bind(&catalog.services)
    .execute(connection)
    .await?;
    Ok(written.rows_affected())
}
