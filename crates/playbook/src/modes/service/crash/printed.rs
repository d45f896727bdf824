//! A panic or an abort as native runtimes print it, a line a log event: Rust's panics, failed assertions and uncaught exceptions of C and C++.
//!
//! The parts of one trace come as lines of their own, each with its own template: they belong together where all are new, were logged
//! together, and as often. A trace that one event holds is a [`Logged`](crate::reading::logged::Logged) exception, and none of this.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Citation,
    facts::LogTemplate,
    root_cause::{Location, SeenIn},
};
use regex::Regex;

use crate::{
    cite,
    reading::{Case, Seen, failure::Failure},
};

/// Parts of one trace are logged within this time of its first line.
const TOGETHER: SignedDuration = SignedDuration::from_secs(1);

/// `thread 'main' panicked at src/main.rs:3:5:`; before Rust 1.73 `panicked at 'words', src/main.rs:3:5`.
static PANIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"thread '[^']*'(?: \(\d+\))? panicked at (?:'(?<said>.*)', )?(?<file>[^\s:']+):(?<line>\d+):(?<column>\d+)",
    )
    .ok()
});
/// `server: src/ring.cc:88: void push(int): Assertion `n < size' failed.`, by the C library.
static ASSERTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?<file>[^\s:]+\.(?:c|cc|cpp|cxx|h|hh|hpp)):(?<line>\d+): .*(?<said>Assertion .+ failed)").ok()
});
/// `terminate called after throwing an instance of 'std::out_of_range'`, by the C++ library.
static TERMINATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"terminate called after (?<said>throwing an instance of '[^']+')").ok());
/// `   2: app::grid::cell` and, in the line after it, `at ./src/grid.rs:64:14`.
static FRAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?<number>\d+): (?<function>\S+)\s+at (?<file>\S+?):(?<line>\d+)(?::(?<column>\d+))?\s*$").ok()
});
/// Lines that runtimes print beside the words of a panic.
static BESIDE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*(?:stack backtrace:|note: |\d+: |at \S+:\d+|Aborted)").ok());

/// A panic or an abort, put together from its lines.
#[derive(Debug)]
pub(crate) struct Printed<'a> {
    /// The line that says so.
    told: Seen<'a, LogTemplate>,
    /// The words that came as a line of their own.
    words: Option<Seen<'a, LogTemplate>>,
    /// The frame of the program's own, where the first line names a place of a library.
    frame: Option<Seen<'a, LogTemplate>>,
    /// `Rust panic`, `failed assertion`, `uncaught C++ exception`.
    pub(crate) sort: &'static str,
    /// What it says: `index out of bounds: …`.
    pub(crate) said: String,
    /// The place of the program's own.
    pub(crate) location: Option<Location>,
    /// First time.
    pub(crate) first: Timestamp,
    /// How often in the window.
    pub(crate) count: u64,
}

/// The first new panic or abort in the logs; none where its words tell of something that is called.
pub(super) fn printed<'a>(case: &Case<'a>) -> Option<Printed<'a>> {
    let new: Vec<Seen<'a, LogTemplate>> = case.new_lines();
    let (told, first, sort, begun) = new
        .iter()
        .filter_map(|line| {
            let (sort, found) = read(&line.fact.sample)?;
            Some((*line, line.first?, sort, found))
        })
        .min_by_key(|(_, first, ..)| *first)?;
    let beside = |line: &&Seen<'a, LogTemplate>| {
        line.fact.count == told.fact.count
            && line.first.is_some_and(|at| at >= first && at.duration_since(first) <= TOGETHER)
            && !std::ptr::eq(line.fact, told.fact)
    };
    let is_beside = |text: &str| BESIDE.as_ref().is_some_and(|pattern| pattern.is_match(text));
    let words = new.iter().filter(beside).filter(|line| !is_beside(&line.sample)).min_by_key(|line| line.first);
    let words = words.copied().filter(|_| begun.said.is_empty());
    let own = begun.location.clone().filter(|place| is_own(&place.file));
    let frame = new.iter().filter(beside).filter_map(|line| Some((*line, frame(&line.fact.sample)?)));
    let frame = frame.filter(|(_, (_, place))| is_own(&place.file)).min_by_key(|(_, (number, _))| *number);
    let frame = frame.filter(|_| own.is_none());
    let said = match words {
        Some(line) => line.fact.sample.lines().next().unwrap_or_default().to_owned(),
        None => begun.said,
    };
    if Failure::of(&said) != Failure::Program {
        return None;
    }
    Some(Printed {
        location: own.or_else(|| frame.as_ref().map(|(_, (_, place))| place.clone())),
        frame: frame.map(|(line, _)| line),
        count: told.fact.count,
        told,
        words,
        sort,
        said,
        first,
    })
}

/// What the first line of a trace tells.
struct Begun {
    said: String,
    location: Option<Location>,
}

fn read(sample: &str) -> Option<(&'static str, Begun)> {
    let sorts = [(&PANIC, "Rust panic"), (&ASSERTION, "failed assertion"), (&TERMINATE, "uncaught C++ exception")];
    sorts.into_iter().find_map(|(pattern, sort)| {
        let found = pattern.as_ref()?.captures(sample)?;
        let number = |name: &str| found.name(name).and_then(|digits| digits.as_str().parse::<u32>().ok());
        let location = found.name("file").zip(number("line")).map(|(file, line)| Location {
            file: plain(file.as_str()),
            line,
            column: number("column"),
            seen_in: SeenIn::StackTrace,
        });
        let rest = found.get(0).and_then(|whole| sample.get(whole.end()..)).unwrap_or_default();
        let after = rest.trim_start_matches(':').lines().map(str::trim).find(|line| !line.is_empty());
        let said = found.name("said").map(|words| words.as_str()).or(after).unwrap_or_default().to_owned();
        Some((sort, Begun { said, location }))
    })
}

fn frame(sample: &str) -> Option<(u32, Location)> {
    let found = FRAME.as_ref()?.captures(sample)?;
    let number = |name: &str| found.name(name).and_then(|digits| digits.as_str().parse::<u32>().ok());
    let location = Location {
        file: plain(found.name("file")?.as_str()),
        line: number("line")?,
        column: number("column"),
        seen_in: SeenIn::StackTrace,
    };
    Some((number("number")?, location))
}

fn plain(file: &str) -> String {
    file.strip_prefix("./").unwrap_or(file).to_owned()
}

/// Whether a file is the program's own: not the standard library's, nor a dependency's.
fn is_own(file: &str) -> bool {
    const FOREIGN: [&str; 6] =
        ["/rustc/", "cargo/registry/", "cargo/git/", "library/std/", "library/core/", "/usr/include/"];
    !FOREIGN.iter().any(|part| file.contains(part))
}

impl Printed<'_> {
    /// `Rust panic: index out of bounds: …`.
    pub(crate) fn headline(&self) -> String {
        if self.said.is_empty() { self.sort.to_owned() } else { format!("{}: {}", self.sort, self.said) }
    }

    /// ` at src/grid.rs:64`, or nothing.
    pub(crate) fn place(&self) -> String {
        self.location.as_ref().map(|place| format!(" at {}:{}", place.file, place.line)).unwrap_or_default()
    }

    /// The lines that tell it.
    pub(crate) fn citations(&self) -> Vec<Option<Citation>> {
        let quote = |line: &Seen<'_, LogTemplate>| {
            let words: String = line.fact.sample.lines().next().unwrap_or_default().chars().take(160).collect();
            cite::line(line.evidence, &[super::super::whole_words(&words)])
        };
        let frame = self
            .frame
            .as_ref()
            .zip(self.location.as_ref())
            .and_then(|(line, place)| cite::line(line.evidence, &[&format!("{}:{}", place.file, place.line)]));
        vec![quote(&self.told), self.words.as_ref().and_then(quote), frame]
    }

    /// The first line of the trace, as it was logged.
    pub(crate) fn head(&self) -> &str {
        &self.told.fact.sample
    }
}
