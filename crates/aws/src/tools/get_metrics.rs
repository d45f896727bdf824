//! `get_metrics`: series of data points over the window, compared with the baseline.

use std::collections::BTreeMap;

use jiff::Timestamp;
use marple_case::{
    Facts, Scope, Window,
    facts::{Correlation, MetricId, Metrics, Series},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    fault::Fault,
    metrics::{
        correlation,
        query::{self, Wanted},
        text,
    },
    text::Command,
    tool::{Context, Findings, Tool},
    window,
};

/// Statistics that one call may ask for, in all.
const LIMIT: usize = 500;

/// A metric and the statistics of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// AWS/Lambda, AWS/RDS, AWS/ApiGateway, …
    namespace: String,
    /// Errors, Duration, DatabaseConnections, …
    name: String,
    /// All dimensions of the metric, name to value: {"FunctionName": "orders"}. CloudWatch matches the whole set.
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// Sum, Average, Minimum, Maximum, SampleCount, p99, …
    statistics: Vec<String>,
}

/// Reads CloudWatch metrics over a span and the same span of the day before: figures, shape, changes of level, and the
/// points that matter. Ask for several metrics in one call: with a count of requests or invocations among them, it is said whether memory,
/// CPU, errors and response times follow it. No points means that nothing was measured, which is not zero.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The metrics, each with its statistics.
    metrics: Vec<Asked>,
    /// Start of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// End of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
    /// Seconds a data point covers, a multiple of 60. Default: the finest that is kept and gives 1,440 points at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_s: Option<u32>,
    /// Whether to compare with the baseline.
    #[serde(default = "yes")]
    baseline: bool,
}

fn yes() -> bool {
    true
}

pub(crate) struct GetMetrics;

impl Tool for GetMetrics {
    const NAME: &'static str = "get_metrics";
    const ACTIONS: &'static [&'static str] = &["cloudwatch:GetMetricData"];
    const SHOWN_BYTES: usize = 10 * 1024;
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        let asked: usize = args.metrics.iter().map(|metric| metric.statistics.len()).sum();
        if asked == 0 {
            return Err("metrics needs at least one metric with at least one statistic".to_owned());
        }
        if asked > LIMIT {
            return Err(format!("{asked} statistics are asked for, and one call gives {LIMIT} at most"));
        }
        if let Some(period) = args.period_s.filter(|period| *period == 0 || period % 60 != 0) {
            return Err(format!("period_s {period} is no multiple of 60"));
        }
        window::fill(&mut args.start, &mut args.end, scope)?;
        let span = window::of(args.start, args.end, scope);
        args.period_s = Some(query::period(compared(span, args.baseline, scope), args.period_s, scope.now));
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let span = window::of(args.start, args.end, scope);
        Command::new("cloudwatch", "get-metric-data")
            .option("metric-data-queries", queries(args).to_string())
            .option("start-time", span.start.to_string())
            .option("end-time", span.end.to_string())
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let span = window::of(args.start, args.end, context.scope);
        let baseline = args.baseline.then(|| window::baseline(span, context.scope));
        let period_s = args.period_s.unwrap_or(60);
        let series = query::read(context.clients, &wanted(args), span, baseline, period_s).await?;
        let correlations = correlation::of(&series);
        let text = rendered(&series, &correlations, span, baseline);
        let found = series.iter().any(|one| one.window.points > 0 || one.baseline.is_some_and(|base| base.points > 0));
        let facts = Facts::Metrics(Metrics { window: span, baseline, series, correlations });
        Ok(Findings { found, facts, text })
    }
}

/// The span that decides how long points are kept: a window whose baseline is a day older needs both to be there. The
/// length stays the window's.
fn compared(span: Window, with_baseline: bool, scope: &Scope) -> Window {
    if with_baseline { window::baseline(span, scope) } else { span }
}

fn wanted(args: &Args) -> Vec<Wanted> {
    let of = |asked: &Asked| {
        let metric = MetricId {
            namespace: asked.namespace.clone(),
            name: asked.name.clone(),
            dimensions: asked.dimensions.clone(),
        };
        let statistics = asked.statistics.clone().into_iter();
        statistics.map(move |statistic| Wanted { metric: metric.clone(), statistic }).collect::<Vec<_>>()
    };
    args.metrics.iter().flat_map(of).collect()
}

fn queries(args: &Args) -> Value {
    let query = |(place, wanted): (usize, Wanted)| {
        let dimensions: Vec<Value> =
            wanted.metric.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        let metric = json!({
            "Namespace": wanted.metric.namespace, "MetricName": wanted.metric.name, "Dimensions": dimensions
        });
        json!({
            "Id": format!("q{place}"),
            "MetricStat": {"Metric": metric, "Period": args.period_s.unwrap_or(60), "Stat": wanted.statistic}
        })
    };
    Value::Array(wanted(args).into_iter().enumerate().map(query).collect())
}

fn rendered(series: &[Series], correlations: &[Correlation], span: Window, baseline: Option<Window>) -> String {
    let mut text = format!("window: {span}\n");
    if let Some(baseline) = baseline {
        text.push_str(&format!("baseline: {baseline}\n"));
    }
    // Before the points, which are cut first where the text is long.
    for sentence in correlations.iter().filter_map(|pair| correlation::sentence(pair, series)) {
        text.push_str(&format!("{sentence}\n"));
    }
    text + &text::all(series, span)
}
