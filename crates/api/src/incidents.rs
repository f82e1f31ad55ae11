//! `/incidents`, `/actions`, and how things are known to fail.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::{Timestamp, civil::Date};
use portolan_domain::{
    ActionId, FailureModeId, IncidentRoleId,
    catalog::{self, EntityRef},
    incidents::{
        self, Action, ActionEdit, ActionFilter, ActionState, FailureMode, Filter, Incident, IncidentEdit,
        Line, Move, NewAction, NewFailureMode, NewIncident, NoticedBy, Role, SloSaw, State, Told, What,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiError, Caller, Shared,
    body::{Body, Json, List, Params, created, given, paging},
    tag::{IfMatch, digest, etag, tagged},
};

/// The slice's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(show, edit))
        .routes(routes!(timeline))
        .routes(routes!(go))
        .routes(routes!(note))
        .routes(routes!(tell_status))
        .routes(routes!(give_role))
        .routes(routes!(end_role))
        .routes(routes!(write_review))
        .routes(routes!(link_before, unlink_before))
        .routes(routes!(actions, add_action))
        .routes(routes!(show_action, edit_action))
        .routes(routes!(modes, add_mode))
        .routes(routes!(retire_mode))
}

/// Which incidents.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Run by this team (slug).
    team: Option<String>,
    /// That hurt this entity, by its full reference.
    entity: Option<String>,
    /// Only `open`, `mitigated`, `ended` or `reviewed` ones.
    #[param(value_type = Option<String>)]
    state: Option<State>,
    /// At least as bad as this: 1 is the worst.
    severity: Option<i16>,
    /// Only those that last.
    #[serde(default)]
    lasting: bool,
    /// That lasted at or after this instant.
    since: Option<Timestamp>,
    /// That began before this instant.
    until: Option<Timestamp>,
    /// That were opened from this page: its number or key.
    page: Option<String>,
    /// Only those run by a team you answer for, and those in which you have a role.
    #[serde(default)]
    mine: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page by its number, or by its key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum PageName {
    /// What people say.
    Number(i64),
    /// The key, or the number as a text.
    Key(String),
}

impl PageName {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Key(key) => key,
        }
    }
}

/// An incident to be opened. With a `page`, what is absent is what the page says: title, severity, what it hurts, when it
/// began.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIncidentBody {
    /// What it is, in a line.
    #[serde(default)]
    title: String,
    /// 1, the worst, to 4.
    severity: Option<i16>,
    /// Slug of the team that runs it; the owner of the first thing it hurts, if absent.
    team: Option<String>,
    /// What it hurts: names of components, or full references.
    #[serde(default)]
    affected: Vec<String>,
    /// Who noticed it first: `alert`, `employee`, `customer` or `partner`.
    #[schema(value_type = String)]
    noticed_by: NoticedBy,
    /// Whether an objective saw it: `unknown`, `yes`, `no` or `none-declared`. Absent: `none-declared` where the catalog knows
    /// that none is for what it hurts, else `unknown`, and the review needs to know.
    #[schema(value_type = Option<String>)]
    slo_saw: Option<SloSaw>,
    /// When it began to hurt; now, if absent.
    began_at: Option<Timestamp>,
    /// Where people meet about it.
    link: Option<String>,
    /// The page it is opened from: its number or key.
    page: Option<PageName>,
    /// What is known so far, in Markdown.
    #[serde(default)]
    text: String,
}

/// What to correct. Absent: stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IncidentEditBody {
    /// What it is, in a line.
    title: Option<String>,
    /// 1, the worst, to 4.
    severity: Option<i16>,
    /// What it hurts; all of it.
    affected: Option<Vec<String>>,
    /// Who noticed it first.
    #[schema(value_type = Option<String>)]
    noticed_by: Option<NoticedBy>,
    /// Whether an objective saw it.
    #[schema(value_type = Option<String>)]
    slo_saw: Option<SloSaw>,
    /// When it began to hurt.
    began_at: Option<Timestamp>,
    /// Where people meet about it; null: nowhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    link: Option<Option<String>>,
}

/// An incident.
#[derive(Debug, Serialize, ToSchema)]
struct IncidentBody {
    /// What people call it by.
    number: i64,
    /// Slug of the team that runs it.
    team: String,
    /// What it is, in a line.
    title: String,
    /// 1, the worst, to 4.
    severity: i16,
    /// `open`, `mitigated`, `ended` or `reviewed`.
    state: &'static str,
    /// References of what it hurts.
    affected: Vec<String>,
    /// Who noticed it first.
    noticed_by: &'static str,
    /// Whether an objective saw it.
    slo_saw: &'static str,
    /// Key of the page it was opened from.
    page: Option<uuid::Uuid>,
    /// The number of that page.
    page_number: Option<i64>,
    /// Where people meet about it.
    link: Option<String>,
    /// When it began to hurt.
    began_at: Timestamp,
    /// Handle of who opened it.
    opened_by: Option<String>,
    /// When.
    opened_at: Timestamp,
    /// When it ceased to hurt.
    mitigated_at: Option<Timestamp>,
    /// When it was over.
    ended_at: Option<Timestamp>,
    /// What others are told, in Markdown.
    status_text: String,
    /// Since when.
    status_at: Option<Timestamp>,
    /// The review: what happened, in Markdown.
    happened: String,
    /// The review: what helped, in Markdown.
    helped: String,
    /// When the review was done.
    reviewed_at: Option<Timestamp>,
}

impl From<Incident> for IncidentBody {
    fn from(i: Incident) -> Self {
        Self {
            number: i.number,
            team: i.team,
            title: i.title,
            severity: i.severity,
            state: i.state.as_str(),
            affected: i.affected.into_iter().map(|a| a.entity_ref).collect(),
            noticed_by: i.noticed_by.as_str(),
            slo_saw: i.slo_saw.as_str(),
            page: i.page_id.map(|p| p.0),
            page_number: i.page,
            link: i.link,
            began_at: i.began_at,
            opened_by: i.opened_by.map(|p| p.handle),
            opened_at: i.opened_at,
            mitigated_at: i.mitigated_at,
            ended_at: i.ended_at,
            status_text: i.status_text,
            status_at: i.status_at,
            happened: i.happened,
            helped: i.helped,
            reviewed_at: i.reviewed_at,
        }
    }
}

/// A role and who has it.
#[derive(Debug, Serialize, ToSchema)]
struct RoleBody {
    /// Key.
    id: uuid::Uuid,
    /// `lead`, `communication`, `notes` or `expert`.
    role: &'static str,
    /// Handle.
    person: String,
    /// From when.
    from: Timestamp,
    /// Until when; null: still.
    until: Option<Timestamp>,
}

/// An incident with what stands beside its timeline.
#[derive(Debug, Serialize, ToSchema)]
struct ToldBody {
    /// The incident.
    #[serde(flatten)]
    incident: IncidentBody,
    /// Who did what.
    roles: Vec<RoleBody>,
    /// Numbers of earlier incidents that were like it.
    seen_before: Vec<i64>,
    /// Numbers of later ones that name it as like them.
    seen_again: Vec<i64>,
}

impl From<Told> for ToldBody {
    fn from(t: Told) -> Self {
        Self {
            incident: t.incident.into(),
            roles: t
                .roles
                .into_iter()
                .map(|r| RoleBody {
                    id: r.id.0,
                    role: r.role.as_str(),
                    person: r.person.handle,
                    from: r.from,
                    until: r.until,
                })
                .collect(),
            seen_before: t.seen_before.iter().map(|s| s.number).collect(),
            seen_again: t.seen_again.iter().map(|s| s.number).collect(),
        }
    }
}

/// Incidents, the newest first.
#[utoipa::path(get, path = "/incidents", tag = "incidents", params(Query), responses((status = 200, body = List<IncidentBody>)))]
async fn list(
    mut caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<IncidentBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let cx = &mut caller.cx().await?;
    let page = match query.page {
        Some(page) => Some(portolan_domain::paging::find(cx, &page).await?),
        None => None,
    };
    let filter = Filter {
        page,
        mine: query.mine,
        team: query.team,
        entity: query.entity,
        state: query.state,
        severity: query.severity,
        lasting: query.lasting,
        since: query.since,
        until: query.until,
    };
    let page = incidents::list(cx, &filter, after, limit).await?;
    Ok(List::of(page, IncidentBody::from))
}

/// Opens an incident. Anybody may whose token has the scope `write`.
#[utoipa::path(post, path = "/incidents", tag = "incidents", request_body = NewIncidentBody,
    responses((status = 201, body = IncidentBody, headers(("Location" = String, description = "Its address.")))))]
async fn open(mut caller: Caller, Body(body): Body<NewIncidentBody>) -> Result<Response, ApiError> {
    let new = NewIncident {
        title: body.title,
        severity: body.severity,
        team: body.team,
        affected: body.affected,
        noticed_by: body.noticed_by,
        slo_saw: body.slo_saw,
        began_at: body.began_at,
        link: body.link,
        page: body.page.map(PageName::text),
        text: body.text,
    };
    let incident = incidents::open(&mut caller.cx().await?, new).await?;
    let path = format!("/incidents/{}", incident.number);
    Ok(created(path, Json(IncidentBody::from(incident))))
}

/// One incident.
#[utoipa::path(get, path = "/incidents/{number}", tag = "incidents", params(("number" = i64, Path)), responses((status = 200, body = ToldBody)))]
async fn show(mut caller: Caller, headers: HeaderMap, Path(number): Path<i64>) -> Result<Response, ApiError> {
    let told = incidents::told(&mut caller.cx().await?, number).await?;
    let version = told.incident.version;
    let body = ToldBody::from(told);
    Ok(tagged(&headers, &etag(version, digest(&body)), Json(body)))
}

/// Corrects what was said of an incident.
#[utoipa::path(patch, path = "/incidents/{number}", tag = "incidents", params(("number" = i64, Path)),
    request_body = IncidentEditBody, responses((status = 200, body = IncidentBody)))]
async fn edit(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(number): Path<i64>,
    Body(body): Body<IncidentEditBody>,
) -> Result<Json<IncidentBody>, ApiError> {
    let edit = IncidentEdit {
        title: body.title,
        severity: body.severity,
        affected: body.affected,
        noticed_by: body.noticed_by,
        slo_saw: body.slo_saw,
        began_at: body.began_at,
        link: body.link,
    };
    Ok(Json(incidents::edit(&mut caller.cx().await?, number, edit, version).await?.into()))
}

/// One line of a timeline: what somebody wrote, or a change.
#[derive(Debug, Serialize, ToSchema)]
struct LineBody {
    /// When.
    at: Timestamp,
    /// `opened`, `note`, `status`, `mitigated`, `ended`, `reopened`, `reviewed`, `role`, `severity` or `change`.
    kind: &'static str,
    /// Handle of who wrote it.
    author: Option<String>,
    /// What, in Markdown; of a change what went where.
    text: String,
    /// What was changed.
    entity: Option<String>,
}

impl From<Line> for LineBody {
    fn from(line: Line) -> Self {
        match line.what {
            What::Entry(e) => Self {
                at: line.at,
                kind: e.kind.as_str(),
                author: e.author.map(|p| p.handle),
                text: e.text,
                entity: None,
            },
            What::Change(c) => Self {
                at: line.at,
                kind: "change",
                author: c.person_handle,
                text: format!("{} in {}: {}", c.version, c.environment, c.status.as_str()),
                entity: Some(c.entity_ref),
            },
        }
    }
}

/// What happened, oldest first: what people wrote, and the changes of what it hurts.
#[utoipa::path(get, path = "/incidents/{number}/timeline", tag = "incidents", params(("number" = i64, Path)), responses((status = 200, body = List<LineBody>)))]
async fn timeline(mut caller: Caller, Path(number): Path<i64>) -> Result<Json<List<LineBody>>, ApiError> {
    let cx = &mut caller.cx().await?;
    let told = incidents::told(cx, number).await?;
    let lines = incidents::timeline(cx, &told.incident).await?;
    Ok(List::whole(lines.into_iter().map(LineBody::from).collect()))
}

/// What is decided of an incident.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum MoveBody {
    /// It does not hurt any more.
    Mitigate,
    /// It is over.
    End,
    /// It is not over after all; of a reviewed one, the review goes on.
    Reopen,
    /// The review is done.
    Review,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    /// What.
    r#move: MoveBody,
    /// When it happened; now, if absent.
    at: Option<Timestamp>,
    /// In words, Markdown; needed to reopen.
    #[serde(default)]
    text: String,
}

/// Moves an incident on or back.
#[utoipa::path(post, path = "/incidents/{number}/moves", tag = "incidents", params(("number" = i64, Path)),
    request_body = DecisionBody, responses((status = 200, body = IncidentBody)))]
async fn go(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<DecisionBody>,
) -> Result<Json<IncidentBody>, ApiError> {
    let what = match body.r#move {
        MoveBody::Mitigate => Move::Mitigate,
        MoveBody::End => Move::End,
        MoveBody::Reopen => Move::Reopen,
        MoveBody::Review => Move::Review,
    };
    Ok(Json(incidents::go(&mut caller.cx().await?, number, what, body.at, &body.text).await?.into()))
}

/// Words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WordsBody {
    /// In Markdown.
    text: String,
}

/// Notes what happens.
#[utoipa::path(post, path = "/incidents/{number}/notes", tag = "incidents", params(("number" = i64, Path)),
    request_body = WordsBody, responses((status = 200, body = IncidentBody)))]
async fn note(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<WordsBody>,
) -> Result<Json<IncidentBody>, ApiError> {
    Ok(Json(incidents::note(&mut caller.cx().await?, number, &body.text).await?.into()))
}

/// Tells others how it stands.
#[utoipa::path(put, path = "/incidents/{number}/status", tag = "incidents", params(("number" = i64, Path)),
    request_body = WordsBody, responses((status = 200, body = IncidentBody)))]
async fn tell_status(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<WordsBody>,
) -> Result<Json<IncidentBody>, ApiError> {
    Ok(Json(incidents::tell_status(&mut caller.cx().await?, number, &body.text).await?.into()))
}

/// Who does what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRoleBody {
    /// `lead`, `communication`, `notes` or `expert`.
    #[schema(value_type = String)]
    role: Role,
    /// Handle.
    person: String,
}

/// Gives somebody a role.
#[utoipa::path(post, path = "/incidents/{number}/roles", tag = "incidents", params(("number" = i64, Path)),
    request_body = NewRoleBody, responses((status = 200, body = IncidentBody)))]
async fn give_role(
    mut caller: Caller,
    Path(number): Path<i64>,
    Body(body): Body<NewRoleBody>,
) -> Result<Json<IncidentBody>, ApiError> {
    Ok(Json(incidents::give_role(&mut caller.cx().await?, number, body.role, &body.person).await?.into()))
}

/// Ends somebody's role.
#[utoipa::path(delete, path = "/incidents/{number}/roles/{id}", tag = "incidents", params(("number" = i64, Path), ("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn end_role(
    mut caller: Caller,
    Path((number, id)): Path<(i64, uuid::Uuid)>,
) -> Result<StatusCode, ApiError> {
    incidents::end_role(&mut caller.cx().await?, number, IncidentRoleId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The review.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReviewBody {
    /// What happened, in Markdown, without blame.
    happened: String,
    /// What helped, in Markdown.
    #[serde(default)]
    helped: String,
}

/// Writes the review; it is done with the move `review`.
#[utoipa::path(put, path = "/incidents/{number}/review", tag = "incidents", params(("number" = i64, Path)),
    request_body = ReviewBody, responses((status = 200, body = IncidentBody)))]
async fn write_review(
    mut caller: Caller,
    IfMatch(version): IfMatch,
    Path(number): Path<i64>,
    Body(body): Body<ReviewBody>,
) -> Result<Json<IncidentBody>, ApiError> {
    let cx = &mut caller.cx().await?;
    Ok(Json(incidents::write_review(cx, number, &body.happened, &body.helped, version).await?.into()))
}

/// Links an earlier incident that was like it.
#[utoipa::path(put, path = "/incidents/{number}/seen-before/{before}", tag = "incidents", params(("number" = i64, Path), ("before" = i64, Path)), responses((status = 204)))]
async fn link_before(
    mut caller: Caller,
    Path((number, before)): Path<(i64, i64)>,
) -> Result<StatusCode, ApiError> {
    incidents::link_before(&mut caller.cx().await?, number, before).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes such a link away.
#[utoipa::path(delete, path = "/incidents/{number}/seen-before/{before}", tag = "incidents", params(("number" = i64, Path), ("before" = i64, Path)), responses((status = 204)))]
async fn unlink_before(
    mut caller: Caller,
    Path((number, before)): Path<(i64, i64)>,
) -> Result<StatusCode, ApiError> {
    incidents::unlink_before(&mut caller.cx().await?, number, before).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which actions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ActionQuery {
    /// Of this team (slug).
    team: Option<String>,
    /// Out of this incident.
    incident: Option<i64>,
    /// Only `open`, `done` or `dropped` ones.
    #[param(value_type = Option<String>)]
    state: Option<ActionState>,
    /// Only those that you promised.
    #[serde(default)]
    mine: bool,
    /// Rows per page, 1 to 200; 20 if absent.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Something that somebody promised to do.
#[derive(Debug, Serialize, ToSchema)]
struct ActionBody {
    /// Key.
    id: uuid::Uuid,
    /// Slug of the team whose it is.
    team: String,
    /// Number of the incident that it came out of.
    incident: Option<i64>,
    /// What, in a line.
    title: String,
    /// Handle of whoever promised it; null: nobody yet.
    owner: Option<String>,
    /// By when, a day.
    #[schema(value_type = String, format = Date)]
    due_on: Date,
    /// The alert rule that it mends, as monitoring calls it.
    alert_rule: Option<String>,
    /// `open`, `done` or `dropped`.
    state: &'static str,
    /// What came of it.
    outcome: String,
    /// When it was promised.
    created_at: Timestamp,
    /// When it was done or dropped.
    closed_at: Option<Timestamp>,
}

impl From<Action> for ActionBody {
    fn from(a: Action) -> Self {
        Self {
            id: a.id.0,
            team: a.team,
            incident: a.incident,
            title: a.title,
            owner: a.owner,
            due_on: a.due_on,
            alert_rule: a.alert_rule,
            state: a.state.as_str(),
            outcome: a.outcome,
            created_at: a.created_at,
            closed_at: a.closed_at,
        }
    }
}

/// Actions, those due first.
#[utoipa::path(get, path = "/actions", tag = "incidents", params(ActionQuery), responses((status = 200, body = List<ActionBody>)))]
async fn actions(
    mut caller: Caller,
    Params(query): Params<ActionQuery>,
) -> Result<Json<List<ActionBody>>, ApiError> {
    let (limit, after) = paging(query.limit, query.after)?;
    let filter = ActionFilter {
        team: query.team,
        incident: query.incident,
        state: query.state,
        mine: query.mine,
        rules: false,
    };
    let page = incidents::actions(&mut caller.cx().await?, &filter, after, limit).await?;
    Ok(List::of(page, ActionBody::from))
}

/// An action to be promised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewActionBody {
    /// Number of the incident that it comes out of.
    incident: Option<i64>,
    /// Slug of the team whose it is; the incident's, if absent.
    team: Option<String>,
    /// What, in a line.
    title: String,
    /// Handle of whoever promises it; absent: nobody yet.
    owner: Option<String>,
    /// By when, a day.
    #[schema(value_type = String, format = Date)]
    due_on: Date,
    /// The alert rule that it mends, as monitoring calls it: it then stands beside the rule in the load of the team.
    alert_rule: Option<String>,
}

/// Promises something.
#[utoipa::path(post, path = "/actions", tag = "incidents", request_body = NewActionBody,
    responses((status = 201, body = ActionBody, headers(("Location" = String, description = "Its address.")))))]
async fn add_action(mut caller: Caller, Body(body): Body<NewActionBody>) -> Result<Response, ApiError> {
    let new = NewAction {
        incident: body.incident,
        team: body.team,
        title: body.title,
        owner: body.owner,
        due_on: body.due_on,
        alert_rule: body.alert_rule,
    };
    let action = incidents::add_action(&mut caller.cx().await?, new).await?;
    let path = format!("/actions/{}", action.id);
    Ok(created(path, Json(ActionBody::from(action))))
}

/// One action.
#[utoipa::path(get, path = "/actions/{id}", tag = "incidents", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = ActionBody)))]
async fn show_action(mut caller: Caller, Path(id): Path<uuid::Uuid>) -> Result<Json<ActionBody>, ApiError> {
    Ok(Json(incidents::action(&mut caller.cx().await?, ActionId(id)).await?.into()))
}

/// What to change of an action. Absent: stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActionEditBody {
    /// Handle of whoever promises it; null: nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    /// By when, a day.
    #[schema(value_type = Option<String>, format = Date)]
    due_on: Option<Date>,
    /// `open`, `done` or `dropped`.
    #[schema(value_type = Option<String>)]
    state: Option<ActionState>,
    /// What came of it; needed to drop it.
    outcome: Option<String>,
}

/// Changes an action: who, by when, or that it is done.
#[utoipa::path(patch, path = "/actions/{id}", tag = "incidents", params(("id" = uuid::Uuid, Path)),
    request_body = ActionEditBody, responses((status = 200, body = ActionBody)))]
async fn edit_action(
    mut caller: Caller,
    Path(id): Path<uuid::Uuid>,
    Body(body): Body<ActionEditBody>,
) -> Result<Json<ActionBody>, ApiError> {
    let edit =
        ActionEdit { owner: body.owner, due_on: body.due_on, state: body.state, outcome: body.outcome };
    Ok(Json(incidents::edit_action(&mut caller.cx().await?, ActionId(id), edit).await?.into()))
}

/// How a thing is known to fail.
#[derive(Debug, Serialize, ToSchema)]
struct ModeBody {
    /// Key.
    id: uuid::Uuid,
    /// What it is called.
    name: String,
    /// How one tells.
    signs: String,
    /// What to do, in Markdown.
    remedy: String,
    /// Number of the incident in which it was learned.
    incident: Option<i64>,
    /// Handle of who wrote it.
    written_by: Option<String>,
    /// When.
    written_at: Timestamp,
}

impl From<FailureMode> for ModeBody {
    fn from(m: FailureMode) -> Self {
        Self {
            id: m.id.0,
            name: m.name,
            signs: m.signs,
            remedy: m.remedy,
            incident: m.incident,
            written_by: m.written_by.map(|p| p.handle),
            written_at: m.written_at,
        }
    }
}

type EntityPath = Path<(String, String, String)>;

/// How a thing is known to fail, the newest first.
#[utoipa::path(get, path = "/entities/{kind}/{namespace}/{name}/failure-modes", tag = "incidents",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)), responses((status = 200, body = List<ModeBody>)))]
async fn modes(
    mut caller: Caller,
    Path((kind, namespace, name)): EntityPath,
) -> Result<Json<List<ModeBody>>, ApiError> {
    let cx = &mut caller.cx().await?;
    let entity = catalog::get(cx, &EntityRef::new(&kind, &namespace, &name)).await?;
    let modes = incidents::failure_modes(cx, entity.id).await?;
    Ok(List::whole(modes.into_iter().map(ModeBody::from).collect()))
}

/// A failure mode to be written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewModeBody {
    /// What it is called.
    name: String,
    /// How one tells.
    #[serde(default)]
    signs: String,
    /// What to do, in Markdown.
    #[serde(default)]
    remedy: String,
    /// Number of the incident in which it was learned.
    incident: Option<i64>,
}

/// Writes down how a thing fails.
#[utoipa::path(post, path = "/entities/{kind}/{namespace}/{name}/failure-modes", tag = "incidents",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path)), request_body = NewModeBody,
    responses((status = 201, body = ModeBody, headers(("Location" = String, description = "The list that it stands in.")))))]
async fn add_mode(
    mut caller: Caller,
    Path((kind, namespace, name)): EntityPath,
    Body(body): Body<NewModeBody>,
) -> Result<Response, ApiError> {
    let reference = EntityRef::new(&kind, &namespace, &name);
    let new =
        NewFailureMode { name: body.name, signs: body.signs, remedy: body.remedy, incident: body.incident };
    let mode = incidents::add_failure_mode(&mut caller.cx().await?, &reference, new).await?;
    let path = format!("/entities/{kind}/{namespace}/{name}/failure-modes");
    Ok(created(path, Json(ModeBody::from(mode))))
}

/// Says that it cannot happen any more.
#[utoipa::path(delete, path = "/entities/{kind}/{namespace}/{name}/failure-modes/{id}", tag = "incidents",
    params(("kind" = String, Path), ("namespace" = String, Path), ("name" = String, Path), ("id" = uuid::Uuid, Path)), responses((status = 204)))]
async fn retire_mode(
    mut caller: Caller,
    Path((kind, namespace, name, id)): Path<(String, String, String, uuid::Uuid)>,
) -> Result<StatusCode, ApiError> {
    let reference = EntityRef::new(&kind, &namespace, &name);
    incidents::retire_failure_mode(&mut caller.cx().await?, &reference, FailureModeId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
