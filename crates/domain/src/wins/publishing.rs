//! What publishing would do, told before it is done: what is read then and by whom, what is held back, and what stays inside.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    below,
    document::Document,
    publication::{document, may_be_published},
    record::{ANSWER_WITHIN, Below, Entry, Naming, Sensitivity, Update, UpdateState},
    rights,
    store::{self, letter::Recipient},
};
use crate::{
    Cx, Error, Result, UpdateId,
    people::{PersonName, TeamName},
};

/// As whom a preview reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewAs {
    /// Whoever reads it in the portal.
    Reader,
    /// Somebody outside, by letter.
    Outside,
    /// The level above, before it is published.
    Above,
}

/// What would be published now, and what of the update would not.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// What would be read.
    pub document: Document,
    /// Challenges that wait for the word of a team that they name.
    pub held: Vec<Held>,
    /// Entries that may not go so far.
    pub inside: Vec<Entry>,
}

/// A challenge that may not be published yet.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// The challenge.
    pub entry: Entry,
    /// Who may still answer to it: of several the one that has the longest.
    pub team: TeamName,
    /// Until when; none: they were not shown it yet.
    pub until: Option<Timestamp>,
    /// The same in words, with what to do.
    pub why: String,
}

impl Held {
    /// Why an entry has to wait, if it has to. Wins need nobody's word.
    pub(super) fn of(cx: &Cx<'_>, entry: &Entry, update: &Update) -> Option<Self> {
        let waits = || entry.waits_for(cx.now());
        let unseen = waits().find(|naming| naming.shown_at.is_none());
        let naming = unseen.or_else(|| waits().max_by_key(|naming| naming.shown_at))?;
        let until = naming.until();
        let why = Self::why(entry, naming, until, update);
        Some(Self { entry: entry.clone(), team: naming.team.clone(), until, why })
    }

    fn why(entry: &Entry, naming: &Naming, until: Option<Timestamp>, update: &Update) -> String {
        let (what, team, zone) = (&entry.words.summary, &naming.team.name, &update.cycle.time_zone);
        match until {
            Some(until) => {
                let local = until
                    .in_tz(zone)
                    .map_or_else(|_| until.to_string(), |at| at.strftime("%A %-d %B, %H:%M").to_string());
                format!(
                    "{team} may answer to “{what}” until {local} ({zone}); publish it then, or leave it out"
                )
            }
            None if update.state == UpdateState::Open => format!(
                "{team} is shown “{what}” when the update is handed up, and may answer to it for {} hours",
                ANSWER_WITHIN.as_hours()
            ),
            None => {
                format!("{team} was not shown “{what}” yet; hand the update up again, or leave it out")
            }
        }
    }
}

/// What would be published now, as it would read for them. For whoever writes the update.
pub async fn preview(cx: &mut Cx<'_>, id: UpdateId, reads: PreviewAs) -> Result<Preview> {
    let update = rights::require_writer(cx, id).await?;
    previewed(cx, &update, reads).await
}

async fn previewed(cx: &mut Cx<'_>, update: &Update, reads: PreviewAs) -> Result<Preview> {
    let mut all = store::entry::of_update(cx, update.id, false).await?;
    all.retain(|entry| !entry.set_aside);
    let least = if reads == PreviewAs::Above { Sensitivity::Up } else { Sensitivity::Publish };
    let (mut shown, inside): (Vec<_>, Vec<_>) = all.into_iter().partition(|e| e.sensitivity >= least);
    let mut held = Vec::new();
    if reads != PreviewAs::Above {
        held = shown.iter().filter_map(|entry| Held::of(cx, entry, update)).collect();
        shown.retain(|entry| held.iter().all(|held: &Held| held.entry.id != entry.id));
    }
    let actor = cx.actor();
    let me = actor.person.map(|id| PersonName {
        id,
        handle: actor.handle.to_string(),
        name: actor.name.to_string(),
        active: true,
    });
    let by = update.submitted_by.clone().or(me);
    let document = document(cx, update, &shown, by.as_ref()).await?;
    let document = if reads == PreviewAs::Outside { document.for_outside() } else { document };
    Ok(Preview { document, held, inside })
}

/// What publishing an update by hand would do now.
#[derive(Debug, Clone, Serialize)]
pub struct Publishing {
    /// Its head.
    pub update: Update,
    /// What would be read, held back and left out.
    pub preview: Preview,
    /// How many people may read it in the portal.
    pub readers: i64,
    /// The lists that it is sent to, by name.
    pub lists: Vec<String>,
    /// How many people of the portal are sent a letter.
    pub letters: usize,
    /// How many addresses outside are sent a letter.
    pub outside: usize,
    /// Updates below that were not handed up, and those that came late; without their entries.
    pub late: Vec<Below>,
    /// Why it cannot be published by hand as it stands.
    pub refused: Option<String>,
}

/// What publishing would do, for whoever would do it: who reads it, who of those below is missing, what waits. Changes nothing.
pub async fn publishing(cx: &mut Cx<'_>, id: UpdateId) -> Result<Publishing> {
    let update = rights::require_writer(cx, id).await?;
    let preview = previewed(cx, &update, PreviewAs::Reader).await?;
    let readers = store::publication::readers(cx, update.team.id, id, update.audience).await?;
    let lists = store::list::of_team(cx, update.team.id).await?;
    let sent = store::letter::recipients(cx, update.team.id).await?;
    let outside = sent.iter().filter(|to| matches!(to, Recipient::Outside(_))).count();
    let below = below::below(cx, id).await?;
    let late = below.into_iter().filter(|below| below.late || below.update.submitted_at.is_none());
    let late = late.map(|below| Below { entries: Vec::new(), ..below }).collect();
    let refused = match may_be_published(&update) {
        Ok(()) => preview.held.first().map(|held| held.why.clone()),
        Err(Error::Conflict(why)) => Some(why),
        Err(other) => return Err(other),
    };
    Ok(Publishing {
        update,
        preview,
        readers,
        lists: lists.into_iter().map(|list| list.name).collect(),
        letters: sent.len() - outside,
        outside,
        late,
        refused,
    })
}
