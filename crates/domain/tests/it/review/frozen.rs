//! What was frozen stays as it was.

use jiff::{ToSpan, civil::date};
use portolan_domain::{
    Error, Limit, Scope,
    incidents::{self, ActionEdit, ActionState, NewAction},
    people::{self, TeamEdit},
    review,
};
use sqlx::PgPool;

use super::harbour::{Harbour, week};

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_snapshot_never_changes_whatever_happens_later(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    harbour
        .pages(&[("2026-11-10T10:00:00Z", "imke", "-"), ("2026-11-11T03:00:00Z", "tor", "real-impact")])
        .await;
    harbour.sql("UPDATE person SET name = 'Tor of old' WHERE handle = 'tor'").await;
    let new = NewAction {
        incident: None,
        team: Some("basket".into()),
        title: "A second fuse".into(),
        owner: Some("tor".into()),
        due_on: date(2026, 11, 30),
        alert_rule: None,
    };
    let action = incidents::add_action(&mut harbour.as_imke().await.cx(), new).await.unwrap();
    harbour.sql("UPDATE action SET created_at = '2026-11-11'").await;
    let live = harbour.review("2026-W46").await;

    let mut imke = harbour.as_imke().await;
    let first =
        review::freeze(&mut imke.cx(), "basket", week("2026-W46"), " A calm week.\r\n").await.unwrap();
    assert_eq!(
        (first.frozen.number, first.frozen.note.as_str(), first.frozen.is_early),
        (1, "A calm week.", false)
    );
    assert_eq!(first.review, live);
    assert_eq!(first.frozen.frozen_by.handle, "imke");

    // all of it becomes another
    harbour.sql("UPDATE page SET judgement = 'false-alarm', judged_at = now(), summary = 'It sang'").await;
    harbour.pages(&[("2026-11-12T10:00:00Z", "imke", "-")]).await;
    harbour.sql("UPDATE person SET name = 'Tor' WHERE handle = 'tor'").await;
    let renamed = TeamEdit { name: Some("Baskets".into()), ..TeamEdit::default() };
    people::edit_team(&mut harbour.bed.as_system().await.cx(), "basket", renamed, None).await.unwrap();
    harbour.lives("imke", "UTC").await;
    harbour.bed.wait((24 * 30).hours());
    let done = ActionEdit { state: Some(ActionState::Done), ..ActionEdit::default() };
    incidents::edit_action(&mut harbour.as_imke().await.cx(), action.id, done).await.unwrap();
    assert_ne!(harbour.review("2026-W46").await, live);

    let again = review::snapshot(&mut imke.cx(), "basket", 1).await.unwrap();
    assert_eq!((again.review, again.later), (live, None));
    assert_eq!(again.team.name, "Baskets", "beside it stands how the team is called now");

    let second =
        review::freeze(&mut harbour.as_imke().await.cx(), "basket", week("2026-W46"), "").await.unwrap();
    assert_eq!((second.frozen.number, second.review.pages.counts.total), (2, 3));
    assert_eq!(review::snapshot(&mut imke.cx(), "basket", 1).await.unwrap().later, Some(2));
    let list = review::snapshots(&mut imke.cx(), "basket", None, None, Limit::new(1).unwrap()).await.unwrap();
    assert_eq!((list.items[0].number, list.total), (2, 2));
    let rest = review::snapshots(&mut imke.cx(), "basket", None, list.next, Limit::default()).await.unwrap();
    assert_eq!(rest.items.iter().map(|f| f.number).collect::<Vec<_>>(), [1]);
    let other = Some(week("2026-W45"));
    assert_eq!(
        review::snapshots(&mut imke.cx(), "basket", other, None, Limit::default()).await.unwrap().total,
        0
    );
    let verbs: Vec<String> = sqlx::query_scalar(
        "SELECT note FROM activity WHERE subject = 'team:basket' AND verb = 'review.frozen' ORDER BY id",
    )
    .fetch_all(&harbour.pool)
    .await
    .unwrap();
    assert_eq!(verbs, ["Number 1, week 2026-W46", "Number 2, week 2026-W46"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_database_itself_refuses_to_change_one(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    review::freeze(&mut harbour.as_imke().await.cx(), "basket", week("2026-W46"), "").await.unwrap();
    for statement in [
        "UPDATE operational_review SET note = 'It was fine'",
        "UPDATE operational_review SET content = '{}'",
        "DELETE FROM operational_review",
        "TRUNCATE operational_review",
        "TRUNCATE team CASCADE",
    ] {
        let refused = sqlx::query(statement).execute(&harbour.pool).await.unwrap_err().to_string();
        assert!(refused.contains("is never changed"), "{statement}: {refused}");
    }
    let gone = sqlx::query("DELETE FROM team WHERE slug = 'basket'").execute(&harbour.pool).await;
    assert!(gone.is_err(), "nor does it go with its team");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_who_freeze_at_once_get_different_numbers(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    let (mut imke, mut tor) = (harbour.as_imke().await, harbour.bed.as_person(&harbour.tor).await);
    let (mut a, mut b) = (imke.cx(), tor.cx());
    for round in 0..5 {
        let both = tokio::join!(
            review::freeze(&mut a, "basket", week("2026-W46"), ""),
            review::freeze(&mut b, "basket", week("2026-W46"), "")
        );
        let mut numbers = [both.0.unwrap().frozen.number, both.1.unwrap().frozen.number];
        numbers.sort_unstable();
        assert_eq!(numbers, [2 * round + 1, 2 * round + 2]);
    }
    let mut otto = harbour.bed.as_person(&harbour.otto).await;
    let theirs = review::freeze(&mut otto.cx(), "other", week("2026-W46"), "").await.unwrap();
    assert_eq!(theirs.frozen.number, 1, "each team counts for itself");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_week_that_is_not_over_needs_a_reason_and_one_to_come_has_none(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    let mut imke = harbour.as_imke().await;
    let early = review::freeze(&mut imke.cx(), "basket", week("2026-W47"), "  ").await;
    assert!(
        matches!(&early, Err(Error::Invalid(p)) if p[0].field == "note" && p[0].message.contains("not over")),
        "{early:?}"
    );
    let early =
        review::freeze(&mut imke.cx(), "basket", week("2026-W47"), "Imke is away on Monday.").await.unwrap();
    assert!(early.frozen.is_early && early.review.is_early());
    assert_eq!(early.review.as_of, harbour.bed.now());
    let ahead = review::freeze(&mut imke.cx(), "basket", week("2026-W48"), "Why not").await;
    assert!(matches!(&ahead, Err(Error::Invalid(p)) if p[0].field == "week"), "{ahead:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_team_and_its_chain_freeze_and_nobody_else_even_looks(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    for person in [&harbour.tor, &harbour.vera] {
        let mut call = harbour.bed.as_token(person, Scope::Write).await;
        review::freeze(&mut call.cx(), "basket", week("2026-W46"), "").await.unwrap();
    }
    let mut reader = harbour.bed.as_token(&harbour.imke, Scope::Read).await;
    assert!(matches!(
        review::freeze(&mut reader.cx(), "basket", week("2026-W46"), "").await,
        Err(Error::Forbidden(_))
    ));
    review::snapshot(&mut reader.cx(), "basket", 2).await.unwrap();
    assert!(matches!(review::snapshot(&mut reader.cx(), "basket", 3).await, Err(Error::NotFound { .. })));

    let mut otto = harbour.bed.as_person(&harbour.otto).await;
    let frozen = review::freeze(&mut otto.cx(), "basket", week("2026-W46"), "").await;
    assert!(matches!(&frozen, Err(Error::Forbidden(words)) if words.contains("ask Imke")), "{frozen:?}");
    assert!(matches!(review::snapshot(&mut otto.cx(), "basket", 1).await, Err(Error::Forbidden(_))));
    let list = review::snapshots(&mut otto.cx(), "basket", None, None, Limit::default()).await;
    assert!(matches!(list, Err(Error::Forbidden(_))));
    let mut nobody = harbour.bed.as_stranger().await;
    assert!(review::snapshot(&mut nobody.cx(), "basket", 1).await.is_err());
    assert!(review::freeze(&mut nobody.cx(), "basket", week("2026-W46"), "").await.is_err());
}
