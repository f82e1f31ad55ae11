//! E-mail: one letter to one mailbox, in plain text, and in HTML beside it where it has that.

use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use url::{Host, Url};

use crate::Undelivered;

/// For the connection, and for the whole conversation with it.
const CONNECTING: Duration = Duration::from_secs(10);
const CONVERSATION: Duration = Duration::from_secs(30);

/// Where letters are handed over: `smtp://user:password@host:587` speaks TLS after a greeting (STARTTLS), `smtps://` from
/// the first byte. Without TLS only this machine is spoken to.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    tls: Encryption,
    login: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    None,
    StartTls,
    Tls,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}:{})", self.host, self.port)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for Server {
    type Err = String;

    /// The text is not repeated in what is said of it: it may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "must be a mail server's address like smtp://user:password@mail.example.org:587 or smtps://mail.example.org".to_owned()
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let tls = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(wrong()),
        };
        let host = url.host_str().filter(|h| !h.is_empty()).ok_or_else(wrong)?.to_owned();
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong());
        }
        let tls = match (tls, is_local(&host)) {
            (true, _) => Encryption::Tls,
            (false, true) => Encryption::None,
            (false, false) => Encryption::StartTls,
        };
        let port = url.port().unwrap_or(match tls {
            Encryption::None => 25,
            Encryption::StartTls => 587,
            Encryption::Tls => 465,
        });
        let login = (!url.username().is_empty())
            .then(|| Some((decoded(url.username())?, decoded(url.password().unwrap_or_default())?)));
        let login = match login {
            Some(None) => return Err(wrong()),
            other => other.flatten(),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port, tls, login })
    }
}

fn is_local(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(ip)) => ip.is_loopback(),
        Ok(Host::Ipv6(ip)) => ip.is_loopback(),
        // a host of another scheme than the web's is not parsed as an address
        Ok(Host::Domain(name)) => name == "localhost",
        Err(_) => false,
    }
}

/// What stands percent-encoded in an address; none if it is not UTF-8.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next()?, rest.next()?];
            let mut one = [0];
            hex::decode_to_slice(hex, &mut one).ok()?;
            bytes.push(one[0]);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Checks an address to send from: `Portolan <portal@example.org>`, or the bare address.
pub fn sender(text: &str) -> Result<String, String> {
    text.parse::<Mailbox>().map(|mailbox| mailbox.to_string()).map_err(|_| {
        format!("must be an address to send from like Portolan <portal@example.org>, not {text:?}")
    })
}

/// A letter.
#[derive(Debug, Clone)]
pub struct Letter<'l> {
    /// Name of whom it is for.
    pub name: Option<&'l str>,
    /// Their address.
    pub address: &'l str,
    /// The line in the list of letters.
    pub subject: &'l str,
    /// Plain text.
    pub text: &'l str,
    /// The same in HTML, for programs that show that; the text comes first, so that others show it.
    pub html: Option<&'l str>,
    /// Address at which they say that they want no more of it (RFC 2369).
    pub stop: Option<&'l str>,
    /// Left part of its id: the same for the same letter sent again, so that programs can tell.
    pub id: &'l str,
    /// When it is sent.
    pub at: Timestamp,
}

/// Hands letters to a server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer(from {})", self.from)
    }
}

impl Mailer {
    /// For this server and sender. Connects to nobody yet.
    pub fn new(server: &Server, from: &str) -> Result<Self, String> {
        let from = from.parse().map_err(|_| format!("{from:?} is no address to send from"))?;
        let parameters = || {
            TlsParameters::new(server.host.clone())
                .map_err(|e| format!("TLS to the mail server cannot be set up: {e}"))
        };
        let tls = match server.tls {
            Encryption::None => Tls::None,
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::Tls => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
            .port(server.port)
            .tls(tls)
            .timeout(Some(CONNECTING));
        if let Some((user, password)) = &server.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Hands a letter over. Once the server took it, it is the server's.
    pub async fn send(&self, letter: &Letter<'_>) -> Result<(), Undelivered> {
        let message = self.written(letter)?;
        match tokio::time::timeout(CONVERSATION, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(meant(&error)),
            Err(_) => Err(Undelivered::Passing("the mail server did not answer in time".into())),
        }
    }

    /// The letter as it goes over the wire. Every header is made of a checked value or encoded: no text can begin a new one.
    fn written(&self, letter: &Letter<'_>) -> Result<Message, Undelivered> {
        let bad = |what: &str| Undelivered::Lasting(format!("{what}, so no mail server takes it"));
        let address: Address =
            letter.address.parse().map_err(|_| bad(&format!("{:?} is no e-mail address", letter.address)))?;
        let name = letter.name.map(one_line).filter(|name| !name.is_empty());
        let automatic =
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into());
        let id: String =
            letter.id.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .subject(one_line(letter.subject))
            .date(letter.at.into())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(automatic);
        if let Some(stop) = letter.stop {
            let stop: Url = stop.parse().map_err(|_| bad("the address to stop it is none"))?;
            let header = |name: &'static str, value: String| {
                HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
            };
            // the reader's program may do it in one press (RFC 8058)
            message = message
                .raw_header(header("List-Unsubscribe", format!("<{stop}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        let text = letter.text.to_owned();
        let written = match letter.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(text, html.to_owned())),
            None => message.header(ContentType::TEXT_PLAIN).body(text),
        };
        written.map_err(|error| bad(&format!("the letter cannot be written ({error})")))
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// What a failure means. A server that refuses us (530 to 538: we are not who we should be) may take it once the operator
/// has mended that; one that refuses the letter will not.
fn meant(error: &smtp::Error) -> Undelivered {
    let code = error.status().map(u16::from);
    let said = told(error);
    match code {
        Some(530 | 534 | 535 | 538) => {
            Undelivered::Passing(format!("the mail server does not let Portolan in: {said}"))
        }
        Some(500..=599) => Undelivered::Lasting(format!("the mail server refused it: {said}")),
        Some(_) => Undelivered::Passing(format!("the mail server asked to come again: {said}")),
        None if error.is_timeout() => Undelivered::Passing("the mail server did not answer in time".into()),
        None => Undelivered::Passing(format!("the mail server could not be reached: {said}")),
    }
}

/// The innermost words of an error, on one line.
fn told(error: &smtp::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    one_line(&words).chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(subject: &str, name: &str) -> String {
        let server: Server = "smtp://localhost".parse().unwrap();
        let mailer = Mailer::new(&server, "Portolan <portal@fairhaven.example>").unwrap();
        let letter = Letter {
            name: Some(name),
            address: "imke@fairhaven.example",
            subject,
            text: "Zoë says: p99 > 2 s\n.\nline",
            html: None,
            stop: None,
            id: "0190-1.0190-2",
            at: "2026-11-21T03:10:00Z".parse().unwrap(),
        };
        String::from_utf8(mailer.written(&letter).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_letter_has_what_every_letter_needs() {
        let text = letter("checkout-api is slow", "Imke Sørensen");
        for header in [
            "From: Portolan <portal@fairhaven.example>\r\n",
            "Subject: checkout-api is slow\r\n",
            "Date: Sat, 21 Nov 2026 03:10:00 +0000\r\n",
            "Message-ID: <0190-1.0190-2@fairhaven.example>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "<imke@fairhaven.example>\r\n",
        ] {
            assert!(text.contains(header), "{header} is not in {text}");
        }
    }

    #[test]
    fn no_text_begins_a_header_of_its_own() {
        for evil in [
            "x\r\nBcc: all@fairhaven.example",
            "x\nBcc: all@fairhaven.example",
            "x\r\n\r\nBcc: all@",
            "\u{0}Bcc:",
        ] {
            let text = letter(evil, evil);
            let head = text.split("\r\n\r\n").next().unwrap();
            assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{text}");
        }
        let server: Server = "smtp://localhost".parse().unwrap();
        let mailer = Mailer::new(&server, "portal@fairhaven.example").unwrap();
        for address in
            ["a@b\r\nBcc: c@d", "a", "a@", "a b@c.example", "<a@b.example>", "a@b.example, c@d.example", ""]
        {
            let at = Timestamp::UNIX_EPOCH;
            let letter =
                Letter { name: None, address, subject: "s", text: "t", html: None, stop: None, id: "i", at };
            let refused = mailer.written(&letter);
            assert!(matches!(refused, Err(Undelivered::Lasting(_))), "{address:?}");
        }
    }

    #[test]
    fn a_letter_in_two_forms_has_the_text_first_and_says_how_to_stop_it() {
        let server: Server = "smtp://localhost".parse().unwrap();
        let mailer = Mailer::new(&server, "portal@fairhaven.example").unwrap();
        let letter = |stop| Letter {
            name: None,
            address: "imke@fairhaven.example",
            subject: "Commerce",
            text: "It held.",
            html: Some("<p>It held.</p>"),
            stop,
            id: "1",
            at: Timestamp::UNIX_EPOCH,
        };
        let stop = "https://portal.fairhaven.example/wins/stop/abc";
        let text = String::from_utf8(mailer.written(&letter(Some(stop))).unwrap().formatted()).unwrap();
        assert!(text.contains("Content-Type: multipart/alternative;"), "{text}");
        assert!(text.contains(&format!("List-Unsubscribe: <{stop}>\r\n")), "{text}");
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{text}");
        let (plain, html) = (text.find("text/plain").unwrap(), text.find("text/html").unwrap());
        assert!(plain < html && text.contains("<p>It held.</p>"), "{text}");
        let evil = mailer.written(&letter(Some("https://x.example/\r\nBcc: all@fairhaven.example"))).unwrap();
        let evil = String::from_utf8(evil.formatted()).unwrap();
        assert!(!evil.to_lowercase().lines().any(|line| line.starts_with("bcc")), "{evil}");
        assert!(mailer.written(&letter(Some("no address"))).is_err());
    }

    #[test]
    fn a_server_is_spoken_to_in_the_clear_only_on_this_machine() {
        for (text, tls, port) in [
            ("smtp://localhost", Encryption::None, 25),
            ("smtp://127.0.0.1:2525", Encryption::None, 2525),
            ("smtp://[::1]", Encryption::None, 25),
            ("smtp://mail.example.org", Encryption::StartTls, 587),
            ("smtp://10.0.0.1:25", Encryption::StartTls, 25),
            ("smtps://mail.example.org", Encryption::Tls, 465),
            ("smtps://localhost:4650/", Encryption::Tls, 4650),
        ] {
            let server: Server = text.parse().unwrap();
            assert_eq!((server.tls, server.port), (tls, port), "{text}");
        }
        let server: Server = "smtps://portal%40example.org:p%3Ass@mail.example.org".parse().unwrap();
        assert_eq!(server.login, Some(("portal@example.org".into(), "p:ss".into())));
        assert_eq!(format!("{server:?} {server}"), "Server(mail.example.org:465) mail.example.org:465");
        for wrong in
            ["mail.example.org:25", "http://x", "smtp://", "smtp://x/y", "smtp://x?tls=none", "smtp://a%zz@x"]
        {
            let refused = wrong.parse::<Server>().unwrap_err();
            assert!(refused.starts_with("must be a mail server's address"), "{refused}");
        }
        assert!(sender("Portolan <portal@example.org>").is_ok() && sender("portal").is_err());
    }
}
