//! Something that was made: whose it is, who looks after it, until when, and what can be done with it.

use askama::Template;
use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use portolan_domain::{
    Error, Limit, Page, ResourceId,
    provisioning::{
        self, Action, Credential, Effect, GivenUp, Module, Offering, Request, RequestFilter, Resource,
        ResourceState, StateOf, Takeover,
    },
};

use super::{in_fields, said};
use crate::{
    caller::Viewer,
    catalog::contacts::Contacts,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
    words,
};

#[derive(Template)]
#[template(path = "provisioning/resource.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides a part of its own")]
struct ResourcePage {
    shell: Shell,
    resource: Resource,
    offering: Offering,
    /// What can be done with it.
    actions: Vec<Action>,
    credentials: Vec<Credential>,
    /// Shown on this answer and never again: titles and values.
    revealed: Vec<(String, String)>,
    /// Whom to reach: who operates it, and its owner; none once it is gone.
    contacts: Option<Contacts>,
    history: Page<Request>,
    may_use: bool,
    /// Whether the viewer is of the team that it belongs to, which alone sees its credentials.
    is_own: bool,
    /// What Terraform remembers of it, for whoever may do something with it.
    states: Vec<StateOf>,
    may_restore: bool,
    may_export: bool,
    /// Since when nothing new is made of its kind, and what takes its place.
    end: Option<GivenUp>,
    /// What it was made with, once it is its users' own.
    taken_over: Option<Takeover>,
    form: Form,
}

/// A parameter as it was given.
struct Given {
    title: String,
    value: String,
    unusual: bool,
}

impl ResourcePage {
    fn is_there(&self) -> bool {
        self.resource.is_there()
    }

    fn given(&self) -> Vec<Given> {
        let fields = self.offering.fields();
        let title = |name: &str| fields.iter().find(|f| f.name == name).map(|f| f.title.clone());
        let given = self.resource.params.iter();
        given
            .map(|(name, value)| Given {
                title: title(name).unwrap_or_else(|| words::sentence(name)),
                value: said::value(value),
                unusual: self.resource.unusual.contains(name),
            })
            .collect()
    }

    fn cost(&self) -> Option<String> {
        Some(said::monthly(self.resource.cost?, self.resource.currency.as_deref()))
    }

    /// Whether there are credentials that nobody saw.
    fn has_unseen(&self) -> bool {
        self.credentials.iter().any(|credential| credential.shown_at.is_none())
    }

    /// The action that brings it to the newest version.
    fn upgrade(&self) -> Option<&Action> {
        self.actions
            .iter()
            .find(|action| action.effect == Effect::Upgrade)
            .filter(|_| self.resource.is_behind())
    }

    /// What can be done besides: upgrades stand at the top.
    fn others(&self) -> Vec<&Action> {
        self.actions.iter().filter(|action| action.effect != Effect::Upgrade).collect()
    }

    /// Whether somebody has to say by now that it is still needed.
    fn is_due(&self) -> bool {
        let first = [self.resource.expires_at, self.resource.review_at].into_iter().flatten().min();
        self.is_there() && first.is_some_and(|at| at <= self.shell.now)
    }

    /// What a module was applied with, as the file that Terraform reads by itself.
    fn variables(&self, module: &Module) -> String {
        serde_json::to_string_pretty(&module.variables).unwrap_or_default()
    }

    /// All that it was made with.
    fn parameters(&self) -> String {
        serde_json::to_string_pretty(&self.resource.params).unwrap_or_default()
    }

    fn is_folder(&self, module: &Module) -> bool {
        module.revision.is_none() && !module.source.contains("://")
    }

    fn may_be_renewed(&self) -> bool {
        self.may_use
            && self.is_there()
            && (self.resource.expires_at.is_some() || self.resource.review_at.is_some())
    }
}

/// The key in an address.
pub(super) fn key(text: &str) -> Result<ResourceId, Error> {
    text.parse().map_err(|_| Error::not_found("provisioned resource", text))
}

pub(super) async fn show(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    rendered(&mut viewer, key(&id)?, Vec::new(), Form::blank(), StatusCode::OK).await
}

/// The page once more, with what is wrong at its place.
pub(super) async fn refused(
    viewer: &mut Viewer,
    id: ResourceId,
    mut form: Form,
    error: Error,
) -> Result<Response, PageError> {
    let status = form.refuse(in_fields(error))?;
    rendered(viewer, id, Vec::new(), form, status).await
}

pub(super) async fn rendered(
    viewer: &mut Viewer,
    id: ResourceId,
    revealed: Vec<(String, String)>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let resource = provisioning::resource(cx, id).await?;
    let offering = provisioning::offering_at(cx, &resource.offering, resource.version).await?;
    let mut actions = offering.definition.actions.clone();
    let mut end = None;
    if resource.is_behind() || resource.stage.is_given_up() {
        // how it is brought to the newest version only the newest version knows
        let newest = provisioning::offering(cx, &resource.offering).await?;
        if resource.state == ResourceState::Active {
            end = provisioning::given_up(cx, &newest).await?;
        }
        actions.retain(|action| action.effect != Effect::Upgrade);
        actions
            .extend(newest.definition.actions.into_iter().filter(|action| action.effect == Effect::Upgrade));
    }
    let credentials = provisioning::credentials(cx, id).await?;
    let may_use = provisioning::may_use_resource(cx, &resource).await?;
    let is_own = provisioning::may_reveal(cx, &resource).await?;
    let states = if may_use { provisioning::states_of(cx, id).await? } else { Vec::new() };
    let may_restore = !states.is_empty() && provisioning::may_edit_offering(cx, &offering).await?;
    let may_export = !states.is_empty() && provisioning::may_export_state(cx, &resource).await?;
    let is_taken = may_use && resource.state == ResourceState::Ejected;
    let taken_over = if is_taken { Some(provisioning::takeover(cx, id).await?) } else { None };
    let filter = RequestFilter { resource: Some(id), ..RequestFilter::default() };
    let history = provisioning::requests(cx, &filter, None, Limit::new(20)?).await?;
    let contacts = match resource.state {
        ResourceState::Removed => None,
        ResourceState::Active | ResourceState::Ejected => {
            let found = Contacts::of_team(viewer, &resource.operated_by).await?;
            Some(found.owned_by(&resource.team))
        }
    };
    let shell = viewer.shell(Nav::Provision);
    page::html_as(
        status,
        &ResourcePage {
            shell,
            resource,
            offering,
            actions,
            credentials,
            revealed,
            contacts,
            history,
            may_use,
            is_own,
            states,
            may_restore,
            may_export,
            end,
            taken_over,
            form,
        },
    )
}

/// Shows what is secret on this one answer.
pub(super) async fn reveal(
    mut viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = key(&id)?;
    let portal = viewer.portal().clone();
    match provisioning::reveal(&mut viewer.cx(), portal.sealing_key.as_ref(), id).await {
        Ok(revealed) => {
            let mut response = rendered(&mut viewer, id, revealed, form, StatusCode::OK).await?;
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        Err(error) => refused(&mut viewer, id, form, error).await,
    }
}

pub(super) async fn renew(
    mut viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let id = key(&id)?;
    match provisioning::renew(&mut viewer.cx(), id).await {
        Ok(resource) => {
            let shell = viewer.shell(Nav::Provision);
            let until = resource
                .expires_at
                .or(resource.review_at)
                .map(|at| at.to_zoned(shell.time_zone().clone()).strftime("%-d %b %Y").to_string());
            let told = Flash::ok(
                "Renewed.",
                until.map_or_else(String::new, |day| format!("The next date is {day}.")),
            );
            Ok(told.on(&resource.link()))
        }
        Err(error) => refused(&mut viewer, id, form, error).await,
    }
}
