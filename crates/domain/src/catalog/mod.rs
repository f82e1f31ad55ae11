//! The catalog: entities, what they say about each other, who owns them and since when.

pub mod apply;
mod correct;
pub mod descriptor;
mod document;
mod edit;
mod entity;
mod facets;
mod fact;
mod filter;
pub mod findings;
mod kind;
pub mod likely;
pub mod ownership;
mod read;
mod reference;
mod relation;
mod search;
mod store;
mod words;

pub use correct::correct;
pub use edit::{EntityEdit, Link, NewEntity, delete, edit, may_edit, may_run, register, require_runs};
pub use entity::{Entity, Origin, Owner, Party, Summary};
pub use facets::{Choice, Facet, MOST_CHOICES, facets};
pub use fact::{Field, Provenance, clear_fact, provenance, set_fact};
pub use filter::{Dimension, Filter, Sort};
pub use kind::Kind;
pub use read::{Listing, MAX_REFS, annotation_of_team, by_refs, get, history, list, operators, ownerless};
pub use reference::{BadRef, EntityRef};
pub use relation::{
    ApiUse, Apis, Edge, MOST_NEIGHBOURS, MOST_RELATIONS, Neighbour, Neighbourhood, Owned, Relation,
    RelationKind, Relations, apis, neighbourhood, owned_by, parts, relations,
};
pub use search::{Found, search};
