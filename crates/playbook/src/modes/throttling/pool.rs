//! The account's shared concurrency, where a function is throttled that has no concurrency of its own: who takes it.
//!
//! Functions without reserved concurrency share what the account allows and nobody has reserved. One of them that rises fills it, and all
//! others are refused, however little they run. Lambda counts `ConcurrentExecutions` of each function; what all of them take together
//! is `UnreservedConcurrentExecutions`.

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::PlannedCall;
use marple_case::{
    Citation, Facts, ResourceKind, ResourceRef,
    facts::{Change, MetricId, Series},
};
use serde_json::{Value, json};

use crate::{
    cite,
    reading::{Case, Seen, fullest},
    wants::call,
};

/// Functions whose concurrency is read in one call, and calls at most.
const FUNCTIONS: usize = 20;
const CALLS: usize = 3;
/// How long before the first refusal what started the load may lie.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);
/// As many times its baseline is a rise.
const RISE: f64 = 3.0;

/// A function that takes most of the shared concurrency.
#[derive(Debug)]
pub(crate) struct Eater<'a> {
    /// Its name.
    pub(crate) name: String,
    /// Its concurrent executions.
    pub(crate) series: Seen<'a, Series>,
    /// What all functions without reserved concurrency took.
    pub(crate) shared: Option<Seen<'a, Series>>,
    /// The last call before the refusals that names it.
    pub(crate) change: Option<Seen<'a, Change>>,
}

/// The readings that tell who takes the account's concurrency.
pub(super) fn wants(case: &Case<'_>) -> Vec<PlannedCall> {
    let listed: Vec<&MetricId> = case
        .evidence
        .iter()
        .filter_map(|evidence| match &evidence.facts {
            Facts::MetricList(metrics) => Some(metrics),
            _ => None,
        })
        .flatten()
        .collect();
    let functions: Vec<&String> = listed.into_iter().filter_map(function_of).collect();
    if functions.is_empty() && !case.evidence.iter().any(|evidence| evidence.tool == "list_metrics") {
        let any =
            json!({"namespace": "AWS/Lambda", "name": "ConcurrentExecutions", "dimensions": {"FunctionName": ""}});
        return vec![call("list_metrics", any)];
    }
    let of = |name: &str, dimensions: Value| json!({"namespace": "AWS/Lambda", "name": name, "dimensions": dimensions, "statistics": ["Maximum"]});
    let functions: Vec<&String> = functions.into_iter().filter(|name| Some(*name) != case.subject.as_ref()).collect();
    let calls = functions.chunks(FUNCTIONS).take(CALLS).enumerate().map(|(index, some)| {
        let each = some.iter().map(|name| of("ConcurrentExecutions", json!({"FunctionName": name})));
        let account = ["UnreservedConcurrentExecutions", "ClaimedAccountConcurrency"].map(|name| of(name, json!({})));
        let account = account.into_iter().filter(|_| index == 0);
        call("get_metrics", json!({"metrics": account.chain(each).collect::<Vec<_>>()}))
    });
    let described = eater(case, case.first_point("Throttles").unwrap_or(case.scope.window.start));
    let described = described.map(|eater| call("get_function", json!({"function": eater.name})));
    calls.chain(described).collect()
}

/// The function whose executions a metric counts; `None`: the account's, or those of one version or alias.
fn function_of(metric: &MetricId) -> Option<&String> {
    let counts = metric.namespace == "AWS/Lambda" && metric.name == "ConcurrentExecutions";
    metric.dimensions.get("FunctionName").filter(|_| counts && metric.dimensions.len() == 1)
}

/// The other function that rose most by the first refusal, if that is most of what all of them took more, and is far more than the refused
/// function runs itself. One with reserved concurrency takes nothing from the others.
pub(super) fn eater<'a>(case: &Case<'a>, first: Timestamp) -> Option<Eater<'a>> {
    let shared = case.series.iter().find(|series| series.metric.name == "UnreservedConcurrentExecutions").copied();
    let more = |series: &Series| series.window.max - series.baseline.map_or(0.0, |usual| usual.max);
    let own = case.metric("ConcurrentExecutions", "Maximum").map_or(0.0, |series| series.window.max);
    let soon = first.checked_add(case.scope.tolerance()).unwrap_or(first);
    let others = case.series.iter().copied().filter_map(|series| {
        let name = function_of(&series.fact.metric)?.clone();
        (Some(&name) != case.subject.as_ref() && series.window.points > 0).then_some((name, series))
    });
    let rose = others.filter(|(name, series)| {
        let usual = series.baseline.map_or(0.0, |usual| usual.max);
        let high = RISE * usual.max(1.0);
        let reserved = fullest(&case.functions, name).is_some_and(|function| function.reserved_concurrency.is_some());
        let in_time = series.points.iter().find(|point| point.value >= high).is_none_or(|point| point.at <= soon);
        series.window.max >= high && series.window.max >= 2.0 * own && in_time && !reserved
    });
    let (name, series) = rose.max_by(|(_, one), (_, other)| more(one).total_cmp(&more(other)))?;
    let most = shared.is_none_or(|shared| more(series.fact) >= 0.5 * more(shared.fact));
    most.then(|| Eater { change: change(case, &name, first), name, series, shared })
}

/// The last call before the refusals, or just as they began, that is about the function: its own changes, or a job that names it.
fn change<'a>(case: &Case<'a>, name: &str, first: Timestamp) -> Option<Seen<'a, Change>> {
    let about = |change: &Change| {
        let named = change.resource.as_ref().is_some_and(|resource| resource.name == name);
        let words = || change.detail.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
        named || words().any(|word| word == name)
    };
    let soon = first.checked_add(case.scope.tolerance()).unwrap_or(first);
    let near = |change: &Change| change.at <= soon && first.duration_since(change.at) <= BEFORE;
    case.all_changes().filter(|change| near(change.fact) && about(change.fact)).max_by_key(|change| change.at)
}

impl Eater<'_> {
    /// The function.
    pub(crate) fn component(&self, case: &Case<'_>) -> ResourceRef {
        fullest(&case.functions, &self.name).map_or_else(
            || ResourceRef::new(ResourceKind::LambdaFunction, self.name.as_str()),
            |function| ResourceRef::with_arn(ResourceKind::LambdaFunction, self.name.as_str(), &function.arn),
        )
    }

    /// Most concurrent executions in window and baseline.
    pub(crate) fn peaks(&self) -> (f64, f64) {
        (self.series.window.max, self.series.fact.baseline.map_or(0.0, |usual| usual.max))
    }

    /// `CreateJob by jane at 14:26`, for sentences.
    pub(crate) fn started(&self) -> Option<String> {
        let change = self.change?;
        let actor = change.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        Some(format!("{}{actor} at {}", change.action, change.at))
    }

    /// What set it off.
    pub(super) fn trigger(&self) -> String {
        match self.started() {
            Some(started) => {
                format!("{} is called more than the account's concurrency holds, since {started}", self.name)
            }
            None => format!("{} is called more than the account's concurrency holds", self.name),
        }
    }

    /// When it rose.
    pub(super) fn rose(&self) -> Option<Timestamp> {
        let (_, usual) = self.peaks();
        self.series.points.iter().find(|point| point.value >= RISE * usual.max(1.0)).map(|point| point.at)
    }

    /// Quotes its executions.
    pub(super) fn cite(&self) -> Option<Citation> {
        let named = format!("FunctionName={}", self.name);
        cite::any(self.series.evidence, &[&["ConcurrentExecutions", &named, "Maximum"], &[&named]])
    }
}
