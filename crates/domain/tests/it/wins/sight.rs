//! Who sees what: each relation to a team, each sensitivity, each state, by every way in which entries are read.

use std::collections::BTreeSet;

use portolan_domain::{
    Error, Limit, WinsEntryId,
    wins::{self, ArchiveFilter, Document, Kind, LetterJob, PublicationFilter, Sensitivity, YearOf},
};
use sqlx::PgPool;

use super::Company;

/// What of Basket somebody sees, as `team`, `up` and `publish`, begun with these letters: of what waits in the team, of an update that is
/// written, of one that was handed up, of one that is published to its circle, and of that if it were published to everyone. Written down
/// by hand: it is the rule, and the statements are asked whether they keep it.
const TABLE: [(&str, &str, [&str; 5]); 14] = [
    ("olga", "wrote it", ["tup", "tup", "tup", "tup", "tup"]),
    ("cem", "is credited", ["tup", "tup", "tup", "tup", "tup"]),
    ("tor", "is in the team", ["tup", "tup", "tup", "tup", "tup"]),
    ("imke", "leads the team", ["tup", "tup", "tup", "tup", "tup"]),
    ("paul", "is the deputy", ["tup", "tup", "tup", "tup", "tup"]),
    ("ylva", "was asked to write it", ["", "tup", "tup", "tup", "tup"]),
    ("dora", "leads the team above", ["", "", "up", "up", "up"]),
    ("vera", "leads the top", ["", "", "up", "up", "up"]),
    ("hui", "leads a team beside it", ["", "", "up", "up", "up"]),
    ("pia", "is in a team beside it", ["", "", "", "", "p"]),
    ("dirk", "is in the team above", ["", "", "", "", "p"]),
    ("otto", "is on its list", ["", "", "", "p", "p"]),
    ("carl", "is a stranger to it", ["", "", "", "", "p"]),
    ("root", "is an admin", ["", "", "", "", "p"]),
];

/// The words of entries: one that occurs nowhere else for each state and sensitivity.
const STATES: [&str; 4] = ["pool", "open", "handed", "published"];
const LEVELS: [(char, Sensitivity); 3] =
    [('t', Sensitivity::Team), ('u', Sensitivity::Up), ('p', Sensitivity::Publish)];

fn word(state: usize, level: char) -> String {
    format!("z{}{level}", STATES[state])
}

fn many() -> Limit {
    Limit::new(Limit::MAX).unwrap()
}

/// Basket's entries of each state and sensitivity: the first cycle is published, the second handed up, the third is written.
struct Cube {
    company: Company,
    /// (state, sensitivity, entry)
    entries: Vec<(usize, char, WinsEntryId)>,
}

impl Cube {
    async fn new(pool: PgPool) -> Self {
        let company = Company::new(pool).await;
        let mut entries = Vec::new();
        let chosen = async |state: usize, entries: &mut Vec<(usize, char, WinsEntryId)>| {
            for (level, may) in LEVELS {
                entries.push((
                    state,
                    level,
                    company.chosen("basket", Kind::Win, &word(state, level), may).await.id,
                ));
            }
        };
        chosen(3, &mut entries).await;
        company.submit("basket").await;
        company.until("2026-11-27T08:30:00Z");
        company.turn().await;
        chosen(2, &mut entries).await;
        company.submit("basket").await;
        company.until("2026-12-07T09:00:00Z");
        company.turn().await;
        chosen(1, &mut entries).await;
        for (level, may) in LEVELS {
            entries.push((0, level, company.jot("imke", "basket", Kind::Win, &word(0, level), may).await.id));
        }
        // what these are to the entries and nothing else
        for statement in [
            "UPDATE wins_entry SET created_by = (SELECT id FROM person WHERE handle = 'olga')",
            "DELETE FROM wins_credit",
            "INSERT INTO wins_credit (entry_id, person_id) 
             SELECT e.id, p.id FROM wins_entry e, person p WHERE p.handle = 'cem'",
            "INSERT INTO wins_deputy (team_id, person_id) 
             SELECT t.id, p.id FROM team t, person p WHERE t.slug = 'basket' AND p.handle = 'paul'",
            "UPDATE wins_update SET delegate_id = (SELECT id FROM person WHERE handle = 'ylva') 
             WHERE team_id = (SELECT id FROM team WHERE slug = 'basket')",
            "WITH l AS (INSERT INTO wins_list (id, team_id, name, created_at) 
                        SELECT gen_random_uuid(), id, 'Readers', now() FROM team WHERE slug = 'basket' RETURNING id)
             INSERT INTO wins_list_member (id, list_id, person_id) 
             SELECT gen_random_uuid(), l.id, p.id FROM l, person p WHERE p.handle = 'otto'",
        ] {
            company.sql(statement).await;
        }
        assert_eq!(company.number("SELECT count(*) FROM wins_entry").await, 12);
        assert_eq!(
            company
                .number("SELECT count(*) FROM wins_publication p JOIN team t ON t.id = p.team_id WHERE t.slug = 'basket'")
                .await,
            1
        );
        Self { company, entries }
    }

    /// What of the table's column somebody sees, as words.
    fn expected(row: &[&str; 5], state: usize, everyone: bool) -> BTreeSet<String> {
        let column = if state == 3 && everyone { 4 } else { state };
        row[column].chars().map(|level| word(state, level)).collect()
    }
}

/// Whether a text holds any of the words that it must not, or lacks one that it must.
fn holds(text: &str, words: &BTreeSet<String>, whose: &str) {
    for state in 0..STATES.len() {
        for (level, _) in LEVELS {
            let word = word(state, level);
            assert_eq!(text.contains(&word), words.contains(&word), "{whose}: {word}: {text}");
        }
    }
}

fn text(documents: &[Document]) -> String {
    let whole = |d: &Document| {
        format!(
            "{}{}{}",
            d.text("https://x.example"),
            d.markdown("https://x.example"),
            serde_json::to_string(d).unwrap()
        )
    };
    documents.iter().map(whole).collect()
}

async fn the_table_holds(pool: PgPool, everyone: bool) {
    let cube = Cube::new(pool).await;
    let company = &cube.company;
    if everyone {
        company.sql("UPDATE wins_publication SET audience = 'everyone'").await;
    }
    for (who, what, row) in &TABLE {
        let whose = format!("{who}, who {what}");
        let by_state: Vec<_> = (0..4).map(|state| Cube::expected(row, state, everyone)).collect();
        let mut call = company.call(who).await;
        let cx = &mut call.cx();

        for (state, level, id) in &cube.entries {
            let word = word(*state, *level);
            let found = wins::entry(cx, *id).await;
            if by_state[*state].contains(&word) {
                assert_eq!(found.unwrap().words.summary, word, "{whose}");
            } else {
                assert!(matches!(found, Err(Error::NotFound { .. })), "{whose}: {word}: {found:?}");
            }
        }

        let handed_up: BTreeSet<String> = by_state[2].union(&by_state[3]).cloned().collect();
        let all = ArchiveFilter::default();
        let page = wins::archive(cx, &all, None, many()).await.unwrap();
        let found: BTreeSet<_> = page.items.iter().map(|found| found.entry.words.summary.clone()).collect();
        assert_eq!(found, handed_up, "{whose}: the archive");
        assert_eq!(page.total, i64::try_from(handed_up.len()).unwrap(), "{whose}: and its count");
        let facets = wins::facets(cx, &all).await.unwrap();
        assert_eq!(facets.teams.iter().map(|f| f.count).sum::<i64>(), page.total, "{whose}: facets");
        for (state, level, _) in &cube.entries {
            let word = word(*state, *level);
            let searched = ArchiveFilter { q: Some(word.clone()), ..ArchiveFilter::default() };
            let page = wins::archive(cx, &searched, None, many()).await.unwrap();
            assert_eq!(
                page.items.len(),
                usize::from(handed_up.contains(&word)),
                "{whose}: a search for {word}"
            );
        }
        let timeline = wins::timeline(cx, "basket", None, many()).await.unwrap();
        let told: BTreeSet<_> =
            timeline.items.iter().flat_map(|(_, entries)| entries).map(|e| e.words.summary.clone()).collect();
        assert_eq!(told, handed_up, "{whose}: the timeline");

        // who sees what is published of it reads the publication, and there nothing that is not
        let reads = everyone || !["pia", "dirk", "carl", "root", "olga", "cem"].contains(who);
        let published: BTreeSet<_> = if reads { [word(3, 'p')].into() } else { BTreeSet::new() };
        let of_basket = PublicationFilter { team: Some("basket".into()), level: None };
        let list = wins::publications(cx, &of_basket, None, many()).await.unwrap();
        let documents: Vec<_> = list.items.iter().map(|p| p.document.clone()).collect();
        holds(&text(&documents), &published, &format!("{whose}: publications"));
        let one = wins::publication(cx, "basket", "2026-w46").await;
        if reads {
            holds(&one.unwrap().bytes, &published, &format!("{whose}: the publication"));
        } else {
            assert!(matches!(one, Err(Error::NotFound { .. })), "{whose}: {one:?}");
        }

        let (_, secret) = wins::create_feed(cx, Some("basket")).await.unwrap();
        let feed = wins::read_feed(&mut company.bed.as_stranger().await.cx(), &secret).await.unwrap();
        let documents: Vec<_> = feed.items.into_iter().map(|item| item.document).collect();
        holds(&text(&documents), &published, &format!("{whose}: the feed"));

        let (from, until) = ("2026-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
        let own: BTreeSet<String> = match *who {
            "olga" | "cem" => by_state.iter().flatten().cloned().collect(),
            _ => BTreeSet::new(),
        };
        let mine = wins::year(cx, &YearOf::Me, from, until).await.unwrap();
        holds(
            &format!("{}{}", mine.csv("https://x.example"), mine.markdown("https://x.example")),
            &own,
            &format!("{whose}: one's own record"),
        );
        let of_team = wins::year(cx, &YearOf::Team("basket".into()), from, until).await;
        if ["tor", "imke", "paul", "dora", "vera"].contains(who) {
            let seen = by_state.iter().flatten().cloned().collect();
            let record = of_team.unwrap();
            holds(&record.csv("https://x.example"), &seen, &format!("{whose}: the team's record"));
            holds(&record.markdown("https://x.example"), &seen, &format!("{whose}: the team's record"));
        } else {
            assert!(matches!(of_team, Err(Error::Forbidden(_))), "{whose}: {of_team:?}");
        }
    }
    letters_hold_what_is_published(company).await;
}

/// Wherever they go.
async fn letters_hold_what_is_published(company: &Company) {
    let only: BTreeSet<_> = [word(3, 'p')].into();
    company
        .sql(
            "INSERT INTO wins_list_member (id, list_id, email, allowed_at) 
              SELECT gen_random_uuid(), id, 'x@outside.example', now() FROM wins_list",
        )
        .await;
    let mut vera = company.call("vera").await;
    let publication = wins::publication(&mut vera.cx(), "basket", "2026-w46").await.unwrap().id;
    let member: uuid::Uuid = sqlx::query_scalar("SELECT id FROM wins_list_member WHERE email IS NOT NULL")
        .fetch_one(&company.pool)
        .await
        .unwrap();
    let otto =
        LetterJob { publication, person: Some(company.person("otto").id), member: None, addendum: false };
    let outside =
        LetterJob { person: None, member: Some(portolan_domain::ListMemberId(member)), ..otto.clone() };
    let carl = LetterJob { person: Some(company.person("carl").id), ..otto.clone() };
    let mut system = company.bed.as_system().await;
    for job in [otto, outside] {
        let letter = wins::letter(&mut system.cx(), &job, "Fairhaven").await.unwrap().unwrap();
        holds(&text(&[letter.document]), &only, "a letter");
    }
    assert!(
        wins::letter(&mut system.cx(), &carl, "Fairhaven").await.unwrap().is_none(),
        "who is on no list is sent nothing"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn each_sees_what_the_table_says(pool: PgPool) {
    the_table_holds(pool, false).await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_for_everyone_shows_no_more_than_was_published(pool: PgPool) {
    the_table_holds(pool, true).await;
}
