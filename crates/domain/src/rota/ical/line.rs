//! Content lines of a calendar: unfolded, cut into name, parameters and value.

/// A line such as `DTSTART;TZID=Europe/Berlin:20261121T080000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// In capitals.
    pub(super) name: String,
    params: Vec<(String, String)>,
    pub(super) value: String,
}

impl Line {
    /// The value of a parameter, named in capitals.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The value as text: escapes undone.
    pub(super) fn text(&self) -> String {
        let (mut text, mut escaped) = (String::with_capacity(self.value.len()), false);
        for c in self.value.chars() {
            match (escaped, c) {
                (false, '\\') => {
                    escaped = true;
                    continue;
                }
                (true, 'n' | 'N') => text.push('\n'),
                (_, c) => text.push(c),
            }
            escaped = false;
        }
        text
    }

    fn parse(line: &str) -> Option<Self> {
        let (mut quoted, mut colon) = (false, None);
        let mut cuts = Vec::new();
        for (at, c) in line.char_indices() {
            match c {
                '"' => quoted = !quoted,
                ';' if !quoted => cuts.push(at),
                ':' if !quoted => {
                    colon = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let colon = colon?;
        let name_end = cuts.first().copied().unwrap_or(colon);
        let ends = cuts.iter().skip(1).copied().chain([colon]);
        let params = cuts.iter().zip(ends).filter_map(|(cut, end)| {
            let (name, value) = line[cut + 1..end].split_once('=')?;
            Some((name.to_uppercase(), value.trim_matches('"').to_owned()))
        });
        Some(Self {
            name: line[..name_end].trim().to_uppercase(),
            params: params.collect(),
            value: line[colon + 1..].to_owned(),
        })
    }
}

/// The lines of a text; folded ones are put together, those that are none are left out.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut unfolded: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => unfolded.push(line.to_owned()),
        }
    }
    unfolded.iter().filter_map(|line| Line::parse(line)).collect()
}
