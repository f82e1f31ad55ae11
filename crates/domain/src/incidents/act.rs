//! What people do in an incident: tell others, note, take roles, mitigate, end; and afterwards write the review.

use jiff::Timestamp;

use super::{
    EntryKind, Incident, Move, Role, SloSaw, after,
    open::{past, said},
    read::locked,
    rights, store, tell,
};
use crate::{
    Cx, Error, IncidentRoleId, Result,
    activity::{self, Act, Changed},
    check::Checks,
    people,
};

/// Moves an incident on or back. `at` is when it happened, if that was earlier.
pub async fn go(
    cx: &mut Cx<'_>,
    number: i64,
    what: Move,
    at: Option<Timestamp>,
    text: &str,
) -> Result<Incident> {
    cx.writer()?;
    let text = said("text", text, what == Move::Reopen)?;
    let now = cx.now();
    cx.atomically(async |cx| {
        let before = locked(cx, number).await?;
        rights::require(cx, &before).await?;
        let state = after(before.state, what)?;
        let mut checks = Checks::default();
        let at = at.map_or(now, |at| past(&mut checks, "at", at, now));
        let earliest =
            if what == Move::End { before.mitigated_at.unwrap_or(before.began_at) } else { before.began_at };
        if at < earliest {
            checks.problem("at", "must not be before it began, nor before it was mitigated");
        }
        if what == Move::Review && before.happened.trim().is_empty() {
            checks.problem("happened", "is needed: a review says what happened");
        }
        if what == Move::Review && before.slo_saw == SloSaw::Unknown {
            checks.problem(
                "slo_saw",
                "is needed: a review says whether an objective saw it; correct the incident first",
            );
        }
        checks.done()?;
        store::set_state(cx, before.id, state, at).await?;
        let kind = match what {
            Move::Mitigate => EntryKind::Mitigated,
            Move::End => EntryKind::Ended,
            Move::Reopen => EntryKind::Reopened,
            Move::Review => EntryKind::Reviewed,
        };
        store::add_entry(cx, before.id, kind, at, &text).await?;
        let changes = vec![Changed::new("state", before.state.as_str(), state.as_str())];
        activity::record(cx, Act { changes, ..Act::new("incident.moved", before.subject()) }).await?;
        let incident = locked(cx, number).await?;
        tell::moved(cx, &incident).await?;
        Ok(incident)
    })
    .await
}

/// Tells others how it stands: what they feel, what they can do, when they hear again.
pub async fn tell_status(cx: &mut Cx<'_>, number: i64, text: &str) -> Result<Incident> {
    let text = said("text", text, true)?;
    entry(cx, number, EntryKind::Status, &text).await
}

/// Notes what happens.
pub async fn note(cx: &mut Cx<'_>, number: i64, text: &str) -> Result<Incident> {
    let text = said("text", text, true)?;
    entry(cx, number, EntryKind::Note, &text).await
}

async fn entry(cx: &mut Cx<'_>, number: i64, kind: EntryKind, text: &str) -> Result<Incident> {
    cx.writer()?;
    cx.atomically(async |cx| {
        let incident = locked(cx, number).await?;
        rights::require(cx, &incident).await?;
        store::add_entry(cx, incident.id, kind, cx.now(), text).await?;
        if kind == EntryKind::Status {
            store::set_status(cx, incident.id, text).await?;
            tell::status(cx, &Incident { status_text: text.to_owned(), ..incident.clone() }).await?;
            let act = Act {
                note: text.chars().take(200).collect(),
                ..Act::new("incident.status-told", incident.subject())
            };
            activity::record(cx, act).await?;
        }
        locked(cx, number).await
    })
    .await
}

/// Gives somebody a role. One leads: whoever led before, does not any more.
pub async fn give_role(cx: &mut Cx<'_>, number: i64, role: Role, person: &str) -> Result<Incident> {
    cx.writer()?;
    let person = people::person(cx, person.trim()).await.map_err(|error| match error {
        Error::NotFound { key, .. } => {
            Error::invalid("person", format!("must be the handle of somebody here; nobody is called {key:?}"))
        }
        other => other,
    })?;
    if !person.active {
        return Err(Error::invalid("person", format!("must be somebody who is here; {} left", person.name)));
    }
    cx.atomically(async |cx| {
        let incident = locked(cx, number).await?;
        rights::require(cx, &incident).await?;
        let held = store::roles(cx, incident.id).await?;
        let now_held = |r: &&super::RoleHeld| r.until.is_none() && r.role == role;
        if held.iter().filter(now_held).any(|r| r.person.id == person.id) {
            return Ok(incident);
        }
        if role == Role::Lead {
            for before in held.iter().filter(now_held) {
                store::end_role(cx, before.id).await?;
            }
        }
        store::add_role(cx, incident.id, role, person.id).await?;
        let words = format!("{}: {}", role.label(), person.name);
        store::add_entry(cx, incident.id, EntryKind::Role, cx.now(), &words).await?;
        let changes = vec![Changed::new("role", serde_json::Value::Null, role.as_str())];
        let act =
            Act { changes, note: person.name.clone(), ..Act::new("incident.role-given", incident.subject()) };
        activity::record(cx, act).await?;
        tell::role(cx, &incident, role, person.id).await?;
        locked(cx, number).await
    })
    .await
}

/// Ends somebody's role.
pub async fn end_role(cx: &mut Cx<'_>, number: i64, role: IncidentRoleId) -> Result<Incident> {
    cx.writer()?;
    cx.atomically(async |cx| {
        let incident = locked(cx, number).await?;
        rights::require(cx, &incident).await?;
        let held = store::roles(cx, incident.id).await?;
        let Some(held) = held.into_iter().find(|r| r.id == role) else {
            return Err(Error::not_found("role", role.to_string()));
        };
        if held.until.is_none() {
            store::end_role(cx, role).await?;
            let words = format!("{} no longer: {}", held.role.label(), held.person.name);
            store::add_entry(cx, incident.id, EntryKind::Role, cx.now(), &words).await?;
            let act = Act { note: held.person.name, ..Act::new("incident.role-ended", incident.subject()) };
            activity::record(cx, act).await?;
        }
        locked(cx, number).await
    })
    .await
}

/// Writes the review: what happened and what helped, without blame. It may be begun before the end.
pub async fn write_review(
    cx: &mut Cx<'_>,
    number: i64,
    happened: &str,
    helped: &str,
    version: Option<i64>,
) -> Result<Incident> {
    cx.writer()?;
    let (happened, helped) =
        crate::error::both(said("happened", happened, true), said("helped", helped, false))?;
    cx.atomically(async |cx| {
        let before = locked(cx, number).await?;
        rights::require(cx, &before).await?;
        if version.is_some_and(|seen| seen != before.version) {
            return Err(Error::Stale);
        }
        if (&before.happened, &before.helped) == (&happened, &helped) {
            return Ok(before);
        }
        store::set_review(cx, before.id, &happened, &helped).await?;
        activity::record(cx, Act::new("incident.review-written", before.subject())).await?;
        locked(cx, number).await
    })
    .await
}

/// Links an earlier incident that was like it.
pub async fn link_before(cx: &mut Cx<'_>, number: i64, before: i64) -> Result<()> {
    linked(cx, number, before, true).await
}

/// Takes such a link away.
pub async fn unlink_before(cx: &mut Cx<'_>, number: i64, before: i64) -> Result<()> {
    linked(cx, number, before, false).await
}

async fn linked(cx: &mut Cx<'_>, number: i64, before: i64, link: bool) -> Result<()> {
    cx.writer()?;
    cx.atomically(async |cx| {
        let incident = locked(cx, number).await?;
        rights::require(cx, &incident).await?;
        let earlier = store::get(cx, before).await?.ok_or_else(|| {
            Error::invalid("before", format!("must be the number of an incident; there is no {before}"))
        })?;
        if earlier.id == incident.id {
            return Err(Error::invalid("before", "must be another incident"));
        }
        let changed = if link {
            store::link(cx, incident.id, earlier.id).await?
        } else {
            store::unlink(cx, incident.id, earlier.id).await?
        };
        if changed {
            let verb = if link { "incident.linked" } else { "incident.unlinked" };
            let changes = vec![Changed::new("before", serde_json::Value::Null, before)];
            activity::record(cx, Act { changes, ..Act::new(verb, incident.subject()) }).await?;
        }
        Ok(())
    })
    .await
}
