//! Bad input, and what it gets: what failed, why, what to do, the documented exit code, and nothing half-written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use aws_smithy_cbor::Encoder;
use support::{Marple, Served, answering, copy_scenario, credentials, finish};

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

#[test]
fn nothing_to_investigate_is_a_usage_error_with_a_way_on() {
    let marple = Marple::new();
    let mut command = marple.command(&["investigate"]);
    credentials(&mut command).env("AWS_REGION", "us-east-1");
    finish(command).assert(2, &["nothing to investigate", "--alarm NAME"]);
    marple.run(&["investigate", "--alarm", "a", "--latest"]).assert(2, &["cannot be used with"]);
    marple.run(&["investigate", "--max-time", "0s", "x"]).assert(2, &["no time at all"]);
}

#[test]
fn an_unknown_scenario_is_answered_with_the_nearest_names() {
    let marple = Marple::new();
    marple
        .run(&["investigate", "--scenario", "lambda-typ-error"])
        .assert(5, &["lambda-typ-error", "did you mean", "lambda-type-error"]);
    marple.assert_empty_journal();
}

#[test]
fn a_malformed_scenario_is_named_with_file_and_line() {
    let marple = Marple::new();
    let folder = marple.home.path().join("mine");
    copy_scenario("lambda-type-error", &folder);
    let file = folder.join("scenario.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let line = text.lines().position(|line| line.starts_with("region")).unwrap() + 1;
    std::fs::write(&file, text.replacen("region", "regoin", 1)).unwrap();
    let named = folder.to_str().unwrap();
    marple.run(&["investigate", "--scenario", named]).assert(5, &[&format!("scenario.toml:{line}"), "regoin"]);
    std::fs::write(&file, text).unwrap();
    std::fs::write(folder.join("world/cloudwatch/alarms.json"), "{\"MetricAlarms\": [\n  {\"AlarmName\": }\n]}")
        .unwrap();
    let checked = marple.run(&["world", "check", named]);
    checked.assert(5, &["mine cannot be played", "alarms.json:2"]);
    let evaluated = marple.run(&["eval", named]);
    evaluated.assert(5, &["mine cannot be played", "alarms.json:2"]);
    assert_eq!(checked.err, evaluated.err, "one message for the scenario's author");
    marple.assert_empty_journal();
}

#[test]
fn an_unknown_alarm_is_answered_with_the_nearest_names_and_writes_nothing() {
    let marple = Marple::new();
    let served = Served::new(&marple, "lambda-timeout");
    let alarm = "lambda-report-generator-service-error";
    // The name is a unique beginning of another: that one is meant. A wrong one is not.
    let wrong = alarm.replace("generator", "genertor");
    marple
        .run_at(&served.endpoint, &["investigate", "--alarm", &wrong])
        .assert(2, &["there is no alarm named", "did you mean", "lambda-report-generator-service-errors"]);
    marple.assert_empty_journal();
}

#[test]
fn an_ambiguous_alarm_is_answered_with_the_choices() {
    let marple = Marple::new();
    let served = Served::new(&marple, "lambda-timeout");
    marple
        .run_at(&served.endpoint, &["investigate", "--alarm", "lambda-"])
        .assert(2, &["more than one alarm", "name one of"]);
    marple.assert_empty_journal();
}

#[test]
fn without_credentials_it_says_how_to_get_some() {
    let marple = Marple::new();
    let ended = marple.run(&["investigate", "--alarm", "a", "--region", "us-east-1"]);
    ended.assert(3, &["credentials", "aws sso login"]);
    marple.assert_empty_journal();
}

#[test]
fn without_a_region_it_says_how_to_give_one() {
    let marple = Marple::new();
    let mut command = marple.command(&["investigate", "--alarm", "a"]);
    credentials(&mut command);
    finish(command).assert(2, &["no AWS region", "--region"]);
    marple.assert_empty_journal();
}

#[test]
fn expired_credentials_are_said_to_be_expired() {
    let mut body = Encoder::new(Vec::new());
    body.begin_map().str("__type").str("ExpiredTokenException");
    body.str("message").str("The security token included in the request is expired").end();
    let headers = "smithy-protocol: rpc-v2-cbor\r\ncontent-type: application/cbor\r\n";
    let address = answering("400 Bad Request", headers, body.into_writer());
    let marple = Marple::new();
    let ended = marple.run_at(&format!("http://{address}"), &["investigate", "--alarm", "a"]);
    ended.assert(3, &["expired", "aws sso login"]);
    marple.assert_empty_journal();
}

fn with_bedrock_that_says(kind: &'static str, message: &str, status: &'static str) -> support::Ended {
    let body = format!("{{\"message\":\"{message}\"}}").into_bytes();
    let headers: &'static str =
        Box::leak(format!("x-amzn-errortype: {kind}\r\ncontent-type: application/json\r\n").into_boxed_str());
    let address = answering(status, headers, body);
    let marple = Marple::new();
    let mut command = marple.command(&["investigate", "--scenario", "lambda-timeout", "--model", MODEL]);
    credentials(&mut command).env("AWS_REGION", "us-east-1");
    command.env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", format!("http://{address}"));
    let ended = finish(command);
    let shown = marple.run(&["show", "--format", "json"]).json();
    assert_eq!(shown["status"], "partial", "what was collected is kept and can be shown");
    assert!(shown["evidence"].as_array().unwrap().len() > 5);
    ended
}

#[test]
fn no_access_to_the_model_is_said_with_the_permission_that_is_missing() {
    let ended = with_bedrock_that_says("AccessDeniedException", "You don't have access to the model.", "403 Forbidden");
    ended.assert(3, &["You don't have access to the model", "bedrock:InvokeModelWithResponseStream"]);
}

#[test]
fn a_model_that_does_not_exist_is_a_matter_of_configuration() {
    let ended =
        with_bedrock_that_says("ValidationException", "The provided model identifier is invalid.", "400 Bad Request");
    ended.assert(5, &["model identifier is invalid", "inference profile"]);
}

#[test]
fn an_event_that_cannot_be_read_or_used_is_named() {
    let marple = Marple::new();
    marple.run(&["investigate", "--event", "none.json"]).assert(2, &["none.json", "No such file"]);
    std::fs::write(marple.home.path().join("event.json"), "{\"detail\": {}}").unwrap();
    marple.run(&["investigate", "--event", "event.json"]).assert(2, &["event.json", "holds no alarm"]);
    std::fs::write(marple.home.path().join("event.json"), "alarm!").unwrap();
    marple.run(&["investigate", "--event", "event.json"]).assert(2, &["event.json", "no JSON"]);
    marple.assert_empty_journal();
}

#[test]
fn an_alarm_that_is_ok_again_is_investigated_all_the_same_and_said() {
    let marple = Marple::new();
    let ended = marple.run(&["investigate", "--scenario", "lambda-type-error"]);
    ended.assert(0, &[]);
    assert!(ended.out.contains("the alarm is in state OK"), "{}", ended.out);
}

#[test]
fn prompts_that_cannot_be_used_are_named_with_their_line() {
    let marple = Marple::new();
    let folder = marple.home.path().join("prompts");
    std::fs::create_dir(&folder).unwrap();
    let arguments = ["investigate", "--scenario", "lambda-timeout", "--prompts", "prompts"];
    marple.run(&arguments).assert(5, &["holds none of the prompts"]);
    std::fs::write(folder.join("system.md.j2"), "one\n{{ nothing_like_that }}").unwrap();
    marple.run(&arguments).assert(5, &["system.md.j2", "nothing_like_that"]);
    marple.assert_empty_journal();
}

#[test]
fn an_unknown_investigation_is_answered_with_what_there_is() {
    let marple = Marple::new();
    marple.run(&["show"]).assert(2, &["no investigation yet", "marple investigate"]);
    marple.run(&["show", "abc"]).assert(2, &["abc", "marple list"]);
    marple.run(&["resume", "abc"]).assert(2, &["abc"]);
}

#[test]
fn a_language_is_named_by_a_tag() {
    let marple = Marple::new();
    for tag in ["not a language", "e", "12345", "xx_yy", ""] {
        marple.run(&["investigate", "--scenario", "lambda-timeout", "--lang", tag]).assert(2, &["--lang", "pt-BR"]);
    }
    marple.assert_empty_journal();
}

#[test]
fn a_report_that_cannot_be_written_is_kept_in_the_journal() {
    let marple = Marple::new();
    let ended = marple.run(&["investigate", "--scenario", "lambda-timeout", "--output", "no/such/folder/report.md"]);
    ended.assert(2, &["cannot be written", "marple show"]);
    assert_eq!(marple.run(&["show"]).code, Some(0));
}
