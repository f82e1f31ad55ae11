//! Actions: what somebody promised to do by when. They stay open until they are done or dropped with a reason.

use jiff::{civil::Date, tz::TimeZone};

use super::{Action, ActionState, open::said, read::locked, rights, store, tell};
use crate::{
    ActionId, Cursor, Cx, Error, Few, Limit, Page, PersonId, Result, TeamId,
    activity::{self, Act, Changed},
    check::Checks,
    people,
};

/// An action to be promised: out of an incident, or of a team.
#[derive(Debug, Clone)]
pub struct NewAction {
    /// Number of the incident that it comes out of.
    pub incident: Option<i64>,
    /// Slug of the team whose it is; the incident's, if not said.
    pub team: Option<String>,
    /// What, in a line.
    pub title: String,
    /// Handle of whoever promises it; none: nobody yet.
    pub owner: Option<String>,
    /// By when.
    pub due_on: Date,
    /// The alert rule that it mends, as monitoring calls it.
    pub alert_rule: Option<String>,
}

/// What to change of an action; nothing given, nothing changed.
#[derive(Debug, Clone, Default)]
pub struct ActionEdit {
    /// Who promises it.
    pub owner: Option<Option<String>>,
    /// By when.
    pub due_on: Option<Date>,
    /// Done, dropped, or open again.
    pub state: Option<ActionState>,
    /// What came of it; needed to drop one.
    pub outcome: Option<String>,
}

/// Which actions; empty means all.
#[derive(Debug, Clone, Default)]
pub struct ActionFilter {
    /// Of this team (slug).
    pub team: Option<String>,
    /// Out of this incident.
    pub incident: Option<i64>,
    /// That stand so.
    pub state: Option<ActionState>,
    /// That the actor promised.
    pub mine: bool,
    /// That mend an alert rule.
    pub rules: bool,
}

/// Promises something.
pub async fn add_action(cx: &mut Cx<'_>, new: NewAction) -> Result<Action> {
    cx.writer()?;
    let mut checks = Checks::default();
    let title = checks.line("title", &new.title, 300);
    let rule = checks.optional_line("alert_rule", new.alert_rule.as_deref(), 500);
    let owner = owner(cx, &mut checks, new.owner.as_deref()).await?;
    ahead(&mut checks, new.due_on, cx);
    checks.done()?;
    cx.atomically(async |cx| {
        let incident = match new.incident {
            Some(number) => Some(locked(cx, number).await?),
            None => None,
        };
        let team = match (new.team.as_deref().map(str::trim).filter(|t| !t.is_empty()), &incident) {
            (Some(slug), _) => people::team(cx, slug).await?.id,
            (None, Some(incident)) => incident.team_id,
            (None, None) => return Err(Error::invalid("team", "is needed: say whose action it is")),
        };
        match &incident {
            Some(incident) => rights::require(cx, incident).await?,
            None => require(cx, team, None).await?,
        }
        // whoever runs an incident promises for its own team; what another team does stands in that team's reviews
        if incident.as_ref().is_some_and(|i| i.team_id != team) {
            require(cx, team, None).await?;
        }
        let id = ActionId::new();
        let from = incident.as_ref().map(|i| i.id);
        let kept = store::NewRow {
            team,
            incident: from,
            title: &title,
            owner,
            due_on: new.due_on,
            rule: rule.as_deref(),
        };
        store::insert_action(cx, id, &kept).await?;
        let subject = incident.map_or_else(|| format!("action:{id}"), |i| i.subject());
        activity::record(cx, Act { note: title.clone(), ..Act::new("action.promised", subject) }).await?;
        let action = get(cx, id).await?;
        tell::promised(cx, &action, owner).await?;
        Ok(action)
    })
    .await
}

/// Changes an action: who, by when, or that it is done. The team's people and whoever promised it may.
pub async fn edit_action(cx: &mut Cx<'_>, id: ActionId, edit: ActionEdit) -> Result<Action> {
    cx.writer()?;
    let mut checks = Checks::default();
    let owner = match &edit.owner {
        Some(word) => Some(owner(cx, &mut checks, word.as_deref()).await?),
        None => None,
    };
    checks.done()?;
    let outcome = edit.outcome.as_deref().map(|o| said("outcome", o, false)).transpose()?;
    cx.atomically(async |cx| {
        store::lock_action(cx, id).await?;
        let (before, team, promised_by) =
            store::action(cx, id).await?.ok_or_else(|| Error::not_found("action", id.to_string()))?;
        require(cx, team, promised_by).await?;
        if let Some(due_on) = edit.due_on.filter(|due_on| *due_on != before.due_on) {
            let mut checks = Checks::default();
            ahead(&mut checks, due_on, cx);
            checks.done()?;
        }
        let state = edit.state.unwrap_or(before.state);
        let outcome = outcome.clone().unwrap_or_else(|| before.outcome.clone());
        if state == ActionState::Dropped && outcome.is_empty() {
            return Err(Error::invalid("outcome", "is needed: say why it will not be done"));
        }
        let change = store::ActionChange {
            owner: owner.unwrap_or(promised_by),
            due_on: edit.due_on.unwrap_or(before.due_on),
            state,
            outcome,
        };
        store::update_action(cx, id, &change).await?;
        let mut changes = Vec::new();
        if state != before.state {
            changes.push(Changed::new("state", before.state.as_str(), state.as_str()));
        }
        if change.due_on != before.due_on {
            changes.push(Changed::new("due_on", before.due_on.to_string(), change.due_on.to_string()));
        }
        let after = get(cx, id).await?;
        if change.owner != promised_by {
            changes.push(Changed::new("owner", before.owner.clone(), after.owner.clone()));
            tell::promised(cx, &after, change.owner).await?;
        }
        if !changes.is_empty() {
            let subject =
                before.incident.map_or_else(|| format!("action:{id}"), |number| format!("incident:{number}"));
            let act = Act { changes, note: before.title.clone(), ..Act::new("action.changed", subject) };
            activity::record(cx, act).await?;
        }
        Ok(after)
    })
    .await
}

/// Actions, those due first.
pub async fn actions(
    cx: &mut Cx<'_>,
    filter: &ActionFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Action>> {
    let me = cx.reader()?;
    let key = after.as_ref().map(Cursor::key::<(Date, ActionId)>).transpose()?;
    let mine = filter.mine.then_some(me);
    let rows = store::actions(cx, filter, mine, key, limit.probe()).await?;
    let total = store::count_actions(cx, filter, mine).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |a| (a.due_on, a.id)))
}

/// Open actions that the actor promised until a day, those due first.
pub async fn actions_due(cx: &mut Cx<'_>, until: Date, limit: Limit) -> Result<Few<Action>> {
    let me = cx.reader()?;
    Ok(Few::cut(store::due_of(cx, me, until, limit.probe()).await?, limit))
}

/// Which of these actions the actor may change, for lists with their buttons.
pub async fn may_change(cx: &mut Cx<'_>, actions: &[Action]) -> Result<Vec<ActionId>> {
    let Ok(me) = cx.writer() else { return Ok(Vec::new()) };
    if actions.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ActionId> = actions.iter().map(|a| a.id).collect();
    let whose = store::whose_actions(cx, &ids).await?;
    let mut teams: Vec<TeamId> = whose.iter().map(|(_, team, _)| *team).collect();
    teams.sort_unstable();
    teams.dedup();
    let mine = people::editable_teams(cx, &teams).await?;
    let may = |(_, team, owner): &&(_, TeamId, Option<PersonId>)| *owner == Some(me) || mine.contains(team);
    Ok(whose.iter().filter(may).map(|(id, ..)| *id).collect())
}

/// One action.
pub async fn action(cx: &mut Cx<'_>, id: ActionId) -> Result<Action> {
    cx.reader()?;
    get(cx, id).await
}

async fn get(cx: &mut Cx<'_>, id: ActionId) -> Result<Action> {
    let found = store::action(cx, id).await?;
    found.map(|(action, ..)| action).ok_or_else(|| Error::not_found("action", id.to_string()))
}

/// Nothing is promised until a day that is over: neither where whoever promises it lives, nor by UTC.
fn ahead(checks: &mut Checks, due_on: Date, cx: &Cx<'_>) {
    let day = |zone: TimeZone| cx.now().to_zoned(zone).date();
    let theirs = TimeZone::get(&cx.actor().time_zone).unwrap_or(TimeZone::UTC);
    if due_on < day(theirs).min(day(TimeZone::UTC)) {
        checks.problem("due_on", format!("must be today or later; {due_on} is over"));
    }
}

async fn require(cx: &mut Cx<'_>, team: TeamId, promised_by: Option<PersonId>) -> Result<()> {
    let me = cx.writer()?;
    if promised_by == Some(me) {
        return Ok(());
    }
    people::require_team(cx, Some(team), "the actions of the team").await
}

async fn owner(cx: &mut Cx<'_>, checks: &mut Checks, word: Option<&str>) -> Result<Option<PersonId>> {
    let Some(word) = word.map(str::trim).filter(|w| !w.is_empty()) else { return Ok(None) };
    match people::person(cx, word).await {
        Ok(person) if person.active => Ok(Some(person.id)),
        Ok(person) => {
            checks.problem("owner", format!("must be somebody who is here; {} left", person.name));
            Ok(None)
        }
        Err(Error::NotFound { .. }) => {
            checks
                .problem("owner", format!("must be the handle of somebody here; nobody is called {word:?}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
