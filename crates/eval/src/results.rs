//! What an evaluation found: the JSON contract, and the fold that makes it of runs.
//!
//! `{model, runs, scenarios[{id, variant, runs, passed, checks[{name, passed, detail}], turns, tool_calls, elapsed_ms, cost_usd}],
//! summary{pass_at_1, pass_hat_k, wilson_low, wilson_high, variant_gap}}`, and what is useful besides. Fields are added, never
//! renamed; a reader ignores those that it does not know.

use serde::{Deserialize, Serialize};

use crate::{
    grade::{Check, passes},
    statistics::{self, Tally},
};

/// The name of the variant that is none.
pub const BASE: &str = "base";

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The examined model's id.
    pub model: String,
    /// The version of the program.
    #[serde(default)]
    pub program: String,
    /// Runs asked for of each case.
    pub runs: u32,
    /// One entry a scenario and variant, in the order in which they were asked for.
    pub scenarios: Vec<CaseResult>,
    /// Variants that cannot be made of a scenario, and why. They count nowhere.
    #[serde(default)]
    pub not_applicable: Vec<NotApplicable>,
    /// The figures over all.
    pub summary: Summary,
}

/// A variant that cannot be made of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotApplicable {
    /// The scenario.
    pub id: String,
    /// The variant.
    pub variant: String,
    /// Why.
    pub reason: String,
}

/// One scenario or variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The scenario's name.
    pub id: String,
    /// `base`, or the variant's name.
    pub variant: String,
    /// The scenario's title.
    #[serde(default)]
    pub title: String,
    /// What the variant changed; empty for base.
    #[serde(default)]
    pub changed: String,
    /// Runs that were graded.
    pub runs: u32,
    /// Runs of those that passed every check.
    pub passed: u32,
    /// Runs of those that passed by abstaining: they said that the evidence does not suffice, where a cause is what is right at best.
    #[serde(default)]
    pub abstained: u32,
    /// Each check over all runs: passed if it was in every run; the detail is that of the first run that failed it.
    pub checks: Vec<Check>,
    /// Model turns a run, median.
    pub turns: u32,
    /// Tool calls a run, median.
    pub tool_calls: u32,
    /// Tokens of all sorts a run, median.
    #[serde(default)]
    pub tokens: u64,
    /// Wall time a run, median, milliseconds.
    pub elapsed_ms: u64,
    /// US dollars of all runs together. `None`: of a run, the price is unknown.
    pub cost_usd: Option<f64>,
    /// The Wilson interval of the pass rate over this case's runs.
    #[serde(default)]
    pub wilson: Option<(f64, f64)>,
    /// Runs that the infrastructure kept from being graded, and why. Not in `runs`.
    #[serde(default)]
    pub infrastructure_failures: Vec<String>,
    /// What each graded run said.
    #[serde(default)]
    pub said: Vec<Said>,
}

impl CaseResult {
    /// `lambda-timeout`, or `lambda-timeout/rename`.
    pub fn name(&self) -> String {
        if self.variant == BASE { self.id.clone() } else { format!("{}/{}", self.id, self.variant) }
    }

    /// Whether every run that was asked for was graded and passed.
    pub fn is_green(&self) -> bool {
        self.runs > 0 && self.passed == self.runs && self.infrastructure_failures.is_empty()
    }

    /// The checks that failed in a run.
    pub fn failed_checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }

    fn tally(&self) -> Tally {
        Tally { runs: self.runs, passed: self.passed }
    }

    /// The runs that did not pass by abstaining.
    fn answered(&self) -> Tally {
        Tally { runs: self.runs.saturating_sub(self.abstained), passed: self.passed.saturating_sub(self.abstained) }
    }
}

/// What one run said, in a few fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Whether it passed every check.
    pub passed: bool,
    /// The verdict.
    pub verdict: Option<String>,
    /// The category.
    pub category: Option<String>,
    /// The components' names.
    #[serde(default)]
    pub components: Vec<String>,
    /// `file:line`.
    pub location: Option<String>,
    /// The onset.
    pub onset: Option<String>,
    /// The title of the report.
    pub title: Option<String>,
}

/// The figures over all cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The mean of the cases' pass rates.
    pub pass_at_1: Option<f64>,
    /// The mean of C(passed, k) / C(runs, k), with [`k`](Self::k).
    pub pass_hat_k: Option<f64>,
    /// The k of `pass_hat_k`: the runs that were asked for.
    pub k: u32,
    /// pass^1, pass^2, … up to k.
    #[serde(default)]
    pub pass_hat: Vec<f64>,
    /// The Wilson interval of `pass_at_1`; a trial is a case, since runs of one case are not independent of each other.
    pub wilson_low: Option<f64>,
    /// Its upper end.
    pub wilson_high: Option<f64>,
    /// pass@1 of the scenarios as they are, less pass@1 of the variants. Runs that passed by abstaining count on neither side: they found no
    /// cause. `None`: not both were run.
    pub variant_gap: Option<f64>,
    /// pass@1 of each variant, `base` first.
    #[serde(default)]
    pub by_variant: Vec<VariantSummary>,
    /// Cases.
    #[serde(default)]
    pub cases: u32,
    /// Cases that passed in every run.
    #[serde(default)]
    pub green: u32,
    /// Runs that the infrastructure kept from being graded.
    #[serde(default)]
    pub infrastructure_failures: u32,
    /// Model turns a run, median over the cases.
    #[serde(default)]
    pub turns: u32,
    /// Tokens of all runs.
    #[serde(default)]
    pub tokens: u64,
    /// US dollars of all runs. `None`: a price is unknown.
    #[serde(default)]
    pub cost_usd: Option<f64>,
    /// Wall time of the whole evaluation, milliseconds.
    #[serde(default)]
    pub elapsed_ms: u64,
}

/// One variant over all scenarios.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantSummary {
    /// Its name.
    pub variant: String,
    /// Cases.
    pub cases: u32,
    /// Its pass@1.
    pub pass_at_1: Option<f64>,
    /// Runs in all of its cases that passed by abstaining.
    #[serde(default)]
    pub abstained: u32,
}

impl Results {
    /// Whether every case is green, and there is one.
    pub fn is_green(&self) -> bool {
        !self.scenarios.is_empty() && self.scenarios.iter().all(CaseResult::is_green)
    }

    /// The figures of these cases.
    pub fn summarise(runs: u32, cases: &[CaseResult], tokens: u64, elapsed_ms: u64) -> Summary {
        let tallies: Vec<Tally> = cases.iter().map(CaseResult::tally).collect();
        let graded = tallies.iter().filter(|tally| tally.runs > 0).count();
        let rates: f64 = tallies.iter().filter_map(|tally| tally.rate()).sum();
        let interval = statistics::wilson(rates, count(graded));
        let costs = cases.iter().filter(|case| case.runs > 0).map(|case| case.cost_usd);
        Summary {
            pass_at_1: statistics::pass_at_1(&tallies),
            pass_hat_k: statistics::pass_hat(&tallies, runs),
            k: runs,
            pass_hat: (1..=runs).filter_map(|k| statistics::pass_hat(&tallies, k)).collect(),
            wilson_low: interval.map(|(low, _)| low),
            wilson_high: interval.map(|(_, high)| high),
            variant_gap: gap(cases),
            by_variant: by_variant(cases),
            cases: count(cases.len()),
            green: count(cases.iter().filter(|case| case.is_green()).count()),
            infrastructure_failures: count(cases.iter().map(|case| case.infrastructure_failures.len()).sum()),
            turns: statistics::median(cases.iter().filter(|case| case.runs > 0).map(|case| case.turns)).unwrap_or(0),
            tokens,
            cost_usd: costs.sum(),
            elapsed_ms,
        }
    }
}

fn gap(cases: &[CaseResult]) -> Option<f64> {
    let of = |is_base: bool| {
        let tallies: Vec<Tally> =
            cases.iter().filter(|case| (case.variant == BASE) == is_base).map(CaseResult::answered).collect();
        statistics::pass_at_1(&tallies)
    };
    Some(of(true)? - of(false)?)
}

fn by_variant(cases: &[CaseResult]) -> Vec<VariantSummary> {
    let mut names: Vec<&str> = Vec::new();
    for case in cases {
        if !names.contains(&case.variant.as_str()) {
            names.push(&case.variant);
        }
    }
    let summary = |name: &str| {
        let of = || cases.iter().filter(|case| case.variant == name);
        let tallies: Vec<Tally> = of().map(CaseResult::tally).collect();
        let pass_at_1 = statistics::pass_at_1(&tallies);
        let abstained = of().map(|case| case.abstained).sum();
        VariantSummary { variant: name.to_owned(), cases: count(tallies.len()), pass_at_1, abstained }
    };
    names.into_iter().map(summary).collect()
}

/// The checks of several runs as one list: passed if passed in every run.
pub(crate) fn merged(runs: &[Vec<Check>]) -> Vec<Check> {
    let mut all: Vec<Check> = Vec::new();
    for check in runs.iter().flatten() {
        match all.iter_mut().find(|known| known.name == check.name) {
            None => all.push(check.clone()),
            Some(known) if known.passed && !check.passed => *known = check.clone(),
            Some(_) => {}
        }
    }
    all
}

/// How many runs passed.
pub(crate) fn passed(runs: &[Vec<Check>]) -> u32 {
    count(runs.iter().filter(|checks| passes(checks)).count())
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
