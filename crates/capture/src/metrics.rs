//! Metrics: which were looked at, and the points that were read, as series whose samples have the same statistics.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use marple_case::{Window, facts::MetricId};
use serde_json::Value;

use crate::{
    call::{Answer, Call},
    samples::{Sample, Statistics},
};

mod series;

pub(crate) use series::write;

pub(crate) const GET: &str = "cloudwatch:GetMetricData";
const LIST: &str = "cloudwatch:ListMetrics";

/// The statistics that describe a period, beside percentiles.
pub(crate) const STATISTICS: [&str; 4] = ["SampleCount", "Sum", "Minimum", "Maximum"];

/// What was looked at of a metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Touched {
    pub(crate) spans: Vec<Window>,
    /// `p99` and the like.
    pub(crate) percentiles: BTreeSet<String>,
    /// The shortest period with which a percentile was asked for, seconds.
    pub(crate) period_s: Option<i64>,
}

/// What was looked at, by metric. Metrics that were only listed have no span.
pub(crate) fn touched(calls: &[Call]) -> BTreeMap<MetricId, Touched> {
    let mut touched: BTreeMap<MetricId, Touched> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.is(GET)) {
        let moment = |member: &str| call.asked(member)?.parse::<Timestamp>().ok();
        let (Some(start), Some(end)) = (moment("StartTime"), moment("EndTime")) else { continue };
        for asked in asked(call) {
            let one = touched.entry(asked.metric).or_default();
            one.spans.push(Window { start, end });
            if asked.statistic.starts_with('p') {
                one.percentiles.insert(asked.statistic);
                one.period_s = Some(one.period_s.map_or(asked.period_s, |shortest| shortest.min(asked.period_s)));
            }
        }
    }
    for call in calls.iter().filter(|call| call.is(LIST)) {
        let Answer::Json(answer) = &call.answer else { continue };
        for metric in answer.get("Metrics").and_then(Value::as_array).into_iter().flatten().filter_map(metric) {
            touched.entry(metric).or_default();
        }
    }
    touched
}

/// One query of a call.
struct Asked {
    id: String,
    metric: MetricId,
    statistic: String,
    period_s: i64,
}

fn asked(call: &Call) -> Vec<Asked> {
    let queries = call.input.get("MetricDataQueries").and_then(Value::as_array).into_iter().flatten();
    let asked = queries.filter_map(|query| {
        let stat = query.get("MetricStat")?;
        Some(Asked {
            id: query.get("Id")?.as_str()?.to_owned(),
            metric: metric(stat.get("Metric")?)?,
            statistic: stat.get("Stat")?.as_str()?.to_owned(),
            period_s: stat.get("Period")?.as_i64()?,
        })
    });
    asked.collect()
}

fn metric(metric: &Value) -> Option<MetricId> {
    let text = |value: &Value, member: &str| Some(value.get(member)?.as_str()?.to_owned());
    let dimensions = metric.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
    let pair = |dimension: &Value| Some((text(dimension, "Name")?, text(dimension, "Value")?));
    Some(MetricId {
        namespace: text(metric, "Namespace")?,
        name: text(metric, "MetricName")?,
        dimensions: dimensions.filter_map(pair).collect(),
    })
}

/// Samples of a metric: by the length of the period in seconds, by its start in epoch milliseconds.
pub(crate) type Sampled = BTreeMap<i64, BTreeMap<i64, Vec<Sample>>>;

/// The points that were read, as samples. Where a period was read whole and in parts, the parts count.
pub(crate) fn samples(calls: &[Call]) -> BTreeMap<MetricId, Sampled> {
    let points = points(calls);
    let mut sampled = BTreeMap::new();
    for (metric, periods) in points {
        let mut of_metric = Sampled::new();
        for (period_s, statistics) in periods {
            let Some(counts) = statistics.get("SampleCount") else { continue };
            for at in
                counts.keys().filter(|at| !is_finer_known(&of_metric, **at, period_s)).copied().collect::<Vec<_>>()
            {
                if let Some(period) = period(&statistics, at) {
                    of_metric.entry(period_s).or_default().insert(at, period.samples());
                }
            }
        }
        sampled.insert(metric, of_metric);
    }
    sampled
}

/// Metric → period in seconds → statistic → start in epoch milliseconds → value.
type Points = BTreeMap<MetricId, BTreeMap<i64, BTreeMap<String, BTreeMap<i64, f64>>>>;

fn points(calls: &[Call]) -> Points {
    let mut points = Points::new();
    for call in calls.iter().filter(|call| call.is(GET)) {
        let Answer::Json(answer) = &call.answer else { continue };
        let results = answer.get("MetricDataResults").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for asked in asked(call) {
            let of_query = |result: &&Value| result.get("Id").and_then(Value::as_str) == Some(asked.id.as_str());
            let list = |result: &Value, member: &str| {
                result.get(member).and_then(Value::as_array).cloned().unwrap_or_default()
            };
            let statistics = points.entry(asked.metric.clone()).or_default().entry(asked.period_s).or_default();
            let values = statistics.entry(asked.statistic.clone()).or_default();
            for result in results.iter().filter(of_query) {
                let pairs = list(result, "Timestamps").into_iter().zip(list(result, "Values"));
                values.extend(pairs.filter_map(|(at, value)| {
                    Some((at.as_str()?.parse::<Timestamp>().ok()?.as_millisecond(), value.as_f64()?))
                }));
            }
        }
    }
    points
}

fn is_finer_known(sampled: &Sampled, at: i64, period_s: i64) -> bool {
    let whole = at..at.saturating_add(period_s.saturating_mul(1000));
    sampled.values().any(|periods| periods.range(whole.clone()).next().is_some())
}

fn period(statistics: &BTreeMap<String, BTreeMap<i64, f64>>, at: i64) -> Option<Statistics> {
    let value = |statistic: &str| statistics.get(statistic)?.get(&at).copied();
    let percentiles = statistics.iter().filter_map(|(statistic, points)| {
        let percent = statistic.strip_prefix('p')?.parse().ok()?;
        Some((percent, *points.get(&at)?))
    });
    Some(Statistics {
        count: value("SampleCount")?,
        sum: value("Sum")?,
        minimum: value("Minimum")?,
        maximum: value("Maximum")?,
        percentiles: percentiles.collect(),
    })
}
