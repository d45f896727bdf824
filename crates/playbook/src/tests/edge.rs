//! Errors of a load balancer itself: the call that changed it, and that nothing is claimed without one.

use marple_case::{ActionKind, Category, ResourceKind, ResourceRef, Verdict, facts::Shape};

use super::{
    fleet::Fleet,
    world::{at, exception},
};

const ATTRIBUTES: &str = "ModifyLoadBalancerAttributes";

/// A load balancer that answers some requests with a 502 from 10:31 on, while its targets return none.
fn failing() -> Fleet {
    let errors: Vec<f64> = (0..60).map(|minute| if minute >= 31 { 2.0 } else { 0.0 }).collect();
    let mut fleet = Fleet::new("seats")
        .running("2026-02-20T08:00:00Z")
        .minutes("RequestCount", "Sum", Shape::Flat, &[90.0; 60], (88.0, 92.0))
        .minutes("HTTPCode_ELB_5XX_Count", "Sum", Shape::Step, &errors, (0.0, 0.0))
        .minutes("HTTPCode_Target_5XX_Count", "Sum", Shape::Flat, &[0.0; 60], (0.0, 0.0));
    fleet.world.alarm.condition.as_mut().unwrap().metrics[0].name = "HTTPCode_ELB_5XX_Count".into();
    fleet.balancer.idle_timeout_s = Some(300);
    fleet
}

/// A call on the load balancer.
fn called(mut fleet: Fleet, time: &str, action: &str, detail: &str) -> Fleet {
    fleet.world = fleet.world.change(time, action, "seats-alb");
    let change = fleet.world.changes.last_mut().unwrap();
    change.resource = Some(ResourceRef::with_arn(ResourceKind::LoadBalancer, "seats-alb", &fleet.balancer.arn));
    change.detail = detail.into();
    change.touches_subject = true;
    fleet
}

fn idle(seconds: u32) -> String {
    format!(
        r#"attributes=[{{"key":"deletion_protection.enabled","value":"true"}},{{"key":"idle_timeout.timeout_seconds","value":"{seconds}"}}]"#
    )
}

fn commands(plan: &marple_case::MitigationPlan) -> Vec<&str> {
    plan.immediate.iter().flat_map(|action| &action.phases.apply).filter_map(|step| step.command.as_deref()).collect()
}

#[test]
fn an_idle_timeout_raised_above_the_programs_keep_alive_is_the_cause_and_goes_back_to_the_earlier_value() {
    let fleet = called(failing(), "2026-03-01T09:00:00Z", ATTRIBUTES, &idle(75)).variable("KEEP_ALIVE_MS", "90000");
    let (cause, plan) = called(fleet, "2026-03-05T10:29:00Z", ATTRIBUTES, &idle(300)).investigate();
    assert_eq!((cause.verdict, cause.category), (Verdict::Fault, Category::Misconfiguration));
    assert_eq!(cause.components.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["seats-alb"]);
    assert_eq!(cause.onset, Some(at("2026-03-05T10:31:00Z")));
    assert!(cause.chain.iter().any(|link| link.statement.contains("90 s (KEEP_ALIVE_MS=90000)")), "{:?}", cause.chain);
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
    assert_eq!(plan.immediate[0].unverified, None);
    let commands = commands(&plan);
    assert!(
        commands[0].starts_with("aws elbv2 modify-load-balancer-attributes")
            && commands[0].contains("--attributes Key=idle_timeout.timeout_seconds,Value=75 "),
        "{commands:?}"
    );
}

#[test]
fn an_earlier_value_that_nobody_knows_is_marked_as_unverified() {
    let fleet = failing().variable("HTTP_IDLE_TIMEOUT", "65s");
    let (_, plan) = called(fleet, "2026-03-05T10:29:00Z", ATTRIBUTES, &idle(300)).investigate();
    assert!(commands(&plan)[0].contains("Value=60 "), "{plan:?}");
    assert!(plan.immediate[0].unverified.is_some());
}

#[test]
fn a_call_that_does_not_explain_them_is_not_blamed() {
    let logs = r#"attributes=[{"key":"access_logs.s3.enabled","value":"true"}]"#;
    let raised = called(failing(), "2026-03-01T09:00:00Z", ATTRIBUTES, &idle(60));
    let errors: Vec<f64> = (0..60).map(|minute| if minute >= 31 { 2.0 } else { 0.0 }).collect();
    let nobody = failing().variable("KEEP_ALIVE_MS", "90000").minutes(
        "HTTPCode_ELB_503_Count",
        "Sum",
        Shape::Step,
        &errors,
        (0.0, 0.0),
    );
    for fleet in [
        failing(),
        called(nobody, "2026-03-05T10:29:00Z", ATTRIBUTES, &idle(300)),
        called(failing(), "2026-03-05T10:29:00Z", ATTRIBUTES, logs),
        called(failing(), "2026-03-05T10:50:00Z", ATTRIBUTES, &idle(300)),
        called(raised.variable("KEEP_ALIVE_MS", "400000"), "2026-03-05T10:29:00Z", ATTRIBUTES, &idle(300)),
    ] {
        let (cause, plan) = fleet.investigate();
        assert_eq!(cause.verdict, Verdict::InsufficientEvidence, "{}", cause.title);
        assert!(cause.gaps.iter().any(|gap| gap.missing.contains("HTTPCode_ELB_5XX_Count")), "{:?}", cause.gaps);
        assert!(plan.immediate.is_empty());
    }
}

#[test]
fn errors_that_the_targets_return_or_log_themselves_are_not_the_load_balancers() {
    let mut returning = failing();
    let series = returning.series.last_mut().unwrap();
    series.window.sum = 70.0;
    series.window.nonzero = 30;
    let mut logging = failing();
    let mut error = exception("node", "TypeError", "x is not a function", Some(("/srv/seats.js", 7, None)));
    error.count = 60;
    logging.world.summary.exceptions = vec![error];
    for fleet in [returning, logging] {
        let fleet = fleet.variable("KEEP_ALIVE_MS", "90000");
        let (cause, _) = called(fleet, "2026-03-05T10:29:00Z", ATTRIBUTES, &idle(300)).investigate();
        assert!(!cause.components.iter().any(|one| one.kind == ResourceKind::LoadBalancer), "{}", cause.title);
    }
}

#[test]
fn a_revision_that_keeps_connections_for_less_time_is_taken_back() {
    let line = "environment KEEP_ALIVE_MS: 400000 -> 5000";
    let (cause, plan) =
        failing().variable("KEEP_ALIVE_MS", "5000").deployed("2026-03-05T10:30:00Z", &[line]).investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert_eq!(cause.components[0].name, "seats");
    assert_eq!(plan.immediate[0].rollback_to.as_deref(), Some("seats:41"));
}

#[test]
fn an_update_of_its_stack_is_told_as_such_where_the_calls_are_not_shown() {
    let mut fleet = called(failing().variable("KEEP_ALIVE_MS", "90000"), "2026-03-05T10:29:00Z", "UPDATE_COMPLETE", "");
    fleet.world.changes[0].source = marple_case::facts::ChangeSource::CloudFormation;
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.components[0].name, "seats-alb");
    assert!(cause.gaps.iter().any(|gap| gap.on_the_chain), "{:?}", cause.gaps);
    assert!(commands(&plan)[0].contains("Value=60 ") && plan.immediate[0].unverified.is_some(), "{plan:?}");
}
