//! Feeds of publications under secret addresses: a feed reader cannot sign in, so the address is the credential; only a hash of it is
//! kept.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    document::{Addendum, Document},
    publication::PublicationFilter,
    store,
};
use crate::{
    Cx, Error, PublicationId, Result, WinsFeedId,
    activity::{self, Act},
    people::{self, TeamName},
    secret,
};

/// Begins every secret of a feed, so that a leaked one is recognised.
pub const FEED_PREFIX: &str = "ptw_";

/// Feeds one person may have.
const MOST: usize = 20;

/// Publications in a feed.
const ITEMS: i64 = 50;

/// A feed.
#[derive(Debug, Clone, Serialize)]
pub struct Feed {
    /// Key.
    pub id: WinsFeedId,
    /// Of which team's publications; none: of all that its owner may read.
    pub team: Option<TeamName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a reader last asked for it.
    pub last_used_at: Option<Timestamp>,
}

/// A feed as it is read.
#[derive(Debug, Clone)]
pub struct FeedRead {
    /// Key; stable.
    pub id: WinsFeedId,
    /// Title.
    pub title: String,
    /// Its newest publications, newest first; at most 50.
    pub items: Vec<FeedItem>,
}

/// A publication in a feed.
#[derive(Debug, Clone)]
pub struct FeedItem {
    /// Key; stable.
    pub id: PublicationId,
    /// What was published.
    pub document: Document,
    /// What was said afterwards, in order.
    pub addenda: Vec<Addendum>,
    /// When it was published, or added to last.
    pub updated_at: Timestamp,
}

/// Makes a feed for the signed-in person: of a team (slug), or of all they may read. The secret is shown this once.
pub async fn create_feed(cx: &mut Cx<'_>, team: Option<&str>) -> Result<(Feed, String)> {
    let owner = cx.writer()?;
    let me = people::person_by_id(cx, owner).await?;
    let team = match team.map(str::trim).filter(|slug| !slug.is_empty()) {
        Some(slug) => {
            let team = people::team(cx, slug).await?;
            Some(TeamName { id: team.id, slug: team.slug, name: team.name })
        }
        None => None,
    };
    if store::feed::of_person(cx, owner).await?.len() >= MOST {
        return Err(Error::Conflict(format!("{MOST} feeds are enough for one person; take some back first")));
    }
    let secret = secret::fresh(FEED_PREFIX)?;
    let feed = Feed { id: WinsFeedId::new(), team, created_at: cx.now(), last_used_at: None };
    cx.atomically(async |cx| {
        store::feed::insert(cx, &feed, owner, &secret::digest(&secret)).await?;
        let note = feed.team.as_ref().map_or_else(|| "all they may read".into(), |team| team.name.clone());
        activity::record(
            cx,
            Act { note, ..Act::new("person.wins-feed-made", format!("person:{}", me.handle)) },
        )
        .await
    })
    .await?;
    Ok((feed, secret))
}

/// The feeds of the signed-in person, the newest first.
pub async fn feeds(cx: &mut Cx<'_>) -> Result<Vec<Feed>> {
    let owner = cx.reader()?;
    store::feed::of_person(cx, owner).await
}

/// Takes a feed's address back.
pub async fn revoke_feed(cx: &mut Cx<'_>, id: WinsFeedId) -> Result<()> {
    let owner = cx.writer()?;
    let me = people::person_by_id(cx, owner).await?;
    cx.atomically(async |cx| {
        if !store::feed::delete(cx, id, owner).await? {
            return Err(Error::not_found("feed", id.to_string()));
        }
        activity::record(cx, Act::new("person.wins-feed-revoked", format!("person:{}", me.handle))).await
    })
    .await
}

/// Reads a feed by its secret, as its owner may read now; a secret that is not known, or whose owner is gone, is not there.
pub async fn read_feed(cx: &mut Cx<'_>, secret: &str) -> Result<FeedRead> {
    let unknown = || Error::not_found("feed", "");
    if !secret::looks_right(secret, FEED_PREFIX) {
        return Err(unknown());
    }
    let opened = store::feed::open(cx, &secret::digest(secret)).await?.ok_or_else(unknown)?;
    let now = cx.now();
    if opened.last_used_at.is_none_or(|at| now.duration_since(at) > SignedDuration::from_mins(1)) {
        store::feed::touch(cx, opened.id).await?;
    }
    let filter = PublicationFilter { team: opened.team.as_ref().map(|team| team.slug.clone()), level: None };
    let publications = store::publication::list(cx, opened.owner, &filter, None, ITEMS).await?;
    let keys: Vec<_> = publications.iter().map(|publication| publication.id).collect();
    let mut addenda = store::publication::addenda(cx, &keys).await?;
    let item = |publication: super::publication::Publication| {
        let addenda = addenda.remove(&publication.id).unwrap_or_default();
        let published_at = publication.published_at;
        let updated_at = addenda.iter().map(|said| said.at).fold(published_at, Timestamp::max);
        FeedItem { id: publication.id, document: publication.document, addenda, updated_at }
    };
    let title = match &opened.team {
        Some(team) => format!("Wins and challenges: {}", team.name),
        None => format!("Wins and challenges for {}", opened.owner_name),
    };
    Ok(FeedRead { id: opened.id, title, items: publications.into_iter().map(item).collect() })
}
