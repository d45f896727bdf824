//! The opening: which calls collect the first evidence. Pure.

use marple_agent::ports::PlannedCall;
use marple_case::{Evidence, Scope};

/// What is asked next, given what has been found; empty: the opening has ended.
pub(crate) fn next_wave(_: &Scope, _: &[Evidence]) -> Vec<PlannedCall> {
    Vec::new()
}
