//! The list of people, and the page of one.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query},
    response::Response,
    routing::get,
};
use portolan_domain::{
    Limit, Page,
    catalog::{self, Owned},
    people::{self, PeopleFilter, Person, PersonName, Stay, TeamName},
};

use super::now_and_before;
use crate::{
    Shared,
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    form::Form,
    page::{self, Nav, Shell},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/people", get(list)).route("/people/{handle}", get(show))
}

/// The choices in the address bar.
#[derive(Debug, Default, serde::Deserialize)]
struct Choices {
    #[serde(default)]
    q: String,
    /// `active` (the default), `inactive`, `admins`, `all`.
    #[serde(default)]
    who: String,
    after: Option<String>,
}

impl Choices {
    fn filter(&self) -> PeopleFilter {
        let (active, admin) = match self.who.as_str() {
            "inactive" => (Some(false), None),
            "admins" => (Some(true), Some(true)),
            "all" => (None, None),
            _ => (Some(true), None),
        };
        PeopleFilter { q: Some(self.q.clone()).filter(|q| !q.trim().is_empty()), active, admin }
    }
}

#[derive(Template)]
#[template(path = "people/people.html")]
struct PeoplePage {
    shell: Shell,
    choices: Choices,
    people: Page<Person>,
}

impl PeoplePage {
    const WHO: [(&'static str, &'static str); 4] =
        [("active", "Active"), ("admins", "Admins"), ("inactive", "No longer here"), ("all", "All")];

    fn is_chosen(&self, who: &str) -> bool {
        self.choices.who == who || (self.choices.who.is_empty() && who == "active")
    }

    fn address(&self, who: &str, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !self.choices.q.is_empty() {
            query.append_pair("q", &self.choices.q);
        }
        if who != "active" && !who.is_empty() {
            query.append_pair("who", who);
        }
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        format!("/people?{}", query.finish())
    }

    fn steps(&self) -> Steps {
        let around = (self.people.previous.as_ref(), self.people.next.as_ref());
        let later = self.choices.after.as_ref().is_some_and(|a| !a.is_empty());
        Steps::new(around, later, |after| self.address(&self.choices.who, after))
    }
}

async fn list(mut viewer: Viewer, Query(choices): Query<Choices>) -> Result<Response, PageError> {
    let after = choices.after.as_deref().and_then(address::cursor);
    let people = people::people(&mut viewer.cx(), &choices.filter(), after, Limit::new(50)?).await?;
    page::html(&PeoplePage { shell: viewer.shell(Nav::People), choices, people })
}

#[derive(Template)]
#[template(path = "people/person.html")]
struct PersonPage {
    shell: Shell,
    person: Person,
    manager: Option<PersonName>,
    reports: Vec<PersonName>,
    now: Vec<(Stay, Owned)>,
    before: Vec<Stay>,
    leads: Vec<TeamName>,
    is_me: bool,
}

async fn show(mut viewer: Viewer, Path(handle): Path<String>) -> Result<Response, PageError> {
    let shell = viewer.shell(Nav::People);
    let me = viewer.person();
    let cx = &mut viewer.cx();
    let person = people::person(cx, &handle).await?;
    let ids: Vec<_> = person.manager_id.into_iter().collect();
    let (current, before) = now_and_before(people::stays(cx, person.id).await?, cx.now());
    let mut now = Vec::new();
    for stay in current {
        let owned = catalog::owned_by(cx, stay.team.id).await?;
        now.push((stay, owned));
    }
    page::html(&PersonPage {
        shell,
        manager: people::person_names(cx, &ids).await?.pop(),
        reports: people::reports(cx, person.id).await?,
        now,
        before,
        leads: people::led_by(cx, person.id).await?,
        is_me: me == Some(person.id),
        person,
    })
}

/// The fields that people edit of themselves.
pub(super) fn profile_form(person: &Person) -> Form {
    Form::blank()
        .with("version", person.version)
        .with("name", &person.name)
        .with_optional("phone", person.phone.as_ref())
        .with("time_zone", &person.time_zone)
}
