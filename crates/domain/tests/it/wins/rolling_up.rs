//! Rolling up: what the level above sees, what it makes of it, and what is told to whoever wrote it.

use portolan_domain::{
    Error, WinsEntryId,
    people::PersonName,
    wins::{
        self, Audience, Entry, EntryEdit, Kind, NewEntry, Number, Provenance, Sensitivity, UpdateState, Words,
    },
};
use sqlx::PgPool;

use super::Company;

/// What `below` shows to somebody: each team, whether it is late, and the summaries of what it offers.
async fn shown(company: &Company, who: &str, team: &str) -> Vec<(String, bool, Vec<String>)> {
    let update = company.update(team).await.id;
    let found = wins::below(&mut company.call(who).await.cx(), update).await.unwrap();
    let offered = |below: &wins::Below| below.entries.iter().map(|o| o.entry.words.summary.clone()).collect();
    found.iter().map(|below| (below.update.team.slug.clone(), below.late, offered(below))).collect()
}

fn row(team: &str, late: bool, entries: &[&str]) -> (String, bool, Vec<String>) {
    (team.into(), late, entries.iter().map(|e| (*e).to_owned()).collect())
}

/// What somebody was told of lines made of theirs: subject and text.
async fn lifted_told(company: &Company, handle: &str) -> Vec<(String, String)> {
    sqlx::query_as(
        "SELECT n.subject, n.body FROM notice n JOIN person p ON p.id = n.person_id WHERE p.handle = $1 AND n.event = 'wins.lifted' ORDER BY n.id",
    )
    .bind(handle)
    .fetch_all(&company.pool)
    .await
    .unwrap()
}

async fn lift(company: &Company, team: &str, entries: &[WinsEntryId]) -> portolan_domain::Result<Vec<Entry>> {
    let update = company.update(team).await.id;
    wins::lift(&mut company.call(Company::lead_of(team)).await.cx(), update, entries).await
}

/// A line of a team, in other words.
async fn rewrite(company: &Company, team: &str, line: WinsEntryId, summary: &str) -> Entry {
    let words = Words { summary: summary.into(), ..Words::default() };
    let edit = EntryEdit { words: Some(words), ..EntryEdit::default() };
    let mut call = company.call(Company::lead_of(team)).await;
    wins::edit_entry(&mut call.cx(), line, edit, None).await.unwrap()
}

fn leaves(of: &Provenance) -> Vec<String> {
    if of.origins.is_empty() {
        return vec![of.entry.words.summary.clone()];
    }
    of.origins.iter().flat_map(leaves).collect()
}

fn is_not_found<T>(result: &portolan_domain::Result<T>) -> bool {
    matches!(result, Err(Error::NotFound { .. }))
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_level_above_sees_what_was_handed_up_and_who_is_late_keeps_nobody_back(pool: PgPool) {
    let company = Company::new(pool).await;
    company.chosen("basket", Kind::Win, "Checkout is fast", Sensitivity::Publish).await;
    company.chosen("basket", Kind::Win, "Tor passed his exam", Sensitivity::Team).await;
    company.chosen("pricing", Kind::Win, "Prices are right", Sensitivity::Up).await;
    company.submit("basket").await;
    let fast = ["Checkout is fast"];
    assert_eq!(
        shown(&company, "dora", "shop").await,
        [row("basket", false, &fast), row("pricing", false, &[])],
        "what stays in the team and what is not handed up are not there"
    );

    company.until("2026-11-24T14:01:00Z");
    assert_eq!(shown(&company, "dora", "shop").await[1], row("pricing", true, &[]), "it was due at three");
    let nobody: &[&str] = &[];
    assert_eq!(
        shown(&company, "vera", "harbour").await,
        [
            row("shop", false, nobody),
            row("basket", false, &fast),
            row("pricing", true, nobody),
            row("yard", false, nobody),
            row("crane", true, nobody),
            row("pilot", true, nobody),
        ],
        "below who did not hand up stands what was handed to them"
    );
    company.submit("pricing").await;
    assert_eq!(shown(&company, "dora", "shop").await[1], row("pricing", true, &["Prices are right"]));
    company.submit("shop").await;
    assert_eq!(shown(&company, "vera", "harbour").await[0], row("shop", false, nobody));
    assert_eq!(shown(&company, "vera", "harbour").await[1].0, "yard", "and nothing of what is below it");

    let shop = company.update("shop").await.id;
    for who in ["imke", "otto", "root"] {
        assert!(is_not_found(&wins::below(&mut company.call(who).await.cx(), shop).await), "{who}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_line_is_lifted_once_rewritten_and_told_to_who_wrote_it(pool: PgPool) {
    let company = Company::new(pool).await;
    let fast = company.jot("tor", "basket", Kind::Win, "Checkout p95 is 1.9 s", Sensitivity::Publish).await;
    let basket = company.update("basket").await.id;
    wins::choose(&mut company.call("imke").await.cx(), basket, &[fast.id], None).await.unwrap();
    assert!(
        is_not_found(&lift(&company, "shop", &[fast.id]).await),
        "nothing is lifted before it is handed up"
    );
    company.submit("basket").await;

    let line = lift(&company, "shop", &[fast.id]).await.unwrap().remove(0);
    assert!(line.is_line && line.words == fast.words && line.team.slug == "shop");
    assert_eq!(line.credits, fast.credits, "who did it stays credited");
    let again = lift(&company, "shop", &[fast.id, fast.id]).await.unwrap();
    assert_eq!(again.iter().map(|e| e.id).collect::<Vec<_>>(), [line.id], "what was lifted is the same line");

    rewrite(&company, "shop", line.id, "People pay twice as fast").await;
    let mut tor = company.call("tor").await;
    assert!(wins::lifted(&mut tor.cx(), fast.id).await.unwrap().is_empty(), "drafts of others are not told");
    assert!(lifted_told(&company, "tor").await.is_empty());
    company.submit("shop").await;
    let lifted = wins::lifted(&mut tor.cx(), fast.id).await.unwrap();
    assert_eq!(lifted.len(), 1);
    assert_eq!((lifted[0].team.slug.as_str(), lifted[0].state), ("shop", UpdateState::Submitted));
    assert_eq!(lifted[0].line.words.summary, "People pay twice as fast");
    let notices = lifted_told(&company, "tor").await;
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].0, "Shop chose “Checkout p95 is 1.9 s”");
    assert_eq!(notices[0].1, "“Checkout p95 is 1.9 s” is handed up as “People pay twice as fast”.");
    assert!(lifted_told(&company, "dora").await.is_empty(), "nobody is told what they did themselves");
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    wins::recall(&mut dora.cx(), shop, None).await.unwrap();
    company.submit("shop").await;
    assert_eq!(lifted_told(&company, "tor").await.len(), 1, "nor of the same words twice");
    wins::recall(&mut dora.cx(), shop, None).await.unwrap();
    rewrite(&company, "shop", line.id, "Everybody pays twice as fast").await;
    company.submit("shop").await;
    assert_eq!(lifted_told(&company, "tor").await.len(), 2);
    assert!(is_not_found(&wins::lifted(&mut company.call("otto").await.cx(), fast.id).await));

    let top = lift(&company, "harbour", &[line.id]).await.unwrap().remove(0);
    let way = wins::provenance(&mut company.call("vera").await.cx(), top.id).await.unwrap();
    assert_eq!(way.origins[0].entry.id, line.id);
    assert_eq!(way.origins[0].origins[0].entry.id, fast.id);
    assert!(way.origins[0].origins[0].origins.is_empty() && way.origins[0].cycle.is_some());
    assert!(is_not_found(&wins::provenance(&mut company.call("otto").await.cx(), top.id).await));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_lines_become_one_and_nothing_of_them_is_lost(pool: PgPool) {
    let company = Company::new(pool).await;
    let first = company.chosen("basket", Kind::Win, "Checkout is fast", Sensitivity::Publish).await;
    let second = company.chosen("pricing", Kind::Win, "Prices are cached", Sensitivity::Up).await;
    let hard = company.chosen("pricing", Kind::Challenge, "The cache is cold", Sensitivity::Publish).await;
    for (entry, result) in [(&first, "1.9 s"), (&second, "No more misses")] {
        let number = Number { what: result.into(), value: "1".into(), ..Number::default() };
        let words = Words { result: result.into(), numbers: vec![number], ..entry.words.clone() };
        let edit = EntryEdit { words: Some(words), ..EntryEdit::default() };
        let lead = Company::lead_of(&entry.team.slug);
        wins::edit_entry(&mut company.call(lead).await.cx(), entry.id, edit, None).await.unwrap();
    }
    company.submit("basket").await;
    company.submit("pricing").await;
    let lines = lift(&company, "shop", &[first.id, second.id, hard.id]).await.unwrap();
    let mut dora = company.call("dora").await;
    let wrong = wins::merge(&mut dora.cx(), lines[0].id, lines[2].id).await;
    assert!(matches!(wrong, Err(Error::Conflict(_))), "a win is no challenge: {wrong:?}");
    assert!(matches!(wins::merge(&mut dora.cx(), lines[0].id, lines[0].id).await, Err(Error::Invalid(_))));
    let own = company.chosen("shop", Kind::Win, "We hired", Sensitivity::Publish).await;
    let wrong = wins::merge(&mut dora.cx(), lines[0].id, own.id).await;
    assert!(matches!(wrong, Err(Error::Conflict(_))), "only lines are merged: {wrong:?}");

    let one = wins::merge(&mut dora.cx(), lines[0].id, lines[1].id).await.unwrap();
    assert_eq!(one.id, lines[0].id);
    assert_eq!(one.words.summary, "Checkout is fast");
    assert_eq!(one.words.situation, "Prices are cached", "the other summary is not lost");
    assert_eq!(one.words.result, "1.9 s\n\nNo more misses");
    assert_eq!(one.words.numbers.len(), 2);
    assert_eq!(one.sensitivity, Sensitivity::Up, "it goes no further than the least of both");
    let names: Vec<_> = one.credits.iter().map(|PersonName { handle, .. }| handle.as_str()).collect();
    assert_eq!(names, ["hui", "imke"]);
    assert!(is_not_found(&wins::entry(&mut dora.cx(), lines[1].id).await));
    let way = wins::provenance(&mut dora.cx(), one.id).await.unwrap();
    let mut from = leaves(&way);
    from.sort();
    assert_eq!(from, ["Checkout is fast", "Prices are cached"]);
    let raised = EntryEdit { sensitivity: Some(Sensitivity::Publish), ..EntryEdit::default() };
    let refused = wins::edit_entry(&mut dora.cx(), one.id, raised, None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");

    wins::put_back(&mut dora.cx(), one.id).await.unwrap();
    wins::entry(&mut company.call("imke").await.cx(), first.id).await.unwrap();
    let again = lift(&company, "shop", &[second.id]).await.unwrap();
    assert_ne!(again[0].id, one.id, "what was dropped can be chosen again");
    let refused = wins::put_back(&mut company.call("imke").await.cx(), again[0].id).await;
    assert!(refused.is_err(), "who is below does not edit above");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_caps_are_real_and_the_lead_may_raise_them(pool: PgPool) {
    let company = Company::new(pool).await;
    let mut all = Vec::new();
    for team in ["basket", "pricing"] {
        for n in 0..3 {
            all.push(company.chosen(team, Kind::Win, &format!("{team} {n}"), Sensitivity::Publish).await.id);
        }
        company.submit(team).await;
    }
    lift(&company, "shop", &all[..4]).await.unwrap();
    let refused = lift(&company, "shop", &all).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("raise the limit")), "{refused:?}");
    let shop = company.update("shop").await;
    assert_eq!(shop.wins, 4, "nothing of what was refused is there");
    wins::raise_limits(&mut company.call("dora").await.cx(), shop.id, 6, 2).await.unwrap();
    assert_eq!(lift(&company, "shop", &all).await.unwrap().len(), 6);
    let places: Vec<_> = lift(&company, "shop", &all).await.unwrap().iter().map(|e| e.place).collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6]);
    company.submit("shop").await;
    let late = lift(&company, "shop", &all[..1]).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "what was handed up is not changed: {late:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_may_go_less_far_takes_its_lines_with_it(pool: PgPool) {
    let company = Company::new(pool).await;
    let alone = company.chosen("basket", Kind::Win, "Alone", Sensitivity::Publish).await;
    let shared = company.chosen("basket", Kind::Win, "Shared", Sensitivity::Publish).await;
    let other = company.chosen("pricing", Kind::Win, "Other", Sensitivity::Publish).await;
    company.submit("basket").await;
    company.submit("pricing").await;
    let lines = lift(&company, "shop", &[alone.id, shared.id, other.id]).await.unwrap();
    wins::merge(&mut company.call("dora").await.cx(), lines[1].id, lines[2].id).await.unwrap();
    company.submit("shop").await;
    let tops = lift(&company, "harbour", &[lines[0].id, lines[1].id]).await.unwrap();

    let lower = |to| EntryEdit { sensitivity: Some(to), ..EntryEdit::default() };
    let mut imke = company.call("imke").await;
    wins::edit_entry(&mut imke.cx(), shared.id, lower(Sensitivity::Up), None).await.unwrap();
    let mut vera = company.call("vera").await;
    let top = wins::entry(&mut vera.cx(), tops[1].id).await.unwrap();
    assert_eq!(top.sensitivity, Sensitivity::Up, "no line goes further than what it is made of");
    wins::edit_entry(&mut imke.cx(), shared.id, lower(Sensitivity::Team), None).await.unwrap();
    let way = wins::provenance(&mut vera.cx(), tops[1].id).await.unwrap();
    assert_eq!(leaves(&way), ["Other"], "what stays in the team is taken out");

    let held = wins::entry(&mut vera.cx(), tops[1].id).await.unwrap();
    assert_eq!(held.sensitivity, Sensitivity::Up, "it may still have the words of what was taken out");

    wins::edit_entry(&mut imke.cx(), alone.id, lower(Sensitivity::Team), None).await.unwrap();
    for (who, line) in [("dora", lines[0].id), ("vera", tops[0].id)] {
        let gone = wins::entry(&mut company.call(who).await.cx(), line).await;
        assert!(is_not_found(&gone), "nothing is left of it: {who}");
    }
    let told = company
        .number("SELECT count(*) FROM notice n JOIN person p ON p.id = n.person_id WHERE n.event = 'wins.narrowed' AND p.handle = 'vera'")
        .await;
    assert_eq!(
        told, 3,
        "that it may not be published, that one of its origins is gone, that the other one is gone whole"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_merged_line_is_split_into_what_it_was_made_of(pool: PgPool) {
    let company = Company::new(pool).await;
    let new = |team: &str, names: &str, summary: &str, may| NewEntry {
        team: team.into(),
        kind: Some(Kind::Challenge),
        words: Words { summary: summary.into(), ..Words::default() },
        teams: vec![names.into()],
        sensitivity: Some(may),
        ..NewEntry::default()
    };
    let mut origins = Vec::new();
    for (team, names, summary, may) in [
        ("basket", "crane", "The caches are cold", Sensitivity::Publish),
        ("pricing", "pilot", "Prices come late", Sensitivity::Up),
    ] {
        let mut lead = company.call(Company::lead_of(team)).await;
        let entry = wins::jot(&mut lead.cx(), new(team, names, summary, may)).await.unwrap();
        wins::choose(&mut lead.cx(), company.update(team).await.id, &[entry.id], None).await.unwrap();
        company.submit(team).await;
        origins.push(entry.id);
    }
    let first = company.chosen("shop", Kind::Challenge, "Ours", Sensitivity::Publish).await;
    wins::put_back(&mut company.call("dora").await.cx(), first.id).await.unwrap();
    let lines = lift(&company, "shop", &origins).await.unwrap();
    let mut dora = company.call("dora").await;
    let alone = wins::split(&mut dora.cx(), lines[0].id).await;
    assert!(matches!(alone, Err(Error::Conflict(_))), "it was made of one: {alone:?}");
    let one = wins::merge(&mut dora.cx(), lines[0].id, lines[1].id).await.unwrap();
    rewrite(&company, "shop", one.id, "Everything is cold and late").await;
    let carl = &mut company.call("carl").await;
    wins::answer_naming(&mut carl.cx(), origins[0], "crane", "Warm since Monday.").await.unwrap();

    // no room for two while another one stands beside it
    let shop = company.update("shop").await.id;
    wins::choose(&mut dora.cx(), shop, &[first.id], None).await.unwrap();
    let refused = wins::split(&mut dora.cx(), one.id).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("raise the limit")), "{refused:?}");
    assert_eq!(
        wins::entry(&mut dora.cx(), one.id).await.unwrap().words.summary,
        "Everything is cold and late"
    );
    assert!(
        wins::split(&mut company.call("imke").await.cx(), one.id).await.is_err(),
        "who is below splits nothing"
    );
    wins::raise_limits(&mut dora.cx(), shop, 4, 3).await.unwrap();

    let split = wins::split(&mut dora.cx(), one.id).await.unwrap();
    let told: Vec<_> = split
        .iter()
        .map(|line| {
            let names =
                line.namings.iter().map(|n| (n.team.slug.as_str(), n.answer.as_str())).collect::<Vec<_>>();
            (line.words.summary.as_str(), line.sensitivity, names)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("The caches are cold", Sensitivity::Publish, vec![("crane", "Warm since Monday.")]),
            ("Prices come late", Sensitivity::Up, vec![("pilot", "")]),
        ],
        "each in its own words, with its own names and answers"
    );
    assert!(split[0].namings[0].shown_at.is_some(), "nobody is asked twice");
    for (line, origin) in split.iter().zip(&origins) {
        let way = wins::provenance(&mut dora.cx(), line.id).await.unwrap();
        assert_eq!(way.origins.iter().map(|o| o.entry.id).collect::<Vec<_>>(), [*origin]);
    }
    assert!(is_not_found(&wins::entry(&mut dora.cx(), one.id).await));
    let sheet = wins::sheet(&mut dora.cx(), shop).await.unwrap();
    let order: Vec<_> = sheet.challenges.iter().map(|one| one.entry.place).collect();
    assert_eq!((order, sheet.challenges[2].entry.id), (vec![1, 2, 3], first.id), "in the place of the line");
    company.submit("shop").await;
    let late = wins::split(&mut dora.cx(), split[0].id).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "what was handed up is not changed: {late:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_reader_is_led_to_origins_only_where_there_are_any_for_them(pool: PgPool) {
    let company = Company::new(pool).await;
    let fast = company.chosen("basket", Kind::Win, "Checkout is fast", Sensitivity::Publish).await;
    let own = company.chosen("harbour", Kind::Win, "Two ships at once", Sensitivity::Publish).await;
    company.submit("basket").await;
    let line = lift(&company, "harbour", &[fast.id]).await.unwrap().remove(0);
    let mut vera = company.call("vera").await;
    let harbour = company.update("harbour").await.id;
    wins::set_audience(&mut vera.cx(), harbour, Audience::Everyone).await.unwrap();
    company.submit("harbour").await;
    wins::publish(&mut vera.cx(), harbour).await.unwrap();
    for (who, expected) in [("vera", vec![line.id]), ("tor", vec![line.id]), ("otto", vec![])] {
        let mut call = company.call(who).await;
        let found = wins::traceable(&mut call.cx(), &[line.id, own.id]).await.unwrap();
        assert_eq!(found, expected, "{who}");
        let behind = wins::behind(&mut call.cx(), line.id).await.unwrap();
        assert_eq!(behind.teams.iter().map(|t| t.slug.as_str()).collect::<Vec<_>>(), ["basket"], "{who}");
        assert!(behind.published.is_empty(), "it is not published yet: {who}");
    }
    company.until("2026-11-27T08:30:00Z");
    company.turn().await;
    for (who, published) in [("tor", 1), ("otto", 0)] {
        let behind = wins::behind(&mut company.call(who).await.cx(), line.id).await.unwrap();
        assert_eq!(behind.published.len(), published, "{who} reads what Basket published, or does not");
    }
    let hidden = wins::behind(&mut company.call("otto").await.cx(), fast.id).await;
    assert!(is_not_found(&hidden), "{hidden:?}");
}
