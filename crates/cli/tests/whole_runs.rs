//! Whole runs of the binary: a scenario in the process, the same world as an account over HTTP, and a run that is stopped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::time::Duration;

use serde_json::Value;
use support::{Marple, Served, copy_scenario};

const SCENARIOS: [&str; 4] = ["lambda-type-error", "lambda-out-of-memory", "lambda-dependency-dns", "lambda-timeout"];

/// What has to be equal between two runs of the same investigation.
fn essence(report: &Value) -> Value {
    let mut essence = serde_json::json!({
        "verdict": report["verdict"], "confidence": report["confidence"], "turns": report["turns"],
        "cause": report["root_cause"], "mitigation": report["mitigation"],
    });
    // When it was written is no part of what it says.
    for part in ["cause", "mitigation"] {
        essence[part].as_object_mut().unwrap().remove("at");
    }
    essence
}

#[test]
fn every_citation_of_every_lambda_scenario_is_verified() {
    for scenario in SCENARIOS {
        let marple = Marple::new();
        let ended = marple.run(&["investigate", "--scenario", scenario, "--format", "json", "--quiet"]);
        ended.assert(0, &[]);
        let report = ended.json();
        assert_eq!(report["verdict"], "fault", "{scenario}");
        let cause = &report["root_cause"];
        let statements = ["chain", "ruled_out"].into_iter().flat_map(|part| cause[part].as_array().unwrap());
        let citations: Vec<&Value> =
            statements.flat_map(|statement| statement["citations"].as_array().unwrap()).collect();
        assert!(citations.len() > 5, "{scenario}");
        assert!(citations.iter().all(|citation| citation["verified"] == true), "{scenario}: {citations:#?}");
    }
}

#[test]
fn a_stored_investigation_is_shown_again_as_it_was() {
    let marple = Marple::new();
    let live = marple.run(&["investigate", "--scenario", "lambda-timeout", "--format", "markdown"]);
    live.assert(0, &["turn 1", "complete"]);
    assert_eq!(marple.run(&["show", "--format", "markdown"]).out, live.out);
    let timeline = marple.run(&["show", "--timeline"]);
    assert_eq!(timeline.out.trim(), live.err.trim(), "the live time line and the stored one are the same");
    let evidence = marple.run(&["show", "--evidence", "E1"]);
    assert!(evidence.out.starts_with("aws cloudwatch describe-alarms"), "{}", evidence.out);
}

#[test]
fn an_account_over_http_gives_the_same_report_as_the_scenario_in_the_process() {
    let marple = Marple::new();
    let inside = marple.run(&["investigate", "--scenario", "lambda-dependency-dns", "--format", "json", "-q"]).json();
    let served = Served::new(&marple, "lambda-dependency-dns");
    let alarm = "lambda-notification-service-errors";
    let outside = marple
        .run_at(
            &served.endpoint,
            &["investigate", "--alarm", alarm, "--as-of", "2025-12-17T05:43:00Z", "--format", "json", "-q"],
        )
        .json();
    assert_eq!(essence(&outside), essence(&inside));
    assert_eq!(outside["scenario"], Value::Null);
}

#[test]
fn the_same_scenario_gives_the_same_report_every_time() {
    let run =
        || Marple::new().run(&["investigate", "--scenario", "lambda-out-of-memory", "--format", "json", "-q"]).json();
    assert_eq!(essence(&run()), essence(&run()));
}

#[test]
fn a_notification_in_a_file_starts_an_investigation() {
    let marple = Marple::new();
    let served = Served::new(&marple, "lambda-timeout");
    let event = r#"{"source":"aws.cloudwatch","resources":["arn:aws:cloudwatch:us-east-1:111122223333:alarm:lambda-report-generator-service-errors"],"detail":{"alarmName":"lambda-report-generator-service-errors"}}"#;
    std::fs::write(marple.home.path().join("event.json"), event).unwrap();
    let report = marple
        .run_at(
            &served.endpoint,
            &["investigate", "--event", "event.json", "--as-of", "2025-12-17T14:20:00Z", "--format", "json", "-q"],
        )
        .json();
    assert_eq!(report["root_cause"]["category"], "timeout");
}

#[cfg(unix)]
#[test]
fn stopped_by_ctrl_c_the_journal_is_complete_up_to_there_and_the_run_can_be_taken_up_again() {
    let marple = Marple::new();
    let folder = marple.home.path().join("slow");
    copy_scenario("lambda-timeout", &folder);
    let file = folder.join("scenario.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let slow = text.replacen("[truth]", "[wire]\nlatency_ms = 1500\n\n[truth]", 1);
    std::fs::write(&file, &slow).unwrap();
    let named = folder.to_str().unwrap();
    let mut command = marple.command(&["investigate", "--scenario", named, "--format", "json"]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(5));
    marple.run(&["resume"]).assert(2, &["another process is working on", "marple show"]);
    interrupt(child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let stopped: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stopped["status"], "interrupted");
    let shown = marple.run(&["show", "--format", "json"]).json();
    assert_eq!(shown["evidence"], stopped["evidence"]);
    std::fs::write(&file, &text).unwrap();
    // The scenario was named by its folder, and a resumed run looks for it by the same name.
    let resumed = marple.run(&["resume", "--format", "json", "-q"]);
    resumed.assert(0, &[]);
    assert_eq!(resumed.json()["root_cause"]["category"], "timeout");
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the test sends the signal that a terminal would send")]
fn interrupt(process: u32) {
    let sent = std::process::Command::new("kill").args(["-INT", &process.to_string()]).status().unwrap();
    assert!(sent.success());
}
