//! Doing something with what exists: a form of its own, with what will happen beside it.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, ProvisioningRequestId, ResourceId,
    provisioning::{self, Action, Effect, Field, Parameters, Resource},
};
use serde_json::Map;

use super::{
    ask::{in_params, told},
    card::{Card, For},
    fields::{self, Shown},
    in_fields, my_teams,
    resource::key,
};
use crate::{
    caller::Viewer,
    error::PageError,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "provisioning/action.html")]
struct ActionPage {
    shell: Shell,
    resource: Resource,
    action: Action,
    fields: Vec<Shown>,
    form: Form,
    card: Card,
}

impl ActionPage {
    fn address(&self) -> String {
        format!("{}/actions/{}", self.resource.link(), self.action.name)
    }

    fn crumbs(&self) -> [(String, String); 2] {
        [
            ("/provision/resources".to_owned(), "What we have".to_owned()),
            (self.resource.link(), self.resource.name.clone()),
        ]
    }

    /// Whether it cannot be had back.
    fn is_final(&self) -> bool {
        self.action.effect == Effect::Remove
    }

    /// What it means, said before it is pressed.
    fn consequence(&self) -> Option<String> {
        let (name, operator) = (&self.resource.name, &self.resource.operated_by.name);
        match self.action.effect {
            Effect::Remove => {
                Some(format!("{name} and what is in it is gone then, and cannot be had back from here."))
            }
            Effect::Eject => Some(format!(
                "From then on {} operates, upgrades and pays attention to {name} alone: {operator} is not on call for it any more.",
                self.resource.team.name
            )),
            Effect::Upgrade => Some(format!(
                "It was made with version {}, and the offering is at version {} now.",
                self.resource.version, self.resource.newest
            )),
            Effect::Change => None,
        }
    }
}

/// The fields of an action.
pub(super) fn fields_of(action: Option<&Action>) -> Vec<Field> {
    let schema = action.and_then(|action| action.parameters.clone());
    Parameters::read(schema).map(|parameters| parameters.fields()).unwrap_or_default()
}

/// The resource, and the action as it is done now: an upgrade is the newest version's.
async fn found(viewer: &mut Viewer, id: ResourceId, name: &str) -> Result<(Resource, Action), PageError> {
    let cx = &mut viewer.cx();
    let resource = provisioning::resource(cx, id).await?;
    let own = provisioning::offering_at(cx, &resource.offering, resource.version).await?;
    let newest = provisioning::offering(cx, &resource.offering).await?;
    let upgrade =
        newest.definition.actions.into_iter().find(|a| a.name == name && a.effect == Effect::Upgrade);
    let own = own.definition.actions.into_iter().find(|a| a.name == name && a.effect != Effect::Upgrade);
    let action = upgrade.or(own).ok_or_else(|| Error::not_found("action", name))?;
    Ok((resource, action))
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let (resource, action) = found(&mut viewer, key(&id)?, &name).await?;
    if !provisioning::may_use_resource(&mut viewer.cx(), &resource).await? {
        let why = format!("{} owns {}; ask somebody of it, or an admin", resource.team.name, resource.name);
        return Err(Error::Forbidden(why).into());
    }
    let form = Form::blank().with("once", ProvisioningRequestId::new()).with("reason", "");
    // it begins with what it is
    let form = fields::filled(&fields_of(Some(&action)), &resource.params, form);
    rendered(&mut viewer, resource, action, form, StatusCode::OK).await
}

async fn rendered(
    viewer: &mut Viewer,
    resource: Resource,
    action: Action,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let of = fields_of(Some(&action));
    let card = card(viewer, &resource, &action, &form).await?;
    let teams = my_teams(viewer).await?;
    let fields = fields::shown(&of, &form, &teams);
    page::html_as(
        status,
        &ActionPage { shell: viewer.shell(Nav::Provision), resource, action, fields, form, card },
    )
}

async fn card(
    viewer: &mut Viewer,
    resource: &Resource,
    action: &Action,
    form: &Form,
) -> Result<Card, PageError> {
    let of = fields_of(Some(action));
    let (params, unread) = fields::read(&of, form);
    let mut checked =
        provisioning::check_action(&mut viewer.cx(), resource.id, &action.name, &params).await?;
    checked.problems.extend(in_params(unread));
    let base_url = viewer.portal().base_url.clone();
    let id = resource.id.to_string();
    let what = For::Action { resource: &id, name: &action.name, title: &action.title };
    Ok(Card::new(viewer.shell(Nav::Provision), &base_url, &of, checked, &what))
}

pub(super) async fn check(
    mut viewer: Viewer,
    Path((id, name)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let (resource, action) = found(&mut viewer, key(&id)?, &name).await?;
    page::html(&card(&mut viewer, &resource, &action, &form).await?)
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path((id, name)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let id = key(&id)?;
    let (resource, action) = found(&mut viewer, id, &name).await?;
    let of = fields_of(Some(&action));
    let mut form = fields::called(&of, form);
    if form.is("do", "check") {
        return rendered(&mut viewer, resource, action, form, StatusCode::OK).await;
    }
    let (params, unread) = fields::read(&of, &form);
    let result = if unread.is_empty() {
        acted(&mut viewer, id, &name, params, &form).await
    } else {
        Err(Error::Invalid(unread))
    };
    match result {
        Ok(request) => Ok(told(&request).on(&request.link())),
        Err(error) => {
            let status = form.refuse(in_fields(error))?;
            rendered(&mut viewer, resource, action, form, status).await
        }
    }
}

async fn acted(
    viewer: &mut Viewer,
    id: ResourceId,
    name: &str,
    params: Map<String, serde_json::Value>,
    form: &Form,
) -> Result<provisioning::Request, Error> {
    let portal = viewer.portal().clone();
    let (reason, once) = (form.text("reason"), form.optional("once"));
    let key = portal.sealing_key.as_ref();
    provisioning::act(&mut viewer.cx(), key, id, name, params, &reason, once.as_deref()).await
}
