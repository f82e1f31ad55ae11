//! A module at work: planned, applied, destroyed, and what came of it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use super::{
    cut_off,
    noted::{Noted, Version},
    program::Program,
    source, told,
};
use crate::{
    executors::{Attempt, Ended, Failed, HandedOn, input::Input},
    fault,
};

/// The plan as text, at most.
const MOST_PLAN: usize = 60_000;
/// One output, at most.
const MOST_OUTPUT: usize = 100_000;
/// How long Terraform itself waits for somebody else's lock, before the step is put off.
const LOCK: &str = "-lock-timeout=15s";

/// How often a state that could not be handed over is tried again, and with what pause.
const RESCUES: u32 = 5;
const BETWEEN_RESCUES: Duration = Duration::from_secs(3);
/// How long one of them may take.
const RESCUE: Duration = Duration::from_secs(10);

/// A module ready to be worked with.
pub(super) struct Work<'a> {
    attempt: &'a Attempt,
    program: Program,
    module: PathBuf,
    with: String,
    plan: String,
    /// Where all of it lies.
    _temp: TempDir,
}

impl<'a> Work<'a> {
    pub(super) async fn new(attempt: &'a Attempt, given: &Value) -> Result<Self, Failed> {
        let variables = Input(given).object("variables")?;
        let temp = tempfile::Builder::new()
            .prefix("portolan-terraform")
            .tempdir()
            .map_err(|error| no_room(&error))?;
        let program = Program::new(attempt, temp.path())?;
        let module =
            source::fetch(attempt, Input(given.get("module").unwrap_or(&Value::Null)), temp.path()).await?;
        let variables_file = temp.path().join("variables.tfvars.json");
        write(&variables_file, &Value::Object(variables))?;
        write(&module.join("zz_portolan_override.tf.json"), &backend(attempt))?;
        program.run(&module, &["init", "-input=false", "-no-color"]).await?.fine()?;
        let with = format!("-var-file={}", variables_file.display());
        let plan = temp.path().join("plan").display().to_string();
        Ok(Self { attempt, program, module, with, plan, _temp: temp })
    }

    fn usual<'s>(&'s self, first: &[&'s str]) -> Vec<&'s str> {
        [first, &["-input=false", "-no-color", LOCK, &self.with]].concat()
    }

    /// The version that the state has now.
    pub(super) async fn version(&self) -> Result<Version, Failed> {
        let told = self.program.quietly(&self.module, &["state", "pull"]).await?;
        told.fine()?;
        Ok(serde_json::from_str(&told.out).unwrap_or_default()) // nothing is told of a state that is not there
    }

    pub(super) async fn plan(&self) -> Result<Ended, Failed> {
        let out = format!("-out={}", self.plan);
        let ended =
            self.program.run(&self.module, &self.usual(&["plan", "-detailed-exitcode", &out])).await?;
        if ended.status != Some(2) {
            ended.fine()?;
        }
        let noted = Noted { planned: Some(self.digest().await?), ..Noted::default() };
        Ok(planned(self.attempt, ended.status == Some(2), &ended.out, noted.kept(self.attempt)))
    }

    /// What the plan would do, as a word: the same for the same changes. It tells nobody the values, which may be secrets.
    async fn digest(&self) -> Result<String, Failed> {
        let told = self.program.quietly(&self.module, &["show", "-json", &self.plan]).await?;
        told.fine()?;
        let plan: Value = serde_json::from_str(&told.out).map_err(|_| unreadable("plan"))?;
        let changes = plan["resource_changes"].as_array().into_iter().flatten();
        let changes: Vec<_> =
            changes.filter(|change| change["change"]["actions"] != json!(["no-op"])).collect();
        let text = json!([changes, plan["output_changes"]]).to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.attempt.job.state.password.as_bytes())
            .map_err(|_| unreadable("plan"))?;
        mac.update(text.as_bytes());
        Ok(hex::encode(mac.finalize().into_bytes()))
    }

    /// Applies exactly what it plans now; and only if that is what was planned before, where something was.
    pub(super) async fn apply(&self, noted: Noted, planned: Option<&Value>) -> Result<Ended, Failed> {
        let before = self.version().await?;
        let out = format!("-out={}", self.plan);
        let plan = self.program.quietly(&self.module, &self.usual(&["plan", &out])).await?;
        plan.fine()?;
        self.attempt.log.say(&format!("it is planned: {}", told::summary(&plan.out)));
        // what an attempt before changed already is no drift
        if let (None, Some(planned)) = (&noted.before, planned)
            && planned.as_str() != Some(&self.digest().await?)
        {
            return Err(Failed::platform(
                "What would be done now is not what was planned: something changed since the plan was shown. Nothing was applied.",
                "Cancel the request and ask again: it is planned anew, and shown to those who agree to it.",
            ));
        }
        let at_it =
            Noted { before: Some(noted.before.unwrap_or(before)), applying: true, cut: false, planned: None };
        self.attempt.keep.note(at_it.kept(self.attempt)).await?;
        fault::point("terraform.before-apply");
        let applied =
            self.program.run(&self.module, &["apply", "-input=false", "-no-color", LOCK, &self.plan]).await;
        fault::point("terraform.applied");
        let cut = self.program.was_killed() || !self.rescued().await;
        let ended = Noted { applying: false, cut, ..at_it }.kept(self.attempt);
        let leaving = |failed: Failed| failed.leaving(ended.clone());
        if cut {
            return Err(leaving(cut_off()));
        }
        applied.and_then(|said| said.fine()).map_err(leaving)?;
        let told = self.program.quietly(&self.module, &["output", "-json", "-no-color"]).await;
        let told = told.and_then(|told| told.fine().map(|()| told)).map_err(leaving)?;
        let (outputs, secrets) = outputs(self.attempt, &told.out).map_err(leaving)?;
        Ok(Ended::Done { outputs, secrets, effect: ended })
    }

    /// A state that Terraform could not hand over lies in its folder. Whether the portal has it after all.
    async fn rescued(&self) -> bool {
        let kept = self.module.join("errored.tfstate");
        if !kept.exists() {
            return true;
        }
        for _ in 0..RESCUES {
            let push = ["state", "push", "errored.tfstate"];
            let pushed = self.program.after_all(&self.module, &push, RESCUE).await;
            if pushed.is_ok_and(|said| said.fine().is_ok()) {
                self.attempt.log.say("the state was handed over in the end");
                return true;
            }
            tokio::time::sleep(BETWEEN_RESCUES).await;
        }
        // the only copy there is: it outlives the folder, for the operator alone
        let aside = std::env::temp_dir().join(format!("portolan-{}.tfstate", self.attempt.key));
        let saved = fs::copy(&kept, &aside)
            .and_then(|_| fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)));
        self.attempt.log.say(&match saved {
            Ok(()) => format!(
                "the state could not be handed over; the operator finds it on the portal's machine: {}",
                aside.display()
            ),
            Err(error) => format!("the state could not be handed over, nor kept: {error}"),
        });
        false
    }

    pub(super) async fn destroy(&self, noted: Noted) -> Result<Ended, Failed> {
        let before = match noted.before.clone() {
            Some(before) => before,
            None => self.version().await?,
        };
        let noted = Noted { before: Some(before), ..noted };
        self.attempt.keep.note(noted.kept(self.attempt)).await?;
        let leaving = |failed: Failed| failed.leaving(noted.kept(self.attempt));
        let ended = self.program.run(&self.module, &self.usual(&["destroy", "-auto-approve"])).await;
        ended.and_then(|said| said.fine()).map_err(leaving)?;
        Ok(Ended::Done { outputs: Map::new(), secrets: BTreeMap::new(), effect: noted.kept(self.attempt) })
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

fn planned(attempt: &Attempt, changes: bool, text: &str, effect: Value) -> Ended {
    let text = attempt.log.mask(text);
    let mut outputs = Map::new();
    outputs.insert("changes".into(), json!(changes));
    outputs.insert("summary".into(), json!(told::summary(&text)));
    outputs.insert("plan".into(), json!(told::cut(&text, MOST_PLAN)));
    Ended::Done { outputs, secrets: BTreeMap::new(), effect }
}

fn unreadable(what: &str) -> Failed {
    Failed::platform(
        format!("Terraform's {what} cannot be read."),
        "The portal's operator looks at its version.",
    )
    .once_more()
}

/// The module's outputs: those it calls sensitive are secrets.
fn outputs(attempt: &Attempt, text: &str) -> Result<HandedOn, Failed> {
    let all: Map<String, Value> = serde_json::from_str(text).map_err(|_| unreadable("outputs"))?;
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
