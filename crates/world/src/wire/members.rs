//! Which members of a service are times, numbers or named lists: what plain JSON does not show.
//!
//! A table entry is a member's name, or `Parent/Name` where the same name means another thing elsewhere; lists pass their
//! name on to their elements. `tests/python/test_members.py` checks every table against botocore's service models.

use jiff::Timestamp;
use serde_json::{Number, Value};

/// The members of one service that need care on the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members {
    /// Epoch seconds in JSON, tag 1 in CBOR, ISO 8601 in XML; RFC 3339 in the world.
    pub(crate) timestamps: &'static [&'static str],
    /// Inputs of the query protocol and of query strings come as text.
    pub(crate) integers: &'static [&'static str],
    /// Likewise.
    pub(crate) booleans: &'static [&'static str],
    /// Floating point in CBOR even where the value is whole.
    pub(crate) doubles: &'static [&'static str],
    /// Maps: their keys are data, not members.
    pub(crate) maps: &'static [&'static str],
    /// Element names of XML lists that are not `member`.
    pub(crate) xml_items: &'static [(&'static str, &'static str)],
}

/// Where in an input or output a value stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) parent: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Place<'a> {
    pub(super) const ROOT: Place<'static> = Place { parent: "", name: "" };

    pub(super) fn member(self, name: &'a str) -> Self {
        Self { parent: self.name, name }
    }

    fn is(self, entry: &str) -> bool {
        match entry.split_once('/') {
            Some((parent, name)) => parent == self.parent && name == self.name,
            None => entry == self.name,
        }
    }
}

impl Members {
    /// No member needs care.
    pub(crate) const NONE: Self =
        Self { timestamps: &[], integers: &[], booleans: &[], doubles: &[], maps: &[], xml_items: &[] };

    pub(super) fn is_timestamp(&self, place: Place<'_>) -> bool {
        self.timestamps.iter().any(|entry| place.is(entry))
    }

    pub(super) fn is_double(&self, place: Place<'_>) -> bool {
        self.doubles.iter().any(|entry| place.is(entry))
    }

    pub(super) fn is_map(&self, place: Place<'_>) -> bool {
        self.maps.iter().any(|entry| place.is(entry))
    }

    pub(super) fn xml_item(&self, place: Place<'_>) -> &'static str {
        self.xml_items.iter().find(|(entry, _)| place.is(entry)).map_or("member", |(_, item)| item)
    }

    /// A member that came as text, as the type that it has.
    pub(super) fn typed(&self, place: Place<'_>, text: String) -> Value {
        if self.integers.iter().any(|entry| place.is(entry))
            && let Ok(number) = text.parse::<i64>()
        {
            return number.into();
        }
        if self.booleans.iter().any(|entry| place.is(entry))
            && let Ok(boolean) = text.parse::<bool>()
        {
            return boolean.into();
        }
        Value::String(text)
    }

    /// Makes every time an RFC 3339 string in UTC, from epoch seconds or another offset.
    ///
    /// # Errors
    /// Names the member that is not a time.
    pub(crate) fn normalise(&self, value: &mut Value) -> Result<(), String> {
        self.normalise_at(Place::ROOT, value)
    }

    fn normalise_at(&self, place: Place<'_>, value: &mut Value) -> Result<(), String> {
        match value {
            Value::Object(members) => {
                let is_map = self.is_map(place);
                for (name, member) in members {
                    self.normalise_at(if is_map { place } else { place.member(name) }, member)?;
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.normalise_at(place, item)?;
                }
            }
            Value::Null | Value::Bool(_) => {}
            Value::Number(_) | Value::String(_) if self.is_timestamp(place) => {
                let time = read_time(value).ok_or_else(|| format!("{} = {value} is not a time", place.name))?;
                *value = Value::String(time.to_string());
            }
            Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }
}

/// A time from RFC 3339 text, or from a number: epoch seconds, or epoch milliseconds where seconds would be absurd.
pub(crate) fn read_time(value: &Value) -> Option<Timestamp> {
    /// Seconds of the year 5138: larger numbers are milliseconds.
    const MILLISECONDS_FROM: f64 = 1e11;
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => {
            let number = number.as_f64()?;
            let milliseconds = if number.abs() < MILLISECONDS_FROM { number * 1000.0 } else { number };
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a float beyond i64 saturates, and is refused as a time"
            )]
            Timestamp::from_millisecond(milliseconds.round() as i64).ok()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A time as JSON protocols write it: epoch seconds, with milliseconds behind the point if there are any.
pub(super) fn epoch_seconds(time: Timestamp) -> Value {
    let milliseconds = time.as_millisecond();
    if milliseconds % 1000 == 0 {
        return Value::from(milliseconds / 1000);
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of any calendar time are exact in a double")]
    let seconds = milliseconds as f64 / 1000.0;
    Number::from_f64(seconds).map_or(Value::Null, Value::Number)
}
