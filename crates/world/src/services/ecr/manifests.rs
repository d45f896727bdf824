//! BatchGetImage: manifests, by tag or digest.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::SERVICE;
use super::images::{ImageId, Images};
use super::repositories::{Repository, invalid};
use crate::services::resource::{self, Resource, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

const FILE: &str = "world/ecr/manifests.json";
/// What BatchGetImage takes at most.
const MOST_IMAGES: usize = 100;
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// Manifests as text, by the image's digest.
pub(super) struct Manifests(Resource);

impl Parsed for Manifests {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut manifests = resource::read_map(scenario, &SERVICE, FILE)?;
        for manifest in manifests.values_mut().filter(|manifest| !manifest.is_string()) {
            *manifest = Value::String(manifest.to_string());
        }
        Ok(Self(manifests))
    }
}

impl Manifests {
    /// The manifest of an image; where the file has none, one with a single layer of the image's size.
    fn of(&self, image: &Resource, media_type: &str) -> String {
        let digest = text(image, "imageDigest").unwrap_or_default();
        if let Some(manifest) = self.0.get(digest).and_then(Value::as_str) {
            return manifest.to_owned();
        }
        let blob =
            |part: &str| format!("sha256:{:x}", Bytes::from(Sha256::digest(format!("{part} of {digest}")).to_vec()));
        let size = image.get("imageSizeInBytes").cloned().unwrap_or_else(|| json!(0));
        json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": 7023,
                "digest": blob("config"),
            },
            "layers": [{
                "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                "size": size,
                "digest": blob("layer"),
            }],
        })
        .to_string()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGetImage {
    registry_id: Option<String>,
    repository_name: String,
    image_ids: Vec<ImageId>,
}

pub(super) fn batch_get_image(world: &World, input: &Value) -> Result<Value, ApiError> {
    let get: BatchGetImage = read_input(input)?;
    let repository = Repository::find(world, &get.repository_name, get.registry_id.as_deref())?;
    if get.image_ids.len() > MOST_IMAGES {
        return Err(invalid(format!("imageIds can have at most {MOST_IMAGES} items")));
    }
    let (manifests, known) = (world.parsed::<Manifests>()?, world.parsed::<Images>()?);
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    for id in get.image_ids {
        let Some(image) = known.find(&repository.name, &id) else {
            failures.push(json!({
                "imageId": id,
                "failureCode": "ImageNotFound",
                "failureReason": "Requested image not found",
            }));
            continue;
        };
        let digest = text(image, "imageDigest").map(str::to_owned);
        let media_type = text(image, "imageManifestMediaType").unwrap_or(MANIFEST);
        images.push(json!({
            "registryId": repository.registry,
            "repositoryName": repository.name,
            "imageId": ImageId { image_digest: digest, ..id },
            "imageManifest": manifests.of(image, media_type),
            "imageManifestMediaType": media_type,
        }));
    }
    Ok(json!({"images": images, "failures": failures}))
}
