//! The plans where nothing is wrong, and where too little is known.

use marple_case::{ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    empty,
    step::{action, by_hand},
};
use crate::{modes::no_fault::Quiet, reading::Case};

/// Nothing is wrong: at most the alarm's own setting.
pub(crate) fn quiet(case: &Case<'_>, quiet: Quiet) -> MitigationPlan {
    let mut plan = empty();
    plan.no_immediate_action =
        Some("Nothing is wrong with the system: no failure is shown, so there is nothing to relieve.".to_owned());
    let alarm = case.alarm().map_or_else(|| "the alarm".to_owned(), |alarm| alarm.name.clone());
    let advice = match quiet {
        Quiet::MissingData => {
            Some("Decide whether silence is a fault; if not, let missing data count as not breaching.".to_owned())
        }
        Quiet::Resting => Some(
            "Let missing data count as not breaching (TreatMissingData notBreaching) again. Where silence during working hours has to be noticed, let the feed write a 0 when it finds nothing, or watch with metric math that yields data for the hours of the schedule only."
                .to_owned(),
        ),
        Quiet::ThresholdInRange { threshold, usual } => Some(format!(
            "Set the threshold above the usual range (it is {threshold}; the baseline reaches {usual:.1}), or ask for several periods in a row."
        )),
        Quiet::Recovered => None,
    };
    if let Some(advice) = advice {
        let phases = Phases {
            apply: vec![by_hand(advice, "the alarm stays OK over a normal day")],
            rollback: vec![by_hand("Set the earlier condition again.", "the condition as it is today")],
            ..Phases::default()
        };
        plan.follow_up.push(action(
            format!("Correct the condition of {alarm}"),
            ActionKind::Observability,
            false,
            phases,
            "An alarm that is too lax misses the next fault.",
        ));
    }
    plan.prevention =
        vec!["Review alarms that recover by themselves: each one teaches people to look away.".to_owned()];
    plan
}

/// Too little is known: what to make visible.
pub(crate) fn unknown(case: &Case<'_>) -> MitigationPlan {
    let mut plan = empty();
    plan.no_immediate_action = Some(
        "The cause is not known; a change made blindly could make it worse or hide it. Close the gaps first."
            .to_owned(),
    );
    let denied = case.unanswered().count() > 0;
    let text = match denied {
        true => {
            "Allow the investigator's role the refused readings (each gap names its action), and investigate again."
        }
        false => "Log each request's kind and outcome, and errors with their stack traces; then investigate again.",
    };
    let phases = Phases { apply: vec![by_hand(text, "the gaps of this report are closed")], ..Phases::default() };
    plan.follow_up.push(action(
        "Make visible what this report could not see",
        ActionKind::Observability,
        false,
        phases,
        "None beyond the cost of the logs.",
    ));
    plan
}
