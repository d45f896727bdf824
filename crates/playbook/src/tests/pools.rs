//! Connections that are used up: by a pool that a revision made larger, times the tasks.

use marple_case::{ActionKind, Category, facts::Shape};

use super::{
    fleet::Fleet,
    world::{exception, template},
};
use crate::reading::failure::Failure;

const REFUSED: &str = "ERROR (Postgrex.Error) FATAL 53300 (too_many_connections) remaining connection slots are reserved for roles with the SUPERUSER attribute";
const EMPTY: &str = "connection not available and request was dropped from queue after 2003ms";

/// A service with its own public name, whose pool is empty from 10:32 on.
fn emptied(name: &str, size: &str) -> Fleet {
    let mut fleet = Fleet::new("points")
        .variable("PHX_HOST", "api.points.example")
        .variable(name, size)
        .running("2026-03-05T10:20:00Z")
        .minutes("RequestCount", "Sum", Shape::Flat, &[4.0; 60], (4.0, 4.0));
    fleet.service.desired = 4;
    fleet.world.summary.exceptions =
        vec![exception("elixir", "DBConnection.ConnectionError", EMPTY, Some(("lib/ledger.ex", 41, None)))];
    fleet
}

fn refused(mut fleet: Fleet) -> Fleet {
    let mut line = template(REFUSED, 900, 0, "2026-03-05T10:31:36Z");
    line.is_error = true;
    fleet.world.summary.templates = vec![line];
    fleet
}

#[test]
fn a_larger_pool_times_more_tasks_is_capacity_and_goes_back() {
    let mut fleet =
        refused(emptied("POOL_SIZE", "25")).deployed("2026-03-05T10:20:00Z", &["environment POOL_SIZE: 10 -> 25"]);
    fleet.world = fleet.world.change("2026-03-05T10:31:11Z", "UpdateService", "points");
    fleet.world.changes.last_mut().unwrap().detail = "service=points, desiredCount=4".into();
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::Capacity);
    let told = |words: &str| cause.chain.iter().any(|link| link.statement.contains(words));
    assert!(told("POOL_SIZE is 25 (10 before points:42), and 4 task(s) may hold 100 connections"), "{:?}", cause.chain);
    assert!(told("changed the number of tasks") && told("too_many_connections") && told("dropped from queue"));
    assert!(!cause.title.contains("api.points.example"), "the service's own name is no database: {}", cause.title);
    assert_eq!(plan.immediate[0].kind, ActionKind::Rollback);
    assert!(plan.immediate[0].unverified.is_none());
    assert!(plan.immediate.iter().all(|action| action.kind != ActionKind::Restart));
}

#[test]
fn a_pool_of_the_same_size_as_before_is_told_and_no_revision_is_blamed() {
    let (cause, plan) = refused(emptied("DB_POOL_TIMEOUT", "25")).investigate();
    assert_eq!(cause.category, Category::Capacity);
    assert!(!cause.title.contains("may hold"), "a time is no size: {}", cause.title);
    let (cause, _) = refused(emptied("DB_POOL", "25")).investigate();
    assert!(cause.title.contains("DB_POOL is 25, and 4 task(s)"), "{}", cause.title);
    assert!(plan.immediate.iter().all(|action| action.kind != ActionKind::Rollback));
}

#[test]
fn an_empty_pool_is_no_defect_of_the_program_in_any_clients_words() {
    for words in [
        EMPTY,
        "HikariPool-1 - Connection is not available, request timed out after 30000ms",
        "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
        "could not obtain a connection from the pool within 5.000 seconds (waited 5.001 seconds)",
        "Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.",
        "Knex: Timeout acquiring a connection. The pool is probably full.",
        "pool timed out while waiting for an open connection",
    ] {
        assert_eq!(Failure::of(words), Failure::PoolExhausted, "{words}");
    }
    for words in [REFUSED, "FATAL: sorry, too many clients already", "Error: Too many connections"] {
        assert_eq!(Failure::of(words), Failure::ConnectionLimit, "{words}");
    }
    let (cause, _) = emptied("DB_POOL", "5").investigate();
    assert_eq!(cause.category, Category::Capacity);
}
