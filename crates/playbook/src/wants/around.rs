//! What every investigation of a service, a load balancer or a database needs, as far as the opening has not brought it.

use marple_agent::ports::PlannedCall;
use marple_case::{Facts, ResourceKind, facts::ShownValue};
use serde_json::{Value, json};

use super::call;
use crate::reading::{Case, failure::host_of, subject::SubjectKind, workload::ImageName};

/// The calls.
pub(super) fn ground(case: &Case<'_>) -> Vec<PlannedCall> {
    let mut wants = match case.kind {
        SubjectKind::Service => of_service(case),
        SubjectKind::LoadBalancer => vec![balancer(case), call("describe_service", json!({}))],
        SubjectKind::Database => case.subject.iter().map(|id| call("describe_database", json!({"id": id}))).collect(),
        SubjectKind::Function => Vec::new(),
    };
    let asked = |tool: &str| case.evidence.iter().any(|evidence| evidence.tool == tool);
    if case.changes.is_empty() && !asked("list_changes") {
        wants.push(call("list_changes", json!({})));
    }
    wants
}

fn of_service(case: &Case<'_>) -> Vec<PlannedCall> {
    let mut wants = Vec::new();
    let Some(name) = &case.subject else { return wants };
    let workload = &case.workload;
    let asked = |tool: &str| case.evidence.iter().any(|evidence| evidence.tool == tool);
    let Some(service) = workload.service else {
        return vec![call("describe_service", json!({"service": name})), call("list_tasks", json!({"service": name}))];
    };
    // A list of services is brief; asked for alone, one is described whole.
    if matches!(&service.evidence.facts, Facts::Services(all) if all.len() > 1) {
        wants.push(call("describe_service", json!({"service": name, "cluster": service.fact.cluster})));
    }
    if workload.tasks.is_empty() && !asked("list_tasks") {
        wants.push(call("list_tasks", json!({"service": name, "cluster": service.fact.cluster})));
    }
    if workload.current().is_none() {
        wants.push(call("describe_task_definition", json!({"task_definition": service.fact.task_definition})));
    }
    if workload.balancers.is_empty() && !service.fact.targets.is_empty() {
        wants.push(balancer(case));
    }
    if case.ecs_peak("MemoryUtilization").is_none() || case.requests().is_none() {
        wants.extend(load(case, name, &service.fact.cluster));
    }
    if case.summaries.is_empty() {
        let groups = workload.log_groups();
        wants.extend(groups.iter().take(2).map(|group| call("summarize_logs", json!({"log_group": group}))));
    }
    wants.extend(images(case));
    wants.extend(databases(case));
    if case.secrets.is_empty() && !asked("list_secrets") {
        let of_stack = service.fact.stack.as_ref().map(|stack| json!({"stack": stack}));
        wants.push(call("list_secrets", of_stack.unwrap_or_else(|| json!({}))));
    }
    wants
}

/// The load balancer in question, or the one behind the service's target group.
fn balancer(case: &Case<'_>) -> PlannedCall {
    let of = |kind: ResourceKind| case.scope.subjects.iter().find(move |subject| subject.kind == kind);
    let target = case.workload.service.and_then(|service| service.fact.targets.first());
    let arguments = match (target, of(ResourceKind::TargetGroup), of(ResourceKind::LoadBalancer)) {
        (Some(target), ..) => json!({"target_group": target.target_group_arn}),
        (None, Some(group), _) => json!({"target_group": group.name}),
        (None, None, Some(balancer)) => json!({"name": balancer.name}),
        (None, None, None) => json!({}),
    };
    call("describe_load_balancer", arguments)
}

/// Memory, CPU and requests in one reading, so that they are compared.
fn load(case: &Case<'_>, service: &str, cluster: &str) -> Option<PlannedCall> {
    let dimensions = json!({"ClusterName": cluster, "ServiceName": service});
    let of_service = |name: &str| json!({"namespace": "AWS/ECS", "name": name, "dimensions": dimensions, "statistics": ["Average", "Maximum"]});
    let mut metrics = vec![of_service("MemoryUtilization"), of_service("CPUUtilization")];
    if let (Some(balancer), Some(group)) = (case.workload.balancer(), case.workload.target_groups().first()) {
        let end = |arn: &str| arn.splitn(6, ':').nth(5).unwrap_or(arn).trim_start_matches("loadbalancer/").to_owned();
        let dimensions = json!({"LoadBalancer": end(&balancer.arn), "TargetGroup": end(&group.arn)});
        let of_group = |name: &str, statistics: Value| json!({"namespace": "AWS/ApplicationELB", "name": name, "dimensions": dimensions, "statistics": statistics});
        metrics.push(of_group("RequestCount", json!(["Sum"])));
        metrics.push(of_group("HTTPCode_Target_5XX_Count", json!(["Sum"])));
        metrics.push(of_group("TargetResponseTime", json!(["Average", "Maximum"])));
    } else if case.ecs_peak("MemoryUtilization").is_some() {
        return None;
    }
    Some(call("get_metrics", json!({"metrics": metrics})))
}

/// The repositories of the containers' images, where nobody looked.
fn images(case: &Case<'_>) -> Vec<PlannedCall> {
    let images = case.workload.containers().into_iter().map(|container| container.image.as_str());
    let unread = images.filter(|image| image.contains(".dkr.ecr.")).map(|image| ImageName::of(image).repository);
    let mut unread: Vec<&str> = unread.filter(|repository| case.workload.listing(repository).is_none()).collect();
    unread.dedup();
    unread.iter().take(2).map(|repository| call("list_images", json!({"repository": repository}))).collect()
}

/// The databases that the environment names, where nobody looked.
fn databases(case: &Case<'_>) -> Vec<PlannedCall> {
    let asked = case.evidence.iter().any(|evidence| evidence.tool == "describe_database");
    let environment = case.environment();
    let values = environment.iter().filter_map(|variable| match &variable.value {
        ShownValue::Plain(value) => Some(host_of(value)),
        ShownValue::Hidden(_) => None,
    });
    let hosts = values.filter(|host| host.ends_with(".rds.amazonaws.com") && !asked);
    hosts.take(1).map(|host| call("describe_database", json!({"id": host}))).collect()
}
