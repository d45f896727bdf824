//! The stacks of a world, as `world/cloudformation/` holds them.

use std::cmp::Reverse;

use super::SERVICE;
use crate::services::resource::{self, Resource, is, text, time};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError};

/// Stacks that exist by now, deleted ones too, newest first.
pub(super) struct Stacks(pub(super) Vec<Stack>);

/// One stack.
pub(super) struct Stack {
    pub(super) name: String,
    pub(super) id: String,
    /// As DescribeStacks answers it.
    pub(super) description: Resource,
    /// As ListStackResources answers them.
    pub(super) resources: Vec<Resource>,
    /// Newest first.
    pub(super) events: Vec<Resource>,
    pub(super) template: Option<String>,
}

impl Parsed for Stacks {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let path = "world/cloudformation/stacks.json";
        let mut listed =
            resource::read_list(scenario, &SERVICE, path, "Stacks", &["StackName", "StackId", "StackStatus"])?;
        listed.retain(|stack| resource::existed(stack, "CreationTime", scenario.now));
        listed.sort_by_key(|stack| Reverse(time(stack, "CreationTime")));
        Ok(Self(listed.into_iter().map(|stack| Stack::parse(scenario, stack)).collect::<Result<_, _>>()?))
    }
}

impl Stacks {
    /// The stack that a name or an id means. A deleted one answers to its id only.
    pub(super) fn find(&self, name_or_id: &str) -> Option<&Stack> {
        self.0.iter().find(|stack| stack.id == name_or_id || (stack.name == name_or_id && !stack.is_deleted()))
    }
}

impl Stack {
    fn parse(scenario: &Scenario, description: Resource) -> Result<Self, ScenarioError> {
        let name = text(&description, "StackName").unwrap_or_default().to_owned();
        let id = text(&description, "StackId").unwrap_or_default().to_owned();
        let folder = format!("world/cloudformation/stacks/{name}/");
        let list = |file: &str, key: &str, required: &[&str]| {
            resource::read_list(scenario, &SERVICE, &format!("{folder}{file}"), key, required)
        };
        let required = ["LogicalResourceId", "ResourceType", "ResourceStatus"];
        let mut resources = list("resources.json", "StackResourceSummaries", &required)?;
        resources.retain(|resource| resource::existed(resource, "LastUpdatedTimestamp", scenario.now));
        let mut events = list("events.json", "StackEvents", &["EventId", "Timestamp"])?;
        events.retain(|event| resource::existed(event, "Timestamp", scenario.now));
        for event in &mut events {
            event.entry("StackName").or_insert_with(|| name.as_str().into());
            event.entry("StackId").or_insert_with(|| id.as_str().into());
        }
        events.sort_by_key(|event| Reverse(time(event, "Timestamp")));
        Ok(Self { template: template(scenario, &folder)?, name, id, description, resources, events })
    }

    pub(super) fn is_deleted(&self) -> bool {
        is(&self.description, "StackStatus", "DELETE_COMPLETE")
    }

    pub(super) fn has_physical_resource(&self, id: &str) -> bool {
        self.resources.iter().any(|resource| is(resource, "PhysicalResourceId", id))
    }
}

fn template(scenario: &Scenario, folder: &str) -> Result<Option<String>, ScenarioError> {
    for file in ["template.yaml", "template.yml", "template.json"] {
        let path = format!("{folder}{file}");
        if let Some(content) = scenario.files().get(&path) {
            let text = std::str::from_utf8(content).map_err(|error| ScenarioError::not_utf8(&path, content, &error))?;
            return Ok(Some(text.to_owned()));
        }
    }
    Ok(None)
}
