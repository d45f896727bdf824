//! Attempts that a log says came to no answer in time: `HTTPSConnectionPool(host='api.example.com', port=443): Read timed out`.
//!
//! A line counts if it is new against the baseline, speaks of a time limit that was met, and names whom it waited for. The lines of
//! attempts that were answered tell how long those take; a loop around the call in the code tells that attempts are repeated.

use std::sync::LazyLock;

use marple_case::facts::{LogSummary, LogTemplate};
use regex::Regex;

use super::{is_timed, telling, url};
use crate::{
    reading::{Case, Seen, failure::host_of},
    source::{
        CodeLine,
        host::looks_like_host,
        loops::{Loop, loops},
        number::constants,
        outgoing::calls,
    },
};

/// Words of a time limit that was met while an answer was awaited, in clients of all runtimes.
static LATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bread ?timed ?out|\bread ?timeout|\btimed out\b|\btimeout (?:of|after|exceeded|awaiting|while)|deadline ?exceeded|context deadline|ESOCKETTIMEDOUT|SocketTimeoutException|HttpTimeoutException|Net::ReadTimeout|aborted due to timeout|Client\.Timeout exceeded|ECONNABORTED").ok()
});
/// A host as messages of clients name it.
static HOST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\bhost(?:name)?\s?[=:]\s?['"]?([\w.-]+\.[\w-]+)"#).ok());

/// Attempts without an answer in time.
#[derive(Debug, Clone)]
pub(crate) struct Late<'a> {
    /// The line that tells one.
    pub(crate) line: Seen<'a, LogTemplate>,
    /// The address or host that it names.
    pub(crate) target: String,
    /// The line of attempts that were answered, from before the first late one.
    pub(crate) usual: Option<Seen<'a, LogTemplate>>,
    /// The loop that makes the attempts.
    pub(crate) repeated: Option<Loop<'a>>,
}

/// The most frequent of such lines.
pub(super) fn late<'a>(case: &Case<'a>, code: &[CodeLine<'a>]) -> Option<Late<'a>> {
    let of = |summary: &Seen<'a, LogSummary>| {
        let (evidence, templates) = (summary.evidence, &summary.fact.templates);
        templates.iter().map(move |fact| Seen { evidence, fact })
    };
    let lines: Vec<Seen<'a, LogTemplate>> = case.summaries.iter().flat_map(of).collect();
    let is_new = |line: &LogTemplate| line.count >= 2 && line.count > 3 * line.baseline_count;
    let found = lines.iter().filter(|line| is_new(line.fact) && is_late(&line.sample));
    let (line, target) =
        found.filter_map(|line| Some((*line, target(&line.sample)?))).max_by_key(|(line, _)| line.count)?;
    let head = telling(&line.template);
    let is_usual = |other: &&Seen<'a, LogTemplate>| {
        let same = head.len() >= 2 && telling(&other.template).get(..2) == head.get(..2);
        same && !is_late(&other.sample) && is_timed(&other.template) && other.first < line.first
    };
    let usual = lines.iter().find(is_usual).copied();
    Some(Late { line, target, usual, repeated: repeated(code) })
}

fn is_late(text: &str) -> bool {
    LATE.as_ref().is_some_and(|pattern| pattern.is_match(text)) && !text.contains("Task timed out after")
}

/// Whom a line names: its address, a host that it calls so, or a host with a port.
fn target(text: &str) -> Option<String> {
    if let Some(url) = url(text) {
        return Some(url.to_owned());
    }
    let named = HOST.as_ref().and_then(|pattern| pattern.captures(text)?.get(1)).map(|host| host.as_str());
    let mut words = text.split(|c: char| c.is_whitespace() || "\"'(),;=<>[]{}".contains(c));
    let host = named.or_else(|| words.find(|word| is_address(word)))?;
    Some(host.trim_end_matches([':', '.']).to_owned())
}

/// Whether a word is a host with a port: without one it may be the name of a class or a package, and `app.py:12` is a place in code.
fn is_address(word: &str) -> bool {
    const CODE: [&str; 9] = ["java", "py", "js", "mjs", "ts", "rb", "go", "cs", "kt"];
    let Some((host, port)) = word.trim_end_matches([':', '.']).rsplit_once(':') else { return false };
    let is_place = host.rsplit('.').next().is_some_and(|end| CODE.contains(&end));
    let numbered = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    numbered && !is_place && looks_like_host(host_of(host))
}

/// The loop whose body makes the only sort of call outside that a loop makes: one without a bound before one with a bound.
fn repeated<'a>(code: &[CodeLine<'a>]) -> Option<Loop<'a>> {
    let calls = calls(code);
    let around = loops(code, &constants(code)).into_iter().filter(|one| calls.iter().any(|call| one.holds(call)));
    around.min_by_key(|one| one.times.is_some())
}
