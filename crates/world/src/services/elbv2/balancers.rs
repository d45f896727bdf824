//! DescribeLoadBalancers.

use serde::Deserialize;
use serde_json::Value;

use super::SERVICE;
use super::request::pages;
use crate::services::resource::{self, Resource, existed, is};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// Load balancers that exist by now, in the order of their file.
pub(super) struct LoadBalancers(Vec<Resource>);

impl Parsed for LoadBalancers {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let (file, required) = ("world/elbv2/load-balancers.json", ["LoadBalancerArn", "LoadBalancerName"]);
        let mut balancers = resource::read_list(scenario, &SERVICE, file, "LoadBalancers", &required)?;
        balancers.retain(|balancer| existed(balancer, "CreatedTime", scenario.now));
        Ok(Self(balancers))
    }
}

impl LoadBalancers {
    /// # Errors
    /// LoadBalancerNotFound.
    pub(super) fn find(&self, arn: &str) -> Result<&Resource, ApiError> {
        self.0.iter().find(|balancer| is(balancer, "LoadBalancerArn", arn)).ok_or_else(not_found)
    }
}

fn not_found() -> ApiError {
    ApiError::sender("LoadBalancerNotFound", "One or more load balancers not found")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeLoadBalancers {
    #[serde(default)]
    load_balancer_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe_load_balancers(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: DescribeLoadBalancers = read_input(input)?;
    let balancers = world.parsed::<LoadBalancers>()?;
    for arn in &describe.load_balancer_arns {
        balancers.find(arn)?;
    }
    let is_there = |name: &&String| balancers.0.iter().any(|balancer| is(balancer, "LoadBalancerName", name));
    let missing: Vec<&str> = describe.names.iter().filter(|name| !is_there(name)).map(String::as_str).collect();
    if !missing.is_empty() {
        let message = format!("Load balancers '[{}]' not found", missing.join(", "));
        return Err(ApiError::sender("LoadBalancerNotFound", message));
    }
    let wanted = |balancer: &&Resource| {
        let any_of =
            |member, asked: &[String]| asked.is_empty() || asked.iter().any(|asked| is(balancer, member, asked));
        any_of("LoadBalancerArn", &describe.load_balancer_arns) && any_of("LoadBalancerName", &describe.names)
    };
    let described = balancers.0.iter().filter(wanted).cloned().collect();
    pages(described, describe.page_size, describe.marker.as_deref(), "LoadBalancers")
}
