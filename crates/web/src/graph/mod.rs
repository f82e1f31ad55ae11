//! The picture of what an entity touches, as SVG made here: who calls it on the left, what it needs on the right,
//! two steps each way. Ranks are placed by us because every node's rank is known; there is nothing to search for.
//!
//! Three drawings of the same facts are in the page and the width of their box decides which one shows:
//! five columns, three columns, or upright for a phone. The table beside it says all of it in words.

mod upright;
mod wide;

use std::fmt::Write as _;

use crate::{markup::escaped, svg::cut};

/// Nodes per column; what is beyond is counted in words.
const MOST: usize = 12;

/// What a node is, as far as its outline tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A service or another component: a solid edge.
    Component,
    /// A resource or an API: a dashed edge.
    Resource,
    /// Named by somebody, and not in the catalog.
    Missing,
}

/// An entity of the picture.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Steps from the middle: -2, -1 call it; 1, 2 are needed by it. The middle itself is not in the list.
    pub(crate) level: i8,
    /// Name as shown.
    pub(crate) name: String,
    /// Address of its page; none if it is missing.
    pub(crate) href: Option<String>,
    /// Tier, if known.
    pub(crate) tier: Option<i16>,
    /// What it is.
    pub(crate) shape: Shape,
    /// Nodes one step nearer to the middle that this one is wired to, as indexes of the list; ignored at level ±1.
    pub(crate) nearer: Vec<usize>,
}

/// The whole picture.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    /// Name of the entity in the middle.
    pub(crate) name: String,
    /// Its tier.
    pub(crate) tier: Option<i16>,
    /// Its neighbours, most important first within a level.
    pub(crate) nodes: Vec<Node>,
}

impl Graph {
    /// The drawings, ready for the page; empty if there are no neighbours.
    pub(crate) fn svg(&self) -> String {
        if self.nodes.is_empty() {
            return String::new();
        }
        let far = self.nodes.iter().any(|n| n.level.abs() == 2);
        let mut out = String::new();
        if far {
            // three columns then only stand in where five would be too small to read
            wide::draw(self, 2, "chart--five", &mut out);
            wide::draw(self, 1, "chart--stand-in", &mut out);
        } else {
            wide::draw(self, 1, "chart--three", &mut out);
        }
        upright::draw(self, &mut out);
        out
    }

    /// The sentence that stands for the picture where it is not seen.
    fn label(&self) -> String {
        let count = |sign: i8| self.nodes.iter().filter(|n| n.level == sign).count();
        let (calls, needs) = (count(-1), count(1));
        let call = if calls == 1 { "calls" } else { "call" };
        format!("{calls} {call} {}; it needs {needs}. The table below names them.", self.name)
    }

    /// The nodes of a level that are drawn, with their indexes, and how many are not.
    fn level(&self, level: i8) -> (Vec<usize>, usize) {
        let all: Vec<usize> = (0..self.nodes.len()).filter(|&i| self.nodes[i].level == level).collect();
        let shown = if all.len() > MOST { MOST - 1 } else { all.len() };
        (all[..shown].to_vec(), all.len() - shown)
    }
}

/// A box with a name and a tier, linked if it has a page. `x`, `y` are its left middle.
fn node(
    out: &mut String,
    class: &str,
    (x, y, width): (f64, f64, f64),
    name: &str,
    tier: Option<i16>,
    href: Option<&str>,
) {
    const HEIGHT: f64 = 30.0;
    let on = if class.contains("self") { "t-on" } else { "t-ink" };
    let small = if class.contains("self") { "t-on" } else { "t-quiet" };
    match href {
        Some(href) => drop(write!(out, "<a href=\"{}\">", escaped(href))),
        None => out.push_str("<g>"),
    }
    // a name that does not fit is cut; 8 units is a wide letter of the chart's bold 12 unit type
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen letters")]
    let room = ((width - 20.0 - if tier.is_some() { 24.0 } else { 0.0 }) / 8.0) as usize;
    let _ = write!(out, "<title>{}</title>", escaped(name));
    let top = y - HEIGHT / 2.0;
    let _ = write!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"3\"/>"
    );
    let _ = write!(
        out,
        "<text class=\"{on}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + 10.0,
        y + 4.0,
        escaped(&cut(name, room))
    );
    if let Some(tier) = tier {
        let _ = write!(
            out,
            "<text class=\"{small}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">T{tier}</text>",
            x + width - 10.0,
            y + 4.0
        );
    }
    out.push_str(if href.is_some() { "</a>" } else { "</g>" });
}

fn class_of(shape: Shape) -> &'static str {
    match shape {
        Shape::Component => "node",
        Shape::Resource => "node node--res",
        Shape::Missing => "node node--missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(level: i8, name: &str, nearer: Vec<usize>) -> Node {
        Node {
            level,
            name: name.into(),
            href: Some(format!("/catalog/component/default/{name}")),
            tier: Some(1),
            shape: Shape::Component,
            nearer,
        }
    }

    fn picture(nodes: Vec<Node>) -> String {
        Graph { name: "checkout-api".into(), tier: Some(0), nodes }.svg()
    }

    #[test]
    fn nothing_around_draws_nothing() {
        assert_eq!(picture(vec![]), "");
    }

    #[test]
    fn one_step_is_drawn_twice_and_two_steps_three_times() {
        let one = picture(vec![neighbour(-1, "web", vec![]), neighbour(1, "ledger", vec![])]);
        assert_eq!(one.matches("<svg").count(), 2);
        assert!(one.contains("aria-label=\"1 calls checkout-api; it needs 1. The table below names them.\""));
        let two = picture(vec![neighbour(1, "ledger", vec![]), neighbour(2, "bank", vec![0])]);
        assert_eq!(two.matches("<svg").count(), 3);
        assert!(two.contains("chart--stand-in"));
    }

    #[test]
    fn too_many_are_counted_in_words() {
        let many = (0..40).map(|i| neighbour(-1, &format!("caller-{i}"), vec![])).collect();
        let svg = picture(many);
        assert!(svg.contains("29 more in the table"));
        assert!(svg.contains("caller-10") && !svg.contains("caller-11<"));
    }

    #[test]
    fn names_are_cut_and_escaped() {
        let svg =
            picture(vec![neighbour(1, "a-very-long-name-that-nobody-can-read-in-a-box<script>", vec![])]);
        assert!(svg.contains("…</text>") && !svg.contains("<script>"));
    }

    #[test]
    fn no_style_attribute_leaves_here() {
        assert!(!picture(vec![neighbour(1, "x", vec![])]).contains("style="));
    }
}
