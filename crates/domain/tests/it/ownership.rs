//! Whose it is, and how that changes.

use portolan_domain::{
    Error, Limit,
    catalog::{findings, likely, ownership},
    people, settings,
};
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_member_hands_over_and_the_history_tells_it(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.entity("component:default/checkout", Some("basket")).await;
    let mut call = world.call("imke").await;
    let before = ownership::owned(&mut call.cx(), "checkout").await.unwrap();
    assert!(ownership::may_hand_over(&mut call.cx(), &before).await.unwrap());

    let done = ownership::hand_over(
        &mut call.cx(),
        "component:checkout",
        "pricing",
        "Merged in September",
        Some(before.version),
    )
    .await
    .unwrap();
    assert_eq!(
        (done.from.as_deref(), done.to.owner_ref.as_str()),
        (Some("group:default/basket"), "group:default/pricing")
    );
    assert_eq!(done.version, before.version + 1);

    let spans = ownership::history(&mut call.cx(), id).await.unwrap();
    let told: Vec<_> = spans
        .iter()
        .map(|s| (s.name.as_deref(), s.until.is_none(), s.changed_by.as_deref(), s.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [(Some("Pricing"), true, Some("imke"), "Merged in September"), (Some("Basket"), false, None, "")]
    );
    assert_eq!(world.verbs("component:default/checkout").await, ["ownership.handed-over"]);

    // she gave it away, so it is not hers to give any more; but what she just did she may undo
    let again = ownership::hand_over(&mut call.cx(), "checkout", "delivery", "", None).await;
    assert!(matches!(again, Err(Error::Forbidden(why)) if why.contains("Pricing")));
    let given = ownership::owned(&mut call.cx(), "checkout").await.unwrap();
    assert!(!ownership::may_hand_over(&mut call.cx(), &given).await.unwrap());
    let back = ownership::may_hand_back(&mut call.cx(), &given).await.unwrap();
    assert_eq!(back.and_then(|o| o.slug).as_deref(), Some("basket"));
    ownership::hand_over(&mut call.cx(), "checkout", "basket", "undo", None).await.unwrap();
    assert_eq!(
        ownership::owned(&mut call.cx(), "checkout").await.unwrap().team_name.as_deref(),
        Some("Basket")
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_owner_who_was_named_first_and_made_in_the_portal_later_is_found(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("harbour")).await;
    world.entity("component:default/till", Some("basket")).await;
    world.sql("UPDATE entity SET owner_ref = 'user:default/maya', owner_team_id = NULL WHERE ref = 'component:default/till'").await;
    let mut call = world.call("root").await;
    for thing in ["checkout", "till"] {
        let thing = ownership::owned(&mut call.cx(), thing).await.unwrap();
        assert_eq!((thing.team, thing.person), (None, None));
    }
    let team =
        people::NewTeam { slug: "Harbour".into(), name: "Harbour".into(), ..people::NewTeam::default() };
    let team = people::create_team(&mut call.cx(), team).await.unwrap();
    let maya = people::NewPerson {
        handle: "maya".into(),
        name: "Maya".into(),
        email: "maya@fairhaven.example".into(),
        ..people::NewPerson::default()
    };
    let maya = people::create_person(&mut call.cx(), maya).await.unwrap();
    assert_eq!(ownership::owned(&mut call.cx(), "checkout").await.unwrap().team, Some(team.id));
    assert_eq!(ownership::owned(&mut call.cx(), "till").await.unwrap().person, Some(maya.id));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_may_not_is_told_whom_to_ask(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    let mut call = world.call("hui").await;
    let refused = ownership::hand_over(&mut call.cx(), "checkout", "pricing", "", None).await;
    assert!(
        matches!(&refused, Err(Error::Forbidden(why)) if why.contains("Basket") && why.contains("Imke")),
        "{refused:?}"
    );
    assert!(matches!(ownership::confirm(&mut call.cx(), "checkout").await, Err(Error::Forbidden(_))));
    assert!(matches!(ownership::confirm_all(&mut call.cx(), "basket").await, Err(Error::Forbidden(_))));
    assert!(matches!(
        ownership::hand_over_all(&mut call.cx(), "basket", "pricing", "", None).await,
        Err(Error::Forbidden(_))
    ));
    let mut stranger = world.stranger().await;
    assert!(matches!(
        ownership::hand_over(&mut stranger.cx(), "checkout", "pricing", "", None).await,
        Err(Error::Unauthenticated)
    ));
    assert!(matches!(ownership::owned(&mut stranger.cx(), "checkout").await, Err(Error::Unauthenticated)));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_at_once_do_not_overwrite_each_other(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    let (mut one, mut two) = (world.call("root").await, world.call("root").await);
    let seen = ownership::owned(&mut one.cx(), "checkout").await.unwrap().version;
    let (mut one, mut two) = (one.cx(), two.cx());
    let (a, b) = tokio::join!(
        ownership::hand_over(&mut one, "checkout", "pricing", "", Some(seen)),
        ownership::hand_over(&mut two, "checkout", "delivery", "", Some(seen)),
    );
    assert_eq!([&a, &b].iter().filter(|r| r.is_ok()).count(), 1);
    assert!([a.err(), b.err()].into_iter().flatten().all(|e| matches!(e, Error::Stale)));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_receiver_must_be_able_to_answer(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    let mut call = world.call("imke").await;
    for (to, says) in [
        ("nowhere", "no \"nowhere\""),
        ("recipes", "no active member"),
        ("basket", "has it already"),
        ("", "choose a team"),
    ] {
        let refused = ownership::hand_over(&mut call.cx(), "checkout", to, "", None).await;
        assert!(
            matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "owner" && p[0].message.contains(says)),
            "{to}: {refused:?}"
        );
    }
    let missing = ownership::hand_over(&mut call.cx(), "nothing", "pricing", "", None).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_a_team_owns_that_is_not_there_is_not_found(pool: PgPool) {
    let world = World::new(pool).await;
    let mut call = world.call("root").await;
    let asked = [
        ownership::preview(&mut call.cx(), "nowhere").await.map(drop),
        ownership::hand_over_all(&mut call.cx(), "nowhere", "pricing", "", None).await.map(drop),
        ownership::confirm_all(&mut call.cx(), "nowhere").await.map(drop),
    ];
    for answer in asked {
        assert!(matches!(answer, Err(Error::NotFound { what: "team", .. })), "{answer:?}");
    }
    assert_eq!(ownership::preview(&mut call.cx(), "BASKET").await.unwrap().from.name, "Basket");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_nobodys_is_found_suggested_and_taken(pool: PgPool) {
    let world = World::new(pool).await;
    let orphan = world.entity("component:default/basket-worker", None).await;
    world.entity("component:default/basket-api", Some("basket")).await;
    world.entity("component:default/price-engine", Some("pricing")).await;
    world.relate("component:default/basket-api", "dependsOn", "component:default/basket-worker").await;
    world.change(orphan, "imke").await;

    let mut call = world.call("imke").await;
    let found = findings::of_entity(&mut call.cx(), orphan).await.unwrap();
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), [findings::Kind::NoOwner]);
    assert_eq!(found[0].repair().href, "/catalog/component/default/basket-worker/hand-over");

    let thing = ownership::owned(&mut call.cx(), "basket-worker").await.unwrap();
    let candidates = likely::owners(&mut call.cx(), &thing).await.unwrap();
    assert_eq!(candidates[0].slug, "basket");
    assert!(candidates[0].reasons.len() >= 2, "{:?}", candidates[0].reasons);

    let mut other = world.call("hui").await;
    let taken = ownership::hand_over(&mut other.cx(), "basket-worker", "basket", "", None).await;
    assert!(matches!(taken, Err(Error::Forbidden(_))), "only members of the receiving team may take it");
    ownership::hand_over(&mut call.cx(), "basket-worker", "basket", "Ours", None).await.unwrap();
    assert!(findings::of_entity(&mut call.cx(), orphan).await.unwrap().is_empty());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_merged_team_hands_over_everything_at_once(pool: PgPool) {
    let world = World::new(pool).await;
    for n in 0..30 {
        world.entity(&format!("component:default/s{n:02}"), Some("basket")).await;
    }
    world.entity("resource:default/db", Some("basket")).await;
    let mut call = world.call("imke").await;
    let preview = ownership::preview(&mut call.cx(), "basket").await.unwrap();
    assert_eq!((preview.total, preview.first.len()), (31, 20));
    assert_eq!(preview.by_kind, [("component".into(), 30), ("resource".into(), 1)]);

    let moved = ownership::hand_over_all(&mut call.cx(), "basket", "pricing", "Merged", Some(30)).await;
    assert!(matches!(moved, Err(Error::Conflict(_))), "the preview was of another count");
    let (count, to) =
        ownership::hand_over_all(&mut call.cx(), "basket", "pricing", "Merged", Some(31)).await.unwrap();
    assert_eq!((count, to.name.as_str()), (31, "Pricing"));
    assert_eq!(ownership::preview(&mut call.cx(), "basket").await.unwrap().total, 0);
    let db = ownership::owned(&mut call.cx(), "resource:db").await.unwrap();
    let spans = ownership::history(&mut call.cx(), db.id).await.unwrap();
    assert_eq!((spans.len(), spans[0].reason.as_str()), (2, "Merged"));
    assert_eq!(world.verbs("resource:default/db").await, ["ownership.handed-over"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn confirming_is_remembered_and_asked_only_if_set(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/a", Some("basket")).await;
    let b = world.entity("component:default/b", Some("basket")).await;
    world.entity("component:default/c", Some("basket")).await;
    let mut call = world.call("imke").await;
    assert!(findings::asked_of_me(&mut call.cx()).await.unwrap().is_empty());

    let mut root = world.call("root").await;
    let asking = settings::Settings {
        confirm_after_days: Some(90),
        confirm_asks_a_month: 2,
        ..settings::Settings::default()
    };
    settings::change(&mut root.cx(), asking).await.unwrap();
    world.age(120).await;
    assert_eq!(
        findings::asked_of_me(&mut call.cx()).await.unwrap().len(),
        2,
        "no more than the month allows"
    );
    assert_eq!(findings::of_entity(&mut call.cx(), b).await.unwrap()[0].kind, findings::Kind::NotConfirmed);

    let confirmed = ownership::confirm(&mut call.cx(), "b").await.unwrap();
    assert_eq!(confirmed.confirmed_at, Some(call.now()));
    assert!(findings::of_entity(&mut call.cx(), b).await.unwrap().is_empty());
    assert_eq!(findings::asked_of_me(&mut call.cx()).await.unwrap().len(), 1);
    assert_eq!(ownership::confirm_all(&mut call.cx(), "basket").await.unwrap(), 3);
    assert!(findings::asked_of_me(&mut call.cx()).await.unwrap().is_empty());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_above_repairs_what_an_empty_team_owns(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/meal-planner", Some("recipes")).await;
    let mut call = world.call("imke").await;
    let page =
        findings::list(&mut call.cx(), &findings::Filter::default(), None, Limit::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|f| f.kind).collect::<Vec<_>>(), [findings::Kind::TeamEmpty]);
    assert_eq!(page.items[0].detail, ["Recipes"]);
    // nobody is there to ask, so a member of another team may take it for that team
    ownership::hand_over(&mut call.cx(), "meal-planner", "basket", "Nobody was left", None).await.unwrap();
    let counts = findings::counts(&mut call.cx(), &findings::Filter::default()).await.unwrap();
    assert!(counts.is_empty(), "{counts:?}");
    let basket = people::team(&mut call.cx(), "basket").await.unwrap();
    assert!(people::has_active_members(&mut call.cx(), basket.id).await.unwrap());
}
