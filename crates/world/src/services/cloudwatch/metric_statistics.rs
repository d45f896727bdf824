//! GetMetricStatistics.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Dimension, invalid_combination, invalid_value, metric_id, milliseconds, time};
use crate::World;
use crate::metrics::Metrics;
use crate::metrics::period::{self, Windows};
use crate::metrics::statistic::{Statistic, by_window};
use crate::services::{ApiError, read_input};

/// Data points of one call.
const MOST_POINTS: i64 = 1440;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetMetricStatistics {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    start_time: Timestamp,
    end_time: Timestamp,
    period: i64,
    #[serde(default)]
    statistics: Vec<String>,
    #[serde(default)]
    extended_statistics: Vec<String>,
    unit: Option<String>,
}

pub(super) fn get(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: GetMetricStatistics = read_input(input)?;
    if request.start_time >= request.end_time {
        return Err(invalid_value("The parameter StartTime must be less than the parameter EndTime."));
    }
    if !period::is_valid(request.period) {
        return Err(invalid_value("The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60."));
    }
    if request.statistics.is_empty() && request.extended_statistics.is_empty() {
        return Err(invalid_combination(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ));
    }
    let simple =
        statistics(&request.statistics, "Statistics", |statistic| !matches!(statistic, Statistic::Percentile(_)))?;
    let extended = statistics(&request.extended_statistics, "ExtendedStatistics", |statistic| {
        matches!(statistic, Statistic::Percentile(_))
    })?;
    let metrics = Metrics::of(world)?;
    let windows =
        Windows::new(milliseconds(request.start_time), milliseconds(request.end_time), request.period, metrics.now);
    if windows.count() > MOST_POINTS {
        return Err(invalid_combination(format!(
            "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
            with_commas(windows.count()),
            with_commas(MOST_POINTS)
        )));
    }
    let metric = metric_id(request.namespace, request.metric_name, request.dimensions);
    let found = metrics.samples(&metric, request.unit.as_deref(), windows.start, windows.samples_end());
    let unit = found.unit.unwrap_or_else(|| "None".to_owned());
    let datapoints = by_window(&found.samples, &windows, metrics.now).into_iter().map(|(begin, samples)| {
        let values = |statistics: &[(String, Statistic)]| -> Map<String, Value> {
            statistics
                .iter()
                .filter_map(|(name, statistic)| Some((name.clone(), json!(statistic.of(samples)?))))
                .collect()
        };
        let mut point = Map::from_iter([("Timestamp".to_owned(), time(begin))]);
        point.extend(values(&simple));
        if !extended.is_empty() {
            point.insert("ExtendedStatistics".to_owned(), Value::Object(values(&extended)));
        }
        point.insert("Unit".to_owned(), json!(unit));
        Value::Object(point)
    });
    Ok(json!({ "Label": metric.name, "Datapoints": datapoints.collect::<Vec<_>>() }))
}

/// The statistics by their names, of the kind that the parameter takes.
fn statistics(
    names: &[String],
    parameter: &str,
    right: fn(&Statistic) -> bool,
) -> Result<Vec<(String, Statistic)>, ApiError> {
    names
        .iter()
        .map(|name| {
            let statistic = Statistic::parse(name).filter(right);
            let statistic = statistic.ok_or_else(|| {
                invalid_value(format!("The value {name} for parameter {parameter} is not supported."))
            })?;
            Ok((name.clone(), statistic))
        })
        .collect()
}

/// `1,440`, as AWS writes numbers in messages.
fn with_commas(number: i64) -> String {
    match number / 1000 {
        0 => number.to_string(),
        thousands => format!("{},{:03}", with_commas(thousands), number % 1000),
    }
}
