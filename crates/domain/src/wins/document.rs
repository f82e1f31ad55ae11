//! A publication as it is kept, and its forms that need no HTML: plain text, Markdown. Documents are read back years later: fields are
//! added with a default and never taken away or given another meaning.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    plain,
    record::{Kind, Topic, Words},
};
use crate::{WinsEntryId, people::PersonName};

/// In which form documents are kept now.
pub(super) const FORM: u32 = 1;

/// Something named, with its path in the portal; an empty path is no link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The word for people.
    pub label: String,
    /// Path in the portal.
    pub path: String,
}

/// A published win or challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The entry; threads and provenance hang on it.
    pub id: WinsEntryId,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub words: Words,
    /// What it is about.
    pub topic: Option<Topic>,
    /// The teams it came from.
    pub teams: Vec<Link>,
    /// What of the catalog it is about.
    pub about: Vec<Link>,
    /// Who is credited.
    pub people: Vec<Link>,
    /// Teams that it names, and what they say to it if that is attached: (team, answer).
    pub answers: Vec<(Link, String)>,
    /// Since when a challenge is open.
    pub since: Option<Date>,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// In which form it is written.
    pub form: u32,
    /// Whose it is, as it was called then.
    pub team: Link,
    /// The cycle's slug.
    pub cycle: String,
    /// `Weeks 46 and 47`.
    pub title: String,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// Who chose and wrote it.
    pub written_by: Option<Link>,
    /// When it was published.
    pub published_at: Timestamp,
    /// What stands above. Markdown.
    pub intro: String,
    /// Wins in order.
    pub wins: Vec<Line>,
    /// Challenges in order.
    pub challenges: Vec<Line>,
    /// Teams below that it was chosen from.
    pub teams: i64,
    /// Entries that it was chosen from.
    pub entries: i64,
    /// Names of teams below that said it was a quiet cycle.
    pub quiet: Vec<String>,
    /// Whether this one is a quiet cycle itself.
    pub is_quiet: bool,
}

/// What was said of a publication afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addendum {
    /// What. Markdown.
    pub text: String,
    /// By whom.
    pub by: Option<PersonName>,
    /// When.
    pub at: Timestamp,
}

impl Addendum {
    /// `24 November 2026, Sanne`; without who said it where that is not told.
    fn head(&self, say: impl Fn(&PersonName) -> String) -> String {
        let day = self.at.strftime("%-d %B %Y");
        self.by.as_ref().map_or_else(|| day.to_string(), |by| format!("{day}, {}", say(by)))
    }

    fn markdown_head(&self, base_url: &str) -> String {
        self.head(|by| {
            Link { label: by.name.clone(), path: format!("/people/{}", by.handle) }.markdown(base_url)
        })
    }
}

/// What was said afterwards as plain text: when and by whom, and below it what.
pub(super) fn added(addenda: &[Addendum]) -> String {
    let mut out = String::new();
    for addendum in addenda {
        let head = plain::visible(&addendum.head(|by| by.name.clone()));
        out.push_str(&format!("\n{}", plain::wrapped(&format!("{head}:"), "", "")));
        out.push_str(&plain::wrapped(&plain::typed(&addendum.text), INDENT, INDENT));
    }
    out
}

impl Document {
    /// `Commerce, weeks 46 and 47`.
    pub fn heading(&self) -> String {
        let mut title = self.title.chars();
        let first = title.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        format!("{}, {first}{}", self.team.label, title.as_str())
    }

    /// Path of its page: `/wins/commerce/2026-w46`; empty where readers have no portal.
    pub fn path(&self) -> String {
        match self.team.path.strip_prefix("/teams/") {
            Some(slug) => format!("/wins/{slug}/{}", self.cycle),
            None => String::new(),
        }
    }

    /// As Markdown that shows what was written and no more: text of people cannot become other blocks than those it is in.
    /// `base_url` is the portal's address.
    pub fn markdown(&self, base_url: &str) -> String {
        self.markdown_with(&[], base_url)
    }

    /// The same, with what was said afterwards.
    pub(super) fn markdown_with(&self, addenda: &[Addendum], base_url: &str) -> String {
        let mut out = format!("# {}\n\n{}", plain::inline(&self.heading()), self.days());
        if let Some(by) = &self.written_by {
            out.push_str(&format!(". Written by {}", by.markdown(base_url)));
        }
        if let Some(from) = self.chosen_from() {
            out.push_str(&format!(". {from}"));
        }
        out.push_str(".\n");
        if self.is_quiet {
            out.push_str(&format!("\n{QUIET}\n"));
        }
        paragraph(&mut out, &plain::blocks(&self.intro));
        for (heading, lines) in [("Wins", &self.wins), ("Challenges", &self.challenges)] {
            if !lines.is_empty() {
                out.push_str(&format!("\n## {heading}\n"));
            }
            for (nth, line) in lines.iter().enumerate() {
                out.push_str(&format!("\n### {}. {}\n", nth + 1, plain::inline(&line.words.summary)));
                line.write_markdown(&mut out, base_url);
            }
        }
        if !self.quiet.is_empty() {
            let quiet: Vec<_> = self.quiet.iter().map(|name| plain::inline(name)).collect();
            paragraph(&mut out, &format!("Nothing major this time: {}.", quiet.join(", ")));
        }
        if !addenda.is_empty() {
            out.push_str("\n## Added since\n");
        }
        for addendum in addenda {
            paragraph(&mut out, &format!("**{}**", addendum.markdown_head(base_url)));
            paragraph(&mut out, &plain::blocks(&addendum.text));
        }
        let path = self.path();
        if !path.is_empty() {
            paragraph(&mut out, &format!("[Read it in the portal]({})", plain::address(base_url, &path)));
        }
        out
    }

    /// As plain text that reads well in a letter: lines of at most 76 characters, links written out.
    pub fn text(&self, base_url: &str) -> String {
        self.text_with(&[], base_url)
    }

    /// The same, with what was said afterwards.
    pub(super) fn text_with(&self, addenda: &[Addendum], base_url: &str) -> String {
        let mut out = plain::wrapped(&self.heading(), "", "");
        let mut days = self.days();
        if let Some(by) = &self.written_by {
            days.push_str(&format!(". Written by {}", by.label));
        }
        if let Some(from) = self.chosen_from() {
            days.push_str(&format!(". {from}"));
        }
        out.push_str(&plain::wrapped(&format!("{days}."), "", ""));
        if self.is_quiet {
            out.push_str(&format!("\n{QUIET}\n"));
        }
        if !self.intro.is_empty() {
            out.push('\n');
            out.push_str(&plain::wrapped(&plain::typed(&self.intro), "  ", "  "));
        }
        for (heading, lines) in [("WINS", &self.wins), ("CHALLENGES", &self.challenges)] {
            if !lines.is_empty() {
                out.push_str(&format!("\n{heading}\n"));
            }
            for (nth, line) in lines.iter().enumerate() {
                out.push('\n');
                line.write_text(&mut out, nth + 1);
            }
        }
        if !self.quiet.is_empty() {
            let quiet = format!("Nothing major this time: {}.", self.quiet.join(", "));
            out.push_str(&format!("\n{}", plain::wrapped(&plain::visible(&quiet), "", "")));
        }
        if !addenda.is_empty() {
            out.push_str("\nADDED SINCE\n");
            out.push_str(&added(addenda));
        }
        let path = self.path();
        if !path.is_empty() {
            out.push_str(&format!("\nRead it in the portal:\n{}\n", plain::address(base_url, &path)));
        }
        out
    }

    /// As whoever is outside may read it: without the intro, figures of teams, names of people, links and answers.
    #[must_use]
    pub fn for_outside(&self) -> Self {
        let unlinked = |link: &Link| Link { label: link.label.clone(), path: String::new() };
        let line = |line: &Line| Line {
            words: Words {
                situation: plain::unlinked(&line.words.situation),
                action: plain::unlinked(&line.words.action),
                result: plain::unlinked(&line.words.result),
                ..line.words.clone()
            },
            teams: line.teams.iter().map(unlinked).collect(),
            about: Vec::new(),
            people: Vec::new(),
            answers: Vec::new(),
            ..line.clone()
        };
        Self {
            team: unlinked(&self.team),
            written_by: None,
            intro: String::new(),
            wins: self.wins.iter().map(line).collect(),
            challenges: self.challenges.iter().map(line).collect(),
            teams: 0,
            entries: 0,
            quiet: Vec::new(),
            ..self.clone()
        }
    }

    /// `9 to 22 November 2026`.
    fn days(&self) -> String {
        let (first, last) = (self.starts_on, self.ends_on);
        let begin = match () {
            () if (first.year(), first.month()) == (last.year(), last.month()) => first.strftime("%-d"),
            () if first.year() == last.year() => first.strftime("%-d %B"),
            () => first.strftime("%-d %B %Y"),
        };
        format!("{begin} to {}", day(last))
    }

    fn chosen_from(&self) -> Option<String> {
        let several = |n: i64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        (self.teams > 0).then(|| {
            format!(
                "Chosen from {} of {}",
                several(self.entries, "entry", "entries"),
                several(self.teams, "team", "teams")
            )
        })
    }
}

/// What stands in place of entries.
const QUIET: &str = "Nothing major this time.";

fn day(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        out.push('\n');
        out.push_str(text);
        out.push('\n');
    }
}

impl Link {
    fn markdown(&self, base_url: &str) -> String {
        let label = plain::inline(&self.label);
        if self.path.is_empty() {
            label
        } else {
            format!("[{label}]({})", plain::address(base_url, &self.path))
        }
    }
}

impl Line {
    /// What people wrote, each with what it is called.
    fn parts(&self) -> [(&'static str, &str); 3] {
        [
            ("Situation", self.words.situation.as_str()),
            ("Action", self.words.action.as_str()),
            ("Result", self.words.result.as_str()),
        ]
    }

    /// Where it came from and whom it is about, in sentences.
    fn origin(&self, say: impl Fn(&Link) -> String) -> String {
        let mut told = Vec::new();
        let list = |links: &[Link]| links.iter().map(&say).collect::<Vec<_>>().join(", ");
        for (begin, links) in [("From", &self.teams), ("About", &self.about), ("By", &self.people)] {
            if !links.is_empty() {
                told.push(format!("{begin} {}.", list(links)));
            }
        }
        if let Some(topic) = self.topic {
            told.push(format!("Topic: {}.", topic.label().to_lowercase()));
        }
        if let Some(since) = self.since {
            told.push(format!("Open since {}.", day(since)));
        }
        told.join(" ")
    }

    fn write_markdown(&self, out: &mut String, base_url: &str) {
        paragraph(out, &self.origin(|link| link.markdown(base_url)));
        for (name, text) in self.parts() {
            let text = plain::blocks(text);
            if !text.is_empty() {
                paragraph(out, &format!("**{name}**"));
                paragraph(out, &text);
            }
        }
        let numbers: Vec<_> =
            self.words.numbers.iter().map(|n| format!("- {}", plain::inline(&n.to_string()))).collect();
        if !numbers.is_empty() {
            // not the last item of a list that people ended their text with
            paragraph(out, "**Figures**");
            paragraph(out, &numbers.join("\n"));
        }
        for (team, answer) in &self.answers {
            let team = plain::inline(&team.label);
            if answer.is_empty() {
                paragraph(out, &format!("**{team} has seen it**"));
            } else {
                paragraph(out, &format!("**{team} answers**"));
                paragraph(out, &plain::lines(answer));
            }
        }
    }

    /// What happened first, and last where it came from.
    fn write_text(&self, out: &mut String, nth: usize) {
        let mut put = |text: &str, first: &str| {
            if !text.is_empty() {
                out.push_str(&plain::wrapped(&plain::visible(text), first, INDENT));
            }
        };
        put(&self.words.summary, &format!("{nth}. "));
        for (_, text) in self.parts() {
            put(&plain::typed(text), INDENT);
        }
        if !self.words.numbers.is_empty() {
            let numbers: Vec<_> = self.words.numbers.iter().map(ToString::to_string).collect();
            put(&format!("Figures: {}.", numbers.join("; ")), INDENT);
        }
        for (team, answer) in &self.answers {
            let said =
                if answer.is_empty() { " has seen it.".to_owned() } else { format!(" answers: {answer}") };
            put(&format!("{}{said}", team.label), INDENT);
        }
        put(&self.origin(|link| link.label.clone()), INDENT);
    }
}

/// Text of people never begins where ours does.
const INDENT: &str = "   ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wins::Number;

    fn link(label: &str, path: &str) -> Link {
        Link { label: label.into(), path: path.into() }
    }

    fn document() -> Document {
        let win = Line {
            id: WinsEntryId(uuid::Uuid::nil()),
            kind: Kind::Win,
            words: Words {
                summary: "Checkout *pays* twice as fast".into(),
                situation: "Paying took long, see [the board](https://board.example/x).".into(),
                action: "# Loud\n- moved `Vec<Card>`\n- <script>alert(1)</script>".into(),
                result: String::new(),
                numbers: vec![Number {
                    what: "p95".into(),
                    before: Some("3.8".into()),
                    value: "1.9".into(),
                    unit: "s".into(),
                }],
            },
            topic: Some(Topic::Initiative),
            teams: vec![link("Basket", "/teams/basket")],
            about: vec![link("till", "/catalog/component/default/till")],
            people: vec![link("Imke", "/people/imke")],
            answers: Vec::new(),
            since: None,
        };
        let challenge = Line {
            kind: Kind::Challenge,
            words: Words { summary: "Prices come late".into(), ..Words::default() },
            topic: None,
            answers: vec![(link("Pricing", "/teams/pricing"), "- we know\n# soon".into())],
            since: Some(jiff::civil::date(2026, 11, 3)),
            about: Vec::new(),
            people: Vec::new(),
            ..win.clone()
        };
        Document {
            form: FORM,
            team: link("Commerce", "/teams/commerce"),
            cycle: "2026-w46".into(),
            title: "Weeks 46 and 47".into(),
            starts_on: jiff::civil::date(2026, 11, 9),
            ends_on: jiff::civil::date(2026, 11, 22),
            written_by: Some(link("Sanne", "/people/sanne")),
            published_at: "2026-11-27T08:00:00Z".parse().unwrap(),
            intro: "Two **good** weeks.".into(),
            wins: vec![win],
            challenges: vec![challenge],
            teams: 4,
            entries: 12,
            quiet: vec!["Recipes".into()],
            is_quiet: false,
        }
    }

    #[test]
    fn a_team_that_has_seen_a_challenge_and_says_nothing_is_told_so() {
        let mut document = document();
        document.challenges[0].answers = vec![(link("Pricing", "/teams/pricing"), String::new())];
        assert!(document.markdown("https://portal.example").contains("**Pricing has seen it**"));
        assert!(document.text("https://portal.example").contains("   Pricing has seen it.\n"));
    }

    #[test]
    fn a_publication_reads_as_markdown() {
        assert_eq!(document().markdown("https://portal.example"), include_str!("document_form_1.md"));
    }

    #[test]
    fn a_publication_reads_as_a_letter() {
        let text = document().text("https://portal.example");
        assert!(text.lines().all(|line| line.chars().count() <= 76 || line.contains("://")), "{text}");
        assert_eq!(text, include_str!("document_form_1.txt"));
    }

    #[test]
    fn who_is_outside_reads_what_was_done_and_no_more() {
        let outside = document().for_outside();
        assert_eq!(outside.path(), "");
        let (markdown, text) =
            (outside.markdown("https://portal.example"), outside.text("https://portal.example"));
        for told in [&markdown, &text, &serde_json::to_string(&outside).unwrap()] {
            for hidden in [
                "portal.example",
                "board.example",
                "Sanne",
                "Imke",
                "good",
                "Recipes",
                "12",
                "we know",
                "/teams/",
                "till",
            ] {
                assert!(!told.contains(hidden), "{hidden}: {told}");
            }
            assert!(
                told.contains("twice as fast") && told.contains("the board") && told.contains("Basket"),
                "{told}"
            );
        }
    }

    #[test]
    fn documents_of_this_form_are_read_for_ever() {
        let kept = include_str!("document_form_1.json");
        let read: Document = serde_json::from_str(kept).unwrap();
        assert_eq!(read, document());
        assert_eq!(serde_json::to_string(&read).unwrap(), kept.trim_end(), "and written as they were");
    }
}
