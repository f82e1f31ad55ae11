//! An act in words, as the history of a thing tells it: "Owner changed from Basket to Pricing".

use serde_json::Value;

use super::{Activity, Changed};

impl Activity {
    /// What was done, as a sentence without its subject.
    pub fn words(&self) -> String {
        match self.verb.as_str() {
            "ownership.handed-over" => match self.changes.first() {
                Some(c) if c.from.is_null() => format!("Owner set to {}", name(&c.to)),
                Some(c) => format!("Owner changed from {} to {}", name(&c.from), name(&c.to)),
                None => "Owner changed".into(),
            },
            "ownership.confirmed" => "Confirmed as still theirs".into(),
            "change.recorded" => self.change_words(),
            "incident.opened" => "Opened".into(),
            "incident.edited" => self.told("Corrected"),
            "incident.moved" => self.told("Decided"),
            "incident.status-told" => "Told others".into(),
            "incident.role-given" => self.told("Role given"),
            "incident.role-ended" => "Role ended".into(),
            "incident.review-written" => "Review written".into(),
            "incident.linked" => self.told("Seen before"),
            "incident.unlinked" => self.told("Not seen before after all"),
            "action.promised" => "Action promised".into(),
            "action.changed" => self.told("Action changed"),
            "failure-mode.written" => "Failure mode written down".into(),
            "failure-mode.retired" => "Failure mode retired".into(),
            "support.asked" => "Asked for help".into(),
            "support.answered" => "Answered".into(),
            "support.given" => "Given to somebody".into(),
            "support.put-back" => "Put back for whoever comes next".into(),
            "support.paused" => "Waits for whoever asked".into(),
            "support.added-to" => "Added something".into(),
            "support.closed" => "Closed".into(),
            "support.reopened" => "Opened again".into(),
            "support.categorised" => self.told("Kind of help changed"),
            "support.note-written" => "Hand-over note written".into(),
            "support.levels-set" => "Support levels set".into(),
            "support.levels-reset" => "Support levels are the usual ones again".into(),
            "review.frozen" => "Operational review frozen".into(),
            "resource.state-restored" => "Terraform state put back to a former version".into(),
            "resource.state-handed-out" => "Terraform state handed out".into(),
            "settings.changed" => format!("Settings changed: {}", self.fields()),
            "entity.created" | "entity.registered" => "Added to the catalog".into(),
            "entity.deleted" => "Removed from the catalog".into(),
            "entity.orphaned" => "Orphaned: its source does not name it any more".into(),
            "entity.returned" => "Named by its source again".into(),
            "entity.updated" => self.told("Descriptor changed"),
            "entity.edited" => self.told("Changed"),
            "entity.fact-set" => self.told("Fact set"),
            _ => self.told(&plain(&self.verb)),
        }
    }

    /// What was done, and to which fields if it names any.
    fn told(&self, deed: &str) -> String {
        if self.changes.is_empty() { deed.to_owned() } else { format!("{deed}: {}", self.fields()) }
    }

    fn change_words(&self) -> String {
        let of = |field: &str| {
            self.changes.iter().find(|c| c.field == field).map_or_else(String::new, |c| name(&c.to))
        };
        let (version, environment) = (of("version"), of("environment"));
        match of("status").as_str() {
            "running" => format!("{version} is going to {environment}"),
            "failed" => format!("{version} failed in {environment}"),
            "rolled-back" => format!("{version} was rolled back in {environment}"),
            _ => format!("{version} went to {environment}"),
        }
    }

    /// The fields that changed, each with before and after; long ones only by name.
    fn fields(&self) -> String {
        const SHOWN: usize = 6;
        let mut told: Vec<_> = self.changes.iter().take(SHOWN).map(field).collect();
        if self.changes.len() > SHOWN {
            told.push(format!("{} more", self.changes.len() - SHOWN));
        }
        told.join(", ")
    }
}

fn field(change: &Changed) -> String {
    let label = change.field.replace(['_', '-'], " ");
    let (from, to) = (name(&change.from), name(&change.to));
    match (from.as_str(), to.as_str()) {
        ("", "") => label,
        ("", to) => format!("{label} {to}"),
        (from, "") => format!("{label} {from} removed"),
        (from, to) => format!("{label} from {from} to {to}"),
    }
}

/// A value short enough to read in a line; nothing for null and for what is long or nested.
fn name(value: &Value) -> String {
    const SHORT: usize = 80;
    let text = match value {
        Value::String(s) => s
            .strip_prefix("group:default/")
            .or_else(|| s.strip_prefix("user:default/"))
            .unwrap_or(s)
            .to_owned(),
        Value::Number(n) => n.to_string(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(name).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    };
    if text.chars().count() > SHORT { String::new() } else { text }
}

/// `team.member-added` becomes "Team member added".
fn plain(verb: &str) -> String {
    let text = verb.replace(['.', '-', '_'], " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Activity, Changed};
    use crate::{ActivityId, Via};

    fn act(verb: &str, changes: Vec<Changed>) -> String {
        let at = "2026-11-19T09:00:00Z".parse().unwrap();
        let (actor, subject) = ("imke".to_owned(), "component:default/x".to_owned());
        Activity {
            id: ActivityId::new(),
            at,
            actor_id: None,
            actor,
            via: Via::Page,
            verb: verb.into(),
            subject,
            entity_id: None,
            changes,
            note: String::new(),
        }
        .words()
    }

    #[test]
    fn acts_read_as_sentences() {
        let owner = vec![Changed::new("owner", "group:default/basket", "group:default/pricing")];
        assert_eq!(act("ownership.handed-over", owner), "Owner changed from basket to pricing");
        assert_eq!(
            act("ownership.handed-over", vec![Changed::new("owner", json!(null), "group:shop/x")]),
            "Owner set to group:shop/x"
        );
        let deployed = vec![
            Changed::new("environment", json!(null), "production"),
            Changed::new("version", json!(null), "4.2"),
            Changed::new("status", "running", "failed"),
        ];
        assert_eq!(act("change.recorded", deployed), "4.2 failed in production");
        let edited = vec![
            Changed::new("tier", 2, 1),
            Changed::new("runbook", json!(null), "https://r"),
            Changed::new("spec", json!({}), json!({})),
        ];
        assert_eq!(
            act("entity.updated", edited),
            "Descriptor changed: tier from 2 to 1, runbook https://r, spec"
        );
        assert_eq!(act("team.member-added", vec![]), "Team member added");
    }
}
