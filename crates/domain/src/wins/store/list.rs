//! Audience lists and who is on them.

use super::super::list::{AudienceList, ListMember, Member};
use crate::{
    AudienceListId, Cx, ListMemberId, PersonId, Result, TeamId,
    people::{PersonName, TeamName},
};

/// The lists of a team by name, without their members.
pub(in super::super) async fn of_team(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<AudienceList>> {
    let rows = sqlx::query!(
        r#"SELECT l.id AS "id: AudienceListId", l.name, t.id AS "team_id: TeamId", t.slug, t.name AS team
           FROM wins_list l JOIN team t ON t.id = l.team_id WHERE l.team_id = $1 ORDER BY lower(l.name), l.id"#,
        team as TeamId
    )
    .fetch_all(cx.conn())
    .await?;
    let list = |id, name, team| AudienceList { id, team, name, members: Vec::new() };
    Ok(rows
        .into_iter()
        .map(|r| list(r.id, r.name, TeamName { id: r.team_id, slug: r.slug, name: r.team }))
        .collect())
}

/// A list, without its members.
pub(in super::super) async fn get(cx: &mut Cx<'_>, id: AudienceListId) -> Result<Option<AudienceList>> {
    let row = sqlx::query!(
        r#"SELECT l.name, t.id AS "team_id: TeamId", t.slug, t.name AS team
           FROM wins_list l JOIN team t ON t.id = l.team_id WHERE l.id = $1"#,
        id as AudienceListId
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| AudienceList {
        id,
        team: TeamName { id: r.team_id, slug: r.slug, name: r.team },
        name: r.name,
        members: Vec::new(),
    }))
}

struct Row {
    id: ListMemberId,
    list_id: AudienceListId,
    person_id: Option<PersonId>,
    handle: Option<String>,
    name: Option<String>,
    active: Option<bool>,
    team_id: Option<TeamId>,
    slug: Option<String>,
    team: Option<String>,
    email: Option<String>,
    allowed_at: Option<jiff_sqlx::Timestamp>,
    stopped_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn member(self) -> (AudienceListId, ListMember) {
        let person = self.person_id.zip(self.handle).zip(self.name).zip(self.active);
        let team = self.team_id.zip(self.slug).zip(self.team);
        let who = match (person, team) {
            (Some((((id, handle), name), active)), _) => {
                Member::Person(PersonName { id, handle, name, active })
            }
            (None, Some(((id, slug), name))) => Member::Team(TeamName { id, slug, name }),
            (None, None) => Member::Outside(self.email.unwrap_or_default()),
        };
        let member = ListMember {
            id: self.id,
            who,
            allowed_at: self.allowed_at.map(jiff_sqlx::Timestamp::to_jiff),
            stopped_at: self.stopped_at.map(jiff_sqlx::Timestamp::to_jiff),
        };
        (self.list_id, member)
    }
}

/// `members!(rest, arguments…)` is the checked statement that selects members `m` of lists; all parts are literals.
macro_rules! members {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT m.id AS "id: ListMemberId", m.list_id AS "list_id: AudienceListId", p.id AS "person_id?: PersonId",
                      p.handle AS "handle?",
                      p.name AS "name?", p.active AS "active?", t.id AS "team_id?: TeamId", t.slug AS "slug?", t.name AS "team?", m.email,
                      m.allowed_at AS "allowed_at: jiff_sqlx::Timestamp", m.stopped_at AS "stopped_at: jiff_sqlx::Timestamp"
               FROM wins_list_member m LEFT JOIN person p ON p.id = m.person_id LEFT JOIN team t ON t.id = m.team_id "#
                + $rest
            $(, $argument)*
        )
    };
}

/// Who is on these lists, by name.
pub(in super::super) async fn members(
    cx: &mut Cx<'_>,
    lists: &[AudienceListId],
) -> Result<Vec<(AudienceListId, ListMember)>> {
    let keys: Vec<_> = lists.iter().map(|id| id.0).collect();
    let rows =
        members!("WHERE m.list_id = ANY($1) ORDER BY lower(coalesce(p.name, t.name, m.email)), m.id", &keys);
    Ok(rows.fetch_all(cx.conn()).await?.into_iter().map(Row::member).collect())
}

/// One who is on a list, and which.
pub(in super::super) async fn member(
    cx: &mut Cx<'_>,
    id: ListMemberId,
) -> Result<Option<(AudienceListId, ListMember)>> {
    let row = members!("WHERE m.id = $1", id as ListMemberId).fetch_optional(cx.conn()).await?;
    Ok(row.map(Row::member))
}

/// Outside addresses that wait for leave, oldest first.
pub(in super::super) async fn waiting(cx: &mut Cx<'_>, most: i64) -> Result<Vec<(AudienceList, ListMember)>> {
    let rows = sqlx::query!(
        r#"SELECT l.id AS "list_id: AudienceListId", l.name, t.id AS "team_id: TeamId", t.slug, t.name AS team,
                  m.id AS "id: ListMemberId", m.email AS "email!"
           FROM wins_list_member m JOIN wins_list l ON l.id = m.list_id JOIN team t ON t.id = l.team_id
           WHERE m.email IS NOT NULL AND m.allowed_at IS NULL AND m.stopped_at IS NULL ORDER BY m.id LIMIT $1"#,
        most
    )
    .fetch_all(cx.conn())
    .await?;
    let pair = rows.into_iter().map(|r| {
        let team = TeamName { id: r.team_id, slug: r.slug, name: r.team };
        (
            AudienceList { id: r.list_id, team, name: r.name, members: Vec::new() },
            ListMember { id: r.id, who: Member::Outside(r.email), allowed_at: None, stopped_at: None },
        )
    });
    Ok(pair.collect())
}

pub(in super::super) async fn insert(cx: &mut Cx<'_>, list: &AudienceList) -> Result<(), sqlx::Error> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO wins_list (id, team_id, name, created_at) VALUES ($1, $2, $3, $4)",
        list.id as AudienceListId,
        list.team.id as TeamId,
        list.name,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn delete(cx: &mut Cx<'_>, id: AudienceListId) -> Result<()> {
    sqlx::query!("DELETE FROM wins_list WHERE id = $1", id as AudienceListId).execute(cx.conn()).await?;
    Ok(())
}

/// Puts somebody on a list, unless it is full; whether they are on it.
pub(in super::super) async fn add(
    cx: &mut Cx<'_>,
    list: AudienceListId,
    member: &ListMember,
    most: i64,
) -> Result<bool, sqlx::Error> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (person, team, email) = match &member.who {
        Member::Person(person) => (Some(person.id), None, None),
        Member::Team(team) => (None, Some(team.id), None),
        Member::Outside(email) => (None, None, Some(email.as_str())),
    };
    let allowed = member.allowed_at.is_some();
    let added = sqlx::query!(
        "INSERT INTO wins_list_member (id, list_id, person_id, team_id, email, allowed_by, allowed_at)
         SELECT $1, $2, $3, $4, $5, CASE WHEN $6 THEN $7::uuid END, CASE WHEN $6 THEN $8::timestamptz END
         WHERE (SELECT count(*) FROM wins_list_member WHERE list_id = $2) < $9",
        member.id as ListMemberId,
        list as AudienceListId,
        person as Option<PersonId>,
        team as Option<TeamId>,
        email,
        allowed,
        cx.actor().person as Option<PersonId>,
        now as _,
        most
    )
    .execute(cx.conn())
    .await?;
    Ok(added.rows_affected() > 0)
}

pub(in super::super) async fn remove(cx: &mut Cx<'_>, id: ListMemberId) -> Result<()> {
    sqlx::query!("DELETE FROM wins_list_member WHERE id = $1", id as ListMemberId).execute(cx.conn()).await?;
    Ok(())
}

/// Lets an outside address in; when it was let in before, that stays.
pub(in super::super) async fn allow(cx: &mut Cx<'_>, id: ListMemberId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "UPDATE wins_list_member SET allowed_by = $2, allowed_at = $3 WHERE id = $1 AND email IS NOT NULL AND allowed_at IS NULL",
        id as ListMemberId,
        cx.actor().person as Option<PersonId>,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
