//! At the change of a shift the one who goes tells the one who comes. The note begins with what is known anyway: the
//! pages of the shift, what is still open, what nobody has judged, what changed. Until it is written it is made anew each
//! time it is looked at, so it never tells what was true two hours ago.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{State, policy::may_read, read, record::Paged, store};
use crate::{
    Cursor, Cx, Error, HandOverId, Limit, Page, PersonId, Result,
    activity::{self, Act},
    changes::{self, Change},
    check::Checks,
    notify::{self, About, Notice, Recipient},
    page::Total,
    people::{self, PersonName, TeamName},
    rota::ScheduleName,
};

/// A note is prepared this long before the change.
const AHEAD: SignedDuration = SignedDuration::from_hours(2);
/// After a change this long ago none is prepared any more: a portal that was away does not tell of last week.
const BEHIND: SignedDuration = SignedDuration::from_hours(12);
/// Pages and changes that a note begins with, at most.
const MOST: i64 = 100;

/// A note at the change of a shift.
#[derive(Debug, Clone, Serialize)]
pub struct HandOver {
    /// Key.
    pub id: HandOverId,
    /// The schedule.
    pub schedule: ScheduleName,
    /// Its zone.
    pub time_zone: String,
    /// Its team.
    pub team: TeamName,
    /// The change.
    pub at: Timestamp,
    /// When the shift of the one who goes began.
    pub since: Timestamp,
    /// Who goes.
    pub from: PersonName,
    /// Who comes; none: nobody does.
    pub to: Option<PersonName>,
    /// What was written; empty: nothing yet.
    pub body: String,
    /// Raised at each edit.
    pub version: i64,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

/// A note with what is known of the shift.
#[derive(Debug, Clone)]
pub struct HandOverView {
    /// The note.
    pub note: HandOver,
    /// Pages of the shift, and those that are still open, newest first.
    pub pages: Vec<Paged>,
    /// Changes of the team's services in the shift, newest first: the newest hundred.
    pub changes: Vec<Change>,
    /// How many there are.
    pub changes_total: i64,
    /// Until when pages and changes are told of: the change, or now.
    pub until: Timestamp,
    /// What it says: what was written, else what follows from the facts.
    pub text: String,
    /// Whether the actor may write it.
    pub may_edit: bool,
}

/// Which notes; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this team's schedules (slug).
    pub team: Option<String>,
    /// Only those that the actor writes or is written to.
    pub mine: bool,
}

/// Prepares the notes of the shifts that change soon, and tells those who go. The worker calls it every minute.
pub async fn prepare_hand_overs(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let (since, until) = (cx.now() - BEHIND, cx.now() + AHEAD);
    cx.atomically(async |cx| {
        let made = store::hand_over::prepare(cx, since, until).await?;
        let notices = made.iter().map(|m| {
            let zone = TimeZone::get(&m.time_zone).unwrap_or(TimeZone::UTC);
            let at = m.at.to_jiff().to_zoned(zone).strftime("%a %H:%M");
            let subject =
                format!("Your shift on {} ends {at}: the note for whoever comes is prepared", m.schedule);
            let about = About::new("hand-over", m.id.0);
            let notice =
                Notice::new(Recipient::Person(m.from), "hand-over.prepared", subject, link(m.id), about);
            Notice { reason: format!("You are on call on {}.", m.schedule), patience: AHEAD, ..notice }
        });
        notify::send_all(cx, notices.collect()).await?;
        Ok(u64::try_from(made.len()).unwrap_or(u64::MAX))
    })
    .await
}

/// Notes, the last change first.
pub async fn hand_overs(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<HandOver>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Timestamp, HandOverId)>).transpose()?;
    let team = match &filter.team {
        Some(slug) => Some(people::team(cx, slug).await?.id),
        None => None,
    };
    let mine = filter.mine.then_some(me);
    let rows = match mine {
        Some(me) => store::hand_over::list_of(cx, me, team, key, limit).await?,
        None => store::hand_over::list(cx, team, key, limit).await?,
    };
    let total = Total::bounded(store::hand_over::count(cx, team, mine, Total::MOST + 1).await?);
    Ok(Page::cut(rows, limit, total, after.as_ref(), |h| (h.at, h.id)))
}

/// The notes around now that the actor should see first: those to be written by them, and those written to them.
pub async fn hand_overs_now(cx: &mut Cx<'_>) -> Result<Vec<HandOver>> {
    let me = cx.reader()?;
    let day = SignedDuration::from_hours(24);
    store::hand_over::around(cx, me, cx.now() - day, cx.now() + AHEAD).await
}

/// A note with what is known of its shift.
pub async fn hand_over(cx: &mut Cx<'_>, id: HandOverId) -> Result<HandOverView> {
    may_read(cx)?;
    let note = get(cx, id).await?;
    let until = note.at.min(cx.now());
    let rows = store::page::of_span(cx, note.team.id, note.since, until, MOST).await?;
    let pages = read::named(cx, rows).await?;
    let of_shift = changes::Filter {
        team: Some(note.team.slug.clone()),
        from: Some(note.since),
        until: Some(until),
        ..changes::Filter::default()
    };
    let changed = changes::list(cx, &of_shift, None, Limit::new(MOST)?).await?;
    let (changes, changes_total) = (changed.items, changed.total);
    let zone = TimeZone::get(&note.time_zone).unwrap_or(TimeZone::UTC);
    let text =
        if note.body.is_empty() { told(&pages, &changes, changes_total, &zone) } else { note.body.clone() };
    let may_edit = may_write(cx, &note).await?.is_ok();
    Ok(HandOverView { note, pages, changes, changes_total, until, text, may_edit })
}

/// Writes a note; `publish` tells the one who comes. What was published may still be mended.
pub async fn write_hand_over(
    cx: &mut Cx<'_>,
    id: HandOverId,
    body: &str,
    publish: bool,
    version: Option<i64>,
) -> Result<HandOver> {
    let note = get(cx, id).await?;
    may_write(cx, &note).await??;
    let mut checks = Checks::default();
    let body = checks.text("body", body, 20_000);
    if body.is_empty() {
        checks.problem("body", "is needed: what whoever comes should know");
    }
    checks.done()?;
    cx.atomically(async |cx| {
        if store::hand_over::write(cx, id, &body, publish, version).await? == 0 {
            return Err(Error::Stale);
        }
        let verb = if publish { "hand-over.published" } else { "hand-over.edited" };
        activity::record(cx, Act::new(verb, format!("schedule:{}", note.schedule.slug))).await?;
        if publish && note.published_at.is_none() {
            tell(cx, &note, &body).await?;
        }
        Ok(())
    })
    .await?;
    get(cx, id).await
}

async fn tell(cx: &mut Cx<'_>, note: &HandOver, body: &str) -> Result<()> {
    let Some(to) = note.to.as_ref().filter(|to| Some(to.id) != cx.actor().person) else { return Ok(()) };
    let subject = format!("{} hands {} over to you", note.from.name, note.schedule.name);
    let about = About::new("hand-over", note.id.0);
    let notice = Notice::new(Recipient::Person(to.id), "hand-over.published", subject, link(note.id), about);
    let reason = format!("You are next on call on {}.", note.schedule.name);
    notify::send(cx, Notice { text: body.to_owned(), reason, ..notice }).await?;
    Ok(())
}

async fn get(cx: &mut Cx<'_>, id: HandOverId) -> Result<HandOver> {
    store::hand_over::get(cx, id).await?.ok_or_else(|| Error::not_found("hand-over", id.to_string()))
}

/// Whoever goes, members of the team and of those above, and admins.
async fn may_write(cx: &mut Cx<'_>, note: &HandOver) -> Result<Result<()>> {
    let me: Option<PersonId> = cx.writer().ok();
    if me == Some(note.from.id) {
        return Ok(Ok(()));
    }
    match people::require_team(cx, Some(note.team.id), &format!("the hand-over of {}", note.schedule.name))
        .await
    {
        Ok(()) => Ok(Ok(())),
        Err(error @ (Error::Forbidden(_) | Error::Unauthenticated)) => Ok(Err(error)),
        Err(other) => Err(other),
    }
}

fn link(id: HandOverId) -> String {
    format!("/hand-overs/{id}")
}

/// What follows from the facts, in the words of a note.
fn told(pages: &[Paged], changes: &[Change], changes_total: i64, zone: &TimeZone) -> String {
    let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %H:%M").to_string();
    let line = |p: &Paged| {
        let what = p.entity_title.as_deref().map_or_else(String::new, |t| format!("{t}: "));
        let how = match (p.state, p.judgement) {
            (State::Resolved, Some(judgement)) => judgement.title().to_lowercase(),
            (State::Resolved, None) => "not judged yet".into(),
            (state, _) => state.as_str().to_owned(),
        };
        format!("- {} page {}: {what}{} ({how})", time(p.opened_at), p.number, p.summary)
    };
    let part = |title: &str, lines: Vec<String>| {
        if lines.is_empty() { format!("{title}: none.") } else { format!("{title}:\n{}", lines.join("\n")) }
    };
    let some = |pick: &dyn Fn(&&Paged) -> bool| pages.iter().filter(pick).map(line).collect::<Vec<_>>();
    let change = |c: &Change| {
        format!(
            "- {} {} {} in {} ({})",
            time(c.started_at),
            c.entity_title,
            c.version,
            c.environment,
            c.status.as_str()
        )
    };
    [
        part("Still open", some(&|p| p.state != State::Resolved)),
        part("To be judged", some(&|p| p.is_unjudged())),
        part("Over and judged", some(&|p| p.state == State::Resolved && p.judgement.is_some())),
        part(&titled(changes.len(), changes_total), changes.iter().map(change).collect()),
        "To watch:".to_owned(),
    ]
    .join("\n\n")
}

/// The title of the changes: it says when it is not all of them.
fn titled(shown: usize, total: i64) -> String {
    if i64::try_from(shown).is_ok_and(|shown| shown < total) {
        return format!("Changes, the newest {shown} of {total}");
    }
    "Changes".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_cut_says_so() {
        assert_eq!((titled(3, 3), titled(0, 0)), ("Changes".into(), "Changes".into()));
        assert_eq!(titled(100, 134), "Changes, the newest 100 of 134");
    }

    #[test]
    fn a_quiet_shift_says_so() {
        let text = told(&[], &[], 0, &TimeZone::UTC);
        assert!(text.starts_with("Still open: none.\n\nTo be judged: none."), "{text}");
        assert!(text.ends_with("To watch:"), "there is room for what no fact says: {text}");
    }
}
