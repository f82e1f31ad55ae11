//! A person pages a team: who would be woken is shown first.

use jiff::{SignedDuration, Timestamp};

use super::{
    Severity, Target,
    open::{self, Opening},
    policy, read,
    record::{Paged, Urgency},
    store,
    who::{self, Reach},
};
use crate::{
    Cx, Error, Result,
    catalog::{self, Entity, EntityRef},
    check::Checks,
    error::both,
    levels::{self, Engagement, Grounds, Hours, Impact},
    people::{self, TeamName},
};

/// Pages one person may raise in an hour.
const MOST_AN_HOUR: i64 = 10;

/// Whom a person wants to page.
#[derive(Debug, Clone)]
pub enum Whom {
    /// Whoever is on call for a team, by slug.
    Team(String),
    /// Whoever is on call for what this is.
    Entity(EntityRef),
}

/// A page that a person raises.
#[derive(Debug, Clone)]
pub struct NewPage {
    /// Whom.
    pub whom: Whom,
    /// What is wrong, in a line.
    pub summary: String,
    /// What it does, and to whom.
    pub impact: String,
    /// How much it hurts: by it the team's support level decides whether somebody is woken.
    pub how_bad: Impact,
    /// Whether it wakes somebody: only who is in the team or leads it or a team above may say; none: the level decides, and
    /// for them it is now.
    pub urgency: Option<Urgency>,
    /// Where it happens: `production`, `staging`; empty: not said.
    pub environment: String,
    /// Where to look on.
    pub link: Option<String>,
}

/// Who would be told.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The team.
    pub team: TeamName,
    /// What it is about, if it is about something.
    pub entity: Option<Entity>,
    /// Whom the first step reaches now.
    pub first: Reach,
    /// All steps, in words.
    pub steps: Vec<String>,
    /// Minutes after each until the next.
    pub minutes: Vec<u32>,
    /// When it would be told if it can wait: now, or when the team's support hours begin.
    pub working: Timestamp,
    /// What the support level decides by.
    grounds: Grounds,
    /// Whether the actor is in the team, or leads it or a team above: then they say themselves whether it can wait.
    pub own: bool,
    /// The window that would keep it quiet.
    pub window: Option<super::Window>,
}

impl Preview {
    /// Whether it would wake somebody, and why, if the level decides.
    pub fn engagement(&self, how_bad: Impact, environment: &str, now: Timestamp) -> Engagement {
        self.grounds.engagement(how_bad, environment, now)
    }

    /// The level that decides: who may have an engineer at once, and for what.
    pub fn level(&self) -> levels::Level {
        self.grounds.level
    }
}

/// Who would be told, and when, if it were raised now.
pub async fn preview(cx: &mut Cx<'_>, whom: &Whom) -> Result<Preview> {
    cx.reader()?;
    let (team, entity) = target(cx, whom).await?;
    let way = policy::way(cx, team.id, entity.as_ref().map(|e| e.id)).await?;
    let first = match way.plan.steps.first() {
        Some(step) => who::reach(cx, &step.target).await?,
        None => who::reach(cx, &Target::Lead(team.id)).await?,
    };
    let window = match &entity {
        Some(entity) => store::maintenance::in_force(cx, entity.id).await?,
        None => None,
    };
    let grounds = levels::grounds(cx, team.id, entity.as_ref()).await?;
    let working = at_work(&grounds.hours, &first, cx.now());
    let me = cx.reader()?;
    Ok(Preview {
        working,
        own: people::teams_answered_for(cx, me).await?.contains(&team.id),
        grounds,
        steps: policy::step_words(cx, &way.plan).await?,
        minutes: way.plan.steps.iter().map(|s| s.minutes).collect(),
        team,
        entity,
        first,
        window,
    })
}

/// Pages a team. Everyone whose credential may write may: who sees that something is wrong need not be in the team.
pub async fn raise(cx: &mut Cx<'_>, new: NewPage) -> Result<Paged> {
    let me = cx.writer()?;
    let mut checks = Checks::default();
    let summary = checks.line("summary", &new.summary, 200);
    let impact = checks.text("impact", &new.impact, 2000);
    if impact.is_empty() {
        checks.problem("impact", "is needed: what it does, and to whom; whoever is woken reads it first");
    }
    let environment = checks.optional_line("environment", Some(&new.environment), 100).unwrap_or_default();
    let link = checks.link("link", new.link.as_deref());
    let (preview, ()) = both(preview(cx, &new.whom).await, checks.done())?;
    let Preview { team, entity, working, .. } = &preview;
    if new.urgency.is_some() && !preview.own {
        return Err(Error::invalid(
            "urgency",
            format!(
                "is said by those who answer for {}; leave it out, and their support level decides",
                team.name
            ),
        ));
    }
    let (urgency, decided) = decide(&preview, &new, &environment, cx.now());
    let held_until = (urgency == Urgency::WorkingHours).then_some(*working).filter(|at| *at > cx.now());
    let name = cx.actor().name.to_string();
    let id = cx
        .atomically(async |cx| {
            store::page::lock_raising(cx, me).await?;
            let hour = cx.now() - SignedDuration::from_hours(1);
            if store::page::raised_since(cx, me, hour).await? >= MOST_AN_HOUR {
                return Err(Error::Throttled(std::time::Duration::from_mins(15)));
            }
            let opening = Opening {
                team: team.id,
                entity: entity.as_ref().map(|e| (e.id, e.reference.as_str())),
                group: None,
                raised_by: Some(me),
                summary: &summary,
                impact: &impact,
                severity: severity(new.how_bad),
                urgency,
                link: link.as_deref(),
                runbook: None,
                by: &name,
                decided: Some(&decided),
                held_until,
            };
            Ok(open::open(cx, &opening).await?.0)
        })
        .await?;
    read::paged(cx, id).await
}

async fn target(cx: &mut Cx<'_>, whom: &Whom) -> Result<(TeamName, Option<Entity>)> {
    let name = |t: people::Team| TeamName { id: t.id, slug: t.slug, name: t.name };
    match whom {
        Whom::Team(slug) => {
            let team = people::team(cx, slug).await.map_err(|e| policy::unknown("team", e))?;
            Ok((name(team), None))
        }
        Whom::Entity(reference) => {
            let entity = catalog::get(cx, reference).await.map_err(|e| policy::unknown("entity", e))?;
            let team = entity.answers().ok_or_else(|| {
                Error::invalid(
                    "entity",
                    format!("is owned by no team: nobody is on call for {}", entity.name),
                )
            })?;
            Ok((team, Some(entity)))
        }
    }
}

/// What the one who is told reads of it.
fn severity(how_bad: Impact) -> Severity {
    match how_bad {
        Impact::Question => Severity::Info,
        Impact::Slowed => Severity::Warning,
        Impact::Blocked => Severity::Error,
        Impact::Outage => Severity::Critical,
    }
}

/// Whether it wakes somebody, and why, as the page's timeline tells it.
fn decide(preview: &Preview, new: &NewPage, environment: &str, now: Timestamp) -> (Urgency, String) {
    let place = if environment.is_empty() { String::new() } else { format!(" in {environment}") };
    let bad = format!("{}{place}", new.how_bad.label());
    if preview.own {
        let urgency = new.urgency.unwrap_or(Urgency::Now);
        let when = if urgency == Urgency::Now { "now" } else { "when they are at work" };
        return (
            urgency,
            format!("{bad}; to be told {when}, says who answers for {} too", preview.team.name),
        );
    }
    let engagement = preview.engagement(new.how_bad, environment, now);
    let (urgency, when) = if engagement.is_now() {
        (Urgency::Now, "at once")
    } else {
        (Urgency::WorkingHours, "in support hours")
    };
    (urgency, format!("{bad}, so {when}: {}", engagement.why().join(" ")))
}

/// When what can wait is told: in the team's support hours, and in the working hours of whoever is told, where they live.
/// If these never meet, the support hours count.
fn at_work(hours: &Hours, first: &Reach, now: Timestamp) -> Timestamp {
    let person = first.people.first().map(|p| Hours::usual(&p.time_zone));
    let mut at = now;
    // each round goes on to a later opening of one of the two; a month of days is more than enough to meet
    for _ in 0..60 {
        let Some(open) = hours.next(at) else { break };
        match person.as_ref().and_then(|hours| hours.next(open)) {
            Some(there) if there > open => at = there,
            _ => return open,
        }
    }
    hours.next(now).unwrap_or(now)
}
