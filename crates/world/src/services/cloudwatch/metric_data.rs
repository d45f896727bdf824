//! GetMetricData.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Dimension, invalid_token, metric_id, milliseconds, time, validation};
use crate::World;
use crate::metrics::Metrics;
use crate::metrics::data::{DataQuery, Source, results};
use crate::metrics::math::{Expression, TimeSeries};
use crate::metrics::period::{self, Windows};
use crate::metrics::statistic::Statistic;
use crate::page::{Page, page};
use crate::services::{ApiError, read_input};

/// Queries of one call.
const MOST_QUERIES: usize = 500;
/// Data points of one page.
const MOST_POINTS: usize = 100_800;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetMetricData {
    metric_data_queries: Vec<MetricDataQuery>,
    start_time: Timestamp,
    end_time: Timestamp,
    next_token: Option<String>,
    scan_by: Option<String>,
    max_datapoints: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDataQuery {
    id: String,
    metric_stat: Option<MetricStat>,
    expression: Option<String>,
    label: Option<String>,
    return_data: Option<bool>,
    period: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Metric,
    period: i64,
    stat: String,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

pub(super) fn get(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: GetMetricData = read_input(input)?;
    if request.start_time >= request.end_time {
        return Err(validation("The parameter StartTime must be less than the parameter EndTime."));
    }
    if request.metric_data_queries.is_empty() || request.metric_data_queries.len() > MOST_QUERIES {
        return Err(validation(format!(
            "The collection MetricDataQueries must have a size between 1 and {MOST_QUERIES}."
        )));
    }
    let descending = match request.scan_by.as_deref() {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(other) => return Err(validation(format!("The value {other} for parameter ScanBy is not supported."))),
    };
    let size = match request.max_datapoints {
        None => MOST_POINTS,
        Some(size) => usize::try_from(size).ok().filter(|size| (1..=MOST_POINTS).contains(size)).ok_or_else(|| {
            validation(format!(
                "The value {size} for parameter MaxDatapoints is not supported: it has to be from 1 to {MOST_POINTS}."
            ))
        })?,
    };
    let metrics = Metrics::of(world)?;
    let (start, end) = (milliseconds(request.start_time), milliseconds(request.end_time));
    let windows = |period: i64| Windows::new(start, end, period, metrics.now);
    let mut ids = HashSet::new();
    let list = format!(
        "{start} {end} {descending} {:?}",
        request.metric_data_queries.iter().map(|query| &query.id).collect::<Vec<_>>()
    );
    let usual_period = request.metric_data_queries.iter().filter_map(MetricDataQuery::period).min().unwrap_or(60);
    let mut queries = Vec::with_capacity(request.metric_data_queries.len());
    for query in request.metric_data_queries {
        if !ids.insert(query.id.clone()) {
            return Err(validation(format!(
                "The values for parameter id in MetricDataQueries are not unique: {}.",
                query.id
            )));
        }
        queries.push(checked(query, &windows)?);
    }
    let found = results(&queries, &metrics, windows(usual_period)).map_err(|error| validation(error.to_string()))?;
    let page =
        page(flat(&found, descending), size, request.next_token.as_deref(), &list).map_err(|_| invalid_token())?;
    Ok(answer(&found, &page, descending))
}

impl MetricDataQuery {
    fn period(&self) -> Option<i64> {
        self.metric_stat.as_ref().map(|stat| stat.period).or(self.period).filter(|period| period::is_valid(*period))
    }
}

fn checked(query: MetricDataQuery, windows: &impl Fn(i64) -> Windows) -> Result<DataQuery, ApiError> {
    let id = query.id;
    let well_formed = id.starts_with(|letter: char| letter.is_ascii_lowercase())
        && id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !well_formed {
        return Err(validation(format!(
            "The value {id} for parameter MetricDataQueries.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
        )));
    }
    let source = match (query.metric_stat, query.expression) {
        (Some(stat), None) => statistic_source(stat, windows)?,
        (None, Some(expression)) => {
            Source::Expression(Expression::parse(&id, &expression).map_err(|error| validation(error.to_string()))?)
        }
        _ => {
            return Err(validation(format!(
                "Exactly one of MetricStat and Expression must be specified for the query {id}."
            )));
        }
    };
    Ok(DataQuery { id, label: query.label, source, return_data: query.return_data.unwrap_or(true) })
}

fn statistic_source(stat: MetricStat, windows: &impl Fn(i64) -> Windows) -> Result<Source, ApiError> {
    let (Some(namespace), Some(name)) = (stat.metric.namespace, stat.metric.metric_name) else {
        return Err(validation("The parameters Namespace and MetricName are required for a metric."));
    };
    if !period::is_valid(stat.period) {
        return Err(validation(format!(
            "The value {} for parameter Period is not supported: it has to be 1, 5, 10, 20, 30, or a multiple of 60.",
            stat.period
        )));
    }
    let statistic = Statistic::parse(&stat.stat)
        .ok_or_else(|| validation(format!("The value {} for parameter Stat is not supported.", stat.stat)))?;
    let metric = metric_id(namespace, name, stat.metric.dimensions);
    Ok(Source::Statistic { metric, unit: stat.unit, statistic, windows: windows(stat.period) })
}

/// A point with the position of its series.
type Point = (usize, i64, f64);

/// All points of all series, in the order in which pages give them.
fn flat(found: &[(String, TimeSeries)], descending: bool) -> Vec<Point> {
    let mut points = Vec::new();
    for (index, (_, series)) in found.iter().enumerate() {
        let start = points.len();
        points.extend(series.points.iter().map(|(at, value)| (index, *at, *value)));
        if descending && let Some(own) = points.get_mut(start..) {
            own.reverse();
        }
    }
    points
}

/// Every series has its entry in every page; one that goes on in the next page is `PartialData`.
fn answer(found: &[(String, TimeSeries)], page: &Page<Point>, descending: bool) -> Value {
    let last_shown = page.items.last().map(|(index, at, _)| (*index, *at));
    let complete = |index: usize, series: &TimeSeries| {
        let last = if descending { series.points.keys().next() } else { series.points.keys().next_back() };
        let last = last.map(|at| (index, *at));
        match (page.next.is_some(), last, last_shown) {
            (true, Some(last), Some(shown)) => last.0 < shown.0 || last == shown,
            (true, Some(_), None) => false,
            _ => true,
        }
    };
    let entries = found.iter().enumerate().map(|(index, (id, series))| {
        let own = page.items.iter().filter(|point| point.0 == index);
        json!({
            "Id": id,
            "Label": series.label,
            "Timestamps": own.clone().map(|point| time(point.1)).collect::<Vec<_>>(),
            "Values": own.map(|point| point.2).collect::<Vec<_>>(),
            "StatusCode": if complete(index, series) { "Complete" } else { "PartialData" },
        })
    });
    let mut answer = json!({ "MetricDataResults": entries.collect::<Vec<_>>(), "Messages": [] });
    if let (Some(next), Some(answer)) = (&page.next, answer.as_object_mut()) {
        answer.insert("NextToken".to_owned(), json!(next));
    }
    answer
}
