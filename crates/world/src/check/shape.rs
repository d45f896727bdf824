//! The JSON files against the schemas of `docs/schemas/`, which are generated from the service models.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use serde_json::Value;

use super::{layout, schema::Schema};
use crate::scenario::read_json;
use crate::{Files, ScenarioError};

static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../docs/schemas");

/// Above so many faults of one file, the rest is counted.
const TOLD: usize = 12;

/// The JSON files, as far as they could be read.
#[derive(Debug, Default)]
pub(super) struct Read<'a> {
    pub(super) values: BTreeMap<&'a str, Value>,
    pub(super) faults: Vec<ScenarioError>,
}

/// Reads all JSON files of the format, and holds each to its schema.
pub(super) fn read(files: &Files) -> Read<'_> {
    let mut read = Read::default();
    for (path, content) in files.iter() {
        let Some(name) = layout::known(path).and_then(|known| known.schema) else { continue };
        match read_json::<Value>(path, content) {
            Ok(value) => {
                read.faults.extend(faults(path, name, &value));
                read.values.insert(path, value);
            }
            Err(error) => read.faults.push(error),
        }
    }
    read
}

fn faults(path: &str, name: &str, value: &Value) -> Vec<ScenarioError> {
    let Some(schema) = schema(name) else { return Vec::new() };
    let mut told = schema.faults(value);
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    if more > 0 {
        told.push(format!("and {more} more like these"));
    }
    told.into_iter().map(|what| ScenarioError::Invalid { file: path.to_owned(), what }).collect()
}

/// The schema of that name. `None`: it is not embedded, which a test refuses.
pub(super) fn schema(name: &str) -> Option<Schema> {
    let file = SCHEMAS.get_file(format!("{name}.schema.json"))?;
    serde_json::from_slice(file.contents()).ok().map(Schema::new)
}
