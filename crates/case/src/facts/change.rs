//! Changes from all sources on one time line.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Happening, HappeningKind};
use crate::{resource::ResourceRef, trigger::Window};

/// Where a change is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSource {
    /// CloudTrail's management events.
    CloudTrail,
    /// CloudFormation's stack events.
    CloudFormation,
    /// A function's LastModified and versions.
    Lambda,
    /// An ECS service's deployments.
    Ecs,
    /// Images pushed to a repository.
    Ecr,
    /// RDS events.
    Rds,
}

impl ChangeSource {
    /// The name for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::CloudTrail => "CloudTrail",
            Self::CloudFormation => "CloudFormation",
            Self::Lambda => "Lambda",
            Self::Ecs => "ECS",
            Self::Ecr => "ECR",
            Self::Rds => "RDS",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Where it is known from.
    pub source: ChangeSource,
    /// Who did it, where the source says: a user, a role, a service.
    pub actor: Option<String>,
    /// What was done: `UpdateFunctionConfiguration20150331v2`, `UPDATE_COMPLETE`.
    pub action: String,
    /// To what.
    pub resource: Option<ResourceRef>,
    /// Details that matter: the parameters of the request, the reason.
    pub detail: String,
    /// Whether it touches a resource in question, or the stack that owns one.
    pub touches_subject: bool,
}

impl Change {
    pub(super) fn happening(&self) -> Happening {
        let name = self.resource.as_ref().map_or("", |resource| resource.name.as_str());
        Happening {
            at: self.at,
            kind: HappeningKind::Change,
            resource: self.resource.clone(),
            text: format!("{} {name} ({})", self.action, self.source.word()),
        }
    }
}

/// Changes of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// The window.
    pub window: Window,
    /// Oldest first.
    pub changes: Vec<Change>,
    /// The sources that were read.
    pub read: Vec<ChangeSource>,
    /// The sources that could not be read, and why. Not the same as no change.
    pub unread: Vec<(ChangeSource, String)>,
}
