//! Policies: who writes them, which service goes which way.

use portolan_domain::{
    Error, Limit,
    catalog::EntityRef,
    paging::{self, Because, NewPolicy, NewStep, NewTarget},
};
use sqlx::PgPool;

use super::watch::Watch;

fn policy(slug: &str, steps: Vec<NewStep>) -> NewPolicy {
    NewPolicy { team: "basket".into(), slug: slug.into(), name: slug.into(), steps, ..NewPolicy::default() }
}

fn to(handle: &str) -> Vec<NewStep> {
    vec![NewStep { to: NewTarget::Person(handle.into()), minutes: 5 }]
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_service_goes_its_own_way_else_its_teams_else_the_usual_one(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let checkout: EntityRef = "component:checkout".parse().unwrap();
    let mut hui = watch.as_hui().await;
    let entity = portolan_domain::catalog::get(&mut hui.cx(), &checkout).await.unwrap();
    let because = async |hui: &mut portolan_domain::Call| {
        let way = paging::way(&mut hui.cx(), watch.basket.id, Some(entity.id)).await.unwrap();
        (way.because, way.plan.steps.len())
    };
    assert_eq!(because(&mut hui).await, (Because::Implicit, 2));
    paging::set_related_team(&mut hui.cx(), "basket", Some("ledger")).await.unwrap();
    assert_eq!(
        because(&mut hui).await,
        (Because::Implicit, 3),
        "the related team's primary is the second step"
    );

    watch.policy(&[("imke", 5)], 0).await;
    assert_eq!(because(&mut hui).await.0, Because::TeamDefault);
    paging::create_policy(&mut hui.cx(), policy("night", to("hui"))).await.unwrap();
    paging::assign_policy(&mut hui.cx(), &checkout, Some("Night")).await.unwrap();
    assert_eq!(because(&mut hui).await.0, Because::OwnPolicy);
    let night = paging::policy(&mut hui.cx(), "night").await.unwrap();
    assert_eq!(
        (night.services, paging::services_of(&mut hui.cx(), night.id).await.unwrap()),
        (1, vec![checkout.clone()])
    );

    // handed over, the new owner's way counts; the old one's policy is nobody's way
    sqlx::query("UPDATE entity SET owner_ref = 'group:default/ledger', owner_team_id = (SELECT id FROM team WHERE slug = 'ledger') WHERE name = 'checkout'")
        .execute(&watch.pool)
        .await
        .unwrap();
    let ledger = portolan_domain::people::team(&mut hui.cx(), "ledger").await.unwrap();
    let way = paging::way(&mut hui.cx(), ledger.id, Some(entity.id)).await.unwrap();
    assert_eq!(way.because, Because::Implicit);
    let foreign =
        paging::assign_policy(&mut watch.bed.as_person(&watch.dele).await.cx(), &checkout, Some("night"))
            .await;
    assert!(
        matches!(&foreign, Err(Error::Invalid(p)) if p[0].message.contains("does not own")),
        "{foreign:?}"
    );

    paging::close_policy(&mut hui.cx(), "basket").await.unwrap();
    let way = paging::way(&mut hui.cx(), watch.basket.id, None).await.unwrap();
    assert_eq!(way.because, Because::Implicit, "a closed one is nobody's way");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn everything_wrong_is_said_where_it_is(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let gone = watch.bed.gone("selma").await;
    let mut steps = to("hui");
    steps.push(NewStep { to: NewTarget::Team("nowhere".into()), minutes: 5 });
    steps.push(NewStep { to: NewTarget::Person(gone.handle.clone()), minutes: 5000 });
    steps.push(NewStep { to: NewTarget::Schedule("none".into()), minutes: 1 });
    let new = NewPolicy { repeats: 10, name: " ".into(), ..policy("-x-", steps) };
    let refused = paging::create_policy(&mut watch.as_hui().await.cx(), new).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "repeats",
            "steps[1].team",
            "steps[2].minutes",
            "steps[2].person",
            "steps[3].schedule",
            "slug",
            "name"
        ]
    );
    let none = paging::create_policy(&mut watch.as_hui().await.cx(), policy("x", vec![])).await;
    assert!(matches!(&none, Err(Error::Invalid(p)) if p[0].field == "steps"), "{none:?}");
    let otto =
        paging::create_policy(&mut watch.bed.as_person(&watch.otto).await.cx(), policy("x", to("hui"))).await;
    assert!(matches!(otto, Err(Error::Forbidden(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn there_is_one_default_and_two_editors_do_not_overwrite_each_other(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5)], 0).await;
    let mut hui = watch.as_hui().await;
    let second = NewPolicy { is_default: true, ..policy("second", to("imke")) };
    let second = paging::create_policy(&mut hui.cx(), second).await.unwrap();
    assert!(second.is_default && !paging::policy(&mut hui.cx(), "basket").await.unwrap().is_default);
    let taken = paging::create_policy(&mut hui.cx(), policy("SECOND", to("imke"))).await;
    assert!(matches!(&taken, Err(Error::Invalid(p)) if p[0].field == "slug"), "{taken:?}");

    let edit = |name: &str| NewPolicy { name: name.into(), is_default: true, ..policy("", to("hui")) };
    let edited =
        paging::edit_policy(&mut hui.cx(), "second", edit("Nights"), Some(second.version)).await.unwrap();
    assert_eq!((edited.name.as_str(), edited.steps[0].to.words().as_str()), ("Nights", "Hui"));
    let stale = paging::edit_policy(&mut hui.cx(), "second", edit("Days"), Some(second.version)).await;
    assert!(matches!(stale, Err(Error::Stale)));
    let all =
        paging::policies(&mut hui.cx(), Some("basket"), Some("ni"), None, Limit::default()).await.unwrap();
    assert_eq!((all.total, all.items[0].slug.as_str()), (1, "second"));
}
