//! A message from one page to the next: what the act did, and the way back. It travels in a cookie for a minute,
//! so that any replica can show it.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::visit;

const COOKIE: &str = "portolan_flash";
/// Longer texts are cut: a cookie has 4 kB for everything.
const ROOM: usize = 400;

/// What happened. Shown at the top of the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// `ok`, `warn`, `danger` or `info`; also the icon.
    pub(crate) tone: Tone,
    /// The part in bold: "Owner changed."
    pub(crate) lead: String,
    /// The rest of it.
    pub(crate) text: String,
    /// Where to go about it: a local address and its words.
    pub(crate) link: Option<(String, String)>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    /// Done.
    Ok,
    /// Done, but.
    Warn,
    /// Not done.
    Danger,
    /// Good to know.
    Info,
}

impl Tone {
    /// Name of the class and of the icon.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Danger => "danger",
            Self::Info => "info",
        }
    }
}

impl Flash {
    /// "**Saved.** …": it worked.
    pub(crate) fn ok(lead: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Tone::Ok, lead, text)
    }

    /// A message of any tone.
    pub(crate) fn new(tone: Tone, lead: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tone, lead: cut(lead.into()), text: cut(text.into()), link: None }
    }

    /// With a way on: an address of the portal, and what the link says.
    pub(crate) fn link(mut self, address: impl Into<String>, words: impl Into<String>) -> Self {
        self.link = Some((address.into(), words.into()));
        self
    }

    /// Leads to `address` (303) and is shown there.
    pub(crate) fn on(self, address: &str) -> Response {
        let mut response = Redirect::to(address).into_response();
        if let Ok(value) = HeaderValue::from_str(&format!(
            "{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60",
            self.pack()
        )) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }

    fn pack(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// A message from its cookie; what is damaged or leads out of the portal is dropped.
    pub(crate) fn unpack(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let flash: Self = serde_json::from_slice(&bytes).ok()?;
        let local = flash.link.as_ref().is_none_or(|(address, _)| is_local(address));
        (local && flash.text.len() <= 4 * ROOM).then_some(flash)
    }
}

/// Whether an address stays in this portal: a path, and not one that a browser reads as another host.
pub(crate) fn is_local(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//") && !address.contains(['\\', '\n', '\r', '\t'])
}

/// The cookie of a message.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    visit::cookie(headers, COOKIE)
}

/// Takes a shown message off the browser.
pub(crate) fn forget(headers: &mut HeaderMap) {
    headers.append(
        header::SET_COOKIE,
        HeaderValue::from_static("portolan_flash=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
    );
}

fn cut(text: String) -> String {
    match text.char_indices().nth(ROOM) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_cookie_and_stays_local() {
        let flash = Flash::ok("Owner changed.", "Basket now owns gift-cards").link("/catalog", "Undo");
        assert_eq!(Flash::unpack(&flash.pack()), Some(flash));
        let out = Flash::ok("a", "b").link("//evil.example", "Undo");
        assert_eq!(Flash::unpack(&out.pack()), None);
        assert_eq!(Flash::unpack("nonsense"), None);
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let flash = Flash::ok("x", "ø".repeat(5000));
        assert_eq!(flash.text.chars().count(), ROOM + 1);
    }

    #[test]
    fn only_paths_are_local() {
        assert!(is_local("/catalog?q=a"));
        for out in ["//host", "https://host", "/\\host", "catalog", ""] {
            assert!(!is_local(out), "{out}");
        }
    }
}
