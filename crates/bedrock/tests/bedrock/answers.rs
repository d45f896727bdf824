//! Answers come out whole, in order, and with what they used.

use marple_agent::ports::{Delta, Model};
use marple_case::{Block, StopReason, Usage};
use serde_json::json;

use crate::{
    conversation::{Conversation, answer, call, hear, restarts, text},
    fake::{Fake, MODEL, Seen, Stream},
};

#[tokio::test]
async fn text_and_calls_come_out_whole_and_their_deltas_in_order() {
    let stream = Stream::new()
        .text(&["Let me ", "look: ", "größer"])
        .call("t1", "search_logs", [r#"{"zone""#, r#": "a"}"#])
        .call("t2", "get_metrics", [])
        .stop("tool_use")
        .usage(&json!({ "inputTokens": 100, "outputTokens": 20, "totalTokens": 1120, "cacheReadInputTokens": 900, "cacheWriteInputTokens": 100 }));
    let fake = Fake::playing([stream.into()]).await;
    let mut heard = hear(&fake.client(MODEL), &Conversation::new()).await;
    let Some(Ok(Delta::Finished(answer))) = heard.pop() else { panic!("the last is the answer: {heard:?}") };
    let started = |tool: &str| Ok(Delta::CallStarted { tool: tool.to_owned() });
    let said = |text: &str| Ok(Delta::Text(text.to_owned()));
    let expected = [said("Let me "), said("look: "), said("größer"), started("search_logs"), started("get_metrics")];
    assert_eq!(heard, expected);
    let blocks = [
        text("Let me look: größer"),
        call("t1", "search_logs", json!({ "zone": "a" })),
        call("t2", "get_metrics", json!({})),
    ];
    assert_eq!(answer.message.blocks, blocks);
    assert_eq!(answer.stop_reason, StopReason::ToolUse);
    let usage = Usage { input_tokens: 100, output_tokens: 20, cache_read_tokens: 900, cache_write_tokens: 100 };
    assert_eq!(answer.usage, usage);
    // 100 × $3 + 20 × $15 + 900 × $0.30 + 100 × $3.75, for a million each, and a tenth more outside the global profile.
    let cost = answer.cost_usd.expect("the price is known");
    assert!((cost - 0.001_245 * 1.1).abs() < 1e-9, "{cost}");
}

#[tokio::test]
async fn arguments_may_be_split_anywhere() {
    let arguments =
        json!({ "zone": "caf\u{e9} \"quoted\" \\ 😀\n", "after": 18_446_744_073_709_551_615_u64, "before": -0.5 });
    let plain = arguments.to_string();
    // The same with every non-ASCII character as escapes: a split may fall inside \u00e9 and between the halves of a pair.
    let escaped = plain.replace('é', "\\u00e9").replace('😀', "\\ud83d\\ude00");
    let letters = |json: &str| json.chars().map(String::from).collect::<Vec<_>>();
    let mut stream = Stream::new();
    for (number, json) in [plain, escaped].iter().enumerate() {
        let pieces = letters(json);
        stream = stream.call(&format!("t{number}"), "search_logs", pieces.iter().map(String::as_str));
    }
    let fake = Fake::playing([stream.stop("tool_use").into()]).await;
    let answer = answer(&fake.client(MODEL), &Conversation::new()).await;
    let expected = [call("t0", "search_logs", arguments.clone()), call("t1", "search_logs", arguments)];
    assert_eq!(answer.message.blocks, expected);
}

#[tokio::test]
async fn arguments_that_are_no_json_stay_as_they_are_and_go_back_as_an_object() {
    let broken = Stream::new().call("t1", "search_logs", [r#"{"zone": "a", "af"#]).stop("malformed_tool_use");
    let fake = Fake::playing([broken.into(), Stream::new().text(&["Again."]).stop("end_turn").into()]).await;
    let model = fake.client(MODEL);
    let conversation = Conversation::new();
    let first = answer(&model, &conversation).await;
    assert_eq!(first.stop_reason, StopReason::MalformedToolUse);
    assert_eq!(first.message.blocks, [call("t1", "search_logs", json!(r#"{"zone": "a", "af"#))]);
    answer(&model, &conversation.after(first.message)).await;
    let input = &fake.seen()[1].body["messages"][1]["content"][0]["toolUse"]["input"];
    assert_eq!(*input, json!({ "unreadable": r#"{"zone": "a", "af"# }));
}

#[tokio::test]
async fn a_call_that_the_output_limit_cut_is_asked_for_once_more_and_both_answers_are_paid_for() {
    let used = || json!({ "inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100 });
    let cut =
        || Stream::new().call("t1", "search_logs", [r#"{"zone": "a", "af"#]).stop("max_tokens").usage(&used()).into();
    let whole = Stream::new().call("t1", "search_logs", [r#"{"zone": "a"}"#]).stop("tool_use").usage(&used());
    let fake = Fake::playing([cut(), whole.into(), cut(), cut()]).await;
    let model = fake.client(MODEL);
    let heard = hear(&model, &Conversation::new()).await;
    let Some(Ok(Delta::Finished(answer))) = heard.last() else { panic!("{heard:?}") };
    assert_eq!(answer.message.blocks, [call("t1", "search_logs", json!({ "zone": "a" }))]);
    assert_eq!((answer.usage.input_tokens, answer.usage.output_tokens), (2000, 200));
    assert!(answer.cost_usd.is_some_and(|cost| (cost - 2.0 * (0.003 + 0.0015) * 1.1).abs() < 1e-9), "{answer:?}");
    assert_eq!(restarts(&heard).len(), 1);
    let limits =
        |seen: &[Seen]| seen.iter().map(|seen| seen.body["inferenceConfig"]["maxTokens"].clone()).collect::<Vec<_>>();
    assert_eq!(limits(&fake.seen()), [16_000, 64_000]);

    // Cut again: what is left is said, and nothing is carried out.
    let heard = hear(&model, &Conversation::new()).await;
    let Some(Ok(Delta::Finished(answer))) = heard.last() else { panic!("{heard:?}") };
    assert_eq!(answer.stop_reason, StopReason::MaxTokens);
    assert_eq!(answer.message.calls().count(), 0);
    assert!(answer.message.text().contains("search_logs"), "{}", answer.message.text());
}

#[tokio::test]
async fn a_turn_with_a_limit_of_its_own_is_not_asked_again_with_more() {
    let cut = Stream::new().call("t1", "search_logs", [r#"{"zo"#]).stop("max_tokens");
    let fake = Fake::playing([cut.into()]).await;
    let conversation = Conversation { max_output_tokens: Some(500), ..Conversation::new() };
    assert_eq!(answer(&fake.client(MODEL), &conversation).await.message.calls().count(), 0);
    assert_eq!(fake.seen()[0].body["inferenceConfig"]["maxTokens"], 500);
}

#[tokio::test]
async fn malformed_output_is_asked_for_again_within_limits() {
    let malformed = || Stream::new().text(&["<function"]).stop("malformed_model_output").into();
    let good = Stream::new().text(&["It is the disk."]).stop("end_turn");
    let fake = Fake::playing([malformed(), good.into(), malformed(), malformed(), malformed()]).await;
    let model = fake.client(MODEL);
    assert_eq!(answer(&model, &Conversation::new()).await.message.text(), "It is the disk.");
    assert_eq!(answer(&model, &Conversation::new()).await.stop_reason, StopReason::MalformedModelOutput);
    assert_eq!(fake.seen().len(), 5);
}

#[tokio::test]
async fn an_estimate_is_never_below_what_a_turn_then_costs() {
    let used = json!({ "inputTokens": 10, "outputTokens": 16_000, "totalTokens": 16_500, "cacheWriteInputTokens": 490,
        "cacheDetails": [{ "ttl": "1h", "inputTokens": 490 }] });
    let fake = Fake::playing([Stream::new().text(&["Yes."]).stop("end_turn").usage(&used).into()]).await;
    let (model, conversation) = (fake.client(MODEL), Conversation::new());
    let estimate = model.estimate(&conversation.turn()).unwrap();
    let cost = answer(&model, &conversation).await.cost_usd.unwrap();
    assert!(estimate.input_tokens >= 500, "{estimate:?}");
    assert!(estimate.cost_usd.unwrap() >= cost && estimate.cost_usd.unwrap() < cost * 1.2, "{estimate:?} {cost}");
    assert_eq!(fake.client("some.new-model-v1:0").estimate(&conversation.turn()).unwrap().cost_usd, None);
}

#[tokio::test]
async fn every_stop_reason_is_told_apart() {
    use StopReason::*;
    let reasons = [
        ("end_turn", EndTurn),
        ("tool_use", ToolUse),
        ("max_tokens", MaxTokens),
        ("stop_sequence", StopSequence),
        ("guardrail_intervened", GuardrailIntervened),
        ("content_filtered", ContentFiltered),
        ("model_context_window_exceeded", ModelContextWindowExceeded),
        ("a_reason_of_next_year", Other),
    ];
    let script = reasons.map(|(wire, _)| Stream::new().text(&["Words."]).stop(wire).into());
    let fake = Fake::playing(script).await;
    let model = fake.client(MODEL);
    for (wire, expected) in reasons {
        assert_eq!(answer(&model, &Conversation::new()).await.stop_reason, expected, "{wire}");
    }
}

#[tokio::test]
async fn reasoning_goes_back_byte_for_byte_and_to_no_other_model() {
    let thinking = Stream::new()
        .reasoning(&["The alarm ", "rose at 09:12 – why?"], "c2lnbmF0dXJl/+==")
        .redacted("AAECA/8=")
        .reasoning(&[], "b25seSBhIHNpZ25hdHVyZQ==")
        .text(&["I look."])
        .call("t1", "search_logs", ["{}"])
        .stop("tool_use");
    let done = || Stream::new().text(&["Done."]).stop("end_turn").into();
    let fake = Fake::playing([thinking.into(), done(), done()]).await;
    let conversation = Conversation::new();
    let first = answer(&fake.client(MODEL), &conversation).await;
    assert!(matches!(
        first.message.blocks[..],
        [
            Block::Reasoning { .. },
            Block::Reasoning { .. },
            Block::Reasoning { .. },
            Block::Text { .. },
            Block::ToolCall(_)
        ]
    ));

    let conversation = conversation.after(first.message);
    answer(&fake.client_with(MODEL, "thinking = {}"), &conversation).await;
    answer(&fake.client("us.anthropic.claude-opus-4-5-20251101-v1:0"), &conversation).await;
    let seen = fake.seen();
    let back = &seen[1].body["messages"][1]["content"];
    let text = json!({ "text": "The alarm rose at 09:12 – why?", "signature": "c2lnbmF0dXJl/+==" });
    assert_eq!(back[0], json!({ "reasoningContent": { "reasoningText": text } }));
    assert_eq!(back[1], json!({ "reasoningContent": { "redactedContent": "AAECA/8=" } }));
    // Some models keep their thoughts to themselves, and sign them.
    let silent = json!({ "text": "", "signature": "b25seSBhIHNpZ25hdHVyZQ==" });
    assert_eq!(back[2], json!({ "reasoningContent": { "reasoningText": silent } }));
    assert_eq!(seen[1].body["additionalModelRequestFields"]["thinking"]["type"], "enabled", "thinking goes on");
    assert!(!seen[2].text.contains("reasoningContent"), "{}", seen[2].text);
}

#[tokio::test]
async fn what_breaks_after_the_message_costs_its_usage_and_not_the_message() {
    let whole = || Stream::new().text(&["Whole."]).stop("end_turn");
    let ends = [whole().cut(), whole().then_silence(), whole().exception("throttlingException", "Too many tokens")];
    let fake = Fake::playing(ends.map(Into::into)).await;
    let model = fake.client(MODEL);
    for _ in 0..3 {
        let answer = answer(&model, &Conversation::new()).await;
        assert_eq!((answer.message.text().as_str(), answer.cost_usd), ("Whole.", None));
    }
    assert_eq!(fake.seen().len(), 3);
}
