//! HTTP/1.1 as a load needs it: one connection kept open, one buffer each way, nothing allocated
//! for a request. What it costs itself is the figure of the bare server in every report.

use crate::Outcome;
use serde_json::Value as Json;
use std::io::Write as _;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room for a usual answer; grows when one is larger.
const BUFFER_BYTES: usize = 64 * 1024;

/// One connection to a server.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// One answer; the body lies in the connection's buffer.
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Reply<'_> {
    /// The body as JSON, or what is wrong, with the beginning of the body.
    pub(crate) fn json(&self) -> Outcome<Json> {
        serde_json::from_slice(self.body)
            .map_err(|fault| format!("status {}: {fault}: {}", self.status, self.shown()))
    }

    /// Whether the bytes stand somewhere in the body.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        self.body.windows(bytes.len()).any(|window| window == bytes)
    }

    /// The beginning of the body, for a person.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(300)]).into_owned()
    }
}

/// Where an answer lies in the buffer.
struct Head {
    status: u16,
    body_at: usize,
    length: Length,
}

enum Length {
    Known(usize),
    Chunked,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|fault| format!("cannot reach {address}: {fault}"))?;
        stream.set_nodelay(true).map_err(|fault| fault.to_string())?;
        Ok(Self { stream, buffer: vec![0; BUFFER_BYTES] })
    }

    /// Sends a whole request and waits for its whole answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Outcome<Reply<'_>> {
        let broken = |fault: std::io::Error| format!("the connection broke: {fault}");
        self.stream.write_all(request).await.map_err(broken)?;
        let mut filled = 0;
        let head = loop {
            filled += self.more(filled).await?;
            if let Some(head) = head(&self.buffer[..filled])? {
                break head;
            }
        };
        let Head { status, body_at, length } = head;
        let end = match length {
            Length::Known(bytes) => {
                let end = body_at + bytes;
                if self.buffer.len() < end {
                    self.buffer.resize(end, 0);
                }
                while filled < end {
                    filled += self.more(filled).await?;
                }
                end
            }
            Length::Chunked => {
                while !self.buffer[..filled].ends_with(b"0\r\n\r\n") {
                    filled += self.more(filled).await?;
                }
                body_at + join_chunks(&mut self.buffer[body_at..filled])?
            }
        };
        Ok(Reply { status, body: &self.buffer[body_at..end] })
    }

    async fn more(&mut self, filled: usize) -> Outcome<usize> {
        if filled == self.buffer.len() {
            self.buffer.resize(filled * 2, 0);
        }
        match self.stream.read(&mut self.buffer[filled..]).await {
            Ok(0) => Err("the server closed the connection".to_owned()),
            Ok(bytes) => Ok(bytes),
            Err(fault) => Err(format!("the connection broke: {fault}")),
        }
    }
}

/// The head of an answer once it is whole.
fn head(bytes: &[u8]) -> Outcome<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let strange = || format!("not HTTP: {}", String::from_utf8_lossy(&bytes[..end.min(200)]));
    let status = bytes.get(9..12).and_then(digits).ok_or_else(strange)?;
    let mut length = Length::Known(0);
    for line in bytes[..end].split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            length = Length::Known(digits(value).ok_or_else(strange)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            length = Length::Chunked;
        }
    }
    let status = u16::try_from(status).map_err(|_| strange())?;
    Ok(Some(Head { status, body_at: end + 4, length }))
}

fn digits(bytes: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.parse().ok()
}

/// Moves the chunks together in place; answers how long they are.
fn join_chunks(bytes: &mut [u8]) -> Outcome<usize> {
    let (mut read, mut written) = (0, 0);
    loop {
        let strange = || "the answer's chunks do not fit together".to_owned();
        let line = bytes[read..].windows(2).position(|two| two == b"\r\n").ok_or_else(strange)?;
        let size = std::str::from_utf8(&bytes[read..read + line]).map_err(|_| strange())?;
        let size = usize::from_str_radix(size, 16).map_err(|_| strange())?;
        read += line + 2;
        if size == 0 {
            return Ok(written);
        }
        if read + size > bytes.len() {
            return Err(strange());
        }
        bytes.copy_within(read..read + size, written);
        written += size;
        read += size + 2;
    }
}

/// Writes a request. `more` are whole header lines, each with its line end.
pub(crate) fn put(out: &mut Vec<u8>, method: &str, path: &str, more: &str, body: &[u8]) {
    out.clear();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    // Writing to a vector cannot fail.
    drop(write!(
        out,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}{kind}Content-Length: {}\r\n\r\n",
        body.len()
    ));
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::{Length, head, join_chunks, put};

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        assert!(head(b"HTTP/1.1 200 OK\r\ncontent-le").unwrap().is_none());
        let whole = head(b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\nhello").unwrap();
        let whole = whole.unwrap();
        assert_eq!((whole.status, whole.body_at), (201, 44));
        assert!(matches!(whole.length, Length::Known(12)));
        let chunked = head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        assert!(matches!(chunked.unwrap().length, Length::Chunked));
        assert!(head(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
    }

    #[test]
    fn chunks_are_joined_in_place() {
        let mut bytes = *b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
        let length = join_chunks(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"hello world");
    }

    #[test]
    fn a_request_says_how_long_its_body_is() {
        let mut out = vec![1, 2, 3];
        put(&mut out, "POST", "/items/x", "X-One: 1\r\n", b"{}");
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("POST /items/x HTTP/1.1\r\n"), "{text}");
        assert!(text.ends_with(
            "X-One: 1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        ));
    }
}
