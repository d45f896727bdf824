//! The account of a closed way: who closed it, when, what it took away, and what shows that nothing else did.

use marple_case::{
    Citation,
    facts::Change,
    root_cause::{Gap, Link, RuledOut},
};

use super::Closed;
use crate::{
    cite,
    hypothesis::{Chain, cite_frame, cite_setting, gap},
    reading::{
        Case, Seen,
        failure::Failure,
        network::{self, Way, destination::Realm, own_groups, rule::Rule},
    },
};

/// Rules in words, three at most.
pub(crate) fn listed(rules: &[Rule], egress: bool) -> String {
    let mut words: Vec<String> = rules.iter().map(|rule| rule.words(egress)).collect();
    words.dedup();
    let more = words.len().saturating_sub(3);
    words.truncate(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", words.join(", "))
}

/// What was closed, as the object of a sentence.
fn taken(case: &Case<'_>, closed: &Closed<'_>) -> String {
    let of = |id: &Option<String>| id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    match &closed.closing.way {
        Way::Rules { group, egress, taken } => {
            let direction = if *egress { "outbound" } else { "inbound" };
            match taken.is_empty() {
                true => format!("changed {direction} rules of {group}"),
                false => format!("took the {direction} rule ({}) from {group}", listed(taken, *egress)),
            }
        }
        Way::DatabaseGroups { database } => format!("gave the database {database} other security groups"),
        Way::Placement => format!("gave {} other subnets or security groups", case.name()),
        Way::Acl(acl) => format!("changed the network ACL{}", of(acl)),
        Way::Route(table) => format!("changed the routes{}", of(table)),
        Way::Gateway(gateway) => format!("took the gateway{} away", of(gateway)),
        Way::Endpoint => "changed the VPC's endpoint".to_owned(),
        Way::Peering => "took the way to another network away".to_owned(),
    }
}

/// Who calls, as the subject of a sentence.
fn caller(case: &Case<'_>, closed: &Closed<'_>) -> String {
    match closed.to.inbound {
        true => format!("the load balancer of {}", case.name()),
        false => case.name().to_owned(),
    }
}

/// The change in one line, with who did it.
fn done(case: &Case<'_>, closed: &Closed<'_>) -> String {
    let change = &closed.closing.change;
    let by = change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    format!("{}{by} {}", change.action, taken(case, closed))
}

fn cite_change(change: &Seen<'_, Change>, named: &str) -> Option<Citation> {
    let stamp = change.at.to_string();
    cite::any(change.evidence, &[&[&stamp, &change.action, named], &[&stamp, &change.action], &[&change.action]])
}

/// Quotes where the evidence says that a group is the subject's, or the database's.
fn cite_group(case: &Case<'_>, closed: &Closed<'_>) -> Option<Citation> {
    let Way::Rules { group, .. } = &closed.closing.way else { return None };
    let whole: [&[&str]; 2] = [&["security groups", group], &[group]];
    let own = own_groups(case).contains(group);
    let service = || case.workload.service.and_then(|service| cite::any(service.evidence, &whole));
    let database = || closed.to.database.and_then(|database| cite::any(database.evidence, &whole));
    match own {
        true => case.function.and_then(|function| cite::any(function.evidence, &whole)).or_else(service),
        false => database(),
    }
}

pub(super) fn title(case: &Case<'_>, closed: &Closed<'_>) -> String {
    let (name, to) = (caller(case, closed), closed.to.in_words());
    format!("{name} no longer reaches {to}: {} {}", closed.closing.change.action, taken(case, closed))
}

pub(super) fn trigger(closed: &Closed<'_>) -> String {
    let change = &closed.closing.change;
    format!("{} at {}; connections that were open then lived on, each new one fails", change.action, change.at)
}

pub(super) fn chain(case: &Case<'_>, closed: &Closed<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    let change = closed.closing.change;
    if let Way::Rules { group, egress: true, .. } = &closed.closing.way {
        let added: Vec<_> = network::added(case, group, true).filter(|added| added.at <= change.at).collect();
        let rules: Vec<Rule> = added.iter().flat_map(|added| Rule::of(&added.detail)).collect();
        if let Some(first) = added.first().filter(|_| !rules.is_empty()) {
            let statement = format!(
                "{} added narrower outbound rules to {group} before ({}): none of them leads to {}.",
                first.actor.as_deref().unwrap_or("Somebody"),
                listed(&rules, true),
                closed.to.in_words()
            );
            chain.link(statement, Some(first.at), added.iter().map(|added| cite_change(added, group)));
        }
    }
    let named = match &closed.closing.way {
        Way::Rules { group, .. } => group.as_str(),
        _ => "",
    };
    let whose = match (&closed.closing.way, closed.to.database) {
        (Way::Rules { group, .. }, _) if own_groups(case).contains(group) => {
            format!(", the security group of {}", case.name())
        }
        (Way::Rules { .. }, Some(database)) => format!(", a security group of {}", database.id),
        _ => String::new(),
    };
    chain.link(
        format!("{}{whose}.", done(case, closed)),
        Some(change.at),
        [cite_change(&change, named), cite_group(case, closed)],
    );
    let place = closed.symptom.logged.as_ref().and_then(|logged| Some((logged, logged.own_frame()?)));
    let after = closed.symptom.first.duration_since(change.at);
    let waited = match after.as_secs() {
        seconds if seconds >= 120 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    chain.link(
        format!("{waited} later {}", effect(closed)),
        Some(closed.symptom.first),
        [closed.symptom.cited.clone(), place.and_then(|(logged, frame)| cite_frame(logged, frame))],
    );
    if let Some(back) = closed.restored {
        let by = back.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        chain.link(format!("{}{by} put the same back.", back.action), Some(back.at), [cite_change(&back, named)]);
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// What was seen first, as the end of a sentence, and why it is silent.
fn effect(closed: &Closed<'_>) -> String {
    const SILENT: &str = "packets without a rule or a route are dropped in silence";
    let (to, headline) = (closed.to.in_words(), &closed.symptom.headline);
    match closed.symptom.logged.as_ref().map(|logged| &logged.failure) {
        Some(Failure::TimedOut) => {
            format!("the first invocation waited until its timeout: {headline}. It calls {to}; {SILENT}.")
        }
        Some(Failure::Refused { .. }) => {
            format!("the first connection to {to} was refused: {headline}. It was led to where nobody takes it.")
        }
        Some(_) => format!(
            "the first connection to {to} got no answer: {headline}. Connections that were open before live on; {SILENT}."
        ),
        None if closed.to.inbound => format!("its load balancer got no answer any more: {headline}; {SILENT}."),
        None => {
            format!("the first task could not reach {to} at its start: {headline}. Tasks that run live on; {SILENT}.")
        }
    }
}

pub(super) fn summary(case: &Case<'_>, closed: &Closed<'_>) -> String {
    let change = &closed.closing.change;
    let mut text = format!(
        "{} at {}. Since {}, {} no longer reaches {} ({} time(s)): {}.",
        done(case, closed),
        change.at,
        closed.symptom.first,
        caller(case, closed),
        closed.to.in_words(),
        closed.symptom.count,
        closed.symptom.headline
    );
    text += match &closed.closing.way {
        Way::Rules { taken, .. } if !taken.is_empty() => {
            " What was taken away is what led there, the baseline before it ran clean, and nothing that was added since leads there."
        }
        Way::Rules { .. } | Way::DatabaseGroups { .. } | Way::Placement => {
            " The baseline before it ran clean. What the rules were before is not told by the trail."
        }
        _ => {
            " It is the only change that was seen between a clean baseline and the first failure which can close that way; which subnets it concerns is not told by the trail."
        }
    };
    if let Some(back) = closed.restored {
        text += &format!(" It was put back at {}.", back.at);
    }
    text
}

pub(super) fn gaps(closed: &Closed<'_>) -> Vec<Gap> {
    let shared = !matches!(&closed.closing.way, Way::Rules { .. } | Way::DatabaseGroups { .. } | Way::Placement);
    let (missing, why) = match &closed.closing.way {
        Way::Rules { .. } => ("the rules that the group holds now", "security groups are not among what was read"),
        _ => ("which routes and rules hold in the program's subnets now", "they are not among what was read"),
    };
    vec![gap(
        missing,
        why,
        "read them with the commands of the plan's checks; VPC flow logs show REJECT where a rule drops a packet",
        shared,
    )]
}

/// Rivals that a closed way refutes: the other side, the common way out, and who was deployed nearby.
pub(super) fn rivals(case: &Case<'_>, closed: &Closed<'_>) -> Vec<RuledOut> {
    let mut rivals: Vec<RuledOut> =
        [other_side(case, closed), way_out(closed), deployment(case, closed)].into_iter().flatten().collect();
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}

/// An outage of the provider, or of the database.
fn other_side(case: &Case<'_>, closed: &Closed<'_>) -> Option<RuledOut> {
    let Way::Rules { group, egress, taken } = &closed.closing.way else { return None };
    if taken.is_empty() || closed.to.inbound {
        return None;
    }
    let change = closed.closing.change;
    let own = own_groups(case).contains(group);
    let from = if *egress && own { "no new connection leaves" } else { "no new connection is let in" };
    let available = closed.to.database.filter(|database| database.status == "available");
    let state = available.map(|database| format!(" {} is available.", database.id)).unwrap_or_default();
    let cited =
        available.and_then(|database| cite::any(database.evidence, &[&[&database.id, "available"], &["available"]]));
    Some(RuledOut {
        hypothesis: match closed.to.database {
            Some(database) => format!("An outage of the database {}", database.id),
            None => format!("An outage of {}, the provider", closed.to.host.as_deref().unwrap_or("what is called")),
        },
        reason: format!(
            "Since {} {from} by {group} to that host and port, whatever the other side does: the failures begin with that.{state}",
            change.at
        ),
        citations: [cite_change(&change, group), closed.symptom.cited.clone(), cited].into_iter().flatten().collect(),
    })
}

/// The NAT gateway, the routes, the network ACLs: a neighbour uses the same.
fn way_out(closed: &Closed<'_>) -> Option<RuledOut> {
    let beyond = matches!(closed.to.realm, Realm::Outside | Realm::Aws | Realm::Unknown);
    let neighbour = closed.neighbours.iter().find(|one| beyond && one.reaches_outside())?;
    let name = &neighbour.function.name;
    Some(RuledOut {
        hypothesis: "The way out of the subnets: NAT gateway, routes, network ACLs".to_owned(),
        reason: format!(
            "{name} runs in the same subnets under other security groups, calls a host outside ({}), and ran {:.0} times since the change without an error, as fast as usual.",
            neighbour.calls.map(|variable| variable.name.as_str()).unwrap_or_default(),
            neighbour.since
        ),
        citations: neighbour.citations(),
    })
}

/// A deployment of something else shortly before.
fn deployment(case: &Case<'_>, closed: &Closed<'_>) -> Option<RuledOut> {
    let is_release = |change: &Change| {
        ["UpdateFunctionCode", "UpdateService", "PublishVersion", "DEPLOYMENT"]
            .iter()
            .any(|action| change.action.starts_with(action))
    };
    let window = case.scope.window;
    let before = case.all_changes().filter(|change| {
        let other = change.resource.as_ref().is_some_and(|resource| Some(&resource.name) != case.subject.as_ref());
        other && is_release(change.fact) && change.at >= window.start && change.at <= closed.symptom.first
    });
    let change = before.max_by_key(|change| change.at)?;
    let other = change.resource.as_ref().map(|resource| resource.name.clone())?;
    let well = closed.neighbours.iter().find(|one| one.function.name == other && one.is_well());
    let fares = well
        .map(|one| {
            format!(" It ran {:.0} times since without an error: it does not need what was taken away.", one.since)
        })
        .unwrap_or_default();
    let stamp = change.at.to_string();
    let cited = [
        cite::any(change.evidence, &[&[&stamp, &change.action, &other], &[&stamp, &other]]),
        cite_setting(case, &[&["last modified:"]]),
    ];
    let cited = cited.into_iter().flatten().chain(well.into_iter().flat_map(|one| one.citations()));
    Some(RuledOut {
        hypothesis: format!("The deployment of {other}"),
        reason: format!(
            "{} at {} replaced the code of {other}, not of {}, and no rule of the network.{fares}",
            change.action,
            change.at,
            case.name()
        ),
        citations: cited.collect(),
    })
}
