//! Letters: who is sent one, what it says, and how it is stopped.

use jiff::ToSpan;
use portolan_domain::{
    Error,
    wins::{self, Kind, Letter, LetterJob, ListMember, NewMember, Sensitivity},
};
use sqlx::PgPool;

use super::Company;

async fn jobs(company: &Company) -> Vec<LetterJob> {
    let rows: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT payload FROM job WHERE kind = 'wins.letter' ORDER BY id")
            .fetch_all(&company.pool)
            .await
            .unwrap();
    rows.into_iter().map(|row| serde_json::from_value(row).unwrap()).collect()
}

/// The secret in a letter's link.
fn secret_of(letter: &Letter) -> String {
    letter.stop.as_deref().and_then(|stop| stop.strip_prefix("/wins/stop/")).unwrap().to_owned()
}

/// Harbour's lists: Otto twice, once by himself; Basket with Imke and Tor; three addresses outside, of which one was let in.
async fn lists(company: &Company) -> (ListMember, ListMember) {
    let mut vera = company.call("vera").await;
    let cx = &mut vera.cx();
    let first = wins::create_list(cx, "harbour", "Leads").await.unwrap();
    let second = wins::create_list(cx, "harbour", "Friends").await.unwrap();
    let otto = wins::add_to_list(cx, first.id, &NewMember::Person("otto".into())).await.unwrap();
    wins::add_to_list(cx, second.id, &NewMember::Person("otto@fairhaven.example".into())).await.unwrap();
    wins::add_to_list(cx, second.id, &NewMember::Team("other".into())).await.unwrap();
    wins::add_to_list(cx, first.id, &NewMember::Team("shop".into())).await.unwrap();
    let outside =
        wins::add_to_list(cx, first.id, &NewMember::Outside("ann@press.example".into())).await.unwrap();
    wins::add_to_list(cx, second.id, &NewMember::Outside("bob@press.example".into())).await.unwrap();
    assert!(outside.allowed_at.is_none(), "it waits for an admin");
    for (what, who) in [
        ("somebody twice", NewMember::Person("otto".into())),
        ("nobody", NewMember::Person("nobody".into())),
        ("no team", NewMember::Team("nothing".into())),
        ("no address", NewMember::Outside("ann".into())),
        ("somebody of the portal", NewMember::Outside("tor@fairhaven.example".into())),
        ("an empty word", NewMember::Person(" ".into())),
    ] {
        let added = wins::add_to_list(cx, first.id, &who).await;
        assert!(matches!(added, Err(Error::Conflict(_) | Error::Invalid(_))), "{what}: {added:?}");
    }
    (otto, outside)
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn everybody_on_the_lists_is_sent_one_letter(pool: PgPool) {
    let company = Company::new(pool).await;
    let (otto, outside) = lists(&company).await;
    let mut root = company.call("root").await;
    assert_eq!(wins::waiting_addresses(&mut root.cx()).await.unwrap().len(), 2);
    assert!(
        wins::allow_address(&mut company.call("vera").await.cx(), outside.id).await.is_err(),
        "vera is no admin"
    );
    assert!(wins::allow_address(&mut root.cx(), outside.id).await.unwrap().allowed_at.is_some());
    company.chosen("harbour", Kind::Win, "Two ships at once", Sensitivity::Publish).await;
    let update = company.submit("harbour").await;
    let mut vera = company.call("vera").await;
    let publication = wins::publish(&mut vera.cx(), update.id).await.unwrap().id;

    let jobs_then = jobs(&company).await;
    let mut people: Vec<_> = jobs_then.iter().filter_map(|job| job.person).collect();
    let mut expected: Vec<_> = ["otto", "olga", "dora", "dirk", "imke", "tor", "hui", "pia"]
        .map(|handle| company.person(handle).id)
        .into();
    people.sort();
    expected.sort();
    assert_eq!(people, expected, "otto once");
    assert_eq!(jobs_then.iter().filter_map(|job| job.member).collect::<Vec<_>>(), [outside.id], "bob waits");

    let mut system = company.bed.as_system().await;
    let of = |handle: &str| LetterJob {
        publication,
        person: Some(company.person(handle).id),
        member: None,
        addendum: false,
    };
    let inside = wins::letter(&mut system.cx(), &of("otto"), "Fairhaven").await.unwrap().unwrap();
    assert_eq!(inside.subject, "Harbour, weeks 46 and 47: wins and challenges");
    assert_eq!((inside.to.as_str(), inside.outside), ("otto@fairhaven.example", false));
    assert!(inside.reason.contains("Friends") || inside.reason.contains("Leads"), "{}", inside.reason);
    let through = wins::letter(&mut system.cx(), &of("tor"), "Fairhaven").await.unwrap().unwrap();
    assert!(through.reason.starts_with("You are in Shop,") && through.stop.is_none(), "{}", through.reason);
    let job = LetterJob { publication, person: None, member: Some(outside.id), addendum: false };
    let letter = wins::letter(&mut system.cx(), &job, "Fairhaven").await.unwrap().unwrap();
    assert!(letter.outside && letter.to == "ann@press.example");
    assert!(letter.reason.contains("Harbour at Fairhaven"), "{}", letter.reason);
    assert!(!letter.document.text("https://portal.example").contains("portal.example"));
    assert!(
        wins::letter(&mut company.call("otto").await.cx(), &of("otto"), "Fairhaven").await.is_err(),
        "only the worker writes letters"
    );

    // the link of any letter stops letters, of all lists of the team, and whatever was asked for already
    let secret = secret_of(&inside);
    let newer = wins::letter(&mut system.cx(), &of("otto"), "Fairhaven").await.unwrap().unwrap();
    assert_ne!(secret_of(&newer), secret, "each letter has a link of its own");
    let newer = secret_of(&wins::letter(&mut system.cx(), &job, "Fairhaven").await.unwrap().unwrap());
    let mut stranger = company.bed.as_stranger().await;
    let unknown = wins::stop_letters(&mut stranger.cx(), &format!("pts_{}", "x".repeat(43))).await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
    for _ in 0..2 {
        assert_eq!(wins::stop_letters(&mut stranger.cx(), &secret).await.unwrap(), "Harbour");
    }
    assert!(wins::letter(&mut system.cx(), &of("otto"), "Fairhaven").await.unwrap().is_none());
    wins::stop_letters(&mut stranger.cx(), &secret_of(&letter)).await.unwrap();
    assert!(wins::letter(&mut system.cx(), &job, "Fairhaven").await.unwrap().is_none());
    assert_eq!(
        wins::stop_letters(&mut stranger.cx(), &newer).await.unwrap(),
        "Harbour",
        "also the newer one"
    );
    let stops = "SELECT count(*) FROM activity WHERE verb = 'wins.letters-stopped'";
    assert_eq!(company.number(stops).await, 2, "Otto's and Ann's, each once");
    assert!(
        wins::letter(&mut system.cx(), &of("carl"), "Fairhaven").await.unwrap().is_none(),
        "carl was on no list"
    );

    // what is added afterwards goes to those who are left
    company.sql("DELETE FROM job").await;
    wins::add_addendum(&mut vera.cx(), publication, "See [it](https://portal.example/x).").await.unwrap();
    let told = jobs(&company).await;
    assert!(told.iter().all(|job| job.addendum) && told.len() == 7, "all but otto and ann: {told:?}");
    let letter = wins::letter(&mut system.cx(), &told[0], "Fairhaven").await.unwrap().unwrap();
    assert_eq!(
        (letter.addenda.len(), letter.subject.as_str()),
        (1, "Harbour, weeks 46 and 47: something was added")
    );
    let text = letter.text("https://portal.example");
    let (added, published) = (text.find("See it (").unwrap(), text.find("Two ships at once").unwrap());
    assert!(text.starts_with("Added to: Harbour") && added < published, "what is new comes first: {text}");

    wins::letter_failed(&mut system.cx(), &job, "550 <ann@press.example>: no such user").await.unwrap();
    let note: String = sqlx::query_scalar("SELECT note FROM activity WHERE verb = 'wins.letter-failed'")
        .fetch_one(&company.pool)
        .await
        .unwrap();
    assert!(note.contains("550") && !note.contains("ann"), "{note}");
    wins::letter_sent(&mut system.cx(), &of("imke")).await.unwrap();
    assert_eq!(company.number("SELECT count(*) FROM activity WHERE verb = 'wins.letter-sent'").await, 1);

    wins::remove_from_list(&mut vera.cx(), otto.id).await.unwrap();
    assert_eq!(
        wins::stop_letters(&mut stranger.cx(), &secret).await.unwrap(),
        "Harbour",
        "on one list still"
    );
    company.sql("DELETE FROM wins_list_member WHERE person_id IS NOT NULL").await;
    let gone = wins::stop_letters(&mut stranger.cx(), &secret).await;
    assert!(
        matches!(gone, Err(Error::NotFound { .. })),
        "a link is there for as long as its reader: {gone:?}"
    );
    assert_eq!(
        company
            .number("SELECT count(*) FROM activity WHERE changes::text || note LIKE '%press.example%'")
            .await,
        0
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn lists_are_the_teams_own(pool: PgPool) {
    let company = Company::new(pool).await;
    let mut vera = company.call("vera").await;
    let list = wins::create_list(&mut vera.cx(), "harbour", "Leads").await.unwrap();
    let twice = wins::create_list(&mut vera.cx(), "harbour", "Leads").await;
    assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
    for who in ["imke", "otto", "viktor"] {
        let mut call = company.call(who).await;
        let added = wins::add_to_list(&mut call.cx(), list.id, &NewMember::Person("otto".into())).await;
        assert!(matches!(added, Err(Error::Forbidden(_) | Error::NotFound { .. })), "{who}: {added:?}");
        assert!(wins::create_list(&mut call.cx(), "harbour", "Mine").await.is_err(), "{who}");
        assert!(wins::delete_list(&mut call.cx(), list.id).await.is_err(), "{who}");
        let seen = wins::lists(&mut call.cx(), "harbour").await;
        assert_eq!(seen.is_ok(), who == "viktor", "{who}: {seen:?}");
    }
    let mut root = company.call("root").await;
    let outside = wins::add_to_list(&mut root.cx(), list.id, &NewMember::Outside("ann@press.example".into()))
        .await
        .unwrap();
    assert!(outside.allowed_at.is_some(), "an admin puts it there");
    assert_eq!(wins::lists(&mut root.cx(), "harbour").await.unwrap()[0].members, [outside]);
    wins::delete_list(&mut vera.cx(), list.id).await.unwrap();
    assert!(wins::lists(&mut vera.cx(), "harbour").await.unwrap().is_empty());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_link_of_a_letter_says_whose_it_is_and_is_good_for_three_years(pool: PgPool) {
    let company = Company::new(pool).await;
    lists(&company).await;
    company.chosen("harbour", Kind::Win, "Two ships at once", Sensitivity::Publish).await;
    let update = company.submit("harbour").await;
    let publication = wins::publish(&mut company.call("vera").await.cx(), update.id).await.unwrap().id;
    let otto = Some(company.person("otto").id);
    let job = LetterJob { publication, person: otto, member: None, addendum: false };
    let mut secrets = Vec::new();
    for hours in [0, 3 * 366 * 24 - 1, 2] {
        company.bed.wait(hours.hours());
        let mut system = company.bed.as_system().await;
        secrets.push(secret_of(&wins::letter(&mut system.cx(), &job, "Fairhaven").await.unwrap().unwrap()));
    }
    let mut system = company.bed.as_system().await;
    let cx = &mut system.cx();
    let gone = wins::letters_of(cx, &secrets[0]).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    for secret in &secrets[1..] {
        assert_eq!(wins::letters_of(cx, secret).await.unwrap(), ("Harbour".to_owned(), false));
    }
    wins::stop_letters(cx, &secrets[1]).await.unwrap();
    assert_eq!(wins::letters_of(cx, &secrets[2]).await.unwrap(), ("Harbour".to_owned(), true));
    for wrong in ["", "pts_", "pts_0000000000000000000000000000000000000000000"] {
        assert!(matches!(wins::letters_of(cx, wrong).await, Err(Error::NotFound { .. })), "{wrong}");
    }
}
