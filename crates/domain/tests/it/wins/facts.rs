//! What the portal's own records propose.

use portolan_domain::{Error, wins};
use sqlx::PgPool;

use super::Company;

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn people_who_came_are_proposed_taken_once_and_can_be_dismissed(pool: PgPool) {
    let company = Company::new(pool).await;
    // whoever was there before the cycle did not come in it
    company.sql("UPDATE membership SET valid_from = '2026-01-01Z'").await;
    let nova = company.bed.person("nova").await;
    company.bed.join(&nova, company.team("basket")).await;
    company.until("2026-11-22T09:00:00Z");
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let proposed = wins::proposals(&mut call.cx(), update.id).await.unwrap();
    let keys: Vec<_> = proposed.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["joined:nova"]);
    let taken = wins::take_proposal(&mut call.cx(), update.id, "joined:nova").await.unwrap();
    assert_eq!((taken.update, taken.place), (Some(update.id), 1));
    let again = wins::take_proposal(&mut call.cx(), update.id, "joined:nova").await.unwrap();
    assert_eq!(again.id, taken.id);
    assert_eq!(wins::proposals(&mut call.cx(), update.id).await.unwrap()[0].taken, Some(taken.id));

    wins::dismiss_proposal(&mut call.cx(), update.id, "joined:nova").await.unwrap();
    assert!(wins::proposals(&mut call.cx(), update.id).await.unwrap()[0].dismissed);
    wins::restore_proposal(&mut call.cx(), update.id, "joined:nova").await.unwrap();
    assert!(!wins::proposals(&mut call.cx(), update.id).await.unwrap()[0].dismissed);
    let unknown = wins::take_proposal(&mut call.cx(), update.id, "joined:olga").await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
    let beside = wins::proposals(&mut company.call("hui").await.cx(), update.id).await;
    assert!(matches!(beside, Err(Error::Forbidden(_))), "{beside:?}");
}
