//! Asking for help: whose it becomes, by when a word is owed, who may do what, what comes back every week.

use jiff::ToSpan;
use portolan_domain::{
    Error, Limit, Scope,
    catalog::EntityRef,
    levels::{self, AtOnce, Engagement, Hours, Impact, Level},
    people::{Person, Team},
    rota::{NewLayer, NewSchedule, Purpose, create_schedule, windows_of},
    support::{
        self, Category, EventKind, Filter, NewRequest, Request, State, Tab, Then, Trend, Urgency, Week, trend,
    },
};
use portolan_testkit::{
    Bed,
    catalog::{apply_yaml, service},
    rota::{on_call, weekly},
};
use sqlx::PgPool;

/// Basket is Imke's and Maya's, Pricing is Hui's; `till` stands on `prices` of tier 2, which is Pricing's. It is the Monday
/// after, ten in the morning (UTC).
struct Shop {
    bed: Bed,
    pool: PgPool,
    imke: Person,
    maya: Person,
    hui: Person,
    basket: Team,
}

impl Shop {
    async fn new(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let (imke, maya, hui) = (bed.person("imke").await, bed.person("maya").await, bed.person("hui").await);
        let (basket, pricing) = (bed.team("basket").await, bed.team("pricing").await);
        bed.join(&imke, &basket).await;
        bed.join(&maya, &basket).await;
        bed.join(&hui, &pricing).await;
        bed.wait(54.hours().minutes(50));
        let till = service("till", "basket", "dependsOn: [component:prices]\ntier: 1");
        let prices = service("prices", "pricing", "tier: 2");
        apply_yaml(&pool, &format!("{till}{prices}")).await;
        Self { bed, pool, imke, maya, hui, basket }
    }

    /// Maya has the support shift of Basket, Monday to Friday from eight to four.
    async fn with_shift(&self) {
        let windows = serde_json::json!([{ "days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "16:00" }]);
        let monday = "2026-11-16T08:00:00".parse().unwrap();
        let layer = NewLayer { name: "Support".into(), priority: 1, ..weekly(monday, &["maya"]) };
        let new = NewSchedule {
            name: "Basket support".into(),
            purpose: Purpose::Support,
            coverage: Some(windows_of("coverage", &windows).unwrap()),
            ..on_call("basket", "basket-support", "UTC", vec![layer])
        };
        let mut call = self.bed.as_person(&self.imke).await;
        create_schedule(&mut call.cx(), new, "").await.unwrap();
    }

    async fn ask(&self, who: &Person, new: NewRequest) -> support::Asked {
        let mut call = self.bed.as_person(who).await;
        support::ask(&mut call.cx(), new).await.unwrap()
    }

    async fn notices(&self) -> Vec<(String, String)> {
        let told: Vec<(String, String)> = sqlx::query_as(
            "SELECT coalesce(p.handle, '-'), n.event FROM notice n LEFT JOIN person p ON p.id = n.person_id ORDER BY n.id",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        told
    }
}

/// A slow till, asked of whoever owns it.
fn slow_till() -> NewRequest {
    NewRequest {
        entity: Some("till".into()),
        title: "The till is slow".into(),
        environment: "Production".into(),
        impact: Some(Impact::Slowed),
        category: Some(Category::ProductionProblem),
        ..NewRequest::default()
    }
}

fn many() -> Limit {
    Limit::new(Limit::MAX).unwrap()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_request_goes_to_whoever_has_the_shift_and_is_a_conversation(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.with_shift().await;
    let asked = shop.ask(&shop.hui, slow_till()).await.request;
    assert_eq!(
        (asked.team.as_str(), asked.urgency, asked.state),
        ("basket", Urgency::Critical, State::Waiting)
    );
    assert_eq!(asked.assignee.as_ref().map(|a| a.handle.as_str()), Some("maya"));
    assert_eq!(asked.environment, "production");
    assert_eq!(asked.due_at, Some(shop.bed.now() + 2.hours()), "tier 1 is answered within two hours");

    shop.bed.wait(30.minutes());
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let text = "Since when? And for **whom**?";
    let answered = support::answer(&mut maya.cx(), asked.number, text, Then::WaitForRequester).await.unwrap();
    assert_eq!((answered.state, answered.due_at), (State::WaitingForRequester, None));
    assert_eq!(answered.first_answer_in_time, Some(true));

    shop.bed.wait(3.hours());
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let said = support::say(&mut hui.cx(), asked.number, "For all, since nine.").await.unwrap();
    assert_eq!(said.state, State::WithSomeone);
    assert_eq!(
        said.due_at,
        Some("2026-11-24T09:30:00Z".parse().unwrap()),
        "2.5 h are left of Monday, 1.5 h on Tuesday"
    );

    let mut maya = shop.bed.as_person(&shop.maya).await;
    support::answer(&mut maya.cx(), asked.number, "Mended.", Then::Close).await.unwrap();
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let again = support::reopen(&mut hui.cx(), asked.number, "Still slow.").await.unwrap();
    assert_eq!((again.state, again.closed_at), (State::Reopened, None));
    let done = support::close(&mut hui.cx(), asked.number, "").await.unwrap();
    assert_eq!((done.state, done.closed_at), (State::Closed, Some(shop.bed.now())));

    let thread = support::thread(&mut hui.cx(), asked.number).await.unwrap();
    let kinds: Vec<_> = thread.events.iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        [
            EventKind::Asked,
            EventKind::AskedBack,
            EventKind::Said,
            EventKind::Closed,
            EventKind::Reopened,
            EventKind::Closed,
        ]
    );
    assert!(thread.is_mine && !thread.may_answer);
    let told: Vec<_> = shop.notices().await;
    let told: Vec<_> = told.iter().map(|(who, event)| (who.as_str(), event.as_str())).collect();
    assert_eq!(
        told,
        [
            ("maya", "shifts.changed"), // when the rota was made
            ("maya", "support.asked"),
            ("hui", "support.answered"),
            ("maya", "support.added-to"),
            ("hui", "support.closed"),
            ("maya", "support.reopened"),
        ],
        "nobody is told what they did themselves"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn outside_of_support_hours_it_goes_to_whoever_comes_next(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.with_shift().await;
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let now = support::on_duty(&mut hui.cx(), shop.basket.id).await.unwrap().unwrap();
    assert_eq!((now.person.handle.as_str(), now.from), ("maya", None));
    shop.bed.wait(10.hours());
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let next = support::on_duty(&mut hui.cx(), shop.basket.id).await.unwrap().unwrap();
    assert_eq!(next.from, Some("2026-11-24T08:00:00Z".parse().unwrap()), "on Tuesday morning");
    let asked = shop.ask(&shop.hui, slow_till()).await.request;
    assert_eq!(asked.assignee.map(|a| a.handle).as_deref(), Some("maya"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn without_a_schedule_it_is_nobodys_until_somebody_answers(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let asked = shop.ask(&shop.hui, slow_till()).await.request;
    assert_eq!(asked.assignee, None);
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let counts = support::team_counts(&mut imke.cx(), shop.basket.id).await.unwrap();
    assert_eq!((counts.waiting, counts.nobodys, counts.overdue), (1, 1, 0));
    assert!(
        support::answer(&mut imke.cx(), asked.number, " ", Then::GoOn).await.is_err(),
        "nothing is no answer"
    );
    let had = support::answer(&mut imke.cx(), asked.number, "Looking.", Then::GoOn).await.unwrap();
    assert_eq!(had.assignee.map(|a| a.handle).as_deref(), Some("imke"));
    assert_eq!(had.due_at, Some(shop.bed.now() + 4.hours()), "the next word is owed");
    let back = support::assign(&mut imke.cx(), asked.number, None).await.unwrap();
    assert_eq!((back.state, back.assignee), (State::Waiting, None));
    let given = support::assign(&mut imke.cx(), asked.number, Some("maya")).await.unwrap();
    assert_eq!(given.state, State::WithSomeone);
    assert!(matches!(
        support::assign(&mut imke.cx(), asked.number, Some("nobody-here")).await,
        Err(Error::Invalid(_))
    ));
    let last = support::last_answer(&mut imke.cx(), shop.basket.id).await.unwrap().unwrap();
    assert_eq!((last.by.map(|p| p.handle).as_deref(), last.waited.as_secs()), (Some("imke"), 0));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_asked_and_the_team_may_each_do_their_part(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let stranger = shop.bed.person("otto").await;
    let number = shop.ask(&shop.hui, slow_till()).await.request.number;

    let mut hui = shop.bed.as_person(&shop.hui).await;
    assert!(matches!(
        support::answer(&mut hui.cx(), number, "x", Then::GoOn).await,
        Err(Error::Forbidden(_))
    ));
    assert!(matches!(support::assign(&mut hui.cx(), number, Some("hui")).await, Err(Error::Forbidden(_))));
    assert!(matches!(
        support::recategorise(&mut hui.cx(), number, Category::Bug).await,
        Err(Error::Forbidden(_))
    ));
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let refused = support::say(&mut imke.cx(), number, "x").await.unwrap_err().to_string();
    assert!(refused.contains("only Hui, who asked"), "{refused}");
    let now = support::recategorise(&mut imke.cx(), number, Category::Bug).await.unwrap();
    assert_eq!(now.category, Category::Bug);

    let mut otto = shop.bed.as_person(&stranger).await;
    assert!(support::thread(&mut otto.cx(), number).await.is_ok(), "everybody may read");
    for result in [
        support::close(&mut otto.cx(), number, "").await,
        support::say(&mut otto.cx(), number, "me too").await,
        support::speak(&mut otto.cx(), number, "me too", None).await,
    ] {
        assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
    }
    let mut reader = shop.bed.as_token(&shop.hui, Scope::Read).await;
    assert!(matches!(support::ask(&mut reader.cx(), slow_till()).await, Err(Error::Forbidden(_))));
    assert!(matches!(support::close(&mut reader.cx(), number, "").await, Err(Error::Forbidden(_))));
    let mut nobody = shop.bed.as_stranger().await;
    assert!(matches!(support::thread(&mut nobody.cx(), number).await, Err(Error::Unauthenticated)));
    assert!(matches!(support::thread(&mut hui.cx(), 4_000).await, Err(Error::NotFound { .. })));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_asked_of_nobody_says_what_is_missing(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    apply_yaml(&pool, &service("adrift", "harbour", "")).await;
    let mut hui = shop.bed.as_person(&shop.hui).await;
    for (new, field, word) in [
        (NewRequest { entity: None, ..slow_till() }, "team", "say which team"),
        (NewRequest { entity: Some("adrift".into()), ..slow_till() }, "team", "belongs to no team"),
        (NewRequest { entity: Some("gone".into()), ..slow_till() }, "entity", "not in the catalog"),
        (NewRequest { entity: Some("a:/b".into()), ..slow_till() }, "entity", "empty part"),
        (NewRequest { team: Some("harbour".into()), ..slow_till() }, "team", "no team"),
    ] {
        let Err(Error::Invalid(problems)) = support::ask(&mut hui.cx(), new).await else { panic!("{word}") };
        assert_eq!((problems.len(), problems[0].field.as_str()), (1, field), "{problems:?}");
        assert!(problems[0].message.contains(word), "{problems:?}");
    }
    let other = NewRequest { entity: Some("adrift".into()), team: Some("basket".into()), ..slow_till() };
    assert_eq!(shop.ask(&shop.hui, other).await.request.team, "basket", "another team may be named");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn levels_decide_who_gets_an_engineer_at_once(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let outage = || NewRequest { entity: Some("prices".into()), impact: Some(Impact::Outage), ..slow_till() };
    // tier 2: for an outage in production, those who stand on it; the till is Imke's team's and stands on the prices
    let at_once = shop.ask(&shop.imke, outage()).await;
    assert!(at_once.engagement.is_now(), "{:?}", at_once.engagement);
    assert_eq!(at_once.request.urgency, Urgency::AtOnce);
    let otto = shop.bed.person("otto").await;
    let waits = shop.ask(&otto, outage()).await;
    assert!(matches!(waits.engagement, Engagement::InWorkingHours { first_answer_minutes: 240, .. }));
    assert_eq!(waits.request.urgency, Urgency::Important);

    let mut hui = shop.bed.as_person(&shop.hui).await;
    let own = Level { at_once: AtOnce::Nobody, first_answer_minutes: 30, ..Level::usual(Some(2)) };
    let set = levels::set(&mut hui.cx(), "pricing", &[own]).await.unwrap();
    assert_eq!((set.of(Some(2)), set.of(None)), (own, Level::usual(None)));
    assert!(set.set.is_some());
    let asked = shop.ask(&shop.imke, outage()).await;
    assert!(!asked.engagement.is_now());
    assert_eq!(asked.request.promise.first_answer_minutes, 30);
    let before = support::thread(&mut hui.cx(), waits.request.number).await.unwrap().request;
    assert_eq!(before.promise.first_answer_minutes, 240, "what was promised stays");

    let bad = Level { next_answer_minutes: 0, ..own };
    assert!(matches!(levels::set(&mut hui.cx(), "pricing", &[bad]).await, Err(Error::Invalid(_))));
    assert!(matches!(levels::set(&mut hui.cx(), "basket", &[own]).await, Err(Error::Forbidden(_))));
    assert!(levels::reset(&mut hui.cx(), "pricing").await.unwrap().set.is_none());

    let foreseen =
        support::foresee(&mut hui.cx(), None, Some("basket"), Impact::Outage, "production").await.unwrap();
    assert!(!foreseen.decision.engagement.is_now(), "what has no tier is never at once by default");
    let reference: EntityRef = "component:default/till".parse().unwrap();
    let till = portolan_domain::catalog::get(&mut hui.cx(), &reference).await.unwrap();
    let decided = levels::decide(&mut hui.cx(), shop.basket.id, Some(&till), Impact::Blocked, "production")
        .await
        .unwrap();
    assert!(decided.engagement.is_now());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_queue_is_sorted_by_urgency_then_by_the_time_left(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let of = |title: &str, entity: Option<&str>, impact| NewRequest {
        entity: entity.map(str::to_owned),
        team: Some("basket".into()),
        title: title.into(),
        impact: Some(impact),
        ..slow_till()
    };
    shop.ask(&shop.hui, of("third", None, Impact::Question)).await;
    shop.bed.wait(10.minutes());
    shop.ask(&shop.hui, of("fourth", None, Impact::Outage)).await;
    shop.ask(&shop.hui, of("second", Some("till"), Impact::Question)).await;
    shop.ask(&shop.hui, of("first", Some("till"), Impact::Outage)).await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let (mut seen, mut after): (Vec<Request>, _) = (Vec::new(), None);
    loop {
        let one = Limit::new(1).unwrap();
        let page = support::queue(&mut imke.cx(), shop.basket.id, Tab::Waiting, after, one).await.unwrap();
        assert_eq!(page.total, 4);
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let titles: Vec<_> = seen.iter().map(|r| r.title.as_str()).collect();
    assert_eq!(titles, ["first", "second", "third", "fourth"]);

    for request in &seen[..2] {
        support::close(&mut imke.cx(), request.number, "").await.unwrap();
        shop.bed.wait(1.minute());
        imke = shop.bed.as_person(&shop.imke).await;
    }
    let answered = support::queue(&mut imke.cx(), shop.basket.id, Tab::Answered, None, many()).await.unwrap();
    let titles: Vec<_> = answered.items.iter().map(|r| r.title.as_str()).collect();
    assert_eq!(titles, ["second", "first"], "newest first");
    let counted = support::team_counts(&mut imke.cx(), shop.basket.id).await.unwrap();
    assert_eq!((counted.waiting, counted.with_someone), (2, 0));
    let queues = support::my_queues(&mut imke.cx()).await.unwrap();
    assert_eq!(queues.iter().map(|q| q.team.as_str()).collect::<Vec<_>>(), ["basket"]);

    let mut hui = shop.bed.as_person(&shop.hui).await;
    let filter = Filter { asked_by_me: true, open: true, ..Filter::default() };
    let mine = support::list(&mut hui.cx(), &filter, None, many()).await.unwrap();
    assert_eq!(mine.items.iter().map(|r| r.title.as_str()).collect::<Vec<_>>(), ["fourth", "third"]);
    let filter = Filter { entity: Some("component:default/till".into()), ..Filter::default() };
    assert_eq!(support::list(&mut hui.cx(), &filter, None, many()).await.unwrap().total, 2);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn targets_follow_the_support_hours_when_these_change(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let asked =
        shop.ask(&shop.hui, NewRequest { impact: Some(Impact::Question), ..slow_till() }).await.request;
    assert_eq!(asked.due_at, Some("2026-11-23T12:00:00Z".parse().unwrap()));
    shop.bed.wait(6.hours().minutes(30)); // half past four
    let late = shop.ask(&shop.hui, slow_till()).await.request;
    assert_eq!(
        late.due_at,
        Some("2026-11-24T10:30:00Z".parse().unwrap()),
        "until five, and then on Tuesday from nine"
    );
    shop.with_shift().await; // until four, from eight
    let mut system = shop.bed.as_system().await;
    assert_eq!(support::renew_targets(&mut system.cx()).await.unwrap(), 1, "the first one is due as before");
    let now = support::thread(&mut system.cx(), late.number).await;
    assert!(now.is_err(), "Portolan itself reads no threads");
    let mut hui = shop.bed.as_person(&shop.hui).await;
    let now = support::thread(&mut hui.cx(), late.number).await.unwrap().request;
    assert_eq!(now.due_at, Some("2026-11-24T10:00:00Z".parse().unwrap()), "on Tuesday from eight");
    assert!(support::renew_targets(&mut hui.cx()).await.is_err(), "only Portolan itself and admins");
    let hours = Hours::of_team(&mut hui.cx(), shop.basket.id).await.unwrap();
    assert_eq!(hours.words(), "those of Basket support, in UTC");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn weeks_are_counted_where_the_team_is(pool: PgPool) {
    let shop = Shop::new(pool).await;
    for weeks in 0..3 {
        for _ in 0..=weeks * 2 {
            shop.ask(&shop.hui, slow_till()).await;
        }
        shop.bed.wait((7 * 24).hours());
    }
    shop.bed.wait(-(7 * 24).hours());
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let weeks = support::weeks(&mut imke.cx(), "basket", 4).await.unwrap();
    let told: Vec<_> = weeks.iter().map(|w| (w.week.to_string(), w.total())).collect();
    let expected = [("2026-W47", 0), ("2026-W48", 1), ("2026-W49", 3), ("2026-W50", 5)];
    assert_eq!(told, expected.map(|(week, n)| (week.to_owned(), n)));
    let counts: Vec<_> = weeks.iter().map(|w| w.counts[0]).collect();
    assert_eq!(trend(&counts), Trend::Rises);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn essential_work_is_a_share_of_the_working_week(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let week: Week = "2026-W48".parse().unwrap();
    let mut imke = shop.bed.as_person(&shop.imke).await;
    assert_eq!(
        support::essential(&mut imke.cx(), shop.basket.id, week).await.unwrap(),
        support::ShareTold::Unknown
    );
    shop.with_shift().await;
    let essential = support::essential(&mut imke.cx(), shop.basket.id, week).await.unwrap().known().unwrap();
    let mut otto = shop.bed.as_person(&shop.bed.person("otto-of-nowhere").await).await;
    let told = support::essential(&mut otto.cx(), shop.basket.id, week).await.unwrap();
    assert_eq!(told, support::ShareTold::Withheld, "it is the team's own");
    // from Monday ten, when the schedule began, to sixteen; then nine to sixteen: 6 + 4 × 7 hours of two people's 80
    assert_eq!(essential.members, 2);
    assert!((essential.essential_hours - 34.0).abs() < 0.01, "{essential:?}");
    assert!(essential.is_high() && !essential.is_alarm());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_hand_over_note_is_not_overwritten_unknowingly(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let week: Week = "2026-W48".parse().unwrap();
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let first =
        support::write_note(&mut imke.cx(), "basket", week, "Look at the till.", Some(0)).await.unwrap();
    assert_eq!((first.version, first.written_by.map(|p| p.handle).as_deref()), (1, Some("imke")));
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let late = support::write_note(&mut maya.cx(), "basket", week, "Mine.", Some(0)).await;
    assert!(matches!(late, Err(Error::Stale)));
    let second = support::write_note(&mut maya.cx(), "basket", week, "Both.", Some(1)).await.unwrap();
    assert_eq!((second.version, second.text.as_str()), (2, "Both."));
    let mut hui = shop.bed.as_person(&shop.hui).await;
    assert!(matches!(
        support::write_note(&mut hui.cx(), "basket", week, "x", None).await,
        Err(Error::Forbidden(_))
    ));
    let before = support::notes(&mut hui.cx(), "basket", week.next(), 5).await.unwrap();
    assert_eq!(before.iter().map(|n| n.week.to_string()).collect::<Vec<_>>(), ["2026-W48"]);
    assert!(support::note(&mut hui.cx(), "basket", week.next()).await.unwrap().is_none());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_request_waits_for_whoever_owes_the_next_word(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let nobodys = shop.ask(&shop.hui, slow_till()).await.request;
    shop.with_shift().await;
    let given = shop.ask(&shop.hui, slow_till()).await.request;
    let on = async |person: &Person| {
        let mut call = shop.bed.as_person(person).await;
        let few = support::on_me(&mut call.cx(), Limit::default()).await.unwrap();
        few.items.iter().map(|r| r.number).collect::<Vec<_>>()
    };
    assert_eq!(nobodys.assignee, None);
    assert_eq!(on(&shop.maya).await, [nobodys.number, given.number], "hers, and nobody's in her shift");
    assert!(on(&shop.imke).await.is_empty(), "she is of the team and has no shift");
    let mut maya = shop.bed.as_person(&shop.maya).await;
    support::answer(&mut maya.cx(), given.number, "Since when?", Then::WaitForRequester).await.unwrap();
    assert_eq!(on(&shop.maya).await, [nobodys.number], "the next word is not hers");
    support::assign(&mut maya.cx(), nobodys.number, Some("imke")).await.unwrap();
    assert_eq!(on(&shop.imke).await, [nobodys.number]);
    assert!(on(&shop.maya).await.is_empty());
}
