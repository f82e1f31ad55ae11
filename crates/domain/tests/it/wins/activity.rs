//! What the history of the portal tells of wins and challenges, and to whom.

use portolan_domain::{
    Limit,
    activity::{self, Filter},
    wins::{self, Audience, Kind, NewMember, Sensitivity},
};
use sqlx::PgPool;

use super::Company;

/// The verbs about wins of all that somebody is told.
async fn told(company: &Company, who: &str, verb: &str) -> Vec<String> {
    let mut call = company.call(who).await;
    let filter = Filter { verb: Some(verb.into()), ..Filter::default() };
    let page = activity::list(&mut call.cx(), &filter, None, Limit::new(Limit::MAX).unwrap()).await.unwrap();
    assert_eq!(usize::try_from(page.total).unwrap(), page.items.len(), "what is not told is not counted");
    page.items.into_iter().map(|act| act.verb).collect()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn how_a_team_takes_part_is_told_to_its_chain(pool: PgPool) {
    let company = Company::new(pool).await;
    let update = company.update("basket").await;
    let mut imke = company.call("imke").await;
    let cx = &mut imke.cx();
    wins::delegate(cx, update.id, Some("otto")).await.unwrap();
    wins::raise_limits(cx, update.id, 5, 2).await.unwrap();
    wins::set_audience(cx, update.id, Audience::Everyone).await.unwrap();
    wins::quiet(cx, update.id, None, false).await.unwrap();
    wins::recall(cx, update.id, None).await.unwrap();
    company.submit("basket").await;
    wins::create_list(cx, "basket", "Friends").await.unwrap();
    let list = wins::lists(cx, "basket").await.unwrap().remove(0);
    wins::add_to_list(cx, list.id, &NewMember::Person("otto".into())).await.unwrap();
    wins::add_to_list(cx, list.id, &NewMember::Outside("ann@press.example".into())).await.unwrap();

    // in the team, over it, or an admin; not beside it, below it, in the team above, or asked to write it once
    let near = ["imke", "tor", "dora", "vera", "root"];
    for who in near {
        let acts = told(&company, who, "wins.").await;
        assert_eq!(acts.len(), 9, "{who}: {acts:?}");
    }
    for who in ["hui", "pia", "carl", "dirk", "viktor", "otto"] {
        assert_eq!(told(&company, who, "wins.").await, Vec::<String>::new(), "{who}");
        let mut call = company.call(who).await;
        let (acts, more) = activity::latest(&mut call.cx(), "team:basket", 20).await.unwrap();
        assert!(!more && acts.iter().all(|act| !act.verb.starts_with("wins.")), "{who}: {acts:?}");
    }
    company.sql("INSERT INTO wins_deputy SELECT t.id, p.id FROM team t, person p WHERE t.slug = 'shop' AND p.handle = 'otto'").await;
    assert_eq!(
        told(&company, "otto", "wins.").await.len(),
        9,
        "who stands in for a lead above is of the chain"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_publication_is_told_no_wider_than_it_is_read(pool: PgPool) {
    let company = Company::new(pool).await;
    for (team, audience) in [("basket", Audience::Circle), ("harbour", Audience::Everyone)] {
        company.chosen(team, Kind::Win, "Two ships at once", Sensitivity::Publish).await;
        let update = company.update(team).await;
        let mut lead = company.call(Company::lead_of(team)).await;
        wins::set_audience(&mut lead.cx(), update.id, audience).await.unwrap();
        company.submit(team).await;
    }
    company.until("2026-11-27T08:30:00Z");
    company.turn().await;
    for (who, count) in [("imke", 2), ("dora", 2), ("root", 2), ("carl", 1), ("otto", 1)] {
        assert_eq!(told(&company, who, "wins.published").await.len(), count, "{who}");
    }
}
