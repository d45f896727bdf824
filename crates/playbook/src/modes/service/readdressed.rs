//! Something that is called cannot be reached since a revision changed its address: the variable that holds it has another value, and the
//! program's words name the new one.
//!
//! Discriminating questions: does the failure name the host or port that came with the revision? did the baseline, with the old one, run
//! without the failure? That the other side is down does not explain why the failure begins with the deployment.

use marple_case::{Category, Citation, Verdict, root_cause::RuledOut};

use super::{Introduced, ServiceFault, cite_exit, cite_task, crash::setting::Setting, introduced};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_error, cite_frame, claim, gap, place},
    reading::{Case, failure::host_of, logged::Logged},
};

/// An address that a revision changed, as it was found.
#[derive(Debug)]
pub(crate) struct Readdressed<'a> {
    /// The deployment of that revision.
    pub(crate) introduced: Introduced<'a>,
    /// The variable.
    pub(crate) setting: Setting<'a>,
    /// The old and the new value, where they are shown.
    pub(crate) values: (&'a str, &'a str),
    /// The failure.
    pub(crate) logged: Logged<'a>,
}

/// Examines the case for an address that a revision changed.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let unreached = |logged: &&Logged<'_>| logged.failure.is_dependency() && !logged.in_baseline;
    let logged = case.failures.iter().find(unreached)?.clone();
    let introduced = introduced(case, logged.first)?;
    let words = format!("{} {}", logged.headline(), logged.sample);
    let (line, name, values) = introduced.differences().iter().find_map(|line| {
        let (name, old, new) = changed(line)?;
        is_named(&words, old, new).then_some((line.as_str(), name, (old, new)))
    })?;
    let setting =
        Setting { name: name.to_owned(), wrong: super::crash::setting::Wrong::Unusable, difference: Some(line) };
    let readdressed = Readdressed { introduced, setting, values, logged };
    Some(Hypothesis {
        support: Support::Shown,
        fresh: true,
        explains: readdressed.logged.count,
        looks_for: format!("The revision changed {name}, and the failure names the new value."),
        wants: Vec::new(),
        cause: cause(case, &readdressed),
        diagnosis: Diagnosis::Service(ServiceFault::Readdressed(Box::new(readdressed))),
    })
}

/// The variable, the old and the new value of a line `environment NAME: old -> new`.
fn changed(line: &str) -> Option<(&str, &str, &str)> {
    let at =
        line.find("environment ").filter(|at| *at == 0 || line.get(..*at).is_some_and(|head| head.ends_with(": ")))?;
    let (name, values) = line.get(at + "environment ".len()..)?.split_once(": ")?;
    let (old, new) = values.split_once(" -> ")?;
    Some((name, old, new))
}

/// Whether a failure's words name what is new in an address: its host, or its port.
fn is_named(words: &str, old: &str, new: &str) -> bool {
    let whole = |needle: &str| {
        let joins = |next: Option<char>| next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '-');
        words.match_indices(needle).any(|(at, _)| {
            let before = words.get(..at).and_then(|head| head.chars().next_back());
            let after = words.get(at + needle.len()..).and_then(|tail| tail.chars().next());
            let begins_inside = joins(before) && needle.starts_with(|first: char| first.is_ascii_alphanumeric());
            !(begins_inside || joins(after))
        })
    };
    let (was, host) = (host_of(old), host_of(new));
    let telling = host.len() >= 4 && host != was && (host.contains('.') || new.contains(':'));
    let ports = (port_of(old), port_of(new));
    let by_port = matches!(ports, (before, Some(port)) if before != Some(port) && whole(&format!(":{port}")));
    (telling && whole(host)) || by_port
}

/// The port of an address; a value that is a number is a port by itself.
fn port_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let port = authority.rsplit_once(':').map_or(authority, |(_, port)| port);
    (!port.is_empty() && port.len() <= 5 && port.chars().all(|digit| digit.is_ascii_digit())).then_some(port)
}

fn cause(case: &Case<'_>, found: &Readdressed<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::Misconfiguration);
    let (name, revision, variable) = (case.name(), &found.introduced.revision, &found.setting.name);
    let (old, new) = found.values;
    cause.title =
        format!("{name} does not reach what {variable} names since {revision} changed it from {old} to {new}");
    let definition = found.introduced.definition.map(|definition| definition.resource());
    cause.components = case.component().into_iter().chain(definition).collect();
    cause.location = place(case, &found.logged).map(|place| place.location);
    cause.onset = Some(found.logged.first);
    cause.trigger = Some(format!("Since {revision} runs, every call to {new}"));
    cause.summary = format!(
        "{name} fails with {}. {} The address that the failure names came with {variable} in that revision; with the earlier value {old} the baseline ran without this failure.",
        found.logged.headline(),
        found.introduced.statement(name)
    );
    cause.chain = chain(case, found);
    cause.ruled_out = rivals(case, found);
    cause.gaps.push(gap(
        format!("whether anything is meant to listen at {new}"),
        "no tool opens connections",
        "ask the owner of what is called for its address",
        false,
    ));
    cause
}

fn difference(found: &Readdressed<'_>) -> Option<Citation> {
    found.introduced.cite_difference(found.setting.difference?)
}

fn chain(case: &Case<'_>, found: &Readdressed<'_>) -> Vec<marple_case::root_cause::Link> {
    let mut chain = Chain::default();
    let (logged, introduced) = (&found.logged, &found.introduced);
    let (old, new) = found.values;
    let at = introduced.at.filter(|at| *at <= logged.first);
    chain.link(introduced.statement(case.name()), at, introduced.citations());
    let changed = format!("{} sets {} to {new} in place of {old} as before.", introduced.revision, found.setting.name);
    chain.link(changed, None, [difference(found)]);
    let frame = logged.own_frame().and_then(|frame| cite_frame(logged, frame));
    let times = if logged.count == 1 { "once".to_owned() } else { format!("{} times", logged.count) };
    let said = format!("The program logged {}, {times} in the window.", logged.headline());
    chain.link(said, Some(logged.first), [cite_error(logged), frame]);
    let ended =
        case.workload.container_states().find(|(_, one)| one.exit_code.is_some_and(|code| code != 0 && code != 143));
    if let Some((task, container)) = ended {
        let code = container.exit_code.unwrap_or_default();
        let cited = [cite_exit(&task, container), cite_task(&task)];
        chain.link(format!("Tasks ended with exit code {code}."), task.stopped, cited);
    }
    if let Some(event) = introduced.end(case) {
        chain.link("ECS gave the deployment up and went back.", Some(event.at), [super::cite_event(&event)]);
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// That what is called is down by itself.
fn rivals(case: &Case<'_>, found: &Readdressed<'_>) -> Vec<RuledOut> {
    let baseline = case.baseline_count().is_some_and(|count| count > 0);
    let summary =
        case.summaries.iter().find_map(|one| cite::any(one.evidence, &[&["baseline:", "lines"], &["window:"]]));
    let citations: Vec<Citation> = [difference(found), summary].into_iter().flatten().collect();
    let rival = RuledOut {
        hypothesis: "What is called is down by itself".to_owned(),
        reason: format!(
            "The failure names the address that {} brought, and the baseline, which had another, does not hold it.",
            found.introduced.revision
        ),
        citations,
    };
    (baseline && !rival.citations.is_empty()).then_some(rival).into_iter().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    #[test]
    fn a_failure_names_an_address_by_what_is_new_in_it() {
        assert!(is_named("connect ECONNREFUSED 10.0.3.7:6380", "redis://cache:6379/0", "redis://cache:6380/0"));
        assert!(!is_named("connect ECONNREFUSED 10.0.3.7:6379", "redis://cache:6379/0", "redis://cache:6380/0"));
        assert!(is_named("lookup db-new.internal: no such host", "db.internal:5432", "db-new.internal:5432"));
        assert!(!is_named("lookup db-new.internal: no such host", "a.internal", "new.internal"));
        assert!(is_named("dial tcp 10.0.0.1:9999: connect: connection refused", "5432", "9999"));
        assert!(!is_named("level set to debug", "info", "debug"));
        assert_eq!(changed("web: environment DB: a -> b"), Some(("DB", "a", "b")));
        assert_eq!(changed("environment: - DB"), None);
    }
}
