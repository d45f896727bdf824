//! The account of an unreachable dependency: what the report says of it, and what shows it.

use marple_case::{
    Citation,
    root_cause::{Gap, Link, RuledOut},
};

use super::{Origin, Unreachable, is_database_at_fault, plain};
use crate::{
    cite,
    hypothesis::{Chain, cite_error, cite_frame, cite_series, cite_setting, gap},
    reading::{Case, Seen, failure::Failure},
};

fn host<'u>(unreachable: &'u Unreachable<'_>) -> &'u str {
    unreachable.host.as_deref().unwrap_or("a dependency")
}

/// What is wrong with the host, as a predicate.
fn predicate(failure: &Failure) -> &'static str {
    match failure {
        Failure::HostNotFound { .. } => "does not resolve",
        Failure::Refused { .. } => "refuses connections",
        Failure::ConnectTimedOut { .. } => "does not answer",
        Failure::ConnectionLimit => "accepts no more connections",
        Failure::Unauthenticated => "does not accept the credentials",
        _ => "cannot be used",
    }
}

pub(super) fn title(case: &Case<'_>, unreachable: &Unreachable<'_>) -> String {
    let (host, predicate) = (host(unreachable), predicate(&unreachable.logged.failure));
    let name = case.name();
    match &unreachable.origin {
        Origin::Code { line, .. } => {
            format!("{name} calls {host}, which is written into {} and {predicate}", line.place())
        }
        Origin::Fallback { line, variable } => {
            format!("{name} falls back to {host} ({}), since {variable} is not set; it {predicate}", line.place())
        }
        Origin::Environment { variable, .. } => {
            format!("{name} calls {host}, set in {}; it {predicate}", variable.name)
        }
        Origin::Unseen => format!("{name} cannot use {host}: it {predicate}"),
    }
}

pub(super) fn trigger(unreachable: &Unreachable<'_>) -> String {
    let host = host(unreachable);
    match unreachable.origin {
        Origin::Code { .. } => format!("Every invocation that connects to {host}: the host is a constant of the code"),
        Origin::Fallback { variable, .. } => format!("Every invocation, as long as {variable} is not set"),
        _ => format!("Invocations that connect to {host}"),
    }
}

pub(super) fn chain(case: &Case<'_>, unreachable: &Unreachable<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    let host = host(unreachable);
    match &unreachable.origin {
        Origin::Code { line, unused } => {
            chain.link(format!("The host {host} is hard-coded in {}.", line.place()), None, [line.cite()]);
            if let Some(variable) = unused {
                let statement = format!(
                    "The environment sets {} to another host, {}; no line of the code that was read uses that variable.",
                    variable.name,
                    plain(variable).unwrap_or_default()
                );
                chain.link(statement, None, [cite_variable(case, &variable.name)]);
            }
        }
        Origin::Fallback { line, variable } => {
            let statement =
                format!("{} falls back to {host}, since the environment holds no {variable}.", line.place());
            chain.link(statement, None, [line.cite(), cite_setting(case, &[&["environment"]])]);
        }
        Origin::Environment { variable, read } => {
            let used = read.map(|line| format!("; {} reads it", line.place())).unwrap_or_default();
            let statement = format!("The environment sets {} to {host}{used}.", variable.name);
            chain.link(statement, None, [cite_variable(case, &variable.name), read.and_then(|line| line.cite())]);
        }
        Origin::Unseen => {}
    }
    if let Some(database) = unreachable.database {
        let status = format!("status {}", database.status);
        let statement = format!("That host is the endpoint of {}, whose status is {}.", database.id, database.status);
        chain.link(
            statement,
            None,
            [cite::any(database.evidence, &[&[&database.id, &status], &[&status], &[&database.id]])],
        );
    }
    if let Some(secret) = unreachable.rotated {
        let at = secret.rotated.or(secret.changed);
        let how = if secret.rotated.is_some() && at == secret.rotated { "was rotated" } else { "changed" };
        let statement = format!("The secret {} {how} before the first refusal.", secret.name);
        let at = at.filter(|at| *at <= unreachable.logged.first);
        chain.link(statement, at, [cite::line(secret.evidence, &[&secret.name])]);
    }
    if let Some(task) = unreachable.stale.first() {
        let injected = case.settings().and_then(|evidence| cite::any(evidence, &[&["secret:", "from"]]));
        let statement = format!(
            "{} task(s) that run were started before that (the first at {}); ECS injects a secret's value at the start, so they still hold the earlier one.",
            unreachable.stale.len(),
            task.started.map(|at| at.to_string()).unwrap_or_default()
        );
        chain.link(statement, None, [cite::any(task.evidence, &[&["task:", &task.id]]), injected]);
    }
    if let (Failure::ConnectionLimit, Some(database)) = (&unreachable.logged.failure, unreachable.database) {
        let most = database.fact.load.iter().filter(|series| series.metric.name == "DatabaseConnections");
        let most = most.map(|series| series.window.max).fold(0.0, f64::max);
        let cited = cite::any(database.evidence, &[&["connections:", "at most"]])
            .or_else(|| cite_series(database.evidence, "DatabaseConnections", "Maximum"));
        chain.link(format!("Its connections rose to {most:.0} and stayed there: its limit."), None, [cited]);
    }
    effect(&mut chain, unreachable);
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn effect(chain: &mut Chain, unreachable: &Unreachable<'_>) {
    let logged = &unreachable.logged;
    let at = unreachable.place.as_ref().map(|place| format!(" at {}:{}", place.location.file, place.location.line));
    let frame = unreachable.place.as_ref().and_then(|place| cite_frame(logged, place.frame));
    let code = unreachable.place.as_ref().and_then(|place| place.line).and_then(|line| line.cite());
    let statement = format!("The connection failed{}: {}.", at.unwrap_or_default(), logged.headline());
    chain.link(statement, Some(logged.first), [cite_error(logged), frame, code]);
}

fn cite_variable(case: &Case<'_>, name: &str) -> Option<Citation> {
    let assigned = format!("{name}=");
    cite_setting(case, &[&[&assigned], &[name]])
}

pub(super) fn summary(case: &Case<'_>, unreachable: &Unreachable<'_>) -> String {
    let (host, predicate) = (host(unreachable), predicate(&unreachable.logged.failure));
    let logged = &unreachable.logged;
    let mut text = format!(
        "{} fails because {host} {predicate}: {}. First seen at {}, {} time(s) in the window.",
        case.name(),
        logged.headline(),
        logged.first,
        logged.count
    );
    text += &match &unreachable.origin {
        Origin::Code { line, unused: Some(variable) } => format!(
            " The host is hard-coded in {}; {} in the environment names another host and is never read, so changing the environment would change nothing.",
            line.place(),
            variable.name
        ),
        Origin::Code { line, unused: None } => format!(" The host is hard-coded in {}; no setting can change it.", line.place()),
        Origin::Fallback { variable, .. } => format!(" The code would take it from {variable}, which is not set."),
        Origin::Environment { variable, .. } => format!(" The host comes from the environment variable {}.", variable.name),
        Origin::Unseen => " Where the host comes from is not shown: neither the code that was read nor the shown environment holds it.".to_owned(),
    };
    if is_database_at_fault(unreachable) {
        text += " The database itself is not in a state to serve it.";
    }
    if logged.in_baseline {
        text += " The baseline holds the same error: it is older than this incident.";
    }
    text
}

pub(super) fn gaps(unreachable: &Unreachable<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if unreachable.logged.failure == Failure::ConnectionLimit {
        gaps.push(gap(
            "who holds the connections",
            "no metric counts connections by client",
            "read pg_stat_activity or SHOW PROCESSLIST, or switch on Performance Insights",
            false,
        ));
    }
    let located = matches!(unreachable.logged.failure, Failure::ConnectionLimit | Failure::Unauthenticated);
    if unreachable.host.is_none() && !located {
        gaps.push(gap(
            "which host was called",
            "the error does not name it",
            "log the host and port with the error",
            true,
        ));
    }
    if unreachable.host.is_some() && matches!(unreachable.origin, Origin::Unseen) {
        gaps.push(gap(
            "where the host comes from",
            "no line that was read and no variable that is shown holds it",
            "search the code and its dependencies for the host name",
            true,
        ));
    }
    let unanswered = matches!(unreachable.logged.failure, Failure::Refused { .. } | Failure::ConnectTimedOut { .. });
    if unanswered && !is_database_at_fault(unreachable) {
        gaps.push(gap(
            "why the host does not take the connection",
            "routes, security groups and the other side's logs were not read",
            "check the security groups and routes between the program's subnets and the host, and that it listens on that port",
            false,
        ));
    }
    gaps
}

/// Rivals that only this failure refutes: the network, and an idle database.
pub(super) fn rivals(case: &Case<'_>, unreachable: &Unreachable<'_>) -> Vec<RuledOut> {
    let own_name = matches!(unreachable.origin, Origin::Code { .. } | Origin::Fallback { .. });
    let unresolved = matches!(unreachable.logged.failure, Failure::HostNotFound { .. });
    let mut rivals = Vec::new();
    if own_name && unresolved {
        let line = match &unreachable.origin {
            Origin::Code { line, .. } | Origin::Fallback { line, .. } => line.cite(),
            _ => None,
        };
        rivals.push(RuledOut {
            hypothesis: "The network: VPC, routes, security groups or DNS resolution".to_owned(),
            reason: format!(
                "The lookup of a name that is no configured endpoint failed; no connection was ever tried, so routes and security groups were not reached. {} is written into the code.",
                host(unreachable)
            ),
            citations: [cite_error(&unreachable.logged), line].into_iter().flatten().collect(),
        });
    }
    if let Some(database) = unreachable.intended {
        rivals.push(healthy_database(database, host(unreachable)));
    }
    if let Origin::Code { unused: Some(variable), .. } = &unreachable.origin {
        rivals.push(RuledOut {
            hypothesis: format!("A wrong value in the configuration ({})", variable.name),
            reason:
                "The configured value is another host than the one that was called, and no line that was read uses it."
                    .to_owned(),
            citations: [cite_variable(case, &variable.name), cite_error(&unreachable.logged)]
                .into_iter()
                .flatten()
                .collect(),
        });
    }
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}

fn healthy_database(database: Seen<'_, marple_case::facts::Database>, host: &str) -> RuledOut {
    let status = format!("status {}", database.status);
    let connections = cite_series(database.evidence, "DatabaseConnections", "Average")
        .or_else(|| cite::line(database.evidence, &["DatabaseConnections"]));
    RuledOut {
        hypothesis: format!("The database {}", database.id),
        reason: format!("Its status is {}, and it is not what was called: the error names {host}.", database.status),
        citations: [
            cite::any(database.evidence, &[&[&database.id, &status], &[&status], &[&database.id]]),
            connections,
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}
