//! Two at once, and things that happen in the wrong moment.

use portolan_domain::people::PersonEdit;

use super::*;

async fn leave(shop: &Shop, handle: &str) {
    let edit = PersonEdit { active: Some(false), ..PersonEdit::default() };
    let mut call = shop.bed.as_system().await;
    portolan_domain::people::edit_person(&mut call.cx(), handle, edit, None).await.unwrap();
}

/// Room for one, and two begin at the same instant on two replicas: each counts the other.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_that_begin_at_once_do_not_both_fit_into_the_last_place(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.ask(json!({ "name": "one" })).await.unwrap();
    shop.work(done).await;
    let (two, three) = (
        shop.ask(json!({ "name": "two" })).await.unwrap(),
        shop.ask(json!({ "name": "three" })).await.unwrap(),
    );
    let claims = shop.claims(2).await;
    assert_eq!(claims.len(), 2);
    let begin = async |claim: &work::Claim| {
        let mut call = shop.bed.as_system().await;
        provisioning::turn(&mut call.cx(), claim, shop.key()).await.unwrap()
    };
    let turns = tokio::join!(begin(&claims[0]), begin(&claims[1]));
    let began = [&turns.0, &turns.1].iter().filter(|t| matches!(t, Turn::Do(_))).count();
    assert_eq!(began, 1, "{turns:?}");
    let mut states = [shop.request(two.number).await.state, shop.request(three.number).await.state];
    states.sort_by_key(|s| s.as_str());
    assert_eq!(states, [State::Refused, State::Running]);
}

/// A decision and the worker meet again and again at one request: neither ever waits for the other for ever.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_decides_and_the_worker_take_the_same_locks_in_the_same_order(pool: PgPool) {
    let shop = Shop::new(pool).await;
    for name in ["a-one", "a-two", "a-three", "a-four", "a-five"] {
        let request = shop.ask(json!({ "name": name })).await.unwrap();
        let claim = shop.claims(1).await.pop().unwrap();
        let turn = async {
            let mut call = shop.bed.as_system().await;
            provisioning::turn(&mut call.cx(), &claim, shop.key()).await
        };
        let cancel = async {
            let mut call = shop.bed.as_person(&shop.imke).await;
            provisioning::cancel(&mut call.cx(), request.number, "").await
        };
        let (turn, cancel) = tokio::join!(turn, cancel);
        assert!(turn.is_ok() && cancel.is_ok(), "{turn:?} {cancel:?}");
        shop.bed.wait(1.minutes());
        shop.work(done).await;
        assert_eq!(shop.request(request.number).await.state, State::Cancelled, "{name}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_cancelled_while_its_step_fails_is_cancelled(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    let (claim, todo) = shop.begin().await;
    let mut call = shop.bed.as_system().await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    provisioning::cancel(&mut imke.cx(), request.number, "").await.unwrap();
    let broken = failed(Blame::Platform, false);
    provisioning::came(&mut call.cx(), &claim, shop.key(), &todo, broken).await.unwrap();
    assert_eq!(shop.work(done).await, ["undo make 1"]);
    let over = shop.request(request.number).await;
    assert_eq!((over.state, over.failure), (State::Cancelled, None), "nobody is told that it failed");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_draft_is_handed_in_once_and_stays_with_its_offering(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let draft =
        provisioning::save_draft(&mut imke.cx(), new(json!({ "name": "slots" })), None).await.unwrap();
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let other = OFFERING.replace("name: database", "name: bucket");
    provisioning::write_offering(&mut pia.cx(), &other, &executors()).await.unwrap();
    let elsewhere = NewRequest { offering: "bucket".into(), ..new(json!({ "name": "slots" })) };
    let moved = provisioning::save_draft(&mut imke.cx(), elsewhere, Some(draft.number)).await;
    assert!(matches!(moved, Err(Error::Conflict(_))), "{moved:?}");
    let hand_in = async || {
        let mut call = shop.bed.as_person(&shop.imke).await;
        Box::pin(provisioning::submit_draft(
            &mut call.cx(),
            shop.key(),
            draft.number,
            new(json!({ "name": "slots" })),
        ))
        .await
    };
    let (one, two) = tokio::join!(hand_in(), hand_in());
    assert_eq!([&one, &two].iter().filter(|r| r.is_ok()).count(), 1, "{one:?} {two:?}");
    assert_eq!(shop.request(draft.number).await.state, State::Approved);
    assert_eq!(shop.work(done).await, ["make 1", "tell 1"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn one_key_is_for_one_thing(pool: PgPool) {
    let shop = Shop::new(pool).await;
    shop.ask_as(&shop.imke, new(json!({ "name": "slots" })), Some("k1")).await.unwrap();
    let other = shop.ask_as(&shop.imke, new(json!({ "name": "other" })), Some("k1")).await;
    let Err(Error::Invalid(problems)) = other else { panic!("{other:?}") };
    assert_eq!(problems[0].field, "Idempotency-Key");
}

/// Its job died, or the portal cannot go on: people learn it, and can have it tried again.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn no_request_is_forgotten(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    let claim = shop.claims(1).await.pop().unwrap();
    let mut call = shop.bed.as_system().await;
    work::bury(&mut call.cx(), &claim, "it hung").await.unwrap();
    assert_eq!(provisioning::sweep_runs(&mut call.cx()).await.unwrap(), 0, "it may be a moment's thing");
    shop.bed.wait(11.minutes());
    let mut call = shop.bed.as_system().await;
    assert_eq!(provisioning::sweep_runs(&mut call.cx()).await.unwrap(), 1);
    let claim = shop.claims(1).await.pop().unwrap();
    let error = Error::Unavailable("no key opens its secrets".into());
    provisioning::give_up(&mut call.cx(), &claim, &error).await.unwrap();
    work::finish(&mut call.cx(), &claim).await.unwrap();
    let stuck = shop.request(request.number).await;
    assert_eq!(stuck.state, State::NeedsAttention);
    assert!(stuck.failure.unwrap().why.contains("no key opens its secrets"));
    let mut imke = shop.bed.as_person(&shop.imke).await;
    provisioning::retry(&mut imke.cx(), request.number).await.unwrap();
    assert_eq!(shop.work(done).await, ["make 1", "tell 1"]);
    assert_eq!(shop.request(request.number).await.state, State::Succeeded);
    shop.bed.wait(11.minutes());
    let mut call = shop.bed.as_system().await;
    assert_eq!(provisioning::sweep_runs(&mut call.cx()).await.unwrap(), 0, "what is over stays over");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_left_has_nothing_made_any_more(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    leave(&shop, "imke").await;
    assert!(shop.work(done).await.is_empty());
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let refused = provisioning::request(&mut maya.cx(), request.number).await.unwrap();
    assert_eq!(refused.state, State::Refused);
    assert!(refused.failure.unwrap().why.contains("is not here any more"));
}

/// The lead whose word is needed leaves: those above are asked at once, not when time is over.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_approver_who_leaves_is_stood_in_for(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let root = shop.bed.admin("root").await;
    let request = shop.ask(json!({ "name": "slots", "size": "large" })).await.unwrap();
    leave(&shop, "maya").await;
    let sweep = async || {
        let mut call = shop.bed.as_system().await;
        Box::pin(provisioning::sweep_approvals(&mut call.cx())).await.unwrap()
    };
    assert_eq!((sweep().await, sweep().await), (1, 0));
    let mut root = shop.bed.as_person(&root).await;
    assert_eq!(provisioning::waits_on_me(&mut root.cx()).await.unwrap()[0].number, request.number);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_replicas_remind_once(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    shop.ask(json!({ "name": "slots", "size": "large" })).await.unwrap();
    shop.bed.wait(13.hours());
    let sweep = async || {
        let mut call = shop.bed.as_system().await;
        Box::pin(provisioning::sweep_approvals(&mut call.cx())).await.unwrap()
    };
    tokio::join!(sweep(), sweep());
    let told: i64 =
        sqlx::query_scalar("SELECT count(*) FROM notice WHERE event = 'provisioning.approval-reminder'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(told, 1);
}

/// What was given up while the portal could not go on stays given up: it is not tried again behind anybody's back.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_given_up_is_not_tried_again(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots" })).await.unwrap();
    let (claim, todo) = shop.begin().await;
    let mut call = shop.bed.as_system().await;
    provisioning::came(&mut call.cx(), &claim, shop.key(), &todo, done(&todo)).await.unwrap();
    let mut imke = shop.bed.as_person(&shop.imke).await;
    provisioning::cancel(&mut imke.cx(), request.number, "").await.unwrap();
    let claim = shop.claims(1).await.pop().unwrap();
    let mut call = shop.bed.as_system().await;
    provisioning::give_up(&mut call.cx(), &claim, &Error::Unavailable("no key".into())).await.unwrap();
    work::finish(&mut call.cx(), &claim).await.unwrap();
    assert!(shop.work(done).await.is_empty(), "nothing happens by itself");
    let again = provisioning::retry(&mut imke.cx(), request.number).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    provisioning::undo(&mut imke.cx(), request.number).await.unwrap();
    assert_eq!(shop.work(done).await, ["undo make 1"]);
    assert_eq!(shop.request(request.number).await.state, State::Failed);
}

/// Its secrets are sealed with a key that is lost: it can be ended all the same, for nothing was begun.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_cannot_be_read_can_be_ended(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let request = shop.ask(json!({ "name": "slots", "password": "hush-hush" })).await.unwrap();
    let other = SealingKey::new([8; 32]);
    let claim = shop.claims(1).await.pop().unwrap();
    let mut call = shop.bed.as_system().await;
    let error = provisioning::turn(&mut call.cx(), &claim, Some(&other)).await.unwrap_err();
    provisioning::give_up(&mut call.cx(), &claim, &error).await.unwrap();
    work::finish(&mut call.cx(), &claim).await.unwrap();
    let mut imke = shop.bed.as_person(&shop.imke).await;
    provisioning::undo(&mut imke.cx(), request.number).await.unwrap();
    let claim = shop.claims(1).await.pop().unwrap();
    let mut call = shop.bed.as_system().await;
    assert!(matches!(provisioning::turn(&mut call.cx(), &claim, Some(&other)).await, Ok(Turn::Over)));
    assert_eq!(shop.request(request.number).await.state, State::Failed);
}

/// A left-over of a change is undone while nobody else is at the thing, and never after it is gone.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_left_over_is_undone_one_at_a_time(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let made = shop.ask(json!({ "name": "slots" })).await.unwrap();
    shop.work(done).await;
    let id = shop.request(made.number).await.resource.unwrap().id;
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let grow = provisioning::act(&mut imke.cx(), shop.key(), id, "grow", Map::new(), "", None).await.unwrap();
    let stays = |todo: &Todo| failed(if todo.undo { Blame::Outside } else { Blame::Input }, false);
    assert_eq!(shop.work(stays).await, ["grow 1", "undo grow 1"]);
    assert!(shop.request(grow.number).await.left_over);
    let removal =
        provisioning::act(&mut imke.cx(), shop.key(), id, "remove", Map::new(), "", None).await.unwrap();
    let beside = provisioning::undo(&mut imke.cx(), grow.number).await;
    assert!(matches!(beside, Err(Error::Conflict(_))), "{beside:?}");
    shop.work(done).await;
    assert_eq!(shop.request(removal.number).await.state, State::Succeeded);
    provisioning::undo(&mut imke.cx(), grow.number).await.unwrap();
    let former = shop.work(|todo| {
        assert!(todo.on_state.is_none());
        done(todo)
    });
    assert_eq!(former.await, ["undo grow 1"]);
    assert!(!shop.request(grow.number).await.left_over);
}
