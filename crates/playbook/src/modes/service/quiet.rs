//! Nothing wrong with a service, load balancer or database: the alarm recovered by itself, its threshold lies within what is usual, or it
//! counts silence as a breach.
//!
//! Said only where what would show a fault was read: the watched metric, and the tasks or targets; a refused reading is never "nothing".

use jiff::SignedDuration;
use marple_case::{
    Category, Verdict,
    facts::{Alarm, AlarmState, Series, ServiceEvent},
    root_cause::{Link, RuledOut},
};

use super::{Introduced, cite_event, introduced};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim},
    modes::no_fault::{Quiet, link_own_change, reason, title, watched_series},
    reading::{Case, Seen, subject::SubjectKind},
};

/// Examines the case for the absence of a fault.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let alarm = case.alarm()?;
    let watched = watched_series(case, alarm.fact);
    let quiet = reason(case, alarm.fact, watched)?;
    if is_failing(case, quiet) || !is_read(case) {
        return None;
    }
    let mut cause = claim(Verdict::NoFault, Category::None);
    cause.title = title(alarm.fact, quiet);
    cause.onset = case.alarm_transition().map(|transition| transition.at);
    cause.chain = chain(case, alarm, watched);
    cause.summary = summary(case, alarm.fact, quiet);
    cause.ruled_out = rivals(case, watched);
    cause.recommended_checks.push(format!("Whether {} should watch for this at all: its condition, its number of periods, and how it treats missing data.", alarm.name));
    Some(Hypothesis {
        support: Support::Shown,
        fresh: false,
        explains: 0,
        looks_for: "Neither tasks, targets nor logs show a failure; looking at the alarm's own condition.".to_owned(),
        wants: Vec::new(),
        cause,
        diagnosis: Diagnosis::Quiet(quiet),
    })
}

/// Whether anything that was read shows a failure.
fn is_failing(case: &Case<'_>, quiet: Quiet) -> bool {
    let more = |series: Option<Seen<'_, Series>>| {
        series.is_some_and(|series| series.window.sum > 1.5 * series.fact.baseline.map_or(0.0, |baseline| baseline.sum))
    };
    let errors =
        ["HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"].iter().any(|name| more(case.balanced(name, "Sum")));
    // One period of errors that passed by itself is what an alarm that recovered tells of.
    let errors = errors && !matches!(quiet, Quiet::ThresholdInRange { .. });
    let ended = case.workload.container_states().any(|(task, one)| {
        let told = task.stop_code.as_deref() == Some("ServiceSchedulerInitiated")
            && task.stopped_reason.as_deref().is_some_and(|why| why.contains("Scaling activity"));
        !told && (one.exit_code.is_some_and(|code| code != 0 && code != 143) || one.reason.is_some())
    });
    let unhealthy = case
        .workload
        .target_groups()
        .iter()
        .any(|group| group.fact.targets.iter().any(|target| target.state == "unhealthy"));
    let short = case.workload.service.is_some_and(|service| service.fact.running < service.fact.desired);
    let stuck = case.workload.deployments().any(|one| one.rollout_state.as_deref() == Some("FAILED"));
    let full = ["CPUUtilization", "MemoryUtilization"]
        .iter()
        .filter_map(|name| case.ecs_peak(name))
        .any(|series| series.window.max >= 95.0 && series.fact.baseline.is_none_or(|baseline| baseline.max < 90.0));
    let logged = case.failures.iter().any(|logged| !logged.in_baseline);
    errors || ended || unhealthy || short || stuck || full || logged
}

/// Whether what would show a failure was read.
fn is_read(case: &Case<'_>) -> bool {
    match case.kind {
        SubjectKind::Service => {
            case.workload.service.is_some() && (!case.summaries.is_empty() || !case.workload.target_groups().is_empty())
        }
        SubjectKind::LoadBalancer => !case.workload.balancers.is_empty(),
        SubjectKind::Database => !case.databases.is_empty(),
        SubjectKind::Function => false,
    }
}

fn chain(case: &Case<'_>, alarm: Seen<'_, Alarm>, watched: Option<Seen<'_, Series>>) -> Vec<Link> {
    let mut chain = Chain::default();
    link_own_change(&mut chain, case, alarm.fact);
    if let Some(deployment) = fell_into(case) {
        let statement = format!(
            "{} The alarm rose while its tasks started and took over, and fell by itself.",
            deployment.statement(case.name())
        );
        chain.link(statement, deployment.at, deployment.citations());
    }
    if let Some((requests, at)) = case.burst() {
        let usual = requests.fact.baseline.map_or(0.0, |baseline| baseline.max);
        chain.link(
            format!(
                "A burst of requests came: up to {:.0} a period, where the baseline had at most {usual:.0}.",
                requests.window.max
            ),
            Some(at),
            [cite_series(requests.evidence, "RequestCount", "Sum")],
        );
    }
    if let Some(series) = watched {
        let baseline = series.fact.baseline.filter(|baseline| baseline.points > 0);
        let usual = baseline.map(|baseline| format!("; in the baseline up to {:.1} as well", baseline.max));
        let usual = usual.filter(|_| baseline.is_some_and(|baseline| series.window.max <= 1.2 * baseline.max));
        chain.link(
            format!(
                "{} reached {:.1} in the window{}.",
                series.metric.name,
                series.window.max,
                usual.unwrap_or_default()
            ),
            None,
            [cite_series(series.evidence, &series.metric.name, &series.statistic)],
        );
    }
    if let Some(service) = case.workload.service {
        chain.link(
            format!("All {} task(s) of {} that are wanted run.", service.fact.desired, service.fact.name),
            None,
            [cite::any(service.evidence, &[&["tasks:", "running"], &["service:", &service.fact.name]])],
        );
    }
    if let Some(summary) = case.summaries.first() {
        let cited = cite::any(summary.evidence, &[&["window:", "lines"], &["log group:"]]);
        chain.link("The logs hold no failure that the baseline does not hold too.", None, [cited]);
    }
    chain.alarm(case);
    if let Some(event) = scaled_out(case) {
        let statement = format!("ECS added tasks at {}: the service scaled out.", event.at);
        chain.link(statement, Some(event.at), [cite_event(&event)]);
    }
    let back = alarm.fact.transitions.iter().rev().find(|transition| transition.to == AlarmState::Ok);
    if alarm.fact.state == AlarmState::Ok {
        let cited = cite::any(alarm.evidence, &[&["-> OK"], &["state: OK"], &[&alarm.name]]);
        chain.link(format!("{} is in OK again.", alarm.name), back.map(|transition| transition.at), [cited]);
    }
    chain.finish()
}

fn summary(case: &Case<'_>, alarm: &Alarm, quiet: Quiet) -> String {
    let why = match quiet {
        Quiet::MissingData | Quiet::Resting => "The alarm treats missing data as breaching, and its metric had no data points: it tells of silence, not of a fault.".to_owned(),
        Quiet::ThresholdInRange { threshold, usual } => format!("The alarm's threshold of {threshold} lies at or below what the baseline reaches ({usual:.1}) without anything being wrong."),
        Quiet::Recovered => "The alarm went back to OK by itself.".to_owned(),
    };
    let burst = match case.burst() {
        Some((requests, at)) => format!(
            " From {at} on it had up to {:.0} requests a period, far more than in the baseline: the alarm tells of load, which passed or was taken up.",
            requests.window.max
        ),
        None => String::new(),
    };
    format!(
        "Tasks, targets, metrics and logs of {} were read as far as there are any: no task that failed, no unhealthy target, no failure that is new against the baseline. {why}{burst} {} is at fault only as far as its setting is.",
        case.name(),
        alarm.name
    )
}

/// ECS's first words on tasks that it started between a burst of requests and the end of the alarm, no deployment's.
fn scaled_out<'a>(case: &Case<'a>) -> Option<Seen<'a, ServiceEvent>> {
    let (_, at) = case.burst()?;
    let alarm = case.alarm()?;
    let back = alarm.fact.transitions.iter().rev().find(|one| one.to == AlarmState::Ok).map(|one| one.at);
    let during = |event: &Seen<'a, ServiceEvent>| event.at >= at && back.is_none_or(|back| event.at <= back);
    let events = case.workload.events().into_iter().filter(|event| event.message.contains("has started"));
    events.filter(during).min_by_key(|event| event.at).filter(|_| fell_into(case).is_none())
}

/// The deployment in the course of which the alarm rose and fell.
fn fell_into<'a>(case: &Case<'a>) -> Option<Introduced<'a>> {
    /// How long new tasks may take until they serve alone, and the alarm until it tells.
    const COURSE: SignedDuration = SignedDuration::from_mins(30);
    let alarm = case.alarm().filter(|alarm| alarm.state == AlarmState::Ok)?;
    let rose = case.alarm_transition()?.at;
    let back = alarm.fact.transitions.iter().any(|one| one.to == AlarmState::Ok && one.at >= rose);
    let deployment = introduced(case, rose).filter(|_| back)?;
    deployment.at.is_some_and(|at| at <= rose && rose.duration_since(at) <= COURSE).then_some(deployment)
}

/// An innocent change nearby, and more load.
fn rivals(case: &Case<'_>, watched: Option<Seen<'_, Series>>) -> Vec<RuledOut> {
    if fell_into(case).is_some() {
        return Vec::new();
    }
    crate::rivals::innocent_change(
        case,
        watched.map(|series| cite_series(series.evidence, &series.metric.name, &series.statistic)),
    )
    .into_iter()
    .collect()
}
