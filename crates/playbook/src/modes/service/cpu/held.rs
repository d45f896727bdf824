//! What holds the processor, by the program's own words: a watchdog's line that its event loop or a thread was blocked, with the stack of
//! that moment.
//!
//! Such a line is no exception and often one JSON object, so its frames are read here: those of Node.js (`at name (file:line:column)`), of
//! the JVM (`at class.method(File.java:line)`), of Python (`File "file", line N, in name`) and of Go (`file.go:line`).

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_case::{
    Citation,
    facts::{LogSummary, LogTemplate},
    root_cause::{Location, SeenIn},
};
use regex::{Captures, Regex};

use super::super::{request_path, whole_words};
use crate::{
    cite,
    hypothesis::{cite_error, place},
    reading::{Case, Seen},
};

/// Words of watchdogs: Node.js's blocked-at and its kin, Vert.x's blocked thread checker, Tomcat's stuck threads, asyncio's debug mode.
static BLOCKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:event[ _-]?loop|\bthread|\bworker)\b.{0,60}?\b(?:block(?:ed|ing)|stall(?:ed|ing)?|stuck|starv\w*|unresponsive|hung)\b|\b(?:block(?:ed|ing)|stuck|stalled) (?:the )?(?:event[ _-]?loop|thread)|has been (?:blocked|active) for|\bblocked for \d|executing <.{1,200}> took \d|catastrophic backtracking").ok()
});
/// A frame of a stack.
static FRAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\bat (?:async )?(?<function>[^\s()"]+)(?: \[as \w+\])? ?\((?<place>[^()]*)\)|\bat (?<bare>[^\s()",]+:\d+(?::\d+)?)|File \\?"(?<file>[^"\\]+)\\?", line (?<line>\d+)(?:, in (?<scope>[\w<>]+))?|(?<go>[\w@./\-]+\.go:\d+)"#).ok()
});
/// Where code lies that is not the program's own.
const FOREIGN: [&str; 9] = [
    "node_modules",
    "node:",
    "internal/",
    "site-packages",
    "dist-packages",
    "<frozen",
    "/usr/lib/",
    "/usr/local/",
    "/pkg/mod/",
];
/// Packages of the JVM's own and of its frameworks.
const FRAMEWORKS: [&str; 12] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "jakarta.",
    "kotlin.",
    "org.springframework.",
    "org.apache.",
    "io.netty.",
    "io.vertx.",
    "com.fasterxml.",
    "reactor.",
];

/// What holds the processor.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// When the program first said so.
    pub(crate) first: Timestamp,
    /// How often.
    pub(crate) count: u64,
    /// Where its own code was, by the stack.
    pub(crate) location: Option<Location>,
    /// The function of its own, and what that had called.
    pub(crate) functions: (Option<String>, Option<String>),
    /// The path of the request that the line names.
    pub(crate) path: Option<String>,
    /// The line.
    pub(crate) citation: Citation,
    /// The place in it.
    pub(crate) place: Option<Citation>,
}

impl Held {
    /// Where it is held, as a clause.
    pub(crate) fn clause(&self) -> Option<String> {
        let location = self.location.as_ref()?;
        let (own, called) = &self.functions;
        let called = called.as_ref().map(|called| format!("in {called}, called ")).unwrap_or_default();
        let own = own.as_ref().map(|own| format!(" ({own})")).unwrap_or_default();
        Some(format!("{called}at {}:{}{own}", location.file, location.line))
    }
}

/// Whether a text says that a loop or a thread was blocked.
pub(crate) fn is_stall(text: &str) -> bool {
    BLOCKED.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// The program's words on it that are new against the baseline.
pub(super) fn held(case: &Case<'_>) -> Option<Held> {
    in_exceptions(case).or_else(|| in_lines(case))
}

fn in_exceptions(case: &Case<'_>) -> Option<Held> {
    let fits = |text: &str| is_stall(text);
    let logged = case.failures.iter().find(|logged| !logged.in_baseline && fits(&logged.headline()))?;
    let place = place(case, logged);
    Some(Held {
        first: logged.first,
        count: logged.count,
        location: place.as_ref().map(|place| place.location.clone()),
        functions: (place.and_then(|place| place.frame.function.clone()), None),
        path: request_path(logged.sample),
        citation: cite_error(logged)?,
        place: logged.own_frame().and_then(|frame| crate::hypothesis::cite_frame(logged, frame)),
    })
}

fn in_lines(case: &Case<'_>) -> Option<Held> {
    let of = |summary: &Seen<'_, LogSummary>| -> Vec<Held> {
        let new = summary.fact.templates.iter().filter(|line| line.count > 0 && line.baseline_count == 0);
        new.filter(|line| is_stall(&line.sample)).filter_map(|line| of_line(summary, line)).collect()
    };
    let mut all: Vec<Held> = case.summaries.iter().flat_map(of).collect();
    all.sort_by_key(|held| (held.location.is_none(), std::cmp::Reverse(held.count)));
    all.into_iter().next()
}

fn of_line(summary: &Seen<'_, LogSummary>, line: &LogTemplate) -> Option<Held> {
    let (location, functions) = innermost(&line.sample).unwrap_or_default();
    let at = location.as_ref().map(|location| (format!("{}:{}", location.file, location.line), location));
    let place = at.and_then(|(written, location)| {
        let python = format!("line {}", location.line);
        cite::any(summary.evidence, &[&[&written], &[&location.file, &python]])
    });
    let words: String = line.sample.chars().take(80).collect();
    let citation = cite::any(summary.evidence, &[&[said(&line.sample)], &[whole_words(&words)]])?;
    Some(Held {
        first: line.first?,
        count: line.count,
        location,
        functions,
        path: request_path(&line.sample),
        citation,
        place,
    })
}

/// The words of a line that say so.
fn said(sample: &str) -> &str {
    BLOCKED.as_ref().and_then(|pattern| pattern.find(sample)).map_or("", |found| found.as_str())
}

type Innermost = (Option<Location>, (Option<String>, Option<String>));

/// The innermost frame of the program's own code, its function, and what that had called.
fn innermost(text: &str) -> Option<Innermost> {
    let mut frames: Vec<Frame> = FRAME.as_ref()?.captures_iter(text).filter_map(|found| Frame::of(&found)).collect();
    // Python writes the innermost call last.
    if frames.iter().any(|frame| frame.python) {
        frames.reverse();
    }
    let own = frames.iter().position(Frame::is_own)?;
    let frame = frames.get(own)?;
    let (file, line, column) = frame.place.clone()?;
    let called = own.checked_sub(1).and_then(|before| frames.get(before)).and_then(|frame| frame.function.clone());
    Some((Some(Location { file, line, column, seen_in: SeenIn::StackTrace }), (frame.function.clone(), called)))
}

/// A frame of a stack as it is written.
#[derive(Debug)]
struct Frame {
    function: Option<String>,
    place: Option<(String, u32, Option<u32>)>,
    python: bool,
}

impl Frame {
    fn of(found: &Captures<'_>) -> Option<Self> {
        let text = |name: &str| found.name(name).map(|part| part.as_str());
        let function = text("function").or_else(|| text("scope")).map(str::to_owned);
        if let (Some(file), Some(line)) = (text("file"), text("line")) {
            return Some(Self { function, place: Some((file.to_owned(), line.parse().ok()?, None)), python: true });
        }
        let place = text("place").or_else(|| text("bare")).or_else(|| text("go"))?;
        Some(Self { function, place: split(place), python: false })
    }

    fn is_own(&self) -> bool {
        let Some((file, ..)) = &self.place else { return false };
        let foreign = FOREIGN.iter().any(|part| file.contains(part));
        let framework = self.function.as_ref().is_some_and(|name| FRAMEWORKS.iter().any(|one| name.starts_with(one)));
        !foreign && !framework
    }
}

/// `file:line:column` or `file:line` in its parts.
fn split(place: &str) -> Option<(String, u32, Option<u32>)> {
    let place = place.strip_prefix("file://").unwrap_or(place);
    let (rest, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match rest.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?))) {
        Some((file, line)) => Some((file.to_owned(), line, Some(last))),
        None => Some((rest.to_owned(), last, None)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    #[test]
    fn the_innermost_frame_of_the_programs_own_is_found_in_each_runtimes_way_of_writing() {
        let place = |text: &str| {
            let (location, (own, called)) = innermost(text).unwrap();
            let location = location.unwrap();
            format!("{}:{} {} < {}", location.file, location.line, own.unwrap_or_default(), called.unwrap_or_default())
        };
        let node = r#"{"stack":["at RegExp.test (<anonymous>)","at x (/app/node_modules/y/z.js:1:2)","at check (/app/lib/check.js:12:9)","at /app/a.js:3:1"],"msg":"event loop blocked"}"#;
        assert_eq!(place(node), "/app/lib/check.js:12 check < x");
        let java = "Thread has been blocked for 3 ms at java.util.regex.Pattern$Loop.match(Pattern.java:4942) at org.acme.Rate.parse(Rate.java:88)";
        assert_eq!(place(java), "Rate.java:88 org.acme.Rate.parse < java.util.regex.Pattern$Loop.match");
        let python = r#"event loop blocked: File "/app/main.py", line 4, in run File "/app/score.py", line 30, in rank File "/usr/local/lib/python3.12/re/__init__.py", line 2, in sub"#;
        assert_eq!(place(python), "/app/score.py:30 rank < sub");
        assert!(innermost("event loop blocked for 3000 ms").is_none());
    }

    #[test]
    fn a_statistic_of_the_loop_is_no_stall() {
        assert!(!is_stall(r#"{"eventLoopLagMs":5,"msg":"stats"}"#));
        assert!(is_stall("Thread Thread[vert.x-eventloop-thread-0,5,main] has been blocked for 2999 ms"));
    }
}
