//! What self-service may work with. Lists are separated by spaces or commas; what opens something is not repeated.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    str::FromStr,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use portolan_connect::executors::{GitHost, Hidden, PostgresServer};

use super::Parsed;

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty())
}

fn all<T: FromStr<Err = String>>(text: &str) -> Parsed<Vec<T>> {
    items(text).map(str::parse).collect()
}

/// Pairs of a name and something, each name once.
fn named<T>(text: &str, read: impl Fn(&str) -> Option<T>, example: &str) -> Parsed<BTreeMap<String, T>> {
    let mut found = BTreeMap::new();
    for item in items(text) {
        let pair = item.split_once('=').filter(|(name, _)| is_name(name));
        let pair = pair.and_then(|(name, value)| Some((name, read(value)?)));
        let (name, value) = pair.ok_or_else(|| format!("must be a list like {example}"))?;
        if found.insert(name.to_owned(), value).is_some() {
            return Err(format!("names {name} twice"));
        }
    }
    Ok(found)
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=63).contains(&text.len()) && text.bytes().all(plain)
}

pub(in crate::settings) fn servers(text: &str) -> Parsed<Vec<PostgresServer>> {
    let servers: Vec<PostgresServer> = all(text)?;
    let names: BTreeSet<_> = servers.iter().map(|server| &server.name).collect();
    if names.len() < servers.len() {
        return Err("gives two servers one name".to_owned());
    }
    Ok(servers)
}

pub(in crate::settings) fn secrets(text: &str) -> Parsed<BTreeMap<String, Hidden>> {
    let read = |secret: &str| {
        let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
        (key.len() >= 16).then(|| Hidden::new(secret))
    };
    named(text, read, "ci=whsec_… with at least 16 bytes in base64, as `openssl rand -base64 32` prints them")
}

pub(in crate::settings) fn folders(text: &str) -> Parsed<BTreeMap<String, PathBuf>> {
    let read = |path: &str| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    named(text, read, "templates=/srv/portolan/templates, with whole paths")
}

pub(in crate::settings) fn git_hosts(text: &str) -> Parsed<Vec<GitHost>> {
    all(text)
}

/// Names that would change which program runs, or what Portolan itself tells Terraform.
pub(in crate::settings) fn terraform_environment(text: &str) -> Parsed<BTreeSet<String>> {
    let refused = |name: &str| {
        let ours = name.starts_with("PORTOLAN_") || name.starts_with("TF_") && !name.starts_with("TF_VAR_");
        let loads = name.starts_with("LD_") || name.starts_with("DYLD_") || name.starts_with("GIT_");
        ours || loads || matches!(name, "PATH" | "HOME" | "DATABASE_URL")
    };
    let plain = |name: &str| {
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    items(text)
        .map(|name| {
            if plain(name) && !refused(name) {
                Ok(name.to_owned())
            } else {
                Err(format!("must be names of variables like AWS_PROFILE, not {name:?}"))
            }
        })
        .collect()
}
