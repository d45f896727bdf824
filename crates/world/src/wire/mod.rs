//! The wire protocols of AWS: a request becomes a [`Call`] with a plain JSON input, and the outcome of the call becomes
//! an answer in the protocol of the request.
//!
//! | protocol | recognised by | errors |
//! |---|---|---|
//! | awsJson 1.0 and 1.1 | `X-Amz-Target` | `__type` |
//! | RPC v2 CBOR | `Smithy-Protocol`, `/service/S/operation/O` | `__type` |
//! | awsQuery | form field `Action` | `<ErrorResponse>` |
//! | restJson1 | method and path | `x-amzn-ErrorType` |
//!
//! The same service may be spoken to in several of them (CloudWatch in three), so operations know nothing of protocols.
//! Inputs and outputs have the shape of the AWS CLI's JSON, times are RFC 3339 strings. What the JSON does not show
//! (which member is a time, what a list's XML elements are called) is in the service's [`Members`].

mod cbor;
mod members;
mod query;
mod recognise;
mod respond;
mod rest;
#[cfg(test)]
mod tests;
mod xml;

use serde_json::Value;

pub(crate) use members::Members;
pub(crate) use recognise::{Unrecognised, recognise};
pub(crate) use rest::Route;

use crate::services::Service;

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) service: &'static Service,
    pub(crate) operation: String,
    pub(crate) protocol: Protocol,
    /// In the shape of the AWS CLI's JSON, times as RFC 3339 strings.
    pub(crate) input: Value,
}

/// The protocol of a request, and so of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// awsJson with its version: `1.0` or `1.1`.
    Json(&'static str),
    /// RPC v2 CBOR.
    Cbor,
    /// awsQuery.
    Query,
    /// restJson1.
    RestJson,
}

/// A request without its transport.
pub(crate) type Request = http::Request<bytes::Bytes>;
/// An answer without its transport.
pub(crate) type Response = http::Response<bytes::Bytes>;
