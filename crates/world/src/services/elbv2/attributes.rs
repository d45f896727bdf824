//! DescribeLoadBalancerAttributes and DescribeTargetGroupAttributes: the documented defaults, under what the file states.

use serde::Deserialize;
use serde_json::{Value, json};

use super::balancers::LoadBalancers;
use super::request::ByArn;
use super::target_groups::TargetGroups;
use crate::services::resource::{Resource, is, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// What load balancers and target groups have other than the defaults, by ARN.
pub(super) struct Attributes(ByArn);

impl Parsed for Attributes {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        ByArn::read(scenario, "world/elbv2/attributes.json").map(Self)
    }
}

/// Key and default value, as `LoadBalancerAttribute` and `TargetGroupAttribute` of the API reference have them.
type Standard = (&'static str, &'static str);

const EVERY_LOAD_BALANCER: [Standard; 5] = [
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];
const APPLICATION: [Standard; 17] = [
    ("client_keep_alive.seconds", "3600"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.prefix", ""),
    ("health_check_logs.s3.bucket", ""),
    ("health_check_logs.s3.enabled", "false"),
    ("health_check_logs.s3.prefix", ""),
    ("idle_timeout.timeout_seconds", "60"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
];
const NETWORK: [Standard; 1] = [("load_balancing.cross_zone.enabled", "false")];

const EVERY_TARGET_GROUP: [Standard; 7] = [
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("stickiness.enabled", "false"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
];
const HTTP_TARGET_GROUP: [Standard; 4] = [
    ("load_balancing.algorithm.type", "round_robin"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("stickiness.type", "lb_cookie"),
];

#[derive(Deserialize)]
struct OneResource {
    #[serde(rename = "LoadBalancerArn", alias = "TargetGroupArn")]
    arn: String,
}

pub(super) fn describe_load_balancer_attributes(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneResource { arn } = read_input(input)?;
    let balancers = world.parsed::<LoadBalancers>()?;
    let own: &[Standard] = match text(balancers.find(&arn)?, "Type") {
        Some("network") => &NETWORK,
        Some("gateway") => &[],
        _ => &APPLICATION,
    };
    answer(world, &arn, &[&EVERY_LOAD_BALANCER, own])
}

pub(super) fn describe_target_group_attributes(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneResource { arn } = read_input(input)?;
    let groups = world.parsed::<TargetGroups>()?;
    let own: &[Standard] = match text(groups.find(&arn)?, "Protocol") {
        Some("HTTP" | "HTTPS") => &HTTP_TARGET_GROUP,
        _ => &[],
    };
    answer(world, &arn, &[&EVERY_TARGET_GROUP, own])
}

fn answer(world: &World, arn: &str, defaults: &[&[Standard]]) -> Result<Value, ApiError> {
    let attributes = world.parsed::<Attributes>()?;
    let stated = attributes.0.of(arn);
    let is_stated = |key: &str| stated.iter().any(|attribute| is(attribute, "Key", key));
    let defaults = defaults.iter().copied().flatten().filter(|(key, _)| !is_stated(key));
    let attribute = |(key, value): &Standard| {
        Resource::from_iter([("Key".to_owned(), json!(key)), ("Value".to_owned(), json!(value))])
    };
    let attributes: Vec<Resource> = stated.iter().cloned().chain(defaults.map(attribute)).collect();
    Ok(json!({"Attributes": attributes}))
}
