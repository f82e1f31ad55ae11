//! What was typed into a search box, as words; and mistyped words mended. Pure.

/// Words of more letters than this are cut: no name is longer.
const LONGEST: usize = 63;
/// More words than this say nothing more.
const MOST: usize = 8;

/// The words of a search, in lower case, split where names are split. Of a pasted reference or address, what follows
/// the last slash or colon.
pub(super) fn words(q: &str) -> Vec<String> {
    let tail = q.trim().trim_end_matches(['/', ':']);
    let tail = if tail.contains(char::is_whitespace) {
        tail
    } else {
        tail.rsplit(['/', ':']).next().unwrap_or(tail)
    };
    tail.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(MOST)
        .map(|w| w.chars().take(LONGEST).collect())
        .collect()
}

/// The name as typed, for exact and prefix matches.
pub(super) fn typed_name(q: &str) -> String {
    let tail = q.trim();
    let tail = if tail.contains(char::is_whitespace) {
        tail
    } else {
        tail.rsplit(['/', ':']).next().unwrap_or(tail)
    };
    tail.to_lowercase().chars().take(LONGEST).collect()
}

/// A `LIKE` pattern for what goes on so.
pub(super) fn begins_with(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// All words, each the beginning of one in the name, as the text of a `tsquery`. Words hold letters and digits only,
/// so nothing needs quoting.
pub(super) fn all_begin(words: &[String]) -> String {
    words.iter().map(|w| format!("{w}:*")).collect::<Vec<_>>().join(" & ")
}

/// For each word its replacements, any of which will do; a word without any stands as it is, with `unfinished` behind it.
pub(super) fn any_of_each(words: &[String], mended: &[Vec<String>], unfinished: &str) -> String {
    words
        .iter()
        .zip(mended)
        .map(|(word, others)| {
            if others.is_empty() {
                format!("{word}{unfinished}")
            } else {
                format!("({})", others.join(" | "))
            }
        })
        .collect::<Vec<_>>()
        .join(" & ")
}

/// How many slips of the finger are forgiven in a word of this length.
fn slips(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=5 => 1,
        _ => 2,
    }
}

/// The known words that `typed` most likely means: those with the fewest slips, the most used ones first.
/// `known` is (word, how many names use it).
pub(super) fn mend(typed: &str, known: &[(String, i64)]) -> Vec<String> {
    let typed: Vec<char> = typed.chars().collect();
    let most = slips(typed.len());
    let mut best: Vec<(usize, bool, i64, &str)> = known
        .iter()
        .filter_map(|(word, uses)| {
            let letters: Vec<char> = word.chars().collect();
            let (whole, beginning) = distances(&typed, &letters);
            // the word may not have been typed to its end, but its beginning forgives less
            let unfinished = whole > most && letters.len() > typed.len() && beginning < most.max(1);
            let slips = if unfinished { beginning + 1 } else { whole };
            (slips <= most).then_some((slips, unfinished, -uses, word.as_str()))
        })
        .collect();
    best.sort_unstable();
    let fewest = best.first().map_or(0, |b| b.0);
    best.into_iter().take_while(|b| b.0 == fewest).take(4).map(|b| b.3.to_owned()).collect()
}

/// The most places where a word is cut in two.
const CUTS: usize = 6;

/// Where a word may be cut in two so that its head is a known word or near to one: the head, what it may mean (nothing
/// if it is known as it is), and the rest. Known heads come first, and longer ones.
pub(super) fn cuts<'w>(word: &'w str, known: &[(String, i64)]) -> Vec<(&'w str, Vec<String>, &'w str)> {
    let ends = word.char_indices().map(|(at, _)| at).skip(3).collect::<Vec<_>>();
    let places = ends.iter().rev().skip(1).map(|at| word.split_at(*at));
    let mut found: Vec<_> = places
        .filter_map(|(head, tail)| {
            if known.iter().any(|(k, _)| k == head) {
                return Some((head, Vec::new(), tail));
            }
            let heads = mend(head, known);
            (!heads.is_empty()).then_some((head, heads, tail))
        })
        .collect();
    found.sort_by_key(|(_, heads, _)| !heads.is_empty());
    found.truncate(CUTS);
    found
}

/// The one of `known` that a misspelt key most likely means, if any is near.
pub(super) fn closest<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    let typed: Vec<char> = typed.chars().take(64).collect();
    let near = known.iter().map(|word| (distances(&typed, &word.chars().collect::<Vec<_>>()).0, *word));
    near.filter(|(slips, _)| *slips <= 2).min().map(|(_, word)| word)
}

/// How many slips (a letter missing, too many, wrong, or two swapped) lie between `typed` and `word`, and between
/// `typed` and the best beginning of `word`.
fn distances(typed: &[char], word: &[char]) -> (usize, usize) {
    let width = word.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    for (i, t) in typed.iter().enumerate() {
        let mut row = Vec::with_capacity(width);
        row.push(i + 1);
        for (j, w) in word.iter().enumerate() {
            let wrong = above[j] + usize::from(t != w);
            let mut cost = wrong.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *t == word[j - 1] && typed[i - 1] == *w {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = above;
        above = row;
    }
    (above[width - 1], above.iter().copied().min().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_cut_where_its_head_is_known_or_near() {
        let known = known();
        let first = |word| cuts(word, &known).into_iter().next();
        assert_eq!(first("checkoutapi"), Some(("checkout", Vec::new(), "api")));
        let near: Vec<_> =
            cuts("chekoutapi", &known).into_iter().map(|(head, _, tail)| (head, tail)).collect();
        assert!(near.contains(&("chekout", "api")), "{near:?}");
        assert_eq!(
            (cuts("zeppelin", &known), cuts("api", &known), cuts("", &known)),
            (vec![], vec![], vec![])
        );
        assert!(cuts("äöüäöüäöü", &known).is_empty());
    }

    fn known() -> Vec<(String, i64)> {
        [
            ("checkout", 12),
            ("cheque", 2),
            ("payment", 9),
            ("payout", 3),
            ("ledger", 5),
            ("gateway", 7),
            ("cart", 4),
            ("card", 6),
            ("api", 50),
        ]
        .map(|(w, n)| (w.to_owned(), n))
        .into()
    }

    #[test]
    fn names_are_split_where_the_index_splits_them() {
        assert_eq!(words("Payment-Gateway v2"), ["payment", "gateway", "v2"]);
        assert_eq!(words("component:default/checkout-api"), ["checkout", "api"]);
        assert_eq!(words("https://git.example.com/shop/checkout-api/"), ["checkout", "api"]);
        assert!(words(" -- ").is_empty());
    }

    #[test]
    fn slips_of_the_finger_are_mended() {
        let cases = [
            ("chekout", "checkout"),
            ("paymnt", "payment"),
            ("ledgr", "ledger"),
            ("legder", "ledger"),
            ("gatewya", "gateway"),
            ("chekou", "checkout"),
        ];
        for (typed, meant) in cases {
            assert_eq!(mend(typed, &known()).first().map(String::as_str), Some(meant), "{typed}");
        }
    }

    #[test]
    fn of_equal_slips_the_most_used_word_comes_first_and_short_words_are_not_guessed_at() {
        assert_eq!(mend("carx", &known()), ["card", "cart"]);
        assert!(mend("apx", &known()).is_empty());
        assert!(mend("warehouse", &known()).is_empty());
    }

    #[test]
    fn patterns_take_wildcards_literally() {
        assert_eq!(begins_with("50%_a\\b"), "50\\%\\_a\\\\b%");
    }
}
