//! Templates of CloudFormation, cut into what they say of each resource. Pure.
//!
//! A YAML template is cut by its indentation, and its lines stay as they are: comments tell why, and tags such as `!GetAtt` are no YAML that
//! a common parser knows. A JSON template (the CDK's, and what a transform made) is written as YAML's lines, a small value on one line.
//!
//! Invariant: what is given away has gone through the [`Hider`], by names, too.

use std::{fmt::Write as _, ops::Range};

use serde_json::{Map, Value};

use crate::{
    hide::Hider,
    pattern::{Pattern, pattern},
};

/// `{ Name: DB_PASSWORD, Value: hunter2 }`, on one line.
static PAIR: Pattern =
    pattern!(r#"\b(?:Name|Key|ParameterKey):\s*["']?([\w.-]+)["']?\s*,\s*(?:Parameter)?Value:\s*([^,{}]+?)\s*[,}]"#);

/// The longest value of a JSON template that is written on one line, bytes.
const ONE_LINE: usize = 100;
/// What says nothing of a resource: the CDK's paths, a designer's coordinates.
const DROPPED: &str = "Metadata";

/// A template.
#[derive(Debug)]
pub(crate) struct Template(Body);

#[derive(Debug)]
enum Body {
    Json(Map<String, Value>),
    /// The text, and where each resource's lines are in it.
    Yaml(String, Vec<(String, Range<usize>)>),
}

impl Template {
    /// Reads a template's text. `None`: it names no resource, or not in a way that is understood.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.trim_start().starts_with('{') {
            let mut whole: Value = serde_json::from_str(text).ok()?;
            let resources = whole.get_mut("Resources")?.as_object_mut()?;
            return (!resources.is_empty()).then(|| Self(Body::Json(std::mem::take(resources))));
        }
        let sections = sections(text);
        (!sections.is_empty()).then(|| Self(Body::Yaml(text.to_owned(), sections)))
    }

    /// The logical id under which the template speaks of a resource: its own, or that of the resource which a transform made it from
    /// (`FxRatesNightly` of `FxRates`), where the template is the one before it.
    pub(crate) fn place_of<'t>(&'t self, logical_id: &str) -> Option<&'t str> {
        let ids: Vec<&str> = match &self.0 {
            Body::Json(resources) => resources.keys().map(String::as_str).collect(),
            Body::Yaml(_, sections) => sections.iter().map(|(id, _)| id.as_str()).collect(),
        };
        // Its own id is the longest that it begins with.
        ids.into_iter().filter(|id| logical_id.starts_with(id)).max_by_key(|id| id.len())
    }

    /// What it says of a resource, by the logical id of the template; lines end in line feeds.
    pub(crate) fn section(&self, id: &str, hider: &Hider) -> Option<String> {
        match &self.0 {
            Body::Json(resources) => {
                let mut resource = hider.json(resources.get(id)?);
                if let Some(fields) = resource.as_object_mut() {
                    fields.shift_remove(DROPPED);
                }
                let mut text = format!("  {id}:\n");
                write_lines(&mut text, &resource, 2);
                Some(text)
            }
            Body::Yaml(text, sections) => {
                let (_, range) = sections.iter().find(|(known, _)| known == id)?;
                Some(hidden(text.get(range.clone())?, hider))
            }
        }
    }
}

/// Where each resource's lines are: those under the line `Resources:`, up to the next line that is as little indented as the first.
fn sections(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    let (mut inside, mut depth, mut at) = (false, None, 0);
    // A comment above a resource is the resource's; it is known to be above one only when that comes.
    let mut above = None;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let content = line.trim();
        let indentation = line.len() - line.trim_start().len();
        if content.is_empty() || content.starts_with('#') {
            if !inside {
                continue;
            }
            if depth.is_none_or(|depth| indentation <= depth) && !content.is_empty() {
                above = above.or(Some(start));
            } else if let (None, Some((_, range))) = (above, found.last_mut()) {
                range.end = end;
            }
            continue;
        }
        if indentation == 0 {
            inside = key(content) == Some("Resources");
            above = None;
            continue;
        }
        if !inside {
            continue;
        }
        let start = above.take().unwrap_or(start);
        match (key(content), found.last_mut()) {
            (Some(id), _) if indentation == *depth.get_or_insert(indentation) => {
                found.push((id.to_owned(), start..end))
            }
            (_, Some((_, range))) => range.end = end,
            (_, None) => {}
        }
    }
    found
}

/// The key of a line `Key:`, `"Key": # why`, `Key: {…}`.
fn key(line: &str) -> Option<&str> {
    let (key, rest) = line.split_once(':')?;
    let key = key.trim_matches(['"', '\'']);
    let is_one = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_one && (rest.is_empty() || rest.starts_with(' '))).then_some(key)
}

/// Lines without what they hide, and without empty ones. A value under a telling name is hidden where both stand in a pair of lines, too:
/// `- Name: DB_PASSWORD`, `Value: …`.
fn hidden(section: &str, hider: &Hider) -> String {
    let mut text = String::with_capacity(section.len());
    let mut named: Option<&str> = None;
    for line in section.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let field = line.trim_start().trim_start_matches("- ");
        let (key, value) = field.split_once(": ").unwrap_or((field, ""));
        match (named.take(), key) {
            _ if is_reference(value) => {
                let _ = writeln!(text, "{}", hider.text(line));
            }
            (Some(name), "Value" | "ParameterValue") => {
                let head = line.strip_suffix(value).unwrap_or_default();
                let _ = writeln!(text, "{head}{}", hider.named(name, value));
            }
            (_, "Name" | "Key" | "ParameterKey") => {
                named = Some(value);
                let _ = writeln!(text, "{}", hider.text(line));
            }
            _ => {
                let _ = writeln!(text, "{}", hider.configuration_line(&without_pairs(line, hider)));
            }
        }
    }
    text
}

/// Whether a value only says where the value is: no credential, and what one wants to know.
fn is_reference(value: &str) -> bool {
    ["!Ref ", "!GetAtt ", "!ImportValue "].iter().any(|tag| value.starts_with(tag)) || value.contains("{{resolve:")
}

/// A line without the values of what is named like a credential in pairs on this line.
fn without_pairs(line: &str, hider: &Hider) -> String {
    let mut shown = line.to_owned();
    for pair in PAIR.all(line) {
        let (Some(name), Some(value)) = (pair.get(1), pair.get(2)) else { continue };
        let judged = hider.named(name.as_str(), value.as_str());
        if judged != value.as_str() {
            shown = shown.replace(value.as_str(), &judged);
        }
    }
    shown
}

/// The members of a value, a line each, deeper ones under them.
fn write_lines(text: &mut String, value: &Value, depth: usize) {
    let mut member = |head: String, value: &Value| {
        let flat = match value {
            Value::String(plain) if !plain.contains('\n') => plain.clone(),
            other => other.to_string(),
        };
        let is_nested = matches!(value, Value::Object(_) | Value::Array(_));
        let _ = write!(text, "{:1$}{head}", "", depth * 2);
        if is_nested && flat.len() > ONE_LINE {
            text.push('\n');
            write_lines(text, value, depth + 1);
        } else {
            let _ = writeln!(text, " {flat}");
        }
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| member(format!("{key}:"), value)),
        Value::Array(items) => items.iter().for_each(|item| member("-".to_owned(), item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
