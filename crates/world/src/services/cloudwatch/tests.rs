#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::SERVICE;
use crate::World;
use crate::services::{ApiError, Met, call};
use crate::traffic::tests::world;

fn ask(world: &World, operation: &str, input: &Value) -> Result<Value, ApiError> {
    call(world, &SERVICE, operation, input, Met::NOTHING)
}

fn queries(points: Option<i64>, token: Option<&Value>, scan: &str) -> Value {
    let stat = |id: &str, namespace: &str, metric: &str, name: &str, value: &str| {
        json!({ "Id": id, "MetricStat": {
            "Metric": { "Namespace": namespace, "MetricName": metric, "Dimensions": [{ "Name": name, "Value": value }] },
            "Period": 60, "Stat": "Sum" } })
    };
    let mut input = json!({
        "MetricDataQueries": [
            stat("errors", "AWS/Lambda", "Errors", "FunctionName", "orders-api"),
            stat("connections", "AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", "bookshop-aurora"),
            { "Id": "rate", "Expression": "errors * 100" },
        ],
        "StartTime": "2025-12-16T05:00:00Z", "EndTime": "2025-12-16T06:10:00Z", "ScanBy": scan,
    });
    if let Some(points) = points {
        input["MaxDatapoints"] = json!(points);
    }
    if let Some(token) = token {
        input["NextToken"] = token.clone();
    }
    input
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn pages_of_metric_data_put_together_are_one_big_page(size in 1_i64..200, scan in prop::sample::select(vec!["TimestampAscending", "TimestampDescending"])) {
        let world = world();
        let whole = ask(&world, "GetMetricData", &queries(None, None, scan)).unwrap();
        prop_assert!(whole.get("NextToken").is_none());
        let mut timestamps = vec![Vec::new(); 3];
        let mut token = None;
        loop {
            let page = ask(&world, "GetMetricData", &queries(Some(size), token.as_ref(), scan)).unwrap();
            for (index, result) in page["MetricDataResults"].as_array().unwrap().iter().enumerate() {
                timestamps[index].extend(result["Timestamps"].as_array().unwrap().clone());
                prop_assert!(page.get("NextToken").is_some() || result["StatusCode"] == "Complete");
            }
            token = page.get("NextToken").cloned();
            if token.is_none() {
                break;
            }
        }
        for (index, found) in timestamps.into_iter().enumerate() {
            prop_assert_eq!(&Value::Array(found), &whole["MetricDataResults"][index]["Timestamps"]);
        }
    }
}

#[test]
fn alarms_are_selected_by_type_state_and_prefix() {
    let world = world();
    let names = |input: Value| {
        let answer = ask(&world, "DescribeAlarms", &input).unwrap();
        let of = |key: &str| {
            answer[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|alarm| alarm["AlarmName"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        [of("CompositeAlarms"), of("MetricAlarms")].concat()
    };
    assert_eq!(names(json!({})), ["aurora-connections", "orders-api-errors"], "composite alarms only where asked for");
    assert_eq!(
        names(json!({ "AlarmTypes": ["CompositeAlarm", "MetricAlarm"], "StateValue": "ALARM" })),
        ["bookshop", "orders-api-errors"]
    );
    assert_eq!(names(json!({ "AlarmNamePrefix": "aurora" })), ["aurora-connections"]);
    assert_eq!(names(json!({ "ActionPrefix": "arn:aws:sns" })), ["orders-api-errors"]);
    let for_metric = json!({ "Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [{ "Name": "FunctionName", "Value": "orders-api" }] });
    assert_eq!(
        ask(&world, "DescribeAlarmsForMetric", &for_metric).unwrap()["MetricAlarms"][0]["AlarmName"],
        "orders-api-errors"
    );
}

#[test]
fn history_is_newest_first_holds_its_data_as_text_and_ends_now() {
    let answer = ask(&world(), "DescribeAlarmHistory", &json!({ "AlarmName": "orders-api-errors" })).unwrap();
    let items = answer["AlarmHistoryItems"].as_array().unwrap();
    assert_eq!(
        items.iter().map(|item| item["HistoryItemType"].as_str().unwrap()).collect::<Vec<_>>(),
        ["StateUpdate", "ConfigurationUpdate"]
    );
    let data: Value = serde_json::from_str(items[0]["HistoryData"].as_str().unwrap()).unwrap();
    assert_eq!(data["newState"]["stateValue"], "ALARM");
}

#[test]
fn errors_are_those_of_aws() {
    let refusal = |operation: &str, input: &Value| {
        let error = ask(&world(), operation, input).unwrap_err();
        format!("{}: {}", error.code, error.message)
    };
    let statistics = |end: &str, period: i64, statistics: &Value| json!({ "Namespace": "AWS/Lambda", "MetricName": "Errors", "StartTime": "2025-12-15T00:00:00Z", "EndTime": end, "Period": period, "Statistics": statistics });
    let data = |query: Value| json!({ "MetricDataQueries": [query], "StartTime": "2025-12-15T00:00:00Z", "EndTime": "2025-12-16T00:00:00Z" });
    insta::assert_snapshot!([
        refusal("GetMetricStatistics", &statistics("2025-12-16T00:01:00Z", 60, &json!(["Sum"]))),
        refusal("GetMetricStatistics", &statistics("2025-12-15T00:00:00Z", 60, &json!(["Sum"]))),
        refusal("GetMetricStatistics", &statistics("2025-12-16T00:00:00Z", 61, &json!(["Sum"]))),
        refusal("GetMetricStatistics", &statistics("2025-12-16T00:00:00Z", 60, &json!([]))),
        refusal("GetMetricStatistics", &statistics("2025-12-16T00:00:00Z", 60, &json!(["p99"]))),
        refusal("GetMetricData", &data(json!({ "Id": "E1", "Expression": "1" }))),
        refusal("GetMetricData", &data(json!({ "Id": "e1", "Expression": "SEARCH('x', 'Sum', 60)" }))),
        refusal("GetMetricData", &data(json!({ "Id": "e1" }))),
        refusal("ListMetrics", &json!({ "NextToken": "x" })),
        refusal("DescribeAlarms", &json!({ "MaxRecords": 101 })),
    ].join("\n"), @r"
    InvalidParameterCombinationException: You have requested up to 1,441 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.
    InvalidParameterValueException: The parameter StartTime must be less than the parameter EndTime.
    InvalidParameterValueException: The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.
    InvalidParameterCombinationException: At least one of the parameters Statistics and ExtendedStatistics must be specified.
    InvalidParameterValueException: The value p99 for parameter Statistics is not supported.
    ValidationError: The value E1 for parameter MetricDataQueries.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.
    ValidationError: Error in expression 'e1' [SEARCH expressions are not played in this world: list the metrics with ListMetrics and name them]
    ValidationError: Exactly one of MetricStat and Expression must be specified for the query e1.
    InvalidNextToken: The next token is not valid.
    ValidationError: 1 validation error detected: Value '101' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and 100
    ");
}
