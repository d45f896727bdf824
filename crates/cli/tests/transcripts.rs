//! A recorded run is played back as it was, and a changed world is noticed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use support::Marple;

/// What a replay has to repeat.
fn essence(mut report: Value) -> Value {
    let mut essence = serde_json::json!({ "usage": report["usage"], "turns": report["turns"] });
    for part in ["root_cause", "mitigation"] {
        // When it was written is no part of what it says.
        report[part].as_object_mut().unwrap().remove("at");
        essence[part] = report[part].take();
    }
    essence
}

#[test]
fn a_recorded_run_is_played_back_as_it_was_and_a_changed_world_is_noticed() {
    let marple = Marple::new();
    let run = |scenario: &str, more: &[&str]| {
        let arguments = ["investigate", "--scenario", scenario, "--format", "json", "--quiet"];
        marple.run(&[&arguments[..], more].concat())
    };
    let recorded = run("lambda-timeout", &["--record", "run.jsonl"]);
    recorded.assert(0, &[]);
    let played = run("lambda-timeout", &["--model", "replay:run.jsonl"]);
    played.assert(0, &[]);
    let (recorded, played) = (recorded.json(), played.json());
    assert_eq!(played["model"], "replay:playbook");
    assert_eq!(essence(played), essence(recorded));

    // A transcript may have cost money: it is never overwritten.
    run("lambda-timeout", &["--record", "run.jsonl"]).assert(2, &["run.jsonl cannot be written"]);
    let elsewhere = run("lambda-type-error", &["--model", "replay:run.jsonl"]);
    elsewhere.assert(5, &["replay of run.jsonl: turn 1 differs: E1 is of describe_alarms", "record it anew"]);
    run("lambda-timeout", &["--model", "replay:nowhere.jsonl"]).assert(2, &["nowhere.jsonl cannot be read"]);
    std::fs::write(marple.home.path().join("broken.jsonl"), "{}\n").unwrap();
    run("lambda-timeout", &["--model", "replay:broken.jsonl"]).assert(5, &["broken.jsonl:1: missing field `line`"]);
}

#[test]
fn an_evaluation_is_played_back_whole() {
    let marple = Marple::new();
    let eval = |more: &[&str]| {
        let arguments = ["eval", "lambda-timeout", "lambda-type-error", "--quiet"];
        marple.run(&[&arguments[..], more].concat())
    };
    eval(&["--record", "eval.jsonl"]).assert(0, &[]);
    eval(&["--model", "replay:eval.jsonl"]).assert(0, &[]);
}
