//! Checks of what people type. Each adds its problem to the list, so that a form shows all of them at once.

use crate::{Error, Problem, Result};

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<Problem>);

impl Checks {
    /// Adds a problem.
    pub(crate) fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(Problem { field: field.into(), message: message.into() });
    }

    /// One line of text that must be there, without blanks at its ends.
    pub(crate) fn line(&mut self, field: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.problem(field, "is needed");
        } else if text.chars().any(char::is_control) {
            self.problem(field, "must be one line without control characters");
        } else if text.chars().count() > max {
            self.problem(field, format!("may have {max} characters at most"));
        }
        text.to_owned()
    }

    /// One line of text or nothing.
    pub(crate) fn optional_line(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        let text = text.map(str::trim).filter(|t| !t.is_empty())?;
        Some(self.line(field, text, max))
    }

    /// Text of several lines, or nothing.
    pub(crate) fn text(&mut self, field: &str, text: &str, max: usize) -> String {
        let text = text.trim().replace("\r\n", "\n");
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.problem(field, "must not contain control characters");
        } else if text.chars().count() > max {
            self.problem(field, format!("may have {max} characters at most"));
        }
        text
    }

    /// A handle or slug.
    pub(crate) fn key(&mut self, field: &str, text: &str) -> String {
        let text = text.trim();
        if !is_key(text) {
            let hint = suggest_key(text).map(|s| format!("; {s} would do")).unwrap_or_default();
            self.problem(field, format!("must be 1 to 63 letters, digits, dots, hyphens or underscores, with a letter or digit at both ends{hint}"));
        } else if is_reserved(text) {
            self.problem(
                field,
                format!(
                    "cannot be {text:?}: the portal has a page of its own at that address; choose another"
                ),
            );
        }
        text.to_owned()
    }

    /// An e-mail address, roughly: whether it works only a mail can tell.
    pub(crate) fn email(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let text = self.optional_line(field, text, 254)?;
        if !is_email(&text) {
            self.problem(field, "must be an e-mail address like imke@fairhaven.example");
        }
        Some(text)
    }

    /// An IANA time zone.
    pub(crate) fn time_zone(&mut self, field: &str, text: &str) -> String {
        let text = text.trim();
        if !is_time_zone(text) {
            self.problem(field, "must be the name of a time zone like Europe/Amsterdam");
        }
        text.to_owned()
    }

    /// A link that a browser may follow.
    pub(crate) fn link(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let text = self.optional_line(field, text, 2000)?;
        if !is_link(&text) {
            self.problem(field, "must be a link that begins with https:// or http://");
        }
        Some(text)
    }

    /// Whether anything is wrong so far.
    pub(crate) fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

/// Whether a text may be a handle or slug.
pub(crate) fn is_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    bytes.len() <= 63
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// Whether an address of the portal itself stands where this handle or slug would: `/teams/new`.
pub(crate) fn is_reserved(key: &str) -> bool {
    key.eq_ignore_ascii_case("new")
}

/// The nearest key to what was typed, if there is one.
pub(crate) fn suggest_key(text: &str) -> Option<String> {
    let mut key = String::new();
    for c in text.trim().chars() {
        if c.is_ascii_alphanumeric() {
            key.push(c.to_ascii_lowercase());
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    key.truncate(63);
    let key = key.trim_end_matches('-');
    is_key(key).then(|| key.to_owned())
}

pub(crate) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && !host.contains('@')
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !text
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';'))
    })
}

pub(crate) fn is_time_zone(text: &str) -> bool {
    text == "UTC" || (text.contains('/') && jiff::tz::TimeZone::get(text).is_ok())
}

pub(crate) fn is_link(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

/// A text that a statement may hold: without control characters and not longer than `max` characters.
pub(crate) fn tame(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

/// A search text as a LIKE pattern that finds it anywhere, its own wildcards made harmless.
pub(crate) fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in tame(text.trim(), 200).to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_descriptors_allow() {
        for good in ["a", "imke", "Imke.V_2-x", &"x".repeat(63)] {
            assert!(is_key(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "ä", "a/b", &"x".repeat(64)] {
            assert!(!is_key(bad), "{bad}");
        }
        assert_eq!(suggest_key(" Slot Planner! ").as_deref(), Some("slot-planner"));
        assert_eq!(suggest_key("!!!"), None);
    }

    #[test]
    fn addresses_zones_and_links() {
        assert!(
            is_email("imke@fairhaven.example")
                && !is_email("imke")
                && !is_email("a@b@c.d")
                && !is_email("a b@c.de")
                && !is_email("a@.c")
        );
        assert!(
            is_time_zone("Europe/Amsterdam")
                && is_time_zone("UTC")
                && !is_time_zone("Mars/Base")
                && !is_time_zone("")
        );
        assert!(is_link("https://chat.example/x") && !is_link("javascript:alert(1)") && !is_link("/x"));
    }

    #[test]
    fn every_problem_is_listed() {
        let mut checks = Checks::default();
        checks.line("name", " ", 200);
        checks.email("email", Some("nonsense"));
        checks.key("handle", "Imke de Vries");
        let Err(Error::Invalid(problems)) = checks.done() else { panic!("must be refused") };
        assert_eq!(
            problems.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(),
            ["name", "email", "handle"]
        );
        assert!(problems[2].message.ends_with("imke-de-vries would do"), "{}", problems[2].message);
    }

    #[test]
    fn wildcards_are_harmless() {
        assert_eq!(anywhere(" 50%_A\\\0 "), "%50\\%\\_a\\\\%");
    }
}
