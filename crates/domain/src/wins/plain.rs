//! Words of people as Markdown and as plain text of ours: they show what was written, and become nothing else.

/// A text without what no reader sees: control characters, and those that turn the direction of what follows them.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control())
        .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .collect()
}

/// A line of plain text, inside a line of Markdown.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// Lines of plain text, as lines of one paragraph or several of Markdown.
pub(super) fn lines(text: &str) -> String {
    let line = |line: &str| {
        let line = inline(line);
        let digits = line.chars().take_while(char::is_ascii_digit).count();
        match line.get(digits..).and_then(|rest| rest.chars().next()) {
            Some('-' | '+' | '=') if digits == 0 => format!("\\{line}"),
            Some('.' | ')')
                if digits > 0 && matches!(line.get(digits + 1..digits + 2), None | Some("" | " ")) =>
            {
                format!("{}\\{}", &line[..digits], &line[digits..])
            }
            _ => line,
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Markdown of people inside a document of ours: emphasis, lists, links and code stay; headings, rules, markup, pictures and
/// definitions, which would reach beyond their place, are shown as they were typed.
pub(super) fn blocks(text: &str) -> String {
    let text = followable(&visible(text));
    let mut out: Vec<String> = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    // whether code inside lines can be told: as long as each line of the paragraph closes what it opens
    let mut even = true;
    for line in text.lines() {
        if let Some(open) = fence {
            if closes(line, open) {
                fence = None;
            }
            out.push(line.to_owned());
        } else {
            fence = opens(line);
            if fence.is_some() {
                even = true;
                out.push(line.replace('<', ""));
                continue;
            }
            even |= line.trim().is_empty();
            let (tamed, closed) = tame(line, even);
            even &= closed;
            out.push(tamed);
        }
    }
    if let Some((mark, length)) = fence {
        out.push(std::iter::repeat_n(mark, length).collect());
    }
    out.join("\n").trim_end().to_owned()
}

/// The fence that a line opens. Only one at the line's very beginning: elsewhere it may be inside a list, and end with it.
fn opens(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    (length >= 3 && (mark == '~' || !line[length..].contains('`'))).then_some((mark, length))
}

fn closes(line: &str, (mark, length): (char, usize)) -> bool {
    let rest = line.trim_start_matches(' ');
    let marks = rest.chars().take_while(|c| *c == mark).count();
    line.len() - rest.len() <= 3 && marks >= length && rest[marks..].trim_matches([' ', '\t']).is_empty()
}

/// A line outside fences, and whether each mark of code in it has its other one.
fn tame(line: &str, code: bool) -> (String, bool) {
    let start = marks_before(line);
    let (before, rest) = line.split_at(start);
    let mut out = before.to_owned();
    let bare: String = rest.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    let first = bare.chars().next();
    let rule =
        first.is_some_and(|c| matches!(c, '=' | '-' | '*' | '_') && bare.chars().all(|other| other == c));
    let defines = first == Some('[') && rest.contains("]:");
    if first == Some('#') || rule || defines {
        out.push('\\');
    }
    // in a table a cell ends before the code in it does
    let code = code && !rest.contains('|');
    let chars: Vec<char> = rest.chars().collect();
    let (mut at, mut closed) = (0, true);
    while let Some(&c) = chars.get(at) {
        match c {
            '\\' => {
                out.push(c);
                at += 1;
                if let Some(next) = chars.get(at).filter(|next| next.is_ascii_punctuation()) {
                    out.push(*next);
                    at += 1;
                } else {
                    // a lone one must not take the mark away that is set before the next character
                    out.push('\\');
                }
            }
            '`' => {
                let run = run_of(&chars, at);
                let end = closing(&chars, at + run, run);
                if let Some(end) = end.filter(|_| code) {
                    out.extend(&chars[at..end]);
                    at = end;
                } else {
                    closed &= end.is_some();
                    out.extend(&chars[at..at + run]);
                    at += run;
                }
            }
            '<' => {
                out.push_str("\\<");
                at += 1;
            }
            '!' if chars.get(at + 1) == Some(&'[') => {
                out.push_str("\\!");
                at += 1;
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    (out, closed && code)
}

/// How much of a line only says in which quotation or list the rest of it is.
fn marks_before(line: &str) -> usize {
    let bytes = line.as_bytes();
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(|b| matches!(b, b' ' | b'\t')) {
            at += 1;
        }
        let digits = bytes[at..].iter().take(9).take_while(|b| b.is_ascii_digit()).count();
        let blank = |at: usize| bytes.get(at).is_some_and(|b| matches!(b, b' ' | b'\t'));
        let mark = match bytes.get(at + digits) {
            Some(b'>') if digits == 0 => 1,
            Some(b'-' | b'+' | b'*') if digits == 0 && blank(at + 1) => 1,
            Some(b'.' | b')') if digits > 0 && blank(at + digits + 1) => digits + 1,
            _ => return at,
        };
        // a rule like `- - -` is no list
        if mark == 1
            && bytes[at] != b'>'
            && bytes[at..].iter().all(|b| matches!(b, b' ' | b'\t') || *b == bytes[at])
        {
            return at;
        }
        at += mark;
    }
}

fn run_of(chars: &[char], at: usize) -> usize {
    chars[at..].iter().take_while(|c| **c == '`').count()
}

/// Behind the next run of so many marks of code.
fn closing(chars: &[char], from: usize, length: usize) -> Option<usize> {
    let mut at = from;
    while at < chars.len() {
        let run = run_of(chars, at);
        if run == length {
            return Some(at + run);
        }
        at += run.max(1);
    }
    None
}

/// A text whose links lead to the web, to a mailbox or into the portal; what looks like another one is shown as it was typed.
fn followable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let target =
            rest[middle + 2..].trim_start_matches(|c: char| c.is_whitespace() || c == '<').to_lowercase();
        let fine = ["http://", "https://", "mailto:", "/", "#"].iter().any(|begin| target.starts_with(begin));
        out.push_str(&rest[..=middle]);
        out.push_str(if fine { "(" } else { "\\(" });
        rest = &rest[middle + 2..];
    }
    out.push_str(rest);
    out
}

/// Each `[label](address)` of a text as these say it; what is no such link stays.
fn links(text: &str, mut say: impl FnMut(&str, &str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let (label_end, target) = (middle, &rest[middle + 2..]);
        let label_start = opening(&rest[..label_end]);
        let target_end = ending(target);
        if let Some((start, end)) = label_start.zip(target_end) {
            out.push_str(rest[..start].trim_end_matches('!'));
            let address = target[..end].split_whitespace().next().unwrap_or("").trim_matches(['<', '>']);
            out.push_str(&say(&rest[start + 1..label_end], address));
            rest = &target[end + 1..];
        } else {
            out.push_str(&rest[..middle + 2]);
            rest = target;
        }
    }
    out.push_str(rest);
    out
}

/// Where the bracket stands that is closed at the end of a text.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices().rev() {
        match c {
            ']' => depth += 1,
            '[' if depth == 0 => return Some(at),
            '[' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Where the bracket stands that closes the address at the beginning of a text.
fn ending(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Markdown of people as plain text: as they typed it, links written out.
pub(super) fn typed(text: &str) -> String {
    links(&visible(text), |label, address| {
        if label == address || address.is_empty() { label.to_owned() } else { format!("{label} ({address})") }
    })
}

/// Markdown of people without links: what they are called stays, where they lead does not.
pub(super) fn unlinked(text: &str) -> String {
    let mut text = text.to_owned();
    // a picture may be what a link is called
    for _ in 0..8 {
        text = links(&text, |label, _| label.to_owned());
    }
    let defines = |line: &&str| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || " \t>-+*.)".contains(c));
        line.starts_with('[') && line.contains("]:")
    };
    let kept: Vec<_> = text.lines().filter(|line| !defines(line)).collect();
    let mut parts =
        kept.join("\n").replace("](", "] (").split('<').map(str::to_owned).collect::<Vec<_>>().into_iter();
    let mut out = parts.next().unwrap_or_default();
    for part in parts {
        // `<https://…>` is a link too
        let name = part.split(['>', ' ', '\n']).next().unwrap_or("");
        if !name.contains([':', '@']) {
            out.push('<');
        }
        out.push_str(&part);
    }
    out
}

/// Characters of a line in a letter.
const WIDTH: usize = 76;

/// A text in lines of a letter, each begun with `rest` and the first one with `first`. Addresses are never broken.
pub(super) fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut begin = first.to_owned();
    for line in text.lines() {
        // what a list's item goes on with stands below its first word
        let mark = match line.trim_start().get(..2) {
            Some("- " | "* " | "+ " | "> ") => line.len() - line.trim_start().len() + 2,
            _ => 0,
        };
        let more = format!("{rest}{}", " ".repeat(mark.min(12)));
        let lead: String = line.chars().take_while(|c| *c == ' ').take(10).collect();
        let mut now = format!("{begin}{lead}");
        let (mut width, mut empty) = (now.chars().count(), true);
        let room = WIDTH - width.max(more.chars().count()).min(40);
        for word in line.split_whitespace().flat_map(|word| pieces(word, room)) {
            let length = word.chars().count();
            if !empty && width + 1 + length > WIDTH {
                out.push_str(now.trim_end());
                out.push('\n');
                now.clone_from(&more);
                (width, empty) = (now.chars().count(), true);
            }
            if !empty {
                now.push(' ');
                width += 1;
            }
            now.push_str(word);
            width += length;
            empty = false;
        }
        out.push_str(now.trim_end());
        out.push('\n');
        rest.clone_into(&mut begin);
    }
    out
}

/// A word in pieces that fit a line; an address is one piece.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    if word.contains("://") {
        return vec![word];
    }
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some((at, _)) = rest.char_indices().nth(width) {
        pieces.push(&rest[..at]);
        rest = &rest[at..];
    }
    pieces.push(rest);
    pieces
}

/// A path under the portal's address, as an address in a Markdown link.
pub(super) fn address(base_url: &str, path: &str) -> String {
    let mut out = base_url.to_owned();
    for c in path.chars() {
        match c {
            ' ' | '(' | ')' | '<' | '>' | '"' | '\\' | '[' | ']' => {
                out.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_no_markdown() {
        assert_eq!(
            inline("a *b* <i>c</i> [d](e) `f` &amp; #g"),
            "a \\*b\\* \\<i\\>c\\</i\\> \\[d\\](e) \\`f\\` \\&amp; \\#g"
        );
        assert_eq!(inline("one\n# two\u{202e}"), "one \\# two");
        assert_eq!(lines("- a\n1. b\n===\n# c\n3.8 s"), "\\- a\n1\\. b\n\\===\n\\# c\n3.8 s");
    }

    #[test]
    fn blocks_of_people_stay_where_they_are() {
        for (typed, shown) in [
            ("# Loud", "\\# Loud"),
            ("> # Loud", "> \\# Loud"),
            ("- a\n- ## b", "- a\n- \\## b"),
            ("a\n===", "a\n\\==="),
            ("a\n-", "a\n\\-"),
            ("- - -", "\\- - -"),
            ("***", "\\***"),
            ("<script>x</script>", "\\<script>x\\</script>"),
            ("\\<script> \\\\<b>", "\\<script> \\\\\\<b>"),
            ("![x](https://a.example/x.png)", "\\![x](https://a.example/x.png)"),
            ("[x]: https://a.example", "\\[x]: https://a.example"),
            ("**a** `Vec<T>` b < c", "**a** `Vec<T>` b \\< c"),
            ("a ` b\nc ` <i> ` d", "a ` b\nc ` \\<i> ` d"),
            ("| ` | <i> ` |", "| ` | \\<i> ` |"),
            ("```\n<b>\n# x\n```\n# y", "```\n<b>\n# x\n```\n\\# y"),
            ("```\n<b>", "```\n<b>\n```"),
            ("- a\n  ```\n<b>", "- a\n  ```\n\\<b>"),
        ] {
            assert_eq!(blocks(typed), shown, "{typed:?}");
        }
    }

    #[test]
    fn links_are_written_out_or_taken_away() {
        let text = "See [the *page*](https://a.example/x_(y)) and [this][1], <https://b.example>.\n\n[1]: https://c.example";
        assert_eq!(typed("See [it](https://a.example/x_(y))."), "See it (https://a.example/x_(y)).");
        let bare = unlinked(text);
        assert!(bare.starts_with("See the *page* and [this][1], https://b.example"), "{bare}");
        assert!(!bare.contains("a.example") && !bare.contains("c.example"), "{bare}");
        assert_eq!(unlinked("[![x](https://a.example)](https://b.example) a < b"), "x a < b");
        assert_eq!(typed("a ](b [c"), "a ](b [c");
    }

    #[test]
    fn lines_of_a_letter_fit() {
        let long = "x".repeat(200);
        let text =
            format!("{} {long} https://a.example/{long}\n- {}", "word ".repeat(40), "item ".repeat(30));
        let letter = wrapped(&text, "1. ", "   ");
        for line in letter.lines() {
            assert!(line.chars().count() <= WIDTH || line.contains("://"), "{line}");
            assert!(line.starts_with("1. ") || line.starts_with("   "), "{line}");
        }
        assert!(letter.contains(&format!("https://a.example/{long}\n")));
        assert!(letter.contains("\n   - item") && letter.contains("\n     item"), "{letter}");
    }
}
