//! A running portal, as the commands reach it: over its API, with a personal token.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::cli::Access;

/// A portal and the token for it.
pub(super) struct Remote {
    client: Client,
    base: Url,
    token: String,
}

/// One field that is wrong.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    /// Its path.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) message: String,
}

/// An error of the API.
#[derive(Debug, Deserialize)]
struct Refusal {
    detail: Option<String>,
    #[serde(default)]
    problems: Vec<Problem>,
    request_id: Option<String>,
}

impl Remote {
    /// The portal that the flags name. `scope` is what the token must allow; an answer may take as long as `patience`.
    pub(super) fn new(access: &Access, scope: &str, patience: Duration) -> Result<Self> {
        let token = access.token.clone().with_context(|| {
            format!("no token: set PORTOLAN_TOKEN to a personal API token with the scope {scope} (account page, or portolan admin token create)")
        })?;
        let base = access.url.trim_end_matches('/');
        let wrong = || {
            format!(
                "PORTOLAN_URL (or --url) must be the portal's address like https://portal.example.org, not {base:?}"
            )
        };
        let base = Url::parse(&format!("{base}/api/v1/"))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .with_context(wrong)?;
        let client = Client::builder().connect_timeout(Duration::from_secs(10)).timeout(patience).build()?;
        Ok(Self { client, base, token: token.trim().to_owned() })
    }

    /// An address of the API, its parameters written as an address needs them.
    pub(super) fn address(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Url> {
        let mut address = self.base.join(path)?;
        if !parameters.is_empty() {
            address.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(address)
    }

    /// The address of a page of the portal.
    pub(super) fn page(&self, path: &str) -> Result<Url> {
        Ok(self.base.join("../../")?.join(path)?)
    }

    /// A reading request.
    pub(super) fn get(&self, address: Url) -> RequestBuilder {
        self.client.get(address)
    }

    /// A writing request.
    pub(super) fn post(&self, address: Url) -> RequestBuilder {
        self.client.post(address)
    }

    /// What the portal answers.
    pub(super) async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, String)> {
        let origin = self.base.origin().ascii_serialization();
        let sent = request.bearer_auth(&self.token).send().await;
        let response = sent.map_err(reqwest::Error::without_url).with_context(|| {
            format!("cannot reach the portal at {origin}; is PORTOLAN_URL right, and does it run?")
        })?;
        let status = response.status();
        let text = response
            .text()
            .await
            .with_context(|| format!("the portal at {origin} did not finish its answer"))?;
        Ok((status, text))
    }
}

/// What is wrong with what was sent: each field, or the refusal as a whole.
pub(super) fn problems(status: StatusCode, text: &str) -> Vec<Problem> {
    match serde_json::from_str::<Refusal>(text) {
        Ok(refusal) if !refusal.problems.is_empty() => refusal.problems,
        _ => {
            vec![Problem { field: "it".into(), message: format!("was not taken: {}", refused(status, text)) }]
        }
    }
}

/// Why a request was refused, in a sentence.
pub(super) fn refused(status: StatusCode, text: &str) -> String {
    let Ok(Refusal { detail, problems, request_id }) = serde_json::from_str::<Refusal>(text) else {
        return format!("the address answers {status}, but not as a portal does; is PORTOLAN_URL right?");
    };
    if status == StatusCode::UNAUTHORIZED {
        return "the portal does not accept the token: PORTOLAN_TOKEN must be a personal API token that is not expired or revoked".to_owned();
    }
    let problems: Vec<_> = problems.into_iter().map(|p| format!("{} {}", p.field, p.message)).collect();
    let what =
        if problems.is_empty() { detail.unwrap_or_else(|| status.to_string()) } else { problems.join("; ") };
    let id = request_id
        .filter(|_| status.is_server_error())
        .map_or_else(String::new, |id| format!(" (request {id})"));
    format!("the portal refused: {what}{id}")
}

#[cfg(test)]
mod tests {
    use super::{StatusCode, refused};

    #[test]
    fn refusals_are_one_sentence() {
        let problem = r#"{"detail": "x", "problems": [{"field": "source", "message": "must be a name"}], "request_id": "r"}"#;
        assert_eq!(
            refused(StatusCode::UNPROCESSABLE_ENTITY, problem),
            "the portal refused: source must be a name"
        );
        assert_eq!(
            refused(StatusCode::INTERNAL_SERVER_ERROR, r#"{"detail": "oh", "request_id": "r"}"#),
            "the portal refused: oh (request r)"
        );
        assert!(refused(StatusCode::OK, "<html>").contains("not as a portal does"));
        assert!(refused(StatusCode::UNAUTHORIZED, "{}").contains("PORTOLAN_TOKEN"));
    }
}
