//! What an offering says to `git.scaffold`.

use std::path::PathBuf;

use portolan_domain::provisioning::is_true;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::paths;
use crate::executors::Failed;

/// Most things to do in the folder.
const MOST: usize = 50;
/// Largest descriptor that is registered.
const DESCRIPTOR: u64 = 1 << 20;

/// All of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Input {
    /// The first template, for those who have one alone.
    template: Option<Source>,
    values: Option<Map<String, Value>>,
    syntax: Option<Syntax>,
    copy_without_templating: Option<Vec<String>>,
    /// What is done in the folder after that, in order.
    r#do: Option<Vec<Task>>,
    /// What of the folder is published.
    pub(super) from: Option<String>,
    pub(super) to: Option<To>,
    pub(super) create_repository: Option<Create>,
    pub(super) pull_request: Option<PullRequest>,
    register: Option<Register>,
}

/// One thing that is done in the folder: one of the first five, and how.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Task {
    pub(super) template: Option<Source>,
    pub(super) copy: Option<Source>,
    pub(super) delete: Option<Vec<String>>,
    pub(super) rename: Option<Vec<Rename>>,
    pub(super) write: Option<Write>,
    pub(super) into: Option<String>,
    pub(super) values: Option<Map<String, Value>>,
    pub(super) syntax: Option<Syntax>,
    pub(super) copy_without_templating: Option<Vec<String>>,
    pub(super) only_ending: Option<String>,
    pub(super) replace: Option<bool>,
    r#if: Option<Value>,
}

/// Where a template is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Source {
    /// Below a folder of the operator: `ROOT/path`.
    Folder { folder: String },
    /// In a repository.
    Git { git: String, r#ref: Option<String>, path: Option<String> },
}

/// How its values are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Syntax {
    /// `{{ name }}`
    Plain,
    /// `${{ values.name }}`
    Backstage,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    pub(super) from: String,
    pub(super) to: String,
    #[serde(default)]
    pub(super) overwrite: bool,
}

/// A file as it is, or a value as YAML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    pub(super) path: String,
    pub(super) content: Option<String>,
    pub(super) yaml: Option<Value>,
}

/// Where it is pushed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct To {
    pub(super) url: Option<String>,
    pub(super) folder: Option<String>,
    branch: Option<String>,
    message: Option<String>,
    author: Option<Author>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) email: String,
}

/// A repository to make.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    pub(super) provider: Provider,
    /// `host/OWNER/NAME`; of a folder `ROOT/NAME.git`.
    pub(super) repository: String,
    pub(super) api: Option<String>,
    pub(super) visibility: Option<Visibility>,
    pub(super) description: Option<String>,
}

/// Who keeps repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Provider {
    Github,
    Gitlab,
    Gitea,
    /// The operator, in a folder.
    Folder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Visibility {
    Private,
    Internal,
    Public,
}

/// A change to propose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PullRequest {
    pub(super) provider: Provider,
    pub(super) repository: String,
    pub(super) api: Option<String>,
    pub(super) base: Option<String>,
    pub(super) branch: String,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) into: Option<String>,
    pub(super) message: Option<String>,
    pub(super) author: Option<Author>,
}

/// Whether what was made is registered in the catalog.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Register {
    Whether(bool),
    Path { path: String, optional: Option<bool>, r#if: Option<Value> },
}

/// What was made.
#[derive(Debug)]
pub(super) struct Made {
    /// The folder that is published.
    pub(super) folder: PathBuf,
    /// The files in it, each by its path.
    pub(super) files: Vec<String>,
}

/// Whatever can be said before anything is filled in.
pub(super) fn check(input: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(fields) = input.as_object() else { return vec!["must be an object".into()] };
    let known = [
        "template",
        "values",
        "syntax",
        "copyWithoutTemplating",
        "do",
        "from",
        "to",
        "createRepository",
        "pullRequest",
        "register",
    ];
    for key in fields.keys().filter(|key| !known.contains(&key.as_str())) {
        wrong.push(format!("{key} is not known; there are {}", known.join(", ")));
    }
    if !fields.contains_key("template") && !fields.contains_key("do") {
        wrong.push("needs template, or do: what is made".into());
    }
    if !["to", "createRepository", "pullRequest"].iter().any(|key| fields.contains_key(*key)) {
        wrong.push("needs to, createRepository or pullRequest: where it goes".into());
    }
    if fields.contains_key("pullRequest")
        && (fields.contains_key("to") || fields.contains_key("createRepository"))
    {
        wrong.push("has pullRequest and another place to go; one is enough".into());
    }
    let kinds = ["template", "copy", "delete", "rename", "write"];
    for (n, task) in fields.get("do").and_then(Value::as_array).into_iter().flatten().enumerate() {
        if kinds.iter().filter(|kind| task.get(**kind).is_some()).count() != 1 {
            wrong.push(format!("do[{n}] needs one of {}", kinds.join(", ")));
        }
    }
    wrong
}

impl Input {
    pub(super) fn read(input: &Value) -> Result<Self, Failed> {
        let input: Self =
            serde_json::from_value(input.clone()).map_err(|e| offering(&format!("cannot be read: {e}")))?;
        if input.r#do.as_ref().is_some_and(|tasks| tasks.len() > MOST) {
            return Err(offering(&format!("does more than {MOST} things")));
        }
        Ok(input)
    }

    /// What is done in the folder, in order, of what is to be done at all.
    pub(super) fn tasks(&self) -> Vec<Task> {
        let first = self.template.as_ref().map(|template| Task {
            template: Some(template.clone()),
            values: self.values.clone(),
            syntax: self.syntax,
            copy_without_templating: self.copy_without_templating.clone(),
            ..Task::default()
        });
        let all = first.into_iter().chain(self.r#do.iter().flatten().cloned());
        all.filter(|task| task.r#if.as_ref().is_none_or(is_true)).collect()
    }

    pub(super) fn branch(&self) -> Result<String, Failed> {
        branch(self.to.as_ref().and_then(|to| to.branch.as_deref()).unwrap_or("main"))
    }

    pub(super) fn message(&self, usual: &str) -> Result<String, Failed> {
        let message = self.to.as_ref().and_then(|to| to.message.as_deref()).filter(|m| !m.trim().is_empty());
        text("message", message.unwrap_or(usual))
    }

    pub(super) fn author(&self) -> Option<Author> {
        self.to.as_ref().and_then(|to| to.author.clone())
    }

    /// The text of the descriptor that is to be registered.
    pub(super) fn descriptor(&self, made: &Made) -> Result<Option<String>, Failed> {
        let usual = "catalog-info.yaml";
        let (path, needed) = match &self.register {
            Some(Register::Whether(false)) => return Ok(None),
            Some(Register::Path { r#if: Some(condition), .. }) if !is_true(condition) => return Ok(None),
            Some(Register::Path { path, optional, .. }) => (path.as_str(), *optional != Some(true)),
            Some(Register::Whether(true)) => (usual, true),
            None => (usual, false),
        };
        let path =
            paths::relative(path).map_err(|why| offering(&format!("registers {path:?}, which {why}")))?;
        let file = made.folder.join(&path);
        let size = std::fs::symlink_metadata(&file).ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
        match size {
            Some(size) if size <= DESCRIPTOR => {
                let text = std::fs::read_to_string(&file);
                text.map(Some)
                    .map_err(|_| offering(&format!("registers {}, which is no text", path.display())))
            }
            Some(_) => Err(offering(&format!("registers {}, which is over 1 MB", path.display()))),
            None if needed => Err(offering(&format!("registers {}, which is not made", path.display()))),
            None => Ok(None),
        }
    }
}

/// Something in the step that its team has to mend.
pub(super) fn offering(what: &str) -> Failed {
    Failed::platform(format!("The step {what}."), "The team of the offering mends it; then try again.")
}

/// The reference of what a descriptor's first document describes.
pub(super) fn entity_ref(descriptor: &str) -> Result<String, Failed> {
    let body = descriptor.trim_start().trim_start_matches("---");
    let first = body.split("\n---").next().unwrap_or(body);
    let document: Value = serde_saphyr::from_str(first).map_err(|e| {
        offering(&format!(
            "makes a descriptor that is no YAML: {}",
            e.to_string().lines().next().unwrap_or_default()
        ))
    })?;
    let metadata = &document["metadata"];
    match (document["kind"].as_str(), metadata["name"].as_str()) {
        (Some(kind), Some(name)) => {
            let namespace = metadata["namespace"].as_str().unwrap_or("default");
            Ok(format!("{}:{namespace}/{name}", kind.to_lowercase()))
        }
        _ => Err(offering("makes a descriptor without kind or metadata.name")),
    }
}

/// A branch's name, as git takes it and no program reads more into it.
pub(super) fn branch(name: &str) -> Result<String, Failed> {
    let good = !name.is_empty()
        && name.len() <= 200
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'))
        && !name.contains("..")
        && !name.contains("//")
        && !name.contains("/.")
        && !name.starts_with(['-', '/', '.'])
        && !name.ends_with(['/', '.'])
        && !name.split('/').any(|part| part.to_ascii_lowercase().ends_with(".lock"));
    if good {
        return Ok(name.to_owned());
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    Err(Failed::input(
        format!("{shown:?} cannot be the name of a branch."),
        "Use letters, digits, hyphens, dots and single slashes.",
    ))
}

/// One line.
pub(super) fn line(what: &str, text: &str) -> Result<String, Failed> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(Failed::input(
            format!("The {what} must be one line of 200 characters at most."),
            "Change it and try again.",
        ));
    }
    Ok(text.to_owned())
}

/// Several lines, without anything that would end a header.
pub(super) fn text(what: &str, text: &str) -> Result<String, Failed> {
    let text = text.trim().replace("\r\n", "\n");
    if text.chars().count() > 10_000 || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Failed::input(
            format!("The {what} is too long or has control characters."),
            "Shorten it, or leave them out, and try again.",
        ));
    }
    Ok(text)
}
