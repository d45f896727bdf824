//! Nothing wrong, and too little known.

use marple_case::{Category, Verdict, facts::AlarmState};

use super::world::{World, metric};

#[test]
fn an_alarm_that_recovered_over_clean_logs_and_metrics_is_no_fault() {
    let mut world = World::new("search", "nodejs20.x", "i.h").metric("Errors", "Sum", 0.0, Some(0.0));
    world.alarm.state = AlarmState::Ok;
    let (cause, plan) = world.investigate();
    assert_eq!((cause.verdict, cause.category), (Verdict::NoFault, Category::None));
    assert!(cause.components.is_empty() && plan.immediate.is_empty());
}

#[test]
fn a_threshold_within_the_usual_range_is_no_fault() {
    let mut world = World::new("search", "nodejs20.x", "i.h").metric("Errors", "Sum", 0.0, Some(0.0)).metric(
        "Duration",
        "Maximum",
        108.0,
        Some(112.0),
    );
    let condition = world.alarm.condition.as_mut().unwrap();
    condition.metrics = vec![metric("AWS/Lambda", "Duration", "FunctionName", "search")];
    condition.statistic = "Maximum".into();
    condition.threshold = Some(50.0);
    let (cause, plan) = world.investigate();
    assert_eq!(cause.verdict, Verdict::NoFault);
    assert!(cause.title.contains("50"));
    assert_eq!(plan.follow_up.len(), 1);
}

#[test]
fn an_alarm_that_is_still_on_with_errors_and_no_logs_is_not_guessed_at() {
    let mut world = World::new("search", "nodejs20.x", "i.h").change(
        "2026-03-05T10:31:00Z",
        "UpdateFunctionCode20150331v2",
        "search",
    );
    world.denied = vec!["summarize_logs", "read_function_code"];
    let (cause, plan) = world.investigate();
    assert_eq!((cause.verdict, cause.category), (Verdict::InsufficientEvidence, Category::Unknown));
    assert!(cause.components.is_empty());
    assert!(cause.gaps.iter().any(|gap| gap.why.contains("logs:FilterLogEvents") && gap.on_the_chain));
    assert!(plan.immediate.is_empty());
}

#[test]
fn errors_that_nothing_explains_are_no_fault_of_a_known_sort() {
    let (cause, _) = World::new("search", "nodejs20.x", "i.h").investigate();
    assert_eq!(cause.verdict, Verdict::InsufficientEvidence);
}

#[test]
fn evidence_of_another_function_never_mixes_in() {
    let mut world = World::new("search", "nodejs20.x", "i.h");
    let other = World::new("index", "nodejs20.x", "i.h").exception(
        "node",
        "TypeError",
        "x is null",
        Some(("index.js", 1, None)),
    );
    world.extra = other.evidence().into_iter().filter(|evidence| evidence.tool == "summarize_logs").collect();
    let (cause, _) = world.investigate();
    assert_eq!(cause.verdict, Verdict::InsufficientEvidence);
}
