//! The code's own waits: timers and sleeps whose length is a literal or a named constant.
//!
//! A timer that guards something else (it aborts, rejects or cancels) is no wait. A wait inside a loop with a literal bound counts
//! as often as the loop runs.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    CodeLine,
    loops::{Loop, loops},
    number::{self, Constants, constants, value},
};

/// A wait.
#[derive(Debug, Clone)]
pub(crate) struct Wait<'a> {
    /// The line that gives its length.
    pub(crate) line: CodeLine<'a>,
    /// How long one wait takes, milliseconds.
    pub(crate) once_ms: f64,
    /// How often a loop around it repeats it.
    pub(crate) times: f64,
}

impl Wait<'_> {
    /// All in all, milliseconds.
    pub(crate) fn total_ms(&self) -> f64 {
        self.once_ms * self.times
    }

    /// `waits 30 s (30,000 ms)`.
    pub(crate) fn in_words(&self) -> String {
        let total = self.total_ms();
        let sum = format!("{} ({} ms)", number::duration(total), number::grouped(total));
        match self.times > 1.0 {
            true => format!("{sum}, {} times {}", number::grouped(self.times), number::duration(self.once_ms)),
            false => sum,
        }
    }
}

/// A way to write a wait: the pattern's first group is the length, in units of so many milliseconds.
struct Form {
    /// Endings of the files in which it is written so.
    files: &'static [&'static str],
    pattern: Option<Regex>,
    unit_ms: f64,
}

const NODE: &[&str] = &[".js", ".mjs", ".cjs", ".ts", ".jsx"];
const PYTHON: &[&str] = &[".py"];
const RUBY: &[&str] = &[".rb"];
const JVM: &[&str] = &[".java", ".kt", ".scala"];
const GO: &[&str] = &[".go"];
const DOTNET: &[&str] = &[".cs"];

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let forms: [(&'static [&'static str], &str, f64); 19] = [
        (NODE, r"setTimeout\s*\(.*,\s*([\w.*\s]+?)\s*\)", 1.0),
        (NODE, r"^\s*\}\s*,\s*([\w.*\s]+?)\s*\)\s*\)?;?\s*\)?;?\s*$", 1.0),
        (NODE, r"\bawait\s+(?:\w+\.)?(?:setTimeout|sleep|delay|wait|pause)\s*\(\s*([\w.*\s]+?)\s*[,)]", 1.0),
        (NODE, r"\bAtomics\.wait\(.*,\s*([\w.*\s]+?)\s*\)", 1.0),
        (PYTHON, r"(?:^|[\s.=(])sleep\s*\(\s*([\w.*\s]+?)\s*[,)]", 1000.0),
        (PYTHON, r"\bEvent\(\)\.wait\(\s*(?:timeout\s*=\s*)?([\w.*\s]+?)\s*\)", 1000.0),
        (RUBY, r"(?:^|\s)sleep\s*\(?\s*(\d[\w.*\s]*?)\s*\)?\s*$", 1000.0),
        (JVM, r"\bThread\.sleep\s*\(\s*([\w.*\s]+?)\s*\)", 1.0),
        (JVM, r"\bTimeUnit\.SECONDS\.sleep\s*\(\s*([\w.*\s]+?)\s*\)", 1000.0),
        (JVM, r"\bTimeUnit\.MINUTES\.sleep\s*\(\s*([\w.*\s]+?)\s*\)", 60_000.0),
        (JVM, r"\bsleep\s*\(\s*Duration\.ofSeconds\(\s*([\w.*\s]+?)\s*\)", 1000.0),
        (JVM, r"\bsleep\s*\(\s*Duration\.ofMillis\(\s*([\w.*\s]+?)\s*\)", 1.0),
        (GO, r"\btime\.(?:Sleep|After)\(\s*([\w.\s]+?)\s*\*\s*time\.Second\s*\)", 1000.0),
        (GO, r"\btime\.(?:Sleep|After)\(\s*time\.Second\s*\*\s*([\w.\s]+?)\s*\)", 1000.0),
        (GO, r"\btime\.(?:Sleep|After)\(\s*([\w.\s]+?)\s*\*\s*time\.Millisecond\s*\)", 1.0),
        (GO, r"\btime\.(?:Sleep|After)\(\s*([\w.\s]+?)\s*\*\s*time\.Minute\s*\)", 60_000.0),
        (DOTNET, r"\b(?:Task\.Delay|Thread\.Sleep)\s*\(\s*([\w.*\s]+?)\s*[,)]", 1.0),
        (DOTNET, r"\b(?:Task\.Delay|Thread\.Sleep)\s*\(\s*TimeSpan\.FromSeconds\(\s*([\w.*\s]+?)\s*\)", 1000.0),
        (DOTNET, r"\b(?:Task\.Delay|Thread\.Sleep)\s*\(\s*TimeSpan\.FromMinutes\(\s*([\w.*\s]+?)\s*\)", 60_000.0),
    ];
    let form = |(files, pattern, unit_ms): &(&'static [&'static str], &str, f64)| Form {
        files,
        pattern: Regex::new(pattern).ok(),
        unit_ms: *unit_ms,
    };
    forms.iter().map(form).collect()
});

/// Words of a timer that guards something else.
const GUARDS: [&str; 8] = ["abort", "reject", "cancel", "destroy", "clearTimeout", "controller", "throw ", "timedOut"];

/// The waits of the given lines, longest first.
pub(crate) fn waits<'a>(lines: &[CodeLine<'a>]) -> Vec<Wait<'a>> {
    let constants = constants(lines);
    let loops = loops(lines, &constants);
    let mut waits: Vec<Wait<'a>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let before = lines.get(index.saturating_sub(8)..index).unwrap_or_default();
        let wait =
            once(line, before, &constants).map(|once_ms| Wait { line: *line, once_ms, times: times(&loops, line) });
        waits.extend(wait);
    }
    waits.sort_by(|one, other| other.total_ms().total_cmp(&one.total_ms()));
    waits
}

fn once(line: &CodeLine<'_>, before: &[CodeLine<'_>], constants: &Constants) -> Option<f64> {
    if is_guard(line.text) {
        return None;
    }
    let closes = line.text.trim_start().starts_with('}');
    if closes && !closes_timer(line, before) {
        return None;
    }
    let mut written = FORMS.iter().filter(|form| form.files.iter().any(|ending| line.path().ends_with(ending)));
    written.find_map(|form| {
        let length = form.pattern.as_ref()?.captures(line.text)?.get(1)?;
        let ms = value(length.as_str(), constants)? * form.unit_ms;
        (ms > 0.0).then_some(ms)
    })
}

/// Whether `}, N)` ends a timer that was begun on an earlier line of the same indent, and that guards nothing.
fn closes_timer(line: &CodeLine<'_>, before: &[CodeLine<'_>]) -> bool {
    let begins = before.iter().rposition(|earlier| {
        earlier.path() == line.path() && earlier.indent() <= line.indent() && earlier.text.contains("setTimeout")
    });
    let body = begins.and_then(|index| before.get(index..)).unwrap_or_default();
    !body.is_empty() && !body.iter().any(|earlier| is_guard(earlier.text))
}

fn is_guard(text: &str) -> bool {
    GUARDS.iter().any(|word| text.contains(word)) && !text.contains("(resolve, reject)")
}

fn times(loops: &[Loop<'_>], line: &CodeLine<'_>) -> f64 {
    let around = loops.iter().filter(|around| around.holds(line));
    around.filter_map(|around| around.times).filter(|times| *times >= 1.0).product()
}
