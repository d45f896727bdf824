//! How a batch reaches the collector: the HTTP client and the TLS of the AWS SDK, so that there is one of each in the program.
//!
//! Batches are sent from threads of the OpenTelemetry SDK, which know no runtime: the request itself runs on the program's.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// Sends batches, and remembers the first failure. Clones share both.
#[derive(Clone)]
pub(crate) struct Delivery {
    connector: Arc<Connector>,
    runtime: Handle,
    limit: Duration,
    failure: Arc<OnceLock<String>>,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Delivery {
    /// A client on this runtime. Proxies are those of the environment, as for AWS.
    pub(crate) fn new(runtime: Handle, limit: Duration) -> Self {
        let tls = Provider::Rustls(CryptoMode::AwsLc);
        let connector = Connector::builder().proxy_config(ProxyConfig::from_env()).tls_provider(tls).build();
        Self { connector: Arc::new(connector), runtime, limit, failure: Arc::default() }
    }

    /// Why a batch was not delivered, if one was not. Names neither the address nor a header: both may hold credentials.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    async fn send(self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let request = HttpRequest::try_from(request.map(SdkBody::from)).map_err(|error| error.to_string())?;
        let answered = async {
            let response = self.connector.call(request).await.map_err(|error| {
                if error.is_timeout() { "no answer in time" } else { "the connection failed" }.to_owned()
            })?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.map_err(|_| "the connection was cut".to_owned())?;
            Response::builder().status(status).body(body.to_bytes()).map_err(|error| error.to_string())
        };
        let limited = tokio::time::timeout(self.limit, answered).await;
        let response = limited.map_err(|_| format!("no answer within {} ms", self.limit.as_millis()))??;
        if !response.status().is_success() {
            self.note(format!("it answered with HTTP status {}", response.status().as_u16()));
        }
        Ok(response)
    }

    fn note(&self, failure: String) {
        tracing::debug!(failure, "a batch of telemetry was not delivered");
        let _ = self.failure.set(failure);
    }
}

#[async_trait::async_trait]
impl HttpClient for Delivery {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.spawn(self.clone().send(request)).await;
        sent.map_err(|_| "the program ended".to_owned()).flatten().map_err(|reason| {
            self.note(reason.clone());
            reason.into()
        })
    }
}
