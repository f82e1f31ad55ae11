//! The view of a service, made for ten past three at night on a phone: who answers for it and how to reach them, how
//! critical it is, what it promised, where the runbook is, what changed last. Everything else stands below.

use askama::Template;
use axum::response::Response;
use portolan_domain::{
    Error,
    catalog::{
        self, ApiUse, Apis, Entity, Owner, Party,
        descriptor::{Audience, Slo, duration_seconds, duration_text},
    },
    changes::{self, Change},
    people::{self, Person, Team, TeamName},
    rota::{self, Contact, OnCall, Purpose},
};

use super::{about::About, touches::Touches};
use crate::{
    address,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    paging::service::Watch,
};

#[derive(Template)]
#[template(path = "catalog/service.html")]
struct ServicePage {
    shell: Shell,
    entity: Entity,
    contacts: Contacts,
    slos: Vec<Slo>,
    about: About,
    latest: Vec<Change>,
    watch: Watch,
    touches: Touches,
    apis: Apis,
}

/// Whom to reach.
#[derive(Default)]
struct Contacts {
    team: Option<Team>,
    lead: Option<Person>,
    person: Option<Person>,
    /// Who is on call, if the team has a schedule.
    on_call: Option<OnCall>,
}

impl Contacts {
    async fn of(viewer: &mut Viewer, owner: Option<&Owner>) -> Result<Self, Error> {
        match owner.and_then(|o| o.party.as_ref()) {
            Some(Party::Team { id, .. }) => {
                let team = people::team_by_id(&mut viewer.cx(), *id).await?;
                let lead = match team.lead_id {
                    Some(id) => Some(people::person_by_id(&mut viewer.cx(), id).await?),
                    None => None,
                };
                let name = TeamName { id: team.id, slug: team.slug.clone(), name: team.name.clone() };
                let cx = &mut viewer.cx();
                let now = cx.now();
                let on_call = rota::on_call(cx, &name, Purpose::OnCall, now).await?;
                let on_call = Some(on_call).filter(|found| found.schedule.is_some());
                Ok(Self { team: Some(team), lead, person: None, on_call })
            }
            Some(Party::Person { id, .. }) => Ok(Self {
                person: Some(people::person_by_id(&mut viewer.cx(), *id).await?),
                ..Self::default()
            }),
            None => Ok(Self::default()),
        }
    }

    /// Whoever is reached first: on call, or asked because nobody is.
    fn first(&self) -> Option<&Contact> {
        self.on_call.as_ref().and_then(OnCall::first)
    }

    /// Who is on call next, and from when on.
    fn next(&self) -> Option<(&Contact, jiff::Timestamp)> {
        let next = self.on_call.as_ref()?.next.as_ref()?;
        Some((next.on_call()?, next.start))
    }

    fn phone(&self) -> Option<&str> {
        self.first()
            .and_then(|p| p.phone.as_deref())
            .or_else(|| self.team.as_ref().and_then(|t| t.phone.as_deref()))
            .or_else(|| self.person.as_ref().and_then(|p| p.phone.as_deref()))
    }

    fn email(&self) -> Option<&str> {
        self.first()
            .and_then(|p| p.email.as_deref())
            .or_else(|| self.team.as_ref().and_then(|t| t.email.as_deref()))
            .or_else(|| self.person.as_ref().and_then(|p| p.email.as_deref()))
    }

    fn chat(&self) -> Option<&str> {
        self.team.as_ref().and_then(|t| t.chat_url.as_deref()).filter(|u| is_web(u))
    }

    fn channel(&self) -> Option<&str> {
        self.team.as_ref().and_then(|t| t.chat_channel.as_deref())
    }

    fn reachable(&self) -> bool {
        self.phone().is_some() || self.email().is_some() || self.chat().is_some()
    }
}

/// The view.
pub(super) async fn show(mut viewer: Viewer, entity: Entity) -> Result<Response, PageError> {
    let contacts = Contacts::of(&mut viewer, entity.owner.as_ref()).await?;
    let latest = changes::latest(&mut viewer.cx(), entity.id).await?;
    let around = catalog::neighbourhood(&mut viewer.cx(), &entity.reference).await?;
    let apis = catalog::apis(&mut viewer.cx(), &entity.reference).await?;
    let descriptor = serde_json::from_str(entity.descriptor.get()).unwrap_or_default();
    let about = About::load(&mut viewer, &entity, &descriptor).await?;
    let watch = Watch::of(&mut viewer, &entity).await?;
    page::html(&ServicePage {
        shell: viewer.shell(Nav::Catalog),
        slos: slos(&entity),
        touches: Touches::of(&entity.name, entity.tier, around),
        contacts,
        about,
        watch,
        latest,
        apis,
        entity,
    })
}

/// The declared objectives, those promised to customers first.
fn slos(entity: &Entity) -> Vec<Slo> {
    let mut slos: Vec<Slo> = serde_json::from_str(entity.slos_json.get()).unwrap_or_default();
    slos.sort_by_key(|s| s.audience != Audience::Customer);
    slos
}

fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

/// How much failing an objective allows: `43 min of 30d`.
fn allowance(slo: &Slo) -> Option<String> {
    let window = duration_seconds(&slo.window).ok()?;
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "minutes, said roughly")]
    let seconds = (window as f64 * (100.0 - slo.objective) / 100.0) as i64;
    Some(match seconds {
        0..60 => format!("{seconds} s"),
        60..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    })
}

fn length(seconds: &i64) -> String {
    duration_text(*seconds)
}

fn window(slo: &Slo) -> String {
    slo.window.strip_suffix('d').map_or_else(|| slo.window.clone(), |days| format!("{days} days"))
}

impl ServicePage {
    /// The newest production change, else the newest anywhere.
    fn last(&self) -> Option<&Change> {
        self.latest.first()
    }

    fn tel(&self, number: &str) -> String {
        number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }

    fn has_apis(&self) -> bool {
        !self.apis.provides.is_empty() || !self.apis.consumes.is_empty()
    }

    /// Its APIs as two tables: caption, rows, heading of the other end, and what to say where nobody is there.
    fn api_sides(&self) -> [(&'static str, &[ApiUse], &'static str, &'static str); 2] {
        [
            ("It provides", &self.apis.provides, "Used by", "nobody says so"),
            ("It uses", &self.apis.consumes, "Provided by", "nobody known"),
        ]
    }

    fn hand_over(&self) -> String {
        format!("{}/hand-over", address::entity(&self.entity.reference))
    }
}
