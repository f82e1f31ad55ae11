//! Time runs to the right: for boxes that are wide enough.

use std::fmt::Write as _;

use super::{Area, Kind, Timeline, city, float, hatching, is_weekend, letters, midnight};
use crate::{markup::escaped, svg::cut};

const LEFT: f64 = 104.0;
const PLOT: f64 = 1098.0;
const TOP: f64 = 40.0;
const LANE: f64 = 34.0;

pub(super) fn draw(timeline: &Timeline, out: &mut String) {
    let x = |at| LEFT + PLOT * timeline.place(at);
    let bottom = bottoms(timeline).last().copied().unwrap_or(TOP);
    let scale = bottom + 12.0;
    let height = scale + if timeline.is_elsewhere() { 62.0 } else { 44.0 };
    let _ = write!(
        out,
        "<svg class=\"chart week chart--wide\" viewBox=\"0 0 {:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">",
        LEFT + PLOT + 2.0,
        escaped(&timeline.label)
    );
    hatching(&timeline.pattern("wide"), out);
    days(timeline, bottom, out);
    let mut words = String::new();
    rows(timeline, out, &mut words);
    for (quarter, odd) in (0..usize::from(timeline.days) * if timeline.has_hours() { 4 } else { 1 })
        .zip([0, 1].into_iter().cycle())
    {
        let parts = float(usize::from(timeline.days)) * if timeline.has_hours() { 4.0 } else { 1.0 };
        let class = if odd == 0 { "scale" } else { "scale scale--off" };
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{scale:.1}\" width=\"{:.1}\" height=\"5\"/>",
            LEFT + PLOT * float(quarter) / parts,
            PLOT / parts
        );
    }
    if timeline.is_elsewhere() && timeline.has_hours() {
        let y = scale + 20.0;
        let _ = write!(
            out,
            "<text class=\"t-quiet\" x=\"0\" y=\"{y:.1}\">{}</text>",
            escaped(&city(&timeline.viewer))
        );
        for (at, _, there) in timeline.hours() {
            let _ = write!(
                out,
                "<text class=\"t-tiny\" x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{there}</text>",
                x(at)
            );
        }
    }
    let foot = height - 22.0;
    if timeline.now_is_inside() {
        let _ = write!(
            out,
            "<path class=\"nowline\" d=\"M{:.1} {:.1}V{foot:.1}\"/>",
            x(timeline.now),
            TOP - 14.0
        );
    }
    out.push_str(&words);
    if timeline.now_is_inside() {
        let middle = x(timeline.now).clamp(36.0, LEFT + PLOT - 36.0);
        let _ = write!(
            out,
            "<rect class=\"fill-ink\" x=\"{:.1}\" y=\"{foot:.1}\" width=\"72\" height=\"19\" rx=\"2\"/>\
             <text class=\"t-on\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            middle - 36.0,
            foot + 13.5,
            timeline.now_words()
        );
    }
    out.push_str("</svg>");
}

/// Where each row ends; the last one lies below a line of its own.
fn bottoms(timeline: &Timeline) -> Vec<f64> {
    let mut y = TOP;
    let last = timeline.rows.len().saturating_sub(1);
    let heights = timeline.rows.iter().enumerate().map(|(n, row)| {
        y += float(row.lanes().1) * LANE + 6.0 + if n == last && n > 0 { 14.0 } else { 0.0 };
        y
    });
    heights.collect()
}

fn days(timeline: &Timeline, bottom: f64, out: &mut String) {
    let x = |at| LEFT + PLOT * timeline.place(at);
    let today = timeline.now.to_zoned(timeline.zone.clone()).date();
    for date in timeline.dates() {
        let (start, end) = (
            x(midnight(&timeline.zone, date)),
            x(midnight(&timeline.zone, date.saturating_add(jiff::Span::new().days(1)))),
        );
        if is_weekend(date) {
            let _ = write!(
                out,
                "<rect class=\"weekend\" x=\"{start:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                TOP - 4.0,
                end - start,
                bottom - TOP + 4.0
            );
        }
        let _ = write!(out, "<path class=\"grid\" d=\"M{start:.1} {:.1}V{bottom:.1}\"/>", TOP - 18.0);
        let class = if date == today { "t-ink" } else { "" };
        let name = date.strftime(if timeline.has_hours() { "%a %-d" } else { "%-d" });
        let _ = write!(out, "<text class=\"{class}\" x=\"{:.1}\" y=\"14\">{name}</text>", start + 6.0);
    }
    let _ = write!(
        out,
        "<text class=\"t-quiet\" x=\"0\" y=\"{:.1}\">{}</text>",
        TOP - 9.0,
        escaped(&city(&timeline.zone))
    );
    for (at, here, _) in timeline.hours() {
        let _ = write!(
            out,
            "<text class=\"t-tiny\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{here}</text>",
            x(at),
            TOP - 9.0
        );
    }
}

fn rows(timeline: &Timeline, out: &mut String, words: &mut String) {
    let last = timeline.rows.len().saturating_sub(1);
    for ((n, row), bottom) in timeline.rows.iter().enumerate().zip(bottoms(timeline)) {
        let (placed, lanes) = row.lanes();
        let top = bottom - float(lanes) * LANE - 6.0;
        let counts = n == last;
        if counts && n > 0 {
            let _ = write!(out, "<path class=\"axis\" d=\"M0 {:.1}H{:.1}\"/>", top - 6.0, LEFT + PLOT);
        }
        let _ = write!(
            out,
            "<text class=\"t-ink\" x=\"0\" y=\"{:.1}\"><title>{}</title>{}</text><text class=\"t-tiny\" x=\"0\" y=\"{:.1}\">{}</text>",
            top + 15.0,
            escaped(&row.name),
            escaped(&cut(&row.name, letters(LEFT - 14.0))),
            top + 29.0,
            escaped(&cut(&row.note, letters(LEFT * 1.2)))
        );
        for (lane, segment) in placed {
            let (start, end) = (timeline.place(segment.start), timeline.place(segment.end));
            let area = Area {
                x: LEFT + PLOT * start,
                y: top + float(lane) * LANE + 2.0,
                width: PLOT * (end - start),
                height: LANE - 4.0,
            };
            segment.outline(timeline, counts, area, &timeline.pattern("wide"), out);
            let (start, end) = segment.room(timeline);
            let (middle, width) = (LEFT + PLOT * f64::midpoint(start, end), PLOT * (end - start));
            let room = letters(width - 4.0);
            if room < 3 {
                continue;
            }
            let y = area.y + area.height / 2.0;
            if segment.kind == Kind::Gap {
                if width <= 56.0 {
                    continue; // on the bare hatching it could not be read
                }
                let _ = write!(
                    words,
                    "<rect class=\"plate\" x=\"{:.1}\" y=\"{:.1}\" width=\"54\" height=\"18\" rx=\"2\"/>",
                    middle - 27.0,
                    y - 9.0
                );
            }
            let _ = write!(
                words,
                "<text class=\"halo {}\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                segment.word_class(counts),
                y + 4.0,
                escaped(&cut(segment.short_name(), room))
            );
        }
    }
}
