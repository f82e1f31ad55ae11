//! From step to step until somebody is on it.

use portolan_domain::paging::{self, State};
use sqlx::PgPool;

use super::watch::Watch;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_next_step_is_told_when_nobody_answers(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5), ("imke", 10)], 1).await;
    let page = watch.page().await;
    assert_eq!(watch.due_in(page.id).await, Some(0), "the job is there with the page");
    watch.take_job(page.id).await;
    watch.advance(page.id).await;
    assert_eq!(
        (watch.reached(page.id).await, watch.due_in(page.id).await),
        (vec!["hui".to_owned()], Some(5))
    );
    // asked too early, or twice, nothing happens
    watch.settle(page.id, "delivered").await;
    watch.wait(4);
    watch.advance(page.id).await;
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui"]);
    watch.wait(1);
    watch.advance(page.id).await;
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "imke"]);
    // and again from the first one, as often as the policy says
    watch.wait(10);
    watch.advance(page.id).await;
    watch.wait(60);
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "imke", "hui", "imke"]);
    watch.wait(10);
    watch.take_job(page.id).await;
    watch.advance(page.id).await;
    let page = watch.paged(page.number).await;
    assert!(page.exhausted_at.is_some() && page.next_at.is_none() && page.state == State::Open);
    let leads = watch.notices("page.unmanned").await;
    assert!(matches!(leads.as_slice(), [one] if one.starts_with("imke: Everybody was told")), "{leads:?}");
    watch.advance(page.id).await;
    assert_eq!((watch.reached(page.id).await.len(), watch.due_in(page.id).await), (4, None), "it ends");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_is_on_it_stops_the_steps(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5), ("imke", 10)], 0).await;
    let page = watch.page().await;
    watch.advance(page.id).await;
    let page = paging::acknowledge(&mut watch.as_hui().await.cx(), page.id).await.unwrap();
    assert_eq!((page.state, page.next_at), (State::Acknowledged, None));
    watch.wait(60);
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_step_that_reaches_nobody_does_not_wait(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 30), ("imke", 10)], 0).await;
    let page = watch.page().await;
    watch.advance(page.id).await;
    watch.settle(page.id, "failed").await;
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "imke"], "his mailbox is gone, so she is told now");
    let view = paging::view(&mut watch.as_imke().await.cx(), page.id).await.unwrap();
    let told = view.events.iter().find(|e| e.person.as_ref().is_some_and(|p| p.handle == "hui")).unwrap();
    assert_eq!(told.deliveries[0].error.as_deref(), Some("no such mailbox"), "and the page says why");
}

/// The mail server is down, or none is set: nothing gets anywhere.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_reaches_nobody_at_all_is_tried_again_for_a_day(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 30), ("imke", 10)], 2).await;
    let page = watch.page().await;
    let fail_all = async || {
        for _ in 0..10 {
            watch.advance(page.id).await;
            watch.settle(page.id, "failed").await;
        }
    };
    watch.take_job(page.id).await;
    fail_all().await;
    assert_eq!(watch.reached(page.id).await.len(), 6, "the steps of all rounds, at once");
    let seen = watch.paged(page.number).await;
    assert!(seen.exhausted_at.is_some() && seen.state == State::Open);
    assert_eq!(watch.due_in(page.id).await, Some(5));
    let leads = watch.notices("page.unmanned").await;
    assert!(
        matches!(leads.as_slice(), [one] if one.starts_with("imke: Nobody could be reached: no such mailbox")),
        "{leads:?}"
    );
    // one round each time, and the waits double
    let mut waits = Vec::new();
    for _ in 0..40 {
        let Some(next) = watch.paged(page.number).await.next_at else { break };
        let wait = next.duration_since(watch.bed.now()).as_mins();
        waits.push(wait);
        watch.wait(wait);
        watch.take_job(page.id).await;
        fail_all().await;
    }
    assert_eq!(waits[..8], [5, 5, 10, 20, 40, 80, 120, 120], "{waits:?}");
    assert_eq!(watch.reached(page.id).await.len(), 6 + 2 * waits.len());
    let hours = waits.iter().sum::<i64>() / 60;
    assert!((24..27).contains(&hours), "a day, and then it ends: {hours} h");
    assert_eq!(watch.paged(page.number).await.next_at, None);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_is_reached_late_is_not_told_again(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5)], 0).await;
    let page = watch.page().await;
    watch.advance(page.id).await;
    watch.wait(5);
    watch.advance(page.id).await;
    let end = watch.paged(page.number).await;
    assert!(end.exhausted_at.is_some() && end.next_at.is_some(), "the letter is on its way still: {end:?}");
    watch.settle(page.id, "delivered").await;
    watch.wait(30);
    watch.take_job(page.id).await;
    watch.advance(page.id).await;
    assert_eq!((watch.reached(page.id).await.len(), watch.due_in(page.id).await), (1, None));
    assert_eq!(watch.paged(page.number).await.next_at, None);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn steps_of_no_minutes_are_told_together(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 0), ("imke", 10)], 0).await;
    let page = watch.page().await;
    watch.advance(page.id).await;
    assert_eq!(
        (watch.reached(page.id).await, watch.due_in(page.id).await),
        (vec!["hui".to_owned(), "imke".into()], Some(0))
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nobody_on_call_still_opens_the_page_and_says_so_loudly(pool: PgPool) {
    let watch = Watch::new(pool).await; // no policy, no schedule
    let page = watch.page().await;
    watch.advance(page.id).await;
    let page = watch.paged(page.number).await;
    assert!(page.unmanned, "the page says it");
    assert_eq!(watch.reached(page.id).await, ["imke"], "the lead is told instead");
    let view = paging::view(&mut watch.as_imke().await.cx(), page.id).await.unwrap();
    let loud = view.events.iter().find(|e| e.kind == paging::EventKind::Unmanned).unwrap();
    assert!(loud.text.starts_with("Nobody is on call for Basket: Imke is told instead"), "{}", loud.text);
    assert!(view.policy.is_none() && view.steps[1] == "whoever leads Basket", "{:?}", view.steps);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_company_without_any_lead_is_told_that_by_the_page(pool: PgPool) {
    let watch = Watch::new(pool).await;
    sqlx::query("UPDATE team SET lead_id = NULL").execute(&watch.pool).await.unwrap();
    let page = watch.page().await;
    watch.advance(page.id).await;
    let page = watch.paged(page.number).await;
    assert!(page.unmanned && page.exhausted_at.is_some(), "nobody anywhere: it says so at once");
    assert!(watch.reached(page.id).await.is_empty());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_edit_of_the_policy_does_not_move_a_page_that_runs(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5), ("imke", 10)], 0).await;
    let page = watch.page().await;
    watch.advance(page.id).await;
    sqlx::query("DELETE FROM escalation_step").execute(&watch.pool).await.unwrap();
    watch.wait(5);
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "imke"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn workers_at_once_tell_a_step_once(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5)], 0).await;
    let page = watch.page().await;
    tokio::join!(
        watch.advance(page.id),
        watch.advance(page.id),
        watch.advance(page.id),
        watch.advance(page.id)
    );
    assert_eq!(watch.reached(page.id).await, ["hui"]);
    assert_eq!(watch.number("SELECT count(*) FROM notice WHERE event = 'page.told'").await, 1);
}
