//! Notices: each reaches its recipient or says why not, and a storm of them is no storm of messages.

use jiff::{SignedDuration, ToSpan};
use portolan_domain::{
    Error,
    notify::{self, About, Bundle, Destination, EndpointFormat, Notice, Recipient, Settled, State, Taken},
    people::{self, PersonEdit},
    sealing::SealingKey,
    work::{self, Claim, Room},
};
use portolan_testkit::Bed;
use sqlx::PgPool;
use uuid::Uuid;

const LEASE: SignedDuration = SignedDuration::from_secs(30);

fn key() -> SealingKey {
    SealingKey::new([9; 32])
}

fn page(to: Recipient, n: u128) -> Notice {
    Notice {
        text: "p99 over 2 s\r\nsince 03:10".into(),
        reason: "You are on call for Checkout.".into(),
        settled: Some("paging.told"),
        ..Notice::new(
            to,
            "page.opened",
            format!("page {n}"),
            format!("/pages/{n}"),
            About::new("page", Uuid::from_u128(n)),
        )
    }
}

async fn tell(bed: &Bed, notice: Notice) {
    notify::send(&mut bed.as_system().await.cx(), notice).await.unwrap();
}

async fn claims(bed: &Bed, kind: &'static str) -> Vec<Claim> {
    work::claim(&mut bed.as_system().await.cx(), &[Room { kind, jobs: 100 }], LEASE).await.unwrap()
}

async fn deliveries(bed: &Bed) -> Vec<Claim> {
    let rooms = [notify::MAIL, notify::WEBHOOK].map(|kind| Room { kind, jobs: 100 });
    work::claim(&mut bed.as_system().await.cx(), &rooms, LEASE).await.unwrap()
}

async fn delivery(bed: &Bed) -> Claim {
    let mut all = deliveries(bed).await;
    assert_eq!(all.len(), 1, "one at a time for one recipient");
    all.remove(0)
}

async fn take(bed: &Bed, claim: &Claim, first: bool) -> Taken {
    notify::take(&mut bed.as_system().await.cx(), claim, Some(&key()), first).await.unwrap()
}

async fn message(bed: &Bed, claim: &Claim, first: bool) -> Bundle {
    match take(bed, claim, first).await {
        Taken::Message(bundle) => bundle,
        other => panic!("no message: {other:?}"),
    }
}

async fn sent(bed: &Bed, bundle: &Bundle) {
    notify::delivered(&mut bed.as_system().await.cx(), bundle).await.unwrap();
}

async fn finish(bed: &Bed, claim: &Claim) {
    work::finish(&mut bed.as_system().await.cx(), claim).await.unwrap();
}

/// What was told to whoever wanted to know.
async fn outcomes(bed: &Bed) -> Vec<Settled> {
    let mut told = Vec::new();
    for claim in claims(bed, "paging.told").await {
        told.push(serde_json::from_value(claim.payload.clone()).unwrap());
        finish(bed, &claim).await;
    }
    told
}

async fn state(bed: &Bed, n: u128) -> (State, i32, Option<String>) {
    let about = About::new("page", Uuid::from_u128(n));
    let told = notify::state_of(&mut bed.as_system().await.cx(), &about).await.unwrap();
    assert_eq!(told.len(), 1);
    (told[0].state, told[0].attempts, told[0].error.clone())
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_notice_goes_to_the_address_that_its_person_has_then(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    tell(&bed, page(Recipient::Person(imke.id), 1)).await;
    let edit = PersonEdit { email: Some("imke@new.example".into()), ..PersonEdit::default() };
    people::edit_person(&mut bed.as_system().await.cx(), "imke", edit, None).await.unwrap();
    let job = delivery(&bed).await;
    let bundle = message(&bed, &job, true).await;
    assert_eq!(
        bundle.to,
        Destination::Email { name: Some("Imke".into()), address: "imke@new.example".into() }
    );
    assert_eq!(bundle.notices[0].text, "p99 over 2 s\nsince 03:10");
    assert_eq!(state(&bed, 1).await, (State::Pending, 0, None));
    sent(&bed, &bundle).await;
    finish(&bed, &job).await;
    assert_eq!(state(&bed, 1).await, (State::Delivered, 1, None));
    let told = outcomes(&bed).await;
    assert_eq!((told.len(), told[0].delivered, told[0].about.id), (1, true, Uuid::from_u128(1)));
    sent(&bed, &bundle).await;
    assert!(outcomes(&bed).await.is_empty(), "noted twice, told once");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_thousand_alerts_are_a_handful_of_messages_and_each_is_in_one(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    let mut messages = 0;
    let mut named = Vec::new();
    for minute in 0..60_u128 {
        // 2,000 in a minute, a delivery whenever one is due
        for n in 0..34 {
            tell(&bed, page(Recipient::Person(imke.id), minute * 34 + n)).await;
        }
        for job in deliveries(&bed).await {
            let mut first = true;
            while let Taken::Message(bundle) = take(&bed, &job, first).await {
                messages += 1;
                first = false;
                named.extend(bundle.notices.iter().map(|n| n.about.id.as_u128()));
                sent(&bed, &bundle).await;
                if !bundle.more {
                    break;
                }
            }
            finish(&bed, &job).await;
        }
        bed.wait(1.second());
    }
    bed.wait(30.seconds());
    let job = delivery(&bed).await;
    for first in [true, false, false] {
        if let Taken::Message(bundle) = take(&bed, &job, first).await {
            messages += 1;
            named.extend(bundle.notices.iter().map(|n| n.about.id.as_u128()));
            sent(&bed, &bundle).await;
        }
    }
    assert_eq!(named, (0..2040).collect::<Vec<_>>(), "every one once, in order");
    assert!((3..=6).contains(&messages), "{messages} messages");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_message_keeps_its_distance_from_the_one_before(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    tell(&bed, page(Recipient::Person(imke.id), 1)).await;
    let job = delivery(&bed).await;
    let bundle = message(&bed, &job, true).await;
    tell(&bed, page(Recipient::Person(imke.id), 2)).await; // while the first is being sent
    sent(&bed, &bundle).await;
    finish(&bed, &job).await;
    bed.wait(1.second());
    let again = delivery(&bed).await;
    let Taken::NotBefore(at) = take(&bed, &again, true).await else { panic!("too early") };
    assert_eq!(at, bed.now() + 29.seconds());
    work::postpone(&mut bed.as_system().await.cx(), &again, at).await.unwrap();
    tell(&bed, page(Recipient::Person(imke.id), 3)).await;
    assert!(deliveries(&bed).await.is_empty());
    bed.wait(29.seconds());
    let bundle = message(&bed, &delivery(&bed).await, true).await;
    assert_eq!(bundle.subject(), "page 2 and 1 more");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_cannot_get_there_is_tried_until_patience_ends_and_says_why(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    let hasty = Notice { patience: SignedDuration::from_secs(60), ..page(Recipient::Person(imke.id), 1) };
    tell(&bed, hasty).await;
    tell(&bed, page(Recipient::Person(imke.id), 2)).await;
    let mut tries = 0;
    while state(&bed, 1).await.0 == State::Pending {
        let job = delivery(&bed).await;
        let bundle = message(&bed, &job, true).await;
        let mut call = bed.as_system().await;
        let next = notify::not_now(&mut call.cx(), &job, &bundle, "450 busy").await.unwrap();
        assert!(next > bed.now() && next <= bed.now() + 150.seconds());
        tries += 1;
        assert!(tries < 10);
        bed.wait(next.duration_since(bed.now()).as_secs().seconds());
        bed.wait(1.second());
    }
    assert!(tries >= 3, "it was tried {tries} times");
    assert_eq!(state(&bed, 1).await, (State::Failed, tries, Some("450 busy".into())));
    assert_eq!(state(&bed, 2).await.0, State::Pending, "the other one has more patience");
    let told = outcomes(&bed).await;
    assert_eq!((told.len(), told[0].delivered, told[0].error.as_deref()), (1, false, Some("450 busy")));

    let job = delivery(&bed).await;
    let bundle = message(&bed, &job, true).await;
    notify::failed(&mut bed.as_system().await.cx(), &job, &bundle, "550 no such user").await.unwrap();
    assert_eq!(state(&bed, 2).await.2.as_deref(), Some("550 no such user"));
    assert_eq!(outcomes(&bed).await.len(), 1, "told at once");
    let trouble = notify::trouble(&mut bed.as_system().await.cx()).await.unwrap();
    assert_eq!(
        (trouble.retried, trouble.failed, trouble.last_error.as_deref()),
        (0, 2, Some("550 no such user"))
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_cannot_be_reached_at_all_is_told_of_at_once(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let (gone, bare) = (bed.gone("selma").await, bed.person("bare").await);
    sqlx::query("UPDATE person SET email = NULL WHERE handle = 'bare'").execute(&pool).await.unwrap();
    for (person, n, why) in [(gone.id, 1, "Selma has left"), (bare.id, 2, "Bare has no e-mail address")] {
        tell(&bed, page(Recipient::Person(person), n)).await;
        let job = delivery(&bed).await;
        assert!(matches!(take(&bed, &job, true).await, Taken::Nothing));
        finish(&bed, &job).await;
        assert_eq!(state(&bed, n).await.2.as_deref(), Some(why));
        assert_eq!(outcomes(&bed).await[0].error.as_deref(), Some(why));
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_worker_that_lost_its_lease_does_not_say_that_it_failed(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    tell(&bed, page(Recipient::Person(imke.id), 1)).await;
    let slow = delivery(&bed).await;
    let bundle = message(&bed, &slow, true).await;
    bed.wait(31.seconds());
    let quick = delivery(&bed).await;
    let late = notify::failed(&mut bed.as_system().await.cx(), &slow, &bundle, "cut off").await;
    assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
    let late = notify::not_now(&mut bed.as_system().await.cx(), &slow, &bundle, "cut off").await;
    assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
    assert_eq!(state(&bed, 1).await, (State::Pending, 0, None));
    sent(&bed, &bundle).await;
    assert_eq!(state(&bed, 1).await.0, State::Delivered, "but what is there is there");
    assert!(matches!(take(&bed, &quick, true).await, Taken::NotBefore(_) | Taken::Nothing));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nothing_waits_without_a_job_for_long(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let imke = bed.person("imke").await;
    tell(&bed, page(Recipient::Person(imke.id), 1)).await;
    let broken = delivery(&bed).await;
    work::bury(&mut bed.as_system().await.cx(), &broken, "panicked").await.unwrap();
    assert_eq!(notify::sweep(&mut bed.as_system().await.cx()).await.unwrap(), 1);
    let job = delivery(&bed).await;
    message(&bed, &job, true).await;
    assert_eq!(notify::sweep(&mut bed.as_system().await.cx()).await.unwrap(), 0);
    bed.wait(25.hours());
    assert_eq!(notify::sweep(&mut bed.as_system().await.cx()).await.unwrap(), 1, "given up");
    assert_eq!(state(&bed, 1).await.0, State::Failed);
    bed.wait((91 * 24).hours());
    notify::sweep(&mut bed.as_system().await.cx()).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM notice").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nobody_is_written_to_about_a_story_of_the_past(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    tell(&bed, page(Recipient::Person(imke.id), 1)).await;
    assert_eq!(notify::told_then(&mut bed.as_system().await.cx()).await.unwrap(), 1);
    bed.wait(1.hour());
    assert!(matches!(take(&bed, &delivery(&bed).await, true).await, Taken::Nothing));
    assert_eq!(state(&bed, 1).await.0, State::Delivered);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_is_told_through_its_webhooks(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let (imke, hui) = (bed.person("imke").await, bed.person("hui").await);
    let basket = bed.team("basket").await;
    bed.join(&imke, &basket).await;
    let key = key();
    let make = async |person, url: &str, format| {
        notify::create_endpoint(
            &mut bed.as_person(person).await.cx(),
            "basket",
            "Alerts",
            url,
            format,
            Some(&key),
        )
        .await
    };
    assert!(matches!(make(&hui, "https://x.example", EndpointFormat::Slack).await, Err(Error::Forbidden(_))));
    for url in ["", "ftp://x.example", "https://", "https://a:b@x.example", "x.example"] {
        let refused = make(&imke, url, EndpointFormat::Slack).await;
        assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "url"), "{url}: {refused:?}");
    }
    tell(&bed, page(Recipient::Team(basket.id), 9)).await;
    assert!(deliveries(&bed).await.is_empty(), "it has none");

    let signed =
        make(&imke, "https://hooks.example.org/secret-path", EndpointFormat::Standard).await.unwrap();
    let secret = signed.secret.clone().unwrap();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let chat = make(&imke, "https://chat.example/services/T0/B0/x", EndpointFormat::Slack).await.unwrap();
    assert!(chat.secret.is_none());
    for hidden in ["secret-path", "services/T0", secret.trim_start_matches("whsec_")] {
        let shown: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT e::text AS t FROM webhook_endpoint e UNION ALL SELECT a::text FROM activity a) r
             WHERE position($1 IN t) > 0 OR position(encode(convert_to($1, 'UTF8'), 'hex') IN t) > 0",
        )
        .bind(hidden)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(shown, 0, "{hidden} is not kept in the clear");
    }

    for n in [1, 2] {
        let ids =
            notify::send(&mut bed.as_system().await.cx(), page(Recipient::Team(basket.id), n)).await.unwrap();
        assert_eq!(ids.len(), 2, "one for each webhook");
    }
    for job in deliveries(&bed).await {
        let bundle = message(&bed, &job, true).await;
        match &bundle.to {
            Destination::Standard { url, secret: with } => {
                assert_eq!((url.as_str(), with), ("https://hooks.example.org/secret-path", &secret));
                assert!(bundle.notices.len() == 1 && bundle.more, "a program reads each alone");
                notify::failed(&mut bed.as_system().await.cx(), &job, &bundle, "answered 404").await.unwrap();
                sent(&bed, &message(&bed, &job, false).await).await;
            }
            Destination::Slack { url } => {
                assert_eq!(url, "https://chat.example/services/T0/B0/x");
                assert_eq!(bundle.notices.len(), 2);
                sent(&bed, &bundle).await;
            }
            Destination::Email { .. } => panic!("a webhook is no mailbox"),
        }
        finish(&bed, &job).await;
    }
    let list = notify::endpoints(&mut bed.as_person(&imke).await.cx(), "basket").await.unwrap();
    let of = |format| list.iter().find(|e| e.format == format).unwrap();
    assert_eq!(of(EndpointFormat::Standard).last_error.as_deref(), Some("answered 404"));
    assert_eq!(of(EndpointFormat::Standard).host, "hooks.example.org");
    assert!(of(EndpointFormat::Slack).last_success_at.is_some() && !of(EndpointFormat::Slack).is_failing());

    let refused = notify::revoke_endpoint(&mut bed.as_person(&hui).await.cx(), chat.endpoint.id).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    notify::test_endpoint(&mut bed.as_person(&imke).await.cx(), chat.endpoint.id).await.unwrap();
    notify::revoke_endpoint(&mut bed.as_person(&imke).await.cx(), chat.endpoint.id).await.unwrap();
    bed.wait(1.minute());
    let job = delivery(&bed).await;
    assert!(matches!(take(&bed, &job, true).await, Taken::Nothing));
    let about = About::new("webhook", chat.endpoint.id.0);
    let told = notify::state_of(&mut bed.as_system().await.cx(), &about).await.unwrap();
    assert_eq!(told[0].error.as_deref(), Some("the webhook is closed"));
    let refused = notify::test_endpoint(&mut bed.as_person(&imke).await.cx(), chat.endpoint.id).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
}
