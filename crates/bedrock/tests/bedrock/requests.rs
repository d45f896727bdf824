//! What is sent: by the service's rules, in the author's order, with cache points where the model takes them.

use marple_agent::ports::MustCall;
use marple_case::{Block, Message, Role};
use serde_json::{Value, json};

use crate::{
    conversation::{Conversation, answer, call, text},
    fake::{Fake, MODEL, Seen, Stream},
};

/// The request of one turn.
async fn sent(model: &str, conversation: &Conversation) -> Seen {
    let fake = Fake::playing([Stream::new().text(&["Yes."]).stop("end_turn").into()]).await;
    answer(&fake.client(model), conversation).await;
    fake.seen().remove(0)
}

/// Everything that a conversation can hold.
fn long() -> Conversation {
    let arguments = json!({ "zone": "b", "after": 7, "middle": [{ "y": 1, "x": null }], "before": 0.25, "last": true, "alpha": "" });
    let said = Message {
        role: Role::Assistant,
        blocks: vec![text("I look."), call("t1", "search_logs", arguments), call("t2", "made.up!", json!({}))],
    };
    let results = vec![
        Block::ToolResult { call: "t1".to_owned(), text: "3 events".to_owned(), is_error: false },
        Block::ToolResult { call: "t2".to_owned(), text: "there is no such tool".to_owned(), is_error: true },
        text("This is your last turn."),
    ];
    let mut conversation = Conversation::new();
    conversation.messages.extend([said, Message { role: Role::User, blocks: results }]);
    conversation
}

#[tokio::test]
async fn a_turn_becomes_the_services_request() {
    let conversation = Conversation { must_call: MustCall::Any, ..long() };
    let Seen { model, mut body, .. } = sent(MODEL, &conversation).await;
    assert_eq!(model, MODEL);
    let point = json!({ "cachePoint": { "type": "default" } });
    let tools = body["toolConfig"]["tools"].take();
    assert_eq!(tools.as_array().map(Vec::len), Some(3));
    assert_eq!(tools[0]["toolSpec"]["inputSchema"]["json"], conversation.tools[0].schema);
    assert_eq!(tools[2], point);
    let result = |id: &str, text: &str, status: &str| json!({ "toolResult": { "toolUseId": id, "content": [{ "text": text }], "status": status } });
    let arguments = json!({ "zone": "b", "after": 7, "middle": [{ "y": 1, "x": null }], "before": 0.25, "last": true, "alpha": "" });
    let expected = json!({
        "system": [{ "text": "You are Marple." }, point],
        "messages": [
            { "role": "user", "content": [{ "text": "Why does orders-api fail?" }] },
            { "role": "assistant", "content": [
                { "text": "I look." },
                { "toolUse": { "toolUseId": "t1", "name": "search_logs", "input": arguments } },
                { "toolUse": { "toolUseId": "t2", "name": "made_up_", "input": {} } },
            ] },
            { "role": "user", "content": [
                result("t1", "3 events", "success"),
                result("t2", "there is no such tool", "error"),
                { "text": "This is your last turn." },
                point,
            ] },
        ],
        "inferenceConfig": { "maxTokens": 16000 },
        "toolConfig": { "tools": null, "toolChoice": { "any": {} } },
        "requestMetadata": { "marple-investigation": "0199-test" },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn json_goes_out_in_its_authors_order_every_time() {
    let conversation = long();
    for _ in 0..3 {
        let text = sent(MODEL, &conversation).await.text;
        assert!(text.contains(&conversation.tools[0].schema.to_string()), "{text}");
        let arguments = r#"{"zone":"b","after":7,"middle":[{"y":1,"x":null}],"before":0.25,"last":true,"alpha":""}"#;
        assert!(text.contains(arguments), "{text}");
    }
}

#[tokio::test]
async fn an_unknown_model_is_sent_nothing_that_it_might_not_take() {
    let conversation = Conversation { must_call: MustCall::Any, ..long() };
    let Seen { text, body, .. } = sent("some.new-model-v1:0", &conversation).await;
    assert!(!text.contains("cachePoint"), "{text}");
    assert_eq!(body["toolConfig"]["toolChoice"], Value::Null);
}

#[tokio::test]
async fn a_message_of_another_models_reasoning_alone_does_not_become_empty() {
    let reasoning = Block::Reasoning { opaque: json!({ "model": "some.other-model", "text": "Hm." }) };
    let thought = Message { role: Role::Assistant, blocks: vec![reasoning] };
    let body = sent(MODEL, &Conversation::new().after(thought)).await.body;
    assert_eq!(body["messages"][1]["content"], json!([{ "text": "(no words)" }]));
}
