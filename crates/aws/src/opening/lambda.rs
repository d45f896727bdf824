//! A Lambda function: itself, its metrics, logs and code; then what it is configured with and what owns it.

use std::sync::Arc;

use jiff::SignedDuration;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, Scope,
    facts::{Function, FunctionVersion, Series},
};
use serde_json::{Value, json};

use super::{
    call, full_hour, metric,
    neighbours::{self, NEIGHBOURS, database_hosts, secrets_in, stack_databases},
};
use crate::window::later;

/// How far back a function is looked at that was not called in the baseline.
const HISTORY: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How far back a release is taken for a suspect.
const RELEASE: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn plan(function: &str, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let mut plan = vec![
        call("get_function", json!({"function": function})),
        call("get_metrics", json!({"metrics": metrics(function)})),
        call("summarize_logs", json!({"log_group": default_log_group(function)})),
        call("read_function_code", json!({"function": function})),
    ];
    if let Some(found) = described(function, evidence) {
        plan.extend(around(found, evidence));
    }
    plan.extend(history(function, scope, evidence));
    plan.extend(described(function, evidence).and_then(|found| release(found, scope)));
    plan
}

/// What the newest release changed in the code, where it is recent and the code from before is still there.
fn release(function: &Function, scope: &Scope) -> Option<PlannedCall> {
    let (new, old): (Vec<_>, Vec<_>) =
        function.versions.iter().partition(|version| version.code_sha256 == function.code_sha256);
    let released = new.iter().filter_map(|version| version.last_modified).min().or(function.last_modified)?;
    let is_recent = later(scope.window.end, -RELEASE) <= released && released <= scope.window.end;
    let number = |version: &&FunctionVersion| version.version.parse::<u64>().ok();
    let own = new.iter().filter_map(number).min().unwrap_or(u64::MAX);
    let before = old.iter().filter_map(number).filter(|before| *before < own && is_recent).max()?;
    Some(call("read_function_code", json!({"function": function.name, "compare_with": before.to_string()})))
}

/// Two weeks of invocations, errors and durations by the hour, where the baseline has no invocation to compare with: whether the function
/// ever ran well, and how often it failed before.
fn history(function: &str, scope: &Scope, evidence: &[Arc<Evidence>]) -> Option<PlannedCall> {
    let is_idle = |series: &Series| {
        let own = series.metric.dimensions.get("FunctionName").is_some_and(|name| name == function);
        own && series.metric.name == "Invocations" && series.baseline.is_some_and(|baseline| baseline.sum == 0.0)
    };
    let was_idle = evidence.iter().any(|taken| match &taken.facts {
        Facts::Metrics(metrics) if metrics.window == scope.window => metrics.series.iter().any(is_idle),
        _ => false,
    });
    let of = |name, statistics| metric("AWS/Lambda", name, ("FunctionName", function), statistics);
    let metrics = [of("Invocations", &["Sum"]), of("Errors", &["Sum"]), of("Duration", &["Maximum"])];
    let start = full_hour(later(scope.window.start, -HISTORY));
    let arguments = json!({
        "metrics": metrics, "start": start, "end": scope.window.end, "period_s": 3600, "baseline": false,
    });
    was_idle.then(|| call("get_metrics", arguments))
}

fn metrics(function: &str) -> Vec<Value> {
    let of = |name, statistics| metric("AWS/Lambda", name, ("FunctionName", function), statistics);
    vec![
        of("Invocations", &["Sum"]),
        of("Errors", &["Sum"]),
        of("Throttles", &["Sum"]),
        of("Duration", &["Average", "Maximum"]),
        of("ConcurrentExecutions", &["Maximum"]),
    ]
}

/// The log group that a function has unless another one is configured.
fn default_log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

fn described<'a>(function: &str, evidence: &'a [Arc<Evidence>]) -> Option<&'a Function> {
    let of = |taken: &'a Arc<Evidence>| match &taken.facts {
        // A list of all functions is brief: only a function alone is described whole.
        Facts::Functions(functions) => match functions.as_slice() {
            [only] if only.name == function => Some(only),
            _ => None,
        },
        _ => None,
    };
    evidence.iter().find_map(of)
}

/// What stands around the function.
fn around(function: &Function, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let mut plan = Vec::new();
    if function.log_group != default_log_group(&function.name) {
        plan.push(call("summarize_logs", json!({"log_group": function.log_group})));
    }
    let hosts = database_hosts(function.environment.iter());
    plan.extend(hosts.iter().map(|host| call("describe_database", json!({"id": host}))));
    if let Some(stack) = &function.stack {
        plan.extend(neighbours::stack(stack));
        plan.extend(stack_databases(stack, &hosts, evidence));
    }
    plan.extend(secrets_in(&function.environment).iter().map(|name| call("list_secrets", json!({"prefix": name}))));
    plan.extend(queues(function));
    plan
}

/// How full the queues are that feed the function.
fn queues(function: &Function) -> Option<PlannedCall> {
    let arns = function.event_sources.iter().filter(|source| source.arn.contains(":sqs:")).take(NEIGHBOURS);
    let metrics: Vec<Value> = arns
        .filter_map(|source| source.arn.rsplit(':').next())
        .flat_map(|queue| {
            let of = |name, statistics| metric("AWS/SQS", name, ("QueueName", queue), statistics);
            [
                of("ApproximateNumberOfMessagesVisible", &["Maximum"]),
                of("ApproximateAgeOfOldestMessage", &["Maximum"]),
                of("NumberOfMessagesSent", &["Sum"]),
            ]
        })
        .collect();
    (!metrics.is_empty()).then(|| call("get_metrics", json!({"metrics": metrics})))
}
