//! What the guide shows is taken by the portal as it stands there.

use std::{fs, path::Path};

use serde_json::json;

use crate::support::portal::Portal;

/// Pieces of YAML in a page of the guide.
fn examples(page: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(page);
    let text = fs::read_to_string(path).expect("a page of the guide");
    text.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn the_examples_of_offerings_are_offerings() {
    let portal = Portal::empty();
    portal.make_admin("ada");
    let mut ada = portal.with_token("ada", "admin");
    let made = ada.json("POST", "/api/v1/teams", &json!({ "slug": "platform", "name": "Platform" }));
    assert_eq!(made.status, 201, "{}", made.body);
    let examples = examples("offerings.md");
    assert!(examples.len() >= 4, "the guide shows less than it did: {examples:?}");
    for (n, example) in examples.iter().enumerate() {
        let document = if example.starts_with("apiVersion:") {
            example.clone()
        } else {
            // a piece is steps of an offering that asks for what they use
            let steps: Vec<_> = example.lines().map(|line| format!("    {line}")).collect();
            let steps = steps.join("\n");
            format!(
                "apiVersion: portolan.dev/v1\nkind: Offering\nmetadata: {{ name: piece-{n} }}\nspec:\n  owner: platform\n  stage: general\n  \
                 experience: call-an-api\n  sharing: shared-code\n  parameters: {{ type: object, properties: {{ name: {{ type: string }}, owner: {{ type: string }} }} }}\n  \
                 steps:\n{steps}"
            )
        };
        let answer = ada.send(
            "POST",
            "/api/v1/offerings",
            &[("Content-Type", "application/yaml")],
            document.as_bytes(),
        );
        assert_eq!(answer.status, 201, "{document}\n{}", answer.body);
    }
}

/// Every field of the format stands in the guide's tables.
#[test]
fn the_guide_names_every_field_of_an_offering() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/offerings.md");
    let guide = fs::read_to_string(path).expect("the guide");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/provisioning/definition.rs");
    let source = fs::read_to_string(source).expect("the format");
    let definition =
        source.split("pub struct Definition {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("it");
    for field in definition.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':')) {
        let mut words = field.0.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        let name = words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..]);
        // how values of a template of Backstage are written, which nobody writes by hand
        if name != "syntax" {
            assert!(guide.contains(&format!("`{name}`")), "{name} is not in the guide");
        }
    }
    let names = [
        "requester",
        "existing",
        "params",
        "service",
        "environment",
        "resource",
        "steps",
        "each",
        "request",
        "cost",
        "team",
    ];
    for name in names {
        assert!(guide.contains(&format!("| `{name}` |")), "{name} is not in the table of names");
    }
}
