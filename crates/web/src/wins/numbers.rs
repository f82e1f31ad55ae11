//! Figures in a field: one a line.

use portolan_domain::wins::Number;

/// The figures of a text. A line that is none is kept, for the operation to say what is wrong with it.
pub(super) fn read(text: &str) -> Vec<Number> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| line.parse().unwrap_or_else(|_| Number { what: line.to_owned(), ..Number::default() }))
        .collect()
}

/// Figures as a text that reads back as they are.
pub(super) fn text(numbers: &[Number]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{read, text};

    #[test]
    fn a_line_is_a_figure_and_what_is_none_is_kept() {
        let numbers = read("p95: 3.8 s -> 1.9 s\n\n 99.97% \nOnly words");
        let values: Vec<_> = numbers.iter().map(|n| n.value.as_str()).collect();
        assert_eq!(values, ["1.9", "99.97", ""]);
        assert_eq!(numbers[2].what, "Only words");
        assert_eq!(text(&numbers[..2]), "p95: 3.8 → 1.9 s\n99.97%");
    }
}
