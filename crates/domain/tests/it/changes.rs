//! What was deployed where, as pipelines tell it.

use portolan_domain::{
    Error, Limit, activity,
    changes::{self, Deployment, Filter, HookKind, NewChange, Status},
    sealing::SealingKey,
};
use sqlx::PgPool;

use crate::world::World;

fn deploy(version: &str) -> NewChange {
    NewChange {
        entity_ref: "checkout".into(),
        environment: "Production".into(),
        version: version.into(),
        deployed_by: "imke@fairhaven.example".into(),
        ..NewChange::default()
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn telling_it_again_is_the_same_change(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.entity("component:default/checkout", Some("basket")).await;
    let mut call = world.call("imke").await;
    let first = changes::record(&mut call.cx(), deploy("1.0")).await.unwrap();
    assert!(first.created);
    assert_eq!(
        (first.change.environment.as_str(), first.change.person_handle.as_deref()),
        ("production", Some("imke"))
    );
    let again = changes::record(&mut call.cx(), deploy("1.0")).await.unwrap();
    assert_eq!((again.created, again.change.id), (false, first.change.id));

    changes::record(&mut call.cx(), deploy("1.1")).await.unwrap();
    let back = changes::record(&mut call.cx(), deploy("1.0")).await.unwrap();
    assert!(back.created, "going back to a version is a change of its own");
    let list = changes::list(&mut call.cx(), &Filter::default(), None, Limit::default()).await.unwrap();
    assert_eq!(list.items.iter().map(|c| c.version.as_str()).collect::<Vec<_>>(), ["1.0", "1.1", "1.0"]);
    assert_eq!(world.last_change(id).await, Some(call.now()));
    assert_eq!(world.verbs("component:default/checkout").await.len(), 3, "what was told again is not news");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_rollout_that_starts_and_ends_is_one_change(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    let mut call = world.call("imke").await;
    let started = call.now();
    let told = |status| NewChange {
        key: Some("run-7".into()),
        status: Some(status),
        started_at: Some(started),
        ..deploy("2.0")
    };
    let running = changes::record(&mut call.cx(), told(Status::Running)).await.unwrap().change;
    assert_eq!((running.status, running.finished_at), (Status::Running, None));
    let ended = NewChange { outcome: "Two pods restarted".into(), ..told(Status::Failed) };
    let failed = changes::record(&mut call.cx(), ended).await.unwrap().change;
    assert_eq!(
        (failed.id, failed.status, failed.finished_at),
        (running.id, Status::Failed, Some(call.now()))
    );
    let late = changes::record(&mut call.cx(), told(Status::Running)).await.unwrap().change;
    assert_eq!(
        (late.status, late.outcome.as_str()),
        (Status::Failed, "Two pods restarted"),
        "what ended stays ended"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn ten_retries_at_once_are_one_change(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    let tell = async || {
        let mut call = world.call("imke").await;
        changes::record(&mut call.cx(), deploy("3.0")).await.unwrap().change.id
    };
    let (a, b, c, d) = tokio::join!(tell(), tell(), tell(), tell());
    assert!([b, c, d].iter().all(|id| *id == a));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_runs_where_follows_from_the_changes(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.entity("component:default/checkout", Some("basket")).await;
    let mut call = world.call("imke").await;
    let at = |hours: i64| Some(call.now() - jiff::SignedDuration::from_hours(hours));
    let (day, hour, now) = (at(24), at(1), at(0));
    for new in [
        NewChange { started_at: day, ..deploy("1.0") },
        NewChange { started_at: hour, status: Some(Status::Failed), ..deploy("1.1") },
        NewChange { started_at: now, environment: "staging".into(), ..deploy("1.2") },
    ] {
        changes::record(&mut call.cx(), new).await.unwrap();
    }
    let latest = changes::latest(&mut call.cx(), id).await.unwrap();
    let told: Vec<_> = latest.iter().map(|c| (c.environment.as_str(), c.version.as_str())).collect();
    assert_eq!(told, [("production", "1.1"), ("staging", "1.2")], "production first, however old");
    let running =
        changes::running(&mut call.cx(), None, Some("basket"), None, Limit::default()).await.unwrap();
    let told: Vec<_> =
        running.items.iter().map(|r| (r.environment.as_str(), r.version.as_str(), r.later.clone())).collect();
    assert_eq!(told, [("production", "1.0", Some(("1.1".into(), Status::Failed))), ("staging", "1.2", None)]);
    assert_eq!(running.total, 2);
    assert_eq!(world.last_change(id).await, day, "neither staging nor a failure changed production");
    assert_eq!(
        changes::environments(&mut call.cx()).await.unwrap(),
        [("production".into(), 2), ("staging".into(), 1)]
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn counts_are_kept_while_changes_come_move_and_go(pool: PgPool) {
    let world = World::new(pool).await;
    for name in ["checkout", "prices"] {
        let team = if name == "prices" { "pricing" } else { "basket" };
        world.entity(&format!("component:default/{name}"), Some(team)).await;
    }
    let mut call = world.call("root").await;
    let told = |key: &str, entity: &str, environment: &str, status| NewChange {
        key: Some(key.into()),
        entity_ref: entity.into(),
        environment: environment.into(),
        status: Some(status),
        ..deploy("1")
    };
    for new in [
        told("1", "checkout", "production", Status::Running),
        told("1", "checkout", "production", Status::Succeeded), // the same one, ended
        told("2", "checkout", "staging", Status::Failed),
        told("2", "checkout", "production", Status::Failed), // the same one, told with its right environment
        told("3", "prices", "production", Status::Succeeded),
    ] {
        changes::record(&mut call.cx(), new).await.unwrap();
    }
    let by_hand = "SELECT count(*) FROM change_count c WHERE n <> (SELECT count(*) FROM change h
        WHERE (h.entity_id, h.environment, h.status) = (c.entity_id, c.environment, c.status))";
    assert_eq!(world.number(by_hand).await, 0);
    for (filter, total) in [
        (Filter::default(), 3),
        (Filter { environment: Some("Production".into()), ..Filter::default() }, 3),
        (Filter { environment: Some("staging".into()), ..Filter::default() }, 0),
        (Filter { status: Some(Status::Succeeded), ..Filter::default() }, 2),
        (Filter { entity: Some("component:default/checkout".into()), ..Filter::default() }, 2),
        (Filter { team: Some("pricing".into()), ..Filter::default() }, 1),
    ] {
        let page = changes::list(&mut call.cx(), &filter, None, Limit::default()).await.unwrap();
        assert_eq!((page.total, page.items.len()), (total, usize::try_from(total).unwrap()), "{filter:?}");
    }
    assert_eq!(changes::environments(&mut call.cx()).await.unwrap(), [("production".into(), 3)]);
    let running = changes::running(&mut call.cx(), None, None, None, Limit::default()).await.unwrap();
    assert_eq!((running.total, running.items.len()), (2, 2));
    world.sql("DELETE FROM entity WHERE name = 'checkout'").await;
    let left = changes::list(&mut call.cx(), &Filter::default(), None, Limit::default()).await.unwrap();
    assert_eq!(left.total, 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_log_without_end_is_counted_to_an_end(pool: PgPool) {
    let world = World::new(pool).await;
    world
        .sql(
            "INSERT INTO activity (id, at, actor, via, verb, subject)
             SELECT gen_random_uuid(), now(), 'system', 'apply', 'entity.updated', 'component:default/x' FROM generate_series(1, 10001)",
        )
        .await;
    let mut call = world.call("imke").await;
    let filter = activity::Filter { verb: Some("entity.".into()), ..activity::Filter::default() };
    let page = activity::list(&mut call.cx(), &filter, None, Limit::default()).await.unwrap();
    assert_eq!((page.total, page.total_is_lower_bound), (10_000, true));
    let filter = activity::Filter { verb: Some("team.".into()), ..activity::Filter::default() };
    let page = activity::list(&mut call.cx(), &filter, None, Limit::default()).await.unwrap();
    assert!(!page.total_is_lower_bound && page.total < 100);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn only_those_who_may_edit_it_tell_its_changes(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    let mut hui = world.call("hui").await;
    assert!(matches!(changes::record(&mut hui.cx(), deploy("1")).await, Err(Error::Forbidden(_))));
    let mut reader = world.reader("imke").await;
    assert!(matches!(changes::record(&mut reader.cx(), deploy("1")).await, Err(Error::Forbidden(_))));
    let mut root = world.call("root").await;
    assert!(changes::record(&mut root.cx(), deploy("1")).await.is_ok());
    let unknown = NewChange { entity_ref: "nothing".into(), ..deploy("1") };
    assert!(matches!(changes::record(&mut root.cx(), unknown).await, Err(Error::NotFound { .. })));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_hook_keeps_its_secret_sealed_and_tells_every_service_of_a_repository(pool: PgPool) {
    let world = World::new(pool).await;
    for name in ["checkout", "checkout-worker"] {
        world.entity(&format!("component:default/{name}"), Some("basket")).await;
    }
    world.entity("component:default/other", Some("basket")).await;
    world
        .sql(r#"UPDATE entity SET descriptor = '{"metadata":{"annotations":{"github.com/project-slug":"Fairhaven/Checkout"}}}' WHERE name LIKE 'checkout%'"#)
        .await;
    let key = SealingKey::new([3; 32]);
    let mut imke = world.call("imke").await;
    assert!(matches!(
        changes::create_hook(&mut imke.cx(), HookKind::Github, "x", Some(&key)).await,
        Err(Error::Forbidden(_))
    ));
    let mut root = world.call("root").await;
    assert!(matches!(
        changes::create_hook(&mut root.cx(), HookKind::Github, "x", None).await,
        Err(Error::Unavailable(_))
    ));
    let made = changes::create_hook(&mut root.cx(), HookKind::Github, "Fairhaven", Some(&key)).await.unwrap();
    let id = made.hook.id;

    let mut stranger = world.stranger().await;
    let secret = changes::secret_of_hook(&mut stranger.cx(), id, HookKind::Github, Some(&key)).await.unwrap();
    assert_eq!(secret.0, made.secret.as_bytes());
    assert!(!format!("{secret:?}").contains(&made.secret));
    assert!(!world.any_text_holds(&made.secret).await, "neither the row nor the log knows it");
    let wrong_kind = changes::secret_of_hook(&mut stranger.cx(), id, HookKind::Gitlab, Some(&key)).await;
    assert!(matches!(wrong_kind, Err(Error::NotFound { .. })));

    let deployment = Deployment {
        repository: "fairhaven/checkout".into(),
        environment: "production".into(),
        version: "main".into(),
        commit: Some("93cf671".into()),
        deployed_by: "imke".into(),
        started_at: None,
        finished_at: None,
        status: Status::Succeeded,
        outcome: String::new(),
        link: None,
        key: "github:42".into(),
    };
    let told = changes::tell(&mut stranger.cx(), HookKind::Github, &deployment).await.unwrap();
    assert_eq!(
        told.iter().map(|r| r.change.entity_title.as_str()).collect::<Vec<_>>(),
        ["checkout", "checkout-worker"]
    );
    let again = changes::tell(&mut stranger.cx(), HookKind::Github, &deployment).await.unwrap();
    assert!(again.iter().all(|r| !r.created));
    assert!(changes::tell(&mut stranger.cx(), HookKind::Gitlab, &deployment).await.unwrap().is_empty());

    changes::revoke_hook(&mut root.cx(), id).await.unwrap();
    let closed = changes::secret_of_hook(&mut stranger.cx(), id, HookKind::Github, Some(&key)).await;
    assert!(matches!(closed, Err(Error::NotFound { .. })));
    assert_eq!(changes::hooks(&mut root.cx()).await.unwrap().len(), 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_time_that_no_column_can_hold_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    let mut call = world.call("imke").await;
    let ancient = NewChange { started_at: Some(jiff::Timestamp::MIN), ..deploy("1.0") };
    let refused = changes::record(&mut call.cx(), ancient).await;
    assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "time"), "{refused:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_one_person_owns_takes_changes_from_them_and_from_admins_with_the_scope(pool: PgPool) {
    let world = World::new(pool).await;
    world.entity("component:default/checkout", Some("basket")).await;
    world.sql("UPDATE entity SET owner_ref = 'user:default/imke', owner_team_id = NULL, owner_person_id = (SELECT id FROM person WHERE handle = 'imke')").await;
    changes::record(&mut world.call("imke").await.cx(), deploy("1.0")).await.unwrap();
    changes::record(&mut world.call("root").await.cx(), deploy("1.1")).await.unwrap();
    for mut other in [world.call("hui").await, world.writer("root").await] {
        let refused = changes::record(&mut other.cx(), deploy("1.2")).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
}
