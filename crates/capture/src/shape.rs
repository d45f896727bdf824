//! Answers in the shape of a world's files, as `docs/schemas/` gives it: members that AWS's command line does not print are left out, numbers
//! that are times become RFC 3339, and the texts of XML become what they are.

use include_dir::{Dir, include_dir};
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use crate::xml::Element;

static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../docs/schemas");

/// A file's schema.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    root: Value,
}

/// A part of an answer, as the wire has it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    Json(&'a Value),
    Xml(&'a Element),
}

impl Shape {
    /// The schema of that name: `ecs-services.json`. `None`: there is none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let file = SCHEMAS.get_file(format!("{name}.schema.json"))?;
        Some(Self { root: serde_json::from_slice(file.contents()).ok()? })
    }

    /// The items of a list of the file, fitted: `services` of an answer to DescribeServices. Of a file by ARN or digest, what stands under each.
    pub(crate) fn items(&self, list: &str, parts: &[Part<'_>]) -> Vec<Value> {
        let Some(item) = self.item(list) else { return Vec::new() };
        parts.iter().filter_map(|part| self.fit(item, *part)).collect()
    }

    /// The whole file, fitted.
    pub(crate) fn whole(&self, part: Part<'_>) -> Option<Value> {
        self.fit(&self.root, part)
    }

    /// The schema of a list's items.
    fn item(&self, list: &str) -> Option<&Value> {
        let listed = self.root.get("properties").and_then(|members| members.get(list));
        let under_each = || self.root.get("patternProperties")?.as_object()?.values().next();
        self.resolved(listed.or_else(under_each)?).get("items")
    }

    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let definition = |reference: &str| self.root.pointer(reference.strip_prefix('#')?);
        schema.get("$ref").and_then(Value::as_str).and_then(definition).unwrap_or(schema)
    }

    /// `None`: there is nothing, or nothing that fits.
    fn fit(&self, schema: &Value, part: Part<'_>) -> Option<Value> {
        let schema = chosen(self.resolved(schema), part);
        if let Some(scale) = Scale::of(schema) {
            return time(scale, part);
        }
        match (schema.get("type").and_then(Value::as_str), part) {
            (Some("object"), Part::Json(Value::Object(members))) => {
                let named = members.iter().map(|(name, value)| (name.as_str(), Part::Json(value)));
                Some(self.object(schema, named))
            }
            (Some("object"), Part::Xml(element)) => Some(self.object(schema, members(schema, element).into_iter())),
            (Some("array"), Part::Json(Value::Array(items))) => {
                let item = schema.get("items")?;
                Some(items.iter().filter_map(|one| self.fit(item, Part::Json(one))).collect())
            }
            (Some("array"), Part::Xml(element)) => {
                let item = schema.get("items")?;
                Some(element.children.iter().filter_map(|one| self.fit(item, Part::Xml(one))).collect())
            }
            (kind, Part::Xml(element)) => scalar(kind, &element.text),
            (_, Part::Json(Value::Null)) => None,
            (_, Part::Json(value)) => Some(value.clone()),
        }
    }

    fn object<'p>(&self, schema: &Value, members: impl Iterator<Item = (&'p str, Part<'p>)>) -> Value {
        let known = schema.get("properties");
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let is_open = known.is_none() && schema.get("additionalProperties").is_none();
        let fitted = members.filter_map(|(name, part)| {
            let member = known.and_then(|known| known.get(name)).or(others);
            let fitted = match (member, part) {
                (Some(member), part) => self.fit(member, part),
                (None, Part::Json(value)) if is_open => Some(value.clone()),
                (None, _) => None,
            };
            Some((name.to_owned(), fitted?))
        });
        Value::Object(fitted.collect::<Map<_, _>>())
    }
}

/// Of `if`, `then` and `else`, the one that counts: whether the part has what `if` requires.
fn chosen<'s>(schema: &'s Value, part: Part<'_>) -> &'s Value {
    let Some(required) = schema.pointer("/if/required").and_then(Value::as_array) else { return schema };
    let has = |name: &str| match part {
        Part::Json(value) => value.get(name).is_some(),
        Part::Xml(element) => element.child(name).is_some(),
    };
    let holds = required.iter().filter_map(Value::as_str).all(has);
    schema.get(if holds { "then" } else { "else" }).unwrap_or(schema)
}

/// An element's members; of a map (`<entry><key/><value/></entry>`), its entries.
fn members<'e>(schema: &Value, element: &'e Element) -> Vec<(&'e str, Part<'e>)> {
    if schema.get("properties").is_some() {
        return element.children.iter().map(|child| (child.name.as_str(), Part::Xml(child))).collect();
    }
    let entry = |entry: &'e Element| Some((entry.child("key")?.text.as_str(), Part::Xml(entry.child("value")?)));
    element.children.iter().filter_map(entry).collect()
}

/// In what a number that is a time counts.
#[derive(Debug, Clone, Copy)]
enum Scale {
    Seconds,
    Milliseconds,
}

impl Scale {
    /// `None`: the schema is not that of a time.
    fn of(schema: &Value) -> Option<Self> {
        let forms = schema.get("anyOf")?.as_array()?;
        let is_time = forms.iter().any(|form| form.get("format").and_then(Value::as_str) == Some("date-time"));
        let counts = forms.iter().any(|form| form.get("type").and_then(Value::as_str) == Some("integer"));
        is_time.then_some(if counts { Self::Milliseconds } else { Self::Seconds })
    }
}

/// A time as RFC 3339 in UTC; `None`: it is none.
fn time(scale: Scale, part: Part<'_>) -> Option<Value> {
    let read = match part {
        Part::Json(Value::Number(number)) => {
            let milliseconds = match scale {
                Scale::Seconds => number.as_f64()? * 1000.0,
                Scale::Milliseconds => number.as_f64()?,
            };
            Timestamp::from_millisecond(whole(milliseconds)?).ok()?
        }
        Part::Json(Value::String(text)) => moment(text)?,
        Part::Json(_) => return None,
        Part::Xml(element) => moment(element.text.trim())?,
    };
    Some(Value::String(read.to_string()))
}

/// Lambda writes the offset without a colon: `2025-12-16T05:45:37.102+0000`.
fn moment(text: &str) -> Option<Timestamp> {
    let without_colon = || jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok();
    text.parse().ok().or_else(without_colon)
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of the calendar are far inside")]
fn whole(number: f64) -> Option<i64> {
    (number.abs() < 1e15).then(|| number.round() as i64)
}

fn scalar(kind: Option<&str>, text: &str) -> Option<Value> {
    match kind {
        Some("integer") => text.trim().parse::<i64>().ok().map(Value::from),
        Some("number") => text.trim().parse().ok().and_then(Number::from_f64).map(Value::Number),
        Some("boolean") => text.trim().parse().ok().map(Value::Bool),
        _ => Some(Value::String(text.to_owned())),
    }
}

#[cfg(test)]
mod tests;
