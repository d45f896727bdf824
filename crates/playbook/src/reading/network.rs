//! What closed a way through the network: changes of the trail, read for what they took away and whether a connection went that way.
//!
//! | change | counts where | support |
//! |---|---|---|
//! | outbound rules of a group of the subject's revoked or modified | they led to the destination, and no rule that was added since does | by how surely they led there |
//! | inbound rules of the database's group revoked or modified | they let the subject in | the same |
//! | inbound rules of any other group revoked | they name a group of the subject's, and the destination is not outside | likely |
//! | security groups of a database exchanged | it is the destination | shown |
//! | subnets or security groups of the subject named anew | no code of it was changed beside | likely |
//! | inbound rules of a group of the subject's revoked or modified | its load balancer gets no answer from its tasks | shown |
//! | routes, network ACLs, gateways, endpoints, peerings | the destination lies behind them, and the subject is in a VPC | likely |
//!
//! Each lies between a clean baseline and the first failure. Connections that are open live on, so that the first failure may come later: within
//! [`SOON`] as strongly, within [`LATER`] less so. A group that is in use cannot be deleted, so that DeleteSecurityGroup closes nothing.

use jiff::{SignedDuration, Timestamp};
use marple_case::facts::{Change, ChangeSource};

use super::{Case, Seen};
use crate::hypothesis::Support;

pub(crate) mod destination;
pub(crate) mod rule;

use destination::{Destination, Realm};
use rule::{Peer, Rule, is_everywhere, parameter, word};

/// How long after a change its first effect is as good as at once: clients' pools keep connections for about so long.
const SOON: SignedDuration = SignedDuration::from_hours(1);
/// How long after a change an effect of it may still be the first.
const LATER: SignedDuration = SignedDuration::from_hours(6);

/// What sort of thing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// Rules of a security group.
    Rules {
        /// Its id.
        group: String,
        /// Whether outbound ones.
        egress: bool,
        /// What was taken away; empty: the trail does not tell.
        taken: Vec<Rule>,
    },
    /// The security groups of the database that is called.
    DatabaseGroups {
        /// Its identifier.
        database: String,
    },
    /// The subnets or security groups of the subject itself.
    Placement,
    /// A network ACL, by its id.
    Acl(Option<String>),
    /// A route, or the route table of a subnet; the table's id.
    Route(Option<String>),
    /// A NAT or internet gateway.
    Gateway(Option<String>),
    /// An endpoint of the VPC.
    Endpoint,
    /// A way to another network.
    Peering,
}

/// A change that closed the way.
#[derive(Debug, Clone)]
pub(crate) struct Closing<'a> {
    /// The change.
    pub(crate) change: Seen<'a, Change>,
    /// What it changed.
    pub(crate) way: Way,
    /// How surely it closed the way.
    pub(crate) support: Support,
}

/// The change that closed the way to a destination before `onset`: the surest, of these the last. `diverts`: only one that can send connections to
/// where they are refused, since a closed way is silent.
pub(crate) fn closing<'a>(
    case: &Case<'a>,
    to: &Destination<'a>,
    onset: Timestamp,
    diverts: bool,
) -> Option<Closing<'a>> {
    case.baseline_count().filter(|count| *count > 0)?;
    let found = requests(case).filter(|change| change.at > case.scope.baseline.start && change.at <= onset);
    let judged = found.filter_map(|change| {
        let (way, support) = judged(case, to, &change)?;
        let support = support.min(by_time(onset.duration_since(change.at), &way)?);
        let fits = !diverts || matches!(way, Way::Route(_) | Way::Placement | Way::Endpoint);
        let open = matches!(&way, Way::Rules { group, egress, .. } if is_still_open(case, to, group, *egress, onset));
        (fits && !open && support > Support::Possible).then_some(Closing { change, way, support })
    });
    judged.max_by_key(|closing| (closing.support, closing.change.at))
}

/// The change after a closing that put the same rules back.
pub(crate) fn restored<'a>(case: &Case<'a>, closing: &Closing<'a>) -> Option<Seen<'a, Change>> {
    let Way::Rules { group, egress, taken } = &closing.way else { return None };
    let back = |change: &Change| {
        let rules = Rule::of(&change.detail);
        change.at > closing.change.at && !taken.is_empty() && taken.iter().all(|rule| rules.contains(rule))
    };
    added(case, group, *egress).find(|change| back(change.fact))
}

/// Rules that were added to a group, in one direction.
pub(crate) fn added<'a>(case: &Case<'a>, group: &str, egress: bool) -> impl Iterator<Item = Seen<'a, Change>> {
    let action = if egress { "AuthorizeSecurityGroupEgress" } else { "AuthorizeSecurityGroupIngress" };
    requests(case).filter(move |change| change.action == action && group_of(change.fact).as_deref() == Some(group))
}

/// Changes of rules of security groups, with the group.
pub(crate) fn rule_changes<'a>(case: &Case<'a>) -> impl Iterator<Item = (Seen<'a, Change>, String)> {
    let is_of_rules = |change: &Change| {
        let verb = ["Revoke", "Authorize", "Modify"].iter().any(|verb| change.action.starts_with(verb));
        verb && change.action.contains("SecurityGroup")
    };
    requests(case)
        .filter(move |change| is_of_rules(change.fact))
        .filter_map(|change| Some((change, group_of(change.fact)?)))
}

/// The security groups of the function or of the service's tasks.
pub(crate) fn own_groups<'a>(case: &Case<'a>) -> &'a [String] {
    let service = || case.workload.service.map(|service| service.fact.security_group_ids.as_slice());
    case.function.map(|function| function.fact.security_group_ids.as_slice()).or_else(service).unwrap_or_default()
}

/// The subnets of the function or of the service's tasks; empty: it is in no VPC of the account's.
pub(crate) fn own_subnets<'a>(case: &Case<'a>) -> &'a [String] {
    let service = || case.workload.service.map(|service| service.fact.subnet_ids.as_slice());
    case.function.map(|function| function.fact.subnet_ids.as_slice()).or_else(service).unwrap_or_default()
}

/// The requests that CloudTrail tells and that AWS did not refuse.
fn requests<'a>(case: &Case<'a>) -> impl Iterator<Item = Seen<'a, Change>> {
    let all: Vec<Seen<'a, Change>> = case.all_changes().collect();
    all.into_iter()
        .filter(|change| change.source == ChangeSource::CloudTrail && !change.detail.starts_with("refused with"))
}

/// The group that a change names.
fn group_of(change: &Change) -> Option<String> {
    let named = word(&change.detail, "groupId").or_else(|| word(&change.detail, "GroupId"));
    named.or_else(|| change.resource.as_ref().map(|resource| resource.name.clone()))
}

/// How strongly the time between a change and the first failure speaks. What is of the whole account and not of the subject has to be near.
fn by_time(after: SignedDuration, way: &Way) -> Option<Support> {
    let of_subject = matches!(way, Way::Rules { .. } | Way::DatabaseGroups { .. } | Way::Placement);
    match after {
        after if after <= SOON => Some(Support::Shown),
        after if after <= LATER && of_subject => Some(Support::Likely),
        _ => None,
    }
}

fn judged(case: &Case<'_>, to: &Destination<'_>, change: &Change) -> Option<(Way, Support)> {
    let in_vpc = !own_subnets(case).is_empty();
    match change.action.as_str() {
        "RevokeSecurityGroupEgress" if in_vpc => of_rules(case, to, change, true),
        "RevokeSecurityGroupIngress" => of_rules(case, to, change, false),
        "ModifySecurityGroupRules" => modified(case, to, change),
        "ModifyDBInstance" | "ModifyDBCluster" => {
            let database = to.database?;
            let named = change.resource.as_ref().map(|resource| resource.name.as_str())?;
            let is_it = named == database.id || database.members.iter().any(|member| member == named);
            parameter(&change.detail, "vpcSecurityGroupIds").filter(|_| is_it)?;
            Some((Way::DatabaseGroups { database: database.id.clone() }, Support::Shown))
        }
        action if action.starts_with("UpdateFunctionConfiguration") || action == "UpdateService" => {
            let own = change.resource.as_ref().is_some_and(|resource| Some(&resource.name) == case.subject.as_ref());
            let named =
                ["vpcConfig", "networkConfiguration"].iter().find_map(|name| parameter(&change.detail, name))?;
            let moved = own && named.as_object().is_some_and(|members| !members.is_empty());
            // Templates send all settings at each update: beside new code the same ones prove nothing.
            let alone = case.linked_code_change(case.scope.window.end, false).is_none();
            (moved && alone).then_some((Way::Placement, Support::Likely))
        }
        action if in_vpc => Some((of_account(to, action, &change.detail)?, Support::Likely)),
        _ => None,
    }
}

/// Revoked rules.
fn of_rules(case: &Case<'_>, to: &Destination<'_>, change: &Change, egress: bool) -> Option<(Way, Support)> {
    let group = group_of(change)?;
    let own = own_groups(case).contains(&group);
    let rules = Rule::of(&change.detail);
    let led = rules.iter().filter_map(|rule| leads(case, to, &group, egress, rule)).max();
    // By its id alone no rule tells where it led.
    let is_between = (own == (egress != to.inbound)) && is_of_subject(case, to, &group);
    let support = if rules.is_empty() { is_between.then_some(Support::Likely) } else { led };
    Some((Way::Rules { group, egress, taken: rules }, support?))
}

/// How surely a rule of a group led to the destination, or let those in who call the subject.
fn leads(case: &Case<'_>, to: &Destination<'_>, group: &String, egress: bool, rule: &Rule) -> Option<Support> {
    let own = own_groups(case).contains(group);
    match (to.inbound, egress) {
        (false, true) => to.is_led_to_by(rule).filter(|_| own),
        (false, false) => lets_in(case, to, group, rule),
        // Of which groups the load balancer is, is not known: a rule for any group may be its.
        (true, false) => (own && rule.has_port(to.port)).then(|| match &rule.peer {
            Peer::Range(range) if !is_everywhere(range) => Support::Likely,
            _ => Support::Shown,
        }),
        (true, true) => {
            let names_own = matches!(&rule.peer, Peer::Group(peer) if own_groups(case).contains(peer));
            (!own && names_own && rule.has_port(to.port)).then_some(Support::Likely)
        }
    }
}

/// Whether a group is one of the subject's or of the database's.
fn is_of_subject(case: &Case<'_>, to: &Destination<'_>, group: &String) -> bool {
    own_groups(case).contains(group) || to.database.is_some_and(|database| database.security_group_ids.contains(group))
}

/// How surely an inbound rule of a group let the subject in.
fn lets_in(case: &Case<'_>, to: &Destination<'_>, group: &String, rule: &Rule) -> Option<Support> {
    let known = to.database.is_some_and(|database| database.security_group_ids.contains(group));
    let names_own = matches!(&rule.peer, Peer::Group(peer) if own_groups(case).contains(peer));
    if !rule.has_port(to.port) || (to.database.is_some() && !known) {
        return None;
    }
    match &rule.peer {
        Peer::Group(_) if names_own && known => Some(Support::Shown),
        Peer::Group(_) if names_own => matches!(to.realm, Realm::Inside | Realm::Aws).then_some(Support::Likely),
        Peer::Range(range) if known && is_everywhere(range) => Some(Support::Shown),
        // The subject's own addresses are not known.
        Peer::Range(_) if known => Some(Support::Likely),
        _ => None,
    }
}

/// A rule that was given other values: what it was before is not told, what it is now is.
fn modified(case: &Case<'_>, to: &Destination<'_>, change: &Change) -> Option<(Way, Support)> {
    let group = group_of(change)?;
    let egress = own_groups(case).contains(&group) && !to.inbound;
    let now = Rule::of(&change.detail);
    let led = now.iter().filter_map(|rule| leads(case, to, &group, egress, rule)).max();
    let counts = is_of_subject(case, to, &group) && led.is_none_or(|led| led == Support::Possible);
    counts.then_some((Way::Rules { group, egress, taken: Vec::new() }, Support::Likely))
}

/// Whether a rule that was added before `onset`, and not revoked again by then, leads where a revoked one did.
fn is_still_open(case: &Case<'_>, to: &Destination<'_>, group: &String, egress: bool, onset: Timestamp) -> bool {
    let is_open = |rule: &Rule| leads(case, to, group, egress, rule).is_some_and(|led| led > Support::Possible);
    let action = if egress { "RevokeSecurityGroupEgress" } else { "RevokeSecurityGroupIngress" };
    let revoked_after = |rule: &Rule, at: Timestamp| {
        let mut later =
            requests(case).filter(|change| change.action == action && change.at >= at && change.at <= onset);
        later.any(|change| group_of(change.fact).as_ref() == Some(group) && Rule::of(&change.detail).contains(rule))
    };
    let mut before = added(case, group, egress).filter(|change| change.at <= onset);
    before.any(|change| Rule::of(&change.detail).iter().any(|rule| is_open(rule) && !revoked_after(rule, change.at)))
}

/// Changes of what a whole VPC shares.
fn of_account(to: &Destination<'_>, action: &str, detail: &str) -> Option<Way> {
    let beyond = to.realm != Realm::Inside;
    // A database that the account lists is reached within the VPC, which no route ever leaves.
    let local = to.database.is_some();
    let range = word(detail, "destinationCidrBlock").or_else(|| word(detail, "destinationIpv6CidrBlock"));
    let routed = range.as_deref().map_or(beyond, |range| to.is_in(range).is_some_and(|led| led > Support::Possible));
    let table = word(detail, "routeTableId");
    let acl = word(detail, "networkAclId");
    // A load balancer stands in the same VPC: only a network ACL is between.
    if to.inbound && !action.contains("NetworkAcl") {
        return None;
    }
    let denied = word(detail, "ruleAction").is_none_or(|rule| rule == "deny");
    match action {
        "DeleteRoute" | "ReplaceRoute" => (routed && !local).then_some(Way::Route(table)),
        "ReplaceRouteTableAssociation" | "DisassociateRouteTable" => (!local).then_some(Way::Route(table)),
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" => {
            denied_entry(to, detail).filter(|_| denied).map(|()| Way::Acl(acl))
        }
        "DeleteNetworkAclEntry" | "ReplaceNetworkAclAssociation" => Some(Way::Acl(acl)),
        "DeleteNatGateway" => {
            let gateway = word(detail, "NatGatewayId").or_else(|| word(detail, "natGatewayId"));
            beyond.then_some(Way::Gateway(gateway))
        }
        "DetachInternetGateway" => beyond.then_some(Way::Gateway(word(detail, "internetGatewayId"))),
        "DeleteVpcEndpoints" | "ModifyVpcEndpoint" => {
            matches!(to.realm, Realm::Aws | Realm::Unknown).then_some(Way::Endpoint)
        }
        "DeleteVpcPeeringConnection"
        | "DeleteTransitGatewayRoute"
        | "DeleteTransitGatewayVpcAttachment"
        | "DeleteVpnConnection" => matches!(to.realm, Realm::Inside | Realm::Unknown).then_some(Way::Peering),
        _ => None,
    }
}

/// Whether an entry of a network ACL concerns the destination: its addresses and its port. An inbound one concerns what comes back, to any high port.
fn denied_entry(to: &Destination<'_>, detail: &str) -> Option<()> {
    let range = word(detail, "cidrBlock").or_else(|| word(detail, "ipv6CidrBlock"))?;
    let led = to.is_in(&range).filter(|led| *led > Support::Possible);
    let protocol = word(detail, "aclProtocol").or_else(|| word(detail, "protocol")).unwrap_or_else(|| "-1".to_owned());
    let ports = parameter(detail, "portRange");
    let bound = |name: &str| ports.as_ref().and_then(|ports| ports.get(name)).and_then(serde_json::Value::as_i64);
    let ports = bound("from").zip(bound("to"));
    let outbound = word(detail, "egress").is_some_and(|egress| egress == "true");
    let fits = match (ports, outbound) {
        (Some((from, until)), true) => to.port.is_none_or(|port| (from..=until).contains(&i64::from(port))),
        (Some((_, until)), false) => until > 32_767,
        (None, _) => true,
    };
    (led.is_some() && fits && matches!(protocol.as_str(), "-1" | "6" | "tcp")).then_some(())
}
