//! The domain's rules on a real Postgres, one database per test.

mod apply;
mod catalog;
mod changes;
mod findings;
mod ownership;
mod people;
mod usage;
mod world;
