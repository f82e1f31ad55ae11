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
    let as_read = typed.join(" ");
    let mut meant = Vec::with_capacity(typed.len());
    for word in typed {
        meant.extend(meant_by(cx, word).await?);
    }
    let (typed, replacements): (Vec<String>, Vec<Vec<String>>) = meant.into_iter().unzip();
    let reading = typed
        .iter()
        .zip(&replacements)
        .map(|(word, others)| others.first().unwrap_or(word).as_str())
        .collect::<Vec<_>>()
        .join(" ");
    if replacements.iter().all(Vec::is_empty) && reading == as_read {
        return Ok(None);
    }
    let query = Query {
        until: format!("{}{}", reading.replace(' ', "-"), store::LAST),
        name: reading.replace(' ', "-"),
        name_words: words::any_of_each(&typed, &replacements, ":*"),
        text_words: words::any_of_each(&typed, &replacements, ""),
        plain: query.plain.clone(),
    };
    Ok(Some((query, reading)))
}

/// A word as it is looked for, and what may have been meant by it; nothing if it stands as it is.
type Meant = (String, Vec<String>);

/// What a word may have been meant for: itself if a known word begins so, else one nearby, else the two that were
/// typed without the hyphen between them.
async fn meant_by(cx: &mut Cx<'_>, word: &str) -> Result<Vec<Meant>> {
    let known = store::known_words(cx, word).await?;
    if known.iter().any(|(k, _)| k.starts_with(word)) {
        return Ok(vec![(word.to_owned(), Vec::new())]);
    }
    let mut others = words::mend(word, &known);
    if others.is_empty() && word.chars().count() >= 3 {
        others = store::words_with(cx, &words::begins_with(word)).await?;
    }
    if others.is_empty()
        && let Some((head, tail)) = two_in_one(cx, word).await?
    {
        return Ok(vec![head, tail]);
    }
    Ok(vec![(word.to_owned(), others)])
}

/// The two words that one is made of, if it is. A tail that is a word speaks louder than one that begins or resembles
/// one; each of the few cuts costs a look into the known words.
async fn two_in_one(cx: &mut Cx<'_>, word: &str) -> Result<Option<(Meant, Meant)>> {
    // asked for by its beginning, for what is much shorter than a word is not offered for it
    let beginning: String = word.chars().take(5).collect();
    let known = store::known_words(cx, &beginning).await?;
    let mut best: Option<(u8, Meant, Meant)> = None;
    for (head, heads, tail) in words::cuts(word, &known) {
        let tails_known = store::known_words(cx, tail).await?;
        let (rank, tails) = if tails_known.iter().any(|(k, _)| k == tail) {
            (0, Vec::new())
        } else if tails_known.iter().any(|(k, _)| k.starts_with(tail)) {
            (1, Vec::new())
        } else {
            (2, words::mend(tail, &tails_known))
        };
        let is_word = rank < 2 || !tails.is_empty();
        if is_word && best.as_ref().is_none_or(|(b, ..)| rank < *b) {
            best = Some((rank, (head.to_owned(), heads), (tail.to_owned(), tails)));
        }
    }
    Ok(best.map(|(_, head, tail)| (head, tail)))
}
