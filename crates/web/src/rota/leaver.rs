//! Somebody leaves: everything to come that names them on one page, and its repair in one go.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::SignedDuration;
use portolan_domain::{
    TeamId,
    paging::{self, Given, Leaving},
    people::{self, Person, PersonName, TeamName},
    rota::{self, Duty},
};

use super::choices;
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
}

impl LeaverPage {
    fn is_free(&self) -> bool {
        self.named.schedules.is_empty() && self.named.policies.is_empty() && self.named.leads.is_empty()
    }

    /// Whether a schedule or policy is chosen: at first all are that the viewer may edit.
    fn is_chosen(&self, field: &str, slug: &str, team: &TeamName) -> bool {
        self.may(team) && (!self.form.is_refused() || self.form.is(field, slug))
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
    render(&mut viewer, &handle, Form::blank(), StatusCode::OK).await
}

async fn render(
    viewer: &mut Viewer,
    handle: &str,
    form: Form,
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
    page::html_as(status, &LeaverPage { shell, person, named, mine, shifts, more, people, form })
}

pub(super) async fn replace(
    mut viewer: Viewer,
    Path(handle): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let (schedules, policies) = (form.all("schedules"), form.all("policies"));
    let by = form.text("by");
    let done = if schedules.is_empty() && policies.is_empty() {
        Err(portolan_domain::Error::invalid("by", "takes nothing yet: choose a schedule or a policy"))
    } else {
        let given = Given { schedules: Some(schedules), policies: Some(policies) };
        paging::replace_person(&mut viewer.cx(), &handle, &by, given).await
    };
    match done {
        Ok(_) => Ok(Flash::ok("Done.", "Those whose time changes are told.").on(&address(&handle))),
        Err(error) => {
            let status = form.refuse(error)?;
            render(&mut viewer, &handle, form, status).await
        }
    }
}
