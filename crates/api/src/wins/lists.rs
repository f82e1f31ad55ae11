//! Audience lists: who is sent what a team publishes. Addresses outside need an admin's leave.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    AudienceListId, Error, ListMemberId,
    wins::{self, AudienceList, ListMember, Member, NewMember},
};
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
        .routes(routes!(of_team, create))
        .routes(routes!(delete))
        .routes(routes!(add))
        .routes(routes!(waiting))
        .routes(routes!(remove))
        .routes(routes!(allow))
}

/// Whoever is on a list: a person, a team with those below it, or an address outside.
#[derive(Debug, Serialize, ToSchema)]
struct ListMemberBody {
    /// Key.
    id: uuid::Uuid,
    /// A person.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonLink>,
    /// A team.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamLink>,
    /// An address outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// When an admin let an address outside in; null: it waits, and is sent nothing.
    allowed_at: Option<Timestamp>,
    /// When they wanted no more of it.
    stopped_at: Option<Timestamp>,
}

impl From<ListMember> for ListMemberBody {
    fn from(m: ListMember) -> Self {
        let mut body = Self {
            id: m.id.0,
            person: None,
            team: None,
            email: None,
            allowed_at: m.allowed_at,
            stopped_at: m.stopped_at,
        };
        match m.who {
            Member::Person(person) => body.person = Some(person.into()),
            Member::Team(team) => body.team = Some(team.into()),
            Member::Outside(email) => body.email = Some(email),
        }
        body
    }
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
struct AudienceListBody {
    /// Key.
    id: uuid::Uuid,
    /// Whose publications are sent to it.
    team: TeamLink,
    /// Name.
    name: String,
    /// Who is on it; five hundred at most.
    members: Vec<ListMemberBody>,
}

impl From<AudienceList> for AudienceListBody {
    fn from(l: AudienceList) -> Self {
        let members = l.members.into_iter().map(ListMemberBody::from).collect();
        Self { id: l.id.0, team: l.team.into(), name: l.name, members }
    }
}

/// The lists of a team, by name. For whoever may edit the team or writes its updates, and admins.
#[utoipa::path(get, path = "/teams/{slug}/audience-lists", tag = "wins and challenges", params(("slug" = String, Path)),
    responses((status = 200, body = List<AudienceListBody>)))]
async fn of_team(
    mut caller: Caller,
    Path(slug): Path<String>,
) -> Result<Json<List<AudienceListBody>>, ApiError> {
    let lists = wins::lists(&mut caller.cx().await?, &slug).await?;
    Ok(List::whole(lists.into_iter().map(AudienceListBody::from).collect()))
}

/// A list to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAudienceListBody {
    /// Name.
    name: String,
}

/// Makes a list. For whoever writes the team's updates, and admins.
#[utoipa::path(post, path = "/teams/{slug}/audience-lists", tag = "wins and challenges", params(("slug" = String, Path)),
    request_body = NewAudienceListBody, responses((status = 201, body = AudienceListBody)))]
async fn create(
    mut caller: Caller,
    Path(slug): Path<String>,
    Body(body): Body<NewAudienceListBody>,
) -> Result<Response, ApiError> {
    let list = wins::create_list(&mut caller.cx().await?, &slug, &body.name).await?;
    Ok((StatusCode::CREATED, Json(AudienceListBody::from(list))).into_response())
}

/// Deletes a list.
#[utoipa::path(delete, path = "/audience-lists/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn delete(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    wins::delete_list(&mut caller.cx().await?, AudienceListId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom to put on a list: one of these.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewListMemberBody {
    /// Handle or e-mail address of a person.
    person: Option<String>,
    /// Slug of a team.
    team: Option<String>,
    /// An e-mail address outside.
    email: Option<String>,
}

impl TryFrom<NewListMemberBody> for NewMember {
    type Error = Error;

    fn try_from(b: NewListMemberBody) -> Result<Self, Error> {
        match (b.person, b.team, b.email) {
            (Some(person), None, None) => Ok(Self::Person(person)),
            (None, Some(team), None) => Ok(Self::Team(team)),
            (None, None, Some(email)) => Ok(Self::Outside(email)),
            _ => Err(Error::invalid("body", "needs one of person, team and email")),
        }
    }
}

/// Puts somebody on a list. An address outside waits for an admin, unless an admin puts it there.
#[utoipa::path(post, path = "/audience-lists/{id}/members", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    request_body = NewListMemberBody, responses((status = 201, body = ListMemberBody)))]
async fn add(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<NewListMemberBody>,
) -> Result<Response, ApiError> {
    let who = NewMember::try_from(body)?;
    let member = wins::add_to_list(&mut caller.cx().await?, AudienceListId(id), &who).await?;
    Ok((StatusCode::CREATED, Json(ListMemberBody::from(member))).into_response())
}

/// An address outside that waits for leave.
#[derive(Debug, Serialize, ToSchema)]
struct WaitingAddressBody {
    /// The list.
    list: AudienceListBody,
    /// The address on it.
    member: ListMemberBody,
}

/// Addresses outside that wait for leave, oldest first; two hundred at most. Admins.
#[utoipa::path(get, path = "/audience-list-members/waiting", tag = "wins and challenges", responses((status = 200, body = List<WaitingAddressBody>)))]
async fn waiting(mut caller: Caller) -> Result<Json<List<WaitingAddressBody>>, ApiError> {
    let waiting = wins::waiting_addresses(&mut caller.cx().await?).await?;
    let body = |(list, member): (AudienceList, ListMember)| WaitingAddressBody {
        list: list.into(),
        member: member.into(),
    };
    Ok(List::whole(waiting.into_iter().map(body).collect()))
}

/// Takes somebody off a list.
#[utoipa::path(delete, path = "/audience-list-members/{id}", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn remove(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<StatusCode, ApiError> {
    wins::remove_from_list(&mut caller.cx().await?, ListMemberId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets an address outside in. Admins.
#[utoipa::path(post, path = "/audience-list-members/{id}/leave", tag = "wins and challenges", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ListMemberBody)))]
async fn allow(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<ListMemberBody>, ApiError> {
    Ok(Json(wins::allow_address(&mut caller.cx().await?, ListMemberId(id)).await?.into()))
}
