//! Expressions of an offering: its guardrails, conditions, costs and what it writes into its steps. They are CEL
//! (<https://cel.dev>): no loops without end, no side effects, and the same everywhere they are asked.
//!
//! The evaluator has no budget of steps and the parser none of depth, so both are bounded here: short sources, brackets
//! that are not deep, no comprehension within another, lists that are not long, and a stack of their own.

use std::{collections::HashMap, sync::Arc};

use cel::{
    Context, ExecutionError, Program, Value as Cel,
    common::ast::{EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue, operators},
    objects::{Key, Map},
};
use serde_json::{Map as Object, Number, Value};

/// Longest source, in characters.
pub(super) const LONGEST: usize = 1_000;
/// Deepest nesting of brackets in a source.
const DEEPEST: usize = 12;
/// Longest list or object that an expression may look at.
const MOST_ITEMS: usize = 1_000;
/// Longest text that an expression may look at, in bytes.
const LONGEST_TEXT: usize = 128 << 10;
/// Largest value that may come of one, in bytes.
const MOST_MADE: usize = 512 << 10;
/// Most additions within a comprehension, one of which `map` and `filter` make themselves: what is added to itself for
/// each of many grows with their number.
const MOST_ADDITIONS: usize = 3;
/// What a compile or an evaluation may use: the parser needs some 100 kB for a level of nesting in a debug build.
const STACK: usize = 64 << 20;

/// What each fact has that is the same for all offerings.
pub(super) const HAVE: &[(&str, &[&str])] = &[
    ("requester", &["handle", "name", "email", "admin", "teams"]),
    ("team", &["slug", "name"]),
    ("service", &["name", "reference", "tier", "lifecycle"]),
    ("existing", &["count", "items"]),
    ("resource", &["id", "name", "version", "environment", "params", "outputs", "tier"]),
    ("request", &["number", "reason", "costCentre"]),
];

/// What expressions may name: each a JSON value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope(Object<String, Value>);

impl Scope {
    /// Puts a value under a name.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// All of them.
    pub(super) fn values(&self) -> &Object<String, Value> {
        &self.0
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// Why an expression cannot be taken, or has no value: for the person who wrote the offering.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    text: String,
    of_kinds: bool,
}

impl Fault {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), of_kinds: false }
    }

    /// Whether values are of kinds that do not go together, whatever they are.
    pub(super) fn is_of_kinds(&self) -> bool {
        self.of_kinds
    }

    fn of_execution(source: &str, error: &ExecutionError) -> Self {
        use ExecutionError as E;
        let by_value = matches!(
            error,
            E::NoSuchKey(_)
                | E::IndexOutOfBounds(_)
                | E::DivisionByZero(_)
                | E::RemainderByZero(_)
                | E::Overflow(..)
                | E::FunctionError { .. }
        );
        let said = error.to_string();
        // the language takes a whole number for another kind of number
        let mixed = ["Int(", "Float("].iter().all(|kind| said.contains(kind));
        let more = if mixed { "; a whole number is written 2.0 there, or double(…)" } else { "" };
        Self { text: format!("{source:?} has no value: {said}{more}"), of_kinds: !by_value }
    }
}

/// What an expression may name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'n> {
    /// The facts.
    pub(super) facts: &'n [&'n str],
    /// Of some facts, all that they have: naming anything else of them is a slip of the pen.
    pub(super) of: &'n [(&'n str, Vec<&'n str>)],
}

impl<'n> Names<'n> {
    /// These facts, whatever they have.
    pub(super) fn facts(facts: &'n [&'n str]) -> Self {
        Self { facts, of: &[] }
    }
}

/// Checks that an expression can be evaluated in a scope with these names.
pub(super) fn check(source: &str, names: &Names<'_>) -> Result<(), Fault> {
    bounded(source)?;
    on_own_stack(|| {
        let program = compile(source)?;
        match unknown(&program.expression().expr, names, &[]) {
            Some(problem) => Err(Fault::new(problem)),
            None => Ok(()),
        }
    })
}

/// The value of an expression.
pub(super) fn evaluate(source: &str, scope: &Scope) -> Result<Value, Fault> {
    let mut all = evaluate_all(&[source], scope);
    all.pop().unwrap_or_else(|| Err(Fault::new("is nothing")))
}

/// The values of several expressions in one scope, each by itself.
pub(super) fn evaluate_all(sources: &[&str], scope: &Scope) -> Vec<Result<Value, Fault>> {
    if sources.is_empty() {
        return Vec::new();
    }
    let evaluated = on_own_stack(|| {
        let context = context(scope, false)?;
        let mut values: Vec<_> = sources.iter().map(|source| one(source, &context)).collect();
        // `params.gb * 0.5` is meant, whether or not `gb` is whole: what has no value for its kinds of numbers is tried
        // with all numbers of one kind
        let of_kinds = |value: &Result<Value, Fault>| value.as_ref().is_err_and(Fault::is_of_kinds);
        if values.iter().any(of_kinds) {
            let context = self::context(scope, true)?;
            for (value, source) in values.iter_mut().zip(sources).filter(|(value, _)| of_kinds(value)) {
                if let Ok(found) = one(source, &context) {
                    *value = Ok(found);
                }
            }
        }
        Ok(values)
    });
    evaluated.unwrap_or_else(|fault| sources.iter().map(|_| Err(fault.clone())).collect())
}

/// What expressions see of a scope; with `decimal`, of numbers only such as have a point.
fn context(scope: &Scope, decimal: bool) -> Result<Context<'static, 'static>, Fault> {
    let mut context = Context::default();
    for (name, value) in &scope.0 {
        context.add_variable_from_value(name.clone(), to_cel(value, decimal)?);
    }
    Ok(context)
}

/// Whether a condition holds. Only `true` and `false` are answers.
pub(super) fn holds(source: &str, scope: &Scope) -> Result<bool, Fault> {
    truth(source, evaluate(source, scope)?)
}

/// A condition's value as an answer.
pub(super) fn truth(source: &str, value: Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(answer) => Ok(answer),
        other => Err(Fault::new(format!("{source:?} is neither true nor false but {other}"))),
    }
}

fn one(source: &str, context: &Context<'_, '_>) -> Result<Value, Fault> {
    bounded(source)?;
    let program = compile(source)?;
    let value = program.execute(context).map_err(|e| Fault::of_execution(source, &e))?;
    let mut room = MOST_MADE;
    from_cel(&value, 0, &mut room)
}

/// The parser and the evaluator recurse: a thread of their own has the stack for what is allowed, whatever the caller has.
pub(super) fn on_own_stack<T: Send>(work: impl FnOnce() -> Result<T, Fault> + Send) -> Result<T, Fault> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("expression".into()).stack_size(STACK);
        match thread.spawn_scoped(scope, work).map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Fault::new("cannot be evaluated")),
            Err(_) => Err(Fault::new("cannot be evaluated now; try again")),
        }
    })
}

fn bounded(source: &str) -> Result<(), Fault> {
    if source.trim().is_empty() {
        return Err(Fault::new("is empty"));
    }
    if source.chars().count() > LONGEST {
        return Err(Fault::new(format!("may be {LONGEST} characters at most")));
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    for letter in source.chars() {
        match letter {
            '(' | '[' | '{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if deepest > DEEPEST {
        return Err(Fault::new(format!("may nest brackets {DEEPEST} deep at most")));
    }
    Ok(())
}

fn compile(source: &str) -> Result<Program, Fault> {
    let program = Program::compile(source).map_err(|e| {
        let first = e.errors.first().map(|e| e.msg.clone()).unwrap_or_default();
        Fault::new(format!("{source:?} cannot be read: {}", first.lines().next().unwrap_or_default()))
    })?;
    if nested(&program.expression().expr, false) {
        return Err(Fault::new(format!(
            "{source:?} goes through a list within a list; that may take for ever"
        )));
    }
    if swells(&program.expression().expr) {
        return Err(Fault::new(format!("{source:?} adds too much together for each of a list")));
    }
    Ok(program)
}

fn of_entries(entries: &[IdedEntryExpr]) -> Vec<&IdedExpr> {
    let parts = entries.iter().map(|entry| match &entry.expr {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    });
    parts.flatten().collect()
}

/// The parts of an expression that are expressions.
fn parts(at: &Expr) -> Vec<&IdedExpr> {
    match at {
        Expr::Comprehension(c) => vec![&c.iter_range, &c.accu_init, &c.loop_cond, &c.loop_step, &c.result],
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => of_entries(&map.entries),
        Expr::Struct(made) => of_entries(&made.entries),
        Expr::Select(select) => vec![&select.operand],
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
    }
}

/// Whether a comprehension stands within another.
fn nested(at: &Expr, inside: bool) -> bool {
    let loops = matches!(at, Expr::Comprehension(_));
    (loops && inside) || parts(at).into_iter().any(|part| nested(&part.expr, inside || loops))
}

/// Whether a comprehension adds up more than it may.
fn swells(at: &Expr) -> bool {
    fn additions(at: &Expr) -> usize {
        let own = usize::from(matches!(at, Expr::Call(call) if call.func_name == operators::ADD));
        own + parts(at).into_iter().map(|part| additions(&part.expr)).sum::<usize>()
    }
    (matches!(at, Expr::Comprehension(_)) && additions(at) > MOST_ADDITIONS)
        || parts(at).into_iter().any(|part| swells(&part.expr))
}

/// What is wrong with the first name that is none of these, nor bound by a comprehension.
fn unknown(at: &Expr, names: &Names<'_>, bound: &[&str]) -> Option<String> {
    let in_parts = |bound: &[&str]| parts(at).into_iter().find_map(|part| unknown(&part.expr, names, bound));
    match at {
        Expr::Ident(name) if bound.contains(&name.as_str()) || names.facts.contains(&name.as_str()) => None,
        Expr::Ident(name) => {
            Some(format!("knows nothing called {name:?}; it may use {}", names.facts.join(", ")))
        }
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(of) if !bound.contains(&of.as_str()) => {
                in_parts(bound).or_else(|| member(names, of, of, &select.field))
            }
            _ => in_parts(bound),
        },
        Expr::Call(call) if call.func_name == operators::INDEX => {
            in_parts(bound).or_else(|| match call.args.iter().map(|arg| &arg.expr).collect::<Vec<_>>()[..] {
                [Expr::Ident(of), Expr::Literal(LiteralValue::String(field))]
                    if !bound.contains(&of.as_str()) =>
                {
                    member(names, of, of, field.inner())
                }
                _ => None,
            })
        }
        Expr::Comprehension(c) => {
            let own = [Some(c.iter_var.as_str()), c.iter_var2.as_deref(), Some(c.accu_var.as_str())];
            in_parts(&bound.iter().copied().chain(own.into_iter().flatten()).collect::<Vec<_>>())
        }
        _ => in_parts(bound),
    }
}

/// What is wrong with `called.field`, if it is known what the fact `of`, which is called so there, has.
pub(super) fn member(names: &Names<'_>, of: &str, called: &str, field: &str) -> Option<String> {
    let told = names.of.iter().find(|(fact, _)| *fact == of).map(|(_, known)| known.as_slice());
    let known = told.or_else(|| HAVE.iter().find(|(fact, _)| *fact == of).map(|(_, known)| *known))?;
    if known.contains(&field) {
        return None;
    }
    let has = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
    Some(format!("knows no {called}.{field}; {called} has {has}"))
}

/// Whole numbers become integers, so that they can be reckoned with; other numbers are doubles.
fn to_cel(value: &Value, decimal: bool) -> Result<Cel, Fault> {
    let long = || Fault::new(format!("a list of over {MOST_ITEMS} cannot be looked at"));
    Ok(match value {
        Value::Null => Cel::Null,
        Value::Bool(is) => Cel::Bool(*is),
        Value::Number(n) => match n.as_i64() {
            Some(whole) if !decimal => Cel::Int(whole),
            _ => Cel::Float(n.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) if text.len() > LONGEST_TEXT => {
            return Err(Fault::new(format!("a text of over {} kB cannot be looked at", LONGEST_TEXT >> 10)));
        }
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) if items.len() > MOST_ITEMS => return Err(long()),
        Value::Array(items) => {
            Cel::List(Arc::new(items.iter().map(|item| to_cel(item, decimal)).collect::<Result<_, _>>()?))
        }
        Value::Object(fields) if fields.len() > MOST_ITEMS => return Err(long()),
        Value::Object(fields) => {
            let mut map = HashMap::with_capacity(fields.len());
            for (name, value) in fields {
                map.insert(Key::from(name.clone()), to_cel(value, decimal)?);
            }
            Cel::Map(Map { map: Arc::new(map) })
        }
    })
}

/// `room` is what may still be made of it, in bytes.
fn from_cel(value: &Cel, depth: usize, room: &mut usize) -> Result<Value, Fault> {
    let mut take = |bytes: usize| {
        *room = room.checked_sub(bytes).ok_or_else(|| {
            Fault::new(format!("makes more than {} kB, which is more than anybody reads", MOST_MADE >> 10))
        })?;
        Ok::<_, Fault>(())
    };
    take(8)?;
    if depth > 2 * DEEPEST {
        return Err(Fault::new("is nested too deeply"));
    }
    Ok(match value {
        Cel::Null => Value::Null,
        Cel::Bool(is) => Value::Bool(*is),
        Cel::Int(n) => Value::from(*n),
        Cel::UInt(n) => Value::from(*n),
        Cel::Float(n) => Number::from_f64(*n)
            .map(Value::Number)
            .ok_or_else(|| Fault::new("is a number without a value; look for a division by nothing"))?,
        Cel::String(text) => {
            take(text.len())?;
            Value::String(text.to_string())
        }
        Cel::List(items) => {
            Value::Array(items.iter().map(|i| from_cel(i, depth + 1, room)).collect::<Result<_, _>>()?)
        }
        Cel::Map(map) => {
            let mut fields = Object::new();
            for (key, value) in map.map.iter() {
                let name = match key {
                    Key::String(name) => name.to_string(),
                    Key::Int(n) => n.to_string(),
                    Key::Uint(n) => n.to_string(),
                    Key::Bool(is) => is.to_string(),
                };
                fields.insert(name, from_cel(value, depth + 1, room)?);
            }
            Value::Object(fields)
        }
        _ => return Err(Fault::new("is of a kind that nothing can be made of")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        Scope::default()
            .with("params", json!({ "name": "slot-planner", "size": "medium", "gb": 20, "region": "eu-west", "days": 2.5 }))
            .with("service", json!({ "tier": 1 }))
            .with("existing", json!({ "count": 3, "items": [{ "name": "a" }, { "name": "b" }] }))
    }

    #[test]
    fn answers_what_guardrails_ask() {
        for source in [
            "params.name.matches('^[a-z][a-z0-9-]{2,40}$')",
            "params.region.startsWith('eu-') && service.tier <= 1",
            "params.gb * 2 == 40",
            "existing.count + 1 <= 5 && !(params.size in ['large', 'huge'])",
            "existing.items.all(i, i.name != params.name)",
            "has(params.size) && !has(params.owner)",
            "params.days > 2",
            "params.gb * 0.5 == 10.0 && params.days * 2.0 == 5.0",
        ] {
            assert_eq!(holds(source, &scope()), Ok(true), "{source}");
        }
        let made = evaluate("{'name': params.name + '-db', 'gb': params.gb}", &scope()).unwrap();
        assert_eq!(made, json!({ "name": "slot-planner-db", "gb": 20 }));
    }

    #[test]
    fn says_what_is_wrong_to_the_one_who_wrote_it() {
        let said = |source: &str| check(source, &Names::facts(&["params", "team"])).unwrap_err().to_string();
        assert_eq!(said("parms.name == 'a'"), "knows nothing called \"parms\"; it may use params, team");
        assert!(said("params.name ==").contains("cannot be read"), "{}", said("params.name =="));
        assert_eq!(said(" "), "is empty");
        assert!(
            check("params.items.all(i, i.name != params.name)", &Names::facts(&["params"])).is_ok(),
            "i is its own"
        );
        let neither = holds("params.name", &scope()).unwrap_err().to_string();
        assert!(neither.ends_with("is neither true nor false but \"slot-planner\""), "{neither}");
        let missing = holds("params.owner == 'a'", &scope()).unwrap_err().to_string();
        assert!(missing.contains("No such key: owner"), "{missing}");
    }

    #[test]
    fn what_a_fact_has_is_known_where_it_is_told() {
        let of = [("params", vec!["name", "items"]), ("steps", Vec::new())];
        let names = Names { facts: &["params", "steps", "team"], of: &of };
        let said = |source: &str| check(source, &names).map_err(|fault| fault.to_string());
        assert_eq!(said("params.name == team.name && has(params.items)"), Ok(()));
        assert_eq!(said("params.secnds > 3"), Err("knows no params.secnds; params has name, items".into()));
        assert_eq!(said("has(params.nmae)"), Err("knows no params.nmae; params has name, items".into()));
        assert_eq!(said("steps.make.host"), Err("knows no steps.make; steps has nothing".into()));
        assert_eq!(said("params.items.all(steps, steps.make == 1)"), Ok(()), "a name of its own");
        assert_eq!(said("params['name'] == team['slug']"), Ok(()));
        assert_eq!(said("params['nmae']"), Err("knows no params.nmae; params has name, items".into()));
        assert_eq!(said("team.slg"), Err("knows no team.slg; team has slug, name".into()));
    }

    #[test]
    fn what_would_take_for_ever_or_break_the_stack_is_refused_or_done() {
        let deep = |n: usize| format!("{}true{}", "(".repeat(n), ")".repeat(n));
        assert_eq!(holds(&deep(DEEPEST), &scope()), Ok(true));
        assert!(holds(&deep(DEEPEST + 1), &scope()).is_err());
        let within = "existing.items.all(i, existing.items.all(j, i == j))";
        assert!(
            check(within, &Names::facts(&["existing"])).unwrap_err().to_string().contains("within a list"),
            "{within}"
        );
        let hostile = [
            "!".repeat(LONGEST - 4) + "true",
            "-".repeat(LONGEST - 1) + "1",
            "true?".repeat(150) + "1" + &":1".repeat(120),
            "true?true:".repeat(99) + "true",
            "1+".repeat(499) + "1",
            "params".to_owned() + &".name".repeat(190),
            "[".repeat(12) + &"]".repeat(12),
            "\"".repeat(999),
        ];
        for source in hostile {
            let _ = check(&source, &Names::facts(&["params"]));
            let _ = evaluate(&source, &scope());
        }
        let text =
            Scope::default().with("t", json!("x".repeat(LONGEST_TEXT))).with("l", json!(vec![0; MOST_ITEMS]));
        let twice = |n: usize| vec!["t"; n].join(" + ");
        let made = |source: &str| evaluate(source, &text).map(|v| v.to_string().len());
        assert!(made(&twice(3)).is_ok() && made(&format!("size(l.map(i, {}))", twice(2))).is_ok());
        for source in [twice(9), format!("l.map(i, {})", twice(2)), format!("size(l.map(i, {}))", twice(40))]
        {
            assert!(made(&source).is_err(), "{source}");
        }
        assert!(holds("true", &Scope::default().with("a", json!("x".repeat(LONGEST_TEXT + 1)))).is_err());
        let long: Vec<_> = (0..=MOST_ITEMS).collect();
        assert!(holds("true", &Scope::default().with("a", json!(long))).is_err());
    }
}
