//! A model without a language model: a deterministic investigator over the same conversation and the same tools.
//!
//! It is the default where no Bedrock is configured, the fallback when Bedrock fails, and the floor that a language model has to beat. It
//! reads the typed facts of [`Turn::evidence`], never the prose; what it claims is checked by the same code as any model's claim.
//!
//! ```text
//! Turn ─▶ reading::Case ─▶ modes (one hypothesis each) ─▶ more reading, or
//!                                                        ─▶ the best hypothesis + rivals + gaps ─▶ report_root_cause
//!                                                        ─▶ plan                                ─▶ report_mitigation_plan
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `reading` | typed views over the evidence: the function, its failures, metrics, changes |
//! | `source` | reads code: waits, hosts, allocations, where a value comes from |
//! | `modes` | the failure modes, one file each |
//! | `hypothesis` | what a mode answers, and how a causal chain is built |
//! | `rivals`, `gaps` | what is ruled out, and what could not be seen |
//! | `plan` | what to do, one file a failure mode |
//! | `cite` | quotes that stand to the letter |
//! | `wants`, `investigation`, `repair`, `questions` | what to do in this turn |
//!
//! Invariants: no state between turns; the same turn gives the same answer; no panic on any facts; every quote is cut from the evidence's
//! own text. It knows failure modes, never a particular system: no resource is named here. Log lines are data: words in them
//! that look like instructions change nothing, since only the patterns of known failures are read from them.

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use marple_agent::ports::{Answer, Delta, Model, ModelError, Turn};
use marple_case::{Message, StopReason, Usage};

mod cite;
mod gaps;
mod hypothesis;
mod investigation;
mod modes;
mod plan;
mod questions;
mod reading;
mod repair;
mod report;
mod rivals;
mod source;
mod wants;

#[cfg(test)]
mod tests;

/// The deterministic investigator.
#[derive(Debug, Clone, Copy, Default)]
pub struct Playbook;

impl Model for Playbook {
    fn id(&self) -> &str {
        "playbook"
    }

    fn is_language_model(&self) -> bool {
        false
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        stream::iter(deltas(investigation::next(&turn)).into_iter().map(Ok)).boxed()
    }
}

/// A message as it is shown live, and then whole.
fn deltas(message: Message) -> Vec<Delta> {
    let text = message.text();
    let mut deltas = Vec::new();
    if !text.is_empty() {
        deltas.push(Delta::Text(text));
    }
    deltas.extend(message.calls().map(|call| Delta::CallStarted { tool: call.tool.clone() }));
    let stop_reason = match message.calls().next() {
        Some(_) => StopReason::ToolUse,
        None => StopReason::EndTurn,
    };
    // Nothing is paid for a model without a wire, and that is known: the price is zero.
    let usage = Usage::default();
    deltas.push(Delta::Finished(Answer { message, usage, stop_reason, latency_ms: 0, cost_usd: Some(0.0) }));
    deltas
}
