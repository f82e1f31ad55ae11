//! Reading: the queue of a team for whoever is on duty, one's own requests, and all of them.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Category, Request, State, store};
use crate::{
    Cursor, Cx, Error, Few, Limit, Page, PersonId, Result, TeamId,
    people::{self, PersonName},
};

/// A part of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Nobody works on them.
    Waiting,
    /// Somebody does, or the next word is the requester's.
    WithSomeone,
    /// Closed.
    Answered,
}

impl Tab {
    fn states(self) -> &'static [State] {
        match self {
            Self::Waiting => &[State::Waiting, State::Reopened],
            Self::WithSomeone => &[State::WithSomeone, State::WaitingForRequester],
            Self::Answered => &[State::Closed],
        }
    }
}

/// How much there is in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Nobody works on them.
    pub waiting: i64,
    /// Somebody does, or the next word is the requester's.
    pub with_someone: i64,
    /// A word is owed for longer than was promised.
    pub overdue: i64,
    /// Open ones that belong to nobody.
    pub nobodys: i64,
}

/// The queue of one of the actor's own teams.
#[derive(Debug, Clone, Serialize)]
pub struct TeamQueue {
    /// Slug.
    pub team: String,
    /// Name.
    pub team_name: String,
    /// How much there is.
    pub counts: Counts,
}

/// Which requests; empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Asked of this team (slug).
    pub team: Option<String>,
    /// About this entity (reference).
    pub entity: Option<String>,
    /// That stand so.
    pub state: Option<State>,
    /// Of this category.
    pub category: Option<Category>,
    /// Asked by the actor.
    pub asked_by_me: bool,
    /// Given to the actor.
    pub given_to_me: bool,
    /// Not closed.
    pub open: bool,
}

/// The requests of a team in a tab: open ones by urgency, then by the time that is left; answered ones newest first.
pub async fn queue(
    cx: &mut Cx<'_>,
    team: TeamId,
    tab: Tab,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Request>> {
    cx.reader()?;
    let states: Vec<String> = tab.states().iter().map(|s| s.as_str().to_owned()).collect();
    let total = store::count_states(cx, team, &states).await?;
    if tab == Tab::Answered {
        let key = after.as_ref().map(Cursor::key::<(Timestamp, i64)>).transpose()?;
        let rows = store::closed(cx, team, key, limit.probe()).await?;
        return Ok(Page::cut(rows, limit, total, after.as_ref(), |r| {
            (r.closed_at.unwrap_or_default(), r.number)
        }));
    }
    let key = after.as_ref().map(Cursor::key::<(i16, Option<Timestamp>, i64)>).transpose()?;
    let rows = store::open(cx, team, &states, key, limit.probe()).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |r| (r.urgency.rank(), r.due_at, r.number)))
}

/// How much there is in the queue of a team.
pub async fn team_counts(cx: &mut Cx<'_>, team: TeamId) -> Result<Counts> {
    cx.reader()?;
    Ok(store::counts(cx, &[team]).await?.into_iter().next().map(|(_, counts)| counts).unwrap_or_default())
}

/// The queues of the teams that the actor answers for and that were ever asked, those in need first; at most fifty.
pub async fn my_queues(cx: &mut Cx<'_>) -> Result<Vec<TeamQueue>> {
    const MOST: usize = 50;
    let me = cx.reader()?;
    let teams = people::teams_answered_for(cx, me).await?;
    let counted = store::counts(cx, &teams).await?;
    let names = people::team_names(cx, &counted.iter().map(|(team, _)| *team).collect::<Vec<_>>()).await?;
    let mut queues: Vec<TeamQueue> = counted
        .into_iter()
        .filter_map(|(team, counts)| {
            let name = names.iter().find(|n| n.id == team)?;
            Some(TeamQueue { team: name.slug.clone(), team_name: name.name.clone(), counts })
        })
        .collect();
    queues.sort_by(|a, b| {
        let need = |q: &TeamQueue| (-q.counts.overdue, -q.counts.waiting);
        need(a).cmp(&need(b)).then_with(|| a.team_name.cmp(&b.team_name))
    });
    queues.truncate(MOST);
    Ok(queues)
}

/// Requests, newest first.
pub async fn list(
    cx: &mut Cx<'_>,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Request>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<i64>).transpose()?;
    let (asked_by, given_to) = (filter.asked_by_me.then_some(me), filter.given_to_me.then_some(me));
    let rows = store::list(cx, filter, asked_by, given_to, key, limit.probe()).await?;
    let total = store::count(cx, filter, asked_by, given_to).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |r| r.number))
}

/// Open requests on which the next word is the actor's: those given to them, and those that nobody has of a team whose
/// support shift they have now. Most urgent first, then by the time that is left.
pub async fn on_me(cx: &mut Cx<'_>, limit: Limit) -> Result<Few<Request>> {
    let me = cx.reader()?;
    Ok(Few::cut(store::on(cx, me, limit.probe()).await?, limit))
}

/// The first answer that a team gave last.
#[derive(Debug, Clone)]
pub struct LastAnswer {
    /// When.
    pub at: Timestamp,
    /// Who answered.
    pub by: Option<PersonName>,
    /// How long whoever asked had waited, by the clock on the wall.
    pub waited: SignedDuration,
}

/// The first answer that a team gave last; none: it never gave one.
pub async fn last_answer(cx: &mut Cx<'_>, team: TeamId) -> Result<Option<LastAnswer>> {
    cx.reader()?;
    let Some((at, by, asked_at)) = store::last_answer(cx, team).await? else { return Ok(None) };
    let by: Vec<PersonId> = by.into_iter().collect();
    let by = people::person_names(cx, &by).await?.into_iter().next();
    Ok(Some(LastAnswer { at, by, waited: at.duration_since(asked_at) }))
}

impl std::str::FromStr for Tab {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "" | "waiting" => Ok(Self::Waiting),
            "with-someone" => Ok(Self::WithSomeone),
            "answered" => Ok(Self::Answered),
            _ => Err(Error::invalid("tab", "must be waiting, with-someone or answered")),
        }
    }
}
