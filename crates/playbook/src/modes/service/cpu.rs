//! The processor of a service's tasks at its limit.
//!
//! Discriminating questions: is it at the limit only in periods with requests, and idle otherwise? had the tasks started long before? did a
//! deployment or a task replacement lie before the first such period, and do later ones come without any? did the same requests come before
//! that deployment, without such an effect? does the program itself say where it was held?

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Category, Verdict,
    facts::{Change, Series, Task},
    root_cause::{Gap, Link, RuledOut},
};

pub(crate) mod held;

use self::held::{Held, held};
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
/// What comes later after a deployment did not come with it by its time alone.
const SOON: SignedDuration = SignedDuration::from_mins(45);
/// A line of the program's belongs to a period at the limit that lies so near.
const TOGETHER: SignedDuration = SignedDuration::from_mins(5);

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
    /// First effect: that period, or the program's own words just before it.
    pub(crate) onset: Timestamp,
    /// Whether requests set it off.
    pub(crate) by_requests: bool,
    /// The longest answer, seconds.
    pub(crate) slowest: Option<Seen<'a, Series>>,
    /// A deployment between the baseline and the first such period.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// Whether it came with that deployment: the requests are those of the baseline, which left the processor idle.
    pub(crate) by_deployment: bool,
    /// What holds the processor, by the program's own words.
    pub(crate) held: Option<Held>,
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
    let held = held(case);
    let told = held.as_ref().map(|held| held.first).filter(|at| at.duration_since(first).abs() <= TOGETHER);
    let onset = told.map_or(first, |told| told.min(first));
    let introduced = introduced(case, onset);
    let by_deployment = introduced.as_ref().is_some_and(|introduced| {
        let soon = introduced.at.is_some_and(|at| onset.duration_since(at) <= SOON);
        is_as_usual(case, level.fact) && !introduced.taken_back && (held.is_some() || (soon && !by_requests))
    });
    let pinned = Pinned {
        units: case.workload.cpu_units(),
        levels,
        periods: pinned.len(),
        first,
        by_requests,
        slowest: slowest.filter(|series| series.window.points > 0),
        introduced,
        by_deployment,
        held,
        onset,
        level,
    };
    let only_starts = !by_requests && is_start_up(case, level.fact);
    let crashed = case
        .workload
        .container_states()
        .any(|(_, one)| one.exit_code.is_some_and(|code| code != 0 && code != 143 && code != 137));
    let support = match (only_starts, by_requests || pinned.by_deployment || pinned.periods >= 3) {
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

/// Whether the requests are those of the baseline, and left the processor below its limit then.
fn is_as_usual(case: &Case<'_>, level: &Series) -> bool {
    let idle = level.baseline.is_some_and(|baseline| baseline.points > 0 && baseline.max < PINNED);
    let usual = case.requests().is_none_or(|requests| {
        let baseline = requests.fact.baseline.filter(|baseline| baseline.sum > 0.0);
        baseline.is_some_and(|baseline| requests.window.mean <= 1.5 * baseline.mean)
    });
    idle && usual
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
    let units = pinned.units.map(|units| format!(" of {units} CPU units")).unwrap_or_default();
    let clause = pinned.held.as_ref().and_then(Held::clause);
    let why = match (pinned.since(), clause, pinned.by_requests) {
        (Some(introduced), Some(clause), _) => format!("since {} it is held {clause}", introduced.revision),
        (Some(introduced), None, _) if introduced.lowered("cpu").is_some() => {
            format!("{} lowered it ({})", introduced.revision, introduced.lowered("cpu").unwrap_or_default())
        }
        (Some(introduced), None, _) => format!("since the deployment of {}", introduced.revision),
        (None, Some(clause), _) => format!("it is held {clause}"),
        (None, None, true) => "requests use all of it".to_owned(),
        (None, None, false) => "what uses it is not shown".to_owned(),
    };
    cause.title = format!("{name} runs at the limit{units}: {why}");
    cause.components = case.component().into_iter().collect();
    cause.location = pinned.held.as_ref().and_then(|held| held.location.clone());
    cause.onset = Some(pinned.onset);
    cause.trigger = Some(trigger(pinned));
    cause.chain = chain(case, pinned);
    cause.summary = summary(case, pinned);
    cause.gaps = gaps(case, pinned);
    cause.ruled_out = rivals(case, pinned);
    cause
}

impl<'a> Pinned<'a> {
    /// The deployment that it came with.
    pub(crate) fn since(&self) -> Option<&Introduced<'a>> {
        self.introduced.as_ref().filter(|_| self.by_deployment)
    }
}

fn trigger(pinned: &Pinned<'_>) -> String {
    let path = pinned.held.as_ref().and_then(|held| held.path.as_ref()).map(|path| format!(" ({path})"));
    let path = path.unwrap_or_default();
    match (pinned.since(), pinned.by_requests) {
        (Some(introduced), _) => format!(
            "Requests{path} that {} answers in another way than what ran before: as many as ever, and they left the processor idle until then",
            introduced.revision
        ),
        (None, _) if !path.is_empty() => format!("Requests{path}, by the program's own words"),
        (None, true) => "Requests: CPU stands at its limit in periods with requests and is idle without; which request it is, no log says".to_owned(),
        (None, false) => "Not shown".to_owned(),
    }
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
    if let Some(introduced) = pinned.since() {
        let at = introduced.at.filter(|at| *at <= pinned.onset);
        chain.link(introduced.statement(case.name()), at, introduced.citations());
        if let Some(line) = introduced.lowered("cpu") {
            let less = format!("{} gives the tasks less of it: {line} units.", introduced.revision);
            chain.link(less, None, [introduced.cite_difference(line)]);
        }
    }
    if let Some(held) = &pinned.held {
        let place = held.clause().map(|clause| format!(", {clause}")).unwrap_or_default();
        let path = held.path.as_ref().map(|path| format!(", while it answered {path}")).unwrap_or_default();
        let said = format!(
            "The program says itself that it is blocked{place}{path}: {} time(s) in the window, and never in the baseline.",
            held.count
        );
        chain.link(said, Some(held.first), [Some(held.citation.clone()), held.place.clone()]);
    }
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
    if let (Some(introduced), Some(before)) =
        (pinned.since(), pinned.since().and_then(|introduced| introduced.before.as_ref()))
    {
        text += &format!(
            " It came with {}: requests are as many as in the baseline, which {} answered with an idle processor.",
            introduced.revision, before.revision
        );
    }
    if let Some(clause) = pinned.held.as_ref().and_then(Held::clause) {
        text += &format!(" The program's own log says where it is held: {clause}.");
    }
    text += " Requests that wait for the CPU are slow, and health checks may fail with them.";
    if pinned.held.as_ref().is_none_or(|held| held.path.is_none()) {
        text += " Which path it is cannot be said without access logs.";
    }
    text
}

fn gaps(case: &Case<'_>, pinned: &Pinned<'_>) -> Vec<Gap> {
    let off = case.workload.balancer().and_then(|balancer| balancer.access_logs) == Some(false);
    let why = if off {
        "the load balancer's access logs are off, and the program logs no request"
    } else {
        "no access log was among the evidence"
    };
    let held = pinned.held.as_ref();
    let mut gaps = Vec::new();
    if held.is_none_or(|held| held.path.is_none()) {
        gaps.push(gap(
            "which requests (path, client) use the CPU",
            why,
            "switch on the load balancer's access logs (attribute access_logs.s3.enabled), or log path and duration of each request",
            !pinned.by_requests && !pinned.by_deployment,
        ));
    }
    gaps.push(match held.and_then(|held| held.location.as_ref()) {
        Some(location) => gap(
            format!("the source at {}:{}", location.file, location.line),
            "the container's code is not among the evidence",
            "read the line in the repository, at the commits that both images were built from",
            false,
        ),
        None => gap(
            "what in the program uses the CPU",
            "the container's code is not among the evidence",
            "take a CPU profile while a slow request runs",
            false,
        ),
    });
    gaps
}

fn rivals(case: &Case<'_>, pinned: &Pinned<'_>) -> Vec<RuledOut> {
    let mut rivals = Vec::new();
    let own = cite_series(pinned.level.evidence, "CPUUtilization", &pinned.level.statistic);
    let correlation = case.cite_correlation("CPUUtilization").or(own);
    if pinned.by_deployment {
        return replaced(case, pinned).into_iter().collect();
    }
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

/// Tasks that were replaced after the first such period, and changed nothing by that.
fn replaced(case: &Case<'_>, pinned: &Pinned<'_>) -> Option<RuledOut> {
    let last = pinned.level.fact.points.iter().rev().find(|point| point.value >= PINNED)?.at;
    let after = |task: &&Seen<'_, Task>| task.started.is_some_and(|at| at > pinned.first && at < last);
    let task = case.workload.tasks.iter().filter(after).min_by_key(|task| task.started)?;
    let own = cite_series(pinned.level.evidence, "CPUUtilization", &pinned.level.statistic);
    let citations: Vec<_> = [cite_task(task), own].into_iter().flatten().collect();
    (citations.len() == 2).then(|| RuledOut {
        hypothesis: "A single bad task or host".to_owned(),
        reason: format!(
            "Tasks were replaced from {} on, and CPU still stood at its limit at {last}.",
            task.started.unwrap_or(last)
        ),
        citations,
    })
}

/// The change of the service that lies nearest to the first period at the limit.
fn nearest_change<'a>(case: &Case<'a>, pinned: &Pinned<'_>) -> Option<Seen<'a, Change>> {
    let all = case.all_changes().filter(|change| change.touches_subject);
    all.min_by_key(|change| change.at.duration_since(pinned.first).abs())
}
