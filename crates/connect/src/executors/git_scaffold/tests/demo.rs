//! The offering of the demo company, as its steps are really done.

use portolan_domain::provisioning::Definition;
use serde_json::json;

use super::*;
use crate::executors::{EXECUTORS, named};

fn demo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo").join(path)
}

#[tokio::test]
async fn the_demos_new_service_is_one() {
    let text = fs::read_to_string(demo("offerings/new-service.yaml")).unwrap();
    let document: Value = serde_saphyr::from_str(&text).unwrap();
    let definition: Definition = serde_json::from_value(document["spec"].clone()).unwrap();
    let own = ["catalog.register"];
    let names: Vec<_> = EXECUTORS.iter().map(|e| e.name).chain(own).collect();
    assert_eq!(definition.problems(&names), []);
    for step in definition.steps.iter().filter(|step| !own.contains(&step.uses.as_str())) {
        assert_eq!((named(&step.uses).unwrap().check)(&step.input), Vec::<String>::new());
    }
    for (tier, runbook) in [("none", false), ("2", true)] {
        let bed = Bed::new();
        let mut input = definition.steps[0].input.clone();
        input["values"] = json!({ "name": "slot-planner", "title": "Slot \"planner\"", "owner": "basket", "tier": tier,
                                  "description": "Plans: the slots." });
        input["createRepository"]["repository"] = "repositories/basket/slot-planner.git".into();
        input["to"]["message"] = "Begin slot-planner".into();
        let (mut attempt, _lines) = bed.attempt(input);
        let equipment = std::sync::Arc::get_mut(&mut attempt.equipment).unwrap();
        equipment.folders.insert("templates".into(), demo("templates"));
        let made = outputs(run(&attempt).await);
        assert_eq!(made["entityRef"], "component:default/slot-planner");
        let descriptor: Value = serde_saphyr::from_str(made["catalogInfo"].as_str().unwrap()).unwrap();
        assert_eq!(descriptor["metadata"]["title"], "Slot \"planner\"");
        assert_eq!(
            descriptor["metadata"]["annotations"]["portolan.dev/tier"].as_str(),
            Some(tier).filter(|_| runbook)
        );
        let bare = bed.path("repositories/basket/slot-planner.git");
        let files = git(&bare, &["ls-tree", "-r", "--name-only", "main"]);
        assert_eq!(files.contains("docs/runbook.md"), runbook, "{files}");
        assert!(git(&bare, &["show", "main:.github/workflows/check.yml"]).contains("${{ github.ref }}"));
        let readme = git(&bare, &["show", "main:README.md"]);
        assert!(
            !files.contains("{{") && !readme.contains("{{") && readme.contains("tier 2") == runbook,
            "{readme}"
        );
    }
}
