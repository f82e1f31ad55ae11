//! A review as it is read: the same sheet live, frozen and printed.

use jiff::{Timestamp, tz::TimeZone};
use portolan_domain::{
    catalog::descriptor::{Audience, Slo},
    paging::{Judgement, State},
    review::{IncidentLine, PageLine, Part, Review, ShiftNote, SupportRow},
    support::Trend,
};

use crate::{markdown, time, words};

/// A review with what its template asks of it.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) review: Review,
    pub(crate) clock: Clock,
}

/// How a sheet says times: by the clock of one zone, and never "today", since it is read on another day.
#[derive(Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
    /// When the sheet was made.
    as_of: Timestamp,
}

impl Clock {
    pub(crate) fn new(zone: TimeZone, as_of: Timestamp) -> Self {
        Self { zone, as_of }
    }

    /// `Wed 11 Nov, 11:00`.
    pub(crate) fn stamp(&self, at: &Timestamp) -> time::Tag {
        time::Tag::new(*at, at.to_zoned(self.zone.clone()).strftime("%a %-d %b, %H:%M").to_string(), false)
    }

    /// How long an incident hurt: until the sheet was made, if it still did.
    pub(crate) fn hurt_for(&self, incident: &IncidentLine) -> String {
        let until = incident.relieved_at.unwrap_or(self.as_of);
        match until.duration_since(incident.began_at).as_mins().max(0) {
            minutes @ 0..120 => format!("{minutes} min"),
            minutes @ 120..2880 => format!("{} h", minutes / 60),
            minutes => words::counted(minutes / 1440, "day", "days"),
        }
    }
}

/// One of the figures at the top.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// What it is compared with.
    pub(crate) beside: String,
    /// How it is, if anything is to be said: tone and word.
    pub(crate) mark: Option<(&'static str, &'static str)>,
}

impl Sheet {
    pub(crate) fn new(review: Review) -> Self {
        let zone = TimeZone::get(&review.time_zone).unwrap_or(TimeZone::UTC);
        Self { clock: Clock::new(zone, review.as_of), review }
    }

    /// An instant where the team is.
    pub(crate) fn stamp(&self, at: &Timestamp) -> time::Tag {
        self.clock.stamp(at)
    }

    /// `Monday 9 to Sunday 15 November 2026`.
    pub(crate) fn days(&self) -> String {
        let monday = self.review.week.monday();
        let sunday = monday.saturating_add(jiff::Span::new().days(6));
        let year = if monday.year() == sunday.year() { "" } else { " %Y" };
        let month = if monday.month() == sunday.month() { "" } else { " %B" };
        let from = format!("Monday %-d{month}{year}");
        format!("{} to {}", monday.strftime(&from), sunday.strftime("Sunday %-d %B %Y"))
    }

    /// Whether the week was over when the sheet was made.
    pub(crate) fn is_past(&self) -> bool {
        !self.review.is_early()
    }

    /// The answer before the data.
    pub(crate) fn headline(&self) -> String {
        let review = &self.review;
        if review.is_quiet() {
            let open = review.actions.total();
            return if open == 0 {
                "A quiet week: no page, no request, no change, no incident.".into()
            } else {
                format!(
                    "A quiet week: no page, no request, no change, no incident. {} carried forward.",
                    words::counted(open, "action is", "actions are")
                )
            };
        }
        let counts = &review.pages.counts;
        let mut told = vec![match (counts.total, counts.real_impact) {
            (0, _) => "no page".into(),
            (all, real) => {
                format!("{}, {} with real impact", words::counted(all, "page", "pages"), words::count(real))
            }
        }];
        told.push(words::counted(review.support.total(), "request", "requests"));
        let changes = &review.changes.counts;
        let wrong = changes.failed + changes.rolled_back;
        told.push(match wrong {
            0 => words::counted(changes.total, "production change", "production changes"),
            _ => format!(
                "{}, {} went wrong",
                words::counted(changes.total, "production change", "production changes"),
                words::count(wrong)
            ),
        });
        told.push(match review.incidents.total() {
            0 => "no incident".into(),
            n => words::counted(n, "incident", "incidents"),
        });
        words::sentence(&format!("{}.", told.join("; ")))
    }

    /// What is compared from week to week.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let review = &self.review;
        let (now, before) = (&review.pages.counts, &review.pages.before);
        let was = |n: i64| format!("was {}", words::count(n));
        let limits = &review.thresholds;
        let wrong = review.changes.counts.failed + review.changes.counts.rolled_back;
        let share = now.false_alarm_percent();
        let bearable = match now.real_impact {
            n if n > limits.pages_most => Some(("danger", "not sustainable")),
            n if n > limits.pages_good => Some(("warn", "more than is good")),
            _ => None,
        };
        let overdue = review.actions.items.iter().filter(|a| a.overdue).count();
        vec![
            Figure {
                label: "Pages with real impact",
                value: words::count(now.real_impact),
                beside: format!(
                    "of {}; {}",
                    words::counted(now.total, "page", "pages"),
                    was(before.real_impact)
                ),
                mark: bearable,
            },
            Figure {
                label: "Out of hours",
                value: words::count(now.out_of_hours),
                beside: was(before.out_of_hours),
                mark: None,
            },
            Figure {
                label: "False alarms",
                value: share.map_or_else(|| "none judged".into(), |share| format!("{share}%")),
                beside: match now.judged() {
                    0 => String::new(),
                    judged => format!("{} of {} judged", words::count(now.false_alarm), words::count(judged)),
                },
                mark: share
                    .filter(|s| *s >= limits.false_alarms_most)
                    .map(|_| ("warn", "they hide the truth")),
            },
            Figure {
                label: "Requests",
                value: words::count(review.support.total()),
                beside: was(review.support.before()),
                mark: None,
            },
            Figure {
                label: "Production changes",
                value: words::count(review.changes.counts.total),
                beside: match (review.changes.counts.total, wrong) {
                    (0, _) => "none".into(),
                    (_, 0) => "all well".into(),
                    _ => format!("{} went wrong", words::count(wrong)),
                },
                mark: None,
            },
            Figure {
                label: "Open actions",
                value: words::count(review.actions.total()),
                beside: if overdue == 0 { "none overdue".into() } else { "carried forward".into() },
                mark: (overdue > 0).then_some(("danger", "overdue")),
            },
        ]
    }

    /// `12 pages: 2 with real impact, 3 false alarms, …`.
    pub(crate) fn judged(&self) -> String {
        let c = &self.review.pages.counts;
        let mut told: Vec<String> = [
            (c.real_impact, "with real impact", "with real impact"),
            (c.no_impact, "without impact", "without impact"),
            (c.false_alarm, "false alarm", "false alarms"),
            (c.duplicate, "duplicate", "duplicates"),
            (c.unjudged, "not judged", "not judged"),
            (c.lasting, "not over", "not over"),
        ]
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| words::counted(n, one, many))
        .collect();
        for (n, what) in [
            (c.unmanned, "found nobody on call"),
            (c.by_people, "raised by people"),
            (c.quiet, "kept quiet by maintenance"),
        ] {
            if n > 0 {
                told.push(format!("{} {what}", words::count(n)));
            }
        }
        told.join(", ")
    }

    /// Tone and word of what a page was.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(crate) fn verdict(&self, page: &PageLine) -> (&'static str, &'static str) {
        match (page.quiet, page.judgement, page.state) {
            (true, ..) => ("unknown", "Kept quiet"),
            (_, Some(Judgement::RealImpact), _) => ("danger", "Real impact"),
            (_, Some(other), _) => ("info", other.title()),
            (_, None, State::Resolved) => ("warn", "Not judged"),
            (_, None, _) => ("danger", "Not over"),
        }
    }

    /// `answered in 7 min`.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(crate) fn answered(&self, page: &PageLine) -> String {
        match page.minutes_to_answer {
            _ if page.quiet => String::new(),
            None => "nobody answered".into(),
            Some(0) => "at once".into(),
            Some(n) if n < 120 => format!("{n} min"),
            Some(n) => format!("{} h", n / 60),
        }
    }

    /// Tone and word of what eight weeks say of a kind of help.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(crate) fn trend(&self, row: &&SupportRow) -> (&'static str, &'static str) {
        match row.trend {
            Trend::Quiet => ("ok", "Few"),
            Trend::Repeats => ("info", "Every week"),
            Trend::Rises => ("warn", "Rises"),
        }
    }

    /// The kinds of help that were asked for in this week or the one before.
    pub(crate) fn asked(&self) -> Vec<&SupportRow> {
        self.review.support.rows.iter().filter(|r| r.count + r.before > 0).collect()
    }

    /// `up: 99.9% over 30d, to customers`.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(crate) fn promise(&self, slo: &Slo) -> String {
        let to = match slo.audience {
            Audience::Customer => ", to customers",
            Audience::Internal => "",
        };
        format!("{}: {}% over {}{to}", slo.name, slo.objective, slo.window)
    }

    /// The notes that somebody wrote.
    pub(crate) fn written(&self) -> Vec<&ShiftNote> {
        self.review.shift_notes.items.iter().filter(|n| !n.text.is_empty()).collect()
    }

    /// `12 changes of shift have no note`; empty: all have one.
    pub(crate) fn unwritten(&self) -> String {
        match self.review.shift_notes.items.iter().filter(|n| n.text.is_empty()).count() {
            0 => String::new(),
            n => words::counted(n, "change of shift has no note", "changes of shift have no note"),
        }
    }

    /// Text that somebody wrote.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(crate) fn html(&self, text: &str) -> String {
        markdown::html(text)
    }

    /// A day as it is printed.
    #[expect(clippy::unused_self, reason = "called from the template")]
    pub(crate) fn day(&self, day: &jiff::civil::Date) -> String {
        day.strftime("%a %-d %b %Y").to_string()
    }
}

/// `and 7 more`; empty: all are shown.
pub(crate) fn more<T>(part: &Part<T>) -> String {
    if part.more > 0 { format!("and {} more", words::count(part.more)) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use portolan_domain::{
        incidents::{NoticedBy, SloSaw, State},
        review::IncidentLine,
    };

    use super::*;

    #[test]
    fn times_are_those_of_the_team_and_lengths_end_with_the_sheet() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let clock = Clock::new(zone, at("2026-11-16T00:00:00Z"));
        let told = clock.stamp(&at("2026-11-10T23:30:00Z")).to_string();
        assert!(told.ends_with(">Wed 11 Nov, 00:30</time>"), "{told}");
        let incident = |relieved_at: Option<&str>| IncidentLine {
            number: 1,
            team_name: "Basket".into(),
            title: "Dark".into(),
            severity: 1,
            state: State::Open,
            affected: Vec::new(),
            noticed_by: NoticedBy::Alert,
            slo_saw: SloSaw::Yes,
            began_at: at("2026-11-13T00:00:00Z"),
            relieved_at: relieved_at.map(at),
            open_actions: 0,
        };
        assert_eq!(clock.hurt_for(&incident(None)), "3 days");
        assert_eq!(clock.hurt_for(&incident(Some("2026-11-13T01:30:00Z"))), "90 min");
        assert_eq!(clock.hurt_for(&incident(Some("2026-11-13T05:30:00Z"))), "5 h");
    }
}
