//! CloudFormation: stacks, their resources, events and templates.

mod operations;
mod stacks;

use super::{QueryApi, Service};
use crate::wire::Members;
use stacks::Stacks;

/// CloudFormation.
pub(super) const SERVICE: Service = Service {
    name: "cloudformation",
    signing_name: "cloudformation",
    query: Some(QueryApi { version: "2010-05-15", namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/" }),
    members: Members {
        timestamps: &[
            "CreationTime",
            "DeletionTime",
            "LastCheckTimestamp",
            "LastUpdatedTime",
            "LastUpdatedTimestamp",
            "Timestamp",
        ],
        ..Members::NONE
    },
    operations: operations::OPERATIONS,
    check: |world| world.parsed::<Stacks>().map(drop),
    ..Service::BLANK
};
