//! Which statements an operation really sends, word for word with their values: recorded on the wire between the server
//! and its database, and played again for the floors. Copying SQL into the benchmark would measure yesterday's SQL.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixStream},
};

/// One statement as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// A prepared statement with its values in binary form.
    Prepared {
        /// Its text.
        sql: Arc<str>,
        /// Types of the values, as the client declared them.
        types: Vec<u32>,
        /// The values; none is NULL.
        values: Vec<Option<Vec<u8>>>,
    },
    /// A plain one (`BEGIN`, `COMMIT`).
    Plain(Arc<str>),
}

impl Step {
    /// Its text.
    pub(crate) fn sql(&self) -> &str {
        match self {
            Self::Prepared { sql, .. } | Self::Plain(sql) => sql,
        }
    }
}

/// What one request made the server send.
pub(crate) type Script = Vec<Step>;

/// Keeps the steps that belong to the operation: those whose text most of its requests sent. What a background task
/// happened to do in the meantime (a flush of usage events, a look at who calls) comes too rarely to stay.
pub(crate) fn essential(scripts: Vec<Script>) -> Vec<Script> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for script in &scripts {
        let mut texts: Vec<&str> = script.iter().map(Step::sql).collect();
        texts.sort_unstable();
        texts.dedup();
        for sql in texts {
            *seen.entry(sql.to_owned()).or_default() += 1;
        }
    }
    let half = scripts.len() / 2;
    let keep = |step: &Step| seen.get(step.sql()).is_some_and(|n| *n > half);
    scripts.into_iter().map(|script| script.into_iter().filter(keep).collect()).collect()
}

/// A proxy before a database's unix socket that writes down what passes.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Port on 127.0.0.1 to connect to instead.
    pub(crate) port: u16,
    tape: Arc<Mutex<Tape>>,
}

/// What passed so far.
#[derive(Debug, Default)]
struct Tape {
    script: Option<Script>,
    /// Settings that the client asked for when it connected.
    settings: Vec<(String, String)>,
}

impl Recorder {
    /// Starts it.
    pub(crate) async fn start(socket: PathBuf) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let tape: Arc<Mutex<Tape>> = Arc::default();
        let recorder = Self { port, tape: Arc::clone(&tape) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (socket, tape) = (socket.clone(), Arc::clone(&tape));
                tokio::spawn(async move {
                    let Ok(database) = UnixStream::connect(&socket).await else { return };
                    let (mut from_client, mut to_client) = client.into_split();
                    let (mut from_database, to_database) = database.into_split();
                    let answers =
                        tokio::spawn(
                            async move { tokio::io::copy(&mut from_database, &mut to_client).await },
                        );
                    let _ = forward(&mut from_client, to_database, &tape).await; // ends when the client goes
                    answers.abort();
                });
            }
        });
        Ok(recorder)
    }

    /// Begins a script.
    pub(crate) fn begin(&self) {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).script = Some(Script::new());
    }

    /// Ends it.
    pub(crate) fn end(&self) -> Script {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).script.take().unwrap_or_default()
    }

    /// The settings with which the client connects: the floors take the same.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).settings.clone()
    }
}

/// Passes the client's messages on, reading along.
async fn forward(
    client: &mut (impl AsyncRead + Unpin),
    mut database: impl tokio::io::AsyncWrite + Unpin,
    tape: &Mutex<Tape>,
) -> Result<()> {
    let mut prepared = HashMap::new();
    let mut started = false;
    loop {
        // The very first message has no type byte.
        let kind = if started { Some(client.read_u8().await?) } else { None };
        started = true;
        let length = client.read_u32().await?;
        let mut body =
            vec![0; (length as usize).checked_sub(4).context("a message shorter than its length")?];
        client.read_exact(&mut body).await?;
        note(kind, &body, &mut prepared, tape);
        let mut message = Vec::with_capacity(body.len() + 5);
        message.extend(kind);
        message.extend(length.to_be_bytes());
        message.extend(body);
        database.write_all(&message).await?;
    }
}

/// Writes down what a message says.
fn note(kind: Option<u8>, body: &[u8], prepared: &mut PreparedStatements, tape: &Mutex<Tape>) {
    let step = kind.and_then(|kind| read_along(kind, body, prepared));
    let mut tape = tape.lock().unwrap_or_else(PoisonError::into_inner);
    if kind.is_none() {
        tape.settings = settings(body);
    }
    if let (Some(step), Some(script)) = (step, tape.script.as_mut()) {
        script.push(step);
    }
}

/// The settings in a connection's first message: `-c name=value …` under the key `options`.
fn settings(startup: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(startup.get(4..).unwrap_or_default()).into_owned();
    let mut fields = text.split('\0');
    let options = fields.find(|field| *field == "options").and_then(|_| fields.next()).unwrap_or_default();
    let pairs = options.split("-c ").filter_map(|option| option.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Statements that a connection has prepared, by their name on the wire.
type PreparedStatements = HashMap<Vec<u8>, (Arc<str>, Vec<u32>)>;

fn read_along(kind: u8, body: &[u8], prepared: &mut PreparedStatements) -> Option<Step> {
    let mut reader = Reader(body);
    match kind {
        b'P' => {
            let name = reader.text()?.to_vec();
            let sql = String::from_utf8_lossy(reader.text()?).into();
            let count = reader.u16()?;
            let types = (0..count).map(|_| reader.u32()).collect::<Option<_>>()?;
            prepared.insert(name, (sql, types));
            None
        }
        b'B' => {
            let _portal = reader.text()?;
            let (sql, types) = prepared.get(reader.text()?)?.clone();
            for _ in 0..reader.u16()? {
                reader.u16()?; // formats: the client under test always sends binary values
            }
            Some(Step::Prepared { sql, types, values: reader.values()? })
        }
        b'Q' => Some(Step::Plain(String::from_utf8_lossy(reader.text()?).into())),
        _ => None,
    }
}

/// Reads the fields of one message.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A text that ends with a zero byte.
    fn text(&mut self) -> Option<&'b [u8]> {
        let end = self.0.iter().position(|b| *b == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    /// Values with their length before each, as many as the count says; a NULL has no length.
    fn values(&mut self) -> Option<Vec<Option<Vec<u8>>>> {
        let mut values = Vec::new();
        for _ in 0..self.u16()? {
            values.push(match self.u32()? {
                u32::MAX => None,
                length => Some(self.take(length as usize)?.to_vec()),
            });
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{Script, Step, essential, read_along, settings};

    fn plain(sql: &str) -> Step {
        Step::Plain(sql.into())
    }

    #[test]
    fn a_bind_is_read_with_its_statement_and_values() {
        let mut prepared = HashMap::new();
        let parse = b"s1\0SELECT $1, $2\0\0\x02\0\0\0\x19\0\0\0\x14";
        assert_eq!(read_along(b'P', parse, &mut prepared), None);
        let bind = b"\0s1\0\0\x01\0\x01\0\x02\0\0\0\x02hi\xff\xff\xff\xff\0\x01\0\x01";
        let expected = Step::Prepared {
            sql: "SELECT $1, $2".into(),
            types: vec![25, 20],
            values: vec![Some(b"hi".to_vec()), None],
        };
        assert_eq!(read_along(b'B', bind, &mut prepared), Some(expected));
        assert_eq!(read_along(b'Q', b"BEGIN\0", &mut prepared), Some(plain("BEGIN")));
        assert_eq!(read_along(b'B', b"\0s9\0", &mut prepared), None, "an unknown statement");
        assert_eq!(read_along(b'B', b"\0s1\0\0", &mut prepared), None, "a message cut short");
    }

    #[test]
    fn a_connection_says_its_settings_first() {
        let startup =
            b"\0\x03\0\0user\0portolan\0options\0-c jit=off -c pg_trgm.word_similarity_threshold=0.45\0\0";
        let expected = [("jit", "off"), ("pg_trgm.word_similarity_threshold", "0.45")];
        assert_eq!(settings(startup), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(settings(b"\0\x03\0\0user\0portolan\0\0"), []);
    }

    #[test]
    fn what_comes_by_chance_is_dropped() {
        let scripts: Vec<Script> = vec![
            vec![plain("a"), plain("b")],
            vec![plain("a"), plain("noise"), plain("b")],
            vec![plain("a"), plain("b")],
        ];
        let expected: Vec<Script> = vec![vec![plain("a"), plain("b")]; 3];
        assert_eq!(essential(scripts), expected);
    }
}
