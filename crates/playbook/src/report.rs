//! From hypotheses to the two reports: which one is claimed, with its rivals and gaps added.

use jiff::{SignedDuration, Timestamp};
use marple_case::{MitigationPlan, ResourceRef, RootCause, Verdict, root_cause::RuledOut};

use crate::{
    gaps,
    hypothesis::{Diagnosis, Hypothesis, Support, gap},
    modes::{self, service::ServiceFault},
    plan,
    reading::Case,
    rivals,
};

/// Most gaps that a report lists: the ones on the chain first.
const MOST_GAPS: usize = 10;

/// What is reported.
#[derive(Debug)]
pub(crate) struct Reports {
    /// The claim.
    pub(crate) cause: RootCause,
    /// The plan.
    pub(crate) plan: MitigationPlan,
}

/// The reports that the case supports now.
pub(crate) fn reports(case: &Case<'_>) -> Reports {
    let mut hypotheses = modes::hypotheses(case);
    let supported = hypotheses.first().is_some_and(|best| best.support >= Support::Likely && is_tellable(best));
    let best = match supported {
        true => hypotheses.remove(0),
        false => modes::insufficient::examine(case, &hypotheses),
    };
    let plan = plan::of(case, &best);
    let mut cause = finish(case, &best);
    if supported {
        cause.recommended_checks.extend(alternatives(&best, &hypotheses));
    }
    Reports { cause, plan }
}

/// The reports that claim this hypothesis.
pub(crate) fn of(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Reports {
    Reports { cause: finish(case, hypothesis), plan: plan::of(case, hypothesis) }
}

/// A fault needs a chain: without one citation it is not claimed.
fn is_tellable(hypothesis: &Hypothesis<'_>) -> bool {
    !hypothesis.cause.chain.is_empty()
}

fn finish(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> RootCause {
    let mut cause = hypothesis.cause.clone();
    let shown = case.first_point("Errors").or_else(|| case.alarm_transition().map(|transition| transition.at));
    cause.onset = onset(case, cause.onset.or(shown).or(case.scope.first_breach));
    for rival in rivals::refuted(case, hypothesis) {
        if !cause.ruled_out.iter().any(|known| known.hypothesis == rival.hypothesis) {
            cause.ruled_out.push(rival);
        }
    }
    cause.ruled_out.retain(|rival: &RuledOut| !rival.citations.is_empty());
    distinct(&mut cause.components);
    cause.gaps.extend(gaps::general(case, hypothesis));
    if modes::is_late(case, hypothesis) {
        cause.gaps.push(gap(
            "what failed when the alarm's metric first breached",
            "the first failure that was read is later than that",
            "read the logs of the minutes before the first breach, whole",
            true,
        ));
    }
    cause.gaps.sort_by_key(|gap| !gap.on_the_chain);
    cause.gaps.truncate(MOST_GAPS);
    cause
}

/// Each component once, however many parts of the claim named it; of two, the one whose ARN is known.
fn distinct(components: &mut Vec<ResourceRef>) {
    let mut kept: Vec<ResourceRef> = Vec::new();
    for component in components.drain(..) {
        match kept.iter_mut().find(|known| known.is_same(&component)) {
            Some(known) if known.arn.is_none() => *known = component,
            Some(_) => {}
            None => kept.push(component),
        }
    }
    *components = kept;
}

/// Whether one finding is the other's effect: a function at its memory limit spends its time freeing memory until its timeout, and
/// one that cannot reach a dependency may wait for it that long. Tasks that do not stay keep a deployment from becoming stable.
fn explains(best: &Hypothesis<'_>, other: &Hypothesis<'_>) -> bool {
    if matches!(other.diagnosis, Diagnosis::Service(ServiceFault::Deployment(_))) {
        return !matches!(best.diagnosis, Diagnosis::Quiet(_) | Diagnosis::Unknown);
    }
    // An address that leads nowhere is what cannot be reached, and ends a program that needs it.
    if matches!(best.diagnosis, Diagnosis::Service(ServiceFault::Readdressed(_)))
        && matches!(other.diagnosis, Diagnosis::Unreachable(_) | Diagnosis::Service(ServiceFault::Crash(_)))
    {
        return true;
    }
    if matches!(best.diagnosis, Diagnosis::Closed(_)) && modes::closed_path::is_effect(&other.diagnosis) {
        return true;
    }
    // A database that breaks off refuses connections, too, until it is back.
    if matches!((&best.diagnosis, &other.diagnosis), (Diagnosis::Troubled(_), Diagnosis::Unreachable(_))) {
        return true;
    }
    let unexplained = matches!(&other.diagnosis, Diagnosis::Overdue(overdue) if overdue.wait.is_none());
    unexplained && matches!(best.diagnosis, Diagnosis::Exhausted(_) | Diagnosis::Unreachable(_))
}

/// Other supported hypotheses: they are said, since they may be a second fault.
fn alternatives(best: &Hypothesis<'_>, others: &[Hypothesis<'_>]) -> Vec<String> {
    let supported =
        others.iter().filter(|other| other.support >= Support::Likely && other.fresh && !explains(best, other));
    // That something ended for reasons unknown is no finding beside a cause.
    let supported = supported.filter(|other| other.cause.verdict != Verdict::InsufficientEvidence);
    supported
        .take(2)
        .map(|other| format!("A second finding, which this report does not explain: {}", other.cause.title))
        .collect()
}

/// An onset that is later than the alarm's first breach is the end of a long invocation: metrics count it where it began, as much
/// earlier as the function may run.
fn onset(case: &Case<'_>, onset: Option<Timestamp>) -> Option<Timestamp> {
    let may_run = SignedDuration::from_secs(case.function.map_or(0, |function| i64::from(function.timeout_s)));
    match (onset, case.breach()) {
        (Some(onset), Some(breach)) if onset.duration_since(breach) > case.scope.tolerance() => {
            let began = onset.checked_sub(may_run).unwrap_or(breach);
            let in_time = began.duration_since(breach) <= case.scope.tolerance();
            Some(if in_time { began.max(breach) } else { breach })
        }
        _ => onset,
    }
}
