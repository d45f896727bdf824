//! A setting at fault: a variable that the program asks for and is not given, or one whose value it cannot use. Told by the program's own
//! words, and by how the revision that fails differs from the one before it.
//!
//! | the program says | and the task definition | then |
//! |---|---|---|
//! | a name, in any spelling | lost a variable or secret of that name with this revision | missing |
//! | that a variable is required, not set … | has none of that name | missing |
//! | that a key was not found, as it starts | has none of that name | missing |
//! | a name | got or changed it with this revision | unusable |
//! | that a value is malformed | sets it | unusable |

use std::sync::LazyLock;

use marple_case::facts::{LogSummary, LogTemplate};
use regex::Regex;

use super::super::Introduced;
use crate::reading::{Case, Seen, logged::Logged};

/// A setting that the program says it lacks.
static LACKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:missing|required|not set|unset|must be set|undefined|no value for|is empty|could not resolve placeholder|environment variable not found|no such environment variable)").ok()
});
/// Words of any lookup that failed: they mean a setting where the program reads its environment, or starts.
static NOT_FOUND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:KeyError|key not found|not found|not present|NotPresent|not defined|cannot be null|cannot be blank|NoneType)").ok()
});
/// Code that reads the environment.
static READS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"os\.environ|getenv|process\.env|ENV\.fetch|ENV\[|os\.Getenv|LookupEnv|env::var|GetEnvironmentVariable")
        .ok()
});
/// A setting whose value the program says it cannot use.
static REJECTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:invalid|malformed|not a valid|cannot parse|could not parse|can't parse|unable to parse|failed to parse|must be|out of range|unknown value|unsupported)").ok()
});
static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b").ok());
/// `environment: - NAME`, `environment NAME: a -> b`, `secrets: + NAME`, with the container's name before it where there are several.
static DIFFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|: )(?:environment|secrets?)(?: (?<changed>\S+): .* -> .*|: (?<sign>[+-]) (?<name>\S+))$").ok()
});
/// A name in a program's words: `QUEUE_URL`, `queue.url`, `Queue:Url`, `queue_url`.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z][A-Za-z0-9_.:\-]*").ok());
/// A shorter name counts only as it is spelt.
const TELLING: usize = 6;

/// What is wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is not given.
    Missing,
    /// Its value cannot be used.
    Unusable,
}

/// A setting at fault.
#[derive(Debug, Clone)]
pub(crate) struct Setting<'a> {
    /// The environment variable.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) wrong: Wrong,
    /// The difference to the revision before, where that made it so.
    pub(crate) difference: Option<&'a str>,
}

impl Setting<'_> {
    /// Whether it is not given.
    pub(crate) fn is_missing(&self) -> bool {
        self.wrong == Wrong::Missing
    }
}

/// The setting that the program's words are about.
pub(super) fn setting<'a>(
    case: &Case<'a>,
    introduced: Option<&Introduced<'a>>,
    logged: Option<&Logged<'a>>,
    words: Option<Seen<'a, LogTemplate>>,
    at_start: bool,
) -> Option<Setting<'a>> {
    let headline = logged.map(Logged::headline).or_else(|| words.map(|line| line.fact.sample.clone()))?;
    let sample = logged.map_or("", |logged| logged.sample);
    let differences = introduced.map_or(&[][..], |introduced| introduced.differences());
    let changed = differences.iter().filter_map(|line| changed_by(line)).find(|one| mentions(&headline, &one.name));
    let lost = || {
        let mut all = differences.iter().filter_map(|line| changed_by(line));
        all.find(|one| one.is_missing() && mentions(sample, &one.name))
    };
    changed.or_else(lost).or_else(|| missing(case, &headline, sample, at_start)).or_else(|| refused(case, &headline))
}

/// The variable or secret that a line of a difference is about.
fn changed_by(line: &str) -> Option<Setting<'_>> {
    let found = DIFFERENCE.as_ref()?.captures(line)?;
    let name = found.name("changed").or_else(|| found.name("name"))?.as_str().to_owned();
    let is_gone = found.name("sign").is_some_and(|sign| sign.as_str() == "-");
    Some(Setting { name, wrong: if is_gone { Wrong::Missing } else { Wrong::Unusable }, difference: Some(line) })
}

/// Whether a text names a setting: as it is spelt, or as frameworks spell it (`QUEUE_URL` as `queue.url`, `Queue:Url`, `queueUrl`).
fn mentions(text: &str, name: &str) -> bool {
    let plain = |word: &str| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let wanted = plain(name);
    let Some(pattern) = WORD.as_ref() else { return false };
    pattern
        .find_iter(text)
        .map(|word| word.as_str().trim_end_matches(['.', ':', '-']))
        .any(|word| word == name || (wanted.len() >= TELLING && word.len() <= name.len() + 2 && plain(word) == wanted))
}

/// A variable that the program asks for, and that no container of the failing revision is given.
fn missing<'a>(case: &Case<'a>, headline: &str, sample: &str, at_start: bool) -> Option<Setting<'a>> {
    let says = |pattern: &LazyLock<Option<Regex>>, text: &str| pattern.as_ref().is_some_and(|one| one.is_match(text));
    let lookup = says(&NOT_FOUND, headline) && (at_start || says(&READS, sample));
    if !says(&LACKS, headline) && !lookup {
        return None;
    }
    let definition = case.workload.failing()?;
    let given = |name: &str| {
        definition.fact.containers.iter().any(|one| {
            one.environment.iter().any(|variable| variable.name == name)
                || one.secrets.iter().any(|secret| secret.name == name)
        })
    };
    let name = VARIABLE.as_ref()?.find(headline).map(|name| name.as_str()).filter(|name| !given(name))?;
    Some(Setting { name: name.to_owned(), wrong: Wrong::Missing, difference: None })
}

/// The variable whose value the program's words refuse.
fn refused<'a>(case: &Case<'a>, text: &str) -> Option<Setting<'a>> {
    let says = REJECTS.as_ref().is_some_and(|pattern| pattern.is_match(text));
    let definition = case.workload.failing().filter(|_| says)?;
    let is_set = |name: &str| {
        definition.fact.containers.iter().any(|one| one.environment.iter().any(|variable| variable.name == name))
    };
    let name = VARIABLE.as_ref()?.find_iter(text).map(|name| name.as_str()).find(|name| is_set(name))?;
    Some(Setting { name: name.to_owned(), wrong: Wrong::Unusable, difference: None })
}

/// A new line that is not marked as an error and in which the program misses a setting or refuses its value.
pub(super) fn telling_line<'a>(
    case: &Case<'a>,
    introduced: Option<&Introduced<'a>>,
    at_start: bool,
) -> Option<Seen<'a, LogTemplate>> {
    let of = |summary: &Seen<'a, LogSummary>| {
        let (evidence, templates) = (summary.evidence, &summary.fact.templates);
        templates.iter().map(move |fact| Seen { evidence, fact })
    };
    let new = case.summaries.iter().flat_map(of).filter(|line| line.count > 0 && line.baseline_count == 0);
    let telling = |line: &Seen<'a, LogTemplate>| {
        let told = setting(case, introduced, None, Some(*line), at_start);
        // That a program names a setting which came with a revision is no complaint by itself.
        let complains = [&LACKS, &REJECTS, &NOT_FOUND]
            .iter()
            .any(|pattern| pattern.as_ref().is_some_and(|pattern| pattern.is_match(&line.sample)));
        told.is_some_and(|told| told.is_missing() || complains)
    };
    new.filter(telling).max_by_key(|line| line.first)
}
