//! What an edit changes: field by field for the log, with names in place of keys, and refused where a descriptor speaks.

use std::collections::HashMap;

use serde_json::Value;

use crate::check::Checks;
use crate::{Cx, PersonId, Result, TeamId, activity::Changed};

/// The fields that differ, in the order in which they were compared.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<Changed>);

impl Changes {
    pub(super) fn compare(&mut self, field: &str, before: impl Into<Value>, after: impl Into<Value>) {
        let (from, to) = (before.into(), after.into());
        if from != to {
            self.0.push(Changed { field: field.into(), from, to });
        }
    }

    /// For fields that hold the key of a team or person.
    pub(super) fn compare_keys(
        &mut self,
        field: &str,
        before: Option<impl ToString>,
        after: Option<impl ToString>,
    ) {
        self.compare(field, before.map(|key| key.to_string()), after.map(|key| key.to_string()));
    }
}

impl From<Changes> for Vec<Changed> {
    fn from(changes: Changes) -> Self {
        changes.0
    }
}

/// Notes as a problem each change of a field that a descriptor gives.
pub(super) fn refuse_described(
    checks: &mut Checks,
    changes: &[Changed],
    described_by: Option<&str>,
    described: &[String],
) {
    let Some(described_by) = described_by else { return };
    for change in changes.iter().filter(|change| described.contains(&change.field)) {
        checks.problem(&change.field, format!("is given by the descriptor {described_by}; change it there"));
    }
}

/// The changes with slugs and handles in place of keys: rows of the log outlive what they speak of.
pub(super) async fn named(cx: &mut Cx<'_>, mut changes: Vec<Changed>) -> Result<Vec<Changed>> {
    let keys = |of: &[&str]| -> Vec<uuid::Uuid> {
        let those = changes.iter().filter(|c| of.contains(&c.field.as_str()));
        those.flat_map(|c| [&c.from, &c.to]).filter_map(|v| v.as_str()?.parse().ok()).collect()
    };
    let teams: Vec<_> = keys(&["parent"]).into_iter().map(TeamId).collect();
    let people: Vec<_> = keys(&["lead", "manager"]).into_iter().map(PersonId).collect();
    let teams = super::team_names(cx, &teams).await?.into_iter().map(|t| (t.id.to_string(), t.slug));
    let people = super::person_names(cx, &people).await?.into_iter().map(|p| (p.id.to_string(), p.handle));
    let names: HashMap<String, String> = teams.chain(people).collect();
    for change in changes.iter_mut().filter(|c| matches!(c.field.as_str(), "parent" | "lead" | "manager")) {
        for value in [&mut change.from, &mut change.to] {
            if let Some(name) = value.as_str().and_then(|key| names.get(key)) {
                *value = name.clone().into();
            }
        }
    }
    Ok(changes)
}
