//! `git.scaffold`: makes files from templates and puts them where they belong: into a branch of a git repository, into one it
//! makes, or into a pull request.
//!
//! What it makes bears the key of the step: the commit as a trailer, a repository in its description. So an attempt after
//! another finds its own work, and undoing takes away nothing that others have built on.

mod folder;
mod git;
mod input;
mod paths;
mod providers;
mod remote;
mod undo;

use std::{collections::BTreeMap, path::Path};

use serde_json::{Map, Value, json};

use super::{Attempt, Doing, Ended, Executor, Failed, Undo};
use crate::fault;
use git::Git;
use input::{Input, Made, PullRequest};
use remote::Remote;

pub(super) const EXECUTOR: Executor = Executor {
    name: "git.scaffold",
    about: "Fills in templates and pushes them: to a branch, to a new repository, or as a pull request.",
    check: input::check,
    run: |attempt| Box::pin(run(attempt)) as Doing,
    undo: Undo::By(|attempt| Box::pin(undo::undo(attempt)) as Doing),
};

async fn run(attempt: Attempt) -> Result<Ended, Failed> {
    let input = Input::read(&attempt.input)?;
    let temp = tempfile::tempdir().map_err(|e| no_room(&e))?;
    let git = Git::new(&attempt, temp.path())?;
    let made = folder::made(&attempt, &git, &input, temp.path()).await?;
    attempt.log.say(&format!("{} files are made", made.files.len()));
    let catalog = input.descriptor(&made)?;
    let done = match (&input.pull_request, &input.create_repository) {
        (Some(asked), _) => propose(&attempt, &git, asked, &made, temp.path()).await?,
        (None, created) => push(&attempt, &git, &input, created.as_ref(), &made).await?,
    };
    let mut outputs = done.outputs;
    outputs.insert("files".into(), made.files.len().into());
    if let Some(catalog) = catalog {
        outputs.insert("entityRef".into(), input::entity_ref(&catalog)?.into());
        outputs.insert("catalogInfo".into(), catalog.into());
    }
    Ok(Ended::Done { outputs, secrets: BTreeMap::new(), effect: done.effect })
}

/// What was published, for those who come after.
struct Published {
    outputs: Map<String, Value>,
    effect: Value,
}

/// Into a branch that is not there yet.
async fn push(
    attempt: &Attempt,
    git: &Git,
    input: &Input,
    created: Option<&input::Create>,
    made: &Made,
) -> Result<Published, Failed> {
    let branch = input.branch()?;
    let remote = match created {
        Some(create) => providers::create(attempt, git, create, &branch).await?,
        None => Remote::of_input(input.to.as_ref(), &attempt.equipment)?,
    };
    attempt.log.say(&format!("publishing to {}", remote.shown()));
    let effect = json!({ "url": remote.shown(), "branch": branch, "created": created.is_some() });
    let commit = match git.tip(&remote, &branch).await? {
        Some(tip) if tip.bears_key => {
            attempt.log.say("it is there already, from an attempt before");
            tip.commit
        }
        Some(_) => {
            return Err(Failed::input(
                format!("There is something already in the branch {branch} of {}.", remote.shown()),
                "Choose another name, or another branch.",
            ));
        }
        None => {
            git.begin(&made.folder, &branch).await?;
            let message = input.message("The first files")?;
            let commit = git.commit(&made.folder, &message, input.author().as_ref()).await?;
            attempt.keep.note(effect.clone()).await?;
            git.push(&made.folder, &remote, &branch).await.map_err(|f| f.leaving(effect.clone()))?;
            fault::point("git.pushed");
            commit
        }
    };
    let outputs = json!({ "url": remote.to_clone(), "branch": branch, "commit": commit });
    Ok(Published { outputs: object(outputs), effect })
}

/// As a change to what is there, for others to agree to.
async fn propose(
    attempt: &Attempt,
    git: &Git,
    asked: &PullRequest,
    made: &Made,
    temp: &Path,
) -> Result<Published, Failed> {
    let api = providers::Api::of(attempt, asked.provider, &asked.repository, asked.api.as_deref())?;
    let remote = api.remote(&attempt.equipment)?;
    let (branch, base) =
        (input::branch(&asked.branch)?, input::branch(asked.base.as_deref().unwrap_or("main"))?);
    let title = input::line("title", &asked.title)?;
    attempt.log.say(&format!("proposing to {} from the branch {branch}", remote.shown()));
    let effect = json!({ "url": remote.shown(), "branch": branch });
    let commit = match git.tip(&remote, &branch).await? {
        Some(tip) if tip.bears_key => tip.commit,
        Some(_) => {
            return Err(Failed::input(
                format!("There is a branch {branch} already in {}.", remote.shown()),
                "Choose another branch, or have that one removed.",
            ));
        }
        None => {
            let clone = temp.join("base");
            git.clone(&remote, Some(&base), &clone, false).await?;
            folder::copied(&made.folder, &clone, asked.into.as_deref())?;
            git.branch_off(&clone, &branch).await?;
            let message = asked.message.as_deref().unwrap_or(&title);
            let commit = git.commit(&clone, message, asked.author.as_ref()).await?;
            git.push(&clone, &remote, &branch).await.map_err(|f| f.leaving(effect.clone()))?;
            commit
        }
    };
    let pull = if let Some(pull) = api.pull(&branch, &base).await? {
        pull
    } else {
        let opened = api.open_pull(&branch, &base, &title, asked.body.as_deref().unwrap_or_default()).await;
        opened.map_err(|f| f.leaving(effect.clone()))?
    };
    attempt.log.say(&format!("proposed: {}", pull.url));
    let outputs = json!({
        "url": remote.shown(), "branch": branch, "base": base, "commit": commit, "pullRequest": pull.url, "number": pull.number,
    });
    Ok(Published { outputs: object(outputs), effect })
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}

fn no_room(error: &std::io::Error) -> Failed {
    Failed::platform(
        format!("The portal has no room to work in: {error}."),
        "Its operator looks at the temporary folder and at the disk.",
    )
    .once_more()
}

#[cfg(test)]
mod tests;
