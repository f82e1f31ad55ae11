//! What is asked, and by whom: the operations of an ordinary day, as requests.

use crate::{archive::Written, generate::Catalog, load, schedules};

/// Requests per operation: enough that no row stays in every cache by itself.
const VARIETY: usize = 100;
/// Rows of a list.
const LIST: usize = 20;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// An API token.
    pub(crate) token: String,
    /// A session cookie, `name=value`.
    pub(crate) cookie: String,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its name in the tables.
    pub(crate) name: &'static str,
    /// Whether it is a view, signed in by a session and compressed, or an API call with a token.
    pub(crate) view: bool,
    /// Share of the bare handler's rate to reach at 8 connections, in percent.
    pub(crate) aim: f64,
    /// Whether ten times the catalog may cost one and a half times at most.
    pub(crate) scales: bool,
    /// What the best-known open portal gave, in words.
    pub(crate) elsewhere: &'static str,
    /// Its addresses, used in turn.
    pub(crate) paths: Vec<String>,
}

impl Operation {
    /// The requests of this caller.
    pub(crate) fn requests(&self, caller: &Caller) -> Vec<Vec<u8>> {
        let bearer = format!("Bearer {}", caller.token);
        let headers: &[(&str, &str)] = if self.view {
            &[("cookie", &caller.cookie), ("accept", "text/html"), ("accept-encoding", "gzip, deflate, br")]
        } else {
            &[("authorization", &bearer), ("accept", "application/json")]
        };
        self.paths.iter().map(|path| load::get(path, headers)).collect()
    }
}

/// All operations over a catalog. `horizon` is the instant 26 weeks ahead.
pub(crate) fn operations(catalog: &Catalog, written: &Written, horizon: &str) -> Vec<Operation> {
    let services = spread(&catalog.services, VARIETY);
    let view =
        |name, paths| Operation { name, view: true, aim: 50.0, scales: false, elsewhere: "—", paths };
    let call =
        |name, elsewhere, paths| Operation { name, view: false, aim: 75.0, scales: true, elsewhere, paths };
    let by_name = services.iter().map(|s| format!("/api/v1/entities/component/default/{s}")).collect();
    let kinds =
        ["component", "api", "resource"].map(|kind| format!("/api/v1/entities?kind={kind}&limit={LIST}"));
    let owned =
        |team: &&String| format!("/api/v1/entities?kind=component&owner=group:default/{team}&limit={LIST}");
    let searched = searches(&services, &catalog.tags)
        .into_iter()
        .map(|q| format!("/api/v1/entities?q={q}&limit={LIST}"));
    vec![
        Operation { aim: 80.0, ..call("entity by name", "2,215", by_name) },
        call("list of 20 by kind, exact total", "33–43", kinds.to_vec()),
        Operation {
            scales: false,
            ..call(
                "list of 20 services by owner",
                "277–319",
                spread(&catalog.teams, VARIETY).iter().map(owned).collect(),
            )
        },
        call("text search, 20 best with total", "24", searched.collect()),
        call(
            "facet counts of tags and types",
            "18–20",
            vec!["/api/v1/entities?kind=component&facets=tag,type&limit=1".into()],
        ),
        Operation {
            scales: false,
            ..call("20 entities by reference", "1,241–1,326", by_reference(&catalog.services))
        },
        call(
            "who is on call for a service",
            "—",
            services.iter().map(|s| format!("/api/v1/oncall?entity={s}")).collect(),
        ),
        Operation {
            scales: false,
            ..call(
                "26 weeks of a schedule",
                "—",
                spread(&catalog.teams, VARIETY)
                    .iter()
                    .map(|t| format!("/api/v1/schedules/{}/shifts?to={horizon}", schedules::slug(t)))
                    .collect(),
            )
        },
        call(
            "wins: archive by word, 20 newest with total",
            "—",
            services
                .iter()
                .map(|s| format!("/api/v1/archive?q={}&limit={LIST}", s.replace('-', "+")))
                .collect(),
        ),
        view("service view", services.iter().map(|s| format!("/catalog/component/default/{s}")).collect()),
        view("index view", vec!["/catalog".into()]),
        view("wins: first view", vec!["/wins".into()]),
        view("wins: publication view", written.publications.clone()),
        view("wins: an update's sheet", written.updates.clone()),
        view("wins: archive view, facets of all", vec!["/wins/archive".into()]),
    ]
}

fn by_reference(services: &[String]) -> Vec<String> {
    let lists = (0..VARIETY).map(|n| {
        let chosen = services.iter().cycle().skip(n * services.len() / VARIETY).step_by(7).take(LIST);
        let refs: Vec<String> = chosen.map(|s| format!("ref=component:default/{s}")).collect();
        format!("/api/v1/entities?{}&limit={LIST}", refs.join("&"))
    });
    lists.collect()
}

/// What people type: a word of a name, two words, the beginning of a word, a tag, a typing mistake.
fn searches(services: &[&String], tags: &[String]) -> Vec<String> {
    let typed = services.iter().enumerate().map(|(n, name)| {
        let words: Vec<&str> = name.split('-').collect();
        match n % 5 {
            0 => words[1].to_owned(),
            1 => words[..2].join("+"),
            2 => words[1].chars().take(5).collect(),
            3 => tags[n * 7 % tags.len()].clone(),
            _ => mistyped(words[1]),
        }
    });
    typed.collect()
}

/// The word with two neighbouring letters swapped.
fn mistyped(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let middle = letters.len() / 2;
    letters.swap(middle - 1, middle);
    letters.into_iter().collect()
}

/// `count` of them, evenly spread.
fn spread(items: &[String], count: usize) -> Vec<&String> {
    items.iter().step_by((items.len() / count).max(1)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::{Caller, Written, operations};
    use crate::generate::{Catalog, SEED};

    #[test]
    fn api_calls_carry_the_token_and_views_the_cookie() {
        let caller = Caller { token: "t0ken".into(), cookie: "session=abc".into() };
        let written = Written {
            publications: vec!["/wins/a/2026-w46".into()],
            updates: vec!["/wins/updates/1".into()],
        };
        for operation in operations(&Catalog::new(1000, SEED), &written, "2027-05-22T00:00:00Z") {
            for request in operation.requests(&caller) {
                let text = String::from_utf8(request).unwrap();
                assert!(text.starts_with("GET /") && text.ends_with("\r\n\r\n"), "{text}");
                assert_eq!(text.contains("authorization: Bearer t0ken"), !operation.view, "{text}");
                assert_eq!(text.contains("cookie: session=abc"), operation.view, "{text}");
            }
        }
    }

    #[test]
    fn a_search_may_be_mistyped() {
        assert_eq!(super::mistyped("payment"), "pamyent");
    }
}
