//! The plan for timeouts. Raising the limit is relief only, and names what else ends the request.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    empty, spec,
    step::{
        action, alarm_quiet, code_change, gateway_limit, lambda, log_quiet, note_settings, run, structured_logs,
        updated,
    },
};
use crate::{modes::timeout::Overdue, reading::Case, source::number};

/// Longest timeout of a Lambda function, seconds (AWS Lambda quotas).
const LONGEST_S: f64 = 900.0;

/// The plan.
pub(crate) fn plan(case: &Case<'_>, overdue: &Overdue<'_>) -> MitigationPlan {
    let mut plan = empty();
    let needed_s =
        overdue.wait.as_ref().map(|wait| wait.total_ms() / 1000.0).or(overdue.lowered_ms.map(|ms| ms / 1000.0));
    let proposed = needed_s.map(|needed| (needed * 1.2).max(needed + 5.0).ceil());
    match (needed_s, proposed) {
        (Some(needed), Some(proposed)) if proposed <= LONGEST_S => {
            plan.immediate.push(raise(case, overdue, needed, proposed as u32));
        }
        (Some(needed), _) => {
            plan.no_immediate_action = Some(format!(
                "The work takes {} at least, and Lambda allows 900 s at most: no timeout helps. The wait has to leave the handler.",
                number::duration(needed * 1000.0)
            ));
        }
        (None, _) => {
            plan.no_immediate_action = Some(
                "What takes the time is not known, so no timeout can be named that would suffice, and nothing is shown that could be rolled back. Find the step first.".to_owned(),
            );
        }
    }
    let place = overdue.wait.as_ref().map(|wait| format!(" in {}", wait.line.place())).unwrap_or_default();
    plan.follow_up.push(code_change(
        format!("Take the long wait out of the request's path{place}"),
        case,
        "Task timed out",
    ));
    plan.spec = Some(specification(case, overdue));
    plan.prevention = vec![
        "Alarm on the Maximum of Duration at 80 % of the timeout.".to_owned(),
        "Give every call to another service a time limit of its own, well below the function's.".to_owned(),
        structured_logs(),
    ];
    plan
}

fn raise(case: &Case<'_>, overdue: &Overdue<'_>, needed_s: f64, proposed: u32) -> Action {
    let before = overdue.limit_s;
    let temporary = overdue.wait.is_some();
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, "Task timed out"));
    check.extend(alarm_quiet(case));
    let set = |seconds: u32| lambda(case, "update-function-configuration", &format!("--timeout {seconds}"));
    let phases = Phases {
        prepare: vec![note_settings(case)],
        pre_validate: vec![run(
            "Check that the timeout is still what it was.",
            lambda(case, "get-function-configuration", "--query Timeout --output text"),
            format!("{before}"),
        )],
        apply: vec![run(
            format!(
                "Set the timeout to {proposed} s: more than the {} that the work takes. {}",
                number::duration(needed_s * 1000.0),
                gateway_limit(case)
            ),
            set(proposed),
            format!("Timeout {proposed}"),
        )],
        post_validate: check,
        rollback: vec![run(format!("Set the timeout back to {before} s."), set(before), format!("Timeout {before}"))],
    };
    let needed = number::duration(needed_s * 1000.0);
    let title = match temporary {
        true => format!("Raise the timeout from {before} s to {proposed} s until the wait is removed"),
        false => format!("Raise the timeout from {before} s to {proposed} s, above what the work took before"),
    };
    let risk = format!(
        "Every invocation then holds an execution environment for {needed} and is billed for it, and concurrency rises. {}",
        gateway_limit(case)
    );
    action(title, ActionKind::Configuration, temporary, phases, risk)
}

fn specification(case: &Case<'_>, overdue: &Overdue<'_>) -> marple_case::mitigation::Spec {
    let (context, files) = match &overdue.wait {
        Some(wait) => (
            format!(
                "The Lambda function {} may run {} s and waits {} in {}. The line reads: {}",
                case.name(),
                overdue.limit_s,
                wait.in_words(),
                wait.line.place(),
                wait.line.text.trim()
            ),
            vec![wait.line.path().to_owned()],
        ),
        None => (
            format!(
                "The Lambda function {} does not finish within {} s; the step that takes the time is not shown yet.",
                case.name(),
                overdue.limit_s
            ),
            Vec::new(),
        ),
    };
    spec(
        context,
        files,
        &[
            "WHEN a request starts work that takes longer than a few seconds, THE SYSTEM SHALL accept it with HTTP status 202 and an id, and do the work asynchronously (a queue, an asynchronous invocation or a state machine).".to_owned(),
            "WHEN a client asks for the state of such work, THE SYSTEM SHALL answer at once with its state or its result.".to_owned(),
            "WHEN the handler calls another service, THE SYSTEM SHALL limit that call's time to well below the function's timeout.".to_owned(),
            "WHEN an invocation begins and ends, THE SYSTEM SHALL log the request id and the duration.".to_owned(),
        ],
        &[
            format!("The handler answers within {} s in a test that takes the longest path.", (f64::from(overdue.limit_s) / 2.0).max(1.0)),
            "No fixed wait stands between a request and its answer.".to_owned(),
        ],
    )
}
