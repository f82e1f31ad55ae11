//! What was deployed where, by whom, how it went: told by pipelines, the first thing an incident asks for.
//!
//! A pipeline tells with [`record`] (one `curl`), a code host's webhook with [`tell`] after its signature was checked.
//! Both may tell the same deployment again, when it starts and when it ends: (entity, key) is one change.

mod hook;
mod new;
mod store;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ChangeId, Cursor, Cx, EntityId, Error, Limit, Page, PersonId, Result, TeamId, Via,
    activity::{self, Act, Changed},
    people,
};

pub use hook::{
    Hook, HookKind, HookSecret, NewHook, create_hook, hook_used, hooks, revoke_hook, secret_of_hook,
};
pub use new::{Deployment, NewChange, is_production};

/// How a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
pub enum Status {
    /// It is being rolled out.
    Running,
    /// It is live.
    Succeeded,
    /// It did not go live.
    Failed,
    /// It was live and was taken back.
    RolledBack,
}

impl Status {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled-back",
        }
    }
}

impl std::str::FromStr for Status {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "running" => Ok(Self::Running),
            "succeeded" => Ok(Self::Succeeded),
            "failed" => Ok(Self::Failed),
            "rolled-back" => Ok(Self::RolledBack),
            _ => Err(Error::invalid("status", "must be running, succeeded, failed or rolled-back")),
        }
    }
}

/// A change.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Key.
    pub id: ChangeId,
    /// What was changed.
    pub entity_id: EntityId,
    /// Its reference.
    pub entity_ref: String,
    /// Its title, else its name.
    pub entity_title: String,
    /// Where: `production`, `staging`, …
    pub environment: String,
    /// What it went to.
    pub version: String,
    /// The commit it was built from.
    pub commit: Option<String>,
    /// By whom, as the pipeline says it.
    pub deployed_by: String,
    /// By whom, if it names one of ours.
    pub person_id: Option<PersonId>,
    /// Handle of that person.
    pub person_handle: Option<String>,
    /// Name of that person.
    pub person_name: Option<String>,
    /// Who looked at it beforehand.
    pub reviewed_by: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How it stands.
    pub status: Status,
    /// How it went, in words.
    pub outcome: String,
    /// Where to read on.
    pub link: Option<String>,
    /// `api`, `github`, `gitlab`.
    pub told_by: String,
}

impl Change {
    /// Whoever did it, by the best name known.
    pub fn who(&self) -> &str {
        self.person_name.as_deref().unwrap_or(&self.deployed_by)
    }
}

/// Which changes to list; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this entity (reference).
    pub entity: Option<String>,
    /// In this environment.
    pub environment: Option<String>,
    /// Of what this team owns now (slug).
    pub team: Option<String>,
    /// That stand so.
    pub status: Option<Status>,
    /// Of what the actor's own teams own.
    pub mine: bool,
    /// That began at this instant or later.
    pub from: Option<Timestamp>,
    /// That began before this instant.
    pub until: Option<Timestamp>,
}

impl Filter {
    fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }
}

/// A thing that runs somewhere: the last change that succeeded there.
#[derive(Debug, Clone, Serialize)]
pub struct Running {
    /// What runs.
    pub entity_ref: String,
    /// Its title, else its name.
    pub entity_title: String,
    /// Its tier.
    pub tier: Option<i16>,
    /// Slug of the team that owns it.
    pub team: Option<String>,
    /// Name of that team.
    pub team_name: Option<String>,
    /// Where.
    pub environment: String,
    /// Which version.
    pub version: String,
    /// From which commit.
    pub commit: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// A later change there that did not succeed (yet): its version and how it stands.
    pub later: Option<(String, Status)>,
}

/// What came of telling a change.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The change as it stands now.
    pub change: Change,
    /// Whether it was not known before.
    pub created: bool,
}

/// The entity a change belongs to, as far as recording needs it.
#[derive(Debug)]
struct Target {
    id: EntityId,
    entity_ref: String,
    team: Option<TeamId>,
    person: Option<PersonId>,
}

/// Records what a pipeline tells. The caller needs rights on the owner's team; a thing without an owner takes
/// changes from any writer, since who deploys it is the best evidence of whose it is.
pub async fn record(cx: &mut Cx<'_>, new: NewChange) -> Result<Recorded> {
    let trusted = matches!(cx.actor().via, Via::System | Via::Cli);
    if !trusted {
        cx.writer()?;
    }
    let new = new.checked(cx.now())?;
    let target = store::target(cx, &new.entity_ref)
        .await?
        .ok_or_else(|| Error::not_found("entity", &new.entity_ref))?;
    if !trusted {
        may_record(cx, &target).await?;
    }
    cx.atomically(async |cx| put(cx, &target, &new, "api").await).await
}

async fn may_record(cx: &mut Cx<'_>, target: &Target) -> Result<()> {
    match (target.team, target.person) {
        (Some(team), _) => {
            people::require_team(cx, Some(team), &format!("what is known of {}", target.entity_ref)).await
        }
        (None, Some(owner)) if cx.actor().person == Some(owner) || cx.admin().is_ok() => Ok(()),
        (None, Some(_)) => Err(Error::Forbidden(format!(
            "{} belongs to one person; only they or an admin may record its changes",
            target.entity_ref
        ))),
        (None, None) => Ok(()),
    }
}

/// Records what a code host told through a hook whose signature was checked, for every entity of the repository.
/// A repository that the catalog does not know is no mistake of the sender: the answer is just empty.
pub async fn tell(cx: &mut Cx<'_>, kind: HookKind, deployment: &Deployment) -> Result<Vec<Recorded>> {
    let mut targets = store::targets_of_repository(cx, kind, &deployment.repository.to_lowercase()).await?;
    targets.sort_unstable_by_key(|target| target.id); // rows are locked in the order in which an apply locks them
    let now = cx.now();
    cx.atomically(async |cx| {
        let mut recorded = Vec::new();
        for target in &targets {
            let new = deployment.change_of(&target.entity_ref).checked(now)?;
            recorded.push(put(cx, target, &new, kind.as_str()).await?);
        }
        Ok(recorded)
    })
    .await
}

async fn put(cx: &mut Cx<'_>, target: &Target, new: &NewChange, told_by: &str) -> Result<Recorded> {
    store::lock(cx, target.id).await?; // two retries at once become one change
    let key = match &new.key {
        Some(key) => key.clone(),
        None => store::same_as_last(cx, target.id, new)
            .await?
            .unwrap_or_else(|| format!("auto:{}", ChangeId::new())),
    };
    let before = store::by_key(cx, target.id, &key).await?;
    let person = store::person_named(cx, &new.deployed_by).await?;
    let change = store::upsert(cx, target.id, &key, new, person, told_by).await?;
    if is_production(&change.environment) && change.status != Status::Failed {
        store::touch_entity(cx, target.id, change.started_at).await?;
    }
    let was = before.as_ref().map(|b| b.status);
    if was != Some(change.status) {
        activity::record(cx, act_of(&change, was)).await?;
    }
    Ok(Recorded { change, created: before.is_none() })
}

fn act_of(change: &Change, was: Option<Status>) -> Act {
    Act {
        entity_id: Some(change.entity_id),
        changes: vec![
            Changed::new("environment", serde_json::Value::Null, change.environment.as_str()),
            Changed::new("version", serde_json::Value::Null, change.version.as_str()),
            Changed::new("status", was.map(Status::as_str), change.status.as_str()),
        ],
        note: change.outcome.clone(),
        ..Act::new("change.recorded", &change.entity_ref)
    }
}

/// One change.
pub async fn get(cx: &mut Cx<'_>, id: ChangeId) -> Result<Change> {
    cx.reader()?;
    store::get(cx, id).await?.ok_or_else(|| Error::not_found("change", id.to_string()))
}

/// Changes, newest first.
pub async fn list(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Change>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, ChangeId)>).transpose()?;
    let mine = if filter.mine { Some(people::teams_answered_for(cx, me).await?) } else { None };
    let rows = store::list(cx, filter, mine.as_deref(), key, limit).await?;
    // counts are kept for each thing, and not for each day
    let total = if filter.is_dated() {
        store::count_dated(cx, filter, mine.as_deref()).await?
    } else {
        store::count(cx, filter, mine.as_deref()).await?
    };
    Ok(Page::cut(rows, limit, total, after.as_ref(), |c| (c.started_at, c.id)))
}

/// The last change of an entity in each environment, production first.
pub async fn latest(cx: &mut Cx<'_>, entity: EntityId) -> Result<Vec<Change>> {
    cx.reader()?;
    let mut changes = store::latest(cx, entity).await?;
    changes.sort_by(|a, b| {
        (!is_production(&a.environment))
            .cmp(&!is_production(&b.environment))
            .then(b.started_at.cmp(&a.started_at))
    });
    Ok(changes)
}

/// Changes of any of these that began between two instants, oldest first; at most `most`.
pub async fn between(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    from: Timestamp,
    until: Timestamp,
    most: i64,
) -> Result<Vec<Change>> {
    cx.reader()?;
    if entities.is_empty() {
        return Ok(Vec::new());
    }
    store::between(cx, entities, from, until, most).await
}

/// The changes of these entities since then, newest first, at most so many.
pub async fn recent(
    cx: &mut Cx<'_>,
    entities: &[EntityId],
    since: Timestamp,
    most: i64,
) -> Result<Vec<Change>> {
    if cx.admin().is_err() {
        cx.reader()?;
    }
    store::recent(cx, entities, since, most).await
}

/// What runs where: for each entity and environment the last change that succeeded, and what was tried since.
pub async fn running(
    cx: &mut Cx<'_>,
    environment: Option<&str>,
    team: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Running>> {
    cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(String, String)>).transpose()?;
    let rows = store::running(cx, environment, team, key, limit).await?;
    let total = store::count_running(cx, environment, team).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |r| (r.entity_ref.clone(), r.environment.clone())))
}

/// Environments that changes were told of, with how many, production first.
pub async fn environments(cx: &mut Cx<'_>) -> Result<Vec<(String, i64)>> {
    cx.reader()?;
    let mut found = store::environments(cx).await?;
    found.sort_by_key(|(name, n)| (!is_production(name), -n));
    Ok(found)
}
