//! Descriptors that a run makes: taken into the catalog with the right of whoever asked, and taken out again when the run is
//! undone or what it made is removed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Actor, Cx, Error, Result, Scope, TeamId, Via,
    catalog::apply::{self, Outcome},
    people,
    provisioning::{
        Request,
        store::{self, run::StepRow},
    },
};

/// What a step brought into the catalog.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Taken {
    source: String,
    /// References of what was not there before.
    #[serde(default)]
    created: Vec<String>,
    /// References of all that the descriptor names.
    #[serde(default)]
    pub(super) entities: Vec<String>,
}

impl Taken {
    /// As a step keeps it.
    pub(super) fn effect(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn of(row: &StepRow) -> Self {
        row.effect.clone().and_then(|effect| serde_json::from_value(effect).ok()).unwrap_or_default()
    }
}

/// Whether a step of a run brought this into the catalog.
pub(super) fn brought(rows: &[StepRow], reference: &str) -> bool {
    rows.iter().any(|row| Taken::of(row).entities.iter().any(|known| known == reference))
}

/// Takes a descriptor in, all of it or nothing. What people typed is in it, so it is held to what whoever asked may do: it
/// brings in nothing that belongs to somebody else.
pub(super) async fn take(
    cx: &mut Cx<'_>,
    request: &Request,
    input: &Value,
    document: &str,
) -> Result<Result<Taken, String>> {
    let own = format!("offering/{}", request.offering.to_ascii_lowercase());
    let source = input.get("source").and_then(Value::as_str).map_or(own, str::to_owned);
    let asked = apply::Request { atomic: true, ..apply::Request::yaml(&source, document) };
    let report = match &request.requested_by {
        Some(person) => {
            let person = people::person_by_id(cx, person.id).await?;
            let asker = Actor::person(&person, Scope::Write, Via::Apply);
            apply::apply(&mut cx.acting(&asker), asked).await
        }
        None => apply::apply(cx, asked).await,
    };
    let report = match report {
        Ok(report) => report,
        Err(error @ (Error::Database(_) | Error::Unavailable(_))) => return Err(error),
        Err(error) => return Ok(Err(error.to_string())),
    };
    if let Some(why) = report.refused {
        let first = report.items.into_iter().find(|item| !item.problems.is_empty());
        return Ok(Err(first.and_then(|item| said(&item)).unwrap_or(why)));
    }
    let of = |only: Option<Outcome>| {
        let items = report.items.iter().filter(move |item| only.is_none_or(|o| item.outcome == o));
        items.filter_map(|item| item.reference.clone()).collect()
    };
    Ok(Ok(Taken { created: of(Some(Outcome::Created)), entities: of(None), source }))
}

/// Why a document was refused, in a sentence.
fn said(item: &apply::Item) -> Option<String> {
    let problem = item.problems.first()?;
    let what = item.reference.as_deref().unwrap_or("one of its documents");
    Some(format!("{what}: {} {}.", problem.field, problem.message))
}

/// Takes out of the catalog what a step brought in: what is the team's still, and no other thing that exists names too.
pub(super) async fn withdraw(cx: &mut Cx<'_>, row: &StepRow, team: TeamId) -> Result<()> {
    let taken = Taken::of(row);
    if taken.created.is_empty() {
        return Ok(());
    }
    let others = store::run::named_by_others(cx, row, &taken.created).await?;
    let own: Vec<_> = taken.created.into_iter().filter(|reference| !others.contains(reference)).collect();
    apply::withdraw(cx, &taken.source, &own, team).await
}
