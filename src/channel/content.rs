//! A request's content that asks the gate in the moment in which it goes out.
//!
//! reqwest resolves a name, connects and shakes hands within the call that sends: seconds in which a withdrawal may be read or the deadline
//! pass. So it is not the call that asks the gate, but the content: hyper turns to it when the connection stands and the head
//! is in memory, takes it whole, and writes both out together. Where the gate is shut hyper drops the connection, and with it the head: the
//! other side sees a connection that ends without a byte, be it new or one that has been used before.
//!
//! hyper never takes content of no length, so there the question whether it is at its end asks, which hyper puts in the same moment and nobody
//! before. Until the gate has been passed its length stays open, so that hyper takes it where it is shut, and is refused.
//!
//! That not a byte leaves is seen below, that it is asked so late by tests/it/channel/late.rs: whoever changes reqwest or hyper looks there.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::{Gate, Outcome};

/// This text as the content of a request that leaves only through this gate.
pub(super) fn guarded(text: String, gate: &Arc<Gate>) -> reqwest::Body {
    reqwest::Body::wrap(Content { gate: Arc::clone(gate), whole: Some(text.into()) })
}

struct Content {
    gate: Arc<Gate>,
    /// Absent once it was taken.
    whole: Option<Bytes>,
}

impl Body for Content {
    type Data = Bytes;
    type Error = Shut;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Shut>>> {
        let Some(whole) = self.whole.take() else { return Poll::Ready(None) };
        Poll::Ready(match self.gate.pass() {
            Err(outcome) => Some(Err(Shut(outcome))),
            Ok(()) if whole.is_empty() => None,
            Ok(()) => Some(Ok(Frame::data(whole))),
        })
    }

    fn is_end_stream(&self) -> bool {
        if self.whole.as_ref().is_some_and(Bytes::is_empty) {
            // What it says is heard when the content is taken.
            let _ = self.gate.pass();
        }
        self.whole.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.whole {
            Some(whole) if whole.is_empty() && !self.gate.is_passed() => SizeHint::default(),
            Some(whole) => SizeHint::with_exact(whole.len() as u64),
            None => SizeHint::with_exact(0),
        }
    }
}

/// The gate was shut when the content was to go out: nothing of the request has left.
#[derive(Debug)]
pub(super) struct Shut(Outcome);

impl Shut {
    /// The outcome of the attempt.
    pub(super) fn outcome(&self) -> Outcome {
        self.0.clone()
    }
}

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the gate is shut")
    }
}

impl Error for Shut {}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::client;
    use super::*;
    use crate::model::Timestamp;

    /// Sends this through the gate, and gives what came over the wire until the connection ended, and what was said of it.
    async fn sent(text: &str, gate: &Arc<Gate>) -> (String, Option<Outcome>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?parcel=1", listener.local_addr().unwrap());
        let end = if text.is_empty() { "\r\n\r\n" } else { text }.to_owned();
        let wire = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(end.as_bytes()) {
                match connection.read_buf(&mut heard).await {
                    Ok(0) | Err(_) => return heard,
                    Ok(_) => {}
                }
            }
            connection.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.unwrap();
            heard
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).body(guarded(text.to_owned(), gate)).send().await;
        let refused = answer.err().map(|error| client::cause::<Shut>(&error).expect("the gate's word").outcome());
        drop(client);
        (String::from_utf8(wire.await.unwrap()).unwrap(), refused)
    }

    fn gate() -> Arc<Gate> {
        Arc::new(Gate::new(Timestamp::LAST, Arc::new(|| Timestamp::FIRST)))
    }

    #[tokio::test]
    async fn not_a_byte_leaves_through_a_gate_that_is_shut() {
        for text in ["the whole", ""] {
            let gate = gate();
            gate.withdraw();
            assert_eq!(sent(text, &gate).await, (String::new(), Some(Outcome::withdrawn())), "{text:?}");
        }
    }

    #[tokio::test]
    async fn what_leaves_is_announced_by_its_length_and_cannot_be_withdrawn() {
        for text in ["the whole", ""] {
            let gate = gate();
            let (heard, refused) = sent(text, &gate).await;
            assert_eq!(refused, None, "{text:?}");
            assert!(heard.starts_with("POST /hook?parcel=1 HTTP/1.1\r\n"), "{heard:?}");
            assert!(heard.contains(&format!("content-length: {}\r\n", text.len())), "{heard:?}");
            assert!(!heard.contains("transfer-encoding") && heard.ends_with(text), "{heard:?}");
            assert_eq!(gate.broken_off("x"), Outcome::unknown("x"));
        }
    }
}
