//! Offerings: documents that a platform team writes, kept in versions. A new version changes nothing that exists; what was
//! made before is like the version it was made with, until somebody upgrades it.

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    API_VERSION, BACKSTAGE_API_VERSION, Definition, Executors, Figures, GivenUp, Listed, Offering,
    VersionLine, Written, from_backstage, store::offering as store,
};
use crate::{
    Cx, Error, OfferingId, Problem, Result, TeamId,
    activity::{self, Act, Changed},
    catalog::descriptor,
    check::{is_key, is_reserved},
    people,
};

/// Longest description, in characters.
const LONGEST: usize = 20_000;
/// Names that pages of the portal have.
const TAKEN: [&str; 5] = ["requests", "resources", "waivers", "preview", "check"];

/// An offering's document, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its unique name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is, Markdown; its first line is what lists show.
    pub description: String,
    /// The rest.
    pub definition: Definition,
}

/// All offerings, by experience and title; what is given up comes last. At most 200.
pub async fn offerings(cx: &mut Cx<'_>) -> Result<Vec<Listed>> {
    cx.reader()?;
    store::list(cx).await
}

/// An offering at its newest version.
pub async fn offering(cx: &mut Cx<'_>, name: &str) -> Result<Offering> {
    cx.reader()?;
    known(cx, name, None).await
}

/// An offering at a version.
pub async fn offering_at(cx: &mut Cx<'_>, name: &str, version: i32) -> Result<Offering> {
    cx.reader()?;
    known(cx, name, Some(version)).await
}

pub(super) async fn known(cx: &mut Cx<'_>, name: &str, version: Option<i32>) -> Result<Offering> {
    store::get(cx, name, version).await?.ok_or_else(|| Error::not_found("offering", name))
}

/// Its versions, newest first; at most 200.
pub async fn versions(cx: &mut Cx<'_>, offering: OfferingId) -> Result<Vec<VersionLine>> {
    cx.reader()?;
    store::versions(cx, offering).await
}

/// How its requests went in the last 90 days.
pub async fn figures(cx: &mut Cx<'_>, offering: OfferingId) -> Result<Figures> {
    cx.reader()?;
    store::figures(cx, offering).await
}

/// Since when nothing new is made with it, and what takes its place; none while it can be asked for.
pub async fn given_up(cx: &mut Cx<'_>, offering: &Offering) -> Result<Option<GivenUp>> {
    cx.reader()?;
    let definition = &offering.definition;
    if !definition.stage.is_given_up() {
        return Ok(None);
    }
    let replacement = definition.replacement.as_deref().filter(|name| *name != "none");
    store::given_up(cx, offering.id, replacement).await.map(Some)
}

/// Whether the actor may write the next version of it.
pub async fn may_edit_offering(cx: &mut Cx<'_>, offering: &Offering) -> Result<bool> {
    Ok(people::team_rights(cx, offering.team.id).await?.edit)
}

/// Reads an offering's document, YAML or JSON, and finds its owner.
///
/// # Errors
///
/// Everything that is wrong with it, each with where.
async fn checked(cx: &mut Cx<'_>, source: &str, executors: &Executors) -> Result<(Document, TeamId)> {
    let (source, executors) = (source.to_owned(), executors.clone());
    // parses and checks expressions and schemas: minutes of nobody's time, but not for a thread that others wait for
    let (document, mut problems) = tokio::task::spawn_blocking(move || read(&source, &executors))
        .await
        .map_err(|_| Error::Unavailable("reading the offering was interrupted; try again".into()))?;
    let owner = match &document {
        Some(document) => {
            problems.extend(replaced(cx, document).await?);
            owner(cx, &document.definition, &mut problems).await?
        }
        None => None,
    };
    match (document, owner) {
        (Some(document), Some(owner)) if problems.is_empty() => Ok((document, owner)),
        _ => Err(Error::Invalid(problems)),
    }
}

/// What it says, if it can be read at all, and what is wrong with it.
fn read(source: &str, executors: &Executors) -> (Option<Document>, Vec<Problem>) {
    let value = match descriptor::read_value(source) {
        Ok(value) => value,
        Err(problem) => return (None, vec![problem]),
    };
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).map(|t| t.trim().to_owned());
    let mut problems = Vec::new();
    let mut problem = |field: &str, message: &str| {
        problems.push(Problem { field: field.into(), message: message.into() });
    };
    let kind = (text("/apiVersion"), text("/kind"));
    let of_backstage = kind == (Some(BACKSTAGE_API_VERSION.into()), Some("Template".into()));
    if !of_backstage && kind != (Some(API_VERSION.into()), Some("Offering".into())) {
        let known = format!("{API_VERSION} and Offering, or {BACKSTAGE_API_VERSION} and Template");
        problem("apiVersion", &format!("and kind must be {known}"));
    }
    let name = text("/metadata/name").unwrap_or_default();
    if !is_key(&name) || is_reserved(&name) || TAKEN.contains(&name.to_ascii_lowercase().as_str()) {
        problem("metadata.name", "must be 1 to 63 letters, digits or hyphens that no page of the portal has");
    }
    let title = text("/metadata/title").unwrap_or_else(|| name.clone());
    if title.is_empty() || title.chars().count() > 100 || title.chars().any(char::is_control) {
        problem("metadata.title", "must be one line of 100 characters at most");
    }
    let description = text("/metadata/description").unwrap_or_default();
    if description.chars().count() > LONGEST {
        problem("metadata.description", &format!("may have {LONGEST} characters at most"));
    }
    let definition = if of_backstage {
        from_backstage(&value)
    } else {
        own_definition(value.get("spec").unwrap_or(&Value::Null)).map_err(|problem| vec![problem])
    };
    match definition {
        Ok(definition) => {
            problems.extend(definition.problems(&executors.names()));
            problems.extend(inputs(&definition, executors));
            (Some(Document { name, title, description, definition }), problems)
        }
        Err(found) => {
            problems.extend(found);
            (None, problems)
        }
    }
}

/// What executors find wrong with what they are given.
fn inputs(definition: &Definition, executors: &Executors) -> Vec<Problem> {
    let own = definition.steps.iter().enumerate().map(|(n, step)| (format!("spec.steps[{n}]"), step));
    let of_actions = definition.actions.iter().enumerate().flat_map(|(a, action)| {
        let at = move |(n, step)| (format!("spec.actions[{a}].steps[{n}]"), step);
        action.steps.iter().enumerate().map(at)
    });
    own.chain(of_actions)
        .flat_map(|(at, step)| {
            let said = executors.problems(&step.uses, &step.input).into_iter();
            said.map(move |message| Problem { field: format!("{at}.with"), message })
        })
        .collect()
}

/// A definition out of the portal's own format.
fn own_definition(spec: &Value) -> std::result::Result<Definition, Problem> {
    let problem = |message: String| Problem { field: "spec".into(), message };
    if !spec.is_object() {
        return Err(problem("is needed: what the offering says".into()));
    }
    Definition::deserialize(spec).map_err(|e| problem(format!("cannot be read: {e}")))
}

/// What would be written: read and checked as writing it does, by somebody who looks before they write.
pub async fn look_at_document(cx: &mut Cx<'_>, source: &str, executors: &Executors) -> Result<Document> {
    cx.reader()?;
    Ok(checked(cx, source, executors).await?.0)
}

/// Writes an offering, or its next version. Members of its team, those above it and admins may. The same again changes
/// nothing.
pub async fn write_offering(cx: &mut Cx<'_>, source: &str, executors: &Executors) -> Result<Written> {
    write(cx, source, executors, false).await
}

/// What writing it would come to; nothing is written.
pub async fn try_offering(cx: &mut Cx<'_>, source: &str, executors: &Executors) -> Result<Written> {
    write(cx, source, executors, true).await
}

async fn write(cx: &mut Cx<'_>, source: &str, executors: &Executors, dry_run: bool) -> Result<Written> {
    if cx.admin().is_err() {
        cx.writer()?;
    }
    let (document, team) = checked(cx, source, executors).await?;
    let definition = serde_json::to_string(&document.definition)
        .map_err(|e| Error::invalid("spec", format!("cannot be kept: {e}")))?;
    let hash: [u8; 32] =
        Sha256::digest([&document.title, "\n", &document.description, "\n", &definition].concat()).into();
    people::require_team(cx, Some(team), &format!("the offering {}", document.name)).await?;
    cx.atomically(async |cx| {
        let before = store::lock(cx, &document.name).await?;
        if let Some(before) = &before {
            // whose it is now must agree that it becomes somebody else's
            people::require_team(cx, Some(before.team), &format!("the offering {}", document.name)).await?;
            if before.hash == hash {
                return Ok(Written { name: document.name.clone(), version: before.version, changed: false });
            }
        }
        let version = before.as_ref().map_or(1, |b| b.version + 1);
        if dry_run {
            return Ok(Written { name: document.name.clone(), version, changed: true });
        }
        let id = before.as_ref().map_or_else(OfferingId::new, |b| b.id);
        let row = store::Row { id, version, team, source, definition: &definition, hash: &hash };
        store::write(cx, &row, &document).await?;
        let changes = vec![Changed::new("version", before.map(|b| b.version), version)];
        let act = Act { changes, ..Act::new("offering.written", format!("offering:{}", document.name)) };
        activity::record(cx, act).await?;
        Ok(Written { name: document.name.clone(), version, changed: true })
    })
    .await
}

/// What takes its place has to be there: whoever has it is sent there.
async fn replaced(cx: &mut Cx<'_>, document: &Document) -> Result<Option<Problem>> {
    let Some(name) = document.definition.replacement.as_deref().filter(|name| *name != "none") else {
        return Ok(None);
    };
    let problem = |message: String| Some(Problem { field: "spec.replacement".into(), message });
    if name == document.name {
        return Ok(problem("is the offering itself; name another, or \"none\"".into()));
    }
    Ok(match store::get(cx, name, None).await? {
        Some(_) => None,
        None => problem(format!("is not there: write the offering {name:?} first, or \"none\"")),
    })
}

/// The team that owns it; problems where it, or any other team or person that it names, is not known.
async fn owner(cx: &mut Cx<'_>, d: &Definition, problems: &mut Vec<Problem>) -> Result<Option<TeamId>> {
    let (teams, people) = d.named();
    let known = people::teams_by_slug(cx, &teams.iter().map(|(_, slug)| *slug).collect::<Vec<_>>()).await?;
    let active =
        people::active_people(cx, &people.iter().map(|(_, handle)| *handle).collect::<Vec<_>>()).await?;
    let is = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let no_team = teams.into_iter().filter(|(_, slug)| known.iter().all(|team| !is(&team.slug, slug)));
    let nobody = people.into_iter().filter(|(_, handle)| active.iter().all(|one| !is(&one.handle, handle)));
    let wrong = |what: &'static str| {
        move |(field, name): (String, &str)| Problem {
            field,
            message: format!("is not known here: there is no {what} {name:?}"),
        }
    };
    problems.extend(no_team.map(wrong("team")).chain(nobody.map(wrong("active person"))));
    Ok(known.iter().find(|team| is(&team.slug, &d.owner)).map(|team| team.id))
}
