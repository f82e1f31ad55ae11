//! The outside world behind small functions: what a vendor sends and signs becomes the domain's own records.

pub mod alertmanager;
pub mod executors;
pub mod fault;
pub mod fetch;
pub mod generic_alert;
pub mod github;
pub mod gitlab;
pub mod guard;
pub mod smtp;
pub mod webhook;

/// Why something did not get where it was sent, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It may the next time.
    #[error("{0}")]
    Passing(String),
    /// It will not, however often it is tried.
    #[error("{0}")]
    Lasting(String),
}
pub mod pagerduty;

/// Why a payload is of no use, for whoever looks at the sender's log of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPayload {
    /// Not JSON, or JSON of another shape.
    #[error("is not a delivery of this event: {0}")]
    Shape(String),
    /// A needed field is missing or empty.
    #[error("lacks {0}")]
    Missing(&'static str),
}

/// The text, unless it is blank.
fn said(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

/// Only what a browser may follow and the domain takes: a bad link is left out, and the deployment is told all the same.
fn web_link(text: Option<String>) -> Option<String> {
    said(text).filter(|t| {
        t.chars().count() <= 2000
            && !t.chars().any(char::is_control)
            && url::Url::parse(t).is_ok_and(|u| matches!(u.scheme(), "http" | "https"))
    })
}

/// A text cut to what the domain takes.
fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(most).collect()
}
