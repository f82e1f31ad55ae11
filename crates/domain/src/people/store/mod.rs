//! SQL of the slice, one file per table or so.

mod membership;
mod person;
mod rights;
mod seed;
mod session;
mod sign_in;
mod team;
mod token;

pub(super) use membership::*;
pub(super) use person::*;
pub(super) use rights::*;
pub(super) use seed::*;
pub(super) use session::*;
pub(super) use sign_in::*;
pub(super) use team::*;
pub(super) use token::*;
