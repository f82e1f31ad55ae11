//! What steps can be done by, as far as an offering's document has to know it: names, and what is wrong with an input.

use serde_json::Value;

/// Done by the portal itself: somebody's word in the middle of a run.
pub(super) const APPROVAL: &str = "approval";
/// Done by the portal itself: a descriptor that a step made is taken into the catalog.
pub(super) const REGISTER: &str = "catalog.register";

/// Something that does steps.
#[derive(Debug, Clone, Copy)]
pub struct ExecutorFacts {
    /// Its name in `uses`.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// What is wrong with an input, before anything is filled in.
    pub check: fn(&Value) -> Vec<String>,
}

/// All that this binary has.
#[derive(Debug, Clone)]
pub struct Executors(Vec<ExecutorFacts>);

impl Executors {
    /// Those of the binary, and those that the portal does itself.
    pub fn new(of_binary: impl IntoIterator<Item = ExecutorFacts>) -> Self {
        let own = [
            ExecutorFacts {
                name: APPROVAL,
                about: "Waits until somebody agrees: `by`, `because`, `show`, `withinHours`.",
                check: check_approval,
            },
            ExecutorFacts {
                name: REGISTER,
                about: "Takes the descriptor in `document` into the catalog, as whoever asked; `source` says who describes it.",
                check: |input| lacking(input, &["document"]),
            },
        ];
        Self(own.into_iter().chain(of_binary).collect())
    }

    /// All of them.
    pub fn all(&self) -> &[ExecutorFacts] {
        &self.0
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|e| e.name).collect()
    }

    /// What is wrong with what an executor is given.
    pub(super) fn problems(&self, name: &str, input: &Value) -> Vec<String> {
        self.0.iter().find(|e| e.name == name).map(|e| (e.check)(input)).unwrap_or_default()
    }
}

impl Default for Executors {
    fn default() -> Self {
        Self::new([])
    }
}

fn lacking(input: &Value, needed: &[&str]) -> Vec<String> {
    needed.iter().filter(|key| input.get(key).is_none()).map(|key| format!("needs {key}")).collect()
}

fn check_approval(input: &Value) -> Vec<String> {
    let mut found = lacking(input, &["by", "because"]);
    for rule in input.get("by").and_then(Value::as_array).into_iter().flatten() {
        if !rule.as_str().is_some_and(super::definition::is_rule) {
            found.push(format!("by: {rule} is none of lead, offering-team, team:SLUG, person:HANDLE"));
        }
    }
    found
}
