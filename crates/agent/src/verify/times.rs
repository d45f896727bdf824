//! Times: no cause is later than its effect.
//!
//! All comparisons leave room for one metric period, since metrics and alarms round to it.

use jiff::{SignedDuration, Timestamp};
use marple_case::{RootCause, Verdict};

use super::Objection;
use crate::investigation::Investigation;

pub(super) fn check(claim: &RootCause, state: &Investigation) -> Vec<Objection> {
    let Some(scope) = state.scope() else {
        return Vec::new();
    };
    let room = scope.tolerance();
    let mut objections = chain_order(claim, room);
    if claim.verdict == Verdict::Fault {
        // A breaching point stands at the start of its period: what caused it may have happened until the period's end. The time that a
        // question names is no breach: what it asks about may have begun after it.
        let breach =
            scope.first_breach.filter(|_| scope.alarm.is_some()).and_then(|start| start.checked_add(room).ok());
        objections.extend(onset(claim, scope.now, breach, room));
    }
    objections
}

/// Each link with a time is not later than the next one with a time.
fn chain_order(claim: &RootCause, room: SignedDuration) -> Vec<Objection> {
    let timed: Vec<(usize, Timestamp)> =
        claim.chain.iter().enumerate().filter_map(|(number, link)| Some((number, link.at?))).collect();
    let later = timed.windows(2).filter_map(|pair| match pair {
        [(cause, before), (effect, after)] if before.duration_since(*after) > room => Some(Objection::Time {
            place: format!("chain[{cause}].at"),
            reason: format!(
                "the cause at {before} is later than its effect chain[{effect}] at {after}: order the chain from the cause to the alarm"
            ),
        }),
        _ => None,
    });
    later.collect()
}

fn onset(claim: &RootCause, now: Timestamp, breach: Option<Timestamp>, room: SignedDuration) -> Option<Objection> {
    let objection = |reason| Some(Objection::Time { place: "onset".to_owned(), reason });
    let onset = claim.onset?;
    if onset > now {
        return objection(format!("the onset {onset} lies after now, {now}"));
    }
    if let Some(breach) = breach.filter(|breach| onset.duration_since(*breach) > room) {
        return objection(format!(
            "the onset {onset} is later than the alarm's first breach, in the period that ends at {breach}"
        ));
    }
    let cause = claim.chain.iter().find_map(|link| link.at)?;
    if cause.duration_since(onset) > room {
        return objection(format!(
            "the chain's first link at {cause} is later than the onset {onset}, which is its effect"
        ));
    }
    None
}
