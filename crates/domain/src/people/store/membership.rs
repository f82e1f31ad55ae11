//! Memberships.

use jiff::Timestamp;

use super::super::{Member, Origin, PersonName, Stay, TeamName};
use crate::{Cx, Error, MembershipId, PersonId, Result, TeamId};

struct MemberRow {
    id: MembershipId,
    person_id: PersonId,
    handle: String,
    name: String,
    active: bool,
    time_zone: String,
    valid_from: jiff_sqlx::Timestamp,
    valid_until: Option<jiff_sqlx::Timestamp>,
    origin: Origin,
}

impl From<MemberRow> for Member {
    fn from(r: MemberRow) -> Self {
        Self {
            id: r.id,
            person: PersonName { id: r.person_id, handle: r.handle, name: r.name, active: r.active },
            time_zone: r.time_zone,
            from: r.valid_from.to_jiff(),
            until: r.valid_until.map(jiff_sqlx::Timestamp::to_jiff),
            origin: r.origin,
        }
    }
}

/// Selects members; the rest of the statement and its arguments follow.
macro_rules! memberships {
    ($rest:tt $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            MemberRow,
            r#"SELECT m.id AS "id: MembershipId", p.id AS "person_id: PersonId", p.handle, p.name, p.active, p.time_zone,
                      m.valid_from, m.valid_until, m.origin AS "origin: Origin"
               FROM membership m JOIN person p ON p.id = m.person_id "# + $rest
            $(, $arg)*
        )
    };
}

/// A membership as an edit needs it.
pub(in super::super) struct Span {
    pub team_id: TeamId,
    pub person_id: PersonId,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    pub origin: Origin,
}

pub(in super::super) async fn members(
    cx: &mut Cx<'_>,
    team: TeamId,
    after: Option<(String, MembershipId)>,
    rows: i64,
) -> Result<Vec<Member>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (name, id) = after.unzip();
    Ok(memberships!(
        "WHERE m.team_id = $1 AND p.active AND (m.valid_until IS NULL OR m.valid_until > $2)
             AND ($3::text IS NULL OR (lower(p.name), m.id) > (lower($3), $4::uuid))
           ORDER BY lower(p.name), m.id LIMIT $5",
        team as TeamId,
        now as _,
        name,
        id as Option<MembershipId>,
        rows,
    )
    .fetch_all(cx.conn())
    .await?
    .into_iter()
    .map(Into::into)
    .collect())
}

pub(in super::super) async fn count_members(cx: &mut Cx<'_>, team: TeamId) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM membership m JOIN person p ON p.id = m.person_id
           WHERE m.team_id = $1 AND p.active AND (m.valid_until IS NULL OR m.valid_until > $2)"#,
        team as TeamId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn former_members(cx: &mut Cx<'_>, team: TeamId) -> Result<Vec<Member>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(memberships!(
        "WHERE m.team_id = $1 AND m.valid_until <= $2
           ORDER BY m.valid_until DESC, m.id LIMIT 200",
        team as TeamId,
        now as _,
    )
    .fetch_all(cx.conn())
    .await?
    .into_iter()
    .map(Into::into)
    .collect())
}

pub(in super::super) async fn stays(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<Stay>> {
    let rows = sqlx::query!(
        r#"SELECT m.id AS "id: MembershipId", t.id AS "team_id: TeamId", t.slug, t.name, m.valid_from, m.valid_until, m.origin AS "origin: Origin"
           FROM membership m JOIN team t ON t.id = m.team_id
           WHERE m.person_id = $1 ORDER BY m.valid_until DESC NULLS FIRST, m.valid_from DESC, m.id LIMIT 200"#,
        person as PersonId
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Stay {
            id: r.id,
            team: TeamName { id: r.team_id, slug: r.slug, name: r.name },
            from: r.valid_from.to_jiff(),
            until: r.valid_until.map(jiff_sqlx::Timestamp::to_jiff),
            origin: r.origin,
        })
        .collect())
}

pub(in super::super) async fn insert_membership(
    cx: &mut Cx<'_>,
    id: MembershipId,
    team: TeamId,
    person: PersonId,
    from: Timestamp,
) -> Result<()> {
    let from = jiff_sqlx::Timestamp::from(from);
    sqlx::query!(
        "INSERT INTO membership (id, team_id, person_id, valid_from, origin) VALUES ($1, $2, $3, $4, 'portal')",
        id as MembershipId,
        team as TeamId,
        person as PersonId,
        from as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("membership_once") => Error::invalid("person", "is in this team at that time already"),
        _ => e.into(),
    })?;
    Ok(())
}

pub(in super::super) async fn lock_membership(cx: &mut Cx<'_>, id: MembershipId) -> Result<Option<Span>> {
    let row = sqlx::query!(
        r#"SELECT team_id AS "team_id: TeamId", person_id AS "person_id: PersonId", valid_from, valid_until, origin AS "origin: Origin"
           FROM membership WHERE id = $1 FOR UPDATE"#,
        id as MembershipId
    )
    .fetch_optional(cx.conn())
    .await?;
    Ok(row.map(|r| Span {
        team_id: r.team_id,
        person_id: r.person_id,
        from: r.valid_from.to_jiff(),
        until: r.valid_until.map(jiff_sqlx::Timestamp::to_jiff),
        origin: r.origin,
    }))
}

/// The descriptors that say this person is in this team.
pub(in super::super) async fn sayers(cx: &mut Cx<'_>, team: TeamId, person: PersonId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT s.said_by FROM membership_said s JOIN team t ON t.ref = s.team_ref JOIN person p ON p.ref = s.person_ref
         WHERE t.id = $1 AND p.id = $2 ORDER BY 1",
        team as TeamId,
        person as PersonId,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn end_membership(
    cx: &mut Cx<'_>,
    id: MembershipId,
    until: Timestamp,
) -> Result<()> {
    let until = jiff_sqlx::Timestamp::from(until);
    sqlx::query!("UPDATE membership SET valid_until = $2 WHERE id = $1", id as MembershipId, until as _)
        .execute(cx.conn())
        .await
        .map_err(|e| match Error::constraint(&e) {
            Some("membership_once") => Error::invalid("until", "reaches into a later stay in the same team"),
            _ => e.into(),
        })?;
    Ok(())
}

pub(in super::super) async fn delete_membership(cx: &mut Cx<'_>, id: MembershipId) -> Result<()> {
    sqlx::query!("DELETE FROM membership WHERE id = $1", id as MembershipId).execute(cx.conn()).await?;
    Ok(())
}

/// Ends what lasts and takes back what has not begun.
pub(in super::super) async fn end_memberships_of(cx: &mut Cx<'_>, person: PersonId) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "DELETE FROM membership WHERE person_id = $1 AND valid_from >= $2",
        person as PersonId,
        now as _
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "UPDATE membership SET valid_until = $2 WHERE person_id = $1 AND (valid_until IS NULL OR valid_until > $2)",
        person as PersonId,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
