//! Exceptions in log messages, with their stack traces.
//!
//! | module | form |
//! |---|---|
//! | [`record`] | JSON with `errorType` and `errorMessage`: Lambda's own error records, structured logs |
//! | [`platform`] | what Lambda says itself: timeouts, dead runtimes |
//! | [`python`] | `Traceback (most recent call last)` |
//! | [`go`] | `panic: …` and goroutines |
//! | [`ruby`] | a place, a message and the class in brackets, with `from` lines |
//! | [`at`] | Node, Java and .NET: a header and lines that begin with `at` |
//!
//! Messages are written by strangers: no text makes these panic, and the work is bounded by the text's length.

use std::collections::HashMap;

use marple_case::facts::{Exception, Frame};

use super::blocks::Block;
use crate::pattern::{Pattern, pattern};

mod at;
mod go;
mod platform;
mod python;
mod record;
mod ruby;

/// Exceptions that are told apart in one span.
const KINDS: usize = 50;
/// Frames that are kept of one trace.
const FRAMES: usize = 60;
/// Bytes of a message that are looked at.
const BYTES: usize = 64 * 1024;
/// Bytes of a sample that are kept.
const SAMPLE: usize = 4 * 1024;

/// One exception in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// node, python, java, go, dotnet, ruby; `lambda` for the platform's own.
    pub runtime: &'static str,
    /// Its class.
    pub class: String,
    /// Its message.
    pub message: String,
    /// Its code.
    pub code: Option<String>,
    /// Its frames, innermost first.
    pub frames: Vec<Frame>,
}

/// Words without one of which no form of an exception is written.
const MARKS: [&str; 9] = [
    " at ",
    ".rb:",
    "\tat ",
    "Traceback (most",
    "panic",
    "fatal error: ",
    "errorType",
    "Task timed out",
    "Error: Runtime ",
];

/// The exceptions in a message.
pub(crate) fn find(message: &str) -> Vec<Found> {
    if !MARKS.iter().any(|mark| message.contains(mark)) && !message.starts_with("[ERROR] ") {
        return Vec::new();
    }
    let text = message.get(..message.floor_char_boundary(BYTES)).unwrap_or(message);
    for form in [record::find, platform::find, python::find, go::find, ruby::find, at::find] {
        let mut found = form(text);
        if !found.is_empty() {
            for one in &mut found {
                one.frames.truncate(FRAMES);
                one.code = one.code.take().or_else(|| system_code(&one.message));
            }
            return found;
        }
    }
    Vec::new()
}

static SYSTEM_CODE: Pattern = pattern!(
    r"\b(E(?:NOTFOUND|AI_AGAIN|CONN[A-Z]+|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|MFILE|NOENT|ACCES|PERM|NOSPC|ADDR[A-Z]+))\b"
);

/// The error code of the system in a message: `getaddrinfo ENOTFOUND db.internal`.
fn system_code(message: &str) -> Option<String> {
    Some(SYSTEM_CODE.captures(message)?.get(1)?.as_str().to_owned())
}

/// What is the same in two exceptions that are counted as one.
type Key = (&'static str, String, Option<String>, String);

fn key(found: &Found) -> Key {
    let own = found.frames.iter().find(|frame| frame.in_app).or(found.frames.first());
    let place = match own {
        Some(frame) => format!("{}:{:?}", frame.file, frame.line),
        None => without_numbers(&found.message),
    };
    (found.runtime, found.class.clone(), found.code.clone(), place)
}

/// A message without what tells one request from another: words with a digit in them, as identifiers, amounts and times have.
fn without_numbers(message: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let words = message.split_inclusive(|letter| !is_word(letter));
    let plain = words.map(|word| match word.contains(|letter: char| letter.is_ascii_digit()) {
        true => word.trim_start_matches(is_word),
        false => word,
    });
    plain.collect()
}

/// The exceptions of all messages, alike ones counted together; the most frequent first.
pub(crate) fn of(blocks: &[Block<'_>]) -> Vec<Exception> {
    let mut exceptions: Vec<Exception> = Vec::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    for block in blocks {
        for found in find(&block.text) {
            let kinds = exceptions.len();
            let place = *known.entry(key(&found)).or_insert(kinds);
            if let Some(exception) = exceptions.get_mut(place) {
                exception.count += 1;
                exception.first = exception.first.min(block.at);
                exception.last = exception.last.max(block.at);
            } else if kinds < KINDS {
                exceptions.push(exception(found, block));
            }
        }
    }
    exceptions.sort_by(|a, b| b.count.cmp(&a.count).then(a.first.cmp(&b.first)));
    exceptions
}

fn exception(found: Found, block: &Block<'_>) -> Exception {
    let text = block.text.trim_end();
    Exception {
        runtime: found.runtime.to_owned(),
        class: found.class,
        message: found.message,
        code: found.code,
        frames: found.frames,
        count: 1,
        first: block.at,
        last: block.at,
        sample: text.get(..text.floor_char_boundary(SAMPLE)).unwrap_or(text).to_owned(),
    }
}

/// Whether two exceptions are of the same class and come from the same place.
pub(crate) fn is_same(one: &Exception, other: &Exception) -> bool {
    let place = |exception: &Exception| exception.own_frame().map(|frame| (frame.file.clone(), frame.line));
    one.class == other.class && one.code == other.code && place(one) == place(other)
}

#[cfg(test)]
mod tests;
