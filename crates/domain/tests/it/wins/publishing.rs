//! Publishing: what is kept, that it stays, and what is held back.

use portolan_domain::{
    Error,
    wins::{self, EntryEdit, Kind, NewEntry, NewMember, PreviewAs, Sensitivity, UpdateState, Words},
};
use sqlx::PgPool;

use super::Company;

/// A challenge of a team that names another one, in its update.
async fn naming(company: &Company, team: &str, other: &str, summary: &str) -> wins::Entry {
    let lead = Company::lead_of(team);
    let new = NewEntry {
        team: team.into(),
        kind: Some(Kind::Challenge),
        words: Words { summary: summary.into(), ..Words::default() },
        teams: vec![other.into()],
        ..NewEntry::default()
    };
    let mut call = company.call(lead).await;
    let entry = wins::jot(&mut call.cx(), new).await.unwrap();
    let update = company.update(team).await;
    wins::choose(&mut call.cx(), update.id, &[entry.id], None).await.unwrap();
    entry
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_published_stays_to_the_byte(pool: PgPool) {
    let company = Company::new(pool).await;
    let win = company.chosen("harbour", Kind::Win, "Two ships at once", Sensitivity::Publish).await;
    let kept_in = company.chosen("harbour", Kind::Win, "Kept inside", Sensitivity::Up).await;
    let open = company.update("harbour").await;
    let mut vera = company.call("vera").await;
    let early = wins::publish(&mut vera.cx(), open.id).await;
    assert!(matches!(early, Err(Error::Conflict(_))), "it was not handed up: {early:?}");
    let update = company.submit("harbour").await;
    let none = wins::publish(&mut company.call("yann").await.cx(), update.id).await;
    assert!(none.is_err(), "who does not write it publishes nothing");
    let first = wins::publish(&mut vera.cx(), update.id).await.unwrap();
    assert_eq!(first.document.wins.iter().map(|line| line.id).collect::<Vec<_>>(), [win.id]);
    assert!(!first.bytes.contains("Kept inside") && first.may_add && first.readers > 0);
    assert_eq!(wins::entry(&mut vera.cx(), win.id).await.unwrap().publication, Some(first.id));
    assert_eq!(wins::entry(&mut vera.cx(), kept_in.id).await.unwrap().publication, None);
    assert_eq!(wins::update_by_id(&mut vera.cx(), update.id).await.unwrap().0.state, UpdateState::Published);
    let again = wins::publish(&mut vera.cx(), update.id).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "once: {again:?}");

    // whatever happens around it, the bytes are those, and their hash is true
    wins::add_addendum(&mut vera.cx(), first.id, "It were **three** ships.").await.unwrap();
    company.sql("UPDATE team SET name = 'Haven' WHERE slug = 'harbour'").await;
    company.sql("UPDATE person SET name = 'Somebody else'").await;
    company.until("2026-12-12T12:00:00Z");
    company.turn().await;
    let then = wins::publication(&mut vera.cx(), "harbour", "2026-w46").await.unwrap();
    assert_eq!((&then.bytes, &then.hash), (&first.bytes, &first.hash));
    let (hash, bytes): (String, String) = sqlx::query_as(
        "SELECT encode(sha256(convert_to(document, 'UTF8')), 'hex'), document
         FROM wins_publication WHERE id = $1",
    )
    .bind(first.id)
    .fetch_one(&company.pool)
    .await
    .unwrap();
    assert_eq!((hash, bytes), (first.hash, first.bytes));
    assert_eq!(then.addenda.len(), 1);
    assert_eq!(then.document.team.label, "Harbour");
    for told in [then.text("https://portal.example"), then.markdown("https://portal.example")] {
        let (published, added) =
            (told.find("Two ships at once").unwrap(), told.find("It were **three** ships.").unwrap());
        assert!(
            published < added && told.contains("21 November 2026, "),
            "what was added is told after it: {told}"
        );
        assert!(told.contains("Somebody else"), "and by whom: {told}");
    }
    let (_, secret) = wins::create_feed(&mut vera.cx(), None).await.unwrap();
    let feed = wins::read_feed(&mut company.bed.as_stranger().await.cx(), &secret).await.unwrap();
    let item = feed.items.iter().find(|item| item.id == first.id).unwrap();
    assert_eq!((&item.addenda, item.updated_at), (&then.addenda, then.addenda[0].at));
    for statement in [
        "UPDATE wins_publication SET document = document || ' '",
        "UPDATE wins_publication SET published_at = now()",
        "UPDATE wins_entry SET summary = 'x' WHERE publication_id IS NOT NULL",
        "UPDATE wins_entry SET publication_id = NULL WHERE publication_id IS NOT NULL",
    ] {
        assert!(sqlx::query(statement).execute(&company.pool).await.is_err(), "{statement}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_challenge_waits_for_who_it_names(pool: PgPool) {
    let company = Company::new(pool).await;
    naming(&company, "harbour", "other", "Other is slow").await;
    company.until("2026-11-24T10:00:00Z");
    let update = company.submit("harbour").await;
    let mut vera = company.call("vera").await;
    let refused = wins::publish(&mut vera.cx(), update.id).await;
    let Err(Error::Conflict(why)) = refused else { panic!("it was published: {refused:?}") };
    assert!(why.contains("Other") && why.contains("Thursday 26 November, 11:00"), "{why}");
    let shown = wins::preview(&mut vera.cx(), update.id, PreviewAs::Reader).await.unwrap();
    assert!(shown.document.challenges.is_empty());
    assert_eq!(shown.held.iter().map(|held| &held.why).collect::<Vec<_>>(), [&why], "and it says why");
    let above = wins::preview(&mut vera.cx(), update.id, PreviewAs::Above).await.unwrap();
    assert_eq!((above.document.challenges.len(), above.held.len()), (1, 0));
    company.until("2026-11-26T10:00:00Z");
    let mut vera = company.call("vera").await;
    let published = wins::publish(&mut vera.cx(), update.id).await.unwrap();
    let line = &published.document.challenges[0];
    assert!(line.answers.is_empty(), "nobody answered, so nobody is said to have seen it");
    assert_eq!(line.since.map(|d| d.to_string()).as_deref(), Some("2026-11-21"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_answer_is_published_where_it_was_attached(pool: PgPool) {
    let company = Company::new(pool).await;
    let said = naming(&company, "harbour", "other", "Other is slow").await;
    let silent = naming(&company, "harbour", "other", "Other is far").await;
    let update = company.submit("harbour").await;
    let mut otto = company.call("otto").await;
    for entry in [said.id, silent.id] {
        wins::answer_naming(&mut otto.cx(), entry, "other", "We hurry.").await.unwrap();
    }
    let mut vera = company.call("vera").await;
    wins::attach_answer(&mut vera.cx(), said.id, "other", true).await.unwrap();
    let published = wins::publish(&mut vera.cx(), update.id).await.unwrap();
    let answers: Vec<_> =
        published.document.challenges.iter().map(|line| line.answers[0].1.as_str()).collect();
    assert_eq!(answers, ["We hurry.", ""]);
    assert!(published.document.markdown("").contains("**Other answers**\n\nWe hurry."));
    assert!(!serde_json::to_string(&published.document.for_outside()).unwrap().contains("We hurry."));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn at_its_time_a_cycle_is_published_without_what_waits(pool: PgPool) {
    let company = Company::new(pool).await;
    company.chosen("basket", Kind::Win, "Checkout is fast", Sensitivity::Publish).await;
    let waits = naming(&company, "basket", "pricing", "Prices come late").await;
    company.until("2026-11-26T12:00:00Z");
    company.submit("basket").await;
    company.until("2026-11-27T08:30:00Z");
    company.turn().await;
    let mut imke = company.call("imke").await;
    let published = wins::publication(&mut imke.cx(), "basket", "2026-w46").await.unwrap();
    assert_eq!((published.document.wins.len(), published.document.challenges.len()), (1, 0));
    assert_eq!(published.document.wins[0].teams[0].path, "/teams/basket");
    let entry = wins::entry(&mut imke.cx(), waits.id).await.unwrap();
    assert_eq!((entry.update, entry.publication), (None, None), "it waits in its team again");
    let before = company.number("SELECT count(*) FROM wins_publication").await;
    company.turn().await;
    assert_eq!(company.number("SELECT count(*) FROM wins_publication").await, before, "once");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn only_who_writes_for_the_team_adds_to_what_it_published(pool: PgPool) {
    let company = Company::new(pool).await;
    company.chosen("harbour", Kind::Win, "Two ships at once", Sensitivity::Publish).await;
    let update = company.submit("harbour").await;
    let id = wins::publish(&mut company.call("vera").await.cx(), update.id).await.unwrap().id;
    for (who, text) in [("viktor", "x"), ("imke", "x"), ("root", "x"), ("otto", "x"), ("vera", "  ")] {
        let said = wins::add_addendum(&mut company.call(who).await.cx(), id, text).await;
        assert!(said.is_err(), "{who}: {said:?}");
    }
    assert_eq!(company.number("SELECT count(*) FROM wins_addendum").await, 0);
    let said = wins::add_addendum(&mut company.call("vera").await.cx(), id, "Three.").await.unwrap();
    assert_eq!((said.text.as_str(), said.by.unwrap().handle.as_str()), ("Three.", "vera"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_publishing_would_do_is_told_before_it_is_done(pool: PgPool) {
    let company = Company::new(pool).await;
    let lists = &mut company.call("root").await;
    for (name, who) in [
        ("Board", NewMember::Person("otto".into())),
        ("Partners", NewMember::Outside("partner@elsewhere.example".into())),
    ] {
        let list = wins::create_list(&mut lists.cx(), "harbour", name).await.unwrap();
        wins::add_to_list(&mut lists.cx(), list.id, &who).await.unwrap();
    }
    company.chosen("harbour", Kind::Win, "Two ships at once", Sensitivity::Publish).await;
    let inside = company.chosen("harbour", Kind::Win, "Kept inside", Sensitivity::Up).await;
    let waits = naming(&company, "harbour", "other", "Other is slow").await;
    let mut vera = company.call("vera").await;
    let open = company.update("harbour").await;
    let early = wins::publishing(&mut vera.cx(), open.id).await.unwrap();
    assert!(early.refused.is_some_and(|why| why.contains("hand the update up first")));
    assert!(early.preview.held[0].why.contains("is shown") && early.preview.held[0].until.is_none());
    company.until("2026-11-26T12:00:00Z");
    company.submit("yard").await;
    let update = company.submit("harbour").await;
    let mut vera = company.call("vera").await;
    let asked = wins::publishing(&mut vera.cx(), update.id).await.unwrap();
    assert_eq!(asked.lists, ["Board", "Partners"]);
    assert_eq!((asked.letters, asked.outside), (1, 1));
    assert_eq!(asked.preview.inside.iter().map(|e| e.id).collect::<Vec<_>>(), [inside.id]);
    assert_eq!(asked.preview.held.iter().map(|h| h.entry.id).collect::<Vec<_>>(), [waits.id]);
    assert_eq!(asked.refused.as_ref(), Some(&asked.preview.held[0].why));
    let late: Vec<_> = asked
        .late
        .iter()
        .map(|below| (below.update.team.slug.as_str(), below.update.submitted_at.is_some()))
        .collect();
    assert_eq!(late, [("shop", false), ("basket", false), ("pricing", false), ("yard", true)]);
    for who in ["yann", "viktor", "otto", "root"] {
        assert!(wins::publishing(&mut company.call(who).await.cx(), update.id).await.is_err(), "{who}");
    }

    // what waits is left out by hand; then it is published as it was told
    let less = EntryEdit { sensitivity: Some(Sensitivity::Up), ..EntryEdit::default() };
    wins::edit_entry(&mut vera.cx(), waits.id, less, None).await.unwrap();
    let asked = wins::publishing(&mut vera.cx(), update.id).await.unwrap();
    assert_eq!((asked.refused, asked.preview.inside.len()), (None, 2));
    let made = wins::publish(&mut vera.cx(), update.id).await.unwrap();
    assert_eq!((&made.document.wins, made.readers), (&asked.preview.document.wins, asked.readers));
}
