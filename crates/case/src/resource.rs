//! AWS resources as an investigation speaks of them, and the edges between them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What sort of thing a [`ResourceRef`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are AWS's own nouns")]
pub enum ResourceKind {
    Alarm,
    LambdaFunction,
    LambdaVersion,
    EventSourceMapping,
    LogGroup,
    Stack,
    Secret,
    DbCluster,
    DbInstance,
    RestApi,
    EcsCluster,
    EcsService,
    EcsTask,
    TaskDefinition,
    ContainerImage,
    EcrRepository,
    LoadBalancer,
    TargetGroup,
    Queue,
    Topic,
    Table,
    Bucket,
    IamRole,
    Vpc,
    SecurityGroup,
    /// A network host, by name or address.
    Host,
    /// Anything else: the name says what.
    Other,
}

/// A resource, by the name that people use for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRef {
    /// What it is.
    pub kind: ResourceKind,
    /// The name as AWS shows it: a function's name, a log group's name, a task definition's family:revision, a host name.
    pub name: String,
    /// The ARN, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

impl ResourceRef {
    /// A resource known by name alone.
    pub fn new(kind: ResourceKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), arn: None }
    }

    /// A resource with its ARN.
    pub fn with_arn(kind: ResourceKind, name: impl Into<String>, arn: impl Into<String>) -> Self {
        Self { kind, name: name.into(), arn: Some(arn.into()) }
    }

    /// A resource by its ARN alone, under the name that people use for one of its kind.
    pub fn of_arn(kind: ResourceKind, arn: impl Into<String>) -> Self {
        let arn = arn.into();
        Self { kind, name: name_in_arn(kind, &arn).to_owned(), arn: Some(arn) }
    }

    /// Whether both speak of the same resource: the same kind and name, or the same ARN.
    pub fn is_same(&self, other: &Self) -> bool {
        let same_arn = matches!((&self.arn, &other.arn), (Some(a), Some(b)) if a == b);
        same_arn || (self.kind == other.kind && self.name == other.name)
    }
}

/// The name in an ARN: `targetgroup/NAME/ID`, `loadbalancer/app/NAME/ID`, `task-definition/FAMILY:REVISION`, `repository/NAME` (which may
/// have slashes in it); of all other kinds the last part.
fn name_in_arn(kind: ResourceKind, arn: &str) -> &str {
    let relative = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let last = arn.rsplit([':', '/']).next().unwrap_or(arn);
    let named = match kind {
        ResourceKind::TargetGroup => relative.split('/').nth(1),
        // A classic load balancer has neither type nor id.
        ResourceKind::LoadBalancer => relative.split('/').nth(2),
        ResourceKind::TaskDefinition | ResourceKind::EcrRepository => relative.split_once('/').map(|(_, name)| name),
        _ => None,
    };
    named.unwrap_or(last)
}

impl std::fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// How one resource stands to another, read from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// An alarm watches a resource.
    Watches,
    /// A resource writes its logs to a log group.
    LogsTo,
    /// A stack owns a resource.
    Owns,
    /// A resource is configured with the address or name of another.
    ConfiguredWith,
    /// A source invokes a function or sends requests to a service.
    Invokes,
    /// A resource runs as a role.
    RunsAs,
    /// A resource runs a version, image or revision.
    Runs,
    /// A cluster holds a member.
    Contains,
    /// A resource is placed in a network.
    PlacedIn,
}

/// One edge of the topology, as one piece of evidence shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// Where the edge starts.
    pub from: ResourceRef,
    /// What it says.
    pub relation: Relation,
    /// Where it ends.
    pub to: ResourceRef,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_gives_the_name_that_people_use() {
        let named = |kind, relative: &str| {
            ResourceRef::of_arn(kind, format!("arn:aws:any:us-east-1:111122223333:{relative}")).name
        };
        assert_eq!(named(ResourceKind::TargetGroup, "targetgroup/shop-tg/04688b3a"), "shop-tg");
        assert_eq!(named(ResourceKind::LoadBalancer, "loadbalancer/app/shop-alb/f5caf0c6"), "shop-alb");
        assert_eq!(named(ResourceKind::LoadBalancer, "loadbalancer/classic"), "classic");
        assert_eq!(named(ResourceKind::TaskDefinition, "task-definition/shop:12"), "shop:12");
        assert_eq!(named(ResourceKind::EcrRepository, "repository/team/shop"), "team/shop");
        assert_eq!(named(ResourceKind::EcsService, "service/prod/shop"), "shop");
        assert_eq!(named(ResourceKind::Topic, "orders"), "orders");
    }
}
