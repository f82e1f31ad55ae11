//! What surrounds every request, seen from outside.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, State},
    http::{Request, Response, StatusCode},
    middleware,
    routing::get,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::ServiceExt;

use metrics_exporter_prometheus::PrometheusBuilder;
use portolan_testkit::Bed;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    Patience,
    guard::{Guard, around, for_log},
    health, serve,
};
use crate::worker::Pulse;

async fn ask(trust_proxy: bool, request: Request<Body>) -> Response<Body> {
    let guard = Guard { timeout: Duration::from_millis(50), trust_proxy };
    let slow = async || tokio::time::sleep(Duration::from_secs(5)).await;
    let broken = async || -> &'static str { panic!("a handler panics") };
    let app = Router::new()
        .route("/whoami", get(async |ConnectInfo(address): ConnectInfo<SocketAddr>| address.ip().to_string()))
        .route("/slow", get(slow))
        .route("/broken", get(broken))
        .route("/api/broken", get(broken))
        .layer(middleware::from_fn_with_state(guard, around))
        .layer(axum::extract::connect_info::MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
    app.oneshot(request).await.unwrap()
}

fn request(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let builder =
        headers.iter().fold(Request::get(path), |builder, (name, value)| builder.header(*name, *value));
    builder.body(Body::empty()).unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_panic_is_a_page_for_people_and_a_problem_for_programs() {
    let page = ask(false, request("/broken", &[])).await;
    assert_eq!(page.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let id = page.headers()["x-request-id"].to_str().unwrap().to_owned();
    let page = text(page).await;
    assert!(page.contains("Something failed on our side") && page.contains(&id), "{page}");
    assert!(!page.contains("a handler panics"), "nothing internal is shown");

    let problem = ask(false, request("/api/broken", &[("x-request-id", "given-0001")])).await;
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    assert_eq!(problem.headers()["x-request-id"], "given-0001");
    let problem: serde_json::Value = serde_json::from_str(&text(problem).await).unwrap();
    assert_eq!((&problem["status"], &problem["request_id"]), (&500.into(), &"given-0001".into()));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_portal_whose_worker_looks_at_nothing_is_not_ready(pool: PgPool) {
    let bed = Bed::new(pool);
    let ready = async |pulse: Pulse| {
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let probe = health::Probe { portal: Arc::clone(bed.portal()), pulse: Arc::new(pulse), metrics };
        health::ready(State(probe)).await
    };
    assert_eq!(ready(Pulse::new()).await, (StatusCode::OK, "ready\n".to_owned()));
    let (status, words) = ready(Pulse::stopped()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(words.starts_with("the worker has not looked at its queue for 12"), "{words}");
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    assert_eq!(ask(false, request("/slow", &[])).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_one_time_link_is_not_in_the_log() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Log {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            io::Write::write(&mut *self.0.lock().unwrap(), line)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logged = tracing::subscriber::set_default(lines);
    for path in [
        "/sign-in/spoken-friend",
        "/set-up/spoken-friend",
        "/api/v1/calendars/ptc_spoken-friend.ics",
        "//api/v1/integrations/pta_spoken-friend/alerts",
        "/whoami",
    ] {
        ask(false, request(path, &[])).await;
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("/whoami") && log.contains("/sign-in/") && log.contains("/set-up/"), "{log}");
    assert!(!log.contains("spoken-friend"), "{log}");
}

/// Addresses of pages whose last part is a secret, as the source says them: their place is called so.
fn pages_by_secret(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            pages_by_secret(&entry.path(), found);
        } else {
            let source = fs::read_to_string(entry.path()).unwrap();
            let texts = source.split('"').filter(|text| text.starts_with('/') && text.ends_with("/{secret}"));
            found.extend(texts.map(str::to_owned));
        }
    }
}

#[test]
fn no_route_puts_a_secret_into_the_log() {
    const SECRET: &str = "Z3RoYXQgbm9ib2R5IGd1ZXNzZXMgYW5kIG5vYm9keSBr";
    let filled = |route: &str, with: &str| {
        let parts = route.split('/').map(|part| if part.starts_with('{') { with } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let document = serde_json::to_value(portolan_api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let open = |item: &Value| item.as_object().unwrap().values().any(|act| act["security"] == json!([{}]));
    let mut by_secret: Vec<String> = paths
        .iter()
        .filter(|(path, item)| path.contains('{') && open(item))
        .map(|(path, _)| path.clone())
        .collect();
    assert!(by_secret.len() > 4, "who needs not sign in has the secret in the address: {by_secret:?}");
    let of_api = by_secret.len();
    pages_by_secret(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src"), &mut by_secret);
    assert!(by_secret.len() > of_api + 1, "sign-in and set-up: {by_secret:?}");
    for route in &by_secret {
        let logged = for_log(&filled(route, SECRET)).into_owned();
        assert!(!logged.contains(SECRET), "{route} puts its secret into the log; teach for_log");
    }
    for route in paths.keys() {
        for begin in ["ptl_", "ptc_", "pta_", "ptw_"] {
            let path = filled(route, &format!("{begin}{SECRET}"));
            assert!(!for_log(&path).contains(SECRET), "{route}: {begin}");
        }
        let key = filled(route, "01900000-0000-7000-8000-000000000001");
        assert_eq!(for_log(&key), key, "a key is no secret");
    }
}

#[tokio::test]
async fn ids_that_are_not_plain_are_replaced() {
    for bad in ["short", "with space and <tag>", &"x".repeat(65)] {
        let answer = ask(false, request("/whoami", &[("x-request-id", bad)])).await;
        assert_eq!(answer.headers()["x-request-id"].len(), 36, "{bad}");
    }
}

#[tokio::test]
async fn a_proxy_is_believed_only_if_it_is_ours_and_only_its_own_word() {
    let forwarded = || request("/whoami", &[("x-forwarded-for", "9.9.9.9, 192.0.2.7")]);
    assert_eq!(text(ask(false, forwarded()).await).await, "127.0.0.1");
    assert_eq!(text(ask(true, forwarded()).await).await, "192.0.2.7");
    let nonsense = request("/whoami", &[("x-forwarded-for", "unknown")]);
    assert_eq!(text(ask(true, nonsense).await).await, "127.0.0.1");
}

/// A server that waits a moment for a head and for its end; what it is told to stop with, and its address.
async fn served() -> (watch::Sender<bool>, SocketAddr, tokio::task::JoinHandle<()>) {
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(400)).await;
        "done"
    };
    let app = Router::new()
        .route("/whoami", get(async |ConnectInfo(address): ConnectInfo<SocketAddr>| address.ip().to_string()))
        .route("/slow", get(slow));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = watch::channel(false);
    let patience = Patience { head: Duration::from_millis(200), stop: Duration::from_secs(5) };
    (tell, address, tokio::spawn(serve(listener, app, told, patience)))
}

/// What the server sends until it hangs up.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all))
        .await
        .expect("the server hangs up");
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn whoever_sends_half_a_head_is_cut_off() {
    let (_tell, address, _server) = served().await;
    for half in ["", "GET /who", "GET /whoami HTTP/1.1\r\nHost: x\r\n"] {
        let began = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        rest(&mut stream).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{half:?} was waited for {:?}", began.elapsed());
    }
    // a whole head is answered, and a slow answer is not cut off by it
    for (path, body) in [("/whoami", "127.0.0.1"), ("/slow", "done")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(body), "{answer}");
    }
}

#[tokio::test]
async fn requests_in_flight_finish_when_it_is_told_to_stop() {
    let (tell, address, server) = served().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    tell.send_replace(true);
    assert!(rest(&mut stream).await.ends_with("done"));
    tokio::time::timeout(Duration::from_secs(2), server).await.expect("it ends").unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody else is let in");
}
