//! A schema as a model is best told it: without what only Rust knows of.

use serde_json::{Map, Value};

/// Simplifies a schema and all schemas in it: an optional argument is one that may be left out (not one that may be `null`),
/// Rust's integer widths say nothing to a model, and a description is one paragraph.
pub(super) fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            optional(fields);
            widths(fields);
            if let Some(Value::String(description)) = fields.get_mut("description") {
                *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            fields.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

/// `{"type": ["string", "null"]}`, `{"enum": ["ok", null]}` and `{"anyOf": [X, {"type": "null"}]}` without the null.
fn optional(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = fields.get("anyOf") else { return };
    let is_null = |choice: &&Value| choice.get("type").is_some_and(|kind| kind == "null");
    let mut others = choices.iter().filter(|choice| !is_null(choice));
    if let (Some(Value::Object(only)), None, true) = (others.next(), others.next(), choices.len() == 2) {
        let only = only.clone();
        fields.remove("anyOf");
        for (key, value) in only {
            fields.entry(key).or_insert(value);
        }
    }
}

fn widths(fields: &mut Map<String, Value>) {
    let is_width =
        |format: &Value| format.as_str().is_some_and(|format| format.starts_with("uint") || format.starts_with("int"));
    if fields.get("format").is_some_and(is_width) {
        fields.remove("format");
        fields.remove("minimum");
    }
}
