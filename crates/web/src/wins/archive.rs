//! The archive: what was handed up, found again. The address holds the whole state, so a search can be sent to somebody.

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use portolan_domain::{
    Cursor, Error, Limit, Page,
    wins::{self, ArchiveFilter, Facet, Found, Kind, Topic},
};

use crate::{
    address::{Query, Steps},
    caller::Viewer,
    error::PageError,
    page::{self, Nav, Shell},
    words,
};

/// Entries of a page.
const ROWS: i64 = 30;

#[derive(Template)]
#[template(path = "wins/archive.html")]
struct ArchivePage {
    shell: Shell,
    query: Query,
    sides: Vec<Side>,
    chips: Vec<(String, String)>,
    found: Page<Found>,
}

/// A dimension beside the list.
pub(crate) struct Side {
    pub(crate) title: &'static str,
    pub(crate) offers: Vec<Offer>,
}

/// One choice, and the address with it, or without it if it is chosen.
pub(crate) struct Offer {
    pub(crate) label: String,
    pub(crate) count: i64,
    pub(crate) address: String,
    pub(crate) chosen: bool,
}

impl ArchivePage {
    fn q(&self) -> &str {
        self.query.get("q").unwrap_or_default()
    }

    fn once(&self) -> bool {
        self.query.get("once").is_some()
    }

    /// `1,204 entries`, `at least 10,000 entries`.
    fn counted(&self) -> String {
        words::rows(&self.found, "entry", "entries")
    }

    fn steps(&self) -> Steps {
        let around = (self.found.previous.as_ref(), self.found.next.as_ref());
        Steps::new(around, self.query.get("after").is_some(), |after| match after {
            Some(after) => self.query.with("after", after).to_string(),
            None => self.query.without_all(&[]).to_string(),
        })
    }
}

pub(super) async fn show(mut viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let query = Query::read("/wins/archive", query.as_deref());
    let filter = asked(&query)?;
    let after = query.get("after").map(|text| Cursor::from_text(text.to_owned()));
    let (found, facets) =
        wins::archive_and_facets(&mut viewer.cx(), &filter, after, Limit::new(ROWS)?).await?;
    let sides: Vec<Side> = [
        ("team", "Team", &facets.teams),
        ("person", "Person", &facets.people),
        ("entity", "About", &facets.entities),
        ("topic", "Topic", &facets.topics),
        ("quarter", "Quarter", &facets.quarters),
        ("kind", "Kind", &facets.kinds),
    ]
    .into_iter()
    .filter_map(|(name, title, facets)| side(&query, name, title, facets))
    .collect();
    let chips = chips(&query, &sides);
    page::html(&ArchivePage { shell: viewer.shell(Nav::Wins), query, sides, chips, found })
}

/// The filter that an address asks for.
fn asked(query: &Query) -> Result<ArchiveFilter, Error> {
    let text = |name: &str| query.get(name).map(str::to_owned);
    Ok(ArchiveFilter {
        q: text("q"),
        team: text("team"),
        person: text("person"),
        entity: text("entity"),
        topic: query.get("topic").map(str::parse::<Topic>).transpose()?,
        kind: query.get("kind").map(str::parse::<Kind>).transpose()?,
        quarter: text("quarter"),
        origins_only: query.get("once").is_some(),
    })
}

/// A dimension with its choices; what is chosen stands there also if nothing is counted for it.
fn side(query: &Query, name: &'static str, title: &'static str, facets: &[Facet]) -> Option<Side> {
    let chosen = query.get(name);
    let mut offers: Vec<Offer> = facets
        .iter()
        .map(|facet| {
            let is_chosen = chosen == Some(facet.key.as_str());
            let address = if is_chosen { query.without_all(&[name]) } else { query.with(name, &facet.key) };
            Offer {
                label: facet.label.clone(),
                count: facet.count,
                address: address.to_string(),
                chosen: is_chosen,
            }
        })
        .collect();
    if let Some(value) = chosen
        && offers.iter().all(|offer| !offer.chosen)
    {
        let label = match name {
            "kind" => value.parse::<Kind>().map_or(value.to_owned(), |kind| kind.label().to_owned()),
            _ => value.to_owned(),
        };
        offers.insert(
            0,
            Offer { label, count: 0, address: query.without_all(&[name]).to_string(), chosen: true },
        );
    }
    (!offers.is_empty()).then_some(Side { title, offers })
}

/// What narrows the list, each with the address that takes it away.
fn chips(query: &Query, sides: &[Side]) -> Vec<(String, String)> {
    let mut chips = Vec::new();
    if let Some(q) = query.get("q") {
        chips.push((format!("“{q}”"), query.without_all(&["q"]).to_string()));
    }
    let chosen = sides.iter().flat_map(|side| &side.offers).filter(|offer| offer.chosen);
    chips.extend(chosen.map(|offer| (offer.label.clone(), offer.address.clone())));
    if query.get("once").is_some() {
        chips.push(("Each thing once".to_owned(), query.without_all(&["once"]).to_string()));
    }
    chips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facet(key: &str, count: i64) -> Facet {
        Facet { key: key.into(), label: key.to_uppercase(), count }
    }

    #[test]
    fn a_choice_leads_to_its_list_and_a_chosen_one_away_from_it() {
        let query = Query::read("/wins/archive", Some("q=slow&team=basket&after=x"));
        let side = side(&query, "team", "Team", &[facet("basket", 3), facet("ledger", 1)]).unwrap();
        let told: Vec<_> = side.offers.iter().map(|o| (o.address.as_str(), o.chosen)).collect();
        assert_eq!(told, [("/wins/archive?q=slow", true), ("/wins/archive?q=slow&team=ledger", false)]);
    }

    #[test]
    fn what_is_chosen_can_be_taken_away_also_when_nothing_is_left() {
        let query = Query::read("/wins/archive", Some("kind=challenge&once=1"));
        let kinds = side(&query, "kind", "Kind", &[]).unwrap();
        assert!(side(&query, "team", "Team", &[]).is_none());
        let chips = chips(&query, &[kinds]);
        let told: Vec<_> = chips.iter().map(|(word, address)| (word.as_str(), address.as_str())).collect();
        assert_eq!(
            told,
            [("Challenge", "/wins/archive?once=1"), ("Each thing once", "/wins/archive?kind=challenge")]
        );
    }
}
