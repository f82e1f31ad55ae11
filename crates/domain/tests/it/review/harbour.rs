//! A harbour to look back on. Imke leads Basket and lives in Amsterdam, Tor is in it and lives in Toronto, Vera leads the
//! Shop above it; Otto leads Other. It is Saturday, 21 November 2026, in the week 2026-W47.

use jiff::Timestamp;
use portolan_domain::{
    Call,
    people::{self, Person, PersonEdit},
    review::{self, Review},
    support::Week,
};
use portolan_testkit::{
    Bed,
    catalog::{apply_yaml, service},
};
use sqlx::PgPool;

pub(super) struct Harbour {
    pub(super) bed: Bed,
    pub(super) pool: PgPool,
    pub(super) imke: Person,
    pub(super) tor: Person,
    pub(super) vera: Person,
    pub(super) otto: Person,
}

pub(super) fn week(text: &str) -> Week {
    text.parse().unwrap()
}

/// A page of Basket: when it opened, who was told first (at once), what it was; `-` is nothing.
pub(super) type Paged<'p> = (&'p str, &'p str, &'p str);

impl Harbour {
    pub(super) async fn new(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let (imke, tor) = (bed.person("imke").await, bed.person("tor").await);
        let (vera, otto) = (bed.person("vera").await, bed.person("otto").await);
        let shop = bed.team("shop").await;
        let (basket, other) = (bed.team_below("basket", &shop).await, bed.team("other").await);
        for (person, team) in [(&imke, &basket), (&vera, &shop), (&otto, &other)] {
            bed.lead(person, team).await;
        }
        bed.join(&imke, &basket).await;
        bed.join(&tor, &basket).await;
        let promise = "tier: 1\nslos: [{name: up, objective: 99.9, window: 30d}]";
        let yaml = service("till", "basket", promise)
            + &service("shelf", "basket", "tier: 0")
            + &service("bell", "basket", "");
        apply_yaml(&pool, &yaml).await;
        let harbour = Self { bed, pool, imke, tor, vera, otto };
        harbour.lives("imke", "Europe/Amsterdam").await;
        harbour.lives("tor", "America/Toronto").await;
        harbour
    }

    pub(super) async fn lives(&self, handle: &str, zone: &str) {
        let edit = PersonEdit { time_zone: Some(zone.into()), ..PersonEdit::default() };
        people::edit_person(&mut self.bed.as_system().await.cx(), handle, edit, None).await.unwrap();
    }

    pub(super) async fn as_imke(&self) -> Call {
        self.bed.as_person(&self.imke).await
    }

    pub(super) async fn review(&self, name: &str) -> Review {
        review::of_team(&mut self.as_imke().await.cx(), "basket", week(name)).await.unwrap()
    }

    /// Opens pages and ends them an hour later.
    pub(super) async fn pages(&self, pages: &[Paged<'_>]) {
        for (at, told, judgement) in pages {
            self.page("basket", at, told, judgement).await;
        }
    }

    pub(super) async fn page(&self, team: &str, at: &str, told: &str, judgement: &str) {
        let at: Timestamp = at.parse().unwrap();
        sqlx::query(
            "WITH p AS (
               INSERT INTO page (id, state, team_id, summary, severity, urgency, plan, opened_at, acknowledged_at, resolved_at, judgement, judged_at)
               SELECT gen_random_uuid(), 'resolved', id, 'It creaks', 'error', 'now', '{\"steps\": [], \"repeats\": 0}', $2, $2::timestamptz + interval '7 minutes',
                      $2::timestamptz + interval '1 hour', nullif($4, '-'), CASE WHEN $4 <> '-' THEN $2::timestamptz + interval '2 hours' END
               FROM team WHERE slug = $1 RETURNING id)
             INSERT INTO page_event (id, page_id, at, kind, person_id) SELECT gen_random_uuid(), p.id, $2, 'told', w.id FROM p JOIN person w ON w.handle = $3",
        )
        .bind(team)
        .bind(jiff_sqlx::Timestamp::from(at))
        .bind(told)
        .bind(judgement)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    pub(super) async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }
}
