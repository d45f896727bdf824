//! What is made of an answer, by the reason for which it ended.
//!
//! | stop reason | what is made of it |
//! |---|---|
//! | end_turn, tool_use, stop_sequence | the answer as it is; arguments that are no object stay text, and the tool refuses the call with a reason |
//! | max_tokens within a call, or before any word | asked again with the model's own output limit, once; then what is whole, and the call's name |
//! | malformed_tool_use, malformed_model_output | its calls as they are, so that the refusal goes to the model; without any call, asked again |
//! | guardrail_intervened, content_filtered | its words, and no call: what was held back is not carried out |
//! | model_context_window_exceeded | what is whole |
//!
//! Invariant: a call that was cut off is never handed on. Where something is left out, a sentence in parentheses says so.

use marple_case::{Block, StopReason, ToolCall};
use serde_json::{Value, json};

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Words or reasoning.
    Block(Block),
    /// A call, its arguments as they came.
    Call { id: String, tool: String, input: String },
}

/// What to do with an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ending {
    /// Hand it on.
    Answered(Vec<Block>),
    /// It is void: ask again, for so many tokens.
    Again { reason: String, output_tokens: u32 },
}

/// What may still be done about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chances {
    /// The output limit that this answer had.
    pub(crate) output_tokens: u32,
    /// A larger one that it may be asked for again with.
    pub(crate) larger: Option<u32>,
    /// Whether it may be asked for again as it is.
    pub(crate) again: bool,
}

/// Decides.
pub(crate) fn decide(stop: StopReason, parts: Vec<Part>, chances: Chances) -> Ending {
    match stop {
        StopReason::MaxTokens => at_limit(parts, chances),
        StopReason::ModelContextWindowExceeded => {
            let (whole, broken) = without_cut_call(parts);
            let says_something = broken.is_none() && !says_nothing(&whole);
            Ending::Answered(if says_something { whole } else { with_note(whole, broken, "the context window ended") })
        }
        StopReason::MalformedToolUse | StopReason::MalformedModelOutput => malformed(parts, chances),
        StopReason::GuardrailIntervened | StopReason::ContentFiltered => {
            Ending::Answered(blocks(parts).into_iter().filter(|block| !is_call(block)).collect())
        }
        StopReason::EndTurn | StopReason::ToolUse | StopReason::StopSequence | StopReason::Other => {
            Ending::Answered(blocks(parts))
        }
    }
}

/// Whether the model wrote what nobody can read.
pub(crate) fn is_malformed(stop: StopReason) -> bool {
    matches!(stop, StopReason::MalformedToolUse | StopReason::MalformedModelOutput)
}

fn at_limit(parts: Vec<Part>, chances: Chances) -> Ending {
    let limit = chances.output_tokens;
    let (whole, cut) = without_cut_call(parts);
    let reason = match &cut {
        Some(tool) => format!("the answer reached its limit of {limit} tokens within a call of {tool}"),
        None if says_nothing(&whole) => format!("the answer reached its limit of {limit} tokens before its first word"),
        None => return Ending::Answered(whole),
    };
    match chances.larger {
        Some(output_tokens) => {
            Ending::Again { reason: format!("{reason}; it is asked for with {output_tokens}"), output_tokens }
        }
        None => Ending::Answered(with_note(whole, cut, &format!("the limit of {limit} tokens was reached"))),
    }
}

fn malformed(parts: Vec<Part>, chances: Chances) -> Ending {
    let blocks = blocks(parts);
    if blocks.iter().any(is_call) {
        return Ending::Answered(blocks);
    }
    if chances.again {
        let reason = "the model's output was malformed".to_owned();
        return Ending::Again { reason, output_tokens: chances.output_tokens };
    }
    let unreadable = Block::Text { text: "(the model's output was malformed and cannot be read)".to_owned() };
    Ending::Answered(if says_nothing(&blocks) { [blocks, vec![unreadable]].concat() } else { blocks })
}

/// Whether there is nothing but reasoning.
fn says_nothing(blocks: &[Block]) -> bool {
    blocks.iter().all(|block| matches!(block, Block::Reasoning { .. }))
}

/// The whole blocks, and the tool of a call at the end that was cut off. A call without arguments at the end may just have begun.
fn without_cut_call(mut parts: Vec<Part>) -> (Vec<Block>, Option<String>) {
    let cut = match parts.last() {
        Some(Part::Call { tool, input, .. }) if parsed(input).is_none() => Some(tool.clone()),
        _ => None,
    };
    if cut.is_some() {
        parts.pop();
    }
    (blocks(parts), cut)
}

fn blocks(parts: Vec<Part>) -> Vec<Block> {
    let blocks = parts.into_iter().filter_map(|part| match part {
        Part::Block(Block::Text { text }) if text.trim().is_empty() => None,
        Part::Block(block) => Some(block),
        Part::Call { id, tool, input } => Some(Block::ToolCall(ToolCall { id, tool, arguments: arguments(input) })),
    });
    blocks.collect()
}

/// A call's arguments; what is no JSON stays as the text that it is, so that the call can be refused with a reason.
fn arguments(input: String) -> Value {
    if input.trim().is_empty() {
        return json!({});
    }
    parsed(&input).unwrap_or(Value::String(input))
}

fn parsed(input: &str) -> Option<Value> {
    serde_json::from_str(input).ok()
}

fn is_call(block: &Block) -> bool {
    matches!(block, Block::ToolCall(_))
}

/// Says after what is whole which call is missing.
fn with_note(mut whole: Vec<Block>, cut: Option<String>, why: &str) -> Vec<Block> {
    let text = match cut {
        Some(tool) => format!("({why}: a call of {tool} was cut off and is left out)"),
        None => format!("({why} before an answer began)"),
    };
    // Words before calls, as models write them; after the reasoning, which comes first.
    let place = whole.iter().position(is_call).unwrap_or(whole.len());
    whole.insert(place, Block::Text { text });
    whole
}

#[cfg(test)]
mod tests;
