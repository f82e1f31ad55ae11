//! `terraform`: plans, applies or destroys a module with the program `terraform` or `tofu`. The state is kept by the portal
//! and belongs to the thing, not to the attempt: whoever died in the middle is gone on with, and undoing destroys what the
//! state knows of. What was shown as the plan is what is applied, or nothing is. What exists is not destroyed because a change
//! of it failed: it is put back, or left and said so.

mod noted;
mod program;
mod source;
#[cfg(test)]
mod tests;
mod told;
mod work;

use serde_json::Value;

use super::{
    Attempt, Doing, Ended, Executor, Failed, Undo,
    input::{self, Input, is_expression},
};
use noted::{Noted, Version};
use work::Work;

pub(super) const EXECUTOR: Executor = Executor {
    name: "terraform",
    about: "Plans, applies or destroys a Terraform module.",
    check,
    run: |attempt| Box::pin(run(attempt)) as Doing,
    undo: Undo::By(|attempt| Box::pin(undo(attempt)) as Doing),
};

/// What is to be done with the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Plan,
    Apply,
    Destroy,
}

impl Command {
    fn of(input: Input<'_>) -> Result<Self, Failed> {
        match input.text("command")? {
            None | Some("apply") => Ok(Self::Apply),
            Some("plan") => Ok(Self::Plan),
            Some("destroy") => Ok(Self::Destroy),
            Some(_) => Err(input::wrong("command", "plan, apply or destroy")),
        }
    }
}

fn check(given: &Value) -> Vec<String> {
    let mut problems = input::names(given, &["module"], &["command", "variables", "state"]);
    let command = given.get("command").filter(|command| !is_expression(command));
    if command.is_some() && Command::of(Input(given)).is_err() {
        problems.push("needs a command that is plan, apply or destroy".into());
    }
    match given.get("module") {
        Some(module @ Value::Object(_)) => {
            let git = module.get("git").is_some();
            let (needed, may): (&[&str], &[&str]) =
                if git { (&["git", "ref"], &["path"]) } else { (&["folder"], &[]) };
            problems.extend(input::names(module, needed, may).into_iter().map(|p| format!("module {p}")));
        }
        Some(_) => problems.push("needs a module with a folder, or with git and ref".into()),
        None => {}
    }
    problems
}

async fn run(attempt: Attempt) -> Result<Ended, Failed> {
    let command = Command::of(Input(&attempt.input))?;
    let noted = Noted::of(&attempt);
    if command == Command::Apply && noted.was_cut_off(&attempt) {
        let told = Noted { applying: false, cut: true, ..noted };
        return Err(cut_off().leaving(told.kept(&attempt)));
    }
    let work = Work::new(&attempt, &attempt.input).await?;
    match command {
        Command::Plan => work.plan().await,
        Command::Apply => work.apply(noted, attempt.job.state.planned.as_ref()).await,
        Command::Destroy => work.destroy(noted).await,
    }
}

/// Of what makes something: destroys what the state knows, whatever the attempts before could say. Of an action: puts back what
/// was there before it; what exists is never destroyed because a change of it failed.
async fn undo(attempt: Attempt) -> Result<Ended, Failed> {
    let command = Command::of(Input(&attempt.input))?;
    let noted = Noted::of(&attempt);
    let Some(before) = noted.before.clone().filter(|_| command != Command::Plan) else {
        return Ok(Ended::done()); // it never came to change anything
    };
    let lost = noted.cut || noted.was_cut_off(&attempt);
    if attempt.job.acts {
        put_back(&attempt, command, &before).await?;
    } else {
        Work::new(&attempt, &attempt.input).await?.destroy(noted).await?;
    }
    if lost {
        return Err(Failed::platform(
            "All that Terraform's state knows of is undone; but it was cut off while it worked, and what it made last may be in no state.",
            "The offering's team looks whether something is left, and removes it by hand.",
        ));
    }
    Ok(Ended::done())
}

async fn put_back(attempt: &Attempt, command: Command, before: &Version) -> Result<(), Failed> {
    let now = Work::new(attempt, &attempt.input).await?.version().await?;
    if now == *before {
        attempt.log.say("nothing was changed");
        return Ok(());
    }
    let former = attempt.job.state.former.as_ref().filter(|_| command == Command::Apply).ok_or_else(|| {
        Failed::platform(
            "The change cannot be undone: it is not known how the thing was before. It is left as it is now.",
            "The offering's team looks at it; asking for the action again with other values changes it again.",
        )
    })?;
    attempt.log.say("applying what was there before");
    let noted = Noted { before: Some(before.clone()), ..Noted::of(attempt) };
    Work::new(attempt, former).await?.apply(noted, None).await.map(drop)
}

fn cut_off() -> Failed {
    Failed::platform(
        "An attempt before was cut off while Terraform worked. What it made last may be in no state, and would be made twice.",
        "The offering's team looks whether something is there that the state does not know, imports or removes it, and has it tried again.",
    )
}
