//! Credentials that were never given: the service knows where its database is, and nothing with which to log in.
//!
//! Discriminating questions: does the task definition name a database's host, but neither user nor password, nor inject a secret? is there a
//! secret that would do? do requests come and fail, while the database sees no connection at all? did an earlier revision have them?

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_case::{
    Category, Verdict,
    facts::{ContainerDefinition, Database, EnvironmentVariable, Secret, Series, TaskDefinition},
    root_cause::{Gap, Link, RuledOut},
};
use regex::Regex;

use super::{Introduced, ServiceFault, introduced};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_series, claim, gap},
    modes::dependency::plain,
    reading::{Case, Seen, failure::host_of},
};

/// Names of variables that hold credentials, or an address with credentials in it.
static CREDENTIALS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(user|usr|login|pass|pwd|secret|cred|token|dsn|_key$|iam_auth|connection_?string|conn_?str|database_url|db_url|jdbc)").ok()
});
/// Names of variables that hold a database's host.
static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.*_)?(db|database|rds|aurora|pg|postgres|postgresql|mysql|mariadb|sql)(_.*)?_?(host|hostname|endpoint|server|address|addr)$|^pghost$").ok()
});

/// Missing credentials as they were found.
#[derive(Debug)]
pub(crate) struct Missing<'a> {
    /// The task definition.
    pub(crate) definition: Seen<'a, TaskDefinition>,
    /// The container that should log in.
    pub(crate) container: &'a ContainerDefinition,
    /// The variable with the host.
    pub(crate) variable: &'a EnvironmentVariable,
    /// The database.
    pub(crate) database: Option<Seen<'a, Database>>,
    /// The database's connections.
    pub(crate) connections: Option<Seen<'a, Series>>,
    /// A secret that is not injected.
    pub(crate) secret: Option<Seen<'a, Secret>>,
    /// A revision that had credentials and was replaced.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// The difference that took them away.
    pub(crate) dropped: Option<&'a str>,
    /// First failed request.
    pub(crate) onset: Timestamp,
}

/// Examines the case for missing credentials.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let definition = case.workload.current()?;
    let (container, variable) =
        definition.fact.containers.iter().find_map(|container| Some((container, host(case, container)?)))?;
    let given = definition.fact.containers.iter().any(has_credentials);
    let failing = case.server_errors().filter(|errors| errors.window.sum > 0.0);
    if given || failing.is_none() && case.failures.is_empty() {
        return None;
    }
    let endpoint = plain(variable).map(host_of).unwrap_or_default();
    let is_endpoint = |database: &Database| {
        [&database.endpoint, &database.reader_endpoint].into_iter().flatten().any(|known| host_of(known) == endpoint)
    };
    let database = case.databases.iter().find(|database| is_endpoint(database)).copied();
    let connections = connections(case, database);
    let unused = connections.is_some_and(|series| series.window.points > 0 && series.window.max == 0.0);
    let onset =
        failing.and_then(|errors| errors.fact.points.iter().find(|point| point.value > 0.0).map(|point| point.at));
    let onset = onset.or(case.scope.first_breach).unwrap_or(case.scope.window.start);
    let onset = case.breach().map_or(onset, |breach| onset.min(breach));
    let dropped = definition.fact.differences.iter().map(String::as_str).find(|line| is_drop(line));
    let missing = Missing {
        secret: secret(case, definition, database),
        introduced: introduced(case, onset).filter(|_| dropped.is_some()),
        definition,
        container,
        variable,
        database,
        connections,
        dropped,
        onset,
    };
    // Connections in the baseline under the same definition: it could log in then, somehow.
    let worked = connections.and_then(|series| series.fact.baseline).is_some_and(|baseline| baseline.max > 0.0)
        && dropped.is_none();
    let told = case.failures.iter().any(|logged| !logged.in_baseline);
    let support = match (unused, missing.secret.is_some(), worked || told) {
        (_, _, true) => Support::Possible,
        (true, true, false) => Support::Shown,
        (true, false, false) | (false, true, false) if connections.is_none() || unused => Support::Likely,
        _ => Support::Possible,
    };
    Some(Hypothesis {
        support,
        fresh: true,
        explains: failing.map_or(1, |errors| errors.window.sum as u64),
        looks_for:
            "The task definition names a database and no credentials for it; looking for a secret, and for connections."
                .to_owned(),
        wants: Vec::new(),
        cause: cause(case, &missing),
        diagnosis: Diagnosis::Service(ServiceFault::Credentials(missing)),
    })
}

/// The variable that holds a database's host.
fn host<'a>(case: &Case<'a>, container: &'a ContainerDefinition) -> Option<&'a EnvironmentVariable> {
    let known = |value: &str| {
        value.contains(".rds.amazonaws.com")
            || case.databases.iter().any(|database| {
                database.endpoint.as_deref().is_some_and(|endpoint| host_of(endpoint) == host_of(value))
            })
    };
    let named = |name: &str| HOST.as_ref().is_some_and(|host| host.is_match(name));
    container
        .environment
        .iter()
        .find(|one| plain(one).is_some_and(|value| !value.contains('@') && (known(value) || named(&one.name))))
}

/// Whether a container is given anything that looks like credentials.
fn has_credentials(container: &ContainerDefinition) -> bool {
    let is_one = |name: &str| CREDENTIALS.as_ref().is_some_and(|pattern| pattern.is_match(name));
    !container.secrets.is_empty()
        || container.environment.iter().any(|one| {
            is_one(&one.name) || plain(one).is_some_and(|value| value.contains("://") && value.contains('@'))
        })
}

/// `secrets: - DB_USER`, `environment: - DB_PASSWORD`.
fn is_drop(line: &str) -> bool {
    let gone = line.split_once("secrets: - ").map(|_| true);
    let variable = || {
        let (_, name) = line.split_once("environment: - ")?;
        CREDENTIALS.as_ref().map(|pattern| pattern.is_match(name))
    };
    gone.or_else(variable).unwrap_or(false)
}

fn connections<'a>(case: &Case<'a>, database: Option<Seen<'a, Database>>) -> Option<Seen<'a, Series>> {
    let of = |seen: Seen<'a, Database>| {
        let evidence = seen.evidence;
        let all = seen
            .fact
            .load
            .iter()
            .filter(|series| series.metric.name == "DatabaseConnections" && series.window.points > 0);
        all.max_by(|a, b| a.window.max.total_cmp(&b.window.max)).map(|fact| Seen { evidence, fact })
    };
    let read = || {
        case.series
            .iter()
            .find(|series| series.metric.name == "DatabaseConnections" && series.window.points > 0)
            .copied()
    };
    database.and_then(of).or_else(read)
}

/// A secret that the definition does not reference and that belongs with the database or the service: of the same stack, or named like them.
fn secret<'a>(
    case: &Case<'a>,
    definition: Seen<'a, TaskDefinition>,
    database: Option<Seen<'a, Database>>,
) -> Option<Seen<'a, Secret>> {
    let referenced = |secret: &Secret| {
        definition
            .fact
            .containers
            .iter()
            .flat_map(|one| &one.secrets)
            .any(|one| one.value_from.contains(&secret.arn) || one.value_from.contains(&secret.name))
    };
    let stack = case.workload.service.and_then(|service| service.fact.stack.clone());
    let id = database.map(|database| database.fact.id.to_lowercase());
    let score = |secret: &Secret| {
        let words = format!("{} {}", secret.name, secret.description.as_deref().unwrap_or_default()).to_lowercase();
        let told = ["credential", "database", "aurora", "postgres", "mysql", "rds", "db"]
            .iter()
            .any(|word| words.contains(word));
        let same_stack = stack.is_some() && secret.stack == stack;
        let named =
            id.as_ref().is_some_and(|id| words.contains(id.as_str())) || words.contains(&case.name().to_lowercase());
        u8::from(told) * 2 + u8::from(same_stack) * 2 + u8::from(named)
    };
    let fitting =
        case.secrets.iter().filter(|secret| !referenced(secret) && secret.deletion.is_none() && score(secret) >= 2);
    fitting.max_by_key(|secret| score(secret)).copied()
}

fn cause(case: &Case<'_>, missing: &Missing<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::MissingCredentials);
    let name = case.name();
    cause.title = format!(
        "{name} is given {} but no credentials for it: {} sets neither user nor password and injects no secret",
        missing.variable.name,
        missing.definition.name()
    );
    cause.components = super::service_and_definition(case);
    cause.components.extend(missing.secret.map(|secret| secret.fact.resource()));
    cause.onset = Some(missing.onset);
    cause.trigger = Some("Every request that needs the database".to_owned());
    cause.chain = chain(case, missing);
    cause.summary = summary(case, missing);
    cause.gaps = gaps(missing);
    cause.ruled_out = rivals(case, missing);
    cause
}

fn chain(case: &Case<'_>, missing: &Missing<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    let definition = missing.definition;
    if let Some(line) = missing.dropped {
        let at = missing.introduced.as_ref().and_then(|one| one.at).filter(|at| *at <= missing.onset);
        chain.link(format!("The revision took them away: {line}."), at, [cite::line(definition.evidence, &[line])]);
    }
    let assigned = format!("{}=", missing.variable.name);
    let none = cite::any(
        definition.evidence,
        &[&["no secret is injected", &missing.container.name], &["no secret is injected"], &["no secret"]],
    );
    let statement = format!(
        "{} sets {} for the container {}, but no user and no password, and injects no secret.",
        definition.name(),
        missing.variable.name,
        missing.container.name
    );
    chain.link(statement, None, [cite::any(definition.evidence, &[&[&assigned], &[&missing.variable.name]]), none]);
    if let Some(secret) = missing.secret {
        let owner = secret.stack.as_deref().map(|stack| format!(" (stack {stack})")).unwrap_or_default();
        let made = secret.created.map(|at| format!(", made at {at}")).unwrap_or_default();
        chain.link(
            format!(
                "A secret with credentials exists{owner}: {}{made}. The task definition does not reference it.",
                secret.name
            ),
            None,
            [cite::line(secret.evidence, &[&secret.name])],
        );
    }
    if let Some(connections) = missing.connections.filter(|series| series.window.max == 0.0) {
        let id = missing.database.map(|database| database.fact.id.clone()).unwrap_or_default();
        let cited = cite::any(connections.evidence, &[&["zero connections", &id], &["zero connections"]]);
        let cited = cited.or_else(|| cite_series(connections.evidence, "DatabaseConnections", &connections.statistic));
        chain.link(format!("The database {id} saw no connection in the whole window."), None, [cited]);
    }
    if let Some(errors) = case.server_errors().filter(|errors| errors.window.sum > 0.0) {
        let of = case.requests().map(|requests| format!(" of {:.0}", requests.window.sum)).unwrap_or_default();
        chain.link(
            format!("{:.0} requests{of} failed with a 5xx.", errors.window.sum),
            Some(missing.onset),
            [cite_series(errors.evidence, &errors.metric.name, "Sum")],
        );
    }
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, missing: &Missing<'_>) -> String {
    let mut text = format!(
        "{} answers requests that need its database with errors. Its task definition {} names the host ({}) and holds nothing to log in with.",
        case.name(),
        missing.definition.name(),
        missing.variable.name
    );
    if let Some(secret) = missing.secret {
        text += &format!(" The credentials exist in the secret {}, which no container is given.", secret.name);
    }
    if missing.connections.is_some_and(|series| series.window.max == 0.0) {
        text += " The database saw no connection at all, though requests came and failed: no log-in was even tried, or none got as far.";
    }
    if silent(case) {
        text += " The program hides the error: it logs nothing when a request fails.";
    }
    text
}

/// Whether the logs hold no error though requests failed.
fn silent(case: &Case<'_>) -> bool {
    !case.summaries.is_empty() && case.failures.is_empty()
}

fn gaps(missing: &Missing<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if missing.secret.is_none() {
        gaps.push(gap(
            "where the credentials are",
            "no secret that fits was found",
            "aws secretsmanager list-secrets, and the database's master user secret",
            true,
        ));
    }
    if missing.connections.is_none() {
        gaps.push(gap(
            "whether the database was reached",
            "its connections were not read",
            "read DatabaseConnections of the database",
            true,
        ));
    }
    gaps.push(gap(
        "whether the execution role may read the secret",
        "no tool reads IAM policies",
        "simulate secretsmanager:GetSecretValue for the execution role with the IAM policy simulator",
        false,
    ));
    gaps
}

fn rivals(case: &Case<'_>, missing: &Missing<'_>) -> Vec<RuledOut> {
    let mut rivals = Vec::new();
    if let Some(requests) = case.requests().filter(|requests| requests.window.sum > 0.0) {
        let errors = case.server_errors().and_then(|errors| cite_series(errors.evidence, &errors.metric.name, "Sum"));
        rivals.push(RuledOut {
            hypothesis: "Nobody calls it: the database is idle for want of requests".to_owned(),
            reason: format!("{:.0} requests came in the window, and they failed.", requests.window.sum),
            citations: [cite_series(requests.evidence, "RequestCount", "Sum"), errors].into_iter().flatten().collect(),
        });
    }
    if silent(case) {
        let summary =
            case.summaries.first().and_then(|one| cite::any(one.evidence, &[&["window:", "lines"], &["log group:"]]));
        let healthy = case
            .workload
            .target_groups()
            .into_iter()
            .find_map(|group| cite::any(group.evidence, &[&["target:", "healthy"]]));
        rivals.push(RuledOut {
            hypothesis: "The network or security groups between service and database".to_owned(),
            reason: format!(
                "A blocked connection times out or is refused and shows as slow or logged failures; none is logged, and no connection can succeed with the credentials missing from {}.",
                missing.definition.name()
            ),
            citations: [summary, healthy].into_iter().flatten().collect(),
        });
    }
    if let Some(database) = missing.database.filter(|database| database.fact.status == "available") {
        rivals.push(RuledOut {
            hypothesis: format!("The database {} is down", database.fact.id),
            reason: "Its status is available.".to_owned(),
            citations: cite::any(database.evidence, &[&[&database.fact.id, "available"], &["available"]])
                .into_iter()
                .collect(),
        });
    }
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
