//! Health checks that fail while the program runs.
//!
//! Discriminating questions: what did the target answer (a code, nothing)? did the health check's path or codes change, or the program behind
//! it? which path does the program answer: by its own check, by its log? is a full processor, full memory or a crash the cause, and the check its effect?

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_case::{
    Category, Citation, ResourceRef, Verdict,
    facts::{Change, Target, TargetGroup, Task},
    root_cause::{Link, RuledOut},
};
use regex::Regex;

use self::{
    served::{Served, served},
    starting::{Silence, silence},
};
use super::{Introduced, ServiceFault, cite_event, cite_task, introduced};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, claim, gap},
    reading::{Case, Seen},
};

pub(crate) mod served;
pub(crate) mod starting;

static CODES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"codes?:? \[?(\d{3})").ok());

/// Failing health checks as they were found.
#[derive(Debug)]
pub(crate) struct Unhealthy<'a> {
    /// The target group; `None`: the container's own check, or the group was not read.
    pub(crate) group: Option<Seen<'a, TargetGroup>>,
    /// A target that fails.
    pub(crate) target: Option<Seen<'a, Target>>,
    /// A task that ECS stopped for it.
    pub(crate) task: Option<Seen<'a, Task>>,
    /// The HTTP status that targets answer.
    pub(crate) code: Option<u16>,
    /// Whether they do not answer at all.
    pub(crate) silent: bool,
    /// A change of the target group before.
    pub(crate) modified: Option<Seen<'a, Change>>,
    /// The deployment that it began with.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// The program's log line with the path.
    pub(crate) line: Option<Citation>,
    /// Why targets stay silent, where the program's log tells it.
    pub(crate) silence: Option<Silence>,
    /// The path that the program answers in place of the check's.
    pub(crate) served: Option<Served>,
    /// First effect.
    pub(crate) onset: Timestamp,
}

/// Examines the case for failing health checks.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let groups = case.workload.target_groups();
    let failing = groups.iter().find_map(|group| {
        let is_failing = |target: &&Target| {
            target.state == "unhealthy"
                || target.reason.as_deref().is_some_and(|reason| {
                    reason.starts_with("Target.")
                        && reason != "Target.NotRegistered"
                        && reason != "Target.DeregistrationInProgress"
                })
        };
        let fact = group.fact.targets.iter().find(is_failing)?;
        Some((*group, Seen { evidence: group.evidence, fact }))
    });
    let task = case
        .workload
        .tasks
        .iter()
        .find(|task| task.fact.stopped_reason.as_deref().is_some_and(is_failed_check))
        .copied();
    let event = case.workload.events().into_iter().find(|event| is_failed_check(&event.message));
    if failing.is_none() && task.is_none() && event.is_none() {
        return None;
    }
    let words = [
        failing.and_then(|(_, target)| target.fact.description.clone()),
        event.map(|event| event.message.clone()),
        task.and_then(|task| task.fact.stopped_reason.clone()),
    ];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(" | ");
    let code =
        CODES.as_ref().and_then(|codes| codes.captures(&words)).and_then(|found| found.get(1)?.as_str().parse().ok());
    let reason = failing.and_then(|(_, target)| target.fact.reason.clone()).unwrap_or_default();
    let silent = code.is_none()
        && (reason == "Target.Timeout"
            || reason == "Target.FailedHealthChecks"
            || words.to_lowercase().contains("timed out"));
    let seen = [event.map(|event| event.at), task.and_then(|task| task.fact.stopped), case.breach()];
    let onset = seen.into_iter().flatten().min().or(case.scope.first_breach).unwrap_or(case.scope.window.start);
    let group = failing.map(|(group, _)| group).or_else(|| groups.first().copied());
    let unhealthy = Unhealthy {
        target: failing.map(|(_, target)| target),
        modified: modified(case, onset),
        introduced: introduced(case, onset),
        line: group.and_then(|group| line(case, group.fact, code)),
        silence: if code.is_none() { silence(case, group.map(|group| group.fact)) } else { None },
        served: group.and_then(|group| served(case, group.fact.health_path.as_deref()?)).filter(|_| !silent),
        group,
        task,
        code,
        silent,
        onset,
    };
    Some(Hypothesis {
        support: support(case, &unhealthy),
        fresh: true,
        explains: 1,
        looks_for:
            "Health checks fail; looking at what the targets answer, and at what changed: the check or the program."
                .to_owned(),
        wants: Vec::new(),
        cause: cause(case, &unhealthy),
        diagnosis: Diagnosis::Service(ServiceFault::Health(unhealthy)),
    })
}

fn is_failed_check(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains("failed elb health checks")
        || lower.contains("failed container health checks")
        || (lower.contains("is unhealthy in") && lower.contains("target-group"))
}

/// Failing checks are an effect where tasks are killed, crash, cannot start or have no processor time left.
fn support(case: &Case<'_>, unhealthy: &Unhealthy<'_>) -> Support {
    let ended = case.workload.container_states().any(|(task, one)| match one.exit_code {
        Some(137) => super::memory::is_out_of_memory(task.fact, one),
        Some(code) => code != 0 && code != 143,
        None => one.reason.is_some(),
    });
    let full = |name: &str| case.ecs_peak(name).is_some_and(|series| series.window.max >= 95.0);
    let effect = ended || full("CPUUtilization") || full("MemoryUtilization");
    let told = unhealthy.code.is_some() || unhealthy.silence.is_some();
    match (effect, told || unhealthy.modified.is_some()) {
        (true, _) => Support::Possible,
        (false, true) => Support::Shown,
        (false, false) => Support::Likely,
    }
}

fn modified<'a>(case: &Case<'a>, onset: Timestamp) -> Option<Seen<'a, Change>> {
    // Its attributes (delays, stickiness) have no part in the check.
    let of_group = |change: &Change| {
        matches!(change.action.as_str(), "ModifyTargetGroup" | "ModifyRule" | "ModifyListener")
            && change.touches_subject
    };
    let room = onset.checked_add(case.scope.tolerance()).unwrap_or(onset);
    case.all_changes()
        .filter(|change| of_group(change.fact) && change.at <= room && change.at >= case.scope.baseline.end)
        .max_by_key(|change| change.at)
}

/// A line of the program's log that shows the check's path.
fn line(case: &Case<'_>, group: &TargetGroup, code: Option<u16>) -> Option<Citation> {
    let path = group.health_path.as_deref().filter(|path| path.len() > 1)?;
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    case.summaries.iter().find_map(|summary| {
        let told = summary.fact.templates.iter().filter(|line| line.count > 0 && line.sample.contains(path));
        let mut told = told.filter(|line| code.is_empty() || line.sample.contains(&code));
        let told = told.next()?;
        let words: String = told.sample.chars().take(100).collect();
        cite::line(summary.evidence, &[super::whole_words(&words)])
    })
}

impl Unhealthy<'_> {
    /// The check's path.
    pub(crate) fn path(&self) -> &str {
        self.group.and_then(|group| group.fact.health_path.as_deref()).unwrap_or("the health check's path")
    }

    fn answer(&self) -> String {
        match (self.code, self.silent) {
            (Some(code), _) => format!("answers {code}"),
            (None, true) => "does not answer in time".to_owned(),
            (None, false) => "fails".to_owned(),
        }
    }
}

fn cause(case: &Case<'_>, unhealthy: &Unhealthy<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::Misconfiguration);
    let name = case.name();
    cause.title = match (unhealthy.modified, &unhealthy.introduced) {
        (Some(_), _) => format!("The health check of {name} was changed: {} {}", unhealthy.path(), unhealthy.answer()),
        (None, Some(introduced)) => format!(
            "Since {} the health check of {name} fails: {} {}",
            introduced.revision,
            unhealthy.path(),
            unhealthy.answer()
        ),
        (None, None) => format!("The health check of {name} fails: {} {}", unhealthy.path(), unhealthy.answer()),
    };
    if let Some(silence) = &unhealthy.silence {
        cause.title = format!("The health check of {name} fails: {}", silence.clause());
    }
    let group = unhealthy.group.map(|group| group.fact.resource());
    let definition = unhealthy.introduced.as_ref().and(case.workload.current()).map(|one| one.resource());
    let all: Vec<ResourceRef> = case.component().into_iter().chain(group).chain(definition).collect();
    cause.components = all;
    cause.onset = Some(unhealthy.onset);
    cause.trigger = Some(format!("Every health check: {} {}", unhealthy.path(), unhealthy.answer()));
    cause.chain = chain(case, unhealthy);
    cause.summary = summary(case, unhealthy);
    if unhealthy.modified.is_none() && unhealthy.introduced.is_none() {
        cause.gaps.push(gap(
            "what changed",
            "neither a deployment nor a change of the target group lies before the first failure",
            "compare the program's routes with the health check's path",
            true,
        ));
    }
    cause.ruled_out = rivals(case, unhealthy);
    cause
}

fn chain(case: &Case<'_>, unhealthy: &Unhealthy<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(change) = unhealthy.modified {
        let stamp = change.at.to_string();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
        chain.link(format!("{} changed the target group's settings.", change.action), Some(change.at), [cited]);
    } else if let Some(introduced) = &unhealthy.introduced {
        chain.link(
            introduced.statement(case.name()),
            introduced.at.filter(|at| *at <= unhealthy.onset),
            introduced.citations(),
        );
    }
    if let Some(group) = unhealthy.group {
        let codes = group.health_codes.as_deref().map(|codes| format!(" and wants {codes}")).unwrap_or_default();
        let path = unhealthy.path();
        let cited = cite::any(group.evidence, &[&["health check:", path], &["health check:"], &[&group.name]]);
        chain.link(format!("The target group {} asks for {path}{codes}.", group.name), None, [cited]);
    }
    if let Some(target) = unhealthy.target {
        let reason = target.fact.reason.as_deref().unwrap_or_default();
        let cited = cite::any(
            target.evidence,
            &[&["target:", &target.fact.id, reason], &["target:", reason], &["target:", &target.fact.id]],
        );
        let said = target.fact.description.as_deref().unwrap_or(reason);
        chain.link(
            format!("The target {} is {}: {said}.", target.fact.id, target.fact.state),
            None,
            [cited, unhealthy.line.clone()],
        );
    }
    if let Some(silence) = &unhealthy.silence {
        chain.link(format!("The program's log shows why: {}.", silence.clause()), None, silence.citations());
    }
    if let Some(served) = &unhealthy.served {
        chain.link(served.statement.clone(), None, [Some(served.citation.clone())]);
        if let Some((path, cited)) = &served.before {
            chain.link(format!("The revision before asked itself for {path}, and served."), None, [cited.clone()]);
        }
    }
    let event = case.workload.events().into_iter().find(|event| is_failed_check(&event.message));
    if let Some(event) = event {
        chain.link("ECS found the tasks unhealthy and replaces them.", Some(event.at), [cite_event(&event)]);
    } else if let Some(task) = unhealthy.task {
        chain.link("ECS stopped tasks for failing checks.", task.fact.stopped, [cite_task(&task)]);
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, unhealthy: &Unhealthy<'_>) -> String {
    let mut text = format!(
        "The health check of {} fails: {} {}. First seen at {}.",
        case.name(),
        unhealthy.path(),
        unhealthy.answer(),
        unhealthy.onset
    );
    text += match unhealthy.code {
        Some(404) => " The program runs and answers, but knows no such path: path and program do not fit.",
        Some(_) => " The program runs and answers, but not with the status that the check wants.",
        None => " ECS replaces tasks that the load balancer calls unhealthy.",
    };
    if let Some(silence) = &unhealthy.silence {
        text += &format!(" It is no fault of the path: {}.", silence.clause());
    }
    if let Some(served) = &unhealthy.served {
        text += &format!(" What the program answers is {}.", served.path);
    }
    if let Some(change) = unhealthy.modified {
        text += &format!(" {} at {} changed the check.", change.action, change.at);
    } else if let Some(introduced) = &unhealthy.introduced {
        text += &format!(" {}", introduced.statement(case.name()));
    }
    text
}

fn rivals(case: &Case<'_>, unhealthy: &Unhealthy<'_>) -> Vec<RuledOut> {
    let mut rivals = Vec::new();
    if let (Some(code), Some(target)) = (unhealthy.code, unhealthy.target) {
        let reason = target.fact.reason.as_deref().unwrap_or_default();
        rivals.push(RuledOut {
            hypothesis: "The network or security groups between load balancer and tasks".to_owned(),
            reason: format!("The targets answer with HTTP status {code}: they are reached."),
            citations: cite::any(target.evidence, &[&["target:", reason], &["target:"]]).into_iter().collect(),
        });
    }
    let crashed = case
        .workload
        .container_states()
        .any(|(_, one)| one.exit_code.is_some_and(|code| code != 0 && code != 143 && code != 137));
    if let Some(task) = unhealthy.task.filter(|_| !crashed) {
        rivals.push(RuledOut {
            hypothesis: "A crash of the program".to_owned(),
            reason: "ECS itself stopped the tasks; no container ended with a code of its own.".to_owned(),
            citations: cite_task(&task).into_iter().collect(),
        });
    }
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
