//! What the fake answers: refusals, and event streams that end as one likes.

use std::time::Duration;

use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http_body_util::StreamBody;
use hyper::body::{Body, Frame};
use serde_json::{Value, json};

/// One reply.
pub(crate) enum Reply {
    /// An error instead of a stream.
    Refusal { status: u16, kind: &'static str, message: &'static str },
    /// A stream.
    Stream(Stream),
}

impl Reply {
    pub(crate) fn refusal(status: u16, kind: &'static str, message: &'static str) -> Self {
        Self::Refusal { status, kind, message }
    }
}

impl From<Stream> for Reply {
    fn from(stream: Stream) -> Self {
        Self::Stream(stream)
    }
}

/// How a stream's last byte is followed.
#[derive(Clone, Copy)]
enum End {
    Whole,
    Cut,
    Silence,
}

/// An event stream, written event by event.
pub(crate) struct Stream {
    bytes: Vec<u8>,
    blocks: usize,
    end: End,
}

impl Stream {
    /// A stream without an event.
    pub(crate) fn nothing() -> Self {
        Self { bytes: Vec::new(), blocks: 0, end: End::Whole }
    }

    /// A stream whose message has begun.
    pub(crate) fn new() -> Self {
        Self::nothing().event("messageStart", &json!({ "role": "assistant" }))
    }

    /// A text block, in these pieces. As the service does it, nothing announces a text block.
    pub(crate) fn text(self, pieces: &[&str]) -> Self {
        self.deltas(pieces.iter().map(|piece| json!({ "text": piece }))).stop_block()
    }

    /// A reasoning block: its text in pieces, and its signature.
    pub(crate) fn reasoning(self, pieces: &[&str], signature: &str) -> Self {
        let text = pieces.iter().map(|piece| json!({ "reasoningContent": { "text": piece } }));
        let signature = json!({ "reasoningContent": { "signature": signature } });
        self.deltas(text.chain([signature])).stop_block()
    }

    /// A reasoning block that the service encrypted: base 64.
    pub(crate) fn redacted(self, content: &str) -> Self {
        self.deltas([json!({ "reasoningContent": { "redactedContent": content } })]).stop_block()
    }

    /// A tool call whose arguments come in these pieces.
    pub(crate) fn call<'a>(self, id: &str, tool: &str, pieces: impl IntoIterator<Item = &'a str>) -> Self {
        self.open_call(id, tool, pieces).stop_block()
    }

    /// A tool call that does not end.
    pub(crate) fn open_call<'a>(self, id: &str, tool: &str, pieces: impl IntoIterator<Item = &'a str>) -> Self {
        let start =
            json!({ "contentBlockIndex": self.blocks, "start": { "toolUse": { "toolUseId": id, "name": tool } } });
        let started = self.event("contentBlockStart", &start);
        started.deltas(pieces.into_iter().map(|piece| json!({ "toolUse": { "input": piece } })))
    }

    /// The end of the message.
    pub(crate) fn stop(self, reason: &str) -> Self {
        self.event("messageStop", &json!({ "stopReason": reason }))
    }

    /// The last event.
    pub(crate) fn usage(self, usage: &Value) -> Self {
        self.event("metadata", &json!({ "usage": usage, "metrics": { "latencyMs": 12 } }))
    }

    /// An error inside the stream.
    pub(crate) fn exception(self, kind: &str, message: &str) -> Self {
        self.frame("exception", ":exception-type", kind, &json!({ "message": message }))
    }

    /// What came is all that comes, and the connection breaks.
    pub(crate) fn cut(self) -> Self {
        Self { end: End::Cut, ..self }
    }

    /// What came is all that comes, and the connection stays open.
    pub(crate) fn then_silence(self) -> Self {
        Self { end: End::Silence, ..self }
    }

    fn deltas(mut self, deltas: impl IntoIterator<Item = Value>) -> Self {
        for delta in deltas {
            let delta = json!({ "contentBlockIndex": self.blocks, "delta": delta });
            self = self.event("contentBlockDelta", &delta);
        }
        self
    }

    fn stop_block(self) -> Self {
        let stop = json!({ "contentBlockIndex": self.blocks });
        let mut stopped = self.event("contentBlockStop", &stop);
        stopped.blocks += 1;
        stopped
    }

    fn event(self, kind: &str, payload: &Value) -> Self {
        self.frame("event", ":event-type", kind, payload)
    }

    fn frame(mut self, message_type: &str, kind_header: &'static str, kind: &str, payload: &Value) -> Self {
        let header = |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
        let message = Message::new(Bytes::from(payload.to_string()))
            .add_header(header(":message-type", message_type))
            .add_header(header(kind_header, kind))
            .add_header(header(":content-type", "application/json"));
        aws_smithy_eventstream::frame::write_message_to(&message, &mut self.bytes).unwrap();
        self
    }

    /// The stream as a body, in chunks that end anywhere: inside frames, headers and characters.
    pub(super) fn into_body(self) -> impl Body<Data = Bytes, Error = std::io::Error> + Send {
        const CHUNK: usize = 37;
        let chunks: Vec<_> =
            self.bytes.chunks(CHUNK).map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)))).collect();
        let end = match self.end {
            End::Whole => stream::empty().boxed(),
            End::Cut => stream::once(cut()).boxed(),
            End::Silence => stream::pending().boxed(),
        };
        StreamBody::new(stream::iter(chunks).chain(end))
    }
}

/// Breaks the connection, once what was written has left the server's buffer.
async fn cut() -> Result<Frame<Bytes>, std::io::Error> {
    tokio::time::sleep(Duration::from_millis(30)).await;
    Err(std::io::Error::other("cut"))
}
