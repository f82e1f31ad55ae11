//! The key that seals secrets at rest.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result};
use portolan_domain::sealing::SealingKey;

use crate::settings::Settings;

/// The key that was set, else with the private Postgres the one in its data folder (made at the first start).
pub(crate) fn key(settings: &Settings) -> Result<Option<SealingKey>> {
    if let Some(bytes) = settings.secret_key {
        return Ok(Some(SealingKey::new(bytes)));
    }
    if settings.database_url.is_some() {
        return Ok(None);
    }
    kept(&settings.data_dir()?.join("secret.key")).map(SealingKey::new).map(Some)
}

fn kept(path: &Path) -> Result<[u8; 32]> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text).with_context(|| {
            format!("{} must hold 32 bytes in hex: restore it from a backup", path.display())
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make(path).with_context(|| format!("cannot write {}", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn parse(text: &str) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes)?;
    Ok(bytes)
}

/// Writes a new key beside its place and moves it there, so that it is never half written.
fn make(path: &Path) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let draft = path.with_extension("new");
    let mut file = fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", hex::encode(bytes))?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::kept;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let key = kept(&path).unwrap();
        assert_eq!(kept(&path).unwrap(), key);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        assert!(kept(&path).unwrap_err().to_string().contains("restore it from a backup"));
    }
}
