//! Statements on the teams that entries name.

use jiff::Timestamp;

use super::{
    super::{naming::Names, record::Sensitivity},
    entry::keys,
};
use crate::{Cx, PersonId, Result, TeamId, UpdateId, WinsEntryId, people::TeamName};

/// A team that an entry names.
pub(in super::super) struct Found {
    /// Which of the entries that were asked for.
    pub(in super::super) nth: i32,
    pub(in super::super) team: TeamId,
    /// In lower case.
    pub(in super::super) slug: String,
    /// Whether it is another one than the entry's own and those below that.
    pub(in super::super) other: bool,
}

/// The teams that entries name by slug, and those that own what they are about. `slugs` has the slugs of each entry, in lower case.
pub(in super::super) async fn named(
    cx: &mut Cx<'_>,
    entries: &[Names<'_>],
    slugs: &[Vec<String>],
) -> Result<Vec<Found>> {
    let nth = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let (asked, teams): (Vec<_>, Vec<_>) =
        entries.iter().enumerate().map(|(n, entry)| (nth(n), entry.team.0)).unzip();
    let (by_slug, slugs): (Vec<_>, Vec<_>) = slugs
        .iter()
        .enumerate()
        .flat_map(|(n, slugs)| slugs.iter().map(move |slug| (nth(n), slug.clone())))
        .unzip();
    let (by_entity, entities): (Vec<_>, Vec<_>) = entries
        .iter()
        .enumerate()
        .flat_map(|(n, entry)| entry.about.iter().map(move |entity| (nth(n), entity.0)))
        .unzip();
    Ok(sqlx::query_as!(
        Found,
        r#"WITH RECURSIVE
               asked AS (SELECT * FROM unnest($1::int[], $2::uuid[]) AS a (n, team)),
               within AS (
                   SELECT DISTINCT asked.team AS root, asked.team AS id, 0 AS depth FROM asked
                   UNION
                   SELECT w.root, t.id, w.depth + 1 FROM within w JOIN team t ON t.parent_id = w.id WHERE w.depth < 32
               ),
               named AS (
                   SELECT s.n, t.id, lower(t.slug) AS slug FROM unnest($3::int[], $4::text[]) AS s (n, slug) JOIN team t ON lower(t.slug) = s.slug
                   UNION
                   SELECT b.n, t.id, lower(t.slug) FROM unnest($5::int[], $6::uuid[]) AS b (n, entity)
                       JOIN entity e ON e.id = b.entity JOIN team t ON t.id = e.owner_team_id
               )
           SELECT named.n AS "nth!", named.id AS "team!: TeamId", named.slug AS "slug!",
                  NOT EXISTS (SELECT FROM asked a JOIN within w ON w.root = a.team WHERE a.n = named.n AND w.id = named.id) AS "other!"
           FROM named ORDER BY named.n, named.id"#,
        &asked,
        &teams,
        &by_slug,
        &slugs,
        &by_entity,
        &entities,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Forgets the teams that entries name no more. What a line was made of names them still, also where its own words do not.
pub(in super::super) async fn forget(cx: &mut Cx<'_>, entries: &[(WinsEntryId, Vec<TeamId>)]) -> Result<()> {
    let (kept, teams): (Vec<_>, Vec<_>) =
        entries.iter().flat_map(|(entry, teams)| teams.iter().map(|team| (entry.0, team.0))).unzip();
    sqlx::query!(
        "DELETE FROM wins_naming n WHERE n.entry_id = ANY($1)
           AND NOT EXISTS (SELECT FROM unnest($2::uuid[], $3::uuid[]) AS k (entry, team) WHERE k.entry = n.entry_id AND k.team = n.team_id)
           AND NOT EXISTS (SELECT FROM wins_origin o JOIN wins_naming b ON b.entry_id = o.origin_id AND b.team_id = n.team_id
                           WHERE o.line_id = n.entry_id)",
        &entries.iter().map(|(entry, _)| entry.0).collect::<Vec<_>>(),
        &kept,
        &teams,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// A challenge that is shown to whoever answers for a team that it names.
pub(in super::super) struct Shown {
    pub(in super::super) entry: WinsEntryId,
    pub(in super::super) summary: String,
    pub(in super::super) from: String,
    pub(in super::super) named: String,
    pub(in super::super) to: Option<PersonId>,
    /// Whether they were shown it before, in other words.
    pub(in super::super) again: bool,
}

/// Notes that the challenges of an update that may be published are shown to the teams they name and that were not shown them before, or
/// not in these words: one row each, with the lead, while that one is away the deputy, and where there is neither the nearest lead above.
/// Their time for an answer runs from the first time.
pub(in super::super) async fn show(cx: &mut Cx<'_>, update: UpdateId) -> Result<Vec<Shown>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_as!(
        Shown,
        r#"WITH due AS (
               SELECT n.entry_id, n.team_id, n.again FROM wins_naming n JOIN wins_entry e ON e.id = n.entry_id
               WHERE e.update_id = $1 AND e.kind = 'challenge' AND e.sensitivity = 'publish' AND (n.shown_at IS NULL OR n.again)
               FOR UPDATE OF n
           ),
           shown AS (
               UPDATE wins_naming n SET shown_at = coalesce(n.shown_at, $2), again = false FROM due
               WHERE n.entry_id = due.entry_id AND n.team_id = due.team_id
               RETURNING n.entry_id, n.team_id, due.again
           )
           SELECT e.id AS "entry: WinsEntryId", e.summary, f.name AS "from", t.name AS named,
                  wins_owed_by(NULL, t.id, $2) AS "to: PersonId", s.again AS "again!"
           FROM shown s JOIN wins_entry e ON e.id = s.entry_id JOIN team f ON f.id = e.team_id JOIN team t ON t.id = s.team_id
           ORDER BY e.place, e.id, lower(t.name)"#,
        update as UpdateId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// A line of an update, somebody who wrote what it was made of or is credited there, and their words.
pub(in super::super) struct Told {
    pub(in super::super) to: PersonId,
    pub(in super::super) origin: WinsEntryId,
    pub(in super::super) theirs: String,
    pub(in super::super) now: String,
    pub(in super::super) rewritten: bool,
    pub(in super::super) sensitivity: Sensitivity,
}

/// Who is told what an update lifted: by person, in the order of the update. It is noted, so that they hear of the same words once.
pub(in super::super) async fn tell_lifted(cx: &mut Cx<'_>, update: UpdateId) -> Result<Vec<Told>> {
    let me = cx.actor().person;
    Ok(sqlx::query_as!(
        Told,
        r#"WITH told AS (
               UPDATE wins_origin x SET told = md5(concat_ws(E'\x1f', l.summary, l.situation, l.action, l.result)) FROM wins_entry l
               WHERE l.id = x.line_id AND l.update_id = $1 AND l.sensitivity <> 'team'
                 AND x.told IS DISTINCT FROM md5(concat_ws(E'\x1f', l.summary, l.situation, l.action, l.result))
               RETURNING x.line_id, x.origin_id
           )
           SELECT p.id AS "to: PersonId", o.id AS "origin: WinsEntryId", o.summary AS theirs, l.summary AS now,
                  (o.summary, o.situation, o.action, o.result) IS DISTINCT FROM (l.summary, l.situation, l.action, l.result) AS "rewritten!",
                  l.sensitivity AS "sensitivity: Sensitivity"
           FROM told x JOIN wins_entry l ON l.id = x.line_id JOIN wins_entry o ON o.id = x.origin_id
                CROSS JOIN LATERAL (SELECT o.created_by AS id UNION SELECT c.person_id FROM wins_credit c WHERE c.entry_id = o.id) w
                JOIN person p ON p.id = w.id AND p.active
           WHERE p.id IS DISTINCT FROM $2
           ORDER BY p.id, l.kind DESC, l.place, l.id, o.id"#,
        update as UpdateId,
        me as Option<PersonId>,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// A challenge and a team that it names.
pub(in super::super) struct Waiting {
    pub(in super::super) entry: WinsEntryId,
    pub(in super::super) team: TeamName,
}

/// What waits for a word of somebody who leads a named team, stands in for its lead, or is the nearest lead above where it has none. A
/// line whose origin waits as well is left out: one answer serves both.
pub(in super::super) async fn waiting(cx: &mut Cx<'_>, me: PersonId) -> Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        r#"WITH RECURSIVE mine AS (
               SELECT t.id FROM team t WHERE t.lead_id = $1
               UNION SELECT d.team_id FROM wins_deputy d WHERE d.person_id = $1
               UNION SELECT t.id FROM mine JOIN team t ON t.parent_id = mine.id
                         LEFT JOIN person l ON l.id = t.lead_id AND l.active WHERE l.id IS NULL
           )
           SELECT e.id AS "entry: WinsEntryId", t.id AS "team: TeamId", t.slug, t.name
           FROM wins_naming n JOIN mine ON mine.id = n.team_id JOIN team t ON t.id = n.team_id JOIN wins_entry e ON e.id = n.entry_id
                JOIN wins_update u ON u.id = e.update_id AND u.state IN ('submitted', 'published')
           WHERE n.shown_at IS NOT NULL AND (n.answered_at IS NULL OR n.reworded)
             AND e.kind = 'challenge' AND e.sensitivity = 'publish' AND e.publication_id IS NULL AND e.closed_at IS NULL
             AND NOT EXISTS (SELECT FROM wins_origin o JOIN wins_naming b ON b.entry_id = o.origin_id
                             WHERE o.line_id = e.id AND b.team_id = n.team_id AND b.shown_at IS NOT NULL AND (b.answered_at IS NULL OR b.reworded))
           ORDER BY n.shown_at, e.id, t.id LIMIT 50"#,
        me as PersonId,
    )
    .fetch_all(cx.conn())
    .await?;
    let row = |row: (WinsEntryId, TeamId, String, String)| Waiting {
        entry: row.0,
        team: TeamName { id: row.1, slug: row.2, name: row.3 },
    };
    Ok(rows.into_iter().map(|r| row((r.entry, r.team, r.slug, r.name))).collect())
}

/// When a challenge was shown to a team that it names; none: it does not name it, or was not shown yet.
pub(in super::super) async fn shown_at(
    cx: &mut Cx<'_>,
    entry: WinsEntryId,
    team: TeamId,
) -> Result<Option<Timestamp>> {
    let at = sqlx::query_scalar!(
        r#"SELECT n.shown_at AS "at: jiff_sqlx::Timestamp" FROM wins_naming n JOIN wins_entry e ON e.id = n.entry_id
                JOIN wins_update u ON u.id = e.update_id AND u.state IN ('submitted', 'published')
           WHERE n.entry_id = $1 AND n.team_id = $2 AND e.kind = 'challenge' AND e.sensitivity = 'publish'"#,
        entry as WinsEntryId,
        team as TeamId,
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(at.flatten().map(jiff_sqlx::Timestamp::to_jiff))
}

/// Somebody who wants to know of an answer, and the entry of theirs that it is about.
pub(in super::super) struct Asker {
    pub(in super::super) to: PersonId,
    pub(in super::super) entry: WinsEntryId,
    pub(in super::super) summary: String,
}

/// Writes a team's answer to a challenge, to what that was made of and to the lines made of it, as far as they are not published; says
/// who wrote those and who handed them up.
pub(in super::super) async fn answer(
    cx: &mut Cx<'_>,
    entry: WinsEntryId,
    team: TeamId,
    text: &str,
) -> Result<Vec<Asker>> {
    let (me, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    Ok(sqlx::query_as!(
        Asker,
        r#"WITH RECURSIVE
               up AS (
                   SELECT $1::uuid AS id UNION SELECT o.line_id FROM up JOIN wins_origin o ON o.origin_id = up.id
               ),
               down AS (
                   SELECT $1::uuid AS id UNION SELECT o.origin_id FROM down JOIN wins_origin o ON o.line_id = down.id
               ),
               answered AS (
                   UPDATE wins_naming n SET answered_at = $3, answered_by = $4, answer = $5, reworded = false, shown_at = coalesce(n.shown_at, $3),
                          -- another answer is attached by whoever writes the challenge, or is not
                          attached = n.attached AND n.answer = $5
                   FROM wins_entry e
                   WHERE e.id = n.entry_id AND n.team_id = $2 AND (e.publication_id IS NULL OR e.id = $1 AND NOT n.attached)
                     AND (e.id IN (SELECT up.id FROM up) OR e.id IN (SELECT down.id FROM down))
                   RETURNING n.entry_id
               )
           SELECT DISTINCT ON (p.id) p.id AS "to: PersonId", e.id AS "entry: WinsEntryId", e.summary
           FROM answered a JOIN wins_entry e ON e.id = a.entry_id LEFT JOIN wins_update u ON u.id = e.update_id
                JOIN person p ON p.id IN (e.created_by, u.submitted_by) AND p.active
           WHERE p.id IS DISTINCT FROM $4 ORDER BY p.id, (e.id = $1) DESC, e.id"#,
        entry as WinsEntryId,
        team as TeamId,
        now as _,
        me as Option<PersonId>,
        text,
    )
    .fetch_all(cx.conn())
    .await?)
}

/// An entry with which an answer goes now, or does not any more.
pub(in super::super) struct Attached {
    pub(in super::super) entry: WinsEntryId,
    pub(in super::super) update: Option<UpdateId>,
    pub(in super::super) summary: String,
    pub(in super::super) writer: Option<PersonId>,
}

/// The lines that were made of an entry and are not published, with the updates that they are in, those below first.
pub(in super::super) async fn unpublished_above(
    cx: &mut Cx<'_>,
    entry: WinsEntryId,
) -> Result<Vec<(WinsEntryId, Option<UpdateId>)>> {
    let rows = sqlx::query!(
        r#"WITH RECURSIVE up AS (
               SELECT o.line_id AS id FROM wins_origin o WHERE o.origin_id = $1
               UNION SELECT o.line_id FROM up JOIN wins_origin o ON o.origin_id = up.id)
           SELECT l.id AS "line: WinsEntryId", l.update_id AS "update: UpdateId"
           FROM up JOIN wins_entry l ON l.id = up.id LEFT JOIN wins_update u ON u.id = l.update_id
           WHERE l.publication_id IS NULL ORDER BY u.level, u.id, l.id"#,
        entry as WinsEntryId,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.line, r.update)).collect())
}

/// Says whether this answer of a team goes with those of these entries that have it and are not published.
pub(in super::super) async fn attach(
    cx: &mut Cx<'_>,
    entries: &[WinsEntryId],
    team: TeamId,
    answer: &str,
    attached: bool,
) -> Result<Vec<Attached>> {
    Ok(sqlx::query_as!(
        Attached,
        r#"UPDATE wins_naming n SET attached = $4 FROM wins_entry e
           WHERE e.id = n.entry_id AND e.id = ANY($1) AND e.publication_id IS NULL AND n.team_id = $2 AND n.answer = $3
             AND NOT n.reworded AND n.attached <> $4
           RETURNING e.id AS "entry: WinsEntryId", e.update_id AS "update: UpdateId", e.summary, e.created_by AS "writer: PersonId""#,
        &keys(entries),
        team as TeamId,
        answer,
        attached,
    )
    .fetch_all(cx.conn())
    .await?)
}
