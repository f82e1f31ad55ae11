//! Takes away what a step made, as long as nobody built on it; and says truthfully what stays otherwise.

use std::fs;

use super::{
    git::Git,
    input::{self, Create, Input, Provider, PullRequest},
    no_room,
    providers::{Api, MADE_BY},
    remote::Remote,
};
use crate::executors::{Attempt, Ended, Failed};

pub(super) async fn undo(attempt: Attempt) -> Result<Ended, Failed> {
    let input = Input::read(&attempt.input)?;
    let temp = tempfile::tempdir().map_err(|e| no_room(&e))?;
    let git = Git::new(&attempt, temp.path())?;
    if let Some(asked) = &input.pull_request {
        withdraw(&attempt, &git, asked).await?;
        return Ok(Ended::done());
    }
    let branch = input.branch()?;
    match &input.create_repository {
        Some(create) if create.provider == Provider::Folder => {
            remove_folder(&attempt, &git, create, &branch).await?;
        }
        Some(create) => remove_repository(&attempt, &git, create, &branch).await?,
        None => {
            remove_branch(&attempt, &git, &Remote::of_input(input.to.as_ref(), &attempt.equipment)?, &branch)
                .await?;
        }
    }
    Ok(Ended::done())
}

fn stays(what: &str, next: &str) -> Failed {
    Failed::platform(what, next)
}

async fn remove_branch(attempt: &Attempt, git: &Git, remote: &Remote, branch: &str) -> Result<(), Failed> {
    match git.tip(remote, branch).await? {
        None => attempt.log.say(&format!("there is no branch {branch} in {}", remote.shown())),
        Some(tip) if tip.bears_key => {
            git.remove_branch(remote, branch, &tip.commit).await?;
            attempt.log.say(&format!("removed the branch {branch} of {}", remote.shown()));
        }
        // it was there before: this step never came to push to it
        Some(_) if attempt.effect.is_none() => {}
        // others have gone on from what this step made
        Some(_) => {
            return Err(stays(
                &format!(
                    "The branch {branch} of {} stays: its last commit is not of this request.",
                    remote.shown()
                ),
                "Look whether it holds work that is needed, and remove it by hand if not.",
            ));
        }
    }
    Ok(())
}

async fn remove_folder(attempt: &Attempt, git: &Git, create: &Create, branch: &str) -> Result<(), Failed> {
    let remote = Remote::of_folder(&create.repository, &attempt.equipment)?;
    let Some(path) = remote.folder.as_ref().filter(|path| path.exists()) else {
        let begun = remote.folder.as_ref().map(|path| path.with_file_name(format!(".new-{}", attempt.key)));
        let begun = begun.filter(|begun| begun.exists());
        return begun.map_or(Ok(()), |begun| fs::remove_dir_all(begun).map_err(|e| no_room(&e)));
    };
    let made_by = git.local(path, &["config", "--get", "--default=", MADE_BY]).await?;
    if made_by.trim() != attempt.key.to_string() {
        return Ok(()); // another's: this step never came to push to it
    }
    let commits = git.local(path, &["rev-list", "--all", "--count"]).await?;
    let only_ours = commits.trim() == "0"
        || (commits.trim() == "1" && git.tip(&remote, branch).await?.is_some_and(|tip| tip.bears_key));
    if !only_ours {
        return Err(has_work(&remote));
    }
    fs::remove_dir_all(path).map_err(|e| no_room(&e))?;
    attempt.log.say(&format!("removed the repository {}", remote.shown()));
    Ok(())
}

async fn remove_repository(
    attempt: &Attempt,
    git: &Git,
    create: &Create,
    branch: &str,
) -> Result<(), Failed> {
    let api = Api::of(attempt, create.provider, &create.repository, create.api.as_deref())?;
    let remote = api.remote(&attempt.equipment)?;
    let Some(known) = api.repository().await? else { return Ok(()) };
    if !api.is_own(attempt, &known) {
        return Ok(()); // another's: this step never came to push to it
    }
    let only_ours = match api.commits().await? {
        0 => true,
        1 => git.tip(&remote, branch).await?.is_some_and(|tip| tip.bears_key),
        _ => false,
    };
    if !only_ours {
        return Err(has_work(&remote));
    }
    api.delete().await?;
    attempt.log.say(&format!("removed the repository {}", remote.shown()));
    Ok(())
}

fn has_work(remote: &Remote) -> Failed {
    stays(
        &format!("The repository {} stays: it holds more than this request made.", remote.shown()),
        "Look whether it is needed, and remove it by hand if not.",
    )
}

async fn withdraw(attempt: &Attempt, git: &Git, asked: &PullRequest) -> Result<(), Failed> {
    let api = Api::of(attempt, asked.provider, &asked.repository, asked.api.as_deref())?;
    let remote = api.remote(&attempt.equipment)?;
    let (branch, base) =
        (input::branch(&asked.branch)?, input::branch(asked.base.as_deref().unwrap_or("main"))?);
    let tip = git.tip(&remote, &branch).await?;
    let pull = api.pull(&branch, &base).await?;
    if let Some(pull) = &pull {
        if pull.merged {
            return Err(stays(
                &format!("{} is merged, and what it changed stays.", pull.url),
                "Revert it there if it is not wanted.",
            ));
        }
        if pull.open {
            api.close_pull(pull.number).await?;
            attempt.log.say(&format!("closed {}", pull.url));
        }
    }
    // a branch of that name that this step never pushed to is somebody else's, and no matter of this request
    match tip {
        Some(tip) if !tip.bears_key && pull.is_none() => Ok(()),
        Some(_) => remove_branch(attempt, git, &remote, &branch).await,
        None => Ok(()),
    }
}
