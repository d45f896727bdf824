//! Functions, code, stacks, secrets, databases and changes over the wire, with scenarios' worlds underneath.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{path::Path, sync::Arc};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_types::{SdkConfig, region::Region};
use marple_agent::ports::{PlannedCall, Taken, Toolbox};
use marple_aws::AwsToolbox;
use marple_case::{Facts, Outcome, ResourceKind, ResourceRef, Scope, Window};
use marple_world::{Files, Scenario, World};
use serde_json::{Value, json};

/// A scenario's world, with files replaced or added.
fn world_with(name: &str, replaced: &[(&str, &str)]) -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let mut files = Files::read(&folder).unwrap();
    for (path, text) in replaced {
        files.insert(*path, text.as_bytes().to_vec());
    }
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

/// The scenario's world, with these operations denied.
fn denying(name: &str, denied: &str) -> World {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name).join("scenario.toml");
    let toml = std::fs::read_to_string(path).unwrap();
    let (head, truth) = toml.split_once("[truth]").unwrap();
    assert!(!head.contains("[wire]"));
    let toml = format!("{head}[wire]\ndeny = [{denied}]\n\n[truth]{truth}");
    world_with(name, &[("scenario.toml", &toml)])
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

/// A scope of the last two hours before the world's now, with a function in question.
fn scope(world: &World, function: &str) -> Scope {
    let (now, hour) = (world.now(), jiff::SignedDuration::from_hours(1));
    let window = Window { start: now - hour * 2, end: now };
    Scope {
        account: None,
        region: world.scenario().region.clone(),
        now,
        alarm: None,
        subjects: vec![ResourceRef::new(ResourceKind::LambdaFunction, function)],
        window,
        baseline: window.earlier_by(hour * 24),
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: Vec::new(),
    }
}

async fn take(world: &World, function: &str, tool: &str, arguments: Value) -> Taken {
    let (toolbox, scope) = (toolbox(world), scope(world, function));
    let call = PlannedCall { tool: tool.to_owned(), arguments };
    toolbox.run(&toolbox.normalise(&call, &scope).unwrap(), &scope).await
}

const SCENARIO: &str = "lambda-type-error";
const FUNCTION: &str = "user-profile-service";

#[tokio::test]
async fn a_function_is_shown_with_its_environment_and_its_stack() {
    let world = world_with(SCENARIO, &[]);
    let taken = take(&world, FUNCTION, "get_function", json!({"function": FUNCTION})).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    for line in [
        "function: user-profile-service",
        "runtime: nodejs20.x",
        "stack: user-profile",
        "event source mappings: none",
        "environment:",
        "  DB_HOST=app-aurora.cluster-",
    ] {
        assert!(taken.text.contains(line), "{line}\n{}", taken.text);
    }
    let Facts::Functions(functions) = &taken.facts else { panic!("{:?}", taken.facts) };
    assert_eq!(functions[0].stack.as_deref(), Some("user-profile"));
    assert!(functions[0].last_modified.is_some());
}

#[tokio::test]
async fn denied_side_calls_are_named_and_the_rest_is_shown() {
    let world = denying(SCENARIO, r#""lambda:ListVersionsByFunction", "lambda:GetFunction", "lambda:ListAliases""#);
    let taken = take(&world, FUNCTION, "get_function", json!({"function": FUNCTION})).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    for line in [
        "versions: denied (lambda:ListVersionsByFunction)",
        "stack: denied (lambda:GetFunction)",
        "runtime: nodejs20.x",
    ] {
        assert!(taken.text.contains(line), "{line}\n{}", taken.text);
    }
    let code = take(&world, FUNCTION, "read_function_code", json!({"function": FUNCTION})).await;
    assert!(
        matches!(&code.outcome, Outcome::Denied { action, .. } if action == "lambda:GetFunction"),
        "{:?}",
        code.outcome
    );
}

#[tokio::test]
async fn an_unknown_function_is_no_data_and_without_a_name_all_are_listed() {
    let world = world_with(SCENARIO, &[]);
    for tool in ["get_function", "read_function_code"] {
        let taken = take(&world, FUNCTION, tool, json!({"function": "no-such"})).await;
        assert_eq!(taken.outcome, Outcome::NoData, "{}", taken.text);
        assert!(taken.text.starts_with("no function named no-such"), "{}", taken.text);
    }
    let all = take(&world, FUNCTION, "get_function", json!({})).await;
    assert!(all.text.lines().filter(|line| line.starts_with("function: ")).count() >= 4, "{}", all.text);
}

#[tokio::test]
async fn code_is_downloaded_unpacked_and_numbered_and_literals_that_are_credentials_are_hidden() {
    let path = format!("world/lambda/functions/{FUNCTION}/code/index.js");
    let world =
        world_with(SCENARIO, &[(&path, "exports.handler = async () => {\n  const password = 'hunter2';\n};\n")]);
    let taken = take(&world, FUNCTION, "read_function_code", json!({"function": FUNCTION})).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    assert!(taken.text.contains("file: index.js"), "{}", taken.text);
    assert!(
        taken.text.contains("   1 | exports.handler = async () => {\n   2 |   const password = '<hidden:"),
        "{}",
        taken.text
    );
    assert!(!taken.text.contains("hunter2") && !format!("{:?}", taken.facts).contains("hunter2"));
    assert!(taken.command.starts_with(
        "aws lambda get-function --function-name user-profile-service --query Code.Location --output text"
    ));
    let around = json!({"function": FUNCTION, "file": "/var/task/index.js", "line": 3, "context": 1});
    let around = take(&world, FUNCTION, "read_function_code", around).await;
    assert!(around.text.contains("   3 | };") && !around.text.contains("   1 | "), "{}", around.text);
}

#[tokio::test]
async fn a_release_is_compared_with_the_version_before_it() {
    let (world, function) = (world_with("lambda-import-error", &[]), "freight-quote");
    let ask = |compare_with: &'static str| {
        take(&world, function, "read_function_code", json!({"function": function, "compare_with": compare_with}))
    };
    let taken = ask("previous").await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    let said = ["compared with version 57: ", "added: lib/fuelsurcharge.js (", "removed: lib/surcharge.js ("];
    assert!(said.iter().all(|part| taken.text.contains(part)), "{}", taken.text);
    assert_eq!(taken.text, ask("57").await.text);
    assert!(
        taken
            .command
            .ends_with("aws lambda list-versions-by-function --function-name freight-quote --region eu-central-1"),
        "{}",
        taken.command
    );
    let missing = ask("99").await;
    assert_eq!(
        (missing.outcome, missing.text.as_str()),
        (Outcome::NoData, "no function named freight-quote with a version or alias 99 in eu-central-1")
    );
    let alone = json!({"function": "tariff-import", "compare_with": "previous"});
    let alone = take(&world, "tariff-import", "read_function_code", alone).await;
    assert_eq!(
        (alone.outcome, alone.text.as_str()),
        (Outcome::NoData, "function tariff-import has no published version with other code than version $LATEST")
    );
}

#[tokio::test]
async fn code_comes_over_the_sdks_own_http_client_too() {
    let world = world_with(SCENARIO, &[]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served =
        tokio::spawn(marple_world::serve(world.clone(), listener, async { stopped.await.unwrap_or_default() }));
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build();
    let (toolbox, scope) = (AwsToolbox::new(&config), scope(&world, FUNCTION));
    let call = PlannedCall { tool: "read_function_code".to_owned(), arguments: json!({"function": FUNCTION}) };
    let taken = toolbox.run(&toolbox.normalise(&call, &scope).unwrap(), &scope).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    assert!(taken.text.contains("file: index.js"), "{}", taken.text);
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stack_is_found_by_name_and_by_what_it_owns() {
    let world = world_with(SCENARIO, &[]);
    let by_name = take(&world, FUNCTION, "describe_stack", json!({"stack": "user-profile"})).await;
    let by_resource = take(&world, FUNCTION, "describe_stack", json!({"resource": FUNCTION})).await;
    assert_eq!(by_name.outcome, Outcome::Found, "{}", by_name.text);
    assert!(by_name.text.contains("  AWS::Lambda::Function "), "{}", by_name.text);
    let (stack, section) = by_resource.text.split_once("template:\n").unwrap();
    assert!(
        by_name.text == stack.trim_end() && section.contains("      FunctionName: user-profile-service\n"),
        "{section}"
    );
    for arguments in [json!({"stack": "no-such"}), json!({"resource": "no-such"})] {
        let nothing = take(&world, FUNCTION, "describe_stack", arguments).await;
        assert_eq!(nothing.outcome, Outcome::NoData, "{}", nothing.text);
    }
    let all = take(&world, FUNCTION, "describe_stack", json!({})).await;
    assert!(all.text.lines().count() > 3, "{}", all.text);
}

const STACK: &str = "world/cloudformation/stacks/user-profile";

/// The scenario, whose function a schedule invokes: only the stack's template tells when.
fn scheduled(template: &str) -> World {
    let resources = json!({"StackResourceSummaries": [
        {"LogicalResourceId": "Refresh", "PhysicalResourceId": FUNCTION, "ResourceType": "AWS::Lambda::Function",
         "LastUpdatedTimestamp": "2025-10-01T00:00:00Z", "ResourceStatus": "CREATE_COMPLETE"},
        {"LogicalResourceId": "RefreshNightly", "PhysicalResourceId": "profile-refresh", "ResourceType": "AWS::Events::Rule",
         "LastUpdatedTimestamp": "2025-10-01T00:00:00Z", "ResourceStatus": "CREATE_COMPLETE"},
    ]});
    let (list, body) = (format!("{STACK}/resources.json"), format!("{STACK}/template.yaml"));
    world_with(SCENARIO, &[(&list, &resources.to_string()), (&body, template)])
}

#[tokio::test]
async fn what_no_other_tool_shows_is_shown_from_the_stacks_template() {
    let (function, rule) = (
        "Resources:\n  Refresh:\n    Type: AWS::Lambda::Function\n",
        "  RefreshNightly:\n    Type: AWS::Events::Rule\n    Properties:\n      ScheduleExpression: cron(0 21 * * ? *)\n",
    );
    let world = scheduled(&format!("{function}{rule}"));
    let ask = |arguments| take(&world, FUNCTION, "describe_stack", arguments);
    let by_name = ask(json!({"stack": "user-profile"})).await;
    assert!(by_name.text.ends_with(&format!("template:\n{}", rule.trim_end())), "{}", by_name.text);
    let asked = json!({"stack": "user-profile", "template_of": ["profile-refresh", "Refresh", "Queue"]});
    let asked = ask(asked).await;
    insta::assert_snapshot!(asked.text.split_once("template:").unwrap().1, @r"

      RefreshNightly:
        Type: AWS::Events::Rule
        Properties:
          ScheduleExpression: cron(0 21 * * ? *)
      Refresh:
        Type: AWS::Lambda::Function
    template, nothing of Queue; the stack's logical ids: Refresh, RefreshNightly
    ");
    assert!(
        asked.command.starts_with("aws cloudformation get-template --stack-name user-profile "),
        "{}",
        asked.command
    );
    let before_transform = scheduled(&function.replace("Lambda", "Serverless"));
    let made = take(&before_transform, FUNCTION, "describe_stack", json!({"stack": "user-profile"})).await;
    assert!(made.text.contains("template:\n  (RefreshNightly is made of this:)\n  Refresh:\n"), "{}", made.text);
}

#[tokio::test]
async fn a_template_that_may_not_be_read_is_said_to_be_denied() {
    let taken = take(
        &denying(SCENARIO, r#""cloudformation:GetTemplate""#),
        FUNCTION,
        "describe_stack",
        json!({"resource": FUNCTION}),
    )
    .await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    assert!(taken.text.ends_with("template: denied (cloudformation:GetTemplate)"), "{}", taken.text);
    assert!(matches!(&taken.unread[..], [Outcome::Denied { .. }]), "{:?}", taken.unread);
}

#[tokio::test]
async fn a_quiet_stack_says_when_it_was_touched_last() {
    let world = world_with(SCENARIO, &[]);
    let taken = take(&world, FUNCTION, "list_stack_events", json!({"stack": "user-profile"})).await;
    assert_eq!(taken.outcome, Outcome::NoData, "{}", taken.text);
    assert!(taken.text.starts_with("no event of stack user-profile between "), "{}", taken.text);
    assert!(taken.text.contains("the newest event before: 2025-"), "{}", taken.text);
    let long = json!({"stack": "user-profile", "start": "2020-01-01T00:00:00Z"});
    let taken = take(&world, FUNCTION, "list_stack_events", long).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    assert!(taken.text.contains("there is no event before this span"), "{}", taken.text);
}

#[tokio::test]
async fn secrets_are_metadata_and_a_denial_is_no_absence() {
    let world = world_with(SCENARIO, &[]);
    let all = take(&world, FUNCTION, "list_secrets", json!({})).await;
    assert_eq!(all.outcome, Outcome::Found, "{}", all.text);
    let nothing = take(&world, FUNCTION, "list_secrets", json!({"prefix": "no-such/"})).await;
    assert_eq!(
        (nothing.outcome, nothing.text.as_str()),
        (Outcome::NoData, "no secret with a name that begins with \"no-such/\" in us-east-1")
    );
    let denied = take(&denying(SCENARIO, r#""secretsmanager:*""#), FUNCTION, "list_secrets", json!({})).await;
    assert!(
        matches!(&denied.outcome, Outcome::Denied { action, .. } if action == "secretsmanager:ListSecrets"),
        "{denied:?}"
    );
}

#[tokio::test]
async fn a_database_is_found_by_the_host_that_a_function_is_configured_with() {
    let world = world_with(SCENARIO, &[]);
    let function = take(&world, FUNCTION, "get_function", json!({"function": FUNCTION})).await;
    let Facts::Functions(functions) = &function.facts else { panic!() };
    let host = functions[0].environment.iter().find(|variable| variable.name == "DB_HOST").unwrap();
    let taken = take(&world, FUNCTION, "describe_database", json!({"id": host.value.to_string()})).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    assert!(taken.text.starts_with("cluster: "), "{}", taken.text);
    assert!(taken.text.contains("\nconnections: "), "{}", taken.text);
    let Facts::Databases(databases) = &taken.facts else { panic!() };
    assert_eq!(databases.databases[0].load.len(), 5);
    let nothing = take(&world, FUNCTION, "describe_database", json!({"id": "db.example.com"})).await;
    assert_eq!(nothing.outcome, Outcome::NoData, "{}", nothing.text);
}

#[tokio::test]
async fn that_nothing_touched_the_function_is_one_line_and_a_denied_source_is_named() {
    let world = world_with(SCENARIO, &[]);
    let taken = take(&world, FUNCTION, "list_changes", json!({})).await;
    let first = taken.text.lines().next().unwrap();
    assert!(first.starts_with(&format!("no change touches {FUNCTION} between 2025-12-")), "{}", taken.text);
    assert!(first.ends_with("(read: CloudTrail, CloudFormation, Lambda, ECS, RDS)"), "{first}");
    assert!(taken.text.contains("owning stack: user-profile"), "{}", taken.text);
    let world = denying(SCENARIO, r#""cloudtrail:*", "rds:*""#);
    let taken = take(&world, FUNCTION, "list_changes", json!({})).await;
    assert!(taken.text.contains("(read: CloudFormation, Lambda, ECS)"), "{}", taken.text);
    assert!(taken.text.contains("unread: CloudTrail: cloudtrail:LookupEvents was denied"), "{}", taken.text);
    let Facts::Changes(changes) = &taken.facts else { panic!("{:?}", taken.facts) };
    assert_eq!(changes.unread.len(), 2);
}

#[tokio::test]
async fn a_change_of_the_named_function_is_listed_with_who_made_it() {
    let world = world_with(SCENARIO, &[]);
    let arguments = json!({"resource": FUNCTION, "start": "2020-01-01T00:00:00Z"});
    let taken = take(&world, FUNCTION, "list_changes", arguments).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    let Facts::Changes(changes) = &taken.facts else { panic!() };
    assert!(changes.changes.iter().all(|change| change.touches_subject));
    assert!(changes.changes.is_sorted_by_key(|change| change.at));
}
