//! A metric that rests at this hour every day, under an alarm that takes missing data for a breach: silence, and no fault.
//!
//! Discriminating questions: does CloudWatch itself say that there was no data? did the days before have the same gap at the same hour, with
//! data before it as now? was the alarm's treatment of missing data changed since? A gap that the day before does not have is a fault's.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::PlannedCall;
use marple_case::{
    Category, Citation, Facts, Verdict, Window,
    facts::{Alarm, AlarmCondition, AlarmTransition, Change, Series},
    root_cause::RuledOut,
};
use serde_json::json;

use super::no_fault::{Quiet, link_own_change, own_change, title};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim},
    reading::{Case, Seen},
    wants,
};

/// Days before that are looked at.
const DAYS: i64 = 3;

/// A gap in the metric that earlier days have, too.
#[derive(Debug)]
struct Rest<'a> {
    alarm: Seen<'a, Alarm>,
    /// The change to ALARM for want of data.
    fired: &'a AlarmTransition,
    /// The metric in the window.
    series: Seen<'a, Series>,
    /// The last data point in the window.
    last: Timestamp,
    /// How many of the days before were read and had data before that hour, and none after it.
    days: u32,
    /// The last data point of the day before, and the reading that holds it.
    before: Option<(Timestamp, Seen<'a, Series>)>,
    /// Whether an earlier day has data in the gap.
    contradicted: bool,
}

/// Examines the case for a metric that rests every day.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let alarm = case.alarm()?;
    let condition = alarm.fact.condition.as_ref().filter(|one| one.treat_missing_data == "breaching")?;
    let fired = case.alarm_transition()?.fact;
    let counted = case.metric("Errors", "Sum").is_some_and(|errors| errors.window.sum > 0.0);
    if !is_for_want_of_data(fired) || counted || case.failures.iter().any(|logged| !logged.in_baseline) {
        return None;
    }
    let series = watched(case, condition, case.scope.window).max_by_key(|series| series.period_s)?;
    let last = last_before(series.fact, fired.at)?;
    let rest = rest(case, condition, alarm, fired, series, last);
    if rest.contradicted {
        return None;
    }
    let is_read = rest.days > 0;
    let mut cause = claim(Verdict::NoFault, Category::None);
    cause.title = title(alarm.fact, Quiet::Resting);
    cause.onset = Some(fired.at);
    cause.chain = chain(case, &rest);
    cause.summary = summary(&rest);
    cause.ruled_out = rivals(case, &rest);
    Some(Hypothesis {
        support: if is_read { Support::Shown } else { Support::Possible },
        fresh: false,
        explains: 0,
        looks_for: "The alarm went off for want of data; looking whether the metric rests at this hour on other days."
            .to_owned(),
        wants: earlier_days(case, condition).into_iter().collect(),
        cause,
        diagnosis: Diagnosis::Quiet(Quiet::Resting),
    })
}

/// Whether CloudWatch says that it took missing data for a breach.
fn is_for_want_of_data(transition: &AlarmTransition) -> bool {
    transition.reason.contains("no datapoints were received") && transition.reason.contains("treated as [Breaching]")
}

/// Readings of the alarm's metric that begin with a window.
fn watched<'c, 'a>(
    case: &'c Case<'a>,
    condition: &'c AlarmCondition,
    window: Window,
) -> impl Iterator<Item = Seen<'a, Series>> + 'c {
    let of = move |evidence: &'a Arc<marple_case::Evidence>| match &evidence.facts {
        Facts::Metrics(metrics) if metrics.window.start == window.start => {
            metrics.series.iter().map(|fact| Seen { evidence, fact }).collect()
        }
        _ => Vec::new(),
    };
    let all = case.evidence.iter().flat_map(of);
    all.filter(|series| condition.metrics.contains(&series.fact.metric) && series.fact.statistic == condition.statistic)
}

fn last_before(series: &Series, moment: Timestamp) -> Option<Timestamp> {
    series.points.iter().map(|point| point.at).filter(|at| *at < moment).max()
}

/// The days before the incident, up to its window.
fn days_before(case: &Case<'_>) -> Option<Window> {
    let window = case.scope.window;
    let start = window.start.checked_sub(SignedDuration::from_hours(24 * DAYS)).ok()?;
    Some(Window { start, end: window.start })
}

fn earlier_days(case: &Case<'_>, condition: &AlarmCondition) -> Option<PlannedCall> {
    let window = days_before(case)?;
    let [metric] = condition.metrics.as_slice() else { return None };
    let arguments = json!({
        "metrics": [{"namespace": metric.namespace, "name": metric.name, "dimensions": metric.dimensions, "statistics": [condition.statistic]}],
        "period_s": condition.period_s, "start": window.start, "end": window.end,
    });
    Some(wants::call("get_metrics", arguments))
}

/// The gap of the window, looked for on each day before at the same hours.
fn rest<'a>(
    case: &Case<'a>,
    condition: &AlarmCondition,
    alarm: Seen<'a, Alarm>,
    fired: &'a AlarmTransition,
    series: Seen<'a, Series>,
    last: Timestamp,
) -> Rest<'a> {
    let mut rest = Rest { alarm, fired, series, last, days: 0, before: None, contradicted: false };
    // Points of a period may be written one period apart from day to day.
    let period = SignedDuration::from_secs(i64::from(condition.period_s.max(60)));
    let Some(earlier) = days_before(case).and_then(|window| watched(case, condition, window).next()) else {
        return rest;
    };
    for day in 1..=DAYS {
        let back = |at: Timestamp| at.checked_sub(SignedDuration::from_hours(24 * day)).ok();
        let (Some(start), Some(from), Some(to)) = (back(case.scope.window.start), back(last), back(fired.at)) else {
            continue;
        };
        let inside = |from: Timestamp, to: Timestamp| {
            earlier.fact.points.iter().map(|point| point.at).filter(move |at| *at >= from && *at <= to)
        };
        let edge = from.checked_add(period).unwrap_or(from);
        let data = inside(start, edge).max();
        let gap_has_data = inside(edge, to).any(|at| at > edge);
        match (data, gap_has_data) {
            (Some(_), true) if day == 1 => rest.contradicted = true,
            (Some(at), false) => {
                rest.days += 1;
                rest.before = rest.before.or(Some((at, earlier)));
            }
            _ => {}
        }
    }
    rest
}

fn chain(case: &Case<'_>, rest: &Rest<'_>) -> Vec<marple_case::root_cause::Link> {
    let mut chain = Chain::default();
    link_own_change(&mut chain, case, rest.alarm.fact);
    let name = &rest.series.fact.metric.name;
    let stamp = |series: &Seen<'_, Series>, at: Timestamp| {
        cite::line(series.evidence, &[&at.to_string()])
            .or_else(|| cite_series(series.evidence, name, &series.fact.statistic))
    };
    chain.link(
        format!("The last data point of {name} before the alarm is of {}; then it has none.", rest.last),
        Some(rest.last),
        [stamp(&rest.series, rest.last), cite_series(rest.series.evidence, name, &rest.series.fact.statistic)],
    );
    if let Some((at, series)) = &rest.before {
        let days = if rest.days > 1 { format!(", and so on {} days before", rest.days) } else { String::new() };
        chain.link(
            format!("The day before, its last data point at that time of day was of {at}, and then it had none either{days}: it rests every day at this hour."),
            None,
            [stamp(series, *at), cite_series(series.evidence, name, &series.fact.statistic)],
        );
    }
    let missing = cite::any(rest.alarm.evidence, &[&["missing data breaching"], &["treated as [Breaching]"]]);
    chain.link("The alarm takes missing data for a breach.", None, [missing]);
    chain.alarm(case);
    chain.finish()
}

fn summary(rest: &Rest<'_>) -> String {
    let (alarm, name) = (&rest.alarm.fact.name, &rest.series.fact.metric.name);
    format!(
        "{alarm} went off at {} because {name} had no data points, and it counts missing data as breaching. The metric rests at this hour on other days as well ({} of the {DAYS} days before were read so): the silence is usual, and until it began data came as ever. {alarm} is at fault only as far as its setting is.",
        rest.fired.at, rest.days
    )
}

/// That what feeds the metric has failed, and the latest change of anything but the alarm.
fn rivals(case: &Case<'_>, rest: &Rest<'_>) -> Vec<RuledOut> {
    let series = &rest.series;
    let data = cite_series(series.evidence, &series.fact.metric.name, &series.fact.statistic);
    let before = rest.before.as_ref().and_then(|(at, earlier)| cite::line(earlier.evidence, &[&at.to_string()]));
    let mut rivals = vec![RuledOut {
        hypothesis: "An error or failure of what feeds the metric".to_owned(),
        reason: format!(
            "Data came until {}, {} points in the window, and the pause after it is the same as on the day before.",
            rest.last, series.fact.window.points
        ),
        citations: [data.clone(), before].into_iter().flatten().collect(),
    }];
    let own = own_change(case, rest.alarm.fact).map(|change| change.at);
    let after = |change: &Seen<'_, Change>| {
        let since = |at: &Timestamp| *at > change.fact.at;
        series.fact.points.iter().map(|point| point.at).filter(since).filter(|at| *at <= rest.last).count()
    };
    let other = case.all_changes().filter(|change| Some(change.fact.at) != own && change.fact.at <= rest.last);
    let other = other.filter(|change| case.scope.window.contains(change.fact.at) && after(change) > 0);
    if let Some(change) = other.max_by_key(|change| change.fact.at) {
        let of = change.fact.resource.as_ref().map(|one| format!(" of {}", one.name)).unwrap_or_default();
        let stamp = change.fact.at.to_string();
        let shown: Option<Citation> = cite::any(change.evidence, &[&[&stamp, &change.fact.action], &[&stamp]]);
        rivals.push(RuledOut {
            hypothesis: format!("The deployment or change at {stamp} ({}{of})", change.fact.action),
            reason: format!("{} data points came after it.", after(&change)),
            citations: [shown, data].into_iter().flatten().collect(),
        });
    }
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
