//! Calendars of people, read from the addresses they gave.

use reqwest::{
    Method,
    header::{ACCEPT, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};

use portolan_domain::rota::ical::MOST_BYTES;

use crate::{
    Undelivered,
    guard::{self, Outside},
};

/// By what an unchanged calendar is known again: what its last answer said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub modified: Option<String>,
}

/// What an address answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// As it was.
    Unchanged,
    /// A calendar, and by what it is known again.
    Calendar(String, Seen),
}

/// Asks for a calendar.
pub async fn calendar(outside: &Outside, address: &str, seen: &Seen) -> Result<Fetched, Undelivered> {
    let mut request =
        outside.request(Method::GET, &plain(address))?.header(ACCEPT, "text/calendar, */*;q=0.1");
    if let Some(etag) = &seen.etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    if let Some(modified) = &seen.modified {
        request = request.header(IF_MODIFIED_SINCE, modified);
    }
    let response = request.send().await.map_err(guard::failure)?;
    let status = response.status();
    let said = format!("it answered {}", status.as_u16());
    match status.as_u16() {
        200 => {}
        304 => return Ok(Fetched::Unchanged),
        300..=399 => {
            return Err(Undelivered::Lasting(format!(
                "{said}, which leads elsewhere; give the last address"
            )));
        }
        408 | 425 | 429 | 500..=599 => return Err(Undelivered::Passing(said)),
        _ => return Err(Undelivered::Lasting(said)),
    }
    let now =
        Seen { etag: text(response.headers(), &ETAG), modified: text(response.headers(), &LAST_MODIFIED) };
    let body = guard::body(response, MOST_BYTES).await?;
    let body =
        String::from_utf8(body).map_err(|_| Undelivered::Lasting("it is not written in UTF-8".into()))?;
    if !body.trim_start_matches('\u{feff}').trim_start().starts_with("BEGIN:VCALENDAR") {
        return Err(Undelivered::Lasting("it is no calendar: it does not begin with BEGIN:VCALENDAR".into()));
    }
    Ok(Fetched::Calendar(body, now))
}

/// `webcal:` is how calendars are offered; it is `https:` by another name.
fn plain(address: &str) -> String {
    address.strip_prefix("webcal://").map_or_else(|| address.to_owned(), |rest| format!("https://{rest}"))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).filter(|v| v.len() <= 500).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// Answers one request with `answer` and hands back what was asked.
    async fn asked(answer: &'static str, seen: Seen) -> (Result<Fetched, Undelivered>, String) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://127.0.0.1:{}/cal.ics", listener.local_addr().unwrap().port());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let n = stream.read(&mut request).await.unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
            String::from_utf8_lossy(&request[..n]).into_owned()
        });
        let outside = Outside::new(vec!["127.0.0.1".parse().unwrap()]).unwrap();
        let fetched = calendar(&outside, &address, &seen).await;
        (fetched, server.await.unwrap())
    }

    #[tokio::test]
    async fn a_calendar_is_read_once_and_then_asked_for_only_if_it_changed() {
        let answer = "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nLast-Modified: Sat, 21 Nov 2026 03:10:00 GMT\r\nContent-Length: 17\r\nConnection: close\r\n\r\nBEGIN:VCALENDAR\r\n";
        let (fetched, request) = asked(answer, Seen::default()).await;
        assert!(!request.contains("if-none-match"), "{request}");
        let Ok(Fetched::Calendar(text, seen)) = fetched else { panic!("{fetched:?}") };
        assert_eq!(text, "BEGIN:VCALENDAR\r\n");
        assert_eq!(seen.etag.as_deref(), Some("\"7\""));
        let (again, request) = asked("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n", seen).await;
        assert_eq!(again, Ok(Fetched::Unchanged));
        assert!(
            request.contains("if-none-match: \"7\"") && request.contains("if-modified-since: Sat, 21 Nov"),
            "{request}"
        );
    }

    #[tokio::test]
    async fn what_is_no_calendar_or_too_much_is_refused() {
        let (page, _) =
            asked("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>", Seen::default())
                .await;
        assert!(
            matches!(&page, Err(Undelivered::Lasting(why)) if why.contains("BEGIN:VCALENDAR")),
            "{page:?}"
        );
        let (moved, _) = asked("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Seen::default()).await;
        assert!(
            matches!(&moved, Err(Undelivered::Lasting(why)) if why.contains("leads elsewhere")),
            "{moved:?}"
        );
        let (busy, _) =
            asked("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Seen::default())
                .await;
        assert!(matches!(busy, Err(Undelivered::Passing(_))), "{busy:?}");
        let large: &'static str = Box::leak(
            format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nBEGIN:VCALENDAR\r\n{}",
                "X".repeat(MOST_BYTES)
            )
            .into_boxed_str(),
        );
        let (large, _) = asked(large, Seen::default()).await;
        assert!(
            matches!(&large, Err(Undelivered::Lasting(why)) if why.contains("larger than 4096 kB")),
            "{large:?}"
        );
    }

    #[test]
    fn webcal_is_https() {
        assert_eq!(plain("webcal://c.example/x.ics"), "https://c.example/x.ics");
        assert_eq!(plain("http://c.example/x.ics"), "http://c.example/x.ics");
    }
}
