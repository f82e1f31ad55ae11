//! GitHub's deployment webhook: event `deployment_status`, signed with HMAC-SHA-256 over the raw body.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use portolan_domain::changes::{Deployment, Status};
use serde::Deserialize;
use sha2::Sha256;

use crate::{BadPayload, cut, said, web_link};

/// The header with the event's name.
pub const EVENT: &str = "x-github-event";
/// The header with the signature.
pub const SIGNATURE: &str = "x-hub-signature-256";

/// Whether `signature` (`sha256=` and hex) is that of `body` under `secret`. Compared in constant time.
pub fn is_signed(secret: &[u8], signature: Option<&str>, body: &[u8]) -> bool {
    let Some(hex) = signature.and_then(|s| s.trim().strip_prefix("sha256=")) else { return false };
    let Ok(given) = hex::decode(hex) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

#[derive(Deserialize)]
struct Payload {
    deployment: Option<Deployed>,
    deployment_status: Option<Stated>,
    repository: Option<Repository>,
    sender: Option<User>,
}

#[derive(Deserialize)]
struct Deployed {
    id: u64,
    sha: Option<String>,
    r#ref: Option<String>,
    environment: Option<String>,
    creator: Option<User>,
    created_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Stated {
    state: Option<String>,
    description: Option<String>,
    environment: Option<String>,
    log_url: Option<String>,
    target_url: Option<String>,
    environment_url: Option<String>,
    created_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct User {
    login: Option<String>,
}

/// The deployment that a `deployment_status` delivery tells of. None for states in which nothing has happened yet
/// (queued, pending) or nothing new has (inactive: a later deployment took its place).
pub fn deployment(body: &[u8]) -> Result<Option<Deployment>, BadPayload> {
    let payload: Payload = serde_json::from_slice(body).map_err(|e| BadPayload::Shape(e.to_string()))?;
    let deployed = payload.deployment.ok_or(BadPayload::Missing("deployment"))?;
    let stated = payload.deployment_status.ok_or(BadPayload::Missing("deployment_status"))?;
    let status = match said(stated.state).ok_or(BadPayload::Missing("deployment_status.state"))?.as_str() {
        "in_progress" => Status::Running,
        "success" => Status::Succeeded,
        "failure" | "error" => Status::Failed,
        _ => return Ok(None),
    };
    let repository = payload
        .repository
        .and_then(|r| said(r.full_name))
        .ok_or(BadPayload::Missing("repository.full_name"))?;
    let environment = said(deployed.environment)
        .or_else(|| said(stated.environment))
        .ok_or(BadPayload::Missing("deployment.environment"))?;
    let commit = said(deployed.sha);
    let version = said(deployed.r#ref)
        .filter(|r| commit.as_ref() != Some(r))
        .or_else(|| commit.as_ref().map(|c| c.chars().take(12).collect()))
        .ok_or(BadPayload::Missing("deployment.ref"))?;
    let login = |user: Option<User>| user.and_then(|u| said(u.login));
    Ok(Some(Deployment {
        repository,
        environment: cut(&environment, 63),
        version: cut(&version, 200),
        commit: commit.map(|c| cut(&c, 200)),
        deployed_by: cut(&login(deployed.creator).or_else(|| login(payload.sender)).unwrap_or_default(), 200),
        started_at: deployed.created_at,
        finished_at: stated
            .created_at
            .filter(|t| status != Status::Running && deployed.created_at.is_none_or(|s| *t >= s)),
        status,
        outcome: cut(&said(stated.description).unwrap_or_default(), 2000),
        link: [stated.log_url, stated.target_url, stated.environment_url].into_iter().find_map(web_link),
        key: format!("github:{}", deployed.id),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"action":"created","deployment":{"id":7,"sha":"93cf671fd2aa0b1c2d3e","ref":"v4.47.3","task":"deploy",
        "environment":"production","creator":{"login":"ana-prats","id":1,"type":"User"},"created_at":"2026-11-19T08:40:00Z","payload":{}},
        "deployment_status":{"id":9,"state":"success","description":"Two per cent of pods restarted","environment":"production",
        "log_url":"","target_url":"https://ci.example/runs/7","created_at":"2026-11-19T08:44:00Z"},
        "repository":{"full_name":"Fairhaven/checkout","private":true},"sender":{"login":"ci-bot"}}"#;

    fn signature(secret: &[u8], body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn the_vendors_own_example_verifies() {
        // secret, body and result as GitHub documents them for testing a receiver
        let given = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(is_signed(b"It's a Secret to Everybody", Some(given), b"Hello, World!"));
    }

    #[test]
    fn nothing_but_the_right_signature_of_the_whole_body_passes() {
        let right = signature(b"secret", BODY);
        assert!(is_signed(b"secret", Some(&right), BODY));
        assert!(!is_signed(b"other", Some(&right), BODY));
        assert!(!is_signed(b"secret", Some(&right), &BODY[..BODY.len() - 1]));
        for wrong in
            ["", "sha256=", "sha256=zz", "sha1=aa", &right[..20], right.trim_start_matches("sha256=")]
        {
            assert!(!is_signed(b"secret", Some(wrong), BODY), "{wrong:?}");
        }
        assert!(!is_signed(b"secret", None, BODY));
    }

    #[test]
    fn a_delivery_becomes_a_deployment() {
        let told = deployment(BODY).unwrap().unwrap();
        assert_eq!(
            (told.repository.as_str(), told.environment.as_str(), told.version.as_str()),
            ("Fairhaven/checkout", "production", "v4.47.3")
        );
        assert_eq!(
            (told.deployed_by.as_str(), told.status, told.key.as_str()),
            ("ana-prats", Status::Succeeded, "github:7")
        );
        assert_eq!(told.link.as_deref(), Some("https://ci.example/runs/7"));
        assert_eq!(
            told.finished_at.unwrap() - told.started_at.unwrap(),
            jiff::Span::new().seconds(240).fieldwise()
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_left_out() {
        for link in
            ["javascript:alert(1)", "https://", "https://no host", &format!("https://x/{}", "y".repeat(2000))]
        {
            let body = String::from_utf8_lossy(BODY).replace("https://ci.example/runs/7", link);
            assert_eq!(deployment(body.as_bytes()).unwrap().unwrap().link, None, "{link}");
        }
    }

    #[test]
    fn waiting_and_replaced_deployments_are_no_changes() {
        for state in ["queued", "pending", "inactive", "something-new"] {
            let body = String::from_utf8_lossy(BODY).replace("\"success\"", &format!("{state:?}"));
            assert_eq!(deployment(body.as_bytes()), Ok(None), "{state}");
        }
    }

    #[test]
    fn hostile_payloads_are_refused_and_never_panic() {
        for length in 0..BODY.len() {
            assert!(deployment(&BODY[..length]).is_err());
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for body in
            ["null", "[]", "{}", r#"{"deployment":7}"#, r#"{"deployment":{"id":-1}}"#, "\u{0}", deep.as_str()]
        {
            assert!(deployment(body.as_bytes()).is_err(), "{}", &body[..body.len().min(40)]);
        }
        let script =
            String::from_utf8_lossy(BODY).replace("https://ci.example/runs/7", "javascript:alert(1)");
        assert_eq!(deployment(script.as_bytes()).unwrap().unwrap().link, None);
    }
}
