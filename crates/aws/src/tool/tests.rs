#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::TOOLS;

#[test]
fn every_tools_schema_is_what_a_model_was_tested_with() {
    for tool in TOOLS {
        insta::assert_json_snapshot!(tool.name, (tool.spec)());
    }
}

#[test]
fn tool_names_and_schemas_keep_the_rules_of_bedrock() {
    for tool in TOOLS {
        let spec = (tool.spec)();
        assert!(spec.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && spec.name.len() <= 64);
        assert!(!spec.description.is_empty(), "{} has no description", spec.name);
        assert_eq!(spec.schema["type"], "object", "{}", spec.name);
        assert_eq!(spec.schema["additionalProperties"], false, "{}", spec.name);
    }
    let mut names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TOOLS.len());
}

#[test]
fn no_tool_needs_a_permission_that_writes_or_reads_a_secret() {
    let reading = ["Describe", "Get", "BatchGet", "List", "Filter", "Lookup", "StartQuery"];
    for action in TOOLS.iter().flat_map(|tool| tool.actions) {
        let operation = action.split(':').nth(1).unwrap();
        assert!(reading.iter().any(|verb| operation.starts_with(verb)), "{action}");
        assert_ne!(*action, "secretsmanager:GetSecretValue");
    }
}
