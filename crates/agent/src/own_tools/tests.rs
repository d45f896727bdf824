#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;

#[test]
fn every_schema_is_a_whole_object_without_references() {
    for spec in specs() {
        assert_eq!(spec.schema["type"], "object", "{}", spec.name);
        let text = spec.schema.to_string();
        assert!(!text.contains("$ref") && !text.contains("$schema"), "{}: {text}", spec.name);
        assert!(!spec.description.is_empty());
    }
}
