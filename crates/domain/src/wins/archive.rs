//! The archive: what was handed up and published, found again by text, team, person, thing, topic and quarter.

use std::collections::HashMap;

use jiff::{ToSpan, civil::Date};

use super::{
    record::{Cycle, Entry, Facet, Kind, Topic},
    store::{
        self,
        archive::{Look, Seen, Wanted},
    },
};
use crate::{Cursor, Cx, Error, Limit, Page, Result, UpdateId, WinsEntryId, page::Total, people};

/// Which entries. All that is said must hold.
#[derive(Debug, Clone, Default)]
pub struct ArchiveFilter {
    /// Words, all of which occur (the last one may be begun); at most 200 characters.
    pub q: Option<String>,
    /// Slug of a team; with those below it.
    pub team: Option<String>,
    /// Handle of a person who wrote it or is credited.
    pub person: Option<String>,
    /// Reference of what it is about.
    pub entity: Option<String>,
    /// What it is about.
    pub topic: Option<Topic>,
    /// What it is.
    pub kind: Option<Kind>,
    /// `2026-q4`, by the last day of its cycle.
    pub quarter: Option<String>,
    /// Whether lines of higher levels are left out, so that each thing is told once, in the words of those who did it.
    pub origins_only: bool,
}

/// An entry that was handed up.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Found {
    /// The entry.
    pub entry: Entry,
    /// Its cycle.
    pub cycle: Cycle,
    /// Whether the actor may read the publication that it is in, at `/wins/{team}/{cycle}`.
    pub readable: bool,
}

/// What filters are left, with how many each would leave: at most twelve of each, the most frequent first.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Facets {
    /// Teams.
    pub teams: Vec<Facet>,
    /// People.
    pub people: Vec<Facet>,
    /// Things.
    pub entities: Vec<Facet>,
    /// Topics.
    pub topics: Vec<Facet>,
    /// Wins and challenges.
    pub kinds: Vec<Facet>,
    /// Quarters, newest first.
    pub quarters: Vec<Facet>,
}

/// Facets of each kind.
const MOST_FACETS: i64 = 12;

/// Entries that the actor may see and that were handed up, newest first.
pub async fn archive(
    cx: &mut Cx<'_>,
    filter: &ArchiveFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Found>> {
    Ok(looked(cx, filter, after, limit, 0).await?.0)
}

/// The same, with how many each further filter would leave: for a page that shows both.
pub async fn archive_and_facets(
    cx: &mut Cx<'_>,
    filter: &ArchiveFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<(Page<Found>, Facets)> {
    looked(cx, filter, after, limit, MOST_FACETS).await
}

/// How many each further filter would leave.
pub async fn facets(cx: &mut Cx<'_>, filter: &ArchiveFilter) -> Result<Facets> {
    let me = cx.reader()?;
    let wanted = wanted(cx, filter).await?;
    let look = Look { facets: MOST_FACETS, ..Look::default() };
    let seen = cx.atomically(async |cx| store::archive::look(cx, me, &wanted, look).await).await?;
    Ok(sorted(seen.facets))
}

async fn looked(
    cx: &mut Cx<'_>,
    filter: &ArchiveFilter,
    after: Option<Cursor>,
    limit: Limit,
    facets: i64,
) -> Result<(Page<Found>, Facets)> {
    let me = cx.reader()?;
    let before = after.as_ref().map(Cursor::key::<(Date, WinsEntryId)>).transpose()?;
    let wanted = wanted(cx, filter).await?;
    let look = Look { hits: limit.probe(), before, facets, count: Total::MOST + 1 };
    let seen = cx.atomically(async |cx| store::archive::look(cx, me, &wanted, look).await).await?;
    let Seen { hits, count, facets } = seen;
    let total = Total::bounded(count);
    let (hits, page) = Page::cut(hits, limit, total, after.as_ref(), |hit| (hit.ends_on, hit.entry)).split();
    let (entries, cycles): (Vec<_>, Vec<_>) = hits.iter().map(|hit| (hit.entry, hit.cycle)).unzip();
    let mut entries = shown(cx, &entries).await?;
    let cycles = store::cycle::by_ids(cx, &cycles).await?;
    let found = hits.into_iter().filter_map(|hit| {
        let (entry, cycle) = (entries.remove(&hit.entry)?, cycles.get(&hit.cycle)?.clone());
        Some(Found { entry, cycle, readable: hit.readable })
    });
    let Page { next, previous, total, total_is_lower_bound, .. } = page;
    let page = Page { items: found.collect(), next, previous, total, total_is_lower_bound };
    Ok((page, sorted(facets)))
}

/// Facets by what they are of, the most frequent first.
fn sorted(found: Vec<(String, Facet)>) -> Facets {
    let mut facets = Facets::default();
    for (what, mut facet) in found {
        match what.as_str() {
            "team" => facets.teams.push(facet),
            "person" => facets.people.push(facet),
            "entity" => facets.entities.push(facet),
            "topic" => {
                if let Ok(topic) = facet.key.parse::<Topic>() {
                    topic.label().clone_into(&mut facet.label);
                }
                facets.topics.push(facet);
            }
            "kind" => {
                if let Ok(kind) = facet.key.parse::<Kind>() {
                    kind.label().clone_into(&mut facet.label);
                }
                facets.kinds.push(facet);
            }
            _ => facets.quarters.push(facet),
        }
    }
    let Facets { teams, people, entities, topics, kinds, quarters } = &mut facets;
    for frequent in [teams, people, entities, topics, kinds] {
        frequent.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    }
    quarters.sort_by(|a, b| b.key.cmp(&a.key));
    facets
}

/// Those of these entries that the actor may see, as readers see them: what a team answered is shown where it was attached.
pub(super) async fn shown(cx: &mut Cx<'_>, ids: &[WinsEntryId]) -> Result<HashMap<WinsEntryId, Entry>> {
    let entries = store::entry::seen(cx, ids).await?;
    let as_read = |mut entry: Entry| {
        for naming in entry.namings.iter_mut().filter(|naming| !naming.attached) {
            naming.answer.clear();
        }
        (entry.id, entry)
    };
    Ok(entries.into_iter().map(as_read).collect())
}

/// A filter as keys; what it names has to be there.
async fn wanted(cx: &mut Cx<'_>, filter: &ArchiveFilter) -> Result<Wanted> {
    let given =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let (team, person) = (given(&filter.team), given(&filter.person));
    Ok(Wanted {
        words: given(&filter.q).map(|q| query(&q)).transpose()?,
        team: match team {
            Some(slug) => Some(people::team(cx, &slug).await?.id),
            None => None,
        },
        person: match person {
            Some(handle) => Some(people::person(cx, &handle).await?.id),
            None => None,
        },
        entity: given(&filter.entity),
        topic: filter.topic,
        kind: filter.kind,
        days: given(&filter.quarter).map(|quarter| days(&quarter)).transpose()?,
        origins_only: filter.origins_only,
    })
}

/// Words as a query: all of them occur, and the last one may only be begun. Words without a letter or digit are no words; a query of
/// those alone finds nothing.
fn query(q: &str) -> Result<String> {
    crate::page::check_words(q)?;
    if q.chars().count() > 200 {
        return Err(Error::invalid("q", "may have 200 characters at most"));
    }
    let words: Vec<_> = q.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    let quoted: Vec<_> =
        words.iter().map(|word| format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))).collect();
    let begun = if quoted.is_empty() { "" } else { ":*" };
    Ok(format!("{}{begun}", quoted.join(" & ")))
}

/// The first and last day of a quarter like `2026-q4`.
fn days(quarter: &str) -> Result<(Date, Date)> {
    let wrong = || Error::invalid("quarter", "must be a quarter like 2026-q4");
    let (year, nth) = quarter.split_once("-q").ok_or_else(wrong)?;
    let (year, nth): (i16, i8) = (year.parse().map_err(|_| wrong())?, nth.parse().map_err(|_| wrong())?);
    if !(1..=4).contains(&nth) {
        return Err(wrong());
    }
    let first = Date::new(year, nth * 3 - 2, 1).map_err(|_| wrong())?;
    let last = first.checked_add(2.months()).map_err(|_| wrong())?.last_of_month();
    Ok((first, last))
}

/// What one team handed up, cycle by cycle, newest first: cycles with the entries that the actor may see.
pub async fn timeline(
    cx: &mut Cx<'_>,
    team: &str,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<(Cycle, Vec<Entry>)>> {
    let me = cx.reader()?;
    let team = people::team(cx, team).await?;
    let key = after.as_ref().map(Cursor::key::<(Date, UpdateId)>).transpose()?;
    let rows = store::archive::timeline(cx, me, team.id, key, limit.probe()).await?;
    let total = store::archive::count_timeline(cx, me, team.id).await?;
    let (rows, page) =
        Page::cut(rows, limit, total, after.as_ref(), |(update, _, day)| (*day, *update)).split();
    let cycles =
        store::cycle::by_ids(cx, &rows.iter().map(|(_, cycle, _)| *cycle).collect::<Vec<_>>()).await?;
    let updates: Vec<_> = rows.iter().map(|(update, ..)| *update).collect();
    let keys = store::archive::entries_of(cx, &updates).await?;
    let mut entries = shown(cx, &keys).await?;
    let mut of_update: HashMap<UpdateId, Vec<Entry>> = HashMap::new();
    for entry in keys.iter().filter_map(|id| entries.remove(id)) {
        if let Some(update) = entry.update {
            of_update.entry(update).or_default().push(entry);
        }
    }
    let told = rows.into_iter().filter_map(|(update, cycle, _)| {
        Some((cycles.get(&cycle)?.clone(), of_update.remove(&update).unwrap_or_default()))
    });
    let Page { next, previous, total, total_is_lower_bound, .. } = page;
    Ok(Page { items: told.collect(), next, previous, total, total_is_lower_bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_query_that_is_one() {
        assert_eq!(query("p95  paym").unwrap(), "'p95' & 'paym':*");
        assert_eq!(query("it's a\\b & ! :*").unwrap(), "'it''s' & 'a\\\\b':*");
        assert_eq!(query("!? --").unwrap(), "");
        assert!(query("a\0").is_err() && query(&"x".repeat(201)).is_err());
    }

    #[test]
    fn quarters_have_days() {
        let (first, last) = days("2026-q4").unwrap();
        assert_eq!((first.to_string(), last.to_string()), ("2026-10-01".into(), "2026-12-31".into()));
        assert_eq!(days("2028-q1").unwrap().1.to_string(), "2028-03-31");
        for wrong in ["2026", "2026-q0", "2026-q5", "q4", "99999-q1", "2026-q-1"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
