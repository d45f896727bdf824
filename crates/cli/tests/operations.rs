//! Read-only, from two sides: what the sources can name of the SDK, and what scenarios ask over the wire. Both have to be in the table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use marple_aws::{Caller, OPERATIONS};
use serde_json::Value;
use support::{Marple, finish};

/// How operations that only read begin.
const READING: [&str; 7] = ["BatchGet", "Describe", "Filter", "Get", "List", "Lookup", "StopQuery"];

/// Operations of the table that begin otherwise, each with the reason why it changes nothing.
const EXCUSED: [(&str, &str); 6] = [
    ("logs:StartQuery", "a Logs Insights query reads; what it starts ends by itself"),
    ("bedrock:ConverseStream", "a model answers; nothing is kept"),
    ("sts:AssumeRole", "a session of a role that the person named; made by the SDK"),
    ("sts:AssumeRoleWithWebIdentity", "the same, for pods and pipelines"),
    ("sso:GetRoleCredentials", "reads; the SDK signs in with it"),
    ("sso-oidc:CreateToken", "renews the token that `aws sso login` made; made by the SDK"),
];

/// Operations that begin like one that reads, and give what must never be read.
const REVEALING: [&str; 8] = [
    "BatchGetSecretValue",
    "GetSecretValue",
    "GetParameter",
    "GetParameterHistory",
    "GetParameters",
    "GetParametersByPath",
    "GetAuthorizationToken",
    "GetRandomPassword",
];

/// Methods of other libraries that are named like an operation: where, and whose.
const NAMESAKES: [(&str, &str); 1] = [("agent/src/prompts.rs", "get_template")]; // minijinja's

/// The SDK's crates that may be linked. A new one is a decision.
const CRATES: [&str; 14] = [
    "bedrockruntime",
    "cloudformation",
    "cloudtrail",
    "cloudwatch",
    "cloudwatchlogs",
    "ecr",
    "ecs",
    "elasticloadbalancingv2",
    "lambda",
    "rds",
    "secretsmanager",
    "sso",
    "ssooidc",
    "sts",
];

/// A name as the SDK and AWS have it in common: `describe_db_clusters` and `DescribeDBClusters` are the same.
fn folded(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

#[test]
fn nothing_in_the_table_writes_or_reveals() {
    for operation in OPERATIONS {
        let name = format!("{}:{}", operation.service, operation.name);
        let reads = READING.iter().any(|verb| operation.name.starts_with(verb));
        let excused = EXCUSED.iter().any(|(one, _)| *one == name);
        assert!(reads || excused, "{name} may write");
        assert!(!REVEALING.contains(&operation.name), "{name} reveals");
    }
    let known =
        |name: &str| OPERATIONS.iter().any(|operation| format!("{}:{}", operation.service, operation.name) == name);
    assert!(EXCUSED.iter().all(|(name, _)| known(name)), "an excuse for an operation that is not in the table");
}

/// The folders of the SDK's crates, from cargo itself.
#[expect(clippy::disallowed_methods, reason = "the test asks cargo")]
fn sdk() -> BTreeMap<String, PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(workspace)
        .output();
    let said = cargo.unwrap();
    let metadata: Value =
        serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&said.stderr)));
    let packages = metadata["packages"].as_array().unwrap().iter().filter_map(|package| {
        let name = package["name"].as_str().unwrap().strip_prefix("aws-sdk-")?;
        Some((name.to_owned(), Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()))
    });
    packages.collect()
}

/// The operations of the SDK's crates: their modules under `operation`.
fn operations_of_the_sdk() -> BTreeSet<String> {
    let mut operations = BTreeSet::new();
    for (name, folder) in sdk() {
        let text =
            std::fs::read_to_string(folder.join("src/operation.rs")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let modules = text.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'));
        operations.extend(modules.map(str::to_owned));
    }
    assert!(operations.contains("get_secret_value") && operations.len() > 500, "{} operations", operations.len());
    operations
}

/// Product sources: every file of every crate, but tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" && name != "benches" {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// Names that are reached as the SDK's operations are: `client.describe_alarms`, `operation::describe_alarms`, `Client::describe_alarms`.
/// (Tools of ours are modules of such names.)
fn reached(text: &str) -> impl Iterator<Item = &str> {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.split(move |letter| !is_of_name(letter)).filter(|name| !name.is_empty()).filter(|name| {
        let start = name.as_ptr().addr() - text.as_ptr().addr();
        let before = text[..start].trim_end();
        before.ends_with('.') || before.ends_with("operation::") || before.ends_with("Client::")
    })
}

#[test]
fn no_operation_that_is_not_in_the_table_is_named_in_the_sources() {
    assert_eq!(sdk().into_keys().collect::<Vec<_>>(), CRATES);
    let operations = operations_of_the_sdk();
    let table: BTreeSet<String> = OPERATIONS.iter().map(|operation| folded(operation.name)).collect();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        let folder = entry.unwrap().path().join("src");
        if folder.is_dir() {
            sources(&folder, &mut files);
        }
    }
    let mut named = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(&crates).unwrap().to_string_lossy().into_owned();
        for name in reached(&text).filter(|name| operations.contains(*name)) {
            if NAMESAKES.contains(&(place.as_str(), name)) {
                continue;
            }
            assert!(table.contains(&folded(name)), "{place} names {name}, which is not in the table of operations");
            named.insert(folded(name));
        }
    }
    // The other way round: the table does not allow what nobody asks. The SDK itself signs in.
    let ours = OPERATIONS.iter().filter(|operation| operation.caller != Caller::SignIn);
    let idle: Vec<&str> = ours.map(|operation| operation.name).filter(|name| !named.contains(&folded(name))).collect();
    assert!(idle.is_empty(), "nothing calls {idle:?}");
}

#[test]
fn a_name_is_found_wherever_it_is_reached() {
    let text = "clients.ecs()\n    .stop_task() operation::run_task::Input; Client::run_task; fn update_service() let stop_task = 1; tools::list_tasks; x. create_cluster";
    let found: Vec<&str> = reached(text).collect();
    assert_eq!(found, ["ecs", "stop_task", "run_task", "run_task", "create_cluster"]);
}

#[test]
fn every_request_that_a_scenario_makes_is_in_the_table() {
    let marple = Marple::new();
    let mut command = marple.command(&["eval"]);
    command.env("MARPLE_LOG", "marple_world=debug");
    let ended = finish(command);
    assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.err);
    let value = |line: &str, key: &str| Some(line.split_once(&format!(" {key}=\""))?.1.split_once('"')?.0.to_owned());
    let calls = ended.err.lines().filter_map(|line| Some((value(line, "service")?, value(line, "operation")?)));
    let calls: BTreeSet<(String, String)> = calls.collect();
    for (service, name) in &calls {
        let is_known = OPERATIONS.iter().any(|operation| operation.service == service && operation.name == name);
        assert!(is_known, "a scenario asks for {service}:{name}, which is not in the table of operations");
    }
    // The log is worth looking at: scenarios ask for most of what the tools can.
    assert!(calls.len() > 25, "{calls:?}");
}
