use jiff::ToSpan;
use portolan_domain::{
    Error, Scope,
    people::{self, NewTeam, TeamEdit, require_team, team_rights},
};
use portolan_testkit::Bed;
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
