//! Jotting a win or a challenge, any day: a line is enough, and it waits in the team until the update is written.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use portolan_domain::{
    people::{self, TeamName},
    wins::{self, Hint, Kind, Sensitivity},
};

use super::{participation::own_teams, sheet, write};
use crate::{
    address::{self, segment},
    caller::Viewer,
    error::PageError,
    flash::{Flash, is_local},
    form::Form,
    page::{self, Nav, Shell},
};

/// What an address may bring along.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    team: String,
    /// The line to begin with.
    #[serde(default)]
    text: String,
    /// Reference of what it is about.
    #[serde(default)]
    about: String,
    /// Path in the portal of what it comes from.
    #[serde(default)]
    from: String,
}

/// The address that makes a win of something: what it is about, and where it comes from.
pub(crate) fn of(about: &str, from: impl AsRef<str>) -> String {
    format!("/wins/jot?about={}&from={}", segment(about), segment(from.as_ref()))
}

#[derive(Template)]
#[template(path = "wins/jot.html")]
struct JotPage {
    shell: Shell,
    teams: Vec<TeamName>,
    form: Form,
}

impl JotPage {
    fn hints(&self) -> &'static [Hint] {
        write::no_hints()
    }

    fn choices(&self) -> Vec<(&str, &str)> {
        self.teams.iter().map(|t| (t.slug.as_str(), t.name.as_str())).collect()
    }
}

pub(super) async fn form(mut viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let kind: Kind = asked.kind.parse().unwrap_or(Kind::Win);
    let form = Form::blank()
        .with("kind", kind)
        .with("team", &asked.team)
        .with("summary", &asked.text)
        .with("about", &asked.about)
        .with("sensitivity", Sensitivity::Publish)
        .with("from", if is_local(&asked.from) { &asked.from } else { "" });
    shown(&mut viewer, form, StatusCode::OK).await
}

async fn shown(viewer: &mut Viewer, form: Form, status: StatusCode) -> Result<Response, PageError> {
    let mut teams = own_teams(viewer).await?;
    let asked = form.value("team");
    if !asked.is_empty() && teams.iter().all(|team| team.slug != asked) {
        // whoever leads above a team comes from its page
        let cx = &mut viewer.cx();
        for team in people::teams_by_slug(cx, &[asked]).await? {
            if wins::may_jot(cx, team.id).await? {
                teams.push(team);
            }
        }
    }
    page::html_as(status, &JotPage { shell: viewer.shell(Nav::Wins), teams, form })
}

pub(super) async fn save(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    let kind: Kind = form.text("kind").parse().unwrap_or(Kind::Win);
    let mut new = sheet::new_entry(&form, "", kind, &form.text("team"));
    new.source_link = Some(form.text("from")).filter(|from| is_local(from)).unwrap_or_default();
    match wins::jot(&mut viewer.cx(), new).await {
        Ok(entry) => {
            let told = if wins::takes_part(&mut viewer.cx(), entry.team.id).await? {
                format!("It waits in {} until the next update is written.", entry.team.name)
            } else {
                let team = &entry.team.name;
                format!(
                    "{team} takes no part in wins and challenges just now: it waits there, for those in {team}."
                )
            };
            let again = format!("/wins/jot?kind={}&team={}", entry.kind, address::segment(&entry.team.slug));
            Ok(Flash::ok("Kept.", told).link(again, "Jot another").on(&super::entry::address(&entry.id)))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            shown(&mut viewer, form, status).await
        }
    }
}
