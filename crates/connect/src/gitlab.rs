//! GitLab's deployment webhook: event `Deployment Hook`, with the secret itself in a header.

use jiff::{Timestamp, fmt::strtime};
use portolan_domain::changes::{Deployment, Status};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{BadPayload, cut, said, web_link};

/// The header with the event's name.
pub const EVENT: &str = "x-gitlab-event";
/// The header with the secret.
pub const TOKEN: &str = "x-gitlab-token";

/// Whether the token sent is the hook's secret. Both are hashed first, so the time tells nothing, not even a length.
pub fn is_token(secret: &[u8], token: Option<&str>) -> bool {
    let Some(token) = token else { return false };
    Sha256::digest(secret).ct_eq(&Sha256::digest(token.as_bytes())).into()
}

#[derive(Deserialize)]
struct Payload {
    object_kind: Option<String>,
    status: Option<String>,
    status_changed_at: Option<String>,
    deployment_id: Option<u64>,
    deployable_id: Option<u64>,
    deployable_url: Option<String>,
    environment: Option<String>,
    project: Option<Project>,
    short_sha: Option<String>,
    r#ref: Option<String>,
    user: Option<User>,
    commit_url: Option<String>,
    commit_title: Option<String>,
}

#[derive(Deserialize)]
struct Project {
    path_with_namespace: Option<String>,
}

#[derive(Deserialize)]
struct User {
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
}

/// The deployment that a delivery tells of. None for states in which nothing has happened (created, blocked, skipped).
pub fn deployment(body: &[u8]) -> Result<Option<Deployment>, BadPayload> {
    let payload: Payload = serde_json::from_slice(body).map_err(|e| BadPayload::Shape(e.to_string()))?;
    if payload.object_kind.as_deref() != Some("deployment") {
        return Err(BadPayload::Missing("object_kind \"deployment\""));
    }
    let word = said(payload.status).ok_or(BadPayload::Missing("status"))?;
    let status = match word.as_str() {
        "running" => Status::Running,
        "success" => Status::Succeeded,
        "failed" | "canceled" => Status::Failed,
        _ => return Ok(None),
    };
    let id = payload.deployment_id.or(payload.deployable_id).ok_or(BadPayload::Missing("deployment_id"))?;
    let repository = payload
        .project
        .and_then(|p| said(p.path_with_namespace))
        .ok_or(BadPayload::Missing("project.path_with_namespace"))?;
    let environment = said(payload.environment).ok_or(BadPayload::Missing("environment"))?;
    let commit = payload.commit_url.as_deref().and_then(commit_of).or_else(|| said(payload.short_sha));
    let version = said(payload.r#ref)
        .or_else(|| commit.as_ref().map(|c| c.chars().take(12).collect()))
        .ok_or(BadPayload::Missing("ref"))?;
    let at = payload.status_changed_at.as_deref().and_then(instant);
    let title = said(payload.commit_title).unwrap_or_default();
    let outcome = if word == "canceled" { format!("Canceled. {title}") } else { title };
    Ok(Some(Deployment {
        repository,
        environment: cut(&environment, 63),
        version: cut(&version, 200),
        commit: commit.map(|c| cut(&c, 200)),
        deployed_by: cut(&payload.user.and_then(who).unwrap_or_default(), 200),
        started_at: at.filter(|_| status == Status::Running),
        finished_at: at.filter(|_| status != Status::Running),
        status,
        outcome: cut(outcome.trim(), 2000),
        link: web_link(payload.deployable_url),
        key: format!("gitlab:{id}"),
    }))
}

/// GitLab hides addresses that their owners do not publish.
fn who(user: User) -> Option<String> {
    said(user.email).filter(|e| e.contains('@')).or_else(|| said(user.username)).or_else(|| said(user.name))
}

/// The full hash at the end of `…/-/commit/<hash>`.
fn commit_of(url: &str) -> Option<String> {
    let hash = url.rsplit('/').next()?;
    (hash.len() >= 7 && hash.chars().all(|c| c.is_ascii_hexdigit())).then(|| hash.to_owned())
}

/// `2021-04-28 21:50:00 +0200`, or with a zone that is called UTC, or as RFC 3339.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let text = text.replace(" UTC", " +0000");
    strtime::parse("%Y-%m-%d %H:%M:%S %z", &text).ok()?.to_timestamp().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"object_kind":"deployment","status":"success","status_changed_at":"2026-11-19 09:44:00 +0100","deployment_id":15,
        "deployable_id":796,"deployable_url":"https://gitlab.example/shop/checkout/-/jobs/796","environment":"production",
        "environment_tier":"production","project":{"id":30,"name":"checkout","path_with_namespace":"shop/checkout"},"short_sha":"279484c0",
        "user":{"id":1,"name":"Ana Prats","username":"ana","email":"[REDACTED]"},
        "commit_url":"https://gitlab.example/shop/checkout/-/commit/279484c09fbe69ededfced8c1bb6e6d24616b468",
        "commit_title":"Retry budget","ref":"main"}"#;

    #[test]
    fn only_the_secret_itself_passes() {
        assert!(is_token(b"secret", Some("secret")));
        for wrong in ["", "Secret", "secret ", "secre", "secrets"] {
            assert!(!is_token(b"secret", Some(wrong)), "{wrong:?}");
        }
        assert!(!is_token(b"secret", None));
    }

    #[test]
    fn a_delivery_becomes_a_deployment() {
        let told = deployment(BODY).unwrap().unwrap();
        assert_eq!(
            (told.repository.as_str(), told.version.as_str(), told.deployed_by.as_str()),
            ("shop/checkout", "main", "ana")
        );
        assert_eq!(told.commit.as_deref(), Some("279484c09fbe69ededfced8c1bb6e6d24616b468"));
        assert_eq!(
            (told.started_at, told.finished_at),
            (None, Some("2026-11-19T08:44:00Z".parse().unwrap()))
        );
        assert_eq!(
            (told.status, told.key.as_str(), told.outcome.as_str()),
            (Status::Succeeded, "gitlab:15", "Retry budget")
        );
    }

    #[test]
    fn a_start_tells_when_it_began_and_waiting_is_no_change() {
        let running =
            String::from_utf8_lossy(BODY).replace("\"success\"", "\"running\"").replace("+0100", "UTC");
        let told = deployment(running.as_bytes()).unwrap().unwrap();
        assert_eq!(
            (told.started_at, told.finished_at),
            (Some("2026-11-19T09:44:00Z".parse().unwrap()), None)
        );
        let created = String::from_utf8_lossy(BODY).replace("\"success\"", "\"created\"");
        assert_eq!(deployment(created.as_bytes()), Ok(None));
    }

    #[test]
    fn hostile_payloads_are_refused_and_never_panic() {
        for length in 0..BODY.len() {
            assert!(deployment(&BODY[..length]).is_err());
        }
        for body in
            ["null", "[]", "{}", r#"{"object_kind":"push"}"#, r#"{"object_kind":"deployment","status":{}}"#]
        {
            assert!(deployment(body.as_bytes()).is_err(), "{body}");
        }
        let odd = String::from_utf8_lossy(BODY).replace("2026-11-19 09:44:00 +0100", "yesterday");
        assert_eq!(deployment(odd.as_bytes()).unwrap().unwrap().finished_at, None);
    }
}
