//! Against the real `git`, a real server of it, and fakes of the providers that look at what they are asked.

mod at_providers;
mod demo;
mod in_folders;
mod over_http;
mod server;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::executors::{Attempt, Ended, Failed, Lines, git_scaffold, log::tests::attempt_with};

/// A machine with folders of templates and repositories.
struct Bed {
    temp: TempDir,
    tokens: BTreeMap<String, String>,
}

impl Bed {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        for folder in ["templates", "repositories"] {
            fs::create_dir(temp.path().join(folder)).unwrap();
        }
        Self { temp, tokens: BTreeMap::new() }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.temp.path().join(below)
    }

    /// A file of a template.
    fn file(&self, path: &str, content: &str) -> &Self {
        let full = self.path("templates").join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, content).unwrap();
        self
    }

    fn service(&self) -> &Self {
        self.file(
            "service/README.md",
            "# {{ name | title }}\n{% if database %}It has a database.\n{% endif %}",
        )
        .file("service/{{ name }}.toml", "name = \"{{ name }}\"\n")
        .file("service/{% if database %}schema.sql{% endif %}", "create table t ();\n")
        .file("service/ci/build.yml", "run: {{ not.filled }}\n")
        .file(
            "service/catalog-info.yaml",
            "kind: Component\nmetadata: { name: {{ name }} }\nspec: { type: service }\n",
        )
    }

    fn attempt(&self, input: Value) -> (Attempt, Lines) {
        let folders = ["templates", "repositories"].map(|name| (name.to_owned(), self.path(name))).into();
        let hosts = self.tokens.iter().map(|(host, token)| format!("{host}={token}").parse().unwrap());
        attempt_with(input, |equipment| {
            equipment.folders = folders;
            equipment.git = hosts.collect();
        })
    }
}

async fn run(attempt: &Attempt) -> Result<Ended, Failed> {
    git_scaffold::run(attempt.clone()).await
}

async fn undo(attempt: &Attempt) -> Result<Ended, Failed> {
    git_scaffold::undo::undo(attempt.clone()).await
}

fn outputs(ended: Result<Ended, Failed>) -> Value {
    match ended {
        Ok(Ended::Done { outputs, .. }) => Value::Object(outputs),
        other => panic!("{other:?}"),
    }
}

fn said(lines: &Lines) -> String {
    lines.take().join("\n")
}

/// What git says in a folder.
fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Somebody",
            "-c",
            "user.email=somebody@fairhaven.example",
            "-c",
            "safe.directory=*",
        ])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Somebody's own commit on a branch of a bare repository.
fn push_something(bare: &Path, branch: &str) {
    let temp = tempfile::tempdir().unwrap();
    let exists = !git(bare, &["branch", "--list", branch]).trim().is_empty();
    if exists {
        git(temp.path(), &["clone", "-q", "-b", branch, bare.to_str().unwrap(), "."]);
    } else {
        git(temp.path(), &["init", "-q", &format!("--initial-branch={branch}")]);
    }
    fs::write(temp.path().join("own.txt"), "work\n").unwrap();
    std::os::unix::fs::symlink("/etc", temp.path().join("linked")).unwrap();
    git(temp.path(), &["add", "."]);
    git(temp.path(), &["commit", "-q", "-m", "Work of somebody"]);
    git(temp.path(), &["push", "-q", bare.to_str().unwrap(), &format!("HEAD:{branch}")]);
}
