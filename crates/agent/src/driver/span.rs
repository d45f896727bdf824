//! The spans that an investigation leaves for whoever watches the program from outside: ids and words, never what AWS, a person or a model
//! said.
//!
//! Their names and fields are a contract with `marple-telemetry`, which gives them the names of OpenTelemetry's conventions.

use marple_case::{
    InvestigationId, Outcome,
    event::{Ending, NumberedCall},
};
use serde::Serialize;
use tracing::{Span, field::Empty};

use super::InvestigateError;
use crate::{
    investigation::Investigation,
    ports::{Answer, Model, TurnOptions},
};

/// One run of an investigation: until it ends, a question is answered, or a person stops it.
pub(super) fn investigation(id: &InvestigationId, model: Option<&dyn Model>) -> Span {
    tracing::info_span!(
        "investigation",
        %id,
        model = model.map(Model::id),
        provider = model.map(Model::provider),
        question = Empty,
        verdict = Empty,
        category = Empty,
        confidence = Empty,
        ending = Empty,
        error = Empty,
    )
}

/// How the run ended.
pub(super) fn ended(span: &Span, ended: &Result<Investigation, InvestigateError>) {
    let state = match ended {
        Ok(state) => state,
        Err(error) => {
            span.record("error", error.word());
            return;
        }
    };
    if let Some(cause) = state.root_cause() {
        span.record("verdict", word(cause.root_cause.verdict));
        span.record("category", cause.root_cause.category.name());
        span.record("confidence", cause.verification.confidence.word());
    }
    let ending = match state.ending() {
        Some(Ending::Complete) => "complete",
        Some(Ending::Partial { .. }) => "partial",
        None => "interrupted",
    };
    span.record("ending", ending);
}

/// One turn of a model, the adapter's own retries included.
pub(super) fn turn(state: &Investigation, model: &dyn Model, options: &TurnOptions) -> Span {
    tracing::info_span!(
        "model_turn",
        investigation = %state.id,
        model = model.id(),
        provider = model.provider(),
        turn = state.turns() + 1,
        max_output_tokens = options.max_output_tokens,
        stop_reason = Empty,
        input_tokens = Empty,
        output_tokens = Empty,
        cache_read_tokens = Empty,
        cache_write_tokens = Empty,
        cost_usd = Empty,
        error = Empty,
    )
}

/// What a turn used. Input tokens are all of them, those of the cache included.
pub(super) fn answered(span: &Span, answer: &Answer) {
    let usage = answer.usage;
    span.record("stop_reason", word(answer.stop_reason));
    span.record("input_tokens", usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens);
    span.record("output_tokens", usage.output_tokens);
    span.record("cache_read_tokens", usage.cache_read_tokens);
    span.record("cache_write_tokens", usage.cache_write_tokens);
    span.record("cost_usd", answer.cost_usd);
}

/// One call of a tool of the toolbox.
pub(super) fn call(id: &InvestigationId, call: &NumberedCall, region: &str) -> Span {
    tracing::info_span!(
        "tool",
        investigation = %id,
        tool = call.tool,
        evidence = %call.evidence,
        call = call.call,
        region,
        outcome = Empty,
        error = Empty,
    )
}

/// How a call ended.
pub(super) fn taken(span: &Span, outcome: &Outcome) {
    span.record("outcome", outcome.word());
    if !outcome.is_answered() {
        span.record("error", outcome.word());
    }
}

/// The one word that a value has in JSON.
fn word(value: impl Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
