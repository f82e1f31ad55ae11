//! Persons, the teams they form, and the ways in.

mod callers;
mod person;
mod store;

pub use callers::Callers;
pub use person::{Density, Person, Preferences, Theme};
