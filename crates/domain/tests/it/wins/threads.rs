//! Thanks, questions and answers under what was published.

use portolan_domain::{
    Error, PublicationId,
    wins::{self, Entry, Kind, Owed, Question, Sensitivity, WordKind},
};
use sqlx::PgPool;

use super::Company;

/// What Tor did, lifted and published by Shop: the origin, the line and the publication.
async fn published(company: &Company) -> (Entry, Entry, PublicationId) {
    let origin = company.jot("tor", "basket", Kind::Win, "Checkout is fast", Sensitivity::Publish).await;
    let basket = company.update("basket").await.id;
    wins::choose(&mut company.call("imke").await.cx(), basket, &[origin.id], None).await.unwrap();
    company.submit("basket").await;
    let shop = company.update("shop").await.id;
    let mut dora = company.call("dora").await;
    let line = wins::lift(&mut dora.cx(), shop, &[origin.id]).await.unwrap().remove(0);
    company.submit("shop").await;
    company.until("2026-11-27T08:30:00Z");
    company.turn().await;
    let line = wins::entry(&mut company.call("dora").await.cx(), line.id).await.unwrap();
    let publication = line.publication.unwrap();
    (origin, line, publication)
}

async fn told(company: &Company) -> Vec<(String, String)> {
    sqlx::query_as(
        "SELECT p.handle, n.event FROM notice n JOIN person p ON p.id = n.person_id
         WHERE n.event IN ('wins.thanked', 'wins.asked', 'wins.replied') ORDER BY n.id, p.handle",
    )
    .fetch_all(&company.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn readers_thank_and_ask_and_who_wrote_it_hears_of_it(pool: PgPool) {
    let company = Company::new(pool).await;
    let (_, line, publication) = published(&company).await;
    let mut pia = company.call("pia").await;
    let thanks = wins::thank(&mut pia.cx(), publication, line.id, "").await.unwrap();
    let again = wins::thank(&mut pia.cx(), publication, line.id, "Well done").await.unwrap();
    assert_eq!((again.id, again.text.as_str()), (thanks.id, "Well done"), "once for each person");
    let early = wins::answer_question(&mut company.call("tor").await.cx(), publication, line.id, "Yes").await;
    assert!(matches!(early, Err(Error::Conflict(_))), "nobody asked");
    wins::ask(&mut pia.cx(), publication, line.id, "How?").await.unwrap();
    assert!(matches!(wins::ask(&mut pia.cx(), publication, line.id, " ").await, Err(Error::Invalid(_))));
    wins::answer_question(&mut company.call("tor").await.cx(), publication, line.id, "Fewer calls")
        .await
        .unwrap();
    let mut events = told(&company).await;
    events.sort();
    let events: Vec<_> = events.iter().map(|(who, event)| (who.as_str(), event.as_str())).collect();
    assert_eq!(
        events,
        [
            ("dora", "wins.asked"),
            ("dora", "wins.thanked"),
            ("pia", "wins.replied"),
            ("tor", "wins.asked"),
            ("tor", "wins.thanked"),
        ],
        "whoever did it hears of it as well as whoever lifted it, and of changed words nobody"
    );
    let words = wins::words(&mut pia.cx(), publication).await.unwrap();
    let kinds: Vec<_> = words.iter().map(|w| (w.kind, w.mine)).collect();
    assert_eq!(kinds, [(WordKind::Thanks, true), (WordKind::Question, true), (WordKind::Answer, false)]);

    let taken = wins::remove_word(&mut company.call("tor").await.cx(), thanks.id).await;
    assert!(matches!(taken, Err(Error::NotFound { .. })), "one takes back what one said oneself");
    wins::remove_word(&mut pia.cx(), thanks.id).await.unwrap();
    assert_eq!(wins::words(&mut pia.cx(), publication).await.unwrap().len(), 2);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_may_not_read_it_hears_and_says_nothing(pool: PgPool) {
    let company = Company::new(pool).await;
    let (origin, line, publication) = published(&company).await;
    let mut olga = company.call("olga").await;
    assert!(matches!(wins::words(&mut olga.cx(), publication).await, Err(Error::NotFound { .. })));
    let said = wins::thank(&mut olga.cx(), publication, line.id, "").await;
    assert!(matches!(said, Err(Error::NotFound { .. })), "{said:?}");
    let elsewhere = wins::thank(&mut company.call("pia").await.cx(), publication, origin.id, "").await;
    assert!(matches!(elsewhere, Err(Error::NotFound { .. })), "that line is not in this publication");
    assert!(told(&company).await.is_empty());
}

/// The questions that wait for somebody on their first page.
async fn waiting(company: &Company, who: &str) -> Vec<Question> {
    let owed = wins::owed(&mut company.call(who).await.cx()).await.unwrap();
    owed.into_iter()
        .filter_map(|one| match one {
            Owed::Question(question) => Some(*question),
            Owed::Update(_) | Owed::Answer(..) => None,
        })
        .collect()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_question_waits_for_those_whose_line_it_is_until_somebody_answers(pool: PgPool) {
    let company = Company::new(pool).await;
    let (_, line, publication) = published(&company).await;
    assert!(waiting(&company, "tor").await.is_empty());
    let mut pia = company.call("pia").await;
    wins::ask(&mut pia.cx(), publication, line.id, "How?").await.unwrap();
    for who in ["tor", "dora"] {
        let questions = waiting(&company, who).await;
        assert_eq!(questions.len(), 1, "{who} wrote it, or lifted it");
        let question = &questions[0];
        assert_eq!((question.summary.as_str(), question.text.as_str()), ("Checkout is fast", "How?"));
        assert_eq!(question.by.as_ref().map(|by| by.handle.as_str()), Some("pia"));
        assert_eq!(question.path, format!("/wins/shop/2026-w46#e-{}", line.id));
    }
    for who in ["pia", "imke", "vera"] {
        assert!(waiting(&company, who).await.is_empty(), "{who} asked, or did nothing of it");
    }
    company.bed.wait(jiff::ToSpan::minutes(1));
    wins::answer_question(&mut company.call("dora").await.cx(), publication, line.id, "Fewer calls")
        .await
        .unwrap();
    assert!(waiting(&company, "tor").await.is_empty(), "one answer is enough");
    company.bed.wait(jiff::ToSpan::minutes(1));
    wins::ask(&mut company.call("pia").await.cx(), publication, line.id, "On all devices?").await.unwrap();
    assert_eq!(waiting(&company, "tor").await.len(), 1, "asked again");
    company.bed.wait(jiff::ToSpan::hours(31 * 24));
    assert!(waiting(&company, "tor").await.is_empty(), "and not for ever");
}
