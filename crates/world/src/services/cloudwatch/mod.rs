//! CloudWatch: metrics and alarms.
//!
//! The engine is in `crate::metrics`; here are the operations' inputs, AWS's validation, and the shapes of the answers.

mod alarms;
mod metric_data;
mod metric_statistics;
mod metrics;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiError, QueryApi, Service};
use crate::metrics::{MetricId, SeriesFile};
use crate::traffic::{Traffic, instant};
use crate::wire::Members;

/// CloudWatch.
pub(super) const SERVICE: Service = Service {
    name: "cloudwatch",
    signing_name: "monitoring",
    target: Some("GraniteServiceVersion20100801"),
    query: Some(QueryApi { version: "2010-08-01", namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/" }),
    query_compatible: true,
    members: Members {
        timestamps: &[
            "AlarmConfigurationUpdatedTimestamp",
            "EndDate",
            "EndTime",
            "StartDate",
            "StartTime",
            "StateTransitionedTimestamp",
            "StateUpdatedTimestamp",
            "Timestamp",
            "Timestamps",
        ],
        integers: &["MaxDatapoints", "MaxRecords", "Period"],
        booleans: &["IncludeLinkedAccounts", "ReturnData"],
        doubles: &["Average", "ExtendedStatistics", "Maximum", "Minimum", "SampleCount", "Sum", "Threshold", "Values"],
        maps: &["AlarmContributorAttributes", "Datapoints/ExtendedStatistics"],
        ..Members::NONE
    },
    operations: &[
        ("DescribeAlarmHistory", alarms::history),
        ("DescribeAlarms", alarms::describe),
        ("DescribeAlarmsForMetric", alarms::for_metric),
        ("GetMetricData", metric_data::get),
        ("GetMetricStatistics", metric_statistics::get),
        ("ListMetrics", metrics::list),
    ],
    check: |world| {
        world
            .parsed::<SeriesFile>()
            .and(world.parsed::<Traffic>().map(drop))
            .and(world.parsed::<alarms::Alarms>().map(drop))
    },
    ..Service::BLANK
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

fn metric_id(namespace: String, name: String, dimensions: Vec<Dimension>) -> MetricId {
    MetricId::new(namespace, name, dimensions.into_iter().map(|dimension| (dimension.name, dimension.value)).collect())
}

fn dimensions_json(metric: &MetricId) -> Value {
    metric.dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

fn time(at: i64) -> Value {
    Value::String(instant::rfc3339(at))
}

fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::sender("ValidationError", message)
}

fn invalid_value(message: impl Into<String>) -> ApiError {
    ApiError::sender("InvalidParameterValueException", message).with_query_code("InvalidParameterValue")
}

fn invalid_combination(message: impl Into<String>) -> ApiError {
    ApiError::sender("InvalidParameterCombinationException", message).with_query_code("InvalidParameterCombination")
}

fn invalid_token() -> ApiError {
    ApiError::sender("InvalidNextToken", "The next token is not valid.")
}

/// The size of a page of alarms or of their history.
fn page_size(max_records: Option<i64>, usual: usize) -> Result<usize, ApiError> {
    match max_records {
        None => Ok(usual),
        Some(size @ 1..=100) => Ok(usize::try_from(size).unwrap_or(usual)),
        Some(size) => Err(validation(format!(
            "1 validation error detected: Value '{size}' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and 100"
        ))),
    }
}
