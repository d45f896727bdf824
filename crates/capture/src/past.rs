//! What changed after the investigation, taken back as far as the account still tells: a world shows one moment.
//!
//! Alarms have the state that their history gives them; times later than now are left out; a task that has stopped since was running. A
//! setting that was changed since cannot be taken back: the report of a capture names the evidence that reads otherwise now.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::world::World;

const ALARMS: &str = "world/cloudwatch/alarms.json";
const HISTORY: &str = "world/cloudwatch/alarm-history.json";

/// Times that tell of what has happened to a thing since, by file and list: those later than now are left out.
const LATER: [(&str, &str, &[&str]); 4] = [
    ("world/ecs/task-definitions.json", "taskDefinitions", &["/taskDefinition/deregisteredAt"]),
    ("world/ecr/images.json", "imageDetails", &["/lastRecordedPullTime"]),
    ("world/secretsmanager/secrets.json", "SecretList", &["/LastAccessedDate"]),
    ("world/cloudformation/stacks.json", "Stacks", &["/LastUpdatedTime", "/DeletionTime"]),
];

/// Takes the world back to `now`.
pub(crate) fn as_of(world: &mut World, now: Timestamp) {
    let history = world.items(HISTORY, "AlarmHistoryItems").to_vec();
    for list in ["MetricAlarms", "CompositeAlarms"] {
        each(world, ALARMS, list, |alarm| alarm_then(alarm, &history, now));
    }
    for (path, list, pointers) in LATER {
        each(world, path, list, |item| pointers.iter().for_each(|pointer| forget(item, pointer, now)));
    }
    each(world, "world/ecs/services.json", "services", |service| {
        let deployments = service.get_mut("deployments").and_then(Value::as_array_mut);
        deployments.into_iter().flatten().for_each(|deployment| forget(deployment, "/updatedAt", now));
    });
    each(world, "world/ecs/tasks.json", "tasks", |task| task_then(task, now));
}

fn each(world: &mut World, path: &str, list: &str, change: impl FnMut(&mut Value)) {
    let items = world.json.get_mut(path).and_then(|file| file.get_mut(list)).and_then(Value::as_array_mut);
    items.into_iter().flatten().for_each(change);
}

fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    value.pointer(pointer)?.as_str()?.parse().ok()
}

/// Leaves a member out if it is a time later than now.
fn forget(item: &mut Value, pointer: &str, now: Timestamp) {
    if time(item, pointer).is_none_or(|time| time <= now) {
        return;
    }
    let Some((holder, member)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(members)) = item.pointer_mut(holder) {
        members.remove(member);
    }
}

/// The state of an alarm that has changed since.
fn alarm_then(alarm: &mut Value, history: &[Value], now: Timestamp) {
    if time(alarm, "/StateUpdatedTimestamp").is_none_or(|updated| updated <= now) {
        return;
    }
    let of_alarm = history.iter().filter(|item| {
        item.get("AlarmName") == alarm.get("AlarmName")
            && item.get("HistoryItemType").and_then(Value::as_str) == Some("StateUpdate")
    });
    let mut changes: Vec<(Timestamp, Value)> = of_alarm.filter_map(change).collect();
    changes.sort_by_key(|(at, _)| *at);
    let last = changes.iter().rev().find(|(at, _)| *at <= now).map(|(at, data)| (*at, data.get("newState")));
    // Before the first change that is kept, it was in the state that this one ended.
    let first = changes.first().map(|(_, data)| (now, data.get("oldState")));
    let Some((at, Some(state))) = last.or(first) else { return };
    let Value::Object(members) = alarm else { return };
    let mut take = |member: &str, from: &str| match state.get(from) {
        Some(value) if !value.is_null() => drop(members.insert(member.to_owned(), as_text(value))),
        _ => drop(members.remove(member)),
    };
    take("StateReason", "stateReason");
    take("StateReasonData", "stateReasonData");
    take("StateValue", "stateValue");
    for member in ["StateUpdatedTimestamp", "StateTransitionedTimestamp"] {
        if let Some(value) = members.get_mut(member) {
            *value = Value::String(at.to_string());
        }
    }
}

fn change(item: &Value) -> Option<(Timestamp, Value)> {
    let data = serde_json::from_str(item.get("HistoryData")?.as_str()?).ok()?;
    Some((time(item, "/Timestamp")?, data))
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        other => Value::String(other.to_string()),
    }
}

/// A task that stopped later was running.
fn task_then(task: &mut Value, now: Timestamp) {
    for pointer in ["/stoppingAt", "/executionStoppedAt", "/pullStoppedAt"] {
        forget(task, pointer, now);
    }
    if time(task, "/stoppedAt").is_none_or(|stopped| stopped <= now) {
        return;
    }
    let Value::Object(members) = task else { return };
    for member in ["stoppedAt", "stoppedReason", "stopCode"] {
        members.remove(member);
    }
    members.insert("lastStatus".to_owned(), "RUNNING".into());
    members.insert("desiredStatus".to_owned(), "RUNNING".into());
    let containers = members.get_mut("containers").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
        container_then(container);
    }
}

fn container_then(container: &mut Map<String, Value>) {
    container.insert("lastStatus".to_owned(), "RUNNING".into());
    container.remove("exitCode");
    container.remove("reason");
}

#[cfg(test)]
mod tests;
