//! On-call: the whole company now, a schedule with its week or month, one's own shifts, taking over, swaps, and the
//! making and editing of schedules.

mod calendars;
mod edit;
mod holidays;
mod layer;
mod leaver;
mod mine;
mod now;
mod picture;
mod preview;
mod schedule;
mod swaps;
mod take;
mod windows;
pub(crate) mod wrong;

use std::collections::HashMap;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::{Timestamp, tz::TimeZone};
use portolan_domain::{
    Error, Limit, PersonId, Result as Outcome,
    people::{self, PeopleFilter, PersonName},
    rota::{self, Contact, Duty, Held, Rotation, Unit},
};

use crate::{Shared, caller::Viewer, error::PageError};

/// The slice's routes.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/oncall", get(now::list))
        .route("/oncall/mine", get(mine::show))
        .route("/oncall/calendars", get(calendars::show).post(calendars::make))
        .route("/oncall/calendars/{id}/revocation", post(calendars::revoke))
        .route("/holiday-calendars", get(holidays::list))
        .route("/holiday-calendars/new", get(holidays::blank).post(holidays::create))
        .route("/holiday-calendars/{id}", get(holidays::form).post(holidays::save))
        .route("/holiday-calendars/{id}/deletion", post(holidays::delete))
        .route("/people/{handle}/rota", get(leaver::show).post(leaver::replace))
        .route("/schedules/new", get(edit::blank).post(edit::create))
        .route("/schedules/{slug}", get(schedule::show))
        .route("/schedules/{slug}/edit", get(edit::form).post(edit::save))
        .route("/schedules/{slug}/closing", post(edit::close))
        .route("/schedules/{slug}/layers/new", get(layer::blank).post(layer::add))
        .route("/schedules/{slug}/layers/{id}", get(layer::form).post(layer::save))
        .route("/schedules/{slug}/layers/{id}/removal", post(layer::remove))
        .route("/schedules/{slug}/override", get(take::blank).post(take::take))
        .route("/schedules/{slug}/overrides/{id}/withdrawal", post(take::withdraw))
        .route("/schedules/{slug}/swap", get(swaps::blank).post(swaps::ask))
        .route("/swaps/{id}/taking", post(swaps::take))
        .route("/swaps/{id}/return", post(swaps::give_back))
        .route("/swaps/{id}/withdrawal", post(swaps::withdraw))
}

/// Address of a schedule.
fn address(slug: &str) -> String {
    format!("/schedules/{}", crate::address::segment(slug))
}

/// Who has a shift, in a word or two.
fn who(duty: &Duty) -> &str {
    match (duty.held, &duty.person) {
        (Held::Person, Some(person)) => &person.name,
        _ => "Nobody",
    }
}

/// What is special about a shift: tone and words; nothing for a plain turn.
fn special(duty: &Duty) -> Option<(&'static str, String)> {
    let instead = duty.instead_of.as_ref().map_or_else(String::new, |p| format!(" for {}", p.name));
    match (duty.held, duty.via) {
        (Held::Gap, _) => Some(("danger", "Gap".into())),
        (Held::Vacant, _) => {
            let left = duty.person.as_ref().map_or("somebody", |p| p.name.as_str());
            Some(("danger", format!("Turn of {left}, who left")))
        }
        (Held::Nobody, _) => Some(("unknown", "On purpose".into())),
        (Held::Person, rota::Via::Override) => Some(("info", format!("Override{instead}"))),
        (Held::Person, rota::Via::Swap) => Some(("info", format!("Swap{instead}"))),
        (Held::Person, rota::Via::Rotation) => None,
    }
}

/// When whoever has a shift is away meanwhile, in words; none if they are not.
fn away_words(shell: &crate::page::Shell, duty: &Duty, absences: &[rota::Away]) -> Option<String> {
    let away = duty.away(absences);
    let (first, last) = (away.first()?, away.last()?);
    Some(if away.len() == 1 && first.start == duty.start && first.end == duty.end {
        "Away all the time".into()
    } else {
        format!("Away {}", shell.span(first.start, last.end))
    })
}

/// How often and when a rotation hands off: `every week, Mon 09:00`.
fn hands_off(rotation: &Rotation) -> String {
    let every = match (rotation.every, rotation.unit) {
        (1, Unit::Hours) => "every hour".to_owned(),
        (1, Unit::Days) => "every day".into(),
        (1, Unit::Weeks) => "every week".into(),
        (1, Unit::Months) => "every month".into(),
        (n, unit) => format!("every {n} {}", unit.as_str()),
    };
    let anchor = rotation.anchor;
    let at = match rotation.unit {
        Unit::Hours => anchor.strftime("counted from %H:%M").to_string(),
        Unit::Days => anchor.strftime("at %H:%M").to_string(),
        Unit::Weeks => anchor.strftime("%A %H:%M").to_string(),
        Unit::Months => anchor.strftime("on day %-d, %H:%M").to_string(),
    };
    let zone = rotation.zone.as_ref().and_then(TimeZone::iana_name).map(|zone| format!(" in {zone}"));
    let active = if rotation.only_active_days { ", active days only" } else { "" };
    format!("{every}, {at}{}{active}", zone.unwrap_or_default())
}

/// People by key.
async fn names(viewer: &mut Viewer, ids: &[PersonId]) -> Outcome<HashMap<PersonId, Contact>> {
    let found = rota::contacts(&mut viewer.cx(), ids).await?;
    Ok(found.into_iter().map(|contact| (contact.id, contact)).collect())
}

/// People to choose from without script.
async fn choices(viewer: &mut Viewer) -> Result<Vec<PersonName>, PageError> {
    let active = PeopleFilter { active: Some(true), ..PeopleFilter::default() };
    let page = people::people(&mut viewer.cx(), &active, None, Limit::new(Limit::MAX)?).await?;
    Ok(page.items.into_iter().map(PersonName::from).collect())
}

/// The handle of whoever looks.
async fn my_handle(viewer: &mut Viewer) -> Outcome<String> {
    match viewer.person() {
        Some(me) => Ok(people::person_by_id(&mut viewer.cx(), me).await?.handle),
        None => Err(Error::Unauthenticated),
    }
}

/// An instant as a browser's field for date and time has it.
fn typed(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// A time somebody typed, in their own zone.
fn time_typed(
    problems: &mut Vec<portolan_domain::Problem>,
    field: &str,
    text: &str,
    zone: &TimeZone,
) -> Option<Timestamp> {
    match rota::typed_time(text, zone) {
        Ok(at) => Some(at),
        Err(error) => {
            let message = if text.is_empty() { "is needed".to_owned() } else { error.to_string() };
            problems.push(portolan_domain::Problem { field: field.into(), message });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_offs_are_told_in_words() {
        let mut rotation = Rotation {
            from: Timestamp::UNIX_EPOCH,
            until: None,
            zone: None,
            anchor: "2026-11-16T09:00".parse().unwrap(),
            every: 1,
            unit: Unit::Weeks,
            only_active_days: false,
            restrictions: Vec::new(),
            participants: Vec::new(),
            first: 0,
        };
        assert_eq!(hands_off(&rotation), "every week, Monday 09:00");
        rotation.every = 2;
        rotation.unit = Unit::Days;
        rotation.only_active_days = true;
        assert_eq!(hands_off(&rotation), "every 2 days, at 09:00, active days only");
        rotation.only_active_days = false;
        rotation.unit = Unit::Months;
        assert_eq!(hands_off(&rotation), "every 2 months, on day 16, 09:00");
        rotation.unit = Unit::Hours;
        rotation.every = 12;
        assert_eq!(hands_off(&rotation), "every 12 hours, counted from 09:00");
        rotation.zone = TimeZone::get("America/Toronto").ok();
        assert_eq!(hands_off(&rotation), "every 12 hours, counted from 09:00 in America/Toronto");
    }
}
