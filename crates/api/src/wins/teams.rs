//! What a team says of its own: who may write in its lead's place, and what its short words stand for.

use axum::{extract::Path, http::StatusCode};
use portolan_domain::wins::{self, Term};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List},
    people::bodies::{PersonLink, TeamLink},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(deputy, set_deputy))
        .routes(routes!(glossary))
        .routes(routes!(put_term, remove_term))
}

/// Who writes for a team.
#[derive(Debug, Serialize, ToSchema)]
struct DeputyBody {
    /// The deputy; null: nobody is named.
    person: Option<PersonLink>,
}

/// Who may write a team's updates in its lead's place, and owes them while the lead is away.
#[utoipa::path(get, path = "/teams/{slug}/deputy", tag = "wins and challenges", params(("slug" = String, Path)),
    responses((status = 200, body = DeputyBody)))]
async fn deputy(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<DeputyBody>, ApiError> {
    let person = wins::deputy(&mut caller.cx().await?, &slug).await?;
    Ok(Json(DeputyBody { person: person.map(PersonLink::from) }))
}

/// Who is to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDeputyBody {
    /// Handle or e-mail address; null: nobody.
    person: Option<String>,
}

/// Names the deputy. The lead, and those above.
#[utoipa::path(put, path = "/teams/{slug}/deputy", tag = "wins and challenges", params(("slug" = String, Path)),
    request_body = NewDeputyBody, responses((status = 200, body = DeputyBody)))]
async fn set_deputy(
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(body): Body<NewDeputyBody>,
) -> Result<Json<DeputyBody>, ApiError> {
    let person = wins::set_deputy(&mut caller.cx().await?, &slug, body.person.as_deref()).await?;
    Ok(Json(DeputyBody { person: person.map(PersonLink::from) }))
}

/// What a short word stands for.
#[derive(Debug, Serialize, ToSchema)]
struct TermBody {
    /// The short word.
    short: String,
    /// What it stands for.
    long: String,
    /// The team that says so: this one or one above.
    team: TeamLink,
}

impl From<Term> for TermBody {
    fn from(t: Term) -> Self {
        Self { short: t.short, long: t.long, team: t.team.into() }
    }
}

/// What short words stand for in a team: its own and those of the teams above, by word.
#[utoipa::path(get, path = "/teams/{slug}/glossary", tag = "wins and challenges", params(("slug" = String, Path)),
    responses((status = 200, body = List<TermBody>)))]
async fn glossary(mut caller: Caller, Path(slug): Path<String>) -> Result<Json<List<TermBody>>, ApiError> {
    let terms = wins::glossary(&mut caller.cx().await?, &slug).await?;
    Ok(List::whole(terms.into_iter().map(TermBody::from).collect()))
}

/// What it stands for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTermBody {
    /// In full.
    long: String,
}

/// Says what a short word stands for. For whoever may edit the team.
#[utoipa::path(put, path = "/teams/{slug}/glossary/{short}", tag = "wins and challenges",
    params(("slug" = String, Path), ("short" = String, Path, description = "The short word.")),
    request_body = NewTermBody, responses((status = 204)))]
async fn put_term(
    mut caller: Caller,
    Path((slug, short)): Path<(String, String)>,
    Body(body): Body<NewTermBody>,
) -> Result<StatusCode, ApiError> {
    wins::put_term(&mut caller.cx().await?, &slug, &short, &body.long).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a short word of this very team.
#[utoipa::path(delete, path = "/teams/{slug}/glossary/{short}", tag = "wins and challenges",
    params(("slug" = String, Path), ("short" = String, Path, description = "The short word.")), responses((status = 204)))]
async fn remove_term(
    mut caller: Caller,
    Path((slug, short)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    wins::remove_term(&mut caller.cx().await?, &slug, &short).await?;
    Ok(StatusCode::NO_CONTENT)
}
