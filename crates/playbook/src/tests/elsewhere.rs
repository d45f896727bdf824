//! Faults whose cause lies outside of the program: policies, capacity, disks, certificates, and the other side's own errors.

use marple_case::{ActionKind, Category, ResourceKind, Verdict};

use super::world::{World, at};

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/0f2c9a51-3c1b-4a7e-9a44-6d1f8f6a2b10";

fn refused(because: &str) -> World {
    let message = format!(
        "An error occurred (AccessDenied) when calling the GetObject operation: User: x is not authorized to perform: kms:Decrypt on resource: {KEY} {because}"
    );
    World::new("scanner", "python3.13", "app.handler").exception("python", "ClientError", &message, None)
}

#[test]
fn a_resource_policy_that_allows_no_call_is_mended_in_the_resource_and_not_in_the_role() {
    let world = refused("because no resource-based policy allows the kms:Decrypt action");
    let (cause, plan) =
        world.change("2026-03-05T10:31:00Z", "PutKeyPolicy", "0f2c9a51-3c1b-4a7e-9a44-6d1f8f6a2b10").investigate();
    assert_eq!(cause.category, Category::PermissionDenied);
    assert!(cause.components.iter().all(|component| component.kind != ResourceKind::IamRole));
    assert!(cause.chain[0].statement.contains("PutKeyPolicy"), "{}", cause.chain[0].statement);
    let commands: Vec<_> = plan.immediate[0].phases.steps().filter_map(|step| step.command.as_deref()).collect();
    assert!(commands.iter().any(|command| command.starts_with("aws kms put-key-policy")), "{commands:?}");
    assert!(commands.iter().all(|command| !command.contains("put-role-policy")), "{commands:?}");
}

#[test]
fn a_policy_taken_off_the_role_is_the_first_link_and_the_permission_is_given_back() {
    let mut world = refused("because no identity-based policy allows the kms:Decrypt action");
    world.function.role = "arn:aws:iam::111122223333:role/scanner-role".into();
    let (cause, plan) = world.change("2026-03-05T10:31:00Z", "DeleteRolePolicy", "scanner-role").investigate();
    assert!(
        cause.chain[0].statement.starts_with("DeleteRolePolicy took a policy or permission away from scanner-role")
    );
    assert!(cause.components.iter().any(|component| component.name == "scanner-role"));
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
}

#[test]
fn a_service_control_policy_is_nothing_that_the_role_can_mend() {
    let (cause, plan) = refused("with an explicit deny in a service control policy").investigate();
    assert!(cause.title.contains("service control policy"), "{}", cause.title);
    assert!(plan.immediate.is_empty());
}

#[test]
fn a_policy_changed_after_the_first_refusal_is_not_blamed() {
    let world = refused("because no resource-based policy allows the kms:Decrypt action");
    let (cause, _) =
        world.change("2026-03-05T10:58:00Z", "PutKeyPolicy", "0f2c9a51-3c1b-4a7e-9a44-6d1f8f6a2b10").investigate();
    assert!(cause.chain.iter().all(|link| !link.statement.contains("PutKeyPolicy")));
}

#[test]
fn a_table_whose_capacity_was_changed_is_named_where_the_environment_names_it() {
    let message = "operation error DynamoDB: PutItem, ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded";
    let world = World::new("writer", "provided.al2023", "bootstrap").variable("TABLE", "carts-live");
    let (cause, plan) = world
        .change("2026-03-05T10:30:00Z", "UpdateTable", "carts-live")
        .change("2026-03-05T10:30:30Z", "UpdateTable", "unrelated")
        .exception("go", "OperationError", message, None)
        .investigate();
    assert_eq!(cause.category, Category::Throttling);
    assert!(cause.components.iter().any(|component| component.name == "carts-live"));
    assert!(cause.components.iter().all(|component| component.name != "unrelated"));
    assert!(plan.immediate[0].title.contains("UpdateTable"));
}

#[test]
fn refusals_under_many_times_the_usual_traffic_are_told_as_a_surge() {
    let (cause, _) = World::new("sale", "nodejs22.x", "i.h")
        .metric("Errors", "Sum", 0.0, Some(0.0))
        .metric("Invocations", "Sum", 500.0, Some(50.0))
        .metric("Throttles", "Sum", 200.0, Some(0.0))
        .investigate();
    assert_eq!(cause.category, Category::Throttling);
    assert!(cause.trigger.unwrap().contains("surge"));
    assert!(cause.chain.iter().any(|link| link.statement.starts_with("700 invocations were asked for")));
}

#[test]
fn a_full_disk_is_capacity_and_more_of_it_is_relief_only() {
    let code = "import uuid\n\ndef handler(event, context):\n    path = f\"/tmp/{uuid.uuid4()}\"\n    fetch(event[\"key\"], path)\n";
    let (cause, plan) = World::new("thumbs", "python3.13", "app.handler")
        .file("app.py", code)
        .exception("python", "OSError", "[Errno 28] No space left on device", Some(("/var/task/app.py", 5, None)))
        .investigate();
    assert_eq!(cause.category, Category::Capacity);
    assert!(cause.chain[0].statement.contains("No line of the code that was read takes files away"));
    assert!(plan.immediate[0].temporary && plan.immediate[0].kind == ActionKind::Scale);
}

#[test]
fn an_expired_certificate_is_renewed_where_it_is_served_and_never_ignored() {
    let (cause, plan) = World::new("relay", "nodejs22.x", "index.handler")
        .variable("BANK_URL", "https://api.bank.example")
        .exception("node", "TypeError", "fetch failed: certificate has expired", None)
        .investigate();
    assert_eq!(cause.category, Category::ExpiredOrRotatedSecret);
    assert!(cause.title.contains("api.bank.example"), "{}", cause.title);
    assert!(plan.no_immediate_action.unwrap().contains("Checking certificates has to stay on"));
}

#[test]
fn server_errors_of_the_other_side_are_not_a_defect_of_this_one() {
    let message = "503 Server Error: Service Unavailable for url: https://api.weather.example/v2/now";
    let (cause, plan) =
        World::new("proxy", "python3.13", "app.handler").exception("python", "HTTPError", message, None).investigate();
    assert_eq!(cause.category, Category::DependencyUnreachable);
    assert!(cause.title.contains("api.weather.example"), "{}", cause.title);
    assert!(plan.immediate.is_empty());
}

#[test]
fn errors_without_a_logged_line_name_the_log_group_and_rule_out_what_the_metrics_refute() {
    let world = World::new("search", "nodejs22.x", "i.h");
    let group = world.summary.log_group.clone();
    let (cause, _) = world.investigate();
    assert_eq!(cause.verdict, Verdict::InsufficientEvidence);
    assert!(
        cause.gaps.iter().any(|gap| gap.missing.contains("log line") && gap.why.contains(&group) && gap.on_the_chain)
    );
    for rival in ["Throttling", "A surge of traffic"] {
        assert!(cause.ruled_out.iter().any(|one| one.hypothesis == rival), "{rival}");
    }
}

#[test]
fn an_alarm_that_was_itself_changed_says_so_where_nothing_is_wrong() {
    let mut world = World::new("intake", "dotnet8", "I::I.F::H").metric("Errors", "Sum", 0.0, Some(0.0));
    let condition = world.alarm.condition.as_mut().unwrap();
    condition.metrics = vec![super::world::metric("AWS/Lambda", "Invocations", "FunctionName", "intake")];
    condition.statistic = "Sum".into();
    condition.threshold = Some(10.0);
    let alarm = world.alarm.name.clone();
    let changed = at("2026-03-05T10:20:00Z");
    let (cause, _) = world.change(&changed.to_string(), "PutMetricAlarm", &alarm).investigate();
    assert_eq!(cause.verdict, Verdict::NoFault);
    assert!(cause.chain[0].statement.contains("PutMetricAlarm"), "{}", cause.chain[0].statement);
}
