//! Who is told that their shifts changed, or that somebody asks to be replaced. Nobody is told what they did themselves.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};

use super::{Contact, Difference, Holder, Schedule, ScheduleName, Swap, span::joined, store};
use crate::{
    Cx, PersonId, Result,
    notify::{self, About, Notice, Recipient},
};

/// Times that a message names; of what is beyond only the number is said.
const MOST: usize = 8;

/// Tells everybody whose time an act changed what is theirs now and what is not any more.
pub(super) async fn of_change(
    cx: &mut Cx<'_>,
    schedule: &ScheduleName,
    differences: &[Difference],
    what: &str,
    why: &str,
) -> Result<()> {
    let me = cx.actor().person;
    let concerned: BTreeSet<PersonId> = differences.iter().flat_map(Difference::concerns).collect();
    let others: Vec<PersonId> = concerned.into_iter().filter(|id| Some(*id) != me).collect();
    let contacts = store::contacts(cx, &others).await?;
    let who = cx.actor().name.clone();
    let notices = contacts.iter().filter(|c| c.active).map(|contact| {
        let subject = format!("Your shifts on {} changed", schedule.name);
        let notice = Notice::new(
            Recipient::Person(contact.id),
            "shifts.changed",
            subject,
            "/oncall/mine",
            About::new("schedule", schedule.id.0),
        );
        let text = [format!("{who}: {what}."), why.trim().to_owned(), times(contact, differences)];
        let text: Vec<_> = text.into_iter().filter(|part| !part.is_empty()).collect();
        let reason = format!("You take turns on {}, or took them.", schedule.name);
        Notice { text: text.join("\n\n"), reason, ..notice }
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// Tells whoever is asked to take a swap: one by name, or else everybody who takes turns on the schedule.
pub(super) async fn of_swap_asked(cx: &mut Cx<'_>, schedule: &Schedule, swap: &Swap) -> Result<()> {
    let asked = match &swap.asked {
        Some(asked) => vec![asked.id],
        None => participants(cx, schedule).await?,
    };
    let me = cx.actor().person;
    let others: Vec<_> = asked.into_iter().filter(|id| *id != swap.asker.id && Some(*id) != me).collect();
    let contacts = store::contacts(cx, &others).await?;
    let notices = contacts.iter().filter(|c| c.active).map(|contact| {
        let subject = match &swap.asked {
            Some(_) => format!("{} asks you to take over on {}", swap.asker.name, schedule.name),
            None => format!("{} asks for somebody to take over on {}", swap.asker.name, schedule.name),
        };
        let mut text = vec![span(contact, swap.start, swap.end)];
        if let Some((start, end)) = swap.in_return {
            text.push(format!("In return for {}.", span(contact, start, end)));
        }
        text.extend(Some(swap.note.clone()).filter(|note| !note.is_empty()));
        let link = format!("/schedules/{}", schedule.slug);
        let about = About::new("swap", swap.id.0);
        let notice = Notice::new(Recipient::Person(contact.id), "swap.asked", subject, link, about);
        let reason = match &swap.asked {
            Some(_) => "You are asked by name.".to_owned(),
            None => format!("You take turns on {}.", schedule.name),
        };
        Notice { text: text.join("\n\n"), reason, ..notice }
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// Tells the one who was asked by name that nobody needs them any more.
pub(super) async fn of_swap_withdrawn(cx: &mut Cx<'_>, schedule: &ScheduleName, swap: &Swap) -> Result<()> {
    let me = cx.actor().person;
    let Some(asked) = swap.asked.as_ref().filter(|asked| Some(asked.id) != me) else { return Ok(()) };
    let subject = format!("{} needs nobody on {} any more", swap.asker.name, schedule.name);
    let link = format!("/schedules/{}", schedule.slug);
    let about = About::new("swap", swap.id.0);
    let notice = Notice::new(Recipient::Person(asked.id), "swap.withdrawn", subject, link, about);
    notify::send(cx, Notice { reason: "You were asked by name.".into(), ..notice }).await?;
    Ok(())
}

/// Everybody who takes turns on a schedule, now or later.
async fn participants(cx: &mut Cx<'_>, schedule: &Schedule) -> Result<Vec<PersonId>> {
    let layers = super::layers(cx, schedule.id).await?;
    let rotations = layers.iter().flat_map(|layer| &layer.rotations);
    let people: BTreeSet<PersonId> =
        rotations.flat_map(|(_, rotation)| rotation.participants.iter().copied().flatten()).collect();
    Ok(people.into_iter().collect())
}

/// What is theirs now and what is not any more, in their own zone.
fn times(contact: &Contact, differences: &[Difference]) -> String {
    let has = |holders: &[Holder]| holders.iter().any(|h| h.person() == Some(contact.id));
    let time = |d: &Difference| (d.start, d.end);
    let gained = joined(differences.iter().filter(|d| has(&d.after) && !has(&d.before)).map(time));
    let lost = joined(differences.iter().filter(|d| has(&d.before) && !has(&d.after)).map(time));
    let part = |title: &str, spans: Vec<(Timestamp, Timestamp)>| {
        let lines = spans.iter().take(MOST).map(|(start, end)| format!("- {}", span(contact, *start, *end)));
        let more = spans.len().saturating_sub(MOST);
        let more = (more > 0).then(|| format!("- and {more} more, later"));
        let lines: Vec<_> = lines.chain(more).collect();
        (!lines.is_empty())
            .then(|| format!("{title} (times in {}):\n{}", contact.time_zone, lines.join("\n")))
    };
    let parts = [part("Yours now", gained), part("Not yours any more", lost)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn span(contact: &Contact, start: Timestamp, end: Timestamp) -> String {
    let zone = TimeZone::get(&contact.time_zone).unwrap_or(TimeZone::UTC);
    let told = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string();
    format!("{} to {}", told(start), told(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn what_is_theirs_now_is_told_in_their_zone_and_touching_times_are_one() {
        let (imke, hui) = (PersonId::new(), PersonId::new());
        let contact = Contact {
            id: imke,
            handle: "imke".into(),
            name: "Imke".into(),
            active: true,
            email: None,
            phone: None,
            time_zone: "Europe/Amsterdam".into(),
        };
        let one = |start: &str, end: &str, before, after| Difference {
            start: at(start),
            end: at(end),
            before: vec![Holder::Person(before)],
            after: vec![Holder::Person(after)],
        };
        let differences = [
            one("2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z", hui, imke),
            one("2026-11-24T08:00:00Z", "2026-11-25T08:00:00Z", hui, imke),
            one("2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z", imke, hui),
        ];
        assert_eq!(
            times(&contact, &differences),
            "Yours now (times in Europe/Amsterdam):\n- Mon 23 Nov 2026 09:00 to Wed 25 Nov 2026 09:00\n\n\
             Not yours any more (times in Europe/Amsterdam):\n- Tue 1 Dec 2026 09:00 to Wed 2 Dec 2026 09:00"
        );
        let many: Vec<_> = (1..=12)
            .map(|day| {
                one(&format!("2026-12-{day:02}T08:00:00Z"), &format!("2026-12-{day:02}T09:00:00Z"), hui, imke)
            })
            .collect();
        assert!(times(&contact, &many).ends_with("- and 4 more, later"));
    }
}
