//! Nothing wrong: the alarm recovered by itself, watches for too little, or counts missing data as a breach.
//!
//! Said only where logs and metrics were both read and neither holds a new failure. An alarm's own history is no proof of a fault.

use marple_case::{
    Category, Verdict,
    facts::{Alarm, AlarmState, Change, Series},
    root_cause::{Link, RuledOut},
};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim},
    reading::{Case, Seen},
};

/// Why the alarm went off though nothing is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Quiet {
    /// Missing data counts as a breach, and there was no data.
    MissingData,
    /// The threshold lies within what the baseline shows as normal.
    ThresholdInRange {
        /// The threshold.
        threshold: f64,
        /// The baseline's greatest value.
        usual: f64,
    },
    /// Missing data counts as a breach, and the metric has none at this hour on any day.
    Resting,
    /// It went back to OK, and nothing that was read shows a failure.
    Recovered,
}

/// Examines the case for the absence of a fault.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let alarm = case.alarm()?;
    let summary = case.summaries.first()?;
    let errors = case.metric("Errors", "Sum")?;
    let failing = errors.window.sum > 0.0 || case.sum("Throttles").unwrap_or_default() > 0.0;
    let timeouts = case.invocations().map_or(0, |all| all.timeouts);
    let new = case.failures.iter().any(|logged| !logged.in_baseline);
    let tolerable = failing && is_usual(errors.fact);
    if (failing && !tolerable) || timeouts > 0 || new {
        return None;
    }
    let watched = watched_series(case, alarm.fact);
    let quiet = reason(case, alarm.fact, watched)?;
    if tolerable && !matches!(quiet, Quiet::ThresholdInRange { .. }) {
        return None;
    }
    let mut cause = claim(Verdict::NoFault, Category::None);
    cause.title = title(alarm.fact, quiet);
    cause.onset = case.alarm_transition().map(|transition| transition.at);
    cause.chain = chain(case, alarm, watched, errors);
    cause.summary = summary_text(case, alarm.fact, quiet);
    let ran = cite::any(summary.evidence, &[&["invocations:"], &["window:", "lines"]]);
    let none = cite_series(errors.evidence, "Errors", "Sum");
    let throttles = case.metric("Throttles", "Sum").and_then(|series| cite_series(series.evidence, "Throttles", "Sum"));
    cause.ruled_out.push(RuledOut {
        hypothesis: "Errors or throttling of the function".to_owned(),
        reason: format!(
            "CloudWatch counted {:.0} errors in the window, not more than usual, and no throttled invocation.",
            errors.window.sum
        ),
        citations: [none, throttles].into_iter().flatten().collect(),
    });
    cause.ruled_out.extend(crate::rivals::innocent_change(
        case,
        Some(ran.or_else(|| cite_series(errors.evidence, "Errors", "Sum"))),
    ));
    cause.recommended_checks.push(format!(
        "Whether {} should watch for this at all: its condition, and how it treats missing data.",
        alarm.name
    ));
    Some(Hypothesis {
        support: Support::Shown,
        fresh: false,
        explains: 0,
        looks_for: "Neither logs nor metrics show a failure; looking at the alarm's own condition.".to_owned(),
        wants: Vec::new(),
        cause,
        diagnosis: Diagnosis::Quiet(quiet),
    })
}

/// Whether a metric stands in the window as it did in the baseline.
fn is_usual(series: &Series) -> bool {
    series.baseline.is_some_and(|baseline| {
        baseline.sum > 0.0 && series.window.sum <= 1.5 * baseline.sum && series.window.max <= baseline.max
    })
}

/// The series that the alarm watches.
pub(crate) fn watched_series<'a>(case: &Case<'a>, alarm: &Alarm) -> Option<Seen<'a, Series>> {
    let condition = alarm.condition.as_ref()?;
    let watches =
        |series: &Series| condition.metrics.contains(&series.metric) && series.statistic == condition.statistic;
    let fitting = case.series.iter().filter(|series| watches(series));
    // A sum over another period does not compare with the threshold.
    let same = |series: &&Seen<'a, Series>| series.period_s == condition.period_s || condition.statistic != "Sum";
    fitting.filter(same).max_by_key(|series| (series.period_s == condition.period_s, series.window.points)).copied()
}

/// Why the alarm went off though nothing is wrong; `None`: no such reason is shown.
pub(crate) fn reason(case: &Case<'_>, alarm: &Alarm, watched: Option<Seen<'_, Series>>) -> Option<Quiet> {
    let condition = alarm.condition.as_ref();
    let breaching = condition.is_some_and(|condition| condition.treat_missing_data == "breaching");
    if breaching && watched.is_some_and(|series| series.window.points == 0) {
        return Some(Quiet::MissingData);
    }
    let above = condition.is_some_and(|condition| condition.comparison.starts_with("GreaterThan"));
    let range =
        condition.and_then(|condition| condition.threshold).zip(watched.and_then(|series| series.fact.baseline));
    if let Some((threshold, baseline)) = range
        && above
        && baseline.points > 0
        && threshold <= baseline.max
        && watched.is_some_and(|series| series.window.max <= 1.2 * baseline.max)
    {
        return Some(Quiet::ThresholdInRange { threshold, usual: baseline.max });
    }
    let recovered = alarm.state == AlarmState::Ok || case.scope.recovered_at.is_some();
    recovered.then_some(Quiet::Recovered)
}

/// The change of the alarm itself that lies before it went off: a threshold that was moved is what made it go off.
pub(crate) fn own_change<'a>(case: &Case<'a>, alarm: &Alarm) -> Option<Seen<'a, Change>> {
    let before = case.alarm_transition().map_or(case.scope.window.end, |transition| transition.at);
    let of_alarm = |change: &Seen<'a, Change>| {
        change.at <= before && change.resource.as_ref().is_some_and(|resource| resource.name == alarm.name)
    };
    case.all_changes().filter(of_alarm).max_by_key(|change| change.at)
}

/// Links the change of the alarm's own condition, where one was seen.
pub(crate) fn link_own_change(chain: &mut Chain, case: &Case<'_>, alarm: &Alarm) {
    let Some(change) = own_change(case, alarm) else { return };
    let stamp = change.at.to_string();
    let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
    chain.link(
        format!("{} changed {} itself: its condition is of then.", change.action, alarm.name),
        Some(change.at),
        [cited],
    );
}

/// The report's title.
pub(crate) fn title(alarm: &Alarm, quiet: Quiet) -> String {
    match quiet {
        Quiet::MissingData => {
            format!("No fault: {} counts missing data as a breach, and there was no data", alarm.name)
        }
        Quiet::ThresholdInRange { threshold, usual } => {
            format!(
                "No fault: the threshold of {} ({threshold}) lies within the usual range (up to {usual:.1})",
                alarm.name
            )
        }
        Quiet::Resting => {
            format!(
                "No fault: {} counts missing data as a breach, and its metric rests at this hour every day",
                alarm.name
            )
        }
        Quiet::Recovered => format!("No fault: {} recovered by itself, and nothing shows a failure", alarm.name),
    }
}

fn chain(
    case: &Case<'_>,
    alarm: Seen<'_, Alarm>,
    watched: Option<Seen<'_, Series>>,
    errors: Seen<'_, Series>,
) -> Vec<Link> {
    let mut chain = Chain::default();
    link_own_change(&mut chain, case, alarm.fact);
    if let Some(series) = watched.filter(|series| series.metric != errors.metric) {
        let baseline = series.fact.baseline.map(|baseline| format!("; in the baseline up to {:.1}", baseline.max));
        let statement = format!(
            "{} reached {:.1} in the window{}.",
            series.metric.name,
            series.window.max,
            baseline.unwrap_or_default()
        );
        chain.link(statement, None, [cite_series(series.evidence, &series.metric.name, &series.statistic)]);
    }
    let statement = format!("CloudWatch counted {:.0} errors of {} in the window.", errors.window.sum, case.name());
    chain.link(statement, None, [cite_series(errors.evidence, "Errors", "Sum")]);
    if let Some(summary) = case.summaries.first().filter(|summary| summary.complete) {
        let cited = cite::any(summary.evidence, &[&["window:", "lines"], &["invocations:"], &["log group:"]]);
        chain.link("The logs hold no failure that the baseline does not hold too.", None, [cited]);
    }
    chain.alarm(case);
    let back = alarm.fact.transitions.iter().rev().find(|transition| transition.to == AlarmState::Ok);
    if alarm.fact.state == AlarmState::Ok {
        let cited = cite::any(alarm.evidence, &[&["-> OK"], &["state: OK"], &[&alarm.name]]);
        chain.link(format!("{} is in OK again.", alarm.name), back.map(|transition| transition.at), [cited]);
    }
    chain.finish()
}

fn summary_text(case: &Case<'_>, alarm: &Alarm, quiet: Quiet) -> String {
    let read = format!(
        "Logs and metrics of {} were read over the window and the baseline: no failed invocation that is new, no timeout, no throttling.",
        case.name()
    );
    let why = match quiet {
        Quiet::MissingData | Quiet::Resting => "The alarm treats missing data as breaching, and its metric had no data points: it tells of silence, not of a fault.".to_owned(),
        Quiet::ThresholdInRange { threshold, usual } => format!(
            "The alarm's threshold of {threshold} lies at or below what the baseline reaches ({usual:.1}) without anything being wrong."
        ),
        Quiet::Recovered => "The alarm went back to OK by itself.".to_owned(),
    };
    format!("{read} {why} {} is at fault only as far as its setting is.", alarm.name)
}
