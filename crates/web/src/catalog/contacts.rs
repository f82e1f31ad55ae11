//! Whom to reach when something is wrong: who answers for it and is on call now, how to reach them, and whom else. Shown by
//! `catalog/contacts.html`.

use portolan_domain::{
    Error,
    catalog::{Entity, Owner, Party},
    people::{self, Person, Team, TeamName},
    rota::{self, Contact, OnCall, Purpose},
};

use crate::{address, caller::Viewer};

/// Whom to reach.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    /// The team that answers: whoever operates it, else its owner.
    pub(crate) team: Option<Team>,
    pub(crate) lead: Option<Person>,
    pub(crate) person: Option<Person>,
    /// Who is on call, if the team has a schedule.
    pub(crate) on_call: Option<OnCall>,
    /// Name and page of the owner, where another team operates it.
    pub(crate) owner: Option<(String, Option<String>)>,
    /// An owner that the portal does not know, as the descriptor names it.
    pub(crate) unknown: Option<String>,
    /// Where it is given an owner.
    pub(crate) hand_over: String,
}

impl Contacts {
    /// For an entity: the team that operates it, else its owner.
    pub(crate) async fn of(viewer: &mut Viewer, entity: &Entity) -> Result<Self, Error> {
        let owner = entity.owner.as_ref();
        let hand_over = format!("{}/hand-over", address::entity(&entity.reference));
        if let Some(team) = entity.answers() {
            let is_owner = owner.and_then(Owner::team_id) == Some(team.id);
            let owner = owner.filter(|_| !is_owner).map(|o| (o.name().to_owned(), address::owner(o)));
            return Ok(Self { owner, hand_over, ..Self::of_team(viewer, &team).await? });
        }
        Ok(match owner.map(|o| (o, o.party.as_ref())) {
            Some((_, Some(Party::Person { id, .. }))) => {
                let person = Some(people::person_by_id(&mut viewer.cx(), *id).await?);
                Self { person, hand_over, ..Self::default() }
            }
            Some((owner, _)) => {
                Self { unknown: Some(owner.reference.to_string()), hand_over, ..Self::default() }
            }
            None => Self { hand_over, ..Self::default() },
        })
    }

    /// For what a team answers for.
    pub(crate) async fn of_team(viewer: &mut Viewer, team: &TeamName) -> Result<Self, Error> {
        let cx = &mut viewer.cx();
        let now = cx.now();
        let on_call = rota::on_call(cx, team, Purpose::OnCall, now).await?;
        let on_call = Some(on_call).filter(|found| found.schedule.is_some());
        let team = people::team_by_id(cx, team.id).await?;
        let lead = match team.lead_id {
            Some(id) => Some(people::person_by_id(cx, id).await?),
            None => None,
        };
        Ok(Self { team: Some(team), lead, on_call, ..Self::default() })
    }

    /// The same of what another team owns.
    pub(crate) fn owned_by(self, owner: &TeamName) -> Self {
        let another = self.team.as_ref().is_some_and(|team| team.id != owner.id);
        let owner =
            another.then(|| (owner.name.clone(), Some(format!("/teams/{}", address::segment(&owner.slug)))));
        Self { owner, ..self }
    }

    /// Whoever is reached first: on call, or asked because nobody is.
    fn first(&self) -> Option<&Contact> {
        self.on_call.as_ref().and_then(OnCall::first)
    }

    /// Who is on call next, and from when on.
    pub(crate) fn next(&self) -> Option<(&Contact, jiff::Timestamp)> {
        let next = self.on_call.as_ref()?.next.as_ref()?;
        Some((next.on_call()?, next.start))
    }

    pub(crate) fn phone(&self) -> Option<&str> {
        self.first()
            .and_then(|p| p.phone.as_deref())
            .or_else(|| self.team.as_ref().and_then(|t| t.phone.as_deref()))
            .or_else(|| self.person.as_ref().and_then(|p| p.phone.as_deref()))
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.first()
            .and_then(|p| p.email.as_deref())
            .or_else(|| self.team.as_ref().and_then(|t| t.email.as_deref()))
            .or_else(|| self.person.as_ref().and_then(|p| p.email.as_deref()))
    }

    pub(crate) fn chat(&self) -> Option<&str> {
        self.team.as_ref().and_then(|t| t.chat_url.as_deref()).filter(|u| is_web(u))
    }

    pub(crate) fn channel(&self) -> Option<&str> {
        self.team.as_ref().and_then(|t| t.chat_channel.as_deref())
    }

    pub(crate) fn reachable(&self) -> bool {
        self.phone().is_some() || self.email().is_some() || self.chat().is_some()
    }

    pub(crate) fn tel(&self, number: &str) -> String {
        number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }
}

fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}
