//! What steps say of each other's outputs. Several steps of a template are done as one here, and outputs have names of their own,
//! so `steps['publish'].output.remoteUrl` is written anew.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    super::{
        expression::Names,
        jinja_scan::{Inside, Segment, Token, segments},
        nunjucks,
    },
    Found,
};

/// What became of a step.
#[derive(Debug, Clone)]
pub(super) enum Became {
    /// Part of another, or nothing: it has no outputs.
    Nothing,
    /// A step whose outputs have other names here: each with the step that has it and its name there.
    Renamed(BTreeMap<&'static str, (String, &'static str)>),
}

/// What became of all steps so far.
#[derive(Debug, Clone, Default)]
pub(super) struct References(BTreeMap<String, Became>);

/// A mention of an output.
struct Mention<'t> {
    /// Where it begins and ends in its expression.
    span: (usize, usize),
    step: &'t str,
    output: Option<&'t str>,
}

impl References {
    pub(super) fn add(&mut self, id: &str, became: Became) {
        self.0.insert(id.to_owned(), became);
    }

    /// The steps that anything in a value mentions.
    pub(super) fn mentioned_in(value: &Value) -> BTreeSet<String> {
        match value {
            Value::String(text) => Self::mentioned(text).into_iter().collect(),
            Value::Array(items) => items.iter().flat_map(Self::mentioned_in).collect(),
            Value::Object(fields) => fields.values().flat_map(Self::mentioned_in).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The steps that a text mentions.
    pub(super) fn mentioned(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        for segment in segments(text, "${{").unwrap_or_default() {
            if let Segment::Expression(inside) | Segment::Tag(inside) = segment {
                let mentions = mentions(&inside).unwrap_or_default();
                all.extend(mentions.into_iter().map(|m| m.step.to_owned()));
            }
        }
        all
    }

    /// A value with all its mentions as they are here. What is wrong with its expressions is said at the place in the template.
    pub(super) fn value(&self, at: &str, value: &Value, found: &mut Found) -> Value {
        match value {
            Value::String(text) => Value::String(self.renamed(at, text, found)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(n, item)| self.value(&format!("{at}[{n}]"), item, found))
                .collect(),
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(k, v)| (k.clone(), self.value(&format!("{at}.{k}"), v, found))).collect(),
            ),
            other => other.clone(),
        }
    }

    /// A text with all its mentions as they are here.
    pub(super) fn renamed(&self, at: &str, text: &str, found: &mut Found) -> String {
        if let Err(fault) = nunjucks::check(text, &Names::facts(&[])) {
            found.add(at, fault.to_string());
            return text.to_owned();
        }
        let mut taken = String::with_capacity(text.len());
        for segment in segments(text, "${{").unwrap_or_default() {
            match segment {
                Segment::Plain(text) | Segment::Comment(text) => taken.push_str(text),
                Segment::Expression(inside) => {
                    taken.push_str(&format!("${{{{{}}}}}", self.inside(at, &inside, found)));
                }
                Segment::Tag(inside) => taken.push_str(&format!("{{%{}%}}", self.inside(at, &inside, found))),
            }
        }
        taken
    }

    fn inside(&self, at: &str, inside: &Inside<'_>, found: &mut Found) -> String {
        let Some(mentions) = mentions(inside) else {
            found.add(at, "must name outputs as steps['ID'].output.NAME");
            return inside.source.to_owned();
        };
        let (mut taken, mut from) = (String::new(), 0);
        for mention in mentions {
            taken.push_str(&inside.source[from..mention.span.0]);
            from = mention.span.1;
            match self.here(&mention) {
                Ok(text) => taken.push_str(&text),
                Err(problem) => found.add(at, problem),
            }
        }
        taken.push_str(&inside.source[from..]);
        taken
    }

    fn here(&self, mention: &Mention<'_>) -> Result<String, String> {
        let step = mention.step;
        match (self.0.get(step), mention.output) {
            (None, _) => Err(format!("names the step {step:?}, which is none before this one")),
            (Some(Became::Nothing), _) => Err(format!("names an output of {step:?}, which has none")),
            (Some(Became::Renamed(names)), name) => {
                let there = name.and_then(|name| names.get(name));
                let (id, name) = there.ok_or_else(|| {
                    let known: Vec<_> = names.keys().copied().collect();
                    format!(
                        "names an output of {step:?} that is not supported; there are {}",
                        known.join(", ")
                    )
                })?;
                Ok(format!("steps['{id}'].output['{name}']"))
            }
        }
    }
}

/// The mentions of outputs in an expression; none if one is not written as it has to be.
fn mentions<'t>(inside: &Inside<'t>) -> Option<Vec<Mention<'t>>> {
    let (tokens, mut all) = (&inside.tokens, Vec::new());
    let token = |n: usize| tokens.get(n).map(|(_, token)| *token);
    let end = |n: usize| tokens.get(n).map_or(inside.source.len(), |(at, _)| *at);
    // `.NAME` or `['NAME']`, and the token after it
    let member = |n: usize| match (token(n), token(n + 1), token(n + 2)) {
        (Some(Token::Sign(".")), Some(Token::Word(name)), _) => Some((name, n + 2)),
        (Some(Token::Sign("[")), Some(Token::Text(name)), Some(Token::Sign("]"))) => Some((name, n + 3)),
        _ => None,
    };
    for (n, (at, word)) in tokens.iter().enumerate() {
        let of_something = n > 0 && token(n - 1) == Some(Token::Sign("."));
        if *word != Token::Word("steps") || of_something {
            continue;
        }
        let (step, next) = member(n + 1)?;
        let ("output", next) = member(next)? else { return None };
        let (output, next) = member(next).map_or((None, next), |(name, next)| (Some(name), next));
        // blanks after it belong to what follows
        let written = inside.source[..end(next)].trim_end().len();
        all.push(Mention { span: (*at, written), step, output });
    }
    Some(all)
}
