//! `portolan example-executor`: another system, as small as can be, that offerings have something done by (`http.request`). It
//! shows what the other side does: check the signature, drop repeats by their id, answer at once, say later that it is done,
//! when asked or by calling back, and take away for a step that is undone only what that step asked for.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portolan_connect::webhook;
use portolan_domain::Clock;
use serde::Deserialize;
use serde_json::json;

use crate::{cli::ExampleExecutor, http};

/// Where the demo's offerings expect it.
const BESIDE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8091);
/// How long making a namespace takes.
const MAKING: Duration = Duration::from_secs(2);
/// Namespaces it keeps; it has only its memory.
const MOST: usize = 1_000;
/// Cores that a team may have.
const MOST_CORES: u32 = 64;
/// Characters of the key of a step.
const KEY: usize = 36;
/// What the id of a call ends with that undoes a step.
const UNDO: &str = "-undo";
/// How often, and after how long, it tries to call back.
const CALLS: u32 = 5;

/// Runs it until it is told to stop.
pub(super) async fn run(flags: ExampleExecutor) -> Result<()> {
    if !webhook::is_secret(&flags.secret) {
        bail!("the secret must begin with whsec_ and go on in base64");
    }
    let listener = http::bind(flags.listen).await?;
    println!("The example executor is at http://{}", listener.local_addr()?);
    let app =
        app(Arc::new(Namespaces { secret: flags.secret, clock: Clock::system(), made: Mutex::default() }));
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await
        .context("the example executor stopped")
}

/// What the demo's offerings call its secret.
pub(super) const NAME: &str = "example";

/// Runs one beside the demo, where its offerings expect it; returns its secret. If something else has that address already,
/// requests to it fail and say so.
pub(super) fn beside(clock: &Clock) -> Result<String> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("no random numbers: {e}"))?;
    let secret = format!("whsec_{}", STANDARD.encode(bytes));
    let app =
        app(Arc::new(Namespaces { secret: secret.clone(), clock: clock.clone(), made: Mutex::default() }));
    tokio::spawn(async move {
        match http::bind(BESIDE).await {
            Ok(listener) => {
                if let Err(error) = axum::serve(listener, app).await {
                    tracing::warn!(%error, "the example executor stopped");
                }
            }
            Err(error) => tracing::warn!(%error, "the example executor of the demo could not start"),
        }
    });
    Ok(secret)
}

fn app(namespaces: Arc<Namespaces>) -> Router {
    Router::new()
        .route("/namespaces", post(create))
        .route("/namespaces/{name}", get(show).delete(remove))
        .layer(DefaultBodyLimit::max(64 << 10))
        .with_state(namespaces)
}

struct Namespaces {
    secret: String,
    clock: Clock,
    made: Mutex<BTreeMap<String, Namespace>>,
}

/// What is made.
#[derive(Debug, Clone)]
struct Namespace {
    team: String,
    quota: u32,
    /// Key of the step that asked for it.
    asked_by: String,
    since: Instant,
}

/// The key of the step, by which the id of each of its calls begins.
fn step_of(id: &str) -> &str {
    id.get(..KEY).unwrap_or(id)
}

/// What is asked for.
#[derive(Debug, Deserialize)]
struct Wish {
    name: String,
    team: String,
    quota: u32,
}

impl Namespaces {
    fn made(&self) -> MutexGuard<'_, BTreeMap<String, Namespace>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of a call, if it is signed as it should be.
    fn signed(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (id, at, signature) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
        webhook::is_signed(&self.secret, id, at, signature, body, self.clock.now()).then(|| id.to_owned())
    }
}

impl Namespace {
    fn shown(&self, name: &str) -> serde_json::Value {
        let status = if self.since.elapsed() < MAKING { "creating" } else { "ready" };
        json!({ "name": name, "team": self.team, "quota": self.quota, "status": status, "cluster": "example" })
    }
}

async fn create(State(namespaces): State<Arc<Namespaces>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(id) = namespaces.signed(&headers, &body) else { return unsigned() };
    let wish: Wish = match serde_json::from_slice(&body) {
        Ok(wish) => wish,
        Err(error) => {
            return problem(StatusCode::UNPROCESSABLE_ENTITY, &format!("the body cannot be read: {error}"));
        }
    };
    if let Some(wrong) = wrong(&wish) {
        return problem(StatusCode::UNPROCESSABLE_ENTITY, wrong);
    }
    let asked_by = step_of(&id).to_owned();
    let fresh = Namespace { team: wish.team, quota: wish.quota, asked_by, since: Instant::now() };
    let name = wish.name;
    let made = {
        let mut made = namespaces.made();
        let full = made.len() >= MOST && !made.contains_key(&name);
        if full {
            return problem(StatusCode::SERVICE_UNAVAILABLE, "there is no room for another namespace");
        }
        made.entry(name.clone()).or_insert_with(|| fresh.clone()).clone()
    };
    if made.asked_by != fresh.asked_by {
        return problem(StatusCode::CONFLICT, "a namespace of this name is there already; choose another");
    }
    let callback = headers.get("portolan-callback").and_then(|value| value.to_str().ok());
    if let Some(callback) = callback {
        let ready = json!({ "name": name, "cluster": "example" });
        tokio::spawn(call_back(callback.to_owned(), ready));
    }
    let location = [(header::LOCATION, format!("/namespaces/{name}"))];
    (StatusCode::ACCEPTED, location, Json(made.shown(&name))).into_response()
}

async fn show(
    State(namespaces): State<Arc<Namespaces>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if namespaces.signed(&headers, b"").is_none() {
        return unsigned();
    }
    match namespaces.made().get(&name) {
        Some(made) => Json(made.shown(&name)).into_response(),
        None => problem(StatusCode::NOT_FOUND, "there is no namespace of this name"),
    }
}

async fn remove(
    State(namespaces): State<Arc<Namespaces>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(id) = namespaces.signed(&headers, b"") else { return unsigned() };
    let mut made = namespaces.made();
    // a step that is undone means what it asked for itself, and nothing that has the same name by chance
    let meant = |made: &Namespace| !id.ends_with(UNDO) || made.asked_by == step_of(&id);
    match made.get(&name).is_some_and(meant).then(|| made.remove(&name)) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => problem(StatusCode::NOT_FOUND, "there is no namespace of this name"),
    }
}

/// What is wrong with a wish, for whoever has it.
fn wrong(wish: &Wish) -> Option<&'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let (name, team) = (&wish.name, &wish.team);
    if !(1..=63).contains(&name.len())
        || !name.bytes().all(plain)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        Some("the name of a namespace has 1 to 63 small letters, digits and hyphens")
    } else if team.is_empty() || team.len() > 200 {
        Some("a namespace needs a team")
    } else if wish.quota == 0 || wish.quota > MOST_CORES {
        Some("the quota is 1 to 64 cores")
    } else {
        None
    }
}

/// Says that it is done, once it is. Whoever does not hear it asks.
async fn call_back(address: String, outputs: serde_json::Value) {
    tokio::time::sleep(MAKING).await;
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let Ok(client) = client else { return };
    let told = json!({ "outcome": "succeeded", "message": "the namespace is ready", "outputs": outputs });
    for call in 1..=CALLS {
        let answer = client.post(&address).json(&told).send().await;
        if answer.is_ok_and(|answer| !answer.status().is_server_error()) {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1) * call).await;
    }
}

/// Refused: it is not this portal that calls.
fn unsigned() -> Response {
    problem(StatusCode::UNAUTHORIZED, "the call is not signed with this system's secret")
}

/// A refusal for people (RFC 9457): whoever asked is shown its `detail`.
fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({ "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
