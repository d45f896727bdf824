#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use proptest::prelude::*;

use super::*;

#[test]
fn structure_and_looks_are_kept_and_nothing_is_obeyed() {
    let markdown = "# So\nYes, **v1.7.0** is `there`\nsince [noon](https://x.example) <b>now</b>.\n\n1. one\n   - inner\n2. two\n\n```\na\nb\n```\n\n| k | v |\n|---|---|\n| a | b |\n";
    let shown: Vec<String> = parse(markdown)
        .into_iter()
        .map(|piece| {
            let spans: Vec<String> =
                piece.spans.iter().map(|span| format!("{:?}:{:?}", span.look, span.text)).collect();
            format!("{:?} {} {}", piece.kind, piece.depth, spans.join(" "))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
Heading 0 Plain:"So"
Paragraph 0 Plain:"Yes, " Strong:"v1.7.0" Plain:" is " Code:"there" Plain:" since noon (https://x.example) <b>now</b>."
Item("1. ") 0 Plain:"one"
Item("- ") 1 Plain:"inner"
Item("2. ") 0 Plain:"two"
Code 0 Code:"a\nb\n"
Row 0 Strong:"k" Plain:" | " Strong:"v"
Row 0 Plain:"a | b"
"#);
}

proptest! {
    #[test]
    fn no_words_are_lost_from_plain_text(words in prop::collection::vec("[a-z]{1,8}", 1..20)) {
        let pieces = parse(&words.join(" "));
        let said: String = pieces.iter().flat_map(|piece| &piece.spans).map(|span| span.text.as_str()).collect();
        prop_assert_eq!(said, words.join(" "));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }
}
