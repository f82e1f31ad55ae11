use jiff::ToSpan;
use portolan_domain::{
    Error, Limit, Scope,
    activity::{self, Filter},
    people::{self, Density, NewPerson, PeopleFilter, PersonEdit, Preferences, Theme},
};
use portolan_testkit::Bed;
use sqlx::PgPool;

use super::{problems, refusal};

fn named(name: &str) -> PersonEdit {
    PersonEdit { name: Some(name.into()), ..PersonEdit::default() }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_admin_makes_a_person_and_everybody_finds_them(pool: PgPool) {
    let bed = Bed::new(pool);
    let (admin, other) = (bed.admin("ada").await, bed.person("bo").await);
    let new = NewPerson {
        handle: "Imke".into(),
        name: "Imke van Dijk".into(),
        email: "imke@fairhaven.example".into(),
        time_zone: "Europe/Amsterdam".into(),
        manager: Some("ADA".into()),
        ..NewPerson::default()
    };
    let made = people::create_person(&mut bed.as_person(&admin).await.cx(), new.clone()).await.unwrap();

    let mut call = bed.as_person(&other).await;
    let found = people::person(&mut call.cx(), "iMKE").await.unwrap();
    assert_eq!(found, made);
    assert_eq!(found.manager_id, Some(admin.id));
    let hits = people::find_people(&mut call.cx(), "imek", Limit::default()).await.unwrap();
    assert_eq!(hits.first().map(|p| p.handle.as_str()), Some("Imke"), "a mistyped name is found");
    let reports = people::reports(&mut call.cx(), admin.id).await.unwrap();
    assert_eq!(reports.len(), 1);

    let wrong = NewPerson {
        manager: Some("nobody".into()),
        time_zone: "Mars/Base".into(),
        name: String::new(),
        ..new.clone()
    };
    let complaints = problems(people::create_person(&mut bed.as_person(&admin).await.cx(), wrong).await);
    assert_eq!(complaints.len(), 3, "{complaints:?}");
    let twice = NewPerson { email: "other@fairhaven.example".into(), handle: "IMKE".into(), ..new.clone() };
    assert_eq!(
        problems(people::create_person(&mut bed.as_person(&admin).await.cx(), twice).await),
        ["handle is taken by somebody else"]
    );
    let twice = NewPerson { email: "IMKE@fairhaven.example".into(), handle: "imke2".into(), ..new.clone() };
    assert_eq!(
        problems(people::create_person(&mut bed.as_person(&admin).await.cx(), twice).await),
        ["email belongs to somebody else already"]
    );
    let refused = people::create_person(&mut bed.as_person(&other).await.cx(), new).await;
    assert!(refusal(refused).contains("only an admin"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn people_edit_themselves_and_not_each_other(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, bo) = (bed.person("imke").await, bed.person("bo").await);
    let edit = PersonEdit {
        name: Some("Imke de Wit".into()),
        phone: Some(Some("+31 20 555 0100".into())),
        time_zone: Some("Europe/Lisbon".into()),
        ..PersonEdit::default()
    };
    let after =
        people::edit_person(&mut bed.as_person(&imke).await.cx(), "imke", edit, Some(1)).await.unwrap();
    assert_eq!(
        (after.name.as_str(), after.time_zone.as_str(), after.version),
        ("Imke de Wit", "Europe/Lisbon", 2)
    );

    assert!(matches!(
        people::edit_person(&mut bed.as_person(&imke).await.cx(), "imke", named("Late"), Some(1)).await,
        Err(Error::Stale)
    ));
    assert!(
        refusal(people::edit_person(&mut bed.as_person(&bo).await.cx(), "imke", named("Bo's"), None).await)
            .contains("only Imke de Wit and the admins")
    );
    let rise = PersonEdit { admin: Some(true), ..PersonEdit::default() };
    assert!(
        refusal(people::edit_person(&mut bed.as_person(&bo).await.cx(), "bo", rise, None).await)
            .contains("changed by an admin")
    );
    let reading =
        people::edit_person(&mut bed.as_token(&imke, Scope::Read).await.cx(), "imke", named("Token"), None)
            .await;
    assert!(refusal(reading).contains("may only read"));
    assert!(matches!(
        people::edit_person(&mut bed.as_stranger().await.cx(), "imke", named("X"), None).await,
        Err(Error::Unauthenticated)
    ));

    let chosen = Preferences { theme: Theme::Dark, density: Density::Roomy };
    people::set_preferences(&mut bed.as_person(&imke).await.cx(), chosen).await.unwrap();
    assert_eq!(people::me(&mut bed.as_person(&imke).await.cx()).await.unwrap().preferences, chosen);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_edit_that_changes_nothing_leaves_no_trace(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    let after =
        people::edit_person(&mut bed.as_person(&imke).await.cx(), "imke", named("Imke"), None).await.unwrap();
    assert_eq!(after.version, 1);
    people::edit_person(&mut bed.as_person(&imke).await.cx(), "imke", named("Imke Wit"), None).await.unwrap();
    let about = Filter { subject: Some("person:imke".into()), ..Filter::default() };
    let acts =
        activity::list(&mut bed.as_person(&imke).await.cx(), &about, None, Limit::default()).await.unwrap();
    let told: Vec<_> =
        acts.items.iter().map(|a| (a.verb.as_str(), a.actor.as_str(), a.changes.len())).collect();
    assert_eq!(told, [("person.edited", "imke", 1), ("person.created", "system", 0)]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn deactivation_ends_sessions_links_tokens_and_memberships(pool: PgPool) {
    let bed = Bed::new(pool);
    let (admin, imke) = (bed.admin("ada").await, bed.person("imke").await);
    let basket = bed.team("basket").await;
    bed.join(&imke, &basket).await;
    let (cookie, token) = (bed.session(&imke).await, bed.token(&imke, Scope::Read).await);
    let link = people::create_sign_in_link(&mut bed.as_person(&admin).await.cx(), "imke").await.unwrap();
    bed.wait(1.hour());

    let leave = PersonEdit { active: Some(false), ..PersonEdit::default() };
    people::edit_person(&mut bed.as_person(&admin).await.cx(), "imke", leave, None).await.unwrap();

    let (portal, now) = (bed.portal(), bed.now());
    assert!(portal.callers.by_session(&portal.db, &cookie, now).await.unwrap().is_none());
    assert!(portal.callers.by_token(&portal.db, &token, now).await.unwrap().is_none());
    let mut call = bed.as_person(&admin).await;
    assert!(people::sign_in_link(&mut call.cx(), &link.secret).await.is_err());
    assert!(refusal(people::create_sign_in_link(&mut call.cx(), "imke").await).contains("no longer active"));
    assert_eq!(people::members(&mut call.cx(), basket.id, None, Limit::default()).await.unwrap().total, 0);
    let stays = people::stays(&mut call.cx(), imke.id).await.unwrap();
    assert_eq!(stays[0].until, Some(now), "the membership is ended, not forgotten");
    let inactive = PeopleFilter { active: Some(false), ..PeopleFilter::default() };
    assert_eq!(people::people(&mut call.cx(), &inactive, None, Limit::default()).await.unwrap().total, 1);

    let back = PersonEdit { active: Some(true), ..PersonEdit::default() };
    people::edit_person(&mut call.cx(), "imke", back, None).await.unwrap();
    assert!(
        portal.callers.by_session(&portal.db, &cookie, now).await.unwrap().is_none(),
        "old sessions stay ended"
    );
    assert_eq!(
        people::members(&mut call.cx(), basket.id, None, Limit::default()).await.unwrap().total,
        0,
        "a portal membership is given anew"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_last_admin_stays(pool: PgPool) {
    let bed = Bed::new(pool);
    let ada = bed.admin("ada").await;
    for edit in [
        PersonEdit { admin: Some(false), ..PersonEdit::default() },
        PersonEdit { active: Some(false), ..PersonEdit::default() },
    ] {
        let refused = people::edit_person(&mut bed.as_person(&ada).await.cx(), "ada", edit, None).await;
        assert!(refusal(refused).contains("last active admin"));
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_admins_who_leave_at_once_do_not_both_leave(pool: PgPool) {
    let bed = Bed::new(pool);
    let (ada, bea) = (bed.admin("ada").await, bed.admin("bea").await);
    for _ in 0..5 {
        let leave = |active| PersonEdit { active: Some(active), ..PersonEdit::default() };
        let (mut one, mut two) = (bed.as_person(&ada).await, bed.as_person(&bea).await);
        let (mut one, mut two) = (one.cx(), two.cx());
        let (a, b) = tokio::join!(
            people::edit_person(&mut one, "ada", leave(false), None),
            people::edit_person(&mut two, "bea", leave(false), None)
        );
        assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1, "{a:?} {b:?}");
        assert!(refusal(a.and(b)).contains("last active admin"));
        for handle in ["ada", "bea"] {
            people::edit_person(&mut bed.as_system().await.cx(), handle, leave(true), None).await.unwrap();
        }
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_long_list_comes_in_pages(pool: PgPool) {
    let bed = Bed::new(pool);
    for n in 0..25 {
        bed.person(&format!("p{n:02}")).await;
    }
    let mut call = bed.as_system().await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = people::people(&mut call.cx(), &PeopleFilter::default(), after, Limit::new(10).unwrap())
            .await
            .unwrap();
        assert_eq!(page.total, 25);
        seen.extend(page.items.into_iter().map(|p| p.handle));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let page = async |after| {
        let (mut call, all) = (bed.as_system().await, PeopleFilter::default());
        people::people(&mut call.cx(), &all, after, Limit::new(10).unwrap()).await.unwrap()
    };
    let second = page(page(None).await.next).await;
    let third = page(second.next.clone()).await;
    assert_eq!(third.items[0].handle, "p20");
    assert_eq!(page(third.previous).await.items[0].handle, "p10", "back to the page before");
    assert_eq!(second.previous.unwrap().as_str(), "", "which was reached from the first one");
    assert_eq!(seen, (0..25).map(|n| format!("p{n:02}")).collect::<Vec<_>>());
    let none = PeopleFilter { q: Some("100%_".into()), ..PeopleFilter::default() };
    assert_eq!(people::people(&mut call.cx(), &none, None, Limit::default()).await.unwrap().total, 0);
}
