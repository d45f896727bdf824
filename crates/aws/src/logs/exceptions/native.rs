//! What ends a program of C, C++ or of machine code beneath another runtime: failed assertions, exceptions that nobody caught, signals.

use marple_case::facts::Frame;

use super::Found;
use crate::pattern::{Pattern, pattern};

/// `server: src/ring.cc:88: void push(int): Assertion `n < size' failed.`, as glibc prints it.
static ASSERTION: Pattern =
    pattern!(r"([^\s:]+\.(?:c|cc|cpp|cxx|h|hh|hpp|hxx)):([0-9]+): (?:(.+): )?(Assertion [^\n]+ failed)");
static TERMINATE: Pattern =
    pattern!(r"terminate called (?:after throwing an instance of '([^'\n]+)'|(without an active exception))");
static WHAT: Pattern = pattern!(r"(?m)^\s*what\(\):\s+(.*)$");
static SIGNAL: Pattern =
    pattern!(r"(?m)(?:^|[\s:])(Segmentation fault|Bus error|Illegal instruction)(?:\s+\(core dumped\)[^\n]*)?\s*$");
/// `#  SIGSEGV (0xb) at pc=0x00007f3c, pid=1, tid=7`, as a Java machine prints it.
static JAVA: Pattern = pattern!(r"(?m)^#\s+(SIG[A-Z]+|EXCEPTION_[A-Z_]+|Internal Error)\b ?([^\n]*)");
/// `# C  [libz.so.1+0x1a2b]  inflate+0x4c`.
static JAVA_FRAME: Pattern = pattern!(r"(?m)^# Problematic frame:\s*\n# ?[A-Za-z]\s+(\S.*)$");
static PYTHON: Pattern = pattern!(r"(?m)^Fatal Python error: ([^\n]+)");

pub(super) fn find(text: &str) -> Vec<Found> {
    [assertion, terminate, java, python, signal].iter().find_map(|form| form(text)).into_iter().collect()
}

fn found(runtime: &'static str, class: &str, message: &str, frames: Vec<Frame>) -> Found {
    Found { runtime, class: class.to_owned(), message: message.trim_end().to_owned(), code: None, frames }
}

fn assertion(text: &str) -> Option<Found> {
    let hit = ASSERTION.captures(text)?;
    let file = hit.get(1)?.as_str();
    let frame = Frame {
        function: hit.get(3).map(|name| name.as_str().to_owned()),
        file: file.to_owned(),
        line: hit.get(2)?.as_str().parse().ok(),
        column: None,
        in_app: !file.starts_with("/usr/"),
    };
    Some(found("native", "assertion failed", hit.get(4)?.as_str(), vec![frame]))
}

fn terminate(text: &str) -> Option<Found> {
    let hit = TERMINATE.captures(text)?;
    let what = WHAT.captures(text).and_then(|what| Some(what.get(1)?.as_str().to_owned()));
    let bare = hit.get(2).map_or("", |words| words.as_str());
    let class = hit.get(1).map_or("terminate called", |class| class.as_str());
    Some(found("native", class, what.as_deref().unwrap_or(bare), Vec::new()))
}

fn java(text: &str) -> Option<Found> {
    let hit = JAVA.captures(text).filter(|_| text.contains("fatal error has been detected"))?;
    let place = JAVA_FRAME.captures(text).and_then(|frame| Some(frame.get(1)?.as_str().trim().to_owned()));
    let frame =
        |function| Frame { function: Some(function), file: String::new(), line: None, column: None, in_app: false };
    Some(found("java", hit.get(1)?.as_str(), hit.get(2)?.as_str(), place.map(frame).into_iter().collect()))
}

fn python(text: &str) -> Option<Found> {
    Some(found("python", "Fatal Python error", PYTHON.captures(text)?.get(1)?.as_str(), Vec::new()))
}

fn signal(text: &str) -> Option<Found> {
    let hit = SIGNAL.captures(text)?;
    let line = text.lines().find(|line| line.contains(hit.get(1).map_or("", |words| words.as_str())))?;
    Some(found("native", hit.get(1)?.as_str(), line.trim(), Vec::new()))
}
