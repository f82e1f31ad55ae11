//! Which state of Terraform a step works on. A state belongs to what is made and not to the step: it is found by the request
//! that made the thing and by a name, so that the step that made it and the actions on it later mean the same one.
//!
//! The name is `state` in what the step is given; else where its module comes from, and of a step that is done for each of
//! several, the item. It is written down before the step begins: what it leaves is found, whoever dies when.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::store::run::StepRow;
use crate::{ProvisioningRequestId, StepId};

/// The executor that works on states.
pub(super) const TERRAFORM: &str = "terraform";
/// The longest name of a state.
const LONGEST: usize = 300;

/// Which state a step works on, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StateWork {
    /// Name of the state among those of the same thing.
    #[serde(rename = "state")]
    pub(super) name: String,
    /// Where its module comes from.
    source: String,
    /// Whether it makes or changes what the module says.
    pub(super) applies: bool,
}

impl StateWork {
    /// Of what a step is given; none if it works on no state.
    pub(super) fn of(uses: &str, input: &Value, item: Option<&Value>) -> Result<Option<Self>, String> {
        if uses != TERRAFORM {
            return Ok(None);
        }
        let text = |name: &str| input.pointer(name).and_then(Value::as_str).unwrap_or_default();
        let source = match text("/module/git") {
            "" => text("/module/folder").to_owned(),
            git => format!("{git}//{}", text("/module/path")),
        };
        let name = match (text("/state"), item) {
            ("", None) => source.clone(),
            ("", Some(Value::String(item))) => format!("{source}[{item}]"),
            ("", Some(item)) => format!("{source}[{item}]"),
            (said, _) => said.to_owned(),
        };
        if name.len() > LONGEST || name.chars().any(char::is_control) {
            return Err(format!("the name of its state may have {LONGEST} plain characters"));
        }
        let applies = matches!(text("/command"), "" | "apply");
        Ok(Some(Self { name, source, applies }))
    }

    /// Of what was written down of a step; none if it was never begun.
    pub(super) fn noted(row: &StepRow) -> Option<Self> {
        Self::deserialize(row.effect.as_ref()?).ok().filter(|_| row.uses == TERRAFORM)
    }

    /// As it is written down; what an executor adds to it stands beside it.
    pub(super) fn to_note(&self) -> Value {
        json!(self)
    }

    /// Key of the state, of what this request made.
    pub(super) fn id(&self, maker: ProvisioningRequestId) -> Uuid {
        key(maker, &self.name)
    }

    /// Why it may not be done beside what other steps of the run did: two that make something would take it from each other.
    pub(super) fn conflict(&self, own: StepId, rows: &[StepRow]) -> Option<String> {
        let others = rows.iter().filter(|row| row.id != own).filter_map(|row| Some((row, Self::noted(row)?)));
        let mut same = others.filter(|(_, other)| other.name == self.name);
        let found = same.find(|(_, other)| other.source != self.source || (self.applies && other.applies));
        found.map(|(row, _)| {
            format!(
                "it would work on the state {:?}, which is that of the step {}; give each a `state` of its own",
                self.name, row.step
            )
        })
    }

    /// What a plan of the same state said before, in the same run.
    pub(super) fn planned(&self, rows: &[StepRow]) -> Option<Value> {
        let plans = rows.iter().filter(|row| Self::noted(row).is_some_and(|other| other.name == self.name));
        plans.filter_map(|row| row.effect.as_ref()?.get("planned").cloned()).next_back()
    }
}

/// Key of a state by its name.
pub(super) fn key(maker: ProvisioningRequestId, name: &str) -> Uuid {
    let digest = Sha256::new().chain_update(maker.0.as_bytes()).chain_update(name).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::provisioning::StepState;

    fn work(input: &Value, item: Option<&Value>) -> StateWork {
        StateWork::of(TERRAFORM, input, item).unwrap().unwrap()
    }

    fn row(step: &str, noted: &StateWork) -> StepRow {
        StepRow {
            id: StepId::new(),
            request: ProvisioningRequestId::new(),
            position: 0,
            value: None,
            step: step.into(),
            uses: TERRAFORM.into(),
            state: StepState::Done,
            attempts: 1,
            began: true,
            outputs: Map::new(),
            sealed: None,
            effect: Some(noted.to_note()),
            called_back: None,
            due_at: None,
        }
    }

    #[test]
    fn a_state_is_that_of_a_module_and_an_item_unless_it_is_named() {
        let folder = json!({ "module": { "folder": "modules/dns" }, "command": "plan" });
        let git = json!({ "module": { "git": "https://git.example/x", "ref": "v2", "path": "sub" } });
        let named = json!({ "module": { "folder": "modules/dns" }, "state": "zone" });
        assert_eq!((work(&folder, None).name.as_str(), work(&folder, None).applies), ("modules/dns", false));
        assert_eq!(work(&git, None).name, "https://git.example/x//sub", "whatever its ref");
        assert!(work(&git, None).applies);
        assert_eq!(work(&folder, Some(&json!("a"))).name, "modules/dns[a]");
        assert_eq!(work(&folder, Some(&json!({ "n": 1 }))).name, "modules/dns[{\"n\":1}]");
        assert_eq!(work(&named, Some(&json!("a"))).name, "zone");
        assert_eq!(StateWork::of("wait", &folder, None), Ok(None));
        for wrong in ["a\nb".to_owned(), "x".repeat(301)] {
            assert!(StateWork::of(TERRAFORM, &json!({ "state": wrong }), None).is_err());
        }
        let (one, two) = (ProvisioningRequestId::new(), ProvisioningRequestId::new());
        let same = work(&folder, None);
        assert_eq!(same.id(one), work(&json!({ "module": { "folder": "modules/dns" } }), None).id(one));
        assert!(same.id(one) != same.id(two) && same.id(one) != work(&named, None).id(one));
    }

    #[test]
    fn two_steps_never_make_things_in_one_state() {
        let given = |command: &str, folder: &str| json!({ "module": { "folder": folder }, "command": command, "state": "zone" });
        let (plan, apply) = (work(&given("plan", "a"), None), work(&given("apply", "a"), None));
        let me = StepId::new();
        assert_eq!(apply.conflict(me, &[row("plan", &plan)]), None, "what was planned is applied");
        assert_eq!(work(&given("destroy", "a"), None).conflict(me, &[row("make", &apply)]), None);
        let twice = apply.conflict(me, &[row("make", &apply)]).unwrap();
        assert!(twice.contains("that of the step make"), "{twice}");
        assert!(work(&given("plan", "b"), None).conflict(me, &[row("make", &apply)]).is_some());
        let own = row("make", &apply);
        assert_eq!(apply.conflict(own.id, std::slice::from_ref(&own)), None, "it may be tried again");
    }

    #[test]
    fn the_last_plan_of_a_state_counts() {
        let plan = work(&json!({ "module": { "folder": "a" }, "command": "plan" }), None);
        let with = |planned: &str| {
            let mut row = row("plan", &plan);
            row.effect = row.effect.map(|mut effect| {
                effect["planned"] = json!(planned);
                effect
            });
            row
        };
        let other = work(&json!({ "module": { "folder": "b" } }), None);
        assert_eq!(plan.planned(&[with("one"), with("two")]), Some(json!("two")));
        assert_eq!((other.planned(&[with("one")]), plan.planned(&[])), (None, None));
    }
}
