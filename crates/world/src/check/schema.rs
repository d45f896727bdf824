//! JSON Schema (draft 2020-12), as far as the schemas of `docs/schemas/` use it, with faults in words: where, what is there, what is
//! wanted. A test holds the embedded schemas to the keywords that are understood here.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::nearest;

/// A schema with its definitions.
pub(super) struct Schema {
    root: Value,
    patterns: RefCell<HashMap<String, Option<Regex>>>,
}

impl Schema {
    pub(super) fn new(root: Value) -> Self {
        Self { root, patterns: RefCell::default() }
    }

    #[cfg(test)]
    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// What is wrong with a value: `Functions[0].MemorySize: the text "256" where a whole number is wanted`.
    pub(super) fn faults(&self, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(&self.root, value, "", &mut faults);
        faults
    }

    fn is_valid(&self, schema: &Value, value: &Value) -> bool {
        let mut faults = Vec::new();
        self.check(schema, value, "", &mut faults);
        faults.is_empty()
    }

    fn check(&self, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        let Some(schema) = schema.as_object() else {
            if schema == &Value::Bool(false) {
                faults.push(at(place, "must not be here"));
            }
            return;
        };
        if let Some(meant) =
            schema.get("$ref").and_then(Value::as_str).and_then(|to| self.root.pointer(to.strip_prefix('#')?))
        {
            self.check(meant, value, place, faults);
        }
        if let Some(wanted) = schema.get("type")
            && !is_of_type(wanted, value)
        {
            faults.push(at(place, &format!("{} where {} is wanted", described(value), words(wanted))));
            return;
        }
        self.check_choice(schema, value, place, faults);
        match value {
            Value::Object(members) => self.check_object(schema, members, place, faults),
            Value::Array(items) => self.check_array(schema, items, place, faults),
            Value::String(text) => self.check_text(schema, text, place, faults),
            Value::Number(_) => check_number(schema, value, place, faults),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn check_choice(&self, schema: &Map<String, Value>, value: &Value, place: &str, faults: &mut Vec<String>) {
        for keyword in ["anyOf", "oneOf"] {
            let Some(choices) = schema.get(keyword).and_then(Value::as_array) else { continue };
            if !choices.iter().any(|choice| self.is_valid(choice, value)) {
                let wanted = schema.get("description").and_then(Value::as_str).map_or_else(
                    || {
                        choices
                            .iter()
                            .filter_map(|choice| choice.get("type"))
                            .map(words)
                            .collect::<Vec<_>>()
                            .join(" or ")
                    },
                    |description| description.trim_end_matches('.').to_owned(),
                );
                faults.push(at(place, &format!("{} is not what is wanted: {wanted}", described(value))));
            }
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
            faults.push(at(place, &format!("{} is none of {}", described(value), allowed.join(", "))));
        }
        if let Some(only) = schema.get("const").filter(|only| *only != value) {
            faults.push(at(place, &format!("{} is not {only}", described(value))));
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.is_valid(condition, value) { "then" } else { "else" };
            if let Some(branch) = schema.get(branch) {
                self.check(branch, value, place, faults);
            }
        }
    }

    fn check_object(
        &self,
        schema: &Map<String, Value>,
        members: &Map<String, Value>,
        place: &str,
        faults: &mut Vec<String>,
    ) {
        let empty = Map::new();
        let of = |keyword| schema.get(keyword).and_then(Value::as_object).unwrap_or(&empty);
        let (properties, by_pattern) = (of("properties"), of("patternProperties"));
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                faults.push(at(place, &format!("{name} is missing")));
            }
        }
        for (name, member) in members {
            let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            let matching: Vec<&Value> = by_pattern
                .iter()
                .filter(|(pattern, _)| self.matches(pattern, name))
                .map(|(_, schema)| schema)
                .collect();
            for schema in properties.get(name).into_iter().chain(matching.iter().copied()) {
                self.check(schema, member, &inner, faults);
            }
            if properties.contains_key(name) || !matching.is_empty() {
                continue;
            }
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    let hint = nearest(name, properties.keys().map(String::as_str));
                    let hint = hint.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                    faults.push(at(&inner, &format!("AWS has no such member{hint}")));
                }
                Some(other) => self.check(other, member, &inner, faults),
                None => {}
            }
        }
    }

    fn check_array(&self, schema: &Map<String, Value>, items: &[Value], place: &str, faults: &mut Vec<String>) {
        if let Some(of_items) = schema.get("items") {
            for (number, item) in items.iter().enumerate() {
                self.check(of_items, item, &format!("{place}[{number}]"), faults);
            }
        }
        if let Some(least) = schema.get("minItems").and_then(Value::as_u64)
            && (items.len() as u64) < least
        {
            faults.push(at(place, &format!("{} items where at least {least} are wanted", items.len())));
        }
    }

    fn check_text(&self, schema: &Map<String, Value>, text: &str, place: &str, faults: &mut Vec<String>) {
        if let Some(least) = schema.get("minLength").and_then(Value::as_u64)
            && (text.chars().count() as u64) < least
        {
            faults.push(at(place, "is blank"));
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && !self.matches(pattern, text)
        {
            let form = schema.get("description").and_then(Value::as_str).unwrap_or(pattern);
            faults.push(at(place, &format!("{text:?} does not have the form {}", form.trim_end_matches('.'))));
        }
    }

    /// A pattern that is no regular expression of ours matches everything: a fault of the schema is not the author's.
    fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        let compiled = patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
        compiled.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }
}

fn check_number(schema: &Map<String, Value>, value: &Value, place: &str, faults: &mut Vec<String>) {
    let limit = |keyword| schema.get(keyword).and_then(Value::as_f64);
    let Some(number) = value.as_f64() else { return };
    let too_low = limit("minimum").is_some_and(|least| number < least)
        || limit("exclusiveMinimum").is_some_and(|below| number <= below);
    if too_low || limit("maximum").is_some_and(|most| number > most) {
        faults.push(at(place, &format!("{value} is out of range")));
    }
}

fn at(place: &str, what: &str) -> String {
    if place.is_empty() { what.to_owned() } else { format!("{place}: {what}") }
}

fn is_of_type(wanted: &Value, value: &Value) -> bool {
    match wanted {
        Value::String(name) => match name.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            "null" => value.is_null(),
            _ => true,
        },
        Value::Array(names) => names.iter().any(|name| is_of_type(name, value)),
        _ => true,
    }
}

fn words(wanted: &Value) -> String {
    match wanted {
        Value::String(name) => match name.as_str() {
            "object" => "an object {…}",
            "array" => "a list […]",
            "string" => "a text",
            "boolean" => "true or false",
            "number" => "a number",
            "integer" => "a whole number",
            other => other,
        }
        .to_owned(),
        Value::Array(names) => names.iter().map(words).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}

/// What is there, in a few words.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(is) => is.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => {
            let short: String = text.chars().take(40).collect();
            let cut = if short.len() < text.len() { "…" } else { "" };
            format!("the text \"{short}{cut}\"")
        }
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
