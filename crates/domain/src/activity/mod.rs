//! What happened in the portal: who, when, what changed from what to what, through which face.
//!
//! Operations call [`record`] inside their own transaction, so an act and its trace are one.

mod store;
mod words;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ActivityId, Cursor, Cx, EntityId, Limit, Page, PersonId, Result, TeamId, Via, page::Total};

/// One field that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Name of the field, dotted inside a document.
    pub field: String,
    /// Before; null if there was nothing.
    pub from: Value,
    /// After; null if there is nothing now.
    pub to: Value,
}

impl Changed {
    /// A field that went from one value to another.
    pub fn new(field: impl Into<String>, from: impl Into<Value>, to: impl Into<Value>) -> Self {
        Self { field: field.into(), from: from.into(), to: to.into() }
    }
}

/// An act to be recorded; actor, time and face come from the context.
#[derive(Debug, Clone)]
pub struct Act {
    /// What was done: `entity.created`, `ownership.handed-over`, `team.edited`; slice's noun, dot, past tense.
    pub verb: &'static str,
    /// What it was done to: an entity reference, `team:<slug>` or `person:<handle>`.
    pub subject: String,
    /// The entity, if it was done to one.
    pub entity_id: Option<EntityId>,
    /// What changed.
    pub changes: Vec<Changed>,
    /// The reason the actor gave.
    pub note: String,
    /// The team to whose chain alone it is told; none: to everyone signed in.
    pub near: Option<TeamId>,
}

impl Act {
    /// An act without details.
    pub fn new(verb: &'static str, subject: impl Into<String>) -> Self {
        Self {
            verb,
            subject: subject.into(),
            entity_id: None,
            changes: Vec::new(),
            note: String::new(),
            near: None,
        }
    }

    /// An act without details that is told to few: whoever is in the team, leads it or stands in for who does, those who do so above it,
    /// whoever did it, and admins.
    pub fn near(team: TeamId, verb: &'static str, subject: impl Into<String>) -> Self {
        Self { near: Some(team), ..Self::new(verb, subject) }
    }
}

/// A recorded act.
#[derive(Debug, Clone, Serialize)]
pub struct Activity {
    /// Key; its order is the order of time.
    pub id: ActivityId,
    /// When.
    pub at: Timestamp,
    /// Who, if it was a person who still has an account.
    pub actor_id: Option<PersonId>,
    /// Their handle at the time, or `system`, `operator`.
    pub actor: String,
    /// Through which face.
    pub via: Via,
    /// What was done.
    pub verb: String,
    /// What it was done to.
    pub subject: String,
    /// The entity, if it was done to one.
    pub entity_id: Option<EntityId>,
    /// What changed.
    pub changes: Vec<Changed>,
    /// The reason the actor gave.
    pub note: String,
}

/// Which acts to list; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only about this subject.
    pub subject: Option<String>,
    /// Only by this person.
    pub actor: Option<PersonId>,
    /// Only verbs that begin so: `entity.` or a whole verb.
    pub verb: Option<String>,
    /// Only through this face.
    pub via: Option<Via>,
}

impl Filter {
    /// Whether it asks for the whole history of one thing.
    pub fn is_of_subject(&self) -> bool {
        self.subject.is_some() && self.actor.is_none() && self.verb.is_none() && self.via.is_none()
    }
}

/// Records one act.
pub async fn record(cx: &mut Cx<'_>, act: Act) -> Result<()> {
    record_all(cx, vec![act]).await
}

/// Records many acts in one statement.
pub async fn record_all(cx: &mut Cx<'_>, acts: Vec<Act>) -> Result<()> {
    if acts.is_empty() {
        return Ok(());
    }
    store::insert(cx, &acts).await
}

/// The newest acts on one subject, at most `most`, and whether there are more. For pages that show a few of them: it
/// counts nothing.
pub async fn latest(cx: &mut Cx<'_>, subject: &str, most: usize) -> Result<(Vec<Activity>, bool)> {
    cx.reader()?;
    let mut acts =
        store::latest(cx, subject, i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1)).await?;
    let more = acts.len() > most;
    acts.truncate(most);
    Ok((acts, more))
}

/// Acts, newest first. Everyone signed in may read them: that is what makes ownership discussable. What is told to few ([`Act::near`]) is
/// there for those alone.
pub async fn list(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Activity>> {
    cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<ActivityId>).transpose()?;
    let rows = store::list(cx, filter, key, limit.probe()).await?;
    let total = Total::bounded(store::count(cx, filter, Total::MOST + 1).await?);
    Ok(Page::cut(rows, limit, total, after.as_ref(), |a| a.id))
}
