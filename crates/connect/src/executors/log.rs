//! The live log of a step. A secret never gets into it: whatever is known as one is masked by its value, in every form in
//! which programs like to print it.

use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::sync::mpsc;

/// Longest line, in characters.
const LONGEST: usize = 2_000;
/// A secret shorter than that would mask half of the words there are.
const SHORTEST: usize = 4;
/// What stands in its place.
const MASK: &str = "[hidden]";

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// It, without anything that is known as a secret.
    pub text: String,
}

/// Where a step tells what it does. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    lines: mpsc::UnboundedSender<Line>,
    hidden: Arc<Mutex<Vec<String>>>,
}

impl Log {
    /// A log that masks these, and the end from which its lines are read.
    pub fn new(hidden: Vec<String>) -> (Self, mpsc::UnboundedReceiver<Line>) {
        let (lines, read) = mpsc::unbounded_channel();
        let log = Self { lines, hidden: Arc::default() };
        for secret in hidden {
            log.hide(&secret);
        }
        (log, read)
    }

    /// Masks this from now on.
    pub fn hide(&self, secret: &str) {
        let mut hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        for form in forms(secret) {
            if form.len() >= SHORTEST && !hidden.contains(&form) {
                hidden.push(form);
            }
        }
        // the longest first: what holds another is masked as a whole
        hidden.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// Tells something, a line for each of its lines.
    pub fn say(&self, text: &str) {
        for line in self.mask(text).lines() {
            let plain: String =
                line.chars().filter(|c| !c.is_control() || *c == '\t').take(LONGEST).collect();
            // nobody reads it any more: then nobody misses it
            let _ = self.lines.send(Line { text: plain });
        }
    }

    /// A text without what is hidden: for what is told elsewhere, as a failure.
    pub fn mask(&self, text: &str) -> String {
        self.masker().mask(text)
    }

    /// What masks as this log does, also after it.
    pub fn masker(&self) -> Masker {
        Masker(Arc::clone(&self.hidden))
    }
}

/// Knows what a log hides.
#[derive(Debug, Clone)]
pub struct Masker(Arc<Mutex<Vec<String>>>);

impl Masker {
    /// A text without what is hidden.
    pub fn mask(&self, text: &str) -> String {
        let hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

/// A secret as programs print it: as it is, line by line, in an address, in JSON, in base64.
fn forms(secret: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let quoted = serde_json::to_string(secret).unwrap_or_default();
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    let mut all = vec![
        secret.to_owned(),
        encoded.replace('+', "%20"),
        encoded,
        inside.to_owned(),
        STANDARD.encode(secret),
    ];
    all.extend(secret.lines().map(|line| line.trim().to_owned()));
    all
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use portolan_domain::Clock;
    use serde_json::Value;

    use super::*;
    use crate::{
        executors::{Attempt, Equipment, JobFacts},
        guard::Outside,
    };

    /// An attempt of a step with this input, and what it tells.
    pub(crate) fn attempt(input: Value) -> (Attempt, mpsc::UnboundedReceiver<Line>) {
        attempt_with(input, |_| {})
    }

    /// The same, with more to work with. Only this machine is let through besides what is public.
    pub(crate) fn attempt_with(
        input: Value,
        equip: impl FnOnce(&mut Equipment),
    ) -> (Attempt, mpsc::UnboundedReceiver<Line>) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (log, lines) = Log::new(Vec::new());
        let outside = Outside::new(vec!["127.0.0.1".parse().expect("an address")]).expect("a client");
        let mut equipment = Equipment::new(outside, Clock::system());
        equip(&mut equipment);
        let attempt = Attempt {
            key: uuid::Uuid::now_v7(),
            attempt: 1,
            input,
            effect: None,
            job: JobFacts {
                request: 7,
                offering: "database".into(),
                team: "basket".into(),
                ..JobFacts::default()
            },
            within: Duration::from_mins(1),
            log,
            equipment: Arc::new(equipment),
        };
        (attempt, lines)
    }

    #[test]
    fn a_secret_is_masked_in_every_form() {
        let (log, mut lines) = Log::new(vec!["s3cr t/\"x\"".into()]);
        log.hide("first-line\nsecond-line");
        log.hide("ab");
        log.say("a s3cr t/\"x\" b\nurl s3cr+t%2F%22x%22 or s3cr%20t%2F%22x%22\njson s3cr t/\\\"x\\\"");
        log.say("base64 czNjciB0LyJ4Ig== and first-line, second-line; about");
        let mut said = Vec::new();
        while let Ok(line) = lines.try_recv() {
            said.push(line.text);
        }
        assert_eq!(
            said,
            [
                "a [hidden] b",
                "url [hidden] or [hidden]",
                "json [hidden]",
                "base64 [hidden] and [hidden], [hidden]; about",
            ]
        );
    }

    #[test]
    fn a_line_is_bounded_and_plain() {
        let (log, mut lines) = Log::new(Vec::new());
        log.say(&format!("\u{1b}[31mred{}", "x".repeat(9_000)));
        let line = lines.try_recv().expect("a line").text;
        assert_eq!(line.chars().count(), LONGEST);
        assert!(line.starts_with("[31mred"));
    }
}
