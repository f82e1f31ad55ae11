//! Cycles, updates and publications on the wire.

use jiff::{Timestamp, civil::Date};
use portolan_domain::wins::{
    Addendum, Audience, Cycle, Document, Kind, Line, Link, Publication, Topic, Update, UpdateRights,
    UpdateState,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::NumberBody;
use crate::people::bodies::{PersonLink, TeamLink};

/// A cycle.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CycleBody {
    /// Key.
    id: uuid::Uuid,
    /// Key of its plan.
    plan: uuid::Uuid,
    /// The ISO week it begins in, like `2026-w46`.
    slug: String,
    /// `Weeks 46 and 47`.
    title: String,
    /// First day.
    #[schema(value_type = String)]
    starts_on: Date,
    /// Last day.
    #[schema(value_type = String)]
    ends_on: Date,
    /// IANA zone of its days and deadlines.
    time_zone: String,
    /// When what was handed up is published.
    publish_at: Timestamp,
    /// When it was closed: nothing of it changes any more.
    published_at: Option<Timestamp>,
}

impl From<Cycle> for CycleBody {
    fn from(c: Cycle) -> Self {
        Self {
            id: c.id.0,
            plan: c.plan.0,
            title: c.title(),
            slug: c.slug,
            starts_on: c.starts_on,
            ends_on: c.ends_on,
            time_zone: c.time_zone,
            publish_at: c.publish_at,
            published_at: c.published_at,
        }
    }
}

/// What a team hands up in a cycle, without its entries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UpdateBody {
    /// Key.
    id: uuid::Uuid,
    /// In which cycle.
    cycle: CycleBody,
    /// Whose it is.
    team: TeamLink,
    /// The team it is handed to; null: this is the top.
    handed_to: Option<TeamLink>,
    /// Key of the update it is handed to.
    parent: Option<uuid::Uuid>,
    /// Height in the tree: 0 is a team with nobody below.
    level: i16,
    /// By when.
    due_at: Timestamp,
    /// Wins it may hand up.
    most_wins: i16,
    /// Challenges it may hand up.
    most_challenges: i16,
    /// Words an entry should have at most.
    most_words: i16,
    /// Who reads what it publishes: `circle` or `everyone`.
    #[schema(value_type = String)]
    audience: Audience,
    /// `open`, `submitted`, `published` or `missed`.
    #[schema(value_type = String)]
    state: UpdateState,
    /// Whether nothing major happened.
    quiet: bool,
    /// What stands above its entries, in Markdown.
    intro: String,
    /// Who owes it now.
    owed_by: Option<PersonLink>,
    /// Who was asked to write this one.
    delegate: Option<PersonLink>,
    /// When it was handed up.
    submitted_at: Option<Timestamp>,
    /// By whom.
    submitted_by: Option<PersonLink>,
    /// Key of its publication.
    publication: Option<uuid::Uuid>,
    /// Wins in it that you may see; those that stay in the team take no room.
    wins: i64,
    /// Challenges in it that you may see.
    challenges: i64,
    /// Raised at each change.
    version: i64,
}

impl From<Update> for UpdateBody {
    fn from(u: Update) -> Self {
        Self {
            id: u.id.0,
            cycle: u.cycle.into(),
            team: u.team.into(),
            handed_to: u.handed_to.map(TeamLink::from),
            parent: u.parent.map(|id| id.0),
            level: u.level,
            due_at: u.due_at,
            most_wins: u.most_wins,
            most_challenges: u.most_challenges,
            most_words: u.most_words,
            audience: u.audience,
            state: u.state,
            quiet: u.quiet,
            intro: u.intro,
            owed_by: u.owed_by.map(PersonLink::from),
            delegate: u.delegate.map(PersonLink::from),
            submitted_at: u.submitted_at,
            submitted_by: u.submitted_by.map(PersonLink::from),
            publication: u.publication.map(|id| id.0),
            wins: u.wins,
            challenges: u.challenges,
            version: u.version,
        }
    }
}

/// What you may do with an update.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UpdateRightsBody {
    /// You are in the team: you see drafts and jot entries.
    may_jot: bool,
    /// You write it.
    may_write: bool,
    /// You read what was handed up.
    may_read: bool,
}

impl From<UpdateRights> for UpdateRightsBody {
    fn from(r: UpdateRights) -> Self {
        Self { may_jot: r.inside, may_write: r.write, may_read: r.read }
    }
}

/// An update and what you may do with it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UpdateViewBody {
    /// The update.
    #[serde(flatten)]
    update: UpdateBody,
    /// What you may do.
    rights: UpdateRightsBody,
}

impl From<(Update, UpdateRights)> for UpdateViewBody {
    fn from((update, rights): (Update, UpdateRights)) -> Self {
        Self { update: update.into(), rights: rights.into() }
    }
}

/// Something named, as it was called then.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NamedBody {
    /// What it was called.
    label: String,
    /// Path of its page in the portal; empty: it has none.
    path: String,
}

impl From<Link> for NamedBody {
    fn from(l: Link) -> Self {
        Self { label: l.label, path: l.path }
    }
}

/// What a team that a line names says to it.
#[derive(Debug, Serialize, ToSchema)]
struct AnswerBody {
    /// The team.
    team: NamedBody,
    /// What it says.
    text: String,
}

/// A published win or challenge.
#[derive(Debug, Serialize, ToSchema)]
struct PublishedLineBody {
    /// Key of the entry.
    id: uuid::Uuid,
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
    /// What it is about.
    #[schema(value_type = Option<String>)]
    topic: Option<Topic>,
    /// The teams it came from.
    teams: Vec<NamedBody>,
    /// What of the catalog it is about.
    about: Vec<NamedBody>,
    /// Who is credited.
    people: Vec<NamedBody>,
    /// What teams that it names say to it.
    answers: Vec<AnswerBody>,
    /// Since when a challenge is open.
    #[schema(value_type = Option<String>)]
    since: Option<Date>,
}

impl From<Line> for PublishedLineBody {
    fn from(l: Line) -> Self {
        let named = |links: Vec<Link>| links.into_iter().map(NamedBody::from).collect();
        Self {
            id: l.id.0,
            kind: l.kind,
            summary: l.words.summary,
            situation: l.words.situation,
            action: l.words.action,
            result: l.words.result,
            numbers: l.words.numbers.into_iter().map(NumberBody::from).collect(),
            topic: l.topic,
            teams: named(l.teams),
            about: named(l.about),
            people: named(l.people),
            answers: l
                .answers
                .into_iter()
                .map(|(team, text)| AnswerBody { team: team.into(), text })
                .collect(),
            since: l.since,
        }
    }
}

/// What was published, or would be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DocumentBody {
    /// `Commerce, weeks 46 and 47`.
    heading: String,
    /// Path of its page in the portal.
    path: String,
    /// Whose it is, as it was called then.
    team: NamedBody,
    /// The cycle's slug.
    cycle: String,
    /// First day.
    #[schema(value_type = String)]
    starts_on: Date,
    /// Last day.
    #[schema(value_type = String)]
    ends_on: Date,
    /// Who chose and wrote it.
    written_by: Option<NamedBody>,
    /// When it was published.
    published_at: Timestamp,
    /// What stands above. Markdown.
    intro: String,
    /// Wins in order.
    wins: Vec<PublishedLineBody>,
    /// Challenges in order.
    challenges: Vec<PublishedLineBody>,
    /// Teams below that it was chosen from.
    teams: i64,
    /// Entries that it was chosen from.
    entries: i64,
    /// Names of teams below that said it was a quiet cycle.
    quiet: Vec<String>,
    /// Whether this one is a quiet cycle itself.
    is_quiet: bool,
}

impl From<Document> for DocumentBody {
    fn from(d: Document) -> Self {
        Self {
            heading: d.heading(),
            path: d.path(),
            team: d.team.into(),
            cycle: d.cycle,
            starts_on: d.starts_on,
            ends_on: d.ends_on,
            written_by: d.written_by.map(NamedBody::from),
            published_at: d.published_at,
            intro: d.intro,
            wins: d.wins.into_iter().map(PublishedLineBody::from).collect(),
            challenges: d.challenges.into_iter().map(PublishedLineBody::from).collect(),
            teams: d.teams,
            entries: d.entries,
            quiet: d.quiet,
            is_quiet: d.is_quiet,
        }
    }
}

/// What was said of a publication afterwards.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AddendumBody {
    /// What. Markdown.
    text: String,
    /// By whom.
    by: Option<PersonLink>,
    /// When.
    at: Timestamp,
}

impl From<Addendum> for AddendumBody {
    fn from(a: Addendum) -> Self {
        Self { text: a.text, by: a.by.map(PersonLink::from), at: a.at }
    }
}

/// A publication.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublicationBody {
    /// Key.
    id: uuid::Uuid,
    /// Key of the update that it is of.
    update: uuid::Uuid,
    /// Whose it is, as it is called now.
    team: TeamLink,
    /// The cycle.
    cycle: CycleBody,
    /// Who reads it: `circle` or `everyone`.
    #[schema(value_type = String)]
    audience: Audience,
    /// What was published. It never changes.
    document: DocumentBody,
    /// SHA-256 of what `?format=document` answers, in hexadecimal.
    hash: String,
    /// When.
    published_at: Timestamp,
    /// What was said afterwards, in order.
    addenda: Vec<AddendumBody>,
    /// How many people read it or may.
    readers: i64,
    /// Whether you may add to it.
    may_add: bool,
}

impl From<Publication> for PublicationBody {
    fn from(p: Publication) -> Self {
        Self {
            id: p.id.0,
            update: p.update.0,
            team: p.team.into(),
            cycle: p.cycle.into(),
            audience: p.audience,
            document: p.document.into(),
            hash: p.hash,
            published_at: p.published_at,
            addenda: p.addenda.into_iter().map(AddendumBody::from).collect(),
            readers: p.readers,
            may_add: p.may_add,
        }
    }
}
