//! Keys that have expired, and queues whose users are found by their settings.

use std::sync::Arc;

use marple_case::{ActionKind, Category, Facts, facts::LogTemplate};
use serde_json::json;

use super::{
    fleet::Fleet,
    world::{metric, play, template},
};

fn refused() -> LogTemplate {
    let words = "WARN refused status=401 code=api_key_expired url=https://api.carrier.example/v1/labels";
    template(words, 80, 0, "2026-03-05T10:32:04Z")
}

fn fleet(name: &str, changed: &str) -> Fleet {
    let mut fleet = Fleet::new(name).running("2026-03-01T08:00:00Z").secret("carrier", Some(changed));
    let injected = |variable: &str, secret: &str| {
        serde_json::from_value(json!({"name": variable, "value_from": format!("arn:aws:secretsmanager:eu-central-1:111122223333:secret:{secret}-AbCdEf")})).unwrap()
    };
    fleet.definition.containers[0].secrets =
        vec![injected("DATABASE_URL", "db"), injected("CARRIER_API_KEY", "carrier")];
    fleet.world.summary.templates = vec![refused()];
    fleet
}

#[test]
fn a_key_that_the_other_side_calls_expired_is_renewed_in_its_secret() {
    let (cause, plan) = fleet("labels", "2025-03-05T09:00:00Z").investigate();
    assert_eq!(cause.category, Category::ExpiredOrRotatedSecret);
    assert!(cause.title.starts_with("api.carrier.example refuses the key CARRIER_API_KEY"), "{}", cause.title);
    assert_eq!(cause.onset.unwrap().to_string(), "2026-03-05T10:32:04Z");
    let renew = &plan.immediate[0];
    assert_eq!(renew.kind, ActionKind::Configuration);
    assert!(renew.phases.apply[1].command.as_ref().unwrap().contains("--force-new-deployment"));
}

#[test]
fn a_refusal_of_the_baseline_or_of_a_visitors_session_is_no_expired_key() {
    let mut usual = fleet("labels", "2025-03-05T09:00:00Z");
    usual.world.summary.templates = vec![template(&refused().sample, 80, 75, "2026-03-05T10:32:04Z")];
    let mut visitor = fleet("labels", "2025-03-05T09:00:00Z");
    let session = "INFO GET /orders 401 access token of user <*> expired";
    visitor.world.summary.templates = vec![template(session, 80, 0, "2026-03-05T10:32:04Z")];
    for fleet in [usual, visitor] {
        let (cause, _) = fleet.investigate();
        assert!(!cause.title.contains("it has expired"), "{}", cause.title);
    }
}

/// The evidence of a service and of another that is listed before it, without a subject and with an alarm on a queue.
fn of_queue(mut fleet: Fleet) -> (Fleet, Vec<Arc<marple_case::Evidence>>) {
    let depth = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "labels-failed");
    fleet.world.alarm.condition.as_mut().unwrap().metrics = vec![depth];
    fleet.world.scope.subjects.clear();
    let mut evidence = fleet.evidence();
    let mut beside = fleet.service.clone();
    (beside.name, beside.task_definition) = ("printer".into(), "printer:7".into());
    if let Facts::Services(services) = &mut Arc::make_mut(&mut evidence[1]).facts {
        services.insert(0, beside);
    }
    let mut other = fleet.definition.clone();
    (other.family, other.revision) = ("printer".into(), 7);
    other.containers[0].log_group = Some("/apps/printer".into());
    other.containers[0].environment.clear();
    if let Facts::TaskDefinitions(definitions) = &mut Arc::make_mut(&mut evidence[3]).facts {
        definitions.push(other);
    }
    (fleet, evidence)
}

#[test]
fn an_alarm_on_a_queue_is_about_the_service_that_is_configured_with_it() {
    let configured = fleet("labels", "2025-03-05T09:00:00Z").variable("FAILED_DSN", "sqs://default/labels-failed");
    let (fleet, evidence) = of_queue(configured);
    assert_eq!(play(fleet.scope(), &evidence).0.components[0].name, "labels");
}

#[test]
fn where_the_users_of_a_queue_are_hidden_it_is_about_the_only_service_with_new_errors() {
    let mut troubled = fleet("labels", "2025-03-05T09:00:00Z");
    troubled.world.summary.templates[0].is_error = true;
    let (troubled, evidence) = of_queue(troubled);
    assert_eq!(play(troubled.scope(), &evidence).0.components[0].name, "labels");

    let (well, evidence) = of_queue(fleet("labels", "2025-03-05T09:00:00Z"));
    assert!(play(well.scope(), &evidence).0.components.is_empty());
}
