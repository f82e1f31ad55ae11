//! What is told to webhooks: as Standard Webhooks says (one notice, signed), or as a text that chats take (many at once).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::notify::{Bundle, Destination, Waiting};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::json;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{
    Undelivered,
    guard::{self, Outside},
};

/// As much of an answer as is read: nothing in it matters.
const ANSWER: usize = 64 * 1024;

/// A chat takes texts up to this; what is longer is split.
const CHAT: usize = 30_000;

/// Sends a bundle to its webhook.
pub async fn send(
    outside: &Outside,
    bundle: &Bundle,
    base_url: &str,
    now: Timestamp,
) -> Result<(), Undelivered> {
    match &bundle.to {
        Destination::Standard { url, secret } => {
            for notice in &bundle.notices {
                let body = standard(notice, base_url).to_string();
                let id = notice.id.to_string();
                let signature = sign(secret, &id, now, body.as_bytes()).ok_or_else(|| {
                    Undelivered::Lasting("its secret is damaged; make the webhook anew".into())
                })?;
                let seconds = now.as_second().to_string();
                let headers =
                    [("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signature)];
                post(outside, url, &headers, body).await?;
            }
            Ok(())
        }
        Destination::Slack { url } => {
            for text in chat(&bundle.notices, base_url) {
                post(outside, url, &[], json!({ "text": text }).to_string()).await?;
            }
            Ok(())
        }
        Destination::Email { .. } => Err(Undelivered::Lasting("it is a mailbox and no webhook".into())),
    }
}

async fn post(
    outside: &Outside,
    url: &str,
    headers: &[(&str, String)],
    body: String,
) -> Result<(), Undelivered> {
    let mut request = outside.request(Method::POST, url)?.header(CONTENT_TYPE, "application/json").body(body);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = request.send().await.map_err(guard::failure)?;
    let status = response.status();
    // read to its end, so that the connection can be used again; what it says does not matter
    let _ = guard::body(response, ANSWER).await;
    meant(status)
}

/// What a status means for whoever sent.
fn meant(status: StatusCode) -> Result<(), Undelivered> {
    let said = format!("it answered {}", status.as_u16());
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 => Err(Undelivered::Lasting(format!("{said}, which leads elsewhere and is not followed"))),
        408 | 425 | 429 | 500..=599 => Err(Undelivered::Passing(said)),
        _ => Err(Undelivered::Lasting(said)),
    }
}

/// The body that a program gets.
fn standard(notice: &Waiting, base_url: &str) -> serde_json::Value {
    json!({
        "type": notice.event,
        "timestamp": notice.created_at.to_string(),
        "data": {
            "id": notice.id,
            "subject": notice.subject,
            "text": notice.text,
            "reason": notice.reason,
            "link": format!("{base_url}{}", notice.link),
            "about": notice.about,
        },
    })
}

/// The signature of a body: HMAC-SHA-256 over id, timestamp and body. None if the secret is none.
pub(crate) fn sign(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{}.", at.as_second()).as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// How far the clocks of sender and receiver may be apart.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// Whether a text is a secret to sign with.
pub fn is_secret(text: &str) -> bool {
    text.strip_prefix("whsec_").is_some_and(|rest| !rest.is_empty() && STANDARD.decode(rest).is_ok())
}

/// Whether what came in was signed with this secret not long ago; takes the same time whatever the signature is. There may be
/// several, with spaces between them: a sender who changes its secret signs with both.
pub fn is_signed(
    secret: &str,
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: Timestamp,
) -> bool {
    let at = timestamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let Some(at) = at.filter(|at| now.duration_since(*at).abs() <= APART && !id.is_empty()) else {
        return false;
    };
    let Some(own) = sign(secret, id, at, body) else { return false };
    signatures.split(' ').any(|one| bool::from(one.as_bytes().ct_eq(own.as_bytes())))
}

/// One line each, in as many texts as a chat needs.
fn chat(notices: &[Waiting], base_url: &str) -> Vec<String> {
    let mut texts = vec![String::new()];
    for notice in notices {
        let detail: String =
            if notices.len() == 1 { notice.text.chars().take(2000).collect() } else { String::new() };
        let mut line = format!("<{base_url}{}|{}>", escaped(&notice.link), escaped(&notice.subject));
        if !detail.is_empty() {
            line += &format!("\n{}", escaped(&detail));
        }
        if texts.last().is_some_and(|text| !text.is_empty() && text.len() + line.len() > CHAT) {
            texts.push(String::new());
        }
        if let Some(text) = texts.last_mut() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
    }
    texts
}

/// The three characters that a chat reads as its own; so nobody is called by what an alert says.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('|', "¦")
}

#[cfg(test)]
mod tests {
    use portolan_domain::{NoticeId, notify::About};

    use super::*;

    fn notice(n: usize) -> Waiting {
        Waiting {
            id: NoticeId(uuid(n)),
            event: "page.opened".into(),
            subject: format!("<!channel> a & b | {n}"),
            text: "p99 > 2 s".into(),
            link: format!("/pages/{n}"),
            reason: "You are on call.".into(),
            about: About::new("page", uuid(n)),
            attempts: 0,
            created_at: "2026-11-21T03:10:00Z".parse().unwrap(),
        }
    }

    fn uuid(n: usize) -> uuid::Uuid {
        uuid::Uuid::from_u128(n as u128)
    }

    #[test]
    fn signs_as_the_specification_s_own_example() {
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let signature = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(sign("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "x", at, b""), None);
        assert_eq!(sign("whsec_?", "x", at, b""), None);
    }

    #[test]
    fn only_what_was_signed_lately_with_the_secret_is_taken() {
        let (secret, at) =
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Timestamp::from_second(1_614_265_330).unwrap());
        let signature = sign(secret, "one", at, b"{}").unwrap();
        let taken = |id: &str, seconds: i64, signature: &str, body: &[u8]| {
            let now = Timestamp::from_second(1_614_265_330 + seconds).unwrap();
            is_signed(secret, id, "1614265330", signature, body, now)
        };
        assert!(
            taken("one", 0, &signature, b"{}") && taken("one", -290, &format!("v1,x {signature}"), b"{}")
        );
        assert!(!taken("two", 0, &signature, b"{}") && !taken("one", 0, &signature, b"[]"));
        assert!(
            !taken("one", 301, &signature, b"{}") && !taken("one", -301, &signature, b"{}"),
            "too old, or not yet"
        );
        assert!(!taken("one", 0, "", b"{}") && !taken("", 0, &sign(secret, "", at, b"{}").unwrap(), b"{}"));
        assert!(!is_signed("whsec_AAAA", "one", "1614265330", &signature, b"{}", at));
        assert!(!is_signed(secret, "one", "now", &signature, b"{}", at));
        assert!(is_secret(secret) && !is_secret("whsec_") && !is_secret("whsec_?") && !is_secret("x"));
    }

    #[test]
    fn a_program_gets_all_of_it() {
        let body = standard(&notice(7), "https://p.example");
        assert_eq!(body["type"], "page.opened");
        assert_eq!(body["timestamp"], "2026-11-21T03:10:00Z");
        assert_eq!(body["data"]["link"], "https://p.example/pages/7");
        assert_eq!(body["data"]["about"]["kind"], "page");
    }

    #[test]
    fn a_chat_gets_one_line_each_and_no_alert_calls_its_channel() {
        let one = chat(&[notice(1)], "https://p.example");
        assert_eq!(one, ["<https://p.example/pages/1|&lt;!channel&gt; a &amp; b ¦ 1>\np99 &gt; 2 s"]);
        let many: Vec<_> = (0..500).map(notice).collect();
        let texts = chat(&many, "https://p.example");
        assert!(texts.len() == 2 && texts.iter().all(|t| t.len() <= CHAT), "{}", texts.len());
        let lines: Vec<_> = texts.iter().flat_map(|t| t.lines()).collect();
        assert_eq!(lines.len(), 500);
    }

    #[test]
    fn an_answer_means_done_later_or_never() {
        let of = |status: u16| meant(StatusCode::from_u16(status).unwrap());
        assert!(of(200).is_ok() && of(202).is_ok() && of(204).is_ok());
        for later in [408, 425, 429, 500, 502, 503, 504] {
            assert!(matches!(of(later), Err(Undelivered::Passing(_))), "{later}");
        }
        for never in [301, 307, 400, 401, 403, 404, 410, 413] {
            assert!(matches!(of(never), Err(Undelivered::Lasting(_))), "{never}");
        }
    }
}
