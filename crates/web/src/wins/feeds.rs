//! Feeds of publications: the page that makes their secret addresses, and the feed itself (Atom, RFC 4287).

use std::fmt::Write as _;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use portolan_domain::{
    WinsFeedId,
    wins::{self, Feed, FeedRead},
};
use sha2::{Digest, Sha256};

use super::reading::key;
use crate::{
    caller::{MaybeViewer, Viewer},
    error::PageError,
    flash::Flash,
    form::Form,
    letters,
    markup::escaped,
    ownership::team_choices,
    page::{self, Nav, Shell},
};

/// What a link may fill in.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    of: String,
}

#[derive(Template)]
#[template(path = "wins/feeds.html")]
struct FeedsPage {
    shell: Shell,
    feeds: Vec<Feed>,
    teams: Vec<(String, String)>,
    /// One just made, and its address: shown this once.
    made: Option<(Feed, String)>,
    form: Form,
}

impl FeedsPage {
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn of(&self, feed: &Feed) -> String {
        feed.team.as_ref().map_or_else(|| "All that I may read".into(), |team| team.name.clone())
    }
}

pub(super) async fn show(viewer: Viewer, Query(given): Query<Given>) -> Result<Response, PageError> {
    rendered(viewer, Form::blank().with("team", given.of), None, StatusCode::OK).await
}

async fn rendered(
    mut viewer: Viewer,
    form: Form,
    made: Option<(Feed, String)>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let feeds = wins::feeds(&mut viewer.cx()).await?;
    let teams = team_choices(&mut viewer).await?;
    page::html_as(status, &FeedsPage { shell: viewer.shell(Nav::Wins), feeds, teams, made, form })
}

pub(super) async fn make(mut viewer: Viewer, mut form: Form) -> Result<Response, PageError> {
    match wins::create_feed(&mut viewer.cx(), form.optional("team").as_deref()).await {
        Ok((feed, secret)) => {
            let address = format!("{}/feeds/wins/{secret}", viewer.portal().base_url);
            rendered(viewer, Form::blank(), Some((feed, address)), StatusCode::CREATED).await
        }
        Err(error) => {
            let status = form.refuse(error)?;
            rendered(viewer, form, None, status).await
        }
    }
}

pub(super) async fn revoke(mut viewer: Viewer, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: WinsFeedId = key("feed", &id)?;
    wins::revoke_feed(&mut viewer.cx(), id).await?;
    Ok(Flash::ok("Taken back.", "Readers that use the address get nothing from now on.").on("/wins/feeds"))
}

/// The feed itself. A feed reader cannot sign in: the secret in the address is the credential.
pub(super) async fn read(
    mut caller: MaybeViewer,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let feed = wins::read_feed(&mut caller.cx(), &secret).await?;
    let text = atom(&feed, &caller.portal().base_url);
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(text.as_bytes())[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    // the reader keeps it and asks whether it is still so; nobody on the way keeps what one person may read
    let keep = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    // a proxy that compresses marks a tag as weak; it is the same content
    if known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, keep).into_response());
    }
    Ok((keep, [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], text).into_response())
}

/// A feed as Atom. There is no link to itself: its address is a secret, and readers pass documents on.
fn atom(feed: &FeedRead, base_url: &str) -> String {
    let instant = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let updated = feed.items.iter().map(|item| item.updated_at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let base = escaped(base_url);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
         <id>urn:uuid:{}</id>\n<title>{}</title>\n<updated>{}</updated>\n<link rel=\"alternate\" type=\"text/html\" href=\"{base}/wins\"/>\n\
         <author><name>Portolan</name></author>\n<generator>Portolan</generator>\n",
        feed.id,
        escaped(&feed.title),
        instant(updated),
    );
    for item in &feed.items {
        let document = &item.document;
        let author = document.written_by.as_ref().unwrap_or(&document.team);
        // writing into a string does not fail
        let _ = write!(
            xml,
            "<entry>\n<id>urn:uuid:{}</id>\n<title>{}</title>\n<published>{}</published>\n<updated>{}</updated>\n\
             <author><name>{}</name></author>\n<link rel=\"alternate\" type=\"text/html\" href=\"{base}{}\"/>\n\
             <content type=\"html\">{}</content>\n</entry>\n",
            item.id,
            escaped(&document.heading()),
            instant(document.published_at),
            instant(item.updated_at),
            escaped(&author.label),
            escaped(&document.path()),
            escaped(&letters::piece(document, &item.addenda, base_url)),
        );
    }
    xml.push_str("</feed>\n");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_with_nothing_in_it_is_a_whole_document() {
        let feed = FeedRead { id: WinsFeedId::new(), title: "Wins <& challenges>".into(), items: Vec::new() };
        let xml = atom(&feed, "https://portal.example");
        assert!(xml.contains("<title>Wins &lt;&amp; challenges&gt;</title>"), "{xml}");
        assert!(xml.contains("<updated>1970-01-01T00:00:00Z</updated>"), "{xml}");
        assert!(xml.ends_with("</feed>\n"), "{xml}");
    }
}
