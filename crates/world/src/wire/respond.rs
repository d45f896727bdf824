//! The outcome of a call in the protocol of its request.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::members::{Place, epoch_seconds};
use super::{Call, Members, Protocol, Response, Unrecognised, cbor, xml};
use crate::services::{ApiError, ErrorKind, Service};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

impl Call {
    /// The answer to this call.
    pub(crate) fn respond(&self, outcome: Result<Value, ApiError>, request_id: &str) -> Response {
        match outcome {
            Ok(output) => self.success(&output, request_id),
            Err(error) => failure(self.protocol, Some(self.service), &error, request_id),
        }
    }

    fn success(&self, output: &Value, request_id: &str) -> Response {
        let members = &self.service.members;
        let body = match self.protocol {
            Protocol::Cbor => cbor::encode(output, members),
            Protocol::Json(_) | Protocol::RestJson => json_output(output, Place::ROOT, members).to_string().into(),
            Protocol::Query => {
                let namespace = namespace(Some(self.service));
                xml::answer(&self.operation, namespace, output, members, request_id).into()
            }
        };
        response(200, self.protocol, HeaderMap::new(), body, request_id)
    }
}

impl Unrecognised {
    /// AWS's answer to a request that nobody takes.
    pub(crate) fn respond(&self, request_id: &str) -> Response {
        failure(self.protocol, None, &self.error, request_id)
    }
}

fn failure(protocol: Protocol, service: Option<&Service>, error: &ApiError, request_id: &str) -> Response {
    let code = error.code.as_ref();
    let mut headers = HeaderMap::new();
    if service.is_some_and(|service| service.query_compatible) && protocol != Protocol::Query {
        insert(&mut headers, QUERY_ERROR, &format!("{};Sender", error.query_code.unwrap_or(code)));
    }
    let body = match protocol {
        Protocol::Cbor => cbor::encode(&json!({"__type": code, "message": error.message}), &Members::NONE),
        Protocol::Json(_) => json_error(code, &error.message).to_string().into(),
        Protocol::RestJson => {
            insert(&mut headers, ERROR_TYPE, code);
            // Lambda's error shapes have both members.
            json!({"Type": "User", "Message": error.message, "message": error.message}).to_string().into()
        }
        Protocol::Query => {
            let code = match error.kind {
                ErrorKind::UnknownOperation => "InvalidAction",
                ErrorKind::Sender | ErrorKind::Throttling => error.query_code.unwrap_or(code),
            };
            xml::error(namespace(service), code, &error.message, request_id).into()
        }
    };
    response(error.status, protocol, headers, body, request_id)
}

fn json_error(code: &str, message: &str) -> Value {
    let mut error = Map::new();
    error.insert("__type".to_owned(), code.into());
    if !message.is_empty() {
        // Services differ in the letter's case: clients read either.
        error.insert("message".to_owned(), message.into());
        error.insert("Message".to_owned(), message.into());
    }
    Value::Object(error)
}

/// Times as epoch seconds, all else as it is.
fn json_output(value: &Value, place: Place<'_>, members: &Members) -> Value {
    match value {
        Value::Object(entries) => {
            let is_map = members.is_map(place);
            let entry = |(name, entry): (&String, &Value)| {
                let place = if is_map { place } else { place.member(name) };
                (name.clone(), json_output(entry, place, members))
            };
            Value::Object(entries.iter().filter(|(_, entry)| !entry.is_null()).map(entry).collect())
        }
        Value::Array(items) => items.iter().map(|item| json_output(item, place, members)).collect(),
        Value::String(text) if members.is_timestamp(place) => {
            text.parse::<Timestamp>().map_or_else(|_| value.clone(), epoch_seconds)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn response(status: u16, protocol: Protocol, mut headers: HeaderMap, body: Vec<u8>, request_id: &str) -> Response {
    let content_type = match protocol {
        Protocol::Json("1.0") => "application/x-amz-json-1.0",
        Protocol::Json(_) => "application/x-amz-json-1.1",
        Protocol::Cbor => "application/cbor",
        Protocol::Query => "text/xml",
        Protocol::RestJson => "application/json",
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if protocol == Protocol::Cbor {
        headers.insert(SMITHY_PROTOCOL, HeaderValue::from_static("rpc-v2-cbor"));
    }
    insert(&mut headers, REQUEST_ID, request_id);
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    *response.headers_mut() = headers;
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn namespace(service: Option<&Service>) -> &'static str {
    service.and_then(|service| service.query).map_or("", |query| query.namespace)
}
