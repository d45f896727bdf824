//! Databases: full, overloaded, broken off, locked; and who of their clients it is.

use marple_case::{
    ActionKind, Category, Facts, ResourceKind, ResourceRef,
    facts::{DatabaseEvent, Metrics, Series, Shape},
};
use serde_json::json;

use super::{
    fleet::Fleet,
    world::{World, at, metric, series, series_text, taken, template},
};

const HOST: &str = "seats.c9.eu-central-1.rds.amazonaws.com";

/// A function that a database with 40 connections refuses.
fn refused(runtime: &str, class: &str, message: &str) -> World {
    let world =
        World::new("booking", runtime, "app.h").variable("DB_HOST", HOST).database("seats", HOST, "available", 40.0);
    let mut world = world.exception("x", class, message, None);
    let load = &mut world.databases[0].load[0];
    load.baseline.as_mut().unwrap().max = 11.0;
    load.shape = Shape::Plateau;
    world
}

/// Another function of the region, which ran so often at once in window and baseline.
fn beside(mut world: World, name: &str, host: &str, at_once: (f64, f64)) -> World {
    let other = World::new(name, "nodejs22.x", "app.h").variable("DATABASE_URL", &format!("mysql://{host}:3306/seats"));
    let mut read = series(
        metric("AWS/Lambda", "ConcurrentExecutions", "FunctionName", name),
        "Maximum",
        (at_once.0, Some(at_once.1)),
    );
    read.points = vec![marple_case::facts::Point { at: at("2026-03-05T10:29:00Z"), value: at_once.0 }];
    let text = series_text(&read);
    let metrics = Metrics {
        window: world.scope.window,
        baseline: Some(world.scope.baseline),
        series: vec![read],
        correlations: Vec::new(),
    };
    let own = other.evidence().into_iter().filter(|evidence| evidence.tool == "get_function");
    world.extra.extend(own);
    world.extra.push(taken("get_metrics", json!({"of": name}), text, Facts::Metrics(metrics)));
    world
}

#[test]
fn the_client_that_grew_is_named_and_bounded_and_the_others_are_not() {
    let errors = [
        ("nodejs22.x", "Error", "Too many connections"),
        (
            "python3.13",
            "psycopg.OperationalError",
            "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute",
        ),
    ];
    for (runtime, class, message) in errors {
        let world = beside(refused(runtime, class, message), "night-export", HOST, (33.0, 2.0));
        let world = beside(world, "seat-map", HOST, (4.0, 4.0));
        let world = beside(world, "newsletter", "letters.c9.eu-central-1.rds.amazonaws.com", (60.0, 3.0));
        let (cause, plan) = world.investigate();
        assert_eq!(cause.category, Category::Capacity, "{runtime}");
        let named: Vec<&str> = cause.components.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(named, ["booking", "seats", "night-export"], "{runtime}");
        let limit = &plan.immediate[0];
        assert_eq!((limit.kind, limit.temporary), (ActionKind::Configuration, true));
        let command = limit.phases.apply[0].command.as_deref().unwrap();
        assert!(
            command
                .contains("put-function-concurrency --function-name night-export --reserved-concurrent-executions 2"),
            "{command}"
        );
        assert!(cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("network")));
    }
}

#[test]
fn where_no_client_grew_the_connections_are_looked_for_in_the_database() {
    let world = beside(refused("nodejs22.x", "Error", "Too many connections"), "seat-map", HOST, (4.0, 4.0));
    let (cause, plan) = world.investigate();
    assert!(cause.components.iter().all(|one| one.name != "seat-map"));
    assert_eq!(plan.immediate[0].kind, ActionKind::Traffic);
    assert!(cause.gaps.iter().any(|gap| gap.missing == "who holds the connections"));
}

#[test]
fn an_alarm_on_the_database_itself_tells_connections_from_the_processor() {
    for (name, most, usual, category) in [
        ("DatabaseConnections", 240.0, 60.0, Category::Capacity),
        ("CPUUtilization", 97.0, 22.0, Category::CpuSaturation),
    ] {
        let mut world = World::new("ledger", "none", "none").database("ledger", HOST, "available", 5.0);
        world.scope.subjects = vec![ResourceRef::new(ResourceKind::DbCluster, "ledger")];
        world.alarm.condition.as_mut().unwrap().metrics =
            vec![metric("AWS/RDS", name, "DBClusterIdentifier", "ledger")];
        let load: &mut Series = &mut world.databases[0].load[0];
        (load.metric.name, load.shape) = (name.into(), Shape::Plateau);
        (load.window.max, load.baseline.as_mut().unwrap().max) = (most, usual);
        let (cause, plan) = world.investigate();
        assert_eq!(cause.category, category, "{name}");
        assert!(cause.components.iter().all(|one| one.name == "ledger"), "{:?}", cause.components);
        assert_eq!(plan.immediate[0].kind, ActionKind::Traffic);
    }
}

fn troubled(message: &str) -> Fleet {
    let mut fleet = Fleet::new("claims")
        .variable("DB_HOST", "policies.cluster-x.eu-central-1.rds.amazonaws.com")
        .variable("DB_USER", "app")
        .database("policies", 12.0)
        .minutes("RequestCount", "Sum", Shape::Flat, &[4.0; 60], (4.0, 4.0));
    let mut line = template(message, 30, 0, "2026-03-05T10:32:04Z");
    line.is_error = true;
    fleet.world.summary.templates = vec![line];
    fleet
}

fn reported(mut fleet: Fleet, time: &str, message: &str) -> Fleet {
    fleet.world.databases[0].events = vec![DatabaseEvent { at: at(time), message: message.into() }];
    fleet
}

#[test]
fn connections_that_break_off_in_a_failover_are_an_event_of_aws_and_no_address_to_correct() {
    for message in [
        "ERROR 500: connect ECONNREFUSED 10.0.7.4:5432",
        "ERROR FATAL: terminating connection due to administrator command",
    ] {
        let (cause, plan) =
            reported(troubled(message), "2026-03-05T10:31:50Z", "Multi-AZ instance failover started").investigate();
        assert_eq!(cause.category, Category::AwsServiceEvent, "{message}");
        assert!(cause.components.iter().any(|one| one.name == "policies"));
        assert!(plan.immediate.is_empty());
        let (cause, _) =
            reported(troubled(message), "2026-03-05T06:00:00Z", "Multi-AZ instance failover started").investigate();
        assert_ne!(cause.category, Category::AwsServiceEvent, "an event hours before is another one: {message}");
    }
}

#[test]
fn full_storage_is_made_larger_and_locks_lead_back_to_the_deployment_before_them() {
    let full = troubled("ERROR could not extend file \"base/16384/2619\": No space left on device");
    let (cause, plan) =
        reported(full, "2026-03-05T10:31:00Z", "The allocated storage for the DB instance has been exhausted")
            .investigate();
    assert_eq!((cause.category, plan.immediate[0].kind), (Category::Capacity, ActionKind::Scale));
    let locked = troubled("ERROR 500: ER_LOCK_WAIT_TIMEOUT: Lock wait timeout exceeded; try restarting transaction");
    let (cause, plan) = locked.deployed("2026-03-05T10:20:00Z", &[]).investigate();
    assert_eq!((cause.category, plan.immediate[0].kind), (Category::CodeDefect, ActionKind::Rollback));
    let (cause, plan) = troubled("ERROR 500: deadlock detected").investigate();
    assert_eq!((cause.category, plan.immediate[0].kind), (Category::Capacity, ActionKind::Traffic));
}
