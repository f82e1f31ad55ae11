//! Calendars to subscribe to: secret addresses of one's own shifts and of schedules, when they were last asked for, and
//! taking them back.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use portolan_domain::{
    CalendarFeedId, Error, Limit,
    rota::{self, CalendarFeed, ScheduleFilter},
};

use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

/// The choice that stands for one's own shifts.
const OWN: &str = "";

/// What a link may fill in.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    of: String,
}

#[derive(Template)]
#[template(path = "rota/calendars.html")]
struct CalendarsPage {
    shell: Shell,
    feeds: Vec<CalendarFeed>,
    schedules: Vec<(String, String)>,
    /// One just made, and its address: shown this once.
    made: Option<(CalendarFeed, String)>,
    form: Form,
}

impl CalendarsPage {
    fn of(&self, feed: &CalendarFeed) -> String {
        feed.schedule.as_ref().map_or_else(|| "My own shifts".into(), |s| s.name.clone())
    }

    /// The same address for programs that ask to be subscribed.
    fn webcal(&self, address: &str) -> String {
        address.split_once("://").map_or_else(String::new, |(_, rest)| format!("webcal://{rest}"))
    }
}

pub(super) async fn show(viewer: Viewer, Query(given): Query<Given>) -> Result<Response, PageError> {
    render(viewer, Form::blank().with("schedule", given.of), None, StatusCode::OK).await
}

async fn render(
    mut viewer: Viewer,
    form: Form,
    made: Option<(CalendarFeed, String)>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let feeds = rota::feeds(&mut viewer.cx()).await?;
    let all = Limit::new(Limit::MAX)?;
    let found = rota::schedules(&mut viewer.cx(), &ScheduleFilter::default(), None, all).await?.items;
    let mut schedules = vec![(OWN.to_owned(), "My own shifts, wherever they are".to_owned())];
    schedules.extend(found.into_iter().map(|s| (s.slug, format!("Everybody on {}", s.name))));
    // the list is cut in a company with very many; the one that was asked for is always there
    let asked = form.text("schedule");
    if schedules.iter().all(|(slug, _)| *slug != asked) {
        let one = rota::schedule(&mut viewer.cx(), &asked).await?;
        schedules.push((one.slug, format!("Everybody on {}", one.name)));
    }
    let shell = viewer.shell(Nav::OnCall);
    page::html_as(status, &CalendarsPage { shell, feeds, schedules, made, form })
}

pub(super) async fn make(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    match rota::create_feed(&mut viewer.cx(), form.optional("schedule").as_deref()).await {
        Ok((feed, secret)) => {
            let address = viewer.portal().base_url.clone() + &rota::feed_path(&secret);
            render(viewer, Form::blank(), Some((feed, address)), StatusCode::CREATED).await
        }
        Err(error) => {
            let status = form.refuse(error)?;
            render(viewer, form, None, status).await
        }
    }
}

pub(super) async fn revoke(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: CalendarFeedId = id.parse().map_err(|_| Error::not_found("calendar", &id))?;
    rota::revoke_feed(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Taken back.", "Calendars that use the address get nothing from now on.")
        .on("/oncall/calendars"))
}
