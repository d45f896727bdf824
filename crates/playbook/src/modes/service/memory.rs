//! Memory of a service's tasks: killed at the limit, and why it was reached.
//!
//! Discriminating questions: does ECS itself say out of memory (137 alone is any kill)? does memory rise only in periods with requests, or
//! always? does it begin low with every new task? did it stand flat in the baseline, before the last deployment?

use jiff::Timestamp;
use marple_case::{
    Category, Verdict,
    facts::{ContainerDefinition, ContainerState, Series, Shape, Task},
    root_cause::{Gap, Link, RuledOut},
};

mod container;
pub(crate) mod gauge;
mod recurring;

use self::{gauge::Gauge, recurring::Earliest};
use super::{Introduced, ServiceFault, cite_exit, cite_task, introduced, lifetimes, minutes};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_error, cite_series, claim, gap},
    reading::{
        Case, Seen,
        failure::Failure,
        load::{Rise, is_flat},
        logged::Logged,
    },
};

/// Memory is at its limit from here, per cent.
const FULL: f64 = 90.0;

/// What makes memory grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Growth {
    /// It rises with requests and stands still without.
    Requests,
    /// It rises all the time.
    Time,
    /// Not shown.
    Unknown,
}

/// Exhausted memory as it was found.
#[derive(Debug)]
pub(crate) struct Exhaustion<'a> {
    /// What a task may use, MiB; what the killed container may use, where that has a limit of its own.
    pub(crate) limit_mb: Option<u32>,
    /// The container that was killed at its own limit, while the task had memory to spare.
    pub(crate) container: Option<&'a ContainerDefinition>,
    /// Kills that ECS itself calls out of memory.
    pub(crate) kills: Vec<(Seen<'a, Task>, &'a ContainerState)>,
    /// Kills of which nobody says why.
    pub(crate) bare: Vec<(Seen<'a, Task>, &'a ContainerState)>,
    /// The runtime's own words.
    pub(crate) logged: Option<Logged<'a>>,
    /// MemoryUtilization.
    pub(crate) level: Option<Seen<'a, Series>>,
    /// What makes it grow.
    pub(crate) growth: Growth,
    /// How it rises with requests.
    pub(crate) rise: Option<Rise>,
    /// The shortest and the longest life of a killed task, seconds.
    pub(crate) lives: Option<(i64, i64)>,
    /// What the program itself counts and keeps ever more of.
    pub(crate) gauges: Vec<Gauge<'a>>,
    /// What it counted giving up in the baseline, and gives up no more.
    pub(crate) stopped: Option<Gauge<'a>>,
    /// The first trace of it, where the kills that are still listed are not the first.
    pub(crate) earliest: Option<Earliest>,
    /// The deployment that it began with.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// Whether the baseline stood flat while requests came, under the revision before.
    pub(crate) clean_before: bool,
    /// First effect.
    pub(crate) onset: Timestamp,
}

/// Examines the case for exhausted memory.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let states = || case.workload.container_states();
    let kills: Vec<_> = states().filter(|(task, container)| is_out_of_memory(task.fact, container)).collect();
    let is_bare = |task: &Task, container: &ContainerState| {
        container.exit_code == Some(137) && !is_out_of_memory(task, container) && !was_told_to_stop(task)
    };
    let bare: Vec<_> = states().filter(|(task, container)| is_bare(task.fact, container)).collect();
    let logged = case.failures.iter().find(|logged| logged.failure == Failure::OutOfMemory && !logged.in_baseline);
    let level = case.ecs_peak("MemoryUtilization");
    let most = level.map_or(0.0, |series| series.window.max);
    let climbs = level.is_some_and(|series| matches!(series.shape, Shape::Sawtooth | Shape::Ramp));
    if kills.is_empty() && logged.is_none() && !(most >= FULL && (climbs || !bare.is_empty())) {
        return None;
    }
    let rise = case.ecs("MemoryUtilization", "Average").filter(|series| series.window.points > 2).or(level);
    let lives = lifetimes(kills.iter().chain(&bare).map(|(task, _)| task.fact));
    let last = onset(case, &kills, &bare, logged, level);
    let earliest = lives.and_then(|(_, long)| recurring::earliest(case, last, long));
    let onset = earliest.as_ref().map_or(last, |earliest| earliest.at);
    let introduced = introduced(case, onset);
    // What stood level before the deployment says nothing of what came with it.
    let since = introduced.as_ref().and_then(|introduced| introduced.at);
    let rise = rise.and_then(|series| case.rise(series.fact, since));
    let before = level.and_then(|series| series.fact.baseline);
    // Where no requests are measured, whatever it does it did in the baseline, too.
    let used = case.requests().is_none_or(|series| series.fact.baseline.is_some_and(|baseline| baseline.sum > 0.0));
    let killed: Vec<&str> = kills.iter().map(|(_, one)| one.name.as_str()).collect();
    let container = container::limited(case, &killed);
    let exhaustion = Exhaustion {
        limit_mb: container.and_then(|one| one.memory).or_else(|| case.workload.memory_mb()),
        lives,
        earliest,
        gauges: gauge::growing(case),
        stopped: gauge::stopped(case),
        clean_before: container.is_none() && introduced.is_some() && used && before.as_ref().is_some_and(is_flat),
        // The task's level says little of one container in it.
        growth: if container.is_some() { Growth::Unknown } else { growth(case, rise) },
        container,
        kills,
        bare,
        logged: logged.cloned(),
        level,
        rise,
        introduced,
        onset,
    };
    let support = match (exhaustion.kills.is_empty() && exhaustion.logged.is_none(), climbs || most >= FULL) {
        (false, _) => Support::Shown,
        (true, true) => Support::Likely,
        (true, false) => Support::Possible,
    };
    Some(Hypothesis {
        support,
        fresh: before.is_none_or(|baseline| baseline.max < FULL),
        explains: (exhaustion.kills.len() + exhaustion.bare.len()).max(1) as u64,
        looks_for: "Tasks reach their memory limit; looking whether memory follows requests or time, and since when."
            .to_owned(),
        wants: Vec::new(),
        cause: cause(case, &exhaustion),
        diagnosis: Diagnosis::Service(ServiceFault::Memory(exhaustion)),
    })
}

/// Whether ECS says that a container was killed for lack of memory.
pub(crate) fn is_out_of_memory(task: &Task, container: &ContainerState) -> bool {
    let says = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| {
            let text = text.to_lowercase();
            text.contains("outofmemory") || text.contains("out of memory") || text.contains("oom-kill")
        })
    };
    let killed = container.exit_code.is_none_or(|code| code == 137 || code == 1);
    killed && (says(&container.reason) || (container.exit_code == Some(137) && says(&task.stopped_reason)))
}

/// Whether ECS stopped a task on purpose: a deployment, a scaling, a failed health check; a slow program is then killed with 137.
fn was_told_to_stop(task: &Task) -> bool {
    matches!(task.stop_code.as_deref(), Some("ServiceSchedulerInitiated" | "UserInitiated" | "SpotInterruption"))
}

fn growth(case: &Case<'_>, rise: Option<Rise>) -> Growth {
    let Some(rise) = rise.filter(|rise| rise.driven_periods + rise.idle_periods >= 4) else { return Growth::Unknown };
    let told =
        case.workload.metrics.iter().flat_map(|metrics| {
            let of = |index: usize| metrics.fact.series.get(index).map(|series| series.metric.name.as_str());
            metrics.fact.correlations.iter().filter(move |one| {
                of(one.follower) == Some("MemoryUtilization") && of(one.driver) == Some("RequestCount")
            })
        });
    let together = told.map(|one| one.changes).fold(f64::NEG_INFINITY, f64::max);
    match rise.idle_periods >= 3 {
        true if rise.driven_periods >= 2 && rise.driven > 0.05 && rise.idle < 0.3 * rise.driven => Growth::Requests,
        true if rise.idle > 0.02 && rise.idle >= 0.5 * rise.driven => Growth::Time,
        false if together >= 0.6 && rise.driven > 0.05 => Growth::Requests,
        _ => Growth::Unknown,
    }
}

/// The first effect: the first kill in the window, else the first error, else when the level passed half of what it reached.
fn onset(
    case: &Case<'_>,
    kills: &[(Seen<'_, Task>, &ContainerState)],
    bare: &[(Seen<'_, Task>, &ContainerState)],
    logged: Option<&Logged<'_>>,
    level: Option<Seen<'_, Series>>,
) -> Timestamp {
    let stops = if kills.is_empty() { bare } else { kills };
    let first = stops.iter().filter_map(|(task, _)| task.stopped).min();
    let first = first.into_iter().chain(logged.map(|logged| logged.first)).min();
    let full = || {
        let series = level?;
        series.fact.points.iter().find(|point| point.value >= 0.5 * series.window.max).map(|point| point.at)
    };
    // Clients see a kill before ECS has written its stop down.
    let failed = case.server_errors().filter(|errors| errors.fact.baseline.is_none_or(|baseline| baseline.sum == 0.0));
    let failed =
        failed.and_then(|errors| errors.fact.points.iter().find(|point| point.value > 0.0).map(|point| point.at));
    let first = first.map(|first| failed.map_or(first, |failed| first.min(failed)));
    let found = first.or_else(full).or(case.scope.first_breach).unwrap_or(case.scope.window.start);
    // The tasks that are still listed may be later ones than those that set the alarm off.
    case.breach().map_or(found, |breach| found.min(breach))
}

impl Exhaustion<'_> {
    /// What one request leaves behind, MiB.
    pub(crate) fn each_mb(&self, case: &Case<'_>) -> Option<f64> {
        let rise = self.rise.filter(|rise| self.growth == Growth::Requests && rise.each > 0.0)?;
        let tasks = case.workload.service.map_or(1, |service| service.fact.desired.max(1));
        Some(rise.each / 100.0 * f64::from(self.limit_mb?) * f64::from(tasks))
    }

    /// How many requests fill a task.
    pub(crate) fn requests_to_full(&self, case: &Case<'_>, limit_mb: u32) -> Option<f64> {
        let rest = self.level.map_or(0.0, |level| level.window.min) / 100.0 * f64::from(self.limit_mb?);
        let each = self.each_mb(case)?;
        Some(((f64::from(limit_mb) - rest) / each).max(1.0))
    }

    /// What grows, in words.
    pub(crate) fn growth_in_words(&self) -> String {
        match (self.growth, self.gauges.first()) {
            (Growth::Requests, _) => "memory grows with each request and is not freed".to_owned(),
            (Growth::Time, _) => "memory grows all the time, with or without requests".to_owned(),
            (Growth::Unknown, Some(gauge)) => format!("by its own log {}", gauge.clause()),
            (Growth::Unknown, None) => "what fills the memory is not shown".to_owned(),
        }
    }
}

fn cause(case: &Case<'_>, exhaustion: &Exhaustion<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::MemoryExhaustion);
    let (name, words) = (case.name(), exhaustion.growth_in_words());
    let limit = exhaustion.limit_mb.map(|limit| format!(" of {limit} MiB")).unwrap_or_default();
    cause.title = match exhaustion.container {
        Some(one) => format!(
            "The container {} of {name} runs out of its own memory{limit}; the task has memory to spare",
            one.name
        ),
        None => match exhaustion.introduced.as_ref().and_then(|one| Some((one, one.lowered("memory")?))) {
            Some((one, line)) => {
                format!("{name} runs out of its memory{limit}, which {} lowered ({line})", one.revision)
            }
            None => format!("{name} runs out of its memory{limit}: {words}"),
        },
    };
    cause.components = case.component().into_iter().collect();
    cause.onset = Some(exhaustion.onset);
    cause.trigger = Some(trigger(case, exhaustion));
    cause.chain = chain(case, exhaustion);
    cause.summary = summary(case, exhaustion);
    cause.gaps = gaps(exhaustion);
    cause.ruled_out = rivals(case, exhaustion);
    cause
}

fn trigger(case: &Case<'_>, exhaustion: &Exhaustion<'_>) -> String {
    match (exhaustion.growth, exhaustion.each_mb(case)) {
        (Growth::Requests, Some(each)) => {
            format!("Requests: each leaves about {each:.1} MiB behind; tasks without requests stay level")
        }
        (Growth::Requests, None) => "Requests: memory rises only in periods with requests".to_owned(),
        (Growth::Time, _) => "Time: memory rises in periods without requests too".to_owned(),
        (Growth::Unknown, _) if exhaustion.container.is_some() => {
            "The container's own use, against its own limit".to_owned()
        }
        (Growth::Unknown, _) => match exhaustion.gauges.first() {
            Some(gauge) => format!("Whatever the program counts as {}: it keeps ever more of it", gauge.name),
            None => "Not shown".to_owned(),
        },
    }
}

fn chain(case: &Case<'_>, exhaustion: &Exhaustion<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(introduced) = exhaustion.introduced.as_ref() {
        let at = introduced.at;
        chain.link(introduced.statement(case.name()), at, introduced.citations());
        if let Some(line) = introduced.lowered("memory") {
            let less = format!("{} gives the tasks less of it: {line} MiB.", introduced.revision);
            chain.link(less, None, [introduced.cite_difference(line)]);
        }
    }
    if let (Some(introduced), Some(level)) =
        (&exhaustion.introduced, exhaustion.level.filter(|_| exhaustion.clean_before))
    {
        let baseline = level.fact.baseline.unwrap_or_default();
        let statement = format!(
            "In the baseline, before {}, memory stood flat at {:.1} to {:.1} % while it was in use: the leak came with that deployment.",
            introduced.revision, baseline.min, baseline.max
        );
        chain.link(statement, None, [cite_series(level.evidence, "MemoryUtilization", &level.statistic)]);
    }
    if let (Some(rise), growth) = (exhaustion.rise, exhaustion.growth)
        && growth != Growth::Unknown
    {
        let each = exhaustion.each_mb(case).map(|each| format!(", about {each:.1} MiB a request")).unwrap_or_default();
        let statement = match growth {
            Growth::Requests => format!(
                "Memory rises with requests: {:+.2} points a period in {} periods with requests{each}, {:+.2} in {} without. What a request leaves is kept.",
                rise.driven, rise.driven_periods, rise.idle, rise.idle_periods
            ),
            _ => format!(
                "Memory rises with time: {:+.2} points a period in {} periods without requests, {:+.2} in {} with.",
                rise.idle, rise.idle_periods, rise.driven, rise.driven_periods
            ),
        };
        let own = exhaustion.level.and_then(|level| cite_series(level.evidence, "MemoryUtilization", &level.statistic));
        chain.link(statement, None, [case.cite_correlation("MemoryUtilization").or(own)]);
    }
    for gauge in &exhaustion.gauges {
        chain.link(
            format!("The program's own log counts what it keeps: {}.", gauge.clause()),
            None,
            [gauge.citation.clone()],
        );
    }
    if let Some(gauge) = &exhaustion.stopped {
        chain.link(format!("And it gives nothing up any more: {}.", gauge.clause()), None, [gauge.citation.clone()]);
    }
    if let (Some(one), Some(limit)) = (exhaustion.container, exhaustion.limit_mb) {
        let named = format!("container: {}", one.name);
        let cited = case.settings().and_then(|evidence| {
            cite::any(evidence, &[&[&format!("memory limit: {limit} MiB")], &["containers: +", &one.name], &[&named]])
        });
        let new = case.workload.current().is_some_and(|current| {
            current.fact.differences.iter().any(|line| *line == format!("containers: + {}", one.name))
        });
        let since = if new { "; it came with this revision" } else { "" };
        let whole = case.workload.memory_mb().map(|whole| format!(" of the task's {whole} MiB")).unwrap_or_default();
        chain.link(format!("The container {} may use {limit} MiB{whole}{since}.", one.name), None, [cited]);
    }
    if let Some(level) = exhaustion.level.filter(|_| exhaustion.container.is_none()) {
        let falls = match level.shape {
            Shape::Sawtooth => ", and falls back with each new task",
            _ => "",
        };
        let statement = format!("MemoryUtilization climbed to {:.1} % in the window{falls}.", level.window.max);
        chain.link(statement, None, [cite_series(level.evidence, "MemoryUtilization", &level.statistic)]);
    }
    if let Some(earliest) = &exhaustion.earliest {
        chain.link(
            format!("It recurs, and first showed at {}: {}. ECS keeps stopped tasks for an hour, so that the kills listed are later ones.", earliest.at, earliest.what),
            Some(earliest.at),
            [earliest.citation.clone()],
        );
    }
    let first = exhaustion.kills.iter().min_by_key(|(task, _)| task.stopped);
    if let Some((task, container)) = first {
        let lives = exhaustion
            .lives
            .map(|(short, long)| format!(", {} to {} after their start", minutes(short), minutes(long)));
        let statement = format!(
            "ECS reports that containers were killed for lack of memory ({} task(s){}): {}.",
            exhaustion.kills.len(),
            lives.unwrap_or_default(),
            container.reason.as_deref().or(task.fact.stopped_reason.as_deref()).unwrap_or("exit code 137")
        );
        chain.link(statement, task.stopped, [cite_exit(task, container), cite_task(task)]);
    } else if let Some((task, container)) = exhaustion.bare.first() {
        let statement = "A container was killed with exit code 137; ECS gives no reason, so that lack of memory is inferred from its level.";
        chain.link(statement, task.stopped, [cite_exit(task, container)]);
    }
    if let Some(logged) = &exhaustion.logged {
        chain.link(format!("The program logged {}.", logged.headline()), Some(logged.first), [cite_error(logged)]);
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, exhaustion: &Exhaustion<'_>) -> String {
    let mut text = match exhaustion.container {
        Some(one) => format!(
            "The container {} in tasks of {} is killed at its own memory limit, and being essential or needed it ends the whole task; the rest of the task's memory is free.",
            one.name,
            case.name()
        ),
        None => format!("Tasks of {} run out of memory; {}.", case.name(), exhaustion.growth_in_words()),
    };
    if let Some((short, long)) = exhaustion.lives {
        text +=
            &format!(" They live {} to {} and are replaced, which clients see as 5xx.", minutes(short), minutes(long));
    }
    if let Some(limit) = exhaustion.limit_mb
        && let Some(count) = exhaustion.requests_to_full(case, limit)
    {
        text += &format!(" At {limit} MiB about {count:.0} requests fill a task.");
    }
    text += match (&exhaustion.introduced, exhaustion.clean_before) {
        (Some(_), _) if exhaustion.container.is_some() => " It began after the last deployment.",
        (Some(_), true) => " It began with the last deployment: under the revision before, memory stood flat.",
        (Some(_), false) => " A deployment precedes it, but nothing shows how memory fared under requests before.",
        (None, _) => " No deployment between the baseline and the first effect is shown.",
    };
    text + " More memory only puts the next kill off: the cause is what the program keeps."
}

fn gaps(exhaustion: &Exhaustion<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if exhaustion.kills.is_empty() && exhaustion.logged.is_none() {
        gaps.push(gap(
            "ECS's own word on why the containers ended",
            "no stopped task with an out-of-memory reason is kept; ECS keeps stopped tasks for about one hour",
            "keep task state changes: an EventBridge rule on ECS Task State Change to a log group",
            true,
        ));
    }
    if exhaustion.growth == Growth::Unknown && exhaustion.container.is_none() {
        gaps.push(gap(
            "whether memory follows requests or time",
            "memory and request counts over the same periods do not tell them apart",
            "read MemoryUtilization and RequestCount together over a day with quiet hours",
            exhaustion.gauges.is_empty(),
        ));
    }
    gaps.push(gap(
        "what in the program keeps the memory",
        "the container's code and heap are not among the evidence",
        "take a heap profile of a task after some hundred requests and compare it with a fresh one",
        false,
    ));
    gaps
}

fn rivals(case: &Case<'_>, exhaustion: &Exhaustion<'_>) -> Vec<RuledOut> {
    let mut rivals = Vec::new();
    let level = exhaustion.level.and_then(|level| cite_series(level.evidence, "MemoryUtilization", &level.statistic));
    if exhaustion.growth == Growth::Requests {
        rivals.push(RuledOut {
            hypothesis: "A leak that grows with time alone".to_owned(),
            reason: "Memory stands still in periods without requests.".to_owned(),
            citations: case.cite_correlation("MemoryUtilization").or(level.clone()).into_iter().collect(),
        });
    }
    let lived = exhaustion.lives.is_some_and(|(short, _)| short >= 120);
    let low = exhaustion.level.is_some_and(|level| level.window.min < 0.5 * level.window.max);
    if lived && low {
        let task = exhaustion.kills.iter().chain(&exhaustion.bare).map(|(task, _)| task).next();
        let (short, least) =
            (exhaustion.lives.unwrap_or_default().0, exhaustion.level.map_or(0.0, |level| level.window.min));
        rivals.push(RuledOut {
            hypothesis: "Memory is exhausted at start-up".to_owned(),
            reason: format!(
                "Each task begins low (down to {least:.1} %) and ran for {} at least before it was killed.",
                minutes(short)
            ),
            citations: [
                task.and_then(|task| cite::any(task.evidence, &[&["task:", &task.id, "ran"], &["task:", &task.id]])),
                level,
            ]
            .into_iter()
            .flatten()
            .collect(),
        });
    }
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
