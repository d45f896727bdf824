#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::{Command, READS, clipped, cut, visible};

#[test]
fn escape_sequences_and_direction_overrides_are_shown_and_not_obeyed() {
    insta::assert_snapshot!(visible("\x1b[31mred\x1b[0m\u{7}\u{9b}2J \u{202e}evil\ta\r\nb\rc\0"), @r"
    ␛[31mred␛[0m␇\u{9b}2J \u{202e}evil	a
    b
    c␀
    ");
}

#[test]
fn what_only_a_model_would_read_is_shown_and_scripts_stay_as_they_are() {
    insta::assert_snapshot!(visible("ok\u{e0069}\u{e0067} no\u{200b}pe می\u{200c}خواهم 👩\u{200d}🚀"), @r"ok\u{e0069}\u{e0067} no\u{200b}pe می‌خواهم 👩‍🚀");
}

#[test]
fn a_cut_keeps_head_and_tail_on_line_ends_and_says_how_much_is_gone() {
    let text: String = (1..=40).map(|number| format!("line {number:02} of the text\n")).collect();
    insta::assert_snapshot!(cut(&text, 160, READS).unwrap(), @r"
    line 01 of the text
    line 02 of the text
    line 03 of the text
    line 04 of the text
    line 05 of the text
    line 06 of the text
    [cut: 660 of 800 bytes, 33 lines; show_evidence reads them]
    line 40 of the text
    ");
    assert_eq!(cut(&text, 800, READS), None);
}

#[test]
fn command_lines_survive_a_shell() {
    let line = Command::new("logs", "filter-log-events")
        .option("log-group-name", "/aws/lambda/orders-api")
        .option("filter-pattern", r#"it's "$(reboot)" `now`"#)
        .options("log-stream-names", ["2025/12/16/[$LATEST]0a", ""])
        .option_if("next-token", None::<&str>)
        .flag("no-paginate")
        .in_region("us-east-1");
    insta::assert_snapshot!(line, @r#"aws logs filter-log-events --log-group-name /aws/lambda/orders-api --filter-pattern 'it'\''s "$(reboot)" `now`' --log-stream-names '2025/12/16/[$LATEST]0a' '' --no-paginate --region us-east-1"#);
}

proptest! {
    #[test]
    fn what_is_made_visible_holds_no_control_character_and_stays_as_it_is(text in "(?s:.)*") {
        let shown = visible(&text).into_owned();
        prop_assert!(shown.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
        prop_assert_eq!(visible(&shown).into_owned(), shown);
    }

    #[test]
    fn a_cut_text_is_near_its_limit(text in "(\\PC|\n){0,400}", limit in 0_usize..400) {
        if let Some(shown) = cut(&text, limit, READS) {
            prop_assert!(shown.len() <= limit + 120, "{} of {limit}", shown.len());
        }
        prop_assert!(clipped(&text, limit).len() <= limit + 3);
    }
}

#[test]
fn a_cut_says_the_span_of_the_lines_that_are_gone() {
    let text: String = (10..50).map(|second| format!("2026-03-02T08:10:{second}Z step\n")).collect();
    let shown = cut(&text, 200, "ask again").unwrap();
    assert!(shown.contains("lines from 2026-03-02T08:10:15Z to 2026-03-02T08:10:48Z; ask again]\n"), "{shown}");
}
