//! An ECS service: itself, its tasks and their load; then what it runs, what leads to it, what it is configured with and what owns it.

use std::sync::Arc;

use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, ResourceKind, ResourceRef, Scope,
    facts::{Image, LoadBalancer, Service, ServiceTarget, Task, TaskDefinition},
};
use serde_json::{Value, json};

use super::{
    call, metric, metric_of,
    neighbours::{self, NEIGHBOURS, database_hosts, distinct, secret_name, secrets_in, stack_databases},
};
use crate::{ecs::service::cluster_in, images::Reference, load_balancer::dimension};

/// Images of a repository that are listed: enough to see what a rollback could go back to.
const IMAGES: u32 = 10;

/// A service by name, ARN where it is known, and cluster where the scope knows it.
pub(super) fn plan(service: &ResourceRef, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let known = service.arn.as_deref().and_then(|arn| cluster_in(scope, arn));
    let cluster = known.or_else(|| cluster_in(scope, &service.name));
    let of = |service: &str| match &cluster {
        Some(cluster) => json!({"service": service, "cluster": cluster}),
        None => json!({"service": service}),
    };
    let mut plan = vec![call("describe_service", of(&service.name)), call("list_tasks", of(&service.name))];
    match described(&service.name, cluster.as_deref(), evidence) {
        Some(found) => plan.extend(around(found, evidence)),
        // Where the service cannot be described, its metrics may still be read.
        None => plan.extend(
            cluster
                .filter(|_| evidence.iter().any(|taken| taken.tool == "describe_service"))
                .map(|cluster| call("get_metrics", json!({"metrics": own_metrics(&service.name, &cluster)}))),
        ),
    }
    plan
}

/// All services of a cluster, and what stopped in it.
pub(super) fn cluster(name: &str) -> Vec<PlannedCall> {
    vec![
        call("describe_service", json!({"cluster": name})),
        call("list_tasks", json!({"cluster": name, "status": "stopped"})),
    ]
}

/// The service as it was described; the description that knows its stack before a line of a list.
pub(super) fn described<'a>(name: &str, cluster: Option<&str>, evidence: &'a [Arc<Evidence>]) -> Option<&'a Service> {
    let services = evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Services(services) => services.as_slice(),
        _ => &[],
    });
    let is_meant =
        |service: &&Service| service.name == name && cluster.is_none_or(|cluster| service.cluster == cluster);
    services.filter(is_meant).max_by_key(|service| service.stack.is_some())
}

fn around(service: &Service, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let revisions = revisions(service, evidence);
    let one = |name: &String| call("describe_task_definition", json!({"task_definition": name}));
    let mut plan: Vec<PlannedCall> = revisions.iter().map(one).collect();
    let unknown = |target: &&ServiceTarget| balancer_of(target, evidence).is_none();
    let by_group =
        |target: &ServiceTarget| call("describe_load_balancer", json!({"target_group": target.target_group_arn}));
    plan.extend(service.targets.iter().take(NEIGHBOURS).filter(unknown).map(by_group));
    if is_led_to(service, evidence) {
        plan.push(call("get_metrics", json!({"metrics": metrics(service, evidence)})));
    }
    plan.extend(service.stack.iter().flat_map(|stack| neighbours::stack(stack)));
    plan.extend(configured(service, &revisions, evidence));
    plan
}

/// The revisions that matter: what the service runs, its deployments', and those of tasks that failed.
fn revisions(service: &Service, evidence: &[Arc<Evidence>]) -> Vec<String> {
    let tasks = evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Tasks(tasks) => tasks.as_slice(),
        _ => &[],
    });
    let group = format!("service:{}", service.name);
    let failed = tasks.filter(|task| task.group.as_ref() == Some(&group) && has_failed(task));
    let deployed = service.deployments.iter().map(|deployment| deployment.task_definition.clone());
    let names = std::iter::once(service.task_definition.clone()).chain(deployed);
    distinct(names.chain(failed.map(|task| task.task_definition.clone())))
}

fn has_failed(task: &Task) -> bool {
    matches!(task.stop_code.as_deref(), Some("EssentialContainerExited" | "TaskFailedToStart"))
}

/// The load balancer that a target's group belongs to, as far as it was described.
fn balancer_of<'a>(target: &ServiceTarget, evidence: &'a [Arc<Evidence>]) -> Option<&'a LoadBalancer> {
    let balancers = evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::LoadBalancers(balancers) => balancers.as_slice(),
        _ => &[],
    });
    let has =
        |balancer: &&LoadBalancer| balancer.target_groups.iter().any(|group| group.arn == target.target_group_arn);
    balancers.into_iter().find(has)
}

/// Whether it is known what leads to the service, or that it will not be: then its metrics are asked for, all in one call, so that
/// they can be correlated.
fn is_led_to(service: &Service, evidence: &[Arc<Evidence>]) -> bool {
    let asked = |target: &ServiceTarget| {
        let arn = Some(target.target_group_arn.as_str());
        let by_group = |taken: &Evidence| taken.arguments.get("target_group").and_then(Value::as_str) == arn;
        evidence.iter().any(|taken| taken.tool == "describe_load_balancer" && by_group(taken))
            || balancer_of(target, evidence).is_some()
    };
    service.targets.iter().take(NEIGHBOURS).all(asked)
}

fn own_metrics(service: &str, cluster: &str) -> Vec<Value> {
    let dimensions = [("ClusterName", cluster), ("ServiceName", service)];
    let of = |name| metric_of("AWS/ECS", name, &dimensions, &["Average", "Maximum"]);
    vec![of("CPUUtilization"), of("MemoryUtilization")]
}

fn metrics(service: &Service, evidence: &[Arc<Evidence>]) -> Vec<Value> {
    let mut metrics = own_metrics(&service.name, &service.cluster);
    for target in service.targets.iter().take(NEIGHBOURS) {
        let Some(balancer) = balancer_of(target, evidence) else { continue };
        let balancer = dimension(&balancer.arn);
        let both = [("LoadBalancer", balancer), ("TargetGroup", dimension(&target.target_group_arn))];
        let of = |name, statistics| metric_of("AWS/ApplicationELB", name, &both, statistics);
        metrics.extend([
            of("RequestCount", &["Sum"]),
            of("HTTPCode_Target_5XX_Count", &["Sum"]),
            metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", ("LoadBalancer", balancer), &["Sum"]),
            of("TargetResponseTime", &["Average", "Maximum"]),
            of("UnHealthyHostCount", &["Maximum"]),
        ]);
    }
    metrics
}

/// What the revisions name: images, log groups, databases, secrets.
fn configured(service: &Service, names: &[String], evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let known: Vec<&TaskDefinition> = names.iter().filter_map(|name| revision(name, evidence)).collect();
    let containers = || known.iter().flat_map(|revision| &revision.containers);
    let mut plan = Vec::new();
    let groups = distinct(containers().filter_map(|container| container.log_group.clone()));
    plan.extend(groups.iter().map(|group| call("summarize_logs", json!({"log_group": group}))));
    plan.extend(images(containers().map(|container| container.image.as_str()), evidence));
    let hosts = database_hosts(containers().flat_map(|container| &container.environment));
    plan.extend(hosts.iter().map(|host| call("describe_database", json!({"id": host}))));
    if let Some(stack) = &service.stack {
        plan.extend(stack_databases(stack, &hosts, evidence));
    }
    let injected = containers().flat_map(|container| &container.secrets);
    let injected = injected.filter_map(|secret| secret_name(&secret.value_from).map(str::to_owned));
    let named = containers().flat_map(|container| secrets_in(&container.environment));
    let waits = service.stack.is_some() && !evidence.iter().any(|taken| taken.tool == "list_secrets");
    let secrets = distinct(injected.chain(named).filter(|name| !waits && !is_listed(name, evidence)));
    plan.extend(secrets.iter().map(|name| call("list_secrets", json!({"prefix": name}))));
    plan
}

fn revision<'a>(name: &str, evidence: &'a [Arc<Evidence>]) -> Option<&'a TaskDefinition> {
    let revisions = evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::TaskDefinitions(revisions) => revisions.as_slice(),
        _ => &[],
    });
    revisions.into_iter().find(|revision| revision.name() == name)
}

/// The repositories of the images and, where a list of one does not show the image that is meant, that image.
fn images<'a>(named: impl Iterator<Item = &'a str>, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let listed: Vec<&Image> = evidence
        .iter()
        .flat_map(|taken| match &taken.facts {
            Facts::Images(images) => images.images.as_slice(),
            _ => &[],
        })
        .collect();
    let mut plan = Vec::new();
    for image in distinct(named.map(str::to_owned)) {
        let reference = Reference::parse(&image);
        if reference.registry().is_none() {
            continue;
        }
        let host = reference.host.as_deref().unwrap_or_default();
        let repository = format!("{host}/{}", reference.repository);
        plan.push(call("list_images", json!({"repository": repository, "limit": IMAGES})));
        let of_repository = || listed.iter().filter(|one| one.repository == reference.repository);
        let is_meant = |one: &&&Image| match (&reference.digest, &reference.tag) {
            (Some(digest), _) => one.digest == *digest,
            (None, Some(tag)) => one.tags.contains(tag),
            (None, None) => true,
        };
        if of_repository().next().is_some() && !of_repository().any(|one| is_meant(&one)) {
            plan.push(call("list_images", json!({"repository": image})));
        }
    }
    plan
}

fn is_listed(secret: &str, evidence: &[Arc<Evidence>]) -> bool {
    evidence.iter().any(|taken| match &taken.facts {
        Facts::Secrets(secrets) => secrets.iter().any(|one| one.name == secret),
        _ => false,
    })
}

/// Whether the scope has a service of its own, so that its cluster is no more than a place.
pub(super) fn has_service(scope: &Scope) -> bool {
    scope.subjects.iter().any(|subject| subject.kind == ResourceKind::EcsService)
}

/// Whether a service's own plan reads this metric of its load balancer.
pub(super) fn reads(metric: &str) -> bool {
    ["RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "TargetResponseTime", "UnHealthyHostCount"]
        .contains(&metric)
}
