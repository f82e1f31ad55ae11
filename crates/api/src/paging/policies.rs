//! `/escalation-policies`: who is told, and who next; and which service has which.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use portolan_domain::{
    Error,
    catalog::EntityRef,
    paging::{self, NewPolicy, NewStep, NewTarget},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::PolicyBody;
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, paging},
    tag::{IfMatch, etag, tagged},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, close))
        .routes(routes!(assign, unassign))
        .routes(routes!(relate))
}

/// Which policies.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only of this team (slug).
    team: Option<String>,
    /// A part of the name.
    q: Option<String>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Policies that are open, by name.
#[utoipa::path(get, path = "/escalation-policies", tag = "paging", params(Query), responses((status = 200, body = List<PolicyBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<PolicyBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let (team, q) = (query.team.as_deref(), query.q.as_deref());
    let page = paging::policies(&mut caller.cx().await?, team, q, after, limit).await?;
    Ok(List::of(page, PolicyBody::from))
}

/// A policy to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPolicyBody {
    /// Slug of the team.
    team: String,
    /// Short unique name; it never changes.
    slug: String,
    /// Name.
    name: String,
    /// How often the steps begin anew after the last one, 0 to 9.
    #[serde(default)]
    repeats: u32,
    /// Whether it is for whatever the team owns that has none of its own; takes that from the one that was.
    #[serde(default)]
    default: bool,
    /// Its steps, 1 to 10.
    steps: Vec<NewStepBody>,
}

/// What may be written anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicyFields {
    /// Name.
    name: String,
    /// How often the steps begin anew after the last one, 0 to 9.
    #[serde(default)]
    repeats: u32,
    /// Whether it is for whatever the team owns that has none of its own; takes that from the one that was.
    #[serde(default)]
    default: bool,
    /// Its steps, 1 to 10.
    steps: Vec<NewStepBody>,
}

/// A step: one of `schedule`, `team`, `person` and `lead_of`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStepBody {
    /// Whoever is on call on this schedule (slug).
    schedule: Option<String>,
    /// Whoever is on call for this team (slug): how another team's primary is your secondary.
    team: Option<String>,
    /// This person (handle).
    person: Option<String>,
    /// Whoever leads this team (slug).
    lead_of: Option<String>,
    /// Minutes until the next step, 0 to 1440; 0: the next step is told at the same time.
    minutes: u32,
}

impl PolicyFields {
    fn read(self, team: String, slug: String) -> Result<NewPolicy, Error> {
        let step = |(at, s): (usize, NewStepBody)| {
            let to = match (s.schedule, s.team, s.person, s.lead_of) {
                (Some(slug), None, None, None) => NewTarget::Schedule(slug),
                (None, Some(slug), None, None) => NewTarget::Team(slug),
                (None, None, Some(handle), None) => NewTarget::Person(handle),
                (None, None, None, Some(slug)) => NewTarget::Lead(slug),
                _ => {
                    let words = "must name one of schedule, team, person and lead_of, and only one";
                    return Err(Error::invalid(format!("steps[{at}]"), words));
                }
            };
            Ok(NewStep { to, minutes: s.minutes })
        };
        let steps = self.steps.into_iter().enumerate().map(step).collect::<Result<_, _>>()?;
        Ok(NewPolicy { team, slug, name: self.name, repeats: self.repeats, is_default: self.default, steps })
    }
}

/// Makes a policy. Members of the team, leads above it and admins may.
#[utoipa::path(post, path = "/escalation-policies", tag = "paging", request_body = NewPolicyBody,
    responses((status = 201, body = PolicyBody, headers(("Location" = String, description = "Its address.")))))]
async fn create(mut caller: Caller, Body(body): Body<NewPolicyBody>) -> Result<Response, ApiError> {
    let NewPolicyBody { team, slug, name, repeats, default, steps } = body;
    let new = PolicyFields { name, repeats, default, steps }.read(team, slug)?;
    let policy = paging::create_policy(&mut caller.cx().await?, new).await?;
    Ok(created(format!("/escalation-policies/{}", policy.slug), Json(PolicyBody::from(policy))))
}

/// One policy.
#[utoipa::path(get, path = "/escalation-policies/{slug}", tag = "paging", params(("slug" = String, Path)), responses((status = 200, body = PolicyBody)))]
async fn show(
    mut caller: Caller,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let policy = paging::policy(&mut caller.cx().await?, &slug).await?;
    let tag = etag(policy.version, policy.services);
    Ok(tagged(&headers, &tag, Json(PolicyBody::from(policy))))
}

/// Writes a policy anew. Pages that run keep the steps they were opened with.
#[utoipa::path(put, path = "/escalation-policies/{slug}", tag = "paging", params(("slug" = String, Path)), request_body = PolicyFields,
    responses((status = 200, body = PolicyBody)))]
async fn replace(
    mut caller: Caller,
    Path(slug): Path<String>,
    IfMatch(version): IfMatch,
    Body(body): Body<PolicyFields>,
) -> Result<Json<PolicyBody>, ApiError> {
    let new = body.read(String::new(), String::new())?;
    Ok(Json(paging::edit_policy(&mut caller.cx().await?, &slug, new, version).await?.into()))
}

/// Closes a policy: what had it goes its team's way from now on.
#[utoipa::path(delete, path = "/escalation-policies/{slug}", tag = "paging", params(("slug" = String, Path)), responses((status = 204)))]
async fn close(mut caller: Caller, Path(slug): Path<String>) -> Result<StatusCode, ApiError> {
    paging::close_policy(&mut caller.cx().await?, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which policy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignmentBody {
    /// Its slug; one of the team that owns the entity.
    policy: String,
}

/// Gives an entity a policy of its own.
#[utoipa::path(put, path = "/entities/{kind}/{namespace}/{name}/escalation-policy", tag = "paging",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)), request_body = AssignmentBody, responses((status = 200, body = PolicyBody)))]
async fn assign(
    mut caller: Caller,
    Path((kind, namespace, name)): Path<(String, String, String)>,
    Body(body): Body<AssignmentBody>,
) -> Result<Json<PolicyBody>, ApiError> {
    let entity = EntityRef::new(&kind, &namespace, &name);
    paging::assign_policy(&mut caller.cx().await?, &entity, Some(&body.policy)).await?;
    Ok(Json(paging::policy(&mut caller.cx().await?, &body.policy).await?.into()))
}

/// Takes an entity's own policy away: it goes its team's way.
#[utoipa::path(delete, path = "/entities/{kind}/{namespace}/{name}/escalation-policy", tag = "paging",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)), responses((status = 204)))]
async fn unassign(
    mut caller: Caller,
    Path((kind, namespace, name)): Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    let entity = EntityRef::new(&kind, &namespace, &name);
    paging::assign_policy(&mut caller.cx().await?, &entity, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RelatedBody {
    /// Its slug; null: none.
    team: Option<String>,
}

/// Names the team whose primary is this team's secondary, where no policy says otherwise.
#[utoipa::path(put, path = "/teams/{slug}/related-team", tag = "paging", params(("slug" = String, Path)), request_body = RelatedBody,
    responses((status = 204)))]
async fn relate(
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(body): Body<RelatedBody>,
) -> Result<StatusCode, ApiError> {
    paging::set_related_team(&mut caller.cx().await?, &slug, body.team.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
