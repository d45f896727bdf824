//! CloudFormation stacks.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Happening, HappeningKind};
use crate::resource::{Edge, Relation, ResourceKind, ResourceRef};

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name or id in AWS.
    pub physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub resource_type: String,
    /// `UPDATE_COMPLETE`.
    pub status: String,
    /// When the status changed last.
    pub updated: Option<Timestamp>,
}

impl StackResource {
    /// This as a resource of the vocabulary.
    pub fn resource(&self) -> ResourceRef {
        let name = self.physical_id.as_deref().unwrap_or(&self.logical_id);
        let kind = match self.resource_type.as_str() {
            "AWS::Lambda::Function" => ResourceKind::LambdaFunction,
            "AWS::Logs::LogGroup" => ResourceKind::LogGroup,
            "AWS::SecretsManager::Secret" => ResourceKind::Secret,
            "AWS::RDS::DBCluster" => ResourceKind::DbCluster,
            "AWS::RDS::DBInstance" => ResourceKind::DbInstance,
            "AWS::ApiGateway::RestApi" => ResourceKind::RestApi,
            "AWS::ECS::Cluster" => ResourceKind::EcsCluster,
            "AWS::ECS::Service" => ResourceKind::EcsService,
            "AWS::ECS::TaskDefinition" => ResourceKind::TaskDefinition,
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => ResourceKind::LoadBalancer,
            "AWS::ElasticLoadBalancingV2::TargetGroup" => ResourceKind::TargetGroup,
            "AWS::CloudWatch::Alarm" => ResourceKind::Alarm,
            "AWS::IAM::Role" => ResourceKind::IamRole,
            "AWS::SQS::Queue" => ResourceKind::Queue,
            "AWS::DynamoDB::Table" => ResourceKind::Table,
            "AWS::S3::Bucket" => ResourceKind::Bucket,
            _ => ResourceKind::Other,
        };
        match name.starts_with("arn:") {
            true => ResourceRef::of_arn(kind, name),
            false => ResourceRef::new(kind, name),
        }
    }
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stack {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `UPDATE_COMPLETE`.
    pub status: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was updated last.
    pub updated: Option<Timestamp>,
    /// Parameters; what looks like a credential is hidden.
    pub parameters: Vec<(String, String)>,
    /// Outputs.
    pub outputs: Vec<(String, String)>,
    /// Its resources. Empty if they were not asked for.
    pub resources: Vec<StackResource>,
}

impl Stack {
    fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::Stack, &self.name, &self.arn)
    }

    pub(super) fn resources(&self) -> Vec<ResourceRef> {
        let mut resources = vec![self.resource()];
        resources.extend(self.resources.iter().map(StackResource::resource));
        resources
    }

    pub(super) fn edges(&self) -> Vec<Edge> {
        let edge = |to| Edge { from: self.resource(), relation: Relation::Owns, to };
        self.resources.iter().map(|resource| edge(resource.resource())).collect()
    }
}

/// An event of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StackEvent {
    /// When.
    pub at: Timestamp,
    /// The resource's name in the template.
    pub logical_id: String,
    /// `AWS::Lambda::Function`.
    pub resource_type: String,
    /// `UPDATE_FAILED`.
    pub status: String,
    /// Why, where CloudFormation says.
    pub reason: Option<String>,
}

/// Events of one stack, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StackEvents {
    /// The stack.
    pub stack: String,
    /// The events.
    pub events: Vec<StackEvent>,
}

impl StackEvents {
    pub(super) fn resource(&self) -> ResourceRef {
        ResourceRef::new(ResourceKind::Stack, &self.stack)
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let happening = |event: &StackEvent| Happening {
            at: event.at,
            kind: HappeningKind::Change,
            resource: Some(self.resource()),
            text: format!("{} {} {}", self.stack, event.logical_id, event.status),
        };
        self.events.iter().map(happening).collect()
    }
}
