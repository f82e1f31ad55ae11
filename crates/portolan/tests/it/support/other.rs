//! Another system of the test's own, that answers as it is told to: late, twice or never.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// A call that came in.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    headers: Vec<(String, String)>,
}

impl Call {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        self.header("idempotency-key")
    }
}

/// What becomes of a call.
pub(crate) enum Reply {
    /// It is answered so.
    Says(u16, String),
    /// It is answered so, after a while.
    Late(Duration, u16, String),
    /// It is answered so, and once more, though nobody asked.
    Twice(u16, String, String),
    /// It is never answered.
    Never,
}

/// The other system. Lives as long as the test's process.
pub(crate) struct Other {
    port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Other {
    /// Answers by this: the call, and how many of its method came before.
    pub(crate) fn start(answer: impl Fn(&Call, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (calls, answer) = (Arc::new(Mutex::new(Vec::<Call>::new())), Arc::new(answer));
        let kept = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || {
                    let _ = serve(stream, &kept, &*answer); // whoever hangs up wants no answer
                });
            }
        });
        Self { port, calls }
    }

    /// Its address.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What came in so far by a method.
    pub(crate) fn calls(&self, method: &str) -> Vec<Call> {
        self.calls.lock().expect("kept").iter().filter(|call| call.method == method).cloned().collect()
    }
}

fn serve(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Call>>,
    answer: &(dyn Fn(&Call, usize) -> Reply + Send + Sync),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let method = line.split(' ').next().unwrap_or_default().to_owned();
    let mut call = Call { method, headers: Vec::new() };
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        call.headers.push((name.to_owned(), value.to_owned()));
    }
    let mut body = vec![0; call.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let before = {
        let mut kept = kept.lock().expect("kept");
        let before = kept.iter().filter(|other| other.method == call.method).count();
        kept.push(call.clone());
        before
    };
    match answer(&call, before) {
        Reply::Says(status, body) => say(&mut stream, status, &body),
        Reply::Late(after, status, body) => {
            thread::sleep(after);
            say(&mut stream, status, &body)
        }
        Reply::Twice(status, first, second) => {
            say(&mut stream, status, &first)?;
            say(&mut stream, status, &second)
        }
        Reply::Never => {
            thread::sleep(Duration::from_mins(5));
            Ok(())
        }
    }
}

fn say(stream: &mut TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} So\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes())
}
