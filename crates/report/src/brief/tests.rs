#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use super::*;
use unicode_width::UnicodeWidthStr;

#[test]
fn a_text_is_cut_by_columns_and_not_by_characters() {
    assert_eq!(cut("日本語のログ", 7), "日本語…");
    assert_eq!(cut("abcdef", 6), "abcdef");
    assert_eq!(cut("abcdef", 3), "ab…");
    assert!((0..12).all(|width| cut("日本語のログ", width).width() <= width));
}

#[test]
fn the_subject_is_what_the_arguments_name() {
    let metrics = serde_json::json!({"metrics": [{"name": "Errors"}, {"name": "Duration"}, {"name": "Errors"}]});
    assert_eq!(subject(&metrics).as_deref(), Some("Errors, Duration"));
    assert_eq!(subject(&serde_json::json!({"log_group": "", "stack": "app"})).as_deref(), Some("app"));
    assert_eq!(subject(&serde_json::json!([1])), None);
}
