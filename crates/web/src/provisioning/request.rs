//! A request on its way: how it stands, whose turn it is, its log and its steps; and what can be done about it.

use askama::Template;
use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use portolan_domain::{
    people::{PersonName, TeamName},
    provisioning::{
        self, ApprovalOf, Approver, Blame, Effect, Figures, LogLine, Offering, Outcome, Request,
        RequestRights, Resource, ResourceState, Said, State, StepOf, Weighed,
    },
};

use super::said;
use crate::{
    caller::Viewer,
    error::PageError,
    form::Form,
    page::{self, Nav, Shell},
    people::choices,
    words,
};

/// Lines of the log that the page shows; all that are kept are in the text.
const TAIL: i64 = 300;
const ALL: i64 = 2_000;

#[derive(Template)]
#[template(path = "provisioning/request.html")]
struct RequestPage {
    shell: Shell,
    title: String,
    number: i64,
    /// Whether the body may be fetched anew: not while it shows what was wrong.
    live: bool,
    body: Body,
}

/// All of it, which changes while it is looked at.
#[derive(Template)]
#[template(path = "provisioning/request_body.html")]
pub(super) struct Body {
    pub(super) shell: Shell,
    pub(super) request: Request,
    pub(super) offering: Offering,
    pub(super) figures: Figures,
    pub(super) approvals: Vec<ApprovalOf>,
    pub(super) steps: Vec<StepOf>,
    pub(super) lines: Vec<LogLine>,
    rights: RequestRights,
    resource: Option<Resource>,
    /// Whether credentials came with it that are kept here.
    has_credentials: bool,
    /// For whoever decides.
    weighed: Option<Weighed>,
    people: Vec<PersonName>,
    /// Who can say more, if the viewer may ask them.
    ask: Option<TeamName>,
    form: Form,
}

/// A parameter as it was asked for.
struct Given {
    title: String,
    value: String,
    /// What the offering proposes, if that is something else.
    instead_of: Option<String>,
}

impl Body {
    async fn of(viewer: &mut Viewer, number: i64, form: Form) -> Result<Self, PageError> {
        let cx = &mut viewer.cx();
        let request = provisioning::request(cx, number).await?;
        let offering = provisioning::offering_at(cx, &request.offering, request.version).await?;
        let figures = provisioning::figures(cx, request.offering_id).await?;
        let approvals = provisioning::approvals(cx, &request).await?;
        let steps = provisioning::steps(cx, &request).await?;
        let rights = provisioning::rights(cx, &request).await?;
        let lines = provisioning::log_end(cx, &request, TAIL).await?;
        let resource = match &request.resource {
            Some(resource) => Some(provisioning::resource(cx, resource.id).await?),
            None => None,
        };
        let has_credentials = match &resource {
            Some(made) if made.is_there() => !provisioning::credentials(cx, made.id).await?.is_empty(),
            _ => false,
        };
        let mine = approvals.iter().any(|approval| approval.mine);
        let weighed = if mine { Some(provisioning::weigh(cx, &request).await?) } else { None };
        let people = if mine { choices(viewer, form.value("to")).await? } else { Vec::new() };
        let ask = if rights.support {
            Some(provisioning::whom_to_ask(&mut viewer.cx(), &request).await?)
        } else {
            None
        };
        let shell = viewer.shell(Nav::Provision);
        Ok(Self {
            shell,
            request,
            offering,
            figures,
            approvals,
            steps,
            lines,
            rights,
            resource,
            has_credentials,
            weighed,
            people,
            ask,
            form,
        })
    }

    /// What the viewer has to decide.
    fn to_decide(&self) -> Option<&ApprovalOf> {
        self.approvals.iter().find(|approval| approval.mine)
    }

    fn is_over(&self) -> bool {
        self.request.state.is_over()
    }

    fn is_rated(&self, answer: &i16) -> bool {
        self.request.satisfaction == Some(*answer)
    }

    fn is(&self, word: &str) -> bool {
        self.request.state.as_str() == word
    }

    fn tone(&self) -> &'static str {
        said::state(&self.request).0
    }

    /// What the button says that ends it.
    fn stop(&self) -> &'static str {
        if self.request.state == State::Running { "Stop and undo" } else { "Cancel it" }
    }

    /// Who said no.
    fn no(&self) -> Option<&Approver> {
        self.approvals.iter().flat_map(|a| &a.approvers).find(|a| a.agreed == Some(false))
    }

    /// What there is of what was refused.
    fn remains(&self) -> &'static str {
        match self.request.state {
            State::Refused => "Nothing was made.",
            State::Failed if self.request.left_over => "",
            State::Failed | State::Cancelled => "What was made before is undone.",
            _ => "What was made before is being undone.",
        }
    }

    /// When whoever asked hears of it; none while nothing happens by itself.
    fn promise(&self) -> Option<String> {
        let goes_on = !self.is_over() && !self.is("needs-attention") && self.request.wish.is_none();
        goes_on.then(|| format!("You may leave; {}.", said::told_when(self.request.effect)))
    }

    /// Who has what stopped, and what the viewer can do meanwhile.
    fn who_has_it(&self) -> Option<String> {
        let failure = self.request.failure.as_ref().filter(|_| self.is("needs-attention"))?;
        let team = &self.request.offering_team.name;
        let has = match failure.blame {
            Blame::Input => "It stopped, and waits for whoever asked.".to_owned(),
            Blame::Platform => format!("It stopped, and waits for {team}, who were told."),
            Blame::Outside => {
                format!("It stopped, and {team} were told; the outside system has to answer again.")
            }
        };
        let can = match (self.rights.retry, self.rights.undo) {
            (true, true) => {
                " Once that is mended it can be tried again; or have what was made undone, and it is over."
            }
            (_, true) => " You can have what was made undone, and it is over.",
            _ => " Nothing goes on until somebody tries it again or has it undone.",
        };
        Some(has + can)
    }

    fn is_removal(&self) -> bool {
        self.request.effect == Some(Effect::Remove)
    }

    /// Over what came of it.
    fn outcome(&self) -> &'static str {
        match self.request.effect {
            None => "It is there",
            Some(Effect::Change | Effect::Upgrade) => "It is done",
            Some(Effect::Remove) => "It is gone",
            Some(Effect::Eject) => "It is yours",
        }
    }

    fn given(&self) -> Vec<Given> {
        let fields = match &self.request.action {
            Some(name) => {
                let action = self.offering.definition.actions.iter().find(|a| a.name == *name);
                super::actions::fields_of(action)
            }
            None => self.offering.fields(),
        };
        let title = |name: &str| fields.iter().find(|f| f.name == name);
        self.request
            .params
            .iter()
            .map(|(name, value)| Given {
                title: title(name).map_or_else(|| words::sentence(name), |f| f.title.clone()),
                value: said::value(value),
                instead_of: title(name)
                    .and_then(|f| f.default.as_ref())
                    .filter(|default| *default != value)
                    .map(said::value),
            })
            .collect()
    }

    /// What of the verdict is worth a word: all that does not simply fit. Whoever decides sees that too, above.
    fn concerns(&self) -> Vec<(&'static str, &'static str, String)> {
        let is_told = |s: &&Said| s.outcome != Outcome::Fits && self.weighed.is_none();
        self.request.verdict.guardrails.iter().filter(is_told).map(said::guardrail).collect()
    }

    /// What each guardrail says, what needs a word first.
    fn verdicts(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut all: Vec<_> = self.request.verdict.guardrails.iter().collect();
        all.sort_by_key(|said| said.outcome == Outcome::Fits);
        all.into_iter().map(said::guardrail).collect()
    }

    fn changes(&self, weighed: &Weighed) -> Vec<said::Change> {
        said::changes(&weighed.differences, "not given", "not given any more")
    }

    /// What stands above the column of what was.
    fn before(&self) -> &'static str {
        if self.request.action.is_some() { "Now" } else { "Usually" }
    }

    /// What it costs, before and after, in a sentence.
    fn bill(&self, weighed: &Weighed) -> String {
        let said = |amount: f64| said::monthly(amount, self.request.currency.as_deref());
        match (weighed.cost_now, weighed.cost_then) {
            (None, None) => "What it costs is not told.".to_owned(),
            (None, Some(then)) => format!("It costs {}.", said(then)),
            (Some(now), None) => format!("It costs {} now, and nothing from then on.", said(now)),
            (Some(now), Some(then)) if (now - then).abs() < 0.005 => {
                format!("It costs {}, as it does now.", said(then))
            }
            (Some(now), Some(then)) => format!("It costs {} instead of {}.", said(then), said(now)),
        }
    }

    /// What it costs from then on; nothing is paid here for what is gone, or its users' own.
    fn cost(&self) -> Option<String> {
        let ends = matches!(self.request.effect, Some(Effect::Remove | Effect::Eject));
        Some(said::monthly(self.request.cost.filter(|_| !ends)?, self.request.currency.as_deref()))
    }

    /// Whose turn it is.
    fn turn(&self) -> Option<String> {
        self.request.failure.as_ref().map(|f| said::turn(&f.blame, &self.request.offering_team.name))
    }

    /// Where the same is asked for again, filled in; what is done with something is done on the page of that.
    fn again(&self) -> Option<String> {
        let r = &self.request;
        if !r.state.is_over() {
            return None;
        }
        match (&r.action, &self.resource) {
            (None, _) => Some(format!("/provision/{}?again={}", r.offering, r.number)),
            (Some(action), Some(on)) if self.rights.support && on.state == ResourceState::Active => {
                Some(format!("{}/actions/{action}", on.link()))
            }
            _ => None,
        }
    }
}

pub(super) async fn show(mut viewer: Viewer, Path(number): Path<i64>) -> Result<Response, PageError> {
    rendered(&mut viewer, number, Form::blank().with("satisfaction", ""), StatusCode::OK).await
}

pub(super) async fn rendered(
    viewer: &mut Viewer,
    number: i64,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let live = !form.is_refused();
    let body = Body::of(viewer, number, form).await?;
    let live = live && !(body.is_over() && body.request.state != State::Succeeded);
    let title = body.request.title();
    page::html_as(status, &RequestPage { shell: viewer.shell(Nav::Provision), title, number, live, body })
}

/// The body alone, for a page that is open.
pub(super) async fn parts(mut viewer: Viewer, Path(number): Path<i64>) -> Result<Response, PageError> {
    page::html(&Body::of(&mut viewer, number, Form::blank()).await?)
}

/// The whole log as text.
pub(super) async fn log(mut viewer: Viewer, Path(number): Path<i64>) -> Result<Response, PageError> {
    let request = provisioning::request(&mut viewer.cx(), number).await?;
    let mut text = String::new();
    for line in provisioning::log_end(&mut viewer.cx(), &request, ALL).await? {
        let step = if line.step.is_empty() { "-" } else { &line.step };
        text += &format!("{} {step} {}\n", line.at.strftime("%Y-%m-%dT%H:%M:%SZ"), line.text);
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
