//! Figures as people type them: one a line, `p95 of the payment step: 3.8 → 1.9 s`.

use portolan_domain::wins::Number;

/// What is typed between what was and what is.
const ARROWS: [&str; 3] = ["→", "->", "=>"];

/// The figures of a text, one a line.
pub(super) fn read(text: &str) -> Vec<Number> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(one).collect()
}

/// Figures as a text that reads back as they are.
pub(super) fn text(numbers: &[Number]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn one(line: &str) -> Number {
    let (what, rest) = match line.split_once(": ") {
        Some((what, rest)) if !rest.trim().is_empty() => (what.trim(), rest.trim()),
        _ => ("", line),
    };
    let arrow = ARROWS.iter().find_map(|arrow| rest.split_once(arrow));
    let (before, after) = arrow.map_or((None, rest), |(before, after)| (Some(before.trim()), after.trim()));
    let (value, unit) = measured(after);
    // what it was counted in is said once
    let before = before.map(|b| b.strip_suffix(unit).unwrap_or(b).trim()).filter(|b| !b.is_empty());
    Number {
        what: what.to_owned(),
        before: before.map(str::to_owned),
        value: value.to_owned(),
        unit: unit.to_owned(),
    }
}

/// A figure and what it is counted in: `1.9 s`, `99.97%`, `4 pages a week`.
fn measured(text: &str) -> (&str, &str) {
    if let Some(value) = text.strip_suffix('%').filter(|value| !value.contains(' ')) {
        return (value, "%");
    }
    text.split_once(' ').map_or((text, ""), |(value, unit)| (value, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::{read, text};

    #[test]
    fn what_is_typed_is_told_apart() {
        let numbers = read("p95 of the payment step: 3.8 s -> 1.9 s\n\n 99.97% \nPages: 11 → 4 a week");
        let told: Vec<_> = numbers
            .iter()
            .map(|n| (n.what.as_str(), n.before.as_deref(), n.value.as_str(), n.unit.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("p95 of the payment step", Some("3.8"), "1.9", "s"),
                ("", None, "99.97", "%"),
                ("Pages", Some("11"), "4", "a week"),
            ]
        );
    }

    #[test]
    fn what_is_shown_reads_back_as_it_was() {
        for line in
            ["p95: 3.8 → 1.9 s", "99.97%", "2.1% more finished orders", "62 changes", "Only words", "a: b"]
        {
            let numbers = read(line);
            assert_eq!(read(&text(&numbers)), numbers, "{line}");
            assert_eq!(text(&numbers), line);
        }
    }
}
