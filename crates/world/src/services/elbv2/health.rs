//! DescribeTargetHealth.

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::ByArn;
use super::target_groups::TargetGroups;
use crate::services::resource::Resource;
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// The health of each target group's targets at `now`.
pub(super) struct TargetHealth(ByArn);

impl Parsed for TargetHealth {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        ByArn::read(scenario, "world/elbv2/target-health.json").map(Self)
    }
}

impl TargetHealth {
    pub(super) fn check(&self, world: &World) -> Result<(), ScenarioError> {
        let groups = world.parsed::<TargetGroups>()?;
        self.0.check(|arn| groups.find(arn).is_ok())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeTargetHealth {
    target_group_arn: String,
    #[serde(default)]
    targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    id: String,
    port: Option<i64>,
}

impl Target {
    fn is_of(&self, description: &Resource) -> bool {
        let target = description.get("Target");
        let member = |name: &str| target.and_then(|target| target.get(name));
        member("Id").and_then(Value::as_str) == Some(&self.id)
            && self.port.is_none_or(|port| member("Port").and_then(Value::as_i64) == Some(port))
    }

    fn not_registered(&self) -> Value {
        json!({
            "Target": {"Id": self.id, "Port": self.port},
            "TargetHealth": {
                "State": "unused",
                "Reason": "Target.NotRegistered",
                "Description": "Target is not registered to the target group",
            },
        })
    }
}

pub(super) fn describe_target_health(world: &World, input: &Value) -> Result<Value, ApiError> {
    let DescribeTargetHealth { target_group_arn, targets } = read_input(input)?;
    world.parsed::<TargetGroups>()?.find(&target_group_arn)?;
    let health = world.parsed::<TargetHealth>()?;
    let known = health.0.of(&target_group_arn);
    let described: Vec<Value> = if targets.is_empty() {
        known.iter().cloned().map(Value::Object).collect()
    } else {
        let describe = |target: &Target| {
            let found = known.iter().find(|description| target.is_of(description));
            found.map_or_else(|| target.not_registered(), |found| Value::Object(found.clone()))
        };
        targets.iter().map(describe).collect()
    };
    Ok(json!({"TargetHealthDescriptions": described}))
}
