//! Persons, the teams they form, and the ways in.
//!
//! A [`Person`] is an account and somebody teams are made of; a [`Team`] has a place in the tree of teams. Who is in
//! which team is dated and never forgotten ([`members`], [`stays`]). Rights follow from it: [`team_rights`] and
//! [`require_team`] say who may edit what a team owns. Descriptors bring teams and people in by the batch
//! ([`apply_seeds`]).
//!
//! The ways in are a password ([`sign_in`]), a one-time link ([`use_sign_in_link`], [`set_up`]) and, for programs, a personal
//! token ([`create_token`]). [`Callers`] says whom a cookie or token stands for.

mod callers;
mod changed;
mod identity;
mod membership;
mod password;
mod person;
mod person_edit;
mod rights;
mod seed;
mod session;
mod sign_in;
mod store;
mod team;
mod team_edit;
mod token;

pub use callers::Callers;
pub use identity::{Identity, identities, link_identity, person_by_identity};
pub use membership::{Member, Origin, Stay, add_member, end_membership, former_members, members, stays};
pub use password::{SHORTEST_PASSWORD, has_password, set_password};
pub(crate) use person::meant as person_meant;
pub use person::{
    Density, PeopleFilter, Person, PersonName, Preferences, Theme, active_people, find_people, me, people,
    person, person_by_id, person_names, reports, set_preferences,
};
pub use person_edit::{NewPerson, PersonEdit, create_person, edit_person, may_edit_person};
pub use rights::{
    Rights, editable_teams, has_active_members, leads_to_ask, require_insider, require_team, team_ids_of,
    team_rights, teams_answered_for,
};
pub use seed::{GroupSeed, Seeded, UserSeed, apply_seeds, place_teams, release_seeds};
pub use session::{Session, end_all_sessions, end_session, sessions, sign_out};
pub use sign_in::{
    Device, FirstAdmin, OneTimeLink, Persona, SignedIn, create_set_up_link, create_sign_in_link,
    demo_personas, grant_demo_admin, is_set_up, set_up, set_up_link, sign_in, sign_in_as_persona,
    sign_in_link, sweep, use_sign_in_link,
};
pub use team::{
    OrgTeam, Role, Team, TeamName, ancestors, find_teams, led_by, org, sub_teams, team, team_by_id,
    team_names, teams, teams_by_slug,
};
pub use team_edit::{NewTeam, TeamEdit, create_team, edit_team};
pub use token::{NewToken, TOKEN_PREFIX, Token, create_token, create_token_for, revoke_token, tokens};
