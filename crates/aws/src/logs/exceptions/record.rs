//! JSON error records: what Lambda's runtimes log of an error that a handler did not catch, alone or after the fields of a
//! text log line, and what structured loggers write in the same form.

use marple_case::facts::Frame;
use serde_json::Value;

use super::{Found, at, python, ruby};

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
    let class = of_ruby(class).unwrap_or(class);
    let deeper = ["cause", "errors"].iter().find_map(|name| fields.get(*name)).and_then(|cause| beneath(cause, DEPTH));
    let (under, code) = deeper.unwrap_or_default();
    let message = word("errorMessage").unwrap_or_default();
    Some(Found {
        runtime: if is_platform(class) { "lambda" } else { runtime.unwrap_or("node") },
        class: class.to_owned(),
        message: match under {
            Some(under) if !message.contains(under.as_str()) => format!("{message}: {under}"),
            _ => message.to_owned(),
        },
        code: word("code").map(str::to_owned).or(code),
        frames,
    })
}

/// What lies beneath an error: message and code of the innermost cause. `fetch failed` alone says nothing; its cause says what failed.
fn beneath(cause: &Value, depth: usize) -> Option<(Option<String>, Option<String>)> {
    let cause = cause.as_array().map_or(Some(cause), |errors| errors.first())?;
    let fields = cause.as_object()?;
    let word = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let deeper = ["cause", "errors"].iter().find_map(|name| fields.get(*name));
    let deeper = deeper.and_then(|inner| beneath(inner, depth.checked_sub(1)?));
    let own = (word("errorMessage").or_else(|| word("message")).filter(|text| !text.is_empty()), word("code"));
    Some(deeper.map_or_else(
        || own.clone(),
        |(message, code)| (message.or_else(|| own.0.clone()), code.or_else(|| own.1.clone())),
    ))
}

/// Lambda's Ruby runtime wraps a class: `Function<NoMethodError>`.
fn of_ruby(class: &str) -> Option<&str> {
    class.strip_prefix("Function<")?.strip_suffix('>')
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
    let by_ruby: Vec<Frame> = stack.iter().filter_map(|line| ruby::frame(line)).collect();
    if !by_ruby.is_empty() {
        return (Some("ruby"), by_ruby);
    }
    let mut frames: Vec<Frame> = stack.iter().filter_map(|line| python::frame(line)).collect();
    frames.reverse();
    ((!frames.is_empty()).then_some("python"), frames)
}
