//! Publications by e-mail: one job for each reader, so that nobody's bad address keeps others waiting.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{
    document::{Addendum, Document, added},
    plain, store,
    store::letter::Recipient,
};
use crate::{
    Cx, Error, ListMemberId, PersonId, PublicationId, Result, TeamId,
    activity::{self, Act},
    secret,
    work::{self, NewJob},
};

/// The kind of job that sends one publication to one reader.
pub const LETTER: &str = "wins.letter";

/// How long the link in a letter stops letters.
const STOPS_FOR: SignedDuration = SignedDuration::from_hours(3 * 366 * 24);

/// Begins every secret of a letter.
const STOP_PREFIX: &str = "pts_";

/// Which letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterJob {
    /// The publication.
    pub publication: PublicationId,
    /// A person of the portal.
    pub person: Option<PersonId>,
    /// Or an address outside.
    pub member: Option<ListMemberId>,
    /// Whether it is about what was added afterwards.
    #[serde(default)]
    pub addendum: bool,
}

/// A letter to be sent.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Name of the reader, if known.
    pub to_name: Option<String>,
    /// Their address.
    pub to: String,
    /// `Commerce, weeks 46 and 47: wins and challenges`.
    pub subject: String,
    /// What it says: for outside readers, what they may read.
    pub document: Document,
    /// What was said afterwards.
    pub addenda: Vec<Addendum>,
    /// Whether it is about that.
    pub is_addendum: bool,
    /// Whether it goes outside: without links into the portal.
    pub outside: bool,
    /// Why they get it, as a sentence.
    pub reason: String,
    /// Path of the page on which they say that they want no more of it; holds a secret of this letter, good for three years, as long as they are
    /// on a list of the team.
    pub stop: Option<String>,
}

impl Letter {
    /// As plain text: what was published, and why they get it. What was said afterwards comes first if the letter is about that.
    pub fn text(&self, base_url: &str) -> String {
        let mut text = if self.is_addendum {
            let heading = plain::wrapped(&format!("Added to: {}", self.document.heading()), "", "");
            let before = self.document.text(base_url);
            format!("{heading}{}\nWhat was published stays as it was:\n\n{before}", added(&self.addenda))
        } else {
            self.document.text_with(&self.addenda, base_url)
        };
        text.push_str("\n-- \n");
        text.push_str(&plain::wrapped(&plain::visible(&self.reason), "", ""));
        if let Some(stop) = &self.stop {
            text.push_str(&format!("To get no more of these:\n{base_url}{stop}\n"));
        }
        text
    }
}

/// Asks for a letter to each reader on a team's lists, about a publication or about what was added to it: one job each, so that nobody's
/// bad address keeps others waiting, and one alone, however many lists they are on.
pub(super) async fn send(
    cx: &mut Cx<'_>,
    publication: PublicationId,
    team: TeamId,
    addendum: Option<uuid::Uuid>,
) -> Result<()> {
    let readers = store::letter::recipients(cx, team).await?;
    let about = addendum.map_or_else(|| publication.to_string(), |addendum| addendum.to_string());
    let job = |to: Recipient| {
        let (person, member, reader) = match to {
            Recipient::Person(id) => (Some(id), None, id.0),
            Recipient::Outside(id) => (None, Some(id), id.0),
        };
        let job = LetterJob { publication, person, member, addendum: addendum.is_some() };
        NewJob::new(LETTER, job).once(format!("{about}:{reader}"))
    };
    work::enqueue_all(cx, readers.into_iter().map(job).collect()).await
}

impl LetterJob {
    fn to(&self) -> Option<Recipient> {
        self.person.map(Recipient::Person).or(self.member.map(Recipient::Outside))
    }
}

/// The letter of a job as of now; none: nobody is to be sent it any more (left, stopped, taken off the list). `organisation` is its name,
/// for those outside. For the worker.
pub async fn letter(cx: &mut Cx<'_>, job: &LetterJob, organisation: &str) -> Result<Option<Letter>> {
    cx.admin()?;
    let (Some(to), Some((team, document))) = (job.to(), store::publication::kept(cx, job.publication).await?)
    else {
        return Ok(None);
    };
    let address = match to {
        Recipient::Person(person) => store::letter::person(cx, team, person).await?,
        Recipient::Outside(member) => store::letter::outside(cx, team, member).await?,
    };
    let Some(address) = address else { return Ok(None) };
    let outside = matches!(to, Recipient::Outside(_));
    let mut addenda = store::publication::addenda(cx, &[job.publication])
        .await?
        .remove(&job.publication)
        .unwrap_or_default();
    if outside {
        addenda = addenda
            .into_iter()
            .map(|said| Addendum { text: plain::unlinked(&said.text), by: None, ..said })
            .collect();
    }
    let name = &document.team.label;
    let reason = match (&address.list, &address.through) {
        _ if outside => {
            let at = Some(organisation).filter(|at| !at.is_empty() && at != name);
            let at = at.map_or_else(String::new, |at| format!(" at {at}"));
            format!(
                "Your address is on the list of those who are sent the wins and challenges of {name}{at}."
            )
        }
        (Some(list), _) => {
            format!("You are on the list \u{201c}{list}\u{201d} of those who are sent what {name} publishes.")
        }
        (None, Some(through)) => format!("You are in {through}, to which what {name} publishes is sent."),
        (None, None) => return Ok(None),
    };
    // who is on a list through a team alone leaves it with the team
    let stop = match address.list {
        Some(_) => {
            let secret = secret::fresh(STOP_PREFIX)?;
            let oldest = cx.now() - STOPS_FOR;
            store::letter::add_stop(cx, team, to, &secret::digest(&secret), oldest).await?;
            Some(format!("/wins/stop/{secret}"))
        }
        None => None,
    };
    let what = if job.addendum { "something was added" } else { "wins and challenges" };
    Ok(Some(Letter {
        to_name: address.name,
        to: address.email,
        subject: plain::visible(&format!("{}: {what}", document.heading())),
        document: if outside { document.for_outside() } else { document },
        addenda,
        is_addendum: job.addendum,
        outside,
        reason,
        stop,
    }))
}

/// A letter is there: noted in the activity of the publication, without addresses.
pub async fn letter_sent(cx: &mut Cx<'_>, job: &LetterJob) -> Result<()> {
    trace(cx, job, "wins.letter-sent", String::new()).await
}

/// A letter will never be there; why is kept in the activity of the publication, without addresses.
pub async fn letter_failed(cx: &mut Cx<'_>, job: &LetterJob, why: &str) -> Result<()> {
    // mail servers repeat the address in what they say
    let word = |word: &str| if word.contains('@') { "\u{2026}".to_owned() } else { word.to_owned() };
    let why: Vec<_> = plain::visible(why).split_whitespace().map(word).collect();
    let why: String = why.join(" ").chars().take(500).collect();
    trace(cx, job, "wins.letter-failed", why).await
}

async fn trace(cx: &mut Cx<'_>, job: &LetterJob, verb: &'static str, note: String) -> Result<()> {
    cx.admin()?;
    let Some(team) = store::letter::publisher(cx, job.publication).await? else { return Ok(()) };
    let subject = format!("publication:{}", job.publication);
    activity::record(cx, Act { note, ..Act::near(team, verb, subject) }).await
}

/// Whose letters the secret of a letter stops, by the team's name, and whether they are stopped already. Asks for nobody to be signed in.
pub async fn letters_of(cx: &mut Cx<'_>, secret: &str) -> Result<(String, bool)> {
    let hash = hash_of(secret)?;
    store::letter::stop_stands(cx, &hash).await?.ok_or_else(unknown)
}

/// By what the secret of a letter is known.
fn hash_of(secret: &str) -> Result<[u8; 32]> {
    if secret::looks_right(secret, STOP_PREFIX) { Ok(secret::digest(secret)) } else { Err(unknown()) }
}

fn unknown() -> Error {
    Error::not_found("letter", "")
}

/// Stops letters by the secret of any of them. Asks for nobody to be signed in; a secret that is not known says so. Returns the name of
/// the list's team.
pub async fn stop_letters(cx: &mut Cx<'_>, secret: &str) -> Result<String> {
    let hash = hash_of(secret)?;
    cx.atomically(async |cx| {
        let stopped = store::letter::stop(cx, &hash).await?.ok_or_else(unknown)?;
        let team = stopped.team;
        if stopped.is_now {
            let act = Act::near(team.id, "wins.letters-stopped", format!("team:{}", team.slug));
            activity::record(cx, act).await?;
        }
        Ok(team.name)
    })
    .await
}
