//! All that a team owns, handed over or confirmed at once.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    catalog::{
        Kind,
        ownership::{self, Bulk},
    },
    people,
};

use super::{Asked, note, team_choices};
use crate::{
    caller::Viewer,
    catalog,
    error::PageError,
    flash::{self, Flash},
    form::Form,
    page::{self, Nav, Shell},
    words,
};

#[derive(Template)]
#[template(path = "ownership/bulk.html")]
struct BulkPage {
    shell: Shell,
    slug: String,
    bulk: Bulk,
    teams: Vec<(String, String)>,
    may: bool,
    form: Form,
}

impl BulkPage {
    fn team_address(&self) -> String {
        format!("/teams/{}", self.slug)
    }

    fn counted(&self, kind: &str, n: &i64) -> String {
        kind.parse::<Kind>()
            .map_or_else(|_| format!("{} {kind}", words::count(n)), |kind| catalog::counted(&kind, n))
    }
}

pub(super) async fn form(
    viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    show(viewer, slug, Form::blank().with_optional("owner", asked.owner), StatusCode::OK).await
}

async fn show(
    mut viewer: Viewer,
    slug: String,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let team = people::team(&mut viewer.cx(), &slug).await?;
    let bulk = ownership::preview(&mut viewer.cx(), &slug).await?;
    let may = people::team_rights(&mut viewer.cx(), team.id).await?.edit;
    let teams = team_choices(&mut viewer).await?;
    page::html_as(
        status,
        &BulkPage { shell: viewer.shell(Nav::Teams), slug: team.slug, bulk, teams, may, form },
    )
}

pub(super) async fn hand_over(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let (to, reason, expected) =
        (form.text("owner"), form.text("reason"), form.value("expected").parse().ok());
    match ownership::hand_over_all(&mut viewer.cx(), &slug, &to, &reason, expected).await {
        Ok((count, to)) => {
            note(&viewer, "handed-over", &format!("team:{slug}"));
            let receiver = to.slug.unwrap_or_default();
            let lead = format!("{} handed over.", words::counted(count, "thing", "things"));
            Ok(Flash::ok(lead, format!("{} owns it all now.", to.name))
                .link(format!("/teams/{receiver}"), format!("See {}", to.name))
                .on(&format!("/teams/{slug}")))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            show(viewer, slug, form, status).await
        }
    }
}

pub(super) async fn confirm(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let count = ownership::confirm_all(&mut viewer.cx(), &slug).await?;
    note(&viewer, "confirmed", &format!("team:{slug}"));
    let here = format!("/teams/{slug}");
    let next = form.value("next");
    let next = if flash::is_local(next) { next } else { &here };
    Ok(Flash::ok("Confirmed.", format!("{} are still yours.", words::counted(count, "thing", "things")))
        .on(next))
}
