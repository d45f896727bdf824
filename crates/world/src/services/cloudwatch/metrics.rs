//! ListMetrics.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{dimensions_json, invalid_token, validation};
use crate::World;
use crate::metrics::{MetricId, Metrics};
use crate::page::page;
use crate::services::{ApiError, read_input};

const HOUR_MS: i64 = 3_600_000;
/// A metric is listed for two weeks after its last data point.
const LISTED_MS: i64 = 14 * 24 * HOUR_MS;
/// `RecentlyActive`: PT3H.
const RECENT_MS: i64 = 3 * HOUR_MS;
/// Metrics of a page.
const PAGE: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListMetrics {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<DimensionFilter>,
    recently_active: Option<String>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DimensionFilter {
    name: String,
    value: Option<String>,
}

pub(super) fn list(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: ListMetrics = read_input(input)?;
    let metrics = Metrics::of(world)?;
    let span = match request.recently_active.as_deref() {
        None => LISTED_MS,
        Some("PT3H") => RECENT_MS,
        Some(_) => return Err(validation("RecentlyActive has to be PT3H.")),
    };
    let has = |metric: &MetricId, filter: &DimensionFilter| {
        let is = |(name, value): &(String, String)| {
            *name == filter.name && filter.value.as_ref().is_none_or(|wanted| value == wanted)
        };
        metric.dimensions.iter().any(is)
    };
    let mut found = metrics.active_since(metrics.now - span);
    found.retain(|metric| {
        request.namespace.as_ref().is_none_or(|namespace| *namespace == metric.namespace)
            && request.metric_name.as_ref().is_none_or(|name| *name == metric.name)
            && request.dimensions.iter().all(|filter| has(metric, filter))
    });
    let list = format!("metrics {:?} {:?} {:?} {span}", request.namespace, request.metric_name, request.dimensions);
    let page = page(found, PAGE, request.next_token.as_deref(), &list).map_err(|_| invalid_token())?;
    let entry = |metric: &MetricId| json!({ "Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions_json(metric) });
    let mut answer = json!({ "Metrics": page.items.iter().map(entry).collect::<Vec<_>>() });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.insert("NextToken".to_owned(), json!(next));
    }
    Ok(answer)
}
