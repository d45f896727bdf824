//! What a model claims to be the cause. The doc comments are what the model reads: they are the schema's descriptions.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{evidence::EvidenceId, resource::ResourceRef};

/// Whether there is a fault at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something is wrong, and the chain says what.
    Fault,
    /// Nothing is wrong with the system: the alarm recovered by itself, or is set wrongly.
    NoFault,
    /// The evidence does not suffice to say; the gaps name what is missing.
    InsufficientEvidence,
}

/// The sort of cause. A closed list; `none` goes with the verdict no_fault, `unknown` with insufficient_evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// The program does the wrong thing with its input.
    CodeDefect,
    /// Memory ran out.
    MemoryExhaustion,
    /// The processor is the limit.
    CpuSaturation,
    /// Work takes longer than it is allowed to.
    Timeout,
    /// Something that the resource calls cannot be reached or does not answer.
    DependencyUnreachable,
    /// A setting is wrong.
    Misconfiguration,
    /// Credentials are needed and were never given, or were taken away.
    MissingCredentials,
    /// An IAM or resource policy refuses a call.
    PermissionDenied,
    /// A rate or concurrency limit refuses calls.
    Throttling,
    /// A resource is full: connections, disk, instances.
    Capacity,
    /// An image or package cannot be pulled, loaded or run.
    BadImage,
    /// Routing, DNS, security groups.
    Network,
    /// There is more, less or other traffic than before.
    TrafficChange,
    /// A secret or certificate expired, or was rotated under a running program.
    ExpiredOrRotatedSecret,
    /// AWS itself failed.
    AwsServiceEvent,
    /// No fault.
    None,
    /// Not known.
    Unknown,
}

impl Category {
    /// The name as in JSON: `code_defect`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeDefect => "code_defect",
            Self::MemoryExhaustion => "memory_exhaustion",
            Self::CpuSaturation => "cpu_saturation",
            Self::Timeout => "timeout",
            Self::DependencyUnreachable => "dependency_unreachable",
            Self::Misconfiguration => "misconfiguration",
            Self::MissingCredentials => "missing_credentials",
            Self::PermissionDenied => "permission_denied",
            Self::Throttling => "throttling",
            Self::Capacity => "capacity",
            Self::BadImage => "bad_image",
            Self::Network => "network",
            Self::TrafficChange => "traffic_change",
            Self::ExpiredOrRotatedSecret => "expired_or_rotated_secret",
            Self::AwsServiceEvent => "aws_service_event",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// A quotation from evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The evidence that is quoted.
    pub evidence: EvidenceId,
    /// Words that stand in that evidence to the letter, on one line, 4 characters or more. White space may differ, nothing else.
    pub quote: String,
}

/// One link of the causal chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What happened, in one sentence.
    pub statement: String,
    /// When it happened, UTC, if it happened at a moment. A cause is never later than its effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What shows it. Every link needs at least one.
    pub citations: Vec<Citation>,
}

/// A rival explanation that the evidence refutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuledOut {
    /// The rival.
    pub hypothesis: String,
    /// Why it is not the cause.
    pub reason: String,
    /// What shows that.
    pub citations: Vec<Citation>,
}

/// Something that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// What is missing.
    pub missing: String,
    /// Why: denied, not logged, no longer kept, not captured.
    pub why: String,
    /// What would make it visible.
    pub how_to_close: String,
    /// Whether the causal chain itself depends on what is missing.
    #[serde(default)]
    pub on_the_chain: bool,
}

/// Where a location was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeenIn {
    /// The source was read, and the line stands in evidence.
    Source,
    /// A stack trace names it; the source was not read.
    StackTrace,
}

/// A place in code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// The file as the deployment package or the stack trace names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, where a stack trace gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// How it is known.
    pub seen_in: SeenIn,
}

/// The root cause, as claimed. Submitting it ends the search for the cause; every claim is checked by code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootCause {
    /// fault, no_fault or insufficient_evidence.
    pub verdict: Verdict,
    /// The sort of cause.
    pub category: Category,
    /// One line that a person reads first.
    pub title: String,
    /// Three to six sentences: what broke, how, since when, who is affected.
    pub summary: String,
    /// The resources that are at fault, not those that merely suffer or stand nearby. Empty for no_fault.
    #[serde(default)]
    pub components: Vec<ResourceRef>,
    /// Where in the code, if the cause is in code that was read or that a stack trace names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// When it began, UTC: the first effect that evidence shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Timestamp>,
    /// What sets the fault off: a kind of request, a change, a load, a time of day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// The causal chain, the cause first and the alarm last. At least one link for a fault.
    #[serde(default)]
    pub chain: Vec<Link>,
    /// Rival explanations that were tested and refuted.
    #[serde(default)]
    pub ruled_out: Vec<RuledOut>,
    /// What could not be looked at. What the chain needs all the same is an assumption, too.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// What the chain takes for granted and no evidence shows, one sentence each: whoever reads the report has to know what it stands on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// What a person should look at next.
    #[serde(default)]
    pub recommended_checks: Vec<String>,
}
