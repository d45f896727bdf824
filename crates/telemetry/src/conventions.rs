//! The names under which a span leaves: OpenTelemetry's semantic conventions for generative AI (1.41, in development), and `marple.` for what
//! they have no name for.
//!
//! | span of ours | leaves as | kind |
//! |---|---|---|
//! | `investigation` | `invoke_agent marple` | internal |
//! | `model_turn` | `chat MODEL` | client; internal for a model without a wire |
//! | `tool` | `execute_tool TOOL` | internal |
//!
//! What is not in [`KINDS`] does not leave.

use opentelemetry::{
    Array, KeyValue, StringValue, Value,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

/// The longest text of an attribute, characters: ids and words, never a payload.
const LONGEST_TEXT: usize = 200;

/// The provider of models that have no wire.
const IN_PROCESS: &str = "marple";

/// How a field's value leaves.
#[derive(Debug, Clone, Copy)]
enum As {
    Text,
    /// A list with this one text.
    Texts,
    Integer,
    Number,
    Truth,
}

/// One sort of span.
struct Kind {
    /// Its name inside the program.
    span: &'static str,
    /// `gen_ai.operation.name`.
    operation: &'static str,
    /// What stands behind the operation in the span's name: an attribute.
    subject: &'static str,
    /// Attributes that are always the same.
    fixed: &'static [(&'static str, &'static str)],
    /// The fields that leave, and as what.
    fields: &'static [(&'static str, &'static str, As)],
}

const KINDS: [Kind; 3] = [
    Kind {
        span: "investigation",
        operation: "invoke_agent",
        subject: "gen_ai.agent.name",
        fixed: &[("gen_ai.agent.name", "marple")],
        fields: &[
            ("id", "gen_ai.conversation.id", As::Text),
            ("provider", "gen_ai.provider.name", As::Text),
            ("model", "gen_ai.request.model", As::Text),
            ("question", "marple.question", As::Truth),
            ("verdict", "marple.verdict", As::Text),
            ("category", "marple.category", As::Text),
            ("confidence", "marple.confidence", As::Text),
            ("ending", "marple.ending", As::Text),
            ("error", "error.type", As::Text),
        ],
    },
    Kind {
        span: "model_turn",
        operation: "chat",
        subject: "gen_ai.request.model",
        fixed: &[],
        fields: &[
            ("investigation", "gen_ai.conversation.id", As::Text),
            ("provider", "gen_ai.provider.name", As::Text),
            ("model", "gen_ai.request.model", As::Text),
            ("max_output_tokens", "gen_ai.request.max_tokens", As::Integer),
            ("stop_reason", "gen_ai.response.finish_reasons", As::Texts),
            ("input_tokens", "gen_ai.usage.input_tokens", As::Integer),
            ("output_tokens", "gen_ai.usage.output_tokens", As::Integer),
            ("cache_read_tokens", "gen_ai.usage.cache_read.input_tokens", As::Integer),
            ("cache_write_tokens", "gen_ai.usage.cache_creation.input_tokens", As::Integer),
            ("turn", "marple.turn", As::Integer),
            ("cost_usd", "marple.cost.usd", As::Number),
            ("error", "error.type", As::Text),
        ],
    },
    Kind {
        span: "tool",
        operation: "execute_tool",
        subject: "gen_ai.tool.name",
        fixed: &[("gen_ai.tool.type", "extension")],
        fields: &[
            ("investigation", "gen_ai.conversation.id", As::Text),
            ("tool", "gen_ai.tool.name", As::Text),
            ("call", "gen_ai.tool.call.id", As::Text),
            ("evidence", "marple.evidence", As::Text),
            ("outcome", "marple.outcome", As::Text),
            ("region", "cloud.region", As::Text),
            ("error", "error.type", As::Text),
        ],
    },
];

/// Whether a span of this module and name leaves the program.
pub(crate) fn is_sent(target: &str, name: &str) -> bool {
    target.starts_with("marple_agent") && KINDS.iter().any(|kind| kind.span == name)
}

/// The span as it leaves; `None`: it does not.
pub(crate) fn conventional(mut span: SpanData) -> Option<SpanData> {
    let kind = KINDS.iter().find(|kind| kind.span == span.name)?;
    let fixed = [("gen_ai.operation.name", kind.operation)];
    let fixed = fixed.iter().chain(kind.fixed).map(|(key, value)| KeyValue::new(*key, *value));
    let given = kind.fields.iter().filter_map(|(field, key, form)| {
        let value = &span.attributes.iter().find(|attribute| attribute.key.as_str() == *field)?.value;
        Some(KeyValue::new(*key, written(value, *form)?))
    });
    span.attributes = fixed.chain(given).collect();
    span.name = match text(&span.attributes, kind.subject) {
        Some(subject) => format!("{} {subject}", kind.operation).into(),
        None => kind.operation.into(),
    };
    let is_client = kind.operation == "chat" && is_remote(&span.attributes);
    span.span_kind = if is_client { SpanKind::Client } else { SpanKind::Internal };
    span.status = match text(&span.attributes, "error.type") {
        Some(error) => Status::error(error),
        None => Status::Unset,
    };
    span.events = opentelemetry_sdk::trace::SpanEvents::default();
    Some(span)
}

/// Whether a model was asked over a wire.
pub(crate) fn is_remote(attributes: &[KeyValue]) -> bool {
    text(attributes, "gen_ai.provider.name").is_some_and(|provider| provider != IN_PROCESS)
}

/// The text of an attribute.
pub(crate) fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match &attributes.iter().find(|attribute| attribute.key.as_str() == key)?.value {
        Value::String(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

/// A value in the form that the conventions want. Numbers may come as texts: tracing has more types of them than OpenTelemetry.
fn written(value: &Value, form: As) -> Option<Value> {
    let short = || value.as_str().chars().take(LONGEST_TEXT).collect::<String>();
    Some(match form {
        As::Text => Value::from(short()),
        As::Texts => Value::Array(Array::from(vec![StringValue::from(short())])),
        As::Integer => Value::I64(value.as_str().parse().ok()?),
        As::Number => Value::F64(value.as_str().parse().ok()?),
        As::Truth => Value::Bool(value.as_str().parse().ok()?),
    })
}

/// An exporter that gets spans as they leave.
#[derive(Debug)]
pub(crate) struct Conventional<E>(pub(crate) E);

impl<E: SpanExporter> SpanExporter for Conventional<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.export(batch.into_iter().filter_map(conventional).collect()).await
    }

    fn shutdown_with_timeout(&self, timeout: std::time::Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &opentelemetry_sdk::Resource) {
        self.0.set_resource(resource);
    }
}

#[cfg(test)]
mod tests;
