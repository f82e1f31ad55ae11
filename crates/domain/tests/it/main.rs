//! The domain's rules on a real Postgres, one database per test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod apply;
mod away;
mod catalog;
mod changes;
mod findings;
mod incidents;
mod load;
mod migrations;
mod notify;
mod ownership;
mod paging;
mod people;
mod provisioning;
mod review;
mod rota;
mod support;
mod terraform_states;
mod usage;
mod warnings;
mod wins;
mod work;
mod world;
