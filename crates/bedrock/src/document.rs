//! JSON as the SDK's documents.

use std::collections::HashMap;

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// A JSON value as a document. Numbers keep their kind: unsigned, signed, floating.
pub(crate) fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(unsigned), _, _) => Number::PosInt(unsigned),
            (_, Some(signed), _) => Number::NegInt(signed),
            (_, _, floating) => Number::Float(floating.unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(members) => Document::Object(
            members.iter().map(|(name, value)| (name.clone(), document(value))).collect::<HashMap<_, _>>(),
        ),
    }
}
