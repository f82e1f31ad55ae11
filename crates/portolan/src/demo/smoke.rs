//! Incidents at Fairhaven, as `incidents.yaml` tells them.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use portolan_domain::{
    Cx,
    catalog::EntityRef,
    incidents::{self, Move, NewAction, NewFailureMode},
};

use super::{
    actor, list,
    story::{Smoke, SmokeStep},
};

/// One moment; incidents are told apart by their place in the file.
pub(super) enum Event {
    Opened(usize, Box<Smoke>),
    Step(usize, Box<SmokeStep>),
}

/// All of it, in no order.
pub(super) fn events(now: Timestamp) -> Result<Vec<(Timestamp, Event)>> {
    let mut events = Vec::new();
    for (nth, mut smoke) in list::<Smoke>("incidents.yaml")?.into_iter().enumerate() {
        let steps = std::mem::take(&mut smoke.then);
        events.push((smoke.at.before(now), Event::Opened(nth, Box::new(smoke))));
        events.extend(steps.into_iter().map(|step| (step.at.before(now), Event::Step(nth, Box::new(step)))));
    }
    Ok(events)
}

/// The numbers that the incidents got so far.
#[derive(Default)]
pub(super) struct Smoked(HashMap<usize, i64>);

impl Smoked {
    pub(super) async fn happen(&mut self, cx: &mut Cx<'_>, event: Event, at: Timestamp) -> Result<()> {
        match event {
            Event::Opened(nth, smoke) => {
                let opener = actor(cx, &smoke.by, at).await?;
                let opened = incidents::open(&mut cx.acting_at(&opener, at), smoke.opened()?).await;
                self.0.insert(nth, opened.with_context(|| smoke.title.clone())?.number);
            }
            Event::Step(nth, step) => {
                let number = *self.0.get(&nth).context("a step before its incident")?;
                let actor = actor(cx, &step.by, at).await?;
                take(&mut cx.acting_at(&actor, at), number, &step)
                    .await
                    .with_context(|| format!("what {} did in incident {number}", step.by))?;
            }
        }
        Ok(())
    }
}

async fn take(cx: &mut Cx<'_>, number: i64, step: &SmokeStep) -> Result<()> {
    if let Some(text) = &step.note {
        incidents::note(cx, number, text).await?;
    }
    if let Some(text) = &step.status {
        incidents::tell_status(cx, number, text).await?;
    }
    if let Some(review) = &step.review {
        incidents::write_review(cx, number, &review.happened, &review.helped, None).await?;
    }
    if let Some(action) = &step.action {
        let due = cx.now().to_zoned(TimeZone::UTC).date().checked_add(action.days.days())?;
        let new = NewAction {
            incident: Some(number),
            team: None,
            title: action.title.clone(),
            owner: action.owner.clone(),
            due_on: due,
            alert_rule: None,
        };
        incidents::add_action(cx, new).await?;
    }
    if let Some(mode) = &step.mode {
        let new = NewFailureMode {
            name: mode.name.clone(),
            signs: mode.signs.clone(),
            remedy: mode.remedy.clone(),
            incident: Some(number),
        };
        incidents::add_failure_mode(cx, &EntityRef::new("component", "default", &mode.entity), new).await?;
    }
    let what = match step.r#move.as_deref() {
        None => return Ok(()),
        Some("mitigate") => Move::Mitigate,
        Some("end") => Move::End,
        Some("review") => Move::Review,
        Some(other) => bail!("{other:?} is no move"),
    };
    incidents::go(cx, number, what, None, &step.text).await?;
    Ok(())
}
