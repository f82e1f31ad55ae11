//! What a team promises, is asked, and hands over: below `/teams/{slug}`.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::Timestamp;
use portolan_domain::{
    Error,
    levels::{self, Level},
    people,
    support::{self, Category, Note, Week, trend},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{LevelBody, LevelsBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List},
    tag::{IfMatch, etag, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(show_levels, set_levels, reset_levels))
        .routes(routes!(weeks))
        .routes(routes!(notes))
        .routes(routes!(note, write_note))
}

/// What a team promises.
#[utoipa::path(get, path = "/teams/{slug}/support-levels", tag = "support", params(("slug" = String, Path)), responses((status = 200, body = LevelsBody)))]
async fn show_levels(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<LevelsBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let team = people::team(cx, &slug).await?;
    Ok(Json(levels::of_team(cx, team.id).await?.into()))
}

/// Levels to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLevels {
    /// For the tiers that it names; those it does not name are as usual.
    levels: Vec<LevelBody>,
}

/// Sets what a team promises: members, leads and admins.
#[utoipa::path(put, path = "/teams/{slug}/support-levels", tag = "support", params(("slug" = String, Path)),
    request_body = NewLevels, responses((status = 200, body = LevelsBody)))]
async fn set_levels(
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(body): Body<NewLevels>,
) -> Result<Json<LevelsBody>, ApiError> {
    let rows: Vec<Level> = body.levels.into_iter().map(Level::from).collect();
    Ok(Json(levels::set(&mut caller.cx().await?, &slug, &rows).await?.into()))
}

/// Goes back to the usual levels.
#[utoipa::path(delete, path = "/teams/{slug}/support-levels", tag = "support", params(("slug" = String, Path)), responses((status = 204)))]
async fn reset_levels(mut caller: Caller, Path(slug): Path<String>) -> Result<StatusCode, ApiError> {
    levels::reset(&mut caller.cx().await?, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a team was asked, by kind of help.
#[derive(Debug, Serialize, ToSchema)]
struct WeeksBody {
    /// ISO weeks, the oldest first; the last one is this week.
    weeks: Vec<String>,
    /// One for each kind of help.
    categories: Vec<CategoryWeeks>,
    /// The share of the members' working hours that support and on-call take this week, between 0 and 1; null: nothing is
    /// known of it.
    essential_share: Option<f64>,
}

/// One kind of help.
#[derive(Debug, Serialize, ToSchema)]
struct CategoryWeeks {
    /// Which.
    category: &'static str,
    /// How many in each of the weeks.
    counts: Vec<i64>,
    /// `quiet`, `repeats` or `rises`.
    trend: &'static str,
}

/// What a team was asked in the last eight weeks.
#[utoipa::path(get, path = "/teams/{slug}/support-weeks", tag = "support", params(("slug" = String, Path)), responses((status = 200, body = WeeksBody)))]
async fn weeks(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<WeeksBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let team = people::team(cx, &slug).await?;
    let weeks = support::weeks(cx, &slug, 8).await?;
    let essential = match weeks.last() {
        Some(now) => support::essential(cx, team.id, now.week).await?.known(),
        None => None,
    };
    let categories = Category::ALL.into_iter().enumerate().map(|(place, category)| {
        let counts: Vec<i64> = weeks.iter().map(|w| w.counts.get(place).copied().unwrap_or(0)).collect();
        CategoryWeeks { category: category.as_str(), trend: trend(&counts).as_str(), counts }
    });
    Ok(Json(WeeksBody {
        categories: categories.collect(),
        essential_share: essential.map(|e| e.share()),
        weeks: weeks.iter().map(|w| w.week.to_string()).collect(),
    }))
}

/// What was left for whoever had support next.
#[derive(Debug, Serialize, ToSchema)]
struct NoteBody {
    /// The ISO week.
    week: String,
    /// What it says, in Markdown.
    text: String,
    /// Handle of who wrote last.
    written_by: Option<String>,
    /// When.
    written_at: Timestamp,
}

impl From<Note> for NoteBody {
    fn from(n: Note) -> Self {
        Self {
            week: n.week.to_string(),
            text: n.text,
            written_by: n.written_by.map(|p| p.handle),
            written_at: n.written_at,
        }
    }
}

/// The last sixty hand-over notes of a team, newest first.
#[utoipa::path(get, path = "/teams/{slug}/support-notes", tag = "support", params(("slug" = String, Path)), responses((status = 200, body = List<NoteBody>)))]
async fn notes(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<List<NoteBody>>, ApiError> {
    let cx = &mut caller.cx().await?;
    let ahead = Week::of(cx.now(), &jiff::tz::TimeZone::UTC).next().next();
    let notes = support::notes(cx, &slug, ahead, 60).await?;
    Ok(List::whole(notes.into_iter().map(NoteBody::from).collect()))
}

/// The hand-over note of a week.
#[utoipa::path(get, path = "/teams/{slug}/support-notes/{week}", tag = "support", params(("slug" = String, Path), ("week" = String, Path, description = "Like 2026-W47.")),
    responses((status = 200, body = NoteBody)))]
async fn note(
    mut caller: Caller,
    headers: HeaderMap,
    Path((slug, week)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let week: Week = week.parse()?;
    let note = support::note(&mut caller.cx().await?, &slug, week).await?;
    let note = note.ok_or_else(|| Error::not_found("note of the week", week.to_string()))?;
    Ok(tagged(&headers, &etag(note.version, "note"), Json(NoteBody::from(note))))
}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewNote {
    /// What it says, in Markdown.
    text: String,
}

/// Writes the hand-over note of a week.
#[utoipa::path(put, path = "/teams/{slug}/support-notes/{week}", tag = "support", params(("slug" = String, Path), ("week" = String, Path, description = "Like 2026-W47.")),
    request_body = NewNote, responses((status = 200, body = NoteBody)))]
async fn write_note(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path((slug, week)): Path<(String, String)>,
    Body(body): Body<NewNote>,
) -> Result<Json<NoteBody>, ApiError> {
    let week: Week = week.parse()?;
    Ok(Json(support::write_note(&mut caller.cx().await?, &slug, week, &body.text, version).await?.into()))
}
