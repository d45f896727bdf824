//! A turn as a ConverseStream request.

use aws_sdk_bedrockruntime::{
    Client,
    error::BuildError,
    operation::converse_stream::builders::ConverseStreamFluentBuilder,
    types::{
        AnyToolChoice, ContentBlock, ConversationRole, GuardrailStreamConfiguration, GuardrailStreamProcessingMode,
        GuardrailTrace as SdkTrace, InferenceConfiguration, Message as SdkMessage, PerformanceConfigLatency,
        PerformanceConfiguration, ServiceTier as SdkTier, ServiceTierType, SystemContentBlock, Tool, ToolChoice,
        ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock, ToolResultStatus,
        ToolSpecification, ToolUseBlock,
    },
};
use marple_agent::ports::{MustCall, Turn};
use marple_case::{Block, Message, Role, ToolSpec};
use serde_json::{Map, Value, json};

use crate::{
    document::document,
    options::{Guardrail, GuardrailStream, GuardrailTrace, INVESTIGATION, Latency, Options, ServiceTier, is_metadata},
    order::AuthorsOrder,
    reasoning,
    settings::Settings,
};

/// A request and the order of its JSON.
pub(crate) struct Request {
    pub(crate) builder: ConverseStreamFluentBuilder,
    pub(crate) order: AuthorsOrder,
}

/// Builds the request of a turn, whose answer may have so many tokens.
pub(crate) fn build(
    client: &Client,
    settings: &Settings,
    turn: &Turn<'_>,
    output_tokens: u32,
) -> Result<Request, BuildError> {
    let model = settings.id.as_str();
    let thought = settings.thought.as_ref().filter(|thought| thought.is_possible(turn, model, output_tokens));
    let mut fields = thought.map(|thought| thought.fields.clone()).unwrap_or_default();
    fields.extend(settings.options.fields.clone());

    let mut messages: Vec<SdkMessage> =
        turn.messages.iter().map(|said| message(said, model)).collect::<Result<_, _>>()?;
    let mut system = vec![SystemContentBlock::Text(turn.system.to_owned())];
    if let Some(cache) = settings.cache {
        cache.mark(&mut messages)?;
        system.push(SystemContentBlock::CachePoint(cache.after_system()?));
    }
    // A forced call excludes thinking: then it is a hint, which the prompt gives too.
    let forced = turn.options.must_call == MustCall::Any && settings.family.any_tool_choice && thought.is_none();
    let mut builder = client
        .converse_stream()
        .model_id(model)
        .set_system(Some(system))
        .set_messages(Some(messages))
        .tool_config(tools(settings, turn, forced)?)
        .set_guardrail_config(settings.options.guardrail.as_ref().map(guardrail))
        .set_performance_config(settings.options.latency.map(performance))
        .set_service_tier(settings.options.service_tier.map(tier).transpose()?);
    if thought.is_none_or(|thought| thought.limits_output) {
        let tokens = i32::try_from(output_tokens).unwrap_or(i32::MAX);
        builder = builder.inference_config(InferenceConfiguration::builder().max_tokens(tokens).build());
    }
    if !fields.is_empty() {
        builder = builder.additional_model_request_fields(document(&Value::Object(fields.clone())));
    }
    let metadata = metadata(&settings.options, &turn.options.investigation);
    for (key, value) in &metadata {
        builder = builder.request_metadata(key, value.as_str().unwrap_or_default());
    }
    let order = AuthorsOrder {
        schemas: turn.tools.iter().map(|tool| tool.schema.clone()).collect(),
        arguments: turn.messages.iter().flat_map(Message::calls).map(|call| object(&call.arguments)).collect(),
        fields: Value::Object(fields),
        metadata: Value::Object(metadata),
    };
    Ok(Request { builder, order })
}

/// The investigation's id, and what the user adds.
fn metadata(options: &Options, investigation: &str) -> Map<String, Value> {
    let id = (INVESTIGATION, investigation);
    let of_user = options.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let known = std::iter::once(id).filter(|(_, id)| !id.is_empty() && is_metadata(id)).chain(of_user);
    known.map(|(key, value)| (key.to_owned(), Value::from(value))).collect()
}

fn guardrail(wanted: &Guardrail) -> GuardrailStreamConfiguration {
    let trace = wanted.trace.map(|trace| match trace {
        GuardrailTrace::Enabled => SdkTrace::Enabled,
        GuardrailTrace::EnabledFull => SdkTrace::EnabledFull,
        GuardrailTrace::Disabled => SdkTrace::Disabled,
    });
    let stream = wanted.stream.map(|stream| match stream {
        GuardrailStream::Sync => GuardrailStreamProcessingMode::Sync,
        GuardrailStream::Async => GuardrailStreamProcessingMode::Async,
    });
    GuardrailStreamConfiguration::builder()
        .guardrail_identifier(&wanted.id)
        .guardrail_version(&wanted.version)
        .set_trace(trace)
        .set_stream_processing_mode(stream)
        .build()
}

fn performance(latency: Latency) -> PerformanceConfiguration {
    let latency = match latency {
        Latency::Standard => PerformanceConfigLatency::Standard,
        Latency::Optimized => PerformanceConfigLatency::Optimized,
    };
    PerformanceConfiguration::builder().latency(latency).build()
}

fn tier(wanted: ServiceTier) -> Result<SdkTier, BuildError> {
    let tier = match wanted {
        ServiceTier::Default => ServiceTierType::Default,
        ServiceTier::Priority => ServiceTierType::Priority,
        ServiceTier::Flex => ServiceTierType::Flex,
        ServiceTier::Reserved => ServiceTierType::Reserved,
    };
    SdkTier::builder().r#type(tier).build()
}

fn tools(settings: &Settings, turn: &Turn<'_>, forced: bool) -> Result<ToolConfiguration, BuildError> {
    let mut config = ToolConfiguration::builder();
    for spec in turn.tools {
        config = config.tools(tool(spec)?);
    }
    if let Some(cache) = settings.cache
        && let Some(point) = cache.after_tools()?
    {
        config = config.tools(Tool::CachePoint(point));
    }
    if forced {
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
