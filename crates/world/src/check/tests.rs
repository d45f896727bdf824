#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value;

use super::{layout, shape};
use crate::services::tests::{files, with, world};
use crate::{Files, World};

fn told(world: &World) -> String {
    let errors = world.check().err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn with_files(more: &[(&str, &str)]) -> World {
    let mut files = files();
    for (path, content) in more {
        files.insert(*path, (*content).to_owned());
    }
    world(files)
}

fn scenario(old: &str, new: &str) -> World {
    let text = String::from_utf8(files().get("scenario.toml").unwrap().to_vec()).unwrap();
    assert!(text.contains(old), "{text}");
    with("scenario.toml", &text.replace(old, new))
}

#[test]
fn a_whole_world_has_no_fault_and_notes_may_lie_anywhere() {
    assert_eq!(told(&with_files(&[("README.md", "what this is"), ("world/ecs/notes.md", "why")])), "");
}

#[test]
fn a_file_that_nobody_reads_is_told_with_the_one_that_was_meant() {
    let world = with_files(&[
        ("world/lambda/function.json", "{}"),
        ("world/alarms.json", "{}"),
        ("world/lambda/functions/orders-api/tag.json", "{}"),
        ("world/logs/app.log", "text"),
        ("world/s3/buckets.json", "{}"),
    ]);
    assert_snapshot!(told(&world), @r#"
    world/alarms.json: nobody reads a file of this name; did you mean world/cloudwatch/alarms.json?
    world/lambda/function.json: nobody reads a file of this name; did you mean world/lambda/functions.json?
    world/lambda/functions/orders-api/tag.json: nobody reads a file of this name; did you mean world/lambda/functions/orders-api/tags.json?
    world/logs/app.log: nobody reads a file of this name; docs/worlds.md lists the files of a world
    world/s3/buckets.json: nobody reads a file of this name; docs/worlds.md lists the files of a world
    "#);
}

#[test]
fn a_folder_of_a_function_or_a_stack_that_is_not_listed_is_told() {
    let world = with_files(&[
        ("world/lambda/functions/order-api/code/index.js", "//"),
        ("world/cloudformation/stacks/nobody/template.yaml", "{}"),
    ]);
    assert_snapshot!(told(&world), @r#"
    world/lambda/functions/order-api/: Functions of world/lambda/functions.json has no order-api; did you mean orders-api?
    world/cloudformation/stacks/nobody/: Stacks of world/cloudformation/stacks.json has no nobody
    "#);
}

#[test]
fn wrong_types_and_unknown_members_are_told_with_their_place() {
    let functions = r#"{"Functions": [{"FunctionName": "orders-api", "MemorySize": "256", "Handlr": "index.handler",
        "Timeout": 2.5, "Environment": {"Variables": {"A": 1}}, "PackageType": "Tar"}]}"#;
    assert_snapshot!(told(&with("world/lambda/functions.json", functions)), @r#"
    world/lambda/functions.json: Functions[0].MemorySize: the text "256" where a whole number is wanted
    world/lambda/functions.json: Functions[0].Handlr: AWS has no such member; did you mean Handler?
    world/lambda/functions.json: Functions[0].Timeout: the number 2.5 where a whole number is wanted
    world/lambda/functions.json: Functions[0].Environment.Variables.A: the number 1 where a text is wanted
    world/lambda/functions.json: Functions[0].PackageType: the text "Tar" is none of "Zip", "Image"
    "#);
}

#[test]
fn a_trigger_that_names_no_alarm_is_told_with_the_nearest() {
    assert_snapshot!(told(&scenario("alarm = \"orders-api-errors", "alarm = \"orders-api-eror")), @r#"scenario.toml: trigger.alarm: "orders-api-eror" is no alarm of this world; did you mean orders-api-errors?"#);
    let mut none = Files::default();
    none.insert("scenario.toml", files().get("scenario.toml").unwrap().clone());
    assert_snapshot!(told(&world(none)), @r#"scenario.toml: trigger.alarm: "orders-api-errors" is no alarm of this world; world/cloudwatch/alarms.json has none at all"#);
}

#[test]
fn a_region_and_an_account_that_are_not_those_of_the_arns_are_told_once_a_file() {
    let elsewhere = told(&scenario("us-east-1", "eu-west-1"));
    assert!(
        elsewhere.lines().all(|line| line.contains("is in us-east-1, and the scenario in eu-west-1")),
        "{elsewhere}"
    );
    let files: BTreeSet<&str> = elsewhere.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(files.len(), elsewhere.lines().count(), "{elsewhere}");
    assert!(told(&scenario("111122223333", "444455556666")).contains("is of account 111122223333"));
}

#[test]
fn a_fault_of_a_file_that_several_services_read_is_told_once() {
    let broken = with("world/traffic.toml", "[[function]]\nname = \"orders-api\"\nper_hour = \"many\"\n");
    assert_snapshot!(told(&broken), @r#"world/traffic.toml:3: invalid type: string "many", expected a number, or 24 numbers for the hours of the day"#);
}

#[test]
fn an_error_names_one_line() {
    assert_snapshot!(told(&with("world/rds/events.json", "{\n  \"Events\": [\n    {,}\n  ]\n}")), @"world/rds/events.json:3: key must be a string");
    let line = "{\"logGroup\": \"a\", \"logStream\": \"b\", \"timestamp\": \"yesterday\", \"message\": \"m\"}\n";
    assert_snapshot!(told(&with("world/logs/one.jsonl", line)), @r#"world/logs/one.jsonl:1: invalid value: string "yesterday", expected a time as in "2025-12-16T05:45:37.102Z", or epoch milliseconds"#);
}

#[test]
fn every_json_file_of_the_format_has_a_schema_that_is_understood() {
    let understood = [
        "$comment",
        "$defs",
        "$ref",
        "$schema",
        "additionalProperties",
        "anyOf",
        "const",
        "default",
        "description",
        "else",
        "enum",
        "examples",
        "exclusiveMinimum",
        "format",
        "if",
        "items",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "oneOf",
        "pattern",
        "patternProperties",
        "properties",
        "required",
        "then",
        "title",
        "type",
    ];
    for name in layout::KNOWN.iter().filter_map(|known| known.schema) {
        let schema = shape::schema(name).unwrap_or_else(|| panic!("{name} has no schema"));
        let mut said = BTreeSet::new();
        keywords(schema.root(), &mut said);
        let unknown: Vec<&str> = said.iter().map(String::as_str).filter(|word| !understood.contains(word)).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
    }
}

fn keywords(schema: &Value, said: &mut BTreeSet<String>) {
    let Some(members) = schema.as_object() else { return };
    for (word, value) in members {
        said.insert(word.clone());
        match (word.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(inner)) => {
                inner.values().for_each(|schema| keywords(schema, said));
            }
            ("anyOf" | "oneOf", Value::Array(inner)) => inner.iter().for_each(|schema| keywords(schema, said)),
            ("examples" | "default" | "const" | "enum", _) => {}
            (_, inner) => keywords(inner, said),
        }
    }
}
