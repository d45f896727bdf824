//! Messages that are worked on twice, since their queue hides them for less time than the work takes.

use marple_case::{
    ActionKind, Category, ResourceKind, ResourceRef, Verdict,
    facts::{ChangedField, FieldChange},
};

use super::world::{World, at, invocations};

/// A function that works on a message of a queue for up to 96 s; since 10:32 some fail on a condition that only the first can meet.
fn working() -> World {
    let refused = "operation error DynamoDB: PutItem, ConditionalCheckFailedException: The conditional request failed";
    let mut world = World::new("printer", "provided.al2023", "bootstrap").exception("go", "wrapError", refused, None);
    world.function.timeout_s = 180;
    world.function.event_sources =
        vec![serde_json::from_value(serde_json::json!({"arn": "arn:aws:sqs:eu-central-1:111122223333:print-jobs", "state": "Enabled", "batch_size": 1})).unwrap()];
    world.summary.invocations = Some(invocations(60, 96_000.0, 46, 256, Vec::new()));
    world.summary.baseline_invocations = Some(invocations(40, 90_000.0, 46, 256, Vec::new()));
    world
}

fn set(mut world: World, time: &str, queue: &str, seconds: u32) -> World {
    world = world.change(time, "SetQueueAttributes", queue);
    let change = world.changes.last_mut().unwrap();
    change.resource = Some(ResourceRef::new(ResourceKind::Queue, queue));
    change.detail = format!(
        r#"queueUrl=https://sqs.eu-central-1.amazonaws.com/111122223333/{queue}, attributes={{"VisibilityTimeout":"{seconds}"}}"#
    );
    world
}

#[test]
fn a_visibility_timeout_shorter_than_the_work_is_the_cause_and_goes_back_to_the_earlier_value() {
    let world = set(working(), "2026-03-02T08:00:00Z", "print-jobs", 900);
    let (cause, plan) = set(world, "2026-03-05T10:30:00Z", "print-jobs", 30).investigate();
    assert_eq!((cause.verdict, cause.category), (Verdict::Fault, Category::Misconfiguration));
    assert_eq!(cause.components.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["print-jobs"]);
    assert_eq!(cause.onset, Some(at("2026-03-05T10:32:07.512Z")));
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
    assert_eq!(
        plan.immediate[0].phases.apply[0].command.as_deref(),
        Some(
            "aws sqs set-queue-attributes --queue-url https://sqs.eu-central-1.amazonaws.com/111122223333/print-jobs --attributes VisibilityTimeout=900 --region eu-central-1"
        )
    );
}

#[test]
fn an_earlier_timeout_that_nobody_knows_is_six_times_the_functions_and_unverified() {
    let (_, plan) = set(working(), "2026-03-05T10:30:00Z", "print-jobs", 30).investigate();
    assert!(plan.immediate[0].title.contains("1080 s"), "{}", plan.immediate[0].title);
    assert!(plan.immediate[0].unverified.is_some());
}

/// A field of receive counts above one, so many of whose 20 lines are of invocations that failed.
fn received(failed: u64) -> ChangedField {
    ChangedField {
        field: "receive_count".into(),
        beside: "job received".into(),
        change: FieldChange::Values { new: vec!["2".into()], before: vec!["1".into()] },
        count: 20,
        usual: 40,
        first: at("2026-03-05T10:31:10Z"),
        last: at("2026-03-05T10:50:00Z"),
        failed: Some(failed),
        usual_failed: Some(0),
    }
}

#[test]
fn receive_counts_above_one_show_it_too() {
    let mut world = set(working(), "2026-03-05T10:30:00Z", "print-jobs", 30);
    world.summary.exceptions.clear();
    world.summary.changed_fields = vec![received(0)];
    let (cause, _) = world.investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert_eq!(cause.onset, Some(at("2026-03-05T10:31:10Z")));
}

#[test]
fn a_timeout_of_another_queue_a_longer_one_or_a_later_one_is_not_blamed() {
    for world in [
        working(),
        set(working(), "2026-03-05T10:30:00Z", "other-jobs", 30),
        set(working(), "2026-03-05T10:30:00Z", "print-jobs", 900),
        set(working(), "2026-03-05T10:50:00Z", "print-jobs", 30),
        set(set(working(), "2026-03-02T08:00:00Z", "print-jobs", 30), "2026-03-05T10:30:00Z", "print-jobs", 30),
    ] {
        let (cause, _) = world.investigate();
        assert!(cause.components.iter().all(|one| one.kind != ResourceKind::Queue), "{}", cause.title);
    }
}

#[test]
fn without_the_call_second_receives_that_fail_where_first_ones_do_not_point_to_the_queue() {
    let mut world = working();
    world.summary.changed_fields = vec![received(20)];
    let (cause, plan) = world.investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert_eq!(cause.components[0].name, "print-jobs");
    assert!(cause.gaps.iter().any(|gap| gap.on_the_chain), "{:?}", cause.gaps);
    assert!(plan.immediate[0].unverified.is_some());
    let mut world = working();
    world.summary.changed_fields = vec![ChangedField { usual_failed: Some(9), ..received(20) }];
    let (cause, _) = world.investigate();
    assert!(cause.components.iter().all(|one| one.kind != ResourceKind::Queue), "{}", cause.title);
}
