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

#[test]
fn actions_are_described_once_and_shaped_alike_in_both_lists() {
    let spec = specs().into_iter().find(|spec| spec.name == REPORT_MITIGATION_PLAN).unwrap();
    let list = |name: &str| &spec.schema["properties"][name]["items"];
    assert!(list("immediate")["properties"]["risk"]["description"].is_string());
    assert!(!list("follow_up").to_string().contains("description"));
    assert_eq!(list("immediate")["required"], list("follow_up")["required"]);
}
