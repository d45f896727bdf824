//! ECS: services, tasks, task definitions.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EnvironmentVariable, Happening, HappeningKind};
use crate::resource::{Edge, Relation, ResourceKind, ResourceRef};

/// A deployment of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// `ecs-svc/…`.
    pub id: String,
    /// PRIMARY, ACTIVE or INACTIVE.
    pub status: String,
    /// `family:revision`.
    pub task_definition: String,
    /// When it was started.
    pub created: Option<Timestamp>,
    /// When it changed last.
    pub updated: Option<Timestamp>,
    /// Tasks that it wants.
    pub desired: u32,
    /// Tasks that run.
    pub running: u32,
    /// Tasks that start.
    pub pending: u32,
    /// Tasks of it that failed.
    pub failed_tasks: u32,
    /// COMPLETED, IN_PROGRESS, FAILED.
    pub rollout_state: Option<String>,
    /// ECS's own words about it.
    pub rollout_reason: Option<String>,
}

/// A message of ECS about a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceEvent {
    /// When.
    pub at: Timestamp,
    /// ECS's own words.
    pub message: String,
}

/// Where a load balancer reaches a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceTarget {
    /// The target group's ARN.
    pub target_group_arn: String,
    /// The container.
    pub container: String,
    /// Its port.
    pub port: u16,
}

/// An ECS service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// The cluster's name.
    pub cluster: String,
    /// ACTIVE, DRAINING, INACTIVE.
    pub status: String,
    /// Tasks that it wants.
    pub desired: u32,
    /// Tasks that run.
    pub running: u32,
    /// Tasks that start.
    pub pending: u32,
    /// FARGATE, EC2, EXTERNAL; or the capacity providers.
    pub launch_type: String,
    /// `family:revision`.
    pub task_definition: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Deployments, newest first.
    pub deployments: Vec<Deployment>,
    /// Events of the window and the 24 hours before it, newest first.
    pub events: Vec<ServiceEvent>,
    /// Where load balancers reach it.
    pub targets: Vec<ServiceTarget>,
    /// Seconds for which failing load balancer checks are ignored after a start.
    pub health_check_grace_s: Option<u32>,
    /// Whether failed deployments are stopped by themselves, and whether they are then rolled back.
    pub circuit_breaker: Option<(bool, bool)>,
    /// Subnets' ids.
    pub subnet_ids: Vec<String>,
    /// Security groups' ids.
    pub security_group_ids: Vec<String>,
    /// The stack that owns it.
    pub stack: Option<String>,
}

impl Service {
    /// This service as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::EcsService, &self.name, &self.arn)
    }

    pub(super) fn resources(&self) -> Vec<ResourceRef> {
        let mut resources = vec![
            self.resource(),
            ResourceRef::new(ResourceKind::EcsCluster, &self.cluster),
            ResourceRef::new(ResourceKind::TaskDefinition, &self.task_definition),
        ];
        resources.extend(self.targets.iter().map(ServiceTarget::resource));
        resources
    }

    pub(super) fn edges(&self) -> Vec<Edge> {
        let edge = |relation, to| Edge { from: self.resource(), relation, to };
        let mut edges = vec![
            edge(Relation::PlacedIn, ResourceRef::new(ResourceKind::EcsCluster, &self.cluster)),
            edge(Relation::Runs, ResourceRef::new(ResourceKind::TaskDefinition, &self.task_definition)),
        ];
        edges.extend(self.targets.iter().map(|target| Edge {
            from: target.resource(),
            relation: Relation::Invokes,
            to: self.resource(),
        }));
        edges
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let deployed = self.deployments.iter().filter_map(|deployment| {
            Some((deployment.created?, format!("{}: deployment of {}", self.name, deployment.task_definition)))
        });
        let said = self.events.iter().map(|event| (event.at, event.message.clone()));
        let happening =
            |(at, text)| Happening { at, kind: HappeningKind::Change, resource: Some(self.resource()), text };
        deployed.chain(said).map(happening).collect()
    }
}

impl ServiceTarget {
    /// The target group, by the name in its ARN: `…:targetgroup/NAME/ID`.
    pub fn resource(&self) -> ResourceRef {
        let name = self.target_group_arn.split('/').nth(1).unwrap_or(&self.target_group_arn);
        ResourceRef::with_arn(ResourceKind::TargetGroup, name, &self.target_group_arn)
    }
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerState {
    /// Name.
    pub name: String,
    /// Image as the task definition names it.
    pub image: String,
    /// The digest that was pulled.
    pub image_digest: Option<String>,
    /// RUNNING, STOPPED, PENDING.
    pub status: String,
    /// Exit code, once it ended. 137 is a kill, and no proof of out-of-memory.
    pub exit_code: Option<i32>,
    /// ECS's own reason: `OutOfMemoryError: …`, `CannotPullContainerError: …`.
    pub reason: Option<String>,
    /// HEALTHY, UNHEALTHY, UNKNOWN.
    pub health: Option<String>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// The last part of its ARN.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// The cluster's name.
    pub cluster: String,
    /// `service:NAME`, or a family.
    pub group: Option<String>,
    /// `family:revision`.
    pub task_definition: String,
    /// RUNNING, STOPPED, …
    pub status: String,
    /// What ECS wants: RUNNING or STOPPED.
    pub desired_status: String,
    /// HEALTHY, UNHEALTHY, UNKNOWN.
    pub health: Option<String>,
    /// CPU units, 1,024 a vCPU.
    pub cpu: Option<String>,
    /// MiB.
    pub memory: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its containers ran.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// `EssentialContainerExited`, `TaskFailedToStart`, …
    pub stop_code: Option<String>,
    /// ECS's own reason.
    pub stopped_reason: Option<String>,
    /// Containers.
    pub containers: Vec<ContainerState>,
}

impl Task {
    /// This task as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::EcsTask, &self.id, &self.arn)
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let started = self.started.map(|at| (at, format!("task {} started ({})", self.id, self.task_definition)));
        let why = self.stopped_reason.as_deref().unwrap_or("no reason given");
        let stopped = self.stopped.map(|at| (at, format!("task {} stopped: {why}", self.id)));
        let happening =
            |(at, text)| Happening { at, kind: HappeningKind::Change, resource: Some(self.resource()), text };
        started.into_iter().chain(stopped).map(happening).collect()
    }
}

/// A secret or parameter that a container is given. Its value is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InjectedSecret {
    /// The environment variable.
    pub name: String,
    /// The ARN of the secret or parameter, with a JSON key where one is picked.
    pub value_from: String,
}

/// A container of a task definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerDefinition {
    /// Name.
    pub name: String,
    /// Image.
    pub image: String,
    /// Whether the task ends with it.
    pub essential: bool,
    /// CPU units.
    pub cpu: u32,
    /// Hard memory limit, MiB.
    pub memory: Option<u32>,
    /// Environment variables.
    pub environment: Vec<EnvironmentVariable>,
    /// Injected secrets.
    pub secrets: Vec<InjectedSecret>,
    /// Ports that it listens on.
    pub ports: Vec<u16>,
    /// The health check's command.
    pub health_check: Option<String>,
    /// The log group, with the awslogs driver.
    pub log_group: Option<String>,
    /// Command and entry point.
    pub command: Vec<String>,
}

/// A revision of a task definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskDefinition {
    /// Family.
    pub family: String,
    /// Revision.
    pub revision: u32,
    /// ARN.
    pub arn: String,
    /// ACTIVE or INACTIVE.
    pub status: String,
    /// CPU units of the task.
    pub cpu: Option<String>,
    /// MiB of the task.
    pub memory: Option<String>,
    /// X86_64 or ARM64.
    pub architecture: Option<String>,
    /// The role that pulls images and reads secrets.
    pub execution_role: Option<String>,
    /// The role that the program runs as.
    pub task_role: Option<String>,
    /// When it was registered.
    pub registered: Option<Timestamp>,
    /// Who registered it.
    pub registered_by: Option<String>,
    /// Containers.
    pub containers: Vec<ContainerDefinition>,
    /// How it differs from another revision, one difference a line; empty: not compared, or no difference.
    pub differences: Vec<String>,
    /// The revision that it was compared with.
    pub compared_with: Option<u32>,
}

impl TaskDefinition {
    /// `family:revision`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.family, self.revision)
    }

    /// This revision as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::TaskDefinition, self.name(), &self.arn)
    }

    pub(super) fn resources(&self) -> Vec<ResourceRef> {
        let mut resources = vec![self.resource()];
        for container in &self.containers {
            resources.push(ResourceRef::new(ResourceKind::ContainerImage, &container.image));
            resources.extend(container.log_group.iter().map(|group| ResourceRef::new(ResourceKind::LogGroup, group)));
        }
        resources
    }

    pub(super) fn edges(&self) -> Vec<Edge> {
        let edge = |relation, to| Edge { from: self.resource(), relation, to };
        let of_container = |container: &ContainerDefinition| {
            let mut edges =
                vec![edge(Relation::Runs, ResourceRef::new(ResourceKind::ContainerImage, &container.image))];
            let logs = container.log_group.iter().map(|group| ResourceRef::new(ResourceKind::LogGroup, group));
            edges.extend(logs.map(|group| edge(Relation::LogsTo, group)));
            let secrets = container.secrets.iter();
            edges.extend(secrets.map(|secret| {
                edge(Relation::ConfiguredWith, ResourceRef::new(ResourceKind::Secret, &secret.value_from))
            }));
            edges
        };
        self.containers.iter().flat_map(of_container).collect()
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let registered = self.registered.into_iter();
        let happening = |at| Happening {
            at,
            kind: HappeningKind::Change,
            resource: Some(self.resource()),
            text: format!("{} registered", self.name()),
        };
        registered.map(happening).collect()
    }
}
