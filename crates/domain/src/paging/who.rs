//! Whom a step reaches at an instant, and why them.

use super::Target;
use crate::{
    Actor, Cx, Result, TeamId,
    people::{self, TeamName},
    rota::{self, Contact, Purpose},
};

/// Whom a step reaches.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The people; none: there is nobody.
    pub people: Vec<Contact>,
    /// Why them, as a sentence to them: "You are on call on Basket, primary."
    pub reason: String,
    /// What is wrong with it, if something is: nobody is on call, so the lead is told.
    pub trouble: Option<String>,
}

/// Whom a target reaches now.
pub(super) async fn reach(cx: &mut Cx<'_>, target: &Target) -> Result<Reach> {
    let system = Actor::system();
    let cx = &mut cx.acting(&system);
    match target {
        Target::Schedule(id) => {
            let schedule = rota::schedule_by_id(cx, *id).await?;
            let on_call = rota::on_schedule(cx, &schedule, cx.now()).await?;
            let people = active(on_call.people().into_iter().cloned());
            if !people.is_empty() {
                return Ok(Reach {
                    people,
                    reason: format!("You are on call on {}.", schedule.name),
                    trouble: None,
                });
            }
            lead(cx, schedule.team.id, format!("Nobody is on call on {}", schedule.name)).await
        }
        Target::Team(team) => {
            let team = people::team_by_id(cx, *team).await?;
            let team = TeamName { id: team.id, slug: team.slug, name: team.name };
            let on_call = rota::on_call(cx, &team, Purpose::OnCall, cx.now()).await?;
            let people = active(on_call.people().into_iter().cloned());
            if !people.is_empty() {
                return Ok(Reach {
                    people,
                    reason: format!("You are on call for {}.", team.name),
                    trouble: None,
                });
            }
            lead(cx, team.id, format!("Nobody is on call for {}", team.name)).await
        }
        Target::Person(id) => {
            let people = active(rota::contacts(cx, &[*id]).await?);
            let trouble = people.is_empty().then(|| "The person of this step is no longer here".to_owned());
            Ok(Reach { people, reason: "The escalation policy names you.".into(), trouble })
        }
        Target::Lead(team) => {
            let people = nearest_lead(cx, *team).await?;
            let trouble = people.is_empty().then(|| "No team above has a lead either".to_owned());
            Ok(Reach { people, reason: "You lead the team, or the nearest team above.".into(), trouble })
        }
    }
}

/// The nearest lead, instead of whoever should be there.
async fn lead(cx: &mut Cx<'_>, team: TeamId, trouble: String) -> Result<Reach> {
    let people = nearest_lead(cx, team).await?;
    let reason = format!("{trouble}, and you lead it or the nearest team above.");
    let trouble = match people.first() {
        Some(lead) => {
            format!("{trouble}: {} is told instead, who leads it or the nearest team above", lead.name)
        }
        None => format!("{trouble}, and no team up to the top has a lead"),
    };
    Ok(Reach { people, reason, trouble: Some(trouble) })
}

async fn nearest_lead(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Contact>> {
    let leads = people::leads_to_ask(cx, team).await?;
    let nearest: Vec<_> = leads.iter().take(1).map(|l| l.id).collect();
    Ok(active(rota::contacts(cx, &nearest).await?))
}

fn active(people: impl IntoIterator<Item = Contact>) -> Vec<Contact> {
    people.into_iter().filter(|p| p.active).collect()
}
