//! A value of `[[series.run]]`: a number, or `"-"` for a hole.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// None is a hole: no data point, whatever base and segments say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RunValue(pub(super) Option<f64>);

struct NumberOrHole;

impl<'de> Deserialize<'de> for RunValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrHole)
    }
}

impl Visitor<'_> for NumberOrHole {
    type Value = RunValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, or \"-\" for a hole")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<RunValue, E> {
        self.visit_f64(value as f64)
    }

    /// CloudWatch keeps finite numbers only.
    fn visit_f64<E: Error>(self, value: f64) -> Result<RunValue, E> {
        if value.is_finite() {
            Ok(RunValue(Some(value)))
        } else {
            Err(E::invalid_value(Unexpected::Float(value), &self))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<RunValue, E> {
        match text {
            "-" => Ok(RunValue(None)),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}
