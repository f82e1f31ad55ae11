//! What monitoring tells becomes pages, once.

use portolan_domain::{
    Error,
    paging::{self, Incoming, IntegrationKind, Route, Says, State},
};
use sqlx::PgPool;

use super::watch::{Watch, alert, fires, over};

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_alert_opens_a_page_and_its_end_closes_it(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let taken = watch.told("g", 0, vec![fires("a"), fires("b")]).await;
    assert_eq!((taken.opened.len(), taken.fired), (1, 2));
    let page = watch.paged(taken.opened[0]).await;
    assert_eq!(
        (page.state, page.entity_ref.as_deref(), page.team.slug.as_str()),
        (State::Open, Some("component:default/checkout"), "basket")
    );
    assert_eq!((page.summary.as_str(), page.alerts, page.firing), ("Alert a", 2, 2));

    let half = watch.told("g", 0, vec![fires("a"), over("b")]).await;
    assert_eq!((half.opened.len(), half.repeated, half.resolved, half.closed), (0, 1, 1, 0));
    let done = watch.told("g", 0, vec![over("a"), over("b")]).await;
    assert_eq!((done.resolved, done.dropped, done.closed), (1, 1, 1));
    let page = watch.paged(taken.opened[0]).await;
    assert_eq!((page.state, page.resolved_by, page.firing, page.times), (State::Resolved, None, 0, 3));
    assert_eq!(watch.kinds(page.id).await, ["opened", "resolved"]);

    let again = watch.told("g", 0, vec![fires("a")]).await;
    assert_ne!(again.opened, taken.opened, "what is over stays over: a new page");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn repeats_are_counted_and_change_nothing(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let first = watch.told("g", 0, vec![fires("a")]).await;
    for _ in 0..5 {
        let again = watch.told("g", 0, vec![fires("a")]).await;
        assert_eq!((again.opened.len(), again.fired, again.repeated), (0, 0, 1));
    }
    let page = watch.paged(first.opened[0]).await;
    assert_eq!((page.alerts, page.times), (1, 6));
    assert_eq!(watch.kinds(page.id).await, ["opened"]);
    assert_eq!(watch.told("other", 0, vec![over("x")]).await.dropped, 1, "a resolve of nothing");
    assert_eq!(watch.number("SELECT count(*) FROM page").await, 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_cut_delivery_closes_nothing(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let number = watch.told("g", 0, vec![fires("a")]).await.opened[0];
    let cut = watch.told("g", 40, vec![over("a")]).await;
    assert_eq!((cut.resolved, cut.closed), (1, 0));
    assert_eq!(watch.paged(number).await.state, State::Open);
    assert_eq!(watch.told("g", 0, vec![over("a")]).await.closed, 1, "the next whole one does");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn deliveries_at_once_are_one_page(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let tell = || watch.told("g", 0, vec![fires("a"), fires("b")]);
    let (a, b, c, d, e) = tokio::join!(tell(), tell(), tell(), tell(), tell());
    let opened: usize = [&a, &b, &c, &d, &e].iter().map(|t| t.opened.len()).sum();
    assert_eq!(opened, 1);
    assert_eq!(watch.number("SELECT sum(times)::bigint FROM alert").await, 10, "each of them was counted");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn labels_lead_to_the_owner_and_what_they_lead_to_nobody_goes_to_the_team(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let alerts = vec![
        alert("a", Says::Firing, "books"),
        alert("b", Says::Firing, "nothing-of-that-name"),
        alert("c", Says::Firing, "component:default/checkout"),
    ];
    let taken = watch.told("g", 0, alerts).await;
    let mut to = Vec::new();
    for number in &taken.opened {
        let page = watch.paged(*number).await;
        to.push((page.team.slug, page.entity_ref.unwrap_or_default()));
    }
    to.sort();
    let told = |team: &str, entity: &str| (team.to_owned(), entity.to_owned());
    let expected = [
        told("basket", ""),
        told("basket", "component:default/checkout"),
        told("ledger", "component:default/books"),
    ];
    assert_eq!(to, expected, "one page for each service of the group");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_fires_on_joins_the_page_that_is_open(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let number = watch.told("g", 0, vec![fires("a")]).await.opened[0];
    assert!(watch.told("g", 0, vec![fires("a"), fires("b")]).await.opened.is_empty());
    let page = watch.paged(number).await;
    assert_eq!((page.alerts, watch.kinds(page.id).await), (2, vec!["opened".to_owned(), "alerts".into()]));
    // called over by hand: what is told again opens a new one
    paging::resolve(&mut watch.as_imke().await.cx(), page.id, "restarted", None).await.unwrap();
    let again = watch.told("g", 0, vec![fires("a"), fires("b")]).await;
    assert_eq!((again.opened.len(), again.fired), (1, 2));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_word_of_the_senders_own_tool_acknowledges(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let page = watch.told("g", 0, vec![fires("a")]).await.opened[0];
    watch.told("g", 0, vec![alert("a", Says::Acknowledged, "checkout")]).await;
    let page = watch.paged(page).await;
    assert_eq!((page.state, page.acknowledged_by), (State::Acknowledged, None));
    assert!(page.acknowledged_at.is_some());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_key_is_the_credential_and_nothing_keeps_it(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let mut stranger = watch.bed.as_stranger().await;
    let other_kind = paging::open_integration(&mut stranger.cx(), &watch.key, IntegrationKind::Generic).await;
    assert!(matches!(other_kind, Err(Error::NotFound { .. })));
    for wrong in ["", "pta_", "guessed", &watch.key.replace("pta_", "ptl_")] {
        let refused =
            paging::open_integration(&mut stranger.cx(), wrong, IntegrationKind::Alertmanager).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{wrong}");
    }
    let kept: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM alert_integration i WHERE i::text LIKE '%' || $1 || '%') OR EXISTS (SELECT FROM activity a WHERE a::text LIKE '%' || $1 || '%')")
        .bind(&watch.key)
        .fetch_one(&watch.pool)
        .await
        .unwrap();
    assert!(!kept, "neither the row nor the log knows the key");
    let all = paging::integrations(&mut stranger.cx(), watch.basket.id).await;
    assert!(matches!(all, Err(Error::Unauthenticated)));

    let id = watch.number("SELECT count(*) FROM alert_integration").await;
    assert_eq!(id, 1);
    let mine = paging::integrations(&mut watch.as_hui().await.cx(), watch.basket.id).await.unwrap();
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let refused = paging::revoke_integration(&mut otto.cx(), mine[0].id).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    paging::revoke_integration(&mut watch.as_hui().await.cx(), mine[0].id).await.unwrap();
    let closed =
        paging::open_integration(&mut stranger.cx(), &watch.key, IntegrationKind::Alertmanager).await;
    assert!(matches!(closed, Err(Error::NotFound { .. })));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_flood_is_held_back_for_the_rest_of_the_minute(pool: PgPool) {
    let watch = Watch::new(pool).await;
    sqlx::query("UPDATE alert_integration SET minute_at = date_trunc('minute', to_timestamp($1)), minute_count = 6000")
        .bind(f64::from(i32::try_from(watch.bed.now().as_second()).unwrap()))
        .execute(&watch.pool)
        .await
        .unwrap();
    let mut stranger = watch.bed.as_stranger().await;
    let refused =
        paging::open_integration(&mut stranger.cx(), &watch.key, IntegrationKind::Alertmanager).await;
    assert!(matches!(refused, Err(Error::Throttled(wait)) if wait.as_secs() <= 60), "{refused:?}");
    watch.wait(1);
    watch.keyed().await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn which_labels_name_the_service_is_the_teams_choice(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let mine = paging::integrations(&mut watch.as_hui().await.cx(), watch.basket.id).await.unwrap();
    let routes = [Route { label: "app".into(), kind: "component".into(), namespace: "default".into() }];
    paging::edit_integration(&mut watch.as_hui().await.cx(), mine[0].id, "Prometheus", &routes)
        .await
        .unwrap();
    let mut told = fires("a");
    told.labels = [("app".to_owned(), "shelf".to_owned())].into();
    let incoming = Incoming { group_key: "g".into(), truncated: 0, alerts: vec![told] };
    let keyed = watch.keyed().await;
    let taken = paging::take_in(&mut watch.bed.as_stranger().await.cx(), &keyed, &incoming).await.unwrap();
    assert_eq!(watch.paged(taken.opened[0]).await.entity_ref.as_deref(), Some("component:default/shelf"));
}
