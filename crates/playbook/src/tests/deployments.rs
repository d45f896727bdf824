//! Services of ECS once more: worlds that share a symptom with those beside them and have another cause.

use marple_case::{ActionKind, Category, facts::Shape};
use serde_json::json;

use super::{
    fleet::Fleet,
    world::{exception, template},
};

const ENDED: &str = "Essential container in task exited";

#[test]
fn a_container_killed_at_its_own_limit_is_not_the_tasks_memory() {
    let mut fleet = Fleet::new("tours").stopped(
        "2026-03-05T10:20:00Z",
        "2026-03-05T10:31:40Z",
        Some(137),
        Some("OutOfMemoryError: Container killed due to memory usage"),
        ENDED,
    );
    fleet.tasks[0].containers[0].name = "collector".into();
    let mut beside = fleet.definition.containers[0].clone();
    (beside.name, beside.memory) = ("collector".into(), Some(96));
    fleet.definition.containers.push(beside);
    let (cause, plan) =
        fleet.minutes("MemoryUtilization", "Maximum", Shape::Flat, &[22.0; 60], (21.0, 22.0)).investigate();
    assert_eq!(cause.category, Category::MemoryExhaustion);
    assert!(cause.title.contains("collector") && cause.title.contains("96 MiB"), "{}", cause.title);
    let raise = plan.immediate.iter().find(|action| action.kind == ActionKind::Scale).unwrap();
    assert!(raise.title.contains("of the container collector from 96 to 192"), "{}", raise.title);
}

#[test]
fn a_processor_that_is_busy_without_requests_is_not_laid_on_them() {
    let cpu: Vec<f64> = (0..60).map(|minute| if minute >= 30 { 99.0 } else { 4.0 }).collect();
    let fleet = Fleet::new("feeds").running("2026-03-01T06:00:00Z");
    let fleet = fleet.minutes("CPUUtilization", "Maximum", Shape::Step, &cpu, (3.0, 5.0)).minutes(
        "RequestCount",
        "Sum",
        Shape::Flat,
        &[0.0; 60],
        (0.0, 0.0),
    );
    let (cause, _) = fleet.investigate();
    assert_eq!(cause.category, Category::CpuSaturation);
    assert!(!cause.trigger.as_deref().unwrap_or_default().starts_with("Requests"), "{:?}", cause.trigger);
}

#[test]
fn a_tag_that_was_moved_goes_back_to_the_digest_that_still_runs() {
    let mut fleet = Fleet::new("basket").running("2026-03-01T08:00:00Z").stopped(
        "2026-03-05T10:31:30Z",
        "2026-03-05T10:31:59Z",
        Some(1),
        None,
        ENDED,
    );
    let state = |digest: &str, code: Option<i32>, image: &str| {
        serde_json::from_value(json!({"name": "web", "image": image, "image_digest": digest, "status": "STOPPED", "exit_code": code, "reason": null, "health": null})).unwrap()
    };
    let image = fleet.definition.containers[0].image.clone();
    fleet.tasks[0].containers = vec![state("sha256:r4100", None, &image)];
    fleet.tasks[1].containers = vec![state("sha256:r4200", Some(1), &image)];
    fleet.world.summary.exceptions =
        vec![exception("node", "Error", "Cannot find module 'express'", Some(("/app/server.js", 3, None)))];
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::BadImage);
    assert!(cause.chain[0].statement.contains("names another image"), "{}", cause.chain[0].statement);
    assert_eq!(
        (plan.immediate[0].kind, plan.immediate[0].rollback_to.as_deref()),
        (ActionKind::Rollback, Some("sha256:r4100"))
    );
    assert_eq!(plan.immediate[0].unverified, None);
}

fn unhealthy(name: &str, reason: &str, words: &str) -> Fleet {
    let mut fleet = Fleet::new(name).deployed("2026-03-05T10:25:00Z", &[]).event(
        "2026-03-05T10:31:00Z",
        &format!("(service {name}) (port 8080) is unhealthy in (target-group arn:aws:x) due to (reason {words})."),
    );
    let target = &mut fleet.balancer.target_groups[0].targets[0];
    (target.state, target.reason, target.description) = ("unhealthy".into(), Some(reason.into()), Some(words.into()));
    fleet
}

#[test]
fn the_path_that_the_program_answers_is_taken_from_its_own_check_or_its_log() {
    let codes = "Health checks failed with these codes: [404]";
    let mut by_check = unhealthy("menu", "Target.ResponseCodeMismatch", codes);
    by_check.definition.containers[0].health_check =
        Some("CMD-SHELL curl -f http://localhost:8080/alive || exit 1".into());
    by_check.definition.differences = vec!["health check: CMD-SHELL curl -f http://localhost:8080/live || exit 1 -> CMD-SHELL curl -f http://localhost:8080/alive || exit 1".into()];
    let mut by_log = unhealthy("tills", "Target.ResponseCodeMismatch", codes);
    by_log.world.summary.templates =
        vec![template("INFO probes at [\"/alive\", \"/metrics\"]", 3, 0, "2026-03-05T10:26:00Z")];
    for fleet in [by_check, by_log] {
        let (cause, plan) = fleet.investigate();
        assert!(cause.chain.iter().any(|link| link.statement.contains("/alive")), "{}: {:?}", fleet.name, cause.chain);
        let fit = plan.immediate.iter().find(|action| action.kind == ActionKind::Configuration).unwrap();
        assert!(fit.phases.apply[0].command.as_ref().unwrap().contains("--health-check-path /alive"), "{}", fleet.name);
        assert_eq!(fit.unverified, None);
    }
}

#[test]
fn silent_targets_are_asked_on_the_wrong_port_or_stopped_before_they_have_started() {
    let mut port = unhealthy("tickets", "Target.FailedHealthChecks", "Health checks failed");
    port.world.summary.templates = vec![template("INFO server listening on port 3000", 2, 0, "2026-03-05T10:26:00Z")];
    let (cause, plan) = port.investigate();
    assert!(cause.title.contains("asks on port 8080, and the program listens on 3000"), "{}", cause.title);
    assert!(plan.immediate.iter().all(|action| !action.title.contains("/live")));

    let mut slow = unhealthy("routes", "Target.Timeout", "Request timed out").stopped(
        "2026-03-05T10:29:50Z",
        "2026-03-05T10:31:00Z",
        Some(143),
        None,
        "Task failed ELB health checks in (target-group arn:aws:x)",
    );
    slow.tasks[0].stop_code = Some("ServiceSchedulerInitiated".into());
    slow.service.health_check_grace_s = Some(30);
    slow.world.summary.templates = vec![template("INFO warming cache: <*> of <*>", 9, 0, "2026-03-05T10:26:00Z")];
    let (cause, plan) = slow.investigate();
    assert!(cause.title.contains("while they still start; the grace period is 30 s"), "{}", cause.title);
    let raise = plan.immediate.iter().find(|action| action.kind == ActionKind::Configuration).unwrap();
    assert!(raise.phases.apply[0].command.as_ref().unwrap().contains("--health-check-grace-period-seconds 210"));
}

#[test]
fn a_secret_that_is_marked_for_deletion_is_restored_not_named_anew() {
    let mut fleet = Fleet::new("claims").secret("claims-db", None);
    let arn = fleet.secrets[0].arn.clone();
    fleet.definition.containers[0].secrets = vec![
        serde_json::from_value(json!({"name": "DB_PASSWORD", "value_from": format!("{arn}:password::")})).unwrap(),
    ];
    fleet.world = fleet.world.change("2026-03-05T09:40:00Z", "DeleteSecret", "claims-db");
    let words = format!(
        "ResourceInitializationError: unable to retrieve secret from asm: failed to fetch secret {arn} from secrets manager: InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
    );
    let (cause, plan) = fleet.stopped("2026-03-05T10:21:00Z", "2026-03-05T10:22:00Z", None, None, &words).investigate();
    assert!(cause.chain[0].statement.starts_with("DeleteSecret by deployer"), "{}", cause.chain[0].statement);
    let commands: Vec<&str> =
        plan.immediate[0].phases.apply.iter().filter_map(|step| step.command.as_deref()).collect();
    assert!(commands[0].starts_with("aws secretsmanager restore-secret"), "{commands:?}");
}

#[test]
fn a_lack_of_room_is_told_from_capacity_that_was_taken_back() {
    let full = Fleet::new("quotes").deployed("2026-03-05T10:25:00Z", &["memory: 1024 -> 4096"]).event(
        "2026-03-05T10:30:00Z",
        "(service quotes) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 7f2b) has insufficient memory available.",
    );
    let (cause, plan) = full.investigate();
    assert_eq!((cause.category, plan.immediate[0].kind), (Category::Capacity, ActionKind::Rollback));

    let mut spot = Fleet::new("resize").stopped(
        "2026-03-01T08:00:00Z",
        "2026-03-05T10:31:40Z",
        Some(137),
        None,
        "Your Spot Task was interrupted.",
    );
    spot.tasks[0].stop_code = Some("SpotInterruption".into());
    let deployed = spot.deployed("2026-02-01T08:00:00Z", &[]);
    let (cause, plan) = deployed.investigate();
    assert_eq!(cause.category, Category::Capacity);
    assert!(cause.title.contains("Spot capacity"), "{}", cause.title);
    assert!(plan.immediate.is_empty());
}
