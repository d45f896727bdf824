//! ECR: references of images taken apart, the SDK's images made facts, and the calls that several tools make.
//!
//! An image's architectures are those that its manifest names: an image index does, the manifest of a single image does not (its
//! configuration blob does, which is never downloaded).

use aws_sdk_ecr::types::{ImageDetail, ImageIdentifier};
use jiff::Timestamp;
use marple_case::facts::Image;
use serde_json::Value;

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    time,
};

mod reference;

pub(crate) use reference::Reference;

/// Images of a repository that are listed at most; ECR lists them in no order.
const IMAGES: usize = 5_000;
/// Manifests that one call gives.
const MANIFESTS: usize = 100;
/// The kinds of manifests that are understood.
const ACCEPTED: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

fn fact(image: &ImageDetail, repository: &str) -> Image {
    let at = |time: Option<&aws_smithy_types::DateTime>| time.and_then(time::timestamp);
    Image {
        repository: image.repository_name().unwrap_or(repository).to_owned(),
        digest: image.image_digest().unwrap_or_default().to_owned(),
        tags: image.image_tags().to_vec(),
        pushed: at(image.image_pushed_at()),
        size: image.image_size_in_bytes().and_then(|size| u64::try_from(size).ok()),
        pulled: at(image.last_recorded_pull_time()),
        architectures: Vec::new(),
    }
}

/// Images of a repository, the newest first, and whether these are all. With a tag or digest: that one; ECR refuses one that does not
/// exist with ImageNotFoundException.
pub(crate) async fn of(
    repository: &str,
    registry: Option<&str>,
    only: Option<ImageIdentifier>,
    clients: &Clients,
) -> Result<(Vec<Image>, bool), Fault> {
    let mut images: Vec<Image> = Vec::new();
    let mut token = None;
    loop {
        let asked = clients.ecr().describe_images().repository_name(repository);
        let asked = asked.set_registry_id(registry.map(str::to_owned)).set_next_token(token);
        let asked = asked.set_image_ids(only.clone().map(|only| vec![only]));
        let page = asked.send().await.asked("ecr:DescribeImages")?;
        images.extend(page.image_details().iter().map(|image| fact(image, repository)));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() || images.len() >= IMAGES {
            break;
        }
    }
    images.sort_by_key(|image| std::cmp::Reverse(image.pushed.unwrap_or(Timestamp::MIN)));
    Ok((images, token.is_none()))
}

/// Fills in the architectures that the images' manifests name.
pub(crate) async fn with_architectures(
    images: &mut [Image],
    repository: &str,
    registry: Option<&str>,
    clients: &Clients,
) -> Result<(), Fault> {
    for batch in images.chunks_mut(MANIFESTS) {
        let ids = batch.iter().map(|image| ImageIdentifier::builder().image_digest(&image.digest).build()).collect();
        let asked = clients.ecr().batch_get_image().repository_name(repository);
        let asked = asked.set_registry_id(registry.map(str::to_owned)).set_image_ids(Some(ids));
        let asked = asked.set_accepted_media_types(Some(ACCEPTED.map(str::to_owned).to_vec()));
        let answer = asked.send().await.asked("ecr:BatchGetImage")?;
        for read in answer.images() {
            let digest = read.image_id().and_then(|id| id.image_digest());
            let manifest = read.image_manifest().and_then(|text| serde_json::from_str(text).ok());
            let image = batch.iter_mut().find(|image| Some(image.digest.as_str()) == digest);
            if let (Some(image), Some(manifest)) = (image, manifest) {
                image.architectures = architectures(&manifest);
            }
        }
    }
    Ok(())
}

/// The architectures that a manifest names: those of an index's images, or its own. `unknown` is that of attestations.
fn architectures(manifest: &Value) -> Vec<String> {
    let listed = manifest.get("manifests").and_then(Value::as_array).into_iter().flatten();
    let platforms = listed.filter_map(|image| image.get("platform")).chain(manifest.pointer("/config/platform"));
    let named = platforms.chain([manifest]).filter_map(|platform| {
        let architecture = platform.get("architecture")?.as_str()?;
        let variant = platform.get("variant").and_then(Value::as_str).map(|variant| format!("/{variant}"));
        Some(format!("{architecture}{}", variant.unwrap_or_default()))
    });
    let mut architectures: Vec<String> = named.filter(|architecture| architecture != "unknown").collect();
    architectures.sort();
    architectures.dedup();
    architectures
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::architectures;

    #[test]
    fn an_index_names_its_architectures_and_a_single_image_does_not() {
        let of = |name: &str| json!({"digest": "sha256:1", "platform": {"architecture": name, "os": "linux"}});
        let index = json!({"schemaVersion": 2, "manifests": [of("arm64"), of("amd64"), of("unknown"), of("amd64")]});
        assert_eq!(architectures(&index), ["amd64", "arm64"]);
        assert!(architectures(&json!({"schemaVersion": 2, "config": {"digest": "sha256:1"}, "layers": []})).is_empty());
        assert!(architectures(&json!("text")).is_empty());
    }
}
