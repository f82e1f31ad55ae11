//! What a week holds.

use jiff::{Timestamp, ToSpan, civil::date};
use portolan_domain::{
    Error,
    catalog::ownership,
    changes::{self, NewChange, is_production},
    incidents::{self, ActionEdit, ActionState, NewAction, NewIncident, NoticedBy, SloSaw},
    levels::Impact,
    load,
    paging::Judgement,
    review::{self, PageCounts, Someone},
    support::{self, Category, NewRequest, Trend},
};
use sqlx::PgPool;

use super::harbour::{Harbour, week};

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_week_begins_and_ends_at_midnight_where_the_team_is(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    harbour
        .pages(&[
            ("2026-11-08T22:59:59Z", "imke", "false-alarm"), // Sunday, a second before midnight in Amsterdam
            ("2026-11-08T23:00:00Z", "imke", "real-impact"), // Monday, 00:00
            ("2026-11-11T10:00:00Z", "imke", "false-alarm"), // Wednesday, 11:00
            ("2026-11-11T12:00:00Z", "tor", "duplicate"),    // 07:00 where Tor lives
            ("2026-11-11T13:00:00Z", "tor", "no-impact"),    // 08:00 there
            ("2026-11-11T17:00:00Z", "imke", "real-impact"), // 18:00
            ("2026-11-11T06:59:00Z", "-", "false-alarm"),    // nobody was told: 07:59 where the team is
            ("2026-11-15T22:59:59Z", "imke", "-"),           // Sunday, the last second
            ("2026-11-15T23:00:00Z", "imke", "real-impact"), // the next week
        ])
        .await;
    harbour.page("other", "2026-11-11T10:00:00Z", "otto", "real-impact").await;
    harbour
        .sql("WITH e AS (SELECT id FROM entity WHERE name = 'till'), w AS (
                INSERT INTO maintenance_window (id, entity_id, starts_at, ends_at, reason, created_at)
                SELECT gen_random_uuid(), id, '2026-11-12', '2026-11-13', 'a new till', '2026-11-12' FROM e RETURNING id)
              INSERT INTO page (id, state, team_id, summary, severity, urgency, plan, opened_at, resolved_at, suppressed_by)
              SELECT gen_random_uuid(), 'resolved', t.id, 'Quiet', 'error', 'now', '{}', '2026-11-12T03:00:00Z', '2026-11-12T04:00:00Z', w.id
              FROM team t, w WHERE t.slug = 'basket'")
        .await;

    let review = harbour.review("2026-W46").await;
    assert_eq!(review.time_zone, "Europe/Amsterdam");
    assert_eq!(
        review.pages.counts,
        PageCounts {
            total: 7,
            real_impact: 2,
            no_impact: 1,
            false_alarm: 2,
            duplicate: 1,
            unjudged: 1,
            out_of_hours: 5,
            quiet: 1,
            ..PageCounts::default()
        }
    );
    assert_eq!(review.pages.counts.false_alarm_percent(), Some(33));
    assert_eq!((review.pages.before.total, review.pages.before.false_alarm), (1, 1));
    let list: Vec<_> =
        review.pages.list.items.iter().map(|p| (p.judgement, p.out_of_hours, p.quiet)).collect();
    let real = Some(Judgement::RealImpact);
    assert_eq!(
        list,
        [
            (real, true, false),
            (Some(Judgement::FalseAlarm), true, false),
            (Some(Judgement::FalseAlarm), false, false),
            (Some(Judgement::Duplicate), true, false),
            (Some(Judgement::NoImpact), false, false),
            (real, true, false),
            (None, false, true),
            (None, true, false),
        ]
    );
    assert_eq!(review.pages.list.items[0].minutes_to_answer, Some(7));
    assert!(!review.is_early() && !review.is_quiet());
    assert_eq!(harbour.review("2026-W47").await.pages.counts.real_impact, 1);

    let load = load::of_team(&mut harbour.as_imke().await.cx(), "basket").await.unwrap();
    let same = load.weeks.iter().find(|w| w.week == week("2026-W46")).unwrap();
    assert_eq!(
        (
            same.real_impact,
            same.no_impact,
            same.false_alarms,
            same.duplicates,
            same.unjudged,
            same.out_of_hours
        ),
        (2, 1, 2, 1, 1, 5),
        "the load of the team counts as its review does"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_week_in_which_the_clocks_change_has_an_hour_more(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    harbour
        .pages(&[
            ("2026-10-18T21:59:59Z", "imke", "-"), // Sunday, 23:59:59 in summer
            ("2026-10-18T22:00:00Z", "imke", "-"), // Monday, 00:00 in summer
            ("2026-10-25T22:59:59Z", "imke", "-"), // Sunday, 23:59:59 in winter
            ("2026-10-25T23:00:00Z", "imke", "-"), // Monday, 00:00 in winter
        ])
        .await;
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let review = harbour.review("2026-W43").await;
    assert_eq!((review.from, review.until), (at("2026-10-18T22:00:00Z"), at("2026-10-25T23:00:00Z")));
    assert_eq!(review.until.duration_since(review.from).as_hours(), 169);
    assert_eq!((review.pages.counts.total, review.pages.before.total), (2, 1));
    assert_eq!(harbour.review("2026-W44").await.pages.counts.total, 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_holiday_of_the_team_is_no_working_day(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    harbour.pages(&[("2026-11-11T10:00:00Z", "imke", "-")]).await;
    assert_eq!(harbour.review("2026-W46").await.pages.counts.out_of_hours, 0);
    harbour
        .sql("WITH c AS (INSERT INTO holiday_calendar (id, team_id, name, created_at, updated_at) SELECT gen_random_uuid(), id, 'Days off', now(), now() FROM team WHERE slug = 'basket' RETURNING id, team_id),
                   d AS (INSERT INTO holiday (calendar_id, day, name) SELECT id, '2026-11-11', 'Saint Martin' FROM c)
              INSERT INTO schedule (id, team_id, slug, name, purpose, time_zone, holiday_calendar_id, projected_until, created_at, updated_at)
              SELECT gen_random_uuid(), team_id, 'b', 'B', 'on-call', 'UTC', id, now(), now(), now() FROM c")
        .await;
    assert_eq!(harbour.review("2026-W46").await.pages.counts.out_of_hours, 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_change_belongs_to_whoever_owned_the_thing_then(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    let record = async |entity: &str, environment: &str, version: &str, status: &str| {
        let new = NewChange {
            entity_ref: entity.into(),
            environment: environment.into(),
            version: version.into(),
            deployed_by: "tor".into(),
            status: Some(status.parse().unwrap()),
            ..NewChange::default()
        };
        changes::record(&mut harbour.bed.as_system().await.cx(), new).await.unwrap();
    };
    record("till", "production", "1", "succeeded").await;
    record("till", "production", "2", "rolled-back").await;
    record("shelf", "prod-eu", "3", "succeeded").await;
    record("shelf", "staging", "4", "failed").await;
    harbour.bed.wait(1.minute());
    let mut imke = harbour.as_imke().await;
    ownership::hand_over(
        &mut imke.cx(),
        "component:default/shelf",
        "group:default/other",
        "They know shelves.",
        None,
    )
    .await
    .unwrap();
    harbour.bed.wait(1.minute());
    record("shelf", "production", "5", "failed").await;

    let review = harbour.review("2026-W47").await;
    let versions: Vec<_> = review.changes.list.items.iter().map(|c| c.version.as_str()).collect();
    assert_eq!(
        versions,
        ["2", "3", "1"],
        "what went wrong first, then the newest; not what is Other's by then"
    );
    assert_eq!(
        (review.changes.counts.total, review.changes.counts.failed, review.changes.counts.rolled_back),
        (3, 0, 1)
    );
    assert_eq!(review.changes.list.items[0].who, "Tor");
    let mut otto = harbour.bed.as_person(&harbour.otto).await;
    let theirs = review::of_team(&mut otto.cx(), "other", week("2026-W47")).await.unwrap();
    assert_eq!((theirs.changes.counts.total, theirs.changes.counts.failed), (1, 1));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn production_is_what_changes_call_so(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    let names = [
        "production",
        "prod",
        "eu-prod",
        "live",
        "prod_2",
        "a/production",
        "b.prod.c",
        "prod eu",
        "reprod",
        "products",
        "delivery",
        "alive",
        "staging",
        "live-eu",
    ];
    for name in names {
        let new = NewChange {
            entity_ref: "till".into(),
            environment: name.into(),
            version: name.into(),
            ..NewChange::default()
        };
        changes::record(&mut harbour.bed.as_system().await.cx(), new).await.unwrap();
    }
    let review = harbour.review("2026-W47").await;
    let mut found: Vec<_> = review.changes.list.items.iter().map(|c| c.environment.as_str()).collect();
    let mut production: Vec<_> = names.into_iter().filter(|name| is_production(name)).collect();
    found.sort_unstable();
    production.sort_unstable();
    assert_eq!(found, production);
    assert!(production.len() > 5 && production.len() < names.len() - 4);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_open_is_carried_forward_with_owner_and_date(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    let mut imke = harbour.as_imke().await;
    let new = NewIncident {
        title: "The till is dark".into(),
        severity: Some(2),
        team: None,
        affected: vec!["till".into()],
        noticed_by: NoticedBy::Customer,
        slo_saw: Some(SloSaw::No),
        began_at: None,
        link: None,
        page: None,
        text: String::new(),
    };
    incidents::open(&mut imke.cx(), new).await.unwrap();
    let promise = async |title: &str, owner: Option<&str>, due_on, incident| {
        let new = NewAction {
            incident,
            team: Some("basket".into()),
            title: title.into(),
            owner: owner.map(str::to_owned),
            due_on,
            alert_rule: None,
        };
        incidents::add_action(&mut harbour.as_imke().await.cx(), new).await.unwrap().id
    };
    let late = promise("A second fuse", Some("tor"), date(2026, 11, 22), Some(1)).await;
    promise("Ask the mason", None, date(2026, 12, 24), None).await;

    let review = harbour.review("2026-W47").await;
    assert!(review.is_early());
    let of = |review: &review::Review| -> Vec<_> {
        review.actions.items.iter().map(|a| (a.title.clone(), a.overdue, a.closed_since)).collect()
    };
    assert_eq!(
        of(&review),
        [("A second fuse".into(), false, false), ("Ask the mason".into(), false, false)],
        "due tomorrow is not overdue"
    );
    let owner = Someone { handle: "tor".into(), name: "Tor".into() };
    assert_eq!(review.actions.items[0].owner.as_ref(), Some(&owner));
    assert_eq!((review.actions.items[0].incident, review.actions.items[1].owner.is_none()), (Some(1), true));
    let incident = &review.incidents.items[0];
    assert_eq!(
        (incident.number, incident.open_actions, incident.affected.as_slice()),
        (1, 1, &["till".to_owned()][..])
    );

    harbour.bed.wait((24 * 4).hours());
    let done = ActionEdit { state: Some(ActionState::Done), ..ActionEdit::default() };
    incidents::edit_action(&mut harbour.as_imke().await.cx(), late, done).await.unwrap();
    let review = harbour.review("2026-W47").await;
    assert_eq!(
        of(&review),
        [("A second fuse".into(), true, true), ("Ask the mason".into(), false, false)],
        "on Sunday night it was overdue, and on Wednesday it was done"
    );
    assert_eq!(of(&harbour.review("2026-W48").await), [("Ask the mason".into(), false, false)]);
    assert_eq!(harbour.review("2026-W46").await.actions.total(), 0, "it was not promised yet");
    assert_eq!(harbour.review("2026-W46").await.incidents.total(), 0);
    assert_eq!(harbour.review("2026-W48").await.incidents.total(), 1, "it lasts");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn support_promises_and_notes_stand_beside_each_other(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    for (n, category) in
        [Category::Bug, Category::Bug, Category::Bug, Category::Design].into_iter().enumerate()
    {
        let asked = NewRequest {
            team: Some("basket".into()),
            title: format!("Request {n}"),
            impact: Some(Impact::Question),
            category: Some(category),
            ..NewRequest::default()
        };
        support::ask(&mut harbour.bed.as_person(&harbour.otto).await.cx(), asked).await.unwrap();
    }
    support::write_note(
        &mut harbour.as_imke().await.cx(),
        "basket",
        week("2026-W47"),
        "**Watch** the bell.",
        None,
    )
    .await
    .unwrap();
    harbour
        .sql("WITH s AS (INSERT INTO schedule (id, team_id, slug, name, purpose, time_zone, projected_until, created_at, updated_at)
                         SELECT gen_random_uuid(), id, 'b', 'Primary', 'on-call', 'UTC', now(), now(), now() FROM team WHERE slug = 'basket' RETURNING id)
              INSERT INTO hand_over (id, schedule_id, at, since, from_id, body, created_at, updated_at)
              SELECT gen_random_uuid(), s.id, at::timestamptz, at::timestamptz - interval '7 days', p.id, body, now(), now()
              FROM s, person p, (VALUES ('2026-11-16T08:00Z', 'A quiet one.'), ('2026-11-23T08:00Z', 'Look at the bell.'), ('2026-11-30T08:00Z', '')) v (at, body)
              WHERE p.handle = 'tor'")
        .await;
    let review = harbour.review("2026-W47").await;
    let row = |category| review.support.rows.iter().find(|r| r.category == category).unwrap();
    assert_eq!((review.support.total(), review.support.before()), (4, 0));
    assert_eq!((row(Category::Bug).count, row(Category::Bug).trend), (3, Trend::Rises));
    assert_eq!(row(Category::Feature).count, 0);
    assert_eq!(review.support.essential, None, "there is no shift");
    let notes: Vec<_> =
        review.shift_notes.items.iter().map(|n| (n.text.as_str(), n.from.handle.as_str())).collect();
    assert_eq!(notes, [("Look at the bell.", "tor")], "of the shift that began in the week");
    assert_eq!(review.support_note.as_ref().map(|n| n.text.as_str()), Some("**Watch** the bell."));
    let declared: Vec<_> =
        review.slos.declared.items.iter().map(|d| (d.title.as_str(), d.objectives[0].objective)).collect();
    assert_eq!(declared, [("till", 99.9)]);
    let missing: Vec<_> = review.slos.missing.items.iter().map(|d| (d.title.as_str(), d.tier)).collect();
    assert_eq!(missing, [("shelf", Some(0))], "nothing is asked of what has no tier");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn only_the_team_and_those_above_it_look_at_it(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    for person in [&harbour.imke, &harbour.tor, &harbour.vera] {
        let mut call = harbour.bed.as_token(person, portolan_domain::Scope::Read).await;
        review::of_team(&mut call.cx(), "basket", week("2026-W46")).await.unwrap();
    }
    let mut otto = harbour.bed.as_person(&harbour.otto).await;
    let refused = review::of_team(&mut otto.cx(), "basket", week("2026-W46")).await;
    assert!(
        matches!(&refused, Err(Error::Forbidden(words)) if words.starts_with("the team and those it reports to see")),
        "{refused:?}"
    );
    let mut nobody = harbour.bed.as_stranger().await;
    assert!(review::of_team(&mut nobody.cx(), "basket", week("2026-W46")).await.is_err());
    let ahead = review::of_team(&mut harbour.as_imke().await.cx(), "basket", week("2026-W48")).await;
    assert!(matches!(&ahead, Err(Error::Invalid(p)) if p[0].message.contains("has not begun")), "{ahead:?}");
    let empty = harbour.review("2026-W40").await;
    assert!(empty.is_quiet() && empty.pages.list.is_empty());
    let last = review::last_week(&mut harbour.as_imke().await.cx(), "basket").await.unwrap();
    assert_eq!(last.to_string(), "2026-W46", "the one that is over");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_does_not_fit_is_counted(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    harbour
        .sql("INSERT INTO page (id, state, team_id, summary, severity, urgency, plan, opened_at)
              SELECT gen_random_uuid(), 'open', t.id, 'It creaks', 'error', 'now', '{}', '2026-11-10T09:00Z'::timestamptz + n * interval '1 minute'
              FROM team t, generate_series(1, 53) n WHERE t.slug = 'basket'")
        .await;
    let pages = harbour.review("2026-W46").await.pages;
    assert_eq!((pages.list.items.len(), pages.list.more, pages.counts.lasting), (50, 3, 53));
}
