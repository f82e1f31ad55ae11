//! The live log of a step. A secret never gets into it: whatever is known as one is masked by its value, in every form in
//! which programs like to print it.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use tokio::sync::Notify;

/// Longest line, in characters.
const LONGEST: usize = 2_000;
/// A secret shorter than that would mask half of the words there are.
const SHORTEST: usize = 4;
/// In base64 beside something else, a piece shorter than that is not looked for.
const SHORTEST_ENCODED: usize = 8;
/// As many first lines and as many last ones wait to be read.
const ROOM: usize = 500;
/// What stands in its place.
const MASK: &str = "[hidden]";

/// A line of a log, without anything that is known as a secret.
pub type Line = String;

/// Where a step tells what it does. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    waiting: Arc<Waiting>,
    hidden: Arc<Mutex<Vec<String>>>,
}

/// The end from which a log's lines are read.
#[derive(Debug)]
pub struct Lines(Arc<Waiting>);

/// Lines that nobody has read yet. Whoever tells more than is read meanwhile loses those of the middle.
#[derive(Debug, Default)]
struct Waiting {
    lines: Mutex<Bounded>,
    told: Notify,
}

#[derive(Debug, Default)]
struct Bounded {
    first: Vec<Line>,
    left_out: usize,
    last: VecDeque<Line>,
}

impl Bounded {
    fn add(&mut self, line: Line) {
        if self.first.len() < ROOM && self.last.is_empty() {
            self.first.push(line);
            return;
        }
        if self.last.len() == ROOM {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(line);
    }
}

impl Lines {
    /// Waits until there is something to read.
    pub async fn told(&self) {
        loop {
            let told = self.0.told.notified();
            if !self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).first.is_empty() {
                return;
            }
            told.await;
        }
    }

    /// All that was told since.
    pub fn take(&self) -> Vec<Line> {
        let taken = mem::take(&mut *self.0.lines.lock().unwrap_or_else(PoisonError::into_inner));
        let middle = (taken.left_out > 0).then(|| format!("… {} lines left out", taken.left_out));
        taken.first.into_iter().chain(middle).chain(taken.last).collect()
    }
}

impl Log {
    /// A log that masks these, and the end from which its lines are read.
    pub fn new(hidden: Vec<String>) -> (Self, Lines) {
        let log = Self { waiting: Arc::default(), hidden: Arc::default() };
        for secret in hidden {
            log.hide(&secret);
        }
        let lines = Lines(Arc::clone(&log.waiting));
        (log, lines)
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
            self.waiting.lines.lock().unwrap_or_else(PoisonError::into_inner).add(plain);
        }
        self.waiting.told.notify_one();
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

/// A secret as programs print it, and each of its lines: as it is, in an address, in JSON, in base64.
fn forms(secret: &str) -> Vec<String> {
    let lines = secret.lines().map(str::trim);
    [secret].into_iter().chain(lines).flat_map(forms_of).collect()
}

fn forms_of(secret: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let quoted = serde_json::to_string(secret).unwrap_or_default();
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    let spaced = encoded.replace('+', "%20");
    let mut all =
        vec![secret.to_owned(), small(&encoded), small(&spaced), spaced, encoded, inside.to_owned()];
    all.extend(in_base64(secret.as_bytes()));
    all
}

/// With the digits of its escapes in small letters.
fn small(encoded: &str) -> String {
    let mut escape = 0;
    let letter = |c: char| {
        escape = if c == '%' { 2 } else { i32::max(escape - 1, -1) };
        if escape >= 0 && c != '%' { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(letter).collect()
}

/// In base64, alone and behind something else (`user:secret`): what stands there whatever is around it.
fn in_base64(secret: &[u8]) -> Vec<String> {
    let mut all = vec![STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)];
    for (before, begin) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&[0; 2][..before], secret].concat();
        let whole = bytes.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            all.extend(
                text.get(begin..whole).filter(|text| text.len() >= SHORTEST_ENCODED).map(str::to_owned),
            );
        }
    }
    all
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use portolan_domain::Clock;
    use serde_json::Value;

    use super::*;
    use crate::{
        executors::{Attempt, Equipment, JobFacts, Keep},
        guard::Outside,
    };

    /// An attempt of a step with this input, and what it tells.
    pub(crate) fn attempt(input: Value) -> (Attempt, Lines) {
        attempt_with(input, |_| {})
    }

    /// The same, with more to work with. Only this machine is let through besides what is public.
    pub(crate) fn attempt_with(input: Value, equip: impl FnOnce(&mut Equipment)) -> (Attempt, Lines) {
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
            keep: Keep::new(|_| std::future::ready(true)),
            log,
            equipment: Arc::new(equipment),
        };
        (attempt, lines)
    }

    #[test]
    fn a_secret_is_masked_in_every_form() {
        let (log, lines) = Log::new(vec!["s3cr t/\"x\"".into()]);
        log.hide("first-line\nsecond/line ");
        log.hide("ab");
        log.say("a s3cr t/\"x\" b\nurl s3cr+t%2F%22x%22 or s3cr%20t%2f%22x%22\njson s3cr t/\\\"x\\\"");
        log.say("base64 czNjciB0LyJ4Ig== and first-line, second%2Fline, second/line; about");
        log.say("json first-line\\nsecond/line \nencoded Zmlyc3QtbGluZQpzZWNvbmQvbGluZSA= or Zmlyc3QtbGluZQ");
        // of robot:first-line and ab:first-line and x:first-line
        log.say("cm9ib3Q6Zmlyc3QtbGluZQ== YWI6Zmlyc3QtbGluZQ== eDpmaXJzdC1saW5l");
        assert_eq!(
            lines.take(),
            [
                "a [hidden] b",
                "url [hidden] or [hidden]",
                "json [hidden]",
                "base64 [hidden]== and [hidden], [hidden], [hidden]; about",
                "json [hidden]",
                "encoded [hidden]= or [hidden]",
                "cm9ib3Q6[hidden]== YWI6[hidden]== eDp[hidden]",
            ]
        );
    }

    #[test]
    fn a_line_is_bounded_and_plain() {
        let (log, lines) = Log::new(Vec::new());
        log.say(&format!("\u{1b}[31mred{}", "x".repeat(9_000)));
        let told = lines.take();
        assert_eq!(told[0].chars().count(), LONGEST);
        assert!(told[0].starts_with("[31mred"));
    }

    #[tokio::test]
    async fn whoever_tells_too_much_loses_the_middle_and_never_the_end() {
        let (log, lines) = Log::new(Vec::new());
        for n in 1..=(2 * ROOM + 7) {
            log.say(&format!("line {n}"));
        }
        lines.told().await;
        let told = lines.take();
        assert_eq!(told.len(), 2 * ROOM + 1);
        assert_eq!((told[ROOM - 1].as_str(), told[ROOM].as_str()), ("line 500", "… 7 lines left out"));
        assert_eq!(told.last().map(String::as_str), Some("line 1007"));
        log.say("and on");
        assert_eq!(lines.take(), ["and on"]);
    }
}
