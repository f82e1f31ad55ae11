//! A real Alertmanager (Debian's package `prometheus-alertmanager`) tells Portolan what fires and what is over.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{http::Client, portal::Portal};

/// An Alertmanager that ends with the test.
struct Alertmanager {
    process: Child,
    client: Client,
}

impl Alertmanager {
    fn start(folder: &Path, receiver: &str) -> Self {
        let config = format!(
            "route:\n  receiver: portolan\n  group_by: [alertname]\n  group_wait: 0s\n  group_interval: 1s\n  repeat_interval: 1h\n\
             receivers:\n  - name: portolan\n    webhook_configs:\n      - url: {receiver}\n        send_resolved: true\n        max_alerts: 2\n"
        );
        let file = folder.join("alertmanager.yml");
        fs::write(&file, config).expect("a file");
        let address =
            TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").to_string();
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--cluster.listen-address=", "--log.level=warn"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("scripts/need alertmanager installs what this test asks: {e}"));
        let began = Instant::now();
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "it does not listen");
            sleep(Duration::from_millis(50));
        }
        Self { process, client: Client::new(&format!("http://{address}")) }
    }

    /// Tells it alerts as Prometheus does: firing, or over since now.
    fn tell(&mut self, name: &str, instances: &[&str], over: bool) {
        let now = uuid::Uuid::now_v7().get_timestamp().expect("a time").to_unix().0;
        let at = |seconds: u64| {
            let at = jiff::Timestamp::from_second(i64::try_from(seconds).expect("seconds"));
            at.expect("an instant").to_string()
        };
        let alert = |instance: &&str| {
            let ends = if over { at(now - 1) } else { at(now + 600) };
            json!({
                "labels": { "alertname": name, "instance": instance, "service": "checkout", "severity": "critical" },
                "annotations": { "summary": format!("{name} on {instance}") }, "startsAt": at(now - 60), "endsAt": ends,
            })
        };
        let alerts = Value::from(instances.iter().map(alert).collect::<Vec<_>>());
        let answer = self.client.json("POST", "/api/v2/alerts", &alerts);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The pages, when they are as they should be.
fn until(ada: &mut Client, what: &str, so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let answer = ada.get("/api/v1/pages");
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        let pages = body["items"].as_array().expect("a list").clone();
        if so(&pages) {
            return pages;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{what}: {pages:#?}");
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_real_alertmanager_opens_pages_and_closes_them() {
    let portal = Portal::empty();
    portal.make_admin("ada");
    let mut ada = portal.with_token("ada", "admin");
    assert_eq!(ada.json("POST", "/api/v1/teams", &json!({ "slug": "basket", "name": "Basket" })).status, 201);
    let service = json!({ "kind": "component", "name": "checkout", "owner": "basket", "about": { "type": "service", "lifecycle": "production" } });
    assert_eq!(ada.json("POST", "/api/v1/entities", &service).status, 201);
    let new = json!({ "team": "basket", "kind": "alertmanager", "name": "Alertmanager" });
    let made: Value =
        serde_json::from_str(&ada.json("POST", "/api/v1/alert-integrations", &new).body).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let mut alertmanager = Alertmanager::start(folder.path(), made["url"].as_str().expect("an address"));

    alertmanager.tell("Slow", &["a"], false);
    let pages = until(&mut ada, "a page opens", |pages| pages.len() == 1);
    assert_eq!(
        [&pages[0]["state"], &pages[0]["entity"], &pages[0]["summary"], &pages[0]["severity"]],
        ["open", "component:default/checkout", "Slow on a", "critical"]
    );
    alertmanager.tell("Slow", &["b"], false);
    until(&mut ada, "the second alert joins it", |pages| pages.len() == 1 && pages[0]["firing"] == 2);
    alertmanager.tell("Slow", &["a"], true);
    until(&mut ada, "one of two is over", |pages| pages[0]["firing"] == 1 && pages[0]["state"] == "open");
    alertmanager.tell("Slow", &["b"], true);
    until(&mut ada, "both are over", |pages| pages[0]["state"] == "resolved");

    // five alerts where two are shown: what is cut off closes nothing
    alertmanager.tell("Down", &["a", "b", "c", "d", "e"], false);
    until(&mut ada, "the group opens a page", |pages| pages.len() == 2 && pages[0]["firing"] == 2);
    alertmanager.tell("Down", &["a", "b"], true);
    sleep(Duration::from_secs(4));
    let pages = until(&mut ada, "it stays open", |pages| pages[0]["state"] == "open");
    assert_eq!(pages[0]["state"], "open", "three that fire are not shown");
    let refused: Value =
        serde_json::from_str(&ada.get("/api/v1/alert-integrations?team=basket").body).expect("JSON");
    assert!(refused["items"][0]["last_refusal"].is_null(), "everything it sent was understood: {refused}");
}
