//! Relations from both ends, and neighbourhoods that stay bounded.

use portolan_domain::catalog::{self, MOST_NEIGHBOURS, RelationKind};
use portolan_testkit::catalog::{apply_yaml, service, team, user};
use sqlx::PgPool;

use super::{call_of, r};

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn relations_read_from_both_ends_and_may_dangle(pool: PgPool) {
    let text = team("basket", None)
        + &user("imke", &["basket"])
        + &service(
            "checkout",
            "basket",
            "dependsOn: [component:ledger, resource:orders-db]\nconsumesApis: [bank]",
        )
        + &service("ledger", "basket", "dependencyOf: [component:checkout]\ndependsOn: [component:clock]")
        + &service("clock", "basket", "")
        + &service("gateway", "basket", "providesApis: [bank]");
    apply_yaml(&pool, &text).await;
    let mut call = call_of(&pool, "imke").await;
    let told = catalog::relations(&mut call.cx(), &r("component:default/checkout")).await.unwrap();
    let told: Vec<_> =
        told.items.iter().map(|x| (x.kind.as_str(), x.other.as_str(), x.entity.is_some())).collect();
    assert_eq!(
        told,
        [
            ("ownedBy", "group:default/basket", true),
            ("dependsOn", "component:default/ledger", true),
            ("dependsOn", "resource:default/orders-db", false),
            ("consumesApi", "api:default/bank", false),
        ]
    );
    let ledger = catalog::relations(&mut call.cx(), &r("component:default/ledger")).await.unwrap();
    assert!(
        ledger.items.iter().any(|x| x.kind == RelationKind::DependencyOf && x.other.name() == "checkout")
    );
    assert!(catalog::relations(&mut call.cx(), &r("component:default/nothing")).await.is_err());

    let near = catalog::neighbourhood(&mut call.cx(), &r("component:default/checkout")).await.unwrap();
    let near: Vec<_> = near.neighbours.iter().map(|n| (n.level, n.reference.name().to_owned())).collect();
    assert_eq!(
        near,
        [
            (1, "ledger".into()),
            (1, "bank".into()),
            (1, "orders-db".into()),
            (2, "clock".into()),
            (2, "gateway".into())
        ]
    );

    let apis = catalog::apis(&mut call.cx(), &r("component:default/gateway")).await.unwrap();
    assert_eq!((apis.provides.len(), apis.provides[0].others[0].0.name()), (1, "checkout"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_hub_is_cut_and_says_so(pool: PgPool) {
    let users: String = (0..MOST_NEIGHBOURS + 5)
        .map(|n| {
            service(
                &format!("user-{n:03}"),
                "basket",
                &format!("dependsOn: [component:hub]\n{}", if n == 204 { "tier: 0" } else { "" }),
            )
        })
        .collect();
    apply_yaml(
        &pool,
        &(team("basket", None) + &user("imke", &["basket"]) + &service("hub", "basket", "") + &users),
    )
    .await;
    let mut call = call_of(&pool, "imke").await;
    let near = catalog::neighbourhood(&mut call.cx(), &r("component:default/hub")).await.unwrap();
    assert!(near.cut);
    assert_eq!(i64::try_from(near.neighbours.len()).unwrap(), MOST_NEIGHBOURS);
    assert_eq!(near.neighbours[0].reference.name(), "user-204", "what most rests on is never cut");
}
