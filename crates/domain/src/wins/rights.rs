//! What the actor may do with an update, and what is waited for from them.

use jiff::SignedDuration;

use super::{
    naming::waiting_for_answer,
    record::{ANSWER_WITHIN, Naming, Owed, Update, UpdateRights},
    store,
};
use crate::{Cx, Error, Result, UpdateId, people};

/// How long before it is due an update is owed by whoever writes it each time.
const SOON: SignedDuration = SignedDuration::from_hours(72);

/// How long a question about a line waits for an answer on first pages.
const ASKED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Things that a first page shows at the most.
const MOST_OWED: usize = 20;

/// What the actor may do with an update. A credential that may only read writes nothing. Admins as such may nothing.
pub(super) async fn rights_over(cx: &mut Cx<'_>, update: &Update) -> Result<UpdateRights> {
    let Some(me) = cx.actor().person else { return Ok(UpdateRights::default()) };
    let rights = store::update::rights(cx, me, update.team.id, Some(update.id)).await?;
    Ok(UpdateRights { write: rights.write && cx.writer().is_ok(), ..rights })
}

/// The update, for whoever writes it. Who may know of it hears whom to ask; to others there is none.
pub(super) async fn require_writer(cx: &mut Cx<'_>, id: UpdateId) -> Result<Update> {
    cx.writer()?;
    let (update, rights) = require_reader(cx, id).await?;
    if rights.write {
        return Ok(update);
    }
    let ask = match &update.owed_by {
        Some(person) => person.name.clone(),
        None => match people::leads_to_ask(cx, update.team.id).await?.first() {
            Some(lead) => lead.name.clone(),
            None => "an admin for a lead".into(),
        },
    };
    Err(Error::Forbidden(format!(
        "the lead of {}, its deputy and whoever they ask write this update; ask {ask}",
        update.team.name
    )))
}

/// The update and what the actor may do with it, for whoever is in its team, above it or beside it; to others there is none.
pub(super) async fn require_reader(cx: &mut Cx<'_>, id: UpdateId) -> Result<(Update, UpdateRights)> {
    cx.reader()?;
    let update = store::update::head(cx, id).await?;
    let rights = rights_over(cx, &update).await?;
    if rights.inside || rights.write || rights.read {
        return Ok((as_read(update, rights), rights));
    }
    Err(Error::not_found("update", id.to_string()))
}

/// An update as those see it who are neither in the team nor write it: what stands above its entries is theirs when it is handed up.
pub(super) fn as_read(mut update: Update, rights: UpdateRights) -> Update {
    if !rights.inside && !rights.write {
        keep_draft_inside(&mut update);
    }
    update
}

/// Takes what stands above the entries from an update that was not handed up.
pub(super) fn keep_draft_inside(update: &mut Update) {
    if update.submitted_at.is_none() {
        update.intro.clear();
    }
}

/// What the actor owes now: updates that are due within three days or late, those that they were asked to write whenever they are due,
/// challenges that name a team of theirs, and what readers asked about lines of theirs in the last thirty days. The most pressing first, at
/// most twenty.
pub async fn owed(cx: &mut Cx<'_>) -> Result<Vec<Owed>> {
    let me = cx.reader()?;
    let soon = cx.now() + SOON;
    let most = i64::try_from(MOST_OWED).unwrap_or(i64::MAX);
    let ids = store::cycle::owed_by(cx, me, soon, most).await?;
    let updates = if ids.is_empty() { Vec::new() } else { store::update::heads(cx, &ids).await? };
    let mut owed: Vec<_> = updates.into_iter().map(|u| (u.due_at, Owed::Update(Box::new(u)))).collect();
    for (entry, team) in waiting_for_answer(cx).await? {
        let naming = entry.namings.iter().find(|n| n.team.id == team.id);
        let until = naming.and_then(Naming::until).unwrap_or(entry.updated_at + ANSWER_WITHIN);
        owed.push((until, Owed::Answer(Box::new(entry), team)));
    }
    for question in store::thread::unanswered(cx, me, cx.now() - ASKED, most).await? {
        owed.push((question.at + ANSWER_WITHIN, Owed::Question(Box::new(question))));
    }
    owed.sort_by_key(|(at, _)| *at);
    owed.truncate(MOST_OWED);
    Ok(owed.into_iter().map(|(_, one)| one).collect())
}
