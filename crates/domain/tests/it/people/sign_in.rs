use jiff::ToSpan;
use portolan_domain::{
    Error, Limit, activity,
    people::{self, Device, FirstAdmin, PersonEdit, UserSeed},
};
use portolan_testkit::{Bed, PASSWORD, user};
use sqlx::PgPool;

use super::{problems, refusal};

fn browser() -> Device {
    Device::new("192.0.2.7", "Firefox")
}

fn first_admin() -> FirstAdmin {
    FirstAdmin {
        handle: "ada".into(),
        name: "Ada".into(),
        email: "ada@fairhaven.example".into(),
        password: PASSWORD.into(),
        ..FirstAdmin::default()
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_password_opens_a_session_by_handle_and_by_mail(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    bed.with_password(&imke).await;
    for account in ["imke", " IMKE ", "Imke@Fairhaven.example"] {
        let signed_in = people::sign_in(bed.portal(), account, PASSWORD, &browser()).await.unwrap();
        assert_eq!(signed_in.person.id, imke.id);
        let portal = bed.portal();
        let actor =
            portal.callers.by_session(&portal.db, &signed_in.secret, bed.now()).await.unwrap().unwrap();
        assert_eq!((actor.person, &*actor.handle), (Some(imke.id), "imke"));
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whether_an_account_exists_is_not_told(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    bed.with_password(&imke).await;
    bed.person("no-password").await;
    let gone = bed.person("gone").await;
    bed.with_password(&gone).await;
    let leave = PersonEdit { active: Some(false), ..PersonEdit::default() };
    people::edit_person(&mut bed.as_system().await.cx(), "gone", leave, None).await.unwrap();
    let mut said = Vec::new();
    for (account, password) in [
        ("imke", "wrong password"),
        ("nobody", PASSWORD),
        ("no-password", ""),
        ("gone", PASSWORD),
        ("a\0b", "x"),
        ("", ""),
    ] {
        said.push(problems(people::sign_in(bed.portal(), account, password, &browser()).await));
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn guessing_one_account_is_slowed_down_where_it_is_guessed(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    bed.with_password(&imke).await;
    for n in 0..10u8 {
        assert!(
            matches!(
                people::sign_in(bed.portal(), "imke", "wrong password", &browser()).await,
                Err(Error::Invalid(_))
            ),
            "{n}"
        );
    }
    let elsewhere = Device::new("198.51.100.1", "");
    people::sign_in(bed.portal(), "imke", PASSWORD, &elsewhere).await.expect("nobody locks Imke out");
    let refused = people::sign_in(bed.portal(), "imke", PASSWORD, &browser()).await;
    let Err(Error::Throttled(wait)) = refused else {
        panic!("the right password must wait too: {refused:?}")
    };
    assert_eq!(wait.as_secs(), 15 * 60);
    // somebody unknown is slowed down alike, and others are not
    bed.wait(14.minutes());
    assert!(matches!(
        people::sign_in(bed.portal(), "imke", PASSWORD, &browser()).await,
        Err(Error::Throttled(_))
    ));
    bed.wait(2.minutes());
    people::sign_in(bed.portal(), "imke", PASSWORD, &browser()).await.expect("after the wait");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn guessing_one_account_from_everywhere_is_slowed_down_too(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    bed.with_password(&imke).await;
    sqlx::query(
        "INSERT INTO sign_in_failure (id, account, address, at)
         SELECT gen_random_uuid(), 'imke', '203.0.113.' || n % 250, to_timestamp($1) FROM generate_series(1, 199) n",
    )
    .bind(f64::from(i32::try_from(bed.now().as_second()).unwrap()))
    .execute(bed.portal().db.pool())
    .await
    .unwrap();
    let guess = async |address: &str| {
        people::sign_in(bed.portal(), "imke", "wrong password", &Device::new(address, "")).await
    };
    assert!(matches!(guess("192.0.2.1").await, Err(Error::Invalid(_))), "the two hundredth");
    assert!(matches!(guess("192.0.2.2").await, Err(Error::Throttled(_))));
    bed.wait(16.minutes());
    people::sweep(&mut bed.as_system().await.cx()).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM sign_in_failure")
        .fetch_one(bed.portal().db.pool())
        .await
        .unwrap();
    assert_eq!(left, 0, "nothing is kept for longer than it matters");
    people::sign_in(bed.portal(), "imke", PASSWORD, &browser()).await.expect("after the wait");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn guessing_many_accounts_from_one_address_is_slowed_down(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    bed.with_password(&imke).await;
    let mut refused = 0;
    for n in 0..64 {
        refused += u8::from(matches!(
            people::sign_in(bed.portal(), &format!("guess{n}"), "x", &browser()).await,
            Err(Error::Throttled(_))
        ));
    }
    assert_eq!(refused, 4);
    assert!(matches!(
        people::sign_in(bed.portal(), "imke", PASSWORD, &browser()).await,
        Err(Error::Throttled(_))
    ));
    people::sign_in(bed.portal(), "imke", PASSWORD, &Device::new("198.51.100.1", ""))
        .await
        .expect("from elsewhere");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn many_guesses_at_once_do_not_slip_by(pool: PgPool) {
    let bed = Bed::new(pool);
    let guesses = (0..30).map(|_| {
        let portal = bed.portal().clone();
        tokio::spawn(
            async move { people::sign_in(&portal, "imke", "wrong password", &Device::default()).await },
        )
    });
    let mut tried = 0;
    for guess in guesses.collect::<Vec<_>>() {
        tried += u8::from(matches!(guess.await.unwrap(), Err(Error::Invalid(_))));
    }
    assert!(tried <= 10, "{tried} guesses were tried");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_new_password_ends_the_other_sessions(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    let (mine, other) = (bed.session(&imke).await, bed.session(&imke).await);
    let mut call = bed.as_person(&imke).await;
    assert!(!people::has_password(&mut call.cx()).await.unwrap());
    let weak = people::set_password(&mut call.cx(), "", "imke", Some(&mine)).await;
    assert!(problems(weak)[0].contains("12 characters at least"));
    people::set_password(&mut call.cx(), "", PASSWORD, Some(&mine)).await.unwrap();
    let portal = bed.portal();
    assert!(portal.callers.by_session(&portal.db, &mine, bed.now()).await.unwrap().is_some());
    assert!(portal.callers.by_session(&portal.db, &other, bed.now()).await.unwrap().is_none());
    let unknown = people::set_password(&mut call.cx(), "not my password", "another fine one", None).await;
    assert_eq!(problems(unknown), ["current is not your password"]);
    people::set_password(&mut call.cx(), PASSWORD, "another fine one", None).await.unwrap();
    assert!(people::sign_in(portal, "imke", PASSWORD, &browser()).await.is_err());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_link_works_once_for_a_day(pool: PgPool) {
    let bed = Bed::new(pool);
    let (admin, imke) = (bed.admin("ada").await, bed.person("imke").await);
    assert!(
        refusal(people::create_sign_in_link(&mut bed.as_person(&imke).await.cx(), "ada").await)
            .contains("only an admin")
    );
    let link = people::create_sign_in_link(&mut bed.as_person(&admin).await.cx(), "imke").await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            people::sign_in_link(&mut bed.as_stranger().await.cx(), &link.secret).await.unwrap().handle,
            "imke",
            "looking uses nothing up"
        );
    }
    people::use_sign_in_link(&mut bed.as_stranger().await.cx(), &link.secret, &browser()).await.unwrap();
    assert!(
        refusal(people::use_sign_in_link(&mut bed.as_stranger().await.cx(), &link.secret, &browser()).await)
            .contains("used already")
    );

    let old = people::create_sign_in_link(&mut bed.as_person(&admin).await.cx(), "imke").await.unwrap();
    let new = people::create_sign_in_link(&mut bed.as_person(&admin).await.cx(), "imke").await.unwrap();
    assert!(
        people::sign_in_link(&mut bed.as_stranger().await.cx(), &old.secret).await.is_err(),
        "the newest link is the only one"
    );
    bed.wait(24.hours());
    assert!(
        people::use_sign_in_link(&mut bed.as_stranger().await.cx(), &new.secret, &browser()).await.is_err()
    );
    assert!(people::sweep(&mut bed.as_system().await.cx()).await.is_ok());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn of_two_who_use_a_link_at_once_one_gets_in(pool: PgPool) {
    let bed = Bed::new(pool);
    bed.person("imke").await;
    for _ in 0..5 {
        let link = people::create_sign_in_link(&mut bed.as_system().await.cx(), "imke").await.unwrap();
        let (mut one, mut two) = (bed.as_stranger().await, bed.as_stranger().await);
        let (mut one, mut two) = (one.cx(), two.cx());
        let device = browser();
        let (a, b) = tokio::join!(
            people::use_sign_in_link(&mut one, &link.secret, &device),
            people::use_sign_in_link(&mut two, &link.secret, &device)
        );
        assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1);
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_set_up_link_makes_the_first_admin(pool: PgPool) {
    let bed = Bed::new(pool);
    assert!(!people::is_set_up(&mut bed.as_stranger().await.cx()).await.unwrap());
    let link = people::create_set_up_link(&mut bed.as_system().await.cx())
        .await
        .unwrap()
        .expect("an empty portal has one");
    people::set_up_link(&mut bed.as_stranger().await.cx(), &link.secret).await.unwrap();
    let wrong = FirstAdmin { password: "short".into(), email: "x".into(), ..first_admin() };
    let complaints =
        problems(people::set_up(&mut bed.as_stranger().await.cx(), &link.secret, &wrong, &browser()).await);
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    let signed_in =
        people::set_up(&mut bed.as_stranger().await.cx(), &link.secret, &first_admin(), &browser())
            .await
            .unwrap();
    assert!(signed_in.person.admin);
    let ada = activity::Filter { subject: Some("person:ada".into()), ..activity::Filter::default() };
    let acts =
        activity::list(&mut bed.as_person(&signed_in.person).await.cx(), &ada, None, Limit::default()).await;
    let acts = acts.unwrap().items;
    assert_eq!((acts[0].actor.as_str(), acts[0].actor_id), ("ada", Some(signed_in.person.id)), "no stranger");
    people::sign_in(bed.portal(), "ada", PASSWORD, &browser()).await.unwrap();
    let again = FirstAdmin { handle: "eve".into(), email: "eve@fairhaven.example".into(), ..first_admin() };
    assert!(
        refusal(people::set_up(&mut bed.as_stranger().await.cx(), &link.secret, &again, &browser()).await)
            .contains("does not work any more")
    );
    assert!(people::create_set_up_link(&mut bed.as_system().await.cx()).await.unwrap().is_none());
    assert!(people::is_set_up(&mut bed.as_stranger().await.cx()).await.unwrap());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn of_two_set_ups_at_once_one_wins(pool: PgPool) {
    let bed = Bed::new(pool);
    let link = people::create_set_up_link(&mut bed.as_system().await.cx()).await.unwrap().unwrap();
    let second = FirstAdmin { handle: "eve".into(), email: "eve@fairhaven.example".into(), ..first_admin() };
    let (mut one, mut two) = (bed.as_stranger().await, bed.as_stranger().await);
    let (mut one, mut two) = (one.cx(), two.cx());
    let (first, device) = (first_admin(), browser());
    let (a, b) = tokio::join!(
        people::set_up(&mut one, &link.secret, &first, &device),
        people::set_up(&mut two, &link.secret, &second, &device)
    );
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1, "{a:?} {b:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_session_slides_and_ends(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    let (cookie, portal) = (bed.session(&imke).await, bed.portal().clone());
    let by_cookie =
        async |cookie: &str| portal.callers.by_session(&portal.db, cookie, bed.now()).await.unwrap();
    let sessions =
        async || people::sessions(&mut bed.as_person(&imke).await.cx(), Some(&cookie)).await.unwrap();
    let begun = sessions().await[0].expires_at;
    bed.wait(30.seconds());
    assert!(by_cookie(&cookie).await.is_some());
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(sessions().await[0].expires_at, begun, "not written twice a minute");
    bed.wait((13 * 24).hours());
    assert!(by_cookie(&cookie).await.is_some());
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        if sessions().await[0].expires_at > begun {
            break;
        }
    }
    assert!(sessions().await[0].expires_at > begun, "use moves the end on");
    bed.wait((14 * 24).hours());
    assert!(by_cookie(&cookie).await.is_none());
    assert!(by_cookie("").await.is_none() && by_cookie("nonsense").await.is_none());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn sessions_are_listed_and_ended_by_their_person(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, bo) = (bed.person("imke").await, bed.person("bo").await);
    let (mine, _, theirs) = (bed.session(&imke).await, bed.session(&imke).await, bed.session(&bo).await);
    let mut call = bed.as_person(&imke).await;
    let list = people::sessions(&mut call.cx(), Some(&mine)).await.unwrap();
    assert_eq!((list.len(), list.iter().filter(|s| s.current).count()), (2, 1));
    let foreign = people::sessions(&mut bed.as_person(&bo).await.cx(), None).await.unwrap()[0].id;
    assert!(matches!(people::end_session(&mut call.cx(), foreign).await, Err(Error::NotFound { .. })));
    assert_eq!(people::end_all_sessions(&mut call.cx(), Some(&mine)).await.unwrap(), 1);
    people::end_session(&mut call.cx(), list.iter().find(|s| s.current).unwrap().id).await.unwrap();
    people::sign_out(&mut bed.as_stranger().await.cx(), &theirs).await.unwrap();
    let portal = bed.portal();
    for cookie in [mine, theirs] {
        assert!(portal.callers.by_session(&portal.db, &cookie, bed.now()).await.unwrap().is_none());
    }
}

async fn demo_company(bed: &Bed) {
    let personas = [("ada", "admin"), ("imke", "engineer")]
        .map(|(handle, label)| UserSeed { persona: Some(label.into()), ..user(handle) });
    people::apply_seeds(&mut bed.as_system().await.cx(), &[], &personas).await.unwrap();
    people::grant_demo_admin(&mut bed.as_system().await.cx()).await.unwrap();
    bed.person("bo").await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn personas_are_let_in_by_a_demo(pool: PgPool) {
    let bed = Bed::with(pool, |portal| portal.demo_sign_in = true);
    demo_company(&bed).await;
    let personas = people::demo_personas(&mut bed.as_stranger().await.cx(), bed.portal()).await.unwrap();
    assert_eq!(personas.iter().map(|p| p.label.as_str()).collect::<Vec<_>>(), ["engineer", "admin"]);
    assert!(people::sign_in_as_persona(bed.portal(), "ada", &browser()).await.unwrap().person.admin);
    assert!(people::sign_in_as_persona(bed.portal(), "bo", &browser()).await.is_err(), "not a persona");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn personas_are_let_in_by_nothing_else(pool: PgPool) {
    let bed = Bed::new(pool);
    demo_company(&bed).await;
    assert!(people::demo_personas(&mut bed.as_stranger().await.cx(), bed.portal()).await.unwrap().is_empty());
    assert!(matches!(
        people::sign_in_as_persona(bed.portal(), "ada", &browser()).await,
        Err(Error::NotFound { .. })
    ));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_identity_stands_for_one_person(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    bed.person("bo").await;
    let mut call = bed.as_system().await;
    people::link_identity(&mut call.cx(), "imke", "https://id.fairhaven.example", "00u1").await.unwrap();
    assert!(
        refusal(people::link_identity(&mut call.cx(), "bo", "https://id.fairhaven.example", "00u1").await)
            .contains("linked already")
    );
    let found =
        people::person_by_identity(&mut call.cx(), "https://id.fairhaven.example", "00u1").await.unwrap();
    assert_eq!(found.map(|p| p.id), Some(imke.id));
    assert_eq!(people::identities(&mut bed.as_person(&imke).await.cx()).await.unwrap().len(), 1);
}
