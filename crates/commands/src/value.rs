//! Whether a value fits its type.

use serde_json::Value;

use crate::{
    index::{self, Service, Shape},
    shorthand,
};

/// How deep a value may be nested; AWS's own requests are far below.
const DEEPEST: usize = 32;

/// How many of an enumeration's values a message lists.
const LISTED: usize = 12;

/// Checks the values of one option.
pub(crate) fn check(values: &[String], kind: &str, service: Service) -> Result<(), String> {
    if values.iter().any(|value| value.starts_with("file://") || value.starts_with("fileb://")) {
        return Ok(());
    }
    let Some(shape) = kind.strip_prefix('*').and_then(|name| service.shape(name)) else {
        return each(values, |value| scalar(value, kind));
    };
    if let Shape::Enum(known) = shape {
        return each(values, |value| one_of(value, known));
    }
    if let [json] = values
        && json.trim_start().starts_with(['{', '['])
        && !matches!(shape, Shape::List(item) if json.trim_start().starts_with('{') && is_structure(item, service))
    {
        return typed(&parse(json)?, kind, service, "", true, 0);
    }
    match shape {
        Shape::List(item) => each(values, |value| item_of_list(value, item, service)),
        _ => {
            let [one] = values else { return Err(format!("it takes one value, not {}", values.len())) };
            typed(&shorthand::read(one)?, kind, service, "", false, 0)
        }
    }
}

fn each(values: &[String], check: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
    values.iter().try_for_each(|value| check(value))
}

fn is_structure(kind: &str, service: Service) -> bool {
    kind.strip_prefix('*')
        .and_then(|name| service.shape(name))
        .is_some_and(|shape| matches!(shape, Shape::Structure(_) | Shape::Map(_)))
}

fn item_of_list(value: &str, kind: &str, service: Service) -> Result<(), String> {
    if !is_structure(kind, service) {
        let item = Value::String(value.to_owned());
        return typed(&item, kind, service, "", false, 0);
    }
    if value.trim_start().starts_with('{') {
        return typed(&parse(value)?, kind, service, "", true, 0);
    }
    typed(&shorthand::read(value)?, kind, service, "", false, 0)
}

fn parse(json: &str) -> Result<Value, String> {
    serde_json::from_str(json).map_err(|error| format!("it begins like JSON and is none: {error}"))
}

/// Checks a value that was read from JSON (`strict`: numbers are numbers) or from shorthand (all scalars are text).
fn typed(value: &Value, kind: &str, service: Service, place: &str, strict: bool, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("{place}: it is nested more than {DEEPEST} deep"));
    }
    let at = |reason: String| if place.is_empty() { reason } else { format!("{place}: {reason}") };
    let below = |value: &Value, kind: &str, place: String| typed(value, kind, service, &place, strict, depth + 1);
    let shape = kind.strip_prefix('*').and_then(|name| service.shape(name));
    match (shape, value) {
        (Some(Shape::Structure(line)), Value::Object(given)) => {
            for (name, value) in given {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                let Some(member) = index::members(line).find(|member| member.name == name) else {
                    let known: Vec<&str> = index::members(line).map(|member| member.name).collect();
                    return Err(format!("{place}: there is no such member; there are {}", known.join(", ")));
                };
                below(value, member.kind, place)?;
            }
            let missing = index::members(line).find(|member| member.required && !given.contains_key(member.name));
            missing.map_or(Ok(()), |member| Err(at(format!("{} is missing", member.name))))
        }
        (Some(Shape::Map(kind)), Value::Object(given)) => given.iter().try_for_each(|(name, value)| {
            below(value, kind, format!("{place}.{name}").trim_start_matches('.').to_owned())
        }),
        (Some(Shape::List(kind)), Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(number, item)| below(item, kind, format!("{place}[{number}]")))
        }
        // Shorthand writes a list of one item like the item.
        (Some(Shape::List(kind)), value) if !strict => below(value, kind, place.to_owned()),
        (Some(Shape::Enum(known)), Value::String(text)) => one_of(text, known).map_err(at),
        (Some(Shape::Structure(_) | Shape::Map(_)), _) => {
            Err(at("an object is needed: {…} in JSON, or Key=Value,… in shorthand".to_owned()))
        }
        (Some(Shape::List(_)), _) => Err(at("a list is needed".to_owned())),
        (Some(Shape::Enum(known)), _) => Err(at(format!("one of {} is needed", listed(known)))),
        (None, Value::String(text)) if !strict || matches!(kind, "string" | "blob" | "timestamp") => {
            scalar(text, kind).map_err(at)
        }
        (None, value) => plain(value, kind).map_err(at),
    }
}

/// A JSON scalar.
fn plain(value: &Value, kind: &str) -> Result<(), String> {
    let fits = match kind {
        "integer" => value.is_i64() || value.is_u64(),
        "double" => value.is_number(),
        "boolean" => value.is_boolean(),
        "timestamp" => value.is_number(),
        "string" | "blob" => false,
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("{value} is no {kind}")) }
}

/// A word of the command line.
fn scalar(text: &str, kind: &str) -> Result<(), String> {
    let fits = match kind {
        "integer" => text.parse::<i64>().is_ok(),
        "double" => text.parse::<f64>().is_ok(),
        "boolean" => matches!(text, "true" | "false"),
        "timestamp" => text.contains(|letter: char| letter.is_ascii_digit()),
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("{text:?} is no {kind}")) }
}

fn one_of(text: &str, known: &str) -> Result<(), String> {
    if known.split('|').any(|value| value == text) {
        Ok(())
    } else {
        Err(format!("{text:?} is none of {}", listed(known)))
    }
}

fn listed(known: &str) -> String {
    let values: Vec<&str> = known.split('|').collect();
    let more = if values.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", values.iter().take(LISTED).copied().collect::<Vec<_>>().join(", "))
}
