#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{ApiError, ErrorKind, SERVICES, call, faults};
use crate::{Files, Scenario, World};

pub(crate) fn files() -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bookshop")).unwrap()
}

pub(crate) fn world(files: Files) -> World {
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

pub(crate) fn ask(world: &World, service: &str, operation: &str, input: &Value) -> Result<Value, ApiError> {
    let service = SERVICES.iter().find(|known| known.name == service).unwrap();
    call(world, service, operation, input, faults::of_call(world, service, operation, input))
}

/// The fixture with another text in one of its files.
pub(crate) fn with(path: &str, text: &str) -> World {
    let mut files = files();
    files.insert(path.to_owned(), text.to_owned());
    world(files)
}

#[test]
fn a_broken_file_is_named_with_its_line_by_the_check_and_by_the_operations_that_need_it() {
    let world = with("world/rds/events.json", "{\n  \"Events\": [\n    {,}\n  ]\n}");
    let errors = world.check().unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().starts_with("world/rds/events.json:3: "), "{}", errors[0]);
    let error = ask(&world, "rds", "DescribeEvents", &json!({})).unwrap_err();
    assert!(error.code == "MalformedWorldException" && error.message.starts_with("world/rds/events.json:3: "));
    assert!(ask(&world, "rds", "DescribeDBClusters", &json!({})).is_ok());
}

#[test]
fn a_resource_without_its_name_a_time_that_is_none_and_a_secrets_value_are_errors() {
    let faults = [
        ("world/lambda/functions.json", r#"{"Functions": [{}]}"#, "Functions[0] has no FunctionName"),
        ("world/lambda/functions.json", r#"{"Function": []}"#, "there is no list Functions"),
        (
            "world/rds/db-clusters.json",
            r#"{"DBClusters": [{"DBClusterIdentifier": "a", "ClusterCreateTime": "then"}]}"#,
            "ClusterCreateTime = \"then\" is not a time",
        ),
        (
            "world/secretsmanager/secrets.json",
            r#"{"SecretList": [{"ARN": "a", "Name": "b", "SecretString": "c"}]}"#,
            "b has a value: a world holds none",
        ),
    ];
    for (path, text, what) in faults {
        assert_eq!(with(path, text).check().unwrap_err()[0].to_string(), format!("{path}: {what}"));
    }
}

#[test]
fn a_pattern_of_the_truth_that_is_no_regular_expression_is_found_by_the_check() {
    let text = String::from_utf8(files().get("scenario.toml").unwrap().to_vec()).unwrap();
    let world = with("scenario.toml", &text.replace("event\\\\.body", "("));
    assert!(world.check().unwrap_err()[0].to_string().starts_with("scenario.toml: regex parse error"));
}

#[test]
fn an_empty_account_has_nothing_and_every_list_says_so() {
    let mut empty = Files::default();
    empty.insert("scenario.toml", files().get("scenario.toml").unwrap().clone());
    let world = world(empty);
    assert_eq!(ask(&world, "lambda", "ListFunctions", &json!({})), Ok(json!({"Functions": []})));
    assert_eq!(ask(&world, "cloudtrail", "LookupEvents", &json!({})), Ok(json!({"Events": []})));
    assert_eq!(ask(&world, "rds", "DescribeEvents", &json!({})), Ok(json!({"Events": []})));
    assert_eq!(ask(&world, "cloudformation", "ListStacks", &json!({})), Ok(json!({"StackSummaries": []})));
}

#[test]
fn an_unknown_operation_is_an_error_and_never_an_empty_success() {
    let error = ask(&world(files()), "rds", "DescribeDBSnapshots", &json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::UnknownOperation);
}

#[test]
fn every_so_many_th_matching_call_is_throttled_whatever_else_is_called() {
    let text = String::from_utf8(files().get("scenario.toml").unwrap().to_vec()).unwrap();
    let wire = "[wire]\nthrottle = { operations = [\"Lambda:List*\"], every = 3 }\n[trigger]";
    let world = with("scenario.toml", &text.replace("[trigger]", wire));
    let throttled = |_| {
        assert!(ask(&world, "sts", "GetCallerIdentity", &json!({})).is_ok());
        ask(&world, "lambda", "ListFunctions", &json!({})).is_err_and(|error| error.kind == ErrorKind::Throttling)
    };
    assert_eq!((1..=6).map(throttled).collect::<Vec<_>>(), [false, false, true, false, false, true]);
}

#[test]
fn a_package_is_the_same_to_the_byte_in_every_world() {
    let hash = |world: World| {
        ask(&world, "lambda", "GetFunctionConfiguration", &json!({"FunctionName": "orders-api"})).unwrap()["CodeSha256"]
            .clone()
    };
    assert_eq!(hash(world(files())), hash(world(files())));
    let changed = with("world/lambda/functions/orders-api/code/index.js", "// other code");
    assert_ne!(hash(world(files())), hash(changed));
}
