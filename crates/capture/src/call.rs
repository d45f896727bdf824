//! An exchange, read: which operation of which service it was, what it was asked, and what was answered.
//!
//! | protocol | known by |
//! |---|---|
//! | RPC v2 CBOR (CloudWatch) | `/service/…/operation/OPERATION` |
//! | JSON 1.0 and 1.1 | the header `x-amz-target` |
//! | query (XML) | the form fields `Action` and `Version` |
//! | REST (Lambda) | method and path |

use std::io::Read;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::{cbor, recorder::Exchange, shape::Part, xml, xml::Element};

/// A request's body after decompression, at most.
const LARGEST: u64 = 16 << 20;

/// One call of one operation.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The prefix of the service's IAM actions: `elasticloadbalancing`.
    pub(crate) service: &'static str,
    /// `DescribeRules`.
    pub(crate) operation: String,
    /// The input as JSON; of query and REST requests, its fields as text.
    pub(crate) input: Value,
    pub(crate) answer: Answer,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Json(Value),
    /// The element that holds the result.
    Xml(Element),
    /// The error's code.
    Error(String),
}

impl Call {
    /// Whether it was this operation: `ecs:DescribeTasks`.
    pub(crate) fn is(&self, operation: &str) -> bool {
        operation.split_once(':').is_some_and(|(service, name)| self.service == service && self.operation == name)
    }

    /// `ecs:DescribeTasks`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// A text of the input.
    pub(crate) fn asked(&self, member: &str) -> Option<&str> {
        self.input.get(member)?.as_str()
    }

    /// The error's code, if it is one.
    pub(crate) fn error(&self) -> Option<&str> {
        match &self.answer {
            Answer::Error(code) => Some(code),
            Answer::Json(_) | Answer::Xml(_) => None,
        }
    }

    /// A member of the answer.
    pub(crate) fn part(&self, member: &str) -> Option<Part<'_>> {
        match &self.answer {
            Answer::Json(value) => value.get(member).map(Part::Json),
            Answer::Xml(element) => element.child(member).map(Part::Xml),
            Answer::Error(_) => None,
        }
    }

    /// The items of a list of the answer.
    pub(crate) fn items(&self, list: &str) -> Vec<Part<'_>> {
        match self.part(list) {
            Some(Part::Json(Value::Array(items))) => items.iter().map(Part::Json).collect(),
            Some(Part::Xml(element)) => element.children.iter().map(Part::Xml).collect(),
            _ => Vec::new(),
        }
    }

    /// The length of the answer's longest list.
    pub(crate) fn length(&self) -> usize {
        let lists = match &self.answer {
            Answer::Json(Value::Object(members)) => members.values().filter_map(Value::as_array).map(Vec::len).max(),
            Answer::Xml(element) => element.children.iter().map(|list| list.children.len()).max(),
            Answer::Json(_) | Answer::Error(_) => None,
        };
        lists.unwrap_or(0)
    }
}

/// The text of a part.
pub(crate) fn text(part: Part<'_>) -> Option<&str> {
    match part {
        Part::Json(value) => value.as_str(),
        Part::Xml(element) => Some(&element.text),
    }
}

/// Target prefixes and the services that have them. CloudTrail's and others' are longer in some clients.
const TARGETS: [(&str, &str); 5] = [
    ("Logs_", "logs"),
    ("AmazonEC2ContainerServiceV", "ecs"),
    ("AmazonEC2ContainerRegistry_V", "ecr"),
    ("secretsmanager", "secretsmanager"),
    ("CloudTrail_", "cloudtrail"),
];

/// API versions of the services that speak query.
const VERSIONS: [(&str, &str); 4] = [
    ("2010-05-15", "cloudformation"),
    ("2015-12-01", "elasticloadbalancing"),
    ("2014-10-31", "rds"),
    ("2011-06-15", "sts"),
];

/// Reads an exchange. `None`: it is no call of a service that a world has, such as the download of a package, or it cannot be read.
pub(crate) fn of(exchange: &Exchange) -> Option<Call> {
    let (path, query) = path_and_query(&exchange.uri);
    let request = request(exchange)?;
    if let Some((service, operation)) = path.strip_prefix("/service/").and_then(|rest| rest.split_once("/operation/")) {
        let service = if service.starts_with("Granite") { "cloudwatch" } else { return None };
        let answer = answered(exchange, cbor::read(&exchange.response).ok());
        return Some(Call { service, operation: operation.to_owned(), input: cbor::read(&request).ok()?, answer });
    }
    if let Some(target) = &exchange.target {
        let (prefix, operation) = target.rsplit_once('.')?;
        let (_, service) = TARGETS.iter().find(|(known, _)| prefix.contains(known))?;
        let answer = answered(exchange, json(&exchange.response));
        return Some(Call { service, operation: operation.to_owned(), input: json(&request)?, answer });
    }
    let form = fields(std::str::from_utf8(&request).ok()?);
    if let (Some(Value::String(action)), Some(Value::String(version))) = (form.get("Action"), form.get("Version")) {
        let (_, service) = VERSIONS.iter().find(|(known, _)| known == version)?;
        let (operation, answer) = (action.clone(), query_answer(exchange, action)?);
        return Some(Call { service, operation, input: Value::Object(form), answer });
    }
    let mut input = fields(query);
    let (operation, function) = of_lambda(&exchange.method, path)?;
    if let Some(function) = function {
        input.insert("FunctionName".to_owned(), Value::String(function));
    }
    let answer = answered(exchange, json(&exchange.response));
    Some(Call { service: "lambda", operation: operation.to_owned(), input: Value::Object(input), answer })
}

/// `/path` and what stands behind its question mark.
fn path_and_query(uri: &str) -> (&str, &str) {
    let local =
        uri.split_once("://").map_or(uri, |(_, rest)| rest.find('/').map_or("/", |at| rest.get(at..).unwrap_or("/")));
    local.split_once('?').unwrap_or((local, ""))
}

/// The request's body, unpacked.
fn request(exchange: &Exchange) -> Option<Vec<u8>> {
    if !exchange.is_gzipped {
        return Some(exchange.request.to_vec());
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(exchange.request.as_ref()).take(LARGEST).read_to_end(&mut plain).ok()?;
    Some(plain)
}

fn json(body: &[u8]) -> Option<Value> {
    if body.is_empty() { Some(Value::Object(Map::new())) } else { serde_json::from_slice(body).ok() }
}

fn answered(exchange: &Exchange, body: Option<Value>) -> Answer {
    if exchange.status < 300 {
        return body.map_or_else(|| Answer::Error("unreadable".to_owned()), Answer::Json);
    }
    let of_body = || Some(body.as_ref()?.get("__type")?.as_str()?.to_owned());
    let code = exchange.error_type.clone().or_else(of_body).unwrap_or_else(|| exchange.status.to_string());
    // `com.amazon…#AccessDeniedException:http://…`
    let code = code.split(':').next().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    Answer::Error(code.to_owned())
}

fn query_answer(exchange: &Exchange, action: &str) -> Option<Answer> {
    let root = std::str::from_utf8(&exchange.response).ok().and_then(|text| xml::read(text).ok());
    if exchange.status < 300 {
        return Some(Answer::Xml(root?.child(&format!("{action}Result"))?.clone()));
    }
    let code = root.and_then(|root| Some(root.child("Error").or(root.child("Errors"))?.child("Code")?.text.clone()));
    Some(Answer::Error(code.unwrap_or_else(|| exchange.status.to_string())))
}

/// The fields of a form or of a query string.
fn fields(form: &str) -> Map<String, Value> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let field = |field: &str| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        (decoded(name), Value::String(decoded(value)))
    };
    form.split('&').filter(|part| !part.is_empty()).map(field).collect()
}

/// Lambda's operations by their path, and the function's name in it.
fn of_lambda(method: &str, path: &str) -> Option<(&'static str, Option<String>)> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = |part: &str| Some(percent_decode_str(part).decode_utf8_lossy().into_owned());
    if method != "GET" {
        return None;
    }
    Some(match parts.as_slice() {
        ["2015-03-31", "functions"] => ("ListFunctions", None),
        ["2015-03-31", "functions", function] => ("GetFunction", name(function)),
        ["2015-03-31", "functions", function, "configuration"] => ("GetFunctionConfiguration", name(function)),
        ["2015-03-31", "functions", function, "versions"] => ("ListVersionsByFunction", name(function)),
        ["2015-03-31", "functions", function, "policy"] => ("GetPolicy", name(function)),
        ["2015-03-31", "functions", function, "aliases"] => ("ListAliases", name(function)),
        ["2015-03-31", "event-source-mappings"] => ("ListEventSourceMappings", None),
        ["2019-09-30", "functions", function, "concurrency"] => ("GetFunctionConcurrency", name(function)),
        _ => return None,
    })
}
