//! Two models that look at almost nothing. A scenario that one of them passes is too easy, and a suite that they pass proves nothing.
//!
//! Both report through the same tools as any model and cite what they can, so that they fail for what they claim, not for how.

use std::sync::Arc;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use marple_agent::ports::{Answer, Delta, Model, ModelError, Turn};
use marple_case::{Block, Citation, Evidence, Facts, Message, Role, StopReason, ToolCall, Usage};
use serde_json::Value;

mod latest_deployment;
mod no_fault;

pub use latest_deployment::LatestDeployment;
pub use no_fault::NoFault;

/// The ids of all baselines.
pub const ALL: [&str; 2] = [latest_deployment::ID, no_fault::ID];

/// The baseline of that id.
pub fn named(id: &str) -> Option<Arc<dyn Model>> {
    match id {
        latest_deployment::ID => Some(Arc::new(LatestDeployment)),
        no_fault::ID => Some(Arc::new(NoFault)),
        _ => None,
    }
}

/// What a baseline says: a root cause at once, a plan after it, and nothing more.
trait Baseline {
    fn root_cause(&self, turn: &Turn<'_>) -> Value;
    fn plan(&self, turn: &Turn<'_>) -> Value;
}

fn answer(baseline: &impl Baseline, turn: &Turn<'_>) -> BoxStream<'static, Result<Delta, ModelError>> {
    let call = |tool: &str, arguments| {
        Block::ToolCall(ToolCall { id: format!("{tool}-{}", turn.messages.len()), tool: tool.to_owned(), arguments })
    };
    let (block, stop_reason) = match (is_accepted(turn, ROOT_CAUSE), is_accepted(turn, PLAN)) {
        (false, _) => (call(ROOT_CAUSE, baseline.root_cause(turn)), StopReason::ToolUse),
        (true, false) => (call(PLAN, baseline.plan(turn)), StopReason::ToolUse),
        (true, true) => (Block::Text { text: "That is all.".to_owned() }, StopReason::EndTurn),
    };
    let message = Message { role: Role::Assistant, blocks: vec![block] };
    let usage = Usage::default();
    let whole = Answer { message, usage, stop_reason, latency_ms: 0, cost_usd: Some(0.0) };
    stream::iter([Ok(Delta::Finished(whole))]).boxed()
}

const ROOT_CAUSE: &str = "report_root_cause";
const PLAN: &str = "report_mitigation_plan";

/// Whether a call of this tool was answered without an error.
fn is_accepted(turn: &Turn<'_>, tool: &str) -> bool {
    let calls = turn.messages.iter().flat_map(Message::calls).filter(|call| call.tool == tool);
    let ids: Vec<&str> = calls.map(|call| call.id.as_str()).collect();
    let blocks = turn.messages.iter().flat_map(|message| &message.blocks);
    blocks
        .into_iter()
        .any(|block| matches!(block, Block::ToolResult { call, is_error: false, .. } if ids.contains(&call.as_str())))
}

/// The first line of a piece of evidence that holds these words, as a citation.
fn line_with(evidence: &Evidence, words: &str) -> Option<Citation> {
    let line = evidence.text.lines().map(str::trim).find(|line| line.len() >= 4 && line.contains(words))?;
    Some(Citation { evidence: evidence.id, quote: line.to_owned() })
}

/// What shows that the alarm fired; without an alarm, the first line of the first evidence.
fn alarm(turn: &Turn<'_>) -> Vec<Citation> {
    let alarms = turn.evidence.iter().filter(|taken| matches!(taken.facts, Facts::Alarms(_)));
    let state = alarms.into_iter().find_map(|taken| line_with(taken, "state: "));
    let anything = || turn.evidence.iter().find_map(|taken| line_with(taken, ""));
    state.or_else(anything).into_iter().collect()
}

/// A value as the tools take it.
fn arguments(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}
