//! A place of the test's own that webhooks are pointed at: keeps what comes, or fails in the ways that receivers do.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::process::PATIENCE;

/// A delivery that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// The path it was sent to.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    /// What it says.
    pub(crate) body: String,
}

impl Delivery {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// What it says, as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A receiver. Lives as long as the test's process.
pub(crate) struct Sink {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    taken: Mutex<Vec<Delivery>>,
    asked: AtomicUsize,
    /// What it answers with; 0 takes everything.
    status: AtomicUsize,
    /// Whether every fifth delivery goes wrong: 503, or taken and not answered.
    now_and_then: bool,
}

impl Sink {
    /// A receiver that takes everything.
    pub(crate) fn start() -> Self {
        Self::with(State::default())
    }

    /// A receiver that every fifth time says that it is busy, or hangs up after it has taken what came.
    pub(crate) fn failing_now_and_then() -> Self {
        Self::with(State { now_and_then: true, ..State::default() })
    }

    fn with(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || {
                    let _ = state.answer(stream); // whoever hangs up wants no answer
                });
            }
        });
        Self { port, state }
    }

    /// Its address.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Answers with this status from now on and takes nothing; 0 takes everything.
    pub(crate) fn answer_with(&self, status: u16) {
        self.state.status.store(usize::from(status), Ordering::SeqCst);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// What came so far.
    pub(crate) fn taken(&self) -> Vec<Delivery> {
        self.state.taken.lock().expect("kept").clone()
    }

    /// Waits until what came is so.
    pub(crate) fn until(&self, what: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let began = Instant::now();
        loop {
            let taken = self.taken();
            if what(&taken) {
                return taken;
            }
            assert!(began.elapsed() < PATIENCE, "{} deliveries came: {taken:#?}", taken.len());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl State {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(()); // whoever sent it died before it was said
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut delivery = Delivery { path, headers, body: String::new() };
        let length = delivery.header("content-length").parse().unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        delivery.body = String::from_utf8_lossy(&body).into_owned();

        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let told = self.status.load(Ordering::SeqCst);
        let (status, takes, answers) = match asked % 10 {
            _ if told != 0 => (told, false, true),
            4 if self.now_and_then => (503, false, true),
            9 if self.now_and_then => (200, true, false),
            _ => (200, true, true),
        };
        if takes {
            self.taken.lock().expect("kept").push(delivery);
        }
        if answers {
            let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes())?;
        }
        Ok(())
    }
}
