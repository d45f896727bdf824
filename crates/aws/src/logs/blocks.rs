//! Events that belong together: log drivers that cut at line ends make an event of every line of a stack trace.

use std::{borrow::Cow, collections::HashMap};

use jiff::{SignedDuration, Timestamp};
use marple_case::facts::LogLine;

use crate::pattern::{Pattern, pattern};

/// Events of one block are at most so far apart.
const APART: SignedDuration = SignedDuration::from_secs(2);
/// Lines that a block has at most.
const LINES: usize = 200;

/// A message, of one event or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// The time of its first event.
    pub at: Timestamp,
    /// The log stream.
    pub stream: &'a str,
    /// The message, whole.
    pub text: Cow<'a, str>,
}

/// What kind of trace a block has begun, and so what goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Lines that begin with `at` go on with any message.
    Any,
    /// Indented lines, and the one that ends the trace.
    Python,
    /// `goroutine`, functions and indented places.
    Go,
    /// The message of a panic of Rust's, in the line after its place.
    RustMessage,
    /// The rest of that message, numbered functions, indented places.
    Rust,
    /// What a C++ library says of an exception, and the shell of the signal.
    Native,
    /// The lines of a report that begin with `#`, as a Java machine writes it.
    Report,
    /// Numbered frames.
    Php,
    /// The error of a process, and places with the application before them.
    Beam,
    /// The trace has ended.
    Done,
}

static FRAME: Pattern = pattern!(r"^\s+at \S|^\s*Caused by: |^\s*\.\.\. [0-9]+ (?:more|common)|^\s+--- End of ");
static GO: Pattern = pattern!(
    r"^(?:goroutine [0-9]+ |\s+\S+\.go:[0-9]+|\[signal |created by |exit status [0-9]|panic: |\s*$|[A-Za-z0-9_./*()\[\]{}@~-]+\(.*\)$)"
);
static RUST: Pattern = pattern!(
    r"^(?:stack backtrace:|\s*[0-9]+: |\s+at |note: |\s+(?:left|right): |thread caused non-unwinding|Aborted|\s*$)"
);
static NATIVE: Pattern = pattern!(r"^(?:\s+what\(\):|Aborted|Segmentation fault|\s*$)");
static PHP: Pattern = pattern!(r"^(?:PHP )?(?:Stack trace:|#[0-9]+ |\s+thrown in |Next )");
static BEAM: Pattern = pattern!(
    r"^(?:\*\* \(|\s+\(|\s+\S+\.(?:ex|exs|erl):[0-9]+: |\s*\*\* \(|Last message|State:|Function:|\s+Args:|Initial Call:|Ancestors:)"
);
/// Words without one of which no trace of these begins; one pass finds any of them.
static BEGINS: Pattern = pattern!(
    r" panicked at |PHP Fatal error: |Fatal error: Uncaught |panic: |fatal error: |http: panic serving|^terminate called |: Assertion |^# A fatal error |\[error\] |^\*\* \(|^Process #PID"
);
/// What begins a report of a process of Elixir's that ended.
static BEAM_BEGINS: Pattern =
    pattern!(r"^\*\* \(|\[error\] .*(?:terminating|raised an exception|\*\* \()|^Process #PID");

/// Joins the events of each stream. Blocks come in the order of their first events.
pub(crate) fn joined(lines: &[LogLine]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::with_capacity(lines.len());
    let mut last_of: HashMap<&str, (usize, Timestamp, Open, usize)> = HashMap::new();
    for line in lines {
        let known = last_of.get_mut(line.stream.as_str());
        if let Some((place, last, open, count)) = known
            && *count < LINES
            && line.at.duration_since(*last) <= APART
            && let Some(next) = goes_on(*open, &line.message)
            && let Some(block) = blocks.get_mut(*place)
        {
            let text = block.text.to_mut();
            text.push('\n');
            text.push_str(&line.message);
            (*last, *open, *count) = (line.at, next, *count + 1);
            continue;
        }
        last_of.insert(&line.stream, (blocks.len(), line.at, opened(&line.message), 1));
        blocks.push(Block { at: line.at, stream: &line.stream, text: Cow::Borrowed(&line.message) });
    }
    blocks
}

fn opened(message: &str) -> Open {
    let last = message.trim_end().lines().next_back().unwrap_or_default();
    if last.contains("Traceback (most recent call last)") {
        Open::Python
    } else if !BEGINS.matches(message) {
        Open::Any
    } else if message.contains("' panicked at ") || message.contains(") panicked at ") {
        // Before 1.73 the message stands before the place.
        if last.contains(" panicked at '") || !last.ends_with(':') { Open::Rust } else { Open::RustMessage }
    } else if message.contains("PHP Fatal error: ") || message.contains("Fatal error: Uncaught ") {
        Open::Php
    } else if message.contains("panic: ")
        || message.contains("fatal error: ")
        || message.contains("http: panic serving")
    {
        Open::Go
    } else if message.starts_with("terminate called ") || message.contains(": Assertion ") {
        Open::Native
    } else if message.starts_with("# A fatal error has been detected") {
        Open::Report
    } else if message.contains("[error] ") || message.starts_with("** (") || message.starts_with("Process #PID") {
        if BEAM_BEGINS.matches(message) { Open::Beam } else { Open::Any }
    } else {
        Open::Any
    }
}

/// Whether a line goes on with a block, and what then goes on with it.
fn goes_on(open: Open, line: &str) -> Option<Open> {
    let while_it = |goes: bool| goes.then_some(open);
    match open {
        Open::Done => None,
        Open::Python if line.starts_with([' ', '\t']) => Some(Open::Python),
        Open::Python => Some(Open::Done),
        Open::Go => while_it(GO.matches(line)),
        Open::RustMessage => Some(Open::Rust),
        Open::Rust => while_it(RUST.matches(line)),
        Open::Native => while_it(NATIVE.matches(line)),
        Open::Report => while_it(line.starts_with('#')),
        Open::Php => while_it(PHP.matches(line)),
        Open::Beam => while_it(BEAM.matches(line)),
        Open::Any => while_it(line.starts_with([' ', '\t', 'C', '.']) && FRAME.matches(line)),
    }
}

#[cfg(test)]
mod tests;
