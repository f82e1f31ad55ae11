//! What readers say: thanks, questions, answers. Whoever wrote the line is told.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{record::WordKind, store};
use crate::{
    Cx, Error, PersonId, PublicationId, Result, WinsEntryId,
    check::Checks,
    notify::{self, About, Notice, Recipient},
    people::{self, PersonName},
};

/// Words under one publication, at most.
const MOST: i64 = 500;
/// Characters a word may have.
const LONGEST: usize = 2_000;

/// Something a reader said.
#[derive(Debug, Clone, Serialize)]
pub struct Word {
    /// Key.
    pub id: Uuid,
    /// Under which line.
    pub line: WinsEntryId,
    /// What kind of word.
    pub kind: WordKind,
    /// What they say; plain text, may be empty for thanks.
    pub text: String,
    /// Who.
    pub by: Option<PersonName>,
    /// When.
    pub at: Timestamp,
    /// Whether the actor may take it away: their own.
    pub mine: bool,
}

/// What was said under the lines of a publication, oldest first; at most 500. For its readers.
pub async fn words(cx: &mut Cx<'_>, publication: PublicationId) -> Result<Vec<Word>> {
    let me = cx.reader()?;
    if !store::thread::may_read(cx, me, publication).await? {
        return Err(Error::not_found("publication", publication.to_string()));
    }
    store::thread::of(cx, me, publication, MOST).await
}

/// Thanks for a line, once for each person; again changes the words. Its authors are told.
pub async fn thank(
    cx: &mut Cx<'_>,
    publication: PublicationId,
    line: WinsEntryId,
    text: &str,
) -> Result<Word> {
    say(cx, publication, line, WordKind::Thanks, text).await
}

/// Asks about a line. Its authors are told.
pub async fn ask(cx: &mut Cx<'_>, publication: PublicationId, line: WinsEntryId, text: &str) -> Result<Word> {
    say(cx, publication, line, WordKind::Question, text).await
}

/// Answers what was asked about a line. Whoever asked is told. For any reader.
pub async fn answer_question(
    cx: &mut Cx<'_>,
    publication: PublicationId,
    line: WinsEntryId,
    text: &str,
) -> Result<Word> {
    say(cx, publication, line, WordKind::Answer, text).await
}

async fn say(
    cx: &mut Cx<'_>,
    publication: PublicationId,
    line: WinsEntryId,
    kind: WordKind,
    text: &str,
) -> Result<Word> {
    let me = cx.writer()?;
    let mut checks = Checks::default();
    let text = checks.text("text", text, LONGEST);
    if text.is_empty() && kind != WordKind::Thanks {
        checks.problem("text", "is needed: say something");
    }
    checks.done()?;
    let place = store::thread::place(cx, me, publication, line).await?;
    let place = place.ok_or_else(|| Error::not_found("line", line.to_string()))?;
    if kind == WordKind::Answer && place.questions == 0 {
        return Err(Error::Conflict("nobody asked anything about this line".into()));
    }
    if place.words >= MOST {
        let words = format!("there are {MOST} words under this publication; talk about it somewhere else");
        return Err(Error::Conflict(words));
    }
    cx.atomically(async |cx| {
        let (id, is_new) = store::thread::put(cx, publication, line, kind, &text).await?;
        // who only changes what they said tells it to nobody twice
        if is_new {
            tell(cx, me, line, &place, kind, &text).await?;
        }
        store::thread::one(cx, me, id).await?.ok_or(Error::Stale)
    })
    .await
}

async fn tell(
    cx: &mut Cx<'_>,
    me: PersonId,
    line: WinsEntryId,
    place: &store::thread::Place,
    kind: WordKind,
    text: &str,
) -> Result<()> {
    let (to, reason) = if kind == WordKind::Answer {
        (store::thread::askers(cx, line).await?, "You asked about it.")
    } else {
        (store::thread::authors(cx, line).await?, "You wrote it, or are credited in it.")
    };
    if to.is_empty() {
        return Ok(());
    }
    let name = people::person_by_id(cx, me).await?.name;
    let summary = &place.summary;
    let (event, subject) = match kind {
        WordKind::Thanks => ("wins.thanked", format!("{name} says thanks for “{summary}”")),
        WordKind::Question => ("wins.asked", format!("{name} asks about “{summary}”")),
        WordKind::Answer => ("wins.replied", format!("{name} answers about “{summary}”")),
    };
    let link = format!("/wins/{}/{}#e-{line}", place.team, place.cycle);
    let notices = to.into_iter().map(|to| Notice {
        text: text.to_owned(),
        reason: reason.into(),
        ..Notice::new(
            Recipient::Person(to),
            event,
            subject.as_str(),
            link.as_str(),
            About::new("wins-entry", line.0),
        )
    });
    notify::send_all(cx, notices.collect()).await?;
    Ok(())
}

/// Takes one's own word away.
pub async fn remove_word(cx: &mut Cx<'_>, id: Uuid) -> Result<()> {
    let me = cx.writer()?;
    if store::thread::remove(cx, me, id).await? {
        return Ok(());
    }
    Err(Error::not_found("word of yours", id.to_string()))
}
