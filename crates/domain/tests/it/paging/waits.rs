//! What waits for somebody, and what a page says of the incident that is opened from it.

use jiff::ToSpan;
use portolan_domain::{
    Call, Error, Limit,
    catalog::{self, Field},
    incidents::{self, IncidentEdit, NewIncident, NoticedBy, Objectives, SloSaw},
    levels::Impact,
    paging::{self, Judgement, NewPage, Paged, Responder, State, Urgency, Whom},
};
use serde_json::json;
use sqlx::PgPool;

use super::{hand_over::rota, watch::Watch};

/// The numbers of the pages that wait for whoever this is.
async fn on(call: &mut Call) -> Vec<i64> {
    let few = paging::on_me(&mut call.cx(), Limit::default()).await.unwrap();
    few.items.iter().map(|p| p.number).collect()
}

async fn to_judge(call: &mut Call) -> Vec<i64> {
    let few = paging::to_judge(&mut call.cx(), Limit::default()).await.unwrap();
    few.items.iter().map(|p| p.number).collect()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_page_waits_for_who_is_on_call_who_was_told_and_who_is_on_it(pool: PgPool) {
    let watch = Watch::new(pool).await;
    rota(&watch).await;
    let page = watch.page().await;
    let (mut hui, mut imke) = (watch.as_hui().await, watch.as_imke().await);
    let mut otto = watch.bed.as_person(&watch.otto).await;
    assert_eq!(on(&mut hui).await, [page.number], "he is on call, though nobody told him yet");
    assert!(on(&mut imke).await.is_empty() && on(&mut otto).await.is_empty());

    let him = Responder::Person("otto".into());
    paging::add_responder(&mut hui.cx(), page.id, &him).await.unwrap();
    assert_eq!(on(&mut otto).await, [page.number], "he was told");
    paging::acknowledge(&mut imke.cx(), page.id).await.unwrap();
    assert_eq!(on(&mut imke).await, [page.number], "she is on it until it is over");
    assert!(on(&mut hui).await.is_empty() && on(&mut otto).await.is_empty(), "so it waits for nobody else");

    watch.wait(1);
    let open = watch.page().await;
    paging::acknowledge(&mut watch.as_imke().await.cx(), open.id).await.unwrap();
    watch.wait(1);
    let newest = watch.page().await;
    paging::reassign(&mut watch.as_hui().await.cx(), newest.id, "imke", "").await.unwrap();
    let mut imke = watch.as_imke().await;
    assert_eq!(on(&mut imke).await, [newest.number, page.number, open.number], "what nobody is on leads");
    assert!(
        on(&mut watch.as_hui().await).await.is_empty(),
        "for five minutes it waits for whoever was asked"
    );
    let first = paging::on_me(&mut imke.cx(), Limit::new(2).unwrap()).await.unwrap();
    assert!(first.more && first.items.len() == 2);

    paging::resolve(&mut imke.cx(), newest.id, "", None).await.unwrap();
    assert_eq!(on(&mut imke).await, [page.number, open.number]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_can_wait_for_the_morning_waits_for_nobody_at_night(pool: PgPool) {
    let watch = Watch::new(pool).await;
    rota(&watch).await;
    let new = NewPage {
        whom: Whom::Team("basket".into()),
        summary: "A disk fills".into(),
        impact: "Nobody yet".into(),
        how_bad: Impact::Slowed,
        urgency: Some(Urgency::WorkingHours),
        environment: "production".into(),
        link: None,
    };
    let page = paging::raise(&mut watch.as_hui().await.cx(), new).await.unwrap();
    assert_eq!(page.state, State::Open);
    assert!(page.next_at.unwrap() > watch.bed.now());
    assert!(on(&mut watch.as_hui().await).await.is_empty(), "he is on call, and asleep");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_ended_a_page_and_its_team_say_what_it_was(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let (theirs, own) = (watch.page().await, watch.page().await);
    let mut otto = watch.bed.as_person(&watch.otto).await;
    let him = Responder::Person("otto".into());
    paging::add_responder(&mut watch.as_hui().await.cx(), own.id, &him).await.unwrap();
    paging::resolve(&mut watch.as_imke().await.cx(), theirs.id, "", None).await.unwrap();
    paging::resolve(&mut otto.cx(), own.id, "", None).await.unwrap();
    assert_eq!(to_judge(&mut otto).await, [own.number], "he ended it, and is of another team");
    assert_eq!(to_judge(&mut watch.as_imke().await).await, [theirs.number], "she leads it and is not in it");
    assert_eq!(to_judge(&mut watch.as_hui().await).await, [own.number, theirs.number]);
    let mut dele = watch.bed.as_person(&watch.dele).await;
    assert!(to_judge(&mut dele).await.is_empty());

    paging::judge(&mut otto.cx(), own.id, Judgement::FalseAlarm, "").await.unwrap();
    assert!(to_judge(&mut otto).await.is_empty());
    watch.bed.wait((24 * 29).hours());
    assert!(to_judge(&mut watch.as_hui().await).await.is_empty(), "after four weeks nobody remembers");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_list_knows_which_of_its_pages_one_may_act_on(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let pages = [watch.page().await, watch.page().await];
    let may =
        async |call: &mut Call, pages: &[Paged]| paging::may_act_on(&mut call.cx(), pages).await.unwrap();
    let mut otto = watch.bed.as_person(&watch.otto).await;
    assert_eq!(may(&mut watch.as_hui().await, &pages).await.len(), 2);
    assert!(may(&mut otto, &pages).await.is_empty());
    let him = Responder::Person("otto".into());
    paging::add_responder(&mut watch.as_hui().await.cx(), pages[1].id, &him).await.unwrap();
    assert_eq!(may(&mut otto, &pages).await, [pages[1].id], "who was told may");
    assert!(may(&mut watch.as_hui().await, &[]).await.is_empty());
}

/// Only that it is opened from this page.
fn from(page: &str) -> NewIncident {
    NewIncident {
        title: String::new(),
        severity: None,
        team: None,
        affected: Vec::new(),
        noticed_by: NoticedBy::Alert,
        slo_saw: None,
        began_at: None,
        link: None,
        page: Some(page.into()),
        text: String::new(),
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_incident_takes_from_its_page_what_nobody_said(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let page = watch.page().await;
    watch.wait(3);
    let mut hui = watch.as_hui().await;
    for text in [page.number.to_string(), format!("#{}", page.number), page.id.to_string()] {
        let incident = incidents::open(&mut hui.cx(), from(&text)).await.unwrap();
        assert_eq!((incident.title.as_str(), incident.severity), ("Alert a", 1), "a critical page");
        assert_eq!(incident.affected[0].entity_ref, "component:default/checkout");
        assert_eq!((incident.team.as_str(), incident.began_at), ("basket", page.opened_at));
        assert_eq!((incident.page_id, incident.page), (Some(page.id), Some(page.number)));
        assert_eq!(incident.slo_saw, SloSaw::NoneDeclared, "the catalog knows that there is none");
        let again = incidents::open(&mut hui.cx(), from(&text)).await;
        let which = format!("incident {} ", incident.number);
        assert!(matches!(&again, Err(Error::Conflict(why)) if why.starts_with(&which)), "{again:?}");
        incidents::go(&mut hui.cx(), incident.number, incidents::Move::End, None, "").await.unwrap();
    }
    let opened = incidents::Filter { page: Some(page.id), ..incidents::Filter::default() };
    assert_eq!(incidents::list(&mut hui.cx(), &opened, None, Limit::default()).await.unwrap().total, 3);

    let said = NewIncident {
        title: "Nobody can pay".into(),
        severity: Some(3),
        affected: vec!["books".into()],
        ..from(&page.number.to_string())
    };
    let incident = incidents::open(&mut hui.cx(), said).await.unwrap();
    assert_eq!((incident.title.as_str(), incident.severity), ("Nobody can pay", 3));
    assert_eq!((incident.affected.len(), incident.team.as_str()), (1, "ledger"), "what was said counts");

    for unknown in ["999", "not a page", "01900000-0000-7000-8000-000000000001"] {
        let refused = incidents::open(&mut hui.cx(), from(unknown)).await;
        assert!(
            matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "page" && p[0].message.contains(unknown)),
            "{refused:?}"
        );
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whether_an_objective_saw_it_is_said_by_the_review_at_the_latest(pool: PgPool) {
    let watch = Watch::new(pool).await;
    let page = watch.page().await;
    let slos = json!([{ "name": "up", "objective": 99, "window": "30d" }]);
    let checkout = "component:checkout".parse().unwrap();
    let mut imke = watch.as_imke().await;
    catalog::set_fact(&mut imke.cx(), &checkout, Field::Slos, &slos, None).await.unwrap();
    let opened = incidents::open(&mut imke.cx(), from(&page.number.to_string())).await.unwrap();
    assert_eq!(opened.slo_saw, SloSaw::Unknown, "nobody looks that up at night");
    let number = opened.number;
    incidents::go(&mut imke.cx(), number, incidents::Move::End, None, "").await.unwrap();
    incidents::write_review(&mut imke.cx(), number, "A fuse", "", None).await.unwrap();
    let early = incidents::go(&mut imke.cx(), number, incidents::Move::Review, None, "").await;
    assert!(matches!(&early, Err(Error::Invalid(p)) if p[0].field == "slo_saw"), "{early:?}");
    let looked = IncidentEdit { slo_saw: Some(SloSaw::No), ..IncidentEdit::default() };
    incidents::edit(&mut imke.cx(), number, looked, None).await.unwrap();
    incidents::go(&mut imke.cx(), number, incidents::Move::Review, None, "").await.unwrap();

    let known = async |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        incidents::objectives(&mut watch.as_imke().await.cx(), &words).await.unwrap()
    };
    assert_eq!(known(&[]).await, Objectives::Unknown);
    assert_eq!(known(&["no such thing", ":"]).await, Objectives::Unknown);
    assert_eq!(known(&["books"]).await, Objectives::None);
    assert_eq!(known(&["books", "checkout"]).await, Objectives::Declared(vec!["checkout".into()]));
}
