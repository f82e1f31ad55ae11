//! What people do with pages, and who may.

use portolan_domain::{
    Error, Limit,
    paging::{self, Filter, Judgement, Responder, State},
};
use sqlx::PgPool;

use super::watch::Watch;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn of_two_who_acknowledge_at_once_one_is_told_who_it_was(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let page = watch.page().await;
    let (mut imke, mut hui) = (watch.as_imke().await, watch.as_hui().await);
    let (mut a, mut b) = (imke.cx(), hui.cx());
    let both = tokio::join!(paging::acknowledge(&mut a, page.id), paging::acknowledge(&mut b, page.id));
    let (first, second) = match both {
        (Ok(page), Err(e)) | (Err(e), Ok(page)) => (page, e),
        other => panic!("one of them, and only one: {other:?}"),
    };
    let who = first.acknowledged_by.unwrap().name;
    assert!(
        matches!(&second, Error::Conflict(words) if *words == format!("{who} is on page {} already", page.number)),
        "{second}"
    );
    assert_eq!(watch.kinds(page.id).await, ["opened", "acknowledged"]);
    let whose = if who == "Imke" { &mut a } else { &mut b };
    assert_eq!(
        paging::acknowledge(whose, page.id).await.unwrap().state,
        State::Acknowledged,
        "pressed twice"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_team_whoever_was_told_and_nobody_else(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let page = watch.page().await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let refused = paging::acknowledge(&mut otto.cx(), page.id).await;
    assert!(
        matches!(&refused, Err(Error::Forbidden(words)) if words.contains("members of Basket")),
        "{refused:?}"
    );
    assert!(matches!(
        paging::judge(&mut otto.cx(), page.id, Judgement::NoImpact, "").await,
        Err(Error::Forbidden(_))
    ));
    paging::note(&mut otto.cx(), page.id, "our load test runs").await.unwrap();
    assert!(!paging::view(&mut otto.cx(), page.id).await.unwrap().may_act, "but everyone may read it");

    let him = Responder::Person("otto".into());
    paging::add_responder(&mut watch.as_hui().await.cx(), page.id, &him).await.unwrap();
    assert_eq!(watch.reached(page.id).await, ["otto"]);
    assert_eq!(paging::acknowledge(&mut otto.cx(), page.id).await.unwrap().state, State::Acknowledged);
    let mine = Filter { mine: true, ..Filter::default() };
    let list = paging::list(&mut otto.cx(), &mine, None, Limit::default()).await.unwrap();
    assert_eq!(list.items.iter().map(|p| p.number).collect::<Vec<_>>(), [page.number]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_dependency_is_brought_in_by_its_name(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let page = watch.page().await;
    let books = Responder::Entity("component:books".parse().unwrap());
    paging::add_responder(&mut watch.as_hui().await.cx(), page.id, &books).await.unwrap();
    assert_eq!(watch.reached(page.id).await, ["dele"], "nobody is on call for Ledger, so its lead is asked");
    let joined = watch.notices("page.joined").await;
    assert!(joined[0].contains(&format!("Page {}: checkout", page.number)), "{joined:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_it_was_may_be_said_anew_and_is_not_forgotten(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let page = watch.page().await;
    let mut hui = watch.as_hui().await;
    let early = paging::judge(&mut hui.cx(), page.id, Judgement::FalseAlarm, "").await;
    assert!(matches!(early, Err(Error::Conflict(_))), "{early:?}");
    let unjudged = Filter { unjudged: true, ..Filter::default() };
    let closed = paging::resolve(&mut hui.cx(), page.id, "restarted it", None).await.unwrap();
    assert!(closed.is_unjudged());
    assert_eq!(paging::list(&mut hui.cx(), &unjudged, None, Limit::default()).await.unwrap().total, 1);
    paging::judge(&mut hui.cx(), page.id, Judgement::FalseAlarm, "").await.unwrap();
    paging::judge(&mut hui.cx(), page.id, Judgement::FalseAlarm, "").await.unwrap();
    let page =
        paging::judge(&mut watch.as_imke().await.cx(), page.id, Judgement::RealImpact, "orders were lost")
            .await
            .unwrap();
    assert_eq!(page.judgement, Some(Judgement::RealImpact));
    let view = paging::view(&mut hui.cx(), page.id).await.unwrap();
    let said: Vec<_> =
        view.events.iter().filter_map(|e| Some((e.judgement?, e.actor.as_ref()?.handle.clone()))).collect();
    assert_eq!(said, [(Judgement::FalseAlarm, "hui".into()), (Judgement::RealImpact, "imke".into())]);
    assert_eq!(paging::list(&mut hui.cx(), &unjudged, None, Limit::default()).await.unwrap().total, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_is_asked_has_five_minutes(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5)], 0).await;
    let page = watch.page().await;
    watch.advance(page.id).await;
    paging::acknowledge(&mut watch.as_hui().await.cx(), page.id).await.unwrap();
    let asked =
        paging::reassign(&mut watch.as_hui().await.cx(), page.id, "dele", "it is the ledger").await.unwrap();
    assert_eq!((asked.state, asked.assignee.unwrap().handle.as_str()), (State::Open, "dele"));
    watch.wait(4);
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "dele"], "he has time to answer");
    watch.wait(1);
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "dele", "hui"], "the steps begin anew");

    // who cannot be reached is not waited for
    paging::reassign(&mut watch.as_hui().await.cx(), page.id, "imke", "").await.unwrap();
    watch.settle(page.id, "failed").await;
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "dele", "hui", "imke", "hui"]);
    let gone = paging::reassign(&mut watch.as_hui().await.cx(), page.id, "nobody-of-that-name", "").await;
    assert!(matches!(&gone, Err(Error::Invalid(p)) if p[0].field == "person"), "{gone:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn lists_are_narrowed_and_paged(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let mut numbers = Vec::new();
    for _ in 0..5 {
        numbers.push(watch.page().await.number);
        watch.wait(1);
    }
    let mut hui = watch.as_hui().await;
    let last = watch.paged(numbers[4]).await;
    paging::resolve(&mut hui.cx(), last.id, "", Some(Judgement::Duplicate)).await.unwrap();
    let open = Filter {
        states: vec![State::Open, State::Acknowledged],
        team: Some("basket".into()),
        ..Filter::default()
    };
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = paging::list(&mut hui.cx(), &open, after, Limit::new(3).unwrap()).await.unwrap();
        assert_eq!(page.total, 4);
        seen.extend(page.items.iter().map(|p| p.number));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    numbers.pop();
    numbers.reverse();
    assert_eq!(seen, numbers, "newest first, none twice");
    let other = Filter { entity: Some("component:default/books".into()), ..Filter::default() };
    assert_eq!(paging::list(&mut hui.cx(), &other, None, Limit::default()).await.unwrap().total, 0);
}
