//! Statements of offerings and their versions.

use sqlx::types::Json;

use super::super::{
    Definition, Experience, Figures, GivenUp, Listed, Offering, OfferingName, Sharing, Stage, VersionLine,
    offering::Document,
};
use crate::{
    Cx, Error, OfferingId, PersonId, Result, TeamId,
    people::{PersonName, TeamName},
};

/// Most offerings and versions that are listed.
const MOST: i64 = 200;

/// An offering as it stands, locked.
pub(in super::super) struct Before {
    pub(in super::super) id: OfferingId,
    pub(in super::super) version: i32,
    pub(in super::super) team: TeamId,
    pub(in super::super) hash: Vec<u8>,
}

/// What a version is written with.
pub(in super::super) struct Row<'r> {
    pub(in super::super) id: OfferingId,
    pub(in super::super) version: i32,
    pub(in super::super) team: TeamId,
    pub(in super::super) source: &'r str,
    pub(in super::super) definition: &'r str,
    pub(in super::super) hash: &'r [u8],
}

/// Two who write one offering at once do so one after the other, also the first two.
pub(in super::super) async fn lock(cx: &mut Cx<'_>, name: &str) -> Result<Option<Before>> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('offering:' || $1, 0))", name)
        .fetch_one(cx.conn())
        .await?;
    Ok(sqlx::query_as!(
        Before,
        r#"SELECT o.id AS "id: OfferingId", o.version, o.team_id AS "team: TeamId", v.hash
           FROM offering o JOIN offering_version v ON v.offering_id = o.id AND v.number = o.version
           WHERE o.name = $1 FOR UPDATE OF o"#,
        name
    )
    .fetch_optional(cx.conn())
    .await?)
}

pub(in super::super) async fn write(cx: &mut Cx<'_>, row: &Row<'_>, document: &Document) -> Result<()> {
    let (by, now) = (cx.actor().person, jiff_sqlx::Timestamp::from(cx.now()));
    let d = &document.definition;
    sqlx::query!(
        "INSERT INTO offering (id, name, title, description, team_id, stage, experience, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         ON CONFLICT (id) DO UPDATE SET title = $3, description = $4, team_id = $5, stage = $6, experience = $7, version = $8, updated_at = $9",
        row.id as OfferingId,
        document.name,
        document.title,
        document.description,
        row.team as TeamId,
        d.stage.as_str(),
        d.experience.as_str(),
        row.version,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO offering_version (offering_id, number, source, definition, hash, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row.id as OfferingId,
        row.version,
        row.source,
        row.definition,
        row.hash,
        by as Option<PersonId>,
        now as _,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

pub(in super::super) async fn get(
    cx: &mut Cx<'_>,
    name: &str,
    version: Option<i32>,
) -> Result<Option<Offering>> {
    let row = sqlx::query!(
        r#"SELECT o.id AS "id: OfferingId", o.name, o.title, o.description,
                  jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name) AS "team!: Json<TeamName>",
                  v.number, o.version AS newest, v.source, v.definition,
                  CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active) END
                      AS "by: Json<PersonName>", v.written_at
           FROM offering o JOIN team t ON t.id = o.team_id
                JOIN offering_version v ON v.offering_id = o.id AND v.number = coalesce($2, o.version)
                LEFT JOIN person p ON p.id = v.written_by
           WHERE o.name = $1"#,
        name,
        version,
    )
    .fetch_optional(cx.conn())
    .await?;
    row.map(|r| {
        Ok(Offering {
            id: r.id,
            name: r.name,
            title: r.title,
            description: r.description,
            team: r.team.0,
            version: r.number,
            newest: r.newest,
            source: r.source,
            definition: definition(&r.definition)?,
            written_by: r.by.map(|by| by.0),
            written_at: r.written_at.to_jiff(),
        })
    })
    .transpose()
}

/// What was read once and kept is read again; only a damaged database says otherwise.
pub(super) fn definition(text: &str) -> Result<Definition> {
    serde_json::from_str(text).map_err(|e| {
        Error::Unavailable(format!(
            "an offering cannot be read back ({e}); its team writes a new version of it"
        ))
    })
}

/// One statement for the landing page: what is said, and how it went.
pub(in super::super) async fn list(cx: &mut Cx<'_>) -> Result<Vec<Listed>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let rows = sqlx::query!(
        r#"SELECT o.name, o.title, left(split_part(o.description, E'\n', 1), 200) AS "lead!",
                  jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name) AS "team!: Json<TeamName>",
                  o.stage AS "stage: Stage", o.experience AS "experience: Experience", o.version,
                  v.definition::json->>'sharing' AS "sharing!: Sharing", v.definition::json->'makes'->>'type' AS makes,
                  to_jsonb(f) AS "figures!: Json<Figures>"
           FROM offering o JOIN team t ON t.id = o.team_id
                JOIN offering_version v ON v.offering_id = o.id AND v.number = o.version
                CROSS JOIN LATERAL offering_figures(o.id, $1) f
           ORDER BY o.stage IN ('deprecated', 'sunset'), o.title, o.name LIMIT $2"#,
        now as _,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    let mut listed: Vec<_> = rows
        .into_iter()
        .map(|r| Listed {
            name: r.name,
            title: r.title,
            lead: r.lead,
            team: r.team.0,
            stage: r.stage,
            experience: r.experience,
            sharing: r.sharing,
            makes: r.makes,
            version: r.version,
            figures: r.figures.0,
        })
        .collect();
    listed.sort_by_key(|l| l.experience); // stable: the order above holds within each
    Ok(listed)
}

pub(in super::super) async fn figures(cx: &mut Cx<'_>, offering: OfferingId) -> Result<Figures> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let found = sqlx::query_scalar!(
        r#"SELECT to_jsonb(f) AS "figures!: Json<Figures>" FROM offering_figures($1, $2) f"#,
        offering as OfferingId,
        now as _,
    )
    .fetch_one(cx.conn())
    .await?;
    Ok(found.0)
}

/// Since when nothing new is made with it: when the first version was written behind the last that took requests. With it
/// what it names as its replacement.
pub(in super::super) async fn given_up(
    cx: &mut Cx<'_>,
    offering: OfferingId,
    replacement: Option<&str>,
) -> Result<GivenUp> {
    let found = sqlx::query!(
        r#"SELECT (SELECT min(v.written_at) FROM offering_version v
                   WHERE v.offering_id = o.id AND v.number > (
                       SELECT coalesce(max(l.number), 0) FROM offering_version l
                       WHERE l.offering_id = o.id AND l.definition::json->>'stage' NOT IN ('deprecated', 'sunset'))) AS since,
                  o.updated_at, n.title AS "title?"
           FROM offering o LEFT JOIN offering n ON n.name = $2 WHERE o.id = $1"#,
        offering as OfferingId,
        replacement,
    )
    .fetch_one(cx.conn())
    .await?;
    let replacement = replacement.map(|name| OfferingName {
        // one that is not written yet has no title
        title: found.title.unwrap_or_else(|| name.to_owned()),
        name: name.to_owned(),
    });
    Ok(GivenUp { since: found.since.unwrap_or(found.updated_at).to_jiff(), replacement })
}

pub(in super::super) async fn versions(cx: &mut Cx<'_>, offering: OfferingId) -> Result<Vec<VersionLine>> {
    let rows = sqlx::query!(
        r#"SELECT v.number, v.written_at,
                  CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'handle', p.handle, 'name', p.name, 'active', p.active) END
                      AS "by: Json<PersonName>",
                  (SELECT count(*) FROM provisioned_resource r
                   WHERE r.offering_id = v.offering_id AND r.version = v.number AND r.state = 'active') AS "in_use!"
           FROM offering_version v LEFT JOIN person p ON p.id = v.written_by
           WHERE v.offering_id = $1 ORDER BY v.number DESC LIMIT $2"#,
        offering as OfferingId,
        MOST,
    )
    .fetch_all(cx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| VersionLine {
            number: r.number,
            written_by: r.by.map(|by| by.0),
            written_at: r.written_at.to_jiff(),
            in_use: r.in_use,
        })
        .collect())
}
