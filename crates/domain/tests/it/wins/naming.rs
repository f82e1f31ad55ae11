//! Challenges that name another team.

use jiff::ToSpan;
use portolan_domain::{
    Error,
    wins::{self, Entry, EntryEdit, Kind, NewEntry, Sensitivity, Topic, Words},
};
use portolan_testkit::catalog::{apply_yaml, service};
use sqlx::PgPool;

use super::Company;

/// A challenge of Basket that may be published, in its update.
async fn challenge(company: &Company, new: NewEntry) -> Entry {
    let new = NewEntry {
        team: "basket".into(),
        kind: Some(Kind::Challenge),
        words: Words { summary: "The caches are cold".into(), ..new.words.clone() },
        ..new
    };
    let mut imke = company.call("imke").await;
    let entry = wins::jot(&mut imke.cx(), new).await.unwrap();
    let update = company.update("basket").await.id;
    wins::choose(&mut imke.cx(), update, &[entry.id], None).await.unwrap();
    entry
}

fn names(entry: &Entry) -> Vec<&str> {
    entry.namings.iter().map(|n| n.team.slug.as_str()).collect()
}

/// A challenge of Basket whose text mentions Crane.
fn of_crane() -> NewEntry {
    let words = Words { situation: "We wait for @crane.".into(), ..Words::default() };
    NewEntry { words, ..NewEntry::default() }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn teams_are_named_by_slug_by_mention_and_by_what_they_own(pool: PgPool) {
    let company = Company::new(pool.clone()).await;
    apply_yaml(&pool, &format!("{}{}", service("till", "pilot", ""), service("shelf", "basket", ""))).await;
    let words = Words {
        action: "Asked @Crane, @basket, @nobody and crane@fairhaven.example".into(),
        result: "@shop knows".into(),
        ..Words::default()
    };
    let new = NewEntry {
        words,
        teams: vec!["Pricing".into()],
        about: vec!["component:default/till".into(), "component:default/shelf".into()],
        ..NewEntry::default()
    };
    let entry = challenge(&company, new).await;
    assert_eq!(
        names(&entry),
        ["crane", "pilot", "pricing", "shop"],
        "not the own team, and no word that is none"
    );
    let mut dora = company.call("dora").await;
    let words = Words { summary: "x".into(), situation: "@basket @crane".into(), ..Words::default() };
    let of_shop = NewEntry { team: "shop".into(), words, ..NewEntry::default() };
    let of_shop = wins::jot(&mut dora.cx(), of_shop).await.unwrap();
    assert_eq!(names(&of_shop), ["crane"], "a team below is no other one");
    let wrong = NewEntry {
        team: "shop".into(),
        words: Words { summary: "x".into(), ..Words::default() },
        teams: vec!["nowhere".into()],
        ..NewEntry::default()
    };
    assert!(matches!(wins::jot(&mut dora.cx(), wrong).await, Err(Error::Invalid(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_lead_is_shown_it_once_answers_and_the_answer_goes_up_with_it(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = challenge(&company, of_crane()).await;
    let mut carl = company.call("carl").await;
    assert!(wins::waiting_for_answer(&mut carl.cx()).await.unwrap().is_empty(), "it is a draft");
    let early = wins::answer_naming(&mut carl.cx(), entry.id, "crane", "No").await;
    assert!(matches!(early, Err(Error::NotFound { .. })), "{early:?}");
    assert!(wins::entry(&mut carl.cx(), entry.id).await.is_err(), "nobody outside reads a draft");
    company.submit("basket").await;
    wins::entry(&mut carl.cx(), entry.id).await.expect("whoever is asked for a word reads what it is about");
    assert!(
        wins::entry(&mut company.call("cem").await.cx(), entry.id).await.is_err(),
        "and others of Crane do not"
    );
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    let line = wins::lift(&mut dora.cx(), shop, &[entry.id]).await.unwrap().remove(0);
    let subject = "A challenge of Basket names Crane: The caches are cold";
    assert_eq!(company.told("wins.named").await, [("carl".to_owned(), subject.to_owned())]);
    let waiting = wins::waiting_for_answer(&mut carl.cx()).await.unwrap();
    assert_eq!(waiting.len(), 1, "the line waits for no answer of its own");
    assert_eq!((waiting[0].0.id, waiting[0].1.slug.as_str()), (entry.id, "crane"));
    assert!(!waiting[0].0.namings[0].is_clear(company.bed.now()));

    for who in ["dora", "hui"] {
        let refused = wins::answer_naming(&mut company.call(who).await.cx(), entry.id, "crane", "Yes").await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{who}: {refused:?}");
    }
    let unseen = wins::answer_naming(&mut company.call("olga").await.cx(), entry.id, "crane", "Yes").await;
    assert!(matches!(unseen, Err(Error::NotFound { .. })), "{unseen:?}");
    let refused = wins::attach_answer(&mut company.call("imke").await.cx(), entry.id, "crane", true).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "there is no answer yet");

    let naming = wins::answer_naming(&mut carl.cx(), entry.id, "crane", "Warm since Monday.").await.unwrap();
    assert_eq!(naming.answered_by.as_ref().map(|p| p.handle.as_str()), Some("carl"));
    assert!(naming.is_clear(company.bed.now()));
    assert!(wins::waiting_for_answer(&mut carl.cx()).await.unwrap().is_empty());
    let line = wins::entry(&mut dora.cx(), line.id).await.unwrap();
    assert_eq!(line.namings[0].answer, "Warm since Monday.", "one answer serves the lines too");
    let people: Vec<_> = company.told("wins.answered").await.into_iter().map(|(who, _)| who).collect();
    assert_eq!(people, ["dora", "imke"], "who wrote it and who lifted it");
    let attached = wins::attach_answer(&mut dora.cx(), line.id, "crane", true).await.unwrap();
    assert!(attached.attached);
    let refused = wins::attach_answer(&mut company.call("carl").await.cx(), line.id, "crane", false).await;
    assert!(refused.is_err(), "whoever writes the update says what is published");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_days_are_enough_and_nobody_is_asked_twice(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = challenge(&company, of_crane()).await;
    let update = company.submit("basket").await.id;
    let mut imke = company.call("imke").await;
    wins::recall(&mut imke.cx(), update, None).await.unwrap();
    company.bed.wait(47.hours());
    let edit = EntryEdit { topic: Some(Some(Topic::Operations)), ..EntryEdit::default() };
    let mut imke = company.call("imke").await;
    let edited = wins::edit_entry(&mut imke.cx(), entry.id, edit, None).await.unwrap();
    assert!(!edited.namings[0].is_clear(company.bed.now()));
    company.submit("basket").await;
    assert_eq!(company.told("wins.named").await.len(), 1);
    company.bed.wait(1.hour());
    let now = wins::entry(&mut company.call("imke").await.cx(), entry.id).await.unwrap();
    assert!(now.namings[0].is_clear(company.bed.now()), "they had their time");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_not_to_be_published_names_nobody_and_a_team_without_lead_asks_above(pool: PgPool) {
    let company = Company::new(pool).await;
    company.sql("UPDATE team SET lead_id = NULL WHERE slug = 'crane'").await;
    let inside = NewEntry { sensitivity: Some(Sensitivity::Up), ..of_crane() };
    challenge(&company, inside).await;
    let shown = challenge(&company, of_crane()).await;
    company.submit("basket").await;
    let people: Vec<_> = company.told("wins.named").await.into_iter().map(|(who, _)| who).collect();
    assert_eq!(people, ["yann"]);
    let mut yann = company.call("yann").await;
    let waiting = wins::waiting_for_answer(&mut yann.cx()).await.unwrap();
    assert_eq!(waiting.iter().map(|(e, _)| e.id).collect::<Vec<_>>(), [shown.id]);
    let naming = wins::answer_naming(&mut yann.cx(), shown.id, "crane", "").await.unwrap();
    assert!(naming.answered_at.is_some() && naming.answer.is_empty(), "an empty answer says it was seen");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn other_words_are_shown_anew_and_an_answer_is_to_the_words_it_was_given_to(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = challenge(&company, of_crane()).await;
    let basket = company.submit("basket").await;
    let mut carl = company.call("carl").await;
    wins::answer_naming(&mut carl.cx(), entry.id, "crane", "Warm since Monday.").await.unwrap();
    let mut imke = company.call("imke").await;
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", true).await.unwrap();
    wins::recall(&mut imke.cx(), basket.id, None).await.unwrap();
    let words = |summary: &str| Words {
        summary: summary.into(),
        situation: "We wait for @crane.".into(),
        ..Words::default()
    };
    let rewrite = async |who: &str, id, summary: &str| {
        let edit = EntryEdit { words: Some(words(summary)), ..EntryEdit::default() };
        wins::edit_entry(&mut company.call(who).await.cx(), id, edit, None).await.unwrap().namings.remove(0)
    };
    let same = rewrite("imke", entry.id, "The caches are cold").await;
    assert!(same.attached && same.answered_at.is_some(), "the same words are the same challenge");
    let other = rewrite("imke", entry.id, "Crane keeps the caches cold").await;
    assert_eq!(
        (other.shown_at, other.answered_at, other.answer.as_str(), other.attached),
        (None, None, "", false)
    );
    company.submit("basket").await;
    assert_eq!(company.told("wins.named").await.len(), 2, "and shown anew");
    let naming = wins::answer_naming(&mut carl.cx(), entry.id, "crane", "We do not.").await.unwrap();
    let shown = naming.shown_at;

    // above, the words are others again: the time for an answer runs on, what was answered is not attached, and they are told
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    let line = wins::lift(&mut dora.cx(), shop, &[entry.id]).await.unwrap().remove(0);
    wins::attach_answer(&mut dora.cx(), line.id, "crane", true).await.unwrap();
    let naming = rewrite("dora", line.id, "Cold caches cost us orders").await;
    assert_eq!(
        (naming.shown_at, naming.answer.as_str(), naming.attached, naming.reworded),
        (shown, "We do not.", false, true),
        "what was said to other words stands there as such"
    );
    assert!(!naming.is_answered() && !naming.is_clear(company.bed.now()));
    let refused = wins::attach_answer(&mut dora.cx(), line.id, "crane", true).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("to other words")), "{refused:?}");
    company.submit("shop").await;
    let waiting = wins::waiting_for_answer(&mut carl.cx()).await.unwrap();
    assert_eq!(
        waiting.iter().map(|(e, _)| e.id).collect::<Vec<_>>(),
        [line.id],
        "and asked for a word to these"
    );
    let subject = "A challenge that names Crane has other words now: Cold caches cost us orders";
    assert_eq!(company.told("wins.named").await.iter().filter(|(_, told)| told == subject).count(), 1);
    wins::recall(&mut dora.cx(), shop, None).await.unwrap();
    company.submit("shop").await;
    assert_eq!(company.told("wins.named").await.len(), 3, "of the same words once");
    let naming = wins::answer_naming(&mut carl.cx(), line.id, "crane", "True.").await.unwrap();
    assert!(naming.is_answered() && !naming.reworded);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_line_is_of_the_kind_of_what_it_was_made_of(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = challenge(&company, of_crane()).await;
    company.submit("basket").await;
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    let line = wins::lift(&mut dora.cx(), shop, &[entry.id]).await.unwrap().remove(0);
    let edit = EntryEdit { kind: Some(Kind::Win), ..EntryEdit::default() };
    let refused = wins::edit_entry(&mut dora.cx(), line.id, edit, None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "a win needs nobody's word: {refused:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_answer_that_is_attached_later_goes_with_the_lines_above_too(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = challenge(&company, of_crane()).await;
    company.submit("basket").await;
    let shop = company.update("shop").await;
    let (mut dora, mut imke, mut carl) =
        (company.call("dora").await, company.call("imke").await, company.call("carl").await);
    let line = wins::lift(&mut dora.cx(), shop.id, &[entry.id]).await.unwrap().remove(0);
    wins::answer_naming(&mut carl.cx(), entry.id, "crane", "Warm since Monday.").await.unwrap();
    let attached = async |id| {
        let entry = wins::entry(&mut company.call("dora").await.cx(), id).await.unwrap();
        entry.namings[0].attached
    };
    let before = company.update("shop").await.version;
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", true).await.unwrap();
    assert!(attached(entry.id).await && attached(line.id).await);
    assert!(
        company.update("shop").await.version > before,
        "whoever writes the level above sees that it changed"
    );
    let subject = "The answer of Crane goes with “The caches are cold”";
    assert_eq!(company.told("wins.attached").await, [("dora".to_owned(), subject.to_owned())]);
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", true).await.unwrap();
    assert_eq!(company.told("wins.attached").await.len(), 1, "said again it is no news");

    // above they may leave it out, and it stays out unless it is attached anew
    wins::attach_answer(&mut dora.cx(), line.id, "crane", false).await.unwrap();
    assert!(attached(entry.id).await && !attached(line.id).await);
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", true).await.unwrap();
    assert!(!attached(line.id).await, "what is so already is said to nobody again");
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", false).await.unwrap();
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", true).await.unwrap();
    assert!(attached(line.id).await);
    let unnamed = wins::attach_answer(&mut imke.cx(), entry.id, "pricing", true).await;
    assert!(matches!(unnamed, Err(Error::Conflict(_))), "{unnamed:?}");

    // other words have no answer yet, so none goes with them
    let words =
        Words { summary: "Cold caches cost us".into(), situation: "@crane".into(), ..Words::default() };
    let edit = EntryEdit { words: Some(words), ..EntryEdit::default() };
    wins::edit_entry(&mut dora.cx(), line.id, edit, None).await.unwrap();
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", false).await.unwrap();
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", true).await.unwrap();
    assert!(attached(entry.id).await && !attached(line.id).await);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_answer_goes_up_all_levels_but_not_into_what_is_published(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = challenge(&company, of_crane()).await;
    company.submit("basket").await;
    let (mut dora, mut vera, mut imke, mut carl) = (
        company.call("dora").await,
        company.call("vera").await,
        company.call("imke").await,
        company.call("carl").await,
    );
    let shop = company.update("shop").await.id;
    let line = wins::lift(&mut dora.cx(), shop, &[entry.id]).await.unwrap().remove(0);
    company.submit("shop").await;
    let harbour = company.update("harbour").await.id;
    let top = wins::lift(&mut vera.cx(), harbour, &[line.id]).await.unwrap().remove(0);
    wins::answer_naming(&mut carl.cx(), entry.id, "crane", "Warm since Monday.").await.unwrap();
    let attached =
        async |id| wins::entry(&mut company.call("vera").await.cx(), id).await.unwrap().namings[0].attached;
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", true).await.unwrap();
    assert!(attached(line.id).await && attached(top.id).await, "also where it was handed up already");
    company.submit("harbour").await;
    wins::publish(&mut vera.cx(), harbour).await.unwrap();
    wins::attach_answer(&mut imke.cx(), entry.id, "crane", false).await.unwrap();
    assert!(!attached(line.id).await && attached(top.id).await, "what is published stays as it is");
}
