//! With the real program and its built-in provider, against a store of states as the portal's.

mod changes;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{check, run, undo};
use crate::executors::{
    Attempt, Ended, Failed, Fault, Hidden, JobFacts, Lines, PostgresServer, StateFacts,
    keep::tests::{after, noting},
    log::tests::attempt_with,
    served::{Asked, Served},
};

const MODULE: &str = r#"
variable "name" { type = string }
variable "wait" {
  type    = number
  default = 0
}
resource "terraform_data" "db" {
  input = var.name
  provisioner "local-exec" { command = "env; sleep ${var.wait}" }
}
output "name" { value = terraform_data.db.output }
output "length" { value = length(var.name) }
output "password" {
  value     = "pw-${var.name}"
  sensitive = true
}
"#;

/// What the store has: the state, and the lock.
#[derive(Debug, Default, Clone)]
struct Kept {
    state: Option<String>,
    lock: Option<String>,
    unlocked: usize,
    /// How many writes it breaks at.
    breaks: usize,
}

struct Scene {
    folder: TempDir,
    store: Served,
    kept: Arc<Mutex<Kept>>,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("db")).expect("a module");
        fs::write(folder.path().join("db/main.tf"), MODULE).expect("a module");
        let kept = Arc::new(Mutex::new(Kept::default()));
        let inside = Arc::clone(&kept);
        let store = Served::new(move |asked| answer(&mut inside.lock().expect("kept"), asked)).await;
        Self { folder, store, kept }
    }

    fn kept(&self) -> Kept {
        self.kept.lock().expect("kept").clone()
    }

    fn attempt(&self, input: Value) -> (Attempt, Lines) {
        let (mut attempt, lines) = attempt_with(input, |equipment| {
            equipment.folders.insert("modules".into(), self.folder.path().to_owned());
            equipment.terraform.environment.insert("CLOUD_KEY".into(), Hidden::new("cl0ud-key"));
        });
        attempt.job = JobFacts {
            state: StateFacts {
                address: format!("{}/state", self.store.url),
                password: "st4te-password".into(),
                ..StateFacts::default()
            },
            ..attempt.job
        };
        (attempt, lines)
    }

    fn given(&self, command: &str, variables: &Value) -> Attempt {
        self.attempt(
            json!({ "module": { "folder": "modules/db" }, "command": command, "variables": variables }),
        )
        .0
    }
}

/// As the portal's store answers.
fn answer(kept: &mut Kept, asked: &Asked) -> (u16, &'static [(&'static str, &'static str)], String) {
    let id = |text: &str| serde_json::from_str::<Value>(text).ok()?["ID"].as_str().map(str::to_owned);
    if asked.header("authorization") != Some("Basic cG9ydG9sYW46c3Q0dGUtcGFzc3dvcmQ=") {
        return (401, &[], String::new());
    }
    let is_lock = asked.path.starts_with("/state/lock");
    match (asked.method.as_str(), is_lock) {
        ("GET", _) => match &kept.state {
            Some(state) => (200, &[], state.clone()),
            None => (204, &[], String::new()),
        },
        ("POST", true) => {
            if let Some(held) = &kept.lock {
                return (423, &[], held.clone());
            }
            assert!(asked.path.contains("?by=") && asked.path.contains("&turn="), "{}", asked.path);
            kept.lock = Some(asked.body.clone());
            (200, &[], String::new())
        }
        ("DELETE", true) => {
            kept.lock = None;
            kept.unlocked += 1;
            (200, &[], String::new())
        }
        _ => {
            let held = kept.lock.as_deref().and_then(id).expect("it writes under its lock");
            assert!(asked.path.ends_with(&format!("?ID={held}")), "{}", asked.path);
            if kept.breaks > 0 {
                kept.breaks -= 1;
                return (500, &[], String::new());
            }
            kept.state = Some(asked.body.clone());
            (200, &[], String::new())
        }
    }
}

fn outputs(ended: Result<Ended, Failed>) -> (serde_json::Map<String, Value>, Vec<(String, String)>) {
    match ended {
        Ok(Ended::Done { outputs, secrets, .. }) => (outputs, secrets.into_iter().collect()),
        other => panic!("{other:?}"),
    }
}

/// What the module made, as the state has it: its id, and what it was given.
fn made(scene: &Scene) -> (Value, Value) {
    let state: Value = serde_json::from_str(&scene.kept().state.expect("a state")).expect("JSON");
    let made = &state["resources"][0]["instances"][0]["attributes"];
    (made["id"].clone(), made["input"]["value"].clone())
}

#[tokio::test]
async fn it_is_planned_applied_once_and_destroyed() {
    let scene = Scene::new().await;
    let name = "orders\"; ${file(\"/etc/passwd\")} $(id) `id` %{ if true }";
    let variables = json!({ "name": name });
    let (plan, _) = outputs(run(scene.given("plan", &variables)).await);
    assert_eq!(
        (&plan["summary"], &plan["changes"]),
        (&json!("1 to add, 0 to change, 0 to destroy"), &json!(true))
    );
    assert!(
        plan["plan"].as_str().is_some_and(|plan| plan.contains("terraform_data.db will be created")),
        "{plan:?}"
    );
    assert!(scene.kept().state.is_none(), "a plan makes nothing");

    let (apply, noted) = noting(scene.given("apply", &variables));
    let (made, secrets) = outputs(run(apply.clone()).await);
    assert_eq!(
        (&made["name"], &made["length"]),
        (&json!(name), &json!(name.len())),
        "it is data, and no program"
    );
    assert_eq!(secrets, [("password".to_owned(), format!("pw-{name}"))]);
    let (first, _) = self::made(&scene);
    outputs(run(Attempt { attempt: 2, ..after(&apply, &noted) }).await);
    assert_eq!(self::made(&scene).0, first, "what is there is not made again");
    let (plan, _) = outputs(run(scene.given("plan", &variables)).await);
    assert_eq!((&plan["summary"], &plan["changes"]), (&json!("no changes"), &json!(false)));

    assert_eq!(undo(apply.clone()).await, Ok(Ended::done()), "whoever never came to apply left nothing");
    assert_eq!(self::made(&scene).0, first);
    for _ in 0..2 {
        assert_eq!(undo(after(&apply, &noted)).await, Ok(Ended::done()));
    }
    let left: Value = serde_json::from_str(&scene.kept().state.expect("a state")).expect("JSON");
    assert_eq!(left["resources"], json!([]));
    assert!(scene.kept().lock.is_none() && scene.kept().unlocked > 0);
    assert_eq!(undo(scene.given("plan", &variables)).await, Ok(Ended::done()), "a plan left nothing");
}

#[tokio::test]
async fn it_sees_what_the_operator_shows_it_and_secrets_are_not_told() {
    let scene = Scene::new().await;
    let input = json!({ "module": { "folder": "modules/db" }, "variables": { "name": "orders" } });
    let (attempt, lines) = scene.attempt(input);
    outputs(run(attempt).await);
    let told = lines.take().join("\n");
    assert!(told.contains("CLOUD_KEY=[hidden]") && told.contains("TF_HTTP_PASSWORD=[hidden]"), "{told}");
    assert!(told.contains("terraform_data.db: Creating"), "{told}");
    for secret in ["cl0ud-key", "st4te-password", "DATABASE_URL", "CARGO"] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
}

#[tokio::test]
async fn what_goes_wrong_says_whose_turn_it_is() {
    let scene = Scene::new().await;
    let failed = run(scene.given("apply", &json!({}))).await.expect_err("a variable is missing");
    assert!(
        failed.fault == Fault::Input && failed.why.contains("No value for required variable"),
        "{failed:?}"
    );
    scene.kept.lock().expect("kept").lock = Some(json!({ "ID": "another", "Operation": "apply", "Who": "x", "Version": "1", "Created": "2026-11-22T00:00:00Z", "Path": "" }).to_string());
    let failed = run(scene.given("apply", &json!({ "name": "x" }))).await.expect_err("it is locked");
    assert!(
        failed.again && failed.fault == Fault::Outside && failed.why.contains("Another run"),
        "{failed:?}"
    );
    scene.kept.lock().expect("kept").lock = None;
    fs::write(scene.folder.path().join("db/broken.tf"), "resource \"terraform_data\" \"x\" { nonsense = 1 }")
        .expect("written");
    let failed = run(scene.given("plan", &json!({ "name": "x" }))).await.expect_err("it is broken");
    assert!(
        !failed.again && failed.fault == Fault::Platform && failed.why.contains("Unsupported argument"),
        "{failed:?}"
    );
    let mut stranger = scene.given("plan", &json!({ "name": "x" }));
    stranger.job.state.password = "wrong".into();
    fs::remove_file(scene.folder.path().join("db/broken.tf")).expect("removed");
    let failed = run(stranger).await.expect_err("the store does not open");
    assert!(failed.again && failed.fault == Fault::Outside, "{failed:?}");
    let mut missing = scene.attempt(json!({ "module": { "folder": "modules/db" } })).0;
    let equipment = Arc::get_mut(&mut missing.equipment).expect("its own");
    equipment.terraform.program = Some("/nowhere/terraform".into());
    equipment.postgres = Vec::<PostgresServer>::new();
    let failed = run(missing).await.expect_err("no program");
    assert!(
        failed.fault == Fault::Platform && failed.why.contains("Neither terraform nor tofu"),
        "{failed:?}"
    );
}

#[tokio::test]
async fn what_takes_too_long_is_interrupted_and_lets_its_lock_go() {
    let scene = Scene::new().await;
    let attempt = Attempt {
        within: Duration::from_secs(40),
        ..scene.given("apply", &json!({ "name": "x", "wait": 300 }))
    };
    let began = Instant::now();
    let failed = run(attempt.clone()).await.expect_err("it takes too long");
    assert!(failed.again && failed.why.contains("interrupted, and wrote its state"), "{failed:?}");
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    assert!(scene.kept().lock.is_none(), "{:?}", scene.kept());
    assert!(
        scene.kept().state.is_some_and(|state| state.contains("tainted")),
        "what it made so far is in the state"
    );
    let effect = failed.effect.map(|effect| *effect);
    assert_eq!(undo(Attempt { within: Duration::from_mins(1), effect, ..attempt }).await, Ok(Ended::done()));
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("git");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_module_comes_from_a_repository_at_its_ref_and_from_nowhere_else() {
    let scene = Scene::new().await;
    let repository: PathBuf = scene.folder.path().join("repository");
    fs::create_dir_all(repository.join("sub")).expect("a folder");
    fs::write(repository.join("sub/main.tf"), "output \"version\" { value = 1 }").expect("written");
    for arguments in
        [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-q", "-m", "one"], &["tag", "v1"]]
    {
        git(&repository, arguments);
    }
    fs::write(repository.join("sub/main.tf"), "output \"version\" { value = 2 }").expect("written");
    git(&repository, &["commit", "-q", "-a", "-m", "two"]);
    let module = |reference: &str| {
        scene.attempt(json!({ "module": { "git": "modules/repository", "ref": reference, "path": "sub" } })).0
    };
    assert_eq!(outputs(run(module("v1")).await).0["version"], json!(1));
    assert_eq!(outputs(run(module("main")).await).0["version"], json!(2));
    let missing = run(module("v9")).await.expect_err("no such tag");
    assert!(missing.why.contains("cannot be fetched"), "{missing:?}");
    for hostile in ["--upload-pack=touch /tmp/pwned", "main\nx", "main\r", ""] {
        assert!(run(module(hostile)).await.is_err_and(|failed| !failed.again), "{hostile:?}");
    }
    for module in [
        json!({ "folder": "modules/../../etc" }),
        json!({ "folder": "/etc" }),
        json!({ "folder": "elsewhere/x" }),
        json!({ "folder": "modules/nowhere" }),
        json!({ "git": "https://git.example.org/x", "ref": "main" }),
        json!({ "git": "ext::sh -c id", "ref": "main" }),
        json!({ "git": "file:///etc", "ref": "main" }),
        json!({ "git": "http://169.254.169.254/latest", "ref": "main" }),
        json!({ "git": "http://127.0.0.1:1/x", "ref": "main" }),
        json!({ "git": "http://[::1]/x", "ref": "main" }),
        json!({ "git": "modules/repository\r\nx", "ref": "main" }),
        json!({ "git": "ssh://git@example.org/x", "ref": "main" }),
        json!({ "git": "modules/repository", "ref": "main", "path": "../db" }),
        json!({}),
    ] {
        let failed = run(scene.attempt(json!({ "module": module })).0).await.expect_err("refused");
        assert!(!failed.again && failed.fault == Fault::Platform, "{module}: {failed:?}");
    }
}

#[test]
fn offerings_are_told_what_is_wrong_before_anything_runs() {
    let right = json!({ "module": { "git": "${{ x }}", "ref": "main", "path": "a" }, "command": "${{ x }}", "variables": {} });
    assert_eq!(check(&right), [""; 0]);
    let wrong = check(&json!({ "module": { "folder": "x", "ref": "main" }, "command": "import", "var": 1 }))
        .join("; ");
    for part in ["does not take \"var\"", "command that is plan", "module does not take \"ref\""] {
        assert!(wrong.contains(part), "{part} is missing in {wrong}");
    }
}
