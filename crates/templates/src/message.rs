//! Which lines of a log message decide its template.
//!
//! A message of many lines is mostly a stack trace, whose depth and inner frames vary while the fault is the same. So
//! the first line decides, together with the top frame and the line that names the exception:
//!
//! | trace | cause | frame |
//! |---|---|---|
//! | JavaScript, Java, .NET | the line before the first `at …`, unless that is the first line | the first `at …` |
//! | Python | the first unindented line after the frames | the last `File "…"` |
//! | Go | none: `panic: …` is the first line | the first `\t….go:LINE` |
//!
//! Frames of the language's runtime and of installed packages are passed over, so that the frame is the application's
//! own; if there are no others, the first one stays, without its position, which changes with the runtime's version.
//!
//! Pretty-printed JSON (first line `{` or `[`) decides as a whole. Anything else decides by its first line that is not blank.

use memchr::{memchr, memchr_iter};

/// The parts of a message that decide its template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outline<'a> {
    /// What the message begins with.
    pub(crate) head: &'a str,
    /// The line that names the exception, if it is not in the head.
    pub(crate) cause: Option<&'a str>,
    /// The top frame of the stack trace, trimmed, with its line number.
    pub(crate) frame: Option<&'a str>,
}

/// Longest frame that is kept, in bytes.
const MAX_FRAME_BYTES: usize = 240;

impl<'a> Outline<'a> {
    pub(crate) fn of(message: &'a str) -> Self {
        if memchr(b'\n', message.as_bytes()).is_none() {
            return Self { head: message, cause: None, frame: None };
        }
        let mut lines = lines(message).filter(|line| !line.trim_ascii().is_empty());
        let head = lines.next().unwrap_or("");
        if matches!(head.trim_ascii(), "{" | "[") {
            return Self { head: message, cause: None, frame: None };
        }
        let (cause, frame) = trace(head, lines);
        Self { head, cause, frame }
    }
}

/// Walks over the lines after the head, once.
fn trace<'a>(head: &'a str, lines: impl Iterator<Item = &'a str>) -> (Option<&'a str>, Option<&'a str>) {
    let mut frames = Frames::default();
    let mut cause = None;
    let mut before = head;
    for line in lines {
        let trimmed = line.trim_ascii();
        if trimmed.starts_with("File \"") {
            frames.python(trimmed);
        } else if frames.is_python && !line.starts_with([' ', '\t']) {
            return (Some(line), frames.top());
        } else if trimmed.starts_with("at ") {
            cause = cause.or(Some(before));
            frames.inner(trimmed);
        } else if line.starts_with('\t') && trimmed.contains(".go:") {
            frames.inner(trimmed.split(" +0x").next().unwrap_or(trimmed));
        }
        before = line;
    }
    (cause.filter(|cause| *cause != head), frames.top())
}

/// The frame that tells most of those seen so far.
#[derive(Default)]
struct Frames<'a> {
    own: Option<&'a str>,
    foreign: Option<&'a str>,
    is_python: bool,
}

impl<'a> Frames<'a> {
    /// A frame of a trace that begins at the top.
    fn inner(&mut self, frame: &'a str) {
        let place = if is_foreign(frame) { &mut self.foreign } else { &mut self.own };
        place.get_or_insert(frame);
    }

    /// A frame of a trace that ends at the top.
    fn python(&mut self, frame: &'a str) {
        self.is_python = true;
        let place = if is_foreign(frame) { &mut self.foreign } else { &mut self.own };
        *place = Some(frame);
    }

    fn top(self) -> Option<&'a str> {
        self.own.map(cut_frame).or_else(|| self.foreign.map(without_position))
    }
}

/// Whether a frame belongs to a runtime or an installed package.
pub(crate) fn is_foreign(frame: &str) -> bool {
    const MARKS: [&str; 10] = [
        "node:",
        "node_modules/",
        "/var/runtime/",
        "java.base/",
        "at java.",
        "at jdk.",
        "at sun.",
        "/lib/python",
        "/usr/local/go/src/",
        "/pkg/mod/",
    ];
    MARKS.iter().any(|mark| frame.contains(mark))
}

/// `at GetAddrInfoReqWrap.onlookupall`, `File "/usr/lib/python3.12/json/decoder.py"`.
pub(crate) fn without_position(frame: &str) -> &str {
    let end = frame.find(" (").or_else(|| frame.find(", line ")).or_else(|| frame.rfind(".go:")).unwrap_or(frame.len());
    cut_frame(frame.get(..end).unwrap_or(frame))
}

pub(crate) fn cut_frame(frame: &str) -> &str {
    frame.get(..frame.floor_char_boundary(MAX_FRAME_BYTES)).unwrap_or(frame)
}

fn lines(message: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    memchr_iter(b'\n', message.as_bytes()).chain([message.len()]).filter_map(move |end| {
        let line = message.get(start..end);
        start = end + 1;
        line
    })
}
