//! A Lambda function: itself, its metrics, logs and code; then what it is configured with and what owns it.

use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, ResourceKind,
    facts::{Function, ShownValue, Stack},
};
use serde_json::{Value, json};

use super::{call, metric};

/// Hosts of RDS end so, in every region.
const RDS_HOSTS: [&str; 2] = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"];
/// Databases and queues that are followed.
const NEIGHBOURS: usize = 3;

pub(super) fn plan(function: &str, evidence: &[Evidence]) -> Vec<PlannedCall> {
    let mut plan = vec![
        call("get_function", json!({"function": function})),
        call("get_metrics", json!({"metrics": metrics(function)})),
        call("summarize_logs", json!({"log_group": default_log_group(function)})),
        call("read_function_code", json!({"function": function})),
    ];
    if let Some(found) = described(function, evidence) {
        plan.extend(around(found, evidence));
    }
    plan
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

fn described<'a>(function: &str, evidence: &'a [Evidence]) -> Option<&'a Function> {
    let of = |taken: &'a Evidence| match &taken.facts {
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
fn around(function: &Function, evidence: &[Evidence]) -> Vec<PlannedCall> {
    let mut plan = Vec::new();
    if function.log_group != default_log_group(&function.name) {
        plan.push(call("summarize_logs", json!({"log_group": function.log_group})));
    }
    let hosts = database_hosts(function);
    plan.extend(hosts.iter().map(|host| call("describe_database", json!({"id": host}))));
    if let Some(stack) = &function.stack {
        plan.push(call("describe_stack", json!({"stack": stack})));
        plan.push(call("list_stack_events", json!({"stack": stack})));
        plan.push(call("list_secrets", json!({"stack": stack})));
        plan.extend(stack_databases(stack, &hosts, evidence));
    }
    plan.extend(secrets(function).iter().map(|name| call("list_secrets", json!({"prefix": name}))));
    plan.extend(queues(function));
    plan
}

/// The names of the secrets whose ARNs environment variables hold. An ARN ends in the name, a hyphen and six characters.
fn secrets(function: &Function) -> Vec<String> {
    let arn = |value: &ShownValue| match value {
        ShownValue::Plain(value) => value.split_once(":secret:").filter(|_| value.starts_with("arn:")).map(|(_, end)| end.to_owned()),
        ShownValue::Hidden(_) => None,
    };
    let mut names: Vec<String> = Vec::new();
    for end in function.environment.iter().filter_map(|variable| arn(&variable.value)) {
        let end = end.split(':').next().unwrap_or_default();
        let name = end.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 6).map_or(end, |(name, _)| name);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.truncate(NEIGHBOURS);
    names
}

/// The hosts of databases that environment variables name.
fn database_hosts(function: &Function) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for variable in &function.environment {
        let ShownValue::Plain(value) = &variable.value else { continue };
        let words = value.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '-'));
        for host in words.filter(|word| RDS_HOSTS.iter().any(|end| word.ends_with(end))) {
            if !hosts.iter().any(|known| known == host) {
                hosts.push(host.to_owned());
            }
        }
    }
    hosts.truncate(NEIGHBOURS);
    hosts
}

/// The databases of the function's stack: its clusters, or its instances if it has no cluster. Those that a host already names
/// are left out: the host's first label is the identifier.
fn stack_databases(stack: &str, hosts: &[String], evidence: &[Evidence]) -> Vec<PlannedCall> {
    let stacks = evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Stacks(stacks) => stacks.as_slice(),
        _ => &[],
    });
    let Some(owner) = stacks.into_iter().find(|one: &&Stack| one.name == stack && !one.resources.is_empty()) else {
        return Vec::new();
    };
    let of_kind = |kind: ResourceKind| -> Vec<String> {
        let resources = owner.resources.iter().map(|resource| resource.resource());
        resources.filter(|resource| resource.kind == kind).map(|resource| resource.name).collect()
    };
    let clusters = of_kind(ResourceKind::DbCluster);
    let databases = if clusters.is_empty() { of_kind(ResourceKind::DbInstance) } else { clusters };
    let is_named = |id: &String| hosts.iter().any(|host| host.split('.').next() == Some(id.as_str()));
    let others = databases.iter().filter(|id| !is_named(id)).take(NEIGHBOURS);
    others.map(|id| call("describe_database", json!({"id": id}))).collect()
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
