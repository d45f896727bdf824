//! The journal's events: everything that happened in an investigation, in order. All state is a fold over them.
//!
//! Durable, versioned, numbered. [`VERSION`] rises when an old reader could misread a new event; a reader refuses a
//! version that it does not know. Text deltas for a live view are not events and are never stored.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    conversation::{Message, StopReason, Usage},
    evidence::{Evidence, EvidenceId},
    mitigation::MitigationPlan,
    root_cause::RootCause,
    trigger::{Scope, Trigger},
    verification::{CitationCheck, PlanCheck, Verification},
};

/// The version of the events that this program writes.
pub const VERSION: u32 = 1;

/// The id of an investigation: a UUID v7 in lower-case hex, or a prefix of one where a person names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvestigationId(pub String);

impl std::fmt::Display for InvestigationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an investigation may use. `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Model turns.
    pub turns: Option<u32>,
    /// Tool calls, the opening's included.
    pub tool_calls: Option<u32>,
    /// Tokens of all kinds.
    pub tokens: Option<u64>,
    /// Wall time, milliseconds.
    pub time_ms: Option<u64>,
    /// US dollars. Counts only where the model's price is known.
    pub cost_usd: Option<f64>,
}

/// A call that is about to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberedCall {
    /// The id that its evidence will have.
    pub evidence: EvidenceId,
    /// The tool.
    pub tool: String,
    /// The arguments, defaults filled in.
    pub arguments: serde_json::Value,
    /// The model's call; `None`: the opening's.
    pub call: Option<String>,
}

/// Why an investigation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// With a root cause and a plan.
    Complete,
    /// With less: a budget, the time or the model gave out.
    Partial {
        /// What gave out, in words.
        reason: String,
    },
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An investigation was asked for.
    Opened {
        /// What started it.
        trigger: Trigger,
        /// The model's id.
        model: String,
        /// What it may use.
        budget: Budget,
        /// The BCP 47 tag of the report's language.
        language: String,
        /// The scenario that is played, if one is.
        scenario: Option<String>,
        /// The environment of the configuration whose account is read, if one is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        environment: Option<String>,
        /// The program's version.
        program: String,
    },
    /// The trigger was resolved.
    Scoped {
        /// What is looked at, and when.
        scope: Scope,
    },
    /// The opening found nothing more to ask. From here on the model decides.
    OpeningEnded,
    /// Calls are about to run, each under the id that its evidence will have. Calls that a crash leaves without evidence are run
    /// again under the same id.
    CallsPlanned {
        /// In order; they run concurrently.
        calls: Vec<NumberedCall>,
    },
    /// A tool gave something.
    EvidenceTaken {
        /// What it gave.
        evidence: Arc<Evidence>,
        /// The model's call that asked for it; `None`: the opening did.
        call: Option<String>,
    },
    /// A call repeated an earlier one and was answered from the journal, or asked to read on in evidence.
    EvidenceShown {
        /// The evidence.
        evidence: EvidenceId,
        /// What the model was shown.
        text: String,
        /// The model's call.
        call: String,
    },
    /// The model answered.
    ModelAnswered {
        /// What it said.
        message: Message,
        /// What that used.
        usage: Usage,
        /// From the request's first byte to the answer's last, milliseconds.
        latency_ms: u64,
        /// The model's id.
        model: String,
        /// Why it stopped.
        stop_reason: StopReason,
        /// US dollars; `None` where the price is unknown.
        cost_usd: Option<f64>,
    },
    /// The model noted a finding.
    FindingNoted {
        /// observation, hypothesis or ruled_out.
        kind: FindingKind,
        /// In one sentence.
        text: String,
        /// The evidence that it rests on.
        evidence: Vec<EvidenceId>,
        /// The model's call.
        call: String,
    },
    /// A call was refused: unknown tool, bad arguments, or a claim that does not hold.
    CallRefused {
        /// The model's call.
        call: String,
        /// The tool that it named.
        tool: String,
        /// Why, and what to do instead.
        reason: String,
    },
    /// A root cause was accepted.
    RootCauseReported {
        /// The claim.
        root_cause: RootCause,
        /// Its check.
        verification: Verification,
        /// The model's call.
        call: String,
    },
    /// A plan was accepted.
    PlanReported {
        /// The plan.
        plan: MitigationPlan,
        /// Its check.
        check: PlanCheck,
        /// The model's call.
        call: String,
    },
    /// The investigation itself said something to the model: it answered without a call, or a budget nears its end.
    Prompted {
        /// What was said.
        text: String,
        /// Whether it said that the next turn is the last.
        last_turn: bool,
    },
    /// The conversation was too large for the model: from here on it is shown less of it. Nothing is lost: all of it stays in the journal,
    /// and `show_evidence` brings it back. What had been read again before the last answer, and the reasoning of all answers but the
    /// last, are left out, too.
    Compacted {
        /// The evidence of which only the beginning is shown from here on.
        evidence: Vec<EvidenceId>,
        /// How large it was and how large it may be, or the service's own words.
        reason: String,
    },
    /// A person asked something. Until it is answered or interrupted, all that happens belongs to the question.
    QuestionAsked {
        /// The question.
        text: String,
        /// What the answer may use, counted from here on.
        #[serde(default)]
        budget: Budget,
        /// The BCP 47 tag of the answer's language; `None`: the report's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// The asker's time zone by its IANA name, in which "noon" is meant; `None`: UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// The person was answered, or was told why there is no answer.
    Answered {
        /// The answer, Markdown.
        text: String,
        /// What the answer rests on, each citation after its check. Empty: words alone.
        #[serde(default)]
        citations: Vec<CitationCheck>,
        /// The model's call; `None`: it answered in words alone, or not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<String>,
        /// What gave out before there was an answer: a budget, or the model. The text says so, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        given_up: Option<String>,
    },
    /// The program was told to stop (Ctrl-C). While a question is open, this ends the question and nothing else.
    Interrupted,
    /// The program took the investigation up again. An end that was partial no longer counts. While a question is open, its answer is
    /// taken up again and nothing else.
    Resumed {
        /// What it may use from the beginning on; the budget that it was opened with no longer counts. For a question: what it may
        /// use from here on.
        budget: Budget,
    },
    /// A model was left for another.
    Degraded {
        /// The model that was left.
        from: String,
        /// The model that goes on.
        to: String,
        /// Why.
        reason: String,
    },
    /// The investigation ended.
    Closed {
        /// How.
        #[serde(flatten)]
        ending: Ending,
    },
}

/// What sort of finding a model noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Something that the evidence shows.
    Observation,
    /// An explanation that is to be tested.
    Hypothesis,
    /// An explanation that the evidence refutes.
    RuledOut,
}

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without holes.
    pub number: u64,
    /// When it was written, UTC.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
