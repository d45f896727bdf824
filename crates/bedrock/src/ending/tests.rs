#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use StopReason::*;

use super::*;

const SPENT: Chances = Chances { output_tokens: 100, larger: None, again: false };

fn words(text: &str) -> Part {
    Part::Block(Block::Text { text: text.to_owned() })
}

fn call(tool: &str, input: &str) -> Part {
    Part::Call { id: tool.to_owned(), tool: tool.to_owned(), input: input.to_owned() }
}

/// An answer as a line: words in quotes, calls with their arguments.
fn shown(ending: Ending) -> String {
    let Ending::Answered(blocks) = ending else { return format!("{ending:?}") };
    let block = |block: &Block| match block {
        Block::Text { text } => format!("{text:?}"),
        Block::ToolCall(call) => format!("{}{}", call.tool, call.arguments),
        other => format!("{other:?}"),
    };
    blocks.iter().map(block).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_call_that_the_limit_cut_is_asked_for_again_once_and_then_left_out_with_a_note() {
    let parts = || vec![words("I look."), call("get_metrics", "{\"a\":1}"), call("search_logs", "{\"b\"")];
    let larger = Chances { larger: Some(400), ..SPENT };
    insta::assert_snapshot!(shown(decide(MaxTokens, parts(), larger)), @r#"Again { reason: "the answer reached its limit of 100 tokens within a call of search_logs; it is asked for with 400", output_tokens: 400 }"#);
    insta::assert_snapshot!(shown(decide(MaxTokens, parts(), SPENT)), @r#""I look." "(the limit of 100 tokens was reached: a call of search_logs was cut off and is left out)" get_metrics{"a":1}"#);
    // A call that has only just begun.
    insta::assert_snapshot!(shown(decide(MaxTokens, vec![call("search_logs", "")], SPENT)), @r#""(the limit of 100 tokens was reached: a call of search_logs was cut off and is left out)""#);
    insta::assert_snapshot!(shown(decide(MaxTokens, vec![], SPENT)), @r#""(the limit of 100 tokens was reached before an answer began)""#);
}

#[test]
fn what_is_whole_at_the_limit_is_not_paid_for_again() {
    let larger = Chances { larger: Some(400), ..SPENT };
    assert_eq!(shown(decide(MaxTokens, vec![words("It is the")], larger)), r#""It is the""#);
    assert_eq!(shown(decide(MaxTokens, vec![call("search_logs", "{}")], larger)), "search_logs{}");
}

#[test]
fn malformed_calls_go_to_the_tool_that_refuses_them_and_malformed_words_are_asked_for_again() {
    let parts = vec![call("search_logs", "{\"b\"")];
    assert_eq!(shown(decide(MalformedToolUse, parts, SPENT)), r#"search_logs"{\"b\"""#);
    let again = Chances { again: true, ..SPENT };
    insta::assert_snapshot!(shown(decide(MalformedModelOutput, vec![words("<tool")], again)), @r#"Again { reason: "the model's output was malformed", output_tokens: 100 }"#);
    insta::assert_snapshot!(shown(decide(MalformedModelOutput, vec![], SPENT)), @r#""(the model's output was malformed and cannot be read)""#);
}

#[test]
fn nothing_that_was_held_back_is_carried_out() {
    let parts = || vec![call("search_logs", "{}")];
    assert_eq!(shown(decide(GuardrailIntervened, parts(), SPENT)), "");
    assert_eq!(shown(decide(ContentFiltered, parts(), SPENT)), "");
    let blocked = vec![words("Sorry, I cannot answer that."), call("search_logs", "{}")];
    assert_eq!(shown(decide(GuardrailIntervened, blocked, SPENT)), r#""Sorry, I cannot answer that.""#);
}

#[test]
fn a_full_context_keeps_what_is_whole() {
    let parts = vec![call("get_metrics", "{}"), call("search_logs", "{\"b\"")];
    insta::assert_snapshot!(shown(decide(ModelContextWindowExceeded, parts, SPENT)), @r#""(the context window ended: a call of search_logs was cut off and is left out)" get_metrics{}"#);
    assert_eq!(shown(decide(ModelContextWindowExceeded, vec![words("It is")], SPENT)), r#""It is""#);
    insta::assert_snapshot!(shown(decide(ModelContextWindowExceeded, vec![], SPENT)), @r#""(the context window ended before an answer began)""#);
}
