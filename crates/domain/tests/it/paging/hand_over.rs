//! The note at the change of a shift, and steps that tell whoever a schedule names.

use jiff::{ToSpan, civil::date};
use portolan_domain::{
    Error, Limit,
    paging::{self, Given, HandOverFilter, NewPolicy, NewStep, NewTarget, State},
    people,
    rota::{self, NewCover, NewLayer, NewSchedule},
};
use portolan_testkit::rota::{on_call, weekly};
use sqlx::PgPool;

use super::watch::Watch;

/// Hui and Imke in turn, from Monday 16 November nine o'clock in UTC: Hui has the night of the bed.
pub(super) async fn rota(watch: &Watch) {
    let layer =
        NewLayer { name: "Both".into(), ..weekly(date(2026, 11, 16).at(9, 0, 0, 0), &["hui", "imke"]) };
    let new = NewSchedule { name: "Primary".into(), ..on_call("basket", "primary", "UTC", vec![layer]) };
    rota::create_schedule(&mut watch.as_imke().await.cx(), new, "we are two").await.unwrap();
}

async fn prepare(watch: &Watch) -> u64 {
    paging::prepare_hand_overs(&mut watch.bed.as_system().await.cx()).await.unwrap()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_goes_gets_a_note_and_whoever_comes_sees_it_first(pool: PgPool) {
    let watch = Watch::new(pool).await;
    rota(&watch).await;
    let over = watch.page().await;
    paging::resolve(&mut watch.as_hui().await.cx(), over.id, "", None).await.unwrap();
    watch.wait(1);
    let open = watch.page().await;
    assert_eq!(prepare(&watch).await, 0, "the change is two days away");
    watch.bed.wait(52.hours()); // Monday, 07:11
    assert_eq!(prepare(&watch).await, 1);
    assert_eq!(prepare(&watch).await, 0, "once for each change");
    let told = watch.notices("hand-over.prepared").await;
    assert!(
        matches!(told.as_slice(), [one] if one.starts_with("hui: Your shift on Primary ends Mon 09:00")),
        "{told:?}"
    );

    let mut hui = watch.as_hui().await;
    let notes = paging::hand_overs_now(&mut hui.cx()).await.unwrap();
    let [note] = notes.as_slice() else { panic!("one note: {notes:?}") };
    assert_eq!(
        (note.from.handle.as_str(), note.to.as_ref().map(|p| p.handle.as_str())),
        ("hui", Some("imke"))
    );
    let view = paging::hand_over(&mut hui.cx(), note.id).await.unwrap();
    assert!(view.may_edit && view.pages.len() == 2);
    let line = |title: &str, page: i64| {
        let part = view.text.split("\n\n").find(|part| part.starts_with(title)).unwrap_or_default();
        assert!(part.contains(&format!("page {page}: ")), "{title} does not name page {page}: {}", view.text);
    };
    line("Still open", open.number);
    line("To be judged", over.number);

    let mut otto = watch.bed.as_person(&watch.otto).await;
    let refused = paging::write_hand_over(&mut otto.cx(), note.id, "mine", true, None).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let mine = "Watch the cache.";
    let draft =
        paging::write_hand_over(&mut hui.cx(), note.id, mine, false, Some(note.version)).await.unwrap();
    assert!(watch.notices("hand-over.published").await.is_empty(), "a draft is told to nobody");
    let stale = paging::write_hand_over(&mut hui.cx(), note.id, mine, true, Some(note.version)).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    paging::write_hand_over(&mut hui.cx(), note.id, mine, true, Some(draft.version)).await.unwrap();
    let told = watch.notices("hand-over.published").await;
    assert!(
        matches!(told.as_slice(), [one] if one.starts_with("imke: Hui hands Primary over to you")),
        "{told:?}"
    );

    watch.bed.wait(3.hours());
    let mut imke = watch.as_imke().await;
    let first = paging::hand_overs_now(&mut imke.cx()).await.unwrap();
    assert!(matches!(first.as_slice(), [one] if one.body == mine), "{first:?}");
    let (any, limit) = (HandOverFilter::default(), Limit::new(20).unwrap());
    assert_eq!(paging::hand_overs(&mut imke.cx(), &any, None, limit).await.unwrap().total, 1);

    // those that one writes or is written to: the next change is Imke's to Hui, and nothing of Otto's
    watch.bed.wait((24 * 7 - 3).hours());
    assert_eq!(prepare(&watch).await, 1);
    let mine = HandOverFilter { mine: true, ..HandOverFilter::default() };
    for (who, many) in [(&watch.hui, 2), (&watch.imke, 2), (&watch.otto, 0)] {
        let mut call = watch.bed.as_person(who).await;
        let found = paging::hand_overs(&mut call.cx(), &mine, None, limit).await.unwrap();
        let from: Vec<_> = found.items.iter().map(|h| h.from.handle.as_str()).collect();
        assert_eq!(from, ["imke", "hui"][..many], "{}: the last change first", who.handle);
        assert_eq!(found.total, i64::try_from(many).unwrap());
    }
    let one = Limit::new(1).unwrap();
    let first = paging::hand_overs(&mut imke.cx(), &mine, None, one).await.unwrap();
    let rest = paging::hand_overs(&mut imke.cx(), &mine, first.next, one).await.unwrap();
    assert_eq!(rest.items[0].from.handle, "hui", "page by page");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_note_tells_of_the_changes_of_its_shift_and_says_when_they_are_not_all(pool: PgPool) {
    let watch = Watch::new(pool.clone()).await;
    rota(&watch).await;
    let change = async |from: &str, many: i32| {
        sqlx::query(
            "INSERT INTO change (id, entity_id, environment, version, started_at, status, dedup_key, told_by, created_at, updated_at)
             SELECT gen_random_uuid(), e.id, 'production', 'v' || n, $1::timestamptz + n * interval '1 second', 'succeeded', $1 || n, 'api', now(), now()
             FROM entity e CROSS JOIN generate_series(1, $2) n WHERE e.ref = 'component:default/checkout'",
        )
        .bind(from)
        .bind(many)
        .execute(&pool)
        .await
        .unwrap();
    };
    change("2026-11-21T05:00:00Z", 3).await;
    watch.bed.wait(52.hours());
    prepare(&watch).await;
    watch.bed.wait(48.hours());
    // long after the shift, and more than a note holds
    change("2026-11-25T05:00:00Z", 150).await;
    let mut hui = watch.as_hui().await;
    let any = HandOverFilter::default();
    let note = paging::hand_overs(&mut hui.cx(), &any, None, Limit::default()).await.unwrap().items.remove(0);
    let view = paging::hand_over(&mut hui.cx(), note.id).await.unwrap();
    assert_eq!((view.changes.len(), view.changes_total), (3, 3), "what came later hides none of the shift");
    assert!(view.text.contains("\n\nChanges:\n- "), "{}", view.text);

    change("2026-11-22T05:00:00Z", 131).await;
    let view = paging::hand_over(&mut hui.cx(), note.id).await.unwrap();
    assert_eq!((view.changes.len(), view.changes_total), (100, 134));
    assert_eq!(view.changes[0].version, "v131", "the newest first");
    assert!(view.text.contains("Changes, the newest 100 of 134:\n- "), "{}", view.text);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_step_tells_whoever_is_on_call_on_its_schedule_at_that_moment(pool: PgPool) {
    let watch = Watch::new(pool).await;
    rota(&watch).await;
    let policy = NewPolicy {
        team: "basket".into(),
        slug: "basket".into(),
        name: "Basket".into(),
        repeats: 1,
        is_default: true,
        steps: vec![NewStep { to: NewTarget::Schedule("primary".into()), minutes: 5 }],
    };
    paging::create_policy(&mut watch.as_imke().await.cx(), policy).await.unwrap();
    let page = watch.page().await;
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui"]);
    let told = watch.notices("page.told").await;
    assert!(matches!(told.as_slice(), [one] if one.starts_with("hui: Page ")), "{told:?}");

    let cover = NewCover {
        out: Some("hui".into()),
        by: Some("imke".into()),
        start: None,
        end: watch.bed.now() + 4.hours(),
        reason: String::new(),
    };
    rota::add_cover(&mut watch.as_imke().await.cx(), "primary", &cover).await.unwrap();
    watch.settle(page.id, "delivered").await;
    watch.wait(5);
    watch.advance(page.id).await;
    assert_eq!(watch.reached(page.id).await, ["hui", "imke"], "an override counts at once");
    assert!(!watch.paged(page.number).await.unmanned);
    assert_eq!(watch.paged(page.number).await.state, State::Open);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_names_a_leaver_is_given_to_another_in_one_go(pool: PgPool) {
    let watch = Watch::new(pool).await;
    rota(&watch).await;
    watch.policy(&[("hui", 5), ("imke", 10)], 0).await;
    let cover = NewCover {
        out: Some("imke".into()),
        by: Some("hui".into()),
        start: Some(watch.bed.now() + 72.hours()),
        end: watch.bed.now() + 80.hours(),
        reason: "a day off".into(),
    };
    rota::add_cover(&mut watch.as_imke().await.cx(), "primary", &cover).await.unwrap();
    let mut imke = watch.as_imke().await;
    let named = paging::leaving(&mut imke.cx(), "hui").await.unwrap();
    assert_eq!(
        (named.schedules.len(), named.schedules[0].overrides, named.policies[0].steps.clone()),
        (1, 1, vec![1])
    );
    assert!(paging::leaving(&mut imke.cx(), "imke").await.unwrap().leads.iter().any(|t| t.slug == "basket"));

    let mut otto = watch.bed.as_person(&watch.otto).await;
    let refused = paging::replace_person(&mut otto.cx(), "hui", "otto", Given::default(), "few").await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let other = Given { policies: Some(vec!["other".into()]), ..Given::default() };
    let unknown = paging::replace_person(&mut imke.cx(), "hui", "otto", other, "few").await;
    assert!(matches!(unknown, Err(Error::Invalid(_))), "{unknown:?}");
    assert_eq!(
        paging::leaving(&mut imke.cx(), "hui").await.unwrap().schedules[0].overrides,
        1,
        "nothing is half done"
    );

    let none = Given { schedules: Some(Vec::new()), policies: Some(Vec::new()), ..Given::default() };
    paging::replace_person(&mut imke.cx(), "hui", "otto", none, "").await.unwrap();
    assert_eq!(paging::leaving(&mut imke.cx(), "hui").await.unwrap().policies.len(), 1, "none is none");
    let would = paging::preview_replacement(&mut imke.cx(), "hui", "otto", Given::default()).await.unwrap();
    assert_eq!((would.schedules.len(), would.policies[0].slug.as_str()), (1, "basket"));
    let too_often: Vec<_> = would.schedules[0].1.too_often.iter().map(|t| t.person.handle.as_str()).collect();
    assert_eq!(too_often, ["otto", "imke"], "two are too few");
    let refused = paging::replace_person(&mut imke.cx(), "hui", "otto", Given::default(), "").await;
    assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "reason"), "{refused:?}");
    assert_eq!(
        paging::leaving(&mut imke.cx(), "hui").await.unwrap().policies.len(),
        1,
        "nothing is half done"
    );
    let all = Given::default();
    let left = paging::replace_person(&mut imke.cx(), "hui", "otto", all, "until spring").await.unwrap();
    assert!(left.schedules.is_empty() && left.policies.is_empty(), "{left:?}");
    assert!(
        paging::leaving(&mut imke.cx(), "imke").await.unwrap().leads.iter().any(|t| t.slug == "basket"),
        "untouched"
    );
    let lead =
        |slug: &str| Given { schedules: Some(Vec::new()), leads: vec![slug.to_owned()], ..Given::default() };
    let other = paging::replace_person(&mut imke.cx(), "imke", "otto", lead("ledger"), "").await;
    assert!(matches!(&other, Err(Error::Invalid(p)) if p[0].field == "leads"), "{other:?}");
    let steps = paging::policy(&mut imke.cx(), "basket").await.unwrap().steps;
    assert_eq!(steps.iter().map(|s| s.to.words()).collect::<Vec<_>>(), ["Otto", "Imke"]);
    let schedule = rota::schedule(&mut imke.cx(), "primary").await.unwrap();
    let day = watch.bed.now() + 73.hours();
    let duties = rota::on_duty(&mut imke.cx(), &schedule, day).await.unwrap();
    assert_eq!(duties[0].on_call().map(|p| p.handle.as_str()), Some("otto"), "the override is given too");

    let left = paging::replace_person(&mut imke.cx(), "imke", "otto", lead("basket"), "").await.unwrap();
    assert!(left.leads.is_empty(), "{left:?}");
    assert_eq!(people::team(&mut imke.cx(), "basket").await.unwrap().lead_id, Some(watch.otto.id));
}
