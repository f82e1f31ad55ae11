//! What is managed in the portal, and facts where the descriptor is silent.

use portolan_domain::{
    Error, Limit,
    catalog::{self, EntityEdit, Field, Kind, NewEntity, Provenance},
};
use serde_json::json;
use sqlx::PgPool;

use super::{call_of, company, r};

fn new(name: &str, owner: &str) -> NewEntity {
    let edit = EntityEdit {
        type_name: Some("service".into()),
        lifecycle: Some("production".into()),
        depends_on: Some(vec!["component:part-01".into()]),
        ..EntityEdit::default()
    };
    NewEntity {
        kind: Kind::Component,
        namespace: String::new(),
        name: name.into(),
        owner: owner.into(),
        edit,
        facts: vec![(Field::Tier, json!(1))],
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn registered_edited_and_deleted_with_a_history(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    let made = catalog::register(&mut call.cx(), new("till", "basket")).await.unwrap();
    assert_eq!(
        (made.tier, made.owner.as_ref().map(|o| o.name().to_owned())),
        (Some(1), Some("basket".into()))
    );
    let twice = catalog::register(&mut call.cx(), new("Till", "basket")).await;
    assert!(matches!(twice, Err(Error::Conflict(why)) if why.contains("component:default/till")));

    let edit = EntityEdit { title: Some("The till".into()), ..EntityEdit::default() };
    let edited =
        catalog::edit(&mut call.cx(), &made.reference, Some(made.version), edit.clone()).await.unwrap();
    assert_eq!(
        (edited.title.as_deref(), edited.version, edited.tier),
        (Some("The till"), made.version + 1, Some(1))
    );
    let stale = catalog::edit(
        &mut call.cx(),
        &made.reference,
        Some(made.version),
        EntityEdit { title: Some("No".into()), ..edit },
    )
    .await;
    assert!(matches!(stale, Err(Error::Stale)));
    let wrong = EntityEdit { tags: Some(vec!["Not A Tag".into()]), ..EntityEdit::default() };
    assert!(
        matches!(catalog::edit(&mut call.cx(), &made.reference, None, wrong).await, Err(Error::Invalid(p)) if p[0].field.starts_with("tags"))
    );

    catalog::delete(&mut call.cx(), &made.reference, None).await.unwrap();
    assert!(matches!(catalog::get(&mut call.cx(), &made.reference).await, Err(Error::NotFound { .. })));
    let history = catalog::history(&mut call.cx(), &made.reference, None, Limit::default()).await.unwrap();
    let verbs: Vec<_> = history.items.iter().map(|a| a.verb.as_str()).collect();
    assert_eq!(verbs, ["entity.deleted", "entity.edited", "entity.fact-set", "entity.registered"]);
    let never = catalog::history(&mut call.cx(), &r("component:default/never"), None, Limit::default()).await;
    assert!(matches!(never, Err(Error::NotFound { .. })), "of what never was there is no history");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn all_that_is_wrong_is_told_at_once(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    let fields = |refused: Result<_, Error>| match refused {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect::<Vec<_>>(),
        Err(other) => panic!("{other}"),
        Ok::<catalog::Entity, _>(made) => panic!("{made:?}"),
    };
    let mut wrong = new("-till-", "nobody-knows");
    wrong.edit.lifecycle = None;
    wrong.edit.depends_on = Some(vec!["fee".into()]);
    wrong.facts = vec![(Field::Tier, json!(7)), (Field::Runbook, json!("ftp://x"))];
    let told = fields(catalog::register(&mut call.cx(), wrong).await);
    assert_eq!(told, ["name", "lifecycle", "depends_on[0]", "tier", "runbook", "owner"]);

    let made = catalog::register(&mut call.cx(), new("till", "basket")).await.unwrap();
    let edit = EntityEdit { tags: Some(vec!["Not A Tag".into()]), ..EntityEdit::default() };
    let facts = vec![(Field::Tier, Some(json!(7)))];
    let told = fields(catalog::correct(&mut call.cx(), &made.reference, None, Some(edit), facts).await);
    assert_eq!(told, ["tags[0]", "tier"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_has_no_owner_is_counted_however_many_owners_there_are(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    assert_eq!(catalog::ownerless(&mut call.cx(), Kind::Component).await.unwrap(), 0);
    sqlx::query(
        "INSERT INTO entity (id, kind, namespace, name, ref, owner_ref, descriptor, descriptor_hash, created_at, updated_at)
         SELECT gen_random_uuid(), 'component', 'default', 'o' || n, 'component:default/o' || n,
                CASE WHEN n > 1 THEN 'group:default/g' || n / 2 END, '{}', '', now(), now() FROM generate_series(1, 200) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(catalog::ownerless(&mut call.cx(), Kind::Component).await.unwrap(), 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn strangers_to_the_team_are_refused_and_told_why(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "hui").await;
    assert!(
        matches!(catalog::register(&mut call.cx(), new("till", "basket")).await, Err(Error::Forbidden(why)) if why.contains("basket"))
    );
    let part = r("component:default/part-00");
    assert!(matches!(
        catalog::set_fact(&mut call.cx(), &part, Field::Contact, &json!("me"), None).await,
        Err(Error::Forbidden(_))
    ));
    assert!(matches!(catalog::delete(&mut call.cx(), &part, None).await, Err(Error::Forbidden(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn facts_are_set_where_the_descriptor_is_silent(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    let silent = r("component:default/part-00"); // n = 0: basket, no tier
    let set =
        catalog::set_fact(&mut call.cx(), &silent, Field::RecoveryTime, &json!("15m"), None).await.unwrap();
    assert_eq!(set.recovery_time_seconds, Some(900));
    let sources = catalog::provenance(&mut call.cx(), &set).await.unwrap();
    let of = |field: &str| sources.iter().find(|s| s.0 == field).map(|s| &s.1);
    assert!(
        matches!(of("recovery_time"), Some(Provenance::Portal { by: Some((handle, _)), .. }) if handle == "imke")
    );
    assert!(matches!(of("owner"), Some(Provenance::Descriptor { place, .. }) if place == "test"));
    let cleared =
        catalog::clear_fact(&mut call.cx(), &silent, Field::RecoveryTime, Some(set.version)).await.unwrap();
    assert_eq!(cleared.recovery_time_seconds, None);

    let stated = r("component:default/part-02"); // n = 4: basket, tier 0
    let refused = catalog::set_fact(&mut call.cx(), &stated, Field::Tier, &json!(2), None).await;
    assert!(matches!(refused, Err(Error::Conflict(why)) if why.contains("tier is set in test")));
    let edit = catalog::edit(&mut call.cx(), &stated, None, EntityEdit::default()).await;
    assert!(matches!(edit, Err(Error::Conflict(why)) if why.contains("described in test")));
    assert!(matches!(
        catalog::set_fact(&mut call.cx(), &stated, Field::Runbook, &json!("ftp://x"), None).await,
        Err(Error::Invalid(_))
    ));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_fact_that_no_column_can_hold_is_refused(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    let made = catalog::register(&mut call.cx(), new("till", "basket")).await.unwrap();
    let slos = json!([{ "name": "up", "objective": 99, "window": "30d", "description": "a\0b" }]);
    for (field, value) in [(Field::Contact, json!("a\0b")), (Field::Slos, slos)] {
        let refused = catalog::set_fact(&mut call.cx(), &made.reference, field, &value, None).await;
        assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].message.contains("NUL")), "{refused:?}");
    }
}
