#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::{Arc, Mutex};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// What leaves of the spans that `work` makes.
fn sent(work: impl FnOnce()) -> Vec<SpanData> {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(Conventional(kept.clone())).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    provider.shutdown().unwrap();
    let spans = kept.0.lock().unwrap();
    spans.clone()
}

#[test]
fn a_turn_that_was_paid_for_has_its_figures_as_numbers_and_nothing_that_is_not_on_the_list() {
    let spans = sent(|| {
        let turn = tracing::info_span!(
            "model_turn",
            model = "eu.amazon.nova-pro-v1:0",
            provider = "aws.bedrock",
            prompt = "the whole prompt",
            input_tokens = tracing::field::Empty,
            cost_usd = tracing::field::Empty,
            stop_reason = tracing::field::Empty,
        );
        turn.record("input_tokens", 1_200_u64).record("cost_usd", 0.25).record("stop_reason", "end_turn");
        turn.in_scope(|| tracing::warn!("a line of the log with a secret"));
        tracing::info_span!("download", url = "https://example.com/?signature=secret").in_scope(|| ());
    });
    let [turn] = spans.as_slice() else { panic!("{spans:#?}") };
    assert_eq!((turn.name.as_ref(), &turn.span_kind), ("chat eu.amazon.nova-pro-v1:0", &SpanKind::Client));
    let expected = [
        KeyValue::new("gen_ai.operation.name", "chat"),
        KeyValue::new("gen_ai.provider.name", "aws.bedrock"),
        KeyValue::new("gen_ai.request.model", "eu.amazon.nova-pro-v1:0"),
        KeyValue::new("gen_ai.response.finish_reasons", Value::Array(vec![StringValue::from("end_turn")].into())),
        KeyValue::new("gen_ai.usage.input_tokens", 1_200),
        KeyValue::new("marple.cost.usd", 0.25),
    ];
    assert_eq!(turn.attributes, expected);
    assert!(turn.events.is_empty());
}

#[test]
fn only_the_spans_of_investigations_are_taken_up() {
    assert!(is_sent("marple_agent::driver::span", "tool"));
    assert!(!is_sent("marple_agent::driver::span", "download"));
    assert!(!is_sent("hyper::client", "tool"));
}
