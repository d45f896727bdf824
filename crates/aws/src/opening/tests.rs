#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use jiff::Timestamp;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, EvidenceId, Facts, Outcome, ResourceKind, ResourceRef, Scope, Window,
    facts::{EnvironmentVariable, EventSource, Function, ShownValue, Stack, StackResource},
};

use super::next_wave;

fn scope(subjects: Vec<ResourceRef>, alarm: Option<&str>) -> Scope {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: at("2025-12-16T06:10:00Z"),
        alarm: alarm.map(str::to_owned),
        subjects,
        window: Window { start: at("2025-12-16T05:00:00Z"), end: at("2025-12-16T06:00:00Z") },
        baseline: Window { start: at("2025-12-15T05:00:00Z"), end: at("2025-12-15T06:00:00Z") },
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: vec![],
    }
}

fn evidence(facts: Facts) -> Arc<Evidence> {
    Arc::new(Evidence {
        id: EvidenceId(1),
        tool: "any".to_owned(),
        arguments: serde_json::Value::Null,
        outcome: Outcome::Found,
        facts,
        text: String::new(),
        shown: None,
        command: String::new(),
        unread: Vec::new(),
        taken_at: Timestamp::UNIX_EPOCH,
        elapsed_ms: 0,
    })
}

fn function(environment: &[(&str, &str)]) -> Function {
    let variable = |(name, value): &(&str, &str)| EnvironmentVariable {
        name: (*name).to_owned(),
        value: ShownValue::Plain((*value).to_owned()),
    };
    let described = serde_json::json!({
        "name": "orders", "arn": "arn:aws:lambda:us-east-1:111122223333:function:orders", "memory_mb": 128,
        "timeout_s": 5, "code_sha256": "", "code_size": 1, "package_type": "Zip", "architectures": [],
        "environment": [], "subnet_ids": [], "security_group_ids": [], "role": "", "log_group": "/shop/orders",
        "layers": [], "versions": [], "aliases": [], "event_sources": [], "stack": "shop"
    });
    let mut function: Function = serde_json::from_value(described).unwrap();
    function.environment = environment.iter().map(variable).collect();
    function
}

/// `tool {arguments}` a line.
fn lines(plan: &[PlannedCall]) -> String {
    plan.iter().map(|call| format!("{} {}\n", call.tool, call.arguments)).collect()
}

fn orders() -> Vec<ResourceRef> {
    vec![ResourceRef::new(ResourceKind::LambdaFunction, "orders")]
}

#[test]
fn a_function_is_opened_with_its_own_standard_questions() {
    insta::assert_snapshot!(lines(&next_wave(&scope(orders(), Some("orders-errors")), &[])), @r#"
    describe_alarms {"names":["orders-errors"]}
    get_function {"function":"orders"}
    get_metrics {"metrics":[{"namespace":"AWS/Lambda","name":"Invocations","dimensions":{"FunctionName":"orders"},"statistics":["Sum"]},{"namespace":"AWS/Lambda","name":"Errors","dimensions":{"FunctionName":"orders"},"statistics":["Sum"]},{"namespace":"AWS/Lambda","name":"Throttles","dimensions":{"FunctionName":"orders"},"statistics":["Sum"]},{"namespace":"AWS/Lambda","name":"Duration","dimensions":{"FunctionName":"orders"},"statistics":["Average","Maximum"]},{"namespace":"AWS/Lambda","name":"ConcurrentExecutions","dimensions":{"FunctionName":"orders"},"statistics":["Maximum"]}]}
    summarize_logs {"log_group":"/aws/lambda/orders"}
    read_function_code {"function":"orders"}
    list_changes {}
    "#);
}

#[test]
fn what_a_function_is_configured_with_is_asked_next() {
    let mut function = function(&[
        ("URL", "postgres://app@shop.cluster-c1.us-east-1.rds.amazonaws.com:5432/shop"),
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop/db-AbCdEf"),
        ("HOST", "cache.internal"),
    ]);
    function.event_sources = vec![EventSource {
        arn: "arn:aws:sqs:us-east-1:111122223333:orders-in".to_owned(),
        state: "Enabled".to_owned(),
        last_result: None,
        batch_size: None,
    }];
    let taken = [evidence(Facts::Functions(vec![function]))];
    let before = next_wave(&scope(orders(), None), &[]);
    let plan = next_wave(&scope(orders(), None), &taken);
    let new: Vec<PlannedCall> = plan.into_iter().filter(|call| !before.contains(call)).collect();
    insta::assert_snapshot!(lines(&new), @r#"
    summarize_logs {"log_group":"/shop/orders"}
    describe_database {"id":"shop.cluster-c1.us-east-1.rds.amazonaws.com"}
    describe_stack {"stack":"shop"}
    list_stack_events {"stack":"shop"}
    list_secrets {"stack":"shop"}
    list_secrets {"prefix":"shop/db"}
    get_metrics {"metrics":[{"namespace":"AWS/SQS","name":"ApproximateNumberOfMessagesVisible","dimensions":{"QueueName":"orders-in"},"statistics":["Maximum"]},{"namespace":"AWS/SQS","name":"ApproximateAgeOfOldestMessage","dimensions":{"QueueName":"orders-in"},"statistics":["Maximum"]},{"namespace":"AWS/SQS","name":"NumberOfMessagesSent","dimensions":{"QueueName":"orders-in"},"statistics":["Sum"]}]}
    "#);
}

#[test]
fn a_stacks_cluster_is_asked_for_once_also_where_a_host_names_it() {
    let resource = |kind: &str, id: &str| StackResource {
        logical_id: "Db".to_owned(),
        physical_id: Some(id.to_owned()),
        resource_type: kind.to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
        updated: None,
    };
    let stack = Stack {
        name: "shop".to_owned(),
        arn: String::new(),
        status: String::new(),
        created: None,
        updated: None,
        parameters: vec![],
        outputs: vec![],
        resources: vec![
            resource("AWS::RDS::DBCluster", "shop"),
            resource("AWS::RDS::DBCluster", "archive"),
            resource("AWS::RDS::DBInstance", "shop-1"),
        ],
    };
    let host = ("DB_HOST", "shop.cluster-c1.us-east-1.rds.amazonaws.com");
    let taken = [evidence(Facts::Functions(vec![function(&[host])])), evidence(Facts::Stacks(vec![stack]))];
    let plan = next_wave(&scope(orders(), None), &taken);
    let databases: Vec<String> = plan
        .iter()
        .filter(|call| call.tool == "describe_database")
        .map(|call| call.arguments["id"].to_string())
        .collect();
    assert_eq!(databases, ["\"shop.cluster-c1.us-east-1.rds.amazonaws.com\"", "\"archive\""]);
}

#[test]
fn an_alarm_that_fired_in_the_days_before_is_followed_back_to_then() {
    let alarm = serde_json::json!({
        "name": "orders-errors", "arn": "", "description": null, "state": "ok", "state_since": null, "state_reason": "",
        "condition": {
            "metrics": [{"namespace": "Shop", "name": "Failed", "dimensions": {}}], "expression": null, "statistic": "Sum",
            "period_s": 60, "evaluation_periods": 1, "datapoints_to_alarm": 1, "threshold": 1.0,
            "comparison": "GreaterThanThreshold", "treat_missing_data": "missing"
        },
        "transitions": [
            {"at": "2025-12-01T10:20:00Z", "from": "ok", "to": "alarm", "reason": "", "points": []},
            {"at": "2025-12-15T10:20:00Z", "from": "ok", "to": "alarm", "reason": "", "points": []},
            {"at": "2025-12-16T05:46:00Z", "from": "ok", "to": "alarm", "reason": "", "points": []}
        ]
    });
    let taken = [evidence(Facts::Alarms(vec![serde_json::from_value(alarm).unwrap()]))];
    let plan = next_wave(&scope(vec![], Some("orders-errors")), &taken);
    let metrics: Vec<PlannedCall> = plan.into_iter().filter(|call| call.tool == "get_metrics").collect();
    insta::assert_snapshot!(lines(&metrics), @r#"
    get_metrics {"metrics":[{"namespace":"Shop","name":"Failed","dimensions":{},"statistics":["Sum"]}]}
    get_metrics {"metrics":[{"namespace":"Shop","name":"Failed","dimensions":{},"statistics":["Sum"]}],"start":"2025-12-15T09:00:00Z","end":"2025-12-16T06:00:00Z","baseline":false}
    "#);
}

#[test]
fn a_disk_that_runs_full_is_looked_at_over_a_month_and_no_other_disk_is() {
    let database = |status: &str| {
        serde_json::json!({
            "kind": "db_instance", "id": "shop", "arn": "", "engine": "postgres", "engine_version": "16.4", "status": status,
            "instance_class": null, "endpoint": null, "reader_endpoint": null, "port": 5432, "members": [], "security_group_ids": [],
            "created": null, "events": [], "load": [],
        })
    };
    let month = |status: &str| {
        let facts = serde_json::json!({"databases": [database(status)]});
        let taken = [evidence(Facts::Databases(serde_json::from_value(facts).unwrap()))];
        let plan = next_wave(&scope(vec![ResourceRef::new(ResourceKind::DbInstance, "shop")], None), &taken);
        let metrics: Vec<PlannedCall> = plan.into_iter().filter(|call| call.tool == "get_metrics").collect();
        metrics.first().map(|call| (call.arguments["start"].clone(), call.arguments["metrics"][0]["name"].clone()))
    };
    assert_eq!(month("storage-full"), Some(("2025-11-16T05:00:00Z".into(), "FreeStorageSpace".into())));
    assert_eq!(month("available"), None);
}

#[test]
fn without_a_subject_the_region_is_looked_over() {
    insta::assert_snapshot!(lines(&next_wave(&scope(vec![], None), &[])), @r#"
    describe_alarms {"state":"alarm"}
    get_function {}
    describe_service {}
    list_log_groups {}
    list_changes {}
    "#);
}

#[test]
fn every_planned_call_fits_the_schema_of_its_tool() {
    let scopes = [
        scope(orders(), Some("orders-errors")),
        scope(vec![], None),
        scope(vec![ResourceRef::new(ResourceKind::RestApi, "shop")], None),
        scope(vec![ResourceRef::new(ResourceKind::DbCluster, "shop")], None),
        scope(vec![ResourceRef::new(ResourceKind::LogGroup, "/shop/orders")], None),
        scope(vec![ResourceRef::new(ResourceKind::EcsService, "shop")], None),
        scope(vec![ResourceRef::new(ResourceKind::EcsCluster, "prod")], None),
        scope(
            vec![
                ResourceRef::new(ResourceKind::TargetGroup, "shop"),
                ResourceRef::new(ResourceKind::LoadBalancer, "shop"),
            ],
            None,
        ),
    ];
    for scope in scopes {
        for call in next_wave(&scope, &[evidence(Facts::Functions(vec![function(&[])]))]) {
            let tool = crate::tool::TOOLS.iter().find(|tool| tool.name == call.tool);
            let tool = tool.unwrap_or_else(|| panic!("{} is no tool", call.tool));
            (tool.normalise)(&call.arguments, &scope).unwrap();
        }
    }
}

#[test]
fn where_nothing_is_named_what_fails_is_looked_at_as_if_it_had_been() {
    let names = ["orders", "mails", "users"];
    let named =
        |name: &str| Function { name: name.to_owned(), log_group: format!("/aws/lambda/{name}"), ..function(&[]) };
    let functions = evidence(Facts::Functions(names.map(named).to_vec()));
    let groups = names.map(|name| serde_json::json!({"name": format!("/aws/lambda/{name}"), "created": null, "retention_days": null, "stored_bytes": 0}));
    let groups = evidence(Facts::LogGroups(serde_json::from_value(groups.to_vec().into()).unwrap()));
    let scope = scope(Vec::new(), None);
    let known = [functions, groups];
    insta::assert_snapshot!(lines(&next_wave(&scope, &known)), @r#"
    describe_alarms {"state":"alarm"}
    get_function {}
    describe_service {}
    list_log_groups {}
    get_metrics {"metrics":[{"namespace":"AWS/Lambda","name":"Errors","dimensions":{"FunctionName":"mails"},"statistics":["Sum"]},{"namespace":"AWS/Lambda","name":"Errors","dimensions":{"FunctionName":"orders"},"statistics":["Sum"]},{"namespace":"AWS/Lambda","name":"Errors","dimensions":{"FunctionName":"users"},"statistics":["Sum"]}]}
    summarize_logs {"log_group":"/aws/lambda/orders"}
    summarize_logs {"log_group":"/aws/lambda/mails"}
    summarize_logs {"log_group":"/aws/lambda/users"}
    list_changes {}
    "#);
    let series = serde_json::json!({
        "metric": {"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": "mails"}}, "statistic": "Sum", "period_s": 60, "unit": null,
        "points": [], "window": {"points": 9, "sum": 9.0, "min": 1.0, "max": 1.0, "mean": 1.0, "nonzero": 9}, "baseline": null, "change_points": [], "shape": "flat"
    });
    let errors = serde_json::json!({"window": scope.window, "baseline": null, "series": [series], "correlations": []});
    let errors = evidence(Facts::Metrics(serde_json::from_value(errors).unwrap()));
    let more = next_wave(&scope, &[known, [errors.clone(), errors]].concat());
    assert!(lines(&more).contains(r#"read_function_code {"function":"mails"}"#), "{}", lines(&more));
    assert!(!lines(&more).contains(r#"read_function_code {"function":"orders"}"#));
}
