//! What an offering asks of `http.request`, read and checked before anything is sent.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Map, Value};
use url::Url;

use super::answer::{Answer, words};
use crate::executors::{
    Attempt, Failed, Hidden,
    input::{self, Input, is_expression},
};

const FIELDS: [&str; 11] = [
    "method",
    "headers",
    "body",
    "secret",
    "success",
    "outputs",
    "secrets",
    "poll",
    "callback",
    "withinMinutes",
    "undo",
];
/// What says how a message is carried, who it is for, or that it is ours: not for offerings to set.
const OURS: [&str; 15] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "expect",
    "te",
    "trailer",
    "proxy-authorization",
    "proxy-connection",
    "idempotency-key",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];
const MOST_HEADERS: usize = 30;
const MOST_OUTPUTS: usize = 50;
const WITHIN: u64 = 60;
/// A day.
const LONGEST: u64 = 24 * 60;
const EVERY: u64 = 5;

/// A call to make.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
    pub(super) secret: Option<Hidden>,
}

impl Call {
    fn of(attempt: &Attempt, given: Input<'_>, method: Method, url: &str) -> Result<Self, Failed> {
        let input = Input(&attempt.input);
        Ok(Self {
            method,
            url: address(url)?,
            headers: headers(input)?,
            body: given.0.get("body").filter(|body| !body.is_null()).cloned(),
            secret: secret(attempt, input)?,
        })
    }

    /// For a log: an address may hold more than all may read.
    pub(super) fn shown(&self) -> String {
        let port = self.url.port().map_or_else(String::new, |port| format!(":{port}"));
        format!("{} {}{port}", self.method, self.url.host_str().unwrap_or_default())
    }

    /// The same, asking at an address that the other system gave. It gets our headers, so it is the same system's.
    pub(super) fn asking(&self, at: &str) -> Result<Self, Failed> {
        let url = address(at)?;
        if url.origin() != self.url.origin() {
            return Err(elsewhere());
        }
        Ok(Self { method: Method::GET, url, body: None, ..self.clone() })
    }
}

fn elsewhere() -> Failed {
    Failed::platform(
        "The other system names an address of yet another system, which is not called.",
        "Whoever runs it gives an address of its own.",
    )
}

/// How to know that the other system is done.
#[derive(Debug)]
pub(super) struct Poll {
    /// The header `Location`, a pointer into the answer, or an address.
    url: String,
    /// Where in the answer it says how it goes.
    pub(super) pointer: String,
    /// What it says there when it is done.
    pub(super) done: Vec<String>,
    /// What it says there when it failed.
    pub(super) failed: Vec<String>,
    /// Where it says why.
    pub(super) message: Option<String>,
    pub(super) every: Duration,
}

impl Poll {
    fn of(given: &Value) -> Result<Self, Failed> {
        let input = Input(given);
        let until = given.get("until").ok_or_else(|| input::wrong("poll.until", "a pointer and values"))?;
        let values = until.get("values").or_else(|| until.get("value"));
        let done = values.map(words).unwrap_or_default();
        if done.is_empty() {
            return Err(input::wrong("poll.until.values", "what stands there when it is done"));
        }
        Ok(Self {
            url: input.text("url")?.unwrap_or("location").to_owned(),
            pointer: pointer(Input(until).needed("pointer")?)?,
            done,
            failed: given.get("failed").map(words).unwrap_or_default(),
            message: input.text("message")?.map(pointer).transpose()?,
            every: Duration::from_secs(input.number("everySeconds", 1, 3_600)?.unwrap_or(EVERY)),
        })
    }

    /// Where to ask, by the answer to the call.
    pub(super) fn address(
        &self,
        answer: &Answer,
        location: Option<&str>,
        base: &Url,
    ) -> Result<String, Failed> {
        let found = match self.url.as_str() {
            "location" => location.map(str::to_owned),
            pointer if pointer.starts_with('/') => {
                answer.at(pointer).and_then(|text| base.join(&text).ok()).map(String::from)
            }
            address => Some(address.to_owned()),
        };
        found.ok_or_else(|| {
            Failed::platform(
                "The other system did not say where it can be asked how it goes.",
                "The offering's team compares poll.url with what that system answers.",
            )
        })
    }
}

/// How what was asked for is taken away.
pub(super) enum Undo {
    Nothing,
    NotSaid,
    Call(Box<Call>),
}

/// What an offering asks for.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) call: Call,
    /// Statuses that mean yes; all of 2xx if there are none.
    pub(super) success: Vec<u16>,
    pub(super) outputs: Vec<(String, String)>,
    pub(super) secrets: Vec<(String, String)>,
    pub(super) poll: Option<Poll>,
    pub(super) callback: bool,
    pub(super) within: SignedDuration,
}

impl Wish {
    pub(super) fn of(attempt: &Attempt) -> Result<Self, Failed> {
        let input = Input(&attempt.input);
        let method = method(input.text("method")?.unwrap_or("POST"))?;
        let mut success = Vec::new();
        for status in input.list("success")? {
            let status =
                status.as_u64().and_then(|s| u16::try_from(s).ok()).filter(|s| (200..600).contains(s));
            success.push(status.ok_or_else(|| input::wrong("success", "a list of statuses like 201"))?);
        }
        let poll = attempt.input.get("poll").filter(|poll| !poll.is_null()).map(Poll::of).transpose()?;
        let callback = input.switch("callback")?;
        if callback && poll.is_some() {
            return Err(Failed::platform(
                "The step waits to be called back and asks as well.",
                "The offering's team chooses poll or callback.",
            ));
        }
        if callback && attempt.job.callback.is_empty() {
            return Err(Failed::platform(
                "The portal has no address to be called back at.",
                "Its operator sets PORTOLAN_BASE_URL; then try again.",
            ));
        }
        let minutes = input.number("withinMinutes", 1, LONGEST)?.unwrap_or(WITHIN);
        Ok(Self {
            call: Call::of(attempt, input, method, input.needed("url")?)?,
            success,
            outputs: pointers("outputs", &input.object("outputs")?)?,
            secrets: pointers("secrets", &input.object("secrets")?)?,
            poll,
            callback,
            within: SignedDuration::from_mins(i64::try_from(minutes).unwrap_or(i64::MAX)),
        })
    }

    /// The call that takes it away. `location` is where the other system said that it is.
    pub(super) fn undo(attempt: &Attempt, location: Option<&str>) -> Result<Undo, Failed> {
        let input = Input(&attempt.input);
        let given = match attempt.input.get("undo") {
            None | Some(Value::Null) => {
                let asked = method(input.text("method")?.unwrap_or("POST"))?;
                return Ok(if asked.is_safe() { Undo::Nothing } else { Undo::NotSaid });
            }
            Some(Value::String(text)) if text == "nothing" => return Ok(Undo::Nothing),
            Some(given @ Value::Object(_)) => Input(given),
            Some(_) => return Err(input::wrong("undo", "a call, or the word nothing")),
        };
        let method = method(given.text("method")?.unwrap_or("DELETE"))?;
        match given.needed("url")? {
            "location" => match location {
                Some(location) => {
                    let there = address(input.needed("url")?)?;
                    let call = Call::of(attempt, given, method, location)?;
                    if call.url.origin() != there.origin() {
                        return Err(elsewhere());
                    }
                    Ok(Undo::Call(Box::new(call)))
                }
                None => Ok(Undo::NotSaid),
            },
            url => Ok(Undo::Call(Box::new(Call::of(attempt, given, method, url)?))),
        }
    }
}

/// What is wrong with an offering's step, as far as nothing has to be filled in for it.
pub(super) fn check(given: &Value) -> Vec<String> {
    let mut problems = input::names(given, &["url"], &FIELDS);
    let literal = |value: &&Value| !is_expression(value);
    if let Some(name) = given.get("method").filter(literal).and_then(Value::as_str)
        && method(name).is_err()
    {
        problems.push(format!("cannot call with {name}; there are GET, POST, PUT, PATCH, DELETE"));
    }
    for name in given.get("headers").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        if OURS.contains(&name.to_ascii_lowercase().as_str()) {
            problems.push(format!("cannot set the header {name}: the portal does"));
        }
    }
    for name in ["outputs", "secrets"] {
        let map = given.get(name).and_then(Value::as_object);
        if map.is_some_and(|map| pointers(name, map).is_err()) {
            problems.push(format!("needs {name} that point into the answer, as in id: /data/id"));
        }
    }
    let poll = given.get("poll").filter(|poll| !poll.is_null());
    if let Some(poll) = poll {
        problems.extend(
            input::names(poll, &["until"], &["url", "failed", "message", "everySeconds"])
                .into_iter()
                .map(|problem| format!("poll {problem}")),
        );
    }
    if poll.is_some() && given.get("callback") == Some(&Value::Bool(true)) {
        problems.push("cannot have both poll and callback".into());
    }
    match given.get("undo") {
        Some(Value::String(text)) if text != "nothing" && !text.contains("${{") => {
            problems.push("needs an undo that is a call, or the word nothing".into());
        }
        Some(undo @ Value::Object(_)) => problems.extend(
            input::names(undo, &["url"], &["method", "body"]).into_iter().map(|p| format!("undo {p}")),
        ),
        _ => {}
    }
    problems
}

fn method(name: &str) -> Result<Method, Failed> {
    match name {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        _ => Err(input::wrong("method", "GET, POST, PUT, PATCH or DELETE")),
    }
}

/// The text is not repeated: it may be a secret in itself.
fn address(text: &str) -> Result<Url, Failed> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.filter(|_| text.len() <= 4_000 && !text.chars().any(char::is_control)).ok_or_else(|| {
        Failed::platform(
            "The step's url is no address that begins with https:// or http://.",
            "The offering's team corrects it; then try again.",
        )
    })
}

fn headers(input: Input<'_>) -> Result<HeaderMap, Failed> {
    let given = input.object("headers")?;
    if given.len() > MOST_HEADERS {
        return Err(input::wrong("headers", "at most 30 headers"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &given {
        let refused = |why: &str| {
            Failed::input(
                format!("The header {} cannot be sent: {why}.", name.escape_debug()),
                "Ask again without line breaks and control characters, or ask the offering's team.",
            )
        };
        let value = words(value).into_iter().next().ok_or_else(|| input::wrong("headers", "texts"))?;
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("that is no name of one"))?;
        if OURS.contains(&known.as_str()) || known.as_str().starts_with("portolan-") {
            return Err(refused("the portal sets it"));
        }
        if value.len() > 8_000 {
            return Err(refused("it is too long"));
        }
        let value =
            HeaderValue::from_str(&value).map_err(|_| refused("it has characters that none may have"))?;
        headers.insert(known, value);
    }
    Ok(headers)
}

fn secret(attempt: &Attempt, input: Input<'_>) -> Result<Option<Hidden>, Failed> {
    let Some(name) = input.text("secret")? else { return Ok(None) };
    let found = attempt.equipment.signing.get(name).cloned();
    found.map(Some).ok_or_else(|| {
        Failed::platform(
            format!("The portal has no secret {name:?} to sign with."),
            "Its operator gives one in PORTOLAN_PROVISION_SECRETS, or the offering names another.",
        )
    })
}

/// Names with pointers into an answer.
fn pointers(what: &str, given: &Map<String, Value>) -> Result<Vec<(String, String)>, Failed> {
    let plain = |name: &str| {
        (1..=63).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    if given.len() > MOST_OUTPUTS {
        return Err(input::wrong(what, "at most 50 names"));
    }
    given
        .iter()
        .map(|(name, at)| match at.as_str() {
            Some(at) if plain(name) => Ok((name.clone(), pointer(at)?)),
            _ => Err(input::wrong(what, "names with pointers into the answer")),
        })
        .collect()
}

/// A JSON pointer (RFC 6901).
fn pointer(text: &str) -> Result<String, Failed> {
    if text.is_empty() || text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err(input::wrong("a pointer", "one like /data/id"))
    }
}
