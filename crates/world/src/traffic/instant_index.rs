//! Finding invocations by time in a plan, which is in order of time.

use std::ops::Range;

use super::generate::Invocation;

/// The positions of the invocations that start in `from..to` (epoch milliseconds).
pub(super) fn within(invocations: &[Invocation], from: i64, to: i64) -> Range<usize> {
    let start = invocations.partition_point(|invocation| invocation.at < from);
    let end = invocations.partition_point(|invocation| invocation.at < to);
    start..end.max(start)
}
