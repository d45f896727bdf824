//! What many share: the account's concurrency, a database. Who fills it is at fault, not who suffers.

use std::sync::Arc;

use marple_agent::ports::evidence_id;
use marple_case::{
    ActionKind, Category, Facts, ResourceKind, ResourceRef,
    facts::{ChangeSource, LogSummary, Metrics, Shape},
};
use serde_json::json;

use super::{
    fleet::Fleet,
    world::{World, at, metric, play, series, series_text, summary_text, taken, template},
};

/// A function that is refused although it runs twice at a time, beside one that rose to so many at a moment.
fn refused(rose_at: &str, reserved: Option<u32>) -> World {
    let mut world = World::new("prices", "ruby3.3", "app.h")
        .metric("Errors", "Sum", 0.0, Some(0.0))
        .metric("Throttles", "Sum", 57.0, Some(0.0))
        .change("2026-03-05T10:29:30Z", "CreateJob", "thumbnails");
    let mut all = series(
        metric("AWS/Lambda", "ConcurrentExecutions", "FunctionName", "thumbnails"),
        "Maximum",
        (180.0, Some(3.0)),
    );
    all.points = vec![marple_case::facts::Point { at: at(rose_at), value: 180.0 }];
    let text = series_text(&all);
    let (window, baseline) = (world.scope.window, Some(world.scope.baseline));
    let metrics = Metrics { window, baseline, series: vec![all], correlations: Vec::new() };
    let mut other = World::new("thumbnails", "python3.13", "app.h");
    other.function.reserved_concurrency = reserved;
    world.extra.extend(other.evidence().into_iter().filter(|evidence| evidence.tool == "get_function"));
    world.extra.push(taken("get_metrics", json!({"of": "thumbnails"}), text, Facts::Metrics(metrics)));
    world
}

#[test]
fn who_takes_the_accounts_concurrency_is_at_fault_and_is_limited() {
    let (cause, plan) = refused("2026-03-05T10:30:00Z", None).investigate();
    assert_eq!(cause.category, Category::Throttling);
    assert_eq!(cause.components.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["thumbnails"]);
    assert!(cause.chain[0].statement.contains("CreateJob"), "{:?}", cause.chain);
    let commands =
        plan.immediate.iter().flat_map(|action| &action.phases.apply).filter_map(|step| step.command.as_ref());
    assert!(
        commands.clone().any(|one| one.contains("put-function-concurrency --function-name thumbnails")),
        "{plan:?}"
    );
    assert!(!commands.clone().any(|one| one.contains("prices")));
}

#[test]
fn a_function_that_rises_after_the_first_refusal_or_within_its_own_reservation_takes_nothing_from_others() {
    for (rose_at, reserved) in [("2026-03-05T10:50:00Z", None), ("2026-03-05T10:30:00Z", Some(180))] {
        let (cause, plan) = refused(rose_at, reserved).investigate();
        assert_eq!(cause.components[0].name, "prices", "{rose_at}");
        assert!(plan.immediate.is_empty(), "{rose_at}");
    }
}

/// A service that waits for a database whose processor is busy; another one was deployed a minute before, with so a host and a user.
fn waiting(host: &str, user: &str) -> (Fleet, Vec<Arc<marple_case::Evidence>>) {
    let times: Vec<f64> = (0..60).map(|minute| if minute >= 28 { 3.9 } else { 0.05 }).collect();
    let mut fleet = Fleet::new("orders")
        .database("books", 20.0)
        .minutes("RequestCount", "Sum", Shape::Flat, &[90.0; 60], (88.0, 92.0))
        .minutes("TargetResponseTime", "Average", Shape::Step, &times, (0.04, 0.06));
    fleet.world = fleet.world.change("2026-03-05T10:27:00Z", "UpdateService", "points");
    let change = fleet.world.changes.last_mut().unwrap();
    change.source = ChangeSource::CloudTrail;
    change.resource = Some(ResourceRef::new(ResourceKind::EcsService, "points"));
    change.detail = "cluster=live, service=points, taskDefinition=points:7".into();
    let load = &mut fleet.world.databases[0].load[0];
    load.metric.name = "CPUUtilization".into();
    (load.window.max, load.baseline.as_mut().unwrap().max) = (98.0, 15.0);
    let mut other = Fleet::new("points").variable("DB_HOST", host).variable("DB_USER", user);
    other.definition.family = "points".into();
    other.definition.revision = 7;
    other.definition.compared_with = Some(6);
    let definition = other.definition.clone();
    let mut line =
        template("# User@Host: <*> Query_time: <*> Rows_examined: <*> SELECT <*>", 40, 0, "2026-03-05T10:27:50Z");
    line.sample =
        "# User@Host: points_rw[points_rw] @ [10.0.0.9] # Query_time: 6.1 Lock_time: 0 Rows_examined: 900000".into();
    let summary = LogSummary {
        log_group: "/aws/rds/cluster/books/slowquery".into(),
        templates: vec![line],
        ..fleet.world.summary.clone()
    };
    let mut evidence = fleet.evidence();
    evidence.push(taken("summarize_logs", json!({"of": "books"}), summary_text(&summary), Facts::LogSummary(summary)));
    let text = "task definition: points:7\ncompared with: points:6\n".to_owned();
    evidence.push(taken("describe_task_definition", json!({}), text, Facts::TaskDefinitions(vec![definition])));
    for (index, one) in evidence.iter_mut().map(Arc::make_mut).enumerate() {
        one.id = evidence_id(index);
    }
    (fleet, evidence)
}

#[test]
fn a_database_that_another_services_deployment_loads_makes_that_service_the_one_at_fault() {
    let (fleet, evidence) = waiting("books.cluster-x.eu-central-1.rds.amazonaws.com", "points_rw");
    let (cause, plan) = play(fleet.scope(), &evidence);
    assert_eq!(cause.category, Category::CpuSaturation);
    assert_eq!(cause.components[0].name, "points");
    assert!(!cause.components.iter().any(|one| one.name == "orders"));
    assert_eq!(cause.onset, Some(at("2026-03-05T10:27:50Z")));
    assert!(cause.chain.iter().any(|link| link.statement.contains("points_rw")), "{:?}", cause.chain);
    assert_eq!(plan.immediate[0].kind, ActionKind::Rollback);
    let command = plan.immediate[0].phases.apply[0].command.clone().unwrap();
    assert!(command.contains("--cluster live --service points --task-definition points:6"), "{command}");
}

#[test]
fn a_deployment_of_what_does_not_use_the_database_loads_it_not() {
    let (fleet, evidence) = waiting("maps.cluster-x.eu-central-1.rds.amazonaws.com", "maps_rw");
    let (cause, plan) = play(fleet.scope(), &evidence);
    assert!(!cause.components.iter().any(|one| one.name == "points"), "{:?}", cause.components);
    assert!(!plan.immediate.iter().any(|action| action.kind == ActionKind::Rollback));
}
