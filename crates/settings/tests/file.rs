//! What a file may say, and what is said of one that is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use marple_settings::{Choice, Settings, SettingsError, Subject, find};

const FLEET: &str = r#"
environment = "staging"
region = "us-east-1"
language = "ja"
models = ["us.anthropic.claude-sonnet-4-5-20250929-v1:0"]

[budget]
turns = 10
time = "5m"

[environments.production]
profile = "prod"
region = "eu-west-1"
role = "arn:aws:iam::111122223333:role/marple-reader"
external_id = "incident"
names = ["prod-*", "*-live"]
budget = { cost_usd = 2, turns = 6 }

[environments.staging]
account = "444455556666"
names = ["stage-*", "*-test"]
"#;

fn read(text: &str) -> Result<Settings, SettingsError> {
    Settings::parse(text, Path::new("marple.toml"))
}

fn wrong(text: &str) -> String {
    let error = read(text).expect_err(text);
    let near = if error.near().is_empty() { String::new() } else { format!(" (near: {})", error.near().join(", ")) };
    format!("{error}{near}")
}

fn one(name: &str) -> Choice {
    Choice::One(name.to_owned())
}

#[test]
fn an_environment_s_value_counts_before_the_top_s_key_by_key() {
    let fleet = read(FLEET).unwrap();
    let production = fleet.values(Some("production"));
    assert_eq!(production.region.as_deref(), Some("eu-west-1"));
    assert_eq!(production.language.as_deref(), Some("ja"));
    assert_eq!(production.role.as_ref().unwrap().external_id.as_deref(), Some("incident"));
    let budget = production.budget;
    assert_eq!(
        (budget.turns.unwrap().get(), budget.cost_usd.unwrap().0, budget.time.unwrap().0.as_secs()),
        (6, 2.0, 300)
    );
    assert_eq!(fleet.values(Some("staging")).region.as_deref(), Some("us-east-1"));
    assert_eq!(fleet.values(None).profile, None);
}

#[test]
fn a_model_s_own_options_count_before_those_of_all_and_an_environment_s_guardrail_is_its_own() {
    let more = r#"
model_table = "models.toml"
bedrock = { latency = "optimized" }
[bedrock_for."us.amazon.nova-pro-v1:0"]
max_output_tokens = 4000
[environments.staging.bedrock.guardrail]
id = "abc123"
version = "1"
"#;
    let fleet =
        FLEET.replace("\n[budget]", "\n#0\n[budget]").replace("#0", more.split_once("[environments").unwrap().0);
    let guarded = format!("{fleet}\n[environments{}", more.split_once("[environments").unwrap().1);
    let settings = Settings::parse(&guarded, Path::new("/etc/marple/marple.toml")).unwrap();
    let staging = settings.bedrock(Some("staging"));
    assert_eq!(staging.options("us.amazon.nova-pro-v1:0").max_output_tokens, Some(4000));
    assert_eq!(staging.options("other").guardrail.as_ref().unwrap().id, "abc123");
    assert_eq!(staging.options("other").latency, None);
    assert!(settings.bedrock(Some("production")).options("other").latency.is_some());
    assert_eq!(staging.table.unwrap(), Path::new("/etc/marple/models.toml"));
}

#[test]
fn a_subject_belongs_to_the_environment_that_its_account_its_name_or_its_words_say() {
    let fleet = read(FLEET).unwrap();
    let alarm = |name| fleet.choice(Subject::Alarm(name));
    assert_eq!(alarm("prod-orders-errors"), one("production"));
    assert_eq!(alarm("arn:aws:cloudwatch:eu-west-1:444455556666:alarm:prod-orders-errors"), one("staging"));
    assert_eq!(alarm("arn:aws:cloudwatch:eu-west-1:999999999999:alarm:prod-orders-errors"), one("production"));
    let question = |text| fleet.choice(Subject::Question(text));
    assert_eq!(question("why does orders-live fail?"), one("production"));
    assert_eq!(question("errors in Production: stage-orders?"), one("production"));
    assert_eq!(question("what changed since noon?"), one("staging"));
    let both = Choice::Several(vec!["production".to_owned(), "staging".to_owned()]);
    assert_eq!(question("does prod-orders call stage-orders?"), both);
    let undecided = read(&FLEET.replace("environment = \"staging\"", "")).unwrap();
    assert_eq!(undecided.choice(Subject::Unnamed), both);
    assert_eq!(read("").unwrap().choice(Subject::Unnamed), Choice::NoneDefined);
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
    let said: Vec<String> = [
        "region = \"eu-west-1\"\nprofil = \"x\"",
        "[environments.prod]\nnamse = [\"a\"]",
        "[budget]\nturn = 3",
        "[budget]\nturns = 0",
        "[budget]\n  time = \"soon\"",
        "[budget]\ncost_usd = -1",
        "region = \"frankfurt\"",
        "account = \"1234\"",
        "role = \"marple-reader\"",
        "language = \"日本語\"",
        "external_id = \"incident\"",
        "[bedrock]\ngaurdrail = 1",
        "models = []",
        "models = [\"a\", \"b\", \"a\"]",
        "environment = \"prod\"\n[environments.production]",
        "environment = \"prod\"",
        "[environments.prod]\nnames = [\"\"]",
        "environments = 3",
        "profile = ",
    ]
    .map(wrong)
    .to_vec();
    insta::assert_snapshot!(said.join("\n"), @r#"
    marple.toml:2:1: unknown key `profil`, expected one of `environment`, `profile`, `region`, `account`, `role`, `external_id`, `models`, `language`, `budget`, `bedrock`, `bedrock_for`, `model_table`, `redact`, `environments` (near: profile)
    marple.toml:2:1: unknown key `namse`, expected one of `names`, `profile`, `region`, `account`, `role`, `external_id`, `models`, `language`, `budget`, `bedrock` (near: names)
    marple.toml:2:1: unknown key `turn`, expected one of `turns`, `tool_calls`, `tokens`, `cost_usd`, `time` (near: turns)
    marple.toml:2:9: invalid value: integer `0`, expected a whole number above 0
    marple.toml:2:10: "soon" is no time; write "90s", "5m" or "1h"
    marple.toml:2:12: write a sum above 0 in US dollars, such as 0.50
    marple.toml:1:10: "frankfurt" is not allowed here; write a region such as "eu-west-1"
    marple.toml:1:11: "1234" is not allowed here; write an account's number of 12 digits, in quotes
    marple.toml:1:8: "marple-reader" is not allowed here; write a role's ARN such as "arn:aws:iam::111122223333:role/marple-reader"
    marple.toml:1:12: "日本語" is not allowed here; write a BCP 47 tag such as "en", "ja" or "pt-BR"
    marple.toml:1:15: an external_id belongs to a role; write role = "arn:aws:iam::…" beside it
    marple.toml:2:1: unknown key `gaurdrail`, expected one of `family`, `max_output_tokens`, `thinking`, `cache`, `guardrail`, `latency`, `service_tier`, `metadata`, `fields` (near: guardrail)
    marple.toml:1:10: name at least one model: a Bedrock model id, an inference profile, or "playbook"
    marple.toml:1:10: "a" stands there twice
    marple.toml:1:15: there is no environment "prod", expected one of production (near: production)
    marple.toml:1:15: there is no environment "prod": none is defined
    marple.toml:2:9: an empty pattern matches no name; write one such as "prod-*"
    marple.toml:1:16: invalid type: integer `3`, expected a table
    marple.toml:1:11: string values must be quoted, expected literal string
    "#);
}

#[test]
fn a_place_is_counted_in_characters_not_in_bytes() {
    let said = wrong("language = \"en\" # 日本語\nbudget = { turns = 3, 日本 = 1 }");
    assert!(said.starts_with("marple.toml:2:23: "), "{said}");
}

#[test]
fn the_nearest_file_upwards_counts_before_the_configuration_directory_s() {
    let folder = tempfile::tempdir().unwrap();
    let (deep, configuration) = (folder.path().join("a/b"), folder.path().join("etc"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::create_dir_all(&configuration).unwrap();
    // A folder of that name is no file.
    std::fs::create_dir(deep.join("marple.toml")).unwrap();
    std::fs::write(configuration.join("marple.toml"), "").unwrap();
    assert_eq!(find(&deep, Some(&configuration)), Some(configuration.join("marple.toml")));
    std::fs::write(folder.path().join("a/marple.toml"), "").unwrap();
    assert_eq!(find(&deep, Some(&configuration)), Some(folder.path().join("a/marple.toml")));
}

#[test]
fn a_pattern_of_many_stars_is_not_slow() {
    let pattern = format!("names = [\"{}b\"]", "a*".repeat(200));
    let fleet = read(&format!("[environments.one]\n{pattern}\n[environments.two]")).unwrap();
    assert!(matches!(fleet.choice(Subject::Alarm(&"a".repeat(2000))), Choice::Several(_)));
}
