//! Pages are whole, and every filter leaves what it says.

use std::collections::BTreeSet;

use portolan_domain::{
    Limit,
    catalog::{self, Filter, Kind, Sort, Summary},
};
use sqlx::PgPool;

use super::{call_of, company, r};

async fn all(
    call: &mut portolan_domain::Call,
    filter: &Filter,
    sort: Sort,
    rows: i64,
) -> (Vec<Summary>, i64) {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page =
            catalog::list(&mut call.cx(), filter, sort, after, Limit::new(rows).unwrap()).await.unwrap();
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return (items, page.total);
        }
    }
}

type Check<'a> = Box<dyn Fn(&Summary) -> bool + 'a>;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn pages_of_any_size_in_any_order_give_every_row_once(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    let filters = [
        Filter::default(),
        Filter::of(Kind::Component),
        Filter { owners: vec![Some(r("group:default/basket"))], ..Filter::of(Kind::Component) },
        Filter { owners: vec![Some(r("group:default/basket"))], ..Filter::default() },
        Filter { tags: vec!["eu".into()], ..Filter::of(Kind::Component) },
        Filter { q: Some("part".into()), ..Filter::default() },
        Filter { q: Some("part".into()), tags: vec!["eu".into()], ..Filter::default() },
    ];
    for filter in &filters {
        for sort in [Sort::Default, Sort::Name, Sort::Tier, Sort::Changed, Sort::Updated, Sort::Owner] {
            let (whole, total) = all(&mut call, filter, sort, 200).await;
            let names: BTreeSet<_> = whole.iter().map(|s| s.reference.clone()).collect();
            assert_eq!(
                (names.len(), i64::try_from(whole.len()).unwrap()),
                (whole.len(), total),
                "{filter:?} {sort:?}"
            );
            assert!(total > 0, "{filter:?}");
            let (pieces, _) = all(&mut call, filter, sort, 7).await;
            let order = |rows: &[Summary]| rows.iter().map(|s| s.reference.to_string()).collect::<Vec<_>>();
            assert_eq!(order(&pieces), order(&whole), "{filter:?} {sort:?}");
        }
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn each_filter_leaves_what_it_says(pool: PgPool) {
    company(&pool).await;
    let mut call = call_of(&pool, "imke").await;
    let (everything, _) = all(&mut call, &Filter::of(Kind::Component), Sort::Name, 200).await;
    let owner = |s: &Summary| s.owner.as_ref().map(|o| o.reference.name().to_owned()).unwrap_or_default();
    let one = |name: &str, values: &[&str]| {
        let mut filter = Filter::of(Kind::Component);
        for value in values {
            assert!(filter.add(name, value).unwrap());
        }
        filter
    };
    let cases: Vec<(Filter, Check<'_>)> = vec![
        (one("type", &["library"]), Box::new(|s| s.type_name.as_deref() == Some("library"))),
        (
            one("owner", &["basket", "pricing"]),
            Box::new(|s| ["basket", "pricing"].contains(&owner(s).as_str())),
        ),
        (one("tier", &["0", "none"]), Box::new(|s| matches!(s.tier, None | Some(0)))),
        (one("tag", &["go", "pci"]), Box::new(|s| s.tags.iter().any(|t| t == "go" || t == "pci"))),
        (
            one("system", &["system:default/shop"]),
            Box::new(|s| s.system.as_ref().is_some_and(|r| r.as_str() == "system:default/shop")),
        ),
        (one("lifecycle", &["experimental"]), Box::new(|_| false)),
        (one("mine", &["true"]), Box::new(|s| owner(s) == "basket")),
        (
            one("needs_owner", &["true"]),
            Box::new(|s| ["recipes", "nobody-knows"].contains(&owner(s).as_str())),
        ),
        (one("orphaned", &["true"]), Box::new(|s| s.orphaned_at.is_some())),
        (
            Filter { tiers: vec![Some(1)], ..one("tag", &["eu"]) },
            Box::new(|s| s.tier == Some(1) && s.tags.iter().any(|t| t == "eu")),
        ),
    ];
    for (filter, check) in cases {
        let (found, total) = all(&mut call, &filter, Sort::Name, 200).await;
        let expected: Vec<_> = everything.iter().filter(|s| check(s)).map(|s| s.reference.clone()).collect();
        assert_eq!(found.iter().map(|s| s.reference.clone()).collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(total, i64::try_from(expected.len()).unwrap(), "{filter:?}");
    }
    assert!(Filter::default().add("tier", "7").is_err());
}
