//! The ports: what an investigation needs of the outside, as traits.
//!
//! ```text
//!            ┌─────────── Model ◀── bedrock, playbook
//!  driver ───┼─────────── Toolbox ◀── aws
//!            ├─────────── Journal ◀── store
//!            └─────────── Clock ◀── cli, server
//! ```
//! No adapter knows another, and this crate knows none of them.

use std::sync::Arc;
use std::time::Duration;

use futures::{future::BoxFuture, stream::BoxStream};
use jiff::Timestamp;
use marple_case::{
    Entry, Evidence, EvidenceId, Facts, InvestigationId, Message, MitigationPlan, Outcome, RootCause, Scope,
    StopReason, ToolSpec, Trigger, Usage,
};
use serde_json::Value;

/// Tells the time. No crate but the binaries' reads the system's clock.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// What a model is asked.
#[derive(Debug, Clone)]
pub struct Turn<'a> {
    /// What the model is and how it has to work.
    pub system: &'a str,
    /// The conversation: begins with a user's message, ends with one, roles alternate, every tool call is answered in the message after it.
    pub messages: &'a [Message],
    /// All evidence so far, typed. A language model is sent the conversation only; the playbook reads this.
    pub evidence: &'a [Arc<Evidence>],
    /// What is looked at, and when.
    pub scope: &'a Scope,
    /// The tools that may be called.
    pub tools: &'a [ToolSpec],
    /// How to answer.
    pub options: TurnOptions,
}

/// How a model has to answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TurnOptions {
    /// Whether a tool has to be called.
    pub must_call: MustCall,
    /// The investigation's id, for request metadata.
    pub investigation: String,
    /// How long the answer may be, tokens; `None`: as long as the model's own limit allows. Where budgets are nearly used up, a shorter
    /// answer is one that can still be paid for.
    pub max_output_tokens: Option<u32>,
    /// What the turn may cost with all its attempts, US dollars; `None`: as much as it takes.
    pub cost_left_usd: Option<f64>,
    /// The question that this turn is about. A language model reads it in the conversation; the playbook reads it here.
    pub question: Option<Box<Asked>>,
}

/// A person's question, with what came before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The question.
    pub text: String,
    /// When it was asked, UTC.
    pub at: Timestamp,
    /// The BCP 47 tag of the answer's language.
    pub language: String,
    /// The person's time zone by its IANA name; `None`: UTC.
    pub zone: Option<String>,
    /// The last evidence id that was given out before: what is later was taken for this question.
    pub after: EvidenceId,
    /// All accepted root causes, oldest first.
    pub causes: Vec<RootCause>,
    /// How many of them were accepted since the question.
    pub new_causes: usize,
    /// The plan that was accepted last.
    pub plan: Option<MitigationPlan>,
    /// Whether it was accepted since the last of [`new_causes`](Self::new_causes).
    pub new_plan: bool,
    /// Whether there is no incident: the person asks about the account.
    pub account: bool,
}

/// Whether a tool has to be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MustCall {
    /// As the model likes.
    #[default]
    No,
    /// Some tool. A hint where the model's options exclude it.
    Any,
}

/// A piece of an answer, as it comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// More text.
    Text(String),
    /// More reasoning, for a live view only.
    Reasoning(String),
    /// A tool call began; its arguments are still to come.
    CallStarted {
        /// The tool's name.
        tool: String,
    },
    /// The service turned the request away before it began; it is asked again. Nothing was paid, and nothing had come.
    Waiting {
        /// Why.
        reason: String,
        /// For how long.
        wait: Duration,
    },
    /// What came so far is void: the stream was cut, and the turn begins anew.
    Restarted {
        /// Why.
        reason: String,
    },
    /// The whole answer. Always the last.
    Finished(Answer),
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The assistant's message.
    pub message: Message,
    /// What it used.
    pub usage: Usage,
    /// Why the model stopped.
    pub stop_reason: StopReason,
    /// From the request to the last byte, milliseconds. 0 for a model without a wire.
    pub latency_ms: u64,
    /// US dollars; `None` where the model's price is unknown.
    pub cost_usd: Option<f64>,
}

/// What a turn will use, reckoned before it is asked. Errs on the dear side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The tokens of the request: system prompt, tools and conversation.
    pub input_tokens: u64,
    /// The longest answer that is allowed, by the model's limit and by [`TurnOptions::max_output_tokens`].
    pub output_tokens: u64,
    /// US dollars at most: the request at full price, as if nothing were cached, and the longest answer that is allowed. `None`
    /// where the model's price is unknown.
    pub cost_usd: Option<f64>,
}

/// Why a model gave no answer, after the adapter's own retries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No credentials, or expired ones.
    #[error("{message}")]
    Credentials {
        /// What is wrong, and what to do.
        message: String,
    },
    /// The caller may not use this model.
    #[error("{message}")]
    AccessDenied {
        /// What is wrong, and what to do.
        message: String,
    },
    /// There is no such model here.
    #[error("{message}")]
    UnknownModel {
        /// What is wrong, and what to do.
        message: String,
    },
    /// Too many requests, for too long.
    #[error("{message}")]
    Throttled {
        /// What is wrong.
        message: String,
    },
    /// The service refused the request itself.
    #[error("{message}")]
    Rejected {
        /// The service's own words.
        message: String,
    },
    /// The conversation is larger than the model's context.
    #[error("{message}")]
    ContextExceeded {
        /// The service's own words.
        message: String,
    },
    /// The service or the network failed.
    #[error("{message}")]
    Unavailable {
        /// What failed.
        message: String,
    },
    /// A transcript that is played back does not fit this conversation. No other model takes over: it would hide the difference.
    #[error("{message}")]
    ReplayDiffers {
        /// At which turn what differs.
        message: String,
    },
}

impl ModelError {
    /// The one word for spans and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Credentials { .. } => "credentials",
            Self::AccessDenied { .. } => "access_denied",
            Self::UnknownModel { .. } => "unknown_model",
            Self::Throttled { .. } => "throttled",
            Self::Rejected { .. } => "rejected",
            Self::ContextExceeded { .. } => "context_exceeded",
            Self::Unavailable { .. } => "unavailable",
            Self::ReplayDiffers { .. } => "replay_differs",
        }
    }
}

/// Something that answers a conversation: a language model, or the playbook.
pub trait Model: Send + Sync {
    /// The model's id, as reports show it.
    fn id(&self) -> &str;

    /// Who answers, by the name that OpenTelemetry's conventions have for it (`gen_ai.provider.name`); `marple`: the program itself.
    fn provider(&self) -> &'static str {
        "marple"
    }

    /// Whether this is a language model. Reports say so when none was used.
    fn is_language_model(&self) -> bool {
        true
    }

    /// The tokens that a request and its answer may hold together; `None` where that is unknown or there is no limit.
    fn context_window(&self) -> Option<u64> {
        None
    }

    /// What a turn will use; `None` for a model that uses nothing.
    fn estimate(&self, turn: &Turn<'_>) -> Option<Estimate> {
        let _ = turn;
        None
    }

    /// Answers. The stream's last item is [`Delta::Finished`] or an error; dropping the stream cancels the request.
    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>>;
}

/// What a tool gave, before the investigation numbers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The arguments as used, defaults filled in.
    pub arguments: Value,
    /// How it ended.
    pub outcome: Outcome,
    /// What it found.
    pub facts: Facts,
    /// The same as text, complete.
    pub text: String,
    /// The text cut for the model, if it is too long for one.
    pub shown: Option<String>,
    /// The `aws …` command line that takes it again.
    pub command: String,
    /// The parts of it that were denied or failed, where the rest was read.
    pub unread: Vec<Outcome>,
}

/// Why a call was not run at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such tool.
    #[error("there is no tool named {tool}; the tools are: {known}")]
    UnknownTool {
        /// What was asked for.
        tool: String,
        /// What there is.
        known: String,
    },
    /// The arguments do not fit the tool's schema.
    #[error("the arguments of {tool} do not fit: {reason}")]
    BadArguments {
        /// The tool.
        tool: String,
        /// Which argument, why, and what fits.
        reason: String,
    },
}

/// Why a trigger led to no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// No alarm has that name.
    #[error("there is no alarm named {alarm} in {region}")]
    UnknownAlarm {
        /// The name.
        alarm: String,
        /// The region.
        region: String,
        /// The nearest names, the best first.
        nearest: Vec<String>,
    },
    /// Several alarms fit.
    #[error("{alarm} names more than one alarm in {region}")]
    AmbiguousAlarm {
        /// What was asked for.
        alarm: String,
        /// The region.
        region: String,
        /// What fits.
        choices: Vec<String>,
    },
    /// No alarm has ever fired.
    #[error("no alarm in {region} is in state ALARM, and none was in the last 14 days")]
    NoAlarm {
        /// The region.
        region: String,
    },
    /// No credentials, or expired ones.
    #[error("{message}")]
    Credentials {
        /// What is wrong.
        message: String,
    },
    /// The caller may not read alarms.
    #[error("{message}")]
    Denied {
        /// AWS's own words.
        message: String,
    },
    /// AWS could not be asked.
    #[error("{message}")]
    Unavailable {
        /// What failed.
        message: String,
    },
}

/// A call of a tool, as the toolbox runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCall {
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
}

/// The tools that read AWS.
pub trait Toolbox: Send + Sync {
    /// The tools, in the order in which a model is told of them.
    fn tools(&self) -> &[ToolSpec];

    /// Makes a scope of a trigger.
    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>>;

    /// What the opening asks next, given what it has found so far. Pure: the same evidence gives the same calls, and a call that
    /// stands in the evidence is not asked again. Each wave runs concurrently; an empty wave ends the opening.
    fn opening(&self, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall>;

    /// Checks a call and fills in its defaults, without running it: two calls with equal arguments then ask the same.
    fn normalise(&self, call: &PlannedCall, scope: &Scope) -> Result<PlannedCall, Refusal>;

    /// Runs a normalised call. Never fails: a fault of AWS is an [`Outcome`].
    fn run<'a>(&'a self, call: &'a PlannedCall, scope: &'a Scope) -> BoxFuture<'a, Taken>;

    /// A person's or a notification's words with credentials hidden, as results are before they leave the toolbox: what is kept, shown and
    /// sent to a model.
    fn redacted(&self, text: &str) -> String;
}

/// Why the journal could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// No investigation has that id, or more than one begins so.
    #[error("{message}")]
    Unknown {
        /// What was asked for, and what there is.
        message: String,
    },
    /// A stored entry cannot be read: it is damaged, or a later version of the program wrote it.
    #[error("entry {number} of investigation {id} cannot be read: {reason}")]
    Unreadable {
        /// The investigation.
        id: InvestigationId,
        /// The entry.
        number: u64,
        /// Why.
        reason: String,
    },
    /// The storage failed.
    #[error("{message}")]
    Storage {
        /// What failed, why, and what to do.
        message: String,
    },
}

/// The append-only record of investigations.
pub trait Journal: Send + Sync {
    /// Appends an entry, durably. Entries of one investigation come in order, without holes; a number that exists is refused.
    fn append<'a>(&'a self, id: &'a InvestigationId, entry: &'a Entry) -> BoxFuture<'a, Result<(), JournalError>>;

    /// All entries of one investigation, in order.
    fn entries<'a>(&'a self, id: &'a InvestigationId) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>>;
}

/// What a live view is told. Nothing of this is stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress<'a> {
    /// An entry was written.
    Written(&'a Entry),
    /// A call of a tool began.
    CallStarted {
        /// The tool.
        tool: &'a str,
        /// Its arguments.
        arguments: &'a Value,
    },
    /// A model's answer grows.
    Answering(&'a Delta),
}

/// Watches an investigation. Must not block.
pub trait Observer: Send + Sync {
    /// Called for each thing that happens, in order.
    fn progress(&self, progress: Progress<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn progress(&self, _: Progress<'_>) {}
}

/// The id that the `index`-th piece of evidence has, counted from 0.
pub fn evidence_id(index: usize) -> EvidenceId {
    EvidenceId(u32::try_from(index + 1).unwrap_or(u32::MAX))
}
