//! A request's content that asks the gate in the moment in which it goes out.
//!
//! reqwest resolves a name, connects and shakes hands within the call that sends: seconds in which a withdrawal may be read or the deadline
//! pass. So it is not the call that asks the gate, but the content: hyper turns to it when the connection stands and the head
//! is in memory, takes it whole, and writes both out together. Where the gate is shut hyper drops the connection, and with it the head: the
//! other side sees a connection that ends without a byte, be it new or one that has been used before.
//!
//! hyper never takes content of no length, so there the question for the length asks, which hyper puts in the same moment: while the gate is
//! shut the length stays open, so that hyper takes it and is refused.
//!
//! tests/it/channel/late.rs sees both on the wire.

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
        self.whole.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.whole.as_ref().map_or(0, Bytes::len);
        let is_asked = length == 0 && self.whole.is_some();
        if is_asked && self.gate.pass().is_err() { SizeHint::default() } else { SizeHint::with_exact(length as u64) }
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
