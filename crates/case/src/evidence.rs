//! Evidence: what a tool found, as it was found.
//!
//! Invariants: an [`Evidence`] never changes after it was taken; its id is its place in the journal (`E1`, `E2`, …); `text`
//! is complete, and only `shown` is cut for the model.

use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::facts::Facts;

/// The id of a piece of evidence: `E7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EvidenceId(pub u32);

impl std::fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "E{}", self.0)
    }
}

/// A text that is no evidence id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no evidence id: it is written E and a number, such as E7")]
pub struct NotAnEvidenceId(pub String);

impl FromStr for EvidenceId {
    type Err = NotAnEvidenceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix(['E', 'e']).and_then(|digits| digits.parse().ok());
        number.map(Self).ok_or_else(|| NotAnEvidenceId(text.to_owned()))
    }
}

impl Serialize for EvidenceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EvidenceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for EvidenceId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EvidenceId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^E[0-9]+$"})
    }
}

/// How a call of a tool ended. The four are never mixed up: a fault is never "no data".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// AWS answered, and there was something.
    Found,
    /// AWS answered, and there was nothing. A fact in itself.
    NoData,
    /// AWS refused: the caller lacks a permission. Becomes a gap of the report.
    Denied {
        /// The IAM action that was refused, as in `logs:FilterLogEvents`, where it is known.
        action: String,
        /// AWS's own message.
        message: String,
    },
    /// AWS could not be asked, or gave no usable answer, after retries.
    Failed {
        /// What failed, and why.
        message: String,
    },
}

impl Outcome {
    /// The one word for tables: found, no_data, denied, failed.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::NoData => "no_data",
            Self::Denied { .. } => "denied",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether AWS answered at all.
    pub fn is_answered(&self) -> bool {
        matches!(self, Self::Found | Self::NoData)
    }
}

/// What one call of one tool found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// `E1`, `E2`, … in the order of the journal.
    pub id: EvidenceId,
    /// The tool's name.
    pub tool: String,
    /// The arguments as they were used, defaults filled in.
    pub arguments: Value,
    /// How the call ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it found, typed.
    pub facts: Facts,
    /// What it found, as text: complete, for the record. Citations quote from here.
    pub text: String,
    /// What a model is shown where `text` is too long: head and tail, with the cut named. `None`: the whole text.
    pub shown: Option<String>,
    /// The `aws …` command line with which a person can take the same evidence again.
    pub command: String,
    /// What was asked for on the way and not answered: each is [`Outcome::Denied`] or [`Outcome::Failed`]. The rest of the call may
    /// have found something all the same; what is in here became a gap, never an absence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Outcome>,
    /// When the call ended, UTC.
    pub taken_at: Timestamp,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

impl Evidence {
    /// What a model is shown.
    pub fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.text)
    }

    /// Whether something was cut for the model.
    pub fn is_truncated(&self) -> bool {
        self.shown.is_some()
    }
}
