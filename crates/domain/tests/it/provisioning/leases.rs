//! What ends, and who is told before.

use super::*;

async fn sweep(shop: &Shop) -> u64 {
    let mut call = shop.bed.as_system().await;
    Box::pin(provisioning::sweep_resources(&mut call.cx())).await.unwrap()
}

async fn made(shop: &Shop, new: NewRequest) -> provisioning::Resource {
    let request = shop.ask_as(&shop.imke, new, None).await.unwrap();
    shop.work(done).await;
    let id = shop.request(request.number).await.resource.unwrap().id;
    resource(shop, id).await
}

async fn resource(shop: &Shop, id: portolan_domain::ResourceId) -> provisioning::Resource {
    let mut call = shop.bed.as_person(&shop.maya).await;
    provisioning::resource(&mut call.cx(), id).await.unwrap()
}

/// Its removal is asked for and waits for a word; whoever renews it meanwhile keeps it.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn renewing_takes_the_removal_back(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let slots = made(&shop, NewRequest { service: "till".into(), ..new(json!({ "name": "slots" })) }).await;
    shop.bed.wait((24 * 24).hours());
    assert_eq!(sweep(&shop).await, 1, "warned");
    shop.bed.wait((7 * 24).hours());
    assert_eq!(sweep(&shop).await, 1, "its removal is asked for");
    let removal = resource(&shop, slots.id).await.open_request.unwrap();
    assert_eq!(shop.request(removal).await.state, State::AwaitingApproval, "a service of tier 0 uses it");
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let kept = provisioning::renew(&mut imke.cx(), slots.id).await.unwrap();
    assert_eq!(kept.expires_at, Some(shop.bed.now() + SignedDuration::from_hours(24 * 30)));
    assert_eq!(shop.request(removal).await.state, State::Cancelled);
    let mut maya = shop.bed.as_person(&shop.maya).await;
    assert!(provisioning::waits_on_me(&mut maya.cx()).await.unwrap().is_empty(), "nobody is asked any more");
    assert!(shop.work(done).await.is_empty());
    assert_eq!(resource(&shop, slots.id).await.state, ResourceState::Active);
}

/// The worker is about to begin it: then it looks once more, and it stays.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_removal_that_runs_is_not_renewed_away(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let slots = made(&shop, new(json!({ "name": "slots" }))).await;
    shop.bed.wait((24 * 24).hours());
    sweep(&shop).await;
    shop.bed.wait((7 * 24).hours());
    sweep(&shop).await;
    let mut system = shop.bed.as_system().await;
    let (claim, drop) = shop.begin().await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let late = provisioning::renew(&mut imke.cx(), slots.id).await;
    let Err(Error::Conflict(why)) = late else { panic!("{late:?}") };
    assert!(why.contains("is removing it already"), "{why}");
    provisioning::came(&mut system.cx(), &claim, shop.key(), &drop, done(&drop)).await.unwrap();
    shop.work(done).await;
    assert_eq!(resource(&shop, slots.id).await.state, ResourceState::Removed);
}

/// The portal was away when it should have warned: nothing is cleaned up in the same breath.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nothing_is_cleaned_up_unwarned(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let slots = made(&shop, new(json!({ "name": "slots" }))).await;
    shop.bed.wait((40 * 24).hours());
    assert_eq!(sweep(&shop).await, 1);
    assert_eq!(resource(&shop, slots.id).await.open_request, None, "its team has a day");
    shop.bed.wait(25.hours());
    assert_eq!(sweep(&shop).await, 1);
    assert!(resource(&shop, slots.id).await.open_request.is_some());
}

/// Half a day is a day, and what lives shorter than any warning is warned of in the middle of its time.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_short_life_is_warned_of_too(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let short = OFFERING.replace("environment == 'production' ? 0 : 30", "0.5");
    provisioning::write_offering(&mut pia.cx(), &short, &executors()).await.unwrap();
    let slots = made(&shop, new(json!({ "name": "slots" }))).await;
    assert_eq!(slots.expires_at, Some(shop.bed.now() + SignedDuration::from_hours(24)));
    shop.bed.wait(13.hours());
    assert_eq!((sweep(&shop).await, sweep(&shop).await), (1, 0), "warned once");
    shop.bed.wait(12.hours());
    assert_eq!(sweep(&shop).await, 1);
    assert_eq!(shop.work(done).await, ["drop 1"]);
}

/// A no holds for a month: nobody is asked each day whether they mean it.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_refused_removal_is_not_asked_for_again_at_once(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let slots = made(&shop, NewRequest { service: "till".into(), ..new(json!({ "name": "slots" })) }).await;
    shop.bed.wait((24 * 24).hours());
    sweep(&shop).await;
    shop.bed.wait((7 * 24).hours());
    sweep(&shop).await;
    let removal = resource(&shop, slots.id).await.open_request.unwrap();
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let removal = provisioning::request(&mut maya.cx(), removal).await.unwrap();
    let approval = provisioning::approvals(&mut maya.cx(), &removal).await.unwrap().remove(0);
    provisioning::decide(&mut maya.cx(), removal.number, approval.id, false, "the till needs it")
        .await
        .unwrap();
    shop.bed.wait((10 * 24).hours());
    assert_eq!(sweep(&shop).await, 0);
    shop.bed.wait((21 * 24).hours());
    assert_eq!(sweep(&shop).await, 1, "but not for ever");
}

/// A review cleans nothing up; it is asked for each week until somebody answers, for a month.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_review_is_asked_for_until_it_is_done(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let production = NewRequest { environment: "production".into(), ..new(json!({ "name": "slots" })) };
    let slots = made(&shop, production).await;
    assert_eq!(slots.expires_at, None);
    shop.bed.wait((358 * 24 + 1).hours());
    let mut told = 0;
    for _ in 0..10 {
        told += sweep(&shop).await;
        shop.bed.wait((7 * 24).hours());
    }
    assert!((5..=7).contains(&told), "{told}");
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let kept = provisioning::renew(&mut imke.cx(), slots.id).await.unwrap();
    assert_eq!(kept.review_at, Some(shop.bed.now() + SignedDuration::from_hours(24 * 365)));
}

/// What exists follows the owner of its entity, and its credentials are for whoever owns it now.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_handed_over_belongs_to_the_other_team(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let slots = made(&shop, new(json!({ "name": "slots" }))).await;
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let (what, to) = ("resource:default/slots-db", "group:default/platform");
    catalog::ownership::hand_over(&mut maya.cx(), what, to, "they run it", None).await.unwrap();
    assert_eq!(resource(&shop, slots.id).await.team.slug, "platform");
    let list = |team| ResourceFilter { team: Some(team), ..ResourceFilter::default() };
    let of_basket =
        provisioning::resources(&mut maya.cx(), &list(shop.basket.id), None, Limit::default()).await.unwrap();
    assert_eq!(of_basket.total, 0);
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let hers = provisioning::reveal(&mut imke.cx(), shop.key(), slots.id).await;
    assert!(matches!(hers, Err(Error::Forbidden(_))), "{hers:?}");
    let mut pia = shop.bed.as_person(&shop.pia).await;
    provisioning::reveal(&mut pia.cx(), shop.key(), slots.id).await.unwrap();
}

/// An upgrade is held to all that the new version says of the whole thing, without counting the thing itself.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_upgrade_is_held_to_the_new_version(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let slots = made(&shop, new(json!({ "name": "slots" }))).await;
    made(&shop, new(json!({ "name": "other" }))).await;
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let upgrade = "    - { name: upgrade, title: Upgrade, effect: upgrade, steps: [{ id: up, uses: fake.tell }], parameters: { type: object, properties: { zone: { type: string } } } }\n";
    let second = OFFERING.replace("      password: {", "      zone: { type: string, minLength: 3 }\n      backups: { type: integer, default: 7 }\n      password: {")
        .replace("required: [name]", "required: [name, zone]")
        .replace("  actions:\n", &format!("  actions:\n{upgrade}"));
    provisioning::write_offering(&mut pia.cx(), &second, &executors()).await.unwrap();
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let without =
        provisioning::act(&mut imke.cx(), shop.key(), slots.id, "upgrade", Map::new(), "", None).await;
    let Err(Error::Invalid(problems)) = without else { panic!("{without:?}") };
    assert_eq!(problems[0].field, "params.zone");
    let zone = json!({ "zone": "eu-west" }).as_object().unwrap().clone();
    let asked =
        provisioning::act(&mut imke.cx(), shop.key(), slots.id, "upgrade", zone, "", None).await.unwrap();
    assert!(asked.verdict.guardrails.iter().any(|s| s.guardrail == "quota" && s.outcome == Outcome::Fits));
    shop.work(done).await;
    let now = resource(&shop, slots.id).await;
    assert_eq!((now.version, &now.params["zone"], &now.params["backups"]), (2, &json!("eu-west"), &json!(7)));
}

/// A required secret was given when it was made: an upgrade is held to the guardrails all the same.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_upgrade_of_what_has_a_secret_is_held_to_the_guardrails(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let needed = OFFERING.replace("required: [name]", "required: [name, password]");
    provisioning::write_offering(&mut pia.cx(), &needed, &executors()).await.unwrap();
    let slots = made(&shop, new(json!({ "name": "slots", "password": "hush-hush" }))).await;
    let upgrade =
        "    - { name: upgrade, title: Upgrade, effect: upgrade, steps: [{ id: up, uses: fake.tell }] }\n";
    let second = needed
        .replace("  actions:\n", &format!("  actions:\n{upgrade}"))
        .replace("existing.count < 2", "existing.count < 0");
    provisioning::write_offering(&mut pia.cx(), &second, &executors()).await.unwrap();
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let late = provisioning::act(&mut imke.cx(), shop.key(), slots.id, "upgrade", Map::new(), "", None).await;
    let Err(Error::Invalid(problems)) = late else { panic!("{late:?}") };
    assert_eq!(problems[0].field, "guardrail.quota", "{problems:?}");
}
