//! Counts per choice are those of a count by hand, also after updates and deletes.

use portolan_domain::{
    Limit,
    catalog::{self, Dimension, Filter, Kind, Sort, Summary},
};
use sqlx::PgPool;

use super::{call_of, company, r};

fn values(s: &Summary, dimension: Dimension) -> Vec<String> {
    let text = |r: &Option<catalog::EntityRef>| r.as_ref().map(|r| r.as_str().to_owned());
    match dimension {
        Dimension::Kind => vec![s.kind.as_str().to_owned()],
        Dimension::Type => s.type_name.iter().cloned().collect(),
        Dimension::Owner => {
            vec![s.owner.as_ref().map(|o| o.reference.as_str().to_owned()).unwrap_or_default()]
        }
        Dimension::Tier => vec![s.tier.map(|t| t.to_string()).unwrap_or_default()],
        Dimension::Lifecycle => s.lifecycle.iter().cloned().collect(),
        Dimension::Tag => s.tags.clone(),
        Dimension::System => text(&s.system).into_iter().collect(),
        Dimension::Domain => text(&s.domain).into_iter().collect(),
    }
}

fn without(filter: &Filter, dimension: Dimension) -> Filter {
    let mut filter = filter.clone();
    match dimension {
        Dimension::Kind => filter.kinds.clear(),
        Dimension::Type => filter.types.clear(),
        Dimension::Owner => filter.owners.clear(),
        Dimension::Tier => filter.tiers.clear(),
        Dimension::Lifecycle => filter.lifecycles.clear(),
        Dimension::Tag => filter.tags.clear(),
        Dimension::System => filter.systems.clear(),
        Dimension::Domain => filter.domains.clear(),
    }
    filter
}

async fn counts_are_right(pool: &PgPool, when: &str) {
    let mut call = call_of(pool, "imke").await;
    let filters = [
        Filter::default(),
        Filter::of(Kind::Component),
        Filter { owners: vec![Some(r("group:default/basket"))], ..Filter::of(Kind::Component) },
        Filter { tiers: vec![Some(0), None], tags: vec!["eu".into()], ..Filter::of(Kind::Component) },
        Filter {
            tiers: vec![Some(0)],
            tags: vec!["eu".into()],
            types: vec!["service".into(), "library".into()],
            ..Filter::default()
        },
        Filter { mine: true, ..Filter::of(Kind::Component) },
        Filter { needs_owner: true, tags: vec!["go".into()], ..Filter::default() },
        Filter { q: Some("part".into()), tiers: vec![Some(1)], ..Filter::of(Kind::Component) },
    ];
    for filter in &filters {
        let facets = catalog::facets(&mut call.cx(), filter, &Dimension::ALL).await.unwrap();
        assert_eq!(facets.len(), 8);
        for facet in facets {
            let rows = catalog::list(
                &mut call.cx(),
                &without(filter, facet.dimension),
                Sort::Name,
                None,
                Limit::new(200).unwrap(),
            )
            .await
            .unwrap();
            let mut expected: Vec<(String, i64)> = Vec::new();
            for value in rows.items.iter().flat_map(|s| values(s, facet.dimension)) {
                match expected.iter_mut().find(|e| e.0 == value) {
                    Some(e) => e.1 += 1,
                    None => expected.push((value, 1)),
                }
            }
            expected.sort();
            let mut got: Vec<_> =
                facet.choices.iter().filter(|c| c.count > 0).map(|c| (c.value.clone(), c.count)).collect();
            got.sort();
            assert_eq!(got, expected, "{when}: {:?} under {filter:?}", facet.dimension);
        }
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn counts_equal_a_count_by_hand(pool: PgPool) {
    company(&pool).await;
    counts_are_right(&pool, "as applied").await;
    sqlx::query!(
        "UPDATE entity SET tier = 0, tags = tags || '{new}' WHERE name LIKE '%-03' OR name LIKE '%-1%'"
    )
    .execute(&pool)
    .await
    .unwrap();
    counts_are_right(&pool, "after an update").await;
    sqlx::query!("DELETE FROM entity WHERE name LIKE '%-0%'").execute(&pool).await.unwrap();
    counts_are_right(&pool, "after deletes").await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_writers_at_once_lose_no_count(pool: PgPool) {
    company(&pool).await;
    let write = |pool: PgPool, part: i32| async move {
        for tier in [1_i16, 2, 3, 0] {
            sqlx::query!("UPDATE entity SET tier = $1 WHERE kind = 'component' AND length(name) > 0 AND hashtext(ref) % 2 = $2", tier, part)
                .execute(&pool)
                .await
                .unwrap();
        }
    };
    tokio::join!(write(pool.clone(), 0), write(pool.clone(), 1));
    counts_are_right(&pool, "after two writers").await;
}
