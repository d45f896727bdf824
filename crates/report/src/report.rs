//! [`Report`]: everything that a report says, as a fold over the journal.
//!
//! No other code computes these figures: the renderings, the evaluation and the server read them here. The same entries
//! always give the same report, and any prefix of a journal gives one, too: an investigation that was cut off shows what
//! is known so far.
//!
//! | file | what it does |
//! |---|---|
//! | `report.rs` | the types |
//! | `fold.rs` | entries in, report out |
//! | `attempts.rs` | evidence that tries to give instructions |
//! | `gaps.rs` | what was denied or failed and is no gap of the root cause yet |

use std::sync::Arc;

use jiff::Timestamp;
use marple_case::{
    Citation, Confidence, Entry, Event, Evidence, EvidenceId, InvestigationId, MitigationPlan, PlanCheck, RootCause,
    Scope, Trigger, Usage, Verdict, Verification,
    event::{Budget, FindingKind},
    root_cause::{Link, RuledOut},
    verification::{CitationCheck, Reason, StatementCheck},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::words::Words;

pub(crate) mod attempts;
mod fold;
mod gaps;

/// The id of the model that is no language model.
pub const PLAYBOOK: &str = "playbook";

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The investigation.
    pub id: InvestigationId,
    /// The version of the program that opened it.
    pub program: Option<String>,
    /// The scenario that was played, if one was.
    pub scenario: Option<String>,
    /// The BCP 47 tag of the report's language.
    pub language: String,
    /// What started it.
    pub trigger: Option<Trigger>,
    /// What was looked at, and when.
    pub scope: Option<Scope>,
    /// When it was opened, UTC.
    pub opened_at: Option<Timestamp>,
    /// How it ended, if it has.
    pub status: Status,
    /// The model that reported the root cause; before there is one, the model that is at work.
    pub model: String,
    /// All models that answered before the investigation ended, in the order of their first answer.
    pub models: Vec<String>,
    /// Whether any of [`models`](Self::models) is a language model.
    pub language_model: bool,
    /// What the investigation may use, by the last word on it.
    pub budget: Budget,
    /// What the investigation used.
    pub spent: Spent,
    /// What the questions afterwards used.
    pub spent_on_questions: Spent,
    /// The root cause as it was accepted last.
    pub conclusion: Option<Conclusion>,
    /// Root causes that a later one replaced, oldest first.
    pub superseded: Vec<Version>,
    /// The plan for the [`conclusion`](Self::conclusion), as it was accepted last.
    pub plan: Option<Plan>,
    /// All evidence, by id.
    pub evidence: Vec<Arc<Evidence>>,
    /// What the model noted on its way.
    pub findings: Vec<Finding>,
    /// How many calls were refused before the investigation ended.
    pub refused_calls: u32,
    /// What could not be seen: the gaps of the root cause, then one for each denied or failed call that none of those mentions.
    pub gaps: Vec<Gap>,
    /// What happened to the investigation itself.
    pub notes: Vec<Note>,
    /// What a person asked afterwards.
    pub questions: Vec<Exchange>,
}

/// How an investigation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Ended with a root cause and a plan.
    Complete,
    /// Ended with less.
    Partial {
        /// What gave out.
        reason: String,
    },
    /// A person stopped it.
    Interrupted,
    /// The journal ends in the middle: it is still at work, or it was cut off.
    Unfinished,
}

impl Status {
    /// The one word: complete, partial, interrupted, unfinished.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial { .. } => "partial",
            Self::Interrupted => "interrupted",
            Self::Unfinished => "unfinished",
        }
    }
}

/// What something used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spent {
    /// Wall time, milliseconds. Time in which the program did not run is not counted.
    pub elapsed_ms: u64,
    /// Answers of a model.
    pub turns: u32,
    /// Calls of tools that read AWS: one for each piece of evidence.
    pub tool_calls: u32,
    /// Tokens.
    pub usage: Usage,
    /// US dollars. `None`: a language model answered whose price is unknown.
    pub cost_usd: Option<f64>,
}

impl Default for Spent {
    fn default() -> Self {
        Self { elapsed_ms: 0, turns: 0, tool_calls: 0, usage: Usage::default(), cost_usd: Some(0.0) }
    }
}

/// A root cause with its check.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion {
    /// When it was accepted, UTC.
    pub at: Timestamp,
    /// The model that reported it.
    pub model: String,
    /// The claim.
    pub root_cause: RootCause,
    /// Its check.
    pub verification: Verification,
}

/// A citation as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited<'a> {
    /// The evidence.
    pub evidence: EvidenceId,
    /// The quote.
    pub quote: &'a str,
    /// The line of the evidence's text that holds the quote, from 1; `None`: it does not stand.
    pub line: Option<u32>,
    /// Why it was refused, if it was.
    pub refused: Option<&'a str>,
}

impl Conclusion {
    /// The causal chain: each link, its citations as checked, and whether the link is an inference.
    pub fn chain(&self) -> impl Iterator<Item = (&Link, Vec<Cited<'_>>, bool)> {
        let links = self.root_cause.chain.iter().enumerate();
        links.map(|(place, link)| {
            let check = self.verification.chain.get(place);
            (link, cited(&link.citations, check), is_inference(check))
        })
    }

    /// The rivals, their citations as checked, and whether they are ruled out by inference only.
    pub fn ruled_out(&self) -> impl Iterator<Item = (&RuledOut, Vec<Cited<'_>>, bool)> {
        let rivals = self.root_cause.ruled_out.iter().enumerate();
        rivals.map(|(place, rival)| {
            let check = self.verification.ruled_out.get(place);
            (rival, cited(&rival.citations, check), is_inference(check))
        })
    }
}

/// A statement that was never checked is an inference, as is one whose check failed.
fn is_inference(check: Option<&StatementCheck>) -> bool {
    !check.is_some_and(StatementCheck::is_verified)
}

fn cited<'a>(claimed: &'a [Citation], check: Option<&'a StatementCheck>) -> Vec<Cited<'a>> {
    let unchecked = |citation: &'a Citation| Cited {
        evidence: citation.evidence,
        quote: &citation.quote,
        line: None,
        refused: None,
    };
    let check_of = |place| check.and_then(|check| check.citations.get(place));
    let places = claimed.iter().enumerate();
    places.map(|(place, citation)| check_of(place).map_or_else(|| unchecked(citation), Cited::from)).collect()
}

impl<'a> From<&'a CitationCheck> for Cited<'a> {
    fn from(check: &'a CitationCheck) -> Self {
        match check {
            CitationCheck::Verified { evidence, quote, line } => {
                Self { evidence: *evidence, quote, line: Some(*line), refused: None }
            }
            CitationCheck::Refused { evidence, quote, reason } => {
                Self { evidence: *evidence, quote, line: None, refused: Some(reason) }
            }
        }
    }
}

/// Something that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gap {
    /// What is missing.
    pub missing: String,
    /// Why.
    pub why: String,
    /// What would make it visible.
    pub how_to_close: String,
    /// Whether the causal chain depends on it.
    pub on_the_chain: bool,
    /// The calls that were denied or failed. Empty for a gap that the model named.
    pub evidence: Vec<EvidenceId>,
}

impl From<&marple_case::root_cause::Gap> for Gap {
    fn from(claimed: &marple_case::root_cause::Gap) -> Self {
        Self {
            missing: claimed.missing.clone(),
            why: claimed.why.clone(),
            how_to_close: claimed.how_to_close.clone(),
            on_the_chain: claimed.on_the_chain,
            evidence: Vec::new(),
        }
    }
}

/// A plan with its check.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// When it was accepted, UTC.
    pub at: Timestamp,
    /// The plan.
    pub plan: MitigationPlan,
    /// Its check.
    pub check: PlanCheck,
}

/// A root cause that a later one replaced, with the plan that went with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The root cause.
    pub conclusion: Conclusion,
    /// Its plan, if there was one.
    pub plan: Option<Plan>,
}

/// Who found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The model noted it.
    Model,
    /// Code found it, whichever model was at work.
    Program,
}

/// What was noted on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// When, UTC.
    pub at: Timestamp,
    /// Observation, hypothesis or ruled out.
    pub kind: FindingKind,
    /// In one sentence.
    pub text: String,
    /// What it rests on.
    pub evidence: Vec<EvidenceId>,
    /// Who found it.
    pub by: FoundBy,
}

/// Something that happened to the investigation itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A model was left for another.
    Degraded {
        /// When, UTC.
        at: Timestamp,
        /// The model that was left.
        from: String,
        /// The model that went on.
        to: String,
        /// Why.
        reason: String,
    },
    /// The conversation was too large for the model, which was shown less of it from there on.
    Compacted {
        /// When, UTC.
        at: Timestamp,
        /// How many pieces of evidence were shortened.
        evidence: usize,
        /// Why.
        reason: String,
    },
    /// A person stopped it.
    Interrupted {
        /// When, UTC.
        at: Timestamp,
    },
    /// It was taken up again.
    Resumed {
        /// When, UTC.
        at: Timestamp,
    },
}

/// A question of a person and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// When it was asked, UTC.
    pub at: Timestamp,
    /// The question.
    pub question: String,
    /// The answer, once there is one.
    pub answer: Option<Reply>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// When, UTC.
    pub at: Timestamp,
    /// The model that answered.
    pub model: String,
    /// The answer, Markdown; empty if it was given up.
    pub text: String,
    /// What it rests on, each citation after its check. Empty: words alone, of which nothing was checked.
    pub citations: Vec<CitationCheck>,
    /// What gave out before there was an answer.
    pub given_up: Option<String>,
}

impl Reply {
    /// The answer in an entry of the journal, if it is one; `model`: the model that answered last.
    pub fn of(entry: &Entry, model: &str) -> Option<Self> {
        let Event::Answered { text, citations, given_up, .. } = &entry.event else { return None };
        Some(Self {
            at: entry.at,
            model: model.to_owned(),
            text: text.clone(),
            citations: citations.clone(),
            given_up: given_up.clone(),
        })
    }
}

impl Report {
    /// Whether this is no investigation: a person asked about the account, and no cause was reported.
    pub fn is_chat(&self) -> bool {
        matches!(self.trigger, Some(Trigger::Account)) && self.conclusion.is_none()
    }

    /// The verdict, once there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        self.conclusion.as_ref().map(|conclusion| conclusion.root_cause.verdict)
    }

    /// The computed confidence, once there is one.
    pub fn confidence(&self) -> Option<Confidence> {
        self.conclusion.as_ref().map(|conclusion| conclusion.verification.confidence)
    }

    /// Why the confidence is what it is.
    pub fn because(&self) -> impl Iterator<Item = &Reason> {
        self.conclusion.iter().flat_map(|conclusion| &conclusion.verification.because)
    }

    /// The evidence of that id.
    pub fn evidence(&self, id: EvidenceId) -> Option<&Evidence> {
        self.evidence.iter().map(Arc::as_ref).find(|evidence| evidence.id == id)
    }

    /// The words of the report's language.
    pub fn words(&self) -> &'static Words {
        Words::of(&self.language)
    }

    /// What the root cause takes for granted.
    pub fn assumptions(&self) -> impl Iterator<Item = &str> {
        self.conclusion.iter().flat_map(|conclusion| &conclusion.root_cause.assumptions).map(String::as_str)
    }

    /// What was let pass by the checks of root cause and plan, or is worth knowing.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        let of_cause = self.conclusion.iter().flat_map(|conclusion| &conclusion.verification.remarks);
        let of_plan = self.plan.iter().flat_map(|plan| &plan.check.remarks);
        of_cause.chain(of_plan).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
