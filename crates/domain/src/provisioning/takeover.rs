//! What somebody needs who takes over what was made: where its modules are, and with which variables they were applied.

use serde_json::{Map, Value, json};

use super::{Offering, Resource, facts, offering, resource, text};
use crate::{Cx, Error, ResourceId, Result};

/// What something was made with.
#[derive(Debug, Clone)]
pub struct Takeover {
    /// The offering, at the version that it is like.
    pub offering: Offering,
    /// The modules that it was made of; none if no program of infrastructure made it.
    pub modules: Vec<Module>,
}

/// A module of Terraform.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// What the step is called.
    pub title: String,
    /// Where it is: an address of git, or a folder of the operator.
    pub source: String,
    /// Which revision of it; none for a folder, which is as it is now.
    pub revision: Option<String>,
    /// What it was applied with, as far as that can be told from outside of the run.
    pub variables: Map<String, Value>,
}

/// What something was made with, for whoever may do something with it.
pub async fn takeover(cx: &mut Cx<'_>, id: ResourceId) -> Result<Takeover> {
    cx.reader()?;
    let on = resource::known(cx, id).await?;
    if cx.admin().is_err() && !resource::may_use_resource(cx, &on).await? {
        return Err(Error::Forbidden(format!(
            "only {} and the team behind {} may take it over; ask one of them",
            on.team.name, on.offering_title
        )));
    }
    let offering = offering::known(cx, &on.offering, Some(on.version)).await?;
    let scope = scope(cx, &offering, &on).await?;
    let syntax = offering.definition.syntax;
    let steps: Vec<_> = offering.definition.steps.iter().filter(|s| s.uses == "terraform").cloned().collect();
    let filled = tokio::task::spawn_blocking(move || {
        // one text at a time: what only the run knew stays as the offering writes it
        let fill = |value: &Value| text::fill_as(syntax, value, &scope).unwrap_or_else(|_| value.clone());
        steps.iter().filter_map(|step| module(step, &fill)).collect()
    });
    let modules = filled.await.map_err(|_| Error::Unavailable("it was interrupted; try again".into()))?;
    Ok(Takeover { offering, modules })
}

async fn scope(cx: &mut Cx<'_>, offering: &Offering, on: &Resource) -> Result<super::Scope> {
    let service = match &on.service {
        Some(service) => facts::service_of(cx, &service.reference).await?,
        None => None,
    };
    let about = facts::About {
        requester: on.requested_by.as_ref().map(|p| p.id),
        team: Some(&on.team),
        service: service.as_ref(),
        environment: &on.environment,
        resource: None,
    };
    Ok(facts::scope(cx, offering, &about, &on.params).await?.0.with("steps", json!({})))
}

/// The module that a step applies; none if it only plans or destroys.
fn module(step: &super::Step, fill: &impl Fn(&Value) -> Value) -> Option<Module> {
    let said = |pointer: &str| {
        let value = fill(step.input.pointer(pointer)?);
        value.as_str().map(str::to_owned).filter(|text| !text.is_empty())
    };
    if said("/command").is_some_and(|command| command != "apply") {
        return None;
    }
    let source = match (said("/module/git"), said("/module/path")) {
        (Some(git), Some(path)) => format!("{git}//{path}"),
        (Some(git), None) => git,
        (None, _) => said("/module/folder")?,
    };
    let variables = step.input.get("variables").and_then(Value::as_object);
    let variables =
        variables.into_iter().flatten().map(|(name, value)| (name.clone(), fill(value))).collect();
    let title = step.title.clone().unwrap_or_else(|| step.id.clone());
    Some(Module { title, source, revision: said("/module/ref"), variables })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_module_is_told_with_what_it_was_applied_with() {
        let step = |input: Value| -> super::super::Step {
            serde_json::from_value(json!({ "id": "apply", "uses": "terraform", "with": input }))
                .expect("a step")
        };
        let same = |value: &Value| value.clone();
        let git = json!({ "module": { "git": "https://git.example.org/a/b.git", "ref": "v3", "path": "dns" }, "variables": { "ttl": 60 } });
        let told = module(&step(git), &same).expect("a module");
        assert_eq!(
            (told.source.as_str(), told.revision.as_deref()),
            ("https://git.example.org/a/b.git//dns", Some("v3"))
        );
        assert_eq!(told.variables["ttl"], 60);
        let plan = json!({ "module": { "folder": "modules/dns" }, "command": "plan" });
        assert_eq!(module(&step(plan), &same), None);
        let folder = json!({ "module": { "folder": "modules/dns" } });
        assert_eq!(
            module(&step(folder), &same).map(|m| (m.source, m.revision)),
            Some(("modules/dns".into(), None))
        );
    }
}
