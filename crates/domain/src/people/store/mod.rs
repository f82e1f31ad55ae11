//! SQL of the slice, one file per table or so.

mod membership;
mod person;
mod rights;
mod seed;
mod session;
mod team;

pub(super) use membership::*;
pub(super) use person::*;
pub(super) use rights::*;
pub(super) use seed::*;
pub(super) use session::*;
pub(super) use team::*;
