//! `http.request` and the example of another system, end to end: signed, polled, called back, taken away.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use portolan_connect::{
    executors::{Attempt, Ended, Equipment, Failed, Fault, Hidden, JobFacts, Keep, Log, named},
    guard::Outside,
};
use portolan_domain::Clock;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use uuid::Uuid;

use crate::support::example::{Example, SECRET};

impl Example {
    fn attempt(&self, name: &str, more: &Value) -> Attempt {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut input = json!({
            "url": format!("{}/namespaces", self.url), "secret": "example",
            "body": { "name": name, "team": "basket", "quota": 4 },
            "outputs": { "name": "/name", "cluster": "/cluster" },
            "undo": { "url": format!("{}/namespaces/{name}", self.url) },
        });
        if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
            input.extend(more.clone());
        }
        let outside = Outside::new(vec!["127.0.0.1".parse().expect("an address")]).expect("a client");
        let mut equipment = Equipment::new(outside, Clock::system());
        equipment.signing.insert("example".into(), Hidden::new(SECRET));
        Attempt {
            key: Uuid::now_v7(),
            attempt: 1,
            input,
            effect: None,
            job: JobFacts::default(),
            within: Duration::from_mins(1),
            keep: Keep::new(|_| std::future::ready(true)),
            log: Log::new(Vec::new()).0,
            equipment: Arc::new(equipment),
        }
    }
}

async fn run(attempt: Attempt) -> Result<Ended, Failed> {
    (named("http.request").expect("it is there").run)(attempt).await
}

async fn undo(attempt: Attempt) -> Result<Ended, Failed> {
    named("http.request").expect("it is there").take_back(attempt).await
}

/// Comes again as often as it says, as the worker does.
async fn to_its_end(mut attempt: Attempt) -> Result<Ended, Failed> {
    let began = Instant::now();
    loop {
        match run(attempt.clone()).await? {
            Ended::Later { after, effect } => {
                assert!(began.elapsed() < Duration::from_secs(30), "it never ends: {effect}");
                tokio::time::sleep(after).await;
                attempt.effect = Some(effect);
            }
            done @ Ended::Done { .. } => return Ok(done),
        }
    }
}

fn polling() -> Value {
    json!({ "poll": { "until": { "pointer": "/status", "values": ["ready"] }, "everySeconds": 1 } })
}

#[tokio::test]
async fn a_namespace_is_asked_for_waited_for_and_taken_away() {
    let example = Example::start();
    let attempt = example.attempt("orders", &polling());
    // whoever died after the call makes it again, by the same key
    run(attempt.clone()).await.expect("it was taken");
    let Ok(Ended::Done { outputs, effect, .. }) = to_its_end(attempt.clone()).await else { panic!("done") };
    assert_eq!((&outputs["name"], &outputs["cluster"]), (&json!("orders"), &json!("example")));

    let theirs = example.attempt("orders", &polling());
    let taken = to_its_end(theirs.clone()).await.expect_err("another's");
    assert!(taken.fault == Fault::Input && taken.why.contains("is there already"), "{taken:?}");
    let refused = Attempt { effect: taken.effect.map(|effect| *effect), ..theirs };
    assert_eq!(undo(refused.clone()).await, Ok(Ended::done()), "what was refused is not taken away");
    // nor does the other side take away another's where it is not known whether the call was taken
    let unknown = json!({ "made": "maybe", "undo_until": "2020-01-01T00:00:00Z" });
    assert_eq!(undo(Attempt { effect: Some(unknown), ..refused }).await, Ok(Ended::done()));
    to_its_end(attempt.clone()).await.expect("it is there as before");
    let much = json!({ "body": { "name": "big", "team": "basket", "quota": 65 } });
    let much = to_its_end(example.attempt("big", &much)).await.expect_err("too much");
    assert!(much.fault == Fault::Input && much.why.contains("1 to 64 cores"), "{much:?}");
    let mut unsigned = example.attempt("x", &polling());
    unsigned.input.as_object_mut().expect("an object").remove("secret");
    let unsigned = to_its_end(unsigned).await.expect_err("not signed");
    assert!(unsigned.fault == Fault::Platform && unsigned.why.contains("not signed"), "{unsigned:?}");

    for _ in 0..2 {
        let made = Attempt { effect: Some(effect.clone()), ..attempt.clone() };
        assert_eq!(undo(made).await, Ok(Ended::done()), "gone, and gone already");
    }
    to_its_end(example.attempt("orders", &polling())).await.expect("the name is free again");
}

#[tokio::test]
async fn it_calls_back_when_it_is_done() {
    let example = Example::start();
    let portal = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let callback = format!("http://{}/callbacks/s3cret", portal.local_addr().expect("an address"));
    let mut attempt = example.attempt("orders", &json!({ "callback": true }));
    attempt.job.callback = callback;
    let Ok(Ended::Later { effect, .. }) = run(attempt.clone()).await else { panic!("it waits") };
    let (mut stream, _) = tokio::time::timeout(Duration::from_secs(20), portal.accept())
        .await
        .expect("in time")
        .expect("a call");
    let mut text = Vec::new();
    while !text.ends_with(b"}}") {
        assert!(
            stream.read_buf(&mut text).await.expect("a request") > 0,
            "{}",
            String::from_utf8_lossy(&text)
        );
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await.expect("answered");
    let text = String::from_utf8(text).expect("text");
    assert!(text.starts_with("POST /callbacks/s3cret "), "{text}");
    let told: Value = serde_json::from_str(text.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    attempt.job.called_back = Some(told);
    let ended = run(Attempt { effect: Some(effect), ..attempt }).await;
    let Ok(Ended::Done { outputs, .. }) = ended else { panic!("{ended:?}") };
    assert_eq!(outputs["name"], json!("orders"));
}
