//! A change of the network that did not close the way: of security groups that the subject does not have.

use jiff::Timestamp;
use marple_case::root_cause::RuledOut;

use crate::{
    cite,
    reading::{
        Case,
        network::{self, own_groups},
    },
};

/// The last change of rules of a group before `onset`, where it is a group of neither the subject nor a database.
pub(crate) fn innocent(case: &Case<'_>, onset: Timestamp) -> Option<RuledOut> {
    let own = own_groups(case);
    let of_databases = || case.databases.iter().flat_map(|database| &database.fact.security_group_ids);
    let foreign = |group: &String| !own.contains(group) && !of_databases().any(|known| known == group);
    let before = network::rule_changes(case).filter(|(change, group)| {
        change.at >= case.scope.window.start
            && change.at <= onset
            && foreign(group)
            && !own.iter().any(|own| change.detail.contains(own.as_str()))
    });
    let (change, group) = before.max_by_key(|(change, _)| change.at).filter(|_| !own.is_empty())?;
    let stamp = change.at.to_string();
    let whole: [&[&str]; 1] = [&["security groups:"]];
    let settings = case.function.map(|function| function.evidence);
    let settings = settings.or_else(|| case.workload.service.map(|service| service.evidence));
    let cited = [
        cite::any(change.evidence, &[&[&stamp, &change.action, &group], &[&stamp, &change.action]]),
        settings.and_then(|evidence| cite::any(evidence, &whole)),
    ];
    let citations: Vec<_> = cited.into_iter().flatten().collect();
    (!citations.is_empty()).then(|| RuledOut {
        hypothesis: format!("A change of the network: {} of {group}", change.action),
        reason: format!(
            "It changed rules of {group} at {}; {} runs under {}, and no rule of those was seen to change in a way that closes this one.",
            change.at,
            case.name(),
            own.join(", ")
        ),
        citations,
    })
}
