//! HTTP requests in clear to loopback, one connection each: nothing is followed, kept or added that a test did not ask for,
//! so that it can also say what a browser never would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Longer than anything that answers at all; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    /// Of this method (`GET`, say), for a path with its query.
    pub fn new(method: &'static str, path: &str) -> Request {
        Request { method, path: path.to_owned(), headers: Vec::new(), body: String::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With fields, as a browser encodes a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Request {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        self.body("application/x-www-form-urlencoded", &pairs.join("&"))
    }

    pub fn json(self, value: &Value) -> Request {
        self.body("application/json", &value.to_string())
    }

    pub fn body(mut self, content_type: &str, body: &str) -> Request {
        body.clone_into(&mut self.body);
        self.header("content-type", content_type)
    }

    /// Sends it to `address` (`127.0.0.1:PORT`) and reads the answer.
    pub fn send(&self, address: &str) -> std::io::Result<Answer> {
        let Request { method, path, headers, body } = self;
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || *method == "POST" {
            text.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
        answer(stream)
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The value of the first header of this name (in lower case); empty without one.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("expected JSON ({error}), found: {}", self.body))
    }
}

/// Asks `address` for `path`.
pub fn get(address: &str, path: &str) -> std::io::Result<Answer> {
    Request::new("GET", path).send(address)
}

/// A text as it stands in a form or a query.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// Reads to the announced length: not every server closes when it is asked to.
fn answer(mut stream: impl Read) -> std::io::Result<Answer> {
    let broken = |bytes: &[u8]| {
        std::io::Error::other(format!("expected an HTTP answer, found {:?}", String::from_utf8_lossy(bytes)))
    };
    let mut bytes = Vec::new();
    let mut chunk = [0; 65_536];
    loop {
        let read = stream.read(&mut chunk)?;
        bytes.extend_from_slice(&chunk[..read]);
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n");
        let Some(head) = head.filter(|head| read == 0 || has_whole_body(&bytes, *head)) else {
            if read == 0 {
                return Err(broken(&bytes));
            }
            continue;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let mut lines = text.split("\r\n");
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(|| broken(&bytes))?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        return Ok(Answer { status, headers, body: String::from_utf8_lossy(&bytes[head + 4..]).into_owned() });
    }
}

fn has_whole_body(bytes: &[u8], head: usize) -> bool {
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.split("\r\ncontent-length:").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
    length.is_some_and(|length: usize| bytes.len() >= head + 4 + length)
}
