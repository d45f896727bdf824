//! The opening: which calls collect the first evidence, before any model is asked. Pure.
//!
//! A wave is all that scope and evidence call for; the toolbox leaves out what has been asked. So the first wave follows
//! from the scope, the next ones from what was found, and the opening ends where the evidence leads nowhere new. Only the
//! subjects' own neighbours are followed, never theirs: the number of calls is bounded.
//!
//! One file a kind of subject. A kind without a file of its own is looked at through its alarm, its stack and the changes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, ResourceKind, ResourceRef, Scope,
    facts::{Alarm, AlarmState, AlarmTransition, MetricId},
};
use serde_json::{Value, json};

use crate::window::later;

mod api;
mod database;
mod ecs;
mod lambda;
mod load_balancer;
mod neighbours;
mod survey;

/// How far back earlier episodes of the alarm are looked at.
const RECURRENCE: SignedDuration = SignedDuration::from_hours(72);
/// Subjects that are followed.
const SUBJECTS: usize = 4;

/// What scope and evidence call for, the most telling first; includes what has been asked already.
pub(crate) fn next_wave(scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let mut plan = Vec::new();
    if let Some(alarm) = &scope.alarm {
        plan.push(call("describe_alarms", json!({"names": [alarm]})));
    }
    for subject in scope.subjects.iter().take(SUBJECTS) {
        plan.extend(of_subject(subject, scope, evidence));
    }
    if !runs_anything(scope) {
        plan.extend(survey::plan(scope, evidence));
    }
    plan.push(call("list_changes", json!({})));
    plan.extend(alarm_metrics(scope, evidence));
    plan.extend(recurrence(scope, evidence));
    plan
}

fn of_subject(subject: &ResourceRef, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    match subject.kind {
        ResourceKind::LambdaFunction => lambda::plan(&subject.name, scope, evidence),
        ResourceKind::DbCluster | ResourceKind::DbInstance => database::plan(&subject.name, scope, evidence),
        ResourceKind::EcsService => ecs::plan(subject, scope, evidence),
        ResourceKind::EcsCluster if ecs::has_service(scope) => Vec::new(),
        ResourceKind::EcsCluster => ecs::cluster(&subject.name),
        ResourceKind::LoadBalancer | ResourceKind::TargetGroup => load_balancer::plan(subject, scope),
        ResourceKind::RestApi => api::plan(&subject.name),
        ResourceKind::LogGroup => match subject.name.strip_prefix("/aws/lambda/") {
            Some(function) => lambda::plan(function, scope, evidence),
            None => vec![call("summarize_logs", json!({"log_group": subject.name}))],
        },
        // A queue's plan is its function's, which reads the queue's metrics; the stack is known by the function, too.
        ResourceKind::Queue if has_function(scope) => Vec::new(),
        _ => vec![call("describe_stack", json!({"resource": subject.name}))],
    }
}

fn has_function(scope: &Scope) -> bool {
    scope.subjects.iter().any(|subject| subject.kind == ResourceKind::LambdaFunction)
}

/// Whether a subject is something that runs, or what it runs behind or writes to; a topic, a rule or a role alone leads nowhere.
fn runs_anything(scope: &Scope) -> bool {
    let leads = |kind| {
        !matches!(
            kind,
            ResourceKind::RestApi
                | ResourceKind::Queue
                | ResourceKind::Topic
                | ResourceKind::Table
                | ResourceKind::Bucket
                | ResourceKind::IamRole
                | ResourceKind::Other
        )
    };
    scope.subjects.iter().any(|subject| leads(subject.kind))
}

/// The metrics that the alarm watches, where no subject's own plan reads them.
fn alarm_metrics(scope: &Scope, evidence: &[Arc<Evidence>]) -> Option<PlannedCall> {
    let alarm = alarms(evidence).find(|alarm| scope.alarm.as_ref() == Some(&alarm.name))?;
    let condition = alarm.condition.as_ref()?;
    let is_read = |metric: &MetricId| match metric.namespace.as_str() {
        "AWS/Lambda" => metric.dimensions.keys().eq(["FunctionName"]),
        "AWS/ApiGateway" => metric.dimensions.keys().eq(["ApiName"]),
        "AWS/ECS" => metric.dimensions.keys().eq(["ClusterName", "ServiceName"]),
        "AWS/ApplicationELB" => ecs::has_service(scope) && ecs::reads(&metric.name),
        _ => false,
    };
    let unread = condition.metrics.iter().filter(|metric| !is_read(metric));
    let metrics: Vec<Value> = unread.map(|metric| asked(metric, &condition.statistic)).collect();
    (!metrics.is_empty()).then(|| call("get_metrics", json!({"metrics": metrics})))
}

/// The alarm's metrics over the days before, where the alarm fired then too: whether it comes back, and at which times.
fn recurrence(scope: &Scope, evidence: &[Arc<Evidence>]) -> Option<PlannedCall> {
    let alarm = alarms(evidence).find(|alarm| scope.alarm.as_ref() == Some(&alarm.name))?;
    let condition = alarm.condition.as_ref()?;
    let since = later(scope.window.start, -RECURRENCE);
    let earlier = |transition: &&AlarmTransition| {
        transition.to == AlarmState::Alarm && since <= transition.at && transition.at < scope.window.start
    };
    let first = alarm.transitions.iter().find(earlier)?;
    let span = SignedDuration::from_secs(i64::from(condition.period_s) * i64::from(condition.evaluation_periods));
    let metrics: Vec<Value> = condition.metrics.iter().map(|metric| asked(metric, &condition.statistic)).collect();
    let start = full_hour(later(first.at, -(span + SignedDuration::from_hours(1))));
    Some(call("get_metrics", json!({"metrics": metrics, "start": start, "end": scope.window.end, "baseline": false})))
}

/// The full hour before: CloudWatch aligns its periods with the start.
fn full_hour(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(3_600) * 3_600).unwrap_or(at)
}

fn asked(metric: &MetricId, statistic: &str) -> Value {
    json!({
        "namespace": metric.namespace, "name": metric.name, "dimensions": metric.dimensions, "statistics": [statistic]
    })
}

fn alarms(evidence: &[Arc<Evidence>]) -> impl Iterator<Item = &Alarm> {
    evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Alarms(alarms) => alarms.as_slice(),
        _ => &[],
    })
}

fn call(tool: &str, arguments: Value) -> PlannedCall {
    PlannedCall { tool: tool.to_owned(), arguments }
}

/// A metric as `get_metrics` is asked for it.
fn metric(namespace: &str, name: &str, dimension: (&str, &str), statistics: &[&str]) -> Value {
    metric_of(namespace, name, &[dimension], statistics)
}

/// The same with several dimensions.
fn metric_of(namespace: &str, name: &str, dimensions: &[(&str, &str)], statistics: &[&str]) -> Value {
    let dimensions: serde_json::Map<String, Value> =
        dimensions.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    json!({"namespace": namespace, "name": name, "dimensions": dimensions, "statistics": statistics})
}

#[cfg(test)]
mod tests;
