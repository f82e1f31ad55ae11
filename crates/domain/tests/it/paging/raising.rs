//! A person pages a team; and what goes on below a service.

use jiff::ToSpan;
use portolan_domain::{
    Error,
    changes::{self, NewChange},
    paging::{self, GoingOn, NewPage, NewWindow, Says, State, Urgency, Whom},
};
use sqlx::PgPool;

use super::watch::{Watch, alert};

fn page(urgency: Urgency) -> NewPage {
    NewPage {
        whom: Whom::Entity("component:checkout".parse().unwrap()),
        summary: "Nobody can pay".into(),
        impact: "All shops, since ten past three".into(),
        urgency,
        link: None,
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_would_be_woken_is_shown_first(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5), ("imke", 10)], 0).await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let preview = paging::preview(&mut otto.cx(), &page(Urgency::Now).whom).await.unwrap();
    assert_eq!(preview.first.people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["Hui"]);
    assert_eq!((preview.steps, preview.minutes), (vec!["Hui".to_owned(), "Imke".into()], vec![5, 10]));
    let raised = paging::raise(&mut otto.cx(), page(Urgency::Now)).await.unwrap();
    assert_eq!(
        (raised.state, raised.raised_by.unwrap().handle.as_str(), raised.team.slug.as_str()),
        (State::Open, "otto", "basket")
    );
    assert_eq!(watch.due_in(raised.id).await, Some(0));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_can_wait_waits_for_the_working_day(pool: PgPool) {
    let watch = Watch::new(pool).await; // ten past three on a Saturday, in UTC
    watch.policy(&[("hui", 5)], 0).await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let raised = paging::raise(&mut otto.cx(), page(Urgency::WorkingHours)).await.unwrap();
    let monday: jiff::Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
    assert_eq!(raised.next_at, Some(monday));
    watch.advance(raised.id).await;
    assert!(watch.reached(raised.id).await.is_empty());
    watch.bed.wait((monday.as_second() - watch.bed.now().as_second()).seconds());
    watch.advance(raised.id).await;
    assert_eq!(watch.reached(raised.id).await, ["hui"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_page_needs_its_impact_and_nobody_pages_without_end(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let mute = NewPage {
        impact: " ".into(),
        summary: String::new(),
        whom: Whom::Team("nowhere".into()),
        ..page(Urgency::Now)
    };
    let Err(Error::Invalid(problems)) = paging::raise(&mut otto.cx(), mute).await else {
        panic!("must be refused")
    };
    assert_eq!(problems.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), ["team", "summary", "impact"]);
    for _ in 0..10 {
        paging::raise(&mut otto.cx(), page(Urgency::Now)).await.unwrap();
    }
    assert!(matches!(paging::raise(&mut otto.cx(), page(Urgency::Now)).await, Err(Error::Throttled(_))));
    let reader = watch.bed.as_token(&watch.hui, portolan_domain::Scope::Read).await;
    let mut reader = reader;
    assert!(matches!(paging::raise(&mut reader.cx(), page(Urgency::Now)).await, Err(Error::Forbidden(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_goes_on_below_a_service_is_told_newest_first(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let checkout = "component:checkout".parse().unwrap();
    let mut dele = watch.bed.as_person(&watch.dele).await;
    let quiet = paging::below(&mut dele.cx(), &checkout).await.unwrap();
    assert_eq!((quiet.stands_on, quiet.going_on.len()), (1, 0), "the platform is ruled out");

    let change = |version: &str| NewChange {
        entity_ref: "books".into(),
        environment: "production".into(),
        version: version.into(),
        ..NewChange::default()
    };
    changes::record(
        &mut dele.cx(),
        NewChange { started_at: Some(watch.bed.now() - 7.hours()), ..change("1") },
    )
    .await
    .unwrap();
    changes::record(
        &mut dele.cx(),
        NewChange { started_at: Some(watch.bed.now() - 1.hour()), ..change("2") },
    )
    .await
    .unwrap();
    watch.told("g", 0, vec![alert("x", Says::Firing, "books")]).await;
    watch.told("h", 0, vec![alert("y", Says::Firing, "shelf")]).await;
    watch.wait(1);
    let mut dele = watch.bed.as_person(&watch.dele).await;
    let window = NewWindow {
        entity: "component:books".parse().unwrap(),
        from: None,
        until: watch.bed.now() + 1.hour(),
        reason: "rack".into(),
    };
    paging::plan_maintenance(&mut dele.cx(), window).await.unwrap();
    let below = paging::below(&mut dele.cx(), &checkout).await.unwrap();
    let told: Vec<_> = below
        .going_on
        .iter()
        .map(|(level, one)| match one {
            GoingOn::Page(page) => format!("{level} page {}", page.summary),
            GoingOn::Maintenance(window) => format!("{level} maintenance {}", window.reason),
            GoingOn::Change(change) => format!("{level} change {}", change.version),
        })
        .collect();
    assert_eq!(
        told,
        ["1 maintenance rack", "1 page Alert x", "1 change 2"],
        "what does not stand below is not told"
    );
}
