//! Terraform's states of what exists: which step works on which, how they are put back and handed out, and what undoing knows.

use std::{cell::RefCell, collections::BTreeMap};

use portolan_domain::{
    Error, ResourceId, activity,
    provisioning::{self, Blame, Came, Locked, Locker, NewRequest, Request, State, StateOf, StepState, Todo},
};
use serde_json::{Map, Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::provisioning::{Shop, executors, failed, new};

const OFFERING: &str = r#"
apiVersion: portolan.dev/v1
kind: Offering
metadata: { name: zone, title: DNS zone }
spec:
  owner: platform
  stage: general
  experience: write-custom-infrastructure-code
  sharing: shared-code
  parameters: { type: object, required: [name], properties: { name: { type: string }, records: { type: array } } }
  steps:
    - { id: plan, uses: terraform, with: { module: { folder: modules/zone }, command: plan, variables: { name: "${{ params.name }}" } } }
    - { id: zone, uses: terraform, with: { module: { folder: modules/zone }, variables: { name: "${{ params.name }}" } } }
    - { id: record, uses: terraform, each: "params.records", with: { module: { folder: modules/record }, variables: { name: "${{ each }}" } } }
    - { id: tell, uses: fake.tell }
  actions:
    - { name: change, title: Change, parameters: { type: object, properties: { name: { type: string } } },
        steps: [{ id: again, uses: terraform, attempts: 1, with: { module: { folder: modules/zone }, variables: { name: "${{ params.name }}" } } }] }
    - { name: take-over, title: Take it over, effect: eject, steps: [{ id: tell, uses: fake.tell }] }
    - { name: remove, title: Remove, effect: remove,
        steps: [{ id: destroy, uses: terraform, with: { module: { folder: modules/zone }, command: destroy } }] }
"#;

/// What was asked of Terraform: step, state, and what was known of it.
type Seen = RefCell<Vec<(String, Todo)>>;

struct Zones {
    shop: Shop,
    seen: Seen,
}

impl Zones {
    async fn new(pool: PgPool) -> Self {
        let shop = Shop::new(pool).await;
        let mut call = shop.bed.as_system().await;
        provisioning::write_offering(&mut call.cx(), OFFERING, &executors()).await.unwrap();
        drop(call);
        Self { shop, seen: Seen::default() }
    }

    async fn ask(&self, params: Value) -> Request {
        let asked = NewRequest { offering: "zone".into(), ..new(params) };
        self.shop.ask_as(&self.shop.imke, asked, None).await.unwrap()
    }

    async fn act(&self, on: ResourceId, action: &str, params: Value) -> Request {
        let Value::Object(params) = params else { panic!("an object") };
        let mut call = self.shop.bed.as_person(&self.shop.imke).await;
        provisioning::act(&mut call.cx(), self.shop.key(), on, action, params, "", None).await.unwrap()
    }

    /// As the executor: what it noted before stays beside what it adds.
    fn does(&self, todo: &Todo) -> Came {
        self.seen.borrow_mut().push((todo.name.clone(), todo.clone()));
        let mut effect = todo.effect.clone().unwrap_or(json!({}));
        if todo.input["command"] == "plan" {
            effect["planned"] = json!("one to add");
        }
        Came::Done { outputs: Map::new(), secrets: BTreeMap::new(), effect }
    }

    fn state(&self, step: &str) -> Uuid {
        let seen = self.seen.borrow();
        seen.iter()
            .rev()
            .find(|(name, _)| name == step)
            .and_then(|(_, todo)| Some(todo.on_state.as_ref()?.id))
            .unwrap()
    }

    async fn write(&self, state: Uuid, lock: &str, body: &str) {
        let key = self.shop.key();
        let mut call = self.shop.bed.as_system().await;
        let password = provisioning::state_password(key.unwrap(), state);
        let open = provisioning::open_state(key, state, "portolan", &password).unwrap();
        let by = Locker { step: Uuid::now_v7(), turn: 1 };
        let info = json!({ "ID": lock }).to_string();
        provisioning::lock_state(&mut call.cx(), open, by, info.as_bytes()).await.unwrap();
        let written =
            provisioning::write_state(&mut call.cx(), key, open, Some(lock), body.as_bytes()).await.unwrap();
        assert!(matches!(written, Locked::Done(_)), "{written:?}");
        if lock != "kept" {
            provisioning::unlock_state(&mut call.cx(), open, lock).await.unwrap();
        }
    }

    async fn states(&self, of: ResourceId) -> Vec<StateOf> {
        let mut call = self.shop.bed.as_person(&self.shop.imke).await;
        provisioning::states_of(&mut call.cx(), of).await.unwrap()
    }

    async fn made(&self) -> ResourceId {
        let request = self.ask(json!({ "name": "shop", "records": ["www", "mail"] })).await;
        self.shop.work(|todo| self.does(todo)).await;
        let request = self.shop.request(request.number).await;
        request.resource.unwrap_or_else(|| panic!("{:?}", request.failure)).id
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn each_module_and_item_has_a_state_and_actions_find_it_again(pool: PgPool) {
    let zones = Zones::new(pool).await;
    let id = zones.made().await;
    let of = |n: usize| zones.seen.borrow()[n].1.on_state.clone().unwrap();
    assert_eq!(of(0).id, of(1).id, "what was planned is applied");
    assert_eq!((of(0).planned, of(1).planned), (None, Some(json!("one to add"))));
    assert!(of(1).id != of(2).id && of(2).id != of(3).id, "nothing else shares it");
    assert!(zones.seen.borrow()[4].1.on_state.is_none(), "and others have none");
    let maker = zones.seen.borrow()[1].1.maker;
    zones.act(id, "change", json!({ "name": "shop2" })).await;
    zones.shop.work(|todo| zones.does(todo)).await;
    let again = zones.seen.borrow().last().unwrap().1.clone();
    assert!(again.acts && again.maker == maker && again.on_state.unwrap().id == of(1).id);
    let names: Vec<_> = zones.states(id).await.into_iter().map(|state| state.name).collect();
    assert_eq!(names, ["modules/record[mail]", "modules/record[www]", "modules/zone"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_state_is_put_back_by_its_platform_and_handed_to_whoever_takes_it_over(pool: PgPool) {
    let zones = Zones::new(pool).await;
    let (id, shop) = (zones.made().await, &zones.shop);
    let (state, other) = (zones.state("zone"), Uuid::now_v7());
    zones.write(state, "a", r#"{"serial":1,"secret":"t0p"}"#).await;
    zones.write(state, "b", r#"{"serial":2}"#).await;
    let (mut imke, mut pia) = (shop.bed.as_person(&shop.imke).await, shop.bed.as_person(&shop.pia).await);
    let refused = provisioning::restore_state(&mut imke.cx(), shop.key(), id, state, 1).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    for (state, version) in [(other, 1), (state, 9)] {
        let unknown = provisioning::restore_state(&mut pia.cx(), shop.key(), id, state, version).await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
    }
    let restored = provisioning::restore_state(&mut pia.cx(), shop.key(), id, state, 1).await.unwrap();
    assert_eq!(restored, 3, "a new version");
    let early = provisioning::export_state(&mut imke.cx(), shop.key(), id, state).await;
    assert!(matches!(early, Err(Error::Forbidden(_))), "it may need somebody's word: {early:?}");
    let export = provisioning::export_state(&mut pia.cx(), shop.key(), id, state).await.unwrap();
    assert_eq!(export, br#"{"serial":1,"secret":"t0p"}"#, "with the content of the old one");
    let serials: Vec<_> = zones
        .states(id)
        .await
        .into_iter()
        .find(|s| s.id == state)
        .unwrap()
        .versions
        .iter()
        .map(|v| v.serial)
        .collect();
    assert_eq!(serials, [3, 2, 1]);
    let (acts, _) = activity::latest(&mut imke.cx(), &format!("resource:{id}"), 10).await.unwrap();
    let told: Vec<_> = acts.iter().map(|act| (act.actor.as_str(), act.verb.as_str())).collect();
    assert_eq!(told[..2], [("pia", "resource.state-handed-out"), ("pia", "resource.state-restored")]);
    assert!(!format!("{acts:?}").contains("t0p"));

    zones.write(state, "kept", r#"{"serial":4}"#).await;
    assert!(zones.states(id).await.iter().any(|s| s.id == state && s.held_since.is_some()));
    let busy = provisioning::restore_state(&mut pia.cx(), shop.key(), id, state, 1).await;
    assert!(matches!(busy, Err(Error::Conflict(_))), "{busy:?}");
    let stranger = shop.bed.person("stranger").await;
    let mut stranger = shop.bed.as_person(&stranger).await;
    let refused = provisioning::export_state(&mut stranger.cx(), shop.key(), id, state).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn undoing_an_action_knows_what_was_applied_before(pool: PgPool) {
    let zones = Zones::new(pool).await;
    let id = zones.made().await;
    let request = zones.act(id, "change", json!({ "name": "shop2" })).await;
    zones.shop.work(|_| failed(Blame::Platform, false)).await;
    let mut call = zones.shop.bed.as_person(&zones.shop.imke).await;
    provisioning::undo(&mut call.cx(), request.number).await.unwrap();
    zones.shop.work(|todo| zones.does(todo)).await;
    let undone = zones.seen.borrow().last().unwrap().1.clone();
    assert!(undone.undo && undone.acts);
    assert_eq!(undone.on_state.unwrap().former.unwrap()["variables"], json!({ "name": "shop" }));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_modules_in_one_state_are_refused_before_anything_is_done(pool: PgPool) {
    let zones = Zones::new(pool).await;
    let mut call = zones.shop.bed.as_system().await;
    let twice = OFFERING
        .replace("modules/record }", "modules/zone }, state: modules/zone")
        .replace("each: \"params.records\", ", "");
    provisioning::write_offering(&mut call.cx(), &twice, &executors()).await.unwrap();
    let request = zones.ask(json!({ "name": "shop" })).await;
    assert_eq!(zones.shop.work(|todo| zones.does(todo)).await, ["plan 1", "zone 1"]);
    let stuck = zones.shop.request(request.number).await;
    assert_eq!(stuck.state, State::NeedsAttention);
    let why = stuck.failure.unwrap().why;
    assert!(why.contains("is that of the step zone"), "{why}");
}

/// What was begun is undone or left with a reason; waiting for the other side is no attempt, and what cannot be is not tried on.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn undoing_is_told_as_it_went(pool: PgPool) {
    let zones = Zones::new(pool).await;
    let request = zones.ask(json!({ "name": "shop", "records": ["www"] })).await;
    let stops =
        |todo: &Todo| if todo.name == "record" { failed(Blame::Platform, false) } else { zones.does(todo) };
    zones.shop.work(stops).await;
    // somebody has it tried again, and takes it back before the worker comes to it
    let mut call = zones.shop.bed.as_person(&zones.shop.imke).await;
    provisioning::retry(&mut call.cx(), request.number).await.unwrap();
    provisioning::cancel(&mut call.cx(), request.number, "").await.unwrap();
    let looks = RefCell::new(0);
    let undoing = |todo: &Todo| match todo.name.as_str() {
        "record" if *looks.borrow() < 8 => {
            *looks.borrow_mut() += 1;
            Came::Later { after: std::time::Duration::ZERO, effect: todo.effect.clone().unwrap() }
        }
        "zone" => failed(Blame::Platform, false),
        _ => zones.does(todo),
    };
    let told = zones.shop.work(undoing).await;
    assert_eq!(told[..9], vec!["undo record 1"; 9][..], "waiting counts as no attempt");
    assert_eq!(told[9..], ["undo zone 1", "undo plan 1"], "and what cannot be is not tried again");
    let over = zones.shop.request(request.number).await;
    assert_eq!((over.state, over.left_over), (State::Cancelled, true));
    let steps = provisioning::steps(&mut call.cx(), &over).await.unwrap();
    let states: Vec<_> = steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Undone, StepState::Left, StepState::Undone, StepState::Waiting]);
}
