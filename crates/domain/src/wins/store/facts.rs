//! What the portal's own records say of a team and a time: one statement for each kind of fact. It reads what other capabilities hold,
//! as the operational review does, and writes dismissals alone.

use jiff::Timestamp;

use crate::{Cx, PersonId, Result, TeamId, UpdateId, WinsEntryId, people::Team, support::Category};

/// The time that is told of, and the one before it that it is compared with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Span {
    pub(in super::super) before: Timestamp,
    pub(in super::super) from: Timestamp,
    pub(in super::super) until: Timestamp,
}

impl Span {
    fn parts(self) -> [jiff_sqlx::Timestamp; 3] {
        [self.before, self.from, self.until].map(jiff_sqlx::Timestamp::from)
    }
}

/// Now, and in the time before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Pair {
    pub(in super::super) now: i64,
    pub(in super::super) before: i64,
}

/// Pages that reached somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Pages {
    pub(in super::super) all: Pair,
    pub(in super::super) judged: Pair,
    pub(in super::super) false_alarms: Pair,
}

fn pair(now: i64, before: i64) -> Pair {
    Pair { now, before }
}

pub(in super::super) async fn pages(cx: &mut Cx<'_>, team: TeamId, span: Span) -> Result<Pages> {
    let [before, from, until] = span.parts();
    let r = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE p.opened_at >= $3) AS "now!", count(*) FILTER (WHERE p.opened_at < $3) AS "before!",
                  count(p.judgement) FILTER (WHERE p.opened_at >= $3) AS "judged!",
                  count(p.judgement) FILTER (WHERE p.opened_at < $3) AS "judged_before!",
                  count(*) FILTER (WHERE p.judgement = 'false-alarm' AND p.opened_at >= $3) AS "false_alarms!",
                  count(*) FILTER (WHERE p.judgement = 'false-alarm' AND p.opened_at < $3) AS "false_alarms_before!"
           FROM page p
           WHERE p.team_id = $1 AND p.opened_at >= $2 AND p.opened_at < $4
             AND (p.suppressed_by IS NULL OR EXISTS (SELECT FROM page_event v WHERE v.page_id = p.id AND v.kind = 'told'))"#,
        team as TeamId,
        before as _,
        from as _,
        until as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(Pages {
        all: pair(r.now, r.before),
        judged: pair(r.judged, r.judged_before),
        false_alarms: pair(r.false_alarms, r.false_alarms_before),
    })
}

/// What a team was asked for, by kind of help.
pub(in super::super) async fn support(
    cx: &mut Cx<'_>,
    team: TeamId,
    span: Span,
) -> Result<Vec<(Category, Pair)>> {
    let [before, from, until] = span.parts();
    let rows = sqlx::query!(
        r#"SELECT category AS "category: Category", count(*) FILTER (WHERE asked_at >= $3) AS "now!",
                  count(*) FILTER (WHERE asked_at < $3) AS "before!"
           FROM support_request WHERE team_id = $1 AND asked_at >= $2 AND asked_at < $4 GROUP BY 1 ORDER BY 1"#,
        team as TeamId,
        before as _,
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.category, pair(r.now, r.before))).collect())
}

/// What was made of an offering, and how long it usually took.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Made {
    /// Name of the offering.
    pub(in super::super) name: String,
    pub(in super::super) title: String,
    /// Whether the team offers it; else it asked for it.
    pub(in super::super) offered: bool,
    pub(in super::super) count: Pair,
    /// Half of them took less.
    pub(in super::super) seconds: Option<f64>,
    pub(in super::super) seconds_before: Option<f64>,
}

/// What was made of what a team offers, and what it asked for itself.
pub(in super::super) async fn made(cx: &mut Cx<'_>, team: TeamId, span: Span) -> Result<Vec<Made>> {
    let [before, from, until] = span.parts();
    let rows = sqlx::query!(
        r#"SELECT o.name, o.title, o.team_id = $1 AS "offered!", count(*) FILTER (WHERE r.ended_at >= $3) AS "now!",
                  count(*) FILTER (WHERE r.ended_at < $3) AS "before!",
                  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.ended_at - r.submitted_at)::float8)
                      FILTER (WHERE r.ended_at >= $3) AS seconds,
                  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.ended_at - r.submitted_at)::float8)
                      FILTER (WHERE r.ended_at < $3) AS seconds_before
           FROM provisioning_request r JOIN offering o ON o.id = r.offering_id
           WHERE (o.team_id = $1 OR r.team_id = $1) AND r.action IS NULL AND r.state = 'succeeded' AND r.submitted_at IS NOT NULL
             AND r.ended_at >= $2 AND r.ended_at < $4
           GROUP BY o.id ORDER BY 4 DESC, o.name LIMIT 10"#,
        team as TeamId,
        before as _,
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Made {
            name: r.name,
            title: r.title,
            offered: r.offered,
            count: pair(r.now, r.before),
            seconds: r.seconds,
            seconds_before: r.seconds_before,
        })
        .collect())
}

/// Something of the catalog that went from one owner to another by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Handed {
    pub(in super::super) entity_ref: String,
    pub(in super::super) title: String,
    /// Whether the team has it now; else it had it.
    pub(in super::super) taken: bool,
    /// Whether it belonged to nobody that the portal knows.
    pub(in super::super) was_nobodys: bool,
    /// The other team, if there is one.
    pub(in super::super) other: Option<String>,
}

/// What a team took over and handed over.
pub(in super::super) async fn handed(cx: &mut Cx<'_>, team: &Team, span: Span) -> Result<Vec<Handed>> {
    let [_, from, until] = span.parts();
    let owners = vec![team.entity_ref(), format!("group:default/{}", team.slug.to_lowercase())];
    let rows = sqlx::query!(
        r#"WITH named AS (SELECT DISTINCT ON (ref) ref, name FROM (
               SELECT 'group:default/' || lower(slug) AS ref, name FROM team UNION ALL SELECT described_by, name FROM team) n WHERE ref IS NOT NULL)
           SELECT e.ref AS entity_ref, coalesce(e.title, e.name) AS "title!", o.owner_ref = ANY($1) AS "taken!",
                  (o.owner_ref = ANY($1) AND (was.owner_ref IS NULL
                      OR (was.owner_ref LIKE 'group:%' AND NOT EXISTS (SELECT FROM named n WHERE n.ref = was.owner_ref)))) AS "was_nobodys!",
                  (SELECT n.name FROM named n WHERE n.ref = CASE WHEN o.owner_ref = ANY($1) THEN was.owner_ref ELSE o.owner_ref END) AS other
           FROM ownership o JOIN entity e ON e.id = o.entity_id
                LEFT JOIN LATERAL (SELECT w.owner_ref FROM ownership w WHERE w.entity_id = o.entity_id AND w.valid_from < o.valid_from
                                   ORDER BY w.valid_from DESC LIMIT 1) was ON true
           WHERE o.origin = 'portal' AND o.valid_from >= $2 AND o.valid_from < $3
             AND (o.owner_ref = ANY($1)) IS DISTINCT FROM (was.owner_ref = ANY($1)) AND (o.owner_ref = ANY($1) OR was.owner_ref = ANY($1))
           ORDER BY o.valid_from, e.ref LIMIT 200"#,
        &owners,
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Handed {
            entity_ref: r.entity_ref,
            title: r.title,
            taken: r.taken,
            was_nobodys: r.was_nobodys,
            other: r.other,
        })
        .collect())
}

/// How often a team confirmed that something is still theirs.
pub(in super::super) async fn confirmed(cx: &mut Cx<'_>, team: TeamId, span: Span) -> Result<i64> {
    let [_, from, until] = span.parts();
    Ok(sqlx::query_scalar!(
        r#"SELECT count(DISTINCT e.id) AS "n!" FROM entity e JOIN activity a ON a.subject = e.ref AND a.verb = 'ownership.confirmed'
           WHERE e.owner_team_id = $1 AND a.at >= $2 AND a.at < $3"#,
        team as TeamId,
        from as _,
        until as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

/// Production changes of what a team owned then: all, and those that went wrong.
pub(in super::super) async fn changes(cx: &mut Cx<'_>, team: &Team, span: Span) -> Result<(Pair, Pair)> {
    let [before, from, until] = span.parts();
    let owners = vec![team.entity_ref(), format!("group:default/{}", team.slug.to_lowercase())];
    let r = sqlx::query!(
        // which environments are production is the rule of changes::is_production
        r#"SELECT count(*) FILTER (WHERE c.started_at >= $3) AS "now!", count(*) FILTER (WHERE c.started_at < $3) AS "before!",
                  count(*) FILTER (WHERE c.started_at >= $3 AND c.status IN ('failed', 'rolled-back')) AS "wrong!",
                  count(*) FILTER (WHERE c.started_at < $3 AND c.status IN ('failed', 'rolled-back')) AS "wrong_before!"
           FROM change c JOIN entity e ON e.id = c.entity_id
           WHERE c.started_at >= $2 AND c.started_at < $4
             AND (c.environment = 'live' OR c.environment ~ '(^|[-_/. ])(prod|production)($|[-_/. ])')
             AND EXISTS (SELECT FROM ownership o WHERE o.entity_id = c.entity_id AND o.owner_ref = ANY($1)
                         AND o.valid_from <= greatest(c.started_at, e.created_at) AND (o.valid_until IS NULL OR o.valid_until > c.started_at))"#,
        &owners,
        before as _,
        from as _,
        until as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((pair(r.now, r.before), pair(r.wrong, r.wrong_before)))
}

/// An incident that a team ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Ran {
    pub(in super::super) number: i64,
    pub(in super::super) title: String,
    pub(in super::super) severity: i16,
    /// Minutes until it did not hurt any more; none: it still does.
    pub(in super::super) minutes: Option<i64>,
}

/// Incidents of a team that began in the time, the worst first; and how many began before.
pub(in super::super) async fn incidents(
    cx: &mut Cx<'_>,
    team: TeamId,
    span: Span,
) -> Result<(Vec<Ran>, i64)> {
    let [before, from, until] = span.parts();
    let earlier = sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM incident WHERE team_id = $1 AND began_at >= $2 AND began_at < $3"#,
        team as TeamId,
        before as _,
        from as _,
    )
    .fetch_one(cx.conn())
    .await?;
    let rows = sqlx::query_as!(
        Ran,
        r#"SELECT number, title, severity, (extract(epoch FROM coalesce(mitigated_at, ended_at) - began_at) / 60)::bigint AS minutes
           FROM incident WHERE team_id = $1 AND began_at >= $2 AND began_at < $3 ORDER BY severity, began_at LIMIT 20"#,
        team as TeamId,
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok((rows, earlier))
}

/// What a team owns whose declared objectives changed: reference and title.
pub(in super::super) async fn objectives(
    cx: &mut Cx<'_>,
    team: TeamId,
    span: Span,
) -> Result<Vec<(String, String)>> {
    let [_, from, until] = span.parts();
    let rows = sqlx::query!(
        r#"SELECT e.ref AS entity_ref, coalesce(e.title, e.name) AS "title!" FROM entity e
           WHERE e.owner_team_id = $1 AND EXISTS (
               SELECT FROM activity a CROSS JOIN jsonb_array_elements(a.changes) c
               WHERE a.subject = e.ref AND a.at >= $2 AND a.at < $3 AND c ->> 'field' ~ '(^|[./])slos($|[.[])')
           ORDER BY coalesce(e.tier, 9), e.ref LIMIT 20"#,
        team as TeamId,
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.entity_ref, r.title)).collect())
}

/// Notes that were written when shifts of a team's schedules were handed over.
pub(in super::super) async fn shift_notes(cx: &mut Cx<'_>, team: TeamId, span: Span) -> Result<Pair> {
    let [before, from, until] = span.parts();
    let r = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE h.at >= $3) AS "now!", count(*) FILTER (WHERE h.at < $3) AS "before!"
           FROM schedule s JOIN hand_over h ON h.schedule_id = s.id WHERE s.team_id = $1 AND h.at >= $2 AND h.at < $4"#,
        team as TeamId,
        before as _,
        from as _,
        until as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(pair(r.now, r.before))
}

/// Who came to a team and stayed, and who left it: handle, name, and whether they came.
pub(in super::super) async fn moved(
    cx: &mut Cx<'_>,
    team: TeamId,
    span: Span,
) -> Result<Vec<(String, String, bool)>> {
    let [_, from, until] = span.parts();
    let rows = sqlx::query!(
        r#"SELECT p.handle, p.name, here.after AS "came!" FROM person p CROSS JOIN LATERAL (
               SELECT coalesce(bool_or(m.valid_from < $2 AND (m.valid_until IS NULL OR m.valid_until >= $2)), false) AS before,
                      coalesce(bool_or(m.valid_from < $3 AND (m.valid_until IS NULL OR m.valid_until >= $3)), false) AS after
               FROM membership m WHERE m.team_id = $1 AND m.person_id = p.id) here
           WHERE p.id IN (SELECT m.person_id FROM membership m WHERE m.team_id = $1) AND here.before <> here.after
           ORDER BY lower(p.name), p.id LIMIT 20"#,
        team as TeamId,
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.handle, r.name, r.came)).collect())
}

/// Proposals of an update that nobody wanted.
pub(in super::super) async fn dismissed(cx: &mut Cx<'_>, update: UpdateId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!("SELECT key FROM wins_dismissal WHERE update_id = $1", update as UpdateId)
        .fetch_all(cx.conn())
        .await?)
}

pub(in super::super) async fn dismiss(cx: &mut Cx<'_>, update: UpdateId, key: &str) -> Result<()> {
    let (me, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    sqlx::query!(
        "INSERT INTO wins_dismissal (update_id, key, by_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        update as UpdateId,
        key,
        me as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn restore(cx: &mut Cx<'_>, update: UpdateId, key: &str) -> Result<()> {
    sqlx::query!("DELETE FROM wins_dismissal WHERE update_id = $1 AND key = $2", update as UpdateId, key)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// Entries of a team that were made of proposals whose keys begin so: the rest of the key, and the entry.
pub(in super::super) async fn taken(
    cx: &mut Cx<'_>,
    team: TeamId,
    begin: &str,
) -> Result<Vec<(String, WinsEntryId)>> {
    let rows = sqlx::query!(
        r#"SELECT substr(source_key, length($2) + 1) AS "key!", id AS "id: WinsEntryId" FROM wins_entry
           WHERE team_id = $1 AND starts_with(source_key, $2) ORDER BY id"#,
        team as TeamId,
        begin,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.key, r.id)).collect())
}
