//! DescribeImages and ListImages; the image that a tag or a digest means.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::SERVICE;
use super::repositories::{Repositories, Repository, pages};
use crate::services::resource::{self, Resource, existed, is, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

const FILE: &str = "world/ecr/images.json";

/// Images that were pushed by now, of all repositories, in the order of their file.
pub(super) struct Images(Vec<Resource>);

impl Parsed for Images {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let required = ["repositoryName", "imageDigest"];
        let mut images = resource::read_list(scenario, &SERVICE, FILE, "imageDetails", &required)?;
        images.retain(|image| existed(image, "imagePushedAt", scenario.now));
        for image in &mut images {
            let name = text(image, "imageDigest").unwrap_or_default();
            resource::refuse_later(image, (FILE, name), &["lastRecordedPullTime"], scenario.now)?;
            image.entry("registryId").or_insert_with(|| scenario.account.as_str().into());
        }
        Ok(Self(images))
    }
}

impl Images {
    /// Refuses images of a repository that the world has not.
    pub(super) fn check(&self, world: &World) -> Result<(), ScenarioError> {
        let repositories = world.parsed::<Repositories>()?;
        match self.0.iter().filter_map(|image| text(image, "repositoryName")).find(|name| !repositories.has(name)) {
            Some(name) => {
                let what = format!("an image is in {name}, which is no repository of world/ecr/repositories.json");
                Err(ScenarioError::Invalid { file: FILE.to_owned(), what })
            }
            None => Ok(()),
        }
    }

    pub(super) fn of_repository(&self, name: &str) -> impl Iterator<Item = &Resource> {
        self.0.iter().filter(move |image| is(image, "repositoryName", name))
    }

    pub(super) fn find(&self, repository: &str, id: &ImageId) -> Option<&Resource> {
        self.of_repository(repository).find(|image| id.means(image))
    }
}

/// The tags of an image.
pub(super) fn tags(image: &Resource) -> impl Iterator<Item = &str> {
    image.get("imageTags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// An image by its digest, by a tag, or by both.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageId {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_tag: Option<String>,
}

impl ImageId {
    fn means(&self, image: &Resource) -> bool {
        (self.image_digest.is_some() || self.image_tag.is_some())
            && self.image_digest.as_ref().is_none_or(|digest| is(image, "imageDigest", digest))
            && self.image_tag.as_ref().is_none_or(|tag| tags(image).any(|held| held == tag))
    }

    /// AWS's error for an image that is not there.
    pub(super) fn not_found(&self, repository: &Repository) -> ApiError {
        let message = format!(
            "The image with imageId {self} does not exist within the repository with name '{}' {}",
            repository.name,
            repository.in_registry()
        );
        ApiError::sender("ImageNotFoundException", message)
    }
}

impl fmt::Display for ImageId {
    /// As ECR's messages write it: `{imageDigest:'null', imageTag:'v3'}`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = |half: &Option<String>| half.clone().unwrap_or_else(|| "null".to_owned());
        write!(formatter, "{{imageDigest:'{}', imageTag:'{}'}}", half(&self.image_digest), half(&self.image_tag))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(default)]
    image_ids: Vec<ImageId>,
    #[serde(default)]
    filter: Filter,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Filter {
    tag_status: Option<TagStatus>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "UPPERCASE")]
enum TagStatus {
    Tagged,
    Untagged,
    Any,
}

impl Filter {
    fn passes(&self, image: &Resource) -> bool {
        let is_tagged = tags(image).next().is_some();
        match self.tag_status {
            Some(TagStatus::Tagged) => is_tagged,
            Some(TagStatus::Untagged) => !is_tagged,
            Some(TagStatus::Any) | None => true,
        }
    }
}

pub(super) fn describe_images(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: Listing = read_input(input)?;
    let repository = Repository::find(world, &list.repository_name, list.registry_id.as_deref())?;
    let images = world.parsed::<Images>()?;
    if let Some(unknown) = list.image_ids.iter().find(|id| images.find(&repository.name, id).is_none()) {
        return Err(unknown.not_found(&repository));
    }
    let wanted = |image: &&Resource| {
        let named = &list.image_ids;
        list.filter.passes(image) && (named.is_empty() || named.iter().any(|id| id.means(image)))
    };
    let described = images.of_repository(&repository.name).filter(wanted).cloned().collect();
    pages(described, list.max_results, list.next_token.as_deref(), "imageDetails")
}

/// One id for each tag, and one for an image without tags.
pub(super) fn list_images(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: Listing = read_input(input)?;
    let repository = Repository::find(world, &list.repository_name, list.registry_id.as_deref())?;
    let images = world.parsed::<Images>()?;
    let ids = images.of_repository(&repository.name).filter(|image| list.filter.passes(image)).flat_map(ids).collect();
    pages(ids, list.max_results, list.next_token.as_deref(), "imageIds")
}

fn ids(image: &Resource) -> Vec<Resource> {
    let digest = text(image, "imageDigest").unwrap_or_default();
    let id = |tag: Option<&str>| {
        let tag = tag.map(|tag| ("imageTag".to_owned(), json!(tag)));
        Resource::from_iter([("imageDigest".to_owned(), json!(digest))].into_iter().chain(tag))
    };
    let tagged: Vec<Resource> = tags(image).map(|tag| id(Some(tag))).collect();
    if tagged.is_empty() { vec![id(None)] } else { tagged }
}
