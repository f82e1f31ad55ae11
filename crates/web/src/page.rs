//! What every page has around it, and how it leaves.

use std::sync::Arc;

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use portolan_domain::{
    Actor, Portal,
    people::{Density, Theme},
};

use crate::{assets, error::PageError, flash::Flash, time, visit::Visit};

/// Where a page belongs, for the mark in the masthead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nav {
    /// What needs the viewer.
    Home,
    /// Entities of all kinds.
    Catalog,
    /// Teams and their tree.
    Teams,
    /// People.
    People,
    /// What is missing or wrong.
    Findings,
    /// What was deployed where.
    Changes,
    /// Requests for help.
    Support,
    /// What can be had without a ticket.
    Provision,
    /// Wins and challenges: written, chosen, published.
    Wins,
    /// What hurts, and what was learned.
    Incidents,
    /// Pages: what woke somebody.
    Pages,
    /// Who did what in the portal.
    Activity,
    /// What the portal is used for.
    Usage,
    /// The viewer's own account.
    Account,
    /// Who is on call.
    OnCall,
    /// Nothing in the menu.
    Nowhere,
}

impl Nav {
    /// The main places: address, word and icon. The rest of the menu is in the layout.
    pub(crate) const MAIN: [(Nav, &'static str, &'static str, &'static str); 10] = [
        (Nav::Home, "/", "Home", "home"),
        (Nav::Catalog, "/catalog", "Catalog", "catalog"),
        (Nav::OnCall, "/oncall", "On-call", "rota"),
        (Nav::Teams, "/teams", "Teams", "team"),
        (Nav::Pages, "/pages", "Pages", "bell"),
        (Nav::Findings, "/findings", "Findings", "warn"),
        (Nav::Changes, "/changes", "Changes", "ship"),
        (Nav::Support, "/support", "Support", "help"),
        (Nav::Provision, "/provision", "Get something", "make"),
        (Nav::Wins, "/wins", "Wins", "report"),
    ];
}

/// What the layout needs: who is looking, in which zone they read times, what the page before left to say. Every page
/// struct has one in a field called `shell`; templates also ask it for times and words.
#[derive(Debug)]
pub(crate) struct Shell {
    /// Where the page belongs.
    pub(crate) nav: Nav,
    /// Name of the organisation.
    pub(crate) organisation: String,
    /// Whether somebody is signed in.
    pub(crate) signed_in: bool,
    /// The viewer's name.
    pub(crate) name: Arc<str>,
    /// Whether the viewer is an admin.
    pub(crate) admin: bool,
    /// Light, dark or as the system says.
    pub(crate) theme: Theme,
    /// Row height of long lists.
    pub(crate) density: Density,
    /// Token for the hidden field of every form.
    pub(crate) csrf: String,
    /// Left to say by the page before.
    pub(crate) flash: Option<Flash>,
    /// Path and query of this page.
    pub(crate) address: String,
    /// The instant of the page.
    pub(crate) now: Timestamp,
    zone: TimeZone,
    zone_name: Arc<str>,
}

impl Shell {
    pub(crate) fn new(portal: &Portal, actor: &Actor, visit: &Visit, now: Timestamp, nav: Nav) -> Self {
        Self {
            nav,
            organisation: portal.organisation.clone(),
            signed_in: actor.person.is_some(),
            name: actor.name.clone(),
            admin: actor.admin,
            theme: actor.preferences.theme,
            density: actor.preferences.density,
            csrf: visit.csrf(),
            flash: visit.flash.clone(),
            address: visit.address.clone(),
            now,
            zone: TimeZone::get(&actor.time_zone).unwrap_or(TimeZone::UTC),
            zone_name: actor.time_zone.clone(),
        }
    }

    /// `today 02:41`, `Thu 19 Nov`, `19 Nov 2025`: as exact as is useful at that distance.
    pub(crate) fn when(&self, at: impl time::Instant) -> time::Tag {
        let at = at.instant();
        time::Tag::new(at, time::when(at, self.now, &self.zone), false)
    }

    /// `Thu 19 Nov, 02:41`: day and time of day.
    pub(crate) fn stamp(&self, at: impl time::Instant) -> time::Tag {
        let at = at.instant();
        time::Tag::new(at, time::stamp(at, self.now, &self.zone), false)
    }

    /// `14:30` today, `tomorrow 09:30`, `Mon 23 Nov, 10:00`: an instant ahead, behind a word like "by".
    pub(crate) fn by(&self, at: impl time::Instant) -> time::Tag {
        let at = at.instant();
        time::Tag::new(at, time::by(at, self.now, &self.zone), false)
    }

    /// As [`Shell::stamp`] with the zone, where somebody may think of another: `Thu 19 Nov, 02:41 CET`.
    pub(crate) fn stamp_in_zone(&self, at: impl time::Instant) -> time::Tag {
        let at = at.instant();
        time::Tag::new(at, time::in_zone(&time::stamp(at, self.now, &self.zone), at, &self.zone), false)
    }

    /// As [`Shell::by`] with the zone, for what is due by then wherever people are: `tomorrow 15:00 CET`.
    pub(crate) fn by_in_zone(&self, at: impl time::Instant) -> time::Tag {
        time::Tag::new(at.instant(), self.words_by_in_zone(at), false)
    }

    /// The same as words, for a sentence.
    pub(crate) fn words_by_in_zone(&self, at: impl time::Instant) -> String {
        let at = at.instant();
        time::in_zone(&time::by(at, self.now, &self.zone), at, &self.zone)
    }

    /// `today 08:00 to 20:00`: a time that has an end, in the viewer's zone.
    pub(crate) fn span(&self, start: impl time::Instant, end: impl time::Instant) -> String {
        time::span(start.instant(), end.instant(), self.now, &self.zone)
    }

    /// The same in another zone.
    pub(crate) fn span_in(&self, zone: &str, start: impl time::Instant, end: impl time::Instant) -> String {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        time::span(start.instant(), end.instant(), self.now, &zone)
    }

    /// `14 min ago` within a day, else as [`Shell::when`]. Kept current by script.
    pub(crate) fn ago(&self, at: impl time::Instant) -> time::Tag {
        let at = at.instant();
        time::Tag::new(at, time::ago(at, self.now, &self.zone), true)
    }

    /// The viewer's day.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.now.to_zoned(self.zone.clone()).date()
    }

    /// A day: `Thu 19 Nov`, the year only when it is not this one.
    pub(crate) fn day(&self, day: &jiff::civil::Date) -> String {
        let form = if day.year() == self.today().year() { "%a %-d %b" } else { "%-d %b %Y" };
        day.strftime(form).to_string()
    }

    /// Time of day somewhere else: `21:10`.
    pub(crate) fn clock_in(&self, zone: &str) -> String {
        time::clock(self.now, &TimeZone::get(zone).unwrap_or(TimeZone::UTC))
    }

    /// The viewer's zone for the foot: `Europe/Amsterdam (CET)`.
    pub(crate) fn zone(&self) -> String {
        format!("{} ({})", self.zone_name, self.now.to_zoned(self.zone.clone()).strftime("%Z"))
    }

    /// The viewer's zone itself.
    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The viewer's zone by its IANA name.
    pub(crate) fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// Whether this person lives in another zone than the viewer, so that their time of day is worth saying.
    pub(crate) fn is_elsewhere(&self, zone: &str) -> bool {
        time::clock(self.now, &self.zone) != self.clock_in(zone)
    }

    /// The value of `data-theme`; none lets the system decide.
    pub(crate) fn theme_name(&self) -> Option<&'static str> {
        match self.theme {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    /// Whether long lists are dense.
    pub(crate) fn is_dense(&self) -> bool {
        self.density == Density::Dense
    }

    /// The release that runs.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// Addresses of the assets.
    pub(crate) fn css(&self) -> &'static str {
        assets::CSS
    }

    /// See [`Shell::css`].
    pub(crate) fn js(&self) -> &'static str {
        assets::JS
    }

    /// See [`Shell::css`].
    pub(crate) fn favicon(&self) -> &'static str {
        assets::FAVICON
    }
}

/// A rendered page, 200.
pub(crate) fn html(template: &impl Template) -> Result<Response, PageError> {
    html_as(StatusCode::OK, template)
}

/// A rendered page with another status: a form that was refused, an error.
pub(crate) fn html_as(status: StatusCode, template: &impl Template) -> Result<Response, PageError> {
    let text = template.render().map_err(PageError::template)?;
    Ok((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response())
}

/// Leads to another page of the portal (303).
pub(crate) fn see(address: &str) -> Response {
    axum::response::Redirect::to(address).into_response()
}
