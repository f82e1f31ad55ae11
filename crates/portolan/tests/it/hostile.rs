//! What a hostile or broken client sends over HTTP: it gets a clear refusal, and nothing of it comes back as markup.

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::support::{page::form_to, portal::Portal};

const MARKUP: &str = r#""><script>alert(1)</script><img src=x onerror=alert(2)>'"#;

#[test]
fn markup_in_what_people_type_stays_text() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let typed = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect::<String>();
    for path in [
        "/search?q=",
        "/catalog?q=",
        "/catalog?owner=",
        "/catalog?kind=component&tag=",
        "/catalog?sort=",
        "/catalog/component/default/",
    ] {
        let answer = imke.get(&format!("{path}{typed}"));
        assert!(answer.status < 500, "{path}: {}", answer.status);
        for alive in ["<script>alert", "<img src=x", "onerror=alert(2)>'\""] {
            assert!(!answer.body.contains(alive), "{path} gives back {alive}");
        }
    }
}

#[test]
fn markup_in_descriptors_stays_text() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    let descriptor = serde_json::json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
        "metadata": {
            "name": "hostile", "title": MARKUP, "description": MARKUP,
            "annotations": { "portolan.dev/contact": MARKUP, "example.org/x": MARKUP },
            "links": [{ "title": MARKUP, "url": "https://x.example/%22%3E%3Cscript%3E" }],
        },
        "spec": { "type": MARKUP, "lifecycle": MARKUP, "owner": "basket", "definition": MARKUP },
    });
    let applied = admin.json("POST", "/api/v1/catalog/apply?source=hostile", &descriptor);
    assert_eq!(applied.status, 200, "{}", applied.body);
    let mut imke = portal.signed_in("imke.sorensen");
    for path in [
        "/catalog/component/default/hostile",
        "/catalog?q=hostile",
        "/search?q=hostile",
        "/activity",
        "/teams/basket",
    ] {
        let page = imke.get(path);
        assert!(page.status < 500, "{path}: {}", page.status);
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path} is alive");
    }
    let script = serde_json::json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
        "metadata": { "name": "hostile-link", "links": [{ "url": "javascript:alert(1)" }], "annotations": { "portolan.dev/runbook": "javascript:alert(1)" } },
        "spec": { "type": "service", "lifecycle": "production", "owner": "basket" },
    });
    admin.json("POST", "/api/v1/catalog/apply?source=hostile", &script);
    let page = imke.get("/catalog/component/default/hostile-link");
    assert!(!page.body.contains("href=\"javascript:"), "an address that runs a script can be pressed");
}

#[test]
fn markup_in_a_thread_stays_text() {
    let portal = Portal::demo();
    let mut maya = portal.with_token("maya.chen", "write");
    let markdown = format!(
        "{MARKUP}\n\n[press](javascript:alert(1)) ![x](https://evil.example/p.png)\n\n<style>*{{}}</style>"
    );
    let asked = serde_json::json!({
        "entity": "checkout-api", "title": MARKUP, "environment": MARKUP, "impact": "question", "category": "bug",
        "tried": markdown, "wanted": markdown,
    });
    let answer = maya.json("POST", "/api/v1/support-requests", &asked);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let request = answer.location().trim_start_matches("/api/v1/support-requests/").to_owned();
    let said = serde_json::json!({ "text": markdown, "then": "go-on" });
    let answer = maya.json("POST", &format!("/api/v1/support-requests/{request}/messages"), &said);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let note = serde_json::json!({ "text": markdown });
    assert_eq!(maya.json("PUT", "/api/v1/teams/basket/support-notes/2026-W01", &note).status, 200);
    let mut imke = portal.signed_in("imke.sorensen");
    for path in [
        format!("/support/requests/{request}"),
        "/support/teams/basket".into(),
        "/support/teams/basket/notes?week=2026-W01".into(),
    ] {
        let page = imke.get(&path);
        assert_eq!(page.status, 200, "{path}");
        for alive in ["<script>alert", "<img", "<style>*", "href=\"javascript:", "evil.example/p.png\""] {
            assert!(!page.body.contains(alive), "{path} has {alive}");
        }
    }
}

#[test]
fn a_write_that_another_site_caused_is_refused() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let cases: &[&[(&str, &str)]] = &[
        &[form],
        &[form, ("Origin", "https://evil.example")],
        &[form, ("Sec-Fetch-Site", "cross-site")],
        &[form, ("Sec-Fetch-Site", "same-site")],
        &[form, ("Origin", "null")],
    ];
    for headers in cases {
        let answer = imke.send("POST", "/preferences", headers, b"theme=dark");
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.body);
    }
}

#[test]
fn nobody_is_sent_to_another_site() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    for next in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:a=b",
        "\\\\evil.example",
    ] {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        for path in [format!("/sign-in?next={next}"), format!("/catalog?next={next}")] {
            for client in [&mut imke, &mut portal.stranger()] {
                let answer = client.get(&path);
                let to = answer.location();
                assert!(
                    to.is_empty() || (to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\")),
                    "{path} leads to {to}"
                );
                assert!(answer.headers("set-cookie").all(|c| !c.starts_with("a=b")), "{path} sets a cookie");
            }
        }
    }
}

#[test]
fn paths_lead_out_of_no_folder() {
    let portal = Portal::demo();
    let mut stranger = portal.stranger();
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets//etc/passwd",
        "/assets/..\\..\\Cargo.toml",
        "/api/docs/../../etc/passwd",
    ] {
        let answer = stranger.send("GET", path, &[], b"");
        assert!(answer.status < 500, "{path}: {}", answer.status);
        assert!(
            !answer.body.contains("[workspace]") && !answer.body.contains("root:"),
            "{path} shows a file"
        );
    }
}

#[test]
fn odd_and_endless_questions_are_answered_quickly() {
    let portal = Portal::demo();
    let mut imke = portal.signed_in("imke.sorensen");
    let mut token = portal.with_token("imke.sorensen", "read");
    let long = "x".repeat(10_000);
    let words = "checkout%20".repeat(900);
    let odd = [
        "%00",
        "a%00b",
        "%ff%fe",
        "'%3b%20drop%20table%20entity%3b--",
        "%25%25%25",
        "((((",
        "%5c",
        "%22unclosed",
        "🦀",
        &long,
        &words,
    ];
    for q in odd {
        for path in [
            format!("/search?q={q}"),
            format!("/search/quick?q={q}"),
            format!("/catalog?q={q}"),
            format!("/catalog?after={q}"),
        ] {
            let began = Instant::now();
            let answer = imke.get(&path);
            let shown: String = path.chars().take(60).collect();
            assert!(answer.status < 500, "{shown}: {} {}", answer.status, answer.body);
            assert!(began.elapsed() < Duration::from_secs(5), "{shown} took {:?}", began.elapsed());
        }
        for path in [
            format!("/api/v1/search?q={q}"),
            format!("/api/v1/entities?q={q}"),
            format!("/api/v1/entities?after={q}"),
            format!("/api/v1/entities/component/default/{q}"),
        ] {
            let answer = token.get(&path);
            assert!(
                answer.status < 500,
                "{}: {} {}",
                path.chars().take(60).collect::<String>(),
                answer.status,
                answer.body
            );
        }
    }
}

#[test]
fn bodies_that_are_too_large_or_broken_are_refused() {
    let portal = Portal::demo();
    let mut admin = portal.with_token("noor.vandenberg", "admin");
    let json = [("Content-Type", "application/json")];
    let huge = format!("{{\"entity\":\"{}\"}}", "x".repeat(40 << 20));
    assert_eq!(admin.send("POST", "/api/v1/changes", &json, huge.as_bytes()).status, 413);
    for body in [
        &b"{"[..],
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{\"entity\":1}",
        b"{\"entity\":\"a\",\"environment\":\"\\u0000\",\"version\":\"1\"}",
    ] {
        let answer = admin.send("POST", "/api/v1/changes", &json, body);
        assert!(
            (400..500).contains(&answer.status),
            "{:?}: {}",
            String::from_utf8_lossy(body),
            answer.status
        );
        assert!(
            answer.header("content-type").is_some_and(|t| t.starts_with("application/problem+json")),
            "{}",
            answer.body
        );
    }
    let mut imke = portal.signed_in("imke.sorensen");
    let form = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    let answer = imke.send("POST", "/preferences", &form, "x".repeat(5 << 20).as_bytes());
    assert_eq!(answer.status, 413, "{}", answer.body);
    let mut long = form_to(&imke.get("/").body, "/preferences");
    long.fields.push(("x".to_owned(), "x".repeat(3 << 19)));
    let answer = imke.post("/preferences", &long.fields());
    assert_eq!(answer.status, 303, "the page about too large forms allows it: {}", answer.body);
}

#[test]
fn slow_senders_keep_no_connection_of_the_database() {
    let portal = Portal::demo_with_few_connections(2);
    let mut imke = portal.signed_in("imke.sorensen");
    let token = portal.with_token("imke.sorensen", "write");
    let (name, value) = imke.cookies()[0].clone();
    let host = portal.url().trim_start_matches("http://");
    let heads = [
        format!(
            "POST /preferences HTTP/1.1\r\nCookie: {name}={value}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        ),
        format!(
            "POST /api/v1/changes HTTP/1.1\r\n{}Content-Type: application/json\r\n",
            token.authorization()
        ),
        "POST /sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n".to_owned(),
    ];
    let mut slow = Vec::new();
    for head in heads.iter().cycle().take(9) {
        let mut stream = TcpStream::connect(host).expect("a connection");
        write!(stream, "{head}Host: {host}\r\nContent-Length: 1000\r\n\r\nhalf=").expect("half a request");
        slow.push(stream);
    }
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    assert_eq!(imke.get("/teams/basket").status, 200);
    assert!(began.elapsed() < Duration::from_secs(4), "a page took {:?}", began.elapsed());
    drop(slow);

    // many who sign in at once wait for each other's passwords to be hashed, and not for connections
    let guesses = (0..8).map(|n| {
        let mut stranger = portal.stranger();
        std::thread::spawn(move || {
            stranger.post("/sign-in", &[("account", &format!("guess{n}")), ("password", "x")]).status
        })
    });
    for guess in guesses.collect::<Vec<_>>() {
        assert_eq!(guess.join().expect("an answer"), 422);
    }
}
