//! Services of ECS: what each failure mode reports, and the traps beside it.

use marple_case::{ActionKind, Category, ResourceKind, Verdict, facts::Shape};
use proptest::prelude::*;

use super::{
    fleet::Fleet,
    world::{check, exception, play},
};

const OOM: &str = "OutOfMemoryError: Container killed due to memory usage";
const ENDED: &str = "Essential container in task exited";

/// Memory that climbs 2 points with each of the minutes 10 to 39, and falls back at the minute 40.
fn climbing(by_requests: bool) -> (Vec<f64>, Vec<f64>) {
    let (mut memory, mut requests, mut level) = (Vec::new(), Vec::new(), 5.0);
    for minute in 0..60 {
        let busy = minute % 3 == 0;
        requests.push(if busy { 20.0 } else { 0.0 });
        level += match by_requests {
            true if busy => 4.0,
            true => 0.0,
            false => 1.5,
        };
        if level > 92.0 {
            level = 5.0;
        }
        memory.push(level);
    }
    (memory, requests)
}

fn leaking(name: &str, by_requests: bool) -> Fleet {
    let (memory, requests) = climbing(by_requests);
    Fleet::new(name)
        .deployed("2026-03-05T09:58:00Z", &["image: 111122223333.dkr.ecr.eu-central-1.amazonaws.com/x:r41 -> r42"])
        .stopped("2026-03-05T09:59:00Z", "2026-03-05T10:31:40Z", Some(137), Some(OOM), ENDED)
        .minutes("MemoryUtilization", "Average", Shape::Sawtooth, &memory, (4.0, 5.0))
        .minutes("MemoryUtilization", "Maximum", Shape::Sawtooth, &memory, (4.0, 5.0))
        .minutes("RequestCount", "Sum", Shape::Varying, &requests, (0.0, 20.0))
}

#[test]
fn a_leak_that_follows_requests_is_told_from_one_that_follows_time() {
    let (cause, plan) = leaking("tickets", true).investigate();
    assert_eq!((cause.verdict, cause.category), (Verdict::Fault, Category::MemoryExhaustion));
    assert!(cause.trigger.as_ref().unwrap().starts_with("Requests"), "{:?}", cause.trigger);
    assert!(cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("start-up")));
    let scale = plan.immediate.iter().find(|action| action.kind == ActionKind::Scale).unwrap();
    assert!(scale.temporary && scale.title.contains("in place of"), "{}", scale.title);
    let (cause, _) = leaking("search", false).investigate();
    assert!(cause.trigger.as_ref().unwrap().starts_with("Time"), "{:?}", cause.trigger);
}

#[test]
fn a_rollback_names_the_revision_before_only_where_a_deployment_lies_between() {
    let (_, plan) = leaking("tickets", true).investigate();
    assert_eq!(plan.immediate[0].rollback_to.as_deref(), Some("tickets:41"));
    let mut old = leaking("tickets", true);
    old.service.deployments.clear();
    let (_, plan) = old.investigate();
    assert!(plan.immediate.iter().all(|action| action.kind != ActionKind::Rollback));
}

#[test]
fn exit_code_137_alone_is_no_proof_of_exhausted_memory() {
    let fleet =
        Fleet::new("mailer").stopped("2026-03-05T10:01:00Z", "2026-03-05T10:31:40Z", Some(137), None, "Task stopped");
    let flat = vec![31.0; 60];
    let (cause, _) = fleet.minutes("MemoryUtilization", "Maximum", Shape::Flat, &flat, (30.0, 31.0)).investigate();
    assert_ne!(cause.category, Category::MemoryExhaustion);
}

#[test]
fn a_processor_at_its_limit_with_requests_is_no_start_up_loop_and_no_task_replacement() {
    let busy = |minute: usize| (30..36).contains(&minute) || (50..53).contains(&minute);
    let cpu: Vec<f64> = (0..60).map(|minute| if busy(minute) { 99.8 } else { 0.6 }).collect();
    let requests: Vec<f64> = (0..60).map(|minute| f64::from(u8::from(busy(minute)))).collect();
    let mut fleet = Fleet::new("thumbs")
        .running("2026-03-05T06:00:00Z")
        .minutes("CPUUtilization", "Maximum", Shape::Spikes, &cpu, (0.3, 2.0))
        .minutes("RequestCount", "Sum", Shape::Spikes, &requests, (0.0, 1.0))
        .minutes("TargetResponseTime", "Maximum", Shape::Spikes, &requests, (0.0, 0.1));
    fleet.balancer.target_groups[0].targets[0].state = "unhealthy".into();
    fleet.balancer.target_groups[0].targets[0].reason = Some("Target.Timeout".into());
    fleet.world = fleet.world.change("2026-03-05T10:20:00Z", "UPDATE_COMPLETE", "thumbs");
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::CpuSaturation);
    for rival in ["start-up", "task replacement"] {
        assert!(cause.ruled_out.iter().any(|known| known.hypothesis.contains(rival)), "{rival}: {:?}", cause.ruled_out);
    }
    assert!(cause.gaps.iter().any(|gap| gap.why.contains("access logs are off")));
    assert!(plan.immediate.iter().any(|action| action.kind == ActionKind::Scale));
}

#[test]
fn a_panic_is_located_and_deliberate_code_is_called_so() {
    let mut fleet = Fleet::new("parcel").stopped("2026-03-05T08:00:00Z", "2026-03-05T10:32:09Z", Some(2), None, ENDED);
    fleet.world.summary.exceptions =
        vec![exception("go", "panic", "simulated failure for the drill", Some(("/src/drill.go", 88, None)))];
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::CodeDefect);
    assert_eq!(cause.location.as_ref().map(|place| (place.file.as_str(), place.line)), Some(("/src/drill.go", 88)));
    assert!(cause.title.contains("meant"), "{}", cause.title);
    assert!(plan.immediate.iter().all(|action| action.kind != ActionKind::Rollback));
}

const NOT_FOUND: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.eu-central-1.amazonaws.com/billing:r43: not found";

#[test]
fn an_image_that_is_not_in_the_repository_goes_back_to_one_that_is() {
    let mut fleet = Fleet::new("billing")
        .deployed("2026-03-05T10:20:00Z", &["image: 111122223333.dkr.ecr.eu-central-1.amazonaws.com/billing:r41 -> 111122223333.dkr.ecr.eu-central-1.amazonaws.com/billing:r43"]);
    fleet.definition.containers[0].image = fleet.definition.containers[0].image.replace("r42", "r43");
    let fleet = fleet.stopped("2026-03-05T10:21:00Z", "2026-03-05T10:22:00Z", None, None, NOT_FOUND);
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::BadImage);
    assert!(cause.title.contains("billing:r43 is not in its repository"), "{}", cause.title);
    assert_eq!(plan.immediate[0].rollback_to.as_deref(), Some("billing:41"));
    assert_eq!(plan.immediate[0].unverified, None);
}

#[test]
fn an_image_that_may_not_be_pulled_is_no_missing_image() {
    let refused = "CannotPullContainerError: pull access denied, AccessDeniedException: role exec is not authorized to perform ecr:BatchGetImage";
    let (cause, plan) = Fleet::new("billing")
        .stopped("2026-03-05T10:21:00Z", "2026-03-05T10:22:00Z", None, None, refused)
        .investigate();
    assert_eq!(cause.category, Category::PermissionDenied);
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
}

#[test]
fn an_image_for_another_processor_is_named_with_both() {
    let mut fleet = Fleet::new("sensor").stopped("2026-03-05T10:21:00Z", "2026-03-05T10:22:00Z", Some(1), None, ENDED);
    fleet.images[1].architectures = vec!["arm64".into()];
    fleet.world.summary.templates = vec![serde_json::from_value(serde_json::json!({
        "template": "exec /srv/run: exec format error", "count": 9, "baseline_count": 0, "novelty": "new", "first": "2026-03-05T10:21:30Z", "last": "2026-03-05T10:40:00Z",
        "sample": "exec /srv/run: exec format error", "is_error": true
    })).unwrap()];
    let (cause, _) = fleet.investigate();
    assert_eq!(cause.category, Category::BadImage);
    assert!(cause.title.contains("arm64") && cause.title.contains("X86_64"), "{}", cause.title);
}

#[test]
fn a_health_check_that_gets_404_since_a_deployment_is_no_network_fault() {
    let mut fleet = Fleet::new("menu").deployed("2026-03-05T10:25:00Z", &[]).event(
        "2026-03-05T10:31:00Z",
        "(service menu) (port 8080) is unhealthy in (target-group arn:aws:x) due to (reason Health checks failed with these codes: [404]).",
    );
    let target = &mut fleet.balancer.target_groups[0].targets[0];
    (target.state, target.reason) = ("unhealthy".into(), Some("Target.ResponseCodeMismatch".into()));
    target.description = Some("Health checks failed with these codes: [404]".into());
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert!(cause.title.contains("/live answers 404"), "{}", cause.title);
    assert!(cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("network")));
    assert!(plan.immediate.iter().any(|action| action.kind == ActionKind::Rollback));
}

#[test]
fn a_secret_that_the_execution_role_may_not_read_is_allowed_narrowly() {
    let mut fleet = Fleet::new("claims").secret("claims-db", None);
    let arn = fleet.secrets[0].arn.clone();
    fleet.definition.containers[0].secrets = vec![
        serde_json::from_value(serde_json::json!({"name": "DB_PASSWORD", "value_from": format!("{arn}:password::")}))
            .unwrap(),
    ];
    let words = format!(
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: failed to fetch secret {arn} from secrets manager: AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue"
    );
    let (cause, plan) = fleet.stopped("2026-03-05T10:21:00Z", "2026-03-05T10:22:00Z", None, None, &words).investigate();
    assert_eq!(cause.category, Category::PermissionDenied);
    let commands: Vec<&str> =
        plan.immediate[0].phases.apply.iter().filter_map(|step| step.command.as_deref()).collect();
    assert!(commands[0].contains("put-role-policy") && commands[0].contains(&arn), "{commands:?}");
}

fn without_credentials() -> Fleet {
    let failing: Vec<f64> = (0..60).map(|minute| if minute >= 32 { 4.0 } else { 0.0 }).collect();
    Fleet::new("ledger")
        .variable("LEDGER_DB_HOST", "books.cluster-x.eu-central-1.rds.amazonaws.com")
        .database("books", 0.0)
        .minutes("RequestCount", "Sum", Shape::Flat, &[4.0; 60], (4.0, 4.0))
        .minutes("HTTPCode_Target_5XX_Count", "Sum", Shape::Step, &failing, (0.0, 0.0))
}

#[test]
fn missing_credentials_are_injected_from_the_secret_that_nobody_references() {
    let (cause, plan) = without_credentials().secret("books-credentials", None).investigate();
    assert_eq!(cause.category, Category::MissingCredentials);
    assert!(cause.components.iter().any(|one| one.kind == ResourceKind::Secret && one.name == "books-credentials"));
    assert!(cause.ruled_out.iter().any(|rival| rival.hypothesis.starts_with("Nobody calls it")));
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
    assert!(plan.immediate[0].title.contains("LEDGER_DB_PASSWORD"));
}

#[test]
fn credentials_that_are_given_are_not_called_missing() {
    let fleet = without_credentials().secret("books-credentials", None).variable("LEDGER_DB_USER", "app");
    assert_ne!(fleet.investigate().0.category, Category::MissingCredentials);
}

#[test]
fn tasks_older_than_the_rotation_of_their_secret_are_started_anew() {
    let mut fleet =
        Fleet::new("claims").secret("claims-db", Some("2026-03-05T10:31:00Z")).running("2026-03-01T08:00:00Z");
    fleet.world.summary.exceptions =
        vec![exception("python", "psycopg.OperationalError", "password authentication failed for user \"app\"", None)];
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::ExpiredOrRotatedSecret);
    assert!(cause.chain.iter().any(|link| link.statement.contains("started before")));
    assert_eq!(plan.immediate[0].kind, ActionKind::Restart);
}

#[test]
fn a_healthy_service_whose_alarm_recovered_has_no_fault() {
    let mut fleet = Fleet::new("search").minutes("RequestCount", "Sum", Shape::Flat, &[4.0; 60], (4.0, 4.0));
    fleet.world.alarm.state = marple_case::facts::AlarmState::Ok;
    let (cause, plan) = fleet.investigate();
    assert_eq!((cause.verdict, cause.category), (Verdict::NoFault, Category::None));
    assert!(plan.immediate.is_empty());
}

#[test]
fn an_alarm_that_recovered_after_a_burst_tells_the_burst_and_a_usual_day_tells_none() {
    for (most, told) in [(12.0, true), (5.0, false)] {
        let mut load = [4.0; 60];
        load[31..40].fill(most);
        let mut fleet = Fleet::new("search")
            .minutes("RequestCount", "Sum", Shape::Spikes, &load, (3.0, 4.0))
            .event("2026-03-05T10:36:14Z", "(service search) has started 3 tasks: (task 1).");
        fleet.world.alarm.state = marple_case::facts::AlarmState::Ok;
        let (cause, plan) = fleet.investigate();
        assert_eq!(cause.verdict, Verdict::NoFault);
        assert_eq!(cause.chain.iter().any(|link| link.statement.contains("burst of requests")), told, "{most}");
        assert_eq!(cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("surge")), !told, "{most}");
        assert!(plan.immediate.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_service_gets_a_report_whose_quotes_all_stand(
        code in proptest::option::of(-2i32..300), reason in proptest::option::of("(OutOfMemory|CannotPull|ResourceInitializationError secretsmanager|\\PC){0,4}"),
        words in "(CannotPullContainerError: |exec format error|is unhealthy in target-group |\\PC|\n){0,6}", levels in proptest::collection::vec(-1.0f64..1e9, 0..20),
        keep in 0u16..2048, state in "\\PC{0,9}", value in "\\PC{0,20}",
    ) {
        let mut fleet = Fleet::new("any").deployed("2026-03-05T10:01:00Z", &[&words]).variable("DB_HOST", &value).secret("any-db", Some("2026-03-05T10:10:00Z"))
            .database("any", 3.0)
            .stopped("2026-03-05T10:05:00Z", "2026-03-05T10:03:00Z", code, reason.as_deref(), &words)
            .event("2026-03-05T10:09:00Z", &words)
            .minutes("MemoryUtilization", "Maximum", Shape::Ramp, &levels, (1.0, 2.0))
            .minutes("CPUUtilization", "Average", Shape::Plateau, &levels, (1.0, 2.0))
            .minutes("RequestCount", "Sum", Shape::Varying, &levels, (0.0, 2.0));
        fleet.balancer.target_groups[0].targets[0].state = state;
        fleet.world.summary.exceptions = vec![exception("go", &value, &words, Some(("a.go", 3, None)))];
        let mut evidence = fleet.evidence();
        evidence.retain(|evidence| keep & (1 << evidence.id.0) != 0);
        let (cause, plan) = play(fleet.scope(), &evidence);
        check(&cause, &plan, &evidence);
    }
}
