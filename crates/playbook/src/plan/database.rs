//! The plan for a database at a limit: relief first, then a larger class, and who loads it made visible.

pub(crate) mod loader;

use marple_case::{Action, ActionKind, MitigationPlan, ResourceKind, facts::Database, mitigation::Phases};

use super::{
    empty,
    step::{action, alarm_quiet, by_hand, quoted, run, structured_logs},
};
use crate::{modes::database::Overloaded, reading::Case};

/// The database itself is at its limit.
pub(crate) fn overloaded(case: &Case<'_>, overloaded: &Overloaded<'_>) -> MitigationPlan {
    let mut plan = empty();
    plan.immediate.extend(overloaded.loader.as_deref().and_then(|loader| loader::back(case, loader)));
    plan.immediate.push(fewer_clients(case, overloaded.database.fact, overloaded.connections));
    plan.follow_up.push(larger(case, overloaded.database.fact));
    plan.follow_up.push(insights(case, overloaded.database.fact));
    plan.prevention = prevention(overloaded.connections);
    plan
}

pub(super) fn prevention(connections: bool) -> Vec<String> {
    let metric = if connections {
        "DatabaseConnections at 80 % of max_connections"
    } else {
        "CPUUtilization of the database above 80 %"
    };
    vec![
        format!("Alarm on {metric}."),
        "Pool connections (RDS Proxy, or a bounded pool in each client), and give each query a time limit.".to_owned(),
        structured_logs(),
    ]
}

/// Takes load off: found by a person, since no metric names the client.
pub(super) fn fewer_clients(case: &Case<'_>, database: &Database, connections: bool) -> Action {
    let look = match connections {
        true => {
            "Find who holds the connections: SELECT usename, application_name, client_addr, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3, 4 (MySQL: SHOW PROCESSLIST)."
        }
        false => {
            "Find the queries that run: SELECT pid, usename, application_name, query_start, query FROM pg_stat_activity WHERE state = 'active' (MySQL: SHOW PROCESSLIST)."
        }
    };
    let relieve = match connections {
        true => {
            "Lower that client's number of tasks or its pool, or end its idle sessions (pg_terminate_backend of idle ones only)."
        }
        false => "End or pause that job or query with its owner's consent (pg_cancel_backend), or move it to a reader.",
    };
    let phases = Phases {
        pre_validate: vec![by_hand(look, "one client or query that stands out")],
        apply: vec![by_hand(relieve, "the metric falls to what the baseline shows")],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand("Give the client what it had.", "its earlier settings")],
        ..Phases::default()
    };
    action(
        format!("Take load off the database {}", database.id),
        ActionKind::Traffic,
        true,
        phases,
        "Work that is ended is rolled back and has to be done again.",
    )
}

/// A larger instance class, chosen by hand.
pub(super) fn larger(case: &Case<'_>, database: &Database) -> Action {
    let region = quoted(&case.scope.region);
    let instance = match database.kind {
        ResourceKind::DbInstance => Some(&database.id),
        _ => database.members.first(),
    };
    let read = instance.map(|instance| {
        run(
            "Read the present class.",
            format!("aws rds describe-db-instances --db-instance-identifier {} --query 'DBInstances[0].[DBInstanceClass, DBInstanceStatus]' --output text --region {region}", quoted(instance)),
            database.instance_class.clone().unwrap_or_else(|| "the class, available".to_owned()),
        )
    });
    let phases = Phases {
        prepare: read.into_iter().collect(),
        apply: vec![by_hand(
            "Modify the instance to a larger class (aws rds modify-db-instance --db-instance-class), in a maintenance window or by failover to a larger reader.",
            "status available, the larger class",
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand("Modify it back to the present class.", "the present class")],
        ..Phases::default()
    };
    action(
        "Give the database a larger class, if its load is rightful",
        ActionKind::Scale,
        false,
        phases,
        "The instance restarts; it costs in proportion, and load without a bound fills it too.",
    )
}

pub(super) fn insights(case: &Case<'_>, database: &Database) -> Action {
    let phases = Phases {
        apply: vec![by_hand(
            format!("Switch on Performance Insights for {} in the template that owns it.", database.id),
            "load by query and by client",
        )],
        post_validate: alarm_quiet(case),
        ..Phases::default()
    };
    action(
        "See load by query and client",
        ActionKind::Observability,
        false,
        phases,
        "A small cost beyond the free retention.",
    )
}
