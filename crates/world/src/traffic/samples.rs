//! Metric samples of invocations, as the Lambda service publishes them.

use super::file::Outcome;
use super::generate::{Invocation, Plan};
use super::instant_index;

/// One published value. Several samples may fall into one minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Epoch milliseconds.
    pub(crate) at: i64,
    pub(crate) value: f64,
    /// How many raw values of this size it stands for.
    pub(crate) weight: f64,
}

/// The metrics of `AWS/Lambda` that traffic gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LambdaMetric {
    Invocations,
    Errors,
    Throttles,
    Duration,
    ConcurrentExecutions,
}

impl LambdaMetric {
    pub(crate) const ALL: [Self; 5] =
        [Self::Invocations, Self::Errors, Self::Throttles, Self::Duration, Self::ConcurrentExecutions];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Invocations => "Invocations",
            Self::Errors => "Errors",
            Self::Throttles => "Throttles",
            Self::Duration => "Duration",
            Self::ConcurrentExecutions => "ConcurrentExecutions",
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Duration => "Milliseconds",
            _ => "Count",
        }
    }
}

/// Samples with times in `from..to`. An invocation is counted at its start, once it has ended by `now`.
pub(super) fn samples(plan: &Plan, metric: LambdaMetric, from: i64, to: i64, now: i64) -> Vec<Sample> {
    let invocations = &plan.invocations;
    let range = instant_index::within(invocations, from, to);
    let mut samples = Vec::with_capacity(range.len());
    for index in range {
        let Some(invocation) = invocations.get(index) else { continue };
        let throttled = invocation.outcome == Outcome::Throttled;
        if invocation.end() > now || (throttled && metric != LambdaMetric::Throttles) {
            continue;
        }
        let value = match metric {
            LambdaMetric::Invocations => 1.0,
            LambdaMetric::Errors => f64::from(u8::from(invocation.failed())),
            LambdaMetric::Throttles => f64::from(u8::from(throttled)),
            LambdaMetric::Duration => (invocation.duration_ms * 100.0).round() / 100.0,
            LambdaMetric::ConcurrentExecutions => running_at(plan, invocation.at),
        };
        samples.push(Sample { at: invocation.at, value, weight: 1.0 });
    }
    samples
}

/// How many invocations run at an instant; one that starts then does.
pub(super) fn running_at(plan: &Plan, at: i64) -> f64 {
    let near = instant_index::within(&plan.invocations, at - super::LONGEST_MS, at + 1);
    let near = plan.invocations.get(near).unwrap_or_default();
    let runs = |invocation: &&Invocation| {
        invocation.outcome != Outcome::Throttled && (invocation.at == at || invocation.end() > at)
    };
    near.iter().filter(runs).count() as f64
}
