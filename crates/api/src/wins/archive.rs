//! `/archive`, a team's timeline, and the record of a person's or a team's year.

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use jiff::{ToSpan, civil::Date};
use portolan_domain::wins::{
    self, ArchiveFilter, Entry, Facet, Facets, Found, Kind, Part, Participation, Topic, Year, YearOf, YearRow,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{bodies::WinsEntryBody, publications::text, shapes::CycleBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Json, List, Paging, Params, paging},
    people::bodies::TeamLink,
    tag::{digest, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(facets))
        .routes(routes!(timeline))
        .routes(routes!(participation))
        .routes(routes!(year))
}

/// Which entries. All that is said must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Words, all of which occur; the last one may be begun.
    q: Option<String>,
    /// Slug of a team; with those below it.
    team: Option<String>,
    /// Handle of a person who wrote it or is credited.
    person: Option<String>,
    /// Reference of what it is about.
    entity: Option<String>,
    /// `initiative`, `people`, `operations` or `metric`.
    #[param(value_type = Option<String>)]
    topic: Option<Topic>,
    /// `win` or `challenge`.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    /// `2026-q4`, by the last day of its cycle.
    quarter: Option<String>,
    /// Whether lines of higher levels are left out, so that each thing is told once, in the words of those who did it.
    #[serde(default)]
    origins_only: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Which {
    fn filter(&mut self) -> ArchiveFilter {
        ArchiveFilter {
            q: self.q.take(),
            team: self.team.take(),
            person: self.person.take(),
            entity: self.entity.take(),
            topic: self.topic,
            kind: self.kind,
            quarter: self.quarter.take(),
            origins_only: self.origins_only,
        }
    }
}

/// An entry that was handed up.
#[derive(Debug, Serialize, ToSchema)]
struct ArchivedBody {
    /// The entry.
    entry: WinsEntryBody,
    /// Its cycle.
    cycle: CycleBody,
    /// Whether you may read the publication that it is in.
    readable: bool,
}

impl From<Found> for ArchivedBody {
    fn from(f: Found) -> Self {
        Self { entry: f.entry.into(), cycle: f.cycle.into(), readable: f.readable }
    }
}

/// Entries that you may see and that were handed up, newest first.
#[utoipa::path(get, path = "/archive", tag = "wins and challenges", params(Which), responses((status = 200, body = List<ArchivedBody>)))]
async fn list(
    mut caller: Caller,
    Params(mut which): Params<Which>,
) -> Result<Json<List<ArchivedBody>>, ApiError> {
    let (limit, after) = paging(which.limit, which.after.take())?;
    let page = wins::archive(&mut caller.cx().await?, &which.filter(), after, limit).await?;
    Ok(List::of(page, ArchivedBody::from))
}

/// One more filter, and how many it would leave.
#[derive(Debug, Serialize, ToSchema)]
struct WinsFacetBody {
    /// What goes into the filter.
    key: String,
    /// The word for people.
    label: String,
    /// How many there would be.
    count: i64,
}

impl From<Facet> for WinsFacetBody {
    fn from(f: Facet) -> Self {
        Self { key: f.key, label: f.label, count: f.count }
    }
}

/// What filters are left: twelve of each at most, the most frequent first.
#[derive(Debug, Serialize, ToSchema)]
struct WinsFacetsBody {
    /// Teams.
    teams: Vec<WinsFacetBody>,
    /// People.
    people: Vec<WinsFacetBody>,
    /// Things of the catalog.
    entities: Vec<WinsFacetBody>,
    /// Topics.
    topics: Vec<WinsFacetBody>,
    /// Wins and challenges.
    kinds: Vec<WinsFacetBody>,
    /// Quarters, newest first.
    quarters: Vec<WinsFacetBody>,
}

impl From<Facets> for WinsFacetsBody {
    fn from(f: Facets) -> Self {
        let all = |facets: Vec<Facet>| facets.into_iter().map(WinsFacetBody::from).collect();
        Self {
            teams: all(f.teams),
            people: all(f.people),
            entities: all(f.entities),
            topics: all(f.topics),
            kinds: all(f.kinds),
            quarters: all(f.quarters),
        }
    }
}

/// How many each further filter would leave. Takes what `/archive` takes; `limit` and `after` mean nothing here.
#[utoipa::path(get, path = "/archive/facets", tag = "wins and challenges", params(Which), responses((status = 200, body = WinsFacetsBody)))]
async fn facets(
    mut caller: Caller,
    Params(mut which): Params<Which>,
) -> Result<Json<WinsFacetsBody>, ApiError> {
    Ok(Json(wins::facets(&mut caller.cx().await?, &which.filter()).await?.into()))
}

/// What a team handed up in a cycle.
#[derive(Debug, Serialize, ToSchema)]
struct TimelineBody {
    /// The cycle.
    cycle: CycleBody,
    /// The entries that you may see.
    entries: Vec<WinsEntryBody>,
}

impl From<(wins::Cycle, Vec<Entry>)> for TimelineBody {
    fn from((cycle, entries): (wins::Cycle, Vec<Entry>)) -> Self {
        Self { cycle: cycle.into(), entries: entries.into_iter().map(WinsEntryBody::from).collect() }
    }
}

/// What a team handed up, cycle by cycle, newest first.
#[utoipa::path(get, path = "/teams/{slug}/wins", tag = "wins and challenges", params(("slug" = String, Path), Paging),
    responses((status = 200, body = List<TimelineBody>)))]
async fn timeline(
    mut caller: Caller,
    Path(slug): Path<String>,
    Params(page): Params<Paging>,
) -> Result<Json<List<TimelineBody>>, ApiError> {
    let (limit, after) = paging(page.limit, page.after)?;
    let page = wins::timeline(&mut caller.cx().await?, &slug, after, limit).await?;
    Ok(List::of(page, TimelineBody::from))
}

/// Over how many cycles.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Over {
    /// How many, 1 to 26; 13 if absent.
    cycles: Option<i64>,
}

/// How one team took part.
#[derive(Debug, Serialize, ToSchema)]
struct PartsBody {
    /// The team.
    team: TeamLink,
    /// For each of the cycles: `on-time`, `late`, `quiet`, `missed` or `open`; null: it took no part.
    #[schema(value_type = Vec<Option<String>>)]
    parts: Vec<Option<Part>>,
}

impl From<Participation> for PartsBody {
    fn from(p: Participation) -> Self {
        Self { team: p.team.into(), parts: p.parts }
    }
}

/// How a team and those below it took part.
#[derive(Debug, Serialize, ToSchema)]
struct ParticipationBody {
    /// Cycles, newest first.
    cycles: Vec<CycleBody>,
    /// The teams, in the order of the tree.
    teams: Vec<PartsBody>,
}

/// How a team and those below it took part in the last cycles: a help for the team and its chain, never a ranking. For
/// members of the team, its lead and those above.
#[utoipa::path(get, path = "/teams/{slug}/participation", tag = "wins and challenges", params(("slug" = String, Path), Over),
    responses((status = 200, body = ParticipationBody)))]
async fn participation(
    mut caller: Caller,
    Path(slug): Path<String>,
    Params(over): Params<Over>,
) -> Result<Json<ParticipationBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let (cycles, teams) = wins::participation(cx, &slug, over.cycles.unwrap_or(13)).await?;
    Ok(Json(ParticipationBody {
        cycles: cycles.into_iter().map(CycleBody::from).collect(),
        teams: teams.into_iter().map(PartsBody::from).collect(),
    }))
}

/// In which form a record is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum YearForm {
    #[default]
    Json,
    Markdown,
    Csv,
}

/// Whose record of which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WhoseYear {
    /// Slug of a team; your own record if absent.
    team: Option<String>,
    /// First day; a year before the last one if absent.
    #[param(value_type = Option<String>)]
    from: Option<Date>,
    /// Last day; today if absent.
    #[param(value_type = Option<String>)]
    until: Option<Date>,
    /// `json`, which it is if absent, `markdown` or `csv`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    format: YearForm,
}

/// Thanks.
#[derive(Debug, Serialize, ToSchema)]
struct ThanksBody {
    /// Name of who said it.
    by: String,
    /// Their words; may be empty.
    text: String,
}

/// Where it was published.
#[derive(Debug, Serialize, ToSchema)]
struct PublishedBody {
    /// Name of the highest level that published it.
    team: String,
    /// Path of the publication in the portal; empty: you may not read it.
    path: String,
}

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
struct YearRowBody {
    /// The entry, in the words of those who did it.
    entry: WinsEntryBody,
    /// The cycle in which it was handed up; null: it was not yet.
    cycle: Option<CycleBody>,
    /// The highest level that published it.
    published: Option<PublishedBody>,
    /// Thanks.
    thanks: Vec<ThanksBody>,
}

impl From<YearRow> for YearRowBody {
    fn from(r: YearRow) -> Self {
        Self {
            entry: r.entry.into(),
            cycle: r.cycle.map(CycleBody::from),
            published: r.published.map(|(team, path)| PublishedBody { team, path }),
            thanks: r.thanks.into_iter().map(|(by, text)| ThanksBody { by, text }).collect(),
        }
    }
}

/// A record of what was done.
#[derive(Debug, Serialize, ToSchema)]
struct YearBody {
    /// Whose: the name of the person or the team.
    title: String,
    /// From this day.
    #[schema(value_type = String)]
    from: Date,
    /// Until this one, included.
    #[schema(value_type = String)]
    until: Date,
    /// What was done, newest first; two thousand at most.
    rows: Vec<YearRowBody>,
}

impl From<Year> for YearBody {
    fn from(y: Year) -> Self {
        let rows = y.rows.into_iter().map(YearRowBody::from).collect();
        Self { title: y.title, from: y.from, until: y.until, rows }
    }
}

/// What you did and were thanked for between two days, or a team. A team's is for whoever is in it, its lead and those above.
#[utoipa::path(get, path = "/wins-year", tag = "wins and challenges", params(WhoseYear),
    responses((status = 200, content((YearBody = "application/json"), (String = "text/markdown"), (String = "text/csv"))), (status = 304)))]
async fn year(
    State(portal): State<Shared>,
    mut caller: Caller,
    headers: HeaderMap,
    Params(asked): Params<WhoseYear>,
) -> Result<Response, ApiError> {
    let cx = &mut caller.cx().await?;
    let until = asked.until.unwrap_or_else(|| cx.now().to_zoned(jiff::tz::TimeZone::UTC).date());
    let from = asked.from.unwrap_or_else(|| until.saturating_sub(1.year()));
    let of = asked.team.map_or(YearOf::Me, YearOf::Team);
    let found = wins::year(cx, &of, from, until).await?;
    let base = &portal.base_url;
    Ok(match asked.format {
        YearForm::Markdown => text(&headers, "text/markdown; charset=utf-8", found.markdown(base)),
        YearForm::Csv => text(&headers, "text/csv; charset=utf-8", found.csv(base)),
        YearForm::Json => {
            let body = YearBody::from(found);
            tagged(&headers, &format!("\"{}\"", digest(&body)), Json(body))
        }
    })
}
