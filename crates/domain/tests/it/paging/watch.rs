//! A company that is paged: Imke leads Basket, Hui is in it; Dele leads Ledger, on which Basket's checkout stands; Otto
//! is in neither.

use std::collections::BTreeMap;

use jiff::ToSpan;
use portolan_domain::{
    Call, PageId,
    paging::{
        self, Incoming, IncomingAlert, IntegrationKind, Keyed, NewIntegration, NewPolicy, NewStep, NewTarget,
        Paged, Says, Severity, Taken,
    },
    people::{Person, Team},
};
use portolan_testkit::{
    Bed,
    catalog::{apply_yaml, service},
};
use sqlx::PgPool;

pub(crate) struct Watch {
    pub(crate) bed: Bed,
    pub(crate) pool: PgPool,
    pub(crate) imke: Person,
    pub(crate) hui: Person,
    pub(crate) dele: Person,
    pub(crate) otto: Person,
    pub(crate) basket: Team,
    pub(crate) key: String,
}

impl Watch {
    pub(crate) async fn new(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let (imke, hui) = (bed.person("imke").await, bed.person("hui").await);
        let (dele, otto) = (bed.person("dele").await, bed.person("otto").await);
        let (basket, ledger) = (bed.team("basket").await, bed.team("ledger").await);
        bed.join(&hui, &basket).await;
        bed.lead(&imke, &basket).await;
        bed.lead(&dele, &ledger).await;
        let yaml = service("checkout", "basket", "dependsOn: [component:default/books]")
            + &service("books", "ledger", "")
            + &service("shelf", "basket", "");
        apply_yaml(&pool, &yaml).await;
        let new = NewIntegration {
            team: "basket".into(),
            kind: IntegrationKind::Alertmanager,
            name: "Alertmanager".into(),
            routes: None,
        };
        let made = paging::create_integration(&mut bed.as_person(&imke).await.cx(), new).await.unwrap();
        Self { bed, pool, imke, hui, dele, otto, basket, key: made.key }
    }

    /// A policy of Basket's that is its default: these people, with these minutes.
    pub(crate) async fn policy(&self, steps: &[(&str, u32)], repeats: u32) {
        let step = |(handle, minutes): &(&str, u32)| NewStep {
            to: NewTarget::Person((*handle).into()),
            minutes: *minutes,
        };
        let new = NewPolicy {
            team: "basket".into(),
            slug: "basket".into(),
            name: "Basket".into(),
            repeats,
            is_default: true,
            steps: steps.iter().map(step).collect(),
        };
        paging::create_policy(&mut self.as_imke().await.cx(), new).await.unwrap();
    }

    pub(crate) async fn as_imke(&self) -> Call {
        self.bed.as_person(&self.imke).await
    }

    pub(crate) async fn as_hui(&self) -> Call {
        self.bed.as_person(&self.hui).await
    }

    pub(crate) async fn keyed(&self) -> Keyed {
        let mut call = self.bed.as_stranger().await;
        paging::open_integration(&mut call.cx(), &self.key, IntegrationKind::Alertmanager).await.unwrap()
    }

    /// A delivery of the group `group` about the service that its alerts name.
    pub(crate) async fn told(&self, group: &str, truncated: u64, alerts: Vec<IncomingAlert>) -> Taken {
        let keyed = self.keyed().await;
        let incoming = Incoming { group_key: group.into(), truncated, alerts };
        paging::take_in(&mut self.bed.as_stranger().await.cx(), &keyed, &incoming).await.unwrap()
    }

    /// Opens a page about checkout.
    pub(crate) async fn page(&self) -> Paged {
        let group = uuid::Uuid::now_v7().to_string();
        let taken = self.told(&group, 0, vec![fires("a")]).await;
        self.paged(taken.opened[0]).await
    }

    pub(crate) async fn paged(&self, number: i64) -> Paged {
        let mut call = self.bed.as_system().await;
        let id = paging::find(&mut call.cx(), &number.to_string()).await.unwrap();
        paging::paged(&mut call.cx(), id).await.unwrap()
    }

    /// What the worker does when the page's job is due.
    pub(crate) async fn advance(&self, id: PageId) {
        paging::advance(&mut self.bed.as_system().await.cx(), id).await.unwrap();
    }

    pub(crate) fn wait(&self, minutes: i64) {
        self.bed.wait(minutes.minutes());
    }

    /// The handles of those told of the page, in order.
    pub(crate) async fn reached(&self, id: PageId) -> Vec<String> {
        sqlx::query_scalar("SELECT p.handle FROM page_event e JOIN person p ON p.id = e.person_id WHERE e.page_id = $1 AND e.kind = 'told' ORDER BY e.id")
            .bind(id)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    pub(crate) async fn kinds(&self, id: PageId) -> Vec<String> {
        sqlx::query_scalar("SELECT kind FROM page_event WHERE page_id = $1 ORDER BY id")
            .bind(id)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// When the page's job is due, in minutes from now; none if there is none.
    pub(crate) async fn due_in(&self, id: PageId) -> Option<i64> {
        let due: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
            "SELECT due_at FROM job WHERE kind = 'page.step' AND dedup_key = $1 AND finished_at IS NULL",
        )
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await
        .unwrap();
        due.map(|at| at.to_jiff().duration_since(self.bed.now()).as_mins())
    }

    /// Takes the page's job off the queue, as a worker does that takes it.
    pub(crate) async fn take_job(&self, id: PageId) {
        sqlx::query("UPDATE job SET finished_at = now(), outcome = 'done', lease = NULL WHERE kind = 'page.step' AND dedup_key = $1 AND finished_at IS NULL")
            .bind(id.to_string())
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// Settles all notices about a page: delivered, or failed.
    pub(crate) async fn settle(&self, id: PageId, state: &str) {
        sqlx::query("UPDATE notice SET state = $2, settled_at = now(), error = 'no such mailbox' WHERE about_id = $1 AND state = 'pending'")
            .bind(id)
            .bind(state)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub(crate) async fn notices(&self, event: &str) -> Vec<String> {
        sqlx::query_scalar("SELECT p.handle || ': ' || n.subject FROM notice n JOIN person p ON p.id = n.person_id WHERE n.event = $1 ORDER BY n.id")
            .bind(event)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    pub(crate) async fn number(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).fetch_one(&self.pool).await.unwrap()
    }
}

pub(crate) fn alert(fingerprint: &str, says: Says, service: &str) -> IncomingAlert {
    IncomingAlert {
        fingerprint: fingerprint.into(),
        says,
        summary: format!("Alert {fingerprint}"),
        severity: Severity::Critical,
        labels: BTreeMap::from([("service".to_owned(), service.to_owned())]),
        link: Some("https://prom.example/graph".into()),
        runbook: None,
        started_at: None,
    }
}

pub(crate) fn fires(fingerprint: &str) -> IncomingAlert {
    alert(fingerprint, Says::Firing, "checkout")
}

pub(crate) fn over(fingerprint: &str) -> IncomingAlert {
    alert(fingerprint, Says::Resolved, "checkout")
}
