//! `portolan request OFFERING`: what the form does, from a terminal or a pipeline, with what happens to it as it happens.

use std::{io::IsTerminal, process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use url::Url;

use super::remote::{Remote, refused};
use crate::cli::ProvisioningRequest;

/// Between two looks at what happens.
const LOOK: Duration = Duration::from_secs(1);
/// How often a call is made before its failure counts, and how long to wait after the first; twice as long after each.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(500);
/// Lines that one answer has at most: if it has so many, there may be more.
const LINES: usize = 200;

/// A request as the API tells it; what is not needed here is not read.
#[derive(Debug, Deserialize)]
struct Request {
    number: i64,
    title: String,
    state: String,
    resource: Option<String>,
    failure: Option<Failure>,
    #[serde(default)]
    approvals: Vec<Approval>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    fault: String,
    why: String,
    next: String,
}

#[derive(Debug, Deserialize)]
struct Approval {
    because: String,
    state: String,
    approvers: Vec<Approver>,
}

#[derive(Debug, Deserialize)]
struct Approver {
    person: String,
}

#[derive(Debug, Deserialize)]
struct Step {
    title: String,
    state: String,
}

#[derive(Debug, Deserialize)]
struct Lines {
    items: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    line: i64,
    step: String,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Resource {
    outputs: Map<String, Value>,
    expires_at: Option<String>,
}

/// Asks, and with `--wait` stays until it is over. The exit code tells how it ended: 0 it is there (or, without `--wait`, it
/// was taken), 1 it could not be asked for, 2 somebody said no, 3 it failed or was cancelled, 4 it waits for somebody's help,
/// 5 the time to wait was over.
pub(super) async fn run(flags: ProvisioningRequest) -> Result<ExitCode> {
    let remote = Remote::new(&flags.access, "write", Duration::from_secs(30))?;
    let asked = ask(&remote, &flags).await?;
    println!("request {}: {}", asked.number, asked.title);
    let page = remote.page(&format!("provision/requests/{}", asked.number))?;
    if !flags.wait {
        // whose word it waits for is told by the request itself, not by the answer to asking
        let now: Request = get(&remote, &format!("provisioning-requests/{}", asked.number)).await?;
        println!("{}\n{page}", standing(&now));
        return Ok(ExitCode::SUCCESS);
    }
    let until = Instant::now() + Duration::from_secs(flags.timeout);
    let over = follow(&remote, asked.number, until).await?;
    let Some(over) = over else {
        eprintln!("portolan: request {} goes on; the time to wait is over\n{page}", asked.number);
        return Ok(ExitCode::from(5));
    };
    println!("{}", standing(&over));
    if let (true, Some(id)) = (over.state == "succeeded", &over.resource) {
        let made: Resource = get(&remote, &format!("resources/{id}")).await?;
        for (name, value) in &made.outputs {
            println!("{name}={}", value.as_str().unwrap_or_default());
        }
        println!("resource={id}");
        if let Some(end) = made.expires_at {
            println!("ends={end}");
        }
    }
    println!("{page}");
    Ok(code(&over.state))
}

async fn ask(remote: &Remote, flags: &ProvisioningRequest) -> Result<Request> {
    let body = json!({
        "offering": flags.offering,
        "team": flags.team,
        "service": flags.service,
        "environment": flags.environment,
        "cost_centre": flags.cost_centre,
        "reason": flags.reason,
        "params": params(&flags.params)?,
    });
    // an answer that is lost on its way must not make a second one of it
    let key = flags.idempotency_key.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let address = remote.address("provisioning-requests", &[])?;
    let call = || remote.post(address.clone()).json(&body).header("idempotency-key", &key);
    let (status, text) = patiently(remote, call).await?;
    if status != StatusCode::CREATED {
        bail!("{}", refused(status, &text));
    }
    serde_json::from_str(&text).context("the portal's answer cannot be read")
}

/// `key=value` pairs: a value that reads as JSON other than a text is that, everything else is text.
fn params(pairs: &[String]) -> Result<Map<String, Value>> {
    let mut params = Map::new();
    for pair in pairs {
        let (name, value) =
            pair.split_once('=').with_context(|| format!("-p takes key=value, not {pair:?}"))?;
        let value = match serde_json::from_str::<Value>(value) {
            Ok(Value::String(_)) | Err(_) => Value::String(value.to_owned()),
            Ok(other) => other,
        };
        if params.insert(name.trim().to_owned(), value).is_some() {
            bail!("-p {name} is given twice");
        }
    }
    Ok(params)
}

/// The answer to a call. What may be otherwise in a moment is asked again, a few times: a portal that is being updated, a
/// network that loses something.
async fn patiently(remote: &Remote, call: impl Fn() -> RequestBuilder) -> Result<(StatusCode, String)> {
    let mut pause = PAUSE;
    for attempt in 1.. {
        let answer = remote.answer(call()).await;
        let is_last = attempt >= ATTEMPTS;
        match &answer {
            Ok((status, _)) if !is_passing(*status) || is_last => return answer,
            Err(_) if is_last => return answer,
            Ok((status, _)) => eprintln!("portolan: the portal answers {status}; asked again in {pause:?}"),
            Err(error) => eprintln!("portolan: {error}; asked again in {pause:?}"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    bail!("the portal was never asked")
}

/// Whether an answer may be another one in a moment.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

async fn get<T: serde::de::DeserializeOwned>(remote: &Remote, path: &str) -> Result<T> {
    read(remote, remote.address(path, &[])?).await
}

async fn read<T: serde::de::DeserializeOwned>(remote: &Remote, address: Url) -> Result<T> {
    let (status, text) = patiently(remote, || remote.get(address.clone())).await?;
    if !status.is_success() {
        bail!("{}", refused(status, &text));
    }
    serde_json::from_str(&text).context("the portal's answer cannot be read")
}

/// Tells the log as it is written, until the request is over, waits for help, or the time is over.
async fn follow(remote: &Remote, number: i64, until: Instant) -> Result<Option<Request>> {
    let bar = bar();
    let mut line = 0;
    loop {
        let request: Request = get(remote, &format!("provisioning-requests/{number}")).await?;
        line = tell(remote, number, line, &bar).await?;
        if is_over(&request.state) {
            bar.finish_and_clear();
            return Ok(Some(request));
        }
        if Instant::now() >= until {
            bar.finish_and_clear();
            return Ok(None);
        }
        show(&bar, &request);
        tokio::time::sleep(LOOK).await;
    }
}

/// Tells all lines of the log behind one; the last of them.
async fn tell(remote: &Remote, number: i64, after: i64, bar: &ProgressBar) -> Result<i64> {
    let mut last = after;
    loop {
        let path = format!("provisioning-requests/{number}/log");
        let address = remote.address(&path, &[("after", last.to_string().as_str())])?;
        let lines = read::<Lines>(remote, address).await?.items;
        for one in &lines {
            last = one.line;
            let step = if one.step.is_empty() { String::new() } else { format!("[{}] ", one.step) };
            bar.suspend(|| println!("  {step}{}", one.text));
        }
        if lines.len() < LINES {
            return Ok(last);
        }
    }
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, request: &Request) {
    let done = request.steps.iter().filter(|s| matches!(s.state.as_str(), "done" | "skipped")).count();
    let at = request.steps.iter().find(|s| !matches!(s.state.as_str(), "done" | "skipped"));
    bar.set_length(request.steps.len().max(1) as u64);
    bar.set_position(done as u64);
    bar.set_message(at.map_or_else(|| standing(request), |step| step.title.clone()));
}

/// How it stands, in a line or two.
fn standing(request: &Request) -> String {
    if let Some(failure) = &request.failure {
        let whose = match failure.fault.as_str() {
            "input" => "what you asked for",
            "platform" => "the offering",
            _ => "somebody else's system",
        };
        return format!("{} because of {whose}: {}\n{}", request.state, failure.why, failure.next);
    }
    let waiting: Vec<_> = request.approvals.iter().filter(|a| a.state == "waiting").collect();
    if let Some(first) = waiting.first() {
        let mut who: Vec<_> = first.approvers.iter().take(3).map(|a| a.person.clone()).collect();
        match first.approvers.len() - who.len() {
            0 => {}
            1 => who.push("one other".to_owned()),
            more => who.push(format!("{more} others")),
        }
        return format!("waits for a word of {}: {}", who.join(" or "), first.because);
    }
    request.state.clone()
}

/// Whether nothing more happens by itself.
fn is_over(state: &str) -> bool {
    matches!(state, "succeeded" | "refused" | "failed" | "cancelled" | "needs-attention")
}

fn code(state: &str) -> ExitCode {
    match state {
        "succeeded" => ExitCode::SUCCESS,
        "refused" => ExitCode::from(2),
        "needs-attention" => ExitCode::from(4),
        _ => ExitCode::from(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_look_like() {
        let pairs =
            ["name=slots", "gb=20", "personal=true", "regions=[\"a\"]", "quoted=\"x\"", "empty=", "eq=a=b"];
        let read = params(&pairs.map(str::to_owned)).expect("pairs");
        let expected = json!({ "name": "slots", "gb": 20, "personal": true, "regions": ["a"], "quoted": "\"x\"", "empty": "", "eq": "a=b" });
        assert_eq!(Value::Object(read), expected);
        assert!(params(&["name".into()]).is_err());
        assert!(params(&["a=1".into(), "a=2".into()]).is_err());
    }

    #[test]
    fn a_failure_says_whose_it_is() {
        let request: Request = serde_json::from_str(
            r#"{"number":7,"title":"x","state":"needs-attention","resource":null,"failure":{"fault":"outside","why":"It hung.","next":"Try again."}}"#,
        )
        .expect("a request");
        assert_eq!(
            standing(&request),
            "needs-attention because of somebody else's system: It hung.\nTry again."
        );
        assert!(is_over(&request.state));
    }
}
