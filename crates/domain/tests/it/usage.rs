//! Events are written beside the work, attributed to the team of that day, and forget who it was.

use portolan_domain::{Clock, Db, Error, people, settings, usage};
use sqlx::PgPool;

use crate::world::World;

fn search(person: portolan_domain::PersonId, text: &str, results: i32) -> usage::Event {
    usage::Event { kind: "searched", person: Some(person), subject: text.into(), results: Some(results) }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn events_are_written_in_batches_and_told_without_names(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let mut root = world.call("root").await;
    let imke = people::person(&mut root.cx(), "imke").await.unwrap().id;
    let (recorder, events) = usage::Recorder::new(4);
    for (text, results) in [("Chekout", 0), ("chekout", 0), ("basket", 3)] {
        assert!(recorder.note(search(imke, text, results)));
    }
    assert!(recorder.note(usage::Event {
        kind: "opened-entity",
        person: Some(imke),
        subject: "component:default/a".into(),
        results: None
    }));
    assert!(!recorder.note(search(imke, "one too many", 1)));
    assert_eq!(recorder.dropped(), 1);
    drop(recorder);
    let now = world.now();
    usage::run(Db::new(pool), events, Clock::from_fn(move || now)).await;

    let report = usage::report(&mut root.cx()).await.unwrap();
    assert_eq!(report.searches, (3, 1));
    assert_eq!(
        report.empty_searches.iter().map(|s| (s.text.as_str(), s.times)).collect::<Vec<_>>(),
        [("chekout", 2)]
    );
    assert_eq!(report.opened[0].subject, "component:default/a");
    assert_eq!((report.weeks[0].people, report.weeks[0].teams, report.weeks[0].events), (1, 1, 4));

    world.sql("UPDATE usage_event SET at = at - interval '40 days'").await;
    assert_eq!(usage::forget_names(&mut root.cx()).await.unwrap(), 0);
    settings::change(
        &mut root.cx(),
        settings::Settings { usage_names_days: 30, ..settings::Settings::default() },
    )
    .await
    .unwrap();
    assert_eq!(usage::forget_names(&mut root.cx()).await.unwrap(), 4);
    let mut member = world.call("imke").await;
    assert!(matches!(usage::report(&mut member.cx()).await, Err(Error::Forbidden(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn settings_have_defaults_and_limits(pool: PgPool) {
    let world = World::new(pool).await;
    let mut root = world.call("root").await;
    assert_eq!(settings::show(&mut root.cx()).await.unwrap(), settings::Settings::default());
    let wild = settings::Settings {
        usage_names_days: 0,
        confirm_after_days: Some(3),
        confirm_asks_a_month: 99,
        ..settings::Settings::default()
    };
    assert!(
        matches!(settings::change(&mut root.cx(), wild).await, Err(Error::Invalid(problems)) if problems.len() == 3)
    );
    let mut member = world.call("imke").await;
    assert!(matches!(
        settings::change(&mut member.cx(), settings::Settings::default()).await,
        Err(Error::Forbidden(_))
    ));
    let new = settings::Settings { confirm_after_days: Some(180), ..settings::Settings::default() };
    settings::change(&mut root.cx(), new.clone()).await.unwrap();
    assert_eq!(settings::show(&mut root.cx()).await.unwrap(), new);
    assert_eq!(world.verbs("portal:settings").await, ["settings.changed"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_event_belongs_to_the_team_of_its_day(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.sql("UPDATE membership SET valid_from = '2026-12-01' WHERE person_id = (SELECT id FROM person WHERE handle = 'hui')").await;
    world.sql("UPDATE membership SET valid_until = '2026-12-01' WHERE person_id = (SELECT id FROM person WHERE handle = 'imke')").await;
    let mut root = world.call("root").await;
    let (recorder, events) = usage::Recorder::new(4);
    for handle in ["hui", "imke"] {
        let person = people::person(&mut root.cx(), handle).await.unwrap().id;
        assert!(recorder.note(search(person, "basket", 1)));
    }
    drop(recorder);
    let now = world.now();
    usage::run(Db::new(pool.clone()), events, Clock::from_fn(move || now)).await;
    let teams: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT p.handle, t.slug FROM usage_event u JOIN person p ON p.id = u.person_id LEFT JOIN team t ON t.id = u.team_id ORDER BY 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(teams, [("hui".into(), None), ("imke".into(), Some("basket".into()))]);
}
