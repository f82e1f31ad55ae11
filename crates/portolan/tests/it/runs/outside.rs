//! Other systems that hang, answer late, answer twice and call back twice: each request ends in what is true.

use std::{collections::BTreeSet, thread, time::Duration};

use serde_json::{Value, json};

use super::{Harbour, offering, until};
use crate::support::{
    http::Client,
    other::{Call, Other, Reply},
};

/// An offering that asks this system for a thing, three seconds at most, and undoes what failed.
fn asking(other: &Other, attempts: u32, more: &Value) -> Value {
    let mut with = json!({
        "url": other.url("/things"), "body": { "name": "${{ params.name }}" }, "outputs": { "id": "/id" },
        "undo": { "url": other.url("/things/${{ params.name }}") },
    });
    with.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let steps = json!([{ "id": "ask", "uses": "http.request", "attempts": attempts, "timeoutSeconds": 3, "with": with }]);
    let mut asking = offering("thing", &steps);
    asking["spec"]["onFailure"] = json!("undo");
    asking["spec"]["outputs"] = json!([{ "name": "id", "value": "${{ steps.ask.id }}" }]);
    asking
}

/// Mia asks for a thing: how that ends.
fn ends(other: &Other, attempts: u32, more: &Value, state: &str) -> Value {
    let mut harbour = Harbour::new(&[("PORTOLAN_FETCH_ALLOW", "127.0.0.1")]);
    harbour.offer(&asking(other, attempts, more));
    let number = harbour.ask("thing", "till");
    let mut request = until(&mut harbour.mia, &number, state);
    if let Some(id) = request["resource"].as_str().map(str::to_owned) {
        let made = harbour.mia.get(&format!("/api/v1/resources/{id}"));
        request["made"] = serde_json::from_str(&made.body).expect("JSON");
    }
    request
}

fn thing(id: u32) -> String {
    json!({ "id": id }).to_string()
}

fn things(other: &Other) -> BTreeSet<String> {
    other.calls("POST").iter().map(|call| call.id().to_owned()).collect()
}

/// Nobody knows whether it took the call: what bears its key is taken away.
#[test]
fn one_that_hangs_is_cut_off_and_undone_by_its_key() {
    let other = Other::start(|call, _| match call.method.as_str() {
        "POST" => Reply::Never,
        _ => Reply::Says(204, String::new()),
    });
    let request = ends(&other, 1, &json!({}), "failed");
    assert_eq!((&request["left_over"], &request["resource"]), (&json!(false), &Value::Null), "{request:#}");
    let (asked, undone) = (other.calls("POST"), other.calls("DELETE"));
    assert_eq!((asked.len(), undone.len()), (1, 1));
    assert_eq!(undone[0].id(), format!("{}-undo", asked[0].id()));
}

/// What it cannot take away is a finding, and not a success.
#[test]
fn one_that_hangs_and_takes_nothing_away_leaves_a_finding() {
    let other = Other::start(|call, _| match call.method.as_str() {
        "POST" => Reply::Never,
        _ => Reply::Says(403, json!({ "title": "not you" }).to_string()),
    });
    let request = ends(&other, 1, &json!({}), "failed");
    assert_eq!(request["left_over"], json!(true), "{request:#}");
}

#[test]
fn one_that_answers_after_the_deadline_is_asked_again_for_the_same() {
    let other = Other::start(|_, before| match before {
        0 => Reply::Late(Duration::from_secs(5), 201, thing(7)),
        _ => Reply::Says(201, thing(7)),
    });
    let request = ends(&other, 3, &json!({}), "succeeded");
    assert_eq!(request["made"]["outputs"]["id"], json!("7"), "{request:#}");
    assert_eq!((other.calls("POST").len(), things(&other).len()), (2, 1), "two calls for one thing");
}

#[test]
fn one_that_answers_twice_is_heard_once() {
    let other = Other::start(|call, _| match call.method.as_str() {
        "POST" => Reply::Twice(202, thing(7), json!({ "id": 8, "status": "ready" }).to_string()),
        _ => Reply::Says(200, json!({ "id": 7, "status": "ready" }).to_string()),
    });
    let poll = json!({ "poll": { "url": other.url("/things/7"), "until": { "pointer": "/status", "value": "ready" }, "everySeconds": 1 } });
    let request = ends(&other, 1, &poll, "succeeded");
    assert_eq!(request["made"]["outputs"]["id"], json!("7"), "{request:#}");
    assert_eq!((other.calls("POST").len(), other.calls("GET").len()), (1, 1));
}

/// The first word counts; the second is refused.
#[test]
fn one_that_calls_back_twice_is_heard_once() {
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let other = Other::start(move |call, _| {
        let (call, tell) = (call.clone(), tell.lock().expect("kept").clone());
        thread::spawn(move || {
            let _ = tell.send([7, 8].map(|id| call_back(&call, id)));
        });
        Reply::Says(202, String::new())
    });
    let request = ends(&other, 1, &json!({ "callback": true }), "succeeded");
    assert_eq!(request["made"]["outputs"]["id"], json!("7"), "{request:#}");
    let [first, second] = told.recv().expect("both were told");
    assert!(first < 300 && second == 409, "{first} {second}");
    assert_eq!(other.calls("POST").len(), 1);
}

/// Tells the portal that the thing is there; its answer.
fn call_back(call: &Call, id: u32) -> u16 {
    let address = call.header("portolan-callback");
    let (portal, path) = address.split_at(address.find("/api/").expect("a path"));
    let told = json!({ "outcome": "succeeded", "outputs": { "id": id } });
    Client::new(portal).json("POST", path, &told).status
}
