//! The domain's rules on a real Postgres, one database per test.

mod apply;
mod people;
