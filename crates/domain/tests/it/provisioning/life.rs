//! From asking to having: what policy says, who decides, what a run does when things go wrong.

use super::*;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn from_asking_to_having_and_gone(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots", "password": "hush-hush" })).await.unwrap();
    assert_eq!(request.state, State::Approved, "nobody's word is needed");
    assert!(!request.params.contains_key("password"), "what is secret is kept apart");
    let told = shop
        .work(|todo| {
            if todo.name == "tell" {
                assert_eq!(todo.input, json!({ "url": "db://slots", "password": "s3cret-s3cret" }));
            }
            assert!(todo.hidden.contains(&"hush-hush".to_owned()), "a log may not tell it");
            done(todo)
        })
        .await;
    assert_eq!(told, ["make 1", "tell 1"], "the condition of the other one does not hold");
    let request = shop.request(request.number).await;
    assert_eq!(request.state, State::Succeeded);
    let id = request.resource.clone().unwrap().id;
    let mut call = shop.bed.as_person(&shop.imke).await;
    let resource = provisioning::resource(&mut call.cx(), id).await.unwrap();
    assert_eq!(
        (resource.name.as_str(), resource.entity_ref.as_deref()),
        ("slots-db", Some("resource:default/slots-db"))
    );
    assert_eq!(
        (resource.cost, resource.outputs.as_slice()),
        (Some(31.0), [("url".to_owned(), "db://slots".to_owned())].as_slice())
    );
    assert_eq!(resource.expires_at, Some(shop.bed.now() + SignedDuration::from_hours(24 * 30)));
    let entity =
        catalog::get(&mut call.cx(), &EntityRef::parse("resource:slots-db", None, "default").unwrap())
            .await
            .unwrap();
    assert_eq!(entity.owner.unwrap().team_id(), Some(shop.basket.id));

    // shown once
    let shown = provisioning::reveal(&mut call.cx(), shop.key(), id).await.unwrap();
    assert_eq!(shown, [("Password".to_owned(), "s3cret-s3cret".to_owned())]);
    assert!(matches!(provisioning::reveal(&mut call.cx(), shop.key(), id).await, Err(Error::Conflict(_))));

    // grown: the parameter and the cost are those of now
    let large = json!({ "size": "large" }).as_object().unwrap().clone();
    let grow = provisioning::act(&mut call.cx(), shop.key(), id, "grow", large, "", None).await.unwrap();
    let twice = provisioning::act(&mut call.cx(), shop.key(), id, "grow", Map::new(), "", None).await;
    assert!(matches!(twice, Err(Error::Conflict(_))), "one at a time");
    shop.work(done).await;
    assert_eq!(shop.request(grow.number).await.state, State::Succeeded);
    let resource = provisioning::resource(&mut call.cx(), id).await.unwrap();
    assert_eq!(
        (resource.params["size"].as_str(), resource.cost, resource.unusual),
        (Some("large"), Some(402.0), vec!["size".to_owned()])
    );

    // gone, by itself: warned a week before, removed at its end
    let sweep = async || {
        let mut call = shop.bed.as_system().await;
        Box::pin(provisioning::sweep_resources(&mut call.cx())).await.unwrap()
    };
    shop.bed.wait((23 * 24 + 1).hours());
    assert_eq!((sweep().await, sweep().await), (1, 0), "told once");
    shop.bed.wait((7 * 24).hours());
    assert_eq!((sweep().await, sweep().await), (1, 0), "asked for once");
    assert_eq!(shop.work(done).await, ["drop 1"]);
    let resource = provisioning::resource(&mut call.cx(), id).await.unwrap();
    assert_eq!(resource.state, ResourceState::Removed);
    assert!(
        catalog::get(&mut call.cx(), &EntityRef::parse("resource:slots-db", None, "default").unwrap())
            .await
            .is_err()
    );
    let list = provisioning::resources(&mut call.cx(), &ResourceFilter::default(), None, Limit::default())
        .await
        .unwrap();
    assert_eq!(list.total, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn policy_stops_before_anything_is_written(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut call = shop.bed.as_person(&shop.imke).await;
    let checked = provisioning::check(&mut call.cx(), &new(json!({ "name": "Slots" }))).await.unwrap();
    assert!(!checked.goes());
    assert_eq!(checked.verdict.misfits[0].0, "name");
    let refused = shop.ask(json!({ "name": "Slots", "colour": "red" })).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert!(problems.iter().any(|p| p.field == "params.name"), "{problems:?}");
    for name in ["one", "two"] {
        shop.ask(json!({ "name": name })).await.unwrap();
    }
    shop.work(done).await;
    let refused = shop.ask(json!({ "name": "three" })).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].message, "Basket has 2 of 2; remove one first.", "{problems:?}");
    // a name that the catalog has
    let refused = shop.ask(json!({ "name": "one" })).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].field, "params.name");
    // another team's
    let refused = shop.ask_as(&shop.pia, new(json!({ "name": "four" })), None).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].field, "team");
    let all = provisioning::requests(&mut call.cx(), &RequestFilter::default(), None, Limit::default())
        .await
        .unwrap();
    assert_eq!(all.total, 2, "nothing of it was written");
}

/// Two that are asked for while there is room for one: the second learns it before it runs.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn guardrails_are_asked_again_before_it_runs(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut numbers = Vec::new();
    for name in ["one", "two", "three"] {
        numbers.push(shop.ask(json!({ "name": name })).await.unwrap().number);
    }
    shop.work(done).await;
    let third = shop.request(numbers[2]).await;
    assert_eq!(third.state, State::Refused);
    assert!(third.failure.unwrap().why.contains("has 2 of 2"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn somebody_else_decides(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut call = shop.bed.as_person(&shop.imke).await;
    let large = json!({ "name": "slots", "size": "large" });
    let checked = provisioning::check(&mut call.cx(), &new(large.clone())).await.unwrap();
    assert!(checked.goes());
    assert_eq!(
        (checked.approvals[0].because.as_str(), checked.approvals[0].by[0].handle.as_str()),
        ("€402 a month; small costs €31.", "maya")
    );
    let request = shop.ask(large.clone()).await.unwrap();
    assert_eq!(request.state, State::AwaitingApproval);
    assert!(shop.work(done).await.is_empty(), "nothing runs before");
    let approval = provisioning::approvals(&mut call.cx(), &request).await.unwrap().remove(0);
    assert!(!approval.mine);
    let own = provisioning::decide(&mut call.cx(), request.number, approval.id, true, "").await;
    assert!(matches!(own, Err(Error::Forbidden(_))), "nobody approves their own");
    let mut maya = shop.bed.as_person(&shop.maya).await;
    assert_eq!(provisioning::waits_on_me(&mut maya.cx()).await.unwrap()[0].number, request.number);
    let silent = provisioning::decide(&mut maya.cx(), request.number, approval.id, false, " ").await;
    assert!(matches!(silent, Err(Error::Invalid(_))), "a no needs its reason");
    let agreed =
        provisioning::decide(&mut maya.cx(), request.number, approval.id, true, "fine").await.unwrap();
    assert_eq!(agreed.state, State::Approved);
    let again = provisioning::decide(&mut maya.cx(), request.number, approval.id, false, "no").await;
    assert!(matches!(again, Err(Error::Conflict(_))), "the second learns that it is decided");
    shop.work(done).await;
    assert_eq!(shop.request(request.number).await.state, State::Succeeded);
    let offering = provisioning::offering(&mut call.cx(), "database").await.unwrap();
    let figures = provisioning::figures(&mut call.cx(), offering.id).await.unwrap();
    assert_eq!((figures.succeeded, figures.without_a_human, figures.in_use), (1, 0, 1));

    // what the lead asks for is decided above her: nobody is there, so the admins stand in
    let root = shop.bed.admin("root").await;
    let hers = shop.ask_as(&shop.maya, new(json!({ "name": "hers", "size": "large" })), None).await.unwrap();
    let approval = provisioning::approvals(&mut call.cx(), &hers).await.unwrap().remove(0);
    assert_eq!((approval.approvers[0].person.id, approval.approvers[0].by.as_str()), (root.id, "stand-in"));
    let mut root = shop.bed.as_person(&root).await;
    let refused =
        provisioning::decide(&mut root.cx(), hers.number, approval.id, false, "too dear").await.unwrap();
    assert_eq!(refused.state, State::Refused);
    let asked = provisioning::whom_to_ask(&mut call.cx(), &refused).await.unwrap();
    assert_eq!(
        asked.slug, "platform",
        "the rule that said no was its lead's, and nobody writes to their own team"
    );
    let asked = provisioning::whom_to_ask(&mut call.cx(), &agreed).await.unwrap();
    assert_eq!(asked.slug, "platform", "what nobody refused is asked of those who answer for the offering");
    assert!(refused.failure.unwrap().why.ends_with("said no: too dear"));
}

/// Reminded at half time, passed on when time is over, and refused when it is over again: nothing waits for ever.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_says_nothing_is_reminded_and_passed_over(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let root = shop.bed.admin("root").await;
    let request = shop.ask(json!({ "name": "slots", "size": "large" })).await.unwrap();
    let sweep = async || {
        let mut call = shop.bed.as_system().await;
        Box::pin(provisioning::sweep_approvals(&mut call.cx())).await.unwrap()
    };
    assert_eq!(sweep().await, 0);
    shop.bed.wait(13.hours());
    assert_eq!((sweep().await, sweep().await), (1, 0), "reminded once");
    shop.bed.wait(12.hours());
    assert_eq!(sweep().await, 1);
    let mut call = shop.bed.as_person(&root).await;
    let approval = provisioning::approvals(&mut call.cx(), &request).await.unwrap().remove(0);
    assert!(approval.mine && approval.escalated_at.is_some(), "{approval:?}");
    drop(call);
    shop.bed.wait(25.hours());
    assert_eq!(sweep().await, 1);
    let request = shop.request(request.number).await;
    assert_eq!(request.state, State::Refused);
    assert!(request.failure.unwrap().why.starts_with("Nobody decided in time"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_failed_step_is_tried_again_then_looked_at_then_undone(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    let broken = |todo: &Todo| {
        if todo.name == "make" && !todo.undo { failed(Blame::Outside, true) } else { done(todo) }
    };
    assert_eq!(shop.work(broken).await, ["make 1"]);
    shop.bed.wait(1.minutes());
    assert_eq!(shop.work(broken).await, ["make 2"]);
    let stuck = shop.request(request.number).await;
    assert_eq!(stuck.state, State::NeedsAttention);
    assert_eq!(stuck.failure.as_ref().map(|f| f.blame), Some(Blame::Outside));
    // tried again by hand: it goes on where it stopped
    let mut call = shop.bed.as_person(&shop.imke).await;
    provisioning::retry(&mut call.cx(), request.number).await.unwrap();
    let last = |todo: &Todo| {
        if todo.name == "tell" && !todo.undo { failed(Blame::Platform, false) } else { done(todo) }
    };
    assert_eq!(shop.work(last).await, ["make 1", "tell 1"]);
    assert_eq!(shop.request(request.number).await.state, State::NeedsAttention);
    let support = provisioning::ask_support(&mut call.cx(), request.number).await.unwrap();
    assert!(support.tried.contains("failed: It did not answer."), "{}", support.tried);
    assert_eq!(
        provisioning::ask_support(&mut call.cx(), request.number).await.unwrap().number,
        support.number
    );
    provisioning::undo(&mut call.cx(), request.number).await.unwrap();
    assert_eq!(shop.work(done).await, ["undo tell 1", "undo make 1"], "in reverse");
    let over = shop.request(request.number).await;
    assert_eq!((over.state, over.left_over), (State::Failed, false));
    assert!(over.resource.is_none());
}

/// What whoever asked gave wrong is undone at once: trying again would not mend it.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_cannot_be_undone_is_left_and_said(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    let act = |todo: &Todo| match (todo.name.as_str(), todo.undo) {
        ("tell", false) => failed(Blame::Input, false),
        ("make", true) => failed(Blame::Outside, true),
        _ => done(todo),
    };
    for _ in 0..6 {
        shop.work(act).await;
        shop.bed.wait(10.minutes());
    }
    let over = shop.request(request.number).await;
    assert_eq!((over.state, over.left_over), (State::Failed, true));
    let mut call = shop.bed.as_person(&shop.imke).await;
    let steps = provisioning::steps(&mut call.cx(), &over).await.unwrap();
    assert_eq!(steps[0].state, StepState::Left);
    // once more, when the other side is there again
    provisioning::undo(&mut call.cx(), request.number).await.unwrap();
    assert_eq!(shop.work(done).await, ["undo make 1"]);
    let over = shop.request(request.number).await;
    assert_eq!((over.state, over.left_over), (State::Failed, false));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_runs_is_cancelled_after_its_step_and_the_key_of_a_step_stays(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    let (first, begun) = shop.begin().await;
    // its worker dies; another one takes over, with the same key
    shop.bed.wait(1.minutes());
    let (second, again) = shop.begin().await;
    let mut call = shop.bed.as_system().await;
    assert_eq!((begun.step, again.attempt), (again.step, 2));
    let late = provisioning::came(&mut call.cx(), &first, shop.key(), &begun, done(&begun)).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "whoever lost the lease writes nothing: {late:?}");
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let wished = provisioning::cancel(&mut imke.cx(), request.number, "not needed").await.unwrap();
    assert_eq!(wished.state, State::Running, "the step that is at work ends first");
    provisioning::came(&mut call.cx(), &second, shop.key(), &again, done(&again)).await.unwrap();
    assert_eq!(shop.work(done).await, ["undo make 1"]);
    assert_eq!(shop.request(request.number).await.state, State::Cancelled);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_same_key_is_the_same_request(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let first = shop.ask_as(&shop.imke, new(json!({ "name": "slots" })), Some("k1")).await.unwrap();
    let second = shop.ask_as(&shop.imke, new(json!({ "name": "slots" })), Some("k1")).await.unwrap();
    assert_eq!(first.number, second.number);
    let other = shop.ask_as(&shop.maya, new(json!({ "name": "other" })), Some("k1")).await.unwrap();
    assert_ne!(first.number, other.number, "keys are each person's own");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn somebody_outside_tells_once(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.ask(json!({ "name": "slots" })).await.unwrap();
    let path = std::cell::RefCell::new(String::new());
    let later = |todo: &Todo| {
        path.replace(todo.callback.clone().unwrap());
        match &todo.called_back {
            None => {
                Came::Later { after: std::time::Duration::from_hours(1), effect: json!({ "asked": true }) }
            }
            Some(told) => {
                assert_eq!((told, &todo.effect), (&json!({ "ok": true }), &Some(json!({ "asked": true }))));
                done(todo)
            }
        }
    };
    assert_eq!(shop.work(later).await, ["make 1"]);
    let path = path.borrow().clone();
    let [step, secret] = path.rsplit('/').take(2).collect::<Vec<_>>()[..] else { panic!("{path}") };
    let (secret, step) = (step, secret.parse().unwrap());
    let mut call = shop.bed.as_stranger().await;
    let wrong = provisioning::callback(&mut call.cx(), shop.key(), step, "nonsense", json!({})).await;
    assert!(matches!(wrong, Err(Error::NotFound { .. })), "{wrong:?}");
    provisioning::callback(&mut call.cx(), shop.key(), step, secret, json!({ "ok": true })).await.unwrap();
    let twice =
        provisioning::callback(&mut call.cx(), shop.key(), step, secret, json!({ "ok": false })).await;
    assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
    assert_eq!(
        shop.work(|todo| if todo.name == "make" { later_done(todo) } else { done(todo) }).await,
        ["make 1", "tell 1"]
    );
}

fn later_done(todo: &Todo) -> Came {
    assert_eq!(todo.called_back, Some(json!({ "ok": true })));
    done(todo)
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_waiver_is_asked_granted_seen_and_over_by_itself(pool: PgPool) {
    let shop = Shop::new(pool).await;
    for name in ["one", "two"] {
        shop.ask(json!({ "name": name })).await.unwrap();
    }
    shop.work(done).await;
    let today = shop.bed.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let asked = NewWaiver {
        offering: "database".into(),
        guardrail: "quota".into(),
        team: "basket".into(),
        reason: "the move takes two weeks".into(),
        ends_on: today.checked_add(3.days()).unwrap(),
    };
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let waiver = provisioning::ask_waiver(&mut imke.cx(), asked).await.unwrap();
    assert!(matches!(
        provisioning::decide_waiver(&mut imke.cx(), waiver.id, true, "").await,
        Err(Error::Forbidden(_))
    ));
    assert!(shop.ask(json!({ "name": "three" })).await.is_err(), "asking is not having");
    let mut pia = shop.bed.as_person(&shop.pia).await;
    provisioning::decide_waiver(&mut pia.cx(), waiver.id, true, "").await.unwrap();
    let three = shop.ask(json!({ "name": "three" })).await.unwrap();
    assert_eq!(three.verdict.guardrails[0].outcome, Outcome::Waived);
    shop.work(done).await;
    shop.bed.wait((5 * 24).hours());
    assert!(shop.ask(json!({ "name": "four" })).await.is_err(), "it is over by itself");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_a_tier_0_service_uses_is_not_removed_without_a_word(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.ask_as(&shop.imke, NewRequest { service: "till".into(), ..new(json!({ "name": "slots" })) }, None)
        .await
        .unwrap();
    shop.work(done).await;
    for days in [24, 7] {
        shop.bed.wait((days * 24).hours());
        let mut system = shop.bed.as_system().await;
        Box::pin(provisioning::sweep_resources(&mut system.cx())).await.unwrap();
    }
    assert!(shop.work(done).await.is_empty());
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let waits = provisioning::waits_on_me(&mut maya.cx()).await.unwrap();
    let titles: Vec<_> = waits.iter().map(|w| w.title.as_str()).collect();
    assert_eq!(titles, ["Remove: slots-db"], "by what people call it, and what it is done to");
    assert_eq!(shop.request(waits[0].number).await.title(), titles[0]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_offering_has_versions_and_an_owner(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let foreign = provisioning::write_offering(&mut imke.cx(), OFFERING, &executors()).await;
    assert!(matches!(foreign, Err(Error::Forbidden(_))), "{foreign:?}");
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let same = provisioning::write_offering(&mut pia.cx(), OFFERING, &executors()).await.unwrap();
    assert_eq!((same.version, same.changed), (1, false));
    let stolen = OFFERING.replace("owner: platform", "owner: basket");
    assert!(provisioning::write_offering(&mut pia.cx(), &stolen, &executors()).await.is_err());
    let second = OFFERING.replace("stage: general", "stage: deprecated\n  replacement: bucket");
    let early = provisioning::write_offering(&mut pia.cx(), &second, &executors()).await;
    let Err(Error::Invalid(problems)) = early else { panic!("{early:?}") };
    assert_eq!(problems[0].field, "spec.replacement", "nobody is sent to what is not there");
    let bucket =
        OFFERING.replace("name: database, title: PostgreSQL database", "name: bucket, title: A bucket");
    provisioning::write_offering(&mut pia.cx(), &bucket, &executors()).await.unwrap();
    assert_eq!(provisioning::write_offering(&mut pia.cx(), &second, &executors()).await.unwrap().version, 2);
    let refused = shop.ask(json!({ "name": "slots" })).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert!(problems[0].message.contains("ask for A bucket (bucket) instead"), "{problems:?}");
    shop.bed.wait(24.hours());
    let mut pia = shop.bed.as_person(&shop.pia).await;
    // it is given up since its first version that said so
    let third = second.replace("Backups and", "No backups and no");
    provisioning::write_offering(&mut pia.cx(), &third, &executors()).await.unwrap();
    let offering = provisioning::offering(&mut imke.cx(), "database").await.unwrap();
    let end = provisioning::given_up(&mut imke.cx(), &offering).await.unwrap().unwrap();
    assert_eq!(end.replacement.unwrap().title, "A bucket");
    assert_eq!(end.since, provisioning::versions(&mut imke.cx(), offering.id).await.unwrap()[1].written_at);
    assert!(end.since < offering.written_at);
    let bucket = provisioning::offering(&mut imke.cx(), "bucket").await.unwrap();
    assert_eq!(provisioning::given_up(&mut imke.cx(), &bucket).await.unwrap(), None);
    let wrong = OFFERING.replace("fake.tell", "magic").replace("withinHours: 24", "withinHours: 0");
    let Err(Error::Invalid(problems)) =
        provisioning::write_offering(&mut pia.cx(), &wrong, &executors()).await
    else {
        panic!()
    };
    assert!(problems.len() > 2, "{problems:?}");
    let all = provisioning::offerings(&mut imke.cx()).await.unwrap();
    assert_eq!(all.iter().find(|o| o.name == "database").unwrap().version, 3);
}
