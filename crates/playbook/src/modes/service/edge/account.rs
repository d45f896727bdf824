//! What is said of errors of the load balancer itself: the summary, the chain, and what is not to blame.

use marple_case::{
    Citation,
    facts::Change,
    root_cause::{Link, RuledOut},
};

use super::{
    Began, Edge,
    attributes::{Set, cite_value},
};
use crate::{
    cite,
    hypothesis::{Chain, cite_series},
    reading::{Case, Seen},
};

pub(super) fn summary(case: &Case<'_>, edge: &Edge<'_>) -> String {
    let mut text = format!(
        "{} itself answered {:.0} request(s) with a 5xx since {} ({}); its targets are healthy and returned {:.0}. What fails lies between the load balancer and its targets.",
        edge.balancer.name, edge.errors.window.sum, edge.onset, edge.errors.metric.name, edge.returned.window.sum
    );
    text += &match &edge.began {
        Began::Balancer(change, _) => {
            format!(" It began after {} at {}; the baseline before that ran without.", change.action, change.at)
        }
        Began::Stack(change, _) => format!(
            " It began after an update of the load balancer by its stack at {}; the baseline before that ran without.",
            change.at
        ),
        Began::Program(introduced, line) => format!(" It began with {} ({line}).", introduced.revision),
    };
    if edge.target_closes_first() {
        text += &format!(" {}", race(case, edge));
    }
    text
}

/// Who closes first, in a sentence.
fn race(case: &Case<'_>, edge: &Edge<'_>) -> String {
    let kept = edge.keep_alive.as_ref().map(|kept| format!("{} s ({})", kept.seconds, kept.shown)).unwrap_or_default();
    format!(
        "{} closes a connection that is idle for {kept}, and the load balancer keeps it for {} s (idle timeout): the target closes first, and a request that is sent at that moment ends in a 502 of the load balancer, which the program never sees.",
        case.name(),
        edge.idle_s().unwrap_or_default()
    )
}

pub(super) fn chain(case: &Case<'_>, edge: &Edge<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    match &edge.began {
        Began::Balancer(change, set) => {
            let by = change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
            let what = set.iter().map(Set::in_words).collect::<Vec<_>>().join(", ");
            let what = if what.is_empty() { String::new() } else { format!(": {what}") };
            let of = change.resource.as_ref().map_or(edge.balancer.name.as_str(), |resource| &resource.name);
            let values = set.iter().map(|one| cite_value(*change, &one.key));
            let before = set.iter().filter_map(|one| Some(one.before.as_ref()?.citation.clone()));
            chain.link(
                format!(
                    "{}{by} changed {of}{what}. The baseline before it had no error of the load balancer's own.",
                    change.action
                ),
                Some(change.at),
                std::iter::once(cite_change(change)).chain(values).chain(before),
            );
        }
        Began::Stack(change, _) => {
            let statement = format!(
                "The stack's update ({}) changed the load balancer {}. The baseline before it had no error of the load balancer's own.",
                change.action, edge.balancer.name
            );
            chain.link(statement, Some(change.at), [cite_change(change)]);
        }
        Began::Program(introduced, line) => {
            let [shown, _] = introduced.citations();
            let statement = format!("{} It changed {line}.", introduced.statement(case.name()));
            chain.link(statement, introduced.at, [shown, introduced.cite_difference(line)]);
        }
    }
    if edge.target_closes_first() {
        let kept = edge.keep_alive.as_ref().and_then(|kept| kept.citation.clone());
        let idle = cite::any(edge.balancer.evidence, &[&["idle timeout:"]]);
        chain.link(race(case, edge), None, [kept, idle]);
    }
    let statement = format!(
        "The load balancer itself answered {:.0} request(s) with a 5xx ({}), its targets {:.0} (HTTPCode_Target_5XX_Count).",
        edge.errors.window.sum, edge.errors.metric.name, edge.returned.window.sum
    );
    let began = match &edge.began {
        Began::Balancer(change, _) | Began::Stack(change, _) => edge.onset.max(change.at),
        Began::Program(introduced, _) => introduced.at.map_or(edge.onset, |at| edge.onset.max(at)),
    };
    chain.link(
        statement,
        Some(began),
        std::iter::once(&edge.errors)
            .chain(&edge.sorts)
            .chain([&edge.returned])
            .map(|series| cite_series(series.evidence, &series.metric.name, "Sum")),
    );
    chain.alarm(case);
    chain.finish()
}

fn cite_change(change: &Seen<'_, Change>) -> Option<Citation> {
    let stamp = change.at.to_string();
    let of = change.resource.as_ref().map_or("", |resource| resource.name.as_str());
    cite::any(
        change.evidence,
        &[&[&stamp, change.source.word(), &change.action, of], &[&stamp, &change.action], &[&change.action]],
    )
}

/// What lies nearer to the alarm or to the eye, and is not it.
pub(super) fn rivals(case: &Case<'_>, edge: &Edge<'_>) -> Vec<RuledOut> {
    let mut rivals = vec![RuledOut {
        hypothesis: format!("The program of {}", case.name()),
        reason: format!(
            "Its targets returned {:.0} answers with a 5xx in the window, and its log holds no new failure: the requests that failed did not reach it.",
            edge.returned.window.sum
        ),
        citations: cite_series(edge.returned.evidence, "HTTPCode_Target_5XX_Count", "Sum").into_iter().collect(),
    }];
    let later = case.workload.deployments().find(|one| one.created.is_some_and(|at| at > edge.onset));
    rivals.extend(
        later.map(|deployment| RuledOut {
            hypothesis: format!("The deployment of {}", deployment.task_definition),
            reason: format!(
                "It began at {}, after the first of these errors at {}.",
                deployment.created.map(|at| at.to_string()).unwrap_or_default(),
                edge.onset
            ),
            citations: cite::any(deployment.evidence, &[&["deployment:", &deployment.id], &[&deployment.id]])
                .into_iter()
                .collect(),
        }),
    );
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
