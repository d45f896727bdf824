//! The plan for a function that waits for something slow: relief for a database at its limit; for anything else a limit of time in the
//! code, since nothing in this account makes it faster.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    database, empty, service, spec,
    step::{action, alarm_quiet, by_hand, code_change, gateway_limit, structured_logs},
};
use crate::{modes::slow_dependency::Slow, reading::Case};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, slow: &Slow<'_>) -> MitigationPlan {
    let mut plan = empty();
    let before = slow.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref());
    plan.immediate.extend(before.map(|before| {
        let seen = before.image_exists == Some(true) && case.baseline_count().is_some_and(|count| count > 0);
        service::rollback(
            case,
            before,
            (!seen).then(|| "Its image, or that it served faster, was not seen.".to_owned()),
        )
    }));
    if let Some((found, series)) = slow.database {
        let connections = series.metric.name == "DatabaseConnections";
        plan.immediate.extend(slow.loader.as_deref().and_then(|loader| database::loader::back(case, loader)));
        plan.immediate.push(database::fewer_clients(case, found.fact, connections));
        plan.follow_up.extend([database::larger(case, found.fact), database::insights(case, found.fact)]);
        plan.prevention = database::prevention(connections);
        return plan;
    }
    let called = slow.called();
    let waits = if slow.timeouts > 0 { format!(" {}", gateway_limit(case)) } else { String::new() };
    plan.no_immediate_action = plan.immediate.is_empty().then(|| format!(
        "The program waits for {called}, and why that is slow is not shown by anything in this account. Neither more memory nor another revision makes it faster, and a longer timeout only lets callers wait longer.{waits} Report it to whoever runs that dependency."
    ));
    if slow.awaited.is_some() {
        let title = match slow.repeated() {
            Some(repeated) => format!(
                "Bound the attempts that {} makes of {called}, all together well below the function's own limit, with an answer for when they are used up",
                repeated.line.place()
            ),
            None => format!("Give each call of {called} a time limit, and an answer for when it is exceeded"),
        };
        plan.follow_up.push(code_change(title, case, &called));
        plan.spec = Some(specification(case, slow, &called));
    }
    plan.follow_up.push(watch(case, &called));
    plan.prevention = vec![
        "Give each dependency a time limit well below the caller's own, and stop calling it for a while after several failures in a row (a circuit breaker).".to_owned(),
        structured_logs(),
    ];
    plan
}

fn specification(case: &Case<'_>, slow: &Slow<'_>, called: &str) -> marple_case::mitigation::Spec {
    let call = slow.awaited.as_ref().and_then(|awaited| awaited.line.as_ref());
    let line = call.or(slow.repeated().map(|repeated| &repeated.line));
    let place = line.map(|line| format!(" The call is made at {}: {}", line.place(), line.text.trim()));
    let limit = case.function.map(|function| format!(" of {} s", function.timeout_s)).unwrap_or_default();
    spec(
        format!(
            "The {} {} waits for {called}{}.{}",
            case.noun(),
            case.name(),
            if limit.is_empty() { String::new() } else { format!(" until its own timeout{limit} ends it") },
            place.unwrap_or_default()
        ),
        line.map(|line| line.path().to_owned()).into_iter().collect(),
        &[
            format!("WHEN the function calls {called}, THE SYSTEM SHALL end the attempt after a time limit that leaves enough of the function's own timeout{limit} to answer."),
            "WHEN the call is ended at its limit or fails, THE SYSTEM SHALL answer with HTTP status 503 or with a default that the callers accept, and SHALL NOT wait for the platform's timeout.".to_owned(),
            "THE SYSTEM SHALL log the target, outcome and duration of each call.".to_owned(),
            "WHEN an attempt fails, THE SYSTEM SHALL repeat it a fixed number of times at most, with a pause that grows, and only while the time that is left suffices for another one.".to_owned(),
        ],
        &[
            "A test with a dependency that never answers gets an answer within the limit.".to_owned(),
            "A test with one that answers at once gets what it gets today.".to_owned(),
        ],
    )
}

fn watch(case: &Case<'_>, called: &str) -> Action {
    let phases = Phases {
        apply: vec![by_hand(
            format!(
                "Publish the duration and outcome of each call of {called} as a metric (embedded metric format), and alarm on its 95th percentile."
            ),
            "the metric rises before the function's own timeouts do",
        )],
        post_validate: alarm_quiet(case),
        ..Phases::default()
    };
    action("Measure the dependency itself", ActionKind::Observability, false, phases, "The cost of a custom metric.")
}
