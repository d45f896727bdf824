//! A REST API of API Gateway: its own metrics. The functions behind it are subjects of their own, where they are known.

use marple_agent::ports::PlannedCall;
use serde_json::json;

use super::{call, metric};

pub(super) fn plan(api: &str) -> Vec<PlannedCall> {
    let of = |name, statistics| metric("AWS/ApiGateway", name, ("ApiName", api), statistics);
    let metrics = [
        of("Count", &["Sum"]),
        of("4XXError", &["Sum"]),
        of("5XXError", &["Sum"]),
        of("Latency", &["Average", "Maximum"]),
        of("IntegrationLatency", &["Average", "Maximum"]),
    ];
    vec![call("get_metrics", json!({"metrics": metrics}))]
}
