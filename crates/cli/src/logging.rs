//! The program's own log, on standard error: warnings, unless `-v`, `-vv` or `MARPLE_LOG` ask for more; and OpenTelemetry, where the
//! standard `OTEL_*` variables name a collector.

use std::time::Duration;

use marple_telemetry::{Telemetry, TelemetryError};
use tokio::runtime::Handle;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// The variable that overrides the filter, in tracing's own syntax: `marple_aws=debug`.
const VARIABLE: &str = "MARPLE_LOG";

/// The longest that the end of the program waits for a collector.
const COLLECTOR_LIMIT: Duration = Duration::from_secs(2);

/// What was started, and has to be ended.
pub(crate) struct Logging(Option<Telemetry>);

/// Starts logging, and telemetry where it is configured: its requests run on `runtime`.
#[expect(clippy::disallowed_methods, reason = "the binary reads the environment")]
pub(crate) fn start(verbose: u8, quiet: bool, runtime: &Handle) -> Logging {
    let ours = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "error,marple=warn",
        (false, 1) => "warn,marple=info",
        (false, 2) => "info,marple=debug",
        (false, _) => "debug",
    };
    let filter = std::env::var(VARIABLE).ok().and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(with_our_crates(ours)));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_filter(filter);
    let telemetry = telemetry(runtime);
    let layer = telemetry.as_ref().ok().and_then(Option::as_ref).map(Telemetry::layer);
    tracing_subscriber::registry().with(layer).with(log).init();
    // An investigation is worth more than its telemetry: what is configured wrongly is said, and nothing is sent.
    Logging(telemetry.unwrap_or_else(|error| {
        tracing::warn!(%error, "no telemetry is sent");
        None
    }))
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the environment")]
fn telemetry(runtime: &Handle) -> Result<Option<Telemetry>, TelemetryError> {
    Telemetry::configured(&|name| std::env::var(name).ok(), env!("CARGO_PKG_VERSION"), runtime.clone())
}

impl Logging {
    /// Sends what is left to the collector, within [`COLLECTOR_LIMIT`].
    pub(crate) fn end(self) {
        if let Some(Err(reason)) = self.0.map(|telemetry| telemetry.end(COLLECTOR_LIMIT)) {
            tracing::warn!(reason, "telemetry did not reach the collector that OTEL_EXPORTER_OTLP_* names");
        }
    }
}

/// `marple=` stands for every crate of ours: tracing filters by the crate's name.
fn with_our_crates(filter: &str) -> String {
    const CRATES: [&str; 7] = ["agent", "aws", "bedrock", "cli", "playbook", "store", "world"];
    match filter.split_once(",marple=") {
        Some((rest, level)) => {
            let ours: Vec<String> = CRATES.iter().map(|name| format!("marple_{name}={level}")).collect();
            // The binary's own crate is named marple.
            format!("{rest},marple={level},{}", ours.join(","))
        }
        None => filter.to_owned(),
    }
}
