//! Who is it now: for a team, for a service, with the reasons in words. When nobody is on call it falls back to the
//! team's lead and then to those above, and says so loudly.

use jiff::Timestamp;
use serde::Serialize;

use super::{Contact, Duty, Held, Purpose, Schedule, ScheduleName, schedule::may_read, shifts, store};
use crate::{
    Cx, Error, Result, TeamId,
    catalog::{self, BadRef, Entity, EntityRef, Kind, Owner},
    people::{self, TeamName},
};

/// Who is on call, who is next, and why.
#[derive(Debug, Clone, Serialize)]
pub struct OnCall {
    /// The instant that is asked about.
    pub at: Timestamp,
    /// The team that answers; none if what is asked about has none.
    pub team: Option<TeamName>,
    /// Whose it is, where another team operates it and answers.
    pub owner: Option<String>,
    /// The schedule that is asked; none if the team has none.
    pub schedule: Option<ScheduleName>,
    /// The zone of the schedule.
    pub time_zone: Option<String>,
    /// What lasts at that instant: several where layers stand side by side.
    pub now: Vec<Duty>,
    /// The next shift of somebody.
    pub next: Option<Duty>,
    /// Who is asked because nobody is on call.
    pub fallback: Option<Contact>,
    /// How this was found, step by step, in sentences.
    pub why: Vec<String>,
}

impl OnCall {
    /// The people on call.
    pub fn people(&self) -> Vec<&Contact> {
        self.now.iter().filter_map(Duty::on_call).collect()
    }

    /// Whoever is reached first: the first on call, else who is asked because nobody is.
    pub fn first(&self) -> Option<&Contact> {
        self.now.iter().find_map(Duty::on_call).or(self.fallback.as_ref())
    }

    /// Until when that is so; none if nobody is on call.
    pub fn until(&self) -> Option<Timestamp> {
        self.now.iter().filter(|d| d.held == Held::Person).map(|d| d.end).min()
    }
}

/// Who is on call for an entity (reference, or a bare name of any kind): the team that operates it, else its owner.
pub async fn on_call_of_entity(
    cx: &mut Cx<'_>,
    reference: &str,
    purpose: Purpose,
    at: Option<Timestamp>,
) -> Result<OnCall> {
    may_read(cx)?;
    let at = at.unwrap_or(cx.now());
    let entity = called(cx, reference).await?;
    let owner = entity.owner.as_ref().map(|o| o.name().to_owned());
    let Some(team) = entity.answers() else {
        let told = owner.map_or("belongs to nobody".into(), |o| format!("belongs to {o}, which is no team"));
        return Ok(OnCall::nobody(
            at,
            vec![format!("{} {told}, so nobody is on call for it.", entity.label())],
        ));
    };
    let operated =
        entity.operator.is_some() && entity.owner.as_ref().and_then(Owner::team_id) != Some(team.id);
    let label = entity.label();
    let told = match (&owner, operated) {
        (Some(owner), true) => {
            format!("{label} is operated by {}, which is on call for it; it belongs to {owner}.", team.name)
        }
        (None, true) => format!("{label} is operated by {}, and belongs to nobody.", team.name),
        (_, false) => format!("{label} belongs to {}.", team.name),
    };
    let mut found = on_call(cx, &team, purpose, at).await?;
    found.owner = owner.filter(|_| operated);
    found.why.insert(0, told);
    Ok(found)
}

/// Kinds of what somebody may be on call for, as a bare name is looked for.
const KINDS: [Kind; 5] = [Kind::Component, Kind::Resource, Kind::Api, Kind::System, Kind::Domain];

/// The entity of this reference. A name without its kind may be of any; where several have it, they are told, unless the
/// same team answers for all of them.
async fn called(cx: &mut Cx<'_>, text: &str) -> Result<Entity> {
    let wrong = |e: BadRef| Error::invalid("entity", e.to_string());
    if text.contains(':') {
        let reference = EntityRef::parse(text, None, "default").map_err(wrong)?;
        return catalog::get(cx, &reference).await;
    }
    let named = KINDS.map(|kind| EntityRef::parse(text, Some(kind.as_str()), "default"));
    let named = named.into_iter().collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let mut found = Vec::new();
    for known in catalog::by_refs(cx, &named).await?.into_iter().flatten() {
        found.push(catalog::get(cx, &known.reference).await?);
    }
    let answers = |entity: &Entity| entity.answers().map(|team| team.id);
    if found.iter().any(|entity| answers(entity) != answers(&found[0])) {
        let all: Vec<_> = found.iter().map(|entity| entity.reference.as_str()).collect();
        let message = format!("is what several are called; name one of them: {}", all.join(", "));
        return Err(Error::invalid("entity", message));
    }
    found.into_iter().next().ok_or_else(|| Error::not_found("entity", text))
}

/// Who is on call in a team (slug).
pub async fn on_call_of_team(
    cx: &mut Cx<'_>,
    slug: &str,
    purpose: Purpose,
    at: Option<Timestamp>,
) -> Result<OnCall> {
    may_read(cx)?;
    let team = people::team(cx, slug).await?;
    let at = at.unwrap_or(cx.now());
    on_call(cx, &TeamName { id: team.id, slug: team.slug, name: team.name }, purpose, at).await
}

/// Schedules of one team that are asked for somebody, at most.
const MOST_ASKED: usize = 10;

/// Who is on call in a team that is known already: its schedules are asked in the order they were made, until one has
/// somebody.
pub async fn on_call(cx: &mut Cx<'_>, team: &TeamName, purpose: Purpose, at: Timestamp) -> Result<OnCall> {
    may_read(cx)?;
    let schedules = store::schedules_of_team(cx, team.id, purpose).await?;
    let mut found: Option<OnCall> = None;
    for schedule in schedules.iter().take(MOST_ASKED) {
        let mut asked = on_schedule(cx, schedule, at).await?;
        if let Some(before) = found.take() {
            asked.why.splice(0..0, before.why);
            asked.next = asked.next.into_iter().chain(before.next).min_by_key(|duty| duty.start);
        }
        if asked.now.iter().any(|d| d.held == Held::Person) {
            return Ok(asked);
        }
        found = Some(asked);
    }
    let Some(mut found) = found else {
        let what = if purpose == Purpose::OnCall { "on-call" } else { "support" };
        let mut found = OnCall::nobody(at, vec![format!("{} has no {what} schedule.", team.name)]);
        found.team = Some(team.clone());
        fall_back(cx, &mut found, team.id).await?;
        return Ok(found);
    };
    fall_back(cx, &mut found, team.id).await?;
    Ok(found)
}

/// Who is on call on one schedule, without falling back.
pub async fn on_schedule(cx: &mut Cx<'_>, schedule: &Schedule, at: Timestamp) -> Result<OnCall> {
    may_read(cx)?;
    let around = if at < schedule.projected_until {
        store::duties_around(cx, &[schedule.id], at).await?
    } else {
        let plan = store::plan(cx, schedule, at).await?;
        let week_on = at.checked_add(jiff::SignedDuration::from_hours(24 * 35)).unwrap_or(at);
        super::duty::named(cx, schedule, shifts(&plan, at, week_on)).await?
    };
    let (now, coming): (Vec<_>, Vec<_>) = around.into_iter().partition(|d| d.is_at(at));
    let mut why =
        vec![format!("{} asks the schedule {} ({}).", schedule.team.name, schedule.name, schedule.time_zone)];
    why.extend(now.iter().map(told));
    if now.is_empty() {
        why.push("This time is outside of what the schedule covers.".into());
    }
    Ok(OnCall {
        at,
        team: Some(schedule.team.clone()),
        owner: None,
        schedule: Some(schedule.name()),
        time_zone: Some(schedule.time_zone.clone()),
        now,
        next: coming.into_iter().find(|d| d.held == Held::Person),
        fallback: None,
        why,
    })
}

fn told(duty: &Duty) -> String {
    let name = duty.person.as_ref().map_or("Somebody", |p| p.name.as_str());
    let instead = duty.instead_of.as_ref().map(|p| format!(" instead of {}", p.name)).unwrap_or_default();
    match duty.held {
        Held::Person => {
            let how = match duty.via {
                super::Via::Rotation => "by the rotation",
                super::Via::Override => "by an override",
                super::Via::Swap => "by a swap",
            };
            format!("{name} is on call{instead} {how}, until {}.", duty.end)
        }
        Held::Vacant => {
            format!("It would be the turn of {name}, who is no longer here: nobody has taken it.")
        }
        Held::Nobody => format!("Nobody is on call on purpose, until {}.", duty.end),
        Held::Gap => format!("Nobody is on call, until {}: this is a gap in the schedule.", duty.end),
    }
}

impl OnCall {
    fn nobody(at: Timestamp, why: Vec<String>) -> Self {
        Self {
            at,
            team: None,
            owner: None,
            schedule: None,
            time_zone: None,
            now: Vec::new(),
            next: None,
            fallback: None,
            why,
        }
    }
}

/// The team's lead, else the nearest lead above who is here.
async fn fall_back(cx: &mut Cx<'_>, found: &mut OnCall, team: TeamId) -> Result<()> {
    let leads = people::leads_to_ask(cx, team).await?;
    let Some(lead) = leads.first() else {
        found
            .why
            .push("Nobody is on call, and no team up to the top has a lead: call whoever you know.".into());
        return Ok(());
    };
    found.fallback = store::contacts(cx, &[lead.id]).await?.into_iter().next();
    found.why.push(format!(
        "Nobody is on call. {} is asked instead, the nearest lead; they may not expect it.",
        lead.name
    ));
    Ok(())
}
