use std::time::Duration;

use jiff::ToSpan;
use portolan_domain::{
    Error, Scope,
    people::{self, NewToken},
};
use portolan_testkit::{Bed, token};
use sqlx::PgPool;

use super::{problems, refusal};

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_token_speaks_for_its_person_until_it_is_revoked(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, bo) = (bed.person("imke").await, bed.person("bo").await);
    let (made, secret) =
        people::create_token(&mut bed.as_person(&imke).await.cx(), &token(Scope::Write)).await.unwrap();
    assert!(secret.starts_with("ptl_"));
    let portal = bed.portal();
    let actor = portal.callers.by_token(&portal.db, &secret, bed.now()).await.unwrap().expect("known");
    assert_eq!((actor.person, actor.scope), (Some(imke.id), Scope::Write));
    let mut used = None;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        used = people::tokens(&mut bed.as_person(&imke).await.cx()).await.unwrap()[0].last_used_at;
        if used.is_some() {
            break;
        }
    }
    assert_eq!(used, Some(bed.now()));
    assert!(
        matches!(
            people::revoke_token(&mut bed.as_person(&bo).await.cx(), made.id).await,
            Err(Error::NotFound { .. })
        ),
        "not theirs"
    );
    people::revoke_token(&mut bed.as_person(&imke).await.cx(), made.id).await.unwrap();
    assert!(portal.callers.by_token(&portal.db, &secret, bed.now()).await.unwrap().is_none());
    assert!(people::tokens(&mut bed.as_person(&imke).await.cx()).await.unwrap().is_empty());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_token_ends_in_time_and_has_no_more_rights_than_its_maker(pool: PgPool) {
    let bed = Bed::new(pool);
    let (imke, admin) = (bed.person("imke").await, bed.admin("ada").await);
    let mut call = bed.as_person(&imke).await;
    let short = NewToken { expires_at: Some(bed.now() + 1.hour()), ..token(Scope::Read) };
    let (_, secret) = people::create_token(&mut call.cx(), &short).await.unwrap();
    bed.wait(1.hour());
    let portal = bed.portal();
    assert!(portal.callers.by_token(&portal.db, &secret, bed.now()).await.unwrap().is_none());
    assert!(
        problems(people::create_token(&mut bed.as_person(&imke).await.cx(), &short).await)[0]
            .contains("future")
    );
    assert!(
        problems(people::create_token(&mut call.cx(), &token(Scope::Admin)).await)[0]
            .contains("not an admin")
    );
    assert!(
        refusal(
            people::create_token(&mut bed.as_token(&admin, Scope::Write).await.cx(), &token(Scope::Admin))
                .await
        )
        .contains("more powerful")
    );
    assert!(
        refusal(
            people::create_token_for(&mut bed.as_person(&admin).await.cx(), "imke", &token(Scope::Read))
                .await
        )
        .contains("own person")
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn secrets_are_stored_as_hashes(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let imke = bed.person("imke").await;
    let (cookie, secret) = (bed.session(&imke).await, bed.token(&imke, Scope::Read).await);
    let stored: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT secret_hash FROM session UNION ALL SELECT secret_hash FROM api_token")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(stored.len(), 2);
    assert!(stored.iter().all(|s| s.len() == 32 && s != cookie.as_bytes() && s != secret.as_bytes()));
}
