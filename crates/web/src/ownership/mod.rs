//! Whose it is: hand it over, take what is nobody's, say that it is still ours, hand over all that a team owns.

mod bulk;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use portolan_domain::{
    Error, Limit,
    catalog::{
        likely::{self, Candidate},
        ownership::{self, Owned, Span},
    },
    people,
    usage::Event,
};

use crate::{
    Shared, address,
    caller::Viewer,
    error::PageError,
    flash::{self, Flash, Tone},
    form::Form,
    page::{self, Nav, Shell},
    words,
};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/catalog/{kind}/{namespace}/{name}/hand-over", get(form).post(hand_over))
        .route("/catalog/{kind}/{namespace}/{name}/confirmation", post(confirm))
        .route("/teams/{slug}/hand-over", get(bulk::form).post(bulk::hand_over))
        .route("/teams/{slug}/confirmation", post(bulk::confirm))
}

/// What an address may bring along.
#[derive(Debug, serde::Deserialize)]
struct Asked {
    owner: Option<String>,
}

#[derive(Template)]
#[template(path = "ownership/hand_over.html")]
struct HandOverPage {
    shell: Shell,
    thing: Owned,
    spans: Vec<Span>,
    candidates: Vec<Candidate>,
    teams: Vec<(String, String)>,
    may: bool,
    /// Only to whom it may go back, from whoever just gave it away.
    back: bool,
    form: Form,
}

impl HandOverPage {
    fn address(&self) -> String {
        address::entity(&self.thing.entity_ref)
    }

    fn owner(&self) -> &str {
        named(&self.thing)
    }
}

/// What people call the owner in force.
fn named(thing: &Owned) -> &str {
    thing.team_name.as_deref().or(thing.owner_ref.as_deref()).unwrap_or("nobody")
}

type EntityPath = Path<(String, String, String)>;

fn reference((kind, namespace, name): &(String, String, String)) -> String {
    format!("{kind}:{namespace}/{name}")
}

async fn form(
    mut viewer: Viewer,
    Path(path): EntityPath,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let thing = ownership::owned(&mut viewer.cx(), &reference(&path)).await?;
    let owner = match asked.owner {
        Some(word) => Some(chosen(&mut viewer, word).await?),
        None => None,
    };
    let form = Form::blank().with("version", thing.version).with_optional("owner", owner);
    show(viewer, thing, form, StatusCode::OK).await
}

/// What the form calls an owner that an address names by its reference.
async fn chosen(viewer: &mut Viewer, word: String) -> Result<String, PageError> {
    match ownership::owner(&mut viewer.cx(), &word).await {
        Ok(owner) => Ok(owner.slug.unwrap_or(owner.owner_ref)),
        Err(Error::Invalid(_)) => Ok(word),
        Err(error) => Err(error.into()),
    }
}

async fn show(
    mut viewer: Viewer,
    thing: Owned,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let spans = ownership::history(&mut viewer.cx(), thing.id).await?;
    let candidates = likely::owners(&mut viewer.cx(), &thing).await?;
    let may = ownership::may_hand_over(&mut viewer.cx(), &thing).await?;
    let back = if may { None } else { ownership::may_hand_back(&mut viewer.cx(), &thing).await? };
    let (mut teams, back) = match back {
        Some(owner) => (vec![(owner.slug.unwrap_or(owner.owner_ref), owner.name)], true),
        None => (team_choices(&mut viewer).await?, false),
    };
    let to = form.value("owner");
    if !back && !teams.is_empty() && !to.is_empty() && teams.iter().all(|(slug, _)| slug != to) {
        teams.push((to.to_owned(), to.to_owned())); // one person, who is handed it back
    }
    page::html_as(
        status,
        &HandOverPage { shell: viewer.shell(Nav::Catalog), thing, spans, candidates, teams, may, back, form },
    )
}

/// Teams to choose from, by name; none if there are more than a list can hold.
pub(crate) async fn team_choices(viewer: &mut Viewer) -> Result<Vec<(String, String)>, PageError> {
    let page = people::teams(&mut viewer.cx(), None, None, Limit::new(Limit::MAX)?).await?;
    if page.next.is_some() {
        return Ok(Vec::new());
    }
    Ok(page.items.into_iter().map(|t| (t.slug, t.name)).collect())
}

async fn hand_over(
    mut viewer: Viewer,
    Path(path): EntityPath,
    mut form: Form,
) -> Result<Response, PageError> {
    let entity_ref = reference(&path);
    let (to, reason, version) = (form.text("owner"), form.text("reason"), form.version());
    match ownership::hand_over(&mut viewer.cx(), &entity_ref, &to, &reason, version).await {
        Ok(done) => {
            note(&viewer, "handed-over", &done.entity_ref);
            Ok(told(&done).on(&address::entity(&done.entity_ref)))
        }
        Err(error) => {
            let is_stale = matches!(error, Error::Stale);
            let status = form.refuse(error)?;
            let thing = ownership::owned(&mut viewer.cx(), &entity_ref).await?;
            if is_stale {
                form.outrun(thing.version, &format!("{} owns it now", named(&thing)));
            }
            show(viewer, thing, form, status).await
        }
    }
}

/// What was done, what is left to do in the descriptor, and the way back.
fn told(done: &ownership::HandedOver) -> Flash {
    let lead = format!("{} owns it now.", done.to.name);
    let flash = match &done.descriptor_says {
        Some((says, place)) => {
            Flash::new(Tone::Warn, lead, format!("The descriptor still says {says}: change it in {place}."))
        }
        None => Flash::ok(lead, "The history keeps who had it before."),
    };
    match &done.from {
        Some(from) => flash
            .link(format!("{}/hand-over?owner={from}", address::entity(&done.entity_ref)), "Hand it back"),
        None => flash,
    }
}

async fn confirm(mut viewer: Viewer, Path(path): EntityPath, form: Form) -> Result<Response, PageError> {
    let thing = match ownership::confirm(&mut viewer.cx(), &reference(&path)).await {
        Err(Error::Conflict(why)) => {
            return Ok(Flash::new(Tone::Danger, "Not confirmed.", words::sentence(&why))
                .on(&address::entity(&reference(&path))));
        }
        done => done?,
    };
    note(&viewer, "confirmed", &thing.entity_ref);
    let here = address::entity(&thing.entity_ref);
    let next = form.value("next");
    let next = if flash::is_local(next) { next } else { &here };
    Ok(Flash::ok(
        "Confirmed.",
        format!("{} is still {}'s.", thing.title, thing.team_name.as_deref().unwrap_or("theirs")),
    )
    .on(next))
}

fn note(viewer: &Viewer, kind: &'static str, subject: &str) {
    viewer.portal().usage.note(Event {
        kind,
        person: viewer.person(),
        subject: subject.to_owned(),
        results: None,
    });
}
