//! What the program itself counts: numbers in its log lines that stand for things it keeps, far above what they were in the baseline, and
//! numbers of things it gives up, which have fallen.

use std::sync::LazyLock;

use marple_case::{
    Citation,
    facts::{ChangedField, FieldChange},
};
use regex::Regex;

use crate::{
    cite,
    reading::{Case, Seen},
};

/// Names of numbers that count what is kept.
static KEPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)goroutine|thread|entr(?:y|ies)|cache|size|count|session|connection|conns|listener|subscri|pending|queue|backlog|buffer|object|handle|inflight|in_flight|heap|alloc|rss|resident|retained|items").ok()
});
/// Names of numbers that count what is given up.
static GIVEN_UP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)evict|expir|freed|released|reclaim|removed|closed|pruned|purged").ok());
/// So many times the baseline's highest is far above it.
const FAR: f64 = 2.0;
/// Gauges that are told at most.
const MOST: usize = 2;

/// A number that the program logs, and how it changed.
#[derive(Debug, Clone)]
pub(crate) struct Gauge<'a> {
    /// Its name as the log has it.
    pub(crate) name: &'a str,
    /// The highest in the window.
    pub(crate) high: f64,
    /// The lowest and highest of the baseline.
    pub(crate) before: (f64, f64),
    /// What shows it.
    pub(crate) citation: Option<Citation>,
}

impl Gauge<'_> {
    /// Its name and numbers, as a clause.
    pub(crate) fn clause(&self) -> String {
        let (low, high) = self.before;
        let usual =
            if (high - low).abs() < f64::EPSILON { format!("{high:.0}") } else { format!("{low:.0} to {high:.0}") };
        format!("{} reached {:.0}, in the baseline {usual}", self.name, self.high)
    }
}

/// What is kept, the farthest from its baseline first.
pub(super) fn growing<'a>(case: &Case<'a>) -> Vec<Gauge<'a>> {
    let mut all = named(case, &KEPT);
    all.retain(|gauge| gauge.high >= FAR * gauge.before.1.max(1.0) && !is_one_of(&GIVEN_UP, gauge.name));
    let factor = |gauge: &Gauge<'_>| gauge.high / gauge.before.1.max(1.0);
    all.sort_by(|one, other| factor(other).total_cmp(&factor(one)));
    all.truncate(MOST);
    all
}

/// What is given up no more: far below its baseline.
pub(super) fn stopped<'a>(case: &Case<'a>) -> Option<Gauge<'a>> {
    let mut all = named(case, &GIVEN_UP).into_iter();
    all.find(|gauge| gauge.before.0 >= 1.0 && FAR * gauge.high <= gauge.before.0)
}

fn is_one_of(pattern: &LazyLock<Option<Regex>>, name: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(name))
}

fn named<'a>(case: &Case<'a>, pattern: &LazyLock<Option<Regex>>) -> Vec<Gauge<'a>> {
    let of = |summary: &Seen<'a, marple_case::facts::LogSummary>| {
        let (evidence, fields) = (summary.evidence, &summary.fact.changed_fields);
        fields.iter().map(move |fact| Seen { evidence, fact })
    };
    let fields = case.summaries.iter().flat_map(of);
    fields.filter(|field| is_one_of(pattern, &field.fact.field)).filter_map(gauge).collect()
}

fn gauge<'a>(field: Seen<'a, ChangedField>) -> Option<Gauge<'a>> {
    let name = &field.fact.field;
    let (high, before) = match &field.fact.change {
        FieldChange::Range { high, before_low, before_high, .. } => (*high, (*before_low, *before_high)),
        FieldChange::Values { new, before } => (bounds(new)?.1, bounds(before)?),
        FieldChange::Added | FieldChange::Missing | FieldChange::Repeated { .. } => return None,
    };
    let beside = format!("{name} of");
    let citation = cite::any(field.evidence, &[&[&beside, "before"], &[name, "before"], &[name]]);
    Some(Gauge { name, high, before, citation })
}

/// The lowest and the highest of values that are all numbers, or spans of numbers: `38 to 46`.
fn bounds(values: &[String]) -> Option<(f64, f64)> {
    let parts = values.iter().flat_map(|value| value.split(" to "));
    let numbers: Option<Vec<f64>> = parts.map(|value| value.trim().parse().ok()).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty())?;
    Some(numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(*one), high.max(*one))))
}
