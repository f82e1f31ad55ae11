//! HTTP/1.1 over one kept-alive connection, no more than a load driver needs: prepared request bytes go out, the answer
//! is read to its end and counted. A general client would cost as much as the server it measures.

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back, as far as a driver looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Bytes on the wire, head and body.
    pub(crate) bytes: usize,
    /// Where the body starts in the buffer.
    head: usize,
}

impl Client {
    /// Connects to `127.0.0.1:port`.
    pub(crate) async fn connect(port: u16) -> Result<Self> {
        let stream =
            TcpStream::connect(("127.0.0.1", port)).await.context("connect to the server under test")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a whole request and reads the whole answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection in the middle of an answer");
            }
            if let Some(answer) = complete(&self.buffer)? {
                return Ok(answer);
            }
        }
    }

    /// The head of the last answer.
    pub(crate) fn head(&self, answer: Answer) -> &str {
        std::str::from_utf8(&self.buffer[..answer.head]).unwrap_or_default()
    }

    /// The value of a header of the last answer.
    pub(crate) fn header(&self, answer: Answer, name: &str) -> Option<&str> {
        header(self.head(answer), name)
    }

    /// The body of the last answer, chunks joined, as text (of a compressed body: rubbish).
    pub(crate) fn body(&self, answer: Answer) -> String {
        let raw = &self.buffer[answer.head..];
        if !chunked(self.head(answer)) {
            return String::from_utf8_lossy(raw).into_owned();
        }
        let mut body = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((size, start)) = chunk(rest).ok().flatten().filter(|(size, _)| *size > 0) {
            body.extend_from_slice(&rest[start..start + size]);
            rest = &rest[start + size + 2..];
        }
        String::from_utf8_lossy(&body).into_owned()
    }
}

/// The answer, once all of it is in the buffer.
fn complete(buffer: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let head = end + 4;
    let text = std::str::from_utf8(&buffer[..head]).context("an answer whose head is not text")?;
    let status = text.get(9..12).and_then(|s| s.parse().ok()).context("an answer without a status")?;
    let length = match header(text, "content-length") {
        Some(length) => Some(length.parse::<usize>()?),
        None if chunked(text) => chunks(&buffer[head..])?,
        None => Some(0),
    };
    let done = length.is_some_and(|length| buffer.len() >= head + length);
    Ok(done.then_some(Answer { status, bytes: buffer.len(), head }))
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

fn chunked(head: &str) -> bool {
    header(head, "transfer-encoding").is_some_and(|t| t.eq_ignore_ascii_case("chunked"))
}

/// Length of a chunked body, once its last chunk is there.
fn chunks(body: &[u8]) -> Result<Option<usize>> {
    let mut at = 0;
    while let Some((size, start)) = body.get(at..).map_or(Ok(None), chunk)? {
        at += start + size + 2;
        if size == 0 {
            return Ok((body.len() >= at).then_some(at));
        }
    }
    Ok(None)
}

/// Size of the chunk that begins here, and where its bytes start.
fn chunk(body: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = body.windows(2).position(|w| w == b"\r\n") else { return Ok(None) };
    let size = std::str::from_utf8(&body[..end])?;
    Ok(Some((usize::from_str_radix(size.trim(), 16)?, end + 2)))
}

#[cfg(test)]
mod tests {
    use super::{chunks, complete};

    #[test]
    fn an_answer_is_complete_when_its_last_byte_is() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        for cut in 0..whole.len() {
            assert_eq!(complete(&whole[..cut]).unwrap(), None, "{cut} bytes");
        }
        let answer = complete(whole).unwrap().unwrap();
        assert_eq!((answer.status, answer.bytes), (200, whole.len()));
    }

    #[test]
    fn chunks_end_with_an_empty_one() {
        let whole = b"5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
        for cut in 0..whole.len() {
            assert_eq!(chunks(&whole[..cut]).unwrap(), None, "{cut} bytes");
        }
        assert_eq!(chunks(whole).unwrap(), Some(whole.len()));
    }

    #[test]
    fn an_answer_without_a_body_ends_with_its_head() {
        let whole = b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n";
        assert_eq!(complete(whole).unwrap().unwrap().status, 304);
    }
}
