#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use insta::assert_snapshot;

use super::{Scenario, ScenarioError, Trigger, Verdict};
use crate::Files;

const MINIMAL: &str = r#"title = "A test"
now = "2025-12-16T06:10:00Z"
region = "us-east-1"
account = "111122223333"
[trigger]
question = "Why?"
[truth]
verdict = "no_fault"
"#;

fn load(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::load(Files::from_iter([("scenario.toml", text.to_owned())]))
}

fn error(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn what_is_optional_may_be_left_out() {
    let scenario = load(MINIMAL).unwrap();
    assert_eq!(scenario.trigger, Trigger::Question("Why?".to_owned()));
    assert_eq!(scenario.truth.verdict, Verdict::NoFault);
    assert_eq!(scenario.truth.onset_tolerance_s, 60);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_keys_that_exist() {
    assert_snapshot!(error(&format!("{MINIMAL}onsett = 1\n")), @"scenario.toml:9: unknown field `onsett`, expected one of `verdict`, `categories`, `components`, `location`, `mechanism`, `onset`, `onsets`, `onset_tolerance_s`, `must_not`, `plan`");
}

#[test]
fn a_name_that_is_not_of_a_closed_list_is_an_error() {
    let text = MINIMAL.replace("no_fault", "maybe");
    assert_snapshot!(error(&text), @"scenario.toml:8: unknown variant `maybe`, expected one of `fault`, `no_fault`, `insufficient_evidence`");
}

#[test]
fn a_trigger_is_exactly_one_thing() {
    let text = MINIMAL.replace("question = \"Why?\"", "question = \"Why?\"\nalarm = \"a\"");
    assert_snapshot!(error(&text), @"scenario.toml:5: [trigger] has an alarm and a question: give one of them");
    let text = MINIMAL.replace("question = \"Why?\"", "");
    assert_snapshot!(error(&text), @"scenario.toml:5: [trigger] needs an alarm or a question");
}

#[test]
fn throttling_every_zeroth_call_and_short_accounts_are_refused() {
    let wire = "[wire]\nthrottle = { operations = [\"*\"], every = 0 }\n[truth]";
    assert!(matches!(load(&MINIMAL.replace("[truth]", wire)), Err(ScenarioError::Malformed { line: 8, .. })));
    assert_snapshot!(error(&MINIMAL.replace("111122223333", "1")), @r#"scenario.toml: account = "1": an AWS account has twelve digits"#);
}

#[test]
fn a_folder_without_scenario_toml_is_no_scenario() {
    assert_snapshot!(Scenario::load(Files::default()).unwrap_err().to_string(), @"scenario.toml is missing");
}
