//! The Terraform states of what exists: looked at, put back to a former version, handed to whoever takes the thing over.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Resource, ResourceState, StateVersion, offering, resource, state_work,
    store::{resource as resources, terraform_state as store},
};
use crate::{
    Cx, Error, ResourceId, Result,
    activity::{self, Act, Changed},
    people,
    sealing::{self, SealingKey},
};

/// Most states of one thing that are shown.
pub(super) const MOST: i64 = 50;

/// A state of something that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateOf {
    /// Its key.
    pub id: Uuid,
    /// What its steps call it.
    pub name: String,
    /// Since when somebody works on it; none if nobody does.
    pub held_since: Option<Timestamp>,
    /// The versions that are kept, the newest first.
    pub versions: Vec<StateVersion>,
}

/// The states that something has, with their versions; without what is in them. None if Terraform did not make it.
pub async fn states_of(cx: &mut Cx<'_>, id: ResourceId) -> Result<Vec<StateOf>> {
    cx.reader()?;
    resource::known(cx, id).await?;
    let maker = resources::made_by(cx, id).await?;
    let names = store::names_of(cx, id, MOST).await?;
    let mut states: Vec<_> = names
        .into_iter()
        .map(|name| StateOf {
            id: state_work::key(maker, &name),
            name,
            held_since: None,
            versions: Vec::new(),
        })
        .collect();
    let ids: Vec<_> = states.iter().map(|state| state.id).collect();
    for (id, held_since, version) in store::versions(cx, &ids).await? {
        if let Some(state) = states.iter_mut().find(|state| state.id == id) {
            state.held_since = held_since;
            state.versions.push(version);
        }
    }
    Ok(states)
}

/// One of the states of a thing.
async fn state_of(cx: &mut Cx<'_>, id: ResourceId, state: Uuid) -> Result<StateOf> {
    let found = states_of(cx, id).await?.into_iter().find(|one| one.id == state);
    found.ok_or_else(|| Error::not_found("state of Terraform", state.to_string()))
}

/// Puts a state back to a version that is still kept, as a new version. For the offering's team and admins: what is there
/// outside does not change by it, and the next run works from what the state says.
pub async fn restore_state(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    id: ResourceId,
    state: Uuid,
    version: i64,
) -> Result<i64> {
    cx.writer()?;
    let of = resource::known(cx, id).await?;
    let offering = offering::known(cx, &of.offering, None).await?;
    people::require_team(cx, Some(offering.team.id), &format!("the state of {}", of.name)).await?;
    let key = sealing::required(key, "states of Terraform")?;
    let state = state_of(cx, id, state).await?;
    cx.atomically(async |cx| {
        if store::held(cx, state.id).await?.is_some() {
            return Err(Error::Conflict(format!(
                "a run works on the state {}; try again when it is done",
                state.name
            )));
        }
        let sealed = store::version(cx, state.id, version).await?;
        let sealed = sealed.ok_or_else(|| Error::not_found("version of the state", version.to_string()))?;
        // sealed anew, so that a key that no longer opens it is noticed before it is the newest
        let body = opened(key, &sealed, state.id)?;
        let new =
            store::add(cx, state.id, &key.seal(&body, state.id.as_bytes())?, super::terraform_state::KEPT)
                .await?;
        let before = state.versions.first().map(|v| v.serial);
        let changes = vec![Changed::new("version", before, version)];
        let note = format!("{}, as version {new}", state.name);
        activity::record(
            cx,
            Act { changes, note, ..Act::new("resource.state-restored", format!("resource:{id}")) },
        )
        .await?;
        Ok(new)
    })
    .await
}

/// The newest version of a state, for whoever took over what it is of; before that for the offering's team alone, since
/// taking over may need somebody's word. It holds secrets.
pub async fn export_state(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    id: ResourceId,
    state: Uuid,
) -> Result<Vec<u8>> {
    cx.writer()?;
    let of = resource::known(cx, id).await?;
    if !may_export_state(cx, &of).await? {
        return Err(Error::Forbidden(format!(
            "its state is handed to {} when it takes {} over, and before that to the team behind {} alone",
            of.team.name, of.name, of.offering_title
        )));
    }
    let key = sealing::required(key, "states of Terraform")?;
    let state = state_of(cx, id, state).await?;
    cx.atomically(async |cx| {
        let sealed = store::last(cx, state.id).await?;
        let sealed = sealed.ok_or_else(|| Error::not_found("version of the state", state.name.clone()))?;
        let body = opened(key, &sealed, state.id)?;
        let act = Act::new("resource.state-handed-out", format!("resource:{id}"));
        activity::record(cx, Act { note: state.name.clone(), ..act }).await?;
        Ok(body)
    })
    .await
}

/// Whether the actor may have the state of something: see [`export_state`].
pub async fn may_export_state(cx: &mut Cx<'_>, of: &Resource) -> Result<bool> {
    if cx.admin().is_ok() {
        return Ok(true);
    }
    match of.state {
        ResourceState::Ejected => resource::may_use_resource(cx, of).await,
        ResourceState::Removed => Ok(false),
        ResourceState::Active => {
            let offering = offering::known(cx, &of.offering, None).await?;
            offering::may_edit_offering(cx, &offering).await
        }
    }
}

/// What is in a version.
pub(super) fn opened(key: &SealingKey, sealed: &[u8], state: Uuid) -> Result<Vec<u8>> {
    key.open(sealed, state.as_bytes()).ok_or_else(|| {
        Error::Unavailable(
            "the state was sealed with another key; the operator sets the PORTOLAN_SECRET_KEY it was written with".into(),
        )
    })
}
