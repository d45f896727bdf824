//! From hypotheses to the two reports: which one is claimed, with its rivals and gaps added.

use jiff::Timestamp;
use marple_case::{MitigationPlan, RootCause, root_cause::RuledOut};

use crate::{
    gaps,
    hypothesis::{Hypothesis, Support},
    modes, plan,
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
        cause.recommended_checks.extend(alternatives(&hypotheses));
    }
    Reports { cause, plan }
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
    cause.gaps.extend(gaps::general(case, hypothesis));
    cause.gaps.sort_by_key(|gap| !gap.on_the_chain);
    cause.gaps.truncate(MOST_GAPS);
    cause
}

/// Other supported hypotheses: they are said, since they may be a second fault.
fn alternatives(others: &[Hypothesis<'_>]) -> Vec<String> {
    let supported = others.iter().filter(|other| other.support >= Support::Likely && other.fresh);
    supported
        .take(2)
        .map(|other| format!("A second finding, which this report does not explain: {}", other.cause.title))
        .collect()
}

/// An onset that is later than the alarm's first breach is the end of a long invocation: metrics count it where it began.
fn onset(case: &Case<'_>, onset: Option<Timestamp>) -> Option<Timestamp> {
    let breach = case.scope.first_breach;
    match (onset, breach) {
        (Some(onset), Some(breach)) if onset.duration_since(breach) > case.scope.tolerance() => Some(breach),
        _ => onset,
    }
}
