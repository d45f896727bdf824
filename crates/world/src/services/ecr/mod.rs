//! ECR: repositories, their images, manifests and scan findings.
//!
//! Layers are not played: GetDownloadUrlForLayer is unknown here.

mod images;
mod manifests;
mod repositories;
mod scans;

use super::Service;
use crate::wire::Members;

/// ECR.
pub(super) const SERVICE: Service = Service {
    name: "ecr",
    signing_name: "ecr",
    target: Some("AmazonEC2ContainerRegistry_V20150921"),
    members: Members {
        timestamps: &[
            "createdAt",
            "firstObservedAt",
            "imagePushedAt",
            "imageScanCompletedAt",
            "lastActivatedAt",
            "lastArchivedAt",
            "lastInUseAt",
            "lastObservedAt",
            "lastRecordedPullTime",
            "pushedAt",
            "updatedAt",
            "vendorCreatedAt",
            "vendorUpdatedAt",
            "vulnerabilitySourceUpdatedAt",
        ],
        maps: &["findingSeverityCounts", "resources/tags"],
        ..Members::NONE
    },
    operations: &[
        ("BatchGetImage", manifests::batch_get_image),
        ("DescribeImageScanFindings", scans::describe_image_scan_findings),
        ("DescribeImages", images::describe_images),
        ("DescribeRepositories", repositories::describe_repositories),
        ("ListImages", images::list_images),
    ],
    check: |world| {
        world.parsed::<repositories::Repositories>()?;
        world.parsed::<images::Images>()?.check(world)?;
        world.parsed::<manifests::Manifests>()?;
        world.parsed::<scans::Scans>().map(drop)
    },
    ..Service::BLANK
};
