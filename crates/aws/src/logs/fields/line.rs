//! A structured log line as its fields: a JSON object, alone or behind a head as Lambda's runtimes write one, or `key=value` pairs.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::pattern::{Pattern, pattern};

/// Fields that are read of one line.
const FIELDS: usize = 60;
/// How deep nested objects are read.
const DEPTH: usize = 5;
/// Bytes of a value that are compared.
const VALUE: usize = 256;
/// Bytes of a line that is read.
const LINE: usize = 64 * 1024;
/// Names under which loggers write the message.
const MESSAGES: [&str; 7] = ["message", "msg", "event", "eventName", "@m", "@mt", "Message"];

/// What differs from line to line in any case: numbers and ids.
static VARYING: Pattern =
    pattern!(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{8,}\b|[0-9]+");
static PAIR: Pattern = pattern!(r#"(?:^|[\s,;(\[])([A-Za-z_][\w.\-]*)=("(?:[^"\\]|\\.)*"|[^\s,;"]+)"#);

/// A field's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// As it is written.
    pub text: String,
    /// The number that it is.
    pub number: Option<f64>,
}

/// A line's message and fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// The message, with what varies in it masked; empty: none.
    pub beside: String,
    /// The fields by name, in the line's order; a name may come twice.
    pub fields: Vec<(String, Field)>,
}

/// A text with numbers and ids made `#`.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    VARYING.replaced(text, "#")
}

/// Reads a line; `None`: it has no fields.
pub(super) fn read(text: &str) -> Option<Line> {
    let text = text.trim_end();
    if text.len() > LINE || text.contains('\n') {
        return None;
    }
    of_json(text).or_else(|| of_pairs(text)).filter(|line| !line.fields.is_empty())
}

fn of_json(text: &str) -> Option<Line> {
    let start = if text.starts_with('{') { 0 } else { text.find("{\"").filter(|_| text.ends_with('}'))? };
    let Value::Object(object) = serde_json::from_str(text.get(start..)?).ok()? else { return None };
    let said = MESSAGES.iter().find_map(|name| Some((*name, object.get(*name)?.as_str()?)));
    let mut line = Line {
        beside: said.map(|(_, message)| masked(clipped(message)).into_owned()).unwrap_or_default(),
        fields: Vec::new(),
    };
    of_object(&object, "", said.map(|(name, _)| name), DEPTH, &mut line.fields);
    Some(line)
}

fn of_object(
    object: &Map<String, Value>,
    path: &str,
    message: Option<&str>,
    depth: usize,
    fields: &mut Vec<(String, Field)>,
) {
    for (name, value) in object {
        let name = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if fields.len() >= FIELDS || message == Some(name.as_str()) {
            continue;
        }
        match value {
            Value::Object(inner) if depth > 0 => of_object(inner, &name, None, depth - 1, fields),
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                fields.push((format!("{name}.length"), number(items.len() as f64)));
            }
            Value::Number(given) => {
                fields.push((name, Field { text: given.to_string(), number: given.as_f64() }));
            }
            Value::String(text) => fields.push((name, plain(text))),
            other => fields.push((name, plain(&other.to_string()))),
        }
    }
}

fn of_pairs(text: &str) -> Option<Line> {
    // Most lines of most programs hold no pairs: that is found out without the pattern.
    if text.bytes().filter(|byte| *byte == b'=').take(2).count() < 2 {
        return None;
    }
    let found = PAIR.all(text);
    let mut line = Line { beside: String::new(), fields: Vec::new() };
    let mut end_of_head = text.len();
    for pair in found.iter().take(FIELDS) {
        let (name, value) = (pair.get(1)?, pair.get(2)?);
        end_of_head = end_of_head.min(name.start());
        let unquoted = value.as_str().trim_matches('"');
        match MESSAGES.contains(&name.as_str()) && line.beside.is_empty() {
            true => line.beside = masked(clipped(unquoted)).into_owned(),
            false => {
                let number = unquoted.parse::<f64>().ok().filter(|number| number.is_finite());
                line.fields.push((name.as_str().to_owned(), Field { number, ..plain(unquoted) }));
            }
        }
    }
    if line.beside.is_empty() {
        line.beside = masked(clipped(text.get(..end_of_head)?.trim())).into_owned();
    }
    (line.fields.len() >= 2).then_some(line)
}

fn number(number: f64) -> Field {
    Field { text: number.to_string(), number: Some(number) }
}

fn plain(text: &str) -> Field {
    Field { text: clipped(text).to_owned(), number: None }
}

fn clipped(text: &str) -> &str {
    text.get(..text.floor_char_boundary(VALUE)).unwrap_or(text)
}
