//! The picture of a schedule's week or month, as SVG made here: a row for each layer, one for what is laid over them, and
//! below a line the one that counts. Time runs to the right, on a phone down the page; both drawings are in the page and
//! the width of their box decides. Hours are those of the schedule's zone; where the viewer reads others, they stand
//! opposite.

mod upright;
mod wide;

use std::fmt::Write as _;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::markup::escaped;

/// The whole picture.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    /// The sentence that stands for it where it is not seen.
    pub(crate) label: String,
    /// First day, in the schedule's zone.
    pub(crate) from: Date,
    /// How many.
    pub(crate) days: u8,
    /// The schedule's zone: days and hours are its.
    pub(crate) zone: TimeZone,
    /// The zone of whoever looks.
    pub(crate) viewer: TimeZone,
    /// The instant of the page.
    pub(crate) now: Timestamp,
    /// Names in the order in which people take turns: neighbours get different tints, the same in every week.
    pub(crate) people: Vec<String>,
    /// From the lowest layer to what counts, which is the last one.
    pub(crate) rows: Vec<Row>,
}

/// One line of the picture.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its name: of a layer, "Overrides", "On call".
    pub(crate) name: String,
    /// A word more.
    pub(crate) note: String,
    /// What lies on it, by start.
    pub(crate) segments: Vec<Segment>,
}

/// Somebody's time.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    /// First instant.
    pub(crate) start: Timestamp,
    /// First instant after it.
    pub(crate) end: Timestamp,
    /// Who.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a segment is, as far as its outline tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A turn of a rotation.
    Turn,
    /// Somebody took over.
    Override,
    /// Nobody, on purpose.
    Nobody,
    /// Nobody, and somebody should be.
    Gap,
    /// Whoever has it is away.
    Away,
}

impl Timeline {
    /// Both drawings, ready for the page.
    pub(crate) fn svg(&self) -> String {
        let mut out = String::new();
        wide::draw(self, &mut out);
        upright::draw(self, &mut out);
        out
    }

    /// The instant at which it begins.
    pub(crate) fn start(&self) -> Timestamp {
        midnight(&self.zone, self.from)
    }

    /// The instant at which it ends.
    pub(crate) fn end(&self) -> Timestamp {
        midnight(&self.zone, self.from.saturating_add(i64::from(self.days).days()))
    }

    fn tint(&self, name: &str) -> usize {
        self.people.iter().position(|known| known == name).unwrap_or(self.people.len()) % 4 + 1
    }

    fn dates(&self) -> impl Iterator<Item = Date> + '_ {
        self.from.series(1.day()).take(usize::from(self.days))
    }

    /// Whether hours are written at it: not in a month, where there is no room.
    fn has_hours(&self) -> bool {
        self.days <= 10
    }

    /// Where an instant lies, from 0 to 1.
    fn place(&self, at: Timestamp) -> f64 {
        let of = |at: Timestamp| self.start().duration_until(at).as_secs_f64();
        (of(at) / of(self.end())).clamp(0.0, 1.0)
    }

    /// The name of its hatching: a page may show several pictures, and a name is there once.
    fn pattern(&self, variant: &str) -> String {
        format!("hatch-{variant}-{}-{}", self.from, self.days)
    }

    fn now_is_inside(&self) -> bool {
        (self.start()..self.end()).contains(&self.now)
    }

    /// Whether the viewer reads other hours.
    fn is_elsewhere(&self) -> bool {
        let offset = |zone: &TimeZone, at| zone.to_offset(at);
        [self.start(), self.end()].into_iter().any(|at| offset(&self.zone, at) != offset(&self.viewer, at))
    }

    /// Instants at which an hour is written, with the hour here and at the viewer's.
    fn hours(&self) -> Vec<(Timestamp, String, String)> {
        if !self.has_hours() {
            return Vec::new();
        }
        let said = |zone: &TimeZone, at: Timestamp| {
            let there = at.to_zoned(zone.clone());
            there.strftime(if there.minute() == 0 { "%H" } else { "%H:%M" }).to_string()
        };
        let at = |date: Date, hour| {
            let wall = date.at(hour, 0, 0, 0);
            self.zone.to_ambiguous_timestamp(wall).compatible().unwrap_or(Timestamp::MAX)
        };
        let instants = self.dates().flat_map(|date| [at(date, 8), at(date, 20)]);
        instants.map(|at| (at, said(&self.zone, at), said(&self.viewer, at))).collect()
    }

    fn now_words(&self) -> String {
        self.now.to_zoned(self.viewer.clone()).strftime("now %H:%M").to_string()
    }
}

fn midnight(zone: &TimeZone, date: Date) -> Timestamp {
    zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().unwrap_or(Timestamp::MAX)
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// `Europe/Amsterdam` is "Amsterdam" on a chart.
fn city(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").rsplit('/').next().unwrap_or_default().replace('_', " ")
}

impl Row {
    /// Segments with the lane each lies in, so that two at the same time lie beside each other, and how many lanes there
    /// are.
    fn lanes(&self) -> (Vec<(usize, &Segment)>, usize) {
        let mut ends: Vec<Timestamp> = Vec::new();
        let mut placed = Vec::new();
        for segment in &self.segments {
            let lane = ends.iter().position(|end| *end <= segment.start).unwrap_or(ends.len());
            match ends.get_mut(lane) {
                Some(end) => *end = segment.end,
                None => ends.push(segment.end),
            }
            placed.push((lane, segment));
        }
        (placed, ends.len().max(1))
    }
}

/// A rectangle of the drawing.
#[derive(Debug, Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Segment {
    fn class(&self, timeline: &Timeline, counts: bool) -> String {
        let class = match self.kind {
            Kind::Gap => return "seg seg--gap".into(),
            Kind::Away => return "seg seg--away".into(),
            Kind::Nobody => "seg seg--nobody".to_owned(),
            Kind::Turn | Kind::Override => format!("seg seg--{}", timeline.tint(&self.name)),
        };
        match (self.kind, counts) {
            (Kind::Override, _) => class + " seg--over",
            (_, true) => class + " seg--final",
            (_, false) => class,
        }
    }

    /// The outline with its hatching; the word is written later, above the line of now.
    fn outline(&self, timeline: &Timeline, counts: bool, area: Area, pattern: &str, out: &mut String) {
        let Area { x, y, width, height } = area;
        let place = format!("x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"");
        let wall = |at: Timestamp| at.to_zoned(timeline.zone.clone()).strftime("%a %-d %b %H:%M").to_string();
        let _ = write!(
            out,
            "<g><title>{}{}, {} to {}</title><rect class=\"{}\" {place}/>",
            escaped(self.whole_name()),
            if self.kind == Kind::Away { " is away" } else { "" },
            wall(self.start),
            wall(self.end),
            self.class(timeline, counts)
        );
        if self.kind == Kind::Gap {
            let _ = write!(out, "<rect class=\"seg--hatch\" {place} fill=\"url(#{pattern})\"/>");
        }
        out.push_str("</g>");
    }

    fn whole_name(&self) -> &str {
        match self.kind {
            Kind::Gap | Kind::Nobody => "Nobody",
            Kind::Turn | Kind::Override | Kind::Away => &self.name,
        }
    }

    /// The first word of the name, as people call each other.
    fn short_name(&self) -> &str {
        self.whole_name().split(' ').next().unwrap_or_default()
    }

    fn word_class(&self, counts: bool) -> &'static str {
        match (self.kind, counts) {
            (Kind::Gap, _) => "t-danger",
            (_, true) => "t-ink",
            (_, false) => "",
        }
    }

    /// The part of it, from 0 to 1, in which its word stands: beside the line of now, in the longer half.
    fn room(&self, timeline: &Timeline) -> (f64, f64) {
        let (start, end) = (timeline.place(self.start), timeline.place(self.end));
        let now = timeline.place(timeline.now);
        if !timeline.now_is_inside() || now <= start || end <= now {
            return (start, end);
        }
        if now - start >= end - now { (start, now) } else { (now, end) }
    }
}

fn hatching(pattern: &str, out: &mut String) {
    let _ = write!(
        out,
        "<defs><pattern id=\"{pattern}\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V7\"/></pattern></defs>"
    );
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rows and days")]
fn float(n: usize) -> f64 {
    n as f64
}

/// Letters of a chart's type that fit; of its smallest type, a fifth more do.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen letters")]
fn letters(width: f64) -> usize {
    (width / 7.0).max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(instant: &str) -> Timestamp {
        instant.parse().unwrap()
    }

    fn segment(start: &str, end: &str, name: &str, kind: Kind) -> Segment {
        Segment { start: at(start), end: at(end), name: name.into(), kind }
    }

    fn week(segments: Vec<Segment>) -> Timeline {
        Timeline {
            label: "Week of 16 November. Gap on Saturday <night>.".into(),
            from: "2026-11-16".parse().unwrap(),
            days: 7,
            zone: TimeZone::get("Europe/Amsterdam").unwrap(),
            viewer: TimeZone::get("America/Toronto").unwrap(),
            now: at("2026-11-19T02:10:00Z"),
            people: vec!["Imke Sørensen".into(), "Maya".into()],
            rows: vec![
                Row { name: "Days".into(), note: "layer 1".into(), segments: Vec::new() },
                Row { name: "On call".into(), note: "what counts".into(), segments },
            ],
        }
    }

    #[test]
    fn a_week_is_drawn_lying_and_upright() {
        let svg =
            week(vec![segment("2026-11-16T07:00:00Z", "2026-11-16T19:00:00Z", "Imke Sørensen", Kind::Turn)])
                .svg();
        assert_eq!(svg.matches("<svg").count(), 2);
        assert!(svg.contains("aria-label=\"Week of 16 November. Gap on Saturday &lt;night&gt;.\""));
        assert!(svg.contains("<title>Imke Sørensen, Mon 16 Nov 08:00 to Mon 16 Nov 20:00</title>"));
        assert!(svg.contains(">Imke</text>"));
        assert!(svg.contains("now 21:10"), "in the viewer's zone");
        assert!(
            svg.contains(">Toronto</text>") && svg.contains(">02</text>"),
            "eight in Amsterdam is two in Toronto"
        );
        assert!(!svg.contains("style="));
    }

    #[test]
    fn viewers_in_the_same_zone_read_one_set_of_hours_and_no_now_of_another_week() {
        let mut timeline = week(Vec::new());
        timeline.viewer = timeline.zone.clone();
        timeline.now = at("2026-11-25T02:10:00Z");
        let svg = timeline.svg();
        assert!(!svg.contains("Toronto") && !svg.contains("nowline"));
    }

    #[test]
    fn a_gap_is_hatched_and_says_nobody() {
        let svg = week(vec![segment("2026-11-21T19:00:00Z", "2026-11-22T07:00:00Z", "", Kind::Gap)]).svg();
        assert_eq!(svg.matches("seg--hatch").count(), 2);
        assert_eq!(svg.matches(">Nobody</text>").count(), 2);
    }

    #[test]
    fn who_is_away_is_named_and_outlined_otherwise() {
        let svg =
            week(vec![segment("2026-11-21T19:00:00Z", "2026-11-22T19:00:00Z", "Maya", Kind::Away)]).svg();
        assert!(svg.contains("<title>Maya is away, Sat 21 Nov 20:00 to Sun 22 Nov 20:00</title>"), "{svg}");
        assert_eq!((svg.matches("seg--away").count(), svg.matches(">Maya</text>").count()), (2, 2));
    }

    #[test]
    fn two_at_the_same_time_lie_beside_each_other() {
        let row = Row {
            name: String::new(),
            note: String::new(),
            segments: vec![
                segment("2026-11-16T00:00:00Z", "2026-11-18T00:00:00Z", "A", Kind::Turn),
                segment("2026-11-17T00:00:00Z", "2026-11-19T00:00:00Z", "B", Kind::Turn),
                segment("2026-11-18T00:00:00Z", "2026-11-20T00:00:00Z", "C", Kind::Turn),
            ],
        };
        let (placed, lanes) = row.lanes();
        assert_eq!((placed.iter().map(|(lane, _)| *lane).collect::<Vec<_>>(), lanes), (vec![0, 1, 0], 2));
    }

    #[test]
    fn the_day_of_the_change_is_shorter() {
        let mut timeline = week(Vec::new());
        timeline.from = "2026-03-23".parse().unwrap();
        let (saturday, sunday, monday) =
            (timeline.place(at("2026-03-27T23:00:00Z")), timeline.place(at("2026-03-28T23:00:00Z")), 1.0);
        assert!((sunday - saturday) / (monday - sunday) > 1.04, "24 hours to 23");
    }

    #[test]
    fn a_name_stands_beside_the_line_of_now() {
        let timeline = week(Vec::new());
        let (start, end) =
            segment("2026-11-18T19:00:00Z", "2026-11-19T07:00:00Z", "Maya", Kind::Turn).room(&timeline);
        assert!((start - timeline.place(at("2026-11-18T19:00:00Z"))).abs() < 1e-9);
        assert!((end - timeline.place(timeline.now)).abs() < 1e-9, "the longer half is before it");
    }

    #[test]
    fn a_month_writes_days_and_no_hours() {
        let mut timeline = week(Vec::new());
        timeline.from = "2026-11-01".parse().unwrap();
        timeline.days = 30;
        let svg = timeline.svg();
        assert!(svg.contains(">30</text>") && !svg.contains(">08</text>"));
    }
}
