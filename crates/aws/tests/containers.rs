//! ECS, ECR and load balancers over the wire, with scenarios' worlds underneath.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{path::Path, sync::Arc};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_types::{SdkConfig, region::Region};
use futures::future::join_all;
use marple_agent::ports::{PlannedCall, Taken, Toolbox};
use marple_aws::AwsToolbox;
use marple_case::{Evidence, EvidenceId, Facts, Outcome, ResourceKind, Scope, Trigger};
use marple_world::{Files, Scenario, World};
use serde_json::{Value, json};

const LEAK: &str = "ecs-memory-leak";
const SERVICE: &str = "api-gateway-service";

/// A scenario's world, with these operations denied.
fn world(name: &str, denied: &[&str]) -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let mut files = Files::read(&folder).unwrap();
    if !denied.is_empty() {
        let toml = std::fs::read_to_string(folder.join("scenario.toml")).unwrap();
        let toml = toml.replace("[truth]\n", &format!("[wire]\ndeny = {denied:?}\n\n[truth]\n"));
        files.insert("scenario.toml", toml.into_bytes());
    }
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

fn toolbox(world: &World) -> AwsToolbox {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .region(Region::new(world.scenario().region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(world.http_client())
        .build();
    AwsToolbox::new(&config).with_marker_key([1; 32])
}

async fn scope(world: &World) -> Scope {
    let marple_world::Trigger::Alarm(alarm) = &world.scenario().trigger else { panic!("no alarm") };
    toolbox(world).scope(&Trigger::Alarm { alarm: alarm.clone() }, world.now()).await.unwrap()
}

async fn take(world: &World, tool: &str, arguments: Value) -> Taken {
    let (toolbox, scope) = (toolbox(world), scope(world).await);
    let call = PlannedCall { tool: tool.to_owned(), arguments };
    toolbox.run(&toolbox.normalise(&call, &scope).unwrap(), &scope).await
}

/// The lines of a text that begin so.
fn lines(text: &str, begins: &[&str]) -> String {
    let is_wanted = |line: &&str| begins.iter().any(|begin| line.trim_start().starts_with(begin));
    steady(&text.lines().filter(is_wanted).map(|line| format!("{line}\n")).collect::<String>())
}

/// The lines of a text that hold a word.
fn lines_with(text: &str, word: &str) -> String {
    steady(&text.lines().filter(|line| line.contains(word)).map(|line| format!("{line}\n")).collect::<String>())
}

/// A text without what a world may be made anew with: times, ids, figures of load.
fn steady(text: &str) -> String {
    let rules = [
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME"),
        (r"ecs-svc/\d+", "ecs-svc/ID"),
        (r"\b[0-9a-f]{16,64}\b", "ID"),
        (r"Role-\w+", "Role-ID"),
        (r"ran \d+ s", "ran N s"),
        (r"size \d+ bytes", "size N bytes"),
    ];
    let replaced = |text: String, (pattern, with): (&str, &str)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, with).into_owned()
    };
    rules.into_iter().fold(text.to_owned(), replaced)
}

#[tokio::test]
async fn an_alarm_on_a_load_balancer_is_followed_to_the_service_behind_it() {
    let scope = scope(&world(LEAK, &[])).await;
    let subjects: Vec<(ResourceKind, &str)> = scope.subjects.iter().map(|one| (one.kind, one.name.as_str())).collect();
    assert_eq!(subjects, [(ResourceKind::LoadBalancer, "api-gateway-alb"), (ResourceKind::EcsService, SERVICE)]);
    assert!(scope.subjects.iter().all(|subject| subject.arn.is_some()), "{:?}", scope.subjects);
}

#[tokio::test]
async fn a_service_is_found_without_its_cluster_and_shown_with_what_ecs_says_of_it() {
    let world = world(LEAK, &[]);
    let taken = take(&world, "describe_service", json!({"service": SERVICE})).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    insta::assert_snapshot!(lines(&taken.text, &["service:", "cluster:", "tasks:", "deployment", "target", "stack", "events"]), @r"
    service: api-gateway-service
    cluster: storefront-prod
    tasks: 1 desired, 1 running, 0 pending
    deployment circuit breaker: off
    deployment limits: minimum healthy 100 %, maximum 200 %
    target: container api-gateway port 8080 in target group api-gateway-tg (arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/api-gateway-tg/ID)
    stack: storefront-gateway
    deployment: ecs-svc/ID PRIMARY api-gateway-service:12 created TIME updated TIME desired 1 running 1 pending 0 failed tasks 0 rollout COMPLETED: ECS deployment ecs-svc/ID completed.
    events: 26 between TIME and TIME, newest first
    ");
    let behind = take(&world, "describe_service", json!({"target_group": "api-gateway-tg"})).await;
    assert_eq!(behind.facts, taken.facts);
    let none = take(&world, "describe_service", json!({"service": "nothing"})).await;
    assert_eq!(
        (none.outcome, none.text.as_str()),
        (Outcome::NoData, "no ECS service named nothing in any cluster of us-east-1")
    );
}

#[tokio::test]
async fn stopped_tasks_are_shown_with_exit_codes_and_reasons_to_the_letter() {
    let world = world(LEAK, &[]);
    let taken = take(&world, "list_tasks", json!({"service": SERVICE})).await;
    insta::assert_snapshot!(lines(&taken.text, &["task", "container", "no ", "note"]), @r"
    tasks of api-gateway-service in cluster storefront-prod: 1 running, 4 stopped
    task: ID RUNNING started TIME
      task definition: api-gateway-service:12, cpu 256 units, memory 512 MiB
      container: api-gateway RUNNING
    task: ID STOPPED started TIME stopped TIME ran N s stop code EssentialContainerExited reason Essential container in task exited
      task definition: api-gateway-service:12, cpu 256 units, memory 512 MiB
      container: api-gateway exit code 137 reason OutOfMemoryError: Container killed due to memory usage
    task: ID STOPPED started TIME stopped TIME ran N s stop code EssentialContainerExited reason Essential container in task exited
      task definition: api-gateway-service:12, cpu 256 units, memory 512 MiB
      container: api-gateway exit code 137 reason OutOfMemoryError: Container killed due to memory usage
    task: ID STOPPED started TIME stopped TIME ran N s stop code EssentialContainerExited reason Essential container in task exited
      task definition: api-gateway-service:12, cpu 256 units, memory 512 MiB
      container: api-gateway exit code 137 reason OutOfMemoryError: Container killed due to memory usage
    task: ID STOPPED started TIME stopped TIME ran N s stop code ServiceSchedulerInitiated reason Scaling activity initiated by (deployment ecs-svc/ID)
      task definition: api-gateway-service:11, cpu 256 units, memory 512 MiB
      container: api-gateway exit code 0
    note: ECS keeps stopped tasks for about one hour; now is TIME
    ");
    let none = take(&world, "list_tasks", json!({"service": "mail-dispatcher", "status": "stopped"})).await;
    assert_eq!(none.outcome, Outcome::NoData);
    insta::assert_snapshot!(steady(&none.text), @r"
    stopped tasks of mail-dispatcher in us-east-1: 0
    no stopped task of mail-dispatcher is kept
    note: ECS keeps stopped tasks for about one hour; now is TIME
    ");
}

#[tokio::test]
async fn a_revision_is_compared_with_the_one_before_and_secrets_are_names() {
    let world = world(LEAK, &[]);
    let taken = take(&world, "describe_task_definition", json!({"task_definition": SERVICE})).await;
    insta::assert_snapshot!(steady(&taken.text), @r"
    task definition: api-gateway-service:12
    arn: arn:aws:ecs:us-east-1:111122223333:task-definition/api-gateway-service:12
    status: ACTIVE
    registered: TIME by arn:aws:sts::111122223333:assumed-role/github-deploy/GitHubActions
    cpu: 256 units
    memory: 512 MiB
    architecture: X86_64
    execution role: arn:aws:iam::111122223333:role/storefront-gateway-ExecutionRole-ID
    task role: arn:aws:iam::111122223333:role/storefront-gateway-TaskRole-ID
    container: api-gateway image 111122223333.dkr.ecr.us-east-1.amazonaws.com/api-gateway-service:git-e90b36c
      ports: 8080
      health check: none
      log group: /ecs/api-gateway-service
      DB_HOST=storefront-aurora.cluster-cxc9no5wb7w2.us-east-1.rds.amazonaws.com
      DB_NAME=storefront
      PORT=8080
      secret DB_USER from arn:aws:secretsmanager:us-east-1:111122223333:secret:DatabaseSecret-PA4ue4wMo9em-UPXY5l:username::
      secret DB_PASSWORD from arn:aws:secretsmanager:us-east-1:111122223333:secret:DatabaseSecret-PA4ue4wMo9em-UPXY5l:password::
    compared with: api-gateway-service:11, registered TIME
      image: 111122223333.dkr.ecr.us-east-1.amazonaws.com/api-gateway-service:git-d52f9a8 -> 111122223333.dkr.ecr.us-east-1.amazonaws.com/api-gateway-service:git-e90b36c
    ");
    let Facts::TaskDefinitions(revisions) = &taken.facts else { panic!("{:?}", taken.facts) };
    assert_eq!(revisions.iter().map(|one| one.revision).collect::<Vec<_>>(), [12, 11]);
    let chosen = json!({"task_definition": format!("{SERVICE}:12"), "compare_with": 10});
    let chosen = take(&world, "describe_task_definition", chosen).await;
    let Facts::TaskDefinitions(revisions) = &chosen.facts else { panic!("{:?}", chosen.facts) };
    assert_eq!(revisions[0].compared_with, Some(10));
    let none = take(&world, "describe_task_definition", json!({"task_definition": "nothing:3"})).await;
    assert_eq!((none.outcome, none.text.as_str()), (Outcome::NoData, "no task definition nothing:3 in us-east-1"));
}

#[tokio::test]
async fn images_are_newest_first_and_a_tag_that_does_not_exist_is_said() {
    let world = world(LEAK, &[]);
    let image = format!("111122223333.dkr.ecr.us-east-1.amazonaws.com/{SERVICE}");
    let taken = take(&world, "list_images", json!({"repository": image, "limit": 2})).await;
    insta::assert_snapshot!(steady(&taken.text), @r"
    repository: api-gateway-service, 3 images
    image: api-gateway-service:git-e90b36c pushed TIME digest sha256:ID size N bytes architectures not named by its manifest last pulled 2025-12-18
    image: api-gateway-service:git-d52f9a8 pushed TIME digest sha256:ID size N bytes architectures not named by its manifest last pulled 2025-12-11
    [1 older images are not shown]
    ");
    let none = take(&world, "list_images", json!({"repository": format!("{image}:nothing")})).await;
    assert_eq!(none.outcome, Outcome::NoData);
    assert!(none.text.starts_with("repository api-gateway-service holds no image with tag nothing\n"), "{}", none.text);
    let elsewhere = take(&world, "list_images", json!({"repository": "nginx:1.27"})).await;
    assert_eq!(elsewhere.text, "no ECR repository named nginx in us-east-1");
}

#[tokio::test]
async fn a_load_balancer_is_shown_with_its_routes_targets_and_load() {
    let world = world(LEAK, &[]);
    let taken = take(&world, "describe_load_balancer", json!({"target_group": "api-gateway-tg"})).await;
    let shown = ["load balancer:", "state:", "access logs", "route", "target", "health check", "no target"];
    insta::assert_snapshot!(lines(&taken.text, &shown), @r"
    load balancer: api-gateway-alb
    state: active
    access logs: off
    route: HTTPS:443 default -> forward api-gateway-tg (arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/api-gateway-alb/ID/ID)
    target group: api-gateway-tg HTTP:8080
      health check: /health every 15 s, timeout 5 s, unhealthy after 2 failures, healthy with 200
    target: 10.30.16.119:8080 healthy
    ");
    let Facts::LoadBalancers(balancers) = &taken.facts else { panic!("{:?}", taken.facts) };
    assert!(!balancers[0].load.is_empty() && !balancers[0].target_groups[0].load.is_empty());
    let none = take(&world, "describe_load_balancer", json!({"name": "nothing"})).await;
    assert_eq!((none.outcome, none.text.as_str()), (Outcome::NoData, "no load balancer nothing in us-east-1"));
}

#[tokio::test]
async fn changes_of_a_service_are_its_deployments_revisions_and_pushed_images() {
    let taken = take(&world(LEAK, &[]), "list_changes", json!({})).await;
    let Facts::Changes(changes) = &taken.facts else { panic!("{:?}", taken.facts) };
    assert!(changes.unread.is_empty(), "{:?}", changes.unread);
    let touching: Vec<String> = changes
        .changes
        .iter()
        .filter(|change| change.touches_subject)
        .map(|change| format!("{} {} {}", change.source.word(), change.action, change.resource.as_ref().unwrap()))
        .collect();
    insta::assert_snapshot!(touching.join("\n"), @r"
    CloudTrail PutImage api-gateway-service
    ECR PushImage api-gateway-service:git-e90b36c
    CloudTrail ExecuteChangeSet storefront-gateway
    CloudFormation UPDATE_IN_PROGRESS storefront-gateway
    CloudFormation UPDATE_IN_PROGRESS api-gateway-service:11
    CloudTrail RegisterTaskDefinition api-gateway-service
    CloudFormation UPDATE_IN_PROGRESS api-gateway-service:12
    ECS RegisterTaskDefinition api-gateway-service:12
    CloudFormation UPDATE_COMPLETE api-gateway-service:12
    CloudFormation UPDATE_IN_PROGRESS api-gateway-service
    CloudTrail UpdateService api-gateway-service
    ECS Deployment api-gateway-service
    CloudFormation UPDATE_COMPLETE api-gateway-service
    CloudFormation UPDATE_COMPLETE_CLEANUP_IN_PROGRESS storefront-gateway
    CloudFormation DELETE_SKIPPED api-gateway-service:11
    CloudFormation UPDATE_COMPLETE storefront-gateway
    ");
    insta::assert_snapshot!(lines_with(&taken.text, "; against "), @"TIME ECS RegisterTaskDefinition api-gateway-service:12 by github-deploy/GitHubActions: image 111122223333.dkr.ecr.us-east-1.amazonaws.com/api-gateway-service:git-e90b36c; against :11: image: api-gateway-service:git-d52f9a8 -> api-gateway-service:git-e90b36c");
}

#[tokio::test]
async fn where_no_service_is_in_question_the_last_deployments_say_what_they_changed() {
    let world = world(LEAK, &[]);
    let (toolbox, scope) = (toolbox(&world), Scope { subjects: Vec::new(), ..scope(&world).await });
    let call = PlannedCall { tool: "list_changes".to_owned(), arguments: json!({}) };
    let taken = toolbox.run(&toolbox.normalise(&call, &scope).unwrap(), &scope).await;
    insta::assert_snapshot!(lines_with(&taken.text, "; against "), @"TIME ECS Deployment api-gateway-service: ecs-svc/ID PRIMARY of api-gateway-service:12, rollout COMPLETED; against :11: image: api-gateway-service:git-d52f9a8 -> api-gateway-service:git-e90b36c");
}

#[tokio::test]
async fn what_is_denied_is_denied_and_the_rest_is_shown() {
    let denied = world(LEAK, &["ecs:ListTasks", "elasticloadbalancing:DescribeTargetHealth", "ecr:*"]);
    let tasks = take(&denied, "list_tasks", json!({"service": SERVICE})).await;
    assert!(
        matches!(&tasks.outcome, Outcome::Denied { action, .. } if action == "ecs:ListTasks"),
        "{:?}",
        tasks.outcome
    );
    let balancer = take(&denied, "describe_load_balancer", json!({"name": "api-gateway-alb"})).await;
    assert!(balancer.text.contains("targets: denied (elasticloadbalancing:DescribeTargetHealth)"), "{}", balancer.text);
    let changes = take(&denied, "list_changes", json!({})).await;
    assert!(changes.text.contains("unread: ECR: ecr:DescribeImages was denied"), "{}", changes.text);
}

/// Runs the opening to its end, as the driver does.
async fn opened(world: &World) -> (Vec<Arc<Evidence>>, usize) {
    let (toolbox, scope) = (toolbox(world), scope(world).await);
    let (mut evidence, mut waves) = (Vec::<Arc<Evidence>>::new(), 0);
    loop {
        let wave = toolbox.opening(&scope, &evidence);
        if wave.is_empty() {
            return (evidence, waves);
        }
        let taken = join_all(wave.iter().map(|call| toolbox.run(call, &scope))).await;
        for (call, taken) in wave.into_iter().zip(taken) {
            evidence.push(Arc::new(Evidence {
                id: EvidenceId(u32::try_from(evidence.len() + 1).unwrap()),
                tool: call.tool,
                arguments: taken.arguments,
                outcome: taken.outcome,
                facts: taken.facts,
                text: taken.text,
                shown: taken.shown,
                command: taken.command,
                unread: taken.unread,
                taken_at: scope.now,
                elapsed_ms: 0,
            }));
        }
        waves += 1;
        assert!(waves <= 6, "the opening does not end");
    }
}

#[tokio::test]
async fn the_opening_of_a_service_reaches_everything_around_it() {
    let (evidence, waves) = opened(&world(LEAK, &[])).await;
    let calls: Vec<String> = evidence
        .iter()
        .map(|taken| {
            let arguments = taken.arguments.to_string();
            format!("{} {}", taken.tool, arguments.chars().take(90).collect::<String>())
        })
        .collect();
    insta::assert_snapshot!(steady(&format!("{waves} waves\n{}", calls.join("\n"))), @r#"
    3 waves
    describe_alarms {"names":["api-gateway-alb-5xx"],"history":true}
    describe_load_balancer {"arn":"arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/api-gateway-a
    describe_service {"service":"api-gateway-service","cluster":"storefront-prod"}
    list_tasks {"cluster":"storefront-prod","service":"api-gateway-service"}
    list_changes {"start":"TIME","end":"TIME"}
    describe_task_definition {"task_definition":"api-gateway-service:12","compare_with":"previous"}
    get_metrics {"metrics":[{"namespace":"AWS/ECS","name":"CPUUtilization","dimensions":{"ClusterName":"st
    describe_stack {"stack":"storefront-gateway"}
    list_stack_events {"stack":"storefront-gateway","start":"TIME","end":"TIME"}
    list_secrets {"stack":"storefront-gateway"}
    summarize_logs {"log_group":"/ecs/api-gateway-service","start":"TIME","end":"2025-12-18T0
    list_images {"repository":"111122223333.dkr.ecr.us-east-1.amazonaws.com/api-gateway-service","limit":1
    describe_database {"id":"storefront-aurora.cluster-cxc9no5wb7w2.us-east-1.rds.amazonaws.com"}
    list_secrets {"prefix":"DatabaseSecret-PA4ue4wMo9em"}
    "#);
    let correlated = evidence.iter().filter(|taken| taken.tool == "get_metrics");
    let sentences: String = correlated.map(|taken| lines(&taken.text, &["correlation"])).collect();
    insta::assert_snapshot!(sentences, @r#"
correlation: CPUUtilization Average follows RequestCount: it is 2.25 in the 39 periods of 60 s with requests and 0.46 in the 27 without (r 0.85 of values)
correlation: CPUUtilization Maximum follows RequestCount: it is 2.25 in the 39 periods of 60 s with requests and 0.46 in the 27 without (r 0.85 of values)
correlation: MemoryUtilization Average rises with RequestCount: +1.45 for each request in the 39 periods of 60 s with requests, +0.001413 a period in the 27 without (r 0.82 of changes)
correlation: MemoryUtilization Maximum rises with RequestCount: +1.45 for each request in the 39 periods of 60 s with requests, +0.001413 a period in the 27 without (r 0.82 of changes)
correlation: TargetResponseTime Average does not follow RequestCount in the 42 periods of 60 s, all with requests (r 0.34 of values, -0.45 of changes)
correlation: TargetResponseTime Maximum does not follow RequestCount in the 42 periods of 60 s, all with requests (r 0.34 of values, -0.45 of changes)
"#);
}

#[tokio::test]
async fn every_scenario_of_a_service_opens_without_a_fault() {
    for folder in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        if !name.starts_with("ecs-") {
            continue;
        }
        let (evidence, waves) = opened(&world(&name, &[])).await;
        assert!((8..=26).contains(&evidence.len()) && waves <= 5, "{name}: {} in {waves} waves", evidence.len());
        for taken in &evidence {
            assert!(taken.outcome.is_answered(), "{name}: {} {}: {:?}", taken.tool, taken.arguments, taken.outcome);
            assert!(!taken.text.is_empty() && !taken.command.is_empty(), "{name}: {}", taken.tool);
        }
    }
}
