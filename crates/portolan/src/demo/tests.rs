//! Fairhaven is there, whole, and what is out of order at it is found.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use portolan_domain::{
    Actor, Call, Db, Limit, Scope, Via,
    catalog::{self, Filter, Kind, Sort, findings},
    changes,
    people::{self, PeopleFilter},
    wins::{self, ArchiveFilter, PublicationFilter, UpdateState},
};
use sqlx::PgPool;

use super::{is_empty, load};

fn now() -> Timestamp {
    "2026-11-19T02:10:00Z".parse().expect("an instant")
}

/// Fairhaven, seen by Imke.
async fn loaded(pool: PgPool) -> Call {
    let db = Db::new(pool);
    load(&db, now()).await.expect("the demo company is loaded");
    let mut system = db.call(Actor::system(), now()).await.expect("a call");
    let imke = people::person(&mut system.cx(), "imke.sorensen").await.expect("Imke");
    drop(system);
    db.call(Actor::person(&imke, Scope::Admin, Via::Page), now()).await.expect("a call")
}

fn many() -> Limit {
    Limit::new(Limit::MAX).expect("a limit")
}

async fn total(call: &mut Call, filter: Filter) -> i64 {
    catalog::list(&mut call.cx(), &filter, Sort::Default, None, Limit::default()).await.expect("a list").total
}

fn of_kind(kind: Kind) -> Filter {
    Filter { kinds: vec![kind], ..Filter::default() }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_company_has_the_size_it_tells_of(pool: PgPool) {
    let mut call = loaded(pool).await;
    let services =
        total(&mut call, Filter { types: vec!["service".into()], ..of_kind(Kind::Component) }).await;
    assert!((58..=64).contains(&services), "{services} services");
    assert_eq!(total(&mut call, of_kind(Kind::Domain)).await, 5);
    assert!(total(&mut call, of_kind(Kind::System)).await >= 12);
    assert!(total(&mut call, of_kind(Kind::Api)).await >= 20);
    assert!(total(&mut call, of_kind(Kind::Resource)).await >= 20);
    let people =
        people::people(&mut call.cx(), &PeopleFilter::default(), None, many()).await.expect("people");
    assert_eq!(people.total, 70);
    let zones: BTreeSet<_> = people.items.iter().map(|p| p.time_zone.as_str()).collect();
    assert_eq!(zones, BTreeSet::from(["America/Toronto", "Asia/Singapore", "Europe/Amsterdam"]));
    assert!(people.items.iter().all(|p| p.phone.is_some()), "everybody can be called");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn twelve_teams_stand_in_a_tree_of_four_levels(pool: PgPool) {
    let mut call = loaded(pool).await;
    let org = people::org(&mut call.cx()).await.expect("the tree");
    let parents: BTreeMap<_, _> = org.iter().map(|t| (t.id, t.parent_id)).collect();
    let depth = |mut id| {
        let mut depth = 1;
        while let Some(Some(parent)) = parents.get(&id) {
            depth += 1;
            id = *parent;
        }
        depth
    };
    let teams: Vec<_> = org.iter().filter(|t| t.kind == "team").collect();
    assert_eq!(teams.len(), 12);
    assert!(teams.iter().all(|t| depth(t.id) == 4), "company, group, department, team");
    assert!(
        org.iter().filter(|t| t.slug != "recipes").all(|t| t.lead_handle.is_some()),
        "all but the empty team have a lead"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_out_of_order_is_found(pool: PgPool) {
    let mut call = loaded(pool).await;
    let page =
        findings::list(&mut call.cx(), &findings::Filter::default(), None, many()).await.expect("findings");
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in &page.items {
        let name = finding.entity_ref.split('/').next_back().unwrap_or_default();
        found.entry(finding.kind.as_str()).or_default().insert(name);
    }
    let expected = [
        ("owner-unknown", vec!["parcel-printer", "partner-feeds", "partner-orders"]),
        ("owner-inactive", vec!["recipe-importer"]),
        ("no-runbook", vec!["fraud-check"]),
        ("orphaned", vec!["voucher-printer"]),
        ("dangling", vec!["meal-planner", "route-planner"]),
        ("descriptor-drift", vec!["coupon-engine", "search-index"]),
    ];
    for (kind, names) in expected {
        assert_eq!(
            found.get(kind).cloned().unwrap_or_default(),
            names.into_iter().collect(),
            "{kind} in {found:#?}"
        );
    }
    let empty = found.get("team-empty").cloned().unwrap_or_default();
    assert!(empty.contains("recipe-api") && empty.contains("meal-planner"), "{empty:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_incident_finds_the_last_change(pool: PgPool) {
    let mut call = loaded(pool).await;
    let reference = "component:default/checkout-api".parse().expect("a reference");
    let checkout = catalog::get(&mut call.cx(), &reference).await.expect("checkout-api");
    let last = &changes::latest(&mut call.cx(), checkout.id).await.expect("changes")[0];
    assert_eq!(
        (last.environment.as_str(), last.version.as_str(), last.who()),
        ("production", "4.47.3", "Ana Prats")
    );
    assert_eq!(last.started_at.to_string(), "2026-11-19T01:41:00Z");
    let all =
        changes::list(&mut call.cx(), &changes::Filter::default(), None, many()).await.expect("changes");
    assert!(all.total >= 90, "{} changes", all.total);
    for status in ["running", "failed", "rolled-back"] {
        assert!(all.items.iter().any(|c| c.status.as_str() == status), "one that {status}");
    }
    let unknown: Vec<_> =
        all.items.iter().filter(|c| c.person_id.is_none()).map(|c| &c.deployed_by).collect();
    assert!(unknown.is_empty(), "nobody knows {unknown:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_year_of_wins_is_told_and_none_twice(pool: PgPool) {
    let mut call = loaded(pool.clone()).await;
    let cx = &mut call.cx();
    let of_company = PublicationFilter { team: Some("fairhaven".into()), level: None };
    let published = wins::publications(cx, &of_company, None, many()).await.expect("publications");
    assert_eq!(published.total, 25, "all cycles but the one that is being written up");
    let waiting = wins::waiting_for_answer(cx).await.expect("what names Basket");
    assert_eq!(waiting.len(), 2, "Ledger and Storefront name Basket");
    let update = wins::current_update(cx, "basket").await.expect("an answer").expect("Basket takes part");
    assert!(update.state == UpdateState::Open && update.is_late(now()), "{update:?}");
    let sheet = wins::sheet(cx, update.id).await.expect("what Basket writes");
    assert!(!sheet.wins.is_empty() && sheet.waiting.len() >= 5, "{} wait", sheet.waiting.len());

    let db = Db::new(pool);
    let mut system = db.call(Actor::system(), now()).await.expect("a call");
    let margriet = people::person(&mut system.cx(), "margriet.blom").await.expect("Margriet");
    drop(system);
    let mut call = db.call(Actor::person(&margriet, Scope::Read, Via::Page), now()).await.expect("a call");
    let filter =
        ArchiveFilter { origins_only: true, kind: Some(wins::Kind::Win), ..ArchiveFilter::default() };
    let (mut seen, mut after) = (BTreeSet::new(), None);
    loop {
        let page = wins::archive(&mut call.cx(), &filter, after, many()).await.expect("the archive");
        for found in page.items {
            let summary = found.entry.words.summary;
            assert!(seen.insert(summary.clone()), "told twice: {summary}");
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert!(seen.len() > 230, "{} wins", seen.len());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_portal_in_use_takes_no_demo_company(pool: PgPool) {
    let db = Db::new(pool);
    assert!(is_empty(&db, now()).await.expect("an answer"));
    load(&db, now()).await.expect("the first time");
    assert!(!is_empty(&db, now()).await.expect("an answer"));
    let refused = load(&db, now()).await.expect_err("the second time").to_string();
    assert!(refused.contains("not empty"), "{refused}");
}
