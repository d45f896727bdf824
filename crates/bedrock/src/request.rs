//! A turn as a ConverseStream request.
//!
//! Cache points, where the model takes them: after the tools, after the system prompt and after the last message; three, of
//! the four that the service allows.

use aws_sdk_bedrockruntime::{
    Client,
    error::BuildError,
    operation::converse_stream::builders::ConverseStreamFluentBuilder,
    types::{
        AnyToolChoice, CachePointBlock, CachePointType, ContentBlock, ConversationRole, InferenceConfiguration,
        Message as SdkMessage, SystemContentBlock, Tool, ToolChoice, ToolConfiguration, ToolInputSchema,
        ToolResultBlock, ToolResultContentBlock, ToolResultStatus, ToolSpecification, ToolUseBlock,
    },
};
use marple_agent::ports::{MustCall, Turn};
use marple_case::{Block, Message, Role, ToolSpec};
use serde_json::{Value, json};

use crate::{document::document, models::Family, order::AuthorsOrder, reasoning};

/// The longest value of request metadata, by the service's model.
const METADATA_LENGTH: usize = 256;

/// Builds the request.
pub(crate) fn build(
    client: &Client,
    model: &str,
    family: &Family,
    turn: &Turn<'_>,
) -> Result<ConverseStreamFluentBuilder, BuildError> {
    let mut messages: Vec<SdkMessage> =
        turn.messages.iter().map(|said| message(said, model)).collect::<Result<_, _>>()?;
    if family.cache_points
        && let Some(last) = messages.last_mut()
    {
        last.content.push(ContentBlock::CachePoint(cache_point()?));
    }
    let mut system = vec![SystemContentBlock::Text(turn.system.to_owned())];
    if family.cache_points {
        system.push(SystemContentBlock::CachePoint(cache_point()?));
    }
    let inference = InferenceConfiguration::builder().max_tokens(family.max_output_tokens).build();
    let mut request = client
        .converse_stream()
        .model_id(model)
        .set_system(Some(system))
        .set_messages(Some(messages))
        .inference_config(inference)
        .tool_config(tools(family, turn)?);
    let investigation = &turn.options.investigation;
    if !investigation.is_empty() && investigation.len() <= METADATA_LENGTH {
        request = request.request_metadata("marple-investigation", investigation);
    }
    Ok(request)
}

/// The JSON of the same request, in its order.
pub(crate) fn authors_order(turn: &Turn<'_>) -> AuthorsOrder {
    AuthorsOrder {
        schemas: turn.tools.iter().map(|tool| tool.schema.clone()).collect(),
        arguments: turn.messages.iter().flat_map(Message::calls).map(|call| object(&call.arguments)).collect(),
    }
}

fn cache_point() -> Result<CachePointBlock, BuildError> {
    CachePointBlock::builder().r#type(CachePointType::Default).build()
}

fn tools(family: &Family, turn: &Turn<'_>) -> Result<ToolConfiguration, BuildError> {
    let mut config = ToolConfiguration::builder();
    for spec in turn.tools {
        config = config.tools(tool(spec)?);
    }
    if family.cache_points {
        config = config.tools(Tool::CachePoint(cache_point()?));
    }
    if turn.options.must_call == MustCall::Any && family.any_tool_choice {
        config = config.tool_choice(ToolChoice::Any(AnyToolChoice::builder().build()));
    }
    config.build()
}

fn tool(spec: &ToolSpec) -> Result<Tool, BuildError> {
    let specification = ToolSpecification::builder()
        .name(&spec.name)
        .description(&spec.description)
        .input_schema(ToolInputSchema::Json(document(&spec.schema)))
        .build()?;
    Ok(Tool::ToolSpec(specification))
}

fn message(said: &Message, model: &str) -> Result<SdkMessage, BuildError> {
    let role = match said.role {
        Role::User => ConversationRole::User,
        Role::Assistant => ConversationRole::Assistant,
    };
    let mut content = Vec::with_capacity(said.blocks.len());
    for block in &said.blocks {
        content.extend(content_block(block, model)?);
    }
    if content.is_empty() {
        // Only another model's reasoning stood here; a message must not be empty.
        content.push(ContentBlock::Text("(no words)".to_owned()));
    }
    SdkMessage::builder().role(role).set_content(Some(content)).build()
}

fn content_block(block: &Block, model: &str) -> Result<Option<ContentBlock>, BuildError> {
    Ok(match block {
        Block::Text { text } => Some(ContentBlock::Text(text.clone())),
        Block::ToolCall(call) => {
            let input = document(&object(&call.arguments));
            let call =
                ToolUseBlock::builder().tool_use_id(&call.id).name(tool_name(&call.tool)).input(input).build()?;
            Some(ContentBlock::ToolUse(call))
        }
        Block::ToolResult { call, text, is_error } => {
            let status = if *is_error { ToolResultStatus::Error } else { ToolResultStatus::Success };
            let text = ToolResultContentBlock::Text(text.clone());
            let result = ToolResultBlock::builder().tool_use_id(call).content(text).status(status).build()?;
            Some(ContentBlock::ToolResult(result))
        }
        Block::Reasoning { opaque } => reasoning::block(opaque, model).map(ContentBlock::ReasoningContent),
    })
}

/// Arguments as the object that the service demands, also where the model was cut off and wrote none.
fn object(arguments: &Value) -> Value {
    if arguments.is_object() { arguments.clone() } else { json!({ "unreadable": arguments }) }
}

/// A name as the service demands it in the history, also where the model made one up.
fn tool_name(name: &str) -> String {
    /// The longest name, by the service's model.
    const LONGEST: usize = 64;
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let name: String = name.chars().take(LONGEST).map(|letter| if allowed(letter) { letter } else { '_' }).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}
