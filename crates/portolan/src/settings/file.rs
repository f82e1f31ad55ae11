//! The settings file: lines of KEY=value, with comments and optional quotes.

use std::collections::BTreeMap;

/// Reads a settings file; says the line of what it does not understand.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut values = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((key, value)) = line.split_once('=') else {
            return Err(format!("line {number} must look like KEY=value"));
        };
        let key = key.trim();
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("line {number} must begin with a key of letters, digits and _"));
        }
        let value = unquote(value.trim())
            .ok_or_else(|| format!("line {number}: {key} begins with a quote that does not end"))?;
        if values.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("line {number} sets {key} a second time; keep one of the two"));
        }
    }
    Ok(values)
}

/// The value without its quotes; none if they do not match.
fn unquote(value: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.strip_suffix(quote);
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_keys_quotes_and_comments() {
        let values = parse("# a\n\nA=1\nexport B = \"x # y\"\nC='z'\nD=\n").unwrap();
        let pairs: Vec<_> = values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("A", "1"), ("B", "x # y"), ("C", "z"), ("D", "")]);
    }

    #[test]
    fn says_which_line_is_wrong() {
        assert_eq!(parse("A=1\nnonsense").unwrap_err(), "line 2 must look like KEY=value");
        assert_eq!(parse("A=1\nA=2").unwrap_err(), "line 2 sets A a second time; keep one of the two");
        assert_eq!(parse("A=\"x").unwrap_err(), "line 1: A begins with a quote that does not end");
    }
}
