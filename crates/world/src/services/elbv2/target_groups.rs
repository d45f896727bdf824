//! DescribeTargetGroups.

use serde::Deserialize;
use serde_json::Value;

use super::SERVICE;
use super::balancers::LoadBalancers;
use super::request::{invalid, pages};
use crate::services::resource::{self, Resource, is, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// Target groups in the order of their names, as AWS lists them; the API gives them no time.
pub(super) struct TargetGroups(Vec<Resource>);

impl Parsed for TargetGroups {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let (file, required) = ("world/elbv2/target-groups.json", ["TargetGroupArn", "TargetGroupName"]);
        let mut groups = resource::read_list(scenario, &SERVICE, file, "TargetGroups", &required)?;
        groups.sort_by_cached_key(|group| text(group, "TargetGroupName").map(str::to_owned));
        Ok(Self(groups))
    }
}

impl TargetGroups {
    /// # Errors
    /// TargetGroupNotFound.
    pub(super) fn find(&self, arn: &str) -> Result<&Resource, ApiError> {
        self.0.iter().find(|group| is(group, "TargetGroupArn", arn)).ok_or_else(not_found)
    }
}

fn not_found() -> ApiError {
    ApiError::sender("TargetGroupNotFound", "One or more target groups not found")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeTargetGroups {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    target_group_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe_target_groups(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: DescribeTargetGroups = read_input(input)?;
    let ways =
        [describe.load_balancer_arn.is_some(), !describe.target_group_arns.is_empty(), !describe.names.is_empty()];
    if ways.into_iter().filter(|is_given| *is_given).count() > 1 {
        let three = "Target group names, target group ARNs, and a load balancer ARN";
        return Err(invalid(format!("{three} cannot be specified at the same time")));
    }
    if let Some(arn) = &describe.load_balancer_arn {
        world.parsed::<LoadBalancers>()?.find(arn)?;
    }
    let groups = world.parsed::<TargetGroups>()?;
    for arn in &describe.target_group_arns {
        groups.find(arn)?;
    }
    if describe.names.iter().any(|name| !groups.0.iter().any(|group| is(group, "TargetGroupName", name))) {
        return Err(not_found());
    }
    let wanted = |group: &&Resource| {
        let any_of = |member, asked: &[String]| asked.is_empty() || asked.iter().any(|asked| is(group, member, asked));
        any_of("TargetGroupArn", &describe.target_group_arns)
            && any_of("TargetGroupName", &describe.names)
            && describe.load_balancer_arn.as_deref().is_none_or(|arn| is_behind(group, arn))
    };
    let described = groups.0.iter().filter(wanted).cloned().collect();
    pages(described, describe.page_size, describe.marker.as_deref(), "TargetGroups")
}

fn is_behind(group: &Resource, load_balancer: &str) -> bool {
    let arns = group.get("LoadBalancerArns").and_then(Value::as_array).into_iter().flatten();
    arns.filter_map(Value::as_str).any(|arn| arn == load_balancer)
}
