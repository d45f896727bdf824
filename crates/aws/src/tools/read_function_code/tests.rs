#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::package::{Library, PackageFile};

fn package() -> Package {
    let text = |path: &str, lines: &[&str]| PackageFile {
        path: path.to_owned(),
        size: 10,
        content: Content::Text(lines.iter().map(|line| (*line).to_owned()).collect()),
    };
    Package {
        files: vec![
            text("db.js", &["connect();"]),
            text("index.js", &["exports.handler = async () => {", "\treturn 1;", "};"]),
            PackageFile { path: "logo.png".to_owned(), size: 9, content: Content::Unread("binary".to_owned()) },
        ],
        libraries: vec![Library { path: "node_modules/".to_owned(), files: 312, bytes: 90_000 }],
        refused: vec![("../x".to_owned(), "a path that leaves the package".to_owned())],
    }
}

fn show(args: serde_json::Value) -> Findings {
    let args: Args = serde_json::from_value(args).unwrap();
    let code = FunctionCode {
        function: "orders".to_owned(),
        version: "$LATEST".to_owned(),
        code_sha256: "abc=".to_owned(),
        package_size: 247,
        files: Vec::new(),
        difference: None,
    };
    listing::findings(&args, code, &package(), Some("index.handler"))
}

#[test]
fn the_handlers_file_comes_first_and_lines_are_numbered() {
    insta::assert_snapshot!(show(serde_json::json!({"function": "orders"})).text, @r"
    function: orders, version $LATEST, handler index.handler
    package: 247 bytes, sha256 abc=, 315 files
    not read: logo.png (9 bytes): binary
    library: node_modules/ (312 files, 90000 bytes), not read
    refused: ../x: a path that leaves the package
    file: index.js (10 bytes)
       1 | exports.handler = async () => {
       2 | 	return 1;
       3 | };
    file: db.js (10 bytes)
       1 | connect();
    ");
}

#[test]
fn a_line_of_a_stack_trace_is_shown_with_what_stands_around_it() {
    let found = show(serde_json::json!({"function": "orders", "file": "/var/task/index.js", "line": 2, "context": 1}));
    assert!(found.found);
    let around = show(serde_json::json!({"function": "orders", "file": "index.js", "line": 1, "context": 1}));
    assert!(around.text.contains("file: index.js (10 bytes), lines 1 to 2 of 3\n   1 | exports"), "{}", around.text);
    assert!(!around.text.contains("   3 |"));
}

#[test]
fn a_file_that_is_not_there_is_no_data_with_what_is_there() {
    let missing = show(serde_json::json!({"function": "orders", "file": "app.py"}));
    assert!(!missing.found);
    assert!(missing.text.starts_with("no file named app.py in the package of function orders\n"));
    assert!(missing.text.contains("file: index.js (10 bytes)"));
}
