//! Questions to the binary, answered by the playbook over scenarios.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;
use support::{Ended, Marple};

const ACCOUNT: &str = "ecs-image-pull-failure";

/// Asks about a scenario's account.
fn ask(marple: &Marple, question: &str, more: &[&str]) -> Ended {
    let mut arguments = vec!["chat", "--scenario", ACCOUNT, "-m", question];
    arguments.extend(more);
    marple.run(&arguments)
}

/// The id of an investigation of a scenario.
fn investigated(marple: &Marple, scenario: &str) -> String {
    let report = marple.run(&["investigate", "--scenario", scenario, "--format", "json", "-q"]).json();
    report["id"].as_str().unwrap().to_owned()
}

fn verified(answer: &Value) -> usize {
    let citations = answer["citations"].as_array().unwrap();
    assert!(citations.iter().all(|citation| citation["verified"] == true), "{citations:#?}");
    citations.len()
}

#[test]
fn questions_that_map_onto_a_tool_are_answered_with_verified_citations() {
    for (question, said) in [
        ("is 4.19.0 of shipment-tracking in the registry?", "holds no image 4.19.0"),
        ("is 4.18.2 of shipment-tracking in the registry?", "shipment-tracking holds 4.18.2"),
        ("what changed since 09:00?", "RegisterTaskDefinition"),
        ("which alarms are firing?", "shipment-tracking-healthy-hosts"),
        ("is shipment-tracking running?", "1 of 2 task(s) run"),
        ("which version of shipment-tracking is deployed?", "shipment-tracking:4.19.0"),
        ("errors in the last 3 hours?", "2026-03-11T06:52:00Z and 2026-03-11T09:52:00Z"),
        ("shipment-tracking は動いていますか", "2 件中 1 件のタスクが実行中"),
    ] {
        let marple = Marple::new();
        let language = if question.is_ascii() { "en" } else { "ja" };
        let ended = ask(&marple, question, &["--format", "json", "--lang", language]);
        ended.assert(0, &["answer", "playbook"]);
        let answer = ended.json();
        let text = answer["answer"].as_str().unwrap();
        assert!(text.contains(said), "{question}: {text}");
        assert!(verified(&answer) > 0, "{question}");
    }
}

#[test]
fn a_name_that_nothing_bears_is_said_before_an_answer_about_something_else() {
    let marple = Marple::new();
    for question in [
        "is label-printer-9 running?",
        "errors of label-printer-9 in the last hour?",
        "did label-printer-9 change since 09:00?",
    ] {
        let answer = ask(&marple, question, &["-q"]);
        assert!(answer.out.starts_with("Nothing that was read is named label-printer-9"), "{question}: {}", answer.out);
    }
    let known = ask(&marple, "is shipment-tracking running?", &["-q"]);
    assert!(!known.out.contains("is named"), "{}", known.out);
}

#[test]
fn a_question_about_the_whole_account_is_not_narrowed_to_the_investigation() {
    let marple = Marple::new();
    let id = investigated(&marple, "lambda-timeout");
    let answer = marple.run(&["chat", &id, "-m", "what changed in the account since noon?", "-q"]);
    assert!(answer.out.contains("8 change(s)"), "{}", answer.out);
}

#[test]
fn what_the_playbook_cannot_answer_is_said_with_what_it_can() {
    let marple = Marple::new();
    let ended = ask(&marple, "sing a song", &["-q"]);
    ended.assert(0, &[]);
    assert!(ended.out.contains("No language model is in use") && ended.out.contains("what changed"), "{}", ended.out);
    let listed = marple.run(&["list"]).out;
    assert!(listed.contains("questions about the account") && listed.contains("sing a song"), "{listed}");
}

#[test]
fn a_conversation_goes_on_where_it_stood_and_the_report_shows_it() {
    let marple = Marple::new();
    let id = investigated(&marple, "lambda-type-error");
    let plain = marple.run(&["show", &id, "--format", "json"]).json();
    for (question, said) in [("why?", "event.body"), ("what did you rule out?", "Throttling"), ("show E1", "alarm:")] {
        let ended = marple.run(&["chat", &id, "-m", question, "-q"]);
        ended.assert(0, &[]);
        assert!(ended.out.contains(said), "{question}: {}", ended.out);
    }
    let report = marple.run(&["show", &id, "--format", "json"]).json();
    assert_eq!(report["questions"].as_array().unwrap().len(), 3);
    for part in ["root_cause", "mitigation", "turns", "tool_calls", "elapsed_ms", "status"] {
        assert_eq!(report[part], plain[part], "{part}");
    }
    assert!(marple.run(&["show", &id]).out.contains(&format!("marple chat {id}")));
}

#[test]
fn another_cause_is_a_second_version_in_every_rendering() {
    let marple = Marple::new();
    let id = investigated(&marple, "lambda-out-of-memory");
    let ended = marple.run(&["chat", &id, "-m", "That is not it, look for another cause.", "--format", "json", "-q"]);
    assert!(verified(&ended.json()) > 0);
    let report = marple.run(&["show", &id, "--format", "json"]).json();
    let versions = report["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1]["root_cause"]["title"], report["root_cause"]["title"]);
    let earlier = versions[0]["root_cause"]["title"].as_str().unwrap();
    assert!(versions[0]["mitigation"].is_object() && report["mitigation"].is_object());
    for format in ["markdown", "html"] {
        let shown = marple.run(&["show", &id, "--format", format]).out;
        assert!(shown.contains("Earlier versions of the root cause"), "{format}");
    }
    let words: String = earlier.chars().take(40).collect();
    assert!(marple.run(&["show", &id]).out.contains(&words));
}

#[test]
fn questions_may_come_through_a_pipe_and_share_one_record() {
    let marple = Marple::new();
    let mut command = marple.command(&["chat", "--scenario", ACCOUNT, "-q"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let questions = b"which alarms are firing?\nis shipment-tracking running?\n/exit\n";
    child.stdin.take().unwrap().write_all(questions).unwrap();
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && out.contains("are in ALARM") && out.contains("1 of 2 task(s) run"), "{out}");
    let listed = marple.run(&["list", "--format", "json"]).json();
    assert_eq!(listed[0]["questions"].as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["trigger"]["kind"], "account");
}

#[test]
fn what_cannot_be_asked_is_a_usage_error() {
    let marple = Marple::new();
    marple.run(&["chat", "--format", "json"]).assert(2, &["--format json is for one question"]);
    marple.run(&["chat", "--scenario", ACCOUNT, "-m", " "]).assert(2, &["the question is empty"]);
    marple.run(&["chat", "0123", "-m", "why?"]).assert(2, &["0123"]);
    let id = investigated(&marple, "lambda-type-error");
    marple.run(&["chat", &id, "--scenario", ACCOUNT, "-m", "why?"]).assert(2, &["cannot change that"]);
}
