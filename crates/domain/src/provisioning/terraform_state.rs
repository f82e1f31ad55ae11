//! What Terraform remembers of what it made, kept by the portal so that nothing else is needed: one state for each thing,
//! sealed (states hold secrets), with its last versions and the lock of whoever works on it.
//!
//! Nobody signs in here: a state has a password of its own, derived from the portal's key, which only runs are given.
//! A state is written only under its lock, so whoever lost the lock can do no more harm, however long they live on.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{resource_states::opened, store::terraform_state as store};
use crate::{
    Cx, Error, Result, StepId,
    sealing::{self, SealingKey},
};

/// The user that Terraform comes in as.
pub const STATE_USER: &str = "portolan";
/// The largest state, in bytes.
pub const MOST_STATE: usize = 10 << 20;
/// Versions that are kept.
pub(super) const KEPT: i64 = 50;
/// The largest description of a lock.
const MOST_LOCK: usize = 16 << 10;
/// Whoever holds a lock for longer is dead: no step runs as long.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);
/// For what the portal's key makes passwords.
const LABEL: &str = "terraform-state";

/// A state whose password was shown.
#[derive(Debug, Clone, Copy)]
pub struct OpenState(Uuid);

/// Who holds a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The lock's own id.
    pub id: String,
    /// What Terraform says of it, as JSON.
    pub info: String,
    /// Since when.
    pub since: Timestamp,
}

/// Who takes a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locker {
    /// Key of the step.
    pub step: Uuid,
    /// Which turn of it: a later one has a larger number.
    pub turn: i64,
}

impl Locker {
    /// Of the description of a lock.
    fn read(info: &str) -> Option<Self> {
        let info: Value = serde_json::from_str(info).ok()?;
        let (step, turn) = info.get("Info")?.as_str()?.strip_prefix("step ")?.split_once(" turn ")?;
        Some(Self { step: step.parse().ok()?, turn: turn.parse().ok()? })
    }
}

/// What came of work on a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked<T = ()> {
    /// It is done.
    Done(T),
    /// Somebody else holds it: what Terraform said of their lock.
    By(String),
}

/// One version of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateVersion {
    /// Its number, from 1.
    pub serial: i64,
    /// When it was written.
    pub written_at: Timestamp,
    /// How large it is, sealed.
    pub bytes: u32,
}

/// The password of a state.
pub fn state_password(key: &SealingKey, id: Uuid) -> String {
    key.derive(LABEL, id.as_bytes())
}

/// Opens a state with its password.
pub fn open_state(key: Option<&SealingKey>, id: Uuid, user: &str, password: &str) -> Result<OpenState> {
    let key = sealing::required(key, "states of Terraform")?;
    let right = state_password(key, id);
    if user == STATE_USER && bool::from(right.as_bytes().ct_eq(password.as_bytes())) {
        Ok(OpenState(id))
    } else {
        Err(Error::Unauthenticated)
    }
}

/// The last version; none if nothing was made yet.
pub async fn read_state(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    state: OpenState,
) -> Result<Option<Vec<u8>>> {
    let key = sealing::required(key, "states of Terraform")?;
    let Some(sealed) = store::last(cx, state.0).await? else { return Ok(None) };
    opened(key, &sealed, state.0).map(Some)
}

/// Writes a new version under its lock; its number.
pub async fn write_state(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    state: OpenState,
    lock: Option<&str>,
    body: &[u8],
) -> Result<Locked<i64>> {
    if body.len() > MOST_STATE {
        return Err(Error::invalid("body", format!("may have {} MB at most", MOST_STATE >> 20)));
    }
    if !matches!(serde_json::from_slice(body), Ok(Value::Object(_))) {
        return Err(Error::invalid("body", "must be a state of Terraform: an object in JSON"));
    }
    let sealed = sealing::required(key, "states of Terraform")?.seal(body, state.0.as_bytes())?;
    cx.atomically(async |cx| {
        if let Some(other) = holder(cx, state, lock).await? {
            return Ok(Locked::By(other));
        }
        store::add(cx, state.0, &sealed, KEPT).await.map(Locked::Done)
    })
    .await
}

/// Takes a state for oneself. A step that is tried again takes it from its attempt before, whose writes are refused from then
/// on; an attempt that is not the step's last any more gets it no more, whether or not anybody holds it. After whoever held it
/// is surely dead, anybody gets it.
pub async fn lock_state(cx: &mut Cx<'_>, state: OpenState, by: Locker, info: &[u8]) -> Result<Locked> {
    let (lock, info) = described(by, info)?;
    cx.atomically(async |cx| {
        store::ensure(cx, state.0).await?;
        let held = store::held(cx, state.0).await?;
        let last = store::last_holder(cx, state.0).await?.and_then(|info| Some((Locker::read(&info)?, info)));
        if let Some((_, info)) = last.filter(|(last, _)| last.step == by.step && last.turn > by.turn) {
            return Ok(Locked::By(info));
        }
        if let Some(held) = held {
            let dead = cx.now().duration_since(held.since) > LONGEST;
            let own = Locker::read(&held.info).is_some_and(|holder| holder.step == by.step);
            if held.id != lock && !dead && !own {
                return Ok(Locked::By(held.info));
            }
        }
        store::hold(cx, state.0, &lock, &info).await?;
        Ok(Locked::Done(()))
    })
    .await
}

/// Whether an attempt of a step holds a state: it never came to let it go.
pub(super) async fn is_held_by(cx: &mut Cx<'_>, id: Uuid, step: StepId) -> Result<bool> {
    let held = store::held(cx, id).await?;
    Ok(held.and_then(|held| Locker::read(&held.info)).is_some_and(|holder| holder.step == step.0))
}

/// Lets a state go, if the lock is the one that holds it. What nobody holds is let go already.
pub async fn unlock_state(cx: &mut Cx<'_>, state: OpenState, lock: &str) -> Result<Locked> {
    cx.atomically(async |cx| match store::held(cx, state.0).await? {
        Some(held) if held.id != lock => Ok(Locked::By(held.info)),
        Some(_) => store::let_go(cx, state.0).await.map(Locked::Done),
        None => Ok(Locked::Done(())),
    })
    .await
}

/// Forgets a state with all its versions.
pub async fn forget_state(cx: &mut Cx<'_>, state: OpenState, lock: Option<&str>) -> Result<Locked> {
    cx.atomically(async |cx| {
        if let Some(other) = holder(cx, state, lock).await? {
            return Ok(Locked::By(other));
        }
        store::forget(cx, state.0).await.map(Locked::Done)
    })
    .await
}

/// The id of the lock that a description is of.
pub fn lock_id(info: &[u8]) -> Result<String> {
    let wrong = || Error::invalid("body", "must describe a lock of Terraform: an object in JSON with its ID");
    let info: Value = serde_json::from_slice(info).map_err(|_| wrong())?;
    let id = info.get("ID").and_then(Value::as_str).filter(|id| !id.is_empty() && id.len() <= 200);
    id.map(str::to_owned).ok_or_else(wrong)
}

/// Who stands in the way of whoever shows this lock; what is held is not touched by anybody without it.
async fn holder(cx: &mut Cx<'_>, state: OpenState, lock: Option<&str>) -> Result<Option<String>> {
    store::ensure(cx, state.0).await?;
    let held = store::held(cx, state.0).await?;
    match (held, lock) {
        (Some(held), Some(lock)) if held.id == lock => Ok(None),
        (Some(held), _) => Ok(Some(held.info)),
        // whoever shows a lock that is held no more lost it to somebody who is done by now
        (None, Some(lock)) => {
            Ok(Some(serde_json::json!({ "ID": lock, "Info": "this lock was lost" }).to_string()))
        }
        (None, None) => Ok(None),
    }
}

/// The id of a lock and its description, with the name of whoever takes it in it.
fn described(by: Locker, info: &[u8]) -> Result<(String, String)> {
    if info.len() > MOST_LOCK {
        return Err(Error::invalid("body", "is too long for the description of a lock"));
    }
    let id = lock_id(info)?;
    let mut told: Value = serde_json::from_slice(info).unwrap_or_default();
    told["Info"] = Value::String(format!("step {} turn {}", by.step, by.turn));
    // Postgres keeps no NUL, and nobody needs one to know who holds a lock
    Ok((id, told.to_string().replace("\\u0000", "")))
}
