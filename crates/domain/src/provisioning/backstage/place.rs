//! Where the files of a template are: beside it, in a git repository or in a folder that the operator gave.

use serde_json::{Value, json};

/// Where a template itself is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a folder below one of the operator's.
    Folder(String),
    /// In a repository: its address, the branch or tag, and the folder there.
    Git(String, Option<String>, String),
    /// Nothing says where.
    Unknown,
}

impl Place {
    /// What the annotations say.
    pub(super) fn of(annotations: &Value) -> Self {
        let said = |name: &str| annotations.get(name).and_then(Value::as_str);
        if let Some(folder) = said("portolan.dev/folder") {
            return Self::Folder(folder.trim_matches('/').to_owned());
        }
        let url = |name: &str| said(name).and_then(|v| v.strip_prefix("url:")).and_then(in_git);
        if let Some(Self::Git(git, reference, path)) = url("backstage.io/source-location") {
            return Self::Git(git, reference, path);
        }
        match url("backstage.io/managed-by-location") {
            Some(Self::Git(git, reference, file)) => {
                let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
                Self::Git(git, reference, folder)
            }
            _ => Self::Unknown,
        }
    }

    /// What `git.scaffold` fetches for an address of a step: absolute, or seen from here.
    pub(super) fn fetched(&self, url: &str) -> Result<Value, String> {
        if url.starts_with("https://") || url.starts_with("http://") {
            let Some(Self::Git(git, reference, path)) = in_git(url) else {
                return Err("is no address of a folder in a git repository, as https://github.com/acme/templates/tree/main/go".into());
            };
            return Ok(git_source(&git, reference.as_deref(), &path));
        }
        if url.contains("://") || url.starts_with('/') {
            return Err("must begin with ./ or https://".into());
        }
        match self {
            Self::Folder(base) => {
                let path = joined(base, url)?;
                // the first part is the operator's name for the folder
                if path.split('/').next() != base.split('/').next() {
                    return Err("leads out of the folder of the template".into());
                }
                Ok(json!({ "folder": path }))
            }
            Self::Git(git, reference, base) => Ok(git_source(git, reference.as_deref(), &joined(base, url)?)),
            Self::Unknown => Err(
                "is beside the template, and nothing says where that is: give the annotation backstage.io/source-location \
                 (url:https://…/tree/main/folder/) or portolan.dev/folder"
                    .into(),
            ),
        }
    }
}

fn git_source(git: &str, reference: Option<&str>, path: &str) -> Value {
    let mut source = json!({ "git": git });
    if let Some(reference) = reference {
        source["ref"] = reference.into();
    }
    if !path.is_empty() {
        source["path"] = path.into();
    }
    source
}

/// A page of GitHub, GitLab or Gitea that shows a folder or file.
fn in_git(url: &str) -> Option<Place> {
    let url = url.trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"))?;
    for mark in ["/-/tree/", "/-/blob/", "/tree/", "/blob/", "/src/branch/", "/src/tag/"] {
        if let Some((repository, below)) = rest.split_once(mark) {
            let (reference, path) = below.split_once('/').unwrap_or((below, ""));
            if repository.contains("${{") || reference.contains("${{") {
                return None;
            }
            let git = format!("{scheme}://{}.git", repository.trim_end_matches(".git"));
            return Some(Place::Git(git, Some(reference.to_owned()), path.to_owned()));
        }
    }
    let whole = rest.matches('/').count() >= 2 && !rest.contains("${{");
    whole
        .then(|| Place::Git(format!("{scheme}://{}.git", rest.trim_end_matches(".git")), None, String::new()))
}

/// A path below another. What people choose may be a part of it; the executor looks at it again when it is known.
fn joined(base: &str, url: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = base.split('/').filter(|p| !p.is_empty()).collect();
    for part in url.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or("leads out of where the template is")?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
