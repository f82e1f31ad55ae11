//! A request on its way: how it stands, whose turn it is, its log and its steps; and what can be done about it.

use askama::Template;
use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    people::PersonName,
    provisioning::{
        self, ApprovalOf, ApprovalState, Blame, Effect, Figures, LogLine, Offering, Outcome, Request,
        RequestRights, Resource, Said, State, StepOf, StepState, Weighed,
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

/// All below the title, which changes while it is looked at.
#[derive(Template)]
#[template(path = "provisioning/request_body.html")]
struct Body {
    shell: Shell,
    request: Request,
    offering: Offering,
    figures: Figures,
    approvals: Vec<ApprovalOf>,
    steps: Vec<StepOf>,
    lines: Vec<LogLine>,
    rights: RequestRights,
    resource: Option<Resource>,
    /// Whether credentials came with it that are kept here.
    has_credentials: bool,
    /// For whoever decides.
    weighed: Option<Weighed>,
    people: Vec<PersonName>,
    form: Form,
}

/// One mark on the way from asking to having.
struct Mark {
    look: (&'static str, &'static str),
    title: String,
    at: Option<Timestamp>,
    text: String,
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

    /// Steps done and all of them.
    fn progress(&self) -> Option<(usize, usize)> {
        let done =
            self.steps.iter().filter(|s| matches!(s.state, StepState::Done | StepState::Skipped)).count();
        let shown = matches!(self.request.state, State::Running | State::NeedsAttention | State::Approved);
        (shown && !self.steps.is_empty()).then_some((done, self.steps.len()))
    }

    /// How long it may still take, measured at those before.
    fn ahead(&self) -> Option<String> {
        // what is measured is making, and what waits for somebody goes on when they do something
        if self.request.action.is_some() || self.is("needs-attention") {
            return None;
        }
        let (usual, began) = (self.figures.usual_seconds?, self.request.submitted_at?);
        let passed = self.shell.now.duration_since(began).as_secs();
        let slow = self.figures.slow_seconds.unwrap_or(usual);
        Some(if passed < usual {
            format!(
                "About {} to go: 9 in 10 of these take up to {}.",
                said::lasts(usual - passed),
                said::lasts(slow)
            )
        } else {
            format!(
                "It takes longer than usual: half of these are ready in {}, 9 in 10 in {}.",
                said::lasts(usual),
                said::lasts(slow)
            )
        })
    }

    /// When whoever asked hears of it; none while nothing happens by itself.
    fn promise(&self) -> Option<String> {
        let goes_on = !self.is_over() && !self.is("needs-attention") && self.request.wish.is_none();
        goes_on.then(|| format!("You may leave; {}.", said::told_when(self.request.effect())))
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
        self.request.effect() == Some(Effect::Remove)
    }

    /// Over what came of it.
    fn outcome(&self) -> &'static str {
        match self.request.effect() {
            None => "It is there",
            Some(Effect::Change | Effect::Upgrade) => "It is done",
            Some(Effect::Remove) => "It is gone",
            Some(Effect::Eject) => "It is yours",
        }
    }

    fn marks(&self) -> Vec<Mark> {
        let r = &self.request;
        let by = r.requested_by.as_ref().map_or("by Portolan".to_owned(), |p| format!("by {}", p.name));
        let fit = r.verdict.guardrails.iter().filter(|s| s.outcome == Outcome::Fits).count();
        let all = r.verdict.guardrails.len();
        let checked = if all == 0 {
            String::new()
        } else {
            format!("; {fit} of {} fit", words::counted(all, "guardrail", "guardrails"))
        };
        let mut marks = vec![Mark {
            look: ("ok", "is-done"),
            title: "Asked".into(),
            at: r.submitted_at,
            text: by + &checked,
        }];
        marks.extend(self.approvals.iter().filter(|a| a.step.is_empty()).map(approval_mark));
        if self.steps.is_empty() {
            let planned = self.planned().into_iter();
            marks.extend(planned.map(|title| Mark {
                look: ("ahead", "is-ahead"),
                title,
                at: None,
                text: String::new(),
            }));
        }
        for step in &self.steps {
            let (icon, class, word) = said::step(step);
            let failed = step.failure.as_ref().map(|failure| failure.why.clone());
            let again =
                if step.attempts > 1 { format!(", attempt {}", step.attempts) } else { String::new() };
            marks.push(Mark {
                look: (icon, class),
                title: step.title.clone(),
                at: step.ended_at.or(step.started_at),
                text: failed.unwrap_or_else(|| format!("{word}{again}")),
            });
            marks.extend(
                self.approvals
                    .iter()
                    .filter(|a| !a.step.is_empty() && a.step == step.step)
                    .map(approval_mark),
            );
        }
        marks.push(self.last());
        marks
    }

    fn last(&self) -> Mark {
        let (title, look) = match self.request.state {
            State::Refused => ("Refused", ("danger", "is-failed")),
            State::Failed => ("Failed", ("danger", "is-failed")),
            State::Cancelled => ("Cancelled", ("unknown", "is-ahead")),
            State::Succeeded => (self.request.effect().map_or("Ready", said::done), ("ok", "is-done")),
            _ => (self.request.effect().map_or("Ready", said::done), ("ahead", "is-ahead")),
        };
        Mark { look, title: title.into(), at: self.request.ended_at, text: String::new() }
    }

    /// Titles of the steps that will be done.
    fn planned(&self) -> Vec<String> {
        let definition = &self.offering.definition;
        let steps = match &self.request.action {
            Some(action) => definition.actions.iter().find(|a| a.name == *action).map(|a| &a.steps),
            None => Some(&definition.steps),
        };
        let title =
            |step: &provisioning::Step| step.title.clone().unwrap_or_else(|| words::sentence(&step.id));
        steps.into_iter().flatten().map(title).collect()
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

    fn cost(&self) -> Option<String> {
        Some(said::monthly(self.request.cost?, self.request.currency.as_deref()))
    }

    /// Whose turn it is.
    fn turn(&self) -> Option<String> {
        self.request.failure.as_ref().map(|f| said::turn(&f.blame, &self.request.offering_team.name))
    }

    /// Where the same is asked for again, filled in.
    fn again(&self) -> Option<String> {
        let r = &self.request;
        let is_new = r.action.is_none() && r.state.is_over();
        is_new.then(|| format!("/provision/{}?again={}", r.offering, r.number))
    }

    fn clock(&self, at: &Timestamp) -> String {
        at.to_zoned(self.shell.time_zone().clone()).strftime("%H:%M:%S").to_string()
    }

    /// A line of the log that something is wrong with, by its words.
    fn line_class(&self, line: &LogLine) -> &'static str {
        let text = line.text.to_lowercase();
        if text.contains("failed") || text.contains("error") {
            "is-danger"
        } else if text.contains("again in") || text.contains("warning") {
            "is-warn"
        } else {
            ""
        }
    }
}

fn approval_mark(approval: &ApprovalOf) -> Mark {
    let (tone, word) = said::approval(&approval.state);
    let look = match approval.state {
        ApprovalState::Waiting => ("now", "is-now"),
        ApprovalState::Agreed => ("ok", "is-done"),
        ApprovalState::Dropped => (tone, "is-ahead"),
        ApprovalState::Refused | ApprovalState::Lapsed => ("danger", "is-failed"),
    };
    let said: Vec<_> =
        approval.approvers.iter().filter(|a| a.agreed.is_some()).map(|a| a.person.name.clone()).collect();
    let who = if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) };
    let at = approval.approvers.iter().filter_map(|a| a.at).max();
    Mark { look, title: format!("Approval: {}", approval.name), at, text: format!("{word}{who}") }
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
