//! What an entity rests on and what rests on it: the picture and the two tables that say the same.

use portolan_domain::catalog::{EntityRef, Kind, Neighbour, Neighbourhood, Summary};

use crate::{
    address,
    graph::{Graph, Node, Shape},
};

/// The section of a view.
#[derive(Debug, Default)]
pub(crate) struct Touches {
    /// The drawings; empty without neighbours.
    pub(crate) svg: String,
    /// What it needs, nearest first.
    pub(crate) needs: Vec<Row>,
    /// What needs it.
    pub(crate) callers: Vec<Row>,
    /// Whether there is more than is shown.
    pub(crate) cut: bool,
}

/// One neighbour.
#[derive(Debug)]
pub(crate) struct Row {
    /// Who.
    pub(crate) reference: EntityRef,
    /// What the catalog knows of it; none: it dangles.
    pub(crate) entity: Option<Summary>,
    /// Through whom, if not directly.
    pub(crate) through: String,
    /// Whether it is something the entity needs.
    pub(crate) needed: bool,
}

impl Row {
    /// What it is: the type, else the kind.
    pub(crate) fn what(&self) -> &str {
        self.entity.as_ref().and_then(|e| e.type_name.as_deref()).unwrap_or(self.reference.kind())
    }

    /// How it is wired to the entity.
    pub(crate) fn how(&self) -> String {
        match (self.through.as_str(), self.is_api(), self.needed) {
            ("", true, true) => "an API it uses".into(),
            ("", true, false) => "an API it provides".into(),
            ("", false, _) => "directly".into(),
            (through, ..) => format!("through {through}"),
        }
    }

    fn is_api(&self) -> bool {
        self.reference.known_kind() == Some(Kind::Api)
    }
}

impl Touches {
    /// From what the catalog found around `name`.
    pub(crate) fn of(name: &str, tier: Option<i16>, around: Neighbourhood) -> Self {
        let nodes = around.neighbours.iter().map(|n| node(n, &around)).collect();
        let svg = Graph { name: name.to_owned(), tier, nodes }.svg();
        let cut = around.cut;
        let through: Vec<String> = around.neighbours.iter().map(|n| through(n, &around)).collect();
        let (mut needs, mut callers) = (Vec::new(), Vec::new());
        for (neighbour, through) in around.neighbours.into_iter().zip(through) {
            let side = if neighbour.level > 0 { &mut needs } else { &mut callers };
            let needed = neighbour.level > 0;
            side.push(Row { reference: neighbour.reference, entity: neighbour.entity, through, needed });
        }
        Self { svg, needs, callers, cut }
    }

    /// `4 call it, it needs 5`, of those directly beside it; an API is how they meet, not who.
    pub(crate) fn summary(&self) -> String {
        let direct = |rows: &[Row]| rows.iter().filter(|r| r.through.is_empty() && !r.is_api()).count();
        let callers = direct(&self.callers);
        format!(
            "{callers} {} it, it needs {}",
            if callers == 1 { "calls" } else { "call" },
            direct(&self.needs)
        )
    }
}

fn node(neighbour: &Neighbour, around: &Neighbourhood) -> Node {
    let entity = neighbour.entity.as_ref();
    Node {
        level: neighbour.level,
        name: entity.map_or(neighbour.reference.name(), |e| &e.name).to_owned(),
        href: entity.map(|e| address::entity(&e.reference)),
        tier: entity.and_then(|e| e.tier),
        shape: match entity.map(|e| e.kind) {
            None => Shape::Missing,
            Some(Kind::Component) => Shape::Component,
            Some(_) => Shape::Resource,
        },
        nearer: nearer(neighbour, around),
    }
}

/// Places of the neighbours one step nearer that this one is wired to.
fn nearer(of: &Neighbour, around: &Neighbourhood) -> Vec<usize> {
    if of.level.abs() < 2 {
        return Vec::new();
    }
    let beside = |n: &Neighbour| n.level == of.level.signum();
    let wired = |n: &Neighbour| {
        let (from, to) =
            if of.level > 0 { (&n.reference, &of.reference) } else { (&of.reference, &n.reference) };
        around.edges.iter().any(|e| e.from == *from && e.to == *to)
    };
    (0..around.neighbours.len())
        .filter(|&i| beside(&around.neighbours[i]) && wired(&around.neighbours[i]))
        .collect()
}

fn through(of: &Neighbour, around: &Neighbourhood) -> String {
    let names: Vec<&str> =
        nearer(of, around).into_iter().map(|i| around.neighbours[i].reference.name()).collect();
    match names.as_slice() {
        [one, two, rest @ ..] if !rest.is_empty() => format!("{one}, {two} and {} more", rest.len()),
        names => names.join(" and "),
    }
}
