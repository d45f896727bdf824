//! What is sent: by the service's rules, in the author's order, with cache points where the model takes them.

use marple_agent::ports::MustCall;
use marple_bedrock::{Bedrock, Options, Table};
use marple_case::{Block, Message, Role};
use serde_json::{Value, json};

use crate::{
    conversation::{Conversation, answer, call, text},
    fake::{Fake, MODEL, Seen, Stream},
};

/// The request of one turn.
async fn sent(model: &str, conversation: &Conversation) -> Seen {
    sent_with(model, "", conversation).await
}

/// The request of one turn, with options as a configuration file has them.
async fn sent_with(model: &str, options: &str, conversation: &Conversation) -> Seen {
    let fake = Fake::playing([Stream::new().text(&["Yes."]).stop("end_turn").into()]).await;
    answer(&fake.client_with(model, options), conversation).await;
    fake.seen().remove(0)
}

/// Where a request's cache points stand: `tools 1h`, `system 1h`, `message 2`.
fn cache_points(body: &Value) -> Vec<String> {
    let point = |block: &Value| {
        let point = block.get("cachePoint")?;
        Some(point["ttl"].as_str().map(|ttl| format!(" {ttl}")).unwrap_or_default())
    };
    let of = |place: String, blocks: &Value| {
        let points = blocks.as_array().into_iter().flatten().filter_map(point);
        points.map(|ttl| format!("{place}{ttl}")).collect::<Vec<_>>()
    };
    let messages = body["messages"].as_array().unwrap().iter().enumerate();
    let in_messages = messages.flat_map(|(number, message)| of(format!("message {number}"), &message["content"]));
    let outside = [of("tools".to_owned(), &body["toolConfig"]["tools"]), of("system".to_owned(), &body["system"])];
    outside.into_iter().flatten().chain(in_messages).collect()
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
    let long_point = json!({ "cachePoint": { "type": "default", "ttl": "1h" } });
    let tools = body["toolConfig"]["tools"].take();
    assert_eq!(tools.as_array().map(Vec::len), Some(3));
    assert_eq!(tools[0]["toolSpec"]["inputSchema"]["json"], conversation.tools[0].schema);
    assert_eq!(tools[2], long_point);
    let result = |id: &str, text: &str, status: &str| json!({ "toolResult": { "toolUseId": id, "content": [{ "text": text }], "status": status } });
    let arguments = json!({ "zone": "b", "after": 7, "middle": [{ "y": 1, "x": null }], "before": 0.25, "last": true, "alpha": "" });
    let expected = json!({
        "system": [{ "text": "You are Marple." }, long_point],
        "messages": [
            { "role": "user", "content": [{ "text": "Why does orders-api fail?" }, point] },
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

#[tokio::test]
async fn cache_points_stand_still_where_nothing_changes_and_move_with_the_conversation() {
    let nova = "us.amazon.nova-pro-v1:0";
    let mut conversation = Conversation::new();
    let mut table = String::new();
    for turn in 1..=3 {
        for (model, options) in [(MODEL, ""), (MODEL, "cache = '5m'"), (nova, ""), (MODEL, "cache = 'off'")] {
            let body = sent_with(model, options, &conversation).await.body;
            let name = model.split('.').nth(2).unwrap().get(..8).unwrap();
            table += &format!("turn {turn} {name} {options}: {}\n", cache_points(&body).join(", "));
        }
        let looks = call(&format!("t{turn}"), "search_logs", json!({ "zone": turn }));
        conversation = conversation.after(Message { role: Role::Assistant, blocks: vec![looks] });
    }
    insta::assert_snapshot!(table, @r"
    turn 1 claude-s : tools 1h, system 1h, message 0
    turn 1 claude-s cache = '5m': tools, system, message 0
    turn 1 nova-pro : system, message 0
    turn 1 claude-s cache = 'off': 
    turn 2 claude-s : tools 1h, system 1h, message 0, message 2
    turn 2 claude-s cache = '5m': tools, system, message 0, message 2
    turn 2 nova-pro : system, message 0
    turn 2 claude-s cache = 'off': 
    turn 3 claude-s : tools 1h, system 1h, message 2, message 4
    turn 3 claude-s cache = '5m': tools, system, message 2, message 4
    turn 3 nova-pro : system, message 0
    turn 3 claude-s cache = 'off':
    ");
}

#[tokio::test]
async fn options_become_the_services_fields() {
    let options = r#"
        max_output_tokens = 3000
        latency = "optimized"
        service_tier = "priority"
        guardrail = { id = "a1b2c3d4e5f6", version = "DRAFT", trace = "enabled_full", stream = "async" }
        metadata = { team = "payments" }
        fields = { anthropic_beta = ["context-1m-2025-08-07"] }
    "#;
    let body = sent_with(MODEL, options, &Conversation::new()).await.body;
    let guardrail = json!({ "guardrailIdentifier": "a1b2c3d4e5f6", "guardrailVersion": "DRAFT", "trace": "enabled_full", "streamProcessingMode": "async" });
    assert_eq!(body["guardrailConfig"], guardrail);
    assert_eq!(body["performanceConfig"], json!({ "latency": "optimized" }));
    assert_eq!(body["serviceTier"], json!({ "type": "priority" }));
    assert_eq!(body["requestMetadata"], json!({ "marple-investigation": "0199-test", "team": "payments" }));
    assert_eq!(body["additionalModelRequestFields"], json!({ "anthropic_beta": ["context-1m-2025-08-07"] }));
    assert_eq!(body["inferenceConfig"]["maxTokens"], 3000);
}

#[tokio::test]
async fn each_family_thinks_in_its_own_fields() {
    let opus = "global.anthropic.claude-opus-4-6-v1";
    let cases = [
        (MODEL, "thinking = {}"),
        (MODEL, "thinking = { budget_tokens = 30000 }"),
        (MODEL, "thinking = { effort = 'low' }"),
        (opus, "thinking = { effort = 'max' }"),
        (opus, "thinking = { budget_tokens = 4000 }"),
        ("us.amazon.nova-2-lite-v1:0", "thinking = { effort = 'high' }"),
        ("openai.gpt-oss-120b-1:0", "thinking = { effort = 'low' }"),
    ];
    let conversation = Conversation { must_call: MustCall::Any, ..Conversation::new() };
    let mut table = String::new();
    for (model, options) in cases {
        let body = sent_with(model, options, &conversation).await.body;
        assert_eq!(body["toolConfig"]["toolChoice"], Value::Null, "a forced call excludes thinking");
        let fields = &body["additionalModelRequestFields"];
        table += &format!("{options}: {fields} of {}\n", body["inferenceConfig"]["maxTokens"]);
    }
    insta::assert_snapshot!(table, @r#"
    thinking = {}: {"thinking":{"type":"enabled","budget_tokens":8192}} of 16000
    thinking = { budget_tokens = 30000 }: {"thinking":{"type":"enabled","budget_tokens":30000}} of 46000
    thinking = { effort = 'low' }: {"thinking":{"type":"enabled","budget_tokens":2048}} of 16000
    thinking = { effort = 'max' }: {"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}} of 16000
    thinking = { budget_tokens = 4000 }: {"thinking":{"type":"enabled","budget_tokens":4000}} of 16000
    thinking = { effort = 'high' }: {"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}} of null
    thinking = { effort = 'low' }: {"reasoning_effort":"low"} of 8000
    "#);
}

#[tokio::test]
async fn thinking_with_a_budget_waits_for_the_end_of_tool_use_that_began_without_it() {
    let thinks = |body: &Value| body["additionalModelRequestFields"]["thinking"]["type"].clone();
    let mut conversation = long();
    let in_tool_use = sent_with(MODEL, "thinking = {}", &conversation).await.body;
    assert_eq!(thinks(&in_tool_use), Value::Null);
    conversation = conversation.after(Message { role: Role::Assistant, blocks: vec![text("It is the disk.")] });
    assert_eq!(thinks(&sent_with(MODEL, "thinking = {}", &conversation).await.body), "enabled");
    // Nor is there room for it in an answer that has to be short.
    conversation.max_output_tokens = Some(2000);
    let short = sent_with(MODEL, "thinking = {}", &conversation).await.body;
    assert_eq!((thinks(&short), &short["inferenceConfig"]["maxTokens"]), (Value::Null, &json!(2000)));
}

#[tokio::test]
async fn a_profiles_arn_is_asked_in_its_own_region_and_as_the_family_that_it_stands_for() {
    let arn = "arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/a1b2c3d4e5f6";
    let options = "family = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'\nthinking = {}";
    let seen = sent_with(arn, options, &Conversation::new()).await;
    assert_eq!((seen.model.as_str(), seen.region.as_str()), (arn, "eu-central-1"));
    assert_eq!(cache_points(&seen.body).len(), 3);
}

#[test]
fn options_that_can_never_be_right_are_refused_before_anything_is_sent() {
    let refused = |model: &str, options: &str| match toml::from_str::<Options>(options) {
        Ok(options) => {
            let config = aws_types::SdkConfig::builder().build();
            Bedrock::configured(&config, model, options, &Table::embedded()).unwrap_err().to_string()
        }
        Err(error) => error.message().to_owned(),
    };
    let cases = [
        (MODEL, "thinking = { budget_tokens = 100 }"),
        (MODEL, "thinking = { budget_tokens = 64000 }"),
        ("us.anthropic.claude-opus-4-7", "thinking = { budget_tokens = 4000 }"),
        ("us.amazon.nova-pro-v1:0", "thinking = {}"),
        (MODEL, "guardrail = { id = 'Upper', version = '1' }"),
        (MODEL, "guardrail = { id = 'a1', version = 'latest' }"),
        (MODEL, "metadata = { marple-investigation = 'x' }"),
        (MODEL, "metadata = { team = 'größer' }"),
        (MODEL, "max_output_tokens = 0"),
        (MODEL, "cache = '2h'"),
        (MODEL, "temperature = 0.5"),
    ];
    let table: String = cases.map(|(model, options)| format!("{options}\n  {}\n", refused(model, options))).concat();
    insta::assert_snapshot!(table, @r#"
    thinking = { budget_tokens = 100 }
      thinking.budget_tokens: 100 is not between 1024 and 63999
    thinking = { budget_tokens = 64000 }
      thinking.budget_tokens: 64000 is not between 1024 and 63999
    thinking = { budget_tokens = 4000 }
      thinking.budget_tokens: us.anthropic.claude-opus-4-7 takes no budget; give thinking.effort
    thinking = {}
      thinking: it is not known how us.amazon.nova-pro-v1:0 is made to think; name its family, or give the model's own request fields in `fields`
    guardrail = { id = 'Upper', version = '1' }
      guardrail.id: "Upper" is not a guardrail's id or ARN
    guardrail = { id = 'a1', version = 'latest' }
      guardrail.version: "latest" is not a version's number or DRAFT
    metadata = { marple-investigation = 'x' }
      metadata.marple-investigation: this key holds the investigation's id
    metadata = { team = 'größer' }
      metadata.team: the value has letters that are not allowed, or too many
    max_output_tokens = 0
      max_output_tokens: an answer needs at least one token
    cache = '2h'
      unknown variant `2h`, expected one of `auto`, `5m`, `off`
    temperature = 0.5
      unknown field `temperature`, expected one of `family`, `max_output_tokens`, `thinking`, `cache`, `guardrail`, `latency`, `service_tier`, `metadata`, `fields`
    "#);
}
