//! DescribeImageScanFindings.

use serde::Deserialize;
use serde_json::{Value, json};

use super::SERVICE;
use super::images::{ImageId, Images};
use super::repositories::{Repository, pages};
use crate::services::resource::{self, Resource, existed, items, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

const FILE: &str = "world/ecr/scan-findings.json";
const FINDINGS: &str = "findings";

/// `imageScanFindings` of scans that were complete by now, by the image's digest.
pub(super) struct Scans(Resource);

impl Parsed for Scans {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut scans = Resource::new();
        for (digest, scan) in resource::read_map(scenario, &SERVICE, FILE)? {
            let Value::Object(mut scan) = scan else {
                let what = format!("{digest} is not an object with findings");
                return Err(ScenarioError::Invalid { file: FILE.to_owned(), what });
            };
            // The whole output of describe-image-scan-findings does as well.
            if let Some(Value::Object(findings)) = scan.remove("imageScanFindings") {
                scan = findings;
            }
            if existed(&scan, "imageScanCompletedAt", scenario.now) {
                scans.insert(digest, Value::Object(scan));
            }
        }
        Ok(Self(scans))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeImageScanFindings {
    registry_id: Option<String>,
    repository_name: String,
    image_id: ImageId,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe_image_scan_findings(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: DescribeImageScanFindings = read_input(input)?;
    let repository = Repository::find(world, &describe.repository_name, describe.registry_id.as_deref())?;
    let (images, scans) = (world.parsed::<Images>()?, world.parsed::<Scans>()?);
    let id = describe.image_id;
    let image = images.find(&repository.name, &id).ok_or_else(|| id.not_found(&repository))?;
    let digest = text(image, "imageDigest").unwrap_or_default();
    let scan = scans.0.get(digest).and_then(Value::as_object).ok_or_else(|| not_found(&id, &repository))?;
    let findings = items(scan, FINDINGS).cloned().collect();
    let page = pages(findings, describe.max_results, describe.next_token.as_deref(), FINDINGS)?;
    let mut shown = scan.clone();
    shown.insert(FINDINGS.to_owned(), page.get(FINDINGS).cloned().unwrap_or_default());
    Ok(json!({
        "registryId": repository.registry,
        "repositoryName": repository.name,
        "imageId": ImageId { image_digest: Some(digest.to_owned()), ..id },
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": shown,
        "nextToken": page.get("nextToken"),
    }))
}

fn not_found(id: &ImageId, repository: &Repository) -> ApiError {
    let message = format!(
        "Image scan does not exist for the image with '{id}' in the repository with name '{}' {}",
        repository.name,
        repository.in_registry()
    );
    ApiError::sender("ScanNotFoundException", message)
}
