//! Persons, the teams they form, and the ways in.
//!
//! A [`Person`] is an account and somebody teams are made of; a [`Team`] has a place in the tree of teams. Who is in
//! which team is dated and never forgotten ([`members`], [`stays`]). Rights follow from it: [`team_rights`] and
//! [`require_team`] say who may edit what a team owns. Descriptors bring teams and people in by the batch
//! ([`apply_seeds`]).

mod callers;
mod check;
mod membership;
mod person;
mod rights;
mod secret;
mod seed;
mod store;
mod team;

pub use callers::Callers;
pub use membership::{Member, Origin, Stay, add_member, end_membership, former_members, members, stays};
pub use person::{
    Density, NewPerson, PeopleFilter, Person, PersonEdit, PersonName, Preferences, Theme, create_person, edit_person, find_people,
    may_edit_person, me, people, person, person_by_id, person_names, reports, set_preferences,
};
pub use rights::{Rights, editable_teams, has_active_members, leads_to_ask, require_team, team_ids_of, team_rights};
pub use seed::{GroupSeed, Seeded, UserSeed, apply_seeds, release_seeds};
pub use team::{
    NewTeam, OrgTeam, Role, Team, TeamEdit, TeamName, ancestors, create_team, edit_team, find_teams, led_by, org, sub_teams, team,
    team_by_id, teams,
};
