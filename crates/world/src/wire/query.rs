//! awsQuery requests: form fields with dotted paths become a tree.
//!
//! `Filters.Filter.1.Values.Value.1=x` becomes `{"Filters": [{"Values": ["x"]}]}`: a node whose only child counts its own
//! children from 1 is a list, whatever the name between (`member` for most services).

use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::Members;
use super::members::Place;

/// The fields of a query request.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) action: Option<String>,
    pub(super) version: Option<String>,
    fields: Vec<(String, String)>,
}

#[derive(Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Form {
    /// Reads the fields of the query string and of the body.
    pub(super) fn parse(query_string: &[u8], body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in fields(query_string).chain(fields(body)) {
            match name.as_str() {
                "Action" => form.action = Some(value),
                "Version" => form.version = Some(value),
                _ => form.fields.push((name, value)),
            }
        }
        form
    }

    /// The input that the fields spell.
    pub(super) fn into_input(self, members: &Members) -> Value {
        let mut root = Node::default();
        for (path, text) in self.fields {
            let node = path.split('.').fold(&mut root, |node, name| node.children.entry(name.to_owned()).or_default());
            node.text = Some(text);
        }
        let Node { children, .. } = root;
        object(children, Place::ROOT, members)
    }
}

/// `name=value` pairs of a query string or a form, decoded.
pub(super) fn fields(encoded: &[u8]) -> impl Iterator<Item = (String, String)> {
    encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default());
        (name, decode(halves.next().unwrap_or_default()))
    })
}

fn decode(encoded: &[u8]) -> String {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

fn object(children: BTreeMap<String, Node>, place: Place<'_>, members: &Members) -> Value {
    let members: Map<_, _> = children
        .into_iter()
        .map(|(name, node)| {
            let value = value(node, place.member(&name), members);
            (name, value)
        })
        .collect();
    Value::Object(members)
}

fn value(node: Node, place: Place<'_>, members: &Members) -> Value {
    let Node { text, mut children } = node;
    if children.is_empty() {
        return members.typed(place, text.unwrap_or_default());
    }
    if children.len() == 1
        && let Some(wrapper) = children.first_entry()
        && is_counted(&wrapper.get().children)
    {
        children = wrapper.remove().children;
    }
    if !is_counted(&children) {
        return object(children, place, members);
    }
    let mut items: Vec<_> =
        children.into_iter().filter_map(|(index, node)| Some((index.parse::<u32>().ok()?, node))).collect();
    items.sort_by_key(|(index, _)| *index);
    Value::Array(items.into_iter().map(|(_, node)| value(node, place, members)).collect())
}

fn is_counted(children: &BTreeMap<String, Node>) -> bool {
    !children.is_empty() && children.keys().all(|name| name.parse::<u32>().is_ok())
}
