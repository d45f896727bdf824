//! Functions in the same subnets: who has other rules and still reaches the outside shows that routes and gateways are in order; who has the same
//! rules and is well needs only what they still allow.

use marple_agent::ports::PlannedCall;
use marple_case::{
    Citation,
    facts::{EnvironmentVariable, Function, Series},
};
use serde_json::json;

use crate::{
    cite,
    modes::dependency::plain,
    reading::{
        Case, Seen,
        failure::host_of,
        fullest,
        network::{Closing, destination::Realm, destination::realm, own_groups, own_subnets},
    },
    source::host::looks_like_host,
    wants::call,
};

/// Neighbours that are looked at.
const MOST: usize = 3;
/// As many times the baseline's longest invocation is not usual any more.
const LONGER: f64 = 1.5;

/// A function in the same subnets.
#[derive(Debug)]
pub(crate) struct Neighbour<'a> {
    /// The function.
    pub(crate) function: Seen<'a, Function>,
    /// The variable that names a host outside, which it calls.
    pub(crate) calls: Option<&'a EnvironmentVariable>,
    /// Whether it has a security group of the subject's.
    pub(crate) same_rules: bool,
    /// Its invocations since the change.
    pub(crate) invocations: Option<Seen<'a, Series>>,
    /// Its errors.
    errors: Option<Seen<'a, Series>>,
    /// How long it takes at most.
    duration: Option<Seen<'a, Series>>,
    /// How often it ran since the change.
    pub(crate) since: f64,
}

impl Neighbour<'_> {
    /// Whether it ran since the change, without an error and as fast as usual.
    pub(crate) fn is_well(&self) -> bool {
        let quiet = self.errors.is_some_and(|errors| errors.window.sum == 0.0);
        let usual = self.duration.is_some_and(|series| {
            series.fact.baseline.is_some_and(|baseline| series.window.max <= LONGER * baseline.max.max(1.0))
        });
        self.since >= 2.0 && quiet && usual
    }

    /// Whether it calls a host outside with rules of its own, and is well.
    pub(crate) fn reaches_outside(&self) -> bool {
        self.calls.is_some() && !self.same_rules && self.is_well()
    }

    /// Quotes what it calls, its errors and its invocations.
    pub(crate) fn citations(&self) -> Vec<Citation> {
        let named = format!("FunctionName={}", self.function.name);
        let quote = |series: Option<Seen<'_, Series>>, name: &str| {
            series.and_then(|series| cite::any(series.evidence, &[&[name, &named, "window"], &[name, &named]]))
        };
        let set = self.calls.and_then(|variable| {
            let assigned = format!("{}=", variable.name);
            cite::any(self.function.evidence, &[&[&assigned]])
        });
        let groups = cite::any(self.function.evidence, &[&["security groups:"]]);
        let cited = [set, groups, quote(self.errors, "Errors"), quote(self.invocations, "Invocations")];
        cited.into_iter().flatten().collect()
    }
}

/// The neighbours that are known, those that tell something first.
pub(super) fn neighbours<'a>(case: &Case<'a>, closing: &Closing<'a>) -> Vec<Neighbour<'a>> {
    let mut names: Vec<&str> = Vec::new();
    for function in &case.functions {
        let shares = function.subnet_ids.iter().any(|subnet| own_subnets(case).contains(subnet));
        let other = Some(&function.name) != case.subject.as_ref();
        if shares && other && !names.contains(&function.fact.name.as_str()) {
            names.push(&function.fact.name);
        }
    }
    let neighbour = |name: &str| {
        let function = fullest(&case.functions, name)?;
        let series = |metric: &str, statistic: &str| {
            let fits = |series: &&Seen<'a, Series>| {
                series.metric.name == metric
                    && series.statistic == statistic
                    && series.metric.dimensions.get("FunctionName").is_some_and(|of| of == name)
            };
            case.series.iter().filter(fits).max_by_key(|series| series.window.points).copied()
        };
        let invocations = series("Invocations", "Sum");
        let since = invocations.map_or(0.0, |series| {
            series.fact.points.iter().filter(|point| point.at >= closing.change.at).map(|point| point.value).sum()
        });
        Some(Neighbour {
            calls: function.fact.environment.iter().find(|variable| is_outside(variable)),
            same_rules: function.security_group_ids.iter().any(|group| own_groups(case).contains(group)),
            errors: series("Errors", "Sum"),
            duration: series("Duration", "Maximum"),
            invocations,
            since,
            function,
        })
    };
    let mut known: Vec<Neighbour<'a>> = names.into_iter().filter_map(neighbour).collect();
    known.sort_by_key(|one| (one.same_rules, one.calls.is_none()));
    known
}

fn is_outside(variable: &EnvironmentVariable) -> bool {
    plain(variable)
        .is_some_and(|value| value.contains("://") && looks_like_host(value) && realm(host_of(value)) == Realm::Outside)
}

/// The region's functions, then the load and the settings of the nearest.
pub(super) fn wants(case: &Case<'_>, closing: &Closing<'_>) -> Vec<PlannedCall> {
    if own_subnets(case).is_empty() {
        return Vec::new();
    }
    let mut wants = vec![call("get_function", json!({}))];
    let near: Vec<_> = neighbours(case, closing).into_iter().take(MOST).collect();
    let metric = |name: &str, metric: &str, statistic: &str| json!({"namespace": "AWS/Lambda", "name": metric, "dimensions": {"FunctionName": name}, "statistics": [statistic]});
    for one in &near {
        let name = one.function.name.as_str();
        if one.errors.is_none() || one.duration.is_none() {
            let metrics = [
                metric(name, "Invocations", "Sum"),
                metric(name, "Errors", "Sum"),
                metric(name, "Duration", "Maximum"),
            ];
            wants.push(call("get_metrics", json!({"metrics": metrics})));
        }
        if !one.same_rules && one.calls.is_some() {
            wants.push(call("get_function", json!({"function": name})));
        }
    }
    wants
}
