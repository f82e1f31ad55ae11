//! Making and editing a person, and the link to sign in with. For admins; people edit themselves on their account page.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use portolan_domain::{
    Error,
    people::{self, NewPerson, OneTimeLink, Person, PersonEdit, PersonName},
};

use super::{choices, persons::profile_form};
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
        .route("/people/new", get(blank).post(create))
        .route("/people/{handle}/edit", get(edit_form).post(edit))
        .route("/people/{handle}/sign-in-link", post(sign_in_link))
}

#[derive(Template)]
#[template(path = "people/person_edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    /// The person as they are; none for a new one.
    person: Option<Person>,
    /// People to choose a manager from.
    people: Vec<PersonName>,
}

async fn edit_page(viewer: &mut Viewer, form: Form, person: Option<Person>) -> Result<EditPage, PageError> {
    let people = choices(viewer, form.value("manager")).await?;
    Ok(EditPage { shell: viewer.shell(Nav::People), form, person, people })
}

impl EditPage {
    fn is_described(&self, field: &str) -> bool {
        self.person.as_ref().is_some_and(|p| p.is_described(field))
    }
}

async fn blank(mut viewer: Viewer) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    // most likely they sit where their admin does
    let time_zone = viewer.actor().time_zone.clone();
    let form = Form::blank().with("time_zone", time_zone);
    page::html(&edit_page(&mut viewer, form, None).await?)
}

async fn create(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let new = NewPerson {
        handle: form.text("handle"),
        name: form.text("name"),
        email: form.text("email"),
        phone: form.optional("phone"),
        time_zone: form.text("time_zone"),
        manager: form.optional("manager"),
        admin: form.flag("admin"),
    };
    match people::create_person(&mut viewer.cx(), new).await {
        Ok(person) => {
            let flash = Flash::ok(
                "Person made.",
                format!("{} signs in through a link: make one below.", person.name),
            );
            Ok(flash.on(&format!("/people/{}", person.handle)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &edit_page(&mut viewer, form, None).await?)
        }
    }
}

async fn edit_form(mut viewer: Viewer, Path(handle): Path<String>) -> Result<Response, PageError> {
    viewer.cx().admin()?;
    let person = people::person(&mut viewer.cx(), &handle).await?;
    let form = filled(&mut viewer, &person).await?;
    page::html(&edit_page(&mut viewer, form, Some(person)).await?)
}

async fn filled(viewer: &mut Viewer, person: &Person) -> Result<Form, PageError> {
    let manager = match person.manager_id {
        Some(id) => Some(people::person_by_id(&mut viewer.cx(), id).await?.handle),
        None => None,
    };
    let mut form =
        profile_form(person).with_optional("email", person.email.as_ref()).with_optional("manager", manager);
    for (field, _) in [("admin", person.admin), ("active", person.active)].into_iter().filter(|(_, is)| *is) {
        form = form.with(field, "yes");
    }
    Ok(form)
}

async fn edit(mut viewer: Viewer, Path(handle): Path<String>, mut form: Form) -> Result<Response, PageError> {
    let person = people::person(&mut viewer.cx(), &handle).await?;
    // what the descriptor gives is shown and not sent
    let given = |field: &str| !person.is_described(field);
    let edit = PersonEdit {
        name: given("name").then(|| form.text("name")),
        email: given("email").then(|| form.optional("email")).flatten(),
        phone: given("phone").then(|| form.optional("phone")),
        time_zone: given("time_zone").then(|| form.text("time_zone")),
        manager: given("manager").then(|| form.optional("manager")),
        admin: Some(form.flag("admin")),
        active: Some(form.flag("active")),
    };
    match people::edit_person(&mut viewer.cx(), &handle, edit, form.version()).await {
        Ok(person) => Ok(Flash::ok("Person saved.", "").on(&format!("/people/{}", person.handle))),
        Err(Error::Stale) => {
            let person = people::person(&mut viewer.cx(), &handle).await?;
            let status = form.refuse(Error::Stale)?;
            form.overtaken(&filled(&mut viewer, &person).await?);
            page::html_as(status, &edit_page(&mut viewer, form, Some(person)).await?)
        }
        Err(error) => {
            let status = form.refuse(error)?;
            page::html_as(status, &edit_page(&mut viewer, form, Some(person)).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "people/link_made.html")]
struct LinkMadePage {
    shell: Shell,
    person: Person,
    link: OneTimeLink,
    url: String,
}

/// The link is shown in this answer and not kept: a redirect would have to carry it somewhere.
async fn sign_in_link(
    mut viewer: Viewer,
    State(portal): State<Shared>,
    Path(handle): Path<String>,
) -> Result<Response, PageError> {
    let link = people::create_sign_in_link(&mut viewer.cx(), &handle).await?;
    let person = people::person(&mut viewer.cx(), &handle).await?;
    let url = format!("{}/sign-in/{}", portal.base_url, link.secret);
    page::html_as(StatusCode::CREATED, &LinkMadePage { shell: viewer.shell(Nav::People), person, link, url })
}
