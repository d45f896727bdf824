#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, TelemetryError> {
    Settings::read(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn without_an_endpoint_nothing_is_sent() {
    assert_eq!(read(&[]).unwrap(), None);
    assert_eq!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).unwrap(), None);
    let disabled = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"), ("OTEL_SDK_DISABLED", "true")];
    assert_eq!(read(&disabled).unwrap(), None);
}

#[test]
fn each_signal_has_its_own_switch() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
    let both = read(&[endpoint]).unwrap().unwrap();
    assert!(both.traces && both.metrics);
    let metrics = read(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]).unwrap().unwrap();
    assert!(!metrics.traces && metrics.metrics);
    let traces = read(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/v1/traces")]).unwrap().unwrap();
    assert!(traces.traces && !traces.metrics);
}

#[test]
fn an_encoding_that_is_not_spoken_is_named() {
    let asked = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let error = read(&asked).unwrap_err().to_string();
    assert!(error.contains("grpc") && error.contains("http/protobuf"), "{error}");
    let own = [asked[0], asked[1], ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", PROTOCOL), ("OTEL_METRICS_EXPORTER", "none")];
    assert!(read(&own).unwrap().unwrap().traces, "a signal's own setting counts before the general one");
}
