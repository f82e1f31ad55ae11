//! What is published, as HTML that travels: in a letter and in a feed. No style and no script, since readers bring their own;
//! addresses are whole, since there is no page around them.

use askama::Template;
use jiff::civil::Date;
use portolan_domain::wins::{Addendum, Document, Letter, Line};

use crate::{markdown, markup::escaped};

#[derive(Template)]
#[template(path = "wins/letter.html")]
struct LetterPage<'l> {
    letter: &'l Letter,
    body: String,
    base: &'l str,
}

/// What a letter and an entry of a feed have in common.
#[derive(Template)]
#[template(path = "wins/letter_body.html")]
struct Body<'l> {
    document: &'l Document,
    addenda: &'l [Addendum],
    base: &'l str,
    /// Whether there is a head of its own: a feed's entry has one already.
    headed: bool,
    /// Whether it is about what was added, which comes first then.
    new: bool,
    /// Whether the reader can sign in, so that a link leads somewhere.
    inside: bool,
}

impl Body<'_> {
    fn days(&self) -> String {
        days(self.document.starts_on, self.document.ends_on)
    }

    fn written(&self) -> String {
        self.render().unwrap_or_else(|error| {
            tracing::error!(%error, "a template failed");
            in_words(self.document, self.base)
        })
    }

    #[expect(clippy::unused_self, reason = "called from the template")]
    fn html(&self, text: &str) -> String {
        markdown::html(text)
    }
}

/// A letter as HTML. `base_url` is the portal's address, for its links.
pub fn html(letter: &Letter, base_url: &str) -> String {
    let body = Body {
        document: &letter.document,
        addenda: &letter.addenda,
        base: base_url,
        headed: true,
        new: letter.is_addendum,
        inside: !letter.outside,
    };
    let page = LetterPage { letter, body: body.written(), base: base_url };
    page.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a template failed");
        in_words(&letter.document, base_url)
    })
}

/// A publication as a piece of HTML for a feed, with what was said afterwards.
pub(crate) fn piece(document: &Document, addenda: &[Addendum], base_url: &str) -> String {
    Body { document, addenda, base: base_url, headed: false, new: false, inside: true }.written()
}

/// The words alone: better than nothing.
fn in_words(document: &Document, base_url: &str) -> String {
    format!("<pre>{}</pre>", escaped(&document.text(base_url)))
}

/// The lines of a document, with their headings.
pub(crate) fn parts(document: &Document) -> Vec<(&'static str, &[Line])> {
    [("Wins", document.wins.as_slice()), ("Challenges", document.challenges.as_slice())]
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .collect()
}

/// What a line tells below its summary, as HTML: what is empty is left out.
pub(crate) fn texts(line: &Line) -> Vec<String> {
    let said = &line.words;
    [&said.situation, &said.action, &said.result]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| markdown::html(text))
        .collect()
}

/// `9 to 20 November 2026`, `28 December 2026 to 8 January 2027`.
pub(crate) fn days(from: Date, until: Date) -> String {
    let form = match (from.year() == until.year(), from.month() == until.month()) {
        (true, true) => "%-d",
        (true, false) => "%-d %B",
        _ => "%-d %B %Y",
    };
    format!("{} to {}", from.strftime(form), until.strftime("%-d %B %Y"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use portolan_domain::{
        WinsEntryId,
        wins::{Kind, Link, Words},
    };

    use super::*;

    fn link(label: &str, path: &str) -> Link {
        Link { label: label.into(), path: path.into() }
    }

    fn document(summary: &str, situation: &str) -> Document {
        let words = Words { summary: summary.into(), situation: situation.into(), ..Words::default() };
        let line = Line {
            id: WinsEntryId::new(),
            kind: Kind::Win,
            words,
            topic: None,
            teams: vec![link("Basket", "/teams/basket")],
            about: Vec::new(),
            people: vec![link("Priya <Nair>", "/people/priya")],
            answers: Vec::new(),
            since: None,
        };
        Document {
            form: 1,
            team: link("Commerce", "/teams/commerce"),
            cycle: "2026-w46".into(),
            title: "Weeks 46 and 47".into(),
            starts_on: date(2026, 11, 9),
            ends_on: date(2026, 11, 22),
            written_by: None,
            published_at: "2026-11-27T08:00:00Z".parse().unwrap(),
            intro: String::new(),
            wins: vec![line],
            challenges: Vec::new(),
            teams: 1,
            entries: 1,
            quiet: Vec::new(),
            is_quiet: false,
        }
    }

    #[test]
    fn days_name_a_month_and_a_year_only_where_they_change() {
        assert_eq!(days(date(2026, 11, 9), date(2026, 11, 22)), "9 to 22 November 2026");
        assert_eq!(days(date(2026, 11, 23), date(2026, 12, 6)), "23 November to 6 December 2026");
        assert_eq!(days(date(2026, 12, 21), date(2027, 1, 3)), "21 December 2026 to 3 January 2027");
    }

    #[test]
    fn what_people_write_brings_no_markup_along() {
        let hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>";
        let told =
            piece(&document(hostile, &format!("It **was** slow. {hostile}")), &[], "https://portal.example");
        assert!(told.contains("<strong>was</strong>"), "{told}");
        assert!(!told.contains("<script") && !told.contains("<img"), "{told}");
        assert!(told.contains("Priya &#60;Nair&#62;") || told.contains("Priya &lt;Nair&gt;"), "{told}");
        assert!(told.contains("href=\"https://portal.example/teams/basket\""), "{told}");
    }

    #[test]
    fn whoever_cannot_sign_in_gets_no_links_into_the_portal() {
        let base = "https://portal.example";
        let document = document("Faster", "");
        let told = Body { document: &document, addenda: &[], base, headed: false, new: false, inside: false }
            .written();
        assert!(told.contains("Basket") && !told.contains("portal.example"), "{told}");
    }
}
