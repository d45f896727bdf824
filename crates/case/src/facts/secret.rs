//! Secrets Manager: metadata. There is no field for a value, on purpose.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resource::{Edge, Relation, ResourceKind, ResourceRef};

/// A secret's metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Secret {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Description, as its owner wrote it.
    pub description: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its value or metadata changed last.
    pub changed: Option<Timestamp>,
    /// When its value was rotated last.
    pub rotated: Option<Timestamp>,
    /// Whether rotation is on.
    pub rotation_enabled: bool,
    /// The day on which its value was read last.
    pub accessed: Option<Timestamp>,
    /// When it is to be deleted.
    pub deletion: Option<Timestamp>,
    /// The stack that owns it.
    pub stack: Option<String>,
}

impl Secret {
    /// This secret as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::Secret, &self.name, &self.arn)
    }

    pub(super) fn edge(&self) -> Option<Edge> {
        let from = ResourceRef::new(ResourceKind::Stack, self.stack.as_deref()?);
        Some(Edge { from, relation: Relation::Owns, to: self.resource() })
    }
}
