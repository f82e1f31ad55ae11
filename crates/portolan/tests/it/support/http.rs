//! A small HTTP client that sends what it is told, byte for byte: a polite one would tidy up what hostile tests send.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All headers of this name.
    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }
}

/// Somebody with cookies, or a token, or neither.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    address: String,
    cookies: Vec<(String, String)>,
    token: Option<String>,
}

impl Client {
    /// A stranger at `http://host:port`.
    pub(crate) fn new(base_url: &str) -> Self {
        let address = base_url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { address, cookies: Vec::new(), token: None }
    }

    /// The same, with a bearer token.
    pub(crate) fn with_token(base_url: &str, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::new(base_url) }
    }

    /// The same, with a cookie.
    pub(crate) fn with_cookie(base_url: &str, name: &str, value: &str) -> Self {
        Self { cookies: vec![(name.to_owned(), value.to_owned())], ..Self::new(base_url) }
    }

    /// Where it talks to, as an origin.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it would send back.
    pub(crate) fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }

    /// The header of its token.
    pub(crate) fn authorization(&self) -> String {
        self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default()
    }

    /// Follows an address as a link of our own page.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[("Sec-Fetch-Site", "same-origin")], b"")
    }

    /// Sends a form as our own page would.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_form(path, &form(fields))
    }

    /// The same with fields that are written as a browser writes them.
    pub(crate) fn send_form(&mut self, path: &str, body: &str) -> Answer {
        let origin = self.origin();
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        self.send("POST", path, &headers, body.as_bytes())
    }

    /// Sends JSON.
    pub(crate) fn json(&mut self, method: &str, path: &str, body: &serde_json::Value) -> Answer {
        self.send(method, path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// Sends exactly this.
    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        request += &self.authorization();
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() || method != "GET" {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        let answer = exchange(&self.address, request.as_bytes(), body);
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers("set-cookie") {
            let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            self.cookies.retain(|(n, _)| n != name);
            if !value.is_empty() && !rest.to_lowercase().contains("max-age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn exchange(address: &str, head: &[u8], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap_or_else(|e| panic!("{address}: {e}"));
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    stream.write_all(head).expect("a request is sent");
    let _ = stream.write_all(body); // the server may answer, and hang up, before it has read a body that is too large
    let mut raw = Vec::new();
    let mut chunk = [0; 16 * 1024];
    while let Ok(n @ 1..) = stream.read(&mut chunk) {
        raw.extend_from_slice(&chunk[..n]);
    }
    parse(&raw)
}

fn parse(raw: &[u8]) -> Answer {
    let end = raw
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(raw)));
    let head = String::from_utf8_lossy(&raw[..end]);
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).expect("a status line");
    let headers: Vec<_> =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect();
    let chunked = headers.iter().any(|(n, v)| n.eq_ignore_ascii_case("transfer-encoding") && v == "chunked");
    let body = if chunked { joined(&raw[end + 4..]) } else { raw[end + 4..].to_vec() };
    Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line])
            .ok()
            .and_then(|s| usize::from_str_radix(s, 16).ok())
            .unwrap_or(0);
        if size == 0 || rest.len() < line + 4 + size {
            break;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
    }
    body
}
