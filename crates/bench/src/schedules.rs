//! Two schedules for each team of the catalog, made through the API: on-call by week and support by day. Making one
//! computes and keeps its shifts for 26 weeks.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::{
    generate::Catalog,
    load::{self, Client},
    workload::Caller,
};

/// What making or reading them came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    /// How many.
    pub(crate) schedules: usize,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Slug of a team's on-call schedule.
pub(crate) fn slug(team: &str) -> String {
    format!("{team}-on-call")
}

/// Makes them, one after the other.
pub(crate) async fn make(port: u16, caller: &Caller, catalog: &Catalog) -> Result<Made> {
    let bearer = format!("Bearer {}", caller.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let members = members(catalog);
    let bodies: Vec<Value> = catalog
        .teams
        .iter()
        .flat_map(|team| {
            let people = members.get(team.as_str()).cloned().unwrap_or_default();
            [
                schedule(team, &slug(team), "on-call", "weeks", &people),
                schedule(team, &format!("{team}-support"), "support", "days", &people),
            ]
        })
        .collect();
    let mut client = Client::connect(port).await?;
    let started = Instant::now();
    for body in &bodies {
        let answer =
            client.send(&load::request("POST", "/api/v1/schedules", &headers, &body.to_string())).await?;
        if answer.status != 201 {
            bail!("a schedule was refused: {}{}", client.head(answer), client.body(answer));
        }
    }
    Ok(Made { schedules: bodies.len(), took: started.elapsed() })
}

/// Requests for all shifts until `horizon`, of a thousand schedules at most.
pub(crate) fn weeks(caller: &Caller, catalog: &Catalog, horizon: &str) -> Vec<Vec<u8>> {
    let bearer = format!("Bearer {}", caller.token);
    let slugs = catalog.teams.iter().flat_map(|team| [slug(team), format!("{team}-support")]);
    let get = |slug: String| {
        load::get(&format!("/api/v1/schedules/{slug}/shifts?to={horizon}"), &[("authorization", &bearer)])
    };
    slugs.take(1000).map(get).collect()
}

fn schedule(team: &str, slug: &str, purpose: &str, unit: &str, people: &[&str]) -> Value {
    let layer = json!({
        "name": "Everybody", "hand_off": "2026-01-05T09:00", "every": 1, "unit": unit, "participants": people,
    });
    json!({
        "team": team, "slug": slug, "name": slug, "purpose": purpose, "time_zone": "Europe/Amsterdam", "layers": [layer],
    })
}

/// Handles of the people of each team.
fn members(catalog: &Catalog) -> BTreeMap<&str, Vec<&str>> {
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for user in catalog.entities.iter().filter(|e| e["kind"] == "User") {
        let Some(handle) = user["metadata"]["name"].as_str() else { continue };
        for team in user["spec"]["memberOf"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            members.entry(team).or_default().push(handle);
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::members;
    use crate::generate::{Catalog, SEED};

    #[test]
    fn every_team_has_people_enough_for_a_rotation() {
        let catalog = Catalog::new(1000, SEED);
        let members = members(&catalog);
        for team in &catalog.teams {
            let people = members.get(team.as_str()).map_or(0, Vec::len);
            assert!(people >= 4, "{team} has {people}");
        }
    }
}
