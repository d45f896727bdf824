//! ECR: container images.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Happening, HappeningKind};
use crate::resource::{ResourceKind, ResourceRef};

/// An image in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// The repository's name.
    pub repository: String,
    /// `sha256:…`.
    pub digest: String,
    /// Tags.
    pub tags: Vec<String>,
    /// When it was pushed.
    pub pushed: Option<Timestamp>,
    /// Bytes, compressed.
    pub size: Option<u64>,
    /// When it was pulled last, to the day.
    pub pulled: Option<Timestamp>,
    /// Architectures that its manifest names; empty: the manifest does not say.
    pub architectures: Vec<String>,
}

impl Image {
    /// This image as a resource: `repository:tag`, or `repository@digest` without a tag.
    pub fn resource(&self) -> ResourceRef {
        let name = match self.tags.first() {
            Some(tag) => format!("{}:{tag}", self.repository),
            None => format!("{}@{}", self.repository, self.digest),
        };
        ResourceRef::new(ResourceKind::ContainerImage, name)
    }

    pub(super) fn happening(&self) -> Option<Happening> {
        let resource = self.resource();
        let text = format!("{} pushed", resource.name);
        Some(Happening { at: self.pushed?, kind: HappeningKind::Change, resource: Some(resource), text })
    }
}

/// Images of repositories, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Images {
    /// The repository.
    pub repository: String,
    /// What was asked for: a tag or digest; `None`: all.
    pub asked: Option<String>,
    /// The images.
    pub images: Vec<Image>,
}
