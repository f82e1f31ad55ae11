//! Where a value comes from: a flag, the environment, the settings file; in that order.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use super::file;

/// Looks a variable up.
type Environment = Box<dyn Fn(&str) -> Option<OsString>>;

/// Values by key, and what was wrong with them.
pub(super) struct Sources {
    flags: BTreeMap<&'static str, (&'static str, String)>,
    environment: Environment,
    file: BTreeMap<String, String>,
    path: PathBuf,
    known: BTreeSet<&'static str>,
    problems: Vec<String>,
}

impl Sources {
    /// With a settings file: the one given, else `PORTOLAN_SETTINGS`, else `.env` here if there is one.
    pub(super) fn new(
        given: Option<&Path>,
        environment: impl Fn(&str) -> Option<OsString> + 'static,
    ) -> Result<Self> {
        let named = given.map(Path::to_owned).or_else(|| environment("PORTOLAN_SETTINGS").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| ".env".into());
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => {
                file::parse(&text).map_err(|problem| anyhow::anyhow!("{}: {problem}", path.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => BTreeMap::new(),
            Err(error) => bail!("cannot read the settings file {}: {error}", path.display()),
        };
        Ok(Self {
            flags: BTreeMap::new(),
            environment: Box::new(environment),
            file,
            path,
            known: BTreeSet::from([
                "PORTOLAN_SETTINGS",
                "PORTOLAN_URL",
                "PORTOLAN_TOKEN",
                "PORTOLAN_EXAMPLE_SECRET",
            ]),
            problems: Vec::new(),
        })
    }

    /// A value given on the command line.
    pub(super) fn flag(&mut self, key: &'static str, flag: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.flags.insert(key, (flag, value));
        }
    }

    /// Sets a field from the first source that has its key. An empty value counts as none, because composing tools
    /// pass unset variables on as empty ones.
    pub(super) fn set<T>(
        &mut self,
        key: &'static str,
        field: &mut T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) {
        self.known.insert(key);
        let Some((value, from)) = self.find(key) else { return };
        match parse(value.trim()) {
            Ok(parsed) => *field = parsed,
            Err(problem) => self.problems.push(format!("{from} {problem}")),
        }
    }

    /// Tells all that was wrong, also keys in the file that mean nothing (most likely mistyped).
    pub(super) fn finish(mut self) -> Result<()> {
        for key in self.file.keys().filter(|k| k.starts_with("PORTOLAN_") && !self.known.contains(k.as_str()))
        {
            self.problems.push(format!(
                "{key} in {} is not a setting; .env.example lists them all",
                self.path.display()
            ));
        }
        if self.problems.is_empty() { Ok(()) } else { bail!("{}", self.problems.join("\nportolan: ")) }
    }

    fn find(&mut self, key: &'static str) -> Option<(String, String)> {
        if let Some((flag, value)) = self.flags.remove(key) {
            return Some((value, flag.to_owned()));
        }
        if let Some(value) = (self.environment)(key).filter(|v| !v.is_empty()) {
            if let Ok(value) = value.into_string() {
                return Some((value, format!("{key} in the environment")));
            }
            self.problems.push(format!("{key} in the environment must be UTF-8 text"));
            return None;
        }
        let value = self.file.get(key).filter(|v| !v.is_empty())?;
        Some((value.clone(), format!("{key} in {}", self.path.display())))
    }
}
