//! Conversations with models, recorded and played back: a change of the program can be tested against what a real model did, without
//! paying for it again.
//!
//! ```text
//! record(file, models) ─▶ models that write down each turn and hand it on
//! replay(name, text)   ─▶ the same models, as they answered then
//! ```
//! # The file
//! JSON lines, version 1. The first says what follows; each other one is a turn of a model, in the order in which turns ended.
//!
//! ```json
//! {"line": "transcript", "version": 1, "models": [{"id": "…", "is_language_model": true, "context_window": 200000}]}
//! {"line": "turn", "investigation": "0199…", "turn": 1, "model": "…",
//!  "asked": {"system": "…", "message": {…}, "evidence": [{"id": "E1", "tool": "get_metrics", "arguments": {…}, "outcome": "found"}],
//!            "results": [{"tool": "search_logs", "arguments": {…}, "is_error": false}]},
//!  "answered": {"message": {…}, "usage": {…}, "stop_reason": "tool_use", "latency_ms": 5210, "cost_usd": 0.0123}}
//! ```
//! - `turn` counts the turns of its investigation from 1. A turn that failed has `failed: {error, message}` instead of `answered`.
//! - `evidence` is what was taken since the turn before; `results` is what the calls of the answer before got.
//! - `message` is the user's message to the letter, and `system` the system prompt where it changed. They are there for people.
//!
//! # What a replay is strict about
//! The order of turns and which model they belong to; the evidence, by id, tool, arguments and outcome, because recorded answers cite it
//! by id; the results of the model's calls, by tool, arguments and whether they were errors. Whatever is worded, it does not look at:
//! prompts, tools' descriptions, what results say. What differs is a
//! [`ModelError::ReplayDiffers`](marple_agent::ports::ModelError::ReplayDiffers), which says at which turn what differs.
//!
//! A file may hold many investigations, as of an evaluation. One that is played takes the first recorded one, not yet taken, that it
//! fits, also in the middle, as after a resume. A replay answers at once, with the usage, latency and cost that were recorded; it has
//! no estimates.

mod asked;
mod format;
mod record;
mod replay;

pub use format::TranscriptError;
pub use record::record;
pub use replay::replay;
