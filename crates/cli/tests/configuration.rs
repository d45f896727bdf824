//! marple.toml, `--env`, `marple doctor` and `marple iam-policy`, as a person meets them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use support::{Ended, Marple, Served, answering, copy_scenario, credentials, finish};

const SCENARIO: &str = "lambda-type-error";

const FLEET: &str = r#"
language = "ja"
models = ["playbook"]
[budget]
turns = 7
[environments.production]
names = ["prod-*"]
region = "eu-west-1"
role = "arn:aws:iam::111122223333:role/marple-reader"
budget = { time = "90s" }
[environments.staging]
names = ["stage-*"]
region = "us-east-1"
account = "444455556666"
models = ["us.amazon.nova-pro-v1:0", "playbook"]
"#;

fn configured(text: &str) -> Marple {
    let marple = Marple::new();
    std::fs::write(marple.home.path().join("marple.toml"), text).unwrap();
    marple
}

/// Where the policy's functions are.
fn functions(ended: &Ended) -> String {
    let policy = ended.json();
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().find(|one| one["Sid"] == "ReadLambdaFunction").unwrap()["Resource"].as_str().unwrap().to_owned()
}

/// What the doctor says of one thing: its outcome and its detail.
fn check(checkup: &Value, name: &str) -> (String, String) {
    let checks = checkup["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {checkup:#}"));
    (check["outcome"].as_str().unwrap().to_owned(), check["detail"].as_str().unwrap().to_owned())
}

#[test]
fn a_wrong_file_ends_with_5_and_says_where_what_and_what_was_meant() {
    let marple = configured("[environments.production]\nreigon = \"eu-west-1\"\n");
    marple
        .run(&["iam-policy"])
        .assert(5, &["marple.toml:2:1: unknown key `reigon`, expected one of", "did you mean region?"]);
}

#[test]
fn the_command_line_counts_before_the_variable_before_the_environment_before_the_top() {
    let marple = configured(FLEET);
    assert_eq!(
        functions(&marple.run(&["iam-policy", "--env", "production"])),
        "arn:aws:lambda:eu-west-1:111122223333:function:*"
    );
    let elsewhere = marple.run(&["iam-policy", "--env", "production", "--region", "ap-northeast-1"]);
    assert_eq!(functions(&elsewhere), "arn:aws:lambda:ap-northeast-1:111122223333:function:*");
    let models = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = marple.command(&[&["iam-policy"], arguments].concat());
        command.envs(variables.iter().copied());
        let policy = finish(command).json();
        let statements = policy["Statement"].as_array().unwrap();
        let invoke = statements.iter().find(|one| one["Sid"] == "InvokeModels");
        invoke.map(|one| one["Resource"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
    };
    assert_eq!(models(&[("MARPLE_ENV", "production")], &[]), None);
    assert_eq!(models(&[("MARPLE_ENV", "staging")], &[]).as_deref(), Some("us.amazon.nova-pro-v1:0"));
    let both = [("MARPLE_ENV", "staging"), ("MARPLE_MODEL", "anthropic.claude-v2")];
    assert_eq!(models(&both, &[]).as_deref(), Some("anthropic.claude-v2"));
    assert_eq!(models(&both, &["--model", "amazon.nova-lite-v1:0"]).as_deref(), Some("amazon.nova-lite-v1:0"));
    let checkup = marple.run(&["doctor", "--scenario", SCENARIO, "--env", "production", "--format", "json"]).json();
    let counted = &checkup["configuration"];
    assert_eq!(
        (&counted["language"], &counted["budget"]["turns"], &counted["budget"]["time_ms"]),
        (&"ja".into(), &7.into(), &90_000.into())
    );
    assert_eq!(counted["budget"]["tool_calls"], 80);
}

#[test]
fn between_several_environments_a_program_is_told_the_choices_and_nothing_is_stored() {
    let marple = configured(FLEET);
    let choices = ["several environments: production, staging", "--env NAME"];
    marple.run(&["investigate", "--alarm", "orders-errors"]).assert(2, &choices);
    marple.run(&["investigate", "does prod-orders call stage-orders?"]).assert(2, &choices);
    marple
        .run(&["investigate", "--alarm", "orders-errors", "--env", "prodution"])
        .assert(2, &["did you mean production?"]);
    Marple::new().run(&["doctor", "--env", "production"]).assert(2, &["no marple.toml is found"]);
    marple.assert_empty_journal();
}

#[test]
fn a_resumed_investigation_reads_the_environment_that_it_was_opened_in() {
    let fleet = format!("environment = \"staging\"\n{}", FLEET.replace("role =", "# role ="));
    let marple = configured(&fleet);
    let served = Served::new(&marple, SCENARIO);
    let run = |arguments: &[&str]| {
        let mut command = marple.command(arguments);
        credentials(&mut command).env("AWS_ENDPOINT_URL", &served.endpoint);
        finish(command)
    };
    let opened = run(&["investigate", "why does it fail?", "--env", "production", "-q", "--format", "json"]);
    assert!(matches!(opened.code, Some(0 | 4)), "{}", opened.err);
    // The file forgets the environment: whoever resumes is told, and staging is not read in its place.
    let forgotten = fleet.replace("environments.production", "environments.prod");
    std::fs::write(marple.home.path().join("marple.toml"), forgotten).unwrap();
    run(&["resume"]).assert(2, &["has no environment \"production\"", "did you mean prod?"]);
}

#[test]
fn an_environment_s_role_is_assumed_before_the_account_is_read() {
    let marple = configured(FLEET);
    let served = Served::new(&marple, SCENARIO);
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: \
                  sts:AssumeRole on resource: arn:aws:iam::111122223333:role/marple-reader</Message></Error></ErrorResponse>";
    let session = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s\
                   </SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
                   </AssumeRoleResult></AssumeRoleResponse>";
    let investigate = |sts: std::net::SocketAddr| {
        let mut command = marple.command(&["investigate", "why does prod-orders fail?", "--format", "json", "-q"]);
        credentials(&mut command)
            .env("AWS_ENDPOINT_URL", &served.endpoint)
            .env("AWS_ENDPOINT_URL_STS", format!("http://{sts}"));
        finish(command)
    };
    let refused = investigate(answering("403 Forbidden", "content-type: text/xml\r\n", denied.into()));
    refused.assert(3, &["sts:AssumeRole on resource: arn:aws:iam::111122223333:role/marple-reader"]);
    let allowed = investigate(answering("200 OK", "content-type: text/xml\r\n", session.into()));
    assert!(!allowed.err.contains("AssumeRole") && allowed.code != Some(3), "{}", allowed.err);
}

#[test]
fn the_doctor_finds_nothing_wrong_with_a_world_that_denies_nothing() {
    let marple = Marple::new();
    let ended = marple.run(&["doctor", "--scenario", SCENARIO]);
    ended.assert(0, &[]);
    assert!(
        ended.out.contains("41 of 41 granted") && ended.out.contains("An investigation gets what it needs."),
        "{}",
        ended.out
    );
    let checkup = marple.run(&["doctor", "--scenario", SCENARIO, "--format", "json"]).json();
    assert_eq!((&checkup["healthy"], &checkup["missing_statements"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(check(&checkup, "model").1, "playbook: no language model");
}

#[test]
fn the_doctor_lists_what_is_denied_with_the_statements_that_grant_it_and_ends_with_3() {
    let marple = Marple::new();
    let folder = marple.home.path().join("denied");
    copy_scenario(SCENARIO, &folder);
    let file = folder.join("scenario.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replacen("[truth]", "[wire]\ndeny = [\"secretsmanager:*\", \"lambda:GetFunction\"]\n\n[truth]", 1),
    )
    .unwrap();
    let ended = marple.run(&["doctor", "--scenario", folder.to_str().unwrap(), "--format", "json"]);
    ended.assert(3, &[]);
    let checkup = ended.json();
    let denied = checkup["permissions"].as_array().unwrap().iter().filter(|one| one["access"] == "denied");
    let denied: Vec<&str> = denied.map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(denied, ["lambda:GetFunction", "secretsmanager:ListSecrets"]);
    let statements = checkup["missing_statements"].as_array().unwrap();
    assert_eq!(statements.len(), 2, "{checkup:#}");
    let shown = marple.run(&["doctor", "--scenario", folder.to_str().unwrap()]);
    shown.assert(3, &[]);
    assert!(shown.out.contains("read_function_code") && shown.out.contains("function:*"), "{}", shown.out);
}

#[test]
fn the_doctor_of_an_account_tells_the_caller_the_clock_and_a_model_that_is_denied() {
    let marple = configured(&FLEET.replace("444455556666", "999999999999"));
    let served = Served::new(&marple, SCENARIO);
    let body = br#"{"message":"You don't have access to the model with the specified model ID."}"#;
    let model = answering(
        "403 Forbidden",
        "x-amzn-errortype: AccessDeniedException\r\ncontent-type: application/json\r\n",
        body.to_vec(),
    );
    let mut command = marple.command(&["doctor", "--env", "staging", "--format", "json"]);
    credentials(&mut command)
        .env("AWS_ENDPOINT_URL", &served.endpoint)
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", format!("http://{model}"));
    let ended = finish(command);
    ended.assert(3, &[]);
    let checkup = ended.json();
    let (outcome, detail) = check(&checkup, "credentials");
    assert!(outcome == "failed" && detail.contains("marple.toml says 999999999999"), "{detail}");
    assert_eq!(check(&checkup, "clock"), ("ok".to_owned(), "as AWS's".to_owned()));
    let (outcome, detail) = check(&checkup, "model");
    assert!(outcome == "failed" && detail.contains("us.amazon.nova-pro-v1:0") && detail.contains("access"), "{detail}");
    let nobody = marple.run(&["doctor", "--env", "production", "--region", "eu-west-1"]);
    nobody.assert(3, &[]);
    assert!(nobody.out.contains("aws sso login"), "{}", nobody.out);
}
