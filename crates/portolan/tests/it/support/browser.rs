//! A headless Chromium behind chromedriver. Both must be there: a browser test that is skipped proves nothing.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, error::CmdError, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::portal::Portal;

const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
];

/// Keys that are no letters.
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const ESCAPE: &str = "\u{e00c}";
pub(crate) const TAB: &str = "\u{e004}";

/// How often something is looked for, twenty times a second, before it is said not to be there: a machine may be busy.
const LOOKS: usize = 300;

/// The words by which a screen reader would announce what has the focus.
const FOCUSED: &str = "
    const e = document.activeElement;
    if (!e || e === document.body) return '';
    const label = e.getAttribute('aria-label') || [...(e.labels || [])].map((l) => l.textContent).join(' ') || e.textContent || e.placeholder || '';
    return label.trim().replace(/\\s+/g, ' ');";

/// A driver and the folder of its browsers' profiles.
pub(crate) struct Driver {
    process: Child,
    address: String,
    profiles: tempfile::TempDir,
}

impl Driver {
    /// Starts chromedriver on a free port.
    pub(crate) fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is needed: install chromium and chromium-driver");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                line.split("successfully on port ").nth(1).map(|rest| rest.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        Self {
            process,
            address: format!("http://127.0.0.1:{port}"),
            profiles: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A browser with nothing in it.
    pub(crate) async fn browser(&self, base_url: &str) -> Browser {
        let profile = tempfile::Builder::new().tempdir_in(self.profiles.path()).expect("a folder").keep();
        let mut flags: Vec<_> = FLAGS.iter().map(|f| (*f).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        let capabilities = json!({ "goog:chromeOptions": { "args": flags } });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().expect("an object").clone())
            .connect(&self.address)
            .await
            .expect("chromium is needed: install chromium and chromium-driver");
        let browser = Browser { client, base_url: base_url.to_owned() };
        browser.size(1440, 900).await;
        browser
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser, seen by somebody who knows the portal by its words.
pub(crate) struct Browser {
    pub(crate) client: Client,
    base_url: String,
}

impl Browser {
    /// Opens a page of the portal.
    pub(crate) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base_url)).await.unwrap_or_else(|e| panic!("{path}: {e}"));
    }

    /// The path and query that the address bar shows.
    pub(crate) async fn path(&self) -> String {
        let url = self.client.current_url().await.expect("an address");
        url.as_str().trim_start_matches(&self.base_url).to_owned()
    }

    /// The words that can be seen. A page may be taken away for a newer one between finding it and reading it.
    pub(crate) async fn text(&self) -> String {
        for _ in 0..20 {
            if let Ok(body) = self.client.find(Locator::Css("body")).await
                && let Ok(text) = body.text().await
            {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing can be read on {}", self.path().await);
    }

    /// Waits until these words can be seen.
    pub(crate) async fn sees(&self, words: &str) {
        for _ in 0..LOOKS {
            if self.text().await.contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{words:?} is not on {}:\n{}", self.path().await, self.text().await);
    }

    /// Waits until the address bar shows a path that starts so.
    pub(crate) async fn arrives_at(&self, path: &str) {
        for _ in 0..LOOKS {
            if self.path().await.starts_with(path) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("still at {} and not at {path}:\n{}", self.path().await, self.text().await);
    }

    /// Opens a page until it leads elsewhere: what another browser did is heard of a moment later.
    pub(crate) async fn is_led(&self, path: &str, to: &str) {
        for _ in 0..LOOKS {
            self.open(path).await;
            if self.path().await.starts_with(to) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} does not lead to {to} but to {}", self.path().await);
    }

    /// Fills in the field with this label.
    pub(crate) async fn fill(&self, label: &str, value: &str) {
        let id = self.script("
            const label = [...document.querySelectorAll('label')].find((l) => l.checkVisibility() && l.textContent.trim().startsWith(arguments[0]));
            const field = label?.control; if (!field) return null;
            field.id ||= 'test-' + Math.random().toString(36).slice(2); return field.id;", &[json!(label)]).await;
        let id = id.as_str().unwrap_or_else(|| panic!("no field is labelled {label:?}"));
        let field = self.client.find(Locator::Id(id)).await.expect("the field");
        if field.tag_name().await.expect("a name") == "select" {
            field
                .select_by_label(value)
                .await
                .unwrap_or_else(|e| panic!("{value:?} is no choice of {label:?}: {e}"));
        } else {
            field.clear().await.expect("it can be emptied");
            field.send_keys(value).await.expect("it takes keys");
        }
    }

    /// Presses the button or follows the link that says this.
    pub(crate) async fn press(&self, words: &str) {
        let quoted = format!("\"{words}\"");
        let path = format!(
            "//*[self::a or self::button or self::summary][normalize-space(.)={quoted} or @aria-label={quoted}] | //input[@type='submit' and @value={quoted}]"
        );
        let found = self.client.find_all(Locator::XPath(&path)).await.expect("a search");
        for element in found {
            if element.is_displayed().await.unwrap_or(false) {
                return element.click().await.unwrap_or_else(|e| panic!("{words:?} cannot be pressed: {e}"));
            }
        }
        panic!("nothing to press says {words:?} on {}:\n{}", self.path().await, self.text().await);
    }

    /// Types into whatever has the focus.
    pub(crate) async fn keys(&self, keys: &str) {
        self.client
            .active_element()
            .await
            .expect("something has the focus")
            .send_keys(keys)
            .await
            .expect("it takes keys");
    }

    /// Presses the tab key until what has the focus begins with these words.
    pub(crate) async fn tab_to(&self, words: &str) {
        let mut passed = Vec::new();
        for _ in 0..200 {
            self.keys(TAB).await;
            let now = self.script(FOCUSED, &[]).await.as_str().unwrap_or_default().to_owned();
            if now.starts_with(words) {
                return;
            }
            passed.push(now);
        }
        panic!("the keyboard does not reach {words:?} on {}: {passed:#?}", self.path().await);
    }

    /// Waits until the choice that Enter would take has these words.
    pub(crate) async fn chosen(&self, words: &str) {
        let chosen = "return document.querySelector('[aria-selected=true]')?.textContent ?? ''";
        for _ in 0..LOOKS {
            if self.script(chosen, &[]).await.as_str().is_some_and(|text| text.contains(words)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{words:?} is not chosen on {}:\n{}", self.path().await, self.text().await);
    }

    /// Waits until what has the focus begins with these words.
    pub(crate) async fn focused(&self, words: &str) {
        for _ in 0..LOOKS {
            if self.script(FOCUSED, &[]).await.as_str().is_some_and(|now| now.starts_with(words)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} has the focus and not {words:?}", self.script(FOCUSED, &[]).await);
    }

    /// Runs a script in the page.
    pub(crate) async fn script(&self, script: &str, arguments: &[Value]) -> Value {
        self.client.execute(script, arguments.to_vec()).await.unwrap_or_else(|e| panic!("{e}"))
    }

    /// The size of the screen, as small as a phone's (a window cannot be).
    pub(crate) async fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await.expect("the screen changes");
    }

    /// As a system that prefers dark paper, or light.
    pub(crate) async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", media).await.expect("the theme changes");
    }

    /// Goes on as somebody else, signed in already; as a stranger without a handle.
    pub(crate) async fn act_as(&self, portal: &Portal, handle: &str) {
        self.devtools("Network.clearBrowserCookies", json!({})).await.expect("no cookies");
        if handle.is_empty() {
            return;
        }
        for (name, value) in portal.signed_in(handle).cookies() {
            let cookie = json!({ "name": name, "value": value, "url": self.base_url, "httpOnly": true, "sameSite": "Lax" });
            self.devtools("Network.setCookie", cookie).await.expect("a cookie");
        }
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(DevTools { body: json!({ "cmd": command, "params": parameters }) }).await
    }

    /// Ends the browser.
    pub(crate) async fn close(self) {
        let _ = self.client.close().await;
    }
}

#[derive(Debug)]
struct DevTools {
    body: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _request: &url::Url) -> (axum::http::Method, Option<String>) {
        (axum::http::Method::POST, Some(self.body.to_string()))
    }
}
