//! The plan that follows from a diagnosis: one file a failure mode.
//!
//! An immediate action stands here only if it helps: it names what it changes, how to see that it worked and how to undo it, and is marked
//! temporary where the cause remains. Where nothing helps, the plan says why. No command deletes or shows a secret's value.

use marple_case::{MitigationPlan, mitigation::Spec};

use crate::{
    hypothesis::{Diagnosis, Hypothesis},
    reading::Case,
};

pub(crate) mod answered;
pub(crate) mod clients;
pub(crate) mod closed_path;
pub(crate) mod database;
pub(crate) mod defect;
pub(crate) mod dependency;
pub(crate) mod loading;
pub(crate) mod memory;
pub(crate) mod no_credentials;
pub(crate) mod other;
pub(crate) mod permission;
pub(crate) mod redelivered;
pub(crate) mod redrive;
pub(crate) mod rollback;
pub(crate) mod service;
pub(crate) mod slow;
pub(crate) mod step;
pub(crate) mod storage;
pub(crate) mod throttling;
pub(crate) mod timeout;
pub(crate) mod troubled_database;

/// The plan for a hypothesis.
pub(crate) fn of(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> MitigationPlan {
    match &hypothesis.diagnosis {
        Diagnosis::Defect(defect) => defect::plan(case, defect),
        Diagnosis::Exhausted(exhausted) => memory::plan(case, exhausted),
        Diagnosis::Overdue(overdue) => timeout::plan(case, overdue),
        Diagnosis::Closed(closed) => closed_path::plan(case, closed),
        Diagnosis::Unreachable(unreachable) => dependency::plan(case, unreachable),
        Diagnosis::Unloadable(unloadable) => loading::plan(case, unloadable),
        Diagnosis::Uncredentialed(without) => no_credentials::plan(case, without),
        Diagnosis::Redelivered(found) => redelivered::plan(case, found),
        Diagnosis::Refusal(refusal) => permission::plan(case, refusal),
        Diagnosis::Full(full) => storage::plan(case, full),
        Diagnosis::Throttled(throttled) => throttling::plan(case, throttled),
        Diagnosis::Service(fault) => service::plan(case, fault),
        Diagnosis::Database(overloaded) => database::overloaded(case, overloaded),
        Diagnosis::Troubled(troubled) => troubled_database::plan(case, troubled),
        Diagnosis::Slow(slow) => slow::plan(case, slow),
        Diagnosis::Quiet(quiet) => other::quiet(case, *quiet),
        Diagnosis::Unknown => other::unknown(case),
    }
}

/// A plan with nothing in it.
pub(crate) fn empty() -> MitigationPlan {
    MitigationPlan {
        immediate: Vec::new(),
        no_immediate_action: None,
        avoid: Vec::new(),
        follow_up: Vec::new(),
        spec: None,
        prevention: Vec::new(),
    }
}

/// A specification for a coding agent.
pub(crate) fn spec(context: String, files: Vec<String>, requirements: &[String], acceptance: &[String]) -> Spec {
    Spec { context, files, requirements: requirements.to_vec(), acceptance: acceptance.to_vec() }
}
