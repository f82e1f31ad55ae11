//! Against a real server: taken, repeated, refused, polled, called back, undone.

mod undoing;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{run, undo::undo, wish};
use crate::{
    executors::{
        Attempt, Ended, Failed, Fault, Hidden, JobFacts,
        log::tests::attempt_with,
        served::{Asked, Served, Told},
    },
    webhook,
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
const PROBLEM: &[(&str, &str)] = &[("Content-Type", "application/problem+json; charset=utf-8")];

fn given(input: Value) -> Attempt {
    let (mut attempt, lines) = attempt_with(input, |equipment| {
        equipment.signing.insert("ci".into(), Hidden::new(SECRET));
    });
    drop(lines);
    attempt.job = JobFacts { callback: "https://portal.example/callbacks/c4llb4ck".into(), ..attempt.job };
    attempt
}

fn told(status: u16, body: &Value) -> Told {
    (status, JSON, body.to_string())
}

fn later(ended: Result<Ended, Failed>) -> (Duration, Value) {
    match ended {
        Ok(Ended::Later { after, effect }) => (after, effect),
        other => panic!("{other:?}"),
    }
}

fn again(attempt: &Attempt, effect: Value) -> Attempt {
    Attempt { effect: Some(effect), attempt: attempt.attempt + 1, ..attempt.clone() }
}

#[tokio::test]
async fn a_call_is_signed_by_the_key_of_the_step_and_its_answer_becomes_outputs() {
    let server =
        Served::new(|_| told(201, &json!({ "data": { "id": 7, "token": "t0p" }, "tags": ["a"] }))).await;
    let attempt = given(json!({
        "method": "PUT", "url": format!("{}/x?y=1", server.url), "secret": "ci",
        "headers": { "X-Team": "basket", "Content-Type": "application/merge-patch+json" },
        "body": { "name": "orders\"; rm -rf /" }, "outputs": { "id": "/data/id", "tags": "/tags" }, "secrets": { "token": "/data/token" },
    }));
    let Ok(Ended::Done { outputs, secrets, effect }) = run(attempt.clone()).await else { panic!("done") };
    assert_eq!(
        (&outputs["id"], &outputs["tags"], secrets["token"].as_str()),
        (&json!(7), &json!(["a"]), "t0p")
    );
    assert!(!effect.to_string().contains("t0p"), "{effect}");
    run(attempt.clone()).await.expect("an attempt that was not noted is repeated");
    for asked in server.asked() {
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("PUT", "/x?y=1"));
        assert_eq!(asked.body, json!({ "name": "orders\"; rm -rf /" }).to_string());
        assert_eq!(asked.header("x-team"), Some("basket"));
        assert_eq!(asked.header("content-type"), Some("application/merge-patch+json"));
        let id = attempt.key.to_string();
        assert_eq!((asked.header("webhook-id"), asked.header("idempotency-key")), (Some(&*id), Some(&*id)));
        let seconds = asked.header("webhook-timestamp").and_then(|s| s.parse().ok()).expect("a time");
        let at = Timestamp::from_second(seconds).expect("a time");
        assert_eq!(
            asked.header("webhook-signature"),
            webhook::sign(SECRET, &id, at, asked.body.as_bytes()).as_deref()
        );
    }
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn what_is_refused_says_whose_turn_it_is() {
    let server = Served::new(|asked| match asked.path.as_str() {
        "/busy" => (503, &[], String::new()),
        "/limit" => (429, &[("Retry-After", "7")], String::new()),
        "/input" => (422, PROBLEM, json!({ "detail": "the name\n is taken, says s3cret" }).to_string()),
        "/plain" => told(422, &json!({ "detail": "not for people" })),
        "/door" => (401, PROBLEM, json!({ "title": "who are you" }).to_string()),
        "/moved" => (302, &[("Location", "http://169.254.169.254/")], String::new()),
        "/huge" => (200, JSON, format!("\"{}\"", "x".repeat(2 << 20))),
        _ => told(200, &json!({})),
    })
    .await;
    let failed = async |path: &str| {
        let attempt = given(json!({ "url": format!("{}{path}", server.url), "outputs": { "id": "/id" } }));
        attempt.log.hide("s3cret");
        run(attempt).await.expect_err(path)
    };
    let busy = failed("/busy").await;
    assert!(busy.again && busy.fault == Fault::Outside && busy.effect.is_some(), "{busy:?}");
    let input = failed("/input").await;
    assert!(!input.again && input.fault == Fault::Input, "{input:?}");
    assert!(input.why.contains("the name is taken, says [hidden]"), "{input:?}");
    for (path, words) in [
        ("/plain", "answered 422."),
        ("/door", "answered 401: who are you"),
        ("/moved", "leads elsewhere"),
        ("/huge", "larger than 1024 kB"),
        ("/empty", "did not say id (at /id)"),
    ] {
        let failed = failed(path).await;
        assert!(failed.fault == Fault::Platform && failed.why.contains(words), "{path}: {failed:?}");
    }
    let attempt = given(json!({ "url": format!("{}/limit", server.url) }));
    let (after, effect) = later(run(attempt).await);
    assert_eq!(
        (after, &effect["sent"], &effect["made"]),
        (Duration::from_secs(7), &json!(false), &json!("no"))
    );
}

#[tokio::test]
async fn nobody_is_asked_who_may_not_be() {
    for url in [
        "http://169.254.169.254/latest/",
        "http://10.0.0.1/",
        "http://[::1]:80/",
        "http://127.0.0.2:1/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0x7f000002/",
        "http://0.0.0.0/",
    ] {
        let failed = run(given(json!({ "url": url }))).await.expect_err(url);
        assert!(failed.fault == Fault::Platform && failed.why.contains("PORTOLAN_FETCH_ALLOW"), "{failed:?}");
    }
    for url in ["file:///etc/passwd", "gopher://x/", "x", "http://a\r\nb/"] {
        assert!(run(given(json!({ "url": url }))).await.is_err(), "{url}");
    }
    let unused = run(given(json!({ "url": "http://127.0.0.1:1/" }))).await.expect_err("nobody is there");
    assert!(unused.again && unused.fault == Fault::Outside, "{unused:?}");
}

#[tokio::test]
async fn headers_break_no_line_and_are_not_ours() {
    let server = Served::new(|_| told(200, &json!({}))).await;
    for (name, value) in [
        ("X-Team", "basket\r\nX-Admin: yes"),
        ("X-Team\r\nX-Admin", "yes"),
        ("X-Team", "a\0b"),
        ("Host", "evil.example"),
        ("content-LENGTH", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Webhook-Signature", "v1,x"),
        ("Portolan-Callback", "https://evil.example"),
        ("", "x"),
    ] {
        let mut headers = serde_json::Map::new();
        headers.insert(name.to_owned(), json!(value));
        let failed = run(given(json!({ "url": server.url, "headers": headers }))).await.expect_err(name);
        assert!(!failed.again, "{failed:?}");
    }
    assert!(server.asked().is_empty(), "nothing was sent");
}

/// Says `creating` twice, breaks once, then says `ready`.
fn namespaces() -> impl Fn(&Asked) -> Told + Send + Sync {
    let looks = AtomicUsize::new(0);
    move |asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", _) => (202, &[("Location", "/namespaces/x")], json!({ "id": 7 }).to_string()),
        ("DELETE", "/namespaces/x") => (204, &[], String::new()),
        ("GET", "/namespaces/x") => match looks.fetch_add(1, Ordering::SeqCst) {
            0 => (404, &[], String::new()),
            1 => told(200, &json!({ "status": "creating" })),
            2 => (500, &[], String::new()),
            _ => told(200, &json!({ "status": "ready", "name": "x" })),
        },
        ("GET", "/broken") => told(200, &json!({ "status": "failed", "why": "no room." })),
        _ => (410, &[], String::new()),
    }
}

#[tokio::test]
async fn it_is_asked_until_it_is_done_and_taken_away_again() {
    let server = Served::new(namespaces()).await;
    let attempt = given(json!({
        "url": format!("{}/namespaces", server.url), "body": { "name": "x" }, "secret": "ci",
        "outputs": { "id": "/id", "name": "/name" },
        "poll": { "until": { "pointer": "/status", "values": ["ready"] }, "failed": ["failed"], "everySeconds": 2 },
        "undo": { "url": "location" },
    }));
    let (after, mut effect) = later(run(attempt.clone()).await);
    assert_eq!(after, Duration::from_secs(2));
    for _ in 0..3 {
        let (after, next) = later(run(again(&attempt, effect)).await);
        assert_eq!(after, Duration::from_secs(2));
        effect = next;
    }
    let Ok(Ended::Done { outputs, effect, .. }) = run(again(&attempt, effect)).await else { panic!("done") };
    assert_eq!((&outputs["id"], &outputs["name"]), (&json!(7), &json!("x")));
    let posts = server.asked().iter().filter(|asked| asked.method == "POST").count();
    assert_eq!(posts, 1, "however often it is asked how it goes");
    undo(again(&attempt, effect)).await.expect("taken away");
    assert_eq!(server.asked().iter().filter(|asked| asked.method == "DELETE").count(), 1);
    let last = server.asked().pop().expect("a call");
    let id = format!("{}-undo", attempt.key);
    assert_eq!(
        (last.method.as_str(), last.header("webhook-id")),
        ("DELETE", Some(&*id)),
        "no repeat of the first"
    );
}

#[tokio::test]
async fn a_failure_of_the_other_side_is_told_and_nobody_else_is_asked_how_it_goes() {
    let server = Served::new(namespaces()).await;
    let poll = |url: &str| {
        given(json!({
            "url": format!("{}/namespaces", server.url),
            "poll": { "url": url, "until": { "pointer": "/status", "value": "ready" }, "failed": ["failed"], "message": "/why" },
        }))
    };
    let attempt = poll(&format!("{}/broken", server.url));
    let (_, effect) = later(run(attempt.clone()).await);
    let failed = run(again(&attempt, effect)).await.expect_err("it failed");
    assert!(!failed.again && failed.fault == Fault::Outside && failed.why.contains("no room."), "{failed:?}");
    let (_, effect) = later(run(again(&attempt, *failed.effect.expect("kept"))).await);
    let ids: Vec<_> = server
        .asked()
        .iter()
        .filter(|asked| asked.method == "POST")
        .map(|asked| asked.header("idempotency-key").map(str::to_owned))
        .collect();
    let key = attempt.key.to_string();
    assert_eq!(ids, [Some(key.clone()), Some(format!("{key}-2"))], "whoever has it tried again asks anew");
    assert_eq!((&effect["made"], &effect["round"]), (&json!("yes"), &json!(1)));
    let attempt = poll("http://127.0.0.1:1/steal");
    let (_, effect) = later(run(attempt.clone()).await);
    let failed = run(again(&attempt, effect)).await.expect_err("another system");
    assert!(failed.fault == Fault::Platform && failed.why.contains("yet another system"), "{failed:?}");
    let attempt = poll("/no/such");
    let failed = run(attempt.clone()).await.expect_err("nowhere to ask");
    assert_eq!(failed.effect.expect("kept")["sent"], json!(true), "what was taken is known");
}

#[tokio::test]
async fn a_wait_ends_and_may_be_begun_anew() {
    let server = Served::new(namespaces()).await;
    let attempt = given(json!({
        "url": format!("{}/namespaces", server.url), "callback": true, "withinMinutes": 5,
    }));
    let (_, effect) = later(run(attempt.clone()).await);
    let (after, _) = later(run(again(&attempt, effect.clone())).await);
    assert!((Duration::from_secs(290)..=Duration::from_mins(5)).contains(&after), "{after:?}");
    let mut over = effect.clone();
    over["until"] = json!("2020-01-01T00:00:00Z");
    let failed = run(again(&attempt, over)).await.expect_err("it took too long");
    assert!(
        !failed.again && failed.fault == Fault::Outside && failed.why.contains("within 5 minutes"),
        "{failed:?}"
    );
    let (after, _) = later(run(again(&attempt, *failed.effect.expect("kept"))).await);
    assert!(after > Duration::from_secs(290), "somebody tried it again");
    assert_eq!(server.asked().len(), 1, "and nothing was asked for twice");
}

#[tokio::test]
async fn whoever_calls_back_ends_the_wait_also_before_the_call_was_noted() {
    let server = Served::new(namespaces()).await;
    let attempt = given(json!({
        "url": format!("{}/namespaces", server.url), "callback": true,
        "outputs": { "id": "/id", "name": "/name" }, "secrets": { "token": "/token" },
    }));
    let (_, effect) = later(run(attempt.clone()).await);
    let sent = server.asked().pop().expect("a call");
    assert_eq!(sent.header("portolan-callback"), Some("https://portal.example/callbacks/c4llb4ck"));
    let call_back = |told: Value, effect: Option<Value>| Attempt {
        effect,
        job: JobFacts { called_back: Some(told), ..attempt.job.clone() },
        ..attempt.clone()
    };
    let yes = json!({ "outcome": "succeeded", "outputs": { "name": "x", "token": "t0p", "id": 8 } });
    for effect in [Some(effect.clone()), None] {
        let Ok(Ended::Done { outputs, secrets, .. }) = run(call_back(yes.clone(), effect)).await else {
            panic!("done")
        };
        assert_eq!(
            (&outputs["name"], &outputs["id"], secrets["token"].as_str()),
            (&json!("x"), &json!(8), "t0p")
        );
    }
    let no = json!({ "outcome": "failed", "message": "quota\r\nis c4llb4ck: https://portal.example/callbacks/c4llb4ck" });
    let failed = run(call_back(no, Some(effect.clone()))).await.expect_err("it failed");
    assert!(
        !failed.again && failed.why.contains("quota is") && !failed.why.contains("callbacks/c4"),
        "{failed:?}"
    );
    for nonsense in [json!({}), json!({ "outcome": "maybe" }), json!("succeeded")] {
        assert!(run(call_back(nonsense, Some(effect.clone()))).await.is_err());
    }
    assert_eq!(server.asked().len(), 1, "nothing was sent again");
}

#[test]
fn offerings_are_told_what_is_wrong_before_anything_runs() {
    let right = json!({ "url": "${{ params.url }}", "method": "${{ params.m }}", "outputs": { "id": "/id" }, "callback": true });
    assert_eq!(wish::check(&right), [""; 0]);
    let wrong = wish::check(&json!({
        "method": "TRACE", "headers": { "HOST": "x" }, "outputs": { "id": "id" }, "callback": true,
        "poll": { "every": 1 }, "undo": "whatever", "retries": 7,
    }));
    let told = wrong.join("; ");
    for part in [
        "needs url",
        "\"retries\"",
        "TRACE",
        "header HOST",
        "point into",
        "poll needs until",
        "poll does not take \"every\"",
        "both poll and callback",
        "an undo",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
}
