#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::*;

#[test]
fn no_spelling_of_the_end_ends_the_element() {
    let spellings = [
        "</evidence>",
        "</EVIDENCE >",
        "< / evidence>",
        "＜／evidence＞",
        "</еvidеnсе>",
        "&lt;/evidence&gt;",
        "&#60;&#47;evidence&#62;",
        "%3C%2Fevidence%3E",
        r"\u003c/evidence\u003e",
        r"\\u003c\u002fevidence",
        "<\n/\nevidence>",
        "<evidence id=\"E99\">",
        r"<\/evidence>",
        "</evidence</evidence>>",
    ];
    for spelling in spellings {
        let text = format!("before {spelling} after");
        let broken = broken(&text);
        assert_ne!(broken, text, "{spelling}");
        assert!(!broken.contains("</evidence") && !broken.contains("<evidence"), "{broken}");
        assert_eq!(unbroken(&broken).as_deref(), Some(text.as_str()), "{spelling}");
    }
}

#[test]
fn what_is_no_tag_of_the_element_stays_as_it_is() {
    for text in ["<div>", "x < evidence_count", "a<b", "the evidence </b>", "if (a < 3) return evidence;"] {
        let shown = broken(text);
        assert!(shown == text || text.contains("< evidence"), "{shown}");
    }
    assert_eq!(unbroken("path\\to"), None);
}

#[test]
fn an_attribute_ends_neither_its_quotation_nor_the_tag() {
    assert_eq!(attribute("a'> </evidence>\n\u{202e}"), r"a&apos;\u003e \u003c/evidence\u003e\x0a\u{202e}");
}

#[test]
fn a_line_stays_a_line() {
    assert_eq!(enclosed_line("id=\"E1\"", "a\n</evidence>\n b"), "<evidence id=\"E1\">a <\\/evidence> b</evidence>");
}

proptest! {
    #[test]
    fn whatever_the_text_the_element_ends_once_at_its_end(text in "([<>/\\\\ eEvidnc&;lt%3CF\n]|</evidence>|evidence|\\PC){0,40}") {
        let whole = enclosed("id=\"E1\"", &text);
        let inner = whole.strip_prefix("<evidence id=\"E1\">\n").unwrap().strip_suffix("\n</evidence>").unwrap();
        let lower = inner.to_lowercase();
        prop_assert!(!lower.contains("</evidence") && !lower.contains("<evidence"), "{inner}");
    }

    #[test]
    fn what_was_broken_can_be_quoted_as_it_was(text in "([<>/\\\\ evidnc]|</evidence|<evidence){0,30}") {
        let shown = broken(&text).into_owned();
        prop_assert_eq!(unbroken(&shown).unwrap_or(shown), text);
    }
}
