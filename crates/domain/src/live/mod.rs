//! What open pages should hear of at once: that something changed for a person, a team or everybody.
//!
//! [`tell`] says so in the transaction that changes it; when that is through, every replica hears it and hands it to the
//! pages that are open there ([`Hub`]). Only that something changed is said, not what: whoever listens looks again, with
//! their own rights. A word that is lost is no harm, for pages look again by themselves.

mod store;

use std::sync::RwLock;

use tokio::sync::broadcast;

use crate::{Cx, PersonId, Result, TeamId};

/// The channel of the database.
pub const CHANNEL: &str = "live";

/// Words that may wait for a slow listener; one who misses some is told that.
const ROOM: usize = 256;

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum News {
    /// Something changed for a person.
    Person(PersonId),
    /// Something changed for a team.
    Team(TeamId),
    /// Something changed for everybody.
    Everybody,
    /// Somebody may have lost the right to listen.
    Callers,
}

impl News {
    fn text(self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::Team(id) => format!("team:{id}"),
            Self::Everybody => "everybody".into(),
            Self::Callers => "callers".into(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("person", id)) => id.parse().ok().map(Self::Person),
            Some(("team", id)) => id.parse().ok().map(Self::Team),
            None if text == "everybody" => Some(Self::Everybody),
            _ => None,
        }
    }
}

/// Says for whom something changed, once the caller's transaction is through.
pub async fn tell(cx: &mut Cx<'_>, news: &[News]) -> Result<()> {
    if news.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = news.iter().map(|one| one.text()).collect();
    store::notify(cx, &words).await
}

/// Hands what this replica hears to the pages that are open on it.
#[derive(Debug)]
pub struct Hub {
    /// None once the portal stops: whoever listens ends.
    sender: RwLock<Option<broadcast::Sender<News>>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: RwLock::new(Some(broadcast::Sender::new(ROOM))) }
    }
}

impl Hub {
    /// What is heard from now on; none when the portal stops.
    pub fn listen(&self) -> Option<broadcast::Receiver<News>> {
        self.sender.read().ok()?.as_ref().map(broadcast::Sender::subscribe)
    }

    /// Hands on what the database said; what it does not understand (a newer replica's) is for everybody.
    pub fn heard(&self, text: &str) {
        self.hand_on(News::read(text).unwrap_or(News::Everybody));
    }

    /// Hands on news.
    pub fn hand_on(&self, news: News) {
        if let Ok(sender) = self.sender.read()
            && let Some(sender) = sender.as_ref()
        {
            let _ = sender.send(news); // nobody listens: nobody needs it
        }
    }

    /// Ends all listening.
    pub fn close(&self) {
        if let Ok(mut sender) = self.sender.write() {
            sender.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hub, News};
    use crate::{PersonId, TeamId};

    #[test]
    fn news_arrive_as_they_were_said() {
        let hub = Hub::default();
        let mut ear = hub.listen().unwrap();
        for news in [News::Person(PersonId::new()), News::Team(TeamId::new()), News::Everybody] {
            hub.heard(&news.text());
            assert_eq!(ear.try_recv(), Ok(news));
        }
        hub.heard("a word of tomorrow");
        assert_eq!(ear.try_recv(), Ok(News::Everybody));
        hub.close();
        assert!(hub.listen().is_none());
        assert!(matches!(ear.try_recv(), Err(tokio::sync::broadcast::error::TryRecvError::Closed)));
    }
}
