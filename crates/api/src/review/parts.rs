//! Bodies of the parts of a week.

use jiff::{Timestamp, civil::Date};
use portolan_domain::{
    changes,
    incidents::{self, NoticedBy, SloSaw},
    paging::{self, Judgement},
    review::{
        ActionLine, Bare, ChangeLine, Changes, Declared, IncidentLine, PageCounts, PageLine, Pages, Part,
        ShiftNote, Slos, Someone, Support, SupportNote, SupportRow,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

/// The beginning of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartBody<T> {
    /// Fifty at most.
    items: Vec<T>,
    /// How many more there are.
    more: i64,
}

impl<T> PartBody<T> {
    pub(super) fn of<D>(part: Part<D>, body: impl FnMut(D) -> T) -> Self {
        Self { items: part.items.into_iter().map(body).collect(), more: part.more }
    }
}

/// A person, as they were called then.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SomeoneBody {
    /// Handle.
    handle: String,
    /// Name.
    name: String,
}

impl From<Someone> for SomeoneBody {
    fn from(s: Someone) -> Self {
        Self { handle: s.handle, name: s.name }
    }
}

/// Pages.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PagesBody {
    /// How many, and what they were.
    counts: PageCountsBody,
    /// The same of the week before.
    before: PageCountsBody,
    /// Each, in order.
    list: PartBody<PageLineBody>,
}

impl From<Pages> for PagesBody {
    fn from(p: Pages) -> Self {
        let list = PartBody::of(p.list, PageLineBody::from);
        Self { counts: p.counts.into(), before: p.before.into(), list }
    }
}

/// How many pages, and what they were.
#[derive(Debug, Serialize, ToSchema)]
struct PageCountsBody {
    /// All that opened and were not kept quiet by maintenance.
    total: i64,
    /// Judged as real impact.
    real_impact: i64,
    /// Judged as no impact.
    no_impact: i64,
    /// Judged as a false alarm.
    false_alarm: i64,
    /// Judged as a duplicate.
    duplicate: i64,
    /// Over, and not judged.
    unjudged: i64,
    /// Not over yet.
    lasting: i64,
    /// False alarms among those judged, in percent; null: none is judged.
    false_alarm_percent: Option<i64>,
    /// Outside of Monday to Friday, eight to six, or on a holiday, where whoever was told first lives.
    out_of_hours: i64,
    /// Found nobody on call.
    unmanned: i64,
    /// Raised by a person.
    by_people: i64,
    /// Kept quiet by maintenance; not among the others.
    quiet: i64,
}

impl From<PageCounts> for PageCountsBody {
    fn from(c: PageCounts) -> Self {
        Self {
            total: c.total,
            real_impact: c.real_impact,
            no_impact: c.no_impact,
            false_alarm: c.false_alarm,
            duplicate: c.duplicate,
            unjudged: c.unjudged,
            lasting: c.lasting,
            false_alarm_percent: c.false_alarm_percent(),
            out_of_hours: c.out_of_hours,
            unmanned: c.unmanned,
            by_people: c.by_people,
            quiet: c.quiet,
        }
    }
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
struct PageLineBody {
    /// Its number.
    number: i64,
    /// When it opened.
    opened_at: Timestamp,
    /// What was wrong.
    summary: String,
    /// Reference of what it was about.
    entity: Option<String>,
    /// `open`, `acknowledged`, `resolved` or `suppressed`.
    #[schema(value_type = String)]
    state: paging::State,
    /// What it turned out to be.
    #[schema(value_type = Option<String>)]
    judgement: Option<Judgement>,
    /// Whether it came outside of working hours.
    out_of_hours: bool,
    /// Whether maintenance kept it quiet.
    quiet: bool,
    /// Whether nobody was on call.
    unmanned: bool,
    /// Minutes until somebody was on it; null: nobody was.
    minutes_to_answer: Option<i64>,
}

impl From<PageLine> for PageLineBody {
    fn from(p: PageLine) -> Self {
        Self {
            number: p.number,
            opened_at: p.opened_at,
            summary: p.summary,
            entity: p.entity_ref,
            state: p.state,
            judgement: p.judgement,
            out_of_hours: p.out_of_hours,
            quiet: p.quiet,
            unmanned: p.unmanned,
            minutes_to_answer: p.minutes_to_answer,
        }
    }
}

/// What the team was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SupportBody {
    /// Requests.
    total: i64,
    /// By kind of help.
    categories: Vec<SupportRowBody>,
    /// The share of working time in support and on-call, between 0 and 1; null: nothing is known of it.
    essential_share: Option<f64>,
}

impl From<Support> for SupportBody {
    fn from(s: Support) -> Self {
        Self {
            total: s.total(),
            essential_share: s.essential.map(|e| e.share()),
            categories: s.rows.into_iter().map(SupportRowBody::from).collect(),
        }
    }
}

/// One kind of help.
#[derive(Debug, Serialize, ToSchema)]
struct SupportRowBody {
    /// Which.
    category: &'static str,
    /// Requests.
    count: i64,
    /// Requests in the week before.
    before: i64,
    /// `quiet`, `repeats` or `rises`.
    trend: &'static str,
}

impl From<SupportRow> for SupportRowBody {
    fn from(r: SupportRow) -> Self {
        let (category, trend) = (r.category.as_str(), r.trend.as_str());
        Self { category, count: r.count, before: r.before, trend }
    }
}

/// Production changes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangesBody {
    /// All.
    total: i64,
    /// Did not go live.
    failed: i64,
    /// Were taken back.
    rolled_back: i64,
    /// Each: those that went wrong first, then the newest.
    list: PartBody<ChangeLineBody>,
}

impl From<Changes> for ChangesBody {
    fn from(c: Changes) -> Self {
        let list = PartBody::of(c.list, ChangeLineBody::from);
        Self { total: c.counts.total, failed: c.counts.failed, rolled_back: c.counts.rolled_back, list }
    }
}

/// A production change.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeLineBody {
    /// Reference of what was changed.
    entity: String,
    /// Where.
    environment: String,
    /// What it went to.
    version: String,
    /// When it began.
    started_at: Timestamp,
    /// `running`, `succeeded`, `failed` or `rolled-back`.
    #[schema(value_type = String)]
    status: changes::Status,
    /// By whom.
    who: String,
    /// Who looked at it beforehand.
    reviewed_by: Option<String>,
    /// How it went, in words.
    outcome: String,
}

impl From<ChangeLine> for ChangeLineBody {
    fn from(c: ChangeLine) -> Self {
        Self {
            entity: c.entity_ref,
            environment: c.environment,
            version: c.version,
            started_at: c.started_at,
            status: c.status,
            who: c.who,
            reviewed_by: c.reviewed_by,
            outcome: c.outcome,
        }
    }
}

/// An incident.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentLineBody {
    /// Its number.
    number: i64,
    /// Name of the team that runs it.
    team_name: String,
    /// What it is.
    title: String,
    /// 1, the worst, to 4.
    severity: i16,
    /// `open`, `mitigated`, `ended` or `reviewed`.
    #[schema(value_type = String)]
    state: incidents::State,
    /// Titles of what it hurts; ten at most.
    affected: Vec<String>,
    /// Who noticed it first.
    #[schema(value_type = String)]
    noticed_by: NoticedBy,
    /// Whether an objective saw it.
    #[schema(value_type = String)]
    slo_saw: SloSaw,
    /// When it began to hurt.
    began_at: Timestamp,
    /// When it ceased to; null: it hurts.
    relieved_at: Option<Timestamp>,
    /// Actions out of it that are open.
    open_actions: i64,
}

impl From<IncidentLine> for IncidentLineBody {
    fn from(i: IncidentLine) -> Self {
        Self {
            number: i.number,
            team_name: i.team_name,
            title: i.title,
            severity: i.severity,
            state: i.state,
            affected: i.affected,
            noticed_by: i.noticed_by,
            slo_saw: i.slo_saw,
            began_at: i.began_at,
            relieved_at: i.relieved_at,
            open_actions: i.open_actions,
        }
    }
}

/// What services promise.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SlosBody {
    /// Those that declare objectives, what most rests on first.
    declared: PartBody<DeclaredBody>,
    /// Those of tier 0 and 1 that declare none.
    missing: PartBody<BareBody>,
}

impl From<Slos> for SlosBody {
    fn from(s: Slos) -> Self {
        Self {
            declared: PartBody::of(s.declared, DeclaredBody::from),
            missing: PartBody::of(s.missing, BareBody::from),
        }
    }
}

/// Something with its objectives.
#[derive(Debug, Serialize, ToSchema)]
struct DeclaredBody {
    /// Reference.
    entity: String,
    /// Tier.
    tier: Option<i16>,
    /// Its objectives, as its descriptor has them.
    #[schema(value_type = Vec<Object>)]
    objectives: serde_json::Value,
}

impl From<Declared> for DeclaredBody {
    fn from(d: Declared) -> Self {
        let objectives = serde_json::to_value(d.objectives).unwrap_or_default();
        Self { entity: d.entity_ref, tier: d.tier, objectives }
    }
}

/// Something without.
#[derive(Debug, Serialize, ToSchema)]
struct BareBody {
    /// Reference.
    entity: String,
    /// Tier.
    tier: Option<i16>,
}

impl From<Bare> for BareBody {
    fn from(b: Bare) -> Self {
        Self { entity: b.entity_ref, tier: b.tier }
    }
}

/// The note at a change of shift.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShiftNoteBody {
    /// Key of the note.
    id: uuid::Uuid,
    /// Name of the schedule.
    schedule: String,
    /// The change.
    at: Timestamp,
    /// Who went.
    from: SomeoneBody,
    /// What it says; empty: nobody wrote it.
    text: String,
}

impl From<ShiftNote> for ShiftNoteBody {
    fn from(n: ShiftNote) -> Self {
        Self { id: n.id.0, schedule: n.schedule, at: n.at, from: n.from.into(), text: n.text }
    }
}

/// What support left for the next week.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SupportNoteBody {
    /// What it says, in Markdown.
    text: String,
    /// Who wrote last.
    by: Option<SomeoneBody>,
    /// When.
    at: Timestamp,
}

impl From<SupportNote> for SupportNoteBody {
    fn from(n: SupportNote) -> Self {
        Self { text: n.text, by: n.by.map(SomeoneBody::from), at: n.at }
    }
}

/// What was promised and not done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenActionBody {
    /// Key.
    id: uuid::Uuid,
    /// What.
    title: String,
    /// Who promised it; null: nobody yet.
    owner: Option<SomeoneBody>,
    /// By when.
    #[schema(value_type = String)]
    due_on: Date,
    /// Number of the incident that it came out of.
    incident: Option<i64>,
    /// Whether it should have been done by then.
    overdue: bool,
    /// Whether it was done or dropped after the week.
    closed_since: bool,
}

impl From<ActionLine> for OpenActionBody {
    fn from(a: ActionLine) -> Self {
        Self {
            id: a.id.0,
            title: a.title,
            owner: a.owner.map(SomeoneBody::from),
            due_on: a.due_on,
            incident: a.incident,
            overdue: a.overdue,
            closed_since: a.closed_since,
        }
    }
}
