//! `portolan oncall NAME`: who is it, from a terminal, in lines that can be read at night and cut by a script.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::remote::{Remote, refused};
use crate::cli::OnCall;

#[derive(Debug, Deserialize)]
struct Answer {
    at: Timestamp,
    team: Option<String>,
    #[serde(default)]
    owner: Option<String>,
    schedule: Option<Schedule>,
    time_zone: Option<String>,
    people: Vec<Contact>,
    until: Option<Timestamp>,
    next: Option<Shift>,
    fallback: Option<Contact>,
    why: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Schedule {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Shift {
    start: Timestamp,
    person: Option<Contact>,
}

#[derive(Debug, Deserialize)]
struct Contact {
    handle: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    time_zone: String,
}

/// Asks, and prints. Fails if nobody is on call, so that a script notices.
pub(super) async fn run(flags: OnCall) -> Result<bool> {
    let remote = Remote::new(&flags.access, "read", Duration::from_secs(30))?;
    let mut parameters = vec![(if flags.team { "team" } else { "entity" }, flags.what.as_str())];
    if let Some(at) = &flags.at {
        parameters.push(("at", at));
    }
    if flags.support {
        parameters.push(("purpose", "support"));
    }
    let (status, text) = remote.answer(remote.get(remote.address("oncall", &parameters)?)).await?;
    if !status.is_success() {
        bail!("{}", refused(status, &text));
    }
    let answer: Answer = serde_json::from_str(&text).context("the portal's answer cannot be read")?;
    if flags.json {
        println!("{text}");
    } else {
        print!("{}", answer.told());
    }
    Ok(!answer.people.is_empty())
}

impl Answer {
    fn told(&self) -> String {
        let zone = self.time_zone.as_deref().unwrap_or("UTC");
        let mut lines = Vec::new();
        if let (Some(operator), Some(_)) = (&self.team, &self.owner) {
            lines.push(format!("operated by team {operator}"));
        }
        for person in &self.people {
            let until = self.until.map(|at| format!(", until {}", clock(at, zone))).unwrap_or_default();
            lines.push(format!("{} ({}) is on call{until}", person.name, person.handle));
            lines.extend(person.reach(self.at));
        }
        if self.people.is_empty() {
            lines.push("NOBODY IS ON CALL".into());
        }
        if let Some(lead) = &self.fallback {
            lines.push(format!("asked instead: {} ({})", lead.name, lead.handle));
            lines.extend(lead.reach(self.at));
        }
        if let Some((next, person)) = self.next.as_ref().and_then(|n| Some((n, n.person.as_ref()?))) {
            lines.push(format!("next: {} from {}", person.name, clock(next.start, zone)));
        }
        if let Some(owner) = &self.owner {
            lines.push(format!("owned by {owner}"));
        }
        match (&self.schedule, &self.team) {
            (Some(schedule), Some(team)) => lines.push(format!("schedule: {}, team {team}", schedule.name)),
            (Some(schedule), None) => lines.push(format!("schedule: {}", schedule.name)),
            (None, Some(team)) => lines.push(format!("no schedule: team {team}")),
            (None, None) => {}
        }
        lines.extend(self.why.iter().map(|why| format!("  {why}")));
        lines.join("\n") + "\n"
    }
}

impl Contact {
    fn reach(&self, at: Timestamp) -> Vec<String> {
        let ways = [("phone", &self.phone), ("e-mail", &self.email)];
        let mut lines: Vec<_> =
            ways.into_iter().filter_map(|(way, to)| to.as_ref().map(|to| format!("  {way}: {to}"))).collect();
        lines.push(format!("  it is {} there ({})", time(at, &self.time_zone), self.time_zone));
        lines
    }
}

fn clock(at: Timestamp, zone: &str) -> String {
    let there = at.to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC));
    format!("{} {zone}", there.strftime("%a %-d %b %H:%M"))
}

fn time(at: Timestamp, zone: &str) -> String {
    at.to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC)).strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn who_operates_it_comes_before_who_owns_it() {
        let answer: Answer = serde_json::from_str(
            r#"{"at":"2026-11-19T02:10:00Z","team":"data-platform","owner":"Basket","schedule":null,"time_zone":null,"people":[],
                "until":null,"next":null,"fallback":{"handle":"noor","name":"Noor","email":null,"phone":"+31 6","time_zone":"Europe/Amsterdam"},
                "why":["slots-db is operated by Data Platform, which is on call for it; it belongs to Basket."]}"#,
        )
        .expect("an answer");
        assert_eq!(
            answer.told(),
            "operated by team data-platform\nNOBODY IS ON CALL\nasked instead: Noor (noor)\n  phone: +31 6\n  it is 03:10 there (Europe/Amsterdam)\n\
             owned by Basket\nno schedule: team data-platform\n  slots-db is operated by Data Platform, which is on call for it; it belongs to Basket.\n"
        );
    }

    #[test]
    fn the_answer_comes_first_and_the_reasons_last() {
        let answer: Answer = serde_json::from_str(
            r#"{"at":"2026-11-19T02:10:00Z","team":"basket","schedule":{"name":"Basket, primary"},"time_zone":"Europe/Amsterdam",
                "people":[{"handle":"maya.chen","name":"Maya Chen","email":null,"phone":"+1 416","time_zone":"America/Toronto"}],
                "until":"2026-11-19T07:00:00Z","next":{"start":"2026-11-19T07:00:00Z","person":{"handle":"priya.nair","name":"Priya Nair",
                "email":null,"phone":null,"time_zone":"Europe/Amsterdam"}},"fallback":null,"why":["checkout-api belongs to Basket."]}"#,
        )
        .expect("an answer");
        assert_eq!(
            answer.told(),
            "Maya Chen (maya.chen) is on call, until Thu 19 Nov 08:00 Europe/Amsterdam\n  phone: +1 416\n  it is 21:10 there (America/Toronto)\n\
             next: Priya Nair from Thu 19 Nov 08:00 Europe/Amsterdam\nschedule: Basket, primary, team basket\n  checkout-api belongs to Basket.\n"
        );
    }
}
