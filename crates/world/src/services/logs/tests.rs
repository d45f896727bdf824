#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::{Value, json};

use super::SERVICE;
use crate::World;
use crate::services::{ApiError, Met, call};
use crate::traffic::tests::world;

fn ask(world: &World, operation: &str, input: &Value) -> Result<Value, ApiError> {
    call(world, &SERVICE, operation, input, Met::NOTHING)
}

fn refusal(operation: &str, input: &Value) -> String {
    let error = ask(&world(), operation, input).unwrap_err();
    format!("{}: {}", error.code, error.message)
}

#[test]
fn errors_are_those_of_aws() {
    let group = "/bookshop/web";
    insta::assert_snapshot!([
        refusal("FilterLogEvents", &json!({ "logGroupName": "nope" })),
        refusal("FilterLogEvents", &json!({ "logGroupName": group, "filterPattern": "a:b" })),
        refusal("FilterLogEvents", &json!({ "logGroupName": group, "limit": 0 })),
        refusal("FilterLogEvents", &json!({ "logGroupName": group, "nextToken": "x" })),
        refusal("FilterLogEvents", &json!({ "logGroupName": group, "logStreamNames": ["nope"] })),
        refusal("GetLogEvents", &json!({ "logGroupName": group, "logStreamName": "nope" })),
        refusal("DescribeLogStreams", &json!({ "logGroupName": group, "orderBy": "LastEventTime", "logStreamNamePrefix": "w" })),
        refusal("StartQuery", &json!({ "logGroupName": group, "startTime": 1_765_800_000, "endTime": 1_765_900_000, "queryString": "fields @message | nope" })),
        refusal("StartQuery", &json!({ "logGroupName": group, "startTime": 0, "endTime": 110, "queryString": "fields @message" })),
        refusal("GetQueryResults", &json!({ "queryId": "nope" })),
    ].join("\n"), @r"
    ResourceNotFoundException: The specified log group does not exist.
    InvalidParameterException: Invalid character(s) in term ':'
    InvalidParameterException: 1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1
    InvalidParameterException: The specified nextToken is invalid.
    ResourceNotFoundException: The specified log stream does not exist.
    ResourceNotFoundException: The specified log stream does not exist.
    InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.
    MalformedQueryException: unexpected symbol found nope at line 1 and position 18
    MalformedQueryException: Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings ([0,110])
    ResourceNotFoundException: The specified query does not exist.
    ");
}

#[test]
fn a_token_of_one_search_is_invalid_in_another() {
    let world = world();
    let input = |pattern: &str| json!({ "logGroupName": "/bookshop/web", "filterPattern": pattern, "limit": 1 });
    let page = ask(&world, "FilterLogEvents", &input("level")).unwrap();
    let mut other = input("status");
    other["nextToken"] = page["nextToken"].clone();
    assert_eq!(ask(&world, "FilterLogEvents", &other).unwrap_err().message, "The specified nextToken is invalid.");
    let mut same = input("level");
    same["nextToken"] = page["nextToken"].clone();
    let second = ask(&world, "FilterLogEvents", &same).unwrap();
    assert_ne!(second["events"][0]["eventId"], page["events"][0]["eventId"]);
}

#[test]
fn end_times_are_inclusive_in_filter_and_exclusive_in_get() {
    let world = world();
    let last = 1_765_864_502_000_i64; // 05:55:02, the last event of the stream
    let filtered = ask(
        &world,
        "FilterLogEvents",
        &json!({ "logGroupName": "/bookshop/web", "logStreamNamePrefix": "acc", "endTime": last }),
    )
    .unwrap();
    assert_eq!(filtered["events"].as_array().unwrap().len(), 3);
    let read = ask(
        &world,
        "GetLogEvents",
        &json!({ "logGroupName": "/bookshop/web", "logStreamName": "access", "endTime": last }),
    )
    .unwrap();
    assert_eq!(read["events"].as_array().unwrap().len(), 2);
}

#[test]
fn groups_are_described_with_what_is_stated_and_what_is_computed() {
    let described = ask(&world(), "DescribeLogGroups", &json!({ "logGroupNamePrefix": "/bookshop/w" })).unwrap();
    insta::assert_snapshot!(described.to_string(), @r#"{"logGroups":[{"logGroupName":"/bookshop/web","creationTime":1761984000000,"retentionInDays":7,"metricFilterCount":0,"arn":"arn:aws:logs:us-east-1:111122223333:log-group:/bookshop/web:*","storedBytes":2195,"logGroupClass":"STANDARD","logGroupArn":"arn:aws:logs:us-east-1:111122223333:log-group:/bookshop/web"}]}"#);
}
