//! The folder that is published: templates filled in, files copied, written, moved and deleted, within bounds. Nothing follows a
//! symbolic link, and what is made is the same at each attempt.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use portolan_domain::provisioning::{Braces, render};
use serde_json::{Value, json};

use super::{
    git::Git,
    input::{Input, Made, Source, Syntax, Task, offering},
    no_room, paths,
    remote::Remote,
};
use crate::executors::{Attempt, Failed};

/// Most files, and most bytes of all of them.
const MOST_FILES: usize = 2_000;
const MOST_BYTES: u64 = 50 << 20;
/// Deepest folder.
const DEEPEST: usize = 30;

/// Does what the input says, in a folder of its own below `temp`.
pub(super) async fn made(attempt: &Attempt, git: &Git, input: &Input, temp: &Path) -> Result<Made, Failed> {
    let tasks = input.tasks();
    let mut sources = BTreeMap::new();
    for source in tasks.iter().filter_map(|task| task.template.as_ref().or(task.copy.as_ref())) {
        if !sources.contains_key(source) {
            let path = fetched(attempt, git, source, &temp.join(format!("source-{}", sources.len()))).await?;
            sources.insert(source.clone(), path);
        }
    }
    let (root, from) = (temp.join("made"), input.from.clone());
    let work = tokio::task::spawn_blocking(move || {
        fs::create_dir(&root).map_err(|e| no_room(&e))?;
        let mut folder = Folder { root, files: 0, bytes: 0 };
        for task in &tasks {
            folder.does(task, &sources)?;
        }
        folder.part(from.as_deref())
    });
    work.await.map_err(|_| offering("could not be done: the work on its files ended early"))?
}

/// Where the files of a source are.
async fn fetched(attempt: &Attempt, git: &Git, source: &Source, into: &Path) -> Result<PathBuf, Failed> {
    match source {
        Source::Folder { folder } => {
            let path = paths::below(&attempt.equipment.folders, folder);
            path.map_err(|why| offering(&format!("takes files from {folder:?}, which {why}")))
        }
        Source::Git { git: url, r#ref, path } => {
            let remote = Remote::of_url(url, &attempt.equipment)?;
            let reference = r#ref.as_deref().map(super::input::branch).transpose()?;
            attempt.log.say(&format!("fetching the template from {}", remote.shown()));
            git.clone(&remote, reference.as_deref(), into, true).await?;
            let _ = fs::remove_dir_all(into.join(".git"));
            let path = path.as_deref().unwrap_or_default();
            let below = paths::relative(path)
                .map_err(|why| offering(&format!("takes files from {path:?}, which {why}")))?;
            let (whole, real) = (into.canonicalize(), into.join(&below).canonicalize());
            match (whole, real) {
                (Ok(whole), Ok(real)) if real.starts_with(&whole) => Ok(real),
                _ => Err(offering(&format!("takes files from {path:?}, which is not in the repository"))),
            }
        }
    }
}

struct Folder {
    root: PathBuf,
    files: usize,
    bytes: u64,
}

/// How the files of a template are filled in.
struct Filling<'t> {
    braces: Braces,
    values: Value,
    as_they_are: &'t [String],
    only_ending: Option<&'t str>,
}

impl Folder {
    fn does(&mut self, task: &Task, sources: &BTreeMap<Source, PathBuf>) -> Result<(), Failed> {
        let into = relative(task.into.as_deref().unwrap_or_default())?;
        if let Some(source) = task.template.as_ref().or(task.copy.as_ref()) {
            let from = sources.get(source).ok_or_else(|| offering("lost one of its sources"))?;
            let values = Value::Object(task.values.clone().unwrap_or_default());
            let filling = task.template.is_some().then(|| {
                let (braces, values) = match task.syntax {
                    Some(Syntax::Backstage) => (Braces::Dollar, json!({ "values": values })),
                    Some(Syntax::Plain) | None => (Braces::Plain, values),
                };
                let as_they_are = task.copy_without_templating.as_deref().unwrap_or_default();
                Filling { braces, values, as_they_are, only_ending: task.only_ending.as_deref() }
            });
            return self.takes(from, &into, filling.as_ref(), task.replace.unwrap_or(filling.is_none()));
        }
        for pattern in task.delete.iter().flatten() {
            self.deletes(pattern)?;
        }
        for rename in task.rename.iter().flatten() {
            self.renames(&relative(&rename.from)?, &relative(&rename.to)?, rename.overwrite)?;
        }
        if let Some(write) = &task.write {
            let content = match (&write.content, &write.yaml) {
                (Some(content), None) => content.clone(),
                (None, Some(value)) => serde_saphyr::to_string(value)
                    .map_err(|e| offering(&format!("writes what is no YAML: {e}")))?,
                _ => return Err(offering("writes a file with neither content nor yaml, or with both")),
            };
            self.writes(&relative(&write.path)?, content.as_bytes(), true, false)?;
        }
        Ok(())
    }

    /// A file, or all below a folder.
    fn takes(
        &mut self,
        from: &Path,
        into: &Path,
        filling: Option<&Filling<'_>>,
        replace: bool,
    ) -> Result<(), Failed> {
        let kind = fs::symlink_metadata(from).map_err(|_| offering("takes files from where nothing is"))?;
        if kind.is_file() {
            return self.take(from, into, Path::new(""), filling, replace);
        }
        for found in listed(from)? {
            let below = found.strip_prefix(from).unwrap_or(&found).to_owned();
            let named = match filling {
                Some(filling) => filling.name(&below)?,
                None => Some(below.clone()),
            };
            if let Some(named) = named {
                self.take(&found, &into.join(named), &below, filling, replace)?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        from: &Path,
        to: &Path,
        below: &Path,
        filling: Option<&Filling<'_>>,
        replace: bool,
    ) -> Result<(), Failed> {
        let metadata = fs::symlink_metadata(from).map_err(|e| no_room(&e))?;
        if metadata.len() > MOST_BYTES {
            return Err(too_much());
        }
        let bytes = fs::read(from).map_err(|e| no_room(&e))?;
        let filled = match filling {
            Some(filling) => filling.content(below, bytes)?,
            None => bytes,
        };
        self.writes(to, &filled, replace, is_program(&metadata))
    }

    fn writes(&mut self, to: &Path, content: &[u8], replace: bool, program: bool) -> Result<(), Failed> {
        let shown = to.display();
        if to.as_os_str().is_empty() {
            return Err(offering("writes a file without a name"));
        }
        let full = self.root.join(to);
        let before = fs::symlink_metadata(&full).ok();
        match &before {
            Some(there) if there.is_dir() => {
                return Err(offering(&format!("writes {shown}, which is a folder")));
            }
            // what was made before stands, as in Backstage
            Some(_) if !replace => return Ok(()),
            Some(there) => self.bytes -= there.len().min(self.bytes),
            None => self.files += 1,
        }
        self.bytes += content.len() as u64;
        if self.files > MOST_FILES || self.bytes > MOST_BYTES {
            return Err(too_much());
        }
        let in_the_way = |e: io::Error| offering(&format!("cannot write {shown}: {e}"));
        fs::create_dir_all(full.parent().unwrap_or(&self.root)).map_err(in_the_way)?;
        fs::write(&full, content).map_err(in_the_way)?;
        if program {
            make_program(&full).map_err(in_the_way)?;
        }
        Ok(())
    }

    fn deletes(&mut self, pattern: &str) -> Result<(), Failed> {
        let pattern = relative(pattern)?;
        let pattern = pattern.to_string_lossy();
        for file in listed(&self.root)? {
            let below = file.strip_prefix(&self.root).unwrap_or(&file);
            // a folder goes with all that is in it
            let matched = below.ancestors().any(|p| !p.as_os_str().is_empty() && paths::matches(&pattern, p));
            if matched {
                let size = fs::symlink_metadata(&file).map_or(0, |m| m.len());
                fs::remove_file(&file).map_err(|e| no_room(&e))?;
                self.files = self.files.saturating_sub(1);
                self.bytes = self.bytes.saturating_sub(size);
            }
        }
        Ok(())
    }

    fn renames(&mut self, from: &Path, to: &Path, overwrite: bool) -> Result<(), Failed> {
        let (old, new) = (self.root.join(from), self.root.join(to));
        let shown = (from.display(), to.display());
        if from.as_os_str().is_empty() || to.as_os_str().is_empty() || old.symlink_metadata().is_err() {
            return Err(offering(&format!("renames {}, which is not there", shown.0)));
        }
        if new.symlink_metadata().is_ok() {
            if !overwrite || new.is_dir() {
                return Err(offering(&format!("renames {} to {}, which is there already", shown.0, shown.1)));
            }
            self.files = self.files.saturating_sub(1);
        }
        fs::create_dir_all(new.parent().unwrap_or(&self.root))
            .and_then(|()| fs::rename(&old, &new))
            .map_err(|e| offering(&format!("cannot rename {} to {}: {e}", shown.0, shown.1)))
    }

    fn part(self, from: Option<&str>) -> Result<Made, Failed> {
        let folder = self.root.join(relative(from.unwrap_or_default())?);
        if !folder.is_dir() {
            return Err(offering(&format!("publishes {}, which is not made", from.unwrap_or("nothing"))));
        }
        let names = listed(&folder)?.into_iter();
        let files: Vec<_> =
            names.map(|f| f.strip_prefix(&folder).unwrap_or(&f).display().to_string()).collect();
        if files.is_empty() {
            return Err(offering("makes no file"));
        }
        Ok(Made { folder, files })
    }
}

impl Filling<'_> {
    fn asked(&self, text: &str) -> bool {
        [self.braces.open(), "{%", "{#"].iter().any(|open| text.contains(open))
    }

    /// The name of a file, filled in; none if a part of it is nothing: then it is left out.
    fn name(&self, below: &Path) -> Result<Option<PathBuf>, Failed> {
        let mut named = PathBuf::new();
        for part in below {
            let part = part.to_str().ok_or_else(|| offering("has a file whose name is no text"))?;
            let filled = if self.asked(part) {
                render(part, self.braces, &self.values)
                    .map_err(|fault| offering(&format!("has a file whose name {part:?} {fault}")))?
            } else {
                part.to_owned()
            };
            if filled.trim().is_empty() {
                return Ok(None);
            }
            named.push(relative(filled.trim())?);
        }
        Ok(match (self.only_ending, named.to_str()) {
            (Some(ending), Some(name)) => Some(name.strip_suffix(ending).unwrap_or(name).into()),
            _ => Some(named),
        })
    }

    fn content(&self, below: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, Failed> {
        let left = self.as_they_are.iter().any(|pattern| paths::matches(pattern, below))
            || self.only_ending.is_some_and(|ending| !below.to_string_lossy().ends_with(ending));
        match std::str::from_utf8(&bytes) {
            Ok(text) if !left && !bytes.contains(&0) && self.asked(text) => {
                render(text, self.braces, &self.values)
                    .map(String::into_bytes)
                    .map_err(|fault| offering(&format!("has a file {} that {fault}", below.display())))
            }
            _ => Ok(bytes),
        }
    }
}

/// What was made, put over what is there.
pub(super) fn copied(from: &Path, to: &Path, into: Option<&str>) -> Result<(), Failed> {
    let mut folder = Folder { root: to.to_owned(), files: 0, bytes: 0 };
    let into = relative(into.unwrap_or_default())?;
    folder.takes(from, &into, None, true)
}

fn relative(path: &str) -> Result<PathBuf, Failed> {
    let shown: String = path.chars().filter(|c| !c.is_control()).take(100).collect();
    paths::relative(path).map_err(|why| offering(&format!("names the path {shown:?}, which {why}")))
}

fn too_much() -> Failed {
    offering(&format!("makes more than {MOST_FILES} files or {} MB", MOST_BYTES >> 20))
}

/// All files below a folder, in order. A link is refused: where it leads is nobody's to say.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let (mut files, mut folders) = (Vec::new(), vec![(folder.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| no_room(&e))? {
            let path = entry.map_err(|e| no_room(&e))?.path();
            let kind = fs::symlink_metadata(&path).map_err(|e| no_room(&e))?.file_type();
            if kind.is_dir() {
                if depth == DEEPEST {
                    return Err(offering(&format!("has folders deeper than {DEEPEST}")));
                }
                // git keeps its own there, and a template is never a repository
                if path.file_name().is_none_or(|name| name != ".git") {
                    folders.push((path, depth + 1));
                }
            } else if kind.is_file() {
                files.push(path);
                if files.len() > MOST_FILES {
                    return Err(too_much());
                }
            } else {
                let name = path.file_name().unwrap_or_default().display();
                return Err(offering(&format!(
                    "has {name}, a link or a device, in its template; only files are taken"
                )));
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(unix)]
fn is_program(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(unix)]
fn make_program(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn is_program(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn make_program(_: &Path) -> io::Result<()> {
    Ok(())
}
