//! What parameters name of the portal has to be there: a form offers it, but not everybody comes by the form.

use serde_json::{Map, Value};

use super::{Field, Parameters, Picker, Repository};
use crate::{
    Cx, Error, Problem, Result,
    catalog::{self, EntityRef},
    changes, people,
};

/// Words for environments that everybody knows, also where nothing was brought yet.
pub const USUAL_ENVIRONMENTS: [&str; 4] = ["production", "staging", "test", "development"];

/// All that is named and not there, at its parameter. What is of the wrong kind the schema refuses.
pub(super) async fn problems(
    cx: &mut Cx<'_>,
    parameters: &Parameters,
    params: &Map<String, Value>,
) -> Result<Vec<Problem>> {
    let mut found = Vec::new();
    for field in parameters.fields() {
        let Some(picker) = field.picker else { continue };
        for value in texts(params.get(&field.name)) {
            let problem = match picker {
                Picker::Owner => team(cx, value).await?,
                Picker::Entity => entity(cx, &field, value).await?,
                Picker::Environment => environment(cx, value).await?,
                Picker::Repository => repository(&field, value),
            };
            found.extend(problem.map(|message| Problem { field: format!("params.{}", field.name), message }));
        }
    }
    Ok(found)
}

/// The texts of a parameter: one, or those of a list; at most fifty are looked up.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => vec![text.trim()],
        Some(Value::Array(items)) => {
            items.iter().filter_map(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).take(50).collect()
        }
        _ => Vec::new(),
    }
}

/// A team by its slug, or as templates of Backstage name it: `group:default/basket`.
async fn team(cx: &mut Cx<'_>, text: &str) -> Result<Option<String>> {
    let slug = text.strip_prefix("group:").unwrap_or(text);
    let slug = slug.rsplit_once('/').map_or(slug, |(_, name)| name);
    match people::team(cx, slug).await {
        Ok(_) => Ok(None),
        Err(Error::NotFound { .. }) => Ok(Some(format!("is not known here: there is no team {text:?}"))),
        Err(other) => Err(other),
    }
}

async fn entity(cx: &mut Cx<'_>, field: &Field, text: &str) -> Result<Option<String>> {
    let usual = if let [only] = field.among.as_slice() { only } else { "component" };
    let reference = match EntityRef::parse(text, Some(usual), "default") {
        Ok(reference) => reference,
        Err(problem) => return Ok(Some(problem.to_string())),
    };
    match catalog::get(cx, &reference).await {
        Ok(_) if field.among.is_empty() || field.among.iter().any(|kind| kind == reference.kind()) => {
            Ok(None)
        }
        Ok(_) => {
            Ok(Some(format!("must be of the kind {}, and {reference} is not", field.among.join(" or "))))
        }
        Err(Error::NotFound { .. }) => Ok(Some(format!("is not in the catalog: there is no {reference}"))),
        Err(other) => Err(other),
    }
}

/// What is wrong with the name of an environment; nothing with none.
pub(super) async fn environment(cx: &mut Cx<'_>, text: &str) -> Result<Option<String>> {
    if text.is_empty() || USUAL_ENVIRONMENTS.contains(&text) {
        return Ok(None);
    }
    let mut known: Vec<String> = USUAL_ENVIRONMENTS.map(str::to_owned).to_vec();
    for (name, _) in changes::environments(cx).await? {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    Ok((!known.iter().any(|name| name == text)).then(|| format!("must be one of {}", known.join(", "))))
}

fn repository(field: &Field, text: &str) -> Option<String> {
    let repository = match Repository::read(text) {
        Ok(repository) => repository,
        Err(problem) => return Some(problem),
    };
    let allowed = field.among.is_empty() || field.among.contains(&repository.host);
    (!allowed).then(|| format!("must be at {}, and {} is not", field.among.join(" or "), repository.host))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_repository_is_where_repositories_may_be() {
        let schema = json!({ "type": "object", "properties": {
            "to": { "type": "string", "x-picker": "repository", "x-hosts": ["Git.example.org"] } } });
        let field = Parameters::read(Some(schema)).expect("a schema").fields().remove(0);
        assert_eq!(repository(&field, "git.example.org/shop/till"), None);
        let elsewhere = repository(&field, "https://evil.example/shop/till");
        assert_eq!(elsewhere.as_deref(), Some("must be at git.example.org, and evil.example is not"));
        assert!(repository(&field, "git.example.org/../till").is_some());
    }

    #[test]
    fn a_list_names_several() {
        assert_eq!(texts(Some(&json!(["a", " ", "b ", 3]))), ["a", "b"]);
        assert_eq!(texts(Some(&json!(" a "))), ["a"]);
        assert!(texts(Some(&json!(3))).is_empty() && texts(None).is_empty());
    }
}
