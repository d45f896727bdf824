//! Errors of the load balancer itself: it answers with a 5xx, and its healthy targets return none. What is wrong lies between the two.
//!
//! Discriminating questions: did a call change the load balancer, a listener, a rule or a target group between a clean baseline and the first
//! such error? did a revision change how long the program keeps idle connections? which of the two sides closes first? A target that
//! closes an idle connection before the load balancer does gets requests on connections that it is just closing: sporadic 502s. A load
//! balancer that waits less long than a target needs to answer: 504s. Without such a change there is no cause to name.

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::PlannedCall;
use marple_case::{
    Category, Verdict,
    facts::{Change, ChangeSource, LoadBalancer, Series},
    root_cause::Gap,
};
use serde_json::json;

use super::{Introduced, ServiceFault, introduced, service_and_definition};
use crate::{
    hypothesis::{Diagnosis, Hypothesis, Support, claim, gap},
    reading::{Case, Seen, load::is_service},
    wants::call,
};

mod account;
pub(crate) mod attributes;
pub(crate) mod keep_alive;

use attributes::{Set, told};
use keep_alive::{KeepAlive, keep_alive, keeps_connections};

/// The attribute that says how long the load balancer keeps an idle connection.
pub(crate) const IDLE: &str = "idle_timeout.timeout_seconds";
/// Calls that change the way from a load balancer to its targets.
const WAY: [&str; 8] = [
    "ModifyLoadBalancerAttributes",
    "ModifyTargetGroupAttributes",
    "ModifyTargetGroup",
    "ModifyListener",
    "ModifyListenerAttributes",
    "ModifyRule",
    "SetSecurityGroups",
    "SetSubnets",
];
/// How far back CloudTrail tells what an attribute was set to before.
const TOLD: SignedDuration = SignedDuration::from_hours(24 * 89);

/// What the errors began with.
#[derive(Debug)]
pub(crate) enum Began<'a> {
    /// A call that changed the load balancer, or what it forwards to; with the attributes that it set, where it set any.
    Balancer(Seen<'a, Change>, Vec<Set>),
    /// An update of the load balancer's stack, whose calls are not shown: all that is known is the idle timeout of now.
    Stack(Seen<'a, Change>, Set),
    /// A revision that changed how long the program keeps idle connections, by this line of the difference.
    Program(Box<Introduced<'a>>, &'a str),
}

/// Errors of a load balancer as they were found.
#[derive(Debug)]
pub(crate) struct Edge<'a> {
    /// The load balancer.
    pub(crate) balancer: Seen<'a, LoadBalancer>,
    /// What it counted as its own.
    errors: Seen<'a, Series>,
    /// Of which sorts they are (502, 503, 504), where that is counted.
    sorts: Vec<Seen<'a, Series>>,
    /// What its targets returned.
    returned: Seen<'a, Series>,
    /// What they began with.
    pub(crate) began: Began<'a>,
    /// How long the program keeps idle connections, where that is shown.
    pub(crate) keep_alive: Option<KeepAlive>,
    /// The first of them.
    onset: Timestamp,
}

/// Examines the case for errors of the load balancer itself.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let (errors, returned) = own_errors(case)?;
    let balancer = case.workload.balancer()?;
    let onset = errors.fact.points.iter().find(|point| point.value > 0.0)?.at;
    let (keep_alive, sorts) = (keep_alive(case), sorts(case));
    let began = began(case, balancer, errors, onset, keep_alive.as_ref(), &sorts)?;
    let edge = Edge { balancer, errors, sorts, returned, began, keep_alive, onset };
    Some(Hypothesis {
        support: if edge.is_explained() { Support::Shown } else { Support::Likely },
        fresh: true,
        explains: errors.window.sum as u64,
        looks_for:
            "The load balancer answers with errors of its own; looking for what changed between it and its targets."
                .to_owned(),
        wants: wants(case, &edge),
        cause: cause(case, &edge),
        diagnosis: Diagnosis::Service(ServiceFault::Edge(Box::new(edge))),
    })
}

/// The load balancer's own errors and those of its targets, where only the former are new, all targets are healthy, and their program
/// logs nothing that would explain as many.
fn own_errors<'a>(case: &Case<'a>) -> Option<(Seen<'a, Series>, Seen<'a, Series>)> {
    if !is_service(case) {
        return None;
    }
    let condition = case.alarm().and_then(|alarm| alarm.fact.condition.as_ref());
    let watched = condition.iter().flat_map(|condition| &condition.metrics).map(|metric| metric.name.as_str());
    let mut names = watched.filter(|name| name.starts_with("HTTPCode_ELB_5")).chain(["HTTPCode_ELB_5XX_Count"]);
    let errors = names.find_map(|name| case.balanced(name, "Sum").filter(|series| series.window.sum > 0.0))?;
    let before = |series: &Series| series.baseline.map_or(0.0, |baseline| baseline.sum);
    let returned = case.balanced("HTTPCode_Target_5XX_Count", "Sum")?;
    let is_new = before(errors.fact) <= 0.2 * errors.window.sum;
    let is_own = returned.window.sum <= before(returned.fact).max(0.1 * errors.window.sum);
    let groups = case.workload.target_groups();
    let mut targets = groups.iter().flat_map(|group| &group.fact.targets).peekable();
    let healthy = targets.peek().is_some()
        && targets.all(|target| target.state != "unhealthy")
        && case.balanced("UnHealthyHostCount", "Maximum").is_none_or(|series| series.window.max == 0.0);
    let is_logged =
        case.failures.iter().any(|logged| !logged.in_baseline && logged.count as f64 > 0.1 * errors.window.sum);
    (is_new && is_own && healthy && !is_logged).then_some((errors, returned))
}

/// The load balancer's own errors by their code, as far as CloudWatch counted any.
fn sorts<'a>(case: &Case<'a>) -> Vec<Seen<'a, Series>> {
    let names = ["HTTPCode_ELB_502_Count", "HTTPCode_ELB_503_Count", "HTTPCode_ELB_504_Count"];
    names.into_iter().filter_map(|name| case.balanced(name, "Sum").filter(|series| series.window.sum > 0.0)).collect()
}

/// What the errors began with: a call, the telling ones first; else a revision that changed the program's keep-alive.
fn began<'a>(
    case: &Case<'a>,
    balancer: Seen<'a, LoadBalancer>,
    errors: Seen<'a, Series>,
    onset: Timestamp,
    keep_alive: Option<&KeepAlive>,
    sorts: &[Seen<'a, Series>],
) -> Option<Began<'a>> {
    // A point counts what happened in the period that it begins.
    let period = SignedDuration::from_secs(i64::from(errors.period_s));
    let until = onset.checked_add(period).unwrap_or(onset);
    let of_way = |change: &Change| {
        change.source == ChangeSource::CloudTrail
            && WAY.contains(&change.action.as_str())
            && !change.detail.starts_with("refused with")
            && is_of(balancer.fact, change)
    };
    let calls = case.all_linked_elsewhere(until, false, of_way);
    let read = calls.into_iter().map(|change| (change, told(case, change)));
    let mut fitting: Vec<_> = read.filter(|(change, set)| explains(change.fact, set, keep_alive, sorts)).collect();
    fitting.sort_by_key(|(change, set)| (set.iter().any(|one| one.key == IDLE), change.at));
    if let Some((change, set)) = fitting.pop() {
        return Some(Began::Balancer(change, set));
    }
    let of_program = |line: &&String| line.starts_with("environment") && keeps_connections(line);
    if let Some(introduced) = introduced(case, onset)
        && let Some(line) = introduced.differences().iter().find(of_program)
    {
        return Some(Began::Program(Box::new(introduced), line));
    }
    updated(case, balancer, until, keep_alive)
}

/// An update of the load balancer by its stack, where its idle timeout is longer than the program keeps connections.
fn updated<'a>(
    case: &Case<'a>,
    balancer: Seen<'a, LoadBalancer>,
    until: Timestamp,
    keep_alive: Option<&KeepAlive>,
) -> Option<Began<'a>> {
    let set = Set { key: IDLE.to_owned(), value: balancer.idle_timeout_s?.to_string(), before: None };
    let change = case.linked_elsewhere(until, false, |change| {
        change.source == ChangeSource::CloudFormation
            && change.action == "UPDATE_COMPLETE"
            && change.resource.as_ref().is_some_and(|resource| resource.is_same(&balancer.resource()))
    })?;
    (crosses(&set, keep_alive) == Some(true)).then_some(Began::Stack(change, set))
}

/// Whether a call is of this load balancer, of one of its listeners or rules, or of a group that it forwards to.
fn is_of(balancer: &LoadBalancer, change: &Change) -> bool {
    let tail =
        |arn: &str| arn.splitn(6, ':').nth(5).map(|relative| relative.trim_start_matches("loadbalancer/").to_owned());
    let groups = balancer.target_groups.iter();
    let named = |name: &str| change.resource.as_ref().is_some_and(|resource| resource.name == name);
    let arns = std::iter::once(&balancer.arn).chain(groups.clone().map(|group| &group.arn));
    let mut tails = arns.filter_map(|arn| tail(arn)).filter(|tail| !tail.is_empty());
    named(&balancer.name)
        || groups.into_iter().any(|group| named(&group.name))
        || tails.any(|tail| change.detail.contains(&tail))
}

/// Whether a call can have brought errors: it set more than what only logs or protects, and a timeout only where that makes a difference.
fn explains(change: &Change, set: &[Set], keep_alive: Option<&KeepAlive>, sorts: &[Seen<'_, Series>]) -> bool {
    if change.action.ends_with("Attributes") && set.is_empty() {
        return false;
    }
    let is_idle = set.iter().find(|one| one.key == IDLE);
    let others = set.iter().any(|one| one.key != IDLE);
    // That no target is there (503) has nothing to do with a timeout.
    let of_time = sorts.is_empty() || sorts.iter().any(|series| !series.metric.name.contains("503"));
    is_idle.is_none_or(|idle| others || (of_time && crosses(idle, keep_alive) != Some(false)))
}

/// Whether a new idle timeout is longer than the program keeps connections, or shorter than it was; `None`: not known.
fn crosses(idle: &Set, keep_alive: Option<&KeepAlive>) -> Option<bool> {
    let now = idle.seconds()?;
    match (keep_alive, lowered(idle)) {
        (_, Some(true)) => Some(true),
        (Some(kept), _) if kept.seconds <= now => Some(true),
        (Some(_), Some(false)) => Some(false),
        _ => None,
    }
}

/// Whether a timeout was set lower than it was; `None`: what it was is not known.
fn lowered(idle: &Set) -> Option<bool> {
    let before: f64 = idle.before.as_ref()?.value.parse().ok()?;
    Some(idle.seconds()? < before)
}

impl Edge<'_> {
    /// The idle timeout that a call set.
    pub(crate) fn idle(&self) -> Option<&Set> {
        match &self.began {
            Began::Balancer(_, set) => set.iter().find(|one| one.key == IDLE),
            Began::Stack(_, set) => Some(set),
            Began::Program(..) => None,
        }
    }

    /// How long the load balancer keeps idle connections, seconds.
    pub(crate) fn idle_s(&self) -> Option<f64> {
        self.idle().and_then(Set::seconds).or_else(|| self.balancer.idle_timeout_s.map(f64::from))
    }

    /// Whether the target closes an idle connection before the load balancer does.
    pub(crate) fn target_closes_first(&self) -> bool {
        let first = self.keep_alive.as_ref().zip(self.idle_s()).is_some_and(|(kept, idle)| kept.seconds <= idle);
        first && self.may_be("502")
    }

    /// Whether errors of this code are among them, or it is not known of which they are.
    fn may_be(&self, code: &str) -> bool {
        self.sorts.is_empty() || self.sorts.iter().any(|series| series.metric.name.contains(code))
    }

    /// Whether the idle timeout was set lower than it was.
    fn is_lowered(&self) -> bool {
        self.idle().and_then(lowered) == Some(true)
    }

    /// Whether the mechanism is shown, and not only that it began with a change.
    fn is_explained(&self) -> bool {
        match &self.began {
            Began::Balancer(..) => {
                let crossed = self.idle().is_some_and(|idle| crosses(idle, self.keep_alive.as_ref()) == Some(true));
                crossed && (self.target_closes_first() || (self.is_lowered() && self.may_be("504")))
            }
            // That the update is what set it is not shown.
            Began::Stack(..) => false,
            Began::Program(..) => self.target_closes_first(),
        }
    }
}

/// What the attributes were set to before, as far back as the trail goes.
fn wants(case: &Case<'_>, edge: &Edge<'_>) -> Vec<PlannedCall> {
    let Began::Balancer(change, set) = &edge.began else { return Vec::new() };
    let unknown = set.iter().any(|one| one.before.is_none());
    let start = case.scope.now.checked_sub(TOLD).ok().filter(|_| unknown);
    let arguments = |start| json!({"resource": edge.balancer.arn, "start": start, "end": change.at});
    start.map(|start: Timestamp| call("list_changes", arguments(start))).into_iter().collect()
}

/// What is missing where the load balancer's errors stay unexplained.
pub(crate) fn unexplained(case: &Case<'_>) -> Option<Gap> {
    let (errors, _) = own_errors(case)?;
    Some(gap(
        format!("what happened between the load balancer and its targets ({})", errors.metric.name),
        "the targets are healthy and return no 5xx, no change of the way to them is shown, and no access log tells which of them a request went to",
        "read the load balancer's access logs (elb_status_code, target_status_code, error_reason), or switch them on; compare its idle timeout with the program's keep-alive timeout",
        true,
    ))
}

fn cause(case: &Case<'_>, edge: &Edge<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::Misconfiguration);
    let name = &edge.balancer.name;
    cause.title = match &edge.began {
        Began::Balancer(change, set) => {
            let what = set.iter().map(Set::in_words).collect::<Vec<_>>().join(", ");
            let what = if what.is_empty() { change.action.clone() } else { what };
            format!("{name} answers with errors of its own since {what} ({})", change.at)
        }
        Began::Stack(change, set) => {
            format!(
                "{name} answers with errors of its own since {} ({}): its idle timeout is {} s",
                change.action, change.at, set.value
            )
        }
        Began::Program(introduced, _) => {
            format!(
                "{name} answers with errors of its own since {} keeps idle connections for another time",
                introduced.revision
            )
        }
    };
    cause.components = match &edge.began {
        Began::Balancer(change, _) => std::iter::once(edge.balancer.resource())
            .chain(change.resource.clone().filter(|one| one.name != *name))
            .collect(),
        Began::Stack(..) => vec![edge.balancer.resource()],
        Began::Program(..) => service_and_definition(case),
    };
    cause.onset = Some(edge.onset);
    cause.trigger = Some(match edge.target_closes_first() {
        true => {
            "A request that the load balancer sends on an idle connection which the target is just closing".to_owned()
        }
        false => "Requests on the way that the change is of".to_owned(),
    });
    cause.chain = account::chain(case, edge);
    cause.summary = account::summary(case, edge);
    cause.ruled_out = account::rivals(case, edge);
    if matches!(edge.began, Began::Stack(..)) {
        cause.gaps.push(gap(
            "what the update set",
            "CloudFormation's events name the resource and not its properties, and no call of CloudTrail's is shown",
            "compare the stack's template with the one before, or read ModifyLoadBalancerAttributes in CloudTrail",
            true,
        ));
    }
    if edge.balancer.access_logs != Some(true) {
        cause.gaps.push(gap(
            "which requests failed, and how",
            "the load balancer writes no access log",
            "switch on its access logs: elb_status_code, target_status_code and error_reason of each request",
            false,
        ));
    }
    cause
}
