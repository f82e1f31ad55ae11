//! A small HTTP server for tests: one request a connection, answered by a function.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request that came in.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    /// The head, names of headers in small letters.
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What is answered: status, more headers, body.
pub(super) type Told = (u16, &'static [(&'static str, &'static str)], String);

/// A server for as long as it lives.
pub(super) struct Served {
    /// Its address, without a slash at the end.
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Served {
    /// Answers by this function.
    pub(super) async fn new(answer: impl Fn(&Asked) -> Told + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&asked), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move { drop(serve(stream, &kept, &*answer).await) });
            }
        });
        Self { url, asked, task }
    }

    /// What came in so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("kept").clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> Told + Send + Sync),
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let named = lines.filter_map(|line| line.split_once(": "));
    let named: Vec<_> =
        named.map(|(name, value)| format!("{}: {value}\n", name.to_ascii_lowercase())).collect();
    let mut asked = Asked {
        method: first.next().unwrap_or_default(),
        path: first.next().unwrap_or_default(),
        head: named.concat(),
        body: String::new(),
    };
    let length = asked.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    asked.body = String::from_utf8_lossy(&bytes[head + 4..]).into_owned();
    let (status, headers, body) = answer(&asked);
    kept.lock().expect("kept").push(asked);
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let told = format!(
        "HTTP/1.1 {status} So\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(told.as_bytes()).await?;
    stream.shutdown().await
}
