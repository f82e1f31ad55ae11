//! Jotting, choosing, ordering, writing a whole sheet, handing up.

use portolan_domain::{
    Error, Limit,
    wins::{self, EntryEdit, Kind, NewEntry, Sensitivity, SheetEdit, UpdateState, Words},
};
use sqlx::PgPool;

use super::Company;

fn words(summary: &str) -> Words {
    Words { summary: summary.into(), ..Words::default() }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_is_in_a_team_or_leads_above_it_jots(pool: PgPool) {
    let company = Company::new(pool).await;
    let by_member = company.jot("tor", "", Kind::Win, "Faster", Sensitivity::Publish).await;
    assert_eq!((by_member.team.slug.as_str(), by_member.update), ("basket", None));
    assert_eq!(by_member.credits.iter().map(|p| p.handle.as_str()).collect::<Vec<_>>(), ["tor"]);
    company.jot("dora", "basket", Kind::Challenge, "From above", Sensitivity::Up).await;
    let new = NewEntry { team: "basket".into(), words: words("From beside"), ..NewEntry::default() };
    let refused = wins::jot(&mut company.call("hui").await.cx(), new).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let blank = NewEntry { team: "basket".into(), ..NewEntry::default() };
    let refused = wins::jot(&mut company.call("tor").await.cx(), blank).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_caps_hold_until_the_lead_raises_them(pool: PgPool) {
    let company = Company::new(pool).await;
    for nth in 1..=4 {
        company.chosen("basket", Kind::Win, &format!("Win {nth}"), Sensitivity::Publish).await;
    }
    let fifth = company.jot("imke", "basket", Kind::Win, "Win 5", Sensitivity::Publish).await;
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let refused = wins::choose(&mut call.cx(), update.id, &[fifth.id], None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    wins::raise_limits(&mut call.cx(), update.id, 5, 2).await.unwrap();
    let after = wins::choose(&mut call.cx(), update.id, &[fifth.id], None).await.unwrap();
    assert_eq!(after.wins, 5);
    let lowered = wins::raise_limits(&mut call.cx(), update.id, 4, 2).await.unwrap();
    let refused = wins::submit(&mut call.cx(), lowered.id, None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_whole_sheet_is_written_at_once_or_not_at_all(pool: PgPool) {
    let company = Company::new(pool).await;
    let first = company.chosen("basket", Kind::Win, "First", Sensitivity::Publish).await;
    let second = company.chosen("basket", Kind::Win, "Second", Sensitivity::Publish).await;
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let edit = EntryEdit { words: Some(words("First, rewritten")), ..EntryEdit::default() };
    let sheet = SheetEdit {
        intro: Some("A calm fortnight.".into()),
        entries: vec![(first.id, edit, Some(first.version))],
        new: vec![NewEntry { words: words("Third"), ..NewEntry::default() }, NewEntry::default()],
        order: vec![second.id, first.id],
    };
    let after = wins::save(&mut call.cx(), update.id, sheet.clone()).await.unwrap();
    assert_eq!((after.intro.as_str(), after.wins), ("A calm fortnight.", 3));
    let written = wins::sheet(&mut call.cx(), update.id).await.unwrap();
    let said: Vec<_> = written.wins.iter().map(|c| (c.entry.place, c.entry.words.summary.as_str())).collect();
    assert_eq!(said, [(1, "Second"), (2, "First, rewritten"), (3, "Third")]);
    let again = wins::save(&mut call.cx(), update.id, sheet).await;
    assert!(matches!(again, Err(Error::Stale)), "the form shows an older version: {again:?}");
    assert_eq!(wins::sheet(&mut call.cx(), update.id).await.unwrap().wins.len(), 3, "none of it");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_handed_up_stays_but_may_go_less_far(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = company.chosen("basket", Kind::Win, "Faster", Sensitivity::Publish).await;
    let update = company.submit("basket").await;
    assert_eq!(update.state, UpdateState::Submitted);
    let mut call = company.call("imke").await;
    let edit = EntryEdit { words: Some(words("Faster still")), ..EntryEdit::default() };
    let refused = wins::edit_entry(&mut call.cx(), entry.id, edit, None).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let up = company.update("shop").await;
    let mut above = company.call("dora").await;
    wins::lift(&mut above.cx(), up.id, &[entry.id]).await.unwrap();
    let refused = wins::recall(&mut call.cx(), update.id, None).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "something was made of it: {refused:?}");
    let edit = EntryEdit { sensitivity: Some(Sensitivity::Team), ..EntryEdit::default() };
    let kept = wins::edit_entry(&mut call.cx(), entry.id, edit, None).await.unwrap();
    assert_eq!(kept.sensitivity, Sensitivity::Team);
    assert_eq!(wins::sheet(&mut above.cx(), up.id).await.unwrap().wins.len(), 0, "the line is gone");
    let back = wins::recall(&mut call.cx(), update.id, None).await.unwrap();
    assert_eq!((back.state, back.submitted_at), (UpdateState::Open, None));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_quiet_cycle_is_one_press_and_loses_nothing(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = company.chosen("basket", Kind::Win, "Small", Sensitivity::Publish).await;
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let quiet = wins::quiet(&mut call.cx(), update.id, None).await.unwrap();
    assert_eq!((quiet.state, quiet.quiet, quiet.wins), (UpdateState::Submitted, true, 0));
    assert_eq!(wins::entry(&mut call.cx(), entry.id).await.unwrap().update, None);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn only_its_writers_write_and_a_delegate_is_one(pool: PgPool) {
    let company = Company::new(pool).await;
    let update = company.update("basket").await;
    for other in ["tor", "dora", "root"] {
        let refused = wins::submit(&mut company.call(other).await.cx(), update.id, None).await;
        assert!(matches!(refused, Err(Error::Forbidden(_) | Error::NotFound { .. })), "{other}: {refused:?}");
    }
    wins::delegate(&mut company.call("imke").await.cx(), update.id, Some("tor")).await.unwrap();
    let submitted = wins::submit(&mut company.call("tor").await.cx(), update.id, None).await.unwrap();
    assert!(submitted.quiet, "with nothing in it, it was quiet");
    assert_eq!(submitted.submitted_by.map(|p| p.handle).as_deref(), Some("tor"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_waits_in_a_team_is_nobody_elses(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = company.jot("tor", "basket", Kind::Challenge, "Hard", Sensitivity::Publish).await;
    for other in ["hui", "dora", "vera", "root", "olga"] {
        let hidden = wins::entry(&mut company.call(other).await.cx(), entry.id).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{other}: {hidden:?}");
        let edit = EntryEdit { set_aside: Some(true), ..EntryEdit::default() };
        let hidden = wins::edit_entry(&mut company.call(other).await.cx(), entry.id, edit, None).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{other}: {hidden:?}");
    }
    let mine =
        wins::mine(&mut company.call("tor").await.cx(), None, None, None, None, Limit::default()).await;
    assert_eq!(mine.unwrap().items.iter().map(|e| e.id).collect::<Vec<_>>(), [entry.id]);
}
