//! Teams.

use super::super::{OrgTeam, Role, Team, TeamName};
use crate::check::{anywhere, tame};
use crate::{Cx, Error, PersonId, Result, TeamId};

struct Row {
    id: TeamId,
    slug: String,
    name: String,
    purpose: String,
    kind: String,
    parent_id: Option<TeamId>,
    lead_id: Option<PersonId>,
    chat_channel: Option<String>,
    chat_url: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    roles: Vec<String>,
    described_by: Option<String>,
    described: Vec<String>,
    version: i64,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
}

impl From<Row> for Team {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            slug: r.slug,
            name: r.name,
            purpose: r.purpose,
            kind: r.kind,
            parent_id: r.parent_id,
            lead_id: r.lead_id,
            chat_channel: r.chat_channel,
            chat_url: r.chat_url,
            email: r.email,
            phone: r.phone,
            // the table admits the four words alone
            roles: r.roles.iter().filter_map(|role| role.parse::<Role>().ok()).collect(),
            described_by: r.described_by,
            described: r.described,
            version: r.version,
            created_at: r.created_at.to_jiff(),
            updated_at: r.updated_at.to_jiff(),
        }
    }
}

/// Selects whole teams; the rest of the statement and its arguments follow.
macro_rules! teams {
    ($rest:tt $(, $arg:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id AS "id: TeamId", slug, name, purpose, kind, parent_id AS "parent_id: TeamId", lead_id AS "lead_id: PersonId",
                      chat_channel, chat_url, email, phone, roles, described_by, described, version, created_at, updated_at
               FROM team "# + $rest
            $(, $arg)*
        )
    };
}

/// Selects names of teams; the rest of the statement and its arguments follow.
macro_rules! names {
    ($rest:tt $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(TeamName, r#"SELECT id AS "id: TeamId", slug, name FROM team "# + $rest $(, $arg)*)
    };
}

pub(in super::super) async fn team_by_slug(cx: &mut Cx<'_>, slug: &str) -> Result<Option<Team>> {
    let slug = tame(slug, 100);
    Ok(teams!("WHERE lower(slug) = lower($1)", slug).fetch_optional(cx.conn()).await?.map(Into::into))
}

pub(in super::super) async fn team_by_id(cx: &mut Cx<'_>, id: TeamId) -> Result<Option<Team>> {
    Ok(teams!("WHERE id = $1", id as TeamId).fetch_optional(cx.conn()).await?.map(Into::into))
}

pub(in super::super) async fn lock_team(cx: &mut Cx<'_>, slug: &str) -> Result<Option<Team>> {
    let slug = tame(slug, 100);
    Ok(teams!("WHERE lower(slug) = lower($1) FOR UPDATE", slug)
        .fetch_optional(cx.conn())
        .await?
        .map(Into::into))
}

/// One mover of teams at a time, until the transaction ends.
pub(in super::super) async fn lock_tree(cx: &mut Cx<'_>) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('portolan:team-tree', 0))")
        .execute(cx.conn())
        .await?;
    Ok(())
}

fn needle(q: Option<&str>) -> (Option<String>, Option<String>) {
    let q = q.map(|q| tame(q.trim(), 200).to_lowercase()).filter(|q| !q.is_empty());
    let like = q.as_deref().map(anywhere);
    (q, like)
}

pub(in super::super) async fn teams(
    cx: &mut Cx<'_>,
    q: Option<&str>,
    after: Option<(String, TeamId)>,
    rows: i64,
) -> Result<Vec<Team>> {
    let (q, like) = needle(q);
    let (name, id) = after.unzip();
    Ok(teams!(
        "WHERE ($1::text IS NULL OR search_name LIKE $2 OR $1 <% search_name)
           AND ($3::text IS NULL OR (lower(name), id) > (lower($3), $4::uuid))
         ORDER BY lower(name), id LIMIT $5",
        q,
        like,
        name,
        id as Option<TeamId>,
        rows
    )
    .fetch_all(cx.conn())
    .await?
    .into_iter()
    .map(Into::into)
    .collect())
}

pub(in super::super) async fn count_teams(cx: &mut Cx<'_>, q: Option<&str>) -> Result<i64> {
    let (q, like) = needle(q);
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM team WHERE ($1::text IS NULL OR search_name LIKE $2 OR $1 <% search_name)"#,
        q,
        like
    )
    .fetch_one(cx.conn())
    .await?)
}

pub(in super::super) async fn find_teams(cx: &mut Cx<'_>, q: &str, rows: i64) -> Result<Vec<TeamName>> {
    let q = tame(q.trim(), 200).to_lowercase();
    Ok(names!(
        "WHERE search_name LIKE $2 OR word_similarity($1, search_name) >= 0.4
           ORDER BY lower(slug) = $1 DESC, search_name LIKE $2 DESC, word_similarity($1, search_name) DESC, lower(name), id LIMIT $3",
        q,
        anywhere(&q),
        rows,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn team_names(cx: &mut Cx<'_>, ids: &[TeamId]) -> Result<Vec<TeamName>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    Ok(names!("WHERE id = ANY($1) ORDER BY lower(name), id", &ids).fetch_all(cx.conn()).await?)
}

pub(in super::super) async fn teams_by_slug(cx: &mut Cx<'_>, slugs: &[&str]) -> Result<Vec<TeamName>> {
    let slugs: Vec<_> = slugs.iter().map(|slug| tame(slug, 100).to_lowercase()).collect();
    Ok(names!("WHERE lower(slug) = ANY($1) ORDER BY lower(name), id", &slugs).fetch_all(cx.conn()).await?)
}

pub(in super::super) async fn org(cx: &mut Cx<'_>) -> Result<Vec<OrgTeam>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_as!(
        OrgTeam,
        r#"SELECT t.id AS "id: TeamId", t.slug, t.name, t.kind, t.parent_id AS "parent_id: TeamId",
                  l.handle AS "lead_handle?", l.name AS "lead_name?", coalesce(m.n, 0) AS "members!"
           FROM team t
           LEFT JOIN person l ON l.id = t.lead_id
           LEFT JOIN (SELECT m.team_id, count(*) AS n FROM membership m JOIN person p ON p.id = m.person_id
                      WHERE p.active AND m.valid_from <= $1 AND (m.valid_until IS NULL OR m.valid_until > $1)
                      GROUP BY m.team_id) m ON m.team_id = t.id
           ORDER BY lower(t.name), t.id LIMIT 5000"#,
        now as _
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn sub_teams(cx: &mut Cx<'_>, id: TeamId) -> Result<Vec<TeamName>> {
    Ok(names!("WHERE parent_id = $1 ORDER BY lower(name), id LIMIT 500", id as TeamId)
        .fetch_all(cx.conn())
        .await?)
}

pub(in super::super) async fn ancestors(cx: &mut Cx<'_>, id: TeamId) -> Result<Vec<TeamName>> {
    Ok(sqlx::query_as!(
        TeamName,
        r#"WITH RECURSIVE up AS (
               SELECT id, slug, name, parent_id, 0 AS depth FROM team WHERE id = $1
               UNION ALL
               SELECT t.id, t.slug, t.name, t.parent_id, up.depth + 1 FROM up JOIN team t ON t.id = up.parent_id WHERE up.depth < 32)
           SELECT id AS "id!: TeamId", slug AS "slug!", name AS "name!" FROM up WHERE depth > 0 ORDER BY depth"#,
        id as TeamId
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn led_by(cx: &mut Cx<'_>, person: PersonId) -> Result<Vec<TeamName>> {
    Ok(names!("WHERE lead_id = $1 ORDER BY lower(name), id LIMIT 200", person as PersonId)
        .fetch_all(cx.conn())
        .await?)
}

fn words(roles: &[Role]) -> Vec<String> {
    roles.iter().map(|r| r.as_str().to_owned()).collect()
}

pub(in super::super) async fn insert_team(cx: &mut Cx<'_>, t: &Team) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(t.created_at);
    sqlx::query!(
        "INSERT INTO team (id, slug, name, purpose, kind, parent_id, lead_id, chat_channel, chat_url, email, phone, roles, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
        t.id as TeamId,
        t.slug,
        t.name,
        t.purpose,
        t.kind,
        t.parent_id as Option<TeamId>,
        t.lead_id as Option<PersonId>,
        t.chat_channel,
        t.chat_url,
        t.email,
        t.phone,
        &words(&t.roles),
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(|e| match Error::constraint(&e) {
        Some("team_slug_key" | "team_ref_key") => Error::invalid("slug", "is taken by another team"),
        _ => e.into(),
    })?;
    Ok(())
}

pub(in super::super) async fn update_team(cx: &mut Cx<'_>, t: &Team) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(t.updated_at);
    sqlx::query!(
        "UPDATE team SET name = $2, purpose = $3, kind = $4, parent_id = $5, lead_id = $6, chat_channel = $7, chat_url = $8,
                email = $9, phone = $10, roles = $11, version = $12, updated_at = $13
         WHERE id = $1",
        t.id as TeamId,
        t.name,
        t.purpose,
        t.kind,
        t.parent_id as Option<TeamId>,
        t.lead_id as Option<PersonId>,
        t.chat_channel,
        t.chat_url,
        t.email,
        t.phone,
        &words(&t.roles),
        t.version,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}
