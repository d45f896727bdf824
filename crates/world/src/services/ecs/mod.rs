//! ECS: clusters, services, tasks and task definitions, as they stood at `now`.
//!
//! | file | what is hidden |
//! |---|---|
//! | `clusters.rs` | nothing: ECS gives a cluster no time |
//! | `services.rs` | services, deployments and events that begin after `now` |
//! | `tasks.rs` | tasks created after `now`, and those that stopped more than an hour before |
//! | `task_definitions.rs` | revisions registered after `now` |
//!
//! A time after `now` inside something that had begun (a task that stops later) is an error of the scenario.

mod clusters;
mod request;
mod services;
mod tags;
mod task_definitions;
mod tasks;
#[cfg(test)]
mod tests;

use super::Service;
use super::resource::items;
use crate::wire::Members;
use crate::{ScenarioError, World};

/// ECS.
pub(super) const SERVICE: Service = Service {
    name: "ecs",
    signing_name: "ecs",
    target: Some("AmazonEC2ContainerServiceV20141113"),
    members: Members {
        timestamps: &[
            "connectivityAt",
            "createdAt",
            "deleteRequestedAt",
            "deregisteredAt",
            "executionStoppedAt",
            "lastStartedAt",
            "pullStartedAt",
            "pullStoppedAt",
            "registeredAt",
            "stabilityStatusAt",
            "startedAt",
            "stoppedAt",
            "stoppingAt",
            "updatedAt",
        ],
        maps: &["dockerLabels", "driverOpts", "labels", "options"],
        ..Members::NONE
    },
    operations: &[
        ("DescribeClusters", clusters::describe_clusters),
        ("DescribeServices", services::describe_services),
        ("DescribeTaskDefinition", task_definitions::describe_task_definition),
        ("DescribeTasks", tasks::describe_tasks),
        ("ListClusters", clusters::list_clusters),
        ("ListServices", services::list_services),
        ("ListTagsForResource", tags::list_tags_for_resource),
        ("ListTaskDefinitionFamilies", task_definitions::list_task_definition_families),
        ("ListTaskDefinitions", task_definitions::list_task_definitions),
        ("ListTasks", tasks::list_tasks),
    ],
    check,
    ..Service::BLANK
};

/// Reads the files, and refuses what names a cluster or a task definition that is not there.
fn check(world: &World) -> Result<(), ScenarioError> {
    let clusters = world.parsed::<clusters::Clusters>()?;
    let definitions = world.parsed::<task_definitions::TaskDefinitions>()?;
    let (services, tasks) = (world.parsed::<services::Services>()?, world.parsed::<tasks::Tasks>()?);
    clusters.check_members(services::FILE, &services.0, "serviceArn")?;
    clusters.check_members(tasks::FILE, &tasks.0, "taskArn")?;
    definitions.check_references(services::FILE, services.0.iter(), "taskDefinition")?;
    let deployments = services.0.iter().flat_map(|service| items(service, "deployments"));
    definitions.check_references(services::FILE, deployments, "taskDefinition")?;
    definitions.check_references(tasks::FILE, tasks.0.iter(), "taskDefinitionArn")
}
