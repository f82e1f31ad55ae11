//! One open page that listens.

use std::{convert::Infallible, time::Duration};

use askama::Template;
use axum::response::sse::Event;
use futures_util::{Stream, stream};
use portolan_domain::{
    Actor, TeamId,
    live::{Ear, News},
};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, sleep_until, timeout},
};

use crate::Shared;

/// Between two words, at most: a connection on which nothing is said for long is cut by what is between.
const BEAT: Duration = Duration::from_secs(25);
/// What changes within this is told together.
const GATHER: Duration = Duration::from_millis(300);
/// Between two looks at the database.
const REST: Duration = Duration::from_secs(1);
/// The browser comes again after this, in milliseconds.
const RETRY: Duration = Duration::from_secs(5);
/// When it is to be asked anew who this is: the longest that a change of teams goes unheard.
const LONGEST: Duration = Duration::from_mins(30);

/// An open page.
pub(super) struct Listening {
    portal: Shared,
    actor: Actor,
    session: String,
    teams: Vec<TeamId>,
    ear: Ear,
    until: Instant,
    /// What was told last.
    told: Option<String>,
}

/// What was heard.
enum Heard {
    Mine,
    NotMine,
    /// Somebody may have lost the right to listen.
    Callers,
    End,
}

impl Listening {
    pub(super) fn new(portal: Shared, actor: Actor, session: String, teams: Vec<TeamId>, ear: Ear) -> Self {
        Self { portal, actor, session, teams, ear, until: Instant::now() + LONGEST, told: None }
    }

    /// The badges now, and again whenever they change; ends with the session, and with the portal.
    pub(super) fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut listening| async move {
            let event = listening.next().await?;
            Some((Ok(event), listening))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        if self.told.is_none() {
            let event = self.look().await.unwrap_or_default();
            return Some(event.retry(RETRY));
        }
        let beat = Instant::now() + BEAT;
        loop {
            let heard = tokio::select! {
                heard = self.ear.recv() => self.sort(&heard),
                () = sleep_until(beat) => {
                    return self.is_signed_in().await.then(|| Event::default().comment("still here"));
                }
            };
            match heard {
                Heard::Mine => {}
                Heard::NotMine => continue,
                Heard::Callers if self.is_signed_in().await => continue,
                Heard::Callers | Heard::End => return None,
            }
            if !self.gather().await {
                return None;
            }
            if let Some(event) = self.look().await {
                return Some(event);
            }
        }
    }

    fn sort(&self, heard: &Result<News, RecvError>) -> Heard {
        match heard {
            Ok(News::Person(id)) if Some(*id) == self.actor.person => Heard::Mine,
            Ok(News::Team(id)) if self.teams.contains(id) => Heard::Mine,
            Ok(News::Admins) if self.actor.admin => Heard::Mine,
            Ok(News::Everybody) | Err(RecvError::Lagged(_)) => Heard::Mine,
            Ok(News::Callers) => Heard::Callers,
            Ok(_) => Heard::NotMine,
            Err(RecvError::Closed) => Heard::End,
        }
    }

    /// Lets what comes right after come too; false if one of it ends the listening.
    async fn gather(&mut self) -> bool {
        let end = Instant::now() + GATHER;
        while let Ok(heard) = timeout(end.saturating_duration_since(Instant::now()), self.ear.recv()).await {
            match self.sort(&heard) {
                Heard::End => return false,
                Heard::Callers if !self.is_signed_in().await => return false,
                _ => {}
            }
        }
        true
    }

    /// The badges, or that something changed if they are those told last.
    async fn look(&mut self) -> Option<Event> {
        let looked = async {
            let mut call = self.portal.call(self.actor.clone()).await?;
            super::badges(&mut call.cx()).await
        };
        let badges = match looked.await {
            Ok(badges) => badges,
            Err(error) => {
                tracing::debug!(%error, "the badges of an open page could not be looked up");
                tokio::time::sleep(REST).await;
                return None;
            }
        };
        let text = badges.render().unwrap_or_default();
        if self.told.as_ref() == Some(&text) {
            // the badges are as they were, and what the page itself shows may not be
            return Some(Event::default().event("news").data("look again"));
        }
        self.told = Some(text);
        self.told.as_ref().map(|html| Event::default().event("badges").data(html.trim()))
    }

    /// Whether the session still holds. Asking is no use of it: an open page keeps nobody signed in.
    async fn is_signed_in(&self) -> bool {
        if Instant::now() > self.until {
            return false; // the browser comes again, and is looked at anew
        }
        let now = self.portal.clock.now();
        // while the database is away nothing can be told either, and the next beat asks again
        self.portal.callers.is_session(&self.portal.db, &self.session, now).await.unwrap_or(true)
    }
}
