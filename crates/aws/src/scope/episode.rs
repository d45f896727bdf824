//! One episode of an alarm: when it broke, when it recovered, and the window that shows both. Pure.
//!
//! The window starts 5 evaluation spans before the first breach, at least 1 h. It ends now; where that would make it
//! longer than a day, or where the alarm recovered long ago, it ends earlier and a note says so. The baseline is the same
//! span one day before, so that the two never overlap.

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    ResourceRef, Scope, Window,
    facts::{Alarm, AlarmCondition, AlarmState, AlarmTransition, Point},
};

use crate::window::later;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Room after a recovery that lies long back.
const AFTERMATH: SignedDuration = SignedDuration::from_hours(1);
/// A recovery longer ago than this lies long back.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(6);
/// Evaluation spans before the first breach.
const LEAD: i64 = 5;

/// The scope of the alarm's last episode.
pub(super) fn scope(
    region: &str,
    alarm: &Alarm,
    subjects: Vec<ResourceRef>,
    now: Timestamp,
    mut notes: Vec<String>,
) -> Scope {
    let last = alarm.transitions.iter().rposition(|transition| transition.to == AlarmState::Alarm);
    let fired = last.and_then(|place| alarm.transitions.get(place));
    let first_breach = fired.map(|fired| first_breach(fired, alarm.condition.as_ref())).or(alarm_since(alarm));
    let after = last.and_then(|place| alarm.transitions.get(place + 1..)).unwrap_or_default();
    let recovered_at = after.iter().find(|transition| transition.to == AlarmState::Ok).map(|transition| transition.at);
    let recovered_at = recovered_at.or_else(|| ok_since(alarm, first_breach));

    notes.extend(state_note(alarm, first_breach, recovered_at));
    notes.extend(earlier_note(&alarm.transitions, last));
    if subjects.is_empty() {
        notes.push("the alarm's dimensions name no resource that is known here".to_owned());
    }
    let (window, shortened) = window(alarm.condition.as_ref(), first_breach, recovered_at, now);
    notes.extend(shortened);
    Scope {
        account: account(&alarm.arn),
        region: region.to_owned(),
        now,
        alarm: Some(alarm.name.clone()),
        subjects,
        window,
        baseline: window.earlier_by(DAY),
        period_s: alarm.condition.as_ref().map_or(60, |condition| condition.period_s),
        first_breach,
        recovered_at,
        notes,
    }
}

/// The oldest breaching data point of the run of breaches that ended in this transition, else the transition itself.
fn first_breach(fired: &AlarmTransition, condition: Option<&AlarmCondition>) -> Timestamp {
    let breaches = |point: &&Point| condition.is_none_or(|condition| breaches(point.value, condition));
    fired.points.iter().find(breaches).map_or(fired.at, |point| point.at.min(fired.at))
}

/// Whether a value breaches. Comparisons with an anomaly band (no threshold) cannot be repeated: every point counts.
fn breaches(value: f64, condition: &AlarmCondition) -> bool {
    let Some(threshold) = condition.threshold else { return true };
    match condition.comparison.as_str() {
        "GreaterThanOrEqualToThreshold" => value >= threshold,
        "GreaterThanThreshold" => value > threshold,
        "LessThanThreshold" => value < threshold,
        "LessThanOrEqualToThreshold" => value <= threshold,
        _ => true,
    }
}

/// Where the history is gone: since when the alarm has been in ALARM.
fn alarm_since(alarm: &Alarm) -> Option<Timestamp> {
    alarm.state_since.filter(|_| alarm.state == AlarmState::Alarm)
}

fn ok_since(alarm: &Alarm, first_breach: Option<Timestamp>) -> Option<Timestamp> {
    alarm
        .state_since
        .filter(|since| alarm.state == AlarmState::Ok && first_breach.is_some_and(|breach| breach < *since))
}

fn state_note(alarm: &Alarm, breach: Option<Timestamp>, recovered: Option<Timestamp>) -> Option<String> {
    match (alarm.state, breach, recovered) {
        (AlarmState::Alarm, Some(_), _) => None,
        (state, Some(breach), Some(recovered)) => Some(format!(
            "the alarm is in state {} since {recovered}; its last episode, which began at {breach}, is investigated",
            state.word()
        )),
        (state, Some(breach), None) => Some(format!(
            "the alarm is in state {}; its last episode, which began at {breach}, is investigated",
            state.word()
        )),
        (state, None, _) => Some(format!(
            "the alarm is in state {}, and its history holds no change to ALARM: the time before now is investigated",
            state.word()
        )),
    }
}

/// Episodes before the last one: a fault that comes back tells more than one that came once.
fn earlier_note(transitions: &[AlarmTransition], last: Option<usize>) -> Option<String> {
    let before = transitions.get(..last?)?;
    let mut fired: Vec<String> =
        before.iter().filter(|one| one.to == AlarmState::Alarm).map(|one| one.at.to_string()).collect();
    if fired.is_empty() {
        return None;
    }
    let count = fired.len();
    let newest = fired.split_off(count.saturating_sub(5));
    let which = if count > newest.len() { ", the last ones at " } else { ": at " };
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    Some(format!("the alarm changed to ALARM {times} before, as far as its history goes{which}{}", newest.join(", ")))
}

/// The window, and a note where it does not reach now.
fn window(
    condition: Option<&AlarmCondition>,
    breach: Option<Timestamp>,
    recovered: Option<Timestamp>,
    now: Timestamp,
) -> (Window, Option<String>) {
    let span =
        condition.map_or(60, |condition| i64::from(condition.period_s) * i64::from(condition.evaluation_periods));
    let lead = SignedDuration::from_secs(span.saturating_mul(LEAD)).max(HOUR).min(DAY / 2);
    let start = later(breach.unwrap_or(now), -lead);
    let longest = later(start, DAY);
    let settled = recovered.filter(|recovered| now.duration_since(*recovered) > LONG_AGO);
    let end = match settled {
        Some(recovered) => later(recovered, AFTERMATH).min(now).min(longest),
        None => now.min(longest),
    };
    let note =
        (end < now).then(|| format!("the window ends at {end} and not now ({now}): the breach lies that far back"));
    (Window { start, end }, note)
}

/// The account of an alarm's ARN.
fn account(arn: &str) -> Option<String> {
    arn.split(':').nth(4).filter(|account| !account.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests;
