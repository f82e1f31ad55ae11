use std::sync::Arc;

use jiff::ToSpan;
use portolan_domain::{
    Portal, Scope,
    people::{self, NewToken},
};
use portolan_testkit::{Bed, token};
use sqlx::{PgPool, postgres::PgListener};

async fn knows(portal: &Arc<Portal>, token: &str) -> bool {
    portal.callers.by_token(&portal.db, token, portal.clock.now()).await.unwrap().is_some()
}

/// Takes the token away behind the portal's back, without a word to anybody.
async fn vanish(pool: &PgPool) {
    let mut silent = pool.begin().await.unwrap();
    sqlx::query("SET LOCAL session_replication_role = replica").execute(&mut *silent).await.unwrap();
    sqlx::query("DELETE FROM api_token").execute(&mut *silent).await.unwrap();
    silent.commit().await.unwrap();
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_caller_is_remembered_for_seconds_while_somebody_listens(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let portal = bed.portal().clone();
    portal.callers.set_listening(true);
    let imke = bed.person("imke").await;
    let token = bed.token(&imke, Scope::Read).await;
    assert!(knows(&portal, &token).await);
    vanish(&pool).await;
    assert!(knows(&portal, &token).await, "from memory, without the database");
    bed.wait(11.seconds());
    assert!(!knows(&portal, &token).await);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nobody_is_remembered_while_nobody_listens(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let portal = bed.portal().clone();
    let imke = bed.person("imke").await;
    let token = bed.token(&imke, Scope::Read).await;
    assert!(knows(&portal, &token).await);
    vanish(&pool).await;
    assert!(!knows(&portal, &token).await);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn forgetting_and_losing_the_listener_forget_everybody(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let portal = bed.portal().clone();
    let imke = bed.person("imke").await;
    for forget in [|p: &Portal| p.callers.forget_all(), |p: &Portal| p.callers.set_listening(false)] {
        portal.callers.set_listening(true);
        let token = bed.token(&imke, Scope::Read).await;
        assert!(knows(&portal, &token).await);
        vanish(&pool).await;
        forget(&portal);
        assert!(!knows(&portal, &token).await);
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_end_is_kept_even_from_memory(pool: PgPool) {
    let bed = Bed::new(pool);
    let portal = bed.portal().clone();
    portal.callers.set_listening(true);
    let imke = bed.person("imke").await;
    let short = NewToken { expires_at: Some(bed.now() + 5.seconds()), ..token(Scope::Read) };
    let (_, secret) = people::create_token(&mut bed.as_person(&imke).await.cx(), &short).await.unwrap();
    assert!(knows(&portal, &secret).await);
    bed.wait(5.seconds());
    assert!(!knows(&portal, &secret).await);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_database_says_when_a_right_is_taken_away(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let imke = bed.person("imke").await;
    let cookie = bed.session(&imke).await;
    let (made, _) =
        people::create_token(&mut bed.as_person(&imke).await.cx(), &token(Scope::Read)).await.unwrap();
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("callers_changed").await.unwrap();
    let mut heard = async |what: &str| {
        let word = tokio::time::timeout(std::time::Duration::from_secs(5), listener.recv()).await;
        assert!(word.is_ok_and(|w| w.is_ok()), "nothing was said of {what}");
    };
    people::sign_out(&mut bed.as_stranger().await.cx(), &cookie).await.unwrap();
    heard("a session that ended").await;
    people::revoke_token(&mut bed.as_person(&imke).await.cx(), made.id).await.unwrap();
    heard("a token that was revoked").await;
    let admin = people::PersonEdit { admin: Some(true), ..people::PersonEdit::default() };
    people::edit_person(&mut bed.as_system().await.cx(), "imke", admin, None).await.unwrap();
    heard("a person whose rights changed").await;
}
