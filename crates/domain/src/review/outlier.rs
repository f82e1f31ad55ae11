//! What stands out of a team's month. A function of figures and settings: whoever asks why is told by its words.

use jiff::civil::Date;
use serde::Serialize;

use super::record::percent;
use crate::{settings::Settings, support::Week};

/// From so many judged pages on a share of noise means something: one false alarm of one page does not.
const FEW_JUDGED: i64 = 4;

/// What stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outlying {
    /// Pages with real impact.
    Pages,
    /// False alarms.
    Noise,
    /// Working time that keeps things running.
    Essential,
    /// Actions that should be done by now.
    Overdue,
    /// Pages of which nobody said what they were.
    Unjudged,
}

impl Outlying {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Noise => "noise",
            Self::Essential => "essential",
            Self::Overdue => "overdue",
            Self::Unjudged => "unjudged",
        }
    }
}

/// How far out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth a question.
    High,
    /// Not sustainable.
    Alarm,
}

impl Level {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Alarm => "alarm",
        }
    }
}

/// One thing that stands out, with what made it do so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outlier {
    /// What.
    pub what: Outlying,
    /// How far out.
    pub level: Level,
    /// The figure.
    pub value: i64,
    /// What it passed.
    pub threshold: i64,
    /// In words, with both.
    pub words: String,
}

/// A team's month in figures.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its weeks with pages, in order.
    pub weeks: Vec<WeekFacts>,
    /// Seconds of working time that kept things running in the weeks that began.
    pub essential_seconds: i64,
    /// Seconds of working time that its members had in them.
    pub working_seconds: i64,
    /// Actions that should be done by now, and the oldest day by which one should.
    pub overdue: Option<(i64, Date)>,
}

/// A team's week in figures.
#[derive(Debug, Clone, Copy)]
pub struct WeekFacts {
    /// Which.
    pub week: Week,
    /// Pages with real impact.
    pub real_impact: i64,
    /// Judged pages.
    pub judged: i64,
    /// False alarms among them.
    pub false_alarms: i64,
    /// Pages that were over a week ago and that nobody has judged.
    pub unjudged: i64,
}

/// What stands out, always in the same order.
pub fn outliers(facts: &Facts, settings: &Settings) -> Vec<Outlier> {
    [
        pages(facts, settings),
        noise(facts, settings),
        essential(facts, settings),
        overdue(facts),
        unjudged(facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pages(facts: &Facts, settings: &Settings) -> Option<Outlier> {
    let worst = facts.weeks.iter().max_by_key(|w| (w.real_impact, std::cmp::Reverse(w.week)))?;
    let (level, threshold, means) = if worst.real_impact > settings.load_pages_most {
        let most = settings.load_pages_most;
        (Level::Alarm, most, format!("more than {most} a week are not sustainable"))
    } else if worst.real_impact > settings.load_pages_good {
        let good = settings.load_pages_good;
        (Level::High, good, format!("up to {good} a week a team is well"))
    } else {
        return None;
    };
    let passed = facts.weeks.iter().filter(|w| w.real_impact > threshold).count();
    let often = if passed == 1 { String::new() } else { format!("; {passed} weeks of the month passed it") };
    let words = format!("{} pages with real impact in {}: {means}{often}", worst.real_impact, worst.week);
    Some(Outlier { what: Outlying::Pages, level, value: worst.real_impact, threshold, words })
}

fn noise(facts: &Facts, settings: &Settings) -> Option<Outlier> {
    let judged: i64 = facts.weeks.iter().map(|w| w.judged).sum();
    let false_alarms: i64 = facts.weeks.iter().map(|w| w.false_alarms).sum();
    let value = percent(false_alarms, judged).filter(|_| judged >= FEW_JUDGED)?;
    let threshold = settings.load_false_alarms_most;
    let words = format!(
        "{value}% of {judged} judged pages were false alarms: from {threshold}% on they hide the truth"
    );
    (value >= threshold).then_some(Outlier {
        what: Outlying::Noise,
        level: Level::High,
        value,
        threshold,
        words,
    })
}

fn essential(facts: &Facts, settings: &Settings) -> Option<Outlier> {
    let value = percent(facts.essential_seconds, facts.working_seconds)?;
    let (level, threshold, means) = if value >= settings.load_essential_alarm {
        (Level::Alarm, settings.load_essential_alarm, "little else gets done")
    } else if value >= settings.load_essential_warn {
        (Level::High, settings.load_essential_warn, "it crowds out improvement")
    } else {
        return None;
    };
    let words =
        format!("{value}% of the working time went into support and on-call: from {threshold}% on {means}");
    Some(Outlier { what: Outlying::Essential, level, value, threshold, words })
}

fn overdue(facts: &Facts) -> Option<Outlier> {
    let (value, oldest) = facts.overdue?;
    let what = if value == 1 { "1 action is" } else { &format!("{value} actions are") };
    let words = format!("{what} overdue, the oldest since {}", oldest.strftime("%-d %b %Y"));
    Some(Outlier { what: Outlying::Overdue, level: Level::High, value, threshold: 0, words })
}

fn unjudged(facts: &Facts) -> Option<Outlier> {
    let value: i64 = facts.weeks.iter().map(|w| w.unjudged).sum();
    let what = if value == 1 { "1 page has" } else { &format!("{value} pages have") };
    let words = format!("{what} been over for a week, and nobody has said what it was");
    (value > 0).then_some(Outlier {
        what: Outlying::Unjudged,
        level: Level::High,
        value,
        threshold: 0,
        words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(name: &str, real_impact: i64) -> WeekFacts {
        let week = name.parse().expect("a week");
        WeekFacts { week, real_impact, judged: real_impact, false_alarms: 0, unjudged: 0 }
    }

    fn told(facts: &Facts) -> Vec<(Outlying, Level, i64, i64)> {
        outliers(facts, &Settings::default())
            .iter()
            .map(|o| (o.what, o.level, o.value, o.threshold))
            .collect()
    }

    #[test]
    fn two_pages_a_week_are_well_and_more_than_five_are_too_many() {
        let of = |counts: &[i64]| {
            let weeks = counts.iter().zip(["2026-W45", "2026-W46", "2026-W47"]).map(|(n, w)| week(w, *n));
            Facts { weeks: weeks.collect(), ..Facts::default() }
        };
        assert_eq!(told(&of(&[2, 0, 2])), []);
        assert_eq!(told(&of(&[0, 3])), [(Outlying::Pages, Level::High, 3, 2)]);
        assert_eq!(told(&of(&[5, 5])), [(Outlying::Pages, Level::High, 5, 2)]);
        assert_eq!(told(&of(&[1, 6, 7])), [(Outlying::Pages, Level::Alarm, 7, 5)]);
        let words = &outliers(&of(&[1, 6, 7]), &Settings::default())[0].words;
        assert_eq!(
            words,
            "7 pages with real impact in 2026-W47: more than 5 a week are not sustainable; 2 weeks of the month passed it"
        );
        let words = &outliers(&of(&[3, 3]), &Settings::default())[0].words;
        assert!(words.starts_with("3 pages with real impact in 2026-W45"), "the first of equals: {words}");
    }

    #[test]
    fn false_alarms_count_over_the_month_and_from_a_few_pages_on() {
        let of = |judged, false_alarms| Facts {
            weeks: vec![
                WeekFacts { judged, false_alarms, ..week("2026-W45", 0) },
                WeekFacts { judged: 2, ..week("2026-W46", 0) },
            ],
            ..Facts::default()
        };
        assert_eq!(told(&of(1, 1)), [], "three pages are few");
        assert_eq!(told(&of(8, 2)), [], "2 of 10");
        assert_eq!(told(&of(8, 3)), [(Outlying::Noise, Level::High, 30, 30)]);
    }

    #[test]
    fn time_that_keeps_things_running_is_marked_at_forty_and_at_fifty() {
        let of = |essential_seconds| Facts { essential_seconds, working_seconds: 1000, ..Facts::default() };
        assert_eq!(told(&of(394)), []);
        assert_eq!(told(&of(400)), [(Outlying::Essential, Level::High, 40, 40)]);
        assert_eq!(told(&of(500)), [(Outlying::Essential, Level::Alarm, 50, 50)]);
        assert_eq!(told(&Facts { essential_seconds: 9, ..Facts::default() }), [], "a team without members");
    }

    #[test]
    fn what_is_late_or_unsaid_is_told_with_its_number() {
        let facts = Facts {
            weeks: vec![WeekFacts { unjudged: 1, ..week("2026-W45", 0) }],
            overdue: Some((2, jiff::civil::date(2026, 11, 3))),
            ..Facts::default()
        };
        let words: Vec<_> = outliers(&facts, &Settings::default()).into_iter().map(|o| o.words).collect();
        assert_eq!(
            words,
            [
                "2 actions are overdue, the oldest since 3 Nov 2026",
                "1 page has been over for a week, and nobody has said what it was"
            ]
        );
    }
}
