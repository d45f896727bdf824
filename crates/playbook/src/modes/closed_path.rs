//! A way through the network that a change closed: connections that are not answered since a rule, a route or a gateway went.
//!
//! Discriminating questions: did the first connection fail after a change of the network, and did the baseline before it run clean? did that change
//! take away what led to the very host and port, and is there nothing else left that leads there? does a neighbour with other rules, in the same
//! subnets, still reach the outside? was the address itself exchanged, or code deployed: then that is the better explanation.
//!
//! The symptom is a connection that the program logged as timed out, an invocation that the platform ended at its timeout, a task that could not
//! reach AWS at its start, or a target that gives its load balancer no answer. Packets that no rule lets through are dropped: a refusal is only taken for one where the way was led elsewhere.

use jiff::Timestamp;
use marple_case::{
    Category, Citation, Verdict,
    facts::{Change, Target, Task},
};

use crate::{
    cite,
    hypothesis::{Diagnosis, Hypothesis, Support, cite_error, claim},
    modes::{
        dependency::{called_host, setting::exchange},
        service::{self, ServiceFault},
        timeout::is_own,
    },
    reading::{
        Case, Seen,
        changes::ChangeVerdict,
        failure::Failure,
        load::is_service,
        logged::Logged,
        network::{self, Closing, Way, destination::Destination, own_subnets},
    },
};

mod account;
mod innocent;
mod neighbours;

pub(crate) use account::listed;
pub(crate) use innocent::innocent;
use neighbours::Neighbour;

/// What was seen of it.
#[derive(Debug)]
pub(crate) struct Symptom<'a> {
    /// In one line.
    pub(crate) headline: String,
    /// First time.
    pub(crate) first: Timestamp,
    /// How often.
    pub(crate) count: u64,
    /// The failure in the logs; `None`: a task that could not start.
    pub(crate) logged: Option<Logged<'a>>,
    cited: Option<Citation>,
}

/// A closed way as it was found.
#[derive(Debug)]
pub(crate) struct Closed<'a> {
    /// What was seen.
    pub(crate) symptom: Symptom<'a>,
    /// Where the connection was to lead.
    pub(crate) to: Destination<'a>,
    /// What closed the way.
    pub(crate) closing: Closing<'a>,
    /// The change that put it back, if one did.
    pub(crate) restored: Option<Seen<'a, Change>>,
    /// Functions in the same subnets.
    pub(crate) neighbours: Vec<Neighbour<'a>>,
}

/// Examines the case for closed ways.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    // An address that was exchanged leads elsewhere, whatever the rules are.
    if is_service(case) && service::readdressed::examine(case).is_some() {
        return None;
    }
    let found = logged(case).into_iter().chain(unstarted(case)).chain(unreached(case));
    let (symptom, to, closing) = found
        .filter_map(|(symptom, to)| {
            let refused = matches!(symptom.logged.as_ref().map(|one| &one.failure), Some(Failure::Refused { .. }));
            let closing = network::closing(case, &to, symptom.first, refused)?;
            Some((symptom, to, closing))
        })
        .next()?;
    let neighbours = neighbours::neighbours(case, &closing);
    let of_subject = matches!(closing.way, Way::Rules { .. } | Way::DatabaseGroups { .. } | Way::Placement);
    // Who shares the subnets and still reaches the outside uses the same routes and gateways; and of a wait for nobody knows what, no gateway
    // is shown to be the cause.
    let is_shared = neighbours.iter().any(Neighbour::reaches_outside);
    let is_vague = to.host.is_none() && symptom.logged.as_ref().is_some_and(|one| one.failure == Failure::TimedOut);
    if !of_subject && (is_shared || is_vague || deployed(case, symptom.first)) {
        return None;
    }
    let support = symptom.logged.as_ref().map_or(closing.support, |logged| logged.capped(closing.support));
    let closed = Closed { restored: network::restored(case, &closing), symptom, to, closing, neighbours };
    Some(Hypothesis {
        support,
        fresh: true,
        explains: closed.symptom.count,
        looks_for: format!(
            "{} may have closed the way to {}; looking at who else uses it.",
            closed.closing.change.action,
            closed.to.in_words()
        ),
        wants: neighbours::wants(case, &closed.closing),
        cause: cause(case, &closed),
        diagnosis: Diagnosis::Closed(Box::new(closed)),
    })
}

/// Of hypotheses that end at a connection without an answer none is better supported than the change that explains why.
pub(crate) fn give_way(all: &mut [Hypothesis<'_>]) {
    let closed = all.iter().filter(|one| matches!(one.diagnosis, Diagnosis::Closed(_)));
    let Some(support) = closed.map(|one| one.support).max().filter(|support| *support > Support::Possible) else {
        return;
    };
    let effects = all.iter().filter(|one| is_effect(&one.diagnosis)).map(|one| one.explains).max().unwrap_or(0);
    for one in all {
        match one.diagnosis {
            Diagnosis::Closed(_) => one.explains = one.explains.max(effects),
            _ if is_effect(&one.diagnosis) => one.support = one.support.min(support),
            _ => {}
        }
    }
}

/// Whether a finding may be no more than what a closed way brings about.
pub(crate) fn is_effect(diagnosis: &Diagnosis<'_>) -> bool {
    match diagnosis {
        Diagnosis::Unreachable(unreachable) => {
            unreachable.setting.is_none() && !unreachable.logged.failure.is_answered()
        }
        Diagnosis::Overdue(overdue) => overdue.wait.is_none(),
        Diagnosis::Slow(slow) => slow.database.is_none(),
        Diagnosis::Service(fault) => matches!(
            fault,
            ServiceFault::Crash(_)
                | ServiceFault::Image(_)
                | ServiceFault::Secret(_)
                | ServiceFault::Health(_)
                | ServiceFault::Deployment(_)
        ),
        _ => false,
    }
}

/// New failures of the logs that a closed way brings, each with where it was to lead; what names a host first.
fn logged<'a>(case: &Case<'a>) -> Vec<(Symptom<'a>, Destination<'a>)> {
    let mut failures: Vec<&Logged<'a>> = case.failures.iter().filter(|logged| is_silent(case, logged)).collect();
    failures.sort_by_key(|logged| logged.failure == Failure::TimedOut);
    let symptom = |logged: &Logged<'a>| {
        let host = called_host(case, &logged.failure);
        let address = match &logged.failure {
            Failure::ConnectTimedOut { address } | Failure::Refused { address } => address.as_deref(),
            _ => None,
        };
        let moved = exchange(case, logged, host.as_deref()).is_some();
        let to = Destination::of(case, host, address);
        let symptom = Symptom {
            headline: logged.headline(),
            first: earliest(case, logged),
            count: logged.count,
            cited: cite_error(logged),
            logged: Some(logged.clone()),
        };
        (!moved).then_some((symptom, to))
    };
    failures.into_iter().filter_map(symptom).collect()
}

/// A program that catches an error logs it more than once, and in more than one form: the first of them.
fn earliest(case: &Case<'_>, logged: &Logged<'_>) -> Timestamp {
    let same = case.failures.iter().filter(|other| {
        std::mem::discriminant(&other.failure) == std::mem::discriminant(&logged.failure) && !other.in_baseline
    });
    same.map(|other| other.first).min().unwrap_or(logged.first)
}

fn is_silent(case: &Case<'_>, logged: &Logged<'_>) -> bool {
    let fits = match &logged.failure {
        Failure::ConnectTimedOut { .. } | Failure::Refused { .. } => true,
        // What it waits for is not told: only where nothing of its own explains it.
        Failure::TimedOut => {
            let usual = case.baseline_invocations().is_some_and(|baseline| baseline.timeouts > 0);
            !own_subnets(case).is_empty() && !usual && !is_own(case) && !deployed(case, logged.first)
        }
        _ => false,
    };
    fits && !logged.in_baseline
}

/// Whether the subject's own code or settings were changed between the baseline and the failure.
fn deployed(case: &Case<'_>, onset: Timestamp) -> bool {
    let own = case.subject.as_deref();
    let stack = case.function.and_then(|function| function.fact.stack.as_deref());
    match case.change_verdict(onset, false) {
        // Changes touch what is in question, which may be more than the subject.
        ChangeVerdict::Linked(_) => case.own_changes().iter().any(|change| {
            let named = change.resource.as_ref().map(|resource| resource.name.as_str());
            let is_own = named.is_some() && (named == own || named == stack || is_service(case));
            is_own && change.at > case.scope.baseline.start && change.at <= onset
        }),
        _ => false,
    }
}

/// Tasks that could not reach AWS at their start, as ECS says itself.
fn unstarted<'a>(case: &Case<'a>) -> Option<(Symptom<'a>, Destination<'a>)> {
    let failed = |task: &&Seen<'a, Task>| task.stopped_reason.as_deref().is_some_and(is_cut_off);
    let tasks: Vec<Seen<'a, Task>> = case.workload.tasks.iter().filter(failed).copied().collect();
    let first = tasks.iter().min_by_key(|task| task.created.or(task.stopped))?;
    let reason = first.fact.stopped_reason.as_deref()?;
    let named = reason.split_once(':').map_or(reason, |(name, _)| name);
    let symptom = Symptom {
        headline: reason.lines().next().unwrap_or_default().chars().take(240).collect(),
        first: first.created.or(first.stopped)?,
        count: tasks.len() as u64,
        logged: None,
        cited: cite::any(first.evidence, &[&[&first.id, named], &[named]]),
    };
    (service::lifetime(first.fact).is_none_or(|ran| ran.as_secs() < 60)).then(|| (symptom, Destination::aws()))
}

/// Targets that do not answer their load balancer, where no deployment stands between.
fn unreached<'a>(case: &Case<'a>) -> Option<(Symptom<'a>, Destination<'a>)> {
    let silent = |target: &&Target| target.reason.as_deref() == Some("Target.Timeout");
    let groups = case.workload.target_groups();
    let (group, target) = groups.iter().find_map(|group| Some((group, group.fact.targets.iter().find(silent)?)))?;
    let told = case.workload.events().into_iter().find(|event| event.message.contains("is unhealthy in"));
    let first = told.map(|event| event.at).into_iter().chain(case.breach()).min()?;
    let symptom = Symptom {
        headline: format!(
            "target {} of {} is {}: {}",
            target.id,
            group.name,
            target.state,
            target.description.as_deref().unwrap_or("Target.Timeout")
        ),
        first,
        count: group.fact.targets.iter().filter(silent).count() as u64,
        logged: None,
        cited: cite::any(group.evidence, &[&[&target.id, "Target.Timeout"], &["Target.Timeout"]]),
    };
    (is_service(case) && !deployed(case, first)).then(|| (symptom, Destination::tasks(target.port)))
}

/// The words of ECS and its agent for a connection that was not answered at a task's start.
fn is_cut_off(reason: &str) -> bool {
    let at_start = reason.contains("ResourceInitializationError") || reason.contains("CannotPullContainerError");
    let silent = [
        "i/o timeout",
        "timed out",
        "timeout exceeded",
        "context deadline exceeded",
        "connection issue",
        "check your task network",
    ];
    at_start && silent.iter().any(|words| reason.contains(words))
}

fn cause(case: &Case<'_>, closed: &Closed<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::Network);
    cause.components = case.component().into_iter().collect();
    cause.onset = Some(closed.symptom.first);
    cause.title = account::title(case, closed);
    cause.trigger = Some(account::trigger(closed));
    cause.chain = account::chain(case, closed);
    cause.summary = account::summary(case, closed);
    cause.gaps = account::gaps(closed);
    cause.ruled_out = account::rivals(case, closed);
    cause
}
