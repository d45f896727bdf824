//! The vocabulary of an investigation. Data only: nothing here does I/O, reads a clock or decides.
//!
//! | module | what it names |
//! |---|---|
//! | [`trigger`] | what started an investigation, and the [`Scope`] that follows from it |
//! | [`resource`] | AWS resources and the edges between them |
//! | [`facts`] | what a tool found, typed; one struct a kind of answer |
//! | [`evidence`] | facts as taken: id, tool, arguments, text, outcome, the command that takes them again |
//! | [`conversation`] | messages between the investigation and a model; no SDK type, no UI state |
//! | [`root_cause`] | what a model claims to be the cause |
//! | [`mitigation`] | what a model proposes to do |
//! | [`verification`] | what code found when it checked those claims |
//! | [`event`] | the journal: everything that happened, in order |
//!
//! All types serialise to JSON; times are RFC 3339 in UTC. A type that a model fills in derives
//! `JsonSchema`, and its doc comments are what the model reads.

pub mod conversation;
pub mod event;
pub mod evidence;
pub mod facts;
pub mod mitigation;
pub mod resource;
pub mod root_cause;
pub mod trigger;
pub mod verification;

pub use conversation::{Block, Message, Role, StopReason, ToolCall, ToolSpec, Usage};
pub use event::{Entry, Event, InvestigationId};
pub use evidence::{Evidence, EvidenceId, Outcome};
pub use facts::Facts;
pub use mitigation::{Action, ActionKind, Avoid, MitigationPlan};
pub use resource::{Edge, Relation, ResourceKind, ResourceRef};
pub use root_cause::{Category, Citation, RootCause, Verdict};
pub use trigger::{Scope, Trigger, Window};
pub use verification::{Confidence, PlanCheck, Verification};
