//! Who else uses a database: the functions that are configured with an endpoint of it, and whether one of them grew.
//!
//! A database counts connections and not clients. A function holds at least one connection an environment that runs, so that its
//! concurrency tells how many it can hold.

use std::collections::BTreeSet;

use jiff::Timestamp;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Citation,
    facts::{Database, Function, Series, ShownValue},
};
use serde_json::json;

use super::{Case, Seen, failure::host_of, fullest};
use crate::{cite, wants::call};

/// Clients whose load is read.
const MOST: usize = 4;
/// As many times the baseline's concurrency is growth.
const GROWN: f64 = 2.0;
/// Environments at once from which growth can fill a database.
const MANY: f64 = 5.0;

/// A function that uses a database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client<'a> {
    /// The function.
    pub(crate) function: Seen<'a, Function>,
    /// How many of it ran at once, if that was read.
    pub(crate) concurrency: Option<Seen<'a, Series>>,
}

impl Client<'_> {
    /// How many ran at once in the window and in the baseline, at most; `None`: no more than usual.
    pub(crate) fn growth(&self) -> Option<(f64, f64)> {
        let series = self.concurrency?;
        let usual = series.fact.baseline.map_or(0.0, |baseline| baseline.max);
        let most = series.window.max;
        (most >= MANY && most >= GROWN * usual).then_some((most, usual))
    }

    /// When its concurrency first stood above the baseline's.
    pub(crate) fn rose(&self) -> Option<Timestamp> {
        let (series, (_, usual)) = (self.concurrency?, self.growth()?);
        series.fact.points.iter().find(|point| point.value > usual.max(1.0)).map(|point| point.at)
    }

    /// Quotes its concurrency.
    pub(crate) fn cite_concurrency(&self) -> Option<Citation> {
        let named = format!("FunctionName={}", self.function.name);
        cite::any(self.concurrency?.evidence, &[&["ConcurrentExecutions", &named]])
    }

    /// Quotes the setting that names the database, where the function was read alone.
    pub(crate) fn cite_setting(&self, database: &Database) -> Option<Citation> {
        let hosts = [&database.endpoint, &database.reader_endpoint];
        let hosts = hosts.into_iter().flatten().map(|host| host_of(host));
        let needles: Vec<&str> = hosts.collect();
        needles.iter().find_map(|host| cite::line(self.function.evidence, &["=", host]))
    }
}

/// The functions beside the subject that are configured with an endpoint of the database, the most grown first.
pub(crate) fn clients<'a>(case: &Case<'a>, database: &Database) -> Vec<Client<'a>> {
    let hosts = hosts(case, database);
    let names_one = |function: &Function| {
        function.environment.iter().any(|variable| match &variable.value {
            ShownValue::Plain(value) => hosts.iter().any(|host| value.contains(host.as_str())),
            ShownValue::Hidden(_) => false,
        })
    };
    let uses = case
        .functions
        .iter()
        .filter(|function| names_one(function.fact) && Some(&function.name) != case.subject.as_ref());
    let names: BTreeSet<&str> = uses.map(|function| function.fact.name.as_str()).collect();
    let known = names.into_iter().filter_map(|name| {
        Some(Client { function: fullest(&case.functions, name)?, concurrency: concurrency(case, name) })
    });
    let mut clients: Vec<Client<'a>> = known.collect();
    clients.sort_by(|a, b| {
        let most = |client: &Client<'a>| client.growth().map_or(0.0, |(most, _)| most);
        most(b).total_cmp(&most(a))
    });
    clients
}

/// How many of a function ran at once.
pub(crate) fn concurrency<'a>(case: &Case<'a>, function: &str) -> Option<Seen<'a, Series>> {
    let own = |series: &&Seen<'a, Series>| {
        series.metric.name == "ConcurrentExecutions"
            && series.statistic == "Maximum"
            && series.metric.dimensions.get("FunctionName").is_some_and(|name| name == function)
    };
    case.series.iter().filter(own).max_by_key(|series| series.window.points).copied()
}

/// What shows who fills a database: the region's functions, then the load of those that use it, and the one that grew.
pub(crate) fn wants(case: &Case<'_>, database: &Database) -> Vec<PlannedCall> {
    let mut wants = vec![call("get_function", json!({}))];
    let clients = clients(case, database);
    let unread = clients.iter().filter(|client| client.concurrency.is_none()).take(MOST);
    let metric = |client: &Client<'_>| {
        let dimensions = json!({"FunctionName": client.function.name});
        let of = |name: &str, statistic: &str| json!({"namespace": "AWS/Lambda", "name": name, "dimensions": dimensions, "statistics": [statistic]});
        [of("ConcurrentExecutions", "Maximum"), of("Invocations", "Sum")]
    };
    let metrics: Vec<_> = unread.flat_map(metric).collect();
    if !metrics.is_empty() {
        wants.push(call("get_metrics", json!({"metrics": metrics})));
    }
    let grown = clients.first().filter(|client| client.growth().is_some());
    wants.extend(grown.map(|client| call("get_function", json!({"function": client.function.name}))));
    wants
}

/// The host names of a database's endpoints, and of the cluster that it is a member of.
fn hosts(case: &Case<'_>, database: &Database) -> Vec<String> {
    let related = |other: &Database| {
        other.id == database.id || other.members.contains(&database.id) || database.members.contains(&other.id)
    };
    let all = case.databases.iter().map(|seen| seen.fact).filter(|other| related(other)).chain([database]);
    let endpoints = all.flat_map(|one| [&one.endpoint, &one.reader_endpoint]).flatten();
    endpoints.map(|host| host_of(host).to_owned()).filter(|host| !host.is_empty()).collect()
}
