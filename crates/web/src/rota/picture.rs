//! From a schedule's plan and shifts to its picture.

use std::collections::HashMap;

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use portolan_domain::{
    PersonId, Result as Outcome,
    rota::{self, Away, Contact, Duty, Held, Holder, LayerRecord, Plan, Schedule, Via},
};

use super::{names, who};
use crate::{
    caller::Viewer,
    page::Shell,
    timeline::{Kind, Row, Segment, Timeline},
};

/// What the address bar asks for: a week or a month, and which.
#[derive(Debug, Clone)]
pub(super) struct Range {
    pub(super) month: bool,
    /// Its first day, in the schedule's zone.
    pub(super) from: Date,
    pub(super) days: u8,
    /// Whether today is in it.
    pub(super) is_this: bool,
}

impl Range {
    /// The week or month around a day; today if none was asked for.
    pub(super) fn around(month: bool, day: Option<Date>, today: Date) -> Self {
        let first = |day: Date| {
            if month {
                day.first_of_month()
            } else {
                day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
            }
        };
        let from = first(day.unwrap_or(today));
        let days = if month { from.days_in_month().unsigned_abs() } else { 7 };
        Self { month, from, days, is_this: from == first(today) }
    }

    pub(super) fn last(&self) -> Date {
        self.from.saturating_add(i64::from(self.days - 1).days())
    }

    /// `16 to 22 November`, `November 2026`.
    pub(super) fn title(&self) -> String {
        let (from, last) = (self.from, self.last());
        if self.month {
            return from.strftime("%B %Y").to_string();
        }
        let start = if from.month() == last.month() { "%-d" } else { "%-d %B" };
        format!("{} to {}", from.strftime(start), last.strftime("%-d %B"))
    }

    fn address(&self, slug: &str, month: bool, from: Date) -> String {
        let view = if month { "month" } else { "week" };
        format!("{}?view={view}&from={from}#when", super::address(slug))
    }

    pub(super) fn before(&self, slug: &str) -> String {
        self.address(slug, self.month, self.from.saturating_sub(1.day()))
    }

    pub(super) fn after(&self, slug: &str) -> String {
        self.address(slug, self.month, self.last().saturating_add(1.day()))
    }

    /// The same time as a month, or as a week.
    pub(super) fn other(&self, slug: &str, month: bool) -> String {
        let within = if self.month { self.from } else { self.last() };
        self.address(slug, month, within)
    }
}

/// The picture without its people: what it takes to know whom to ask for.
pub(super) struct Frame<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) plan: &'a Plan,
    pub(super) layers: &'a [LayerRecord],
    pub(super) duties: &'a [Duty],
    pub(super) away: &'a [Away],
    pub(super) range: &'a Range,
}

impl Frame<'_> {
    /// The drawings, ready for the page.
    pub(super) async fn svg(&self, viewer: &mut Viewer, shell: &Shell) -> Outcome<String> {
        let mut timeline = self.blank(shell);
        let (start, end) = (timeline.start(), timeline.end());
        // the lowest layer first, as it is covered by those above
        let mut layers: Vec<_> = self.plan.layers.iter().collect();
        layers.sort_by_key(|layer| layer.priority);
        let rows: Vec<_> = layers
            .iter()
            .map(|layer| (layer.id, rota::layer_shifts(self.plan, layer.id, start, end)))
            .collect();
        let mut ids: Vec<PersonId> = Vec::new();
        let in_order = layers.iter().flat_map(|l| &l.rotations).flat_map(|r| r.participants.iter().flatten());
        let shown = rows.iter().flat_map(|(_, shifts)| shifts).filter_map(|s| person(s.holder));
        for id in in_order.copied().chain(shown) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let people = names(viewer, &ids).await?;
        timeline.people = ids.iter().filter_map(|id| people.get(id)).map(|c| c.name.clone()).collect();
        for (number, (id, shifts)) in rows.into_iter().enumerate() {
            let known = self.layers.iter().find(|layer| layer.id == id);
            if known.is_none() && shifts.is_empty() {
                continue; // ended, and not in this range
            }
            let segments = shifts.iter().map(|shift| Segment {
                start: shift.start,
                end: shift.end,
                name: name_of(&people, shift.holder),
                kind: kind_of(shift.holder),
            });
            timeline.rows.push(Row {
                name: known.map_or_else(|| "Former layer".into(), |layer| layer.name.clone()),
                note: format!("layer {}", number + 1),
                segments: segments.collect(),
            });
        }
        let over = self.duties.iter().filter(|d| d.via != Via::Rotation);
        let over: Vec<_> = over.map(of_duty).collect();
        if !over.is_empty() {
            timeline.rows.push(Row { name: "Overrides".into(), note: "on top".into(), segments: over });
        }
        let away: Vec<_> = self.duties.iter().flat_map(|duty| self.away(duty)).collect();
        if !away.is_empty() {
            timeline.rows.push(Row { name: "Away".into(), note: "and on it".into(), segments: away });
        }
        timeline.rows.push(Row {
            name: if self.schedule.purpose == rota::Purpose::Support { "Support" } else { "On call" }.into(),
            note: "what counts".into(),
            segments: self.duties.iter().map(of_duty).collect(),
        });
        Ok(timeline.svg())
    }

    /// When whoever has a shift is away meanwhile.
    fn away<'d>(&self, duty: &'d Duty) -> impl Iterator<Item = Segment> + use<'d> {
        let away = duty.away(self.away).into_iter();
        away.map(|a| Segment { start: a.start, end: a.end, name: who(duty).to_owned(), kind: Kind::Away })
    }

    fn blank(&self, shell: &Shell) -> Timeline {
        let gaps = self.duties.iter().filter(|d| matches!(d.held, Held::Gap | Held::Vacant)).count();
        let missing = match gaps {
            0 => "Somebody is there all the time that is covered.".to_owned(),
            n => format!("{} without anybody.", crate::words::counted(n, "gap", "gaps")),
        };
        Timeline {
            label: format!(
                "{}, {}. {missing}{} The list below says the same.",
                self.schedule.name,
                self.range.title(),
                if self.duties.iter().any(|d| !d.away(self.away).is_empty()) {
                    " Somebody is away in a shift of theirs."
                } else {
                    ""
                }
            ),
            from: self.range.from,
            days: self.range.days,
            zone: self.schedule.zone(),
            viewer: shell.time_zone().clone(),
            now: shell.now,
            people: Vec::new(),
            rows: Vec::new(),
        }
    }
}

/// When a range begins and ends, as instants of a zone.
pub(super) fn instants(range: &Range, zone: &TimeZone) -> (jiff::Timestamp, jiff::Timestamp) {
    let at = |date: Date| {
        let midnight = date.at(0, 0, 0, 0);
        zone.to_ambiguous_timestamp(midnight).compatible().unwrap_or(jiff::Timestamp::MAX)
    };
    (at(range.from), at(range.last().saturating_add(1.day())))
}

fn person(holder: Holder) -> Option<PersonId> {
    match holder {
        Holder::Person(person) | Holder::Vacant(person) => Some(person),
        Holder::Nobody | Holder::Gap => None,
    }
}

fn name_of(people: &HashMap<PersonId, Contact>, holder: Holder) -> String {
    person(holder).and_then(|id| people.get(&id)).map(|c| c.name.clone()).unwrap_or_default()
}

fn kind_of(holder: Holder) -> Kind {
    match holder {
        Holder::Person(_) => Kind::Turn,
        Holder::Nobody => Kind::Nobody,
        Holder::Vacant(_) | Holder::Gap => Kind::Gap,
    }
}

fn of_duty(duty: &Duty) -> Segment {
    let kind = match (duty.held, duty.via) {
        (Held::Gap | Held::Vacant, _) => Kind::Gap,
        (Held::Nobody, _) => Kind::Nobody,
        (Held::Person, Via::Rotation) => Kind::Turn,
        (Held::Person, Via::Override | Via::Swap) => Kind::Override,
    };
    Segment { start: duty.start, end: duty.end, name: who(duty).to_owned(), kind }
}

#[cfg(test)]
mod tests {
    use super::Range;

    fn range(month: bool, day: &str) -> Range {
        Range::around(month, Some(day.parse().unwrap()), "2026-11-19".parse().unwrap())
    }

    #[test]
    fn a_week_begins_on_monday_and_a_month_on_its_first() {
        let week = range(false, "2026-11-22");
        assert_eq!((week.from.to_string(), week.is_this), ("2026-11-16".into(), true));
        assert_eq!(week.title(), "16 to 22 November");
        assert_eq!(range(false, "2026-12-02").title(), "30 November to 6 December");
        assert_eq!(week.before("basket"), "/schedules/basket?view=week&from=2026-11-15#when");
        assert_eq!(week.after("basket"), "/schedules/basket?view=week&from=2026-11-23#when");
        let month = range(true, "2026-02-11");
        assert_eq!((month.title(), month.days, month.is_this), ("February 2026".into(), 28, false));
        assert_eq!(month.after("basket"), "/schedules/basket?view=month&from=2026-03-01#when");
    }
}
