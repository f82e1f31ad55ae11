//! Portolan's own facts: how critical it is, how much loss is bearable, whom to call, what was promised.
//!
//! They stand in `metadata.annotations` under `portolan.dev/…`, some also in `spec`. Said in both places and not the
//! same: rejected, for nobody could tell which one is meant.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    documents::yaml,
    fields::{Fields, join, not_a},
};
use crate::{
    Problem,
    catalog::{Kind, words::closest},
};

/// What a descriptor states; what it does not state may be set in the portal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Tier, 0 to 3.
    pub tier: Option<i16>,
    /// How much of the newest data may be lost.
    pub recovery_point_seconds: Option<i64>,
    /// How long it may be away.
    pub recovery_time_seconds: Option<i64>,
    /// Address of the runbook.
    pub runbook: Option<String>,
    /// How to reach help: words, an address, `mailto:` or `tel:`.
    pub contact: Option<String>,
    /// Declared objectives.
    pub slos: Option<Vec<Slo>>,
}

/// A declared service level objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    /// What is promised, in short.
    pub name: String,
    /// Per cent, above 0 and below 100.
    pub objective: f64,
    /// Over which time: `30d`.
    pub window: String,
    /// Whom it is promised to.
    #[serde(default)]
    pub audience: Audience,
    /// What is measured, in words.
    #[serde(default)]
    pub description: String,
}

/// Whom an objective is promised to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The users: few, and a miss is explained.
    Customer,
    /// The team itself: many, to cover the system.
    #[default]
    Internal,
}

/// Most objectives of one entity.
const MAX_SLOS: usize = 50;

/// One fact as it stands in one place: where, and what it says.
type Said<T> = Option<(String, Result<T, String>)>;

/// Reads the facts of a document.
pub(super) fn read(metadata: Option<&Value>, spec: Option<&Value>, problems: &mut Vec<Problem>) -> Facts {
    let at = |key: &str| {
        let value =
            metadata?.get("annotations")?.get(format!("portolan.dev/{key}")).filter(|v| !v.is_null())?;
        let path = join("metadata.annotations", &format!("portolan.dev/{key}"));
        value.as_str().map(|text| (path, text.trim())) // that annotations are texts is said elsewhere
    };
    let spec_at = |key: &str| Some((join("spec", key), spec?.get(key).filter(|v| !v.is_null())?));
    let recovery = |key: &str| {
        let value = spec?.get("recovery").filter(|v| !v.is_null())?.get(key).filter(|v| !v.is_null())?;
        Some((format!("spec.recovery.{key}"), value))
    };
    let words = |said: Option<(String, &Value)>, read: fn(&str) -> Result<i64, String>| {
        said.map(|(path, v)| (path, v.as_str().ok_or_else(|| not_a("text", v)).and_then(read)))
    };
    if let Some((path, value)) = spec_at("recovery").filter(|(_, v)| !v.is_object()) {
        problems.push(Problem { field: path, message: not_a("mapping of point and time", value) });
    }
    let tier = at("tier").map(|(path, text)| (path, tier_from(text)));
    // `spec.tier: gold` is somebody else's key; a number is ours
    let spec_tier =
        spec_at("tier").filter(|(_, v)| v.is_number()).map(|(path, v)| (path, tier_from(&v.to_string())));
    let text_of =
        |(path, v): (String, &Value)| (path, v.as_str().map(str::to_owned).ok_or_else(|| not_a("text", v)));
    let runbook = |(path, text): (String, Result<String, String>)| {
        (path, text.and_then(|t| runbook_problem(&t).map_or(Ok(t), |problem| Err(problem.to_owned()))))
    };
    Facts {
        tier: one(tier, spec_tier, problems),
        recovery_point_seconds: one(
            at("recovery-point").map(|(p, t)| (p, duration_seconds(t))),
            words(recovery("point"), duration_seconds),
            problems,
        ),
        recovery_time_seconds: one(
            at("recovery-time").map(|(p, t)| (p, duration_seconds(t))),
            words(recovery("time"), duration_seconds),
            problems,
        ),
        runbook: one(
            at("runbook").map(|(p, t)| runbook((p, Ok(t.to_owned())))),
            spec_at("runbook").map(text_of).map(runbook),
            problems,
        ),
        contact: one(at("contact").map(|(p, t)| (p, contact_from(t))), None, problems),
        slos: one(
            at("slos").map(|(p, t)| (p, slos_text(t))),
            spec_at("slos").map(|(p, v)| (p, slos_from(v))),
            problems,
        ),
    }
}

/// Portolan's annotations by the kinds that have them.
const OF_GROUPS: [&str; 7] = ["lead", "chat", "chat-url", "phone", "purpose", "roles", "cost-centre"];
const OF_USERS: [&str; 4] = ["time-zone", "manager", "phone", "persona"];
const OF_THE_REST: [&str; 7] =
    ["tier", "recovery-point", "recovery-time", "runbook", "contact", "slos", "operated-by"];

/// A remark on every `portolan.dev/…` annotation that says nothing for this kind, most likely misspelt.
pub(super) fn without_effect(kind: Kind, document: &Value) -> Vec<String> {
    let known: &[&str] = match kind {
        Kind::Group => &OF_GROUPS,
        Kind::User => &OF_USERS,
        _ => &OF_THE_REST,
    };
    let annotations = document.pointer("/metadata/annotations").and_then(Value::as_object);
    let own = annotations.into_iter().flat_map(|a| a.keys()).filter_map(|k| k.strip_prefix("portolan.dev/"));
    own.filter(|key| !known.contains(key))
        .map(|key| {
            let hint = match closest(key, known) {
                Some(meant) => format!("did you mean portolan.dev/{meant}?"),
                None => format!("those of a {} are {}", kind.in_descriptor(), known.join(", ")),
            };
            format!("the annotation portolan.dev/{key} has no effect here; {hint}")
        })
        .collect()
}

/// The one statement, if both places agree or one is silent.
fn one<T: PartialEq>(annotation: Said<T>, spec: Said<T>, problems: &mut Vec<Problem>) -> Option<T> {
    let mut good = |said: Said<T>| match said {
        Some((path, Ok(value))) => Some((path, value)),
        Some((field, Err(message))) => {
            problems.push(Problem { field, message });
            None
        }
        None => None,
    };
    match (good(annotation), good(spec)) {
        (Some((field, a)), Some((other, b))) if a != b => {
            problems.push(Problem {
                field,
                message: format!("says something else than {other}; keep one of the two"),
            });
            None
        }
        (Some((_, value)), _) | (None, Some((_, value))) => Some(value),
        (None, None) => None,
    }
}

fn tier_from(text: &str) -> Result<i16, String> {
    text.parse()
        .ok()
        .filter(|t| (0..=3).contains(t))
        .ok_or_else(|| "must be a tier from 0 (the business stops) to 3".into())
}

fn contact_from(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0 => Err("must not be empty; leave the line out instead".into()),
        1..=500 => Ok(text.to_owned()),
        _ => Err("must have at most 500 characters".into()),
    }
}

/// What is wrong with the address of a runbook, if anything.
pub fn runbook_problem(text: &str) -> Option<&'static str> {
    let web = url::Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    match (web, text.len()) {
        (false, _) => Some("must be an address that begins with https:// or http://"),
        (true, 2001..) => Some("must have at most 2000 characters"),
        (true, _) => None,
    }
}

/// Seconds of `30s`, `15m`, `4h`, `1d` or `2w`; ten years at most.
pub fn duration_seconds(text: &str) -> Result<i64, String> {
    const TEN_YEARS: i64 = 3650 * 86_400;
    let text = text.trim();
    let factor = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        Some('w') => 7 * 86_400,
        _ => 0,
    };
    let number = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let seconds =
        number.parse::<i64>().ok().filter(|_| digits && factor > 0).and_then(|n| n.checked_mul(factor));
    seconds
        .filter(|s| *s <= TEN_YEARS)
        .ok_or_else(|| "must be a length of time such as 30s, 15m, 4h or 1d".into())
}

/// The shortest text of that many seconds: 900 is `15m`.
pub fn duration_text(seconds: i64) -> String {
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
    let unit = units.into_iter().find(|(size, _)| seconds != 0 && seconds % size == 0);
    unit.map_or_else(|| format!("{seconds}s"), |(size, letter)| format!("{}{letter}", seconds / size))
}

/// Objectives from the text of an annotation, JSON or YAML.
fn slos_text(text: &str) -> Result<Vec<Slo>, String> {
    let value = yaml(text, 1).map_err(|p| p.message)?;
    slos_from(&value)
}

/// Objectives from a list of mappings. The message names the entry and its field.
pub fn slos_from(value: &Value) -> Result<Vec<Slo>, String> {
    let Value::Array(items) = value else { return Err(not_a("list of objectives", value)) };
    if items.len() > MAX_SLOS {
        return Err(format!("must have at most {MAX_SLOS} objectives"));
    }
    let mut problems = Vec::new();
    let slos: Vec<_> = items.iter().enumerate().filter_map(|(n, item)| slo(n, item, &mut problems)).collect();
    if problems.is_empty() {
        Ok(slos)
    } else {
        Err(problems.iter().map(|p| format!("{} {}", p.field, p.message)).collect::<Vec<_>>().join("; "))
    }
}

fn slo(n: usize, item: &Value, problems: &mut Vec<Problem>) -> Option<Slo> {
    let Value::Object(map) = item else {
        problems.push(Problem {
            field: format!("[{n}]"),
            message: not_a("mapping of name, objective and window", item),
        });
        return None;
    };
    let mut fields = Fields::new(map, format!("[{n}]"), problems);
    let name = fields.required("name", 100, "name: availability");
    let window = fields.required("window", 20, "window: 30d");
    if window.is_some_and(|w| duration_seconds(w).is_err()) {
        fields.problem("window", "must be a length of time such as 1h, 7d or 30d");
    }
    let objective = fields
        .value("objective")
        .and_then(|v| v.as_f64().or_else(|| v.as_str()?.trim_end_matches('%').trim().parse().ok()));
    let objective = objective.filter(|o| *o > 0.0 && *o < 100.0);
    if objective.is_none() {
        fields.problem("objective", "must be a percentage above 0 and below 100, such as 99.9");
    }
    let audience = match fields.text("audience", 20) {
        None | Some("internal") => Audience::Internal,
        Some("customer") => Audience::Customer,
        Some(_) => {
            fields.problem("audience", "must be customer or internal");
            Audience::Internal
        }
    };
    let description = fields.text("description", 1000).unwrap_or_default().to_owned();
    Some(Slo {
        name: name?.to_owned(),
        objective: objective?,
        window: window?.to_owned(),
        audience,
        description,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_misspelt_annotation_is_told_and_a_foreign_one_is_not() {
        let document = json!({"metadata": {"annotations": {
            "portolan.dev/teir": "1", "portolan.dev/runbook": "https://r", "portolan.dev/favourite-colour": "red", "x.io/teir": "1",
        }}});
        let mut said = without_effect(Kind::Component, &document);
        said.sort();
        assert_eq!(
            said,
            [
                "the annotation portolan.dev/favourite-colour has no effect here; those of a Component are tier, recovery-point, \
                 recovery-time, runbook, contact, slos, operated-by",
                "the annotation portolan.dev/teir has no effect here; did you mean portolan.dev/tier?",
            ]
        );
        assert_eq!(without_effect(Kind::Group, &document).len(), 3, "a team has no tier and no runbook");
    }
}
