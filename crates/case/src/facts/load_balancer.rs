//! Load balancers and their target groups.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Series;
use crate::resource::{Edge, Relation, ResourceKind, ResourceRef};

/// A target and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// An address, an instance's id or a function's ARN.
    pub id: String,
    /// Port.
    pub port: Option<u16>,
    /// healthy, unhealthy, initial, draining, unused.
    pub state: String,
    /// ELB's own code: `Target.ResponseCodeMismatch`.
    pub reason: Option<String>,
    /// ELB's own words.
    pub description: Option<String>,
}

/// A target group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetGroup {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// HTTP, HTTPS, TCP, …
    pub protocol: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// The health check's path.
    pub health_path: Option<String>,
    /// The HTTP codes that count as healthy.
    pub health_codes: Option<String>,
    /// Seconds between two checks.
    pub health_interval_s: Option<u32>,
    /// Seconds that a check may take.
    pub health_timeout_s: Option<u32>,
    /// Failed checks after which a target is unhealthy.
    pub unhealthy_threshold: Option<u32>,
    /// Targets with their health.
    pub targets: Vec<Target>,
    /// Requests, errors and response times over the window, against the baseline.
    pub load: Vec<Series>,
}

impl TargetGroup {
    /// This target group as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::TargetGroup, &self.name, &self.arn)
    }
}

/// A load balancer with its target groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadBalancer {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Host name.
    pub dns_name: String,
    /// application, network, gateway.
    pub kind: String,
    /// internet-facing or internal.
    pub scheme: Option<String>,
    /// active, provisioning, failed.
    pub state: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Whether access logs are written; `None`: not known.
    pub access_logs: Option<bool>,
    /// Seconds after which an idle connection is closed.
    pub idle_timeout_s: Option<u32>,
    /// Listeners and rules, one a line: `HTTP:80 default -> forward NAME (ARN of the listener or rule)`.
    pub routes: Vec<String>,
    /// Target groups.
    pub target_groups: Vec<TargetGroup>,
    /// Requests and errors of the load balancer itself over the window, against the baseline.
    pub load: Vec<Series>,
}

impl LoadBalancer {
    /// This load balancer as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::LoadBalancer, &self.name, &self.arn)
    }

    pub(super) fn resources(&self) -> Vec<ResourceRef> {
        let mut resources = vec![self.resource()];
        resources.extend(self.target_groups.iter().map(TargetGroup::resource));
        resources
    }

    pub(super) fn edges(&self) -> Vec<Edge> {
        let edge = |to| Edge { from: self.resource(), relation: Relation::Invokes, to };
        self.target_groups.iter().map(|group| edge(group.resource())).collect()
    }
}
