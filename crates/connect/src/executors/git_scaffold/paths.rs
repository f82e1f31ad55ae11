//! Paths that templates and people give. None leads out of where it belongs, whoever wrote it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Longest path, and part of one.
const LONGEST: usize = 1_000;
const LONGEST_PART: usize = 200;

/// A path below something: `a/b`, with no way up, no root, nothing hidden in it, and not into git's own folder.
pub(super) fn relative(path: &str) -> Result<PathBuf, String> {
    let mut clean = PathBuf::new();
    if path.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} characters"));
    }
    if path.starts_with('/') {
        return Err("must not begin with a slash".into());
    }
    for part in path.split('/') {
        match part {
            "" | "." => continue,
            ".." => return Err("must not lead up".into()),
            _ => {}
        }
        if part.len() > LONGEST_PART {
            return Err(format!("has a part of over {LONGEST_PART} characters"));
        }
        if part.chars().any(|c| c.is_control() || matches!(c, '\\' | ':')) {
            return Err("must not have control characters, colons or backslashes".into());
        }
        // as file systems that fold them would read it
        let folded: String = part.chars().filter(char::is_ascii).collect::<String>().to_ascii_lowercase();
        let folded = folded.trim_end_matches(['.', ' ']);
        if folded == ".git" || folded.starts_with("git~") {
            return Err("must not lead into git's own folder".into());
        }
        clean.push(part);
    }
    Ok(clean)
}

/// A place below one of the operator's folders: `ROOT/path`. It need not be there, but what there is of it does not lead out.
pub(super) fn below(folders: &BTreeMap<String, PathBuf>, place: &str) -> Result<PathBuf, String> {
    let path = relative(place)?;
    let mut parts = path.components();
    let name = parts.next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    let Some(root) = folders.get(&name) else {
        let known: Vec<_> = folders.keys().map(String::as_str).collect();
        return Err(match known.as_slice() {
            [] => "is in a folder, and the operator gave none".into(),
            known => format!("begins with none of the folders that the operator gave: {}", known.join(", ")),
        });
    };
    let root = root.canonicalize().map_err(|_| format!("is in the folder {name}, which is not there"))?;
    let full = root.join(parts.as_path());
    let there = full.ancestors().find(|p| p.symlink_metadata().is_ok()).unwrap_or(&root);
    let real = there.canonicalize().map_err(|_| "cannot be looked at".to_owned())?;
    if !real.starts_with(&root) {
        return Err("leads out of the operator's folder".into());
    }
    Ok(full)
}

/// Whether a path matches a pattern: `*` within a part, `**` over parts, `?` one letter.
pub(super) fn matches(pattern: &str, path: &Path) -> bool {
    let path: Vec<_> = path.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    let pattern: Vec<_> = pattern.trim_start_matches("./").trim_end_matches('/').split('/').collect();
    // which ends of the path the patterns so far reach
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        for at in 0..=path.len() {
            if part == "**" {
                next[at] = reached[at] || (at > 0 && next[at - 1]);
            } else if at > 0 {
                next[at] = reached[at - 1] && part_matches(part, &path[at - 1]);
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn part_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| *c == '?' || *c == name[n]) {
            (p, n) = (p + 1, n + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (p, n) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out() {
        for good in
            ["a/b.txt", "./a//b/", ".github/workflows/ci.yml", ".gitignore", ".gitattributes", "a b", "ä"]
        {
            assert!(relative(good).is_ok(), "{good}");
        }
        for bad in [
            "..",
            "a/../../b",
            "/etc/passwd",
            "a\\..\\b",
            "a\nb",
            "a\0b",
            ".git/config",
            "x/.GIT/hooks/pre-commit",
            ".git ",
            ".git.",
            ".g\u{200c}it/config",
            "git~1/x",
            "C:/x",
            &"x".repeat(201),
        ] {
            assert!(relative(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("root");
        std::fs::create_dir_all(root.join("in")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("out")).unwrap();
        std::os::unix::fs::symlink("in", root.join("other")).unwrap();
        let folders = BTreeMap::from([("r".to_owned(), root)]);
        for good in ["r", "r/in", "r/other/x", "r/new/deep.git"] {
            assert!(below(&folders, good).is_ok(), "{good}");
        }
        for bad in ["r/out", "r/out/passwd", "r/../x", "/r/in", "x/in", "", "r/out/new"] {
            assert!(below(&folders, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_are_those_people_know() {
        let does = |pattern: &str, path: &str| matches(pattern, Path::new(path));
        for (pattern, path) in [
            ("*.md", "a.md"),
            ("**/*.md", "a.md"),
            ("**/*.md", "x/y/a.md"),
            (".github/**", ".github/a/b"),
            ("a/*/c", "a/b/c"),
            ("**", "a/b"),
            ("a?c", "abc"),
            ("./a", "a"),
            ("a/**/b", "a/b"),
        ] {
            assert!(does(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("*.md", "x/a.md"), ("a/*", "a/b/c"), ("a", "ab"), ("", "a"), ("a/**/b", "a/c")]
        {
            assert!(!does(pattern, path), "{pattern} {path}");
        }
        assert!(!does(&"*a".repeat(500), &"a".repeat(199)), "in time");
    }
}
