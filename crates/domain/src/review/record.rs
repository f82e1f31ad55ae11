//! A review as it is shown and frozen. Frozen ones are read back years later: fields are added with a default and never
//! taken away or given another meaning.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    ActionId, HandOverId,
    catalog::descriptor::Slo,
    changes,
    incidents::{self, NoticedBy, SloSaw},
    paging::{self, Judgement},
    support::{self, Category, Essential, Trend, Week},
};

/// In which form reviews are frozen now.
pub(super) const FORM: u32 = 1;

/// What a team looks back on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// In which form it is written.
    pub form: u32,
    /// Whose it is, as it was called then.
    pub team: TeamSeen,
    /// The week.
    pub week: Week,
    /// The zone in which the week begins and ends.
    pub time_zone: String,
    /// Its first instant.
    pub from: Timestamp,
    /// The first one after it.
    pub until: Timestamp,
    /// When all of this was gathered.
    pub as_of: Timestamp,
    /// What the figures are marked by.
    pub thresholds: Thresholds,
    /// What paged the team.
    pub pages: Pages,
    /// What it was asked.
    pub support: Support,
    /// What went to production.
    pub changes: Changes,
    /// What hurt, the worst first.
    pub incidents: Part<IncidentLine>,
    /// What its services promise.
    pub slos: Slos,
    /// Notes at the changes of its shifts, in order.
    pub shift_notes: Part<ShiftNote>,
    /// What support left for the next week.
    pub support_note: Option<SupportNote>,
    /// What was promised and is not done, due first.
    pub actions: Part<ActionLine>,
}

impl Review {
    /// Whether the week was not over when it was gathered.
    pub fn is_early(&self) -> bool {
        self.as_of < self.until
    }

    /// Whether nothing at all happened in it.
    pub fn is_quiet(&self) -> bool {
        self.pages.counts.total + self.pages.counts.quiet == 0
            && self.support.total() == 0
            && self.changes.counts.total == 0
            && self.incidents.is_empty()
    }
}

/// A list that shows its beginning, and says how much more there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part<T> {
    /// The beginning.
    pub items: Vec<T>,
    /// How many more there are.
    pub more: i64,
}

impl<T> Part<T> {
    /// The rows of a statement that also counted all of them.
    pub(super) fn of(items: Vec<T>, all: i64) -> Self {
        let shown = i64::try_from(items.len()).unwrap_or(i64::MAX);
        Self { items, more: (all - shown).max(0) }
    }

    /// All of them.
    pub fn total(&self) -> i64 {
        i64::try_from(self.items.len()).unwrap_or(i64::MAX).saturating_add(self.more)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// A team, as it was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamSeen {
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
}

/// A person, as they were called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Someone {
    /// Short unique name.
    pub handle: String,
    /// Full name.
    pub name: String,
}

/// What the figures are marked by, as the settings were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Pages with real impact a week up to which a team is well.
    pub pages_good: i64,
    /// Beyond which it is not sustainable.
    pub pages_most: i64,
    /// Percent of judged pages that were false alarms, from which on they hide the truth.
    pub false_alarms_most: i64,
}

/// What paged the team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pages {
    /// How many, and what they were.
    pub counts: PageCounts,
    /// The same of the week before.
    pub before: PageCounts,
    /// Each of them, in order.
    pub list: Part<PageLine>,
}

/// How many pages, and what they were. What maintenance kept quiet reached nobody and counts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PageCounts {
    /// All that opened and were not kept quiet.
    pub total: i64,
    /// Somebody outside felt it, or would have.
    pub real_impact: i64,
    /// As the alert said, and nobody felt it.
    pub no_impact: i64,
    /// Nothing was wrong.
    pub false_alarm: i64,
    /// Told by another page already.
    pub duplicate: i64,
    /// Over, and nobody said what it was.
    pub unjudged: i64,
    /// Not over yet.
    pub lasting: i64,
    /// Came outside of the working hours of whoever was told first.
    pub out_of_hours: i64,
    /// Found nobody on call.
    pub unmanned: i64,
    /// Raised by a person.
    pub by_people: i64,
    /// Kept quiet by maintenance.
    pub quiet: i64,
}

impl PageCounts {
    /// Those of which somebody said what they were.
    pub fn judged(&self) -> i64 {
        self.real_impact + self.no_impact + self.false_alarm + self.duplicate
    }

    /// The share of false alarms among those judged, in whole percent; none while none is judged.
    pub fn false_alarm_percent(&self) -> Option<i64> {
        percent(self.false_alarm, self.judged())
    }
}

/// So many of so many in whole percent, halves up.
pub(super) fn percent(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| (200 * part + whole) / (2 * whole))
}

/// A page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageLine {
    /// Its number.
    pub number: i64,
    /// When it opened.
    pub opened_at: Timestamp,
    /// What was wrong, in a line.
    pub summary: String,
    /// What it was about.
    pub entity_ref: Option<String>,
    /// Its title, else name.
    pub entity_title: Option<String>,
    /// How it stands.
    pub state: paging::State,
    /// What it turned out to be.
    pub judgement: Option<Judgement>,
    /// Whether it came outside of the working hours of whoever was told first.
    pub out_of_hours: bool,
    /// Whether maintenance kept it quiet.
    pub quiet: bool,
    /// Whether nobody was on call.
    pub unmanned: bool,
    /// Minutes until somebody was on it.
    pub minutes_to_answer: Option<i64>,
}

/// What the team was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Support {
    /// For each kind of help.
    pub rows: Vec<SupportRow>,
    /// The share of working time that keeps things running; none: no members, or no shifts.
    pub essential: Option<Essential>,
}

impl Support {
    /// Requests of the week.
    pub fn total(&self) -> i64 {
        self.rows.iter().map(|r| r.count).sum()
    }

    /// Requests of the week before.
    pub fn before(&self) -> i64 {
        self.rows.iter().map(|r| r.before).sum()
    }
}

/// One kind of help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportRow {
    /// Which.
    pub category: Category,
    /// Requests of the week.
    pub count: i64,
    /// Requests of the week before.
    pub before: i64,
    /// What eight weeks say of it.
    pub trend: Trend,
}

/// What went to production of what the team owned then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// How many, and how they went.
    pub counts: ChangeCounts,
    /// Each of them: those that went wrong first, then the newest.
    pub list: Part<ChangeLine>,
}

/// How many changes, and how they went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangeCounts {
    /// All of them.
    pub total: i64,
    /// Did not go live.
    pub failed: i64,
    /// Were live and were taken back.
    pub rolled_back: i64,
}

/// A change in production.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeLine {
    /// Of what.
    pub entity_ref: String,
    /// Its title, else name.
    pub entity_title: String,
    /// Where.
    pub environment: String,
    /// What it went to.
    pub version: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How it stands.
    pub status: changes::Status,
    /// Whoever did it, by the best name known.
    pub who: String,
    /// Who looked at it beforehand.
    pub reviewed_by: Option<String>,
    /// How it went, in words.
    pub outcome: String,
}

/// An incident that hurt in the week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentLine {
    /// What people call it by.
    pub number: i64,
    /// Name of the team that runs it.
    pub team_name: String,
    /// What it is, in a line.
    pub title: String,
    /// 1, the worst, to 4.
    pub severity: i16,
    /// How it stands.
    pub state: incidents::State,
    /// Titles of what it hurts.
    pub affected: Vec<String>,
    /// Who noticed it first.
    pub noticed_by: NoticedBy,
    /// Whether an objective saw it.
    pub slo_saw: SloSaw,
    /// When it began to hurt.
    pub began_at: Timestamp,
    /// When it ceased to.
    pub relieved_at: Option<Timestamp>,
    /// Actions out of it that are open.
    pub open_actions: i64,
}

impl IncidentLine {
    /// The word for its severity.
    pub fn severity_label(&self) -> &'static str {
        incidents::SEVERITIES
            .iter()
            .find(|(n, ..)| *n == self.severity)
            .map_or("Unknown", |(_, word, _)| word)
    }
}

/// What the team's services promise, as the catalog knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slos {
    /// Those that declare objectives, what most rests on first.
    pub declared: Part<Declared>,
    /// Those of tier 0 and 1 that declare none.
    pub missing: Part<Bare>,
}

/// Something with its objectives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declared {
    /// Reference.
    pub entity_ref: String,
    /// Title, else name.
    pub title: String,
    /// Tier.
    pub tier: Option<i16>,
    /// Its objectives.
    pub objectives: Vec<Slo>,
}

/// Something that much rests on and that declares no objective.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bare {
    /// Reference.
    pub entity_ref: String,
    /// Title, else name.
    pub title: String,
    /// Tier.
    pub tier: Option<i16>,
}

/// The note at a change of shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftNote {
    /// Key of the note.
    pub id: HandOverId,
    /// Name of the schedule.
    pub schedule: String,
    /// The change.
    pub at: Timestamp,
    /// Who went.
    pub from: Someone,
    /// What it says; empty: nobody wrote it.
    pub text: String,
}

/// What support left for the next week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportNote {
    /// What it says, in Markdown.
    pub text: String,
    /// Who wrote last.
    pub by: Option<Someone>,
    /// When.
    pub at: Timestamp,
}

impl From<support::Note> for SupportNote {
    fn from(n: support::Note) -> Self {
        let by = n.written_by.map(|p| Someone { handle: p.handle, name: p.name });
        Self { text: n.text, by, at: n.written_at }
    }
}

/// What was promised and was not done when the week ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionLine {
    /// Key.
    pub id: ActionId,
    /// What, in a line.
    pub title: String,
    /// Who promised it; none: nobody yet.
    pub owner: Option<Someone>,
    /// By when.
    pub due_on: Date,
    /// Number of the incident that it came out of.
    pub incident: Option<i64>,
    /// Whether it should have been done by then.
    pub overdue: bool,
    /// Whether it was done or dropped after the week.
    pub closed_since: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Whether `written` says all that `kept` does; it may say more.
    fn says(written: &Value, kept: &Value) -> bool {
        match (written, kept) {
            (Value::Object(written), Value::Object(kept)) => {
                kept.iter().all(|(name, kept)| written.get(name).is_some_and(|written| says(written, kept)))
            }
            (Value::Array(written), Value::Array(kept)) => {
                written.len() == kept.len()
                    && written.iter().zip(kept).all(|(written, kept)| says(written, kept))
            }
            (written, kept) => written == kept,
        }
    }

    #[test]
    fn what_was_frozen_in_the_first_form_is_read_whole() {
        let kept: Value = serde_json::from_str(include_str!("form_1.json")).expect("JSON");
        let review: Review =
            serde_json::from_value(kept.clone()).expect("a field that is new needs a default");
        let written = serde_json::to_value(&review).expect("JSON");
        assert!(says(&written, &kept), "what is lost was frozen once: {written:#}");
    }

    #[test]
    fn false_alarms_are_a_share_of_what_was_judged() {
        let counts = PageCounts {
            total: 9,
            real_impact: 2,
            no_impact: 1,
            false_alarm: 2,
            duplicate: 1,
            unjudged: 3,
            ..PageCounts::default()
        };
        assert_eq!((counts.judged(), counts.false_alarm_percent()), (6, Some(33)));
        assert_eq!(PageCounts { total: 4, unjudged: 4, ..PageCounts::default() }.false_alarm_percent(), None);
        assert_eq!((percent(1, 3), percent(2, 3), percent(1, 200)), (Some(33), Some(67), Some(1)));
    }

    #[test]
    fn a_part_says_how_much_more_there_is() {
        assert_eq!((Part::of(vec![1, 2], 5).more, Part::of(vec![1, 2], 5).total()), (3, 5));
        assert_eq!(Part::<u8>::of(Vec::new(), 0).total(), 0);
    }
}
