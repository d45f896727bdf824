//! Kills that recur: ECS forgets stopped tasks after an hour, and a window begins with the alarm's last episode, so the kills that are
//! still listed may be later ones of many. What earlier ones left is walked back to the first: failed requests in any reading of a
//! metric, else the alarm's own history, else targets that ECS took away. Two belong together if no more than two lives of a task lie between.

use jiff::{SignedDuration, Timestamp};
use marple_case::{Citation, Facts, facts::AlarmState};

use crate::{
    cite,
    hypothesis::cite_series,
    reading::{Case, Seen},
};

/// Shortest span between two kills that still belong together.
const LEAST: SignedDuration = SignedDuration::from_mins(10);

/// A task that ended is replaced within this time.
const REPLACED: SignedDuration = SignedDuration::from_mins(2);

/// The first trace of a fault that recurs.
#[derive(Debug, Clone)]
pub(crate) struct Earliest {
    /// When.
    pub(crate) at: Timestamp,
    /// What it is, as a clause.
    pub(crate) what: &'static str,
    /// What shows it.
    pub(crate) citation: Option<Citation>,
}

/// The first trace before `first`, the first kill that is still listed; tasks live for `life_s` seconds at most.
pub(super) fn earliest(case: &Case<'_>, first: Timestamp, life_s: i64) -> Option<Earliest> {
    let span = SignedDuration::from_secs(life_s.saturating_mul(2)).max(LEAST);
    let early = |traces| walked(traces, first, span).filter(|earliest: &Earliest| earliest.at < first);
    // An alarm on the level of memory goes off before the first task ends: what ended says more.
    let (targets, alarms) = (taken_away(case), alarms(case));
    let kinds = if watches_memory(case) { [targets, alarms] } else { [alarms, targets] };
    early(failed_requests(case)).or_else(|| kinds.into_iter().find_map(early))
}

/// From the latest trace that belongs to `first` back to the earliest that is tied to it.
fn walked(mut traces: Vec<Earliest>, first: Timestamp, span: SignedDuration) -> Option<Earliest> {
    traces.retain(|trace| trace.at <= first);
    traces.sort_by_key(|trace| std::cmp::Reverse(trace.at));
    let mut found: Option<Earliest> = None;
    for trace in traces {
        let last = found.as_ref().map_or(first, |known| known.at);
        if last.duration_since(trace.at) > span {
            break;
        }
        found = Some(trace);
    }
    found
}

/// Failed requests, in readings of any span.
fn failed_requests(case: &Case<'_>) -> Vec<Earliest> {
    let all = case.evidence.iter().flat_map(|evidence| match &evidence.facts {
        Facts::Metrics(metrics) => metrics.series.iter().map(|fact| Seen { evidence, fact }).collect(),
        _ => Vec::new(),
    });
    let failed = all.filter(|series| series.metric.name.contains("5XX") && case.fronts(series.fact));
    // A span of hours says nothing of a minute.
    let fine = failed.filter(|series| series.period_s <= 300 && series.fact.baseline.is_none_or(|one| one.sum == 0.0));
    let of = |series: Seen<'_, marple_case::facts::Series>| {
        let citation = cite_series(series.evidence, &series.metric.name, &series.statistic);
        let failing = series.fact.points.iter().filter(|point| point.value > 0.0);
        let trace = |at| Earliest { at, what: "requests failed", citation: citation.clone() };
        failing.map(|point| trace(point.at)).collect::<Vec<_>>()
    };
    fine.flat_map(of).collect()
}

/// Whether the alarm watches how full memory is, and not what follows from it.
fn watches_memory(case: &Case<'_>) -> bool {
    let condition = case.alarm().and_then(|alarm| alarm.fact.condition.as_ref());
    condition.is_some_and(|one| one.metrics.iter().any(|metric| metric.name.contains("Memory")))
}

/// The alarm's changes to ALARM.
fn alarms(case: &Case<'_>) -> Vec<Earliest> {
    let Some(alarm) = case.alarm() else { return Vec::new() };
    let fired = alarm.fact.transitions.iter().filter(|transition| transition.to == AlarmState::Alarm);
    let trace = |at: Timestamp| Earliest {
        at,
        what: "the alarm went off",
        citation: cite::any(alarm.evidence, &[&[&at.to_string(), "-> ALARM"]]),
    };
    fired.map(|transition| trace(transition.at)).collect()
}

/// Targets that ECS took away after the last deployment was through: their task had ended.
fn taken_away(case: &Case<'_>) -> Vec<Earliest> {
    let through = case.workload.deployment().and_then(|deployment| deployment.updated.or(deployment.created));
    let all = case.workload.events();
    // Where tasks are only taken away, none is started in their place.
    let replaced = |at: Timestamp| {
        all.iter().any(|event| event.message.contains("has started") && event.at.duration_since(at).abs() <= REPLACED)
    };
    let is_away = |event: &Seen<'_, marple_case::facts::ServiceEvent>| {
        event.message.contains("has begun draining") || (event.message.contains(" deregistered ") && replaced(event.at))
    };
    let events = all.iter().filter(|event| is_away(event) && through.is_none_or(|at| event.at > at));
    let trace = |event: &Seen<'_, marple_case::facts::ServiceEvent>| Earliest {
        at: event.at,
        what: "ECS took a task's target away",
        citation: super::super::cite_event(event),
    };
    events.map(trace).collect()
}
