//! Steps that publish: where the files go.

use serde_json::{Value, json};

use super::{Found, steps::Given};

/// What publishes, and what its outputs are called here.
pub(super) struct Published {
    pub(super) input: Value,
    pub(super) outputs: Vec<(&'static str, &'static str)>,
}

/// What hints at nothing that is done here.
const HARMLESS: [&str; 1] = ["allowedHosts"];

/// The input of `git.scaffold` for one of Backstage's actions; none if it is none of them.
pub(super) fn input(action: &str, given: &Given<'_>, found: &mut Found) -> Option<Published> {
    match action {
        "publish:github" => Some(repository("github", given, found)),
        "publish:gitlab" => Some(repository("gitlab", given, found)),
        "publish:gitea" => Some(repository("gitea", given, found)),
        "publish:github:pull-request" => Some(request("github", given, found)),
        "publish:gitlab:merge-request" => Some(request("gitlab", given, found)),
        _ => None,
    }
}

fn put(into: &mut Value, given: &Given<'_>, keys: &[(&str, &str)]) {
    for (old, new) in keys {
        if let Some(value) = given.input.get(*old) {
            into[*new] = value.clone();
        }
    }
}

fn needs(given: &Given<'_>, keys: &[&str], found: &mut Found) {
    for key in keys.iter().filter(|key| !given.input.contains_key(**key)) {
        found.add(format!("{}.input.{key}", given.at), "is needed");
    }
}

fn author(into: &mut Value, given: &Given<'_>) {
    if let (Some(name), Some(email)) = (given.text("gitAuthorName"), given.text("gitAuthorEmail")) {
        into["author"] = json!({ "name": name, "email": email });
    }
}

/// A repository is made and pushed to.
fn repository(provider: &str, given: &Given<'_>, found: &mut Found) -> Published {
    let known = [
        "repoUrl",
        "repoVisibility",
        "defaultBranch",
        "sourcePath",
        "gitCommitMessage",
        "gitAuthorName",
        "gitAuthorEmail",
    ];
    let description: &[&str] = if provider == "gitlab" { &[] } else { &["description"] };
    given.only(&[&known, description, &HARMLESS].concat(), found);
    needs(given, &["repoUrl"], found);
    let mut created = json!({ "provider": provider });
    put(
        &mut created,
        given,
        &[("repoUrl", "repository"), ("repoVisibility", "visibility"), ("description", "description")],
    );
    let mut to = json!({});
    put(&mut to, given, &[("defaultBranch", "branch"), ("gitCommitMessage", "message")]);
    author(&mut to, given);
    let mut input = json!({ "createRepository": created, "to": to });
    put(&mut input, given, &[("sourcePath", "from")]);
    let outputs = vec![("remoteUrl", "url"), ("repoContentsUrl", "url"), ("commitHash", "commit")];
    Published { input, outputs }
}

/// A change to a repository that is there is proposed.
fn request(provider: &str, given: &Given<'_>, found: &mut Found) -> Published {
    let known = [
        "repoUrl",
        "title",
        "description",
        "branchName",
        "targetBranchName",
        "sourcePath",
        "targetPath",
        "commitMessage",
        "gitAuthorName",
        "gitAuthorEmail",
    ];
    given.only(&[&known[..], &HARMLESS].concat(), found);
    needs(given, &["repoUrl", "branchName", "title"], found);
    let mut asked = json!({ "provider": provider });
    put(
        &mut asked,
        given,
        &[
            ("repoUrl", "repository"),
            ("title", "title"),
            ("description", "body"),
            ("branchName", "branch"),
            ("targetBranchName", "base"),
            ("targetPath", "into"),
            ("commitMessage", "message"),
        ],
    );
    author(&mut asked, given);
    let mut input = json!({ "pullRequest": asked });
    put(&mut input, given, &[("sourcePath", "from")]);
    let link = if provider == "gitlab" { "mergeRequestUrl" } else { "remoteUrl" };
    let mut outputs = vec![(link, "pullRequest"), ("targetBranchName", "base")];
    if provider == "github" {
        outputs.push(("pullRequestNumber", "number"));
    }
    Published { input, outputs }
}
