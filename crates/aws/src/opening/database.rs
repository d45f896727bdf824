//! An RDS or Aurora database: itself, with its load and events, and the stack that owns it.

use marple_agent::ports::PlannedCall;
use serde_json::json;

use super::call;

pub(super) fn plan(id: &str) -> Vec<PlannedCall> {
    vec![call("describe_database", json!({"id": id})), call("describe_stack", json!({"resource": id}))]
}
