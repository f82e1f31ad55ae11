//! A team's week as it stands, and freezing it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    Limit,
    people::{self, Team},
    review::{self, Frozen},
    support::Week,
};

use super::sheet::Sheet;
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// Snapshots of one week that its live view names.
const NAMED: i64 = 5;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    week: String,
}

#[derive(Template)]
#[template(path = "review/week.html")]
struct WeekPage {
    shell: Shell,
    team: Team,
    sheet: Sheet,
    /// The last snapshots of this week.
    frozen: Vec<Frozen>,
    /// The week after it, if that has begun.
    next: Option<Week>,
    may_freeze: bool,
    form: Form,
}

impl WeekPage {
    fn before(&self) -> Week {
        self.sheet.review.week.before(1)
    }
}

/// The week that is looked back on, unless another is asked for.
pub(super) async fn show(
    viewer: Viewer,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let week = Some(asked.week).filter(|w| !w.is_empty()).map(|w| w.parse()).transpose()?;
    shown(viewer, &slug, week, Form::blank(), StatusCode::OK).await
}

async fn shown(
    mut viewer: Viewer,
    slug: &str,
    week: Option<Week>,
    form: Form,
    status: StatusCode,
) -> Result<Response, PageError> {
    let cx = &mut viewer.cx();
    let team = people::team(cx, slug).await?;
    let week = match week {
        Some(week) => week,
        None => review::last_week(cx, slug).await?,
    };
    let review = review::of_team(cx, slug, week).await?;
    let frozen = review::snapshots(cx, slug, Some(week), None, Limit::new(NAMED)?).await?.items;
    let may_freeze = people::team_rights(cx, team.id).await?.edit;
    let next = (review.until <= cx.now()).then(|| week.next());
    let shell = viewer.shell(Nav::Teams);
    let page = WeekPage { shell, team, sheet: Sheet::new(review), frozen, next, may_freeze, form };
    page::html_as(status, &page)
}

/// Freezes a week and leads to the snapshot.
pub(super) async fn freeze(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let week: Week = form.text("week").parse()?;
    match review::freeze(&mut viewer.cx(), &slug, week, &form.text("note")).await {
        Ok(made) => {
            let told =
                format!("It is number {} of {} and stays as it is.", made.frozen.number, made.team.name);
            let address = format!("/teams/{}/reviews/{}", made.team.slug, made.frozen.number);
            Ok(Flash::ok("Frozen.", told).on(&address))
        }
        Err(error) => {
            let status = form.refuse(error)?;
            shown(viewer, &slug, Some(week), form, status).await
        }
    }
}
