//! What a reader would miss. A function of words; it never blocks.

use super::record::{Entry, Hint, Kind, Sensitivity, Words};

/// Short words that nobody needs to have explained, and words that people write in capitals to stress them.
const COMMON: &[&str] = &[
    "AI", "ALL", "AM", "AND", "API", "AWS", "CD", "CEO", "CET", "CI", "CLI", "CPU", "CSS", "CSV", "CTO",
    "DNS", "EU", "EUR", "FAQ", "GB", "GMT", "GPU", "HR", "HTML", "HTTP", "HTTPS", "ID", "IP", "IT", "JSON",
    "KB", "MB", "NO", "NOT", "OK", "OS", "PDF", "PM", "PR", "QA", "RAM", "SMS", "SQL", "SSH", "TB", "TLS",
    "UI", "UK", "URL", "US", "USA", "USD", "UTC", "UX", "VM", "VP", "WIFI", "XML", "YAML",
];

/// How many cycles of nothing but wins make a reader wonder.
const ONLY_WINS: usize = 3;

/// What a reader of one entry would miss. `most_words` is the level's limit; `glossary` the short words that its readers know.
pub(super) fn of_entry(entry: &Entry, most_words: i16, glossary: &[String]) -> Vec<Hint> {
    let words = &entry.words;
    let mut hints = Vec::new();
    if words.numbers.is_empty() && !has_digit(words) {
        let text = match entry.kind {
            Kind::Win => "How much, how many, how long? A figure before and after says it best.",
            Kind::Challenge => {
                "How much does it cost, how often does it happen? A figure says how hard it is."
            }
        };
        hints.push(Hint { rule: "no-number", field: "numbers", text: text.into() });
    }
    match entry.kind {
        Kind::Win if words.result.trim().is_empty() => {
            hints.push(Hint {
                rule: "no-result",
                field: "result",
                text: "What came of it, and for whom?".into(),
            });
        }
        Kind::Challenge if words.action.trim().is_empty() && words.result.trim().is_empty() => {
            let text = "What is done about it, or what would help?";
            hints.push(Hint { rule: "no-result", field: "result", text: text.into() });
        }
        _ => {}
    }
    hints.extend(acronyms(words, glossary));
    hints.extend(too_long(words, most_words));
    hints
}

/// What a reader of the whole would miss. `before`: wins and challenges of the team's updates before, newest first; the quiet and
/// the missed ones left out, for they say nothing.
pub(super) fn of_update(wins: &[Entry], challenges: &[Entry], before: &[(i64, i64)]) -> Vec<Hint> {
    let goes_up = |entries: &[Entry]| entries.iter().any(|e| e.sensitivity > Sensitivity::Team);
    let cycles = ONLY_WINS - 1;
    let only_wins = goes_up(wins)
        && !goes_up(challenges)
        && before.len() >= cycles
        && before.iter().take(cycles).all(|(wins, challenges)| *wins > 0 && *challenges == 0);
    if !only_wins {
        return Vec::new();
    }
    let text = format!(
        "Only wins for {ONLY_WINS} cycles. What is hard just now? Whoever reads it can help only with what they know of."
    );
    vec![Hint { rule: "only-wins", field: "", text }]
}

fn fields(words: &Words) -> [(&'static str, &str); 4] {
    [
        ("summary", words.summary.as_str()),
        ("situation", &words.situation),
        ("action", &words.action),
        ("result", &words.result),
    ]
}

fn has_digit(words: &Words) -> bool {
    fields(words).iter().any(|(_, text)| text.chars().any(|c| c.is_ascii_digit()))
}

/// Short words that nothing explains: one hint, at the field in which the first stands.
fn acronyms(words: &Words, glossary: &[String]) -> Option<Hint> {
    let mut found: Vec<&str> = Vec::new();
    let mut first = None;
    for (field, text) in fields(words) {
        for short in short_words(text) {
            let known = COMMON.contains(&short) || glossary.iter().any(|g| g.eq_ignore_ascii_case(short));
            if known || found.contains(&short) || fields(words).iter().any(|(_, text)| expands(text, short)) {
                continue;
            }
            found.push(short);
            first = first.or(Some(field));
        }
    }
    let text = match found.as_slice() {
        [] => return None,
        [one] => format!("What does {one} stand for? Write it out once, or put it into the team's glossary."),
        many => format!(
            "What do {} stand for? Write them out once, or put them into the team's glossary.",
            many.join(", ")
        ),
    };
    Some(Hint { rule: "acronym", field: first?, text })
}

/// Words of two to six capitals (a plural's `s` aside), outside code and addresses.
fn short_words(text: &str) -> impl Iterator<Item = &str> {
    text.split('`')
        .step_by(2)
        .flat_map(str::split_whitespace)
        .filter(|word| !word.contains("://") && !word.starts_with('@'))
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
        .map(|word| match word.strip_suffix('s') {
            Some(single) if single.len() >= 2 => single,
            _ => word,
        })
        .filter(|word| (2..=6).contains(&word.len()) && word.chars().all(|c| c.is_ascii_uppercase()))
}

/// Whether a text says what a short word stands for: `recovery time objective (RTO)` or `RTO (recovery time objective)`.
fn expands(text: &str, short: &str) -> bool {
    let plural = format!("{short}s");
    [short, plural.as_str()].into_iter().any(|short| {
        text.contains(&format!("({short})"))
            || text.match_indices(short).any(|(at, _)| {
                let own_word = !text[..at].ends_with(char::is_alphanumeric);
                own_word && text[at + short.len()..].trim_start().starts_with('(')
            })
    })
}

/// An entry longer than the level's limit: one hint, at its longest field.
fn too_long(words: &Words, most: i16) -> Option<Hint> {
    let counts = fields(words).map(|(field, text)| (field, text.split_whitespace().count()));
    let all: usize = counts.iter().map(|(_, n)| n).sum();
    if all <= usize::try_from(most).unwrap_or(0) {
        return None;
    }
    let (field, _) = counts.into_iter().max_by_key(|(_, n)| *n)?;
    let text =
        format!("{all} words; whoever chooses from many reads {most} at most. What can they do without?");
    Some(Hint { rule: "too-long", field, text })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{TeamId, WinsEntryId, people::TeamName, wins::record::Number};

    fn entry(kind: Kind, words: Words) -> Entry {
        Entry {
            id: WinsEntryId::new(),
            team: TeamName { id: TeamId::new(), slug: "basket".into(), name: "Basket".into() },
            update: None,
            place: 1,
            kind,
            words,
            topic: None,
            sensitivity: Sensitivity::Publish,
            set_aside: false,
            source_link: String::new(),
            is_line: false,
            again_of: None,
            closed: None,
            since: Timestamp::UNIX_EPOCH,
            publication: None,
            author: None,
            credits: Vec::new(),
            about: Vec::new(),
            namings: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    fn words(summary: &str, result: &str) -> Words {
        Words { summary: summary.into(), result: result.into(), ..Words::default() }
    }

    fn rules(words: Words) -> Vec<(&'static str, &'static str)> {
        of_entry(&entry(Kind::Win, words), 20, &["SLO".into()]).iter().map(|h| (h.rule, h.field)).collect()
    }

    #[test]
    fn a_win_without_figure_and_result_is_asked_for_both() {
        assert_eq!(
            rules(words("Checkout is faster", "")),
            [("no-number", "numbers"), ("no-result", "result")]
        );
        assert_eq!(rules(words("Checkout is faster", "Half the time")), [("no-number", "numbers")]);
        assert_eq!(rules(words("Checkout is 40% faster", "Fewer leave")), []);
        let number = Number { value: "1.9".into(), unit: "s".into(), ..Number::default() };
        let with = Words { numbers: vec![number], ..words("Checkout is faster", "Fewer leave") };
        assert_eq!(rules(with), []);
    }

    #[test]
    fn a_challenge_says_what_is_done_or_would_help() {
        let hints = |words| {
            let hints = of_entry(&entry(Kind::Challenge, words), 20, &[]);
            hints.iter().map(|h| h.rule).collect::<Vec<_>>()
        };
        assert_eq!(hints(words("2 of 5 people are away", "")), ["no-result"]);
        let acted = Words { action: "Asked Pricing for help".into(), ..words("2 of 5 people are away", "") };
        assert_eq!(hints(acted), Vec::<&str>::new());
    }

    #[test]
    fn short_words_must_be_known_or_written_out() {
        let acronym = |text: &str| {
            let hints = of_entry(&entry(Kind::Win, words("1 done", text)), 50, &["slo".into()]);
            hints.into_iter().find(|h| h.rule == "acronym").map(|h| h.text)
        };
        assert!(acronym("The RTO is met").is_some_and(|text| text.contains("What does RTO stand for")));
        assert!(acronym("All RTOs and the RPO are met").is_some_and(|text| text.contains("RTO, RPO")));
        for fine in [
            "The SLO holds, and both SLOs are kept",
            "The recovery time objective (RTO) is met; RTO again",
            "The RTO (recovery time objective) is met",
            "The API answers JSON by HTTPS",
            "`SELECT` is fast, `RTO` is a name, and https://x.example/RTO is an address",
            "A is one letter, ABCDEFG are seven, Rto is a name, R2D2 is one too",
        ] {
            assert_eq!(acronym(fine), None, "{fine}");
        }
        let first = of_entry(&entry(Kind::Win, words("RTO is 1", "by RPO")), 50, &[]);
        assert_eq!(first.iter().map(|h| (h.rule, h.field)).collect::<Vec<_>>(), [("acronym", "summary")]);
    }

    #[test]
    fn the_limit_counts_all_words_and_names_the_longest_field() {
        let exact = words("1 2 3 4 5", &"word ".repeat(15));
        assert_eq!(rules(exact), []);
        assert_eq!(rules(words("1 2 3 4 5", &"word ".repeat(16))), [("too-long", "result")]);
        assert_eq!(rules(words(&"1 ".repeat(30), "so")), [("too-long", "summary")]);
    }

    #[test]
    fn only_wins_for_three_cycles_is_said() {
        let win = || vec![entry(Kind::Win, words("1", "2"))];
        let said = |wins: &[Entry], challenges: &[Entry], before: &[(i64, i64)]| {
            of_update(wins, challenges, before).iter().map(|h| h.rule).collect::<Vec<_>>()
        };
        assert_eq!(said(&win(), &[], &[(2, 0), (1, 0)]), ["only-wins"]);
        assert_eq!(said(&win(), &[], &[(2, 0), (1, 0), (1, 3)]), ["only-wins"], "three are enough");
        let none: [&str; 0] = [];
        assert_eq!(said(&win(), &[], &[(2, 0), (1, 1)]), none);
        assert_eq!(said(&win(), &[], &[(2, 0)]), none, "there were not three");
        assert_eq!(said(&win(), &[entry(Kind::Challenge, words("1", "2"))], &[(2, 0), (1, 0)]), none);
        assert_eq!(said(&[], &[], &[(2, 0), (1, 0)]), none, "nothing is written yet");
        let mut kept = entry(Kind::Challenge, words("1", "2"));
        kept.sensitivity = Sensitivity::Team;
        assert_eq!(said(&win(), &[kept], &[(2, 0), (1, 0)]), ["only-wins"], "nobody above reads that one");
    }
}
