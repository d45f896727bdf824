//! JSON error records: what Lambda's runtimes log of an error that a handler did not catch, alone or after the fields of a
//! text log line, and what structured loggers write in the same form.

use marple_case::facts::Frame;
use serde_json::Value;

use super::{Found, at, python};

/// How deep a record may sit in other fields: `{"message": {"errorType": …}}`.
const DEPTH: usize = 3;

pub(super) fn find(text: &str) -> Vec<Found> {
    if !text.contains("errorType") {
        return Vec::new();
    }
    let Some(start) = text.find('{') else { return Vec::new() };
    let Some(json) = text.get(start..) else { return Vec::new() };
    // The record may be followed by other text: only the first value is read.
    let first = serde_json::Deserializer::from_str(json).into_iter::<Value>().next();
    let Some(Ok(value)) = first else { return Vec::new() };
    found(&value, DEPTH).into_iter().collect()
}

fn found(value: &Value, depth: usize) -> Option<Found> {
    let fields = value.as_object()?;
    let word = |name: &str| fields.get(name).and_then(Value::as_str);
    let Some(class) = word("errorType") else {
        return fields.values().find_map(|inner| depth.checked_sub(1).and_then(|depth| found(inner, depth)));
    };
    // An unhandled rejection holds the error itself: that one has the class and the frames.
    if let Some(reason) = fields.get("reason").and_then(|reason| found(reason, 0)) {
        return Some(reason);
    }
    let stack =
        ["stack", "stackTrace", "trace"].iter().find_map(|name| fields.get(*name)).map(lines).unwrap_or_default();
    let (runtime, frames) = frames(&stack);
    Some(Found {
        runtime: if is_platform(class) { "lambda" } else { runtime.unwrap_or("node") },
        class: class.to_owned(),
        message: word("errorMessage").unwrap_or_default().to_owned(),
        code: word("code").map(str::to_owned),
        frames,
    })
}

/// Classes that Lambda gives: `Runtime.ImportModuleError`, `Sandbox.Timedout`.
pub(super) fn is_platform(class: &str) -> bool {
    ["Runtime.", "Sandbox.", "Function.", "Extension."].iter().any(|start| class.starts_with(start))
}

/// A stack as lines, whether it was written as a list or as one text.
fn lines(stack: &Value) -> Vec<String> {
    match stack {
        Value::String(text) => text.lines().map(str::to_owned).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).flat_map(str::lines).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn frames(stack: &[String]) -> (Option<&'static str>, Vec<Frame>) {
    let by_at: Vec<(&'static str, Frame)> = stack.iter().filter_map(|line| at::frame(line)).collect();
    if let Some((runtime, _)) = by_at.first() {
        return (Some(*runtime), by_at.into_iter().map(|(_, frame)| frame).collect());
    }
    let mut frames: Vec<Frame> = stack.iter().filter_map(|line| python::frame(line)).collect();
    frames.reverse();
    ((!frames.is_empty()).then_some("python"), frames)
}
