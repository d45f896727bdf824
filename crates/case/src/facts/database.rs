//! RDS and Aurora: clusters and instances, their events and their load.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Happening, HappeningKind, Series};
use crate::resource::{Edge, Relation, ResourceKind, ResourceRef};

/// An event that RDS recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseEvent {
    /// When.
    pub at: Timestamp,
    /// RDS's own words.
    pub message: String,
}

/// A database's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Storage {
    /// GiB.
    pub allocated_gib: u32,
    /// GiB up to which RDS enlarges it by itself; `None`: it does not.
    pub most_gib: Option<u32>,
    /// gp2, gp3, io1, io2, standard.
    pub kind: Option<String>,
}

/// A cluster or an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// DbCluster or DbInstance.
    pub kind: ResourceKind,
    /// Identifier.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// `aurora-postgresql`.
    pub engine: String,
    /// `15.4`.
    pub engine_version: String,
    /// `available`.
    pub status: String,
    /// Instance class; `None` for clusters.
    pub instance_class: Option<String>,
    /// The disk that was allocated; `None`: it grows by itself (Aurora).
    #[serde(default)]
    pub storage: Option<Storage>,
    /// The writer's host name.
    pub endpoint: Option<String>,
    /// The readers' host name.
    pub reader_endpoint: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// A cluster's instances, or an instance's cluster.
    pub members: Vec<String>,
    /// Security groups' ids.
    pub security_group_ids: Vec<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Events in the window, oldest first.
    pub events: Vec<DatabaseEvent>,
    /// Connections, CPU and the like over the window, against the baseline.
    pub load: Vec<Series>,
}

impl Database {
    /// This database as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(self.kind, &self.id, &self.arn)
    }

    pub(super) fn edges(&self) -> Vec<Edge> {
        if self.kind != ResourceKind::DbCluster {
            return Vec::new();
        }
        let edge = |member: &String| Edge {
            from: self.resource(),
            relation: Relation::Contains,
            to: ResourceRef::new(ResourceKind::DbInstance, member),
        };
        self.members.iter().map(edge).collect()
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let happening = |event: &DatabaseEvent| Happening {
            at: event.at,
            kind: HappeningKind::Change,
            resource: Some(self.resource()),
            text: format!("{}: {}", self.id, event.message),
        };
        self.events.iter().map(happening).collect()
    }
}

/// Databases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Databases {
    /// Clusters first.
    pub databases: Vec<Database>,
}
