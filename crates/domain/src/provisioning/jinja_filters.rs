//! The filters of templates: a list, so that what is not on it is named, each with a result that is bounded.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use minijinja::{Environment, Error, ErrorKind, Value as Jinja, filters, tests, value::Serde};
use serde_json::{Value, json};

use super::repository::Repository;

/// All of them, and what Backstage adds to those of Nunjucks.
pub(super) const NAMES: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dump",
    "first",
    "float",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "max",
    "min",
    "parseEntityRef",
    "parseRepoUrl",
    "pick",
    "projectSlug",
    "replace",
    "reverse",
    "round",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
];

/// What all filters of one rendering may make together, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    fn spend(&self, bytes: usize) -> Result<(), Error> {
        let spent = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        spent.map(|_| ()).map_err(|_| wrong("it makes too much"))
    }
}

fn wrong(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, text.into())
}

/// How a value stands in a text where that is not plain: nothing is nothing, and lists and objects are JSON.
pub(super) fn written(value: &Jinja) -> Option<String> {
    use minijinja::value::ValueKind::{Bool, Map, None as Nothing, Seq};
    match value.kind() {
        Nothing => Some(String::new()),
        Bool => Some(value.is_true().to_string()),
        Map | Seq => serde_json::to_string(value).ok(),
        _ => None,
    }
}

/// Puts all of them, and the usual tests, into an environment.
pub(super) fn add(env: &mut Environment<'_>, budget: &Budget) {
    env.add_filter("abs", filters::abs);
    env.add_filter("bool", filters::bool);
    env.add_filter("capitalize", |text: String| cased(&text, Case::Capital));
    env.add_filter("lower", |text: String| cased(&text, Case::Lower));
    env.add_filter("upper", |text: String| cased(&text, Case::Upper));
    env.add_filter("title", |text: std::borrow::Cow<'_, str>| filters::title(text));
    env.add_filter("trim", |text: String| text.trim().to_owned());
    env.add_filter("string", |value: Jinja| written(&value).unwrap_or_else(|| value.to_string()));
    for name in ["default", "d"] {
        env.add_filter(name, filters::default);
    }
    for name in ["length", "count"] {
        env.add_filter(name, filters::length);
    }
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("float", filters::float);
    env.add_filter("int", filters::int);
    env.add_filter("items", filters::items);
    env.add_filter("max", filters::max);
    env.add_filter("min", filters::min);
    env.add_filter("reverse", filters::reverse);
    env.add_filter("round", filters::round);
    env.add_filter("sort", filters::sort);
    env.add_filter("sum", filters::sum);
    env.add_filter("unique", filters::unique);
    add_bounded(env, budget);
    env.add_filter("parseRepoUrl", |text: String| repository(&text).map(|r| Jinja::from(Serde(r.parts()))));
    env.add_filter("projectSlug", |text: String| repository(&text).map(|r| r.slug()));
    env.add_filter("parseEntityRef", |text: String, context: Option<Jinja>| {
        entity_ref(&text, context.as_ref())
    });
    env.add_filter("pick", |value: Jinja, key: Jinja| value.get_item(&key));
    env.add_test("defined", tests::is_defined);
    env.add_test("undefined", tests::is_undefined);
    env.add_test("none", tests::is_none);
    env.add_test("string", tests::is_string);
    env.add_test("number", tests::is_number);
    env.add_test("mapping", tests::is_mapping);
    env.add_test("sequence", tests::is_sequence);
    env.add_test("in", tests::is_in);
    env.add_test("eq", tests::is_eq);
    env.add_test("equalto", tests::is_eq);
    env.add_test("odd", tests::is_odd);
    env.add_test("even", tests::is_even);
}

/// Those whose result may be larger than what they are given.
fn add_bounded(env: &mut Environment<'_>, budget: &Budget) {
    let left = budget.clone();
    env.add_filter("replace", move |text: String, from: String, to: String| {
        if from.is_empty() {
            return Err(wrong("replace needs something to look for"));
        }
        left.spend(text.len() + text.matches(&from).count() * to.len())?;
        Ok(text.replace(&from, &to))
    });
    let left = budget.clone();
    env.add_filter("join", move |value: Jinja, between: Option<String>| {
        let (between, mut joined) = (between.unwrap_or_default(), String::new());
        for (n, item) in value.try_iter()?.enumerate() {
            let item = written(&item).unwrap_or_else(|| item.to_string());
            left.spend(item.len() + between.len())?;
            if n > 0 {
                joined.push_str(&between);
            }
            joined.push_str(&item);
        }
        Ok(joined)
    });
    let left = budget.clone();
    env.add_filter("indent", move |text: String, width: Option<usize>| {
        let blanks = " ".repeat(width.unwrap_or(4).min(40));
        left.spend(text.len() + text.lines().count() * blanks.len())?;
        Ok(text.replace('\n', &format!("\n{blanks}")))
    });
    let left = budget.clone();
    env.add_filter("split", move |text: String, at: String| {
        left.spend(text.len() * 8)?;
        Ok(text.split(at.as_str()).map(ToOwned::to_owned).collect::<Vec<_>>())
    });
    let left = budget.clone();
    env.add_filter("list", move |value: Jinja| {
        left.spend(value.as_str().map_or(0, str::len) * 8)?;
        Ok(value.try_iter()?.collect::<Vec<_>>())
    });
    let left = budget.clone();
    env.add_filter("urlencode", move |value: Jinja| {
        left.spend(value.as_str().map_or(64, str::len) * 3)?;
        filters::urlencode(&value)
    });
    for name in ["dump", "tojson"] {
        let left = budget.clone();
        env.add_filter(name, move |value: Jinja, indent: Option<usize>| {
            let text = match indent {
                Some(_) => serde_json::to_string_pretty(&value),
                None => serde_json::to_string(&value),
            };
            let text = text.map_err(|_| wrong("it cannot be written as JSON"))?;
            left.spend(text.len())?;
            Ok(text)
        });
    }
}

#[derive(Clone, Copy)]
enum Case {
    Lower,
    Upper,
    Capital,
}

fn cased(text: &str, case: Case) -> String {
    match case {
        Case::Lower => text.to_lowercase(),
        Case::Upper => text.to_uppercase(),
        Case::Capital => {
            let mut letters = text.chars();
            let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
            first + &letters.as_str().to_lowercase()
        }
    }
}

fn repository(text: &str) -> Result<Repository, Error> {
    Repository::read(text).map_err(wrong)
}

/// `kind:namespace/name` in its parts. A team of the portal is a name alone; then `defaultKind` is its kind.
fn entity_ref(text: &str, context: Option<&Jinja>) -> Jinja {
    let of = |key: &str| {
        let found = context.and_then(|c| c.get_attr(key).ok())?;
        found.as_str().map(ToOwned::to_owned)
    };
    let (kind, rest) = text.split_once(':').map_or((None, text), |(k, r)| (Some(k.to_lowercase()), r));
    let (namespace, name) = rest.split_once('/').map_or((None, rest), |(n, r)| (Some(n.to_owned()), r));
    let parts: Value = json!({
        "kind": kind.or_else(|| of("defaultKind")),
        "namespace": namespace.or_else(|| of("defaultNamespace")).unwrap_or_else(|| "default".into()),
        "name": name,
    });
    Jinja::from(Serde(parts))
}
