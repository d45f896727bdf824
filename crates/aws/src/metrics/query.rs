//! Asking CloudWatch for data points: batches of queries, and a period that suits the span and the retention.

use std::collections::HashMap;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode};
use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Window,
    facts::{MetricId, Point, Series},
};

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    metrics::pauses,
    time,
};

/// Queries that one GetMetricData call takes.
const QUERIES: usize = 500;
/// Points that a series has at most: a day of minutes.
const POINTS: i64 = 1_440;
/// Periods that are offered, seconds.
const PERIODS: [u32; 7] = [60, 300, 900, 3_600, 10_800, 21_600, 86_400];

/// One statistic of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    /// The metric.
    pub metric: MetricId,
    /// Sum, Average, Maximum, p99, …
    pub statistic: String,
}

/// The period for a span: the finest that CloudWatch still keeps (60 s for 15 days, 300 s for 63, 3,600 s for 455) and
/// that gives no more than 1,440 points; coarser if that is asked for.
pub(crate) fn period(span: Window, asked: Option<u32>, now: Timestamp) -> u32 {
    let age = now.duration_since(span.start);
    let day = SignedDuration::from_hours(24);
    let kept = match age {
        age if age <= day * 15 => 60,
        age if age <= day * 63 => 300,
        _ => 3_600,
    };
    let length = span.length().as_secs();
    let enough = |period: u32| period >= kept && length / i64::from(period) <= POINTS;
    match asked {
        Some(asked) if enough(asked) => asked,
        _ => PERIODS
            .into_iter()
            .find(|period| enough(*period) && asked.is_none_or(|asked| *period >= asked))
            .unwrap_or(86_400),
    }
}

/// Reads the series over a window and, if given, its baseline; both at once.
///
/// # Errors
/// Whatever CloudWatch refuses.
pub(crate) async fn read(
    clients: &Clients,
    wanted: &[Wanted],
    window: Window,
    baseline: Option<Window>,
    period_s: u32,
) -> Result<Vec<Series>, Fault> {
    let (points, compared) = futures::join!(points(clients, wanted, window, period_s), async {
        match baseline {
            Some(baseline) => self::points(clients, wanted, baseline, period_s).await.map(Some),
            None => Ok(None),
        }
    });
    let (mut points, compared) = (points?, compared?);
    let series = wanted.iter().enumerate().map(|(place, wanted)| {
        let own = points.remove(&place).unwrap_or_default();
        let compared = compared.as_ref().map(|points| points.get(&place).map(Vec::as_slice).unwrap_or_default());
        let pauses = pauses::of(&own, window, period_s);
        let compared_pauses = compared.zip(baseline).map(|(points, span)| pauses::of(points, span, period_s));
        let series = super::series(wanted.metric.clone(), wanted.statistic.clone(), period_s, own, compared);
        Series { pauses, baseline_pauses: compared_pauses.unwrap_or_default(), ..series }
    });
    Ok(series.collect())
}

/// The points of each query, by its place, oldest first.
async fn points(
    clients: &Clients,
    wanted: &[Wanted],
    span: Window,
    period_s: u32,
) -> Result<HashMap<usize, Vec<Point>>, Fault> {
    let numbered: Vec<(usize, &Wanted)> = wanted.iter().enumerate().collect();
    let batches = numbered.chunks(QUERIES).map(|batch| batch_points(clients, batch, span, period_s));
    let mut points = HashMap::new();
    for batch in futures::future::try_join_all(batches).await? {
        points.extend(batch);
    }
    for run in points.values_mut() {
        run.sort_by_key(|point: &Point| point.at);
        run.dedup_by_key(|point| point.at);
    }
    Ok(points)
}

async fn batch_points(
    clients: &Clients,
    batch: &[(usize, &Wanted)],
    span: Window,
    period_s: u32,
) -> Result<HashMap<usize, Vec<Point>>, Fault> {
    let queries: Vec<MetricDataQuery> = batch.iter().map(|(place, wanted)| query(*place, wanted, period_s)).collect();
    let mut points: HashMap<usize, Vec<Point>> = HashMap::new();
    let mut token = None;
    loop {
        let page = clients
            .cloudwatch()
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(time::date_time(span.start))
            .end_time(time::date_time(span.end))
            .scan_by(ScanBy::TimestampAscending)
            .set_next_token(token)
            .send()
            .await
            .asked("cloudwatch:GetMetricData")?;
        for result in page.metric_data_results() {
            let place = result.id().and_then(|id| id.strip_prefix('q')).and_then(|id| id.parse().ok());
            let Some(place) = place else { continue };
            unread(result)?;
            let pairs = result.timestamps().iter().zip(result.values());
            let read = pairs.filter_map(|(at, value)| Some(Point { at: time::timestamp(at)?, value: *value }));
            points.entry(place).or_default().extend(read);
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(points);
        }
    }
}

/// A query of a call may fail alone: without points, it would look like silence.
fn unread(result: &MetricDataResult) -> Result<(), Fault> {
    let said: Vec<&str> = result.messages().iter().filter_map(|message| message.value()).collect();
    let message = if said.is_empty() { "one of the queries failed".to_owned() } else { said.join("; ") };
    let action = "cloudwatch:GetMetricData".to_owned();
    match result.status_code() {
        Some(StatusCode::Forbidden) => Err(Fault::Denied { action, message }),
        Some(StatusCode::InternalError) => Err(Fault::Unreachable { action, message }),
        _ => Ok(()),
    }
}

fn query(place: usize, wanted: &Wanted, period_s: u32) -> MetricDataQuery {
    let dimension = |(name, value): (&String, &String)| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace(&wanted.metric.namespace)
        .metric_name(&wanted.metric.name)
        .set_dimensions(Some(wanted.metric.dimensions.iter().map(dimension).collect()))
        .build();
    let period = i32::try_from(period_s).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric).period(period).stat(&wanted.statistic).build();
    MetricDataQuery::builder().id(format!("q{place}")).metric_stat(stat).return_data(true).build()
}
