//! Search over everything: the page `/search`, and the same list as a fragment for the palette while typing.

use askama::Template;
use axum::{
    Router,
    extract::Query,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use portolan_domain::{
    Limit,
    catalog::{self, Found, Kind, Summary},
    people::{self, PersonName},
    usage::Event,
};
use serde::Deserialize;

use crate::{
    Shared,
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/search", get(search))
        .route("/search/quick", get(quick))
        .route("/search/people", get(for_people))
}

/// For templates: a service needs no word for what it is.
pub(crate) const COMPONENT: Kind = Kind::Component;

/// The entities in groups: title, rows, and the kind whose index shows them all.
pub(crate) fn groups(found: &Found) -> [(&'static str, &[Summary], &'static str); 2] {
    [("Services", &found.services, "component"), ("APIs, resources, systems, domains", &found.others, "api")]
}

/// What is looked for.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "search/page.html")]
struct SearchPage {
    shell: Shell,
    q: String,
    found: Found,
}

#[derive(Template)]
#[template(path = "search/quick.html")]
struct QuickList {
    q: String,
    found: Found,
}

async fn search(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let found = find(&mut viewer, &asked.q, 10).await?;
    if !asked.q.trim().is_empty() {
        let results = i32::try_from(found.len()).ok();
        viewer.portal().usage.note(Event {
            kind: "searched",
            person: viewer.person(),
            subject: asked.q.trim().to_owned(),
            results,
        });
    }
    page::html(&SearchPage { shell: viewer.shell(Nav::Nowhere), q: asked.q, found })
}

/// The palette asks at every key: no event, few rows, kept by the browser for a minute.
async fn quick(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let found = find(&mut viewer, &asked.q, 5).await?;
    let list = page::html(&QuickList { q: asked.q, found })?;
    Ok(([(header::CACHE_CONTROL, "private, max-age=60")], list).into_response())
}

/// The people among what the palette would find, for a field that names one.
#[derive(Template)]
#[template(path = "search/people.html")]
struct PeopleList {
    people: Vec<PersonName>,
}

async fn for_people(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let q: String = asked.q.chars().take(200).collect();
    let people = people::find_people(&mut viewer.cx(), &q, Limit::new(12)?).await?;
    let list = page::html(&PeopleList { people })?;
    Ok(([(header::CACHE_CONTROL, "private, max-age=60")], list).into_response())
}

async fn find(viewer: &mut Viewer, q: &str, rows: i64) -> Result<Found, PageError> {
    let q: String = q.chars().take(200).collect();
    Ok(catalog::search(&mut viewer.cx(), &q, Limit::new(rows)?).await?)
}
