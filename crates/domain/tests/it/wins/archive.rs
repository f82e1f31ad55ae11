//! The archive: what was handed up is found again, counted, and paged.

use portolan_domain::{
    Error, Limit,
    wins::{self, ArchiveFilter, Kind, NewEntry, Sensitivity, Topic, Words},
};
use sqlx::PgPool;

use super::Company;

/// Four wins of Basket and three of Crane, handed up and published with their cycle.
async fn harvest(pool: PgPool) -> Company {
    let company = Company::new(pool).await;
    for (team, count) in [("basket", 4), ("crane", 3)] {
        for nth in 0..count {
            let new = NewEntry {
                team: team.into(),
                words: Words {
                    summary: format!("{team} win {nth}"),
                    result: if nth == 0 { "p95 went from 3.8 to 1.9 s".into() } else { String::new() },
                    ..Words::default()
                },
                topic: Some(if nth == 0 { Topic::Metric } else { Topic::Initiative }),
                ..NewEntry::default()
            };
            let lead = Company::lead_of(team);
            let mut call = company.call(lead).await;
            let entry = wins::jot(&mut call.cx(), new).await.unwrap();
            let update = company.update(team).await;
            wins::choose(&mut call.cx(), update.id, &[entry.id], None).await.unwrap();
        }
        company.submit(team).await;
    }
    company
}

fn filter(change: impl FnOnce(&mut ArchiveFilter)) -> ArchiveFilter {
    let mut filter = ArchiveFilter::default();
    change(&mut filter);
    filter
}

async fn found(company: &Company, who: &str, filter: &ArchiveFilter) -> Vec<String> {
    let mut call = company.call(who).await;
    let page = wins::archive(&mut call.cx(), filter, None, Limit::new(200).unwrap()).await.unwrap();
    let mut found: Vec<_> = page.items.into_iter().map(|f| f.entry.words.summary).collect();
    found.sort();
    found
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_handed_up_is_found_again(pool: PgPool) {
    let company = harvest(pool).await;
    assert_eq!(found(&company, "vera", &ArchiveFilter::default()).await.len(), 7);
    for (q, count) in [
        ("metric", 0),
        ("p95", 2),
        ("P95 bask", 1),
        ("3.8", 2),
        ("win", 7),
        ("win 2", 2),
        ("nothing", 0),
        ("?!", 0),
    ] {
        assert_eq!(found(&company, "vera", &filter(|f| f.q = Some(q.into()))).await.len(), count, "{q}");
    }
    for hostile in ["'", "a' | 'b", "\\", "a\\' & !b", "!win", ":*", "(win", "<->", "%"] {
        let mut vera = company.call("vera").await;
        let page =
            wins::archive(&mut vera.cx(), &filter(|f| f.q = Some(hostile.into())), None, Limit::default())
                .await;
        assert!(page.is_ok(), "{hostile}: {page:?}");
    }
    assert_eq!(
        found(&company, "vera", &filter(|f| f.team = Some("shop".into()))).await.len(),
        4,
        "with those below"
    );
    assert_eq!(found(&company, "vera", &filter(|f| f.person = Some("carl".into()))).await.len(), 3);
    assert_eq!(
        found(&company, "vera", &filter(|f| f.topic = Some(Topic::Metric))).await,
        ["basket win 0", "crane win 0"]
    );
    assert_eq!(found(&company, "vera", &filter(|f| f.kind = Some(Kind::Challenge))).await.len(), 0);
    assert_eq!(found(&company, "vera", &filter(|f| f.quarter = Some("2026-q4".into()))).await.len(), 7);
    assert_eq!(found(&company, "vera", &filter(|f| f.quarter = Some("2026-q3".into()))).await.len(), 0);
    let mut vera = company.call("vera").await;
    for wrong in [filter(|f| f.quarter = Some("q4".into())), filter(|f| f.team = Some("none".into()))] {
        let page = wins::archive(&mut vera.cx(), &wrong, None, Limit::default()).await;
        assert!(matches!(page, Err(Error::Invalid(_) | Error::NotFound { .. })), "{page:?}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn every_facet_leaves_as_many_as_it_says(pool: PgPool) {
    let company = harvest(pool).await;
    for who in ["vera", "dora", "imke", "otto"] {
        let facets =
            wins::facets(&mut company.call(who).await.cx(), &ArchiveFilter::default()).await.unwrap();
        assert_eq!((facets.teams.is_empty(), facets.kinds.is_empty()), (who == "otto", who == "otto"));
        for team in &facets.teams {
            let left = found(&company, who, &filter(|f| f.team = Some(team.key.clone()))).await;
            assert_eq!(i64::try_from(left.len()).unwrap(), team.count, "{who}: {team:?}");
        }
        for person in &facets.people {
            let left = found(&company, who, &filter(|f| f.person = Some(person.key.clone()))).await;
            assert_eq!(i64::try_from(left.len()).unwrap(), person.count, "{who}: {person:?}");
        }
        for topic in &facets.topics {
            let left = found(&company, who, &filter(|f| f.topic = Some(topic.key.parse().unwrap()))).await;
            assert_eq!(i64::try_from(left.len()).unwrap(), topic.count, "{who}: {topic:?}");
        }
        for kind in &facets.kinds {
            let left = found(&company, who, &filter(|f| f.kind = Some(kind.key.parse().unwrap()))).await;
            assert_eq!(i64::try_from(left.len()).unwrap(), kind.count, "{who}: {kind:?}");
        }
        for quarter in &facets.quarters {
            assert_eq!(quarter.label, "Q4 2026");
            let left = found(&company, who, &filter(|f| f.quarter = Some(quarter.key.clone()))).await;
            assert_eq!(i64::try_from(left.len()).unwrap(), quarter.count, "{who}: {quarter:?}");
        }
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn pages_hold_everything_once(pool: PgPool) {
    let company = harvest(pool).await;
    company.until("2026-11-27T08:30:00Z");
    company.turn().await;
    company.chosen("basket", Kind::Win, "basket win later", Sensitivity::Publish).await;
    company.submit("basket").await;
    let mut vera = company.call("vera").await;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = wins::archive(&mut vera.cx(), &ArchiveFilter::default(), after, Limit::new(3).unwrap())
            .await
            .unwrap();
        assert_eq!(page.total, 8);
        all.extend(page.items.into_iter().map(|found| (found.cycle.slug, found.entry.words.summary)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all[0], ("2026-w48".into(), "basket win later".into()), "the newest cycle first");
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8);
    let timeline = wins::timeline(&mut vera.cx(), "basket", None, Limit::default()).await.unwrap();
    let told: Vec<_> =
        timeline.items.iter().map(|(cycle, entries)| (cycle.slug.as_str(), entries.len())).collect();
    assert_eq!(told, [("2026-w48", 1), ("2026-w46", 4)]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_wrote_it_and_is_credited_counts_once(pool: PgPool) {
    let company = harvest(pool).await;
    company
        .sql(
            "INSERT INTO wins_credit (entry_id, person_id)
             SELECT e.id, p.id FROM wins_entry e, person p WHERE p.handle IN ('imke', 'tor') AND e.summary LIKE 'basket%'
             ON CONFLICT DO NOTHING",
        )
        .await;
    let mut vera = company.call("vera").await;
    let all = ArchiveFilter::default();
    let (page, together) =
        wins::archive_and_facets(&mut vera.cx(), &all, None, Limit::new(3).unwrap()).await.unwrap();
    let people: Vec<_> = together.people.iter().map(|one| (one.key.as_str(), one.count)).collect();
    assert_eq!(people, [("imke", 4), ("tor", 4), ("carl", 3)]);
    assert_eq!((page.items.len(), page.total), (3, 7));
    let alone = wins::facets(&mut vera.cx(), &all).await.unwrap();
    assert_eq!((alone.people, alone.teams), (together.people, together.teams));
}
