//! Waivers: a guardrail that a team need not keep for a while. Asked for with a reason and an end, decided by the offering's
//! team, seen by everybody, over by itself.

use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use super::{Waiver, WaiverState, offering, store::waiver as rows, tell};
use crate::{
    Cx, Error, OfferingId, Result, TeamId, WaiverId,
    activity::{self, Act},
    check::Checks,
    people,
};

/// Longest that a guardrail may be waived.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// When nobody decided for so long, the admins are asked too: nothing waits for ever.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);

/// What somebody asks to be spared.
#[derive(Debug, Clone)]
pub struct NewWaiver {
    /// Name of the offering.
    pub offering: String,
    /// Name of the guardrail.
    pub guardrail: String,
    /// Slug of the team.
    pub team: String,
    /// Why.
    pub reason: String,
    /// The last day on which it need not be kept (UTC).
    pub ends_on: Date,
}

/// Asks for a waiver. Whoever may ask for the offering for that team may.
pub async fn ask_waiver(cx: &mut Cx<'_>, new: NewWaiver) -> Result<Waiver> {
    cx.writer()?;
    let offering = offering::known(cx, new.offering.trim(), None).await?;
    let mut checks = Checks::default();
    let reason = checks.text("reason", &new.reason, 2_000);
    if reason.is_empty() {
        checks.problem("reason", "is needed: whoever decides has to know why");
    }
    let d = &offering.definition;
    let known = d
        .guardrails
        .iter()
        .chain(d.actions.iter().flat_map(|a| &a.guardrails))
        .any(|g| g.name == new.guardrail);
    if !known {
        checks.problem("guardrail", format!("is none of {}", offering.title));
    }
    let end =
        new.ends_on.tomorrow().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|z| z.timestamp());
    if !end.is_some_and(|end| end > cx.now() && end.duration_since(cx.now()) <= LONGEST) {
        checks.problem("endsOn", "must be a day from today on, within a year");
    }
    checks.done()?;
    let Some(ends_at) = end else { return Err(Error::invalid("endsOn", "is needed")) };
    let team = match people::team(cx, new.team.trim()).await {
        Err(Error::NotFound { .. }) => return Err(Error::invalid("team", "is not known here")),
        found => found?,
    };
    people::require_team(cx, Some(team.id), "what it asks for").await?;
    cx.atomically(async |cx| {
        let id = WaiverId::new();
        let row = rows::NewRow {
            id,
            offering: offering.id,
            guardrail: &new.guardrail,
            team: team.id,
            reason: &reason,
            ends_at,
        };
        rows::insert(cx, &row).await?;
        let waiver = waiver(cx, id).await?;
        record(cx, &waiver, "waiver.asked").await?;
        tell::waiver(cx, &waiver, offering.team.id, "A waiver is asked for").await?;
        Ok(waiver)
    })
    .await
}

/// Grants it or not. The offering's team decides, and nobody what they asked for themselves.
pub async fn decide_waiver(cx: &mut Cx<'_>, id: WaiverId, granted: bool, note: &str) -> Result<Waiver> {
    let me = cx.writer()?;
    let mut checks = Checks::default();
    let note = checks.text("note", note, 2_000);
    if !granted && note.is_empty() {
        checks.problem("note", "is needed for a no: say what would have to be different");
    }
    checks.done()?;
    cx.atomically(async |cx| {
        rows::lock(cx, id).await?;
        let before = waiver(cx, id).await?;
        let offering = offering::known(cx, &before.offering, None).await?;
        people::require_team(cx, Some(offering.team.id), &format!("the guardrails of {}", offering.title))
            .await?;
        if before.asked_by.id == me {
            return Err(Error::Forbidden(
                "nobody grants what they asked for themselves; somebody else of the team decides".into(),
            ));
        }
        if before.state != WaiverState::Asked {
            return Err(Error::Conflict("it is decided already".into()));
        }
        let state = if granted { WaiverState::Granted } else { WaiverState::Refused };
        rows::decide(cx, id, state, &note).await?;
        let after = waiver(cx, id).await?;
        record(cx, &after, if granted { "waiver.granted" } else { "waiver.refused" }).await?;
        tell::waiver(
            cx,
            &after,
            offering.team.id,
            if granted { "A waiver is granted" } else { "A waiver is refused" },
        )
        .await?;
        Ok(after)
    })
    .await
}

/// Ends it before its time, or takes the question back. Both teams may.
pub async fn end_waiver(cx: &mut Cx<'_>, id: WaiverId) -> Result<Waiver> {
    cx.writer()?;
    cx.atomically(async |cx| {
        rows::lock(cx, id).await?;
        let before = waiver(cx, id).await?;
        let offering = offering::known(cx, &before.offering, None).await?;
        if people::editable_teams(cx, &[before.team.id, offering.team.id]).await?.is_empty() {
            return Err(Error::Forbidden(format!(
                "only {} and {} may end it",
                before.team.name, offering.team.name
            )));
        }
        if !matches!(before.state, WaiverState::Asked | WaiverState::Granted) {
            return Err(Error::Conflict("it is over already".into()));
        }
        rows::decide(cx, id, WaiverState::Withdrawn, &before.note).await?;
        let after = waiver(cx, id).await?;
        record(cx, &after, "waiver.ended").await?;
        Ok(after)
    })
    .await
}

/// Waivers, those that are asked for and in force first; at most 200.
pub async fn waivers(
    cx: &mut Cx<'_>,
    offering: Option<OfferingId>,
    team: Option<TeamId>,
) -> Result<Vec<Waiver>> {
    cx.reader()?;
    let mut all = rows::list(cx, offering, team).await?;
    let me = cx.actor().person;
    let teams: Vec<_> =
        all.iter().filter(|(w, _)| w.state == WaiverState::Asked).map(|(_, team)| *team).collect();
    let mine = people::editable_teams(cx, &teams).await?;
    for (waiver, team) in &mut all {
        waiver.mine =
            waiver.state == WaiverState::Asked && Some(waiver.asked_by.id) != me && mine.contains(team);
    }
    Ok(all.into_iter().map(|(waiver, _)| waiver).collect())
}

/// Waivers that wait for the actor's word, the one that waits longest first; at most 50. An admin has those too that nobody
/// decided for three days.
pub async fn waivers_on_me(cx: &mut Cx<'_>) -> Result<Vec<Waiver>> {
    let me = cx.reader()?;
    let teams = people::teams_answered_for(cx, me).await?;
    let overdue = cx.actor().admin.then(|| cx.now() - PATIENCE);
    let mut found = rows::waiting(cx, me, &teams, overdue).await?;
    let may_decide = cx.writer().is_ok();
    for waiver in &mut found {
        waiver.mine = may_decide;
    }
    Ok(found)
}

async fn waiver(cx: &mut Cx<'_>, id: WaiverId) -> Result<Waiver> {
    rows::get(cx, id).await?.ok_or_else(|| Error::not_found("waiver", id.to_string()))
}

async fn record(cx: &mut Cx<'_>, waiver: &Waiver, verb: &'static str) -> Result<()> {
    let note = format!("{} for {}: {}", waiver.guardrail, waiver.team.name, waiver.reason);
    activity::record(cx, Act { note, ..Act::new(verb, format!("offering:{}", waiver.offering)) }).await
}
