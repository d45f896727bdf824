//! The plan for throttling.

use marple_case::{Action, ActionKind, MitigationPlan, facts::Change, mitigation::Phases};

mod pool;

use super::{
    empty, spec,
    step::{action, alarm_quiet, by_hand, code_change, lambda, quoted, run, structured_logs},
};
use crate::{modes::throttling::Throttled, reading::Case};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, throttled: &Throttled<'_>) -> MitigationPlan {
    match throttled {
        Throttled::Own { reserved: Some(reserved), peak, .. } => reserved_plan(case, *reserved, *peak),
        Throttled::Own { eater: Some(eater), .. } => pool::plan(case, eater),
        Throttled::Own { reserved: None, .. } => account_plan(case),
        Throttled::Called { logged, place, change } => {
            let mut plan = empty();
            plan.immediate.extend(change.as_ref().and_then(|change| undo(case, change.fact)));
            plan.no_immediate_action = plan.immediate.is_empty().then(|| "The limit belongs to the called service, and what fills it is not shown; more concurrency of this function would make it worse.".to_owned());
            plan.follow_up.push(code_change(
                "Retry with back-off and jitter, and call less often",
                case,
                logged.message,
            ));
            let files = place.iter().map(|place| place.location.file.clone()).collect();
            plan.spec = Some(spec(
                format!("The Lambda function {} is refused by a service that it calls: {}.", case.name(), logged.headline()),
                files,
                &[
                    "WHEN a call is refused for its rate, THE SYSTEM SHALL retry it with exponential back-off and jitter, within the function's timeout.".to_owned(),
                    "WHEN retries are used up, THE SYSTEM SHALL answer with HTTP status 429 or 503 and log the called service.".to_owned(),
                    "WHEN the same data is needed again within a short time, THE SYSTEM SHALL take it from a cache.".to_owned(),
                ],
                &["A test with a client that refuses the first calls ends with a success.".to_owned(), "Calls a request are counted and logged.".to_owned()],
            ));
            plan.prevention = vec!["Alarm on the called service's throttling metric.".to_owned(), structured_logs()];
            plan
        }
    }
}

/// Goes back to what the called resource allowed before it was changed. Who changed it knows the values; no evidence holds them.
fn undo(case: &Case<'_>, change: &Change) -> Option<Action> {
    let resource = change.resource.as_ref()?;
    let phases = Phases {
        prepare: vec![by_hand(
            format!(
                "Ask {} what {} changed at {}, and note the present values.",
                change.actor.as_deref().unwrap_or("its author"),
                change.action,
                change.at
            ),
            "the values of before and of now",
        )],
        apply: vec![by_hand(
            format!("Set the capacity of {resource} to what it was before, or to what the load needs."),
            "the capacity of before",
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand("Set the present values again.", "the values as noted")],
        ..Phases::default()
    };
    let mut undo = action(
        format!("Undo what {} changed of {resource}", change.action),
        ActionKind::Configuration,
        false,
        phases,
        "The change may have been made on purpose, to save cost or to protect something: ask its author.",
    );
    undo.unverified =
        Some("What was changed is in the trail; that the earlier capacity suffices is likely, not shown.".to_owned());
    Some(undo)
}

fn reserved_plan(case: &Case<'_>, reserved: u32, peak: Option<f64>) -> MitigationPlan {
    let mut plan = empty();
    plan.immediate.push(raise(case, reserved, peak));
    plan.prevention = prevention();
    plan
}

fn raise(case: &Case<'_>, reserved: u32, peak: Option<f64>) -> Action {
    let peak = peak.map_or(0, |peak| peak as u32);
    let proposed = reserved.max(peak).saturating_mul(2).max(10);
    let set =
        |number: u32| lambda(case, "put-function-concurrency", &format!("--reserved-concurrent-executions {number}"));
    let phases = Phases {
        prepare: vec![run(
            "Note the present reserved concurrency.",
            lambda(case, "get-function-concurrency", ""),
            format!("ReservedConcurrentExecutions {reserved}"),
        )],
        pre_validate: vec![run(
            "See how much unreserved concurrency the account has left: 100 must remain.",
            format!("aws lambda get-account-settings --query AccountLimit --region {}", quoted(&case.scope.region)),
            format!("UnreservedConcurrentExecutions of {} at the least", 100 + proposed.saturating_sub(reserved)),
        )],
        apply: vec![run(
            format!("Reserve {proposed} concurrent executions."),
            set(proposed),
            format!("ReservedConcurrentExecutions {proposed}"),
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![run(
            format!("Reserve {reserved} again."),
            set(reserved),
            format!("ReservedConcurrentExecutions {reserved}"),
        )],
    };
    let mut raise = action(
        format!("Raise the reserved concurrency from {reserved} to {proposed}"),
        ActionKind::Scale,
        reserved > 0,
        phases,
        "The limit may have been set on purpose, to protect a database or to switch the function off: ask its owner. What is reserved here is taken from all other functions.",
    );
    raise.unverified = Some(
        "How much concurrency the load needs is not shown: refused invocations are not counted as concurrent."
            .to_owned(),
    );
    raise
}

fn account_plan(case: &Case<'_>) -> MitigationPlan {
    let mut plan = empty();
    plan.no_immediate_action = Some("The function has no reserved concurrency: the account's pool is full, and what fills it is not shown. Reserving for this function would take from the others blindly.".to_owned());
    let region = quoted(&case.scope.region);
    let phases = Phases {
        pre_validate: vec![
            run(
                "Read the account's limit.",
                format!("aws lambda get-account-settings --query AccountLimit --region {region}"),
                "ConcurrentExecutions and what is unreserved",
            ),
            run(
                "See whether a larger quota has been asked for already.",
                format!(
                    "aws service-quotas get-service-quota --service-code lambda --quota-code L-B99A9384 --region {region}"
                ),
                "the quota of concurrent executions",
            ),
        ],
        ..Phases::default()
    };
    plan.follow_up.push(action(
        "Find what fills the account's concurrency, and ask for a larger quota if the load is wanted",
        ActionKind::Observability,
        false,
        phases,
        "None: these steps only read.",
    ));
    plan.prevention = prevention();
    plan
}

fn prevention() -> Vec<String> {
    vec![
        "Alarm on ConcurrentExecutions at 80 % of the limit.".to_owned(),
        "Put a queue before work that may wait.".to_owned(),
    ]
}
