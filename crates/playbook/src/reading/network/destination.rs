//! Where a connection was to lead: the host, its port, and on which side of the VPC's edge it stands.

use std::net::IpAddr;

use marple_case::facts::{Database, ShownValue};

use super::rule::{Peer, Rule, holds, is_everywhere};
use crate::{
    hypothesis::Support,
    reading::{Case, Seen, failure::host_of},
};

/// On which side of a VPC's edge a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Realm {
    /// The internet.
    Outside,
    /// An endpoint of an AWS service: outside, or an endpoint of the VPC.
    Aws,
    /// An address of the VPC's own or of a network joined to it.
    Inside,
    /// No host is known.
    Unknown,
}

/// Where a connection was to lead.
#[derive(Debug, Clone)]
pub(crate) struct Destination<'a> {
    /// The host, without port.
    pub(crate) host: Option<String>,
    /// The port, where an address or its scheme tells it.
    pub(crate) port: Option<u16>,
    /// On which side it stands.
    pub(crate) realm: Realm,
    /// The database whose endpoint it is.
    pub(crate) database: Option<Seen<'a, Database>>,
    /// Whether it is the subject itself, which its load balancer calls.
    pub(crate) inbound: bool,
}

impl<'a> Destination<'a> {
    /// Of a host; `address` is what the error named.
    pub(crate) fn of(case: &Case<'a>, host: Option<String>, address: Option<&str>) -> Self {
        let is_endpoint = |database: &Database| {
            let endpoints = [&database.endpoint, &database.reader_endpoint];
            endpoints.into_iter().flatten().any(|endpoint| Some(host_of(endpoint)) == host.as_deref())
        };
        let database = case.databases.iter().find(|database| is_endpoint(database.fact)).copied();
        let set = case.environment().into_iter().find_map(|variable| match (&variable.value, &host) {
            (ShownValue::Plain(value), Some(host)) if value.contains(host.as_str()) => Some(value.as_str()),
            _ => None,
        });
        let port = address.and_then(port_of).or_else(|| database?.port).or_else(|| set.and_then(port_of));
        let realm = host.as_deref().map_or(Realm::Unknown, realm);
        Self { port: port.or((realm == Realm::Aws).then_some(443)), host, realm, database, inbound: false }
    }

    /// An endpoint of an AWS service that no message names.
    pub(crate) fn aws() -> Self {
        Self { host: None, port: Some(443), realm: Realm::Aws, database: None, inbound: false }
    }

    /// The subject's own tasks, as its load balancer reaches them.
    pub(crate) fn tasks(port: Option<u16>) -> Self {
        Self { host: None, port, realm: Realm::Inside, database: None, inbound: true }
    }

    /// The host with its port, for sentences.
    pub(crate) fn in_words(&self) -> String {
        match (&self.host, self.port, self.realm) {
            (Some(host), Some(port), _) => format!("{host} (port {port})"),
            (Some(host), None, _) => host.clone(),
            (None, Some(port), _) if self.inbound => format!("its tasks (port {port})"),
            (None, None, _) if self.inbound => "its tasks".to_owned(),
            (None, _, Realm::Aws) => "the endpoints of AWS's services".to_owned(),
            (None, ..) => "what it calls".to_owned(),
        }
    }

    /// How surely an outbound rule leads there; `None`: it does not.
    pub(crate) fn is_led_to_by(&self, rule: &Rule) -> Option<Support> {
        if !rule.has_port(self.port) {
            return None;
        }
        match &rule.peer {
            Peer::Range(range) => self.is_in(range),
            Peer::Group(group) => match (self.database, self.realm) {
                (Some(database), _) => database.security_group_ids.contains(group).then_some(Support::Shown),
                (None, Realm::Outside) => None,
                (None, Realm::Unknown) => Some(Support::Possible),
                (None, Realm::Inside | Realm::Aws) => Some(Support::Likely),
            },
            Peer::PrefixList(_) => match self.realm {
                Realm::Aws => Some(Support::Shown),
                _ => Some(Support::Possible),
            },
        }
    }

    /// How surely a range of addresses holds it.
    pub(crate) fn is_in(&self, range: &str) -> Option<Support> {
        if is_everywhere(range) {
            return Some(Support::Shown);
        }
        if let Some(address) = self.host.as_deref().and_then(|host| host.parse::<IpAddr>().ok()) {
            return holds(range, address)?.then_some(Support::Shown);
        }
        let network = range.split('/').next().and_then(|network| network.parse::<IpAddr>().ok())?;
        match (self.realm, is_private(network)) {
            (Realm::Inside, true) | (Realm::Outside, false) => Some(Support::Likely),
            (Realm::Aws, _) | (Realm::Unknown, _) => Some(Support::Possible),
            (Realm::Inside, false) | (Realm::Outside, true) => None,
        }
    }
}

/// The port of an address: its own, or that of its scheme.
fn port_of(address: &str) -> Option<u16> {
    const SCHEMES: [(&str, u16); 10] = [
        ("https", 443),
        ("http", 80),
        ("postgres", 5432),
        ("mysql", 3306),
        ("rediss", 6379),
        ("redis", 6379),
        ("mongodb", 27017),
        ("amqps", 5671),
        ("amqp", 5672),
        ("sqlserver", 1433),
    ];
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let own = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    own.or_else(|| SCHEMES.iter().find(|(name, _)| scheme.ends_with(name)).map(|(_, port)| *port))
        .or_else(|| SCHEMES.iter().find(|(name, _)| !scheme.is_empty() && scheme.contains(name)).map(|(_, port)| *port))
}

/// On which side a host stands, by its name or address.
pub(crate) fn realm(host: &str) -> Realm {
    /// Services whose endpoints are addresses of the VPC.
    const PLACED: [&str; 7] = [
        ".rds.amazonaws.com",
        ".cache.amazonaws.com",
        ".redshift.amazonaws.com",
        ".docdb.amazonaws.com",
        ".neptune.amazonaws.com",
        ".es.amazonaws.com",
        ".kafka.",
    ];
    if let Ok(address) = host.parse::<IpAddr>() {
        return if is_private(address) { Realm::Inside } else { Realm::Outside };
    }
    let host = host.to_ascii_lowercase();
    let is_placed = PLACED.iter().any(|service| host.contains(service)) || host.starts_with("internal-");
    let is_local = !host.contains('.') || host.ends_with(".internal") || host.ends_with(".local");
    match host.contains(".amazonaws.com") || host.ends_with(".api.aws") {
        _ if is_placed || is_local => Realm::Inside,
        true => Realm::Aws,
        false => Realm::Outside,
    }
}

/// Whether an address is one of a private network, or of AWS's own between hosts.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private() || address.is_link_local() || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(address) => address.segments().first().is_some_and(|first| first & 0xfe00 == 0xfc00),
    }
}
