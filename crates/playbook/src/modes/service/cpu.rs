//! The processor of a service's tasks at its limit.
//!
//! Discriminating questions: is it at the limit only in periods with requests, and idle otherwise? had the tasks started long before? did a
//! deployment or a task replacement lie before the first such period, and do later ones come without any?

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Category, Verdict,
    facts::{Change, Series},
    root_cause::{Gap, Link, RuledOut},
};

use super::{Introduced, ServiceFault, cite_event, cite_task, introduced, minutes};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim, gap},
    reading::{Case, Seen, load::Levels},
};

/// At its limit from here, per cent.
const PINNED: f64 = 90.0;
/// A program still starts up to here.
const STARTING: SignedDuration = SignedDuration::from_secs(120);

/// A processor at its limit, as it was found.
#[derive(Debug)]
pub(crate) struct Pinned<'a> {
    /// CPUUtilization.
    pub(crate) level: Seen<'a, Series>,
    /// Units of a task, 1,024 a vCPU.
    pub(crate) units: Option<u32>,
    /// Its level with and without requests.
    pub(crate) levels: Option<Levels>,
    /// Periods at the limit.
    pub(crate) periods: usize,
    /// The first of them.
    pub(crate) first: Timestamp,
    /// Whether requests set it off.
    pub(crate) by_requests: bool,
    /// The longest answer, seconds.
    pub(crate) slowest: Option<Seen<'a, Series>>,
    /// A deployment between the baseline and the first such period.
    pub(crate) introduced: Option<Introduced<'a>>,
}

/// Examines the case for a processor at its limit.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let level = case.ecs_peak("CPUUtilization").filter(|series| series.window.max >= PINNED)?;
    let pinned: Vec<Timestamp> =
        level.fact.points.iter().filter(|point| point.value >= PINNED).map(|point| point.at).collect();
    let first = pinned.first().copied()?;
    let levels = case.levels(level.fact);
    let by_requests = levels.is_some_and(|levels| {
        levels.driven_periods >= 1
            && levels.idle_periods >= 3
            && levels.driven >= 50.0
            && levels.idle <= 0.5 * levels.driven
    });
    let slowest =
        case.balanced("TargetResponseTime", "Maximum").or_else(|| case.balanced("TargetResponseTime", "Average"));
    let pinned = Pinned {
        units: case.workload.cpu_units(),
        levels,
        periods: pinned.len(),
        first,
        by_requests,
        slowest: slowest.filter(|series| series.window.points > 0),
        introduced: introduced(case, first),
        level,
    };
    let only_starts = !by_requests && is_start_up(case, level.fact);
    let crashed = case
        .workload
        .container_states()
        .any(|(_, one)| one.exit_code.is_some_and(|code| code != 0 && code != 143 && code != 137));
    let support = match (only_starts, by_requests || pinned.periods >= 3) {
        (true, _) => Support::Possible,
        (false, true) if !crashed => Support::Shown,
        (false, _) => Support::Likely,
    };
    Some(Hypothesis {
        support,
        fresh: level.fact.baseline.is_none_or(|baseline| baseline.max < PINNED),
        explains: pinned.periods as u64,
        looks_for: "CPU is at its limit; looking whether it follows requests, starts or a change.".to_owned(),
        wants: Vec::new(),
        cause: cause(case, &pinned),
        diagnosis: Diagnosis::Service(ServiceFault::Cpu(pinned)),
    })
}

/// Whether every period at the limit is one in which a task starts.
fn is_start_up(case: &Case<'_>, level: &Series) -> bool {
    let starts: Vec<Timestamp> = case.workload.tasks.iter().filter_map(|task| task.started).collect();
    let near = |at: Timestamp| starts.iter().any(|start| at.duration_since(*start).abs() <= STARTING);
    !starts.is_empty() && level.points.iter().filter(|point| point.value >= PINNED).all(|point| near(point.at))
}

fn cause(case: &Case<'_>, pinned: &Pinned<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::CpuSaturation);
    let name = case.name();
    let why = if pinned.by_requests { "requests use all of it" } else { "what uses it is not shown" };
    let units = pinned.units.map(|units| format!(" of {units} CPU units")).unwrap_or_default();
    cause.title = format!("{name} runs at the limit{units}: {why}");
    cause.components = case.component().into_iter().collect();
    cause.onset = Some(pinned.first);
    cause.trigger = Some(match pinned.by_requests {
        true => "Requests: CPU stands at its limit in periods with requests and is idle without; which request it is, no log says".to_owned(),
        false => "Not shown".to_owned(),
    });
    cause.chain = chain(case, pinned);
    cause.summary = summary(case, pinned);
    cause.gaps = gaps(case, pinned);
    cause.ruled_out = rivals(case, pinned);
    cause
}

fn in_words(levels: &Levels) -> String {
    format!(
        "CPUUtilization averages {:.1} % in the {} periods with requests and {:.1} % in the {} without",
        levels.driven, levels.driven_periods, levels.idle, levels.idle_periods
    )
}

fn chain(case: &Case<'_>, pinned: &Pinned<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    let level = &pinned.level;
    let own = || cite_series(level.evidence, "CPUUtilization", &level.statistic);
    if let Some(levels) = pinned.levels.filter(|_| pinned.by_requests) {
        let requests = case.requests().and_then(|series| cite_series(series.evidence, "RequestCount", "Sum"));
        chain.link(
            format!("Requests drive it: {}.", in_words(&levels)),
            None,
            [case.cite_correlation("CPUUtilization").or_else(own), requests],
        );
    }
    let units = pinned.units.map(|units| format!(" of {units} units")).unwrap_or_default();
    chain.link(
        format!(
            "CPU stood at up to {:.1} %{units} in {} period(s) from {}.",
            level.window.max, pinned.periods, pinned.first
        ),
        Some(pinned.first),
        [own()],
    );
    if let Some(slow) = pinned.slowest.filter(|slow| slow.window.max >= 1.0) {
        chain.link(
            format!("Answers took up to {:.1} s.", slow.window.max),
            None,
            [cite_series(slow.evidence, "TargetResponseTime", &slow.statistic)],
        );
    }
    let unhealthy = case
        .workload
        .events()
        .into_iter()
        .find(|event| event.message.contains("unhealthy") && event.at >= pinned.first);
    if let Some(event) = unhealthy {
        chain.link(
            "Health checks went unanswered while the CPU was at its limit: an effect.",
            Some(event.at),
            [cite_event(&event)],
        );
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, pinned: &Pinned<'_>) -> String {
    let name = case.name();
    let mut text = format!(
        "The tasks of {name} use all the CPU that they may, from {} in {} period(s).",
        pinned.first, pinned.periods
    );
    if let Some(levels) = pinned.levels.filter(|_| pinned.by_requests) {
        text += &format!(" {}: requests set it off, and tasks without requests stay idle.", in_words(&levels));
    }
    text + " Requests that wait for the CPU are slow, and health checks may fail with them. Which path it is cannot be said without access logs."
}

fn gaps(case: &Case<'_>, pinned: &Pinned<'_>) -> Vec<Gap> {
    let off = case.workload.balancer().and_then(|balancer| balancer.access_logs) == Some(false);
    let why = if off {
        "the load balancer's access logs are off, and the program logs no request"
    } else {
        "no access log was among the evidence"
    };
    let mut gaps = vec![gap(
        "which requests (path, client) use the CPU",
        why,
        "switch on the load balancer's access logs (attribute access_logs.s3.enabled), or log path and duration of each request",
        !pinned.by_requests,
    )];
    gaps.push(gap(
        "what in the program uses the CPU",
        "the container's code is not among the evidence",
        "take a CPU profile while a slow request runs",
        false,
    ));
    gaps
}

fn rivals(case: &Case<'_>, pinned: &Pinned<'_>) -> Vec<RuledOut> {
    let mut rivals = Vec::new();
    let own = cite_series(pinned.level.evidence, "CPUUtilization", &pinned.level.statistic);
    let correlation = case.cite_correlation("CPUUtilization").or(own);
    if !pinned.by_requests {
        return rivals;
    }
    let idle = pinned.levels.map_or(0.0, |levels| levels.idle);
    let started = case.workload.tasks.iter().filter(|task| task.started.is_some_and(|at| at < pinned.first));
    let task = started.max_by_key(|task| task.started);
    let age = task.and_then(|task| Some(pinned.first.duration_since(task.started?).as_secs()));
    let since = age
        .map(|age| format!("A task had run for {} before the first such period. ", minutes(age)))
        .unwrap_or_default();
    rivals.push(RuledOut {
        hypothesis: "A loop in the program's start-up".to_owned(),
        reason: format!(
            "{since}The same tasks stand at {idle:.1} % in periods without requests, which a loop would not let them."
        ),
        citations: [task.and_then(cite_task), correlation.clone()].into_iter().flatten().collect(),
    });
    if let Some(change) = nearest_change(case, pinned) {
        let stamp = change.at.to_string();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action], &[&stamp]]);
        let after =
            if change.at > pinned.first { "came after the first such period" } else { "is followed by idle periods" };
        rivals.push(RuledOut {
            hypothesis: "A task replacement, deployment or stack update".to_owned(),
            reason: format!("{} at {} {after}; CPU rises with requests and falls without, again and again, while the tasks stay the same.", change.action, change.at),
            citations: [cited, correlation].into_iter().flatten().collect(),
        });
    }
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}

/// The change of the service that lies nearest to the first period at the limit.
fn nearest_change<'a>(case: &Case<'a>, pinned: &Pinned<'_>) -> Option<Seen<'a, Change>> {
    let all = case.all_changes().filter(|change| change.touches_subject);
    all.min_by_key(|change| change.at.duration_since(pinned.first).abs())
}
