//! Who may do what: every route of both faces, as a stranger, with a token that may only read, as a member of another
//! team, as a member of the owning team, and as an admin. A route that is not in the table fails the test.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::{
    http::{Answer, Client},
    portal::Portal,
};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Anybody at all. This list may only shrink.
    Public,
    /// Everybody signed in, also with a token that only reads.
    Readers,
    /// Everybody signed in who may write.
    Writers,
    /// Members and leads of the team that owns the thing, of teams above it, and admins.
    Team,
    /// Admins.
    Admins,
}
use Who::{Admins, Public, Readers, Team, Writers};

const READS: &str = "a token that reads";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";
const GIFT: &str = "component/default/gift-cards";

/// Method, route, the address that is asked (`*` is [`GIFT`], `0` an unknown key), who may, and what is sent. What is sent
/// changes nothing of note even when it is allowed.
type Row = (&'static str, &'static str, &'static str, Who, &'static str);

const API: &[Row] = &[
    ("GET", "/activity", "/activity", Readers, ""),
    (
        "POST",
        "/catalog/apply",
        "/catalog/apply?source=matrix&dry_run=true",
        Writers,
        r#"{"apiVersion":"backstage.io/v1alpha1","kind":"System","metadata":{"name":"matrix"},"spec":{"owner":"basket"}}"#,
    ),
    ("GET", "/changes", "/changes", Readers, ""),
    ("POST", "/changes", "/changes", Team, r#"{"entity":"gift-cards","environment":"test","version":"1"}"#),
    ("GET", "/changes/{id}", "/changes/0", Readers, ""),
    ("GET", "/entities", "/entities", Readers, ""),
    (
        "POST",
        "/entities",
        "/entities",
        Team,
        r#"{"kind":"component","name":"matrix","owner":"group:default/basket","about":{"type":"service","lifecycle":"production"}}"#,
    ),
    ("PATCH", "/entities/{kind}/{namespace}/{name}", "/entities/*", Team, r#"{"description":"the matrix"}"#),
    ("DELETE", "/entities/{kind}/{namespace}/{name}", "/entities/*", Team, ""),
    (
        "PUT",
        "/entities/{kind}/{namespace}/{name}/facts/{field}",
        "/entities/*/facts/contact",
        Team,
        r##"{"value":"#basket"}"##,
    ),
    ("DELETE", "/entities/{kind}/{namespace}/{name}/facts/{field}", "/entities/*/facts/contact", Team, ""),
    (
        "POST",
        "/entities/by-refs",
        "/entities/by-refs",
        Readers,
        r#"{"refs":["component:default/gift-cards"]}"#,
    ),
    ("GET", "/entities/{kind}/{namespace}/{name}", "/entities/*", Readers, ""),
    ("GET", "/entities/{kind}/{namespace}/{name}/history", "/entities/*/history", Readers, ""),
    ("GET", "/entities/{kind}/{namespace}/{name}/ownership", "/entities/*/ownership", Readers, ""),
    (
        "PUT",
        "/entities/{kind}/{namespace}/{name}/ownership",
        "/entities/*/ownership",
        Team,
        r#"{"owner":"group:default/basket","reason":"the matrix"}"#,
    ),
    (
        "GET",
        "/entities/{kind}/{namespace}/{name}/ownership/candidates",
        "/entities/*/ownership/candidates",
        Readers,
        "",
    ),
    (
        "POST",
        "/entities/{kind}/{namespace}/{name}/ownership/confirmation",
        "/entities/*/ownership/confirmation",
        Team,
        "",
    ),
    ("GET", "/entities/{kind}/{namespace}/{name}/relations", "/entities/*/relations", Readers, ""),
    ("GET", "/findings", "/findings", Readers, ""),
    ("GET", "/findings/counts", "/findings/counts", Readers, ""),
    ("GET", "/integrations", "/integrations", Admins, ""),
    ("POST", "/integrations", "/integrations", Admins, r#"{"kind":"github","name":"the matrix"}"#),
    ("DELETE", "/integrations/{hook}", "/integrations/0", Admins, ""),
    ("GET", "/me", "/me", Readers, ""),
    ("GET", "/me/sessions", "/me/sessions", Readers, ""),
    ("DELETE", "/me/sessions/{id}", "/me/sessions/0", Writers, ""),
    ("GET", "/me/tokens", "/me/tokens", Readers, ""),
    ("POST", "/me/tokens", "/me/tokens", Writers, r#"{"name":"the matrix","scope":"read"}"#),
    ("DELETE", "/me/tokens/{id}", "/me/tokens/0", Writers, ""),
    ("DELETE", "/memberships/{id}", "/memberships/0", Writers, ""),
    ("GET", "/people", "/people", Readers, ""),
    (
        "POST",
        "/people",
        "/people",
        Admins,
        r#"{"handle":"matrix","name":"Matrix","email":"matrix@fairhaven.example"}"#,
    ),
    ("GET", "/people/{handle}", "/people/zoe.vandam", Readers, ""),
    ("PATCH", "/people/{handle}", "/people/zoe.vandam", Admins, r#"{"active":true}"#),
    ("GET", "/people/{handle}/memberships", "/people/zoe.vandam/memberships", Readers, ""),
    ("POST", "/people/{handle}/sign-in-link", "/people/zoe.vandam/sign-in-link", Admins, ""),
    ("GET", "/running", "/running", Readers, ""),
    ("GET", "/search", "/search?q=checkout", Readers, ""),
    ("GET", "/settings", "/settings", Admins, ""),
    ("GET", "/teams", "/teams", Readers, ""),
    ("POST", "/teams", "/teams", Admins, r#"{"slug":"matrix","name":"Matrix"}"#),
    ("GET", "/teams/{slug}", "/teams/basket", Readers, ""),
    ("PATCH", "/teams/{slug}", "/teams/basket", Team, r#"{"purpose":"the matrix"}"#),
    ("POST", "/teams/{slug}/confirmation", "/teams/basket/confirmation", Team, ""),
    ("GET", "/teams/{slug}/hand-over", "/teams/basket/hand-over", Readers, ""),
    (
        "POST",
        "/teams/{slug}/hand-over",
        "/teams/basket/hand-over",
        Team,
        r#"{"owner":"group:default/ledger","reason":"the matrix","expected":1}"#,
    ),
    ("GET", "/teams/{slug}/members", "/teams/basket/members", Readers, ""),
    ("GET", "/usage", "/usage", Admins, ""),
];

/// Routes of the API that the table leaves out, each with its reason.
const APART: &[(&str, &str)] = &[
    ("POST /integrations/{hook}/github", "signed by the code host, not by a person"),
    ("POST /integrations/{hook}/gitlab", "signed by the code host, not by a person"),
    ("PUT /settings", "would change what the other rows ask for; its own tests ask who may"),
    ("POST /teams/{slug}/members", "needs a person who is free; the tests of people ask who may"),
];

const PAGES: &[Row] = &[
    ("GET", "/healthz", "/healthz", Public, ""),
    ("GET", "/readyz", "/readyz", Public, ""),
    ("GET", "/metrics", "/metrics", Public, ""),
    ("GET", "/favicon.ico", "/favicon.ico", Public, ""),
    ("GET", "/assets/{name}", "/assets/none.css", Public, ""),
    ("GET", "/sign-in", "/sign-in", Public, ""),
    ("GET", "/sign-in/{secret}", "/sign-in/spent", Public, ""),
    ("GET", "/set-up/{secret}", "/set-up/spent", Public, ""),
    ("GET", "/", "/", Readers, ""),
    ("GET", "/account", "/account", Readers, ""),
    ("GET", "/account/tokens/new", "/account/tokens/new", Readers, ""),
    ("GET", "/activity", "/activity", Readers, ""),
    ("GET", "/catalog", "/catalog", Readers, ""),
    ("GET", "/catalog/{kind}/{namespace}/{name}", "/catalog/*", Readers, ""),
    ("GET", "/catalog/{kind}/{namespace}/{name}/hand-over", "/catalog/*/hand-over", Readers, ""),
    ("GET", "/catalog/register", "/catalog/register", Readers, ""),
    ("GET", "/catalog/{kind}/{namespace}/{name}/edit", "/catalog/*/edit", Team, ""),
    ("GET", "/changes", "/changes", Readers, ""),
    ("GET", "/changes/hooks", "/changes/hooks", Admins, ""),
    ("GET", "/changes/record", "/changes/record", Readers, ""),
    ("GET", "/changes/running", "/changes/running", Readers, ""),
    ("GET", "/findings", "/findings", Readers, ""),
    ("GET", "/settings", "/settings", Admins, ""),
    ("GET", "/help/keyboard", "/help/keyboard", Readers, ""),
    ("GET", "/people", "/people", Readers, ""),
    ("GET", "/people/new", "/people/new", Admins, ""),
    ("GET", "/people/{handle}", "/people/zoe.vandam", Readers, ""),
    ("GET", "/people/{handle}/edit", "/people/zoe.vandam/edit", Admins, ""),
    ("GET", "/search", "/search?q=checkout", Readers, ""),
    ("GET", "/search/people", "/search/people?q=imke", Readers, ""),
    ("GET", "/search/quick", "/search/quick?q=checkout", Readers, ""),
    ("GET", "/style", "/style", Admins, ""),
    ("GET", "/teams", "/teams", Readers, ""),
    ("GET", "/teams/new", "/teams/new", Readers, ""),
    ("GET", "/teams/{slug}", "/teams/basket", Readers, ""),
    ("GET", "/teams/{slug}/edit", "/teams/basket/edit", Team, ""),
    ("GET", "/teams/{slug}/hand-over", "/teams/basket/hand-over", Readers, ""),
    ("GET", "/usage", "/usage", Admins, ""),
];

/// The five callers, from who may least to who may most.
fn callers(portal: &Portal, by_token: bool) -> [(&'static str, Client); 5] {
    let known = |handle: &str, scope: &str| {
        if by_token { portal.with_token(handle, scope) } else { portal.signed_in(handle) }
    };
    [
        ("a stranger", portal.stranger()),
        (READS, if by_token { portal.with_token("imke.sorensen", "read") } else { portal.stranger() }),
        ("another team", known("hui.cheng", "write")),
        ("the owner's team", known("imke.sorensen", "write")),
        ("an admin", known("noor.vandenberg", "admin")),
    ]
}

/// Which of the callers may.
fn allowed(who: Who) -> [bool; 5] {
    match who {
        Public => [true; 5],
        Readers => [false, true, true, true, true],
        Writers => [false, false, true, true, true],
        Team => [false, false, false, true, true],
        Admins => [false, false, false, false, true],
    }
}

fn address(path: &str) -> String {
    let path = path.replace('*', GIFT);
    path.strip_suffix("/0").map_or(path.clone(), |rest| format!("{rest}/{NOBODY}"))
}

fn walk(portal: &Portal, base: &str, table: &[Row], by_token: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut callers = callers(portal, by_token);
    for (method, route, path, who, body) in table {
        for ((name, caller), may) in callers.iter_mut().zip(allowed(*who)) {
            if !by_token && *name == READS {
                continue; // a session has no scope
            }
            let headers: &[_] = if body.is_empty() { &[] } else { &[("Content-Type", "application/json")] };
            let answer = caller.send(method, &format!("{base}{}", address(path)), headers, body.as_bytes());
            let refused = is_refusal(&answer);
            // 503 says what the operator has to set up first, to those who may
            if refused == may || (answer.status >= 500 && answer.status != 503) {
                let said: String = answer.body.chars().take(160).collect();
                wrong.push(format!(
                    "{method} {route}: {name} {} but got {} {said}",
                    if may { "may" } else { "may not" },
                    answer.status
                ));
            }
        }
    }
    wrong
}

fn is_refusal(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403) || (answer.status == 303 && answer.location().starts_with("/sign-in"))
}

#[test]
fn every_route_of_the_api_lets_in_whom_it_should() {
    let portal = Portal::demo();
    let wrong = walk(&portal, "/api/v1", API, true);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_lets_in_whom_it_should() {
    let portal = Portal::demo();
    let there = routes_of_pages();
    let table: Vec<_> = PAGES.iter().filter(|row| there.contains(row.1)).copied().collect();
    let wrong = walk(&portal, "", &table, false);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_route_of_the_api_is_in_the_table() {
    let document = serde_json::to_value(portolan_api::document()).expect("a document");
    let routes: BTreeSet<String> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .expect("an item")
                .keys()
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .filter(|route| ["GET ", "POST ", "PUT ", "PATCH ", "DELETE "].iter().any(|m| route.starts_with(m)))
        .map(|route| route.replacen("/api/v1", "", 1))
        .collect();
    let declared: BTreeSet<String> = API
        .iter()
        .map(|row| format!("{} {}", row.0, row.1))
        .chain(APART.iter().map(|(route, _)| (*route).to_owned()))
        .collect();
    let missing: Vec<_> = routes.difference(&declared).collect();
    assert!(missing.is_empty(), "say who may use {missing:#?}");
    let gone: Vec<_> = declared.difference(&routes).collect();
    assert!(gone.is_empty(), "the table names what is gone: {gone:#?}");
}

#[test]
fn every_page_is_in_the_table() {
    let declared: BTreeSet<String> = PAGES.iter().map(|row| row.1.to_owned()).collect();
    let missing: Vec<_> = routes_of_pages().into_iter().filter(|route| !declared.contains(route)).collect();
    assert!(missing.is_empty(), "say who may see {missing:#?}");
}

#[test]
fn a_stranger_may_only_see_the_short_list() {
    let public: Vec<_> = PAGES.iter().chain(API).filter(|row| row.3 == Public).map(|row| row.1).collect();
    assert!(public.len() <= 8, "the list of what strangers see may only shrink: {public:?}");
}

/// The addresses that the routers answer `GET` at, read from their source.
fn routes_of_pages() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut routes = BTreeSet::new();
    let mut folders = vec![root.join("web/src"), root.join("portolan/src/http")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                let source = fs::read_to_string(&path).unwrap_or_default();
                let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                for (at, call) in source.match_indices(".route(\"") {
                    let rest = &source[at + call.len()..];
                    let (route, handlers) = rest.split_once('"').expect("an end");
                    let handlers = handlers
                        .split(".route(")
                        .next()
                        .unwrap_or_default()
                        .split(';')
                        .next()
                        .unwrap_or_default();
                    if handlers.split("get(").count() > 1 {
                        routes.insert(route.to_owned());
                    }
                }
            }
        }
    }
    assert!(routes.len() > 5, "hardly any routes were read: {routes:?}");
    routes
}
