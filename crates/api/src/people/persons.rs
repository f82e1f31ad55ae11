//! `/people`.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::people::{self, NewPerson, PeopleFilter, PersonEdit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::{self, MembershipBody, PersonBody};
use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, given, paging},
    tag::{IfMatch, etag, tagged},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, edit))
        .routes(routes!(memberships))
        .routes(routes!(sign_in_link))
}

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Part of a name, handle or e-mail, also mistyped.
    q: Option<String>,
    /// Only active, or only inactive ones.
    active: Option<bool>,
    /// Only admins, or only others.
    admin: Option<bool>,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A person to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPersonBody {
    /// Short unique name.
    handle: String,
    /// Full name.
    name: String,
    /// Unique e-mail address.
    email: String,
    /// Telephone number.
    phone: Option<String>,
    /// IANA zone; UTC if absent.
    #[serde(default)]
    time_zone: String,
    /// The manager: handle, e-mail address, or a name that one person alone has.
    manager: Option<String>,
    /// Whether the person administers the portal.
    #[serde(default)]
    admin: bool,
}

/// What to change of a person. Absent: stays; null: emptied.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonEditBody {
    /// Full name.
    name: Option<String>,
    /// E-mail address (admins only).
    email: Option<String>,
    /// Telephone number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// IANA zone.
    time_zone: Option<String>,
    /// The manager: handle, e-mail address, or a name that one person alone has (admins only).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    manager: Option<Option<String>>,
    /// Admin rights (admins only).
    admin: Option<bool>,
    /// Inactive ends sessions and memberships (admins only).
    active: Option<bool>,
}

/// A one-time link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkBody {
    /// Works once; shown now and never again.
    url: String,
    /// When it stops working.
    expires_at: Timestamp,
}

/// People by name.
#[utoipa::path(get, path = "/people", tag = "people", params(Query), responses((status = 200, body = List<PersonBody>)))]
async fn list(mut caller: Caller, Params(query): Params<Query>) -> Result<Json<List<PersonBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = PeopleFilter { q: query.q, active: query.active, admin: query.admin };
    let page = people::people(&mut caller.cx().await?, &filter, after, limit).await?;
    let (rows, page) = page.split();
    Ok(List::with(bodies::persons(&mut caller.cx().await?, rows).await?, page))
}

/// Makes a person. Admins only.
#[utoipa::path(post, path = "/people", tag = "people", request_body = NewPersonBody,
    responses((status = 201, body = PersonBody, headers(("Location" = String, description = "Its address.")))))]
async fn create(mut caller: Caller, Body(new): Body<NewPersonBody>) -> Result<Response, ApiError> {
    let new = NewPerson {
        handle: new.handle,
        name: new.name,
        email: new.email,
        phone: new.phone,
        time_zone: new.time_zone,
        manager: new.manager,
        admin: new.admin,
    };
    let person = people::create_person(&mut caller.cx().await?, new).await?;
    let path = format!("/people/{}", person.handle);
    Ok(created(path, Json(one(&mut caller, person).await?)))
}

/// One person.
#[utoipa::path(get, path = "/people/{handle}", tag = "people", params(("handle" = String, Path, description = "Handle, in any case.")),
    responses((status = 200, body = PersonBody), (status = 404, description = "Nobody has this handle.")))]
async fn get(
    mut caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let person = people::person(&mut caller.cx().await?, &handle).await?;
    answer(&mut caller, person, &headers).await
}

/// Edits a person: one's own name, telephone and time zone; admins edit all. `If-Match` guards against overwriting.
#[utoipa::path(patch, path = "/people/{handle}", tag = "people", request_body = PersonEditBody,
    params(("handle" = String, Path, description = "Handle, in any case.")), responses((status = 200, body = PersonBody)))]
async fn edit(
    mut caller: Caller,
    Path(handle): Path<String>,
    IfMatch(version): IfMatch,
    Body(edit): Body<PersonEditBody>,
) -> Result<Response, ApiError> {
    let edit = PersonEdit {
        name: edit.name,
        email: edit.email,
        phone: edit.phone,
        time_zone: edit.time_zone,
        manager: edit.manager,
        admin: edit.admin,
        active: edit.active,
    };
    let person = people::edit_person(&mut caller.cx().await?, &handle, edit, version).await?;
    answer(&mut caller, person, &HeaderMap::new()).await
}

/// The teams a person is in and was in, newest first.
#[utoipa::path(get, path = "/people/{handle}/memberships", tag = "people",
    params(("handle" = String, Path, description = "Handle, in any case.")), responses((status = 200, body = List<MembershipBody>)))]
async fn memberships(
    mut caller: Caller,
    Path(handle): Path<String>,
) -> Result<Json<List<MembershipBody>>, ApiError> {
    let person = people::person(&mut caller.cx().await?, &handle).await?;
    let stays = people::stays(&mut caller.cx().await?, person.id).await?;
    Ok(List::whole(stays.into_iter().map(Into::into).collect()))
}

/// Makes a link that signs the person in once, within a day. Admins only; links made before stop working.
#[utoipa::path(post, path = "/people/{handle}/sign-in-link", tag = "people",
    params(("handle" = String, Path, description = "Handle, in any case.")), responses((status = 201, body = LinkBody)))]
async fn sign_in_link(
    mut caller: Caller,
    axum::extract::State(portal): axum::extract::State<Shared>,
    Path(handle): Path<String>,
) -> Result<Response, ApiError> {
    let link = people::create_sign_in_link(&mut caller.cx().await?, &handle).await?;
    let body =
        LinkBody { url: format!("{}/sign-in/{}", portal.base_url, link.secret), expires_at: link.expires_at };
    Ok((StatusCode::CREATED, [("cache-control", "no-store")], Json(body)).into_response())
}

async fn one(caller: &mut Caller, person: people::Person) -> Result<PersonBody, ApiError> {
    let mut bodies = bodies::persons(&mut caller.cx().await?, vec![person]).await?;
    Ok(bodies.remove(0))
}

async fn answer(
    caller: &mut Caller,
    person: people::Person,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let version = person.version;
    let body = one(caller, person).await?;
    Ok(tagged(headers, &etag(version, bodies::fingerprint(&body)), Json(body)))
}
