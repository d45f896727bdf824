//! Application Auto Scaling: scalable targets, their policies, and what scaling has done.

use std::cmp::Reverse;

use serde::Deserialize;
use serde_json::Value;

use super::resource::{self, Resource, existed, is, time};
use super::{ApiError, Service, read_input};
use crate::wire::Members;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// Application Auto Scaling.
pub(super) const SERVICE: Service = Service {
    name: "application-autoscaling",
    signing_name: "application-autoscaling",
    target: Some("AnyScaleFrontendService"),
    members: Members { timestamps: &["CreationTime", "EndTime", "StartTime"], ..Members::NONE },
    operations: &[
        ("DescribeScalableTargets", describe_scalable_targets),
        ("DescribeScalingActivities", describe_scaling_activities),
        ("DescribeScalingPolicies", describe_scaling_policies),
    ],
    check: |world| {
        world.parsed::<ScalableTargets>()?;
        world.parsed::<ScalingPolicies>()?;
        world.parsed::<ScalingActivities>().map(drop)
    },
    ..Service::BLANK
};

const ACTIVITIES_FILE: &str = "world/application-autoscaling/scaling-activities.json";
/// Items a page, at most and by default.
const MAX_RESULTS: i64 = 50;

/// Targets registered by now.
struct ScalableTargets(Vec<Resource>);
/// Policies put by now.
struct ScalingPolicies(Vec<Resource>);
/// Activities that had begun by now, newest first.
struct ScalingActivities(Vec<Resource>);

impl Parsed for ScalableTargets {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let file = "world/application-autoscaling/scalable-targets.json";
        read(scenario, file, "ScalableTargets", "CreationTime").map(Self)
    }
}

impl Parsed for ScalingPolicies {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let file = "world/application-autoscaling/scaling-policies.json";
        read(scenario, file, "ScalingPolicies", "CreationTime").map(Self)
    }
}

impl Parsed for ScalingActivities {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut activities = read(scenario, ACTIVITIES_FILE, "ScalingActivities", "StartTime")?;
        for activity in &activities {
            resource::refuse_later(activity, (ACTIVITIES_FILE, "an activity"), &["EndTime"], scenario.now)?;
        }
        activities.sort_by_key(|activity| Reverse(time(activity, "StartTime")));
        Ok(Self(activities))
    }
}

fn read(scenario: &Scenario, file: &str, list: &str, begun: &str) -> Result<Vec<Resource>, ScenarioError> {
    let required = ["ServiceNamespace", "ResourceId", "ScalableDimension"];
    let mut items = resource::read_list(scenario, &SERVICE, file, list, &required)?;
    items.retain(|item| existed(item, begun, scenario.now));
    Ok(items)
}

/// Of all three operations; each has some of it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Describe {
    service_namespace: String,
    #[serde(default)]
    resource_ids: Vec<String>,
    resource_id: Option<String>,
    scalable_dimension: Option<String>,
    #[serde(default)]
    policy_names: Vec<String>,
    #[serde(default)]
    include_not_scaled_activities: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Describe {
    fn wants(&self, item: &Resource) -> bool {
        let any_of =
            |member: &str, asked: &[String]| asked.is_empty() || asked.iter().any(|asked| is(item, member, asked));
        is(item, "ServiceNamespace", &self.service_namespace)
            && any_of("ResourceId", &self.resource_ids)
            && any_of("ResourceId", self.resource_id.as_slice())
            && any_of("ScalableDimension", self.scalable_dimension.as_slice())
            && any_of("PolicyName", &self.policy_names)
    }

    fn page(&self, items: &[Resource], list: &str, shows: impl Fn(&Resource) -> bool) -> Result<Value, ApiError> {
        if self.scalable_dimension.is_some() && self.resource_id.is_none() && self.resource_ids.is_empty() {
            return Err(invalid("Scalable dimension cannot be specified without a resource id."));
        }
        let size = self.max_results.unwrap_or(MAX_RESULTS);
        if !(1..=MAX_RESULTS).contains(&size) {
            return Err(invalid("MaxResults must be between 1 and 50."));
        }
        let wanted = items.iter().filter(|item| self.wants(item) && shows(item)).cloned().collect();
        let size = usize::try_from(size).unwrap_or(1);
        resource::paged(wanted, size, self.next_token.as_deref(), (list, "NextToken"), || {
            ApiError::sender("InvalidNextTokenException", "The next token supplied was invalid.")
        })
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::sender("ValidationException", message)
}

fn describe_scalable_targets(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: Describe = read_input(input)?;
    describe.page(&world.parsed::<ScalableTargets>()?.0, "ScalableTargets", |_| true)
}

fn describe_scaling_policies(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: Describe = read_input(input)?;
    describe.page(&world.parsed::<ScalingPolicies>()?.0, "ScalingPolicies", |_| true)
}

/// Decisions not to scale are shown to those who ask for them.
fn describe_scaling_activities(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: Describe = read_input(input)?;
    let shows =
        |activity: &Resource| describe.include_not_scaled_activities || !activity.contains_key("NotScaledReasons");
    describe.page(&world.parsed::<ScalingActivities>()?.0, "ScalingActivities", shows)
}
