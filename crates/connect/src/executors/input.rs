//! Reading what a step is given. What people typed is in it, so every text is bounded and every kind is checked.

use serde_json::{Map, Value};

use super::Failed;

/// What is wrong with the names in an offering's input: those it needs and does not give, those that mean nothing.
pub(super) fn names(input: &Value, needed: &[&str], may: &[&str]) -> Vec<String> {
    let Some(given) = input.as_object() else {
        return vec![format!("needs an input with {}", needed.join(", "))];
    };
    let missing =
        needed.iter().filter(|name| !given.contains_key(**name)).map(|name| format!("needs {name}"));
    let known = |name: &str| needed.contains(&name) || may.contains(&name);
    let strange = given.keys().filter(|name| !known(name)).map(|name| format!("does not take {name:?}"));
    missing.chain(strange).collect()
}

/// Whether a value is an expression that is filled in later, and cannot be looked at yet.
pub(super) fn is_expression(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("${{"))
}

/// What a step is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'i>(pub(super) &'i Value);

impl<'i> Input<'i> {
    /// A text, if there is one.
    pub(super) fn text(self, name: &str) -> Result<Option<&'i str>, Failed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a text")),
        }
    }

    /// A text that there must be.
    pub(super) fn needed(self, name: &str) -> Result<&'i str, Failed> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| wrong(name, "a text"))
    }

    /// A whole number within bounds, if there is one. As a text too, for so it comes out of a form's expression.
    pub(super) fn number(self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Failed> {
        let given = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Number(number)) => {
                // numbers of expressions may be floating ones
                number.as_u64().or_else(|| number.as_f64().and_then(whole))
            }
            Some(_) => None,
        };
        given.filter(|n| (least..=most).contains(n)).map(Some).ok_or_else(|| {
            Failed::input(
                format!("{name} must be a whole number from {least} to {most}."),
                "Ask again with another number.",
            )
        })
    }

    /// Whether something is wanted; not, if nothing is said.
    pub(super) fn switch(self, name: &str) -> Result<bool, Failed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(on)) => Ok(*on),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// An object, empty if there is none.
    pub(super) fn object(self, name: &str) -> Result<Map<String, Value>, Failed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object.clone()),
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    /// A list, empty if there is none.
    pub(super) fn list(self, name: &str) -> Result<&'i [Value], Failed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(wrong(name, "a list")),
        }
    }
}

/// A floating number that is a whole one, as far as those are exact.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at before")]
fn whole(number: f64) -> Option<u64> {
    ((0.0..=9_007_199_254_740_991.0).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// An offering that gives something of another kind.
pub(super) fn wrong(name: &str, kind: &str) -> Failed {
    Failed::platform(
        format!("The step gives {name} that is not {kind}."),
        "The offering's team corrects the step; then try again.",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_and_bounds_are_kept() {
        let given = json!({ "a": "x", "n": "7", "f": 8.0, "h": 0.5, "neg": -1, "on": true, "list": [1] });
        let input = Input(&given);
        assert_eq!(input.text("a"), Ok(Some("x")));
        assert!(input.text("n").is_ok() && input.text("f").is_err() && input.needed("none").is_err());
        assert_eq!(input.number("n", 1, 10), Ok(Some(7)));
        assert_eq!(input.number("f", 1, 10), Ok(Some(8)));
        for wrong in ["h", "neg", "on", "a", "list"] {
            assert!(input.number(wrong, 0, 10).is_err(), "{wrong}");
        }
        assert!(input.number("n", 8, 10).is_err() && input.number("none", 8, 10) == Ok(None));
        assert!(
            input.switch("on") == Ok(true) && input.switch("none") == Ok(false) && input.switch("a").is_err()
        );
        assert!(input.list("list").is_ok() && input.list("a").is_err() && input.object("a").is_err());
        assert_eq!(
            names(&json!({ "a": 1, "typo": 2 }), &["a", "b"], &["c"]),
            ["needs b", "does not take \"typo\""]
        );
    }
}
