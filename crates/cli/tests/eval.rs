//! `marple eval` as a person and a build server use it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use support::{Ended, Marple};

const SCENARIO: &str = "lambda-type-error";

fn eval(arguments: &[&str]) -> Ended {
    Marple::new().run(&[&["eval", "-q"], arguments].concat())
}

#[test]
fn a_green_evaluation_exits_with_0_and_writes_json_alone_on_standard_output() {
    let ended = eval(&[SCENARIO, "--runs", "2", "--variants", "shift", "--format", "json"]);
    ended.assert(0, &[]);
    let json = ended.json();
    assert_eq!((json["model"].as_str(), json["runs"].as_u64()), (Some("playbook"), Some(2)));
    let case = |case: &Value| (case["variant"].as_str().unwrap().to_owned(), case["passed"].as_u64().unwrap());
    let cases: Vec<(String, u64)> = json["scenarios"].as_array().unwrap().iter().map(case).collect();
    assert_eq!(cases, [("base".to_owned(), 2), ("shift".to_owned(), 2)]);
    assert_eq!(json["summary"]["pass_at_1"], 1.0);
    assert_eq!(json["summary"]["variant_gap"], 0.0);
}

#[test]
fn a_failure_exits_with_1_and_a_result_that_got_worse_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before.json");
    let before = before.to_str().unwrap();
    eval(&[SCENARIO, "--format", "json", "--output", before]).assert(0, &[]);
    let worse = eval(&[SCENARIO, "--model", "baseline:no-fault", "--compare", before]);
    worse.assert(1, &["worse: lambda-type-error 1/1 -> 0/1"]);
    let same = eval(&[SCENARIO, "--compare", before]);
    same.assert(0, &["compared: 0 worse, 0 better, 1 the same, 0 new"]);
}

#[test]
fn what_does_not_exist_is_an_error_that_names_what_does() {
    eval(&[SCENARIO, "--variants", "renamed"]).assert(2, &["rename, shift, mute"]);
    eval(&[SCENARIO, "--model", "baseline:none"]).assert(2, &["baseline:no-fault"]);
    eval(&[SCENARIO, "--compare", "no-such-file"]).assert(2, &["no-such-file"]);
    eval(&["no-such-scenario"]).assert(5, &["no-such-scenario"]);
}

#[test]
fn the_page_and_the_xml_are_written_whole() {
    let page = eval(&[SCENARIO, "--format", "html"]);
    assert!(page.out.starts_with("<!doctype html>") && page.out.trim_end().ends_with("</html>"));
    let xml = eval(&[SCENARIO, "--format", "junit"]);
    assert!(xml.out.contains("<testsuite name=\"base\" tests=\"1\" failures=\"0\" errors=\"0\""), "{}", xml.out);
}
