//! What a turn asked: what a transcript keeps of it, and what a replay compares.

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::Turn;
use marple_case::{Block, EvidenceId, Message, Role, ToolCall};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Times of calls that are less than this apart are the same time: a question's "last hour" ends when it is asked, and a model takes longer to
/// answer than its transcript.
const NEAR: SignedDuration = SignedDuration::from_hours(1);

/// How much of a call's arguments an error shows, characters.
const SHOWN: usize = 200;

/// What was asked in one turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Where it differs from the turn before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<String>,
    /// The user's last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Message>,
    /// In a file, what was taken since the turn before; else all of it.
    pub(crate) evidence: Vec<Piece>,
    /// What the calls of the answer before got, in their order.
    pub(crate) results: Vec<CallResult>,
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Piece {
    id: EvidenceId,
    tool: String,
    arguments: Value,
    outcome: String,
}

/// What a model's call got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CallResult {
    tool: String,
    arguments: Value,
    is_error: bool,
}

impl Asked {
    /// What a turn asks, with all of its evidence.
    pub(crate) fn of(turn: &Turn<'_>) -> Self {
        let evidence = turn.evidence.iter().map(|piece| Piece {
            id: piece.id,
            tool: piece.tool.clone(),
            arguments: piece.arguments.clone(),
            outcome: piece.outcome.word().to_owned(),
        });
        Self {
            system: Some(turn.system.to_owned()),
            message: turn.messages.last().cloned(),
            evidence: evidence.collect(),
            results: results(turn.messages),
        }
    }

    /// The first difference from what was recorded, in words: "there" is the transcript.
    pub(crate) fn difference(&self, recorded: &Self) -> Option<String> {
        let places = self.evidence.len().max(recorded.evidence.len());
        let mut evidence = (0..places).filter_map(|at| of_evidence(recorded.evidence.get(at), self.evidence.get(at)));
        evidence.next().or_else(|| {
            let places = self.results.len().max(recorded.results.len());
            (0..places).find_map(|at| of_results(recorded.results.get(at), self.results.get(at)))
        })
    }
}

/// The results in the last message, each with its call in the answer before.
fn results(messages: &[Message]) -> Vec<CallResult> {
    let Some((last, before)) = messages.split_last() else { return Vec::new() };
    let answer = before.last().filter(|message| message.role == Role::Assistant);
    let calls = answer.into_iter().flat_map(Message::calls);
    let result = |call: &ToolCall| {
        let is_error = last.blocks.iter().find_map(|block| match block {
            Block::ToolResult { call: of, is_error, .. } if *of == call.id => Some(*is_error),
            _ => None,
        })?;
        Some(CallResult { tool: call.tool.clone(), arguments: call.arguments.clone(), is_error })
    };
    calls.filter_map(result).collect()
}

fn of_evidence(there: Option<&Piece>, here: Option<&Piece>) -> Option<String> {
    let call = |piece: &Piece| shown(&piece.tool, &piece.arguments);
    match (there, here) {
        (None, None) => None,
        (Some(there), None) => Some(format!("{} of {} is missing here", there.id, call(there))),
        (None, Some(here)) => Some(format!("{} of {} is not there", here.id, call(here))),
        (Some(there), Some(here))
            if there.id != here.id || there.tool != here.tool || !is_same(&there.arguments, &here.arguments) =>
        {
            Some(match there.id == here.id && call(there) == call(here) {
                true => format!("{} of {} has other arguments here", there.id, call(there)),
                false => format!("{} is of {} there, and {} of {} here", there.id, call(there), here.id, call(here)),
            })
        }
        (Some(there), Some(here)) => (there.outcome != here.outcome)
            .then(|| format!("{} of {} is {} there, and {} here", there.id, call(there), there.outcome, here.outcome)),
    }
}

fn of_results(there: Option<&CallResult>, here: Option<&CallResult>) -> Option<String> {
    let call = |result: &CallResult| shown(&result.tool, &result.arguments);
    let word = |result: &CallResult| if result.is_error { "an error" } else { "a result" };
    match (there, here) {
        (None, None) => None,
        (Some(there), None) => Some(format!("the call of {} is not answered here", call(there))),
        (None, Some(here)) => Some(format!("the call of {} is not answered there", call(here))),
        (Some(there), Some(here)) if there.tool != here.tool || !is_same(&there.arguments, &here.arguments) => {
            Some(format!("the call of {} there is one of {} here", call(there), call(here)))
        }
        (Some(there), Some(here)) => (there.is_error != here.is_error)
            .then(|| format!("the call of {} got {} there, and {} here", call(there), word(there), word(here))),
    }
}

/// Whether arguments are the same, but for what the moment of the asking makes of them.
fn is_same(there: &Value, here: &Value) -> bool {
    match (there, here) {
        (Value::Array(there), Value::Array(here)) => {
            there.len() == here.len() && there.iter().zip(here).all(|(there, here)| is_same(there, here))
        }
        (Value::Object(there), Value::Object(here)) => {
            there.len() == here.len()
                && there.iter().all(|(name, value)| here.get(name).is_some_and(|other| is_same(value, other)))
        }
        (Value::String(there), Value::String(here)) => there == here || is_near(there, here),
        (there, here) => there == here,
    }
}

/// Whether both are times, less than [`NEAR`] apart.
fn is_near(there: &str, here: &str) -> bool {
    match (there.parse::<Timestamp>(), here.parse::<Timestamp>()) {
        (Ok(there), Ok(here)) => there.duration_since(here).abs() < NEAR,
        _ => false,
    }
}

/// A call as an error shows it.
fn shown(tool: &str, arguments: &Value) -> String {
    let arguments = arguments.to_string();
    match arguments.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{tool} {}…", arguments.get(..end).unwrap_or_default()),
        None => format!("{tool} {arguments}"),
    }
}
