//! The metrics, made of spans as they end. A sampler that leaves spans out (`OTEL_TRACES_SAMPLER`) leaves them out here, too.
//!
//! | metric | of | unit |
//! |---|---|---|
//! | `gen_ai.client.operation.duration` | model turns | s |
//! | `gen_ai.client.token.usage` | model turns, input and output apart | tokens |
//! | `gen_ai.execute_tool.duration` | tool calls | s |
//! | `gen_ai.invoke_agent.duration` | investigations and questions | s |
//! | `marple.cost` | model turns whose price is known | US dollars |
//! | `marple.verdicts` | investigations that ended | 1 |

use std::time::Duration;

use opentelemetry::{
    Context, KeyValue, Value,
    metrics::{Counter, Histogram, Meter, MeterProvider},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::SdkMeterProvider,
    trace::{Span, SpanData, SpanProcessor},
};

use crate::{
    NAME,
    conventions::{self, text},
};

/// The boundaries that the conventions give for durations, s.
const SECONDS: [f64; 14] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/// The boundaries for whole investigations, s: they last longer than one answer.
const LONG_SECONDS: [f64; 12] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0];
/// The boundaries that the conventions give for tokens.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// What is counted and measured.
#[derive(Debug)]
pub(crate) struct Measures {
    turn: Histogram<f64>,
    tokens: Histogram<u64>,
    tool: Histogram<f64>,
    investigation: Histogram<f64>,
    cost: Counter<f64>,
    verdicts: Counter<u64>,
}

impl Measures {
    /// Instruments of this provider.
    pub(crate) fn new(provider: &SdkMeterProvider) -> Self {
        let meter = provider.meter(NAME);
        Self {
            turn: duration(&meter, "gen_ai.client.operation.duration", "GenAI operation duration.", &SECONDS),
            tokens: meter
                .u64_histogram("gen_ai.client.token.usage")
                .with_unit("{token}")
                .with_description("Number of input and output tokens used.")
                .with_boundaries(TOKENS.to_vec())
                .build(),
            tool: duration(&meter, "gen_ai.execute_tool.duration", "Duration of a tool call.", &SECONDS),
            investigation: duration(
                &meter,
                "gen_ai.invoke_agent.duration",
                "Duration of an investigation or of an answer to a question.",
                &LONG_SECONDS,
            ),
            cost: meter
                .f64_counter("marple.cost")
                .with_unit("{USD}")
                .with_description("What models cost, where their price is known.")
                .build(),
            verdicts: meter
                .u64_counter("marple.verdicts")
                .with_unit("{investigation}")
                .with_description("Investigations that ended, by verdict.")
                .build(),
        }
    }

    fn measure(&self, span: &SpanData, seconds: f64) {
        let attributes = &span.attributes;
        let some = |keys: &[&'static str]| -> Vec<KeyValue> {
            keys.iter().filter_map(|key| Some(KeyValue::new(*key, text(attributes, key)?))).collect()
        };
        match text(attributes, "gen_ai.operation.name").as_deref() {
            Some("chat") => {
                let labels = some(&["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"]);
                if conventions::is_remote(attributes) {
                    self.count_usage(attributes, &labels);
                }
                self.turn.record(seconds, &[labels, some(&["error.type"])].concat());
            }
            Some("execute_tool") => {
                let labels = some(&["gen_ai.operation.name", "gen_ai.tool.name", "marple.outcome", "error.type"]);
                self.tool.record(seconds, &labels);
            }
            Some("invoke_agent") => {
                let labels = some(&["gen_ai.agent.name", "gen_ai.request.model", "error.type"]);
                self.investigation.record(seconds, &labels);
                if text(attributes, "marple.ending").is_some() && !is_true(attributes, "marple.question") {
                    let keys = ["marple.verdict", "marple.category", "marple.confidence", "marple.ending"];
                    self.verdicts.add(1, &some(&keys));
                }
            }
            _ => {}
        }
    }

    /// What somebody is paid for: the playbook uses nothing, and a transcript that is played back was paid for before.
    fn count_usage(&self, attributes: &[KeyValue], labels: &[KeyValue]) {
        if let Some(cost) = number(attributes, "marple.cost.usd") {
            self.cost.add(cost, labels);
        }
        for (key, kind) in [("gen_ai.usage.input_tokens", "input"), ("gen_ai.usage.output_tokens", "output")] {
            if let Some(tokens) = integer(attributes, key) {
                let kind = KeyValue::new("gen_ai.token.type", kind);
                self.tokens.record(tokens, &[labels, &[kind]].concat());
            }
        }
    }
}

impl SpanProcessor for Measures {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let seconds = span.end_time.duration_since(span.start_time).unwrap_or_default().as_secs_f64();
        if let Some(span) = conventions::conventional(span) {
            self.measure(&span, seconds);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn duration(meter: &Meter, name: &'static str, description: &'static str, boundaries: &[f64]) -> Histogram<f64> {
    let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
    histogram.with_boundaries(boundaries.to_vec()).build()
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
}

fn integer(attributes: &[KeyValue], key: &str) -> Option<u64> {
    match value(attributes, key)? {
        Value::I64(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

fn number(attributes: &[KeyValue], key: &str) -> Option<f64> {
    match value(attributes, key)? {
        Value::F64(number) => Some(*number),
        _ => None,
    }
}

fn is_true(attributes: &[KeyValue], key: &str) -> bool {
    matches!(value(attributes, key), Some(Value::Bool(true)))
}
