//! Waivers: a guardrail that a team need not keep for a while, asked for, decided, ended.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Error, WaiverId,
    people::TeamName,
    provisioning::{self, Definition, NewWaiver, Offering, Waiver, WaiverState},
};

use super::{in_fields, my_teams, said};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
    words,
};

/// What an address may bring along.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    offering: String,
    #[serde(default)]
    guardrail: String,
}

#[derive(Template)]
#[template(path = "provisioning/waivers.html")]
struct WaiversPage {
    shell: Shell,
    waivers: Vec<Waiver>,
    offerings: Vec<(String, String)>,
    /// The offering whose guardrail is to be waived, once it is chosen.
    of: Option<Of>,
    teams: Vec<TeamName>,
    form: Form,
}

/// An offering, and what can be waived of it.
struct Of {
    title: String,
    /// Name of each guardrail, the same in words, and what it says.
    guardrails: Vec<(String, String, String)>,
}

impl Of {
    fn new(offering: &Offering) -> Self {
        let (d, fields) = (&offering.definition, offering.fields());
        let mut guardrails: Vec<(String, String, String)> = Vec::new();
        for g in d.guardrails.iter().chain(d.actions.iter().flat_map(|action| &action.guardrails)) {
            if guardrails.iter().all(|(name, ..)| *name != g.name) {
                let pieces = Definition::outline(&g.message, &fields);
                let text: String = pieces.iter().map(said::piece).collect();
                let called = words::sentence(&g.name.replace(['-', '_'], " "));
                guardrails.push((g.name.clone(), called, words::sentence(&text)));
            }
        }
        Self { title: offering.title.clone(), guardrails }
    }
}

impl WaiversPage {
    fn team_choices(&self) -> Vec<(String, String)> {
        self.teams.iter().map(|team| (team.slug.clone(), team.name.clone())).collect()
    }

    fn is_asked(&self, waiver: &&Waiver) -> bool {
        waiver.state == WaiverState::Asked
    }

    /// Whether the viewer may end it: it is for a team of theirs, or theirs to decide.
    fn may_end(&self, waiver: &&Waiver) -> bool {
        let open = matches!(waiver.state, WaiverState::Asked | WaiverState::Granted);
        open && (waiver.mine || self.teams.iter().any(|team| team.id == waiver.team.id))
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let form = Form::blank().with("offering", asked.offering).with("guardrail", asked.guardrail);
    rendered(&mut viewer, form, StatusCode::OK).await
}

async fn rendered(viewer: &mut Viewer, form: Form, status: StatusCode) -> Result<Response, PageError> {
    let teams = my_teams(viewer).await?;
    let cx = &mut viewer.cx();
    let waivers = provisioning::waivers(cx, None, None).await?;
    let offerings = provisioning::offerings(cx).await?.into_iter().map(|o| (o.name, o.title)).collect();
    let of = match form.optional("offering") {
        None => None,
        Some(name) => match provisioning::offering(cx, &name).await {
            Err(Error::NotFound { .. }) => None,
            found => Some(Of::new(&found?)),
        },
    };
    let shell = viewer.shell(Nav::Provision);
    page::html_as(status, &WaiversPage { shell, waivers, offerings, of, teams, form })
}

async fn done(
    mut viewer: Viewer,
    mut form: Form,
    result: Result<Waiver, Error>,
    told: Flash,
) -> Result<Response, PageError> {
    match result {
        Ok(_) => Ok(told.on("/provision/waivers")),
        Err(error) => {
            let status = form.refuse(in_fields(error))?;
            rendered(&mut viewer, form, status).await
        }
    }
}

pub(super) async fn save(mut viewer: Viewer, form: Form) -> Result<Response, PageError> {
    let result = match form.text("ends_on").parse() {
        Ok(ends_on) => {
            let new = NewWaiver {
                offering: form.text("offering"),
                guardrail: form.text("guardrail"),
                team: form.text("team"),
                reason: form.text("reason"),
                ends_on,
            };
            provisioning::ask_waiver(&mut viewer.cx(), new).await
        }
        Err(_) => Err(Error::invalid("ends_on", "is needed: a waiver has an end")),
    };
    done(viewer, form, result, Flash::ok("Asked.", "The offering’s team is told, and decides.")).await
}

fn key(text: &str) -> Result<WaiverId, Error> {
    text.parse().map_err(|_| Error::not_found("waiver", text))
}

pub(super) async fn decide(
    mut viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let granted = form.is("granted", "yes");
    let note = form.text("note");
    let result = provisioning::decide_waiver(&mut viewer.cx(), key(&id)?, granted, &note).await;
    let told = if granted {
        Flash::ok("Granted.", "It counts from now on, until its end.")
    } else {
        Flash::ok("Refused.", "Whoever asked is told, with your reason.")
    };
    done(viewer, form, result, told).await
}

pub(super) async fn end(
    mut viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let result = provisioning::end_waiver(&mut viewer.cx(), key(&id)?).await;
    done(viewer, form, result, Flash::ok("Ended.", "The guardrail has to hold again.")).await
}
