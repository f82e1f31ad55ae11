//! What another system answered, and what that means.

use std::{collections::BTreeMap, time::Duration};

use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::{Map, Value};
use url::Url;

use super::{call::Went, wish::Wish};
use crate::{
    cut,
    executors::{Attempt, Failed, HandedOn},
};

/// The largest output.
const MOST: usize = 10_000;
/// Words of others that are shown.
const SHOWN: usize = 500;
/// The longest that another system may ask us to wait.
const LONGEST: u64 = 15 * 60;

/// What another system answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Null if it is no JSON.
    pub(super) body: Value,
    location: Option<String>,
    retry_after: Option<String>,
    is_problem: bool,
}

impl Answer {
    pub(super) fn new(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Self {
            status,
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            location: text(LOCATION),
            retry_after: text(RETRY_AFTER),
            is_problem: text(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/problem+json")),
        }
    }

    /// The `Location`, from where it was asked.
    pub(super) fn location(&self, base: &Url) -> Option<String> {
        Some(base.join(self.location.as_deref()?).ok()?.into())
    }

    /// What stands at a pointer, as a word.
    pub(super) fn at(&self, pointer: &str) -> Option<String> {
        words(self.body.pointer(pointer)?).into_iter().next()
    }

    /// What is there of what is wanted.
    pub(super) fn some(&self, outputs: &[(String, String)]) -> Map<String, Value> {
        let found = outputs.iter().filter_map(|(name, at)| {
            let value = self.body.pointer(at).filter(|value| is_small(value))?;
            Some((name.clone(), value.clone()))
        });
        found.collect()
    }

    /// Whether the call was taken.
    pub(super) fn taken(self, success: &[u16], attempt: &Attempt) -> Result<Self, Went> {
        let yes = if success.is_empty() { self.is_yes() } else { success.contains(&self.status) };
        if yes { Ok(self) } else { Err(self.refusal(attempt)) }
    }

    /// Whether it says how it goes. What is not there may not be there yet.
    pub(super) fn polled(self, attempt: &Attempt) -> Result<Self, Went> {
        if self.is_yes() {
            return Ok(self);
        }
        if self.status == 404 {
            return Err(Went::Wrong(Failed::outside("it answered 404: not there yet", "It is asked again.")));
        }
        Err(self.refusal(attempt))
    }

    /// Whether there is nothing, or nothing any more.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// Whether it is gone.
    pub(super) fn undone(self, attempt: &Attempt) -> Result<Self, Went> {
        if self.is_yes() || self.is_nothing() { Ok(self) } else { Err(self.refusal(attempt)) }
    }

    fn is_yes(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whose turn it is.
    fn refusal(&self, attempt: &Attempt) -> Went {
        let status = self.status;
        let told = ["detail", "title"].iter().find_map(|name| self.body.get(*name)?.as_str());
        let told = told.filter(|_| self.is_problem).map(|told| plain(attempt, told));
        if let Some(after) = self.wait(attempt).filter(|_| matches!(status, 429 | 503)) {
            return Went::Later(after);
        }
        let said = told.as_ref().map_or_else(String::new, |told| format!(": {told}"));
        let failed = match (status, told) {
            (408 | 425 | 429 | 500..=599, _) => Failed::outside(
                format!("The other system answered {status}{said}."),
                "It is called again. If it stays so, whoever runs that system looks after it.",
            ),
            (400 | 409 | 422, Some(told)) => Failed::input(
                format!("The other system refuses what was asked for: {told}."),
                "Ask again with what it takes.",
            ),
            (300..=399, _) => Failed::platform(
                format!("The other system answered {status}, which leads elsewhere and is not followed."),
                "The offering's team gives the last address.",
            ),
            _ => Failed::platform(
                format!("The other system answered {status}{said}."),
                "The offering's team compares the step with what that system takes.",
            ),
        };
        // whoever answers so has not done it; a time-out and a broken server may have
        if (300..500).contains(&status) && status != 408 {
            Went::NotTaken(failed)
        } else {
            Went::Wrong(failed)
        }
    }

    /// How long it wants to be left alone: in seconds, or until a date.
    fn wait(&self, attempt: &Attempt) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        let seconds = text.parse().ok().or_else(|| {
            let at = rfc2822::parse(text).ok()?.timestamp();
            u64::try_from(at.duration_since(attempt.equipment.clock.now()).as_secs()).ok()
        })?;
        Some(Duration::from_secs(seconds.clamp(1, LONGEST)))
    }
}

/// Values as words: a text, a number, true; all of a list's.
pub(super) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(is) => vec![is.to_string()],
        Value::Array(items) => items.iter().filter(|item| !item.is_array()).flat_map(words).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// Words of others, for people: one line, short, without secrets and the sentence's end.
pub(super) fn plain(attempt: &Attempt, text: &str) -> String {
    let text = attempt.log.mask(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&text, SHOWN).trim_end_matches('.').to_owned()
}

fn is_small(value: &Value) -> bool {
    value.to_string().len() <= MOST
}

/// What is wanted, of the last answer, else of the first. Secrets are only taken from the last: nothing keeps them between.
pub(super) fn wanted(wish: &Wish, first: &Map<String, Value>, last: &Value) -> Result<HandedOn, Failed> {
    let lacks = |name: &str, at: &str| {
        Failed::platform(
            format!("The other system is done, but did not say {name} (at {at}), or said too much there."),
            "The offering's team compares the step's outputs with what that system answers.",
        )
    };
    let mut outputs = Map::new();
    for (name, at) in &wish.outputs {
        let value = last.pointer(at).filter(|value| is_small(value)).or_else(|| first.get(name));
        outputs.insert(name.clone(), value.ok_or_else(|| lacks(name, at))?.clone());
    }
    let mut secrets = BTreeMap::new();
    for (name, at) in &wish.secrets {
        let value = last.pointer(at).filter(|value| is_small(value)).map(words).unwrap_or_default();
        secrets.insert(name.clone(), value.into_iter().next().ok_or_else(|| lacks(name, at))?);
    }
    Ok((outputs, secrets))
}
