//! SQL of what happened to pages.

use sqlx::types::Json;

use super::super::record::{Detail, EventKind, NewEvent};
use crate::{Cx, PageEventId, PageId, PersonId, Result};

/// An event as it is kept; people by their keys.
#[derive(Debug)]
pub(in super::super) struct Row {
    pub(in super::super) id: PageEventId,
    pub(in super::super) at: jiff_sqlx::Timestamp,
    pub(in super::super) kind: EventKind,
    pub(in super::super) actor_id: Option<PersonId>,
    pub(in super::super) person_id: Option<PersonId>,
    pub(in super::super) text: String,
    pub(in super::super) detail: Json<Detail>,
}

/// Writes events of pages, in this order, in one statement.
pub(in super::super) async fn insert(cx: &mut Cx<'_>, events: &[(PageId, NewEvent)]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = events.iter().map(|_| PageEventId::new().0).collect();
    let pages: Vec<_> = events.iter().map(|(page, _)| page.0).collect();
    let kinds: Vec<_> = events.iter().map(|(_, e)| e.kind.as_str().to_owned()).collect();
    let actors: Vec<_> = events.iter().map(|(_, e)| e.actor.map(|p| p.0)).collect();
    let people: Vec<_> = events.iter().map(|(_, e)| e.person.map(|p| p.0)).collect();
    let texts: Vec<_> = events.iter().map(|(_, e)| e.text.clone()).collect();
    let details: Vec<_> =
        events.iter().map(|(_, e)| serde_json::to_value(&e.detail).unwrap_or_default()).collect();
    let now = jiff_sqlx::Timestamp::from(cx.now());
    sqlx::query!(
        "INSERT INTO page_event (id, page_id, at, kind, actor_id, person_id, text, detail)
         SELECT id, page, $1, kind, actor, person, text, detail
         FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::jsonb[])
              AS e (id, page, kind, actor, person, text, detail)",
        now as _,
        &ids,
        &pages,
        &kinds,
        &actors as &[Option<uuid::Uuid>],
        &people as &[Option<uuid::Uuid>],
        &texts,
        &details,
    )
    .execute(cx.conn())
    .await?;
    Ok(())
}

/// When the first step was told, since it was last let go or given to somebody; none if no step was.
pub(in super::super) async fn steps_began(cx: &mut Cx<'_>, page: PageId) -> Result<Option<jiff::Timestamp>> {
    let began = sqlx::query_scalar!(
        r#"SELECT min(at) FROM page_event e
           WHERE page_id = $1 AND kind IN ('told', 'unmanned', 'exhausted')
             AND NOT EXISTS (SELECT FROM page_event l WHERE l.page_id = $1 AND l.kind IN ('released', 'reassigned') AND l.id > e.id)"#,
        page as PageId
    );
    Ok(began.fetch_one(cx.conn()).await?.map(jiff_sqlx::Timestamp::to_jiff))
}

/// How often somebody was brought in on a page.
pub(in super::super) async fn responders(cx: &mut Cx<'_>, page: PageId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM page_event WHERE page_id = $1 AND kind = 'responder'"#,
        page as PageId
    );
    Ok(count.fetch_one(cx.conn()).await?)
}

/// What happened to a page, oldest first; of very much the newest 500.
pub(in super::super) async fn of(cx: &mut Cx<'_>, page: PageId) -> Result<Vec<Row>> {
    let mut rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: PageEventId", at, kind AS "kind: EventKind", actor_id AS "actor_id: PersonId",
                  person_id AS "person_id: PersonId", text, detail AS "detail: Json<Detail>"
           FROM page_event WHERE page_id = $1 ORDER BY id DESC LIMIT 500"#,
        page as PageId
    )
    .fetch_all(cx.conn())
    .await?;
    rows.reverse();
    Ok(rows)
}

/// Whom pages concern: those who were told of them, and those who are on them or were asked to be.
pub(in super::super) async fn concerned(cx: &mut Cx<'_>, pages: &[PageId]) -> Result<Vec<PersonId>> {
    let pages: Vec<_> = pages.iter().map(|page| page.0).collect();
    Ok(sqlx::query_scalar!(
        r#"SELECT person_id AS "id!: PersonId" FROM page_event
           WHERE page_id = ANY($1) AND kind = 'told' AND person_id IS NOT NULL
           UNION SELECT assignee_id FROM page WHERE id = ANY($1) AND assignee_id IS NOT NULL"#,
        &pages
    )
    .fetch_all(cx.conn())
    .await?)
}

/// Whether a person was told of a page.
pub(in super::super) async fn was_told(cx: &mut Cx<'_>, page: PageId, person: PersonId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM page_event WHERE page_id = $1 AND person_id = $2 AND kind = 'told') AS "told!""#,
        page as PageId,
        person as PersonId,
    )
    .fetch_one(cx.conn())
    .await?)
}
