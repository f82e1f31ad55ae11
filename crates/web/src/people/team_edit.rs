//! Making and editing a team, and who is in it.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use portolan_domain::{
    Error, MembershipId, Result as Outcome,
    people::{self, NewTeam, PersonName, Role, Team, TeamEdit},
};

use super::{choices, teams::refused};
use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/teams/new", get(blank).post(create))
        .route("/teams/{slug}/edit", get(edit_form).post(edit))
        .route("/teams/{slug}/members", post(add_member))
        .route("/teams/{slug}/members/{id}/end", post(end_membership))
}

#[derive(Template)]
#[template(path = "people/team_edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    /// The team as it is; none for a new one.
    team: Option<Team>,
    /// Teams to put it below.
    parents: Vec<(String, String)>,
    /// People to choose a lead from.
    people: Vec<PersonName>,
}

impl EditPage {
    const ROLES: [Role; 4] = Role::ALL;

    const FIELDS: [&'static str; 10] =
        ["name", "purpose", "kind", "parent", "lead", "roles", "chat_channel", "chat_url", "email", "phone"];

    fn is_described(&self, field: &str) -> bool {
        self.team.as_ref().is_some_and(|t| t.is_described(field))
    }

    /// Whether the descriptor leaves nothing to be said here.
    fn is_all_described(&self) -> bool {
        Self::FIELDS.iter().all(|field| self.is_described(field))
    }
}

#[derive(Debug, serde::Deserialize)]
struct Below {
    #[serde(default)]
    parent: String,
}

async fn blank(mut viewer: Viewer, Query(below): Query<Below>) -> Result<Response, PageError> {
    let form = Form::blank().with("kind", "team").with("parent", below.parent);
    page::html(&edit_page(&mut viewer, form, None).await?)
}

async fn edit_page(viewer: &mut Viewer, form: Form, team: Option<Team>) -> Result<EditPage, PageError> {
    let shell = viewer.shell(Nav::Teams);
    let org = people::org(&mut viewer.cx()).await?;
    let own = team.as_ref().map(|t| t.id);
    let parents = org.into_iter().filter(|t| Some(t.id) != own).map(|t| (t.slug, t.name)).collect();
    let people = choices(viewer, form.value("lead")).await?;
    Ok(EditPage { shell, form, team, parents, people })
}

async fn create(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let new = NewTeam {
        slug: form.text("slug"),
        name: form.text("name"),
        purpose: form.text("purpose"),
        kind: form.text("kind"),
        parent: form.optional("parent"),
        lead: form.optional("lead"),
        chat_channel: form.optional("chat_channel"),
        chat_url: form.optional("chat_url"),
        email: form.optional("email"),
        phone: form.optional("phone"),
        roles: roles(&form),
    };
    match people::create_team(&mut viewer.cx(), new).await {
        Ok(team) => {
            Ok(Flash::ok("Team made.", format!("{} has nobody yet: add its members below.", team.name))
                .on(&format!("/teams/{}", team.slug)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &edit_page(&mut viewer, form, None).await?)
        }
    }
}

async fn edit_form(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let team = people::team(&mut viewer.cx(), &slug).await?;
    people::require_team(&mut viewer.cx(), Some(team.id), &format!("the team {}", team.name)).await?;
    let form = filled(&mut viewer, &team).await?;
    page::html(&edit_page(&mut viewer, form, Some(team)).await?)
}

async fn filled(viewer: &mut Viewer, team: &Team) -> Outcome<Form> {
    let parent = people::ancestors(&mut viewer.cx(), team.id).await?.into_iter().next().map(|t| t.slug);
    let lead = match team.lead_id {
        Some(id) => Some(people::person_by_id(&mut viewer.cx(), id).await?.handle),
        None => None,
    };
    let form = Form::blank()
        .with("version", team.version)
        .with("name", &team.name)
        .with("purpose", &team.purpose)
        .with("kind", &team.kind)
        .with_optional("parent", parent)
        .with_optional("lead", lead)
        .with_optional("chat_channel", team.chat_channel.as_ref())
        .with_optional("chat_url", team.chat_url.as_ref())
        .with_optional("email", team.email.as_ref())
        .with_optional("phone", team.phone.as_ref());
    Ok(team.roles.iter().fold(form, |form, role| form.with("roles", role.as_str())))
}

async fn edit(mut viewer: Viewer, Path(slug): Path<String>, mut form: Form) -> Result<Response, PageError> {
    let team = people::team(&mut viewer.cx(), &slug).await?;
    match people::edit_team(&mut viewer.cx(), &slug, changes(&form, &team), form.version()).await {
        Ok(team) => Ok(Flash::ok("Team saved.", "").on(&format!("/teams/{}", team.slug))),
        Err(Error::Stale) => {
            let team = people::team(&mut viewer.cx(), &slug).await?;
            let status = form.refuse(Error::Stale)?;
            form.overtaken(&filled(&mut viewer, &team).await?);
            page::html_as(status, &edit_page(&mut viewer, form, Some(team)).await?)
        }
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &edit_page(&mut viewer, form, Some(team)).await?)
        }
    }
}

/// What the form changes; fields that a descriptor gives are shown in it and not sent.
fn changes(form: &Form, team: &Team) -> TeamEdit {
    let given = |field: &str| !team.is_described(field);
    let optional = |field: &str| given(field).then(|| form.optional(field));
    TeamEdit {
        name: given("name").then(|| form.text("name")),
        purpose: given("purpose").then(|| form.text("purpose")),
        kind: given("kind").then(|| form.text("kind")),
        parent: optional("parent"),
        lead: optional("lead"),
        chat_channel: optional("chat_channel"),
        chat_url: optional("chat_url"),
        email: optional("email"),
        phone: optional("phone"),
        roles: given("roles").then(|| roles(form)),
    }
}

fn roles(form: &Form) -> Vec<Role> {
    form.all("roles").iter().filter_map(|word| word.parse().ok()).collect()
}

async fn add_member(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let added = match day(&viewer, &form, "from") {
        Ok(from) => people::add_member(&mut viewer.cx(), &slug, form.value("person"), from).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(Flash::ok("Added.", format!("{} is a member.", form.text("person")))
            .on(&format!("/teams/{slug}"))),
        Err(error) => {
            let status = form.refuse(error)?;
            refused(&mut viewer, &slug, form, status).await
        }
    }
}

async fn end_membership(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, uuid::Uuid)>,
    form: Form,
) -> Result<Response, PageError> {
    let until = day(&viewer, &form, "until")?;
    people::end_membership(&mut viewer.cx(), MembershipId(id), until).await?;
    Ok(Flash::ok("Membership ended.", "It stays in the team's history.").on(&format!("/teams/{slug}")))
}

/// The beginning of a day in the viewer's zone; none if the field is empty.
fn day(viewer: &Viewer, form: &Form, field: &str) -> Outcome<Option<Timestamp>> {
    let Some(text) = form.optional(field) else { return Ok(None) };
    let zone = TimeZone::get(&viewer.actor().time_zone).unwrap_or(TimeZone::UTC);
    let day = text.parse::<Date>().ok().and_then(|d| d.to_zoned(zone).ok());
    day.map(|d| Some(d.timestamp())).ok_or_else(|| Error::invalid(field, "must be a day like 2026-11-21"))
}
