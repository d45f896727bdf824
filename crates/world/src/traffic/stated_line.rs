//! A line of `[[function.invocation]]`: its text, or `{ text = "…", after_ms = 40 }`.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::line::Line;

/// Without `after_ms`, the line has its place among all lines of the invocation, which are spread evenly.
#[derive(Clone, Debug)]
pub(crate) struct StatedLine {
    pub(crate) text: Line,
    /// Milliseconds after the handler's start.
    pub(crate) after_ms: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    text: Line,
    after_ms: Option<f64>,
}

struct TextOrTable;

impl<'de> Deserialize<'de> for StatedLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrTable)
    }
}

impl<'de> Visitor<'de> for TextOrTable {
    type Value = StatedLine;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a line's text, or { text = \"…\", after_ms = 40 }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<StatedLine, E> {
        Ok(StatedLine { text: Line::parse(text), after_ms: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StatedLine, A::Error> {
        let Table { text, after_ms } = Table::deserialize(MapAccessDeserializer::new(map))?;
        Ok(StatedLine { text, after_ms })
    }
}
