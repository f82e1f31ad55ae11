//! The reading side of wins and challenges: its routes, and what its pages have in common.

use axum::{
    Router,
    extract::{FromRequestParts, Path, Request, State},
    handler::Handler,
    http::header,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use portolan_domain::{
    Error,
    wins::{Cycle, Update, UpdateState, Words},
};

use super::{admin, archive, challenges, cycle, feeds, participation, read, stop, team, year};
use crate::{Shared, caller::Viewer, error::PageError, letters, markdown, words};

/// The routes of what is read, and of what a team and an admin set.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/wins", get(read::home))
        .route("/wins/{team}/{cycle}", get(read::show))
        .route("/wins/publications/{id}/words", post(read::speak))
        .route("/wins/publications/{id}/addenda", post(read::add))
        .route("/wins/words/{id}/removal", post(read::remove))
        .route("/wins/updates/{id}/preview", get(read::preview))
        .route("/wins/archive", get(archive::show))
        .route("/wins/challenges", get(challenges::show))
        .route("/wins/challenges/{id}/closing", post(challenges::close))
        .route("/wins/challenges/{id}/reopening", post(challenges::reopen))
        .route("/wins/participation", get(participation::show))
        .route("/wins/cycles/{id}", or_publication("cycles", cycle::show))
        .route("/wins/year", get(year::show))
        .route("/wins/feeds", get(feeds::show).post(feeds::make))
        .route("/wins/feeds/{id}/revocation", post(feeds::revoke))
        .route("/feeds/wins/{secret}", get(feeds::read))
        .route("/wins/stop/{secret}", or_publication("stop", stop::ask).post(stop::stop))
        .route("/teams/{slug}/wins", get(team::show))
        .route("/teams/{slug}/wins/settings", get(team::settings))
        .route("/teams/{slug}/wins/deputy", post(team::set_deputy))
        .route("/teams/{slug}/wins/terms", post(team::put_term))
        .route("/teams/{slug}/wins/terms/removal", post(team::remove_term))
        .route("/teams/{slug}/wins/lists", post(team::create_list))
        .route("/teams/{slug}/wins/lists/{id}/deletion", post(team::delete_list))
        .route("/teams/{slug}/wins/lists/{id}/members", post(team::add_to_list))
        .route("/teams/{slug}/wins/members/{id}/removal", post(team::remove_from_list))
        .route("/admin/wins", get(admin::show))
        .route("/admin/wins/new", get(admin::blank).post(admin::create))
        .route("/admin/wins/{id}", get(admin::form).post(admin::save))
        .route("/admin/wins/addresses/{id}/leave", post(admin::allow))
        .route("/admin/wins/addresses/{id}/removal", post(admin::refuse))
}

/// What is read at an address below a word that a team may be called by too: its publication where a cycle is named, else what the
/// handler shows. Keys and secrets never look like a cycle, so both are reached, whatever teams are called.
pub(super) fn or_publication<H, T>(team: &'static str, handler: H) -> MethodRouter<Shared>
where
    H: Handler<T, Shared> + Sync,
    T: 'static,
{
    get(move |State(portal): State<Shared>, request: Request| async move {
        let last = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        if !is_cycle(&last) {
            return handler.call(request, portal).await;
        }
        let (mut parts, _) = request.into_parts();
        match Viewer::from_request_parts(&mut parts, &portal).await {
            Ok(viewer) => read::show(viewer, Path((team.to_owned(), last))).await.into_response(),
            Err(nobody) => nobody.into_response(),
        }
    })
}

/// Whether a part of an address names a cycle: `2026-w46`, `2026-w46.md`.
fn is_cycle(part: &str) -> bool {
    let slug = part.split_once('.').map_or(part, |(slug, _)| slug);
    slug.split_once("-w").is_some_and(|(year, week)| {
        (year.len(), week.len()) == (4, 2) && (year.bytes().chain(week.bytes())).all(|b| b.is_ascii_digit())
    })
}

/// A key in an address; what is none is not there.
pub(super) fn key<K: std::str::FromStr>(what: &'static str, text: &str) -> Result<K, Error> {
    text.parse().map_err(|_| Error::not_found(what, text))
}

/// `9 to 22 November 2026`.
pub(crate) fn days(cycle: &Cycle) -> String {
    letters::days(cycle.starts_on, cycle.ends_on)
}

/// Tone and words of how an update stands.
pub(crate) fn standing(update: &Update, now: &jiff::Timestamp) -> (&'static str, String) {
    let late = update.is_late(*now);
    match update.state {
        UpdateState::Missed => ("unknown", "not handed up".into()),
        UpdateState::Open if late => ("warn", "late".into()),
        UpdateState::Open => ("unknown", "being written".into()),
        _ if update.quiet => ("ok", "quiet cycle".into()),
        UpdateState::Submitted if update.handed_to.is_none() => ("ok", "ready to publish".into()),
        UpdateState::Submitted if late => ("ok", "handed up, late".into()),
        UpdateState::Submitted => ("ok", "handed up".into()),
        UpdateState::Published => ("ok", "published".into()),
    }
}

/// The word for how an update stands: the top hands up to nobody.
pub(crate) fn state(update: &Update) -> &'static str {
    match update.state {
        UpdateState::Submitted if update.handed_to.is_none() => "Ready to publish",
        state => state.label(),
    }
}

/// The beginning of what an entry tells, for a list of entries.
pub(crate) fn brief(said: &Words) -> String {
    let text = [&said.result, &said.situation, &said.action].into_iter().find(|text| !text.is_empty());
    text.map_or_else(String::new, |text| words::brief(&markdown::plain(text), 220))
}

/// Text of another kind than HTML, to be kept as a file if it has a name.
pub(super) fn text(kind: &'static str, name: Option<&str>, body: String) -> Result<Response, PageError> {
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    if let Some(name) = name {
        // names of teams and people may hold anything; a header holds letters and digits
        let plain: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
            .collect();
        let value = format!("attachment; filename=\"{plain}\"");
        let value = value.parse().map_err(|_| Error::not_found("file", name))?;
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Whether an update is late.
pub(crate) fn is_late(update: &Update, now: &jiff::Timestamp) -> bool {
    update.is_late(*now)
}

#[cfg(test)]
mod tests {
    use super::is_cycle;

    #[test]
    fn a_cycle_is_told_from_keys_and_secrets() {
        for cycle in ["2026-w46", "2026-w01.md", "2026-w46.json"] {
            assert!(is_cycle(cycle), "{cycle}");
        }
        for other in
            ["019aa8c2-1f3c-7d10-9d67-1f6b3f0c2a11", "pts_2026-w46", "2026-w4", "2026-w460", "2026-46", ""]
        {
            assert!(!is_cycle(other), "{other}");
        }
    }
}
