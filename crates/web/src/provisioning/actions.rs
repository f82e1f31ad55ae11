//! Doing something with what exists: a form of its own, with what will happen beside it.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Error, ProvisioningRequestId, ResourceId,
    provisioning::{self, Action, ActionForm, Effect, Field, Parameters, Resource},
};
use serde_json::Map;

use super::{
    Behind,
    ask::{in_params, told},
    card::{Card, For},
    fields::{self, Shown},
    in_fields, my_teams,
    resource::key,
    said, wrong,
};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::Form,
    page::{self, Nav, Shell},
    words,
};

#[derive(Template)]
#[template(path = "provisioning/action.html")]
struct ActionPage {
    shell: Shell,
    resource: Resource,
    action: Action,
    fields: Vec<Shown>,
    /// What the newest version of the offering asks for that the one it was made with did not.
    changes: Vec<said::Change>,
    form: Form,
    card: Card,
}

impl ActionPage {
    fn address(&self) -> String {
        format!("{}/actions/{}", self.resource.link(), self.action.name)
    }

    fn version(&self, number: &i32) -> String {
        words::sentence(&said::version(number))
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
            Effect::Remove => Some(format!(
                "{name} is gone then, with what is in it, and leaves the catalog. It cannot be had back from here."
            )),
            Effect::Eject => Some(format!(
                "From then on {} alone operates {name}: {operator} is not on call for it any more, it does not end by itself, nothing is done with it from here, and this cannot be taken back.",
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
async fn found(viewer: &mut Viewer, id: ResourceId, name: &str) -> Result<(Resource, ActionForm), PageError> {
    let cx = &mut viewer.cx();
    let resource = provisioning::resource(cx, id).await?;
    let asked = provisioning::action_form(cx, &resource, name).await?;
    Ok((resource, asked))
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let (resource, asked) = found(&mut viewer, key(&id)?, &name).await?;
    if !provisioning::may_use_resource(&mut viewer.cx(), &resource).await? {
        let why = format!("{} owns {}; ask somebody of it, or an admin", resource.team.name, resource.name);
        return Err(Error::Forbidden(why).into());
    }
    if !resource.is_there() {
        let what = if resource.is_taken_over() { "is its team’s own" } else { "is gone" };
        let told = Flash::new(
            Tone::Info,
            "Nothing can be done with it from here:",
            format!("{} {what}.", resource.name),
        );
        return Ok(told.on(&resource.link()));
    }
    let form = Form::blank().with("once", ProvisioningRequestId::new()).with("reason", "");
    // it begins with what it is
    let form = fields::filled(&asked.fields, &resource.params, form);
    rendered(&mut viewer, resource, asked, form, StatusCode::OK).await
}

async fn rendered(
    viewer: &mut Viewer,
    resource: Resource,
    asked: ActionForm,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let card = card(viewer, &resource, &asked, &form).await?;
    let teams = my_teams(viewer).await?;
    let fields = fields::shown(&asked.fields, &form, &teams);
    let changes = said::changes(&asked.changes, "not asked for", "not asked for any more");
    let (shell, action) = (viewer.shell(Nav::Provision), asked.action);
    page::html_as(status, &ActionPage { shell, resource, action, fields, changes, form, card })
}

async fn card(
    viewer: &mut Viewer,
    resource: &Resource,
    asked: &ActionForm,
    form: &Form,
) -> Result<Card, PageError> {
    let (params, unread) = fields::read(&asked.fields, form);
    let action = &asked.action;
    let mut checked =
        provisioning::check_action(&mut viewer.cx(), resource.id, &action.name, &params).await?;
    checked.problems.extend(in_params(unread));
    let base_url = viewer.portal().base_url.clone();
    let behind = Behind::of(viewer, &checked.offering).await?;
    let what = For::Action { resource, action };
    Ok(Card::new(viewer.shell(Nav::Provision), &base_url, &asked.fields, checked, &what, behind))
}

pub(super) async fn check(
    mut viewer: Viewer,
    Path((id, name)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let (resource, asked) = found(&mut viewer, key(&id)?, &name).await?;
    page::html(&card(&mut viewer, &resource, &asked, &form).await?)
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path((id, name)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let id = key(&id)?;
    let (resource, asked) = found(&mut viewer, id, &name).await?;
    let mut form = fields::called(&asked.fields, form);
    let (params, unread) = fields::read(&asked.fields, &form);
    if form.is("do", "check") {
        let checked = provisioning::check_action(&mut viewer.cx(), id, &name, &params).await?;
        form.refuse(in_fields(wrong(&checked, unread)))?;
        return rendered(&mut viewer, resource, asked, form, StatusCode::OK).await;
    }
    let result = if unread.is_empty() {
        acted(&mut viewer, id, &name, params, &form).await
    } else {
        Err(Error::Invalid(unread))
    };
    match result {
        Ok(request) => Ok(told(&request).on(&request.link())),
        Err(error) => {
            let status = form.refuse(in_fields(error))?;
            rendered(&mut viewer, resource, asked, form, status).await
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
