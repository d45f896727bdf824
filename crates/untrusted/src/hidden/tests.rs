#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::*;

#[test]
fn what_acts_on_a_terminal_on_the_eye_or_on_a_model_alone_is_shown() {
    let shown = |text: &str| visible(text).into_owned();
    assert_eq!(shown("\u{1b}[2Jgone\u{9b}1m\u{7}"), "\\x1b[2Jgone\\x9b1m\\x07");
    assert_eq!(shown("rm \u{202e}txt.exe\u{2066}"), "rm \\u{202e}txt.exe\\u{2066}");
    assert_eq!(shown("ig\u{200b}no\u{2060}re\u{feff}"), "ig\\u{200b}no\\u{2060}re\\u{feff}");
    assert_eq!(shown("ok\u{e0049}\u{e0067}"), "ok\\u{e0049}\\u{e0067}");
    assert_eq!(shown("a\u{fe01}b\u{fe02}"), "a\\u{fe01}b\\u{fe02}", "nothing in ASCII has variants");
    assert_eq!(shown("😀\u{fe00}\u{fe01}\u{fe02}"), "😀\u{fe00}\\u{fe01}\\u{fe02}", "a run of selectors is a message");
    assert_eq!(shown("in\u{200d}vis\u{200c}ible"), "in\\u{200d}vis\\u{200c}ible");
}

#[test]
fn scripts_and_emoji_stay_as_they_are_written() {
    let texts = [
        "👩\u{200d}🚀 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3}",
        "می\u{200c}خواهم",
        "क्\u{200d}ष",
        "日本語\tund\nÄrger",
        "נבדק",
    ];
    for text in texts {
        assert_eq!(visible(text), text);
    }
}

/// Texts with the characters in question more often than chance has them.
fn strange() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        any::<char>(),
        prop::sample::select(vec![
            'a',
            '1',
            'é',
            '語',
            '😀',
            '\u{200c}',
            '\u{200d}',
            '\u{fe0f}',
            '\u{200b}',
            '\u{85}',
            '\u{e0041}',
            '\u{180b}',
            '\u{1820}'
        ]),
    ];
    prop::collection::vec(letter, 0..24).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn what_is_shown_is_plain_and_is_shown_the_same_again(text in strange()) {
        let shown = visible(&text).into_owned();
        prop_assert!(is_plain(&shown), "{shown:?}");
        prop_assert_eq!(visible(&shown), shown.as_str());
    }
}
