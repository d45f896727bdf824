//! The account of an unreachable dependency: what the report says of it, and what shows it.

use jiff::SignedDuration;
use marple_case::{
    Citation,
    facts::{Change, EnvironmentVariable},
    root_cause::{Gap, Link, RuledOut},
};

use super::{Origin, Unreachable, is_database_at_fault, plain};
use crate::{
    cite,
    hypothesis::{Chain, cite_error, cite_frame, cite_series, cite_setting, gap},
    reading::{Case, Seen, failure::Failure, logged::Logged},
};

fn host<'u>(unreachable: &'u Unreachable<'_>) -> &'u str {
    let unnamed = if unreachable.logged.failure.is_of_connections() { "its database" } else { "a dependency" };
    unreachable.host.as_deref().unwrap_or(unnamed)
}

/// What is wrong with the host, as a predicate.
fn predicate(failure: &Failure) -> &'static str {
    match failure {
        Failure::HostNotFound { .. } => "does not resolve",
        Failure::Refused { .. } => "refuses connections",
        Failure::ConnectTimedOut { .. } => "does not answer",
        Failure::ConnectionLimit => "accepts no more connections",
        Failure::PoolExhausted => "serves the program's pool of connections too slowly, or the pool is too small",
        Failure::Unauthenticated => "does not accept the credentials",
        Failure::Certificate { expired: true, .. } => "presents a certificate that has expired",
        Failure::Certificate { expired: false, .. } => "presents a certificate that is not trusted",
        Failure::Upstream { .. } => "answers with server errors of its own",
        _ => "cannot be used",
    }
}

pub(super) fn title(case: &Case<'_>, unreachable: &Unreachable<'_>) -> String {
    let (host, predicate) = (host(unreachable), predicate(&unreachable.logged.failure));
    let name = case.name();
    if let Some(pool) = &unreachable.pool {
        return format!("{name} runs out of connections to {host}: {}", pool.in_words());
    }
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
        Origin::Environment { variable, read } if unreachable.setting.is_some() => {
            exchanged(&mut chain, case, unreachable, variable, read.and_then(|line| line.cite()));
        }
        Origin::Environment { variable, read } => {
            let used = read.map(|line| format!("; {} reads it", line.place())).unwrap_or_default();
            let statement = format!("The environment sets {} to {host}{used}.", variable.name);
            chain.link(statement, None, [cite_variable(case, &variable.name), read.and_then(|line| line.cite())]);
        }
        Origin::Unseen => {}
    }
    if let Some(pool) = &unreachable.pool {
        pool.tell(&mut chain, case, unreachable.logged.first);
    }
    let removed = removal(case, unreachable);
    if let Some(change) = removed {
        let stamp = change.at.to_string();
        let by = change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
        chain.link(
            format!("{}{by} came shortly before: it can take a name away.", change.action),
            Some(change.at),
            [cited],
        );
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
    if let Some(change) = unreachable.exchanged {
        let stamp = change.at.to_string();
        let what = change.resource.as_ref().map(ToString::to_string).unwrap_or_default();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
        let statement = format!("{} changed {what} before the first refusal.", change.action);
        chain.link(statement, Some(change.at), [cited]);
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
    grown(&mut chain, unreachable);
    effect(&mut chain, unreachable);
    emptied(&mut chain, case, unreachable);
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// The setting that was exchanged: the change, the value of now and that of before.
fn exchanged(
    chain: &mut Chain,
    case: &Case<'_>,
    unreachable: &Unreachable<'_>,
    variable: &EnvironmentVariable,
    read: Option<Citation>,
) {
    let Some(setting) = &unreachable.setting else { return };
    let change = &setting.change;
    let stamp = change.at.to_string();
    let by = change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    chain.link(
        format!(
            "{}{by} changed the function ({}); the baseline before it ran without this failure.",
            change.action,
            change.source.word()
        ),
        Some(change.at),
        [cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]])],
    );
    let statement = format!(
        "The environment sets {} to {}; version {}, published before, keeps {}.",
        variable.name,
        plain(variable).unwrap_or_default(),
        setting.version.version,
        setting.before
    );
    chain.link(
        statement,
        None,
        [cite_variable(case, &variable.name), setting.cite_before(case), setting.cite_call(), read],
    );
}

/// The last call that can take a name away, shortly before a name stopped resolving that had resolved in the baseline.
fn removal<'a>(case: &Case<'a>, unreachable: &Unreachable<'a>) -> Option<Seen<'a, Change>> {
    const BEFORE: SignedDuration = SignedDuration::from_hours(1);
    const REMOVALS: [&str; 6] = [
        "DeleteService",
        "DeregisterInstance",
        "ChangeResourceRecordSets",
        "DeleteHostedZone",
        "DisassociateVPCFromHostedZone",
        "DeleteNamespace",
    ];
    let onset = unreachable.logged.first;
    let gone = unreachable.worked && matches!(unreachable.logged.failure, Failure::HostNotFound { .. });
    let near = |change: &Change| change.at <= onset && onset.duration_since(change.at) <= BEFORE;
    let removals = case.all_changes().filter(|change| REMOVALS.contains(&change.action.as_str()) && near(change.fact));
    removals.max_by_key(|change| change.at).filter(|_| gone)
}

/// The other client of a full database that grew, and how it is known to be one.
fn grown(chain: &mut Chain, unreachable: &Unreachable<'_>) {
    let Some((client, (most, usual))) = unreachable.clients.first().and_then(|one| Some((one, one.growth()?))) else {
        return;
    };
    let name = &client.function.name;
    let setting = unreachable.database.and_then(|database| client.cite_setting(database.fact));
    let statement = format!(
        "{name}, which is configured with the same database, ran up to {most:.0} times at once (concurrency); in the baseline at most {usual:.0}. Each of its environments holds a connection."
    );
    let rose = client.rose().filter(|at| *at <= unreachable.logged.first);
    chain.link(statement, rose, [client.cite_concurrency(), setting]);
}

/// What requests met where the database refused: an empty pool.
fn emptied(chain: &mut Chain, case: &Case<'_>, unreachable: &Unreachable<'_>) {
    let is_pool = |logged: &&Logged<'_>| logged.failure == Failure::PoolExhausted && !logged.in_baseline;
    let limit = unreachable.logged.failure == Failure::ConnectionLimit;
    let Some(logged) = case.failures.iter().filter(|_| limit).find(is_pool) else { return };
    let statement = format!("Requests found no connection in the program's pool: {}.", logged.headline());
    chain.link(statement, Some(logged.first), [cite_error(logged)]);
}

fn effect(chain: &mut Chain, unreachable: &Unreachable<'_>) {
    let logged = &unreachable.logged;
    let at = unreachable.place.as_ref().map(|place| format!(" at {}:{}", place.location.file, place.location.line));
    let frame = unreachable.place.as_ref().and_then(|place| cite_frame(logged, place.frame));
    let code = unreachable.place.as_ref().and_then(|place| place.line).and_then(|line| line.cite());
    let what = if logged.failure.is_answered() { "call" } else { "connection" };
    let statement = format!("The {what} failed{}: {}.", at.unwrap_or_default(), logged.headline());
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
        Origin::Environment { variable, .. } if unreachable.setting.is_some() => {
            let setting = unreachable.setting.as_ref();
            let before = setting.map(|setting| setting.before).unwrap_or_default();
            let change = setting.map(|setting| format!("{} at {}", setting.change.action, setting.change.at));
            format!(
                " The address comes from the environment variable {}, which is {} since {}; before, it was {before}. With that the baseline ran without this failure.",
                variable.name,
                plain(variable).unwrap_or_default(),
                change.unwrap_or_default()
            )
        }
        Origin::Environment { variable, .. } => format!(" The host comes from the environment variable {}.", variable.name),
        Origin::Unseen if logged.failure.is_answered() || logged.failure.is_of_connections() => String::new(),
        Origin::Unseen => " Where the host comes from is not shown: neither the code that was read nor the shown environment holds it.".to_owned(),
    };
    if unreachable.worked && logged.failure.is_answered() {
        text += " The same code with the same settings was served in the baseline, and nothing of it changed since: what changed, or ended, is on the other side or in what is presented to it.";
    }
    if let Some(pool) = &unreachable.pool {
        text += &format!(" {}.", pool.in_words());
        if let Some(change) = pool.scaled {
            text += &format!(" The number of tasks was changed at {}.", change.at);
        }
    }
    if is_database_at_fault(unreachable) {
        text += " The database itself is not in a state to serve it.";
    }
    if let Some((client, (most, _))) = unreachable.clients.first().and_then(|one| Some((one, one.growth()?))) {
        text += &format!(
            " {} uses it too and ran up to {most:.0} times at once, far more than in the baseline: that is where the connections went.",
            client.function.name
        );
    }
    if logged.in_baseline {
        text += " The baseline holds the same error: it is older than this incident.";
    }
    text
}

pub(super) fn gaps(unreachable: &Unreachable<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if unreachable.logged.failure == Failure::ConnectionLimit {
        let known = unreachable.clients.first().is_some_and(|client| client.growth().is_some());
        gaps.push(gap(
            "who holds the connections",
            if known {
                "concurrency tells how many a function can hold; no metric counts connections by client"
            } else {
                "no metric counts connections by client"
            },
            "read pg_stat_activity or SHOW PROCESSLIST, or switch on Performance Insights",
            false,
        ));
    }
    let located = unreachable.logged.failure.is_of_connections() || unreachable.logged.failure.is_answered();
    if unreachable.host.is_none() && !located {
        gaps.push(gap(
            "which host was called",
            "the error does not name it",
            "log the host and port with the error",
            true,
        ));
    }
    if unreachable.host.is_some() && matches!(unreachable.origin, Origin::Unseen) && !located {
        gaps.push(gap(
            "where the host comes from",
            "no line that was read and no variable that is shown holds it",
            "search the code and its dependencies for the host name",
            true,
        ));
    }
    if unreachable.logged.failure.is_answered() && unreachable.rotated.is_none() {
        gaps.push(gap(
            "what changed on the other side",
            "its logs, certificates and credentials are not among the evidence",
            "ask its operator, or read its own logs of the time of the first failure",
            false,
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
    if unreachable.logged.failure == Failure::ConnectionLimit {
        rivals.extend(of_full_database(unreachable));
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

/// A database that refuses for want of connections was reached, knew the client, and need not be busy.
fn of_full_database(unreachable: &Unreachable<'_>) -> Vec<RuledOut> {
    let mut rivals = vec![RuledOut {
        hypothesis: "The network or the credentials".to_owned(),
        reason:
            "The database itself answered, with its own error: it is reached, and it refuses for want of connections."
                .to_owned(),
        citations: cite_error(&unreachable.logged).into_iter().collect(),
    }];
    let processor = unreachable.database.and_then(|database| {
        let load = database.fact.load.iter().filter(|series| series.metric.name == "CPUUtilization");
        let highest =
            load.max_by(|a, b| a.window.max.total_cmp(&b.window.max)).filter(|series| series.window.points > 0)?;
        (highest.window.max < 80.0).then(|| RuledOut {
            hypothesis: "The database's processor (CPU)".to_owned(),
            reason: format!("CPUUtilization was at most {:.0} % in the window.", highest.window.max),
            citations: cite_series(database.evidence, "CPUUtilization", &highest.statistic).into_iter().collect(),
        })
    });
    rivals.extend(processor);
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
