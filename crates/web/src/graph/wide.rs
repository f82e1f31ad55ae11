//! Columns side by side: three, or five with the second step each way.

use std::{collections::HashMap, fmt::Write as _};

use super::{Graph, class_of, node};
use crate::markup::escaped;

const ROW: f64 = 41.0;
const TOP: f64 = 26.0;

/// Places of one drawing: node index → left middle of its box.
struct Places {
    at: HashMap<usize, (f64, f64)>,
    width: f64,
    middle: (f64, f64),
}

/// Draws `reach` steps each way; `class` says at which widths it shows.
pub(super) fn draw(graph: &Graph, reach: i8, class: &str, out: &mut String) {
    let (width, node_width) = if reach == 2 { (960.0, 166.0) } else { (720.0, 176.0) };
    let columns: Vec<i8> = (-reach..=reach).collect();
    let step = (width - node_width) / f64::from(2 * reach);
    let tallest = columns.iter().filter(|&&l| l != 0).map(|&l| rows(graph, l)).max().unwrap_or(1).max(1);
    #[expect(clippy::cast_precision_loss, reason = "at most a dozen rows")]
    let height = TOP + tallest as f64 * ROW;
    let middle_y = TOP + (height - TOP) / 2.0;

    let _ = write!(
        out,
        "<svg class=\"chart chart--wide {class}\" viewBox=\"-1 0 {} {height}\" role=\"img\" aria-label=\"{}\">",
        width + 2.0, // room for the edges of the outer boxes
        escaped(&graph.label())
    );
    let mut places =
        Places { at: HashMap::new(), width: node_width, middle: (f64::from(reach) * step, middle_y) };
    let mut leftovers = Vec::new();
    // nearest columns first: the far ones are ordered by what they are wired to
    for level in [-1, 1, -2, 2].into_iter().filter(|l| i8::abs(*l) <= reach) {
        let x = f64::from(level + reach) * step;
        let (mut shown, more) = graph.level(level);
        if level.abs() == 2 {
            shown.retain(|&i| graph.nodes[i].nearer.iter().any(|n| places.at.contains_key(n)));
            shown.sort_by(|&a, &b| pull(graph, &places, a).total_cmp(&pull(graph, &places, b)));
        }
        let count = shown.len() + usize::from(more > 0);
        for (row, &i) in shown.iter().enumerate() {
            places.at.insert(i, (x, row_y(middle_y, row, count)));
        }
        if more > 0 {
            leftovers.push((x, row_y(middle_y, count - 1, count), more));
        }
    }
    headings(graph, reach, step, out);
    wires(graph, &places, out);
    let mut drawn: Vec<_> = places.at.iter().collect();
    drawn.sort_by_key(|(i, _)| **i);
    for (&i, &(x, y)) in drawn {
        let n = &graph.nodes[i];
        node(out, class_of(n.shape), (x, y, node_width), &n.name, n.tier, n.href.as_deref());
    }
    for (x, y, more) in leftovers {
        let _ = write!(
            out,
            "<text class=\"t-quiet\" x=\"{:.1}\" y=\"{:.1}\">{more} more in the table</text>",
            x + 10.0,
            y + 4.0
        );
    }
    node(out, "node node--self", (places.middle.0, middle_y, node_width), &graph.name, graph.tier, None);
    out.push_str("</svg>");
}

fn rows(graph: &Graph, level: i8) -> usize {
    let (shown, more) = graph.level(level);
    shown.len() + usize::from(more > 0)
}

#[expect(clippy::cast_precision_loss, reason = "at most a dozen rows")]
fn row_y(middle: f64, row: usize, rows: usize) -> f64 {
    middle + (row as f64 - (rows as f64 - 1.0) / 2.0) * ROW
}

/// Mean height of what a far node is wired to: sorting by it keeps wires from crossing.
#[expect(clippy::cast_precision_loss, reason = "at most a dozen wires")]
fn pull(graph: &Graph, places: &Places, i: usize) -> f64 {
    let ys: Vec<f64> = graph.nodes[i].nearer.iter().filter_map(|n| places.at.get(n)).map(|p| p.1).collect();
    ys.iter().sum::<f64>() / ys.len().max(1) as f64
}

fn headings(graph: &Graph, reach: i8, step: f64, out: &mut String) {
    for (level, text) in [(-2, "calls those"), (-1, "calls it"), (1, "it needs"), (2, "those need")] {
        if i8::abs(level) <= reach && graph.nodes.iter().any(|n| n.level == level) {
            let _ = write!(
                out,
                "<text class=\"t-quiet\" x=\"{:.1}\" y=\"12\">{text}</text>",
                f64::from(level + reach) * step
            );
        }
    }
}

/// Wires run from the one that needs to the one that is needed, left to right.
fn wires(graph: &Graph, places: &Places, out: &mut String) {
    let mut tips = Vec::new();
    let mut pairs: Vec<_> = places.at.iter().collect();
    pairs.sort_by_key(|(i, _)| **i);
    for (&i, &here) in pairs {
        let n = &graph.nodes[i];
        let ends = if n.level.abs() == 1 {
            vec![places.middle]
        } else {
            n.nearer.iter().filter_map(|j| places.at.get(j)).copied().collect()
        };
        for end in ends {
            let (from, to) = if n.level < 0 { (here, end) } else { (end, here) };
            let (x1, x2) = (from.0 + places.width, to.0 - 7.0);
            let bend = (x2 - x1) * 0.45;
            let _ = write!(
                out,
                "<path class=\"wire\" d=\"M{x1:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {x2:.1} {:.1}\"/>",
                from.1,
                x1 + bend,
                from.1,
                x2 - bend,
                to.1,
                to.1
            );
            tips.push(to);
        }
    }
    tips.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    tips.dedup();
    for (x, y) in tips {
        let _ = write!(out, "<path class=\"tip\" d=\"M{x:.1} {y:.1}l-8-4.5v9z\"/>");
    }
}
