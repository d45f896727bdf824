//! A [`Point`] in JSON.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::Point;

/// What is written: the value is `null` where it is no number.
impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.at.subsec_nanosecond() {
            0 => (self.at.as_second(), self.value).serialize(serializer),
            _ => (self.at.as_duration().as_secs_f64(), self.value).serialize(serializer),
        }
    }
}

/// What is read: what is written, and what was written first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Whole(i64, Option<f64>),
    Fraction(f64, Option<f64>),
    Named { at: Timestamp, value: Option<f64> },
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (at, value) = match Written::deserialize(deserializer)? {
            Written::Whole(seconds, value) => (Timestamp::from_second(seconds).map_err(D::Error::custom)?, value),
            Written::Fraction(seconds, value) => {
                let since = jiff::SignedDuration::try_from_secs_f64(seconds).map_err(D::Error::custom)?;
                (Timestamp::from_duration(since).map_err(D::Error::custom)?, value)
            }
            Written::Named { at, value } => (at, value),
        };
        Ok(Self { at, value: value.unwrap_or(f64::NAN) })
    }
}

impl JsonSchema for Point {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Point".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A data point: the start of its period, seconds since 1970 UTC, and the statistic's value in the metric's unit; null: no number. A missing point is not a zero.",
            "type": "array",
            "prefixItems": [{"type": "number"}, {"type": ["number", "null"]}],
            "minItems": 2,
            "maxItems": 2
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Point {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_point_is_a_pair() {
        let point = read("[1761152580, 2]");
        assert_eq!(point, Point { at: "2025-10-22T17:03:00Z".parse().unwrap(), value: 2.0 });
        assert_eq!(serde_json::to_string(&point).unwrap(), "[1761152580,2.0]");
    }

    #[test]
    fn a_fraction_of_a_second_is_kept() {
        let point = Point { at: "2025-10-22T17:03:00.25Z".parse().unwrap(), value: -1.5 };
        assert_eq!(serde_json::to_string(&point).unwrap(), "[1761152580.25,-1.5]");
        assert_eq!(read("[1761152580.25,-1.5]"), point);
    }

    #[test]
    fn what_is_no_number_is_read_again() {
        let written = serde_json::to_string(&Point { value: f64::NAN, ..read("[0,0]") }).unwrap();
        assert_eq!(written, "[0,null]");
        assert!(read(&written).value.is_nan());
    }

    #[test]
    fn what_was_written_first_is_read() {
        assert_eq!(read(r#"{"at": "2025-10-22T17:03:00Z", "value": 2.0}"#), read("[1761152580, 2.0]"));
    }

    #[test]
    fn a_moment_beyond_all_calendars_is_an_error() {
        for json in ["[9223372036854775807, 1]", "[1e300, 1]", "[0]", "[0, 1, 2]", "{}", "7"] {
            assert!(serde_json::from_str::<Point>(json).is_err(), "{json}");
        }
    }
}
