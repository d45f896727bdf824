//! The lines of a transcript.

use marple_agent::ports::{Answer, ModelError};
use marple_case::{Message, Role, StopReason, Usage};
use serde::{Deserialize, Serialize};

use crate::asked::Asked;

/// The version that this program writes and reads.
pub(crate) const VERSION: u32 = 1;

/// Why a transcript cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct TranscriptError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub(crate) enum Line {
    /// The first.
    Transcript { version: u32, models: Vec<ModelLine> },
    /// Each other.
    Turn(Box<TurnLine>),
}

/// A model whose turns were recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ModelLine {
    pub(crate) id: String,
    pub(crate) is_language_model: bool,
    #[serde(default)]
    pub(crate) context_window: Option<u64>,
}

/// A turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TurnLine {
    pub(crate) investigation: String,
    pub(crate) turn: u32,
    pub(crate) model: String,
    pub(crate) asked: Asked,
    #[serde(flatten)]
    pub(crate) ended: Ended,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ended {
    Answered(Answered),
    Failed(Failed),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) message: Message,
    pub(crate) usage: Usage,
    pub(crate) stop_reason: StopReason,
    pub(crate) latency_ms: u64,
    pub(crate) cost_usd: Option<f64>,
}

/// A model's error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    error: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Credentials,
    AccessDenied,
    UnknownModel,
    Throttled,
    Rejected,
    ContextExceeded,
    Unavailable,
    ReplayDiffers,
}

impl From<&Answer> for Answered {
    fn from(answer: &Answer) -> Self {
        let Answer { message, usage, stop_reason, latency_ms, cost_usd } = answer.clone();
        Self { message, usage, stop_reason, latency_ms, cost_usd }
    }
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        let Answered { message, usage, stop_reason, latency_ms, cost_usd } = answered;
        Self { message: Message { role: Role::Assistant, ..message }, usage, stop_reason, latency_ms, cost_usd }
    }
}

impl From<&ModelError> for Failed {
    fn from(error: &ModelError) -> Self {
        let kind = match error {
            ModelError::Credentials { .. } => Kind::Credentials,
            ModelError::AccessDenied { .. } => Kind::AccessDenied,
            ModelError::UnknownModel { .. } => Kind::UnknownModel,
            ModelError::Throttled { .. } => Kind::Throttled,
            ModelError::Rejected { .. } => Kind::Rejected,
            ModelError::ContextExceeded { .. } => Kind::ContextExceeded,
            ModelError::Unavailable { .. } => Kind::Unavailable,
            ModelError::ReplayDiffers { .. } => Kind::ReplayDiffers,
        };
        Self { error: kind, message: error.to_string() }
    }
}

impl From<Failed> for ModelError {
    fn from(Failed { error, message }: Failed) -> Self {
        match error {
            Kind::Credentials => Self::Credentials { message },
            Kind::AccessDenied => Self::AccessDenied { message },
            Kind::UnknownModel => Self::UnknownModel { message },
            Kind::Throttled => Self::Throttled { message },
            Kind::Rejected => Self::Rejected { message },
            Kind::ContextExceeded => Self::ContextExceeded { message },
            Kind::Unavailable => Self::Unavailable { message },
            Kind::ReplayDiffers => Self::ReplayDiffers { message },
        }
    }
}

/// What is wrong with a line; its place in the file is said with it.
fn without_place(wrong: &serde_json::Error) -> String {
    let text = wrong.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

/// Reads the lines, and checks the first. Empty lines are no lines.
pub(crate) fn read(file: &str, text: &str) -> Result<(Vec<ModelLine>, Vec<TurnLine>), TranscriptError> {
    let error = |line: usize, reason: String| TranscriptError { file: file.to_owned(), line, reason };
    let mut models = None;
    let mut turns = Vec::new();
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines {
        let line: Line = serde_json::from_str(line).map_err(|wrong| error(number, without_place(&wrong)))?;
        match (line, &models) {
            (Line::Transcript { version, .. }, _) if version != VERSION => {
                let reason = format!("this is version {version} of the format; this program reads version {VERSION}");
                return Err(error(number, reason));
            }
            (Line::Transcript { models: known, .. }, None) => models = Some(known),
            (Line::Transcript { .. }, Some(_)) => {
                return Err(error(number, "a second transcript begins here".to_owned()));
            }
            (Line::Turn(_), None) => return Err(error(number, "a transcript begins with its own line".to_owned())),
            (Line::Turn(turn), Some(known)) if known.iter().any(|model| model.id == turn.model) => turns.push(*turn),
            (Line::Turn(turn), Some(_)) => {
                return Err(error(number, format!("the first line does not name the model {}", turn.model)));
            }
        }
    }
    let models = models.ok_or_else(|| error(1, "the file is empty".to_owned()))?;
    Ok((models, turns))
}
