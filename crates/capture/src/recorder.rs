//! An HTTP client over the SDK's own that remembers what was asked and what was answered.
//!
//! What is remembered is what AWS wrote, member for member: the SDK's types know only the members of their own version, and cannot be
//! written down again. Nothing else changes: requests go out as they are, answers come back as they were.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_http_client::{Builder, ConnectorBuilder, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use bytes::Bytes;
use http_body_util::BodyExt;

/// Larger answers go by unseen: no service's page is that large, and no deployment package that is read.
const LARGEST: u64 = 64 << 20;

/// A request and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) uri: String,
    /// The header `x-amz-target`.
    pub(crate) target: Option<String>,
    /// Whether the request's body is gzipped.
    pub(crate) is_gzipped: bool,
    pub(crate) request: Bytes,
    /// The HTTP status.
    pub(crate) status: u16,
    /// The header `x-amzn-errortype`.
    pub(crate) error_type: Option<String>,
    pub(crate) response: Bytes,
}

/// What was recorded so far, in the order of the answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recording(Arc<Mutex<Vec<Exchange>>>);

impl Recording {
    /// A copy of all that was recorded. Bodies are shared.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, exchange: Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}

/// The same configuration with a recorder under it.
pub(crate) fn over(config: &SdkConfig) -> (SdkConfig, Recording) {
    let recording = Recording::default();
    let inner = config.http_client().unwrap_or_else(usual);
    let recorder = Recorder { inner, recording: recording.clone() };
    (config.to_builder().http_client(SharedHttpClient::new(recorder)).build(), recording)
}

/// What the SDK uses where a configuration names no client.
fn usual() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let mut connector = ConnectorBuilder::default().tls_provider(provider);
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

#[derive(Debug)]
struct Recorder {
    inner: SharedHttpClient,
    recording: Recording,
}

impl HttpClient for Recorder {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(RecordingConnector { inner, recording: self.recording.clone() })
    }
}

#[derive(Debug)]
struct RecordingConnector {
    inner: SharedHttpConnector,
    recording: Recording,
}

impl HttpConnector for RecordingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut exchange = asked(&request);
        let (answer, recording) = (self.inner.call(request), self.recording.clone());
        HttpConnectorFuture::new(async move {
            let mut response: HttpResponse = answer.await?;
            let length = response.headers().get("content-length").and_then(|length| length.parse::<u64>().ok());
            if length.is_some_and(|length| length > LARGEST) {
                return Ok(response);
            }
            let body = response.take_body().collect().await.map_err(ConnectorError::io)?.to_bytes();
            *response.body_mut() = SdkBody::from(body.clone());
            exchange.status = response.status().as_u16();
            exchange.error_type = response.headers().get("x-amzn-errortype").map(str::to_owned);
            exchange.response = body;
            recording.add(exchange);
            Ok(response)
        })
    }
}

fn asked(request: &HttpRequest) -> Exchange {
    let header = |name: &str| request.headers().get(name).map(str::to_owned);
    Exchange {
        method: request.method().to_owned(),
        uri: request.uri().to_owned(),
        target: header("x-amz-target"),
        is_gzipped: header("content-encoding").is_some_and(|encoding| encoding.contains("gzip")),
        request: Bytes::copy_from_slice(request.body().bytes().unwrap_or_default()),
        status: 0,
        error_type: None,
        response: Bytes::new(),
    }
}
