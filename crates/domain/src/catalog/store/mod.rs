//! All SQL of the catalog, by what it serves.

pub(super) mod apply;
pub(super) mod edit;
pub(super) mod entity;
pub(super) mod facets;
pub(super) mod findings;
pub(super) mod likely;
pub(super) mod list;
pub(super) mod ownership;
pub(super) mod relation;
pub(super) mod row;
pub(super) mod search;
