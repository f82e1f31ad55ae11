//! What was asked of teams at Fairhaven, as `support.yaml` and `support-notes.yaml` tell it.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use portolan_domain::{
    Cx,
    levels::Hours,
    people,
    support::{self, Then, Week},
};

use super::{
    actor, list,
    story::{Help, HelpNote, HelpStep},
};

/// One moment; requests are told apart by their place in the file.
pub(super) enum Event {
    Asked(usize, Box<Help>),
    Step(usize, HelpStep),
    Note(HelpNote),
}

/// All of it, in no order.
pub(super) fn events(now: Timestamp) -> Result<Vec<(Timestamp, Event)>> {
    let mut events = Vec::new();
    for (nth, mut help) in list::<Help>("support.yaml")?.into_iter().enumerate() {
        let steps = std::mem::take(&mut help.then);
        events.push((help.at.before(now), Event::Asked(nth, Box::new(help))));
        events.extend(steps.into_iter().map(|step| (step.at.before(now), Event::Step(nth, step))));
    }
    let notes = list::<HelpNote>("support-notes.yaml")?;
    events.extend(notes.into_iter().map(|note| (note.at.before(now), Event::Note(note))));
    Ok(events)
}

/// The numbers that the requests got so far.
#[derive(Default)]
pub(super) struct Helped(HashMap<usize, i64>);

impl Helped {
    pub(super) async fn happen(&mut self, cx: &mut Cx<'_>, event: Event, at: Timestamp) -> Result<()> {
        match event {
            Event::Asked(nth, help) => {
                let asker = actor(cx, &help.by, at).await?;
                let asked = support::ask(&mut cx.acting_at(&asker, at), help.asked()?).await;
                self.0.insert(nth, asked.with_context(|| help.title.clone())?.request.number);
            }
            Event::Step(nth, step) => {
                let number = *self.0.get(&nth).context("a step before its request")?;
                take(cx, number, &step, at)
                    .await
                    .with_context(|| format!("what {} did with request {number}", step.by))?;
            }
            Event::Note(note) => {
                let writer = actor(cx, &note.by, at).await?;
                let cx = &mut cx.acting_at(&writer, at);
                let team = people::team(cx, &note.team).await?;
                let week = Week::of(at, &Hours::of_team(cx, team.id).await?.zone);
                support::write_note(cx, &note.team, week, &note.text, None).await?;
            }
        }
        Ok(())
    }
}

async fn take(cx: &mut Cx<'_>, number: i64, step: &HelpStep, at: Timestamp) -> Result<()> {
    let actor = actor(cx, &step.by, at).await?;
    let cx = &mut cx.acting_at(&actor, at);
    if step.take {
        support::assign(cx, number, Some(&step.by)).await?;
    }
    if let Some(text) = &step.answer {
        let then = step.next.as_deref().unwrap_or("wait").parse::<Then>()?;
        support::answer(cx, number, text, then).await?;
    }
    if let Some(text) = &step.say {
        support::say(cx, number, text).await?;
    }
    Ok(())
}
