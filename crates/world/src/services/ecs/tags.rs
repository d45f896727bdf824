//! ListTagsForResource.

use serde::Deserialize;
use serde_json::{Value, json};

use super::clusters::Clusters;
use super::request::invalid;
use super::services::Services;
use super::task_definitions::TaskDefinitions;
use super::tasks::Tasks;
use crate::World;
use crate::services::resource::{Resource, is};
use crate::services::{ApiError, read_input};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListTagsForResource {
    resource_arn: String,
}

pub(super) fn list_tags_for_resource(world: &World, input: &Value) -> Result<Value, ApiError> {
    let ListTagsForResource { resource_arn: arn } = read_input(input)?;
    let tags = tags(world, &arn)?.ok_or_else(|| invalid("The specified resource is not found."))?;
    Ok(json!({"tags": tags}))
}

/// The tags of a resource of the world, by its ARN.
fn tags(world: &World, arn: &str) -> Result<Option<Value>, ApiError> {
    let held = |resources: &[Resource], member: &str| {
        let found = resources.iter().find(|resource| is(resource, member, arn))?;
        Some(found.get("tags").cloned().unwrap_or_else(|| json!([])))
    };
    let kind = arn.splitn(6, ':').nth(5).and_then(|rest| rest.split('/').next());
    Ok(match kind {
        Some("cluster") => held(&world.parsed::<Clusters>()?.0, "clusterArn"),
        Some("service") => held(&world.parsed::<Services>()?.0, "serviceArn"),
        Some("task") => held(&world.parsed::<Tasks>()?.0, "taskArn"),
        Some("task-definition") => {
            let revisions = world.parsed::<TaskDefinitions>()?;
            revisions.0.iter().find(|revision| revision.arn == arn).map(|revision| revision.tags.clone())
        }
        _ => None,
    })
}
