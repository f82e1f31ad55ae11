//! The addresses of the portal, as its routers say them: those of the API from the document that is made of the same
//! expressions, the others read from the source, and their methods asked of the running portal.

use std::{collections::BTreeSet, fs, path::Path};

use super::http::Client;

/// An address with places for its parts, such as `/teams/{slug}`.
pub(crate) type Route = String;

/// Addresses that a dependency serves: the readable form of the API's document.
const FOREIGN: &[&str] = &["/api/docs/{*rest}"];

/// Method and address of everything in the API's document.
pub(crate) fn of_api() -> BTreeSet<(String, Route)> {
    let document = serde_json::to_value(portolan_api::document()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("an item").keys().map(|method| method.to_uppercase());
        let known = |method: &String| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str());
        methods.filter(known).map(move |method| (method, path.clone()))
    });
    let all: BTreeSet<_> = all.collect();
    assert!(all.len() > 20, "hardly any routes were read: {all:?}");
    all
}

/// Every other address.
pub(crate) fn of_pages() -> BTreeSet<Route> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut routes: BTreeSet<Route> = FOREIGN.iter().map(|route| (*route).to_owned()).collect();
    let mut folders = vec![root.join("web/src"), root.join("api/src"), root.join("portolan/src/http")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                let source = fs::read_to_string(&path).expect("text");
                let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                routes.extend(routes_in(source).unwrap_or_else(|why| panic!("{}: {why}", path.display())));
            }
        }
    }
    assert!(routes.len() > 20, "hardly any routes were read: {routes:?}");
    routes
}

/// The addresses in the calls of `route`. A call that cannot be read is an error: what is not seen is not checked.
fn routes_in(source: &str) -> Result<Vec<Route>, String> {
    for unseen in [".nest(\"", ".route_service(", ".nest_service(", ".method_router("] {
        if source.contains(unseen) {
            return Err(format!("{unseen} is not read here; teach it"));
        }
    }
    source
        .split(".route(")
        .skip(1)
        .map(|call| {
            let argument = call.trim_start().trim_start_matches("&format!(");
            let literal = argument.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            let (route, _) = literal.ok_or_else(|| {
                let shown: String = argument.chars().take(40).collect();
                format!("the address is no literal: {shown}")
            })?;
            Ok(route.replace("{BASE}", portolan_api::BASE))
        })
        .collect()
}

/// The methods that an address takes, as the router says to somebody who may ask anything.
pub(crate) fn methods(admin: &mut Client, route: &str) -> BTreeSet<String> {
    let answer = admin.send("OPTIONS", &example(route), &[], b"");
    let allow = answer.header("allow").unwrap_or_else(|| panic!("OPTIONS {route}: {answer:?}"));
    let listed = allow.split(',').map(|method| method.trim().to_owned());
    listed.filter(|method| method != "HEAD").collect()
}

/// Some address of this route.
fn example(route: &str) -> String {
    let parts = route.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether a path, with or without a query, is an address of this route and of no plainer one among `all`.
pub(crate) fn leads_to(path: &str, route: &str, all: &BTreeSet<Route>) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path == route || (fits(path, route) && !all.contains(path))
}

fn fits(path: &str, route: &str) -> bool {
    let (parts, places): (Vec<_>, Vec<_>) = (path.split('/').collect(), route.split('/').collect());
    parts.len() == places.len()
        && parts
            .iter()
            .zip(places)
            .all(|(part, place)| part == &place || (place.starts_with('{') && !part.is_empty()))
}

#[test]
fn addresses_are_read_from_the_calls_that_make_them() {
    let source = r#"Router::new().route("/a", get(show)).route(
        "/a/{id}/end",
        post(end),
    ).route(&format!("{BASE}/openapi.json"), get(document))"#;
    assert_eq!(routes_in(source).unwrap(), ["/a", "/a/{id}/end", "/api/v1/openapi.json"]);
    assert!(routes_in("Router::new().route(PATH, get(show))").is_err());
    assert!(routes_in(r#"Router::new().nest("/a", more())"#).is_err());
}

#[test]
fn a_path_belongs_to_the_plainest_route() {
    let all = BTreeSet::from(["/people/new".to_owned(), "/people/{handle}".to_owned()]);
    assert!(leads_to("/people/new?x=1", "/people/new", &all));
    assert!(!leads_to("/people/new", "/people/{handle}", &all));
    assert!(leads_to("/people/maya", "/people/{handle}", &all));
    assert!(!leads_to("/people", "/people/{handle}", &all));
}
