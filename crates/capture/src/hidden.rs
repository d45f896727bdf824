//! Credentials, out of everything that is written. Values whose names tell what they are (variables, parameters, requests) are judged with
//! their names, as the tools judge them; all other text by itself.

use std::collections::BTreeMap;

use marple_redact::Redactor;
use serde_json::Value;

use crate::world::World;

/// Members whose values are pairs of name and value, or maps of them.
const NAMED: [&str; 8] = [
    "Variables",
    "environment",
    "Parameters",
    "Outputs",
    "CloudTrailEvent",
    "dockerLabels",
    "overrides",
    "options",
];

/// The files as they are written.
pub(crate) fn written(world: World, redactor: &Redactor) -> BTreeMap<String, Vec<u8>> {
    let json = world.json.into_iter().map(|(path, value)| {
        let value = hidden(value, redactor);
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        (path, format!("{text}\n").into_bytes())
    });
    json.chain(world.others).collect()
}

fn hidden(value: Value, redactor: &Redactor) -> Value {
    match value {
        Value::Object(members) => {
            let shown = |(name, value): (String, Value)| {
                let value = if NAMED.contains(&name.as_str()) { by_name(value, redactor) } else { hidden(value, redactor) };
                (name, value)
            };
            Value::Object(members.into_iter().map(shown).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| hidden(item, redactor)).collect(),
        Value::String(text) => Value::String(redactor.text(&text).into_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn by_name(value: Value, redactor: &Redactor) -> Value {
    // A trail's event is JSON in a string.
    let inner = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(Value::is_object);
    redactor.json(inner.as_ref().unwrap_or(&value))
}
