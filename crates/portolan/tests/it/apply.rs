//! `portolan apply` against a running portal, as a pipeline uses it.

use std::{fs, path::Path, process::Output};

use crate::support::process::{
    Process, create_admin, create_token, data_folder, portolan, run, stderr, stdout,
};

/// A portal, a token of its admin, and a folder of descriptors.
struct Pipeline {
    portal: Process,
    data: tempfile::TempDir,
    token: String,
}

impl Pipeline {
    fn new() -> Self {
        let data = data_folder();
        let portal = Process::on_folder(data.path(), &[]);
        let place = ["--data-dir", data.path().to_str().expect("text")];
        assert!(create_admin("imke", &place).status.success());
        let token = create_token("imke", "admin", &place);
        Self { portal, data, token }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn folder(&self) -> std::path::PathBuf {
        self.data.path().join("repository")
    }

    /// `portolan apply` in the folder of the descriptors.
    fn apply(&self, arguments: &[&str]) -> Output {
        let mut command = portolan();
        command.current_dir(self.folder()).arg("apply").args(arguments);
        command
            .env("PORTOLAN_URL", &self.portal.url)
            .env("PORTOLAN_TOKEN", &self.token)
            .output()
            .expect("it runs")
    }
}

fn component(name: &str, more: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: service\n  lifecycle: production\n  owner: guests\n{more}"
    )
}

fn summary(output: &Output) -> String {
    stdout(output).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_repository_is_applied_again_without_change_and_rejections_fail_the_pipeline() {
    let pipeline = Pipeline::new();
    pipeline.write("catalog-info.yaml", &component("shop", "---\napiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: more\nspec:\n  target: ./deep/depot.yaml\n"));
    pipeline.write("deep/depot.yaml", &component("depot", ""));
    pipeline.write("deep/api.yaml", "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: shop-api\nspec:\n  type: openapi\n  lifecycle: production\n  owner: guests\n  definition:\n    $text: ../openapi.yaml\n");
    pipeline.write("openapi.yaml", "openapi: 3.1.0\n");

    let first = pipeline.apply(&["--source", "acme/shop", "."]);
    assert!(first.status.success(), "{}{}", stdout(&first), stderr(&first));
    assert_eq!(summary(&first), "4 created, 0 updated, 0 unchanged, 0 rejected");
    assert!(stderr(&first).contains("skipped openapi.yaml"), "{}", stderr(&first));
    let again = pipeline.apply(&["--source", "acme/shop", "."]);
    assert_eq!(summary(&again), "0 created, 0 updated, 4 unchanged, 0 rejected");

    pipeline.write("deep/depot.yaml", &component("not a name", ""));
    let tried = pipeline.apply(&["--source", "acme/shop", "--dry-run", "deep/depot.yaml"]);
    assert_eq!(tried.status.code(), Some(1));
    assert_eq!(
        summary(&tried),
        "0 created, 0 updated, 0 unchanged, 1 rejected; nothing was written, this was a dry run"
    );
    assert!(
        stdout(&tried).contains("metadata.name") && stdout(&tried).contains("deep/depot.yaml"),
        "{}",
        stdout(&tried)
    );

    let atomic = pipeline.apply(&["--source", "acme/shop", "--atomic", "."]);
    assert_eq!(atomic.status.code(), Some(1));
    assert!(
        summary(&atomic).starts_with("nothing was written: 1 document was rejected"),
        "{}",
        stdout(&atomic)
    );
}

const OFFERING: &str = "# ours\napiVersion: portolan.dev/v1\nkind: Offering\nmetadata: { name: till, title: Till }\nspec:\n  owner: guests\n  stage: beta\n  experience: call-an-api\n  sharing: shared-code\n  steps:\n    - { id: wait, uses: wait, with: { seconds: 0 } }\n";

#[test]
fn offerings_are_written_from_the_same_folder_each_in_a_version_of_its_own() {
    let pipeline = Pipeline::new();
    pipeline.write("teams.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: guests\nspec:\n  type: team\n  children: []\n");
    pipeline.write("catalog-info.yaml", &component("shop", ""));
    let applied = pipeline.apply(&["."]);
    assert!(applied.status.success(), "{}{}", stdout(&applied), stderr(&applied));

    pipeline.write("till.yaml", &format!("{OFFERING}---\n{}", component("shop", "")));
    let tried = pipeline.apply(&["--dry-run", "till.yaml"]);
    assert!(stdout(&tried).contains("created    offering:till version 1"), "{}", stdout(&tried));
    for (text, summed) in [
        (OFFERING.to_owned(), "1 created, 0 updated, 0 unchanged, 0 rejected"),
        (OFFERING.to_owned(), "0 created, 0 updated, 1 unchanged, 0 rejected"),
        (OFFERING.replace("beta", "general"), "0 created, 1 updated, 0 unchanged, 0 rejected"),
        (OFFERING.replace("uses: wait", "uses: magic"), "0 created, 0 updated, 0 unchanged, 1 rejected"),
    ] {
        pipeline.write("till.yaml", &text);
        let output = pipeline.apply(&["till.yaml"]);
        assert_eq!(summary(&output), summed, "{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.success(), !summed.ends_with("1 rejected"));
    }
    let whole = pipeline.apply(&["--atomic", "till.yaml"]);
    assert!(!whole.status.success() && stderr(&whole).contains("one by one"), "{}", stderr(&whole));
}

#[test]
fn what_the_portal_would_refuse_is_said_in_one_sentence() {
    let pipeline = Pipeline::new();
    pipeline.write("a.yaml", &component("shop", ""));
    let outside = Path::new("/etc/hostname");
    pipeline.write("b.yaml", &component("evil", &format!("  x: {{$text: {}}}\n", outside.display())));

    let escaped = pipeline.apply(&["b.yaml"]);
    assert_eq!(escaped.status.code(), Some(1));
    assert!(stdout(&escaped).contains("outside the folder"), "{}", stdout(&escaped));

    let mut stranger = portolan();
    stranger
        .current_dir(pipeline.folder())
        .args(["apply", "a.yaml"])
        .env("PORTOLAN_URL", &pipeline.portal.url);
    let without = stranger.output().expect("it runs");
    assert!(!without.status.success() && stderr(&without).contains("PORTOLAN_TOKEN"), "{}", stderr(&without));
    let wrong = stranger.env("PORTOLAN_TOKEN", "ptl_wrong").output().expect("it runs");
    assert!(stderr(&wrong).contains("does not accept the token"), "{}", stderr(&wrong));
    let nobody = stranger.env("PORTOLAN_URL", "http://127.0.0.1:1").output().expect("it runs");
    assert!(stderr(&nobody).contains("cannot reach the portal"), "{}", stderr(&nobody));
}

#[test]
fn the_demo_company_is_what_its_files_say() {
    let data = data_folder();
    let folder = data.path().to_str().expect("text");
    let _portal = Process::on_folder(data.path(), &["--demo"]);
    let again = run(["demo", "--data-dir", folder]);
    assert!(!again.status.success() && stderr(&again).contains("not empty"), "{}", stderr(&again));
}
