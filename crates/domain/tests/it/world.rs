//! A small company for tests: Imke leads Basket, Hui is in Pricing, Dele in Delivery, Recipes has nobody, Selma has
//! left, root is the admin.

use jiff::Timestamp;
use portolan_domain::{
    Actor, Call, Db, EntityId, Scope, Via,
    people::{self, NewPerson, NewTeam},
};
use sqlx::PgPool;

/// The company and its database.
pub(crate) struct World {
    pool: PgPool,
    now: Timestamp,
}

impl World {
    pub(crate) async fn new(pool: PgPool) -> Self {
        let world = Self { pool, now: "2026-11-19T09:00:00Z".parse().unwrap() };
        let mut call = world.operator().await;
        let cx = &mut call.cx();
        for (handle, name) in
            [("root", "Root"), ("imke", "Imke"), ("hui", "Hui"), ("dele", "Dele"), ("selma", "Selma")]
        {
            let new = NewPerson {
                handle: handle.into(),
                name: name.into(),
                email: format!("{handle}@fairhaven.example"),
                ..NewPerson::default()
            };
            people::create_person(cx, new).await.unwrap();
        }
        for (slug, name) in
            [("basket", "Basket"), ("pricing", "Pricing"), ("delivery", "Delivery"), ("recipes", "Recipes")]
        {
            people::create_team(cx, NewTeam { slug: slug.into(), name: name.into(), ..NewTeam::default() })
                .await
                .unwrap();
        }
        for (team, handle) in
            [("basket", "imke"), ("pricing", "hui"), ("delivery", "dele"), ("recipes", "selma")]
        {
            people::add_member(cx, team, handle, None).await.unwrap();
        }
        drop(call);
        world.sql("UPDATE membership SET valid_from = valid_from - interval '200 days'").await;
        world.sql("UPDATE person SET admin = true WHERE handle = 'root'").await;
        world.sql("UPDATE person SET active = false WHERE handle = 'selma'").await;
        world.sql("UPDATE team SET lead_id = (SELECT id FROM person WHERE handle = 'imke') WHERE slug = 'basket'").await;
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    async fn operator(&self) -> Call {
        Db::new(self.pool.clone()).call(Actor::operator(), self.now).await.unwrap()
    }

    /// A page of this person's.
    pub(crate) async fn call(&self, handle: &str) -> Call {
        self.called(handle, Scope::Admin).await
    }

    /// A token of this person's that may only read.
    pub(crate) async fn reader(&self, handle: &str) -> Call {
        self.called(handle, Scope::Read).await
    }

    /// A token of this person's that may write and not administer.
    pub(crate) async fn writer(&self, handle: &str) -> Call {
        self.called(handle, Scope::Write).await
    }

    async fn called(&self, handle: &str, scope: Scope) -> Call {
        let person = people::person(&mut self.operator().await.cx(), handle).await.unwrap();
        Db::new(self.pool.clone()).call(Actor::person(&person, scope, Via::Page), self.now).await.unwrap()
    }

    /// Nobody known.
    pub(crate) async fn stranger(&self) -> Call {
        Db::new(self.pool.clone()).call(Actor::stranger(Via::Api), self.now).await.unwrap()
    }

    /// An entity with its owner's span, 120 days old.
    pub(crate) async fn entity(&self, entity_ref: &str, team: Option<&str>) -> EntityId {
        let (kind, rest) = entity_ref.split_once(':').unwrap();
        let (namespace, name) = rest.split_once('/').unwrap();
        let id = EntityId::new();
        sqlx::query(
            "WITH e AS (
               INSERT INTO entity (id, kind, namespace, name, ref, owner_ref, owner_team_id, owner_declared, descriptor, descriptor_hash, created_at, updated_at)
               SELECT $1, $2, $3, $4, $5, o.ref, t.id, o.ref, '{}', '', $7, $7
               FROM (SELECT 'group:default/' || $6::text AS ref) o LEFT JOIN team t ON t.slug = $6 RETURNING id, owner_ref)
             INSERT INTO ownership (id, entity_id, owner_ref, valid_from, origin) SELECT gen_random_uuid(), id, owner_ref, $7, 'descriptor' FROM e",
        )
        .bind(id)
        .bind(kind)
        .bind(namespace)
        .bind(name)
        .bind(entity_ref)
        .bind(team)
        .bind(jiff_sqlx::Timestamp::from(self.now - jiff::SignedDuration::from_hours(24)))
        .execute(&self.pool)
        .await
        .unwrap();
        id
    }

    pub(crate) async fn relate(&self, from: &str, kind: &str, to: &str) {
        sqlx::query("INSERT INTO relation (declared_by, from_ref, kind, to_ref) SELECT id, ref, $2, $3 FROM entity WHERE ref = $1")
            .bind(from)
            .bind(kind)
            .bind(to)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// A change of the entity by this person, just now.
    pub(crate) async fn change(&self, entity: EntityId, handle: &str) {
        sqlx::query(
            "INSERT INTO change (id, entity_id, environment, version, person_id, started_at, status, dedup_key, told_by, created_at, updated_at)
             SELECT gen_random_uuid(), $1, 'production', '1', id, $3, 'succeeded', 'k', 'api', $3, $3 FROM person WHERE handle = $2",
        )
        .bind(entity)
        .bind(handle)
        .bind(jiff_sqlx::Timestamp::from(self.now))
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// Moves every span of ownership this many days into the past.
    pub(crate) async fn age(&self, days: i32) {
        sqlx::query("UPDATE ownership SET valid_from = valid_from - make_interval(days => $1)")
            .bind(days)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub(crate) async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }

    /// What a statement counts.
    pub(crate) async fn number(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).fetch_one(&self.pool).await.unwrap()
    }

    /// What the log says was done to a subject, newest first.
    pub(crate) async fn verbs(&self, subject: &str) -> Vec<String> {
        sqlx::query_scalar("SELECT verb FROM activity WHERE subject = $1 ORDER BY id DESC")
            .bind(subject)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    pub(crate) async fn last_change(&self, entity: EntityId) -> Option<Timestamp> {
        sqlx::query_scalar::<_, Option<jiff_sqlx::Timestamp>>(
            "SELECT last_change_at FROM entity WHERE id = $1",
        )
        .bind(entity)
        .fetch_one(&self.pool)
        .await
        .unwrap()
        .map(jiff_sqlx::Timestamp::to_jiff)
    }

    /// Whether a hook's row or the log has this text in the clear.
    pub(crate) async fn any_text_holds(&self, text: &str) -> bool {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM change_hook h WHERE position(convert_to($1, 'UTF8') IN h.secret_sealed) > 0 OR h::text LIKE '%' || $1 || '%')
                 OR EXISTS (SELECT FROM activity a WHERE a::text LIKE '%' || $1 || '%')",
        )
        .bind(text)
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }
}
