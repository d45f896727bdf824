//! A wide margin around what was looked at: another investigator looks elsewhere.
//!
//! Logs, metrics, the trail and databases' events are read from so long before each span that was looked at to so long after it, never
//! beyond now. Metrics are read period by period with the statistics that samples can be made of.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::types::LookupAttribute;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use marple_aws::Clients;
use marple_case::{Scope, Window, facts::MetricId};
use serde_json::Value;

use crate::{
    call::{Answer, Call},
    logs, metrics,
    spans::{unread, widened},
    whole::said,
};

/// A span of logs that is read at once: where the limit ends the reading, the nearest hours are there whole.
const PIECE: SignedDuration = SignedDuration::from_hours(3);
/// Periods, seconds: CloudWatch keeps the first for 15 days, the second for 63, the third for 455.
const PERIODS: [i64; 3] = [60, 300, 3_600];
/// Queries that one GetMetricData call takes.
const QUERIES: usize = 500;
/// Metrics that were only listed, of which the points are read.
const LISTED: usize = 200;
/// Pages of the trail that are read for one attribute: it takes two requests a second.
const TRAIL_PAGES: usize = 40;

/// How far a capture goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Margin<'a> {
    pub(crate) scope: &'a Scope,
    /// Around each span that was looked at.
    pub(crate) around: SignedDuration,
    /// Log events of one group that are read at most, beside those that the investigation read.
    pub(crate) events: usize,
}

impl Margin<'_> {
    fn wide(&self, spans: &[Window]) -> Vec<Window> {
        widened(spans, self.around, self.scope.now)
    }
}

/// Reads the events around those that were read. Gives a note on each group of which not all was read.
pub(crate) async fn logs(clients: &Clients, calls: &[Call], margin: Margin<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for (group, spans) in logs::touched(calls) {
        said(clients.logs().describe_log_groups().log_group_name_prefix(&group).send().await);
        let mut left = margin.events;
        let pieces = unread(&margin.wide(&spans), &spans, PIECE, margin.scope.window.end);
        for (number, piece) in pieces.iter().enumerate() {
            match events(clients, &group, *piece, left).await {
                Some(read) => left = left.saturating_sub(read),
                None => break,
            }
            if left == 0 {
                notes.push(format!(
                    "{group}: {} events around the investigation's spans were read, the nearest {} of {} pieces of 3 h; raise --log-events for more",
                    margin.events,
                    number + 1,
                    pieces.len()
                ));
                break;
            }
        }
    }
    notes
}

/// Reads a span, `most` events at most. Gives the number of events; `None`: the group cannot be read.
async fn events(clients: &Clients, group: &str, span: Window, most: usize) -> Option<usize> {
    let (mut read, mut token) = (0, None);
    loop {
        let left = i32::try_from(most.saturating_sub(read).clamp(1, 10_000)).unwrap_or(10_000);
        let asked = clients.logs().filter_log_events().log_group_name(group).limit(left).set_next_token(token);
        let asked = asked.start_time(span.start.as_millisecond()).end_time(span.end.as_millisecond().saturating_sub(1));
        let page = said(asked.send().await)?;
        read += page.events().len();
        token = page.next_token;
        if token.is_none() || read >= most {
            return Some(read);
        }
    }
}

/// A statistic of a metric.
type Wanted = (MetricId, String);

/// Reads the points of all metrics that were looked at or listed.
pub(crate) async fn metrics(clients: &Clients, calls: &[Call], margin: Margin<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut listed = 0;
    let mut wanted: BTreeMap<(Timestamp, Timestamp, i64), Vec<Wanted>> = BTreeMap::new();
    for (metric, touched) in metrics::touched(calls) {
        let mut spans = touched.spans;
        if spans.is_empty() {
            listed += 1;
            if listed > LISTED {
                continue;
            }
            spans = vec![margin.scope.window, margin.scope.baseline];
        }
        let period_s = touched.period_s.unwrap_or(60).max(60);
        for span in margin.wide(&spans) {
            let statistics = metrics::STATISTICS.into_iter().map(str::to_owned).chain(touched.percentiles.clone());
            let of_metric = statistics.map(|statistic| (metric.clone(), statistic));
            wanted.entry((span.start, span.end, period_s)).or_default().extend(of_metric);
        }
    }
    if listed > LISTED {
        notes.push(format!("of {listed} metrics that were only listed, the points of {LISTED} were read"));
    }
    for ((start, end, period_s), mut wanted) in wanted {
        // What has no points may be older than points of that period are kept.
        for period_s in PERIODS.into_iter().map(|kept| kept.max(period_s)).collect::<BTreeSet<_>>() {
            let found = points(clients, &wanted, Window { start, end }, period_s).await;
            wanted.retain(|(metric, _)| !found.contains(metric));
        }
    }
    notes
}

/// Reads points. Gives the metrics that have any.
async fn points(clients: &Clients, wanted: &[Wanted], span: Window, period_s: i64) -> BTreeSet<MetricId> {
    let mut found = BTreeSet::new();
    for batch in wanted.chunks(QUERIES) {
        let queries: Vec<MetricDataQuery> =
            batch.iter().enumerate().map(|(place, wanted)| query(place, wanted, period_s)).collect();
        let mut token = None;
        loop {
            let asked = clients.cloudwatch().get_metric_data().set_metric_data_queries(Some(queries.clone()));
            let start = span.start.as_second().div_euclid(period_s).saturating_mul(period_s);
            let asked =
                asked.start_time(DateTime::from_secs(start)).end_time(date_time(span.end)).set_next_token(token);
            let Some(page) = said(asked.send().await) else { break };
            let with_points = page.metric_data_results().iter().filter(|result| !result.values().is_empty());
            let places = with_points.filter_map(|result| result.id()?.strip_prefix('q')?.parse::<usize>().ok());
            found.extend(places.filter_map(|place| Some(batch.get(place)?.0.clone())));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
    }
    found
}

fn query(place: usize, (metric, statistic): &Wanted, period_s: i64) -> MetricDataQuery {
    let dimension = |(name, value): (&String, &String)| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .set_dimensions(Some(metric.dimensions.iter().map(dimension).collect()))
        .build();
    let period = i32::try_from(period_s).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric).period(period).stat(statistic).build();
    MetricDataQuery::builder().id(format!("q{place}")).metric_stat(stat).return_data(true).build()
}

/// Reads what happened around the spans that were looked at: the trail, and the events of databases.
pub(crate) async fn history(clients: &Clients, calls: &[Call], margin: Margin<'_>) -> Vec<String> {
    let mut notes = trail(clients, calls, margin).await;
    let mut spans: BTreeMap<(Option<&str>, Option<&str>), Vec<Window>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.is("rds:DescribeEvents") && call.error().is_none()) {
        let moment = |member: &str| call.asked(member)?.parse::<Timestamp>().ok();
        let (Some(start), Some(end)) = (moment("StartTime"), moment("EndTime")) else { continue };
        let of = (call.asked("SourceType"), call.asked("SourceIdentifier"));
        spans.entry(of).or_default().push(Window { start, end });
    }
    for ((kind, id), spans) in spans {
        for span in margin.wide(&spans) {
            let asked = clients.rds().describe_events().set_source_identifier(id.map(str::to_owned));
            let asked = asked.set_source_type(kind.map(Into::into));
            said(asked.start_time(date_time(span.start)).end_time(date_time(span.end)).send().await);
        }
    }
    notes.sort();
    notes
}

async fn trail(clients: &Clients, calls: &[Call], margin: Margin<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut spans: BTreeMap<(String, String), Vec<Window>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.is("cloudtrail:LookupEvents") && matches!(call.answer, Answer::Json(_)))
    {
        let moment = |member: &str| Timestamp::from_second(whole(call.input.get(member)?.as_f64()?)).ok();
        let attribute = |member: &str| {
            Some(call.input.pointer(&format!("/LookupAttributes/0/{member}")).and_then(Value::as_str)?.to_owned())
        };
        let (Some(start), Some(end)) = (moment("StartTime"), moment("EndTime")) else { continue };
        let (Some(key), Some(value)) = (attribute("AttributeKey"), attribute("AttributeValue")) else { continue };
        spans.entry((key, value)).or_default().push(Window { start, end });
    }
    for ((key, value), spans) in spans {
        for span in margin.wide(&spans) {
            if !looked_up(clients, (&key, &value), span).await {
                notes.push(format!("the trail of {key} {value} from {span} is not there whole"));
            }
        }
    }
    notes
}

/// Whether all of it was read.
async fn looked_up(clients: &Clients, (key, value): (&str, &str), span: Window) -> bool {
    let attribute = LookupAttribute::builder().attribute_key(key.into()).attribute_value(value).build();
    let Some(attribute) = said(attribute) else { return false };
    let mut token = None;
    for _ in 0..TRAIL_PAGES {
        let asked = clients.cloudtrail().lookup_events().lookup_attributes(attribute.clone()).set_next_token(token);
        let asked = asked.start_time(date_time(span.start)).end_time(date_time(span.end));
        let Some(page) = said(asked.send().await) else { return false };
        token = page.next_token;
        if token.is_none() {
            return true;
        }
    }
    false
}

fn date_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of the calendar are far inside")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}
