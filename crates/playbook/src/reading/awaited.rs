//! What an invocation waits for, where that can be told: a call that its log begins and does not end, attempts that its log says came to
//! no answer in time, or the only call of its code that no time limit guards.
//!
//! A log that says `GET https://host/path` before a call and `GET https://host/path 200 in 45 ms` after it shows by its counts alone
//! how many calls never came back.

use std::sync::LazyLock;

use marple_case::facts::{EnvironmentVariable, LogTemplate, ShownValue};
use regex::Regex;

use super::{Case, Seen, failure::host_of};
use crate::source::{
    CodeLine, all_lines,
    host::{looks_like_host, reads_of},
    outgoing::unlimited,
};

mod late;

pub(crate) use late::Late;

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"https?://[^\s"'<>?,;)\]}]+"#).ok());
/// A time that a line states, in a template or a sample.
static TIMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?:<\*>|\d)\s?(?:ms|milliseconds|s|sec|seconds)\b").ok());

/// Calls that a log begins and does not end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unfinished<'a> {
    /// The line before the call.
    pub(crate) begun: Seen<'a, LogTemplate>,
    /// The line after it.
    pub(crate) ended: Seen<'a, LogTemplate>,
    /// How many more were begun than ended in the window.
    pub(crate) count: u64,
}

/// What is waited for.
#[derive(Debug, Clone)]
pub(crate) struct Awaited<'a> {
    /// The address, or the words of the log, that name it.
    pub(crate) target: String,
    /// What the log shows by what it leaves out.
    pub(crate) unfinished: Option<Unfinished<'a>>,
    /// What the log says of attempts without an answer.
    pub(crate) late: Option<Late<'a>>,
    /// The line of code that makes the call.
    pub(crate) line: Option<CodeLine<'a>>,
    /// The variable of the environment that holds the address.
    pub(crate) variable: Option<&'a EnvironmentVariable>,
}

impl Awaited<'_> {
    /// Whether the log itself shows the wait; else only the code makes it likely.
    pub(crate) fn is_logged(&self) -> bool {
        self.unfinished.is_some() || self.late.is_some()
    }
}

/// What the subject waits for.
pub(crate) fn awaited<'a>(case: &Case<'a>) -> Option<Awaited<'a>> {
    let lines = all_lines(case);
    let unfinished = unfinished(case);
    let late = late::late(case, &lines);
    let told = unfinished.and_then(|found| target(found.begun.fact));
    let told = told.or_else(|| late.as_ref().map(|late| late.target.clone()));
    let (variable, set) = address(case, &lines).unzip();
    let agrees = |told: &str| set.is_none_or(|set| host_of(set) == host_of(told));
    let calls = unlimited(&lines);
    let only = match calls.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    match told {
        Some(target) => {
            let variable = variable.filter(|_| agrees(&target));
            Some(Awaited { line: only, variable, target, unfinished, late })
        }
        None => only.zip(set).map(|(line, set)| Awaited {
            target: set.to_owned(),
            unfinished: None,
            late: None,
            line: Some(line),
            variable,
        }),
    }
}

/// The pair of templates of which one begins a call and the other ends it, with calls that did not end in the window and ended in the
/// baseline: of several pairs the one with most such calls.
fn unfinished<'a>(case: &Case<'a>) -> Option<Unfinished<'a>> {
    let of = |summary: &Seen<'a, marple_case::facts::LogSummary>| {
        let (evidence, templates) = (summary.evidence, &summary.fact.templates);
        templates.iter().map(move |fact| Seen { evidence, fact })
    };
    let templates: Vec<Seen<'a, LogTemplate>> = case.summaries.iter().flat_map(of).collect();
    let pairs = templates.iter().filter(|begun| begun.count > 0 && !is_timed(&begun.template)).filter_map(|begun| {
        let ended = templates.iter().find(|ended| is_timed(&ended.template) && continues(begun.fact, ended.fact))?;
        let count = begun.count.checked_sub(ended.count).filter(|count| *count > 0)?;
        let usual = begun.baseline_count.saturating_sub(ended.baseline_count);
        let new = count >= 2 && count > 3 * usual;
        new.then_some(Unfinished { begun: *begun, ended: *ended, count })
    });
    pairs.max_by_key(|pair| pair.count)
}

fn is_timed(template: &str) -> bool {
    TIMED.as_ref().is_some_and(|pattern| pattern.is_match(template))
}

/// Whether `ended` says the same as `begun` and then more: the same address, or the same words in front.
fn continues(begun: &LogTemplate, ended: &LogTemplate) -> bool {
    if let (Some(one), Some(other)) = (url(&begun.template), url(&ended.template)) {
        return one == other;
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (head, whole) = (words(&begun.template), words(&ended.template));
    let telling = head.iter().filter(|word| !word.contains("<*>") && word.chars().any(char::is_alphabetic)).count();
    telling >= 2 && whole.len() > head.len() && whole.starts_with(&head)
}

/// The words of a template that tell what it is about: those behind level, time and the request's id, without what varies.
fn telling(template: &str) -> Vec<&str> {
    let varies = |word: &&str| word.contains("<*>") || word.starts_with('[') || word.to_uppercase() == **word;
    template.split_whitespace().skip_while(varies).filter(|word| !word.contains("<*>")).collect()
}

fn url(text: &str) -> Option<&str> {
    URL.as_ref()?.find(text).map(|found| found.as_str().trim_end_matches(['.', ':', '/']))
}

/// What a line that begins a call names: its address; else its words behind the level, the time and the request's id.
fn target(begun: &LogTemplate) -> Option<String> {
    if let Some(url) = url(&begun.sample) {
        return Some(url.to_owned());
    }
    let varies = |word: &&str| word.contains("<*>") || word.starts_with('[') || word.to_uppercase() == **word;
    let words: Vec<&str> = begun.template.split_whitespace().skip_while(varies).collect();
    (!words.is_empty()).then(|| words.join(" ").replace("<*>", "…"))
}

/// The variable that holds an address outside and that the code reads, where there is only one, with its value.
fn address<'a>(case: &Case<'a>, lines: &[CodeLine<'a>]) -> Option<(&'a EnvironmentVariable, &'a str)> {
    let shown = case.environment().into_iter().filter_map(|variable| match &variable.value {
        ShownValue::Plain(value) if value.contains("://") || looks_like_host(value) => Some((variable, value.as_str())),
        _ => None,
    });
    let read: Vec<_> = shown.filter(|(variable, _)| !reads_of(lines, &variable.name).is_empty()).collect();
    match read.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
