//! ELBv2: the SDK's load balancers and target groups made facts, and the calls that several tools make.
//!
//! `route` writes listeners and rules, one a line.

use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer as SdkBalancer, TargetGroup as SdkGroup, TargetHealthDescription,
};
use marple_case::facts::{LoadBalancer, Target, TargetGroup};

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    time,
};

pub(crate) mod route;

/// Load balancers or target groups that are listed at most.
const LIMIT: usize = 500;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// By name.
    Name(String),
    /// By ARN.
    Arn(String),
}

impl Wanted {
    /// From a name, an ARN, or what CloudWatch has as dimension: `app/NAME/ID`, `targetgroup/NAME/ID`.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.starts_with("arn:") {
            return Self::Arn(text.to_owned());
        }
        let mut parts = text.trim_start_matches("loadbalancer/").split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        Self::Name(second.unwrap_or(first).to_owned())
    }
}

/// The value of CloudWatch's dimension LoadBalancer (`app/NAME/ID`) or TargetGroup (`targetgroup/NAME/ID`) for an ARN.
pub(crate) fn dimension(arn: &str) -> &str {
    let relative = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    relative.strip_prefix("loadbalancer/").unwrap_or(relative)
}

fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn number(value: Option<i32>) -> Option<u32> {
    value.and_then(|value| u32::try_from(value).ok())
}

fn port(value: Option<i32>) -> Option<u16> {
    value.and_then(|value| u16::try_from(value).ok())
}

/// A load balancer without what is asked for apart: attributes, routes, target groups, load.
pub(crate) fn balancer(balancer: &SdkBalancer) -> LoadBalancer {
    LoadBalancer {
        name: balancer.load_balancer_name().unwrap_or_default().to_owned(),
        arn: balancer.load_balancer_arn().unwrap_or_default().to_owned(),
        dns_name: balancer.dns_name().unwrap_or_default().to_owned(),
        kind: balancer.r#type().map_or("unknown", |kind| kind.as_str()).to_owned(),
        scheme: balancer.scheme().map(|scheme| scheme.as_str().to_owned()),
        state: balancer.state().and_then(|state| state.code()).map(|code| code.as_str().to_owned()),
        created: balancer.created_time().and_then(time::timestamp),
        access_logs: None,
        idle_timeout_s: None,
        routes: Vec::new(),
        target_groups: Vec::new(),
        load: Vec::new(),
    }
}

/// A target group without its targets and load.
pub(crate) fn group(group: &SdkGroup) -> TargetGroup {
    let matcher = group.matcher();
    TargetGroup {
        name: group.target_group_name().unwrap_or_default().to_owned(),
        arn: group.target_group_arn().unwrap_or_default().to_owned(),
        protocol: group.protocol().map(|protocol| protocol.as_str().to_owned()),
        port: port(group.port()),
        health_path: owned(group.health_check_path()),
        health_codes: matcher.and_then(|matcher| owned(matcher.http_code()).or_else(|| owned(matcher.grpc_code()))),
        health_interval_s: number(group.health_check_interval_seconds()),
        health_timeout_s: number(group.health_check_timeout_seconds()),
        unhealthy_threshold: number(group.unhealthy_threshold_count()),
        targets: Vec::new(),
        load: Vec::new(),
    }
}

fn target(description: &TargetHealthDescription) -> Target {
    let health = description.target_health();
    let target = description.target();
    Target {
        id: target.and_then(|target| target.id()).unwrap_or_default().to_owned(),
        port: port(target.and_then(|target| target.port())),
        state: health.and_then(|health| health.state()).map_or("unknown", |state| state.as_str()).to_owned(),
        reason: health.and_then(|health| health.reason()).map(|reason| reason.as_str().to_owned()),
        description: health.and_then(|health| owned(health.description())),
    }
}

/// Load balancers: one by name or ARN, or all; and whether these are all.
pub(crate) async fn balancers(wanted: Option<&Wanted>, clients: &Clients) -> Result<(Vec<SdkBalancer>, bool), Fault> {
    let mut balancers = Vec::new();
    let mut marker = None;
    loop {
        let asked = clients.load_balancers().describe_load_balancers().set_marker(marker);
        let asked = match wanted {
            Some(Wanted::Name(name)) => asked.names(name),
            Some(Wanted::Arn(arn)) => asked.load_balancer_arns(arn),
            None => asked,
        };
        let page = asked.send().await.asked("elasticloadbalancing:DescribeLoadBalancers")?;
        balancers.extend(page.load_balancers.unwrap_or_default());
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || balancers.len() >= LIMIT {
            return Ok((balancers, marker.is_none()));
        }
    }
}

/// The target groups of a load balancer.
pub(crate) async fn groups_of(balancer: &str, clients: &Clients) -> Result<Vec<SdkGroup>, Fault> {
    let mut groups = Vec::new();
    let mut marker = None;
    loop {
        let asked = clients.load_balancers().describe_target_groups().load_balancer_arn(balancer).set_marker(marker);
        let page = asked.send().await.asked("elasticloadbalancing:DescribeTargetGroups")?;
        groups.extend(page.target_groups.unwrap_or_default());
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || groups.len() >= LIMIT {
            return Ok(groups);
        }
    }
}

/// A target group by name or ARN. `None`: there is none.
pub(crate) async fn group_named(wanted: &Wanted, clients: &Clients) -> Result<Option<SdkGroup>, Fault> {
    let asked = clients.load_balancers().describe_target_groups();
    let asked = match wanted {
        Wanted::Name(name) => asked.names(name),
        Wanted::Arn(arn) => asked.target_group_arns(arn),
    };
    match asked.send().await.asked("elasticloadbalancing:DescribeTargetGroups") {
        Ok(answer) => Ok(answer.target_groups.and_then(|groups| groups.into_iter().next())),
        Err(fault) if fault.is_not_found() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The targets of a group with their health.
pub(crate) async fn targets(group: &str, clients: &Clients) -> Result<Vec<Target>, Fault> {
    let asked = clients.load_balancers().describe_target_health().target_group_arn(group);
    let answer = asked.send().await.asked("elasticloadbalancing:DescribeTargetHealth")?;
    Ok(answer.target_health_descriptions().iter().map(target).collect())
}

/// A load balancer's attributes, key and value.
pub(crate) async fn attributes(balancer: &str, clients: &Clients) -> Result<Vec<(String, String)>, Fault> {
    let asked = clients.load_balancers().describe_load_balancer_attributes().load_balancer_arn(balancer);
    let answer = asked.send().await.asked("elasticloadbalancing:DescribeLoadBalancerAttributes")?;
    let pair = |one: &aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute| {
        (one.key().unwrap_or_default().to_owned(), one.value().unwrap_or_default().to_owned())
    };
    Ok(answer.attributes().iter().map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::{Wanted, dimension};

    #[test]
    fn names_arns_and_dimensions_are_told_apart() {
        let named = |name: &str| Wanted::Name(name.to_owned());
        assert_eq!(Wanted::parse("shop-alb"), named("shop-alb"));
        assert_eq!(Wanted::parse("app/shop-alb/f5ca"), named("shop-alb"));
        assert_eq!(Wanted::parse("targetgroup/shop-tg/0468"), named("shop-tg"));
        let arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop-alb/f5ca";
        assert_eq!(Wanted::parse(arn), Wanted::Arn(arn.to_owned()));
        assert_eq!(dimension(arn), "app/shop-alb/f5ca");
        assert_eq!(
            dimension("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/shop-tg/0468"),
            "targetgroup/shop-tg/0468"
        );
    }
}
