//! The failure modes: one file each. A mode looks at the case and answers with a hypothesis, or does not apply.
//!
//! To add one: a file here with a function of the type [`Mode`], a variant of [`Diagnosis`](crate::hypothesis::Diagnosis), a plan under
//! `plan/`, and a line in the list of its kind of subject. Modes know nothing of each other: the best supported hypothesis is reported.

use jiff::SignedDuration;
use marple_case::Verdict;

use crate::{
    hypothesis::Hypothesis,
    reading::{Case, subject::SubjectKind},
};

pub(crate) mod closed_path;
pub(crate) mod database;
pub(crate) mod dependency;
pub(crate) mod exception;
pub(crate) mod import_error;
pub(crate) mod insufficient;
pub(crate) mod no_credentials;
pub(crate) mod no_fault;
pub(crate) mod out_of_memory;
pub(crate) mod permission;
pub(crate) mod redelivered;
pub(crate) mod resting;
pub(crate) mod service;
pub(crate) mod slow_dependency;
pub(crate) mod storage;
pub(crate) mod throttling;
pub(crate) mod timeout;
pub(crate) mod troubled_database;

/// A failure mode.
type Mode = for<'a> fn(&Case<'a>) -> Option<Hypothesis<'a>>;

/// The modes of Lambda functions; of equally supported hypotheses the earlier one's is reported.
const OF_FUNCTIONS: [Mode; 15] = [
    out_of_memory::examine,
    import_error::examine,
    no_credentials::examine,
    permission::examine,
    closed_path::examine,
    troubled_database::examine,
    dependency::examine,
    storage::examine,
    timeout::examine,
    redelivered::examine,
    exception::examine,
    slow_dependency::examine,
    throttling::examine,
    resting::examine,
    no_fault::examine,
];

/// The modes of ECS services, and of load balancers whose service is not known.
const OF_SERVICES: [Mode; 22] = [
    closed_path::examine,
    service::image::examine,
    service::secret::examine,
    service::memory::examine,
    no_credentials::examine,
    service::readdressed::examine,
    service::lapsed::examine,
    troubled_database::examine,
    dependency::examine,
    permission::examine,
    storage::examine,
    service::crash::examine,
    service::cpu::examine,
    service::health::examine,
    service::edge::examine,
    service::credentials::examine,
    service::revised::examine,
    slow_dependency::examine,
    throttling::examine,
    service::deployment::examine,
    resting::examine,
    service::quiet::examine,
];

/// The modes of databases.
const OF_DATABASES: [Mode; 3] = [database::examine, dependency::examine, service::quiet::examine];

/// All hypotheses, the best first: what began in time for the alarm, then by support, new before old, and how much they explain.
pub(crate) fn hypotheses<'a>(case: &Case<'a>) -> Vec<Hypothesis<'a>> {
    let modes: &[Mode] = match case.kind {
        SubjectKind::Function => &OF_FUNCTIONS,
        SubjectKind::Service | SubjectKind::LoadBalancer => &OF_SERVICES,
        SubjectKind::Database => &OF_DATABASES,
    };
    let mut all: Vec<Hypothesis<'a>> = modes.iter().filter_map(|mode| mode(case)).collect();
    closed_path::give_way(&mut all);
    // How many failures a mode explains compares between modes of functions, which all count invocations.
    let counts = |one: &Hypothesis<'a>| if case.kind == SubjectKind::Function { one.explains } else { 0 };
    all.sort_by_key(|one| std::cmp::Reverse((!is_late(case, one), one.support, one.fresh, counts(one))));
    all
}

/// Whether a fault was first seen so long after the alarm's first breach that it cannot be what set it off. An invocation is counted
/// where it began, so what ends a long one may be logged later by as much as the function may run.
pub(crate) fn is_late(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> bool {
    let (Some(onset), Some(breach)) = (hypothesis.cause.onset, case.breach()) else { return false };
    let may_run = case.function.map_or(0, |function| i64::from(function.timeout_s));
    let room = case.scope.tolerance().saturating_add(SignedDuration::from_secs(may_run));
    hypothesis.cause.verdict == Verdict::Fault && onset.duration_since(breach) > room
}
