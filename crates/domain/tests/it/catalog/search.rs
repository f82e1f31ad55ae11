//! Search finds what was meant, best first.

use portolan_domain::{
    Limit,
    catalog::{self, Filter, Sort},
};
use portolan_testkit::catalog::{apply_yaml, service, team, user};
use sqlx::PgPool;

use super::call_of;

async fn shop(pool: &PgPool) {
    let described = |name: &str, tier: u8, about: &str| {
        service(name, "basket", &format!("tier: {tier}"))
            .replace("\nspec:", &format!("\n  description: {about}\nspec:"))
    };
    let text = team("basket", None)
        + &user("imke", &["basket"])
        + &described("checkout-api", 0, "Takes a basket to a paid order.")
        + &described("checkout", 2, "The pages of the checkout.")
        + &described("fast-checkout", 1, "One press.")
        + &described("payment-gateway", 0, "Talks to banks.")
        + &described("payment-archive", 3, "Keeps what was paid.")
        + &described("ledger", 1, "Books every checkout and payment.")
        + &described("recipes", 3, "Suggests dinners.");
    apply_yaml(pool, &text).await;
}

async fn found(pool: &PgPool, q: &str) -> (Vec<String>, Option<String>) {
    let mut call = call_of(pool, "imke").await;
    let filter = Filter { q: Some(q.into()), ..Filter::of(catalog::Kind::Component) };
    let page = catalog::list(&mut call.cx(), &filter, Sort::Default, None, Limit::default()).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    (page.items.into_iter().map(|s| s.name).collect(), page.mended)
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_name_itself_then_beginnings_then_words_then_text(pool: PgPool) {
    shop(&pool).await;
    assert_eq!(found(&pool, "checkout").await.0, ["checkout", "checkout-api", "fast-checkout", "ledger"]);
    assert_eq!(found(&pool, "Payment").await.0, ["payment-gateway", "payment-archive", "ledger"]);
    assert_eq!(found(&pool, "gateway pay").await.0, ["payment-gateway"]);
    assert_eq!(found(&pool, "dinner").await.0, ["recipes"]);
    assert_eq!(found(&pool, "component:default/checkout-api").await.0, ["checkout-api"]);
    assert_eq!(found(&pool, "zeppelin").await.0, Vec::<String>::new());
    assert_eq!(found(&pool, "%' & !").await.0, Vec::<String>::new());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_search_that_is_narrowed_or_sorted_finds_the_same(pool: PgPool) {
    shop(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    for (q, all) in [
        ("checkout", vec!["checkout", "checkout-api", "fast-checkout", "ledger"]),
        ("gateway", vec!["payment-gateway"]),
        ("api", vec!["checkout-api"]),
    ] {
        for sort in [Sort::Default, Sort::Name, Sort::Tier] {
            let filter = Filter {
                q: Some(q.into()),
                types: vec!["service".into()],
                ..Filter::of(catalog::Kind::Component)
            };
            let page = catalog::list(&mut call.cx(), &filter, sort, None, Limit::default()).await.unwrap();
            let mut names: Vec<_> = page.items.into_iter().map(|s| s.name).collect();
            names.sort();
            assert_eq!(names, all, "{q} {sort:?}");
        }
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_name_itself_is_found_among_more_beginnings_than_are_counted(pool: PgPool) {
    let many: String = (0..1500).map(|n| service(&format!("acme-{n:04}"), "basket", "")).collect();
    let people = team("basket", None) + &user("imke", &["basket"]);
    apply_yaml(&pool, &(people.clone() + &many)).await;
    apply_yaml(&pool, &(people + &many + &service("acme", "basket", ""))).await;
    // as autovacuum does a little later: with figures the rows may be read in the order in which they lie
    sqlx::query("ANALYZE entity").execute(&pool).await.unwrap();
    let mut call = call_of(&pool, "imke").await;
    let plain = Filter { q: Some("acme".into()), ..Filter::of(catalog::Kind::Component) };
    let narrowed = Filter { types: vec!["service".into()], ..plain.clone() };
    for filter in [plain, narrowed] {
        let page =
            catalog::list(&mut call.cx(), &filter, Sort::Default, None, Limit::default()).await.unwrap();
        assert_eq!((page.items[0].name.as_str(), page.total_is_lower_bound), ("acme", true));
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn mistyped_names_are_found(pool: PgPool) {
    shop(&pool).await;
    let cases = [
        ("chekout", "checkout", "checkout"),
        ("paymnt gateway", "payment-gateway", "payment gateway"),
        ("ledgr", "ledger", "ledger"),
        ("eckou", "checkout", "checkout"),
        ("checkoutapi", "checkout-api", "checkout api"),
        ("chekoutapi", "checkout-api", "checkout api"),
        ("paymentgate", "payment-gateway", "payment gate"),
    ];
    for (typed, first, reading) in cases {
        let (names, mended) = found(&pool, typed).await;
        assert_eq!(
            (names.first().map(String::as_str), mended.as_deref()),
            (Some(first), Some(reading)),
            "{typed}"
        );
    }
    assert_eq!(found(&pool, "checkout").await.1, None);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_word_of_very_many_names_is_counted_to_a_hundred_and_pages_to_its_end(pool: PgPool) {
    let many: String = (0..130).map(|n| service(&format!("a{n:03}-store"), "basket", "tier: 3")).collect();
    let text =
        team("basket", None) + &user("imke", &["basket"]) + &many + &service("store", "basket", "tier: 3");
    apply_yaml(&pool, &text).await;
    let mut call = call_of(&pool, "imke").await;
    let filter = Filter { q: Some("store".into()), ..Filter::of(catalog::Kind::Component) };
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let limit = Limit::new(40).unwrap();
        let page = catalog::list(&mut call.cx(), &filter, Sort::Default, after, limit).await.unwrap();
        assert_eq!((page.total, page.total_is_lower_bound), (100, true));
        names.extend(page.items.into_iter().map(|s| s.name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((names.len(), names[0].as_str()), (100, "store"), "the name itself comes first");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 100, "none comes twice");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_palette_finds_teams_and_people_too(pool: PgPool) {
    shop(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    let found = catalog::search(&mut call.cx(), "imke", Limit::default()).await.unwrap();
    assert_eq!(found.people.iter().map(|p| p.handle.as_str()).collect::<Vec<_>>(), ["imke"]);
    let found = catalog::search(&mut call.cx(), "baskt", Limit::default()).await.unwrap();
    assert_eq!(found.teams.iter().map(|t| t.slug.as_str()).collect::<Vec<_>>(), ["basket"]);
    assert!(catalog::search(&mut call.cx(), " ", Limit::default()).await.unwrap().is_empty());
}
