//! Persons.

use sqlx::types::Json;

use super::super::{PeopleFilter, Person, PersonName, Preferences};
use crate::check::{anywhere, tame};
use crate::{Cx, Error, PersonId, Result};

struct Row {
    id: PersonId,
    handle: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    time_zone: String,
    manager_id: Option<PersonId>,
    active: bool,
    admin: bool,
    preferences: Json<Preferences>,
    described_by: Option<String>,
    described: Vec<String>,
    version: i64,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
}

impl From<Row> for Person {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            handle: r.handle,
            name: r.name,
            email: r.email,
            phone: r.phone,
            time_zone: r.time_zone,
            manager_id: r.manager_id,
            active: r.active,
            admin: r.admin,
            preferences: r.preferences.0,
            described_by: r.described_by,
            described: r.described,
            version: r.version,
            created_at: r.created_at.to_jiff(),
            updated_at: r.updated_at.to_jiff(),
        }
    }
}

/// Selects whole persons; the rest of the statement and its arguments follow.
macro_rules! persons {
    ($rest:tt $(, $arg:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id AS "id: PersonId", handle, name, email, phone, time_zone, manager_id AS "manager_id: PersonId", active, admin,
                      preferences AS "preferences: Json<Preferences>", described_by, described, version, created_at, updated_at
               FROM person "# + $rest
            $(, $arg)*
        )
    };
}

/// Selects names of people; the rest of the statement and its arguments follow.
macro_rules! names {
    ($rest:tt $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(PersonName, r#"SELECT id AS "id: PersonId", handle, name, active FROM person "# + $rest $(, $arg)*)
    };
}

pub(in super::super) async fn person_by_handle(cx: &mut Cx<'_>, handle: &str) -> Result<Option<Person>> {
    let handle = tame(handle, 100);
    Ok(persons!("WHERE lower(handle) = lower($1)", handle).fetch_optional(cx.conn()).await?.map(Into::into))
}

/// Whom an e-mail address names, or the active people of exactly this name; a few of them.
pub(in super::super) async fn people_called(cx: &mut Cx<'_>, word: &str) -> Result<Vec<Person>> {
    let word = tame(word, 254);
    Ok(persons!(
        "WHERE lower(email) = lower($1) OR (active AND lower(name) = lower($1)) ORDER BY lower(name), id LIMIT 5",
        word
    )
    .fetch_all(cx.conn())
    .await?
    .into_iter()
    .map(Into::into)
    .collect())
}

pub(in super::super) async fn person_by_id(cx: &mut Cx<'_>, id: PersonId) -> Result<Option<Person>> {
    Ok(persons!("WHERE id = $1", id as PersonId).fetch_optional(cx.conn()).await?.map(Into::into))
}

pub(in super::super) async fn lock_person(cx: &mut Cx<'_>, handle: &str) -> Result<Option<Person>> {
    let handle = tame(handle, 100);
    Ok(persons!("WHERE lower(handle) = lower($1) FOR UPDATE", handle)
        .fetch_optional(cx.conn())
        .await?
        .map(Into::into))
}

pub(in super::super) async fn people(
    cx: &mut Cx<'_>,
    f: &PeopleFilter,
    after: Option<(String, PersonId)>,
    rows: i64,
) -> Result<Vec<Person>> {
    let (q, like) = needle(f);
    let (name, id) = after.unzip();
    Ok(persons!(
        "WHERE ($1::text IS NULL OR search_name LIKE $2 OR $1 <% search_name)
           AND ($3::boolean IS NULL OR active = $3) AND ($4::boolean IS NULL OR admin = $4)
           AND ($5::text IS NULL OR (lower(name), id) > (lower($5), $6::uuid))
         ORDER BY lower(name), id LIMIT $7",
        q,
        like,
        f.active,
        f.admin,
        name,
        id as Option<PersonId>,
        rows
    )
    .fetch_all(cx.conn())
    .await?
    .into_iter()
    .map(Into::into)
    .collect())
}

pub(in super::super) async fn count_people(cx: &mut Cx<'_>, f: &PeopleFilter) -> Result<i64> {
    let (q, like) = needle(f);
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM person
           WHERE ($1::text IS NULL OR search_name LIKE $2 OR $1 <% search_name)
             AND ($3::boolean IS NULL OR active = $3) AND ($4::boolean IS NULL OR admin = $4)"#,
        q,
        like,
        f.active,
        f.admin,
    )
    .fetch_one(cx.conn())
    .await?)
}

fn needle(f: &PeopleFilter) -> (Option<String>, Option<String>) {
    let q = f.q.as_deref().map(|q| tame(q.trim(), 200).to_lowercase()).filter(|q| !q.is_empty());
    let like = q.as_deref().map(anywhere);
    (q, like)
}

pub(in super::super) async fn find_people(cx: &mut Cx<'_>, q: &str, rows: i64) -> Result<Vec<PersonName>> {
    let q = tame(q.trim(), 200).to_lowercase();
    Ok(names!(
        "WHERE active AND (search_name LIKE $2 OR word_similarity($1, search_name) >= 0.4)
           ORDER BY lower(handle) = $1 DESC, search_name LIKE $2 DESC, word_similarity($1, search_name) DESC, lower(name), id LIMIT $3",
        q,
        anywhere(&q),
        rows,
    )
    .fetch_all(cx.conn())
    .await?)
}

pub(in super::super) async fn person_names(cx: &mut Cx<'_>, ids: &[PersonId]) -> Result<Vec<PersonName>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    Ok(names!("WHERE id = ANY($1) ORDER BY lower(name), id", &ids).fetch_all(cx.conn()).await?)
}

pub(in super::super) async fn active_people(cx: &mut Cx<'_>, handles: &[&str]) -> Result<Vec<PersonName>> {
    let handles: Vec<_> = handles.iter().map(|handle| tame(handle, 100).to_lowercase()).collect();
    Ok(names!("WHERE lower(handle) = ANY($1) AND active ORDER BY lower(name), id", &handles)
        .fetch_all(cx.conn())
        .await?)
}

pub(in super::super) async fn reports(cx: &mut Cx<'_>, id: PersonId) -> Result<Vec<PersonName>> {
    Ok(names!("WHERE manager_id = $1 AND active ORDER BY lower(name), id LIMIT 500", id as PersonId)
        .fetch_all(cx.conn())
        .await?)
}

pub(in super::super) async fn insert_person(cx: &mut Cx<'_>, p: &Person) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(p.created_at);
    sqlx::query!(
        "INSERT INTO person (id, handle, name, email, phone, time_zone, manager_id, active, admin, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        p.id as PersonId,
        p.handle,
        p.name,
        p.email,
        p.phone,
        p.time_zone,
        p.manager_id as Option<PersonId>,
        p.active,
        p.admin,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(taken)?;
    Ok(())
}

pub(in super::super) async fn update_person(cx: &mut Cx<'_>, p: &Person) -> Result<()> {
    let now = jiff_sqlx::Timestamp::from(p.updated_at);
    sqlx::query!(
        "UPDATE person SET name = $2, email = $3, phone = $4, time_zone = $5, manager_id = $6, active = $7, admin = $8,
                version = $9, updated_at = $10
         WHERE id = $1",
        p.id as PersonId,
        p.name,
        p.email,
        p.phone,
        p.time_zone,
        p.manager_id as Option<PersonId>,
        p.active,
        p.admin,
        p.version,
        now as _,
    )
    .execute(cx.conn())
    .await
    .map_err(taken)?;
    Ok(())
}

pub(in super::super) async fn set_preferences(
    cx: &mut Cx<'_>,
    id: PersonId,
    preferences: Preferences,
) -> Result<()> {
    sqlx::query!("UPDATE person SET preferences = $2 WHERE id = $1", id as PersonId, Json(preferences) as _)
        .execute(cx.conn())
        .await?;
    Ok(())
}

/// The active admins, locked in the order of their keys until the transaction ends.
pub(in super::super) async fn lock_active_admins(cx: &mut Cx<'_>) -> Result<Vec<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT id AS "id: PersonId" FROM person WHERE admin AND active ORDER BY id FOR UPDATE"#
    )
    .fetch_all(cx.conn())
    .await?)
}

fn taken(error: sqlx::Error) -> Error {
    match Error::constraint(&error) {
        Some("person_handle_key" | "person_ref_key") => Error::invalid("handle", "is taken by somebody else"),
        Some("person_email_key") => Error::invalid("email", "belongs to somebody else already"),
        _ => error.into(),
    }
}
