//! Persons, the teams they form, and the ways in.

mod callers;
mod persons;
mod rights;
mod seeds;
mod sign_in;
mod teams;
mod tokens;

use portolan_domain::{Error, Result};

/// The message of a refusal; panics if it was none of these.
fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Forbidden(message) | Error::Conflict(message)) => message,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

/// The fields that are wrong and why; panics if none is.
fn problems<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(problems)) => {
            problems.into_iter().map(|p| format!("{} {}", p.field, p.message)).collect()
        }
        other => panic!("expected problems, not {other:?}"),
    }
}
