//! The investigation: what comes next (pure), doing it (thin), and checking what a model claims (code).
//!
//! | module | subject |
//! |---|---|
//! | [`ports`] | what is needed of the outside: Model, Toolbox, Journal, Clock, Observer |
//! | [`investigation`] | the state: a fold over the journal's entries |
//! | [`step`] | the pure decision: state in, next step out |
//! | [`chat`] | the pure decision for a person's question |
//! | [`driver`] | the thin loop that carries steps out and writes what happened |
//! | [`conversation`] | the messages for the model: a fold over the same entries |
//! | [`own_tools`] | the tools that touch no AWS: show_evidence, note_finding, and the two reports |
//! | [`verify`] | what code refuses, and the confidence that it computes |
//! | [`prompts`] | the templates that the model is told, embedded and replaceable |
//!
//! Decide without I/O, act without deciding: only [`driver`] awaits anything.

pub mod chat;
pub mod conversation;
pub mod driver;
pub mod investigation;
pub mod own_tools;
pub mod ports;
pub mod prompts;
pub mod step;
mod tool_names;
pub mod verify;

pub use chat::Question;
pub use driver::{InvestigateError, Investigator, Order};
pub use investigation::Investigation;
pub use prompts::{PromptError, Prompts};
