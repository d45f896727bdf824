//! `marple eval` as a person and a build server use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use assert_cmd::Command;
use serde_json::Value;

const SCENARIO: &str = "lambda-type-error";

fn marple(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("marple").unwrap();
    command.env_remove("MARPLE_MODEL").args(["eval", "-q"]).args(arguments);
    command
}

fn output(arguments: &[&str], code: i32) -> String {
    let assert = marple(arguments).assert().code(code);
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn a_green_evaluation_exits_with_0_and_writes_json_alone_on_standard_output() {
    let text = output(&[SCENARIO, "--runs", "2", "--variants", "shift", "--format", "json"], 0);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((json["model"].as_str(), json["runs"].as_u64()), (Some("playbook"), Some(2)));
    let cases: Vec<(&str, u64)> = json["scenarios"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| (case["variant"].as_str().unwrap(), case["passed"].as_u64().unwrap()))
        .collect();
    assert_eq!(cases, [("base", 2), ("shift", 2)]);
    assert_eq!(json["summary"]["pass_at_1"], 1.0);
    assert_eq!(json["summary"]["variant_gap"], 0.0);
}

#[test]
fn a_failure_exits_with_1_and_a_result_that_got_worse_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before.json");
    let before = before.to_str().unwrap();
    output(&[SCENARIO, "--format", "json", "--output", before], 0);
    let worse = marple(&[SCENARIO, "--model", "baseline:no-fault", "--compare", before]).assert().code(1);
    let said = String::from_utf8(worse.get_output().stderr.clone()).unwrap();
    assert!(said.contains("worse: lambda-type-error 1/1 -> 0/1"), "{said}");
    let same = marple(&[SCENARIO, "--compare", before]).assert().code(0);
    let said = String::from_utf8(same.get_output().stderr.clone()).unwrap();
    assert!(said.contains("compared: 0 worse, 0 better, 1 the same, 0 new"), "{said}");
}

#[test]
fn what_does_not_exist_is_a_usage_error_that_names_what_does() {
    let variant = marple(&[SCENARIO, "--variants", "renamed"]).assert().code(2);
    assert!(String::from_utf8_lossy(&variant.get_output().stderr).contains("rename, shift, mute"));
    let baseline = marple(&[SCENARIO, "--model", "baseline:none"]).assert().code(2);
    assert!(String::from_utf8_lossy(&baseline.get_output().stderr).contains("baseline:no-fault"));
    marple(&["no-such-scenario"]).assert().code(5);
    marple(&[SCENARIO, "--compare", "no-such-file"]).assert().code(2);
}

#[test]
fn the_page_and_the_xml_are_written_where_they_are_asked_for() {
    let page = output(&[SCENARIO, "--format", "html"], 0);
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    let xml = output(&[SCENARIO, "--format", "junit"], 0);
    assert!(xml.contains("<testsuite name=\"base\" tests=\"1\" failures=\"0\" errors=\"0\""));
}
