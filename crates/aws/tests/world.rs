//! The toolbox over the wire, with scenarios' worlds underneath: the SDK's clients, serialisation and retries are the real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{path::Path, sync::Arc};

use aws_credential_types::{
    Credentials,
    credential_fn::provide_credentials_fn,
    provider::{SharedCredentialsProvider, error::CredentialsError},
};
use aws_types::{SdkConfig, region::Region};
use futures::future::join_all;
use marple_agent::ports::{PlannedCall, ScopeError, Toolbox};
use marple_aws::AwsToolbox;
use marple_case::{Evidence, EvidenceId, Facts, Outcome, ResourceKind, Scope, Trigger};
use marple_world::{Files, Scenario, World};
use serde_json::json;

fn world(name: &str) -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let files = Files::read(&folder).unwrap();
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

fn toolbox(world: &World) -> AwsToolbox {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .region(Region::new(world.scenario().region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(world.http_client())
        .build();
    AwsToolbox::new(&config)
}

fn alarm(name: &str) -> Trigger {
    Trigger::Alarm { alarm: name.to_owned() }
}

async fn take(toolbox: &AwsToolbox, call: &PlannedCall, scope: &Scope, number: usize) -> Arc<Evidence> {
    let taken = toolbox.run(call, scope).await;
    Arc::new(Evidence {
        id: EvidenceId(u32::try_from(number).unwrap()),
        tool: call.tool.clone(),
        arguments: taken.arguments,
        outcome: taken.outcome,
        facts: taken.facts,
        text: taken.text,
        shown: taken.shown,
        command: taken.command,
        unread: taken.unread,
        taken_at: scope.now,
        elapsed_ms: 0,
    })
}

/// Runs the opening to its end, as the driver does.
async fn opened(toolbox: &AwsToolbox, scope: &Scope) -> (Vec<Arc<Evidence>>, usize) {
    let (mut evidence, mut waves) = (Vec::<Arc<Evidence>>::new(), 0);
    loop {
        let wave = toolbox.opening(scope, &evidence);
        if wave.is_empty() {
            return (evidence, waves);
        }
        let taken = wave.iter().enumerate().map(|(place, call)| take(toolbox, call, scope, evidence.len() + place + 1));
        let mut taken = join_all(taken).await;
        evidence.append(&mut taken);
        waves += 1;
        assert!(waves <= 5, "the opening does not end");
    }
}

async fn one(toolbox: &AwsToolbox, scope: &Scope, tool: &str, arguments: serde_json::Value) -> Arc<Evidence> {
    let call = PlannedCall { tool: tool.to_owned(), arguments };
    let call = toolbox.normalise(&call, scope).unwrap();
    take(toolbox, &call, scope, 1).await
}

#[tokio::test]
async fn an_alarm_in_state_ok_is_scoped_to_its_last_episode() {
    let world = world("lambda-type-error");
    let toolbox = toolbox(&world);
    let scope = toolbox.scope(&alarm("lambda-user-profile-service-errors"), world.now()).await.unwrap();
    insta::assert_json_snapshot!(scope, @r#"
    {
      "account": "111122223333",
      "region": "us-east-1",
      "now": "2025-12-16T06:10:00Z",
      "alarm": "lambda-user-profile-service-errors",
      "subjects": [
        {
          "kind": "lambda_function",
          "name": "user-profile-service"
        }
      ],
      "window": {
        "start": "2025-12-16T04:45:00Z",
        "end": "2025-12-16T06:10:00Z"
      },
      "baseline": {
        "start": "2025-12-15T04:45:00Z",
        "end": "2025-12-15T06:10:00Z"
      },
      "period_s": 60,
      "first_breach": "2025-12-16T05:45:00Z",
      "recovered_at": "2025-12-16T05:50:52.316Z",
      "notes": [
        "the alarm is in state OK since 2025-12-16T05:50:52.316Z; its last episode, which began at 2025-12-16T05:45:00Z, is investigated"
      ]
    }
    "#);
    let by_arn = alarm("arn:aws:cloudwatch:us-east-1:111122223333:alarm:lambda-user-profile-service-errors");
    assert_eq!(toolbox.scope(&by_arn, world.now()).await.unwrap(), scope);
    assert_eq!(toolbox.scope(&Trigger::LatestAlarm, world.now()).await.unwrap(), scope);
}

/// A function that an API and a rule may invoke, and one that takes from a queue; with alarms on what stands before them.
fn fronted_world() -> World {
    let watching = |name: &str, namespace: &str, dimension: &str, value: &str| {
        json!({"AlarmName": name, "Namespace": namespace, "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold", "StateValue": "ALARM", "StateUpdatedTimestamp": "2025-12-16T05:50:00Z",
            "Dimensions": [{"Name": dimension, "Value": value}]})
    };
    let alarms = json!({"MetricAlarms": [
        watching("on-api", "AWS/ApiGateway", "ApiName", "shop"), watching("on-rule", "AWS/Events", "RuleName", "nightly"),
        watching("on-http-api", "AWS/ApiGateway", "ApiId", "k2v9d4xq1c"),
        watching("on-letters", "AWS/SQS", "QueueName", "orders-dlq"), watching("on-nothing", "AWS/SNS", "TopicName", "news"),
        watching("own-metric", "Shop", "component", "worker"), watching("shop-items-slow", "Shop", "tier", "web"),
    ]});
    let function = |name: &str| {
        json!({"FunctionName": name, "FunctionArn": format!("arn:aws:lambda:us-east-1:111122223333:function:{name}"),
        "Runtime": "nodejs20.x", "Role": "arn:aws:iam::111122223333:role/r", "Handler": "index.handler", "LastModified": "2025-12-01T00:00:00Z", "Version": "$LATEST"})
    };
    let allowed = |from: &str| json!({"Condition": {"ArnLike": {"AWS:SourceArn": from}}});
    let policy = json!({"Policy": {"Statement": [
        allowed("arn:aws:execute-api:us-east-1:111122223333:k2v9d4xq1c/*/GET/items"), allowed("arn:aws:events:us-east-1:111122223333:rule/nightly")]}});
    let mapping = json!({"EventSourceMappings": [{"UUID": "u", "EventSourceArn": "arn:aws:sqs:us-east-1:111122223333:orders",
        "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:worker", "State": "Enabled"}]});
    let mut files = Files::default();
    for (path, content) in [
        ("world/cloudwatch/alarms.json", alarms),
        ("world/lambda/functions.json", json!({"Functions": [function("shop-items"), function("worker")]})),
        ("world/lambda/functions/shop-items/policy.json", policy),
        ("world/lambda/functions/worker/event-source-mappings.json", mapping),
    ] {
        files.insert(path, content.to_string());
    }
    files.insert("scenario.toml", small_scenario(""));
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

#[tokio::test]
async fn alarms_on_what_stands_before_a_function_or_is_called_after_it_lead_to_it() {
    let world = fronted_world();
    let toolbox = toolbox(&world);
    for (name, behind) in [
        ("on-api", Some("shop-items")),
        ("on-rule", Some("shop-items")),
        ("on-http-api", Some("shop-items")),
        ("on-letters", Some("worker")),
        ("own-metric", Some("worker")),
        ("shop-items-slow", Some("shop-items")),
        ("on-nothing", None),
    ] {
        let scope = toolbox.scope(&alarm(name), world.now()).await.unwrap();
        let functions = scope.subjects.iter().filter(|one| one.kind == ResourceKind::LambdaFunction);
        let functions: Vec<&str> = functions.map(|one| one.name.as_str()).collect();
        assert_eq!(functions, Vec::from_iter(behind), "{name}: {:?}", scope.notes);
        let lists_all = toolbox.opening(&scope, &[]).iter().any(|call| {
            call.tool == "get_function" && call.arguments.get("function").is_none_or(serde_json::Value::is_null)
        });
        assert_eq!(lists_all, behind.is_none(), "where no function is known, all are listed");
    }
}

#[tokio::test]
async fn an_unknown_alarm_is_answered_with_the_nearest_names_and_a_prefix_of_several_with_all() {
    let world = world("lambda-type-error");
    let toolbox = toolbox(&world);
    let unknown = toolbox.scope(&alarm("lambda-user-profil-service-error"), world.now()).await.unwrap_err();
    let ScopeError::UnknownAlarm { nearest, .. } = unknown else { panic!("{unknown}") };
    assert_eq!(nearest.first().unwrap(), "lambda-user-profile-service-errors");
    let ambiguous = toolbox.scope(&alarm("lambda-"), world.now()).await.unwrap_err();
    let ScopeError::AmbiguousAlarm { choices, .. } = ambiguous else { panic!("{ambiguous}") };
    assert!(choices.len() > 1 && choices.iter().all(|name| name.starts_with("lambda-")), "{choices:?}");
    let elsewhere = alarm("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a");
    let refused = toolbox.scope(&elsewhere, world.now()).await.unwrap_err();
    assert!(refused.to_string().contains("--region eu-west-1"), "{refused}");
}

#[tokio::test]
async fn a_question_is_scoped_to_the_function_that_it_names_and_to_its_time() {
    let world = world("lambda-type-error");
    let toolbox = toolbox(&world);
    let text = "Why does user-profile-service fail since 05:45 UTC?".to_owned();
    let scope = toolbox.scope(&Trigger::Question { text }, world.now()).await.unwrap();
    assert_eq!(scope.subjects[0].name, "user-profile-service");
    assert_eq!(scope.window.to_string(), "2025-12-16T04:45:00Z to 2025-12-16T06:10:00Z");
    assert_eq!(scope.account.as_deref(), Some("111122223333"));
}

#[tokio::test]
async fn a_question_that_names_nothing_is_about_the_alarm_that_fired_last() {
    let world = world("lambda-type-error");
    let toolbox = toolbox(&world);
    let scope = toolbox.scope(&Trigger::Question { text: "what is wrong?".to_owned() }, world.now()).await.unwrap();
    assert_eq!(scope.alarm.as_deref(), Some("lambda-user-profile-service-errors"));
    assert!(scope.notes.last().unwrap().starts_with("the question names no function"), "{:?}", scope.notes);
}

#[tokio::test]
async fn the_opening_collects_the_evidence_of_each_scenario_and_ends() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !path.join("scenario.toml").exists() || !name.starts_with("lambda-") {
            continue;
        }
        let world = world(name);
        let toolbox = toolbox(&world);
        let trigger = match &world.scenario().trigger {
            marple_world::Trigger::Alarm(name) => alarm(name),
            marple_world::Trigger::Question(text) => Trigger::Question { text: text.clone() },
        };
        let scope = toolbox.scope(&trigger, world.now()).await.unwrap();
        let (evidence, waves) = opened(&toolbox, &scope).await;
        // A function without a stack or a database of its own has no neighbours: the six calls of the first wave are all.
        assert!((6..=18).contains(&evidence.len()) && waves <= 4, "{name}: {} in {waves} waves", evidence.len());
        for taken in &evidence {
            assert!(taken.outcome.is_answered(), "{name}: {} {}: {:?}", taken.tool, taken.arguments, taken.outcome);
            assert!(!taken.text.is_empty() && !taken.command.is_empty(), "{name}: {}", taken.tool);
        }
    }
}

/// A world of its own: one log group and one alarm, and whatever a test adds.
fn small_scenario(wire: &str) -> String {
    format!(
        "title = \"t\"\nstory = \"s\"\nnow = \"2025-12-16T06:00:00Z\"\nregion = \"us-east-1\"\naccount = \"111122223333\"\nseed = 1\n\
         [trigger]\nquestion = \"why\"\n{wire}\n[truth]\nverdict = \"fault\"\ncategories = [\"code_defect\"]\n"
    )
}

fn small_world(wire: &str, events: &str) -> World {
    let mut files = Files::default();
    files.insert("scenario.toml", small_scenario(wire));
    let group = json!({"logGroups": [{"logGroupName": "/shop/orders", "creationTime": "2025-01-01T00:00:00Z",
        "arn": "arn:aws:logs:us-east-1:111122223333:log-group:/shop/orders:*", "storedBytes": 10}]});
    files.insert("world/logs/log-groups.json", group.to_string());
    files.insert("world/logs/orders.jsonl", events.to_owned());
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

fn event(at: &str, message: &str) -> String {
    let event = json!({"logGroup": "/shop/orders", "logStream": "app/1", "timestamp": at, "message": message});
    format!("{event}\n")
}

async fn recent(toolbox: &AwsToolbox, world: &World) -> Scope {
    toolbox.scope(&Trigger::Question { text: "why is /shop/orders loud?".to_owned() }, world.now()).await.unwrap()
}

#[tokio::test]
async fn a_summary_puts_the_new_exception_first_and_quotes_its_line() {
    let mut events = String::new();
    for minute in 0..50 {
        for day in ["15", "16"] {
            let at = format!("2025-12-{day}T05:{minute:02}:00Z");
            events += &event(&at, &format!("GET /orders/{minute} 200 {}ms", minute * 3));
        }
    }
    events += &event(
        "2025-12-16T05:20:30Z",
        "java.lang.IllegalStateException: pool is closed\n\tat com.example.Pool.take(Pool.java:31)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)",
    );
    let world = small_world("", &events);
    let toolbox = toolbox(&world);
    let scope = recent(&toolbox, &world).await;
    assert_eq!(scope.subjects[0].name, "/shop/orders");
    let taken = one(&toolbox, &scope, "summarize_logs", json!({"log_group": "/shop/orders"})).await;
    insta::assert_snapshot!(taken.text, @r"
    log group: /shop/orders
    window: 2025-12-16T03:00:00Z to 2025-12-16T06:00:00Z, 51 lines
    baseline: 2025-12-15T03:00:00Z to 2025-12-15T06:00:00Z, 50 lines
    oldest line of this log group: 2025-12-15T05:00:00Z
    exceptions:
      java.lang.IllegalStateException: pool is closed
        java, once, at 2025-12-16T05:20:30Z, new
        at com.example.Pool.take (Pool.java:31)
        at java.lang.Thread.run (Thread.java:1583)
        sample: java.lang.IllegalStateException: pool is closed
    	at com.example.Pool.take(Pool.java:31)
    	at java.base/java.lang.Thread.run(Thread.java:1583)
        line before it in the stream: 2025-12-16T05:20:00Z GET /orders/20 200 60ms
    templates:
      [new 1 vs 0] first 2025-12-16T05:20:30Z | java.lang.IllegalStateException: pool is closed at com.example.Pool.take(Pool.java:31)
      [usual 50 vs 50] first 2025-12-16T05:00:00Z last 2025-12-16T05:49:00Z | GET /orders/<*> 200 <*>ms
        sample: GET /orders/0 200 0ms
    ");
    let Facts::LogSummary(summary) = &taken.facts else { panic!("{:?}", taken.facts) };
    assert_eq!(summary.exceptions[0].own_frame().unwrap().line, Some(31));
    assert!(summary.complete);
}

#[tokio::test]
async fn a_search_gives_the_events_that_match_and_says_when_there_are_more() {
    let events: String = (0..9)
        .map(|minute| event(&format!("2025-12-16T05:0{minute}:00Z"), &format!("worker \u{1b}[31m{minute} done")))
        .collect();
    let world = small_world("", &events);
    let toolbox = toolbox(&world);
    let scope = recent(&toolbox, &world).await;
    let taken =
        one(&toolbox, &scope, "search_logs", json!({"log_group": "/shop/orders", "pattern": "done", "limit": 2})).await;
    insta::assert_snapshot!(format!("$ {}\n{}", taken.command, taken.text), @r"
    $ aws logs filter-log-events --log-group-name /shop/orders --filter-pattern done --start-time 1765854000000 --end-time 1765864799999 --max-items 2 --region us-east-1
    log group: /shop/orders
    pattern: done
    window: 2025-12-16T03:00:00Z to 2025-12-16T06:00:00Z, 2 events
    2025-12-16T05:00:00Z app/1 | worker ␛[31m0 done
    2025-12-16T05:01:00Z app/1 | worker ␛[31m1 done
    [there are more: raise limit, narrow the pattern, or go on with start = 2025-12-16T05:01:00Z]
    oldest line of /shop/orders: 2025-12-16T05:00:00Z
    ");
    let nothing = one(&toolbox, &scope, "search_logs", json!({"log_group": "/shop/orders", "pattern": "absent"})).await;
    assert_eq!(nothing.outcome, Outcome::NoData);
    insta::assert_snapshot!(nothing.text, @r"
    log group /shop/orders holds no event that matches absent from 2025-12-16T03:00:00Z to 2025-12-16T06:00:00Z
    oldest line of /shop/orders: 2025-12-16T05:00:00Z
    ");
    let missing = one(&toolbox, &scope, "search_logs", json!({"log_group": "/shop/nothing"})).await;
    assert_eq!(
        (&missing.outcome, missing.text.as_str()),
        (&Outcome::NoData, "there is no log group /shop/nothing in us-east-1")
    );
}

#[tokio::test]
async fn an_insights_query_gives_rows_under_their_columns() {
    let events: String = (0..6)
        .map(|minute| event(&format!("2025-12-16T05:0{minute}:00Z"), &format!("level={} done", minute % 2)))
        .collect();
    let world = small_world("", &events);
    let toolbox = toolbox(&world);
    let scope = recent(&toolbox, &world).await;
    let query = json!({"log_groups": ["/shop/orders"], "query": "fields @timestamp, @message | filter @message like /level=1/ | sort @timestamp asc"});
    let taken = one(&toolbox, &scope, "query_logs", query).await;
    insta::assert_snapshot!(taken.text, @r"
    query: fields @timestamp, @message | filter @message like /level=1/ | sort @timestamp asc
    log groups: /shop/orders
    window: 2025-12-16T03:00:00Z to 2025-12-16T06:00:00Z, 3 of 6 events matched, 3 rows
    oldest line of /shop/orders: 2025-12-16T05:00:00Z
    @timestamp | @message
    2025-12-16 05:01:00.000 | level=1 done
    2025-12-16 05:03:00.000 | level=1 done
    2025-12-16 05:05:00.000 | level=1 done
    ");
    let bad =
        one(&toolbox, &scope, "query_logs", json!({"log_groups": ["/shop/orders"], "query": "| | nonsense"})).await;
    assert!(
        matches!(&bad.outcome, Outcome::Failed { message } if message.contains("logs:StartQuery")),
        "{:?}",
        bad.outcome
    );
}

#[tokio::test]
async fn a_denied_call_is_denied_and_a_throttled_one_is_tried_again() {
    let events = event("2025-12-16T05:01:00Z", "one");
    let denied = small_world("[wire]\ndeny = [\"logs:FilterLogEvents\"]", &events);
    let toolbox_denied = toolbox(&denied);
    let scope = recent(&toolbox_denied, &denied).await;
    let taken = one(&toolbox_denied, &scope, "summarize_logs", json!({"log_group": "/shop/orders"})).await;
    assert!(
        matches!(&taken.outcome, Outcome::Denied { action, .. } if action == "logs:FilterLogEvents"),
        "{:?}",
        taken.outcome
    );
    assert_eq!(taken.facts, Facts::Nothing);

    let throttled = small_world("[wire]\nthrottle = { operations = [\"logs:*\"], every = 2 }", &events);
    let toolbox_throttled = toolbox(&throttled);
    let scope = recent(&toolbox_throttled, &throttled).await;
    let taken = one(&toolbox_throttled, &scope, "search_logs", json!({"log_group": "/shop/orders"})).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_refused_with_what_fits() {
    let world = small_world("", "");
    let toolbox = toolbox(&world);
    let scope = recent(&toolbox, &world).await;
    let refused = |tool: &str, arguments: serde_json::Value| {
        toolbox.normalise(&PlannedCall { tool: tool.to_owned(), arguments }, &scope).unwrap_err().to_string()
    };
    let texts = [
        refused("run_shell", json!({})),
        refused("search_logs", json!({"group": "a"})),
        refused("search_logs", json!(["a"])),
        refused("list_log_groups", json!({"prefix": "a", "contains": "b"})),
        refused("get_metrics", json!({"metrics": [], "start": null})),
    ];
    insta::assert_snapshot!(texts.join("\n"), @r#"
    there is no tool named run_shell; the tools are: describe_alarms, get_metrics, list_metrics, search_logs, summarize_logs, query_logs, list_log_groups, get_function, read_function_code, describe_service, list_tasks, describe_task_definition, list_images, describe_load_balancer, describe_stack, list_stack_events, list_secrets, describe_database, list_changes
    the arguments of search_logs do not fit: group: unknown field `group`, expected one of `log_group`, `pattern`, `start`, `end`, `limit`; the arguments are: log_group, pattern, start, end, limit
    the arguments of search_logs do not fit: they have to be a JSON object, and are ["a"]
    the arguments of list_log_groups do not fit: give prefix or contains, not both: CloudWatch Logs takes one of them
    the arguments of get_metrics do not fit: metrics needs at least one metric with at least one statistic
    "#);
}

#[tokio::test]
async fn what_a_program_should_not_have_logged_is_not_passed_on() {
    let line = "connecting to postgres://app:hunter2secret@db.internal/app with AKIAIOSFODNN7EXAMPLE";
    let world = small_world("", &event("2025-12-16T05:01:00Z", line));
    let toolbox = toolbox(&world);
    let scope = recent(&toolbox, &world).await;
    let query = json!({"log_groups": ["/shop/orders"], "query": "fields @message"});
    for (tool, arguments) in [
        ("search_logs", json!({"log_group": "/shop/orders"})),
        ("summarize_logs", json!({"log_group": "/shop/orders"})),
        ("query_logs", query),
    ] {
        let taken = one(&toolbox, &scope, tool, arguments).await;
        let all = format!("{}{}", taken.text, serde_json::to_string(&taken.facts).unwrap());
        assert!(all.contains("postgres://app:<hidden:"), "{tool}: {all}");
        assert!(!all.contains("hunter2secret") && !all.contains("AKIAIOSFODNN7EXAMPLE"), "{tool}: {all}");
    }
}

#[tokio::test]
async fn without_credentials_the_scope_says_so_and_what_to_do() {
    let world = small_world("", "");
    let bare = || SdkConfig::builder().region(Region::new("us-east-1")).http_client(world.http_client());
    let expired =
        provide_credentials_fn(|| async { Err(CredentialsError::provider_error("the SSO session has expired")) });
    let with_expired = bare().credentials_provider(SharedCredentialsProvider::new(expired));
    for (config, reason) in
        [(bare().build(), "none are configured"), (with_expired.build(), "the SSO session has expired")]
    {
        let refused = AwsToolbox::new(&config).scope(&Trigger::LatestAlarm, world.now()).await.unwrap_err();
        let ScopeError::Credentials { message } = refused else { panic!("{refused:?}") };
        assert!(message.contains("aws sso login") && message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_region_without_alarms_has_no_latest_one() {
    let world = small_world("", "");
    let refused = toolbox(&world).scope(&Trigger::LatestAlarm, world.now()).await.unwrap_err();
    assert_eq!(refused, ScopeError::NoAlarm { region: "us-east-1".to_owned() });
}
