//! Planned work: pages are kept quiet, and none is lost over it.

use jiff::ToSpan;
use portolan_domain::{
    Error, Limit,
    paging::{self, NewWindow, State, Window, WindowFilter},
};
use sqlx::PgPool;

use super::watch::{Watch, fires, over};

async fn plan(watch: &Watch, from: i64, until: i64) -> (Window, Vec<Window>) {
    let now = watch.bed.now();
    let new = NewWindow {
        entity: "component:checkout".parse().unwrap(),
        from: Some(now + from.minutes()),
        until: now + until.minutes(),
        reason: "moves to another rack".into(),
    };
    paging::plan_maintenance(&mut watch.as_hui().await.cx(), new).await.unwrap()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_page_in_a_window_is_quiet_and_visible_and_goes_on_when_it_still_fires(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let (window, _) = plan(&watch, 0, 60).await;
    let quiet = watch.told("quiet", 0, vec![fires("a")]).await.opened[0];
    let short = watch.told("short", 0, vec![fires("b")]).await.opened[0];
    let page = watch.paged(quiet).await;
    assert_eq!((page.state, page.suppressed_by), (State::Suppressed, Some(window.id)));
    watch.advance(page.id).await;
    assert!(watch.reached(page.id).await.is_empty() && watch.due_in(page.id).await.is_none());
    assert_eq!(watch.kinds(page.id).await, ["opened", "suppressed"]);
    watch.told("short", 0, vec![over("b")]).await;
    assert_eq!(watch.paged(short).await.state, State::Resolved, "it ended by itself");

    watch.wait(59);
    paging::window_over(&mut watch.bed.as_system().await.cx(), window.id).await.unwrap();
    assert_eq!(watch.paged(quiet).await.state, State::Suppressed, "asked too early");
    watch.wait(1);
    paging::window_over(&mut watch.bed.as_system().await.cx(), window.id).await.unwrap();
    assert_eq!(watch.paged(quiet).await.state, State::Open);
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["imke"]);
    assert_eq!(watch.told("after", 0, vec![fires("c")]).await.opened.len(), 1);
    let page = watch.paged(watch.number("SELECT max(number) FROM page").await).await;
    assert_eq!(page.state, State::Open, "the window is over");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn ended_early_it_lets_go_at_once_unless_another_window_lasts(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let (first, none) = plan(&watch, 0, 60).await;
    let (second, overlaps) = plan(&watch, 30, 90).await;
    assert!(none.is_empty() && overlaps.iter().map(|w| w.id).eq([first.id]), "overlapping ones are shown");
    let number = watch.told("g", 0, vec![fires("a")]).await.opened[0];
    watch.wait(40);
    paging::end_maintenance(&mut watch.as_hui().await.cx(), first.id).await.unwrap();
    let page = watch.paged(number).await;
    assert_eq!((page.state, page.suppressed_by), (State::Suppressed, Some(second.id)));
    let ended = paging::end_maintenance(&mut watch.as_hui().await.cx(), second.id).await.unwrap();
    assert_eq!((ended.ends_at, ended.ended_by.as_deref()), (watch.bed.now(), Some("hui")));
    assert_eq!(watch.paged(number).await.state, State::Open);
    let twice = paging::end_maintenance(&mut watch.as_hui().await.cx(), second.id).await;
    assert!(matches!(twice, Err(Error::Conflict(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn only_the_owner_plans_and_only_what_makes_sense(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let now = watch.bed.now();
    let new = |until| NewWindow {
        entity: "component:checkout".parse().unwrap(),
        from: None,
        until,
        reason: "x".into(),
    };
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let refused = paging::plan_maintenance(&mut otto.cx(), new(now + 1.hour())).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    for until in [now, now - 1.hour(), now + 1000.hours()] {
        let refused = paging::plan_maintenance(&mut watch.as_hui().await.cx(), new(until)).await;
        assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "until"), "{refused:?}");
    }
    plan(&watch, 60, 120).await;
    let to_come = WindowFilter { team: Some("basket".into()), to_come: true, ..WindowFilter::default() };
    let list = paging::windows(&mut otto.cx(), &to_come, None, Limit::default()).await.unwrap();
    assert_eq!((list.total, list.items[0].reason.as_str()), (1, "moves to another rack"));
    watch.wait(121);
    let mut otto = watch.bed.as_person(&watch.otto).await;
    assert_eq!(paging::windows(&mut otto.cx(), &to_come, None, Limit::default()).await.unwrap().total, 0);
}

/// An alert that is taken in while a window ends, or that a run of a thousand had no room for: the minute's round finds it.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_kept_quiet_as_the_window_ended_is_found(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let (window, _) = plan(&watch, 0, 60).await;
    let late = watch.told("late", 0, vec![fires("a")]).await.opened[0];
    sqlx::query("DELETE FROM job").execute(&watch.pool).await.unwrap(); // the window's run is over
    watch.wait(59);
    let sweep = async || paging::sweep_maintenance(&mut watch.bed.as_system().await.cx()).await.unwrap();
    assert_eq!(sweep().await, 0, "it lasts");
    watch.wait(1);
    assert_eq!(sweep().await, 1);
    assert_eq!(watch.number("SELECT count(*) FROM job WHERE kind = 'maintenance.over'").await, 1);
    paging::window_over(&mut watch.bed.as_system().await.cx(), window.id).await.unwrap();
    let page = watch.paged(late).await;
    assert_eq!(page.state, State::Open);
    assert_eq!(sweep().await, 0);
    // it was quiet for an hour, and nobody can be reached: the first wait is short all the same
    watch.wait(60 * 20);
    for _ in 0..20 {
        watch.advance(page.id).await;
        watch.settle(page.id, "failed").await;
    }
    let next = watch.paged(late).await.next_at.expect("it is tried again");
    assert_eq!(next.duration_since(watch.bed.now()).as_mins(), 5);
}
