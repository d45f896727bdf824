//! How series move together: whether memory, CPU or errors follow requests. Pure.
//!
//! A *driver* counts work that came in; a *follower* is what that work may cost. Two questions are asked of each pair, over the periods in
//! which the follower was measured:
//! - does the follower's *value* follow the driver (CPU that is busy while requests run)?
//! - does the follower's *change* from one period to the next follow it (memory that grows with each request and is not given back)?
//!
//! Load balancers and functions write no point where they count nothing: a driver without a point is a driver of zero, which is the one
//! gap that is ever filled. A fall of more than half of the follower's range is a restart, not a change.
//!
//! The statistics are Pearson's coefficient and means. `statrs` has covariance but not the coefficient, and brings a linear algebra
//! library along; what is here is tested against figures of Python's
//! `statistics`.

use std::collections::HashMap;

use marple_case::facts::{Correlation, Series};

use super::summary::{mean, pearson};

mod sentence;

pub(crate) use sentence::sentence;

/// Metrics that count work that came in, by AWS's names. Their statistic has to be a count.
const DRIVERS: [&str; 5] = ["RequestCount", "Invocations", "Count", "NumberOfMessagesReceived", "IncomingLogEvents"];
/// Statistics that count.
const COUNTS: [&str; 2] = ["Sum", "SampleCount"];
/// Parts of the names of what work may cost.
const FOLLOWERS: [&str; 9] =
    ["Memory", "CPU", "Error", "5XX", "Duration", "Latency", "ResponseTime", "Throttle", "ConcurrentExecutions"];
/// Periods that a pair needs.
const PERIODS: usize = 8;
/// Pairs that are looked at.
const PAIRS: usize = 40;

/// The pairs among the series of one call, in their order.
pub(crate) fn of(series: &[Series]) -> Vec<Correlation> {
    let numbered = || series.iter().enumerate();
    let drivers = numbered().filter(|(_, one)| is_driver(one));
    let pairs = drivers.flat_map(|(driver, counted)| {
        let followers = numbered().filter(|(_, one)| is_follower(one) && one.period_s == counted.period_s);
        followers.filter_map(move |(follower, cost)| correlation((driver, counted), (follower, cost)))
    });
    pairs.take(PAIRS).collect()
}

fn is_driver(series: &Series) -> bool {
    DRIVERS.contains(&series.metric.name.as_str())
        && COUNTS.contains(&series.statistic.as_str())
        && series.points.iter().any(|point| point.value > 0.0)
}

/// What never varies follows nothing.
fn is_follower(series: &Series) -> bool {
    series.window.max > series.window.min && FOLLOWERS.iter().any(|part| series.metric.name.contains(part))
}

/// One period of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Period {
    /// What came in.
    driver: f64,
    /// The follower.
    value: f64,
    /// The follower's change since the period before, where that was measured and no restart lies between.
    change: Option<f64>,
    /// Whether it fell by more than half of its range since the period before.
    restart: bool,
}

fn correlation((driver, counted): (usize, &Series), (follower, cost): (usize, &Series)) -> Option<Correlation> {
    let both = {
        let times: Vec<_> = counted.points.iter().map(|point| point.at).collect();
        cost.points.iter().filter(|point| times.binary_search(&point.at).is_ok()).count()
    };
    let periods = periods(counted, cost);
    if periods.len() < PERIODS {
        return None;
    }
    let (driven, idle): (Vec<Period>, Vec<Period>) = periods.iter().partition(|period| period.driver > 0.0);
    let pairs: Vec<(f64, f64)> = periods.iter().map(|period| (period.driver, period.value)).collect();
    let changed: Vec<(f64, f64)> = periods.iter().filter_map(|one| Some((one.driver, one.change?))).collect();
    let values_of = |periods: &[Period]| mean(&periods.iter().map(|period| period.value).collect::<Vec<_>>());
    Some(Correlation {
        driver,
        follower,
        periods: u32::try_from(both).unwrap_or(u32::MAX),
        values: pearson(&pairs),
        changes: pearson(&changed),
        mean_when_driven: values_of(&driven),
        mean_when_idle: values_of(&idle),
        change_per_unit: change_per_unit(&driven),
    })
}

/// The follower's change a unit of the driver: all of the one over all of the other.
fn change_per_unit(driven: &[Period]) -> Option<f64> {
    let changed: Vec<(f64, f64)> = driven.iter().filter_map(|one| Some((one.driver, one.change?))).collect();
    let units: f64 = changed.iter().map(|(units, _)| units).sum();
    let change: f64 = changed.iter().map(|(_, change)| change).sum();
    Some(change / units).filter(|change| change.is_finite())
}

/// The periods in which the follower was measured, oldest first.
fn periods(counted: &Series, cost: &Series) -> Vec<Period> {
    let drivers: HashMap<i64, f64> = counted.points.iter().map(|point| (point.at.as_second(), point.value)).collect();
    let finite = || cost.points.iter().filter(|point| point.value.is_finite());
    let low = finite().map(|point| point.value).fold(f64::INFINITY, f64::min);
    let high = finite().map(|point| point.value).fold(f64::NEG_INFINITY, f64::max);
    let restart = -(high - low) / 2.0;
    let mut before: Option<(i64, f64)> = None;
    let mut periods = Vec::with_capacity(cost.points.len());
    for point in finite() {
        let at = point.at.as_second();
        let step = before.filter(|(last, _)| at - last == i64::from(cost.period_s)).map(|(_, last)| point.value - last);
        let driver = drivers.get(&at).copied().filter(|value| value.is_finite()).unwrap_or(0.0);
        let step = step.filter(|step| step.is_finite());
        let fell = step.is_some_and(|step| restart < 0.0 && step <= restart);
        periods.push(Period { driver, value: point.value, change: step.filter(|_| !fell), restart: fell });
        before = Some((at, point.value));
    }
    periods
}

#[cfg(test)]
mod tests;
