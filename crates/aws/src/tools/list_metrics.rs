//! `list_metrics`: which metrics there are.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::DimensionFilter;
use marple_case::{Facts, Scope, facts::MetricId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    alarms::metric_id,
    fault::{Asked, Fault},
    text::Command,
    tool::{Context, Findings, Tool},
};

/// Metrics that are listed at most.
const LIMIT: usize = 1_000;

/// Lists CloudWatch metrics by namespace, name and dimensions. Use it when the dimensions of a metric are not known, or to
/// find a program's own metrics. A metric without a data point in the last two weeks is not listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// AWS/Lambda, AWS/RDS, or a program's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// The metric's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Dimensions that the metrics have, name to value; an empty value stands for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<BTreeMap<String, String>>,
}

pub(crate) struct ListMetrics;

impl Tool for ListMetrics {
    const NAME: &'static str = "list_metrics";
    const ACTIONS: &'static [&'static str] = &["cloudwatch:ListMetrics"];
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        match &args.dimensions {
            Some(dimensions) if dimensions.len() > 10 => Err("dimensions takes 10 dimensions at most".to_owned()),
            _ => Ok(()),
        }
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let dimensions: Vec<String> =
            args.dimensions.iter().flatten().map(|(name, value)| shorthand(name, value)).collect();
        Command::new("cloudwatch", "list-metrics")
            .option_if("namespace", args.namespace.as_ref())
            .option_if("metric-name", args.name.as_ref())
            .options("dimensions", dimensions.iter().map(String::as_str))
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let (metrics, complete) = read(args, context).await?;
        let looked_for = looked_for(args);
        if metrics.is_empty() {
            let region = &context.scope.region;
            return Ok(Findings::nothing(format!(
                "no metric {looked_for} in {region} with data in the last two weeks"
            )));
        }
        let mut text = format!("metrics {looked_for}: {}\n", metrics.len());
        for metric in &metrics {
            text.push_str(&format!("{metric}\n"));
        }
        if !complete {
            text.push_str(&format!("[there are more than {LIMIT}: narrow the search]\n"));
        }
        Ok(Findings::found(Facts::MetricList(metrics), text))
    }
}

async fn read(args: &Args, context: Context<'_>) -> Result<(Vec<MetricId>, bool), Fault> {
    let filters = args.dimensions.as_ref().map(|dimensions| dimensions.iter().map(filter).collect::<Vec<_>>());
    let mut metrics = Vec::new();
    let mut token = None;
    loop {
        let page = context
            .clients
            .cloudwatch()
            .list_metrics()
            .set_namespace(args.namespace.clone())
            .set_metric_name(args.name.clone())
            .set_dimensions(filters.clone())
            .set_next_token(token)
            .send()
            .await
            .asked("cloudwatch:ListMetrics")?;
        let read = page
            .metrics()
            .iter()
            .filter_map(|metric| Some(metric_id(metric.namespace(), metric.metric_name()?, metric.dimensions())));
        metrics.extend(read);
        token = page.next_token;
        if token.is_none() || metrics.len() >= LIMIT {
            metrics.sort();
            return Ok((metrics, token.is_none()));
        }
    }
}

fn filter((name, value): (&String, &String)) -> DimensionFilter {
    DimensionFilter::builder().name(name).set_value((!value.is_empty()).then(|| value.clone())).build()
}

fn shorthand(name: &str, value: &str) -> String {
    if value.is_empty() { format!("Name={name}") } else { format!("Name={name},Value={value}") }
}

fn looked_for(args: &Args) -> String {
    let mut parts = Vec::new();
    parts.extend(args.namespace.as_ref().map(|namespace| format!("of namespace {namespace}")));
    parts.extend(args.name.as_ref().map(|name| format!("named {name}")));
    let dimensions = args.dimensions.iter().flatten();
    parts.extend(dimensions.map(|(name, value)| format!("with {name}={}", if value.is_empty() { "*" } else { value })));
    if parts.is_empty() { "of all namespaces".to_owned() } else { parts.join(" ") }
}
