//! Rules of security groups and parameters of EC2's requests, as the trail's details tell them.
//!
//! A detail is `name=value, name=value, …`, where a value that is no scalar is JSON. Three forms of rules are read: `ipPermissions` of a
//! request, `revokedSecurityGroupRuleSet` of an answer, and `SecurityGroupRule` of ModifySecurityGroupRules. A value that was cut is no JSON and tells no rule.

use std::net::IpAddr;

use serde_json::{Value, json};

/// Whom a rule names on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A range of addresses, `10.0.0.0/8`.
    Range(String),
    /// Another security group, by its id.
    Group(String),
    /// A prefix list, by its id.
    PrefixList(String),
}

/// One rule with one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// `tcp`, `udp`, `-1` for all, or a number.
    pub(crate) protocol: String,
    /// First and last port; `None`: all.
    pub(crate) ports: Option<(i64, i64)>,
    /// Whom it names.
    pub(crate) peer: Peer,
}

impl Rule {
    /// The rules that a change names; empty where the detail does not tell them whole.
    pub(crate) fn of(detail: &str) -> Vec<Self> {
        let names = ["ipPermissions", "revokedSecurityGroupRuleSet", "SecurityGroupRule"];
        names.iter().filter_map(|name| parameter(detail, name)).flat_map(|value| of_value(&value)).collect()
    }

    /// `all traffic to 0.0.0.0/0`, `tcp 443 from sg-…`.
    pub(crate) fn words(&self, egress: bool) -> String {
        let what = match (self.is_of_all(), self.ports) {
            (true, _) => "all traffic".to_owned(),
            (false, None) => self.protocol.clone(),
            (false, Some((from, to))) if from == to => format!("{} {from}", self.protocol),
            (false, Some((from, to))) => format!("{} {from}-{to}", self.protocol),
        };
        let (Peer::Range(peer) | Peer::Group(peer) | Peer::PrefixList(peer)) = &self.peer;
        format!("{what} {} {peer}", if egress { "to" } else { "from" })
    }

    /// The rule as the AWS CLI takes it in `--ip-permissions`.
    pub(crate) fn permission(&self) -> Value {
        let (member, peer) = match &self.peer {
            Peer::Range(range) if range.contains(':') => ("Ipv6Ranges", json!({"CidrIpv6": range})),
            Peer::Range(range) => ("IpRanges", json!({"CidrIp": range})),
            Peer::Group(group) => ("UserIdGroupPairs", json!({"GroupId": group})),
            Peer::PrefixList(list) => ("PrefixListIds", json!({"PrefixListId": list})),
        };
        let mut permission = json!({"IpProtocol": self.protocol, member: [peer]});
        if let (Some((from, to)), Some(members)) = (self.ports, permission.as_object_mut()) {
            members.insert("FromPort".to_owned(), json!(from));
            members.insert("ToPort".to_owned(), json!(to));
        }
        permission
    }

    /// Whether a connection over TCP to this port is in it; any port where that is not known.
    pub(crate) fn has_port(&self, port: Option<u16>) -> bool {
        let is_tcp = self.is_of_all() || matches!(self.protocol.as_str(), "tcp" | "6");
        let within = |port: u16| self.ports.is_none_or(|(from, to)| (from..=to).contains(&i64::from(port)));
        is_tcp && (self.is_of_all() || port.is_none_or(within))
    }

    fn is_of_all(&self) -> bool {
        matches!(self.protocol.as_str(), "-1" | "all")
    }
}

/// A parameter of a detail: JSON where it is JSON, else its words up to the next parameter.
pub(crate) fn parameter(detail: &str, name: &str) -> Option<Value> {
    let assigned = format!("{name}=");
    let begins =
        |at: usize| at == 0 || detail.get(..at).is_some_and(|head| head.ends_with(", ") || head.ends_with("; "));
    let at = detail.match_indices(&assigned).map(|(at, _)| at).find(|at| begins(*at))?;
    let rest = detail.get(at + assigned.len()..)?;
    if rest.starts_with(['{', '[']) {
        return serde_json::Deserializer::from_str(rest).into_iter::<Value>().next()?.ok();
    }
    Some(Value::String(rest.split(", ").next().unwrap_or(rest).to_owned()))
}

/// A parameter that is a word.
pub(crate) fn word(detail: &str, name: &str) -> Option<String> {
    parameter(detail, name)?.as_str().filter(|word| !word.is_empty()).map(str::to_owned)
}

/// Whether a range of addresses holds an address; `None`: one of them is none.
pub(crate) fn holds(range: &str, address: IpAddr) -> Option<bool> {
    let (network, length) = range.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    match (network.parse().ok()?, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            Some(u32::from(network) & mask == u32::from(address) & mask)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if length <= 128 => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            Some(u128::from(network) & mask == u128::from(address) & mask)
        }
        _ => Some(false),
    }
}

/// Whether a range holds all addresses.
pub(crate) fn is_everywhere(range: &str) -> bool {
    matches!(range, "0.0.0.0/0" | "::/0")
}

/// A list, wrapped or not, or the one thing.
fn items(value: &Value) -> Vec<&Value> {
    match value.get("items").unwrap_or(value) {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) if members.is_empty() => Vec::new(),
        one => vec![one],
    }
}

/// A member, whether its name begins with a capital or not.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text(value: &Value, name: &str) -> Option<String> {
    match member(value, name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn of_value(value: &Value) -> Vec<Rule> {
    items(value).into_iter().flat_map(of_item).collect()
}

fn of_item(item: &Value) -> Vec<Rule> {
    // ModifySecurityGroupRules puts the rule beside its id.
    if let Some(inner) = member(item, "SecurityGroupRule") {
        return of_value(inner);
    }
    let Some(protocol) = text(item, "ipProtocol") else { return Vec::new() };
    let port = |name: &str| text(item, name).and_then(|port| port.parse::<i64>().ok());
    let ports = port("fromPort").zip(port("toPort")).filter(|(from, _)| *from >= 0);
    let listed = |list: &str, name: &str| -> Vec<String> {
        let named = member(item, list).map(items).unwrap_or_default();
        named.into_iter().filter_map(|one| text(one, name)).collect()
    };
    // A request lists peers by their sort, an answer names one.
    let ranges = [listed("ipRanges", "cidrIp"), listed("ipv6Ranges", "cidrIpv6")].concat();
    let range = text(item, "cidrIpv4").or_else(|| text(item, "cidrIpv6"));
    let groups = listed("groups", "groupId").into_iter().chain(text(item, "referencedGroupId"));
    let lists = listed("prefixListIds", "prefixListId").into_iter().chain(text(item, "prefixListId"));
    let peers = ranges.into_iter().chain(range).map(Peer::Range);
    let peers = peers.chain(groups.map(Peer::Group)).chain(lists.map(Peer::PrefixList));
    peers.map(|peer| Rule { protocol: protocol.clone(), ports, peer }).collect()
}
