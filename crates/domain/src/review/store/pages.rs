//! Statements of the pages of a week.

use jiff::Timestamp;

use super::super::{
    PageCounts, PageLine, Part,
    gather::{MOST_SHOWN, Span},
};
use crate::{
    Cx, Result, TeamId,
    paging::{Judgement, State},
};

/// `pages!(Row, columns, rest, arguments…)` is a checked statement over pages `p` of a team ($1) with two facts `x` of
/// each: whether maintenance kept it quiet, and whether it came outside of Monday to Friday, eight to six, or on a holiday
/// of its on-call schedules: by the clock of the one who was told first, when they were told; by that of the team ($2), when
/// it opened, if nobody was. All parts are literals.
macro_rules! pages {
    ($row:ty, $columns:tt, $rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $row,
            "SELECT " + $columns + " FROM page p LEFT JOIN entity e ON e.id = p.entity_id
               LEFT JOIN LATERAL (SELECT v.at, w.time_zone FROM page_event v JOIN person w ON w.id = v.person_id
                                  WHERE v.page_id = p.id AND v.kind = 'told' ORDER BY v.at, v.id LIMIT 1) first ON true
               CROSS JOIN LATERAL (SELECT coalesce(first.at, p.opened_at) AT TIME ZONE coalesce(first.time_zone, $2::text) AS local) l
               CROSS JOIN LATERAL (SELECT p.suppressed_by IS NOT NULL AND first.at IS NULL AS quiet,
                                          extract(isodow FROM l.local) > 5 OR l.local::time < '08:00' OR l.local::time >= '18:00'
                                          OR EXISTS (SELECT FROM schedule s JOIN holiday d ON d.calendar_id = s.holiday_calendar_id
                                                     WHERE s.team_id = p.team_id AND s.purpose = 'on-call' AND d.day = l.local::date) AS out) x
             WHERE p.team_id = $1 " + $rest
            $(, $argument)*
        )
    };
}

struct Counted {
    now: bool,
    total: i64,
    real_impact: i64,
    no_impact: i64,
    false_alarm: i64,
    duplicate: i64,
    unjudged: i64,
    lasting: i64,
    out_of_hours: i64,
    unmanned: i64,
    by_people: i64,
    quiet: i64,
}

impl From<Counted> for PageCounts {
    fn from(c: Counted) -> Self {
        Self {
            total: c.total,
            real_impact: c.real_impact,
            no_impact: c.no_impact,
            false_alarm: c.false_alarm,
            duplicate: c.duplicate,
            unjudged: c.unjudged,
            lasting: c.lasting,
            out_of_hours: c.out_of_hours,
            unmanned: c.unmanned,
            by_people: c.by_people,
            quiet: c.quiet,
        }
    }
}

/// What the pages of the week were, and those since `before` that came before it.
pub(in super::super) async fn page_counts(
    cx: &mut Cx<'_>,
    team: TeamId,
    before: Timestamp,
    span: Span,
    zone: &str,
) -> Result<(PageCounts, PageCounts)> {
    let [before, from, until] = [before, span.from, span.until].map(jiff_sqlx::Timestamp::from);
    let rows = pages!(
        Counted,
        r#"p.opened_at >= $4 AS "now!", count(*) FILTER (WHERE NOT x.quiet) AS "total!",
           count(*) FILTER (WHERE NOT x.quiet AND p.judgement = 'real-impact') AS "real_impact!",
           count(*) FILTER (WHERE NOT x.quiet AND p.judgement = 'no-impact') AS "no_impact!",
           count(*) FILTER (WHERE NOT x.quiet AND p.judgement = 'false-alarm') AS "false_alarm!",
           count(*) FILTER (WHERE NOT x.quiet AND p.judgement = 'duplicate') AS "duplicate!",
           count(*) FILTER (WHERE NOT x.quiet AND p.state = 'resolved' AND p.judgement IS NULL) AS "unjudged!",
           count(*) FILTER (WHERE NOT x.quiet AND p.state <> 'resolved') AS "lasting!",
           count(*) FILTER (WHERE NOT x.quiet AND x.out) AS "out_of_hours!",
           count(*) FILTER (WHERE NOT x.quiet AND p.unmanned) AS "unmanned!",
           count(*) FILTER (WHERE NOT x.quiet AND p.raised_by IS NOT NULL) AS "by_people!",
           count(*) FILTER (WHERE x.quiet) AS "quiet!""#,
        "AND p.opened_at >= $3 AND p.opened_at < $5 GROUP BY 1",
        team as TeamId,
        zone,
        before as _,
        from as _,
        until as _,
    )
    .fetch_all(cx.conn())
    .await?;
    let (mut week, mut earlier) = (PageCounts::default(), PageCounts::default());
    for row in rows {
        let place = if row.now { &mut week } else { &mut earlier };
        *place = row.into();
    }
    Ok((week, earlier))
}

struct Row {
    number: i64,
    opened_at: jiff_sqlx::Timestamp,
    summary: String,
    entity_ref: Option<String>,
    entity_title: Option<String>,
    state: State,
    judgement: Option<Judgement>,
    out_of_hours: bool,
    quiet: bool,
    unmanned: bool,
    acknowledged_at: Option<jiff_sqlx::Timestamp>,
    all: i64,
}

impl From<Row> for PageLine {
    fn from(r: Row) -> Self {
        let opened_at = r.opened_at.to_jiff();
        let answered = r.acknowledged_at.map(|at| at.to_jiff().duration_since(opened_at).as_mins().max(0));
        Self {
            number: r.number,
            opened_at,
            summary: r.summary,
            entity_ref: r.entity_ref,
            entity_title: r.entity_title,
            state: r.state,
            judgement: r.judgement,
            out_of_hours: r.out_of_hours && !r.quiet,
            quiet: r.quiet,
            unmanned: r.unmanned,
            minutes_to_answer: answered,
        }
    }
}

/// The pages that opened in the week, in order.
pub(in super::super) async fn pages(
    cx: &mut Cx<'_>,
    team: TeamId,
    span: Span,
    zone: &str,
) -> Result<Part<PageLine>> {
    let [from, until] = [span.from, span.until].map(jiff_sqlx::Timestamp::from);
    let rows = pages!(
        Row,
        r#"p.number, p.opened_at, p.summary, p.entity_ref, coalesce(e.title, e.name) AS entity_title, p.state AS "state: State",
           p.judgement AS "judgement: Judgement", x.out AS "out_of_hours!", x.quiet AS "quiet!", p.unmanned, p.acknowledged_at,
           count(*) OVER () AS "all!""#,
        "AND p.opened_at >= $3 AND p.opened_at < $4 ORDER BY p.opened_at, p.number LIMIT $5",
        team as TeamId,
        zone,
        from as _,
        until as _,
        MOST_SHOWN,
    )
    .fetch_all(cx.conn())
    .await?;
    let all = rows.first().map_or(0, |r| r.all);
    Ok(Part::of(rows.into_iter().map(PageLine::from).collect(), all))
}
