//! What code found when it checked a model's claims. A claimed [`Citation`](crate::Citation) and a checked one are
//! different types: only the verification makes a [`Verified`](CitationCheck::Verified).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::EvidenceId;

/// How sure the report is. Computed from the verification, never claimed by a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A link is an inference, or there is no chain.
    Low,
    /// The chain is cited and verified; rivals, gaps or assumptions remain.
    Medium,
    /// The chain is cited and verified, a rival is ruled out with evidence, no gap lies on the chain, and nothing is taken for granted.
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
    /// Why it is what it is.
    pub because: Vec<Reason>,
}

/// Why a confidence is what it is. Displayed in English; reports have it in their own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The report was taken although something did not hold.
    Objections {
        /// How many things.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// The evidence does not suffice for a cause.
    Insufficient,
    /// There is no causal chain.
    NoChain,
    /// Every link of the chain is cited and verified.
    Verified {
        /// How many links.
        links: usize,
    },
    /// Links of the chain are inference.
    Inference {
        /// How many are.
        open: usize,
        /// Of how many.
        links: usize,
    },
    /// Rivals that are ruled out with evidence, if any.
    Rivals {
        /// How many.
        count: usize,
    },
    /// Gaps lie on the chain.
    GapsOnChain {
        /// How many.
        count: usize,
    },
    /// The chain takes something for granted that no evidence shows.
    Assumptions {
        /// How many things.
        count: usize,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Objections { count: 1, first } => write!(f, "taken with 1 objection: {first}"),
            Self::Objections { count, first } => write!(f, "taken with {count} objections; the first: {first}"),
            Self::Insufficient => f.write_str("the evidence does not suffice for a cause"),
            Self::NoChain => f.write_str("there is no causal chain"),
            Self::Verified { links: 1 } => f.write_str("the only link is cited and verified"),
            Self::Verified { links } => write!(f, "all {links} links are cited and verified"),
            Self::Inference { open: 1, links } => write!(f, "1 of {links} links is inference"),
            Self::Inference { open, links } => write!(f, "{open} of {links} links are inference"),
            Self::Rivals { count: 0 } => f.write_str("no rival is ruled out with evidence"),
            Self::Rivals { count: 1 } => f.write_str("1 rival is ruled out with evidence"),
            Self::Rivals { count } => write!(f, "{count} rivals are ruled out with evidence"),
            Self::GapsOnChain { count: 1 } => f.write_str("1 gap lies on the chain"),
            Self::GapsOnChain { count } => write!(f, "{count} gaps lie on the chain"),
            Self::Assumptions { count: 1 } => f.write_str("1 thing is taken for granted without evidence"),
            Self::Assumptions { count } => write!(f, "{count} things are taken for granted without evidence"),
        }
    }
}

/// What was checked about a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanCheck {
    /// What was wrong and was let pass after the repairs were used up. Empty in a clean plan.
    pub remarks: Vec<String>,
}
