//! What open pages should hear of at once: that something changed for a person, a team or everybody.
//!
//! [`tell`] says so in the transaction that changes it; when that is through, every replica hears it and hands it to the
//! pages that are open there ([`Hub`]). Only that something changed is said, not what: whoever listens looks again, with
//! their own rights. A word that is lost is no harm, for pages look again by themselves.

mod store;

use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::broadcast;

use crate::{Cx, Error, PersonId, Result, TeamId};

/// The channel of the database.
pub const CHANNEL: &str = "live";

/// Words that may wait for a slow listener; one who misses some is told that.
const ROOM: usize = 256;

/// Pages that listen: of one person, and on one replica.
const MOST_OF_ONE: usize = 8;
const MOST: usize = 5_000;

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum News {
    /// Something changed for a person.
    Person(PersonId),
    /// Something changed for a team.
    Team(TeamId),
    /// Something changed for admins.
    Admins,
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
            Self::Admins => "admins".into(),
            Self::Everybody => "everybody".into(),
            Self::Callers => "callers".into(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("person", id)) => id.parse().ok().map(Self::Person),
            Some(("team", id)) => id.parse().ok().map(Self::Team),
            None if text == "everybody" => Some(Self::Everybody),
            None if text == "admins" => Some(Self::Admins),
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
    sender: Mutex<Option<broadcast::Sender<News>>>,
    listening: Arc<Mutex<HashMap<PersonId, usize>>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: Mutex::new(Some(broadcast::Sender::new(ROOM))), listening: Arc::default() }
    }
}

impl Hub {
    /// What is heard from now on, for a page of this person. One person, and one replica, has only so many that listen.
    pub fn listen(&self, person: PersonId) -> Result<Ear> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = sender.as_ref() else {
            return Err(Error::Unavailable("the portal is stopping; come again in a moment".into()));
        };
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = listening.values().sum();
        let own = listening.entry(person).or_default();
        if *own >= MOST_OF_ONE || all >= MOST {
            return Err(Error::Throttled(Duration::from_mins(1)));
        }
        *own += 1;
        Ok(Ear { news: sender.subscribe(), person, listening: Arc::clone(&self.listening) })
    }

    /// Hands on what the database said; what it does not understand (a newer replica's) is for everybody.
    pub fn heard(&self, text: &str) {
        self.hand_on(News::read(text).unwrap_or(News::Everybody));
    }

    /// Hands on news.
    pub fn hand_on(&self, news: News) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref() {
            let _ = sender.send(news); // nobody listens: nobody needs it
        }
    }

    /// Ends all listening.
    pub fn close(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// What one open page hears. Gives its place back when it is dropped.
#[derive(Debug)]
pub struct Ear {
    news: broadcast::Receiver<News>,
    person: PersonId,
    listening: Arc<Mutex<HashMap<PersonId, usize>>>,
}

impl Deref for Ear {
    type Target = broadcast::Receiver<News>;

    fn deref(&self) -> &Self::Target {
        &self.news
    }
}

impl DerefMut for Ear {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.news
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = listening.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                listening.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast::error::TryRecvError;

    use super::{Hub, MOST_OF_ONE, News};
    use crate::{Error, PersonId, TeamId};

    #[test]
    fn news_arrive_as_they_were_said() {
        let hub = Hub::default();
        let mut ear = hub.listen(PersonId::new()).unwrap();
        for news in [News::Person(PersonId::new()), News::Team(TeamId::new()), News::Admins, News::Everybody]
        {
            hub.heard(&news.text());
            assert_eq!(ear.try_recv(), Ok(news));
        }
        hub.heard("a word of tomorrow");
        assert_eq!(ear.try_recv(), Ok(News::Everybody));
        hub.close();
        assert!(hub.listen(PersonId::new()).is_err());
        assert_eq!(ear.try_recv(), Err(TryRecvError::Closed));
    }

    #[test]
    fn one_person_has_so_many_pages_that_listen_and_gets_their_places_back() {
        let (hub, imke) = (Hub::default(), PersonId::new());
        let mut ears: Vec<_> = (0..MOST_OF_ONE).map(|_| hub.listen(imke).unwrap()).collect();
        assert!(matches!(hub.listen(imke), Err(Error::Throttled(_))));
        assert!(hub.listen(PersonId::new()).is_ok(), "others are not in their way");
        ears.pop();
        assert!(hub.listen(imke).is_ok());
        drop(ears);
        assert!(hub.listening.lock().unwrap().is_empty());
    }
}
