//! What code refuses, and the confidence that it computes. Pure: a claim and the state in, objections out.
//!
//! | module | what it checks |
//! |---|---|
//! | `citations` | the evidence exists, and the quote stands in it to the letter |
//! | `times` | no cause is later than its effect; the onset fits alarm and chain |
//! | `location` | source was read, or a stack trace names the place |
//! | `components` | some evidence names each component |
//! | `shape` | verdict, category, chain and gaps fit each other |
//! | `plan` | rollback targets exist and predate the fault; what changes something is checked before and after and can be undone; commands are real and safe |
//! | `names` | what a command touches is shown by evidence |
//! | `confidence` | high, medium or low, and why |

use marple_case::{MitigationPlan, RootCause, Verification, verification::Reason};

use crate::investigation::Investigation;

mod citations;
mod components;
mod confidence;
mod location;
mod names;
mod plan;
mod shape;
mod times;

pub use citations::{as_recorded, check as check_citation};
pub use marple_commands::CommandFault;

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// A citation does not hold.
    #[error("{place}: {reason}")]
    Citation {
        /// Where in the report: `chain[2].citations[0]`.
        place: String,
        /// Why.
        reason: String,
    },
    /// A statement has no citation.
    #[error("{place}: no citation; every link needs one, quoted from evidence")]
    Uncited {
        /// Where in the report.
        place: String,
    },
    /// Times contradict each other.
    #[error("{place}: {reason}")]
    Time {
        /// Where in the report.
        place: String,
        /// Why.
        reason: String,
    },
    /// The location is not shown by evidence.
    #[error("location: {reason}")]
    Location {
        /// Why.
        reason: String,
    },
    /// No evidence names a component.
    #[error("components: no evidence names {name}; give the name as evidence shows it, or leave it out")]
    Component {
        /// The name.
        name: String,
    },
    /// The parts of the report contradict each other.
    #[error("{reason}")]
    Shape {
        /// Why.
        reason: String,
    },
    /// A rollback target is not shown by evidence.
    #[error("{place}: {reason}")]
    Rollback {
        /// Where in the plan.
        place: String,
        /// Why.
        reason: String,
    },
    /// A command is not acceptable.
    #[error("{place}: {fault}")]
    Command {
        /// Where in the plan.
        place: String,
        /// Why.
        fault: CommandFault,
    },
    /// A command touches something that no evidence shows.
    #[error(
        "{place}: no evidence names {value} (--{option}); use a name that stands in the evidence, look it up first with a tool, or, if a step \
         of this action gives it, write a word such as RULE_ARN and say in that step's text what it is"
    )]
    Name {
        /// Where in the plan.
        place: String,
        /// The option.
        option: String,
        /// What it was given.
        value: String,
    },
}

impl Objection {
    /// Whether this may never be let pass, however often it was sent back.
    pub fn is_unsafe(&self) -> bool {
        matches!(self, Self::Command { fault, .. } if fault.is_unsafe())
    }
}

/// Checks a root cause: the verification, and what does not hold.
pub fn root_cause(claim: &RootCause, state: &Investigation) -> (Verification, Vec<Objection>) {
    let mut objections = shape::check(claim);
    let (chain, ruled_out) = citations::check_all(claim, state.evidence(), &mut objections);
    objections.extend(times::check(claim, state));
    objections.extend(location::check(claim, state.evidence()));
    objections.extend(components::check(claim, state.evidence()));
    let (confidence, because) = confidence::compute(claim, &chain, &ruled_out);
    (Verification { chain, ruled_out, remarks: Vec::new(), confidence, because }, objections)
}

/// Checks a plan: what does not hold.
pub fn plan(plan: &MitigationPlan, cause: &RootCause, state: &Investigation) -> Vec<Objection> {
    plan::check(plan, cause, state)
}

/// The verification of a report that is taken although something does not hold: each objection becomes a remark, and the
/// confidence is at most low where it touches more than a citation that is marked already.
pub fn with_remarks(mut verification: Verification, objections: Vec<Objection>) -> Verification {
    if let Some(first) = objections.first() {
        verification.confidence = marple_case::Confidence::Low;
        let taken = Reason::Objections { count: objections.len(), first: first.to_string() };
        verification.because.insert(0, taken);
    }
    verification.remarks = objections.iter().map(ToString::to_string).collect();
    verification
}

/// What the model is told of a verification that passed.
pub fn summary(verification: &Verification) -> String {
    let because: Vec<String> = verification.because.iter().map(ToString::to_string).collect();
    format!("confidence {}: {}", verification.confidence.word(), because.join("; "))
}

/// What the model is told of a report that is sent back.
pub fn objections_text(what: &str, objections: &[Objection]) -> String {
    let lines: Vec<String> = objections.iter().map(|objection| format!("- {objection}")).collect();
    format!(
        "The {what} is not taken. What does not hold:\n{}\nMend this and send the whole {what} again.",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests;
