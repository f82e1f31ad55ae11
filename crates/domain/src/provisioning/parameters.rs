//! What an offering asks for: a JSON Schema (2020-12), read as a form. `x-group: advanced` puts a field where novices need
//! not look, `x-picker` says that it names something of the portal (`x-kinds` of the catalog's, `x-hosts` of repositories'
//! which), `x-secret` that nobody may read it back, `x-expects` says in words what `pattern` says to a program.

use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map as Object, Value};

/// Most parameters of an offering.
/// Fewest characters of a secret: what is shorter stands in many a line by chance, and cannot be hidden there.
const SHORTEST_SECRET: usize = 6;
const MOST: usize = 60;
/// Largest compiled pattern, in bytes.
const PATTERN: usize = 1 << 20;

/// The schema of an offering's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters(Value);

/// A field of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name among the parameters.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What to know about it.
    pub description: Option<String>,
    /// What may be put there.
    pub kind: FieldKind,
    /// Whether it must be given.
    pub required: bool,
    /// What it is if it is not given.
    pub default: Option<Value>,
    /// Only for those who look for it.
    pub advanced: bool,
    /// What of the portal it names.
    pub picker: Option<Picker>,
    /// Of which kinds that has to be, or on which hosts; none for any.
    pub among: Vec<String>,
    /// Nobody may read it back.
    pub secret: bool,
}

/// What may be put in a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// Text.
    Text {
        /// Most characters.
        longest: Option<u64>,
        /// What it must match.
        pattern: Option<String>,
        /// What it must be written as, as `date`: a format of JSON Schema.
        format: Option<String>,
    },
    /// A number, whole or not.
    Number {
        /// No fractions.
        whole: bool,
        /// The least.
        least: Option<f64>,
        /// The most.
        most: Option<f64>,
    },
    /// Yes or no.
    Yes,
    /// One of these.
    Choice(Vec<Choice>),
    /// Any number of these; any text, a line each, if there are none.
    Several(Vec<Choice>),
    /// Anything else, as JSON.
    Json,
}

/// One of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its value.
    pub value: Value,
    /// What it is called.
    pub title: String,
    /// What to know about it.
    pub description: Option<String>,
}

/// Something of the portal that a parameter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picker {
    /// A team.
    Owner,
    /// Something of the catalog.
    Entity,
    /// An environment.
    Environment,
    /// A repository.
    Repository,
}

/// A parameter that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Which: its name, or its path below one.
    pub parameter: String,
    /// What is wrong, and what to change.
    pub message: String,
}

impl Parameters {
    /// Reads a schema; none asks for nothing.
    ///
    /// # Errors
    ///
    /// What is wrong with it, each with where.
    pub fn read(schema: Option<Value>) -> Result<Self, Vec<(String, String)>> {
        let schema = schema.unwrap_or_else(|| serde_json::json!({ "type": "object" }));
        let parameters = Self(schema);
        let mut problems = parameters.problems();
        if problems.is_empty()
            && let Err(problem) = parameters.validator()
        {
            problems.push((String::new(), problem));
        }
        if problems.is_empty() {
            let defaults: Vec<_> = parameters.fields().into_iter().filter(|f| f.default.is_some()).collect();
            let given: Object<_, _> =
                defaults.into_iter().filter_map(|f| Some((f.name, f.default?))).collect();
            for misfit in parameters.misfits(&Value::Object(given)) {
                if !misfit.message.starts_with("is needed") {
                    problems.push((format!("properties.{}.default", misfit.parameter), misfit.message));
                }
            }
        }
        if problems.is_empty() { Ok(parameters) } else { Err(problems) }
    }

    /// The schema.
    pub fn schema(&self) -> &Value {
        &self.0
    }

    fn properties(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.get("properties").and_then(Value::as_object).into_iter().flatten()
    }

    fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if self.0.get("type").and_then(Value::as_str) != Some("object") {
            found.push(("type".into(), "must be object: the parameters have names".into()));
        }
        if self.properties().count() > MOST {
            found.push(("properties".into(), format!("may be {MOST} at most; nobody fills in more")));
        }
        for (name, property) in self.properties() {
            let mut problem =
                |below: &str, text: String| found.push((format!("properties.{name}{below}"), text));
            if !is_name(name) {
                problem("", "must begin with a letter and have letters, digits and underscores alone".into());
            }
            if let Some(group) = property.get("x-group")
                && !matches!(group.as_str(), Some("basic" | "advanced"))
            {
                problem(".x-group", "must be basic or advanced".into());
            }
            if let Some(picker) = property.get("x-picker")
                && picker.as_str().and_then(Picker::of).is_none()
            {
                problem(".x-picker", "must be owner, entity, environment or repository".into());
            }
            for (key, picker) in [("x-kinds", "entity"), ("x-hosts", "repository")] {
                let Some(among) = property.get(key) else { continue };
                let words = among.as_array().is_some_and(|all| {
                    !all.is_empty()
                        && all.iter().all(|word| word.as_str().is_some_and(|w| !w.trim().is_empty()))
                });
                if property.get("x-picker").and_then(Value::as_str) != Some(picker) {
                    problem(&format!(".{key}"), format!("is only for x-picker: {picker}"));
                } else if !words {
                    problem(&format!(".{key}"), "must be a list of words, as [component]".into());
                }
            }
            if property.get("x-expects").is_some_and(|words| !words.as_str().is_some_and(is_line)) {
                problem(
                    ".x-expects",
                    "must be words: what it must be, as \"small letters and digits\"".into(),
                );
            }
            if property.get("x-secret").is_some_and(|is| !is.is_boolean()) {
                problem(".x-secret", "must be true or false".into());
            }
        }
        let known: Vec<_> = self.properties().map(|(name, _)| name.as_str()).collect();
        for name in self.0.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !name.as_str().is_some_and(|name| known.contains(&name)) {
                found.push(("required".into(), format!("names {name}, which is none of the properties")));
            }
        }
        found
    }

    /// Patterns are matched in time that grows with the text alone, and nothing is fetched.
    fn validator(&self) -> Result<Validator, String> {
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .should_validate_formats(true)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN))
            .build(&self.0)
            .map_err(|e| format!("is no JSON Schema: {e} (at {})", e.instance_path()))
    }

    /// The fields, in the order of the schema.
    pub fn fields(&self) -> Vec<Field> {
        let required: Vec<_> =
            self.0.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        let field = |(name, property): (&String, &Value)| {
            let text = |key: &str| property.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
            Field {
                name: name.clone(),
                title: text("title").unwrap_or_else(|| spoken(name)),
                description: text("description"),
                kind: kind_of(property),
                required: required.iter().any(|r| r.as_str() == Some(name)),
                default: property.get("default").cloned(),
                advanced: text("x-group").as_deref() == Some("advanced"),
                picker: text("x-picker").as_deref().and_then(Picker::of),
                among: ["x-kinds", "x-hosts"]
                    .iter()
                    .filter_map(|key| property.get(*key)?.as_array())
                    .flatten()
                    .filter_map(|word| Some(word.as_str()?.trim().to_lowercase()))
                    .collect(),
                secret: property.get("x-secret") == Some(&Value::Bool(true)),
            }
        };
        self.properties().map(field).collect()
    }

    /// The part of the schema that an answer does not fit.
    fn rule(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let (above, _keyword) = error.schema_path().as_str().rsplit_once('/')?;
        self.0.pointer(above)
    }

    /// What is given, with defaults where nothing is.
    pub fn with_defaults(&self, given: &Object<String, Value>) -> Object<String, Value> {
        let mut all = given.clone();
        for (name, property) in self.properties() {
            if let (false, Some(default)) = (all.contains_key(name), property.get("default")) {
                all.insert(name.clone(), default.clone());
            }
        }
        all
    }

    /// What does not fit, one for each place.
    pub fn misfits(&self, given: &Value) -> Vec<Misfit> {
        let Ok(validator) = self.validator() else {
            let message = "cannot be checked: the offering's schema is broken; tell its team".to_owned();
            return vec![Misfit { parameter: String::new(), message }];
        };
        let mut found: Vec<Misfit> = Vec::new();
        for error in validator.iter_errors(given) {
            let at = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
            let misfit = words::of(&error, at, self.rule(&error));
            if found.iter().all(|known| known.parameter != misfit.parameter) {
                found.push(misfit);
            }
        }
        found.extend(self.fields().into_iter().filter(|field| field.secret).filter_map(|field| {
            let text = given.get(&field.name)?.as_str()?;
            let short = !text.is_empty() && text.chars().count() < SHORTEST_SECRET;
            (short && found.iter().all(|known| known.parameter != field.name)).then(|| Misfit {
                message: format!("must have {SHORTEST_SECRET} characters at least: a shorter one cannot be kept out of logs"),
                parameter: field.name,
            })
        }).collect::<Vec<_>>());
        found
    }
}

impl Picker {
    fn of(word: &str) -> Option<Self> {
        match word {
            "owner" => Some(Self::Owner),
            "entity" => Some(Self::Entity),
            "environment" => Some(Self::Environment),
            "repository" => Some(Self::Repository),
            _ => None,
        }
    }
}

fn is_line(words: &str) -> bool {
    !words.trim().is_empty() && words.chars().count() <= 200 && !words.chars().any(char::is_control)
}

fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `backup_days` and `backupDays` as a person says them.
fn spoken(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        match letter {
            '_' => words.push(' '),
            c if c.is_ascii_uppercase() && !words.is_empty() => {
                words.push(' ');
                words.push(c.to_ascii_lowercase());
            }
            c if words.is_empty() => words.push(c.to_ascii_uppercase()),
            c => words.push(c),
        }
    }
    words
}

fn kind_of(property: &Value) -> FieldKind {
    if let Some(choices) = choices_of(property) {
        return FieldKind::Choice(choices);
    }
    let number = |key: &str| property.get(key).and_then(Value::as_f64);
    match property.get("type").and_then(Value::as_str) {
        Some("string") => FieldKind::Text {
            longest: property.get("maxLength").and_then(Value::as_u64),
            pattern: property.get("pattern").and_then(Value::as_str).map(ToOwned::to_owned),
            format: property.get("format").and_then(Value::as_str).map(ToOwned::to_owned),
        },
        Some(word @ ("integer" | "number")) => {
            FieldKind::Number { whole: word == "integer", least: number("minimum"), most: number("maximum") }
        }
        Some("boolean") => FieldKind::Yes,
        Some("array") => match property.get("items") {
            Some(items) if choices_of(items).is_some() => {
                FieldKind::Several(choices_of(items).unwrap_or_default())
            }
            Some(items) if items.get("type").and_then(Value::as_str) == Some("string") => {
                FieldKind::Several(Vec::new())
            }
            _ => FieldKind::Json,
        },
        _ => FieldKind::Json,
    }
}

/// The values of an `enum`, or of a `oneOf` whose branches are a `const` with a title each.
fn choices_of(property: &Value) -> Option<Vec<Choice>> {
    let title = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if let Some(values) = property.get("enum").and_then(Value::as_array) {
        let choice = |value: &Value| Choice { value: value.clone(), title: title(value), description: None };
        return Some(values.iter().map(choice).collect());
    }
    let branches = property.get("oneOf").and_then(Value::as_array)?;
    let choice = |branch: &Value| {
        let text = |key: &str| branch.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let value = branch.get("const")?.clone();
        let title = text("title").unwrap_or_else(|| title(&value));
        Some(Choice { value, title, description: text("description") })
    };
    branches.iter().map(choice).collect()
}

/// What a person is told whose answer does not fit.
mod words {
    use jsonschema::{ValidationError, error::ValidationErrorKind as Kind};
    use serde_json::Value;

    use super::{Misfit, choices_of};

    /// `rule` is the part of the schema that it does not fit.
    pub(super) fn of(error: &ValidationError<'_>, at: String, rule: Option<&Value>) -> Misfit {
        let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        let (parameter, message) = match error.kind() {
            Kind::Required { property } => {
                (below(property.as_str().unwrap_or_default()), "is needed".to_owned())
            }
            Kind::AdditionalProperties { unexpected } => {
                let name = unexpected.first().map(String::as_str).unwrap_or_default();
                (below(name), "is none of the parameters; leave it out".to_owned())
            }
            Kind::Enum { options } => (at, format!("must be {}", one_of(options))),
            Kind::MaxLength { limit } => (at, format!("may have {limit} characters at most")),
            Kind::MinLength { limit } => (at, format!("must have {limit} characters at least")),
            Kind::Minimum { limit } => (at, format!("must be {limit} or more")),
            Kind::Maximum { limit } => (at, format!("must be {limit} or less")),
            Kind::MaxItems { limit } => (at, format!("may be {limit} at most")),
            Kind::MinItems { limit } => (at, format!("must be {limit} at least")),
            Kind::UniqueItems => (at, "names something twice".to_owned()),
            Kind::OneOfNotValid { .. } => {
                let choices = rule.and_then(choices_of).unwrap_or_default();
                let values = Value::Array(choices.iter().map(|choice| choice.value.clone()).collect());
                let one_of =
                    if choices.is_empty() { "one of what it may be".into() } else { one_of(&values) };
                (at, format!("must be {one_of}"))
            }
            Kind::Pattern { pattern } => {
                let words = rule.and_then(|rule| rule.get("x-expects")?.as_str());
                let expects = words.map_or_else(|| format!("text that matches {pattern}"), ToOwned::to_owned);
                (at, format!("must be {expects}"))
            }
            Kind::Format { format } => (at, format!("must be {}", written_as(format))),
            Kind::Type { .. } => (at, format!("is of the wrong kind: {error}")),
            _ => (at, format!("does not fit: {error}")),
        };
        Misfit { parameter, message }
    }

    /// What the usual formats of JSON Schema are to people.
    fn written_as(format: &str) -> String {
        let words = match format {
            "date" => "a day, as 2027-03-31",
            "date-time" => "a time with its offset, as 2027-03-31T09:30:00Z",
            "time" => "a time with its offset, as 09:30:00Z",
            "email" => "an e-mail address",
            "hostname" => "a host name, as edge.example.org",
            "ipv4" => "an IPv4 address, as 192.0.2.7",
            "ipv6" => "an IPv6 address, as 2001:db8::7",
            "uri" => "an address that begins with its scheme, as https://example.org",
            "uuid" => "a UUID",
            other => return format!("written as {other}"),
        };
        words.to_owned()
    }

    fn one_of(options: &Value) -> String {
        let words = options.as_array().into_iter().flatten();
        let words: Vec<_> =
            words.map(|o| o.as_str().map_or_else(|| o.to_string(), ToOwned::to_owned)).collect();
        match words.as_slice() {
            [.., _, _] => {
                let (last, others) = words.split_last().unwrap_or((&words[0], &[]));
                format!("{} or {last}", others.join(", "))
            }
            _ => words.join(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["name", "owner"],
            "properties": {
                "name": { "type": "string", "title": "Name", "pattern": "^[a-z][a-z0-9-]{1,30}$", "maxLength": 31,
                    "x-expects": "small letters, digits and hyphens" },
                "zone": { "type": "string", "pattern": "^eu-" },
                "until": { "type": "string", "format": "date" },
                "owner": { "type": "string", "x-picker": "owner" },
                "size": { "oneOf": [
                    { "const": "small", "title": "Small", "description": "20 GB" }, { "const": "large", "title": "Large" }
                ], "default": "small" },
                "backup_days": { "type": "integer", "minimum": 1, "maximum": 35, "default": 7, "x-group": "advanced" },
                "regions": { "type": "array", "items": { "enum": ["eu-west", "us-east"] }, "uniqueItems": true },
                "personal": { "type": "boolean", "default": false },
                "password": { "type": "string", "x-secret": true },
            }
        })
    }

    #[test]
    fn a_schema_is_a_form() {
        let parameters = Parameters::read(Some(schema())).unwrap();
        let fields = parameters.fields();
        let names: Vec<_> = fields.iter().map(|f| (f.name.as_str(), f.title.as_str(), f.advanced)).collect();
        assert!(names.contains(&("backup_days", "Backup days", true)), "{names:?}");
        let field = |name: &str| fields.iter().find(|f| f.name == name).unwrap();
        assert!(field("name").required && !field("size").required);
        assert!(
            matches!(&field("size").kind, FieldKind::Choice(two) if two[0].description.as_deref() == Some("20 GB"))
        );
        assert_eq!(field("owner").picker, Some(Picker::Owner));
        assert!(matches!(&field("regions").kind, FieldKind::Several(two) if two.len() == 2));
        assert!(field("password").secret);
        let given = parameters.with_defaults(json!({ "name": "a-b" }).as_object().unwrap());
        assert_eq!(
            Value::Object(given),
            json!({ "name": "a-b", "size": "small", "backup_days": 7, "personal": false })
        );
    }

    #[test]
    fn says_what_to_change() {
        let parameters = Parameters::read(Some(schema())).unwrap();
        let given = json!({
            "name": "Slot_Planner", "until": "soon", "zone": "us-1", "size": "huge", "backup_days": 90, "regions": ["mars"], "personal": "yes", "colour": "red"
        });
        let said: Vec<_> = parameters
            .misfits(&given)
            .into_iter()
            .map(|m| format!("{} {}", m.parameter, m.message))
            .collect();
        for expected in [
            "owner is needed",
            "colour is none of the parameters; leave it out",
            "size must be small or large",
            "backup_days must be 35 or less",
            "regions.0 must be eu-west or us-east",
            "name must be small letters, digits and hyphens",
            "zone must be text that matches ^eu-",
            "until must be a day, as 2027-03-31",
        ] {
            assert!(said.iter().any(|s| s == expected), "{expected}: {said:#?}");
        }
        assert!(said.iter().any(|s| s.starts_with("personal is of the wrong kind")), "{said:#?}");
        assert!(parameters.misfits(&json!({ "name": "slot-planner", "owner": "basket" })).is_empty());
    }

    #[test]
    fn a_broken_schema_is_named() {
        let wrong = |schema: Value| Parameters::read(Some(schema)).unwrap_err().remove(0);
        assert_eq!(wrong(json!({ "type": "array" })).0, "type");
        assert_eq!(wrong(json!({ "type": "object", "properties": { "a-b": {} } })).0, "properties.a-b");
        assert_eq!(wrong(json!({ "type": "object", "required": ["x"] })).0, "required");
        let picker = json!({ "type": "object", "properties": { "a": { "x-picker": "colour" } } });
        assert_eq!(wrong(picker).0, "properties.a.x-picker");
        let kinds = json!({ "type": "object", "properties": { "a": { "x-picker": "owner", "x-kinds": ["component"] } } });
        assert_eq!(wrong(kinds), ("properties.a.x-kinds".into(), "is only for x-picker: entity".into()));
        let expects =
            json!({ "type": "object", "properties": { "a": { "type": "string", "x-expects": " " } } });
        assert_eq!(wrong(expects).0, "properties.a.x-expects");
        let default =
            json!({ "type": "object", "properties": { "a": { "type": "integer", "default": "x" } } });
        assert_eq!(wrong(default).0, "properties.a.default");
        assert!(
            wrong(json!({ "type": "object", "properties": { "a": { "type": "strnig" } } }))
                .1
                .contains("no JSON Schema")
        );
        let fetched =
            json!({ "type": "object", "properties": { "a": { "$ref": "https://example.com/s.json" } } });
        assert!(wrong(fetched).1.contains("no JSON Schema"), "nothing is fetched");
        let swollen = json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "(a{1000}){1000}" } } });
        assert!(Parameters::read(Some(swollen)).is_err(), "a pattern is bounded");
    }
}
