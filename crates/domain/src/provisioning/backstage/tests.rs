use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::expression::Scope, super::parameters::Picker, super::text, *};

const EXECUTORS: &[&str] = &["git.scaffold", "http.request", "note", "wait"];

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// A service with its repository and its entry in the catalog.
const SERVICE: &str = r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: kotlin-service
  title: Kotlin service
  annotations:
    backstage.io/source-location: url:https://github.com/fairhaven/templates/tree/main/kotlin/
spec:
  owner: group:default/developer-experience
  type: service
  parameters:
    - title: What it is
      required: [component_id, owner]
      properties:
        component_id: { title: Name, type: string, ui:field: EntityNamePicker, ui:autofocus: true }
        description: { type: string, ui:widget: textarea, ui:help: One sentence. }
        owner: { title: Owner, type: string, ui:field: OwnerPicker, ui:options: { catalogFilter: { kind: Group } } }
        system: { type: string, ui:field: EntityPicker, ui:options: { catalogFilter: [{ kind: System }], allowArbitraryValues: false } }
        admin_password: { type: string, ui:widget: password }
        database: { type: boolean, default: false }
      dependencies:
        database:
          oneOf:
            - properties: { database: { const: false } }
            - properties:
                database: { const: true }
                engine: { title: Engine, type: string, enum: [postgres, mysql], enumNames: [PostgreSQL, MySQL] }
              required: [engine]
    - title: Where it goes
      required: [repoUrl]
      properties:
        repoUrl: { type: string, ui:field: RepoUrlPicker, ui:options: { allowedHosts: [github.com], allowedOwners: [fairhaven] } }
  steps:
    - id: hello
      name: Say hello
      action: debug:log
      input: { message: "Making ${{ parameters.component_id }} for ${{ user.entity.metadata.name }}" }
    - id: fetch
      name: Fetch the skeleton
      action: fetch:template
      input:
        url: ./skeleton
        copyWithoutTemplating: [.github/workflows/*]
        values:
          name: ${{ parameters.component_id }}
          owner: ${{ parameters.owner | parseEntityRef | pick('name') }}
          destination: ${{ parameters.repoUrl | parseRepoUrl }}
    - id: migrations
      if: ${{ parameters.database }}
      action: fetch:template
      input: { url: "../shared/${{ parameters.engine }}", targetPath: ./db, values: { name: "${{ parameters.component_id }}" } }
    - id: publish
      name: Publish
      action: publish:github
      input: { repoUrl: "${{ parameters.repoUrl }}", description: "This is ${{ parameters.component_id }}", defaultBranch: main, allowedHosts: [github.com] }
    - id: register
      action: catalog:register
      input: { repoContentsUrl: "${{ steps['publish'].output.repoContentsUrl }}", catalogInfoPath: /catalog-info.yaml }
  output:
    links:
      - title: Repository
        url: ${{ steps['publish'].output.remoteUrl }}
      - title: Open in catalog
        icon: catalog
        entityRef: ${{ steps.register.output.entityRef }}
    text:
      - title: Next
        if: ${{ parameters.database }}
        content: "Run the migrations of `${{ parameters.component_id }}`."
"#;

#[test]
fn a_service_with_its_repository_becomes_an_offering() {
    let definition = from_backstage(&yaml(SERVICE)).unwrap();
    assert_eq!(definition.problems(EXECUTORS), []);
    assert_eq!((definition.owner.as_str(), definition.syntax), ("developer-experience", Syntax::Nunjucks));
    let makes = definition.makes.as_ref().unwrap();
    assert_eq!(
        (makes.kind_type.as_str(), makes.name.as_str()),
        ("service", "${{ parameters.component_id }}")
    );
    let [note, scaffold] = definition.steps.as_slice() else { panic!("{:#?}", definition.steps) };
    assert_eq!((note.uses.as_str(), note.id.as_str()), ("note", "hello"));
    assert_eq!((scaffold.uses.as_str(), scaffold.id.as_str()), ("git.scaffold", "publish"));
    let expected = json!({
        "createRepository": { "provider": "github", "repository": "${{ parameters.repoUrl }}",
                              "description": "This is ${{ parameters.component_id }}" },
        "to": { "branch": "main" },
        "do": [
            { "template": { "git": "https://github.com/fairhaven/templates.git", "ref": "main", "path": "kotlin/skeleton" },
              "syntax": "backstage",
              "values": { "name": "${{ parameters.component_id }}", "owner": "${{ parameters.owner | parseEntityRef | pick('name') }}",
                          "destination": "${{ parameters.repoUrl | parseRepoUrl }}" },
              "copyWithoutTemplating": [".github/workflows/*"] },
            { "template": { "git": "https://github.com/fairhaven/templates.git", "ref": "main", "path": "shared/${{ parameters.engine }}" },
              "syntax": "backstage", "into": "./db", "values": { "name": "${{ parameters.component_id }}" },
              "if": "${{ parameters.database }}" }
        ],
        "register": { "path": "catalog-info.yaml" }
    });
    assert_eq!(scaffold.input, expected, "{:#}", scaffold.input);
    let outputs: Vec<_> = definition.outputs.iter().map(|o| o.value.as_str()).collect();
    assert_eq!(
        outputs,
        [
            "${{ steps['publish'].output['url'] }}",
            "${{ steps['publish'].output['entityRef'] }}",
            "{% if parameters.database %}Run the migrations of `${{ parameters.component_id }}`.{% endif %}",
        ]
    );
    let scope = Scope::default()
        .with(
            "params",
            json!({ "component_id": "slots", "owner": "basket", "database": true, "engine": "postgres",
                                "repoUrl": "github.com?owner=fairhaven&repo=slots" }),
        )
        .with("requester", json!({ "handle": "imke" }));
    let filled = text::fill_as(Syntax::Nunjucks, &scaffold.input, &scope).unwrap();
    assert_eq!(filled["do"][0]["values"]["destination"]["repo"], "slots");
    assert_eq!(filled["do"][1]["template"]["path"], "shared/postgres");
    assert_eq!(filled["do"][1]["if"], true);
}

#[test]
fn its_pages_become_one_form() {
    let definition = from_backstage(&yaml(SERVICE)).unwrap();
    let parameters = definition.parameters().unwrap();
    let fields = parameters.fields();
    let field =
        |name: &str| fields.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("{name}: {fields:#?}"));
    assert_eq!(field("owner").picker, Some(Picker::Owner));
    assert_eq!(field("system").picker, Some(Picker::Entity));
    assert_eq!(field("repoUrl").picker, Some(Picker::Repository));
    assert!(field("admin_password").secret && field("repoUrl").required && !field("description").required);
    assert_eq!(field("description").description.as_deref(), Some("One sentence."));
    let engine = field("engine");
    assert!(engine.advanced && !engine.required, "{engine:?}");
    assert_eq!(engine.description.as_deref(), Some("Only where database asks for it."));
    let misfits = |given: Value| {
        let mut all = json!({ "component_id": "slots", "owner": "basket", "repoUrl": "github.com?owner=fairhaven&repo=slots" });
        all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let all = parameters.with_defaults(all.as_object().unwrap());
        parameters.misfits(&Value::Object(all)).into_iter().map(|m| m.parameter).collect::<Vec<_>>()
    };
    assert_eq!(misfits(json!({})), Vec::<String>::new());
    assert_eq!(misfits(json!({ "database": true, "engine": "postgres" })), Vec::<String>::new());
    assert!(!misfits(json!({ "database": true })).is_empty(), "an engine is needed then");
    assert!(!misfits(json!({ "database": true, "engine": "oracle" })).is_empty());
    assert!(!misfits(json!({ "colour": "red" })).is_empty(), "what nobody asks for is named");
    assert_eq!(misfits(json!({ "repoUrl": "https://github.com/fairhaven/slots" })), Vec::<String>::new());
    for elsewhere in
        ["github.com?owner=others&repo=slots", "evil.example/fairhaven/slots", "githubxcom/fairhaven/slots"]
    {
        assert_eq!(misfits(json!({ "repoUrl": elsewhere })), ["repoUrl"], "{elsewhere}");
    }
}

/// Files for a repository of their own, and a change to another that holds what runs where.
#[test]
fn several_publications_each_have_all_that_was_done_before() {
    let template = yaml(
        r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: two, annotations: { portolan.dev/folder: templates/two, portolan.dev/stage: beta, portolan.dev/backend: "https://api.fairhaven.example" } }
spec:
  owner: platform
  lifecycle: experimental
  parameters: { properties: { name: { type: string }, regions: { type: array, items: { type: string } } } }
  steps:
    - { action: "fetch:plain", input: { url: ./app, targetPath: app } }
    - { id: one, action: "publish:gitlab", input: { repoUrl: "gitlab.example?owner=a/b&repo=${{ parameters.name }}", sourcePath: app } }
    - { action: "debug:wait", input: { minutes: 1, seconds: 30 } }
    - { id: entity, action: "catalog:write", if: false, input: { entity: { kind: Component, metadata: { name: "${{ parameters.name }}" } } } }
    - { action: "fs:rename", input: { files: [{ from: a, to: b }] } }
    - { action: "fs:delete", input: { files: ["**/*.tmp"] } }
    - { id: ask, action: "http:backstage:request", each: "${{ parameters.regions }}", input: { method: POST, path: /api/proxy/dns, body: { zone: "${{ each.value }}" } } }
    - { id: two, action: "publish:github:pull-request", input: { repoUrl: github.com/fairhaven/deploy, branchName: "add-${{ parameters.name }}", title: Add, description: "said: ${{ steps.ask.output.body }}, from ${{ steps['one'].output.commitHash }}", targetPath: apps } }
  output: { links: [{ title: Change, url: "${{ steps.two.output.remoteUrl }}" }] }
"#,
    );
    let definition = from_backstage(&template).unwrap();
    assert_eq!(definition.problems(EXECUTORS), []);
    assert_eq!(definition.stage, Stage::Beta);
    let steps: Vec<_> = definition.steps.iter().map(|s| (s.id.as_str(), s.uses.as_str())).collect();
    assert_eq!(
        steps,
        [("one", "git.scaffold"), ("step-3", "wait"), ("ask", "http.request"), ("two", "git.scaffold")]
    );
    assert_eq!(definition.steps[1].input, json!({ "seconds": 90 }));
    assert_eq!(definition.steps[2].each.as_deref(), Some("${{ parameters.regions }}"));
    assert_eq!(definition.steps[2].input["url"], "https://api.fairhaven.example/api/proxy/dns");
    assert_eq!(definition.steps[2].input["outputs"], json!({ "body": "" }));
    let done: Vec<_> = definition.steps[3].input["do"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o.as_object().unwrap().keys().next().unwrap().as_str())
        .collect();
    assert_eq!(done, ["copy", "write", "rename", "delete"]);
    assert_eq!(definition.steps[3].input["do"][0]["copy"], json!({ "folder": "templates/two/app" }));
    assert_eq!(definition.steps[3].input["do"][1]["if"], "${{ false }}");
    assert_eq!(
        definition.steps[3].input["pullRequest"]["body"],
        "said: ${{ steps['ask'].output['body'] }}, from ${{ steps['one'].output['commit'] }}"
    );
    assert_eq!(definition.outputs[0].value, "${{ steps['two'].output['pullRequest'] }}");
    assert_eq!(definition.makes, None);
}

/// Each with where it stands.
#[test]
fn whatever_is_not_supported_is_named() {
    let template = |parameters: &str, steps: &str| {
        yaml(&format!(
            "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {{ name: x }}\nspec:\n  owner: platform\n  parameters: {parameters}\n  steps: {steps}\n"
        ))
    };
    let fetch = r#"{ action: "fetch:plain", input: { url: "https://github.com/a/b/tree/main/c" } }, { id: p, action: "publish:github", input: { repoUrl: github.com/a/x } }"#;
    let said = |parameters: &str, steps: &str| {
        let problems = from_backstage(&template(parameters, steps)).unwrap_err();
        problems.into_iter().map(|p| format!("{} {}", p.field, p.message)).collect::<Vec<_>>().join("\n")
    };
    for (field, expected) in [
        (
            "ui:field: SelectFieldFromApi",
            "spec.parameters.properties.a.ui:field SelectFieldFromApi is not supported",
        ),
        ("ui:widget: file", "spec.parameters.properties.a.ui:widget"),
        ("ui:readonly: true", "spec.parameters.properties.a.ui:readonly"),
        ("backstage:featureFlag: x", "spec.parameters.properties.a.backstage:featureFlag"),
        (
            "ui:field: RepoUrlPicker, ui:options: { requestUserCredentials: { secretsKey: T } }",
            "requestUserCredentials is not supported",
        ),
        (
            "ui:field: EntityPicker, ui:options: { catalogFilter: { kind: API, spec.type: openapi } }",
            "ui:options.catalogFilter.spec.type",
        ),
    ] {
        let said =
            said(&format!("{{ properties: {{ a: {{ type: string, {field} }} }} }}"), &format!("[{fetch}]"));
        assert!(said.contains(expected), "{field}: {said}");
    }
    for (step, expected) in [
        (
            r#"{ action: "aws:bucket:create" }"#,
            "spec.steps[2].action aws:bucket:create is not supported; there are fetch:template",
        ),
        (r#"{ action: "debug:log", backstage:permissions: {} }"#, "spec.steps[2].backstage:permissions"),
        (
            r#"{ action: "debug:log", input: { message: "${{ secrets.TOKEN }}" } }"#,
            "spec.steps[2].input.message names secrets",
        ),
        (r#"{ action: "debug:log", input: { message: "${{ '' | now }}" } }"#, "knows no filter \"now\""),
        (
            r#"{ action: "debug:log", input: { message: "${{ steps.later.output.x }}" } }"#,
            "which is none before this one",
        ),
        (
            r#"{ action: "debug:log", input: { message: "${{ steps.p.output.colour }}" } }"#,
            "there are commitHash, remoteUrl, repoContentsUrl",
        ),
        (
            r#"{ action: "debug:log", input: { message: "${{ steps[parameters.a] }}" } }"#,
            "must name outputs as steps['ID'].output.NAME",
        ),
        (r#"{ action: "debug:log", input: { listWorkspace: true } }"#, "spec.steps[2].input.listWorkspace"),
        (r#"{ action: "fetch:template", input: { url: ./skeleton } }"#, "nothing says where that is"),
        (
            r#"{ action: "fetch:template", input: { url: "https://github.com/a/b", cookiecutterCompat: true } }"#,
            "spec.steps[2].input.cookiecutterCompat",
        ),
        (
            r#"{ action: "fetch:template", input: { url: "https://github.com/a/b" } }"#,
            "prepares files that no later step publishes",
        ),
        (
            r#"{ action: "catalog:register", input: { catalogInfoUrl: "https://example.com/x.yaml" } }"#,
            "registers what no step before it publishes",
        ),
        (r#"{ action: "http:backstage:request", input: { path: /api/x } }"#, "asks Backstage's own backend"),
        (
            r#"{ action: "publish:github", input: { repoUrl: github.com/a/y, topics: [x] } }"#,
            "spec.steps[2].input.topics",
        ),
    ] {
        let said = said("{ properties: { a: { type: string } } }", &format!("[{fetch}, {step}]"));
        assert!(said.contains(expected), "{step}: {said}");
    }
    let bare = from_backstage(
        &json!({ "apiVersion": "scaffolder.backstage.io/v1beta2", "kind": "Template", "spec": { "EXPERIMENTAL_x": 1 } }),
    );
    let fields: Vec<_> = bare.unwrap_err().into_iter().map(|p| p.field).collect();
    assert_eq!(fields, ["apiVersion", "spec.EXPERIMENTAL_x", "spec.steps", "spec.owner"]);
}

#[test]
fn a_template_does_not_reach_out_of_where_it_is() {
    let folder = place::Place::of(&json!({ "portolan.dev/folder": "templates/go" }));
    assert_eq!(folder.fetched("./a/../b").unwrap(), json!({ "folder": "templates/go/b" }));
    assert_eq!(folder.fetched("../shared").unwrap(), json!({ "folder": "templates/shared" }));
    for out in ["../../other", "../../../x", "/etc", "file:///etc"] {
        assert!(folder.fetched(out).is_err(), "{out}");
    }
    let gitlab = "https://gitlab.example/g/h/t/-/tree/v2/a";
    let fetched = place::Place::Unknown.fetched(gitlab).unwrap();
    assert_eq!(fetched, json!({ "git": "https://gitlab.example/g/h/t.git", "ref": "v2", "path": "a" }));
    assert!(place::Place::Unknown.fetched("https://${{ parameters.host }}/a/b").is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..3_i64).prop_map(Value::from),
        "(\\$\\{\\{ |steps|parameters|\\.|\\['x'\\]|output| \\}\\}|[a-z:/]){0,6}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("properties"),
        Just("dependencies"),
        Just("oneOf"),
        Just("ui:field"),
        Just("ui:options"),
        Just("input"),
        Just("action"),
        Just("if"),
        Just("each"),
        Just("links"),
        Just("required"),
        Just("a"),
        Just("enum"),
        Just("url"),
        Just("catalogFilter"),
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone().prop_map(ToOwned::to_owned), inner), 0..5)
                .prop_map(|f| Value::Object(f.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever it says, it becomes an offering whose faults can be told, or its problems are.
    #[test]
    fn no_template_panics(parameters in any_json(), steps in any_json(), output in any_json()) {
        let template = json!({
            "apiVersion": BACKSTAGE_API_VERSION, "kind": "Template",
            "spec": { "owner": "a", "parameters": parameters, "steps": steps, "output": output },
        });
        match from_backstage(&template) {
            Ok(definition) => drop(definition.problems(EXECUTORS)),
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }
}
