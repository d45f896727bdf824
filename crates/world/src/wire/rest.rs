//! restJson1 requests: method and path give the operation; path labels and the query string are members of the input.

use http::{Method, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::members::Place;
use super::query;
use crate::services::Service;

/// Where an operation of restJson1 lives: `GET /2015-03-31/functions/{FunctionName}`. A label holds one path segment.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) operation: &'static str,
}

/// A route that a request takes.
pub(super) struct Matched {
    pub(super) operation: &'static str,
    pub(super) parameters: Map<String, Value>,
}

/// The route of a service that fits a request, with or without a slash at the path's end.
pub(super) fn route(service: &Service, method: &Method, uri: &Uri) -> Option<Matched> {
    let path = uri.path().trim_end_matches('/');
    let (route, mut parameters) = service
        .routes
        .iter()
        .filter(|route| method == route.method)
        .find_map(|route| Some((route, labels(route.path, path)?)))?;
    for (name, text) in query::fields(uri.query().unwrap_or_default().as_bytes()) {
        let value = service.members.typed(Place::ROOT.member(&name), text);
        parameters.insert(name, value);
    }
    Some(Matched { operation: route.operation, parameters })
}

fn labels(template: &str, path: &str) -> Option<Map<String, Value>> {
    let mut segments = path.split('/');
    let mut labels = Map::new();
    for part in template.split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(label) => {
                let text = percent_decode_str(segment).decode_utf8_lossy().into_owned();
                labels.insert(label.to_owned(), Value::String(text));
            }
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(labels)
}
