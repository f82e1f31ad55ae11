//! Finding by words: as typed, and when no name has them, mended.

use super::{
    Filter, Kind, Sort, Summary,
    read::{self, may_read},
    store::search::{self as store, Query},
    words,
};
use crate::{
    Cx, EntityId, Limit, Result,
    page::check_words,
    people::{self, PersonName, TeamName},
};

/// What was found for the quick-open palette, best first in each group.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Components.
    pub services: Vec<Summary>,
    /// APIs, resources, systems and domains.
    pub others: Vec<Summary>,
    /// Teams.
    pub teams: Vec<TeamName>,
    /// People.
    pub people: Vec<PersonName>,
    /// What the words were taken for, if they seemed mistyped.
    pub mended: Option<String>,
}

impl Found {
    /// How much was found.
    pub fn len(&self) -> usize {
        self.services.len() + self.others.len() + self.teams.len() + self.people.len()
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Services, other entities, teams and people for what was typed so far; at most `limit` of each.
pub async fn search(cx: &mut Cx<'_>, q: &str, limit: Limit) -> Result<Found> {
    may_read(cx)?;
    check_words(q)?;
    if q.trim().is_empty() {
        return Ok(Found::default());
    }
    let of = |kinds: &[Kind]| Filter { kinds: kinds.to_vec(), q: Some(q.to_owned()), ..Filter::default() };
    let services = read::list(cx, &of(&[Kind::Component]), Sort::Default, None, limit).await?;
    let others = read::list(
        cx,
        &of(&[Kind::Api, Kind::Resource, Kind::System, Kind::Domain]),
        Sort::Default,
        None,
        limit,
    )
    .await?;
    Ok(Found {
        mended: services.mended.clone().or_else(|| others.mended.clone()),
        services: services.items,
        others: others.items,
        teams: people::find_teams(cx, q, limit).await?,
        people: people::find_people(cx, q, limit).await?,
    })
}

/// The entities that a search finds among some kinds, for counting their choices; as many as a list would count, or
/// ten times as many if choices narrow them further.
pub(super) async fn hit_ids(
    cx: &mut Cx<'_>,
    q: &str,
    kinds: &[String],
    narrowed: bool,
) -> Result<Vec<EntityId>> {
    let Some((query, typed)) = as_typed(q) else { return Ok(Vec::new()) };
    let most = if narrowed { store::MOST * 10 } else { store::MOST };
    let found = store::hit_ids(cx, &query, kinds, most).await?;
    if found.best.is_some_and(|b| b < store::BEYOND_NAMES) {
        return Ok(found.ids);
    }
    let Some((better, _)) = mended(cx, &query, &typed).await? else { return Ok(found.ids) };
    let again = store::hit_ids(cx, &better, kinds, most).await?;
    Ok(if again.ids.is_empty() { found.ids } else { again.ids })
}

/// The query for the words as typed; none if there are no letters or digits in it.
pub(super) fn as_typed(q: &str) -> Option<(Query, Vec<String>)> {
    let typed = words::words(q);
    if typed.is_empty() {
        return None;
    }
    let name = words::typed_name(q);
    let query = Query {
        until: format!("{name}{}", store::LAST),
        name,
        name_words: words::all_begin(&typed),
        text_words: typed.join(" & "),
        plain: typed.join(" "),
    };
    Some((query, typed))
}

/// The query with its mistyped words mended, and how they read then; none if there is nothing to mend.
pub(super) async fn mended(
    cx: &mut Cx<'_>,
    query: &Query,
    typed: &[String],
) -> Result<Option<(Query, String)>> {
    let mut replacements = Vec::with_capacity(typed.len());
    for word in typed {
        replacements.push(replacements_of(cx, word).await?);
    }
    if replacements.iter().all(Vec::is_empty) {
        return Ok(None);
    }
    let reading = typed
        .iter()
        .zip(&replacements)
        .map(|(word, others)| others.first().unwrap_or(word).as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let query = Query {
        until: format!("{}{}", reading.replace(' ', "-"), store::LAST),
        name: reading.replace(' ', "-"),
        name_words: words::any_of_each(typed, &replacements, ":*"),
        text_words: words::any_of_each(typed, &replacements, ""),
        plain: query.plain.clone(),
    };
    Ok(Some((query, reading)))
}

/// What a word may have been meant for; nothing if a known word begins so.
async fn replacements_of(cx: &mut Cx<'_>, word: &str) -> Result<Vec<String>> {
    let known = store::known_words(cx, word).await?;
    if known.iter().any(|(k, _)| k.starts_with(word)) {
        return Ok(Vec::new());
    }
    let mended = words::mend(word, &known);
    if !mended.is_empty() || word.chars().count() < 3 {
        return Ok(mended);
    }
    store::words_with(cx, &words::begins_with(word)).await
}
