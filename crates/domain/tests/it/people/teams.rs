use jiff::ToSpan;
use portolan_domain::{
    Error, Limit, activity,
    people::{self, NewTeam, Role, TeamEdit},
};
use portolan_testkit::Bed;
use sqlx::PgPool;

use super::{problems, refusal};

fn under(parent: &str) -> TeamEdit {
    TeamEdit { parent: Some(Some(parent.into())), ..TeamEdit::default() }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_says_how_to_reach_it(pool: PgPool) {
    let bed = Bed::new(pool);
    let (admin, lead) = (bed.admin("ada").await, bed.person("imke").await);
    let new = NewTeam {
        slug: "basket".into(),
        name: "Basket".into(),
        purpose: "Keeps what customers put in.\r\nDay and night.".into(),
        lead: Some("imke".into()),
        chat_channel: Some("#basket".into()),
        chat_url: Some("https://chat.fairhaven.example/basket".into()),
        email: Some("basket@fairhaven.example".into()),
        phone: Some("+31 20 555 0101".into()),
        roles: vec![Role::ServiceSupport, Role::ServiceDevelopment, Role::ServiceSupport],
        ..NewTeam::default()
    };
    let made = people::create_team(&mut bed.as_person(&admin).await.cx(), new.clone()).await.unwrap();
    assert_eq!(made.roles, [Role::ServiceDevelopment, Role::ServiceSupport]);
    assert_eq!(made.lead_id, Some(lead.id));
    let read = people::team(&mut bed.as_person(&lead).await.cx(), "BASKET").await.unwrap();
    assert_eq!(read, made);
    assert_eq!(read.purpose, "Keeps what customers put in.\nDay and night.");

    let wrong = NewTeam {
        chat_url: Some("javascript:alert(1)".into()),
        email: Some("x".into()),
        parent: Some("no".into()),
        slug: "a b".into(),
        ..new
    };
    let complaints = problems(people::create_team(&mut bed.as_person(&admin).await.cx(), wrong).await);
    assert_eq!(complaints.len(), 4, "{complaints:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_is_never_above_itself(pool: PgPool) {
    let bed = Bed::new(pool);
    let top = bed.team("retail").await;
    let middle = bed.team_below("shop", &top).await;
    bed.team_below("basket", &middle).await;
    let mut call = bed.as_system().await;
    for parent in ["retail", "shop", "basket"] {
        let complaints = problems(people::edit_team(&mut call.cx(), "retail", under(parent), None).await);
        assert!(complaints[0].starts_with("parent cannot be"), "{complaints:?}");
    }
    let above: Vec<_> =
        people::ancestors(&mut call.cx(), middle.id).await.unwrap().into_iter().map(|t| t.slug).collect();
    assert_eq!(above, ["retail"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_moves_at_once_close_no_ring(pool: PgPool) {
    let bed = Bed::new(pool);
    bed.team("a").await;
    bed.team("b").await;
    for _ in 0..5 {
        let (mut one, mut two) = (bed.as_system().await, bed.as_system().await);
        let (mut one, mut two) = (one.cx(), two.cx());
        let (x, y) = tokio::join!(
            people::edit_team(&mut one, "a", under("b"), None),
            people::edit_team(&mut two, "b", under("a"), None)
        );
        assert_eq!(u8::from(x.is_ok()) + u8::from(y.is_ok()), 1, "{x:?} {y:?}");
        for slug in ["a", "b"] {
            let up = TeamEdit { parent: Some(None), ..TeamEdit::default() };
            people::edit_team(&mut bed.as_system().await.cx(), slug, up, None).await.unwrap();
        }
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_tree_counts_active_people_only(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, bo) = (bed.person("imke").await, bed.person("bo").await);
    let basket = bed.team("basket").await;
    bed.join(&imke, &basket).await;
    bed.join(&bo, &basket).await;
    bed.lead(&imke, &basket).await;
    bed.wait(24.hours());
    let leave = people::PersonEdit { active: Some(false), ..people::PersonEdit::default() };
    people::edit_person(&mut bed.as_system().await.cx(), "bo", leave, None).await.unwrap();
    let org = people::org(&mut bed.as_system().await.cx()).await.unwrap();
    assert_eq!((org[0].members, org[0].lead_name.as_deref()), (1, Some("Imke")));
    assert!(people::has_active_members(&mut bed.as_system().await.cx(), basket.id).await.unwrap());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_person_is_in_a_team_once_at_a_time(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, basket) = (bed.person("imke").await, bed.team("basket").await);
    let id = bed.join(&imke, &basket).await;
    let mut call = bed.as_system().await;
    let twice = people::add_member(&mut call.cx(), "basket", "imke", Some(bed.now() + 1.hour())).await;
    assert_eq!(problems(twice), ["person is in this team at that time already"]);

    bed.wait(10.hours());
    let never = Some(bed.now() - 240.hours());
    let unsaid = people::end_membership(&mut bed.as_system().await.cx(), id, never).await;
    assert!(problems(unsaid)[0].starts_with("until must be after"), "what has begun is not unsaid");
    people::end_membership(&mut bed.as_system().await.cx(), id, None).await.unwrap();
    assert!(
        refusal(people::end_membership(&mut bed.as_system().await.cx(), id, None).await)
            .contains("ended already")
    );
    // back from tomorrow on, then not after all
    let tomorrow = bed.now() + 24.hours();
    let again =
        people::add_member(&mut bed.as_system().await.cx(), "basket", "imke", Some(tomorrow)).await.unwrap();
    assert!(
        people::team_ids_of(&mut bed.as_system().await.cx(), imke.id).await.unwrap().is_empty(),
        "tomorrow is not now"
    );
    people::end_membership(&mut bed.as_system().await.cx(), again, None).await.unwrap();
    let stays = people::stays(&mut bed.as_system().await.cx(), imke.id).await.unwrap();
    assert_eq!(stays.len(), 1);
    let former = people::former_members(&mut bed.as_system().await.cx(), basket.id).await.unwrap();
    assert_eq!(former[0].person.handle, "imke");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nobody_is_added_who_is_not_there(pool: PgPool) {
    let bed = Bed::new(pool);
    bed.gone("bo").await;
    bed.team("basket").await;
    let mut call = bed.as_system().await;
    assert!(
        problems(people::add_member(&mut call.cx(), "basket", "nobody", None).await)[0]
            .contains("names nobody")
    );
    assert!(
        problems(people::add_member(&mut call.cx(), "basket", "bo", None).await)[0]
            .contains("no longer active")
    );
    assert!(matches!(
        people::add_member(&mut call.cx(), "no-team", "bo", None).await,
        Err(Error::NotFound { what: "team", .. })
    ));
    let found = people::find_teams(&mut call.cx(), "baskte", Limit::default()).await.unwrap();
    assert_eq!(found.len(), 1, "a mistyped team is found");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_person_may_be_named_by_name_or_mail_if_one_alone_is_meant(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    bed.team("basket").await;
    let lead = |word: &str| TeamEdit { lead: Some(Some(word.into())), ..TeamEdit::default() };
    let mut call = bed.as_system().await;
    for word in ["imke", "IMKE", " Imke@Fairhaven.example "] {
        let team = people::edit_team(&mut call.cx(), "basket", lead(word), None).await.unwrap();
        assert_eq!(team.lead_id, Some(imke.id), "{word}");
    }
    for handle in ["bo.one", "bo.two", "sam"] {
        bed.person(handle).await;
        let name = if handle == "sam" { "Sam Only" } else { "Bo Both" };
        let edit = people::PersonEdit { name: Some(name.into()), ..people::PersonEdit::default() };
        people::edit_person(&mut call.cx(), handle, edit, None).await.unwrap();
    }
    people::add_member(&mut call.cx(), "basket", "sam only", None).await.unwrap();
    let several = problems(people::add_member(&mut call.cx(), "basket", "Bo Both", None).await);
    assert!(several[0].ends_with("Bo Both (bo.one), Bo Both (bo.two)"), "{several:?}");
    let near = problems(people::edit_team(&mut call.cx(), "basket", lead("Sam Onli"), None).await);
    assert!(near[0].contains("names nobody") && near[0].contains("Sam Only (sam)"), "{near:?}");
    assert_eq!(problems(people::add_member(&mut call.cx(), "basket", " ", None).await), ["person is needed"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nothing_takes_the_address_of_a_page(pool: PgPool) {
    let bed = Bed::new(pool);
    let mut call = bed.as_system().await;
    let team = NewTeam { slug: "New".into(), name: "New".into(), ..NewTeam::default() };
    assert!(problems(people::create_team(&mut call.cx(), team).await)[0].contains("choose another"));
    let person = people::NewPerson {
        handle: "new".into(),
        name: "New".into(),
        email: "new@fairhaven.example".into(),
        ..people::NewPerson::default()
    };
    assert!(problems(people::create_person(&mut call.cx(), person).await)[0].contains("choose another"));
    // a descriptor cannot be asked to choose another: its team gets another slug
    let seeded = people::apply_seeds(&mut call.cx(), &[portolan_testkit::group("new")], &[]).await.unwrap();
    let made = people::team_by_id(&mut call.cx(), seeded.teams["group:default/new"]).await.unwrap();
    assert_eq!((made.slug.as_str(), made.entity_ref().as_str()), ("default-new", "group:default/new"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn words_that_no_name_can_hold_are_refused(pool: PgPool) {
    let bed = Bed::new(pool);
    bed.person("imke").await;
    let mut call = bed.as_system().await;
    let limit = Limit::default();
    for q in ["\0", "im\0ke", "\u{7}"] {
        let filter = people::PeopleFilter { q: Some(q.into()), ..people::PeopleFilter::default() };
        let refused = [
            people::find_people(&mut call.cx(), q, limit).await.map(drop),
            people::find_teams(&mut call.cx(), q, limit).await.map(drop),
            people::people(&mut call.cx(), &filter, None, limit).await.map(drop),
            people::teams(&mut call.cx(), Some(q), None, limit).await.map(drop),
            portolan_domain::catalog::search(&mut call.cx(), q, limit).await.map(drop),
        ];
        for refused in refused {
            assert!(problems(refused)[0].starts_with("q must not contain"), "{q:?}");
        }
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_log_names_leads_parents_and_managers(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, bo) = (bed.person("imke").await, bed.person("bo").await);
    bed.team("retail").await;
    bed.team("basket").await;
    bed.lead(&imke, &people::team(&mut bed.as_system().await.cx(), "basket").await.unwrap()).await;
    let edit = TeamEdit { lead: Some(Some("bo".into())), ..under("retail") };
    people::edit_team(&mut bed.as_system().await.cx(), "basket", edit, None).await.unwrap();
    let edit = people::PersonEdit { manager: Some(Some("imke".into())), ..people::PersonEdit::default() };
    people::edit_person(&mut bed.as_system().await.cx(), &bo.handle, edit, None).await.unwrap();

    let words = async |subject: &str| {
        let filter = activity::Filter { subject: Some(subject.into()), ..activity::Filter::default() };
        let mut reader = bed.as_person(&imke).await;
        let page = activity::list(&mut reader.cx(), &filter, None, Limit::default()).await.unwrap();
        page.items[0].words()
    };
    assert_eq!(words("team:basket").await, "Team edited: parent retail, lead from imke to bo");
    assert_eq!(words("person:bo").await, "Person edited: manager imke");
}
