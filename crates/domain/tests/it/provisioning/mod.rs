//! Self-service, from asking to having and back.

mod entries;
mod hidden;
mod leases;
mod life;
mod operated;
mod races;

use std::collections::BTreeMap;

use jiff::{SignedDuration, ToSpan};
use portolan_domain::{
    Error, Limit,
    catalog::{self, EntityRef},
    people::{Person, Team},
    provisioning::{
        self, Blame, Came, ExecutorFacts, Executors, Failure, NewRequest, NewWaiver, Outcome, RUN, Request,
        RequestFilter, ResourceFilter, ResourceState, State, StepState, Todo, Turn,
    },
    sealing::SealingKey,
    settings::{self, Settings},
    work::{self, Room},
};
use portolan_testkit::{
    Bed,
    catalog::{apply_yaml, service},
};
use serde_json::{Map, Value, json};
use sqlx::PgPool;

const OFFERING: &str = r#"
apiVersion: portolan.dev/v1
kind: Offering
metadata: { name: database, title: PostgreSQL database, description: Backups and rotation included. }
spec:
  owner: platform
  stage: general
  experience: package-with-standard-infrastructure-code
  sharing: packaged-service
  provenForTier: 1
  makes: { kind: resource, type: database, name: "${{ params.name }}-db" }
  parameters:
    type: object
    required: [name]
    additionalProperties: false
    properties:
      name: { type: string, pattern: "^[a-z][a-z0-9-]{2,30}$" }
      size: { enum: [small, large], default: small }
      password: { type: string, x-secret: true }
  cost: { monthly: "params.size == 'large' ? 402 : 31", currency: EUR }
  guardrails:
    - { name: quota, ensure: "existing.count < 2", otherwise: deny, message: "${{ team.name }} has ${{ existing.count }} of 2; remove one first." }
    - { name: cheap, ensure: "cost < 200", otherwise: approve, message: "€${{ cost }} a month; small costs €31.", parameter: size, approvals: [lead] }
  approvals:
    - { name: lead, because: "-", by: [lead], withinHours: 24 }
  steps:
    - { id: make, uses: fake.make, with: { name: "${{ params.name }}" }, attempts: 2 }
    - { id: extra, uses: fake.make, if: "params.size == 'large'", with: { name: extra } }
    - { id: tell, uses: fake.tell, with: { url: "${{ steps.make.url }}", password: "${{ steps.make.password }}" }, attempts: 1 }
  outputs:
    - { name: url, value: "${{ steps.make.url }}" }
    - { name: password, title: Password, value: "${{ steps.make.password }}", secret: true }
  expiry: { afterDays: "environment == 'production' ? 0 : 30", reviewAfterDays: 365, warnDays: [7] }
  actions:
    - { name: remove, title: Remove, effect: remove, steps: [{ id: drop, uses: fake.tell, with: { name: "${{ resource.name }}" } }] }
    - { name: grow, title: Make it larger, steps: [{ id: grow, uses: fake.tell }], parameters: { type: object, properties: { size: { enum: [small, large] } } } }
"#;

/// Platform is Pia's, who is no member of Basket; Basket is Imke's and Maya's, and Maya leads it.
pub(crate) struct Shop {
    pub(crate) bed: Bed,
    pub(crate) imke: Person,
    maya: Person,
    pub(crate) pia: Person,
    basket: Team,
}

pub(crate) fn executors() -> Executors {
    let one = |name| ExecutorFacts { name, about: "", check: |_| Vec::new() };
    Executors::new([one("fake.make"), one("fake.tell"), one("terraform")])
}

impl Shop {
    pub(crate) async fn new(pool: PgPool) -> Self {
        let bed = Bed::with(pool.clone(), |portal| {
            portal.sealing_key = Some(SealingKey::new([7; 32]));
            portal.executors = executors();
        });
        let (imke, maya, pia) = (bed.person("imke").await, bed.person("maya").await, bed.person("pia").await);
        let (basket, platform) = (bed.team("basket").await, bed.team("platform").await);
        bed.join(&imke, &basket).await;
        bed.join(&maya, &basket).await;
        bed.join(&pia, &platform).await;
        let edit =
            portolan_domain::people::TeamEdit { lead: Some(Some("maya".into())), ..Default::default() };
        let mut call = bed.as_system().await;
        portolan_domain::people::edit_team(&mut call.cx(), "basket", edit, None).await.unwrap();
        provisioning::write_offering(&mut call.cx(), OFFERING, &executors()).await.unwrap();
        drop(call);
        apply_yaml(&pool, &service("till", "basket", "tier: 0")).await;
        Self { bed, imke, maya, pia, basket }
    }

    pub(crate) fn key(&self) -> Option<&SealingKey> {
        self.bed.portal().sealing_key.as_ref()
    }

    async fn ask(&self, params: Value) -> portolan_domain::Result<Request> {
        self.ask_as(&self.imke, new(params), None).await
    }

    pub(crate) async fn ask_as(
        &self,
        who: &Person,
        new: NewRequest,
        key: Option<&str>,
    ) -> portolan_domain::Result<Request> {
        let mut call = self.bed.as_person(who).await;
        provisioning::submit(&mut call.cx(), self.key(), new, key).await
    }

    pub(crate) async fn request(&self, number: i64) -> Request {
        let mut call = self.bed.as_person(&self.imke).await;
        provisioning::request(&mut call.cx(), number).await.unwrap()
    }

    /// Jobs of requests that are due, as a worker takes them.
    pub(crate) async fn claims(&self, jobs: i64) -> Vec<work::Claim> {
        let mut call = self.bed.as_system().await;
        let rooms = [Room { kind: RUN, jobs }];
        work::claim(&mut call.cx(), &rooms, SignedDuration::from_secs(30)).await.unwrap()
    }

    /// The next job and the step that it is at, begun and not ended.
    pub(crate) async fn begin(&self) -> (work::Claim, Box<Todo>) {
        let claim = self.claims(1).await.pop().unwrap();
        let mut call = self.bed.as_system().await;
        match provisioning::turn(&mut call.cx(), &claim, self.key()).await.unwrap() {
            Turn::Do(todo) => (claim, todo),
            other => panic!("no step: {other:?}"),
        }
    }

    /// The worker, until there is nothing to do now: each step is done by `act`, and what was done is told in order.
    pub(crate) async fn work(&self, act: impl Fn(&Todo) -> Came) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..100 {
            let Some(claim) = self.claims(1).await.pop() else { return told };
            let mut call = self.bed.as_system().await;
            match Box::pin(provisioning::turn(&mut call.cx(), &claim, self.key())).await.unwrap() {
                Turn::Over => work::finish(&mut call.cx(), &claim).await.unwrap(),
                Turn::Later(at) => work::rest(&mut call.cx(), &claim, at).await.unwrap(),
                Turn::Do(todo) => {
                    told.push(format!(
                        "{}{} {}",
                        if todo.undo { "undo " } else { "" },
                        todo.name,
                        todo.attempt
                    ));
                    provisioning::came(&mut call.cx(), &claim, self.key(), &todo, act(&todo)).await.unwrap();
                }
            }
        }
        panic!("it never ends: {told:?}")
    }
}

pub(crate) fn new(params: Value) -> NewRequest {
    let Value::Object(params) = params else { panic!("an object") };
    NewRequest { offering: "database".into(), team: "basket".into(), params, ..NewRequest::default() }
}

fn done(todo: &Todo) -> Came {
    let mut outputs = Map::new();
    outputs.insert("url".into(), json!(format!("db://{}", todo.input["name"].as_str().unwrap_or_default())));
    let secrets = BTreeMap::from([("password".to_owned(), "s3cret-s3cret".to_owned())]);
    Came::Done { outputs, secrets, effect: json!({ "made": true }) }
}

pub(crate) fn failed(blame: Blame, again: bool) -> Came {
    let failure = Failure { blame, why: "It did not answer.".into(), next: "Look at it.".into() };
    Came::Failed { failure, again, effect: None }
}
