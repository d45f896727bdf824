//! What was denied or failed and is no gap of the root cause yet. Nothing that could not be seen is silently missing.

use std::sync::Arc;

use marple_case::{Evidence, Outcome};

use super::Gap;
use crate::{
    brief,
    words::{Words, fill},
};

/// A call, or a part of one, that was denied or failed.
#[derive(Clone, Copy, PartialEq)]
struct Unseen<'a> {
    taken: &'a Evidence,
    outcome: &'a Outcome,
}

/// Adds one gap for each denied or failed call that no gap mentions and that did not succeed later, and for each such part of a call
/// whose rest was read. What lacked the same permission shares one gap.
pub(super) fn add_unmentioned(gaps: &mut Vec<Gap>, evidence: &[Arc<Evidence>], words: &Words) {
    let all = evidence.iter().filter(|taken| !was_answered_later(taken, evidence)).flat_map(|taken| unanswered(taken));
    let unseen: Vec<Unseen<'_>> = all.filter(|unseen| !gaps.iter().any(|gap| mentions(gap, unseen))).collect();
    let mut told: Vec<&str> = Vec::new();
    for one in &unseen {
        match one.outcome {
            Outcome::Found | Outcome::NoData => {}
            Outcome::Failed { message } => gaps.push(failed(one.taken, message, words)),
            Outcome::Denied { action, message } if action.is_empty() => {
                gaps.push(denied(&[one.taken], "", message, words));
            }
            Outcome::Denied { action, .. } if told.contains(&action.as_str()) => {}
            Outcome::Denied { action, message } => {
                told.push(action);
                let same =
                    |other: &&Unseen<'_>| matches!(other.outcome, Outcome::Denied { action: its, .. } if its == action);
                let group: Vec<&Evidence> = unseen.iter().filter(same).map(|same| same.taken).collect();
                gaps.push(denied(&group, action, message, words));
            }
        }
    }
}

/// What is not known where the investigation gave out before it had a root cause.
pub(super) fn no_conclusion(reason: &str, words: &Words) -> Gap {
    Gap {
        missing: words.the_root_cause.to_owned(),
        why: fill(words.nobody_concluded, &[reason]),
        how_to_close: words.carry_on.to_owned(),
        on_the_chain: false,
        evidence: Vec::new(),
    }
}

/// A call's own outcome, where it is no answer, and those of its parts that were not read.
fn unanswered(taken: &Evidence) -> impl Iterator<Item = Unseen<'_>> {
    let own = (!taken.outcome.is_answered()).then_some(&taken.outcome);
    let parts = taken.unread.iter().filter(move |part| own != Some(*part));
    own.into_iter().chain(parts).map(move |outcome| Unseen { taken, outcome })
}

fn was_answered_later(taken: &Evidence, all: &[Arc<Evidence>]) -> bool {
    all.iter().any(|other| {
        let whole = other.outcome.is_answered() && other.unread.is_empty();
        other.id > taken.id && whole && other.tool == taken.tool && other.arguments == taken.arguments
    })
}

/// Whether a gap speaks of this evidence: by its id, by the action that was denied, or by the error's own words.
fn mentions(gap: &Gap, unseen: &Unseen<'_>) -> bool {
    let id = unseen.taken.id.to_string();
    let named = match unseen.outcome {
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
