//! What got better or worse since an earlier result.
//!
//! A case is compared with the case of the same scenario and variant. Worse is a lower pass rate; a case that was green and is no
//! longer there, or could not be graded, is worse, too: a regression must not hide by not running.

use std::fmt::Write as _;

use crate::results::{CaseResult, Results};

/// One case before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `lambda-timeout/rename`.
    pub name: String,
    /// `3/5`, or `absent`.
    pub before: String,
    /// The same of the new result.
    pub after: String,
    /// The checks that fail now and did not.
    pub newly_failing: Vec<String>,
}

/// The differences of two results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Cases with a lower pass rate.
    pub worse: Vec<Difference>,
    /// Cases with a higher pass rate.
    pub better: Vec<Difference>,
    /// Cases that were not there before.
    pub new: Vec<String>,
    /// How many are as they were.
    pub same: usize,
}

impl Comparison {
    /// Compares cases that both results were asked for. With `all` false, cases that the new result was not asked for are left out:
    /// the person named a few scenarios.
    pub fn of(before: &Results, after: &Results, all: bool) -> Self {
        let mut comparison = Self::default();
        for old in &before.scenarios {
            match find(after, old) {
                Some(new) => comparison.add(old, new),
                None if all && old.passed > 0 => comparison.worse.push(absent(old)),
                None => {}
            }
        }
        let new = after.scenarios.iter().filter(|case| find(before, case).is_none());
        comparison.new = new.map(CaseResult::name).collect();
        comparison
    }

    /// Whether something got worse.
    pub fn is_regression(&self) -> bool {
        !self.worse.is_empty()
    }

    fn add(&mut self, old: &CaseResult, new: &CaseResult) {
        let difference = || Difference {
            name: new.name(),
            before: share(old),
            after: share(new),
            newly_failing: newly_failing(old, new),
        };
        // Shares are compared by cross-multiplication: 2/5 and 4/10 are the same.
        let (was, is) = (score(old, new.runs), score(new, old.runs));
        let lost = old.runs > 0 && old.passed > 0 && new.runs == 0;
        match was.cmp(&is) {
            _ if lost => self.worse.push(difference()),
            std::cmp::Ordering::Greater => self.worse.push(difference()),
            std::cmp::Ordering::Less => self.better.push(difference()),
            std::cmp::Ordering::Equal => self.same += 1,
        }
    }
}

fn find<'a>(results: &'a Results, wanted: &CaseResult) -> Option<&'a CaseResult> {
    results.scenarios.iter().find(|case| case.id == wanted.id && case.variant == wanted.variant)
}

fn score(case: &CaseResult, other_runs: u32) -> u64 {
    u64::from(case.passed) * u64::from(other_runs.max(1))
}

fn share(case: &CaseResult) -> String {
    format!("{}/{}", case.passed, case.runs)
}

fn absent(old: &CaseResult) -> Difference {
    Difference { name: old.name(), before: share(old), after: "absent".to_owned(), newly_failing: Vec::new() }
}

fn newly_failing(old: &CaseResult, new: &CaseResult) -> Vec<String> {
    let failed_before = |name: &str| old.failed_checks().any(|check| check.name == name);
    new.failed_checks().map(|check| check.name.clone()).filter(|name| !failed_before(name)).collect()
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        for (word, differences) in [("worse", &self.worse), ("better", &self.better)] {
            for one in differences {
                let _ = write!(text, "{word}: {} {} -> {}", one.name, one.before, one.after);
                if !one.newly_failing.is_empty() {
                    let _ = write!(text, " ({})", one.newly_failing.join(", "));
                }
                text.push('\n');
            }
        }
        for name in &self.new {
            let _ = writeln!(text, "new: {name}");
        }
        let (worse, better) = (self.worse.len(), self.better.len());
        let _ =
            write!(text, "compared: {worse} worse, {better} better, {} the same, {} new", self.same, self.new.len());
        f.write_str(&marple_report::visible::text(&text))
    }
}
