//! What is taken away, what is not, and what is waited for.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{PROBLEM, again, given, later, namespaces, told};
use crate::executors::{
    Attempt, Ended, Fault,
    http::{run, undo::undo},
    keep::tests::{after, noting},
    served::Served,
};

#[tokio::test]
async fn what_cannot_be_taken_away_is_said() {
    let server = Served::new(namespaces()).await;
    let url = format!("{}/x", server.url);
    let made =
        |input: Value| Attempt { effect: Some(json!({ "made": "yes", "settled": true })), ..given(input) };
    let not_said = undo(made(json!({ "url": url }))).await.expect_err("nobody said how");
    assert!(!not_said.again && not_said.fault == Fault::Platform, "{not_said:?}");
    for nothing in [json!({ "url": url, "method": "GET" }), json!({ "url": url, "undo": "nothing" })] {
        assert_eq!(undo(made(nothing)).await, Ok(Ended::done()));
    }
    assert_eq!(
        undo(given(json!({ "url": url, "undo": { "url": url } }))).await,
        Ok(Ended::done()),
        "never asked for"
    );
    assert!(server.asked().is_empty());
    undo(made(json!({ "url": url, "undo": { "url": url } }))).await.expect("410: it is gone");
    let mut elsewhere = made(json!({ "url": url, "undo": { "url": "location" } }));
    elsewhere.effect =
        Some(json!({ "made": "yes", "settled": true, "location": "http://127.0.0.1:1/namespaces/x" }));
    let refused = undo(elsewhere).await.expect_err("another system");
    assert!(!refused.again && refused.why.contains("yet another system"), "{refused:?}");
}

/// Whether something was asked for is written down before it is sent: a refusal is not undone, a silence is.
#[tokio::test]
async fn what_was_refused_is_not_taken_away_and_what_nobody_knows_is_by_its_key() {
    let server = Served::new(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/taken") => (409, PROBLEM, json!({ "detail": "the name is taken" }).to_string()),
        ("POST", _) => (500, &[], String::new()),
        _ => (204, &[], String::new()),
    })
    .await;
    let attempt = |path: &str| {
        let url = format!("{}{path}", server.url);
        noting(given(json!({ "url": url, "undo": { "url": url } })))
    };
    let (refused, _) = attempt("/taken");
    let failed = run(refused.clone()).await.expect_err("refused");
    assert_eq!(undo(again(&refused, *failed.effect.expect("kept"))).await, Ok(Ended::done()));
    assert!(server.asked().iter().all(|asked| asked.method == "POST"), "another's thing of that name stays");
    let closed = given(json!({ "url": "http://127.0.0.1:1/", "undo": { "url": "http://127.0.0.1:1/" } }));
    let failed = run(closed.clone()).await.expect_err("nobody is there");
    assert_eq!(failed.effect.expect("kept")["made"], json!("no"), "what was never sent was not taken");
    let (broken, noted) = attempt("/broken");
    run(broken.clone()).await.expect_err("who knows");
    // as if it had died before it could say what came of it
    assert_eq!(undo(after(&broken, &noted)).await, Ok(Ended::done()));
    let last = server.asked().pop().expect("a call");
    let id = format!("{}-undo", broken.key);
    assert_eq!((last.method.as_str(), last.header("idempotency-key")), ("DELETE", Some(&*id)));
}

/// What is still being made is not there yet: 404 is no proof that nothing comes.
#[tokio::test]
async fn undoing_waits_until_the_other_side_said_its_last_word() {
    let looks = AtomicUsize::new(0);
    let server = Served::new(move |asked| match asked.method.as_str() {
        "POST" => (202, &[("Location", "/namespaces/x")], json!({}).to_string()),
        "GET" if looks.fetch_add(1, Ordering::SeqCst) < 2 => (404, &[], String::new()),
        "GET" => told(200, &json!({ "status": "ready" })),
        _ => (404, &[], String::new()),
    })
    .await;
    let with = |more: Value| {
        let mut input = json!({ "url": format!("{}/namespaces", server.url), "undo": { "url": "location" } });
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        given(input)
    };
    let polled = with(json!({ "poll": { "until": { "pointer": "/status", "value": "ready" } } }));
    let (_, mut effect) = later(run(polled.clone()).await);
    for _ in 0..2 {
        effect = later(undo(again(&polled, effect)).await).1;
        assert!(server.asked().iter().all(|asked| asked.method != "DELETE"), "it is still being made");
    }
    assert_eq!(undo(again(&polled, effect)).await, Ok(Ended::done()), "ready, and gone");

    let called = with(json!({ "callback": true }));
    let (_, effect) = later(run(called.clone()).await);
    let (_, mut effect) = later(undo(again(&called, effect)).await);
    let mut told = again(&called, effect.clone());
    told.job.called_back = Some(json!({ "outcome": "failed" }));
    assert_eq!(undo(told).await, Ok(Ended::done()), "it said its last word");
    effect["undo_until"] = json!("2020-01-01T00:00:00Z");
    let silent = undo(again(&called, effect)).await.expect_err("it never said");
    assert!(!silent.again && silent.why.contains("may still make it"), "{silent:?}");
}
