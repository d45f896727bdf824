//! `scenario.toml`: what a scenario is, when its "now" is, what triggers the investigation, which faults the wire has,
//! and the truth for grading. The format is documented in `docs/worlds.md`.
//!
//! Reading is strict: an unknown key is an error that names the file, the line and the keys that exist.

mod error;
#[cfg(test)]
mod tests;
mod truth;
mod wire;

use jiff::Timestamp;
use serde::Deserialize;

pub use error::ScenarioError;
pub use truth::{ActionKind, Category, ImmediateActions, Location, MustNot, PlanTruth, Truth, Verdict};
pub use wire::{Fault, FaultKind, Throttle, WireFaults};

use crate::Files;

/// The name of the file that makes a folder a scenario.
pub(crate) const SCENARIO_FILE: &str = "scenario.toml";

/// A scenario: the head of `scenario.toml`, typed, and the files of its world, unread as yet.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// One line for lists.
    pub title: String,
    /// What happened, for the people who read the folder. Never shown to an investigator.
    pub story: String,
    /// The clock of the investigation.
    pub now: Timestamp,
    /// The AWS region of everything in the world.
    pub region: String,
    /// The twelve digits of the AWS account.
    pub account: String,
    /// Of the generated traffic.
    pub seed: u64,
    /// What starts the investigation.
    pub trigger: Trigger,
    /// Faults of the wire itself.
    pub wire: WireFaults,
    /// What a right report says; for grading only.
    pub truth: Truth,
    files: Files,
}

/// What starts the investigation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "TriggerTable")]
pub enum Trigger {
    /// The name of a CloudWatch alarm of the world.
    Alarm(String),
    /// A question in a person's words.
    Question(String),
}

/// `[trigger]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TriggerTable {
    alarm: Option<String>,
    question: Option<String>,
}

impl TryFrom<TriggerTable> for Trigger {
    type Error = &'static str;

    fn try_from(table: TriggerTable) -> Result<Self, Self::Error> {
        match (table.alarm, table.question) {
            (Some(alarm), None) => Ok(Self::Alarm(alarm)),
            (None, Some(question)) => Ok(Self::Question(question)),
            (Some(_), Some(_)) => Err("[trigger] has an alarm and a question: give one of them"),
            (None, None) => Err("[trigger] needs an alarm or a question"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    title: String,
    #[serde(default)]
    story: String,
    now: Timestamp,
    region: String,
    account: String,
    #[serde(default)]
    seed: u64,
    trigger: Trigger,
    #[serde(default)]
    wire: WireFaults,
    truth: Truth,
}

impl Scenario {
    /// Reads `scenario.toml`. The files of the world are kept, and read at their first use.
    ///
    /// # Errors
    /// When `scenario.toml` is absent or malformed; the error names the line.
    pub fn load(files: Files) -> Result<Self, ScenarioError> {
        let content =
            files.get(SCENARIO_FILE).ok_or_else(|| ScenarioError::Missing { file: SCENARIO_FILE.to_owned() })?;
        let head: Head = read_toml(SCENARIO_FILE, content)?;
        if head.account.len() != 12 || !head.account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ScenarioError::Invalid {
                file: SCENARIO_FILE.to_owned(),
                what: format!("account = {:?}: an AWS account has twelve digits", head.account),
            });
        }
        if let Some(what) = head.wire.fault() {
            return Err(ScenarioError::Invalid { file: SCENARIO_FILE.to_owned(), what });
        }
        let Head { title, story, now, region, account, seed, trigger, wire, truth } = head;
        Ok(Self { title, story, now, region, account, seed, trigger, wire, truth, files })
    }

    /// The files that the scenario was loaded from.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }
}

/// Reads a TOML file of a scenario: the error names file, line and what is wrong.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(file: &str, content: &[u8]) -> Result<T, ScenarioError> {
    let text = std::str::from_utf8(content).map_err(|error| ScenarioError::not_utf8(file, content, &error))?;
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        ScenarioError::at_offset(file, content, start, error.message())
    })
}

/// Reads a JSON file of a scenario: the error names file, line and what is wrong.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(file: &str, content: &[u8]) -> Result<T, ScenarioError> {
    serde_json::from_slice(content).map_err(|error| ScenarioError::of_json(file, error.line(), &error))
}
