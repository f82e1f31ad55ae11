//! Incidents: opened by whoever sees the smoke, run by a team, told from entries and changes, ended by a review that leaves
//! something behind.

use jiff::ToSpan;
use portolan_domain::{
    Error, Limit,
    catalog::{self, EntityRef},
    changes::{self, NewChange},
    incidents::{
        self, ActionEdit, ActionFilter, ActionState, EntryKind, Filter, Incident, IncidentEdit, Move,
        NewAction, NewFailureMode, NewIncident, NoticedBy, Role, SloSaw, State, What,
    },
    people::Person,
};
use portolan_testkit::{
    Bed,
    catalog::{apply_yaml, service},
};
use sqlx::PgPool;

/// Basket, which is Imke's, owns the till; Hui is of another team.
struct Shop {
    bed: Bed,
    imke: Person,
    hui: Person,
    otto: Person,
}

impl Shop {
    async fn new(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let (imke, hui, otto) = (bed.person("imke").await, bed.person("hui").await, bed.person("otto").await);
        let (basket, pricing) = (bed.team("basket").await, bed.team("pricing").await);
        bed.join(&imke, &basket).await;
        bed.join(&hui, &pricing).await;
        let prices = service("prices", "pricing", "");
        apply_yaml(&pool, &format!("{}{prices}", service("till", "basket", "tier: 1"))).await;
        Self { bed, imke, hui, otto }
    }

    /// Hui sees that the till is dark.
    async fn dark_till(&self) -> Incident {
        let mut hui = self.bed.as_person(&self.hui).await;
        incidents::open(&mut hui.cx(), dark()).await.unwrap()
    }
}

fn dark() -> NewIncident {
    NewIncident {
        title: "The till is dark".into(),
        severity: Some(2),
        team: None,
        affected: vec!["till".into(), "prices".into(), "till".into()],
        noticed_by: NoticedBy::Employee,
        slo_saw: Some(SloSaw::No),
        began_at: None,
        link: Some("https://chat.example/dark".into()),
        page: None,
        text: "Since five.".into(),
    }
}

fn till() -> EntityRef {
    "component:default/till".parse().unwrap()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_incident_is_opened_by_anybody_and_run_by_the_owner(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let incident = shop.dark_till().await;
    assert_eq!((incident.number, incident.team.as_str(), incident.state), (1, "basket", State::Open));
    let hurt: Vec<_> = incident.affected.iter().map(|a| a.entity_ref.as_str()).collect();
    assert_eq!(
        hurt,
        ["component:default/till", "component:default/prices"],
        "what most rests on first, once"
    );
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let told = incidents::told(&mut hui.cx(), 1).await.unwrap();
    assert!(told.may_act, "whoever opened it may act in it");
    assert_eq!((told.roles[0].role, told.roles[0].person.handle.as_str()), (Role::Lead, "hui"));

    let mut imke = shop.bed.as_person(&shop.imke).await;
    incidents::give_role(&mut imke.cx(), 1, Role::Lead, "imke").await.unwrap();
    let mut otto = shop.bed.as_person(&shop.otto).await;
    assert!(matches!(incidents::note(&mut otto.cx(), 1, "x").await, Err(Error::Forbidden(_))));
    incidents::give_role(&mut imke.cx(), 1, Role::Expert, "otto").await.unwrap();
    incidents::note(&mut otto.cx(), 1, "It is the fuse.").await.unwrap();
    let told = incidents::told(&mut imke.cx(), 1).await.unwrap();
    let held: Vec<_> = told.roles.iter().filter(|r| r.until.is_none()).collect();
    assert_eq!(held.iter().filter(|r| r.role == Role::Lead).count(), 1, "one leads");
    let expert = held.iter().find(|r| r.role == Role::Expert).unwrap().id;
    incidents::end_role(&mut imke.cx(), 1, expert).await.unwrap();
    assert!(incidents::note(&mut otto.cx(), 1, "x").await.is_err(), "a role that ended gives no right");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_wrong_with_a_new_one_is_said_at_once(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let new = NewIncident {
        title: " ".into(),
        severity: Some(5),
        affected: vec!["gone".into(), ":".into()],
        began_at: Some(shop.bed.now() + 1.hour()),
        link: Some("javascript:alert(1)".into()),
        ..dark()
    };
    let Err(Error::Invalid(problems)) = incidents::open(&mut hui.cx(), new).await else { panic!() };
    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["title", "severity", "began_at", "link", "affected[1]", "affected", "team"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_timeline_has_the_changes_that_nobody_copied(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    for (version, hours) in [("long ago", 9), ("1.1", 2)] {
        let new = NewChange {
            entity_ref: "till".into(),
            environment: "production".into(),
            version: version.into(),
            started_at: Some(shop.bed.now() - hours.hours()),
            ..NewChange::default()
        };
        changes::record(&mut imke.cx(), new).await.unwrap();
    }
    shop.dark_till().await;
    shop.bed.wait(10.minutes());
    let mut imke = shop.bed.as_person(&shop.imke).await;
    incidents::tell_status(&mut imke.cx(), 1, "Cash only; next word at four.").await.unwrap();
    let incident = incidents::told(&mut imke.cx(), 1).await.unwrap().incident;
    assert_eq!(incident.status_text, "Cash only; next word at four.");
    let lines = incidents::timeline(&mut imke.cx(), &incident).await.unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| match &line.what {
            What::Change(c) => c.version.clone(),
            What::Entry(e) => e.kind.as_str().to_owned(),
        })
        .collect();
    assert_eq!(told, ["1.1", "opened", "status"], "a change of nine hours before did not start it");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn it_ends_before_it_is_reviewed_and_a_review_says_what_happened(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let began = shop.dark_till().await.began_at;
    shop.bed.wait(3.hours());
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let cx = &mut imke.cx();
    assert!(matches!(incidents::go(cx, 1, Move::Review, None, "").await, Err(Error::Conflict(_))));
    let early = incidents::go(cx, 1, Move::Mitigate, Some(began - 1.minute()), "").await;
    assert!(matches!(early, Err(Error::Invalid(_))), "{early:?}");
    let mitigated = incidents::go(cx, 1, Move::Mitigate, Some(began + 1.hour()), "New fuse.").await.unwrap();
    assert_eq!(mitigated.hurt_for(cx.now()).as_hours(), 1, "it hurt until it was mitigated");
    let before = incidents::go(cx, 1, Move::End, Some(began + 30.minutes()), "").await;
    assert!(before.is_err(), "it is not over before it was mitigated");
    let over = incidents::go(cx, 1, Move::End, None, "").await.unwrap();
    assert_eq!((over.state, over.ended_at), (State::Ended, Some(cx.now())));
    let Err(Error::Invalid(problems)) = incidents::go(cx, 1, Move::Review, None, "").await else { panic!() };
    assert_eq!(problems[0].field, "happened");

    let seen = over.version;
    incidents::write_review(cx, 1, "The fuse was old.", "A spare one.", Some(seen)).await.unwrap();
    let late = incidents::write_review(cx, 1, "Mine.", "", Some(seen)).await;
    assert!(matches!(late, Err(Error::Stale)));
    let reviewed = incidents::go(cx, 1, Move::Review, None, "").await.unwrap();
    assert_eq!((reviewed.state, reviewed.ended_at), (State::Reviewed, over.ended_at));
    assert!(incidents::go(cx, 1, Move::Reopen, None, " ").await.is_err(), "reopening needs a reason");
    incidents::go(cx, 1, Move::Reopen, None, "One more question.").await.unwrap();
    let open = incidents::go(cx, 1, Move::Reopen, None, "It is dark again.").await.unwrap();
    assert_eq!((open.state, open.ended_at, open.mitigated_at), (State::Open, None, None));
    let lines = incidents::timeline(cx, &open).await.unwrap();
    assert!(lines.iter().any(|l| matches!(&l.what, What::Entry(e) if e.kind == EntryKind::Reviewed)));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_correction_is_not_made_unknowingly_and_says_what_it_changed(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let incident = shop.dark_till().await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let worse = IncidentEdit {
        severity: Some(1),
        affected: Some(vec!["till".into()]),
        link: Some(None),
        ..IncidentEdit::default()
    };
    let now = incidents::edit(&mut imke.cx(), 1, worse.clone(), Some(incident.version)).await.unwrap();
    assert_eq!((now.severity, now.affected.len(), now.link), (1, 1, None));
    let stale = incidents::edit(&mut imke.cx(), 1, worse.clone(), Some(incident.version)).await;
    assert!(matches!(stale, Err(Error::Stale)));
    let same = incidents::edit(&mut imke.cx(), 1, worse, None).await.unwrap();
    assert_eq!(same.version, now.version, "nothing was changed");
    let lasting = Filter { lasting: true, severity: Some(1), ..Filter::default() };
    assert_eq!(incidents::list(&mut imke.cx(), &lasting, None, Limit::default()).await.unwrap().total, 1);
    let of_till = Filter { entity: Some("component:default/prices".into()), ..Filter::default() };
    assert_eq!(incidents::list(&mut imke.cx(), &of_till, None, Limit::default()).await.unwrap().total, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn actions_stay_open_until_they_are_done_or_dropped_with_a_reason(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.dark_till().await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let new = |title: &str, due: &str| NewAction {
        incident: Some(1),
        team: None,
        title: title.into(),
        owner: Some("otto".into()),
        due_on: due.parse().unwrap(),
        alert_rule: None,
    };
    let later = incidents::add_action(&mut imke.cx(), new("Buy fuses", "2026-12-24")).await.unwrap();
    let soon = incidents::add_action(&mut imke.cx(), new("Label the box", "2026-11-30")).await.unwrap();
    assert!(
        !later.is_overdue("2026-12-24".parse().unwrap()) && later.is_overdue("2026-12-25".parse().unwrap())
    );
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let own = NewAction { incident: None, team: Some("basket".into()), ..new("x", "2026-12-01") };
    assert!(matches!(incidents::add_action(&mut hui.cx(), own).await, Err(Error::Forbidden(_))));

    let mut otto = shop.bed.as_person(&shop.otto).await;
    let open = ActionFilter { state: Some(ActionState::Open), mine: true, ..ActionFilter::default() };
    let listed = incidents::actions(&mut otto.cx(), &open, None, Limit::new(1).unwrap()).await.unwrap();
    assert_eq!((listed.total, listed.items[0].title.as_str()), (2, "Label the box"));
    let listed = incidents::actions(&mut otto.cx(), &open, listed.next, Limit::default()).await.unwrap();
    assert_eq!(listed.items[0].title, "Buy fuses");
    let done = ActionEdit { state: Some(ActionState::Done), ..ActionEdit::default() };
    let done = incidents::edit_action(&mut otto.cx(), soon.id, done).await.unwrap();
    assert_eq!((done.state, done.closed_at), (ActionState::Done, Some(shop.bed.now())));
    let drop = ActionEdit { state: Some(ActionState::Dropped), ..ActionEdit::default() };
    assert!(matches!(
        incidents::edit_action(&mut otto.cx(), later.id, drop.clone()).await,
        Err(Error::Invalid(_))
    ));
    let drop = ActionEdit { outcome: Some("The till has a breaker now.".into()), ..drop };
    incidents::edit_action(&mut otto.cx(), later.id, drop).await.unwrap();
    assert_eq!(incidents::actions(&mut otto.cx(), &open, None, Limit::default()).await.unwrap().total, 0);
    let again = ActionEdit { state: Some(ActionState::Open), ..ActionEdit::default() };
    assert!(matches!(incidents::edit_action(&mut hui.cx(), soon.id, again).await, Err(Error::Forbidden(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_learned_is_found_where_it_is_needed(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.dark_till().await;
    shop.dark_till().await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let cx = &mut imke.cx();
    incidents::link_before(cx, 2, 1).await.unwrap();
    incidents::link_before(cx, 2, 1).await.unwrap();
    assert!(
        incidents::link_before(cx, 2, 2).await.is_err() && incidents::link_before(cx, 2, 9).await.is_err()
    );
    let numbers = |seen: &[incidents::Seen]| seen.iter().map(|s| s.number).collect::<Vec<_>>();
    assert_eq!(numbers(&incidents::told(cx, 2).await.unwrap().seen_before), [1]);
    assert_eq!(numbers(&incidents::told(cx, 1).await.unwrap().seen_again), [2]);
    incidents::unlink_before(cx, 2, 1).await.unwrap();
    assert!(incidents::told(cx, 2).await.unwrap().seen_before.is_empty());

    let new = NewFailureMode {
        name: "The fuse blows".into(),
        signs: "Dark, and it smells".into(),
        remedy: "Take the *spare* one.".into(),
        incident: Some(1),
    };
    let mode = incidents::add_failure_mode(cx, &till(), new.clone()).await.unwrap();
    assert_eq!(mode.incident, Some(1));
    let wrong = NewFailureMode { incident: Some(77), name: String::new(), ..new.clone() };
    let Err(Error::Invalid(problems)) = incidents::add_failure_mode(cx, &till(), wrong).await else {
        panic!()
    };
    assert_eq!(problems.len(), 2, "{problems:?}");
    let id = catalog::get(cx, &till()).await.unwrap().id;
    assert_eq!(incidents::failure_modes(cx, id).await.unwrap().len(), 1);
    assert_eq!(incidents::lasting_on(cx, &[id]).await.unwrap().len(), 2);
    let mut hui = shop.bed.as_person(&shop.hui).await;
    assert!(matches!(
        incidents::add_failure_mode(&mut hui.cx(), &till(), new).await,
        Err(Error::Forbidden(_))
    ));
    let mut imke = shop.bed.as_person(&shop.imke).await;
    incidents::retire_failure_mode(&mut imke.cx(), &till(), mode.id).await.unwrap();
    assert!(incidents::failure_modes(&mut imke.cx(), id).await.unwrap().is_empty());
    let again = incidents::retire_failure_mode(&mut imke.cx(), &till(), mode.id).await;
    assert!(matches!(again, Err(Error::NotFound { .. })));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nothing_is_promised_until_a_day_that_is_over(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.dark_till().await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let today = shop.bed.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let new = |due_on| NewAction {
        incident: Some(1),
        team: None,
        title: "Buy fuses".into(),
        owner: Some("imke".into()),
        due_on,
        alert_rule: None,
    };
    let late = |refused: Result<incidents::Action, Error>| match refused {
        Err(Error::Invalid(problems)) => {
            assert!(
                problems[0].field == "due_on" && problems[0].message.starts_with("must be today or later")
            );
        }
        other => panic!("{other:?}"),
    };
    late(incidents::add_action(&mut imke.cx(), new(today.yesterday().unwrap())).await);
    let action = incidents::add_action(&mut imke.cx(), new(today)).await.unwrap();
    let put_off = |due_on| ActionEdit { due_on: Some(due_on), ..ActionEdit::default() };
    late(incidents::edit_action(&mut imke.cx(), action.id, put_off(today.yesterday().unwrap())).await);

    // what is overdue stays so when something else of it is edited
    shop.bed.wait(72.hours());
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let edit = ActionEdit { owner: Some(Some("hui".into())), ..put_off(today) };
    assert_eq!(incidents::edit_action(&mut imke.cx(), action.id, edit).await.unwrap().due_on, today);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_lasts_and_what_is_due_is_told_to_those_it_concerns(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.dark_till().await;
    let on = async |person: &Person| {
        let mut call = shop.bed.as_person(person).await;
        let few = incidents::on_me(&mut call.cx(), Limit::default()).await.unwrap();
        let mine = Filter { mine: true, ..Filter::default() };
        let list = incidents::list(&mut call.cx(), &mine, None, Limit::default()).await.unwrap();
        (few.items.len(), list.total)
    };
    assert_eq!(on(&shop.imke).await, (1, 1), "it is her team's");
    assert_eq!(on(&shop.hui).await, (1, 1), "he leads it until somebody else does");
    assert_eq!(on(&shop.otto).await, (0, 0));
    let mut imke = shop.bed.as_person(&shop.imke).await;
    incidents::give_role(&mut imke.cx(), 1, Role::Expert, "otto").await.unwrap();
    assert_eq!(on(&shop.otto).await, (1, 1));
    incidents::go(&mut imke.cx(), 1, Move::End, None, "").await.unwrap();
    assert_eq!(on(&shop.imke).await, (0, 1), "what is over no longer waits");

    let today = shop.bed.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let promise = async |title: &str, owner: &str, days: i32| {
        let new = NewAction {
            incident: Some(1),
            team: None,
            title: title.into(),
            owner: Some(owner.into()),
            due_on: today.saturating_add(days.days()),
            alert_rule: None,
        };
        let mut imke = shop.bed.as_person(&shop.imke).await;
        incidents::add_action(&mut imke.cx(), new).await.unwrap()
    };
    let later = promise("Later", "otto", 8).await;
    let soon = promise("Soon", "otto", 7).await;
    let hers = promise("Hers", "imke", 1).await;
    let mut otto = shop.bed.as_person(&shop.otto).await;
    let due = incidents::actions_due(&mut otto.cx(), today.saturating_add(7.days()), Limit::default())
        .await
        .unwrap();
    assert_eq!(due.items.iter().map(|a| a.id).collect::<Vec<_>>(), [soon.id]);
    let all = [later, soon, hers];
    let may = incidents::may_change(&mut otto.cx(), &all).await.unwrap();
    assert!(may.len() == 2 && !may.contains(&all[2].id), "what he promised himself");
    let mut imke = shop.bed.as_person(&shop.imke).await;
    assert_eq!(incidents::may_change(&mut imke.cx(), &all).await.unwrap().len(), 3, "what is her team's");
}

/// What is told to whom: a role and an action to whoever gets it, the status to the channels of those it hurts.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_is_named_hears_of_it(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let key = portolan_domain::sealing::SealingKey::new([7; 32]);
    for (team, person) in [("basket", &shop.imke), ("pricing", &shop.hui)] {
        let mut call = shop.bed.as_person(person).await;
        let url = format!("https://chat.example/services/{team}");
        let format = portolan_domain::notify::EndpointFormat::Slack;
        portolan_domain::notify::create_endpoint(&mut call.cx(), team, team, &url, format, Some(&key))
            .await
            .unwrap();
    }
    let incident = shop.dark_till().await;
    let mut hui = shop.bed.as_person(&shop.hui).await;
    incidents::give_role(&mut hui.cx(), incident.number, Role::Lead, "otto").await.unwrap();
    incidents::tell_status(&mut hui.cx(), incident.number, "Pay in cash until six.").await.unwrap();
    let own = NewAction {
        team: None,
        incident: Some(incident.number),
        title: "Second fuse".into(),
        owner: Some("otto".into()),
        due_on: jiff::civil::date(2027, 1, 4),
        alert_rule: None,
    };
    let action = incidents::add_action(&mut hui.cx(), own).await.unwrap();
    let edit = ActionEdit { owner: Some(Some("imke".into())), ..ActionEdit::default() };
    let mut imke = shop.bed.as_person(&shop.imke).await;
    incidents::edit_action(&mut imke.cx(), action.id, edit).await.unwrap();
    let told: Vec<(String, String)> = sqlx::query_as(
        "SELECT n.event, coalesce(p.handle, e.name) FROM notice n LEFT JOIN person p ON p.id = n.person_id LEFT JOIN webhook_endpoint e ON e.id = n.endpoint_id
         WHERE n.event <> 'incident.opened' ORDER BY n.event, 2",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let told: Vec<_> = told.iter().map(|(event, to)| (event.as_str(), to.as_str())).collect();
    let expected = [
        ("action.promised", "otto"), // Imke gave it to herself
        ("incident.role", "otto"),
        ("incident.status", "basket"),
        ("incident.status", "pricing"),
    ];
    assert_eq!(told, expected);
}

/// An incident of one's own is no way into the reviews of another team.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nobody_promises_for_another_team(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut otto = shop.bed.as_person(&shop.otto).await;
    let incident = incidents::open(&mut otto.cx(), dark()).await.unwrap();
    let action = |team: &str| NewAction {
        team: Some(team.into()),
        incident: Some(incident.number),
        title: "Work nights".into(),
        owner: None,
        due_on: jiff::civil::date(2027, 1, 4),
        alert_rule: None,
    };
    let refused = incidents::add_action(&mut otto.cx(), action("pricing")).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    assert!(incidents::add_action(&mut otto.cx(), action("basket")).await.is_ok(), "the team that runs it");
}
