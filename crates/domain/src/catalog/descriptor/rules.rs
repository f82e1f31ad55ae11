//! The shapes of names, as the code of the format checks them.

/// Longest name, namespace, kind or tag.
pub(super) const PART: usize = 63;

/// `metadata.name`: 1–63; first and last alphanumeric; inside also `-`, `_`, `.`, repeated or not.
pub fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    bytes.len() <= PART
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// `metadata.namespace`: a lower-case DNS label.
pub fn is_namespace(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= PART
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A tag: lower-case alphanumerics, `:`, `+`, `#`, in parts joined by single `-`.
pub fn is_tag(text: &str) -> bool {
    let part = |p: &str| {
        !p.is_empty()
            && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":+#".contains(&b))
    };
    text.len() <= PART && text.split('-').all(part)
}

/// A DNS subdomain: labels joined by dots, 253 at most.
fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_namespace)
}

/// `kind`: a letter, then letters and digits.
pub(super) fn is_kind(text: &str) -> bool {
    text.len() <= PART
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `apiVersion`: an optional DNS subdomain and a slash, then alphanumerics.
pub(super) fn is_api_version(text: &str) -> bool {
    let (prefix, version) = text.split_once('/').map_or((None, text), |(p, v)| (Some(p), v));
    prefix.is_none_or(is_subdomain)
        && !version.is_empty()
        && version.len() <= PART
        && version.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Key of a label or annotation: an optional DNS subdomain and a slash, then a name.
pub(super) fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name(name),
        None => is_name(text),
    }
}

/// Value of a label: empty, or a name.
pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "A1", "a--b", "a.._b", "0", &"x".repeat(63)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "a/b", "ä", ".", &"x".repeat(64)] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn namespaces_are_lower_case() {
        for good in ["default", "a-b", "0", "a--b"] {
            assert!(is_namespace(good), "{good}");
        }
        for bad in ["", "Default", "a_b", "a.b", "-a", "a-"] {
            assert!(!is_namespace(bad), "{bad}");
        }
    }

    #[test]
    fn tags() {
        for good in ["java", "c++", "c#", "a:b", "a-b-c"] {
            assert!(is_tag(good), "{good}");
        }
        for bad in ["", "Java", "a--b", "-a", "a_b", "a b"] {
            assert!(!is_tag(bad), "{bad}");
        }
    }

    #[test]
    fn versions_kinds_and_keys() {
        assert!(is_api_version("backstage.io/v1alpha1") && is_api_version("v1"));
        assert!(!is_api_version("a/b/v1") && !is_api_version("backstage.io/") && !is_api_version("Back/v1"));
        assert!(is_kind("API") && !is_kind("1x") && !is_kind("a-b") && !is_kind(""));
        assert!(is_key("portolan.dev/tier") && is_key("tier") && is_key("Tier_1"));
        assert!(!is_key("a/b/c") && !is_key("/x") && !is_key("Portolan.dev/x") && !is_key("x/"));
    }
}
