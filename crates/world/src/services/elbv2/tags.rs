//! DescribeTags.

use serde::Deserialize;
use serde_json::{Value, json};

use super::balancers::LoadBalancers;
use super::listeners::Listeners;
use super::request::{ByArn, invalid};
use super::target_groups::TargetGroups;
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// What DescribeTags takes at most.
const MOST_RESOURCES: usize = 20;

/// Tags by the ARN of a load balancer, target group, listener or rule.
pub(super) struct Tags(ByArn);

impl Parsed for Tags {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        ByArn::read(scenario, "world/elbv2/tags.json").map(Self)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeTags {
    resource_arns: Vec<String>,
}

pub(super) fn describe_tags(world: &World, input: &Value) -> Result<Value, ApiError> {
    let DescribeTags { resource_arns } = read_input(input)?;
    if resource_arns.len() > MOST_RESOURCES {
        return Err(invalid(format!("Cannot specify more than {MOST_RESOURCES} resources to describe")));
    }
    let tags = world.parsed::<Tags>()?;
    let describe = |arn: &String| {
        check_exists(world, arn)?;
        Ok(json!({"ResourceArn": arn, "Tags": tags.0.of(arn)}))
    };
    let described: Vec<Value> = resource_arns.iter().map(describe).collect::<Result<_, ApiError>>()?;
    Ok(json!({"TagDescriptions": described}))
}

/// Rules are taken as they come: their tags are all that is asked.
fn check_exists(world: &World, arn: &str) -> Result<(), ApiError> {
    let kind = arn.splitn(6, ':').nth(5).and_then(|resource| resource.split('/').next());
    match kind {
        Some("loadbalancer") => world.parsed::<LoadBalancers>()?.find(arn).map(drop),
        Some("targetgroup") => world.parsed::<TargetGroups>()?.find(arn).map(drop),
        Some("listener") => world.parsed::<Listeners>()?.find(arn).map(drop),
        Some("listener-rule") => Ok(()),
        _ => Err(invalid(format!("'{arn}' is not a valid load balancer, target group, listener or rule ARN"))),
    }
}
