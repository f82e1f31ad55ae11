//! The closed-loop driver: so many connections, each sends its next request when the last was answered.

mod client;
mod stats;

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

pub(crate) use client::Client;
pub(crate) use stats::{Cell, Run, Spent, median};

/// Requests as bytes, each used in turn by every connection.
pub(crate) type Requests = Arc<Vec<Vec<u8>>>;

/// A GET request as bytes.
pub(crate) fn get(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    request("GET", path, headers, "")
}

/// A request with a body as bytes.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if method != "GET" {
        let _ = write!(text, "content-length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Drives `port` with `connections` for `duration`. Every answer must be a 200.
///
/// Call it on a runtime of one thread: the driver then never takes both processors from the server.
pub(crate) async fn drive(
    port: u16,
    requests: &Requests,
    connections: usize,
    duration: Duration,
) -> Result<Run> {
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(Client::connect(port).await?);
    }
    let started = Instant::now();
    let until = started + duration;
    let mut tasks = JoinSet::new();
    for (n, client) in clients.into_iter().enumerate() {
        let requests = Arc::clone(requests);
        // Spread the starting points, so that connections do not ask for the same row in step.
        let offset = n * requests.len() / connections;
        tasks.spawn(connection(client, requests, offset, until));
    }
    let mut run = Run::default();
    while let Some(done) = tasks.join_next().await {
        let connection = done??;
        run.latencies.extend(connection.latencies);
        run.bytes += connection.bytes;
    }
    run.elapsed = started.elapsed();
    Ok(run)
}

/// Sends each request once, over so many connections, and says how long it took. Every answer must be a 200.
pub(crate) async fn all(port: u16, requests: &Requests, connections: usize) -> Result<Duration> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for n in 0..connections {
        let requests = Arc::clone(requests);
        tasks.spawn(async move {
            let mut client = Client::connect(port).await?;
            for request in requests.iter().skip(n).step_by(connections) {
                let answer = client.send(request).await?;
                if answer.status != 200 {
                    bail!("{}: {}", String::from_utf8_lossy(request), client.head(answer));
                }
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(started.elapsed())
}

async fn connection(mut client: Client, requests: Requests, offset: usize, until: Instant) -> Result<Run> {
    let mut run = Run { latencies: Vec::with_capacity(64 * 1024), ..Run::default() };
    let mut before = Instant::now();
    for request in requests.iter().cycle().skip(offset) {
        let answer = client.send(request).await?;
        let now = Instant::now();
        if answer.status != 200 {
            bail!("{}: {}{}", String::from_utf8_lossy(request), client.head(answer), client.body(answer));
        }
        run.latencies.push(now - before);
        run.bytes += answer.bytes;
        before = now;
        if now >= until {
            break;
        }
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use axum::{Router, http::StatusCode, routing::get};
    use tower_http::compression::CompressionLayer;

    use super::{Client, drive};

    async fn serve(router: Router) -> u16 {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        port
    }

    #[tokio::test]
    async fn it_drives_plain_and_compressed_answers() {
        let page = "words and words ".repeat(1000);
        let router = Router::new()
            .route("/plain", get(|| async { "hello" }))
            .route("/page", get(move || async { page }))
            .layer(CompressionLayer::new());
        let port = serve(router).await;
        let requests =
            Arc::new(vec![super::get("/plain", &[]), super::get("/page", &[("accept-encoding", "br")])]);
        let run = drive(port, &requests, 4, Duration::from_millis(200)).await.unwrap();
        assert!(run.latencies.len() > 20, "{} requests", run.latencies.len());
        assert!(run.bytes / run.latencies.len() < 1000, "the page came compressed");
        let slowest = run.latencies.iter().max().unwrap();
        assert!(*slowest <= run.elapsed);
    }

    #[tokio::test]
    async fn an_answer_that_is_not_200_stops_the_run_and_is_shown() {
        let port =
            serve(Router::new().route("/", get(|| async { (StatusCode::FORBIDDEN, "ask the owner") }))).await;
        let requests = Arc::new(vec![super::get("/", &[])]);
        let error = drive(port, &requests, 1, Duration::from_millis(50)).await.unwrap_err().to_string();
        assert!(error.contains("403") && error.contains("ask the owner"), "{error}");
    }

    #[tokio::test]
    async fn a_body_comes_back_whole() {
        let page = "0123456789".repeat(50_000);
        let body = page.clone();
        let stream = move || {
            let body = body.clone();
            async move { axum::body::Body::new(axum::body::Body::from(body)) }
        };
        let port = serve(Router::new().route("/", get(stream))).await;
        let mut client = Client::connect(port).await.unwrap();
        let answer = client.send(&super::get("/", &[])).await.unwrap();
        assert_eq!(client.body(answer), page);
        assert_eq!(client.header(answer, "Content-Length"), Some("500000"));
    }
}
