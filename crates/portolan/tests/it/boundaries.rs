//! The arrows of the design, kept by reading the tree: which crate may know which, where SQL lives, which slice may
//! call which.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Crates of this workspace that a crate's shipped code may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("connect", &["domain"]),
    ("web", &["domain"]),
    ("api", &["domain", "connect"]), // it reads the deployment webhooks that connect parses
    ("portolan", &["domain", "connect", "web", "api"]),
    ("testkit", &["domain"]),
    ("bench", &["domain", "web", "api", "testkit", "portolan"]), // measures the whole, ships nothing
];

/// What a crate must not know of the outside world.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("domain", &["axum", "askama", "utoipa", "reqwest", "tower-http"]),
    ("connect", &["sqlx", "axum", "askama", "utoipa"]),
    ("web", &["sqlx", "utoipa", "reqwest"]),
    ("api", &["sqlx", "askama", "reqwest"]),
];

/// Slices of the domain, from those that may call most to those that may call none. A slice calls lower rows only.
const LAYERS: &[&[&str]] = &[
    &["wins"],
    &["review"],
    &["load"],
    &["incidents"],
    &["provisioning"],
    &["support"],
    &["paging"],
    &["levels"],
    &["rota"],
    &["changes"],
    &["catalog"],
    &["notify"],
    &["people"],
    &["usage"],
    &["settings"],
    &["work", "live"],
    &["activity"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Files below `folder` with this ending, with their path from the root of the workspace.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                let name = path.strip_prefix(&root).expect("below the root").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    found
}

/// Source without comments of whole lines, so that prose may name what code may not.
fn code(source: &str) -> String {
    source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The names under `[dependencies]`.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest =
        fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).expect("a manifest");
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|word| !word.is_empty() && !word.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Whether `word` stands in `text` as a whole word.
fn names(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(part_of_word) && !text[at + word.len()..].starts_with(part_of_word)
    })
}

/// First segments after `crate::`, those of a `use crate::{…}` group included.
fn paths_below_crate(code: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(first_word(rest));
            continue;
        };
        let (mut depth, mut starts) = (0_usize, true);
        for (at, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => starts = true,
                c if depth == 0 && starts && !c.is_whitespace() => {
                    found.insert(first_word(&group[at..]));
                    starts = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

#[test]
fn groups_of_imports_are_read() {
    let code = "use crate::{A, activity::{self, Act}, people::store};\nfn f() { crate::catalog::get() }";
    assert_eq!(paths_below_crate(code), BTreeSet::from(["A", "activity", "people", "catalog"]));
}

#[test]
fn every_crate_has_its_arrows_declared() {
    let crates: BTreeSet<_> = fs::read_dir(root().join("crates"))
        .expect("crates")
        .map(|e| e.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    let declared: BTreeSet<_> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(crates, declared, "say in ARROWS what a new crate may depend on");
}

#[test]
fn crates_depend_only_along_the_arrows() {
    for (name, allowed) in ARROWS {
        for dependency in dependencies(name) {
            if let Some(ours) = dependency.strip_prefix("portolan-") {
                assert!(allowed.contains(&ours), "{name} must not depend on {ours}");
            }
        }
    }
    for (name, forbidden) in FORBIDDEN {
        let dependencies = dependencies(name);
        assert!(!dependencies.is_empty(), "{name}: no dependencies read, so nothing was checked");
        for outside in *forbidden {
            assert!(!dependencies.contains(*outside), "{name} must not depend on {outside}");
        }
    }
}

#[test]
fn sql_lives_in_stores() {
    let mut statements = 0;
    for (path, source) in files("crates", "rs") {
        // bench measures the bare statement as the floor; tests look behind the curtain
        if path.contains("/tests/") || path.starts_with("crates/bench/") || path.ends_with("/boundaries.rs") {
            continue;
        }
        let is_store = path.starts_with("crates/domain/src/")
            && (path.ends_with("/store.rs") || path.contains("/store/"));
        let speaks = ["sqlx::query", "query!(", "query_as!(", "query_scalar!(", "sqlx::raw_sql"]
            .iter()
            .any(|sql| code(&source).contains(sql));
        statements += usize::from(is_store && speaks);
        assert!(is_store || !speaks, "{path} speaks SQL; only a store.rs of the domain does");
        assert!(
            !code(&source).contains("AssertSqlSafe"),
            "{path} makes SQL at run time; statements are literals"
        );
    }
    assert!(statements > 0, "no store was found, so nothing was checked");
}

#[test]
fn faces_do_not_name_the_database_driver_nor_each_other() {
    for (face, other) in [("web", "portolan_api"), ("api", "portolan_web")] {
        for (path, source) in files(&format!("crates/{face}/src"), "rs") {
            for word in ["sqlx", other] {
                assert!(!names(&code(&source), word), "{path} names {word}");
            }
        }
    }
    for (path, source) in files("crates/connect/src", "rs") {
        assert!(!names(&code(&source), "sqlx"), "{path} names sqlx");
    }
}

#[test]
fn slices_call_only_the_slices_below() {
    let rank: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(rank, row)| row.iter().map(move |slice| (*slice, rank)))
        .collect();
    let mut seen = BTreeSet::new();
    for (path, source) in files("crates/domain/src", "rs") {
        let Some(slice) =
            path.trim_start_matches("crates/domain/src/").split_once('/').map(|(slice, _)| slice)
        else {
            continue; // cx, error, id, page, portal: what all slices stand on
        };
        let own = *rank.get(slice).unwrap_or_else(|| panic!("say in LAYERS where the slice {slice} stands"));
        seen.insert(slice.to_owned());
        let code = code(&source);
        let called = paths_below_crate(&code);
        for (other, rank) in &rank {
            let called = called.contains(other);
            assert!(
                !called || *other == slice || *rank > own,
                "{path} calls {other}, which is not below {slice}"
            );
            assert!(
                !code.contains(&format!("crate::{other}::store")) || *other == slice,
                "{path} reaches into the store of {other}"
            );
        }
    }
    assert_eq!(seen, rank.keys().map(|s| (*s).to_owned()).collect(), "LAYERS names a slice that is gone");
}

#[test]
fn templates_carry_no_style_and_no_script_of_their_own() {
    let templates = files("templates", "html");
    assert!(!templates.is_empty(), "no templates found");
    for (path, template) in templates {
        let template = template.to_lowercase();
        assert!(
            !template.contains("style=\""),
            "{path} has a style attribute, which the content security policy forbids"
        );
        assert!(!template.contains("<style"), "{path} has a style element");
        assert!(!template.contains("javascript:"), "{path} has a script in an address");
        for handler in ["onclick=", "onchange=", "onsubmit=", "onload=", "oninput=", "onerror="] {
            assert!(!template.contains(handler), "{path} has {handler}");
        }
        for (at, tag) in template.match_indices("<script") {
            let end = template[at..].find('>').map_or(template.len(), |end| at + end);
            let data = template[at..end].contains("application/json");
            assert!(data || template[at..end].contains("src="), "{path} has an inline script near {tag}");
        }
    }
}
