//! What the standard `OTEL_*` variables ask for. Those of sampling, batching, resource, headers and endpoints are the SDK's own: it reads
//! them by itself.

use std::time::Duration;

use crate::TelemetryError;

/// The one encoding that is spoken.
const PROTOCOL: &str = "http/protobuf";
/// The longest that one delivery may take, where `OTEL_EXPORTER_OTLP_TIMEOUT` does not say: the specification's default.
const DELIVERY_LIMIT: Duration = Duration::from_secs(10);

/// What is sent, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether spans are sent.
    pub(crate) traces: bool,
    /// Whether metrics are sent.
    pub(crate) metrics: bool,
    /// The longest that one delivery may take.
    pub(crate) delivery_limit: Duration,
    /// Whether the service has a name already.
    pub(crate) is_named: bool,
    /// Whether the temporality of metrics is chosen already.
    pub(crate) has_temporality: bool,
}

impl Settings {
    /// What the variables say; `None`: nothing is to be sent.
    ///
    /// # Errors
    /// They ask for an encoding that is not spoken.
    pub(crate) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, TelemetryError> {
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let says = |name: &str, word: &str| given(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(word));
        if says("OTEL_SDK_DISABLED", "true") {
            return Ok(None);
        }
        let everywhere = given("OTEL_EXPORTER_OTLP_ENDPOINT").is_some();
        let is_sent = |signal: &str| {
            let endpoint = everywhere || given(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")).is_some();
            endpoint && !says(&format!("OTEL_{signal}_EXPORTER"), "none")
        };
        let (traces, metrics) = (is_sent("TRACES"), is_sent("METRICS"));
        if !traces && !metrics {
            return Ok(None);
        }
        for (signal, is_sent) in [("TRACES", traces), ("METRICS", metrics)] {
            let own = given(&format!("OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"));
            match own.or_else(|| given("OTEL_EXPORTER_OTLP_PROTOCOL")) {
                Some(protocol) if is_sent && protocol != PROTOCOL => {
                    return Err(TelemetryError::Protocol { protocol });
                }
                _ => {}
            }
        }
        let milliseconds = given("OTEL_EXPORTER_OTLP_TIMEOUT").and_then(|value| value.trim().parse().ok());
        let in_resource = given("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
        Ok(Some(Self {
            traces,
            metrics,
            delivery_limit: milliseconds.map_or(DELIVERY_LIMIT, Duration::from_millis),
            is_named: in_resource || given("OTEL_SERVICE_NAME").is_some(),
            has_temporality: given("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE").is_some(),
        }))
    }
}

#[cfg(test)]
mod tests;
