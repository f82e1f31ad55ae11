//! Tables of good and bad inputs, and properties of names and references.

use proptest::prelude::*;

use super::*;

fn yaml(text: impl Into<Vec<u8>>) -> Vec<Document> {
    read(&[File { location: None, format: Format::Yaml, bytes: text.into() }]).expect("within limits")
}

fn json(text: impl Into<Vec<u8>>) -> Vec<Document> {
    read(&[File { location: None, format: Format::Json, bytes: text.into() }]).expect("within limits")
}

/// What became of each document: its reference, or its problems in one line.
fn outcomes(documents: Vec<Document>) -> Vec<String> {
    let line = |d: Document| match d.outcome {
        Ok(descriptor) => descriptor.reference.to_string(),
        Err(r) => {
            r.problems.iter().map(|p| format!("{} {}", p.field, p.message)).collect::<Vec<_>>().join(" | ")
        }
    };
    documents.into_iter().map(line).collect()
}

fn only(mut documents: Vec<Document>) -> Box<Descriptor> {
    assert_eq!(documents.len(), 1);
    documents.remove(0).outcome.expect("valid")
}

const SERVICE: &str = "apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: Checkout, namespace: shop }
spec: { type: service, lifecycle: production, owner: basket }
";

/// The service with a line of its own in metadata or spec.
fn service(metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: checkout\n{metadata}\nspec:\n  type: service\n  lifecycle: production\n  owner: basket\n{spec}\n"
    )
}

#[test]
fn bad_documents_say_what_to_do() {
    let deep = format!("a: {}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let block = |depth: usize| (0..depth).map(|n| " ".repeat(n) + "a:\n").collect::<String>();
    let level = |n: usize| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","));
    let bomb = (1..10).fold(String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n"), |text, n| text + &level(n));
    let swollen =
        format!("a: &a [{}]\nb: &b [{}]\nc: [{}]\n", "x,".repeat(50), "*a,".repeat(40), "*b,".repeat(40));
    let scalars = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; 50].join(","));
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "deep flow",
            deep.into(),
            "document cannot be read: lists and mappings are nested more than 64 levels deep (line 1, column 69)",
        ),
        (
            "deep block",
            block(1_000).into(),
            "document cannot be read: lists and mappings are nested more than 64 levels deep (line 65, column ",
        ),
        ("deeper block", block(10_000).into(), "document is 48852 KiB; one document takes 1024 KiB at most"),
        (
            "bomb",
            bomb.into(),
            "document cannot be read: its aliases and anchors make it far larger than it looks; write the values out",
        ),
        (
            "small, and swollen within the limits of one document",
            swollen.into(),
            "document cannot be read: its aliases and anchors make it far larger than it looks; write the values out",
        ),
        (
            "alias of a long text",
            scalars.into(),
            "document cannot be read: its aliases and anchors make it far larger than it looks; write the values out",
        ),
        (
            "duplicate key",
            "kind: API\nmetadata: {}\nkind: API\n".into(),
            "document cannot be read: the key \"kind\" is given twice (line 3, column 1)",
        ),
        ("NUL", b"kind: a\0b".to_vec(), "document holds a NUL byte; this is no text (line 1, column 8)"),
        (
            "NUL, escaped",
            service("  title: \"a\\0b\"", "").into(),
            "metadata.title holds a NUL character; take it out",
        ),
        (
            "not UTF-8",
            b"kind: API\nname: \xff\xfe".to_vec(),
            "document is not valid UTF-8; save it as UTF-8 (line 2, column 7)",
        ),
        (
            "UTF-16",
            b"\xff\xfek\0i\0".to_vec(),
            "document is not valid UTF-8; save it as UTF-8 (line 1, column 1)",
        ),
        (
            "one huge text",
            format!("a: {}", "x".repeat(2 << 20)).into(),
            "document is 2048 KiB; one document takes 1024 KiB at most",
        ),
        (
            "a text",
            "hello".into(),
            "document must be a mapping, but is a text with apiVersion, kind, metadata and spec",
        ),
        (
            "a list",
            "- a".into(),
            "document must be a mapping, but is a list with apiVersion, kind, metadata and spec",
        ),
        ("unclosed", "a: [1, 2".into(), "document cannot be read: "),
        ("tab", "a:\n\tb: 1".into(), "document cannot be read: "),
        ("unknown anchor", "a: *b".into(), "document cannot be read: "),
    ];
    for (name, text, message) in table {
        let got = outcomes(yaml(text));
        assert!(got.len() == 1 && got[0].starts_with(message), "{name}: {got:?}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of inputs and their messages")]
fn broken_rules_are_named_by_their_path() {
    let kind = |kind: &str| SERVICE.replace("Component", kind);
    let name = |name: &str| SERVICE.replace("Checkout", name);
    let table = [
        (kind("component"), "kind \"component\" must be written \"Component\"; capitals count here"),
        (
            kind("Template"),
            "kind Template is for self-service: portolan apply hands it on, and the API takes it at /offerings",
        ),
        (
            kind("Widget"),
            "kind \"Widget\" is not known; known are Component, API, Resource, System, Domain, Group, User and Location",
        ),
        (kind("9"), "kind must be a text, but is a number; put it in quotes"),
        (
            SERVICE.replace("v1alpha1", "v9"),
            "apiVersion \"backstage.io/v9\" is not known for Component; write backstage.io/v1alpha1",
        ),
        (
            SERVICE.replace("backstage.io/v1alpha1", "a/b/c"),
            "apiVersion \"a/b/c\" is not of the form backstage.io/v1alpha1",
        ),
        (
            name("'-x'"),
            "metadata.name must have 1 to 63 letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit",
        ),
        (name("''"), "metadata.name must not be empty; leave the line out instead"),
        (name("42"), "metadata.name must be a text, but is a number; put it in quotes"),
        (
            name(&"x".repeat(64)),
            "metadata.name must have 1 to 63 letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit",
        ),
        (
            SERVICE.replace("shop", "Shop"),
            "metadata.namespace must have 1 to 63 lower-case letters, digits or `-`, and begin and end with a letter or digit",
        ),
        (
            SERVICE.replace("lifecycle: production, ", ""),
            "spec.lifecycle is required; write for example `lifecycle: production`",
        ),
        (
            SERVICE.replace(", owner: basket", ""),
            "spec.owner is required; write for example `owner: group:default/basket`",
        ),
        (
            SERVICE.replace("basket", "''"),
            "spec.owner has an empty part; write kind:namespace/name, where kind and namespace may be left out",
        ),
        (
            SERVICE.replace("basket", "{kind: Group}"),
            "spec.owner is a reference in parts, so it must have a name",
        ),
        (
            SERVICE.replace("basket", "[a]"),
            "spec.owner must be a reference such as `group:default/basket`, but is a list",
        ),
        (
            service("", "  dependsOn: [fee]"),
            "spec.dependsOn[0] must say which kind it means, as in component:checkout-api or resource:orders-db",
        ),
        (service("", "  dependsOn: component:fee"), "spec.dependsOn must be a list, but is a text"),
        (
            service("  tags: [java, Java]", ""),
            "metadata.tags[1] \"Java\" must have 1 to 63 lower-case letters, digits, `:`, `+` or `#`, in parts joined by single `-`",
        ),
        (service("  tags: [1]", ""), "metadata.tags[0] must be a text, but is a number; put it in quotes"),
        (
            service("  labels: {tier: 1}", ""),
            "metadata.labels.tier must be a text, but is a number; put it in quotes",
        ),
        (
            service("  labels: {a/b/c: x}", ""),
            "metadata.labels[\"a/b/c\"] must be a name, before it at most one prefix and slash, as in example.com/cost-centre",
        ),
        (
            service("  annotations: {example.com/x: true}", ""),
            "metadata.annotations[\"example.com/x\"] must be a text, but is true or false; put it in quotes",
        ),
        (
            service(&format!("  annotations: {{github.com/project-slug: {}}}", "x".repeat(501)), ""),
            "metadata.annotations[\"github.com/project-slug\"] must have at most 500 characters",
        ),
        (
            service("  links: [{title: x}]", ""),
            "metadata.links[0].url is required; write for example `url: https://example.com`",
        ),
        (
            service("  links: [{url: nowhere}]", ""),
            "metadata.links[0].url must be a whole address, such as https://example.com/runbook",
        ),
        (
            service("  links: [{url: 'https://a.b', icon: 'a b'}]", ""),
            "metadata.links[0].icon must look like a name: letters, digits, `-`, `_` and `.`, 63 at most",
        ),
        (
            service("  annotations: {portolan.dev/tier: '4'}", ""),
            "metadata.annotations[\"portolan.dev/tier\"] must be a tier from 0 (the business stops) to 3",
        ),
        (
            service("  annotations: {portolan.dev/tier: '1'}", "  tier: 2"),
            "metadata.annotations[\"portolan.dev/tier\"] says something else than spec.tier; keep one of the two",
        ),
        (
            service("  annotations: {portolan.dev/recovery-point: soon}", ""),
            "metadata.annotations[\"portolan.dev/recovery-point\"] must be a length of time such as 30s, 15m, 4h or 1d",
        ),
        (
            service("  annotations: {portolan.dev/runbook: 'javascript:alert(1)'}", ""),
            "metadata.annotations[\"portolan.dev/runbook\"] must be an address that begins with https:// or http://",
        ),
        (
            service("  annotations: {portolan.dev/slos: '[{name: up, objective: 100, window: 30d}]'}", ""),
            "metadata.annotations[\"portolan.dev/slos\"] [0].objective must be a percentage above 0 and below 100, such as 99.9",
        ),
    ];
    for (text, message) in table {
        assert_eq!(outcomes(yaml(text.clone())), [message], "{text}");
    }
}

#[test]
fn all_problems_of_a_document_come_at_once() {
    let got = outcomes(yaml(
        "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: x, tags: [A]}\nspec: {type: openapi}\n",
    ));
    for field in ["metadata.tags[0]", "spec.lifecycle", "spec.owner", "spec.definition"] {
        assert!(got[0].contains(field), "{got:?}");
    }
}

#[test]
fn a_bad_identity_hides_no_other_mistake() {
    let table = [
        (
            "kind: API\nmetadata: {name: '-', tags: [A]}",
            &["metadata.name", "metadata.tags[0]", "spec.lifecycle"][..],
        ),
        ("kind: api\nmetadata: {namespace: No, name: x}", &["kind", "metadata.namespace", "spec.definition"]),
        ("kind: Widget\nmetadata: {name: x, tags: [A]}", &["kind", "metadata.tags[0]"]),
        ("kind: API", &["metadata", "spec.lifecycle", "spec.owner"]),
    ];
    for (head, fields) in table {
        let text = format!("apiVersion: backstage.io/v1alpha1\n{head}\nspec: {{type: openapi}}\n");
        let got = outcomes(yaml(text));
        for field in fields {
            assert!(
                got[0].split(" | ").any(|p| p.starts_with(&format!("{field} "))),
                "{head}: {field} in {got:?}"
            );
        }
    }
}

#[test]
fn problems_are_told_up_to_a_bound() {
    let tags = "A, ".repeat(500);
    let got = outcomes(yaml(service(&format!("  tags: [{tags}]"), "")));
    assert_eq!(got[0].split(" | ").count(), 51);
    assert!(
        got[0].ends_with("document has 450 more problems; mend these first"),
        "{}",
        &got[0][got[0].len() - 80..]
    );
}

#[test]
fn one_bad_document_hides_no_other() {
    let text = format!(
        "{SERVICE}---\nkind: [\n---\n# nothing here\n---\n{}...\n{}",
        name_it("two"),
        name_it("three")
    );
    let documents = yaml(text);
    let lines: Vec<_> = documents.iter().map(|d| d.place.line).collect();
    assert_eq!(lines, [1, 5, 9, 15]);
    let got = outcomes(documents);
    assert_eq!(
        (got[0].as_str(), got[2].as_str(), got[3].as_str()),
        ("component:shop/checkout", "component:shop/two", "component:shop/three")
    );
    assert!(got[1].starts_with("document cannot be read"), "{got:?}");
}

fn name_it(name: &str) -> String {
    SERVICE.replace("Checkout", name)
}

#[test]
fn streams_begin_and_end_as_they_like() {
    for text in ["", "---\n---\n", "# only words\n", "\u{feff}", "...\n"] {
        assert!(yaml(text).is_empty(), "{text:?}");
    }
    for text in [
        format!("---\n{SERVICE}"),
        format!("\u{feff}{SERVICE}"),
        format!("%YAML 1.2\n---\n{SERVICE}...\n"),
        SERVICE.replace('\n', "\r\n"),
    ] {
        assert_eq!(outcomes(yaml(text.clone())), ["component:shop/checkout"], "{text:?}");
    }
}

#[test]
fn json_is_read_as_one_or_many() {
    let one = serde_json::to_string(&only(yaml(SERVICE)).document).expect("text");
    assert_eq!(outcomes(json(one.clone())), ["component:shop/checkout"]);
    let documents = json(format!("[\n{one},\n{{\"kind\":\"API\",\"kind\":\"API\"}},\n{one}]"));
    assert_eq!(documents.iter().map(|d| d.place.line).collect::<Vec<_>>(), [2, 3, 4]);
    let got = outcomes(documents);
    assert_eq!(got[0], "component:shop/checkout");
    assert_eq!(got[1], "document cannot be read: the key \"kind\" is given twice (line 3, column 20)");
    for (text, message) in [
        ("[1, ", "document cannot be read: EOF while parsing a value"),
        ("{\"a\": ", "document cannot be read: EOF while parsing a value"),
        ("{\"a\": \"\\u0000\"}", "apiVersion is required"),
    ] {
        assert!(outcomes(json(text))[0].starts_with(message), "{text}: {:?}", outcomes(json(text)));
    }
    let deep = format!("[{}{}]", "[".repeat(10_000), "]".repeat(10_000));
    assert!(outcomes(json(deep))[0].contains("nested more than 64 levels deep"));
}

#[test]
fn too_much_is_refused_as_a_whole() {
    let many = File {
        location: None,
        format: Format::Yaml,
        bytes: "---\na\n".repeat(MAX_DOCUMENTS + 1).into_bytes(),
    };
    assert!(read(&[many]).is_err_and(|e| e.to_string().contains("more than 50000")));
    let large = File { location: None, format: Format::Yaml, bytes: vec![b'x'; MAX_BODY + 1] };
    assert!(read(&[large]).is_err_and(|e| e.to_string().contains("64 MiB at most")));
}

#[test]
fn what_references_leave_out_comes_from_the_holder() {
    let d = only(yaml(SERVICE.replace(
        "owner: basket",
        "owner: basket, system: Till, dependsOn: ['Resource:Orders', {kind: component, name: Fee}], dependencyOf: ['component:web/Front'], \
         providesApis: [Pay], consumesApis: ['other/pay', {name: tax}], subcomponentOf: 'a b'",
    )));
    assert_eq!(d.owner.as_ref().map(EntityRef::as_str), Some("group:shop/basket"));
    let relations: Vec<_> =
        d.relations.iter().map(|r| format!("{} {} {}", r.from, r.kind.as_str(), r.to)).collect();
    assert_eq!(
        relations,
        [
            "component:shop/checkout dependsOn component:shop/fee",
            "component:shop/checkout dependsOn resource:shop/orders",
            "component:shop/checkout partOf component:shop/a b",
            "component:shop/checkout partOf system:shop/till",
            "component:shop/checkout providesApi api:shop/pay",
            "component:shop/checkout consumesApi api:other/pay",
            "component:shop/checkout consumesApi api:shop/tax",
            "component:web/front dependsOn component:shop/checkout",
        ]
    );
}

#[test]
fn groups_and_users_relate_from_either_side() {
    let text = "apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: basket, annotations: {portolan.dev/lead: imke, portolan.dev/roles: 'service-development, service-support'}}
spec: {type: team, parent: shop, children: [basket-web], members: [imke, 'user:ext/jo']}
---
apiVersion: backstage.io/v1beta1
kind: User
metadata: {name: imke, annotations: {portolan.dev/time-zone: Europe/Lisbon, portolan.dev/manager: vera}}
spec: {memberOf: [basket], profile: {displayName: Imke B, email: imke@example.com}}
";
    let documents = yaml(text);
    let relations: Vec<_> = documents
        .iter()
        .flat_map(|d| &d.outcome.as_ref().expect("valid").relations)
        .map(|r| format!("{} {} {}", r.from, r.kind.as_str(), r.to))
        .collect();
    assert_eq!(
        relations,
        [
            "group:default/basket childOf group:default/shop",
            "group:default/basket-web childOf group:default/basket",
            "user:default/imke memberOf group:default/basket",
            "user:ext/jo memberOf group:default/basket",
            "user:default/imke memberOf group:default/basket",
        ]
    );
    let parts: Vec<_> = documents.iter().map(|d| d.outcome.as_ref().expect("valid")).collect();
    assert_eq!(
        parts[0].group.as_ref().and_then(|g| g.lead.as_ref()).map(EntityRef::as_str),
        Some("user:default/imke")
    );
    assert_eq!(
        parts[1].user.as_ref().and_then(|u| u.manager.as_ref()).map(EntityRef::as_str),
        Some("user:default/vera")
    );
    let lacking = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: a}\nspec: {type: team}\n";
    assert_eq!(
        outcomes(yaml(lacking)),
        ["spec.children is required; write `children: []` if there are none"]
    );
    let lacking = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: a}\nspec: {}\n";
    assert_eq!(
        outcomes(yaml(lacking)),
        ["spec.memberOf is required; write `memberOf: []` if there are none"]
    );
}

#[test]
fn traps_of_the_format() {
    // 1: an owner without a namespace is looked for beside the entity, not in `default`
    assert_eq!(only(yaml(SERVICE)).owner.as_ref().map(EntityRef::as_str), Some("group:shop/basket"));
    // 2: a namespace has no capitals: see the table of broken rules
    assert!(!is_namespace("Shop"));
    // 3: separators inside a name may repeat
    assert_eq!(outcomes(yaml(name_it("a--b.._c"))), ["component:shop/a--b.._c"]);
    // 4: templates, old or new, are named and refused
    for version in ["backstage.io/v1beta2", "scaffolder.backstage.io/v1beta3"] {
        let text = SERVICE.replace("backstage.io/v1alpha1", version).replace("Component", "Template");
        assert!(outcomes(yaml(text))[0].starts_with("kind Template is for self-service"));
    }
    // 5: kinds are compared exactly in a document, in any case in a reference
    assert!(outcomes(yaml(SERVICE.replace("Component", "COMPONENT")))[0].contains("capitals count here"));
    assert_eq!(
        only(yaml(SERVICE.replace("basket", "'GROUP:Shop/Basket'"))).owner.as_ref().map(EntityRef::as_str),
        Some("group:shop/basket")
    );
}

#[test]
fn placeholders_are_not_fetched_and_look_alikes_are_kept() {
    let api = |definition: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {{name: pay}}\nspec: {{type: openapi, lifecycle: production, owner: a, definition: {definition}}}\n"
        )
    };
    let got = outcomes(yaml(api("{$text: ./openapi.yaml}")));
    assert!(
        got[0].starts_with("spec.definition is still the placeholder $text")
            && got[0].contains("portolan apply"),
        "{got:?}"
    );
    let kept = only(yaml(service("", "  schema: {a: {$ref: '#/x'}, b: {$text: a, more: b}}\n  custom: 1")));
    assert_eq!(kept.document["spec"]["schema"]["b"]["$text"], "a");
    assert_eq!(kept.document["spec"]["custom"], 1);
}

#[test]
fn facts_come_from_annotations_and_spec() {
    let d = only(yaml(service(
        "  annotations:\n    portolan.dev/tier: '0'\n    portolan.dev/recovery-point: 15m\n    portolan.dev/runbook: https://run.example.com/x\n    portolan.dev/contact: tel:+351 1\n    portolan.dev/slos: |\n      - {name: up, objective: 99.9, window: 30d, audience: customer}",
        "  tier: 0\n  recovery: {time: 4h}",
    )));
    let slo = Slo {
        name: "up".into(),
        objective: 99.9,
        window: "30d".into(),
        audience: Audience::Customer,
        description: String::new(),
    };
    assert_eq!(
        d.facts,
        Facts {
            tier: Some(0),
            recovery_point_seconds: Some(900),
            recovery_time_seconds: Some(14_400),
            runbook: Some("https://run.example.com/x".into()),
            contact: Some("tel:+351 1".into()),
            slos: Some(vec![slo]),
        }
    );
    assert_eq!(only(yaml(service("", "  tier: gold"))).facts, Facts::default());
}

#[test]
fn lengths_of_time_read_both_ways() {
    for (text, seconds) in [("30s", 30), ("15m", 900), ("4h", 14_400), ("1d", 86_400), ("0s", 0)] {
        assert_eq!(duration_seconds(text), Ok(seconds));
        assert_eq!(duration_text(seconds), text);
    }
    for bad in ["", "s", "1", "-1m", "1.5h", "1 h", "99999999999999999999d", "9999w", "1M"] {
        assert!(duration_seconds(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_same_said_in_another_order_is_the_same() {
    let other = "spec: { owner: basket, type: service, lifecycle: production }\nkind: Component\nmetadata: { namespace: shop, name: Checkout, uid: 1, etag: x }\napiVersion: backstage.io/v1alpha1\nstatus: {}\nrelations: []\n";
    assert_eq!(only(yaml(SERVICE)).hash, only(yaml(other)).hash);
    assert_ne!(only(yaml(SERVICE)).hash, only(yaml(service("", ""))).hash);
}

proptest! {
    #[test]
    fn references_round_trip(kind in "[a-zA-Z][a-zA-Z0-9]{0,9}", namespace in "[a-z0-9 :._-]{1,12}", name in "[a-zA-Z0-9 :/._-]{1,20}") {
        let read = EntityRef::parse(&format!("{kind}:{namespace}/{name}"), None, "default");
        if let Ok(read) = read {
            prop_assert_eq!(EntityRef::parse(read.as_str(), None, "other"), Ok(read.clone()));
            prop_assert_eq!(EntityRef::new(read.kind(), read.namespace(), read.name()), read);
        }
    }

    #[test]
    fn any_text_as_a_reference_is_read_or_refused(text in ".{0,60}") {
        if let Ok(read) = EntityRef::parse(&text, Some("component"), "default") {
            prop_assert!(!read.kind().is_empty() && !read.namespace().is_empty() && !read.name().is_empty());
            prop_assert_eq!(EntityRef::parse(read.as_str(), None, "other"), Ok(read));
        }
    }

    #[test]
    fn a_good_name_is_read_back_as_written(name in "[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?", namespace in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?") {
        prop_assert!(is_name(&name) && is_namespace(&namespace));
        let text = SERVICE.replace("Checkout", &format!("'{name}'")).replace("shop", &format!("'{namespace}'"));
        let d = only(yaml(text));
        prop_assert_eq!(&d.name, &name);
        prop_assert_eq!(d.reference.as_str(), format!("component:{namespace}/{name}").to_lowercase());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        yaml(bytes.clone());
        json(bytes);
    }

    #[test]
    fn any_yaml_like_text_is_read_or_refused(text in "([a-c]: |- |\\[|\\]|\\{|\\}|&a |\\*a|\n| |'|\"|--- |\\||>|!!x |#|, ){0,40}") {
        yaml(text);
    }

    #[test]
    fn durations_round_trip(seconds in 0i64..315_360_000) {
        prop_assert_eq!(duration_seconds(&duration_text(seconds)), Ok(seconds));
    }
}
