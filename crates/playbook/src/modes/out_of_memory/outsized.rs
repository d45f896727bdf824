//! Input that is far larger than all other input: a number that the invocations which ran out of memory logged, and the others did not nearly
//! reach. Lines compare if they hold the same names, and an invocation's lines are those of the time that it ran.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::PlannedCall;
use marple_case::{
    Citation,
    facts::{Invocation, LogLine},
};
use regex::Regex;
use serde_json::json;

use super::is_at_limit;
use crate::{
    cite,
    reading::{Case, Seen, input::is_effect},
    source::number,
    wants,
};

/// As many times the largest of all other input.
const FAR: f64 = 5.0;
/// Other lines from which there is something to compare with.
const ENOUGH: usize = 3;
/// Lines of a log that are read whole at most.
const LINES: u64 = 500;

/// A name in a structured line, JSON or `key=value`, and its value where that is a number.
static FIELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?<key>[A-Za-z_][\w.-]*)"?\s*[=:]\s*(?:(?<number>\d+(?:\.\d+)?)(?:[\s,}\]]|$)|")"#).ok()
});

/// A number that stands far out in the invocations that ran out of memory.
#[derive(Debug)]
pub(crate) struct Outsized<'a> {
    /// Its name.
    pub(crate) name: String,
    /// The least of these invocations.
    pub(crate) value: f64,
    /// The greatest of all others.
    pub(crate) others: f64,
    /// How many other lines were compared.
    pub(crate) compared: usize,
    line: Seen<'a, LogLine>,
}

impl Outsized<'_> {
    /// `rows 2,914,663, and at most 65,000 in the 4 others`.
    pub(crate) fn in_words(&self) -> String {
        format!(
            "{} {}, and at most {} in the {} others that were read",
            self.name,
            number::grouped(self.value),
            number::grouped(self.others),
            self.compared
        )
    }

    /// When it was first logged.
    pub(crate) fn at(&self) -> Timestamp {
        self.line.fact.at
    }

    /// Quotes the line.
    pub(crate) fn cite(&self) -> Option<Citation> {
        let (stamp, value) = (self.line.fact.at.to_string(), format!("{:.0}", self.value));
        cite::any(self.line.evidence, &[&[&value, &stamp, &self.name], &[&value, &self.name]])
    }
}

/// The log's lines, where a short log holds all of them.
pub(super) fn wants(case: &Case<'_>) -> Option<PlannedCall> {
    let few = case.summaries.first().is_some_and(|summary| summary.complete && summary.lines <= LINES);
    let group = case.log_group().filter(|_| few)?;
    Some(wants::call("search_logs", json!({"log_group": group, "limit": LINES})))
}

/// The number that stands out most.
pub(super) fn outsized<'a>(case: &Case<'a>) -> Option<Outsized<'a>> {
    let failed: Vec<&Invocation> =
        case.invocations()?.fact.notable.iter().filter(|invocation| is_at_limit(invocation)).collect();
    let whole = case.searched.iter().find(|searched| searched.fact.pattern.is_empty() && searched.fact.complete)?;
    let is_of_failed = |line: &LogLine| failed.iter().any(|invocation| ran_at(invocation, line.at));
    let of = |fact: &'a LogLine| Seen { evidence: whole.evidence, fact };
    let (inside, outside): (Vec<&LogLine>, Vec<&LogLine>) =
        whole.fact.lines.iter().partition(|line| is_of_failed(line));
    let mut best: Option<Outsized<'a>> = None;
    for line in inside {
        let fields = fields(&line.message);
        for (name, value) in numbers(&fields) {
            let same = |other: &&&LogLine| same_names(&fields, &self::fields(&other.message));
            let others: Vec<f64> =
                outside.iter().filter(same).filter_map(|other| number_of(&other.message, name)).collect();
            let most = others.iter().copied().fold(0.0, f64::max);
            let far = others.len() >= ENOUGH && value >= FAR * most.max(1.0) && !is_effect(name);
            let better = best.as_ref().is_none_or(|best| value / most.max(1.0) > best.value / best.others.max(1.0));
            if far && better {
                let (name, compared) = (name.to_owned(), others.len());
                best = Some(Outsized { name, value, others: most, compared, line: of(line) });
            }
        }
    }
    best
}

/// Whether an invocation ran at a moment, by the time and duration of its report.
fn ran_at(invocation: &Invocation, at: Timestamp) -> bool {
    let ran = SignedDuration::from_millis((invocation.duration_ms + invocation.init_ms.unwrap_or(0.0)) as i64 + 50);
    invocation.at.checked_sub(ran).is_ok_and(|begun| at >= begun && at <= invocation.at)
}

/// The names of a line, each with its number where it has one.
fn fields(message: &str) -> Vec<(&str, Option<f64>)> {
    let Some(pattern) = FIELD.as_ref() else { return Vec::new() };
    let of = |found: regex::Captures<'_>| {
        let range = found.name("key")?.range();
        let number = found.name("number").and_then(|digits| digits.as_str().parse().ok());
        Some((message.get(range)?, number))
    };
    pattern.captures_iter(message).filter_map(of).collect()
}

fn numbers<'f>(fields: &'f [(&'f str, Option<f64>)]) -> impl Iterator<Item = (&'f str, f64)> {
    fields.iter().filter_map(|(name, number)| Some((*name, (*number)?)))
}

fn same_names(one: &[(&str, Option<f64>)], other: &[(&str, Option<f64>)]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.0 == other.0)
}

fn number_of(message: &str, name: &str) -> Option<f64> {
    fields(message).into_iter().find(|(known, _)| *known == name)?.1
}
