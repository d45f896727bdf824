//! The plan where another function takes the concurrency that all share: limit that one, and pause what feeds it.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    super::{
        empty,
        step::{action, alarm_quiet, by_hand, quoted, run},
    },
    prevention,
};
use crate::{
    modes::throttling::pool::Eater,
    reading::{Case, fullest},
};

/// What AWS keeps unreserved for functions without a reservation: no more may be reserved than leaves this.
const UNRESERVED: f64 = 100.0;

pub(super) fn plan(case: &Case<'_>, eater: &Eater<'_>) -> MitigationPlan {
    let mut plan = empty();
    plan.immediate.push(pause(case, eater));
    plan.immediate.push(limit(case, eater));
    plan.prevention = prevention();
    plan.prevention.insert(
        0,
        format!(
            "Give {} a reserved concurrency (or its event source a maximum concurrency) that leaves the other functions enough.",
            eater.name
        ),
    );
    plan
}

/// Half of what it takes, as far as AWS allows it to be reserved.
fn allowed(eater: &Eater<'_>) -> u32 {
    let (peak, _) = eater.peaks();
    let free = eater.shared.map_or(f64::INFINITY, |shared| shared.window.max - UNRESERVED);
    (peak / 2.0).min(free).max(1.0) as u32
}

fn limit(case: &Case<'_>, eater: &Eater<'_>) -> Action {
    let (name, region, number) = (quoted(&eater.name), quoted(&case.scope.region), allowed(eater));
    let phases = Phases {
        prepare: vec![run(
            format!("Note the present reserved concurrency of {}.", eater.name),
            format!("aws lambda get-function-concurrency --function-name {name} --region {region}"),
            "nothing: none is reserved",
        )],
        pre_validate: vec![run(
            "See how much unreserved concurrency the account has: 100 must remain.",
            format!("aws lambda get-account-settings --query AccountLimit --region {region}"),
            format!(
                "UnreservedConcurrentExecutions of {} at the least; reserve less otherwise",
                u64::from(number) + 100
            ),
        )],
        apply: vec![run(
            format!("Let {} run {number} at a time at most.", eater.name),
            format!(
                "aws lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions {number} --region {region}"
            ),
            format!("ReservedConcurrentExecutions {number}"),
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand(
            format!(
                "Take the reserved concurrency of {} away again, as it was: in the console, Configuration, Concurrency, \"Use unreserved account concurrency\".",
                eater.name
            ),
            "no reserved concurrency",
        )],
    };
    action(
        format!("Limit the concurrency of {} to {number}", eater.name),
        ActionKind::Configuration,
        true,
        phases,
        "Its own work takes longer, and calls beyond the limit are refused: asynchronous events are retried for up to six hours, a caller that waits gets an error. Ask its owner.",
    )
}

/// Stops what calls it: by event source where one is known, else by its owner.
fn pause(case: &Case<'_>, eater: &Eater<'_>) -> Action {
    let region = quoted(&case.scope.region);
    let sources = fullest(&case.functions, &eater.name).map(|function| function.fact.event_sources.as_slice());
    let fed = sources.unwrap_or_default().first().map(|source| source.arn.clone()).filter(|_| eater.change.is_none());
    let what = match (eater.started(), fed) {
        (Some(started), _) => {
            format!("Have what was started ({started}) paused or cancelled by its owner, until it runs within a limit.")
        }
        (None, Some(source)) => format!(
            "Disable its event source mapping of {source} (aws lambda update-event-source-mapping with --no-enabled)."
        ),
        (None, None) => {
            "Find what calls it (its log lines, CloudTrail, its triggers), and have the owner pause that.".to_owned()
        }
    };
    let phases = Phases {
        prepare: vec![run(
            format!("See what may call {}: its event sources.", eater.name),
            format!(
                "aws lambda list-event-source-mappings --function-name {} --query 'EventSourceMappings[].[UUID, EventSourceArn, State]' --output text --region {region}",
                quoted(&eater.name)
            ),
            "the event source mappings, if it has any",
        )],
        apply: vec![by_hand(what, "its concurrent executions fall, and the other functions are refused no more")],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand("Let it go on, once its concurrency has a limit.", "it runs within the limit")],
        ..Phases::default()
    };
    action(
        format!("Pause what calls {}", eater.name),
        ActionKind::Traffic,
        true,
        phases,
        "That work waits; make sure that a paused job can be resumed and does not begin anew.",
    )
}
