//! `/teams` and `/memberships`.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::Timestamp;
use portolan_domain::{
    MembershipId,
    people::{self, NewTeam, Role, TeamEdit},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{self, MembershipBody, TeamBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Paging, Params, created, given, paging},
    tag::{IfMatch, etag, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, edit))
        .routes(routes!(members, add_member))
        .routes(routes!(end_membership))
}

/// Which teams.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Part of a name or slug, also mistyped.
    q: Option<String>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A role around a product.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum RoleBody {
    ServiceDevelopment,
    PlatformDevelopment,
    ServiceSupport,
    PlatformSupport,
}

impl From<RoleBody> for Role {
    fn from(role: RoleBody) -> Self {
        match role {
            RoleBody::ServiceDevelopment => Self::ServiceDevelopment,
            RoleBody::PlatformDevelopment => Self::PlatformDevelopment,
            RoleBody::ServiceSupport => Self::ServiceSupport,
            RoleBody::PlatformSupport => Self::PlatformSupport,
        }
    }
}

/// A team to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTeamBody {
    /// Short unique name; it never changes. `new` is the portal's own.
    slug: String,
    /// Name.
    name: String,
    /// What it is there for.
    #[serde(default)]
    purpose: String,
    /// What it is in the organisation; `team` if absent.
    #[serde(default)]
    kind: String,
    /// Slug of the team above it.
    parent: Option<String>,
    /// Its lead: handle, e-mail address, or a name that one person alone has.
    lead: Option<String>,
    /// Name of its chat channel.
    chat_channel: Option<String>,
    /// Link to its chat channel.
    chat_url: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// Telephone number.
    phone: Option<String>,
    /// Which roles it plays.
    #[serde(default)]
    roles: Vec<RoleBody>,
}

/// What to change of a team. Absent: stays; null: emptied.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamEditBody {
    /// Name.
    name: Option<String>,
    /// What it is there for.
    purpose: Option<String>,
    /// What it is in the organisation.
    kind: Option<String>,
    /// Slug of the team above it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    parent: Option<Option<String>>,
    /// Its lead: handle, e-mail address, or a name that one person alone has.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    lead: Option<Option<String>>,
    /// Name of its chat channel.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    chat_channel: Option<Option<String>>,
    /// Link to its chat channel.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    chat_url: Option<Option<String>>,
    /// E-mail address.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// Telephone number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// Which roles it plays.
    roles: Option<Vec<RoleBody>>,
}

/// A person to be put into a team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMemberBody {
    /// Handle, e-mail address, or a name that one person alone has.
    person: String,
    /// Since when; now if absent.
    from: Option<Timestamp>,
}

/// Key of a membership.
#[derive(Debug, Serialize, ToSchema)]
struct MembershipKey {
    /// Key.
    id: uuid::Uuid,
}

/// When a membership ends.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct End {
    /// Until when; now if absent.
    until: Option<Timestamp>,
}

/// Teams by name.
#[utoipa::path(get, path = "/teams", tag = "teams", params(Query), responses((status = 200, body = List<TeamBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<TeamBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let page = people::teams(&mut caller.cx().await?, query.q.as_deref(), after, limit).await?;
    let (rows, page) = page.split();
    Ok(List::with(bodies::teams(&mut caller.cx().await?, rows).await?, page))
}

/// Makes a team. Admins anywhere; members and leads below their own team.
#[utoipa::path(post, path = "/teams", tag = "teams", request_body = NewTeamBody,
    responses((status = 201, body = TeamBody, headers(("Location" = String, description = "Its address.")))))]
async fn create(mut caller: Caller, Body(new): Body<NewTeamBody>) -> Result<Response, ApiError> {
    let new = NewTeam {
        slug: new.slug,
        name: new.name,
        purpose: new.purpose,
        kind: new.kind,
        parent: new.parent,
        lead: new.lead,
        chat_channel: new.chat_channel,
        chat_url: new.chat_url,
        email: new.email,
        phone: new.phone,
        roles: new.roles.into_iter().map(Into::into).collect(),
    };
    let team = people::create_team(&mut caller.cx().await?, new).await?;
    let path = format!("/teams/{}", team.slug);
    Ok(created(path, Json(one(&mut caller, team).await?)))
}

/// One team.
#[utoipa::path(get, path = "/teams/{slug}", tag = "teams", params(("slug" = String, Path, description = "Slug, in any case.")),
    responses((status = 200, body = TeamBody), (status = 404, description = "No team has this slug.")))]
async fn get(mut caller: Caller, Path(slug): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let team = people::team(&mut caller.cx().await?, &slug).await?;
    answer(&mut caller, team, &headers).await
}

/// Edits a team. Its members, its lead, those of the teams above it, and admins may. `If-Match` guards against
/// overwriting.
#[utoipa::path(patch, path = "/teams/{slug}", tag = "teams", request_body = TeamEditBody,
    params(("slug" = String, Path, description = "Slug, in any case.")), responses((status = 200, body = TeamBody)))]
async fn edit(
    mut caller: Caller,
    Path(slug): Path<String>,
    IfMatch(version): IfMatch,
    Body(edit): Body<TeamEditBody>,
) -> Result<Response, ApiError> {
    let edit = TeamEdit {
        name: edit.name,
        purpose: edit.purpose,
        kind: edit.kind,
        parent: edit.parent,
        lead: edit.lead,
        chat_channel: edit.chat_channel,
        chat_url: edit.chat_url,
        email: edit.email,
        phone: edit.phone,
        roles: edit.roles.map(|roles| roles.into_iter().map(Into::into).collect()),
    };
    let team = people::edit_team(&mut caller.cx().await?, &slug, edit, version).await?;
    answer(&mut caller, team, &HeaderMap::new()).await
}

/// Who is in a team now or will be, by name.
#[utoipa::path(get, path = "/teams/{slug}/members", tag = "teams", params(Paging, ("slug" = String, Path, description = "Slug, in any case.")),
    responses((status = 200, body = List<MembershipBody>)))]
async fn members(
    mut caller: Caller,
    Path(slug): Path<String>,
    Params(query): Params<Paging>,
) -> Result<Json<List<MembershipBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let team = people::team(&mut caller.cx().await?, &slug).await?;
    let page = people::members(&mut caller.cx().await?, team.id, after, limit).await?;
    Ok(List::of(page, MembershipBody::from))
}

/// Puts a person into a team.
#[utoipa::path(post, path = "/teams/{slug}/members", tag = "teams", request_body = NewMemberBody,
    params(("slug" = String, Path, description = "Slug, in any case.")), responses((status = 201, body = MembershipKey)))]
async fn add_member(
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(new): Body<NewMemberBody>,
) -> Result<(StatusCode, Json<MembershipKey>), ApiError> {
    let id = people::add_member(&mut caller.cx().await?, &slug, &new.person, new.from).await?;
    Ok((StatusCode::CREATED, Json(MembershipKey { id: id.0 })))
}

/// Ends a membership. It stays in the history; one that has not begun is taken back.
#[utoipa::path(delete, path = "/memberships/{id}", tag = "teams", params(End, ("id" = uuid::Uuid, Path, description = "Key of the membership.")),
    responses((status = 204, description = "It has ended, or will.")))]
async fn end_membership(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Params(end): Params<End>,
) -> Result<StatusCode, ApiError> {
    people::end_membership(&mut caller.cx().await?, MembershipId(id), end.until).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn one(caller: &mut Caller, team: people::Team) -> Result<TeamBody, ApiError> {
    let mut bodies = bodies::teams(&mut caller.cx().await?, vec![team]).await?;
    Ok(bodies.remove(0))
}

async fn answer(caller: &mut Caller, team: people::Team, headers: &HeaderMap) -> Result<Response, ApiError> {
    let version = team.version;
    let body = one(caller, team).await?;
    Ok(tagged(headers, &etag(version, bodies::fingerprint(&body)), Json(body)))
}
