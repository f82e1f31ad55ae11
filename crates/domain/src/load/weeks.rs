//! Pages by week, and what their judgements say.

use serde::Serialize;

use super::wake::{Clock, Woke};
use crate::{paging::Judgement, rota::load::Bearing, settings::Settings, support::Week};

/// Whole weeks that are looked back at.
pub const WEEKS: i64 = 26;
/// Whole weeks that "lately" is.
const LATELY: usize = 4;

/// The pages of a week by what they turned out to be.
#[derive(Debug, Clone, Serialize)]
pub struct WeekPages {
    /// The week.
    pub week: Week,
    /// Business-impacting: somebody outside felt it, or would have.
    pub real_impact: usize,
    /// As the alert said, and nobody felt it.
    pub no_impact: usize,
    /// Nothing was wrong.
    pub false_alarms: usize,
    /// Told what another page told already.
    pub duplicates: usize,
    /// Nobody said yet what they were, or they are not over.
    pub unjudged: usize,
    /// Of all of them, out of hours.
    pub out_of_hours: usize,
}

impl WeekPages {
    fn empty(week: Week) -> Self {
        Self {
            week,
            real_impact: 0,
            no_impact: 0,
            false_alarms: 0,
            duplicates: 0,
            unjudged: 0,
            out_of_hours: 0,
        }
    }

    /// All of them.
    pub fn pages(&self) -> usize {
        self.real_impact + self.no_impact + self.false_alarms + self.duplicates + self.unjudged
    }
}

/// Counts pages into the weeks from `first` to the running one.
pub(super) fn count(pages: &[Woke], clock: &Clock<'_>, first: Week) -> Vec<WeekPages> {
    let mut week = first;
    let mut weeks: Vec<WeekPages> = (0..=WEEKS)
        .map(|_| {
            let row = WeekPages::empty(week);
            week = week.next();
            row
        })
        .collect();
    for page in pages {
        let of = Week::of(page.opened_at, clock.team());
        let Some(row) = weeks.iter_mut().find(|w| w.week == of) else { continue };
        let field = match page.judgement {
            Some(Judgement::RealImpact) => &mut row.real_impact,
            Some(Judgement::NoImpact) => &mut row.no_impact,
            Some(Judgement::FalseAlarm) => &mut row.false_alarms,
            Some(Judgement::Duplicate) => &mut row.duplicates,
            None => &mut row.unjudged,
        };
        *field += 1;
        row.out_of_hours += usize::from(clock.is_page_out_of_hours(page));
    }
    weeks
}

/// The weeks that are over.
fn whole(weeks: &[WeekPages]) -> &[WeekPages] {
    weeks.split_last().map_or(&[], |(_, whole)| whole)
}

/// Business-impacting pages a week, in the last four whole weeks.
#[expect(clippy::cast_precision_loss, reason = "a team has few pages a week")]
pub(super) fn lately(weeks: &[WeekPages]) -> f64 {
    let whole = whole(weeks);
    let last = &whole[whole.len().saturating_sub(LATELY)..];
    let sum: usize = last.iter().map(|w| w.real_impact).sum();
    if last.is_empty() { 0.0 } else { sum as f64 / last.len() as f64 }
}

/// How so many business-impacting pages a week are to be borne.
#[expect(clippy::cast_precision_loss, reason = "small settings")]
pub(super) fn bearing(a_week: f64, settings: &Settings) -> Bearing {
    if a_week <= settings.load_pages_good as f64 {
        Bearing::Good
    } else if a_week <= settings.load_pages_most as f64 {
        Bearing::Tolerable
    } else {
        Bearing::TooOften
    }
}

/// Whole weeks with more business-impacting pages than are bearable.
pub(super) fn over(weeks: &[WeekPages], settings: &Settings) -> usize {
    let most = usize::try_from(settings.load_pages_most).unwrap_or(0);
    whole(weeks).iter().filter(|w| w.real_impact > most).count()
}

/// How many pages were for nothing. Of pages that somebody judged: the others say nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Noise {
    /// Pages that somebody judged.
    pub judged: usize,
    /// False alarms among them.
    pub false_alarms: usize,
    /// Pages that are over and that nobody judged.
    pub unjudged: usize,
}

impl Noise {
    pub(super) fn of(pages: &[Woke]) -> Self {
        let mut noise = Self::default();
        for page in pages {
            noise.judged += usize::from(page.judgement.is_some());
            noise.false_alarms += usize::from(page.judgement == Some(Judgement::FalseAlarm));
            noise.unjudged += usize::from(page.is_over && page.judgement.is_none());
        }
        noise
    }

    /// The share of false alarms, between 0 and 1; none while nothing is judged.
    #[expect(clippy::cast_precision_loss, reason = "a team has few pages")]
    pub fn share(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.false_alarms as f64 / self.judged as f64)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;

    use super::*;

    fn page(at: &str, judgement: Option<Judgement>) -> Woke {
        Woke {
            opened_at: at.parse().expect("an instant"),
            is_over: true,
            judgement,
            rule: None,
            told: Vec::new(),
        }
    }

    fn counted(pages: &[Woke], now: &str) -> Vec<WeekPages> {
        let zone = TimeZone::get("Europe/Amsterdam").expect("a zone");
        let none = BTreeSet::new();
        let clock = Clock::new(&[], &zone, &none);
        count(pages, &clock, Week::of(now.parse().expect("an instant"), &zone).before(WEEKS))
    }

    #[test]
    fn pages_stand_in_the_week_of_the_team() {
        let pages = [
            page("2026-11-15T22:59:59Z", Some(Judgement::RealImpact)), // Sunday, a second before midnight
            page("2026-11-15T23:00:00Z", Some(Judgement::RealImpact)), // Monday
            page("2026-11-16T10:00:00Z", Some(Judgement::FalseAlarm)),
            page("2026-11-17T10:00:00Z", None),
        ];
        let weeks = counted(&pages, "2026-11-21T02:10:00Z");
        assert_eq!(weeks.len(), 27);
        let [.., before, now] = &weeks[..] else { panic!("two weeks") };
        assert_eq!((before.week.to_string(), before.real_impact), ("2026-W46".into(), 1));
        assert_eq!((now.week.to_string(), now.pages(), now.real_impact), ("2026-W47".into(), 4 - 1, 1));
        assert_eq!((now.false_alarms, now.unjudged, now.out_of_hours), (1, 1, 1), "midnight is out of hours");
    }

    #[test]
    fn the_week_of_the_change_is_one_week() {
        let pages = [page("2026-03-29T21:59:00Z", None), page("2026-03-29T22:00:00Z", None)];
        let weeks = counted(&pages, "2026-04-02T12:00:00Z");
        let [.., before, now] = &weeks[..] else { panic!("two weeks") };
        assert_eq!((before.unjudged, now.unjudged), (1, 1), "midnight moved by an hour in UTC");
    }

    #[test]
    fn lately_is_four_whole_weeks_and_the_running_one_does_not_count() {
        let mut pages = Vec::new();
        for (day, times) in [("2026-10-26", 1), ("2026-11-02", 6), ("2026-11-09", 2), ("2026-11-17", 9)] {
            for _ in 0..times {
                pages.push(page(&format!("{day}T12:00:00Z"), Some(Judgement::RealImpact)));
            }
        }
        let weeks = counted(&pages, "2026-11-21T02:10:00Z");
        let settings = Settings::default();
        assert!((lately(&weeks) - 2.25).abs() < 1e-9, "0, 1, 6, 2: {}", lately(&weeks));
        assert_eq!(over(&weeks, &settings), 1);
        assert!(lately(&[]).abs() < 1e-9);
    }

    #[test]
    fn two_are_well_and_five_can_be_borne() {
        let settings = Settings::default();
        let of = |n| bearing(n, &settings);
        assert_eq!((of(2.0), of(2.1)), (Bearing::Good, Bearing::Tolerable));
        assert_eq!((of(5.0), of(5.25)), (Bearing::Tolerable, Bearing::TooOften));
    }

    #[test]
    fn noise_is_reckoned_from_what_was_judged() {
        let open = Woke { is_over: false, ..page("2026-11-17T10:00:00Z", None) };
        let of = |judgement| page("2026-11-17T10:00:00Z", judgement);
        let pages = [open, of(None), of(Some(Judgement::FalseAlarm)), of(Some(Judgement::NoImpact))];
        let noise = Noise::of(&pages);
        assert_eq!(noise, Noise { judged: 2, false_alarms: 1, unjudged: 1 });
        assert_eq!(noise.share(), Some(0.5));
        assert_eq!(Noise::of(&[]).share(), None, "nothing is known, and that is not nothing");
    }
}
