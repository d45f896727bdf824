//! What code found when it checked a model's claims. A claimed [`Citation`](crate::Citation) and a checked one are
//! different types: only the verification makes a [`Verified`](CitationCheck::Verified).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::EvidenceId;

/// How sure the report is. Computed from the verification, never claimed by a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A link is an inference, or there is no chain.
    Low,
    /// The chain is cited and verified; rivals or gaps remain.
    Medium,
    /// The chain is cited and verified, a rival is ruled out with evidence, and no gap lies on the chain.
    High,
}

impl Confidence {
    /// The one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A citation after its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum CitationCheck {
    /// The quote stands in the evidence.
    Verified {
        /// The evidence.
        evidence: EvidenceId,
        /// The quote.
        quote: String,
        /// The line of the evidence's text that holds it, from 1.
        line: u32,
    },
    /// It does not.
    Refused {
        /// The evidence that was named.
        evidence: EvidenceId,
        /// The quote that was claimed.
        quote: String,
        /// Why it is refused.
        reason: String,
    },
}

impl CitationCheck {
    /// Whether the quote stands.
    pub fn is_verified(&self) -> bool {
        matches!(self, Self::Verified { .. })
    }

    /// The evidence and the quote, whatever the check said.
    pub fn citation(&self) -> (EvidenceId, &str) {
        match self {
            Self::Verified { evidence, quote, .. } | Self::Refused { evidence, quote, .. } => (*evidence, quote),
        }
    }
}

/// A statement's citations after their check. Without one verified citation, the statement is an inference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementCheck {
    /// One entry a citation, in order.
    pub citations: Vec<CitationCheck>,
}

impl StatementCheck {
    /// Whether at least one citation stands and none was refused.
    pub fn is_verified(&self) -> bool {
        !self.citations.is_empty() && self.citations.iter().all(CitationCheck::is_verified)
    }
}

/// What was checked about a root cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// One entry a link of the chain, in order.
    pub chain: Vec<StatementCheck>,
    /// One entry a ruled-out rival, in order.
    pub ruled_out: Vec<StatementCheck>,
    /// What was wrong and was let pass after the repairs were used up, or is worth knowing. Empty in a clean report.
    pub remarks: Vec<String>,
    /// The computed confidence.
    pub confidence: Confidence,
    /// Why it is what it is, one reason a line.
    pub because: Vec<String>,
}

/// What was checked about a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanCheck {
    /// What was wrong and was let pass after the repairs were used up. Empty in a clean plan.
    pub remarks: Vec<String>,
}
