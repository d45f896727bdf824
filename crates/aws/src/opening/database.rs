//! An RDS or Aurora database: itself, with its load and events, the stack that owns it, and who is configured with its endpoint:
//! functions by their environment, services by that of their task definitions.

use std::sync::Arc;

use jiff::SignedDuration;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, ResourceKind, ResourceRef, Scope,
    facts::{Database, EnvironmentVariable, Function, Service, ShownValue, TaskDefinition},
};
use serde_json::json;

use super::{alarms, call, ecs, full_hour, lambda, metric};
use crate::window::later;

/// How far back the disk is looked at: it fills slowly.
const DISK_HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Services whose task definitions are read to see whether they use the database.
const CANDIDATES: usize = 4;
/// Functions and services that use it and are followed, of each.
const USERS: usize = 1;

pub(super) fn plan(id: &str, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let mut plan = vec![
        call("describe_database", json!({"id": id})),
        call("describe_stack", json!({"resource": id})),
        call("get_function", json!({})),
        call("describe_service", json!({})),
    ];
    plan.extend(disk(id, scope, evidence));
    let hosts = hosts(id, evidence);
    if hosts.is_empty() {
        return plan;
    }
    let functions = functions(evidence).filter(|function| names_one(&function.environment, &hosts));
    let functions = super::neighbours::distinct(functions.map(|function| function.name.clone()));
    plan.extend(functions.iter().take(USERS).flat_map(|name| lambda::plan(name, scope, evidence)));
    let services: Vec<&Service> = services(evidence);
    let revision =
        |service: &&Service| call("describe_task_definition", json!({"task_definition": service.task_definition}));
    plan.extend(services.iter().take(CANDIDATES).map(revision));
    let uses = |service: &&&Service| {
        let of_service = revisions(evidence).find(|revision| revision.name() == service.task_definition);
        of_service.is_some_and(|one| one.containers.iter().any(|container| names_one(&container.environment, &hosts)))
    };
    let users = services
        .iter()
        .filter(uses)
        .take(USERS)
        .map(|service| ResourceRef::with_arn(ResourceKind::EcsService, &service.name, &service.arn));
    plan.extend(users.flat_map(|service| ecs::plan(&service, scope, evidence)));
    plan
}

/// Where the disk runs full: when that began, which may be weeks ago, and what takes the room (logs that a replication slot holds back).
fn disk(id: &str, scope: &Scope, evidence: &[Arc<Evidence>]) -> Option<PlannedCall> {
    const METRICS: [(&str, &str); 5] = [
        ("FreeStorageSpace", "Minimum"),
        ("TransactionLogsDiskUsage", "Maximum"),
        ("ReplicationSlotDiskUsage", "Maximum"),
        ("OldestReplicationSlotLag", "Maximum"),
        ("BinLogDiskUsage", "Maximum"),
    ];
    let watched = alarms(evidence).filter(|alarm| scope.alarm.as_ref() == Some(&alarm.name));
    let mut metrics = watched.flat_map(|alarm| &alarm.condition).flat_map(|condition| &condition.metrics);
    let database = databases(evidence).find(|database| database.id == id)?;
    let is_full = database.status == "storage-full";
    let in_question = is_full || metrics.any(|metric| metric.name == "FreeStorageSpace");
    if !in_question || database.kind != ResourceKind::DbInstance {
        return None;
    }
    let of = |(name, statistic): (&str, &str)| metric("AWS/RDS", name, ("DBInstanceIdentifier", id), &[statistic]);
    let start = full_hour(later(scope.window.start, -DISK_HISTORY));
    let arguments = json!({
        "metrics": METRICS.map(of), "start": start, "end": scope.window.end, "period_s": 3600, "baseline": false,
    });
    Some(call("get_metrics", arguments))
}

fn databases(evidence: &[Arc<Evidence>]) -> impl Iterator<Item = &Database> {
    evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Databases(databases) => databases.databases.as_slice(),
        _ => &[],
    })
}

/// The host names of the database's endpoints; of an instance also those of its cluster, through which clients reach it.
fn hosts(id: &str, evidence: &[Arc<Evidence>]) -> Vec<String> {
    let is_meant = |database: &&Database| database.id == id || database.members.iter().any(|member| member == id);
    let endpoints = databases(evidence).filter(is_meant).flat_map(|one| [&one.endpoint, &one.reader_endpoint]);
    endpoints.flatten().cloned().collect()
}

fn names_one(environment: &[EnvironmentVariable], hosts: &[String]) -> bool {
    environment.iter().any(|variable| match &variable.value {
        ShownValue::Plain(value) => hosts.iter().any(|host| value.contains(host.as_str())),
        ShownValue::Hidden(_) => false,
    })
}

fn functions(evidence: &[Arc<Evidence>]) -> impl Iterator<Item = &Function> {
    evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Functions(functions) => functions.as_slice(),
        _ => &[],
    })
}

/// The services, each once.
fn services(evidence: &[Arc<Evidence>]) -> Vec<&Service> {
    let all = evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Services(services) => services.as_slice(),
        _ => &[],
    });
    let mut distinct: Vec<&Service> = Vec::new();
    for service in all {
        if !distinct.iter().any(|known| known.arn == service.arn) {
            distinct.push(service);
        }
    }
    distinct
}

fn revisions(evidence: &[Arc<Evidence>]) -> impl Iterator<Item = &TaskDefinition> {
    evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::TaskDefinitions(revisions) => revisions.as_slice(),
        _ => &[],
    })
}
