//! Fields: `key=value` and `"key":value`.

use memchr::{memchr2, memmem};

use crate::message::{cut_frame, is_foreign, without_position};

/// What a key says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The value is what the line says: it is read like plain text.
    Message,
    /// The value is a level: pinned.
    Level,
    /// The value is an outcome: short numbers and plain words tell how it went.
    Status,
    /// The value is an error's code or number: short numbers tell how it went.
    Code,
    /// The value is a stack trace.
    Stack,
    /// The value is free.
    Other,
}

impl Key {
    pub(super) fn of(key: &[u8]) -> Self {
        match key {
            b"msg" | b"message" | b"Message" | b"error" | b"err" | b"errorMessage" | b"error_message"
            | b"exception" | b"reason" | b"event" | b"event_type" | b"eventType" | b"eventName" | b"type"
            | b"errorType" | b"error_type" | b"detail" => Self::Message,
            b"level" | b"lvl" | b"severity" | b"levelname" | b"log_level" | b"logLevel" | b"log.level" | b"Level" => {
                Self::Level
            }
            b"status" | b"statusCode" | b"status_code" | b"http_status" | b"httpStatus" | b"responseStatus"
            | b"Status" => Self::Status,
            b"code" | b"errno" | b"errorCode" | b"error_code" | b"exitCode" | b"exit_code" | b"signal" => Self::Code,
            b"stack"
            | b"stackTrace"
            | b"stack_trace"
            | b"stacktrace"
            | b"traceback"
            | b"trace"
            | b"exc_info"
            | b"exception.stacktrace" => Self::Stack,
            _ => Self::Other,
        }
    }
}

/// A value that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) key: Key,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing of it but white space.
    Unread,
    /// Without quotes.
    Bare,
    /// In quotes, of which the closing one is there.
    Quoted(usize),
}

impl Value {
    pub(super) fn of(key: Key) -> Self {
        Self { key, state: State::Unread }
    }

    /// It is in quotes, and ends at `end`.
    pub(super) fn begin(&mut self, end: usize) {
        self.state = State::Quoted(end);
    }

    /// A word of it was read.
    pub(super) fn read(&mut self) {
        if self.state == State::Unread {
            self.state = State::Bare;
        }
    }

    pub(super) fn is_unread(&self) -> bool {
        self.state == State::Unread
    }

    /// The position of its closing quote.
    pub(super) fn end(&self) -> Option<usize> {
        match self.state {
            State::Quoted(end) => Some(end),
            State::Unread | State::Bare => None,
        }
    }

    /// Whether `byte`, white space or a comma, ends it.
    pub(super) fn ends_at(&self, byte: u8) -> bool {
        self.state == State::Bare || (self.state == State::Unread && byte == b',')
    }
}

/// The position of the next quote from `start` on that is not escaped.
pub(super) fn closing_quote(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let found = at + memchr2(b'"', b'\\', line.get(at..)?)?;
        if line.get(found) == Some(&b'"') {
            return Some(found);
        }
        at = found + 2;
    }
}

/// The end of the JSON value that begins at `start`, brackets and quotes honoured; the end of the line if it is cut off.
pub(super) fn end_of_json_value(line: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'"' => match closing_quote(line, at + 1) {
                Some(end) => at = end,
                None => return line.len(),
            },
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 0 => return at,
            b']' | b'}' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    line.len()
}

/// The frame that tells most of a stack trace in JSON, where line ends are escaped or items of an array.
pub(super) fn top_frame(stack: &[u8]) -> Option<&str> {
    let mut foreign = None;
    for start in memmem::find_iter(stack, b" at ") {
        let rest = stack.get(start + 1..)?;
        let end = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        let Some(frame) = rest.get(..end).and_then(|frame| str::from_utf8(frame).ok()) else {
            continue;
        };
        if !is_foreign(frame) {
            return Some(cut_frame(frame));
        }
        foreign.get_or_insert(frame);
    }
    foreign.map(without_position)
}
