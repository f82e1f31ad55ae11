//! `/swaps`: asked for, taken, given back.

use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::Timestamp;
use portolan_domain::{
    Error, SwapId, people,
    rota::{self, NewSwap, Swap, SwapFilter},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{NameBody, ScheduleNameBody, instant};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(ask))
        .routes(routes!(show, withdraw))
        .routes(routes!(take, give_back))
}

/// Which swaps.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Slug of a schedule.
    schedule: Option<String>,
    /// Handle of whoever asked, is asked, or took it.
    person: Option<String>,
    /// Only those that nobody has taken.
    #[serde(default)]
    open: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A swap to be asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSwapBody {
    /// Whose time it is (handle); your own if absent.
    asker: Option<String>,
    /// From when on: an instant, or a wall time of the schedule's zone that exists once.
    start: String,
    /// Until when, likewise.
    end: String,
    /// Who is asked (handle); anybody if absent.
    asked: Option<String>,
    /// What the asker takes over in return.
    in_return: Option<SpanBody>,
    /// A word to whoever might take it.
    #[serde(default)]
    note: String,
}

/// A time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SpanBody {
    /// From when on.
    start: String,
    /// Until when.
    end: String,
}

/// A time, told.
#[derive(Debug, Serialize, ToSchema)]
struct ToldSpan {
    /// First instant.
    start: Timestamp,
    /// First instant after it.
    end: Timestamp,
}

/// A swap.
#[derive(Debug, Serialize, ToSchema)]
struct SwapBody {
    /// Key.
    id: uuid::Uuid,
    /// On which schedule.
    schedule: ScheduleNameBody,
    /// Whose time it is.
    asker: NameBody,
    /// First instant.
    start: Timestamp,
    /// First instant after it.
    end: Timestamp,
    /// Who is asked; null: anybody.
    asked: Option<NameBody>,
    /// What the asker takes over in return.
    in_return: Option<ToldSpan>,
    /// A word to whoever might take it.
    note: String,
    /// `open`, `taken`, `withdrawn` or `over`.
    state: &'static str,
    /// Who took it.
    taker: Option<NameBody>,
    /// When.
    taken_at: Option<Timestamp>,
    /// When it was asked.
    created_at: Timestamp,
}

impl SwapBody {
    fn of(s: &Swap, now: Timestamp) -> Self {
        Self {
            id: s.id.0,
            schedule: ScheduleNameBody::from(&s.schedule),
            asker: NameBody::from(&s.asker),
            start: s.start,
            end: s.end,
            asked: s.asked.as_ref().map(NameBody::from),
            in_return: s.in_return.map(|(start, end)| ToldSpan { start, end }),
            note: s.note.clone(),
            state: s.state(now).as_str(),
            taker: s.taker.as_ref().map(NameBody::from),
            taken_at: s.taken_at,
            created_at: s.created_at,
        }
    }
}

/// Swaps whose time is not over.
#[utoipa::path(get, path = "/swaps", tag = "on-call", params(Query), responses((status = 200, body = List<SwapBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<SwapBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let cx = &mut caller.cx().await?;
    let schedule = match &query.schedule {
        Some(slug) => Some(rota::schedule(cx, slug).await?.id),
        None => None,
    };
    let person = match &query.person {
        Some(handle) => Some(people::person(cx, handle).await?.id),
        None => None,
    };
    let filter = SwapFilter { schedule, person, open: query.open };
    let (page, now) = (rota::swaps(cx, &filter, after, limit).await?, cx.now());
    Ok(List::of(page, |s| SwapBody::of(&s, now)))
}

/// Asks to be replaced; it changes nothing until somebody takes it.
#[utoipa::path(post, path = "/schedules/{slug}/swaps", tag = "on-call", params(("slug" = String, Path)), request_body = NewSwapBody,
    responses((status = 201, body = SwapBody, headers(("Location" = String, description = "Its address.")))))]
async fn ask(
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(body): Body<NewSwapBody>,
) -> Result<Response, ApiError> {
    let cx = &mut caller.cx().await?;
    let zone = rota::schedule(cx, &slug).await?.zone();
    let span = |s: SpanBody| {
        Ok::<_, Error>((
            instant("in_return.start", &s.start, &zone)?,
            instant("in_return.end", &s.end, &zone)?,
        ))
    };
    let new = NewSwap {
        asker: body.asker,
        start: instant("start", &body.start, &zone)?,
        end: instant("end", &body.end, &zone)?,
        asked: body.asked,
        in_return: body.in_return.map(span).transpose()?,
        note: body.note,
    };
    let swap = rota::ask_swap(cx, &slug, &new).await?;
    Ok(created(format_args!("/swaps/{}", swap.id), Json(SwapBody::of(&swap, cx.now()))))
}

/// One swap.
#[utoipa::path(get, path = "/swaps/{id}", tag = "on-call", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = SwapBody)))]
async fn show(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<SwapBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let swap = rota::swap(cx, SwapId(id)).await?;
    Ok(Json(SwapBody::of(&swap, cx.now())))
}

/// Withdraws a swap that nobody has taken.
#[utoipa::path(delete, path = "/swaps/{id}", tag = "on-call", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn withdraw(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    rota::withdraw_swap(&mut caller.cx().await?, SwapId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who takes it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakingBody {
    /// Handle, if it is arranged for somebody else; you if absent.
    taker: Option<String>,
}

/// Takes a swap: from then on the taker is on call.
#[utoipa::path(put, path = "/swaps/{id}/taking", tag = "on-call", params(("id" = uuid::Uuid, Path)), request_body = TakingBody, responses((status = 200, body = SwapBody)))]
async fn take(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<TakingBody>,
) -> Result<Json<SwapBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let (swap, _) = rota::take_swap(cx, SwapId(id), body.taker.as_deref()).await?;
    Ok(Json(SwapBody::of(&swap, cx.now())))
}

/// Gives a taken swap back: it is open again, and whoever asked is on call as before.
#[utoipa::path(delete, path = "/swaps/{id}/taking", tag = "on-call", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = SwapBody)))]
async fn give_back(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<SwapBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    let (swap, _) = rota::give_swap_back(cx, SwapId(id)).await?;
    Ok(Json(SwapBody::of(&swap, cx.now())))
}
