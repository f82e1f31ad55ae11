//! A person pages a team; and what goes on below a service.

use jiff::ToSpan;
use portolan_domain::{
    Error,
    changes::{self, NewChange},
    incidents::{self, GoingOn, NewIncident, NoticedBy, SloSaw},
    levels::{self, AtOnce, Impact, Level},
    live,
    paging::{self, NewPage, NewWindow, Says, Severity, State, Urgency, Whom},
    people::{self, PersonEdit},
};
use sqlx::{PgPool, postgres::PgListener};

use super::watch::{Watch, alert};

fn page(how_bad: Impact) -> NewPage {
    NewPage {
        whom: Whom::Entity("component:checkout".parse().unwrap()),
        summary: "Nobody can pay".into(),
        impact: "All shops, since ten past three".into(),
        how_bad,
        urgency: None,
        environment: "production".into(),
        link: None,
    }
}

/// Whoever says that it is down in production gets an engineer of Basket's at once.
async fn anyone_for_an_outage(watch: &Watch) {
    let level = Level { at_once: AtOnce::Anyone, ..Level::usual(None) };
    levels::set(&mut watch.as_imke().await.cx(), "basket", &[level]).await.unwrap();
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_would_be_woken_is_shown_first(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5), ("imke", 10)], 0).await;
    anyone_for_an_outage(&watch).await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let preview = paging::preview(&mut otto.cx(), &page(Impact::Outage).whom).await.unwrap();
    assert_eq!(preview.first.people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["Hui"]);
    assert_eq!((preview.steps, preview.minutes), (vec!["Hui".to_owned(), "Imke".into()], vec![5, 10]));
    let raised = paging::raise(&mut otto.cx(), page(Impact::Outage)).await.unwrap();
    assert_eq!(
        (raised.state, raised.raised_by.unwrap().handle.as_str(), raised.team.slug.as_str()),
        (State::Open, "otto", "basket")
    );
    assert_eq!(watch.due_in(raised.id).await, Some(0));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_level_decides_whether_somebody_is_woken_and_says_why(pool: PgPool) {
    let watch = Watch::new(pool).await; // ten past three on a Saturday, in UTC
    watch.policy(&[("hui", 5)], 0).await;
    anyone_for_an_outage(&watch).await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let raised = paging::raise(&mut otto.cx(), page(Impact::Slowed)).await.unwrap();
    let monday: jiff::Timestamp = "2026-11-23T09:00:00Z".parse().unwrap(); // nine where Imke lives, who leads
    assert_eq!((raised.urgency, raised.next_at), (Urgency::WorkingHours, Some(monday)));
    assert_eq!(raised.severity, Severity::Warning);
    let events = paging::view(&mut otto.cx(), raised.id).await.unwrap().events;
    assert!(
        events[0].text.contains("Slowed down in production, so in support hours: "),
        "{}",
        events[0].text
    );
    assert!(events[0].text.contains("this is \u{201c}slowed down\u{201d}"), "{}", events[0].text);
    watch.advance(raised.id).await;
    assert!(watch.reached(raised.id).await.is_empty());
    watch.bed.wait((monday.as_second() - watch.bed.now().as_second()).seconds());
    watch.advance(raised.id).await;
    assert_eq!(watch.reached(raised.id).await, ["hui"]);

    let staging = NewPage { environment: "staging".into(), ..page(Impact::Outage) };
    let raised = paging::raise(&mut otto.cx(), staging).await.unwrap();
    assert_eq!(
        (raised.urgency, raised.next_at),
        (Urgency::WorkingHours, Some(watch.bed.now())),
        "they are at work"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_answers_for_it_needs_no_level(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 5)], 0).await;
    let raised = paging::raise(&mut watch.as_imke().await.cx(), page(Impact::Question)).await.unwrap();
    assert_eq!((raised.urgency, watch.due_in(raised.id).await), (Urgency::Now, Some(0)));
    let waits = NewPage { urgency: Some(Urgency::WorkingHours), ..page(Impact::Outage) };
    let raised = paging::raise(&mut watch.as_imke().await.cx(), waits.clone()).await.unwrap();
    assert_eq!((raised.urgency, raised.severity), (Urgency::WorkingHours, Severity::Critical), "as she says");
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let raised = paging::raise(&mut otto.cx(), page(Impact::Outage)).await.unwrap();
    assert_eq!(raised.urgency, Urgency::WorkingHours, "checkout has no tier, and nobody is woken for that");
    let refused = paging::raise(&mut otto.cx(), waits).await;
    assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "urgency"), "{refused:?}");
    let admin = watch.bed.admin("noor").await;
    let raised =
        paging::raise(&mut watch.bed.as_person(&admin).await.cx(), page(Impact::Question)).await.unwrap();
    assert_eq!(raised.urgency, Urgency::WorkingHours, "an admin is not of the team for that");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_can_wait_waits_until_whoever_is_told_is_at_work_too(pool: PgPool) {
    let watch = Watch::new(pool).await; // Saturday, ten past three in UTC; Imke leads, in UTC
    watch.policy(&[("hui", 5)], 0).await;
    let toronto = PersonEdit { time_zone: Some("America/Toronto".into()), ..PersonEdit::default() };
    people::edit_person(&mut watch.bed.as_system().await.cx(), "hui", toronto, None).await.unwrap();
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let raised = paging::raise(&mut otto.cx(), page(Impact::Slowed)).await.unwrap();
    // support begins at nine in UTC, and Hui at nine in Toronto, which is two in the afternoon
    assert_eq!(raised.next_at.map(|at| at.to_string()).as_deref(), Some("2026-11-23T14:00:00Z"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_page_waits_for_whoever_was_told_until_somebody_is_on_it(pool: PgPool) {
    let watch = Watch::new(pool).await;
    watch.policy(&[("hui", 0), ("dele", 5)], 0).await;
    let waits = async || {
        let (mut hui, mut dele) = (watch.as_hui().await, watch.bed.as_person(&watch.dele).await);
        (paging::waiting(&mut hui.cx()).await.unwrap(), paging::waiting(&mut dele.cx()).await.unwrap())
    };
    let page = watch.page().await;
    assert_eq!(waits().await, (0, 0), "nobody is told yet");
    let mut ear = PgListener::connect_with(&watch.pool).await.unwrap();
    ear.listen(live::CHANNEL).await.unwrap();
    watch.advance(page.id).await;
    assert_eq!(waits().await, (1, 1));
    let mut heard =
        [ear.recv().await.unwrap().payload().to_owned(), ear.recv().await.unwrap().payload().to_owned()];
    heard.sort();
    let mut told = [&watch.hui, &watch.dele].map(|p| format!("person:{}", p.id));
    told.sort();
    assert_eq!(heard, told, "open pages of both hear of it");
    paging::acknowledge(&mut watch.as_hui().await.cx(), page.id).await.unwrap();
    assert_eq!(waits().await, (1, 0), "hui is on it");
    paging::resolve(&mut watch.as_hui().await.cx(), page.id, "", None).await.unwrap();
    assert_eq!(waits().await, (0, 0));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_page_needs_its_impact_and_nobody_pages_without_end(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let mute = NewPage {
        impact: " ".into(),
        summary: String::new(),
        whom: Whom::Team("nowhere".into()),
        ..page(Impact::Outage)
    };
    let Err(Error::Invalid(problems)) = paging::raise(&mut otto.cx(), mute).await else {
        panic!("must be refused")
    };
    assert_eq!(problems.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), ["team", "summary", "impact"]);
    for _ in 0..10 {
        paging::raise(&mut otto.cx(), page(Impact::Outage)).await.unwrap();
    }
    assert!(matches!(paging::raise(&mut otto.cx(), page(Impact::Outage)).await, Err(Error::Throttled(_))));
    let reader = watch.bed.as_token(&watch.hui, portolan_domain::Scope::Read).await;
    let mut reader = reader;
    assert!(matches!(paging::raise(&mut reader.cx(), page(Impact::Outage)).await, Err(Error::Forbidden(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_goes_on_below_a_service_is_told_newest_first(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let checkout = "component:checkout".parse().unwrap();
    let mut dele = watch.bed.as_person(&watch.dele).await;
    let quiet = incidents::below(&mut dele.cx(), &checkout).await.unwrap();
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
    watch.wait(1);
    let mut dele = watch.bed.as_person(&watch.dele).await;
    let incident = NewIncident {
        title: "Books are lost".into(),
        severity: Some(2),
        team: None,
        affected: vec!["books".into()],
        noticed_by: NoticedBy::Alert,
        slo_saw: Some(SloSaw::No),
        began_at: None,
        link: None,
        page: None,
        text: String::new(),
    };
    incidents::open(&mut dele.cx(), incident).await.unwrap();
    let below = incidents::below(&mut dele.cx(), &checkout).await.unwrap();
    let told: Vec<_> = below
        .going_on
        .iter()
        .map(|(level, one)| match one {
            GoingOn::Incident(incident, _) => format!("{level} incident {}", incident.title),
            GoingOn::Page(page) => format!("{level} page {}", page.summary),
            GoingOn::Maintenance(window) => format!("{level} maintenance {}", window.reason),
            GoingOn::Change(change) => format!("{level} change {}", change.version),
        })
        .collect();
    assert_eq!(
        told,
        ["1 incident Books are lost", "1 maintenance rack", "1 page Alert x", "1 change 2"],
        "what does not stand below is not told"
    );
}

/// Given to somebody at night, it still wakes nobody else before the working day.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_can_wait_still_waits_when_it_is_given_to_somebody(pool: PgPool) {
    let watch = Watch::new(pool).await; // ten past three on a Saturday, in UTC
    watch.policy(&[("imke", 5)], 0).await;
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let raised = paging::raise(&mut otto.cx(), page(Impact::Slowed)).await.unwrap();
    let monday = raised.next_at.unwrap();
    paging::acknowledge(&mut watch.as_hui().await.cx(), raised.id).await.unwrap();
    let given = paging::reassign(&mut watch.as_hui().await.cx(), raised.id, "hui", "").await.unwrap();
    assert_eq!(given.next_at, Some(monday));
    watch.settle(raised.id, "failed").await;
    watch.wait(6);
    watch.advance(raised.id).await;
    assert_eq!(watch.reached(raised.id).await, ["hui"], "not even as he cannot be reached");
}

/// What a team's channel hears, and whoever raised it.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_channel_and_the_one_who_raised_it_hear_how_it_goes(pool: PgPool) {
    let watch = Watch::new(pool).await;
    anyone_for_an_outage(&watch).await;
    watch.policy(&[("hui", 5)], 0).await;
    let url = "https://chat.example/services/T0/B0/x";
    let format = portolan_domain::notify::EndpointFormat::Slack;
    let key = portolan_domain::sealing::SealingKey::new([7; 32]);
    let mut imke = watch.as_imke().await;
    portolan_domain::notify::create_endpoint(&mut imke.cx(), "basket", "Chat", url, format, Some(&key))
        .await
        .unwrap();
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let raised = paging::raise(&mut otto.cx(), page(Impact::Outage)).await.unwrap();
    watch.advance(raised.id).await;
    watch.settle(raised.id, "failed").await;
    watch.advance(raised.id).await;
    paging::acknowledge(&mut watch.as_hui().await.cx(), raised.id).await.unwrap();
    paging::resolve(&mut watch.as_hui().await.cx(), raised.id, "a full disk", None).await.unwrap();
    let heard: Vec<(String, String)> =
        sqlx::query_as("SELECT event, body FROM notice WHERE endpoint_id IS NOT NULL ORDER BY id")
            .fetch_all(&watch.pool)
            .await
            .unwrap();
    let events: Vec<_> = heard.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(events, ["page.opened", "page.exhausted", "page.acknowledged", "page.resolved"]);
    assert_eq!(heard[3].1, "Hui: over. a full disk");
    assert_eq!(watch.notices("page.resolved").await.len(), 1);
    assert!(watch.notices("page.resolved").await[0].starts_with("otto: Page "));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn not_everybody_can_be_brought_in(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let raised = watch.page().await;
    let hui = paging::Responder::Person("hui".into());
    for _ in 0..30 {
        paging::add_responder(&mut watch.as_imke().await.cx(), raised.id, &hui).await.unwrap();
    }
    let refused = paging::add_responder(&mut watch.as_imke().await.cx(), raised.id, &hui).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn pages_raised_at_once_are_counted_one_by_one(pool: PgPool) {
    let watch = Watch::new(pool).await;
    anyone_for_an_outage(&watch).await;
    let mut done = 0;
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (bed, otto) = (watch.bed.clone(), watch.otto.clone());
        set.spawn(async move {
            let mut call = bed.as_person(&otto).await;
            paging::raise(&mut call.cx(), page(Impact::Outage)).await.is_ok()
        });
    }
    while let Some(one) = set.join_next().await {
        done += usize::from(one.unwrap());
    }
    assert_eq!(done, 10);
}
