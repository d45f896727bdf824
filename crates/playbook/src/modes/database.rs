//! A database that is full or overloaded, where the alarm watches the database itself.
//!
//! Discriminating questions: do its connections stand on a plateau, or its processor at its limit? was it so in the baseline? who is
//! configured with its endpoint, and did one of these change before?

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Category, Verdict,
    facts::{Change, Database, Series, Shape},
};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim, gap},
    modes::dependency::{is_full, plain},
    reading::{
        Case, Seen,
        failure::{Failure, host_of},
    },
};

pub(crate) mod loader;

use loader::Loader;

/// A processor at its limit, per cent.
const PINNED: f64 = 90.0;
/// How long before the rise a change may lie to be named.
const BEFORE: SignedDuration = SignedDuration::from_hours(2);

/// An overloaded database as it was found.
#[derive(Debug)]
pub(crate) struct Overloaded<'a> {
    /// The database.
    pub(crate) database: Seen<'a, Database>,
    /// The metric at its limit.
    pub(crate) load: Seen<'a, Series>,
    /// Whether it is connections; else the processor.
    pub(crate) connections: bool,
    /// A change of a client shortly before.
    pub(crate) change: Option<Seen<'a, Change>>,
    /// The service that loads it.
    pub(crate) loader: Option<Box<Loader<'a>>>,
}

/// Examines the case for an overloaded database.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let own = |database: &&Seen<'a, Database>| {
        Some(&database.id) == case.subject.as_ref()
            || case.subject.as_ref().is_some_and(|subject| database.members.contains(subject))
    };
    let database = case.databases.iter().filter(own).max_by_key(|database| database.load.len()).copied()?;
    let refused = case.failures.iter().find(|logged| logged.failure == Failure::ConnectionLimit);
    let connections = load(case, database, "DatabaseConnections").filter(|series| {
        let plateau = series.shape == Shape::Plateau
            && series.fact.baseline.is_none_or(|baseline| series.window.max > 1.2 * baseline.max);
        refused.is_some() || plateau || is_full(database.fact)
    });
    let processor = || load(case, database, "CPUUtilization").filter(|series| series.window.max >= PINNED);
    let (load, is_connections) = match connections {
        Some(series) => (series, true),
        None => (processor()?, false),
    };
    let baseline = load.fact.baseline;
    let fresh = baseline.is_none_or(|baseline| load.window.max > 1.2 * baseline.max);
    let onset = onset(case, load.fact);
    let change = case
        .all_changes()
        .filter(|change| change.at <= onset && onset.duration_since(change.at) <= BEFORE)
        .max_by_key(|change| change.at);
    let loader = loader::loader(case, database.fact, onset).map(Box::new);
    let overloaded = Overloaded { database, load, connections: is_connections, change, loader };
    Some(Hypothesis {
        support: match (refused.is_some() || load.shape == Shape::Plateau || overloaded.loader.is_some(), fresh) {
            (true, true) => Support::Shown,
            (false, true) => Support::Likely,
            _ => Support::Possible,
        },
        fresh,
        explains: 1,
        looks_for: "The database is at a limit; looking for who uses it and what changed there.".to_owned(),
        wants: loader::wants(case, database.fact, onset),
        cause: cause(case, &overloaded, onset),
        diagnosis: Diagnosis::Database(overloaded),
    })
}

/// A metric of the database: of its description, else read by itself; the one that reaches highest.
fn load<'a>(case: &Case<'a>, database: Seen<'a, Database>, name: &str) -> Option<Seen<'a, Series>> {
    let described = database.fact.load.iter().map(|fact| Seen { evidence: database.evidence, fact });
    let read = case.series.iter().copied().filter(|series| series.metric.namespace == "AWS/RDS");
    let measured = described.chain(read).filter(|series| series.metric.name == name && series.window.points > 0);
    measured.max_by(|a, b| a.window.max.total_cmp(&b.window.max))
}

/// When the level rose.
fn onset(case: &Case<'_>, series: &Series) -> Timestamp {
    let rise = series.change_points.iter().find(|change| change.after > change.before).map(|change| change.at);
    let reached = series.points.iter().find(|point| point.value >= 0.95 * series.window.max).map(|point| point.at);
    let found = rise.or(reached).or(case.scope.first_breach).unwrap_or(case.scope.window.start);
    case.breach().map_or(found, |breach| found.min(breach))
}

/// The functions and services that are configured with the database's endpoint.
fn users(case: &Case<'_>, database: &Database) -> Vec<String> {
    let hosts: Vec<&str> =
        [&database.endpoint, &database.reader_endpoint].into_iter().flatten().map(|host| host_of(host)).collect();
    let of_definitions = case.workload.definitions.iter().flat_map(|definition| {
        definition
            .fact
            .containers
            .iter()
            .flat_map(|one| &one.environment)
            .map(move |variable| (definition.name(), variable))
    });
    let mut users: Vec<String> = of_definitions
        .filter(|(_, variable)| plain(variable).is_some_and(|value| hosts.iter().any(|host| value.contains(host))))
        .map(|(name, _)| name)
        .collect();
    users.dedup();
    users
}

fn cause(case: &Case<'_>, overloaded: &Overloaded<'_>, onset: Timestamp) -> marple_case::RootCause {
    let category = if overloaded.connections { Category::Capacity } else { Category::CpuSaturation };
    let mut cause = claim(Verdict::Fault, category);
    let (id, load) = (&overloaded.database.id, &overloaded.load);
    let what = if overloaded.connections { "its connection limit" } else { "its CPU limit" };
    cause.title = format!("The database {id} stands at {what}: {} up to {:.0}", load.metric.name, load.window.max);
    let loader = overloaded.loader.as_deref();
    cause.components = loader.map(Loader::component).into_iter().chain([overloaded.database.fact.resource()]).collect();
    cause.onset = Some(loader.map_or(onset, |loader| loader.began().min(onset)));
    cause.trigger = Some(if overloaded.connections {
        "Clients that open more connections than they close".to_owned()
    } else {
        "Queries that use all of its CPU".to_owned()
    });
    let mut chain = Chain::default();
    if let Some(loader) = loader {
        cause.title += &format!(", since {} was deployed", loader.service);
        loader.tell(&mut chain);
    } else if let Some(change) = overloaded.change {
        let stamp = change.at.to_string();
        chain.link(
            format!("{} came shortly before; whether it is the reason is not shown by that alone.", change.action),
            Some(change.at),
            [cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]])],
        );
    }
    let usual =
        load.fact.baseline.map(|baseline| format!("; in the baseline at most {:.0}", baseline.max)).unwrap_or_default();
    let said = cite::any(load.evidence, &[&["connections:", "at most"]]).filter(|_| overloaded.connections);
    chain.link(
        format!("{} of {id} rose to {:.0}{usual}.", load.metric.name, load.window.max),
        Some(onset),
        [cite_series(load.evidence, &load.metric.name, &load.statistic), said],
    );
    if let Some(refused) = case.failures.iter().find(|logged| logged.failure == Failure::ConnectionLimit) {
        chain.link(
            format!("Clients are refused: {}.", refused.headline()),
            Some(refused.first),
            [crate::hypothesis::cite_error(refused)],
        );
    }
    chain.alarm(case);
    cause.chain = chain.finish();
    let users = users(case, overloaded.database.fact);
    let by =
        if users.is_empty() { String::new() } else { format!(" Configured with its endpoint: {}.", users.join(", ")) };
    cause.summary = format!("{} since {onset}{usual}.{by} New work waits or is refused until that ends.", cause.title);
    cause.gaps.push(gap(
        if overloaded.connections { "who holds the connections" } else { "which queries use the CPU" },
        "CloudWatch counts neither by client nor by query",
        "switch on Performance Insights, or read pg_stat_activity / SHOW PROCESSLIST",
        false,
    ));
    cause
}
