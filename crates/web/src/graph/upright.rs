//! For a phone: callers above, the entity, what it needs below. One step each way.

use std::fmt::Write as _;

use super::{Graph, class_of, node};
use crate::markup::escaped;

const WIDTH: f64 = 328.0;
const NODE: f64 = 200.0;
const ROW: f64 = 36.0;

/// Draws the upright variant.
pub(super) fn draw(graph: &Graph, out: &mut String) {
    let ((above, more_above), (below, more_below)) = (graph.level(-1), graph.level(1));
    #[expect(clippy::cast_precision_loss, reason = "at most a dozen rows")]
    let rows = |shown: &[usize], more: usize| (shown.len() + usize::from(more > 0)) as f64;
    let start = if above.is_empty() { 0.0 } else { 36.0 };
    let middle = if above.is_empty() { 16.0 } else { start + rows(&above, more_above) * ROW };
    let needs = if below.is_empty() { 0.0 } else { rows(&below, more_below) * ROW };
    let height = middle + needs + 22.0;
    let _ = write!(
        out,
        "<svg class=\"chart chart--tall\" viewBox=\"-1 0 {} {height}\" role=\"img\" aria-label=\"{}\">",
        WIDTH + 2.0, // room for the edges of the outer boxes
        escaped(&graph.label())
    );
    if !above.is_empty() {
        let spine = NODE + 30.0;
        out.push_str("<text class=\"t-quiet\" x=\"0\" y=\"11\">calls it</text>");
        let _ = write!(
            out,
            "<path class=\"wire\" d=\"M{spine} {start}V{:.1}\"/><path class=\"tip\" d=\"M{spine} {:.1}l-4.5-8h9z\"/>",
            middle - 23.0,
            middle - 15.0
        );
        let mut y = start;
        for &i in &above {
            let n = &graph.nodes[i];
            let _ = write!(out, "<path class=\"wire\" d=\"M{NODE} {y}H{spine}\"/>");
            node(out, class_of(n.shape), (0.5, y, NODE), &n.name, n.tier, n.href.as_deref());
            y += ROW;
        }
        leftover(out, 10.0, y, more_above);
    }
    if !below.is_empty() {
        let left = WIDTH - NODE - 0.5;
        let _ =
            write!(out, "<text class=\"t-quiet\" x=\"0\" y=\"{:.1}\">it needs</text>", middle + ROW + 4.0);
        let _ = write!(
            out,
            "<path class=\"wire\" d=\"M100 {:.1}V{:.1}\"/>",
            middle + 15.0,
            middle + rows(&below, 0) * ROW
        );
        let mut y = middle + ROW;
        for &i in &below {
            let n = &graph.nodes[i];
            let _ = write!(
                out,
                "<path class=\"wire\" d=\"M100 {y}H{:.1}\"/><path class=\"tip\" d=\"M{left:.1} {y}l-8-4.5v9z\"/>",
                left - 7.0
            );
            node(out, class_of(n.shape), (left, y, NODE), &n.name, n.tier, n.href.as_deref());
            y += ROW;
        }
        leftover(out, left + 10.0, y, more_below);
    }
    node(out, "node node--self", ((WIDTH - NODE) / 2.0, middle, NODE), &graph.name, graph.tier, None);
    out.push_str("</svg>");
}

fn leftover(out: &mut String, x: f64, y: f64, more: usize) {
    if more > 0 {
        let _ = write!(
            out,
            "<text class=\"t-quiet\" x=\"{x:.1}\" y=\"{:.1}\">{more} more in the table</text>",
            y + 4.0
        );
    }
}
