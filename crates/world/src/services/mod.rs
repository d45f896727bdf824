//! The services of the world, one file each, and the dispatch of a call to its operation.
//!
//! An operation is a function from an input to an output, both in the shape of the AWS CLI's JSON with times as
//! RFC 3339 strings, whatever the protocol of the request: `wire` decodes and encodes. To add a service: write its file
//! with a `pub(super) const SERVICE: Service`, and add its line to [`SERVICES`].
//!
//! Invariants: an operation that is not listed is answered with AWS's own "unknown operation" error, never with an empty
//! success; nothing later than the scenario's `now` is in any output.

mod application_autoscaling;
mod cloudformation;
mod cloudtrail;
mod cloudwatch;
mod ecr;
mod ecs;
mod elbv2;
mod error;
pub(crate) mod faults;
mod lambda;
mod logs;
mod rds;
mod resource;
mod secretsmanager;
mod sts;
#[cfg(test)]
pub(crate) mod tests;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use error::{ApiError, ErrorKind};
pub(crate) use faults::{Met, Transport};
pub(crate) use lambda::package::{Package, SNAPSHOTS};

use crate::wire::{Members, Route};
use crate::{ScenarioError, World};

/// The services that a world answers for.
pub(crate) const SERVICES: &[&Service] = &[
    &application_autoscaling::SERVICE,
    &cloudformation::SERVICE,
    &cloudtrail::SERVICE,
    &cloudwatch::SERVICE,
    &ecr::SERVICE,
    &ecs::SERVICE,
    &elbv2::SERVICE,
    &lambda::SERVICE,
    &logs::SERVICE,
    &rds::SERVICE,
    &secretsmanager::SERVICE,
    &sts::SERVICE,
];

/// An operation: input to output, both as the AWS CLI's JSON.
pub(crate) type Operation = fn(&World, &Value) -> Result<Value, ApiError>;

/// What the wire and the dispatch have to know of a service.
#[derive(Debug)]
pub(crate) struct Service {
    /// Prefix of its IAM actions, as in `wire.deny`: `cloudwatch`.
    pub(crate) name: &'static str,
    /// Service in the credential scope of a signature, and first label of the host: `monitoring`.
    pub(crate) signing_name: &'static str,
    /// How `X-Amz-Target` (before the operation) and the path of RPC v2 requests end: `Logs_20140328`.
    pub(crate) target: Option<&'static str>,
    /// `Version` of the query protocol and its answers' XML name space.
    pub(crate) query: Option<QueryApi>,
    /// Routes of restJson1.
    pub(crate) routes: &'static [Route],
    /// Whether JSON and CBOR errors carry the query protocol's code too (`x-amzn-query-error`).
    pub(crate) query_compatible: bool,
    /// Members whose type the JSON of the AWS CLI does not show.
    pub(crate) members: Members,
    /// Operations by name.
    pub(crate) operations: &'static [(&'static str, Operation)],
    /// Parses every file of the service.
    pub(crate) check: fn(&World) -> Result<(), ScenarioError>,
}

/// A service's awsQuery protocol.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueryApi {
    pub(crate) version: &'static str,
    pub(crate) namespace: &'static str,
}

impl Service {
    /// A service without any operation: the base of every `SERVICE`.
    pub(crate) const BLANK: Self = Self {
        name: "",
        signing_name: "",
        target: None,
        query: None,
        routes: &[],
        query_compatible: false,
        members: Members::NONE,
        operations: &[],
        check: |_| Ok(()),
    };
}

/// Calls an operation that met this on the wire.
pub(crate) fn call(
    world: &World,
    service: &Service,
    operation: &str,
    input: &Value,
    met: Met,
) -> Result<Value, ApiError> {
    let Some((_, run)) = service.operations.iter().find(|(name, _)| *name == operation) else {
        tracing::warn!(service = service.name, operation, "the world does not know this operation");
        return Err(ApiError::unknown_operation(operation));
    };
    match met {
        Met::Refusal(kind) => Err(faults::refusal(world, service, operation, kind)),
        Met::Answer(_) => run(world, input),
    }
}

/// An operation's input as a type of its own; a member of a wrong type is AWS's serialization error.
fn read_input<T: DeserializeOwned>(input: &Value) -> Result<T, ApiError> {
    T::deserialize(input).map_err(|error| ApiError::sender("SerializationException", error.to_string()))
}
