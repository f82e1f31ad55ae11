//! Finding descriptor files: those named, those in folders, those that a `Location` points at.

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{File, resolve};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// To be sent.
    pub(super) files: Vec<File>,
    /// What could not be read, and why: where it stood, and a sentence.
    pub(super) problems: Vec<(String, String)>,
    /// Files in folders that are no descriptors.
    pub(super) skipped: Vec<String>,
}

/// A file to look at.
struct Lead {
    path: PathBuf,
    /// Nothing outside this folder is read for it.
    root: PathBuf,
    /// Whether it was named itself; then it is sent whatever it holds.
    named: bool,
}

/// Everything that these paths name.
pub(super) fn all(paths: &[PathBuf]) -> Result<Found> {
    let mut found = Found::default();
    let mut leads = VecDeque::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.files.push(standard_input()?);
            continue;
        }
        let about = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if about.is_dir() {
            let root = path.canonicalize()?;
            leads.extend(below(path)?.into_iter().map(|path| Lead {
                path,
                root: root.clone(),
                named: false,
            }));
        } else {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            leads.push_back(Lead { path: path.clone(), root: folder.canonicalize()?, named: true });
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(lead) = leads.pop_front() {
        if seen.insert(lead.path.canonicalize()?) {
            look_at(&lead, &mut found, &mut leads);
        }
    }
    Ok(found)
}

fn look_at(lead: &Lead, found: &mut Found, leads: &mut VecDeque<Lead>) {
    let location = shown(&lead.path);
    let text = match fs::read(&lead.path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return found.problems.push((location, "is not UTF-8 text".to_owned())),
        Err(error) => return found.problems.push((location, format!("cannot be read: {error}"))),
    };
    let describes = text.contains("apiVersion") && text.contains("kind");
    if !lead.named && !describes {
        return found.skipped.push(location);
    }
    match resolve::file(&text, &lead.path, &lead.root) {
        Ok(resolved) => {
            let targets = resolved.targets.into_iter();
            leads.extend(targets.map(|path| Lead { path, root: lead.root.clone(), named: true }));
            found.files.push(File { location, text: resolved.text.unwrap_or(text) });
        }
        Err(problem) => found.problems.push((location, problem)),
    }
}

/// Every .yaml, .yml and .json below a folder, in order; hidden folders and other people's modules are passed by.
fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?
        .collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut files = Vec::new();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type()?; // a link to a folder is not followed: it may lead round in a circle
        if kind.is_dir() && !name.to_string_lossy().starts_with('.') && name != "node_modules" {
            files.extend(below(&path)?);
        } else if !kind.is_dir()
            && path.is_file()
            && path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
        {
            files.push(path);
        }
    }
    Ok(files)
}

fn standard_input() -> Result<File> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let Ok(text) = String::from_utf8(bytes) else { bail!("what came on standard input is not UTF-8 text") };
    if resolve::has_placeholders(&text) {
        bail!(
            "what came on standard input names files with $text, $json or $yaml; give the file itself, so that they can be found beside it"
        );
    }
    Ok(File { location: "-".to_owned(), text })
}

/// A path as messages show it: relative to where we are, without `./`.
fn shown(path: &Path) -> String {
    let path = std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .unwrap_or_else(|| path.to_owned());
    path.strip_prefix(".").unwrap_or(&path).display().to_string()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::all;

    const DESCRIPTOR: &str = "apiVersion: backstage.io/v1alpha1\nkind: Component\n";

    #[test]
    fn folders_are_searched_and_what_is_no_descriptor_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("b.yaml", DESCRIPTOR);
        put("deep/er/a.yml", DESCRIPTOR);
        put("package.json", "{\"name\": \"x\"}");
        put(".git/c.yaml", DESCRIPTOR);
        put("readme.md", DESCRIPTOR);
        fs::write(folder.path().join("bad.yaml"), b"\xff").unwrap();

        let found = all(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = found.files.iter().map(|f| f.location.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["b.yaml", "a.yml"]);
        assert!(found.skipped[0].ends_with("package.json") && found.skipped.len() == 1);
        assert!(found.problems[0].1.contains("UTF-8") && found.problems.len() == 1);
    }

    #[test]
    fn locations_are_followed_once_and_only_inside() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("in");
        fs::create_dir(&inside).unwrap();
        fs::write(folder.path().join("out.yaml"), DESCRIPTOR).unwrap();
        fs::write(inside.join("x.yaml"), DESCRIPTOR).unwrap();
        let location =
            |targets: &str| format!("apiVersion: a\nkind: Location\nspec:\n  targets: [{targets}]\n");
        let entry = inside.join("catalog-info.yaml");
        fs::write(&entry, location("./x.yaml, x.yaml, catalog-info.yaml, 'https://example.org/y.yaml'"))
            .unwrap();
        assert_eq!(all(std::slice::from_ref(&entry)).unwrap().files.len(), 2);

        fs::write(&entry, location("../out.yaml")).unwrap();
        let problem = &all(&[entry]).unwrap().problems[0].1;
        assert!(problem.contains("outside"), "{problem}");
    }

    #[test]
    fn a_path_that_is_not_there_is_told() {
        assert!(all(&[PathBuf::from("nowhere.yaml")]).unwrap_err().to_string().contains("nowhere.yaml"));
    }
}
