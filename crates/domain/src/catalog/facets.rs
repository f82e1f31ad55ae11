//! Counts per choice, so that an index shows what each further choice would leave before it is pressed.
//!
//! Every dimension is counted with all filters but its own: a second tier can still be added to the first. While
//! nothing but kinds narrows the list the counts are read from counters, which costs the same at any size.

use super::{
    Dimension, EntityRef, Filter, Kind, read, search,
    store::facets::{self as store, Counted},
};
use crate::{Cx, Result, page::check_words};

/// The most choices shown per dimension, beside those that are chosen.
pub const MOST_CHOICES: i64 = 50;

/// One dimension with its choices, most frequent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// Which.
    pub dimension: Dimension,
    /// Its choices; those chosen are among them even if they would leave nothing.
    pub choices: Vec<Choice>,
    /// Whether there are more choices than these.
    pub more: bool,
}

/// One choice of a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value, as the filter takes it; empty for "none".
    pub value: String,
    /// A name for people, where the value is a reference to something known.
    pub label: Option<String>,
    /// How many entities it would leave.
    pub count: i64,
    /// Whether the filter has it.
    pub chosen: bool,
}

/// The counts of `dimensions` under `filter`, in the order asked for, at most [`MOST_CHOICES`] per dimension. Counts of a
/// search are of the hits it counts, as its total is.
pub async fn facets(cx: &mut Cx<'_>, filter: &Filter, dimensions: &[Dimension]) -> Result<Vec<Facet>> {
    let mine = read::mine(cx, filter).await?;
    filter.words().map_or(Ok(()), check_words)?;
    let narrowing: Vec<Dimension> = Dimension::ALL
        .into_iter()
        .filter(|d| *d != Dimension::Kind && !chosen(filter, *d).is_empty())
        .collect();
    let hits = match filter.words() {
        Some(q) => {
            let kinds = if dimensions.contains(&Dimension::Kind) {
                Filter::default().all_kinds()
            } else {
                filter.all_kinds()
            };
            Some(search::hit_ids(cx, q, &kinds, !narrowing.is_empty()).await?)
        }
        None => None,
    };
    // which dimensions can be read from the counters: all when only kinds narrow, the only narrowing one ignores itself
    let from_counters = |d: Dimension| filter.is_plain() && narrowing.iter().all(|n| *n == d);
    let (counters, rows): (Vec<Dimension>, Vec<Dimension>) =
        dimensions.iter().partition(|d| from_counters(**d));
    let mut counted = Vec::new();
    if !counters.is_empty() {
        counted.extend(store::counters(cx, filter, &counters, MOST_CHOICES).await?);
    }
    if !rows.is_empty() {
        let must = required(filter, &narrowing, &rows);
        counted.extend(
            store::narrowed(
                cx,
                filter,
                &rows,
                mine.as_deref(),
                hits.as_deref(),
                must.as_deref(),
                MOST_CHOICES,
            )
            .await?,
        );
    }
    Ok(dimensions.iter().map(|d| facet(*d, filter, &counted)).collect())
}

/// Values of which every row that counts must have one: what an index finds the rows by. A row counts if at most one
/// dimension leaves it out, so with two narrowing dimensions it has a value of either; with one, which is not itself
/// asked for, a value of that one.
fn required(filter: &Filter, narrowing: &[Dimension], asked: &[Dimension]) -> Option<Vec<String>> {
    let chosen = |d: &Dimension| filter.chosen().of(*d);
    if let Some(fixed) = narrowing.iter().find(|d| !asked.contains(d)) {
        return chosen(fixed);
    }
    let [first, second, ..] = narrowing else { return None };
    Some([chosen(first)?, chosen(second)?].concat())
}

fn facet(dimension: Dimension, filter: &Filter, counted: &[Counted]) -> Facet {
    let chosen = chosen(filter, dimension);
    let of = || counted.iter().filter(|c| c.dimension == dimension.as_str());
    let more =
        of().filter(|c| !chosen.contains(&c.value)).count() > usize::try_from(MOST_CHOICES).unwrap_or(0);
    let mut choices: Vec<Choice> = of()
        .map(|c| Choice {
            value: c.value.clone(),
            label: c.label.clone(),
            count: c.n,
            chosen: chosen.contains(&c.value),
        })
        .collect();
    if more {
        let last = choices.iter().rposition(|c| !c.chosen);
        last.map(|i| choices.remove(i));
    }
    for value in chosen.iter().filter(|v| of().all(|c| c.value != **v)) {
        choices.push(Choice { value: value.clone(), label: None, count: 0, chosen: true });
    }
    Facet { dimension, choices, more }
}

/// What a filter has chosen in a dimension, as values.
fn chosen(filter: &Filter, dimension: Dimension) -> Vec<String> {
    let refs = |refs: &[EntityRef]| refs.iter().map(|r| r.as_str().to_owned()).collect();
    match dimension {
        Dimension::Kind => filter.kinds.iter().map(|k: &Kind| k.as_str().to_owned()).collect(),
        Dimension::Type => filter.types.clone(),
        Dimension::Owner => filter
            .owners
            .iter()
            .map(|o| o.as_ref().map(|r| r.as_str().to_owned()).unwrap_or_default())
            .collect(),
        Dimension::Tier => {
            filter.tiers.iter().map(|t| t.map(|t| t.to_string()).unwrap_or_default()).collect()
        }
        Dimension::Lifecycle => filter.lifecycles.clone(),
        Dimension::Tag => filter.tags.clone(),
        Dimension::System => refs(&filter.systems),
        Dimension::Domain => refs(&filter.domains),
    }
}
