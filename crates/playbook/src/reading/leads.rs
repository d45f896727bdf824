//! Who is meant by an alarm on a queue, where its name alone does not tell: the service whose settings name that queue; where the settings
//! that could are hidden, the only listed service whose log has new errors.

use std::sync::Arc;

use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, Scope,
    facts::{Alarm, Service, ShownValue, TaskDefinition},
};
use serde_json::json;

use super::{Case, Seen, subject::SubjectKind, workload::family_of};
use crate::wants::call;

/// Services whose settings are read to find who uses a queue.
const MOST: usize = 6;

/// The queue that an alarm watches.
fn queue<'c>(scope: &Scope, alarms: &'c [Seen<'_, Alarm>]) -> Option<&'c str> {
    let alarm = alarms.iter().find(|alarm| Some(&alarm.name) == scope.alarm.as_ref())?;
    let metrics = &alarm.fact.condition.as_ref()?.metrics;
    metrics.iter().find(|metric| metric.namespace == "AWS/SQS")?.dimensions.get("QueueName").map(String::as_str)
}

/// The only service one of whose containers is given a queue's name or address.
pub(super) fn uses_queue(
    scope: &Scope,
    alarms: &[Seen<'_, Alarm>],
    evidence: &[Arc<Evidence>],
    services: &[&Service],
) -> Option<(SubjectKind, String)> {
    let queue = queue(scope, alarms)?;
    let given = definitions(evidence).filter(|definition| is_given(definition, queue));
    let mut families: Vec<&str> = given.map(|one| one.family.as_str()).collect();
    if families.is_empty() {
        let troubled = definitions(evidence).filter(|definition| has_new_errors(definition, evidence));
        families = troubled.map(|one| one.family.as_str()).collect();
    }
    families.sort_unstable();
    families.dedup();
    let [family] = families.as_slice() else { return None };
    let service = services.iter().find(|service| family_of(&service.task_definition) == *family)?;
    Some((SubjectKind::Service, service.name.clone()))
}

fn definitions(evidence: &[Arc<Evidence>]) -> impl Iterator<Item = &TaskDefinition> {
    evidence.iter().flat_map(|evidence| match &evidence.facts {
        Facts::TaskDefinitions(definitions) => definitions.as_slice(),
        _ => &[],
    })
}

/// Whether the log of a container holds lines that speak of errors, and whose like the baseline does not hold.
fn has_new_errors(definition: &TaskDefinition, evidence: &[Arc<Evidence>]) -> bool {
    let is_own = |group: &String| definition.containers.iter().any(|one| one.log_group.as_ref() == Some(group));
    evidence.iter().any(|evidence| match &evidence.facts {
        Facts::LogSummary(summary) if is_own(&summary.log_group) => {
            summary.templates.iter().any(|line| line.is_error && line.count > 0 && line.baseline_count == 0)
        }
        _ => false,
    })
}

/// Whether a container's environment names a queue, alone or at the end of its address.
fn is_given(definition: &TaskDefinition, queue: &str) -> bool {
    let names = |value: &str| {
        let end = value.split(['?', '#']).next().unwrap_or(value);
        end == queue || end.strip_suffix(queue).is_some_and(|head| head.ends_with(['/', ':']))
    };
    definition
        .containers
        .iter()
        .flat_map(|container| &container.environment)
        .any(|variable| matches!(&variable.value, ShownValue::Plain(value) if names(value)))
}

/// The settings of the services that were listed, and then their logs, where the alarm watches a queue that nobody is known to use.
pub(crate) fn users_of_queue(case: &Case<'_>) -> Vec<PlannedCall> {
    if case.subject.is_some() || queue(case.scope, &case.alarms).is_none() {
        return Vec::new();
    }
    let services = case.evidence.iter().flat_map(|evidence| match &evidence.facts {
        Facts::Services(services) => services.as_slice(),
        _ => &[],
    });
    let mut revisions: Vec<&str> = services.map(|service| service.task_definition.as_str()).collect();
    revisions.dedup();
    if revisions.len() > MOST {
        return Vec::new();
    }
    let known = |revision: &str| definitions(case.evidence).any(|definition| definition.name() == revision);
    if revisions.iter().all(|revision| known(revision)) {
        // Their settings do not tell: their logs may.
        let own = definitions(case.evidence).filter(|definition| revisions.contains(&definition.name().as_str()));
        let groups = own.flat_map(|definition| &definition.containers).filter_map(|one| one.log_group.as_ref());
        return groups.map(|group| call("summarize_logs", json!({"log_group": group}))).collect();
    }
    revisions
        .into_iter()
        .map(|revision| call("describe_task_definition", json!({"task_definition": revision})))
        .collect()
}
