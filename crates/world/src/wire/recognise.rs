//! Which service and operation a request is for, in which protocol, and its input as plain JSON.

use std::io::Read;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST};
use serde_json::{Map, Value};

use super::{Call, Members, Protocol, Request, cbor, query, rest};
use crate::services::{ApiError, SERVICES, Service};

/// A request's body after decompression, at most; AWS's own limits are far lower.
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024;

/// A request that no service of the world takes, with the answer that AWS gives.
#[derive(Debug)]
pub(crate) struct Unrecognised {
    pub(crate) protocol: Protocol,
    pub(crate) error: ApiError,
}

/// Recognises a request by its headers, its path and its body.
pub(crate) fn recognise(request: &Request) -> Result<Call, Unrecognised> {
    let protocol = protocol_of(request);
    decode(request, protocol).map_err(|error| Unrecognised { protocol, error })
}

fn protocol_of(request: &Request) -> Protocol {
    let content_type = header(request, CONTENT_TYPE.as_str());
    if header(request, "smithy-protocol") == "rpc-v2-cbor" {
        Protocol::Cbor
    } else if request.headers().contains_key("x-amz-target") {
        Protocol::Json(if content_type.ends_with("1.0") { "1.0" } else { "1.1" })
    } else if content_type.starts_with("application/x-www-form-urlencoded") || query_string(request).contains("Action=")
    {
        Protocol::Query
    } else {
        Protocol::RestJson
    }
}

fn decode(request: &Request, protocol: Protocol) -> Result<Call, ApiError> {
    let body = plain_body(request)?;
    match protocol {
        Protocol::Cbor => decode_cbor(request, &body),
        Protocol::Json(_) => decode_json(request, protocol, &body),
        Protocol::Query => decode_query(request, &body),
        Protocol::RestJson => decode_rest(request, &body),
    }
}

fn decode_cbor(request: &Request, body: &[u8]) -> Result<Call, ApiError> {
    let path = request.uri().path();
    let (target, operation) = path
        .split_once("/service/")
        .and_then(|(_, rest)| rest.split_once("/operation/"))
        .ok_or_else(|| ApiError::unknown_operation(path))?;
    let service = by_target(target).ok_or_else(|| ApiError::unknown_operation(operation))?;
    let mut input = cbor::decode(body)?;
    normalise(&service.members, &mut input)?;
    Ok(Call { service, operation: operation.to_owned(), protocol: Protocol::Cbor, input })
}

fn decode_json(request: &Request, protocol: Protocol, body: &[u8]) -> Result<Call, ApiError> {
    let header = header(request, "x-amz-target");
    let (target, operation) = header.rsplit_once('.').ok_or_else(|| ApiError::unknown_operation(header))?;
    let service = by_target(target).ok_or_else(|| ApiError::unknown_operation(operation))?;
    let mut input = json_object(body)?;
    normalise(&service.members, &mut input)?;
    Ok(Call { service, operation: operation.to_owned(), protocol, input })
}

fn decode_query(request: &Request, body: &[u8]) -> Result<Call, ApiError> {
    let form = query::Form::parse(query_string(request).as_bytes(), body);
    let operation = form.action.clone().ok_or_else(|| ApiError::sender("MissingAction", "Missing Action"))?;
    let service =
        query_service(request, form.version.as_deref()).ok_or_else(|| ApiError::unknown_operation(&operation))?;
    let mut input = form.into_input(&service.members);
    normalise(&service.members, &mut input)?;
    Ok(Call { service, operation, protocol: Protocol::Query, input })
}

fn decode_rest(request: &Request, body: &[u8]) -> Result<Call, ApiError> {
    let (service, matched) = SERVICES
        .iter()
        .find_map(|service| Some((*service, rest::route(service, request.method(), request.uri())?)))
        .ok_or_else(|| ApiError::unknown_operation(request.uri().path()).with_status(404))?;
    let mut input = json_object(body)?;
    if let Value::Object(members) = &mut input {
        members.extend(matched.parameters);
    }
    normalise(&service.members, &mut input)?;
    Ok(Call { service, operation: matched.operation.to_owned(), protocol: Protocol::RestJson, input })
}

fn by_target(target: &str) -> Option<&'static Service> {
    SERVICES.iter().copied().find(|service| service.target.is_some_and(|known| target.ends_with(known)))
}

/// The service of a query request: by the signature's scope, else by the host, else by the API's version. Two services
/// may sign alike (the two generations of load balancers): another version is another service.
fn query_service(request: &Request, version: Option<&str>) -> Option<&'static Service> {
    let query_services = || {
        SERVICES
            .iter()
            .copied()
            .filter(|service| service.query.is_some_and(|query| version.is_none_or(|version| query.version == version)))
    };
    let signed_for = header(request, AUTHORIZATION.as_str())
        .split_once("Credential=")
        .and_then(|(_, credential)| credential.split(',').next()?.rsplit('/').nth(1));
    let host = request.uri().host().unwrap_or_else(|| header(request, HOST.as_str()));
    let first_label = host.split('.').next();
    query_services()
        .find(|service| Some(service.signing_name) == signed_for)
        .or_else(|| query_services().find(|service| Some(service.signing_name) == first_label))
        .or_else(|| query_services().find(|_| version.is_some()))
}

fn normalise(members: &Members, input: &mut Value) -> Result<(), ApiError> {
    members.normalise(input).map_err(|what| ApiError::sender("SerializationException", what))
}

fn json_object(body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| ApiError::sender("SerializationException", "the body is not a JSON object"))
}

fn plain_body(request: &Request) -> Result<Bytes, ApiError> {
    if header(request, CONTENT_ENCODING.as_str()) != "gzip" {
        return Ok(request.body().clone());
    }
    let mut body = Vec::new();
    let read = flate2::read::GzDecoder::new(request.body().as_ref()).take(MAX_BODY_BYTES).read_to_end(&mut body);
    match read {
        Ok(_) => Ok(body.into()),
        Err(error) => Err(ApiError::sender("SerializationException", format!("the body is not gzip: {error}"))),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn query_string(request: &Request) -> &str {
    request.uri().query().unwrap_or_default()
}
