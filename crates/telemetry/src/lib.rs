//! OpenTelemetry: spans and metrics of investigations, sent to a collector over OTLP (HTTP, protobuf) where the standard `OTEL_*`
//! variables name one; nothing otherwise.
//!
//! ```text
//! agent: tracing spans ──▶ layer ──▶ OpenTelemetry spans ──┬─▶ conventions ──▶ batches ──▶ delivery ──▶ collector
//!  (investigation, model_turn, tool)                       └─▶ measures ────▶ metrics ──▶ delivery ──▶ collector
//! ```
//!
//! - [`conventions`] alone knows the names of the GenAI semantic conventions. It is a list of what may leave: a field that is not in it is left
//!   out, so that no payload and no secret can get into an attribute by accident.
//! - [`measures`] makes the metrics of the same spans.
//! - [`delivery`] sends with the HTTP client of the AWS SDK.
//!
//! Invariants: an investigation never waits for a collector; the end of the program waits for one as long as [`Telemetry::end`] is told;
//! events (log lines) are never sent.

mod conventions;
mod delivery;
mod measures;
mod settings;

use std::sync::mpsc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    metrics::{SdkMeterProvider, Temporality},
    trace::SdkTracerProvider,
};
use tokio::runtime::Handle;
use tracing_subscriber::{Layer, Registry, filter::filter_fn};

use conventions::Conventional;
use delivery::Delivery;
use measures::Measures;
use settings::Settings;

/// The instrumentation scope, and the service's name unless the environment has another.
const NAME: &str = "marple";

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Another encoding than HTTP with protobuf is asked for.
    #[error(
        "OTEL_EXPORTER_OTLP_PROTOCOL asks for {protocol}, and this program speaks http/protobuf (port 4318 of a collector)"
    )]
    Protocol {
        /// What is asked for.
        protocol: String,
    },
    /// An endpoint or another setting cannot be used.
    #[error("the OTEL_EXPORTER_OTLP_* variables cannot be used: {0}")]
    Settings(#[from] ExporterBuildError),
}

/// Spans and metrics on their way to a collector.
#[derive(Debug)]
pub struct Telemetry {
    spans: SdkTracerProvider,
    metrics: Option<SdkMeterProvider>,
    delivery: Delivery,
}

impl Telemetry {
    /// What the environment asks for; `None`: nothing.
    ///
    /// `variable` reads an environment variable; `version` is the program's. Requests run on `runtime`.
    ///
    /// # Errors
    /// The variables ask for what cannot be done.
    pub fn configured(
        variable: &dyn Fn(&str) -> Option<String>,
        version: &'static str,
        runtime: Handle,
    ) -> Result<Option<Self>, TelemetryError> {
        let Some(settings) = Settings::read(variable)? else { return Ok(None) };
        let delivery = Delivery::new(runtime, settings.delivery_limit);
        let resource = resource(settings, version);
        let metrics = if settings.metrics { Some(metrics(settings, &delivery, resource.clone())?) } else { None };
        let mut spans = SdkTracerProvider::builder().with_resource(resource);
        if let Some(metrics) = &metrics {
            spans = spans.with_span_processor(Measures::new(metrics));
        }
        if settings.traces {
            let exporter = SpanExporter::builder()
                .with_http()
                .with_protocol(Protocol::HttpBinary)
                .with_http_client(delivery.clone())
                .build()?;
            spans = spans.with_batch_exporter(Conventional(exporter));
        }
        Ok(Some(Self { spans: spans.build(), metrics, delivery }))
    }

    /// The layer that takes the spans up: those that investigations have, whatever the log's own filter.
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        let ours = filter_fn(|metadata| metadata.is_span() && conventions::is_sent(metadata.target(), metadata.name()));
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.spans.tracer(NAME))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false);
        layer.with_filter(ours).boxed()
    }

    /// Sends what is left, for at most as long as `limit`, and says why something was not delivered.
    pub fn end(self, limit: Duration) -> Result<(), String> {
        let Self { spans, metrics, delivery } = self;
        let (done, ended) = mpsc::channel();
        // On a thread of its own, since the SDK's own limit does not count for everything that it waits for.
        let flush = move || {
            let metrics = metrics.map(|metrics| std::thread::spawn(move || metrics.shutdown_with_timeout(limit)));
            let _ = spans.shutdown_with_timeout(limit);
            let _ = metrics.map(std::thread::JoinHandle::join);
            let _ = done.send(());
        };
        let is_late = std::thread::Builder::new().spawn(flush).is_err() || ended.recv_timeout(limit).is_err();
        match delivery.failure() {
            Some(failure) => Err(failure.to_owned()),
            None if is_late => Err(format!("no answer within {} ms", limit.as_millis())),
            None => Ok(()),
        }
    }
}

fn resource(settings: Settings, version: &'static str) -> Resource {
    let resource = Resource::builder().with_attribute(opentelemetry::KeyValue::new("service.version", version));
    if settings.is_named { resource.build() } else { resource.with_service_name(NAME).build() }
}

fn metrics(settings: Settings, delivery: &Delivery, resource: Resource) -> Result<SdkMeterProvider, TelemetryError> {
    let mut exporter =
        MetricExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(delivery.clone());
    if !settings.has_temporality {
        // A process lives for one investigation: sums that begin at zero with each of them would be taken for one that was reset.
        exporter = exporter.with_temporality(Temporality::Delta);
    }
    Ok(SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(exporter.build()?).build())
}
