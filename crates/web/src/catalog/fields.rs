//! Fields that several forms of the catalog have.

use portolan_domain::{
    Error, Limit,
    catalog::{
        self, Filter, Kind, Sort,
        descriptor::{Audience, Slo},
    },
};
use serde_json::{Value, json};

use crate::{caller::Viewer, error::PageError, form::Form};

/// Systems to choose from: reference and name.
pub(super) async fn systems(viewer: &mut Viewer) -> Result<Vec<(String, String)>, PageError> {
    let filter = Filter { kinds: vec![Kind::System], ..Filter::default() };
    let all = catalog::list(&mut viewer.cx(), &filter, Sort::Name, None, Limit::new(Limit::MAX)?).await?;
    Ok(all.items.into_iter().map(|s| (s.reference.to_string(), s.label().to_owned())).collect())
}

/// Items of a list typed with commas or line breaks between them.
pub(super) fn items(text: &str) -> Vec<String> {
    text.split([',', '\n']).map(str::trim).filter(|i| !i.is_empty()).map(str::to_owned).collect()
}

/// Objectives as lines that people can edit: `99.9% over 30d, customer: checkouts succeed`.
pub(super) fn slo_lines(slos: &[Slo]) -> String {
    let line = |slo: &Slo| {
        let audience = if slo.audience == Audience::Customer { "customer" } else { "internal" };
        format!("{}% over {}, {audience}: {}", slo.objective, slo.window, slo.name)
    };
    slos.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The objectives of such lines. A line of another form is named by its number.
pub(super) fn slos_from_lines(text: &str) -> Result<Value, Error> {
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, l)| !l.is_empty());
    let read = |(i, line): (usize, &str)| {
        slo(line).ok_or_else(|| {
            Error::invalid(
                "slos",
                format!("line {} must read like: 99.9% over 30d, customer: checkouts succeed", i + 1),
            )
        })
    };
    Ok(Value::Array(lines.map(read).collect::<Result<_, _>>()?))
}

/// The same error, naming the line that cannot be read instead of the objectives as a whole.
pub(super) fn by_line(form: &Form, error: Error) -> Error {
    let text = form.optional("slos").unwrap_or_default();
    match (error, slos_from_lines(&text)) {
        (Error::Invalid(mut problems), Err(Error::Invalid(lines))) => {
            problems.retain(|p| p.field != "slos");
            problems.extend(lines);
            Error::Invalid(problems)
        }
        (error, _) => error,
    }
}

fn slo(line: &str) -> Option<Value> {
    let (terms, name) = line.split_once(':')?;
    let (promise, audience) = terms.split_once(',').unwrap_or((terms, "internal"));
    let (objective, window) = promise.split_once("over")?;
    let objective: f64 = objective.trim().trim_end_matches('%').trim_end().parse().ok()?;
    Some(
        json!({"name": name.trim(), "objective": objective, "window": window.trim(), "audience": audience.trim()}),
    )
}

#[cfg(test)]
mod tests {
    use portolan_domain::Problem;

    use super::*;

    #[test]
    fn objectives_survive_being_shown_and_read_again() {
        let text =
            "99.9% over 30d, customer: checkouts succeed\n99% over 7d, internal: answers within 300 ms: p99";
        let read = slos_from_lines(text).unwrap();
        assert_eq!(read[1]["name"], "answers within 300 ms: p99");
        let slos: Vec<Slo> = serde_json::from_value(read).unwrap();
        assert_eq!(slo_lines(&slos), text);
    }

    #[test]
    fn a_line_of_another_form_is_named() {
        let error = slos_from_lines("99.9% over 30d: fine\n\nalways up").unwrap_err();
        assert!(error.to_string().contains("line 3 must read like"), "{error}");
    }

    #[test]
    fn a_line_is_named_beside_all_else_that_is_wrong() {
        let problem = |field: &str| Problem { field: field.into(), message: "is wrong".into() };
        let form = Form::blank().with("slos", "always up");
        let Error::Invalid(told) = by_line(&form, Error::Invalid(vec![problem("slos"), problem("name")]))
        else {
            panic!("still an invalid form")
        };
        assert_eq!(told.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), ["name", "slos"]);
        assert!(told[1].message.starts_with("line 1 must read like"), "{told:?}");
        assert!(matches!(by_line(&form, Error::Stale), Error::Stale));
    }

    #[test]
    fn items_are_split_at_commas_and_lines() {
        assert_eq!(items("a, b\nc,,\n "), ["a", "b", "c"]);
    }
}
