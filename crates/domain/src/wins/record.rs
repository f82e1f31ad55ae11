//! What is written, chosen and published, as values.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    CycleId, EntityId, Error, PublicationId, Result, UpdateId, WinsEntryId, WinsPlanId,
    people::{PersonName, TeamName},
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal { $($(#[$one:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(rename_all = "lowercase")]
        #[sqlx(type_name = "text", rename_all = "lowercase")]
        pub enum $name { $($(#[$one])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word of it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The word for people.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;
            fn from_str(s: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == s).ok_or_else(|| {
                    let words: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    Error::invalid($field, format!("must be one of {}", words.join(", ")))
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What an entry is.
    Kind, "kind" {
        /// Something that went well.
        Win = "win", "Win";
        /// Something that is hard, and not over.
        Challenge = "challenge", "Challenge";
    }
}

words! {
    /// What an entry is about.
    Topic, "topic" {
        /// Something that was set out to be done.
        Initiative = "initiative", "Initiative";
        /// Who came, who grew, how people are.
        People = "people", "People";
        /// Keeping things running.
        Operations = "operations", "Operations";
        /// A figure that moved.
        Metric = "metric", "Metric";
    }
}

words! {
    /// How far an entry may go. In order: a line may go no further than the least of its origins.
    Sensitivity, "sensitivity" {
        /// Stays in the team.
        Team = "team", "Stays in the team";
        /// May be handed to the levels above.
        Up = "up", "May go up";
        /// May also be published.
        Publish = "publish", "May be published";
    }
}

words! {
    /// How an update stands.
    UpdateState, "state" {
        /// Being written.
        Open = "open", "Being written";
        /// Handed up, and waiting for the day of publishing.
        Submitted = "submitted", "Handed up";
        /// Published.
        Published = "published", "Published";
        /// The cycle was closed before it was handed up.
        Missed = "missed", "Missed";
    }
}

words! {
    /// Who reads what is published.
    Audience, "audience" {
        /// Whoever is in the team or below it, those above it, its peers, and its lists.
        Circle = "circle", "The team, those above and beside it, and its lists";
        /// Everybody who can sign in.
        Everyone = "everyone", "Everyone";
    }
}

words! {
    /// How a challenge ended.
    Closing, "closed_as" {
        /// It is no more; a win is offered.
        Solved = "solved", "Solved";
        /// It is lived with.
        Accepted = "accepted", "Accepted";
        /// It is not looked at any more.
        Dropped = "dropped", "Dropped";
    }
}

words! {
    /// What a reader says.
    WordKind, "kind" {
        /// Thank you; the text may be empty.
        Thanks = "thanks", "Thanks";
        /// What they would like to know.
        Question = "question", "Question";
        /// What somebody answers.
        Answer = "answer", "Answer";
    }
}

/// A figure of an entry: `p95 of the payment step, 3.8 → 1.9 s`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Number {
    /// What was measured; may be empty.
    pub what: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub value: String,
    /// Of what: `s`, `%`, `pages a week`; may be empty.
    pub unit: String,
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.what.is_empty() {
            write!(f, "{}: ", self.what)?;
        }
        if let Some(before) = &self.before {
            write!(f, "{before} → ")?;
        }
        f.write_str(&self.value)?;
        match self.unit.as_str() {
            "" => Ok(()),
            "%" => f.write_str("%"),
            unit => write!(f, " {unit}"),
        }
    }
}

/// What people type between what was and what is.
const ARROWS: [&str; 3] = ["→", "->", "=>"];

/// What is wrong with a figure that holds none.
pub(super) const NO_FIGURE: &str = "needs digits, as in “p95 of the payment step: 3.8 → 1.9 s”";

impl std::str::FromStr for Number {
    type Err = Error;

    /// Reads a figure as people type it, `p95 of the payment step: 3.8 -> 1.9 s`. What was measured, what it was before and what it is
    /// counted in may be absent.
    fn from_str(text: &str) -> Result<Self> {
        let (what, figure) = measured(text.trim());
        let arrow = ARROWS.iter().find_map(|arrow| figure.split_once(arrow));
        let (before, after) =
            arrow.map_or((None, figure), |(before, after)| (Some(before.trim()), after.trim()));
        let (value, unit) = counted(after);
        // what it is counted in is said once
        let before = before.map(|before| {
            let bare = before.strip_suffix(unit).map(str::trim_end);
            bare.filter(|bare| bare.ends_with(char::is_numeric)).unwrap_or(before)
        });
        if !has_figure(value) || before.is_some_and(|before| !has_figure(before)) {
            return Err(Error::invalid("number", NO_FIGURE));
        }
        Ok(Self {
            what: what.to_owned(),
            before: before.map(str::to_owned),
            value: value.to_owned(),
            unit: unit.to_owned(),
        })
    }
}

/// Whether a text holds a figure.
pub(super) fn has_figure(text: &str) -> bool {
    text.contains(char::is_numeric)
}

/// What was measured, and the figure behind it. The former may have colons of its own: the figure stands behind the first that a word
/// with digits follows.
fn measured(text: &str) -> (&str, &str) {
    let begins = |(at, _): &(usize, &str)| {
        let word = text[at + 1..].split_whitespace().next().unwrap_or_default();
        has_figure(word) && !word.ends_with(':')
    };
    let at = text.match_indices(": ").find(begins).or_else(|| text.rmatch_indices(": ").next());
    at.map_or(("", text), |(at, _)| (text[..at].trim_end(), text[at + 1..].trim_start()))
}

/// A figure and what it is counted in: `1.9 s`, `99.97%`, `about 4 pages a week`.
fn counted(text: &str) -> (&str, &str) {
    let Some(digit) = text.find(char::is_numeric) else { return (text, "") };
    let end = text[digit..].find(char::is_whitespace).map_or(text.len(), |at| digit + at);
    let (value, unit) = (&text[..end], text[end..].trim_start());
    match value.strip_suffix('%') {
        Some(bare) if unit.is_empty() => (bare, "%"),
        _ => (value, unit),
    }
}

/// What people write of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// It in a line. The only thing that is needed. Plain text.
    pub summary: String,
    /// How it was. Markdown, as the next two.
    pub situation: String,
    /// What was done.
    pub action: String,
    /// What came of it.
    pub result: String,
    /// Figures, at most [`MOST_NUMBERS`].
    pub numbers: Vec<Number>,
}

/// Figures an entry may have.
pub const MOST_NUMBERS: usize = 5;
/// People, entities and teams that an entry may name, each.
pub const MOST_NAMED: usize = 20;
/// Entries that one update may hold, and that may wait in one team: beyond that nobody chooses any more.
pub const MOST_ENTRIES: usize = 200;

/// Something of the catalog that an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutEntity {
    /// Key.
    pub id: EntityId,
    /// Reference.
    pub entity_ref: String,
    /// Title, else name.
    pub title: String,
}

/// Another team that an entry names, and what its lead said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// The team.
    pub team: TeamName,
    /// When its lead was told; none: not yet.
    pub shown_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// Who answered.
    pub answered_by: Option<PersonName>,
    /// What they say; may be empty: seen.
    pub answer: String,
    /// Whether the answer is published with the challenge.
    pub attached: bool,
    /// Whether the challenge got other words after that answer: it was to those before, and does not go with these.
    pub reworded: bool,
}

/// How long a team that a challenge names has for an answer before it may be published without.
pub const ANSWER_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

impl Naming {
    /// Whether it answered to these words.
    pub fn is_answered(&self) -> bool {
        self.answered_at.is_some() && !self.reworded
    }

    /// Whether the challenge may be published as far as this team goes: it answered, or had its time for it.
    pub fn is_clear(&self, now: Timestamp) -> bool {
        self.is_answered() || self.until().is_some_and(|until| until <= now)
    }

    /// Until when the team has time to answer; none: it was not shown it yet.
    pub fn until(&self) -> Option<Timestamp> {
        self.shown_at.map(|at| at + ANSWER_WITHIN)
    }
}

/// How a challenge ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// How.
    pub how: Closing,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<PersonName>,
    /// Why, in words.
    pub note: String,
}

/// A win or a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Key.
    pub id: WinsEntryId,
    /// Whose it is.
    pub team: TeamName,
    /// The update that it is in; none: it waits in the team.
    pub update: Option<UpdateId>,
    /// Where it stands in that, from 1, wins and challenges apart.
    pub place: i32,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub words: Words,
    /// What it is about.
    pub topic: Option<Topic>,
    /// How far it may go.
    pub sensitivity: Sensitivity,
    /// Whether the team put it aside.
    pub set_aside: bool,
    /// Path in the portal of what it came from; empty: nothing.
    pub source_link: String,
    /// Whether it was chosen from below, so has origins.
    pub is_line: bool,
    /// The challenge that this one tells of again.
    pub again_of: Option<WinsEntryId>,
    /// How it ended, if it is a challenge that did.
    pub closed: Option<Closed>,
    /// Since when it is said: of a challenge that is told again, since it was first.
    pub since: Timestamp,
    /// The publication that it is in.
    pub publication: Option<PublicationId>,
    /// Who wrote it.
    pub author: Option<PersonName>,
    /// Who is credited, by name.
    pub credits: Vec<PersonName>,
    /// What of the catalog it is about, by title.
    pub about: Vec<AboutEntity>,
    /// Other teams that it names, by name.
    pub namings: Vec<Naming>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// Raised at each edit; the `ETag`.
    pub version: i64,
}

impl Entry {
    /// Whether it may leave its team.
    pub fn goes_up(&self) -> bool {
        self.sensitivity != Sensitivity::Team
    }

    /// The teams that it names whose word it waits for before it may be published. Wins need nobody's.
    pub fn waits_for(&self, now: Timestamp) -> impl Iterator<Item = &Naming> {
        let namings = if self.kind == Kind::Challenge { self.namings.as_slice() } else { &[] };
        namings.iter().filter(move |naming| !naming.is_clear(now))
    }
}

/// What the actor may do with an entry now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct EntryRights {
    /// Changes what it says.
    pub edit: bool,
    /// Lets it go less far, though it was handed up: how far it may go then.
    pub lower: Vec<Sensitivity>,
    /// Says whether the answer of a team that it names goes with it.
    pub attach: bool,
    /// Closes it as a challenge, and opens it again. A line says a challenge of others, who have it on a page of its own.
    pub close: bool,
}

/// An entry to be jotted.
#[derive(Debug, Clone, Default)]
pub struct NewEntry {
    /// Slug of the team; empty: the only one that the actor is in.
    pub team: String,
    /// What it is; a win unless said.
    pub kind: Option<Kind>,
    /// What it says.
    pub words: Words,
    /// What it is about.
    pub topic: Option<Topic>,
    /// How far it may go; [`Sensitivity::Publish`] unless said.
    pub sensitivity: Option<Sensitivity>,
    /// Handles or e-mail addresses of who is credited; none: whoever writes it.
    pub credits: Vec<String>,
    /// References of what it is about.
    pub about: Vec<String>,
    /// Slugs of other teams that it names, beside those mentioned in its text as `@slug` and those that own what it is about.
    pub teams: Vec<String>,
    /// Path in the portal of what it came from.
    pub source_link: String,
}

/// What an edit makes of an entry; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct EntryEdit {
    /// What it is.
    pub kind: Option<Kind>,
    /// What it says, whole.
    pub words: Option<Words>,
    /// What it is about; `Some(None)` takes it away.
    pub topic: Option<Option<Topic>>,
    /// How far it may go.
    pub sensitivity: Option<Sensitivity>,
    /// Who is credited, whole.
    pub credits: Option<Vec<String>>,
    /// References of what it is about, whole.
    pub about: Option<Vec<String>>,
    /// Slugs of other teams that it names, whole.
    pub teams: Option<Vec<String>>,
    /// Whether the team puts it aside.
    pub set_aside: Option<bool>,
}

/// A cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cycle {
    /// Key.
    pub id: CycleId,
    /// The plan that it is of.
    pub plan: WinsPlanId,
    /// The ISO week it begins in, like `2026-w46`; unique in its plan.
    pub slug: String,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// IANA zone of its days and deadlines.
    pub time_zone: String,
    /// When what was handed up is published.
    pub publish_at: Timestamp,
    /// When it was closed: nothing of it changes any more.
    pub published_at: Option<Timestamp>,
}

impl Cycle {
    /// `Weeks 46 and 47`, `Week 46`, `Weeks 46 to 48`: ISO weeks. The year is told where it is not clear.
    pub fn title(&self) -> String {
        let (first, last) = (self.starts_on.iso_week_date().week(), self.ends_on.iso_week_date().week());
        match (i32::from(last) - i32::from(first)).rem_euclid(53) {
            0 => format!("Week {first}"),
            1 => format!("Weeks {first} and {last}"),
            _ => format!("Weeks {first} to {last}"),
        }
    }
}

/// What a team hands up in a cycle: its head, without its entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Update {
    /// Key.
    pub id: UpdateId,
    /// In which cycle.
    pub cycle: Cycle,
    /// Whose it is.
    pub team: TeamName,
    /// The team it is handed to; none: this is the top.
    pub handed_to: Option<TeamName>,
    /// The update it is handed to.
    pub parent: Option<UpdateId>,
    /// Height in the tree: 0 is a team with nobody below.
    pub level: i16,
    /// By when.
    pub due_at: Timestamp,
    /// Wins it may hand up.
    pub most_wins: i16,
    /// Challenges it may hand up.
    pub most_challenges: i16,
    /// Words an entry should have at most.
    pub most_words: i16,
    /// Who reads what it publishes.
    pub audience: Audience,
    /// How it stands.
    pub state: UpdateState,
    /// Whether nothing major happened, as its author said.
    pub quiet: bool,
    /// What stands above its entries.
    pub intro: String,
    /// Who owes it now: the delegate, or the lead, or while the lead is away the deputy.
    pub owed_by: Option<PersonName>,
    /// Who was asked to write this one.
    pub delegate: Option<PersonName>,
    /// When it was handed up.
    pub submitted_at: Option<Timestamp>,
    /// By whom.
    pub submitted_by: Option<PersonName>,
    /// Its publication.
    pub publication: Option<PublicationId>,
    /// Wins it holds now, also those that stay in the team and take no room. Zero for whoever may not see them.
    pub wins: i64,
    /// Challenges it holds now, likewise.
    pub challenges: i64,
    /// Raised at each change; the `ETag`.
    pub version: i64,
}

impl Update {
    /// Whether it was handed up after it was due, or is not and should be.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.submitted_at.unwrap_or(now) > self.due_at
    }

    /// How many of a kind it may hand up.
    pub fn most(&self, kind: Kind) -> i16 {
        match kind {
            Kind::Win => self.most_wins,
            Kind::Challenge => self.most_challenges,
        }
    }
}

/// What the actor may do with an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct UpdateRights {
    /// Is in the team: sees drafts and jots entries.
    pub inside: bool,
    /// Writes it: the lead, the deputy, the delegate; where there is no lead, whoever is in the team or leads one above.
    pub write: bool,
    /// Reads what was handed up: those above and beside it, and the above.
    pub read: bool,
}

/// What a reader would miss in an entry. Nothing of it blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// Which rule: `no-number`, `no-result`, `acronym`, `too-long`, `only-wins`.
    pub rule: &'static str,
    /// The field it is about: `summary`, `situation`, `action`, `result`, `numbers`; empty: the update.
    pub field: &'static str,
    /// What to do about it, as a sentence.
    pub text: String,
}

/// An entry with what its readers would miss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The entry.
    pub entry: Entry,
    /// What a reader would miss.
    pub hints: Vec<Hint>,
}

/// An update as its author writes it.
#[derive(Debug, Clone, Serialize)]
pub struct Sheet {
    /// Its head.
    pub update: Update,
    /// What the actor may do.
    pub rights: UpdateRights,
    /// Its wins, in order.
    pub wins: Vec<Checked>,
    /// Its challenges, in order.
    pub challenges: Vec<Checked>,
    /// What waits in the team, newest first; for those inside.
    pub waiting: Vec<Entry>,
    /// Challenges of cycles before that are not closed and not in this update, oldest first.
    pub still_open: Vec<Entry>,
    /// Hints about the whole.
    pub hints: Vec<Hint>,
}

impl Sheet {
    /// Its entries of a kind, in order.
    pub fn of_kind(&self, kind: Kind) -> &[Checked] {
        match kind {
            Kind::Win => &self.wins,
            Kind::Challenge => &self.challenges,
        }
    }

    /// What of a kind it would hand up: what stays in the team takes no room.
    pub fn going_up(&self, kind: Kind) -> usize {
        self.of_kind(kind).iter().filter(|checked| checked.entry.goes_up()).count()
    }

    /// How many more of a kind it may hand up.
    pub fn room(&self, kind: Kind) -> usize {
        let most = usize::try_from(self.update.most(kind)).unwrap_or(0);
        most.saturating_sub(self.going_up(kind))
    }

    /// What waits in the team to be handed up: nobody set it aside, and it need not stay in the team. In the order of `waiting`.
    pub fn offered(&self) -> impl Iterator<Item = &Entry> {
        self.waiting.iter().filter(|entry| !entry.set_aside && entry.goes_up())
    }

    /// The first of what is offered that there is room for.
    pub fn fitting(&self) -> Vec<WinsEntryId> {
        let (mut wins, mut challenges) = (self.room(Kind::Win), self.room(Kind::Challenge));
        let mut fits = |entry: &&Entry| {
            let room = if entry.kind == Kind::Win { &mut wins } else { &mut challenges };
            let has_room = *room > 0;
            *room = room.saturating_sub(1);
            has_room
        };
        self.offered().filter(|entry| fits(entry)).map(|entry| entry.id).collect()
    }
}

/// One update's words as a form gives them, whole: what the author did to each entry since the form was shown.
#[derive(Debug, Clone, Default)]
pub struct SheetEdit {
    /// What stands above the entries; none: as it was.
    pub intro: Option<String>,
    /// For each entry that was edited: its key, what it says now, and the version that was shown.
    pub entries: Vec<(WinsEntryId, EntryEdit, Option<i64>)>,
    /// Entries that are new, in order.
    pub new: Vec<NewEntry>,
    /// The order of all entries after the edit (wins and challenges each follow it); empty: as it was.
    pub order: Vec<WinsEntryId>,
    /// The version of the update that was shown; none: whatever is there is written over, entries aside.
    pub version: Option<i64>,
}

/// What the level above sees of one update below it.
#[derive(Debug, Clone, Serialize)]
pub struct Below {
    /// Its head.
    pub update: Update,
    /// Whether it is late, as of now or of when it was handed up.
    pub late: bool,
    /// Its entries that may go up; none unless it was handed up.
    pub entries: Vec<Offered>,
}

/// An entry from below, and what became of it here.
#[derive(Debug, Clone, Serialize)]
pub struct Offered {
    /// The entry.
    pub entry: Entry,
    /// The line that was made of it in the update that looks.
    pub line: Option<WinsEntryId>,
}

/// Where a line came from, down to what was submitted first. What the actor may not see is left out.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    /// The entry.
    pub entry: Entry,
    /// The cycle of its update.
    pub cycle: Option<Cycle>,
    /// What it was made of.
    pub origins: Vec<Provenance>,
}

/// What became of an entry further up.
#[derive(Debug, Clone, Serialize)]
pub struct Lifted {
    /// The line, as it stands there.
    pub line: Entry,
    /// The level whose update it is in.
    pub team: TeamName,
    /// How that update stands.
    pub state: UpdateState,
}

/// A proposal made from the portal's own records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// What makes it one and the same: `pages`, `support:usage`, `joined`.
    pub key: String,
    /// As what it is proposed.
    pub kind: Kind,
    /// What it would say.
    pub words: Words,
    /// What it is about.
    pub topic: Topic,
    /// How it compares, in words: `cycle before: 11 a week`; may be empty.
    pub compared: String,
    /// Path in the portal of the records.
    pub source_link: String,
    /// References of what it is about.
    pub about: Vec<String>,
    /// Whether the team wanted nothing of it.
    pub dismissed: bool,
    /// The entry that was made of it.
    pub taken: Option<WinsEntryId>,
}

/// How a team took part in one cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Handed up in time.
    OnTime,
    /// Handed up after it was due.
    Late,
    /// In time, and nothing major.
    Quiet,
    /// Not handed up.
    Missed,
    /// Not due yet.
    Open,
}

impl Part {
    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::OnTime => "on time",
            Self::Late => "late",
            Self::Quiet => "quiet",
            Self::Missed => "missed",
            Self::Open => "open",
        }
    }
}

/// How one team took part over cycles: for the team and those above it, in the order of the tree, never by figures.
#[derive(Debug, Clone, Serialize)]
pub struct Participation {
    /// The team.
    pub team: TeamName,
    /// For each cycle that was asked for, newest first; none: it took no part.
    pub parts: Vec<Option<Part>>,
}

/// What a reader asked about a published line, and nobody answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The line.
    pub line: WinsEntryId,
    /// What it says, in a line.
    pub summary: String,
    /// What was asked.
    pub text: String,
    /// By whom.
    pub by: Option<PersonName>,
    /// When.
    pub at: Timestamp,
    /// Path of the line in its publication.
    pub path: String,
}

/// Something handed to somebody to write, or waiting for their word; for first pages.
#[derive(Debug, Clone, Serialize)]
pub enum Owed {
    /// A question of a reader about what they wrote or are credited in.
    Question(Box<Question>),
    /// An update to be handed up.
    Update(Box<Update>),
    /// A challenge that names a team that they lead.
    Answer(Box<Entry>, TeamName),
}

/// A key of a person with a figure, of a team with a figure, and so on: a facet of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facet {
    /// What goes into the filter.
    pub key: String,
    /// The word for people.
    pub label: String,
    /// How many there would be.
    pub count: i64,
}

#[cfg(test)]
mod tests {
    use proptest::{
        prelude::{Strategy, any, prop_oneof},
        prop_assert_eq, proptest,
        strategy::Just,
    };

    use super::Number;

    fn told(text: &str) -> Option<(String, Option<String>, String, String)> {
        let Number { what, before, value, unit } = text.parse().ok()?;
        Some((what, before, value, unit))
    }

    #[test]
    fn figures_are_read_as_people_type_them() {
        for (text, what, before, value, unit) in [
            ("p95 of the payment step: 3.8 -> 1.9 s", "p95 of the payment step", Some("3.8"), "1.9", "s"),
            ("p95: 3.8 s → 1.9 s", "p95", Some("3.8"), "1.9", "s"),
            (" 99.97% ", "", None, "99.97", "%"),
            ("37 %", "", None, "37", "%"),
            ("false alarms: 40% => 12%", "false alarms", Some("40"), "12", "%"),
            ("Pages: 11 → 4 a week (aim: 5)", "Pages", Some("11"), "4", "a week (aim: 5)"),
            ("component:default/checkout-api: 4", "component:default/checkout-api", None, "4", ""),
            ("step 2: p95: 3 → 2 s", "step 2: p95", Some("3"), "2", "s"),
            ("building the index: 9 h → 50 min", "building the index", Some("9 h"), "50", "min"),
            ("2.1% more finished orders", "", None, "2.1%", "more finished orders"),
            ("answers: about 40 a day", "answers", None, "about 40", "a day"),
            ("lines of code: -4200", "lines of code", None, "-4200", ""),
            ("3 pages -> 1 s", "", Some("3 pages"), "1", "s"),
        ] {
            let expected = (what.into(), before.map(Into::into), value.into(), unit.into());
            assert_eq!(told(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_holds_no_figure_is_none() {
        for text in [
            "",
            "Only words",
            "a: b",
            "pages:",
            "pages: -> 9",
            "pages: 9 ->",
            "%",
            "-> 9",
            "many → 9",
            "9 → few",
        ] {
            assert_eq!(told(text), None, "{text:?}");
        }
    }

    fn figure() -> impl Strategy<Value = String> {
        (any::<u16>(), any::<Option<u8>>())
            .prop_map(|(whole, part)| part.map_or(whole.to_string(), |part| format!("{whole}.{part}")))
    }

    fn number() -> impl Strategy<Value = Number> {
        let what = prop_oneof![
            Just(String::new()),
            "[a-zé][a-zé0-9/]{0,6}( [a-z0-9]{1,5}){0,3}",
            "[a-z]{1,5}: [a-z]{1,5}:[a-z]{1,5}",
        ];
        let unit = prop_oneof![Just(String::new()), Just("%".to_owned()), "[a-z€]{1,4}( [a-z]{1,6}){0,2}"];
        (what, proptest::option::of(figure()), figure(), unit)
            .prop_map(|(what, before, value, unit)| Number { what, before, value, unit })
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_it_was(number in number()) {
            prop_assert_eq!(number.to_string().parse::<Number>().unwrap(), number);
        }
    }
}
