//! What is wrong with schedules to come: on the schedule, by its policies, and among the findings.

use jiff::{
    Timestamp, ToSpan,
    civil::{DateTime, date},
};
use portolan_domain::{
    Limit, ScheduleId,
    catalog::findings::{self, Filter, Kind},
    paging::{self, NewPolicy, NewStep, NewTarget, ToldTwice},
    people::{self, Person, PersonEdit},
    rota::{self, Edit, NewLayer, NewSchedule, ScheduleEdit, ToAsk, Warning},
    sealing::SealingKey,
};
use portolan_testkit::{
    Bed,
    rota::{on_call, weekly},
};
use sqlx::PgPool;

/// Four people of Basket by weeks; in the night of the 21st it is Cem's, then Dele's, Ana's and Bo's.
struct Four {
    bed: Bed,
    pool: PgPool,
    cem: Person,
}

/// In the order of their turns from that night on.
const TURNS: [&str; 4] = ["cem", "dele", "ana", "bo"];

/// A hand-off.
const MONDAY: DateTime = date(2026, 11, 2).at(9, 0, 0, 0);

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

impl Four {
    async fn new(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let basket = bed.team("basket").await;
        let mut people = Vec::new();
        for name in TURNS {
            let person = bed.person(name).await;
            bed.join(&person, &basket).await;
            people.push(person);
        }
        let four = Self { bed, pool, cem: people.remove(0) };
        four.schedule("primary", &TURNS, None).await;
        four
    }

    async fn schedule(&self, slug: &str, turns: &[&str], hours: Option<serde_json::Value>) -> ScheduleId {
        let layer = NewLayer { name: "All".into(), ..weekly(MONDAY, turns) };
        let coverage = hours.map(|hours| rota::windows_of("coverage", &hours).unwrap());
        let new = NewSchedule { coverage, ..on_call("basket", slug, "Europe/Amsterdam", vec![layer]) };
        let mut call = self.bed.as_person(&self.cem).await;
        rota::create_schedule(&mut call.cx(), new, "so few of us").await.unwrap().id
    }

    async fn id(&self, slug: &str) -> ScheduleId {
        rota::schedule(&mut self.bed.as_person(&self.cem).await.cx(), slug).await.unwrap().id
    }

    async fn warnings(&self, slug: &str) -> Vec<Warning> {
        let id = self.id(slug).await;
        rota::warnings(&mut self.bed.as_person(&self.cem).await.cx(), &[id]).await.unwrap()
    }

    async fn told_twice(&self, schedules: &[ScheduleId]) -> Vec<ToldTwice> {
        paging::told_twice(&mut self.bed.as_system().await.cx(), schedules).await.unwrap()
    }

    /// Kind, where, from when, and what is said besides.
    async fn findings(&self) -> Vec<(Kind, String, String, Vec<String>)> {
        let mut call = self.bed.as_person(&self.cem).await;
        let all = Filter { team: Some("basket".into()), ..Filter::default() };
        let page = findings::list(&mut call.cx(), &all, None, Limit::default()).await.unwrap();
        let counted: i64 = findings::counts(&mut call.cx(), &all).await.unwrap().iter().map(|(_, n)| n).sum();
        assert_eq!(page.total, counted);
        assert_eq!(usize::try_from(page.total).unwrap(), page.items.len());
        page.items.into_iter().map(|f| (f.kind, f.entity_ref, f.since.to_string(), f.detail)).collect()
    }

    /// Bo's calendar says that he is away from the 8th to the 10th of December.
    async fn bo_is_away(&self) {
        const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n\
            DTSTAMP:20261101T000000Z\r\nDTSTART;VALUE=DATE:20261208\r\nDTEND;VALUE=DATE:20261211\r\nSUMMARY:Out of office\r\n\
            END:VEVENT\r\nEND:VCALENDAR\r\n";
        let mut system = self.bed.as_system().await;
        let bo = people::person(&mut system.cx(), "bo").await.unwrap();
        let mut call = self.bed.as_person(&bo).await;
        let key = SealingKey::new([4; 32]);
        let address = "https://calendar.example/bo.ics".to_owned();
        let given = rota::set_away_calendar(&mut call.cx(), &address, Some(&key)).await.unwrap();
        let asked = ToAsk { person: bo.id, address, set_at: given.set_at, seen: (None, None) };
        rota::calendar_read(&mut system.cx(), &asked, CALENDAR.into(), (None, None)).await.unwrap();
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_empty_schedule_is_a_gap_and_the_nights_of_office_hours_are_none(pool: PgPool) {
    let four = Four::new(pool).await;
    assert_eq!(four.findings().await, [], "four people, every hour");
    four.schedule("empty", &[], None).await;
    let hours =
        serde_json::json!([{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}]);
    four.schedule("office", &["cem"], Some(hours)).await;
    let warned = four.warnings("empty").await;
    assert!(
        matches!(&warned[0], Warning::Gap { start, .. } if *start == four.bed.now()),
        "from now on: {warned:?}"
    );
    assert!(
        four.warnings("office").await.iter().all(|w| matches!(w, Warning::DoubleBooked { .. })),
        "nights are no gaps"
    );
    let found = four.findings().await;
    let gaps: Vec<_> = found.iter().filter(|f| f.0 == Kind::ScheduleGap).collect();
    assert_eq!(gaps.len(), 1, "{found:?}");
    assert_eq!((gaps[0].1.as_str(), gaps[0].2.as_str()), ("schedule:empty", "2026-11-21T03:10:00Z"));

    let close = Edit::About(ScheduleEdit { close: true, ..ScheduleEdit::default() });
    let mut call = four.bed.as_person(&four.cem).await;
    rota::change(&mut call.cx(), "empty", &close, None, "").await.unwrap();
    assert!(four.findings().await.iter().all(|f| f.0 != Kind::ScheduleGap), "a closed one misses nobody");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_left_and_who_cannot_be_reached_are_found(pool: PgPool) {
    let four = Four::new(pool).await;
    let gone = PersonEdit { active: Some(false), ..PersonEdit::default() };
    people::edit_person(&mut four.bed.as_system().await.cx(), "dele", gone, None).await.unwrap();
    sqlx::query("UPDATE person SET email = NULL WHERE handle = 'ana'").execute(&four.pool).await.unwrap();
    let warned = four.warnings("primary").await;
    assert!(
        matches!(&warned[0], Warning::Vacant { person, start, .. } if person.handle == "dele" && *start == at("2026-11-23T08:00:00Z")),
        "{warned:?}"
    );
    assert!(
        warned.iter().any(|w| matches!(w, Warning::Unreachable { person, .. } if person.handle == "ana"))
    );
    let found = four.findings().await;
    let told: Vec<_> = found.iter().map(|f| (f.0, f.2.as_str(), f.3.clone())).collect();
    assert_eq!(
        told,
        [
            // his turns within eight weeks: of 23 November and of 21 December; that of 18 January is later
            (Kind::ScheduleGap, "2026-11-23T08:00:00Z", vec!["2".to_owned()]),
            (Kind::ScheduleUnreachable, "2026-11-30T08:00:00Z", vec!["Ana".to_owned()]),
        ]
    );
    let mut call = four.bed.as_person(&four.cem).await;
    rota::replace_person(&mut call.cx(), "dele", "cem", None, "only us three").await.unwrap();
    assert!(four.findings().await.iter().all(|f| f.0 != Kind::ScheduleGap), "mended, and gone");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_shift_in_an_absence_is_warned_of_and_marked(pool: PgPool) {
    let four = Four::new(pool).await;
    four.bo_is_away().await;
    let warned = four.warnings("primary").await;
    // days of his zone, UTC
    let (start, end) = (at("2026-12-08T00:00:00Z"), at("2026-12-11T00:00:00Z"));
    assert!(
        matches!(&warned[..], [Warning::Away { person, start: s, end: e, .. }] if person.handle == "bo" && (*s, *e) == (start, end)),
        "{warned:?}"
    );
    let found = four.findings().await;
    assert_eq!((found[0].0, found[0].2.as_str()), (Kind::ScheduleAway, "2026-12-08T00:00:00Z"));
    assert_eq!(found[0].3, ["Bo"]);

    let mut call = four.bed.as_person(&four.cem).await;
    let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    let (from, to) = (at("2026-11-30T08:00:00Z"), at("2026-12-21T08:00:00Z"));
    let duties = rota::shifts_of_schedule(&mut call.cx(), &schedule, from, to).await.unwrap();
    let away = rota::away_during(&mut call.cx(), &duties).await.unwrap();
    let marked: Vec<_> = duties
        .iter()
        .flat_map(|d| {
            d.away(&away).into_iter().map(move |a| (d.on_call().map(|p| p.handle.as_str()), a.start, a.end))
        })
        .collect();
    assert_eq!(marked, [(Some("bo"), start, end)], "his own shift, and no other that lies in these days");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_secondary_who_is_the_primary_is_none(pool: PgPool) {
    let four = Four::new(pool).await;
    four.schedule("secondary", &["dele", "ana", "bo", "cem"], None).await; // always the next one
    let twice = async |steps: Vec<NewTarget>, slug: &str| {
        let new = NewPolicy {
            team: "basket".into(),
            slug: slug.into(),
            name: slug.into(),
            repeats: 1,
            is_default: false,
            steps: steps.into_iter().map(|to| NewStep { to, minutes: 5 }).collect(),
        };
        let mut call = four.bed.as_person(&four.cem).await;
        paging::create_policy(&mut call.cx(), new).await.unwrap();
        let id = four.id("primary").await;
        let found = paging::told_twice(&mut call.cx(), &[id]).await.unwrap();
        paging::close_policy(&mut call.cx(), slug).await.unwrap();
        found
    };
    let primary = || NewTarget::Schedule("primary".into());
    let person = || NewTarget::Person("bo".into());
    let secondary = NewTarget::Schedule("secondary".into());
    assert!(twice(vec![primary(), secondary], "fine").await.is_empty(), "always another person");

    let found = twice(vec![primary(), person()], "named").await;
    assert_eq!(found.len(), 2, "in the two of his weeks that are near: {found:?}");
    assert_eq!((found[0].start, found[0].end), (at("2026-12-07T08:00:00Z"), at("2026-12-14T08:00:00Z")));
    assert_eq!(
        (found[0].person.handle.as_str(), found[0].step, found[0].whose()),
        ("bo", 1, "the policy named".into())
    );

    let found = twice(vec![primary(), NewTarget::Team("basket".into())], "team").await;
    assert!(found.len() > 7 && found[0].person.handle == "cem", "its first schedule is the same: {found:?}");
    let between = NewTarget::Lead("basket".into());
    assert!(twice(vec![primary(), between, person()], "apart").await.is_empty(), "somebody else is between");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_lead_who_takes_turns_is_told_twice_by_the_usual_steps(pool: PgPool) {
    let four = Four::new(pool).await;
    let mut call = four.bed.as_person(&four.cem).await;
    let basket = people::team(&mut call.cx(), "basket").await.unwrap();
    let ana = people::person(&mut call.cx(), "ana").await.unwrap();
    four.bed.lead(&ana, &basket).await;
    let primary = four.id("primary").await;
    let found = four.told_twice(&[primary]).await;
    let told: Vec<_> =
        found.iter().map(|t| (t.person.handle.as_str(), t.step, t.schedules, t.start)).collect();
    let usual = (Some(primary), None);
    assert_eq!(
        told,
        [("ana", 1, usual, at("2026-11-30T08:00:00Z")), ("ana", 1, usual, at("2026-12-28T08:00:00Z"))],
        "in each of her weeks"
    );
    assert_eq!(found[0].whose(), "the usual steps of Basket");
    let words = |words: [&str; 5]| words.map(str::to_owned).to_vec();
    let findings = four.findings().await;
    assert_eq!(findings[0].3, words(["Ana", "Basket", "usual", "1", "2"]), "{findings:?}");
    assert_eq!((findings[0].0, findings[0].2.as_str()), (Kind::ScheduleTwice, "2026-11-30T08:00:00Z"));

    // another team between her and herself, whose own primary she is not
    let ledger = four.bed.team("ledger").await;
    let otto = four.bed.person("otto").await;
    four.bed.join(&otto, &ledger).await;
    paging::set_related_team(&mut call.cx(), "basket", Some("ledger")).await.unwrap();
    assert!(four.told_twice(&[primary]).await.is_empty());
    assert_eq!(four.findings().await, []);
    // unless she is theirs too
    let theirs = on_call("ledger", "ledger", "Europe/Amsterdam", vec![weekly(MONDAY, &["ana"])]);
    let mut own = four.bed.as_person(&otto).await;
    let theirs = rota::create_schedule(&mut own.cx(), theirs, "only her").await.unwrap().id;
    let found = four.told_twice(&[primary]).await;
    assert_eq!((found[0].step, found[0].schedules), (1, (Some(primary), Some(theirs))), "{found:?}");
    let beside = four.told_twice(&[theirs, primary]).await;
    assert_eq!(
        beside.iter().filter(|t| t.schedules.1 == Some(theirs)).count(),
        found.len(),
        "each is told once"
    );
    let lead = beside.iter().filter(|t| t.schedules == (Some(theirs), None) && t.step == 2);
    assert!(lead.count() > 0, "and the lead after the related team is she again: {beside:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_step_that_names_whoever_is_on_call_is_a_finding_as_long_as_it_is_there(pool: PgPool) {
    let four = Four::new(pool).await;
    let mut call = four.bed.as_person(&four.cem).await;
    let policy = |to: NewTarget| NewPolicy {
        team: "basket".into(),
        slug: "basket-way".into(),
        name: "Basket way".into(),
        repeats: 1,
        is_default: true,
        steps: vec![
            NewStep { to: NewTarget::Schedule("primary".into()), minutes: 5 },
            NewStep { to, minutes: 5 },
        ],
    };
    paging::create_policy(&mut call.cx(), policy(NewTarget::Person("bo".into()))).await.unwrap();
    let found = four.findings().await;
    let told = ["Bo", "Basket way", "policy", "1", "2"].map(str::to_owned).to_vec();
    assert_eq!(
        found,
        [(Kind::ScheduleTwice, "schedule:primary".into(), "2026-12-07T08:00:00Z".into(), told)]
    );
    let mine = Filter { mine: true, kind: Some(Kind::ScheduleTwice), ..Filter::default() };
    let page = findings::list(&mut call.cx(), &mine, None, Limit::default()).await.unwrap();
    assert_eq!(
        page.items[0].consequence(),
        "Bo is step 1 and step 2 of the policy Basket way then: who does not answer the first page does not answer the next."
    );
    let everywhere = Filter { kind: Some(Kind::ScheduleTwice), ..Filter::default() };
    let all = findings::list(&mut call.cx(), &everywhere, None, Limit::default()).await.unwrap();
    assert_eq!(all.items[0].detail, page.items[0].detail, "of all teams the same");

    // what the team is asked for is the same schedule again: whoever it is, and whenever
    let again = policy(NewTarget::Team("basket".into()));
    paging::edit_policy(&mut call.cx(), "basket-way", again, None).await.unwrap();
    let found = four.findings().await;
    assert_eq!((found[0].3[0].as_str(), found[0].2.as_str()), ("Cem", "2026-11-21T03:10:00Z"), "{found:?}");
    // a lead who takes no turns is told once
    let lea = four.bed.person("lea").await;
    let basket = people::team(&mut call.cx(), "basket").await.unwrap();
    four.bed.lead(&lea, &basket).await;
    let lead = policy(NewTarget::Lead("basket".into()));
    paging::edit_policy(&mut call.cx(), "basket-way", lead, None).await.unwrap();
    assert_eq!(four.findings().await, []);
    // one who does is told again
    let primary = four.id("primary").await;
    four.bed.lead(&four.cem, &basket).await;
    assert_eq!(four.findings().await[0].3[0], "Cem");
    let gone = PersonEdit { active: Some(false), ..PersonEdit::default() };
    people::edit_person(&mut four.bed.as_system().await.cx(), "cem", gone, None).await.unwrap();
    let twice = four.told_twice(&[primary]).await;
    assert!(twice.is_empty(), "who left is told nothing: {twice:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn everywhere_the_same_is_warned_of_and_no_further_ahead(pool: PgPool) {
    let four = Four::new(pool).await;
    let nobody = async |start: Timestamp| {
        let mut call = four.bed.as_person(&four.cem).await;
        let gap = rota::NewCover { start: Some(start), end: start + 2.hours(), ..rota::NewCover::default() };
        let id = rota::add_cover(&mut call.cx(), "primary", &gap).await.unwrap().0.id;
        sqlx::query("UPDATE shift SET holder = 'gap' WHERE cover_id = $1")
            .bind(id.0)
            .execute(&four.pool)
            .await
            .unwrap();
    };
    let first = async || {
        let mut call = four.bed.as_person(&four.cem).await;
        let warned = four.warnings("primary").await;
        let listed =
            rota::company_now(&mut call.cx(), &rota::ScheduleFilter::default(), None, Limit::default())
                .await
                .unwrap();
        let found = four.findings().await;
        [
            warned.first().map(Warning::start),
            listed.items[0].gap.as_ref().map(|gap| gap.start),
            found.first().map(|f| at(&f.2)),
        ]
    };
    let edge = four.bed.now() + rota::LOOK_AHEAD;
    nobody(edge + 1.minute()).await;
    assert_eq!(first().await, [None; 3], "too far ahead");
    let near = edge - 3.hours();
    nobody(near).await;
    assert_eq!(first().await, [Some(near); 3]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_is_on_two_schedules_at_once_is_a_finding_of_both(pool: PgPool) {
    let four = Four::new(pool).await;
    four.schedule("secondary", &TURNS, None).await;
    let found = four.findings().await;
    let told: Vec<_> = found.iter().map(|f| (f.0, f.1.as_str(), f.3.clone())).collect();
    let pair = |other: &str| vec!["Cem".to_owned(), other.to_owned()];
    assert_eq!(
        told,
        [
            (Kind::ScheduleTwice, "schedule:primary", pair("secondary")),
            (Kind::ScheduleTwice, "schedule:secondary", pair("primary")),
        ]
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whom_a_page_goes_to_next_stands_on_the_schedule(pool: PgPool) {
    let four = Four::new(pool).await;
    let lea = four.bed.person("lea").await;
    let mut call = four.bed.as_person(&four.cem).await;
    let primary = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    let next = paging::if_no_answer(&mut call.cx(), &primary).await.unwrap().expect("the lead, as usual");
    assert_eq!((next.minutes, next.words.as_str(), next.people.len()), (5, "whoever leads Basket", 0));
    let basket = people::team(&mut call.cx(), "basket").await.unwrap();
    four.bed.lead(&lea, &basket).await;
    let next = paging::if_no_answer(&mut call.cx(), &primary).await.unwrap().unwrap();
    assert_eq!(next.people[0].handle, "lea");

    four.schedule("secondary", &["dele", "ana", "bo", "cem"], None).await;
    let step = |to, minutes| NewStep { to, minutes };
    let new = NewPolicy {
        team: "basket".into(),
        slug: "basket".into(),
        name: "Basket".into(),
        repeats: 1,
        is_default: true,
        steps: vec![
            step(NewTarget::Schedule("primary".into()), 7),
            step(NewTarget::Schedule("secondary".into()), 5),
        ],
    };
    paging::create_policy(&mut call.cx(), new).await.unwrap();
    let next = paging::if_no_answer(&mut call.cx(), &primary).await.unwrap().unwrap();
    assert_eq!((next.minutes, next.people[0].handle.as_str()), (7, "dele"));
    let secondary = rota::schedule(&mut call.cx(), "secondary").await.unwrap();
    assert!(
        paging::if_no_answer(&mut call.cx(), &secondary).await.unwrap().is_none(),
        "nobody is asked after it"
    );
}
