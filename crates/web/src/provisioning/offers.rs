//! What can be had: the ladder, from what spares its users most.

use askama::Template;
use axum::{extract::Query, response::Response};
use portolan_domain::{
    Error, Limit, people,
    provisioning::{self, Experience, Listed, RequestFilter, State},
};

use super::said;
use crate::{
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// What an address may bring along.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    /// What it is for: the forms begin with it.
    #[serde(default)]
    service: String,
}

#[derive(Template)]
#[template(path = "provisioning/offers.html")]
struct OffersPage {
    shell: Shell,
    asked: Asked,
    rungs: Vec<Rung>,
    /// My requests that are not over.
    making: i64,
    /// What waits for my word.
    waits: usize,
    /// Half of all that was asked for was there within this.
    usual: Option<String>,
    /// Percent that needed no human.
    unattended: Option<i64>,
    /// The team that offers most: it is asked for what is missing.
    platform: Option<(String, String)>,
    may_offer: bool,
}

/// Offerings of one experience.
struct Rung {
    number: usize,
    title: &'static str,
    spares: &'static str,
    offers: Vec<Listed>,
}

impl OffersPage {
    /// What those say who answered how it was.
    fn liked(&self, offer: &Listed) -> Option<String> {
        let mean = offer.figures.satisfaction?;
        let response = offer.figures.response_percent().unwrap_or_default();
        Some(format!("{mean:.1} of 5 from the {response}% who answered"))
    }

    fn made(&self, offer: &Listed) -> String {
        let figures = &offer.figures;
        let used = match figures.teams {
            0 => String::new(),
            n => format!(", by {}", words::counted(n, "team", "teams")),
        };
        format!("{} · {} in use{used}", offer.sharing.title(), words::count(figures.in_use))
    }
}

pub(super) async fn show(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let me = viewer.person().ok_or(Error::Unauthenticated)?;
    let cx = &mut viewer.cx();
    let all = provisioning::offerings(cx).await?;
    let going = vec![State::AwaitingApproval, State::Approved, State::Running, State::NeedsAttention];
    let mine = RequestFilter { by: Some(me), states: going, ..RequestFilter::default() };
    let making = provisioning::requests(cx, &mine, None, Limit::new(1)?).await?.total;
    let waits = provisioning::waits_on_me(cx).await?.len();
    let may_offer = cx.admin().is_ok() || !people::team_ids_of(cx, me).await?.is_empty();
    page::html(&OffersPage {
        shell: viewer.shell(Nav::Provision),
        asked,
        making,
        waits,
        usual: usual(&all).map(said::lasts),
        unattended: unattended(&all),
        platform: platform(&all),
        rungs: rungs(all),
        may_offer,
    })
}

fn rungs(all: Vec<Listed>) -> Vec<Rung> {
    let mut all = all;
    let mut rungs = Vec::new();
    for experience in Experience::ALL {
        let (offers, rest) =
            std::mem::take(&mut all).into_iter().partition(|o: &Listed| o.experience == *experience);
        all = rest;
        let offers: Vec<Listed> = offers;
        if !offers.is_empty() {
            let number = rungs.len() + 1;
            rungs.push(Rung { number, title: experience.title(), spares: said::rung(*experience), offers });
        }
    }
    rungs
}

/// The usual wait of all, each offering counted by how often it was had.
fn usual(all: &[Listed]) -> Option<i64> {
    let (mut sum, mut count) = (0_i64, 0_i64);
    for figures in all.iter().map(|o| o.figures) {
        if let Some(seconds) = figures.usual_seconds {
            sum = sum.saturating_add(seconds.saturating_mul(figures.succeeded));
            count = count.saturating_add(figures.succeeded);
        }
    }
    (count > 0).then(|| sum / count)
}

fn unattended(all: &[Listed]) -> Option<i64> {
    let succeeded: i64 = all.iter().map(|o| o.figures.succeeded).sum();
    let alone: i64 = all.iter().map(|o| o.figures.without_a_human).sum();
    (succeeded > 0).then(|| 100 * alone / succeeded)
}

/// Whoever offers most, by name and slug.
fn platform(all: &[Listed]) -> Option<(String, String)> {
    let of = |slug: &str| all.iter().filter(|o| o.team.slug == slug).count();
    let team = all.iter().map(|o| &o.team).max_by_key(|team| of(&team.slug))?;
    Some((team.slug.clone(), team.name.clone()))
}
