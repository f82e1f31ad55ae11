//! What exists since: who has what, until when, and what can be done with it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{
    Credential, Effect, Expiry, Holdings, Move, Offering, Resource, ResourceFilter, ResourceState, State,
    ask::end_of,
    offering, request, run,
    store::{approval as approvals, resource as rows},
    tell,
};
use crate::{
    Actor, Cursor, Cx, EntityId, Error, Limit, Page, ResourceId, Result, TeamId,
    activity::{self, Act},
    page::Total,
    people,
    sealing::{self, SealingKey},
};

/// Days before its end at which something is warned of, where the offering does not say.
const WARN_DAYS: [u32; 2] = [14, 3];
/// Resources that one sweep takes.
const AT_ONCE: i64 = 100;
/// Days after its review date for which a team is asked, each week, whether it needs something still.
const ASKED_DAYS: i64 = 28;

/// Resources by name.
pub async fn resources(
    cx: &mut Cx<'_>,
    filter: &ResourceFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Resource>> {
    cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(String, ResourceId)>).transpose()?;
    let found = rows::list(cx, filter, key, limit.probe()).await?;
    let total = Total::bounded(rows::count(cx, filter, Total::MOST + 1).await?);
    Ok(Page::cut(found, limit, total, after.as_ref(), |r| (r.name.clone(), r.id)))
}

/// One of them.
pub async fn resource(cx: &mut Cx<'_>, id: ResourceId) -> Result<Resource> {
    cx.reader()?;
    known(cx, id).await
}

pub(super) async fn known(cx: &mut Cx<'_>, id: ResourceId) -> Result<Resource> {
    rows::get(cx, id).await?.ok_or_else(|| Error::not_found("provisioned resource", id.to_string()))
}

/// What was made as this entity of the catalog, if it was made here.
pub async fn resource_of(cx: &mut Cx<'_>, entity: EntityId) -> Result<Option<Resource>> {
    cx.reader()?;
    rows::of_entity(cx, entity).await
}

/// What a team has, in sum.
pub async fn holdings(cx: &mut Cx<'_>, team: TeamId) -> Result<Holdings> {
    cx.reader()?;
    let soon = cx.now() + SignedDuration::from_hours(24 * 30);
    rows::holdings(cx, team, soon).await
}

/// Whether the actor may do something with it: its team and those above it, the offering's team, admins.
pub async fn may_use_resource(cx: &mut Cx<'_>, resource: &Resource) -> Result<bool> {
    let offering = offering::known(cx, &resource.offering, None).await?;
    let teams = [resource.team.id, offering.team.id];
    Ok(!people::editable_teams(cx, &teams).await?.is_empty())
}

/// The resource, for those who may do something with it.
pub(super) async fn usable(cx: &mut Cx<'_>, id: ResourceId) -> Result<Resource> {
    let resource = known(cx, id).await?;
    if cx.admin().is_err() && !may_use_resource(cx, &resource).await? {
        return Err(Error::Forbidden(format!(
            "only {} and the team behind {} may do something with it; ask one of them",
            resource.team.name, resource.offering_title
        )));
    }
    there(&resource)?;
    Ok(resource)
}

/// The resource as it stands, under its lock: one thing at a time is done to it.
pub(super) async fn locked(cx: &mut Cx<'_>, id: ResourceId) -> Result<Resource> {
    rows::lock(cx, id).await?;
    known(cx, id).await
}

/// Refuses what is not there any more.
pub(super) fn there(resource: &Resource) -> Result<()> {
    match resource.state {
        ResourceState::Active => Ok(()),
        ResourceState::Removed => Err(Error::Conflict(format!(
            "{} is not there any more; nothing can be done with it",
            resource.name
        ))),
        ResourceState::Ejected => Err(Error::Conflict(format!(
            "{} was taken over by {}, who do with it what they want; nothing is done with it from here",
            resource.name, resource.team.name
        ))),
    }
}

/// The version of its offering that an action is taken from: an upgrade is what the newest one says, everything else is as
/// it was when it was made.
pub(super) async fn offering_for(cx: &mut Cx<'_>, resource: &Resource, action: &str) -> Result<Offering> {
    let newest = offering::known(cx, &resource.offering, None).await?;
    let upgrades =
        |o: &Offering| o.definition.actions.iter().any(|a| a.name == action && a.effect == Effect::Upgrade);
    if upgrades(&newest) {
        if newest.version == resource.version {
            return Err(Error::Conflict(format!("{} is like the newest version already", resource.name)));
        }
        return Ok(newest);
    }
    offering::known(cx, &resource.offering, Some(resource.version)).await
}

/// Whether credentials are there, and who saw them.
pub async fn credentials(cx: &mut Cx<'_>, id: ResourceId) -> Result<Vec<Credential>> {
    cx.reader()?;
    rows::credentials(cx, id).await
}

/// Whether the actor may see the credentials: they are the team's own. Whoever asked for it and left the team since has no
/// business with them, and an admin has none either.
pub async fn may_reveal(cx: &mut Cx<'_>, resource: &Resource) -> Result<bool> {
    let Ok(me) = cx.writer() else { return Ok(false) };
    Ok(people::teams_answered_for(cx, me).await?.contains(&resource.team.id))
}

/// Shows the credentials that were not shown yet: once, to the team it belongs to now. Titles and values.
pub async fn reveal(
    cx: &mut Cx<'_>,
    key: Option<&SealingKey>,
    id: ResourceId,
) -> Result<Vec<(String, String)>> {
    let me = cx.writer()?;
    let resource = known(cx, id).await?;
    if !may_reveal(cx, &resource).await? {
        return Err(Error::Forbidden(format!("only {} may see its credentials", resource.team.name)));
    }
    let key = sealing::required(key, "credentials")?;
    cx.atomically(async |cx| {
        rows::lock(cx, id).await?;
        let sealed = rows::unseen(cx, id).await?;
        if sealed.is_empty() {
            return Err(Error::Conflict(
                "its credentials were shown already, which happens once; have them rotated to get new ones"
                    .into(),
            ));
        }
        let mut shown = Vec::new();
        for (name, title, sealed) in sealed {
            let value = key.open(&sealed, &run::owner_of(id, &name)).and_then(|v| String::from_utf8(v).ok());
            let value = value.ok_or_else(|| {
                Error::Unavailable("its credentials were sealed with another key; have them rotated".into())
            })?;
            shown.push((title, value));
        }
        rows::set_seen(cx, id, me).await?;
        activity::record(cx, Act::new("resource.credentials-shown", format!("resource:{id}"))).await?;
        Ok(shown)
    })
    .await
}

/// Keeps it for as long again, from now on, or says that it was looked at. A removal that Portolan asked for because its
/// time was over is taken back, as long as it has not begun.
pub async fn renew(cx: &mut Cx<'_>, id: ResourceId) -> Result<Resource> {
    cx.writer()?;
    let resource = usable(cx, id).await?;
    let offering = offering::known(cx, &resource.offering, Some(resource.version)).await?;
    cx.atomically(async |cx| {
        // the request before what it is about, as the worker does
        if let Some(number) = resource.open_request {
            keep(cx, number, &offering).await?;
        }
        let now = locked(cx, id).await?;
        there(&now)?;
        if now.open_request.is_some_and(|open| Some(open) != resource.open_request) {
            return Err(Error::Conflict(format!(
                "something was asked for {} at this moment; look at it again",
                now.name
            )));
        }
        // as many days as it had at first
        let days = rows::days_given(cx, id).await?;
        let expires_at =
            resource.expires_at.and(days).map(|days| cx.now() + SignedDuration::from_hours(24 * days));
        let review_days = offering.definition.expiry.as_ref().and_then(|e| e.review_after_days);
        let review_at = review_days.map(|days| cx.now() + SignedDuration::from_hours(24 * i64::from(days)));
        if expires_at.is_none() && review_at.is_none() {
            return Err(Error::Conflict(format!("{} has no end: there is nothing to renew", resource.name)));
        }
        let warn_at = first_warning(offering.definition.expiry.as_ref(), expires_at.or(review_at), cx.now());
        rows::set_terms(cx, id, &rows::Terms { expires_at, review_at, warn_at }).await?;
        activity::record(cx, Act::new("resource.renewed", format!("resource:{id}"))).await?;
        known(cx, id).await
    })
    .await
}

/// Takes a removal back that Portolan itself asked for.
async fn keep(cx: &mut Cx<'_>, number: i64, offering: &Offering) -> Result<()> {
    let open = request::locked(cx, number).await?;
    let removes = offering
        .definition
        .actions
        .iter()
        .any(|a| a.effect == Effect::Remove && Some(&a.name) == open.action.as_ref());
    if open.state.is_over() || !removes || open.requested_by.is_some() {
        return Ok(());
    }
    if !matches!(open.state, State::AwaitingApproval | State::Approved) {
        return Err(Error::Conflict(format!(
            "request {number} is removing it already; cancel that first, and renew it when all is undone"
        )));
    }
    run::note(cx, open.id, &format!("{} renewed it: it stays", cx.actor().name.clone())).await?;
    approvals::drop_waiting(cx, open.id).await?;
    run::step(cx, &open, Move::Cancel).await.map(drop)
}

/// Names of the parameters that are not what the offering proposes.
pub(super) fn unusual(offering: &Offering, params: &Map<String, Value>) -> Vec<String> {
    let fields = offering.definition.parameters().map(|p| p.fields()).unwrap_or_default();
    fields
        .into_iter()
        .filter(|f| {
            f.default.is_some() && params.get(&f.name).is_some() && params.get(&f.name) != f.default.as_ref()
        })
        .map(|f| f.name)
        .collect()
}

/// When a team is first told of the end: where that is nearer than any warning, in the middle of the time that is left.
pub(super) fn first_warning(
    expiry: Option<&Expiry>,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let left = end?.duration_since(now);
    next_warning(expiry, end, now).or_else(|| left.is_positive().then(|| now + left / 2))
}

/// When a team is told of the end the next time.
pub(super) fn next_warning(
    expiry: Option<&Expiry>,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let end = end?;
    let days = expiry.map_or_else(|| WARN_DAYS.to_vec(), |e| e.warn_days.clone());
    let mut at: Vec<_> = days
        .into_iter()
        .filter_map(|d| end.checked_sub(SignedDuration::from_hours(24 * i64::from(d))).ok())
        .filter(|at| *at > now)
        .collect();
    at.sort();
    at.into_iter().next()
}

/// Warns of what ends soon, and asks for the clean-up of what ended. The worker calls it every minute; at most 100 at once.
pub async fn sweep_resources(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let mut count = 0;
    for resource in rows::to_warn(cx, AT_ONCE).await? {
        match cx.atomically(async |cx| warn(cx, &resource).await).await {
            Ok(()) => count += 1,
            // one whose team cannot be warned keeps no other from it
            Err(error) => {
                tracing::warn!(resource = %resource.id, %error, "nobody could be warned of its end");
            }
        }
    }
    for resource in rows::ended(cx, AT_ONCE).await? {
        // boxed: asking holds a good deal while it waits
        match Box::pin(clean_up(cx, &resource)).await {
            Ok(()) => count += 1,
            // somebody renewed it or is at it already
            Err(Error::Conflict(_)) => {}
            // one that cannot be cleaned up keeps no other from it; it is told, and tried again tomorrow
            Err(error) => {
                tracing::warn!(resource = %resource.id, %error, "what ended cannot be cleaned up");
                let words = format!("it ended and cannot be cleaned up: {error}");
                if let Err(error) = tell::ends_soon(cx, &resource, &words).await {
                    tracing::warn!(resource = %resource.id, %error, "nobody could be told of it");
                }
            }
        }
    }
    Ok(count)
}

async fn warn(cx: &mut Cx<'_>, resource: &Resource) -> Result<()> {
    let offering = offering::known(cx, &resource.offering, Some(resource.version)).await?;
    let (end, words) = match (resource.expires_at, resource.review_at) {
        (Some(end), _) => (Some(end), "it is cleaned up on"),
        (None, review) => (review, "is it still needed? Say so by"),
    };
    let Some(end) = end else { return rows::warned(cx, resource.id, None).await.map(drop) };
    let mut next = next_warning(offering.definition.expiry.as_ref(), Some(end), cx.now());
    let still_asked = end + SignedDuration::from_hours(24 * ASKED_DAYS);
    if resource.expires_at.is_none() && cx.now() < still_asked {
        // nothing is cleaned up by a review, so it is asked for until somebody answers or nobody will
        next = next.or(Some(cx.now() + SignedDuration::from_hours(24 * 7)));
    }
    if !rows::warned(cx, resource.id, next).await? {
        return Ok(());
    }
    if resource.expires_at.is_some_and(|end| end <= cx.now()) {
        // it ended while nobody could be warned: its team has a day
        rows::try_again(cx, resource.id, cx.now() + SignedDuration::from_hours(24)).await?;
        return tell::ends_soon(cx, resource, "its time is over, and it is cleaned up tomorrow").await;
    }
    tell::ends_soon(cx, resource, &format!("{words} {}", end.strftime("%-d %B %Y"))).await
}

/// The clean-up of what ended is a request like any other, by Portolan itself: guardrails and approvals of the offering hold
/// for it, and of tier 0 and 1 nothing goes without somebody's word.
async fn clean_up(cx: &mut Cx<'_>, resource: &Resource) -> Result<()> {
    if !rows::try_again(cx, resource.id, cx.now() + SignedDuration::from_hours(24)).await? {
        return Ok(());
    }
    let offering = offering::known(cx, &resource.offering, Some(resource.version)).await?;
    let Some(action) = offering.definition.actions.iter().find(|a| a.effect == Effect::Remove) else {
        return Err(Error::Unavailable(format!(
            "{} has no action that removes what it makes",
            offering.title
        )));
    };
    let system = Actor::system();
    end_of(&mut cx.acting(&system), resource, &action.name).await.map(drop)
}
