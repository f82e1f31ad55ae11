//! Challenges stay open across cycles until somebody closes them.

use jiff::ToSpan;
use portolan_domain::{
    Cursor, Error, Limit, WinsEntryId,
    wins::{self, Challenge, ChallengeFilter, Closing, Entry, EntryEdit, Kind, Sensitivity, Stands, Words},
};
use sqlx::PgPool;

use super::Company;

async fn listed(company: &Company, who: &str, team: Option<&str>, stands: Stands) -> Vec<Challenge> {
    let filter = ChallengeFilter { team: team.map(str::to_owned), stands };
    let limit = Limit::new(Limit::MAX).unwrap();
    wins::challenges(&mut company.call(who).await.cx(), &filter, None, limit).await.unwrap().items
}

fn summaries(of: &[Challenge]) -> Vec<&str> {
    of.iter().map(|c| c.entry.words.summary.as_str()).collect()
}

/// Basket's challenge of the first cycle, told again in the second.
async fn told_twice(company: &Company) -> (Entry, Entry) {
    let first = company.chosen("basket", Kind::Challenge, "The caches are cold", Sensitivity::Publish).await;
    company.submit("basket").await;
    company.until("2026-11-27T08:30:00Z");
    company.turn().await;
    let next = company.update("basket").await.id;
    let again = wins::tell_again(&mut company.call("imke").await.cx(), first.id, next).await.unwrap();
    (first, again)
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_challenge_is_one_however_often_it_is_told(pool: PgPool) {
    let company = Company::new(pool).await;
    let (first, again) = told_twice(&company).await;
    assert_eq!((again.again_of, again.since), (Some(first.id), first.since), "it is as old as it was");
    assert_eq!(again.author, first.author);
    let mut imke = company.call("imke").await;
    let same = wins::tell_again(&mut imke.cx(), first.id, again.update.unwrap()).await.unwrap();
    assert_eq!(same.id, again.id);
    let all = listed(&company, "imke", None, Stands::Open).await;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].entry.id, all[0].told, all[0].days, all[0].may_close), (again.id, 2, 6, true));
    let above = listed(&company, "dora", Some("shop"), Stands::Open).await;
    assert_eq!((above[0].entry.id, above[0].told), (first.id, 1), "those above see what was handed up");
    assert!(above[0].may_close, "and may say that it is lived with");
    assert!(
        !listed(&company, "hui", Some("basket"), Stands::Open).await[0].may_close,
        "those beside see it and may not"
    );
    assert!(listed(&company, "imke", Some("pricing"), Stands::Open).await.is_empty());
    assert!(listed(&company, "otto", None, Stands::All).await.is_empty());

    let closed = wins::close_challenge(&mut imke.cx(), first.id, Closing::Accepted, "We live with it").await;
    assert_eq!(closed.unwrap(), None);
    assert!(listed(&company, "imke", None, Stands::Open).await.is_empty());
    let all = listed(&company, "imke", None, Stands::Closed).await;
    let end = all[0].entry.closed.as_ref().unwrap();
    assert_eq!((end.how, end.note.as_str()), (Closing::Accepted, "We live with it"), "all tellings of it");
    let twice = wins::close_challenge(&mut imke.cx(), again.id, Closing::Dropped, "").await;
    assert!(matches!(twice, Err(Error::Conflict(_))));
    let over = wins::tell_again(&mut imke.cx(), again.id, again.update.unwrap()).await;
    assert!(matches!(over, Err(Error::Conflict(_))));
    wins::reopen_challenge(&mut imke.cx(), first.id).await.unwrap();
    assert_eq!(listed(&company, "imke", None, Stands::Open).await.len(), 1);
    assert!(matches!(wins::reopen_challenge(&mut imke.cx(), first.id).await, Err(Error::Conflict(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_solved_is_offered_as_a_win(pool: PgPool) {
    let company = Company::new(pool).await;
    let hard = company.chosen("basket", Kind::Challenge, "The caches are cold", Sensitivity::Up).await;
    let mut tor = company.call("tor").await;
    let refused = wins::close_challenge(&mut tor.cx(), hard.id, Closing::Solved, "").await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "neither its author nor its writer: {refused:?}");
    let unseen =
        wins::close_challenge(&mut company.call("hui").await.cx(), hard.id, Closing::Solved, "").await;
    assert!(matches!(unseen, Err(Error::NotFound { .. })), "a draft of others");
    let mut imke = company.call("imke").await;
    let close = async |note: &str| -> WinsEntryId {
        let mut imke = company.call("imke").await;
        wins::close_challenge(&mut imke.cx(), hard.id, Closing::Solved, note).await.unwrap().unwrap()
    };
    let win = close("They are warm").await;
    let draft = wins::entry(&mut imke.cx(), win).await.unwrap();
    assert_eq!((draft.kind, draft.update, draft.sensitivity), (Kind::Win, None, Sensitivity::Up));
    assert_eq!(draft.words.result, "They are warm");
    wins::reopen_challenge(&mut imke.cx(), hard.id).await.unwrap();
    let gone = wins::entry(&mut imke.cx(), win).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "a draft that nobody touched is gone");
    let win = close("They are warm").await;
    let words = Words { summary: "The caches are warm".into(), ..Words::default() };
    let edit = EntryEdit { words: Some(words), ..EntryEdit::default() };
    wins::edit_entry(&mut imke.cx(), win, edit, None).await.unwrap();
    wins::reopen_challenge(&mut imke.cx(), hard.id).await.unwrap();
    wins::entry(&mut imke.cx(), win).await.unwrap();
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn lines_close_with_what_they_were_made_of_and_are_not_listed(pool: PgPool) {
    let company = Company::new(pool).await;
    let hard = company.chosen("basket", Kind::Challenge, "Cold", Sensitivity::Publish).await;
    company.submit("basket").await;
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    let line = wins::lift(&mut dora.cx(), shop, &[hard.id]).await.unwrap().remove(0);
    assert_eq!(summaries(&listed(&company, "dora", None, Stands::All).await), ["Cold"]);
    let told = wins::tell_again(&mut dora.cx(), line.id, shop).await;
    assert!(matches!(told, Err(Error::Conflict(_))), "those below tell it again: {told:?}");
    wins::close_challenge(&mut company.call("imke").await.cx(), hard.id, Closing::Dropped, "").await.unwrap();
    let line = wins::entry(&mut dora.cx(), line.id).await.unwrap();
    assert_eq!(line.closed.map(|c| c.how), Some(Closing::Dropped));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_closes_their_line_closes_the_challenge_and_its_author_hears_of_it(pool: PgPool) {
    let company = Company::new(pool).await;
    let cold = company.chosen("basket", Kind::Challenge, "Cold", Sensitivity::Publish).await;
    let slow = company.chosen("basket", Kind::Challenge, "Slow", Sensitivity::Publish).await;
    company.submit("basket").await;
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    let lines = wins::lift(&mut dora.cx(), shop, &[cold.id, slow.id]).await.unwrap();
    let line = wins::merge(&mut dora.cx(), lines[0].id, lines[1].id).await.unwrap();
    wins::close_challenge(&mut company.call("imke").await.cx(), slow.id, Closing::Dropped, "").await.unwrap();
    company.bed.wait(1.minute());
    let mut dora = company.call("dora").await;
    let win = wins::close_challenge(&mut dora.cx(), line.id, Closing::Solved, "New caches").await.unwrap();
    assert_eq!(win, None, "the team tells how it was solved");
    let how =
        async |id| wins::entry(&mut company.call("imke").await.cx(), id).await.unwrap().closed.map(|c| c.how);
    assert_eq!((how(cold.id).await, how(slow.id).await), (Some(Closing::Solved), Some(Closing::Dropped)));
    let told: Vec<(String, String)> =
        sqlx::query_as("SELECT subject, body FROM notice WHERE event = 'wins.closed'")
            .fetch_all(&company.pool)
            .await
            .unwrap();
    assert_eq!(told, [("Dora closed “Cold”: solved".to_owned(), "New caches".to_owned())]);
    wins::reopen_challenge(&mut dora.cx(), line.id).await.unwrap();
    assert_eq!(
        (how(cold.id).await, how(slow.id).await),
        (None, Some(Closing::Dropped)),
        "what was closed before stays"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn pages_of_challenges_have_each_once_and_the_oldest_first(pool: PgPool) {
    let company = Company::new(pool).await;
    for n in 0..5 {
        company.jot("imke", "basket", Kind::Challenge, &format!("c{n}"), Sensitivity::Team).await;
    }
    let mut imke = company.call("imke").await;
    let (mut found, mut after) = (Vec::new(), None::<Cursor>);
    loop {
        let limit = Limit::new(2).unwrap();
        let page = wins::challenges(&mut imke.cx(), &ChallengeFilter::default(), after, limit).await.unwrap();
        assert_eq!(page.total, 5);
        found.extend(page.items.into_iter().map(|c| c.entry.words.summary));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["c0", "c1", "c2", "c3", "c4"]);
}
