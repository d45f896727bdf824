//! The failure modes: one file each. A mode looks at the case and answers with a hypothesis, or does not apply.
//!
//! To add one: a file here with a function of the type [`Mode`], a variant of [`Diagnosis`](crate::hypothesis::Diagnosis), a plan under
//! `plan/`, and a line in [`MODES`]. Modes know nothing of each other: the best supported hypothesis is reported.

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

/// All hypotheses, the best supported first: by support, then new before old, then by how much they explain.
pub(crate) fn hypotheses<'a>(case: &Case<'a>) -> Vec<Hypothesis<'a>> {
    let mut all: Vec<Hypothesis<'a>> = MODES.iter().filter_map(|mode| mode(case)).collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.support, one.fresh, one.explains)));
    all
}
