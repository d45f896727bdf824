//! Exceptions in log messages, with their stack traces.
//!
//! | module | form |
//! |---|---|
//! | [`record`] | JSON with `errorType` and `errorMessage`: Lambda's own error records, structured logs |
//! | [`platform`] | what Lambda says itself: timeouts, dead runtimes |
//! | [`python`] | `Traceback (most recent call last)` |
//! | [`go`] | `panic: …` and goroutines |
//! | [`rust`] | `thread '…' panicked at …`, its message and backtrace |
//! | [`native`] | failed assertions, C++ exceptions that nobody caught, segmentation faults |
//! | [`php`] | `PHP Fatal error:  Uncaught …` |
//! | [`beam`] | Elixir's `** (RuntimeError) …`, Erlang's crash reports |
//! | [`ruby`] | a place, a message and the class in brackets, with `from` lines |
//! | [`at`] | Node, Java and .NET: a header and lines that begin with `at` |
//!
//! Messages are written by strangers: no text makes these panic, and the work is bounded by the text's length.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use marple_case::facts::{Exception, Frame, LogLine};

use super::blocks::Block;
use crate::pattern::{Pattern, pattern};

mod at;
mod beam;
mod go;
mod native;
mod php;
mod platform;
mod python;
mod record;
mod ruby;
mod rust;

/// Exceptions that are told apart in one span.
const KINDS: usize = 50;
/// Frames that are kept of one trace.
const FRAMES: usize = 60;
/// Bytes of a message that are looked at.
const BYTES: usize = 64 * 1024;
/// A line that was written longer before an exception has nothing to do with it.
const BEFORE: SignedDuration = SignedDuration::from_secs(30);
/// Bytes of a sample that are kept.
const SAMPLE: usize = 4 * 1024;

/// One exception in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// node, python, java, go, dotnet, ruby, rust, php, elixir, erlang; `native` for what ends a program of C or C++, `lambda` for the
    /// platform's own.
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

/// Words without one of which no form of an exception is written; one pass finds any of them.
static MARKS: Pattern = pattern!(
    r" at |\tat |\.rb:|Traceback \(most|panic|atal error|Fatal Python error|errorType|Task timed out|Error: Runtime |Assertion |terminate called|Segmentation fault|Bus error|Illegal instruction|\*\* \(|\{line,"
);

/// The forms, the ones that are told by the clearest words first.
const FORMS: [fn(&str) -> Vec<Found>; 10] = [
    record::find,
    platform::find,
    python::find,
    rust::find,
    go::find,
    ruby::find,
    php::find,
    beam::find,
    at::find,
    native::find,
];

/// The exceptions in a message.
pub(crate) fn find(message: &str) -> Vec<Found> {
    if !MARKS.matches(message) && !message.starts_with("[ERROR] ") {
        return Vec::new();
    }
    let text = message.get(..message.floor_char_boundary(BYTES)).unwrap_or(message);
    for form in FORMS {
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
    told(blocks).into_iter().map(|told| told.exception).collect()
}

/// An exception, and what was written before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// The exception.
    pub exception: Exception,
    /// The last lines before it in the same stream, of the first two times and the last one.
    pub before: Vec<(Timestamp, String)>,
}

/// The same as [`of`], with the last line that each stream holds before an exception: often it is the request that led to it.
pub(crate) fn told(blocks: &[Block<'_>]) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut previous: HashMap<&str, &Block<'_>> = HashMap::new();
    for block in blocks {
        let found = find(&block.text);
        let before = previous.get(block.stream).copied().filter(|_| !found.is_empty());
        if found.is_empty() && !block.text.trim().is_empty() {
            previous.insert(block.stream, block);
        }
        for found in found {
            let kinds = all.len();
            let place = *known.entry(key(&found)).or_insert(kinds);
            if place == kinds && kinds < KINDS {
                all.push(Told { exception: exception(found, block), before: Vec::new() });
            } else if let Some(told) = all.get_mut(place) {
                told.exception.count += 1;
                told.exception.first = told.exception.first.min(block.at);
                told.exception.last = told.exception.last.max(block.at);
            }
            if let Some(told) = all.get_mut(place) {
                told.note(before, block.at);
            }
        }
    }
    all.sort_by(|a, b| b.exception.count.cmp(&a.exception.count).then(a.exception.first.cmp(&b.exception.first)));
    all
}

impl Told {
    fn note(&mut self, before: Option<&Block<'_>>, at: Timestamp) {
        let near = before.filter(|block| at.duration_since(block.at) <= BEFORE);
        if self.exception.count == 1 {
            self.exception.before = near.and_then(last_line);
        }
        let Some(line) = near.and_then(|block| Some((block.at, block.text.lines().next_back()?.to_owned()))) else {
            return;
        };
        self.before.truncate(2);
        self.before.push(line);
    }
}

fn last_line(block: &Block<'_>) -> Option<LogLine> {
    let message = block.text.lines().next_back()?.to_owned();
    Some(LogLine { at: block.at, stream: block.stream.to_owned(), message })
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
        before: None,
    }
}

/// Whether two exceptions are of the same class and come from the same place.
pub(crate) fn is_same(one: &Exception, other: &Exception) -> bool {
    let place = |exception: &Exception| exception.own_frame().map(|frame| (frame.file.clone(), frame.line));
    one.class == other.class && one.code == other.code && place(one) == place(other)
}

#[cfg(test)]
mod tests;
