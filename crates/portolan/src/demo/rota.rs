//! Who is on call at Fairhaven, as `schedules.yaml` tells it.

use anyhow::{Context as _, Result};
use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{DateTime, Time},
    tz::TimeZone,
};
use portolan_domain::{
    Cx,
    rota::{self, Held, NewCover, NewLayer, NewSchedule, NewSwap, Unit, Window, windows_of},
};
use serde::Deserialize;

use super::{actor, story::Ago};

/// A schedule and what people did with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schedule {
    pub(super) at: Ago,
    by: String,
    team: String,
    pub(super) slug: String,
    name: String,
    description: String,
    #[serde(default = "on_call")]
    purpose: String,
    time_zone: String,
    coverage: Option<serde_json::Value>,
    layers: Vec<Layer>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    overrides: Vec<Override>,
    #[serde(default)]
    swaps: Vec<Swap>,
}

fn on_call() -> String {
    "on-call".into()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    name: String,
    priority: i32,
    day: String,
    time: String,
    every: u32,
    unit: String,
    #[serde(default)]
    only_active_days: bool,
    #[serde(default)]
    only: serde_json::Value,
    participants: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    day: i64,
    from: String,
    to: String,
    /// Who is replaced; `on-call` is whoever is on call then.
    out: String,
    by: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Swap {
    asker: String,
    note: String,
}

impl Schedule {
    /// Makes it as its maker did, then lays over it what was decided since.
    pub(super) async fn make(&self, cx: &mut Cx<'_>, now: Timestamp) -> Result<()> {
        let made_at = self.at.before(now);
        let zone = TimeZone::get(&self.time_zone)?;
        let maker = actor(cx, &self.by, made_at).await?;
        let layers = self.layers.iter().map(|layer| layer.as_new(made_at, &zone));
        let new = NewSchedule {
            team: self.team.clone(),
            slug: self.slug.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            purpose: self.purpose.parse()?,
            time_zone: self.time_zone.clone(),
            coverage: self.coverage.as_ref().map(|windows| windows_of("coverage", windows)).transpose()?,
            holiday_calendar: None,
            layers: layers.collect::<Result<_>>()?,
        };
        let reason = if self.reason.is_empty() { "As it was before the portal." } else { &self.reason };
        rota::create_schedule(&mut cx.acting_at(&maker, made_at), new, reason).await?;
        Ok(())
    }

    /// What people decided lately.
    pub(super) async fn cover(&self, cx: &mut Cx<'_>, now: Timestamp) -> Result<()> {
        let zone = TimeZone::get(&self.time_zone)?;
        let maker = actor(cx, &self.by, now).await?;
        let cx = &mut cx.acting_at(&maker, now);
        let schedule = rota::schedule(cx, &self.slug).await?;
        for over in &self.overrides {
            let day = now.to_zoned(zone.clone()).date() + over.day.days();
            let at = |time: &str| {
                Ok::<_, anyhow::Error>(day.to_datetime(clock(time)?).to_zoned(zone.clone())?.timestamp())
            };
            let (start, end) = (at(&over.from)?, at(&over.to)?);
            let then = rota::on_duty(cx, &schedule, start).await?;
            let current = then.iter().find_map(rota::Duty::on_call).map(|person| person.handle.clone());
            let out = if over.out == "on-call" { current } else { Some(over.out.clone()) };
            // whoever it is that week has no need of themselves
            let by = if out.as_deref() == Some(over.by.as_str()) { None } else { Some(over.by.clone()) };
            if let (Some(out), Some(by)) = (out, by) {
                let new = NewCover {
                    out: Some(out),
                    by: Some(by),
                    start: Some(start),
                    end,
                    reason: over.reason.clone(),
                };
                rota::add_cover(cx, &self.slug, &new).await?;
            }
        }
        for swap in &self.swaps {
            let asker = portolan_domain::people::person(cx, &swap.asker).await?;
            let ahead = now + SignedDuration::from_hours(24 * 60);
            let shifts = rota::shifts_of_person(cx, asker.id, now, ahead).await?;
            let coming = shifts
                .iter()
                .filter(|d| d.start > now && d.held == Held::Person && d.schedule.slug == self.slug);
            let shift = coming.into_iter().nth(1).context("whoever asks for a swap has no second shift")?;
            let new = NewSwap {
                asker: Some(swap.asker.clone()),
                start: shift.start,
                end: shift.end,
                note: swap.note.clone(),
                ..NewSwap::default()
            };
            rota::ask_swap(cx, &self.slug, &new).await?;
        }
        Ok(())
    }
}

impl Layer {
    fn as_new(&self, made_at: Timestamp, zone: &TimeZone) -> Result<NewLayer> {
        let restrictions: Vec<Window> = windows_of("only", &self.only)?;
        Ok(NewLayer {
            name: self.name.clone(),
            priority: self.priority,
            time_zone: None,
            hand_off: self.hand_off(made_at, zone)?,
            every: self.every,
            unit: self.unit.parse::<Unit>()?,
            only_active_days: self.only_active_days,
            restrictions,
            participants: self.participants.clone(),
            ends: None,
        })
    }

    /// The last such hand-off before the schedule was made.
    fn hand_off(&self, made_at: Timestamp, zone: &TimeZone) -> Result<DateTime> {
        let day = rota::day_of(&self.day).with_context(|| format!("{:?} is no day", self.day))?;
        let before = made_at.to_zoned(zone.clone()).date().nth_weekday(-1, day)?;
        Ok(before.to_datetime(clock(&self.time)?))
    }
}

fn clock(time: &str) -> Result<Time> {
    rota::time_of(time).with_context(|| format!("{time:?} is no time of the day"))
}
