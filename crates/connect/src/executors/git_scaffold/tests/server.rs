//! Git over HTTP as it is: `git http-backend` behind a small server that asks for a password; and beside it an API that notes what
//! it is asked and answers from what it knows.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
};

/// A request to the API.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }
}

type Answer = dyn Fn(&Asked) -> (u16, Value) + Send + Sync;

pub(super) struct Server {
    pub(super) origin: String,
    pub(super) host: String,
    pub(super) asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Serves the repositories below `root` to whoever has the password, and the API below `/api/`.
    pub(super) async fn start(
        root: PathBuf,
        password: &str,
        answer: impl Fn(&Asked) -> (u16, Value) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let expected = format!("Basic {}", STANDARD.encode(format!("x-access-token:{password}")));
        let (answer, noted): (Arc<Answer>, _) = (Arc::new(answer), asked.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, root.clone(), expected.clone(), answer.clone(), noted.clone()));
            }
        });
        Self { origin: format!("http://{host}"), host, asked, task }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    root: PathBuf,
    expected: String,
    answer: Arc<Answer>,
    noted: Arc<Mutex<Vec<Asked>>>,
) {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await.unwrap();
    let mut words = first.split_whitespace().map(ToOwned::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header =
        |name: &str| headers.iter().find(|(n, _)| n == name).map_or(String::new(), |(_, v)| v.clone());
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await.unwrap();
    let response = if path.starts_with("/api/") {
        let asked = Asked { method, path, headers, body: serde_json::from_slice(&body).unwrap_or_default() };
        let (status, value) = answer(&asked);
        noted.lock().unwrap().push(asked);
        let text = value.to_string();
        format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
            .into_bytes()
    } else if header("authorization") == expected {
        git(&root, &method, &path, &header, &body).await
    } else {
        b"HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
    };
    let _ = stream.get_mut().write_all(&response).await;
    let _ = stream.get_mut().shutdown().await;
}

async fn git(
    root: &PathBuf,
    method: &str,
    path: &str,
    header: &impl Fn(&str) -> String,
    body: &[u8],
) -> Vec<u8> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut child = Command::new("git")
        .args(["-c", "safe.directory=*", "http-backend"])
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", method)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", "portolan")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let sent = body.to_vec();
    let writing = tokio::spawn(async move { drop(input.write_all(&sent).await) });
    let output = child.wait_with_output().await.unwrap().stdout;
    writing.await.unwrap();
    let end = output.windows(4).position(|w| w == b"\r\n\r\n").expect("headers");
    let headers = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = headers.lines().find_map(|l| l.strip_prefix("Status: ")).unwrap_or("200 OK").to_owned();
    let headers: Vec<_> = headers.lines().filter(|l| !l.starts_with("Status")).collect();
    let headers = headers.join("\r\n");
    let mut response = format!(
        "HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        output.len() - end - 4
    )
    .into_bytes();
    response.extend_from_slice(&output[end + 4..]);
    response
}
