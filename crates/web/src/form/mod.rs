//! A form as it was typed, with what is wrong in it. It is rendered again with every word kept.

pub(crate) mod labels;
mod overtaken;

use axum::{
    body::Bytes,
    extract::{FromRequest, MatchedPath, Request},
    http::StatusCode,
};
use portolan_domain::{Error, Problem};

use overtaken::Meanwhile;

use crate::{Shared, error::PageError, words};

/// The fields of a form. As an extractor: what the browser sent. Made by hand: what to begin with.
///
/// A handler reads values from it, calls the operation, and on an error hands it to [`Form::refuse`] and renders the
/// page again; the macros of `parts/form.html` show values and problems.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    problems: Vec<Problem>,
    refusal: Option<String>,
    meanwhile: Option<Vec<Meanwhile>>,
    /// Where it was sent to, as the router has it.
    route: String,
    /// Fields that only this form has, and what people see beside them.
    called: Vec<(String, String)>,
}

impl Form {
    /// An empty form; fill it with [`Form::with`].
    pub(crate) fn blank() -> Self {
        Self::default()
    }

    /// The same with this field set.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over what they have")]
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }

    /// The same with this field set, if there is a value.
    pub(crate) fn with_optional(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same, with a field that a document made and not the program, and what people see beside it.
    pub(crate) fn called(mut self, name: &str, label: &str) -> Self {
        self.called.push((name.to_owned(), label.to_owned()));
        self
    }

    /// The same with these values of a field instead of those it has.
    pub(crate) fn replaced(&self, name: &str, values: &[String]) -> Self {
        let others = self.fields.iter().filter(|(n, _)| n != name).cloned();
        let given = values.iter().map(|value| (name.to_owned(), value.clone()));
        Self { fields: others.chain(given).collect(), ..self.clone() }
    }

    /// What stands in the field; empty if nothing.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The field's text without space around it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.value(name).trim().to_owned()
    }

    /// The same, none if empty.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// All values of a field given several times.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.fields.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether the field has this value (also among several): selects, radio buttons, checkboxes.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.fields.iter().any(|(n, v)| n == name && v == value)
    }

    /// Whether a checkbox without a value of its own was ticked.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.fields.iter().any(|(n, _)| n == name)
    }

    /// The version of the thing that the form shows, for the operation to compare.
    pub(crate) fn version(&self) -> Option<i64> {
        self.value("version").parse().ok()
    }

    /// What is wrong with a field.
    pub(crate) fn problem(&self, name: &str) -> Option<String> {
        let found = self.problems.iter().find(|p| labels::split(&p.field).0 == name)?;
        Some(words::sentence(&found.message))
    }

    /// Whether something is wrong with any of these fields.
    pub(crate) fn has_problem(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.problem(name).is_some())
    }

    /// All that is wrong, for the summary at the top: the field's name if the form has it, and the words.
    pub(crate) fn problems(&self) -> Vec<(Option<&str>, String)> {
        let told = |p: &'_ Problem| {
            let (_, place) = labels::split(&p.field);
            format!("{}{place}: {}", self.label(labels::split(&p.field).0).trim_end_matches('?'), p.message)
        };
        let called = |name: &str| self.called.iter().any(|(field, _)| field == name);
        let here = |name: &str| self.flag(name) || called(name) || matches!(name, "roles" | "scope");
        self.problems
            .iter()
            .map(|p| (Some(labels::split(&p.field).0).filter(|name| here(name)), told(p)))
            .collect()
    }

    /// What people see beside a field.
    pub(crate) fn label(&self, name: &str) -> String {
        let called = self.called.iter().find(|(field, _)| field == name);
        called.map_or_else(|| labels::label(&self.route, name), |(_, label)| label.clone())
    }

    /// Why the whole was refused, if not for a field.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// Whether there is anything to say at the top.
    pub(crate) fn is_refused(&self) -> bool {
        self.refusal.is_some() || !self.problems.is_empty()
    }

    /// Notes why the operation refused, for the form to be shown again with this status. Errors that no typing can
    /// mend are handed back.
    pub(crate) fn refuse(&mut self, error: Error) -> Result<StatusCode, PageError> {
        match error {
            Error::Invalid(problems) => {
                self.problems = problems;
                Ok(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Error::Conflict(_) | Error::Stale => {
                self.refusal = Some(words::sentence(&error.to_string()));
                Ok(StatusCode::CONFLICT)
            }
            Error::Throttled(_) => {
                self.refusal = Some(words::sentence(&error.to_string()));
                Ok(StatusCode::TOO_MANY_REQUESTS)
            }
            other => Err(other.into()),
        }
    }
}

impl FromRequest<Shared> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, portal: &Shared) -> Result<Self, PageError> {
        let route = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
        let bytes = Bytes::from_request(request, portal).await.map_err(|e| PageError::plain(e.status()))?;
        Ok(Self { route: route.unwrap_or_default(), ..Self::read(&bytes) })
    }
}

impl Form {
    /// From a body. Browsers send CRLF for a line break in a text area; the domain thinks in LF.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let fields = url::form_urlencoded::parse(bytes)
            .map(|(n, v)| (n.into_owned(), v.replace("\r\n", "\n")))
            .collect();
        Self { fields, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_typed_beside_what_is_wrong() {
        let mut form = Form::read(b"name=+Slot+planner&tag=a&tag=b&note=x%0D%0Ay&version=7");
        assert_eq!(form.text("name"), "Slot planner");
        assert_eq!(form.value("name"), " Slot planner");
        assert_eq!(form.all("tag"), ["a", "b"]);
        assert!(form.is("tag", "b") && !form.is("tag", "c"));
        assert_eq!(form.value("note"), "x\ny");
        assert_eq!(form.version(), Some(7));
        assert_eq!(form.optional("missing"), None);

        let status = form.refuse(Error::invalid("name", "may have letters, digits and hyphens")).unwrap();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(form.problem("name").as_deref(), Some("May have letters, digits and hyphens"));
        assert_eq!(
            form.problems(),
            [(Some("name"), "Name: may have letters, digits and hyphens".to_owned())]
        );
        assert_eq!(form.value("name"), " Slot planner");
    }

    #[test]
    fn problems_are_told_in_the_words_beside_the_fields() {
        let mut form = Form::read(b"name=&depends_on=x&links=");
        form.route = "/account/tokens/new".into();
        let problem = |field: &str| Problem { field: field.into(), message: "is wrong".into() };
        let all = ["name", "depends_on[1]", "links[0].url", "namespace"];
        form.refuse(Error::Invalid(all.map(problem).into())).unwrap();
        let words: Vec<_> = form.problems();
        let told = |name: Option<&'static str>, words: &str| (name, words.to_owned());
        assert_eq!(
            words,
            [
                told(Some("name"), "What is it for: is wrong"),
                told(Some("depends_on"), "It needs, entry 2: is wrong"),
                told(Some("links"), "Links, entry 1, url: is wrong"),
                told(None, "Namespace: is wrong"), // there is no such field to go to
            ]
        );
        assert!(form.problem("depends_on").is_some() && form.problem("depends").is_none());
    }

    #[test]
    fn what_no_typing_can_mend_is_handed_on() {
        assert!(Form::blank().refuse(Error::Unauthenticated).is_err());
        let mut form = Form::blank();
        assert_eq!(form.refuse(Error::Stale).unwrap(), StatusCode::CONFLICT);
        assert!(form.refusal().is_some_and(|r| r.starts_with("It was changed meanwhile")));
    }
}
