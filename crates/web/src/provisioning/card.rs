//! The card beside a form: what policy says, who has to agree, what it costs, what is made, and how to ask for the same
//! from a terminal.

use askama::Template;
use portolan_domain::{
    people::TeamName,
    provisioning::{Action, Checked, Effect, Field, Outcome, Resource},
};
use serde_json::{Map, Value, json};

use super::{Behind, fields, said};
use crate::{
    form::{Form, labels},
    page::Shell,
    words,
};

/// What will happen.
#[derive(Template)]
#[template(path = "provisioning/card.html")]
pub(super) struct Card {
    pub(super) shell: Shell,
    pub(super) lines: Vec<Line>,
    pub(super) checked: Checked,
    /// What the main button says.
    pub(super) act: String,
    /// What it does: asks for it, or has it looked at again because it is stopped.
    pub(super) does: &'static str,
    /// What is made, in a sentence.
    pub(super) made: String,
    pub(super) command: String,
    pub(super) call: String,
    /// What it costs now, if it is there already and costs something else then.
    pub(super) was: Option<f64>,
    pub(super) behind: Behind,
    /// Whether nobody looks after it any more then.
    pub(super) is_last: bool,
    /// Whether what it does cannot be had back.
    removes: bool,
}

/// Something that policy says.
pub(super) struct Line {
    pub(super) tone: &'static str,
    pub(super) word: &'static str,
    pub(super) text: String,
    /// The field to change, and what people see beside it.
    pub(super) field: Option<(String, String)>,
    /// Where it may be asked that it need not hold.
    pub(super) waiver: Option<String>,
}

/// Whether it is asked for anew, or something is done with what exists.
pub(super) enum For<'a> {
    /// Something new.
    Offering(&'a Form),
    /// What is done, and with what.
    Action { resource: &'a Resource, action: &'a Action },
}

impl Card {
    pub(super) fn new(
        shell: Shell,
        base_url: &str,
        of: &[Field],
        mut checked: Checked,
        what: &For<'_>,
        behind: Behind,
    ) -> Self {
        let given = unusual(of, &checked.params);
        let lines = lines(of, &checked);
        let stopped = lines.iter().any(|line| line.tone == "danger");
        let (act, command, call) = match what {
            For::Offering(form) => {
                let act = if checked.approvals.is_empty() { "Get it" } else { "Ask for it" };
                (act.to_owned(), command(form, &checked, &given), call(form, base_url, &checked, &given))
            }
            For::Action { resource, action } => {
                let address = format!("{base_url}/api/v1/resources/{}/actions/{}", resource.id, action.name);
                let body = json!({ "params": asked(of, &given) });
                (action.title.clone(), String::new(), curl(&address, &body))
            }
        };
        let (made, was) = match what {
            For::Offering(_) => (made(&checked, stopped), None),
            For::Action { resource, action } => {
                // its dates stay as they are
                (checked.expires_at, checked.review_at) = (None, None);
                if is_gone(action) {
                    checked.cost = None; // nobody pays for what is gone, or not here any more
                }
                (
                    format!("It {}.", action.effect.title()),
                    resource.cost.filter(|was| checked.cost != Some(*was)),
                )
            }
        };
        // what is stopped is nothing to ask for, whoever would have to agree
        let (act, does) = if stopped { ("Check again".to_owned(), "check") } else { (act, "ask") };
        let is_last = matches!(what, For::Action { action, .. } if is_gone(action));
        let removes = matches!(what, For::Action { action, .. } if action.effect == Effect::Remove);
        Self { shell, lines, checked, act, does, made, command, call, was, behind, is_last, removes }
    }

    /// Whether it cannot be asked for as it is.
    pub(super) fn is_stopped(&self) -> bool {
        self.does == "check"
    }

    /// How the button that does it looks.
    pub(super) fn look(&self) -> &'static str {
        if self.removes && !self.is_stopped() { "btn--danger" } else { "btn--main" }
    }

    /// Whether somebody has to agree, and so should know why.
    fn asks(&self) -> bool {
        !self.is_stopped() && !self.checked.approvals.is_empty()
    }

    fn was(&self) -> Option<String> {
        Some(said::monthly(self.was?, self.checked.currency.as_deref()))
    }

    /// A button that also says that others have to agree.
    pub(super) fn needs(&self) -> Option<String> {
        match self.checked.approvals.len() {
            0 => None,
            _ if self.is_stopped() => None,
            n => Some(format!("Needs {}", words::counted(n, "approval", "approvals"))),
        }
    }

    fn cost(&self) -> Option<String> {
        let amount = self.checked.cost?;
        Some(said::monthly(amount, self.checked.currency.as_deref()))
    }

    fn team(&self) -> Option<&TeamName> {
        self.checked.team.as_ref()
    }
}

/// What a field is called on this form.
fn title(of: &[Field], parameter: &str) -> Option<(String, String)> {
    let top = parameter.split('.').next().unwrap_or(parameter);
    let field = of.iter().find(|field| field.name == top)?;
    Some((format!("f-{}", fields::name(top)), field.title.clone()))
}

fn lines(of: &[Field], checked: &Checked) -> Vec<Line> {
    let mut all = Vec::new();
    for problem in &checked.problems {
        let field = if let Some(parameter) = problem.field.strip_prefix("params.") {
            title(of, parameter)
        } else {
            let name = if problem.field == "costCentre" { "cost_centre" } else { &problem.field };
            Some((format!("f-{name}"), labels::label("/provision/{name}", name)))
        };
        all.push(wrong(field, &problem.message));
    }
    for (parameter, message) in &checked.verdict.misfits {
        all.push(wrong(title(of, parameter), message));
    }
    let mut said: Vec<_> = checked.verdict.guardrails.iter().collect();
    said.sort_by_key(|said| match said.outcome {
        Outcome::Stops | Outcome::Broken => 0,
        Outcome::Asks => 1,
        Outcome::Warns => 2,
        Outcome::Waived => 3,
        Outcome::Fits => 4,
    });
    all.extend(said.into_iter().map(|said| {
        let (tone, word, text) = said::guardrail(said);
        let open = !matches!(said.outcome, Outcome::Fits | Outcome::Waived);
        let field = said.parameter.as_deref().filter(|_| open).and_then(|p| match p {
            "service" => Some(("f-service".to_owned(), "Service".to_owned())),
            parameter => title(of, parameter),
        });
        let waiver = (said.outcome == Outcome::Stops).then(|| {
            let (offering, name) = (&checked.offering.name, &said.guardrail);
            format!("/provision/waivers?offering={offering}&guardrail={name}#new")
        });
        Line { tone, word, text, field, waiver }
    }));
    all
}

/// What is missing is no mistake yet.
fn wrong(field: Option<(String, String)>, message: &str) -> Line {
    let (tone, word) =
        if message.starts_with("is needed") { ("ahead", "Needs") } else { ("danger", "Stops") };
    let label = field.as_ref().map(|(_, label)| label.trim_end_matches('?').to_owned());
    let text = match (word, label) {
        ("Needs", Some(label)) => {
            let more = message.trim_start_matches("is needed").trim_start_matches([':', ';', ' ']);
            if more.is_empty() { label } else { format!("{label}: {more}") }
        }
        (_, Some(label)) => format!("{label} {message}"),
        (_, None) => words::sentence(message),
    };
    Line { tone, word, text: words::sentence(&text), field, waiver: None }
}

/// What comes of it: "Then we make a database in the catalog, owned by Basket: …".
fn made(checked: &Checked, stopped: bool) -> String {
    let definition = &checked.offering.definition;
    let owned = checked.team.as_ref().map_or_else(String::new, |team| format!(", owned by {}", team.name));
    match &definition.makes {
        Some(_) if stopped => String::new(),
        Some(makes) => format!("Then we make a {} and enter it in the catalog{owned}.", makes.kind_type),
        None => "Nothing is entered in the catalog for it.".to_owned(),
    }
}

/// Whether nothing is left of it here.
fn is_gone(action: &Action) -> bool {
    matches!(action.effect, Effect::Remove | Effect::Eject)
}

/// Those parameters that the form asks for: what is kept as it was need not be given.
fn asked(of: &[Field], given: &Map<String, Value>) -> Map<String, Value> {
    let is_asked = |name: &String| of.iter().any(|field| field.name == *name);
    given.iter().filter(|(name, _)| is_asked(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// What is given and not what the offering proposes; what is secret is left to whoever types it.
fn unusual(of: &[Field], params: &Map<String, Value>) -> Map<String, Value> {
    of.iter()
        .filter_map(|field| {
            let value = params.get(&field.name)?;
            let value = if field.secret { Value::String("…".to_owned()) } else { value.clone() };
            (Some(&value) != field.default.as_ref()).then(|| (field.name.clone(), value))
        })
        .collect()
}

/// A word for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | '@');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn command(form: &Form, checked: &Checked, given: &Map<String, Value>) -> String {
    let mut command = format!("portolan request {}", checked.offering.name);
    let team = checked.team.as_ref().map(|team| team.slug.clone()).unwrap_or_default();
    let own = [("team", team), ("service", form.text("service")), ("environment", form.text("environment"))];
    for (name, value) in own {
        if !value.is_empty() {
            command += &format!(" --{name} {}", quoted(&value));
        }
    }
    for (name, value) in given {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        command += &format!(" -p {}", quoted(&format!("{name}={value}")));
    }
    command
}

fn call(form: &Form, base_url: &str, checked: &Checked, given: &Map<String, Value>) -> String {
    let mut body = json!({ "offering": checked.offering.name, "params": given });
    let team = checked.team.as_ref().map(|team| team.slug.clone()).unwrap_or_default();
    let own = [("team", team), ("service", form.text("service")), ("environment", form.text("environment"))];
    for (name, value) in own {
        if !value.is_empty() {
            body[name] = Value::String(value);
        }
    }
    curl(&format!("{base_url}/api/v1/provisioning-requests"), &body)
}

fn curl(address: &str, body: &Value) -> String {
    format!(
        "curl -X POST {address} \\\n  -H \"Authorization: Bearer $PORTOLAN_TOKEN\" \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        quoted(&body.to_string())
    )
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_stays_one_word_of_a_shell() {
        assert_eq!(quoted("name=slot-planner"), "name=slot-planner");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $(rm)"), r"'it'\''s $(rm)'");
        assert_eq!(quoted(""), "''");
    }
}
