//! Conversations for the tests, and an ear for the answers.

use futures::StreamExt;
use marple_agent::ports::{Answer, Delta, Model, ModelError, MustCall, Turn, TurnOptions};
use marple_bedrock::Bedrock;
use marple_case::{Block, Message, Role, Scope, ToolCall, ToolSpec, Window};
use serde_json::{Value, json};

/// What a turn borrows.
pub(crate) struct Conversation {
    pub(crate) messages: Vec<Message>,
    pub(crate) tools: Vec<ToolSpec>,
    pub(crate) must_call: MustCall,
    pub(crate) max_output_tokens: Option<u32>,
    pub(crate) scope: Scope,
}

impl Conversation {
    /// One question.
    pub(crate) fn new() -> Self {
        let window =
            Window { start: "2026-01-01T09:00:00Z".parse().unwrap(), end: "2026-01-01T10:00:00Z".parse().unwrap() };
        let scope = Scope {
            account: None,
            region: "us-east-1".to_owned(),
            now: window.end,
            alarm: None,
            subjects: Vec::new(),
            window,
            baseline: window,
            period_s: 60,
            first_breach: None,
            recovered_at: None,
            notes: Vec::new(),
        };
        // The members stand in an order that no sorting gives.
        let schema = json!({ "type": "object", "required": ["zone", "after"], "properties": {
            "zone": { "type": "string", "description": "first" }, "after": { "type": "integer" }, "middle": { "type": "array" },
            "before": { "type": "number" }, "last": { "type": "boolean" }, "alpha": { "type": "string" } } });
        let spec =
            |name: &str| ToolSpec { name: name.to_owned(), description: "Looks.".to_owned(), schema: schema.clone() };
        Self {
            messages: vec![Message::user("Why does orders-api fail?")],
            tools: vec![spec("search_logs"), spec("get_metrics")],
            must_call: MustCall::No,
            max_output_tokens: None,
            scope,
        }
    }

    /// The turn to be answered.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let options = TurnOptions {
            must_call: self.must_call.clone(),
            investigation: "0199-test".to_owned(),
            max_output_tokens: self.max_output_tokens,
            ..TurnOptions::default()
        };
        Turn {
            system: "You are Marple.",
            messages: &self.messages,
            evidence: &[],
            scope: &self.scope,
            tools: &self.tools,
            options,
        }
    }

    /// The conversation after an answer, each of its calls answered.
    pub(crate) fn after(mut self, message: Message) -> Self {
        let results = message.calls().map(|call| Block::ToolResult {
            call: call.id.clone(),
            text: "found".to_owned(),
            is_error: false,
        });
        let mut blocks: Vec<Block> = results.collect();
        if blocks.is_empty() {
            blocks.push(Block::Text { text: "Go on.".to_owned() });
        }
        self.messages.extend([message, Message { role: Role::User, blocks }]);
        self
    }
}

/// Everything that a model says until its stream ends.
pub(crate) async fn hear(model: &Bedrock, conversation: &Conversation) -> Vec<Result<Delta, ModelError>> {
    model.answer(conversation.turn()).collect().await
}

/// The answer that a model comes to.
pub(crate) async fn answer(model: &Bedrock, conversation: &Conversation) -> Answer {
    match hear(model, conversation).await.pop() {
        Some(Ok(Delta::Finished(answer))) => answer,
        other => panic!("no answer but {other:?}"),
    }
}

/// The error that a model comes to.
pub(crate) async fn error(model: &Bedrock, conversation: &Conversation) -> ModelError {
    match hear(model, conversation).await.pop() {
        Some(Err(error)) => error,
        other => panic!("no error but {other:?}"),
    }
}

/// The reasons of the restarts.
pub(crate) fn restarts(heard: &[Result<Delta, ModelError>]) -> Vec<&str> {
    let reasons = heard.iter().filter_map(|delta| match delta {
        Ok(Delta::Restarted { reason }) => Some(reason.as_str()),
        _ => None,
    });
    reasons.collect()
}

pub(crate) fn text(text: &str) -> Block {
    Block::Text { text: text.to_owned() }
}

pub(crate) fn call(id: &str, tool: &str, arguments: Value) -> Block {
    Block::ToolCall(ToolCall { id: id.to_owned(), tool: tool.to_owned(), arguments })
}
