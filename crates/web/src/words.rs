//! Small words that templates need: counts, initials.

use portolan_domain::Page;

/// A number of things; templates hand over references.
pub(crate) trait Number {
    /// As the one type that is written out.
    fn number(&self) -> i64;
}

macro_rules! numbers {
    ($($kind:ty),+) => {$(
        impl Number for $kind {
            fn number(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )+};
}
numbers!(u64, usize);

macro_rules! small_numbers {
    ($($kind:ty),+) => {$(
        impl Number for $kind {
            fn number(&self) -> i64 {
                i64::from(*self)
            }
        }
    )+};
}
small_numbers!(i16, i32);

impl Number for i64 {
    fn number(&self) -> i64 {
        *self
    }
}

impl<N: Number + ?Sized> Number for &N {
    fn number(&self) -> i64 {
        (**self).number()
    }
}

/// `1,204`.
pub(crate) fn count(n: impl Number) -> String {
    let n = n.number();
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// `1 service`, `1,204 services`.
pub(crate) fn counted(n: impl Number, one: &str, many: &str) -> String {
    let n = n.number();
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `1,204 acts`, or `10,000+ acts` where counting stopped.
pub(crate) fn rows<T>(page: &Page<T>, one: &str, many: &str) -> String {
    if page.total_is_lower_bound {
        format!("{}+ {many}", count(page.total))
    } else {
        counted(page.total, one, many)
    }
}

/// `MC` for Maya Chen: first and last word, at most two letters.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| c.is_whitespace() || c == '-' || c == '_').filter(|w| !w.is_empty());
    let first = words.next().and_then(|w| w.chars().next());
    let last = words.next_back().and_then(|w| w.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).take(2).collect()
}

/// One of the four tints of an avatar, the same for the same name everywhere.
pub(crate) fn tint(name: &str) -> u32 {
    name.bytes().fold(0_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b))) % 4 + 1
}

/// The beginning of a text as one line: its first paragraph, cut at a word near `room` characters.
pub(crate) fn brief(text: &str, room: usize) -> String {
    let first = text.trim().split("\n\n").next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((at, _)) = line.char_indices().nth(room) else { return line };
    let cut = line[..at].rfind(' ').filter(|space| *space > at / 2).unwrap_or(at);
    format!("{}…", line[..cut].trim_end_matches([',', '.', ';', ':']))
}

/// What a browser calls itself, for people: `Chrome on Linux`. Others' names come first: nearly all claim to be Safari.
pub(crate) fn browser(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 11] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Vivaldi", "Vivaldi"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Chromium/", "Chromium"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Macintosh", "a Mac"),
        ("Linux", "Linux"),
        ("BSD", "BSD"),
    ];
    let known = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) if agent.is_empty() => "Unknown browser".to_owned(),
        (None, None) => brief(agent, 40),
    }
}

/// A word with its first letter large, for messages that begin with it.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1204), "1,204");
        assert_eq!(count(-26_121), "-26,121");
        assert_eq!(counted(1, "service", "services"), "1 service");
        assert_eq!(counted(1000, "service", "services"), "1,000 services");
    }

    #[test]
    fn takes_initials_of_any_name() {
        assert_eq!(initials("Maya Chen"), "MC");
        assert_eq!(initials("Bram de Wit"), "BW");
        assert_eq!(initials("øystein"), "Ø");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn cuts_a_text_at_a_word() {
        assert_eq!(brief("Takes a basket\nto a paid order.\n\nMore.", 80), "Takes a basket to a paid order.");
        assert_eq!(brief("Takes a basket to a paid order", 20), "Takes a basket to a…");
        assert_eq!(brief(&"ø".repeat(30), 20).chars().count(), 21);
    }

    #[test]
    fn browsers_are_called_as_people_call_them() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser(&format!("{chrome} Edg/140.0.0.0")), "Edge on Linux");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(phone), "Safari on an iPhone");
        assert_eq!(
            browser("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0"),
            "Firefox on Windows"
        );
        assert_eq!(browser("curl/8.14.1"), "curl");
        assert_eq!(browser("a robot of our own"), "a robot of our own");
        assert_eq!(browser(""), "Unknown browser");
    }

    #[test]
    fn begins_a_sentence() {
        assert_eq!(sentence("must be short"), "Must be short");
        assert_eq!(sentence(""), "");
    }
}
