//! Heads of updates.

use super::super::record::{Audience, Cycle, Update, UpdateRights, UpdateState};
use crate::{
    Cx, CycleId, Error, PersonId, PublicationId, Result, TeamId, UpdateId, WinsPlanId,
    people::{PersonName, TeamName},
};

struct Row {
    id: UpdateId,
    cycle_id: CycleId,
    plan_id: WinsPlanId,
    slug: String,
    starts_on: jiff_sqlx::Date,
    ends_on: jiff_sqlx::Date,
    time_zone: String,
    publish_at: jiff_sqlx::Timestamp,
    published_at: Option<jiff_sqlx::Timestamp>,
    team_id: TeamId,
    team: String,
    team_name: String,
    to_id: Option<TeamId>,
    to_slug: Option<String>,
    to_name: Option<String>,
    parent_id: Option<UpdateId>,
    level: i16,
    due_at: jiff_sqlx::Timestamp,
    most_wins: i16,
    most_challenges: i16,
    most_words: i16,
    audience: Audience,
    state: UpdateState,
    quiet: bool,
    intro: String,
    owes_id: Option<PersonId>,
    owes_handle: Option<String>,
    owes_name: Option<String>,
    owes_active: Option<bool>,
    delegate_id: Option<PersonId>,
    delegate_handle: Option<String>,
    delegate_name: Option<String>,
    delegate_active: Option<bool>,
    submitted_at: Option<jiff_sqlx::Timestamp>,
    by_id: Option<PersonId>,
    by_handle: Option<String>,
    by_name: Option<String>,
    by_active: Option<bool>,
    publication: Option<PublicationId>,
    wins: i64,
    challenges: i64,
    version: i64,
}

/// `updates!(cx, rest, arguments…)` is the checked statement that selects updates `u` with their cycle `c` and team `t`; `$1` is the
/// actor and `$2` the time, so arguments begin at `$3`. All parts are literals.
///
/// Entries are counted as `wins_visible` shows them by nearness, without reading it: it would look at all entries there are. One's own
/// and those one is credited in are not counted for somebody who sees nothing else of the update.
macro_rules! updates {
    ($cx:expr, $rest:tt $(, $argument:expr)* $(,)?) => {{
        let (me, now) = ($cx.actor().person, jiff_sqlx::Timestamp::from($cx.now()));
        sqlx::query_as!(
            Row,
            r#"WITH near AS MATERIALIZED (SELECT n.team_id, n.grade FROM wins_nearness($1, $2) n)
               SELECT u.id AS "id!: UpdateId", c.id AS "cycle_id!: CycleId", c.plan_id AS "plan_id!: WinsPlanId", c.slug AS "slug!",
                      c.starts_on AS "starts_on!: jiff_sqlx::Date", c.ends_on AS "ends_on!: jiff_sqlx::Date",
                      wp.time_zone AS "time_zone!", c.publish_at AS "publish_at!: jiff_sqlx::Timestamp",
                      c.published_at AS "published_at?: jiff_sqlx::Timestamp",
                      t.id AS "team_id!: TeamId", t.slug AS "team!", t.name AS "team_name!",
                      ut.id AS "to_id?: TeamId", ut.slug AS "to_slug?", ut.name AS "to_name?", u.parent_id AS "parent_id?: UpdateId",
                      u.level AS "level!", u.due_at AS "due_at!: jiff_sqlx::Timestamp", u.most_wins AS "most_wins!",
                      u.most_challenges AS "most_challenges!", u.most_words AS "most_words!", u.audience AS "audience!: Audience",
                      u.state AS "state!: UpdateState", u.quiet AS "quiet!", u.intro AS "intro!",
                      o.id AS "owes_id?: PersonId", o.handle AS "owes_handle?", o.name AS "owes_name?", o.active AS "owes_active?",
                      d.id AS "delegate_id?: PersonId", d.handle AS "delegate_handle?", d.name AS "delegate_name?",
                      d.active AS "delegate_active?", u.submitted_at AS "submitted_at?: jiff_sqlx::Timestamp",
                      s.id AS "by_id?: PersonId", s.handle AS "by_handle?", s.name AS "by_name?", s.active AS "by_active?",
                      pub.id AS "publication?: PublicationId", coalesce(n.wins, 0) AS "wins!",
                      coalesce(n.challenges, 0) AS "challenges!", u.version AS "version!"
               FROM wins_update u
                    JOIN wins_cycle c ON c.id = u.cycle_id
                    JOIN wins_plan wp ON wp.id = c.plan_id
                    JOIN team t ON t.id = u.team_id
                    LEFT JOIN wins_update up ON up.id = u.parent_id
                    LEFT JOIN team ut ON ut.id = up.team_id
                    LEFT JOIN wins_publication pub ON pub.update_id = u.id
                    LEFT JOIN near ON near.team_id = u.team_id
                    LEFT JOIN person o ON o.id = wins_owed_by(u.delegate_id, u.team_id, $2)
                    LEFT JOIN person d ON d.id = u.delegate_id
                    LEFT JOIN person s ON s.id = u.submitted_by
                    LEFT JOIN LATERAL (
                        SELECT count(*) FILTER (WHERE e.kind = 'win') AS wins,
                               count(*) FILTER (WHERE e.kind = 'challenge') AS challenges
                        FROM wins_entry e
                        WHERE e.update_id = u.id
                          AND (near.grade = 3
                               OR u.delegate_id = $1
                               OR (near.grade = 2 AND e.sensitivity <> 'team' AND u.state IN ('submitted', 'published'))
                               OR (e.sensitivity = 'publish' AND e.publication_id = pub.id
                                   AND (pub.audience = 'everyone' OR near.grade >= 1) AND $1::uuid IS NOT NULL))
                    ) n ON true "#
                + $rest,
            me as Option<PersonId>,
            now as _
            $(, $argument)*
        )
    }};
}

/// A person as an outer join has them; none: there is nobody.
pub(super) fn named(
    id: Option<PersonId>,
    handle: Option<String>,
    name: Option<String>,
    active: Option<bool>,
) -> Option<PersonName> {
    Some(PersonName { id: id?, handle: handle?, name: name?, active: active? })
}

impl From<Row> for Update {
    fn from(r: Row) -> Self {
        let to = r.to_id.zip(r.to_slug).zip(r.to_name);
        Self {
            id: r.id,
            cycle: Cycle {
                id: r.cycle_id,
                plan: r.plan_id,
                slug: r.slug,
                starts_on: r.starts_on.to_jiff(),
                ends_on: r.ends_on.to_jiff(),
                time_zone: r.time_zone,
                publish_at: r.publish_at.to_jiff(),
                published_at: r.published_at.map(jiff_sqlx::Timestamp::to_jiff),
            },
            team: TeamName { id: r.team_id, slug: r.team, name: r.team_name },
            handed_to: to.map(|((id, slug), name)| TeamName { id, slug, name }),
            parent: r.parent_id,
            level: r.level,
            due_at: r.due_at.to_jiff(),
            most_wins: r.most_wins,
            most_challenges: r.most_challenges,
            most_words: r.most_words,
            audience: r.audience,
            state: r.state,
            quiet: r.quiet,
            intro: r.intro,
            owed_by: named(r.owes_id, r.owes_handle, r.owes_name, r.owes_active),
            delegate: named(r.delegate_id, r.delegate_handle, r.delegate_name, r.delegate_active),
            submitted_at: r.submitted_at.map(jiff_sqlx::Timestamp::to_jiff),
            submitted_by: named(r.by_id, r.by_handle, r.by_name, r.by_active),
            publication: r.publication,
            wins: r.wins,
            challenges: r.challenges,
            version: r.version,
        }
    }
}

fn all(rows: Vec<Row>) -> Vec<Update> {
    rows.into_iter().map(Update::from).collect()
}

/// The head of an update, whoever asks; entries are counted as the actor may see them.
pub(in super::super) async fn head(cx: &mut Cx<'_>, id: UpdateId) -> Result<Update> {
    let row = updates!(cx, "WHERE u.id = $3", id as UpdateId).fetch_optional(cx.conn()).await?;
    row.map(Update::from).ok_or_else(|| Error::not_found("update", id.to_string()))
}

/// The heads of these updates, in no order.
pub(in super::super) async fn heads(cx: &mut Cx<'_>, ids: &[UpdateId]) -> Result<Vec<Update>> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    Ok(all(updates!(cx, "WHERE u.id = ANY($3)", &keys).fetch_all(cx.conn()).await?))
}

/// The head of a team's update in a cycle (slugs).
pub(in super::super) async fn head_of(cx: &mut Cx<'_>, team: &str, cycle: &str) -> Result<Option<Update>> {
    // a team that changed its plan in mid-week may have two cycles of one name: the later is meant
    let row = updates!(
        cx,
        "WHERE lower(t.slug) = lower($3) AND c.slug = $4 ORDER BY c.starts_on DESC, c.id DESC LIMIT 1",
        team,
        cycle
    );
    Ok(row.fetch_optional(cx.conn()).await?.map(Update::from))
}

/// The update that a team writes now: the oldest that is open, else the newest.
pub(in super::super) async fn current(cx: &mut Cx<'_>, team: TeamId) -> Result<Option<Update>> {
    let row = updates!(
        cx,
        "WHERE u.team_id = $3
         ORDER BY u.state <> 'open', CASE WHEN u.state = 'open' THEN c.starts_on END, c.starts_on DESC, u.id LIMIT 1",
        team as TeamId
    );
    Ok(row.fetch_optional(cx.conn()).await?.map(Update::from))
}

/// Locks an update until the transaction ends, and says how it stands.
pub(in super::super) async fn lock(cx: &mut Cx<'_>, id: UpdateId) -> Result<Option<UpdateState>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT state AS "state: UpdateState" FROM wins_update WHERE id = $1 FOR UPDATE"#,
        id as UpdateId
    )
    .fetch_optional(cx.conn())
    .await?)
}

/// Notes that an update changed; returns its new version.
pub(in super::super) async fn touch(cx: &mut Cx<'_>, id: UpdateId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        "UPDATE wins_update SET version = version + 1 WHERE id = $1 RETURNING version",
        id as UpdateId
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What a person may do with a team's updates, were they to write: as its member, lead or deputy, or as somebody above or beside it;
/// and with the one that they were asked to write.
pub(in super::super) async fn rights(
    cx: &mut Cx<'_>,
    me: PersonId,
    team: TeamId,
    update: Option<UpdateId>,
) -> Result<UpdateRights> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = sqlx::query!(
        r#"WITH RECURSIVE
               up AS (
                   SELECT t.id, t.parent_id, t.lead_id, 0 AS depth FROM team t WHERE t.id = $2
                   UNION ALL
                   SELECT t.id, t.parent_id, t.lead_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32
               ),
               leads AS (SELECT p.id, up.depth FROM up JOIN person p ON p.id = up.lead_id AND p.active)
           SELECT coalesce((SELECT n.grade FROM wins_nearness($1, $4) n WHERE n.team_id = $2), 0) AS "grade!",
                  EXISTS (SELECT FROM leads WHERE depth = 0 AND id = $1) AS "leads!",
                  EXISTS (SELECT FROM leads WHERE depth = 0) AS "led!",
                  EXISTS (SELECT FROM wins_deputy d WHERE d.team_id = $2 AND d.person_id = $1) AS "deputises!",
                  EXISTS (SELECT FROM wins_update u WHERE u.id = $3 AND u.team_id = $2 AND u.delegate_id = $1) AS "asked!",
                  coalesce((SELECT id = $1 FROM leads ORDER BY depth LIMIT 1), false) AS "nearest!""#,
        me as PersonId,
        team as TeamId,
        update as Option<UpdateId>,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?;
    let inside = row.grade == 3;
    let write = row.leads || row.deputises || row.asked || (!row.led && (inside || row.nearest));
    Ok(UpdateRights { inside, write, read: row.grade >= 2 || row.asked })
}
