//! From a plan to its shifts: turns, cut to restrictions and coverage → higher layers over lower ones → covers in the
//! order in which they were decided → what is left of the coverage is a gap.
//!
//! Every step is true for each instant alone, so asking for a shorter range or jumping far ahead changes nothing. The
//! range is only made as wide as the shifts that touch it, so that they come whole.

use jiff::Timestamp;

use super::{
    Cover, CoverKind, Holder, Layer, Plan, Rotation, Shift, ShiftVia,
    span::{Span, minute, union},
    times::restricted,
    turns::{participant, turns},
};
use crate::{CoverId, LayerId, PersonId};

/// What a piece of time comes from; with its own start it makes the key of a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Turn { layer: LayerId, begins: Timestamp },
    Added { cover: CoverId, begins: Timestamp },
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    span: Span,
    origin: Origin,
    holder: Holder,
    via: ShiftVia,
    instead_of: Option<PersonId>,
}

impl Piece {
    fn at(self, span: Span) -> Self {
        Self { span, ..self }
    }

    fn is_held(&self) -> bool {
        matches!(self.holder, Holder::Person(_) | Holder::Vacant(_))
    }

    fn is_of(&self, person: PersonId) -> bool {
        matches!(self.holder, Holder::Person(p) | Holder::Vacant(p) if p == person)
    }

    /// The same, held by somebody else.
    fn taken(self, holder: Holder, via: ShiftVia) -> Self {
        let before = match self.holder {
            Holder::Person(person) | Holder::Vacant(person) => Some(person),
            Holder::Nobody | Holder::Gap => None,
        };
        let instead_of = self.instead_of.or(before).filter(|before| holder != Holder::Person(*before));
        Self { holder, via, instead_of, ..self }
    }
}

/// The shifts that touch `from..to`, whole, by start and key. Gaps are cut to the range, as is what an override to nobody
/// makes of a gap.
pub fn shifts(plan: &Plan, from: Timestamp, to: Timestamp) -> Vec<Shift> {
    let Some(asked) = Span::new(from, to) else { return Vec::new() };
    let wide = whole(plan, asked);
    let turns: Vec<_> = plan.layers.iter().map(|layer| (layer.priority, pieces(plan, layer, wide))).collect();
    let mut pieces = stacked(turns);
    let mut silent = Vec::new();
    for cover in &plan.covers {
        apply(plan, cover, wide, &mut pieces, &mut silent);
    }
    let mut pieces = without_needless_nobody(pieces);
    pieces.extend(gaps_of(plan, asked, &pieces, &silent));
    made(pieces.into_iter().filter(|piece| piece.span.overlaps(asked)))
}

/// The turns of one layer that touch `from..to`, whole, before other layers and covers.
pub fn layer_shifts(plan: &Plan, layer: LayerId, from: Timestamp, to: Timestamp) -> Vec<Shift> {
    let Some(asked) = Span::new(from, to) else { return Vec::new() };
    let layer = plan.layers.iter().find(|l| l.id == layer);
    made(layer.into_iter().flat_map(|layer| pieces(plan, layer, asked)).filter(|p| p.span.overlaps(asked)))
}

/// The range, made as wide as what touches it.
fn whole(plan: &Plan, asked: Span) -> Span {
    let turns = plan.layers.iter().flat_map(|layer| pieces(plan, layer, asked)).map(|piece| piece.span);
    let covers = plan.covers.iter().filter_map(time_of).filter(|span| span.overlaps(asked));
    turns.chain(covers).fold(asked, Span::with)
}

fn time_of(cover: &Cover) -> Option<Span> {
    Span::new(minute(cover.start), minute(cover.end))
}

/// A layer's turns that touch a span: within the coverage and their restrictions, before other layers.
fn pieces(plan: &Plan, layer: &Layer, touching: Span) -> Vec<Piece> {
    let mut found = Vec::new();
    for rotation in layer.rotations.iter().filter(|r| !r.participants.is_empty()) {
        let end = rotation.until.map_or(Timestamp::MAX, minute);
        let Some(in_force) = Span::new(minute(rotation.from), end) else { continue };
        if in_force.overlaps(touching) {
            found.extend(pieces_of(plan, layer.id, rotation, in_force, touching));
        }
    }
    found
}

fn pieces_of(plan: &Plan, layer: LayerId, rotation: &Rotation, in_force: Span, touching: Span) -> Vec<Piece> {
    let turns: Vec<_> = turns(plan, rotation, touching)
        .into_iter()
        .filter_map(|turn| Some((turn.index, turn.span.cut_to(in_force)?)))
        .collect();
    let Some(all) = turns.iter().map(|(_, span)| *span).reduce(Span::with) else { return Vec::new() };
    let covered = plan.coverage.spans(&plan.zone, all);
    let restricted = restricted(&rotation.restrictions, rotation.zone(plan), all);
    let open: Vec<_> = covered.iter().flat_map(|span| span.within(&restricted)).collect();
    let mut found = Vec::new();
    for (index, turn) in turns {
        for span in turn.within(&open) {
            let piece = Piece {
                span,
                origin: Origin::Turn { layer, begins: span.start },
                holder: Holder::Nobody,
                via: ShiftVia::Rotation,
                instead_of: None,
            };
            match participant(rotation, index) {
                Some(person) => found.extend(held(plan, person, span).map(|(span, holder)| Piece {
                    span,
                    holder,
                    ..piece
                })),
                None => found.push(piece),
            }
        }
    }
    found
}

/// A person's time, from when they left on as vacant.
fn held(plan: &Plan, person: PersonId, span: Span) -> impl Iterator<Item = (Span, Holder)> {
    let left =
        plan.left.get(&person).map_or(Timestamp::MAX, |left| minute(*left)).clamp(span.start, span.end);
    let there = Span::new(span.start, left).map(|span| (span, Holder::Person(person)));
    let gone = Span::new(left, span.end).map(|span| (span, Holder::Vacant(person)));
    there.into_iter().chain(gone)
}

/// Layers by priority: a lower one is cut where a higher one has somebody (or a vacant turn).
fn stacked(mut layers: Vec<(i32, Vec<Piece>)>) -> Vec<Piece> {
    layers.sort_by_key(|(priority, _)| -i64::from(*priority));
    let (mut found, mut taken): (Vec<Piece>, Vec<Span>) = (Vec::new(), Vec::new());
    for row in layers.chunk_by(|(a, _), (b, _)| a == b) {
        let mut row_taken = Vec::new();
        for piece in row.iter().flat_map(|(_, pieces)| pieces) {
            found.extend(piece.span.without(&taken).into_iter().map(|span| piece.at(span)));
            row_taken.extend(piece.is_held().then_some(piece.span));
        }
        taken.extend(row_taken);
        taken = union(taken);
    }
    found
}

fn apply(plan: &Plan, cover: &Cover, wide: Span, pieces: &mut Vec<Piece>, silent: &mut Vec<(Span, CoverId)>) {
    let Some(time) = time_of(cover).filter(|time| time.overlaps(wide)) else { return };
    let via = if cover.swap { ShiftVia::Swap(cover.id) } else { ShiftVia::Override(cover.id) };
    match cover.what {
        CoverKind::Replace { out, by } => {
            replace(
                pieces,
                time,
                |piece| piece.is_of(out),
                |piece| {
                    held(plan, by, piece.span)
                        .map(|(span, holder)| piece.taken(holder, via).at(span))
                        .collect()
                },
            );
        }
        CoverKind::Nobody => {
            replace(pieces, time, |_| true, |piece| vec![piece.taken(Holder::Nobody, via)]);
            silent.push((time, cover.id));
        }
        CoverKind::Add(person) => {
            let already: Vec<_> =
                pieces.iter().filter(|p| p.holder == Holder::Person(person)).map(|p| p.span).collect();
            let origin = Origin::Added { cover: cover.id, begins: time.start };
            for span in time.without(&union(already)) {
                pieces.extend(held(plan, person, span).map(|(span, holder)| Piece {
                    span,
                    origin,
                    holder,
                    via,
                    instead_of: None,
                }));
            }
        }
    }
}

/// Cuts the pieces that are meant where `time` begins and ends, and puts others in place of what lies in it.
fn replace(
    pieces: &mut Vec<Piece>,
    time: Span,
    meant: impl Fn(&Piece) -> bool,
    by: impl Fn(Piece) -> Vec<Piece>,
) {
    let mut kept = Vec::with_capacity(pieces.len() + 2);
    for piece in pieces.drain(..) {
        match piece.span.cut_to(time).filter(|_| meant(&piece)) {
            Some(inside) => {
                kept.extend(piece.span.without(&[time]).into_iter().map(|span| piece.at(span)));
                kept.extend(by(piece.at(inside)));
            }
            None => kept.push(piece),
        }
    }
    *pieces = kept;
}

/// Nobody is on call on purpose only as far as nobody else is.
fn without_needless_nobody(pieces: Vec<Piece>) -> Vec<Piece> {
    let held = union(pieces.iter().filter(|p| p.is_held()).map(|p| p.span).collect());
    let cut = |piece: Piece| match piece.holder {
        Holder::Nobody => piece.span.without(&held).into_iter().map(|span| piece.at(span)).collect(),
        _ => vec![piece],
    };
    pieces.into_iter().flat_map(cut).collect()
}

/// The covered time that nothing fills; where an override says so, on purpose.
fn gaps_of(plan: &Plan, asked: Span, pieces: &[Piece], silent: &[(Span, CoverId)]) -> Vec<Piece> {
    let filled = union(pieces.iter().map(|p| p.span).collect());
    let empty: Vec<_> =
        plan.coverage.spans(&plan.zone, asked).into_iter().flat_map(|span| span.without(&filled)).collect();
    let gap = |span| Piece {
        span,
        origin: Origin::Nothing,
        holder: Holder::Gap,
        via: ShiftVia::Rotation,
        instead_of: None,
    };
    let mut gaps: Vec<_> = empty.into_iter().map(gap).collect();
    for (time, cover) in silent {
        replace(
            &mut gaps,
            *time,
            |piece| piece.holder == Holder::Gap,
            |piece| {
                let origin = Origin::Added { cover: *cover, begins: time.start };
                vec![Piece { origin, holder: Holder::Nobody, via: ShiftVia::Override(*cover), ..piece }]
            },
        );
    }
    gaps
}

fn made(pieces: impl Iterator<Item = Piece>) -> Vec<Shift> {
    let mut shifts: Vec<_> = pieces.map(shift_of).collect();
    shifts.sort_by(|a, b| (a.start, &a.key).cmp(&(b.start, &b.key)));
    shifts
}

fn shift_of(piece: Piece) -> Shift {
    let Piece { span, origin, holder, via, instead_of } = piece;
    let at = |instant: Timestamp| instant.strftime("%Y%m%dT%H%MZ");
    let later = |begins: Timestamp| {
        if span.start == begins { String::new() } else { format!("+{}", at(span.start)) }
    };
    let (key, layer) = match origin {
        Origin::Turn { layer, begins } => (format!("{layer}:{}{}", at(begins), later(begins)), Some(layer)),
        Origin::Added { cover, begins } => (format!("{cover}{}", later(begins)), None),
        Origin::Nothing => (format!("gap:{}", at(span.start)), None),
    };
    Shift { key, start: span.start, end: span.end, holder, layer, via, instead_of }
}
