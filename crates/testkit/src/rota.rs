//! Schedules to be made.

use jiff::civil::DateTime;
use portolan_domain::rota::{NewLayer, NewSchedule, Purpose, Unit};

/// A layer in which these people (handles) take turns of a week, handing off at this wall time.
pub fn weekly(hand_off: DateTime, people: &[&str]) -> NewLayer {
    NewLayer {
        name: "Everybody".into(),
        priority: 0,
        time_zone: None,
        hand_off,
        every: 1,
        unit: Unit::Weeks,
        only_active_days: false,
        restrictions: Vec::new(),
        participants: people.iter().map(|person| (*person).to_owned()).collect(),
        ends: None,
    }
}

/// An on-call schedule of a team that covers day and night.
pub fn on_call(team: &str, slug: &str, zone: &str, layers: Vec<NewLayer>) -> NewSchedule {
    NewSchedule {
        team: team.into(),
        slug: slug.into(),
        name: slug.into(),
        description: String::new(),
        purpose: Purpose::OnCall,
        time_zone: zone.into(),
        coverage: None,
        holiday_calendar: None,
        layers,
    }
}
