//! Time runs down the page: for phones and other narrow boxes. A row becomes a column.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::{Area, Kind, Timeline, float, hatching, is_weekend, letters, midnight};
use crate::{markup::escaped, svg::cut};

const WIDTH: f64 = 344.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 34.0;
const TOP: f64 = 34.0;

pub(super) fn draw(timeline: &Timeline, out: &mut String) {
    let day = if timeline.has_hours() { 86.0 } else { 26.0 };
    let plot = day * f64::from(timeline.days);
    let y = |at| TOP + plot * timeline.place(at);
    let _ = write!(
        out,
        "<svg class=\"chart week chart--tall\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{}\">",
        TOP + plot + 12.0,
        escaped(&timeline.label)
    );
    hatching(&timeline.pattern("tall"), out);
    days(timeline, plot, out);
    let mut words = String::new();
    columns(timeline, plot, out, &mut words);
    if timeline.now_is_inside() {
        let _ = write!(
            out,
            "<path class=\"nowline\" d=\"M{:.1} {:.1}H{:.1}\"/>",
            LEFT - 4.0,
            y(timeline.now),
            WIDTH - RIGHT
        );
    }
    out.push_str(&words);
    if timeline.now_is_inside() {
        let middle = y(timeline.now);
        let _ = write!(
            out,
            "<rect class=\"fill-ink\" x=\"{:.1}\" y=\"{:.1}\" width=\"33\" height=\"18\" rx=\"2\"/>\
             <text class=\"t-on\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">now</text>",
            WIDTH - 33.0,
            middle - 9.0,
            WIDTH - 16.5,
            middle + 4.0
        );
    }
    out.push_str("</svg>");
}

fn days(timeline: &Timeline, plot: f64, out: &mut String) {
    let y = |at| TOP + plot * timeline.place(at);
    for date in timeline.dates() {
        let start = y(midnight(&timeline.zone, date));
        let end = y(midnight(&timeline.zone, date.saturating_add(jiff::Span::new().days(1))));
        if is_weekend(date) {
            let _ = write!(
                out,
                "<rect class=\"weekend\" x=\"{LEFT}\" y=\"{start:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                WIDTH - LEFT - RIGHT,
                end - start
            );
        }
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"M0 {start:.1}H{WIDTH}\"/><text class=\"t-ink\" x=\"0\" y=\"{:.1}\">{}</text>",
            start + 14.0,
            date.strftime("%a %-d")
        );
    }
    let elsewhere = timeline.is_elsewhere() && timeline.has_hours();
    let short = |zone: &TimeZone| timeline.start().to_zoned(zone.clone()).strftime("%Z").to_string();
    let _ = write!(out, "<text class=\"t-tiny\" x=\"0\" y=\"26\">{}</text>", escaped(&short(&timeline.zone)));
    if elsewhere {
        let _ = write!(
            out,
            "<text class=\"t-tiny\" x=\"{WIDTH}\" y=\"26\" text-anchor=\"end\">{}</text>",
            escaped(&short(&timeline.viewer))
        );
    }
    for (at, here, there) in timeline.hours() {
        let y = y(at) + 4.0;
        let _ = write!(
            out,
            "<text class=\"t-tiny\" x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{here}</text>",
            LEFT - 6.0
        );
        if elsewhere {
            let _ = write!(
                out,
                "<text class=\"t-tiny\" x=\"{WIDTH}\" y=\"{y:.1}\" text-anchor=\"end\">{there}</text>"
            );
        }
    }
}

fn columns(timeline: &Timeline, plot: f64, out: &mut String, words: &mut String) {
    let all = float(timeline.rows.len().max(1));
    let column = (WIDTH - LEFT - RIGHT) / all;
    for (n, row) in timeline.rows.iter().enumerate() {
        let counts = n + 1 == timeline.rows.len();
        let left = LEFT + column * float(n);
        let _ = write!(
            out,
            "<text class=\"{}\" x=\"{:.1}\" y=\"12\" text-anchor=\"middle\">{}</text>",
            if counts { "t-ink" } else { "" },
            left + column / 2.0,
            escaped(&cut(&row.name, letters(column - 3.0)))
        );
        let (placed, lanes) = row.lanes();
        let lane_width = (column - 4.0) / float(lanes);
        for (lane, segment) in placed {
            let (start, end) = (timeline.place(segment.start), timeline.place(segment.end));
            let area = Area {
                x: left + 2.0 + lane_width * float(lane),
                y: TOP + plot * start,
                width: lane_width - 2.0,
                height: plot * (end - start),
            };
            segment.outline(timeline, counts, area, &timeline.pattern("tall"), out);
            let (start, end) = segment.room(timeline);
            let (middle, height) = (TOP + plot * f64::midpoint(start, end), plot * (end - start));
            let room = letters(area.width);
            if height < 12.0 || room < 3 {
                continue;
            }
            let x = area.x + area.width / 2.0;
            if segment.kind == Kind::Gap {
                if height <= 20.0 || area.width <= 54.0 {
                    continue; // on the bare hatching it could not be read
                }
                let _ = write!(
                    words,
                    "<rect class=\"plate\" x=\"{:.1}\" y=\"{:.1}\" width=\"52\" height=\"17\" rx=\"2\"/>",
                    x - 26.0,
                    middle - 8.5
                );
            }
            let _ = write!(
                words,
                "<text class=\"{}{}\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                segment.word_class(counts),
                if height < 17.0 { " t-small" } else { "" },
                middle + 4.0,
                escaped(&cut(segment.short_name(), room))
            );
        }
    }
}
