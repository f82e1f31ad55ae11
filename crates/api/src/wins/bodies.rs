//! Entries on the wire: what is written, and what is told.

use jiff::Timestamp;
use portolan_domain::{
    Error,
    wins::{
        AboutEntity, Checked, Closed, Closing, Entry, EntryEdit, Hint, Kind, Naming, NewEntry, Number,
        Sensitivity, Topic, Words,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::given,
    people::bodies::{PersonLink, TeamLink},
};

/// A figure.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberBody {
    /// What was measured; may be empty.
    #[serde(default)]
    what: String,
    /// What it was; holds a digit.
    #[serde(default)]
    before: Option<String>,
    /// What it is; holds a digit.
    value: String,
    /// Of what: `s`, `%`, `pages a week`; may be empty.
    #[serde(default)]
    unit: String,
}

impl From<Number> for NumberBody {
    fn from(n: Number) -> Self {
        Self { what: n.what, before: n.before, value: n.value, unit: n.unit }
    }
}

impl From<NumberBody> for Number {
    fn from(n: NumberBody) -> Self {
        Self { what: n.what, before: n.before, value: n.value, unit: n.unit }
    }
}

/// An entry to be jotted. Only the summary is needed, and the team by whoever is in several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEntryBody {
    /// Slug of the team; your only one if absent.
    #[serde(default)]
    team: String,
    /// `win`, which it is if absent, or `challenge`.
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    /// It in a line. Plain text.
    summary: String,
    /// How it was. Markdown, as the next two.
    #[serde(default)]
    situation: String,
    /// What was done.
    #[serde(default)]
    action: String,
    /// What came of it.
    #[serde(default)]
    result: String,
    /// Figures; five at most.
    #[serde(default)]
    numbers: Vec<NumberBody>,
    /// `initiative`, `people`, `operations` or `metric`.
    #[schema(value_type = Option<String>)]
    topic: Option<Topic>,
    /// How far it may go: `team`, `up`, or `publish`, which it is if absent.
    #[schema(value_type = Option<String>)]
    sensitivity: Option<Sensitivity>,
    /// Handles or e-mail addresses of who is credited; you if empty.
    #[serde(default)]
    credits: Vec<String>,
    /// What it is about: `checkout-api`, or a full reference for what is not a component.
    #[serde(default)]
    about: Vec<String>,
    /// Slugs of other teams that it names, beside those mentioned as `@slug` and those that own what it is about.
    #[serde(default)]
    teams: Vec<String>,
    /// Path in the portal of what it came from, like `/incidents/12`.
    #[serde(default)]
    source_link: String,
}

impl From<NewEntryBody> for NewEntry {
    fn from(b: NewEntryBody) -> Self {
        Self {
            team: b.team,
            kind: b.kind,
            words: Words {
                summary: b.summary,
                situation: b.situation,
                action: b.action,
                result: b.result,
                numbers: b.numbers.into_iter().map(Number::from).collect(),
            },
            topic: b.topic,
            sensitivity: b.sensitivity,
            credits: b.credits,
            about: b.about,
            teams: b.teams,
            source_link: b.source_link,
        }
    }
}

/// What to change of an entry. Absent: stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WinsEntryEditBody {
    /// `win` or `challenge`.
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    /// It in a line.
    summary: Option<String>,
    /// How it was, in Markdown.
    situation: Option<String>,
    /// What was done, in Markdown.
    action: Option<String>,
    /// What came of it, in Markdown.
    result: Option<String>,
    /// Figures; all of them.
    numbers: Option<Vec<NumberBody>>,
    /// `initiative`, `people`, `operations` or `metric`; null: none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    topic: Option<Option<Topic>>,
    /// `team`, `up` or `publish`.
    #[schema(value_type = Option<String>)]
    sensitivity: Option<Sensitivity>,
    /// Who is credited; all of them.
    credits: Option<Vec<String>>,
    /// What it is about; all of it.
    about: Option<Vec<String>>,
    /// Slugs of other teams that it names; all of them.
    teams: Option<Vec<String>>,
    /// Whether the team puts it aside.
    set_aside: Option<bool>,
}

impl WinsEntryEditBody {
    /// Whether it changes some of the words, so that what they are now is needed: the domain takes them whole.
    pub(super) fn rewords(&self) -> bool {
        let texts = [&self.summary, &self.situation, &self.action, &self.result];
        texts.iter().any(|text| text.is_some()) || self.numbers.is_some()
    }

    /// As the domain takes it, over the words that there are now.
    pub(super) fn over(self, now: Option<Words>) -> EntryEdit {
        let words = now.filter(|_| self.rewords());
        let numbers = self.numbers.map(|all| all.into_iter().map(Number::from).collect());
        EntryEdit {
            kind: self.kind,
            words: words.map(|was| Words {
                summary: self.summary.unwrap_or(was.summary),
                situation: self.situation.unwrap_or(was.situation),
                action: self.action.unwrap_or(was.action),
                result: self.result.unwrap_or(was.result),
                numbers: numbers.unwrap_or(was.numbers),
            }),
            topic: self.topic,
            sensitivity: self.sensitivity,
            credits: self.credits,
            about: self.about,
            teams: self.teams,
            set_aside: self.set_aside,
        }
    }
}

/// Something of the catalog that an entry is about.
#[derive(Debug, Serialize, ToSchema)]
struct AboutBody {
    /// Reference.
    entity: String,
    /// Title, else name.
    title: String,
}

impl From<AboutEntity> for AboutBody {
    fn from(a: AboutEntity) -> Self {
        Self { entity: a.entity_ref, title: a.title }
    }
}

/// Another team that an entry names, and what its lead said.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NamingBody {
    /// The team.
    team: TeamLink,
    /// When its lead was told; null: not yet.
    shown_at: Option<Timestamp>,
    /// When it was answered.
    answered_at: Option<Timestamp>,
    /// Who answered.
    answered_by: Option<PersonLink>,
    /// What they say; may be empty: it was seen.
    answer: String,
    /// Whether the answer is published with the challenge.
    attached: bool,
    /// Whether the challenge got other words after that answer, which does not go with these.
    reworded: bool,
}

impl From<Naming> for NamingBody {
    fn from(n: Naming) -> Self {
        Self {
            team: n.team.into(),
            shown_at: n.shown_at,
            answered_at: n.answered_at,
            answered_by: n.answered_by.map(PersonLink::from),
            answer: n.answer,
            attached: n.attached,
            reworded: n.reworded,
        }
    }
}

/// How a challenge ended.
#[derive(Debug, Serialize, ToSchema)]
struct ClosedBody {
    /// `solved`, `accepted` or `dropped`.
    #[schema(value_type = String)]
    how: Closing,
    /// When.
    at: Timestamp,
    /// By whom.
    by: Option<PersonLink>,
    /// Why, in words.
    note: String,
}

impl From<Closed> for ClosedBody {
    fn from(c: Closed) -> Self {
        Self { how: c.how, at: c.at, by: c.by.map(PersonLink::from), note: c.note }
    }
}

/// A win or a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WinsEntryBody {
    /// Key.
    id: uuid::Uuid,
    /// Whose it is.
    team: TeamLink,
    /// Key of the update that it is in; null: it waits in the team.
    update: Option<uuid::Uuid>,
    /// Where it stands in that, from 1, wins and challenges apart.
    place: i32,
    /// `win` or `challenge`.
    #[schema(value_type = String)]
    kind: Kind,
    /// It in a line. Plain text.
    summary: String,
    /// How it was. Markdown, as the next two.
    situation: String,
    /// What was done.
    action: String,
    /// What came of it.
    result: String,
    /// Figures.
    numbers: Vec<NumberBody>,
    /// `initiative`, `people`, `operations` or `metric`.
    #[schema(value_type = Option<String>)]
    topic: Option<Topic>,
    /// How far it may go: `team`, `up` or `publish`.
    #[schema(value_type = String)]
    sensitivity: Sensitivity,
    /// Whether the team put it aside.
    set_aside: bool,
    /// Path in the portal of what it came from; empty: nothing.
    source_link: String,
    /// Whether it was chosen from below: `/entries/{id}/provenance` tells from what.
    is_line: bool,
    /// Key of the challenge that this one tells of again.
    again_of: Option<uuid::Uuid>,
    /// How it ended, if it is a challenge that did.
    closed: Option<ClosedBody>,
    /// Since when it is said.
    since: Timestamp,
    /// Key of the publication that it is in.
    publication: Option<uuid::Uuid>,
    /// Who wrote it.
    author: Option<PersonLink>,
    /// Who is credited.
    credits: Vec<PersonLink>,
    /// What of the catalog it is about.
    about: Vec<AboutBody>,
    /// Other teams that it names.
    namings: Vec<NamingBody>,
    /// When it was written.
    created_at: Timestamp,
    /// When it was last edited.
    updated_at: Timestamp,
    /// Raised at each edit.
    version: i64,
}

impl From<Entry> for WinsEntryBody {
    fn from(e: Entry) -> Self {
        Self {
            id: e.id.0,
            team: e.team.into(),
            update: e.update.map(|id| id.0),
            place: e.place,
            kind: e.kind,
            summary: e.words.summary,
            situation: e.words.situation,
            action: e.words.action,
            result: e.words.result,
            numbers: e.words.numbers.into_iter().map(NumberBody::from).collect(),
            topic: e.topic,
            sensitivity: e.sensitivity,
            set_aside: e.set_aside,
            source_link: e.source_link,
            is_line: e.is_line,
            again_of: e.again_of.map(|id| id.0),
            closed: e.closed.map(ClosedBody::from),
            since: e.since,
            publication: e.publication.map(|id| id.0),
            author: e.author.map(PersonLink::from),
            credits: e.credits.into_iter().map(PersonLink::from).collect(),
            about: e.about.into_iter().map(AboutBody::from).collect(),
            namings: e.namings.into_iter().map(NamingBody::from).collect(),
            created_at: e.created_at,
            updated_at: e.updated_at,
            version: e.version,
        }
    }
}

/// What a reader would miss.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HintBody {
    /// `no-number`, `no-result`, `acronym`, `too-long` or `only-wins`.
    rule: &'static str,
    /// The field it is about; empty: the update.
    field: &'static str,
    /// What to do about it.
    text: String,
}

impl From<Hint> for HintBody {
    fn from(h: Hint) -> Self {
        Self { rule: h.rule, field: h.field, text: h.text }
    }
}

/// An entry with what its readers would miss.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckedEntryBody {
    /// The entry.
    #[serde(flatten)]
    entry: WinsEntryBody,
    /// What a reader would miss. None of it blocks.
    hints: Vec<HintBody>,
}

impl From<Checked> for CheckedEntryBody {
    fn from(c: Checked) -> Self {
        Self { entry: c.entry.into(), hints: c.hints.into_iter().map(HintBody::from).collect() }
    }
}

/// Keys of entries.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryKeys {
    /// Keys, in order; 200 at most.
    entries: Vec<uuid::Uuid>,
}

impl EntryKeys {
    /// As the domain takes them.
    pub(super) fn keys(self) -> Result<Vec<portolan_domain::WinsEntryId>, Error> {
        if self.entries.len() > portolan_domain::wins::MOST_ENTRIES {
            return Err(Error::invalid("entries", "must be 200 at most"));
        }
        Ok(self.entries.into_iter().map(portolan_domain::WinsEntryId).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str) -> WinsEntryEditBody {
        serde_json::from_str(text).expect("an edit")
    }

    #[test]
    fn what_is_not_said_of_an_entry_stays() {
        let now = Words { summary: "old".into(), result: "it held".into(), ..Words::default() };
        let made = edit(r#"{"summary": "new", "topic": null}"#).over(Some(now.clone()));
        let words = made.words.expect("words");
        assert_eq!((words.summary.as_str(), words.result.as_str()), ("new", "it held"));
        assert_eq!((made.topic, made.kind, made.credits), (Some(None), None, None));
        let aside = edit(r#"{"set_aside": true}"#);
        assert!(!aside.rewords());
        assert_eq!(aside.over(Some(now)).words, None);
    }
}
