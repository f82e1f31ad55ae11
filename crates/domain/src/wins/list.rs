//! Audience lists: who is sent what a team publishes. Outside addresses need an admin's leave.

use jiff::Timestamp;
use serde::Serialize;

use super::store;
use crate::{
    AudienceListId, Cx, Error, ListMemberId, Result, TeamId,
    activity::{self, Act},
    check::Checks,
    people::{self, PersonName, TeamName},
};

/// Lists that a team may have, and who may be on one.
const MOST_LISTS: usize = 20;
const MOST_MEMBERS: i64 = 500;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceList {
    /// Key.
    pub id: AudienceListId,
    /// Whose publications are sent to it.
    pub team: TeamName,
    /// Name.
    pub name: String,
    /// Who is on it, at most 500.
    pub members: Vec<ListMember>,
}

/// Whoever is on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListMember {
    /// Key.
    pub id: ListMemberId,
    /// Who.
    pub who: Member,
    /// When an admin let an outside address in; none: it waits, and is sent nothing.
    pub allowed_at: Option<Timestamp>,
    /// When they wanted no more of it.
    pub stopped_at: Option<Timestamp>,
}

/// A person, a team, or an address outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Member {
    /// A person.
    Person(PersonName),
    /// Whoever is in the team or below it.
    Team(TeamName),
    /// An e-mail address outside.
    Outside(String),
}

/// Whom to put on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewMember {
    /// Handle or e-mail address of a person.
    Person(String),
    /// Slug of a team.
    Team(String),
    /// An e-mail address outside.
    Outside(String),
}

/// The lists of a team, by name. For whoever is in the team, may edit it or writes its updates, and admins.
pub async fn lists(cx: &mut Cx<'_>, team: &str) -> Result<Vec<AudienceList>> {
    let me = cx.reader();
    let team = people::team(cx, team).await?;
    if cx.admin().is_err() && !people::team_rights(cx, team.id).await?.edit {
        let rights = store::update::rights(cx, me?, team.id, None).await?;
        if !rights.inside && !rights.write {
            return Err(Error::Forbidden(format!(
                "who is sent what {} publishes is shown to the team and to those above it",
                team.name
            )));
        }
    }
    let mut lists = store::list::of_team(cx, team.id).await?;
    let keys: Vec<_> = lists.iter().map(|list| list.id).collect();
    for (id, member) in store::list::members(cx, &keys).await? {
        if let Some(list) = lists.iter_mut().find(|list| list.id == id) {
            list.members.push(member);
        }
    }
    Ok(lists)
}

/// Refuses whoever neither writes the team's updates nor is an admin.
async fn require_keeper(cx: &mut Cx<'_>, id: TeamId, name: &str) -> Result<()> {
    if cx.admin().is_ok() {
        return Ok(());
    }
    let me = cx.writer()?;
    if store::update::rights(cx, me, id, None).await?.write {
        return Ok(());
    }
    let leads = people::leads_to_ask(cx, id).await?;
    let ask = leads.first().map_or("an admin", |lead| lead.name.as_str());
    Err(Error::Forbidden(format!(
        "the lead of {name}, its deputy and admins say who is sent what it publishes; ask {ask}"
    )))
}

/// Whether the actor may change the lists of a team.
pub async fn may_change_lists(cx: &mut Cx<'_>, team: TeamId) -> Result<bool> {
    match require_keeper(cx, team, "the team").await {
        Ok(()) => Ok(true),
        Err(Error::Forbidden(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn record(cx: &mut Cx<'_>, verb: &'static str, list: &AudienceList, note: &str) -> Result<()> {
    let note = if note.is_empty() { list.name.clone() } else { format!("{}: {note}", list.name) };
    activity::record(cx, Act { note, ..Act::near(list.team.id, verb, format!("team:{}", list.team.slug)) })
        .await
}

/// Makes a list. For whoever writes the team's updates, and admins.
pub async fn create_list(cx: &mut Cx<'_>, team: &str, name: &str) -> Result<AudienceList> {
    let team = people::team(cx, team).await?;
    require_keeper(cx, team.id, &team.name).await?;
    let mut checks = Checks::default();
    let name = checks.line("name", name, 80);
    checks.done()?;
    if store::list::of_team(cx, team.id).await?.len() >= MOST_LISTS {
        return Err(Error::Conflict(format!("{MOST_LISTS} lists are enough for one team; delete one first")));
    }
    let team = TeamName { id: team.id, slug: team.slug, name: team.name };
    let list = AudienceList { id: AudienceListId::new(), team, name, members: Vec::new() };
    cx.atomically(async |cx| {
        store::list::insert(cx, &list).await.map_err(|e| match Error::constraint(&e) {
            Some("wins_list_name_key") => {
                Error::Conflict(format!("{} has a list {:?} already", list.team.name, list.name))
            }
            _ => e.into(),
        })?;
        record(cx, "wins.list-made", &list, "").await
    })
    .await?;
    Ok(list)
}

/// A list, for whoever may change it; to others there is none.
async fn kept(cx: &mut Cx<'_>, id: AudienceListId) -> Result<AudienceList> {
    if cx.admin().is_err() {
        cx.writer()?;
    }
    let unknown = || Error::not_found("audience list", id.to_string());
    let list = store::list::get(cx, id).await?.ok_or_else(unknown)?;
    match require_keeper(cx, list.team.id, &list.team.name).await {
        Ok(()) => Ok(list),
        // that there is such a list is known to who sees the team's lists
        Err(Error::Forbidden(why)) if lists(cx, &list.team.slug).await.is_ok() => Err(Error::Forbidden(why)),
        Err(Error::Forbidden(_)) => Err(unknown()),
        Err(error) => Err(error),
    }
}

/// Deletes a list.
pub async fn delete_list(cx: &mut Cx<'_>, id: AudienceListId) -> Result<()> {
    let list = kept(cx, id).await?;
    cx.atomically(async |cx| {
        store::list::delete(cx, id).await?;
        record(cx, "wins.list-deleted", &list, "").await
    })
    .await
}

/// Puts somebody on a list. An address outside waits for an admin, unless an admin puts it there.
pub async fn add_to_list(cx: &mut Cx<'_>, id: AudienceListId, who: &NewMember) -> Result<ListMember> {
    let list = kept(cx, id).await?;
    let field = match who {
        NewMember::Person(_) => "person",
        NewMember::Team(_) => "team",
        NewMember::Outside(_) => "email",
    };
    let mut checks = Checks::default();
    let member = match who {
        NewMember::Person(word) => {
            let person = people::person_meant(cx, &mut checks, "person", &tamed(word)).await?;
            if person.as_ref().is_some_and(|person| !person.active) {
                checks.problem("person", "names somebody who left");
            }
            person.map(|person| Member::Person(person.into()))
        }
        NewMember::Team(slug) => {
            let mut teams = people::teams_by_slug(cx, &[tamed(slug).as_str()]).await?;
            if teams.is_empty() {
                checks.problem("team", format!("names no team: there is no {:?}", slug.trim()));
            }
            teams.pop().map(Member::Team)
        }
        NewMember::Outside(email) => {
            let email = checks.email("email", Some(email));
            if let Some(email) = &email
                && people::person_meant(cx, &mut Checks::default(), "email", email)
                    .await?
                    .is_some_and(|p| p.active)
            {
                checks.problem("email", "is that of somebody in the portal; put the person on the list");
            }
            email.map(Member::Outside)
        }
    };
    checks.done()?;
    // a word that means nobody was told above; this one was empty
    let Some(who) = member else { return Err(Error::invalid(field, "is needed")) };
    let is_outside = matches!(who, Member::Outside(_));
    let allowed_at = (is_outside && cx.admin().is_ok()).then(|| cx.now());
    let member = ListMember { id: ListMemberId::new(), who, allowed_at, stopped_at: None };
    cx.atomically(async |cx| {
        let added =
            store::list::add(cx, id, &member, MOST_MEMBERS).await.map_err(|e| {
                match Error::constraint(&e) {
                    Some(
                        "wins_list_member_person_key"
                        | "wins_list_member_team_key"
                        | "wins_list_member_email_key",
                    ) => Error::Conflict(format!("they are on the list {:?} already", list.name)),
                    _ => e.into(),
                }
            })?;
        if !added {
            return Err(Error::Conflict(format!(
                "a list holds {MOST_MEMBERS} at most; put a team on it, or make another"
            )));
        }
        record(cx, "wins.list-joined", &list, &told(&member)).await
    })
    .await?;
    Ok(member)
}

/// A word that a statement may hold.
fn tamed(word: &str) -> String {
    crate::check::tame(word.trim(), 254)
}

/// Whom a trace names: addresses outside are nobody's to read.
fn told(member: &ListMember) -> String {
    match &member.who {
        Member::Person(person) => person.handle.clone(),
        Member::Team(team) => team.slug.clone(),
        Member::Outside(_) => "an address outside".into(),
    }
}

/// Takes somebody off a list.
pub async fn remove_from_list(cx: &mut Cx<'_>, id: ListMemberId) -> Result<()> {
    if cx.admin().is_err() {
        cx.writer()?;
    }
    let unknown = || Error::not_found("list member", id.to_string());
    let (list, member) = store::list::member(cx, id).await?.ok_or_else(unknown)?;
    let list = match kept(cx, list).await {
        Err(Error::NotFound { .. }) => return Err(unknown()),
        other => other?,
    };
    cx.atomically(async |cx| {
        store::list::remove(cx, id).await?;
        record(cx, "wins.list-left", &list, &told(&member)).await
    })
    .await
}

/// Outside addresses that wait for leave, oldest first; at most 200. For admins.
pub async fn waiting_addresses(cx: &mut Cx<'_>) -> Result<Vec<(AudienceList, ListMember)>> {
    cx.admin()?;
    store::list::waiting(cx, 200).await
}

/// Lets an outside address in. For admins.
pub async fn allow_address(cx: &mut Cx<'_>, id: ListMemberId) -> Result<ListMember> {
    cx.admin()?;
    let unknown = || Error::not_found("list member", id.to_string());
    let (list, member) = store::list::member(cx, id).await?.ok_or_else(unknown)?;
    if !matches!(member.who, Member::Outside(_)) {
        return Err(Error::Conflict("only addresses outside need leave".into()));
    }
    if member.allowed_at.is_none() {
        let list = store::list::get(cx, list).await?.ok_or_else(unknown)?;
        cx.atomically(async |cx| {
            store::list::allow(cx, id).await?;
            record(cx, "wins.address-allowed", &list, "").await
        })
        .await?;
    }
    Ok(store::list::member(cx, id).await?.ok_or_else(unknown)?.1)
}
