//! `terraform`: plans, applies or destroys a module with the program `terraform` or `tofu`. The state is kept by the portal
//! and belongs to the thing, not to the attempt: whoever died in the middle is gone on with, and undoing destroys what the
//! state knows of.

mod program;
mod source;
#[cfg(test)]
mod tests;
mod told;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value, json};

use super::{
    Attempt, Doing, Ended, Executor, Failed, HandedOn,
    input::{self, Input, is_expression},
};
use program::Program;

/// The plan as text, at most.
const MOST_PLAN: usize = 60_000;
/// One output, at most.
const MOST_OUTPUT: usize = 100_000;
/// How long Terraform itself waits for somebody else's lock, before the step is put off.
const LOCK: &str = "-lock-timeout=15s";

pub(super) const EXECUTOR: Executor = Executor {
    name: "terraform",
    about: "Plans, applies or destroys a Terraform module.",
    check,
    run: |attempt| Box::pin(run(attempt)) as Doing,
    undo: Some(|attempt| Box::pin(undo(attempt)) as Doing),
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
    perform(&attempt, command).await
}

/// Destroys what an apply may have made: the state knows, whatever the attempts before could say.
async fn undo(attempt: Attempt) -> Result<Ended, Failed> {
    if Command::of(Input(&attempt.input)) != Ok(Command::Apply) {
        return Ok(Ended::done());
    }
    perform(&attempt, Command::Destroy).await
}

async fn perform(attempt: &Attempt, command: Command) -> Result<Ended, Failed> {
    let input = Input(&attempt.input);
    let variables = input.object("variables")?;
    let temp =
        tempfile::Builder::new().prefix("portolan-terraform").tempdir().map_err(|error| no_room(&error))?;
    let program = Program::new(attempt, temp.path())?;
    let module =
        source::fetch(attempt, Input(attempt.input.get("module").unwrap_or(&Value::Null)), temp.path())
            .await?;
    let variables_file = temp.path().join("variables.tfvars.json");
    write(&variables_file, &Value::Object(variables))?;
    write(&module.join("zz_portolan_override.tf.json"), &backend(attempt))?;

    program.run(&module, &["init", "-input=false", "-no-color"]).await?.fine()?;
    let with = format!("-var-file={}", variables_file.display());
    let usual = ["-input=false", "-no-color", LOCK, &with];
    match command {
        Command::Plan => {
            let ended = program.run(&module, &[&["plan", "-detailed-exitcode"], &usual[..]].concat()).await?;
            if ended.status != Some(2) {
                ended.fine()?;
            }
            Ok(planned(attempt, ended.status == Some(2), &ended.out))
        }
        Command::Apply => {
            program.run(&module, &[&["apply", "-auto-approve"], &usual[..]].concat()).await?.fine()?;
            let told = program.quietly(&module, &["output", "-json", "-no-color"]).await?;
            told.fine()?;
            let (outputs, secrets) = outputs(attempt, &told.out)?;
            Ok(Ended::Done { outputs, secrets, effect: json!({ "applied": true }) })
        }
        Command::Destroy => {
            program.run(&module, &[&["destroy", "-auto-approve"], &usual[..]].concat()).await?.fine()?;
            Ok(Ended::done())
        }
    }
}

/// Where the state is. It stands in the place of whatever the module says of a backend.
fn backend(attempt: &Attempt) -> Value {
    let address = &attempt.job.state.address;
    let lock = format!("{address}/lock?by={}&turn={}", attempt.key, attempt.job.turn);
    json!({ "terraform": { "backend": { "http": {
        "address": address, "update_method": "POST",
        "lock_address": lock, "lock_method": "POST",
        "unlock_address": format!("{address}/lock"), "unlock_method": "DELETE",
        "username": "portolan",
    } } } })
}

fn planned(attempt: &Attempt, changes: bool, text: &str) -> Ended {
    let text = attempt.log.mask(text);
    let mut outputs = Map::new();
    outputs.insert("changes".into(), json!(changes));
    outputs.insert("summary".into(), json!(told::summary(&text)));
    outputs.insert("plan".into(), json!(told::cut(&text, MOST_PLAN)));
    Ended::Done { outputs, secrets: BTreeMap::new(), effect: Value::Null }
}

/// The module's outputs: those it calls sensitive are secrets.
fn outputs(attempt: &Attempt, text: &str) -> Result<HandedOn, Failed> {
    let all: Map<String, Value> = serde_json::from_str(text).map_err(|_| {
        Failed::platform("Terraform's outputs cannot be read.", "The portal's operator looks at its version.")
            .once_more()
    })?;
    let (mut outputs, mut secrets) = (Map::new(), BTreeMap::new());
    for (name, output) in all {
        let value = output.get("value").cloned().unwrap_or_default();
        if value.to_string().len() > MOST_OUTPUT {
            return Err(Failed::platform(
                format!("The module's output {name} is larger than {} kB.", MOST_OUTPUT / 1000),
                "The offering's team makes it smaller, or takes it away.",
            ));
        }
        if output.get("sensitive") == Some(&Value::Bool(false)) {
            outputs.insert(name, value);
        } else {
            let secret = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            attempt.log.hide(&secret);
            secrets.insert(name, secret);
        }
    }
    Ok((outputs, secrets))
}

fn write(place: &Path, value: &Value) -> Result<(), Failed> {
    fs::write(place, value.to_string()).map_err(|error| no_room(&error))
}

fn no_room(error: &std::io::Error) -> Failed {
    Failed::platform(
        format!("The portal's machine cannot keep the module for the run: {error}."),
        "Its operator makes room in the folder for temporary files.",
    )
    .once_more()
}
