//! The failure modes: one file each. A mode looks at the case and answers with a hypothesis, or does not apply.
//!
//! To add one: a file here with a function of the type [`Mode`], a variant of [`Diagnosis`](crate::hypothesis::Diagnosis), a plan under
//! `plan/`, and a line in [`MODES`]. Modes know nothing of each other: the best supported hypothesis is reported.

use jiff::SignedDuration;
use marple_case::Verdict;

use crate::{hypothesis::Hypothesis, reading::Case};

pub(crate) mod dependency;
pub(crate) mod exception;
pub(crate) mod import_error;
pub(crate) mod insufficient;
pub(crate) mod no_fault;
pub(crate) mod out_of_memory;
pub(crate) mod permission;
pub(crate) mod throttling;
pub(crate) mod timeout;

/// A failure mode.
type Mode = for<'a> fn(&Case<'a>) -> Option<Hypothesis<'a>>;

/// All modes; of equally supported hypotheses the earlier one's is reported.
const MODES: [Mode; 8] = [
    out_of_memory::examine,
    import_error::examine,
    permission::examine,
    dependency::examine,
    timeout::examine,
    exception::examine,
    throttling::examine,
    no_fault::examine,
];

/// All hypotheses, the best first: what began in time for the alarm, then by support, new before old, and how much they explain.
pub(crate) fn hypotheses<'a>(case: &Case<'a>) -> Vec<Hypothesis<'a>> {
    let mut all: Vec<Hypothesis<'a>> = MODES.iter().filter_map(|mode| mode(case)).collect();
    all.sort_by_key(|one| std::cmp::Reverse((!is_late(case, one), one.support, one.fresh, one.explains)));
    all
}

/// Whether a fault was first seen so long after the alarm's first breach that it cannot be what set it off. An invocation is counted
/// where it began, so what ends a long one may be logged later by as much as the function may run.
pub(crate) fn is_late(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> bool {
    let (Some(onset), Some(breach)) = (hypothesis.cause.onset, case.scope.first_breach) else { return false };
    let may_run = case.function.map_or(0, |function| i64::from(function.timeout_s));
    let room = case.scope.tolerance().saturating_add(SignedDuration::from_secs(may_run));
    hypothesis.cause.verdict == Verdict::Fault && onset.duration_since(breach) > room
}
