#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use super::*;

#[test]
fn an_escape_sequence_is_shown_and_not_obeyed() {
    assert_eq!(text("\u{1b}[2Jgone\u{7}\u{9b}1m"), "\\x1b[2Jgone\\x07\\x9b1m");
}

#[test]
fn a_direction_override_and_invisible_characters_are_shown() {
    assert_eq!(text("rm \u{202e}txt.exe\u{2066}\u{200b}\u{e0041}"), "rm \\u{202e}txt.exe\\u{2066}\\u{200b}\\u{e0041}");
}

#[test]
fn line_ends_stay_in_text_and_fold_in_a_line() {
    assert_eq!(text("a\r\nb\rc\td"), "a\nb\\x0dc d");
    assert_eq!(line("  a\r\n\tb\u{b}  c "), "a b c");
}

#[test]
fn scripts_that_need_joiners_are_left_alone() {
    assert_eq!(text("👩\u{200d}🚀 می\u{200c}خواهم 日本語"), "👩\u{200d}🚀 می\u{200c}خواهم 日本語");
}
