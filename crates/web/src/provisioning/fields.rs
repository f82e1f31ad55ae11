//! The form that a schema makes: its fields as they are shown, and what was typed in them as parameters.

use portolan_domain::{
    Problem,
    people::TeamName,
    provisioning::{Choice, Field, FieldKind, Picker},
};
use serde_json::{Map, Number, Value};

use crate::form::Form;

/// More choices than these are a list to unfold.
const CARDS: usize = 5;

/// A field as a page shows it.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Its name in the form: `p-` and that of the parameter.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) hint: String,
    pub(crate) required: bool,
    pub(crate) advanced: bool,
    pub(crate) secret: bool,
    pub(crate) control: Control,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
}

/// What somebody types, ticks or chooses in.
#[derive(Debug)]
pub(crate) enum Control {
    Line {
        value: String,
        longest: Option<u64>,
        /// The kind of input: browsers help with some.
        kind: &'static str,
        list: &'static str,
    },
    Secret,
    Number {
        value: String,
        whole: bool,
    },
    Yes {
        ticked: bool,
    },
    Cards(Vec<Offered>),
    List(Vec<Offered>),
    Ticks(Vec<Offered>),
    /// Any texts, a line each, or JSON.
    Lines {
        value: String,
        code: bool,
    },
}

/// One of several.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) value: String,
    pub(crate) title: String,
    pub(crate) sentence: String,
    pub(crate) chosen: bool,
}

/// The name of a parameter's field.
pub(crate) fn name(parameter: &str) -> String {
    format!("p-{parameter}")
}

/// A form with what the parameters are: what is kept, else the defaults.
pub(super) fn filled(fields: &[Field], params: &Map<String, Value>, form: Form) -> Form {
    let form = called(fields, form);
    fields.iter().filter(|field| !field.secret).fold(form, |form, field| {
        let name = name(&field.name);
        match (params.get(&field.name).or(field.default.as_ref()), &field.kind) {
            (Some(Value::Bool(true)), FieldKind::Yes) => form.with(&name, "yes"),
            (None, _) | (Some(_), FieldKind::Yes) => form,
            (Some(Value::Array(items)), FieldKind::Several(choices)) if !choices.is_empty() => {
                items.iter().fold(form, |form, item| form.with(&name, written(item)))
            }
            (Some(Value::Array(items)), FieldKind::Several(_)) => {
                form.with(&name, items.iter().map(written).collect::<Vec<_>>().join("\n"))
            }
            (Some(value), FieldKind::Json) => {
                form.with(&name, serde_json::to_string_pretty(value).unwrap_or_default())
            }
            (Some(value), _) => form.with(&name, written(value)),
        }
    })
}

/// The form, with what people see beside the fields that the schema made.
pub(super) fn called(fields: &[Field], form: Form) -> Form {
    fields.iter().fold(form, |form, field| form.called(&name(&field.name), &field.title))
}

/// A value as it stands in a form.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// What was typed, as parameters; and what cannot be one at all.
pub(super) fn read(fields: &[Field], form: &Form) -> (Map<String, Value>, Vec<Problem>) {
    let (mut params, mut problems) = (Map::new(), Vec::new());
    for field in fields {
        match of_field(field, form) {
            Ok(Some(value)) => {
                params.insert(field.name.clone(), value);
            }
            Ok(None) => {}
            Err(message) => problems.push(Problem { field: name(&field.name), message }),
        }
    }
    (params, problems)
}

fn of_field(field: &Field, form: &Form) -> Result<Option<Value>, String> {
    let name = name(&field.name);
    // what is secret is taken as it is, also with space around it
    let text = if field.secret { form.value(&name).to_owned() } else { form.text(&name) };
    Ok(match &field.kind {
        FieldKind::Yes => Some(Value::Bool(form.flag(&name))),
        FieldKind::Several(choices) if !choices.is_empty() => {
            let values = form.all(&name);
            let chosen: Vec<_> = values.iter().map(|value| among(choices, value)).collect();
            (!chosen.is_empty() || field.default.is_some()).then_some(Value::Array(chosen))
        }
        FieldKind::Several(_) => {
            let lines: Vec<Value> =
                text.lines().map(str::trim).filter(|l| !l.is_empty()).map(Value::from).collect();
            (!lines.is_empty() || field.default.is_some()).then_some(Value::Array(lines))
        }
        _ if text.is_empty() => None,
        FieldKind::Number { .. } => Some(number(&text)),
        FieldKind::Choice(choices) => Some(among(choices, &text)),
        FieldKind::Json => {
            Some(serde_json::from_str(&text).map_err(|error| format!("must be JSON: {error}"))?)
        }
        FieldKind::Text { .. } => Some(Value::String(text)),
    })
}

/// The number that a text is; else the text, which the schema refuses in its own words.
fn number(text: &str) -> Value {
    let whole = text.parse::<i64>().ok().map(Number::from);
    let broken = || text.replace(',', ".").parse::<f64>().ok().and_then(Number::from_f64);
    whole.or_else(broken).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn among(choices: &[Choice], text: &str) -> Value {
    let known = choices.iter().find(|choice| written(&choice.value) == text);
    known.map_or_else(|| Value::String(text.to_owned()), |choice| choice.value.clone())
}

/// The fields as they are shown, with what the form holds.
pub(crate) fn shown(fields: &[Field], form: &Form, teams: &[TeamName]) -> Vec<Shown> {
    fields.iter().map(|field| one(field, form, teams)).collect()
}

fn one(field: &Field, form: &Form, teams: &[TeamName]) -> Shown {
    let name = name(&field.name);
    let value = || form.value(&name).to_owned();
    let control = match (&field.kind, field.picker) {
        _ if field.secret => Control::Secret,
        (_, Some(Picker::Owner)) => Control::List(
            teams
                .iter()
                .map(|team| Offered {
                    chosen: form.is(&name, &team.slug),
                    value: team.slug.clone(),
                    title: team.name.clone(),
                    sentence: String::new(),
                })
                .collect(),
        ),
        (FieldKind::Text { longest, format, .. }, picker) => Control::Line {
            value: value(),
            longest: *longest,
            kind: match format.as_deref() {
                // what was refused stays as it was typed: a browser shows no day that is none
                Some("date") if form.problem(&name).is_none() => "date",
                Some("email") => "email",
                Some("uri") => "url",
                _ => "text",
            },
            list: if picker == Some(Picker::Environment) { "environments" } else { "" },
        },
        (FieldKind::Number { whole, .. }, _) => Control::Number { value: value(), whole: *whole },
        (FieldKind::Yes, _) => Control::Yes { ticked: form.flag(&name) },
        (FieldKind::Choice(choices), _) if choices.len() <= CARDS => {
            Control::Cards(offered(choices, form, &name))
        }
        (FieldKind::Choice(choices), _) => Control::List(offered(choices, form, &name)),
        (FieldKind::Several(choices), _) if !choices.is_empty() => {
            Control::Ticks(offered(choices, form, &name))
        }
        (FieldKind::Several(_), _) => Control::Lines { value: value(), code: false },
        (FieldKind::Json, _) => Control::Lines { value: value(), code: true },
    };
    Shown {
        title: field.title.clone(),
        hint: hint(field),
        required: field.required,
        advanced: field.advanced,
        secret: field.secret,
        problem: form.problem(&name),
        control,
        name,
    }
}

/// What the offering says of it, and what it takes.
fn hint(field: &Field) -> String {
    let said = field.description.clone().unwrap_or_default();
    let takes = match (&field.kind, field.picker) {
        (FieldKind::Number { least: Some(least), most: Some(most), .. }, _) => format!("{least} to {most}."),
        (FieldKind::Number { least: Some(least), .. }, _) => format!("{least} or more."),
        (FieldKind::Number { most: Some(most), .. }, _) => format!("{most} or less."),
        (FieldKind::Several(choices), _) if choices.is_empty() => "One a line.".to_owned(),
        (FieldKind::Json, _) => "JSON.".to_owned(),
        (_, Some(Picker::Entity)) => {
            "A name of the catalog, or a reference like resource:orders-db.".to_owned()
        }
        (_, Some(Picker::Repository)) => "Owner and name, as shop/till.".to_owned(),
        _ => String::new(),
    };
    [said, takes].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn offered(choices: &[Choice], form: &Form, name: &str) -> Vec<Offered> {
    choices
        .iter()
        .map(|choice| {
            let value = written(&choice.value);
            Offered {
                chosen: form.is(name, &value),
                title: choice.title.clone(),
                sentence: choice.description.clone().unwrap_or_default(),
                value,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use portolan_domain::provisioning::Parameters;
    use serde_json::json;

    use super::*;

    fn fields() -> Vec<Field> {
        let schema = json!({
            "type": "object", "required": ["name"],
            "properties": {
                "name": { "type": "string", "title": "Name" },
                "size": { "oneOf": [{ "const": 1, "title": "Small" }, { "const": 2, "title": "Large", "description": "500 GB" }], "default": 1 },
                "days": { "type": "integer", "minimum": 1, "maximum": 35, "default": 7, "x-group": "advanced" },
                "replica": { "type": "boolean", "default": true },
                "tags": { "type": "array", "items": { "type": "string" } },
                "zones": { "type": "array", "items": { "enum": ["a", "b"] } },
                "more": { "type": "object" },
                "password": { "type": "string", "x-secret": true }
            }
        });
        Parameters::read(Some(schema)).expect("a schema").fields()
    }

    #[test]
    fn defaults_go_into_the_form_and_come_out_as_they_were() {
        let form = filled(&fields(), &Map::new(), Form::blank());
        let (params, problems) = read(&fields(), &form);
        assert_eq!(Value::Object(params), json!({ "size": 1, "days": 7, "replica": true }));
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn what_was_typed_becomes_what_the_schema_means() {
        let form = Form::read(b"p-name=+till+&p-size=2&p-days=x&p-tags=a%0D%0A%0D%0Ab&p-zones=a&p-zones=b&p-more=%7B%22x%22%3A1%7D&p-password=+s+");
        let (params, _) = read(&fields(), &form);
        let expected = json!({
            "name": "till", "size": 2, "days": "x", "replica": false, "tags": ["a", "b"], "zones": ["a", "b"],
            "more": { "x": 1 }, "password": " s "
        });
        assert_eq!(Value::Object(params), expected);
        let (_, problems) = read(&fields(), &Form::read(b"p-more=%7B"));
        assert!(
            problems[0].field == "p-more" && problems[0].message.starts_with("must be JSON"),
            "{problems:?}"
        );
    }

    #[test]
    fn a_secret_is_never_shown_again() {
        let form = Form::read(b"p-password=s3cret");
        let shown = shown(&fields(), &form, &[]);
        assert!(!format!("{shown:?}").contains("s3cret"));
        let kept = filled(&fields(), json!({ "password": "s3cret" }).as_object().unwrap(), Form::blank());
        assert_eq!(kept.value("p-password"), "");
    }

    #[test]
    fn browsers_help_with_what_they_know() {
        let schema = json!({ "type": "object", "properties": {
            "until": { "type": "string", "format": "date" }, "host": { "type": "string", "format": "hostname" } } });
        let fields = Parameters::read(Some(schema)).expect("a schema").fields();
        let kinds = |form: &Form| {
            let kind = |x: Shown| if let Control::Line { kind, .. } = x.control { kind } else { "" };
            shown(&fields, form, &[]).into_iter().map(kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&Form::blank()), ["date", "text"]);
        let mut refused = Form::read(b"p-until=soon");
        refused.refuse(portolan_domain::Error::invalid("p-until", "must be a day")).expect("a problem");
        assert_eq!(kinds(&refused), ["text", "text"]);
    }

    #[test]
    fn few_choices_are_cards_and_many_are_a_list() {
        let many: Vec<_> = (0..9).map(|n| format!("zone-{n}")).collect();
        let schema = json!({ "type": "object", "properties": { "zone": { "enum": many } } });
        let fields = Parameters::read(Some(schema)).expect("a schema").fields();
        assert!(matches!(shown(&fields, &Form::blank(), &[])[0].control, Control::List(_)));
        assert!(matches!(shown(&self::fields(), &Form::blank(), &[])[1].control, Control::Cards(_)));
        assert_eq!(shown(&self::fields(), &Form::blank(), &[])[2].hint, "1 to 35.");
    }
}
