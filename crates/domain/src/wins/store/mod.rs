//! Statements of wins and challenges, by the module that asks them.

pub(super) mod archive;
pub(super) mod below;
pub(super) mod challenge;
pub(super) mod cycle;
pub(super) mod entry;
pub(super) mod facts;
pub(super) mod feed;
pub(super) mod letter;
pub(super) mod list;
pub(super) mod naming;
pub(super) mod plan;
pub(super) mod provenance;
pub(super) mod publication;
pub(super) mod thread;
pub(super) mod turn;
pub(super) mod update;
pub(super) mod write;
pub(super) mod year;
