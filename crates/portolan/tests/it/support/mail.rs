//! A mail server of the test's own: takes letters as RFC 5321 says, or fails in the ways that mail servers do.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::process::PATIENCE;

/// How the server is disposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Takes everything.
    Good,
    /// Of the first 45 conversations every third goes wrong in another way: not now (451), hung up on the greeting, hung up
    /// after the letter was taken and before that was said. No longer, so that a test knows when everything is there.
    NowAndThen,
    /// Takes nothing for anybody (550).
    Refusing,
    /// Takes no letter in which a word stands that its filter dislikes (554).
    Filtering(&'static str),
    /// Takes the letter and never says so.
    Hanging,
}

/// A letter that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Whom it was for.
    pub(crate) to: String,
    /// Its headers.
    pub(crate) head: String,
    /// Its text.
    pub(crate) text: String,
    /// The same in HTML, if it has that.
    pub(crate) html: Option<String>,
}

impl Letter {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A mail server. Lives as long as the test's process.
pub(crate) struct MailServer {
    port: u16,
    state: Arc<State>,
}

struct State {
    mood: Mutex<Mood>,
    letters: Mutex<Vec<Letter>>,
    conversations: AtomicUsize,
    /// Letters that were taken while nobody was told so: the sender has to send them again.
    unsaid: AtomicUsize,
}

impl MailServer {
    /// A server on a free port.
    pub(crate) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State {
            mood: Mutex::new(mood),
            letters: Mutex::default(),
            conversations: AtomicUsize::new(0),
            unsaid: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || {
                    let _ = state.converse(stream); // whoever hangs up has nothing more to say
                });
            }
        });
        Self { port, state }
    }

    /// The setting that leads to it.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Changes how it is disposed.
    pub(crate) fn be(&self, mood: Mood) {
        *self.state.mood.lock().expect("kept") = mood;
    }

    /// What it took so far.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.state.letters.lock().expect("kept").clone()
    }

    /// How many of them it did not say it took.
    pub(crate) fn unsaid(&self) -> usize {
        self.state.unsaid.load(Ordering::SeqCst)
    }

    /// Waits until the letters are so.
    pub(crate) fn until(&self, what: impl Fn(&[Letter]) -> bool) -> Vec<Letter> {
        let began = Instant::now();
        loop {
            let letters = self.letters();
            if what(&letters) {
                return letters;
            }
            assert!(began.elapsed() < PATIENCE, "{} letters came: {letters:#?}", letters.len());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What goes wrong in a conversation.
#[derive(PartialEq, Eq)]
enum Mishap {
    None,
    NotNow,
    HangUpAtOnce,
    HangUpUnsaid,
}

impl State {
    fn mishap(&self) -> Mishap {
        if *self.mood.lock().expect("kept") != Mood::NowAndThen {
            return Mishap::None;
        }
        let nth = self.conversations.fetch_add(1, Ordering::SeqCst);
        match if nth < 45 { nth % 9 } else { 0 } {
            2 => Mishap::NotNow,
            5 => Mishap::HangUpAtOnce,
            8 => Mishap::HangUpUnsaid,
            _ => Mishap::None,
        }
    }

    fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mishap = self.mishap();
        if mishap == Mishap::HangUpAtOnce {
            return Ok(());
        }
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut say = move |line: &str| stream.write_all(format!("{line}\r\n").as_bytes());
        say("220 mail of a test")?;
        let (mut to, mut line) = (String::new(), String::new());
        while lines.read_line(&mut line)? > 0 {
            let command = line.trim_end().to_owned();
            line.clear();
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" => say("250-mail of a test\r\n250 8BITMIME")?,
                "HELO" | "MAIL" | "RSET" | "NOOP" => say("250 fine")?,
                "RCPT" if *self.mood.lock().expect("kept") == Mood::Refusing => {
                    say("550 5.1.1 nobody of that name")?;
                }
                "RCPT" if mishap == Mishap::NotNow => say("451 4.7.1 greylisted, come again")?,
                "RCPT" => {
                    command.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                    say("250 fine")?;
                }
                "DATA" => {
                    say("354 go on")?;
                    let letter = read(&to, &data(&mut lines)?);
                    if let Mood::Filtering(word) = *self.mood.lock().expect("kept")
                        && letter.text.contains(word)
                    {
                        say("554 5.7.1 this looks like spam")?;
                        continue;
                    }
                    self.letters.lock().expect("kept").push(letter);
                    let hangs = *self.mood.lock().expect("kept") == Mood::Hanging;
                    if hangs || mishap == Mishap::HangUpUnsaid {
                        self.unsaid.fetch_add(1, Ordering::SeqCst);
                        if hangs {
                            thread::sleep(PATIENCE);
                        }
                        return Ok(());
                    }
                    say("250 taken")?;
                }
                "QUIT" => return say("221 bye"),
                _ => say("500 what?")?,
            }
        }
        Ok(())
    }
}

fn read(to: &str, data: &str) -> Letter {
    let (head, body) = parted(data);
    // a letter in several forms: what stands between its boundaries, each part with a head of its own
    let boundary =
        head.split_once("boundary=\"").and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
    let (text, html) = match boundary {
        None => (decoded(&head, body), None),
        Some(boundary) => {
            let boundary = format!("--{boundary}");
            let parts = body.split(boundary.as_str()).filter_map(|part| part.strip_prefix("\r\n"));
            let parts: Vec<_> = parts.map(parted).collect();
            let of = |kind: &str| {
                let (head, body) = parts.iter().find(|(head, _)| head.to_lowercase().contains(kind))?;
                Some(decoded(head, body))
            };
            (of("text/plain").unwrap_or_default(), of("text/html"))
        }
    };
    Letter { to: to.to_owned(), head, text, html }
}

/// The head, its folded lines joined, and what follows.
fn parted(data: &str) -> (String, &str) {
    let (head, body) = data.split_once("\r\n\r\n").unwrap_or((data, ""));
    (head.replace("\r\n ", " "), body)
}

fn decoded(head: &str, body: &str) -> String {
    let encoding = head.to_lowercase();
    let text = if encoding.contains("content-transfer-encoding: base64") {
        let bytes = STANDARD.decode(body.split_whitespace().collect::<String>()).expect("base64");
        String::from_utf8(bytes).expect("text")
    } else if encoding.contains("content-transfer-encoding: quoted-printable") {
        unquoted(body)
    } else {
        body.to_owned()
    };
    text.replace("\r\n", "\n")
}

/// The lines up to the one with a dot alone, dots that were doubled undone.
fn data(lines: &mut impl BufRead) -> std::io::Result<String> {
    let (mut all, mut line) = (String::new(), String::new());
    while lines.read_line(&mut line)? > 0 && line != ".\r\n" {
        all += line.strip_prefix('.').unwrap_or(&line);
        line.clear();
    }
    Ok(all)
}

fn unquoted(body: &str) -> String {
    let mut bytes = Vec::new();
    let joined = body.replace("=\r\n", "");
    let mut rest = joined.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let hex = [rest.next().expect("a digit"), rest.next().expect("a digit")];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).expect("digits"), 16).expect("a number"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("text")
}
