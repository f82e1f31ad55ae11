//! Jotting, choosing, ordering, writing a whole sheet, handing up.

use portolan_domain::{
    Error, Limit,
    wins::{self, EntryEdit, EntryRights, Kind, NewEntry, Owed, Sensitivity, SheetEdit, UpdateState, Words},
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
        version: None,
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
async fn a_quiet_cycle_puts_nothing_back_unasked_and_loses_nothing(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = company.chosen("basket", Kind::Win, "Small", Sensitivity::Publish).await;
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let refused = wins::quiet(&mut call.cx(), update.id, None, false).await;
    let Err(Error::Conflict(why)) = refused else { panic!("it has something in it: {refused:?}") };
    assert!(why.starts_with("an entry is in it: put it back first"), "{why}");
    assert_eq!(wins::entry(&mut call.cx(), entry.id).await.unwrap().update, Some(update.id));
    let quiet = wins::quiet(&mut call.cx(), update.id, None, true).await.unwrap();
    assert_eq!((quiet.state, quiet.quiet, quiet.wins), (UpdateState::Submitted, true, 0));
    assert_eq!(wins::entry(&mut call.cx(), entry.id).await.unwrap().update, None);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_stays_in_the_team_takes_no_room(pool: PgPool) {
    let company = Company::new(pool).await;
    for n in 0..3 {
        company.chosen("basket", Kind::Win, &format!("Ours {n}"), Sensitivity::Team).await;
        company.jot("imke", "basket", Kind::Win, &format!("Also ours {n}"), Sensitivity::Team).await;
    }
    for n in 0..6 {
        company.jot("imke", "basket", Kind::Win, &format!("Told {n}"), Sensitivity::Up).await;
    }
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let sheet = wins::sheet(&mut call.cx(), update.id).await.unwrap();
    assert_eq!((sheet.wins.len(), sheet.going_up(Kind::Win), sheet.room(Kind::Win)), (3, 0, 4));
    assert_eq!(sheet.offered().count(), 6, "what stays in the team is taken in by hand alone");
    let fitting = sheet.fitting();
    assert_eq!(fitting.len(), 4);
    wins::choose(&mut call.cx(), update.id, &fitting, None).await.unwrap();
    let rest = wins::sheet(&mut call.cx(), update.id).await.unwrap();
    assert_eq!((rest.wins.len(), rest.room(Kind::Win)), (7, 0));
    let one_more = [rest.offered().next().unwrap().id];
    let refused = wins::choose(&mut call.cx(), update.id, &one_more, None).await;
    assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].message.starts_with("are 5")), "{refused:?}");
    // nothing of it goes up where all stays in the team
    let shop = company.chosen("shop", Kind::Win, "Shop's own", Sensitivity::Team).await.update.unwrap();
    let refused = wins::submit(&mut company.call("dora").await.cx(), shop, None).await;
    assert!(
        matches!(&refused, Err(Error::Conflict(why)) if why.contains("nothing in it that goes up")),
        "{refused:?}"
    );
    // one that may go up after all takes room, and is seen to when it is handed up
    let ours = rest.wins.iter().find(|one| !one.entry.goes_up()).unwrap().entry.id;
    let edit = EntryEdit { sensitivity: Some(Sensitivity::Up), ..EntryEdit::default() };
    wins::edit_entry(&mut call.cx(), ours, edit.clone(), None).await.unwrap();
    assert!(matches!(wins::submit(&mut call.cx(), update.id, None).await, Err(Error::Invalid(_))));
    let edit = EntryEdit { sensitivity: Some(Sensitivity::Team), ..edit };
    wins::edit_entry(&mut call.cx(), ours, edit, None).await.unwrap();
    wins::submit(&mut call.cx(), update.id, None).await.unwrap();
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_somebody_may_do_with_an_entry_follows_how_it_stands(pool: PgPool) {
    let company = Company::new(pool).await;
    let rights = async |who: &str, id| {
        let mut call = company.call(who).await;
        let entry = wins::entry(&mut call.cx(), id).await.unwrap();
        wins::entry_rights(&mut call.cx(), &entry).await.unwrap()
    };
    let entry = company.jot("tor", "basket", Kind::Win, "Faster", Sensitivity::Publish).await;
    let waiting = rights("imke", entry.id).await;
    assert!(rights("tor", entry.id).await.edit && waiting.edit);
    assert!(!waiting.attach && !waiting.close, "it is no challenge, and in no update");
    let update = company.update("basket").await;
    let mut imke = company.call("imke").await;
    wins::choose(&mut imke.cx(), update.id, &[entry.id], None).await.unwrap();
    assert!(rights("imke", entry.id).await.edit);
    assert_eq!(rights("tor", entry.id).await, EntryRights::default(), "its lead has it now");
    assert_eq!(wins::stays_up(&mut imke.cx(), &update).await.unwrap(), None);
    company.submit("basket").await;
    let handed_up = rights("imke", entry.id).await;
    assert!(handed_up.attach);
    assert_eq!((handed_up.edit, handed_up.lower), (false, vec![Sensitivity::Up, Sensitivity::Team]));
    assert!(rights("tor", entry.id).await.lower.is_empty());
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    wins::lift(&mut dora.cx(), shop, &[entry.id]).await.unwrap();
    let why = wins::stays_up(&mut imke.cx(), &update).await.unwrap();
    assert_eq!(why.as_deref(), Some("Shop has chosen from it already; ask them to drop that line first"));
    company.submit("shop").await;
    let why = wins::stays_up(&mut imke.cx(), &update).await.unwrap();
    assert_eq!(why.as_deref(), Some("Shop has handed up already; say the rest in the next cycle"));
    assert_eq!(rights("imke", entry.id).await.lower.len(), 2, "nothing above is published yet");
    let edit = EntryEdit { sensitivity: Some(Sensitivity::Up), ..EntryEdit::default() };
    wins::edit_entry(&mut imke.cx(), entry.id, edit, None).await.unwrap();
    assert_eq!(rights("imke", entry.id).await.lower, [Sensitivity::Team]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nothing_is_not_handed_up_but_said(pool: PgPool) {
    let company = Company::new(pool).await;
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let refused = wins::submit(&mut call.cx(), update.id, None).await;
    let Err(Error::Conflict(why)) = refused else { panic!("it was handed up: {refused:?}") };
    assert!(why.contains("say that nothing major happened"), "{why}");
    assert_eq!(company.update("basket").await.state, UpdateState::Open);
    assert!(wins::quiet(&mut call.cx(), update.id, None, false).await.unwrap().quiet);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_entry_is_in_one_update_whoever_takes_it_in(pool: PgPool) {
    let company = Company::new(pool).await;
    company.until("2026-11-22T23:00:00Z");
    company.turn().await; // the next cycle is open beside the one that is being written up
    let mut vera = company.call("vera").await;
    let cycles = wins::cycles(&mut vera.cx(), None, Limit::default()).await.unwrap().items;
    let mut updates = Vec::new();
    for cycle in &cycles {
        updates.push(wins::update(&mut vera.cx(), "basket", &cycle.slug).await.unwrap().0.id);
    }
    assert_eq!(updates.len(), 2);
    wins::delegate(&mut company.call("imke").await.cx(), updates[1], Some("tor")).await.unwrap();
    for nth in 0..5 {
        let entry =
            company.jot("tor", "basket", Kind::Win, &format!("Wanted {nth}"), Sensitivity::Publish).await;
        let (mut imke, mut tor) = (company.call("imke").await, company.call("tor").await);
        let (mut imke, mut tor) = (imke.cx(), tor.cx());
        let keys = [entry.id];
        let (one, other) = tokio::join!(
            wins::choose(&mut imke, updates[0], &keys, None),
            wins::choose(&mut tor, updates[1], &keys, None)
        );
        let refused = match (one, other) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("taken in twice, or by nobody: {both:?}"),
        };
        assert!(
            matches!(&refused, Error::Conflict(why) if why.contains("in another update already")),
            "{refused:?}"
        );
        wins::remove_entry(&mut company.call("imke").await.cx(), entry.id).await.unwrap();
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_sent_twice_is_there_once(pool: PgPool) {
    let company = Company::new(pool).await;
    let new =
        |summary: &str| NewEntry { team: "basket".into(), words: words(summary), ..NewEntry::default() };
    // jotted twice at the same moment, once more after it was taken in, and by another
    let (mut one, mut other) = (company.call("tor").await, company.call("tor").await);
    let (mut one, mut other) = (one.cx(), other.cx());
    let (a, b) = tokio::join!(wins::jot(&mut one, new("Faster")), wins::jot(&mut other, new("Faster")));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.id, b.id);
    let update = company.update("basket").await;
    let mut imke = company.call("imke").await;
    wins::choose(&mut imke.cx(), update.id, &[a.id], None).await.unwrap();
    assert_eq!(wins::jot(&mut one, new("Faster")).await.unwrap().id, a.id);
    let challenge = NewEntry { kind: Some(Kind::Challenge), ..new("Faster") };
    assert_ne!(wins::jot(&mut one, challenge).await.unwrap().id, a.id, "it is of another kind");
    assert_ne!(wins::jot(&mut imke.cx(), new("Faster")).await.unwrap().id, a.id, "it is by another");
    let told = Words { result: "By half".into(), ..words("Faster") };
    let told = NewEntry { words: told, ..new("") };
    assert_ne!(wins::jot(&mut one, told).await.unwrap().id, a.id, "it says more");
    let inside = NewEntry { sensitivity: Some(Sensitivity::Team), ..new("Faster") };
    assert_ne!(wins::jot(&mut one, inside).await.unwrap().id, a.id, "it is for fewer");
    let elsewhere = NewEntry { source_link: "/changes".into(), ..new("Faster") };
    assert_ne!(wins::jot(&mut one, elsewhere).await.unwrap().id, a.id, "it comes from elsewhere");
    let thanked = NewEntry { credits: vec!["tor".into(), "imke".into()], ..new("Faster") };
    assert_ne!(wins::jot(&mut one, thanked).await.unwrap().id, a.id, "it is of more people");

    // the form of an update that was sent twice, and one whose entry was jotted a moment ago
    let edit = SheetEdit { new: vec![new("From the sheet"), new("Faster")], ..SheetEdit::default() };
    for _ in 0..2 {
        let after = wins::save(&mut imke.cx(), update.id, edit.clone()).await.unwrap();
        assert_eq!(after.wins, 3, "Tor's, hers that waited, and the new one");
    }
    company.bed.wait(jiff::ToSpan::seconds(61));
    assert_ne!(
        wins::jot(&mut company.call("tor").await.cx(), new("Faster")).await.unwrap().id,
        a.id,
        "later"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_sheet_is_saved_in_the_version_that_was_shown(pool: PgPool) {
    let company = Company::new(pool).await;
    company.chosen("basket", Kind::Win, "First", Sensitivity::Publish).await;
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let intro = |text: &str| SheetEdit {
        intro: Some(text.into()),
        version: Some(update.version),
        ..SheetEdit::default()
    };
    wins::save(&mut call.cx(), update.id, intro("Mine")).await.unwrap();
    let stale = wins::save(&mut call.cx(), update.id, intro("Theirs")).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    assert_eq!(company.update("basket").await.intro, "Mine");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_line_of_an_entry_is_needed_wherever_it_is_written(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = company.chosen("basket", Kind::Win, "Kept", Sensitivity::Publish).await;
    let update = company.update("basket").await;
    let mut call = company.call("imke").await;
    let told = |summary: &str| Words { result: "By half".into(), ..words(summary) };
    let sheet = SheetEdit {
        entries: vec![(entry.id, EntryEdit { words: Some(told(" ")), ..EntryEdit::default() }, None)],
        new: vec![
            NewEntry { words: told(""), ..NewEntry::default() },
            NewEntry::default(),
            NewEntry { credits: vec!["tor".into()], ..NewEntry::default() },
        ],
        ..SheetEdit::default()
    };
    let refused = wins::save(&mut call.cx(), update.id, sheet).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("it was taken: {refused:?}") };
    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["entries[0].summary", "new[0].summary", "new[2].summary"]);
    assert_eq!(wins::entry(&mut call.cx(), entry.id).await.unwrap().words, words("Kept"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_was_asked_sees_their_task_from_the_first_day(pool: PgPool) {
    let company = Company::new(pool).await;
    // more than three days before it is due
    let update = company.update("harbour").await;
    let owes = async |who: &str| {
        let owed = wins::owed(&mut company.call(who).await.cx()).await.unwrap();
        owed.iter().any(|one| matches!(one, Owed::Update(u) if u.id == update.id))
    };
    assert!(!owes("vera").await);
    wins::delegate(&mut company.call("vera").await.cx(), update.id, Some("viktor")).await.unwrap();
    assert!(owes("viktor").await);
    assert!(!owes("vera").await, "it is another's now");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_may_jot_is_known_before_they_do(pool: PgPool) {
    let company = Company::new(pool).await;
    let team = company.team("basket").id;
    for (who, may) in
        [("tor", true), ("imke", true), ("dora", true), ("vera", true), ("hui", false), ("root", false)]
    {
        assert_eq!(wins::may_jot(&mut company.call(who).await.cx(), team).await.unwrap(), may, "{who}");
    }
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
    let mut tor = company.call("tor").await;
    company.jot("tor", "basket", Kind::Win, "Written for Imke", Sensitivity::Publish).await;
    let waiting = wins::sheet(&mut tor.cx(), update.id).await.unwrap().waiting;
    wins::choose(&mut tor.cx(), update.id, &[waiting[0].id], None).await.unwrap();
    let submitted = wins::submit(&mut tor.cx(), update.id, None).await.unwrap();
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
