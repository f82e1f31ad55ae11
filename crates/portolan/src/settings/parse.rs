//! What each setting may hold. A message completes the sentence that begins with the key.

pub(super) mod provision;

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use portolan_connect::{guard::Allowed, smtp};
use sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;
use url::Url;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

pub(super) type Parsed<T> = Result<T, String>;

pub(super) fn listen(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| format!("must be an address and a port like 127.0.0.1:8080, not {text:?}"))
}

pub(super) fn base_url(text: &str) -> Parsed<Option<String>> {
    let wrong = || format!("must be the portal's address like https://portal.example.org, not {text:?}");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.path() == "/";
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || !plain {
        return Err(wrong());
    }
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "any text will do, and every parser has this shape")]
pub(super) fn path(text: &str) -> Parsed<Option<PathBuf>> {
    Ok(Some(PathBuf::from(text)))
}

/// The value is not repeated: it may hold a password.
pub(super) fn database_url(text: &str) -> Parsed<Option<String>> {
    let scheme = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if !scheme || PgConnectOptions::from_str(text).is_err() {
        return Err("must be a Postgres address like postgres://user:password@host:5432/portolan".to_owned());
    }
    Ok(Some(text.to_owned()))
}

pub(super) fn pool_size(text: &str) -> Parsed<u32> {
    text.parse()
        .ok()
        .filter(|n| (2..=200).contains(n))
        .ok_or_else(|| format!("must be a number from 2 to 200, not {text:?}"))
}

/// The value is not repeated: it is a secret.
pub(super) fn secret_key(text: &str) -> Parsed<Option<[u8; 32]>> {
    let bytes = hex::decode(text).ok().or_else(|| STANDARD.decode(text).ok());
    bytes
        .and_then(|b| b.try_into().ok())
        .map(Some)
        .ok_or_else(|| "must be 32 bytes in hex or base64, as `openssl rand -hex 32` prints them".to_owned())
}

pub(super) fn smtp(text: &str) -> Parsed<Option<smtp::Server>> {
    text.parse().map(Some)
}

pub(super) fn mail_from(text: &str) -> Parsed<Option<String>> {
    smtp::sender(text).map(Some)
}

pub(super) fn fetch_allow(text: &str) -> Parsed<Vec<Allowed>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| part.parse().map_err(|problem| format!("must be a list with commas, and {problem}")))
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "any text will do, and every parser has this shape")]
pub(super) fn text(text: &str) -> Parsed<String> {
    Ok(text.to_owned())
}

pub(super) fn switch(text: &str) -> Parsed<bool> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("must be true or false, not {text:?}")),
    }
}

pub(super) fn duration(text: &str) -> Parsed<Duration> {
    let wrong = || format!("must be a time like 30s, 15m, 8h or 14d, not {text:?}");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return Err(wrong()),
    };
    // ten years: nothing here is longer, and sums with it cannot overflow
    let seconds = number.checked_mul(unit).filter(|s| (1..=315_360_000).contains(s)).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

pub(super) fn log_filter(text: &str) -> Parsed<String> {
    EnvFilter::try_new(text)
        .map_err(|_| format!("must be a log filter like info or portolan=debug, not {text:?}"))?;
    Ok(text.to_owned())
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("must be text or json, not {text:?}")),
    }
}
