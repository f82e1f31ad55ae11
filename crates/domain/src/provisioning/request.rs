//! Requests: looking at them, taking them back, trying again.

use jiff::SignedDuration;

use super::{
    Blame, Failure, LogLine, Move, Request, RequestFilter, State, StepOf, Wish,
    ask::gone,
    resource, run,
    store::{self, request as rows},
};
use crate::{
    Cursor, Cx, Error, Few, Limit, Page, Result,
    activity::{self, Act},
    check::Checks,
    levels::Impact,
    page::Total,
    people::{self, TeamName},
    support::{self, Category, NewRequest as NewSupport},
};

/// Lines of a log that go into a support request.
const LINES: i64 = 60;
/// What came of a request is told on the first page for so long.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the actor may do with a request now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a button of its own")]
pub struct RequestRights {
    /// Change and hand in their draft.
    pub edit: bool,
    /// Take it back.
    pub cancel: bool,
    /// Try the failed step again.
    pub retry: bool,
    /// Stop, and have undone what was made.
    pub undo: bool,
    /// Say how it was.
    pub rate: bool,
    /// Ask for help with it.
    pub support: bool,
}

/// A request. Drafts are seen by whoever writes them alone.
pub async fn request(cx: &mut Cx<'_>, number: i64) -> Result<Request> {
    let me = cx.reader()?;
    let request = reload(cx, number).await?;
    if request.state == State::Draft && request.requested_by.as_ref().map(|p| p.id) != Some(me) {
        return Err(gone(number));
    }
    Ok(request)
}

pub(super) async fn reload(cx: &mut Cx<'_>, number: i64) -> Result<Request> {
    rows::get(cx, number).await?.ok_or_else(|| gone(number))
}

/// The request, under its lock: moves of one request are made one after the other.
pub(super) async fn locked(cx: &mut Cx<'_>, number: i64) -> Result<Request> {
    rows::lock(cx, number).await?;
    reload(cx, number).await
}

/// Requests, newest first.
pub async fn requests(
    cx: &mut Cx<'_>,
    filter: &RequestFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Request>> {
    cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<i64>).transpose()?;
    let found = rows::list(cx, filter, key, limit.probe()).await?;
    let total = Total::bounded(rows::count(cx, filter, Total::MOST + 1).await?);
    Ok(Page::cut(found, limit, total, after.as_ref(), |r| r.number))
}

/// What came of what the actor asked for in the last seven days, newest first: what is there, refused or failed. It is told
/// until they took what is theirs (looked at its credentials, went on with it, asked anew, or said how it was).
pub async fn results_of_mine(cx: &mut Cx<'_>, limit: Limit) -> Result<Few<Request>> {
    let me = cx.reader()?;
    let since = cx.now() - TOLD_FOR;
    Ok(Few::cut(rows::results(cx, me, since, limit.probe()).await?, limit))
}

/// What stopped and waits for somebody, newest first: what the actor asked for, and what offerings of theirs have to mend.
pub async fn stopped_for_me(cx: &mut Cx<'_>, limit: Limit) -> Result<Few<Request>> {
    let me = cx.reader()?;
    let teams = people::teams_answered_for(cx, me).await?;
    Ok(Few::cut(rows::stopped(cx, me, &teams, limit.probe()).await?, limit))
}

/// The steps of its run, in order; none before it began.
pub async fn steps(cx: &mut Cx<'_>, request: &Request) -> Result<Vec<StepOf>> {
    cx.reader()?;
    store::run::steps(cx, request.id).await
}

/// Lines of its log behind a line; 0 for the first that is kept.
pub async fn log(cx: &mut Cx<'_>, request: &Request, after: i64, limit: Limit) -> Result<Vec<LogLine>> {
    cx.reader()?;
    store::run::log(cx, request.id, after, limit.rows()).await
}

/// The end of its log: its last lines, in order; all that is kept are 2,000.
pub async fn log_end(cx: &mut Cx<'_>, request: &Request, lines: i64) -> Result<Vec<LogLine>> {
    cx.reader()?;
    store::run::last_lines(cx, request.id, lines.clamp(1, store::run::KEPT)).await
}

/// What the actor may do with it.
pub async fn rights(cx: &mut Cx<'_>, request: &Request) -> Result<RequestRights> {
    let Ok(me) = cx.writer() else { return Ok(RequestRights::default()) };
    let own = request.requested_by.as_ref().map(|p| p.id) == Some(me);
    if request.state == State::Draft {
        return Ok(RequestRights { edit: own, ..RequestRights::default() });
    }
    let near = own || people::team_rights(cx, request.team.id).await?.edit;
    let platform = people::team_rights(cx, request.offering_team.id).await?.edit;
    let stuck = request.state == State::NeedsAttention;
    let takes_back = matches!(request.state, State::AwaitingApproval | State::Approved | State::Running);
    Ok(RequestRights {
        edit: false,
        cancel: near && takes_back && request.wish.is_none(),
        // what was given up is not tried again behind the back of whoever gave it up
        retry: stuck && request.wish.is_none() && (near || platform),
        undo: (stuck || request.left_over) && (near || platform),
        rate: own && request.state == State::Succeeded,
        support: (near || platform) && (request.failure.is_some() || !request.state.is_over()),
    })
}

async fn may(
    cx: &mut Cx<'_>,
    request: &Request,
    allowed: fn(&RequestRights) -> bool,
    what: &str,
) -> Result<()> {
    cx.writer()?;
    if request.state == State::Draft && request.requested_by.as_ref().map(|p| p.id) != cx.actor().person {
        return Err(gone(request.number));
    }
    if allowed(&rights(cx, request).await?) {
        return Ok(());
    }
    let near = people::team_rights(cx, request.team.id).await?.edit
        || people::team_rights(cx, request.offering_team.id).await?.edit
        || request.requested_by.as_ref().map(|p| p.id) == cx.actor().person;
    if near {
        return Err(Error::Conflict(format!(
            "request {} is {}: it cannot be {what} now",
            request.number,
            request.state.as_str()
        )));
    }
    Err(Error::Forbidden(format!("only {} and whoever asked may have it {what}", request.team.name)))
}

/// Takes a request back. What has not begun is cancelled at once; what runs is undone first, after the step that is at work.
pub async fn cancel(cx: &mut Cx<'_>, number: i64, reason: &str) -> Result<Request> {
    let mut checks = Checks::default();
    let reason = checks.text("reason", reason, 2_000);
    checks.done()?;
    cx.atomically(async |cx| {
        let request = locked(cx, number).await?;
        may(cx, &request, |r| r.cancel, "cancelled").await?;
        activity::record(
            cx,
            Act { note: reason.clone(), ..Act::new("provisioning.cancelled", request.subject()) },
        )
        .await?;
        let tail = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        run::note(cx, request.id, &format!("{} took it back{tail}", cx.actor().name.clone())).await?;
        store::approval::drop_waiting(cx, request.id).await?;
        if request.state == State::Running {
            rows::set_wish(cx, request.id, Wish::Cancel).await?;
            run::wake(cx, &request).await?;
            return reload(cx, number).await;
        }
        run::step(cx, &request, Move::Cancel).await
    })
    .await
}

/// Tries the step again that failed.
pub async fn retry(cx: &mut Cx<'_>, number: i64) -> Result<Request> {
    cx.atomically(async |cx| {
        let request = locked(cx, number).await?;
        may(cx, &request, |r| r.retry, "tried again").await?;
        activity::record(cx, Act::new("provisioning.retried", request.subject())).await?;
        run::note(cx, request.id, &format!("{} has it tried again", cx.actor().name.clone())).await?;
        let begun = store::run::reset_failed(cx, request.id).await?;
        rows::set_failure(cx, request.id, None).await?;
        run::step(cx, &request, if begun { Move::Run } else { Move::Approve }).await
    })
    .await
}

/// Gives it up and has undone what was made; also once more, where something could not be.
pub async fn undo(cx: &mut Cx<'_>, number: i64) -> Result<Request> {
    cx.atomically(async |cx| {
        let request = locked(cx, number).await?;
        may(cx, &request, |r| r.undo, "undone").await?;
        activity::record(cx, Act::new("provisioning.undone", request.subject())).await?;
        run::note(cx, request.id, &format!("{} has it undone", cx.actor().name.clone())).await?;
        if let (true, Some(_), Some(on)) = (request.state.is_over(), &request.action, &request.resource) {
            // one at a time: it works on what another request may be at
            let now = resource::locked(cx, on.id).await?;
            if let Some(open) = now.open_request.filter(|n| *n != number) {
                let problem =
                    format!("request {open} is at {}; wait until it is over, or cancel it", on.name);
                return Err(Error::Conflict(problem));
            }
        }
        rows::set_wish(cx, request.id, Wish::Undo).await?;
        if request.left_over && request.state.is_over() {
            store::run::reset_left(cx, request.id).await?;
            run::wake(cx, &request).await?;
            return reload(cx, number).await;
        }
        run::step(cx, &request, Move::Run).await
    })
    .await
}

/// Says how it was, 1 to 5. Whoever asked may, once it is there, and may change it.
pub async fn rate(cx: &mut Cx<'_>, number: i64, satisfaction: i16, note: &str) -> Result<Request> {
    let mut checks = Checks::default();
    let note = checks.text("note", note, 2_000);
    if !(1..=5).contains(&satisfaction) {
        checks.problem("satisfaction", "must be 1 to 5");
    }
    checks.done()?;
    cx.atomically(async |cx| {
        let request = locked(cx, number).await?;
        may(cx, &request, |r| r.rate, "rated").await?;
        rows::rate(cx, request.id, satisfaction, &note).await?;
        reload(cx, number).await
    })
    .await
}

/// Opens a support request about it with the log attached, or returns the one that is open already.
pub async fn ask_support(cx: &mut Cx<'_>, number: i64) -> Result<support::Request> {
    cx.atomically(async |cx| {
        let request = locked(cx, number).await?;
        may(cx, &request, |r| r.support, "asked about").await?;
        if let Some(before) = request.support_number {
            let before = support::thread(cx, before).await?.request;
            if before.state != support::State::Closed {
                return Ok(before);
            }
        }
        let team = whom_to_ask(cx, &request).await?;
        let new = NewSupport {
            team: Some(team.slug),
            title: help_with(&request).chars().take(160).collect(),
            environment: request.environment.clone(),
            impact: Some(if request.failure.is_some() { Impact::Blocked } else { Impact::Question }),
            category: Some(Category::PlatformUse),
            tried: log_text(cx, &request).await?,
            wanted: wanted(request.failure.as_ref()),
            ..NewSupport::default()
        };
        let asked = support::ask(cx, new).await?.request;
        rows::set_support(cx, request.id, asked.number).await?;
        run::note(cx, request.id, &format!("support request {} was opened", asked.number)).await?;
        Ok(asked)
    })
    .await
}

/// Number of the provisioning request that a support request was opened from, if it was.
pub async fn request_of_support(cx: &mut Cx<'_>, support: i64) -> Result<Option<i64>> {
    cx.reader()?;
    rows::of_support(cx, support).await
}

/// The team that can say more about a request: the other team that said no, else the one that answers questions about what
/// the offering makes. A lead's no is asked about where everybody of the team sees their lead.
pub async fn whom_to_ask(cx: &mut Cx<'_>, request: &Request) -> Result<TeamName> {
    cx.reader()?;
    let approvals = store::approval::of_request(cx, request.id).await?;
    let no = approvals.iter().flat_map(|a| &a.approvers).find(|a| a.agreed == Some(false));
    let slug = match no.map(|a| a.rule.as_str()) {
        Some(rule) if rule != "lead" => rule.strip_prefix("team:").map(str::to_owned),
        _ => {
            let offering = super::offering::known(cx, &request.offering, Some(request.version)).await?;
            offering.definition.supported_by
        }
    };
    let Some(slug) = slug else { return Ok(request.offering_team.clone()) };
    match people::team(cx, &slug).await {
        Ok(team) => Ok(TeamName { id: team.id, slug: team.slug, name: team.name }),
        Err(Error::NotFound { .. }) => Ok(request.offering_team.clone()),
        Err(other) => Err(other),
    }
}

fn help_with(request: &Request) -> String {
    format!("Provisioning request {}: {}", request.number, request.title())
}

fn wanted(failure: Option<&Failure>) -> String {
    match failure {
        Some(f) => format!(
            "{}\n\n{}{}",
            f.why,
            f.next,
            if f.blame == Blame::Input { "" } else { "\n\nI need it made, or to know why it cannot be." }
        ),
        None => "I need to know how it goes on.".into(),
    }
}

async fn log_text(cx: &mut Cx<'_>, request: &Request) -> Result<String> {
    let lines = store::run::last_lines(cx, request.id, LINES).await?;
    let mut text = format!(
        "Request {}, offering {} v{}. The end of its log:\n\n",
        request.number, request.offering, request.version
    );
    for line in lines {
        let step = if line.step.is_empty() { String::new() } else { format!("[{}] ", line.step) };
        text += &format!(
            "    {} {step}{}\n",
            line.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            line.text.chars().take(200).collect::<String>()
        );
    }
    Ok(text)
}
