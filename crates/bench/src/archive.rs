//! A year of wins and challenges of each team, and the cycle that is written now, put straight into the database: by the portal's own
//! ways a year takes a year.

use anyhow::Result;
use sqlx::{PgConnection, Row};

use crate::generate::Catalog;

/// Cycles of a year.
const CYCLES: i32 = 26;
/// Entries that a team hands up in a cycle.
const ENTRIES: i32 = 3;

/// What is read of it: the newest publications, and the updates that are written now.
#[derive(Debug)]
pub(crate) struct Written {
    /// `/wins/TEAM/CYCLE`.
    pub(crate) publications: Vec<String>,
    /// `/wins/updates/KEY`.
    pub(crate) updates: Vec<String>,
}

/// Teams that the caller leads, so that there is something to write.
const LED: usize = 20;

/// Fills the archive, for everyone to read.
pub(crate) async fn fill(connection: &mut PgConnection, catalog: &Catalog) -> Result<Written> {
    sqlx::query(
        "UPDATE team SET lead_id = (SELECT id FROM person WHERE handle = 'bench') WHERE slug = ANY($1)",
    )
    .bind(&catalog.teams[..LED])
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO wins_plan (id, name, root_team_id, weeks, anchor, time_zone, publish_at, paused, created_at, updated_at)
         SELECT gen_random_uuid(), 'Bench', id, 2, '2025-01-06', 'UTC', 'fri 09:00', true, now(), now()
         FROM team WHERE parent_id IS NULL ORDER BY slug LIMIT 1",
    )
    .execute(&mut *connection)
    .await?;
    // the last one is written now
    sqlx::query(
        "INSERT INTO wins_cycle (id, plan_id, slug, starts_on, ends_on, opens_at, publish_at, published_at)
         SELECT gen_random_uuid(), p.id, to_char(day, 'IYYY-\"w\"IW'), day::date, day::date + 13, day,
                CASE WHEN n < $1 THEN day + interval '18 days' ELSE now() + interval '60 days' END,
                CASE WHEN n < $1 THEN day + interval '18 days' END
         FROM wins_plan p, generate_series(0, $1) n, LATERAL (SELECT p.anchor + n * interval '14 days' AS day) d",
    )
    .bind(CYCLES)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO wins_update (id, cycle_id, team_id, level, due_at, most_wins, most_challenges, most_words, audience, state,
                                  submitted_at)
         SELECT gen_random_uuid(), c.id, t.id, 0, c.publish_at, 4, 2, 120, 'everyone',
                CASE WHEN c.published_at IS NULL THEN 'open' ELSE 'published' END, c.published_at
         FROM wins_cycle c, team t WHERE t.slug = ANY($1)",
    )
    .bind(&catalog.teams)
    .execute(&mut *connection)
    .await?;
    write(connection, catalog).await?;
    publish(connection).await?;
    let publications = paths(
        connection,
        "SELECT '/wins/' || t.slug || '/' || c.slug FROM wins_publication p JOIN team t ON t.id = p.team_id
              JOIN wins_update u ON u.id = p.update_id JOIN wins_cycle c ON c.id = u.cycle_id
         ORDER BY c.ends_on DESC, t.slug LIMIT 100",
    );
    let publications = publications.await?;
    let updates = paths(
        connection,
        "SELECT '/wins/updates/' || u.id FROM wins_update u JOIN team t ON t.id = u.team_id JOIN person p ON p.id = t.lead_id
         WHERE u.state = 'open' AND p.handle = 'bench' ORDER BY u.id",
    );
    Ok(Written { publications, updates: updates.await? })
}

/// The entries of all updates; in those that are open a win more than may be handed up waits in the team.
async fn write(connection: &mut PgConnection, catalog: &Catalog) -> Result<()> {
    sqlx::query(
        "INSERT INTO wins_entry (id, team_id, update_id, place, kind, summary, result, sensitivity, created_by, created_at, updated_at)
         SELECT gen_random_uuid(), u.team_id, CASE WHEN u.state = 'published' OR n < $1 THEN u.id END, n,
                CASE n WHEN 3 THEN 'challenge' ELSE 'win' END,
                initcap(replace(named.name, '-', ' ')) || ' answers in half the time', 'Requests of ' || named.name || ' are quicker.',
                'publish', b.id, coalesce(u.submitted_at, now()), coalesce(u.submitted_at, now())
         FROM (SELECT u.*, row_number() OVER (ORDER BY id) AS nth FROM wins_update u) u JOIN person b ON b.handle = 'bench',
              generate_series(1, $1) n,
              LATERAL (SELECT ($2::text[])[1 + (u.nth * 3 + n) % cardinality($2::text[])] AS name) named",
    )
    .bind(ENTRIES)
    .bind(&catalog.services)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO wins_credit SELECT e.id, e.created_by FROM wins_entry e")
        .execute(connection)
        .await?;
    Ok(())
}

/// Documents as the portal keeps them, of what was handed up.
async fn publish(connection: &mut PgConnection) -> Result<()> {
    sqlx::query(
        "INSERT INTO wins_publication (id, update_id, team_id, audience, document, hash, published_at)
         SELECT gen_random_uuid(), u.id, u.team_id, u.audience, d.document, sha256(d.document::bytea), u.submitted_at
         FROM wins_update u JOIN team t ON t.id = u.team_id JOIN wins_cycle c ON c.id = u.cycle_id,
              LATERAL (
                  SELECT jsonb_agg(e.line ORDER BY e.place) FILTER (WHERE e.kind = 'win') AS wins,
                         jsonb_agg(e.line ORDER BY e.place) FILTER (WHERE e.kind = 'challenge') AS challenges
                  FROM (SELECT e.kind, e.place, jsonb_build_object(
                            'id', e.id, 'kind', e.kind, 'topic', NULL, 'about', '[]'::jsonb, 'people', '[]'::jsonb,
                            'answers', '[]'::jsonb, 'since', CASE e.kind WHEN 'challenge' THEN c.starts_on END,
                            'words', jsonb_build_object('summary', e.summary, 'situation', '', 'action', '', 'result', e.result,
                                                        'numbers', '[]'::jsonb),
                            'teams', jsonb_build_array(jsonb_build_object('label', t.name, 'path', '/teams/' || t.slug))) AS line
                        FROM wins_entry e WHERE e.update_id = u.id) e) lines,
              LATERAL (
                  SELECT jsonb_build_object(
                      'form', 1, 'team', jsonb_build_object('label', t.name, 'path', '/teams/' || t.slug), 'cycle', c.slug,
                      'title', 'Two weeks', 'starts_on', c.starts_on, 'ends_on', c.ends_on, 'written_by', NULL,
                      'published_at', to_char(u.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'intro', '',
                      'wins', lines.wins, 'challenges', lines.challenges, 'teams', 0, 'entries', 0, 'quiet', '[]'::jsonb,
                      'is_quiet', false)::text AS document) d
         WHERE u.state = 'published'",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE wins_entry e SET publication_id = p.id FROM wins_publication p WHERE p.update_id = e.update_id")
        .execute(connection)
        .await?;
    Ok(())
}

async fn paths(connection: &mut PgConnection, statement: &'static str) -> Result<Vec<String>> {
    let rows = sqlx::query(statement).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}
