//! Recorded acts in words, for the history of one thing and for the activity page.

use portolan_domain::activity::{Activity, Changed};
use serde_json::Value;

/// What happened, as a line of a timeline: the bold part and the rest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Icon of the sprite.
    pub(crate) icon: &'static str,
    /// Tone of the icon: `ok`, `info`, `warn`, `danger` or empty.
    pub(crate) tone: &'static str,
    /// What happened.
    pub(crate) lead: String,
    /// To what, from what to what.
    pub(crate) rest: String,
}

/// The words for an act.
pub(crate) fn line(act: &Activity) -> Line {
    let (icon, tone, lead) = match act.verb.as_str() {
        "entity.created" => ("plus", "", "Registered"),
        "entity.updated" | "entity.edited" => ("edit", "", "Changed"),
        "entity.deleted" => ("close", "warn", "Deleted"),
        "entity.orphaned" => ("warn", "warn", "Orphaned"),
        "entity.returned" => ("ok", "ok", "Named by its source again"),
        "fact.set" | "entity.fact-set" => ("edit", "", "Fact set"),
        "fact.cleared" | "entity.fact-cleared" => ("edit", "", "Fact cleared"),
        "ownership.handed-over" => ("swap", "info", "Owner changed"),
        "ownership.confirmed" => ("ok", "ok", "Still ours, confirmed"),
        "change.recorded" => return deployed(act),
        "team.created" => ("team", "", "Team made"),
        "team.edited" => ("team", "", "Team edited"),
        "team.member-added" => ("person", "", "Joined the team"),
        "team.member-left" => ("person", "", "Left the team"),
        "person.created" => ("person", "", "Account made"),
        "person.deactivated" => ("person", "warn", "Account deactivated"),
        _ => return Line { icon: "edit", tone: "", lead: spoken(&act.verb), rest: all(&act.changes) },
    };
    Line { icon, tone, lead: lead.to_owned(), rest: all(&act.changes) }
}

fn deployed(act: &Activity) -> Line {
    let field =
        |name: &str| act.changes.iter().find(|c| c.field == name).map_or_else(String::new, |c| value(&c.to));
    let (version, environment, status) = (field("version"), field("environment"), field("status"));
    let (icon, tone, word) = match status.as_str() {
        "failed" => ("danger", "danger", "failed to deploy"),
        "rolled-back" => ("warn", "warn", "rolled back"),
        "running" => ("ship", "info", "is being deployed"),
        _ => ("ship", "info", "deployed"),
    };
    Line { icon, tone, lead: format!("{version} {word}"), rest: format!("to {environment}") }
}

/// `person.token-made` → `Person token made`.
fn spoken(verb: &str) -> String {
    crate::words::sentence(&verb.replace(['.', '-'], " "))
}

fn all(changes: &[Changed]) -> String {
    const MOST: usize = 4;
    let mut words: Vec<String> = changes.iter().take(MOST).map(change).collect();
    if changes.len() > MOST {
        words.push(format!("and {} more", changes.len() - MOST));
    }
    words.join("; ")
}

fn change(c: &Changed) -> String {
    let field = c.field.replace('_', " ");
    match (&c.from, &c.to) {
        (Value::Null, Value::Null) => field,
        (Value::Null, to) => format!("{field} set to {}", value(to)),
        (from, Value::Null) => format!("{field} removed, was {}", value(from)),
        (from, to) => format!("{field} from {} to {}", value(from), value(to)),
    }
}

/// A value as short words; long ones are cut.
fn value(value: &Value) -> String {
    const MOST: usize = 80;
    let text = match value {
        Value::String(text) => text
            .strip_prefix("group:default/")
            .or(text.strip_prefix("user:default/"))
            .unwrap_or(text)
            .to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portolan_domain::{ActivityId, Via};
    use serde_json::json;

    fn act(verb: &str, changes: Vec<Changed>) -> Activity {
        Activity {
            id: ActivityId::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            actor_id: None,
            actor: "imke".into(),
            via: Via::Page,
            verb: verb.into(),
            subject: "component:default/x".into(),
            entity_id: None,
            changes,
            note: String::new(),
        }
    }

    #[test]
    fn a_hand_over_names_both_owners_as_people_call_them() {
        let line = line(&act(
            "ownership.handed-over",
            vec![Changed::new("owner", "group:default/storefront", "group:default/basket")],
        ));
        assert_eq!(
            (line.lead.as_str(), line.rest.as_str()),
            ("Owner changed", "owner from storefront to basket")
        );
    }

    #[test]
    fn a_failed_deployment_is_told_as_one() {
        let changes = vec![
            Changed::new("version", Value::Null, "2.1"),
            Changed::new("environment", Value::Null, "production"),
            Changed::new("status", Value::Null, "failed"),
        ];
        assert_eq!(
            line(&act("change.recorded", changes)),
            Line {
                icon: "danger",
                tone: "danger",
                lead: "2.1 failed to deploy".into(),
                rest: "to production".into()
            }
        );
    }

    #[test]
    fn many_and_long_changes_stay_short() {
        let many =
            (0..9).map(|i| Changed::new(format!("field_{i}"), json!(null), json!("x".repeat(500)))).collect();
        let line = line(&act("entity.updated", many));
        assert!(line.rest.ends_with("and 5 more") && line.rest.len() < 600);
        assert_eq!(super::line(&act("settings.changed", vec![])).lead, "Settings changed");
    }
}
