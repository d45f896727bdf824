//! Elastic Load Balancing (application and network load balancers): load balancers, target groups and their health,
//! listeners, rules, attributes and tags.

mod attributes;
mod balancers;
mod health;
mod listeners;
mod request;
mod tags;
mod target_groups;

use super::{QueryApi, Service};
use crate::wire::Members;

/// Elastic Load Balancing, version 2.
pub(super) const SERVICE: Service = Service {
    name: "elasticloadbalancing",
    signing_name: "elasticloadbalancing",
    query: Some(QueryApi {
        version: "2015-12-01",
        namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    }),
    members: Members {
        timestamps: &["CreatedTime"],
        integers: &["PageSize", "Port"],
        maps: &["AuthenticationRequestExtraParams"],
        ..Members::NONE
    },
    operations: &[
        ("DescribeListeners", listeners::describe_listeners),
        ("DescribeLoadBalancerAttributes", attributes::describe_load_balancer_attributes),
        ("DescribeLoadBalancers", balancers::describe_load_balancers),
        ("DescribeRules", listeners::describe_rules),
        ("DescribeTags", tags::describe_tags),
        ("DescribeTargetGroupAttributes", attributes::describe_target_group_attributes),
        ("DescribeTargetGroups", target_groups::describe_target_groups),
        ("DescribeTargetHealth", health::describe_target_health),
    ],
    check: |world| {
        world.parsed::<balancers::LoadBalancers>()?;
        world.parsed::<target_groups::TargetGroups>()?;
        world.parsed::<health::TargetHealth>()?.check(world)?;
        world.parsed::<listeners::Listeners>()?;
        world.parsed::<listeners::Rules>()?.check(world)?;
        world.parsed::<attributes::Attributes>()?;
        world.parsed::<tags::Tags>().map(drop)
    },
    ..Service::BLANK
};
