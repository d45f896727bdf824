//! Credentials, out of everything that is written. Values whose names tell what they are (variables, parameters, requests) are judged with
//! their names, as the tools judge them; all other text by itself.

use std::collections::BTreeMap;

use marple_redact::Redactor;
use serde_json::{Map, Value};

use crate::world::World;

/// Members of an object that are a name and the value under it.
const PAIRS: [(&str, &str); 5] = [
    ("name", "value"),
    ("key", "value"),
    ("Key", "Value"),
    ("ParameterKey", "ParameterValue"),
    ("OutputKey", "OutputValue"),
];

/// Maps of names and values: a function's variables, a container's labels and log options.
const MAPS: [&str; 3] = ["Variables", "dockerLabels", "options"];

/// What CloudTrail says of a request: JSON, mostly in a string.
const TRAIL_EVENT: &str = "CloudTrailEvent";

/// The files as they are written.
pub(crate) fn written(world: World, redactor: &Redactor) -> BTreeMap<String, Vec<u8>> {
    let json = world.json.into_iter().map(|(path, value)| {
        let value = hidden(value, redactor);
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        (path, format!("{text}\n").into_bytes())
    });
    let texts = world.texts.into_iter().map(|(path, text)| (path, redactor.text(&text).into_owned().into_bytes()));
    json.chain(texts).chain(world.others).collect()
}

fn hidden(value: Value, redactor: &Redactor) -> Value {
    match value {
        Value::Object(members) => object(members, redactor),
        Value::Array(items) => items.into_iter().map(|item| hidden(item, redactor)).collect(),
        Value::String(text) => Value::String(redactor.text(&text).into_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn object(members: Map<String, Value>, redactor: &Redactor) -> Value {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let pair = PAIRS.into_iter().find_map(|(name, value)| Some((value, redactor.named(text(name)?, text(value)?))));
    let shown = members.into_iter().map(|(name, value)| {
        let value = match (&pair, name.as_str()) {
            (Some((member, shown)), name) if *member == name => Value::String(shown.clone()),
            (_, TRAIL_EVENT) => trail_event(&value, redactor),
            (_, name) if MAPS.contains(&name) => redactor.json(&value),
            _ => hidden(value, redactor),
        };
        (name, value)
    });
    Value::Object(shown.collect())
}

fn trail_event(value: &Value, redactor: &Redactor) -> Value {
    let inner = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(Value::is_object);
    redactor.json(inner.as_ref().unwrap_or(value))
}
