#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::{Value, json};

use super::as_of;
use crate::world::World;

fn now() -> jiff::Timestamp {
    "2026-03-10T09:30:00Z".parse().unwrap()
}

fn world(path: &str, file: Value) -> World {
    let mut world = World::default();
    world.json.insert(path.to_owned(), file);
    world
}

fn transition(at: &str, from: &str, to: &str) -> Value {
    let data = json!({"oldState": {"stateValue": from, "stateReason": "before"}, "newState": {"stateValue": to, "stateReason": at}});
    json!({"AlarmName": "errors", "Timestamp": at, "HistoryItemType": "StateUpdate", "HistoryData": data.to_string()})
}

#[test]
fn an_alarm_that_has_recovered_since_is_in_alarm() {
    let alarm = json!({"AlarmName": "errors", "StateValue": "OK", "StateReason": "fine", "StateReasonData": "{}",
        "StateUpdatedTimestamp": "2026-03-10T11:00:00Z", "StateTransitionedTimestamp": "2026-03-10T11:00:00Z"});
    let mut world = world("world/cloudwatch/alarms.json", json!({"MetricAlarms": [alarm]}));
    let history = [
        transition("2026-03-10T11:00:00Z", "ALARM", "OK"),
        transition("2026-03-10T09:15:50Z", "OK", "ALARM"),
        transition("2026-03-09T01:00:00Z", "ALARM", "OK"),
    ];
    world.json.insert("world/cloudwatch/alarm-history.json".to_owned(), json!({"AlarmHistoryItems": history}));
    as_of(&mut world, now());
    assert_eq!(
        world.items("world/cloudwatch/alarms.json", "MetricAlarms")[0],
        json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "2026-03-10T09:15:50Z",
            "StateUpdatedTimestamp": "2026-03-10T09:15:50Z", "StateTransitionedTimestamp": "2026-03-10T09:15:50Z"})
    );
}

#[test]
fn a_task_that_stopped_later_runs_and_one_that_had_stopped_has() {
    let task = |stopped: &str| {
        json!({"taskArn": stopped, "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedAt": stopped, "stoppedReason": "x",
            "containers": [{"name": "app", "lastStatus": "STOPPED", "exitCode": 1}]})
    };
    let (earlier, later) = (task("2026-03-10T09:20:00Z"), task("2026-03-10T09:40:00Z"));
    let mut world = world("world/ecs/tasks.json", json!({"tasks": [earlier, later]}));
    as_of(&mut world, now());
    let tasks = world.items("world/ecs/tasks.json", "tasks");
    assert_eq!(tasks[0], earlier);
    assert_eq!(
        tasks[1],
        json!({"taskArn": "2026-03-10T09:40:00Z", "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
            "containers": [{"name": "app", "lastStatus": "RUNNING"}]})
    );
}

#[test]
fn times_later_than_now_are_left_out() {
    let image = json!({"imageDigest": "sha256:1", "imagePushedAt": "2026-03-01T00:00:00Z", "lastRecordedPullTime": "2026-03-10T10:00:00Z"});
    let mut world = world("world/ecr/images.json", json!({"imageDetails": [image]}));
    as_of(&mut world, now());
    let left = json!({"imageDigest": "sha256:1", "imagePushedAt": "2026-03-01T00:00:00Z"});
    assert_eq!(world.items("world/ecr/images.json", "imageDetails"), [left]);
}
