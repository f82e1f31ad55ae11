//! Five hundred requests at once, two replicas: each runs exactly once.

use std::{
    collections::BTreeSet,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Harbour, PATIENCE, body, look, offering};
use crate::support::{
    http::Client,
    other::{Other, Reply},
    process::create_token,
};

const REQUESTS: usize = 500;

#[test]
fn two_replicas_share_what_is_asked_for() {
    let other = Other::start(|_, _| Reply::Says(201, "{}".into()));
    let allowed = [("PORTOLAN_FETCH_ALLOW", "127.0.0.1")];
    let mut harbour = Harbour::new(&allowed);
    let step = json!([{ "id": "ask", "uses": "http.request", "with": { "url": other.url("/things"), "undo": "nothing" } }]);
    harbour.offer(&offering("thing", &step));
    let replica = harbour.portal.replica(&allowed);
    let token = create_token("mia", "write", &["--database-url", harbour.portal.database_url()]);
    let urls = [harbour.portal.url().to_owned(), replica.url.clone()];
    let began = Instant::now();
    let numbers: BTreeSet<i64> = scope(|threads| {
        let askers: Vec<_> = (0..4)
            .map(|n| {
                let (url, token) = (urls[n % 2].clone(), token.clone());
                threads.spawn(move || {
                    let mut mia = Client::with_token(&url, &token);
                    let ask = |k| {
                        let asked = json!({ "offering": "thing", "params": { "name": format!("t{n}-{k}") } });
                        let answer = mia.json("POST", "/api/v1/provisioning-requests", &asked);
                        body(&answer, 201)["number"].as_i64().expect("a number")
                    };
                    (0..REQUESTS / 4).map(ask).collect::<Vec<_>>()
                })
            })
            .collect();
        askers.into_iter().flat_map(|asker| asker.join().expect("numbers")).collect()
    });
    assert_eq!(numbers.len(), REQUESTS);
    loop {
        let done = body(&harbour.mia.get("/api/v1/provisioning-requests?state=succeeded&limit=1"), 200);
        if done["total"] == REQUESTS {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{done}");
        sleep(Duration::from_millis(200));
    }
    let mut made = BTreeSet::new();
    for number in numbers {
        let request = look(&mut harbour.mia, &json!(number));
        assert_eq!(request["state"], "succeeded", "{request:#}");
        assert_eq!(request["steps"][0]["attempts"], 1, "{request:#}");
        assert!(made.insert(request["resource"].to_string()), "a thing for each: {request:#}");
    }
    let calls = other.calls("POST");
    let keys: BTreeSet<_> = calls.iter().map(|call| call.id().to_owned()).collect();
    assert_eq!((calls.len(), keys.len()), (REQUESTS, REQUESTS), "each was asked for exactly once");
}
