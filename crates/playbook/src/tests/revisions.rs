//! What a new revision of a service brings: settings that it lost or changed, deployments that ECS took back, a processor or a memory that
//! was at ease before it.

use std::sync::Arc;

use marple_case::{
    ActionKind, Category, Facts, MitigationPlan, RootCause,
    facts::{Exception, Shape},
};
use serde_json::json;

use super::{
    fleet::Fleet,
    world::{at, exception, play, taken, template},
};

const ENDED: &str = "Essential container in task exited";
const OOM: &str = "OutOfMemoryError: Container killed due to memory usage";
const QUEUE: &str = "environment: - PAYOUT_QUEUE_URL";

/// A service whose tasks end 15 s after their start since revision 42, with an exception.
fn ending(differences: &[&str], error: Exception) -> Fleet {
    let mut fleet = Fleet::new("payout").deployed("2026-03-05T10:30:00Z", differences).stopped(
        "2026-03-05T10:31:50Z",
        "2026-03-05T10:32:05Z",
        Some(1),
        None,
        ENDED,
    );
    fleet.definition.containers[0].environment.clear();
    fleet.world.summary.exceptions = vec![error];
    fleet
}

fn rollback(plan: &MitigationPlan) -> Option<&str> {
    plan.immediate.first().filter(|action| action.kind == ActionKind::Rollback)?.rollback_to.as_deref()
}

#[test]
fn a_variable_that_a_revision_lost_is_no_defect_of_the_program_in_any_runtimes_words() {
    for (class, message) in [
        ("KeyError", "'PAYOUT_QUEUE_URL'"),
        ("Error", "Missing required environment variable: PAYOUT_QUEUE_URL"),
        ("ReferenceError", "PAYOUT_QUEUE_URL is not defined"),
        (
            "java.lang.IllegalArgumentException",
            "Could not resolve placeholder 'payout.queue.url' in value \"${payout.queue.url}\"",
        ),
        ("panic", "env PAYOUT_QUEUE_URL must be set"),
        ("pydantic_core.ValidationError", "1 validation error for Settings: payout_queue_url Field required"),
        ("System.ArgumentNullException", "Value cannot be null. (Parameter 'Payout:QueueUrl')"),
    ] {
        let (cause, plan) =
            ending(&["environment LOG_LEVEL: info -> debug", QUEUE], exception("x", class, message, None))
                .investigate();
        assert_eq!(cause.category, Category::Misconfiguration, "{class}: {message}");
        assert!(cause.title.contains("payout:42 has lost the variable PAYOUT_QUEUE_URL"), "{}", cause.title);
        assert!(
            cause.chain.iter().any(|link| link.citations.iter().any(|one| one.quote == QUEUE)),
            "{:?}",
            cause.chain
        );
        assert_eq!(rollback(&plan), Some("payout:41"));
    }
}

#[test]
fn a_key_that_a_request_lacks_is_no_setting_though_it_is_spelt_like_one() {
    let error = exception("python", "KeyError", "'ORDER_ID'", Some(("/app/orders.py", 8, None)));
    let mut fleet = Fleet::new("payout").stopped("2026-03-05T08:00:00Z", "2026-03-05T10:32:09Z", Some(1), None, ENDED);
    fleet.world.summary.exceptions = vec![error];
    assert_eq!(fleet.investigate().0.category, Category::CodeDefect);
}

#[test]
fn what_a_revision_configures_is_blamed_where_it_keeps_the_image_and_only_there() {
    let error = || exception("node", "Error", "bind failed", Some(("/app/main.js", 4, None)));
    let image = "image: registry/payout:r41 -> registry/payout:r42";
    let command = "command: node main.js -> node main.js --fast";
    assert_eq!(ending(&[command], error()).investigate().0.category, Category::Misconfiguration);
    assert_eq!(ending(&[image, command], error()).investigate().0.category, Category::CodeDefect);
}

#[test]
fn an_address_that_a_revision_changed_is_misconfigured_and_one_that_it_kept_is_unreachable() {
    let error = || exception("node", "Error", "connect ECONNREFUSED 10.0.3.7:6380", Some(("/app/cache.js", 9, None)));
    let changed = "environment CACHE_URL: redis://cache.internal:6379 -> redis://cache.internal:6380";
    let (cause, plan) = ending(&["image: registry/payout:r41 -> registry/payout:r42", changed], error()).investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert!(cause.title.contains("CACHE_URL") && cause.title.contains("6380"), "{}", cause.title);
    assert_eq!(rollback(&plan), Some("payout:41"));
    let kept = ending(&["image: registry/payout:r41 -> registry/payout:r42"], error());
    assert_eq!(kept.investigate().0.category, Category::DependencyUnreachable);
}

#[test]
fn a_deployment_that_ecs_took_back_is_named_with_its_difference_and_nothing_is_done_at_once() {
    let mut fleet = ending(&[QUEUE], exception("python", "KeyError", "'PAYOUT_QUEUE_URL'", None));
    fleet.service.deployments.clear();
    fleet.service.task_definition = "payout:41".into();
    let back = "(service payout) rolling back to (deployment ecs-svc/8000).";
    let (cause, plan) = fleet.event("2026-03-05T10:34:00Z", back).investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert!(cause.title.contains("payout:42"), "{}", cause.title);
    assert!(cause.chain.iter().any(|link| link.citations.iter().any(|one| one.quote.contains("rolling back to"))));
    assert!(plan.no_immediate_action.as_ref().unwrap().contains("payout:41"), "{:?}", plan.no_immediate_action);
    assert!(plan.follow_up.iter().any(|action| action.title.contains("PAYOUT_QUEUE_URL")));
}

#[test]
fn the_time_that_a_question_names_does_not_draw_the_onset_before_the_first_failure() {
    let mut fleet = ending(&[QUEUE], exception("python", "KeyError", "'PAYOUT_QUEUE_URL'", None));
    fleet.world.scope.alarm = None;
    fleet.world.scope.first_breach = Some(at("2026-03-05T10:20:00Z"));
    assert_eq!(fleet.investigate().0.onset, Some(at("2026-03-05T10:32:05Z")));
}

/// CPU at its limit from the minute 31 on, with as many requests in the window as given.
fn saturated(requests: f64) -> Fleet {
    let cpu: Vec<f64> = (0..60).map(|minute| if minute > 30 { 99.0 } else { 20.0 }).collect();
    Fleet::new("labels")
        .deployed("2026-03-05T10:26:00Z", &["image: registry/labels:r41 -> registry/labels:r42"])
        .running("2026-03-05T10:27:00Z")
        .minutes("CPUUtilization", "Maximum", Shape::Step, &cpu, (15.0, 25.0))
        .minutes("RequestCount", "Sum", Shape::Flat, &[requests; 60], (90.0, 110.0))
}

#[test]
fn a_processor_that_a_deployment_saturates_under_the_usual_requests_goes_back_before_it_scales() {
    let (cause, plan) = saturated(100.0).investigate();
    assert_eq!(cause.category, Category::CpuSaturation);
    assert!(cause.title.contains("since the deployment of labels:42"), "{}", cause.title);
    assert_eq!(rollback(&plan), Some("labels:41"));
    assert_eq!(plan.immediate.get(1).map(|action| action.kind), Some(ActionKind::Scale));
    let (_, plan) = saturated(400.0).investigate();
    assert_eq!(rollback(&plan), None, "four times the requests need no deployment to fill it");
}

#[test]
fn a_watchdogs_line_says_where_the_processor_is_held() {
    let line = r#"{"msg":"event loop blocked","route":"POST /v2/labels","stack":["at RegExp.exec (<anonymous>)","at parse (/app/lib/parse.js:31:7)"]}"#;
    let mut fleet = saturated(100.0);
    fleet.world.summary.templates = vec![template(line, 12, 0, "2026-03-05T10:30:40Z")];
    let (cause, _) = fleet.investigate();
    let place = cause.location.as_ref().map(|place| (place.file.as_str(), place.line));
    assert_eq!(place, Some(("/app/lib/parse.js", 31)));
    assert_eq!(cause.onset, Some(at("2026-03-05T10:30:40Z")));
    assert!(cause.title.contains("in RegExp.exec"), "{}", cause.title);
    assert!(cause.trigger.as_ref().unwrap().contains("/v2/labels"), "{:?}", cause.trigger);
}

/// A task that was killed after 50 minutes, and requests that failed at these times in a reading of a longer span.
fn killed(failed: &[&str], log: Option<&str>) -> (RootCause, MitigationPlan) {
    let memory: Vec<f64> = (0..60).map(|minute| 40.0 + f64::from(minute)).collect();
    let mut fleet = Fleet::new("quotes")
        .stopped("2026-03-05T09:41:40Z", "2026-03-05T10:31:40Z", Some(137), Some(OOM), ENDED)
        .minutes("MemoryUtilization", "Maximum", Shape::Ramp, &memory, (40.0, 42.0))
        .minutes("HTTPCode_Target_5XX_Count", "Sum", Shape::Spikes, &[0.0; 60], (0.0, 0.0));
    if log.is_some() {
        fleet.world.summary.changed_fields = vec![
            serde_json::from_value(json!({
                "field": "pool.entries", "beside": "stats", "change": {"kind": "values", "new": ["900", "5000"], "before": ["40 to 50"]},
                "count": 60, "usual": 0, "first": "2026-03-05T10:00:00Z", "last": "2026-03-05T10:59:00Z", "failed": null, "usual_failed": null
            }))
            .unwrap(),
        ];
    }
    let mut evidence = fleet.evidence();
    if let Some(log) = log {
        let summary = evidence.iter_mut().find(|one| one.tool == "summarize_logs").unwrap();
        Arc::make_mut(summary).text += log;
    }
    let mut longer = (**evidence.iter().find(|one| one.tool == "get_metrics").unwrap()).clone();
    if let Facts::Metrics(metrics) = &mut longer.facts {
        metrics.window.start = at("2026-03-05T06:00:00Z");
        metrics.series.retain(|series| series.metric.name.contains("5XX"));
        metrics.series[0].points =
            failed.iter().map(|time| marple_case::facts::Point { at: at(time), value: 9.0 }).collect();
    }
    let mut longer = taken("get_metrics", json!({"start": "2026-03-05T06:00:00Z"}), longer.text, longer.facts);
    Arc::make_mut(&mut longer).id = marple_agent::ports::evidence_id(evidence.len());
    evidence.push(longer);
    play(fleet.scope(), &evidence)
}

#[test]
fn kills_that_recur_are_walked_back_to_the_first_and_no_further_than_two_lives_of_a_task() {
    let (cause, _) = killed(&["2026-03-05T08:50:00Z", "2026-03-05T09:41:00Z", "2026-03-05T10:31:00Z"], None);
    assert_eq!(cause.onset, Some(at("2026-03-05T08:50:00Z")));
    let (cause, _) = killed(&["2026-03-05T06:10:00Z", "2026-03-05T09:41:00Z"], None);
    assert_eq!(cause.onset, Some(at("2026-03-05T09:41:00Z")));
}

#[test]
fn a_number_that_the_program_logs_of_what_it_keeps_tells_what_fills_its_memory() {
    let shown = "changed fields:\n  pool.entries of \"stats\": 900, 5000 in 60 lines; before 40 to 50\n";
    let (cause, _) = killed(&[], Some(shown));
    assert!(cause.title.contains("pool.entries reached 5000, in the baseline 40 to 50"), "{}", cause.title);
    let link = cause.chain.iter().find(|link| link.statement.contains("counts what it keeps")).unwrap();
    assert!(link.citations[0].quote.starts_with("pool.entries of"), "{:?}", link.citations);
}
