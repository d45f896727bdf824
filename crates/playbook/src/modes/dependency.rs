//! A dependency that cannot be reached or used: its name does not resolve, it refuses, it does not answer, it is full, or it does not
//! accept the credentials.
//!
//! Discriminating questions: where does the host come from: a literal in the code, the environment, neither? is the environment right
//! and unused? does a database of that name exist, is it available, is it at its limit, was it reached at all?

use marple_agent::ports::PlannedCall;
use marple_case::{
    Category, ResourceKind, ResourceRef, Verdict,
    facts::{Change, Database, EnvironmentVariable, Secret, Series, Shape, ShownValue, Task},
};
use serde_json::json;

use crate::{
    hypothesis::{Diagnosis, Hypothesis, Place, Support, claim, located, place},
    modes::closed_path,
    reading::{
        Case, Seen,
        awaited::awaited,
        changes::ChangeVerdict,
        clients::{self, Client},
        failure::{Failure, host_of},
        logged::Logged,
    },
    source::{
        CodeLine, all_lines,
        host::{environment_reads, literals, looks_like_host, reads_of, reads_whole_environment},
    },
    wants::call,
};

mod account;
pub(crate) mod pool;
pub(crate) mod setting;

use pool::{Pool, pool};
use setting::{Exchange, exchange};

/// Where the host comes from.
#[derive(Debug)]
pub(crate) enum Origin<'a> {
    /// A literal in the code. `unused`: a variable of the environment that names another host and that the code does not read.
    Code { line: CodeLine<'a>, unused: Option<&'a EnvironmentVariable> },
    /// A literal that stands in for a variable which is not set.
    Fallback { line: CodeLine<'a>, variable: &'a str },
    /// A variable of the environment. `read`: the line that reads it.
    Environment { variable: &'a EnvironmentVariable, read: Option<CodeLine<'a>> },
    /// Neither shows it.
    Unseen,
}

/// An unreachable dependency as it was found.
#[derive(Debug)]
pub(crate) struct Unreachable<'a> {
    /// The error.
    pub(crate) logged: Logged<'a>,
    /// Where it was raised.
    pub(crate) place: Option<Place<'a>>,
    /// The host, without port; `None`: no message or value names it.
    pub(crate) host: Option<String>,
    /// Where the host comes from.
    pub(crate) origin: Origin<'a>,
    /// The value of the variable that was another one when the function was last published, before a change of its settings.
    pub(crate) setting: Option<Exchange<'a>>,
    /// The database whose endpoint the host is.
    pub(crate) database: Option<Seen<'a, Database>>,
    /// A database that an unused or wrong setting should have named.
    pub(crate) intended: Option<Seen<'a, Database>>,
    /// Other functions that use the database, the most grown first, where it takes no more connections.
    pub(crate) clients: Vec<Client<'a>>,
    /// The connections that the service may hold, where they are used up.
    pub(crate) pool: Option<Pool<'a>>,
    /// Running tasks that started before the secret changed: they hold the old value.
    pub(crate) stale: Vec<Seen<'a, Task>>,
    /// A secret that changed between the baseline and the first refusal of the credentials.
    pub(crate) rotated: Option<Seen<'a, Secret>>,
    /// A call that changed a secret or a password shortly before the first refusal, where no secret's own times tell.
    pub(crate) exchanged: Option<Seen<'a, Change>>,
    /// Whether the same code with the same settings was accepted in the baseline: what is not accepted now was changed elsewhere, or ended.
    pub(crate) worked: bool,
}

/// Examines the case for unreachable dependencies.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let first = case.failures.iter().find(|logged| logged.failure.is_dependency())?;
    // A pool is empty where the database refuses: its refusal is what tells the cause.
    let refusal = || case.failures.iter().find(|logged| logged.failure == Failure::ConnectionLimit);
    let logged = refusal().filter(|_| first.failure == Failure::PoolExhausted).unwrap_or(first).clone();
    let lines = all_lines(case);
    let used_up = logged.failure.is_of_connections();
    let only = only_host(case, &lines).filter(|host| !used_up || is_of_database(case, host));
    let host = named_host(&logged.failure).or(only);
    let origin = host.as_deref().map_or(Origin::Unseen, |host| origin(case, &lines, host));
    let setting = exchange(case, &logged, host.as_deref());
    let (host, origin) = match &setting {
        // An address of the log is what the name in the variable resolved to.
        Some(setting) if matches!(origin, Origin::Unseen) => {
            let variable = setting.variable;
            let read = reads_of(&lines, &variable.name).first().copied();
            (plain(variable).map(|value| host_of(value).to_owned()), Origin::Environment { variable, read })
        }
        _ => (host, origin),
    };
    // Who answers was called rightly: that the code names the host itself is no fault.
    let origin = match origin {
        Origin::Code { .. } | Origin::Fallback { .. } if logged.failure.is_answered() => Origin::Unseen,
        other => other,
    };
    let of_host = |name: &str| case.databases.iter().find(|database| is_endpoint(database, name)).copied();
    let full = || Some(*case.databases.iter().find(|database| is_full(database))?);
    let limit = logged.failure == Failure::ConnectionLimit;
    let database = host.as_deref().and_then(of_host).or_else(|| full().filter(|_| limit));
    let intended = match &origin {
        Origin::Code { unused: Some(variable), .. } => plain(variable).and_then(|value| of_host(host_of(value))),
        _ => None,
    };
    let raised = case.failures.iter().any(|logged| logged.failure.is_of_connections() && !logged.class.is_empty());
    let told = limit && raised || logged.failure.is_answered() && !logged.class.is_empty();
    let support = match (&origin, &database) {
        (Origin::Unseen, None) if !told => Support::Likely,
        _ => Support::Shown,
    };
    let mut wants = wants(case, &origin, host.as_deref());
    let filled = database.filter(|_| limit);
    wants.extend(filled.iter().flat_map(|database| clients::wants(case, database.fact)));
    let clients = filled.map(|database| clients::clients(case, database.fact)).unwrap_or_default();
    let rotated = rotated(case, &logged);
    let stale = rotated.map(|secret| stale(case, secret.fact)).unwrap_or_default();
    let exchanged = exchanged(case, &logged).filter(|_| rotated.is_none());
    let pool = pool(case, logged.first).filter(|_| used_up);
    let worked = !logged.in_baseline
        && case.baseline_count().is_some_and(|count| count > 0)
        && matches!(case.change_verdict(logged.first, false), ChangeVerdict::None | ChangeVerdict::Refuted(..));
    let unreachable = Unreachable {
        place: place(case, &logged),
        logged,
        host,
        origin,
        setting,
        database,
        intended,
        clients,
        pool,
        stale,
        rotated,
        exchanged,
        worked,
    };
    // The database's own refusal is no stranger's words where the program raised an error of its pool for it.
    let support = if limit && raised { support } else { unreachable.logged.capped(support) };
    Some(Hypothesis {
        support,
        fresh: !unreachable.logged.in_baseline,
        explains: unreachable.logged.count,
        looks_for: match &unreachable.host {
            Some(host) => format!("{host} cannot be reached; looking for where that host comes from."),
            None => "A dependency cannot be reached; looking for which, and where its address comes from.".to_owned(),
        },
        wants,
        cause: cause(case, &unreachable),
        diagnosis: Diagnosis::Unreachable(unreachable),
    })
}

/// The host that a failure names; else the one that the log says was waited for, or the only one that code or environment hold.
pub(crate) fn called_host(case: &Case<'_>, failure: &Failure) -> Option<String> {
    let awaited =
        || awaited(case).map(|awaited| host_of(&awaited.target).to_owned()).filter(|host| looks_like_host(host));
    named_host(failure).or_else(awaited).or_else(|| only_host(case, &all_lines(case)))
}

fn named_host(failure: &Failure) -> Option<String> {
    let address = match failure {
        Failure::HostNotFound { host } | Failure::Certificate { host, .. } | Failure::Upstream { host } => host,
        Failure::Refused { address } | Failure::ConnectTimedOut { address } => address,
        _ => return None,
    };
    address.as_deref().map(host_of).filter(|host| !host.is_empty()).map(str::to_owned)
}

/// Where the message names no host: the one host that the code holds as a literal in a connection, or that the environment sets.
fn only_host(case: &Case<'_>, lines: &[CodeLine<'_>]) -> Option<String> {
    let mut hosts: Vec<String> = Vec::new();
    for line in lines.iter().filter(|line| connects(line.text)) {
        let words = line.text.split(['"', '\'', '`']).skip(1).step_by(2);
        hosts.extend(words.filter(|word| looks_like_host(word)).map(|word| host_of(word).to_owned()));
    }
    if hosts.is_empty() {
        let environment = case.environment();
        let values = environment.iter().copied().filter_map(plain);
        hosts.extend(values.filter(|value| looks_like_host(value)).map(|value| host_of(value).to_owned()));
    }
    hosts.dedup();
    match hosts.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Whether a host is a database's: one that was read, or that a setting of a database names.
fn is_of_database(case: &Case<'_>, host: &str) -> bool {
    const NAMES: [&str; 7] = ["DB", "DATABASE", "SQL", "PG", "POSTGRES", "RDS", "AURORA"];
    let read = || case.databases.iter().any(|database| is_endpoint(database, host));
    let of_database =
        |name: &str| NAMES.iter().any(|word| name.to_uppercase().split('_').any(|part| part.contains(word)));
    let set = || {
        let environment = case.environment();
        let mut holds = environment.iter().filter(|one| plain(one).is_some_and(|value| value.contains(host)));
        holds.any(|variable| of_database(&variable.name))
    };
    host.ends_with(".rds.amazonaws.com") || read() || set()
}

/// Words of a line that opens a connection or names its target.
fn connects(text: &str) -> bool {
    ["host", "Host", "HOST", "connect", "Connect", "endpoint", "url", "URL", "://", "addr", "server"]
        .iter()
        .any(|word| text.contains(word))
}

/// A variable's value, if it is shown.
pub(crate) fn plain(variable: &EnvironmentVariable) -> Option<&str> {
    match &variable.value {
        ShownValue::Plain(value) => Some(value),
        ShownValue::Hidden(_) => None,
    }
}

fn origin<'a>(case: &Case<'a>, lines: &[CodeLine<'a>], host: &str) -> Origin<'a> {
    let environment: Vec<&'a EnvironmentVariable> = case.environment();
    let set = environment.iter().copied().find(|variable| plain(variable).is_some_and(|value| value.contains(host)));
    let literal = literals(lines, host).first().copied();
    if let Some(line) = literal {
        let reads = environment_reads(line.text);
        let unset = reads.iter().find(|name| !environment.iter().any(|known| known.name == **name));
        match (unset, reads.is_empty()) {
            (Some(variable), _) => return Origin::Fallback { line, variable },
            (None, true) => return Origin::Code { line, unused: unused(&environment, lines, host) },
            (None, false) => {}
        }
    }
    match set {
        Some(variable) => Origin::Environment { variable, read: reads_of(lines, &variable.name).first().copied() },
        None => Origin::Unseen,
    }
}

/// A variable that names another host and that no line reads: the right value, unused.
fn unused<'a>(
    environment: &[&'a EnvironmentVariable],
    lines: &[CodeLine<'_>],
    host: &str,
) -> Option<&'a EnvironmentVariable> {
    if lines.iter().any(|line| reads_whole_environment(line.text)) {
        return None;
    }
    let names_host = |variable: &&'a EnvironmentVariable| {
        plain(variable).is_some_and(|value| looks_like_host(value) && !value.contains(host))
    };
    environment.iter().copied().filter(names_host).find(|variable| reads_of(lines, &variable.name).is_empty())
}

/// Whether a database's connections stand at a limit: on a plateau, or well above the baseline's.
pub(crate) fn is_full(database: &Database) -> bool {
    let series =
        database.load.iter().filter(|series| series.metric.name == "DatabaseConnections" && series.window.points > 0);
    let above =
        |series: &Series| series.baseline.is_some_and(|baseline| series.window.max >= 1.5 * baseline.max.max(1.0));
    series.into_iter().any(|series| series.shape == Shape::Plateau || above(series))
}

fn is_endpoint(database: &Database, host: &str) -> bool {
    [&database.endpoint, &database.reader_endpoint].into_iter().flatten().any(|endpoint| host_of(endpoint) == host)
}

fn wants(case: &Case<'_>, origin: &Origin<'_>, host: Option<&str>) -> Vec<PlannedCall> {
    let value = match origin {
        Origin::Code { unused: Some(variable), .. } | Origin::Environment { variable, .. } => {
            plain(variable).map(host_of)
        }
        _ => host.filter(|host| host.ends_with(".rds.amazonaws.com")),
    };
    let asked = case.evidence.iter().any(|evidence| evidence.tool == "describe_database");
    let rds = value.filter(|value| value.ends_with(".rds.amazonaws.com") && !asked);
    rds.map(|host| call("describe_database", json!({"id": host}))).into_iter().collect()
}

/// The secret that changed last before credentials were refused, if the baseline ran without refusals.
fn rotated<'a>(case: &Case<'a>, logged: &Logged<'a>) -> Option<Seen<'a, Secret>> {
    if logged.failure != Failure::Unauthenticated || logged.in_baseline {
        return None;
    }
    let room = logged.first.checked_add(case.scope.tolerance()).unwrap_or(logged.first);
    let between = |secret: &Secret| {
        let changed = [secret.rotated, secret.changed].into_iter().flatten();
        changed.filter(|at| *at >= case.scope.baseline.start && *at <= room).max()
    };
    let injected = |secret: &Secret| {
        let all = case.workload.containers();
        all.into_iter()
            .flat_map(|one| &one.secrets)
            .any(|one| one.value_from.contains(&secret.arn) || one.value_from.contains(&secret.name))
    };
    let changed = case.secrets.iter().filter(|secret| between(secret).is_some());
    changed.max_by_key(|secret| (injected(secret), between(secret))).copied()
}

/// The last call between a clean baseline and the first refusal that changed a secret, a key of a user or a password.
fn exchanged<'a>(case: &Case<'a>, logged: &Logged<'a>) -> Option<Seen<'a, Change>> {
    const ACTIONS: [&str; 8] = [
        "PutSecretValue",
        "UpdateSecret",
        "RotateSecret",
        "RotationSucceeded",
        "PutParameter",
        "DeleteAccessKey",
        "UpdateAccessKey",
        "DeleteSecret",
    ];
    if logged.failure != Failure::Unauthenticated {
        return None;
    }
    case.linked_elsewhere(logged.first, logged.in_baseline, |change| ACTIONS.contains(&change.action.as_str()))
}

/// Tasks that still run and were given the secret's earlier value at their start.
fn stale<'a>(case: &Case<'a>, secret: &Secret) -> Vec<Seen<'a, Task>> {
    let changed = secret.rotated.or(secret.changed);
    let before = |task: &Seen<'a, Task>| {
        task.stopped.is_none() && task.started.zip(changed).is_some_and(|(start, at)| start < at)
    };
    case.workload.tasks.iter().filter(|task| before(task)).copied().collect()
}

/// Whether the database itself explains the failure: it is not available, or takes no more connections.
pub(crate) fn is_database_at_fault(unreachable: &Unreachable<'_>) -> bool {
    let down = unreachable.database.is_some_and(|database| database.status != "available");
    down || unreachable.logged.failure == Failure::ConnectionLimit
}

fn cause(case: &Case<'_>, unreachable: &Unreachable<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, category(unreachable));
    cause.components = components(case, unreachable);
    cause.onset = Some(unreachable.logged.first);
    cause.location = match &unreachable.origin {
        Origin::Code { line, .. } | Origin::Fallback { line, .. } => Some(located(line, None)),
        _ => unreachable.place.as_ref().map(|place| place.location.clone()),
    };
    cause.title = account::title(case, unreachable);
    cause.trigger = Some(account::trigger(unreachable));
    cause.chain = account::chain(case, unreachable);
    cause.summary = account::summary(case, unreachable);
    cause.gaps = account::gaps(unreachable);
    cause.ruled_out = account::rivals(case, unreachable);
    if matches!(unreachable.logged.failure, Failure::ConnectTimedOut { .. }) {
        cause.ruled_out.extend(closed_path::innocent(case, unreachable.logged.first));
    }
    cause
}

fn category(unreachable: &Unreachable<'_>) -> Category {
    match (&unreachable.logged.failure, &unreachable.origin) {
        (Failure::ConnectionLimit | Failure::PoolExhausted, _) => Category::Capacity,
        _ if unreachable.setting.is_some() => Category::Misconfiguration,
        (Failure::Unauthenticated, _) if unreachable.rotated.is_some() || unreachable.worked => {
            Category::ExpiredOrRotatedSecret
        }
        (Failure::Certificate { expired: true, .. }, _) => Category::ExpiredOrRotatedSecret,
        (Failure::Unauthenticated, _) => Category::MissingCredentials,
        // A name that the same setting led to in the baseline has gone: the setting is not what changed.
        (Failure::HostNotFound { .. }, Origin::Environment { .. }) if unreachable.worked => {
            Category::DependencyUnreachable
        }
        (Failure::HostNotFound { .. }, Origin::Environment { .. } | Origin::Fallback { .. }) => {
            Category::Misconfiguration
        }
        _ => Category::DependencyUnreachable,
    }
}

/// The function, if the host is its own mistake; the database, if that is down or full.
fn components(case: &Case<'_>, unreachable: &Unreachable<'_>) -> Vec<ResourceRef> {
    let function = case.component().into_iter();
    if is_database_at_fault(unreachable) {
        let database = unreachable.database.or_else(|| case.databases.first().copied());
        let grown = unreachable.clients.iter().take(1).filter(|client| client.growth().is_some());
        let grown = grown.map(|client| client.function.resource());
        return function.chain(database.map(|database| database.resource())).chain(grown).collect();
    }
    if let Some(secret) = unreachable.rotated {
        let definition = case.workload.current().filter(|_| !unreachable.stale.is_empty()).map(|one| one.resource());
        return function.chain([secret.resource()]).chain(definition).collect();
    }
    let exchanged = unreachable.exchanged.and_then(|change| change.resource.clone());
    let unseen = (matches!(unreachable.origin, Origin::Unseen) || unreachable.logged.failure.is_answered())
        && unreachable.database.is_none();
    let host = unreachable.host.as_ref().filter(|_| unseen).map(|host| ResourceRef::new(ResourceKind::Host, host));
    function.chain(host).chain(exchanged).collect()
}
