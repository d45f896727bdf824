//! `marple capture`: an account that a served world plays is investigated and captured; the captured world gives the same report.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Ended, Marple, Served, copy_scenario, credentials, finish};

/// An investigation of an account that a folder of a scenario plays.
struct Account {
    marple: Marple,
    served: Served,
    region: String,
    alarm: String,
    now: String,
}

impl Account {
    fn new(scenario: &str) -> Self {
        Self::changed(scenario, |_| {})
    }

    /// The scenario's account with something else in it.
    fn changed(scenario: &str, change: impl FnOnce(&Path)) -> Self {
        let marple = Marple::new();
        let folder = marple.home.path().join("account");
        copy_scenario(scenario, &folder);
        change(&folder);
        let text = std::fs::read_to_string(folder.join("scenario.toml")).unwrap();
        let said = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key} = \""))).unwrap();
            line.split('"').next().unwrap().to_owned()
        };
        let served = Served::new(&marple, folder.to_str().unwrap());
        Self { served, region: said("region"), alarm: said("alarm"), now: said("now"), marple }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.marple.command(arguments);
        credentials(&mut command).env("AWS_ENDPOINT_URL", &self.served.endpoint).env("AWS_REGION", &self.region);
        finish(command)
    }

    fn investigate(&self) -> Value {
        self.run(&["investigate", "--alarm", &self.alarm, "--as-of", &self.now, "--format", "json", "-q"]).json()
    }

    fn capture(&self, more: &[&str]) -> (PathBuf, String) {
        let folder = self.marple.home.path().join("captured");
        let ended = self.run(&[&["capture", "--output", folder.to_str().unwrap()], more].concat());
        ended.assert(0, &[]);
        (folder, ended.out)
    }
}

/// Played without any account.
fn replay(marple: &Marple, folder: &Path) -> Value {
    let ended = marple.run(&["investigate", "--scenario", folder.to_str().unwrap(), "--format", "json", "-q"]);
    ended.assert(0, &[]);
    ended.json()
}

/// Markers by their kind alone: what the tools' own words make look like a credential (`secret: NAME`) is hidden under the installation's key
/// in an account, and under the scenarios' key in a world.
fn without_digests(text: &str) -> String {
    let parts = text.split("<hidden:").enumerate().map(|(number, part)| match part.find('>') {
        Some(end) if number > 0 => format!("<hidden:{}{}", &part[..end - 9], &part[end..]),
        _ => part.to_owned(),
    });
    parts.collect()
}

/// The whole texts of all evidence of the newest investigation, by tool and arguments.
fn evidence(marple: &Marple, report: &Value) -> Vec<(String, String)> {
    let one = |evidence: &Value| {
        let asked = format!("{} {}", evidence["tool"].as_str().unwrap(), evidence["arguments"]);
        let shown =
            marple.run(&["show", report["id"].as_str().unwrap(), "--evidence", evidence["id"].as_str().unwrap()]);
        (asked, without_digests(&shown.out))
    };
    let mut read: Vec<(String, String)> = report["evidence"].as_array().unwrap().iter().map(one).collect();
    read.sort();
    read
}

fn cause(report: &Value) -> Value {
    let mut cause = report["root_cause"].clone();
    cause.as_object_mut().unwrap().remove("at");
    cause
}

/// All files of a folder, as text.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
    found
}

#[test]
fn the_captured_world_gives_the_same_evidence_and_the_same_cause() {
    for scenario in
        ["lambda-type-error", "lambda-slow-dependency", "ecs-missing-db-credentials", "ecs-health-check-path"]
    {
        let account = Account::new(scenario);
        let original = account.investigate();
        let (folder, said) = account.capture(&["--margin", "2h"]);
        assert!(!said.contains("Reads otherwise"), "{scenario}: {said}");
        let replayed = replay(&account.marple, &folder);
        assert_eq!(replayed["verdict"], original["verdict"], "{scenario}");
        assert_eq!(replayed["confidence"], original["confidence"], "{scenario}");
        assert_eq!(cause(&replayed), cause(&original), "{scenario}");
        let (before, after) = (evidence(&account.marple, &original), evidence(&account.marple, &replayed));
        assert!(before.len() > 7, "{scenario}");
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after, "{scenario}");
        }
        assert_eq!(before.len(), after.len(), "{scenario}");
    }
}

#[test]
fn what_was_denied_is_denied_in_the_captured_world() {
    let account = Account::new("denied-cause");
    let original = account.investigate();
    let (folder, _) = account.capture(&[]);
    let replayed = replay(&account.marple, &folder);
    let gaps = |report: &Value| report["gaps"].as_array().unwrap().len();
    assert!(gaps(&original) > 0);
    assert_eq!((&replayed["verdict"], gaps(&replayed)), (&original["verdict"], gaps(&original)));
}

#[test]
fn no_credential_is_written() {
    /// The examples of AWS's documentation.
    const SECRETS: [&str; 3] =
        ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "correct-horse-battery"];
    let account = Account::changed("lambda-type-error", |folder| {
        let replace = |file: &str, from: &str, to: &str| {
            let file = folder.join("world").join(file);
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(text.contains(from), "{}", file.display());
            std::fs::write(&file, text.replace(from, to)).unwrap();
        };
        let variables = format!(r#""Variables": {{"AWS_KEY": "{}", "DB_PASSWORD": "{}", "#, SECRETS[0], SECRETS[2]);
        replace("lambda/functions.json", r#""Variables": {"#, &variables);
        let code = folder.join("world/lambda/functions/user-profile-service/code/db.js");
        let text = std::fs::read_to_string(&code).unwrap();
        std::fs::write(&code, format!("{text}\nconst password = \"{}\";\n", SECRETS[2])).unwrap();
        let line = format!(
            r#"{{"logGroup": "/aws/lambda/user-profile-service", "logStream": "s", "timestamp": "2025-12-16T05:44:00Z", "message": "aws_secret_access_key={}"}}"#,
            SECRETS[1]
        );
        std::fs::create_dir_all(folder.join("world/logs")).unwrap();
        std::fs::write(folder.join("world/logs/leak.jsonl"), line + "\n").unwrap();
    });
    account.investigate();
    let (folder, _) = account.capture(&[]);
    let files = files(&folder);
    assert!(files.iter().filter(|(_, text)| text.contains("<hidden:")).count() >= 3);
    for (path, text) in files {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{path} holds {secret}");
        }
    }
}

#[test]
fn with_pseudonyms_neither_names_nor_the_account_remain_and_the_cause_does() {
    let account = Account::changed("lambda-out-of-memory", |folder| {
        for (path, text) in files(folder) {
            if text.contains("111122223333") {
                std::fs::write(path, text.replace("111122223333", "444455556666")).unwrap();
            }
        }
    });
    let original = account.investigate();
    let (folder, _) = account.capture(&["--pseudonymise"]);
    let component = original["root_cause"]["components"][0]["name"].as_str().unwrap();
    for (path, text) in files(&folder) {
        for name in ["444455556666", component, account.alarm.as_str()] {
            assert!(!text.contains(name) && !path.contains(name), "{path} holds {name}");
        }
    }
    let replayed = replay(&account.marple, &folder);
    assert_eq!(replayed["verdict"], original["verdict"]);
    assert_eq!(replayed["root_cause"]["category"], original["root_cause"]["category"]);
}

#[test]
fn the_margin_says_how_much_is_read_and_the_limit_is_told() {
    let account = Account::new("lambda-permission-denied");
    account.investigate();
    let events = |more: &[&str]| {
        let (folder, said) = account.capture(more);
        let lines: usize = files(&folder.join("world/logs")).iter().map(|(_, text)| text.lines().count()).sum();
        std::fs::remove_dir_all(folder).unwrap();
        (lines, said)
    };
    let ((narrow, _), (wide, _)) = (events(&["--margin", "1m"]), events(&["--margin", "3h"]));
    assert!(narrow > 100 && wide > narrow + 500, "{narrow} {wide}");
    let (limited, said) = events(&["--margin", "3h", "--log-events", "100"]);
    assert!((narrow..narrow + 300).contains(&limited), "{narrow} {limited}");
    assert!(said.contains("Not there whole: /aws/lambda/") && said.contains("--log-events"), "{said}");
}

#[test]
fn a_folder_that_is_in_use_is_left_alone() {
    let marple = Marple::new();
    std::fs::write(marple.home.path().join("mine"), "").unwrap();
    marple.run(&["capture", "--output", marple.home.path().to_str().unwrap()]).assert(2, &["is in use"]);
}
