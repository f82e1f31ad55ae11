use jiff::ToSpan;
use portolan_domain::{
    Limit,
    people::{self, GroupSeed, Origin, PersonEdit, Role, Seeded, TeamEdit, UserSeed},
};
use portolan_testkit::{Bed, group, user};
use sqlx::PgPool;

use super::{problems, refusal};

async fn apply(bed: &Bed, groups: &[GroupSeed], users: &[UserSeed]) -> Seeded {
    people::apply_seeds(&mut bed.as_system().await.cx(), groups, users).await.unwrap()
}

async fn members(bed: &Bed, slug: &str) -> Vec<String> {
    let mut call = bed.as_system().await;
    let team = people::team(&mut call.cx(), slug).await.unwrap();
    let page = people::members(&mut call.cx(), team.id, None, Limit::default()).await.unwrap();
    page.items.into_iter().map(|m| m.person.handle).collect()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn groups_and_users_become_teams_and_people(pool: PgPool) {
    let bed = Bed::new(pool);
    let (retail, mut basket) = (group("retail"), group("basket"));
    basket.parent_ref = Some("group:default/retail".into());
    basket.lead_ref = Some("user:default/imke".into());
    basket.roles = vec![Role::ServiceDevelopment];
    basket.members = vec!["user:default/bo".into()];
    let (mut imke, bo) = (user("imke"), user("bo"));
    imke.member_of = vec!["group:default/basket".into()];
    imke.manager_ref = Some("user:default/bo".into());
    imke.email = Some("imke@fairhaven.example".into());
    imke.time_zone = Some("Mars/Base".into());

    // the child before its parent, in two batches: what is named later is found later
    let first = apply(&bed, &[basket.clone()], &[]).await;
    let second = apply(&bed, &[retail], &[imke.clone(), bo.clone()]).await;
    assert_eq!(second.remarks.len(), 1, "{:?}", second.remarks);

    let mut call = bed.as_system().await;
    let team = people::team(&mut call.cx(), "basket").await.unwrap();
    assert_eq!(Some(&team.id), first.teams.get("group:default/basket"));
    assert_eq!(team.parent_id, second.teams.get("group:default/retail").copied());
    assert_eq!(team.lead_id, second.people.get("user:default/imke").copied());
    let person = people::person(&mut call.cx(), "imke").await.unwrap();
    assert_eq!(person.manager_id, second.people.get("user:default/bo").copied());
    assert_eq!(person.time_zone, "UTC");
    assert_eq!(members(&bed, "basket").await, ["bo", "imke"], "said by the Group and said by the User");
    assert_eq!(people::person(&mut call.cx(), "bo").await.unwrap().email, None);

    let again = apply(&bed, &[basket], &[imke, bo]).await;
    assert_eq!(again.teams.get("group:default/basket"), Some(&team.id));
    assert_eq!(people::team(&mut call.cx(), "basket").await.unwrap(), team, "said twice, nothing changes");
    assert_eq!(people::person(&mut call.cx(), "imke").await.unwrap(), person);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_there_is_linked_and_not_doubled(pool: PgPool) {
    let bed = Bed::new(pool);
    let (team, by_handle, by_mail) =
        (bed.team("Basket").await, bed.person("Imke").await, bed.person("bo").await);
    let mut second = user("bo.smit");
    second.email = Some("BO@fairhaven.example".into());
    let mut first = user("imke");
    first.phone = Some("+31 6 555".into());
    let seeded = apply(&bed, &[group("basket")], &[first, second, user("new")]).await;
    assert_eq!(seeded.teams["group:default/basket"], team.id);
    assert_eq!(seeded.people["user:default/imke"], by_handle.id);
    assert_eq!(seeded.people["user:default/bo.smit"], by_mail.id);
    let mut call = bed.as_system().await;
    assert_eq!(
        people::people(&mut call.cx(), &people::PeopleFilter::default(), None, Limit::default())
            .await
            .unwrap()
            .total,
        3
    );
    // fields that the descriptor gives are edited there, the others here
    let phone = PersonEdit { phone: Some(None), ..PersonEdit::default() };
    let complaint = problems(people::edit_person(&mut call.cx(), "imke", phone, None).await);
    assert_eq!(complaint, ["phone is given by the descriptor user:default/imke; change it there"]);
    let zone = PersonEdit { time_zone: Some("Europe/Amsterdam".into()), ..PersonEdit::default() };
    people::edit_person(&mut call.cx(), "imke", zone, None).await.unwrap();
    let chat = TeamEdit { chat_channel: Some(Some("#basket".into())), ..TeamEdit::default() };
    people::edit_team(&mut call.cx(), "basket", chat, None).await.unwrap();
    let name = TeamEdit { name: Some("Cart".into()), ..TeamEdit::default() };
    assert!(
        problems(people::edit_team(&mut call.cx(), "basket", name, None).await)[0]
            .contains("group:default/basket")
    );
    apply(&bed, &[group("basket")], &[]).await;
    assert_eq!(
        people::team(&mut call.cx(), "basket").await.unwrap().chat_channel.as_deref(),
        Some("#basket"),
        "silence leaves it"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn one_address_is_never_given_to_two(pool: PgPool) {
    let bed = Bed::new(pool);
    let (mut a, mut b, mut c) = (user("a"), user("b"), user("c"));
    for u in [&mut a, &mut b] {
        u.email = Some("same@fairhaven.example".into());
    }
    let seeded = apply(&bed, &[], &[a.clone(), b]).await;
    assert_eq!(seeded.remarks.len(), 1);
    c.email = Some("SAME@fairhaven.example".into());
    assert_eq!(apply(&bed, &[], &[c]).await.remarks.len(), 1);
    assert!(apply(&bed, &[], &[a]).await.remarks.is_empty());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_membership_ends_when_the_last_descriptor_stops_saying_it(pool: PgPool) {
    let bed = Bed::new(pool);
    let (mut team, mut imke) = (group("basket"), user("imke"));
    team.members = vec!["user:default/imke".into()];
    imke.member_of = vec!["group:default/basket".into()];
    apply(&bed, &[team.clone()], &[imke.clone(), user("bo")]).await;
    let bo = people::person(&mut bed.as_system().await.cx(), "bo").await.unwrap();
    let basket = people::team(&mut bed.as_system().await.cx(), "basket").await.unwrap();
    bed.join(&bo, &basket).await;
    let mut call = bed.as_system().await;
    let stay =
        people::members(&mut call.cx(), basket.id, None, Limit::default()).await.unwrap().items.remove(1);
    assert_eq!(stay.origin, Origin::Descriptor);
    assert!(
        refusal(people::end_membership(&mut call.cx(), stay.id, None).await)
            .contains("group:default/basket and user:default/imke")
    );

    bed.wait(1.hour());
    team.members.clear();
    apply(&bed, &[team.clone()], &[]).await;
    assert_eq!(members(&bed, "basket").await, ["bo", "imke"], "the User still says so");
    imke.member_of.clear();
    apply(&bed, &[], &[imke.clone()]).await;
    assert_eq!(members(&bed, "basket").await, ["bo"], "what the portal said stays");
    bed.wait(1.hour());
    team.members = vec!["user:default/imke".into()];
    apply(&bed, &[team], &[]).await;
    assert_eq!(members(&bed, "basket").await, ["bo", "imke"]);
    people::release_seeds(&mut bed.as_system().await.cx(), &["group:default/basket".into()]).await.unwrap();
    assert_eq!(members(&bed, "basket").await, ["bo"], "said this very instant and taken back");
    let stays = people::stays(&mut bed.as_system().await.cx(), stay.person.id).await.unwrap();
    assert_eq!(stays.len(), 1, "one span of an hour is left");
    let name = TeamEdit { name: Some("Cart".into()), ..TeamEdit::default() };
    people::edit_team(&mut bed.as_system().await.cx(), "basket", name, None)
        .await
        .expect("no descriptor speaks for it any more");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_inactive_come_back_through_their_account_alone(pool: PgPool) {
    let bed = Bed::new(pool);
    let mut imke = user("imke");
    imke.member_of = vec!["group:default/basket".into()];
    apply(&bed, &[group("basket")], &[imke.clone()]).await;
    bed.wait(1.hour());
    let active = |active| PersonEdit { active: Some(active), ..PersonEdit::default() };
    people::edit_person(&mut bed.as_system().await.cx(), "imke", active(false), None).await.unwrap();
    bed.wait(1.hour());
    imke.phone = Some("+31 6 555".into());
    apply(&bed, &[], &[imke]).await;
    assert!(members(&bed, "basket").await.is_empty());
    people::edit_person(&mut bed.as_system().await.cx(), "imke", active(true), None).await.unwrap();
    assert_eq!(members(&bed, "basket").await, ["imke"], "what descriptors say holds again");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_ring_of_parents_is_broken_and_said(pool: PgPool) {
    let bed = Bed::new(pool);
    let (mut a, mut b, mut c) = (group("a"), group("b"), group("c"));
    a.parent_ref = Some("group:default/b".into());
    b.parent_ref = Some("group:default/a".into());
    c.parent_ref = Some("group:default/a".into());
    let seeded = apply(&bed, &[a, b, c], &[]).await;
    assert_eq!(seeded.remarks.len(), 2, "{:?}", seeded.remarks);
    let org = people::org(&mut bed.as_system().await.cx()).await.unwrap();
    assert_eq!(org.iter().filter(|t| t.parent_id.is_none()).count(), 2);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_thousand_people_arrive_at_once(pool: PgPool) {
    let bed = Bed::new(pool);
    let groups: Vec<_> = (0..100).map(|n| group(&format!("team-{n}"))).collect();
    let users: Vec<_> = (0..1000)
        .map(|n| UserSeed {
            member_of: vec![format!("group:default/team-{}", n % 100)],
            email: Some(format!("u{n}@f.example")),
            ..user(&format!("u{n}"))
        })
        .collect();
    let seeded = apply(&bed, &groups, &users).await;
    assert_eq!((seeded.teams.len(), seeded.people.len(), seeded.remarks.len()), (100, 1000, 0));
    let org = people::org(&mut bed.as_system().await.cx()).await.unwrap();
    assert!(org.iter().all(|t| t.members == 10));
}
