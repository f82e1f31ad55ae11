//! Badges of open pages: told at once and again when something changes, through the compression, beyond the time limit of
//! requests, and no longer than their reader is signed in.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use portolan_domain::{
    notify::{self, About, Notice, Recipient},
    people,
};
use uuid::Uuid;

use crate::support::{browser::Driver, http::Client, page::form_to, portal::Portal, process::PATIENCE};

/// An open page that listens.
struct Listening {
    stream: TcpStream,
    heard: String,
}

impl Listening {
    fn start(portal: &Portal, reader: &Client) -> Self {
        let mut stream =
            TcpStream::connect(portal.url().trim_start_matches("http://")).expect("a connection");
        let cookies: Vec<_> =
            reader.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "GET /live HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br\r\nCookie: {}\r\n\r\n",
            cookies.join("; ")
        );
        stream.write_all(request.as_bytes()).expect("a request is sent");
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
        Self { stream, heard: String::new() }
    }

    /// Reads what comes; false at the end.
    fn read(&mut self) -> bool {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(0) => false,
            Ok(n) => {
                self.heard += &String::from_utf8_lossy(&chunk[..n]);
                true
            }
            Err(_) => true,
        }
    }

    fn until(&mut self, words: &str) {
        let began = Instant::now();
        while !self.heard.contains(words) {
            assert!(self.read(), "it ended before it said {words:?}: {}", self.heard);
            assert!(began.elapsed() < PATIENCE, "it never said {words:?}: {}", self.heard);
        }
    }

    fn until_end(&mut self) -> Duration {
        let began = Instant::now();
        while self.read() {
            // the last chunk of a body that ends
            if self.heard.ends_with("0\r\n\r\n") {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end: {}", self.heard);
        }
        began.elapsed()
    }
}

/// A notice to Imke that cannot be delivered: there is no mail server.
fn fail(portal: &Portal) {
    portal.as_system(async |mut call| {
        let imke = people::person(&mut call.cx(), "imke.sorensen").await.expect("Imke");
        let about = About::new("test", Uuid::nil());
        let notice = Notice::new(Recipient::Person(imke.id), "test.told", "a thing", "/", about);
        notify::send(&mut call.cx(), notice).await.map(drop).expect("told");
    });
}

#[test]
fn badges_are_told_when_they_change_and_as_long_as_their_reader_is_signed_in() {
    let portal = Portal::demo_with(&[("PORTOLAN_REQUEST_TIMEOUT", "2s")]);
    let (mut noor, imke) = (portal.signed_in("noor.vandenberg"), portal.signed_in("imke.sorensen"));
    let (mut admin, mut other) = (Listening::start(&portal, &noor), Listening::start(&portal, &imke));
    admin.until("event: badges");
    other.until("event: badges");
    assert!(
        admin.heard.contains("text/event-stream") && !admin.heard.contains("content-encoding"),
        "{}",
        admin.heard
    );
    thread::sleep(Duration::from_secs(3)); // beyond the time limit of requests
    fail(&portal);
    admin.until("failed in the last 24 hours");
    thread::sleep(Duration::from_millis(500));
    other.read();
    assert!(!other.heard.contains("failed"), "it is the admins' business: {}", other.heard);

    let form = form_to(&noor.get("/").body, "/sign-out");
    assert_eq!(noor.post("/sign-out", &form.fields()).status, 303);
    assert!(admin.until_end() < Duration::from_secs(10), "it ends with the session");
    other.read();
    assert!(!other.heard.ends_with("0\r\n\r\n"), "others go on");
}

#[test]
fn a_page_waits_in_the_masthead_of_whoever_is_asked() {
    let portal = Portal::demo_with(&[]);
    let (mut imke, mut maya) = (portal.signed_in("imke.sorensen"), portal.signed_in("maya.chen"));
    let mut open = Listening::start(&portal, &maya);
    open.until("event: badges");
    let form = form_to(&imke.get("/pages/new?team=basket").body, "/pages/new")
        .fill("summary", "Carts are empty")
        .fill("impact", "Every shop, since three")
        .press("how_bad", "outage");
    let paged = imke.post("/pages/new", &form.fields());
    assert_eq!(paged.status, 303, "{}", paged.body);
    let page = paged.location().to_owned();
    let ask = format!("{page}/reassignment");
    let form = form_to(&imke.get(&page).body, &ask).fill("person", "maya.chen");
    assert_eq!(imke.post(&ask, &form.fields()).status, 303);
    open.until("waits for you");

    let answer = format!("{page}/acknowledgement");
    let form = form_to(&maya.get(&page).body, &answer);
    assert_eq!(maya.post(&answer, &form.fields()).status, 303);
    assert!(maya.get("/live?once").body.contains("waits for you"), "she is on it, and it is not over");
    let end = format!("{page}/resolution");
    let form = form_to(&maya.get(&page).body, &end);
    assert_eq!(maya.post(&end, &form.fields()).status, 303);
    assert!(!maya.get("/live?once").body.contains("waits for you"));
}

#[test]
fn one_person_has_so_many_pages_that_listen_and_a_stop_waits_for_none() {
    let mut portal = Portal::demo_with(&[("PORTOLAN_SHUTDOWN_TIMEOUT", "30s")]);
    let imke = portal.signed_in("imke.sorensen");
    let mut pages: Vec<_> = (0..8).map(|_| Listening::start(&portal, &imke)).collect();
    for page in &mut pages {
        page.until("event: badges");
    }
    let refused = imke.clone().get("/live?once");
    assert_eq!(refused.status, 429, "{}", refused.body);
    let began = Instant::now();
    portal.process().signal(nix::sys::signal::Signal::SIGTERM);
    assert!(portal.process().wait().success());
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "it waited {:?} for pages that listen",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_badge_appears_on_a_page_that_is_open() {
    let portal = Portal::demo_with(&[]);
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    browser.open("/sign-in").await;
    browser.act_as(&portal, "noor.vandenberg").await;
    browser.open("/").await;
    assert!(!browser.text().await.contains("notice failed"));
    fail(&portal);
    browser.sees("failed in the last 24 hours").await;
    browser.close().await;
}
