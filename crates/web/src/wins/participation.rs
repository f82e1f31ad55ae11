//! Who took part, over cycles. It is there to help: the order is that of the tree, and nothing is counted up.

use askama::Template;
use axum::{extract::Query, response::Response};
use portolan_domain::{
    people::{self, TeamName},
    wins::{self, Cycle, Part, Participation},
};

use crate::{
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
};

/// Cycles that are shown: as many as a screen holds; a quarter of two weeks each.
const CYCLES: i64 = 6;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    team: String,
}

#[derive(Template)]
#[template(path = "wins/participation.html")]
struct ParticipationPage {
    shell: Shell,
    /// Teams that the viewer is in or leads.
    teams: Vec<TeamName>,
    /// The team that is looked at; empty: there is none to look at.
    team: String,
    name: String,
    cycles: Vec<Cycle>,
    rows: Vec<Participation>,
}

/// Icon and class of how a team took part; the word stands beside it.
pub(crate) fn shape(part: &Part) -> (&'static str, &'static str) {
    match part {
        Part::OnTime => ("ok", "ok"),
        Part::Late => ("warn", "warn"),
        Part::Quiet => ("info", "info"),
        Part::Missed => ("close", "unknown"),
        Part::Open => ("ahead", "unknown"),
    }
}

impl ParticipationPage {
    /// The cycles with what one team did in each.
    fn cells<'p>(&'p self, row: &'p Participation) -> Vec<(&'p Cycle, Option<&'p Part>)> {
        self.cycles.iter().zip(row.parts.iter().map(Option::as_ref)).collect()
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let teams = own_teams(&mut viewer).await?;
    let team = if asked.team.is_empty() {
        teams.first().map(|t| t.slug.clone()).unwrap_or_default()
    } else {
        asked.team
    };
    let (mut name, mut cycles, mut rows) = (String::new(), Vec::new(), Vec::new());
    if !team.is_empty() {
        let cx = &mut viewer.cx();
        name = people::team(cx, &team).await?.name;
        (cycles, rows) = wins::participation(cx, &team, CYCLES).await?;
    }
    page::html(&ParticipationPage { shell: viewer.shell(Nav::Wins), teams, team, name, cycles, rows })
}

/// The teams that the viewer leads and those they are in, each once: the led ones first.
pub(super) async fn own_teams(viewer: &mut Viewer) -> Result<Vec<TeamName>, PageError> {
    let Some(me) = viewer.person() else { return Ok(Vec::new()) };
    let cx = &mut viewer.cx();
    let mut teams = people::led_by(cx, me).await?;
    let ids = people::team_ids_of(cx, me).await?;
    for team in people::team_names(cx, &ids).await? {
        if teams.iter().all(|known| known.id != team.id) {
            teams.push(team);
        }
    }
    Ok(teams)
}
