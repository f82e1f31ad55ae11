//! Statements of writing: who may jot, where entries stand, what becomes of lines when what they were made of goes.

use jiff::Timestamp;

use super::{
    super::record::{Audience, Kind, Sensitivity, Update, UpdateState},
    entry::{Columns, Draft, keys},
};
use crate::{Cx, PersonId, Result, TeamId, UpdateId, WinsEntryId};

/// Whether the actor is in a team, stands in for its lead, or leads it or one above it; and how much waits there.
pub(in super::super) async fn may_jot(cx: &mut Cx<'_>, me: PersonId, team: TeamId) -> Result<(bool, i64)> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"WITH RECURSIVE up AS (
               SELECT id, parent_id, lead_id, 0 AS depth FROM team WHERE id = $2
               UNION ALL
               SELECT t.id, t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT (EXISTS (SELECT FROM up WHERE lead_id = $1) OR EXISTS (SELECT FROM wins_deputy WHERE team_id = $2 AND person_id = $1)
                   OR EXISTS (SELECT FROM membership m WHERE m.person_id = $1 AND m.team_id = $2 AND m.valid_from <= $3
                              AND (m.valid_until IS NULL OR m.valid_until > $3))) AS "may!",
                  (SELECT count(*) FROM wins_entry WHERE team_id = $2 AND update_id IS NULL) AS "waiting!""#,
        me as PersonId,
        team as TeamId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((row.may, row.waiting))
}

/// Whether the actor leads a team or one above it, or stands in for its lead.
pub(in super::super) async fn leads(cx: &mut Cx<'_>, me: PersonId, team: TeamId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE up AS (
               SELECT id, parent_id, lead_id, 0 AS depth FROM team WHERE id = $2
               UNION ALL
               SELECT t.id, t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT EXISTS (SELECT FROM up WHERE lead_id = $1) OR EXISTS (SELECT FROM wins_deputy WHERE team_id = $2 AND person_id = $1) AS "yes!""#,
        me as PersonId,
        team as TeamId,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Locks an entry until the transaction ends; none: there is none.
pub(in super::super) async fn lock(cx: &mut Cx<'_>, id: WinsEntryId) -> Result<Option<Option<UpdateId>>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT update_id AS "update: UpdateId" FROM wins_entry WHERE id = $1 FOR UPDATE"#,
        id as WinsEntryId
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// Locks entries until the transaction ends, in the order of their keys, so that two who want some of the same do not wait for each other.
pub(in super::super) async fn lock_all(cx: &mut Cx<'_>, ids: &[WinsEntryId]) -> Result<()> {
    sqlx::query!("SELECT id FROM wins_entry WHERE id = ANY($1) ORDER BY id FOR UPDATE", &keys(ids))
        .fetch_all(cx.conn())
        .await?;
    Ok(())
}

/// Locks all that stands in an update: whoever lowers one of them just now comes first, and what is read after this is what they left.
pub(in super::super) async fn lock_of_update(cx: &mut Cx<'_>, id: UpdateId) -> Result<()> {
    sqlx::query!("SELECT id FROM wins_entry WHERE update_id = $1 ORDER BY id FOR UPDATE", id as UpdateId)
        .fetch_all(cx.conn())
        .await?;
    Ok(())
}

/// Of two calls in which one person writes new entries of a team at once, one waits for the other until the transaction ends.
pub(in super::super) async fn lock_writing(cx: &mut Cx<'_>, me: PersonId, team: TeamId) -> Result<()> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('wins.write:' || $1::uuid::text || $2::uuid::text, 0)) AS locked",
        me as PersonId,
        team as TeamId,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(())
}

/// Of drafts, those that say in all words, of whom and what, and as far as these may go, what the same person wrote in the same team after an instant: the
/// draft's key, the entry's, and the update that the entry is in.
pub(in super::super) async fn written_after(
    cx: &mut Cx<'_>,
    drafts: &[Draft],
    after: Timestamp,
) -> Result<Vec<(WinsEntryId, WinsEntryId, Option<UpdateId>)>> {
    let after = jiff_sqlx::Timestamp::from(after);
    let named = |f: fn(&Draft) -> Vec<uuid::Uuid>| {
        let sorted = |draft: &Draft| {
            let mut keys: Vec<_> = f(draft).iter().map(uuid::Uuid::to_string).collect();
            keys.sort();
            keys.join(",")
        };
        drafts.iter().map(sorted).collect::<Vec<_>>()
    };
    let said = Columns::of_drafts(drafts);
    let links: Vec<_> = drafts.iter().map(|d| d.source_link.clone()).collect();
    let authors: Vec<_> = drafts.iter().map(|d| d.author.map(|p| p.0)).collect();
    let rows = sqlx::query!(
        r#"SELECT n.id AS "draft!: WinsEntryId", e.id AS "entry: WinsEntryId", e.update_id AS "update: UpdateId"
           FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                       $11::text[], $13::text[], $14::text[], $15::text[], $16::text[])
                AS n (id, team, author, kind, summary, situation, action, result, numbers, topic, sensitivity, link, credits, about, namings)
                JOIN wins_entry e ON e.team_id = n.team AND e.created_by = n.author AND e.created_at > $12
                     AND (e.kind, e.summary, e.situation, e.action, e.result, e.source_link)
                         = (n.kind, n.summary, n.situation, n.action, n.result, n.link)
                     AND e.numbers = n.numbers::jsonb AND e.topic IS NOT DISTINCT FROM n.topic AND e.sensitivity = n.sensitivity
                     AND n.credits = (SELECT coalesce(string_agg(c.person_id::text, ',' ORDER BY c.person_id), '')
                                      FROM wins_credit c WHERE c.entry_id = e.id)
                     AND n.about = (SELECT coalesce(string_agg(a.entity_id::text, ',' ORDER BY a.entity_id), '')
                                    FROM wins_about a WHERE a.entry_id = e.id)
                     AND n.namings = (SELECT coalesce(string_agg(w.team_id::text, ',' ORDER BY w.team_id), '')
                                      FROM wins_naming w WHERE w.entry_id = e.id)
           ORDER BY e.created_at, e.id"#,
        &drafts.iter().map(|d| d.id.0).collect::<Vec<_>>(),
        &drafts.iter().map(|d| d.team.0).collect::<Vec<_>>(),
        &authors as &[Option<uuid::Uuid>],
        &said.kinds,
        &said.summaries,
        &said.situations,
        &said.actions,
        &said.results,
        &said.numbers,
        &said.topics as &[Option<String>],
        &said.sensitivities,
        after as _,
        &links,
        &named(|d| d.credits.iter().map(|person| person.0).collect()),
        &named(|d| d.about.iter().map(|entity| entity.0).collect()),
        &named(|d| d.namings.iter().map(|named| named.team.0).collect()),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.draft, r.entry, r.update)).collect())
}

/// Keys of what the actor wrote or is credited in between two instants, newest first; lines are left out.
pub(in super::super) async fn mine(
    cx: &mut Cx<'_>,
    me: PersonId,
    kind: Option<Kind>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    after: Option<(Timestamp, WinsEntryId)>,
    rows: i64,
) -> Result<Vec<WinsEntryId>> {
    let [from, until] = [from, until].map(|at| at.map(jiff_sqlx::Timestamp::from));
    let (at, id) = after.unzip();
    Ok(sqlx::query_scalar!(
        r#"SELECT e.id AS "id: WinsEntryId" FROM wins_entry e
           WHERE (e.created_by = $1 OR EXISTS (SELECT FROM wins_credit c WHERE c.entry_id = e.id AND c.person_id = $1))
             AND NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id) AND ($2::text IS NULL OR e.kind = $2)
             AND ($3::timestamptz IS NULL OR e.created_at >= $3) AND ($4::timestamptz IS NULL OR e.created_at < $4)
             AND ($5::timestamptz IS NULL OR (e.created_at, e.id) < ($5, $6::uuid))
           ORDER BY e.created_at DESC, e.id DESC LIMIT $7"#,
        me as PersonId,
        kind.map(Kind::as_str),
        from as _,
        until as _,
        at.map(jiff_sqlx::Timestamp::from) as _,
        id as Option<WinsEntryId>,
        rows,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn count_mine(
    cx: &mut Cx<'_>,
    me: PersonId,
    kind: Option<Kind>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<i64> {
    let [from, until] = [from, until].map(|at| at.map(jiff_sqlx::Timestamp::from));
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM wins_entry e
           WHERE (e.created_by = $1 OR EXISTS (SELECT FROM wins_credit c WHERE c.entry_id = e.id AND c.person_id = $1))
             AND NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id) AND ($2::text IS NULL OR e.kind = $2)
             AND ($3::timestamptz IS NULL OR e.created_at >= $3) AND ($4::timestamptz IS NULL OR e.created_at < $4)"#,
        me as PersonId,
        kind.map(Kind::as_str),
        from as _,
        until as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// How far each of these lines may go at most: the least of what it was made of. What is no line is left out.
pub(in super::super) async fn least_of_origins(
    cx: &mut Cx<'_>,
    lines: &[WinsEntryId],
) -> Result<Vec<(WinsEntryId, Sensitivity)>> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (o.line_id) o.line_id AS "line: WinsEntryId", e.sensitivity AS "least: Sensitivity"
           FROM wins_origin o JOIN wins_entry e ON e.id = o.origin_id WHERE o.line_id = ANY($1)
           ORDER BY o.line_id, array_position(ARRAY['team', 'up', 'publish'], e.sensitivity)"#,
        &keys(lines),
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.line, r.least)).collect())
}

/// Closes the gaps in the order of these updates' entries.
pub(in super::super) async fn renumber(cx: &mut Cx<'_>, updates: &[UpdateId]) -> Result<()> {
    let updates: Vec<_> = updates.iter().map(|u| u.0).collect();
    sqlx::query!(
        "UPDATE wins_entry e SET place = n.nth
         FROM (SELECT id, (row_number() OVER (PARTITION BY update_id, kind ORDER BY place, id))::int AS nth
               FROM wins_entry WHERE update_id = ANY($1)) n
         WHERE e.id = n.id AND e.place <> n.nth",
        &updates,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Wins and challenges of what a team handed up before a cycle, newest first; what stays in the team is not counted, and quiet cycles say
/// nothing.
pub(in super::super) async fn counts_before(cx: &mut Cx<'_>, update: &Update) -> Result<Vec<(i64, i64)>> {
    let before = jiff_sqlx::Date::from(update.cycle.starts_on);
    let rows = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE e.kind = 'win') AS "wins!", count(*) FILTER (WHERE e.kind = 'challenge') AS "challenges!"
           FROM wins_update u JOIN wins_cycle c ON c.id = u.cycle_id LEFT JOIN wins_entry e ON e.update_id = u.id AND e.sensitivity <> 'team'
           WHERE u.team_id = $1 AND c.starts_on < $2 AND u.state IN ('submitted', 'published') AND NOT u.quiet
           GROUP BY u.id, c.starts_on ORDER BY c.starts_on DESC LIMIT 5"#,
        update.team.id as TeamId,
        before as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.wins, r.challenges)).collect())
}

/// Notes what stands above the entries of an update.
pub(in super::super) async fn set_intro(cx: &mut Cx<'_>, id: UpdateId, intro: &str) -> Result<()> {
    sqlx::query!("UPDATE wins_update SET intro = $2 WHERE id = $1", id as UpdateId, intro)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// Hands an update up, now, by the actor.
pub(in super::super) async fn set_submitted(cx: &mut Cx<'_>, id: UpdateId, quiet: bool) -> Result<()> {
    let (me, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "UPDATE wins_update SET state = 'submitted', submitted_at = $2, submitted_by = $3, quiet = $4, version = version + 1 WHERE id = $1",
        id as UpdateId,
        now as _,
        me as Option<PersonId>,
        quiet,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Opens an update again.
pub(in super::super) async fn set_open(cx: &mut Cx<'_>, id: UpdateId) -> Result<()> {
    sqlx::query!(
        "UPDATE wins_update SET state = 'open', submitted_at = NULL, submitted_by = NULL, quiet = false, version = version + 1 WHERE id = $1",
        id as UpdateId,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Who writes an update beside the lead and the deputy.
pub(in super::super) async fn set_delegate(
    cx: &mut Cx<'_>,
    id: UpdateId,
    who: Option<PersonId>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE wins_update SET delegate_id = $2, version = version + 1 WHERE id = $1",
        id as UpdateId,
        who as Option<PersonId>,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// How much an update may hand up.
pub(in super::super) async fn set_limits(
    cx: &mut Cx<'_>,
    id: UpdateId,
    wins: i16,
    challenges: i16,
) -> Result<()> {
    sqlx::query!(
        "UPDATE wins_update SET most_wins = $2, most_challenges = $3, version = version + 1 WHERE id = $1",
        id as UpdateId,
        wins,
        challenges,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Who reads what an update publishes.
pub(in super::super) async fn set_audience(cx: &mut Cx<'_>, id: UpdateId, audience: Audience) -> Result<()> {
    sqlx::query!(
        "UPDATE wins_update SET audience = $2, version = version + 1 WHERE id = $1",
        id as UpdateId,
        audience.as_str(),
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// Whether a line was made of anything in an update, and how the update stands that it is handed to.
pub(in super::super) async fn taken_up(
    cx: &mut Cx<'_>,
    update: &Update,
) -> Result<(bool, Option<UpdateState>)> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM wins_origin o JOIN wins_entry e ON e.id = o.origin_id WHERE e.update_id = $1) AS "lifted!",
                  (SELECT state FROM wins_update WHERE id = $2) AS "above: UpdateState""#,
        update.id as UpdateId,
        update.parent as Option<UpdateId>,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((row.lifted, row.above))
}
