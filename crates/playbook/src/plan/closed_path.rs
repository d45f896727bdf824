//! The plan for a way that a change closed: what was taken away is put back, and then narrowed with whoever took it.
//!
//! Rules that the trail tells whole are put back by a command that holds them; of what it does not tell, the steps say where to read it. Commands that
//! delete (an entry of a network ACL) are left to a person.

use marple_case::{
    Action, ActionKind, MitigationPlan,
    mitigation::{Phases, Step},
};
use serde_json::Value;

use super::{
    empty,
    step::{action, alarm_quiet, by_hand, log_quiet, quoted, run},
};
use crate::{
    modes::closed_path::{Closed, listed},
    reading::{
        Case,
        network::{
            Way,
            destination::Realm,
            own_groups, own_subnets,
            rule::{Peer, Rule, word},
        },
    },
};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, closed: &Closed<'_>) -> MitigationPlan {
    let mut plan = empty();
    match &closed.restored {
        Some(back) => {
            plan.no_immediate_action = Some(format!(
                "{} at {} put back what was taken away: what is left is to see that connections are answered again.",
                back.action, back.at
            ));
        }
        None => plan.immediate.push(put_back(case, closed)),
    }
    plan.follow_up.push(narrow(case, closed));
    plan.prevention = vec![
        "Before a rule or a route is taken away, read in the VPC flow logs who uses it, over at least a week.".to_owned(),
        "Analyse the reachability of each dependency (VPC Reachability Analyzer) in the pipeline that changes the network.".to_owned(),
        "Give each program a security group of its own, so that a rule is narrowed for one of them at a time.".to_owned(),
        "Alarm on connections that are not answered, by dependency, apart from the answers with 5xx.".to_owned(),
    ];
    plan
}

/// `aws ec2 OPERATION …`, with the region.
fn ec2(case: &Case<'_>, rest: &str) -> String {
    format!("aws ec2 {rest} --region {}", quoted(&case.scope.region))
}

/// Whom to ask, before anything is undone.
fn who(closed: &Closed<'_>) -> Step {
    let change = &closed.closing.change;
    let by = change.actor.as_deref().unwrap_or("whoever made the change");
    by_hand(
        format!("Ask {by} what {} was for, and say that it is put back.", change.action),
        "nothing speaks against it: no incident of security was the reason",
    )
}

fn quiet(case: &Case<'_>, closed: &Closed<'_>) -> Vec<Step> {
    let phrase = closed.symptom.logged.as_ref().map(|logged| logged.message.to_owned());
    let mut steps = phrase.map(|phrase| log_quiet(case, &phrase)).unwrap_or_default();
    steps.extend(alarm_quiet(case));
    steps
}

fn put_back(case: &Case<'_>, closed: &Closed<'_>) -> Action {
    match &closed.closing.way {
        Way::Rules { group, egress, taken } if !taken.is_empty() => rules(case, closed, group, *egress, taken),
        Way::Rules { group, egress, .. } => match needed(case, closed, *egress) {
            Some(rule) => rules(case, closed, group, *egress, &[rule]),
            None => unknown_rules(case, closed, group, *egress),
        },
        Way::DatabaseGroups { database } => of_database(case, closed, database),
        Way::Placement => of_subject(case, closed),
        Way::Acl(_) | Way::Route(_) | Way::Gateway(_) | Way::Endpoint | Way::Peering => shared(case, closed),
    }
}

/// Puts rules back that the trail tells whole, or the one that is needed in place of what it does not tell.
fn rules(case: &Case<'_>, closed: &Closed<'_>, group: &str, egress: bool, rules: &[Rule]) -> Action {
    let is_known = matches!(&closed.closing.way, Way::Rules { taken, .. } if !taken.is_empty());
    let permissions = quoted(&Value::Array(rules.iter().map(Rule::permission).collect()).to_string());
    let (direction, noun, is_egress) =
        if egress { ("egress", "outbound", "IsEgress") } else { ("ingress", "inbound", "!IsEgress") };
    let named = quoted(group);
    let read = ec2(
        case,
        &format!(
            "describe-security-group-rules --filters Name=group-id,Values={named} --query 'SecurityGroupRules[?{is_egress}].[IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo.GroupId]' --output text"
        ),
    );
    let words = listed(rules, egress);
    let to = closed.to.in_words();
    let mut check =
        vec![run(format!("See that the {noun} rule is there."), read.clone(), format!("a line for {words}"))];
    check.extend(quiet(case, closed));
    let phases = Phases {
        prepare: vec![run(
            format!("Save the rules that {group} holds now."),
            ec2(case, &format!("describe-security-groups --group-ids {named}")),
            "the group with its rules; keep the output",
        )],
        pre_validate: vec![
            run(
                format!("See that no {noun} rule of the group leads to {to} now."),
                read,
                format!("no line for {words}; if there is one, someone has put it back: stop and look again"),
            ),
            who(closed),
        ],
        apply: vec![run(
            if is_known {
                format!("Put the {noun} rule back: {words}.")
            } else {
                format!("Add the {noun} rule that is needed: {words}.")
            },
            ec2(
                case,
                &format!("authorize-security-group-{direction} --group-id {named} --ip-permissions {permissions}"),
            ),
            "Return true, with the new rule's id",
        )],
        post_validate: check,
        rollback: vec![run(
            "Take the rule away again.",
            ec2(case, &format!("revoke-security-group-{direction} --group-id {named} --ip-permissions {permissions}")),
            "Return true",
        )],
    };
    let action_name = &closed.closing.change.action;
    let (title, width) = match is_known {
        true => (
            format!("Put the {noun} rule of {group} back ({words})"),
            format!("The rule is as wide as it was before {action_name}"),
        ),
        false => (
            format!("Let {} reach {to} again by an {noun} rule of {group} ({words})", case.name()),
            format!("What {action_name} changed is not told by the trail, so that the rule may be another than before"),
        ),
    };
    action(
        title,
        ActionKind::Configuration,
        true,
        phases,
        format!(
            "{width}: all that is in {group} may use it, until a narrower one for {to} takes its place. A stack or a state file that owns the group undoes the change at its next update."
        ),
    )
}

/// The one rule that is needed, where what was there before is not told: for the very port, and as narrow as the destination is known.
fn needed(case: &Case<'_>, closed: &Closed<'_>, egress: bool) -> Option<Rule> {
    let to = &closed.to;
    let port = i64::from(to.port?);
    let address = to.host.as_deref().and_then(|host| host.parse::<std::net::IpAddr>().ok());
    let peer = match (egress, to.database, address) {
        _ if to.inbound => return None,
        (false, ..) => Peer::Group(own_groups(case).first()?.clone()),
        (true, Some(database), _) => Peer::Group(database.security_group_ids.first()?.clone()),
        (true, None, Some(address)) => Peer::Range(format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })),
        (true, None, None) if matches!(to.realm, Realm::Outside | Realm::Aws) => Peer::Range("0.0.0.0/0".to_owned()),
        (true, None, None) => return None,
    };
    Some(Rule { protocol: "tcp".to_owned(), ports: Some((port, port)), peer })
}

/// Rules that the trail does not tell.
fn unknown_rules(case: &Case<'_>, closed: &Closed<'_>, group: &str, egress: bool) -> Action {
    let noun = if egress { "outbound" } else { "inbound" };
    let named = quoted(group);
    let to = closed.to.in_words();
    let read = ec2(case, &format!("describe-security-group-rules --filters Name=group-id,Values={named}"));
    let mut check = vec![run("See that the rule is there.", read.clone(), format!("a rule that leads to {to}"))];
    check.extend(quiet(case, closed));
    let phases = Phases {
        prepare: vec![run(
            format!("Save the rules that {group} holds now."),
            read.clone(),
            "all its rules; keep the output",
        )],
        pre_validate: vec![
            who(closed),
            by_hand(
                format!(
                    "Read the rule of before {} in the template that owns {group}, or in AWS Config's history of it.",
                    closed.closing.change.at
                ),
                format!("a rule that led to {to}"),
            ),
        ],
        apply: vec![by_hand(format!("Give {group} that rule again, for {to} at least."), "the rule is there")],
        post_validate: check,
        rollback: vec![by_hand("Set the rules that were saved again.", "the rules that were saved")],
    };
    action(
        format!("Put the {noun} rule of {group} back that led to {to}"),
        ActionKind::Configuration,
        true,
        phases,
        "What the rule was is not told by the trail: a wider one than before must not come of it.",
    )
}

/// The database's earlier groups.
fn of_database(case: &Case<'_>, closed: &Closed<'_>, database: &str) -> Action {
    let region = quoted(&case.scope.region);
    let is_cluster = closed.closing.change.action == "ModifyDBCluster";
    let read = match is_cluster {
        true => format!(
            "aws rds describe-db-clusters --db-cluster-identifier {} --query 'DBClusters[0].VpcSecurityGroups' --region {region}",
            quoted(database)
        ),
        false => format!(
            "aws rds describe-db-instances --db-instance-identifier {} --query 'DBInstances[0].VpcSecurityGroups' --region {region}",
            quoted(database)
        ),
    };
    let option = if is_cluster {
        "modify-db-cluster --db-cluster-identifier"
    } else {
        "modify-db-instance --db-instance-identifier"
    };
    let phases = Phases {
        prepare: vec![run(format!("Note the groups that {database} has now."), read.clone(), "their ids; keep them")],
        pre_validate: vec![
            who(closed),
            by_hand(
                "Read the earlier groups in the template that owns the database, or in AWS Config's history of it.",
                format!("groups with an inbound rule for {}", case.name()),
            ),
        ],
        apply: vec![by_hand(
            format!(
                "Set the earlier groups: aws rds {option} {database} with --vpc-security-group-ids and the ids that were read."
            ),
            "the status of the groups goes to active",
        )],
        post_validate: std::iter::once(run(
            "See that the groups are in force.",
            read,
            "the earlier ids, Status active",
        ))
        .chain(quiet(case, closed))
        .collect(),
        rollback: vec![by_hand("Set the groups that were noted again.", "the groups of now")],
    };
    action(
        format!("Give {database} its earlier security groups again"),
        ActionKind::Rollback,
        false,
        phases,
        "All clients of the database are let in as before; whoever was let in by the new groups is not.",
    )
}

/// The subject's earlier subnets and groups.
fn of_subject(case: &Case<'_>, closed: &Closed<'_>) -> Action {
    let change = &closed.closing.change;
    let phases = Phases {
        prepare: vec![by_hand(
            format!("Note the subnets and security groups that {} has now.", case.name()),
            own_subnets(case).join(", "),
        )],
        pre_validate: vec![
            who(closed),
            by_hand(
                format!(
                    "Read those of before {} in the template that owns the {}, or in AWS Config's history of it.",
                    change.at,
                    case.noun()
                ),
                format!("subnets whose routes, and groups whose rules, lead to {}", closed.to.in_words()),
            ),
        ],
        apply: vec![by_hand(format!("Set the earlier subnets and groups of {}.", case.name()), "the update succeeds")],
        post_validate: quiet(case, closed),
        rollback: vec![by_hand("Set those that were noted again.", "the subnets and groups of now")],
    };
    action(
        format!("Put {} back into its earlier subnets and security groups", case.name()),
        ActionKind::Rollback,
        false,
        phases,
        "What the change was meant to reach is out of reach again.",
    )
}

/// What a whole VPC shares.
fn shared(case: &Case<'_>, closed: &Closed<'_>) -> Action {
    let change = &closed.closing.change;
    let detail = change.detail.as_str();
    let subnets = own_subnets(case).iter().map(|subnet| quoted(subnet)).collect::<Vec<_>>().join(",");
    let in_subnets = format!("Name=association.subnet-id,Values={subnets}");
    let read = |rest: String| ec2(case, &rest);
    let (title, look, expected, undo) = match &closed.closing.way {
        Way::Acl(acl) => (
            format!("Undo the change of the network ACL{}", acl.as_ref().map(|acl| format!(" {acl}")).unwrap_or_default()),
            read(format!("describe-network-acls --filters {in_subnets}")),
            "an entry that denies what is called, before one that allows it",
            match word(detail, "ruleNumber") {
                Some(number) => format!("Take out, or set again as it was, the entry {number} of the network ACL."),
                None => "Give the subnets the network ACL that they had.".to_owned(),
            },
        ),
        Way::Route(table) => {
            let to = word(detail, "destinationCidrBlock").unwrap_or_else(|| "that destination".to_owned());
            (
                format!("Put the route to {to} back{}", table.as_ref().map(|table| format!(" into {table}")).unwrap_or_default()),
                read(format!("describe-route-tables --filters {in_subnets}")),
                "no route that leads there, or one whose state is blackhole",
                format!("Set the route to {to} again, to the gateway that it led to before (in the template, or in AWS Config's history of the table)."),
            )
        }
        Way::Gateway(gateway) => (
            format!("Give the subnets a way out again{}", gateway.as_ref().map(|gateway| format!(" in place of {gateway}")).unwrap_or_default()),
            read(format!("describe-route-tables --filters {in_subnets} --query 'RouteTables[].Routes'")),
            "a route to a gateway that is gone: its state is blackhole",
            "Make a gateway of the same sort in the same public subnet, and lead the routes that are black holes to it.".to_owned(),
        ),
        Way::Endpoint => (
            "Put the VPC's endpoint back".to_owned(),
            read("describe-vpc-endpoints".to_owned()),
            "no endpoint of the service that is called, or not in these subnets",
            "Make the endpoint again as the template has it: its service, subnets, route tables, security groups and private DNS.".to_owned(),
        ),
        _ => (
            "Put the way to the other network back".to_owned(),
            read(format!("describe-route-tables --filters {in_subnets}")),
            "no route to the other network, or one whose state is blackhole",
            "Connect the networks again as the template has it, and lead the routes to the new connection.".to_owned(),
        ),
    };
    let mut check = vec![run("See that the way is there again.", look.clone(), "as before the change")];
    check.extend(quiet(case, closed));
    let phases = Phases {
        prepare: vec![run(
            "Save what holds in the program's subnets now.",
            look.clone(),
            "the present state; keep the output",
        )],
        pre_validate: vec![run("See that the way is closed.", look, expected), who(closed)],
        apply: vec![by_hand(undo, "the earlier state")],
        post_validate: check,
        rollback: vec![by_hand("Set what was saved again.", "the state of now")],
    };
    action(
        title,
        ActionKind::Configuration,
        false,
        phases,
        "Everything in these subnets is concerned. Make sure first that the change is of these subnets: the trail does not say which programs use what it changed.",
    )
}

/// The narrow rule that the wide one stood for, in the template.
fn narrow(case: &Case<'_>, closed: &Closed<'_>) -> Action {
    let to = closed.to.in_words();
    let phases = Phases {
        pre_validate: vec![by_hand(
            match closed.to.inbound {
                true => format!("List all that call {}: load balancers, other programs.", case.name()),
                false => format!("List all that {} calls: third parties, AWS's services, databases.", case.name()),
            },
            "hosts and ports",
        )],
        apply: vec![by_hand(
            format!(
                "Write what is needed into the template that owns the network, {to} among it, and deploy it; then take the wide rule away."
            ),
            "the template and the account agree",
        )],
        post_validate: quiet(case, closed),
        rollback: vec![by_hand("Deploy the earlier template.", "the earlier rules")],
        ..Phases::default()
    };
    action(
        format!("Carry the intention of {} out without closing the way to {to}", closed.closing.change.action),
        ActionKind::Configuration,
        false,
        phases,
        "A dependency that was forgotten fails: change one program at a time, and watch its connections.",
    )
}
