//! A load balancer or a target group: the load balancer with its targets. The services behind it are subjects of their own: the scope
//! follows a load balancer to them.

use marple_agent::ports::PlannedCall;
use marple_case::{ResourceKind, ResourceRef, Scope};
use serde_json::json;

use super::call;

pub(super) fn plan(subject: &ResourceRef, scope: &Scope) -> Vec<PlannedCall> {
    let id = subject.arn.as_ref().unwrap_or(&subject.name);
    if subject.kind == ResourceKind::TargetGroup {
        return vec![call("describe_load_balancer", json!({"target_group": id}))];
    }
    // An alarm on a target group names its load balancer too.
    let is_led_to = scope.subjects.iter().any(|other| other.kind == ResourceKind::TargetGroup);
    let argument = if subject.arn.is_some() { "arn" } else { "name" };
    if is_led_to { Vec::new() } else { vec![call("describe_load_balancer", json!({argument: id}))] }
}
