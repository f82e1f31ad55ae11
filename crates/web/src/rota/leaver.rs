//! Somebody leaves: everything to come that names them on one page, and its repair in one go.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::SignedDuration;
use portolan_domain::{
    Error, Result as Outcome, TeamId,
    paging::{self, Given, Leaving, NamedStep},
    people::{self, Person, PersonName, TeamName},
    rota::{self, Duty, ScheduleName},
};

use super::{
    choices,
    preview::{self, Told},
};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 7 * 26);
/// Shifts that the page lists; of the others it says the number.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "rota/leaver.html")]
struct LeaverPage {
    shell: Shell,
    person: Person,
    named: Leaving,
    /// Teams whose schedules and policies the viewer may edit.
    mine: Vec<TeamId>,
    shifts: Vec<Duty>,
    more: usize,
    people: Vec<PersonName>,
    form: Form,
    preview: Option<Looked>,
}

/// What giving it to somebody would change.
struct Looked {
    schedules: Vec<(ScheduleName, Told)>,
    policies: Vec<NamedStep>,
    leads: Vec<TeamName>,
}

impl LeaverPage {
    fn is_free(&self) -> bool {
        self.named.schedules.is_empty() && self.named.policies.is_empty() && self.named.leads.is_empty()
    }

    /// Whether a schedule or policy is chosen: at first all are that the viewer may edit.
    fn is_chosen(&self, field: &str, slug: &str, team: &TeamName) -> bool {
        let is_blank = self.preview.is_none() && !self.form.is_refused();
        self.may(team) && (is_blank || self.form.is(field, slug))
    }

    fn may(&self, team: &TeamName) -> bool {
        self.mine.contains(&team.id)
    }

    fn address(&self) -> String {
        address(&self.person.handle)
    }
}

fn address(handle: &str) -> String {
    format!("/people/{}/rota", crate::address::segment(handle))
}

pub(super) async fn show(mut viewer: Viewer, Path(handle): Path<String>) -> Result<Response, PageError> {
    render(&mut viewer, &handle, Form::blank(), None, StatusCode::OK).await
}

async fn render(
    viewer: &mut Viewer,
    handle: &str,
    form: Form,
    preview: Option<Looked>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let person = people::person(&mut viewer.cx(), handle).await?;
    let named = paging::leaving(&mut viewer.cx(), handle).await?;
    let teams = named.schedules.iter().map(|n| n.team.id).chain(named.policies.iter().map(|n| n.team.id));
    let teams: Vec<_> = teams.chain(named.leads.iter().map(|team| team.id)).collect();
    let mine = people::editable_teams(&mut viewer.cx(), &teams).await?;
    let shell = viewer.shell(Nav::OnCall);
    let mut shifts =
        rota::shifts_of_person(&mut viewer.cx(), person.id, shell.now, shell.now + AHEAD).await?;
    let more = shifts.len().saturating_sub(SHOWN);
    shifts.truncate(SHOWN);
    let people = choices(viewer).await?;
    page::html_as(status, &LeaverPage { shell, person, named, mine, shifts, more, people, form, preview })
}

pub(super) async fn replace(
    mut viewer: Viewer,
    Path(handle): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    match act(&mut viewer, &handle, &form).await {
        Ok(None) => Ok(Flash::ok("Done.", "Those whose time changes are told.").on(&address(&handle))),
        Ok(looked) => render(&mut viewer, &handle, form, looked, StatusCode::OK).await,
        Err(error) => {
            let status = form.refuse(error)?;
            render(&mut viewer, &handle, form, None, status).await
        }
    }
}

/// Gives it, or looks at what that would change, as the pressed button says.
async fn act(viewer: &mut Viewer, handle: &str, form: &Form) -> Outcome<Option<Looked>> {
    let (schedules, policies, leads) = (form.all("schedules"), form.all("policies"), form.all("leads"));
    if schedules.is_empty() && policies.is_empty() && leads.is_empty() {
        return Err(Error::invalid("by", "takes nothing yet: choose a schedule, a policy or a team"));
    }
    let given = Given { schedules: Some(schedules), policies: Some(policies), leads };
    let by = form.text("by");
    if form.is("act", "save") {
        paging::replace_person(&mut viewer.cx(), handle, &by, given, &form.text("reason")).await?;
        return Ok(None);
    }
    let would = paging::preview_replacement(&mut viewer.cx(), handle, &by, given).await?;
    let shell = viewer.shell(Nav::OnCall);
    let of_schedule = |(schedule, preview)| (schedule, preview::told(&shell, preview));
    Ok(Some(Looked {
        schedules: would.schedules.into_iter().map(of_schedule).collect(),
        policies: would.policies,
        leads: would.leads,
    }))
}
