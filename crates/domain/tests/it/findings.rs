//! What drifted, and how it is told.

use portolan_domain::{
    Error, Limit,
    catalog::findings::{self, Filter, Kind},
};
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn every_kind_of_drift_is_found_with_its_consequence(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/a-orphan", None).await;
    world.entity("component:default/b-unknown", None).await;
    world.sql("UPDATE entity SET owner_ref = 'group:default/checkouts', owner_declared = 'group:default/checkouts' WHERE name = 'b-unknown'").await;
    world.entity("component:default/c-empty", Some("recipes")).await;
    world.entity("component:default/d-left", None).await;
    world.sql("UPDATE entity SET owner_ref = 'user:default/selma', owner_person_id = (SELECT id FROM person WHERE handle = 'selma') WHERE name = 'd-left'").await;
    world.entity("component:default/e-bare", Some("basket")).await;
    world.sql("UPDATE entity SET tier = 1 WHERE name = 'e-bare'").await;
    world.entity("component:default/f-gone", Some("basket")).await;
    world.sql("UPDATE entity SET orphaned_at = now() WHERE name = 'f-gone'").await;
    world.entity("component:default/g-dangling", Some("basket")).await;
    world.relate("component:default/g-dangling", "dependsOn", "resource:default/nothing").await;
    world.entity("component:default/h-drift", Some("basket")).await;
    world.sql("INSERT INTO source (id, name, created_at, last_applied_at) VALUES (gen_random_uuid(), 'git', now(), now())").await;
    world.sql("UPDATE entity SET source_id = (SELECT id FROM source), location = 'h.yaml', owner_declared = 'group:default/pricing' WHERE name = 'h-drift'").await;
    world.entity("component:default/i-fine", Some("basket")).await;

    let mut call = world.call("imke").await;
    let page = findings::list(&mut call.cx(), &Filter::default(), None, Limit::default()).await.unwrap();
    let told: Vec<_> = page.items.iter().map(|f| (f.kind, f.entity_title.as_str())).collect();
    assert_eq!(
        told,
        [
            (Kind::NoOwner, "a-orphan"),
            (Kind::OwnerUnknown, "b-unknown"),
            (Kind::TeamEmpty, "c-empty"),
            (Kind::OwnerInactive, "d-left"),
            (Kind::NotRoundTheClock, "e-bare"),
            (Kind::NoRunbook, "e-bare"),
            (Kind::Orphaned, "f-gone"),
            (Kind::Dangling, "g-dangling"),
            (Kind::DescriptorDrift, "h-drift"),
        ]
    );
    assert_eq!(page.total, 9);
    let says = |kind: Kind| page.items.iter().find(|f| f.kind == kind).unwrap().consequence();
    assert!(says(Kind::OwnerUnknown).contains("group:default/checkouts"));
    assert!(says(Kind::TeamEmpty).contains("Recipes"));
    assert!(says(Kind::OwnerInactive).contains("Selma"));
    assert!(says(Kind::NotRoundTheClock).starts_with("Tier 1: Basket has nobody on call"));
    assert!(says(Kind::Dangling).contains("resource:default/nothing"));
    assert!(
        says(Kind::DescriptorDrift).contains("group:default/pricing")
            && says(Kind::DescriptorDrift).contains("git: h.yaml")
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_list_is_filtered_counted_and_paged(pool: PgPool) {
    let world = World::new(pool).await;
    for n in 0..7 {
        world.entity(&format!("component:default/o{n}"), None).await;
        world.entity(&format!("component:default/b{n}"), Some("basket")).await;
    }
    world.entity("component:default/p", Some("pricing")).await;
    world.sql("UPDATE entity SET tier = 0 WHERE owner_team_id IS NOT NULL").await;
    let mut call = world.call("imke").await;

    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page =
            findings::list(&mut call.cx(), &Filter::default(), after, Limit::new(4).unwrap()).await.unwrap();
        assert_eq!(page.total, 23);
        seen.extend(page.items.into_iter().map(|f| f.entity_ref));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut once = seen.clone();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (23, 23));

    let mine = Filter { mine: true, ..Filter::default() };
    assert_eq!(findings::list(&mut call.cx(), &mine, None, Limit::default()).await.unwrap().total, 14);
    let pricing = Filter { team: Some("Pricing".into()), ..Filter::default() };
    assert_eq!(findings::list(&mut call.cx(), &pricing, None, Limit::default()).await.unwrap().total, 2);
    let ownerless = Filter { kind: Some(Kind::NoOwner), ..Filter::default() };
    assert_eq!(findings::list(&mut call.cx(), &ownerless, None, Limit::default()).await.unwrap().total, 7);
    assert_eq!(
        findings::counts(&mut call.cx(), &ownerless).await.unwrap(),
        [(Kind::NoOwner, 7), (Kind::NotRoundTheClock, 8), (Kind::NoRunbook, 8)]
    );
    let nowhere = Filter { team: Some("nowhere".into()), ..Filter::default() };
    assert!(matches!(
        findings::list(&mut call.cx(), &nowhere, None, Limit::default()).await,
        Err(Error::NotFound { .. })
    ));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_empty_team_is_said_once_with_all_it_owns(pool: PgPool) {
    let world = World::new(pool).await;
    world
        .sql("UPDATE team SET parent_id = (SELECT id FROM team WHERE slug = 'basket') WHERE slug = 'recipes'")
        .await;
    for name in ["a", "b", "c"] {
        world.entity(&format!("component:default/{name}"), Some("recipes")).await;
    }
    world.entity("component:default/bare", Some("basket")).await;
    world.sql("UPDATE entity SET tier = 1 WHERE name IN ('b', 'bare')").await;
    world.sql("UPDATE entity SET runbook = 'https://runbooks.fairhaven.example/b' WHERE name = 'b'").await;

    let mut call = world.call("imke").await;
    let empty = findings::empty_teams(&mut call.cx()).await.unwrap();
    let told: Vec<_> = empty.iter().map(|t| (t.slug.as_str(), t.name.as_str(), t.things, t.tier)).collect();
    assert_eq!(told, [("recipes", "Recipes", 3, Some(1))]);

    let rest = Filter { mine: true, but: &[Kind::TeamEmpty], ..Filter::default() };
    let page = findings::list(&mut call.cx(), &rest, None, Limit::default()).await.unwrap();
    let told: Vec<_> = page.items.iter().map(|f| (f.kind, f.entity_title.as_str())).collect();
    assert_eq!(told, [(Kind::NotRoundTheClock, "bare"), (Kind::NoRunbook, "bare")]);
    assert_eq!(page.total, 2);

    let mut call = world.call("hui").await;
    assert_eq!(findings::empty_teams(&mut call.cx()).await.unwrap(), []);
}

/// A schedule of on-call of this team; with a coverage it is for those hours alone.
const SCHEDULE: &str = "INSERT INTO schedule (id, team_id, slug, name, purpose, time_zone, projected_until, created_at, updated_at)
    SELECT gen_random_uuid(), id, slug || '-primary', name, 'on-call', 'UTC', now(), now(), now() FROM team WHERE slug IN ('basket', 'delivery')";

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn tier_one_needs_somebody_at_every_hour_on_the_way_its_pages_go(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/till", Some("basket")).await;
    world.sql("UPDATE entity SET tier = 1, runbook = 'https://r'").await;
    let bare = "SELECT count(*) FROM finding WHERE kind = 'no-24x7'";
    assert_eq!(world.number(bare).await, 1);
    world.sql(SCHEDULE).await;
    assert_eq!(world.number(bare).await, 0, "the team is on call at every hour");
    world.sql("UPDATE schedule SET coverage = '[]' WHERE slug = 'basket-primary'").await;
    assert_eq!(world.number(bare).await, 1, "by day only");
    world.sql("INSERT INTO escalation_policy (id, team_id, slug, name, repeats, is_default, created_at, updated_at) SELECT gen_random_uuid(), id, 'p', 'P', 0, true, now(), now() FROM team WHERE slug = 'basket'").await;
    world.sql("INSERT INTO escalation_step (policy_id, position, team_id, minutes) SELECT p.id, 0, t.id, 5 FROM escalation_policy p, team t WHERE t.slug = 'delivery'").await;
    assert_eq!(world.number(bare).await, 0, "the policy asks whoever is on call for Delivery");
    world.sql("UPDATE escalation_step SET team_id = NULL, person_id = (SELECT id FROM person WHERE handle = 'imke')").await;
    assert_eq!(world.number(bare).await, 1, "one person is not a schedule");
    world.sql("UPDATE escalation_step SET person_id = NULL, schedule_id = (SELECT id FROM schedule WHERE slug = 'delivery-primary')").await;
    assert_eq!(world.number(bare).await, 0);
    world.sql("UPDATE schedule SET closed_at = now()").await;
    assert_eq!(world.number(bare).await, 1);
    world.sql("UPDATE entity SET tier = 2").await;
    assert_eq!(world.number(bare).await, 0, "the rest may sleep");
}
