//! What a run brings into the catalog, and what it must not touch there.

use super::*;

/// Makes a repository, and takes its descriptor in.
const REPOSITORY: &str = r#"
apiVersion: portolan.dev/v1
kind: Offering
metadata: { name: service, title: New service }
spec:
  owner: platform
  stage: general
  experience: push-code
  sharing: packaged-service
  makes: { kind: component, type: service, name: "${{ params.name }}" }
  parameters:
    type: object
    required: [name]
    properties: { name: { type: string }, descriptor: { type: string } }
  steps:
    - { id: make, uses: fake.make, with: { name: "${{ params.name }}" } }
    - { id: register, uses: catalog.register, with: { document: "${{ params.descriptor }}" } }
    - { id: tell, uses: fake.tell, attempts: 1 }
  actions:
    - { name: remove, title: Remove, effect: remove, steps: [{ id: drop, uses: fake.tell }] }
"#;

fn descriptor(name: &str, owner: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{ name: {name} }}\nspec: {{ type: service, lifecycle: production, owner: {owner} }}\n"
    )
}

async fn shop(pool: PgPool) -> Shop {
    let shop = Shop::new(pool).await;
    let mut call = shop.bed.as_system().await;
    provisioning::write_offering(&mut call.cx(), REPOSITORY, &executors()).await.unwrap();
    drop(call);
    shop
}

async fn ask(shop: &Shop, name: &str, descriptor: String) -> Request {
    let params = json!({ "name": name, "descriptor": descriptor });
    let new = NewRequest { offering: "service".into(), ..new(params) };
    shop.ask_as(&shop.imke, new, None).await.unwrap()
}

async fn entity(shop: &Shop, reference: &str) -> Option<catalog::Entity> {
    let mut call = shop.bed.as_person(&shop.imke).await;
    let reference = EntityRef::parse(reference, Some("component"), "default").unwrap();
    catalog::get(&mut call.cx(), &reference).await.ok()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_a_run_brought_in_goes_with_it(pool: PgPool) {
    let shop = shop(pool).await;
    // undone: the entry too
    let request = ask(&shop, "slots", descriptor("slots", "basket")).await;
    let last = |todo: &Todo| {
        if todo.name == "tell" && !todo.undo { failed(Blame::Input, false) } else { done(todo) }
    };
    assert_eq!(shop.work(last).await, ["make 1", "tell 1", "undo tell 1", "undo make 1"]);
    let over = shop.request(request.number).await;
    assert_eq!((over.state, over.left_over), (State::Failed, false), "nothing is left");
    assert!(entity(&shop, "slots").await.is_none());
    // made: it is the resource's entry, and goes when that is removed
    let request = ask(&shop, "slots", descriptor("slots", "basket")).await;
    shop.work(done).await;
    let id = shop.request(request.number).await.resource.unwrap().id;
    assert!(entity(&shop, "slots").await.is_some());
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let resource = provisioning::resource(&mut imke.cx(), id).await.unwrap();
    assert_eq!(resource.entity_ref.as_deref(), Some("component:default/slots"));
    provisioning::act(&mut imke.cx(), shop.key(), id, "remove", Map::new(), "", None).await.unwrap();
    shop.work(done).await;
    assert!(entity(&shop, "slots").await.is_none());
}

/// What people type gets into descriptors: it is held to what they may do themselves.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nobody_takes_in_what_is_not_theirs(pool: PgPool) {
    let shop = shop(pool.clone()).await;
    let group = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: { name: evil }\nspec: { type: team, children: [] }\n";
    for (name, bad) in [
        ("one", descriptor("one", "platform")),
        ("two", descriptor("till", "basket")),
        ("three", format!("{}---\n{group}", descriptor("three", "basket"))),
    ] {
        let request = ask(&shop, name, bad).await;
        shop.work(done).await;
        let stuck = shop.request(request.number).await;
        assert_eq!(stuck.state, State::NeedsAttention, "{name}: {:?}", stuck.failure);
        assert!(stuck.failure.unwrap().why.starts_with("The catalog did not take the descriptor"), "{name}");
        assert!(entity(&shop, name).await.is_none(), "all or nothing");
    }
    let tier: Option<i16> =
        sqlx::query_scalar("SELECT tier FROM entity WHERE name = 'till'").fetch_one(&pool).await.unwrap();
    assert_eq!(tier, Some(0), "what another source describes stays as it is");
}

/// Somebody registers the foreseen name meanwhile: before it runs it is refused, in its middle theirs stays theirs.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_somebody_else_registered_is_not_taken(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let early = shop.ask(json!({ "name": "early" })).await.unwrap();
    let database = |name: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {{ name: {name} }}\nspec: {{ type: database, owner: platform }}\n"
        )
    };
    apply_yaml(&pool, &database("early-db")).await;
    assert!(shop.work(done).await.is_empty());
    let refused = shop.request(early.number).await;
    assert_eq!(refused.state, State::Refused);
    assert!(refused.failure.unwrap().why.contains("which the catalog has already"));

    let late = shop.ask(json!({ "name": "late" })).await.unwrap();
    let mut call = shop.bed.as_system().await;
    let (claim, todo) = shop.begin().await;
    apply_yaml(&pool, &database("late-db")).await;
    provisioning::came(&mut call.cx(), &claim, shop.key(), &todo, done(&todo)).await.unwrap();
    shop.work(done).await;
    let made = shop.request(late.number).await;
    assert_eq!(made.state, State::Succeeded);
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let resource = provisioning::resource(&mut imke.cx(), made.resource.unwrap().id).await.unwrap();
    assert_eq!((resource.entity_ref, resource.team.slug.as_str()), (None, "basket"));
}

/// The offering's source is shared: what another thing names too, or another team owns by now, stays when one goes.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_others_have_too_stays(pool: PgPool) {
    let shop = shop(pool.clone()).await;
    let with = |name: &str, more: &[&str]| {
        let all = more.iter().map(|more| format!("---\n{}", descriptor(more, "basket")));
        descriptor(name, "basket") + &all.collect::<String>()
    };
    let first = ask(&shop, "first", with("first", &["shared", "given", "own"])).await;
    shop.work(done).await;
    ask(&shop, "second", with("second", &["shared"])).await;
    shop.work(done).await;
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let (what, to) = ("component:default/given", "group:default/platform");
    catalog::ownership::hand_over(&mut maya.cx(), what, to, "they run it", None).await.unwrap();
    let id = shop.request(first.number).await.resource.unwrap().id;
    provisioning::act(&mut maya.cx(), shop.key(), id, "remove", Map::new(), "", None).await.unwrap();
    shop.work(done).await;
    let mut there = Vec::new();
    for name in ["first", "own", "shared", "given", "second"] {
        there.push((name, entity(&shop, name).await.is_some()));
    }
    assert_eq!(
        there,
        [("first", false), ("own", false), ("shared", true), ("given", true), ("second", true)]
    );
}
