//! Runs with the real Terraform: whoever dies around it makes nothing twice, and whoever dies while it works says so.

use std::{
    fs,
    path::Path,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Harbour, PATIENCE, body, dies_at, offering, until};
use crate::support::{browser::Driver, http::Client};

/// A module that writes a line for each thing it makes, and then takes its time.
struct Module(TempDir);

impl Module {
    fn new(seconds: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("thing")).expect("a module");
        let made = folder.path().join("made");
        let text = format!(
            r#"variable "name" {{ type = string }}
resource "terraform_data" "thing" {{
  input = var.name
  provisioner "local-exec" {{ command = "echo made >> {}; sleep {seconds}" }}
}}
output "name" {{ value = terraform_data.thing.output }}
"#,
            made.display()
        );
        fs::write(folder.path().join("thing/main.tf"), text).expect("a module");
        Self(folder)
    }

    fn folders(&self) -> String {
        format!("modules={}", self.0.path().display())
    }

    /// How many things were made.
    fn made(&self) -> usize {
        fs::read_to_string(self.0.path().join("made")).unwrap_or_default().lines().count()
    }

    /// Who is still at work with the module.
    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn zone() -> Value {
    let with = |command: &str| json!({ "module": { "folder": "modules/thing" }, "command": command, "variables": { "name": "${{ params.name }}" } });
    let mut zone = offering("zone", &json!([{ "id": "make", "uses": "terraform", "with": with("apply") }]));
    zone["spec"]["outputs"] = json!([{ "name": "name", "value": "${{ steps.make.name }}" }]);
    zone["spec"]["actions"] = json!([
        { "name": "rename", "title": "Rename",
          "parameters": { "type": "object", "properties": { "name": { "type": "string" } } },
          "steps": [
              { "id": "again", "uses": "terraform", "with": with("apply") },
              { "id": "no", "uses": "http.request", "attempts": 1, "with": { "url": "http://169.254.169.254/", "undo": "nothing" } },
          ] },
        { "name": "remove", "title": "Remove", "effect": "remove",
          "steps": [{ "id": "destroy", "uses": "terraform",
                      "with": { "module": { "folder": "modules/thing" }, "command": "destroy", "variables": { "name": "${{ resource.params.name }}" } } }] },
    ]);
    zone["spec"]["onFailure"] = json!("undo");
    zone
}

#[test]
fn a_worker_that_dies_around_terraform_makes_nothing_twice() {
    scope(|threads| {
        for point in ["terraform.before-apply", "terraform.applied"] {
            threads.spawn(move || {
                let module = Module::new(0);
                let mut heir =
                    dies_at(point, &zone(), "shop", &[("PORTOLAN_PROVISION_FOLDERS", &module.folders())]);
                until(&mut heir.mia, &json!(1), "succeeded");
                assert_eq!(module.made(), 1, "{point}");
            });
        }
    });
}

/// An action that fails leaves what it was done to as it was, and its removal finds the same state.
#[test]
fn a_change_that_fails_is_put_back_and_nothing_is_destroyed() {
    let module = Module::new(0);
    let mut harbour = Harbour::new(&[("PORTOLAN_PROVISION_FOLDERS", &module.folders())]);
    harbour.offer(&zone());
    let number = harbour.ask("zone", "shop");
    let id = until(&mut harbour.mia, &number, "succeeded")["resource"].as_str().expect("its key").to_owned();
    let mut act = |name: &str, params: &Value, state: &str| {
        let path = format!("/api/v1/resources/{id}/actions/{name}");
        let asked = body(&harbour.mia.json("POST", &path, &json!({ "params": params })), 201);
        until(&mut harbour.mia, &asked["number"], state)
    };
    let failed = act("rename", &json!({ "name": "shop2" }), "failed");
    assert_eq!(failed["left_over"], json!(false), "{failed:#}");
    assert_eq!(module.made(), 1, "what exists stays the same thing");
    let log = harbour.mia.get(&format!("/api/v1/provisioning-requests/{}/log", failed["number"])).body;
    assert!(log.contains("applying what was there before"), "{log}");
    let path = format!("/api/v1/resources/{id}/actions/remove");
    let gone = body(&harbour.mia.json("POST", &path, &json!({})), 201);
    until(&mut harbour.mia, &gone["number"], "succeeded");
    let log = harbour.mia.get(&format!("/api/v1/provisioning-requests/{}/log", gone["number"])).body;
    assert!(log.contains("1 destroyed"), "{log}");
}

/// Those whose offering it is put a former state back on the page of what it is of.
#[tokio::test]
async fn a_former_state_is_put_back_on_the_page_of_what_it_is_of() {
    let module = Module::new(0);
    let mut harbour = Harbour::new(&[("PORTOLAN_PROVISION_FOLDERS", &module.folders())]);
    let mut zone = zone();
    zone["spec"]["actions"][0]["steps"].as_array_mut().expect("steps").truncate(1);
    harbour.offer(&zone);
    let number = harbour.ask("zone", "shop");
    let id = until(&mut harbour.mia, &number, "succeeded")["resource"].as_str().expect("its key").to_owned();
    let asked = json!({ "params": { "name": "market" } });
    let asked = harbour.mia.json("POST", &format!("/api/v1/resources/{id}/actions/rename"), &asked);
    until(&mut harbour.mia, &body(&asked, 201)["number"], "succeeded");

    let driver = Driver::start();
    let browser = driver.browser(harbour.portal.url()).await;
    browser.act_as(&harbour.portal, "mia").await;
    browser.open(&format!("/provision/resources/{id}")).await;
    let download = "const form = document.querySelector('form[action$=\"/export\"]');
        return fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) }).then((a) => a.text());";
    let state = browser.script(download, &[]).await;
    assert!(state.as_str().is_some_and(|state| state.contains("market")), "{state}");
    // the newest of those that were written when it was made: the end of the list is the first of all
    browser.script("document.querySelector('#states details summary').click()", &[]).await;
    browser.sees("Putting one back changes what the next run works from, and nothing outside.").await;
    let put_back = "[...document.querySelectorAll('#states button')].filter((b) => b.textContent.startsWith('Put it back')).at(-1).click()";
    browser.script(put_back, &[]).await;
    browser.sees("is the newest again.").await;
    let state = browser.script(download, &[]).await;
    assert!(state.as_str().is_some_and(|state| !state.contains("market")), "{state}");
    browser.close().await;
}

/// What was made in the last moment may be in no state: nobody makes it twice, somebody looks.
#[test]
fn a_worker_killed_while_terraform_works_says_so() {
    let module = Module::new(10);
    let folders = module.folders();
    let settings = [("PORTOLAN_PROVISION_FOLDERS", folders.as_str())];
    let mut harbour = Harbour::new(&settings);
    let mut kept = zone();
    kept["spec"]["onFailure"] = json!("keep");
    harbour.offer(&kept);
    let number = harbour.ask("zone", "shop");
    let began = Instant::now();
    while module.made() == 0 {
        assert!(began.elapsed() < PATIENCE, "{}", module.path().display());
        sleep(Duration::from_millis(50));
    }
    let mia = harbour.mia.authorization();
    harbour.portal.process().signal(Signal::SIGKILL);
    harbour.portal.process().wait();
    let heir = harbour.portal.replica(&settings);
    let token = mia.trim().trim_start_matches("Authorization: Bearer ");
    let mut mia = Client::with_token(&heir.url, token);
    let stuck = until(&mut mia, &number, "needs-attention");
    assert!(
        stuck["failure"]["why"].as_str().is_some_and(|why| why.contains("would be made twice")),
        "{stuck:#}"
    );
    assert_eq!(module.made(), 1);
    // somebody looked, and has it tried again
    body(&mia.json("POST", &format!("/api/v1/provisioning-requests/{number}/retry"), &json!({})), 200);
    until(&mut mia, &number, "succeeded");
}
