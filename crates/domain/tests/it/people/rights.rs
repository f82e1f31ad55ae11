use jiff::ToSpan;
use portolan_domain::{
    Error, Limit, Scope,
    catalog::{self, Dimension, Filter, Kind, Sort},
    people::{self, NewTeam, TeamEdit, require_team, team_rights},
};
use portolan_testkit::{
    Bed,
    catalog::{apply_yaml, service},
};
use sqlx::PgPool;

use super::refusal;

fn purpose(text: &str) -> TeamEdit {
    TeamEdit { purpose: Some(text.into()), ..TeamEdit::default() }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn rights_flow_down_the_tree_and_not_up(pool: PgPool) {
    let bed = Bed::new(pool);
    let (head, member, other, admin) = (
        bed.person("head").await,
        bed.person("member").await,
        bed.person("other").await,
        bed.admin("ada").await,
    );
    let retail = bed.team("retail").await;
    let shop = bed.team_below("shop", &retail).await;
    let basket = bed.team_below("basket", &shop).await;
    let search = bed.team_below("search", &shop).await;
    bed.lead(&head, &retail).await;
    bed.join(&member, &basket).await;
    bed.join(&other, &search).await;

    for (person, may) in [
        (&head, [true, true, true]),
        (&member, [true, false, false]),
        (&other, [false, true, false]),
        (&admin, [true, true, true]),
    ] {
        let mut call = bed.as_person(person).await;
        let teams = [basket.id, search.id, retail.id];
        let editable = people::editable_teams(&mut call.cx(), &teams).await.unwrap();
        for (team, may) in teams.into_iter().zip(may) {
            assert_eq!(team_rights(&mut call.cx(), team).await.unwrap().edit, may, "{}", person.handle);
            assert_eq!(editable.contains(&team), may, "{}", person.handle);
        }
    }
    let message = refusal(
        require_team(&mut bed.as_person(&other).await.cx(), Some(basket.id), "the service basket-api").await,
    );
    assert_eq!(
        message,
        "only members of Basket, its lead, the teams above it and admins may change the service basket-api; ask Head"
    );
    assert!(
        refusal(require_team(&mut bed.as_person(&other).await.cx(), None, "the service lost").await)
            .contains("belongs to no team")
    );
    assert!(
        refusal(
            require_team(&mut bed.as_token(&member, Scope::Read).await.cx(), Some(basket.id), "it").await
        )
        .contains("may only read")
    );
    assert!(matches!(
        require_team(&mut bed.as_stranger().await.cx(), Some(basket.id), "it").await,
        Err(Error::Unauthenticated)
    ));
    // an admin's token that may only write has what its person has as a member: nothing here
    assert!(
        require_team(&mut bed.as_token(&admin, Scope::Write).await.cx(), Some(basket.id), "it")
            .await
            .is_err()
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn rights_end_with_the_membership(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, basket) = (bed.person("imke").await, bed.team("basket").await);
    let id = bed.join(&imke, &basket).await;
    people::edit_team(&mut bed.as_person(&imke).await.cx(), "basket", purpose("Ours"), None).await.unwrap();
    bed.wait(1.hour());
    // members may let members go, themselves too
    people::end_membership(&mut bed.as_person(&imke).await.cx(), id, None).await.unwrap();
    let refused =
        people::edit_team(&mut bed.as_person(&imke).await.cx(), "basket", purpose("Still ours"), None).await;
    assert!(refusal(refused).ends_with("ask an admin (they are listed under People)"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_is_placed_by_those_who_belong_there(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    let (shop, _) = (bed.team("shop").await, bed.team("warehouse").await);
    bed.join(&imke, &shop).await;
    let new = |slug: &str, parent: Option<&str>| NewTeam {
        slug: slug.into(),
        name: slug.into(),
        parent: parent.map(Into::into),
        ..NewTeam::default()
    };
    let mut call = bed.as_person(&imke).await;
    let made = people::create_team(&mut call.cx(), new("basket", Some("shop"))).await.unwrap();
    assert_eq!(made.parent_id, Some(shop.id));
    assert!(
        refusal(people::create_team(&mut call.cx(), new("top", None)).await)
            .contains("top of the organisation")
    );
    assert!(
        refusal(people::create_team(&mut call.cx(), new("dock", Some("warehouse"))).await)
            .contains("Warehouse")
    );
    let away = TeamEdit { parent: Some(Some("warehouse".into())), ..TeamEdit::default() };
    assert!(refusal(people::edit_team(&mut call.cx(), "basket", away, None).await).contains("Warehouse"));
    let up = TeamEdit { parent: Some(None), ..TeamEdit::default() };
    assert!(
        refusal(people::edit_team(&mut call.cx(), "basket", up, None).await)
            .contains("top of the organisation")
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn my_teams_are_those_of_this_instant_wherever_they_are_asked(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let imke = bed.person("imke").await;
    let (past, now, future) = (bed.team("past").await, bed.team("now").await, bed.team("future").await);
    let led = bed.team("led").await;
    let below = bed.team_below("below", &led).await;
    bed.lead(&imke, &led).await;
    let stay = bed.join(&imke, &past).await;
    bed.wait(240.hours());
    people::end_membership(&mut bed.as_system().await.cx(), stay, None).await.unwrap();
    let stay = bed.join(&imke, &now).await;
    let (later, sooner) = (bed.now() + 240.hours(), bed.now() + 120.hours());
    people::add_member(&mut bed.as_system().await.cx(), "future", "imke", Some(later)).await.unwrap();
    people::end_membership(&mut bed.as_system().await.cx(), stay, Some(sooner)).await.unwrap();
    bed.wait(1.hour());
    let owned: String = ["past", "now", "future", "below"].map(|team| service(team, team, "")).concat();
    apply_yaml(&pool, &owned).await;

    // until the announced end: now; between the two: neither; from the announced beginning on: future
    for (span, in_them) in [(1.hour(), Some(&now)), (200.hours(), None), (100.hours(), Some(&future))] {
        bed.wait(span);
        let mut call = bed.as_person(&imke).await;
        let cx = &mut call.cx();
        let expected: Vec<_> = in_them.map(|team| team.id).into_iter().collect();
        assert_eq!(people::team_ids_of(cx, imke.id).await.unwrap(), expected);

        let mut answered_for = people::teams_answered_for(cx, imke.id).await.unwrap();
        answered_for.sort();
        let mut expected: Vec<_> = expected.into_iter().chain([led.id, below.id]).collect();
        expected.sort();
        assert_eq!(answered_for, expected);
        let mut editable =
            people::editable_teams(cx, &[past.id, now.id, future.id, led.id, below.id]).await.unwrap();
        editable.sort();
        assert_eq!(editable, expected);

        let mine = Filter { mine: true, ..Filter::of(Kind::Component) };
        let listed = catalog::list(cx, &mine, Sort::Name, None, Limit::default()).await.unwrap();
        let mut names: Vec<_> = in_them.map(|team| team.slug.clone()).into_iter().collect();
        names.push("below".into());
        names.sort();
        assert_eq!(listed.items.into_iter().map(|e| e.name).collect::<Vec<_>>(), names);
        let facets = catalog::facets(cx, &mine, &[Dimension::Kind]).await.unwrap();
        assert_eq!(facets[0].choices[0].count, i64::try_from(names.len()).unwrap());
    }
}
