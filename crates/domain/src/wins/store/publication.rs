//! Publications. There is no statement that changes one: the database refuses it.

use std::collections::HashMap;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::super::{
    document::{Addendum, Document},
    publication::{Publication, PublicationFilter},
    record::{Audience, Cycle, Update},
};
use crate::{
    Cx, CycleId, Error, PersonId, PublicationId, Result, TeamId, UpdateId, WinsEntryId, WinsPlanId,
    people::{PersonName, TeamName},
};

struct Row {
    id: PublicationId,
    update_id: UpdateId,
    team_id: TeamId,
    team: String,
    team_name: String,
    cycle_id: CycleId,
    plan_id: WinsPlanId,
    slug: String,
    starts_on: jiff_sqlx::Date,
    ends_on: jiff_sqlx::Date,
    time_zone: String,
    publish_at: jiff_sqlx::Timestamp,
    closed_at: Option<jiff_sqlx::Timestamp>,
    audience: Audience,
    document: String,
    hash: Vec<u8>,
    published_at: jiff_sqlx::Timestamp,
}

/// `publications!(me, now, rest, arguments…)` is the checked statement that selects the publications `p` which a person may read, with
/// their update `u`, cycle `c` and team `t`; arguments begin at `$3`. All parts are literals.
macro_rules! publications {
    ($me:expr, $now:expr, $rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT p.id AS "id: PublicationId", p.update_id AS "update_id: UpdateId", t.id AS "team_id: TeamId", t.slug AS team,
                      t.name AS team_name, c.id AS "cycle_id: CycleId", c.plan_id AS "plan_id: WinsPlanId", c.slug,
                      c.starts_on AS "starts_on: jiff_sqlx::Date", c.ends_on AS "ends_on: jiff_sqlx::Date", wp.time_zone,
                      c.publish_at AS "publish_at: jiff_sqlx::Timestamp", c.published_at AS "closed_at: jiff_sqlx::Timestamp",
                      p.audience AS "audience: Audience", p.document, p.hash, p.published_at AS "published_at: jiff_sqlx::Timestamp"
               FROM wins_publication p JOIN wins_update u ON u.id = p.update_id JOIN wins_cycle c ON c.id = u.cycle_id
                    JOIN wins_plan wp ON wp.id = c.plan_id JOIN team t ON t.id = p.team_id
               WHERE p.id IN (SELECT r.publication_id FROM wins_readable($1, $2) r) "#
                + $rest,
            $me as PersonId,
            $now as _
            $(, $argument)*
        )
    };
}

/// What was kept, as a document. One that cannot be read was not written by Portolan.
fn read(document: &str) -> Result<Document> {
    serde_json::from_str(document).map_err(|e| Error::Database(sqlx::Error::Decode(Box::new(e))))
}

impl Row {
    fn publication(self) -> Result<Publication> {
        Ok(Publication {
            id: self.id,
            update: self.update_id,
            team: TeamName { id: self.team_id, slug: self.team, name: self.team_name },
            cycle: Cycle {
                id: self.cycle_id,
                plan: self.plan_id,
                slug: self.slug,
                starts_on: self.starts_on.to_jiff(),
                ends_on: self.ends_on.to_jiff(),
                time_zone: self.time_zone,
                publish_at: self.publish_at.to_jiff(),
                published_at: self.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
            },
            audience: self.audience,
            document: read(&self.document)?,
            bytes: self.document,
            hash: hex::encode(self.hash),
            published_at: self.published_at.to_jiff(),
            addenda: Vec::new(),
            readers: 0,
            may_add: false,
        })
    }
}

/// A publication by its key, if the person may read it.
pub(in super::super) async fn by_id(
    cx: &mut Cx<'_>,
    me: PersonId,
    id: PublicationId,
) -> Result<Option<Publication>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let row = publications!(me, now, "AND p.id = $3", id as PublicationId);
    row.fetch_optional(cx.conn()).await?.map(Row::publication).transpose()
}

/// A team's publication in a cycle (slugs), if the person may read it.
pub(in super::super) async fn by_slugs(
    cx: &mut Cx<'_>,
    me: PersonId,
    team: &str,
    cycle: &str,
) -> Result<Option<Publication>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    // a team that changed its plan in mid-week may have two cycles of one name: the later is meant
    let row = publications!(
        me,
        now,
        "AND lower(t.slug) = lower($3) AND c.slug = $4 ORDER BY p.published_at DESC, p.id DESC LIMIT 1",
        team,
        cycle
    );
    row.fetch_optional(cx.conn()).await?.map(Row::publication).transpose()
}

/// The newest publications that the person may read, before a key.
pub(in super::super) async fn list(
    cx: &mut Cx<'_>,
    me: PersonId,
    filter: &PublicationFilter,
    before: Option<(Timestamp, PublicationId)>,
    rows: i64,
) -> Result<Vec<Publication>> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let (at, id) = before.map(|(at, id)| (jiff_sqlx::Timestamp::from(at), id)).unzip();
    let found = publications!(
        me,
        now,
        "AND ($3::text IS NULL OR lower(t.slug) = lower($3)) AND ($4::smallint IS NULL OR u.level >= $4)
         AND ($5::timestamptz IS NULL OR (p.published_at, p.id) < ($5, $6))
         ORDER BY p.published_at DESC, p.id DESC LIMIT $7",
        filter.team.as_deref(),
        filter.level,
        at as _,
        id as Option<PublicationId>,
        rows
    )
    .fetch_all(cx.conn())
    .await?;
    found.into_iter().map(Row::publication).collect()
}

/// How many there are, counted until one row beyond `most`.
pub(in super::super) async fn count(
    cx: &mut Cx<'_>,
    me: PersonId,
    filter: &PublicationFilter,
    most: i64,
) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM (
               SELECT FROM wins_publication p JOIN wins_update u ON u.id = p.update_id JOIN team t ON t.id = p.team_id
               WHERE p.id IN (SELECT r.publication_id FROM wins_readable($1, $2) r)
                 AND ($3::text IS NULL OR lower(t.slug) = lower($3)) AND ($4::smallint IS NULL OR u.level >= $4) LIMIT $5) x"#,
        me as PersonId,
        now as _,
        filter.team.as_deref(),
        filter.level,
        most + 1
    )
    .fetch_one(cx.conn())
    .await?)
}

/// What is kept of a publication, whoever asks, with its addenda: for letters, whose readers were told of it.
pub(in super::super) async fn kept(cx: &mut Cx<'_>, id: PublicationId) -> Result<Option<(TeamId, Document)>> {
    let row = sqlx::query!(
        r#"SELECT team_id AS "team_id: TeamId", document FROM wins_publication WHERE id = $1"#,
        id as PublicationId
    )
    .fetch_optional(cx.conn())
    .await?;
    row.map(|r| Ok((r.team_id, read(&r.document)?))).transpose()
}

/// What was said of these publications afterwards, in order.
pub(in super::super) async fn addenda(
    cx: &mut Cx<'_>,
    ids: &[PublicationId],
) -> Result<HashMap<PublicationId, Vec<Addendum>>> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT a.publication_id AS "publication: PublicationId", a.text, a.at AS "at: jiff_sqlx::Timestamp",
                  p.id AS "by?: PersonId", p.handle AS "handle?", p.name AS "name?", p.active AS "active?"
           FROM wins_addendum a LEFT JOIN person p ON p.id = a.by_id WHERE a.publication_id = ANY($1) ORDER BY a.at, a.id"#,
        &keys
    )
    .fetch_all(cx.conn())
    .await?;
    let mut found: HashMap<PublicationId, Vec<Addendum>> = HashMap::new();
    for r in rows {
        let by = r.by.zip(r.handle).zip(r.name).zip(r.active);
        let by = by.map(|(((id, handle), name), active)| PersonName { id, handle, name, active });
        found.entry(r.publication).or_default().push(Addendum { text: r.text, by, at: r.at.to_jiff() });
    }
    Ok(found)
}

/// Keeps what somebody says of a publication afterwards.
pub(in super::super) async fn add(
    cx: &mut Cx<'_>,
    id: uuid::Uuid,
    publication: PublicationId,
    text: &str,
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO wins_addendum (id, publication_id, text, by_id, at) VALUES ($1, $2, $3, $4, $5)",
        id,
        publication as PublicationId,
        text,
        cx.actor().person as Option<PersonId>,
        now as _
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// The teams that entries came from first, by name.
pub(in super::super) async fn sources(
    cx: &mut Cx<'_>,
    ids: &[WinsEntryId],
) -> Result<HashMap<WinsEntryId, Vec<TeamName>>> {
    let keys: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"WITH RECURSIVE made AS (
               SELECT w.id AS line, w.id AS entry, 0 AS depth FROM unnest($1::uuid[]) w (id)
               UNION
               SELECT m.line, o.origin_id, m.depth + 1 FROM made m JOIN wins_origin o ON o.line_id = m.entry WHERE m.depth < 32)
           SELECT DISTINCT lower(t.name) AS sort, m.line AS "line!: WinsEntryId", t.id AS "id: TeamId", t.slug, t.name
           FROM made m JOIN wins_entry e ON e.id = m.entry JOIN team t ON t.id = e.team_id
           WHERE NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = m.entry) ORDER BY 1, t.id"#,
        &keys
    )
    .fetch_all(cx.conn())
    .await?;
    let mut found: HashMap<WinsEntryId, Vec<TeamName>> = HashMap::new();
    for r in rows {
        found.entry(r.line).or_default().push(TeamName { id: r.id, slug: r.slug, name: r.name });
    }
    Ok(found)
}

/// Of how many teams below, and of how many of their entries, an update was chosen; and which of them said it was a quiet cycle.
pub(in super::super) async fn chosen_from(cx: &mut Cx<'_>, id: UpdateId) -> Result<(i64, i64, Vec<String>)> {
    let row = sqlx::query!(
        r#"WITH RECURSIVE
               below AS (
                   SELECT u.id, u.team_id, u.state, u.quiet, 1 AS depth FROM wins_update u WHERE u.parent_id = $1
                   UNION ALL
                   SELECT u.id, u.team_id, u.state, u.quiet, b.depth + 1 FROM below b JOIN wins_update u ON u.parent_id = b.id
                   WHERE b.depth < 32),
               handed AS (SELECT * FROM below WHERE state IN ('submitted', 'published'))
           SELECT (SELECT count(*) FROM handed WHERE NOT quiet) AS "teams!",
                  (SELECT count(*) FROM wins_entry e JOIN handed h ON h.id = e.update_id
                   WHERE e.sensitivity <> 'team' AND NOT EXISTS (SELECT FROM wins_origin o WHERE o.line_id = e.id)) AS "entries!",
                  ARRAY(SELECT t.name FROM handed h JOIN team t ON t.id = h.team_id WHERE h.quiet
                        ORDER BY lower(t.name), t.id) AS "quiet!""#,
        id as UpdateId
    )
    .fetch_one(cx.conn())
    .await?;
    Ok((row.teams, row.entries, row.quiet))
}

/// Keeps what an update publishes, and which of its entries that is.
pub(in super::super) async fn keep(
    cx: &mut Cx<'_>,
    id: PublicationId,
    update: &Update,
    document: &Document,
    entries: &[WinsEntryId],
) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    let bytes =
        serde_json::to_string(document).map_err(|e| Error::Database(sqlx::Error::Encode(Box::new(e))))?;
    let hash = Sha256::digest(bytes.as_bytes());
    let keys: Vec<_> = entries.iter().map(|id| id.0).collect();
    sqlx::query!(
        "WITH kept AS (
             INSERT INTO wins_publication (id, update_id, team_id, audience, document, hash, published_by, published_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)),
              done AS (UPDATE wins_update SET state = 'published', version = version + 1 WHERE id = $2)
         UPDATE wins_entry SET publication_id = $1 WHERE id = ANY($9)",
        id as PublicationId,
        update.id as UpdateId,
        update.team.id as TeamId,
        update.audience.as_str(),
        bytes,
        hash.as_slice(),
        cx.actor().person as Option<PersonId>,
        now as _,
        &keys
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// How many people may read what a team publishes: everyone, or who is near it and on its lists.
pub(in super::super) async fn readers(
    cx: &mut Cx<'_>,
    team: TeamId,
    update: UpdateId,
    audience: Audience,
) -> Result<i64> {
    let now = jiff_sqlx::Timestamp::from(cx.now());
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE
               up AS (
                   SELECT t.id, t.parent_id, 0 AS depth FROM team t WHERE t.id = $1
                   UNION ALL
                   SELECT t.id, t.parent_id, x.depth + 1 FROM up x JOIN team t ON t.id = x.parent_id WHERE x.depth < 32),
               down AS (
                   SELECT $1::uuid AS id, 0 AS depth
                   UNION ALL SELECT t.id, x.depth + 1 FROM down x JOIN team t ON t.parent_id = x.id WHERE x.depth < 32),
               member AS (
                   SELECT m.person_id, m.team_id FROM wins_list l JOIN wins_list_member m ON m.list_id = l.id WHERE l.team_id = $1),
               listed AS (
                   SELECT m.team_id AS id, 0 AS depth FROM member m WHERE m.team_id IS NOT NULL
                   UNION SELECT t.id, x.depth + 1 FROM listed x JOIN team t ON t.parent_id = x.id WHERE x.depth < 32),
               led AS (
                   SELECT id FROM up UNION SELECT id FROM down
                   UNION SELECT s.id FROM team t JOIN team s ON s.parent_id = t.parent_id WHERE t.id = $1)
           SELECT count(*) AS "n!" FROM person p
           WHERE p.active AND ($2 = 'everyone'
              OR p.id IN (SELECT m.person_id FROM membership m WHERE m.team_id IN (SELECT id FROM down UNION SELECT id FROM listed)
                          AND m.valid_from <= $4 AND (m.valid_until IS NULL OR m.valid_until > $4))
              OR p.id IN (SELECT t.lead_id FROM team t WHERE t.id IN (SELECT id FROM led))
              OR p.id IN (SELECT d.person_id FROM wins_deputy d WHERE d.team_id IN (SELECT id FROM led))
              OR p.id IN (SELECT m.person_id FROM member m)
              OR p.id IN (SELECT u.delegate_id FROM wins_update u WHERE u.id = $3))"#,
        team as TeamId,
        audience.as_str(),
        update as UpdateId,
        now as _
    )
    .fetch_one(cx.conn())
    .await?)
}
