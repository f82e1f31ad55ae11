//! The figures of a publication at a glance: those of its lines and no others.

use portolan_domain::wins::{Document, Number};

use crate::words;

/// Figures that are read at a glance.
const MOST: usize = 6;
/// What one is called may be so long; a sentence is no label.
const LONGEST: usize = 48;

/// One figure: what it is of, what it is, and what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) value: String,
    /// Empty: nobody said.
    pub(crate) was: String,
}

/// The figures of a document's lines, those that moved first. One alone says no more than its line does, so it is left there.
pub(crate) fn of(document: &Document) -> Vec<Figure> {
    let lines = document.wins.iter().chain(&document.challenges);
    let mut figures: Vec<Figure> = Vec::new();
    for figure in lines.flat_map(|line| &line.words.numbers).filter_map(figure) {
        if !figures.contains(&figure) {
            figures.push(figure);
        }
    }
    figures.sort_by_key(|figure| figure.was.is_empty());
    figures.truncate(MOST);
    if figures.len() > 1 { figures } else { Vec::new() }
}

/// A figure as a line of a publication shows it: what it is of, and what is not to be torn apart.
pub(crate) fn parts(number: &Number) -> (String, String) {
    let bare = Number { what: String::new(), ..number.clone() };
    let what = if number.what.is_empty() { String::new() } else { format!("{}: ", number.what) };
    (what, bare.to_string())
}

/// A number that can stand without its line: it has a name, or what it is counted in is one.
fn figure(number: &Number) -> Option<Figure> {
    if !number.value.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let percent = if number.unit == "%" { "%" } else { "" };
    let (what, value) = match (number.what.as_str(), number.unit.as_str()) {
        ("", unit) if unit.chars().count() > 3 => (unit, number.value.clone()),
        ("", _) => return None,
        (what, _) => {
            let bare = Number { what: String::new(), before: None, ..number.clone() };
            (what, bare.to_string())
        }
    };
    let was = number.before.as_ref().map_or_else(String::new, |before| {
        format!("{before}{}", if before.ends_with('%') { "" } else { percent })
    });
    (what.chars().count() <= LONGEST).then(|| Figure { what: words::sentence(what), value, was })
}

#[cfg(test)]
mod tests {
    use portolan_domain::wins::Number;

    use super::{Figure, figure};

    fn told(what: &str, before: Option<&str>, value: &str, unit: &str) -> Option<Figure> {
        let (what, before, value, unit) =
            (what.into(), before.map(str::to_owned), value.into(), unit.to_owned());
        figure(&Number { what, before, value, unit })
    }

    #[test]
    fn a_figure_has_a_name_and_a_value() {
        let one = told("orders on time", Some("97.9"), "98.6", "%").expect("a figure");
        assert_eq!(
            (one.what.as_str(), one.value.as_str(), one.was.as_str()),
            ("Orders on time", "98.6%", "97.9%")
        );
        let one = told("Pages", Some("11"), "4", "a week").expect("a figure");
        assert_eq!((one.value.as_str(), one.was.as_str()), ("4 a week", "11"));
        let one = told("", None, "62", "changes").expect("what it is counted in is its name");
        assert_eq!((one.what.as_str(), one.value.as_str()), ("Changes", "62"));
        for nameless in [told("", None, "99.97", "%"), told("", Some("3.8"), "1.9", "s")] {
            assert_eq!(nameless, None);
        }
        assert_eq!(told("Only", None, "words", ""), None, "a word is no figure");
        assert_eq!(told(&"a sentence ".repeat(9), None, "1", ""), None);
    }
}
