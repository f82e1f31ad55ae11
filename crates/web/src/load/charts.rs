//! The drawings of load, as SVG made here. What a bar is, its pattern says and the words beside it; the tables of the page
//! say the same. Each is drawn once for wide boxes and once for phones; the width of the box decides.

use std::fmt::Write as _;

use portolan_domain::{
    load::{PersonLoad, TeamLoad, WeekPages},
    rota::load::Asked,
};

use super::one_in;
use crate::{markup::escaped, svg::cut};

/// A drawing's room.
#[derive(Debug, Clone, Copy)]
struct Sheet {
    class: &'static str,
    /// Names of patterns are there once in a page.
    variant: &'static str,
    width: f64,
    left: f64,
    right: f64,
    /// Every how many weeks one is named.
    named: usize,
}

const WIDE: Sheet =
    Sheet { class: "chart--wide", variant: "wide", width: 1200.0, left: 8.0, right: 96.0, named: 4 };
const TALL: Sheet =
    Sheet { class: "chart--tall", variant: "tall", width: 344.0, left: 2.0, right: 46.0, named: 9 };

/// Pages by week: above, those with real impact against what is bearable; below, all others by what they were.
pub(super) fn weeks(load: &TeamLoad) -> String {
    let label = format!(
        "Pages a week over 26 weeks and the running one. Business-impacting: {:.1} a week lately; {} above {}. The table below says the same.",
        load.lately,
        crate::words::counted(load.weeks_over, "whole week", "whole weeks"),
        load.settings.load_pages_most
    );
    let mut out = String::new();
    for sheet in [WIDE, TALL] {
        draw_weeks(load, sheet, &label, &mut out);
    }
    out
}

const IMPACT: f64 = 120.0; // height of the upper field
const OTHERS: f64 = 96.0; // and of the lower one
const TOP: f64 = 26.0;
const GAP: f64 = 44.0; // between them

fn draw_weeks(load: &TeamLoad, sheet: Sheet, label: &str, out: &mut String) {
    let Sheet { class, variant, width, left, right, named } = sheet;
    let settings = &load.settings;
    let plot = width - left - right;
    let step = plot / float(load.weeks.len().max(1));
    let (upper, lower) = (TOP + IMPACT, TOP + IMPACT + GAP + OTHERS);
    let _ = write!(
        out,
        "<svg class=\"chart loadweeks {class}\" viewBox=\"0 0 {width:.0} {:.0}\" role=\"img\" aria-label=\"{}\">",
        lower + 24.0,
        escaped(label)
    );
    let _ = write!(
        out,
        "<defs><pattern id=\"false-{variant}\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path class=\"stripe\" d=\"M0 0V5\"/></pattern>\
         <pattern id=\"twice-{variant}\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><circle class=\"dot\" cx=\"2\" cy=\"2\" r=\"1.1\"/></pattern></defs>"
    );
    let bearable = usize::try_from(settings.load_pages_most).unwrap_or(0);
    let most = load.weeks.iter().map(|w| w.real_impact).max().unwrap_or(0).max(bearable + 1);
    let height = |n: usize| IMPACT * float(n) / float(most);
    let _ = write!(out, "<text class=\"t-ink\" x=\"{left:.1}\" y=\"14\">Business-impacting</text>");
    for (limit, word) in [(settings.load_pages_good, "well"), (settings.load_pages_most, "the most")] {
        let y = upper - height(usize::try_from(limit).unwrap_or(0));
        let _ = write!(
            out,
            "<path class=\"limit\" d=\"M{left:.1} {y:.1}H{:.1}\"/><text class=\"t-tiny\" x=\"{:.1}\" y=\"{:.1}\">{limit} {}</text>",
            width - right,
            width - right + 6.0,
            y + 4.0,
            if named > 4 && word == "the most" { "most" } else { word }
        );
    }
    let others = |w: &WeekPages| w.pages() - w.real_impact;
    let most_others = load.weeks.iter().map(others).max().unwrap_or(0).max(4);
    let _ = write!(out, "<text class=\"t-ink\" x=\"{left:.1}\" y=\"{:.1}\">Others</text>", upper + GAP - 8.0);
    for (at, week) in load.weeks.iter().enumerate() {
        let x = left + step * float(at) + step * 0.15;
        let bar = Bar { x, width: step * 0.7, foot: upper, unit: IMPACT / float(most) };
        bar.stack(&[("bar bar--impact", String::new(), week.real_impact)], out);
        let parts = [
            ("bar bar--none", String::new(), week.no_impact),
            ("bar bar--false", format!("url(#false-{variant})"), week.false_alarms),
            ("bar bar--twice", format!("url(#twice-{variant})"), week.duplicates),
            ("bar bar--unjudged", String::new(), week.unjudged),
        ];
        let bar = Bar { foot: lower, unit: OTHERS / float(most_others), ..bar };
        bar.stack(&parts, out);
        let is_running = at + 1 == load.weeks.len();
        if is_running || (at.is_multiple_of(named) && at + 3 < load.weeks.len()) {
            let monday = week.week.monday();
            let word = if is_running { "now".to_owned() } else { monday.strftime("%-d %b").to_string() };
            let _ = write!(
                out,
                "<text class=\"t-tiny\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{word}</text>",
                (x + step * 0.35).max(left + 16.0),
                lower + 16.0
            );
        }
    }
    for y in [upper, lower] {
        let _ = write!(out, "<path class=\"axis\" d=\"M{left:.1} {y:.1}H{:.1}\"/>", width - right);
    }
    out.push_str("</svg>");
}

/// Where a bar stands.
#[derive(Debug, Clone, Copy)]
struct Bar {
    x: f64,
    width: f64,
    foot: f64,
    /// Height of one page.
    unit: f64,
}

impl Bar {
    /// Parts upon each other, and above them how many it is.
    fn stack(self, parts: &[(&str, String, usize)], out: &mut String) {
        let Self { x, width, foot, unit } = self;
        let mut y = foot;
        for (class, fill, n) in parts.iter().filter(|(.., n)| *n > 0) {
            let height = unit * float(*n);
            y -= height;
            let fill = if fill.is_empty() { String::new() } else { format!(" fill=\"{fill}\"") };
            let _ = write!(
                out,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"{fill}/>"
            );
        }
        let all: usize = parts.iter().map(|(.., n)| n).sum();
        if all > 0 {
            let _ = write!(
                out,
                "<text class=\"t-tiny\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{all}</text>",
                x + width / 2.0,
                y - 3.0
            );
        }
    }
}

/// Who is on call one in how many weeks: what was worked, and below it what is planned, against what is bearable.
pub(super) fn shares(load: &TeamLoad) -> String {
    let people: Vec<&PersonLoad> =
        load.people.iter().filter(|p| p.last.one_in.is_some() || p.next.one_in.is_some()).collect();
    if people.is_empty() {
        return String::new();
    }
    let label = format!(
        "The share of on-call of {}, the last 26 weeks and the next. The tables below say the same.",
        crate::words::counted(people.len(), "person", "people")
    );
    let mut out = String::new();
    draw_shares(load, &people, Sheet { left: 190.0, right: 150.0, ..WIDE }, &label, &mut out);
    draw_shares(load, &people, Sheet { left: 0.0, right: 66.0, ..TALL }, &label, &mut out);
    out
}

const BAR: f64 = 12.0;

fn draw_shares(load: &TeamLoad, people: &[&PersonLoad], sheet: Sheet, label: &str, out: &mut String) {
    let Sheet { class, width, left, right, .. } = sheet;
    let is_tall = left < 1.0;
    // names stand beside the bars, on a phone above them
    let (row, head) = if is_tall { (52.0, 16.0) } else { (40.0, 2.0) };
    let share = |asked: &Asked| asked.one_in.map_or(0.0, |n| 1.0 / n);
    let largest = people.iter().flat_map(|p| [share(&p.last), share(&p.next)]).fold(0.34, f64::max);
    let plot = width - left - right;
    let x = |share: f64| left + plot * share / largest;
    let bottom = 26.0 + row * float(people.len());
    let _ = write!(
        out,
        "<svg class=\"chart loadshares {class}\" viewBox=\"0 0 {width:.0} {:.0}\" role=\"img\" aria-label=\"{}\">",
        bottom + 4.0,
        escaped(label)
    );
    for limit in [load.settings.load_good_one_in, load.settings.load_least_one_in] {
        let at = x(1.0 / small(limit));
        let _ = write!(
            out,
            "<path class=\"limit\" d=\"M{at:.1} 18V{bottom:.1}\"/><text class=\"t-tiny\" x=\"{at:.1}\" y=\"13\" text-anchor=\"middle\">1 in {limit}</text>"
        );
    }
    for (at, person) in people.iter().enumerate() {
        let top = 26.0 + row * float(at);
        let name = escaped(&cut(&person.person.name, if is_tall { 40 } else { 24 }));
        let y = if is_tall { top + 11.0 } else { top + 18.0 };
        let _ = write!(out, "<text class=\"t-ink\" x=\"0\" y=\"{y:.1}\">{name}</text>");
        for (asked, class, word, y) in [
            (&person.last, "bar bar--worked", "worked", top + head),
            (&person.next, "bar bar--planned", "planned", top + head + BAR + 3.0),
        ] {
            let end = x(share(asked));
            let word = if is_tall { String::new() } else { format!(" {word}") };
            let _ = write!(
                out,
                "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\"/>\
                 <text class=\"t-tiny halo\" x=\"{:.1}\" y=\"{:.1}\">{}{word}</text>",
                end - left,
                end + 6.0,
                y + 10.0,
                one_in(asked)
            );
        }
    }
    let _ = write!(out, "<path class=\"axis\" d=\"M{left:.1} 20V{bottom:.1}\"/></svg>");
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen weeks, people and pages")]
fn float(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "a small setting, at least 1")]
fn small(n: i64) -> f64 {
    n.max(1) as f64
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};
    use portolan_domain::{
        PersonId, TeamId,
        load::{Calls, Noise},
        people::TeamName,
        rota::{
            Contact,
            load::{Bearing, Hours},
        },
        settings::Settings,
        support::Week,
    };

    use super::*;

    fn person(name: &str, one_in: Option<f64>) -> PersonLoad {
        let asked = Asked {
            shifts: 4,
            hours: Hours::default(),
            one_in,
            bearing: one_in.map(|_| Bearing::Good),
            since: None,
        };
        let person = Contact {
            id: PersonId::new(),
            handle: "x".into(),
            name: name.into(),
            active: true,
            email: None,
            phone: None,
            time_zone: "UTC".into(),
        };
        PersonLoad { person, last: asked, next: asked, calls: Calls::default() }
    }

    fn load() -> TeamLoad {
        let now: Timestamp = "2026-11-21T02:10:00Z".parse().unwrap();
        let mut week = Week::of(now, &TimeZone::UTC).before(26);
        let weeks = (0..27).map(|n| {
            let row = WeekPages {
                week,
                real_impact: n % 7,
                no_impact: 1,
                false_alarms: 2,
                duplicates: 1,
                unjudged: 1,
                out_of_hours: 2,
            };
            week = week.next();
            row
        });
        TeamLoad {
            team: TeamName { id: TeamId::new(), slug: "basket".into(), name: "Basket".into() },
            span: (now, now, now),
            zone: TimeZone::UTC,
            people: vec![person("Imke <Sørensen>", Some(6.0)), person("Hui", None)],
            weeks: weeks.collect(),
            lately: 3.0,
            bearing: Bearing::Tolerable,
            weeks_over: 3,
            noise: Noise::default(),
            rules: Vec::new(),
            essential: None,
            settings: Settings::default(),
            is_cut: false,
        }
    }

    #[test]
    fn pages_are_told_apart_by_pattern_and_number_in_both_drawings() {
        let svg = weeks(&load());
        assert_eq!(svg.matches("<svg").count(), 2);
        assert_eq!(svg.matches("fill=\"url(#false-wide)\"").count(), 27);
        assert_eq!(svg.matches("fill=\"url(#twice-tall)\"").count(), 27);
        assert!(
            svg.contains(">2 well</text>")
                && svg.contains(">5 the most</text>")
                && svg.contains(">5 most</text>")
        );
        assert!(svg.contains(">now</text>") && svg.contains(">18 May</text>"));
        assert!(svg.contains(">6</text>"), "the number stands above the bar");
        assert!(!svg.contains("style=") && !svg.contains("NaN"));
    }

    #[test]
    fn a_week_without_pages_has_no_bar_and_the_scale_reaches_beyond_what_is_bearable() {
        let mut quiet = load();
        for week in &mut quiet.weeks {
            *week = WeekPages {
                real_impact: 0,
                no_impact: 0,
                false_alarms: 0,
                duplicates: 0,
                unjudged: 0,
                ..week.clone()
            };
        }
        let svg = weeks(&quiet);
        assert!(!svg.contains("class=\"bar"), "{svg}");
        assert!(svg.contains("5 the most"));
    }

    #[test]
    fn whoever_has_no_shift_is_not_drawn_and_names_end_nothing() {
        let svg = shares(&load());
        assert!(svg.contains("Imke &lt;Sørensen&gt;") && !svg.contains(">Hui<"));
        assert_eq!(svg.matches("1 in 6.0 worked").count(), 1, "on a phone the word is left to the legend");
        assert!(svg.contains(">1 in 4</text>"));
        assert!(shares(&TeamLoad { people: Vec::new(), ..load() }).is_empty());
    }
}
