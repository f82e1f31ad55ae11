//! The index: everything of a kind, narrowed by choices whose counts are shown before they are pressed. The address
//! holds the whole state.

use std::{collections::HashMap, str::FromStr};

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use portolan_domain::{
    Cursor, Error, Limit,
    catalog::{self, Choice, Dimension, EntityRef, Facet, Filter, Kind, Listing, Sort},
    usage::Event,
};

use super::{many, one};
use crate::{
    address::{Query, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// Rows of a page.
const ROWS: i64 = 50;
/// Choices shown of a dimension before "more".
const FEW: usize = 7;
/// Kinds with a tab of their own.
const TABS: [Kind; 5] = [Kind::Component, Kind::Api, Kind::Resource, Kind::System, Kind::Domain];

#[derive(Template)]
#[template(path = "catalog/index.html")]
struct IndexPage {
    shell: Shell,
    query: Query,
    kind: Kind,
    tabs: Vec<Tab>,
    facets: Vec<Side>,
    chips: Vec<(String, String)>,
    sort: Sort,
    listing: Listing,
    all: i64,
    ownerless: i64,
    /// What the domains of the systems shown are called.
    domains: HashMap<EntityRef, String>,
}

/// A kind and how many of it the words leave.
struct Tab {
    word: &'static str,
    address: String,
    count: i64,
    current: bool,
}

/// A dimension beside the list.
struct Side {
    name: &'static str,
    title: &'static str,
    few: Vec<Offer>,
    more: Vec<Offer>,
}

/// One choice.
struct Offer {
    value: String,
    label: String,
    count: i64,
    chosen: bool,
}

/// `GET /catalog`
pub(super) async fn show(mut viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let query = Query::read("/catalog", query.as_deref());
    let (filter, sort) = asked(&query)?;
    let kind = filter.kinds[0];
    let after = query.get("after").map(|text| Cursor::from_text(text.to_owned()));
    let listing = catalog::list(&mut viewer.cx(), &filter, sort, after, Limit::new(ROWS)?).await?;
    let mut dimensions = vec![Dimension::Kind];
    dimensions.extend(sides(kind).iter().map(|(d, _)| *d));
    let counted = catalog::facets(&mut viewer.cx(), &filter, &dimensions).await?;
    let all = if is_narrowed(&filter) { total_of(&mut viewer, kind).await? } else { listing.total };
    if let (Some(q), None) = (query.get("q"), query.get("after")) {
        let found = i32::try_from(listing.total).unwrap_or(i32::MAX);
        viewer.portal().usage.note(Event {
            kind: "searched",
            person: viewer.person(),
            subject: q.to_owned(),
            results: Some(found),
        });
    }
    let ownerless = match counted.iter().find(|f| f.dimension == Dimension::Owner) {
        _ if is_narrowed(&filter) => 0, // then nothing is said of it
        Some(owners) if !owners.more => nobodys(&owners.choices),
        _ => catalog::ownerless(&mut viewer.cx(), kind).await?, // nobody may have less than the fifty who are counted
    };
    let domains = listing.items.iter().filter(|_| kind == Kind::System).filter_map(|e| e.domain.clone());
    let domains = super::names(&mut viewer, domains.collect()).await?;
    let facets = sides(kind)
        .iter()
        .filter_map(|(d, title)| side(*d, title, choices(&counted, *d)))
        .collect::<Vec<_>>();
    page::html(&IndexPage {
        shell: viewer.shell(Nav::Catalog),
        tabs: tabs(&query, kind, choices(&counted, Dimension::Kind)),
        chips: chips(&query, &facets),
        facets,
        query,
        kind,
        sort,
        listing,
        all,
        ownerless,
        domains,
    })
}

/// The filter that an address asks for: one kind always, services if it says none.
fn asked(query: &Query) -> Result<(Filter, Sort), Error> {
    let kind = query.get("kind").map_or(Ok(Kind::Component), str::parse)?;
    let texts = |name| query.all(name).filter(|v| !v.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let refs = |name: &'static str| {
        query
            .all(name)
            .filter(|v| !v.is_empty())
            .map(|v| reference(name, v))
            .collect::<Result<Vec<_>, Error>>()
    };
    let owners =
        query.all("owner").map(|v| if v.is_empty() { Ok(None) } else { reference("owner", v).map(Some) });
    let tiers = query.all("tier").map(|v| if v.is_empty() { Ok(None) } else { tier(v).map(Some) });
    let filter = Filter {
        kinds: vec![kind],
        types: texts("type"),
        owners: owners.collect::<Result<_, _>>()?,
        tiers: tiers.collect::<Result<_, _>>()?,
        lifecycles: texts("lifecycle"),
        tags: texts("tag"),
        systems: refs("system")?,
        domains: refs("domain")?,
        mine: query.get("mine").is_some(),
        needs_owner: query.get("needs-owner").is_some(),
        orphaned: query.get("orphaned").map(|_| true),
        q: query.get("q").map(str::to_owned),
    };
    Ok((filter, query.get("sort").map_or(Ok(Sort::Default), Sort::from_str)?))
}

fn reference(name: &'static str, text: &str) -> Result<EntityRef, Error> {
    let kind = if name == "owner" { "group" } else { name };
    EntityRef::parse(text, Some(kind), "default").map_err(|e| Error::invalid(name, e.to_string()))
}

fn tier(text: &str) -> Result<i16, Error> {
    text.parse()
        .ok()
        .filter(|t| (0..=3).contains(t))
        .ok_or_else(|| Error::invalid("tier", "must be 0, 1, 2 or 3"))
}

fn is_narrowed(filter: &Filter) -> bool {
    *filter != Filter::of(filter.kinds[0])
}

fn nobodys(owners: &[Choice]) -> i64 {
    owners.iter().find(|c| c.value.is_empty()).map_or(0, |c| c.count)
}

async fn total_of(viewer: &mut Viewer, kind: Kind) -> Result<i64, Error> {
    let counted = catalog::facets(&mut viewer.cx(), &Filter::of(kind), &[Dimension::Kind]).await?;
    Ok(choices(&counted, Dimension::Kind).iter().find(|c| c.value == kind.as_str()).map_or(0, |c| c.count))
}

/// What a kind is narrowed by, most asked first.
fn sides(kind: Kind) -> &'static [(Dimension, &'static str)] {
    match kind {
        Kind::System | Kind::Domain => {
            &[(Dimension::Owner, "Owner"), (Dimension::Domain, "Domain"), (Dimension::Tag, "Tag")]
        }
        _ => &[
            (Dimension::Tier, "Tier"),
            (Dimension::Owner, "Owner"),
            (Dimension::Lifecycle, "Lifecycle"),
            (Dimension::Type, "Type"),
            (Dimension::System, "System"),
            (Dimension::Tag, "Tag"),
        ],
    }
}

fn choices(counted: &[Facet], dimension: Dimension) -> &[Choice] {
    counted.iter().find(|f| f.dimension == dimension).map_or(&[], |f| &f.choices)
}

fn side(dimension: Dimension, title: &'static str, choices: &[Choice]) -> Option<Side> {
    let mut offers: Vec<Offer> = choices
        .iter()
        .map(|c| Offer {
            value: c.value.clone(),
            label: label(dimension, c),
            count: c.count,
            chosen: c.chosen,
        })
        .collect();
    if dimension == Dimension::Tier {
        offers.sort_by(|a, b| (a.value.is_empty(), &a.value).cmp(&(b.value.is_empty(), &b.value)));
    }
    // what is chosen is always in sight
    offers.sort_by_key(|o| !o.chosen && dimension != Dimension::Tier);
    let room = offers.iter().filter(|o| o.chosen).count().max(FEW);
    let more = if offers.len() > room + 1 { offers.split_off(room) } else { Vec::new() };
    (!offers.is_empty()).then_some(Side { name: dimension.as_str(), title, few: offers, more })
}

fn label(dimension: Dimension, choice: &Choice) -> String {
    match (dimension, choice.value.as_str()) {
        (Dimension::Owner, "") => "No owner".into(),
        (Dimension::Tier, "") => "Not set".into(),
        (Dimension::Tier, n) => format!("Tier {n}"),
        (_, value) => choice.label.clone().unwrap_or_else(|| {
            value.parse::<EntityRef>().map_or_else(|_| value.to_owned(), |r| r.name().to_owned())
        }),
    }
}

fn tabs(query: &Query, current: Kind, counts: &[Choice]) -> Vec<Tab> {
    let words_only =
        query.without_all(&["kind", "tier", "owner", "lifecycle", "type", "system", "domain", "tag", "sort"]);
    let count = |kind: Kind| counts.iter().find(|c| c.value == kind.as_str()).map_or(0, |c| c.count);
    let tab = |kind: Kind| Tab {
        word: many(&kind),
        address: if kind == current {
            query.without_all(&[]).to_string()
        } else {
            words_only.with("kind", kind.as_str()).to_string()
        },
        count: count(kind),
        current: kind == current,
    };
    let mut tabs: Vec<Tab> = TABS.into_iter().map(tab).collect();
    if !TABS.contains(&current) {
        tabs.push(tab(current));
    }
    tabs
}

/// What narrows the list, each with the address that takes it away.
fn chips(query: &Query, sides: &[Side]) -> Vec<(String, String)> {
    let mut chips = Vec::new();
    if let Some(q) = query.get("q") {
        chips.push((format!("“{q}”"), query.without_all(&["q"]).to_string()));
    }
    for (name, word) in [("mine", "Mine"), ("needs-owner", "Needs an owner"), ("orphaned", "Orphaned")] {
        if query.get(name).is_some() {
            chips.push((word.to_owned(), query.without_all(&[name]).to_string()));
        }
    }
    for side in sides {
        for offer in side.few.iter().filter(|o| o.chosen) {
            chips.push((offer.label.clone(), query.without(side.name, &offer.value).to_string()));
        }
    }
    chips
}

impl IndexPage {
    fn plural(&self) -> String {
        super::plural(&self.kind)
    }

    /// Whether entities of this kind have a tier, a type and a lifecycle, and are deployed.
    fn is_run(&self) -> bool {
        !matches!(self.kind, Kind::System | Kind::Domain)
    }

    fn domain<'a>(&'a self, reference: &'a EntityRef) -> &'a str {
        self.domains.get(reference).map_or(reference.name(), String::as_str)
    }

    fn one(&self) -> &'static str {
        one(&self.kind)
    }

    /// `17 of 214 services`, `at least 1,000 of 26,121 services`.
    fn counted(&self) -> String {
        let total = words::count(self.listing.total);
        let least = if self.listing.total_is_lower_bound { "at least " } else { "" };
        let noun = if self.all == 1 { self.one().to_owned() } else { self.plural() };
        if self.listing.total == self.all {
            format!("{total} {noun}")
        } else {
            format!("{least}{total} of {} {noun}", words::count(self.all))
        }
    }

    fn clear(&self) -> String {
        let bare = Query::read("/catalog", None);
        if self.kind == Kind::Component {
            bare.to_string()
        } else {
            bare.with("kind", self.kind.as_str()).to_string()
        }
    }

    fn without_owner(&self) -> String {
        Query::read("/catalog", None).with("kind", self.kind.as_str()).with("owner", "").to_string()
    }

    fn is_sorted(&self, by: &str) -> bool {
        self.sort.as_str() == by
            || (by == "name" && self.sort == Sort::Default && self.query.get("q").is_none())
    }

    fn sorted(&self, by: &str) -> String {
        self.query.with("sort", by).to_string()
    }

    fn steps(&self) -> Steps {
        let around = (self.listing.previous.as_ref(), self.listing.next.as_ref());
        Steps::new(around, self.query.get("after").is_some(), |after| match after {
            Some(after) => self.query.with("after", after).to_string(),
            None => self.query.without_all(&[]).to_string(),
        })
    }

    /// `address-book to price-engine`
    fn span(&self) -> String {
        match self.listing.items.as_slice() {
            [first, .., last] => format!("{} to {}", first.name, last.name),
            _ => String::new(),
        }
    }
}
