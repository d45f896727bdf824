//! The plan for a database that takes no more connections, where its clients are Lambda functions: the concurrency of the one that grew is
//! the lever. Each environment of a function holds at least one connection.

use marple_case::{Action, ActionKind, MitigationPlan, facts::Database, mitigation::Phases};

use super::{
    database,
    step::{action, alarm_quiet, by_hand, quoted, run},
};
use crate::{
    modes::dependency::Unreachable,
    reading::{
        Case,
        clients::{Client, concurrency},
        failure::Failure,
        load::is_service,
    },
};

/// What helps at once; empty where the failure is another one, or the subject is no function.
pub(super) fn immediate(case: &Case<'_>, unreachable: &Unreachable<'_>) -> Vec<Action> {
    if is_service(case) || unreachable.logged.failure != Failure::ConnectionLimit {
        return Vec::new();
    }
    let grown = unreachable.clients.first().and_then(|client| Some((client, client.growth()?)));
    let own = case.function.zip(concurrency(case, case.name()));
    let own = own.map(|(function, series)| Client { function, concurrency: Some(series) });
    match (grown, own.as_ref().and_then(|own| Some((own, own.growth()?))), unreachable.database) {
        (Some((client, (most, usual))), ..) | (None, Some((client, (most, usual))), _) => {
            vec![limit(case, client, most, usual)]
        }
        (None, None, Some(found)) => vec![database::fewer_clients(case, found.fact, true)],
        (None, None, None) => Vec::new(),
    }
}

/// What keeps it from coming back: pooling, a limit for each client, and a larger database where the load is rightful.
pub(super) fn follow_up(case: &Case<'_>, unreachable: &Unreachable<'_>, plan: &mut MitigationPlan) {
    let Some(found) = unreachable.database else { return };
    plan.follow_up.push(pool(case, found.fact));
    plan.follow_up.push(database::larger(case, found.fact));
    plan.follow_up.push(database::insights(case, found.fact));
    plan.prevention = database::prevention(true);
    plan.prevention.push(
        "Give each function that uses the database a reserved concurrency, so that all of them together stay below max_connections.".to_owned(),
    );
}

/// Reserves concurrency for a function, which bounds it: to what the baseline used.
fn limit(case: &Case<'_>, client: &Client<'_>, most: f64, usual: f64) -> Action {
    let (function, region) = (client.function, quoted(&case.scope.region));
    let name = quoted(&function.name);
    let bound = usual.max(1.0).round();
    let reserve = |number: &str| {
        format!(
            "aws lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions {number} --region {region}"
        )
    };
    let back = match function.reserved_concurrency {
        Some(number) => run(
            format!("Set the earlier limit of {number} again."),
            reserve(&number.to_string()),
            format!("ReservedConcurrentExecutions {number}"),
        ),
        None => by_hand(
            format!(
                "Take the reserved concurrency off {} again (there was none), in the console or in the template that owns it.",
                function.name
            ),
            "no reserved concurrency",
        ),
    };
    let phases = Phases {
        prepare: vec![run(
            "Note the present limit, to be able to go back to it.",
            format!("aws lambda get-function-concurrency --function-name {name} --region {region}"),
            function.reserved_concurrency.map_or("nothing: no limit is set".to_owned(), |number| number.to_string()),
        )],
        pre_validate: vec![run(
            "See that the account has unreserved concurrency left: Lambda keeps 100 of it.",
            format!(
                "aws lambda get-account-settings --query AccountLimit.UnreservedConcurrentExecutions --output text --region {region}"
            ),
            format!("at least {}", 100.0 + bound),
        )],
        apply: vec![run(
            format!("Let at most {bound:.0} of {} run at once, as in the baseline; {most:.0} did.", function.name),
            reserve(&format!("{bound:.0}")),
            format!("ReservedConcurrentExecutions {bound:.0}; connections become free as the running invocations end"),
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![back],
    };
    action(
        format!("Limit the concurrency of {}, so that it leaves connections to the other clients", function.name),
        ActionKind::Configuration,
        true,
        phases,
        "Its work is done more slowly: a queue in front of it grows, synchronous callers of it are throttled. Invocations that run already keep their connections until they end.",
    )
}

fn pool(case: &Case<'_>, database: &Database) -> Action {
    let phases = Phases {
        apply: vec![by_hand(
            format!(
                "Put RDS Proxy in front of {}, in the template that owns it, and let the functions connect to the proxy's endpoint.",
                database.id
            ),
            "DatabaseConnections stays level while the functions' concurrency rises",
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand(
            "Let the functions connect to the database's own endpoint again.",
            "the endpoint as it is today",
        )],
        ..Phases::default()
    };
    action(
        "Pool the functions' connections (RDS Proxy)",
        ActionKind::Configuration,
        false,
        phases,
        "Sessions with state (temporary tables, SET) are pinned to a connection and gain nothing; the proxy costs by the hour.",
    )
}
