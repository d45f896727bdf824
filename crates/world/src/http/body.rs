//! The body of an answer: whole, or one half and then an error, or one half and then nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// What comes behind the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    End,
    /// An error, after what was given so far has had its turn to be sent.
    Break,
    /// The error itself.
    Broken,
    Nothing,
}

/// The bytes, and what comes behind them.
#[derive(Debug)]
pub(super) struct Answer {
    bytes: Option<Bytes>,
    then: Then,
}

impl Answer {
    /// All of it.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { bytes: Some(bytes), then: Then::End }
    }

    /// One half; the connection breaks off behind it.
    pub(super) fn broken(bytes: &Bytes) -> Self {
        Self { bytes: Some(bytes.slice(..bytes.len() / 2)), then: Then::Break }
    }

    /// One half, and nothing more.
    pub(super) fn stalled(bytes: &Bytes) -> Self {
        Self { bytes: Some(bytes.slice(..bytes.len() / 2)), then: Then::Nothing }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match (self.bytes.take(), self.then) {
            (Some(bytes), Then::End) if bytes.is_empty() => Poll::Ready(None),
            (Some(bytes), _) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            (None, Then::End) => Poll::Ready(None),
            (None, Then::Break) => {
                // hyper sends what it has only while it has to wait.
                self.then = Then::Broken;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            (None, Then::Broken) => Poll::Ready(Some(Err(cut()))),
            // Nobody will ever wake this: whoever waits has a limit of their own.
            (None, Then::Nothing) => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.then == Then::End && self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match self.then {
            Then::End => SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Then::Break | Then::Broken | Then::Nothing => SizeHint::default(),
        }
    }
}

/// A connection that the other side closed.
pub(super) fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection was cut")
}
