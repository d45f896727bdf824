//! What was denied or failed and is no gap of the root cause yet. Nothing that could not be seen is silently missing.

use marple_case::{Evidence, Outcome};

use super::Gap;
use crate::{
    brief,
    words::{Words, fill},
};

/// Adds one gap for each denied or failed call that no gap mentions and that did not succeed later. Calls that lacked the same
/// permission share one gap.
pub(super) fn add_unmentioned(gaps: &mut Vec<Gap>, evidence: &[Evidence], words: &Words) {
    let unseen: Vec<&Evidence> = evidence.iter().filter(|taken| is_unseen(taken, evidence, gaps)).collect();
    let mut told: Vec<&str> = Vec::new();
    for taken in &unseen {
        match &taken.outcome {
            Outcome::Found | Outcome::NoData => {}
            Outcome::Failed { message } => gaps.push(failed(taken, message, words)),
            Outcome::Denied { action, message } if action.is_empty() => gaps.push(denied(&[taken], "", message, words)),
            Outcome::Denied { action, .. } if told.contains(&action.as_str()) => {}
            Outcome::Denied { action, message } => {
                told.push(action);
                let same =
                    |other: &&&Evidence| matches!(&other.outcome, Outcome::Denied { action: its, .. } if its == action);
                let group: Vec<&Evidence> = unseen.iter().filter(same).copied().collect();
                gaps.push(denied(&group, action, message, words));
            }
        }
    }
}

fn is_unseen(taken: &Evidence, all: &[Evidence], gaps: &[Gap]) -> bool {
    let answered_later = |other: &Evidence| {
        other.id > taken.id
            && other.outcome.is_answered()
            && other.tool == taken.tool
            && other.arguments == taken.arguments
    };
    !taken.outcome.is_answered() && !all.iter().any(answered_later) && !gaps.iter().any(|gap| mentions(gap, taken))
}

/// Whether a gap speaks of this evidence: by its id, by the action that was denied, or by the error's own words.
fn mentions(gap: &Gap, taken: &Evidence) -> bool {
    let id = taken.id.to_string();
    let named = match &taken.outcome {
        Outcome::Denied { action, .. } => action.as_str(),
        Outcome::Failed { message } => message.as_str(),
        Outcome::Found | Outcome::NoData => "",
    };
    [&gap.missing, &gap.why, &gap.how_to_close].into_iter().any(|text| {
        let has_id = text.split(|character: char| !character.is_alphanumeric()).any(|word| word == id);
        has_id || (!named.is_empty() && text.contains(named))
    })
}

fn denied(group: &[&Evidence], action: &str, message: &str, words: &Words) -> Gap {
    let how_to_close = match action {
        "" => words.allow_the_call.to_owned(),
        action => fill(words.allow_the_action, &[action]),
    };
    gap(group, format!("{}: {message}", words.denied), how_to_close)
}

fn failed(taken: &Evidence, message: &str, words: &Words) -> Gap {
    let how_to_close = fill(words.take_it_again, &[&taken.id.to_string()]);
    gap(&[taken], format!("{}: {message}", words.failed), how_to_close)
}

fn gap(group: &[&Evidence], why: String, how_to_close: String) -> Gap {
    let calls: Vec<String> = group.iter().map(|taken| format!("{} {}", taken.id, brief::call(taken))).collect();
    let evidence = group.iter().map(|taken| taken.id).collect();
    Gap { missing: calls.join("; "), why, how_to_close, on_the_chain: false, evidence }
}
