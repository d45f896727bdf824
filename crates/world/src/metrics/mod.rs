//! CloudWatch metrics: what series a world has, their samples, statistics over periods, and metric math.
//!
//! - `file` reads `world/cloudwatch/series.toml`, `series` gives its samples; [`Metrics`] joins them with the generated
//!   traffic. A metric that both give has the samples of both.
//! - `period` is AWS's rounding of start times, and how long which period is kept; `statistic` reduces samples to points.
//! - `math` is metric math; `data` evaluates the queries of one GetMetricData call.
//!
//! A point that is missing is missing: it is never zero. Times are epoch milliseconds throughout.

pub(crate) mod data;
mod file;
pub(crate) mod math;
pub(crate) mod period;
mod run_value;
mod series;
pub(crate) mod statistic;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use file::SeriesFile;

use crate::traffic::{LambdaMetric, Sample, Traffic};
use crate::{ScenarioError, World};

/// What names a metric. Dimensions are in order of their names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MetricId {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dimensions: Vec<(String, String)>,
}

impl MetricId {
    pub(crate) fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        mut dimensions: Vec<(String, String)>,
    ) -> Self {
        dimensions.sort();
        Self { namespace: namespace.into(), name: name.into(), dimensions }
    }
}

/// All metrics of a world.
pub(crate) struct Metrics {
    series: Arc<SeriesFile>,
    traffic: Arc<Traffic>,
    pub(crate) now: i64,
}

const LAMBDA: &str = "AWS/Lambda";
const FUNCTION_NAME: &str = "FunctionName";

impl Metrics {
    /// The metrics of `world`; files are read at the first use.
    ///
    /// # Errors
    /// When `series.toml` or `traffic.toml` is malformed.
    pub(crate) fn of(world: &World) -> Result<Self, ScenarioError> {
        Ok(Self { series: world.parsed()?, traffic: world.parsed()?, now: world.now().as_millisecond() })
    }

    /// The metrics with a sample in `from..=now`, in order.
    pub(crate) fn active_since(&self, from: i64) -> Vec<MetricId> {
        let stated = self.series.0.iter().filter(|series| !series.samples(from, self.now.saturating_add(1)).is_empty());
        let mut metrics: Vec<MetricId> = stated.map(|series| series.id.clone()).collect();
        let active: Vec<&str> = self
            .traffic
            .functions()
            .iter()
            .filter(|function| function.active(from, self.now.saturating_add(1)))
            .map(|function| function.name())
            .collect();
        for metric in LambdaMetric::ALL.iter().filter(|_| !active.is_empty()) {
            metrics.push(MetricId::new(LAMBDA, metric.name(), Vec::new()));
            let of_function = |name: &&str| {
                MetricId::new(LAMBDA, metric.name(), vec![(FUNCTION_NAME.to_owned(), (*name).to_owned())])
            };
            metrics.extend(active.iter().map(of_function));
        }
        metrics.sort();
        metrics.dedup();
        metrics
    }

    /// The samples of a metric in `from..to`, with its unit, in order of time; none after now.
    pub(crate) fn samples(&self, id: &MetricId, unit: Option<&str>, from: i64, to: i64) -> Samples {
        let to = to.min(self.now.saturating_add(1));
        let mut found = Samples::default();
        for series in
            self.series.0.iter().filter(|series| series.id == *id && unit.is_none_or(|unit| unit == series.unit))
        {
            found.unit.get_or_insert_with(|| series.unit.clone());
            found.samples.extend(series.samples(from, to));
        }
        if let Some((metric, function)) =
            lambda_metric(id).filter(|(metric, _)| unit.is_none_or(|unit| unit == metric.unit()))
        {
            self.add_traffic(metric, function, from..to, &mut found);
        }
        found.samples.sort_by_key(|sample| sample.at);
        found
    }
}

impl Metrics {
    /// Adds the samples of a function, or of all of them together.
    fn add_traffic(&self, metric: LambdaMetric, function: Option<&str>, span: Range<i64>, found: &mut Samples) {
        let functions = self.traffic.functions();
        for generated in functions.iter().filter(|generated| function.is_none_or(|name| name == generated.name())) {
            found.unit.get_or_insert_with(|| metric.unit().to_owned());
            let mut samples = generated.samples(metric, span.start, span.end);
            if metric == LambdaMetric::ConcurrentExecutions && function.is_none() {
                for sample in &mut samples {
                    sample.value = functions.iter().map(|other| other.running_at(sample.at)).sum();
                }
            }
            found.samples.extend(samples);
        }
    }
}

/// Samples of one metric.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// None if there is no such metric.
    pub(crate) unit: Option<String>,
    pub(crate) samples: Vec<Sample>,
}

/// The traffic metric that an id names, and the function (none: over all functions).
fn lambda_metric(id: &MetricId) -> Option<(LambdaMetric, Option<&str>)> {
    if id.namespace != LAMBDA {
        return None;
    }
    let metric = LambdaMetric::ALL.into_iter().find(|metric| metric.name() == id.name)?;
    match id.dimensions.as_slice() {
        [] => Some((metric, None)),
        [(name, function)] if name == FUNCTION_NAME => Some((metric, Some(function.as_str()))),
        _ => None,
    }
}
