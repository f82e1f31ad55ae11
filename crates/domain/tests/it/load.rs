//! The load of a team on a real database: overrides and pages counted, where people live, and for the team alone.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::date};
use portolan_domain::{
    Error, PageId, Scope,
    incidents::{self, ActionEdit, ActionState, NewAction},
    load::{self, TeamLoad},
    paging::{
        self, Incoming, IncomingAlert, IntegrationKind, Judgement, NewIntegration, NewWindow, Says, Severity,
    },
    people::{self, Person, PersonEdit},
    rota::{self, Edit, NewCover, NewLayer, ScheduleEdit, load::Bearing},
};
use portolan_testkit::{
    Bed,
    catalog::{apply_yaml, service},
    rota::{on_call, weekly},
};
use sqlx::PgPool;

/// Ana in Amsterdam and Bo in Toronto share Basket's on-call by weeks; Lea leads the team above, Otto is elsewhere.
struct Pair {
    bed: Bed,
    ana: Person,
    bo: Person,
    lea: Person,
    otto: Person,
    key: String,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

impl Pair {
    async fn new(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let above = bed.team("shop").await;
        let basket = bed.team_below("basket", &above).await;
        let (ana, bo) = (bed.person("ana").await, bed.person("bo").await);
        let (lea, otto) = (bed.person("lea").await, bed.person("otto").await);
        bed.lead(&lea, &above).await;
        bed.join(&ana, &basket).await;
        bed.join(&bo, &basket).await;
        for (handle, zone) in [("ana", "Europe/Amsterdam"), ("bo", "America/Toronto")] {
            let edit = PersonEdit { time_zone: Some(zone.into()), ..PersonEdit::default() };
            people::edit_person(&mut bed.as_system().await.cx(), handle, edit, None).await.unwrap();
        }
        apply_yaml(&pool, &service("till", "basket", "")).await;
        let new = NewIntegration {
            team: "basket".into(),
            kind: IntegrationKind::Alertmanager,
            name: "Alertmanager".into(),
            routes: None,
        };
        let key = paging::create_integration(&mut bed.as_person(&ana).await.cx(), new).await.unwrap().key;
        let pair = Self { bed, ana, bo, lea, otto, key };
        pair.schedule("primary", &["ana", "bo"]).await;
        pair
    }

    /// Turns of a week since Monday 2 November, nine o'clock in Amsterdam.
    async fn schedule(&self, slug: &str, turns: &[&str]) {
        let layer = NewLayer { name: "All".into(), ..weekly(date(2026, 11, 2).at(9, 0, 0, 0), turns) };
        let new = on_call("basket", slug, "Europe/Amsterdam", vec![layer]);
        rota::create_schedule(&mut self.bed.as_person(&self.ana).await.cx(), new, "two of us").await.unwrap();
    }

    fn wait_until(&self, text: &str) {
        let seconds = at(text).duration_since(self.bed.now()).as_secs();
        self.bed.wait(seconds.seconds());
    }

    /// An alert of this rule opens a page, which is told at once.
    async fn page(&self, rule: &str) -> PageId {
        let labels = [("alertname", rule), ("service", "till")];
        let alert = IncomingAlert {
            fingerprint: rule.into(),
            says: Says::Firing,
            summary: format!("{rule} at {}", self.bed.now()),
            severity: Severity::Critical,
            labels: BTreeMap::from(labels.map(|(k, v)| (k.to_owned(), v.to_owned()))),
            link: None,
            runbook: None,
            started_at: None,
        };
        let mut stranger = self.bed.as_stranger().await;
        let keyed = paging::open_integration(&mut stranger.cx(), &self.key, IntegrationKind::Alertmanager)
            .await
            .unwrap();
        let group_key = uuid::Uuid::now_v7().to_string();
        let incoming = Incoming { group_key, truncated: 0, alerts: vec![alert] };
        let taken = paging::take_in(&mut stranger.cx(), &keyed, &incoming).await.unwrap();
        let mut system = self.bed.as_system().await;
        let id = paging::find(&mut system.cx(), &taken.opened[0].to_string()).await.unwrap();
        paging::advance(&mut system.cx(), id).await.unwrap();
        id
    }

    async fn over(&self, id: PageId, judgement: Option<Judgement>) {
        paging::resolve(&mut self.bed.as_person(&self.ana).await.cx(), id, "", judgement).await.unwrap();
    }

    async fn load(&self) -> TeamLoad {
        load::of_team(&mut self.bed.as_person(&self.bo).await.cx(), "basket").await.unwrap()
    }
}

/// One in so many of what was worked, and whole hours, by handle.
fn worked(load: &TeamLoad) -> Vec<(&str, String, i64)> {
    let said = |one_in: Option<f64>| one_in.map_or("none".into(), |n| format!("{n:.2}"));
    load.people
        .iter()
        .map(|p| {
            let hours = rota::load::Hours::whole(p.last.hours.seconds);
            (p.person.handle.as_str(), said(p.last.one_in), hours)
        })
        .collect()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_worked_counts_and_not_what_the_rotation_says(pool: PgPool) {
    let pair = Pair::new(pool).await;
    // 25 November is Bo's; Ana takes it
    let new = NewCover {
        out: Some("bo".into()),
        by: Some("ana".into()),
        start: Some(at("2026-11-25T08:00:00Z")),
        end: at("2026-11-26T08:00:00Z"),
        reason: "a wedding".into(),
    };
    rota::add_cover(&mut pair.bed.as_person(&pair.bo).await.cx(), "primary", &new).await.unwrap();
    pair.bed.wait((24 * 14).hours());
    rota::renew_due(&mut pair.bed.as_system().await.cx()).await.unwrap();
    let load = pair.load().await;
    assert_eq!(worked(&load), [("ana", "1.75".into(), 192), ("bo", "2.33".into(), 144)]);
    assert_eq!(load.people[0].last.bearing, Some(Bearing::TooOften));
    // to come: 26 weeks of turns by weeks
    assert_eq!(load.people[0].next.one_in.map(|n| format!("{n:.1}")).as_deref(), Some("2.0"));

    // the schedule closes: what was worked on it was worked, and nothing more comes
    let close = Edit::About(ScheduleEdit { close: true, ..ScheduleEdit::default() });
    rota::change(&mut pair.bed.as_person(&pair.ana).await.cx(), "primary", &close, None, "").await.unwrap();
    pair.bed.wait((24 * 14).hours());
    let load = pair.load().await;
    assert_eq!(worked(&load), [("ana", "1.75".into(), 192), ("bo", "2.33".into(), 144)]);
    assert!(load.people.iter().all(|p| p.next.one_in.is_none()));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn joining_a_schedule_changes_nothing_in_the_past(pool: PgPool) {
    let pair = Pair::new(pool).await;
    let mut ana = pair.bed.as_person(&pair.ana).await;
    // Otto and Lea share the working hours, while Ana and Bo have every hour
    let hours =
        serde_json::json!([{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}]);
    let layer = weekly(date(2026, 11, 2).at(9, 0, 0, 0), &["otto", "lea"]);
    let office = rota::NewSchedule {
        coverage: Some(rota::windows_of("coverage", &hours).unwrap()),
        ..on_call("basket", "office", "Europe/Amsterdam", vec![layer])
    };
    rota::create_schedule(&mut ana.cx(), office, "two of us").await.unwrap();
    let renew = async || rota::renew_due(&mut pair.bed.as_system().await.cx()).await.unwrap();
    let mine = async || load::mine(&mut pair.bed.as_person(&pair.otto).await.cx()).await.unwrap();
    pair.bed.wait((24 * 7 * 6).hours());
    renew().await;
    let mut ana = pair.bed.as_person(&pair.ana).await; // a call has the instant at which it began
    let before = mine().await;
    assert_eq!(before.last.one_in.map(|n| format!("{n:.1}")).as_deref(), Some("2.0"));
    assert_eq!(before.last.bearing, Some(Bearing::TooOften));

    let primary = rota::schedule(&mut ana.cx(), "primary").await.unwrap();
    let layer = rota::layers(&mut ana.cx(), primary.id).await.unwrap()[0].id;
    let three = ["ana", "bo", "otto"].map(str::to_owned).to_vec();
    let join = rota::LayerEdit { participants: Some(three), ..rota::LayerEdit::default() };
    rota::change(&mut ana.cx(), "primary", &Edit::Layer(layer, join), None, "we are three").await.unwrap();
    let after = mine().await;
    assert_eq!(after.last, before.last, "what was worked is what it was");
    assert!(after.next.hours.seconds > before.next.hours.seconds, "and what is to come is more");

    // as time goes by the new one counts from when he joined: some weeks of every hour
    pair.bed.wait((24 * 7 * 4).hours());
    renew().await;
    let mut ana = pair.bed.as_person(&pair.ana).await;
    let last = mine().await.last;
    let one_in = last.one_in.unwrap();
    assert!((1.5..3.5).contains(&one_in), "not the ten weeks that the schedule was there before: {one_in}");

    // whoever begins with a week of their own is not said to have every week
    let pia = pair.bed.person("pia").await;
    let basket = people::team(&mut ana.cx(), "basket").await.unwrap();
    pair.bed.join(&pia, &basket).await;
    let alone = rota::LayerEdit {
        participants: Some(["pia", "ana", "bo"].map(str::to_owned).to_vec()),
        first: Some("pia".into()),
        effective: rota::Effective::Now,
        ..rota::LayerEdit::default()
    };
    rota::change(&mut ana.cx(), "primary", &Edit::Layer(layer, alone), None, "we are three").await.unwrap();
    let joined = pair.bed.now();
    pair.bed.wait((24 * 3).hours());
    let own = load::mine(&mut pair.bed.as_person(&pia).await.cx()).await.unwrap().last;
    assert_eq!((own.since, own.bearing), (Some(joined), None), "{own:?}");
    assert!(own.one_in.is_some());
    let team = pair.load().await;
    let pia = team.people.iter().find(|p| p.person.handle == "pia").unwrap();
    assert_eq!((pia.last.since, pia.last.bearing), (Some(joined), None), "and the team reads the same");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_schedules_at_once_do_not_halve_the_load(pool: PgPool) {
    let pair = Pair::new(pool).await;
    pair.schedule("secondary", &["bo", "ana"]).await;
    pair.bed.wait((24 * 14).hours());
    let load = pair.load().await;
    let always = [("ana", "1.00".to_owned(), 336), ("bo", "1.00".to_owned(), 336)];
    assert_eq!(worked(&load), always, "each is always on one of the two");
    assert_eq!(load.people[0].last.shifts, 3, "turns on both");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn pages_count_for_whom_they_reached_by_their_clock(pool: PgPool) {
    let pair = Pair::new(pool).await;
    let night = pair.page("DiskFull").await; // Saturday, 04:10 where Ana is
    pair.over(night, Some(Judgement::FalseAlarm)).await;
    pair.wait_until("2026-11-23T15:00:00Z"); // Monday, ten o'clock where Bo is
    for rule in ["PaymentSlow", "CartsEmpty"] {
        let page = pair.page(rule).await;
        pair.over(page, Some(Judgement::RealImpact)).await;
    }
    pair.wait_until("2026-11-24T03:00:00Z"); // ten at night where Bo is
    let page = pair.page("DiskFull").await;
    pair.over(page, None).await;
    let quiet = NewWindow {
        entity: "component:till".parse().unwrap(),
        from: None,
        until: pair.bed.now() + 4.hours(),
        reason: "the disk is changed".into(),
    };
    paging::plan_maintenance(&mut pair.bed.as_person(&pair.bo).await.cx(), quiet).await.unwrap();
    let planned = pair.page("DiskFull").await;
    pair.over(planned, None).await;
    pair.wait_until("2026-12-05T03:10:00Z");

    let load = pair.load().await;
    let calls: Vec<_> =
        load.people.iter().map(|p| (p.person.handle.as_str(), p.calls.pages, p.calls.out_of_hours)).collect();
    assert_eq!(calls, [("ana", 1, 1), ("bo", 2, 1)], "two pages at once are one call");
    let weeks: Vec<_> = load.weeks.iter().filter(|w| w.pages() > 0).collect();
    let told: Vec<_> = weeks
        .iter()
        .map(|w| (w.week.to_string(), w.real_impact, w.false_alarms, w.unjudged, w.out_of_hours))
        .collect();
    assert_eq!(told, [("2026-W47".into(), 0, 1, 0, 1), ("2026-W48".into(), 2, 0, 1, 1)]);
    assert_eq!((load.noise.judged, load.noise.false_alarms, load.noise.unjudged), (3, 1, 1));
    assert!((load.lately - 0.5).abs() < 1e-9, "two in four whole weeks: {}", load.lately);
    assert_eq!((load.bearing, load.weeks_over), (Bearing::Good, 0));
    let rules: Vec<_> =
        load.rules.iter().map(|r| (r.rule.as_str(), r.pages, r.out_of_hours, r.false_alarms)).collect();
    assert_eq!(rules, [("DiskFull", 2, 2, 1), ("CartsEmpty", 1, 0, 0), ("PaymentSlow", 1, 0, 0)]);

    let mut bo = pair.bed.as_person(&pair.bo).await;
    let own = load::mine(&mut bo.cx()).await.unwrap();
    assert_eq!((own.calls.pages, own.calls.out_of_hours), (2, 1));
    assert_eq!(own.last.one_in.map(|n| format!("{n:.1}")).as_deref(), Some("2.0"));
    let otto = load::mine(&mut pair.bed.as_person(&pair.otto).await.cx()).await.unwrap();
    assert!(otto.last.one_in.is_none() && otto.calls.pages == 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_rule_that_somebody_mends_stands_there_until_it_is_done(pool: PgPool) {
    let pair = Pair::new(pool.clone()).await;
    let page = pair.page("DiskFull").await;
    pair.over(page, None).await;
    let mut bo = pair.bed.as_person(&pair.bo).await;
    let new = NewAction {
        incident: None,
        team: Some("basket".into()),
        title: "Mend DiskFull".into(),
        owner: Some("bo".into()),
        due_on: date(2026, 12, 1),
        alert_rule: Some("DiskFull".into()),
    };
    let action = incidents::add_action(&mut bo.cx(), new.clone()).await.unwrap();
    let again = incidents::add_action(&mut bo.cx(), new.clone()).await;
    assert!(matches!(&again, Err(Error::Conflict(why)) if why.contains("already")), "{again:?}");
    let mut otto = pair.bed.as_person(&pair.otto).await;
    let refused = incidents::edit_action(&mut otto.cx(), action.id, ActionEdit::default()).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");

    let later = ActionEdit {
        owner: Some(Some("ana".into())),
        due_on: Some(date(2026, 12, 9)),
        ..ActionEdit::default()
    };
    incidents::edit_action(&mut bo.cx(), action.id, later).await.unwrap();
    let shown = pair.load().await.rules.remove(0).action.expect("a promise");
    assert_eq!((shown.owner.as_deref(), shown.due_on), (Some("ana"), date(2026, 12, 9)));
    let told: Vec<(String, serde_json::Value)> =
        sqlx::query_as("SELECT verb, changes FROM activity WHERE subject = $1 ORDER BY id")
            .bind(format!("action:{}", action.id))
            .fetch_all(&pool)
            .await
            .unwrap();
    let verbs: Vec<_> = told.iter().map(|(verb, _)| verb.as_str()).collect();
    assert_eq!(verbs, ["action.promised", "action.changed"]);
    let owner = serde_json::json!({"field": "owner", "from": "bo", "to": "ana"});
    assert!(told[1].1.as_array().unwrap().contains(&owner), "{}", told[1].1);

    let done = ActionEdit { state: Some(ActionState::Done), ..ActionEdit::default() };
    incidents::edit_action(&mut bo.cx(), action.id, done).await.unwrap();
    assert!(pair.load().await.rules[0].action.is_none());
    incidents::add_action(&mut bo.cx(), new).await.expect("it comes again, and is promised again");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_team_and_its_chain_see_it_and_nobody_else(pool: PgPool) {
    let pair = Pair::new(pool).await;
    for who in [&pair.ana, &pair.lea] {
        let mut call = pair.bed.as_token(who, Scope::Read).await;
        assert!(load::of_team(&mut call.cx(), "basket").await.is_ok(), "{}", who.handle);
    }
    let mut otto = pair.bed.as_person(&pair.otto).await;
    let refused = load::of_team(&mut otto.cx(), "basket").await;
    assert!(
        matches!(&refused, Err(Error::Forbidden(why)) if why.contains("and nobody else")),
        "{:?}",
        refused.err()
    );
    let mut stranger = pair.bed.as_stranger().await;
    assert!(matches!(load::of_team(&mut stranger.cx(), "basket").await, Err(Error::Unauthenticated)));
    assert!(matches!(load::mine(&mut stranger.cx()).await, Err(Error::Unauthenticated)));
}
