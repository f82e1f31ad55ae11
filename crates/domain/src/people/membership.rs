//! Dated memberships: who was in which team, when. They are ended, never deleted, so that last year's work stays with
//! last year's team.

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::{PersonName, TeamName, person, person::may_read, rights::require_team, store, team};
use crate::check::Checks;
use crate::{
    Cursor, Cx, Error, Limit, MembershipId, Page, PersonId, Result, TeamId,
    activity::{self, Act},
};

/// Who says that a person is in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Origin {
    /// An applied Group or User: ended when they stop saying it.
    Descriptor,
    /// Somebody in the portal.
    Portal,
}

/// A person in a team.
#[derive(Debug, Clone, Serialize)]
pub struct Member {
    /// Key of the membership.
    pub id: MembershipId,
    /// The person.
    pub person: PersonName,
    /// Zone the person lives in.
    pub time_zone: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// Who says so.
    pub origin: Origin,
}

/// A team a person is or was in.
#[derive(Debug, Clone, Serialize)]
pub struct Stay {
    /// Key of the membership.
    pub id: MembershipId,
    /// The team.
    pub team: TeamName,
    /// Since when.
    pub from: Timestamp,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// Who says so.
    pub origin: Origin,
}

impl Stay {
    /// Whether it lasts at this instant.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|u| u > now)
    }
}

/// Who is in a team now or will be, by name.
pub async fn members(
    cx: &mut Cx<'_>,
    team: TeamId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Member>> {
    may_read(cx)?;
    let key = after.as_ref().map(Cursor::key::<(String, MembershipId)>).transpose()?;
    let rows = store::members(cx, team, key, limit.probe()).await?;
    let total = store::count_members(cx, team).await?;
    Ok(Page::cut(rows, limit, total, after.as_ref(), |m| (m.person.name.clone(), m.id)))
}

/// Who was in a team before, the last to leave first (up to 200).
pub async fn former_members(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Member>> {
    may_read(cx)?;
    store::former_members(cx, team).await
}

/// The teams a person is in and was in, newest first (up to 200).
pub async fn stays(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<Stay>> {
    may_read(cx)?;
    store::stays(cx, person).await
}

/// Puts a person (handle, e-mail address, or a name that one person alone has) into a team, from now or from another
/// day on.
pub async fn add_member(
    cx: &mut Cx<'_>,
    slug: &str,
    who: &str,
    from: Option<Timestamp>,
) -> Result<MembershipId> {
    let team = team::team(cx, slug).await?;
    require_team(cx, Some(team.id), &format!("who is in {}", team.name)).await?;
    let from = from.unwrap_or(cx.now());
    let mut checks = Checks::default();
    if who.trim().is_empty() {
        checks.problem("person", "is needed");
    }
    let found = person::meant(cx, &mut checks, "person", who).await?;
    if let Some(gone) = found.as_ref().filter(|p| !p.active) {
        checks.problem("person", format!("cannot be {}: this person is no longer active", gone.name));
    }
    if from > cx.now() + (366 * 24).hours() {
        checks.problem("from", "may be a year ahead at most");
    }
    checks.done()?;
    let Some(person) = found else { return Err(Error::not_found("person", who)) };
    let id = MembershipId::new();
    cx.atomically(async |cx| {
        store::insert_membership(cx, id, team.id, person.id, from).await?;
        let note = format!("{} ({})", person.name, person.handle);
        activity::record(cx, Act { note, ..Act::new("team.member-added", team::subject(&team)) }).await?;
        activity::record(
            cx,
            Act { note: team.name.clone(), ..Act::new("person.joined-team", person::subject(&person)) },
        )
        .await
    })
    .await?;
    Ok(id)
}

/// Ends a membership, now or at another time. One that has not begun is taken back; what has begun stays in the history.
pub async fn end_membership(cx: &mut Cx<'_>, id: MembershipId, until: Option<Timestamp>) -> Result<()> {
    may_read(cx)?;
    if cx.admin().is_err() {
        cx.writer()?; // a token that may only read learns nothing of what there is to end
    }
    let until = until.unwrap_or(cx.now());
    cx.atomically(async |cx| {
        let stay = store::lock_membership(cx, id)
            .await?
            .ok_or_else(|| Error::not_found("membership", id.to_string()))?;
        let team = team::team_by_id(cx, stay.team_id).await?;
        let person = person::person_by_id(cx, stay.person_id).await?;
        require_team(cx, Some(team.id), &format!("who is in {}", team.name)).await?;
        if stay.origin == Origin::Descriptor {
            let by = store::sayers(cx, team.id, person.id).await?;
            if !by.is_empty() {
                return Err(Error::Conflict(format!(
                    "this membership is given by the descriptor {}; change it there",
                    by.join(" and ")
                )));
            }
        }
        if stay.until.is_some_and(|u| u <= cx.now()) {
            return Err(Error::Conflict("this membership has ended already".into()));
        }
        if stay.from >= cx.now() && until <= stay.from {
            store::delete_membership(cx, id).await?;
        } else if until <= stay.from {
            return Err(Error::invalid("until", format!("must be after {}, when it began", stay.from)));
        } else {
            store::end_membership(cx, id, until).await?;
        }
        let note = format!("{} ({})", person.name, person.handle);
        activity::record(cx, Act { note, ..Act::new("team.member-left", team::subject(&team)) }).await?;
        activity::record(
            cx,
            Act { note: team.name.clone(), ..Act::new("person.left-team", person::subject(&person)) },
        )
        .await
    })
    .await
}
